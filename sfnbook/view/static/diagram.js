// diagram: the picture of a machine, live. Draws the laid-out graph as SVG, colours it as a run goes on, and lets a reader
// move around in it with mouse and keyboard. Knows positions and statuses; not what a state does. Data becomes text only.

import { arrange } from "./arrange.js";
import { h, s } from "./dom.js";
import { isWithin, passes, standing } from "./iterations.js";
import { Picker } from "./picker.js";

/**
 * @typedef {{id: string, kind: "start"|"end"|"state"|"container", type: string, name: string, detail: string, x: number,
 *   y: number, w: number, h: number, parent: string|null, lane: number, glyph: string,
 *   lanes: {x: number, y: number, w: number, h: number}[], folded?: boolean}} GraphNode
 * @typedef {{id: string, from: string, to: string, kind: "next"|"choice"|"default"|"catch", label: string, title: string,
 *   points: number[][], label_at: number[]|null, rail?: boolean}} GraphEdge
 * @typedef {{width: number, height: number, glyphs: Object<string, string>, nodes: GraphNode[], edges: GraphEdge[]}} Graph
 * @typedef {{status?: string, visits?: number, note?: string, done?: number, failed?: number, running?: number,
 *   total?: number, edges_out?: Object<string, number>}} Status
 */

const TONES = { running: "run", succeeded: "ok", failed: "bad", caught: "caught", aborted: "gone", paused: "held" };
const TONE_MARKS = {
  run: "M0 -3.6A3.6 3.6 0 1 1 -3.6 0",
  ok: "M-3.2 .2L-1 2.5 3.3 -2.2",
  bad: "M-2.7 -2.7L2.7 2.7M2.7 -2.7L-2.7 2.7",
  caught: "M0 -3.8V.8M0 3.2V3.7",
  gone: "M-3.2 0H3.2",
  held: "M-1.7 -3V3M1.7 -3V3",
};
const NAME_PX = 12.5;
const DETAIL_PX = 10.5;
const LABEL_STEP = 13;
const INSET = 14;
const GLYPH_ROOM = 16;
/** What folds a container takes at the left of its name. */
const FOLD_ROOM = 16;
/** Machines with more states than this start folded where that makes them readable. */
const LARGE = 60;
const MIN_SCALE = 0.01;
const MAX_SCALE = 3;
/** Below this scale a whole machine is no longer readable at first sight: start at the top instead of fitting. */
const READABLE = 0.62;
/** Below this scale second lines and edge labels only make noise. */
const FAR = 0.42;
/** Below this scale a state is a dot: its colour is all that can be seen. */
const TINY = 0.16;
/** What is out of view may be this much behind. */
const LATE_MS = 500;
const DRAG_PX = 4;
const TOOLS_HEIGHT = 44;
/** With more running states than this none of them pulses: the page has enough to paint. */
const BUSY = 24;
/** Characters that turn the direction of the text around them. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;

const TURN = "M3 2v6.4M1 6.6L3 8.6l2-2M7.4 11H11M7.4 11a4.4 4.4 0 0 1-1-.1M9.6 9.4L11.2 11l-1.6 1.6";
const FOLD = "M2 1.5h9M2 11.5h9M6.5 3v2.6M5 4.4l1.5 1.5L8 4.4M6.5 10V7.4M5 8.6l1.5-1.5L8 8.6";

let diagramCount = 0;

/** Text widths as this page draws them, remembered. */
class Ruler {
  constructor() {
    this.context = document.createElement("canvas").getContext("2d");
    this.known = new Map();
    this.family = "sans-serif";
  }

  /** @returns {number} */
  width(text, size, bold) {
    const key = `${bold ? "b" : ""}${size}|${text}`;
    let width = this.known.get(key);
    if (width === undefined) {
      if (this.known.size > 8000) this.known.clear();
      this.context.font = `${bold ? "600 " : ""}${size}px ${this.family}`;
      width = this.context.measureText(text).width;
      this.known.set(key, width);
    }
    return width;
  }

  /** The text, its middle left out where it needs more room. @returns {string} */
  elide(text, room, size, bold = false) {
    text = text.replace(TURNING, "\ufffd");
    if (this.width(text, size, bold) <= room) return text;
    const letters = Array.from(text);
    const cut = (keep) => `${letters.slice(0, Math.ceil(keep / 2)).join("").trimEnd()}…${letters.slice(letters.length - Math.floor(keep / 2)).join("").trimStart()}`;
    let low = 0;
    let high = letters.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.width(cut(middle), size, bold) <= room) low = middle; else high = middle - 1;
    }
    return cut(low);
  }
}

/** "3 of 10 done · 1 failed · 2 running", "" for what does not count. @param {Status} status */
function counted(status) {
  if (!status.total) return "";
  return [`${status.done || 0} of ${status.total} done`, status.failed && `${status.failed} failed`, status.running && `${status.running} running`].filter(Boolean).join(" · ");
}

export class Diagram {
  /**
   * @param {HTMLElement} container filled by the diagram
   * @param {{onSelect?: (address: string|null) => void, onView?: (view: {folded: string[]|null, across: boolean}) => void,
   *   onPass?: () => void}=} options `onView`: what is folded and which way it runs was changed by hand; `onPass`: another
   *   pass through a container is shown
   */
  constructor(container, { onSelect, onView, onPass } = {}) {
    this.onSelect = onSelect || (() => {});
    this.onView = onView || (() => {});
    this.onPass = onPass || (() => {});
    this.uid = `sfn-d${(diagramCount += 1)}`;
    /** @type {Graph} */
    this.graph = { width: 0, height: 0, glyphs: {}, nodes: [], edges: [] };
    /** As Python laid it out: nothing folded, downwards. */
    this.whole = this.graph;
    this.parents = new Map();
    this.inside = new Map();
    this.folded = new Set();
    this.across = false;
    this.chosen = new Map();
    this.passes = new Map();
    this.visits = [];
    this.states = {};
    this.nodes = new Map();
    this.edges = new Map();
    this.shown = new Map();
    this.counts = {};
    this.selected = null;
    this.focused = null;
    this.view = { x: 0, y: 0, k: 1 };
    this.fresh = true;
    this.following = false;
    this.ruler = new Ruler();
    this.#build(container);
  }

  // -- building -------------------------------------------------------------------------------------------------------

