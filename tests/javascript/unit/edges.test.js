import assert from "node:assert/strict";
import test from "node:test";
import { timesTaken } from "../../../sfnbook/widget/static/diagram/edges.js";

const next = (from, to, kind = "next") => ({ id: `${from} ${kind === "catch" ? "!>" : "->"} ${to}`, from, to, kind });

test("an edge was taken as often as its state went on that way", () => {
  const edges = [next("<start>", "A"), next("A", "B", "choice"), next("A", "C", "default"), next("B", "<end>")];
  const statuses = { A: { status: "succeeded", edges_out: { B: 3 } }, B: { status: "succeeded", edges_out: { "<end>": 3 } } };
  assert.deepEqual(timesTaken(edges, statuses), { "<start> -> A": 1, "A -> B": 3, "B -> <end>": 3 });
});
test("where Next and Catch lead to the same state, the status says which one it was", () => {
  const edges = [next("A", "B"), next("A", "B", "catch")];
  const of = (status) => timesTaken(edges, { A: { status, edges_out: { B: 1 } } });
  assert.deepEqual([of("succeeded"), of("caught"), of("failed")], [{ "A -> B": 1 }, { "A !> B": 1 }, { "A !> B": 1 }]);
});
test("a Catch alone is taken whatever the state did since", () =>
  assert.deepEqual(timesTaken([next("A", "B", "catch")], { A: { status: "running", edges_out: { B: 2 } } }), { "A !> B": 2 }));
test("nothing was taken before anything ran", () => assert.deepEqual(timesTaken([next("<start>", "A"), next("A", "B")], { A: {} }), {}));
