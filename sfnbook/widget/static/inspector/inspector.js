// inspector: what one state did, read from top to bottom as the data flowed. With no state chosen: the execution.
// Everything shown is already in the page; only values that were cut off ask the kernel.

import { AnswerForm } from "./callback.js";
import { runParts, visitParts } from "./comparison.js";
import { DefinitionView } from "./definition.js";
import { add, closest, copyButton, fill, glyph, h, tabs } from "../dom.js";
import { EventTable } from "../timeline/events.js";
import { bytes, count, duration, plural, stamp, statusColor, why } from "../format.js";
import { NO_MACHINE, NO_RUN } from "../initial.js";
import { ItemTable } from "./items.js";
import { JsonTree } from "./json.js";
import { Trace } from "./lineage.js";
import { LogList, logParts } from "./logs.js";
import { meters } from "./meters.js";
import { LineagePanel } from "./lineage_panel.js";
import { RunList } from "../runs.js";
import { EditedState } from "./edited_state.js";
import { scopeParts } from "./variables.js";

const LIMIT = 262144;
const NEAR = 300; // visits before and after the chosen one that the list holds

/** Which earlier stage a stage is compared with; the first of these that is there. @type {Record<string, string[]>} */
const COMPARED_WITH = {
  afterInputPath: ["input"],
  afterParameters: ["afterInputPath", "input"],
  afterArguments: ["afterInputPath", "input"],
  afterItemsPath: ["afterInputPath", "input"],
  afterResultSelector: ["result"],
  afterResultPath: ["afterInputPath", "input"],
  output: ["afterResultPath", "afterResultSelector", "result", "afterParameters", "afterInputPath", "input"],
};

/** @type {Record<string, string>} */
const MARKS = { run: "●", ok: "✓", bad: "✕", caught: "↷", gone: "⊘", held: "‖", none: "" };

/**
 * @typedef {import("../dom.js").Kid} Kid
 * @typedef {import("./lineage.js").Spot} Spot
 * @typedef {{total: number, why: string, get?: () => void}} Missing visits that are not in the page: how many there are in all,
 *   why, and where they can be had, what gets them
 * @typedef {import("../compare.js").Comparison & {other: import("../compare.js").ComparedRun}} Compared
 *
 * @typedef {object} Shown
 * @property {MachineMessage} machine
 * @property {LiveMessage} live
 * @property {VisitMessage[]} visits
 * @property {EventMessage[]} events
 * @property {RunMessage[]} runs
 * @property {string|null} address the chosen state, null: the execution
 * @property {number|null} visit the chosen visit of it
 * @property {boolean} asks whether there is a kernel to ask
 * @property {((visit: VisitMessage) => boolean)=} within whether a visit is in the passes that are shown
 * @property {Missing|null=} missing
 * @property {Compared|null=} compared
 *
 * @typedef {{name: string, expression: string, value?: Value}} Stage
 * @typedef {{visit: number|null, stage: string, attempt: number|null, other?: boolean}} ValueRequest where a value is from; `other`: of
 *   the run that this one is compared with
 * @typedef {{name: string, key: string, request: ValueRequest}} Begun a value of which only the beginning is here
 * @typedef {{error: string|null, cause?: string|null, traceback?: string, logs?: string, number?: number, delay_s?: number}} Failure
 *   of an attempt, a visit or the execution
 * @typedef {{key: string, text: string, color?: string}} Tab
 */

/** @type {Shown} */
const NOTHING = { machine: NO_MACHINE, live: NO_RUN, visits: [], events: [], runs: [], address: null, visit: null, asks: false };

/** Those that are there. @template T @param {(T|false|null|undefined|0|"")[]} items @returns {T[]} */
const present = (items) => items.flatMap((item) => item || []);

export class Inspector {
  shown = NOTHING;
  /** The visits of the chosen state. @type {VisitMessage[]} */
  mine = [];
  /** The one that is shown. @type {VisitMessage|null} */
  visit = null;
  /** The forms that answer tasks, by token. @type {Map<string, AnswerForm>} */
  forms = new Map();
  tab = "flow";
  /** The chosen attempt, by visit. @type {Map<number, number>} */
  attempts = new Map();
  /** Which paths were opened or closed, by stage. @type {Map<string, Map<string, boolean>>} */
  opened = new Map();
  /** Whether it was folded by hand, by stage. @type {Map<string, boolean>} */
  folded = new Map();
  /** The whole texts of values that were cut, by their keys. @type {Map<string, string>} */
  whole = new Map();
  /** The visit of the run beside this one that was chosen to be compared; null: the one that answers to this one. @type {number|null} */
  theirs = null;
  /** @type {JsonTree[]} */
  trees = [];
  /** Those of the trees that hold a beginning only. @type {Map<JsonTree, Begun>} */
  begun = new Map();
  query = "";
  /** What was found. @type {[tree: JsonTree, hit: number][]} */
  hits = [];
  at = -1;
  /** @type {Trace|null} */
  trace = null;
  /** The value whose lineage is shown. @type {Spot|null} */
  picked = null;
  jumped = false;
  fading = false; // grey what nobody used
  /** @type {HTMLButtonElement|null} */
  findButton = null;
  /** What head, tabs and panel were drawn for. @type {{head: string, tabs: string, panel: string|null}} */
  drawn = { head: "", tabs: "", panel: null };
  /** Numbers that stand for objects: the same one as long as it is the same object. @type {Map<string, {of: unknown, number: number}>} */
  identities = new Map();

