// @ts-nocheck: its types are still to be written
// inspector: what one state did, read from top to bottom as the data flowed. With no state chosen: the execution.
// Everything shown is already in the page; only values that were cut off ask the kernel.

import { AnswerForm } from "./callback.js";
import { runParts, visitParts } from "./comparison.js";
import { DefinitionView } from "./definition.js";
import { add, copyButton, fill, glyph, h, tabs } from "../dom.js";
import { EventTable } from "../timeline/events.js";
import { bytes, count, duration, plural, stamp, tone } from "../format.js";
import { ItemTable } from "./items.js";
import { JsonTree } from "./json.js";
import { Trace } from "./lineage.js";
import { LogList, logParts } from "./logs.js";
import { meters } from "./meters.js";
import { Origin } from "./lineage_panel.js";
import { RunList } from "../runs.js";
import { EditedState } from "./edited_state.js";
import { scopeParts } from "./variables.js";

const LIMIT = 262144;
const NEAR = 300; // visits before and after the chosen one that the list holds

/** Which earlier stage a stage is compared with; the first of these that is there. */
const COMPARED_WITH = {
  afterInputPath: ["input"],
  afterParameters: ["afterInputPath", "input"],
  afterArguments: ["afterInputPath", "input"],
  afterItemsPath: ["afterInputPath", "input"],
  afterResultSelector: ["result"],
  afterResultPath: ["afterInputPath", "input"],
  output: ["afterResultPath", "afterResultSelector", "result", "afterParameters", "afterInputPath", "input"],
};

const MARKS = { run: "●", ok: "✓", bad: "✕", caught: "↷", gone: "⊘", held: "‖", none: "" };

/**
 * @typedef {{machine: any, live: any, visits: any[], events: any[], address: string|null, visit: number|null}} Shown
 */
export class Inspector {
  /**
   * @param {HTMLElement} host
   * @param {{load: (request: object) => Promise<string>, select: (address: string|null, visit?: number|null) => void,
   *          collapse: () => void, answer: (message: object) => void,
   *          ask: (kind: string, request?: object, patience?: number, busy?: boolean) => Promise<object>,
   *          openItem: (visit: object, item: object) => void}} options
   */
  constructor(host, { load, select, collapse, answer, ask, openItem }) {
    this.host = host;
    this.load = load;
    this.ask = ask;
    this.select = select;
    this.answer = answer;
    this.forms = new Map(); // token -> the form that answers it
    this.tab = "flow";
    this.attempts = new Map(); // visit id -> chosen attempt
    this.opened = new Map(); // stage -> Map of opened paths
    this.folded = new Map(); // stage -> folded by hand
    this.whole = new Map(); // key -> whole text of a cut value
    this.trees = [];
    this.query = "";
    this.head = h("div.ihead");
    this.tabHost = h("div.itabs");
    this.finder = this.#finder();
    this.panel = h("div.ibody", { role: "tabpanel", tabindex: "0", "aria-label": "Details" });
    this.table = new EventTable({ onState: (name) => this.#goTo(name), fetch: (first, many) => ask("events", { first, count: many }) });
    this.logList = new LogList({ select, ask: () => ask("logs") });
    this.text = new DefinitionView({ select });
    this.itemTable = new ItemTable({ ask: (request, patience) => ask("items", request, patience, true), open: openItem });
    this.editedState = new EditedState({ ask: (visit, text) => ask("try", { visit, text }) });
    this.runList = new RunList({ ask: (number) => ask("show_run", { number }), compare: (number) => ask("compare", { number }) });
    this.origin = new Origin({
      go: (hop) => this.#goToHop(hop),
      close: (focus) => { this.picked = null; for (const tree of this.trees) tree.mark(null); if (focus) this.panel.focus({ preventScroll: true }); },
      ask: async (spot) => (await ask("lineage", spot)).lineage,
    });
    this.fading = false; // grey what nobody used
    this.collapse = collapse;
    host.append(this.head, this.tabHost, this.finder, this.panel, this.origin.element);
    host.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.matches("input, select") && this.trees.length) { event.preventDefault(); this.#openFinder(true); }
    });
  }

  /** @param {Shown} shown */
  update(shown) {
    const moved = this.shown && (shown.address !== this.shown.address || shown.visit !== this.shown.visit || shown.live.run !== this.shown.live.run);
    if (this.shown && shown.live.run !== this.shown.live.run) { this.attempts.clear(); this.whole.clear(); this.origin.hide(); }
    if (!this.trace || this.shown?.visits !== shown.visits) this.trace = null;
    this.shown = shown;
    this.mine = shown.address === null ? [] : shown.visits.filter((visit) => visit.address === shown.address && (!shown.within || shown.within(visit)));
    this.visit = this.mine.find((visit) => visit.id === shown.visit)
      || this.mine.find((visit) => visit.status === "failed") || this.mine.find((visit) => visit.status === "caught" && visit.frame) || this.mine.at(-1) || null;
    this.#render(moved);
  }

