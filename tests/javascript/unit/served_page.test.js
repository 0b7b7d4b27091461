// The served page's modules that touch no element; they meet a window, an address and a server of their own here.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, beforeEach } from "node:test";
import { pathToFileURL } from "node:url";

const STATIC = "../../../sfnbook";
let pushed = [];
let asked = [];
let answer = { status: 200, body: {} };
Object.assign(globalThis, {
  location: { search: "" },
  window: { addEventListener() {} },
  history: { pushState: (_state, _title, to) => pushed.push(["push", to]), replaceState: (_state, _title, to) => pushed.push(["replace", to]) },
  fetch: async (url, request) => {
    asked.push([url, request]);
    return { status: answer.status, ok: answer.status < 400, json: async () => answer.body };
  },
});
// The server hands out its own modules and the widget's dom.js and format.js as one folder.
const FOLDER = mkdtempSync(join(tmpdir(), "sfnbook-page-"));
for (const name of ["address", "executions", "actions", "server"])
  copyFileSync(new URL(`${STATIC}/server/static/${name}.js`, import.meta.url), join(FOLDER, `${name}.js`));
for (const name of ["dom", "format"]) copyFileSync(new URL(`${STATIC}/widget/static/${name}.js`, import.meta.url), join(FOLDER, `${name}.js`));
writeFileSync(join(FOLDER, "package.json"), '{"type": "module"}');
after(() => rmSync(FOLDER, { recursive: true }));
const load = (name) => import(pathToFileURL(join(FOLDER, `${name}.js`)).href);

const { address, changed, go, note, onView, plain, view } = await load("address");
const { machineName, machineOf } = await load("executions");
const { wrongJson } = await load("actions");
const { call, look, Refused, TokenWanted } = await load("server");

const MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:shop";
beforeEach(() => {
  pushed = [];
  asked = [];
  answer = { status: 200, body: {} };
  globalThis.location.search = "";
});

test("a view and its address are the same thing", () => {
  for (const one of [{}, { machine: MACHINE, status: "FAILED" }, { text: "a b&c=d", skip: "50" }]) {
    globalThis.location.search = address(one).slice(1);
    assert.deepEqual(view(), one);
  }
  assert.equal(address({ machine: MACHINE }), `/?machine=${MACHINE}`);
  globalThis.location.search = "?machine=&other=1";
  assert.deepEqual(view(), {});
});
test("another filter begins at the first page, another page does not", () => {
  const now = { machine: MACHINE, status: "FAILED", beyond: "90", skip: "50" };
  assert.deepEqual(changed(now, { status: "RUNNING" }), { ...now, status: "RUNNING", beyond: undefined, skip: undefined });
  assert.deepEqual(changed(now, { skip: "100" }), { ...now, skip: "100" });
  assert.deepEqual(changed(now, { execution: "e" }), { ...now, execution: "e" });
});
test("going somewhere is told once and leaves an entry; going nowhere does neither", () => {
  let told = 0;
  onView(() => {
    told += 1;
  });
  go({ status: "FAILED" });
  go({});
  go({ text: "x" }, true);
  assert.deepEqual(
    [told, pushed],
    [
      2,
      [
        ["push", "/?status=FAILED"],
        ["replace", "/?text=x"],
      ],
    ],
  );
});
test("a state that is chosen changes the address alone", () => {
  note("/States/Pay");
  note(null);
  assert.deepEqual(pushed, [["replace", "/?state=/States/Pay"]]);
});
test("a click with a key or another button is the browser's", () => {
  const click = { button: 0, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
  assert.deepEqual([plain(click), plain({ ...click, ctrlKey: true }), plain({ ...click, button: 1 })], [true, false, false]);
});

test("ARNs are read", () => {
  assert.equal(machineName(MACHINE), "shop");
  assert.equal(machineName("shop"), "shop");
  assert.equal(machineOf("arn:aws:states:us-east-1:123456789012:execution:shop:one"), MACHINE);
  assert.equal(machineOf("arn:aws:states:us-east-1:123456789012:execution:shop/Map:one"), MACHINE);
});
test("an input is checked as AWS would", () => {
  assert.deepEqual([wrongJson("{}"), wrongJson(" "), wrongJson('"é"')], ["", "Write JSON, at least {}.", ""]);
  assert.match(wrongJson("{no"), /^No JSON: ./);
  assert.equal(wrongJson(`"${"é".repeat(131_072)}"`), "262,146 bytes are more than the 262,144 that AWS takes.");
});

test("looking leaves out what has no value", async () => {
  answer.body = { version: 3 };
  assert.deepEqual(await look("executions", { machine: MACHINE, status: undefined, text: "", skip: "0" }), { version: 3 });
  assert.equal(decodeURIComponent(asked[0][0]), `/look/executions?machine=${MACHINE}&skip=0`);
});
test("the server's no is thrown in its own words", async () => {
  answer = { status: 403, body: {} };
  await assert.rejects(look("changes"), TokenWanted);
  answer = { status: 404, body: { error: "State Machine Does Not Exist" } };
  await assert.rejects(look("machine", { arn: "x" }), (problem) => problem instanceof Refused && problem.message === "State Machine Does Not Exist");
  answer = { status: 400, body: { __type: "com.amazonaws.states#ExecutionAlreadyExists", message: "Execution Already Exists" } };
  await assert.rejects(call("StartExecution", {}), (problem) => problem instanceof Refused && problem.kind === "ExecutionAlreadyExists");
  answer = { status: 502, body: {} };
  await assert.rejects(call("StopExecution", {}), /HTTP 502/);
});
test("an action goes out as a client of AWS would send it", async () => {
  answer.body = { executionArn: "e" };
  assert.equal((await call("StartExecution", { input: "{}" })).executionArn, "e");
  assert.deepEqual(
    [asked[0][0], asked[0][1].method, asked[0][1].headers["X-Amz-Target"], asked[0][1].body],
    ["/", "POST", "AWSStepFunctions.StartExecution", '{"input":"{}"}'],
  );
});
