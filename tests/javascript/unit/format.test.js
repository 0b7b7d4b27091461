import assert from "node:assert/strict";
import test from "node:test";
import { timeLeft } from "../../../sfnbook/widget/static/clock.js";
import { nearLimit, bytesText } from "../../../sfnbook/widget/static/diagram/byte_labels.js";
import { upright } from "../../../sfnbook/widget/static/diagram/text_measure.js";
import { bytes, count, duration, elide, later, money, plural, STATUS, stamp, statusColor } from "../../../sfnbook/widget/static/format.js";
import { notJson } from "../../../sfnbook/widget/static/inspector/callback.js";

/** Check a function of one argument against a table of argument and result. */
const table = (name, work, rows) =>
  test(name, () => {
    for (const [given, wanted] of rows) assert.equal(work(given), wanted, `${name}(${JSON.stringify(given)})`);
  });

table("count", count, [
  [0, "0"],
  [262144, "262,144"],
]);
table("duration", duration, [
  [null, ""],
  [undefined, ""],
  [0, "0 s"],
  [0.0000004, "0 ms"],
  [0.003, "3 ms"],
  [0.0096, "9.6 ms"],
  [0.0994, "99 ms"],
  [0.1, "0.1 s"],
  [1.44, "1.4 s"],
  [59.94, "59.9 s"],
  [59.96, "1 min"],
  [241, "4 min 1 s"],
  [7500, "2 h 5 min"],
  [86400, "1 d"],
  [31536000, "365 d"],
  [90000, "1 d 1 h"],
]);
table("stamp", stamp, [
  [0, "0.000 s"],
  [9.4, "0.009 s"],
  [59_999.6, "1:00.000"],
  [61_500, "1:01.500"],
  [3_600_009, "1:00:00.009"],
  [93_600_500, "1 d 02:00:00.500"],
]);
table("later", later, [
  [0, "+0 ms"],
  [9.6, "+9.6 ms"],
  [120.4, "+120 ms"],
  [1400, "+1.4 s"],
]);
table("bytes", bytes, [
  [118, "118 B"],
  [9_999, "9,999 B"],
  [10_400, "10 kB"],
  [1_200_000, "1.2 MB"],
]);
table("money", money, [
  [0, "$0"],
  [0.000025, "$0.000025"],
  [0.0025, "$0.0025"],
  [0.5, "$0.5"],
  [25, "$25"],
  [12345.678, "$12,350"],
]);
table("bytesText", bytesText, [
  [100, "100 B"],
  [131_072, "131 kB · 50%"],
  [262_144, "262 kB · 100%"],
]);
table("nearLimit", nearLimit, [
  [100, ""],
  [131_072, "near"],
  [209_716, "at"],
]);
table("statusColor", statusColor, [
  ["running", "run"],
  ["waiting", "run"],
  ["timed_out", "bad"],
  ["paused", "held"],
  ["never heard of", "none"],
]);
table("notJson", notJson, [
  ["{}", ""],
  ["1", ""],
]);

test("a text that is no JSON is told why", () => assert.match(notJson("{no"), /^The output is no JSON: ./));
test("plural", () => assert.deepEqual([plural(1, "event"), plural(1200, "event")], ["1 event", "1,200 events"]));
test("time left is whole seconds and never below none", () =>
  assert.deepEqual([timeLeft(4.2, 1), timeLeft(81, 1), timeLeft(1, 9)], ["4 s", "1 min 20 s", "0 s"]));
test("elide keeps both ends and whole letters", () => {
  assert.equal(elide("short", 10), "short");
  assert.equal(elide("arn:aws:lambda:ship", 9), "arn:…ship");
  assert.equal(elide("👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧", 3), "👨‍👩‍👧…👨‍👩‍👧");
});
test("a name cannot turn the text beside it", () => assert.equal(upright("a\u202eb"), "a\ufffdb"));
test("every status of an execution has words, a colour and a mark", () => {
  assert.deepEqual(Object.keys(STATUS), ["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]);
});
