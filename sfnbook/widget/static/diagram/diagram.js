// diagram: the picture of a machine, live. Joins what draws it (shapes, edges), what a run writes on it (labels), what
// is folded or shown of it (containers, selection) and how it is looked at (viewport, minimap, finder). Knows positions and
// statuses; not what a state does. Data becomes text only.

import { arrange } from "./layout.js";
import { Chips } from "../containers/chips.js";
import { closest, h, s } from "../dom.js";
import { Finder } from "./search.js";
import { Follower } from "./follow.js";
import { ContainerTree } from "../containers/containers.js";
import { ChildRuns } from "../containers/child_runs.js";
import { StateLabels } from "./labels.js";
import { InView } from "./in_view.js";
import { Minimap } from "./minimap.js";
import { Pictures, svgText } from "./pictures.js";
import { PassSelection } from "../containers/selection.js";
import { Picker } from "../containers/picker.js";
import { Ruler } from "./text_measure.js";
import { arrows, box, container, handle, marker } from "./shapes.js";
import { EdgeLayer, timesTaken } from "./edges.js";
import { STATUS_COLORS } from "../format.js";
import { swatch } from "../status_colors.js";
import { Toolbar } from "./toolbar.js";
import { FAR, READABLE, Viewport } from "./viewport.js";
import { along, begin, beside } from "./keyboard.js";
import { ByteLabels } from "./byte_labels.js";

/**
 * @typedef {import("./layout.js").GraphNode} GraphNode
 * @typedef {import("./layout.js").Graph} Graph
 * @typedef {import("./shapes.js").Drawn} Drawn
 * @typedef {import("../containers/child_runs.js").PictureVisit} PictureVisit
 * @typedef {import("../containers/child_runs.js").Progress} Progress
 * @typedef {{addresses: Set<string>, edges: Set<string>}} Marks states and edges that belong together
 * @typedef {Pick<import("../compare.js").Comparison, "states"|"edges">} Compared
 * @typedef {{folded?: string[]|null, unfolded?: string[], across?: boolean, bytes?: boolean}} View what the reader chose:
 *   what is folded (null: nothing touched yet), which states were unfolded into the machines they start, the direction,
 *   whether bytes stand at the edges
 *
 * @typedef {object} Options
 * @property {(address: string|null) => void} onSelect
 * @property {(view: View) => void} onView how it is shown was changed by hand
 * @property {() => void} onPass another pass through a container is shown
 * @property {((address: string, number: number) => void)|undefined} onItem fetches an item of a distributed Map that the page
 *   has not got; undefined where nobody can
 * @property {() => void} onTall
 * @property {() => void} onFull
 * @property {(graph: GraphMessage, across: boolean) => void} onDraw it was drawn anew
 * @property {(format: string) => Promise<string>} ask for the machine as Mermaid or DOT
 * @property {() => string} name of what is shown, for a saved picture
 * @property {() => number} now what the machine's clock shows, in seconds since the start
 */

/** Machines with more states than this start folded where that makes them readable. */
const LARGE = 60;
/** What is out of view may be this much behind. */
const LATE_MS = 500;
/** With more running states than this none of them pulses: the page has enough to paint. */
const BUSY = 24;
/** So much further than the pane is displayed, as a share of it: what comes into view while the reader drags is there. */
const AROUND = 0.6;
const LEGEND = ["running", "succeeded", "failed", "caught", "aborted"];
const SCALE = [
  ["light", "kB", "over an edge"],
  ["near", "kB", "≥ 50%"],
  ["at", "kB", "≥ 80% of 262,144 B"],
];

let diagramCount = 0;

