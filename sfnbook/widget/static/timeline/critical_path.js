// @ts-nocheck: its types are still to be written
// critical_path: the visits that a run's duration is made of. Knows visits; not how they are drawn.

const CLOSE = 0.5; // ms between the end of one iteration and the beginning of the one that took its place

/**
 * The visits without which the run would have been over sooner: of each Parallel the branch that ended last, of each Map
 * the iteration that did, and the ones whose places it took.
 * @param {{id: number, address: string, frame: string, status: string, start_ms: number, end_ms: number|null}[]} visits
 * @returns {{ids: Set<number>, addresses: Set<string>, edges: Set<string>, split: boolean}} split: something ran beside it
 */
export function criticalPath(visits) {
  const lines = new Map(); // frame -> its visits
  for (const visit of visits) {
    if (!lines.has(visit.frame)) lines.set(visit.frame, []);
    lines.get(visit.frame).push(visit);
  }
  const inside = new Map(); // frame around -> the frames in it
  for (const frame of lines.keys()) {
    if (!frame) continue;
    const around = frame.slice(0, Math.max(0, frame.lastIndexOf("/")));
    if (!inside.has(around)) inside.set(around, []);
    inside.get(around).push(frame);
  }
  const found = { ids: new Set(), addresses: new Set(), edges: new Set(), split: false };
  const ended = (line) => Math.max(...line.map((visit) => visit.end_ms ?? Infinity));
  const walk = (frame) => {
    const line = lines.get(frame) || [];
    line.forEach((visit, i) => {
      const next = line[i + 1];
      found.ids.add(visit.id);
      found.addresses.add(visit.address);
      if (next) found.edges.add(`${visit.address} ${visit.status === "caught" ? "!>" : "->"} ${next.address}`);
      const held = (inside.get(frame) || []).filter((one) => {
        const [first] = lines.get(one);
        return first.id > visit.id && (!next || first.id < next.id) && first.address.startsWith(`${visit.address}/`);
      });
      if (held.length > 1) found.split = true;
      for (const one of slowest(held, lines, ended)) walk(one);
    });
  };
  walk("");
  return found;
}

/** Of lines that ran beside each other the one that ended last, and before it those that kept it from beginning. */
function slowest(frames, lines, ended) {
  const left = new Set(frames);
  const found = [];
  let until = Infinity;
  while (left.size) {
    let last = null;
    for (const frame of left) {
      const end = ended(lines.get(frame));
      if (found.length ? end > until + CLOSE || end < until - CLOSE : false) continue;
      const whole = lines.get(frame).at(-1).status !== "aborted";
      if (!last || end > last.end || (end === last.end && whole && !last.whole)) last = { frame, end, whole };
    }
    if (!last) break;
    found.push(last.frame);
    left.delete(last.frame);
    const began = lines.get(last.frame)[0].start_ms;
    if (began >= until) break;
    until = began;
    if ([...left].every((frame) => lines.get(frame)[0].start_ms >= began)) break; // it began with the first
  }
  return found;
}
