import assert from "node:assert/strict";
import test from "node:test";
import { Chips } from "../../../sfnbook/widget/static/containers/chips.js";
import { ChildRuns, descend } from "../../../sfnbook/widget/static/containers/child_runs.js";
import { ContainerTree } from "../../../sfnbook/widget/static/containers/containers.js";
import { isWithin, passes, standing } from "../../../sfnbook/widget/static/containers/iterations.js";
import { PassSelection } from "../../../sfnbook/widget/static/containers/selection.js";

const visit = (id, address, frame, status = "succeeded", more = {}) => ({
  id,
  address,
  frame,
  status,
  end_ms: status === "running" ? null : 1,
  where: "",
  ...more,
});
const MAP = { address: "M", depth: 0, type: "Map", inside: new Set(["A", "B"]), within: "" };

test("a Map's items, counted from 0 as AWS does, with how each ended", () => {
  const visits = [visit(2, "M", ""), visit(3, "A", "2.0"), visit(4, "B", "2.0", "failed"), visit(5, "A", "2.1", "caught"), visit(6, "A", "2.2", "running")];
  assert.deepEqual(passes(visits, MAP), [
    { key: "2.0", text: "item 0", status: "failed" },
    { key: "2.1", text: "item 1", status: "caught" },
    { key: "2.2", text: "item 2", status: "running" },
  ]);
});
test("a batch says which items it has", () => {
  const [found] = passes([visit(3, "A", "2.1", "succeeded", { batch: [0, 20, 29] })], MAP);
  assert.equal(found.text, "batch 1, items 20–29");
});
test("a Parallel that was tried twice has two attempts, each with all branches", () => {
  const visits = [visit(2, "P", ""), visit(3, "A", "2.0", "aborted"), visit(4, "B", "2.1", "failed"), visit(6, "A", "5.0"), visit(7, "B", "5.1")];
  const found = passes(visits, { ...MAP, address: "P", type: "Parallel" });
  assert.deepEqual(
    found.map(({ key, text, status }) => [key, text, status]),
    [
      ["2.", "attempt 1", "failed"],
      ["5.", "attempt 2", "succeeded"],
    ],
  );
});
test("a frame lies in a pass and in those around it", () => {
  assert.deepEqual([isWithin("2.1/7.0", "2.1"), isWithin("2.10", "2.1"), isWithin("2.1", "2."), isWithin("3.1", "")], [true, false, true, true]);
});
test("how the states stand in one item", () => {
  const visits = [visit(3, "A", "2.0", "failed", { error: "Boom" }), visit(4, "A", "2.1", "succeeded", { next: "B" }), visit(5, "B", "2.1", "running")];
  const { statuses, edges } = standing(visits, MAP.inside, "2.1", (from, name, caught) => `${from}${caught ? "!" : ""}>${name}`);
  assert.deepEqual(statuses, { A: { status: "succeeded", visits: 1, note: "" }, B: { status: "running", visits: 1, note: "" } });
  assert.deepEqual(edges, { "A>B": 1 });
});

const NODES = [
  { id: "M", kind: "container", type: "Map", parent: null },
  { id: "N", kind: "container", type: "Map", parent: "M" },
  { id: "A", kind: "state", type: "Task", parent: "N" },
];
test("what contains what, and what stands for a state that is folded away", () => {
  const containers = new ContainerTree();
  containers.relate(NODES);
  assert.deepEqual([...containers.around("A")], ["N", "M"]);
  assert.deepEqual([...containers.inside.get("M")].sort(), ["A", "N"]);
  containers.folded = new Set(["M", "N"]);
  assert.equal(containers.boxFor("A"), "M");
  assert.equal(containers.showing("A").size, 0);
});
test("choosing an item narrows the picture to it, and following a visit shows its item", () => {
  const containers = new ContainerTree();
  containers.relate(NODES);
  const selection = new PassSelection(containers);
  const visits = [visit(2, "M", ""), visit(3, "N", "2.0"), visit(4, "A", "2.0/3.0"), visit(5, "N", "2.1"), visit(6, "A", "2.1/5.0", "failed", { error: "E" })];
  selection.find(visits, NODES);
  selection.choose("M", "2.0");
  const { statuses } = selection.narrow({ M: { status: "failed" }, A: { status: "failed" } }, {}, [], () => null);
  assert.deepEqual([statuses.M.status, statuses.A.status], ["failed", "succeeded"]);
  assert.equal(selection.within(visits[4]), false);
  assert.ok(selection.follow(visits[4]));
  assert.equal(selection.chosen.get("M"), "2.1");
  assert.equal(selection.next("M", 1), "");
});

