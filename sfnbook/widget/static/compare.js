// compare: two runs of a machine side by side. Which visit of the one answers to which of the other, what is different, and
// where they parted. Knows visits; not how they are drawn.

/** Visits by their place in the run: state, branch or item on each level, and which time it was there. @param {VisitMessage[]} visits */
function placed(visits) {
  const times = new Map();
  const found = new Map();
  for (const visit of visits) {
    const line = `${visit.address} ${visit.frame
      .split("/")
      .map((step) => step.slice(step.indexOf(".") + 1))
      .join("/")}`;
    const time = (times.get(line) || 0) + 1;
    times.set(line, time);
    found.set(`${line} ${time}`, visit);
  }
  return found;
}

/** @param {Value|undefined} value */
const text = (value) => (value ? `${value.bytes} ${value.text}` : "");

/**
 * What is different between two visits of a state, "" for nothing: the first thing that a reader asks for.
 * @param {VisitMessage} a @param {VisitMessage} b
 */
export function differs(a, b) {
  if (text(a.input) !== text(b.input)) return "input";
  if (a.status !== b.status || a.error !== b.error) return "status";
  if ((a.attempts?.length || 0) !== (b.attempts?.length || 0)) return "attempts";
  if (text(a.output) !== text(b.output)) return "output";
  if (a.next !== b.next) return "next";
  const stages = new Map((b.stages || []).map((stage) => [stage.name, stage.value]));
  return (a.stages || []).some((stage) => stages.has(stage.name) && text(stage.value) !== text(stages.get(stage.name))) ? "stages" : "";
}

/** @param {VisitMessage} visit */
const how = (visit) => (visit.error ? `${visit.status} with ${visit.error}` : visit.status);

/**
 * @typedef {{visits: VisitMessage[], live: LiveMessage}} ComparedRun
 * @typedef {{only: ""|"a"|"b", differs: boolean}} StateDifference
 * @typedef {{pairs: Map<number, VisitMessage>, states: Map<string, StateDifference>, edges: Map<string, "a"|"b">, parted: string}} Comparison
 *   pairs: by a visit's id in a, its twin in b; states: by address; edges: those that only one of them took
 */

/** @param {ComparedRun} a @param {ComparedRun} b @returns {Comparison} */
export function compareRuns(a, b) {
  const [ours, theirs] = [placed(a.visits), placed(b.visits)];
  const pairs = new Map();
  /** @type {Map<string, {a: boolean, b: boolean, differs: boolean}>} */
  const seen = new Map();
  const note = (/** @type {string} */ address, /** @type {""|"a"|"b"} */ side, /** @type {boolean} */ other) => {
    const known = seen.get(address) || { a: false, b: false, differs: false };
    seen.set(address, { a: known.a || side !== "b", b: known.b || side !== "a", differs: known.differs || other });
  };
  let first = "";
  for (const [place, visit] of ours) {
    const twin = theirs.get(place);
    const found = twin ? differs(visit, twin) : "";
    note(visit.address, twin ? "" : "a", Boolean(found));
    if (twin) pairs.set(visit.id, twin);
    if (first) continue;
    if (!twin) first = `${visit.name}: only A came here${visit.where ? ` (${visit.where})` : ""}`;
    else if (found) first = said(visit, twin, found);
  }
  for (const [place, visit] of theirs) {
    if (ours.has(place)) continue;
    note(visit.address, "b", false);
    first ||= `${visit.name}: only B came here${visit.where ? ` (${visit.where})` : ""}`;
  }
  const edges = new Map();
  for (const id of new Set([...Object.keys(a.live.edges || {}), ...Object.keys(b.live.edges || {})])) {
    const [mine, other] = [a.live.edges?.[id], b.live.edges?.[id]];
    if (Boolean(mine) !== Boolean(other)) edges.set(id, mine ? "a" : "b");
  }
  /** @type {Map<string, StateDifference>} */
  const states = new Map();
  for (const [address, { a: mine, b: other, differs: some }] of seen) states.set(address, { only: mine && other ? "" : mine ? "a" : "b", differs: some });
  return {
    pairs,
    states,
    edges,
    parted: text(a.live.input) !== text(b.live.input) ? `the inputs differ${first ? `; then ${first}` : ""}` : first || "no difference",
  };
}

/** Where two visits parted, in words. @param {VisitMessage} a @param {VisitMessage} b @param {string} what */
function said(a, b, what) {
  const where = a.where ? `${a.name} (${a.where})` : a.name;
  switch (what) {
    case "status":
      return `${where}: ${how(a)} in A, ${how(b)} in B`;
    case "attempts":
      return `${where}: ${a.attempts?.length || 0} attempts in A, ${b.attempts?.length || 0} in B`;
    case "next":
      return `${where}: A went on to ${a.next ?? "the end"}, B to ${b.next ?? "the end"}`;
    case "stages":
      return `${where}: the data on its way is different`;
    default:
      return `${where}: the ${what} is different`;
  }
}
