// @ts-nocheck: its types are still to be written
// minimap: the whole machine, small, with a frame around what is in view; hidden where all of it is. Knows rectangles
// and colours' names.

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
    this.element.addEventListener("pointerdown", (event) => { this.element.setPointerCapture(event.pointerId); this.#to(event); });
    this.element.addEventListener("pointermove", (event) => event.buttons && this.#to(event));
  }

  /** Draw a graph's boxes; each one's dot is given to `keep`. */
  draw({ width, height, nodes }, keep) {
    Object.assign(this, { width, height });
    this.frame = null;
    this.element.replaceChildren();
    if (!width) return;
    const k = Math.min(WIDTH / width, HEIGHT / height);
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.element.setAttribute("preserveAspectRatio", "none");
    this.element.style.width = `${Math.max(LEAST, width * k)}px`;
    this.element.style.height = `${Math.max(LEAST, height * k)}px`;
    for (const node of nodes) {
      const dot = s("rect.sfn-dot", { x: node.x, y: node.y, width: node.w, height: node.h, rx: 8 });
      if (node.kind === "container") dot.setAttribute("fill", "none");
      keep(node.id, dot);
      this.element.append(dot);
    }
    this.frame = s("rect.sfn-frame-now", { rx: 4 });
    this.element.append(this.frame);
  }

  /** Show what is in view: {left, top, right, bottom} of the graph. */
  show({ left, top, right, bottom }) {
    const slack = 1;
    const hidden = !this.frame || (left <= slack && top <= slack && right >= this.width - slack && bottom >= this.height - slack);
    this.element.classList.toggle("off", hidden);
    if (hidden) return;
    const [x, y] = [Math.max(0, left), Math.max(0, top)];
    this.frame.setAttribute("x", x);
    this.frame.setAttribute("y", y);
    this.frame.setAttribute("width", Math.max(0, Math.min(this.width, right) - x));
    this.frame.setAttribute("height", Math.max(0, Math.min(this.height, bottom) - y));
  }

  #to(event) {
    const box = this.element.getBoundingClientRect();
    this.go(((event.clientX - box.left) / box.width) * this.width, ((event.clientY - box.top) / box.height) * this.height);
  }
}
