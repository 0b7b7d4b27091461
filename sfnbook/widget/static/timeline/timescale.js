// timescale: where moments stand on a strip: linear, with jumps of the clock (nothing but waiting, for long) cut short;
// and which part of the strip is looked at. Pure, knows no page.

import { count, duration } from "../format.js";

const BREAK = 54; // px of a jump
const ENOUGH = 0.05; // work that takes this share of the strip can be seen: nothing more is cut
const CLOSEST = 1e-6; // the smallest part of the strip that can be looked at
/** The whole strip. @type {Range} */
export const ALL = { from: 0, to: 1 };

/**
 * @typedef {{from: number, to: number}} Range a part of the strip, in 0..1 of it; or a stretch of time in ms
 * @typedef {Range & {work: boolean}} Segment between two moments, in ms; `work`: something was done
 * @typedef {Range & {x: number, w: number, ms: number}} Break a wait that is cut short: where it is on the strip, how long it was
 * @typedef {Range & {x: number, end: number}} Stretch segments that are drawn to scale: from `x` to `end` of the strip
 * @typedef {object} Scale the strip of a run: `x` and `ms` turn a moment into a place in 0..1 and back
 * @property {(ms: number) => number} x
 * @property {(x: number) => number} ms
 * @property {Break[]} breaks
 * @property {Stretch[]} stretches
 * @property {number} first
 * @property {number} last
 * @property {number} perMs how much of the strip a millisecond takes where it is drawn to scale
 * @property {boolean} ordinal no time passed: the order stands in for it
 */

/**
 * The strip of a run.
 * @param {(Range & {pale?: boolean, around?: boolean, color?: string})[]} list bars @param {number} width in px
 * @param {boolean} cut  whether long waits are cut short where the work beside them could not be seen
 * @returns {Scale}
 */
export function scale(list, width, cut = true) {
  const times = [...new Set(list.flatMap((bar) => [bar.from, bar.to]))].sort((a, b) => a - b);
  const last = times[times.length - 1] ?? 0;
  if (times.length < 2) return { x: () => 0, ms: () => last, breaks: [], stretches: [], first: last, last, perMs: 0, ordinal: true };
  // A segment between two moments is work when a strong bar covers it.
  /** How many strong bars begin at a moment less those that end. @type {Map<number, number>} */
  const delta = new Map();
  const turn = (/** @type {number} */ time, /** @type {number} */ by) => delta.set(time, (delta.get(time) ?? 0) + by);
  for (const bar of list)
    if (!bar.pale && !bar.around && bar.color !== "gone") {
      turn(bar.from, 1);
      turn(bar.to, -1);
    }
  let busy = 0;
  const segments = times.slice(1).map((to, i) => {
    busy += delta.get(times[i]) ?? 0;
    return { from: times[i], to, work: busy > 0 };
  });
  const work = segments.filter((seg) => seg.work).reduce((sum, seg) => sum + seg.to - seg.from, 0);
  const breaking = cut && work > 0 ? jumps(segments, work, last - times[0]) : new Set();
  const share = Math.min(BREAK / Math.max(width, 1), 0.45 / Math.max(breaking.size, 1));
  const linear = segments.filter((seg) => !breaking.has(seg)).reduce((sum, seg) => sum + seg.to - seg.from, 0) || 1;
  const room = 1 - share * breaking.size;
  /** @type {number[]} */
  const starts = [];
  /** @type {Break[]} */
  const breaks = [];
  /** @type {Stretch[]} */
  const stretches = [];
  let x = 0;
  for (const seg of segments) {
    starts.push(x);
    const w = breaking.has(seg) ? share : ((seg.to - seg.from) / linear) * room;
    const before = stretches.at(-1);
    if (breaking.has(seg)) breaks.push({ x, w, ms: seg.to - seg.from, from: seg.from, to: seg.to });
    else if (before?.to === seg.from) {
      before.to = seg.to;
      before.end = x + w;
    } else stretches.push({ from: seg.from, to: seg.to, x, end: x + w });
    x += w;
  }
  const before = (/** @type {number} */ value, /** @type {(index: number) => number} */ of) => {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if (of(mid) <= value) low = mid;
      else high = mid - 1;
    }
    return low;
  };
  const within = (/** @type {number} */ part) => Math.max(0, Math.min(1, part));
  const at = (/** @type {number} */ ms) => {
    const i = before(ms, (mid) => segments[mid].from);
    const next = i + 1 < starts.length ? starts[i + 1] : 1;
    return starts[i] + (next - starts[i]) * within((ms - segments[i].from) / (segments[i].to - segments[i].from));
  };
  const back = (/** @type {number} */ place) => {
    const i = before(place, (mid) => starts[mid]);
    const next = i + 1 < starts.length ? starts[i + 1] : 1;
    return segments[i].from + (segments[i].to - segments[i].from) * within((place - starts[i]) / (next - starts[i] || 1));
  };
  return { x: at, ms: back, breaks, stretches, first: times[0], last, perMs: room / linear, ordinal: false };
}

/**
 * The waits to cut: the longest ones, until the work takes enough of what is left; waits as long as those, too.
 * @param {Segment[]} segments @param {number} work @param {number} total both in ms
 */
