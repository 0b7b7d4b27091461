// @ts-nocheck: its types are still to be written
// timebars: what a visit did over time, as bars: attempts, the waits between them, lanes for visits that overlap; and
// which of them stand so close together that one bar must do. Pure, knows no page.

import { duration, plural, tone } from "../format.js";

const LANES = 4; // bars of one state that overlap stand below each other, up to this many
const APART = 3; // px: nearer bars are drawn as one
const WORST = ["bad", "caught", "run", "gone", "ok", "none"];

/** A bar: one stretch of work or waiting. @typedef {{from: number, to: number, pale: boolean, tone: string, around?: boolean}} Bar */

/** What a visit did over time, in ms. @returns {Bar[]} */
export function bars(visit, now) {
  const end = visit.end_ms ?? Math.max(now, visit.start_ms);
  const around = visit.type === "Parallel" || visit.type === "Map"; // its states do the work
  const whole = { from: visit.start_ms, to: end, pale: visit.type === "Wait", tone: tone(visit.status), around };
  const attempts = visit.attempts || [];
  if (attempts.length < 2) return [whole];
  const found = [];
  attempts.forEach((attempt, i) => {
    const until = attempt.end_ms ?? end;
    if (i && attempt.start_ms > found.at(-1).to) found.push({ from: found.at(-1).to, to: attempt.start_ms, pale: true, tone: "gone" });
    found.push({ from: attempt.start_ms, to: until, pale: false, tone: tone(attempt.status), around });
  });
  if (end > found.at(-1).to) found.push({ from: found.at(-1).to, to: end, pale: true, tone: visit.end_ms === null ? "run" : "gone" });
  return found;
}

/** Give overlapping visits of one state lanes. @returns {number} how many are used */
export function pack(entries) {
  const free = [];
  for (const entry of entries) {
    const { from } = entry.bars[0];
    const to = entry.bars.at(-1).to;
    let lane = free.findIndex((end) => end <= from);
    if (lane < 0) lane = free.length < LANES ? free.length : free.indexOf(Math.min(...free));
    free[lane] = Math.max(to, free[lane] || 0);
    entry.lane = lane;
  }
  return free.length;
}

/**
 * What of one state's visits is to be drawn between two moments: bars in pixels, those too near each other as one.
 * @param {{visit: any, bars: Bar[], lane: number}[]} entries @param {(ms: number) => number} px @param {number} width
 */
export function strokes(entries, px, width, chosen) {
  const found = [];
  const open = new Map(); // lane -> the stroke that the next bar may join
  for (const { visit, bars: list, lane } of entries) {
    for (const bar of list) {
      const left = px(bar.from);
      const right = px(bar.to);
      if (right < 0 || left > width) continue;
      const key = `${lane}${bar.around ? "a" : ""}`;
      const last = open.get(key);
      if (last && visit !== last.visit && visit.id !== chosen && last.visit.id !== chosen && right - last.left < APART + 1 && left - last.right < APART) {
        last.right = Math.max(last.right, right);
        last.to = Math.max(last.to, bar.to);
        if (last.visits.at(-1) !== visit) last.visits.push(visit);
        last.pale &&= bar.pale;
        if (WORST.indexOf(bar.tone) < WORST.indexOf(last.tone)) { last.tone = bar.tone; last.visit = visit; }
        continue;
      }
      const stroke = { left, right, from: bar.from, to: bar.to, lane, pale: bar.pale, tone: bar.tone, around: bar.around, visit, visits: [visit] };
      found.push(stroke);
      open.set(key, stroke);
    }
  }
  return found;
}

/** What a bar says when the pointer rests on it. */
export function hint({ visit, visits, pale, from, to }) {
  if (visits.length > 1) return `${visit.name} · ${plural(visits.length, "visit")} close together · zoom in to tell them apart`;
  const what = pale && visit.type !== "Wait" ? "waiting to retry" : visit.status;
  const where = visit.where ? ` · ${visit.where}` : "";
  const tries = visit.attempts?.length > 1 ? ` · ${plural(visit.attempts.length, "attempt")}` : "";
  return `${visit.name}${where} · ${what} · ${duration((to - from) / 1000)}${tries}`;
}
