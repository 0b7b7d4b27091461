// editor: the mode in which the machine is changed on its picture. Buttons in the head, marks on the picture, a form where the
// inspector stands. Holds no text: each act is a message, and what comes back is shown. Undo and Redo have no end.

import { copy, fill, h, tabs } from "../dom.js";
import { Dragging } from "./drag.js";
import { findingRow, Form } from "./form.js";
import { Marks } from "./marks.js";
import { Palette } from "./palette.js";
import { askName } from "./rename.js";
import { TextEditor } from "./text.js";

const PATIENCE = 20_000;
const UNBOUND = "sfnbook unbound-task"; // a task that nothing answers here: the text itself may be right
const APPLIED = "sfn-apply"; // the page's extension listens to it: it can write into the cell

/**
 * @typedef {{root: HTMLElement, stage: HTMLElement, layer: SVGElement, hint: (text: string) => void,
 *   ask: (request: Partial<PageRequest>, patience: number) => Promise<PageReply>, select: (address: string|null) => void,
 *   focus: (address: string|null) => void, box: (address: string) => Element|undefined}} Surroundings
 *   `stage`: the pane with the picture; `layer`: above the picture, where marks are drawn; `box`: a state's on the picture
 */
export class Editor {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    /** @type {Partial<EditingMessage>} */
    this.editing = {};
    /** @type {string|null} */
    this.address = null;
    /** "form" or "text". */
    this.tab = "form";
    this.bar = h("span.ebar", { role: "group", "aria-label": "Editing" });
    this.marks = new Marks(around.layer, {
      add: (spot, from) => this.#add(spot, from),
      end: (spot, from) => this.#lead(spot, from),
      rename: (address) => this.rename(address),
    });
    this.dragging = new Dragging({
      stage: around.stage,
      layer: around.layer,
      on: () => this.on,
      box: around.box,
      spot: (index) => this.editing.spots?.[index],
      isContainer: (address) => this.marks.graph.nodes.some((node) => node.id === address && node.kind === "container"),
      move: (address, spot) => void this.change("move", { address, arrow: spot.arrow }),
      lead: (spot, to) => void this.change("lead", { arrow: spot.arrow, to }),
    });
    this.palette = new Palette({ find: async (query) => (await this.#ask("palette", { query })).palette ?? [] });
    around.stage.append(this.palette.element);
    this.form = new Form({
      change: (edit, given) => this.change(edit, given),
      fix: (finding, which) => void this.change("fix", { finding, fix: which }),
      insert: () => this.#addAfter(),
      move: () => this.#move(this.address),
      tryOut: (given) => this.#ask("try", given),
    });
    this.text = new TextEditor({
      change: (edit, given) => this.change(edit, given),
      fix: (finding, which) => void this.change("fix", { finding, fix: which }),
      select: (address) => this.around.select(address),
      undo: (again) => void this.#do(again ? "redo" : "undo"),
      place: async (line, column) => (await this.#ask("place", { line, column })).place,
    });
    this.tabHost = h("div.itabs");
    this.body = h("div.ebody", { role: "tabpanel", tabindex: "0", "aria-label": "Edit" });
    this.panel = h("div.epanel", { role: "region", "aria-label": "Edit", hidden: true }, this.tabHost, this.body);
    around.root.addEventListener("keydown", (event) => this.#key(event));
    around.stage.addEventListener("dblclick", (event) => this.#doubleClick(event), true);
  }

  get on() {
    return Boolean(this.editing.open);
  }

  /** Show what Python says. @param {Partial<EditingMessage>} editing @param {string|null} address the chosen state */
  show(editing, address) {
    const opened = editing.open && !this.editing.open;
    const wrong = (/** @type {FindingMessage} */ one) => one.level === "error" && one.rule !== UNBOUND;
    if (opened) this.tab = (editing.findings ?? []).some(wrong) ? "text" : "form";
    this.editing = editing;
    this.panel.hidden = !editing.open; // {} where nothing can be edited
    if (!editing.open) this.palette.close(false);
    this.#drawBar();
    this.marks.take(editing.spots ?? [], Boolean(editing.open));
    this.around.stage.classList.toggle("stale", Boolean(editing.broken));
    this.choose(address, true);
    if (opened) this.around.hint("");
    this.#follow();
  }

  /** The chosen state is another one. @param {string|null} address @param {boolean=} anew what it is may have changed */
  choose(address, anew = false) {
    if (address === this.address && !anew) return;
    this.address = address;
    this.marks.choose(this.on ? address : null);
    if (this.on) void this.#drawPanel();
  }

  // -- what is asked for ----------------------------------------------------------------------------------------------

  /** @param {string} op @param {Record<string, unknown>=} given @param {string=} edit @returns {Promise<PageReply>} */
  #ask(op, given = {}, edit) {
    return this.around.ask({ op, arguments: given, ...(edit === undefined ? {} : { edit }) }, PATIENCE);
  }

  /** Do something; what cannot be done is said. @param {string} op @param {Record<string, unknown>=} given @param {string=} edit @returns {Promise<PageReply|null>} */
  async #do(op, given, edit) {
    try {
      const reply = await this.#ask(op, given, edit);
      this.around.hint(reply.problem ?? reply.said ?? "");
      return reply;
    } catch (problem) {
      this.around.hint(problem instanceof Error ? problem.message : String(problem));
      return null;
    }
  }

  /** Make an edit; resolves with what is wrong with it, "" for nothing. @param {string} edit @param {Record<string, unknown>} given */
  async change(edit, given) {
    const reply = await this.#do("edit", given, edit);
    if (!reply) return "No answer: the kernel is busy or gone.";
    if (reply.problem) return reply.problem;
    if (edit === "write") return "";
    if (edit === "delete") this.around.select(null);
    if (reply.select) {
      this.wanted = reply.select;
      this.focusWanted = ["insert", "duplicate", "wrap", "move", "add_branch"].includes(edit);
      this.#follow();
    }
    return "";
  }

  /** Choose the state that an edit led to, as soon as it is there. */
  #follow() {
    const { wanted } = this;
    if (!wanted || !this.editing.machine?.states[wanted]) return;
    this.wanted = null;
    if (this.address !== wanted) this.around.select(wanted);
    if (this.focusWanted || this.focusAfter) requestAnimationFrame(() => this.around.focus(wanted));
    this.focusWanted = this.focusAfter = false;
  }

  // -- the head -------------------------------------------------------------------------------------------------------

  #drawBar() {
    const { open, undo, redo, file, changed } = this.editing;
    /** @param {string} key @param {string} text @param {() => unknown} act @param {{title?: string, off?: boolean, main?: boolean}=} more */
    const button = (key, text, act, { title, off, main } = {}) =>
      h("button", { type: "button", class: main ? "btn p" : "btn", title, disabled: off, data: { key: `edit:${key}` }, onclick: act }, text);
    if (open === undefined) return void fill(this.bar);
    if (!open)
      return void fill(
        this.bar,
        button("open", "Edit", () => this.#do("open"), { title: "Change this machine on its diagram" }),
      );
    fill(
      this.bar,
      button("undo", "Undo", () => this.#do("undo"), { off: !undo, title: undo ? `Undo: ${undo} (Ctrl+Z)` : "Nothing to undo" }),
      button("redo", "Redo", () => this.#do("redo"), { off: !redo, title: redo ? `Redo: ${redo} (Ctrl+Shift+Z)` : "Nothing to redo" }),
      button("json", "Copy JSON", () => this.#copy("JSON")),
      button("yaml", "Copy YAML", () => this.#copy("YAML")),
      file
        ? button("save", "Save", () => this.#save(), { main: changed, title: file })
        : button("apply", "Apply", () => this.#apply(), { main: changed, title: "Write the cell, and define the machine anew" }),
      button("close", "Done", () => this.#do("close"), {
        title: changed ? "Stop editing; what is not applied is kept until this cell runs again" : "Stop editing",
      }),
    );
  }

  /** @param {string} format */
  async #copy(format) {
    const reply = await this.#do("copy", { format });
    if (typeof reply?.text === "string") this.around.hint((await copy(reply.text)) ? `Copied as ${format}.` : "The page may not use the clipboard here.");
  }

  async #apply() {
    await this.text.tell();
    const reply = await this.#do("apply");
    if (!reply?.cell) return;
    /** @type {{cell: string, said: string}} */
    const detail = { cell: reply.cell, said: "" };
    const taken = !this.around.root.dispatchEvent(new CustomEvent(APPLIED, { bubbles: true, composed: true, cancelable: true, detail }));
    const where = taken ? detail.said : (await this.#ask("deliver")).said;
    this.around.hint(`${where} ${reply.said}`);
  }

  async #save(anyway = false) {
    await this.text.tell();
    const reply = await this.#do("save", { anyway });
    if (!reply?.ask) return;
    this.around.hint(reply.ask);
    fill(
      this.bar,
      h(
        "button.btn.p",
        {
          type: "button",
          data: { key: "edit:anyway" },
          onclick: () => {
            this.#drawBar();
            void this.#save(true);
          },
        },
        "Write it",
      ),
      h(
        "button.btn",
        {
          type: "button",
          data: { key: "edit:leave" },
          onclick: () => {
            this.around.hint("");
            this.#drawBar();
          },
        },
        "Leave it",
      ),
    );
    /** @type {HTMLElement|null} */ (this.bar.querySelector("[data-key='edit:leave']"))?.focus();
  }

  // -- the panel ------------------------------------------------------------------------------------------------------

  async #drawPanel() {
    const { address } = this;
    fill(
      this.tabHost,
      tabs({
        label: "Edit",
        items: [
          { key: "form", text: address === null ? "Machine" : "State" },
          { key: "text", text: "Text" },
        ],
        chosen: this.tab,
        look: "tabs",
        choose: (key) => {
          this.tab = key;
          void this.#drawPanel();
        },
      }),
    );
    if (this.tab === "text") {
      this.asked = {};
      if (this.body.firstElementChild !== this.text.element) fill(this.body, this.text.element);
      return this.text.show(this.editing, address);
    }
    if (address === null) return this.#drawMachine();
    const asked = (this.asked = {});
    /** @type {FormMessage|null|undefined} */
    let form = null;
    try {
      form = (await this.#ask("form", { address })).form;
    } catch {
      /* the head says that nobody answers */
    }
    if (asked !== this.asked) return; // something newer is shown
    if (!form) return this.#drawMachine();
    const findings = (this.editing.findings ?? []).map((finding, index) => ({ finding, index })).filter((one) => one.finding.address === address);
    this.form.show(form, findings);
    if (this.body.firstElementChild !== this.form.element) fill(this.body, this.form.element);
  }

  /** With no state chosen: all that is wrong, and what to do next. */
  #drawMachine() {
    this.asked = {};
    const { findings = [], machine, broken } = this.editing;
    const wrong = findings.filter((one) => one.level === "error").length;
    fill(
      this.body,
      h(
        "div.eform",
        {},
        broken && h("p.hint", {}, "The text cannot be read as it stands. The picture is as it was before."),
        h(
          "p.quiet",
          {},
          "Press a + to add a state there, or choose a state to change it. Drag a state to a +, or the dot at an arrow's end to another state. Keys: arrows go from state to state, Insert adds after, m moves, F2 renames, Delete takes out, Ctrl+Z undoes.",
        ),
        h(
          "p",
          {},
          h("b", {}, findings.length ? `${wrong} error${wrong === 1 ? "" : "s"}, ${findings.length - wrong} to consider` : "Nothing is wrong with it."),
        ),
        findings.map((finding, index) =>
          findingRow(
            finding,
            index,
            (which, fix) => void this.change("fix", { finding: which, fix }),
            finding.address
              ? h(
                  "button.link",
                  { type: "button", data: { key: `edit:to:${index}` }, onclick: () => this.around.select(finding.address) },
                  machine?.states[finding.address]?.name ?? finding.address,
                )
              : h("span.muted", {}, `line ${finding.line}`),
          ),
        ),
      ),
    );
  }

  // -- on the picture -------------------------------------------------------------------------------------------------

  /** @param {SpotMessage} spot @param {Element} from */
  #add(spot, from) {
    const [at, pane] = [from.getBoundingClientRect(), this.around.stage.getBoundingClientRect()];
    const key = from instanceof SVGElement ? (from.dataset.key ?? "") : "";
    this.palette.open({
      x: at.right - pane.left + 4,
      y: at.top - pane.top,
      label: spot.label,
      choose: (what) => void this.change("insert", { arrow: spot.arrow, what }),
      back: () => {
        if (!this.marks.focus(key)) this.around.focus(this.address);
      },
    });
  }

  /** Choose where an arrow leads. @param {SpotMessage} spot @param {Element} from */
  #lead(spot, from) {
    const { source, target } = spot.arrow;
    const machine = (/** @type {string} */ address) => address.slice(0, address.lastIndexOf("/States/"));
    const states = Object.entries(this.editing.machine?.states ?? {});
    const rows = states
      .filter(([address]) => machine(address) === machine(source || target) && address !== target && address !== source)
      .map(([address, state]) => ({ key: address, title: state.name, words: state.type, glyph: "" }));
    if (source && target) rows.push({ key: "", title: "(end)", words: "The machine or branch ends", glyph: "" });
    this.#choose(from, { label: `Lead to`, hint: "State", rows, choose: (to) => void this.change("lead", { arrow: spot.arrow, to }) });
  }

  /** Choose where a state is moved to. @param {string|null} address */
  #move(address) {
    const box = address === null ? undefined : this.around.box(address);
    if (address === null || !box) return;
    const spots = this.editing.spots ?? [];
    const rows = spots.flatMap(({ arrow, label }, index) =>
      arrow.source === address || arrow.target === address || arrow.source.startsWith(`${address}/`) || arrow.target.startsWith(`${address}/`)
        ? []
        : [{ key: String(index), title: label.replace(/^Add a state /, ""), words: "", glyph: "" }],
    );
    this.#choose(box, {
      label: `Move ${this.editing.machine?.states[address]?.name ?? ""}`,
      hint: "Where to",
      rows,
      choose: (index) => void this.change("move", { address, arrow: spots[Number(index)].arrow }),
    });
  }

  /** Open the list beside an element of the picture. @param {Element} from @param {{label: string, hint: string, rows: PaletteMessage[], choose: (key: string) => void}} what */
  #choose(from, { label, hint, rows, choose }) {
    const [at, pane] = [from.getBoundingClientRect(), this.around.stage.getBoundingClientRect()];
    const key = from instanceof SVGElement ? (from.dataset.key ?? "") : "";
    this.palette.open({
      x: at.right - pane.left + 4,
      y: at.top - pane.top,
      label,
      hint,
      choose,
      find: async (query) =>
        rows.filter((row) =>
          query
            .toLowerCase()
            .split(/\s+/)
            .every((word) => row.title.toLowerCase().includes(word)),
        ),
      back: () => {
        if (!key || !this.marks.focus(key)) this.around.focus(this.address);
      },
    });
  }

  /** Add a state behind the chosen one. */
  #addAfter() {
    const { address } = this;
    const spots = (this.editing.spots ?? []).filter((one) => one.arrow.source === address && !one.arrow.caught);
    const box = address === null ? undefined : this.around.box(address);
    if (spots.length && box) this.#add(spots[0], box);
    else this.around.hint("Nothing comes after this state: press a + elsewhere.");
  }

  /** Write a state's name anew, over its box. @param {string} address */
  rename(address) {
    const name = this.editing.machine?.states[address]?.name;
    const box = this.around.box(address);
    if (name === undefined || !box) return;
    const [at, pane] = [box.getBoundingClientRect(), this.around.stage.getBoundingClientRect()];
    askName(this.around.stage, { x: at.left - pane.left, y: at.top - pane.top, w: at.width }, name, async (said) => {
      if (said === null) {
        this.around.focus(address);
        return "";
      }
      this.focusAfter = true;
      const wrong = await this.change("rename", { address, name: said });
      if (wrong) this.focusAfter = false;
      return wrong;
    });
  }

  /** @param {MouseEvent} event */
  #doubleClick(event) {
    if (!this.on || !(event.target instanceof Element)) return;
    const address = event.target.closest("[data-address]")?.getAttribute("data-address");
    if (!address || event.target.closest("[data-fold], [data-pass]")) return;
    event.stopPropagation();
    this.rename(address);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.on || event.target === this.text.area || !(event.target instanceof Element)) return;
    const typing = event.target.matches("input, textarea, select");
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && !event.altKey && (key === "z" || key === "y")) {
      if (typing) return; // what is typed has an undo of its own
      void this.#do(key === "y" || event.shiftKey ? "redo" : "undo");
    } else {
      const here = event.target.closest("[data-address]")?.getAttribute("data-address");
      if (typing || !here || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Delete" || event.key === "Backspace") void this.change("delete", { address: here });
      else if (event.key === "F2") this.rename(here);
      else if (key === "m" && !event.shiftKey) {
        this.around.select(here);
        this.#move(here);
      } else if (event.key === "Insert") {
        this.around.select(here);
        this.#addAfter();
      } else return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}