  #build(container) {
    const tool = (label, text, act) => h("button.sfn-tool", { type: "button", title: label, "aria-label": label, onclick: act }, text);
    this.ground = s("g.sfn-ground");
    this.svg = s("svg.sfn-canvas", { tabindex: "0", role: "group", "aria-roledescription": "diagram", "aria-label": "State machine" },
      s("defs", {}, ["edge", "taken", "caught"].map((tone) => this.#arrow(tone))), this.ground);
    this.followButton = tool("Keep the running state in view", "Follow", () => this.#follow(!this.following));
    this.followButton.setAttribute("aria-pressed", "false");
    this.turnButton = tool("Run from left to right", this.#icon(TURN), () => this.turn(!this.across));
    this.foldButton = tool("Fold all containers", this.#icon(FOLD), () => this.#foldAll());
    this.findButton = tool("Find a state (/)", "Find…", () => this.find());
    this.tools = h("div.sfn-tools", { role: "toolbar", "aria-label": "Diagram" }, tool("Zoom out (−)", "−", () => this.zoomBy(1 / 1.25)),
      tool("Fit the whole machine (0)", "Fit", () => this.fit()), tool("Zoom in (+)", "+", () => this.zoomBy(1.25)), this.turnButton, this.foldButton, this.followButton, this.findButton);
    this.findInput = h("input", { type: "search", placeholder: "Find a state", "aria-label": "Find a state", oninput: () => this.#search() });
    this.findCount = h("span", { role: "status", "aria-live": "polite" });
    this.findBox = h("div.sfn-find", { hidden: true }, this.findInput, this.findCount,
      tool("Previous", "↑", () => this.#step(-1)), tool("Next", "↓", () => this.#step(1)), tool("Close", "×", () => this.#closeFind()));
    this.findBox.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#closeFind();
      else if (event.key === "Enter" && event.target === this.findInput) this.#step(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.legend = h("div.sfn-legend", { "aria-hidden": "true" },
      ["running", "succeeded", "failed", "caught", "aborted"].map((status) => h("span", {}, this.#swatch(TONES[status]), status)));
    this.map = s("svg.sfn-map", { "aria-hidden": "true" });
    this.root = h("div.sfn-diagram", { "data-lm-suppress-shortcuts": "true" }, this.svg, this.tools, this.findBox, this.legend, this.map);
    container.append(this.root);
    this.picker = new Picker(this.root);
    this.#listen();
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(this.root);
  }

  #icon(d) {
    return s("svg.sfn-icon", { viewBox: "0 0 13 13", "aria-hidden": "true" }, s("path", { d }));
  }

  #arrow(tone) {
    return s("marker", { id: `${this.uid}-${tone}`, viewBox: "0 0 8 8", refX: "7.2", refY: "4", markerUnits: "userSpaceOnUse", markerWidth: "9",
      markerHeight: "9", orient: "auto" }, s(`path.sfn-arrow.${tone}`, { d: "M0 .6L8 4L0 7.4z" }));
  }

  #swatch(tone) {
    return s(`svg.sfn-swatch.${tone}`, { viewBox: "-8 -8 16 16" }, s("circle.sfn-disc", { r: "7" }), s("path.sfn-mark", { d: TONE_MARKS[tone] }));
  }

  /**
   * Show a graph. The viewport stays where it is as long as the same states are there.
   * @param {Graph} graph
   * @param {Object<string, {type?: string, bound?: boolean|null, comment?: string}>=} states
   * @param {{folded?: string[]|null, across?: boolean}=} view what the reader had folded (null: nothing touched yet)
   */
  setGraph(graph, states = {}, view = {}) {
    const before = JSON.stringify([this.whole.width, this.whole.height, this.whole.nodes.map((node) => node.id)]);
    const after = JSON.stringify([graph.width, graph.height, graph.nodes.map((node) => node.id)]);
    this.whole = graph;
    this.states = states || {};
    this.ruler.family = getComputedStyle(this.root).fontFamily || "sans-serif";
    this.ruler.known.clear();
    this.#relate();
    if (before !== after) {
      this.chosen.clear();
      this.across = Boolean(view.across);
      const kept = view.folded && view.folded.filter((address) => this.inside.has(address));
      this.folded = kept ? new Set(kept) : this.#firstFolded();
      this.touched = Boolean(kept);
    }
    this.#draw();
    if (before !== after) {
      this.fresh = true;
      this.#home();
    }
  }

  /** Who holds whom: each node's container, and all the states in each container. */
  #relate() {
    this.parents = new Map(this.whole.nodes.map((node) => [node.id, node.parent]));
    this.inside = new Map(this.whole.nodes.filter((node) => node.kind === "container").map((node) => [node.id, new Set()]));
    for (const node of this.whole.nodes) for (let at = node.parent; at; at = this.parents.get(at)) this.inside.get(at)?.add(node.id);
    this.foldButton.hidden = !this.inside.size;
  }

  #depth(address) {
    let depth = 0;
    for (let at = this.parents.get(address); at; at = this.parents.get(at)) depth += 1;
    return depth;
  }

  /** What is folded at first: of a large machine the inner containers, or all, where it can be read then and not before. */
  #firstFolded() {
    const none = new Set();
    if (this.parents.size <= LARGE || !this.inside.size) return none;
    const w = this.root.clientWidth || 760;
    const readable = (folded) => this.#arranged(folded).width * READABLE <= w;
    if (readable(none)) return none;
    const containers = [...this.inside.keys()];
    const inner = new Set(containers.filter((address) => this.#depth(address) > 0));
    return [inner, new Set(containers)].find((folded) => folded.size && readable(folded)) || none;
  }

  #arranged(folded) {
    if (!this.whole.nodes.length) return this.whole;
    return arrange(this.whole, folded, this.across, (text) => this.ruler.width(text, DETAIL_PX, false));
  }

  #draw() {
    const graph = this.#arranged(this.folded);
    this.graph = graph;
    this.nodes = new Map();
    this.edges = new Map();
    this.shown.clear();
    const containers = s("g.sfn-boxes");
    const edges = s("g.sfn-edges");
    const boxes = s("g.sfn-nodes");
    const handles = s("g.sfn-handles");
    for (const node of graph.nodes) {
      const open = node.kind === "container" && !node.folded;
      const drawn = open ? this.#container(node) : node.kind === "start" || node.kind === "end" ? this.#marker(node) : this.#box(node);
      this.nodes.set(node.id, drawn);
      (open ? containers : boxes).append(drawn.group);
      if (node.kind === "container") handles.append(this.#handle(node, drawn));
    }
    for (const edge of graph.edges) {
      const drawn = this.#edge(edge);
      this.edges.set(edge.id, drawn);
      edges.append(drawn.group);
    }
    this.edgeLayer = edges;
    this.ground.replaceChildren(containers, edges, boxes, handles);
    this.svg.setAttribute("aria-label", `State machine, ${this.parents.size - this.whole.nodes.filter((node) => node.id.startsWith("<")).length} states. Arrow keys move along the edges, Enter selects, Space folds a container.`);
    this.#drawMap();
    this.#label();
    this.counts = {};
    if (this.last) this.setLive(this.last.statuses, this.last.edges, this.visits);
    if (this.selected !== null && this.parents.has(this.selected)) this.#mark(this.selected, true); else this.selected = null;
    this.focused = null;
  }

  #label() {
    const words = this.across ? "Run from top to bottom" : "Run from left to right";
    this.turnButton.title = words;
    this.turnButton.setAttribute("aria-label", words);
    this.turnButton.firstElementChild.style.transform = this.across ? "scale(-1, 1) rotate(90deg)" : "";
    const fold = this.#anyOpen() ? "Fold all containers" : "Unfold all containers";
    this.foldButton.title = fold;
    this.foldButton.setAttribute("aria-label", fold);
  }

  // -- folding and turning --------------------------------------------------------------------------------------------

  #anyOpen() {
    return [...this.inside.keys()].some((address) => !this.folded.has(address));
  }

  /** The box that stands for a state: itself, or the outermost folded container around it. @returns {string|null} */
  #standIn(address) {
    let found = address;
    for (let at = this.parents.get(address); at; at = this.parents.get(at)) if (this.folded.has(at)) found = at;
    return this.nodes.has(found) ? found : null;
  }

  /** Fold a container into one box, or unfold it; its corner stays where it is. */
  fold(address, on = !this.folded.has(address)) {
    if (!this.inside.has(address) || this.folded.has(address) === on) return;
    const next = new Set(this.folded);
    if (on) next.add(address); else next.delete(address);
    this.#refold(next, address);
  }

  #foldAll() {
    this.#refold(this.#anyOpen() ? new Set(this.inside.keys()) : new Set(), null);
    if (!this.dragged) this.fit();
  }

  #refold(next, anchor) {
    const held = anchor && this.nodes.get(anchor)?.node;
    const focused = this.svg.contains(document.activeElement);
    this.folded = next;
    this.touched = true;
    this.#draw();
    const now = anchor && this.nodes.get(anchor)?.node;
    if (held && now) {
      const { x, y, k } = this.view;
      this.#look({ x: x + (held.x - now.x) * k, y: y + (held.y - now.y) * k, k });
    }
    if (focused && now) this.#focus(anchor);
    this.#tellView();
  }

  /** Let the machine run from left to right, or from top to bottom. */
  turn(across) {
    if (this.across === across) return;
    this.across = across;
    this.#draw();
    this.#home();
    this.#tellView();
  }

  #tellView() {
    this.onView({ folded: this.touched ? [...this.folded] : null, across: this.across });
  }