function jumps(segments, work, total) {
  const length = (/** @type {Segment} */ seg) => seg.to - seg.from;
  const waits = segments.filter((seg) => !seg.work && length(seg) > 0).sort((a, b) => length(b) - length(a));
  let left = total;
  let least = Infinity;
  for (const seg of waits) {
    if (work >= left * ENOUGH && length(seg) < least * 0.99) break;
    left -= length(seg);
    least = Math.min(least, length(seg));
  }
  return new Set(waits.filter((seg) => length(seg) >= least));
}

/** The strip of a run in which no time passed: the order of entry stands in for it. @param {number} length how many visits @returns {Scale} */
export function ordinalScale(length) {
  const most = Math.max(1, length);
  return { x: (n) => n / most, ms: (x) => x * most, breaks: [], stretches: [], first: 0, last: most, perMs: 1 / most, ordinal: true };
}

/**
 * @typedef {{at: number, ms: number, text: string, last?: boolean, first?: boolean}} Tick
 * @typedef {{x: number, ms: number, first?: boolean, last?: boolean, soft?: boolean, round?: boolean, since?: number}} Mark a
 *   label to be: `soft` where others may be in its way, `round` said as people say it, `since` which moment counted
 */

/**
 * Labels for the part of a strip that is looked at: `at` in 0..1 of that part. The ends of the run come first, because
 * nothing may come near them.
 * @param {Scale} plan @param {Range} part @param {number} width in px
 * @returns {Tick[]}
 */
export function ticks(plan, part, width) {
  const span = part.to - part.from;
  const shown = (/** @type {number} */ x) => (x - part.from) / span;
  if (plan.ordinal) return part.from === 0 ? [{ at: 0, ms: 0, text: "0 s", first: true }] : [];
  const step = nice((span / plan.perMs / Math.max(width, 1)) * 110);
  /** @type {(Tick & {px: number})[]} */
  const found = [];
  // A moment with no labels of a finer scale beside it is said as people say it, unless another is said so.
  const fine = part === ALL && step < 50; // after a jump: so much later than the jump's end, which is said as people say it
  const alone = (/** @type {number} */ ms) =>
    part === ALL && (fine || !plan.stretches.some((one) => (one.from === ms || one.to === ms) && (one.end - one.x) * width > 110));
  const words = (/** @type {Mark} */ { ms, round, since }) => {
    if (since) return `+${moment(ms - since, step)}`;
    const plain = round && alone(ms) ? moment(ms) : "";
    return plain && !found.some((other) => other.text === plain) ? plain : moment(ms, step);
  };
  const add = (/** @type {Mark} */ tick) => {
    const at = shown(tick.x);
    if (at < -0.0001 || at > 1.0001) return;
    const px = at * width;
    if (tick.soft && (found.some((other) => Math.abs(other.px - px) <= (other.last ? 124 : 64)) || px > width - 24)) return;
    found.push({ ...tick, at, px, text: words(tick) });
  };
  add({ x: 0, ms: plan.first, first: true });
  const end = plan.stretches.at(-1);
  const after = fine && end?.to === plan.last && end.from >= 1000 && (end.end - end.x) * width > 110 ? end.from : 0;
  add({ x: 1, ms: plan.last, last: true, round: true, since: after });
  for (const gap of plan.breaks) add({ x: gap.x + gap.w, ms: gap.to, soft: true, round: true });
  for (const stretch of plan.stretches) {
    const [from, to] = [Math.max(stretch.from, plan.ms(part.from)), Math.min(stretch.to, plan.ms(part.to))];
    const since = fine && from >= 1000 ? from : 0;
    for (let n = since ? 1 : Math.ceil(from / step); since + n * step < to; n++) add({ x: plan.x(since + n * step), ms: since + n * step, soft: true, since });
  }
  return found;
}

/** The next of 1, 2, 5, 10, ... @param {number} least */
function nice(least) {
  const unit = 10 ** Math.floor(Math.log10(least));
  return unit * ([1, 2, 5].find((n) => n * unit >= least * 0.999) || 10);
}

/** A moment on the axis, with as many digits as the step between labels needs. @param {number} ms @param {number=} step in ms */
export function moment(ms, step) {
  if (ms === 0 || !step || step >= 1000) return duration(ms / 1000);
  if (step < 100 && ms < 1000) return `${ms.toFixed(Math.min(6, Math.max(0, Math.ceil(-Math.log10(step)))))} ms`;
  return `${count(Math.floor(ms / 1000))}${((ms / 1000) % 1)
    .toFixed(Math.min(9, Math.max(1, Math.ceil(3 - Math.log10(step)))))
    .slice(1)
    .replace(/\.?0+$/, "")} s`;
}

/** A part of the strip that lies on it, not smaller than can be told apart. @param {Range} part @returns {Range} */
export function clamp({ from, to }) {
  const span = Math.max(CLOSEST, Math.min(1, to - from));
  const start = Math.max(0, Math.min(1 - span, from));
  return span > 0.9999 ? ALL : { from: start, to: start + span };
}

/** The part seen `factor` times as close, with the place at `at` (0..1 of what is seen) staying where it is. @param {Range} part @param {number} factor */
export function zoomed(part, factor, at = 0.5) {
  const span = part.to - part.from;
  const anchor = part.from + span * at;
  return clamp({ from: anchor - (span / factor) * at, to: anchor + (span / factor) * (1 - at) });
}

/** The part moved by so many times its own width. @param {Range} part @param {number} by @returns {Range} */
export function panned(part, by) {
  const span = part.to - part.from;
  const from = Math.max(0, Math.min(1 - span, part.from + span * by));
  return { from, to: from + span };
}
