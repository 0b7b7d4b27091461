// text: the definition's text in a plain field, with what is wrong at its lines. The cursor's line chooses its state on the
// diagram, and the other way round. What was typed goes to Python a moment after the last key; what a text means is Python's.

import { fill, h } from "../dom.js";
import { innermost } from "../inspector/definition.js";
import { findingRow } from "./form.js";

const ROW = 18;
const PAUSE = 120; // ms after the last key
const BURST = 1500; // ms without a key after which what is typed is another step for Undo

export class TextEditor {
  /**
   * @param {{change: (edit: string, given: Record<string, unknown>) => Promise<string>, fix: (finding: number, fix: number) => void,
   *   select: (address: string) => void, undo: (again: boolean) => void,
   *   place: (line: number, column: number) => Promise<PlaceMessage|null|undefined>}} acts `place`: where a named state is written
   */
  constructor(acts) {
    this.acts = acts;
    /** What Python has, as far as is known here. */
    this.told = "";
    /** @type {FindingMessage[]} */
    this.findings = [];
    /** @type {Record<string, number[]>} */
    this.states = {};
    /** @type {string|null} */
    this.address = null;
    this.burst = "";
    this.typedAt = 0;
    /** @type {number|undefined} */
    this.later = undefined;
    this.marks = h("div.emarks");
    this.gutter = h("div.egutter", { "aria-hidden": "true" }, (this.numbers = h("div.enumbers")));
    this.back = h("div.eback", { "aria-hidden": "true" }, this.marks);
    this.area = h("textarea.earea", {
      spellcheck: "false",
      wrap: "off",
      autocapitalize: "off",
      autocomplete: "off",
      "aria-label": "Text of the definition",
      data: { key: "edit:text", lmSuppressShortcuts: "true" },
      oninput: () => this.#typed(),
      onscroll: () => this.#paint(),
      onkeydown: (event) => this.#key(event),
      onkeyup: () => this.#moved(),
      onclick: (event) => {
        if (event.ctrlKey || event.metaKey) void this.#goTo();
        else this.#moved();
      },
      onmousemove: (event) => this.#explain(event),
      onblur: () => void this.tell(),
    });
    this.problem = h("p.eproblem", { role: "alert" });
    this.list = h("div.efindings");
    this.element = h(
      "div.etext",
      {},
      h("div.ecode", {}, this.gutter, this.back, this.area),
      this.problem,
      this.list,
      h("p.ehelp", {}, "F12 goes to the state that is named at the cursor, Ctrl+Z takes back, Tab leaves the field."),
    );
    this.observer = new ResizeObserver(() => this.#paint());
    this.observer.observe(this.area);
  }

  /** Whether something was typed that Python has not been told yet. */
  get dirty() {
    return this.area.value !== this.told;
  }

  /** @param {Partial<EditingMessage>} editing @param {string|null} address the chosen state */
  show(editing, address) {
    const text = (editing.text ?? "").replace(/\r\n?/g, "\n"); // as a field has it; Python keeps the line ends
    if (text !== this.area.value && (!this.dirty || document.activeElement !== this.area)) this.#replace(text);
    if (!this.dirty || text === this.area.value) this.told = this.area.value;
    this.findings = editing.findings ?? [];
    this.states = editing.machine?.lines ?? {};
    fill(
      this.list,
      this.findings.map((finding, index) =>
        findingRow(
          finding,
          index,
          this.acts.fix,
          h(
            "button.link",
            { type: "button", data: { key: `edit:line:${index}` }, onclick: () => this.#go(finding.line, finding.column) },
            `line ${finding.line}`,
          ),
        ),
      ),
    );
    this.choose(address);
    this.#paint();
  }

  /** Light a state's lines, and bring them into sight where the cursor is not in them. @param {string|null} address */
  choose(address) {
    const other = address !== this.address;
    this.address = address;
    const lines = address === null ? undefined : this.states[address];
    if (other && lines && innermost(this.states, this.#cursor().line) !== address) {
      const [top, bottom, room] = [(lines[0] - 1) * ROW, lines[1] * ROW, this.area.clientHeight];
      if (top < this.area.scrollTop || bottom > this.area.scrollTop + room) this.area.scrollTop = Math.max(0, top - Math.max(ROW, (room - (bottom - top)) / 2));
      if (document.activeElement !== this.area) this.#put(lines[0], 1);
    }
    if (other) this.#paint();
  }

  /** Tell Python what was typed, now. */
  async tell() {
    clearTimeout(this.later);
    if (!this.dirty) return;
    this.told = this.area.value;
    this.problem.textContent = await this.acts.change("write", { text: this.told, burst: this.burst });
  }

  // -- the field ----------------------------------------------------------------------------------------------------

  /** Another text came: the cursor stays before the same letters. @param {string} text */
  #replace(text) {
    const { area } = this;
    const { selectionStart, scrollTop, scrollLeft, value } = area;
    let same = 0;
    while (same < selectionStart && value[same] === text[same]) same += 1;
    const at = same === selectionStart ? same : Math.max(0, Math.min(text.length, selectionStart + text.length - value.length));
    area.value = text;
    area.setSelectionRange(at, at);
    Object.assign(area, { scrollTop, scrollLeft });
  }

  #typed() {
    const now = Date.now();
    if (now - this.typedAt > BURST || !this.burst) this.burst = `${now}`;
    this.typedAt = now;
    clearTimeout(this.later);
    this.later = setTimeout(() => void this.tell(), PAUSE);
    this.#paint();
  }

  /** @returns {{line: number, column: number}} */
  #cursor() {
    const before = this.area.value.slice(0, this.area.selectionStart);
    return { line: before.split("\n").length, column: before.length - before.lastIndexOf("\n") };
  }

