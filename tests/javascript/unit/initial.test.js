import assert from "node:assert/strict";
import test from "node:test";
import { NO_MACHINE, NO_RUN } from "../../../sfnbook/widget/static/initial.js";

test("before Python has told of any, there is no run and a machine without states", () => {
  assert.deepEqual([NO_RUN.run, NO_RUN.done, NO_RUN.visits_total], [null, false, 0]);
  assert.deepEqual([NO_MACHINE.states, NO_MACHINE.graph.nodes], [{}, []]);
});
