// events: the execution's history as a table. Only the rows in view exist, so 25,000 cost what 20 do. Of a long history
// the page has the beginning and the end; the pages between come when they are looked at or searched.

import { closest, fill, h } from "../dom.js";
import { count, later, plural, stamp, why } from "../format.js";

const ROW = 24;
const PAGE = 2500;
const KEPT = 27_500; // rows that the page keeps at most
const [ID, PREVIOUS, TYPE, AT, STATE, DETAIL] = /** @type {const} */ ([0, 1, 2, 3, 4, 5]);

/** Events that tell of a failure, by AWS's names. @param {string} type */
const bad = (type) => /Failed$|TimedOut$|Aborted$/.test(type);

export class EventTable {
  /**
   * @param {{onState: (name: string) => void, fetch: (first: number, count: number) => Promise<PageReply>}} options
   *   onState: called when a row is chosen with Enter or a double click; fetch: asks the kernel for events from an index
   */
  constructor({ onState, fetch }) {
    this.onState = onState;
    this.fetch = fetch;
    /** @type {EventMessage[]} */
    this.all = [];
    /** By id. @type {Map<number, EventMessage>} */
    this.known = new Map();
    /** Those shown, or ids of those that are not here yet. @type {(EventMessage|number)[]} */
    this.rows = [];
    /** Whose state's events are shown, null for all. @type {string|null} */
    this.state = null;
    /** @type {string|null} */
    this.run = null;
    /** Which page the kernel was asked for. @type {string|null} */
    this.asking = null;
    this.sweeping = false;
    /** @type {string|null} */
    this.painted = null;
    this.total = 0;
    this.problem = ""; // why rows are missing
    /** @type {number|null} */
    this.chosen = null;
    this.filter = h("input.field", {
      type: "search",
      placeholder: "Filter by type, state or text",
      "aria-label": "Filter events",
      oninput: () => {
        this.#select();
        this.body.scrollTop = 0;
        this.#paint();
      },
    });
    this.countNote = h("span.muted", { role: "status" });
    this.space = h("div.evspace", { role: "none" });
    this.body = h(
      "div.evbody",
      {
        role: "grid",
        tabindex: "0",
        "aria-label": "Events",
        "aria-colcount": "5",
        onscroll: () => this.#paint(),
        onkeydown: (event) => this.#key(event),
        onclick: (event) => {
          const at = closest(event, ".ev")?.dataset.at;
          if (at !== undefined) this.#choose(Number(at));
        },
        ondblclick: (event) => {
          if (closest(event, ".ev")) this.#go();
        },
      },
      this.space,
    );
    this.detail = h("div.evdetail", { hidden: true });
    this.element = h(
      "div.events",
      {},
      h("div.bar", {}, this.filter, this.countNote),
      h(
        "div.ev.evhead",
        { "aria-hidden": "true" },
        h("span", {}, "id"),
        h("span.num", {}, "time"),
        h("span.num", {}, "later"),
        h("span", {}, "event"),
        h("span", {}, "state"),
      ),
      this.body,
      this.detail,
    );
    this.observer = new ResizeObserver(() => this.#paint());
    this.observer.observe(this.body);
  }

  /**
   * @param {EventMessage[]} events as in the trait
   * @param {string|null} state only this state's, null for all
   * @param {number} total how many there were before the trait's cap
   * @param {string|null} run its name
   */
  update(events, state, total, run) {
    if (events === this.all && state === this.state && total === this.total) return;
    if (run !== this.run) {
      this.run = run;
      this.known.clear();
      this.problem = "";
    }
    for (const event of events) this.known.set(event[ID], event);
    if (state !== this.state) {
      this.chosen = null;
      this.filter.value = "";
      this.body.scrollTop = 0;
    }
    this.all = events;
    this.state = state;
    this.total = total;
    this.element.classList.toggle("one", state !== null);
    this.#select();
    this.#paint(true);
  }

  #select() {
    const wanted = this.filter.value.trim().toLowerCase();
    const missing = this.total - this.known.size;
    const gaps = missing > 0 && this.all.length > 1;
    if (!wanted && this.state === null) this.rows = gaps ? Array.from({ length: this.total }, (_, i) => this.known.get(i + 1) || i + 1) : this.#sorted();
    else {
      const mine = this.#sorted().filter((event) => this.state === null || event[STATE] === this.state);
      this.rows = !wanted ? mine : mine.filter((event) => `${event[ID]} ${event[TYPE]} ${event[STATE]} ${event[DETAIL]}`.toLowerCase().includes(wanted));
      if (gaps) this.#fetchAll();
    }
    const searching = gaps && (wanted || this.state !== null);
    const of = this.state === null ? ` of ${plural(this.total, "event")}` : "";
    fill(
      this.countNote,
      wanted || searching ? `${count(this.rows.length)}${of}` : plural(this.rows.length, "event"),
      this.problem && gaps
        ? [
            ` · ${count(missing)} are not here: ${this.problem} `,
            h(
              "button.link",
              {
                type: "button",
                data: { key: "events:again" },
                onclick: () => {
                  this.problem = "";
                  this.#select();
                  this.#paint(true);
                },
              },
              "Try again",
            ),
          ]
        : searching && (this.known.size >= KEPT ? ` · searched the ${count(KEPT)} kept here` : ` · searching ${count(missing)} more …`),
    );
    this.body.setAttribute("aria-rowcount", String(this.rows.length));
    this.space.style.height = `${this.rows.length * ROW}px`;
    this.painted = null;
  }

