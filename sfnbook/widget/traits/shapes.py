"""The shapes of all that Python and the page tell each other, as JSON: traits, requests and replies. No behaviour.

``python tests/javascript/declarations.py`` writes them anew for the JavaScript, to ``static/messages.d.ts``; a string in
an `Annotated` is the TypeScript type of what Python has no precise one for.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from sfnbook.text.explain import Rule
from sfnbook.widget.traits.lineage import LineageMessage, LinkMessage

TERMINAL: Final = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


class Value(TypedDict):
    """A value's JSON text, or the beginning of it, and its size in bytes of UTF-8."""

    text: str
    bytes: int
    cut: bool


class AttemptMessage(TypedDict):
    """One try of a state's work. Times in milliseconds since the run's start, the delay before it in seconds."""

    number: int
    start_ms: float
    end_ms: float | None
    status: str
    error: str | None
    cause: str | None
    delay_s: float
    traceback: str
    logs: str
    output: NotRequired[Value]
    parameters: NotRequired[Value]


class StageMessage(TypedDict):
    """A named stage of the data flow and what made it."""

    name: str
    expression: str
    value: Value


class VisitMessage(TypedDict):
    """One visit of one state: everything the inspector shows of it.

    batch: of a visit in a Map run's batch, [which step of its frame that is, its first item, its last], from 0.
    """

    id: int
    address: str
    name: str
    type: str
    where: str
    frame: str
    status: str
    start_ms: float
    end_ms: float | None
    input: NotRequired[Value]
    output: NotRequired[Value]
    next: str | None
    error: str | None
    cause: str | None
    traceback: str
    attempts: list[AttemptMessage]
    stages: list[StageMessage]
    logs: str
    assigned: dict[str, Value]
    rules: list[Rule] | None
    summary: str
    outline: NotRequired[bool]
    batch: NotRequired[list[int]]
    links: NotRequired[list[LinkMessage]]
    links_cut: NotRequired[bool]
    context: NotRequired[Value]
    variables: NotRequired[dict[str, VariableMessage]]


class VariableMessage(TypedDict):
    """A variable as a state saw it when it was entered. by: the visit that gave it this value, None where unknown."""

    value: Value
    by: int | None


class LargestMessage(TypedDict):
    """The largest value that an input, output or result had, and where."""

    bytes: int
    visit: int
    stage: str


class RunMessage(TypedDict):
    """One line in the list of a machine's runs. number: from 1; ``input`` and ``output`` cut to a line."""

    number: int
    name: str
    status: str
    input: str
    output: str
    error: str | None
    seconds: float
    transitions: int


class StateMessage(TypedDict):
    """What is known of a state before it runs. ``bound``: None where a state calls nothing."""

    name: str
    type: str
    detail: str
    definition: str
    resource: str
    bound: bool | None
    binding: str
    comment: str


class Rectangle(TypedDict):
    """A part of the picture in pixels; ``x`` and ``y``: its upper left corner."""

    x: float
    y: float
    w: float
    h: float


class NodeMessage(TypedDict):
    """A box of the picture. parent, lane: the container around it and which of its branches; header: its least width."""

    id: str
    kind: Literal["start", "end", "state", "container"]
    type: str
    name: str
    detail: str
    x: float
    y: float
    w: float
    h: float
    parent: str | None
    lane: int
    glyph: str
    lanes: list[Rectangle]
    header: NotRequired[float]


Point = Annotated[list[float], "[x: number, y: number]"]


# "from" is a keyword: the other way to write a TypedDict.
EdgeMessage = TypedDict(
    "EdgeMessage",
    {
        "id": str,
        "from": str,
        "to": str,
        "kind": Literal["next", "choice", "default", "catch"],
        "label": str,
        "title": str,
        "points": list[Point],
        "label_at": Point | None,
        "label_size": NotRequired[Point],
        "rail": NotRequired[Literal["left", "right"]],
    },
)
EdgeMessage.__doc__ = (
    "An arrow of the picture: a curve's points, the room for its label. rail: one line for many edges, on this side."
)


class GraphMessage(TypedDict):
    """The picture laid out, as `sfnbook.diagram.layout.layout` makes it. glyphs: SVG paths by name."""

    width: float
    height: float
    glyphs: dict[str, str]
    nodes: list[NodeMessage]
    edges: list[EdgeMessage]


class PricesMessage(TypedDict):
    """What AWS charges in one region, in dollars: `sfnbook.runs.prices.Prices`."""

    region: str
    as_of: str
    source: str
    transition: float
    request: float
    gb_second: float


