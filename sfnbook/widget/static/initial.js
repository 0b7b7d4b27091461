// initial: a machine and a run before Python has told of any.

/** @type {LiveMessage} */
export const NO_RUN = {
  run: null,
  status: null,
  error: null,
  cause: null,
  statuses: {},
  edges: {},
  events: 0,
  visits_total: 0,
  seconds: 0,
  transitions: 0,
  done: false,
  cost: null,
  clock: "",
};

/** @type {MachineMessage} */
export const NO_MACHINE = {
  name: "",
  type: "STANDARD",
  graph: { width: 0, height: 0, glyphs: {}, nodes: [], edges: [] },
  states: {},
  definition_text: "",
  lines: {},
  diagnostics: [],
  prices: { region: "", as_of: "", source: "", transition: 0, request: 0, gb_second: 0 },
};
