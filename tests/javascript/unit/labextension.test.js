import assert from "node:assert/strict";
import test from "node:test";
import { bodyStart, languageOf, machineName } from "../../../sfnbook/labextension/static/cell.js";
import { Kernel } from "../../../sfnbook/labextension/static/kernel.js";

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

test("a question by key is asked again where the kernel refused just before it loaded the extension", async () => {
  globalThis.window = globalThis;
  const comms = [];
  const connection = {
    createComm() {
      const comm = { open() {}, sent: [], send: (question) => comm.sent.push(question), isDisposed: false };
      comms.push(comm);
      return comm;
    },
  };
  const kernel = Kernel.of(connection);
  const first = kernel.ask({ what: "look" });
  comms[0].onClose();
  assert.equal(await first, null);
  assert.equal(await kernel.ask({ what: "look" }), null); // not tried again so soon
  assert.equal(comms.length, 1);

  const answer = kernel.askNow({ what: "references" });
  comms[1].onClose();
  await new Promise((resolve) => setTimeout(resolve));
  const { id } = comms[2].sent[0];
  comms[2].onMsg({ content: { data: { id, name: "Ship" } } });
  assert.equal((await answer).name, "Ship");
});
