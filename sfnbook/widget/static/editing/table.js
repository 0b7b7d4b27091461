// table: a list of a state in its form. Retriers, catchers and Choice rules, a row for each: its fields, and its place, which is
// changed by buttons, by Alt with an arrow key, or by dragging the row's number. Knows the table's message.

import { fill, glyph, h } from "../dom.js";
import { select } from "./select.js";

/** @typedef {(edit: string, given: Record<string, unknown>) => Promise<string>} Change makes an edit; resolves with what is wrong with it */

const NONE = "(none)";

export class FieldTable {
  /** @param {FieldMessage} field @param {{change: Change, address: string|null}} form */
  constructor(field, form) {
    this.form = form;
    this.field = field;
    this.rows = h("div.etrows");
    this.problem = h("span.eproblem", { role: "alert" });
    this.more = select({ "aria-label": `Add to ${field.name}`, data: { key: `edit:preset:${field.name}` } }, () => void this.#add());
    this.control = this.more;
    this.help = h("span.ehelp");
    this.errors = h("datalist", { id: `sfn-errors-${Math.random().toString(36).slice(2, 9)}` });
    this.element = h(
      "div.efield",
      { role: "group", "aria-label": field.name },
      h(
        "div.elabel",
        {},
        h("span", {}, field.name, field.needed && h("span.eneeded", { title: "A state of this type must have it", "aria-hidden": "true" }, " *")),
      ),
      this.rows,
      h("div.etadd", {}, this.more),
      this.problem,
      this.help,
      this.errors,
    );
  }

  /** @param {FieldMessage} field */
  fits(field) {
    return field.kind === "table";
  }

  /** @param {FieldMessage} field @param {FormMessage} form */
  update(field, form) {
    this.field = field;
    this.message = form;
    const { rows, presets, item } = /** @type {TableMessage} */ (field.table);
    this.item = item;
    fill(
      this.more,
      option("", `Add a ${item} …`, true),
      presets.map((one) => option(one.key, one.title, false)),
    );
    if (this.errors.childElementCount !== form.errors.length)
      fill(
        this.errors,
        form.errors.map((one) => option(one, one, false)),
      );
    fill(
      this.rows,
      rows.map((cells, index) => this.#row(cells, index, rows.length)),
    );
    this.help.textContent = field.help;
  }

  /** @param {CellMessage[]} cells @param {number} index @param {number} count */
  #row(cells, index, count) {
    const [name, said] = [this.field.name, `${this.item} ${index + 1}`];
    /** @param {number} to @param {string} look @param {string} words @param {string} mark */
    const mover = (to, look, words, mark) =>
      h(
        "button.icon",
        {
          type: "button",
          disabled: to < 0 || to >= count,
          title: `${words} (Alt+${look})`,
          "aria-label": `${words}: ${said}`,
          data: { key: `edit:${look}:${name}:${index}` },
          onclick: () => void this.#move(index, to),
        },
        mark,
      );
    /** @type {HTMLElement} */
    const row = h(
      "div.etrow",
      {
        role: "group",
        "aria-label": said,
        data: { index },
        onkeydown: (event) => {
          const step = event.altKey && !event.ctrlKey && !event.metaKey ? { ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined;
          if (step === undefined) return;
          event.preventDefault();
          event.stopPropagation();
          void this.#move(index, index + step);
        },
      },
      h(
        "div.etside",
        {},
        h("span.ethandle", { title: "Drag to another place", onpointerdown: (event) => this.#drag(event, row, index) }, String(index + 1)),
        mover(index - 1, "ArrowUp", "Move up", "↑"),
        mover(index + 1, "ArrowDown", "Move down", "↓"),
        h(
          "button.icon",
          {
            type: "button",
            title: `Remove this ${this.item}`,
            "aria-label": `Remove ${said}`,
            data: { key: `edit:remove:${name}:${index}` },
            onclick: () => void this.#say(this.form.change("remove", this.#at(index))),
          },
          glyph("cross"),
        ),
      ),
      h(
        "div.etcells",
        {},
        cells.map((cell) => this.#cell(cell, index)),
      ),
    );
    return row;
  }

  /** @param {number} index @param {string=} field */
  #at(index, field) {
    return { address: this.form.address, field: field === undefined ? [this.field.name, index] : [this.field.name, index, field] };
  }

  /** @param {CellMessage} cell @param {number} index */
  #cell(cell, index) {
    const { name } = this.field;
    const label = `${cell.field} of ${this.item} ${index + 1}`;
    const key = `edit:cell:${name}:${index}:${cell.field}`;
    const commit = (/** @type {HTMLInputElement|HTMLTextAreaElement} */ from) => void this.#commit(cell, index, from.value);
    const props = { class: "field", "aria-label": label, title: cell.help, data: { key, lmSuppressShortcuts: "true" } };
    const now = cell.text ?? "";
    /** @type {HTMLElement} */
    let control;
    if (cell.words.length) {
      const words = cell.words.includes(now) || !now ? cell.words : [now, ...cell.words];
      control = select(
        props,
        (value) => void this.#commit(cell, index, value),
        cell.text === null && option("", NONE, true),
        words.map((one) => option(one, one, one === now)),
        cell.kind === "word" && cell.text !== null && option("", NONE, false),
      );
    } else {
      const typed = {
        ...props,
        spellcheck: "false",
        onchange: (/** @type {Event} */ event) => commit(/** @type {HTMLInputElement} */ (event.target)),
        onkeydown: (/** @type {KeyboardEvent} */ event) => {
          if (!event.altKey) event.stopPropagation();
          if (event.key === "Enter" && (cell.kind !== "long" || event.ctrlKey)) {
            event.preventDefault();
            commit(/** @type {HTMLInputElement} */ (event.target));
          }
        },
      };
      const area =
        cell.kind === "long"
          ? h("textarea", { ...typed, class: "field ttext", rows: Math.min(8, now.split("\n").length + 1) })
          : h("input", { ...typed, type: "text", list: cell.field === "ErrorEquals" ? this.errors.id : null });
      area.value = now;
      control = area;
    }
    if (cell.kind === "comparison") {
      const operators = (this.message?.operators ?? []).includes(cell.field)
        ? (this.message?.operators ?? [])
        : [cell.field, ...(this.message?.operators ?? [])];
      const choice = select(
        { "aria-label": `Comparison of ${this.item} ${index + 1}`, data: { key: `edit:operator:${index}` } },
        (value) => void this.#say(this.form.change("operator", { ...this.#at(index, cell.field), name: value })),
        operators.map((one) => option(one, one, one === cell.field)),
      );
      return h("div.etcell", {}, choice, control);
    }
    return h("div.etcell", { class: `etcell etcell-${cell.kind}` }, h("span.etname", { "aria-hidden": "true" }, cell.field), control);
  }

  /** @param {CellMessage} cell @param {number} index @param {string} value */
  async #commit(cell, index, value) {
    if (value === (cell.text ?? "")) return;
    const at = this.#at(index, cell.field);
    if (cell.kind === "state") return this.#say(this.form.change("follow", { ...at, name: value }));
    const optional = !["ErrorEquals", "Variable", "Condition"].includes(cell.field) && cell.kind !== "comparison";
    if (value === "" && optional) return this.#say(this.form.change("remove", at));
    return this.#say(this.form.change("set", { ...at, text: value }));
  }

  async #add() {
    const preset = this.more.value;
    if (preset) await this.#say(this.form.change("preset", { address: this.form.address, field: this.field.name, preset }));
  }

  /** @param {number} from @param {number} to */
  async #move(from, to) {
    if (to < 0 || to >= this.rows.children.length || from === to) return;
    await this.#say(this.form.change("reorder", { address: this.form.address, field: this.field.name, from, to }));
    this.wanted = to;
    this.#focus(to);
  }

