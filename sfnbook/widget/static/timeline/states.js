// states: the visits as a table, the timeline's other face. Sorted by a column, filtered by chips and by text; only the
// rows in view exist.

import { closest, fill, h } from "../dom.js";
import { bytes, count, duration, elide, plural, stamp, statusColor } from "../format.js";

const ROW = 22;
const CONTAINERS = new Set(["Map", "Parallel"]);
const SLOW = 0.1; // of the run's time
/** @typedef {{visit: VisitMessage, took: number, container: boolean}} Row a visit, how long it took in ms, whether the states in it did its work */
/** @typedef {{visits: VisitMessage[], live: LiveMessage, visit: number|null, critical: Set<number>|null}} Shown `visit`: the chosen one */

/** @type {Record<string, string>} */
const MARKS = { run: "●", ok: "✓", bad: "✕", caught: "↷", gone: "⊘", held: "‖", none: "" };

/** The larger of what went in and what came out; null where neither is known. @param {VisitMessage} visit */
const size = (visit) => (visit.input || visit.output ? Math.max(visit.input?.bytes ?? 0, visit.output?.bytes ?? 0) : null);

/** Each with its heading and what its rows are sorted by. @type {[key: string, text: string, value: (row: Row) => string|number][]} */
const COLUMNS = [
  ["name", "name", ({ visit }) => visit.name.toLowerCase()],
  ["type", "type", ({ visit }) => visit.type],
  ["status", "status", ({ visit }) => visit.status],
  ["attempts", "attempts", ({ visit }) => visit.attempts?.length || 0],
  ["started", "started", ({ visit }) => visit.start_ms],
  ["duration", "duration", ({ took }) => took],
  ["size", "size", ({ visit }) => size(visit) ?? -1],
];

/** What can be chosen: the rows that a chip shows; `whole`: the run's time in ms. @type {Record<string, (row: Row, whole: number) => boolean>} */
const KINDS = {
  running: ({ visit }) => visit.end_ms === null,
  failed: ({ visit }) => visit.status === "failed",
  caught: ({ visit }) => visit.status === "caught",
  aborted: ({ visit }) => visit.status === "aborted",
  retried: ({ visit }) => (visit.attempts?.length || 0) > 1,
  slow: (row, whole) => whole > 0 && row.took >= whole * SLOW && !row.container,
};
/** @type {Record<string, string>} */
const HINTS = { slow: "a tenth of the run's time or more", retried: "more than one attempt" };

/**
 * The rows that are shown, in their order: those of any of the kinds that have the text, sorted by a column; in the order
 * of entry without one, and where two are alike.
 * @param {Row[]} rows @param {number} whole the run's time in ms
 * @param {{kinds: Iterable<string>, text: string, by: string|null, down: boolean}} wanted `text`: in any case; `down`: the largest first
 */