export class Diagram {
  /** As it is drawn. @type {Graph} */
  graph = { width: 0, height: 0, glyphs: {}, nodes: [], edges: [] };
  /** As Python laid it out: nothing folded, downwards. */
  base = this.graph;
  /** With the machines that its states start put in them. */
  whole = this.graph;
  across = false;
  /** What is known of the states of the machine, and of those of the machines in it. @type {Record<string, StateMessage>} */
  own = {};
  states = this.own;
  /** The states that were unfolded into the machines they start. @type {Set<string>} */
  unfolded = new Set();
  /** Whether the reader folded or unfolded anything. */
  touched = false;
  /** Whether texts were measured in the page's font. */
  measured = false;
  /** @type {Map<string, Drawn>} */
  nodes = new Map();
  /** What was last written on each state. @type {Map<string, string>} */
  shown = new Map();
  /** @type {string|null} */
  selected = null;
  /** The state that Tab leads to. @type {string|null} */
  focused = null;
  /** How far the run of this machine is, and with its child runs. @type {Progress|null} */
  last = null;
  /** @type {Progress|null} */
  live = null;
  /** What is shown of it: that of the passes chosen. @type {Record<string, Partial<StatusMessage>>} */
  narrowed = {};
  /** @type {Map<string, Drawn>|null} */
  passesOf = null;
  /** @type {string|null} */
  joined = null;
  /** @type {number|null} */
  late = null;
  /** @type {Marks|null} */
  path = null;
  /** @type {Compared|null} */
  compared = null;

  /** @param {HTMLElement} container filled by the diagram @param {Options} options */
  constructor(container, { onSelect, onView, onPass, onItem, onTall, onFull, onDraw, ask, name, now }) {
    this.onTall = onTall;
    this.onFull = onFull;
    this.onSelect = onSelect;
    this.onView = onView;
    this.onPass = onPass;
    this.onDraw = onDraw;
    this.uid = `sfn-d${(diagramCount += 1)}`;
    this.inView = new InView();
    this.follower = new Follower();
    this.containers = new ContainerTree();
    this.passSelection = new PassSelection(this.containers);
    this.childRuns = new ChildRuns((visit) => this.passSelection.within(visit));
    this.chips = new Chips(this.passSelection, this.childRuns, { status: (address) => this.live?.statuses[address], onItem });
    this.ruler = new Ruler();
    this.edgeLayer = new EdgeLayer(this.ruler, this.uid);
    this.byteLabels = new ByteLabels(this.ruler);
    this.stateLabels = new StateLabels(this.ruler, {
      inside: (address) => this.containers.inside.get(address)?.size ?? 0,
      pass: (node) => this.chips.of(node),
      now,
    });
    this.ground = s("g.sfn-ground");
    /** Above the picture, for whoever draws there. */
    this.overlay = s("g.sfn-overlay");
    this.svg = s(
      "svg.sfn-canvas",
      { tabindex: "0", role: "group", "aria-roledescription": "diagram", "aria-label": "State machine" },
      arrows(this.uid),
      this.ground,
    );
    this.pictures = new Pictures({ svg: () => this.#asText(), ask, name });
    this.toolbar = this.#toolbar();
    this.finder = this.#finder();
    this.legend = new Legend();
    this.minimap = new Minimap((x, y) => {
      this.#follow(false);
      this.viewport.centre(x, y);
    });
    this.stage = h("div.sfn-stage", {}, this.svg, this.finder.element, this.minimap.element, this.pictures.element);
    this.root = h("div.sfn-diagram", {}, this.toolbar.element, this.stage, this.legend.element);
    container.append(this.root);
    this.picker = new Picker(this.root);
    this.viewport = new Viewport({
      root: this.stage,
      svg: this.svg,
      ground: this.ground,
      onDrag: () => this.#follow(false),
      onLook: () => {
        this.#remeasure();
        this.inView.show(this.viewport.window(AROUND));
        this.minimap.show(this.viewport.seen);
        if (this.late)
          requestAnimationFrame(() => {
            if (this.late) this.#catchUp();
          });
      },
    });
    this.#listen();
  }

  // -- building -------------------------------------------------------------------------------------------------------

  #finder() {
    return new Finder({
      find: (text) =>
        this.whole.nodes.filter((node) => !node.id.startsWith("<") && `${node.name}\n${node.detail}`.toLowerCase().includes(text)).map((node) => node.id),
      show: (found, current) => this.#showFound(found, current),
      close: (address) => {
        this.root.classList.remove("finding");
        if (address !== null && this.nodes.has(address)) this.#focus(address);
        else this.svg.focus({ preventScroll: true });
      },
    });
  }

  #toolbar() {
    return new Toolbar({
      out: () => this.viewport.zoomBy(1 / 1.25),
      fit: () => this.viewport.fit(),
      in: () => this.viewport.zoomBy(1.25),
      turn: () => this.turn(!this.across),
      fold: () => this.#foldAll(),
      bytes: () => this.showBytes(!this.byteLabels.on),
      follow: () => this.#follow(!this.follower.on),
      find: () => this.find(),
      picture: () => this.pictures.toggle(this.toolbar.picture),
      tall: () => this.onTall(),
      full: () => this.onFull(),
    });
  }

