// @ts-nocheck: its types are still to be written
// json: a JSON text as a tree. Reads the text itself, so that numbers stay as written, keys keep their order and a
// text that was cut off still shows what is there. Children are made when they are opened; nothing grows with the
// size of a value but the parse.

import { copy, glyph, h } from "../dom.js";
import { count } from "../format.js";

/**
 * @typedef {Object} JsonNode
 * @property {"object"|"array"|"string"|"number"|"word"|"range"} kind
 * @property {number} from
 * @property {number} to
 * @property {string[]=} keys
 * @property {JsonNode[]=} items
 * @property {number=} first  a range's first index
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
  const space = () => { while (at < end && " \t\n\r".includes(text[at])) at++; };

  function string() {
    const from = at++;
    while (at < end && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    if (at >= end) { at = end; cut = true; } else at++;
    return { kind: "string", from, to: at };
  }
  function scalar() {
    const from = at;
    while (at < end && !",]} \t\n\r".includes(text[at])) at++;
    if (at === end && depth > 0) cut = true;
    const first = text[from];
    return { kind: first === "-" || (first >= "0" && first <= "9") ? "number" : "word", from, to: at };
  }
  let depth = 0;
  function container(kind, close) {
    const node = { kind, from: at++, to: 0, items: [] };
    if (kind === "object") node.keys = [];
    depth++;
    for (;;) {
      space();
      if (at >= end) { cut = true; break; }
      if (text[at] === close) { at++; break; }
      if (text[at] === ",") { at++; continue; }
      if (kind === "object") {
        const key = string();
        space();
        if (cut || text[at] !== ":") { cut = true; at = end; break; }
        at++;
        space();
        if (at >= end) { cut = true; break; }
        node.keys.push(decode(text.slice(key.from, key.to)));
      }
      node.items.push(value());
      if (cut) break;
    }
    depth--;
    node.to = at;
    return node;
  }
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

function decode(source) {
  try { return JSON.parse(source); } catch { return source.slice(1); }
}

const isBox = (node) => node.kind === "object" || node.kind === "array" || node.kind === "range";

/** Find a child by its key or index. @returns {JsonNode|undefined} */
function child(node, key) {
  if (node.kind === "array") return node.items[key];
  node.index ||= new Map(node.keys.map((name, i) => [name, node.items[i]]));
  return node.index.get(key);
}

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
   *         memory?: Map<string, boolean>, onPick?: (place: (string|number)[]) => void,
   *         isUnused?: (place: (string|number)[]) => boolean}} options  memory: which paths somebody opened or closed;
   *         onPick: called with the keys and indexes of a value that was chosen; isUnused: which values are greyed
   */
  constructor({ text, before = null, beforeCut = false, label, memory = new Map(), onPick = null, isUnused = null }) {
    this.onPick = onPick;
    this.isUnused = isUnused;
    this.places = new WeakMap(); // of values shown inside a row
    this.doc = parseJson(text);
    this.old = before === null ? null : parseJson(before);
    this.oldCut = beforeCut;
    this.memory = memory;
    this.hits = [];
    this.element = h("div.tree", { role: "tree", "aria-label": label });
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("click", (event) => this.#click(event));
    this.rows = new WeakMap();
    if (!this.doc.root) return;
    const root = { ...this.#describe(this.doc.root, null, "$", 0, this.old?.root ?? undefined, ""), place: [] };
    if (this.old?.root && !this.#sameKind(this.doc.root, this.old.root)) root.mark = "chg";
    const row = this.#row(root, 1, 1);
    row.tabIndex = 0;
    this.element.append(row);
    this.#unwrap([row]);
    this.#openSome(row);
  }

  #sameKind(a, b) { return isBox(a) && a.kind === b.kind; }

  #describe(node, key, path, level, base, mark) {
    return { node, key, path, level, base, mark, open: false };
  }

  #source(node) { return this.doc.text.slice(node.from, node.to); }

  // -- rows ---------------------------------------------------------------------------------------------------------

  #row(item, position, size) {
    const { node, key, level, mark } = item;
    const row = h("div.jrow", {
      role: "treeitem", tabindex: "-1", "aria-level": level + 1, "aria-posinset": position, "aria-setsize": size,
      style: `--level:${Math.min(level, 24)}`, title: item.path === "$" ? null : item.path,
    });
    row.depth = level;
    if (mark) row.classList.add(mark);
    if (item.place && this.isUnused?.(item.place)) { row.classList.add("unused"); row.title = `${item.path}: nobody used it`; }
    if (isBox(node) && node.items.length) row.setAttribute("aria-expanded", "false");
    row.append(h("span.jtw"));
    if (key !== null) row.append(h(node.kind === "range" ? "span.jmuted" : typeof key === "number" ? "span.jidx" : "span.jkey", {},
      node.kind === "range" ? key : typeof key === "number" ? String(key) : visible(JSON.stringify(key))));
    if (key !== null && node.kind !== "range") row.append(": ");
    const value = h("span.jval");
    row.append(value);
    this.rows.set(row, item);
    this.#paint(row, item, value);
    if (this.onPick && item.place && isBox(node)) {
      row.append(h("button.jfrom", { type: "button", tabindex: "-1", title: "Where it came from (o)", "aria-label": "Where it came from", data: { pick: "1" } }, glyph("from")));
    }
    if (this.onPick && item.place && !isBox(node)) row.classList.add("pick");
    item.inner = node.kind === "string" ? inner(this.#source(node)) : null;
    if (item.inner) row.append(h("button.jin", { type: "button", tabindex: "-1", "aria-expanded": "false", title: "The JSON in this text as a tree (→)", "aria-label": "The JSON in this text as a tree", data: { inner: "1" } }, "{ }"));
    if (mark === "chg" && item.base) row.append(h("span.jwas", {}, "was ", this.#brief(item.base, this.old.text, 28)));
    return row;
  }

  #paint(row, item, value = row.querySelector(".jval")) {
    const { node } = item;
    value.replaceChildren();
    if (!isBox(node)) return this.#scalar(value, node, item);
    if (node.kind === "range") return;
    const brackets = node.kind === "object" ? "{}" : "[]";
    if (item.open) value.append(brackets[0]);
    else if (node.to - node.from <= INLINE) this.#inline(value, node, item);
    else value.append(brackets[0], h("span.jmuted", {}, ` ${count(node.items.length)} ${node.kind === "object" ? "key" : "item"}${node.items.length === 1 ? "" : "s"} `), brackets[1]);
  }

  #scalar(value, node, item) {
    const source = this.#source(node);
    const shown = source.length > LONG && !item.full ? source.slice(0, LONG) : source;
    value.append(h(`span.j${node.kind}`, {}, visible(shown)));
    if (shown.length < source.length) {
      value.append(h("button.link", { type: "button", tabindex: "-1", data: { more: "1" } }, ` … ${count(source.length - LONG)} more characters`));
    }
  }

  #inline(value, node, item) {
    const object = node.kind === "object";
    if (!node.items.length) return value.append(object ? "{}" : "[]");
    value.append(object ? "{ " : "[ ");
    node.items.forEach((kid, i) => {
      if (i) value.append(", ");
      const part = h("span");
      const mark = item.mark ? "" : this.#markOf(item, object ? node.keys[i] : i, kid);
      if (mark === "add" || mark === "chg") part.className = mark;
      if (object) part.append(h("span.jkey", {}, visible(JSON.stringify(node.keys[i]))), ": ");
      const place = item.place && [...item.place, object ? node.keys[i] : i];
      if (isBox(kid)) this.#inline(part, kid, { ...this.#describe(kid, null, "", 0, this.#baseOf(item, object ? node.keys[i] : i, kid), mark === "has" ? "" : mark), place });
      else {
        this.#scalar(part, kid, {});
        if (place && this.onPick) { part.lastElementChild?.classList.add("pick"); this.places.set(part.lastElementChild, place); }
        if (place && this.isUnused?.(place)) part.classList.add("unused");
      }
      value.append(part);
    });
    value.append(object ? " }" : " ]");
  }

  #brief(node, text, length) {
    const source = text.slice(node.from, Math.min(node.to, node.from + length));
    return node.to - node.from > length ? `${source}…` : source;
  }

  // -- differences --------------------------------------------------------------------------------------------------

  #baseOf(item, key, kid) {
    if (!item.base || item.mark === "add" || item.mark === "chg") return undefined;
    const old = child(item.base, key);
    return old && this.#sameKind(kid, old) ? old : undefined;
  }

  /** "" equal or unknown, "add" new, "chg" changed, "has" changed somewhere inside. */
  #markOf(item, key, kid) {
    if (item.mark === "add") return "add";
    if (!item.base || item.mark === "chg" || !isBox(item.base)) return "";
    const old = child(item.base, key);
    if (!old) return this.oldCut ? "" : "add";
    if (old.to - old.from === kid.to - kid.from && this.#source(kid) === this.old.text.slice(old.from, old.to)) return "";
    if (this.#sameKind(kid, old)) return "has";
    return this.oldCut || this.doc.cut ? "" : "chg";
  }

  #gone(item) {
    const { node, base } = item;
    if (!base || item.mark === "add" || item.mark === "chg" || this.doc.cut || !this.#sameKind(node, base)) return null;
    const keys = base.kind === "object" ? base.keys.filter((key) => child(node, key) === undefined)
      : base.items.slice(node.items.length).map((_, i) => node.items.length + i);
    if (!keys.length) return null;
    const names = keys.map((key) => (typeof key === "number" ? `[${key}]` : visible(JSON.stringify(key))));
    const shown = names.slice(0, 6).join(", ") + (names.length > 6 ? ` and ${count(names.length - 6)} more` : "");
    const row = h("div.jrow.del", {
      role: "treeitem", tabindex: "-1", "aria-level": item.level + 2, style: `--level:${Math.min(item.level + 1, 24)}`,
      title: names.slice(0, 40).join(", "), "aria-label": `gone: ${shown}`,
    }, h("span.jtw"), h("span.jminus", { "aria-hidden": "true" }, "− "), h("span", {}, shown));
    row.depth = item.level + 1;
    return row;
  }

  // -- opening ------------------------------------------------------------------------------------------------------

  #children(item) {
    const { node } = item;
    const total = node.items.length;
    const first = node.first || 0;
    if (total > CHUNK) {
      let step = CHUNK;
      while (total / step > CHUNK) step *= CHUNK;
      const ranges = [];
      for (let i = 0; i < total; i += step) {
        const to = Math.min(i + step, total);
        const range = { kind: "range", from: 0, to: 0, first: first + i, items: node.items.slice(i, to), keys: node.keys?.slice(i, to), of: node.of || node };
        ranges.push({ ...this.#describe(range, `${count(first + i)} … ${count(first + to - 1)}`, item.path, item.level + 1, item.base, item.mark), owner: item.owner || item });
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
      if (mark === "chg") kidItem.base = child(parent.base, key);
      return kidItem;
    });
  }

  #open(row) {
    const item = this.rows.get(row);
    if (!item || item.open || row.getAttribute("aria-expanded") === null) return [];
    item.open = true;
    row.setAttribute("aria-expanded", "true");
    this.#paint(row, item);
    const kids = this.#children(item);
    const rows = kids.map((kid, i) => this.#row(kid, i + 1, kids.length));
    const gone = item.node.kind === "range" ? null : this.#gone(item);
    const close = item.node.kind === "range" ? null
      : h("div.jrow.jclose", { role: "none", style: `--level:${Math.min(item.level, 24)}` }, h("span.jtw"), item.node.kind === "object" ? "}" : "]");
    if (close) close.depth = item.level + 0.5;
    item.close = close;
    const fragment = document.createDocumentFragment();
    fragment.append(...rows, ...(gone ? [gone] : []), ...(close ? [close] : []));
    row.after(fragment);
    this.#unwrap(rows);
    return rows;
  }

  /** Open the short JSON texts in fields that are known to carry such. */
  #unwrap(rows) {
    for (const row of rows) {
      const { inner: text, key } = this.rows.get(row);
      if (text && text.length <= OPENED && (key === null || CARRIERS.test(key))) this.#within(row, true);
    }
  }

  /** Show or hide the JSON that a string holds, as a tree below it. */
  #within(row, open = !this.rows.get(row).within) {
    const item = this.rows.get(row);
    if (!item.inner || open === Boolean(item.within)) return;
    row.querySelector(".jin").setAttribute("aria-expanded", String(open));
    item.within?.remove();
    item.within = null;
    if (!open) return;
    const tree = new JsonTree({ text: item.inner, label: `JSON in ${item.path}` });
    item.within = h("div.jwithin", { role: "treeitem", tabindex: "-1", "aria-level": item.level + 2, "aria-label": `JSON in ${item.path}`, style: `--level:${Math.min(item.level + 1, 24)}` }, tree.element);
    item.within.depth = item.level + 1;
    row.after(item.within);
  }

  #shut(row) {
    const item = this.rows.get(row);
    if (!item?.open) return;
    item.open = false;
    row.setAttribute("aria-expanded", "false");
    while (row.nextElementSibling?.depth > item.level) row.nextElementSibling.remove();
    this.#paint(row, item);
  }

  /** Open what fits into a glance: outer before inner, what changed before what did not. */
  #openSome(root) {
    let budget = AUTO_ROWS;
    const queue = [root];
    while (queue.length) {
      const row = queue.shift();
      const item = this.rows.get(row);
      if (!isBox(item.node)) continue;
      const remembered = this.memory.get(item.path);
      const short = item.node.kind !== "range" && item.node.to - item.node.from <= INLINE;
      const removed = row === root && this.#gone(item) !== null;
      const wanted = remembered ?? (item.level < 6 && (removed || !short) && (item.node.items.length <= budget || row === root));
      if (!wanted || item.level > 60) continue;
      const rows = this.#open(row);
      budget -= rows.length;
      queue.push(...rows.filter((r) => this.rows.get(r).has), ...rows.filter((r) => !this.rows.get(r).has));
    }
  }

  toggle(row, open) {
    const item = this.rows.get(row);
    if (!item) return;
    if (open) this.#open(row); else this.#shut(row);
    if (item.node.kind !== "range") this.memory.set(item.path, open);
  }

  // -- keys and clicks ----------------------------------------------------------------------------------------------

  #click(event) {
    const row = event.target.closest?.(".jrow");
    if (!row || !this.rows.has(row)) return;
    this.#focus(row, false);
    const item = this.rows.get(row);
    if (event.target.dataset.more) { item.full = true; return this.#paint(row, item); }
    if (event.target.dataset.inner) return this.#within(row);
    if (String(getSelection?.() ?? "")) return;
    if (event.target.closest("[data-pick]")) return this.#pick(row, item.place);
    const inside = this.places.get(event.target.closest(".pick"));
    if (inside) return this.#pick(row, inside);
    if (isBox(item.node)) this.toggle(row, !item.open); else this.#pick(row, item.place);
  }

  #pick(row, place) {
    if (!place || !this.onPick) return;
    this.onPick(place);
    this.mark(place, row);
  }

  /** Mark the value that is being told of; null: none. */
  mark(place, row = null) {
    this.element.querySelector(".picked")?.classList.remove("picked");
    const found = row || (place && this.#rowOf(place));
    found?.classList.add("picked");
    return found;
  }

  /** The row of a place, opened on the way; the nearest one where it is not there. */
  #rowOf(place) {
    let row = this.element.firstElementChild;
    for (const [depth, key] of place.entries()) {
      let item = this.rows.get(row);
      if (!item || !isBox(item.node)) break;
      for (;;) {
        if (!item.open) this.#open(row);
        const kids = this.#kidRows(row, item);
        const ranged = kids.length && this.rows.get(kids[0]).node.kind === "range";
        if (!ranged) {
          const next = kids.find((kid) => this.rows.get(kid).place?.[depth] === key);
          if (!next) return row;
          row = next;
          break;
        }
        const index = item.node.keys ? item.node.keys.indexOf(key) + (item.node.first || 0) : key;
        const next = kids.find((kid) => { const n = this.rows.get(kid).node; return index >= n.first && index < n.first + n.items.length; });
        if (!next) return row;
        row = next;
        item = this.rows.get(row);
      }
    }
    return row;
  }

  #focus(row, move = true) {
    this.element.querySelector('.jrow[tabindex="0"]')?.setAttribute("tabindex", "-1");
    row.tabIndex = 0;
    row.focus({ preventScroll: !move });
    if (move) row.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const row = event.target.closest(".jrow");
    const item = this.rows.get(row);
    if (!row) return;
    const rows = () => [...this.element.querySelectorAll('.jrow[role="treeitem"]')];
    const step = (by) => { const all = rows(); const to = all[all.indexOf(row) + by]; if (to) this.#focus(to); };
    if ((event.ctrlKey || event.metaKey) && event.key === "c" && item && !String(getSelection())) {
      copy(this.#source(item.node));
    } else if (event.ctrlKey || event.metaKey || event.altKey) return;
    else if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Home") this.#focus(rows()[0]);
    else if (event.key === "End") this.#focus(rows().at(-1));
    else if (event.key === "ArrowRight" && item && isBox(item.node)) item.open ? step(1) : this.toggle(row, true);
    else if (event.key === "ArrowRight" && item?.inner) this.#within(row, true);
    else if (event.key === "ArrowLeft" && item?.within) this.#within(row, false);
    else if (event.key === "ArrowLeft" && item?.open) this.toggle(row, false);
    else if (event.key === "ArrowLeft") {
      const level = Number(row.getAttribute("aria-level"));
      const up = rows().slice(0, rows().indexOf(row)).reverse().find((r) => Number(r.getAttribute("aria-level")) < level);
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
   * @returns {number} how many there are
   */
  find(text) {
    for (const row of this.element.querySelectorAll(".hit")) row.classList.remove("hit", "now");
    this.hits = [];
    const wanted = text.toLowerCase();
    if (!wanted || !this.doc.root) return 0;
    const stack = [[this.doc.root, []]];
    while (stack.length && this.hits.length < 500) {
      const [node, path] = stack.pop();
      if (!isBox(node)) {
        if (this.#source(node).toLowerCase().includes(wanted)) this.hits.push(path);
        continue;
      }
      for (let i = node.items.length - 1; i >= 0; i--) {
        const kid = node.items[i];
        if (node.keys && isBox(kid) && node.keys[i].toLowerCase().includes(wanted)) this.hits.push([...path, i]);
        else if (node.keys && !isBox(kid) && node.keys[i].toLowerCase().includes(wanted)) { this.hits.push([...path, i]); continue; }
        stack.push([kid, [...path, i]]);
      }
    }
    this.hits.sort(byPath);
    return this.hits.length;
  }

  /** Open the way to a hit, mark it and bring it into view. */
  show(hit) {
    this.element.querySelector(".now")?.classList.remove("now");
    let row = this.element.firstElementChild;
    for (const index of this.hits[hit] || []) {
      for (;;) {
        if (!this.rows.get(row).open) this.#open(row);
        const item = this.rows.get(row);
        const kids = this.#kidRows(row, item);
        const ranged = kids.length && this.rows.get(kids[0]).node.kind === "range";
        const offset = index - (item.node.first || 0);
        if (!ranged) { row = kids[offset]; break; }
        row = kids.find((r) => { const n = this.rows.get(r).node; return index >= n.first && index < n.first + n.items.length; });
      }
    }
    row.classList.add("hit", "now");
    row.scrollIntoView({ block: "nearest" });
  }

  #kidRows(row, item) {
    const kids = [];
    for (let next = row.nextElementSibling; next && next !== item.close; next = next.nextElementSibling) {
      const level = this.rows.get(next)?.level;
      if (level !== undefined && level <= item.level) break;
      if (level === item.level + 1) kids.push(next);
    }
    return kids;
  }
}

/** The JSON text that a JSON string holds, null where it holds no object or array. */
function inner(source) {
  if (source.length < 4 || source.length > WITHIN || !/^"\s*[{[]/.test(source)) return null;
  try {
    const text = JSON.parse(source);
    JSON.parse(text);
    return text;
  } catch { return null; }
}

/** Letters that cannot be seen, or that turn the writing direction, as JSON's escapes. */
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function byPath(a, b) {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i];
  return a.length - b.length;
}
