// selection: which pass through each container is shown: one of a Map's items, one of a Parallel's attempts, or all of them.
// Knows the visits and what contains what; nothing is drawn here.

import { isWithin, passes, standing } from "./iterations.js";

/**
 * @typedef {import("./iterations.js").Pass} Pass
 * @typedef {import("./child_runs.js").PictureVisit} PictureVisit
 * @typedef {{id: string, kind: string, type: string}} ContainerNode
 */

export class PassSelection {
  /** @param {import("./containers.js").ContainerTree} containers */
  constructor(containers) {
    this.containers = containers;
    /** The pass chosen of a container, by address; absent where all are shown. @type {Map<string, string>} */
    this.chosen = new Map();
    /** @type {Map<string, Pass[]>} */
    this.known = new Map();
    /** @type {Map<string, string>} */
    this.types = new Map();
    /** @type {PictureVisit[]} */
    this.visits = [];
  }

  /** Find the passes through these containers. @param {PictureVisit[]} visits @param {ContainerNode[]} nodes outer first */
  find(visits, nodes) {
    this.visits = visits || [];
    this.types = new Map(nodes.filter((node) => node.kind === "container").map((node) => [node.id, node.type]));
    for (const address of this.types.keys()) this.#findOf(address);
  }

  /** @param {string} address */
  #findOf(address) {
    const { containers } = this;
    const found = passes(this.visits, {
      address,
      depth: containers.depth(address),
      type: this.types.get(address) ?? "",
      inside: containers.inside.get(address) ?? new Set(),
      within: this.around(address),
    });
    this.known.set(address, found);
    if (this.chosen.has(address) && !found.some((pass) => pass.key === this.chosen.get(address))) this.chosen.delete(address);
  }

  /** @param {string} address @returns {Pass[]} */
  of(address) {
    return this.known.get(address) || [];
  }

  /** The pass chosen of the nearest container around an address, "" where all are shown. @param {string} address */
  around(address) {
    for (const at of this.containers.around(address)) {
      const key = this.chosen.get(at);
      if (key !== undefined) return key;
    }
    return "";
  }

  /** Whether a visit belongs to the passes that are shown. @param {{address: string, frame: string}} visit */
  within(visit) {
    return isWithin(visit.frame, this.around(visit.address));
  }

  /** Show one pass through a container, "" for all. @param {string} address @param {string} key */
  choose(address, key) {
    if (key) this.chosen.set(address, key);
    else this.chosen.delete(address);
  }

  /** The pass so many further on, all of them being one too; null where there is nothing to choose. @param {string} address @param {number} by */
  next(address, by) {
    const keys = ["", ...this.of(address).map((pass) => pass.key)];
    return keys.length < 3 ? null : keys[(keys.indexOf(this.chosen.get(address) || "") + by + keys.length) % keys.length];
  }

  /** Show the passes in which a visit was. @param {PictureVisit} visit @returns {boolean} whether others were shown before */
  follow(visit) {
    if (!this.chosen.size || this.within(visit)) return false;
    for (const at of this.containers.around(visit.address)) {
      if (!this.chosen.has(at)) continue;
      this.chosen.delete(at);
      this.#findOf(at);
      const pass = this.of(at).find(({ key }) => isWithin(visit.frame, key));
      if (pass) this.chosen.set(at, pass.key);
    }
    return true;
  }

  /**
   * Say which pass of a container is shown.
   * @param {{id: string, type: string}} node @param {string} key "" for all
   * @param {{total?: number, batches?: number}} status how many items, in how many batches
   */
  words(node, key, { total, batches } = {}) {
    const found = this.of(node.id);
    if (key) return found.find((pass) => pass.key === key)?.text ?? "";
    if (node.type !== "Map") return `all ${found.length} attempts`;
    return `all ${Math.max(found.length, this.around(node.id) ? 0 : (batches ?? total ?? 0))} ${batches === undefined ? "items" : "batches"}`;
  }

  /**
   * The statuses and edge counts, those inside a container of which one pass is chosen replaced by that pass's.
   * @param {Record<string, Partial<StatusMessage>>} statuses @param {Record<string, number>} counts
   * @param {{id: string, from: string}[]} edges
   * @param {(from: string, name: string, caught: boolean) => string|null} leaving the edge by which a visit left
   */
  narrow(statuses, counts, edges, leaving) {
    if (!this.chosen.size) return { statuses, counts };
    const [now, found] = [{ ...statuses }, { ...counts }];
    const { containers } = this;
    const outerFirst = [...this.chosen].sort(([a], [b]) => containers.depth(a) - containers.depth(b));
    for (const [address, key] of outerFirst) {
      const inside = containers.inside.get(address) ?? new Set();
      for (const one of inside) delete now[one];
      for (const edge of edges) if (inside.has(edge.from)) delete found[edge.id];
      const own = standing(this.visits, inside, key, leaving);
      Object.assign(now, own.statuses);
      Object.assign(found, own.edges);
    }
    return { statuses: now, counts: found };
  }
}