  /**
   * @param {HTMLElement} host
   * @param {{load: (request: ValueRequest) => Promise<string>, select: (address: string|null, visit?: number|null) => void,
   *          collapse: () => void, answer: (message: PageRequest) => void,
   *          ask: (kind: RequestKind, request?: Partial<PageRequest>, patience?: number, busy?: boolean) => Promise<PageReply>,
   *          openItem: (visit: VisitMessage, item: ItemMessage) => void}} options
   */
  constructor(host, { load, select, collapse, answer, ask, openItem }) {
    this.host = host;
    this.load = load;
    this.ask = ask;
    this.select = select;
    this.answer = answer;
    this.head = h("div.ihead");
    this.tabHost = h("div.itabs");
    this.found = h("span.muted", { role: "status" });
    this.findField = h("input.field", {
      type: "search",
      placeholder: "Search keys and values",
      "aria-label": "Search in the data",
      onkeydown: (event) => this.#findKey(event),
    });
    this.findField.addEventListener("input", () => this.#search(this.findField.value, true));
    this.finder = h("div.finder.bar", { role: "search", hidden: true }, this.findField, this.found);
    this.panel = h("div.ibody", { role: "tabpanel", tabindex: "0", "aria-label": "Details" });
    this.table = new EventTable({ onState: (name) => this.#goTo(name), fetch: (first, many) => ask("events", { first, count: many }) });
    this.logList = new LogList({ select, ask: () => ask("logs") });
    this.text = new DefinitionView({ select });
    this.itemTable = new ItemTable({ ask: (request, patience) => ask("items", request, patience, true), open: openItem });
    this.editedState = new EditedState({ ask: (visit, text) => ask("try", { visit, text }) });
    this.runList = new RunList({ ask: (number) => ask("show_run", { number }), compare: (number) => ask("compare", { number }) });
    this.lineagePanel = new LineagePanel({
      go: (hop) => this.#goToHop(hop),
      close: (focus) => {
        this.picked = null;
        for (const tree of this.trees) tree.mark(null);
        if (focus) this.panel.focus({ preventScroll: true });
      },
      ask: async (spot) => (await ask("lineage", spot)).lineage,
    });
    this.collapse = collapse;
    host.append(this.head, this.tabHost, this.finder, this.panel, this.lineagePanel.element);
    host.addEventListener("keydown", (event) => {
      if (event.key === "/" && event.target instanceof Element && !event.target.matches("input, select") && this.trees.length) {
        event.preventDefault();
        this.#openFinder(true);
      }
    });
  }

  /** @param {Shown} shown */
  update(shown) {
    const before = this.shown;
    const moved = before !== NOTHING && (shown.address !== before.address || shown.visit !== before.visit || shown.live.run !== before.live.run);
    if (before !== NOTHING && shown.live.run !== before.live.run) {
      this.attempts.clear();
      this.whole.clear();
      this.lineagePanel.hide();
    }
    if (moved) this.theirs = null;
    if (before.visits !== shown.visits) this.trace = null;
    this.shown = shown;
    this.mine = shown.address === null ? [] : shown.visits.filter((visit) => visit.address === shown.address && (!shown.within || shown.within(visit)));
    this.visit =
      this.mine.find((visit) => visit.id === shown.visit) ||
      this.mine.find((visit) => visit.status === "failed") ||
      this.mine.find((visit) => visit.status === "caught" && visit.frame) ||
      this.mine.at(-1) ||
      null;
    this.#render(moved);
  }

  /** @param {boolean} moved something else is shown: from its top */
  #render(moved) {
    const inside = this.host.contains(document.activeElement);
    this.#fillAll(moved);
    // What had the focus may be gone: the reader stays here.
    if (inside && !this.host.contains(document.activeElement)) this.panel.focus({ preventScroll: true });
  }

  /** @param {boolean} moved */
  #fillAll(moved) {
    const items = this.#tabs();
    const chosen = items.some((item) => item.key === this.tab) ? this.tab : items[0].key;
    const scroll = this.panel.scrollTop;
    const headKey = JSON.stringify([
      this.shown.address,
      this.shown.machine.states?.[this.shown.address ?? ""],
      this.shown.live.status,
      this.shown.live.run,
      this.visit && [this.visit.id, this.#waitsUntil(), this.visit.status, this.visit.end_ms, this.visit.where],
      this.mine.length,
      this.#total(),
      Boolean(this.shown.missing?.get),
    ]);
    if (headKey !== this.drawn.head) {
      this.drawn.head = headKey;
      fill(this.head, this.shown.address === null ? this.#executionHead() : this.#stateHead());
    }
    if (chosen !== "flow" && chosen !== "scope") this.lineagePanel.hide();
    const tabKey = JSON.stringify([items, chosen]);
    if (tabKey !== this.drawn.tabs) {
      this.drawn.tabs = tabKey;
      const open = () => this.#openFinder(Boolean(this.finder.hidden));
      fill(
        this.tabHost,
        tabs({
          label: "Inspector",
          items,
          chosen,
          look: "tabs",
          choose: (key) => {
            this.tab = key;
            this.#render(true);
          },
        }),
        chosen === "flow" &&
          this.shown.live.run !== null &&
          h(
            "button.icon",
            {
              type: "button",
              title: "Grey what nobody used",
              "aria-label": "Grey what nobody used",
              "aria-pressed": String(this.fading),
              data: { key: "fade" },
              onclick: (event) => {
                this.fading = !this.fading;
                closest(event, "button")?.setAttribute("aria-pressed", String(this.fading));
                this.#render(false);
              },
            },
            glyph("fade"),
          ),
        (this.findButton = h(
          "button.icon",
          { type: "button", title: "Search in the data ( / )", "aria-label": "Search in the data", data: { key: "find" }, onclick: open },
          glyph("find"),
        )),
      );
    }
    const panelKey = `${chosen} ${this.#signature(chosen)}`;
    if (panelKey === this.drawn.panel) return;
    this.drawn.panel = panelKey;
    this.trees = [];
    this.begun.clear();
    /** @type {Record<string, {element: HTMLElement}|null>} */
    const all = {
      events: this.table,
      definition: this.text,
      logs: this.shown.address === null ? this.logList : null,
      runs: this.runList,
      items: this.itemTable,
      try: this.editedState,
    };
    const lasting = all[chosen];
    const kept = lasting && lasting.element.parentElement === this.panel;
    if (!kept) fill(this.panel, this.#content(chosen));
    else this.#content(chosen);
    this.panel.classList.toggle("full", Boolean(lasting) && chosen !== "try");
    const searchable = this.trees.length > 0;
    if (this.findButton) this.findButton.style.visibility = searchable ? "" : "hidden";
    if (!searchable) this.finder.hidden = true;
    this.panel.scrollTop = moved ? 0 : scroll;
    if (this.query && this.trees.length) this.#search(this.query, false);
  }

  /** A number for an object, another one as soon as it is another object. @param {string} tab @param {unknown} of */
  #identity(tab, of) {
    const before = this.identities.get(tab);
    const now = before && before.of === of ? before : { of, number: (before?.number ?? 0) + 1 };
    this.identities.set(tab, now);
    return now.number;
  }

  /** What says whether a tab must be drawn anew. @param {string} tab */
  #signature(tab) {
    const { address, live, machine, events } = this.shown;
    if (tab === "events") return `${address} ${this.#identity(tab, events)} ${live.events}`;
    if (tab === "logs" && address === null) return `${live.run} ${live.visits_total} ${logParts(this.shown.visits).length} ${live.done}`;
    if (tab === "runs") return JSON.stringify([this.shown.runs, live.run]);
    if (tab === "meters") return JSON.stringify([live.run, live.cost, live.events, live.largest, live.edge_bytes, live.seconds]);
    if (tab === "scope") return JSON.stringify([this.visit, live.context, live.run, this.shown.visits.length]);
    if (tab === "compare") return `${address} ${this.visit?.id} ${this.theirs} ${this.whole.size} ${this.#identity(tab, this.shown.compared)}`;
    if (tab === "items")
      return JSON.stringify([
        address,
        this.visit?.id,
        this.visit?.end_ms,
        live.run,
        live.seconds,
        live.statuses[address ?? ""],
        this.#identity(tab, this.shown.visits),
      ]);
    if (tab === "try") return JSON.stringify([address, this.visit?.id, this.visit?.status, live.run]);
    if (tab === "definition")
      return JSON.stringify([
        address,
        machine.name,
        machine.definition_text?.length,
        machine.states[address ?? ""]?.bound,
        machine.states[address ?? ""]?.definition,
      ]);
    const waiting = [(live.waiting || []).map((one) => one.token), (live.children || []).length, live.parent];
    if (address === null)
      return JSON.stringify([
        live.run,
        live.status,
        live.input,
        live.output,
        live.error,
        live.cause,
        this.whole.size,
        this.#failedVisit()?.id,
        waiting,
        live.debug?.paused,
        this.fading && this.shown.visits.length,
      ]);
    return JSON.stringify([
      address,
      this.visit,
      this.attempts.get(this.visit?.id ?? -1),
      this.whole.size,
      live.status,
      waiting,
      this.fading && this.shown.visits.length,
    ]);
  }

  /** Open a tab. @param {string} tab */
  show(tab) {
    this.tab = tab;
    this.#render(true);
  }

  /** @returns {Tab[]} */
  #tabs() {
    const { visit } = this;
    if (this.shown.address === null) {
      const { live, runs } = this.shown;
      const ran = live.run !== null;
      return present([
        this.shown.compared && { key: "compare", text: "Compare" },
        ran && { key: "flow", text: "Data" },
        ran && { key: "logs", text: "Logs" },
        ran && { key: "meters", text: "Meters" },
        runs.length > 0 && { key: "runs", text: `Runs ${count(runs.length)}` },
        { key: "definition", text: "Definition" },
        ran && { key: "events", text: "Events" },
      ]);
    }
    const { compared } = this.shown;
    const beside = compared &&
      (visit ? compared.pairs.has(visit.id) || this.mine.length > 0 : this.#twin(compared) !== null) && { key: "compare", text: "Compare" };
    if (!visit) return present([beside, { key: "definition", text: "Definition" }]);
    const lines = logsOf(visit).reduce((sum, part) => sum + part.text.split("\n").filter(Boolean).length, 0);
    /** @type {(Tab|false|null|undefined)[]} */
    const all = [
      beside,
      { key: "flow", text: "Data flow" },
      visit.type === "Map" && { key: "items", text: this.#itemsText() },
      errorsOf(visit).length > 0 && { key: "error", text: "Error", color: "bad" },
      (lines > 0 || visit.type === "Task") && { key: "logs", text: lines ? `Logs ${count(lines)}` : "Logs" },
      Boolean(visit.context || visit.variables) && { key: "scope", text: "Context" },
      { key: "definition", text: "Definition" },
      this.shown.asks && !visit.outline && { key: "try", text: "Try" },
      { key: "events", text: "Events" },
    ];
    return present(all);
  }

  /** "Items 10,000", "Batches 200" */
  #itemsText() {
    const { batches, total } = this.shown.live.statuses[this.shown.address ?? ""] || {};
    const many = batches ?? total;
    return `${batches === undefined ? "Items" : "Batches"}${many ? ` ${count(many)}` : ""}`;
  }

  /** What a tab holds. @param {string} tab @returns {Kid} */
  #content(tab) {
    const { address, machine, live, events, compared } = this.shown;
    if (tab === "events") {
      this.table.update(events, address === null ? null : (machine.states[address]?.name ?? ""), live.events || events.length, live.run);
      return this.table.element;
    }
    if (tab === "definition") {
      this.text.update(machine, address);
      return this.text.element;
    }
    if (tab === "compare") return compared && this.#comparison(compared);
    if (tab === "runs") {
      this.runList.update(this.shown.runs, live);
      return this.runList.element;
    }
    if (tab === "meters") return meters({ ...this.shown, select: this.select });
    if (tab === "logs" && address === null) {
      this.logList.update(this.shown);
      return this.logList.element;
    }
    if (address === null || !this.visit) return this.#execution();
    return this.#visitContent(tab, address, this.visit);
  }

  /** What a tab of a visit holds. @param {string} tab @param {string} address @param {VisitMessage} visit @returns {Kid} */
  #visitContent(tab, address, visit) {
    const { machine, live, visits, asks } = this.shown;
    switch (tab) {
      case "items":
        this.itemTable.update({ visit, visits, figures: live.statuses[address], live, asks });
        return this.itemTable.element;
      case "try":
        this.editedState.update({ visit, address, own: machine.states[address]?.definition || "", name: machine.name });
        return this.editedState.element;
      case "scope":
        return scopeParts({ visit, visits, live, select: this.select, trees: this.trees });
      case "error":
        return this.#errorTab(visit);
      case "logs":
        return this.#logTab(visit);
      default:
        return this.#flow(visit);
    }
  }

