// What Python and the page tell each other, made by tests/javascript/declarations.py from the TypedDicts in
// sfnbook/widget/traits/shapes.py: change it there. These types are known in every module without an import.

type LinkMessage = [stage: string, path: PathMessage, how: string, by: string, sources: SourceMessage[]];

type Point = [x: number, y: number];

type EventMessage = [id: number, previous: number, type: string, ms: number, name: string, detail: string];

type LogMessage = [visit: number, address: string, name: string, where: string, attempt: number, ms: number, text: string];

type RequestKind = "ping" | "script" | "show_run" | "stop" | "send_task_success" | "send_task_failure" | "open" | "value" | "lineage" | "events" | "logs" | "child" | "visit" | "outlines" | "items" | "run_again" | "paused_value" | "debug" | "try" | "compare" | "picture" | "edit" | "seen";

type PathMessage = (string | number)[];

type SourceMessage = [visit: number, stage: string, path: PathMessage];

/**
 * An arrow by its ends: addresses, "" where a machine begins or ends. caught: of the catchers.
 */
interface ArrowMessage {
  source: string;
  target: string;
  caught: boolean;
}

/**
 * One try of a state's work. Times in milliseconds since the run's start, the delay before it in seconds.
 */
interface AttemptMessage {
  number: number;
  start_ms: number;
  end_ms: number | null;
  status: string;
  error: string | null;
  cause: string | null;
  delay_s: number;
  traceback: string;
  logs: string;
  output?: Value;
  parameters?: Value;
}

/**
 * A field of a retrier, a catcher or a Choice rule. kind: text, long (JSON), state (in Next), word, or comparison
 * (``field`` is its operator). text: None where the item has not got it. words: those there are to choose from.
 */
interface CellMessage {
  field: string;
  kind: "text" | "long" | "state" | "word" | "comparison";
  text: string | null;
  words: string[];
  help: string;
}

/**
 * A run that another one started.
 *
 * at: its place, the index among the children of each generation ("0/2"). parent: the place of the run that started
 * it, "" for the one looked at. visit, address, frame: which visit of that run did. machine: an index in ``machines``.
 */
interface ChildMessage {
  at: string;
  parent: string;
  visit: number;
  address: string;
  frame: string;
  machine: number;
  live: LiveMessage;
  visits: VisitMessage[];
  events: EventMessage[];
}

/**
 * The trait ``child_runs``; empty for a machine that starts no other.
 *
 * starts: of the machine that is looked at. more: how many child runs were left out.
 */
interface ChildRunsMessage {
  machines?: StartingMessage[];
  starts?: Record<string, number>;
  runs?: ChildMessage[];
  more?: number;
}

/**
 * What a run would cost on AWS, in dollars.
 */
interface CostMessage {
  standard: number;
  express: number;
  billed_ms: number;
  memory_mb: number;
}

/**
 * Where a run that can be stepped through stands: in ``live`` as ``debug``.
 *
 * paused: it stands still, ``past``: before this event of it, as it was. position, reason: where and why. value: about to
 * enter the state, or the answer's output. debugged: False for a run that can only be looked back at. breakpoint_addresses:
 * states with one. item: which child of a Map run the moment is of, in words. message: what could not be done, or what
 * is to be known. called_again: what going on from here calls a second time. answered: grows with each click.
 */
interface DebugMessage {
  paused: boolean;
  past: number | null;
  item?: string;
  kind: string;
  position: string;
  reason: string;
  address: string;
  frame: string;
  error: string | null;
  cause: string | null;
  value?: Value;
  editable: boolean;
  variables: Record<string, Value>;
  called_again: string[];
  breakpoints: string[];
  breakpoint_addresses: string[];
  message: string;
  debugged: boolean;
  can_back: boolean;
  answered: number;
}

/**
 * One finding about a definition. line: in ``definition_text``, from 1; None where it is not known.
 */
interface DiagnosticMessage {
  severity: string;
  rule: string;
  message: string;
  line: number | null;
}

/**
 * An arrow of the picture: a curve's points, the room for its label. rail: one line for many edges, on this side.
 */
interface EdgeMessage {
  id: string;
  from: string;
  to: string;
  kind: "next" | "choice" | "default" | "catch";
  label: string;
  title: string;
  points: Point[];
  label_at: Point | null;
  label_size?: Point;
  rail?: "left" | "right";
}

