// json: a JSON text as a tree. Reads the text itself, so that numbers stay as written, keys keep their order and a
// text that was cut off still shows what is there. Children are made when they are opened; nothing grows with the
// size of a value but the parse.

import { closest, copy, glyph, h } from "../dom.js";
import { count } from "../format.js";

/**
 * @typedef {{kind: "string"|"number"|"word", from: number, to: number}} Scalar
 * @typedef {{kind: "object"|"array"|"range", from: number, to: number, items: JsonNode[], keys?: string[], first?: number,
 *   index?: Map<string, JsonNode>}} Box `first`: of a range its first index
 * @typedef {Scalar|Box} JsonNode a value in the text, from `from` to before `to`
 *
 * @typedef {(string|number)[]} Place keys and indexes
 * @typedef {""|"add"|"chg"|"has"} Mark equal or unknown, new, changed, changed somewhere inside
 *
 * @typedef {object} Item what a row shows
 * @property {JsonNode} node
 * @property {string|number|null} key
 * @property {string} path
 * @property {number} level
 * @property {JsonNode=} base what it is compared with
 * @property {Mark} mark
 * @property {boolean} open
 * @property {boolean=} has it changed somewhere inside
 * @property {boolean=} full a long string is shown whole
 * @property {Place=} place
 * @property {Item=} owner of a range: the object or array that it is a part of
 * @property {HTMLElement|null=} close the row of its closing bracket
 * @property {string|null=} inner the JSON text in a string
 * @property {HTMLElement|null=} within the tree of that text
 */

/**
 * Read a JSON text, whole or cut off anywhere.
 * @param {string} text
 * @returns {{text: string, root: JsonNode|null, cut: boolean}}
 */