  /** What the run beside this one did in the state: in the visit that answers to this one, or in its first. @param {Compared} compared */
  #twin(compared) {
    const { address } = this.shown;
    return (this.visit ? compared.pairs.get(this.visit.id) : compared.other.visits.find((visit) => visit.address === address)) ?? null;
  }

  /** @param {Compared} compared */
  #comparison(compared) {
    const { address, live, machine } = this.shown;
    if (address === null) return runParts(live, compared.other.live, compared, (one) => machine.states[one]?.name ?? one, this.select, this.trees, this.#whole);
    const theirs = compared.other.visits.find((visit) => visit.id === this.theirs) ?? this.#twin(compared);
    return [this.#otherPicker(compared, theirs), ...visitParts(this.visit, theirs, this.trees, this.#whole)];
  }

  /** Chooses among the other run's visits of the state, where there is more than the one that answers to this one. @param {Compared} compared @param {VisitMessage|null} theirs */
  #otherPicker(compared, theirs) {
    const all = compared.other.visits.filter((visit) => visit.address === this.shown.address);
    const twin = this.#twin(compared);
    if (all.length < 2 && (!all.length || all[0] === twin)) return null;
    return h(
      "label.picker",
      {},
      h("b.cb", {}, "B"),
      h(
        "select.field",
        {
          "aria-label": "Visit of B",
          data: { key: "visit-b" },
          onchange: (event) => {
            this.theirs = Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value);
            this.#render(false);
          },
        },
        !theirs && h("option", { value: "0", selected: true }, "not there at this visit"),
        all.map((one, i) =>
          h(
            "option",
            { value: String(one.id), selected: one === theirs },
            `visit ${i + 1} of ${all.length} · ${[one.where, one.status, stamp(one.start_ms), one === twin && "answers to A's"].filter(Boolean).join(" · ")}`,
          ),
        ),
      ),
    );
  }

  /** A value of one of the runs that are compared, whole where it was loaded. @type {import("./comparison.js").Whole} */
  #whole = (side, visit, stage, given) => {
    const key = `${side} ${visit?.id ?? ""}/${stage}`;
    const value = this.#value(given, key);
    const request = { visit: visit?.id ?? null, stage, attempt: null, ...(side === "b" ? { other: true } : {}) };
    return {
      value,
      more:
        value.cut && (this.shown.asks ? this.#more(value, key, request) : h("div.more", {}, `the first ${bytes(value.text.length)} of ${bytes(value.bytes)}`)),
    };
  };

  // -- headers ------------------------------------------------------------------------------------------------------

  #fold() {
    return h(
      "button.icon",
      { type: "button", title: "Hide the inspector", "aria-label": "Hide the inspector", data: { key: "fold" }, onclick: this.collapse },
      glyph("right"),
    );
  }

  #executionHead() {
    const { machine, live } = this.shown;
    return [
      h("div.ititle", {}, h("h3", { "aria-level": "2" }, live.run === null ? machine.name : "Execution"), this.#fold()),
      h(
        "div.isub",
        {},
        live.run === null
          ? `${plural(Object.keys(machine.states).length, "state")} · not run yet · click a state for its definition`
          : `${live.run} · click a state for what it did`,
      ),
    ];
  }

  #stateHead() {
    const { machine, live, address } = this.shown;
    /** @type {Partial<StateMessage>} */
    const state = machine.states[address ?? ""] || { name: address ?? "", type: "?" };
    const visit = this.visit;
    const sub = [state.type, visit?.where, state.type !== "Choice" && state.detail !== state.type && state.detail].filter(Boolean).join(" · ");
    return [
      h(
        "div.ititle",
        {},
        h("h3", { "aria-level": "2", title: state.name }, state.name),
        visit && h(`span.pill.${statusColor(visit.status)}`, {}, h("span", { "aria-hidden": "true" }, `${MARKS[statusColor(visit.status)]} `), visit.status),
        h("span.grow"),
        h(
          "button.icon",
          { type: "button", title: "Show the execution", "aria-label": "Show the execution", data: { key: "up" }, onclick: () => this.select(null) },
          glyph("cross"),
        ),
        this.#fold(),
      ),
      h(
        "div.isub",
        {},
        sub,
        state.binding &&
          !(state.bound === false && visit && !`${visit.error}${visit.attempts.at(-1)?.error}`.includes("NotFound")) && [
            " → ",
            h(state.bound === false ? "span.unbound" : "span.k", {}, state.binding),
          ],
      ),
      visit && h("div.isub", {}, this.#when(visit)),
      !visit && live.run !== null && h("div.isub", {}, live.done ? "Not reached in this run." : "Not reached yet."),
      this.#picker(),
    ];
  }

  /** When the visit goes on, where it waits for a time. @returns {number|undefined} seconds since the start */
  #waitsUntil() {
    return this.shown.live.timers?.[this.visit?.id ?? ""];
  }

  /** @param {VisitMessage} visit */
  #when(visit) {
    const until = this.#waitsUntil();
    const still = until === undefined ? "" : visit.type === "Wait" ? `, waits until ${duration(until)}` : `, next attempt at ${duration(until)}`;
    const took =
      visit.end_ms === null
        ? `running since ${stamp(visit.start_ms)}${still}`
        : `entered at ${stamp(visit.start_ms)}, took ${duration((visit.end_ms - visit.start_ms) / 1000)}`;
    return visit.next ? `${took}, then ${visit.next}` : took;
  }

  #total() {
    return this.shown.live.statuses?.[this.shown.address ?? ""]?.visits ?? this.mine.length;
  }

  #picker() {
    const { mine, visit } = this;
    if (mine.length < 2 || !visit) return null;
    const at = mine.indexOf(visit);
    const go = (/** @type {number} */ index) => this.select(this.shown.address, mine[index].id);
    const total = this.#total();
    const { missing } = this.shown;
    return h(
      "div.picker",
      { role: "group", "aria-label": "Which visit" },
      h(
        "button.btn",
        { type: "button", title: "Earlier visit", "aria-label": "Earlier visit", disabled: at === 0, data: { key: "earlier" }, onclick: () => go(at - 1) },
        glyph("left"),
      ),
      h(
        "select.field",
        { "aria-label": "Visit", data: { key: "visit" }, onchange: (event) => go(Number(/** @type {HTMLSelectElement} */ (event.currentTarget).value)) },
        mine.map(
          (one, i) =>
            Math.abs(i - at) <= NEAR &&
            h(
              "option",
              { value: String(i), selected: i === at },
              `visit ${i + 1} of ${mine.length} · ${[one.where, one.status, stamp(one.start_ms)].filter(Boolean).join(" · ")}`,
            ),
        ),
      ),
      h(
        "button.btn",
        {
          type: "button",
          title: "Later visit",
          "aria-label": "Later visit",
          disabled: at === mine.length - 1,
          data: { key: "later" },
          onclick: () => go(at + 1),
        },
        glyph("right"),
      ),
      total > mine.length && [
        h("span.muted", { title: missing?.why ?? "The first, the last and the failed visits of each state are kept" }, `of ${count(total)} in all`),
        missing?.get && h("button.link", { type: "button", title: missing.why, data: { key: "picker-all" }, onclick: missing.get }, "get all"),
      ],
    );
  }

  // -- data flow ----------------------------------------------------------------------------------------------------

  /** The chosen attempt, or the last one. @param {VisitMessage} visit */
  #attempt(visit) {
    const { attempts = [] } = visit;
    const chosen = this.attempts.get(visit.id);
    return attempts.find((attempt) => attempt.number === chosen) || attempts.at(-1) || null;
  }

  /** @param {VisitMessage} visit @returns {Kid} */
  #flow(visit) {
    if (visit.outline) return [h("p.quiet", {}, "The data of this visit is asked for. It comes when the kernel is free.")];
    const attempts = visit.attempts || [];
    const attempt = this.#attempt(visit);
    const last = attempt === null || attempt === attempts.at(-1);
    const error = attempt?.error ? attempt : last && visit.error ? visit : null;
    /** @type {Kid[]} */
    const parts = [];
    if (attempts.length > 1) parts.push(this.#attemptTabs(visit, attempt?.number ?? 0));
    for (const child of (this.shown.live.children || []).filter((one) => one.visit === visit.id)) parts.push(this.#runLink("Started", child));
    const form = this.#answerForm(visit);
    if (form) parts.push(form);
    if (error) parts.push(this.#errorCard(error, last));
    const stages = stagesOf(visit, last ? null : attempt);
    const outputAt = stages.findIndex((stage) => stage.name === "output");
    const decides = visit.type === "Choice"; // what it decided is what it did
    if (decides) parts.push(this.#rules(visit));
    stages.forEach((stage, i) => {
      if (i === outputAt) parts.push(!decides && this.#rules(visit), this.#assigned(visit));
      parts.push(this.#stage(stage, stages, `${visit.id}`, { visit: visit.id, stage: stage.name, attempt: attempt?.number ?? null }));
    });
    if (outputAt < 0) parts.push(!decides && this.#rules(visit), this.#assigned(visit));
    if (!form && !visit.output && visit.status === "running")
      parts.push(h("div.quiet", {}, h("span.pulse"), visit.type === "Task" ? " waiting for the answer" : " still running"));
    if (visit.summary) parts.push(h("p.words", {}, "In words: ", words(visit.summary)));
    return parts;
  }

  /** @param {VisitMessage} visit @param {number} chosen attempt */
  #attemptTabs(visit, chosen) {
    return tabs({
      label: "Attempts",
      look: "attempts",
      chosen: String(chosen),
      items: visit.attempts.map((one) => ({
        key: String(one.number),
        color: statusColor(one.status),
        text: [`attempt ${one.number}`, one.delay_s ? `+${duration(one.delay_s)}` : "", one.error || one.status].filter(Boolean).join(" · "),
        hint: one.delay_s ? `started ${duration(one.delay_s)} after the one before failed` : undefined,
      })),
      choose: (key) => {
        this.attempts.set(visit.id, Number(key));
        this.#render(false);
      },
    });
  }

  /** The way to a run that this one started, or that started it. @param {string} what @param {RelatedRunMessage} run */
  #runLink(what, { machine, name }) {
    const note = h("span.muted", { role: "status" });
    const open = async () => {
      try {
        const { found } = await this.ask("open", { name });
        if (!found) fill(note, " The kernel no longer has this run.");
      } catch (problem) {
        fill(note, ` ${why(problem)}`);
      }
    };
    return h("p.door", {}, `${what} `, h("button.link", { type: "button", data: { key: `open:${name}` }, onclick: open }, `${machine} · ${name}`), note);
  }

  /** The form that answers a task which waits for its token; null for any other visit. @param {VisitMessage} visit */
  #answerForm(visit) {
    const waiting = (this.shown.live.waiting || []).find((one) => one.visit === visit.id);
    if (!waiting) return null;
    const form = this.forms.get(waiting.token) ?? new AnswerForm(waiting, this.answer);
    this.forms.set(waiting.token, form);
    return form.element;
  }

  /** The tasks that wait for somebody, each a link to its form. */
  #waiting() {
    return (this.shown.live.waiting || []).flatMap((one) => {
      const visit = this.shown.visits.find((other) => other.id === one.visit);
      return visit
        ? [
            h(
              "div.quiet",
              {},
              h("span.pulse"),
              " ",
              h(
                "button.link",
                { type: "button", data: { key: `waits:${one.token}` }, onclick: () => this.select(visit.address, visit.id) },
                `${one.state} waits for an answer`,
              ),
            ),
          ]
        : [];
    });
  }

  /**
   * One stage: name, the expression that made it, its size, the value with what changed.
   * @param {Stage} stage @param {Stage[]} stages @param {string} owner @param {ValueRequest} request
   */
  #stage(stage, stages, owner, request) {
    const key = `${owner}/${stage.name}/${request.attempt ?? ""}`;
    const value = this.#value(stage.value, key);
    const { before, same, folded } = this.#compare(stage, stages, (other) => this.#value(other.value, `${owner}/${other.name}/${request.attempt ?? ""}`));
    const card = h("section.stage", { "aria-label": stage.name });
    const body = h("div.sbody", { hidden: folded });
    let drawn = false;
    const draw = () => {
      if (drawn) return;
      drawn = true;
      fill(body, this.#tree(value, key, stage, before, request));
    };
    if (!folded) draw();
    const toggle = h(
      "button.stitle",
      {
        type: "button",
        "aria-expanded": String(!folded),
        data: { key: `stage:${stage.name}` },
        onclick: () => {
          body.hidden = !body.hidden;
          toggle.setAttribute("aria-expanded", String(!body.hidden));
          this.folded.set(stage.name, body.hidden);
          draw();
        },
      },
      h("span.jtw"),
      stage.name,
    );
    const made = [stage.expression, same && `same as ${same.name}`].filter(Boolean).join(" · ");
    const long = made.length + stage.name.length > 36;
    add(card, [
      h(
        `div.shead${long ? ".long" : ""}`,
        {},
        toggle,
        h("code", { title: made }, made),
        this.#size(value.bytes, stage.name),
        copyButton(() => this.#value(stage.value, key).text, `${stage.name}${value.cut ? " (what is here)" : ""}`),
      ),
      body,
    ]);
    return card;
  }

  /**
   * What a stage is drawn against, which stage it equals, and whether it says nothing new. Where the output is what
   * the stage before it made, that stage is folded and the output shows what changed.
   * @param {Stage} stage @param {Stage[]} stages @param {(stage: Stage) => Value} valueAt
   */
  #compare(stage, stages, valueAt) {
    const value = valueAt(stage);
    const equals = (/** @type {Stage|null} */ other) => other !== null && !value.cut && valueAt(other).text === value.text;
    const outputAt = stages.findIndex((other) => other.name === "output");
    const output = stages[outputAt] ?? null;
    const early = !["input", "output"].includes(stage.name) && stages[outputAt - 1] === stage && equals(output);
    const base = earlier(stage, stages);
    const same = early ? output : equals(base) ? base : null;
    const news = same === null || (stage.name === "output" && same.name !== "input");
    const before = stage.name === "output" && same && news ? earlier(same, stages) : base;
    return { before, same: news ? null : same, folded: this.folded.get(stage.name) ?? !news };
  }

  /** A value, the whole of it where that was loaded. @param {Value|undefined} value @param {string} key @returns {Value} */
  #value(value, key) {
    const whole = this.whole.get(key);
    return whole === undefined ? value || { text: "", bytes: 0, cut: false } : { text: whole, bytes: value?.bytes ?? 0, cut: false };
  }

  /** @param {number} n @param {string} name the stage's */
  #size(n, name) {
    const full = name === "input" || name === "output";
    const share = n / LIMIT;
    return h(
      `span.size${share > 1 ? ".bad" : share > 0.8 ? ".caught" : ""}`,
      { title: `${count(n)} of ${count(LIMIT)} bytes (${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %)` },
      full ? `${bytes(n)} of ${count(LIMIT)}` : bytes(n),
      share > 0.05 && h("span.meter", { "aria-hidden": "true" }, h("i", { style: `width:${Math.min(100, share * 100)}%` })),
    );
  }

  /** @param {Value} value @param {string} key @param {Stage} stage @param {Stage|null} before @param {ValueRequest} request @returns {Kid} */
  #tree(value, key, stage, before, request) {
    const memory = this.opened.get(stage.name) ?? new Map();
    this.opened.set(stage.name, memory);
    const old = before && this.#value(before.value, key.replace(`/${stage.name}/`, `/${before.name}/`));
    const spot = { visit: request.visit ?? 0, stage: stage.name, path: [] };
    const tree = new JsonTree({
      text: value.text,
      before: old ? old.text : null,
      beforeCut: Boolean(old?.cut),
      label: stage.name,
      memory,
      ...this.#tracing(spot, request.attempt),
    });
    this.#addTree(tree, spot);
    if (value.cut) this.begun.set(tree, { name: stage.name, key, request });
    return [tree.element, value.cut && this.#more(value, key, request)];
  }

  // -- where values came from ---------------------------------------------------------------------------------------

  /**
   * What a tree needs so that its values can be followed and greyed. An earlier attempt's result went nowhere.
   * @param {Spot} place of its root @param {number|null=} attempt
   */
  #tracing(place, attempt) {
    if (attempt && place.stage === "result" && attempt !== this.visit?.attempts?.at(-1)?.number) return {};
    const trace = this.#traceNow();
    const below = (/** @type {PathMessage} */ path) => ({ ...place, path: [...place.path, ...path] });
    return {
      onPick: (/** @type {PathMessage} */ path) => this.#pick(below(path)),
      isUnused: this.fading && this.shown.live.done ? (/** @type {PathMessage} */ path) => trace.isUsed(below(path)) === false : null,
    };
  }

  #traceNow() {
    return (this.trace ||= new Trace(this.shown.visits));
  }

  /** Remember a tree; mark the value that is being told of. @param {JsonTree} tree @param {Spot} spot the place of its root */
  #addTree(tree, spot) {
    this.trees.push(tree);
    const { picked } = this;
    if (!picked || picked.visit !== spot.visit || picked.stage !== spot.stage) return;
    const row = tree.mark(picked.path.slice(spot.path.length));
    if (this.jumped) {
      this.jumped = false;
      requestAnimationFrame(() => row?.scrollIntoView({ block: "nearest" }));
    }
  }

  /** @param {Spot} spot */
  #pick(spot) {
    this.picked = spot;
    const name = this.shown.visits.find((visit) => visit.id === spot.visit)?.name || "";
    for (const tree of this.trees) tree.mark(null);
    this.lineagePanel.show(spot, this.#traceNow(), name);
  }

  /** A line of the panel was chosen: show its state with the value marked; the panel stays. @param {HopMessage} hop */
  #goToHop(hop) {
    this.picked = { visit: hop.visit, stage: hop.stage, path: hop.path };
    this.jumped = true;
    this.folded.set(hop.stage, false);
    this.tab = hop.stage === "variables" || hop.stage === "context" ? "scope" : "flow";
    this.drawn.panel = null;
    this.select(hop.address, hop.visit || null);
  }

  /** @param {Value} value @param {string} key @param {ValueRequest} request */
  #more(value, key, request) {
    const button = h(
      "button.link",
      {
        type: "button",
        onclick: async () => {
          button.disabled = true;
          fill(button, "asking the kernel …");
          try {
            if (await this.#loadWhole(key, request)) this.#render(false);
          } catch (problem) {
            button.disabled = false;
            fill(button, `${why(problem)} Try again`);
          }
        },
      },
      "Load the whole value",
    );
    return h("div.more", {}, `the first ${bytes(value.text.length)} of ${bytes(value.bytes)} · `, button);
  }

  /** @param {VisitMessage} visit */
  #rules({ rules }) {
    if (!rules?.length) return null;
    return h(
      "section.stage",
      { "aria-label": "Choices" },
      h("div.shead", {}, h("span.stitle", {}, "Choices"), h("code", {}, "the first that matches decides")),
      h(
        "table.rules",
        {},
        h(
          "tbody",
          {},
          rules.map((rule) =>
            h(
              `tr${rule.matched ? ".on" : ""}`,
              {},
              h(
                "td.mark",
                { title: rule.matched === null ? "not tried" : rule.matched ? "matched" : "did not match" },
                rule.matched === null ? "–" : rule.matched ? "✓" : "✗",
              ),
              h("td", {}, h("code", {}, rule.text), this.#parts(rule)),
              h("td.next", {}, "→ ", rule.next),
            ),
          ),
        ),
      ),
    );
  }

  /** What each condition of a rule saw, and what came of it. @param {Rule} rule */
  #parts(rule) {
    const { parts = [] } = rule;
    if (!parts.length) return rule.why && h("div.muted", {}, rule.why.startsWith(`${rule.text}: `) ? `saw ${rule.why.slice(rule.text.length + 2)}` : rule.why);
    const saw = (/** @type {Part} */ part) =>
      part.value === undefined ? "nothing there" : part.value.length > 80 ? `${part.value.slice(0, 79)}…` : part.value;
    if (parts.length === 1) return h("div.muted", {}, "saw ", h("code", { title: parts[0].value }, saw(parts[0])));
    return h(
      "table.parts",
      {},
      h("caption.away", {}, `Conditions of ${rule.text}`),
      h(
        "thead.away",
        {},
        h(
          "tr",
          {},
          ["outcome", "condition", "value"].map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        {},
        parts.map((part) =>
          h(
            `tr${part.matched ? ".matched" : ""}`,
            {},
            h(
              "td.mark",
              {},
              h(
                "span",
                {
                  role: "img",
                  "aria-label": part.matched === null ? "not looked at" : String(part.matched),
                  title: part.matched === null ? "not looked at" : String(part.matched),
                },
                part.matched === null ? "–" : part.matched ? "✓" : "✗",
              ),
            ),
            h("td", {}, h("code", {}, part.text)),
            h("td.saw", { title: part.value }, part.matched === null && part.value === undefined ? "" : h("code", {}, saw(part))),
          ),
        ),
      ),
    );
  }

  /** @param {VisitMessage} visit */
  #assigned(visit) {
    const values = Object.entries(visit.assigned || {});
    if (!values.length) return null;
    return h(
      "section.stage",
      { "aria-label": "Variables" },
      h("div.shead", {}, h("span.stitle", {}, "variables"), h("code", {}, "Assign")),
      h(
        "div.sbody",
        {},
        values.map(([name, { text }]) => {
          const spot = { visit: visit.id, stage: "assigned", path: [name] };
          const tree = new JsonTree({ text, label: `$${name}`, ...this.#tracing(spot) });
          this.#addTree(tree, spot);
          return h("div.variable", {}, h("code.k", {}, `$${name}`), tree.element);
        }),
      ),
    );
  }

  // -- errors, logs, definition, execution --------------------------------------------------------------------------

  /** @param {Failure} error @param {boolean} last it is the last one of the visit @param {boolean} whole its cause stands below */
  #errorCard(error, last, whole = false) {
    const { message, rest } = readCause(error.cause ?? "");
    const caught = this.visit?.status === "caught" || !last;
    const trace = error.traceback || (whole ? "" : rest);
    const said = (error.logs || "").trim().split("\n").slice(-3).join("\n"); // what to do where nothing answers stands there
    return h(
      `section.stage.err${caught ? ".soft" : ""}`,
      { "aria-label": (error.number ?? 0) > 1 || !last ? `Error of attempt ${error.number}` : "Error" },
      h(
        "div.shead",
        {},
        h("span.etitle", {}, h("span", { "aria-hidden": "true" }, "✕ "), h("bdi", {}, error.error), message && [": ", h("bdi", {}, message)]),
        this.visit && h("span.outcome", {}, last ? outcome(this.visit) : "retried"),
      ),
      !error.traceback && said && h("div.sbody.said", {}, said),
      trace && h(error.traceback ? "pre.trace" : "pre.trace.wrap", { tabindex: "0" }, traceback(trace)),
    );
  }

  /** @param {VisitMessage} visit */
  #errorTab(visit) {
    const { attempts = [] } = visit;
    return errorsOf(visit)
      .reverse()
      .map((error) => {
        const { cause } = error;
        const last = error === visit || error === attempts.at(-1);
        return h(
          "div.errors",
          {},
          attempts.length > 1 &&
            error.number &&
            h("h4", { "aria-level": "3" }, `attempt ${error.number}`, error.delay_s ? h("span.muted", {}, ` · after ${duration(error.delay_s)}`) : null),
          this.#errorCard(error, last, true),
          last &&
            cause &&
            h(
              "section.stage",
              { "aria-label": "Cause" },
              h(
                "div.shead",
                {},
                h("span.stitle", {}, "Cause"),
                h("code", {}, "as the execution's history has it"),
                copyButton(() => cause, "the cause"),
              ),
              h("div.sbody", {}, this.#causeBody(cause)),
            ),
        );
      });
  }

  /** @param {string} cause */
  #causeBody(cause) {
    if (!/^\s*[{[]/.test(cause)) return h("pre", {}, cause);
    const tree = new JsonTree({ text: cause, label: "Cause" });
    this.trees.push(tree);
    return tree.element;
  }

  /** @param {VisitMessage} visit */
  #logTab(visit) {
    const parts = logsOf(visit);
    if (!parts.length) return h("p.quiet", {}, "Nothing was printed or logged.");
    return parts.map((part) =>
      h(
        "section.stage",
        {},
        h(
          "div.shead",
          {},
          h("span.stitle", {}, part.title || "output"),
          copyButton(() => part.text, "the log"),
        ),
        h("pre.log", {}, part.text),
      ),
    );
  }

  /** The visit that ended the run: the last failed one of the top level, or the one inside it whose error it passed on. */
  #failedVisit() {
    const failed = this.shown.visits.filter((visit) => visit.status === "failed");
    let found = failed.filter((visit) => !visit.frame).at(-1) || failed.filter((visit) => visit.error === this.shown.live.error).at(-1) || null;
    for (let inner = found; inner; ) {
      const { address, id, frame, error } = inner;
      found = inner;
      inner =
        failed
          .filter((visit) => visit.id > id && visit.error === error && visit.address.startsWith(`${address}/`) && visit.frame.startsWith(frame))
          .sort((a, b) => depth(a) - depth(b) || (b.end_ms ?? 0) - (a.end_ms ?? 0))[0] ?? null;
    }
    return found;
  }

  /** @returns {Kid} */
  #execution() {
    const { live } = this.shown;
    /** @type {Kid[]} */
    const parts = [];
    const blame = this.#failedVisit();
    this.visit = null;
    if (live.parent) parts.push(this.#runLink("Started by", live.parent));
    if (live.error) {
      const card = this.#errorCard(
        { error: live.error, cause: live.cause, traceback: blame?.traceback || blame?.attempts?.at(-1)?.traceback, logs: blame?.attempts?.at(-1)?.logs },
        true,
      );
      if (blame) {
        card
          .querySelector(".shead")
          ?.append(
            h("button.link", { type: "button", data: { key: "blame" }, onclick: () => this.select(blame.address, blame.id) }, "in ", h("bdi", {}, blame.name)),
          );
      }
      parts.push(card);
    }
    parts.push(...this.#waiting());
    const stages = [
      { name: "input", expression: "", value: live.input },
      { name: "output", expression: "", value: live.output },
    ].filter((stage) => stage.value);
    for (const stage of stages) parts.push(this.#stage(stage, [stage], "run", { visit: null, stage: stage.name, attempt: null }));
    if (live.status === "RUNNING")
      parts.push(
        live.debug?.paused
          ? h("div.quiet", {}, "It stands still. The strip above says where; Into, Over and Continue go on.")
          : h("div.quiet", {}, h("span.pulse"), " running"),
      );
    return parts;
  }

  /** Choose a state. @param {string} name */
  #goTo(name) {
    const found = Object.entries(this.shown.machine.states).find(([, state]) => state.name === name);
    if (found) this.select(found[0]);
  }

  // -- search -------------------------------------------------------------------------------------------------------

  /** @param {KeyboardEvent} event */
  #findKey(event) {
    if (event.key === "Enter") {
      event.preventDefault();
      this.#next(event.shiftKey ? -1 : 1);
    }
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      this.#openFinder(false);
    }
  }

  /** @param {boolean} open */
  #openFinder(open) {
    this.finder.hidden = !open;
    if (open) {
      this.findField.focus();
      this.findField.select();
    } else {
      this.findField.value = "";
      this.#search("", false);
      this.findButton?.focus();
    }
  }

  /** @param {string} query @param {boolean} jump show the first match */
  #search(query, jump) {
    this.query = query;
    this.hits = this.trees.flatMap((tree) => Array.from({ length: tree.find(query.trim()) }, (_, i) => /** @type {[JsonTree, number]} */ ([tree, i])));
    this.at = -1;
    if (!query.trim()) {
      fill(this.found);
      return;
    }
    this.#say(this.hits.length ? plural(this.hits.length, "match").replace("matchs", "matches") : "no match");
    if (jump && this.hits.length) this.#next(1);
  }

  /** What was found; where values are only begun here, that, and the way to all of them. @param {string} text */
  #say(text) {
    const begun = [...this.begun.values()];
    const button = h("button.link", { type: "button", data: { key: "search-all" }, onclick: () => this.#searchAll(begun) }, "search all of it");
    fill(this.found, text, begun.length > 0 && [` in the beginning of ${[...new Set(begun.map((one) => one.name))].join(", ")} · `, button]);
  }

  /** Get a value whole; false where another run is shown by then. @param {string} key @param {ValueRequest} request */
  async #loadWhole(key, request) {
    const { run } = this.shown.live;
    const text = await this.load(request);
    if (this.shown.live.run !== run) return false;
    this.whole.set(key, text);
    return true;
  }

  /** Get whole what is only begun here, then search again. @param {Begun[]} begun */
  async #searchAll(begun) {
    fill(this.found, "asking the kernel …");
    try {
      let same = true;
      for (const { key, request } of begun) same &&= await this.#loadWhole(key, request);
      this.#render(false);
      this.#search(this.query, same);
    } catch (problem) {
      fill(this.found, `${why(problem)} Only the beginning was searched.`);
    }
  }

  /** @param {number} step */
  #next(step) {
    if (!this.hits.length) return;
    this.at = (this.at + step + this.hits.length) % this.hits.length;
    for (const tree of this.trees) tree.element.querySelector(".now")?.classList.remove("now");
    const [tree, hit] = this.hits[this.at];
    tree.show(hit);
    this.#say(`${this.at + 1} of ${count(this.hits.length)}`);
  }

  dispose() {
    this.table.dispose();
    this.text.dispose();
    this.itemTable.dispose();
    this.editedState.dispose();
  }
}

