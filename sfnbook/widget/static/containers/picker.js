// picker: the list from which one pass through a container is chosen. A listbox as WAI-ARIA describes it: arrow keys move,
// Enter takes, Escape closes and gives the focus back. An option may ask for a number instead: where there are more passes
// than a list can hold. Knows texts and keys; not what a pass is.

import { closest, h } from "../dom.js";

/** @type {Record<string, string>} */
const MARKS = { running: "●", succeeded: "✓", failed: "✕", caught: "!", aborted: "⊘" };
let count = 0;

/** @typedef {{label: string, most: number, take: (number: number) => void}} Ask a number from 0 to `most` */

export class Picker {
  /** @param {HTMLElement} host what the list lies over */
  constructor(host) {
    this.host = host;
    /** @type {import("./chips.js").Choice[]} */
    this.items = [];
    this.at = 0;
    this.choose = (/** @type {string} */ _key) => {};
    this.back = () => {};
    this.uid = `sfn-p${(count += 1)}`;
    this.list = h("div.sfn-passes", { role: "listbox", tabindex: "0", hidden: true, "aria-label": "Which pass to show" });
    this.list.addEventListener("keydown", (event) => this.#key(event));
    const leaves = (/** @type {FocusEvent} */ event, /** @type {HTMLElement} */ element) => !element.contains(/** @type {Node|null} */ (event.relatedTarget));
    this.list.addEventListener("focusout", (event) => {
      if (leaves(event, this.list)) this.close(false);
    });
    this.list.addEventListener("click", (event) => {
      const option = closest(event, "[role=option]");
      if (option) this.#take(Number(option.dataset.index));
    });
    this.form = h("form.sfn-passes.sfn-pass-ask", { hidden: true });
    this.form.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.#closeForm(true);
    });
    this.form.addEventListener("focusout", (event) => {
      if (leaves(event, this.form)) this.#closeForm(false);
    });
    host.append(this.list, this.form);
  }

  get open() {
    return !this.list.hidden;
  }

  /**
   * @param {{items: import("./chips.js").Choice[], chosen: string, x: number, y: number,
   *   label: string, choose: (key: string) => void, back: () => void}} what `back` puts the focus where it was
   */
  show({ items, chosen, x, y, label, choose, back }) {
    this.items = items;
    this.choose = choose;
    this.back = back;
    this.list.replaceChildren(
      ...items.map((item, index) =>
        h(
          "div",
          {
            role: "option",
            id: `${this.uid}-${index}`,
            data: { index },
            class: `sfn-pass-one ${item.status || ""}`,
            "aria-selected": String(item.key === chosen),
          },
          h("span.sfn-pass-mark", { "aria-hidden": "true" }, MARKS[item.status ?? ""] || ""),
          item.text,
          h("span.sfn-pass-note", {}, item.note ?? item.status ?? ""),
        ),
      ),
    );
    this.list.setAttribute("aria-label", label);
    this.list.hidden = false;
    const { clientWidth, clientHeight } = this.host;
    const { offsetWidth } = this.list;
    this.list.style.left = `${Math.max(8, Math.min(clientWidth - offsetWidth - 8, x - offsetWidth))}px`;
    this.list.style.top = `${Math.max(8, Math.min(clientHeight - 120, y))}px`;
    this.list.style.maxHeight = `${Math.max(104, Math.min(320, clientHeight - Math.min(clientHeight - 120, y) - 16))}px`;
    this.#go(
      Math.max(
        0,
        items.findIndex((item) => item.key === chosen),
      ),
    );
    this.list.focus({ preventScroll: true });
  }

  /** @param {number} index */
  #go(index) {
    this.at = Math.max(0, Math.min(this.items.length - 1, index));
    this.list.querySelector(".now")?.classList.remove("now");
    const option = /** @type {HTMLElement} */ (this.list.children[this.at]);
    option.classList.add("now");
    this.list.setAttribute("aria-activedescendant", option.id);
    const { offsetTop, offsetHeight } = option;
    if (offsetTop < this.list.scrollTop) this.list.scrollTop = offsetTop;
    else if (offsetTop + offsetHeight > this.list.scrollTop + this.list.clientHeight) this.list.scrollTop = offsetTop + offsetHeight - this.list.clientHeight;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const to = /** @type {Record<string, number|undefined>} */ ({
      ArrowDown: this.at + 1,
      ArrowUp: this.at - 1,
      Home: 0,
      End: this.items.length - 1,
      PageDown: this.at + 8,
      PageUp: this.at - 8,
    })[event.key];
    if (to !== undefined) this.#go(to);
    else if (event.key === "Enter" || event.key === " ") this.#take(this.at);
    else if (event.key === "Escape") this.close(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {number} index */
  #take(index) {
    const { key, ask } = this.items[index];
    const { left, top } = this.list.style;
    this.close(true);
    if (ask) this.#ask(ask, left, top);
    else this.choose(key);
  }

  /** @param {Ask} ask @param {string} left @param {string} top */
  #ask({ label, most, take }, left, top) {
    const input = h("input", { type: "number", min: "0", max: String(most), step: "1", required: true, "aria-label": label });
    this.form.replaceChildren(h("label", {}, label, input), h("button.btn", { type: "submit" }, "Show"));
    this.form.onsubmit = (event) => {
      event.preventDefault();
      const number = Number(input.value);
      this.#closeForm(true);
      take(number);
    };
    Object.assign(this.form.style, { left, top });
    this.form.hidden = false;
    input.focus({ preventScroll: true });
  }

  /** @param {boolean} back whether the focus goes back */
  #closeForm(back) {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.form.replaceChildren();
    if (back) this.back();
  }

  /** @param {boolean} back whether the focus goes back */
  close(back) {
    if (!this.open) return;
    this.list.hidden = true;
    this.list.replaceChildren();
    if (back) this.back();
  }
}
