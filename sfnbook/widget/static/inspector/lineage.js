// @ts-nocheck: its types are still to be written
// lineage: follows the links of the visits, as history/lineage.py does, without a kernel. A link says something of a
// place and of all below it, unless a link to a place further below says otherwise.

const RUN = 0;
const SINKS = new Set(["task", "read"]);
const ENDS = new Set(["task", "error", "outside", "constant"]);
const MOST = 300;

/**
 * @typedef {(string|number)[]} Path
 * @typedef {{visit: number, stage: string, path: Path}} Spot
 * @typedef {{to: Spot, sources: Spot[], how: string, by: string}} Link
 * @typedef {{depth: number, visit: number, address: string|null, name: string, where: string, stage: string, path: Path,
 *            how: string, by: string, without: Path[]}} Hop
 */

const key = (visit, stage) => `${visit} ${stage}`;
const starts = (path, with_) => path.length >= with_.length && with_.every((step, i) => step === path[i]);
const same = (a, b) => a.length === b.length && starts(a, b);

/** The links to the places of one stage. */
class Claims {
  constructor() { this.links = new Map(); this.chosen = []; }

  add(link) {
    if (link.how === "chosen") this.chosen.push(link);
    else this.links.set(JSON.stringify(link.to.path), link);
  }

  main(path) {
    for (let length = path.length; length >= 0; length--) {
      const link = this.links.get(JSON.stringify(path.slice(0, length)));
      if (link) return link;
    }
    return null;
  }

  below(path) { return [...this.links.values()].filter((link) => link.to.path.length > path.length && starts(link.to.path, path)); }
}

const NONE = new Claims();

export class Trace {
  /** @param {any[]} visits as in the trait */
  constructor(visits) {
    this.visits = new Map(visits.map((visit) => [visit.id, visit]));
    this.claims = new Map();
    this.consumers = new Map();
    this.memo = new Map();
    this.partial = false; // some links of these visits did not travel
    for (const visit of visits) {
      this.partial ||= Boolean(visit.links_cut);
      for (const [stage, path, how, by, sources] of visit.links || []) this.#add(visit, stage, path, how, by, sources);
    }
    this.some = visits.some((visit) => visit.links);
  }

