// timeline: when each state ran, on the machine's clock. Work is strong, waiting is pale, a jump of the clock is a break.
// One part of the strip is looked at: the wheel with Ctrl, the keys and a dragged range zoom, Shift and the bar below pan.

import { closest, fill, h } from "../dom.js";
import { duration, elide, plural, stamp } from "../format.js";
import { bars, hint, pack, strokes } from "./timebars.js";
import { ALL, clamp, ordinalScale, panned, scale, ticks, zoomed } from "./timescale.js";

/** @type {Record<string, string|undefined>} */
const ENDED = { FAILED: " failed", ABORTED: " aborted", TIMED_OUT: " timed out" };
const CALM = 400; // ms between two drawings of a long run that goes on
const LONG = 600; // visits
/**
 * @typedef {import("./timebars.js").Entry} Entry
 * @typedef {import("./timescale.js").Range} Range
 * @typedef {{entries: Entry[], lanes: number}} Row of one state
 * @typedef {{visits: VisitMessage[], live: LiveMessage, selected: string|null, names: (address: string) => string,
 *   visit?: number|null, critical?: Set<number>|null}} Shown `selected`, `visit`: the chosen state and its visit
 */

const KEYS = "+ and − zoom, 0 shows all, v zooms to the chosen visit, Shift and arrows move, ← and → go from visit to visit";

