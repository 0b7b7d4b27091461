// byte_labels: how many bytes went over each edge, written beside it. Owns where such a text stands: near its own edge, clear
// of boxes, labels, other edges and each other. Knows curves, rectangles and numbers.

import { sampled } from "./layout.js";
import { s } from "../dom.js";
import { bytes, count } from "../format.js";
import { LABEL_STEP } from "./shapes.js";
import { DETAIL_PX } from "./text_measure.js";

/** @typedef {import("./layout.js").GraphNode} GraphNode */

/** What a state's input or output may have at most, as AWS counts it: bytes of UTF-8. */
const LIMIT = 262_144;
/** From these shares of the limit on a size is near it, or at it. */
const NEAR = 0.5;
const AT = 0.8;
const SIZE = 10;
const HEIGHT = 13;
/** Room for a number a little longer. */
const SPARE = 4;
const HEADER = 40;
const BAND = 32;
/** Places along an edge that are tried, the middle first. */
const SHARES = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.12, 0.88];
/** Pixels between two points of a curve that are looked at. */
const FINE = 8;
/** @typedef {Rectangle & {kind: "box"|"text"|"line", of?: string}} Obstacle `of`: the edge that it belongs to */
/** @typedef {{size: number, text: SVGTextElement, place: Obstacle}} ByteLabel */

/** @type {Record<Obstacle["kind"], number>} */
const COSTS = { box: 30, text: 20, line: 3 };

/** "1.2 KB", with its share of the limit where that is worth saying. @param {number} size */
export function bytesText(size) {
  const share = size / LIMIT;
  return share < NEAR ? bytes(size) : `${bytes(size)} · ${Math.round(share * 100)}%`;
}

/** @param {number} size @returns {""|"near"|"at"} */
export const nearLimit = (size) => (size >= LIMIT * AT ? "at" : size >= LIMIT * NEAR ? "near" : "");

export class ByteLabels {
  /** @param {import("./text_measure.js").Ruler} ruler */
  constructor(ruler) {
    this.ruler = ruler;
    this.layer = s("g.sfn-byte-labels");
    this.on = false;
    /** @type {EdgeMessage[]} */
    this.edges = [];
    /** @type {GraphNode[]} */
    this.nodes = [];
    /** @type {(id: string) => {x: number, y: number}|undefined} */
    this.spots = () => undefined;
    /** What stands where; null while nothing is written. @type {Obstacles|null} */
    this.obstacles = null;
    /** By edge. @type {Map<string, ByteLabel>} */
    this.written = new Map();
  }

  /**
   * Take another picture.
   * @param {import("./layout.js").Graph} graph as it is drawn
   * @param {(id: string) => {x: number, y: number}|undefined} spots where an edge's count stands
   */
  draw(graph, spots) {
    this.edges = graph.edges;
    this.nodes = graph.nodes;
    this.spots = spots;
    this.obstacles = null;
    this.written.clear();
    this.layer = s("g.sfn-byte-labels");
  }

  /** Write what went over the edges that were taken. @param {Record<string, number>} sizes by edge @param {Record<string, number>} counts how often it was taken */
  show(sizes, counts) {
    if (!this.on) {
      if (this.written.size) {
        this.layer.replaceChildren();
        this.written.clear();
        this.obstacles = null;
      }
      return;
    }
    const obstacles = (this.obstacles ??= this.#obstacles(counts));
    for (const edge of this.edges) {
      const size = counts[edge.id] ? sizes[edge.id] : undefined;
      const before = this.written.get(edge.id);
      if (before?.size === size) continue;
      if (before && size !== undefined && this.#rewrite(before, size)) continue;
      if (before) {
        before.text.remove();
        obstacles.drop(before.place);
        this.written.delete(edge.id);
      }
      if (size !== undefined) this.#write(edge, size, obstacles);
    }
  }

  /** @param {EdgeMessage} edge @param {number} size @param {Obstacles} obstacles */
  #write(edge, size, obstacles) {
    const place = this.#place(edge, this.ruler.width(bytesText(size), SIZE, true) + SPARE, obstacles);
    obstacles.put(place);
    const text = s("text", { x: place.x, y: place.y + HEIGHT - 3.5 }, s("tspan"), s("title"));
    this.layer.append(text);
    const written = { size, text, place };
    this.written.set(edge.id, written);
    this.#rewrite(written, size);
  }

  /** Write another size where one stands; false where it needs more room. @param {ByteLabel} written @param {number} size */
  #rewrite(written, size) {
    const words = bytesText(size);
    if (this.ruler.width(words, SIZE, true) > written.place.w) return false;
    const [said, title] = written.text.children;
    written.size = size;
    written.text.setAttribute("class", `sfn-byte-label ${nearLimit(size) || "light"}`);
    if (said.textContent !== words) said.textContent = words;
    title.textContent = `${count(size)} bytes of ${count(LIMIT)} (${((size / LIMIT) * 100).toFixed(1)}%)`;
    return true;
  }