/**
 * What a visit would have been with a changed state.
 *
 * status: TestState's; INVALID for a text that is no state, NO_ANSWER where the work's result is not known. assigned:
 * the variables with new values. definition: the machine's text with the changed state in it.
 */
interface EditedState {
  status: string;
  next: string | null;
  error: string | null;
  cause: string | null;
  stages: TrialStage[];
  assigned: Record<string, Value>;
  problems: EditedStateProblem[];
  definition: string;
}

/**
 * What is wrong with a text that is tried out. line: in that text, from 1. excerpt: the line, and carets below it.
 */
interface EditedStateProblem {
  message: string;
  line: number | null;
  excerpt: string;
}

/**
 * The trait ``editing``: the text as it is edited, and what the page shows of it. {} where nothing can be edited.
 *
 * open: whether the page edits now; the rest is there only then. broken: the text cannot be read, the machine is as it
 * was before. undo, redo: what would be taken back or done again, "" for nothing. file: where the definition was read,
 * "" for a cell. changed: the text differs from what the cell or file holds.
 */
interface EditingMessage {
  open: boolean;
  text?: string;
  machine?: MachineMessage;
  broken?: boolean;
  spots?: SpotMessage[];
  findings?: FindingMessage[];
  undo?: string;
  redo?: string;
  file?: string;
  changed?: boolean;
}

/**
 * A field of a state in the form that edits it.
 *
 * kind: what it holds, as in `sfnbook.language.fields`; "state" for a name in Next or Default. text: as it is written,
 * None where the state has not got it. words: those there are to choose from. long: more than a line. known: False for
 * what this type of state does not have. table: of Retry, Catch and Choices.
 */
interface FieldMessage {
  name: string;
  kind: string;
  text: string | null;
  help: string;
  limits: string;
  needed: boolean;
  words: string[];
  long: boolean;
  known: boolean;
  table?: TableMessage;
}

/**
 * Something that is wrong with the text that is edited.
 *
 * line, column: from 1, in UTF-16 units, as the page counts; width: of the piece that is meant. address: of the state
 * that it is about, "" for none. fixes: what would mend it, in words.
 */
interface FindingMessage {
  level: "error" | "warning" | "advice";
  rule: string;
  message: string;
  hint: string;
  line: number;
  column: number;
  width: number;
  address: string;
  fixes: string[];
}

/**
 * A state's form. fields: in the order of the data's way through the state; more: those it could have besides.
 *
 * states: the other states of its machine. ends: the machine or branch ends after it. operators: what a Choice rule
 * can compare by; errors: names that an ErrorEquals may have.
 */
interface FormMessage {
  address: string;
  name: string;
  type: string;
  types: string[];
  query_language: string;
  fields: FieldMessage[];
  more: FieldMessage[];
  states: string[];
  ends: boolean;
  operators: string[];
  errors: string[];
}

/**
 * The picture laid out, as `sfnbook.diagram.layout.layout` makes it. glyphs: SVG paths by name.
 */
interface GraphMessage {
  width: number;
  height: number;
  glyphs: Record<string, string>;
  nodes: NodeMessage[];
  edges: EdgeMessage[];
}

/**
 * One step of a value's way. visit: 0 for the execution. without: places below that came from elsewhere.
 */
interface HopMessage {
  depth: number;
  visit: number;
  address: string | null;
  name: string;
  where: string;
  stage: string;
  path: PathMessage;
  how: string;
  by: string;
  without: PathMessage[];
}

/**
 * One item of a Map, or one batch of them: `sfnbook.runs.map_items.MapItem`, times in milliseconds, its input begun.
 */
interface ItemMessage {
  number: number;
  status: string;
  start_ms: number;
  end_ms: number | null;
  input: string;
  error: string | null;
  visit: number | null;
  first: number;
  items: number;
}

/**
 * The largest value that an input, output or result had, and where.
 */
interface LargestMessage {
  bytes: number;
  visit: number;
  stage: string;
}

/**
 * Where a value came from and who used it. cut: whether some steps are missing.
 */
interface LineageMessage {
  hops: HopMessage[];
  uses: HopMessage[];
  cut: boolean;
}

/**
 * The trait ``live``: what changes while a run goes on.
 *
 * rate: how many seconds the machine's clock goes on in one, until there is more news. timers: by visit, when a Wait
 * or a pause between attempts ends, in seconds since the start.
 */
