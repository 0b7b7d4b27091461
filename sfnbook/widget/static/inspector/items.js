// items: a Map's items as a table: status, duration, the beginning of the input, error; filtered by status and text, sorted by
// a click. Only the rows in view exist. The kernel is asked for them page by page; while it is busy, and in a saved page, the table holds the
// items whose visits are here.

import { fill, h } from "../dom.js";
import { count, duration, statusColor } from "../format.js";

const ROW = 22;
const PAGE = 500;
const PATIENCE = 8000; // ms that the kernel may take
const PAUSE = 2000; // ms between two questions while items go on
/** @type {Record<string, string>} */
const MARKS = { run: "●", ok: "✓", bad: "✕", caught: "↷", gone: "⊘", none: "" };
const ORDER = ["failed", "timed_out", "aborted", "running", "pending_redrive", "succeeded"];
const COLUMNS = ["item", "status", "duration", "input", "error"];
/** What items are sorted by. @type {Record<string, (item: ItemMessage) => number|string>} */
const KEYS = {
  item: ({ number }) => number,
  status: ({ status }) => status,
  duration: ({ start_ms, end_ms }) => (end_ms === null ? Infinity : end_ms - start_ms),
  input: ({ input }) => input,
  error: ({ error }) => error ?? "",
};
const words = (/** @type {string} */ status) => status.replaceAll("_", " ");

/**
 * The items whose visits are here, in order.
 * @param {VisitMessage[]} visits all that are here @param {VisitMessage} map a Map's visit @returns {ItemMessage[]}
 */
export function itemsHere(visits, map) {
  const depth = map.frame ? map.frame.split("/").length : 0;
  const again = visits.find((visit) => visit.address === map.address && visit.frame === map.frame && visit.id > map.id);
  /** @type {Map<number, {started: number, all: VisitMessage[]}>} */
  const found = new Map();
  for (const visit of visits) {
    if (!visit.address.startsWith(`${map.address}/`) || (map.frame && !visit.frame.startsWith(`${map.frame}/`))) continue;
    const [started, index] = (visit.frame.split("/")[depth] ?? "").split(".").map(Number);
    if (!(started > map.id) || (again && started > again.id)) continue;
    const known = found.get(index);
    if (!known || known.started < started)
      found.set(index, { started, all: [visit] }); // the Map's last attempt
    else if (known.started === started) known.all.push(visit);
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([number, { all }]) => {
      const own = all.filter((visit) => visit.frame.split("/").length === depth + 1);
      const [first, last] = [all[0], own.at(-1) ?? all[0]];
      const bad = last.status === "failed" || last.status === "aborted";
      const between = last.end_ms !== null && last.next !== null;
      const status = last.end_ms === null || (between && map.end_ms === null) ? "running" : between ? "aborted" : last.status;
      const batch = first.batch;
      return {
        number,
        status,
        start_ms: first.start_ms,
        end_ms: status === "running" ? null : last.end_ms,
        input: first.input?.text.slice(0, 120) ?? "",
        error: bad ? last.error : null,
        visit: (bad ? last : first).id,
        first: batch?.[1] ?? number,
        items: batch ? batch[2] - batch[1] + 1 : 1,
      };
    });
}

/** @param {ItemMessage[]} items @param {string} order a column @param {boolean} down the last one first */
function sorted(items, order, down) {
  if (order === "item" && !down) return items;
  const key = KEYS[order];
  const before = (/** @type {ItemMessage} */ a, /** @type {ItemMessage} */ b) => {
    const [x, y] = [key(a), key(b)];
    return x < y ? -1 : x > y ? 1 : a.number - b.number;
  };
  return [...items].sort(down ? (a, b) => before(b, a) : before);
}

/**
 * How a Map run stands, in words.
 * @param {StatusMessage|undefined} figures of its state @param {Record<string, number>} counts its items by status, as far as known
 * @param {number|null} seconds since it began, null when it has ended
 */
