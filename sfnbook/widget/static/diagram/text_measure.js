// text_measure: how wide texts are as this page draws them, and what of them fits. Knows fonts; not what the texts say.

export const NAME_PX = 12.5;
export const DETAIL_PX = 10.5;

/** Characters that turn the direction of the text around them. */
const TURNING = /[\u202a-\u202e\u2066-\u2069]/g;
const MOST = 8000;

/** A text that cannot turn what stands beside it. @param {string} text */
export const upright = (text) => text.replace(TURNING, "\ufffd");

/** Text widths, remembered. */
export class Ruler {
  constructor() {
    this.context = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
    /** @type {Map<string, number>} */
    this.known = new Map();
    this.family = "sans-serif";
  }

  /** Measure in another font from now on. @param {string} family */
  use(family) {
    this.family = family || "sans-serif";
    this.known.clear();
  }

  /** @param {string} text @param {number} size in px @param {boolean} bold @returns {number} */
  width(text, size, bold) {
    const key = `${bold ? "b" : ""}${size}|${text}`;
    let width = this.known.get(key);
    if (width === undefined) {
      if (this.known.size > MOST) this.known.clear();
      this.context.font = `${bold ? "600 " : ""}${size}px ${this.family}`;
      width = this.context.measureText(text).width;
      this.known.set(key, width);
    }
    return width;
  }

  /**
   * The text, its middle left out where it needs more room.
   * @param {string} text @param {number} room @param {number} size both in px @param {boolean} bold @returns {string}
   */
  elide(text, room, size, bold = false) {
    text = upright(text);
    if (this.width(text, size, bold) <= room) return text;
    const letters = Array.from(text);
    const cut = (/** @type {number} */ keep) =>
      `${letters
        .slice(0, Math.ceil(keep / 2))
        .join("")
        .trimEnd()}…${letters
        .slice(letters.length - Math.floor(keep / 2))
        .join("")
        .trimStart()}`;
    let low = 0;
    let high = letters.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.width(cut(middle), size, bold) <= room) low = middle;
      else high = middle - 1;
    }
    return cut(low);
  }
}