interface LiveMessage {
  run: string | null;
  status: string | null;
  error: string | null;
  cause: string | null;
  input?: Value;
  output?: Value;
  seconds: number;
  transitions: number;
  events: number;
  visits_total: number;
  done: boolean;
  statuses: Record<string, StatusMessage>;
  edges: Record<string, number>;
  cost: CostMessage | null;
  clock: string;
  context?: Value;
  edge_bytes?: Record<string, number>;
  largest?: LargestMessage;
  rate?: number;
  timers?: Record<string, number>;
  waiting?: WaitingMessage[];
  children?: RelatedRunMessage[];
  parent?: RelatedRunMessage;
  debug?: DebugMessage;
}

/**
 * The trait ``loop``: the runs that one line of a cell made so far; empty where it makes one.
 */
interface LoopMessage {
  run?: number;
  total?: number | null;
  failed?: number;
}

/**
 * The trait ``machine``.
 *
 * lines: the first and the last line of each state in ``definition_text``, from 1.
 */
interface MachineMessage {
  name: string;
  type: string;
  graph: GraphMessage;
  states: Record<string, StateMessage>;
  definition_text: string;
  lines: Record<string, number[]>;
  diagnostics: DiagnosticMessage[];
  prices: PricesMessage;
}

/**
 * A box of the picture. parent, lane: the container around it and which of its branches; header: its least width.
 */
interface NodeMessage {
  id: string;
  kind: "start" | "end" | "state" | "container";
  type: string;
  name: string;
  detail: string;
  x: number;
  y: number;
  w: number;
  h: number;
  parent: string | null;
  lane: number;
  glyph: string;
  lanes: Rectangle[];
  header?: number;
}

/**
 * The trait ``other``: the run that the one shown is compared with; empty where there is none.
 */
interface OtherMessage {
  live?: LiveMessage;
  visits?: VisitMessage[];
}

/**
 * The answer to a request, with its ``kind`` and ``id``; which of the others are there depends on the kind.
 *
 * text: None for a value that is no longer there. counts: of a Map's items by status. problem: why there is no answer. arn, machine: of the execution that
 * was opened on the served page. Of an edit, select: the state to show after it; said: what was done; cell: the text of
 * the cell to be written; ask: what has to be answered before it is done; place: where a named state is written.
 */
interface PageReply {
  kind: RequestKind;
  id: string;
  text?: string | null;
  lineage?: LineageMessage | null;
  first?: number;
  rows?: EventMessage[];
  items?: ItemMessage[];
  counts?: Record<string, number>;
  logs?: LogMessage[];
  visits?: VisitMessage[];
  edited?: EditedState | null;
  frame?: string;
  problem?: string;
  found?: boolean;
  code?: string;
  style?: string;
  arn?: string;
  machine?: string;
  form?: FormMessage | null;
  palette?: PaletteMessage[];
  select?: string | null;
  said?: string;
  cell?: string;
  ask?: string;
  place?: PlaceMessage | null;
}

/**
 * What the page asks for or tells; which of the others are there depends on ``kind``.
 *
 * child_run: the place of the child run that is meant, none for the run that is shown. visit: None for the execution.
 * run: the name of the run that is to be stopped. only: a status of items. view, seen: whether a view is in sight.
 * first, count: of a list. op: what was clicked on the debugger, or what the editor is to do; edit, arguments: a change
 * by its name in `sfnbook.editor.canvas.actions`.
 */
interface PageRequest {
  kind: RequestKind;
  id?: string;
  child_run?: string;
  number?: number | null;
  name?: string;
  visit?: number | null;
  stage?: string;
  attempt?: number | null;
  path?: PathMessage;
  address?: string;
  first?: number;
  count?: number;
  token?: string;
  output?: string;
  error?: string;
  cause?: string;
  op?: string;
  value?: string;
  text?: string;
  format?: string;
  run?: string | null;
  only?: string;
  edit?: string;
  view?: string;
  seen?: boolean;
  arguments?: Record<string, any>;
}

/**
 * Something that can be added. glyph: an SVG path in a square of 12.
 */
interface PaletteMessage {
  key: string;
  title: string;
  words: string;
  glyph: string;
}

/**
 * A condition in a rule: its text, the value it saw as JSON text, and what came of it (None: not looked at).
 */
interface Part {
  text: string;
  value?: string;
  matched: boolean | null;
}

/**
 * A place in the text that is edited, line and column from 1, in UTF-16 units.
 */
interface PlaceMessage {
  line: number;
  column: number;
}

