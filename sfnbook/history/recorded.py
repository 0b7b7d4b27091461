"""A history recorded elsewhere: GetExecutionHistory's answer, each event's frame and state, the journal that gives it.

AWS's events do not say in which branch or iteration they happened, nor where in the definition; both follow from the
ids they name as previous. Without a definition, one is made from what was seen: enough to look at, not to run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sfnbook.engine.commands import Command, TaskFailed, TaskStarted, TaskSubmitted, TaskSucceeded, Tick
from sfnbook.engine.events import Event, FrameKey
from sfnbook.engine.execution import UNNAMED, Execution
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Journal
from sfnbook.engine.program import Program
from sfnbook.errors import InputError
from sfnbook.history.aws import read_events
from sfnbook.language.definition import Definition, State
from sfnbook.values import from_text

_JOINS: Final = ("Parallel", "Map")
_HOW: Final = (
    "Give GetExecutionHistory's answer: a JSON file of `aws stepfunctions get-execution-history --execution-arn ...`, "
    "or what boto3 returned."
)


def read_history(given: Path | str | Mapping[str, Any] | Sequence[Any]) -> list[Event]:
    """Return the events of a history: a file, JSON text, the answer itself, its ``events``, or several answers (pages).

    Raises InputError for what is no whole history.
    """
    document: Any = given
    if isinstance(given, Path):
        try:
            document = given.expanduser().read_text("utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise InputError(f"The history {given} cannot be read: {fault}") from None
    if isinstance(document, str):
        try:
            document = from_text(document)
        except ValueError as fault:
            raise InputError(f"The history is no JSON: {fault}. {_HOW}") from None
    wire = _events_in(document)
    if not wire:
        raise InputError(f"There are no events in it. {_HOW}")
    if _goes_on(document):
        raise InputError(
            f"The history is not whole: after these {len(wire)} events its answer has a nextToken. Follow it to the end, "
            "or let boto3's paginator do it, and give all pages; to see this part alone, give its events."
        )
    try:
        events = read_events(wire)
    except ValueError as fault:
        raise InputError(f"This is no execution history: {fault}. {_HOW}") from None
    if events[0].type != "ExecutionStarted" or [e.id for e in events] != list(range(1, len(events) + 1)):
        raise InputError(
            f"The history is not whole: it has {len(events)} events from number {events[0].id} to {events[-1].id}. "
            "Follow nextToken to the end, or let boto3's paginator do it, and give all pages."
        )
    for event in events:
        if wrong := _unfit(event):
            raise InputError(f"This is no execution history: event {event.id} {wrong}. {_HOW}")
    return events


_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,99}")
_YEAR_9999: Final = 253_370_764_800
_TEXTS: Final = ("name", "resource", "resourceType", "region", "workerName", "mapRunArn", "error", "cause")


def _unfit(event: Event) -> str:
    """Return what of an event cannot be right, "" where all may be: types that we do not know are let through."""
    detail = event.detail
    if not _TYPE.fullmatch(event.type):
        return f"has the type {event.type!r}"
    if not 0 <= event.previous < max(event.id, 1):
        return f"names the event {event.previous} as its previous one"
    if not 0 <= event.at < _YEAR_9999:
        return f"has the time {event.at!r}"
    for key in _TEXTS:
        if key in detail and not isinstance(detail[key], (str, type(None))):
            return f"has the {key} {detail[key]!r}"
    if event.type.endswith("StateEntered") and not detail.get("name"):
        return "enters a state without a name"
    index = detail.get("index", 0)
    if event.type.startswith("MapIteration") and (type(index) is not int or index < 0):
        return f"has the index {index!r}"
    if not isinstance(detail.get("assignedVariables", {}), Mapping):
        return "assigns variables without names"
    return ""


def _goes_on(document: Any) -> bool:
    """Whether no page is the last one: each names the next (``NextToken`` is what the command line says)."""
    pages = [document] if isinstance(document, Mapping) else document
    named = [page.get("nextToken") or page.get("NextToken") for page in pages if isinstance(page, Mapping)]
    return all(named)


def _events_in(document: Any) -> list[Any]:
    if isinstance(document, Mapping):
        found = document.get("events")
        return list(found) if isinstance(found, (list, tuple)) else []
    if isinstance(document, (list, tuple)):
        if document and all(isinstance(page, Mapping) and "events" in page for page in document):
            return [event for page in document for event in page["events"]]
        return [event for event in document if isinstance(event, Mapping)]
    return []


# --------------------------------------------------------------------------------------------------------- places
class _LineFinder:
    """Finds the line of each event. ``starts``: for a Parallel's name, the first state of each branch."""

    def __init__(self, starts: Mapping[str, Sequence[str]]) -> None:
        self.starts = starts
        self.frames: dict[int, FrameKey] = {}
        self.types: dict[int, str] = {}
        self.open: dict[FrameKey, tuple[str, str]] = {}
        self.started: dict[FrameKey, int] = {}
        self.branches: dict[int, list[int]] = {}
        self.left: set[FrameKey] = set()

    def take(self, event: Event) -> tuple[FrameKey, str]:
        """Return the event's frame and the name of the state it is about, "" for the execution."""
        frame = self._frame(event)
        self.frames[event.id], self.types[event.id] = frame, event.type
        if event.type.startswith("Execution"):
            return (), ""
        if event.type.endswith("StateExited"):
            self.left.add(frame)
        if event.type.endswith("StateEntered"):
            self.left.discard(frame)
            self.open[frame] = (event.detail.get("name", ""), event.type.removesuffix("StateEntered"))
        if event.type in ("ParallelStateStarted", "MapStateStarted"):
            self.started[frame] = event.id
        holder = frame[:-1] if event.type.startswith("MapIteration") else frame
        return frame, self.open.get(holder, ("", ""))[0]

    def _frame(self, event: Event) -> FrameKey:
        type, detail = event.type, event.detail
        before, kind = self.frames.get(event.previous, ()), self.types.get(event.previous, "")
        if type == "MapIterationStarted":
            holder = before if kind == "MapStateStarted" else self._holding(before, detail.get("name"), "Map")
            return (*holder, (self.started.get(holder, 0), int(detail.get("index", 0))))
        if type.startswith("MapIteration"):
            holder = self._holding(before[:-1] if before else before, detail.get("name"), "Map")
            return (*holder, (self.started.get(holder, 0), int(detail.get("index", 0))))
        if type.endswith("StateEntered"):
            if kind == "ParallelStateStarted":
                return (*before, (event.previous, self._branch(event.previous, before, detail.get("name", ""))))
            return before
        if type.endswith("StateExited"):
            return self._holding(before, detail.get("name"), type.removesuffix("StateExited"))
        for join in _JOINS:
            if type.startswith((f"{join}State", f"{join}Run")):
                return self._holding(before, None, join)
        return before

    def _holding(self, frame: FrameKey, name: str | None, type: str) -> FrameKey:
        """Return the nearest line, from a frame outwards, that is still in a state of this type (and name)."""
        for depth in range(len(frame), -1, -1):
            here = self.open.get(frame[:depth])
            if here is not None and here[1] == type and name in (None, here[0]) and frame[:depth] not in self.left:
                return frame[:depth]
        return frame

    def _branch(self, started: int, frame: FrameKey, name: str) -> int:
        taken = self.branches.setdefault(started, [])
        starts = self.starts.get(self.open.get(frame, ("", ""))[0], ())
        found = next((i for i, first in enumerate(starts) if first == name and i not in taken), len(taken))
        taken.append(found)
        return found


