import assert from "node:assert/strict";
import test from "node:test";
import { compareRuns, differs } from "../../../sfnbook/widget/static/compare.js";

const value = (text) => ({ text, bytes: text.length, cut: false });
const visit = (id, name, more = {}) => ({
  id,
  name,
  address: `/States/${name}`,
  frame: "",
  where: "",
  status: "succeeded",
  error: null,
  attempts: [{}],
  input: value("1"),
  output: value("2"),
  next: null,
  stages: [],
  ...more,
});
const run = (visits, edges = {}, input = "0") => ({ visits, live: { edges, input: value(input) } });

test("runs that are alike have no difference", () => {
  const { parted, states, edges } = compareRuns(run([visit(2, "A")]), run([visit(7, "A")]));
  assert.equal(parted, "no difference");
  assert.deepEqual([...states.values()], [{ only: "", differs: false }]);
  assert.equal(edges.size, 0);
});
test("each kind of difference is named, the first of them where they parted", () => {
  const a = visit(2, "A");
  for (const [more, kind, words] of [
    [{ input: value("9") }, "input", "A: the input is different"],
    [{ status: "failed", error: "Gone" }, "status", "A: succeeded in A, failed with Gone in B"],
    [{ attempts: [{}, {}] }, "attempts", "A: 1 attempts in A, 2 in B"],
    [{ output: value("3") }, "output", "A: the output is different"],
    [{ next: "B" }, "next", "A: A went on to the end, B to B"],
  ]) {
    assert.equal(differs(a, visit(2, "A", more)), kind);
    assert.equal(compareRuns(run([a]), run([visit(2, "A", more)])).parted, words);
  }
});
test("a value that was cut off differs by its size", () =>
  assert.equal(differs(visit(2, "A"), visit(2, "A", { output: { text: "2", bytes: 9000, cut: true } })), "output"));
test("stages count where nothing else differs", () => {
  const stages = (text) => [{ name: "afterParameters", value: value(text) }];
  assert.equal(differs(visit(2, "A", { stages: stages("1") }), visit(2, "A", { stages: stages("2") })), "stages");
});
test("states and edges that only one of them took", () => {
  const { states, edges, parted } = compareRuns(
    run([visit(2, "A"), visit(4, "B")], { "A -> B": 1, "S -> A": 1 }),
    run([visit(2, "A"), visit(4, "C")], { "A -> C": 1, "S -> A": 2 }),
  );
  assert.deepEqual([states.get("/States/B").only, states.get("/States/C").only], ["a", "b"]);
  assert.deepEqual(
    [...edges],
    [
      ["A -> B", "a"],
      ["A -> C", "b"],
    ],
  );
  assert.equal(parted, "B: only A came here");
});
test("items are paired by their index and loops by how often, whatever the events' numbers", () => {
  const item = (id, frame) => visit(id, "I", { frame });
  const { pairs } = compareRuns(
    run([item(9, "3.0"), item(5, "3.1"), visit(20, "L"), visit(22, "L")]),
    run([item(30, "8.1"), item(40, "8.0"), visit(50, "L"), visit(60, "L")]),
  );
  assert.deepEqual(
    [9, 5, 20, 22].map((id) => pairs.get(id).id),
    [40, 30, 50, 60],
  );
});
test("different inputs are said first", () =>
  assert.match(
    compareRuns(run([visit(2, "A")], {}, "1"), run([visit(2, "A", { output: value("7") })], {}, "2")).parted,
    /^the inputs differ; then A: the output/,
  ));
