"""The journal of an execution: how it started and every command it was given, in order.

Because the engine is pure, the journal is the run: `replay` gives the same events, up to any command or any event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias, overload

from sfnbook.engine.commands import Command, TaskSucceeded
from sfnbook.engine.distributed_map.children import going_on, history_of, known
from sfnbook.engine.distributed_map.map_run import ChildHistory, ChildResult
from sfnbook.engine.execution import Execution, StartPoint
from sfnbook.engine.program import Program
from sfnbook.values import Json


class Entry(NamedTuple):
    """A command and how many states the execution had moved when it was applied."""

    moved: int
    command: Command


_WIDTH: Final = 4


class Entries(Sequence[Entry]):
    """The entries of a journal, in one flat list as `sfnbook.engine.events.EventLog` has its events, and for its reason.

    Of a TaskSucceeded, which are nearly all of a long journal, there stand ``moved, at, call, output``; of another
    command ``moved, None, command, None``.
    """

    __slots__ = ("_raw",)

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._raw: list[Any] = []
        for moved, command in entries:
            self.add(moved, command)

    def add(self, moved: int, command: Command) -> None:
        """Add an entry."""
        if type(command) is TaskSucceeded:
            self._raw += (moved, *command)
        else:
            self._raw += (moved, None, command, None)

    def __len__(self) -> int:
        return len(self._raw) // _WIDTH

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        many = len(self)
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(many))]
        place = index if index >= 0 else many + index
        if not 0 <= place < many:
            raise IndexError(f"there is no entry at {index} of {many}")
        moved, at, call, output = self._raw[place * _WIDTH : (place + 1) * _WIDTH]
        return Entry(moved, call if at is None else TaskSucceeded(at, call, output))

    def __eq__(self, other: object) -> bool:
        return self[:] == other[:] if isinstance(other, (Entries, list)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return repr(self[:])


@dataclass(slots=True)
class Journal:
    """A start and the commands since. ``at`` in seconds since the epoch; ``names``, ``place`` as for `Execution.start`."""

    input: Json
    at: float
    seed: int
    names: Mapping[str, str]
    entries: Entries = field(default_factory=Entries)
    place: StartPoint | None = None

    def note(self, execution: Execution, command: Command) -> None:
        """Write down a command that is about to be applied."""
        self.entries.add(execution.transitions, command)

    def copy(self, until: int | None = None) -> Journal:
        """Return a journal of its own with the first ``until`` entries."""
        return Journal(self.input, self.at, self.seed, self.names, Entries(self.entries[:until]), self.place)


def replay(
    program: Program, journal: Journal, until: int | None = None, *, ready: bool = True, child: Child | None = None
) -> Execution:
    """Return the execution as it was after the first ``until`` commands (all of them by default).

    ``ready``: after the last command, the states that can move have moved. ``child``: one whose history is kept.
    """
    execution = start(program, journal)
    execution.wanted = child
    _apply(execution, journal.entries[:until])
    if ready and (until is None or until >= len(journal.entries)):
        execution.advance()
    return execution


def _apply(execution: Execution, entries: Sequence[Entry]) -> None:
    for moved, command in entries:
        execution.advance(moved - execution.transitions)
        execution.handle(command)


def recall(program: Program, journal: Journal, map_run: str, number: int) -> ChildHistory | None:
    """Return the history of a Map run's child that was not kept; None for one that never began.

    The whole run is replayed, with the answers that its tasks gave: no handler is called.
    """
    execution = start(program, journal)
    execution.wanted = (map_run, number)
    _apply(execution, journal.entries[:])
    execution.advance()
    found = (known(run) for run in execution.map_runs if run.arn == map_run)
    return next((child for children in found for child in children if child.number == number), None)


def results(program: Program, journal: Journal, map_run: str) -> list[ChildResult]:
    """Return how each child of a Map run that began stands, by a replay as for `recall`; no history is kept."""
    execution = start(program, journal)
    found: dict[int, ChildResult] = {}
    execution.listing = (map_run, found)
    _apply(execution, journal.entries[:])
    execution.advance()
    for run in execution.map_runs:
        if run.arn == map_run:
            going_on(run, found)
    return [found[number] for number in sorted(found)]


Child: TypeAlias = tuple[str, int]
"""A child execution: its Map run's ARN and its number there."""


def rewind(program: Program, journal: Journal, event: int, child: Child | None = None) -> tuple[Execution, int]:
    """Return the execution as it was before its event number ``event``, and how many commands had been applied.

    An event is written by a state's move or by a command; the execution stands before that move (the state is the
    first of the ready frames) or before that command. ``child``: the event is one of this child's history.
    """
    execution = start(program, journal)
    execution.wanted = child
    for applied, (moved, command) in enumerate(journal.entries):
        before = _move_to(execution, event, moved)
        if _written(execution) >= event:
            return _at(program, journal, before, applied)
        execution.handle(command)
        if _written(execution) >= event:
            return _at(program, journal, moved, applied)
    applied = len(journal.entries)
    before = _move_to(execution, event, None)
    return _at(program, journal, before, applied) if _written(execution) >= event else (execution, applied)


def _move_to(execution: Execution, event: int, most: int | None) -> int:
    """Move states, ``most`` in all, but none after the one that writes an event; return how many were before it."""
    before = last = execution.transitions
    while last != most and execution.advance(1):
        before, last = last, execution.transitions
        if _written(execution) >= event:
            return before
    return last


def _written(execution: Execution) -> int:
    """How many events there are of the execution, or of the child that is wanted."""
    if execution.wanted is None:
        return len(execution.events)
    map_run, number = execution.wanted
    run = next((run for run in execution.map_runs if run.arn == map_run), None)
    found = None if run is None else history_of(run, number)
    return 0 if found is None else len(found)


def start(program: Program, journal: Journal) -> Execution:
    """Return the execution as it was before its first state and command."""
    return Execution.start(
        program, journal.input, at=journal.at, seed=journal.seed, names=journal.names, place=journal.place
    )


def _at(program: Program, journal: Journal, moves: int, applied: int) -> tuple[Execution, int]:
    execution = replay(program, journal, applied, ready=False)
    execution.advance(moves - execution.transitions)
    return execution, applied
