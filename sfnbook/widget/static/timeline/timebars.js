// timebars: what a visit did over time, as bars: attempts, the waits between them, lanes for visits that overlap; and
// which of them stand so close together that one bar must do. Pure, knows no page.

import { duration, plural, statusColor } from "../format.js";

const LANES = 4; // bars of one state that overlap stand below each other, up to this many
const APART = 3; // px: nearer bars are drawn as one
const WORST = ["bad", "caught", "run", "gone", "ok", "none"];

/**
 * @typedef {{from: number, to: number, pale: boolean, color: string, around?: boolean}} Bar one stretch of work or waiting, in ms
 * @typedef {{visit: VisitMessage, bars: Bar[], lane: number}} Entry a visit on the timeline
 * @typedef {Bar & {left: number, right: number, lane: number, visit: VisitMessage, visits: VisitMessage[]}} Stroke a bar in px, or
 *   several that are too near each other; `visit`: the one that it is coloured for
 */

/** What a visit did over time. @param {VisitMessage} visit @param {number} now in ms @returns {Bar[]} */
export function bars(visit, now) {
  const end = visit.end_ms ?? Math.max(now, visit.start_ms);
  const around = visit.type === "Parallel" || visit.type === "Map"; // its states do the work
  const whole = { from: visit.start_ms, to: end, pale: visit.type === "Wait", color: statusColor(visit.status), around };
  const attempts = visit.attempts || [];
  if (attempts.length < 2) return [whole];
  /** @type {Bar[]} */
  const found = [];
  let reached = attempts[0].start_ms;
  for (const attempt of attempts) {
    if (attempt.start_ms > reached) found.push({ from: reached, to: attempt.start_ms, pale: true, color: "gone" });
    reached = attempt.end_ms ?? end;
    found.push({ from: attempt.start_ms, to: reached, pale: false, color: statusColor(attempt.status), around });
  }
  if (end > reached) found.push({ from: reached, to: end, pale: true, color: visit.end_ms === null ? "run" : "gone" });
  return found;
}

/** Give overlapping visits of one state lanes. @param {Pick<Entry, "bars"|"lane">[]} entries @returns {number} how many are used */
export function pack(entries) {
  /** @type {number[]} */
  const free = [];
  for (const entry of entries) {
    const { from } = entry.bars[0];
    const { to } = entry.bars[entry.bars.length - 1];
    let lane = free.findIndex((end) => end <= from);
    if (lane < 0) lane = free.length < LANES ? free.length : free.indexOf(Math.min(...free));
    free[lane] = Math.max(to, free[lane] || 0);
    entry.lane = lane;
  }
  return free.length;
}

/**
 * What of one state's visits is to be drawn between two moments: bars in pixels, those too near each other as one.
 * @param {Entry[]} entries @param {(ms: number) => number} px @param {number} width
 * @param {number|null=} chosen the visit that has a bar of its own
 */
export function strokes(entries, px, width, chosen) {
  /** @type {Stroke[]} */
  const found = [];
  /** The stroke in each lane that the next bar may join. @type {Map<string, Stroke>} */
  const open = new Map();
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
        if (WORST.indexOf(bar.color) < WORST.indexOf(last.color)) {
          last.color = bar.color;
          last.visit = visit;
        }
        continue;
      }
      const stroke = { left, right, from: bar.from, to: bar.to, lane, pale: bar.pale, color: bar.color, around: bar.around, visit, visits: [visit] };
      found.push(stroke);
      open.set(key, stroke);
    }
  }
  return found;
}

/** What a bar says when the pointer rests on it. @param {Pick<Stroke, "visit"|"visits"|"pale"|"from"|"to">} stroke */
export function hint({ visit, visits, pale, from, to }) {
  if (visits.length > 1) return `${visit.name} · ${plural(visits.length, "visit")} close together · zoom in to tell them apart`;
  const what = pale && visit.type !== "Wait" ? "waiting to retry" : visit.status;
  const where = visit.where ? ` · ${visit.where}` : "";
  const tries = visit.attempts?.length > 1 ? ` · ${plural(visit.attempts.length, "attempt")}` : "";
  return `${visit.name}${where} · ${what} · ${duration((to - from) / 1000)}${tries}`;
}
