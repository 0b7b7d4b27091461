// try_here: what the state that is edited would do with the data that the last run had there. Stage by stage, after each change
// and while an expression is typed. Python works it out; nothing runs. Knows stages.

import { fill, h } from "../dom.js";
import { JsonTree } from "../inspector/json.js";
import { why } from "../format.js";

const PAUSE = 200; // ms after the last key

export class TryHere {
  /** @param {{ask: (given: Record<string, unknown>) => Promise<PageReply>}} options */
  constructor({ ask }) {
    this.ask = ask;
    /** @type {string|null} */
    this.address = null;
    this.on = false;
    /** @type {number|undefined} */
    this.later = undefined;
    this.button = h(
      "button.btn.tlbtn",
      {
        type: "button",
        "aria-pressed": "false",
        title: "See each stage of this state on the last run's data; nothing runs",
        data: { key: "edit:try" },
        onclick: () => this.#turn(!this.on),
      },
      "Try it here",
    );
    this.note = h("p.tnote", { role: "status" });
    this.results = h("div.tresults");
    this.element = h("div.etry", { hidden: true }, this.note, this.results);
  }

  /** @param {boolean} on */
  #turn(on) {
    this.on = on;
    this.button.setAttribute("aria-pressed", String(on));
    this.element.hidden = !on;
    this.again(0);
  }

  /** @param {string|null} address the state that is edited, whose text may have changed */
  show(address) {
    this.address = address;
    this.again(0);
  }

  /** @param {number=} pause @param {{field: string[], text: string}=} typed what is being typed in a field */
  again(pause = PAUSE, typed = undefined) {
    clearTimeout(this.later);
    if (this.on) this.later = setTimeout(() => void this.#look(typed), pause);
  }

  /** @param {{field: string[], text: string}=} typed */
  async #look(typed) {
    const asked = (this.asked = {});
    /** @type {Partial<PageReply>} */
    let reply;
    try {
      reply = await this.ask({ address: this.address, ...typed });
    } catch (problem) {
      reply = { problem: why(problem) };
    }
    if (asked !== this.asked) return; // something newer is asked for
    const { edited, problem, said } = reply;
    if (!edited) {
      fill(this.note, problem ?? "");
      return void fill(this.results);
    }
    fill(
      this.note,
      `${said}: ${edited.status.replace("_", " ").toLowerCase()}${edited.next ? `, then ${edited.next}` : ""}${edited.error ? `, ${edited.error}` : ""}.`,
    );
    const wrong = edited.problems.length
      ? edited.problems.map((one) => `${one.excerpt ? `${one.excerpt}\n` : ""}${one.message}`)
      : edited.cause
        ? [edited.cause]
        : [];
    fill(
      this.results,
      wrong.map((text) => h("pre.tcaret.bad", { tabindex: "0" }, text)),
      [...edited.stages, ...Object.entries(edited.assigned).map(([name, value]) => ({ name: `$${name}`, value }))].map(({ name, value }) =>
        h(
          "section.stage",
          { "aria-label": `${name}, tried` },
          h("div.shead", {}, h("span.stitle", {}, name)),
          h("div.sbody", {}, new JsonTree({ text: value.text, label: `${name}, tried` }).element),
        ),
      ),
    );
  }
}