/**
 * What the data went through in a visit; of an attempt that was not the last one, as far as that came.
 * @param {VisitMessage} visit @param {AttemptMessage|null} attempt an earlier one @returns {Stage[]}
 */
function stagesOf(visit, attempt) {
  /** @type {Stage[]} */
  const all = visit.stages?.length
    ? visit.stages
    : present([{ name: "input", expression: "", value: visit.input }, visit.output && { name: "output", expression: "", value: visit.output }]);
  if (!attempt) return all;
  const middle = all.findIndex((stage) => stage.name === "result" || stage.name === "output");
  return [
    ...(middle < 0 ? all : all.slice(0, middle)),
    ...(attempt.output ? [{ name: "result", expression: `attempt ${attempt.number}`, value: attempt.output }] : []),
  ];
}

/** The attempts of a visit that failed, or the visit itself, in a new list. @param {VisitMessage} visit @returns {Failure[]} */
function errorsOf(visit) {
  const failed = (visit.attempts || []).filter((attempt) => attempt.error);
  return failed.length ? failed : visit.error ? [visit] : [];
}

/** What a visit's attempts printed and logged. @param {VisitMessage} visit */
function logsOf({ attempts = [], logs }) {
  const parts = attempts
    .filter((attempt) => attempt.logs)
    .map((attempt) => ({ title: attempts.length > 1 ? `attempt ${attempt.number}` : "", text: attempt.logs }));
  return parts.length || !logs ? parts : [{ title: "", text: logs }];
}