export function progressText(figures, counts, seconds) {
  const total = figures?.total ?? 0;
  const failed = figures?.failed ?? (counts.failed ?? 0) + (counts.timed_out ?? 0);
  const done = (figures?.done ?? counts.succeeded ?? 0) + (figures?.total === undefined ? 0 : failed);
  const said = [];
  if (total) said.push(`${count(done)} of ${count(total)} done`);
  if (figures?.tolerated !== undefined) said.push(`${count(failed)} of ${count(figures.tolerated)} tolerated failures`);
  else if (failed) said.push(`${count(failed)} failed`);
  if (seconds === null) return said.join(" · ");
  if (figures?.running) said.push(`${count(figures.running)} running`);
  if (done && seconds > 0 && total) {
    const rate = done / seconds;
    said.push(rate >= 1 ? `${count(Math.round(rate * 10) / 10)} a second` : `${count(Math.round(rate * 600) / 10)} a minute`);
    if (total > done) said.push(`about ${duration((total - done) / rate)} left`);
  }
  return said.join(" · ");
}

/** @typedef {{visit: VisitMessage, visits: VisitMessage[], figures: StatusMessage|undefined, live: LiveMessage, asks: boolean}} Shown */

export class ItemTable {
  /**
   * @param {{ask: (request: object, patience: number) => Promise<PageReply>, open: (visit: VisitMessage, item: ItemMessage) => void}} options
   *   ask: asks the kernel for items; open: shows an item that was chosen
   */
  constructor({ ask, open }) {
    this.ask = ask;
    this.open = open;
    this.only = this.text = "";
    this.order = "item";
    this.down = false;
    this.news = false; // what the kernel said is old
    this.length = 0;
    /** @type {ItemMessage[]} */
    this.rows = []; // of those here, the ones to show
    this.key = "";
    this.at = 0;
    this.problem = "";
    this.asking = false;
    /** @type {Shown|null} */
    this.shown = null;
    /** @type {ItemMessage[]} */
    this.here = [];
    /** @type {Map<number, ItemMessage[]>|null} */
    this.pages = null; // null: the kernel has not answered
    /** @type {Record<string, number>} */
    this.counts = {};
    /** @type {number|undefined} */
    this.timer = undefined;
    /** @type {number|undefined} */
    this.typing = undefined;
    this.chips = h("span.stchips", { role: "group", "aria-label": "Show only" });
    this.search = /** @type {HTMLInputElement} */ (
      h("input.field.itsearch", {
        type: "search",
        placeholder: "Input or error",
        "aria-label": "Filter the items by input or error",
        oninput: () => this.#typed(),
      })
    );
    this.said = h("div.itsaid", { role: "status" });
    this.note = h("div.muted.itnote", { role: "status" });
    this.head = h("div.it.ithead", { role: "row" });
    this.space = h("div.evspace", { role: "rowgroup" });
    this.body = h(
      "div.itbody",
      {
        role: "grid",
        tabindex: "0",
        "aria-label": "Items",
        "aria-colcount": "5",
        onscroll: () => this.#paint(),
        onkeydown: (/** @type {KeyboardEvent} */ event) => this.#keys(event),
        onclick: (/** @type {MouseEvent} */ event) => {
          const row = event.target instanceof Element ? event.target.closest(".evspace .it") : null;
          if (row instanceof HTMLElement) {
            this.at = Number(row.dataset.at);
            this.#paint();
            this.#open();
          }
        },
      },
      this.head,
      this.space,
    );
    this.element = h("div.items", {}, this.said, h("div.bar", {}, this.chips, this.search), this.note, this.body);
    this.observer = new ResizeObserver(() => this.#paint());
    this.observer.observe(this.body);
  }

  /** @param {Shown} shown */
  update(shown) {
    const key = `${shown.live.run} ${shown.visit.id}`;
    const before = this.shown;
    this.shown = shown;
    if (key !== this.key) {
      this.search.value = "";
      Object.assign(this, { key, only: "", text: "", order: "item", down: false, at: 0, pages: null, counts: {}, problem: "", news: true });
      clearTimeout(this.timer);
      this.timer = undefined;
      this.body.scrollTop = 0;
    } else if (before?.visit.end_ms !== shown.visit.end_ms && this.timer !== -1) {
      // its end is not waited for
      clearTimeout(this.timer);
      Object.assign(this, { timer: undefined, news: true });
    } else this.news ||= JSON.stringify(before?.figures) !== JSON.stringify(shown.figures) || before?.visit.end_ms !== shown.visit.end_ms;
    this.here = itemsHere(shown.visits, shown.visit);
    this.#arrange();
    if (this.news && shown.asks && !this.timer) this.#refresh();
  }

  /** Ask anew for what is in view, and again when there is news after a pause. */
  #refresh() {
    this.news = false;
    const began = Date.now();
    const wait = () => {
      this.timer = window.setTimeout(
        () => {
          this.timer = undefined;
          if (this.news && this.shown?.asks && this.element.isConnected) this.#refresh();
        },
        this.problem ? PAUSE : Math.max(PAUSE, (Date.now() - began) * 10),
      ); // listing many items costs the kernel time
    };
    this.timer = -1;
    this.#fetch(this.#page(), true).then(wait);
  }

