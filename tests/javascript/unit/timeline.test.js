import assert from "node:assert/strict";
import test from "node:test";
import { bars, hint, pack, strokes } from "../../../sfnbook/widget/static/timeline/timebars.js";
import { ALL, clamp, moment, ordinalScale, panned, scale, ticks, zoomed } from "../../../sfnbook/widget/static/timeline/timescale.js";

const work = (from, to) => ({ from, to, pale: false, color: "ok" });
const visit = (more) => ({ id: 2, name: "Pay", type: "Task", status: "succeeded", start_ms: 0, end_ms: 100, attempts: [], where: "", ...more });

test("a strip without waits is linear, there and back", () => {
  const { x, ms, breaks } = scale([work(0, 50), work(50, 200)], 800);
  assert.deepEqual([x(0), x(100), x(200)], [0, 0.5, 1]);
  assert.deepEqual(breaks, []);
  for (const at of [0, 17, 50, 99, 200]) assert.ok(Math.abs(ms(x(at)) - at) < 1e-9);
});
test("a long wait beside short work is cut, and not where that is not wanted", () => {
  const list = [work(0, 10), { from: 10, to: 3_600_000, pale: true, color: "ok" }, work(3_600_000, 3_600_020)];
  assert.deepEqual(
    scale(list, 800).breaks.map(({ from, to }) => [from, to]),
    [[10, 3_600_000]],
  );
  assert.deepEqual(scale(list, 800, false).breaks, []);
});
test("a wait beside which the work can be seen stays", () =>
  assert.deepEqual(scale([work(0, 86), { from: 86, to: 1086, pale: true, color: "ok" }], 800).breaks, []));
test("waits as long as one that is cut are cut too", () => {
  const list = [
    work(0, 1),
    { from: 1, to: 9_001, pale: true, color: "ok" },
    work(9_001, 9_002),
    { from: 9_002, to: 18_002, pale: true, color: "ok" },
    work(18_002, 18_003),
  ];
  assert.equal(scale(list, 800).breaks.length, 2);
});
test("no time passed: the order stands in for it", () => {
  assert.ok(scale([work(5, 5)], 800).ordinal);
  assert.deepEqual([0, 1, 4].map(ordinalScale(4).x), [0, 0.25, 1]);
});
test("places never run backwards, whatever is cut", () => {
  const list = Array.from({ length: 40 }, (_, i) => ({ ...work(i * i * 100, i * i * 100 + 7 * (i % 5)), pale: i % 3 === 0 }));
  const { x } = scale(list, 600);
  const places = Array.from({ length: 500 }, (_, i) => x((i / 499) * 39 * 39 * 100));
  assert.ok(places.every((place, i) => i === 0 || place >= places[i - 1]));
});
test("labels begin and end with the run and keep apart", () => {
  const plan = scale([work(0, 1000)], 800);
  const found = ticks(plan, ALL, 800);
  assert.equal(found.find((tick) => tick.first).text, "0 s");
  assert.equal(found.find((tick) => tick.last).text, "1 s");
  const places = found.map((tick) => tick.at * 800).sort((a, b) => a - b);
  assert.ok(places.every((place, i) => !i || place - places[i - 1] > 60));
});
test("a moment has the digits that its step needs", () =>
  assert.deepEqual([moment(0), moment(200, 100), moment(12, 5), moment(61_000, 5000)], ["0 s", "0.2 s", "12 ms", "1 min 1 s"]));
test("zoom keeps the place under the pointer; pan stays on the strip; all is all", () => {
  const part = zoomed(ALL, 4, 0.25);
  assert.ok(Math.abs(part.from + 0.25 * (part.to - part.from) - 0.25) < 1e-12);
  assert.deepEqual(panned({ from: 0.5, to: 1 }, 3), { from: 0.5, to: 1 });
  assert.equal(clamp({ from: -1, to: 2 }), ALL);
});

test("attempts and the waits between them are bars", () => {
  const tried = visit({
    attempts: [
      { start_ms: 0, end_ms: 20, status: "failed" },
      { start_ms: 50, end_ms: 100, status: "succeeded" },
    ],
  });
  assert.deepEqual(
    bars(tried, 0).map(({ from, to, pale, color }) => [from, to, pale, color]),
    [
      [0, 20, false, "bad"],
      [20, 50, true, "gone"],
      [50, 100, false, "ok"],
    ],
  );
});
test("what still runs reaches to now", () => assert.equal(bars(visit({ end_ms: null, status: "running" }), 70)[0].to, 70));
test("visits that overlap get lanes, at most four", () => {
  const entries = Array.from({ length: 9 }, (_, i) => ({ bars: [work(i, 100 + i)] }));
  assert.equal(pack(entries), 4);
  assert.equal(pack([{ bars: [work(0, 5)] }, { bars: [work(5, 9)] }]), 1);
});
test("bars that stand too close become one that shows the worst", () => {
  const entries = Array.from({ length: 100 }, (_, i) => ({
    visit: visit({ id: i, status: i === 50 ? "failed" : "succeeded" }),
    bars: [{ ...work(i, i + 1), color: i === 50 ? "bad" : "ok" }],
    lane: 0,
  }));
  const found = strokes(entries, (ms) => ms / 100, 800);
  assert.equal(found.length, 1);
  assert.deepEqual([found[0].color, found[0].visit.id, found[0].visits.length], ["bad", 50, 100]);
  assert.match(hint(found[0]), /100 visits close together/);
});
