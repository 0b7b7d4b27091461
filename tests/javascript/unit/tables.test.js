import assert from "node:assert/strict";
import test from "node:test";
import { itemsHere, progressText } from "../../../sfnbook/widget/static/inspector/items.js";
import { arranged } from "../../../sfnbook/widget/static/timeline/states.js";

const visit = (id, more = {}) => ({
  id,
  name: `S${id}`,
  type: "Task",
  status: "succeeded",
  where: "",
  error: null,
  start_ms: id * 10,
  end_ms: id * 10 + 5,
  attempts: [],
  address: `/S${id}`,
  frame: "",
  next: null,
  ...more,
});
const row = (id, took, more = {}) => ({ visit: visit(id, more), took, container: false });
const wanted = (more) => ({ kinds: [], text: "", by: null, down: false, ...more });
const ids = (rows) => rows.map((one) => one.visit.id);

test("rows stay in the order of entry until a column is chosen", () => {
  const rows = [row(3, 1), row(1, 9), row(2, 5)];
  assert.deepEqual(ids(arranged(rows, 20, wanted())), [3, 1, 2]);
  assert.deepEqual(ids(arranged(rows, 20, wanted({ by: "duration" }))), [3, 2, 1]);
  assert.deepEqual(ids(arranged(rows, 20, wanted({ by: "duration", down: true }))), [1, 2, 3]);
  assert.deepEqual(ids(rows), [3, 1, 2]);
});
test("rows that are alike in the column stay in the order of entry, up and down", () => {
  const rows = [row(2, 5), row(1, 5), row(3, 5)];
  for (const down of [false, true]) assert.deepEqual(ids(arranged(rows, 20, wanted({ by: "type", down }))), [1, 2, 3]);
});
test("names are sorted without regard to case, sizes with the unknown ones smallest", () => {
  assert.deepEqual(ids(arranged([row(1, 1, { name: "beta" }), row(2, 1, { name: "Alpha" })], 9, wanted({ by: "name" }))), [2, 1]);
  const sized = [row(1, 1, { input: { bytes: 4 }, output: { bytes: 9 } }), row(2, 1), row(3, 1, { input: { bytes: 7 } })];
  assert.deepEqual(ids(arranged(sized, 9, wanted({ by: "size", down: true }))), [1, 3, 2]);
});
test("chips are alternatives, the text must fit as well", () => {
  const rows = [row(1, 1, { status: "failed", error: "Boom" }), row(2, 1, { attempts: [{}, {}] }), row(3, 1), row(4, 5)];
  assert.deepEqual(ids(arranged(rows, 20, wanted({ kinds: ["failed", "retried"] }))), [1, 2]);
  assert.deepEqual(ids(arranged(rows, 20, wanted({ kinds: ["failed", "retried"], text: " BOOM" }))), [1]);
  assert.deepEqual(ids(arranged(rows, 20, wanted({ kinds: ["slow"] }))), [4]);
});
test("a container is never slow: its states do the work", () => {
  assert.deepEqual(ids(arranged([{ ...row(1, 19, { type: "Map" }), container: true }, row(2, 2)], 20, wanted({ kinds: ["slow"] }))), [2]);
});

const MAP = visit(2, { address: "/Map", type: "Map", end_ms: null });
const inner = (id, frame, more = {}) => visit(id, { address: "/Map/ItemProcessor/Work", frame, ...more });
test("a Map's items are those whose visits are here, by number", () => {
  const found = itemsHere(
    [MAP, inner(5, "3.1", { status: "failed", error: "Boom" }), inner(4, "3.0"), inner(6, "3.2", { end_ms: null, status: "running" })],
    MAP,
  );
  assert.deepEqual(
    found.map(({ number, status, error, visit: at }) => [number, status, error, at]),
    [
      [0, "succeeded", null, 4],
      [1, "failed", "Boom", 5],
      [2, "running", null, 6],
    ],
  );
});
test("of an item that was tried again the last attempt counts; a batch says which items it has", () => {
  const again = itemsHere([MAP, inner(4, "3.0", { status: "failed", error: "Boom" }), inner(9, "7.0")], MAP);
  assert.deepEqual(
    again.map(({ status, visit: at }) => [status, at]),
    [["succeeded", 9]],
  );
  const [batch] = itemsHere([MAP, inner(4, "3.3", { batch: [0, 30, 39] })], MAP);
  assert.deepEqual([batch.number, batch.first, batch.items], [3, 30, 10]);
});
test("another visit of the Map has items of its own", () => {
  const later = visit(20, { address: "/Map", type: "Map" });
  const visits = [MAP, inner(4, "3.0"), later, inner(22, "21.0"), inner(23, "21.1")];
  assert.deepEqual([itemsHere(visits, MAP).length, itemsHere(visits, later).length], [1, 2]);
});
test("how a Map run stands, in words", () => {
  assert.equal(progressText({ total: 10, done: 5, failed: 0, running: 2 }, {}, 10), "5 of 10 done · 2 running · 30 a minute · about 10 s left");
  assert.equal(progressText({ total: 10, done: 6, failed: 2, tolerated: 3 }, {}, null), "8 of 10 done · 2 of 3 tolerated failures");
  assert.equal(progressText(undefined, { succeeded: 1, failed: 2 }, null), "2 failed");
});