export function parseJson(text) {
  let at = 0;
  let cut = false;
  const end = text.length;
  const space = () => {
    while (at < end && " \t\n\r".includes(text[at])) at++;
  };

  /** @returns {Scalar} */
  function string() {
    const from = at++;
    while (at < end && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    if (at >= end) {
      at = end;
      cut = true;
    } else at++;
    return { kind: "string", from, to: at };
  }
  /** @returns {Scalar} */
  function scalar() {
    const from = at;
    while (at < end && !",]} \t\n\r".includes(text[at])) at++;
    if (at === end && depth > 0) cut = true;
    const first = text[from];
    return { kind: first === "-" || (first >= "0" && first <= "9") ? "number" : "word", from, to: at };
  }
  let depth = 0;
  /** @param {"object"|"array"} kind @param {string} close @returns {Box} */
  function container(kind, close) {
    /** @type {string[]} */
    const keys = [];
    /** @type {Box} */
    const node = { kind, from: at++, to: 0, items: [], ...(kind === "object" ? { keys } : {}) };
    depth++;
    for (;;) {
      space();
      if (at >= end) {
        cut = true;
        break;
      }
      if (text[at] === close) {
        at++;
        break;
      }
      if (text[at] === ",") {
        at++;
        continue;
      }
      if (kind === "object") {
        const key = string();
        space();
        if (cut || text[at] !== ":") {
          cut = true;
          at = end;
          break;
        }
        at++;
        space();
        if (at >= end) {
          cut = true;
          break;
        }
        keys.push(decode(text.slice(key.from, key.to)));
      }
      node.items.push(value());
      if (cut) break;
    }
    depth--;
    node.to = at;
    return node;
  }
  /** @returns {JsonNode} */
  function value() {
    space();
    const c = text[at];
    if (c === "{") return container("object", "}");
    if (c === "[") return container("array", "]");
    return c === '"' ? string() : scalar();
  }
  space();
  return { text, root: at < end ? value() : null, cut };
}

/** A JSON string's text. @param {string} source @returns {string} */
function decode(source) {
  try {
    return JSON.parse(source);
  } catch {
    return source.slice(1);
  }
}

/** @param {JsonNode} node @returns {node is Box} */
const isBox = (node) => node.kind === "object" || node.kind === "array" || node.kind === "range";

/**
 * Find keys and values that contain a text in any case, in the order of the text, at most 500; a key that does and its value
 * are one match, unless the value holds others.
 * @param {{text: string, root: JsonNode|null}} doc @param {string} text @returns {number[][]} the index on each level
 */
export function findText(doc, text) {
  const wanted = text.toLowerCase();
  if (!wanted || !doc.root) return [];
  /** @type {number[][]} */
  const found = [];
  /** @type {[node: JsonNode, path: number[]][]} */
  const stack = [[doc.root, []]];
  for (let next = stack.pop(); next && found.length < MOST_MATCHES; next = stack.pop()) {
    const [node, path] = next;
    if (!isBox(node)) {
      if (doc.text.slice(node.from, node.to).toLowerCase().includes(wanted)) found.push(path);
      continue;
    }
    for (let i = node.items.length - 1; i >= 0; i--) {
      const kid = node.items[i];
      const named = Boolean(node.keys?.[i].toLowerCase().includes(wanted));
      if (named) found.push([...path, i]);
      if (!named || isBox(kid)) stack.push([kid, [...path, i]]);
    }
  }
  return found.sort(byPath).slice(0, MOST_MATCHES);
}

/** Find a child by its key or index. @param {JsonNode} node @param {string|number} key @returns {JsonNode|undefined} */
function child(node, key) {
  if (!isBox(node)) return undefined;
  if (node.kind === "array") return node.items[Number(key)];
  node.index ||= new Map((node.keys ?? []).map((name, i) => [name, node.items[i]]));
  return node.index.get(String(key));
}

/** The items of a value, none of a scalar. @param {JsonNode} node @returns {JsonNode[]} */
const itemsOf = (node) => (isBox(node) ? node.items : []);

const MOST_MATCHES = 500;
const INLINE = 50; // a box whose text is shorter stands on one line
const AUTO_ROWS = 32; // rows opened without being asked
const CHUNK = 100; // more items than this come in ranges
const WITHIN = 200_000; // a longer string is not looked into
const OPENED = 4_000; // JSON in one of these, no longer than this, is opened without being asked
const CARRIERS = /^(?:cause|payload|body|message)$/i;
const LONG = 240; // letters of a string shown at first

/**
 * A value as a tree with keyboard control (WAI-ARIA tree), differences to `before` marked.
 */
export class JsonTree {
  /**
   * @param {{text: string, cut?: boolean, before?: string|null, beforeCut?: boolean, label: string,
   *         memory?: Map<string, boolean>, onPick?: ((place: Place) => void)|null,
   *         isUnused?: ((place: Place) => boolean)|null}} options  memory: which paths somebody opened or closed;
   *         onPick: called with the place of a value that was chosen; isUnused: which values are greyed
   */
  constructor({ text, before = null, beforeCut = false, label, memory = new Map(), onPick = null, isUnused = null }) {
    this.onPick = onPick;
    this.isUnused = isUnused;
    /** Of values shown inside a row. @type {WeakMap<Element, Place>} */
    this.places = new WeakMap();
    this.doc = parseJson(text);
    this.old = before === null ? null : parseJson(before);
    this.oldCut = beforeCut;
    this.memory = memory;
    /** Where a search found something: indexes. @type {number[][]} */
    this.hits = [];
    this.element = h("div.tree", { role: "tree", "aria-label": label });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => this.#click(event));
    /** @type {WeakMap<Element, Item>} */
    this.rows = new WeakMap();
    /** How deep each row is, those of closing brackets half a level deeper than their values. @type {WeakMap<Element, number>} */
    this.depths = new WeakMap();
    if (!this.doc.root) return;
    /** @type {Item} */
    const root = { ...this.#describe(this.doc.root, null, "$", 0, this.old?.root ?? undefined, ""), place: [] };
    if (this.old?.root && !this.#sameKind(this.doc.root, this.old.root)) root.mark = "chg";
    const row = this.#row(root, 1, 1);
    row.tabIndex = 0;
    this.element.append(row);
    this.#unwrap([row]);
    this.#openSome(row);
  }

  /** @param {JsonNode} a @param {JsonNode} b */
  #sameKind(a, b) {
    return isBox(a) && a.kind === b.kind;
  }

  /** @param {JsonNode} node @param {string|number|null} key @param {string} path @param {number} level @param {JsonNode|undefined} base @param {Mark} mark @returns {Item} */
  #describe(node, key, path, level, base, mark) {
    return { node, key, path, level, base, mark, open: false };
  }

  /** @param {JsonNode} node */
  #source(node) {
    return this.doc.text.slice(node.from, node.to);
  }

  // -- rows ---------------------------------------------------------------------------------------------------------

  /** @param {Item} item @param {number} position @param {number} size */
  #row(item, position, size) {
    const { node, key, level, mark } = item;
    const row = h("div.jrow", {
      role: "treeitem",
      tabindex: "-1",
      "aria-level": level + 1,
      "aria-posinset": position,
      "aria-setsize": size,
      style: `--level:${Math.min(level, 24)}`,
      title: item.path === "$" ? null : item.path,
    });
    this.depths.set(row, level);
    if (mark) row.classList.add(mark);
    if (item.place && this.isUnused?.(item.place)) {
      row.classList.add("unused");
      row.title = `${item.path}: nobody used it`;
    }
    if (itemsOf(node).length) row.setAttribute("aria-expanded", "false");
    row.append(h("span.jtw"));
    if (key !== null)
      row.append(
        h(
          node.kind === "range" ? "span.jmuted" : typeof key === "number" ? "span.jidx" : "span.jkey",
          {},
          node.kind === "range" ? key : typeof key === "number" ? String(key) : visible(JSON.stringify(key)),
        ),
      );
    if (key !== null && node.kind !== "range") row.append(": ");
    const value = h("span.jval");
    row.append(value);
    this.rows.set(row, item);
    this.#paint(row, item, value);
    if (this.onPick && item.place && isBox(node)) {
      row.append(
        h(
          "button.jfrom",
          { type: "button", tabindex: "-1", title: "Where it came from (o)", "aria-label": "Where it came from", data: { pick: "1" } },
          glyph("from"),
        ),
      );
    }
    if (this.onPick && item.place && !isBox(node)) row.classList.add("pick");
    item.inner = node.kind === "string" ? inner(this.#source(node)) : null;
    if (item.inner)
      row.append(
        h(
          "button.jin",
          {
            type: "button",
            tabindex: "-1",
            "aria-expanded": "false",
            title: "The JSON in this text as a tree (→)",
            "aria-label": "The JSON in this text as a tree",
            data: { inner: "1" },
          },
          "{ }",
        ),
      );
    if (mark === "chg" && item.base && this.old) row.append(h("span.jwas", {}, "was ", this.#brief(item.base, this.old.text, 28)));
    return row;
  }

  /** @param {Element} row @param {Item} item */
  #paint(row, item, value = row.querySelector(".jval")) {
    const { node } = item;
    value?.replaceChildren();
    if (!value || node.kind === "range") return;
    if (!isBox(node)) {
      this.#scalar(value, node, item);
      return;
    }
    const brackets = node.kind === "object" ? "{}" : "[]";
    if (item.open) value.append(brackets[0]);
    else if (node.to - node.from <= INLINE) this.#inline(value, node, item);
    else
      value.append(
        brackets[0],
        h("span.jmuted", {}, ` ${count(node.items.length)} ${node.kind === "object" ? "key" : "item"}${node.items.length === 1 ? "" : "s"} `),
        brackets[1],
      );
  }

  /** @param {Element} value where it is written @param {JsonNode} node @param {{full?: boolean}} item */
  #scalar(value, node, item) {
    const source = this.#source(node);
    const shown = source.length > LONG && !item.full ? source.slice(0, LONG) : source;
    value.append(h(`span.j${node.kind}`, {}, visible(shown)));
    if (shown.length < source.length) {
      value.append(h("button.link", { type: "button", tabindex: "-1", data: { more: "1" } }, ` … ${count(source.length - LONG)} more characters`));
    }
  }

  /** @param {Element} value where it is written @param {Box} node @param {Item} item */
  #inline(value, node, item) {
    const { keys } = node;
    if (!node.items.length) {
      value.append(keys ? "{}" : "[]");
      return;
    }
    value.append(keys ? "{ " : "[ ");
    node.items.forEach((kid, i) => {
      if (i) value.append(", ");
      const key = keys ? keys[i] : i;
      const part = h("span");
      const mark = item.mark ? "" : this.#markOf(item, key, kid);
      if (mark === "add" || mark === "chg") part.className = mark;
      if (keys) part.append(h("span.jkey", {}, visible(JSON.stringify(key))), ": ");
      const place = item.place && [...item.place, key];
      if (isBox(kid)) this.#inline(part, kid, { ...this.#describe(kid, null, "", 0, this.#baseOf(item, key, kid), mark === "has" ? "" : mark), place });
      else {
        this.#scalar(part, kid, {});
        const last = part.lastElementChild;
        if (place && last && this.onPick) {
          last.classList.add("pick");
          this.places.set(last, place);
        }
        if (place && this.isUnused?.(place)) part.classList.add("unused");
      }
      value.append(part);
    });
    value.append(keys ? " }" : " ]");
  }

  /** @param {JsonNode} node @param {string} text @param {number} length */
  #brief(node, text, length) {
    const source = text.slice(node.from, Math.min(node.to, node.from + length));
    return node.to - node.from > length ? `${source}…` : source;
  }

  // -- differences --------------------------------------------------------------------------------------------------

  /** What a child is compared with. @param {Item} item @param {string|number} key @param {JsonNode} kid */
  #baseOf(item, key, kid) {
    if (!item.base || item.mark === "add" || item.mark === "chg") return undefined;
    const old = child(item.base, key);
    return old && this.#sameKind(kid, old) ? old : undefined;
  }

  /** @param {Item} item @param {string|number} key @param {JsonNode} kid @returns {Mark} */
  #markOf(item, key, kid) {
    if (item.mark === "add") return "add";
    if (!item.base || item.mark === "chg" || !isBox(item.base)) return "";
    const old = child(item.base, key);
    if (!old) return this.oldCut ? "" : "add";
    if (old.to - old.from === kid.to - kid.from && this.#source(kid) === this.old?.text.slice(old.from, old.to)) return "";
    if (this.#sameKind(kid, old)) return "has";
    return this.oldCut || this.doc.cut ? "" : "chg";
  }

  /** A row for what is no longer there, null for nothing. @param {Item} item */
  #gone(item) {
    const { node, base } = item;
    if (!base || item.mark === "add" || item.mark === "chg" || this.doc.cut || !isBox(node) || !isBox(base) || node.kind !== base.kind) return null;
    const keys = base.keys
      ? base.keys.filter((key) => child(node, key) === undefined)
      : base.items.slice(node.items.length).map((_, i) => node.items.length + i);
    if (!keys.length) return null;
    const names = keys.map((key) => (typeof key === "number" ? `[${key}]` : visible(JSON.stringify(key))));
    const shown = names.slice(0, 6).join(", ") + (names.length > 6 ? ` and ${count(names.length - 6)} more` : "");
    const row = h(
      "div.jrow.del",
      {
        role: "treeitem",
        tabindex: "-1",
        "aria-level": item.level + 2,
        style: `--level:${Math.min(item.level + 1, 24)}`,
        title: names.slice(0, 40).join(", "),
        "aria-label": `gone: ${shown}`,
      },
      h("span.jtw"),
      h("span.jminus", { "aria-hidden": "true" }, "− "),
      h("span", {}, shown),
    );
    this.depths.set(row, item.level + 1);
    return row;
  }

  // -- opening ------------------------------------------------------------------------------------------------------

  /** @param {Item} item @returns {Item[]} */
  #children(item) {
    const { node } = item;
    if (!isBox(node)) return [];
    const total = node.items.length;
    const first = node.first || 0;
    if (total > CHUNK) {
      let step = CHUNK;
      while (total / step > CHUNK) step *= CHUNK;
      /** @type {Item[]} */
      const ranges = [];
      for (let i = 0; i < total; i += step) {
        const to = Math.min(i + step, total);
        /** @type {Box} */
        const range = { kind: "range", from: 0, to: 0, first: first + i, items: node.items.slice(i, to), keys: node.keys?.slice(i, to) };
        ranges.push({
          ...this.#describe(range, `${count(first + i)} … ${count(first + to - 1)}`, item.path, item.level + 1, item.base, item.mark),
          owner: item.owner || item,
        });
      }
      return ranges;
    }
    const parent = item.owner || item;
    return node.items.map((kid, i) => {
      const key = node.keys ? node.keys[i] : first + i;
      const mark = this.#markOf(parent, key, kid);
      const path = typeof key === "number" ? `${item.path}[${key}]` : /^[A-Za-z_]\w*$/.test(key) ? `${item.path}.${key}` : `${item.path}['${key}']`;
      const kidItem = this.#describe(kid, key, path, item.level + 1, this.#baseOf(parent, key, kid), mark === "has" ? "" : mark);
      if (parent.place) kidItem.place = [...parent.place, key];
      if (mark === "has") kidItem.has = true;
      if (mark === "chg" && parent.base) kidItem.base = child(parent.base, key);
      return kidItem;
    });
  }

  /** @param {Element} row @returns {Element[]} the rows of its children */
  #open(row) {
    const item = this.rows.get(row);
    if (!item || item.open || row.getAttribute("aria-expanded") === null) return [];
    item.open = true;
    row.setAttribute("aria-expanded", "true");
    this.#paint(row, item);
    const kids = this.#children(item);
    const rows = kids.map((kid, i) => this.#row(kid, i + 1, kids.length));
    const gone = item.node.kind === "range" ? null : this.#gone(item);
    const close =
      item.node.kind === "range"
        ? null
        : h("div.jrow.jclose", { role: "none", style: `--level:${Math.min(item.level, 24)}` }, h("span.jtw"), item.node.kind === "object" ? "}" : "]");
    if (close) this.depths.set(close, item.level + 0.5);
    item.close = close;
    const fragment = document.createDocumentFragment();
    fragment.append(...rows, ...(gone ? [gone] : []), ...(close ? [close] : []));
    row.after(fragment);
    this.#unwrap(rows);
    return rows;
  }

  /** Open the short JSON texts in fields that are known to carry such. @param {Element[]} rows */
  #unwrap(rows) {
    for (const row of rows) {
      const { inner: text, key = null } = this.rows.get(row) ?? {};
      if (text && text.length <= OPENED && (key === null || CARRIERS.test(String(key)))) this.#within(row, true);
    }
  }

  /** Show or hide the JSON that a string holds, as a tree below it. @param {Element} row */
  #within(row, open = !this.rows.get(row)?.within) {
    const item = this.rows.get(row);
    if (!item?.inner || open === Boolean(item.within)) return;
    row.querySelector(".jin")?.setAttribute("aria-expanded", String(open));
    item.within?.remove();
    item.within = null;
    if (!open) return;
    const tree = new JsonTree({ text: item.inner, label: `JSON in ${item.path}` });
    item.within = h(
      "div.jwithin",
      {
        role: "treeitem",
        tabindex: "-1",
        "aria-level": item.level + 2,
        "aria-label": `JSON in ${item.path}`,
        style: `--level:${Math.min(item.level + 1, 24)}`,
      },
      tree.element,
    );
    this.depths.set(item.within, item.level + 1);
    row.after(item.within);
  }

  /** @param {Element} row */
  #shut(row) {
    const item = this.rows.get(row);
    if (!item?.open) return;
    item.open = false;
    row.setAttribute("aria-expanded", "false");
    for (let next = row.nextElementSibling; next && (this.depths.get(next) ?? -1) > item.level; next = row.nextElementSibling) next.remove();
    this.#paint(row, item);
  }

  /** Open what fits into a glance: outer before inner, what changed before what did not. @param {Element} root */
  #openSome(root) {
    let budget = AUTO_ROWS;
    const queue = [root];
    for (let row = queue.shift(); row; row = queue.shift()) {
      const item = this.rows.get(row);
      if (!item || !isBox(item.node)) continue;
      const remembered = this.memory.get(item.path);
      const short = item.node.kind !== "range" && item.node.to - item.node.from <= INLINE;
      const removed = row === root && this.#gone(item) !== null;
      const wanted = remembered ?? (item.level < 6 && (removed || !short) && (item.node.items.length <= budget || row === root));
      if (!wanted || item.level > 60) continue;
      const rows = this.#open(row);
      budget -= rows.length;
      queue.push(...rows.filter((r) => this.rows.get(r)?.has), ...rows.filter((r) => !this.rows.get(r)?.has));
    }
  }

  /** @param {Element} row @param {boolean} open */
  toggle(row, open) {
    const item = this.rows.get(row);
    if (!item) return;
    if (open) this.#open(row);
    else this.#shut(row);
    if (item.node.kind !== "range") this.memory.set(item.path, open);
  }

  // -- keys and clicks ----------------------------------------------------------------------------------------------

  /** @param {MouseEvent} event */
  #click(event) {
    const row = closest(event, ".jrow");
    const item = row && this.rows.get(row);
    if (!row || !item) return;
    this.#focus(row, false);
    if (closest(event, "[data-more]")) {
      item.full = true;
      this.#paint(row, item);
      return;
    }
    if (closest(event, "[data-inner]")) {
      this.#within(row);
      return;
    }
    if (String(getSelection?.() ?? "")) return;
    if (closest(event, "[data-pick]")) {
      this.#pick(row, item.place);
      return;
    }
    const part = closest(event, ".pick");
    const inside = part && this.places.get(part);
    if (inside) this.#pick(row, inside);
    else if (isBox(item.node)) this.toggle(row, !item.open);
    else this.#pick(row, item.place);
  }

  /** @param {Element} row @param {Place|undefined} place */
  #pick(row, place) {
    if (!place || !this.onPick) return;
    this.onPick(place);
    this.mark(place, row);
  }

  /** Mark the value that is being told of; null: none. @param {Place|null} place @param {Element|null} row its row, where that is known */
  mark(place, row = null) {
    this.element.querySelector(".picked")?.classList.remove("picked");
    const found = row || (place && this.#rowOf(place));
    found?.classList.add("picked");
    return found;
  }

  /** The row of a place, opened on the way; the nearest one where it is not there. @param {Place} place */
  #rowOf(place) {
    let row = this.element.firstElementChild;
    for (const [depth, key] of place.entries()) {
      for (;;) {
        const item = row && this.rows.get(row);
        if (!row || !item || !isBox(item.node)) return row;
        const { keys, first = 0 } = item.node;
        const kids = this.#opened(row, item);
        if (!this.#ranged(kids)) {
          const next = kids.find((kid) => this.rows.get(kid)?.place?.[depth] === key);
          if (!next) return row;
          row = next;
          break;
        }
        const next = this.#rangeWith(kids, keys ? keys.indexOf(String(key)) + first : Number(key));
        if (!next) return row;
        row = next;
      }
    }
    return row;
  }

  /** The rows of a row's children, opened where they were not. @param {Element} row @param {Item} item */
  #opened(row, item) {
    if (!item.open) this.#open(row);
    return this.#kidRows(row, item);
  }

  /** Whether rows stand for ranges. @param {Element[]} rows */
  #ranged(rows) {
    return rows.length > 0 && this.rows.get(rows[0])?.node.kind === "range";
  }

  /** The row of the range that holds an index. @param {Element[]} rows @param {number} index */
  #rangeWith(rows, index) {
    return rows.find((row) => {
      const node = this.rows.get(row)?.node;
      const first = node && isBox(node) ? (node.first ?? 0) : Infinity;
      return node && index >= first && index < first + itemsOf(node).length;
    });
  }

  /** @param {HTMLElement|SVGElement} row */
  #focus(row, move = true) {
    this.element.querySelector('.jrow[tabindex="0"]')?.setAttribute("tabindex", "-1");
    row.tabIndex = 0;
    row.focus({ preventScroll: !move });
    if (move) row.scrollIntoView({ block: "nearest" });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const row = closest(event, ".jrow");
    if (!row) return;
    const item = this.rows.get(row);
    const rows = () => [.../** @type {NodeListOf<HTMLElement|SVGElement>} */ (this.element.querySelectorAll('.jrow[role="treeitem"]'))];
    const step = (/** @type {number} */ by) => {
      const all = rows();
      const to = all[all.indexOf(row) + by];
      if (to) this.#focus(to);
    };
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && item && !String(getSelection())) {
      copy(this.#source(item.node));
    } else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Home") this.#focus(rows()[0]);
    else if (event.key === "End") this.#focus(rows().at(-1) ?? row);
    else if (event.key === "ArrowRight" && item && isBox(item.node)) item.open ? step(1) : this.toggle(row, true);
    else if (event.key === "ArrowRight" && item?.inner) this.#within(row, true);
    else if (event.key === "ArrowLeft" && item?.within) this.#within(row, false);
    else if (event.key === "ArrowLeft" && item?.open) this.toggle(row, false);
    else if (event.key === "ArrowLeft") {
      const level = Number(row.getAttribute("aria-level"));
      const up = rows()
        .slice(0, rows().indexOf(row))
        .reverse()
        .find((r) => Number(r.getAttribute("aria-level")) < level);
      if (up) this.#focus(up);
    } else if (event.key === "o" && item?.place && this.onPick) this.#pick(row, item.place);
    else if ((event.key === "Enter" || event.key === " ") && item) {
      if (isBox(item.node)) this.toggle(row, !item.open);
      else {
        item.full = true;
        this.#paint(row, item);
        if (event.key === "Enter") this.#pick(row, item.place);
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // -- search -------------------------------------------------------------------------------------------------------

  /**
   * Find keys and values that contain a text (any case), at most 500; opens nothing yet.
   * @param {string} text @returns {number} how many there are
   */
  find(text) {
    for (const row of this.element.querySelectorAll(".hit")) row.classList.remove("hit", "now");
    this.hits = findText(this.doc, text);
    return this.hits.length;
  }

  /** Open the way to a hit, mark it and bring it into view. @param {number} hit */
  show(hit) {
    this.element.querySelector(".now")?.classList.remove("now");
    let row = this.element.firstElementChild;
    for (const index of this.hits[hit] || []) {
      for (;;) {
        const item = row && this.rows.get(row);
        if (!row || !item) return;
        const kids = this.#opened(row, item);
        const first = isBox(item.node) ? (item.node.first ?? 0) : 0;
        if (!this.#ranged(kids)) {
          row = kids[index - first];
          break;
        }
        row = this.#rangeWith(kids, index) ?? null;
      }
    }
    row?.classList.add("hit", "now");
    row?.scrollIntoView({ block: "nearest" });
  }

  /** The rows of a row's children. @param {Element} row @param {Item} item */
  #kidRows(row, item) {
    /** @type {Element[]} */
    const kids = [];
    for (let next = row.nextElementSibling; next && next !== item.close; next = next.nextElementSibling) {
      const level = this.rows.get(next)?.level;
      if (level !== undefined && level <= item.level) break;
      if (level === item.level + 1) kids.push(next);
    }
    return kids;
  }
}

/** The JSON text that a JSON string holds, null where it holds no object or array. @param {string} source @returns {string|null} */
function inner(source) {
  if (source.length < 4 || source.length > WITHIN || !/^"\s*[{[]/.test(source)) return null;
  try {
    const text = JSON.parse(source);
    JSON.parse(text);
    return text;
  } catch {
    return null;
  }
}

/** Letters that cannot be seen, or that turn the writing direction, as JSON's escapes. @param {string} text */
function visible(text) {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** @param {number[]} a @param {number[]} b */
function byPath(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
