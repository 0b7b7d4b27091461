// debugger: the controls of a run that can be stopped, and the strip that says where it stands and lets its value be edited.
// Knows what Python says of the debugger (live.debug) and sends what is clicked; knows nothing of how a run is stopped.

import { add, closest, fill, glyph, h, s } from "./dom.js";
import { why } from "./format.js";
import { JsonTree } from "./inspector/json.js";

/** @typedef {Partial<PageRequest>} More what goes with a command */

/** @type {[op: string, icon: import("./dom.js").Glyph, text: string, hint: string][]} */
const STEPS = [
  ["into", "into", "Into", "the next state, wherever it is; a task's answer stops too (i)"],
  ["over", "over", "Over", "the next state of this branch or iteration (o)"],
  ["out", "out", "Out", "the next state after this branch or iteration (u)"],
  ["continue", "play", "Continue", "the next breakpoint, or the end (c)"],
];
/** @type {Record<string, string>} */
const KEYS = { i: "into", o: "over", u: "out", c: "continue", ".": "pause", z: "back", n: "now" };
/** So wide is a box's margin, in its own units: a click there sets a breakpoint. */
const MARGIN = 12;
const SVG_NODE = "[data-address]";

export class Debugger {
  /** @param {{send: (message: PageRequest) => void, root: HTMLElement, canvas: HTMLElement, name: (address: string) => string,
   *   boxes: () => Iterable<[address: string, box: SVGElement]>,
   *   whole: () => Promise<string|null|undefined>}} options `whole` gives the whole text of a value that was cut */
  constructor({ send, root, canvas, name, boxes, whole }) {
    this.send = send;
    this.whole = whole;
    this.boxes = boxes;
    this.canvas = canvas;
    this.name = name;
    /** @type {DebugMessage|null} */
    this.debug = null;
    /** @type {LiveMessage|null} */
    this.live = null;
    /** @type {VisitMessage|null} */
    this.visit = null;
    /** @type {string|null} */
    this.address = null;
    /** What buttons and strip were drawn for. @type {string|null} */
    this.key = null;
    /** Which value is being edited. @type {string|null} */
    this.editKey = null;
    /** What of the value was opened by hand. @type {Map<string, boolean>} */
    this.opened = new Map();
    this.buttons = h("span.controls.steps", { role: "group", "aria-label": "Debugger" });
    this.strip = h("section.hstrip", { "aria-label": "Where it stands", hidden: true, data: { lmSuppressShortcuts: "true" } });
    this.where = h("div.hline", { role: "status", "aria-live": "polite" });
    this.body = h("div.hbody");
    this.strip.append(this.where, this.body);
    root.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("click", (event) => this.#clickMargin(event), true);
    canvas.addEventListener("pointermove", (event) => this.#overMargin(event));
  }

  /** @param {LiveMessage} live @param {VisitMessage|null} visit the one the inspector shows @param {string|null} address the chosen state */
  update(live, visit, address) {
    this.debug = live.debug || null;
    this.live = live;
    this.visit = visit;
    this.address = address;
    const { debug } = this;
    const key = JSON.stringify([debug, live.run, live.done, visit?.id, address]);
    if (key !== this.key) {
      this.key = key;
      this.#drawButtons();
      this.#drawStrip();
    }
    this.#mark();
  }

  /** What the header's pill says, null where it says the run's own status. */
  get pill() {
    const { debug } = this;
    if (!debug?.paused) return null;
    return { key: debug.past ? `past ${debug.past}` : "paused", text: debug.past ? `AT EVENT ${debug.past}` : "PAUSED", color: "held", mark: "‖" };
  }

  /** @param {string} op @param {More} more */
  #op(op, more = {}) {
    this.send({ kind: "debug", op, ...more });
  }

  #drawButtons() {
    const { debug, live } = this;
    /** @param {string} op @param {import("./dom.js").Glyph} icon @param {string} text @param {string} hint */
    const button = (op, icon, text, hint) =>
      h(
        "button.btn",
        { type: "button", title: `${text}: ${hint}`, data: { key: `debug-${op}` }, onclick: () => this.#op(op) },
        glyph(icon),
        h("span.btext", {}, ` ${text}`),
      );
    if (!debug || !(debug.debugged || live?.done || debug.past)) {
      fill(this.buttons);
      return;
    }
    fill(
      this.buttons,
      debug.can_back && button("back", "back", "Back", "the machine as it was before the last state was entered (z)"),
      debug.past && button("now", "again", "Now", "the run as it is (n)"),
      debug.paused && STEPS.map(([op, icon, text, hint]) => button(op, icon, text, debug.past ? `from here, as a new run: ${hint}` : hint)),
      debug.debugged && !debug.paused && !live?.done && button("pause", "pause", "Pause", "stop before the next thing that happens (.)"),
    );
  }

  // -- the strip ----------------------------------------------------------------------------------------------------

  #drawStrip() {
    const { debug } = this;
    const elsewhere = this.#goButtons();
    const told = debug && (debug.paused || debug.message) ? debug : null;
    this.strip.hidden = !told;
    if (!told) {
      // the way there stands in the header, so that choosing a state moves nothing
      fill(this.where);
      fill(this.body);
      add(this.buttons, elsewhere);
      return;
    }
    this.strip.classList.toggle("past", Boolean(told.past));
    const words = told.paused
      ? [
          h("b", {}, told.past ? `As it was ${told.position}${told.item ? ` in ${told.item}` : ""}` : `Paused ${told.position}`),
          told.reason && told.reason !== "here" && !told.past && h("span.muted", {}, ` ${told.reason}`),
        ]
      : [];
    fill(this.where, words, h("span.grow"), elsewhere);
    const editing = this.body.querySelector("textarea");
    if (editing && this.editKey === this.#valueKey()) {
      this.#say(told.message);
      return;
    }
    fill(
      this.body,
      this.#value(told),
      this.#variables(told),
      this.#calledAgain(told),
      h("p.said", { role: "alert", hidden: !told.message }, told.message || ""),
    );
  }

