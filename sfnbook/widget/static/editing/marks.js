// marks: what lies on the picture while it is edited. A "+" wherever a state can be put, a dot at the end of each arrow, by which
// it is led elsewhere, a pencil at the chosen state.
// Knows places and words; what a press does is the editor's.

import { s } from "../dom.js";
import { places, pointAlong, trace } from "./places.js";

const PLUS = "M-4 0H4M0 -4V4";
/** How far from an arrow's tip its dot is. */
const BEFORE_TIP = 5;
const PENCIL = "M-4.2 4.2l.7-2.7L2.3 -4.3l2 2L-1.5 3.5zM1 -3l2 2";

/** @typedef {{nodes: NodeMessage[], edges: EdgeMessage[]}} Drawn */

export class Marks {
  /**
   * @param {SVGElement} layer above the picture
   * @param {{add: (spot: SpotMessage, from: Element) => void, end: (spot: SpotMessage, from: Element) => void, rename: (address: string) => void}} acts
   */
  constructor(layer, acts) {
    this.layer = layer;
    this.acts = acts;
    /** @type {SpotMessage[]} */
    this.spots = [];
    /** @type {Drawn} */
    this.graph = { nodes: [], edges: [] };
    /** @type {string|null} */
    this.chosen = null;
    this.across = false;
    layer.addEventListener("click", (event) => event.stopPropagation()); // a press here chooses no state
    layer.addEventListener("dblclick", (event) => event.stopPropagation());
  }

  /** Take the spots of a text, none where nothing is edited. @param {SpotMessage[]} spots @param {boolean} on */
  take(spots, on) {
    this.spots = spots;
    this.on = on;
    this.#draw();
  }

  /** The picture was drawn anew. @param {Drawn} graph @param {boolean} across */
  over(graph, across) {
    this.graph = graph;
    this.across = across;
    this.#draw();
  }

  /** @param {string|null} address */
  choose(address) {
    if (address === this.chosen) return;
    this.chosen = address;
    this.#draw();
  }

  #draw() {
    const active = this.layer.contains(document.activeElement) ? /** @type {SVGElement} */ (document.activeElement).dataset.key : undefined;
    this.layer.replaceChildren();
    if (!this.on) return;
    const found = places(this.spots, this.graph, this.across);
    for (const [index, { x, y, from: start }] of found) {
      const spot = this.spots[index];
      if (start) this.layer.append(s("path.sfn-stub", { d: `M${start.x} ${start.y}L${x} ${y}`, "aria-hidden": "true" }));
      this.layer.append(
        this.#button(`plus:${spot.arrow.source}>${spot.arrow.target}`, spot.label, PLUS, x, y, "sfn-plus", (from) => this.acts.add(spot, from), {
          spot: index,
        }),
      );
    }
    const edges = new Map(this.graph.edges.map((edge) => [edge.id, edge]));
    this.spots.forEach((spot, index) => {
      const edge = edges.get(spot.edge);
      if (edge) this.layer.append(this.#end(spot, index, edge));
    });
    const node = this.graph.nodes.find((one) => one.id === this.chosen);
    if (node)
      this.layer.append(this.#button("pencil", `Rename ${node.name}`, PENCIL, node.x + node.w - 2, node.y + 2, "sfn-pencil", () => this.acts.rename(node.id)));
    if (active) this.focus(active);
  }

  /** @param {SpotMessage} spot @param {number} index @param {EdgeMessage} edge */
  #end(spot, index, edge) {
    const { source, target, caught } = spot.arrow;
    const line = trace(edge.points);
    const length = line.slice(1).reduce((sum, point, i) => sum + Math.hypot(point.x - line[i].x, point.y - line[i].y), 0);
    const { x, y } = pointAlong(line, Math.max(0.5, 1 - BEFORE_TIP / Math.max(1, length)));
    const own = this.chosen !== null && (source || target) === this.chosen;
    const made = this.#button(
      `end:${source}>${target}${caught ? "!" : ""}`,
      `${spot.label.replace(/^Add a state/, "Lead the arrow")} elsewhere`,
      "",
      x,
      y,
      `sfn-tip${own ? " shown" : ""}`,
      (from) => this.acts.end(spot, from),
      { end: index },
    );
    if (!own) made.setAttribute("tabindex", "-1");
    return made;
  }

  /** @param {string} key @returns {boolean} whether there is one of that key */
  focus(key) {
    const found = /** @type {SVGElement|null} */ (this.layer.querySelector(`[data-key="${CSS.escape(key)}"]`));
    found?.focus({ preventScroll: true });
    return Boolean(found);
  }

  /** @param {string} key @param {string} label @param {string} d @param {number} x @param {number} y @param {string} look @param {(from: Element) => void} act @param {Record<string, number>=} more what it stands for */
  #button(key, label, d, x, y, look, act, more = {}) {
    /** @type {SVGGElement} */
    const made = s(
      "g",
      {
        class: `sfn-act ${look}`,
        role: "button",
        tabindex: "0",
        "aria-label": label,
        transform: `translate(${x} ${y})`,
        data: { key, ...more },
        onclick: () => act(made),
        onkeydown: (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          event.stopPropagation();
          act(made);
        },
      },
      s("title", {}, label),
      s("circle.sfn-touch", { r: d ? 12 : 8 }),
      s("circle.sfn-disk", { r: d ? 8 : 3.5 }),
      d && s("path", { d }),
    );
    return made;
  }
}
