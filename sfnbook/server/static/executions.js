// executions: the table of executions, its filters and pages. Draws what it is given; what is wanted is in the address.
import { address, changed, go, plain, view } from "./address.js";
import { closest, fill, h } from "./dom.js";
import { count, duration, STATUS } from "./format.js";

const PAGE = 50;
const TIMES = [
  ["", "Any time"],
  ["900", "Last 15 minutes"],
  ["3600", "Last hour"],
  ["86400", "Last 24 hours"],
  ["604800", "Last 7 days"],
  ["between", "Between …"],
];
/** @typedef {import("./dom.js").Kid} Kid */
/** @typedef {import("./address.js").View} View */

const COLUMNS = [
  ["", "Status"],
  ["name", "Name"],
  ["", "Machine"],
  ["started", "Started"],
  ["duration", "Duration"],
  ["", "Error"],
];

/** A link to a view, followed without loading the page anew. @param {View} to @param {import("./dom.js").Props} props @param {...Kid} kids */
export function link(to, props, ...kids) {
  return h(
    "a",
    {
      href: address(to),
      ...props,
      onclick: (event) => {
        if (plain(event)) {
          event.preventDefault();
          go(to);
        }
      },
    },
    ...kids,
  );
}

/** "arn:...:stateMachine:shop" -> "shop" @param {string} arn */
export const machineName = (arn) => arn.split(":")[6] ?? arn;

/** The machine's ARN of an execution's. @param {string} execution */
export function machineOf(execution) {
  const parts = execution.split(":");
  return [...parts.slice(0, 5), "stateMachine", parts[6]?.split("/")[0]].join(":");
}

/** A status as its mark and word. @param {string} status */
export function pill(status) {
  const known = STATUS[status] || { text: status, color: "", mark: "" };
  return h(`span.status.${known.color || "none"}`, {}, h("span.mark", { "aria-hidden": "true" }, known.mark), known.text.toLowerCase());
}

