// palette: the list of what can be put on the picture, which is typed into. Knows a text and rows; what a row makes is
// Python's.

import { h, s } from "../dom.js";

const PAUSE = 80; // ms after the last key

export class Palette {
  /** @param {{find: (query: string) => Promise<PaletteMessage[]>}} options */
  constructor({ find }) {
    this.find = this.look = find;
    /** @type {PaletteMessage[]} */
    this.rows = [];
    this.at = 0;
    /** The text whose rows are shown. */
    this.settled = "";
    this.id = `sfn-palette-${Math.random().toString(36).slice(2, 8)}`;
    this.input = h("input.field", {
      type: "text",
      placeholder: "Type or service",
      autocomplete: "off",
      spellcheck: "false",
      role: "combobox",
      "aria-expanded": "true",
      "aria-controls": this.id,
      "aria-autocomplete": "list",
      oninput: () => this.#typed(),
    });
    this.list = h("div", { class: "sfn-rows", id: this.id, role: "listbox", "aria-label": "What can be added" });
    this.note = h("div.sfn-none", { role: "status" });
    this.element = h("div.sfn-palette", { hidden: true, onkeydown: (event) => this.#key(event) }, this.input, this.list, this.note);
    this.element.addEventListener("focusout", (event) => {
      const to = event.relatedTarget;
      if (to instanceof Node && !this.element.contains(to)) this.close(false);
    });
  }

  /**
   * Open it at a place of the pane. back: gets the focus where nothing is chosen. find: another list than that of what can be
   * added.
   * @param {{x: number, y: number, label: string, hint?: string, choose: (key: string) => void, back: () => void, find?: (query: string) => Promise<PaletteMessage[]>}} options
   */
  open({ x, y, label, hint = "Type or service", choose, back, find }) {
    this.look = find ?? this.find;
    this.input.placeholder = hint;
    this.list.setAttribute("aria-label", label);
    this.choose = choose;
    this.back = back;
    this.input.value = "";
    this.input.setAttribute("aria-label", label);
    this.element.hidden = false;
    const pane = this.element.parentElement;
    const [w, h] = [320, 300];
    this.element.style.left = `${Math.max(4, Math.min(x, (pane?.clientWidth ?? w) - w - 8))}px`;
    this.element.style.top = `${Math.max(4, Math.min(y, (pane?.clientHeight ?? h) - h - 8))}px`;
    this.input.focus({ preventScroll: true });
    void this.#look();
  }

  /** @param {boolean} focus whether the focus goes back */
  close(focus) {
    if (this.element.hidden) return;
    this.element.hidden = true;
    clearTimeout(this.later);
    if (focus) this.back?.();
  }

  #typed() {
    clearTimeout(this.later);
    this.later = setTimeout(() => void this.#look(), PAUSE);
  }

  async #look() {
    const query = this.input.value;
    try {
      const rows = await this.look(query);
      if (query !== this.input.value) return; // something newer is asked for
      this.rows = rows;
      this.settled = query;
      this.note.textContent = rows.length ? "" : "Nothing is called so.";
    } catch (problem) {
      this.rows = [];
      this.note.textContent = problem instanceof Error ? problem.message : String(problem);
    }
    this.at = 0;
    this.list.replaceChildren(
      ...this.rows.map((row, index) =>
        h(
          "div.sfn-row",
          {
            role: "option",
            id: `${this.id}-${index}`,
            "aria-selected": String(index === 0),
            onpointerdown: (event) => event.preventDefault(), // the focus stays in the field
            onclick: () => this.#take(index),
          },
          s("svg.sfn-row-glyph", { viewBox: "0 0 12 12", "aria-hidden": "true" }, s("path", { d: row.glyph })),
          h("span.sfn-row-title", {}, row.title),
          h("span.sfn-row-words", {}, row.words),
        ),
      ),
    );
    this.#mark();
  }

  #mark() {
    this.list.querySelectorAll("[role=option]").forEach((row, index) => {
      row.setAttribute("aria-selected", String(index === this.at));
      if (index === this.at) row.scrollIntoView({ block: "nearest" });
    });
    if (this.rows.length) this.input.setAttribute("aria-activedescendant", `${this.id}-${this.at}`);
    else this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {number} index */
  #take(index) {
    const row = this.rows[index];
    if (!row) return;
    this.close(false);
    this.choose?.(row.key);
  }

  /** @param {KeyboardEvent} event */
  async #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) {
      event.preventDefault();
      event.stopPropagation();
      await this.#settle();
      this.at = Math.max(0, Math.min(this.rows.length - 1, this.at + step));
      this.#mark();
      return;
    }
    if (event.key === "Enter") {
      clearTimeout(this.later);
      event.preventDefault();
      event.stopPropagation();
      await this.#settle();
      this.#take(this.at);
      return;
    } else if (event.key === "Escape") this.close(true);
    else {
      event.stopPropagation();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** What was typed a moment ago counts, also where Enter came before its rows. */
  async #settle() {
    clearTimeout(this.later);
    if (this.settled !== this.input.value) await this.#look();
  }
}