def placed(events: Sequence[Event], definition: Definition) -> list[Event]:
    """Return the events with their addresses and frames. Raises InputError when they are of another machine."""
    states = {state.name: state for state in definition.machine.walk()}
    places = _LineFinder({name: [b.start_at for b in state.branches] for name, state in states.items()})
    found = []
    for event in events:
        frame, name = places.take(event)
        if event.type.endswith("StateEntered"):
            _belongs(event, states)
        address = states[name].address if name in states else ""
        found.append(event._replace(address=address, frame=frame))
    return found


def _belongs(event: Event, states: Mapping[str, State]) -> None:
    name, type = event.detail.get("name", ""), event.type.removesuffix("StateEntered")
    state = states.get(name)
    if state is None or state.type != type:
        here = f'its state "{name}" is a {state.type}' if state is not None else f'it has no state "{name}"'
        raise InputError(
            f'The history is not of this machine: event {event.id} enters the {type} state "{name}", and {here}. '
            "Name the machine it is of, or show it without one."
        )


# ------------------------------------------------------------------------------------------------------ a definition
def seen_definition(events: Sequence[Event]) -> dict[str, Any]:
    """Return a definition with the states and ways that a history shows: to look at, not to run.

    Raises InputError for one in which no state is entered.
    """
    places = _LineFinder({})
    lines: dict[FrameKey, list[tuple[Event, bool]]] = {}
    resources: dict[str, str] = {}
    failed: set[FrameKey] = set()
    for event in events:
        frame, name = places.take(event)
        if event.type.endswith("StateEntered"):
            lines.setdefault(frame, []).append((event, frame in failed))
            failed.discard(frame)
        elif event.type.endswith(("Failed", "TimedOut")) and not event.type.startswith("Execution"):
            failed.add(frame)
        elif event.type.endswith(("Succeeded", "Scheduled")):
            failed.discard(frame)
        if event.type.endswith("Scheduled") and name:
            resources[name] = _resource(event)
    top = [line for frame, line in lines.items() if not frame]
    if not top:
        raise InputError("No machine can be made from this history: no state is entered in it. Name the one it is of.")
    return _machine(top, lines, places, resources)