class CostMessage(TypedDict):
    """What a run would cost on AWS, in dollars."""

    standard: float
    express: float
    billed_ms: int
    memory_mb: int


class DiagnosticMessage(TypedDict):
    """One finding about a definition. line: in ``definition_text``, from 1; None where it is not known."""

    severity: str
    rule: str
    message: str
    line: int | None


class MachineMessage(TypedDict):
    """The trait ``machine``.

    lines: the first and the last line of each state in ``definition_text``, from 1.
    """

    name: str
    type: str
    graph: GraphMessage
    states: dict[str, StateMessage]
    definition_text: str
    lines: dict[str, list[int]]
    diagnostics: list[DiagnosticMessage]
    prices: PricesMessage


class StatusMessage(TypedDict):
    """How a state stands now, over all its visits. done to total: a Map's iterations. retries: attempts after the first.

    until: in seconds since the start, when a Wait state ends or the next attempt begins; the earliest of several.

    loaded: of a distributed Map, how many of its children the page has the path of; any other one it can ask for.
    batches: how many of those there are by now, where each works on a batch of items. tolerated: how many items may fail,
    where that is set.
    """

    status: str
    visits: int
    note: NotRequired[str]
    retries: NotRequired[int]
    done: NotRequired[int]
    failed: NotRequired[int]
    running: NotRequired[int]
    total: NotRequired[int]
    loaded: NotRequired[int]
    batches: NotRequired[int]
    tolerated: NotRequired[int]
    edges_out: NotRequired[dict[str, int]]
    until: NotRequired[float]


class ItemMessage(TypedDict):
    """One item of a Map, or one batch of them: `sfnbook.runs.map_items.MapItem`, times in milliseconds, its input begun."""

    number: int
    status: str
    start_ms: float
    end_ms: float | None
    input: str
    error: str | None
    visit: int | None
    first: int
    items: int


class WaitingMessage(TypedDict):
    """A task that waits for somebody to answer its token."""

    visit: int
    state: str
    token: str
    input: Value


class RelatedRunMessage(TypedDict):
    """A run that this one started, or that started it. visit: the visit that did, for a child."""

    name: str
    machine: str
    visit: NotRequired[int | None]


class LiveMessage(TypedDict):
    """The trait ``live``: what changes while a run goes on.

    rate: how many seconds the machine's clock goes on in one, until there is more news. timers: by visit, when a Wait
    or a pause between attempts ends, in seconds since the start.
    """

    run: str | None
    status: str | None
    error: str | None
    cause: str | None
    input: NotRequired[Value]
    output: NotRequired[Value]
    seconds: float
    transitions: int
    events: int
    visits_total: int
    done: bool
    statuses: dict[str, StatusMessage]
    edges: dict[str, int]
    cost: CostMessage | None
    clock: str
    context: NotRequired[Value]
    edge_bytes: NotRequired[dict[str, int]]
    largest: NotRequired[LargestMessage]
    rate: NotRequired[float]
    timers: NotRequired[dict[str, float]]
    waiting: NotRequired[list[WaitingMessage]]
    children: NotRequired[list[RelatedRunMessage]]
    parent: NotRequired[RelatedRunMessage]
    debug: NotRequired[DebugMessage]


class DebugMessage(TypedDict):
    """Where a run that can be stepped through stands: in ``live`` as ``debug``.

    paused: it stands still, ``past``: before this event of it, as it was. position, reason: where and why. value: about to
    enter the state, or the answer's output. debugged: False for a run that can only be looked back at. breakpoint_addresses:
    states with one. item: which child of a Map run the moment is of, in words. message: what could not be done, or what
    is to be known. called_again: what going on from here calls a second time. answered: grows with each click.
    """

    paused: bool
    past: int | None
    item: NotRequired[str]
    kind: str
    position: str
    reason: str
    address: str
    frame: str
    error: str | None
    cause: str | None
    value: NotRequired[Value]
    editable: bool
    variables: dict[str, Value]
    called_again: list[str]
    breakpoints: list[str]
    breakpoint_addresses: list[str]
    message: str
    debugged: bool
    can_back: bool
    answered: int


class EditedStateProblem(TypedDict):
    """What is wrong with a text that is tried out. line: in that text, from 1. excerpt: the line, and carets below it."""

    message: str
    line: int | None
    excerpt: str


class TrialStage(TypedDict):
    """A stage as it would be."""

    name: str
    value: Value


