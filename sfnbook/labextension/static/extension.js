// extension: help in cells that begin with %%statemachine. Joins the host's editors, notebooks and completer to the kernel's side.

import { bodyStart, machineName } from "./cell.js";
import { apply, diagnosing } from "./diagnostics.js";
import { highlighting } from "./highlight.js";
import { shared } from "./host.js";
import { Kernel } from "./kernel.js";
import { Picture } from "./picture.js";

/** Milliseconds after the last key before the kernel is asked. */
const PAUSE = 60;

/**
 * Returns JupyterLab's plugin.
 * @param {import("./host.js").Scope} scope
 */
export async function plugin(scope) {
  const names = [
    "@codemirror/view",
    "@codemirror/state",
    "@codemirror/language",
    "@lezer/highlight",
    "@jupyterlab/codemirror",
    "@jupyterlab/notebook",
    "@jupyterlab/completer",
  ];
  const [view, state, language, highlight, codemirror, notebook, completer] = await Promise.all(names.map((name) => shared(scope, name)));
  const host = { view, state, language, highlight, codemirror, notebook, completer };
  return {
    id: "sfnbook:editor",
    description: "Helps while a state machine is written in a %%statemachine cell.",
    autoStart: true,
    requires: [codemirror.IEditorExtensionRegistry, codemirror.IEditorLanguageRegistry, notebook.INotebookTracker],
    optional: [completer.ICompletionProviderManager],
    /** @param {any} _app @param {any} extensions @param {any} languages @param {any} tracker @param {any} completion */
    activate: (_app, extensions, languages, tracker, completion) => {
      const editor = new Editor(host, languages, tracker);
      extensions.addExtension({
        name: "sfnbook",
        factory: () => codemirror.EditorExtensionRegistry.createImmutableExtension(editor.extension()),
      });
      completion?.registerProvider(editor.completions());
      document.addEventListener("sfn-apply", (event) => editor.write(/** @type {CustomEvent} */ (event)));
      document.addEventListener("sfn-insert", (event) => editor.insert(/** @type {CustomEvent} */ (event)));
      notebook.NotebookActions.executed.connect((/** @type {any} */ _, /** @type {any} */ { cell }) => editor.executed(cell));
    },
  };
}

class Editor {
  /** @param {any} host @param {any} languages @param {any} tracker */
  constructor(host, languages, tracker) {
    Object.assign(this, { host, tracker });
    this.host = host;
    this.tracker = tracker;
    this.languages = languages;
    /** @type {WeakMap<Element, Picture>} */
    this.pictures = new WeakMap();
    /** @type {Map<any, boolean>} views whose question nobody answered, and whether it asked for a drawing */
    this.unanswered = new Map();
    this.diagnosing = diagnosing(host, (view, offset) => this.#help(view, offset));
  }

  /** What every editor gets; in cells that hold no machine it looks at the first line and does nothing. */
  extension() {
    const { ViewPlugin, keymap } = this.host.view;
    const { Compartment, Prec } = this.host.state;
    const editor = this;
    const inside = new Compartment();
    const watcher = ViewPlugin.fromClass(
      class {
        /** @param {any} view */
        constructor(view) {
          this.view = view;
          this.on = false;
          this.#look(true);
        }

        /** @param {any} update */
        update(update) {
          if (update.docChanged) this.#look(false);
          else if (update.selectionSet && this.on) editor.picture(this.view)?.light(update.state.selection.main.head);
        }

        /** @param {boolean} first */
        #look(first) {
          const on = bodyStart(this.view.state.doc.toString()) >= 0;
          if (on !== this.on) {
            this.on = on;
            window.setTimeout(() => {
              this.view.dispatch({ effects: inside.reconfigure(on ? editor.inside() : []) });
              if (!on) editor.picture(this.view)?.hide();
            });
          }
          if (on) {
            window.clearTimeout(this.timer);
            this.timer = window.setTimeout(() => void editor.look(this.view, !first), first ? 500 : PAUSE);
          }
        }

        destroy() {
          window.clearTimeout(this.timer);
        }
      },
    );
    const keys = [
      { key: "F12", run: (/** @type {any} */ view) => editor.goTo(view) },
      { key: "F2", run: (/** @type {any} */ view) => editor.rename(view) },
      { key: "Shift-F12", run: (/** @type {any} */ view) => editor.references(view) },
      { key: "Alt-d", run: (/** @type {any} */ view) => editor.toggle(view) },
    ];
    return [watcher, inside.of([]), Prec.high(keymap.of(keys))];
  }

  /** What an editor gets whose cell holds a machine. */
  inside() {
    const { EditorView } = this.host.view;
    const { Prec } = this.host.state;
    const click = EditorView.domEventHandlers({
      mousedown: (/** @type {MouseEvent} */ event, /** @type {any} */ view) => {
        if (!(event.ctrlKey || event.metaKey)) return false;
        const at = view.posAtCoords({ x: event.clientX, y: event.clientY });
        if (at === null) return false;
        void this.goTo(view, at);
        return false;
      },
    });
    return [Prec.lowest(highlighting(this.host, this.languages)), this.diagnosing.extension, click];
  }

