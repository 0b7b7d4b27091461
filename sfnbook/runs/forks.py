"""Forks: the execution as it was before an event, and another run from there.

A use of the journal, not a second engine: the commands up to that point are applied again, and from there on the fork's
own answers decide. The origin is never changed. Knows neither clocks nor who answers the tasks.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sfnbook.engine.commands import Command, SetInput, TaskFailed, TaskSucceeded
from sfnbook.engine.distributed_map.children import known
from sfnbook.engine.distributed_map.map_run import MapRun
from sfnbook.engine.events import Event, FrameKey
from sfnbook.engine.execution import Execution, StartPoint
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Child, Journal, replay, rewind, start
from sfnbook.engine.program import Program
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit
from sfnbook.language.definition import Address
from sfnbook.query.scope import ABSENT
from sfnbook.runs.run_from_events import RunFromEvents
from sfnbook.values import Json, copy_of

ANSWERS: Final = frozenset(
    f"{kind}{end}" for kind in ("LambdaFunction", "Task", "Activity") for end in ("Succeeded", "Failed", "TimedOut")
)
"""The events that end a call."""

SCHEDULED: Final = frozenset({"LambdaFunctionScheduled", "TaskScheduled", "ActivityScheduled"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is about to enter a state: where, with what, and the variables it sees."""

    frame: FrameKey
    address: Address
    name: str
    data: Json
    variables: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class CallInFlight:
    """A call of a task that had no answer yet. attempt: 0 for the first try. input: what was sent."""

    frame: FrameKey
    address: Address
    name: str
    resource: str
    attempt: int
    input: Json


def _in_flight(call: Call) -> CallInFlight:
    sent = copy_of(call.arguments)
    return CallInFlight(call.frame_key, call.address, call.name, call.resource.text, call.attempt, sent)


class Moment(RunFromEvents):
    """A run as it was before one of its events. ``event``: which. ``at``: the clock, in seconds since the epoch, UTC.

    lines: those about to enter a state, the first one moves first. in_flight: the calls without an answer yet.
    """

    def __init__(
        self,
        machine: Any,
        events: Sequence[Event],
        *,
        event: int,
        at: float,
        lines: Sequence[Line] = (),
        in_flight: Sequence[Call] = (),
        variables: Mapping[str, Json] | None = None,
        **names: Any,
    ) -> None:
        super().__init__(machine, events, now=at, **names)
        self.event = event
        self.at = at
        self.lines = tuple(
            replace(line, data=copy_of(line.data), variables=copy_of(dict(line.variables))) for line in lines
        )
        self.in_flight = tuple(map(_in_flight, in_flight))
        self._variables: dict[str, Json] = copy_of(dict(variables or {}))

    @classmethod
    def of(cls, machine: Any, execution: Execution, event: int, **names: Any) -> Moment:
        """Return the moment at which an execution stands."""
        lines = [
            Line(frame.key, frame.state.address, frame.state.name, frame.data, frame.variables)
            for frame in execution.ready
            if frame.state is not None
        ]
        return cls(
            machine,
            execution.events,
            event=event,
            at=execution.now,
            lines=lines,
            in_flight=list(execution.calls.values()),
            variables=execution.top.variables,
            **names,
        )

    @property
    def line(self) -> Line | None:
        """The line about to enter a state, None where an answer or the end of a wait comes next."""
        return self.lines[0] if self.lines else None

    @property
    def variables(self) -> dict[str, Json]:
        """The variables that the line about to move sees, or else those of the top level."""
        return dict(self.line.variables if self.line is not None else self._variables)


