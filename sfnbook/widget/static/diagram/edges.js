// edges: the path a run took. Which edges, how often, and on request how many bytes went over each. Knows edges and
// numbers; not what a state does.

import { s } from "../dom.js";
import { DETAIL_PX } from "./text_measure.js";
import { arrow, LABEL_STEP } from "./shapes.js";

/**
 * @typedef {{x: number, y: number, "text-anchor"?: string}} TextPlace
 * @typedef {import("./shapes.js").Arrow & {at: TextPlace, spot: Rectangle, extent: Rectangle, count?: number,
 *   times?: SVGTextElement}} DrawnEdge `at`: where its count stands; `spot`: around that; `extent`: around all of it
 */

/**
 * How often each edge was taken, from where each state went next.
 * @param {EdgeMessage[]} edges @param {Record<string, Partial<StatusMessage>>} statuses by address
 */
export function timesTaken(edges, statuses) {
  const known = new Set(edges.map((edge) => edge.id));
  /** @type {Record<string, number>} */
  const counts = {};
  for (const edge of edges) {
    const source = statuses[edge.from];
    if (edge.from === "<start>") {
      if (statuses[edge.to]?.status) counts[edge.id] = 1;
      continue;
    }
    const count = source?.edges_out?.[edge.to];
    if (!count) continue;
    const twin = known.has(edge.kind === "catch" ? `${edge.from} -> ${edge.to}` : `${edge.from} !> ${edge.to}`);
    const caught = source.status === "caught" || source.status === "failed";
    if (!twin || (edge.kind === "catch") === caught) counts[edge.id] = count;
  }
  return counts;
}

export class EdgeLayer {
  /** @param {import("./text_measure.js").Ruler} ruler @param {string} uid of the arrow heads */
  constructor(ruler, uid) {
    this.ruler = ruler;
    this.uid = uid;
    this.across = false;
    /** By id. @type {Map<string, DrawnEdge>} */
    this.edges = new Map();
    /** The edges that `leaving` found. @type {Map<string, string|null>} */
    this.leads = new Map();
    this.layer = s("g.sfn-edges");
    /** The counts, above all lines, so that none strikes them through. */
    this.numbers = s("g.sfn-numbers");
    /** How often each edge was taken, by id, as last drawn. @type {Record<string, number>} */
    this.counts = {};
    this.ended = false;
  }

  /** Draw edges anew, none of them taken. @param {EdgeMessage[]} edges @param {boolean} across the machine runs to the right */
  draw(edges, across) {
    this.across = across;
    this.counts = {};
    this.leads = new Map();
    this.edges = new Map(edges.map((edge) => [edge.id, this.#drawn(edge)]));
    this.layer = s("g.sfn-edges");
    this.numbers = s("g.sfn-numbers");
  }

  /** @param {EdgeMessage} edge @returns {DrawnEdge} */
  #drawn(edge) {
    const [xs, ys] = [edge.points.map(([x]) => x), edge.points.map(([, y]) => y)];
    const [x, y] = [Math.min(...xs), Math.min(...ys)];
    const at = this.#timesAt(edge);
    return {
      ...arrow(edge, this.uid),
      at,
      spot: { x: at.x - 20, y: at.y - 10, w: 60, h: 14 },
      extent: { x, y, w: Math.max(...xs) - x + 60, h: Math.max(...ys) - y + 12 },
    };
  }

  /**
   * The id of the edge from a state to the one of that name, null for none.
   * @param {string} from @param {string} name @param {boolean} caught by a Catch @param {(address: string) => string|undefined} nameOf
   */
  leaving(from, name, caught, nameOf) {
    const key = `${caught}${from}\n${name}`;
    const known = this.leads.get(key);
    if (known !== undefined) return known;
    const found = [...this.edges.values()].find(({ edge }) => edge.from === from && (edge.kind === "catch") === caught && nameOf(edge.to) === name);
    const id = found?.edge.id ?? null;
    this.leads.set(key, id);
    return id;
  }

  /**
   * Draw the path taken; true where some of it is out of view and still to be drawn.
   * @param {Record<string, number>} counts @param {(extent: Rectangle) => boolean} seen
   */
  count(counts, seen) {
    let behind = false;
    this.ended = false;
    for (const [id, drawn] of this.edges) {
      const count = counts[id] || 0;
      if (count && drawn.edge.to === "<end>") this.ended = true;
      const before = drawn.count || 0;
      if (before === count) continue;
      // A long line is always in view somewhere; where only its number changes, the number's place decides.
      if (!seen(before && count ? drawn.spot : drawn.extent)) {
        behind = true;
        continue;
      }
      drawn.count = count;
      this.#write(drawn);
      if (before && count) continue;
      drawn.group.classList.toggle("taken", count > 0);
      drawn.path.setAttribute("marker-end", `url(#${this.uid}-${!count ? "edge" : drawn.edge.kind === "catch" ? "caught" : "taken"})`);
      if (count && drawn.group.parentNode) this.layer.append(drawn.group);
    }
    this.counts = counts;
    return behind;
  }

  /** How often an edge was taken, beside it, from twice on. @param {DrawnEdge} drawn */
  #write(drawn) {
    const words = drawn.count && drawn.count > 1 ? `×${drawn.count}` : "";
    if (!words && !drawn.times) return;
    if (!drawn.times) {
      drawn.times = s(`text.sfn-times${drawn.edge.kind === "catch" ? ".catch" : ""}`, drawn.at);
      this.numbers.append(drawn.times);
    }
    drawn.times.textContent = words;
  }

  /** Behind the label; without one beside a straight piece of the curve, or where it arrives. @param {EdgeMessage} edge @returns {TextPlace} */
  #timesAt({ points, label, label_at: at }) {
    if (at && label) {
      const lines = label.split("\n");
      return { x: at[0] + this.ruler.width(lines[lines.length - 1], DETAIL_PX, false) + 5, y: at[1] + (LABEL_STEP * (lines.length - 1)) / 2 + 3.8 };
    }
    const [along, aside] = this.across ? [0, 1] : [1, 0];
    let best = points.slice(-4);
    let longest = 24;
    for (let start = 0; start + 3 < points.length; start += 3) {
      const [p, q] = [points[start], points[start + 3]];
      const length = Math.abs(p[along] - q[along]);
      if (Math.abs(p[aside] - q[aside]) < 0.5 && length > longest) [best, longest] = [points.slice(start, start + 4), length];
    }
    const middle = (/** @type {number} */ i) => (best[0][i] + 3 * best[1][i] + 3 * best[2][i] + best[3][i]) / 8;
    return this.across ? { x: middle(0), y: middle(1) - 5, "text-anchor": "middle" } : { x: middle(0) + 6, y: middle(1) + 3.5 };
  }
}
