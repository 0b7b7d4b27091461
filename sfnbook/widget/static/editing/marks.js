// marks: what lies on the picture while it is edited. A "+" wherever a state can be put, a pencil at the chosen state.
// Knows places and words; what a press does is the editor's.

import { s } from "../dom.js";
import { places } from "./places.js";

const PLUS = "M-4 0H4M0 -4V4";
const PENCIL = "M-4.2 4.2l.7-2.7L2.3 -4.3l2 2L-1.5 3.5zM1 -3l2 2";

/** @typedef {{nodes: NodeMessage[], edges: EdgeMessage[]}} Drawn */

export class Marks {
  /**
   * @param {SVGElement} layer above the picture
   * @param {{add: (spot: SpotMessage, from: Element) => void, rename: (address: string) => void}} acts
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
    for (const [index, { x, y }] of found) {
      const spot = this.spots[index];
      this.layer.append(this.#button(`plus:${spot.arrow.source}>${spot.arrow.target}`, spot.label, PLUS, x, y, "sfn-plus", (from) => this.acts.add(spot, from)));
    }
    const node = this.graph.nodes.find((one) => one.id === this.chosen);
    if (node) this.layer.append(this.#button("pencil", `Rename ${node.name}`, PENCIL, node.x + node.w - 2, node.y + 2, "sfn-pencil", () => this.acts.rename(node.id)));
    if (active) this.focus(active);
  }

  /** @param {string} key @returns {boolean} whether there is one of that key */
  focus(key) {
    const found = /** @type {SVGElement|null} */ (this.layer.querySelector(`[data-key="${CSS.escape(key)}"]`));
    found?.focus({ preventScroll: true });
    return Boolean(found);
  }

  /** @param {string} key @param {string} label @param {string} d @param {number} x @param {number} y @param {string} look @param {(from: Element) => void} act */
  #button(key, label, d, x, y, look, act) {
    /** @type {SVGGElement} */
    const made = s("g", {
      class: `sfn-act ${look}`, role: "button", tabindex: "0", "aria-label": label, transform: `translate(${x} ${y})`, data: { key },
      onclick: () => act(made),
      onkeydown: (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        act(made);
      },
    }, s("title", {}, label), s("circle.sfn-touch", { r: 12 }), s("circle.sfn-disk", { r: 8 }), s("path", { d }));
    return made;
  }
}
