// timeline: when each state ran, on the machine's clock. Work is strong, waiting is pale, and a jump of the clock
// (nothing but waiting, for long) is a break of fixed width instead of an empty stretch.

import { h, fill } from "./dom.js";
import { count, duration, elide, plural, tone } from "./format.js";

const BREAK = 54; // px of a jump
const LANES = 4; // bars of one state that overlap stand below each other, up to this many

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

/**
 * Where times stand on a strip: linear, with jumps cut short.
 * @param {Bar[]} list
 * @returns {{x: (ms: number) => number, breaks: {x: number, ms: number}[], ticks: {x: number, ms: number}[], ordinal: boolean}} x in 0..1
 */
export function scale(list, width) {
  const times = [...new Set(list.flatMap((bar) => [bar.from, bar.to]))].sort((a, b) => a - b);
  if (times.length < 2) return { x: () => 0, breaks: [], ticks: [{ x: 0, ms: times[0] || 0 }], ordinal: true };
  // A segment between two moments is work when a strong bar covers it.
  const delta = new Array(times.length + 1).fill(0);
  const place = new Map(times.map((time, i) => [time, i]));
  for (const bar of list) if (!bar.pale && !bar.around && bar.tone !== "gone") { delta[place.get(bar.from)]++; delta[place.get(bar.to)]--; }
  let busy = 0;
  const segments = times.slice(1).map((to, i) => {
    busy += delta[i];
    return { from: times[i], to, work: busy > 0 };
  });
  const work = segments.filter((seg) => seg.work).reduce((sum, seg) => sum + seg.to - seg.from, 0);
  const total = times.at(-1) - times[0];
  const jumps = segments.filter((seg) => !seg.work && seg.to - seg.from > Math.max(work, total * 0.02) * 0.6);
  const breaking = work > 0 ? new Set(jumps) : new Set();
  const share = Math.min(BREAK / Math.max(width, 1), 0.45 / Math.max(breaking.size, 1));
  const linear = segments.filter((seg) => !breaking.has(seg)).reduce((sum, seg) => sum + seg.to - seg.from, 0) || 1;
  const room = 1 - share * breaking.size;
  const starts = [];
  const breaks = [];
  const stretches = []; // runs of segments drawn to scale
  let x = 0;
  for (const seg of segments) {
    starts.push(x);
    const w = breaking.has(seg) ? share : ((seg.to - seg.from) / linear) * room;
    if (breaking.has(seg)) breaks.push({ x, w, ms: seg.to - seg.from });
    else if (stretches.length && stretches.at(-1).to === seg.from) { stretches.at(-1).to = seg.to; stretches.at(-1).end = x + w; }
    else stretches.push({ from: seg.from, to: seg.to, x, end: x + w });
    x += w;
  }
  const at = (ms) => {
    let low = 0;
    let high = segments.length - 1;
    while (low < high) { const mid = (low + high + 1) >> 1; if (segments[mid].from <= ms) low = mid; else high = mid - 1; }
    const seg = segments[low];
    const next = low + 1 < starts.length ? starts[low + 1] : 1;
    return starts[low] + (next - starts[low]) * Math.max(0, Math.min(1, (ms - seg.from) / (seg.to - seg.from)));
  };
  const step = nice((linear / room / Math.max(width, 1)) * 110);
  const ticks = [{ x: 0, ms: times[0] }, { x: 1, ms: times.at(-1), last: true }];
  for (const seg of breaking) ticks.push({ x: at(seg.to), ms: seg.to, soft: true });
  for (const stretch of stretches) {
    for (let ms = Math.ceil(stretch.from / step) * step; ms < stretch.to; ms += step) ticks.push({ x: at(ms), ms, soft: true });
  }
  return { x: at, breaks, ticks, step, ordinal: false };
}

/** The next of 1, 2, 5, 10, ... */
function nice(least) {
  const unit = 10 ** Math.floor(Math.log10(least));
  return unit * ([1, 2, 5].find((n) => n * unit >= least) || 10);
}

/** A moment on the axis, with as many digits as the step between ticks needs. */
function tickText(ms, step) {
  if (!step || step >= 1000 || ms === 0 || (ms < 100 && step < 100)) return duration(ms / 1000);
  return `${count(Math.floor(ms / 1000))}${((ms / 1000) % 1).toFixed(Math.min(6, Math.max(1, Math.ceil(3 - Math.log10(step))))).slice(1).replace(/\.?0+$/, "")} s`;
}

