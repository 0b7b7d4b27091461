"""What the page is told: the JSON of the widget's traits, built from a machine and a run.

Everything a click shows travels ahead of the click, because a page cannot ask the kernel while a cell blocks. So there
are caps: a value is cut to `VALUE_TEXT` characters, and less where many values share the page's budget; a state keeps
its first, last and failed visits. Pure: reads what the run recorded, knows no widget, thread or clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, NotRequired, Protocol, TypedDict

from sfnbook.engine.events import Event
from sfnbook.errors import InputError
from sfnbook.history.stages import RuleSeen
from sfnbook.history.visits import Attempt, Visit
from sfnbook.language.definition import Address, Definition, State
from sfnbook.language.resource import Resource
from sfnbook.query.dataflow import Stage
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, to_text
from sfnbook.view.explain import Part, Rule, expression, words
from sfnbook.view.graph import detail, graph
from sfnbook.view.layout import layout
from sfnbook.view.meters import cost, express_memory_mb, prices_message
from sfnbook.view.tally import Tally, goes_on
from sfnbook.view.traces import MOST_LINKS, LinkMessage, lineage_message, links_message

VALUE_TEXT: Final = 8_192
"""Characters kept of one value; the rest comes when it is asked for."""
SMALLEST_TEXT: Final = 200
VISITS: Final = 400
EVENTS: Final = 2_000
EVENT_TEXT: Final = 240
BUDGET: Final = 1_400_000
"""Characters for all the values of ``visits`` together; with events and the rest the traits stay below about 2 MB."""

TERMINAL: Final = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})


VARIABLE_TEXT: Final = 1_000
RUNS: Final = 200
"""Runs of a machine of which the page is told: the latest."""
PAGE: Final = 2_500
"""Events sent for one request."""


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
    """One visit of one state: everything the inspector shows of it."""

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
    words: str
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
    """The trait ``machine``. ``graph`` as `sfnbook.view.layout.layout` makes it."""

    name: str
    type: str
    graph: dict[str, Any]
    states: dict[str, StateMessage]
    definition_text: str
    prices: dict[str, Any]


class StatusMessage(TypedDict):
    """How a state stands now, over all its visits. The last four are a Map's iterations."""

    status: str
    visits: int
    note: NotRequired[str]
    done: NotRequired[int]
    failed: NotRequired[int]
    running: NotRequired[int]
    total: NotRequired[int]
    edges_out: NotRequired[dict[str, int]]


class WaitingMessage(TypedDict):
    """A task that waits for somebody to answer its token."""

    visit: int
    state: str
    token: str
    input: Value


class KinMessage(TypedDict):
    """A run that this one started, or that started it. visit: the visit that did, for a child."""

    name: str
    machine: str
    visit: NotRequired[int | None]


class LiveMessage(TypedDict):
    """The trait ``live``: what changes while a run goes on."""

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
    waiting: NotRequired[list[WaitingMessage]]
    children: NotRequired[list[KinMessage]]
    parent: NotRequired[KinMessage]
    debug: NotRequired[DebugMessage]


class DebugMessage(TypedDict):
    """Where a run that can be stepped through stands: in ``live`` as ``debug``.

    paused: it stands still, ``past``: before this event of it, as it was. words, reason: where and why. value: about to
    enter the state, or the answer's output. debugged: False for a run that can only be looked back at. stops:
    addresses with breakpoints. said: what could not be done, or what is to be known. answered: grows with each click.
    """

    paused: bool
    past: int | None
    kind: str
    words: str
    reason: str
    address: str
    frame: str
    error: str | None
    cause: str | None
    value: NotRequired[Value]
    editable: bool
    variables: dict[str, Value]
    again: list[str]
    breakpoints: list[str]
    stops: list[str]
    said: str
    debugged: bool
    can_back: bool
    answered: int


EventMessage = list[Any]
"""[id, previous, type, milliseconds since the start, state's name, detail as text]"""

