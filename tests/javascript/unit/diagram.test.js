import assert from "node:assert/strict";
import test from "node:test";
import { Follower } from "../../../sfnbook/widget/static/diagram/follow.js";
import { along, begin, beside } from "../../../sfnbook/widget/static/diagram/keyboard.js";
import { arrange, sampled } from "../../../sfnbook/widget/static/diagram/layout.js";

const node = (id, x, y, more = {}) => ({
  id,
  kind: "state",
  type: "Task",
  name: id,
  detail: "",
  x,
  y,
  w: 176,
  h: 48,
  parent: null,
  lane: 0,
  glyph: "",
  lanes: [],
  ...more,
});
const edge = (from, to, kind = "next", more = {}) => ({
  id: `${from} ${kind} ${to}`,
  from,
  to,
  kind,
  label: "",
  title: "",
  points: [
    [88, 0],
    [88, 10],
    [88, 20],
    [88, 30],
  ],
  label_at: null,
  ...more,
});
const graph = (nodes, edges) => ({ width: 1, height: 1, glyphs: {}, nodes, edges });
const FORK = graph(
  [node("A", 100, 0), node("B", 0, 100), node("C", 200, 100), node("D", 100, 200)],
  [edge("A", "B", "choice", { label: "x", label_at: [0, 0] }), edge("A", "C", "default"), edge("B", "D"), edge("C", "D")],
);

const clear = (a, b) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;

for (const across of [false, true]) {
  test(`boxes stand clear of each other and within the picture, ${across ? "to the right" : "downwards"}`, () => {
    const laid = arrange(FORK, new Set(), across);
    for (const [i, a] of laid.nodes.entries()) {
      assert.ok(a.x >= 0 && a.y >= 0 && a.x + a.w <= laid.width && a.y + a.h <= laid.height);
      for (const b of laid.nodes.slice(i + 1)) assert.ok(clear(a, b), `${a.id} and ${b.id}`);
    }
  });
  test(`an edge begins and ends at its states, ${across ? "to the right" : "downwards"}`, () => {
    const laid = arrange(FORK, new Set(), across);
    const at = (id) => laid.nodes.find((one) => one.id === id);
    for (const { from, to, points } of laid.edges) {
      for (const [box, [x, y]] of [
        [at(from), points[0]],
        [at(to), points.at(-1)],
      ]) {
        assert.ok(x >= box.x - 1 && x <= box.x + box.w + 1 && y >= box.y - 1 && y <= box.y + box.h + 1, `${from} ${to}`);
      }
    }
  });
}
test("a folded container is one box; an open one holds its states", () => {
  const nested = graph(
    [node("M", 0, 0, { kind: "container", type: "Map", w: 300, h: 200 }), node("I", 20, 60, { parent: "M" }), node("E", 0, 300)],
    [edge("M", "E")],
  );
  const open = arrange(nested, new Set(), false);
  const folded = arrange(nested, new Set(["M"]), false);
  const [box, inner] = open.nodes;
  assert.ok(inner.x > box.x && inner.y > box.y && inner.x + inner.w < box.x + box.w && inner.y + inner.h < box.y + box.h);
  assert.deepEqual(
    folded.nodes.map((one) => one.id),
    ["M", "E"],
  );
  assert.equal(folded.nodes[0].h, 48);
});
test("a loop and a way back are drawn", () => {
  const laid = arrange(graph([node("A", 0, 0), node("B", 0, 100)], [edge("A", "B"), edge("B", "A", "choice"), edge("B", "B", "catch")]), new Set(), false);
  assert.ok(laid.edges.every(({ points }) => points.length >= 4 && points.flat().every(Number.isFinite)));
});
test("a curve is followed from its beginning to its end", () => {
  const track = sampled(
    [
      [0, 0],
      [0, 50],
      [100, 50],
      [100, 100],
    ],
    10,
  );
  assert.deepEqual(
    [track[0], track.at(-1)],
    [
      [0, 0],
      [100, 100],
    ],
  );
  assert.ok(track.length > 9);
});

const GROUND = { nodes: FORK.nodes, edges: [edge("<start>", "A"), ...FORK.edges], across: false, counts: { [FORK.edges[1].id]: 3 } };
test("arrows go along the edge that was taken, back, and to what stands beside", () => {
  assert.equal(begin(GROUND), "A");
  assert.deepEqual([along(GROUND, "A", true), along(GROUND, "D", false), beside(GROUND, "B", 1), beside(GROUND, "C", 1)], ["C", "B", "C", "C"]);
});
test("arrows go into a container and out of it", () => {
  const ground = {
    nodes: [node("M", 0, 0, { kind: "container" }), node("I", 10, 50, { parent: "M" }), node("E", 0, 200)],
    edges: [edge("M", "E")],
    across: false,
    counts: {},
  };
  assert.deepEqual([along(ground, "M", true), along(ground, "I", true), along(ground, "I", false)], ["I", "E", "M"]);
});

test("one running state is followed until it ends, then the one entered last", () => {
  const follower = new Follower();
  follower.turn(true);
  const running = { status: "running" };
  assert.equal(
    follower.next({ A: running }, [{ address: "A", end_ms: null }], () => true),
    "A",
  );
  assert.equal(
    follower.next({ A: running, B: running }, [{ address: "B", end_ms: null }], () => true),
    null,
  );
  assert.equal(
    follower.next({ A: { status: "failed" }, B: running }, [{ address: "B", end_ms: null }], () => true),
    "B",
  );
});
