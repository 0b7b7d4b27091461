// viewport: which part of the picture is seen, and how large. Pan, zoom, fit, where a machine is first seen, bringing a
// box into view. Knows a pane, a size and rectangles; not what they stand for.

const MIN_SCALE = 0.01;
const MAX_SCALE = 3;
/** Below this scale a whole machine is no longer readable at first sight: start at the top instead of fitting. */
export const READABLE = 0.74;
/** Below this scale second lines and edge labels only make noise. */
export const FAR = 0.42;
/** Below this scale a state is a dot: its colour is all that can be seen. */
const TINY = 0.16;
/** A machine that is no wider than this makes of it is first seen in its whole width. */
const NARROWEST = 0.55;
const DRAG_PX = 4;
/** What a state that has to be brought up is brought up by, of the pane. */
const AHEAD = 0.3;
const HEAD = 48;
/** What stays free around a picture that is shown whole, and what the box that finds takes at the top. */
const RIM = 8;
const FIND_HEIGHT = 48;

/** @typedef {{left: number, top: number, right: number, bottom: number}} Seen the part of the picture in the pane */

export class Viewport {
  /**
   * @param {{root: HTMLElement, svg: SVGSVGElement, ground: SVGElement, onLook: () => void, onDrag: () => void}} parts
   *   `root`: the pane; `ground`: what moves in `svg`; `onLook`: another part is seen; `onDrag`: the reader began to drag
   */
  constructor({ root, svg, ground, onLook, onDrag }) {
    this.root = root;
    this.svg = svg;
    this.ground = ground;
    this.onLook = onLook;
    this.onDrag = onDrag;
    this.x = this.y = 0;
    this.k = 1;
    /** The picture that is looked at; `start`: where it begins. @type {{width: number, height: number, start: Rectangle|null, across: boolean}} */
    this.picture = { width: 0, height: 0, start: null, across: false };
    this.fresh = true;
    this.dragged = false;
    svg.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    svg.addEventListener("pointerdown", (event) => this.#grab(event));
    /** How large the pane is, as last measured: to ask the page takes as long as to lay all of it out. @type {{w: number, h: number}|null} */
    this.size = null;
    this.observer = new ResizeObserver(() => {
      this.size = null;
      if (this.fresh) this.home();
      else this.onLook();
    });
    this.observer.observe(root);
  }

  get pane() {
    const size = this.size ?? { w: this.root.clientWidth, h: this.root.clientHeight };
    if (size.w && size.h) this.size = size;
    return size;
  }

  /** The pane may have got another size that is to count at once, not only when the page is painted next. */
  remeasure() {
    this.size = null;
  }

  /** What of the picture is in the pane. @returns {Seen} */
  get seen() {
    const { w, h } = this.pane;
    const { x, y, k } = this;
    return { left: -x / k, top: -y / k, right: (w - x) / k, bottom: (h - y) / k };
  }

  /**
   * Whether a box reaches into the pane, as it is now. @returns {(box: Rectangle) => boolean}
   * @param {number=} margin how much further than the pane, as a share of it, on each side
   */
  window(margin = 0) {
    const { seen } = this;
    const [w, h] = [(seen.right - seen.left) * margin, (seen.bottom - seen.top) * margin];
    const [left, top, right, bottom] = [seen.left - w, seen.top - h, seen.right + w, seen.bottom + h];
    return (box) => box.x < right && box.y < bottom && box.x + box.w > left && box.y + box.h > top;
  }

  /** Look at a part: `x`, `y` is where the picture's corner is in the pane, `k` the scale. @param {{x?: number, y?: number, k?: number}} part */
  look({ x = this.x, y = this.y, k = this.k }, gently = false) {
    Object.assign(this, { x, y, k });
    this.fresh = false;
    const still = !gently || matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.ground.style.transition = still ? "" : "transform 160ms ease-out";
    this.ground.style.transform = `translate(${x}px, ${y}px) scale(${k})`;
    this.root.classList.toggle("far", k < FAR);
    this.root.classList.toggle("tiny", k < TINY);
    this.root.style.setProperty("--k", String(k));
    this.root.style.backgroundPosition = `${x}px ${y}px`;
    this.onLook();
  }

  /** Where a picture is first seen: whole where that is readable, else its beginning, in its whole width if possible. */
  home() {
    const { w, h } = this.pane;
    const { width, height, start, across } = this.picture;
    if (!w || !h || !width || !start) return;
    if (Math.min(w / width, h / height) >= READABLE) this.fit();
    else {
      const [length, room] = across ? [height, h] : [width, w];
      const k = room / length >= NARROWEST ? Math.min(0.85, room / length) : READABLE;
      // The beginning in the middle of the other axis, no empty room beside the picture, all of it where it fits.
      const beside = (/** @type {number} */ size, /** @type {number} */ pane, /** @type {number} */ middle) =>
        size * k <= pane ? (pane - size * k) / 2 : Math.min(RIM, Math.max(pane - size * k - RIM, pane / 2 - middle * k));
      this.look(across ? { x: RIM, y: beside(height, h, start.y + start.h / 2), k } : { x: beside(width, w, start.x + start.w / 2), y: 0, k });
    }
    this.fresh = true;
  }

  /** Show the whole picture. */
  fit() {
    const { w, h } = this.pane;
    const { width, height } = this.picture;
    if (!w || !h || !width) return;
    const k = Math.max(MIN_SCALE, Math.min(1, w / width, h / height));
    this.look({ x: (w - width * k) / 2, y: (h - height * k) / 2, k }, !this.fresh);
  }

  /** Zoom by a factor, around a point of the pane (its middle where absent). @param {number} factor */
  zoomBy(factor, x = this.pane.w / 2, y = this.pane.h / 2) {
    const k = Math.max(MIN_SCALE, Math.min(MAX_SCALE, this.k * factor));
    const ratio = k / this.k;
    this.look({ x: x - (x - this.x) * ratio, y: y - (y - this.y) * ratio, k });
  }

  /** Bring a box into view where it is not: readable, its middle to the middle. @param {Rectangle} box */
  reveal(box) {
    const { w, h } = this.pane;
    const [left, top] = [box.x * this.k + this.x, box.y * this.k + this.y];
    const seen = left >= RIM && top >= FIND_HEIGHT && left + box.w * this.k <= w - RIM && top + Math.min(box.h, HEAD) * this.k <= h - RIM;
    if (seen && this.k >= FAR) return;
    const k = Math.max(this.k, READABLE);
    this.look({ x: w / 2 - (box.x + box.w / 2) * k, y: h / 2 - (box.y + Math.min(box.h, h / k) / 2) * k, k }, true);
  }

  /** Move just as far as needed for a box to be seen. @param {Rectangle} box */
  keepInView(box) {
    const { w, h } = this.pane;
    const { x, y, k } = this;
    const [left, top, right, bottom] = [box.x * k + x, box.y * k + y, (box.x + box.w) * k + x, (box.y + Math.min(box.h, HEAD)) * k + y];
    const dx = left < 0 ? 24 - left : right > w ? Math.max(w - 24 - right, 24 - left) : 0; // what is in view does not move
    const down = bottom > h;
    let dy = top < 0 ? 24 - top : down ? Math.max(h - 24 - bottom, 24 - top) : 0;
    if (down) dy -= h * AHEAD; // room for what comes next, and no move for each of it
    if (dx || dy) this.look({ x: x + dx, y: y + dy }, true);
  }

  /** Keep a box where it is in the pane when it moves in the picture. @param {Rectangle} before @param {Rectangle} now */
  hold(before, now) {
    this.look({ x: this.x + (before.x - now.x) * this.k, y: this.y + (before.y - now.y) * this.k });
  }

  /** Bring a place of the picture to the middle. @param {number} x @param {number} y */
  centre(x, y) {
    const { w, h } = this.pane;
    this.look({ x: w / 2 - x * this.k, y: h / 2 - y * this.k });
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    const { svg } = this;
    if (!event.ctrlKey && !svg.contains(document.activeElement)) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
    this.zoomBy(Math.exp(-Math.max(-120, Math.min(120, step)) * (event.ctrlKey ? 0.008 : 0.0024)), event.clientX - box.left, event.clientY - box.top);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    if (event.button !== 0) return;
    const { svg } = this;
    const from = { x: event.clientX, y: event.clientY, vx: this.x, vy: this.y };
    this.dragged = false;
    const move = (/** @type {PointerEvent} */ at) => {
      const [dx, dy] = [at.clientX - from.x, at.clientY - from.y];
      if (!this.dragged && Math.hypot(dx, dy) < DRAG_PX) return;
      if (!this.dragged) {
        this.dragged = true;
        svg.setPointerCapture(event.pointerId);
        svg.classList.add("dragging");
        this.onDrag();
      }
      this.look({ x: from.vx + dx, y: from.vy + dy });
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

  dispose() {
    this.observer.disconnect();
  }
}
