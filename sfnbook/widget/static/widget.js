// widget: the frame. Header, diagram left, inspector right, timeline below; joins what Python sends to who draws it.
// Holds no truth: traits in, clicks out. What is only the page's (selection, folded panes) lives here.

import { Debugger } from "./debugger.js";
import { Diagram } from "./diagram/diagram.js";
import { Editor } from "./editing/editor.js";
import { closest, fill, glyph, h, tabs } from "./dom.js";
import { compareRuns } from "./compare.js";
import { count, duration, money, plural, STATUS, why } from "./format.js";
import { NO_MACHINE, NO_RUN } from "./initial.js";
import { interrupt, PRESS } from "./interrupt.js";
import { Inspector } from "./inspector/inspector.js";
import { itemsHere } from "./inspector/items.js";
import { Kernel } from "./kernel.js";
import { descend } from "./containers/child_runs.js";
import { Ticker } from "./clock.js";
import { StateTable } from "./timeline/states.js";
import { Timeline } from "./timeline/timeline.js";
import { criticalPath } from "./timeline/critical_path.js";

const NARROW = 800;
const EVENT_LIMIT = 25000;
const BLOCKED = 1500; // ms without an answer to Stop: a cell is in its way
const SHORTCUTS = "data-lm-suppress-shortcuts";
const MANY = 600; // visits that are not drawn anew only because time goes on

/**
 * @typedef {import("./loader.js").Model} Model
 * @typedef {import("./inspector/inspector.js").Compared} Compared
 * @typedef {import("./inspector/inspector.js").Missing} Missing
 * @typedef {NonNullable<ReturnType<import("./containers/child_runs.js").ChildRuns["of"]>>} Inner a state of a run inside a state
 *
 * @typedef {{machine: MachineMessage, live: LiveMessage, visits: VisitMessage[], events: EventMessage[], runs: RunMessage[],
 *   child_runs: ChildRunsMessage, loop: LoopMessage, other: OtherMessage,
 *   editing?: Partial<EditingMessage>}} Traits what Python tells the page
 * @typedef {keyof Traits} Trait
 * @typedef {{selected: string|null, view: import("./diagram/diagram.js").View, strip: "timeline"|"states", critical: boolean,
 *   tall: boolean, inspector: boolean, timeline: boolean, split: number|null}} Remembered what the page remembers: the chosen state,
 *   how the diagram is shown, which strip, what is folded, the inspector's width in px
 */

/** @type {Trait[]} */
const TRAITS = ["machine", "live", "visits", "events", "runs", "child_runs", "loop", "other", "editing"];

/** @type {Set<Trait>} */
const VISITS = new Set(["visits"]);

/** What the page remembers of a machine between re-runs of its cell. @param {string} name */
function memory(name) {
  const key = `sfnbook:${name}`;
  /** @type {Partial<Remembered>} */
  let kept = {};
  try {
    kept = JSON.parse(sessionStorage.getItem(key) ?? "null") || {};
  } catch {
    /* no storage here */
  }
  return {
    /** @template {keyof Remembered} K @param {K} field @param {Remembered[K]} otherwise @returns {Remembered[K]} */
    get: (field, otherwise) => kept[field] ?? otherwise,
    /** @template {keyof Remembered} K @param {K} field @param {Remembered[K]} value */
    set: (field, value) => {
      kept[field] = value;
      try {
        sessionStorage.setItem(key, JSON.stringify(kept));
      } catch {
        /* then it is forgotten */
      }
    },
  };
}

/**
 * Keep a key typed in here from JupyterLab, whose shortcuts look at the focused element first: `b` would insert a cell.
 * Keys with Ctrl, Alt or Meta, and Shift+Enter, stay Jupyter's. Runs before Jupyter's own listener on the document.
 * @param {HTMLElement} root @param {KeyboardEvent} event
 */
