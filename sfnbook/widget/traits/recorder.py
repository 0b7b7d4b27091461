"""Makes the messages to the page: the JSON of the widget's traits, built from a machine and a run.

Everything a click shows travels ahead of the click, because a page cannot ask the kernel while a cell blocks. So there
are caps: a value is cut to `VALUE_TEXT` characters, and less where many values share the page's budget; a state keeps
its first, last and failed visits. Pure: reads what the run recorded, knows no widget, thread or clock.

The shapes are in `shapes`, the limits in `limits`; a machine's message is made in `machine`, a visit's in `visits`, a pause's in
`debugging`. Here is what follows a run, and the names that the others use.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sfnbook.diagram.dot import to_dot
from sfnbook.diagram.graph import graph
from sfnbook.diagram.picture import coloured_mermaid
from sfnbook.engine.events import Event
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit
from sfnbook.query.scope import ABSENT
from sfnbook.runs.billing import express_memory_mb, payload_bytes
from sfnbook.runs.map_items import MapItem
from sfnbook.runs.protocols import MachineLike, PendingLike, RunLike
from sfnbook.runs.run_list import PastRun
from sfnbook.values import Json, to_text
from sfnbook.widget.traits.debugging import debug_message
from sfnbook.widget.traits.edited_state import edited_state
from sfnbook.widget.traits.limits import (
    BUDGET,
    EVENTS,
    MOST_CHILDREN,
    PAGE,
    RESTING,
    RUNS,
    VALUE_TEXT,
    VISITS,
    WAITING,
    Caps,
)
from sfnbook.widget.traits.lineage import LineageMessage, lineage_message
from sfnbook.widget.traits.machine import machine_message
from sfnbook.widget.traits.map_children import ChildLike, Mapped
from sfnbook.widget.traits.meters import cost
from sfnbook.widget.traits.shapes import (
    NOT_RUN,
    TERMINAL,
    EditedState,
    EventMessage,
    ItemMessage,
    LiveMessage,
    MachineMessage,
    OtherMessage,
    RelatedRunMessage,
    RunMessage,
    StatusMessage,
    Value,
    VisitMessage,
    WaitingMessage,
)
from sfnbook.widget.traits.state_summary import StateCounts, goes_on
from sfnbook.widget.traits.value import brief, fit, plain, text_of, value_message
from sfnbook.widget.traits.visit_sampling import chosen
from sfnbook.widget.traits.visits import frame_text, ms, outline, visit_message

__all__ = [
    "BUDGET",
    "EVENTS",
    "NOT_RUN",
    "PAGE",
    "TERMINAL",
    "VALUE_TEXT",
    "VISITS",
    "Caps",
    "EventMessage",
    "LiveMessage",
    "MachineMessage",
    "Recorder",
    "VisitMessage",
    "brief",
    "chosen",
    "debug_message",
    "fit",
    "machine_message",
    "other_message",
    "picture_text",
    "plain",
    "runs_message",
    "value_message",
]


def _related(run: Any) -> RelatedRunMessage:
    return {"name": plain(run.name), "machine": plain(run.machine.name)}


class Recorder:
    """Follows one run and makes the traits ``live``, ``visits`` and ``events`` from it.

    Keeps what it made of visits that ended; a visit's stages are worked out once, when it is first sent.
    """

    def __init__(self, machine: MachineLike, run: RunLike, caps: Caps = Caps()) -> None:  # noqa: B008  # immutable
        self.run = run
        self._caps = caps
        self._counts = StateCounts(machine._definition)
        self._states = {state.address: state for state in machine._definition.machine.walk()}
        self._made: dict[int, VisitMessage] = {}
        self._input: Value | None = None
        self._context: Value | None = None
        self._definition_bytes = len(machine._definition.text)
        self._payload: int | None = None
        self._mapped = Mapped(run)
        self._items: tuple[Any, list[MapItem]] | None = None

    def _payload_bytes(self, visits: Sequence[Visit]) -> int:
        """The most payload held at once; while the run goes on, the largest value so far stands for it."""
        if self.run.status not in TERMINAL:
            return self._counts.largest[0]
        if self._payload is None:
            self._payload = payload_bytes(self.run.machine._definition, visits)
        return self._payload

    def live(self) -> LiveMessage:
        """Return the trait ``live``."""
        run = self.run
        status = run.status  # read first: what is recorded afterwards can only be newer
        visits, events = run.visits, run._raw_events
        redrives = self._counts.redrives
        self._counts.read(visits, events)
        if redrives != self._counts.redrives:  # what had ended has gone on
            self._made.clear()
            self._payload = None
        statuses, edges = self._counts.statuses(), dict(self._counts.edges)
        inner = self._mapped.add(statuses, edges, self._caps.children)
        message: LiveMessage = {
            "run": plain(run.name),
            "status": status,
            "error": None if run.error is None else plain(run.error),
            "cause": None if run.cause is None else plain(run.cause),
            "seconds": round(run.seconds, 6),
            "transitions": run.transitions,
            "events": len(events),
            "visits_total": len(visits) + inner,
            "done": status in TERMINAL,
            "statuses": statuses,  # type: ignore[typeddict-item]
            "edges": edges,
            "cost": cost(
                run.transitions, run.seconds, express_memory_mb(self._definition_bytes, self._payload_bytes(visits))
            ),
            "clock": run.clock,
            "edge_bytes": dict(self._counts.edge_bytes),
        }
        if self._counts.largest[1]:
            message["largest"] = dict(zip(("bytes", "visit", "stage"), self._counts.largest, strict=True))  # type: ignore[typeddict-item]
        if self._context is None and visits:
            self._context = self._frame_of(visits)
        if self._context is not None:
            message["context"] = self._context
        self._input = self._input or value_message(run.input, self._caps.text)
        message["input"] = self._input
        if status == "SUCCEEDED":
            message["output"] = value_message(run.output, self._caps.text)
        if status == "RUNNING":
            message["rate"] = pace(run.clock, self._counts.working)
            timers = self._timers(message["statuses"])
            if timers:
                message["timers"] = timers
        waiting = self._waiting()
        if waiting:
            message["waiting"] = waiting
        children: Sequence[Any] = getattr(run, "children", ())
        if children:
            message["children"] = [
                {**_related(child), "visit": child.caller} for child in list(children)[:MOST_CHILDREN]
            ]
        parent = getattr(run, "parent", None)
        if parent is not None:
            message["parent"] = _related(parent)
        return message

    def _timers(self, statuses: dict[str, StatusMessage]) -> dict[str, float]:
        """When what waits for a time goes on, by visit; said of its state too. Only a run of this process knows."""
        execution = getattr(self.run, "_execution", None)
        found: dict[str, float] = {}
        for address, visit, at in sorted(getattr(execution, "resting", ()), key=lambda one: one[2])[:RESTING]:
            found[str(visit)] = until = round(at - execution.started_at, 3)  # type: ignore[union-attr]  # it has some
            if address in statuses:
                statuses[address].setdefault("until", until)
        return found

    def _waiting(self) -> list[WaitingMessage]:
        """The tasks that wait for somebody; a run that is only looked at (from a file, from AWS) has none."""
        pending: Sequence[PendingLike] = getattr(self.run, "tasks_waiting", tuple)()
        return [
            {"visit": p.visit, "state": plain(p.state), "token": p.token, "input": value_message(p.input)}
            for p in pending[:WAITING]
        ]

    def visits(self) -> list[VisitMessage]:
        """Return the trait ``visits``: those kept by `chosen`, in order of entry, within the page's budget.

        The visits of Map runs' children follow, as far as there is room: as of iterations, with ids of their own.
        """
        caps = self._caps
        found = [self._visit(visit) for visit in chosen(self.run.visits, caps.visits)]
        for child in self._mapped.children(caps.children):
            if child.visits and len(found) < 2 * caps.visits:
                found += [self._inner(child, visit) for visit in child.visits]
        return fit(found, caps.budget)

    def _inner(self, child: ChildLike, visit: Visit) -> VisitMessage:
        """A visit of a Map run's child, told as one of an iteration."""
        mapped = self._mapped
        id = mapped.base(child) + visit.id
        made = self._made.get(id)
        if made is None:
            made = mapped.shifted(child, self._make(visit, child), self.run._raw_events[0].at)
            if self._settled(visit):
                self._made[id] = made
        return made

    def _frame_of(self, visits: Sequence[Visit]) -> Value:
        """The Context object's parts that every state sees alike; the execution's input is elsewhere in the trait."""
        seen = getattr(self.run, "context", None)
        whole = seen(visits[0]) if seen is not None and visits else {}
        execution = {key: value for key, value in (whole.get("Execution") or {}).items() if key != "Input"}
        return value_message({"Execution": execution, "StateMachine": whole.get("StateMachine", {})})

    def reply(self, message: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the answer to what a page asks of the run, None for anything else.

        ``value``, ``lineage``, ``events``, ``logs``; ``outlines``: visits that did not come by themselves, without their
        data; ``visit``: one with its data; ``items``: those of a Map; ``try``: a visit with a changed state; ``child``: the visits of one of a Map run's children.
        """
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
            case "visit":
                found = {"visits": self.visit(_number(message.get("visit")))}
            case "try":
                found = {"edited": self.edited_state(message)}
            case "picture":
                run = self.run
                found = {"text": picture_text(run.machine, str(message.get("format")), self.live()["statuses"])}
            case "outlines":
                first = _number(message.get("first"))
                found = {"first": first, "visits": self.outlines(first)}
            case "items":
                found = self.items(message)
            case "child":
                found = self.child(str(message.get("address")), _number(message.get("number")))
            case _:
                return None
        return {"kind": message.get("kind"), "id": message.get("id"), **found}

    def visit(self, id: int) -> list[VisitMessage]:
        """Return the one visit with this id, cut to what one answer may hold; nothing for an unknown id."""
        return fit([self._visit(visit) for visit in self.run.visits if visit.id == id], self._caps.budget)

    def edited_state(self, request: Mapping[str, Any]) -> EditedState | None:
        """Return what the visit ``{visit, text}`` would have been with a changed state, None for an unknown visit."""
        child, id = self._mapped.owner(request.get("visit"))
        run: Any = self.run if child is None else child
        visit = next((visit for visit in run.visits if visit.id == id), None)
        return None if visit is None else edited_state(run, visit, str(request.get("text")))

    def outlines(self, first: int) -> list[VisitMessage]:
        """Return so many visits (at most `PAGE`) from an index on, as `outline` tells them."""
        return [outline(visit) for visit in self.run.visits[first : first + PAGE]]

    def child(self, address: str, number: int) -> dict[str, Any]:
        """Return ``{visits, frame}`` of one child of a distributed Map, or ``{problem}``: why it is not to be had."""
        child = self._mapped.asked(address, number)
        if isinstance(child, str):
            return {"problem": child}
        found = [self._inner(child, visit) for visit in chosen(child.visits, self._caps.visits)]
        return {"visits": fit(found, self._caps.budget), "frame": frame_text(child.frame)}

    def items(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return ``{items, first, counts}`` of the Map's visit ``{visit, first, count, only, text, order, down}``, or ``{problem}``.

        So many items from an index on among those with a text in their input or error and of one status (``only``; all
        without it), and how many with the text have each status. order: a name of `ITEM_ORDERS`; down: the last first.
        """
        child, id = self._mapped.owner(request.get("visit"))
        run: Any = self.run if child is None else child
        visit = next((visit for visit in run.visits if visit.id == id), None)
        if visit is None or not hasattr(run, "map_items"):
            return {"problem": "Of this Map's items no more is known here."}
        figures: Any = getattr(run, "map_figures", dict)()
        stand = (request.get("visit"), self.run.status, len(run._raw_events), repr(figures))
        if self._items is None or self._items[0] != stand:
            try:
                self._items = stand, run.map_items(visit)
            except InputError as fault:
                return {"problem": str(fault)}
        every = self._items[1]
        if text := str(request.get("text") or "").casefold():
            every = [item for item in every if text in _item_text(item)]
        only = request.get("only")
        found = [item for item in every if item.status == only] if only else every
        if (order := ITEM_ORDERS.get(str(request.get("order")))) is not None or request.get("down"):
            found = sorted(found, key=order or ITEM_ORDERS["item"], reverse=bool(request.get("down")))
        first, count = (_number(request.get(name)) for name in ("first", "count"))
        return {
            "first": first,
            "items": [_item_message(item) for item in found[first : first + min(count, PAGE)]],
            "counts": dict(Counter(item.status for item in every)),
        }

    def owner(self, id: int) -> tuple[Any, int]:
        """Return the Map run's child that a visit on the page is of, and its id there; None: it is the run's own."""
        return self._mapped.owner(id)

    def page(self, first: int, count: int) -> list[EventMessage]:
        """Return so many events (at most `PAGE`) from an index on."""
        events = self.run._raw_events
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
                    found.append([*place, attempt.number, ms(attempt.start), text])
        return found

    def lineage(self, request: Mapping[str, Any]) -> LineageMessage | None:
        """Return where the value ``{visit, stage, path}`` came from and who used it, None where there is none."""
        trace = getattr(self.run, "lineage", None)
        path = request.get("path")
        if trace is None or not isinstance(path, list):
            return None
        child, id = self._mapped.owner(request.get("visit"))
        try:
            found = (child.lineage if child is not None else trace)(id or None, path, stage=str(request.get("stage")))
        except InputError:
            return None
        return lineage_message(found) if child is None else self._mapped.traced(child, lineage_message(found))

    def events(self) -> list[EventMessage]:
        """Return the trait ``events``: all, or the first quarter and the last ones."""
        events = self.run._raw_events
        most = self._caps.events
        if len(events) > most:
            events = [*events[: most // 4], *events[-(most - most // 4) :]]
        start = self.run._raw_events[0].at if events else 0.0
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
        child, id = self._mapped.owner(id)
        run: Any = self.run if child is None else child
        visit = next((visit for visit in run.visits if visit.id == id), None)
        if visit is None:
            return ABSENT
        if name == "result":
            last = visit.attempts[-1].number if visit.attempts else None
            for attempt in visit.attempts:
                if attempt.number == number and number != last:
                    return attempt.output
        stages = {stage.name: stage.value for stage in run.stages(visit)}
        return stages.get(name, {"input": visit.input, "output": visit.output}.get(name, ABSENT))

    def _visit(self, visit: Visit) -> VisitMessage:
        made = self._made.get(visit.id)
        if made is None:
            made = self._make(visit, self.run)
            if self._settled(visit):
                self._made[visit.id] = made
        return made

    def _settled(self, visit: Visit) -> bool:
        """True when nothing about a visit can change any more."""
        state = self._states.get(visit.address)
        return visit.end is not None and (state is None or visit.next is not None or not goes_on(state, visit))

    def _make(self, visit: Visit, run: Any) -> VisitMessage:
        return visit_message(visit, run, self._states.get(visit.address), self._caps)

    def _event(self, event: Event, start: float) -> EventMessage:
        state = self._states.get(event.address)
        name = event.detail.get("name") if isinstance(event.detail.get("name"), str) else state.name if state else ""
        text = brief(event.detail) if event.detail else ""
        return [event.id, event.previous, event.type, ms(event.at - start), plain(name), plain(text)]


def picture_text(machine: Any, format: str, statuses: Mapping[str, Any]) -> str | None:
    """Return a machine as ``mermaid`` (in a run's colours) or ``dot`` text, None for any other format."""
    match format:
        case "mermaid":
            return coloured_mermaid(graph(machine._definition), statuses)
        case "dot":
            return str(to_dot(graph(machine._definition), machine.name).source)
    return None


def other_message(run: Any, caps: Caps = Caps(), recorder: Recorder | None = None) -> OtherMessage:  # noqa: B008  # immutable
    """Return the trait ``other``: the run that the one shown is compared with. recorder: one that follows it already."""
    recorder = recorder or Recorder(run.machine, run, caps)
    return {"live": recorder.live(), "visits": recorder.visits()}


def pace(clock: str, working: bool) -> float:
    """Return how many seconds a clock goes on in one: a virtual one only while tasks work, one from elsewhere is not known.

    >>> pace("x60", False), pace("virtual", False), pace("real", True)
    (60.0, 0.0, 1.0)
    """
    if clock == "real" or (clock.startswith("virtual") and working):
        return 1.0
    fast = re.fullmatch(r"x(\d+(?:\.\d+)?)", clock)
    return float(fast[1]) if fast else 0.0


def runs_message(runs: Sequence[Any]) -> list[RunMessage]:
    """Return the trait ``runs``: the latest runs of a machine, the newest first, with those that are not kept whole."""
    whole: list[RunMessage] = [
        {
            "number": run.number,
            "name": plain(run.name),
            "status": run.status,
            "input": plain(brief(run.input, 120)),
            "output": plain(brief(run.output, 120)) if run.status == "SUCCEEDED" else "",
            "error": None if run.error is None else plain(run.error),
            "seconds": round(run.seconds, 6),
            "transitions": run._execution.transitions,
        }
        for run in reversed(runs[-RUNS:])
    ]
    past = list(getattr(runs, "past", ()))[-(RUNS - len(whole)) :] if len(whole) < RUNS else []
    return whole + [_past_message(run) for run in reversed(past)]


def _past_message(run: PastRun) -> RunMessage:
    return {
        "number": run.number,
        "name": plain(run.name),
        "status": run.status,
        "input": plain(run.input),
        "output": plain(run.output),
        "error": None if run.error is None else plain(run.error),
        "seconds": round(run.seconds, 6),
        "transitions": run.transitions,
    }


def _item_message(item: MapItem) -> ItemMessage:
    return {
        "number": item.number,
        "status": item.status,
        "start_ms": ms(item.start),
        "end_ms": None if item.end is None else ms(item.end),
        "input": "" if item.input is ABSENT else plain(brief(item.input, 120)),
        "error": None if item.error is None else plain(item.error),
        "visit": item.visit,
        "first": item.first,
        "items": item.items,
    }


def _item_text(item: MapItem) -> str:
    """Return what an item is found by: its input as JSON and its error, without difference of case."""
    given = "" if item.input is ABSENT else to_text(item.input)
    return f"{given}\n{item.error or ''}".casefold()


ITEM_ORDERS: Final[Mapping[str, Callable[[MapItem], Any]]] = {
    "item": lambda item: item.number,
    "status": lambda item: (item.status, item.number),
    "duration": lambda item: (float("inf") if item.end is None else item.end - item.start, item.number),
    "input": lambda item: ("" if item.input is ABSENT else brief(item.input, 120), item.number),
    "error": lambda item: (item.error or "", item.number),
}
"""By what a Map's items can be sorted."""


def _number(value: Any) -> int:
    return value if isinstance(value, int) and 0 <= value < 10**9 else 0
