// child_runs: the machines that a machine's tasks start, put inside the states that start them, and their runs with them. Gives
// each inner state an address of its own, so that the picture needs to know nothing of runs within runs. Pure: knows the
// trait `child_runs`, addresses and graphs; no page.

/** Between the address of a state that starts a machine and an address in that machine; no address has it (RFC 6901). */
const JOINT = "~>";
/** @type {Required<ChildRunsMessage>} */
const NONE = { machines: [], starts: {}, runs: [], more: 0 };

/** @param {...string} frames */
const join = (...frames) => frames.filter(Boolean).join("/");

/**
 * The traits of a child run, from those of the run that is looked at: what a page shows that has nobody to ask.
 * @param {{child_runs: ChildRunsMessage}} traits @param {string} at the child's place
 */
export function descend(traits, at) {
  const { machines, runs } = { ...NONE, ...traits.child_runs };
  const child = runs.find((run) => run.at === at);
  if (!child) throw new Error(`There is no child run at ${at}.`);
  const below = `${at}/`;
  const inner = runs
    .filter((run) => run.at.startsWith(below))
    .map((run) => ({ ...run, at: run.at.slice(below.length), parent: run.parent === at ? "" : run.parent.slice(below.length) }));
  const { machine, starts } = machines[child.machine];
  return { machine, live: child.live, visits: child.visits, events: child.events, runs: [], child_runs: { machines, starts, runs: inner, more: 0 } };
}

/**
 * @typedef {import("../diagram/layout.js").Graph} Graph
 * @typedef {{machine: MachineMessage, run: ChildMessage|null, children: ChildMessage[], level: Level}} InnerMachine what is inside a
 *   state that starts a machine
 * @typedef {{at: string|null, starts: Record<string, number>, prefix: string, frame: string}} Level a machine in its place:
 *   which run of it (null: none), what its states start, what goes before its addresses and before its frames
 * @typedef {Omit<VisitMessage, "id"> & {id: number|string}} PictureVisit a visit of the run or, with the child run's place in
 *   its id ("0/1:5"), of a child run
 * @typedef {{statuses: Record<string, Partial<StatusMessage>>, edges: Record<string, number>, bytes: Record<string, number>,
 *   visits: PictureVisit[]}} Progress how far a run is, by address and by edge
 */
export class ChildRuns {
  /** @param {(visit: {address: string, frame: string}) => boolean} within whether a visit is in the passes shown */
  constructor(within) {
    this.within = within;
    this.trait = NONE;
    /** All visits, and of which lists they are. @type {PictureVisit[]} */
    this.all = [];
    /** @type {PictureVisit[]|null} */
    this.allOf = null;
    /** @type {Map<string, InnerMachine>|null} */
    this.allIn = null;
    /** Which child is shown of a state that started several, by address: its place. @type {Map<string, string>} */
    this.chosen = new Map();
    /** @type {Map<string, InnerMachine>} */
    this.innerMachines = new Map();
  }

  /** Take in the trait. @param {ChildRunsMessage} trait */
  take(trait) {
    this.trait = trait?.machines ? { ...NONE, ...trait } : NONE;
  }

  /**
   * A graph with each state that starts a known machine made a container, those in `unfolded` filled.
   * @param {Graph} graph @param {Set<string>} unfolded @returns {Graph}
   */
  compose(graph, unfolded) {
    this.innerMachines = new Map();
    /** @type {Graph} */
    const whole = { ...graph, glyphs: { ...graph.glyphs }, nodes: [...graph.nodes], edges: [...graph.edges] };
    this.#level(whole, { at: "", starts: this.trait.starts, prefix: "", frame: "" }, unfolded);
    return whole;
  }

  /** @param {Graph} whole @param {Level} level @param {Set<string>} unfolded */
  #level(whole, level, unfolded) {
    const own = [...whole.nodes.entries()].filter(([, node]) => node.type === "Task" && this.#isOf(node.id, level.prefix));
    for (const [index, node] of own) {
      const inner = this.#innerMachine(node.id, level);
      if (!inner) continue;
      this.innerMachines.set(node.id, inner);
      whole.nodes[index] = { ...node, kind: "container", nested: inner.machine.name, followed: Boolean(inner.run), lanes: [] };
      if (unfolded.has(node.id)) this.#fill(whole, node.id, inner, unfolded);
    }
  }

