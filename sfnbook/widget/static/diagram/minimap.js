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
    /** What is in view; null while there is no graph. @type {SVGElement|null} */
    this.frame = null;
    this.element.addEventListener("pointerdown", (event) => { this.element.setPointerCapture(event.pointerId); this.#to(event); });
    this.element.addEventListener("pointermove", (event) => event.buttons && this.#to(event));
  }

  /** Draw a graph's boxes; each one's dot is given to `keep`. @param {import("./layout.js").Graph} graph @param {(address: string, dot: SVGElement) => void} keep */
  draw({ width, height, nodes }, keep) {
    this.width = width;
    this.height = height;
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

  /** Show what of the graph is in view. @param {import("./viewport.js").Seen} seen */
  show({ left, top, right, bottom }) {
    const slack = 1;
    const { frame } = this;
    const hidden = !frame || (left <= slack && top <= slack && right >= this.width - slack && bottom >= this.height - slack);
    this.element.classList.toggle("off", hidden);
    if (hidden) return;
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
