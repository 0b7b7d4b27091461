// events: the execution's history as a table. Only the rows in view exist, so 25,000 cost what 20 do.

import { h, fill } from "./dom.js";
import { count, duration, plural } from "./format.js";

const ROW = 24;
const [ID, PREVIOUS, TYPE, AT, STATE, DETAIL] = [0, 1, 2, 3, 4, 5];

/** Events that tell of a failure, by AWS's names. */
const bad = (type) => /Failed$|TimedOut$|Aborted$/.test(type);

export class EventTable {
  /** @param {{onState: (name: string) => void}} options  called when a row is chosen with Enter or a double click */
  constructor({ onState }) {
    this.onState = onState;
    this.all = [];
    this.rows = [];
    this.state = null;
    this.total = 0;
    this.chosen = null;
    this.filter = h("input.field", {
      type: "search", placeholder: "Filter by type, state or text", "aria-label": "Filter events",
      oninput: () => { this.#select(); this.body.scrollTop = 0; this.#paint(); },
    });
    this.tally = h("span.muted", { role: "status" });
    this.space = h("div.evspace", { role: "none" });
    this.body = h("div.evbody", {
      role: "grid", tabindex: "0", "aria-label": "Events", "aria-colcount": "4",
      onscroll: () => this.#paint(), onkeydown: (event) => this.#key(event),
      onclick: (event) => this.#choose(event.target.closest(".ev")?.dataset.at),
      ondblclick: (event) => event.target.closest(".ev") && this.#go(),
    }, this.space);
    this.detail = h("div.evdetail", { hidden: true });
    this.element = h("div.events", {}, h("div.bar", {}, this.filter, this.tally),
      h("div.ev.evhead", { "aria-hidden": "true" }, h("span", {}, "id"), h("span", {}, "time"), h("span", {}, "event"), h("span", {}, "state")),
      this.body, this.detail);
    this.observer = new ResizeObserver(() => this.#paint());
    this.observer.observe(this.body);
  }

  /**
   * @param {Array[]} events as in the trait
   * @param {string|null} state only this state's, null for all
   * @param {number} total how many there were before the trait's cap
   */
  update(events, state, total) {
    if (events === this.all && state === this.state && total === this.total) return;
    if (state !== this.state) { this.chosen = null; this.filter.value = ""; this.body.scrollTop = 0; }
    this.all = events;
    this.state = state;
    this.total = total;
    this.element.classList.toggle("one", state !== null);
    this.#select();
    this.#paint(true);
  }

  #select() {
    const wanted = this.filter.value.trim().toLowerCase();
    const mine = this.state === null ? this.all : this.all.filter((event) => event[STATE] === this.state);
    this.rows = !wanted ? mine
      : mine.filter((event) => `${event[ID]} ${event[TYPE]} ${event[STATE]} ${event[DETAIL]}`.toLowerCase().includes(wanted));
    const missing = this.total - this.all.length;
    fill(this.tally, wanted ? `${count(this.rows.length)} of ${plural(mine.length, "event")}` : plural(mine.length, "event"),
      missing > 0 && this.state === null && ` · the middle ${count(missing)} of ${count(this.total)} are left out`);
    this.body.setAttribute("aria-rowcount", String(this.rows.length));
    this.space.style.height = `${this.rows.length * ROW}px`;
    this.painted = null;
  }

  #paint(force = false) {
    const from = Math.max(0, Math.floor(this.body.scrollTop / ROW) - 6);
    const to = Math.min(this.rows.length, from + Math.ceil((this.body.clientHeight || 240) / ROW) + 12);
    const key = `${from}-${to}-${this.chosen}`;
    if (!force && this.painted === key) return;
    this.painted = key;
    this.space.replaceChildren(...this.rows.slice(from, to).map((event, i) => this.#row(event, from + i)));
    this.#detail();
  }

  #row(event, index) {
    const on = event[ID] === this.chosen;
    const classes = ["div.ev", bad(event[TYPE]) && "bad", on && "on", index > 0 && event[ID] > this.rows[index - 1][ID] + 1 && this.state === null && !this.filter.value && "gap"];
    return h(classes.filter(Boolean).join("."), {
      role: "row", "aria-rowindex": index + 1, "aria-selected": String(on), style: `top:${index * ROW}px`,
      data: { at: String(index) }, id: `sfn-ev-${event[ID]}`,
    }, h("span.num", { role: "gridcell" }, String(event[ID])),
    h("span.num", { role: "gridcell" }, duration(event[AT] / 1000)),
    h("span", { role: "gridcell", title: event[TYPE] }, bad(event[TYPE]) && "✕ ", event[TYPE]),
    h("span", { role: "gridcell", title: event[STATE] }, event[STATE]));
  }

  #detail() {
    const event = this.rows.find((row) => row[ID] === this.chosen);
    this.detail.hidden = !event;
    if (!event) return;
    fill(this.detail, h("div.muted", {}, `event ${event[ID]}, after ${event[PREVIOUS]} · ${duration(event[AT] / 1000)} on the clock`,
      event[STATE] && this.state === null && [" · ", h("button.link", { type: "button", onclick: () => this.#go() }, `show ${event[STATE]}`)]),
    h("pre", {}, event[DETAIL] || "no details"));
  }

  #choose(index) {
    if (index === undefined || !this.rows[index]) return;
    this.chosen = this.rows[index][ID];
    this.#paint(true);
    this.body.setAttribute("aria-activedescendant", `sfn-ev-${this.chosen}`);
  }

  #go() {
    const event = this.rows.find((row) => row[ID] === this.chosen);
    if (event?.[STATE]) this.onState(event[STATE]);
  }

  #key(event) {
    const at = this.rows.findIndex((row) => row[ID] === this.chosen);
    const page = Math.max(1, Math.floor(this.body.clientHeight / ROW) - 1);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + page, PageUp: at - page, Home: 0, End: this.rows.length - 1 }[event.key];
    if (event.key === "Enter") return this.#go();
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(this.rows.length - 1, to));
    if (index * ROW < this.body.scrollTop) this.body.scrollTop = index * ROW;
    else if ((index + 1) * ROW > this.body.scrollTop + this.body.clientHeight) this.body.scrollTop = (index + 1) * ROW - this.body.clientHeight;
    this.#choose(index);
  }

  dispose() { this.observer.disconnect(); }
}