  /** Whether an address is one of the machine with that prefix. @param {string} address @param {string} prefix */
  #isOf(address, prefix) {
    return address.startsWith(prefix) && !address.slice(prefix.length).includes(JOINT);
  }

  /**
   * The machine inside a state and the run of it that is shown; undefined for a state that starts none that is known.
   * @param {string} address @param {Level} level @returns {InnerMachine|undefined}
   */
  #innerMachine(address, level) {
    const children = this.#children(address, level);
    const run = children.find((child) => child.at === this.chosen.get(address)) || children.at(-1) || null;
    const known = this.trait.machines[run ? run.machine : (level.starts?.[address.slice(level.prefix.length)] ?? -1)];
    if (!known) return undefined;
    const frame = run ? join(level.frame, run.frame, `${run.visit}.0`) : "";
    return { machine: known.machine, run, children, level: { at: run ? run.at : null, starts: known.starts, prefix: `${address}${JOINT}`, frame } };
  }

  /** The runs that a state started in the passes that are shown. @param {string} address @param {Level} level */
  #children(address, { at, prefix, frame }) {
    const own = address.slice(prefix.length);
    return at === null
      ? []
      : this.trait.runs.filter((child) => child.parent === at && child.address === own && this.within({ address, frame: join(frame, child.frame) }));
  }

  /** The runs that a state started: what a picker offers. @param {string} address @returns {import("./iterations.js").Pass[]} */
  choices(address) {
    const children = this.innerMachines.get(address)?.children ?? [];
    return children.map(({ at, live }) => ({ key: at, text: live.run ?? "", status: live.status?.toLowerCase() ?? "" }));
  }

  /** Show the run that a visit of the picture started. @param {{address: string, id: number|string}} visit @returns {boolean} whether another was shown before */
  choose({ address, id }) {
    const inner = this.innerMachines.get(address);
    const started = inner?.children.find((child) => child.visit === Number(String(id).split(":").at(-1)));
    if (!started || started === inner?.run) return false;
    this.chosen.set(address, started.at);
    return true;
  }

  /** Put a state's machine into it. @param {Graph} whole @param {string} address @param {InnerMachine} inner @param {Set<string>} unfolded */
  #fill(whole, address, { machine, level }, unfolded) {
    const { prefix } = level;
    Object.assign(whole.glyphs, machine.graph.glyphs);
    /** @type {Graph} */
    const inner = { ...whole, nodes: [], edges: [] };
    for (const node of machine.graph.nodes) {
      if (node.id.startsWith("<")) continue;
      inner.nodes.push({
        ...node,
        id: prefix + node.id,
        parent: node.parent === null ? address : prefix + node.parent,
        lane: node.parent === null ? 0 : node.lane,
      });
    }
    for (const edge of machine.graph.edges) {
      if (edge.from.startsWith("<") || edge.to.startsWith("<")) continue;
      inner.edges.push({ ...edge, id: prefix + edge.id, from: prefix + edge.from, to: prefix + edge.to });
    }
    this.#level(inner, level, unfolded);
    whole.nodes.push(...inner.nodes);
    whole.edges.push(...inner.edges);
  }

  /** What says whether a graph must be composed anew: which machine is in which state. */
  signature() {
    return JSON.stringify(
      [...this.innerMachines].map(([address, { machine, run }]) => [address, Boolean(run), machine.name, machine.graph.width, machine.graph.height]),
    );
  }

  /** What is known of the inner states, by their addresses in the picture. */
  states() {
    return Object.fromEntries(
      [...this.innerMachines.values()].flatMap(({ machine, level }) =>
        Object.entries(machine.states).map(([address, state]) => [level.prefix + address, state]),
      ),
    );
  }

  /** A run's own part of the picture with its children's added. @param {Progress} own @returns {Progress} */
  live(own) {
    const innerMachines = [...this.innerMachines.values()];
    if (!innerMachines.some(({ run }) => run)) return own;
    const all = { statuses: { ...own.statuses }, edges: { ...own.edges }, bytes: { ...own.bytes }, visits: this.#visits(own.visits, innerMachines) };
    for (const {
      run,
      level: { prefix },
    } of innerMachines) {
      if (!run) continue;
      for (const [address, status] of Object.entries(run.live.statuses || {})) all.statuses[prefix + address] = status;
      for (const [id, count] of Object.entries(run.live.edges || {})) all.edges[prefix + id] = count;
      for (const [id, bytes] of Object.entries(run.live.edge_bytes || {})) all.bytes[prefix + id] = bytes;
    }
    return all;
  }

  /** All visits; the same list as long as nothing about them changed. @param {PictureVisit[]} own @param {InnerMachine[]} innerMachines */
  #visits(own, innerMachines) {
    if (this.allOf !== own || this.allIn !== this.innerMachines) {
      this.all = [...own, ...innerMachines.flatMap((inner) => (inner.run?.visits ?? []).map((visit) => this.lift(inner, visit)))];
      [this.allOf, this.allIn] = [own, this.innerMachines];
    }
    return this.all;
  }

  /** A child's visit as one of the whole picture. @param {Pick<InnerMachine, "run"|"level">} inner @param {VisitMessage} visit @returns {PictureVisit} */
  lift({ run, level }, visit) {
    return { ...visit, id: `${run?.at}:${visit.id}`, address: level.prefix + visit.address, frame: join(level.frame, visit.frame) };
  }

  /**
   * Whose state an address is: null where it is one of the machine that is looked at.
   * @param {string} address
   * @returns {(InnerMachine & {address: string, outer: string})|null} `address` in its own machine; `outer`: the state around it
   */
  of(address) {
    const within = address.lastIndexOf(JOINT);
    const outer = address.slice(0, Math.max(0, within));
    const inner = within < 0 ? undefined : this.innerMachines.get(outer);
    return inner ? { ...inner, address: address.slice(within + JOINT.length), outer } : null;
  }
}
