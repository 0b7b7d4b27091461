import assert from "node:assert/strict";
import test from "node:test";
import { Kernel } from "../../../sfnbook/widget/static/kernel.js";

test("an answer goes to who asked; it is then known that somebody is there", async () => {
  const sent = [];
  const heard = [];
  const kernel = new Kernel({ send: (message) => sent.push(message) }, (here) => heard.push(here));
  const answer = kernel.ask("value", { visit: 2, stage: "input" });
  kernel.hear({ kind: "value", id: "of another", text: "no" });
  kernel.hear({ kind: "value", id: sent[0].id, text: "yes" });
  assert.equal((await answer).text, "yes");
  assert.deepEqual(heard, [true]);
  assert.deepEqual([sent[0].kind, sent[0].stage], ["value", "input"]);
});
test("no answer in time is said, and that nobody is there", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const heard = [];
  const kernel = new Kernel(
    {
      send() {
        throw new Error("no line");
      },
    },
    (here) => heard.push(here),
  );
  const answer = kernel.ask("ping", {}, 2500);
  context.mock.timers.tick(2501);
  await assert.rejects(answer, /busy or gone/);
  assert.deepEqual(heard, [false]);
});
test("a saved page asks nobody", async () => {
  const kernel = new Kernel(
    {
      send() {
        assert.fail("nobody is there");
      },
    },
    () => {},
    true,
  );
  await assert.rejects(kernel.ask("value"), /saved page/);
});