export function arranged(rows, whole, { kinds, text, by, down }) {
  const [chosen, sought] = [[...kinds].map((kind) => KINDS[kind]), text.trim().toLowerCase()];
  const fits = (/** @type {Row} */ { visit: { name, type, status, where, error } }) =>
    `${name} ${type} ${status} ${where} ${error ?? ""}`.toLowerCase().includes(sought);
  const found = rows.filter((row) => (!chosen.length || chosen.some((is) => is(row, whole))) && (!sought || fits(row)));
  const value = COLUMNS.find(([key]) => key === by)?.[2];
  if (!value) return found;
  const compare = (/** @type {Row} */ a, /** @type {Row} */ b) => {
    const [x, y] = [value(a), value(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1) || a.visit.id - b.visit.id;
  };
  return found.sort(compare);
}

export class StateTable {
  /** @param {{onSelect: (address: string, visit: number) => void}} options */
  constructor({ onSelect }) {
    this.onSelect = onSelect;
    /** The kinds chosen. @type {Set<string>} */
    this.chosen = new Set();
    /** @type {{by: string|null, down: boolean}} */
    this.order = { by: null, down: false };
    /** @type {Row[]} */
    this.all = [];
    /** Those shown. @type {Row[]} */
    this.rows = [];
    this.longest = 1e-9;
    /** @type {Shown|null} */
    this.shown = null;
    this.painted = "";
    this.filter = h("input.field", {
      type: "search",
      placeholder: "Filter by name, type or error",
      "aria-label": "Filter states",
      data: { key: "st-filter" },
      oninput: () => this.#arrange(),
    });
    this.chips = h("span.stchips", { role: "group", "aria-label": "Show only" });
    this.countNote = h("span.muted", { role: "status" });
    this.head = h("div.st.sthead", { role: "row" });
    this.space = h("div.evspace", { role: "rowgroup" });
    this.body = h(
      "div.stbody",
      {
        role: "grid",
        tabindex: "0",
        "aria-label": "States",
        "aria-colcount": String(COLUMNS.length),
        onscroll: () => this.#paint(),
        onkeydown: (event) => this.#key(event),
        onclick: (event) => {
          const at = closest(event, ".evspace .st")?.dataset.at;
          if (at !== undefined) this.#choose(Number(at));
        },
      },
      this.head,
      this.space,
    );
    this.element = h("div.states", {}, h("div.bar", {}, this.filter, this.chips, this.countNote), this.body);
    this.observer = new ResizeObserver(() => this.#paint());
    this.observer.observe(this.body);
  }

  /** @param {Shown} shown */
  update({ visits, live, visit, critical }) {
    const before = this.shown;
    this.shown = { visits, live, visit, critical };
    if (before && before.visits === visits && before.live.seconds === live.seconds) {
      if (before.visit !== visit) this.#follow();
      return this.#paint(true);
    }
    const now = (live.seconds || 0) * 1000;
    this.all = visits.map((one) => ({ visit: one, took: (one.end_ms ?? Math.max(one.start_ms, now)) - one.start_ms, container: CONTAINERS.has(one.type) }));
    this.longest = Math.max(1e-9, ...this.all.filter((row) => !row.container).map((row) => row.took));
    this.#drawChips();
    this.#arrange();
    if (!before || before.visit !== visit) this.#follow();
  }

  /** How long the run took so far, in ms. */
  get #whole() {
    return (this.shown?.live.seconds || 0) * 1000;
  }

  #drawChips() {
    const whole = this.#whole;
    const counts = Object.entries(KINDS).map(([kind, is]) => /** @type {[string, number]} */ ([kind, this.all.filter((row) => is(row, whole)).length]));
    for (const [kind, many] of counts) if (!many) this.chosen.delete(kind);
    fill(
      this.chips,
      counts
        .filter(([, many]) => many)
        .map(([kind, many]) =>
          h(
            "button.chip",
            {
              type: "button",
              "aria-pressed": String(this.chosen.has(kind)),
              title: HINTS[kind],
              data: { key: `chip:${kind}` },
              onclick: () => {
                if (!this.chosen.delete(kind)) this.chosen.add(kind);
                this.#drawChips();
                this.#arrange();
              },
            },
            `${kind} ${count(many)}`,
          ),
        ),
    );
  }

  #arrange() {
    const { by, down } = this.order;
    this.rows = arranged(this.all, this.#whole, { kinds: this.chosen, text: this.filter.value, by, down });
    fill(this.countNote, this.rows.length === this.all.length ? "" : `${count(this.rows.length)} of ${plural(this.all.length, "visit")}`);
    fill(
      this.head,
      COLUMNS.map(([key, text], i) =>
        h(
          i > 2 ? "span.num" : "span",
          { role: "columnheader", "aria-sort": by !== key ? "none" : down ? "descending" : "ascending" },
          h(
            "button",
            { type: "button", tabindex: "0", title: `Sort by ${text}`, data: { key: `sort:${key}` }, onclick: () => this.#sort(key) },
            text,
            by === key && (down ? " ↓" : " ↑"),
          ),
        ),
      ),
    );
    this.body.setAttribute("aria-rowcount", String(this.rows.length + 1));
    this.space.style.height = `${this.rows.length * ROW}px`;
    this.#paint(true);
  }

  /** Numbers begin with the largest, words with the first; a third click brings back the order of entry. @param {string} key */
  #sort(key) {
    const first = ["attempts", "duration", "size"].includes(key);
    const { by, down } = this.order;
    this.order = by !== key ? { by: key, down: first } : down === first ? { by: key, down: !first } : { by: null, down: false };
    this.body.scrollTop = 0;
    this.#arrange();
  }

  #paint(force = false) {
    const from = Math.max(0, Math.floor(this.body.scrollTop / ROW) - 6);
    const to = Math.min(this.rows.length, from + Math.ceil((this.body.clientHeight || 240) / ROW) + 12);
    const key = `${from}-${to}`;
    if (!this.shown || (!force && this.painted === key)) return;
    this.painted = key;
    this.space.replaceChildren(...this.rows.slice(from, to).map((row, i) => this.#row(row, from + i)));
    const now = this.#at();
    if (now >= from && now < to) this.body.setAttribute("aria-activedescendant", `sfn-st-${this.rows[now].visit.id}`);
    else this.body.removeAttribute("aria-activedescendant");
  }

  /** Where the chosen visit is in the rows, -1 where it is not. */
  #at() {
    return this.rows.findIndex((row) => row.visit.id === this.shown?.visit);
  }

  /** @param {Row} row @param {number} index */
  #row({ visit, took, container }, index) {
    const on = visit.id === this.shown?.visit;
    const look = statusColor(visit.status);
    const cell = (/** @type {string} */ spec, /** @type {string|null} */ title, /** @type {import("../dom.js").Kid[]} */ ...kids) =>
      h(spec, { role: "gridcell", title }, kids);
    const attempts = visit.attempts?.length || 0;
    const large = size(visit);
    return h(
      `div.st${on ? ".on" : ""}`,
      {
        role: "row",
        "aria-rowindex": index + 2,
        "aria-selected": String(on),
        style: `top:${index * ROW}px`,
        data: { at: String(index) },
        id: `sfn-st-${visit.id}`,
      },
      cell(
        "span.stname",
        visit.where ? `${visit.name} (${visit.where})` : visit.name,
        this.shown?.critical?.has(visit.id) && h("span.stcrit", { title: "on the critical path", role: "img", "aria-label": "on the critical path" }, "◆"),
        visit.name,
        visit.where && h("span.muted", {}, ` ${elide(visit.where, 28)}`),
      ),
      cell("span", null, visit.type),
      cell(
        `span.t-${look}`,
        visit.error,
        h("span", { "aria-hidden": "true" }, `${MARKS[look]} `),
        visit.error ? `${visit.status} · ${visit.error}` : visit.status,
      ),
      cell("span.num", null, attempts ? count(attempts) : ""),
      cell("span.num", null, stamp(visit.start_ms)),
      cell("span.num.sttook", null, duration(took / 1000), !container && h("i", { style: `width:${Math.min(100, (took / this.longest) * 100).toFixed(1)}%` })),
      cell(
        "span.num",
        large === null ? null : `input ${visit.input ? bytes(visit.input.bytes) : "none"}, output ${visit.output ? bytes(visit.output.bytes) : "none"}`,
        large === null ? "" : bytes(large),
      ),
    );
  }

  /** @param {number} index */
  #choose(index) {
    const row = this.rows[index];
    if (row) this.onSelect(row.visit.address, row.visit.id);
  }

  /** Bring the visit that was chosen elsewhere into sight. */
  #follow() {
    const index = this.#at();
    if (index < 0) return;
    const [top, room] = [index * ROW, this.body.clientHeight - ROW - 2];
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    else if (top + ROW > this.body.scrollTop + room) this.body.scrollTop = top + ROW - room;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.target !== this.body || event.ctrlKey || event.metaKey || event.altKey) return;
    const at = this.#at();
    const page = Math.max(1, Math.floor(this.body.clientHeight / ROW) - 2);
    const to = /** @type {Record<string, number|undefined>} */ ({
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.rows.length - 1,
    })[event.key];
    if (to === undefined || !this.rows.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.#choose(Math.max(0, Math.min(this.rows.length - 1, to)));
    this.#follow();
  }

  dispose() {
    this.observer.disconnect();
  }
}
