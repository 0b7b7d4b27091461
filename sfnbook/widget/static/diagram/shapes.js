// shapes: the SVG of each box and arrow, before anything has run. Knows positions; what a run writes on them is
// in labels and edges.

import { s } from "../dom.js";
import { upright } from "./text_measure.js";

export const INSET = 14;
export const GLYPH_ROOM = 16;
/** What folds a container takes at the left of its name. */
export const FOLD_ROOM = 16;
export const LABEL_STEP = 13;

/**
 * A node and its elements; `title` only where it is a state, `box` where it is an open container.
 * @typedef {import("./layout.js").GraphNode} GraphNode
 * @typedef {{node: GraphNode, group: SVGGElement, chip?: SVGGElement, unlike?: SVGGElement}} Node
 * @typedef {{said?: string, color?: string, badge?: SVGGElement, chipWidth?: number, title: SVGTitleElement, name: SVGElement,
 *   detail: SVGElement}} Written what a run wrote on a state, and where it writes
 * @typedef {Node & {title?: undefined, box?: undefined, unbound?: undefined}} Marker Start and End
 * @typedef {Node & Written & {box?: undefined, room: number, bar: SVGGElement|null, unbound: boolean, visits?: SVGTextElement}} StateBox
 * @typedef {Node & Written & {box: true, count: SVGTextElement, bar: SVGGElement, start: number, unbound?: undefined}} ContainerBox
 * @typedef {Marker|StateBox|ContainerBox} Drawn
 * @typedef {{edge: EdgeMessage, group: SVGGElement, path: SVGPathElement}} Arrow
 */

/** The arrow heads, by color. @param {string} uid */
export function arrows(uid) {
  return s(
    "defs",
    {},
    ["edge", "taken", "caught"].map((color) =>
      s(
        "marker",
        {
          id: `${uid}-${color}`,
          viewBox: "0 0 8 8",
          refX: "7.2",
          refY: "4",
          markerUnits: "userSpaceOnUse",
          markerWidth: "9",
          markerHeight: "9",
          orient: "auto",
        },
        s(`path.sfn-arrow.${color}`, { d: "M0 .6L8 4L0 7.4z" }),
      ),
    ),
  );
}

/** Start and End. @param {GraphNode} node @returns {Marker} */
export function marker(node) {
  const group = s(
    `g.sfn-end.${node.kind}`,
    { transform: `translate(${node.x} ${node.y})` },
    s("rect.sfn-shape", { width: node.w, height: node.h, rx: node.h / 2 }),
    s("text.sfn-detail", { x: node.w / 2, y: node.h / 2 + 3.8, "text-anchor": "middle" }, node.name),
  );
  return { node, group };
}

/**
 * A state, or a folded container.
 * @param {GraphNode} node @param {string|undefined} path its glyph's @param {boolean} unbound nothing answers it @returns {StateBox}
 */
export function box(node, path, unbound) {
  const title = s("title");
  const drawing = glyph(path, INSET, 27);
  const name = s("text.sfn-name", { x: INSET + (node.folded ? FOLD_ROOM : 0), y: 20 });
  const detail = s("text.sfn-detail", { x: INSET + (drawing ? GLYPH_ROOM : 0), y: 36 });
  const group = s(
    `g.sfn-node${node.folded ? ".sfn-folded" : ""}`,
    { transform: `translate(${node.x} ${node.y})` },
    title,
    node.folded && s("rect.sfn-stack", { x: 5, y: 5, width: node.w - 10, height: node.h - 1, rx: 8 }),
    s("rect.sfn-ring", { x: -4, y: -4, width: node.w + 8, height: node.h + 8, rx: 11 }),
    s("rect.sfn-shape", { width: node.w, height: node.h, rx: 8 }),
    name,
    drawing,
    detail,
    unbound && s("circle.sfn-unbound", { cx: node.w - 14, cy: node.h - 13, r: 4 }),
  );
  reach(group, node);
  return { node, group, title, name, detail, unbound, room: drawing ? GLYPH_ROOM : 0, bar: node.folded ? bar(node.h - 6.5) : null };
}