  /** The best place for a text of that width beside an edge. @param {EdgeMessage} edge @param {number} width @param {Obstacles} obstacles */
  #place(edge, width, obstacles) {
    /** @type {Obstacle} */
    let best = { x: 0, y: 0, w: width, h: HEIGHT, kind: "text", of: edge.id };
    let least = Infinity;
    for (const [x, y, dear] of this.#spots(edge, width)) {
      const place = { ...best, x, y };
      const cost = dear + obstacles.cost(place);
      if (cost < least) [best, least] = [place, cost];
      if (!least) break;
    }
    return best;
  }

  /** Upper left corners to try, each with how little it is liked. @param {EdgeMessage} edge @param {number} width @returns {Generator<[x: number, y: number, dear: number]>} */
  *#spots({ points, label_at: at, label }, width) {
    if (at && label) {
      const lines = label.split("\n").length;
      yield [at[0], at[1] + (LABEL_STEP * lines) / 2, 0];
      yield [at[0], at[1] - (LABEL_STEP * lines) / 2 - HEIGHT, 0.5];
    }
    const track = sampled(points, FINE);
    for (const share of SHARES) {
      const [x, y] = track[Math.round(share * (track.length - 1))];
      const far = Math.abs(share - 0.5);
      yield [x + 6, y - HEIGHT / 2, far];
      yield [x - width - 6, y - HEIGHT / 2, far + 0.2];
      yield [x - width / 2, y - HEIGHT - 3, far + 0.6];
      yield [x - width / 2, y + 3, far + 0.7];
    }
  }

  /** @param {Record<string, number>} counts */
  #obstacles(counts) {
    const obstacles = new Obstacles();
    for (const node of this.nodes) {
      const open = node.kind === "container" && !node.folded;
      obstacles.put({ x: node.x, y: node.y, w: node.w, h: open ? HEADER : node.h, kind: "box" });
    }
    for (const { id, label, label_at: at, points } of this.edges) {
      if (at && label) {
        const lines = label.split("\n");
        const width = Math.max(...lines.map((line) => this.ruler.width(line, DETAIL_PX, false)));
        obstacles.put({ x: at[0] - 2, y: at[1] - (LABEL_STEP * lines.length) / 2, w: width + 4, h: LABEL_STEP * lines.length, kind: "text" });
      }
      const spot = counts[id] > 1 && this.spots(id);
      if (spot) {
        obstacles.put({ x: spot.x - 1, y: spot.y - SIZE, w: this.ruler.width(`×${counts[id]}`, SIZE, true) + 2, h: HEIGHT, kind: "text" });
      }
      for (const [x, y] of sampled(points, FINE)) obstacles.put({ x: x - 1.5, y: y - 1.5, w: 3, h: 3, kind: "line", of: id });
    }
    return obstacles;
  }
}

/** Rectangles in horizontal bands, to ask what one would cover. */
class Obstacles {
  constructor() {
    /** @type {Map<number, Set<Obstacle>>} */
    this.bands = new Map();
  }

  /** @param {Rectangle} rectangle */
  #bandsOf({ y, h }) {
    const first = Math.floor(y / BAND);
    return Array.from({ length: Math.floor((y + h) / BAND) - first + 1 }, (_, index) => first + index);
  }

  /** @param {Obstacle} one */
  put(one) {
    for (const band of this.#bandsOf(one)) {
      const found = this.bands.get(band);
      if (found) found.add(one);
      else this.bands.set(band, new Set([one]));
    }
  }

  /** @param {Obstacle} one */
  drop(one) {
    for (const band of this.#bandsOf(one)) this.bands.get(band)?.delete(one);
  }

  /** What it costs to stand there: 0 where nothing is, boxes dearer than texts, texts dearer than lines. @param {Rectangle} place */
  cost(place) {
    /** @type {Set<Obstacle>} */
    const met = new Set();
    for (const band of this.#bandsOf(place)) {
      for (const one of this.bands.get(band) || []) {
        if (one.x < place.x + place.w && place.x < one.x + one.w && one.y < place.y + place.h && place.y < one.y + one.h) met.add(one);
      }
    }
    let cost = 0;
    for (const one of met) cost += COSTS[one.kind];
    return cost;
  }
}
