// in_view: of a machine with many states, only what is near the pane is in the document, so that the page neither styles,
// lays out nor paints the rest (`display: none` would not spare it: SVG groups are laid out all the same). Knows elements
// and rectangles.

/** With no more parts than this all of them are in the document: the page has little to gain. */
const MOST = 800;

/**
 * @typedef {{extent: Rectangle, elements: [layer: SVGElement, element: SVGElement][], below?: () => boolean}} Part
 *   a box or an arrow, with what belongs to it; `below`: whether it lies below the others of its layer
 */
export class InView {
  constructor() {
    /** Those that are not always in the document, by state's address or edge's id. @type {Map<string, Part>} */
    this.parts = new Map();
    /** @type {Set<Part>} */
    this.present = new Set();
  }

  /** Take another picture's parts; where they are many, none is in the document yet. @param {Map<string, Part>} parts */
  take(parts) {
    this.present = new Set();
    this.parts = parts.size > MOST ? parts : new Map();
    if (parts.size <= MOST) for (const part of parts.values()) attach(part);
  }

  /** Have in the document what is near, and what has the focus. @param {(extent: Rectangle) => boolean} near */
  show(near) {
    for (const part of this.parts.values()) {
      const wanted = near(part.extent);
      if (wanted === this.present.has(part)) continue;
      if (wanted) this.#attach(part);
      else if (!part.elements.some(([, element]) => element.contains(document.activeElement))) {
        for (const [, element] of part.elements) element.remove();
        this.present.delete(part);
      }
    }
  }

  /** Have one part in the document, wherever it is: it is about to get the focus. @param {string} key */
  reveal(key) {
    const part = this.parts.get(key);
    if (part && !this.present.has(part)) this.#attach(part);
  }

  /** Have all parts in the document: the whole picture is about to be taken along. */
  showAll() {
    this.show(() => true);
  }

  /** @param {Part} part */
  #attach(part) {
    attach(part);
    this.present.add(part);
  }
}

/** @param {Part} part */
function attach({ elements, below }) {
  for (const [layer, element] of elements)
    if (below?.()) layer.prepend(element);
    else layer.append(element);
}