  #listen() {
    const { svg } = this;
    svg.addEventListener("keydown", (event) => this.#key(event));
    svg.addEventListener("focusin", (event) => {
      const address = closest(event, "[data-address]")?.dataset.address;
      if (address !== undefined && address !== this.focused && event.target instanceof Element) {
        this.#unfocus();
        this.focused = address;
        event.target.setAttribute("tabindex", "0");
      }
    });
    svg.addEventListener("click", (event) => {
      if (this.viewport.dragged) return;
      const fold = closest(event, "[data-fold]")?.dataset.fold;
      const pass = closest(event, "[data-pass]")?.dataset.pass;
      if (fold !== undefined) {
        this.fold(fold);
        return;
      }
      if (pass !== undefined) {
        this.#openPicker(pass);
        return;
      }
      const address = closest(event, "[data-address]")?.dataset.address ?? null;
      if (address === null) svg.focus({ preventScroll: true });
      this.#choose(address);
    });
    svg.addEventListener("dblclick", (event) => {
      if (closest(event, "[data-fold], [data-pass]")) return;
      const address = closest(event, "[data-address]")?.dataset.address;
      if (address === undefined) this.viewport.fit();
      else if (this.containers.inside.has(address)) this.fold(address);
    });
  }

  /**
   * Show a graph. The viewport stays where it is as long as the same states are there.
   * @param {GraphMessage} graph
   * @param {Record<string, StateMessage>} states
   * @param {View} view how it was shown before
   * @param {boolean} still the viewport stays where the reader moved it, also over another graph
   */
  setGraph(graph, states = {}, view = {}, still = false) {
    const key = (/** @type {GraphMessage} */ one) => JSON.stringify([one.width, one.height, one.nodes.map((node) => node.id)]);
    const changed = key(this.base) !== key(graph);
    const active = this.svg.contains(document.activeElement) ? document.activeElement : null;
    const held = active?.closest("[data-address]")?.getAttribute("data-address") ?? null;
    this.base = graph;
    this.own = states || {};
    this.#measure();
    if (changed) {
      this.passSelection.chosen.clear();
      this.childRuns.chosen.clear();
      this.unfolded = new Set(view.unfolded);
      this.across = Boolean(view.across);
      this.touched = Boolean(view.folded);
      this.containers.folded = new Set(view.folded);
      this.#drawBytes(Boolean(view.bytes));
    }
    this.#compose();
    if (changed && !this.touched) this.containers.folded = this.#firstFolded();
    this.#draw();
    if (changed && (!still || this.viewport.fresh)) {
      this.viewport.fresh = true;
      this.viewport.home();
    }
    if (active && !this.svg.contains(document.activeElement)) this.focus(held);
  }

