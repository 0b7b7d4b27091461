// diagnostics: a dot at the line, an underline, and on hover the message with its fixes. What is wrong is the kernel's to say.

/**
 * @typedef {object} Edit
 * @property {number} from
 * @property {number} to
 * @property {string} insert
 *
 * @typedef {object} Diagnostic offsets are in the cell's whole text
 * @property {number} from
 * @property {number} to
 * @property {"error" | "warning" | "advice"} severity
 * @property {string} rule
 * @property {string} message
 * @property {string} hint
 * @property {{title: string, edits: Edit[]}[]} fixes
 */

/**
 * Returns the CodeMirror extension and the function that shows diagnostics in a view.
 * @param {any} host
 * @param {(view: any, offset: number) => Promise<string>} explain what a hover says where no diagnostic is
 */
export function diagnosing(host, explain) {
  const { Decoration, EditorView, GutterMarker, gutter, hoverTooltip } = host.view;
  const { StateEffect, StateField, RangeSet } = host.state;
  const replace = StateEffect.define();

  const field = StateField.define({
    create: () => ({ list: /** @type {Diagnostic[]} */ ([]), marks: Decoration.none }),
    /** @param {any} value @param {any} transaction */
    update(value, transaction) {
      for (const effect of transaction.effects) {
        if (effect.is(replace)) {
          const list = /** @type {Diagnostic[]} */ (effect.value).filter((one) => one.to <= transaction.newDoc.length);
          const marks = list
            .filter((one) => one.to > one.from)
            .map((one) => Decoration.mark({ class: `sfn-wrong sfn-${one.severity}` }).range(one.from, one.to));
          return { list, marks: Decoration.set(marks, true) };
        }
      }
      if (!transaction.docChanged || !value.list.length) return value;
      const list = value.list.map((/** @type {Diagnostic} */ one) => ({
        ...one,
        from: transaction.changes.mapPos(one.from, 1),
        to: transaction.changes.mapPos(one.to, -1),
        stale: true,
      }));
      return { list, marks: value.marks.map(transaction.changes) };
    },
    provide: (/** @type {any} */ self) => EditorView.decorations.from(self, (/** @type {any} */ value) => value.marks),
  });

  class Dot extends GutterMarker {
    /** @param {Diagnostic[]} found */
    constructor(found) {
      super();
      this.found = found;
    }

    toDOM() {
      const worst = ["error", "warning"].find((level) => this.found.some((one) => one.severity === level)) ?? "advice";
      const dot = document.createElement("span");
      dot.className = `sfn-dot sfn-${worst}`;
      dot.textContent = "●";
      dot.title = this.found.map((one) => one.message).join("\n");
      dot.setAttribute("aria-label", `${worst}: ${dot.title}`);
      return dot;
    }
  }

  const dots = gutter({
    class: "sfn-gutter",
    /** @param {any} view */
    markers: (view) => {
      /** @type {Map<number, Diagnostic[]>} */
      const byLine = new Map();
      for (const one of view.state.field(field).list) {
        const line = view.state.doc.lineAt(Math.min(one.from, view.state.doc.length)).from;
        byLine.set(line, [...(byLine.get(line) ?? []), one]);
      }
      const found = [...byLine].sort(([a], [b]) => a - b).map(([line, list]) => new Dot(list).range(line));
      return RangeSet.of(found);
    },
    initialSpacer: () => new Dot([]),
  });

  const hover = hoverTooltip(async (/** @type {any} */ view, /** @type {number} */ at) => {
    const list = /** @type {Diagnostic[]} */ (view.state.field(field).list);
    const line = view.state.doc.lineAt(at);
    const found = list.filter((one) => one.from <= at && at <= Math.max(one.to, one.from === one.to ? line.to : one.to));
    const text = found.length ? "" : await explain(view, at);
    if (!found.length && !text) return null;
    return {
      pos: found.length ? Math.min(...found.map((one) => one.from)) : at,
      end: found.length ? Math.max(...found.map((one) => one.to)) : at,
      above: true,
      create: () => ({ dom: card(view, found, text) }),
    };
  });

  /** @param {any} view @param {Diagnostic[]} found @param {string} text */
  const card = (view, found, text) => {
    const dom = document.createElement("div");
    dom.className = "sfn-hover";
    for (const one of found) {
      const row = document.createElement("div");
      row.className = `sfn-${one.severity}`;
      const said = document.createElement("span");
      said.textContent = `${one.message}${one.hint ? ` ${one.hint}` : ""}`;
      const rule = document.createElement("small");
      rule.textContent = one.rule;
      row.append(said, " ", rule);
      for (const fix of one.fixes) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = fix.title;
        button.onclick = () => apply(view, fix.edits);
        row.append(button);
      }
      dom.append(row);
    }
    if (text) dom.append(Object.assign(document.createElement("div"), { className: "sfn-help", textContent: text }));
    return dom;
  };

  return {
    extension: [field, dots, hover],
    /** @param {any} view @param {Diagnostic[]} list */
    show: (view, list) => view.dispatch({ effects: replace.of(list) }),
    /** @param {any} view @returns {Diagnostic[]} */
    list: (view) => view.state.field(field, false)?.list ?? [],
  };
}

/**
 * Makes edits in a view, in one step that undo takes back.
 * @param {any} view
 * @param {Edit[]} edits
 */
export function apply(view, edits) {
  view.dispatch({ changes: [...edits].sort((a, b) => a.from - b.from), userEvent: "input.sfnbook" });
  view.focus();
}
