// containers: what contains what. The containers around each state, the states in each container, which containers are folded.
// Knows addresses; not what is drawn.

export class ContainerTree {
  constructor() {
    /** Each node's container, null for none. @type {Map<string, string|null>} */
    this.parents = new Map();
    /** All the states in each container, also those deeper in it. @type {Map<string, Set<string>>} */
    this.inside = new Map();
    /** @type {Set<string>} */
    this.folded = new Set();
  }

  /** Take in a graph's nodes, outer before inner. @param {{id: string, kind: string, parent: string|null}[]} nodes */
  relate(nodes) {
    this.parents = new Map(nodes.map((node) => [node.id, node.parent]));
    this.inside = new Map(nodes.filter((node) => node.kind === "container").map((node) => [node.id, new Set()]));
    for (const node of nodes) for (const holder of this.around(node.id)) this.inside.get(holder)?.add(node.id);
  }

  /** The containers around an address, the nearest first. @param {string} address @returns {Generator<string>} */
  *around(address) {
    for (let at = this.parents.get(address); at; at = this.parents.get(at)) yield at;
  }

  /** How many containers are around an address. @param {string} address @returns {number} */
  depth(address) {
    return [...this.around(address)].length;
  }

  /** @returns {boolean} */
  anyOpen() {
    return [...this.inside.keys()].some((address) => !this.folded.has(address));
  }

  /** What stands for a state: itself, or the outermost folded container around it. @param {string} address @returns {string} */
  boxFor(address) {
    let found = address;
    for (const at of this.around(address)) if (this.folded.has(at)) found = at;
    return found;
  }

  /** What would be folded with one container folded or unfolded. @param {string} address @param {boolean} folded @returns {Set<string>} */
  with(address, folded) {
    const next = new Set(this.folded);
    if (folded) next.add(address);
    else next.delete(address);
    return next;
  }

  /** What would be folded with nothing folded around a state. @param {string} address @returns {Set<string>} */
  showing(address) {
    const next = new Set(this.folded);
    for (const at of this.around(address)) next.delete(at);
    return next;
  }
}