  #render(moved) {
    const inside = this.host.contains(document.activeElement);
    this.#fillAll(moved);
    // What had the focus may be gone: the reader stays here.
    if (inside && !this.host.contains(document.activeElement)) this.panel.focus({ preventScroll: true });
  }

  #fillAll(moved) {
    const items = this.#tabs();
    const chosen = items.some((item) => item.key === this.tab) ? this.tab : items[0].key;
    const scroll = this.panel.scrollTop;
    const headKey = JSON.stringify([this.shown.address, this.shown.machine.states?.[this.shown.address], this.shown.live.status, this.shown.live.run,
      this.visit && [this.visit.id, this.#rest(), this.visit.status, this.visit.end_ms, this.visit.where], this.mine.length, this.#total(), Boolean(this.shown.missing?.get)]);
    if (headKey !== this.headKey) { this.headKey = headKey; fill(this.head, this.shown.address === null ? this.#executionHead() : this.#stateHead()); }
    if (chosen !== "flow" && chosen !== "scope") this.origin.hide();
    const tabKey = JSON.stringify([items, chosen]);
    if (tabKey !== this.tabKey) {
      this.tabKey = tabKey;
      const open = () => this.#openFinder(this.finder.hidden);
      fill(this.tabHost, tabs({ label: "Inspector", items, chosen, look: "tabs", choose: (key) => { this.tab = key; this.#render(true); } }),
        chosen === "flow" && this.shown.live.run !== null && h("button.icon", {
          type: "button", title: "Grey what nobody used", "aria-label": "Grey what nobody used", "aria-pressed": String(this.fading), data: { key: "fade" },
          onclick: (event) => { this.fading = !this.fading; event.currentTarget.setAttribute("aria-pressed", String(this.fading)); this.#render(false); },
        }, glyph("fade")),
        this.findButton = h("button.icon", { type: "button", title: "Search in the data ( / )", "aria-label": "Search in the data", data: { key: "find" }, onclick: open }, glyph("find")));
    }
    const panelKey = `${chosen} ${this.#signature(chosen)}`;
    if (panelKey === this.panelKey) return;
    this.panelKey = panelKey;
    this.trees = [];
    const lasting = { events: this.table, definition: this.text, logs: this.shown.address === null && this.logList, runs: this.runList, items: this.itemTable, try: this.editedState }[chosen];
    const kept = lasting && lasting.element.parentElement === this.panel;
    if (!kept) fill(this.panel, this.#content(chosen)); else this.#content(chosen);
    this.panel.classList.toggle("full", Boolean(lasting) && chosen !== "try");
    const searchable = this.trees.length > 0;
    this.findButton.style.visibility = searchable ? "" : "hidden";
    if (!searchable) this.finder.hidden = true;
    this.panel.scrollTop = moved ? 0 : scroll;
    if (this.query && this.trees.length) this.#search(this.query, false);
  }

  #signature(tab) {
    const { address, live, machine, events } = this.shown;
    if (tab === "events") { this.stamp = (this.stamp || 0) + (this.stampOf === events ? 0 : 1); this.stampOf = events; return `${address} ${this.stamp} ${live.events}`; }
    if (tab === "logs" && address === null) return `${live.run} ${live.visits_total} ${logParts(this.shown.visits).length} ${live.done}`;
    if (tab === "runs") return JSON.stringify([this.shown.runs, live.run]);
    if (tab === "meters") return JSON.stringify([live.run, live.cost, live.events, live.largest, live.edge_bytes, live.seconds]);
    if (tab === "scope") return JSON.stringify([this.visit, live.context, live.run, this.shown.visits.length]);
    if (tab === "compare") { this.compareStamp = (this.compareStamp || 0) + (this.compareOf === this.shown.compared ? 0 : 1); this.compareOf = this.shown.compared; return `${address} ${this.visit?.id} ${this.compareStamp}`; }
    if (tab === "items") { this.itemStamp = (this.itemStamp || 0) + (this.itemsOf === this.shown.visits ? 0 : 1); this.itemsOf = this.shown.visits; return JSON.stringify([address, this.visit?.id, this.visit?.end_ms, live.run, live.seconds, live.statuses[address], this.itemStamp]); }
    if (tab === "try") return JSON.stringify([address, this.visit?.id, this.visit?.status, live.run]);
    if (tab === "definition") return JSON.stringify([address, machine.name, machine.definition_text?.length, machine.states[address]?.bound, machine.states[address]?.definition]);
    const waiting = [(live.waiting || []).map((one) => one.token), (live.children || []).length, live.parent];
    if (address === null) return JSON.stringify([live.run, live.status, live.input, live.output, live.error, live.cause, this.whole.size, this.#blame()?.id, waiting, live.debug?.paused, this.fading && this.shown.visits.length]);
    return JSON.stringify([address, this.visit, this.attempts.get(this.visit?.id), this.whole.size, live.status, waiting, this.fading && this.shown.visits.length]);
  }

  /** Open a tab. */
  show(tab) {
    this.tab = tab;
    this.#render(true);
  }

  #tabs() {
    if (this.shown.address === null) {
      const { live, runs } = this.shown;
      const ran = live.run !== null;
      return [this.shown.compared && { key: "compare", text: "Compare" }, ran && { key: "flow", text: "Data" }, ran && { key: "logs", text: "Logs" }, ran && { key: "meters", text: "Meters" },
        runs.length > 0 && { key: "runs", text: `Runs ${count(runs.length)}` }, { key: "definition", text: "Definition" }, ran && { key: "events", text: "Events" }].filter(Boolean);
    }
    const beside = this.shown.compared && (this.visit ? this.shown.compared.pairs.has(this.visit.id) || this.mine.length : this.#twin()) && { key: "compare", text: "Compare" };
    if (!this.visit) return [beside, { key: "definition", text: "Definition" }].filter(Boolean);
    const lines = this.#logs().reduce((sum, part) => sum + part.text.split("\n").filter(Boolean).length, 0);
    return [
      beside,
      { key: "flow", text: "Data flow" },
      this.visit.type === "Map" && { key: "items", text: this.#itemsText() },
      this.#errors().length > 0 && { key: "error", text: "Error", tone: "bad" },
      (lines > 0 || this.visit.type === "Task") && { key: "logs", text: lines ? `Logs ${count(lines)}` : "Logs" },
      (this.visit.context || this.visit.variables) && { key: "scope", text: "Context" },
      { key: "definition", text: "Definition" },
      this.shown.asks && !this.visit.outline && { key: "try", text: "Try" },
      { key: "events", text: "Events" },
    ].filter(Boolean);
  }

  /** "Items 10,000", "Batches 200" */
  #itemsText() {
    const { batches, total } = this.shown.live.statuses[this.shown.address] || {};
    const many = batches ?? total;
    return `${batches === undefined ? "Items" : "Batches"}${many ? ` ${count(many)}` : ""}`;
  }

  #content(tab) {
    if (tab === "events") {
      const state = this.shown.address === null ? null : this.shown.machine.states[this.shown.address]?.name ?? "";
      this.table.update(this.shown.events, state, this.shown.live.events || this.shown.events.length, this.shown.live.run);
      return this.table.element;
    }
    if (tab === "definition") { this.text.update(this.shown.machine, this.shown.address); return this.text.element; }
    if (tab === "compare") return this.#comparison();
    if (tab === "items") {
      this.itemTable.update({ visit: this.visit, visits: this.shown.visits, figures: this.shown.live.statuses[this.shown.address], live: this.shown.live, asks: this.shown.asks });
      return this.itemTable.element;
    }
    if (tab === "try") {
      const { machine, address } = this.shown;
      this.editedState.update({ visit: this.visit, address, own: machine.states[address]?.definition || "", name: machine.name });
      return this.editedState.element;
    }
    if (tab === "runs") { this.runList.update(this.shown.runs, this.shown.live); return this.runList.element; }
    if (tab === "meters") return meters({ ...this.shown, select: this.select });
    if (tab === "scope") return scopeParts({ visit: this.visit, visits: this.shown.visits, live: this.shown.live, select: this.select, trees: this.trees });
    if (tab === "logs" && this.shown.address === null) { this.logList.update(this.shown); return this.logList.element; }
    if (this.shown.address === null) return this.#execution();
    return { flow: () => this.#flow(), error: () => this.#errorTab(), logs: () => this.#logTab() }[tab]();
  }

  /** What the run beside this one did in the state: in the visit that answers to this one, or in its first. */
  #twin() {
    const { compared, address } = this.shown;
    return this.visit ? compared.pairs.get(this.visit.id) ?? null : compared.other.visits.find((visit) => visit.address === address) ?? null;
  }

  #comparison() {
    const { compared, address, live, machine } = this.shown;
    if (address === null) return runParts(live, compared.other.live, compared, (one) => machine.states[one]?.name ?? one, this.select, this.trees);
    return visitParts(this.visit, this.#twin(), this.trees);
  }

  // -- headers ------------------------------------------------------------------------------------------------------

  #fold() {
    return h("button.icon", { type: "button", title: "Hide the inspector", "aria-label": "Hide the inspector", data: { key: "fold" }, onclick: this.collapse }, glyph("right"));
  }

  #executionHead() {
    const { machine, live } = this.shown;
    return [h("div.ititle", {}, h("h3", {}, live.run === null ? machine.name : "Execution"), this.#fold()),
      h("div.isub", {}, live.run === null ? `${plural(Object.keys(machine.states).length, "state")} · not run yet · click a state for its definition`
        : `${live.run} · click a state for what it did`)];
  }

  #stateHead() {
    const { machine, live } = this.shown;
    const state = machine.states[this.shown.address] || { name: this.shown.address, type: "?" };
    const visit = this.visit;
    const sub = [state.type, visit?.where, state.type !== "Choice" && state.detail !== state.type && state.detail].filter(Boolean).join(" · ");
    return [
      h("div.ititle", {}, h("h3", { title: state.name }, state.name),
        visit && h(`span.pill.${tone(visit.status)}`, {}, h("span", { "aria-hidden": "true" }, `${MARKS[tone(visit.status)]} `), visit.status),
        h("span.grow"),
        h("button.icon", { type: "button", title: "Show the execution", "aria-label": "Show the execution", data: { key: "up" }, onclick: () => this.select(null) }, glyph("cross")),
        this.#fold()),
      h("div.isub", {}, sub, state.binding && [" → ", h(state.bound === false ? "span.unbound" : "span.k", {}, state.binding)]),
      visit && h("div.isub", {}, this.#when(visit)),
      !visit && live.run !== null && h("div.isub", {}, live.done ? "Not reached in this run." : "Not reached yet."),
      this.#picker(),
    ];
  }

  /** When the visit goes on, where it waits for a time. @returns {number|undefined} seconds since the start */
  #rest() { return this.shown.live.timers?.[this.visit?.id]; }

  #when(visit) {
    const until = this.#rest();
    const still = until === undefined ? "" : visit.type === "Wait" ? `, waits until ${duration(until)}` : `, next attempt at ${duration(until)}`;
    const took = visit.end_ms === null ? `running since ${stamp(visit.start_ms)}${still}` : `entered at ${stamp(visit.start_ms)}, took ${duration((visit.end_ms - visit.start_ms) / 1000)}`;
    return visit.next ? `${took}, then ${visit.next}` : took;
  }

  #total() { return this.shown.live.statuses?.[this.shown.address]?.visits ?? this.mine.length; }

  #picker() {
    const { mine, visit } = this;
    if (mine.length < 2) return null;
    const at = mine.indexOf(visit);
    const go = (index) => this.select(this.shown.address, mine[index].id);
    const total = this.#total();
    const { missing } = this.shown;
    return h("div.picker", { role: "group", "aria-label": "Which visit" },
      h("button.btn", { type: "button", title: "Earlier visit", "aria-label": "Earlier visit", disabled: at === 0, data: { key: "earlier" }, onclick: () => go(at - 1) }, glyph("left")),
      h("select.field", { "aria-label": "Visit", data: { key: "visit" }, onchange: (event) => go(Number(event.target.value)) },
        mine.map((one, i) => Math.abs(i - at) <= NEAR && h("option", { value: String(i), selected: i === at },
          `visit ${i + 1} of ${mine.length} · ${[one.where, one.status, stamp(one.start_ms)].filter(Boolean).join(" · ")}`))),
      h("button.btn", { type: "button", title: "Later visit", "aria-label": "Later visit", disabled: at === mine.length - 1, data: { key: "later" }, onclick: () => go(at + 1) }, glyph("right")),
      total > mine.length && [h("span.muted", { title: missing?.why ?? "The first, the last and the failed visits of each state are kept" }, `of ${count(total)} in all`),
        missing?.get && h("button.link", { type: "button", title: missing.why, data: { key: "picker-all" }, onclick: missing.get }, "get all")]);
  }

  // -- data flow ----------------------------------------------------------------------------------------------------

  #attempt() {
    const { attempts = [] } = this.visit;
    const chosen = this.attempts.get(this.visit.id);
    return attempts.find((attempt) => attempt.number === chosen) || attempts.at(-1) || null;
  }

  #flow() {
    const { visit } = this;
    if (visit.outline) return [h("p.quiet", {}, "The data of this visit is asked for. It comes when the kernel is free.")];
    const attempts = visit.attempts || [];
    const attempt = this.#attempt();
    const last = attempt === null || attempt === attempts.at(-1);
    const error = attempt?.error ? attempt : last && visit.error ? visit : null;
    const parts = [];
    if (attempts.length > 1) {
      parts.push(tabs({
        label: "Attempts", look: "attempts", chosen: String(attempt.number),
        items: attempts.map((one) => ({
          key: String(one.number), tone: tone(one.status),
          text: [`attempt ${one.number}`, one.delay_s ? `+${duration(one.delay_s)}` : "", one.error || one.status].filter(Boolean).join(" · "),
          hint: one.delay_s ? `started ${duration(one.delay_s)} after the one before failed` : undefined,
        })),
        choose: (key) => { this.attempts.set(visit.id, Number(key)); this.#render(false); },
      }));
    }
    for (const child of (this.shown.live.children || []).filter((one) => one.visit === visit.id)) parts.push(this.#door("Started", child));
    const form = this.#answerForm(visit);
    if (form) parts.push(form);
    if (error) parts.push(this.#errorCard(error, last));
    let stages = visit.stages?.length ? visit.stages : [{ name: "input", expression: "", value: visit.input }, visit.output && { name: "output", expression: "", value: visit.output }].filter(Boolean);
    if (!last) {
      const middle = stages.findIndex((stage) => stage.name === "result" || stage.name === "output");
      stages = middle < 0 ? stages : stages.slice(0, middle);
      if (attempt.output) stages = [...stages, { name: "result", expression: `attempt ${attempt.number}`, value: attempt.output }];
    }
    const outputAt = stages.findIndex((stage) => stage.name === "output");
    const decides = visit.type === "Choice"; // what it decided is what it did
    if (decides) parts.push(this.#rules());
    stages.forEach((stage, i) => {
      if (i === outputAt) parts.push(!decides && this.#rules(), this.#assigned());
      parts.push(this.#stage(stage, stages, `${visit.id}`, { visit: visit.id, stage: stage.name, attempt: attempt?.number ?? null }));
    });
    if (outputAt < 0) parts.push(!decides && this.#rules(), this.#assigned());
    if (!form && !visit.output && visit.status === "running") parts.push(h("div.quiet", {}, h("span.pulse"), visit.type === "Task" ? " waiting for the answer" : " still running"));
    if (visit.summary) parts.push(h("p.words", {}, "In words: ", words(visit.summary)));
    return parts;
  }

  /** The way to a run that this one started, or that started it. */
  #door(what, { machine, name }) {
    const note = h("span.muted", { role: "status" });
    const open = async () => {
      try {
        const { found } = await this.ask("open", { name });
        if (!found) fill(note, " The kernel no longer has this run.");
      } catch (problem) {
        fill(note, ` ${problem.message}`);
      }
    };
    return h("p.door", {}, `${what} `, h("button.link", { type: "button", data: { key: `open:${name}` }, onclick: open }, `${machine} · ${name}`), note);
  }

  /** The form that answers a task which waits for its token; null for any other visit. */
  #answerForm(visit) {
    const waiting = (this.shown.live.waiting || []).find((one) => one.visit === visit.id);
    if (!waiting) return null;
    if (!this.forms.has(waiting.token)) this.forms.set(waiting.token, new AnswerForm(waiting, this.answer));
    return this.forms.get(waiting.token).element;
  }

  /** The tasks that wait for somebody, each a link to its form. */
  #waiting() {
    const waiting = (this.shown.live.waiting || []).map((one) => [one, this.shown.visits.find((visit) => visit.id === one.visit)]);
    return waiting.filter(([, visit]) => visit).map(([one, visit]) => h("div.quiet", {}, h("span.pulse"), " ",
      h("button.link", { type: "button", data: { key: `waits:${one.token}` }, onclick: () => this.select(visit.address, visit.id) }, `${one.state} waits for an answer`)));
  }

  /** One stage: name, the expression that made it, its size, the value with what changed. */
  #stage(stage, stages, owner, request) {
    const key = `${owner}/${stage.name}/${request?.attempt ?? ""}`;
    const value = this.#value(stage.value, key);
    const { before, same, folded } = this.#compare(stage, stages, (other) => this.#value(other.value, `${owner}/${other.name}/${request?.attempt ?? ""}`));
    const card = h("section.stage", { "aria-label": stage.name });
    const body = h("div.sbody", { hidden: folded });
    let drawn = false;
    const draw = () => {
      if (drawn) return;
      drawn = true;
      fill(body, this.#tree(value, key, stage, before, request));
    };
    if (!folded) draw();
    const toggle = h("button.stitle", {
      type: "button", "aria-expanded": String(!folded), data: { key: `stage:${stage.name}` },
      onclick: () => {
        body.hidden = !body.hidden;
        toggle.setAttribute("aria-expanded", String(!body.hidden));
        this.folded.set(stage.name, body.hidden);
        draw();
      },
    }, h("span.jtw"), stage.name);
    const made = [stage.expression, same && `same as ${same.name}`].filter(Boolean).join(" · ");
    const long = made.length + stage.name.length > 36;
    add(card, [h(`div.shead${long ? ".long" : ""}`, {}, toggle, h("code", { title: made }, made),
      this.#size(value.bytes, stage.name),
      copyButton(() => this.#value(stage.value, key).text, `${stage.name}${value.cut ? " (what is here)" : ""}`)), body]);
    return card;
  }

  /**
   * What a stage is drawn against, which stage it equals, and whether it says nothing new. Where the output is what
   * the stage before it made, that stage is folded and the output shows what changed.
   */
  #compare(stage, stages, valueAt) {
    const value = valueAt(stage);
    const equals = (other) => Boolean(other) && !value.cut && valueAt(other).text === value.text;
    const output = stages.find((other) => other.name === "output");
    const early = !["input", "output"].includes(stage.name) && stages[stages.indexOf(output) - 1] === stage && equals(output);
    const base = earlier(stage, stages);
    const same = early ? output : equals(base) ? base : null;
    const news = same === null || (stage.name === "output" && same.name !== "input");
    const before = stage.name === "output" && same && news ? earlier(same, stages) : base;
    return { before, same: news ? null : same, folded: this.folded.get(stage.name) ?? !news };
  }

  #value(value, key) {
    const whole = this.whole.get(key);
    return whole === undefined ? value || { text: "", bytes: 0, cut: false } : { text: whole, bytes: value.bytes, cut: false };
  }

  #size(n, name) {
    const full = name === "input" || name === "output";
    const share = n / LIMIT;
    return h(`span.size${share > 1 ? ".bad" : share > 0.8 ? ".caught" : ""}`, { title: `${count(n)} of ${count(LIMIT)} bytes (${(share * 100).toFixed(share < 0.1 ? 2 : 0)} %)` },
      full ? `${bytes(n)} of ${count(LIMIT)}` : bytes(n),
      share > 0.05 && h("span.meter", { "aria-hidden": "true" }, h("i", { style: `width:${Math.min(100, share * 100)}%` })));
  }

  #tree(value, key, stage, before, request) {
    if (!this.opened.has(stage.name)) this.opened.set(stage.name, new Map());
    const old = before && this.#value(before.value, key.replace(`/${stage.name}/`, `/${before.name}/`));
    const tree = new JsonTree({
      text: value.text, before: old ? old.text : null, beforeCut: Boolean(old?.cut), label: stage.name, memory: this.opened.get(stage.name),
      ...this.#tracing(request && { visit: request.visit ?? 0, stage: stage.name }, request),
    });
    this.#keep(tree, request && { visit: request.visit ?? 0, stage: stage.name, path: [] });
    if (value.cut) tree.rest = { name: stage.name, key, request };
    return [tree.element, value.cut && this.#more(value, key, request)];
  }

  // -- where values came from ---------------------------------------------------------------------------------------

  /** What a tree needs so that its values can be followed and greyed. An earlier attempt's result went nowhere. */
  #tracing(place, request = null) {
    const old = request?.attempt && place.stage === "result" && request.attempt !== this.visit?.attempts?.at(-1)?.number;
    if (!place || old) return {};
    const trace = this.#traceNow();
    const prefix = place.path || [];
    return {
      onPick: (path) => this.#pick({ visit: place.visit, stage: place.stage, path: [...prefix, ...path] }),
      isUnused: this.fading && this.shown.live.done ? (path) => trace.isUsed({ visit: place.visit, stage: place.stage, path: [...prefix, ...path] }) === false : null,
    };
  }

  #traceNow() { return (this.trace ||= new Trace(this.shown.visits)); }

  /** Remember a tree with the place of its root; mark the value that is being told of. */
  #keep(tree, spot) {
    this.trees.push(tree);
    tree.spot = spot;
    const { picked } = this;
    if (!picked || !spot || picked.visit !== spot.visit || picked.stage !== spot.stage) return;
    const row = tree.mark(picked.path.slice(spot.path.length));
    if (this.jumped) { this.jumped = false; requestAnimationFrame(() => row?.scrollIntoView({ block: "nearest" })); }
  }

  #pick(spot) {
    this.picked = spot;
    const name = this.shown.visits.find((visit) => visit.id === spot.visit)?.name || "";
    for (const tree of this.trees) tree.mark(null);
    this.origin.show(spot, this.#traceNow(), name);
  }

  /** A line of the panel was chosen: show its state with the value marked; the panel stays. */
  #goToHop(hop) {
    this.picked = { visit: hop.visit, stage: hop.stage, path: hop.path };
    this.jumped = true;
    this.folded.set(hop.stage, false);
    this.tab = hop.stage === "variables" || hop.stage === "context" ? "scope" : "flow";
    this.panelKey = null;
    this.select(hop.address, hop.visit || null);
  }

  #more(value, key, request) {
    const button = h("button.link", {
      type: "button",
      onclick: async () => {
        button.disabled = true;
        fill(button, "asking the kernel …");
        try {
          this.whole.set(key, await this.load(request));
          this.#render(false);
        } catch (problem) {
          button.disabled = false;
          fill(button, `${problem.message} Try again`);
        }
      },
    }, "Load the whole value");
    return h("div.more", {}, `the first ${bytes(value.text.length)} of ${bytes(value.bytes)} · `, button);
  }

  #rules() {
    const { rules } = this.visit;
    if (!rules?.length) return null;
    return h("section.stage", { "aria-label": "Choices" }, h("div.shead", {}, h("span.stitle", {}, "Choices"), h("code", {}, "the first that matches decides")),
      h("table.rules", {}, h("tbody", {}, rules.map((rule) => h(`tr${rule.matched ? ".on" : ""}`, {},
        h("td.mark", { title: rule.matched === null ? "not tried" : rule.matched ? "matched" : "did not match" }, rule.matched === null ? "–" : rule.matched ? "✓" : "✗"),
        h("td", {}, h("code", {}, rule.text), this.#parts(rule)),
        h("td.next", {}, "→ ", rule.next))))));
  }

  /** What each condition of a rule saw, and what came of it. */
  #parts(rule) {
    const { parts = [] } = rule;
    if (!parts.length) return rule.why && h("div.muted", {}, rule.why.startsWith(`${rule.text}: `) ? `saw ${rule.why.slice(rule.text.length + 2)}` : rule.why);
    const saw = (part) => (part.value === undefined ? "nothing there" : part.value.length > 80 ? `${part.value.slice(0, 79)}…` : part.value);
    if (parts.length === 1) return h("div.muted", {}, "saw ", h("code", { title: parts[0].value }, saw(parts[0])));
    return h("table.parts", {}, h("caption.away", {}, `Conditions of ${rule.text}`),
      h("thead.away", {}, h("tr", {}, ["outcome", "condition", "value"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, parts.map((part) => h(`tr${part.matched ? ".matched" : ""}`, {},
        h("td.mark", {}, h("span", { role: "img", "aria-label": part.matched === null ? "not looked at" : String(part.matched), title: part.matched === null ? "not looked at" : String(part.matched) }, part.matched === null ? "–" : part.matched ? "✓" : "✗")),
        h("td", {}, h("code", {}, part.text)), h("td.saw", { title: part.value }, part.matched === null && part.value === undefined ? "" : h("code", {}, saw(part)))))));
  }

  #assigned() {
    const names = Object.keys(this.visit.assigned || {});
    if (!names.length) return null;
    return h("section.stage", { "aria-label": "Variables" }, h("div.shead", {}, h("span.stitle", {}, "variables"), h("code", {}, "Assign")),
      h("div.sbody", {}, names.map((name) => {
        const spot = { visit: this.visit.id, stage: "assigned", path: [name] };
        const tree = new JsonTree({ text: this.visit.assigned[name].text, label: `$${name}`, ...this.#tracing(spot) });
        this.#keep(tree, spot);
        return h("div.variable", {}, h("code.k", {}, `$${name}`), tree.element);
      })));
  }

  // -- errors, logs, definition, execution --------------------------------------------------------------------------

  #errors() {
    const { attempts = [] } = this.visit;
    const failed = attempts.filter((attempt) => attempt.error); // a copy: callers may turn it round
    return failed.length ? failed : this.visit.error ? [this.visit] : [];
  }

  #outcome(last) {
    const { visit } = this;
    if (!last) return "retried";
    if (visit.status === "caught") return `caught${visit.next ? ` → ${visit.next}` : ""}`;
    return visit.status === "failed" ? "not caught" : visit.status;
  }

  #errorCard(error, last, whole = false) {
    const { message, rest } = readCause(error.cause);
    const caught = this.visit?.status === "caught" || !last;
    const trace = error.traceback || (whole ? "" : rest);
    const said = (error.logs || "").trim().split("\n").slice(-3).join("\n"); // what to do where nothing answers stands there
    return h(`section.stage.err${caught ? ".soft" : ""}`, { "aria-label": error.number > 1 || !last ? `Error of attempt ${error.number}` : "Error" },
      h("div.shead", {}, h("span.etitle", {}, h("span", { "aria-hidden": "true" }, "✕ "), h("bdi", {}, error.error), message && [": ", h("bdi", {}, message)]),
        this.visit && h("span.outcome", {}, this.#outcome(last))),
      !error.traceback && said && h("div.sbody.said", {}, said), trace && h(error.traceback ? "pre.trace" : "pre.trace.wrap", { tabindex: "0" }, traceback(trace)));
  }

  #errorTab() {
    const { attempts = [] } = this.visit;
    return this.#errors().reverse().map((error) => {
      const last = error === this.visit || error === attempts.at(-1);
      return h("div.errors", {},
        attempts.length > 1 && error.number && h("h4", {}, `attempt ${error.number}`, error.delay_s ? h("span.muted", {}, ` · after ${duration(error.delay_s)}`) : null),
        this.#errorCard(error, last, true),
        last && error.cause && h("section.stage", { "aria-label": "Cause" },
          h("div.shead", {}, h("span.stitle", {}, "Cause"), h("code", {}, "as the execution's history has it"), copyButton(() => error.cause, "the cause")),
          h("div.sbody", {}, this.#causeBody(error.cause))));
    });
  }

  #causeBody(cause) {
    if (!/^\s*[{[]/.test(cause)) return h("pre", {}, cause);
    const tree = new JsonTree({ text: cause, label: "Cause" });
    this.trees.push(tree);
    return tree.element;
  }

  #logs() {
    const { attempts = [], logs } = this.visit;
    const parts = attempts.filter((attempt) => attempt.logs).map((attempt) => ({ title: attempts.length > 1 ? `attempt ${attempt.number}` : "", text: attempt.logs }));
    return parts.length || !logs ? parts : [{ title: "", text: logs }];
  }

  #logTab() {
    const parts = this.#logs();
    if (!parts.length) return h("p.quiet", {}, "Nothing was printed or logged.");
    return parts.map((part) => h("section.stage", {}, h("div.shead", {}, h("span.stitle", {}, part.title || "output"), copyButton(() => part.text, "the log")), h("pre.log", {}, part.text)));
  }

  /** The visit that ended the run: the last failed one of the top level, or the one inside it whose error it passed on. */
  #blame() {
    const failed = this.shown.visits.filter((visit) => visit.status === "failed");
    let found = failed.filter((visit) => !visit.frame).at(-1) || failed.filter((visit) => visit.error === this.shown.live.error).at(-1) || null;
    for (let inner = found; inner; found = inner || found) {
      const { address, id, frame, error } = found;
      inner = failed.filter((visit) => visit.id > id && visit.error === error && visit.address.startsWith(`${address}/`) && visit.frame.startsWith(frame))
        .sort((a, b) => depth(a) - depth(b) || b.end_ms - a.end_ms)[0];
    }
    return found;
  }

  #execution() {
    const { live } = this.shown;
    const parts = [];
    const blame = this.#blame();
    this.visit = null;
    if (live.parent) parts.push(this.#door("Started by", live.parent));
    if (live.error) {
      const card = this.#errorCard({ error: live.error, cause: live.cause, traceback: blame?.traceback || blame?.attempts?.at(-1)?.traceback, logs: blame?.attempts?.at(-1)?.logs }, true);
      if (blame) {
        card.querySelector(".shead").append(h("button.link", { type: "button", data: { key: "blame" }, onclick: () => this.select(blame.address, blame.id) }, "in ", h("bdi", {}, blame.name)));
      }
      parts.push(card);
    }
    parts.push(...this.#waiting());
    const stages = [{ name: "input", expression: "", value: live.input }, live.output && { name: "output", expression: "", value: live.output }].filter((stage) => stage?.value);
    for (const stage of stages) parts.push(this.#stage({ ...stage, name: stage.name }, [stage], "run", { visit: null, stage: stage.name, attempt: null }));
    if (live.status === "RUNNING") parts.push(live.debug?.paused ? h("div.quiet", {}, "It stands still. The strip above says where; Into, Over and Continue go on.") : h("div.quiet", {}, h("span.pulse"), " running"));
    return parts;
  }

  #goTo(name) {
    const found = Object.entries(this.shown.machine.states).find(([, state]) => state.name === name);
    if (found) this.select(found[0]);
  }

  // -- search -------------------------------------------------------------------------------------------------------

  #finder() {
    this.found = h("span.muted", { role: "status" });
    this.findField = h("input.field", {
      type: "search", placeholder: "Search keys and values", "aria-label": "Search in the data",
      oninput: (event) => this.#search(event.target.value, true),
      onkeydown: (event) => {
        if (event.key === "Enter") { event.preventDefault(); this.#next(event.shiftKey ? -1 : 1); }
        if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); this.#openFinder(false); }
      },
    });
    return h("div.finder.bar", { role: "search", hidden: true }, this.findField, this.found);
  }

  #openFinder(open) {
    this.finder.hidden = !open;
    if (open) { this.findField.focus(); this.findField.select(); } else { this.findField.value = ""; this.#search("", false); this.findButton.focus(); }
  }

  #search(query, jump) {
    this.query = query;
    const cut = this.trees.filter((tree) => tree.rest);
    this.hits = this.trees.flatMap((tree) => Array.from({ length: tree.find(query.trim()) }, (_, i) => [tree, i]));
    this.at = -1;
    if (!query.trim()) return fill(this.found);
    this.#say(this.hits.length ? plural(this.hits.length, "match").replace("matchs", "matches") : "no match", cut);
    if (jump && this.hits.length) this.#next(1);
  }

  /** What was found; where values are only begun here, that, and the way to all of them. */
  #say(text, cut) {
    const button = h("button.link", { type: "button", data: { key: "search-all" }, onclick: () => this.#searchAll(cut) }, "search all of it");
    fill(this.found, text, cut.length > 0 && [` in the beginning of ${[...new Set(cut.map((tree) => tree.rest.name))].join(", ")} · `, button]);
  }

  /** Get whole what is only begun here, then search again. */
  async #searchAll(cut) {
    fill(this.found, "asking the kernel …");
    try {
      for (const { rest } of cut) this.whole.set(rest.key, await this.load(rest.request));
      this.#render(false);
      this.#search(this.query, true);
    } catch (problem) {
      fill(this.found, `${problem.message} Only the beginning was searched.`);
    }
  }

  #next(step) {
    if (!this.hits?.length) return;
    this.at = (this.at + step + this.hits.length) % this.hits.length;
    for (const tree of this.trees) tree.element.querySelector(".now")?.classList.remove("now");
    const [tree, hit] = this.hits[this.at];
    tree.show(hit);
    this.#say(`${this.at + 1} of ${count(this.hits.length)}`, this.trees.filter((one) => one.rest));
  }

  dispose() { this.table.dispose(); this.text.dispose(); this.itemTable.dispose(); this.editedState.dispose(); }
}

/** The stage that a stage is compared with, null for none. */
const earlier = (stage, stages) => (COMPARED_WITH[stage.name] || []).map((name) => stages.find((other) => other.name === name)).find((other) => other?.value) || null;

const depth = (visit) => (visit.frame ? visit.frame.split("/").length : 0);

/** Lambda's causes are JSON with errorMessage: say that, keep the rest. */
function readCause(cause) {
  if (!cause) return { message: "", rest: "" };
  try {
    const body = JSON.parse(cause);
    if (body && typeof body.errorMessage === "string") {
      return { message: body.errorMessage, rest: Array.isArray(body.stackTrace) ? body.stackTrace.join("").trimEnd() : "" };
    }
  } catch { /* not JSON: the cause is the message */ }
  return cause.length <= 120 && !cause.includes("\n") ? { message: cause, rest: "" } : { message: "", rest: cause };
}

/** The places of a traceback stand out from its lines of code. */
function traceback(text) {
  return text.split("\n").flatMap((line, i) => [i ? "\n" : "", /^\s*(File |cell |Cell |Traceback)/.test(line) || /, line \d+/.test(line) ? h("span.where", {}, line) : h("span.line", {}, line)]);
}

/** Paths and quoted names in a sentence are set apart. */
function words(text) {
  return text.split(/(\$[\w.$[\]*'-]*[\w\]]|“[^”]*”|`[^`]*`)/).map((part, i) => (i % 2 ? h("span.k", {}, part.replace(/^`|`$/g, "")) : part));
}