/** An open container. @param {GraphNode} node @param {string|undefined} path its glyph's @returns {ContainerBox} */
export function container(node, path) {
  const title = s("title");
  const name = s("tspan.sfn-name");
  const detail = s("tspan.sfn-detail", { dx: 8 });
  const count = s("text.sfn-detail.sfn-count", { y: 23.5, "text-anchor": "end" });
  const drawing = glyph(path, INSET + FOLD_ROOM, 14);
  const start = INSET + FOLD_ROOM + (drawing ? GLYPH_ROOM : 0);
  const group = s(
    `g.sfn-node.sfn-box${node.nested ? ".sfn-nested" : ""}`,
    { transform: `translate(${node.x} ${node.y})` },
    title,
    s("rect.sfn-ring", { x: -4, y: -4, width: node.w + 8, height: node.h + 8, rx: 13 }),
    s("rect.sfn-shape", { width: node.w, height: node.h, rx: 10 }),
    node.lanes.length > 1 && node.lanes.map((lane) => s("rect.sfn-lane", { x: lane.x - node.x, y: lane.y - node.y, width: lane.w, height: lane.h, rx: 8 })),
    drawing,
    s("text", { x: start, y: 24 }, name, detail),
    count,
  );
  reach(group, node);
  return { node, group, title, name, detail, count, bar: bar(33), start, box: true };
}

/** How much of a Map is done. @param {number} y */
function bar(y) {
  return s(
    "g.sfn-bar",
    { transform: `translate(${INSET} ${y})` },
    s("rect.track", { height: 2.5, rx: 1.2 }),
    s("rect.done", { height: 2.5, rx: 1.2 }),
    s("rect.lost", { height: 2.5, rx: 1.2 }),
  );
}

/** The small drawing of what a state is or calls. @param {string|undefined} path @param {number} x @param {number} y */
function glyph(path, x, y) {
  return path ? s("path.sfn-glyph", { d: path, transform: `translate(${x} ${y}) scale(.92)` }) : null;
}

/** Let a state be reached by pointer and keys. @param {SVGElement} group @param {GraphNode} node */
function reach(group, node) {
  group.setAttribute("data-address", node.id);
  group.setAttribute("role", "button");
  group.setAttribute("tabindex", "-1");
  group.setAttribute("aria-pressed", "false");
}

/** What lies on a container and is not part of it: the triangle that folds it, the chip that chooses a pass. @param {Drawn} drawn */
export function handle(drawn) {
  const { node } = drawn;
  const y = node.folded ? 15.5 : 20;
  const triangle = s("path.sfn-triangle", { d: node.folded ? "M-1.8 -3.6L2.4 0L-1.8 3.6" : "M-3.6 -1.8L0 2.4L3.6 -1.8" });
  const words = `${node.folded ? "Unfold" : "Fold"} ${node.name}`;
  const toggle = s(
    "g.sfn-toggle",
    {
      "data-fold": node.id,
      role: "button",
      tabindex: "-1",
      "aria-label": words,
      "aria-expanded": String(!node.folded),
      transform: `translate(${INSET + 3} ${y})`,
    },
    s("title", {}, words),
    s("rect.sfn-touch", { x: -12, y: -12, width: 24, height: 24, rx: 6 }),
    triangle,
  );
  drawn.chip = s(
    "g.sfn-chip",
    { "data-pass": node.id, role: "button", tabindex: "-1", "aria-haspopup": "listbox", style: "display:none" },
    s("rect.sfn-chip-shape", { height: 18, rx: 9 }),
    s("text.sfn-detail", { y: 12.6 }),
    s("path.sfn-triangle", { d: "M-3 -1.5L0 2L3 -1.5" }),
  );
  return s("g", { transform: `translate(${node.x} ${node.y})` }, toggle, drawn.chip);
}

/** An arrow with its label. @param {EdgeMessage} edge @param {string} uid of the arrow heads @returns {Arrow} */
export function arrow(edge, uid) {
  const [first, ...rest] = edge.points;
  const path = s("path.sfn-line", { d: `M${first.join(" ")}C${rest.map((point) => point.join(" ")).join(" ")}`, "marker-end": `url(#${uid}-edge)` });
  const title = s("title");
  title.textContent = edge.title || "";
  const group = s(`g.sfn-edge.${edge.kind}`, {}, edge.title ? title : null, path);
  const { label_at: at } = edge;
  if (at && edge.label) {
    const lines = edge.label.split("\n");
    const top = at[1] - (LABEL_STEP * (lines.length - 1)) / 2 + 3.8;
    lines.forEach((line, index) => {
      group.append(s("text.sfn-label", { x: at[0], y: top + LABEL_STEP * index }, upright(line)));
    });
  }
  return { edge, group, path };
}
