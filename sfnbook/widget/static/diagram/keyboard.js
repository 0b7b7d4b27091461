// keyboard: where an arrow key leads from a state. Along the edges, into containers and out of them, or to what stands
// beside it. Pure: knows a graph as it is drawn and how often its edges were taken.

/** @typedef {import("./layout.js").GraphNode} GraphNode */
/** @typedef {{nodes: GraphNode[], edges: EdgeMessage[], across: boolean, counts: Record<string, number>}} Picture */

/** @param {GraphNode|undefined} node */
const isState = (node) => node?.kind === "state" || node?.kind === "container";

/** Where a walk begins; undefined in an empty picture. @param {Picture} picture */
export function begin({ nodes, edges }) {
  return edges.find((edge) => edge.from === "<start>")?.to || nodes.find((node) => node.kind === "state")?.id;
}

/**
 * The neighbour along an edge; into a container and out of it where no edge leads on.
 * @param {Picture} picture @param {string} here @param {boolean} forward
 */
export function along({ nodes, edges, counts }, here, forward) {
  /** @type {["from", "to"]|["to", "from"]} */
  const [near, far] = forward ? ["from", "to"] : ["to", "from"];
  const known = new Map(nodes.map((node) => [node.id, node]));
  const leads = (/** @type {string} */ from, /** @type {"from"|"to"} */ end, /** @type {"from"|"to"} */ other) =>
    edges.filter((edge) => edge[end] === from && isState(known.get(edge[other])));
  const node = known.get(here);
  if (!node) return here;
  if (forward && node.kind === "container" && !node.folded) {
    const inside = nodes.filter((other) => other.parent === here).sort((a, b) => a.y - b.y || a.x - b.x)[0];
    if (inside) return inside.id;
  }
  const ways = leads(here, near, far);
  const best = ways.find((edge) => counts[edge.id]) || ways.find((edge) => edge.kind === "next") || ways[0];
  if (best) return best[far];
  if (!forward) return node.parent ?? here;
  for (let around = node.parent; around; around = known.get(around)?.parent ?? null) {
    const out = leads(around, "from", "to")[0];
    if (out) return out.to;
  }
  return here;
}

/** The nearest state to one side (-1, 1) of the way. @param {Picture} picture @param {string} here @param {number} direction */
export function beside({ nodes, across }, here, direction) {
  const at = nodes.find((node) => node.id === here);
  if (!at) return here;
  const centre = (/** @type {GraphNode} */ node) => {
    const [x, y] = [node.x + (across ? Math.min(node.w, 200) : node.w) / 2, node.y + Math.min(node.h, 48) / 2];
    return across ? [y, x] : [x, y];
  };
  const [x, y] = centre(at);
  let best = here;
  let least = Infinity;
  for (const node of nodes) {
    const [nx, ny] = centre(node);
    if (!isState(node) || node.id === here || (nx - x) * direction < 12 || (node.kind === "container" && node.id === at.parent)) continue;
    const distance = Math.abs(nx - x) + 3 * Math.abs(ny - y);
    if (distance < least) [best, least] = [node.id, distance];
  }
  return best;
}
