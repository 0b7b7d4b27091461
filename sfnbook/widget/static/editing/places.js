// places: where on the picture a "+" stands. On an arrow where neither its label nor another "+" is; in front of a box or
// behind it where no arrow is drawn. Pure: knows a graph as it is drawn.

/** @typedef {{x: number, y: number, from?: {x: number, y: number}}} Place `from`: where the stub to it begins, if it has one */
/** @typedef {{nodes: NodeMessage[], edges: EdgeMessage[]}} Drawn */

/** How far the middle of a "+" is from a box that it stands in front of or behind. */
const AWAY = 13;
/** The same for one beside other arrows of that box: it hangs on a stub. */
const STUB = 26;
/** How far from its box's corners a stub begins. */
const CORNER = 16;
/** So near to a label or to another "+" it would lie over it. */
const NEAR = 22;
/** Where on an arrow it is tried, as a share of its length. */
const SHARES = [0.5, 0.38, 0.62, 0.26, 0.74, 0.15, 0.85];

/** A point of a cubic curve. @param {number[][]} four @param {number} t @returns {Place} */
function bezier(four, t) {
  const u = 1 - t;
  /** @param {number} i */
  const at = (i) => u * u * u * four[0][i] + 3 * u * u * t * four[1][i] + 3 * u * t * t * four[2][i] + t * t * t * four[3][i];
  return { x: at(0), y: at(1) };
}

/** Points along an arrow, close together. @param {number[][]} points an end, and three for each curve after it @returns {Place[]} */
export function trace(points) {
  /** @type {Place[]} */
  const found = [];
  for (let start = 0; start + 3 < points.length; start += 3) {
    const four = points.slice(start, start + 4);
    for (let i = found.length ? 1 : 0; i <= 12; i += 1) found.push(bezier(four, i / 12));
  }
  return found.length ? found : points.map(([x, y]) => ({ x, y }));
}

/** The point at a share of a line's length. @param {Place[]} line @param {number} share @returns {Place} */
export function pointAlong(line, share) {
  const steps = line.slice(1).map((point, i) => Math.hypot(point.x - line[i].x, point.y - line[i].y));
  let left = share * steps.reduce((sum, step) => sum + step, 0);
  for (let i = 0; i < steps.length; i += 1) {
    if (left <= steps[i] && steps[i] > 0) {
      const part = left / steps[i];
      return { x: line[i].x + (line[i + 1].x - line[i].x) * part, y: line[i].y + (line[i + 1].y - line[i].y) * part };
    }
    left -= steps[i];
  }
  return line[line.length - 1];
}

/** Whether a place is on or next to an arrow's label. @param {EdgeMessage} edge @param {Place} place */
function onLabel(edge, place) {
  if (!edge.label_at || !edge.label) return false;
  const lines = edge.label.split("\n");
  const [x, y] = edge.label_at;
  const width = 6 * Math.max(...lines.map((line) => line.length));
  return place.x > x - 11 && place.x < x + width + 8 && Math.abs(place.y - y) < 8 + 7 * lines.length;
}

/**
 * Behind a box that other arrows leave, as a Choice without a Default: on a stub at that end of its side where there is more room.
 * @param {NodeMessage} node @param {EdgeMessage[]} leaving @param {boolean} across @returns {Place}
 */
function beside(node, leaving, across) {
  const others = leaving.flatMap((edge) => trace(edge.points));
  const [side, length] = across ? [node.x + node.w, node.h] : [node.y + node.h, node.w];
  const along = across ? node.y : node.x;
  const ends = [along + length - CORNER, along + CORNER].map((at) => {
    const [place, from] = across
      ? [
          { x: side + STUB, y: at },
          { x: side, y: at },
        ]
      : [
          { x: at, y: side + STUB },
          { x: at, y: side },
        ];
    return { place: { ...place, from }, room: Math.min(...others.map((other) => Math.hypot(other.x - place.x, other.y - place.y))) };
  });
  return (ends[1].room > ends[0].room + 1 ? ends[1] : ends[0]).place;
}

/**
 * Where each spot's "+" stands, by its index; spots of what is folded have none.
 * @param {SpotMessage[]} spots @param {Drawn} graph @param {boolean} across the machine runs from left to right
 * @returns {Map<number, Place>}
 */
export function places(spots, graph, across) {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const edges = new Map(graph.edges.map((edge) => [edge.id, edge]));
  /** @type {Map<number, Place>} */
  const found = new Map();
  /** @param {Place} place */
  const free = (place) => ![...found.values()].some((other) => Math.hypot(other.x - place.x, other.y - place.y) < NEAR);
  spots.forEach((spot, index) => {
    if (spot.edge) {
      const edge = edges.get(spot.edge);
      if (!edge) return;
      const line = trace(edge.points);
      const tried = SHARES.map((share) => pointAlong(line, share));
      found.set(index, tried.find((place) => free(place) && !onLabel(edge, place)) ?? tried.find(free) ?? tried[0]);
      return;
    }
    const before = spot.arrow.source === "";
    const node = nodes.get(before ? spot.arrow.target : spot.arrow.source);
    if (!node) return;
    const leaving = before ? [] : graph.edges.filter((edge) => edge.from === node.id);
    if (leaving.length) {
      found.set(index, beside(node, leaving, across));
      return;
    }
    const aside = before ? -AWAY : AWAY;
    found.set(
      index,
      across ? { x: node.x + (before ? 0 : node.w) + aside, y: node.y + node.h / 2 } : { x: node.x + node.w / 2, y: node.y + (before ? 0 : node.h) + aside },
    );
  });
  return found;
}