/** @param {string} iso */
const local = (iso) => new Date(iso).toLocaleString("sv-SE");
/** Seconds since the epoch, of a field's text. @param {string} text */
const epoch = (text) => (text ? String(Math.floor(new Date(text).getTime() / 1000)) : undefined);
/** A field's text, of seconds since the epoch. @param {string|undefined} seconds */
function field(seconds) {
  if (!seconds) return "";
  const ms = Number(seconds) * 1000;
  return new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

export class Executions {
  /** @param {HTMLElement} place @param {{empty: (name: string|null) => Kid, buttons: () => Kid}} parts what stands where nothing is; what can be done */
  constructor(place, { empty, buttons }) {
    this.empty = empty;
    this.buttons = buttons;
    this.later = 0; // the timer of a text that is being typed
    this.wide = false; // the fields of two moments are open
    this.title = h("h2", { id: "title" }, "Executions");
    this.actions = h("span.actions");
    this.chips = h("span.chips", { role: "group", "aria-label": "Status" });
    this.text = h("input.field", {
      type: "search",
      placeholder: "Name or error",
      "aria-label": "Filter by name or error",
      "aria-keyshortcuts": "/",
      oninput: () => this.#typed(250),
      onchange: () => this.#typed(0),
    });
    this.time = h(
      "select.field",
      { "aria-label": "Filter by start", onchange: () => this.#timed() },
      TIMES.map(([value, words]) => h("option", { value }, words)),
    );
    this.since = this.#moment("since", "Started from");
    this.until = this.#moment("until", "Started before");
    this.between = h("span.between", { hidden: true }, this.since, " – ", this.until);
    this.head = h("tr");
    this.body = h("tbody");
    this.table = h("div.rows", {}, h("table", {}, h("thead", {}, this.head), this.body));
    this.none = h("div.empty");
    this.pager = h("div.pager");
    place.append(
      h("header", {}, this.title, this.actions),
      h("div.filters", {}, this.chips, this.text, this.time, this.between),
      this.table,
      this.none,
      this.pager,
    );
    this.body.addEventListener("keydown", (event) => this.#move(event));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || closest(event, "input, textarea, select, dialog, .sfnbook")) return;
      event.preventDefault();
      this.text.focus();
    });
  }

  /** @param {"since"|"until"} key @param {string} label */
  #moment(key, label) {
    const input = h("input.field", { type: "datetime-local", "aria-label": label });
    input.addEventListener("change", () => go(changed(view(), { last: undefined, [key]: epoch(input.value) })));
    return input;
  }

  /** @param {number} pause in ms */
  #typed(pause) {
    clearTimeout(this.later);
    const take = () => {
      this.later = 0;
      go(changed(view(), { text: this.text.value || undefined }), true);
    };
    if (pause) this.later = setTimeout(take, pause);
    else take();
  }

  #timed() {
    const { value } = this.time;
    this.wide = value === "between";
    this.between.hidden = !this.wide;
    if (this.wide) this.since.focus();
    else go(changed(view(), { last: value || undefined, since: undefined, until: undefined }));
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const links = [.../** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll("a.name"))];
    const row = document.activeElement?.closest("tr");
    const at = links.findIndex((one) => row?.contains(one));
    const to = /** @type {Record<string, number|undefined>} */ ({ ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 })[event.key];
    if (to === undefined || !links[to]) return;
    event.preventDefault();
    links[to].focus();
  }

  /**
   * @param {ExecutionList} page
   * @param {Record<string, number>} counts  of the machine, or of all, by status
   * @param {string|null} name  the machine's
   */
  draw({ executions, more }, counts, name) {
    const now = view();
    const known = Object.values(counts).reduce((sum, one) => sum + one, 0);
    this.title.textContent = name ? `Executions of ${name}` : "Executions";
    fill(this.actions, this.buttons());
    fill(
      this.chips,
      this.#chip("", "All", known),
      Object.keys(STATUS)
        .filter((status) => counts[status] || status === now.status || status === "RUNNING" || status === "FAILED")
        .map((status) => this.#chip(status, STATUS[status].text[0] + STATUS[status].text.slice(1).toLowerCase(), counts[status] || 0)),
    );
    if (!this.later && document.activeElement !== this.text) this.text.value = now.text || "";
    const exact = Boolean(now.since || now.until);
    this.time.value = exact || this.wide ? "between" : now.last && TIMES.some(([value]) => value === now.last) ? now.last : "";
    this.between.hidden = !exact && !this.wide;
    if (document.activeElement !== this.since) this.since.value = field(now.since);
    if (document.activeElement !== this.until) this.until.value = field(now.until);
    fill(
      this.head,
      COLUMNS.map(([key, words]) => this.#heading(key, words)),
    );
    this.table.classList.toggle("one", Boolean(now.machine));
    fill(
      this.body,
      executions.map((one) => this.#row(one, now)),
    );
    this.table.hidden = !executions.length;
    const filtered = Boolean(now.status || now.text || now.last || exact);
    this.none.hidden = executions.length > 0;
    if (!executions.length)
      fill(
        this.none,
        filtered || now.skip
          ? [
              h("p", {}, "No execution here is like that."),
              link(changed(now, { status: undefined, text: undefined, last: undefined, since: undefined, until: undefined }), {}, "Show all"),
            ]
          : this.empty(name),
      );
    this.#drawPager(executions, more, filtered && (now.text || now.last || exact) ? null : now.status ? counts[now.status] || 0 : known);
    this.tick();
  }

  /** @param {string} status @param {string} words @param {number} number */
  #chip(status, words, number) {
    const now = view();
    return h(
      "button.chip",
      {
        type: "button",
        "aria-pressed": String((now.status || "") === status),
        data: { key: `chip:${status}` },
        onclick: () => go(changed(view(), { status: status || undefined })),
      },
      status && h(`span.mark.${STATUS[status].color}`, { "aria-hidden": "true" }, STATUS[status].mark),
      ` ${words} `,
      h("span.number", {}, count(number)),
    );
  }

  /** @param {string} key @param {string} words */
  #heading(key, words) {
    if (!key) return h("th", { scope: "col", class: words.toLowerCase() }, words);
    const now = view();
    const on = (now.order || "started") === key;
    const up = Boolean(now.ascending);
    return h(
      "th",
      { scope: "col", class: words.toLowerCase(), "aria-sort": on ? (up ? "ascending" : "descending") : null },
      h(
        "button.sort",
        {
          type: "button",
          data: { key: `sort:${key}` },
          title: `Sort by ${words.toLowerCase()}`,
          onclick: () =>
            go(changed(view(), { order: key === "started" ? undefined : key, ascending: on ? (up ? undefined : "1") : key === "name" ? "1" : undefined })),
        },
        words,
        h("span", { "aria-hidden": "true" }, on ? (up ? " ▴" : " ▾") : ""),
      ),
    );
  }

  /** @param {ExecutionRow} one @param {View} now */
  #row(one, now) {
    const why = one.error === null && one.cause === null ? "" : [one.error, one.cause].filter(Boolean).join(": ");
    const chosen = one.arn === now.execution;
    const to = { ...now, execution: one.arn, state: undefined };
    const row = h(
      "tr",
      {
        class: chosen ? "on" : null,
        onclick: (event) => {
          if (plain(event) && !closest(event, "a") && !String(getSelection())) go(to);
        },
      },
      h("td.status", {}, pill(one.status)),
      h(
        "td.name",
        {},
        link(to, { class: "name", "aria-current": chosen ? "true" : null, title: one.name, "data-key": one.arn }, one.name),
        one.redrives > 0 && h("small", { title: `Redriven ${one.redrives} times` }, ` ↻${one.redrives}`),
      ),
      h("td.machine", {}, link({ machine: one.machine }, { title: one.machine }, machineName(one.machine))),
      h("td.started", { title: one.start }, local(one.start)),
      h("td.duration", one.seconds === null ? { data: { since: one.start } } : {}, one.seconds === null ? "" : duration(one.seconds)),
      h("td.error", { title: why }, why),
    );
    return row;
  }

  /** Running executions have become older. */
  tick() {
    for (const cell of /** @type {NodeListOf<HTMLElement>} */ (this.body.querySelectorAll("[data-since]")))
      cell.textContent = duration(Math.max(0, Math.floor((Date.now() - new Date(cell.dataset.since ?? "").getTime()) / 1000)));
  }

  /** @param {ExecutionRow[]} executions @param {boolean} more there are @param {number|null} total null where it is not known */
  #drawPager(executions, more, total) {
    const now = view();
    const skip = Number(now.skip || 0);
    this.pager.hidden = !more && !skip;
    if (this.pager.hidden) return;
    const anchor = now.order || now.ascending ? undefined : (now.beyond ?? String((executions[0]?.id ?? 0) + 1));
    const before = skip - PAGE <= 0 ? { beyond: undefined, skip: undefined } : { beyond: now.beyond, skip: String(skip - PAGE) };
    /** @param {string} key @param {string} words @param {View} change @param {boolean} can */
    const step = (key, words, change, can) =>
      h(
        "button.btn",
        {
          type: "button",
          disabled: !can,
          data: { key },
          onclick: () => {
            go({ ...view(), ...change });
            this.table.scrollTop = 0;
          },
        },
        words,
      );
    fill(
      this.pager,
      h(
        "span",
        { role: "status" },
        `${count(executions.length ? skip + 1 : skip)} to ${count(skip + executions.length)}${total === null ? "" : ` of ${count(total)}`}`,
      ),
      step("page:first", "First", { beyond: undefined, skip: undefined }, skip > 0),
      step("page:before", "Previous", before, skip > 0),
      step("page:next", "Next", { beyond: anchor, skip: String(skip + PAGE) }, more),
    );
  }
}