export class Timeline {
  /** @param {{onSelect: (address: string, visit: number) => void}} options */
  constructor({ onSelect }) {
    this.onSelect = onSelect;
    this.strip = h("div.tlrows", { role: "list", "aria-label": "Timeline of state visits" });
    this.axis = h("div.tlaxis", { "aria-hidden": "true" });
    this.element = h("div.timeline", {}, this.strip, this.axis);
    this.strip.addEventListener("click", (event) => {
      const target = event.target.closest("[data-address]:not(.tlrow)");
      if (target) this.onSelect(target.dataset.address, target.dataset.visit ? Number(target.dataset.visit) : null);
    });
    this.strip.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step) return;
      const rows = [...this.strip.querySelectorAll(".tlname")];
      const to = rows[rows.indexOf(event.target.closest(".tlrow")?.querySelector(".tlname")) + step];
      if (to) { event.preventDefault(); to.focus(); }
    });
    this.width = 0;
    this.observer = new ResizeObserver(([entry]) => {
      if (Math.abs(entry.contentRect.width - this.width) > 8) { this.width = entry.contentRect.width; if (this.last) this.#paint(); }
    });
    this.observer.observe(this.element);
  }

  update({ visits, live, selected, names }) {
    const same = this.last && this.last.visits === visits && this.last.live.seconds === live.seconds && this.last.live.status === live.status;
    this.last = { visits, live, selected, names };
    if (same) this.#mark(); else this.#paint();
  }

  #mark() {
    for (const row of this.strip.children) row.classList.toggle("on", row.dataset.address === this.last.selected);
  }

  #paint() {
    const { visits, live, names } = this.last;
    const now = (live.seconds || 0) * 1000;
    const drawn = visits.map((visit) => ({ visit, bars: bars(visit, now) }));
    const width = Math.max(200, (this.width || 800) - 190);
    const plan = scale(drawn.flatMap((d) => d.bars), width);
    if (plan.ordinal) ordinal(drawn);
    const x = plan.ordinal ? (ms) => ms / Math.max(1, drawn.length) : plan.x;
    const rows = new Map();
    for (const entry of drawn) {
      if (!rows.has(entry.visit.address)) rows.set(entry.visit.address, []);
      rows.get(entry.visit.address).push(entry);
    }
    const percent = (value) => `${(value * 100).toFixed(3)}%`;
    const gaps = () => plan.breaks.map((gap) => h("i.tlgap", { style: `left:${percent(gap.x)};width:${percent(gap.w)}`, title: `the clock jumped ${duration(gap.ms / 1000)}` }));
    fill(this.strip, [...rows].map(([address, entries]) => {
      const lanes = pack(entries);
      const height = 13 + 8 * (lanes - 1);
      return h("div.tlrow", { role: "listitem", data: { address } },
        h("button.tlname", {
          type: "button", title: names(address), data: { key: `tl:${address}`, address }, style: `padding-inline-start:${4 + 10 * Math.min(4, depth(entries[0].visit))}px`,
        }, elide(names(address), 22 - 2 * depth(entries[0].visit)), entries.length > 1 && h("span.muted", {}, ` ×${entries.length}`)),
        h("div.tlbar", { style: `height:${height + 6}px` }, gaps(), entries.flatMap(({ visit, bars: list, lane }) => list.map((bar) => {
          const left = x(bar.from);
          const w = x(bar.to) - left;
          return h(`i.tlwork.c-${bar.tone}${bar.pale ? ".pale" : ""}${bar.around ? ".around" : ""}`, {
            style: `left:${percent(Math.min(left, 0.997))};width:max(4px, calc(${percent(w)} - 1px));top:${3 + lane * 8}px;height:${lanes > 1 ? 7 : 13}px`,
            title: hint(visit, bar), data: { visit: String(visit.id), address: visit.address },
          });
        }))));
    }));
    const place = [];
    const ticks = plan.ordinal ? [{ x: 0, ms: 0 }] : plan.ticks;
    for (const tick of ticks) { // the ends first: nothing comes near them
      const px = tick.x * width;
      if (!tick.soft || place.every((other) => Math.abs(other.px - px) > (other.last ? 110 : 64))) place.push({ ...tick, px });
    }
    fill(this.axis, gaps(), place.map((tick) => h(`span${tick.last ? ".last" : tick.x === 0 ? ".first" : ""}`, { style: `left:${percent(tick.x)}` },
      tickText(tick.ms, plan.step), tick.last && { FAILED: " failed", ABORTED: " aborted", TIMED_OUT: " timed out" }[live.status])),
    plan.ordinal && drawn.length > 0 && h("span.note", {}, "no time passed: drawn in order"));
    this.#mark();
  }

  dispose() { this.observer.disconnect(); }
}

/** Where no time passed, the order of entry stands in for it. */
function ordinal(drawn) {
  drawn.forEach((entry, i) => { entry.bars = [{ ...entry.bars[0], from: i, to: i + 1, pale: false }]; });
}

/** Give overlapping visits of one state lanes. @returns {number} how many are used */
function pack(entries) {
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

const depth = (visit) => (visit.frame ? visit.frame.split("/").length : 0);

function hint(visit, bar) {
  const what = bar.pale && visit.type !== "Wait" ? "waiting to retry" : visit.status;
  const where = visit.where ? ` · ${visit.where}` : "";
  const tries = visit.attempts?.length > 1 ? ` · ${plural(visit.attempts.length, "attempt")}` : "";
  return `${visit.name}${where} · ${what} · ${duration((bar.to - bar.from) / 1000)}${tries}`;
}
