"""What runs covered of a state machine, and the sum of many runs.

Reads visits and events that runs have recorded; runs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sfnbook.coverage.items import AFTER, END, Expression, Item, Kind, expressions_of, items
from sfnbook.engine.failures import matches
from sfnbook.engine.program import Catcher, CompiledState, Program, Retrier
from sfnbook.errors import BRANCH_FAILED
from sfnbook.history.stages import scope_of
from sfnbook.history.visits import CAUGHT, FAILED, SUCCEEDED, Visit, kept
from sfnbook.language.definition import Definition
from sfnbook.query.jsonata.branches import branches, ways_taken
from sfnbook.query.scope import ABSENT, Scope
from sfnbook.values import printable

MOST_CHILDREN: Final = 1_000
"""So many children of each Map run, the unsuccessful ones first, count for the coverage of its states."""


def covered(run: Any) -> Iterator[Item]:
    """Yield every item that a run covered, as often as it did. ``run``: a run here, elsewhere or recorded.

    The branches of JSONata expressions, which take an evaluation, are `branches_taken`'s.
    """
    program: Program = run.machine._program
    yield from _of_line(run, program)
    for child in _children(run):
        yield from _of_line(child, program)
    for map_run in run._map_runs() or ():
        yield Item(map_run.address, "map", outcome="items" if map_run.total else "no items")


def _children(run: Any) -> Sequence[Any]:
    return run.map_children(MOST_CHILDREN) if hasattr(run, "map_children") else ()


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
        if (number := _catcher(run, visit, state)) is not None:
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


MOST_EVALUATIONS: Final = 200
"""So often, in one run, an expression is evaluated again to see which ways it went; less where it has gone them all."""


def branches_taken(run: Any, definition: Definition) -> Iterator[Item]:
    """Yield the ways that a run's JSONata expressions went, each once: they are evaluated again, on what they saw.

    Left out is what is not known of the visit any more: its input, or what came of its work.
    """
    expressions = {state.address: found for state in definition.machine.walk() if (found := expressions_of(state))}
    open_ways = {one: {*one.items} for found in expressions.values() for one in found}
    evaluated: Counter[Expression] = Counter()
    for visit in run.visits if expressions else ():
        for expression in expressions.get(visit.address, ()):
            if not open_ways[expression] or evaluated[expression] >= MOST_EVALUATIONS:
                continue
            scope = _scope(run, visit, expression)
            if scope is None:
                continue
            evaluated[expression] += 1
            by_start = {branch.start: branch for branch in branches(expression.text)}
            for start, way in ways_taken(expression.text, kept(visit, "input"), scope):
                item = expression.item(by_start[start], way)
                if item in open_ways[expression]:
                    open_ways[expression].discard(item)
                    yield item


def _scope(run: Any, visit: Visit, expression: Expression) -> Scope | None:
    """Return what an expression saw in a visit, None where it was not evaluated or that is not known."""
    if kept(visit, "input") is ABSENT:
        return None
    program: Program = run.machine._program
    scope = scope_of(program, visit, run._names_seen())
    field, *rest = expression.path
    state = program.by_address[visit.address]
    if field == "Choices":
        rules = run.rules(visit)
        rule = rules[int(rest[0])] if int(rest[0]) < len(rules) else None
        judged = rule is not None and (rule.matched or (rest[1] == "Condition" and rule.matched is not None))
        return scope if judged else None
    if field == "Catch":
        number = _catcher(run, visit, state)
        scope.error = {"Error": visit.error or "", "Cause": visit.cause or ""}
        return scope if number == rest[0] else None
    if field not in AFTER:
        return scope
    if state.type in ("Task", "Parallel", "Map"):
        scope.result = next((stage.value for stage in run.stages(visit) if stage.name == "result"), ABSENT)
        return scope if visit.status == SUCCEEDED and scope.result is not ABSENT else None
    chosen = state.type != "Choice" or any(rule.text == "Default" and rule.matched for rule in run.rules(visit))
    return scope if visit.status == SUCCEEDED and chosen else None


def _catcher(run: Any, visit: Visit, state: CompiledState) -> int | None:
    if visit.status != CAUGHT:
        return None
    error = _began_as(run, visit, len(visit.attempts) - 1, visit.error)
    return _which(state.catchers, error, state, to=visit.next)


class Coverage:
    """What a set of runs covered of one definition. Runs of another definition of the same machine are left out.

    name: the machine's. runs: how many runs were added.
    """

    def __init__(self, definition: Definition, name: str) -> None:
        self.definition = definition.copy()
        self.name = name
        self.runs = 0
        self.hits: Counter[Item] = Counter()
        self._all = items(definition)

    def add(self, run: Any) -> None:
        """Add what a run covered so far."""
        self.runs += 1
        self.hits.update(covered(run))
        if any(item.kind == "branch" for item in self._all):
            for line in (run, *_children(run)):
                self.hits.update(branches_taken(line, self.definition))

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
        from sfnbook.coverage.report import html_for_notebook, text

        return {"text/plain": text([self]), "text/html": html_for_notebook(self)}


def coverage_of(runs: Iterable[Any]) -> list[Coverage]:
    """Return the coverage of runs, one for each definition among them, in the order in which they first ran."""
    found: dict[tuple[str, str], Coverage] = {}
    for run in runs:
        machine = run.machine
        key = (machine.name, machine._definition.text)
        if key not in found:
            found[key] = Coverage(machine._definition, machine.name)
        found[key].add(run)
    return list(found.values())
