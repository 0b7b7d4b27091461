import assert from "node:assert/strict";
import test from "node:test";
import { arrange } from "../../../sfnbook/widget/static/diagram/layout.js";
import { InView } from "../../../sfnbook/widget/static/diagram/in_view.js";

const size = (label) => {
  const lines = label.split("\n");
  return [Math.max(...lines.map((line) => line.length * 6)) + 28, lines.length * 13 + 4];
};
const label = (text) => ({ label: text, label_at: [0, 0], label_size: size(text) });
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
const within = (inner, outer) => inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.w <= outer.x + outer.w && inner.y + inner.h <= outer.y + outer.h;
const clear = (a, b) => a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
const ways = [
  ["downwards", false],
  ["to the right", true],
];

const CHAIN = graph(
  Array.from({ length: 5 }, (_, i) => node(`S${i}`, 100, i * 100)),
  Array.from({ length: 4 }, (_, i) => edge(`S${i}`, `S${i + 1}`)),
);
const BRANCHES = graph(
  [
    node("P", 0, 0, { kind: "container", type: "Parallel" }),
    ...Array.from({ length: 24 }, (_, i) => node(`B${i}`, i * 200, 60, { parent: "P", lane: i })),
    node("End", 0, 400),
  ],
  [edge("P", "End")],
);

for (const [way, across] of ways) {
  test(`a machine's states follow each other ${way}`, () => {
    const at = arrange(CHAIN, new Set(), across).nodes.map((one) => (across ? one.x : one.y));
    assert.deepEqual(
      at,
      [...at].sort((a, b) => a - b),
    );
    const beside = arrange(CHAIN, new Set(), across).nodes.map((one) => (across ? one.y : one.x));
    assert.equal(new Set(beside).size, 1);
  });
  test(`each branch stands in a lane of its own, many of them in several rows, ${way}`, () => {
    const {
      nodes: [container, ...rest],
    } = arrange(BRANCHES, new Set(), across);
    const branches = rest.filter((one) => one.parent === "P");
    assert.equal(container.lanes.length, 24);
    assert.ok(container.lanes.every((lane) => within(lane, container)));
    for (const [i, lane] of container.lanes.entries()) for (const other of container.lanes.slice(i + 1)) assert.ok(clear(lane, other));
    for (const one of branches) assert.equal(container.lanes.filter((lane) => within(one, lane)).length, 1, one.id);
    assert.ok(new Set(container.lanes.map((lane) => (across ? lane.x : lane.y))).size > 1);
  });
  test(`a label keeps clear of the boxes, ${way}`, () => {
    const labelled = graph(CHAIN.nodes, [
      ...CHAIN.edges.slice(0, 3),
      edge("S3", "S4", "choice", label("$.total > 100\nand more")),
      edge("S0", "S3", "catch", label("States.ALL")),
    ]);
    const { nodes, edges } = arrange(labelled, new Set(), across);
    const found = edges.filter((one) => one.label);
    assert.equal(found.length, 2);
    for (const {
      label: text,
      label_at: [x, y],
      label_size: [w, h],
    } of found) {
      for (const one of nodes) assert.ok(clear({ x, y: y - h / 2, w: w - 28, h: h - 4 }, one), `${text} and ${one.id}`);
    }
  });
}
for (const side of ["left", "right"]) {
  test(`edges into one state from many run together outside, on the ${side}, and arrive`, () => {
    const many = graph(CHAIN.nodes, [...CHAIN.edges, ...[0, 1, 2].map((i) => edge(`S${i}`, "S4", "catch", { rail: side }))]);
    const { nodes, edges } = arrange(many, new Set(), false);
    const target = nodes.find((one) => one.id === "S4");
    const rails = edges.filter((one) => one.rail).map((one) => one.points);
    const outside = rails.map((points) => (side === "right" ? Math.max : Math.min)(...points.map(([x]) => x)));
    for (const x of outside)
      assert.ok(x === outside[0] && (side === "right" ? x > Math.max(...nodes.map((one) => one.x + one.w)) : x < Math.min(...nodes.map((one) => one.x))));
    for (const [x, y] of rails.map((points) => points.at(-1))) assert.ok(x >= target.x && x <= target.x + target.w && Math.abs(y - target.y) <= 1);
  });
}
test("the same graph is laid out the same, and is not changed by it", () => {
  const before = JSON.stringify(BRANCHES);
  assert.deepEqual(arrange(BRANCHES, new Set(), true), arrange(BRANCHES, new Set(), true));
  assert.equal(JSON.stringify(BRANCHES), before);
});
test("a graph without states is a picture without size", () => {
  const { nodes, edges, width, height } = arrange(graph([], []), new Set(), false);
  assert.deepEqual([nodes, edges, width, height], [[], [], 28, 28]);
});
test("a container that holds nothing is a box all the same", () => {
  for (const [, across] of ways) {
    const { nodes, edges, width, height } = arrange(
      graph([node("A", 0, 0), node("M", 0, 100, { kind: "container", type: "Map" })], [edge("A", "M")]),
      new Set(),
      across,
    );
    assert.ok([width, height, ...nodes.flatMap(({ x, y, w, h }) => [x, y, w, h]), ...edges.flatMap(({ points }) => points.flat())].every(Number.isFinite));
    assert.ok(nodes[1].w > 0 && nodes[1].h > 0);
  }
});

const part = (name, x, list) => ({
  extent: { x, y: 0, w: 10, h: 10 },
  elements: [
    [
      { append: () => list.push(name), prepend: () => list.push(`${name} below`) },
      { remove: () => list.splice(list.indexOf(name), 1), contains: () => false },
    ],
  ],
});
test("of few parts all are in the document; of many those in view, and they go again", () => {
  globalThis.document ??= { activeElement: null };
  const few = [];
  new InView().take(new Map([["a", part("a", 0, few)]]));
  assert.deepEqual(few, ["a"]);
  const many = [];
  const view = new InView();
  view.take(new Map(Array.from({ length: 900 }, (_, i) => [String(i), part(i, i * 100, many)])));
  assert.deepEqual(many, []);
  const near = (from, to) => (extent) => extent.x >= from && extent.x < to;
  view.show(near(0, 300));
  assert.deepEqual(many, [0, 1, 2]);
  view.show(near(200, 400));
  assert.deepEqual(many, [2, 3]);
  view.reveal("7");
  assert.deepEqual(many, [2, 3, 7]);
});
