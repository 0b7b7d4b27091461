// lineage: follows the links of the visits, as history/lineage.py does, without a kernel. A link says something of a
// place and of all below it, unless a link to a place further below says otherwise.

const RUN = 0;
const SINKS = new Set(["task", "read"]);
const ENDS = new Set(["task", "error", "outside", "constant"]);
const MOST = 300;

/**
 * @typedef {{visit: number, stage: string, path: PathMessage}} Spot a place in a stage; visit 0: of the execution
 * @typedef {{to: Spot, sources: Spot[], how: string, by: string}} Link
 * @typedef {{path: PathMessage, without: PathMessage[]}} Used a place that somebody used, without these places below it
 */

/** @param {number} visit @param {string} stage */
const key = (visit, stage) => `${visit} ${stage}`;
/** @param {PathMessage} path @param {PathMessage} with_ */
const starts = (path, with_) => path.length >= with_.length && with_.every((step, i) => step === path[i]);
/** @param {PathMessage} a @param {PathMessage} b */
const same = (a, b) => a.length === b.length && starts(a, b);

/** The links to the places of one stage. */
class StageLinks {
  constructor() {
    /** By path. @type {Map<string, Link>} */
    this.links = new Map();
    /** @type {Link[]} */
    this.chosen = [];
  }

  /** @param {Link} link */
  add(link) {
    if (link.how === "chosen") this.chosen.push(link);
    else this.links.set(JSON.stringify(link.to.path), link);
  }

  /** The link that says where a place came from. @param {PathMessage} path */
  main(path) {
    for (let length = path.length; length >= 0; length--) {
      const link = this.links.get(JSON.stringify(path.slice(0, length)));
      if (link) return link;
    }
    return null;
  }

  /** The links that say where something below a place came from. @param {PathMessage} path */
  below(path) {
    return [...this.links.values()].filter((link) => link.to.path.length > path.length && starts(link.to.path, path));
  }
}

const NONE = new StageLinks();

export class Trace {
  /** @param {VisitMessage[]} visits */
  constructor(visits) {
    this.visits = new Map(visits.map((visit) => [visit.id, visit]));
    /** By stage. @type {Map<string, StageLinks>} */
    this.stageLinks = new Map();
    /** Who uses what of a stage. @type {Map<string, [source: Spot, link: Link][]>} */
    this.consumers = new Map();
    /** The places of a stage that somebody used. @type {Map<string, Used[]>} */
    this.memo = new Map();
    this.partial = false; // some links of these visits did not travel
    for (const visit of visits) {
      this.partial ||= Boolean(visit.links_cut);
      for (const [stage, path, how, by, sources] of visit.links || []) this.#add(visit, stage, path, how, by, sources);
    }
    this.some = visits.some((visit) => visit.links);
  }

