import assert from "node:assert/strict";
import test from "node:test";
import { bodyStart, languageOf, machineName } from "../../../sfnbook/labextension/static/cell.js";

test("a cell holds a machine by its first line", () => {
  assert.equal(bodyStart("%%statemachine shop\n{}"), 20);
  assert.equal(bodyStart("\n%%sfn_exercise one\nStartAt: A"), 20);
  assert.equal(bodyStart("%%statemachine shop"), -1);
  assert.equal(bodyStart("x = 1\n%%statemachine shop\n{}"), -1);
  assert.equal(bodyStart("%%statemachines shop\n{}"), -1);
});

test("the language is told by the body's first character", () => {
  assert.equal(languageOf('\n # why\n {"StartAt"'), "json");
  assert.equal(languageOf("# why\nStartAt: A"), "yaml");
  assert.equal(languageOf(""), "yaml");
});

test("the machine's name, quotes taken off", () => {
  assert.equal(machineName("%%statemachine shop --type EXPRESS\n{}"), "shop");
  assert.equal(machineName('%%statemachine "my shop"\n{}'), "my shop");
  assert.equal(machineName("x = 1"), "");
});