/**
 * What can be added to a table: its key and its title.
 */
interface PresetMessage {
  key: string;
  title: string;
}

/**
 * What AWS charges in one region, in dollars: `sfnbook.runs.prices.Prices`.
 */
interface PricesMessage {
  region: string;
  as_of: string;
  source: string;
  transition: number;
  request: number;
  gb_second: number;
}

/**
 * A part of the picture in pixels; ``x`` and ``y``: its upper left corner.
 */
interface Rectangle {
  x: number;
  y: number;
  w: number;
  h: number;
}

/**
 * A run that this one started, or that started it. visit: the visit that did, for a child.
 */
interface RelatedRunMessage {
  name: string;
  machine: string;
  visit?: number | null;
}

/**
 * A choice rule: its text, whether it matched (None: not tried), where it leads, what its parts saw.
 */
interface Rule {
  text: string;
  matched: boolean | null;
  next: string;
  why: string;
  parts?: Part[];
}

/**
 * One line in the list of a machine's runs. number: from 1; ``input`` and ``output`` cut to a line.
 */
interface RunMessage {
  number: number;
  name: string;
  status: string;
  input: string;
  output: string;
  error: string | null;
  seconds: number;
  transitions: number;
}

/**
 * Where a state can be put. edge: the id of the arrow in the picture; "" where none is drawn. label: in words.
 */
interface SpotMessage {
  arrow: ArrowMessage;
  edge: string;
  label: string;
}

/**
 * A named stage of the data flow and what made it.
 */
interface StageMessage {
  name: string;
  expression: string;
  value: Value;
}

/**
 * A machine and, by the address of the Task that starts it, the places of other machines in ``machines``.
 */
interface StartingMessage {
  machine: MachineMessage;
  starts: Record<string, number>;
}

/**
 * What is known of a state before it runs. ``bound``: None where a state calls nothing.
 */
interface StateMessage {
  name: string;
  type: string;
  detail: string;
  definition: string;
  resource: string;
  bound: boolean | null;
  binding: string;
  comment: string;
}

/**
 * How a state stands now, over all its visits. done to total: a Map's iterations. retries: attempts after the first.
 *
 * until: in seconds since the start, when a Wait state ends or the next attempt begins; the earliest of several.
 *
 * loaded: of a distributed Map, how many of its children the page has the path of; any other one it can ask for.
 * batches: how many of those there are by now, where each works on a batch of items. tolerated: how many items may fail,
 * where that is set.
 */
interface StatusMessage {
  status: string;
  visits: number;
  note?: string;
  retries?: number;
  done?: number;
  failed?: number;
  running?: number;
  total?: number;
  loaded?: number;
  batches?: number;
  tolerated?: number;
  edges_out?: Record<string, number>;
  until?: number;
}

/**
 * A list of a state: its items, each with its fields, and what can be added. item: what one of them is called.
 */
interface TableMessage {
  item: string;
  rows: CellMessage[][];
  presets: PresetMessage[];
}

/**
 * A stage as it would be.
 */
interface TrialStage {
  name: string;
  value: Value;
}

/**
 * A value's JSON text, or the beginning of it, and its size in bytes of UTF-8.
 */
interface Value {
  text: string;
  bytes: number;
  cut: boolean;
}

/**
 * A variable as a state saw it when it was entered. by: the visit that gave it this value, None where unknown.
 */
interface VariableMessage {
  value: Value;
  by: number | null;
}

/**
 * One visit of one state: everything the inspector shows of it.
 *
 * batch: of a visit in a Map run's batch, [which step of its frame that is, its first item, its last], from 0.
 */
interface VisitMessage {
  id: number;
  address: string;
  name: string;
  type: string;
  where: string;
  frame: string;
  status: string;
  start_ms: number;
  end_ms: number | null;
  input?: Value;
  output?: Value;
  next: string | null;
  error: string | null;
  cause: string | null;
  traceback: string;
  attempts: AttemptMessage[];
  stages: StageMessage[];
  logs: string;
  assigned: Record<string, Value>;
  rules: Rule[] | null;
  summary: string;
  outline?: boolean;
  batch?: number[];
  links?: LinkMessage[];
  links_cut?: boolean;
  context?: Value;
  variables?: Record<string, VariableMessage>;
}

/**
 * A task that waits for somebody to answer its token.
 */
interface WaitingMessage {
  visit: number;
  state: string;
  token: string;
  input: Value;
}
