"""What runs covered of a state machine, and the sum of many runs.

Reads visits and events that runs have recorded; runs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sfnbook.coverage.items import END, Item, Kind, items
from sfnbook.engine.failures import matches
from sfnbook.engine.program import Catcher, CompiledState, Program, Retrier
from sfnbook.errors import BRANCH_FAILED
from sfnbook.history.visits import CAUGHT, FAILED, SUCCEEDED, Visit
from sfnbook.language.definition import Definition
from sfnbook.values import printable

MOST_CHILDREN: Final = 1_000
"""So many children of each Map run, the unsuccessful ones first, count for the coverage of its states."""


def covered(run: Any) -> Iterator[Item]:
    """Yield every item that a run covered, as often as it did. ``run``: a run here, elsewhere or recorded."""
    program: Program = run.machine.program
    yield from _of_line(run, program)
    children: Sequence[Any] = run.map_children(MOST_CHILDREN) if hasattr(run, "map_children") else ()
    for child in children:
        yield from _of_line(child, program)
    for map_run in run._map_runs() or ():
        yield Item(map_run.address, "map", outcome="items" if map_run.total else "no items")


def _of_line(run: Any, program: Program) -> Iterator[Item]:
    for visit in run.visits:
        state = program.by_address.get(visit.address)
        if state is not None:
            yield from _of_visit(run, visit, state)
    for event in run.events:
        if event.type == "MapStateStarted" and _inline(program, event.address):
            yield Item(event.address, "map", outcome="items" if event.detail.get("length") else "no items")


def _inline(program: Program, address: str) -> bool:
    state = program.by_address.get(address)
    config = (state.source.get("ItemProcessor") or {}).get("ProcessorConfig") or {} if state is not None else {}
    return bool(config.get("Mode") != "DISTRIBUTED")


def _of_visit(run: Any, visit: Visit, state: CompiledState) -> Iterator[Item]:
    yield Item(visit.address, "state")
    for index, attempt in enumerate(visit.attempts[:-1]):
        error = _began_as(run, visit, index, attempt.error)
        if attempt.status == FAILED and (number := _which(state.retriers, error, state)) is not None:
            yield Item(visit.address, "retrier", f"Retry[{number}]")
    if visit.status == CAUGHT:
        error = _began_as(run, visit, len(visit.attempts) - 1, visit.error)
        number = _which(state.catchers, error, state, to=visit.next)
        if number is not None:
            yield Item(visit.address, "catcher", f"Catch[{number}]", to=state.catchers[number].next)
    elif state.type == "Choice":
        yield from _of_choice(run, visit)
    elif visit.status == SUCCEEDED and (state.next is not None or state.source.get("End")):
        yield Item(visit.address, "transition", "Next" if state.next else "End", to=state.next or END)


def _began_as(run: Any, visit: Visit, attempt: int, error: str | None) -> str | None:
    """Return the error that an attempt of a Parallel or Map failed with.

    A history calls it States.BranchFailed, or says nothing where a retry follows: the branch knows.
    """
    depth = len(visit.frame)
    if visit.type == "Task" or error not in (None, BRANCH_FAILED) or attempt < 0:
        return error
    inside = [one for one in run.visits if len(one.frame) == depth + 1 and one.frame[:depth] == visit.frame]
    starts = sorted({one.frame[depth][0] for one in inside if one.frame[depth][0] in visit.events})
    if attempt >= len(starts):
        return error
    failed = [one.error for one in inside if one.frame[depth][0] == starts[attempt] and one.error is not None]
    return failed[-1] if failed else error


def _which(
    entries: Sequence[Retrier | Catcher], error: str | None, state: CompiledState, to: str | None = None
) -> int | None:
    """Return the number of the first entry of Retry or Catch that takes an error, None where none does.

    A history does not say whether a timeout was a missed heartbeat, nor whether a Parallel's error began in a Task: what is certain comes
    first, then what may be.
    """
    for maybe in (False, True):
        for number, entry in enumerate(entries):
            fits = to is None or (isinstance(entry, Catcher) and entry.next == to)
            if fits and matches(entry.errors, error, state, heartbeat=maybe, from_task=maybe):
                return number
    return None


def _of_choice(run: Any, visit: Visit) -> Iterator[Item]:
    for number, rule in enumerate(run.rules(visit)):
        name = "Default" if rule.text == "Default" and rule.matched else f"Choices[{number}]"
        if rule.text != "Default" and rule.matched is not None:
            yield Item(visit.address, "rule", name, "true" if rule.matched else "false")
        if rule.matched:
            yield Item(visit.address, "transition", name, to=rule.next or "")


class Coverage:
    """What a set of runs covered of one definition. Runs of another definition of the same machine are left out.

    name: the machine's. runs: how many runs were added.
    """

    def __init__(self, definition: Definition, name: str) -> None:
        self.definition = definition
        self.name = name
        self.runs = 0
        self.hits: Counter[Item] = Counter()
        self._all = items(definition)

    def add(self, run: Any) -> None:
        """Add what a run covered so far."""
        self.runs += 1
        self.hits.update(covered(run))

    def update(self, other: Coverage) -> None:
        """Add what other runs of the same definition covered."""
        self.runs += other.runs
        self.hits.update(other.hits)

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything there is to cover, in the order of the text."""
        return self._all

    @property
    def missing(self) -> tuple[Item, ...]:
        """What no run covered, in the order of the text."""
        return tuple(item for item in self._all if not self.hits[item])

    def counts(self, kind: Kind | None = None) -> tuple[int, int]:
        """Return how many items (of one kind) were covered, and how many there are."""
        wanted = [item for item in self._all if kind is None or item.kind == kind]
        return sum(1 for item in wanted if self.hits[item]), len(wanted)

    @property
    def percent(self) -> float:
        """The share of items that were covered, 0 to 100."""
        done, total = self.counts()
        return 100.0 * done / total if total else 100.0

    def __repr__(self) -> str:
        from sfnbook.coverage.report import text

        return printable(text([self]))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from sfnbook.coverage.report import html_fragment, text

        return {"text/plain": text([self]), "text/html": html_fragment(self)}


def coverage_of(runs: Iterable[Any]) -> list[Coverage]:
    """Return the coverage of runs, one for each definition among them, in the order in which they first ran."""
    found: dict[tuple[str, str], Coverage] = {}
    for run in runs:
        machine = run.machine
        key = (machine.name, machine.definition.text)
        if key not in found:
            found[key] = Coverage(machine.definition, machine.name)
        found[key].add(run)
    return list(found.values())
