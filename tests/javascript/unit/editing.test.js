import assert from "node:assert/strict";
import { test } from "node:test";

import { places, pointAlong, trace } from "../../../sfnbook/widget/static/editing/places.js";

const node = (id, x, y) => ({ id, kind: "state", type: "Pass", name: id, detail: "", x, y, w: 100, h: 40, parent: null, lane: 0, glyph: "", lanes: [] });
const edge = (id, from, to, points, label = "", label_at = null) => ({ id, from, to, kind: "next", label, title: "", points, label_at });
const spot = (source, target, id) => ({ arrow: { source, target, caught: false }, edge: id, label: "" });
const down = (x, y0, y1) => [
  [x, y0],
  [x, y0 + (y1 - y0) / 3],
  [x, y1 - (y1 - y0) / 3],
  [x, y1],
];

test("the middle of a line is at half of its length", () => {
  const { x, y } = pointAlong(trace(down(50, 40, 140)), 0.5);
  assert.equal(Math.round(x), 50);
  assert.equal(Math.round(y), 90);
});

test("a plus stands on its arrow, beside the label and away from another plus", () => {
  const graph = {
    nodes: [node("A", 0, 0), node("B", 0, 200)],
    edges: [edge("A -> B", "A", "B", down(50, 40, 200), "is ready", [40, 120]), edge("A !> B", "A", "B", down(52, 40, 200))],
  };
  const found = places([spot("A", "B", "A -> B"), spot("A", "B", "A !> B")], graph, false);
  const [first, second] = [found.get(0), found.get(1)];
  assert.ok(Math.abs(first.y - 120) >= 15, "not on the label");
  assert.ok(Math.hypot(first.x - second.x, first.y - second.y) >= 22, "not on each other");
});

test("where no arrow is drawn it stands before or behind the box; what is folded has none", () => {
  const graph = { nodes: [node("A", 10, 20)], edges: [] };
  const spots = [spot("", "A", ""), spot("A", "", ""), spot("Z", "", ""), spot("A", "B", "A -> B")];
  const found = places(spots, graph, false);
  assert.deepEqual([...found.keys()], [0, 1]);
  assert.deepEqual(found.get(0), { x: 60, y: 7 });
  assert.deepEqual(found.get(1), { x: 60, y: 73 });
  assert.deepEqual(places(spots, graph, true).get(1), { x: 123, y: 40 });
});

test("behind a box that other arrows leave it hangs on a stub, at the freer end of the box", () => {
  const graph = { nodes: [node("A", 0, 0), node("B", 0, 200)], edges: [edge("A -> B", "A", "B", down(80, 40, 200))] };
  const { x, y, from } = places([spot("A", "", "")], graph, false).get(0);
  assert.deepEqual({ x, y, from }, { x: 16, y: 66, from: { x: 16, y: 40 } });
  assert.deepEqual(places([spot("A", "", "")], graph, true).get(0).from, { x: 100, y: 16 });
});