const CHILD = {
  name: "inner",
  states: { "/States/X": { name: "X", type: "Pass" } },
  graph: {
    width: 10,
    height: 10,
    glyphs: {},
    nodes: [{ id: "<start>" }, { id: "/States/X", kind: "state", type: "Pass", parent: null, lane: 0 }],
    edges: [{ id: "e", from: "<start>", to: "/States/X" }],
  },
};
const STARTER = { width: 1, height: 1, glyphs: {}, nodes: [{ id: "/States/Call", kind: "state", type: "Task", parent: null }], edges: [] };
const live = (more) => ({ run: "child-1", status: "SUCCEEDED", statuses: { "/States/X": { status: "succeeded" } }, edges: {}, ...more });
const TRAIT = {
  machines: [{ machine: CHILD, starts: {} }],
  starts: { "/States/Call": 0 },
  more: 0,
  runs: [{ at: "0", parent: "", visit: 2, address: "/States/Call", frame: "", machine: 0, live: live(), visits: [visit(1, "/States/X", "")], events: [] }],
};
test("a machine that a state starts is put inside it, with addresses of its own", () => {
  const children = new ChildRuns(() => true);
  children.take(TRAIT);
  const graph = children.compose(STARTER, new Set(["/States/Call"]));
  assert.deepEqual(
    graph.nodes.map((node) => node.id),
    ["/States/Call", "/States/Call~>/States/X"],
  );
  assert.equal(graph.nodes[0].kind, "container");
  assert.equal(children.live({ statuses: {}, edges: {}, bytes: {}, visits: [] }).statuses["/States/Call~>/States/X"].status, "succeeded");
  assert.equal(children.of("/States/Call~>/States/X").outer, "/States/Call");
  assert.equal(children.of("/States/Call"), null);
});
test("an exported page goes down into a child run", () => {
  const traits = descend({ child_runs: TRAIT }, "0");
  assert.deepEqual([traits.machine.name, traits.live.run, traits.child_runs.runs], ["inner", "child-1", []]);
});

const chips = (status, onItem) => {
  const containers = new ContainerTree();
  containers.relate(NODES);
  const selection = new PassSelection(containers);
  selection.find([visit(2, "M", ""), visit(3, "A", "2.0"), visit(5, "A", "2.1")], NODES);
  return new Chips(selection, new ChildRuns(() => true), { status: () => status, onItem });
};
test("a Map's chip offers its items, and any other one where the page has not all", () => {
  const taken = [];
  const made = chips({ loaded: 2, total: 50 }, (address, number) => taken.push([address, number]));
  assert.deepEqual(made.of(NODES[0]), { words: "all 50 items", chosen: false });
  const { items, what } = made.offer(NODES[0]);
  assert.deepEqual(
    items.map((item) => item.text),
    ["all 50 items", "item 0", "item 1", "another item…"],
  );
  items.at(-1).ask.take(7);
  assert.deepEqual([what, items.at(-1).ask.most, taken], ["item", 49, [["M", 7]]]);
});
test("a folded container offers nothing", () => assert.equal(chips({}).of({ ...NODES[0], folded: true }), null));