def _resource(event: Event) -> str:
    detail = event.detail
    if event.type == "TaskScheduled":
        return f"arn:aws:states:::{detail.get('resourceType', 'lambda')}:{detail.get('resource', 'invoke')}"
    return str(detail.get("resource", ""))


def _machine(
    runs: Sequence[Sequence[tuple[Event, bool]]],
    lines: Mapping[FrameKey, Sequence[tuple[Event, bool]]],
    places: _LineFinder,
    resources: Mapping[str, str],
) -> dict[str, Any]:
    states: dict[str, dict[str, Any]] = {}
    nexts: dict[str, dict[str, bool]] = {}
    for run in runs:
        for index, (event, _) in enumerate(run):
            name = event.detail["name"]
            states.setdefault(name, {"Type": event.type.removesuffix("StateEntered")})
            if index + 1 < len(run):
                after, caught = run[index + 1]
                nexts.setdefault(name, {})[after.detail["name"]] = caught
    for name, state in states.items():
        _fill(name, state, nexts.get(name, {}), resources)
        if state["Type"] in _JOINS:
            _fill_join(name, state, lines, places, resources)
    return {"StartAt": next(iter(states)), "States": states}


def _fill(name: str, state: dict[str, Any], nexts: Mapping[str, bool], resources: Mapping[str, str]) -> None:
    type = state["Type"]
    ways = [target for target, caught in nexts.items() if not caught] or ([] if type != "Choice" else list(nexts))
    if type == "Choice":
        rules = [{"Variable": "$", "IsPresent": True, "Next": target} for target in ways[:-1]]
        target = ways[-1] if ways else name
        state.update(Choices=[*rules, {"Variable": "$", "IsPresent": True, "Next": target}])
        return
    if type in ("Succeed", "Fail"):
        return
    if type == "Task":
        state["Resource"] = resources.get(name) or "arn:aws:lambda:us-east-1:123456789012:function:unknown"
    if type == "Wait":
        state["Seconds"] = 0
    state.update({"Next": ways[0]} if ways else {"End": True})
    caught = [target for target, was in nexts.items() if was]
    if caught and type in ("Task", *_JOINS):
        state["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": caught[0]}]


