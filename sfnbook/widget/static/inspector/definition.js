// definition: the machine's text with line numbers, linked with the diagram both ways: the chosen state's lines are lit,
// a click on a line chooses the state that it belongs to, findings stand at their lines. Only the lines in view exist.

import { closest, copyButton, fill, h } from "../dom.js";
import { count, plural } from "../format.js";

const ROW = 18;

/** @typedef {[first: number, last: number]} Lines of a state, from 1 */

export class DefinitionView {
  /** @param {{select: (address: string) => void}} options */
  constructor({ select }) {
    this.select = select;
    this.about = h("div.dnotes");
    this.space = h("div.evspace");
    this.body = h(
      "div.dbody",
      {
        tabindex: "0",
        role: "group",
        "aria-label": "Text of the definition. Arrow keys go from state to state",
        onscroll: () => this.#paint(),
        onclick: (event) => this.#click(event),
        onkeydown: (event) => this.#key(event),
      },
      this.space,
    );
    /** @type {MachineMessage|null} */
    this.machine = null;
    this.text = "";
    /** By line. @type {Map<number, DiagnosticMessage[]>} */
    this.findings = new Map();
    /** The chosen state, and its lines. @type {string|null|undefined} */
    this.address = undefined;
    /** @type {Lines|null} */
    this.lit = null;
    /** The line that a finding is at, once that was chosen. @type {number|null} */
    this.pointed = null;
    /** What is to be shown once there is room. @type {Lines|null} */
    this.wanted = null;
    this.clicked = false;
    this.tall = 0;
    /** The first line drawn. @type {number|null} */
    this.painted = null;
    this.element = h("div.definition", {}, this.about, this.body);
    /** @type {string[]} */
    this.lines = [];
    this.observer = new ResizeObserver(() => {
      if (this.body.clientHeight !== this.tall) {
        this.tall = this.body.clientHeight;
        if (this.wanted) this.#show(this.wanted);
        this.#paint(true);
      }
    });
    this.observer.observe(this.body);
  }

  /** @param {MachineMessage} machine @param {string|null} address the chosen state */
  update(machine, address) {
    const text = machine.definition_text || "";
    if (text !== this.text) {
      this.text = text;
      this.lines = text.split("\n");
      this.space.style.cssText = `height:${this.lines.length * ROW}px;min-width:calc(${Math.max(...this.lines.map((line) => line.length))}ch + 64px)`;
      this.painted = null;
    }
    this.machine = machine;
    this.findings = new Map();
    for (const one of machine.diagnostics || []) if (one.line) this.findings.set(one.line, [...(this.findings.get(one.line) || []), one]);
    this.#drawAbout(machine, address);
    const moved = address !== this.address;
    this.address = address;
    this.lit = address === null ? null : linesOf(machine, address);
    if (moved && this.lit && !this.clicked) this.#show(this.lit);
    this.clicked = false;
    this.#paint(true);
  }

  /** @param {MachineMessage} machine @param {string|null} address */
  #drawAbout(machine, address) {
    const state = address === null ? null : machine.states[address];
    const findings = machine.diagnostics || [];
    fill(
      this.about,
      state?.comment && h("p.words", {}, state.comment),
      state?.resource &&
        h(
          "p.dres",
          {},
          h("span.muted", {}, "Resource "),
          h("code", {}, state.resource),
          copyButton(() => state.resource, "the resource"),
        ),
      state?.bound === false && h("p.hint", {}, h("span.dot"), " ", state.binding || "nothing answers it yet"),
      h(
        "p.dres",
        {},
        h("span.muted", {}, plural(this.lines.length, "line")),
        copyButton(() => this.text, "the definition"),
        state && [h("span.muted", {}, " · the state"), copyButton(() => state.definition, "the state's definition")],
      ),
      findings.map((one) =>
        h(`p.dfind.${look(one)}`, {}, h("span.ddot", { "aria-hidden": "true" }), " ", this.#toLine(one.line), ` ${one.rule}: ${one.message}`),
      ),
    );
  }