  /** Take the page's font; outside the page there is none yet, so what was written by then is written anew. */
  #measure() {
    this.measured = this.root.isConnected;
    this.ruler.use(getComputedStyle(this.root).fontFamily);
  }

  #remeasure() {
    if (this.measured || !this.root.isConnected || !this.graph.nodes.length) return;
    this.#measure();
    this.#draw();
  }

  /** Show the machines that states start and their runs. @param {ChildRunsMessage} trait */
  setChildRuns(trait) {
    this.childRuns.take(trait);
    this.#placeChildRuns();
  }

  /** Take what is in the states that start machines anew; draw anew only where that is another machine. */
  #placeChildRuns() {
    const before = this.joined;
    this.#compose();
    if (this.joined !== before) this.#draw();
    else if (this.last) this.#update();
  }

  /** Put machines into the states that start them; those not unfolded yet are folded. */
  #compose() {
    this.whole = this.childRuns.compose(this.base, this.unfolded);
    this.joined = this.childRuns.signature();
    this.states = { ...this.own, ...this.childRuns.states() };
    this.containers.relate(this.whole.nodes);
    const { folded, inside } = this.containers;
    for (const address of this.childRuns.innerMachines.keys()) if (!this.unfolded.has(address)) folded.add(address);
    for (const address of folded) if (!inside.has(address)) folded.delete(address);
  }

  /** What is folded at first: of a large machine the inner containers, or all, where it can be read then and not before. */
  #firstFolded() {
    const none = new Set([...this.childRuns.innerMachines.keys()].filter((address) => !this.unfolded.has(address)));
    const { parents, inside } = this.containers;
    if (parents.size <= LARGE || inside.size === none.size) return none;
    const w = this.viewport.pane.w || 760;
    const readable = (/** @type {Set<string>} */ folded) => this.#arranged(folded).width * READABLE <= w;
    if (readable(none)) return none;
    const containers = [...inside.keys()];
    const inner = new Set([...none, ...containers.filter((address) => this.containers.depth(address) > 0)]);
    return [inner, new Set(containers)].find((folded) => folded.size && readable(folded)) || none;
  }

  /** @param {Set<string>} folded */
  #arranged(folded) {
    if (!this.whole.nodes.length) return this.whole;
    if (!this.childRuns.innerMachines.size && !folded.size && !this.across) return this.base; // as Python laid it out
    return arrange(this.whole, folded, this.across);
  }

  #draw() {
    const graph = this.#arranged(this.containers.folded);
    this.graph = graph;
    this.nodes = new Map();
    this.shown.clear();
    const containers = s("g.sfn-boxes");
    const boxes = s("g.sfn-nodes");
    const handles = s("g.sfn-handles");
    /** @type {Map<string, import("./in_view.js").Part>} */
    const parts = new Map();
    for (const node of graph.nodes) {
      const drawn = this.#shape(node);
      this.nodes.set(node.id, drawn);
      if (drawn.box) containers.append(drawn.group);
      else parts.set(node.id, { extent: node, elements: [[boxes, drawn.group]] });
      if (drawn.title) this.stateLabels.write(drawn, {});
      if (node.kind === "container") handles.append(handle(drawn));
    }
    this.legend.unbound.hidden = ![...this.nodes.values()].some((drawn) => drawn.title && drawn.unbound);
    this.edgeLayer.draw(graph.edges, this.across);
    this.byteLabels.draw(graph, (id) => this.edgeLayer.edges.get(id)?.at);
    for (const [id, { group, extent }] of this.edgeLayer.edges)
      parts.set(id, { extent, elements: [[this.edgeLayer.layer, group]], below: () => !this.edgeLayer.counts[id] });
    this.inView.take(parts);
    this.ground.replaceChildren(containers, this.edgeLayer.layer, boxes, this.edgeLayer.numbers, this.byteLabels.layer, handles, this.overlay);
    this.onDraw?.(graph, this.across);
    const count = this.whole.nodes.filter((node) => !node.id.startsWith("<")).length;
    this.svg.setAttribute("aria-label", `State machine, ${count} states. Arrow keys move along the edges, Enter selects, Space folds a container.`);
    this.viewport.picture = { width: graph.width, height: graph.height, start: this.nodes.get("<start>")?.node || graph.nodes[0], across: this.across };
    this.inView.show(this.viewport.window(AROUND));
    this.minimap.draw(graph);
    this.minimap.show(this.viewport.seen);
    this.toolbar.show({ across: this.across, foldable: this.containers.inside.size > 0, open: this.containers.anyOpen() });
    if (this.last) this.#update();
    this.#markPath();
    if (this.compared) this.#markCompared();
    if (this.selected !== null && this.containers.parents.has(this.selected)) this.#mark(this.selected, true);
    else this.selected = null;
    this.focused = null;
  }

  /** The whole picture as SVG text, also what is out of view. */
  #asText() {
    this.inView.showAll();
    const text = svgText(this.svg, this.graph);
    this.inView.show(this.viewport.window(AROUND));
    return text;
  }

  /** Every state's box, by address, also of those out of view. @returns {Iterable<[string, SVGElement]>} */
  *boxes() {
    for (const [address, { group, title }] of this.nodes) if (title) yield [address, group];
  }

  /** @param {GraphNode} node @returns {Drawn} */
  #shape(node) {
    if (node.kind === "start" || node.kind === "end") return marker(node);
    const path = this.whole.glyphs?.[node.glyph];
    return node.kind === "container" && !node.folded ? container(node, path) : box(node, path, this.states[node.id]?.bound === false);
  }

  // -- folding and turning --------------------------------------------------------------------------------------------

  /** The box that stands for a state: itself, or the outermost folded container around it. @param {string} address @returns {string|null} */
  #boxFor(address) {
    const found = this.containers.boxFor(address);
    return this.nodes.has(found) ? found : null;
  }

  /** Fold a container into one box, or unfold it; its corner stays where it is. @param {string} address @param {boolean} on */
  fold(address, on = !this.containers.folded.has(address)) {
    const { inside, folded } = this.containers;
    if (!inside.has(address) || folded.has(address) === on) return;
    this.#setFolded(this.containers.with(address, on), address);
  }

  #foldAll() {
    this.#setFolded(this.containers.anyOpen() ? new Set(this.containers.inside.keys()) : new Set(), null);
    if (!this.viewport.dragged) this.viewport.fit();
  }

  /** @param {Set<string>} next what is folded from now on @param {string|null} anchor the container that stays where it is */
  #setFolded(next, anchor) {
    const held = anchor !== null ? this.nodes.get(anchor)?.node : undefined;
    const focused = this.svg.contains(document.activeElement);
    this.containers.folded = next;
    this.touched = true;
    this.#fillUnfolded();
    this.#draw();
    const now = anchor !== null ? this.nodes.get(anchor)?.node : undefined;
    if (held && now) this.viewport.hold(held, now);
    if (focused && now) this.#focus(now.id);
    this.#tellView();
  }

  /** Fill the states that were unfolded into the machines they start. */
  #fillUnfolded() {
    const opened = [...this.childRuns.innerMachines.keys()].filter((address) => !this.containers.folded.has(address) && !this.unfolded.has(address));
    for (const address of opened) this.unfolded.add(address);
    if (opened.length) this.#compose();
  }

  /** Let the machine run from left to right, or from top to bottom. @param {boolean} across */
  turn(across) {
    if (this.across === across) return;
    this.across = across;
    this.#draw();
    this.viewport.home();
    this.#tellView();
  }

  #tellView() {
    this.onView({ folded: this.touched ? [...this.containers.folded] : null, unfolded: [...this.unfolded], across: this.across, bytes: this.byteLabels.on });
  }

  // -- a run ----------------------------------------------------------------------------------------------------------

  /**
   * Show how far a run is. Touches only what changed since the last call.
   * @param {Record<string, Partial<StatusMessage>>} statuses by address
   * @param {Record<string, number>} edges how often each edge was taken, by id; derived from the statuses where empty
   * @param {PictureVisit[]} visits from them come the passes through containers
   * @param {Record<string, number>} bytes what went over each edge when it was taken last
   */
  setLive(statuses, edges, visits, bytes) {
    this.last = { statuses, edges: Object.keys(edges).length ? edges : timesTaken(this.graph.edges, statuses), visits, bytes };
    this.#update();
  }

  #update() {
    if (!this.last) return;
    this.live = this.childRuns.live(this.last);
    if (this.live.visits !== this.passSelection.visits || this.nodes !== this.passesOf) this.#findPasses(this.live.visits);
    this.#show(this.nodes.size > LARGE);
    const { statuses } = this.live;
    this.legend.unbound.hidden = ![...this.nodes].some(([address, drawn]) => drawn.title && this.stateLabels.unbound(drawn, statuses[address] || {}));
    if (this.follower.on) this.#followOn();
  }

  /** Write what changed; of a large machine at first only what is in view, the rest a little later. @param {boolean} lazily */
  #show(lazily) {
    if (!this.live) return;
    const { statuses, edges, bytes } = this.live;
    const leaving = (/** @type {string} */ from, /** @type {string} */ name, /** @type {boolean} */ caught) =>
      this.edgeLayer.leaving(from, name, caught, (address) => this.nodes.get(address)?.node.name);
    const now = this.passSelection.narrow(statuses, edges, this.graph.edges, leaving);
    this.narrowed = now.statuses;
    const seen = lazily ? this.viewport.window() : () => true;
    let busy = 0;
    let behind = false;
    for (const [address, drawn] of this.nodes) {
      if (!drawn.title) continue;
      const status = now.statuses[address] || {};
      if (status.status === "running") busy += 1;
      this.minimap.color(address, STATUS_COLORS[status.status ?? ""] || "");
      const key = `${status.status}|${status.visits}|${status.retries}|${status.note}|${status.done}|${status.failed}|${status.running}|${status.total}|${status.until}|${drawn.chip ? this.chips.of(drawn.node)?.words : ""}`;
      if (this.shown.get(address) === key) continue;
      if (!seen(drawn.node)) {
        behind = true;
        continue;
      }
      this.shown.set(address, key);
      this.stateLabels.write(drawn, status);
    }
    this.minimap.paint();
    this.root.classList.toggle("busy", busy > BUSY);
    behind = this.edgeLayer.count(now.counts, seen) || behind;
    this.byteLabels.show(bytes, this.edgeLayer.counts);
    this.nodes.get("<end>")?.group.classList.toggle("reached", this.edgeLayer.ended);
    if (behind) this.late ??= setTimeout(() => this.#catchUp(), LATE_MS);
    else this.#cancelLate();
  }

  /** Time went on: say anew how long what waits has still to wait. */
  tick() {
    for (const [address, drawn] of this.nodes) {
      const status = this.narrowed[address];
      if (drawn.title && status?.until !== undefined && this.shown.has(address)) this.stateLabels.write(drawn, status);
    }
  }

  #catchUp() {
    this.#cancelLate();
    if (this.last) this.#show(false);
  }

  #cancelLate() {
    clearTimeout(this.late ?? undefined);
    this.late = null;
  }

  /** @param {boolean} on */
  #follow(on) {
    this.follower.turn(on);
    this.toolbar.press("follow", on);
    if (!on) return;
    if (this.viewport.k < FAR) this.viewport.zoomBy(READABLE / this.viewport.k);
    this.#followOn();
  }

  #followOn() {
    const { inside, parents } = this.containers;
    const found = this.live && this.follower.next(this.live.statuses, this.live.visits, (address) => parents.has(address) && !inside.has(address));
    if (found) this.bring(found);
  }

  // -- passes through a container -------------------------------------------------------------------------------------

  /** @param {PictureVisit[]} visits */
  #findPasses(visits) {
    this.passesOf = this.nodes;
    this.passSelection.find(visits, this.whole.nodes);
  }

  /** Whether a visit belongs to the passes that are shown. @param {{address: string, frame: string}} visit */
  within(visit) {
    return this.passSelection.within(visit);
  }

  /** Show the passes in which a visit was and the run that it started, where others are shown now. @param {PictureVisit} visit */
  follow(visit) {
    if (this.passSelection.follow(visit)) this.#updatePasses();
    if (this.childRuns.choose(visit)) this.#placeChildRuns();
  }

  /** Show one pass through a container, "" for all. @param {string} address @param {string} key */
  choosePass(address, key) {
    this.passSelection.choose(address, key);
    this.#updatePasses();
    this.onPass();
  }

  #updatePasses() {
    this.#findPasses(this.passSelection.visits);
    this.#placeChildRuns();
  }

  /** Show another of what a container's chip offers. @param {GraphNode} node @param {string} key */
  #take(node, key) {
    this.chips.choose(node, key);
    if (node.nested) this.#placeChildRuns();
    else this.#updatePasses();
    this.onPass();
  }

  /** @param {string} address @param {number} by */
  #stepPass(address, by) {
    const node = this.nodes.get(address)?.node;
    const key = node ? this.chips.next(node, by) : null;
    if (node && key !== null) this.#take(node, key);
  }

  /** @param {string} address */
  #openPicker(address) {
    const { node, chip } = this.nodes.get(address) || {};
    if (!node || !chip || !this.chips.of(node)) return;
    const { what, ...offer } = this.chips.offer(node);
    const [at, pane] = [chip.getBoundingClientRect(), this.root.getBoundingClientRect()];
    this.picker.show({
      ...offer,
      x: at.right - pane.left,
      y: at.bottom - pane.top + 4,
      label: `Which ${what} of ${node.name} to show`,
      choose: (key) => this.#take(node, key),
      back: () => this.#focus(address),
    });
  }

  // -- bytes on the edges ---------------------------------------------------------------------------------------------

  /** Write at each edge taken how many bytes went over it, or don't. @param {boolean} on */
  showBytes(on) {
    this.#drawBytes(on);
    if (this.live) this.byteLabels.show(this.live.bytes, this.edgeLayer.counts);
    this.#tellView();
  }

  /** @param {boolean} on */
  #drawBytes(on) {
    this.byteLabels.on = on;
    this.toolbar.press("bytes", on);
    this.root.classList.toggle("with-bytes", on);
  }

  // -- selecting and moving by keyboard -------------------------------------------------------------------------------

  /** Show a state as selected (null: none). Paints at once; does not call `onSelect`. @param {string|null} address */
  select(address) {
    if (this.selected !== null) this.#mark(this.selected, false);
    this.selected = address !== null && this.containers.parents.has(address) && !address.startsWith("<") ? address : null;
    if (this.selected !== null) this.#mark(this.selected, true);
  }

  /** What stands for a state in the picture. @param {string} address */
  #drawnFor(address) {
    const found = this.#boxFor(address);
    return found === null ? undefined : this.nodes.get(found);
  }

  /** Bring a state that was chosen elsewhere into view, no nearer than it is. @param {string} address */
  bring(address) {
    const seen = this.#drawnFor(address);
    if (seen) this.viewport.keepInView(seen.node);
  }

  /** @param {string} address @param {boolean} on */
  #mark(address, on) {
    const drawn = this.#drawnFor(address);
    if (!drawn) return;
    const itself = drawn.node.id === address;
    drawn.group.classList.toggle(itself ? "selected" : "holds", on);
    if (itself) drawn.group.setAttribute("aria-pressed", String(on));
  }

  /** Mark states and edges that belong together, null for none. @param {Marks|null} path */
  emphasize(path) {
    if (path === this.path) return;
    this.path = path;
    this.#markPath();
  }

  /** Mark what only one of two runs did and what both did otherwise. @param {Compared|null} compared */
  compare(compared) {
    this.compared = compared;
    this.#markCompared();
  }

  #markCompared() {
    const { compared } = this;
    this.root.classList.toggle("comparing", Boolean(compared));
    for (const key of this.legend.compare) key.hidden = !compared;
    for (const [address, drawn] of this.nodes) {
      const state = compared?.states.get(address);
      drawn.group.classList.toggle("only-a", state?.only === "a");
      drawn.group.classList.toggle("only-b", state?.only === "b");
      const unlike = Boolean(state && !state.only && state.differs);
      if (unlike && !drawn.unlike)
        drawn.unlike = s(
          "g.sfn-unlike",
          { transform: `translate(12 ${drawn.node.h})` },
          s("circle", { r: 8 }),
          s("path", { d: "M-4 -1.8H4M-4 1.8H4M2 -5L-2 5" }),
        );
      if (!unlike) drawn.unlike?.remove();
      else if (drawn.unlike && !drawn.unlike.parentNode) drawn.group.append(drawn.unlike);
    }
    for (const [id, { group }] of this.edgeLayer.edges) {
      group.classList.toggle("only-a", compared?.edges.get(id) === "a");
      group.classList.toggle("only-b", compared?.edges.get(id) === "b");
    }
  }

  #markPath() {
    this.legend.path.hidden = !this.path;
    for (const [address, { group }] of this.nodes) group.classList.toggle("critical", Boolean(this.path?.addresses.has(address)));
    for (const [id, { group }] of this.edgeLayer.edges) group.classList.toggle("critical", Boolean(this.path?.edges.has(id)));
  }

  /** @param {string|null} address */
  #choose(address) {
    this.select(address);
    this.onSelect(address);
  }

  #unfocus() {
    if (this.focused !== null) this.nodes.get(this.focused)?.group.setAttribute("tabindex", "-1");
  }

  /** Give a state the focus, and bring it into view; the picture itself for null. @param {string|null} address */
  focus(address) {
    if (address === null || !this.nodes.has(address)) this.svg.focus({ preventScroll: true });
    else this.#focus(address);
  }

  /** @param {string} address */
  #focus(address) {
    const drawn = this.nodes.get(address);
    if (!drawn?.title) return;
    this.#unfocus();
    this.focused = address;
    drawn.group.setAttribute("tabindex", "0");
    this.inView.reveal(address);
    drawn.group.focus({ preventScroll: true });
    this.viewport.keepInView(drawn.node);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = closest(event, "[data-address]")?.dataset.address ?? null;
    const picture = { ...this.graph, across: this.across, counts: this.edgeLayer.counts };
    const first = () => (this.selected !== null && this.#boxFor(this.selected)) || begin(picture) || "";
    const on = () => this.#focus(here === null ? first() : along(picture, here, true));
    const back = () => this.#focus(here === null ? first() : along(picture, here, false));
    const aside = (/** @type {number} */ direction) => () => this.#focus(here === null ? first() : beside(picture, here, direction));
    const arrowKeys = this.across
      ? { ArrowRight: on, ArrowLeft: back, ArrowUp: aside(-1), ArrowDown: aside(1) }
      : { ArrowDown: on, ArrowUp: back, ArrowLeft: aside(-1), ArrowRight: aside(1) };
    const stateKeys =
      here === null
        ? {}
        : {
            Enter: () => this.#choose(here),
            " ": () => (this.containers.inside.has(here) ? this.fold(here) : this.#choose(here)),
            "[": () => this.#stepPass(here, -1),
            "]": () => this.#stepPass(here, 1),
            p: () => this.#openPicker(here),
          };
    const zoom = (/** @type {number} */ factor) => () => this.viewport.zoomBy(factor);
    /** @type {Record<string, (() => void)|undefined>} */
    const acts = {
      ...arrowKeys,
      ...stateKeys,
      "+": zoom(1.25),
      "=": zoom(1.25),
      "-": zoom(1 / 1.25),
      0: () => this.viewport.fit(),
      "/": () => this.find(),
      w: () => this.showBytes(!this.byteLabels.on),
    };
    const act = acts[event.key];
    if (!act) return;
    act();
    event.preventDefault();
    event.stopPropagation();
  }

  // -- finding --------------------------------------------------------------------------------------------------------

  /** Open the box that finds states by name. */
  find() {
    this.root.classList.add("finding");
    this.finder.open();
  }

  /** @param {string[]} found addresses @param {string|null} current */
  #showFound(found, current) {
    if (current !== null) this.reveal(current);
    const hits = new Set(found.map((address) => this.#boxFor(address)));
    for (const [address, { title, group }] of this.nodes) {
      if (!title) continue;
      group.classList.toggle("hit", hits.has(address));
      group.classList.toggle("current", address === current);
    }
    this.root.classList.toggle("searching", !this.finder.element.hidden && this.finder.text !== "");
  }

  /** Bring a state into view, unfolding what holds it. @param {string} address */
  reveal(address) {
    const next = this.containers.showing(address);
    const { folded } = this.containers;
    if (next.size !== folded.size) this.#setFolded(next, [...folded].find((one) => !next.has(one)) ?? null);
    const drawn = this.nodes.get(address);
    if (drawn) this.viewport.reveal(drawn.node);
  }

  /** Let go of the page. */
  dispose() {
    this.#cancelLate();
    this.viewport.dispose();
    this.root.remove();
  }
}

/** What the colours and marks mean; some lines are there only while they are needed. */
class Legend {
  constructor() {
    const small = (/** @type {SVGElement} */ drawing) => s("svg.sfn-swatch", { viewBox: "-8 -8 16 16" }, drawing);
    this.unbound = h("span", { hidden: true }, small(s("circle.sfn-unbound", { r: 5 })), "nothing answers it");
    this.path = h("span", { hidden: true }, small(s("rect.sfn-key", { x: -7, y: -5, width: 14, height: 10, rx: 3 })), "critical path");
    this.compare = [
      ["only-a", "only A"],
      ["only-b", "only B"],
      ["", "≠ both, but different"],
    ].map(([look, words]) => h("span", { hidden: true }, look && small(s(`path.sfn-key.${look}`, { d: "M-8 0H8" })), words));
    this.element = h(
      "div.sfn-legend",
      { "aria-hidden": "true" },
      LEGEND.map((status) => h("span", {}, swatch(STATUS_COLORS[status]), status)),
      this.unbound,
      this.path,
      this.compare,
      SCALE.map(([color, unit, words]) => h("span.sfn-scale", {}, h(`b.${color}`, {}, unit), words)),
    );
  }
}