  /**
   * Asks the kernel about a cell's text and shows what it says. draw: also the diagram.
   * @param {any} view @param {boolean} draw
   */
  async look(view, draw) {
    const text = view.state.doc.toString();
    if (bodyStart(text) < 0) return;
    const picture = draw ? this.picture(view, true) : this.picture(view);
    const busy = () => picture?.say("the kernel is busy: this is how it was before");
    const dark = document.body.dataset.jpThemeLight === "false";
    const answer = await this.#ask(view, { what: "look", text, draw: Boolean(picture), theme: dark ? "dark" : "light" }, busy);
    if (!answer) this.unanswered.set(view, draw);
    if (!answer || answer.error || view.state.doc.toString() !== text) return;
    this.diagnosing.show(view, answer.diagnostics);
    picture?.show(machineName(text), answer.picture, view.state.selection.main.head);
  }

  /** @param {any} view @param {Record<string, any>} question @param {() => void} [waiting] */
  #ask(view, question, waiting) {
    const connection = this.#connection(view.dom);
    return connection ? Kernel.of(connection).ask(question, waiting) : Promise.resolve(null);
  }

  /** Asks for somebody who pressed a key. @param {any} view @param {Record<string, any>} question */
  #askNow(view, question) {
    const connection = this.#connection(view.dom);
    return connection ? Kernel.of(connection).askNow(question) : Promise.resolve(null);
  }

  /** @param {Node} node */
  #connection(node) {
    const panel = this.tracker.find((/** @type {any} */ one) => one.node.contains(node));
    return panel?.sessionContext.session?.kernel ?? null;
  }

  /**
   * Returns the picture of a view's cell; made: also where there is none yet.
   * @param {any} view @param {boolean} [made]
   * @returns {Picture | undefined}
   */
  picture(view, made) {
    const input = view.dom.closest(".jp-Cell")?.querySelector(".jp-Cell-inputWrapper");
    if (!input) return undefined;
    let known = this.pictures.get(input);
    if (!known && made) {
      known = new Picture((offset) => this.#select(view, offset));
      const prompt = input.querySelector(".jp-InputPrompt");
      known.node.style.setProperty("--sfn-indent", `${prompt?.getBoundingClientRect().width ?? 0}px`);
      input.after(known.node);
      this.pictures.set(input, known);
    }
    return known;
  }

  /**
   * The cell's output shows the machine now: the draft is not needed until the text changes. And what it ran may have
   * been %load_ext sfnbook: what nobody answered is asked again.
   * @param {any} cell
   */
  executed(cell) {
    const connection = cell.node && this.#connection(cell.node);
    if (connection) Kernel.of(connection).refused = 0;
    const again = [...this.unanswered].filter(([view]) => view.dom.isConnected && !cell.node?.contains(view.dom));
    this.unanswered.clear();
    for (const [view, draw] of again) void this.look(view, draw);
    const input = cell.node?.querySelector(".jp-Cell-inputWrapper");
    const picture = input && this.pictures.get(input);
    if (picture) picture.node.hidden = true;
  }

  /**
   * Writes a text that was edited on a diagram into the cell that shows it, or where that cell holds none, into one below.
   * @param {CustomEvent} event its detail: the text of the cell, and `said`, which is answered
   */
  write(event) {
    const shows = /** @type {Node} */ (event.target);
    const notebook = this.tracker.find((/** @type {any} */ one) => one.node.contains(shows))?.content;
    const index = notebook?.widgets.findIndex((/** @type {any} */ one) => one.node.contains(shows)) ?? -1;
    if (index < 0) return;
    const { cell } = event.detail;
    const name = machineName(cell);
    const found = [index, index + 1].find((at) => {
      const source = notebook.widgets[at]?.model.sharedModel.getSource() ?? "";
      return bodyStart(source) >= 0 && machineName(source) === name;
    });
    event.preventDefault();
    if (found === undefined) {
      notebook.model.sharedModel.insertCell(index + 1, { cell_type: "code", source: cell, metadata: { trusted: true } });
      event.detail.said = "Written to a new cell below.";
      return;
    }
    const model = notebook.widgets[found].model.sharedModel;
    const source = model.getSource();
    model.setSource(source.slice(0, bodyStart(source)) + cell.slice(bodyStart(cell)));
    event.detail.said = found === index ? "Written to the cell." : "Written to the cell below.";
  }

  /**
   * Writes cells below the one that an event comes from.
   * @param {CustomEvent} event its detail: the texts of the cells, and `said`, which is answered
   */
  insert(event) {
    const shows = /** @type {Node} */ (event.target);
    const notebook = this.tracker.find((/** @type {any} */ one) => one.node.contains(shows))?.content;
    const index = notebook?.widgets.findIndex((/** @type {any} */ one) => one.node.contains(shows)) ?? -1;
    if (index < 0) return;
    event.preventDefault();
    /** @type {string[]} */
    const cells = event.detail.cells;
    notebook.model.sharedModel.insertCells(
      index + 1,
      cells.map((source) => ({ cell_type: "code", source, metadata: { trusted: true } })),
    );
    event.detail.said = `${cells.length} new cells below: run them in their order.`;
  }

  /** @param {any} view */
  toggle(view) {
    if (bodyStart(view.state.doc.toString()) < 0) return false;
    const picture = this.picture(view);
    if (picture?.drawn) picture.toggle();
    else void this.look(view, true);
    return true;
  }

  /** @param {any} view @param {number} [at] */
  goTo(view, at = view.state.selection.main.head) {
    const text = view.state.doc.toString();
    if (bodyStart(text) < 0) return false;
    void this.#askNow(view, { what: "references", text, offset: at }).then((answer) => {
      if (answer?.definition) this.#select(view, answer.definition.from);
    });
    return true;
  }

  /** @param {any} view */
  references(view) {
    const text = view.state.doc.toString();
    if (bodyStart(text) < 0) return false;
    void this.#askNow(view, { what: "references", text, offset: view.state.selection.main.head }).then((answer) => {
      const found = answer?.references ?? [];
      if (!found.length || view.state.doc.toString() !== text) return;
      const { EditorSelection } = this.host.state;
      const ranges = found.map((/** @type {any} */ one) => EditorSelection.range(one.from, one.to));
      view.dispatch({ selection: EditorSelection.create(ranges), scrollIntoView: true });
    });
    return true;
  }

  /** @param {any} view */
  rename(view) {
    const text = view.state.doc.toString();
    if (bodyStart(text) < 0) return false;
    const offset = view.state.selection.main.head;
    void this.#askNow(view, { what: "references", text, offset }).then((answer) => {
      if (answer?.name) this.#askName(view, text, offset, answer.name);
    });
    return true;
  }

  /** @param {any} view @param {string} text @param {number} offset @param {string} name */
  #askName(view, text, offset, name) {
    const box = Object.assign(document.createElement("div"), { className: "sfn-rename" });
    const input = Object.assign(document.createElement("input"), { value: name });
    const problem = Object.assign(document.createElement("p"), { className: "sfn-problem", hidden: true });
    input.setAttribute("aria-label", `New name of ${name}`);
    problem.setAttribute("role", "alert");
    box.append(input, problem);
    const at = view.coordsAtPos(offset);
    Object.assign(box.style, { position: "fixed", left: `${at.left}px`, top: `${at.bottom + 4}px` });
    document.body.append(box);
    input.select();
    let newest = 0; // only the answer to the newest name counts
    let waiting = false;
    const remove = () => {
      input.onblur = null; // removing a focused field fires blur, and removing it again there throws
      box.remove();
    };
    const close = () => {
      remove();
      view.focus();
    };
    /** @param {string} wrong */
    const say = (wrong) => {
      problem.textContent = wrong;
      problem.hidden = !wrong;
      input.setAttribute("aria-invalid", String(Boolean(wrong)));
    };
    const submit = async () => {
      const number = ++newest;
      waiting = true;
      const answer = await this.#askNow(view, { what: "rename", text, offset, name: input.value });
      if (number !== newest || !box.isConnected) return;
      waiting = false;
      if (!answer) return say("The kernel does not answer. Run %load_ext sfnbook, then press Enter again.");
      if (answer.error) return say(answer.error);
      if (view.state.doc.toString() !== text) return say("The cell's text has changed meanwhile. Press Escape and F2 again.");
      close();
      if (answer.edits?.length) apply(view, answer.edits);
    };
    input.onblur = () => {
      if (!waiting) remove();
    };
    input.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close();
      if (event.key === "Enter") void submit();
    };
  }

  /** @param {any} view @param {number} offset */
  #select(view, offset) {
    view.dispatch({ selection: { anchor: offset }, scrollIntoView: true });
    view.focus();
  }

  /** @param {any} view @param {number} offset */
  async #help(view, offset) {
    const answer = await this.#ask(view, { what: "hover", text: view.state.doc.toString(), offset });
    return answer?.help ?? "";
  }

  /** What JupyterLab's completer asks. */
  completions() {
    return {
      identifier: "sfnbook:completion",
      rank: 900, // before the kernel's own, which knows nothing of a definition
      renderer: null,
      /** @param {any} context */
      isApplicable: async (context) => bodyStart(context.editor?.model.sharedModel.getSource() ?? "") >= 0,
      /** @param {{text: string, offset: number}} request @param {any} context */
      fetch: async (request, context) => {
        const answer = await this.#ask(context.editor.editor, { what: "complete", text: request.text, offset: request.offset });
        const items = (answer?.items ?? []).map((/** @type {any} */ one) => ({
          label: one.label,
          insertText: one.insert,
          type: one.kind,
          documentation: one.help,
        }));
        return { start: answer?.from ?? request.offset, end: answer?.to ?? request.offset, items };
      },
    };
  }
}