  /** @param {VisitMessage} visit @param {string} stage @param {PathMessage} path @param {string} how @param {string} by @param {SourceMessage[]} sources */
  #add(visit, stage, path, how, by, sources) {
    const to = stage === "@output" ? { visit: RUN, stage: "output", path } : { visit: visit.id, stage, path };
    const link = { to, how, by, sources: sources.map(([id, name, from]) => ({ visit: id, stage: name, path: from })) };
    const at = key(to.visit, to.stage);
    const stageLinks = this.stageLinks.get(at) ?? new StageLinks();
    this.stageLinks.set(at, stageLinks);
    stageLinks.add(link);
    for (const source of link.sources) {
      const from = key(source.visit, source.stage);
      const consumers = this.consumers.get(from);
      if (consumers) consumers.push([source, link]);
      else this.consumers.set(from, [[source, link]]);
    }
  }

  /** @param {Spot} spot */
  #at(spot) {
    return this.stageLinks.get(key(spot.visit, spot.stage)) || NONE;
  }

  /** Whether the links of a place are in the page. @param {Spot} spot */
  knows(spot) {
    const visit = this.visits.get(spot.visit);
    return spot.visit === RUN || (visit !== undefined && !visit.links_cut);
  }

  /** @param {number} depth @param {Spot} spot @param {string} how @param {string} by @param {PathMessage[]} without @returns {HopMessage} */
  #hop(depth, spot, how, by, without = []) {
    const visit = this.visits.get(spot.visit);
    return { depth, ...spot, address: visit?.address ?? null, name: visit?.name ?? "", where: visit?.where ?? "", how, by, without };
  }

  /** The way back from a place to its origins. @param {Spot} spot @returns {{hops: HopMessage[], whole: boolean}} whole: nothing is missing */
  back(spot) {
    /** @type {[depth: number, spot: Spot, without: PathMessage[]][]} */
    const waiting = [[0, spot, []]];
    const seen = new Set();
    /** @type {HopMessage[]} */
    const hops = [];
    let whole = true;
    for (let next = waiting.pop(); next; next = hops.length < MOST ? waiting.pop() : undefined) {
      const [depth, here, without] = next;
      if (here.visit === RUN && here.stage === "input") {
        hops.push(this.#hop(depth, here, "origin", "", without));
        continue;
      }
      const id = JSON.stringify([here, without]);
      if (seen.has(id)) {
        hops.push(this.#hop(depth, here, "again", "", without));
        continue;
      }
      seen.add(id);
      whole &&= this.knows(here);
      const stageLinks = this.#at(here);
      const main = stageLinks.main(here.path);
      hops.push(this.#hop(depth, here, main ? main.how : "outside", main ? main.by : "", without));
      const following = unique(behind(here, without, main, stageLinks));
      const deeper = depth + (following.length > 1 ? 1 : 0);
      for (const [place, hidden] of following.reverse()) waiting.push([deeper, place, hidden]);
    }
    return { hops, whole: whole && !waiting.length };
  }

  /** The links that use a place, and where they lead. @param {Spot} spot */
  #onward(spot) {
    /** @type {[link: Link, to: Spot][]} */
    const found = [];
    for (const [source, link] of this.consumers.get(key(spot.visit, spot.stage)) || []) {
      if (!starts(spot.path, source.path) && !starts(source.path, spot.path)) continue;
      const path = link.how === "copy" ? [...link.to.path, ...spot.path.slice(source.path.length)] : link.to.path;
      if (link.how === "read" || link.how === "chosen" || this.#at(link.to).main(path) === link) found.push([link, { ...link.to, path }]);
    }
    return found;
  }

  /** The ways on from a place to everybody who used it. @param {Spot} spot @returns {HopMessage[]} */
  forward(spot) {
    const waiting = this.#onward(spot)
      .reverse()
      .map(([link, to]) => /** @type {[number, Link, Spot]} */ ([0, link, to]));
    const seen = new Set();
    /** @type {HopMessage[]} */
    const hops = [];
    for (let next = waiting.pop(); next; next = hops.length < MOST ? waiting.pop() : undefined) {
      const [depth, link, here] = next;
      const id = JSON.stringify([here, link.by]);
      if (seen.has(id)) continue;
      seen.add(id);
      const following = SINKS.has(link.how) ? [] : this.#onward(here);
      if (!following.length && (here.stage === "context" || here.stage === "variables")) continue;
      hops.push(this.#hop(depth, here, link.how, link.by));
      const deeper = depth + (following.length > 1 ? 1 : 0);
      for (const [onward, to] of following.reverse()) waiting.push([deeper, onward, to]);
    }
    return hops;
  }

  /** The places of a stage that somebody used. @param {number} visit @param {string} stage @returns {Used[]} */
  used(visit, stage) {
    /** @type {[visit: number, stage: string][]} */
    const waiting = [[visit, stage]];
    const opened = new Set();
    for (let next = waiting.at(-1); next; next = waiting.at(-1)) {
      const [id, name] = next;
      const at = key(id, name);
      if (this.memo.has(at)) {
        waiting.pop();
        continue;
      }
      if (!opened.has(at)) {
        opened.add(at);
        const missing = (this.consumers.get(at) || [])
          .filter(([, link]) => !SINKS.has(link.how))
          .map(([, link]) => /** @type {[number, string]} */ ([link.to.visit, link.to.stage]))
          .filter(([v, s]) => !this.memo.has(key(v, s)) && !opened.has(key(v, s)));
        if (missing.length) {
          waiting.push(...missing);
          continue;
        }
      }
      waiting.pop();
      this.memo.set(at, this.#count(id, name));
    }
    return this.memo.get(key(visit, stage)) ?? [];
  }

  /** @param {number} visit @param {string} stage @returns {Used[]} */
  #count(visit, stage) {
    if (visit === RUN && stage === "output") return [{ path: [], without: [] }];
    /** @type {Map<string, Used>} */
    const found = new Map();
    const put = (/** @type {Used} */ used) => found.set(JSON.stringify(used), used);
    for (const [source, link] of this.consumers.get(key(visit, stage)) || []) {
      if (SINKS.has(link.how)) {
        put({ path: source.path, without: [] });
        continue;
      }
      const stageLinks = this.#at(link.to);
      for (const used of this.memo.get(key(link.to.visit, link.to.stage)) || []) {
        if (link.how === "copy") {
          const one = carried(used, source.path, link, stageLinks);
          if (one) put(one);
        } else if (touches(used, link.to.path)) put({ path: source.path, without: [] });
      }
    }
    return [...found.values()];
  }

  /** Whether anybody used a place or some of what is below it; null when that is not known here. @param {Spot} spot */
  isUsed(spot) {
    if (!this.some || this.partial) return null;
    return this.used(spot.visit, spot.stage).some((one) => touches(one, spot.path));
  }
}

/** Each value once. @template T @param {T[]} pairs */
const unique = (pairs) => [...new Map(pairs.map((pair) => [JSON.stringify(pair), pair])).values()];

/**
 * The places that made a place, each with what below it does not count.
 * @param {Spot} here @param {PathMessage[]} without @param {Link|null} link @param {StageLinks} stageLinks
 */
function behind(here, without, link, stageLinks) {
  /** @type {[Spot, PathMessage[]][]} */
  const found = [];
  const parts = stageLinks.below(here.path).filter((part) => !without.some((path) => starts(part.to.path, path)));
  if (link?.how === "copy") {
    const depth = link.to.path.length;
    const hidden = [...parts.map((part) => part.to.path), ...without];
    for (const source of link.sources) {
      found.push([{ ...source, path: [...source.path, ...here.path.slice(depth)] }, hidden.map((path) => [...source.path, ...path.slice(depth)])]);
    }
  } else if (link && !ENDS.has(link.how)) for (const source of link.sources) found.push([source, []]);
  for (const part of parts) found.push([part.to, without.filter((path) => starts(path, part.to.path))]);
  for (const choice of stageLinks.chosen) if (starts(here.path, choice.to.path)) for (const source of choice.sources) found.push([source, []]);
  return found;
}

/** What is used of a link's source where its value was copied, null for nothing. @param {Used} used @param {PathMessage} source @param {Link} link @param {StageLinks} stageLinks */
function carried(used, source, link, stageLinks) {
  const to = link.to.path;
  let covered;
  let path;
  if (used.path.length >= to.length) {
    if (!starts(used.path, to) || stageLinks.main(used.path) !== link) return null;
    covered = stageLinks.below(used.path).map((other) => other.to.path);
    path = [...source, ...used.path.slice(to.length)];
  } else {
    if (!starts(to, used.path) || stageLinks.links.get(JSON.stringify(to)) !== link || used.without.some((one) => starts(to, one))) return null;
    covered = stageLinks.below(to).map((other) => other.to.path);
    path = source;
  }
  const without = [...covered, ...used.without].filter((one) => starts(one, to)).map((one) => [...source, ...one.slice(to.length)]);
  return { path, without };
}

/** Whether a place or some of what is below it was used. @param {Used} used @param {PathMessage} path */
function touches(used, path) {
  if (path.length < used.path.length) return starts(used.path, path);
  return starts(path, used.path) && !used.without.some((one) => starts(path, one));
}

/** Leave out the hops at which nothing happened: a value that only passed through a state is shown once. @param {HopMessage[]} hops */
export function shortened(hops) {
  /** @type {HopMessage[]} */
  const kept = [];
  hops.forEach((hop, i) => {
    const next = hops[i + 1];
    const last = kept.at(-1);
    if (last && hop.how === "copy" && next && next.depth === hop.depth) {
      if ((last.visit === hop.visit && last.depth === hop.depth && !hop.by) || (hop.stage === "input" && same(next.path, hop.path))) return;
    }
    kept.push(hop);
  });
  return kept;
}

/** A place in a stage as the definition would write it: variables by their name, the Context object as $$. @param {{stage: string, path: PathMessage}} place */
export function placeText({ stage, path }) {
  if (stage === "context") return `$${pathText(path)}`;
  if ((stage === "variables" || stage === "assigned") && path.length) return `$${path[0]}${pathText(path.slice(1)).slice(1)}`;
  return pathText(path);
}

/** A place as a path. @param {PathMessage} path */
export function pathText(path) {
  return `$${path.map((step) => (typeof step === "number" ? `[${step}]` : /^[\p{L}_][\p{L}\p{N}_]*$/u.test(step) ? `.${step}` : `['${step.replace(/[\\']/g, "\\$&")}']`)).join("")}`;
}