def _fill_join(
    name: str,
    state: dict[str, Any],
    lines: Mapping[FrameKey, Sequence[tuple[Event, bool]]],
    places: _LineFinder,
    resources: Mapping[str, str],
) -> None:
    """Put into a Parallel or Map what ran inside it, in all its visits."""
    inner: dict[int, list[Sequence[tuple[Event, bool]]]] = {}
    for frame, line in lines.items():
        if frame and places.frames.get(frame[-1][0]) == frame[:-1] and _holder(frame, lines) == name:
            inner.setdefault(frame[-1][1] if state["Type"] == "Parallel" else 0, []).append(line)
    nothing = {"StartAt": f"In {name}", "States": {f"In {name}": {"Type": "Pass", "End": True}}}
    made = [_machine(inner[index], lines, places, resources) for index in sorted(inner)] or [nothing]
    state.update({"Branches": made} if state["Type"] == "Parallel" else {"ItemProcessor": made[0]})


def _holder(frame: FrameKey, lines: Mapping[FrameKey, Sequence[tuple[Event, bool]]]) -> str:
    """Return the name of the state that a frame runs inside of: the last one entered around it before it began."""
    before = [event for event, _ in lines.get(frame[:-1], ()) if event.id < frame[-1][0]]
    return str(before[-1].detail["name"]) if before else ""


# ---------------------------------------------------------------------------------------------------------- journal
def recorded_journal(program: Program, events: Sequence[Event]) -> tuple[Journal, Execution]:
    """Return the journal that gives a recorded history here as far as that goes, and the execution it leads to.

    Applies every recorded answer at its time; where the machine does something else here, the rest is not applied.
    """
    first = events[0]
    journal = Journal(first.detail.get("input", {}), first.at, 0, UNNAMED)
    execution = Execution.start(program, journal.input, at=journal.at, seed=journal.seed, names=journal.names)

    def apply(command: Command) -> None:
        execution.advance()
        journal.note(execution, command)
        execution.handle(command)

    for event in events[1:]:
        execution.advance()
        _let_time_pass(execution, event, apply)
        call = _call_of(execution, event)
        command = _command(event, call.id) if call is not None else None
        if command is not None:
            apply(command)
        if execution.done:
            break
    execution.advance()
    return journal, execution


def _let_time_pass(execution: Execution, event: Event, apply: Any) -> None:
    """Let what was due before an event happen; a Wait ends when its Exited event says so."""
    wakeup = execution.wakeup
    over = event.type == "WaitStateExited" or event.type.endswith("TimedOut")
    while wakeup is not None and not execution.done and (wakeup <= event.at or over):
        apply(Tick(wakeup))
        execution.advance()
        wakeup, over = execution.wakeup, False


def _call_of(execution: Execution, event: Event) -> Call | None:
    path = tuple(index for _, index in event.frame)
    for call in execution.calls.values():
        if call.address == event.address and tuple(index for _, index in call.frame_key) == path:
            return call
    return None


def _command(event: Event, call: int) -> Command | None:
    detail = event.detail
    match event.type:
        case "LambdaFunctionSucceeded" | "TaskSucceeded" | "ActivitySucceeded":
            return TaskSucceeded(event.at, call, detail.get("output"))
        case (
            "LambdaFunctionFailed"
            | "TaskFailed"
            | "ActivityFailed"
            | "LambdaFunctionTimedOut"
            | "TaskTimedOut"
            | "ActivityTimedOut"
            | "LambdaFunctionScheduleFailed"
            | "LambdaFunctionStartFailed"
            | "TaskStartFailed"
            | "TaskSubmitFailed"
            | "ActivityScheduleFailed"
        ):
            return TaskFailed(event.at, call, detail.get("error"), detail.get("cause"))
        case "TaskSubmitted":
            return TaskSubmitted(event.at, call, detail.get("output"))
        case "ActivityStarted":
            return TaskStarted(event.at, call, detail.get("workerName"))
    return None


def agreement(recorded: Sequence[Event], here: Sequence[Event]) -> int:
    """Return how many events at the beginning are alike: of the same type, in the same place."""
    for index, (old, new) in enumerate(zip(recorded, here, strict=False)):
        if (old.type, old.address, old.frame) != (new.type, new.address, new.frame):
            return index
    return min(len(recorded), len(here))