export class Timeline {
  /** @param {{onSelect: (address: string, visit: number|null) => void}} options */
  constructor({ onSelect }) {
    this.onSelect = onSelect;
    this.part = ALL;
    /** The part in ms, so that it stays where it is while the run goes on. @type {Range|null} */
    this.held = null;
    /** Whether every wait is drawn to scale. */
    this.whole = false;
    /** @type {import("./timescale.js").Scale|null} */
    this.plan = null;
    /** @type {Shown|null} */
    this.last = null;
    /** @type {Entry[]} */
    this.entries = [];
    /** By the state's address. @type {Map<string, Row>} */
    this.rows = new Map();
    /** @type {number|null} */
    this.later = null;
    this.drawn = 0;
    this.swept = false;
    this.strip = h("div.tlrows", { role: "list", "aria-label": `Timeline of state visits. ${KEYS}` });
    this.axis = h("div.tlaxis", { "aria-hidden": "true" });
    this.range = h("div.tlrange", { hidden: true });
    this.thumb = h("i.tlthumb");
    this.scroll = h("div.tlscroll", { style: "visibility:hidden", title: "Drag to move", "aria-hidden": "true" }, this.thumb);
    this.moment = h("span");
    this.cursor = h("div.tlcursor", { hidden: true, "aria-hidden": "true" }, this.moment);
    this.element = h("div.timeline", {}, this.strip, this.axis, this.scroll, this.range, this.cursor);
    const button = (/** @type {string} */ key, /** @type {string} */ text, /** @type {string} */ name, /** @type {() => void} */ act) =>
      h("button.btn.tlbtn", { type: "button", title: name, "aria-label": name, data: { key: `tl-${key}` }, onclick: act }, text);
    this.tools = h(
      "span.tltools",
      { role: "group", "aria-label": "Zoom of the timeline", title: KEYS },
      (this.linear = h(
        "button.btn.tlbtn",
        {
          type: "button",
          hidden: true,
          "aria-pressed": "false",
          title: "Show long waits as long as they were",
          data: { key: "tl-linear" },
          onclick: () => this.#toScale(),
        },
        "Linear",
      )),
      (this.toVisit = button("visit", "To visit", "Zoom to the chosen visit (v)", () => this.zoomToVisit())),
      button("out", "−", "Zoom out (−)", () => this.look(zoomed(this.part, 1 / 2))),
      (this.fit = button("fit", "Fit", "Show the whole run (0)", () => this.look(ALL))),
      button("in", "+", "Zoom in (+); or drag over a range, or Ctrl and the wheel", () => this.look(zoomed(this.part, 2))),
    );
    this.strip.addEventListener("click", (event) => this.#click(event));
    this.strip.addEventListener("dblclick", (event) => {
      if (closest(event, ".tlwork")) this.zoomToVisit();
    });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.element.addEventListener("pointermove", (event) => this.#point(event));
    this.element.addEventListener("pointerleave", () => {
      this.cursor.hidden = true;
    });
    this.element.addEventListener("pointerdown", (event) => this.#drag(event));
    this.width = 0;
    this.observer = new ResizeObserver(([entry]) => {
      if (Math.abs(entry.contentRect.width - this.width) > 8) {
        this.width = entry.contentRect.width;
        this.plan = null;
        if (this.last) this.#paint();
      }
    });
    this.observer.observe(this.element);
  }

  /** @param {Shown} shown */
  update({ visits, live, selected, names, visit = null, critical = null }) {
    const before = this.last;
    const same =
      before !== null && before.visits === visits && before.live.seconds === live.seconds && before.live.status === live.status && before.critical === critical;
    if (before && before.live.run !== live.run) {
      this.part = ALL;
      this.held = null;
    }
    this.last = { visits, live, selected, names, visit, critical };
    if (!same) this.plan = null;
    if (same) {
      this.#mark();
      // A chosen visit that is drawn as one with its neighbours gets a bar of its own.
      if (before?.visit !== visit && visit !== null && !this.strip.querySelector(".tlwork.sel") && this.entries.some((entry) => entry.visit.id === visit))
        this.#paint();
      return;
    }
    if (this.later) return;
    const wait = visits.length > LONG && !live.done ? CALM - (performance.now() - this.drawn) : 0;
    if (wait > 0)
      this.later = setTimeout(() => {
        this.later = null;
        this.#paint();
      }, wait);
    else this.#paint();
  }

  // -- what is looked at ----------------------------------------------------------------------------------------------

  /** Look at a part of the strip. @param {Range} part */
  look(part) {
    this.part = clamp(part);
    this.held = this.part === ALL || !this.plan ? null : { from: this.plan.ms(this.part.from), to: this.plan.ms(this.part.to) };
    this.#paint();
  }

  /** Look at the chosen visit, with some room around it. */
  zoomToVisit() {
    const { last, plan } = this;
    const entry = this.entries.find((one) => one.visit.id === last?.visit) || this.entries.findLast((one) => one.visit.address === last?.selected);
    if (!entry || !plan) return;
    const [from, to] = [plan.x(entry.bars[0].from), plan.x(entry.bars[entry.bars.length - 1].to)];
    const room = Math.max((to - from) * 0.6, 2e-5);
    this.look({ from: from - room, to: to + room });
    this.strip.querySelector(".tlrow.on")?.scrollIntoView({ block: "nearest" });
  }

  // -- what the user does ---------------------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  #click(event) {
    if (this.swept) {
      this.swept = false;
      return;
    }
    const { address, visit } = closest(event, "[data-address]:not(.tlrow)")?.dataset ?? {};
    if (address !== undefined) this.onSelect(address, visit ? Number(visit) : null);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = closest(event, ".tlrow");
    const side = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    const line = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (event.key === "+" || event.key === "=") this.look(zoomed(this.part, 2));
    else if (event.key === "-" || event.key === "_") this.look(zoomed(this.part, 1 / 2));
    else if (event.key === "0") this.look(ALL);
    else if (event.key === "v") this.zoomToVisit();
    else if (side && event.shiftKey) this.look(panned(this.part, side * 0.25));
    else if (side && row) this.#step(row.dataset.address ?? "", side);
    else if (line && row) {
      const names = [.../** @type {NodeListOf<HTMLElement>} */ (this.strip.querySelectorAll(".tlname"))];
      const to = names[names.findIndex((name) => row.contains(name)) + line];
      if (!to) return;
      to.focus();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Choose the next or the earlier visit of a state, and bring it into sight. @param {string} address @param {number} by */
  #step(address, by) {
    const { plan } = this;
    const own = this.entries.filter((entry) => entry.visit.address === address);
    const now = own.findIndex((entry) => entry.visit.id === this.last?.visit);
    const to = own[now < 0 ? (by > 0 ? 0 : own.length - 1) : now + by];
    if (!to || !plan) return;
    const x = plan.x(to.bars[0].from);
    if (x < this.part.from || x > this.part.to) {
      const half = (this.part.to - this.part.from) / 2;
      this.look({ from: x - half, to: x + half });
    }
    this.onSelect(address, to.visit.id);
  }

  /** Draw every wait to scale, or cut the long ones short again. */
  #toScale() {
    this.whole = !this.whole;
    this.linear.setAttribute("aria-pressed", String(this.whole));
    this.plan = null;
    this.held = null;
    this.part = ALL;
    this.#paint();
  }

  /** Say which moment is under the pointer. @param {PointerEvent} event */
  #point(event) {
    const { plan } = this;
    const area = this.#area();
    const across = this.#across(event);
    const hidden = !plan || plan.ordinal || across < 0 || across > 1 || event.buttons > 0;
    this.cursor.hidden = hidden;
    if (hidden) return;
    const { from, to } = this.part;
    this.cursor.style.left = `${area.left + across * area.width - this.element.getBoundingClientRect().left}px`;
    this.cursor.classList.toggle("end", across > 0.8);
    this.moment.textContent = stamp(plan.ms(from + across * (to - from)));
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const inside = this.#across(event);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const turn = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      this.look(zoomed(this.part, Math.exp(-Math.max(-120, Math.min(120, turn)) * 0.008), Math.max(0, Math.min(1, inside))));
      return;
    }
    const aside = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    if (!aside || this.part === ALL) return;
    event.preventDefault();
    this.look(panned(this.part, aside / Math.max(200, this.#area().width)));
  }

  /** Drag over the strip: the range is looked at. With Shift, or on the bar below: move. @param {PointerEvent} event */
  #drag(event) {
    const onScroll = closest(event, ".tlscroll");
    if (event.button !== 0 || event.pointerType === "touch" || !(onScroll || closest(event, ".tlbar, .tlaxis"))) return;
    const area = this.#area();
    const began = { x: event.clientX, part: this.part };
    const span = began.part.to - began.part.from;
    this.swept = false;
    const moving = onScroll || event.shiftKey;
    if (onScroll && !closest(event, ".tlthumb")) this.look({ from: this.#across(event) - span / 2, to: this.#across(event) + span / 2 });
    const start = this.part;
    const move = (/** @type {PointerEvent} */ at) => {
      const dx = at.clientX - began.x;
      if (!this.swept && Math.abs(dx) < 5) return;
      this.swept = true;
      if (moving) this.look(panned(start, onScroll ? dx / area.width / span : -dx / area.width));
      else {
        const [left, right] = [Math.min(began.x, at.clientX), Math.max(began.x, at.clientX)].map((x) => Math.max(area.left, Math.min(area.right, x)));
        const box = this.element.getBoundingClientRect();
        this.range.hidden = false;
        this.range.style.cssText = `left:${left - box.left}px;width:${right - left}px`;
      }
    };
    const up = (/** @type {PointerEvent} */ at) => {
      removeEventListener("pointermove", move);
      removeEventListener("pointerup", up);
      removeEventListener("pointercancel", up);
      this.range.hidden = true;
      if (!this.swept) return;
      setTimeout(() => {
        this.swept = false;
      }); // after the click that follows
      if (moving || at.type === "pointercancel") return;
      const [a, b] = [began.x, at.clientX].map((x) => began.part.from + span * Math.max(0, Math.min(1, (x - area.left) / area.width)));
      this.look({ from: Math.min(a, b), to: Math.max(a, b) });
    };
    addEventListener("pointermove", move);
    addEventListener("pointerup", up);
    addEventListener("pointercancel", up);
    event.preventDefault();
  }

  #area() {
    return (this.strip.querySelector(".tlbar") || this.axis).getBoundingClientRect();
  }

  /** Where the pointer is, in 0..1 of what is seen. @param {MouseEvent} event */
  #across(event) {
    const area = this.#area();
    return (event.clientX - area.left) / Math.max(1, area.width);
  }

  // -- drawing --------------------------------------------------------------------------------------------------------

  #mark() {
    const { selected = null, visit } = this.last ?? {};
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.strip.querySelectorAll(".tlrow")))
      row.classList.toggle("on", row.dataset.address === selected);
    for (const bar of /** @type {NodeListOf<HTMLElement>} */ (this.strip.querySelectorAll(".tlwork")))
      bar.classList.toggle("sel", Number(bar.dataset.visit) === visit);
    this.toVisit.disabled = selected === null;
  }

  /** Work out bars, lanes and the strip; only when the run has changed. @param {Shown} shown @param {number} width */
  #arrange({ visits, live }, width) {
    const now = (live.seconds || 0) * 1000;
    this.entries = visits.map((visit) => ({ visit, bars: bars(visit, now), lane: 0 }));
    const all = this.entries.flatMap((entry) => entry.bars);
    let plan = scale(all, width, !this.whole);
    this.linear.hidden = !this.whole && !plan.breaks.length;
    if (plan.ordinal) {
      plan = ordinalScale(this.entries.length);
      this.entries.forEach((entry, i) => {
        entry.bars = [{ ...entry.bars[0], from: i, to: i + 1, pale: false }];
      });
    }
    /** @type {Map<string, Row>} */
    const rows = new Map();
    for (const entry of this.entries) {
      const row = rows.get(entry.visit.address);
      if (row) row.entries.push(entry);
      else rows.set(entry.visit.address, { entries: [entry], lanes: 1 });
    }
    this.rows = nested(rows);
    for (const row of this.rows.values()) row.lanes = pack(row.entries);
    if (this.held) this.part = clamp({ from: plan.x(this.held.from), to: plan.x(this.held.to) });
    return plan;
  }

  #paint() {
    if (!this.last) return;
    const { live, names, visit: chosen, critical } = this.last;
    this.drawn = performance.now();
    const width = Math.max(200, (this.width || 800) - 274);
    const plan = (this.plan ??= this.#arrange(this.last, width));
    const { part } = this;
    const span = part.to - part.from;
    const px = (/** @type {number} */ ms) => ((plan.x(ms) - part.from) / span) * width;
    const percent = (/** @type {number} */ pixels) => `${((pixels / width) * 100).toFixed(3)}%`;
    const seen = plan.breaks
      .map((gap) => ({ ...gap, left: ((gap.x - part.from) / span) * width, wide: (gap.w / span) * width }))
      .filter((gap) => gap.left < width && gap.left + gap.wide > 0);
    const gaps = () =>
      seen.map((gap) => h("i.tlgap", { style: `left:${percent(gap.left)};width:${percent(gap.wide)}`, title: `the clock jumped ${duration(gap.ms / 1000)}` }));
    const { scrollTop } = this.strip;
    fill(
      this.strip,
      [...this.rows].map(([address, { entries, lanes }]) => {
        const height = 13 + 8 * (lanes - 1);
        return h(
          "div.tlrow",
          { role: "listitem", data: { address } },
          h(
            "button.tlname",
            {
              type: "button",
              title: names(address),
              "aria-label": `${names(address)}, ${entries.length === 1 ? "1 visit" : `${entries.length} visits`}`,
              data: { key: `tl:${address}`, address },
              style: `padding-inline-start:${4 + 10 * Math.min(4, depth(entries[0].visit))}px`,
            },
            elide(names(address), 22 - 2 * depth(entries[0].visit) - (entries.length > 1 ? String(entries.length).length + 1 : 0)),
            entries.length > 1 && h("span.muted", {}, ` ×${entries.length}`),
          ),
          h(
            "div.tlbar",
            { style: `height:${height + 6}px` },
            gaps(),
            strokes(entries, px, width, chosen).map((stroke) => {
              const left = Math.max(-4, stroke.left);
              const many = stroke.visits.length > 1;
              return h(
                `i.tlwork.c-${stroke.color}${stroke.pale ? ".pale" : ""}${stroke.around ? ".around" : ""}${many ? ".many" : ""}${critical && stroke.visits.some((one) => critical.has(one.id)) ? ".critical" : ""}`,
                {
                  style: `left:${percent(Math.min(left, width - 3))};width:max(4px, calc(${percent(Math.min(width + 4, stroke.right) - left)} - 1px));top:${3 + stroke.lane * 8}px;height:${lanes > 1 ? 7 : 13}px`,
                  title: hint(stroke),
                  data: { visit: String(stroke.visit.id), address: stroke.visit.address },
                },
              );
            }),
          ),
          this.#took(entries),
        );
      }),
    );
    this.strip.scrollTop = scrollTop;
    fill(
      this.axis,
      gaps(),
      ticks(plan, part, width).map((tick) =>
        h(
          `span${tick.last ? ".last" : tick.first ? ".first" : ""}`,
          { style: `left:${(tick.at * 100).toFixed(3)}%` },
          tick.text,
          tick.last && ENDED[live.status ?? ""],
        ),
      ),
      plan.ordinal && this.entries.length > 0 && part.from === 0 && h("span.note", {}, "no time passed: drawn in order"),
    );
    const close = part !== ALL;
    this.scroll.style.visibility = close ? "" : "hidden"; // keeps its place, so that nothing jumps
    if (close) this.thumb.style.cssText = `left:${(part.from * 100).toFixed(3)}%;width:max(10px, ${(span * 100).toFixed(3)}%)`;
    this.fit.disabled = !close;
    this.#mark();
  }

  /** How long a state took: its visit, or all of them together. @param {Entry[]} entries */
  #took(entries) {
    const took = entries.map(({ visit }) => (visit.end_ms ?? Math.max(visit.start_ms, (this.last?.live.seconds || 0) * 1000)) - visit.start_ms);
    const all = took.reduce((sum, ms) => sum + ms, 0);
    const title =
      entries.length > 1
        ? `${plural(entries.length, "visit")}, ${duration(all / 1000)} in all; the longest ${duration(Math.max(...took) / 1000)}`
        : `entered at ${stamp(entries[0].visit.start_ms)}`;
    return h("span.tltook", { title }, entries.length > 1 ? `Σ ${duration(all / 1000)}` : duration(all / 1000));
  }

  dispose() {
    this.observer.disconnect();
    clearTimeout(this.later ?? undefined);
  }
}

/** Rows with those of a container's states below it, in the order in which they were entered first. @param {Map<string, Row>} rows */
function nested(rows) {
  /** @type {Map<string, string[]>} */
  const below = new Map();
  for (const address of rows.keys()) {
    let at = address;
    do at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
    while (at && !rows.has(at));
    const inner = below.get(at);
    if (inner) inner.push(address);
    else below.set(at, [address]);
  }
  /** @type {Map<string, Row>} */
  const found = new Map();
  const walk = (/** @type {string} */ at) => {
    for (const address of below.get(at) || []) {
      const row = rows.get(address);
      if (row) found.set(address, row);
      walk(address);
    }
  };
  walk("");
  return found;
}

/** How many containers a visit was in. @param {VisitMessage} visit */
const depth = (visit) => (visit.frame ? visit.frame.split("/").length : 0);
