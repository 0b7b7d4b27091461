// @ts-nocheck: its types are still to be written
// debugger: the controls of a run that can be stopped, and the strip that says where it stands and lets its value be edited.
// Knows what Python says of the debugger (live.debug) and sends what is clicked; knows nothing of how a run is stopped.

import { add, fill, glyph, h, s } from "./dom.js";
import { JsonTree } from "./inspector/json.js";

const STEPS = [
  ["into", "into", "Into", "the next state, wherever it is; a task's answer stops too (i)"],
  ["over", "over", "Over", "the next state of this branch or iteration (o)"],
  ["out", "out", "Out", "the next state after this branch or iteration (u)"],
  ["continue", "play", "Continue", "the next breakpoint, or the end (c)"],
];
const KEYS = { i: "into", o: "over", u: "out", c: "continue", ".": "pause", z: "back", n: "now" };
/** So wide is a box's margin, in its own units: a click there sets a breakpoint. */
const MARGIN = 12;
const SVG_NODE = "[data-address]";

export class Debugger {
  /** @param {{send: (message: object) => void, root: HTMLElement, canvas: HTMLElement, name: (address: string) => string,
   *   boxes: () => Iterable<[address: string, box: SVGElement]>,
   *   whole: () => Promise<string>}} options `whole` gives the whole text of a value that was cut */
  constructor({ send, root, canvas, name, boxes, whole }) {
    this.send = send;
    this.whole = whole;
    this.boxes = boxes;
    this.canvas = canvas;
    this.name = name;
    this.debug = null;
    this.visit = null;
    this.address = null;
    this.opened = new Map(); // what of the value was opened by hand
    this.buttons = h("span.controls.steps", { role: "group", "aria-label": "Debugger" });
    this.strip = h("section.hstrip", { "aria-label": "Where it stands", hidden: true, data: { lmSuppressShortcuts: "true" } });
    this.where = h("div.hline", { role: "status", "aria-live": "polite" });
    this.body = h("div.hbody");
    this.strip.append(this.where, this.body);
    root.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("click", (event) => this.#margin(event), true);
    canvas.addEventListener("pointermove", (event) => this.#overMargin(event));
  }

  /** @param {any} live @param {any} visit the one the inspector shows @param {string|null} address the chosen state */
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
    return { key: debug.past ? `past ${debug.past}` : "paused", text: debug.past ? `AT EVENT ${debug.past}` : "PAUSED", tone: "held", mark: "‖" };
  }

  #op(op, more = {}) { this.send({ kind: "debug", op, ...more }); }

  #drawButtons() {
    const { debug, live } = this;
    const button = (key, icon, text, hint, op, more) => h("button.btn", { type: "button", title: `${text}: ${hint}`, data: { key: `debug-${key}` }, onclick: () => this.#op(op, more) }, glyph(icon), h("span.btext", {}, ` ${text}`));
    if (!debug || !(debug.debugged || live.done || debug.past)) { fill(this.buttons); return; }
    fill(this.buttons,
      debug.can_back && button("back", "back", "Back", "the machine as it was before the last state was entered (z)", "back"),
      debug.past && button("now", "again", "Now", "the run as it is (n)", "now"),
      debug.paused && STEPS.map(([op, icon, text, hint]) => button(op, icon, text, debug.past ? `from here, as a new run: ${hint}` : hint, op)),
      debug.debugged && !debug.paused && !live.done && button("pause", "pause", "Pause", "stop before the next thing that happens (.)", "pause"));
  }

  // -- the strip ----------------------------------------------------------------------------------------------------

  #drawStrip() {
    const { debug } = this;
    const elsewhere = this.#elsewhere();
    this.strip.hidden = !debug || !(debug.paused || debug.message);
    if (this.strip.hidden) { // the way there stands in the header, so that choosing a state moves nothing
      fill(this.where);
      fill(this.body);
      add(this.buttons, elsewhere);
      return;
    }
    this.strip.classList.toggle("past", Boolean(debug.past));
    const words = debug.paused ? [h("b", {}, debug.past ? `As it was ${debug.position}${debug.item ? ` in ${debug.item}` : ""}` : `Paused ${debug.position}`), debug.reason && debug.reason !== "here" && !debug.past && h("span.muted", {}, ` ${debug.reason}`)] : [];
    fill(this.where, words, h("span.grow"), elsewhere);
    const editing = this.body.querySelector("textarea");
    if (editing && this.editKey === this.#valueKey()) { this.#say(debug.message); return; }
    fill(this.body, this.#value(), this.#variables(), this.#again(), h("p.said", { role: "alert", hidden: !debug.message }, debug.message || ""));
  }

  /** Buttons for the state or visit that is chosen: go back to it, or run to it. */
  #elsewhere() {
    const { debug, visit, address, live } = this;
    if (!debug) return [];
    const found = [];
    if (visit && debug.can_back && visit.id !== debug.past) found.push(h("button.btn", { type: "button", title: "See the machine as it was before this visit", data: { key: "debug-at" }, onclick: () => this.#op("at", { visit: visit.id }) }, glyph("back"), ` Back to before ${visit.name}`));
    if (debug.paused && address !== null && address !== debug.address && !live.done) found.push(h("button.btn", { type: "button", title: "Go on to this state", data: { key: "debug-to" }, onclick: () => this.#op("to", { address }) }, glyph("play"), ` Run to ${this.name(address)}`));
    return found;
  }

  #valueKey() { const { debug } = this; return JSON.stringify([debug?.kind, debug?.address, debug?.frame, debug?.past, debug?.value?.text, debug?.error]); }

  #value() {
    const { debug } = this;
    if (!debug.paused) return null;
    if (debug.error !== null && debug.error !== undefined) return h("pre.hvalue.bad", {}, `${debug.error}: ${debug.cause || ""}`);
    if (!debug.value) return null;
    const what = debug.kind === "answer" ? "answer" : "input";
    const preview = h("div.hvalue", {}, new JsonTree({ text: debug.value.text, label: what, memory: this.opened }).element);
    const edit = h("button.btn", {
      type: "button", data: { key: "debug-edit" }, disabled: !debug.editable,
      title: `Put another value in place of the ${what}`, onclick: () => (debug.value.cut ? this.#fetchAndEdit(preview, edit) : this.#edit(preview, edit, debug.value.text)),
    }, "Edit");
    return h("div.hrow", {}, h("span.muted", {}, what), preview, edit);
  }

  /** Edit a value that was cut for the page: the whole of it comes first. */
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
      this.#say(`${problem.message} %sfn_debug edit @FILE puts a file's JSON in its place.`);
    }
  }

  #edit(preview, button, whole) {
    const { debug } = this;
    let text = whole;
    try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* as it is */ }
    const area = h("textarea.field.hedit", { "aria-label": debug.kind === "answer" ? "The answer" : "The input", rows: String(Math.min(12, text.split("\n").length + 1)), spellcheck: "false" });
    area.value = text;
    const wrong = h("span.wrong", { role: "alert" });
    const apply = h("button.btn.p", { type: "button", data: { key: "debug-apply" } }, "Apply");
    const cancel = h("button.btn", { type: "button" }, "Cancel");
    const check = () => {
      try { JSON.parse(area.value); wrong.textContent = ""; apply.disabled = false; return true; } catch (problem) { wrong.textContent = `No JSON: ${problem.message}`; apply.disabled = true; return false; }
    };
    area.addEventListener("input", check);
    apply.addEventListener("click", () => { if (check()) { this.editKey = null; this.#op("edit", { value: area.value }); } });
    cancel.addEventListener("click", () => { this.editKey = null; this.key = null; this.#drawStrip(); });
    area.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") cancel.click();
      else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); apply.click(); }
    });
    this.editKey = this.#valueKey();
    preview.replaceWith(area);
    button.replaceWith(h("span.hbuttons", {}, apply, cancel, wrong));
    area.focus();
  }

  #say(text) {
    const said = this.body.querySelector(".said");
    if (said) { said.textContent = text || ""; said.hidden = !text; }
  }

  #variables() {
    const names = Object.keys(this.debug.variables || {});
    if (!this.debug.paused || !names.length) return null;
    return h("div.hrow", {}, h("span.muted", {}, "variables"), h("div.hvalue", {}, names.map((name) => h("div", {}, h("code.k", {}, `$${name}`), new JsonTree({ text: this.debug.variables[name].text, label: `$${name}` }).element))));
  }

  #again() {
    const { called_again: again } = this.debug;
    if (!again?.length) return null;
    return h("div.hrow", {}, h("span.muted", {}, "going on calls again"), h("span", {}, again.join(" · ")));
  }

  // -- breakpoints on the diagram -------------------------------------------------------------------------------------

  #node(event) {
    const node = event.target.closest?.(SVG_NODE);
    const box = node?.querySelector(".sfn-shape")?.getBoundingClientRect();
    if (!box || !this.debug?.debugged) return null;
    const scale = box.width / (Number(node.querySelector(".sfn-shape").getAttribute("width")) || box.width);
    return event.clientX - box.left <= MARGIN * scale && event.clientX >= box.left - 6 * scale ? node.dataset.address : null;
  }

  #margin(event) {
    const address = this.#node(event);
    if (address === null) return;
    event.stopPropagation();
    this.#op("toggle", { address });
  }

  #overMargin(event) { this.canvas.classList.toggle("margin", this.#node(event) !== null); }

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

  #key(event) {
    if (!this.debug || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    const at = event.target.closest?.(SVG_NODE)?.dataset.address;
    if (event.key === "b" && at !== undefined && this.debug.debugged) this.#op("toggle", { address: at });
    else if (KEYS[event.key] && this.buttons.querySelector(`[data-key="debug-${KEYS[event.key]}"]`)) this.#op(KEYS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
