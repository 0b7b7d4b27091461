import assert from "node:assert/strict";
import test from "node:test";
import { findText, parseJson } from "../../../sfnbook/widget/static/inspector/json.js";
import { logParts } from "../../../sfnbook/widget/static/inspector/logs.js";
import { contextText, history } from "../../../sfnbook/widget/static/inspector/variables.js";

/** The value that a tree of nodes stands for, numbers as their text. */
function value({ text, root }) {
  const of = (node) => {
    const source = text.slice(node.from, node.to);
    if (node.kind === "array") return node.items.map(of);
    if (node.kind === "object") return Object.fromEntries(node.keys.map((name, i) => [name, node.items[i] && of(node.items[i])]));
    return node.kind === "number" ? source : JSON.parse(source);
  };
  return of(root);
}

test("a text is read as it is written: long numbers, order, escapes", () => {
  const read = parseJson(' {"b": 12345678901234567890, "a": [1.0, -2e3, null, true, "x\\"\\u0041"], "": {}} ');
  assert.deepEqual(value(read), { b: "12345678901234567890", a: ["1.0", "-2e3", null, true, 'x"A'], "": {} });
  assert.equal(read.cut, false);
});
test("a text that was cut off anywhere shows what is there and says so", () => {
  const whole = '{"a":[1,{"b":"c\\n"}],"d":null}';
  for (let length = 1; length < whole.length; length += 1) {
    const read = parseJson(whole.slice(0, length));
    assert.ok(read.cut, whole.slice(0, length));
    assert.equal(read.root.kind, "object");
  }
  assert.equal(parseJson(whole).cut, false);
  assert.equal(parseJson("").root, null);
});
test("deep texts and many items are read", () => {
  assert.equal(parseJson("[".repeat(480) + "]".repeat(480)).cut, false);
  assert.equal(parseJson(JSON.stringify(Array.from({ length: 5000 }, (_, i) => i))).root.items.length, 5000);
});

test("the logs of all attempts, with where they were printed", () => {
  const visits = [
    {
      id: 2,
      address: "a",
      name: "A",
      where: "",
      attempts: [
        { number: 1, start_ms: 3, logs: "x" },
        { number: 2, start_ms: 5, logs: "" },
      ],
    },
    { id: 4, attempts: undefined },
  ];
  assert.deepEqual(logParts(visits), [{ visit: 2, address: "a", name: "A", where: "", attempt: 1, ms: 3, text: "x" }]);
});
test("the Context object is put together from what all states see and what one sees", () => {
  const live = { context: { text: '{"Execution":{"Id":"e"}}' }, input: { text: '{"n":1}' } };
  assert.deepEqual(JSON.parse(contextText({ context: { text: '{"State":{"Name":"A"}}' } }, live)), {
    Execution: { Input: { n: 1 }, Id: "e" },
    State: { Name: "A" },
  });
});
test("who gave a variable its values before a state saw it, the latest first", () => {
  const visits = [1, 2, 3].map((id) => ({ id, frame: "", end_ms: 1, type: "Pass", assigned: id === 2 ? {} : { x: { text: String(id) } } }));
  assert.deepEqual(
    history(visits, { id: 4, frame: "" }, "x").map((one) => one.id),
    [3, 1],
  );
});

const found = (text, wanted) => findText(parseJson(text), wanted);
test("keys and values are found in any case, in the order of the text", () => {
  const text = '{"Name": "Ada", "list": [{"name": 1}, "a NAME"], "other": "nothing"}';
  assert.deepEqual(found(text, "name"), [[0], [1, 0, 0], [1, 1]]);
  assert.deepEqual(found(text, "absent"), []);
  assert.deepEqual(found(text, ""), []);
});
test("a key and its plain value are one match; below a key that matches others are found", () => {
  assert.deepEqual(found('{"order": "order 7"}', "order"), [[0]]);
  assert.deepEqual(found('{"orders": {"order": 1, "id": "order 7"}}', "order"), [[0], [0, 0], [0, 1]]);
});
test("of very many matches the search ends at 500", () => {
  assert.equal(found(JSON.stringify(Array.from({ length: 2000 }, () => "x")), "x").length, 500);
  assert.equal(found(JSON.stringify(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`x${i}`, 0]))), "x").length, 500);
});
test("a text that was cut off is searched as far as it goes", () => assert.deepEqual(found('{"a": "needle", "b": "nee', "nee"), [[0], [1]]));
