// highlight: colours a cell's body as JSON or YAML, with the host's own languages and the theme's own colours.

import { bodyStart, languageOf } from "./cell.js";

const TYPES = { json: "application/json", yaml: "text/x-yaml" };

/**
 * Returns the CodeMirror extension.
 * @param {any} host the host's modules, as `extension.js` collects them
 * @param {any} languages JupyterLab's IEditorLanguageRegistry
 */
export function highlighting(host, languages) {
  const { Decoration, ViewPlugin } = host.view;
  /** @type {Record<string, any>} */
  const parsers = {};

  /** @param {"json" | "yaml"} name @param {any} view */
  const load = async (name, view) => {
    parsers[name] ??= languages.getLanguage(TYPES[name]).then((/** @type {any} */ spec) => {
      parsers[name] = spec?.support?.language.parser ?? null;
    });
    await parsers[name];
    view.dispatch({});
  };

  return ViewPlugin.fromClass(
    class {
      /** @param {any} view */
      constructor(view) {
        this.decorations = Decoration.none;
        this.text = "";
        this.#paint(view);
      }

      /** @param {any} update */
      update(update) {
        if (update.docChanged || this.waiting) this.#paint(update.view);
      }

      /** @param {any} view */
      #paint(view) {
        const text = view.state.doc.toString();
        const start = bodyStart(text);
        this.waiting = false;
        if (start < 0) {
          this.decorations = Decoration.none;
          return;
        }
        const body = text.slice(start);
        const name = languageOf(body);
        const parser = parsers[name];
        if (!parser?.parse) {
          this.waiting = parser !== null;
          if (parser === undefined) window.setTimeout(() => void load(name, view));
          return;
        }
        /** @type {any[]} */
        const marks = [];
        const style = (/** @type {any} */ tags) => host.language.highlightingFor(view.state, tags);
        host.highlight.highlightTree(parser.parse(body), { style }, (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ classes) => {
          marks.push(Decoration.mark({ class: `sfn-token ${classes}` }).range(start + from, start + to));
        });
        marks.unshift(Decoration.mark({ class: "sfn-plain" }).range(start, text.length));
        this.decorations = text.length > start ? Decoration.set(marks, true) : Decoration.none;
      }
    },
    { decorations: (/** @type {any} */ plugin) => plugin.decorations },
  );
}
