// drag: what is moved on the picture with the pointer. A state to a "+", the end of an arrow to another state. Knows elements
// and where they are on the screen; what a drop means is the editor's.

import { s } from "../dom.js";

const FIRST = 5; // px before a press is a drag
const NEAR = 70; // px around the pointer in which a "+" takes a state
const HEAD = 40; // px of a container by which it is taken; the rest of it moves the picture

/**
 * @typedef {{stage: HTMLElement, layer: SVGElement, on: () => boolean, box: (address: string) => Element|undefined,
 *   isContainer: (address: string) => boolean, spot: (index: number) => SpotMessage|undefined,
 *   move: (address: string, spot: SpotMessage) => void, lead: (spot: SpotMessage, to: string) => void}} Acts `lead`: to a
 *   state's address, or "" for the end
 */

export class Dragging {
  /** @param {Acts} acts */
  constructor(acts) {
    this.acts = acts;
    this.line = s("path.sfn-lead", { "aria-hidden": "true" });
    acts.stage.addEventListener("pointerdown", (event) => this.#down(event), true);
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const { target } = event;
    if (
      !this.acts.on() ||
      event.button !== 0 ||
      !(target instanceof Element) ||
      target.closest("[data-fold], [data-pass], .sfn-palette, .sfn-rename-box, .sfn-plus, .sfn-pencil")
    )
      return;
    const end = target.closest("[data-end]");
    const box = end ? null : target.closest("[data-address]");
    const spot = end ? this.acts.spot(Number(end.getAttribute("data-end"))) : undefined;
    const address = box?.getAttribute("data-address");
    if (!spot && !address) return;
    if (address && box && this.acts.isContainer(address) && event.clientY > box.getBoundingClientRect().top + HEAD) return;
    event.stopPropagation(); // else the picture moves
    this.#follow(event, spot ? this.#leading(spot) : this.#moving(/** @type {string} */ (address), /** @type {Element} */ (box)));
  }

  /** @param {PointerEvent} from @param {{over: (at: PointerEvent) => void, drop: () => void, clear: () => void}} what */
  #follow(from, what) {
    let begun = false;
    const { stage } = this.acts;
    const stop = new AbortController();
    const { signal } = stop;
    const over = () => {
      stop.abort();
      what.clear();
      this.line.remove();
      stage.classList.remove("moving");
    };
    window.addEventListener(
      "pointermove",
      (at) => {
        if (!begun && Math.hypot(at.clientX - from.clientX, at.clientY - from.clientY) < FIRST) return;
        if (!begun) {
          begun = true;
          stage.classList.add("moving");
          this.acts.layer.append(this.line);
          getSelection()?.removeAllRanges();
        }
        at.preventDefault();
        what.over(at);
      },
      { signal },
    );
    window.addEventListener(
      "pointerup",
      () => {
        over();
        if (!begun) return;
        const swallow = (/** @type {Event} */ click) => {
          click.stopPropagation();
          click.preventDefault();
        };
        stage.addEventListener("click", swallow, { capture: true, once: true }); // the end of a drag chooses nothing
        setTimeout(() => stage.removeEventListener("click", swallow, { capture: true }));
        what.drop();
      },
      { signal },
    );
    window.addEventListener("pointercancel", over, { signal });
    window.addEventListener(
      "keydown",
      (event) => {
        if (event.key === "Escape" && begun) {
          event.stopPropagation();
          over();
        }
      },
      { signal, capture: true },
    );
  }

  /** A state is moved to the nearest "+". @param {string} address @param {Element} box */
  #moving(address, box) {
    /** @type {Element|null} */
    let near = null;
    box.classList.add("moved");
    return {
      over: (/** @type {PointerEvent} */ at) => {
        const found = [...this.acts.layer.querySelectorAll(".sfn-plus")]
          .map((mark) => ({ mark, away: distance(middle(mark), at) }))
          .sort((a, b) => a.away - b.away)[0];
        near?.classList.remove("near");
        near = found && found.away < NEAR ? found.mark : null;
        near?.classList.add("near");
        this.#draw(middle(box), near ? middle(near) : { x: at.clientX, y: at.clientY });
      },
      drop: () => {
        const spot = near && this.acts.spot(Number(near.getAttribute("data-spot")));
        if (spot && spot.arrow.source !== address && spot.arrow.target !== address) this.acts.move(address, spot);
      },
      clear: () => {
        near?.classList.remove("near");
        box.classList.remove("moved");
      },
    };
  }

  /** The end of an arrow is led to the state under the pointer, or to the end of the machine. @param {SpotMessage} spot */
  #leading(spot) {
    const from = this.acts.box(spot.arrow.source || "<start>");
    /** @type {Element|undefined} */
    let over;
    return {
      over: (/** @type {PointerEvent} */ at) => {
        const root = /** @type {Document|ShadowRoot} */ (this.acts.stage.getRootNode());
        const end = this.acts.box("<end>");
        over?.classList.remove("target");
        const under = root.elementsFromPoint(at.clientX, at.clientY);
        over =
          under.map((one) => one.closest("[data-address]")).find((one) => one !== null) ?? (end && under.some((one) => end.contains(one)) ? end : undefined);
        over?.classList.add("target");
        if (from) this.#draw(middle(from), { x: at.clientX, y: at.clientY });
      },
      drop: () => {
        if (over) this.acts.lead(spot, over.getAttribute("data-address") ?? "");
      },
      clear: () => over?.classList.remove("target"),
    };
  }

  /** @param {{x: number, y: number}} from @param {{x: number, y: number}} to on the screen */
  #draw(from, to) {
    const { layer } = this.acts;
    const matrix = /** @type {SVGGElement} */ (layer).getScreenCTM()?.inverse();
    if (!matrix) return;
    const [a, b] = [from, to].map(({ x, y }) => new DOMPoint(x, y).matrixTransform(matrix));
    this.line.setAttribute("d", `M${a.x} ${a.y}L${b.x} ${b.y}`);
  }
}

/** @param {Element} element */
function middle(element) {
  const box = element.getBoundingClientRect();
  return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
}

/** @param {{x: number, y: number}} place @param {PointerEvent} at */
const distance = (place, at) => Math.hypot(place.x - at.clientX, place.y - at.clientY);
