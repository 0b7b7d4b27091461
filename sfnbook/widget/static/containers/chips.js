// chips: what the chip of a container says and offers: which of a Map's items, of a Parallel's attempts or of the runs
// that a state started is shown. Knows what there is to choose and what is chosen; not how it is drawn.

/**
 * @typedef {import("../diagram/layout.js").GraphNode} GraphNode
 * @typedef {{key: string, text: string, status?: string, note?: string, ask?: import("./picker.js").Ask}} Choice
 * @typedef {{items: Choice[], chosen: string, what: string}} Offer
 */

export class Chips {
  /**
   * @param {import("./selection.js").PassSelection} passSelection @param {import("./child_runs.js").ChildRuns} childRuns
   * @param {{status: (address: string) => Partial<StatusMessage>|undefined, onItem: ((address: string, number: number) => void)|undefined}}
   *   about `status`: how a state stands; `onItem`: fetch an item of a Map run that the page has not
   */
  constructor(passSelection, childRuns, { status, onItem }) {
    this.passSelection = passSelection;
    this.childRuns = childRuns;
    this.status = status;
    this.onItem = onItem;
  }

  /** What a container's chip says; null where there is nothing to choose. @param {GraphNode} node @returns {{words: string, chosen: boolean}|null} */
  of(node) {
    if (node.folded) return null;
    if (node.nested) {
      const choices = this.childRuns.choices(node.id);
      const at = choices.findIndex((one) => one.key === this.#run(node.id));
      return choices.length > 1
        ? { words: `run ${at + 1} of ${choices.length}${this.childRuns.trait.more ? "+" : ""}`, chosen: this.childRuns.chosen.has(node.id) }
        : null;
    }
    if (this.passSelection.of(node.id).length < 2) return null;
    const key = this.passSelection.chosen.get(node.id) || "";
    return { words: this.#words(node, key), chosen: key !== "" };
  }

  /** What a picker offers for it. @param {GraphNode} node @returns {Offer} */
  offer(node) {
    if (node.nested) return { items: this.childRuns.choices(node.id), chosen: this.#run(node.id), what: "run" };
    const all = { key: "", text: this.#words(node, ""), note: "together" };
    return {
      items: [all, ...this.passSelection.of(node.id), ...this.#others(node)],
      chosen: this.passSelection.chosen.get(node.id) || "",
      what: node.type === "Map" ? this.#one(node.id) : "attempt",
    };
  }

  /** Choose one of what is offered. @param {GraphNode} node @param {string} key */
  choose(node, key) {
    if (node.nested) this.childRuns.chosen.set(node.id, key);
    else this.passSelection.choose(node.id, key);
  }

  /** What is so many further on in the offer; null where there is nothing to choose. @param {GraphNode} node @param {number} by */
  next(node, by) {
    if (!node.nested) return this.passSelection.next(node.id, by);
    const keys = this.childRuns.choices(node.id).map((one) => one.key);
    return keys.length < 2 ? null : keys[(keys.indexOf(this.#run(node.id)) + by + keys.length) % keys.length];
  }

  /** The run shown in a state that started some, "" for none. @param {string} address */
  #run(address) {
    return this.childRuns.innerMachines.get(address)?.run?.at ?? "";
  }

  /** @param {GraphNode} node @param {string} key */
  #words(node, key) {
    return this.passSelection.words(node, key, this.status(node.id));
  }

  /** What a pass through a Map is called. @param {string} address */
  #one(address) {
    return this.status(address)?.batches === undefined ? "item" : "batch";
  }

  /** What a picker offers when a Map run has more items than the page has the path of. @param {GraphNode} node @returns {Choice[]} */
  #others({ id }) {
    const { loaded, total, batches } = this.status(id) || {};
    const [one, most, { onItem }] = [this.#one(id), batches ?? total, this];
    if (loaded === undefined || most === undefined || loaded >= most || !onItem || this.childRuns.of(id)) return [];
    const take = (/** @type {number} */ number) => onItem(id, number);
    return [
      {
        key: "?",
        text: `another ${one}…`,
        note: `${loaded} of ${most.toLocaleString("en")} here`,
        ask: { label: `${one[0].toUpperCase()}${one.slice(1)}, 0 to ${(most - 1).toLocaleString("en")}`, most: most - 1, take },
      },
    ];
  }
}
