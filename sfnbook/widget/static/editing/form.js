// form: a state's fields where the inspector stands. One row for each, in the order of the data's way; what was typed goes to
// Python when the field is left. Knows the form's message; what a text means is Python's.

import { fill, glyph, h } from "../dom.js";
import { select } from "./select.js";
import { FieldTable } from "./table.js";
import { TryHere } from "./try_here.js";

/** @typedef {(edit: string, given: Record<string, unknown>) => Promise<string>} Change makes an edit; resolves with what is wrong with it, "" for nothing */
/** @typedef {HTMLInputElement|HTMLTextAreaElement|HTMLSelectElement} Control */

const END = "(end)";
const NONE = "(none)";

export class Form {
  /** @param {{change: Change, fix: (finding: number, fix: number) => void, insert: () => void, move: () => void,
   *   tryOut: (given: Record<string, unknown>) => Promise<PageReply>}} acts */
  constructor({ change, fix, insert, move, tryOut }) {
    this.change = change;
    this.fix = fix;
    this.insert = insert;
    this.move = move;
    this.trying = new TryHere({ ask: tryOut });
    /** @type {Map<string, Row|FieldTable>} */
    this.rows = new Map();
    /** @type {string|null} */
    this.address = null;
    this.name = h("input.field.ename", { type: "text", "aria-label": "Name", spellcheck: "false", maxlength: "80", data: { key: "edit:name" } });
    this.problem = h("p.eproblem", { role: "alert" });
    this.name.addEventListener("change", () => void this.#rename());
    this.type = select(
      { "aria-label": "Type", data: { key: "edit:type" } },
      (value) => void this.#say(this.change("set", { address: this.address, field: ["Type"], text: value })),
    );
    this.tools = h("div.etools", { role: "group", "aria-label": "The state" });
    this.findings = h("div.efindings");
    this.fields = h("div.efields");
    this.more = select({ "aria-label": "Add a field", data: { key: "edit:more" } }, () => this.#add());
    this.moreRow = h("p.emore", {}, this.more);
    this.element = h(
      "div.eform",
      {},
      h("div.ehead", {}, this.name, this.type),
      this.problem,
      this.tools,
      this.findings,
      this.trying.element,
      this.fields,
      this.moreRow,
    );
  }

  /** @param {FormMessage} form @param {{index: number, finding: FindingMessage}[]} findings those of this state */
  show(form, findings) {
    const other = form.address !== this.address;
    if (other) {
      this.rows.clear();
      this.wanted = null;
      this.problem.textContent = "";
    }
    this.address = form.address;
    this.form = form;
    if (other || document.activeElement !== this.name) this.name.value = form.name;
    const types = form.types.includes(form.type) ? form.types : [form.type, ...form.types];
    fill(
      this.type,
      types.map((one) => option(one, one || "(no type)", one === form.type)),
    );
    this.#drawTools(form);
    fill(
      this.findings,
      findings.map(({ index, finding }) => findingRow(finding, index, this.fix)),
    );
    const wanted = form.more.filter((field) => field.name === this.wanted);
    const shown = [...form.fields, ...wanted];
    const rows = shown.map((field) => {
      const known = this.rows.get(field.name);
      const kept = known?.fits(field) ? known : field.table ? new FieldTable(field, this) : new Row(field, this);
      this.rows.set(field.name, kept);
      kept.update(field, form);
      return kept.element;
    });
    if (rows.length !== this.fields.children.length || rows.some((row, i) => this.fields.children[i] !== row)) fill(this.fields, rows);
    if (wanted.length && this.fresh) {
      this.rows.get(wanted[0].name)?.control.focus();
      this.fresh = false;
    }
    const more = form.more.filter((field) => field.name !== this.wanted);
    this.moreRow.hidden = !more.length;
    this.trying.show(form.address);
    fill(
      this.more,
      option("", "Add a field …", true),
      more.map((field) => option(field.name, field.name, false)),
    );
  }

  /** @param {FormMessage} form */
  #drawTools(form) {
    /** @param {string} key @param {string} text @param {() => unknown} act @param {string=} title */
    const tool = (key, text, act, title) => h("button.btn.tlbtn", { type: "button", title, data: { key: `edit:${key}` }, onclick: act }, text);
    const { address } = form;
    const wraps = form.type !== "Choice";
    fill(
      this.tools,
      tool("after", "Add after", () => this.insert(), "Add a state after this one (Insert)"),
      tool("move", "Move …", () => this.move(), "Put this state elsewhere in the flow (m)"),
      tool("duplicate", "Duplicate", () => this.#say(this.change("duplicate", { address }))),
      wraps && tool("parallel", "Put into Parallel", () => this.#say(this.change("wrap", { address, type: "Parallel" }))),
      wraps && tool("map", "Put into Map", () => this.#say(this.change("wrap", { address, type: "Map" }))),
      form.type === "Parallel" && tool("branch", "Add a branch", () => this.#say(this.change("add_branch", { address }))),
      this.trying.button,
      tool("delete", "Delete", () => this.#say(this.change("delete", { address })), "Delete this state (Delete); what led to it leads to what follows"),
    );
  }

  /** @param {Promise<string>} change */
  async #say(change) {
    this.problem.textContent = await change;
  }

  async #rename() {
    if (!this.form || this.name.value.trim() === this.form.name) return;
    const wrong = await this.change("rename", { address: this.address, name: this.name.value });
    this.problem.textContent = wrong;
    this.name.setAttribute("aria-invalid", String(Boolean(wrong)));
  }

  #add() {
    this.wanted = this.more.value;
    this.fresh = true;
    if (this.form) this.show(this.form, []);
  }
}

/** A field of the form: its label, the control that fits it, and what is to be known of it. */
class Row {
  /** @param {FieldMessage} field @param {Form} form */
  constructor(field, form) {
    this.form = form;
    this.field = field;
    const id = `sfn-field-${Math.random().toString(36).slice(2, 9)}`;
    this.control = this.#control(field, id);
    this.problem = h("span.eproblem", { role: "alert" });
    this.remove = h(
      "button.icon",
      {
        type: "button",
        title: `Remove ${field.name}`,
        "aria-label": `Remove ${field.name}`,
        data: { key: `edit:remove:${field.name}` },
        onclick: () => void this.#take("remove", {}),
      },
      glyph("cross"),
    );
    this.help = h("span.ehelp", { id: `${id}-help` });
    this.element = h(
      "div.efield",
      {},
      h(
        "div.elabel",
        {},
        h("label", { for: id }, field.name, field.needed && h("span.eneeded", { title: "A state of this type must have it", "aria-hidden": "true" }, " *")),
        this.remove,
      ),
      this.control,
      this.problem,
      this.help,
    );
  }

  /** @param {FieldMessage} field */
  fits(field) {
    return (
      !field.table &&
      field.kind === this.field.kind &&
      field.long === this.field.long &&
      field.needed === this.field.needed &&
      field.words.length === this.field.words.length
    );
  }

  /** @param {FieldMessage} field @param {string} id @returns {Control} */
  #control(field, id) {
    const props = {
      id,
      class: "field",
      "aria-describedby": `${id}-help`,
      "aria-required": String(field.needed),
      data: { key: `edit:field:${field.name}`, lmSuppressShortcuts: "true" },
    };
    if (field.kind === "state" || field.words.length || field.kind === "boolean") {
      return select(props, () => void this.#commit());
    }
    const typed = {
      spellcheck: "false",
      oninput: () => this.form.trying.again(undefined, { field: [field.name], text: this.control.value }),
      onchange: () => void this.#commit(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    };
    if (field.long) return h("textarea", { ...props, ...typed, class: "field ttext" });
    return h("input", { ...props, ...typed, type: "text", inputmode: ["integer", "number"].includes(field.kind) ? "numeric" : null });
  }

  /** @param {FieldMessage} field @param {FormMessage} form */
  update(field, form) {
    const same = this.field.text === field.text;
    this.field = field;
    const { control } = this;
    if (control instanceof HTMLSelectElement) {
      const words = field.kind === "state" ? form.states : field.kind === "boolean" ? ["true", "false"] : field.words;
      const now = field.text ?? "";
      const listed = words.includes(now) || !now ? words : [now, ...words]; // what is not there is shown as it is written
      const next = field.name === "Next";
      fill(
        control,
        next ? [!now && !form.ends && option("", "(to be said)", true), option(END, END, form.ends)] : option("", NONE, !now),
        listed.map((one) => option(one, one, one === now)),
      );
    } else if (document.activeElement !== control || (same && control.value === this.before) || !this.dirty) {
      control.value = field.text ?? "";
      this.before = control.value;
      if (control instanceof HTMLTextAreaElement) control.rows = Math.max(2, Math.min(14, control.value.split("\n").length));
    }
    if (!same) this.#wrong("");
    this.remove.hidden = field.text === null || field.needed || field.kind === "state";
    this.help.textContent = [field.help, field.limits && field.kind !== "state" ? `${field.limits[0].toUpperCase()}${field.limits.slice(1)}.` : ""]
      .filter(Boolean)
      .join(" ");
  }

  /** Whether something was typed that is not told yet. */
  get dirty() {
    return this.control.value !== this.before;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    event.stopPropagation();
    if (event.key === "Escape") {
      this.control.value = this.field.text ?? "";
      this.#wrong("");
      event.preventDefault();
    }
    if (event.key === "Enter" && (this.control instanceof HTMLInputElement || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.#commit();
    }
  }

  async #commit() {
    const { value } = this.control;
    const { field } = this;
    if (field.kind === "state") return this.#take("follow", { name: value === END ? "" : value });
    if (value === (field.text ?? "")) return;
    this.before = value; // it is told; what Python makes of it comes back
    if (value === "" && !field.needed) return field.text === null ? undefined : this.#take("remove", {});
    return this.#take("set", { text: value });
  }

  /** @param {string} edit @param {Record<string, unknown>} given */
  async #take(edit, given) {
    this.#wrong(await this.form.change(edit, { address: this.form.address, field: [this.field.name], ...given }));
  }

  /** @param {string} text */
  #wrong(text) {
    this.problem.textContent = text;
    if (text) this.control.setAttribute("aria-invalid", "true");
    else this.control.removeAttribute("aria-invalid");
  }
}

/** @param {string} value @param {string} text @param {boolean} selected */
const option = (value, text, selected) => h("option", { value, selected }, text);

/**
 * A finding with what mends it.
 * @param {FindingMessage} finding @param {number} index @param {(finding: number, fix: number) => void} fix @param {Node=} place
 */
export function findingRow(finding, index, fix, place) {
  const sentence = /[.!?]$/.test(finding.message) ? finding.message : `${finding.message}.`;
  return h(
    "p",
    { class: `dfind ${finding.level === "error" ? "bad" : finding.level === "advice" ? "advice" : "caught"}` },
    h("span.ddot", { role: "img", "aria-label": finding.level }),
    " ",
    place,
    place && " ",
    sentence,
    finding.hint && ` ${finding.hint}`,
    finding.fixes.map((title, which) => [
      " ",
      h("button.link", { type: "button", data: { key: `fix:${index}:${which}` }, onclick: () => fix(index, which) }, title),
    ]),
  );
}