  /** Buttons for the state or visit that is chosen: go back to it, or run to it. */
  #goButtons() {
    const { debug, visit, address, live } = this;
    if (!debug) return [];
    /** @type {HTMLElement[]} */
    const found = [];
    if (visit && debug.can_back && visit.id !== debug.past)
      found.push(
        h(
          "button.btn",
          {
            type: "button",
            title: "See the machine as it was before this visit",
            data: { key: "debug-at" },
            onclick: () => this.#op("at", { visit: visit.id }),
          },
          glyph("back"),
          ` Back to before ${visit.name}`,
        ),
      );
    if (debug.paused && address !== null && address !== debug.address && !live?.done)
      found.push(
        h(
          "button.btn",
          { type: "button", title: "Go on to this state", data: { key: "debug-to" }, onclick: () => this.#op("to", { address }) },
          glyph("play"),
          ` Run to ${this.name(address)}`,
        ),
      );
    return found;
  }

  #valueKey() {
    const { debug } = this;
    return JSON.stringify([debug?.kind, debug?.address, debug?.frame, debug?.past, debug?.value?.text, debug?.error]);
  }

  /** The value that it stands at. @param {DebugMessage} debug */
  #value(debug) {
    if (!debug.paused) return null;
    if (debug.error !== null && debug.error !== undefined) return h("pre.hvalue.bad", {}, `${debug.error}: ${debug.cause || ""}`);
    const { value, kind } = debug;
    if (!value) return null;
    const what = kind === "answer" ? "answer" : "input";
    const preview = h("div.hvalue", {}, new JsonTree({ text: value.text, label: what, memory: this.opened }).element);
    const edit = h(
      "button.btn",
      {
        type: "button",
        data: { key: "debug-edit" },
        disabled: !debug.editable,
        title: `Put another value in place of the ${what}`,
        onclick: () => {
          if (value.cut) this.#fetchAndEdit(preview, edit);
          else this.#edit(preview, edit, value.text);
        },
      },
      "Edit",
    );
    return h("div.hrow", {}, h("span.muted", {}, what), preview, edit);
  }

  /** Edit a value that was cut for the page: the whole of it comes first. @param {HTMLElement} preview @param {HTMLButtonElement} button */
  async #fetchAndEdit(preview, button) {
    const key = this.#valueKey();
    button.disabled = true;
    this.#say("Getting the whole value …");
    try {
      const text = await this.whole();
      if (key !== this.#valueKey() || !preview.isConnected) return; // it stands somewhere else by now
      this.#say("");
      if (typeof text === "string") this.#edit(preview, button, text);
    } catch (problem) {
      button.disabled = false;
      this.#say(`${why(problem)} %sfn_debug edit @FILE puts a file's JSON in its place.`);
    }
  }

  /** @param {HTMLElement} preview @param {HTMLButtonElement} button @param {string} whole the value's text */
  #edit(preview, button, whole) {
    let text = whole;
    try {
      text = JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      /* as it is */
    }
    const area = h("textarea.field.hedit", {
      "aria-label": this.debug?.kind === "answer" ? "The answer" : "The input",
      rows: String(Math.min(12, text.split("\n").length + 1)),
      spellcheck: "false",
    });
    area.value = text;
    const wrong = h("span.wrong", { role: "alert" });
    const apply = h("button.btn.p", { type: "button", data: { key: "debug-apply" } }, "Apply");
    const cancel = h("button.btn", { type: "button" }, "Cancel");
    const check = () => {
      try {
        JSON.parse(area.value);
        wrong.textContent = "";
        apply.disabled = false;
        return true;
      } catch (problem) {
        wrong.textContent = `No JSON: ${why(problem)}`;
        apply.disabled = true;
        return false;
      }
    };
    area.addEventListener("input", check);
    apply.addEventListener("click", () => {
      if (check()) {
        this.editKey = null;
        this.#op("edit", { value: area.value });
      }
    });
    cancel.addEventListener("click", () => {
      this.editKey = null;
      this.key = null;
      this.#drawStrip();
    });
    area.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") cancel.click();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        apply.click();
      }
    });
    this.editKey = this.#valueKey();
    preview.replaceWith(area);
    button.replaceWith(h("span.hbuttons", {}, apply, cancel, wrong));
    area.focus();
  }

  /** @param {string} text */
  #say(text) {
    const said = this.body.querySelector(".said");
    if (said instanceof HTMLElement) {
      said.textContent = text || "";
      said.hidden = !text;
    }
  }

  /** @param {DebugMessage} debug */
  #variables(debug) {
    const variables = Object.entries(debug.variables || {});
    if (!debug.paused || !variables.length) return null;
    return h(
      "div.hrow",
      {},
      h("span.muted", {}, "variables"),
      h(
        "div.hvalue",
        {},
        variables.map(([name, { text }]) => h("div", {}, h("code.k", {}, `$${name}`), new JsonTree({ text, label: `$${name}` }).element)),
      ),
    );
  }

  /** @param {DebugMessage} debug */
  #calledAgain({ called_again: again }) {
    if (!again?.length) return null;
    return h("div.hrow", {}, h("span.muted", {}, "going on calls again"), h("span", {}, again.join(" · ")));
  }

  // -- breakpoints on the diagram -------------------------------------------------------------------------------------

  /** The state in whose margin the pointer is, null for none. @param {MouseEvent} event */
  #node(event) {
    const node = closest(event, SVG_NODE);
    const shape = node?.querySelector(".sfn-shape");
    if (!node || !shape || !this.debug?.debugged) return null;
    const box = shape.getBoundingClientRect();
    const scale = box.width / (Number(shape.getAttribute("width")) || box.width);
    return event.clientX - box.left <= MARGIN * scale && event.clientX >= box.left - 6 * scale ? (node.dataset.address ?? null) : null;
  }

  /** @param {MouseEvent} event */
  #clickMargin(event) {
    const address = this.#node(event);
    if (address === null) return;
    event.stopPropagation();
    this.#op("toggle", { address });
  }

  /** @param {MouseEvent} event */
  #overMargin(event) {
    this.canvas.classList.toggle("margin", this.#node(event) !== null);
  }

  /** Draw a dot at each state with a breakpoint; the diagram may have drawn its boxes anew. */
  #mark() {
    const stops = new Set(this.debug?.breakpoint_addresses || []);
    for (const [address, node] of this.boxes()) {
      const dot = node.querySelector(":scope > .sfn-stop");
      const wanted = stops.has(address);
      if (wanted && !dot) node.append(s("circle.sfn-stop", { cx: 0, cy: 14, r: 5 }));
      else if (!wanted && dot) dot.remove();
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.debug || event.ctrlKey || event.metaKey || event.altKey || closest(event, "input, select, textarea")) return;
    const at = closest(event, SVG_NODE)?.dataset.address;
    if (event.key === "b" && at !== undefined && this.debug.debugged) this.#op("toggle", { address: at });
    else if (KEYS[event.key] && this.buttons.querySelector(`[data-key="debug-${KEYS[event.key]}"]`)) this.#op(KEYS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