  /** The cursor may be in another state. */
  #moved() {
    const found = innermost(this.states, this.#cursor().line);
    if (found !== null && found !== this.address && !this.dirty) this.acts.select(found);
  }

  /** @param {number} line @param {number} column */
  #put(line, column) {
    const lines = this.area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
    const at = Math.min(this.area.value.length, start + column - 1);
    this.area.setSelectionRange(at, at);
  }

  /** Put the cursor at a place, in sight. @param {number} line @param {number} column */
  #go(line, column) {
    this.area.focus({ preventScroll: true });
    this.#put(line, column);
    const [top, room] = [(line - 1) * ROW, this.area.clientHeight];
    if (top < this.area.scrollTop || top + ROW > this.area.scrollTop + room) this.area.scrollTop = Math.max(0, top - room / 2);
    this.#moved();
    this.#paint();
  }

  async #goTo() {
    await this.tell();
    const { line, column } = this.#cursor();
    const found = await this.acts.place(line, column);
    if (found) this.#go(found.line, found.column);
  }

  /** @param {KeyboardEvent} event */
  async #key(event) {
    const { area } = this;
    const key = event.key.toLowerCase();
    event.stopPropagation();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      event.preventDefault();
      await this.tell();
      this.burst = "";
      this.acts.undo(key === "y" || event.shiftKey);
    } else if (event.key === "F12") {
      event.preventDefault();
      await this.#goTo();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) {
      event.preventDefault();
      const { selectionStart: from, selectionEnd: to, value } = area;
      const line = value.slice(value.lastIndexOf("\n", from - 1) + 1, from);
      const deeper = /[{[:]\s*$/.test(line) ? "  " : "";
      area.setRangeText(`\n${/^\s*/.exec(line)?.[0] ?? ""}${deeper}`, from, to, "end");
      this.#typed();
    }
  }

  /** What is wrong in the line under the pointer. @param {MouseEvent} event */
  #explain(event) {
    const line = Math.floor((event.offsetY + this.area.scrollTop - 4) / ROW) + 1;
    this.area.title = this.findings
      .filter((one) => one.line === line)
      .map((one) => [one.message, one.hint].filter(Boolean).join(" "))
      .join("\n");
  }

  // -- beside and behind it -----------------------------------------------------------------------------------------

  /** Numbers, dots, underlines and the chosen state's lines, of the lines in sight. */
  #paint() {
    const { area } = this;
    const first = Math.max(0, Math.floor(area.scrollTop / ROW) - 2);
    const lines = area.value.split("\n");
    const last = Math.min(lines.length, first + Math.ceil((area.clientHeight || 400) / ROW) + 5);
    const [from, to] = (this.address !== null && this.states[this.address]) || [0, -1];
    /** @type {Map<number, FindingMessage[]>} */
    const wrong = new Map();
    for (const one of this.findings) wrong.set(one.line, [...(wrong.get(one.line) ?? []), one]);
    /** @type {HTMLElement[]} */
    const numbers = [];
    /** @type {HTMLElement[]} */
    const marks = [];
    for (let line = first + 1; line <= last; line += 1) {
      const found = wrong.get(line) ?? [];
      const style = `top:${(line - 1) * ROW}px`;
      const worst = found.some((one) => one.level === "error") ? "bad" : "caught";
      numbers.push(h("div.enumber", { style }, found.length > 0 && h(`span.ddot.${worst}`), String(line)));
      if (line >= from && line <= to) marks.push(h("div.elit", { style }));
      // Behind the field's own letters stand the same ones, unseen: what is under them is as wide as they are.
      if (!this.dirty)
        marks.push(
          ...found.map((one) =>
            h(
              "div.ewrong",
              { style },
              lines[line - 1].slice(0, one.column - 1),
              h(`span.${one.level === "error" ? "bad" : "caught"}`, {}, lines[line - 1].slice(one.column - 1, one.column - 1 + one.width) || " "),
            ),
          ),
        );
    }
    this.numbers.replaceChildren(...numbers);
    this.marks.replaceChildren(...marks);
    this.numbers.style.transform = `translateY(${-area.scrollTop}px)`;
    this.marks.style.transform = `translate(${-area.scrollLeft}px, ${-area.scrollTop}px)`;
  }

  dispose() {
    clearTimeout(this.later);
    this.observer.disconnect();
  }
}