class EditedState(TypedDict):
    """What a visit would have been with a changed state.

    status: TestState's; INVALID for a text that is no state, NO_ANSWER where the work's result is not known. assigned:
    the variables with new values. definition: the machine's text with the changed state in it.
    """

    status: str
    next: str | None
    error: str | None
    cause: str | None
    stages: list[TrialStage]
    assigned: dict[str, Value]
    problems: list[EditedStateProblem]
    definition: str


EventMessage = Annotated[
    list[Any], "[id: number, previous: number, type: string, ms: number, name: string, detail: string]"
]
"""[id, previous, type, milliseconds since the start, state's name, detail as text]"""

LogMessage = Annotated[
    list[Any],
    "[visit: number, address: string, name: string, where: string, attempt: number, ms: number, text: string]",
]


class StartingMessage(TypedDict):
    """A machine and, by the address of the Task that starts it, the places of other machines in ``machines``."""

    machine: MachineMessage
    starts: dict[str, int]


class ChildMessage(TypedDict):
    """A run that another one started.

    at: its place, the index among the children of each generation ("0/2"). parent: the place of the run that started
    it, "" for the one looked at. visit, address, frame: which visit of that run did. machine: an index in ``machines``.
    """

    at: str
    parent: str
    visit: int
    address: str
    frame: str
    machine: int
    live: LiveMessage
    visits: list[VisitMessage]
    events: list[EventMessage]


class ChildRunsMessage(TypedDict):
    """The trait ``child_runs``; empty for a machine that starts no other.

    starts: of the machine that is looked at. more: how many child runs were left out.
    """

    machines: NotRequired[list[StartingMessage]]
    starts: NotRequired[dict[str, int]]
    runs: NotRequired[list[ChildMessage]]
    more: NotRequired[int]


class OtherMessage(TypedDict):
    """The trait ``other``: the run that the one shown is compared with; empty where there is none."""

    live: NotRequired[LiveMessage]
    visits: NotRequired[list[VisitMessage]]


class CellMessage(TypedDict):
    """A field of a retrier, a catcher or a Choice rule. kind: text, long (JSON), state (in Next), word, or comparison
    (``field`` is its operator). text: None where the item has not got it. words: those there are to choose from."""

    field: str
    kind: Literal["text", "long", "state", "word", "comparison"]
    text: str | None
    words: list[str]
    help: str


class PresetMessage(TypedDict):
    """What can be added to a table: its key and its title."""

    key: str
    title: str


class TableMessage(TypedDict):
    """A list of a state: its items, each with its fields, and what can be added. item: what one of them is called."""

    item: str
    rows: list[list[CellMessage]]
    presets: list[PresetMessage]


class FieldMessage(TypedDict):
    """A field of a state in the form that edits it.

    kind: what it holds, as in `sfnbook.language.fields`; "state" for a name in Next or Default. text: as it is written,
    None where the state has not got it. words: those there are to choose from. long: more than a line. known: False for
    what this type of state does not have. table: of Retry, Catch and Choices.
    """

    name: str
    kind: str
    text: str | None
    help: str
    limits: str
    needed: bool
    words: list[str]
    long: bool
    known: bool
    table: NotRequired[TableMessage]


class FormMessage(TypedDict):
    """A state's form. fields: in the order of the data's way through the state; more: those it could have besides.

    states: the other states of its machine. ends: the machine or branch ends after it. operators: what a Choice rule
    can compare by; errors: names that an ErrorEquals may have.
    """

    address: str
    name: str
    type: str
    types: list[str]
    query_language: str
    fields: list[FieldMessage]
    more: list[FieldMessage]
    states: list[str]
    ends: bool
    operators: list[str]
    errors: list[str]


class ArrowMessage(TypedDict):
    """An arrow by its ends: addresses, "" where a machine begins or ends. caught: of the catchers."""

    source: str
    target: str
    caught: bool


class SpotMessage(TypedDict):
    """Where a state can be put. edge: the id of the arrow in the picture; "" where none is drawn. label: in words."""

    arrow: ArrowMessage
    edge: str
    label: str


class FindingMessage(TypedDict):
    """Something that is wrong with the text that is edited.

    line, column: from 1, in UTF-16 units, as the page counts; width: of the piece that is meant. address: of the state
    that it is about, "" for none. fixes: what would mend it, in words.
    """

    level: Literal["error", "warning", "advice"]
    rule: str
    message: str
    hint: str
    line: int
    column: int
    width: int
    address: str
    fixes: list[str]


class PlaceMessage(TypedDict):
    """A place in the text that is edited, line and column from 1, in UTF-16 units."""

    line: int
    column: int