function guard(root, event) {
  const target = event.composedPath()[0];
  if (!(target instanceof Element) || !root.contains(target)) return;
  const undo = (event.ctrlKey || event.metaKey) && /^[zy]$/i.test(event.key) && root.classList.contains("editing");
  const theirs = !undo && (event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter"));
  if (theirs) target.removeAttribute(SHORTCUTS);
  else target.setAttribute(SHORTCUTS, "true");
}

class Frame {
  // What is shown, as it came last.
  live = NO_RUN;
  /** @type {VisitMessage[]} */
  visits = [];
  /** @type {EventMessage[]} */
  events = [];
  /** @type {RunMessage[]} */
  runs = [];
  /** The visits that were asked for, of which run (for another run another object); `whole`: all there are. @type {{run: string|null, visits: VisitMessage[], whole?: boolean}} */
  fetched = { run: null, visits: [] };
  /** Which visit is being fetched. @type {number|null} */
  fetching = null;
  /** The traits of the runs above the one that was opened, in an exported page. @type {Traits[]} */
  above = [];
  /** The run beside this one: of which trait and visits that was worked out. @type {(Compared & {of: OtherMessage, visits: VisitMessage[]})|null} */
  compared = null;
  uncompared = false; // the comparison was ended
  /** Of which visits the critical path is. @type {VisitMessage[]|null} */
  pathOf = null;
  path = criticalPath([]);
  // What the reader chose.
  /** @type {number|null} */
  visit = null;
  critical = false;
  /** @type {"timeline"|"states"} */
  stripView = "timeline";
  // What is to be drawn, and what was drawn last.
  /** @type {Set<Trait>} */
  dirty = new Set();
  asked = false;
  ticks = 0;
  controlsKey = "";
  noteKey = "";
  /** @type {string|null} */
  childKey = null;
  /** @type {number|undefined} */
  patience = undefined;
  /** @type {number|undefined} */
  greeting = undefined;

  title = h("b.mname");
  pill = h("span.pill", { role: "status", "aria-live": "polite" });
  meta = h("span.meta");
  /** @type {HTMLElement|null} */
  clock = null;
  hint = h("span.hint", { role: "status" });
  loop = h("span.loop", { role: "status", hidden: true });
  silence = h("div.silence", { role: "status", hidden: true });
  compareBar = h("div.cbar", { role: "status", hidden: true });
  controls = h("span.controls");
  reopen = h("button.btn", { type: "button", title: "Show the inspector", onclick: () => this.#foldInspector(false) }, glyph("left"), " Inspector");
  canvas = h("div.canvas");
  diagramPane = h("div.diag", { role: "group", "aria-label": "Diagram" }, this.canvas);
  splitter = this.#splitter();
  childBar = h("div.childbar", { role: "group", "aria-label": "The run inside", hidden: true });
  inspectorPane = h("div.insp", { role: "region", "aria-label": "Inspector" }, this.childBar);
  main = h("div.main", {}, this.diagramPane, this.splitter, this.inspectorPane);
  timelineToggle = h(
    "button.fold",
    { type: "button", title: "Show or hide the timeline", "aria-label": "Show or hide the timeline", onclick: () => this.#foldTimeline() },
    h("span.jtw"),
  );
  timelineNote = h("span.muted");
  stripTabs = h("span");
  failureCount = h("span.bad");
  failures = h(
    "span.tltools",
    { role: "group", "aria-label": "Failures" },
    this.#failure("Shift+F", "Previous", -1),
    this.failureCount,
    this.#failure("f", "Next", 1),
  );
  criticalButton = h(
    "button.btn.tlbtn",
    {
      type: "button",
      "aria-pressed": "false",
      title: "Mark the visits that the run's duration is made of",
      data: { key: "critical" },
      onclick: () => this.#markCritical(!this.critical),
    },
    "Critical path",
  );
  timelineHead = h("div.tlhead", {}, this.timelineToggle, this.stripTabs, this.timelineNote);
  timelinePane = h("div.tl", { role: "region", "aria-label": "Timeline" }, this.timelineHead);
  timeline = new Timeline({ onSelect: (address, visit) => this.select(address, visit) });
  states = new StateTable({ onSelect: (address, visit) => this.select(address, visit) });

  /** @param {Model} model @param {HTMLElement} host */
  constructor(model, host) {
    this.model = model;
    this.machine = this.#trait("machine") || NO_MACHINE;
    this.memory = memory(this.machine.name);
    /** @type {string|null} */
    const address = model.get("selected") ?? this.memory.get("selected", null);
    this.address = address !== null && this.machine.states[address] ? address : null;
    this.file = model.get("host")?.kernel === false; // an exported page: nobody to ask
    this.kernel = new Kernel(model, () => this.#drawSilence(), this.file);
    this.ticker = new Ticker(() => this.#tick());
    this.root = h("div.sfn-frame", { role: "group", "aria-label": `State machine ${this.machine.name}` });
    this.diagram = this.#diagram();
    this.inspector = this.#inspector();
    this.debugger = this.#debugger();
    this.editor = this.#editor();
    this.inspectorPane.append(this.editor.panel);
    this.root.append(
      h(
        "div.head",
        {},
        this.title,
        this.pill,
        this.loop,
        this.meta,
        h("span.grow"),
        this.hint,
        this.debugger.buttons,
        this.editor.bar,
        this.controls,
        this.reopen,
      ),
      this.silence,
      this.compareBar,
      this.debugger.strip,
      this.main,
      this.timelinePane,
    );
    host.append(this.root);
    this.sight = (/** @type {Event} */ event) => {
      this.ticker.seen = /** @type {CustomEvent<boolean>} */ (event).detail;
    };
    host.addEventListener("sfn-seen", this.sight);
    this.timelineHead.append(h("span.grow"), this.failures, this.criticalButton, this.timeline.tools);
    this.timelinePane.append(this.timeline.element, this.states.element);
    this.#remember();
    this.observer = new ResizeObserver(([entry]) => this.root.classList.toggle("narrow", entry.contentRect.width < NARROW));
    this.observer.observe(this.root);
    this.root.classList.toggle("narrow", this.root.clientWidth > 0 && this.root.clientWidth < NARROW);
    this.guard = (/** @type {KeyboardEvent} */ event) => guard(this.root, event);
    window.addEventListener("keydown", this.guard, true);
    this.root.addEventListener("keydown", (event) => this.#key(event));
    /** @type {[event: string, listener: (message: PageReply) => void][]} */
    this.listeners = TRAITS.map((name) => [`change:${name}`, () => this.#changed(name)]);
    this.listeners.push(["msg:custom", (message) => this.#answer(message)]);
    this.listeners.push(["comm_live_update", () => this.#lost()]); // Jupyter's word that the line to the kernel was cut
    for (const [name, listener] of this.listeners) model.on(name, listener);
    this.#draw(new Set(TRAITS));
    this.#greet();
  }

  /** @template {Trait} K @param {K} name @returns {Traits[K]|undefined} */
  #trait(name) {
    return this.model.get(name);
  }

  // -- building -----------------------------------------------------------------------------------------------------

  /** A button that leads to a failure. @param {string} key @param {string} name @param {number} step */
  #failure(key, name, step) {
    return h(
      "button.btn.tlbtn",
      {
        type: "button",
        title: `${name} failure (${key})`,
        "aria-label": `${name} failure`,
        data: { key: `failure:${step}` },
        onclick: () => this.#toFailure(step),
      },
      step < 0 ? "‹" : "›",
    );
  }

  #diagram() {
    return new Diagram(this.canvas, {
      onSelect: (address) => this.select(address, null, true),
      onView: (view) => this.memory.set("view", view),
      onPass: () => {
        this.visit = null;
        this.#inspect();
      },
      onTall: () => this.#stretch(!this.root.classList.contains("tall")),
      onFull: () => this.#fullScreen(),
      ask: (format) => this.#pictureText(format),
      name: () => this.live.run ?? this.machine.name,
      now: () => this.ticker.seconds,
      onDraw: (graph, across) => this.editor?.marks.over(graph, across),
      onItem: this.file ? undefined : (address, number) => this.#fetchItem(address, number),
    });
  }

  #inspector() {
    return new Inspector(this.inspectorPane, {
      load: async (request) => {
        const { text } = await this.#ask("value", request);
        if (typeof text !== "string") throw new Error("The kernel no longer has it.");
        return text;
      },
      ask: (kind, request, patience, busy) => this.#ask(kind, request, patience, busy),
      openItem: (visit, item) => this.#openItem(visit, item),
      select: (address, visit) => this.select(this.#outward(address), visit),
      collapse: () => this.#foldInspector(true),
      answer: (message) => this.#tell(message, "Answering …", "The kernel is busy with a cell: run in the background (--background) to answer from here."),
    });
  }

  #debugger() {
    return new Debugger({
      root: this.root,
      canvas: this.canvas,
      boxes: () => this.diagram.boxes(),
      name: (address) => this.machine.states[address]?.name ?? address,
      send: (message) => this.#tell(message, "", "No answer: the kernel is busy with a cell or gone."),
      whole: async () => (await this.kernel.ask("paused_value", {}, 15_000)).text,
    });
  }

  #editor() {
    return new Editor({
      root: this.root,
      stage: this.diagram.stage,
      layer: this.diagram.overlay,
      hint: (text) => {
        clearTimeout(this.patience);
        fill(this.hint, text);
      },
      ask: (request, patience) => this.kernel.ask("edit", request, patience, true),
      select: (address) => this.select(address),
      focus: (address) => this.diagram.focus(address),
      box: (address) => this.diagram.nodes.get(address)?.group,
    });
  }

  /** Show the page as the reader left it. */
  #remember() {
    this.critical = this.memory.get("critical", false);
    this.#chooseStrip(this.memory.get("strip", "timeline"));
    this.#stretch(this.memory.get("tall", false));
    this.diagram.toolbar.full.hidden = !document.fullscreenEnabled;
    this.#foldInspector(this.memory.get("inspector", false));
    this.#foldTimeline(this.memory.get("timeline", false));
    const split = this.memory.get("split", null);
    if (split) this.main.style.setProperty("--split", `${split}px`);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (closest(event, "input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && this.address !== null) {
      this.select(null);
      event.stopPropagation();
    }
    if (event.key.toLowerCase() === "f" && this.#toFailure(event.shiftKey ? -1 : 1)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** The line between diagram and inspector: drag it, or move it with the arrow keys. */
  #splitter() {
    const set = (/** @type {number} */ px) => {
      const width = Math.round(Math.max(280, Math.min(this.main.clientWidth - 280, px)));
      this.main.style.setProperty("--split", `${width}px`);
      line.setAttribute("aria-valuenow", String(width));
      this.memory.set("split", width);
    };
    const line = h("div.splitter", {
      role: "separator",
      tabindex: "0",
      "aria-orientation": "vertical",
      "aria-label": "Width of the inspector",
      "aria-valuenow": "440",
      "aria-valuemin": "280",
      onpointerdown: (event) => {
        line.setPointerCapture(event.pointerId);
        const edge = this.main.getBoundingClientRect().right;
        const move = (/** @type {PointerEvent} */ at) => set(edge - at.clientX);
        line.addEventListener("pointermove", move);
        line.addEventListener("pointerup", () => line.removeEventListener("pointermove", move), { once: true });
      },
      onkeydown: (event) => {
        const step = event.key === "ArrowLeft" ? 24 : event.key === "ArrowRight" ? -24 : 0;
        if (step) {
          event.preventDefault();
          set(this.inspectorPane.clientWidth + step);
        }
      },
    });
    return line;
  }

  /** Let the diagram and the inspector be as tall as the window, or as the machine needs. @param {boolean} tall */
  #stretch(tall) {
    this.root.classList.toggle("tall", tall);
    this.diagram.toolbar.press("tall", tall);
    this.memory.set("tall", tall);
  }

  async #fullScreen() {
    try {
      await (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen());
    } catch (problem) {
      fill(this.hint, `No full screen here: ${why(problem)}`);
    }
  }

  /** The machine as Mermaid or DOT text: of a saved page that came with it. @param {string} format */
  async #pictureText(format) {
    const kept = this.file ? this.model.get("pictures")?.[format] : null;
    const text = kept ?? (await this.kernel.ask("picture", { format })).text;
    if (typeof text !== "string") throw new Error("It is not to be had here.");
    return text;
  }

  /** @param {boolean} folded */
  #foldInspector(folded) {
    this.root.classList.toggle("no-inspector", folded);
    this.reopen.hidden = !folded;
    this.memory.set("inspector", folded);
  }

  #foldTimeline(folded = this.timelinePane.classList.contains("open")) {
    this.timelinePane.classList.toggle("open", !folded);
    this.timelineToggle.setAttribute("aria-expanded", String(!folded));
    this.memory.set("timeline", folded);
    this.#showStrip();
  }

  /** Show the visits as a timeline or as a table. @param {"timeline"|"states"} which */
  #chooseStrip(which) {
    this.stripView = which;
    this.memory.set("strip", which);
    const items = [
      { key: "timeline", text: "Timeline" },
      { key: "states", text: "States" },
    ];
    fill(
      this.stripTabs,
      tabs({
        label: "Visits",
        items,
        chosen: which,
        look: "tabs",
        choose: (key) => {
          this.#chooseStrip(key === "states" ? key : "timeline");
          this.#foldTimeline(false);
        },
      }),
    );
    this.#showStrip();
  }

  #showStrip() {
    const open = this.timelinePane.classList.contains("open");
    this.timeline.element.hidden = this.timeline.tools.hidden = !open || this.stripView !== "timeline";
    this.states.element.hidden = !open || this.stripView !== "states";
    if (open) this.#drawTimeline();
  }

  /** Choose the next visit that failed or was caught, or the one before. @param {number} step @returns {boolean} whether there is one */
  #toFailure(step) {
    const failed = this.visits.filter((visit) => visit.status === "failed" || visit.status === "caught");
    if (!failed.length) return false;
    const now = this.#visitNow() ?? (step > 0 ? -1 : Infinity);
    const to = step > 0 ? failed.find((visit) => visit.id > now) || failed[0] : failed.findLast((visit) => visit.id < now) || failed[failed.length - 1];
    this.select(to.address, to.id);
    return true;
  }

  #visitNow() {
    return this.visit ?? (this.address === null ? null : (this.inspector.visit?.id ?? null));
  }

  /** @param {boolean} on */
  #markCritical(on) {
    this.critical = on;
    this.memory.set("critical", on);
    this.#drawTimeline();
  }

  /** Work out the critical path of the visits as they are, and mark it where that is wanted. */
  #drawCritical() {
    if (this.pathOf !== this.visits) {
      this.pathOf = this.visits;
      this.path = criticalPath(this.visits);
    }
    const path = this.critical && this.path.split ? this.path : null;
    this.criticalButton.hidden = !this.path.split;
    this.criticalButton.setAttribute("aria-pressed", String(Boolean(path)));
    this.diagram.emphasize(path);
    return path;
  }

  // -- updates ------------------------------------------------------------------------------------------------------

  /** Ask whether anybody is there, unless a run's own news will tell. */
  #greet() {
    if (this.file) return;
    const ping = () => {
      if (this.kernel.here === null) this.kernel.ask("ping", {}, 10_000).catch(() => {});
    };
    if (this.live.run !== null && this.live.status !== "RUNNING") ping();
    else this.greeting = setTimeout(ping, 8000);
  }

  /** The line to the kernel was cut: it died, or was started anew and knows nothing of this. Ask, so that the page says so. */
  #lost() {
    this.ticker.stop();
    if (!this.file) this.kernel.ask("ping", {}, 2500).catch(() => {});
  }

  #drawSilence() {
    this.silence.hidden = this.kernel.here !== false || this.file;
    this.root.classList.toggle("still", !this.silence.hidden); // nothing moves that nobody moves
    if (this.silence.hidden) return;
    const shows = this.live.run === null ? "the machine as it was defined" : this.live.done ? "the run as it ended" : "the run as far as it was told";
    fill(
      this.silence,
      h("b", {}, "The kernel does not answer"),
      ` (busy with a cell, or gone). Here is ${shows}; other runs, cut values and Run again need it. `,
      h(
        "button.link",
        {
          type: "button",
          data: { key: "silence" },
          onclick: () => {
            this.kernel.here = null;
            this.silence.hidden = true;
            this.kernel.ask("ping").catch(() => {});
          },
        },
        "Ask again",
      ),
    );
  }

  /** @param {Trait} name */
  #changed(name) {
    this.kernel.alive();
    this.dirty.add(name);
    if (this.asked) return;
    this.asked = true;
    const go = () => {
      if (!this.asked) return;
      this.asked = false;
      const dirty = this.dirty;
      this.dirty = new Set();
      this.#draw(dirty);
    };
    // A hidden page gets no animation frames; it must be right when it is shown all the same.
    if (document.hidden) setTimeout(go, 50);
    else requestAnimationFrame(go);
  }

  /** @param {Set<Trait>} dirty */
  #draw(dirty) {
    const live = this.#trait("live");
    /** @type {Partial<EditingMessage>} */
    const editing = (!this.file && this.#trait("editing")) || {};
    this.live = live?.run !== undefined && !editing.open ? live : NO_RUN;
    if (this.file && (this.live.debug || this.live.waiting)) this.live = { ...this.live, debug: undefined, waiting: undefined }; // nobody to answer
    this.ticker.take(this.file ? { ...this.live, rate: 0 } : this.live);
    this.visits = editing.open ? [] : this.#withFetched(this.#trait("visits") || []);
    this.events = this.#trait("events") || [];
    this.runs = this.file ? [] : this.#trait("runs") || [];
    if (dirty.has("loop")) this.#drawLoop();
    if (dirty.has("other")) this.uncompared = false;
    if (dirty.has("child_runs")) this.diagram.setChildRuns(this.#trait("child_runs") || {});
    if (dirty.has("machine") || dirty.has("editing")) this.#drawMachine(editing.machine ?? this.#trait("machine"));
    if (dirty.has("editing")) this.#drawEditing(editing);
    if (dirty.has("machine") || dirty.has("live") || dirty.has("editing")) {
      this.#drawHead();
    }
    if (dirty.has("machine") || dirty.has("live") || dirty.has("visits") || dirty.has("editing"))
      this.diagram.setLive(this.live.statuses || {}, this.live.edges || {}, this.visits, this.live.edge_bytes || {});
    this.#compare();
    this.#drawTimeline();
    this.#inspect();
  }

  /** Let the machine be edited, or show the run again. @param {Partial<EditingMessage>} editing */
  #drawEditing(editing) {
    this.root.classList.toggle("editing", Boolean(editing.open));
    if (editing.open && this.root.classList.contains("no-inspector")) this.#foldInspector(false);
    this.editor.show(editing, this.address);
  }

  /** Work out what the run beside this one does otherwise; the diagram marks it, the bar says it. */
  #compare() {
    const of = this.uncompared || this.above.length ? undefined : this.#trait("other");
    const before = this.compared;
    if (!of?.live) this.compared = null;
    else if (!before || before.of !== of || before.visits !== this.visits) {
      const other = { live: of.live, visits: of.visits ?? [] };
      this.compared = { of, other, visits: this.visits, ...compareRuns({ visits: this.visits, live: this.live }, other) };
    }
    if (this.compared === before) return;
    this.diagram.compare(this.compared);
    this.compareBar.hidden = !this.compared;
    if (this.compared) {
      fill(
        this.compareBar,
        h("b.ca", {}, "A"),
        ` ${this.live.run} `,
        h("b.cb", {}, "B"),
        ` ${this.compared.other.live.run} · `,
        h("span", {}, this.compared.parted),
        h("span.grow"),
        h("button.btn.tlbtn", { type: "button", data: { key: "compare-end" }, onclick: () => this.#endCompare() }, "End comparison"),
      );
    }
    if (Boolean(before) !== Boolean(this.compared)) this.inspector.tab = this.compared ? "compare" : "flow";
  }

  #endCompare() {
    this.uncompared = true;
    if (!this.file) this.kernel.ask("compare", { number: null }).catch(() => {});
    this.#draw(new Set());
  }

  /** Time goes on without news: the clock, what waits, the bars. */
  #tick() {
    this.#drawClock();
    this.diagram.tick();
    this.ticks += 1;
    if (this.ticks % 2 === 0 && this.visits.length < MANY) this.#drawTimeline();
  }

  #drawClock() {
    const said = `${duration(this.ticker.seconds)}${this.live.clock === "real" ? "" : " on the clock"}`;
    if (this.clock && this.clock.textContent !== said) this.clock.textContent = said;
  }

  /** @param {MachineMessage|undefined} machine */
  #drawMachine(machine) {
    if (!machine?.states) return;
    this.machine = machine;
    if (this.address !== null && !machine.states[this.address] && !this.diagram.childRuns.of(this.address)) this.address = null;
    fill(this.title, machine.name);
    this.title.title = machine.name;
    if (machine.graph) {
      this.main.style.setProperty("--height", `${Math.round(Math.max(400, Math.min(680, machine.graph.height + 84)))}px`);
      this.diagram.viewport.remeasure();
      this.diagram.setGraph(machine.graph, machine.states, this.memory.get("view", {}), this.root.classList.contains("editing"));
    }
    if (this.address !== null) this.diagram.select(this.address);
  }

  #drawHead() {
    const { live } = this;
    this.debugger.update(live, this.inspector.visit, this.address);
    const held = this.debugger.pill;
    const status = held || STATUS[live.status ?? ""];
    const key = held ? held.key : (live.status ?? "");
    this.pill.hidden = !status;
    if (status && this.pill.dataset.status !== key) {
      this.pill.dataset.status = key;
      this.pill.className = `pill ${status.color}`;
      fill(this.pill, h("span.pmark", { "aria-hidden": "true" }, status.mark), ` ${status.text}`);
    }
    const { cost } = live;
    fill(
      this.meta,
      live.run === null
        ? [h("span", {}, this.machine.type === "EXPRESS" ? "Express" : "Standard"), h("span", {}, plural(Object.keys(this.machine.states).length, "state"))]
        : [
            h("span", { title: "The execution's name" }, live.run),
            (this.clock = h("span", { title: "How long it took on the machine's clock" })),
            h("span", {}, plural(live.transitions || 0, "transition")),
            cost &&
              h(
                "span",
                { title: `What this run would cost on AWS, about: Standard ${money(cost.standard)}, Express ${money(cost.express)}` },
                money(this.machine.type === "EXPRESS" ? cost.express : cost.standard),
              ),
            h(
              `span${live.events > EVENT_LIMIT * 0.8 ? ".caught" : ""}`,
              { title: `AWS ends a Standard execution at ${count(EVENT_LIMIT)} events` },
              `events ${count(live.events || 0)} / ${count(EVENT_LIMIT)}`,
            ),
          ],
    );
    this.#drawClock();
    this.#drawControls();
  }

  /** Where a line of a cell made several runs: how many so far, and the way to their table. */
  #drawLoop() {
    const { run = 0, total, failed = 0 } = this.#trait("loop") || {};
    this.loop.hidden = !(run > 1);
    if (this.loop.hidden) return;
    fill(
      this.loop,
      `run ${count(run)}${total ? ` of ${count(total)}` : ""}, `,
      h(failed ? "span.bad" : "span", {}, `${count(failed)} failed`),
      !this.file && [
        " · ",
        h(
          "button.link",
          {
            type: "button",
            data: { key: "loop" },
            title: "The runs of this machine, to choose one",
            onclick: () => {
              this.select(null, null, true);
              this.#foldInspector(false);
              this.inspector.show("runs");
            },
          },
          "table",
        ),
      ],
    );
  }

  #drawControls() {
    const { live } = this;
    const key = `${live.run} ${live.status} ${JSON.stringify(live.debug ?? null)}`;
    if (key === this.controlsKey) return;
    this.controlsKey = key;
    fill(this.hint);
    clearTimeout(this.patience);
    if (this.file) return void fill(this.hint, h("span.still", {}, "saved page, no kernel"));
    fill(
      this.controls,
      live.status === "RUNNING" && !live.debug?.past && this.#button("stop", "stop", "Stop", () => this.#stop()),
      live.done && this.#button("again", "again", "Run again", () => this.#again()),
    );
  }

  /** @param {string} key @param {import("./dom.js").Glyph} icon @param {string} text @param {() => void} action */
  #button(key, icon, text, action) {
    return h(`button.btn${key === "again" ? ".p" : ""}`, { type: "button", data: { key }, onclick: action }, glyph(icon), ` ${text}`);
  }

  /** Stop the run; where a cell blocks, so that nobody hears it, interrupt the kernel. */
  async #stop() {
    clearTimeout(this.patience);
    fill(this.hint, "Stopping …");
    const { run } = this.live;
    const goesOn = () => this.live.run === run && !this.live.done;
    try {
      await this.kernel.ask("stop", { run }, BLOCKED, true);
    } catch {
      if (!goesOn()) return;
      fill(this.hint, "A cell is in the way: interrupting the kernel …");
      const done = await interrupt(this.model.get("kernel_id") ?? "");
      if (goesOn()) fill(this.hint, done ? "The kernel was interrupted …" : PRESS);
    }
  }

  #again() {
    this.#tell({ kind: "run_again" }, "Starting …", "No answer: the kernel is busy or gone. Run the cell again.");
  }

  /** Say something to Python. @param {PageRequest} message @param {string} note what is said meanwhile @param {string} late and when nothing comes of it */
  #tell(message, note, late) {
    this.model.send(message);
    fill(this.hint, note);
    clearTimeout(this.patience);
    this.patience = setTimeout(() => fill(this.hint, late), 2500);
  }

  #drawTimeline() {
    const some = this.visits.length > 0;
    this.timelinePane.hidden = !some;
    if (!some) return;
    const path = this.#drawCritical();
    const failed = this.visits.filter((visit) => visit.status === "failed" || visit.status === "caught").length;
    this.failures.hidden = !failed;
    if (failed) this.failureCount.textContent = plural(failed, "failure");
    if (!this.timelinePane.classList.contains("open")) return;
    const missing = this.#missing();
    const key = `${this.visits.length} ${missing?.total} ${Boolean(missing?.get)}`;
    if (key !== this.noteKey) {
      this.noteKey = key;
      fill(
        this.timelineNote,
        missing ? `${count(this.visits.length)} of ${plural(missing.total, "visit")}` : plural(this.visits.length, "visit"),
        missing?.get && [" · ", h("button.link", { type: "button", data: { key: "all-visits" }, title: missing.why, onclick: missing.get }, "get all")],
      );
      this.timelineNote.title = missing?.why ?? "";
    }
    const live = this.ticker.beat ? { ...this.live, seconds: this.ticker.seconds } : this.live;
    const shown = { visits: this.visits, live, visit: this.#visitNow(), critical: path?.ids ?? null };
    if (this.stripView === "states") this.states.update(shown);
    else this.timeline.update({ ...shown, selected: this.address, names: (address) => this.machine.states[address]?.name ?? address });
  }

  #inspect() {
    const inner = this.address === null ? null : this.diagram.childRuns.of(this.address);
    this.#drawChildBar(inner);
    if (inner) {
      const { run, machine, address } = inner;
      this.inspector.update({
        asks: !this.file && Boolean(run),
        machine,
        live: run?.live || NO_RUN,
        visits: run?.visits || [],
        events: run?.events || [],
        runs: [],
        address,
        visit: this.visit,
        within: (visit) => this.diagram.within(this.diagram.childRuns.lift(inner, visit)),
      });
      this.debugger.update(this.live, null, null);
      return;
    }
    this.inspector.update({
      compared: this.compared,
      asks: !this.file,
      missing: this.#missing(),
      machine: this.machine,
      live: this.live,
      visits: this.visits,
      events: this.events,
      runs: this.runs,
      address: this.address,
      visit: this.visit,
      within: (visit) => this.diagram.within(visit),
    });
    this.debugger.update(this.live, this.inspector.visit, this.address);
    if (this.inspector.visit?.outline && this.address !== null) this.#fetchVisit(this.inspector.visit);
  }

  /** Whose state is inspected, where that is the state of a run inside a state: the way to that run, and back. @param {Inner|null} inner */
  #drawChildBar(inner) {
    const key = inner && `${inner.outer} ${inner.run?.at} ${inner.run?.live.status}`;
    if (key === this.childKey) return;
    this.childKey = key;
    this.childBar.hidden = !inner;
    if (!inner) return;
    const { outer, run, machine } = inner;
    const outerName = this.diagram.states[outer]?.name ?? outer;
    fill(
      this.childBar,
      h(
        "button.link",
        { type: "button", title: "Back to the state that started it", data: { key: "child-back" }, onclick: () => this.select(outer) },
        `‹ ${outerName}`,
      ),
      h("span.muted", {}, "runs"),
      h("b", {}, machine.name),
      h("span.muted.childname", { title: run?.live.run }, run?.live.run ?? ""),
      run &&
        h(
          "button.btn",
          {
            type: "button",
            data: { key: "child-open" },
            title: "Show this run alone",
            onclick: () => this.#ask("open").catch((problem) => fill(this.hint, why(problem))),
          },
          "Open run",
        ),
    );
  }

  /** The visits that came by themselves, and those of items that were asked for. @param {VisitMessage[]} visits */
  #withFetched(visits) {
    if (this.fetched.run !== this.live.run) this.fetched = { run: this.live.run, visits: [] };
    if (!this.fetched.visits.length) return visits; // the same list: nothing to work out again
    const all = new Map(this.fetched.visits.map((visit) => [visit.id, visit]));
    for (const visit of visits) all.set(visit.id, visit);
    return [...all.values()].sort((a, b) => a.id - b.id);
  }

  /** Visits that are not on the page, where they can be had; else why not. @returns {Missing|null} */
  #missing() {
    const total = this.live.visits_total ?? this.visits.length;
    if (total <= this.visits.length) return null;
    if (this.file) return { total, why: "The saved page holds the first, the last and the failed visits of each state. The notebook has all of them." };
    if (!this.live.done)
      return { total, why: "The first, the last and the failed visits of each state are shown while it runs; all of them can be had at its end." };
    if (this.fetched.whole) return { total, why: "The others are inside Map items: choose one on the diagram." };
    return { total, why: "The page holds the first, the last and the failed visits of each state", get: () => this.#fetchOutlines() };
  }

  /** Fetch when and where all visits were; the data of one comes when it is chosen. */
  async #fetchOutlines() {
    fill(this.hint, "Getting the other visits …");
    try {
      /** @type {VisitMessage[]} */
      const found = [];
      const { fetched } = this;
      for (;;) {
        const { visits } = await this.kernel.ask("outlines", { first: found.length }, 30_000);
        if (!visits?.length) break;
        found.push(...visits);
      }
      const full = new Set(fetched.visits.filter((visit) => !visit.outline).map((visit) => visit.id));
      fetched.visits.push(...found.filter((visit) => !full.has(visit.id)));
      fetched.whole = true;
      fill(this.hint);
      this.#draw(VISITS);
    } catch (problem) {
      fill(this.hint, why(problem));
    }
  }

  /** Fetch the data of a visit of which only the outline is here. @param {VisitMessage} visit */
  async #fetchVisit(visit) {
    if (this.fetching === visit.id) return;
    this.fetching = visit.id;
    const { fetched } = this;
    try {
      const { visits } = await this.kernel.ask("visit", { visit: visit.id }, 15_000);
      const at = fetched.visits.findIndex((one) => one.id === visit.id);
      if (visits?.length && at >= 0) {
        fetched.visits[at] = visits[0];
        this.#draw(VISITS);
      }
    } catch (problem) {
      fill(this.hint, why(problem));
    } finally {
      this.fetching = null;
    }
  }

  /** Fetch one item's visits of a distributed Map whose children are too many for the page, and show it. @param {string} address @param {number} number */
  async #fetchItem(address, number) {
    fill(this.hint, `Looking for ${this.live.statuses[address]?.batches === undefined ? "item" : "batch"} ${number} …`);
    const { fetched } = this;
    try {
      const { visits, frame, problem } = await this.kernel.ask("child", { address, number }, 60_000);
      if (fetched !== this.fetched) {
        fill(this.hint);
        return;
      } // another run is shown by now
      fill(this.hint, visits ? "" : problem || "It is not to be had.");
      if (!visits) return;
      fetched.visits.push(...visits);
      this.#draw(VISITS);
      this.diagram.choosePass(address, frame ?? "");
    } catch (problem) {
      fill(this.hint, why(problem));
    }
  }

  /** Show an item that was chosen in a Map's table: the visit it failed in, or its first. @param {VisitMessage} map the Map's @param {ItemMessage} item */
  async #openItem(map, item) {
    if (this.address !== null && this.diagram.childRuns.of(this.address)) return; // its table only shows
    if (item.visit === null) {
      const here = itemsHere(this.visits, map).find((one) => one.number === item.number);
      if (!here) await this.#fetchItem(map.address, item.number);
      const found = here ?? itemsHere(this.visits, map).find((one) => one.number === item.number);
      if (found?.visit) this.#selectVisit(found.visit);
      return;
    }
    const { fetched } = this;
    if (!this.visits.some((visit) => visit.id === item.visit)) {
      try {
        const { visits } = await this.kernel.ask("visit", { visit: item.visit }, 15_000);
        fetched.visits.push(...(visits || []));
        this.#draw(VISITS);
      } catch (problem) {
        fill(this.hint, why(problem));
      }
    }
    if (fetched === this.fetched) this.#selectVisit(item.visit);
  }

  /** @param {number} id */
  #selectVisit(id) {
    const visit = this.visits.find((one) => one.id === id);
    if (visit) this.select(visit.address, id);
  }

  /**
   * Ask the kernel about what is inspected: the run that is shown, or one of its children.
   * @param {RequestKind} kind @param {Partial<PageRequest>} request @param {number=} patience @param {boolean=} busy
   */
  #ask(kind, request = {}, patience, busy) {
    const at = this.address === null ? undefined : this.diagram.childRuns.of(this.address)?.run?.at;
    if (kind === "open" && this.file) return this.#enter(request.name, at);
    return this.kernel.ask(kind, at === undefined ? request : { ...request, child_run: at }, patience, busy);
  }

  /**
   * Show a child run, or go back to the one that started it, in an exported page: its data came with it.
   * @param {string|undefined} name @param {string|undefined} at the child's place, where that is known @returns {Promise<PageReply>}
   */
  async #enter(name, at) {
    const { model } = this;
    /** @type {Traits|undefined} */
    let shown = /** @type {Traits} */ (Object.fromEntries(TRAITS.map((one) => [one, model.get(one)])));
    if (at === undefined && name === this.live.parent?.name) shown = this.above.pop();
    else {
      const place = at ?? (shown.child_runs?.runs || []).find((run) => run.parent === "" && run.live.run === name)?.at;
      shown = place?.split("/").reduce((outer, step) => {
        this.above.push(outer);
        return { ...descend(outer, step), loop: {}, other: {} };
      }, shown);
    }
    if (!shown) throw new Error("This run is not in the saved page.");
    const traits = shown;
    this.model = { ...model, get: (/** @type {string} */ one) => traits[/** @type {Trait} */ (one)] ?? (one === "host" ? model.get(one) : undefined) };
    this.address = this.visit = null;
    this.#draw(new Set(TRAITS));
    return { kind: "open", id: "", found: true };
  }

  /** An address that the inspector knows as one of the picture. @param {string|null} address */
  #outward(address) {
    const inner = this.address === null ? null : this.diagram.childRuns.of(this.address);
    return inner && address !== null ? inner.level.prefix + address : address;
  }

  // -- what the user does -------------------------------------------------------------------------------------------

  /**
   * Choose a state (null: the execution) and, where it was visited often, which visit.
   * @param {string|null} address @param {number|null} visit @param {boolean} seen it is in view
   */
  select(address, visit = null, seen = false) {
    const known = address !== null && (this.machine.states[address] || this.diagram.childRuns.of(address)) ? address : null;
    this.address = known;
    this.visit = visit;
    this.memory.set("selected", known);
    this.root.dispatchEvent(new CustomEvent("sfn-select", { bubbles: true, detail: known })); // the served page has it in its address
    const inner = known === null ? null : this.diagram.childRuns.of(known);
    const shown = visit === null ? undefined : (inner ? inner.run?.visits || [] : this.visits).find((one) => one.id === visit);
    if (shown) this.diagram.follow(inner ? this.diagram.childRuns.lift(inner, shown) : shown);
    this.diagram.select(known);
    if (known !== null && !seen) this.diagram.bring(known);
    if (known !== null && this.root.classList.contains("no-inspector")) this.#foldInspector(false);
    this.editor.choose(known);
    this.#inspect();
    if (this.visits.length) this.#drawTimeline();
  }

  /** @param {PageReply} message */
  #answer(message) {
    this.kernel.hear(message);
  }

  dispose() {
    for (const [name, listener] of this.listeners) this.model.off(name, listener);
    clearTimeout(this.patience);
    clearTimeout(this.greeting);
    this.ticker.stop();
    this.kernel.dispose();
    this.asked = false;
    this.observer.disconnect();
    window.removeEventListener("keydown", this.guard, true);
    this.timeline.dispose();
    this.states.dispose();
    this.inspector.dispose();
    this.diagram.dispose();
    this.root.parentElement?.removeEventListener("sfn-seen", this.sight);
    this.root.remove();
  }
}

/** @param {{model: Model, el: HTMLElement}} place */
function render({ model, el }) {
  el.classList.add("sfnbook");
  const frame = new Frame(model, el);
  return () => frame.dispose();
}

export default { render };
