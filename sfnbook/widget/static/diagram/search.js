// search: the box that finds states by their words. Knows a text and a list of what it fits; not where that is drawn.

import { h } from "../dom.js";

export class Finder {
  /**
   * @param {{find: (text: string) => string[], show: (found: string[], current: string|null) => void,
   *   close: (address: string|null) => void}} options `find`: the addresses that a text (lower case, never "") fits;
   *   `show`: mark them; `close`: the box is gone, the focus goes to the one found last
   */
  constructor({ find, show, close }) {
    this.find = find;
    this.show = show;
    this.onClose = close;
    /** @type {string[]} */
    this.found = [];
    this.at = -1;
    const tool = (/** @type {string} */ label, /** @type {string} */ text, /** @type {() => void} */ act) =>
      h("button.sfn-tool", { type: "button", title: label, "aria-label": label, onclick: act }, text);
    this.input = h("input", { type: "search", placeholder: "Find a state", "aria-label": "Find a state", oninput: () => this.#search() });
    this.count = h("span", { role: "status", "aria-live": "polite" });
    this.element = h(
      "div.sfn-find",
      { hidden: true },
      this.input,
      this.count,
      tool("Previous", "↑", () => this.#step(-1)),
      tool("Next", "↓", () => this.#step(1)),
      tool("Close", "×", () => this.close()),
    );
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
      else if (event.key === "Enter" && event.target === this.input) this.#step(event.shiftKey ? -1 : 1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
  }

  get text() {
    return this.input.value.trim().toLowerCase();
  }

  get current() {
    return this.found[this.at] ?? null;
  }

  open() {
    this.element.hidden = false;
    this.input.focus({ preventScroll: true });
    this.input.select();
    this.#search();
  }

  close() {
    const { current } = this;
    this.found = [];
    this.at = -1;
    this.element.hidden = true;
    this.show([], null);
    this.onClose(current);
  }

  #search() {
    this.found = this.text ? this.find(this.text) : [];
    this.at = -1;
    this.#step(1);
  }

  /** @param {number} by */
  #step(by) {
    if (this.found.length) this.at = (this.at + by + this.found.length) % this.found.length;
    this.show(this.found, this.current);
    this.count.textContent = !this.text ? "" : this.found.length ? `${this.at + 1} of ${this.found.length}` : "none";
  }
}