  #sorted() {
    return [...this.known.values()].sort((a, b) => a[ID] - b[ID]);
  }

  /** Ask for the page that holds an event. @param {number} id */
  async #fetchPage(id) {
    const page = Math.floor((id - 1) / PAGE);
    const asked = `${this.run} ${page}`;
    if (this.problem || this.asking || this.known.size >= KEPT) return false;
    this.asking = asked;
    const current = () => asked === `${this.run} ${page}`; // else another run is shown by now: it has pages of its own
    try {
      const { rows = [] } = await this.fetch(page * PAGE, PAGE);
      if (current()) for (const row of rows) this.known.set(row[ID], row);
      if (current() && !rows.length) this.problem = "the kernel no longer has them.";
    } catch (problem) {
      if (current()) this.problem = why(problem);
    } finally {
      this.asking = null;
    }
    this.#select();
    this.#paint(true);
    return current() && !this.problem;
  }

  async #fetchAll() {
    if (this.sweeping) return;
    this.sweeping = true;
    const { run } = this;
    await null; // the table is drawn first
    for (let id = 1; id <= this.total && !this.problem; id += PAGE) {
      const last = Math.min(id + PAGE - 1, this.total);
      let complete = true;
      for (let i = id; i <= last && complete; i++) complete = this.known.has(i);
      if (!complete && !(await this.#fetchPage(id))) break;
    }
    this.sweeping = false;
    if (this.run !== run) this.#select();
  }

  #paint(force = false) {
    const from = Math.max(0, Math.floor(this.body.scrollTop / ROW) - 6);
    const to = Math.min(this.rows.length, from + Math.ceil((this.body.clientHeight || 240) / ROW) + 12);
    const key = `${from}-${to}-${this.chosen}`;
    if (!force && this.painted === key) return;
    this.painted = key;
    const shown = this.rows.slice(from, to);
    this.space.replaceChildren(...shown.map((event, i) => (typeof event === "number" ? this.#placeholder(event, from + i) : this.#row(event, from + i))));
    const absent = shown.find((event) => typeof event === "number");
    if (typeof absent === "number") this.#fetchPage(absent);
    this.#detail();
  }

  /** @param {EventMessage} event @param {number} index */
  #row(event, index) {
    const on = event[ID] === this.chosen;
    const before = this.rows[index - 1];
    const gap = Array.isArray(before) && event[ID] > before[ID] + 1 && this.state === null && !this.filter.value;
    return h(
      "div",
      {
        class: ["ev", bad(event[TYPE]) && "bad", on && "on", gap && "gap"].filter(Boolean).join(" "),
        role: "row",
        "aria-rowindex": index + 1,
        "aria-selected": String(on),
        style: `top:${index * ROW}px`,
        data: { at: String(index) },
        id: `sfn-ev-${event[ID]}`,
      },
      h("span.num", { role: "gridcell" }, String(event[ID])),
      h("span.num", { role: "gridcell" }, stamp(event[AT])),
      h("span.num", { role: "gridcell" }, this.#since(event)),
      h("span", { role: "gridcell", title: event[TYPE] }, bad(event[TYPE]) && "✕ ", event[TYPE]),
      h("span", { role: "gridcell", title: event[STATE] }, event[STATE]),
    );
  }

  /** How much later than the event before it, in the history. @param {EventMessage} event */
  #since(event) {
    const before = this.known.get(event[ID] - 1);
    return before ? later(event[AT] - before[AT]) : "";
  }

  /** @param {number} id @param {number} index */
  #placeholder(id, index) {
    return h(
      "div.ev.muted",
      { role: "row", "aria-rowindex": index + 1, style: `top:${index * ROW}px` },
      h("span.num", { role: "gridcell" }, String(id)),
      h("span.num", { role: "gridcell" }, "…"),
      h("span.num", { role: "gridcell" }),
      h("span", { role: "gridcell" }, this.problem ? "not here" : "asking the kernel …"),
      h("span", { role: "gridcell" }),
    );
  }

  #chosenEvent() {
    return this.rows.find((row) => typeof row !== "number" && row[ID] === this.chosen);
  }

  #detail() {
    const event = this.#chosenEvent();
    this.detail.hidden = !event;
    if (!event || typeof event === "number") return;
    fill(
      this.detail,
      h(
        "div.muted",
        {},
        `event ${event[ID]}, after ${event[PREVIOUS]} · ${stamp(event[AT])} on the clock`,
        event[STATE] && this.state === null && [" · ", h("button.link", { type: "button", onclick: () => this.#go() }, `show ${event[STATE]}`)],
      ),
      h("pre", {}, event[DETAIL] || "no details"),
    );
  }

  /** @param {number} index */
  #choose(index) {
    const event = this.rows[index];
    if (!event || typeof event === "number") return;
    this.chosen = event[ID];
    this.#paint(true);
    this.body.setAttribute("aria-activedescendant", `sfn-ev-${this.chosen}`);
  }

  #go() {
    const event = this.#chosenEvent();
    if (event && typeof event !== "number" && event[STATE]) this.onState(event[STATE]);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const at = this.rows.findIndex((row) => typeof row !== "number" && row[ID] === this.chosen);
    const page = Math.max(1, Math.floor(this.body.clientHeight / ROW) - 1);
    const to = /** @type {Record<string, number|undefined>} */ ({
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: this.rows.length - 1,
    })[event.key];
    if (event.key === "Enter") return this.#go();
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(this.rows.length - 1, to));
    if (index * ROW < this.body.scrollTop) this.body.scrollTop = index * ROW;
    else if ((index + 1) * ROW > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = (index + 1) * ROW - this.body.clientHeight;
    this.#choose(index);
  }

  dispose() {
    this.observer.disconnect();
  }
}