NOT_RUN: Final[LiveMessage] = {
    "run": None, "status": None, "error": None, "cause": None, "seconds": 0, "transitions": 0, "events": 0,
    "visits_total": 0, "done": False, "statuses": {}, "edges": {}, "cost": None, "clock": "virtual",
}  # fmt: skip


WAITING: Final = 20
"""Tasks that wait for an answer of which the page is told at once."""

# -- values -----------------------------------------------------------------------------------------------------------

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def text_of(value: Json) -> str:
    """Return a value's compact JSON text, lone surrogates escaped so that it can travel as UTF-8."""
    text = to_text(value)
    return text if text.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def value_message(value: Json, length: int = VALUE_TEXT) -> Value:
    """Return a value's text, cut to ``length`` characters, and its size.

    >>> value_message({"a": 1})
    {'text': '{"a":1}', 'bytes': 7, 'cut': False}
    """
    text = text_of(value)
    size = len(text) if text.isascii() else len(text.encode())
    return {"text": text[:length], "bytes": size, "cut": len(text) > length}


def plain(text: str | None, length: int = VALUE_TEXT) -> str:
    """Return a text as it can be shown and sent: lone surrogates replaced, the middle of a very long one left out."""
    clean = _SURROGATE.sub("\ufffd", text or "")
    if len(clean) <= length:
        return clean
    half = length // 2
    return f"{clean[:half]}\n… {len(clean) - 2 * half:,} characters left out …\n{clean[-half:]}"


def brief(value: Json, length: int = EVENT_TEXT) -> str:
    """Return the beginning of a value's JSON text without making the whole: a cell of a table.

    >>> brief({"input": [1, 2, 3], "name": "A"}, 12)
    '{"input": [1…'
    """
    parts: list[str] = []
    _write(value, parts, length)
    text = "".join(parts)
    return text if len(text) <= length else text[:length] + "…"


def _write(value: Json, parts: list[str], left: int) -> int:
    """Append the text of a value until ``left`` characters are used up; return what is left."""
    if left < 0:
        return left
    if isinstance(value, dict):
        parts.append("{")
        for index, (key, child) in enumerate(value.items()):
            parts.append(f"{', ' if index else ''}{text_of(str(key))}: ")
            left = _write(child, parts, left - len(parts[-1]))
            if left < 0:
                return left
        parts.append("}")
        return left - 2
    if isinstance(value, (list, tuple)):
        parts.append("[")
        for index, child in enumerate(value):
            if index:
                parts.append(", ")
            left = _write(child, parts, left - 2)
            if left < 0:
                return left
        parts.append("]")
        return left - 2
    parts.append(text_of(value[: left + 8]) if isinstance(value, str) else text_of(value))
    return left - len(parts[-1])


def fit(visits: list[VisitMessage], budget: int = BUDGET) -> list[VisitMessage]:
    """Return the visits with every value cut so far that all of them together stay within a budget of characters.

    The longest values give first: all are cut to one length, the largest that fits.
    """
    lengths = sorted(len(value["text"]) for visit in visits for value in _values(visit))
    if sum(lengths) <= budget:
        return visits
    length = max(SMALLEST_TEXT, _level(lengths, budget))
    return [_cut(visit, length) for visit in visits]


def _level(lengths: list[int], budget: int) -> int:
    """The largest cap with sum(min(length, cap)) <= budget; ``lengths`` ascending."""
    left = budget
    for index, length in enumerate(lengths):
        share = left // (len(lengths) - index)
        if length > share:
            return share
        left -= length
    return lengths[-1]


def _values(visit: VisitMessage) -> Iterable[Value]:
    holders: list[Mapping[str, Any]] = [visit, *visit["attempts"]]
    for holder in holders:
        yield from (holder[key] for key in ("input", "output", "parameters") if key in holder)
    yield from (stage["value"] for stage in visit["stages"])
    yield from visit["assigned"].values()