  #page() {
    return Math.floor(this.body.scrollTop / ROW / PAGE) * PAGE;
  }

  /** @param {number} first @param {boolean} anew what was here is old */
  async #fetch(first, anew = false) {
    if (!this.shown || (this.asking && !anew)) return;
    const { key, only, text, order, down } = this;
    const same = () => key === this.key && only === this.only && text === this.text && order === this.order && down === this.down;
    this.asking = true;
    try {
      const { items, counts, problem } = await this.ask({ visit: this.shown.visit.id, first, count: PAGE, only, text, order, down }, PATIENCE);
      if (!same()) return;
      this.problem = items ? "" : problem || "The kernel no longer has them.";
      if (items) {
        if (anew || !this.pages) this.pages = new Map();
        this.pages.set(first, items);
        this.counts = counts ?? {};
      }
    } catch (problem) {
      if (same()) this.problem = problem instanceof Error ? problem.message : String(problem);
    } finally {
      if (same()) this.asking = false;
    }
    this.#arrange();
  }

  /** The row at an index; null where it is not here yet. @param {number} index */
  #at(index) {
    if (!this.pages) return this.rows[index] ?? null;
    return this.pages.get(Math.floor(index / PAGE) * PAGE)?.[index % PAGE] ?? null;
  }

  #arrange() {
    if (!this.shown) return;
    const { visit, figures, live } = this.shown;
    /** @type {Record<string, number>} */
    const here = {};
    const wanted = this.text.toLowerCase();
    const meant = wanted ? this.here.filter((item) => `${item.input}\n${item.error ?? ""}`.toLowerCase().includes(wanted)) : this.here;
    for (const item of meant) here[item.status] = (here[item.status] ?? 0) + 1;
    const counts = this.pages ? this.counts : here;
    const whole = Object.values(counts).reduce((sum, many) => sum + many, 0);
    this.rows = sorted(this.only ? meant.filter((item) => item.status === this.only) : meant, this.order, this.down);
    this.length = this.pages ? (this.only ? (counts[this.only] ?? 0) : whole) : this.rows.length;
    const batched = figures?.batches !== undefined;
    fill(this.said, progressText(figures, counts, visit.end_ms === null && live.status === "RUNNING" ? live.seconds - visit.start_ms / 1000 : null));
    fill(
      this.chips,
      ORDER.filter((status) => counts[status] || status === this.only).map((status) =>
        h(
          "button.chip",
          {
            type: "button",
            "aria-pressed": String(this.only === status),
            data: { key: `items:${status}` },
            onclick: () => this.#choose(status),
          },
          `${words(status)} ${count(counts[status] ?? 0)}`,
        ),
      ),
    );
    const all = (batched ? figures?.batches : figures?.total) ?? whole;
    fill(
      this.note,
      this.pages
        ? this.problem
        : !wanted && whole < all
          ? `${count(whole)} of ${count(all)} ${batched ? "batches" : "items"} are on this page${this.problem ? `: ${this.problem}` : this.asking ? "; asking the kernel …" : "."}`
          : "",
    );
    this.note.hidden = !this.note.textContent;
    fill(
      this.head,
      COLUMNS.map((name) => this.#heading(name, batched && name === "item" ? "batch" : name)),
    );
    this.body.setAttribute("aria-rowcount", String(this.length + 1));
    this.space.style.height = `${this.length * ROW}px`;
    this.#paint();
  }

  /** @param {string} name @param {string} words */
  #heading(name, words) {
    const on = this.order === name;
    return h(
      name === "item" || name === "duration" ? "span.num" : "span",
      { role: "columnheader", "aria-sort": on ? (this.down ? "descending" : "ascending") : "none" },
      h(
        "button",
        { type: "button", data: { key: `items:by:${name}` }, title: `Sort by ${words}`, onclick: () => this.#again({ order: name, down: on && !this.down }) },
        words,
        on && (this.down ? " ↓" : " ↑"),
      ),
    );
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = window.setTimeout(() => this.#again({ text: this.search.value.trim() }), this.pages ? 250 : 0);
  }

  /** Show only one status, or all again. @param {string} status */
  #choose(status) {
    this.#again({ only: this.only === status ? "" : status });
  }

  /** Show other items, or in another order. @param {{only?: string, text?: string, order?: string, down?: boolean}} change */
  #again(change) {
    Object.assign(this, change);
    this.at = 0;
    this.body.scrollTop = 0;
    const asks = Boolean(this.pages);
    if (asks) this.pages = new Map();
    this.#arrange();
    if (asks) this.#fetch(0, true);
  }

  #paint() {
    if (!this.shown) return;
    const from = Math.max(0, Math.floor(this.body.scrollTop / ROW) - 6);
    const to = Math.min(this.length, from + Math.ceil((this.body.clientHeight || 240) / ROW) + 12);
    this.space.replaceChildren(...Array.from({ length: Math.max(0, to - from) }, (_, i) => this.#row(from + i)));
    this.body.setAttribute("aria-activedescendant", this.at >= from && this.at < to ? `sfn-it-${this.at}` : "");
    if (!this.pages || this.problem || this.asking) return;
    for (const index of [from, to - 1]) if (index >= 0 && index < this.length && !this.#at(index)) return void this.#fetch(Math.floor(index / PAGE) * PAGE);
  }

  /** @param {number} index */
  #row(index) {
    const item = this.#at(index);
    const on = index === this.at;
    const look = item ? statusColor(item.status) : "none";
    const cell = (/** @type {string} */ spec, /** @type {import("../dom.js").Kid[]} */ ...kids) =>
      h(spec, { role: "gridcell", title: kids.at(-1) || null }, ...kids);
    const props = {
      role: "row",
      "aria-rowindex": index + 2,
      "aria-selected": String(on),
      style: `top:${index * ROW}px`,
      data: { at: String(index) },
      id: `sfn-it-${index}`,
    };
    if (!item) return h("div.it.muted", props, cell("span.num"), cell("span", "asking …"), cell("span.num"), cell("span"), cell("span"));
    const took = item.end_ms === null ? (this.shown?.live.seconds ?? 0) * 1000 - item.start_ms : item.end_ms - item.start_ms;
    return h(
      `div.it${on ? ".on" : ""}`,
      props,
      cell("span.num", item.items > 1 ? `${count(item.number)} (${count(item.first)}–${count(item.first + item.items - 1)})` : count(item.number)),
      cell(`span.t-${look}`, h("span", { "aria-hidden": "true" }, `${MARKS[look] ?? ""} `), words(item.status)),
      cell("span.num", duration(Math.max(0, took) / 1000)),
      cell("span.itinput", item.input),
      cell("span.t-bad", item.error ?? ""),
    );
  }

  #open() {
    const item = this.#at(this.at);
    if (item && this.shown) this.open(this.shown.visit, item);
  }

  /** @param {KeyboardEvent} event */
  #keys(event) {
    if (event.target !== this.body || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter") {
      event.preventDefault();
      this.#open();
      return;
    }
    const page = Math.max(1, Math.floor(this.body.clientHeight / ROW) - 2);
    const to = /** @type {Record<string, number>} */ ({
      ArrowDown: this.at + 1,
      ArrowUp: this.at - 1,
      PageDown: this.at + page,
      PageUp: this.at - page,
      Home: 0,
      End: this.length - 1,
    })[event.key];
    if (to === undefined || !this.length) return;
    event.preventDefault();
    event.stopPropagation();
    this.at = Math.max(0, Math.min(this.length - 1, to));
    const [top, room] = [this.at * ROW, this.body.clientHeight - ROW - 2];
    if (top < this.body.scrollTop) this.body.scrollTop = top;
    else if (top + ROW > this.body.scrollTop + room) this.body.scrollTop = top + ROW - room;
    this.#paint();
  }

  dispose() {
    this.observer.disconnect();
    clearTimeout(this.timer);
    clearTimeout(this.typing);
    this.shown = null;
  }
}
