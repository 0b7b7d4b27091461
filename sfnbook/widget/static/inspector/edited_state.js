// edited_state: a state's text, changed by hand, and what each stage of the visit would be with it. Python works it out on the
// visit's own data; nothing of the run changes. Knows texts and values; not how a stage is made.

import { copyButton, fill, h } from "../dom.js";
import { why } from "../format.js";
import { JsonTree } from "./json.js";

/** @type {Record<string, string>} */
const MARKS = { ok: "✓ ", caught: "↷ ", bad: "✕ " };
const PAUSE = 200; // ms after the last key
/** @type {Record<string, string>} */
const WORDS = { SUCCEEDED: "ok", CAUGHT_ERROR: "caught", RETRIABLE: "caught", FAILED: "bad", INVALID: "bad", NO_ANSWER: "none" };

export class EditedState {
  /** @param {{ask: (visit: number, text: string) => Promise<PageReply>}} options */
  constructor({ ask }) {
    this.ask = ask;
    /** What somebody wrote, by the state's address. @type {Map<string, string>} */
    this.texts = new Map();
    /** @type {VisitMessage|null} */
    this.visit = null;
    this.address = "";
    this.own = ""; // the state's text as it is
    this.run = ""; // the machine's name
    this.name = "";
    this.whole = ""; // the definition with the changed state in it
    /** @type {number|undefined} */
    this.later = undefined;
    /** What was asked last. @type {object|null} */
    this.asked = null;
    this.area = h("textarea.field.ttext", {
      spellcheck: "false",
      "aria-label": "The state's text",
      data: { key: "edited:text", lmSuppressShortcuts: "true" },
      oninput: () => this.#typed(),
      onkeydown: (event) => this.#key(event),
    });
    this.back = h(
      "button.btn",
      {
        type: "button",
        data: { key: "edited:back" },
        onclick: () => {
          this.area.value = this.own;
          this.#typed(0);
        },
      },
      "As it was",
    );
    this.note = h("div.tnote", { role: "status" });
    this.results = h("div.tresults");
    this.element = h(
      "div.edited-state",
      {},
      h("p.quiet", {}, "Change the state and see what this visit would have been. Nothing of the run changes, nothing is called."),
      this.area,
      h(
        "div.row",
        {},
        this.back,
        h("span.muted", {}, "copy: state"),
        copyButton(() => this.area.value, "the state"),
        h("span.muted", {}, "definition"),
        copyButton(() => this.whole, "the definition with this state"),
        h("span.muted", {}, "cell"),
        copyButton(() => `%%statemachine ${this.name}\n${this.whole}`, "a notebook cell with this definition"),
      ),
      this.note,
      this.results,
    );
  }

  /** @param {{visit: VisitMessage, address: string, own: string, name: string}} shown `own`: the state's text; `name`: the machine's */
  update({ visit, address, own, name }) {
    this.name = /^[\w-]+$/.test(name) ? name : "changed";
    if (this.visit?.id === visit.id && this.address === address && this.run === name) {
      this.visit = visit;
      return;
    }
    this.visit = visit;
    this.address = address;
    this.own = own;
    this.run = name;
    this.area.value = this.texts.get(address) ?? own;
    this.#typed(0);
  }

  #typed(pause = PAUSE) {
    const { area } = this;
    if (area.value === this.own) this.texts.delete(this.address);
    else this.texts.set(this.address, area.value);
    this.back.disabled = area.value === this.own;
    area.rows = Math.max(4, Math.min(18, area.value.split("\n").length + 1));
    this.asked = null; // what comes now is old
    clearTimeout(this.later);
    this.later = setTimeout(() => this.#tryOut(), pause);
  }

  async #tryOut() {
    const { visit } = this;
    if (!visit) return;
    const asked = (this.asked = {});
    try {
      const { edited } = await this.ask(visit.id, this.area.value);
      if (asked !== this.asked) return; // something newer is asked for
      if (edited) this.#draw(edited, visit);
      else this.#say("none", "The kernel no longer has this visit.");
    } catch (problem) {
      if (asked === this.asked) this.#say("none", why(problem));
    }
  }

  /** @param {string} look a colour @param {...import("../dom.js").Kid} words */
  #say(look, ...words) {
    fill(this.note, h(`span.t-${look}`, {}, words));
  }

  /** @param {NonNullable<PageReply["edited"]>} edited @param {VisitMessage} visit as it was */
  #draw(edited, visit) {
    const look = WORDS[edited.status] || "none";
    this.whole = edited.definition || this.whole;
    const then = edited.next ? ` → ${edited.next}` : "";
    if (edited.status === "INVALID") this.#say(look, "✕ no state that could run");
    else if (edited.status === "NO_ANSWER") this.#say(look, "as far as the call; no answer was recorded");
    else this.#say(look, MARKS[look], edited.status.replace("_", " ").toLowerCase(), then, edited.error && ` · ${edited.error}`);
    this.area.setAttribute("aria-invalid", String(edited.problems.length > 0));
    const before = new Map((visit.stages || []).map((stage) => [stage.name, stage.value]));
    fill(
      this.results,
      (edited.problems.length ? edited.problems : edited.cause ? [{ message: edited.cause, line: null, excerpt: "" }] : []).map((one) =>
        h(
          "section.stage.err",
          { "aria-label": "Problem" },
          h("div.shead", {}, h("span.etitle", {}, "✕ ", edited.error || "Not valid", one.line && ` in line ${one.line}`)),
          one.excerpt && h("pre.tcaret", { tabindex: "0" }, one.excerpt),
          h("pre", {}, one.message),
        ),
      ),
      edited.stages.slice(1).map((stage) => this.#stage(stage, before.get(stage.name))),
      Object.entries(edited.assigned).map(([name, value]) => this.#stage({ name: `$${name}`, value }, visit.assigned?.[name])),
    );
  }

  /** A stage as it would be, with what is different from the visit as it was. @param {TrialStage} stage @param {Value|undefined} old */
  #stage({ name, value }, old) {
    const same = old && !value.cut && !old.cut && old.text === value.text;
    const tree = new JsonTree({ text: value.text, before: old && !old.cut ? old.text : null, label: `${name}, tried` });
    return h(
      "section.stage",
      { "aria-label": `${name}, tried`, data: { same: String(Boolean(same)) } },
      h(
        "div.shead",
        {},
        h("span.stitle", {}, name),
        h("code", {}, same ? "as it was" : old ? "changed" : ""),
        copyButton(() => value.text, name),
      ),
      !same && h("div.sbody", {}, tree.element, value.cut && h("div.more", {}, "the beginning of a longer value")),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation();
    if (event.key !== "Tab" || event.shiftKey || event.ctrlKey || this.area.selectionStart === this.area.selectionEnd) return; // Tab leaves the field, as anywhere
    event.preventDefault();
    const { selectionStart: from, selectionEnd: to, value } = this.area;
    const start = value.lastIndexOf("\n", from - 1) + 1;
    this.area.setRangeText(value.slice(start, to).replace(/^/gm, "  "), start, to, "select");
    this.#typed();
  }

  dispose() {
    clearTimeout(this.later);
  }
}
