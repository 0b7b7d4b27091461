// minimap: the whole machine, small, with a frame around what is in view; hidden where all of it is. The boxes of one colour
// are one path: a rectangle each would take as long to paint as the picture itself. Knows rectangles and colours' names.

import { s } from "../dom.js";

const WIDTH = 132;
const HEIGHT = 116;
const LEAST = 18;

export class Minimap {
  /** @param {(x: number, y: number) => void} go bring this place of the graph to the middle of the view */
  constructor(go) {
    this.element = s("svg.sfn-map", { "aria-hidden": "true" });
    this.go = go;
    this.width = this.height = 0;
    /** What is in view; null while there is no graph. @type {SVGElement|null} */
    this.frame = null;
    /** @type {import("./layout.js").GraphNode[]} */
    this.nodes = [];
    /** By address, "" where a state was not reached. @type {Map<string, string>} */
    this.colors = new Map();
    this.boxes = s("g");
    /** Whether the boxes are drawn as they are coloured now. */
    this.drawn = true;
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      this.#to(event);
    });
    this.element.addEventListener("pointermove", (event) => event.buttons && this.#to(event));
  }

  /** Take another graph, none of its boxes coloured. @param {import("./layout.js").Graph} graph */
  draw({ width, height, nodes }) {
    this.width = width;
    this.height = height;
    this.nodes = nodes;
    this.colors = new Map();
    this.drawn = false;
    this.frame = null;
    this.element.replaceChildren();
    if (!width) return;
    const k = Math.min(WIDTH / width, HEIGHT / height);
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.style.width = `${Math.max(LEAST, width * k)}px`;
    this.element.style.height = `${Math.max(LEAST, height * k)}px`;
    this.boxes = s("g");
    this.frame = s("rect.sfn-frame-now", { rx: 4 });
    this.element.append(this.boxes, this.frame);
  }

  /** Give a state's box another colour; it is painted with `paint`. @param {string} address @param {string} color */
  color(address, color) {
    if ((this.colors.get(address) ?? "") === color) return;
    this.colors.set(address, color);
    this.drawn = false;
  }

  /** Paint the boxes, where they can be seen and something about them is new. */
  paint() {
    if (this.drawn || !this.frame || this.element.classList.contains("off")) return;
    this.drawn = true;
    /** @type {Map<string, string[]>} */
    const paths = new Map();
    for (const { id, x, y, w, h, kind, folded } of this.nodes) {
      const key = `${this.colors.get(id) ?? ""}${kind === "container" && !folded ? " open" : ""}`;
      const path = paths.get(key);
      const d = `M${x} ${y}h${w}v${h}h${-w}z`;
      if (path) path.push(d);
      else paths.set(key, [d]);
    }
    this.boxes.replaceChildren(...[...paths].map(([key, d]) => s("path", { class: `sfn-dot ${key}`.trim(), d: d.join("") })));
  }

  /** Show what of the graph is in view. @param {import("./viewport.js").Seen} seen */
  show({ left, top, right, bottom }) {
    const slack = 1;
    const { frame } = this;
    const hidden = !frame || (left <= slack && top <= slack && right >= this.width - slack && bottom >= this.height - slack);
    this.element.classList.toggle("off", hidden);
    if (hidden) return;
    this.paint();
    const [x, y] = [Math.max(0, left), Math.max(0, top)];
    frame.setAttribute("x", String(x));
    frame.setAttribute("y", String(y));
    frame.setAttribute("width", String(Math.max(0, Math.min(this.width, right) - x)));
    frame.setAttribute("height", String(Math.max(0, Math.min(this.height, bottom) - y)));
  }

  /** @param {PointerEvent} event */
  #to(event) {
    const box = this.element.getBoundingClientRect();
    this.go(((event.clientX - box.left) / box.width) * this.width, ((event.clientY - box.top) / box.height) * this.height);
  }
}
