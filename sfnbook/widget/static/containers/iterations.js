// iterations: which passes through a container there were (a Map's items, a Parallel's attempts), and how every state
// inside stands in one of them. Counts what the visits say; pure, knows no page.

const WORST_FIRST = ["failed", "aborted", "caught", "succeeded"];

/**
 * @typedef {Pick<VisitMessage, "address"|"frame"|"status"|"end_ms"|"batch"|"next"|"error">} PassVisit what is read of a visit
 * @typedef {{key: string, text: string, status: string}} Pass one way through a container; `key`: the beginning of its frames
 */

/**
 * The passes through a container that the visits know of, in order.
 * @param {PassVisit[]} visits
 * @param {{address: string, depth: number, type: string, inside: Set<string>, within: string}} container `depth` counts
 *   the containers around it; `within` is the pass chosen of the one around it, "" for all
 * @returns {Pass[]}
 */
export function passes(visits, { address, depth, type, inside, within }) {
  /** @type {Map<string, {key: string, outer: string[], started: number, index: number, seen: PassVisit[], batch?: number[]}>} */
  const found = new Map();
  const again = visits.filter((visit) => visit.address === address && isWithin(visit.frame, within)).length > 1 ? "round" : "attempt";
  const map = type === "Map";
  for (const visit of visits) {
    if (!inside.has(visit.address) || !isWithin(visit.frame, within)) continue;
    const steps = visit.frame.split("/").slice(0, depth + 1);
    if (steps.length <= depth) continue;
    const step = steps[depth];
    const [started, index] = step.split(".");
    const key = [...steps.slice(0, depth), map ? step : `${started}.`].join("/");
    const pass = found.get(key) ?? { key, outer: steps.slice(0, depth), started: Number(started), index: Number(index), seen: [] };
    found.set(key, pass);
    pass.seen.push(visit);
    if (visit.batch?.[0] === depth) pass.batch = visit.batch;
  }
  const all = [...found.values()];
  const rounds = [...new Set(all.map((pass) => pass.started))].sort((a, b) => a - b);
  const outers = new Set(all.map((pass) => pass.outer.join("/")));
  all.sort((a, b) => a.started - b.started || a.index - b.index);
  return all.map((pass) => {
    const same = rounds.filter((started) => all.some((other) => other.started === started && other.outer.join("/") === pass.outer.join("/")));
    const words = [
      outers.size > 1 && `${pass.outer.map((step) => step.split(".")[1]).join(" › ")} ›`,
      (same.length > 1 || !map) && `${again} ${same.indexOf(pass.started) + 1}`,
      map && (pass.batch ? batchText(pass.index, pass.batch) : `item ${pass.index}`),
    ];
    return { key: pass.key, text: words.filter(Boolean).join(" "), status: outcome(pass.seen, depth) };
  });
}

/** "batch 2, items 20–29" @param {number} index @param {number[]} batch */
function batchText(index, [, first, last]) {
  return `batch ${index}, ${first === last ? `item ${first}` : `items ${first}–${last}`}`;
}

/**
 * Whether a visit's frame lies in a pass. A Parallel's pass ("5.") holds all its branches ("5.0", "5.1").
 * @param {string} frame @param {string} key
 */
export function isWithin(frame, key) {
  if (!key) return true;
  return key.endsWith(".") ? frame.startsWith(key) : frame === key || frame.startsWith(`${key}/`);
}

/**
 * How a pass stands: what still runs first, then the worst of what its states ended with; then a failure that was caught.
 * @param {PassVisit[]} visits @param {number} depth
 */
function outcome(visits, depth) {
  const own = visits.filter((visit) => visit.frame.split("/").length === depth + 1);
  if (visits.some((visit) => visit.end_ms === null)) return "running";
  for (const status of ["failed", "aborted"]) if (own.some((visit) => visit.status === status)) return status;
  return visits.some((visit) => visit.status === "caught") ? "caught" : "succeeded";
}

/**
 * How the states stand in one pass: statuses and edges as the trait `live` has them, of the addresses given.
 * @param {PassVisit[]} visits @param {Set<string>} inside @param {string} key the pass's
 * @param {(from: string, name: string, caught: boolean) => string|null} edgeId which edge a visit left by
 */
export function standing(visits, inside, key, edgeId) {
  /** @type {Map<string, PassVisit[]>} */
  const groups = new Map();
  /** @type {Record<string, number>} */
  const edges = {};
  for (const visit of visits) {
    if (!inside.has(visit.address) || !isWithin(visit.frame, key)) continue;
    const group = groups.get(visit.address);
    if (group) group.push(visit);
    else groups.set(visit.address, [visit]);
    const edge = visit.next && edgeId(visit.address, visit.next, visit.status === "caught");
    if (edge) edges[edge] = (edges[edge] || 0) + 1;
  }
  /** @type {Record<string, StatusMessage>} */
  const statuses = {};
  for (const [address, group] of groups) statuses[address] = status(group);
  return { statuses, edges };
}

/** @param {PassVisit[]} group of one state @returns {StatusMessage} */
function status(group) {
  const latest = new Map(group.map((visit) => [visit.frame, visit]));
  const now = [...latest.values()];
  const running = now.some((visit) => visit.end_ms === null);
  const worst = running ? "running" : WORST_FIRST.find((one) => now.some((visit) => visit.status === one)) || "running";
  const told = now.find((visit) => visit.status === worst);
  return { status: worst, visits: group.length, note: ["failed", "caught"].includes(worst) ? told?.error || "" : "" };
}
