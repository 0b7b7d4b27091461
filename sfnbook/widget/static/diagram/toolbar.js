// toolbar: the diagram's buttons and what they say. Knows names of acts; not what they do.

import { h, s } from "../dom.js";

const TURN = "M3 2v6.4M1 6.6L3 8.6l2-2M7.4 11H11M7.4 11a4.4 4.4 0 0 1-1-.1M9.6 9.4L11.2 11l-1.6 1.6";
const FOLD = "M2 1.5h9M2 11.5h9M6.5 3v2.6M5 4.4l1.5 1.5L8 4.4M6.5 10V7.4M5 8.6l1.5-1.5L8 8.6";

const PICTURE = "M6.5 1.5v6.6M4 5.8l2.5 2.5L9 5.8M2 11.5h9";
const TALL = "M6.5 1v11M4.5 3l2-2 2 2M4.5 10l2 2 2-2";
const FULL = "M1.5 4.5v-3h3M8.5 1.5h3v3M11.5 8.5v3h-3M4.5 11.5h-3v-3";

/** @typedef {"out"|"fit"|"in"|"turn"|"fold"|"bytes"|"follow"|"find"|"picture"|"tall"|"full"} Act a button of the toolbar */

/** @param {string} d */
const icon = (d) => s("svg.sfn-icon", { viewBox: "0 0 13 13", "aria-hidden": "true" }, s("path", { d }));

export class Toolbar {
  /** @param {Record<Act, () => void>} acts what each button does */
  constructor(acts) {
    const button = (/** @type {Act} */ name, /** @type {string} */ words, /** @type {import("../dom.js").Kid} */ face) => {
      const made = h("button.sfn-tool", { type: "button", onclick: acts[name] }, face);
      this.#say(made, words);
      return made;
    };
    this.turnIcon = icon(TURN);
    this.turn = button("turn", "Run from left to right", this.turnIcon);
    this.fold = button("fold", "Fold all containers", icon(FOLD));
    this.bytes = button("bytes", "Bytes on the edges taken, of 262,144 (w)", "Bytes");
    this.follow = button("follow", "Keep the running state in view", "Follow");
    this.picture = button("picture", "Take the picture along: SVG, PNG, Mermaid, DOT", icon(PICTURE));
    this.picture.setAttribute("aria-expanded", "false");
    this.tall = button("tall", "As tall as the window", icon(TALL));
    this.full = button("full", "Full screen", icon(FULL));
    this.element = h(
      "div.sfn-tools",
      { role: "toolbar", "aria-label": "Diagram" },
      button("out", "Zoom out (−)", "−"),
      button("fit", "Fit the whole machine (0)", "Fit"),
      button("in", "Zoom in (+)", "+"),
      this.turn,
      this.fold,
      this.bytes,
      this.follow,
      button("find", "Find a state (/)", "Find…"),
      this.picture,
      this.tall,
      this.full,
    );
    this.press("tall", false);
    this.press("bytes", false);
    this.press("follow", false);
  }

  /** @param {HTMLElement} button @param {string} words */
  #say(button, words) {
    button.title = words;
    button.setAttribute("aria-label", words);
  }

  /** Show one of those that stay pressed as pressed. @param {"bytes"|"follow"|"tall"} name @param {boolean} on */
  press(name, on) {
    this[name].setAttribute("aria-pressed", String(on));
  }

  /** Say what turning and folding would do now. @param {{across: boolean, foldable: boolean, open: boolean}} now */
  show({ across, foldable, open }) {
    this.#say(this.turn, across ? "Run from top to bottom" : "Run from left to right");
    this.turnIcon.style.transform = across ? "scale(-1, 1) rotate(90deg)" : "";
    this.#say(this.fold, open ? "Fold all containers" : "Unfold all containers");
    this.fold.hidden = !foldable;
  }
}
