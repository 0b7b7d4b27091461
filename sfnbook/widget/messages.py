"""The shapes of the widget's traits: what a page is told of a machine and a run, as JSON. No behaviour."""

from __future__ import annotations

from typing import Any, Final, NotRequired, TypedDict

from sfnbook.text.explain import Rule
from sfnbook.widget.lineage_message import LinkMessage

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


class MachineMessage(TypedDict):
    """The trait ``machine``. ``graph`` as `sfnbook.diagram.layout.layout` makes it."""

    name: str
    type: str
    graph: dict[str, Any]
    states: dict[str, StateMessage]
    definition_text: str
    prices: dict[str, Any]


class StatusMessage(TypedDict):
    """How a state stands now, over all its visits. done to total: a Map's iterations. retries: attempts after the first.

    until: in seconds since the start, when a Wait state ends or the next attempt begins; the earliest of several.

    loaded: of a distributed Map, how many of its children the page has the path of; any other one it can ask for.
    batches: how many of those there are by now, where each works on a batch of items.
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
    edges_out: NotRequired[dict[str, int]]
    until: NotRequired[float]


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
    cost: dict[str, Any] | None
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


EventMessage = list[Any]
"""[id, previous, type, milliseconds since the start, state's name, detail as text]"""

NOT_RUN: Final[LiveMessage] = {
    "run": None, "status": None, "error": None, "cause": None, "seconds": 0, "transitions": 0, "events": 0,
    "visits_total": 0, "done": False, "statuses": {}, "edges": {}, "cost": None, "clock": "virtual",
}  # fmt: skip