@dataclass(frozen=True, slots=True)
class RepeatedCall:
    """A task that is called again when a run goes on from an earlier point. ``times``: how often it was called since."""

    address: Address
    name: str
    resource: str
    times: int
    in_flight: bool = False


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a run that went on from another began. again: the calls it repeats. misfits: what of a changed definition does not fit."""

    again: tuple[RepeatedCall, ...]
    misfits: tuple[str, ...]


@dataclass(slots=True)
class Fork:
    """Where another run begins. again: the calls it repeats. misfits: what of a changed definition does not fit."""

    program: Program
    execution: Execution
    journal: Journal
    again: tuple[RepeatedCall, ...] = ()
    misfits: list[str] = field(default_factory=list)

    def apply(self, command: Command) -> None:
        """Apply a command to the new execution before it goes on."""
        self.journal.note(self.execution, command)
        self.execution.handle(command)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python's collector from looking again and again at what a replay makes and keeps: it would take longer."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def back(program: Program, journal: Journal, event: int, child: Child | None = None) -> tuple[Execution, int]:
    """Return the execution as it was before an event (of a Map run's ``child``), and how many commands had been applied."""
    with uncollected():
        execution, applied = rewind(program, journal, event, child)
    execution.outbox[:] = [call for call in execution.outbox if call.id in execution.calls]
    execution.dropped.clear()
    return execution, applied


def fork(
    program: Program,
    journal: Journal,
    events: Sequence[Event],
    event: int,
    *,
    onto: Program | None = None,
    visit: Visit | None = None,
    input: Json = ABSENT,
    answer: TaskSucceeded | TaskFailed | None = None,
    child: Child | None = None,
) -> Fork:
    """Return where another run begins: before ``event`` of a run with the commands of ``journal`` that wrote ``events``.

    onto: the changed definition's program. visit: the one whose entry or answer the event is. input: what enters its
    state instead. answer: what its task answers instead; its ``call`` and ``at`` are filled in here. child: the event
    and the visit are of this child of a Map run. Raises InputError when the changed definition cannot go on there.
    """
    execution, applied = back(program, journal, event, child)
    found = Fork(program, execution, journal.copy(applied))
    if onto is not None and onto is not program:
        found = _transplant(found, onto, visit, child)
    if input is not ABSENT:
        _enter_with(found, visit, input)
    if answer is not None:
        _answer_with(found, visit, answer)
    found.again = called_again(found.execution, _later(found.execution, journal, events, None if child else event))
    return found


def called_from(events: Sequence[Event], event: int) -> list[Address]:
    """Return the states whose tasks were called from an event on, once for each call."""
    return [one.address for one in events[event - 1 :] if one.type in SCHEDULED]


def _later(execution: Execution, journal: Journal, events: Sequence[Event], event: int | None) -> list[Address]:
    """Return the states whose tasks the origin called after the point: from its history, or where that does not tell,
    because children of Map runs have their own, from a replay.
    """
    if event is not None and not any(one.type == "MapRunStarted" for one in events):
        return called_from(events, event)
    made, found = execution.calls_made, list[Address]()
    with uncollected():
        whole = start(execution.program, journal)
        for moved, command in journal.entries[:]:
            whole.advance(moved - whole.transitions)
            calls = whole.outbox[:]
            whole.handle(command)  # may make calls, and may end the run, which forgets those not yet sent
            calls += whole.outbox[len(calls) :]
            whole.outbox.clear()
            found += [call.address for call in calls if call.id > made and call.kind == "task"]
    return found


def _enter_with(found: Fork, visit: Visit | None, data: Json) -> None:
    key = visit.frame if visit is not None else ()
    if not any(frame.key == key and frame.state is not None for frame in found.execution.ready):
        raise InputError(
            "No state is about to be entered there, so there is no input to change. Choose a visit's entry."
        )
    found.apply(SetInput(found.execution.now, key, data))


def _answer_with(found: Fork, visit: Visit | None, answer: TaskSucceeded | TaskFailed) -> None:
    execution = found.execution
    for call in execution.calls.values():
        if visit is not None and (call.frame_key, call.entered_id) == (visit.frame, visit.id) and call.kind == "task":
            execution.outbox[:] = [other for other in execution.outbox if other is not call]
            found.apply(answer._replace(at=execution.now, call=call.id))
            return
    name = visit.name if visit is not None else "This point"
    raise InputError(f"{name} waits for no answer there. Choose the visit of a Task state.")


def called_again(execution: Execution, later: Iterable[Address]) -> tuple[RepeatedCall, ...]:
    """Return the calls in flight, which are sent again, and those of ``later``: what the origin called after the point."""
    flying = {call.address for call in execution.outbox if call.kind == "task"}
    found: dict[Address, RepeatedCall] = {
        call.address: RepeatedCall(call.address, call.name, call.resource.text, 1, in_flight=True)
        for call in execution.outbox
        if call.kind == "task"
    }
    for address in later:
        state = execution.program.by_address.get(address)
        if state is None:
            continue
        known = found.get(address)
        times = known.times + 1 if known is not None else 1
        resource = str(state.source.fields.get("Resource", ""))
        found[address] = RepeatedCall(address, state.name, resource, times, address in flying)
    return tuple(found.values())


# ---------------------------------------------------------------------------------------------- another definition
def _transplant(found: Fork, onto: Program, visit: Visit | None, child: Child | None) -> Fork:
    """Return the same point on a changed definition: by replay where the events agree, else at the state itself."""
    old = found.execution
    with uncollected():
        new = replay(onto, found.journal, len(found.journal.entries), ready=False, child=child)
        new.advance(old.transitions - new.transitions)
    new.outbox[:] = [call for call in new.outbox if call.id in new.calls]
    new.dropped.clear()
    at = _differs(old.events, new.events)
    inside = _children_differ(old, new) if at is None else ""
    if inside:
        return planted(found, onto, visit, inside)
    if at is None and not new.done:
        other = Fork(onto, new, found.journal)
        if visit is not None:
            _check_next(other, old, visit)
        return other
    return planted(found, onto, visit, _words(old.events, new.events, at if at is not None else len(old.events)))


def _differs(old: Sequence[Event], new: Sequence[Event]) -> int | None:
    for index, event in enumerate(old):
        if index >= len(new) or new[index] != event:
            return index
    return None if len(old) == len(new) else len(old)


def _children_differ(old: Execution, new: Execution) -> str:
    """Return in words how the children of Map runs that go on differ, "" where they agree."""
    going = [[run for run in execution.map_runs if run.frame is not None] for execution in (old, new)]
    for was, now in zip(*going, strict=False):
        before, after = ({child.number: child.events for child in known(run)} for run in (was, now))
        for number in sorted(before.keys() | after.keys()):
            one, other = before.get(number, []), after.get(number, [])
            at = _differs(one, other)
            if at is not None:
                return f"In child {number} of the Map run: {_words(one, other, at)}"
        if was.counts != now.counts or was.items != now.items or _ended(was) != _ended(now):
            return "The changed definition does something else in other children of the Map run."
    return "" if len(going[0]) == len(going[1]) else "The changed definition starts other Map runs."


def _ended(run: MapRun) -> tuple[Sequence[Json], Sequence[Json]]:
    """Return what the children that ended came to."""
    join = run.frame.join if run.frame is not None else None
    return ((), ()) if join is None else (join.results, join.extra.outcomes)


def _check_next(other: Fork, old: Execution, visit: Visit) -> None:
    """Say where the line goes now when the changed definition leads elsewhere."""
    next_one = {frame.key: frame.state for frame in other.execution.ready}.get(visit.frame)
    before = {frame.key: frame.state for frame in old.ready}.get(visit.frame)
    if next_one is not None and before is not None and next_one.address != before.address:
        other.misfits.append(f"The run goes to {next_one.name} here, no longer to {before.name}.")


def _words(old: Sequence[Event], new: Sequence[Event], at: int) -> str:
    def outline(events: Sequence[Event]) -> str:
        if at >= len(events):
            return "nothing"
        event = events[at]
        name = event.detail.get("name") or event.address.rpartition("/")[2]
        return f"{event.type} {name}".strip()

    was, now = outline(old), outline(new)
    change = f"{was} with other data" if was == now else f"{was}, now {now}"
    return f"From event {at + 1} on the changed definition does something else: it was {change}."


def planted(found: Fork, onto: Program, visit: Visit | None, why: str) -> Fork:
    """Return a run that begins at the state itself, with the input and variables it has there."""
    frame = next((frame for frame in found.execution.ready if frame.state is not None), None)
    if visit is not None:
        name, key, data, seen = visit.name, visit.frame, visit.input, visit.variables
    elif frame is not None and frame.state is not None:
        name, key, data, seen = frame.state.name, frame.key, frame.data, dict(frame.variables)
    else:
        raise InputError(f"{why} Choose a visit to go on from: its state, input and variables are kept.")
    if key:
        raise InputError(
            f"{why} {name} lies inside a Parallel or Map, which cannot be entered in the middle. "
            "Go on from the state around it, or from one before."
        )
    if name not in onto.machine.states:
        raise InputError(
            f'The changed definition has no state "{name}", where the run stands. '
            "Give the state its name back, or go on from an earlier state."
        )
    old = found.journal
    place = StartPoint(name, data, dict(seen))
    journal = Journal(old.input, found.execution.now, old.seed, old.names, place=place)
    return Fork(onto, start(onto, journal), journal, misfits=[why, f"The new history begins at {name}."])
