import assert from "node:assert/strict";
import test from "node:test";
import { pathText, placeText, shortened, Trace } from "../../../sfnbook/widget/static/inspector/lineage.js";

/** Two states: the first carries the execution's input on and writes one field itself, the second sends all to a task. */
const VISITS = [
  {
    id: 2,
    name: "Add",
    address: "/States/Add",
    where: "",
    links: [
      ["input", [], "copy", "", [[0, "input", []]]],
      ["output", [], "copy", "", [[2, "input", []]]],
      ["output", ["tax"], "made", "Result", []],
    ],
  },
  {
    id: 4,
    name: "Pay",
    address: "/States/Pay",
    where: "",
    links: [
      ["input", [], "copy", "", [[2, "output", []]]],
      [
        "task",
        [],
        "task",
        "pay",
        [
          [4, "input", ["total"]],
          [4, "input", ["tax"]],
        ],
      ],
    ],
  },
];
const steps = (hops) => hops.map((hop) => `${hop.name || "execution"} ${hop.stage} ${pathText(hop.path)} ${hop.how}`);

test("the way back ends at the execution's input", () => {
  const { hops, whole } = new Trace(VISITS).back({ visit: 4, stage: "input", path: ["total"] });
  assert.deepEqual(steps(hops), ["Pay input $.total copy", "Add output $.total copy", "Add input $.total copy", "execution input $.total origin"]);
  assert.ok(whole);
});
test("what a state made itself ends there", () => {
  const { hops } = new Trace(VISITS).back({ visit: 4, stage: "input", path: ["tax"] });
  assert.deepEqual(steps(hops), ["Pay input $.tax copy", "Add output $.tax made"]);
});
test("the way forward ends at who used it", () => {
  const hops = new Trace(VISITS).forward({ visit: 0, stage: "input", path: ["total"] });
  assert.equal(hops.at(-1).how, "task");
});
test("what nobody used is known as such, and what the state replaced does not count", () => {
  const trace = new Trace(VISITS);
  const used = (path) => trace.isUsed({ visit: 0, stage: "input", path });
  assert.deepEqual([used(["total"]), used(["note"]), used(["tax"]), used([])], [true, false, false, true]);
});
test("with links that did not travel nothing is greyed", () =>
  assert.equal(new Trace([{ ...VISITS[0], links_cut: true }]).isUsed({ visit: 0, stage: "input", path: [] }), null));
test("a circle of links ends", () => {
  const circle = [
    {
      id: 2,
      name: "A",
      address: "a",
      where: "",
      links: [
        ["input", [], "copy", "", [[2, "output", []]]],
        ["output", [], "copy", "", [[2, "input", []]]],
      ],
    },
  ];
  assert.ok(new Trace(circle).back({ visit: 2, stage: "input", path: [] }).hops.length < 5);
});
test("hops at which nothing happened are left out", () => {
  const { hops } = new Trace(VISITS).back({ visit: 4, stage: "input", path: ["total"] });
  assert.ok(shortened(hops).length < hops.length);
  assert.equal(shortened(hops).at(-1).how, "origin");
});
test("paths are written as a definition writes them", () => {
  assert.equal(pathText(["a", 0, "b c", "it's"]), "$.a[0]['b c']['it\\'s']");
  assert.equal(placeText({ stage: "context", path: ["Execution"] }), "$$.Execution");
  assert.equal(placeText({ stage: "variables", path: ["order", "id"] }), "$order.id");
});