/** What came of a visit's error. @param {VisitMessage} visit */
function outcome(visit) {
  if (visit.status === "caught") return `caught${visit.next ? ` → ${visit.next}` : ""}`;
  return visit.status === "failed" ? "not caught" : visit.status;
}

/** The stage that a stage is compared with, null for none. @param {Stage} stage @param {Stage[]} stages */
const earlier = (stage, stages) =>
  (COMPARED_WITH[stage.name] || []).map((name) => stages.find((other) => other.name === name)).find((other) => other?.value) || null;

/** How many containers a visit was in. @param {VisitMessage} visit */
const depth = (visit) => (visit.frame ? visit.frame.split("/").length : 0);

/** Lambda's causes are JSON with errorMessage: say that, keep the rest. @param {string} cause */
function readCause(cause) {
  if (!cause) return { message: "", rest: "" };
  try {
    const body = JSON.parse(cause);
    if (body && typeof body.errorMessage === "string") {
      return { message: body.errorMessage, rest: Array.isArray(body.stackTrace) ? body.stackTrace.join("").trimEnd() : "" };
    }
  } catch {
    /* not JSON: the cause is the message */
  }
  return cause.length <= 120 && !cause.includes("\n") ? { message: cause, rest: "" } : { message: "", rest: cause };
}

/** The places of a traceback stand out from its lines of code. @param {string} text */
function traceback(text) {
  return text
    .split("\n")
    .flatMap((line, i) => [
      i ? "\n" : "",
      /^\s*(File |cell |Cell |Traceback)/.test(line) || /, line \d+/.test(line) ? h("span.where", {}, line) : h("span.line", {}, line),
    ]);
}

/** Paths and quoted names in a sentence are set apart. @param {string} text */
function words(text) {
  return text.split(/(\$[\w.$[\]*'-]*[\w\]]|“[^”]*”|`[^`]*`)/).map((part, i) => (i % 2 ? h("span.k", {}, part.replace(/^`|`$/g, "")) : part));
}