  /** @param {number|null} line */
  #toLine(line) {
    return line && h("button.link", { type: "button", onclick: () => this.#show([line, line], true) }, `line ${count(line)}`);
  }

  #paint(force = false) {
    const from = Math.max(0, Math.floor(this.body.scrollTop / ROW) - 8);
    const to = Math.min(this.lines.length, from + Math.ceil((this.body.clientHeight || 300) / ROW) + 16);
    if (!force && this.painted === from) return;
    this.painted = from;
    const [first, last] = this.lit || [0, -1];
    this.space.replaceChildren(
      ...this.lines.slice(from, to).map((line, i) => {
        const number = from + i + 1;
        const findings = this.findings.get(number);
        return h(
          `div.dline${number >= first && number <= last ? ".lit" : ""}${number === this.pointed ? ".pointed" : ""}`,
          { style: `top:${(number - 1) * ROW}px`, data: { line: String(number) } },
          h(
            "span.dnum",
            {},
            findings &&
              h(`span.ddot.${look(findings[0])}`, {
                role: "img",
                title: findings.map((one) => `${one.rule}: ${one.message}`).join("\n"),
                "aria-label": findings.map((one) => one.message).join(" "),
              }),
            String(number),
          ),
          h("code", {}, keysOf(line)),
        );
      }),
    );
  }

  /** Bring lines into sight, in the middle where they were not; `point` marks the first. @param {Lines} lines */
  #show([first, last], point = false) {
    this.pointed = point ? first : null;
    this.wanted = this.body.clientHeight ? null : [first, last]; // not on the page yet: later
    const [top, bottom, room] = [(first - 1) * ROW, last * ROW, this.body.clientHeight];
    const { scrollTop } = this.body;
    if (top < scrollTop || Math.min(bottom, top + room) > scrollTop + room)
      this.body.scrollTop = Math.max(0, top - Math.max(ROW * 2, (room - (bottom - top)) / 2));
    if (point) this.#paint(true);
  }

  /** The innermost state that a line belongs to. @param {number} line */
  #at(line) {
    return innermost(this.machine?.lines || {}, line);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const line = Number(closest(event, ".dline")?.dataset.line);
    if (!line || String(getSelection() ?? "")) return; // somebody copies a part of it
    const address = this.#at(line);
    if (address === null || address === this.address) return;
    this.clicked = true; // the text stays where it is
    this.select(address);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (!step || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const order = Object.entries(this.machine?.lines || {})
      .sort(([, a], [, b]) => a[0] - b[0])
      .map(([address]) => address);
    const to = order[order.indexOf(this.address ?? "") + step];
    event.preventDefault();
    event.stopPropagation();
    if (to) this.select(to);
  }

  dispose() {
    this.observer.disconnect();
  }
}

/** The innermost state that a line belongs to. @param {Record<string, number[]>} states the first and last line of each @param {number} line */
export function innermost(states, line) {
  /** @type {string|null} */
  let found = null;
  for (const [address, [first, last]] of Object.entries(states)) {
    if (first <= line && line <= last && (found === null || address.length > found.length)) found = address;
  }
  return found;
}

/** A state's lines, null for one without. @param {MachineMessage} machine @param {string} address @returns {Lines|null} */
function linesOf(machine, address) {
  const found = machine.lines?.[address];
  return found ? [found[0], found[1]] : null;
}

/** @param {DiagnosticMessage} one */
const look = (one) => (one.severity === "ERROR" ? "bad" : one.severity === "ADVICE" ? "advice" : "caught");

/** A line with its keys in their colour: JSON's, or YAML's. @param {string} line */
const keysOf = (line) => line.split(/("(?:[^"\\]|\\.)*"(?=\s*:)|^\s*(?:- )?[\w-]+(?=:(?:\s|$)))/).map((part, i) => (i % 2 ? h("span.jkey", {}, part) : part));