  #reach(group, node, words) {
    group.setAttribute("data-address", node.id);
    group.setAttribute("role", "button");
    group.setAttribute("tabindex", "-1");
    group.setAttribute("aria-label", words);
    group.setAttribute("aria-pressed", "false");
  }

  #marker(node) {
    const group = s(`g.sfn-end.${node.kind}`, { transform: `translate(${node.x} ${node.y})` },
      s("rect.sfn-shape", { width: node.w, height: node.h, rx: node.h / 2 }),
      s("text.sfn-detail", { x: node.w / 2, y: node.h / 2 + 3.8, "text-anchor": "middle" }, node.name));
    return { node, group };
  }

  #box(node) {
    const unbound = this.states[node.id]?.bound === false;
    const title = s("title");
    const glyph = this.#glyph(node, INSET, 27);
    const name = s("text.sfn-name", { x: INSET + (node.folded ? FOLD_ROOM : 0), y: 20 });
    const detail = s("text.sfn-detail", { x: INSET + (glyph ? GLYPH_ROOM : 0), y: 36 });
    const group = s(`g.sfn-node${node.folded ? ".sfn-folded" : ""}`, { transform: `translate(${node.x} ${node.y})` }, title,
      node.folded && s("rect.sfn-stack", { x: 5, y: 5, width: node.w - 10, height: node.h - 1, rx: 8 }),
      s("rect.sfn-ring", { x: -4, y: -4, width: node.w + 8, height: node.h + 8, rx: 11 }),
      s("rect.sfn-shape", { width: node.w, height: node.h, rx: 8 }), name, glyph, detail,
      unbound && s("circle.sfn-unbound", { cx: node.w - 14, cy: node.h - 13, r: 4 }));
    const drawn = { node, group, title, name, detail, unbound, room: glyph ? GLYPH_ROOM : 0, bar: node.folded ? this.#bar(node.h - 6.5) : null };
    this.#reach(group, node, "");
    this.#write(drawn, {});
    return drawn;
  }

  #container(node) {
    const title = s("title");
    const name = s("tspan.sfn-name");
    const detail = s("tspan.sfn-detail", { dx: 8 });
    const count = s("text.sfn-detail.sfn-count", { y: 23.5, "text-anchor": "end" });
    const bar = this.#bar(33);
    const glyph = this.#glyph(node, INSET + FOLD_ROOM, 14);
    const start = INSET + FOLD_ROOM + (glyph ? GLYPH_ROOM : 0);
    const group = s("g.sfn-node.sfn-box", { transform: `translate(${node.x} ${node.y})` }, title,
      s("rect.sfn-ring", { x: -4, y: -4, width: node.w + 8, height: node.h + 8, rx: 13 }),
      s("rect.sfn-shape", { width: node.w, height: node.h, rx: 10 }),
      node.lanes.map((lane) => s("rect.sfn-lane", { x: lane.x - node.x, y: lane.y - node.y, width: lane.w, height: lane.h, rx: 8 })),
      glyph, s("text", { x: start, y: 24 }, name, detail), count);
    const drawn = { node, group, title, name, detail, count, bar, start, box: true };
    this.#reach(group, node, "");
    this.#write(drawn, {});
    return drawn;
  }

  #bar(y) {
    return s("g.sfn-bar", { transform: `translate(${INSET} ${y})` }, s("rect.track", { height: 2.5, rx: 1.2 }), s("rect.done", { height: 2.5, rx: 1.2 }), s("rect.lost", { height: 2.5, rx: 1.2 }));
  }

  /** The small drawing of what a state is or calls. */
  #glyph(node, x, y) {
    const d = this.whole.glyphs?.[node.glyph];
    return d ? s("path.sfn-glyph", { d, transform: `translate(${x} ${y}) scale(.92)` }) : null;
  }

  /** What lies on a container and is not part of it: the triangle that folds it, the chip that chooses a pass. */
  #handle(node, drawn) {
    const y = node.folded ? 15.5 : 20;
    const triangle = s("path.sfn-triangle", { d: node.folded ? "M-1.8 -3.6L2.4 0L-1.8 3.6" : "M-3.6 -1.8L0 2.4L3.6 -1.8" });
    const words = `${node.folded ? "Unfold" : "Fold"} ${node.name}`;
    drawn.toggle = s("g.sfn-toggle", { "data-fold": node.id, role: "button", tabindex: "-1", "aria-label": words, "aria-expanded": String(!node.folded), transform: `translate(${INSET + 3} ${y})` },
      s("title", {}, words), s("rect.sfn-touch", { x: -12, y: -12, width: 24, height: 24, rx: 6 }), triangle);
    drawn.chip = s("g.sfn-chip", { "data-pass": node.id, role: "button", tabindex: "-1", "aria-haspopup": "listbox", style: "display:none" },
      s("rect.sfn-chip-shape", { height: 18, rx: 9 }), s("text.sfn-detail", { y: 12.6 }), s("path.sfn-triangle", { d: "M-3 -1.5L0 2L3 -1.5" }));
    return s("g", { transform: `translate(${node.x} ${node.y})` }, drawn.toggle, drawn.chip);
  }

  #edge(edge) {
    const [first, ...rest] = edge.points;
    const path = s("path.sfn-line", { d: `M${first.join(" ")}C${rest.map((point) => point.join(" ")).join(" ")}`, "marker-end": `url(#${this.uid}-edge)` });
    const title = s("title");
    title.textContent = edge.title || "";
    const group = s(`g.sfn-edge.${edge.kind}`, {}, edge.title ? title : null, path);
    if (edge.label_at && edge.label) {
      const lines = edge.label.split("\n");
      const top = edge.label_at[1] - (LABEL_STEP * (lines.length - 1)) / 2 + 3.8;
      lines.forEach((line, index) => group.append(s("text.sfn-label", { x: edge.label_at[0], y: top + LABEL_STEP * index }, line.replace(TURNING, "\ufffd"))));
    }
    const [xs, ys] = [edge.points.map(([x]) => x), edge.points.map(([, y]) => y)];
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    const at = this.#timesAt(edge);
    return { edge, group, path, at, spot: { x: at.x - 20, y: at.y - 10, w: 60, h: 14 }, extent: { x, y, w: Math.max(...xs) - x + 60, h: Math.max(...ys) - y + 12 } };
  }

  // -- a run ----------------------------------------------------------------------------------------------------------

  /**
   * Show how far a run is. Touches only what changed since the last call.
   * @param {Object<string, Status>} statuses by address
   * @param {Object<string, number>=} edges how often each edge was taken, by id; derived from the statuses where absent
   * @param {object[]=} visits as in the trait `visits`: from them come the passes through containers
   */
  setLive(statuses, edges, visits = this.visits) {
    this.last = { statuses: statuses || {}, edges };
    if (visits !== this.visits || this.nodes !== this.passesOf) this.#findPasses(visits);
    this.#show(this.nodes.size > LARGE);
    if (this.following) this.#followOn(this.last.statuses);
  }

  /** Write what changed; of a large machine at first only what is in view, the rest a little later. */
  #show(lazily) {
    const { statuses, edges } = this.last;
    const { now, counts } = this.#inPass(statuses, edges && Object.keys(edges).length ? edges : this.#derive(statuses));
    const seen = lazily ? this.#window() : () => true;
    let busy = 0;
    let behind = false;
    for (const [address, drawn] of this.nodes) {
      if (!drawn.title) continue;
      const status = now[address] || {};
      if (status.status === "running") busy += 1;
      const key = `${status.status}|${status.visits}|${status.note}|${status.done}|${status.failed}|${status.running}|${status.total}|${this.chosen.get(address)}|${this.passes.get(address)?.length}`;
      if (this.shown.get(address) === key) continue;
      if (!seen(drawn.node)) { behind = true; continue; }
      this.shown.set(address, key);
      this.#write(drawn, status);
    }
    this.root.classList.toggle("busy", busy > BUSY);
    behind = this.#count(counts, seen) || behind;
    if (behind) this.late ??= setTimeout(() => this.#catchUp(), LATE_MS); else this.#punctual();
  }

  #catchUp() {
    this.#punctual();
    if (this.last) this.#show(false);
  }

  #punctual() {
    clearTimeout(this.late);
    this.late = null;
  }

  /** Whether a box reaches into the pane. @returns {(node: {x: number, y: number, w: number, h: number}) => boolean} */
  #window() {
    const { x, y, k } = this.view;
    const [left, top, right, bottom] = [-x / k, -y / k, (this.root.clientWidth - x) / k, (this.root.clientHeight - y) / k];
    return (node) => node.x < right && node.y < bottom && node.x + node.w > left && node.y + node.h > top;
  }

  // -- passes through a container -----------------------------------------------------------------------------------------

  #findPasses(visits) {
    this.visits = visits || [];
    this.passesOf = this.nodes;
    for (const node of this.whole.nodes) if (node.kind === "container") this.#findPassesOf(node);
  }

  #findPassesOf(node) {
    const inside = this.inside.get(node.id);
    const found = passes(this.visits, { address: node.id, depth: this.#depth(node.id), type: node.type, inside, within: this.#around(node.id) });
    this.passes.set(node.id, found);
    if (this.chosen.has(node.id) && !found.some((pass) => pass.key === this.chosen.get(node.id))) this.chosen.delete(node.id);
  }

  /** The pass chosen of the nearest container around an address, "" where all are shown. */
  #around(address) {
    for (let at = this.parents.get(address); at; at = this.parents.get(at)) if (this.chosen.has(at)) return this.chosen.get(at);
    return "";
  }

  /** Whether a visit belongs to the passes that are shown. @param {{address: string, frame: string}} visit */
  within(visit) {
    return isWithin(visit.frame, this.#around(visit.address));
  }

  /** Show the passes in which a visit was, where others are shown now. */
  follow(visit) {
    if (!this.chosen.size || this.within(visit)) return;
    for (let at = this.parents.get(visit.address); at; at = this.parents.get(at)) {
      if (!this.chosen.has(at)) continue;
      this.chosen.delete(at);
      this.#findPassesOf(this.whole.nodes.find((node) => node.id === at));
      const pass = this.passes.get(at).find(({ key }) => isWithin(visit.frame, key));
      if (pass) this.chosen.set(at, pass.key);
    }
    this.#repass();
  }

  /** Show one pass through a container, "" for all. */
  choosePass(address, key) {
    if (key) this.chosen.set(address, key); else this.chosen.delete(address);
    this.#repass();
    this.onPass();
  }

  #repass() {
    this.#findPasses(this.visits);
    if (this.last) this.setLive(this.last.statuses, this.last.edges, this.visits);
  }

  #stepPass(address, by) {
    const keys = ["", ...(this.passes.get(address) || []).map((pass) => pass.key)];
    if (keys.length < 3) return;
    this.choosePass(address, keys[(keys.indexOf(this.chosen.get(address) || "") + by + keys.length) % keys.length]);
  }

  #openPicker(address) {
    const found = this.passes.get(address) || [];
    const { node, chip } = this.nodes.get(address) || {};
    if (found.length < 2 || !chip) return;
    const [at, pane] = [chip.getBoundingClientRect(), this.root.getBoundingClientRect()];
    this.picker.show({
      items: [{ key: "", text: this.#passWords(node, ""), note: "together" }, ...found], chosen: this.chosen.get(address) || "",
      x: at.right - pane.left, y: at.bottom - pane.top + 4, label: `Which ${node.type === "Map" ? "item" : "attempt"} of ${node.name} to show`,
      choose: (key) => this.choosePass(address, key), back: () => this.#focus(address),
    });
  }

  #passWords(node, key) {
    const found = this.passes.get(node.id) || [];
    if (key) return found.find((pass) => pass.key === key)?.text ?? "";
    const total = this.last?.statuses[node.id]?.total;
    if (node.type !== "Map") return `all ${found.length} attempts`;
    return `all ${Math.max(found.length, this.#around(node.id) ? 0 : total || 0)} items`;
  }

  /** The statuses and edge counts, those inside a container of which one pass is chosen replaced by that pass's. */
  #inPass(statuses, counts) {
    if (!this.chosen.size) return { now: statuses, counts };
    const [now, found] = [{ ...statuses }, { ...counts }];
    const outerFirst = [...this.chosen].sort(([a], [b]) => this.#depth(a) - this.#depth(b));
    for (const [address, key] of outerFirst) {
      const inside = this.inside.get(address);
      for (const one of inside) delete now[one];
      for (const { edge } of this.edges.values()) if (inside.has(edge.from)) delete found[edge.id];
      const { statuses: own, edges } = standing(this.visits, inside, key, (from, name, caught) => this.#leaving(from, name, caught));
      Object.assign(now, own);
      Object.assign(found, edges);
    }
    return { now, counts: found };
  }

  #leaving(from, name, caught) {
    if (this.leavingOf !== this.edges) {
      this.leavingOf = this.edges;
      this.leads = new Map();
    }
    const key = `${caught}${from}\n${name}`;
    if (!this.leads.has(key)) {
      const found = [...this.edges.values()].find(({ edge }) => edge.from === from && (edge.kind === "catch") === caught && this.nodes.get(edge.to)?.node.name === name);
      this.leads.set(key, found?.edge.id ?? null);
    }
    return this.leads.get(key);
  }

  // -- writing what a run did ---------------------------------------------------------------------------------------------

  #write(drawn, status) {
    const { node, group } = drawn;
    const tone = TONES[status.status] || "";
    if (drawn.tone !== tone) {
      if (drawn.tone) group.classList.remove(drawn.tone);
      if (tone) group.classList.add(tone);
      drawn.tone = tone;
      if (tone && !drawn.badge) {
        drawn.badge = s("g.sfn-badge", { "aria-hidden": "true", transform: drawn.box ? `translate(${node.w - 20} 20)` : `translate(${node.w - 15} 15)` },
          s("circle.sfn-disc", { r: 7 }), s("path.sfn-mark"));
      }
      if (tone) drawn.badge.lastElementChild.setAttribute("d", TONE_MARKS[tone]);
      if (!tone) drawn.badge?.remove(); else if (!drawn.badge.parentNode) group.append(drawn.badge);
      drawn.dot?.setAttribute("class", `sfn-dot ${tone}`);
    }
    if (drawn.chip) this.#writeChip(drawn, tone);
    const words = drawn.box ? this.#writeBox(drawn, status, tone) : this.#writeState(drawn, status, tone);
    const times = status.visits > 1 ? `, ${status.visits} visits` : "";
    const said = `${node.name}, ${node.type}, ${words ? `${words}, ` : ""}${status.status || "not reached"}${times}${drawn.unbound ? ", nothing answers this task" : ""}`;
    if (said === drawn.said) return;
    drawn.said = said;
    drawn.title.textContent = `${node.name}${words ? `\n${words}` : ""}${drawn.unbound ? "\nNothing answers this task" : ""}`;
    group.setAttribute("aria-label", said);
  }

  #writeState(drawn, status, tone) {
    const { node } = drawn;
    const visits = status.visits > 1 && !node.folded ? `×${status.visits}` : "";
    if (visits && !drawn.visits) {
      drawn.visits = s("text.sfn-detail", { y: 19.5, "text-anchor": "end" });
      drawn.group.append(drawn.visits);
    }
    if (drawn.visits) {
      drawn.visits.textContent = visits;
      drawn.visits.setAttribute("x", node.w - (tone ? 26 : INSET));
    }
    const count = node.folded ? counted(status) : "";
    const chip = drawn.chipWidth ? drawn.chipWidth + 6 : 0;
    const room = node.w - 2 * INSET - (tone ? 16 : 0) - (node.folded ? FOLD_ROOM + chip : 0) - (visits ? this.ruler.width(visits, DETAIL_PX, false) + 4 : 0);
    const within = node.folded ? this.inside.get(node.id).size : 0;
    const words = node.folded ? [count, status.note, `${within} ${within === 1 ? "state" : "states"} inside`, node.detail].filter(Boolean).join(" · ") : status.note || node.detail;
    drawn.name.textContent = this.ruler.elide(node.name, room, NAME_PX, node.folded);
    const left = node.w - 2 * INSET - drawn.room - (drawn.unbound ? 8 : 0);
    drawn.detail.textContent = node.folded && this.ruler.width(words, DETAIL_PX, false) > left
      ? this.ruler.elide(count || status.note || `${within} ${within === 1 ? "state" : "states"} inside`, left, DETAIL_PX) : this.ruler.elide(words, left, DETAIL_PX);
    if (drawn.bar) { if (count) this.#writeBar(drawn, status); else drawn.bar.remove(); }
    return words;
  }

  /** The chip that says which pass is shown; none where there is only one. */
  #writeChip(drawn, tone) {
    const { node, chip } = drawn;
    const show = (this.passes.get(node.id)?.length || 0) > 1;
    chip.style.display = show ? "" : "none";
    drawn.chipWidth = 0;
    if (!show) return;
    const key = this.chosen.get(node.id) || "";
    const words = this.#passWords(node, key);
    drawn.chipWidth = this.ruler.width(words, DETAIL_PX, false) + 30;
    chip.classList.toggle("on", key !== "");
    const [shape, text, triangle] = chip.children;
    shape.setAttribute("width", drawn.chipWidth);
    text.textContent = words;
    text.setAttribute("x", "10");
    triangle.setAttribute("transform", `translate(${drawn.chipWidth - 12} 9)`);
    chip.setAttribute("transform", `translate(${node.w - (drawn.box ? 10 : 8) - (tone ? 22 : 0) - drawn.chipWidth} ${drawn.box ? 11 : 6})`);
    chip.setAttribute("aria-label", `${words} of ${node.name}: choose which to show`);
  }

  #writeBox(drawn, status, tone) {
    const { node } = drawn;
    let count = counted(status);
    const right = node.w - INSET - (tone ? 20 : 0) - (drawn.chipWidth ? drawn.chipWidth + 4 : 0);
    const whole = right - drawn.start;
    const needed = Math.min(whole, this.ruler.width(node.name, NAME_PX, true));
    const takes = (text) => (text ? this.ruler.width(text, DETAIL_PX, false) + 12 : 0);
    const said = count;
    if (whole - takes(count) < needed) count = `${status.done || 0} of ${status.total}`;
    if (whole - takes(count) < needed) count = "";
    const room = whole - takes(count);
    const words = [node.detail, status.note].filter(Boolean).join(" · ");
    const name = this.ruler.elide(node.name, room, NAME_PX, true);
    const left = room - this.ruler.width(name, NAME_PX, true) - 16;
    drawn.name.textContent = name;
    drawn.detail.textContent = left > 84 ? this.ruler.elide(status.note || words, left, DETAIL_PX) : "";
    if (left > 40 && this.ruler.width(words, DETAIL_PX, false) <= left) drawn.detail.textContent = words;
    drawn.count.textContent = count;
    drawn.count.setAttribute("x", right);
    if (said) this.#writeBar(drawn, status); else drawn.bar.remove();
    return [words, said].filter(Boolean).join(" · ");
  }

  #writeBar({ node, group, bar }, status) {
    const full = node.w - 2 * INSET;
    const part = (number) => Math.min(1, (number || 0) / status.total) * full;
    const [track, done, lost] = bar.children;
    track.setAttribute("width", full);
    done.setAttribute("width", part(status.done));
    lost.setAttribute("x", part(status.done));
    lost.setAttribute("width", Math.min(part(status.failed), full - part(status.done)));
    if (bar.parentNode !== group) group.append(bar);
  }

  /** How often each edge was taken, from where each state went next. */
  #derive(statuses) {
    const counts = {};
    for (const { edge } of this.edges.values()) {
      const source = statuses[edge.from];
      if (edge.from === "<start>") {
        if (statuses[edge.to]?.status) counts[edge.id] = 1;
        continue;
      }
      const count = source?.edges_out?.[edge.to];
      if (!count) continue;
      const twin = this.edges.has(edge.kind === "catch" ? `${edge.from} -> ${edge.to}` : `${edge.from} !> ${edge.to}`);
      const caught = source.status === "caught" || source.status === "failed";
      if (!twin || (edge.kind === "catch") === caught) counts[edge.id] = count;
    }
    return counts;
  }

  /** Draw the path taken; true where some of it is out of view and still to be drawn. */
  #count(counts, seen) {
    let ended = false;
    let behind = false;
    for (const [id, drawn] of this.edges) {
      const count = counts[id] || 0;
      if (count && drawn.edge.to === "<end>") ended = true;
      const before = drawn.count || 0;
      if (before === count) continue;
      // A long line is always in view somewhere; where only its number changes, the number's place decides.
      if (!seen(before && count ? drawn.spot : drawn.extent)) { behind = true; continue; }
      drawn.count = count;
      this.#writeTimes(drawn, count);
      if (before && count) continue;
      drawn.group.classList.toggle("taken", count > 0);
      drawn.path.setAttribute("marker-end", `url(#${this.uid}-${!count ? "edge" : drawn.edge.kind === "catch" ? "caught" : "taken"})`);
      if (count) this.edgeLayer.append(drawn.group);
    }
    this.counts = counts;
    this.nodes.get("<end>")?.group.classList.toggle("reached", ended);
    return behind;
  }

  /** How often an edge was taken, beside it, from twice on. */
  #writeTimes(drawn, count) {
    const words = count > 1 ? `×${count}` : "";
    if (!words && !drawn.times) return;
    if (!drawn.times) {
      drawn.times = s("text.sfn-times", drawn.at);
      drawn.group.append(drawn.times);
    }
    drawn.times.textContent = words;
  }

  /** Behind the label; without one beside a straight piece of the curve, or where it arrives. */
  #timesAt({ points, label, label_at: at }) {
    if (at && label) {
      const lines = label.split("\n");
      return { x: at[0] + this.ruler.width(lines.at(-1), DETAIL_PX, false) + 5, y: at[1] + (LABEL_STEP * (lines.length - 1)) / 2 + 3.8 };
    }
    const [along, aside] = this.across ? [0, 1] : [1, 0];
    let best = points.slice(-4);
    let longest = 24;
    for (let start = 0; start + 3 < points.length; start += 3) {
      const [p, q] = [points[start], points[start + 3]];
      const length = Math.abs(p[along] - q[along]);
      if (Math.abs(p[aside] - q[aside]) < 0.5 && length > longest) [best, longest] = [points.slice(start, start + 4), length];
    }
    const middle = (i) => (best[0][i] + 3 * best[1][i] + 3 * best[2][i] + best[3][i]) / 8;
    return this.across ? { x: middle(0), y: middle(1) - 5, "text-anchor": "middle" } : { x: middle(0) + 6, y: middle(1) + 3.5 };
  }

  // -- selecting and moving by keyboard -----------------------------------------------------------------------------------

  /** Show a state as selected (null: none). Paints at once; does not call `onSelect`. @param {string|null} address */
  select(address) {
    if (this.selected !== null) this.#mark(this.selected, false);
    this.selected = address !== null && this.parents.has(address) && !address.startsWith("<") ? address : null;
    if (this.selected !== null) this.#mark(this.selected, true);
  }

  #mark(address, on) {
    const seen = this.#standIn(address);
    const drawn = this.nodes.get(seen);
    drawn?.group.classList.toggle(seen === address ? "selected" : "holds", on);
    if (seen === address) drawn?.group.setAttribute("aria-pressed", String(on));
  }

  #focus(address) {
    const drawn = this.nodes.get(address);
    if (!drawn?.title) return;
    this.nodes.get(this.focused)?.group.setAttribute("tabindex", "-1");
    this.focused = address;
    drawn.group.setAttribute("tabindex", "0");
    drawn.group.focus({ preventScroll: true });
    this.#keepInView(address);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = event.target.closest?.("[data-address]")?.dataset.address ?? null;
    const on = () => this.#focus(this.#along(here, "from", "to"));
    const back = () => this.#focus(this.#along(here, "to", "from"));
    const aside = (direction) => () => this.#focus(this.#beside(here, direction));
    const arrows = this.across ? { ArrowRight: on, ArrowLeft: back, ArrowUp: aside(-1), ArrowDown: aside(1) }
      : { ArrowDown: on, ArrowUp: back, ArrowLeft: aside(-1), ArrowRight: aside(1) };
    const act = {
      ...arrows, Enter: () => here !== null && this.#choose(here), " ": () => here !== null && (this.inside.has(here) ? this.fold(here) : this.#choose(here)),
      "[": () => here !== null && this.#stepPass(here, -1), "]": () => here !== null && this.#stepPass(here, 1), p: () => here !== null && this.#openPicker(here),
      "+": () => this.zoomBy(1.25), "=": () => this.zoomBy(1.25), "-": () => this.zoomBy(1 / 1.25), 0: () => this.fit(), "/": () => this.find(),
    }[event.key];
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  }

  #first() {
    return (this.selected !== null && this.#standIn(this.selected)) || this.graph.edges.find((edge) => edge.from === "<start>")?.to || this.graph.nodes.find((node) => node.kind === "state")?.id;
  }

  /** The neighbour along an edge; into a container and out of it where no edge leads on. */
  #along(here, near, far) {
    if (here === null) return this.#first();
    const edges = this.graph.edges.filter((edge) => edge[near] === here && this.nodes.get(edge[far])?.title);
    const forward = near === "from";
    const best = edges.find((edge) => this.counts[edge.id]) || edges.find((edge) => edge.kind === "next") || edges[0];
    const node = this.nodes.get(here).node;
    if (forward && node.kind === "container" && !node.folded) {
      const inside = this.graph.nodes.filter((other) => other.parent === here).sort((a, b) => a.y - b.y || a.x - b.x)[0];
      if (inside) return inside.id;
    }
    if (best) return best[far];
    if (!forward) return node.parent ?? here;
    for (let holder = node.parent; holder; holder = this.nodes.get(holder).node.parent) {
      const out = this.graph.edges.find((edge) => edge.from === holder && this.nodes.get(edge.to)?.title);
      if (out) return out.to;
    }
    return here;
  }

  /** The nearest state to one side of the way. */
  #beside(here, direction) {
    if (here === null) return this.#first();
    const at = this.nodes.get(here).node;
    const centre = (node) => {
      const [x, y] = [node.x + (this.across ? Math.min(node.w, 200) : node.w) / 2, node.y + Math.min(node.h, 48) / 2];
      return this.across ? [y, x] : [x, y];
    };
    const [x, y] = centre(at);
    let best = here;
    let least = Infinity;
    for (const { node, title } of this.nodes.values()) {
      const [nx, ny] = centre(node);
      if (!title || node.id === here || (nx - x) * direction < 12 || (node.kind === "container" && node.id === at.parent)) continue;
      const distance = Math.abs(nx - x) + 3 * Math.abs(ny - y);
      if (distance < least) [best, least] = [node.id, distance];
    }
    return best;
  }

  #choose(address) {
    this.select(address);
    this.onSelect(address);
  }

  // -- moving around --------------------------------------------------------------------------------------------------

  #listen() {
    const { svg } = this;
    svg.addEventListener("keydown", (event) => this.#key(event));
    svg.addEventListener("focusin", (event) => {
      const address = event.target.closest("[data-address]")?.dataset.address;
      if (address !== undefined && address !== this.focused) {
        this.nodes.get(this.focused)?.group.setAttribute("tabindex", "-1");
        this.focused = address;
        event.target.setAttribute("tabindex", "0");
      }
    });
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !svg.contains(document.activeElement)) return;
      event.preventDefault();
      const box = svg.getBoundingClientRect();
      const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      this.zoomBy(Math.exp(-Math.max(-120, Math.min(120, step)) * (event.ctrlKey ? 0.008 : 0.0024)), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => this.#grab(event));
    svg.addEventListener("click", (event) => {
      if (this.dragged) return;
      const fold = event.target.closest("[data-fold]");
      const pass = event.target.closest("[data-pass]");
      if (fold) { this.fold(fold.dataset.fold); return; }
      if (pass) { this.#openPicker(pass.dataset.pass); return; }
      const address = event.target.closest("[data-address]")?.dataset.address ?? null;
      if (address === null) svg.focus({ preventScroll: true });
      this.#choose(address);
    });
    svg.addEventListener("dblclick", (event) => {
      if (event.target.closest("[data-fold], [data-pass]")) return;
      const address = event.target.closest("[data-address]")?.dataset.address;
      if (address === undefined) this.fit(); else if (this.inside.has(address)) this.fold(address);
    });
    this.map.addEventListener("pointerdown", (event) => this.#mapTo(event));
    this.map.addEventListener("pointermove", (event) => event.buttons && this.#mapTo(event));
  }

  #grab(event) {
    if (event.button !== 0) return;
    const { svg } = this;
    const from = { x: event.clientX, y: event.clientY, vx: this.view.x, vy: this.view.y };
    this.dragged = false;
    const move = (at) => {
      const [dx, dy] = [at.clientX - from.x, at.clientY - from.y];
      if (!this.dragged && Math.hypot(dx, dy) < DRAG_PX) return;
      if (!this.dragged) {
        this.dragged = true;
        svg.setPointerCapture(event.pointerId);
        svg.classList.add("dragging");
        this.#follow(false);
      }
      this.#look({ ...this.view, x: from.vx + dx, y: from.vy + dy });
    };
    const end = () => {
      svg.classList.remove("dragging");
      svg.removeEventListener("pointermove", move);
      svg.removeEventListener("pointerup", end);
      svg.removeEventListener("pointercancel", end);
    };
    svg.addEventListener("pointermove", move);
    svg.addEventListener("pointerup", end);
    svg.addEventListener("pointercancel", end);
  }

  #look(view, gently = false) {
    this.view = view;
    this.fresh = false;
    const still = !gently || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.ground.style.transition = still ? "" : "transform 160ms ease-out";
    this.ground.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
    this.root.classList.toggle("far", view.k < FAR);
    this.root.classList.toggle("tiny", view.k < TINY);
    this.root.style.setProperty("--k", String(view.k));
    this.root.style.backgroundPosition = `${view.x}px ${view.y}px`;
    this.#frameMap();
    if (this.late) requestAnimationFrame(() => this.late && this.#catchUp());
  }

  /** Where a graph is first seen: whole where that is readable, else its beginning. */
  #home() {
    const { clientWidth: w, clientHeight: h } = this.root;
    if (!w || !h || !this.graph.width) return;
    const whole = Math.min(1, w / this.graph.width, (h - 44) / this.graph.height);
    if (whole >= READABLE) this.fit(); else {
      const room = this.across ? (h - TOOLS_HEIGHT - 44) / this.graph.height : w / this.graph.width;
      const k = Math.max(READABLE, Math.min(0.85, room));
      const start = this.nodes.get("<start>")?.node || this.graph.nodes[0];
      const x = w / 2 - (start.x + start.w / 2) * k;
      const fits = this.graph.width * k <= w;
      const low = this.graph.height * k + TOOLS_HEIGHT + 40 <= h;
      this.#look({ x: this.across ? 8 : fits ? (w - this.graph.width * k) / 2 : Math.min(12, Math.max(w - this.graph.width * k - 12, x)),
        y: this.across ? (low ? Math.max(TOOLS_HEIGHT, (h - this.graph.height * k) / 2) : Math.min(TOOLS_HEIGHT, h / 2 - (start.y + start.h / 2) * k)) : (start.x + start.w) * k + Math.min(12, Math.max(w - this.graph.width * k - 12, x)) > w - this.tools.offsetWidth - 12 ? TOOLS_HEIGHT - 12 : 8, k });
    }
    this.fresh = true;
  }

  #resized() {
    if (this.fresh) this.#home(); else this.#frameMap();
  }

  /** Show the whole machine. */
  fit() {
    const { clientWidth: w, clientHeight: h } = this.root;
    if (!w || !h || !this.graph.width) return;
    const foot = 36;
    const k = Math.max(MIN_SCALE, Math.min(1, w / this.graph.width, (h - foot) / this.graph.height));
    const still = this.fresh;
    this.#look({ x: (w - this.graph.width * k) / 2, y: Math.max(0, (h - foot - this.graph.height * k) / 2), k }, !still);
  }

  /** Zoom by a factor, around a point of the pane (its middle where absent). */
  zoomBy(factor, x = this.root.clientWidth / 2, y = this.root.clientHeight / 2) {
    const k = Math.max(MIN_SCALE, Math.min(MAX_SCALE, this.view.k * factor));
    const ratio = k / this.view.k;
    this.#look({ x: x - (x - this.view.x) * ratio, y: y - (y - this.view.y) * ratio, k });
  }

  /** Bring a state into view where it is not: readable, its middle to the middle. @param {string} address */
  reveal(address) {
    this.#unfoldTo(address);
    const node = this.nodes.get(address)?.node;
    if (!node) return;
    const { clientWidth: w, clientHeight: h } = this.root;
    const [left, top] = [node.x * this.view.k + this.view.x, node.y * this.view.k + this.view.y];
    const seen = left >= 8 && top >= 84 && left + node.w * this.view.k <= w - 8 && top + Math.min(node.h, 48) * this.view.k <= h - 48;
    if (seen && this.view.k >= FAR) return;
    const k = Math.max(this.view.k, READABLE);
    const tall = Math.min(node.h, h / k);
    this.#look({ x: w / 2 - (node.x + node.w / 2) * k, y: h / 2 - (node.y + tall / 2) * k, k }, true);
  }

  /** Unfold the containers around a state. */
  #unfoldTo(address) {
    const next = new Set(this.folded);
    for (let at = this.parents.get(address); at; at = this.parents.get(at)) next.delete(at);
    if (next.size !== this.folded.size) this.#refold(next, [...this.folded].find((one) => !next.has(one)));
  }

  /** Move just as far as needed for a state to be seen. */
  #keepInView(address) {
    const node = this.nodes.get(address).node;
    const { clientWidth: w, clientHeight: h } = this.root;
    const { x, y, k } = this.view;
    const [left, top, right, bottom] = [node.x * k + x, node.y * k + y, (node.x + node.w) * k + x, (node.y + Math.min(node.h, 48)) * k + y];
    const dx = left < 24 ? 24 - left : right > w - 24 ? Math.max(w - 24 - right, 24 - left) : 0;
    const dy = top < 48 ? 48 - top : bottom > h - 48 ? Math.max(h - 48 - bottom, 48 - top) : 0;
    if (dx || dy) this.#look({ x: x + dx, y: y + dy, k }, true);
  }

  #follow(on) {
    this.following = on;
    this.followButton.setAttribute("aria-pressed", String(on));
    this.followed = null;
    if (!on) return;
    if (this.view.k < FAR) this.zoomBy(READABLE / this.view.k);
    this.#followOn(this.last?.statuses || {});
  }

  /** Keep to one running state as long as it runs; then go to the one entered last. */
  #followOn(statuses) {
    const runs = (address) => statuses[address]?.status === "running" && !this.inside.has(address);
    if (this.followed && runs(this.followed)) return;
    const entered = this.visits.findLast?.((visit) => visit.end_ms === null && runs(visit.address))?.address;
    this.followed = entered ?? Object.keys(statuses).findLast?.((address) => runs(address) && this.parents.has(address)) ?? null;
    const seen = this.followed && this.#standIn(this.followed);
    if (seen) this.#keepInView(seen);
  }

  // -- the small map --------------------------------------------------------------------------------------------------

  #drawMap() {
    const { width, height, nodes } = this.graph;
    this.map.replaceChildren();
    if (!width) return;
    const k = Math.min(132 / width, 116 / height);
    this.map.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.map.setAttribute("preserveAspectRatio", "none");
    this.map.style.width = `${Math.max(18, width * k)}px`;
    this.map.style.height = `${Math.max(18, height * k)}px`;
    for (const node of nodes) {
      const dot = s("rect.sfn-dot", { x: node.x, y: node.y, width: node.w, height: node.h, rx: 8 });
      const drawn = this.nodes.get(node.id);
      if (node.kind === "container") dot.setAttribute("fill", "none");
      drawn.dot = dot;
      this.map.append(dot);
    }
    this.frame = s("rect.sfn-frame-now", { rx: 4 });
    this.map.append(this.frame);
  }

  #frameMap() {
    const { clientWidth: w, clientHeight: h } = this.root;
    const { x, y, k } = this.view;
    const hidden = !this.frame || (x >= -1 && y >= -1 && x + this.graph.width * k <= w + 1 && y + this.graph.height * k <= h + 1);
    this.map.classList.toggle("off", hidden);
    if (hidden) return;
    const [left, top] = [Math.max(0, -x / k), Math.max(0, -y / k)];
    this.frame.setAttribute("x", left);
    this.frame.setAttribute("y", top);
    this.frame.setAttribute("width", Math.max(0, Math.min(this.graph.width, (w - x) / k) - left));
    this.frame.setAttribute("height", Math.max(0, Math.min(this.graph.height, (h - y) / k) - top));
  }

  #mapTo(event) {
    const box = this.map.getBoundingClientRect();
    const { clientWidth: w, clientHeight: h } = this.root;
    const { k } = this.view;
    const gx = ((event.clientX - box.left) / box.width) * this.graph.width;
    const gy = ((event.clientY - box.top) / box.height) * this.graph.height;
    if (event.type === "pointerdown") this.map.setPointerCapture(event.pointerId);
    this.#follow(false);
    this.#look({ x: w / 2 - gx * k, y: h / 2 - gy * k, k });
  }

  // -- finding --------------------------------------------------------------------------------------------------------

  /** Open the box that finds states by name. */
  find() {
    this.findBox.hidden = false;
    this.root.classList.add("finding");
    this.findInput.focus({ preventScroll: true });
    this.findInput.select();
    this.#search();
  }

  #search() {
    const text = this.findInput.value.trim().toLowerCase();
    this.found = text === "" ? [] : this.whole.nodes.filter((node) => !node.id.startsWith("<") && `${node.name}\n${node.detail}`.toLowerCase().includes(text)).map((node) => node.id);
    this.#showFound();
    this.root.classList.toggle("searching", text !== "");
    this.at = -1;
    this.#step(1);
  }

  #showFound() {
    const hits = new Set((this.found || []).map((address) => this.#standIn(address)));
    for (const [address, drawn] of this.nodes) if (drawn.title) drawn.group.classList.toggle("hit", hits.has(address));
  }

  #step(by) {
    const { found } = this;
    this.nodes.get(found[this.at])?.group.classList.remove("current");
    if (found.length) {
      this.at = (this.at + by + found.length) % found.length;
      this.reveal(found[this.at]);
      this.#showFound();
      this.nodes.get(found[this.at])?.group.classList.add("current");
    }
    this.findCount.textContent = !this.findInput.value.trim() ? "" : found.length ? `${this.at + 1} of ${found.length}` : "none";
  }

  #closeFind() {
    const address = this.found?.[this.at];
    for (const { group } of this.nodes.values()) group.classList.remove("hit", "current");
    this.root.classList.remove("searching", "finding");
    this.findBox.hidden = true;
    if (address !== undefined && this.nodes.has(address)) this.#focus(address); else this.svg.focus({ preventScroll: true });
  }

  /** Let go of the page. */
  dispose() {
    this.#punctual();
    this.observer.disconnect();
    this.root.remove();
  }
}