class PaletteMessage(TypedDict):
    """Something that can be added. glyph: an SVG path in a square of 12."""

    key: str
    title: str
    words: str
    glyph: str


class EditingMessage(TypedDict):
    """The trait ``editing``: the text as it is edited, and what the page shows of it. {} where nothing can be edited.

    open: whether the page edits now; the rest is there only then. broken: the text cannot be read, the machine is as it
    was before. undo, redo: what would be taken back or done again, "" for nothing. file: where the definition was read,
    "" for a cell. changed: the text differs from what the cell or file holds.
    """

    open: bool
    text: NotRequired[str]
    machine: NotRequired[MachineMessage]
    broken: NotRequired[bool]
    spots: NotRequired[list[SpotMessage]]
    findings: NotRequired[list[FindingMessage]]
    undo: NotRequired[str]
    redo: NotRequired[str]
    file: NotRequired[str]
    changed: NotRequired[bool]


class LoopMessage(TypedDict):
    """The trait ``loop``: the runs that one line of a cell made so far; empty where it makes one."""

    run: NotRequired[int]
    total: NotRequired[int | None]
    failed: NotRequired[int]


RequestKind = Literal[
    "ping", "script", "show_run", "stop", "send_task_success", "send_task_failure", "open", "value", "lineage", "events",
    "logs", "child", "visit", "outlines", "items", "run_again", "paused_value", "debug", "try",
    "compare", "picture", "edit", "seen",
]  # fmt: skip


class PageRequest(TypedDict):
    """What the page asks for or tells; which of the others are there depends on ``kind``.

    child_run: the place of the child run that is meant, none for the run that is shown. visit: None for the execution.
    run: the name of the run that is to be stopped. only: a status of items. view, seen: whether a view is in sight.
    first, count: of a list. op: what was clicked on the debugger, or what the editor is to do; edit, arguments: a change
    by its name in `sfnbook.editor.canvas.actions`.
    """

    kind: RequestKind
    id: NotRequired[str]
    child_run: NotRequired[str]
    number: NotRequired[int | None]
    name: NotRequired[str]
    visit: NotRequired[int | None]
    stage: NotRequired[str]
    attempt: NotRequired[int | None]
    path: NotRequired[list[str | int]]
    address: NotRequired[str]
    first: NotRequired[int]
    count: NotRequired[int]
    token: NotRequired[str]
    output: NotRequired[str]
    error: NotRequired[str]
    cause: NotRequired[str]
    op: NotRequired[str]
    value: NotRequired[str]
    text: NotRequired[str]
    format: NotRequired[str]
    run: NotRequired[str | None]
    only: NotRequired[str]
    edit: NotRequired[str]
    view: NotRequired[str]
    seen: NotRequired[bool]
    arguments: NotRequired[dict[str, Any]]


class PageReply(TypedDict):
    """The answer to a request, with its ``kind`` and ``id``; which of the others are there depends on the kind.

    text: None for a value that is no longer there. counts: of a Map's items by status. problem: why there is no answer. arn, machine: of the execution that
    was opened on the served page. Of an edit, select: the state to show after it; said: what was done; cell: the text of
    the cell to be written; ask: what has to be answered before it is done; place: where a named state is written.
    """

    kind: RequestKind
    id: str
    text: NotRequired[str | None]
    lineage: NotRequired[LineageMessage | None]
    first: NotRequired[int]
    rows: NotRequired[list[EventMessage]]
    items: NotRequired[list[ItemMessage]]
    counts: NotRequired[dict[str, int]]
    logs: NotRequired[list[LogMessage]]
    visits: NotRequired[list[VisitMessage]]
    edited: NotRequired[EditedState | None]
    frame: NotRequired[str]
    problem: NotRequired[str]
    found: NotRequired[bool]
    code: NotRequired[str]
    style: NotRequired[str]
    arn: NotRequired[str]
    machine: NotRequired[str]
    form: NotRequired[FormMessage | None]
    palette: NotRequired[list[PaletteMessage]]
    select: NotRequired[str | None]
    said: NotRequired[str]
    cell: NotRequired[str]
    ask: NotRequired[str]
    place: NotRequired[PlaceMessage | None]


NOT_RUN: Final[LiveMessage] = {
    "run": None, "status": None, "error": None, "cause": None, "seconds": 0, "transitions": 0, "events": 0,
    "visits_total": 0, "done": False, "statuses": {}, "edges": {}, "cost": None, "clock": "virtual",
}  # fmt: skip