  #add(visit, stage, path, how, by, sources) {
    const to = stage === "@output" ? { visit: RUN, stage: "output", path } : { visit: visit.id, stage, path };
    const link = { to, how, by, sources: sources.map(([id, name, from]) => ({ visit: id, stage: name, path: from })) };
    const at = key(to.visit, to.stage);
    if (!this.claims.has(at)) this.claims.set(at, new Claims());
    this.claims.get(at).add(link);
    for (const source of link.sources) {
      const from = key(source.visit, source.stage);
      if (!this.consumers.has(from)) this.consumers.set(from, []);
      this.consumers.get(from).push([source, link]);
    }
  }

  #at(spot) { return this.claims.get(key(spot.visit, spot.stage)) || NONE; }

  /** Whether the links of a place are in the page. */
  knows(spot) { return spot.visit === RUN || (this.visits.has(spot.visit) && !this.visits.get(spot.visit).links_cut); }

  /** @returns {Hop} */
  #hop(depth, spot, how, by, without = []) {
    const visit = this.visits.get(spot.visit);
    return { depth, ...spot, address: visit?.address ?? null, name: visit?.name ?? "", where: visit?.where ?? "", how, by, without };
  }

  /** The way back from a place to its origins. @returns {{hops: Hop[], whole: boolean}} whole: nothing is missing */
  back(spot) {
    const waiting = [[0, spot, []]];
    const seen = new Set();
    const hops = [];
    let whole = true;
    while (waiting.length && hops.length < MOST) {
      const [depth, here, without] = waiting.pop();
      if (here.visit === RUN && here.stage === "input") { hops.push(this.#hop(depth, here, "origin", "", without)); continue; }
      const id = JSON.stringify([here, without]);
      if (seen.has(id)) { hops.push(this.#hop(depth, here, "again", "", without)); continue; }
      seen.add(id);
      whole &&= this.knows(here);
      const claims = this.#at(here);
      const main = claims.main(here.path);
      hops.push(this.#hop(depth, here, main ? main.how : "outside", main ? main.by : "", without));
      const following = unique(behind(here, without, main, claims));
      const deeper = depth + (following.length > 1 ? 1 : 0);
      for (const [next, hidden] of following.reverse()) waiting.push([deeper, next, hidden]);
    }
    return { hops, whole: whole && !waiting.length };
  }

  #onward(spot) {
    const found = [];
    for (const [source, link] of this.consumers.get(key(spot.visit, spot.stage)) || []) {
      if (!starts(spot.path, source.path) && !starts(source.path, spot.path)) continue;
      const path = link.how === "copy" ? [...link.to.path, ...spot.path.slice(source.path.length)] : link.to.path;
      if (link.how === "read" || link.how === "chosen" || this.#at(link.to).main(path) === link) found.push([link, { ...link.to, path }]);
    }
    return found;
  }

  /** The ways on from a place to everybody who used it. @returns {Hop[]} */
  forward(spot) {
    const waiting = this.#onward(spot).reverse().map(([link, to]) => [0, link, to]);
    const seen = new Set();
    const hops = [];
    while (waiting.length && hops.length < MOST) {
      const [depth, link, here] = waiting.pop();
      const id = JSON.stringify([here, link.by]);
      if (seen.has(id)) continue;
      seen.add(id);
      const following = SINKS.has(link.how) ? [] : this.#onward(here);
      if (!following.length && (here.stage === "context" || here.stage === "variables")) continue;
      hops.push(this.#hop(depth, here, link.how, link.by));
      const deeper = depth + (following.length > 1 ? 1 : 0);
      for (const [next, to] of following.reverse()) waiting.push([deeper, next, to]);
    }
    return hops;
  }

  /** The places of a stage that somebody used. @returns {{path: Path, without: Path[]}[]} */
  used(visit, stage) {
    const waiting = [[visit, stage]];
    const opened = new Set();
    while (waiting.length) {
      const [id, name] = waiting.at(-1);
      const at = key(id, name);
      if (this.memo.has(at)) { waiting.pop(); continue; }
      if (!opened.has(at)) {
        opened.add(at);
        const missing = (this.consumers.get(at) || []).filter(([, link]) => !SINKS.has(link.how)).map(([, link]) => [link.to.visit, link.to.stage])
          .filter(([v, s]) => !this.memo.has(key(v, s)) && !opened.has(key(v, s)));
        if (missing.length) { waiting.push(...missing); continue; }
      }
      waiting.pop();
      this.memo.set(at, this.#count(id, name));
    }
    return this.memo.get(key(visit, stage));
  }

  #count(visit, stage) {
    if (visit === RUN && stage === "output") return [{ path: [], without: [] }];
    const found = new Map();
    const put = (used) => found.set(JSON.stringify(used), used);
    for (const [source, link] of this.consumers.get(key(visit, stage)) || []) {
      if (SINKS.has(link.how)) { put({ path: source.path, without: [] }); continue; }
      const claims = this.#at(link.to);
      for (const used of this.memo.get(key(link.to.visit, link.to.stage)) || []) {
        if (link.how === "copy") { const one = carried(used, source.path, link, claims); if (one) put(one); }
        else if (touches(used, link.to.path)) put({ path: source.path, without: [] });
      }
    }
    return [...found.values()];
  }

  /** Whether anybody used a place or some of what is below it; null when that cannot be told from here. */
  isUsed(spot) {
    if (!this.some || this.partial) return null;
    return this.used(spot.visit, spot.stage).some((one) => touches(one, spot.path));
  }
}

function unique(pairs) {
  const seen = new Set();
  return pairs.filter((pair) => { const id = JSON.stringify(pair); return !seen.has(id) && seen.add(id); });
}

/** The places that made a place, each with what below it does not count. @returns {[Spot, Path[]][]} */
function behind(here, without, link, claims) {
  const found = [];
  const parts = claims.below(here.path).filter((part) => !without.some((path) => starts(part.to.path, path)));
  if (link?.how === "copy") {
    const depth = link.to.path.length;
    const hidden = [...parts.map((part) => part.to.path), ...without];
    for (const source of link.sources) {
      found.push([{ ...source, path: [...source.path, ...here.path.slice(depth)] }, hidden.map((path) => [...source.path, ...path.slice(depth)])]);
    }
  } else if (link && !ENDS.has(link.how)) for (const source of link.sources) found.push([source, []]);
  for (const part of parts) found.push([part.to, without.filter((path) => starts(path, part.to.path))]);
  for (const choice of claims.chosen) if (starts(here.path, choice.to.path)) for (const source of choice.sources) found.push([source, []]);
  return found;
}

function carried(used, source, link, claims) {
  const to = link.to.path;
  let covered;
  let path;
  if (used.path.length >= to.length) {
    if (!starts(used.path, to) || claims.main(used.path) !== link) return null;
    covered = claims.below(used.path).map((other) => other.to.path);
    path = [...source, ...used.path.slice(to.length)];
  } else {
    if (!starts(to, used.path) || claims.links.get(JSON.stringify(to)) !== link || used.without.some((one) => starts(to, one))) return null;
    covered = claims.below(to).map((other) => other.to.path);
    path = source;
  }
  const without = [...covered, ...used.without].filter((one) => starts(one, to)).map((one) => [...source, ...one.slice(to.length)]);
  return { path, without };
}

function touches(used, path) {
  if (path.length < used.path.length) return starts(used.path, path);
  return starts(path, used.path) && !used.without.some((one) => starts(path, one));
}

/** Leave out the hops at which nothing happened: a value that only passed through a state is told of once. */
export function shortened(hops) {
  const kept = [];
  hops.forEach((hop, i) => {
    const next = hops[i + 1];
    if (kept.length && hop.how === "copy" && next && next.depth === hop.depth) {
      const last = kept.at(-1);
      if ((last.visit === hop.visit && last.depth === hop.depth && !hop.by) || (hop.stage === "input" && same(next.path, hop.path))) return;
    }
    kept.push(hop);
  });
  return kept;
}

/** A place in a stage as the definition would write it: variables by their name, the Context object as $$. */
export function placeText({ stage, path }) {
  if (stage === "context") return `$${pathText(path)}`;
  if ((stage === "variables" || stage === "assigned") && path.length) return `$${path[0]}${pathText(path.slice(1)).slice(1)}`;
  return pathText(path);
}

/** A place as a path. */
export function pathText(path) {
  return `$${path.map((step) => (typeof step === "number" ? `[${step}]` : /^[\p{L}_][\p{L}\p{N}_]*$/u.test(step) ? `.${step}` : `['${step.replace(/[\\']/g, "\\$&")}']`)).join("")}`;
}