  /** The focus goes where the row went. @param {number} index */
  #focus(index) {
    const row = this.rows.children[index];
    const to = row?.querySelector(".etside button:not([disabled])");
    if (to instanceof HTMLElement) to.focus({ preventScroll: true });
  }

  /** @param {PointerEvent} event @param {HTMLElement} row @param {number} index */
  #drag(event, row, index) {
    if (event.button !== 0) return;
    event.preventDefault();
    const handle = /** @type {HTMLElement} */ (event.target);
    handle.setPointerCapture(event.pointerId);
    row.classList.add("dragged");
    let to = index;
    const move = (/** @type {PointerEvent} */ at) => {
      const others = [...this.rows.children];
      const before = others.filter((other) => other !== row && at.clientY > other.getBoundingClientRect().top + other.getBoundingClientRect().height / 2);
      to = before.length;
      others.forEach((other, i) => {
        other.classList.toggle("dropbefore", other !== row && (to < index ? i === to : i === to + 1) && to !== index);
        other.classList.toggle("dropafter", to === others.length - 1 && to !== index && i === to);
      });
    };
    const end = (/** @type {PointerEvent} */ at) => {
      handle.removeEventListener("pointermove", move);
      for (const other of this.rows.children) other.classList.remove("dragged", "dropbefore", "dropafter");
      if (at.type === "pointerup") void this.#move(index, to);
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
    handle.addEventListener("pointercancel", end, { once: true });
  }

  /** @param {Promise<string>} change */
  async #say(change) {
    this.problem.textContent = await change;
  }
}

/** @param {string} value @param {string} text @param {boolean} selected */
const option = (value, text, selected) => h("option", { value, selected }, text);