def _cut(node: Any, length: int) -> Any:
    """Copy a message with its values cut."""
    if isinstance(node, list):
        return [_cut(child, length) for child in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"text", "bytes", "cut"}:
        long = len(node["text"]) > length
        return {"text": node["text"][:length], "bytes": node["bytes"], "cut": True} if long else node
    return {key: _cut(child, length) if isinstance(child, (dict, list)) else child for key, child in node.items()}


# -- the machine ------------------------------------------------------------------------------------------------------


class TaskLike(Protocol):
    """What a machine says of one of its tasks; ``bound``: in words what answers it, None for nothing: then ``hint``."""

    @property
    def address(self) -> Address: ...
    @property
    def resource(self) -> Resource: ...
    @property
    def bound(self) -> str | None: ...
    @property
    def hint(self) -> str: ...


class MachineLike(Protocol):
    """A machine, as far as the page is told of it."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def definition(self) -> Definition: ...
    def tasks(self) -> Sequence[TaskLike]: ...


def machine_message(machine: MachineLike) -> MachineMessage:
    """Return the trait ``machine``: the picture laid out and what is known of each state."""
    definition = machine.definition
    tasks = {task.address: task for task in machine.tasks()}
    return {
        "name": plain(machine.name),
        "type": machine.type,
        "graph": layout(graph(definition)),
        "states": {state.address: _state(state, tasks.get(state.address)) for state in definition.machine.walk()},
        "definition_text": plain(definition.text, 200_000),
        "prices": prices_message(),
    }


def _state(state: State, task: TaskLike | None) -> StateMessage:
    resource = task.resource.text if task is not None else ""
    return {
        "name": plain(state.name),
        "type": state.type,
        "detail": plain(detail(state)),
        "definition": plain(_pretty(dict(state.fields)), 2 * VALUE_TEXT),
        "resource": plain(resource),
        "bound": None if task is None else task.bound is not None,
        "binding": "" if task is None else plain(task.bound or task.hint),
        "comment": plain(str(state.get("Comment", "") or "")),
    }


def _pretty(value: Json, indent: str = "") -> str:
    """A definition's JSON with short parts on one line, as people write it."""
    flat = text_of(value)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        if len(flat) + len(indent) < 72 and not any(isinstance(child, (dict, list)) for child in value):
            return f"[{', '.join(text_of(child) for child in value)}]"
        return "[\n" + ",\n".join(inner + _pretty(child, inner) for child in value) + f"\n{indent}]"
    if len(flat) + len(indent) < 60 and indent and not any(isinstance(child, (dict, list)) for child in value.values()):
        return "{ " + ", ".join(f"{text_of(key)}: {text_of(child)}" for key, child in value.items()) + " }"
    lines = [f"{inner}{text_of(key)}: {_pretty(child, inner)}" for key, child in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


# -- the run ----------------------------------------------------------------------------------------------------------


class RunLike(Protocol):
    """A run, as far as the page is told of it."""

    @property
    def name(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def input(self) -> Json: ...
    @property
    def output(self) -> Json: ...
    @property
    def error(self) -> str | None: ...
    @property
    def cause(self) -> str | None: ...
    @property
    def seconds(self) -> float: ...
    @property
    def transitions(self) -> int: ...
    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def visits(self) -> Sequence[Visit]: ...
    @property
    def clock(self) -> str: ...
    def stages(self, visit: Visit) -> Sequence[Stage]: ...
    def rules(self, visit: Visit) -> Sequence[RuleSeen]: ...
    def stop(self) -> None: ...


class PendingLike(Protocol):
    """A task that waits for an answer, as `sfnbook.bindings.callbacks.Pending` is one."""

    @property
    def visit(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def input(self) -> Json: ...


class Caps(NamedTuple):
    """How much of a run travels: characters of one value, of all visits' values together, visits, events, links."""

    text: int = VALUE_TEXT
    budget: int = BUDGET
    visits: int = VISITS
    events: int = EVENTS
    links: int = MOST_LINKS


MOST_CHILDREN: Final = 500
"""Child runs that the page is told of."""


def _kin(run: Any) -> KinMessage:
    return {"name": plain(run.name), "machine": plain(run.machine.name)}


class Recorder:
    """Follows one run and makes the traits ``live``, ``visits`` and ``events`` from it.

    Keeps what it made of visits that ended; a visit's stages are worked out once, when it is first sent.
    """

    def __init__(self, machine: MachineLike, run: RunLike, caps: Caps = Caps()) -> None:  # noqa: B008  # immutable
        self.run = run
        self._caps = caps
        self._tally = Tally(machine.definition)
        self._states = {state.address: state for state in machine.definition.machine.walk()}
        self._made: dict[int, VisitMessage] = {}
        self._input: Value | None = None
        self._context: Value | None = None
        self._definition_bytes = len(machine.definition.text)

    def live(self) -> LiveMessage:
        """Return the trait ``live``."""
        run = self.run
        status = run.status  # read first: what is recorded afterwards can only be newer
        visits, events = run.visits, run.events
        self._tally.read(visits, events)
        message: LiveMessage = {
            "run": plain(run.name),
            "status": status,
            "error": None if run.error is None else plain(run.error),
            "cause": None if run.cause is None else plain(run.cause),
            "seconds": round(run.seconds, 6),
            "transitions": run.transitions,
            "events": len(events),
            "visits_total": len(visits),
            "done": status in TERMINAL,
            "statuses": self._tally.statuses(),  # type: ignore[typeddict-item]
            "edges": dict(self._tally.edges),
            "cost": cost(
                run.transitions, run.seconds, express_memory_mb(self._definition_bytes, self._tally.largest[0])
            ),
            "clock": run.clock,
            "edge_bytes": dict(self._tally.edge_bytes),
        }
        if self._tally.largest[1]:
            message["largest"] = dict(zip(("bytes", "visit", "stage"), self._tally.largest, strict=True))  # type: ignore[typeddict-item]
        if self._context is None and visits:
            self._context = self._frame_of(visits)
        if self._context is not None:
            message["context"] = self._context
        self._input = self._input or value_message(run.input, self._caps.text)
        message["input"] = self._input
        if status == "SUCCEEDED":
            message["output"] = value_message(run.output, self._caps.text)
        waiting = self._waiting()
        if waiting:
            message["waiting"] = waiting
        children: Sequence[Any] = getattr(run, "children", ())
        if children:
            message["children"] = [{**_kin(child), "visit": child.caller} for child in list(children)[:MOST_CHILDREN]]
        parent = getattr(run, "parent", None)
        if parent is not None:
            message["parent"] = _kin(parent)
        return message

    def _waiting(self) -> list[WaitingMessage]:
        """The tasks that wait for somebody; a run that is only looked at (from a file, from AWS) has none."""
        pending: Sequence[PendingLike] = getattr(self.run, "tasks_waiting", tuple)()
        return [
            {"visit": p.visit, "state": plain(p.state), "token": p.token, "input": value_message(p.input)}
            for p in pending[:WAITING]
        ]

    def visits(self) -> list[VisitMessage]:
        """Return the trait ``visits``: those kept by `chosen`, in order of entry, within the page's budget."""
        caps = self._caps
        return fit([self._visit(visit) for visit in chosen(self.run.visits, caps.visits)], caps.budget)

    def _frame_of(self, visits: Sequence[Visit]) -> Value:
        """The Context object's parts that every state sees alike; the execution's input is elsewhere in the trait."""
        seen = getattr(self.run, "context", None)
        whole = seen(visits[0]) if seen is not None and visits else {}
        execution = {key: value for key, value in (whole.get("Execution") or {}).items() if key != "Input"}
        return value_message({"Execution": execution, "StateMachine": whole.get("StateMachine", {})})

    def reply(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer to what a page asks of the run: ``value``, ``lineage``, ``events`` or ``logs``; else None."""
        match message.get("kind"):
            case "value":
                found: dict[str, Any] = {"text": self.whole(message)}
            case "lineage":
                found = {"lineage": self.lineage(message)}
            case "events":
                first, count = (_number(message.get(name)) for name in ("first", "count"))
                found = {"first": first, "rows": self.page(first, count)}
            case "logs":
                found = {"logs": self.logs()}
            case _:
                return None
        return {"kind": message.get("kind"), "id": message.get("id"), **found}

    def page(self, first: int, count: int) -> list[EventMessage]:
        """Return so many events (at most `PAGE`) from an index on."""
        events = self.run.events
        start = events[0].at if events else 0.0
        first = max(0, first)
        return [self._event(event, start) for event in events[first : first + min(max(0, count), PAGE)]]

    def logs(self) -> list[list[Any]]:
        """Return all that was printed: [visit, address, state, where, attempt, ms since the start, text]."""
        found: list[list[Any]] = []
        left = BUDGET
        for visit in self.run.visits:
            for attempt in visit.attempts:
                if attempt.logs and left > 0:
                    text = plain(attempt.logs)
                    left -= len(text)
                    place = [visit.id, visit.address, plain(visit.name), plain(visit.where)]
                    found.append([*place, attempt.number, _ms(attempt.start), text])
        return found

    def lineage(self, request: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return where the value ``{visit, stage, path}`` came from and who used it, None where there is none."""
        trace = getattr(self.run, "lineage", None)
        path = request.get("path")
        if trace is None or not isinstance(path, list):
            return None
        try:
            found = trace(request.get("visit") or None, path, stage=str(request.get("stage")))
        except InputError:
            return None
        return lineage_message(found)

    def events(self) -> list[EventMessage]:
        """Return the trait ``events``: all, or the first quarter and the last ones."""
        events = self.run.events
        most = self._caps.events
        if len(events) > most:
            events = [*events[: most // 4], *events[-(most - most // 4) :]]
        start = self.run.events[0].at if events else 0.0
        return [self._event(event, start) for event in events]

    def whole(self, request: Mapping[str, Any]) -> str | None:
        """Return the whole text of the value that ``{visit: id or None, stage, attempt}`` names, None for no value."""
        stage = request.get("stage")
        if request.get("visit") is None:
            value = {"input": self.run.input, "output": self.run.output}.get(str(stage), ABSENT)
        else:
            value = self._find(request.get("visit"), str(stage), request.get("attempt"))
        return None if value is ABSENT else text_of(value)

    def _find(self, id: Any, name: str, number: Any) -> Json:
        visit = next((visit for visit in self.run.visits if visit.id == id), None)
        if visit is None:
            return ABSENT
        if name == "result":
            last = visit.attempts[-1].number if visit.attempts else None
            for attempt in visit.attempts:
                if attempt.number == number and number != last:
                    return attempt.output
        stages = {stage.name: stage.value for stage in self.run.stages(visit)}
        return stages.get(name, {"input": visit.input, "output": visit.output}.get(name, ABSENT))

    def _visit(self, visit: Visit) -> VisitMessage:
        made = self._made.get(visit.id)
        if made is None:
            made = self._make(visit)
            if self._settled(visit):
                self._made[visit.id] = made
        return made

    def _settled(self, visit: Visit) -> bool:
        """True when nothing about a visit can change any more."""
        state = self._states.get(visit.address)
        return visit.end is not None and (state is None or visit.next is not None or not goes_on(state, visit))

    def _make(self, visit: Visit) -> VisitMessage:
        stages = [stage for stage in self.run.stages(visit) if stage.value is not ABSENT]
        state = self._states.get(visit.address)
        rules = self._rules(visit)
        length = self._caps.text
        attempts = [_attempt(attempt, length) for attempt in visit.attempts]
        message: VisitMessage = {
            "id": visit.id,
            "address": visit.address,
            "name": plain(visit.name),
            "type": visit.type,
            "where": plain(visit.where),
            "frame": "/".join(f"{started}.{index}" for started, index in visit.frame),
            "status": visit.status,
            "start_ms": _ms(visit.start),
            "end_ms": None if visit.end is None else _ms(visit.end),
            "next": None if visit.next is None else plain(visit.next),
            "error": None if visit.error is None else plain(visit.error),
            "cause": None if visit.cause is None else plain(visit.cause),
            "traceback": next((attempt["traceback"] for attempt in reversed(attempts) if attempt["traceback"]), ""),
            "attempts": attempts,
            "stages": [
                {
                    "name": stage.name,
                    "expression": plain(expression(stage.field, stage.expression)),
                    "value": value_message(stage.value, length),
                }
                for stage in stages
            ],
            "logs": "",
            "assigned": {plain(name): value_message(value, length) for name, value in (visit.assigned or {}).items()},
            "rules": rules,
            "words": "" if state is None else plain(_words(state, visit, stages, rules or [])),
        }
        if visit.input is not ABSENT:
            message["input"] = value_message(visit.input, length)
        if visit.output is not ABSENT:
            message["output"] = value_message(visit.output, length)
        self._trace(visit, message)
        return message

    def _trace(self, visit: Visit, message: VisitMessage) -> None:
        """Add where its data came from, as far as the run can tell."""
        if (links := getattr(self.run, "links", None)) is not None:
            message["links"], message["links_cut"] = links_message(links(visit), self._caps.links)
        if (context := getattr(self.run, "context", None)) is not None:
            own = {key: value for key, value in context(visit).items() if key not in ("Execution", "StateMachine")}
            message["context"] = value_message(own)
        if visit.variables and (assigners := getattr(self.run, "assigners", None)) is not None:
            givers = assigners(visit)
            message["variables"] = {
                plain(name): {
                    "value": value_message(value, VARIABLE_TEXT),
                    "by": givers[name].id if name in givers else None,
                }
                for name, value in visit.variables.items()
            }

    def _rules(self, visit: Visit) -> list[Rule] | None:
        if visit.type != "Choice":
            return None
        return [
            {
                "text": plain(rule.text),
                "matched": rule.matched,
                "next": plain(rule.next),
                "why": plain(rule.why),
                "parts": [_part(*part) for part in rule.parts],
            }
            for rule in self.run.rules(visit)
        ]

    def _event(self, event: Event, start: float) -> EventMessage:
        state = self._states.get(event.address)
        name = event.detail.get("name") if isinstance(event.detail.get("name"), str) else state.name if state else ""
        text = brief(event.detail) if event.detail else ""
        return [event.id, event.previous, event.type, _ms(event.at - start), plain(name), plain(text)]


# -- the debugger -----------------------------------------------------------------------------------------------------


class PauseLike(Protocol):
    """Where a run stands still."""

    @property
    def kind(self) -> str: ...
    @property
    def words(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def frame(self) -> tuple[tuple[int, int], ...]: ...
    @property
    def value(self) -> Json: ...
    @property
    def error(self) -> str | None: ...
    @property
    def cause(self) -> str | None: ...


class SteppingLike(Protocol):
    """A run that can be stepped through, as far as the page is told of it."""

    said: str

    @property
    def pause(self) -> PauseLike | None: ...
    @property
    def past_event(self) -> int | None: ...
    @property
    def breakpoints(self) -> Sequence[str]: ...
    @property
    def stops(self) -> Sequence[str]: ...
    @property
    def variables(self) -> Mapping[str, Json]: ...
    @property
    def debugged(self) -> bool: ...
    @property
    def can_back(self) -> bool: ...
    def again_words(self) -> Sequence[str]: ...


def debug_message(stepping: SteppingLike, answered: int = 0) -> DebugMessage:
    """Return ``live.debug``. ``answered``: how many clicks were dealt with."""
    pause = stepping.pause
    message: DebugMessage = {
        "paused": pause is not None,
        "past": stepping.past_event,
        "kind": "" if pause is None else pause.kind,
        "words": "" if pause is None else plain(pause.words),
        "reason": "" if pause is None else plain(pause.reason),
        "address": "" if pause is None else pause.address,
        "frame": "" if pause is None else "/".join(f"{started}.{index}" for started, index in pause.frame),
        "error": None if pause is None or pause.error is None else plain(pause.error),
        "cause": None if pause is None or pause.cause is None else plain(pause.cause),
        "editable": pause is not None and pause.kind != "waiting",
        "variables": {plain(name): value_message(value, SMALLEST_TEXT) for name, value in stepping.variables.items()},
        "again": [plain(text) for text in stepping.again_words()],
        "breakpoints": [plain(text) for text in stepping.breakpoints],
        "stops": list(stepping.stops),
        "said": plain(stepping.said),
        "debugged": stepping.debugged,
        "can_back": stepping.can_back,
        "answered": answered,
    }
    if pause is not None and pause.value is not ABSENT:
        message["value"] = value_message(pause.value)
    return message


def chosen(visits: Sequence[Visit], most: int = VISITS) -> list[Visit]:
    """Return at most so many visits, in order: the failed ones, then each state's first and last ones in turn."""
    if len(visits) <= most:
        return list(visits)
    failed = [index for index, visit in enumerate(visits) if visit.status in ("failed", "caught")]
    kept = set(failed[: most // 2] + failed[-(most - most // 2) :])
    queues = [_ends_first(indexes) for indexes in _by_state(visits).values()]
    while len(kept) < most and queues:
        for queue in list(queues):
            index = next(queue, None)
            if index is None:
                queues.remove(queue)
            elif len(kept) < most:
                kept.add(index)
    return [visits[index] for index in sorted(kept)]


def _by_state(visits: Sequence[Visit]) -> dict[Address, list[int]]:
    found: dict[Address, list[int]] = {}
    for index, visit in enumerate(visits):
        found.setdefault(visit.address, []).append(index)
    return found


def _ends_first(indexes: Sequence[int]) -> Iterator[int]:
    """Yield first, last, second, last but one, ..."""
    low, high = 0, len(indexes) - 1
    while low <= high:
        yield indexes[low]
        if low != high:
            yield indexes[high]
        low, high = low + 1, high - 1


def _attempt(attempt: Attempt, length: int) -> AttemptMessage:
    message: AttemptMessage = {
        "number": attempt.number,
        "start_ms": _ms(attempt.start),
        "end_ms": None if attempt.end is None else _ms(attempt.end),
        "status": attempt.status,
        "error": None if attempt.error is None else plain(attempt.error),
        "cause": None if attempt.cause is None else plain(attempt.cause),
        "delay_s": round(attempt.delay or 0, 3),
        "traceback": plain(attempt.traceback),
        "logs": plain(attempt.logs),
    }
    if attempt.output is not ABSENT:
        message["output"] = value_message(attempt.output, length)
    if attempt.parameters is not ABSENT:
        message["parameters"] = value_message(attempt.parameters, length)
    return message


def _words(state: State, visit: Visit, stages: Sequence[Stage], found: Sequence[Rule]) -> str:
    return words(
        state,
        status=visit.status,
        fields=[(stage.field, stage.expression) for stage in stages if stage.field],
        next=visit.next,
        error=visit.error,
        attempts=len(visit.attempts),
        seconds=None if visit.end is None else visit.end - visit.start,
        chosen=found,
    )


def _part(text: str, value: Json, held: bool | None) -> Part:
    part: Part = {"text": plain(text), "held": held}
    if value is not ABSENT:
        part["value"] = value_message(value, VARIABLE_TEXT)["text"]
    return part


def runs_message(runs: Sequence[Any]) -> list[RunMessage]:
    """Return the trait ``runs``: the latest runs of a machine, the newest first."""
    return [
        {
            "number": run.number,
            "name": plain(run.name),
            "status": run.status,
            "input": plain(brief(run.input, 120)),
            "output": plain(brief(run.output, 120)) if run.status == "SUCCEEDED" else "",
            "error": None if run.error is None else plain(run.error),
            "seconds": round(run.seconds, 6),
            "transitions": run.execution.transitions,
        }
        for run in reversed(runs[-RUNS:])
    ]


def _number(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
