// critical_path: the visits that a run's duration is made of. Knows visits; not how they are drawn.

const CLOSE = 0.5; // ms between the end of one iteration and the beginning of the one that took its place

/**
 * @typedef {Pick<VisitMessage, "id"|"address"|"frame"|"status"|"start_ms"|"end_ms">} PathVisit what is read of a visit
 * @typedef {{ids: Set<number>, addresses: Set<string>, edges: Set<string>, split: boolean}} CriticalPath `split`: something
 *   ran beside it
 */

/** Put a value into the list under a key. @template V @param {Map<string, V[]>} lists @param {string} key @param {V} value */
function push(lists, key, value) {
  const list = lists.get(key);
  if (list) list.push(value);
  else lists.set(key, [value]);
}

/**
 * The visits without which the run would have been over sooner: of each Parallel the branch that ended last, of each Map
 * the iteration that did, and the ones whose places it took.
 * @param {PathVisit[]} visits @returns {CriticalPath}
 */
export function criticalPath(visits) {
  /** By frame. @type {Map<string, PathVisit[]>} */
  const lines = new Map();
  for (const visit of visits) push(lines, visit.frame, visit);
  /** The frames in a frame. @type {Map<string, string[]>} */
  const inside = new Map();
  for (const frame of lines.keys()) if (frame) push(inside, frame.slice(0, Math.max(0, frame.lastIndexOf("/"))), frame);
  /** @type {CriticalPath} */
  const found = { ids: new Set(), addresses: new Set(), edges: new Set(), split: false };
  const walk = (/** @type {string} */ frame) => {
    const line = lines.get(frame) || [];
    line.forEach((visit, i) => {
      const next = line[i + 1];
      found.ids.add(visit.id);
      found.addresses.add(visit.address);
      if (next) found.edges.add(`${visit.address} ${visit.status === "caught" ? "!>" : "->"} ${next.address}`);
      const held = (inside.get(frame) || []).filter((one) => {
        const [first] = lines.get(one) ?? [];
        return first && first.id > visit.id && (!next || first.id < next.id) && first.address.startsWith(`${visit.address}/`);
      });
      if (held.length > 1) found.split = true;
      for (const one of slowest(held, lines)) walk(one);
    });
  };
  walk("");
  return found;
}

/**
 * Of lines that ran beside each other the one that ended last, and before it those that kept it from beginning.
 * @param {string[]} frames @param {Map<string, PathVisit[]>} lines
 */
function slowest(frames, lines) {
  const left = new Set(
    frames.map((frame) => {
      const line = lines.get(frame) ?? [];
      return {
        frame,
        began: line[0]?.start_ms ?? 0,
        end: Math.max(...line.map((visit) => visit.end_ms ?? Infinity)),
        whole: line.at(-1)?.status !== "aborted",
      };
    }),
  );
  const found = [];
  let until = Infinity;
  while (left.size) {
    let last = null;
    for (const one of left) {
      if (found.length ? one.end > until + CLOSE || one.end < until - CLOSE : false) continue;
      if (!last || one.end > last.end || (one.end === last.end && one.whole && !last.whole)) last = one;
    }
    if (!last) break;
    found.push(last.frame);
    left.delete(last);
    const { began } = last;
    if (began >= until) break;
    until = began;
    if ([...left].every((one) => one.began >= began)) break; // it began with the first
  }
  return found;
}
