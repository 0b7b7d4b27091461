"""Finds cases that cover a definition: from one run to the next, each going another way at one state.

A Choice is made to go another way by solving its rules, together with those that led to it, for the places in the input
and in the tasks' answers that its values were copied from. A state that finds no value where it reads gets one. Each case
is confirmed by running it; what none reaches is said, and why.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, product
from typing import Any, Final, NamedTuple

from sfnbook.coverage.collect import covered
from sfnbook.coverage.items import Item, items
from sfnbook.engine.failures import UNCATCHABLE, matches
from sfnbook.engine.program import Catcher, CompiledState, Program, Retrier
from sfnbook.errors import (
    ALL,
    BRANCH_FAILED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    INTRINSIC_FAILURE,
    ITEM_READER_FAILED,
    NO_CHOICE_MATCHED,
    PARAMETER_PATH_FAILURE,
    QUERY_EVALUATION_ERROR,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
    TASK_FAILED,
)
from sfnbook.history.data_links import Spot, items_stage
from sfnbook.history.visits import CAUGHT, Visit, kept
from sfnbook.language.definition import Address, Machine, name_at
from sfnbook.machine import StateMachine
from sfnbook.query.jsonpath.paths import compile_path
from sfnbook.query.jsonpath.value_paths import Place
from sfnbook.query.scope import ABSENT, ExpressionError
from sfnbook.testing.generation.case import MANY_STATES, Case, CaseRun, Source, read
from sfnbook.testing.generation.conditions import Alternative, Literal, alternatives, both, candidates, solve
from sfnbook.testing.generation.demands import KINDS, Demand, demands, items_at
from sfnbook.values import Json, printable

MOST_RUNS: Final = 1_500
"""So many runs are made for one machine, at most."""

_MOST_REPAIRS: Final = 40
_TRIES: Final = 10
_DATA_ERRORS: Final = frozenset(
    {RUNTIME, PARAMETER_PATH_FAILURE, QUERY_EVALUATION_ERROR, INTRINSIC_FAILURE, RESULT_PATH_MATCH_FAILURE,
     ITEM_READER_FAILED}
)  # fmt: skip
_NEVER_A_TASKS: Final = _DATA_ERRORS | {NO_CHOICE_MATCHED, BRANCH_FAILED, EXCEED_TOLERATED_FAILURE_THRESHOLD}
ANY_ERROR: Final = "SomethingElse"
"""An error name that no definition knows."""


@dataclass(frozen=True)
class Missing:
    """An item that no case reaches. proved: whether nothing can reach it; why: in words."""

    item: Item
    proved: bool
    why: str

    def __str__(self) -> str:
        verdict = "cannot be reached" if self.proved else "not reached"
        return printable(f"{name_at(self.item.address)}: {self.item.text}: {verdict}: {self.why}")


@dataclass(frozen=True, repr=False)
class Cases:
    """Cases for a machine. runs: how many runs were made to find them. missing: what they do not cover."""

    machine: StateMachine
    cases: tuple[Case, ...]
    missing: tuple[Missing, ...]
    runs: int
    total: int

    def run(self, case: Case) -> CaseRun:
        """Run a case: no function is called, no time passes."""
        return CaseRun(self.machine, case, most_states=MANY_STATES)

    @property
    def reached(self) -> int:
        """How many items the cases cover."""
        return self.total - len(self.missing)

    def __repr__(self) -> str:
        lines = [f"{self.machine.name}: {len(self.cases)} cases cover {self.reached} of {self.total} items"]
        lines += [f"  {number}. {case.goal}" for number, case in enumerate(self.cases, 1)]
        return printable("\n".join([*lines, *(f"  {missing}" for missing in self.missing)]))


_USUAL: Final[dict[str, Any]] = {"Numeric": 1, "String": "text", "Boolean": True, "Timestamp": "2026-01-01T00:00:00Z"}


class _Goal(NamedTuple):
    address: Address
    what: str


def generate(
    machine: StateMachine, *, covered_already: frozenset[Item] = frozenset(), most_runs: int = MOST_RUNS
) -> Cases:
    """Return cases that cover what of a machine can be covered. covered_already: what needs no case."""
    search = _Search(machine, covered_already, most_runs)
    search.go()
    return search.result()


def inputs_read(found: Cases) -> dict[Source, list[Json]]:
    """Return the places of the input that the runs of cases read, with values on both sides of each comparison there.

    A place that no Choice compares has the values that fit the operator or field that reads it. `ABSENT` is among the values
    where a rule asks whether a place is there.
    """
    search = _Search(found.machine, frozenset(), 0)
    values: dict[Source, list[Json]] = {}
    for case in found.cases:
        run = found.run(case)
        for visit in run.all_visits[:300]:
            for source, value in search.tested(run, visit):
                if source is not None and source.key is None and (source.place or source.inside):
                    known = values.setdefault(source, [])
                    if not any(type(value) is type(one) and value == one for one in known):
                        known.append(value)
    return values


class _Search:
    """The state of one search."""

    def __init__(self, machine: StateMachine, already: frozenset[Item], most_runs: int) -> None:
        self.machine = machine
        self.program: Program = machine._program
        self.most_runs = most_runs
        self.runs = 0
        self.all = tuple(item for item in items(machine._definition) if item.kind != "branch")
        self.already = already
        self.hits: set[Item] = set()
        self.kept: list[tuple[Case, frozenset[Item]]] = []
        self.waiting: deque[CaseRun] = deque()
        self.tried: Counter[_Goal] = Counter()
        self.reasons: dict[_Goal, str] = {}
        self.failures: dict[Address, str] = {}
        self.proofs = dict(_proved(self.program, self.all))
        self.wanted = {item for item in self.all if item not in self.proofs and item not in already}

    # -- the whole ----------------------------------------------------------------------------------------------------

    def go(self) -> None:
        """Search until everything is covered, nothing is left to try, or enough runs were made."""
        first = self.attempt(Case(goal="the first way through"))
        if first is not None and not any(run is first for run in self.waiting):
            self.waiting.append(first)
        while self.waiting and self.wanted - self.hits and self.runs < self.most_runs:
            run = self.waiting.popleft()
            for case in self.children(run):
                if self.runs >= self.most_runs or not self.wanted - self.hits:
                    break
                self.attempt(case)

    def attempt(self, case: Case) -> CaseRun | None:
        """Run a case, mended until its states find what they read; keep it if it covers something new."""
        run = self.mended(case)
        found = frozenset(covered(run))
        if not found - self.hits - self.already:
            return run
        if not run.ends:
            ended = self.ended(run, found - self.hits)
            if ended is None:
                self.waiting.append(run)
                return run
            run = ended
            found = frozenset(covered(run))
        self.hits |= found
        self.kept.append((run.case, found))
        self.waiting.append(run)
        return run

    def run(self, case: Case) -> CaseRun:
        self.runs += 1
        run = CaseRun(self.machine, case)
        return run if run.ends or _returns(run) else CaseRun(self.machine, case, most_states=MANY_STATES)

    def ended(self, run: CaseRun, new: frozenset[Item]) -> CaseRun | None:
        """Return a run that covers something of the same and leaves its circles, None where none is found."""
        for _ in range(12):
            better = self._less_in_circles(run, new)
            if better is None or better.ends:
                return better
            run = better
        return None

    def _less_in_circles(self, run: CaseRun, new: frozenset[Item]) -> CaseRun | None:
        before = _circles(run)
        seen: Counter[Address] = Counter()
        for visit in run.all_visits:
            if visit.type != "Choice" or visit.address not in before:
                continue
            seen[visit.address] += 1
            if seen[visit.address] not in (2, 3):
                continue
            for case in self.ways(run, visit, everything=True):
                if self.runs >= self.most_runs:
                    return None
                other = self.mended(replace(case, goal=run.case.goal))
                if (other.ends or visit.address not in _circles(other)) and frozenset(covered(other)) & new:
                    return other
        return None

    def result(self) -> Cases:
        """Return what was found, without cases that others make superfluous."""
        needed: list[Case] = []
        kept_ = list(self.kept)
        for case, found in list(reversed(kept_)):
            others = (
                frozenset().union(*(items for one, items in kept_ if one is not case))
                if len(kept_) > 1
                else frozenset()
            )
            if found & (set(self.all) - self.already) <= others:
                kept_ = [pair for pair in kept_ if pair[0] is not case]
            else:
                needed.insert(0, case)
        missing = [
            Missing(item, item in self.proofs, self.proofs.get(item) or self._why(item))
            for item in self.all
            if item not in self.hits and item not in self.already
        ]
        return Cases(self.machine, tuple(needed), tuple(missing), self.runs, len(self.all))

    def _why(self, item: Item) -> str:
        if self.runs >= self.most_runs:
            return f"not found in {self.runs:,} runs"
        entered = any(hit.address == item.address for hit in self.hits)
        if not entered and item.kind != "state":
            return "its state is never entered"
        if item.address in self.failures:
            return f"it fails with {self.failures[item.address]}"
        reasons = [why for goal, why in self.reasons.items() if goal.address == item.address]
        return reasons[-1] if reasons else "no input or answer was found that leads there"

    # -- mending ------------------------------------------------------------------------------------------------------

    def mended(self, case: Case) -> CaseRun:
        """Run a case; give states that fail for want of data a value where they read, and run it again."""
        turns: Counter[Source] = Counter()
        run = self.run(case)
        for _ in range(_MOST_REPAIRS):
            changed = run.case
            named = _named_in_cause(run._execution.cause) if run._execution.error in _DATA_ERRORS else 0
            for visit in run.all_visits:
                if visit.type != "Choice" and (
                    visit.id == named
                    if named and visit.status != CAUGHT and visit.error == RUNTIME
                    else visit.id == named or _lacks_data(visit)
                ):
                    changed = self._given(run, visit, changed, turns)
            if changed is run.case:
                self._note_failure(run, named)
                return run
            run = self.run(changed)
        return run

    def _note_failure(self, run: CaseRun, named: int) -> None:
        for visit in run.all_visits:
            if visit.type != "Choice" and (visit.id == named or visit.error in _DATA_ERRORS):
                self.failures[visit.address] = (
                    f"{run._execution.error or visit.error}: {run._execution.cause or visit.cause}"
                )

    def _given(self, run: CaseRun, visit: Visit, case: Case, turns: Counter[Source]) -> Case:
        state = self.program.by_address.get(visit.address)
        if state is None:
            return case
        known: list[tuple[Source, Demand]] = []
        before = case
        for demand in demands(state):
            source, there = self.place(run, visit, demand.root, demand.place)
            if source is None or source in case.fixed or _under(source, case.fixed):
                continue
            if there is ABSENT or (demand.sure and type(there) is not type(demand.value) and not turns[source]):
                turns[source] += 1
                case = case.with_value(source, demand.value, self.default(run, source))
            else:
                known.append((source, demand))
        if case is before:
            for source, demand in known:
                if turns[source] < len(KINDS) and (source.place or demand.sure):
                    value = KINDS[turns[source] % len(KINDS)]
                    turns[source] += 1
                    case = case.with_value(source, value, self.default(run, source))
        return case

    def default(self, run: CaseRun, source: Source) -> Json:
        return run.defaults.get(source.key, {}) if source.key is not None else {}

    def place(self, run: CaseRun, visit: Visit, root: str, place: Place) -> tuple[Source | None, Json]:
        """Return where in the case a place that a visit reads comes from, and the value there now."""
        if root == "input":
            return run.source(Spot(visit.id, "input", place)), read(kept(visit, "input"), place)
        if root == "result":
            output = kept(visit.attempt, "output") if visit.attempt is not None else ABSENT
            if visit.type != "Task":
                return run.source(Spot(visit.id, "result", place)), ABSENT
            made = [one for one in run.calls_of(visit) if one[0][1] == "task"]
            return (Source(*made[-1], place) if made else None), read(output, place)
        if root == "afterResultPath":
            return run.source(Spot(visit.id, root, place)), ABSENT
        if root == "$$":
            return self._of_context(run, visit, place)
        giver = next(run.origins.tree.assigners(visit, root), None)
        value = read(kept(visit, "variables"), (root, *place))
        return (run.source(Spot(giver.id, "assigned", (root, *place))) if giver is not None else None), value

    def _of_context(self, run: CaseRun, visit: Visit, place: Place) -> tuple[Source | None, Json]:
        if place[:2] == ("Execution", "Input"):
            return Source(None, 0, place[2:]), read(run.case.input, place[2:])
        iteration = run.origins.tree.iteration(visit.frame)
        if place[:3] == ("Map", "Item", "Value") and iteration is not None:
            holder, index = iteration
            state = self.program.by_address[holder.address]
            spot = Spot(holder.id, items_stage(state), (index, *place[3:]))
            return run.source(spot), read(kept(visit, "item"), place[2:])
        if visit.type == "Map" and place[:3] == ("Map", "Item", "Value"):
            state = self.program.by_address[visit.address]
            return run.source(Spot(visit.id, items_stage(state), (0, *place[3:]))), ABSENT
        return None, None

    def tested(self, run: CaseRun, visit: Visit) -> Iterator[tuple[Source | None, Json]]:
        """Yield the places that a visit reads, each with a value that means something there."""
        state = self.program.by_address.get(visit.address)
        if state is None:
            return
        for rule in (state.source.get("Choices") or ()) if visit.type == "Choice" else ():
            for wanted in (True, False):
                for literal in chain.from_iterable(alternatives(rule, wanted) or ()):
                    fixed, source, _ = self._at(run, visit, literal)
                    for value in candidates(fixed):
                        yield source, value
        for demand in demands(state):
            yield self.place(run, visit, demand.root, demand.place)[0], demand.value

    # -- other ways ---------------------------------------------------------------------------------------------------

    def children(self, run: CaseRun) -> Iterator[Case]:
        """Yield cases that go another way than a run at one of its states."""
        seen: Counter[Address] = Counter()
        for visit in run.all_visits[:300]:
            seen[visit.address] += 1
            if seen[visit.address] > 3 or visit.address not in self.program.by_address:
                continue
            if visit.type == "Choice":
                yield from self.ways(run, visit)
            else:
                yield from self._failures(run, visit)
                if visit.type == "Map":
                    yield from self._item_counts(run, visit)

    def _lacking(self, address: Address) -> list[Item]:
        return [item for item in self.wanted - self.hits if item.address == address]

    def ways(self, run: CaseRun, visit: Visit, *, everything: bool = False) -> Iterator[Case]:
        """Yield cases in which a Choice chooses otherwise: what is not covered, or everything."""
        state = self.program.by_address[visit.address]
        rules: list[Any] = list(state.source.get("Choices") or ())
        for number in range(len(rules) + 1):
            goal = _Goal(visit.address, f"Choices[{number}]" if number < len(rules) else "Default")
            if not everything and (not self._serves(visit.address, number, len(rules)) or self.tried[goal] >= _TRIES):
                continue
            self.tried[goal] += 1
            to = rules[number]["Next"] if number < len(rules) else state.source.get("Default")
            words = f"{visit.name} goes to {to}" if to else f"{visit.name} has no rule that fits"
            yield from self._solved(run, visit, rules, number, goal, words)

    def _serves(self, address: Address, number: int, count: int) -> bool:
        for item in self._lacking(address):
            if item.what == (f"Choices[{number}]" if number < count else "Default") and item.outcome != "false":
                return True
            if item.outcome == "false" and int(item.what[8:-1]) < number:
                return True
        return False

    def _solved(
        self, run: CaseRun, visit: Visit, rules: Sequence[Any], number: int, goal: _Goal, words: str
    ) -> Iterator[Case]:
        parts: list[list[Alternative]] = []
        for index, rule in enumerate(rules[: number + 1]):
            found = alternatives(rule, index == number)
            if found is None:
                self.reasons[goal] = f"the Condition {rule.get('Condition')} is not understood"
                yield from self._searched(run, visit, rule, words)
                return
            parts.append(found)
        earlier = self._earlier(run, visit)
        for way in both(parts)[:24]:
            case = self._assigned(run, visit, way, earlier, goal)
            if case is not None:
                yield replace(case, goal=words)

    def _searched(self, run: CaseRun, visit: Visit, rule: Any, words: str) -> Iterator[Case]:
        """Yield cases with other values at the places that a Condition reads."""
        state = self.program.by_address[visit.address]
        sources = []
        for demand in demands(state):
            source, _ = self.place(run, visit, demand.root, demand.place)
            if source is not None and source not in sources and source.place:
                sources.append(source)
        values = [*KINDS, 0, 100, [], [{}, {}], False, None, *_constants(str(rule.get("Condition")))]
        for combination in list(product(values, repeat=min(len(sources), 2)))[:120]:
            case = run.case
            for source, value in zip(sources, combination, strict=False):
                case = case.with_value(source, value, self.default(run, source))
            yield replace(case, goal=words)

    def _earlier(self, run: CaseRun, until: Visit) -> dict[Source, list[Literal]]:
        """Return what the Choices before a visit have found true, by the places where the values came from."""
        found: dict[Source, list[Literal]] = {}
        for visit in run.all_visits:
            if visit.id == until.id:
                return found
            if visit.type != "Choice":
                continue
            state = self.program.by_address[visit.address]
            for rule in state.source.get("Choices") or ():
                taken = False
                for wanted in (True, False):
                    for way in alternatives(rule, wanted) or ():
                        seen = [self._at(run, visit, literal) for literal in way]
                        if all(one.holds(value) for one, _, value in seen):
                            for one, source, _ in seen:
                                if source is not None:
                                    found.setdefault(source, []).append(one)
                            taken = True
                            break
                    if taken:
                        break
                if taken and wanted:
                    break
        return found

    def _at(self, run: CaseRun, visit: Visit, literal: Literal) -> tuple[Literal, Source | None, Json]:
        """Return a literal with constants only, where its value comes from, and its value now."""
        source, value = self._read(run, visit, literal.path)
        if literal.operator.endswith("Path"):
            _, other = self._read(run, visit, literal.operand)
            operator = literal.operator[:-4]
            if isinstance(other, str) and self.program.by_address[visit.address].jsonata:
                operator = operator.replace("Numeric", "String")
            usual = next(value for family, value in _USUAL.items() if operator.startswith(family))
            if type(other) is not type(usual) and not (type(other) is float and usual == 1):
                other = usual
            literal = Literal(literal.path, operator, other, literal.wanted)
        return literal, source, value

    def _read(self, run: CaseRun, visit: Visit, text: str) -> tuple[Source | None, Json]:
        try:
            path = compile_path(text)
        except ExpressionError:
            return None, ABSENT
        if path.plain is None:
            return None, ABSENT
        state = self.program.by_address[visit.address]
        base: Place = ()
        if path.root == "$" and isinstance(state.source.get("InputPath"), str):
            base = compile_path(state.source.get("InputPath")).plain or ()
        return self.place(run, visit, "input" if path.root == "$" else path.root, base + path.plain)

    def _assigned(
        self, run: CaseRun, visit: Visit, way: Alternative, earlier: dict[Source, list[Literal]], goal: _Goal
    ) -> Case | None:
        """Return a case in which all comparisons come out as wanted, None where that cannot be."""
        by_source: dict[Source, tuple[list[Literal], Json]] = {}
        case = run.case
        for literal in way:
            fixed, source, now = self._at(run, visit, literal)
            if literal.operator.endswith("Path"):
                other, there = self._read(run, visit, literal.operand)
                if other is not None and (there is ABSENT or isinstance(there, (dict, list)) or there is None):
                    case = case.with_value(other, fixed.operand, self.default(run, other), fixed=True)
            if source is None:
                if not fixed.holds(now):
                    self.reasons[goal] = f"{literal.path} is not copied from the input or from an answer"
                    return None
                continue
            by_source.setdefault(source, ([], now))[0].append(fixed)
        for source, (literals, now) in by_source.items():
            values = solve([*literals, *earlier.get(source, ())], now)
            if not values:
                self.reasons[goal] = f"{literals[0].path} would have to be two things at once"
                return None
            present = all(one.operator == "IsPresent" and one.wanted for one in literals)
            case = case.with_value(source, values[0], self.default(run, source), fixed=not present)
        return case

    # -- failures -----------------------------------------------------------------------------------------------------

    def _failures(self, run: CaseRun, visit: Visit) -> Iterator[Case]:
        state = self.program.by_address[visit.address]
        lacking = [item for item in self._lacking(visit.address) if item.kind in ("retrier", "catcher")]
        for item in sorted(lacking, key=lambda one: one.what):
            number = int(item.what.partition("[")[2][:-1])
            goal = _Goal(visit.address, item.what)
            if self.tried[goal] >= _TRIES:
                continue
            self.tried[goal] += 1
            entries: Sequence[Retrier | Catcher] = state.retriers if item.kind == "retrier" else state.catchers
            for error in _errors(entries, number, state):
                retried = item.kind == "retrier"
                words = f"{visit.name} is tried again after {error}" if retried else f"{visit.name} fails with {error}"
                for victim in self._victims(run, visit):
                    inner = self.program.by_address[victim.address]
                    often = 1 + (_retries(inner, error) if inner is not state else 0)
                    for times in (often,) if retried else (0, often * (1 + _retries(state, error))):
                        (key, call), *_ = run.calls_of(victim)
                        case = run.case.with_error(key, call, error, min(times, 60), run.defaults.get(key, {}))
                        yield replace(case, goal=words)

    def _victims(self, run: CaseRun, visit: Visit) -> Iterator[Visit]:
        """Yield the visits whose call may fail so that this state fails."""
        if run.calls_of(visit):
            yield visit
        depth = len(visit.frame)
        for inner in run.all_visits:
            if len(inner.frame) > depth and inner.frame[:depth] == visit.frame and run.calls_of(inner):
                holder = run.origins.tree.holder(inner.frame[: depth + 1])
                if holder is not None and holder.id == visit.id:
                    yield inner

    def _item_counts(self, run: CaseRun, visit: Visit) -> Iterator[Case]:
        state = self.program.by_address[visit.address]
        for item in self._lacking(visit.address):
            goal = _Goal(visit.address, item.outcome)
            if item.kind != "map" or self.tried[goal] >= _TRIES:
                continue
            self.tried[goal] += 1
            at = items_at(state.source)
            none = item.outcome == "no items"
            if "ItemReader" in state.source.fields:
                made = [one for one in run.calls_of(visit) if one[0][1] == "ItemReader"]
                source = Source(*made[-1], () if none else (0,)) if made else None
            elif at is not None:
                source, _ = self.place(run, visit, "input", at[0] if none else (*at[0], at[1]))
            else:
                source = run.source(Spot(visit.id, items_stage(state), () if none else (0,)))
            if source is None:
                self.reasons[goal] = "its items are computed, or written in the definition"
                continue
            case = run.case.with_value(source, [] if none else {}, self.default(run, source), fixed=none)
            yield replace(case, goal=f"{visit.name} has {item.outcome}")


def _returns(run: CaseRun) -> bool:
    """Return whether a run came to a state of its line again and again, so that more of it shows nothing new."""
    return any(count > 3 for count in Counter((visit.frame, visit.address) for visit in run.all_visits).values())


def _circles(run: CaseRun) -> set[Address]:
    """Return the Choices that a run came to again and again; of a run that has ended none."""
    times = Counter(visit.address for visit in run.all_visits if visit.type == "Choice")
    return set() if run.ends else {address for address, count in times.items() if count > 3}


def _named_in_cause(cause: str | None) -> int:
    """Return the id of the visit that a cause names, 0 where it names none."""
    match = re.search(r"\(entered at the event id #(\d+)\)", cause or "")
    return int(match[1]) if match else 0


def _lacks_data(visit: Visit) -> bool:
    return visit.error in _DATA_ERRORS or any(attempt.error in _DATA_ERRORS for attempt in visit.attempts)


def _under(source: Source, fixed: frozenset[Source]) -> bool:
    """Return whether a place stands below one that is fixed to a value without parts."""
    return any(source[:2] == one[:2] and source.place[: len(one.place)] == one.place for one in fixed)


def _constants(text: str) -> list[Json]:
    found: list[Json] = [one[1:-1] for one in re.findall(r"'[^']*'|\"[^\"]*\"", text)]
    for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", text):
        value = float(number) if "." in number else int(number)
        found += [value, value + 1, value - 1]
    return found


def _errors(entries: Sequence[Retrier | Catcher], number: int, state: CompiledState) -> Iterator[str]:
    """Yield errors that this entry of Retry or Catch takes, and none before it."""
    for name in sorted(entries[number].errors, key=lambda name: (name in (ALL, TASK_FAILED), name)):
        error = ANY_ERROR if name in (ALL, TASK_FAILED, BRANCH_FAILED) else name
        if error in _NEVER_A_TASKS:
            continue
        if not any(matches(entry.errors, error, state, from_task=True) for entry in entries[:number]):
            yield error


def _retries(state: CompiledState, error: str) -> int:
    return sum(r.max_attempts for r in state.retriers if matches(r.errors, error, state, from_task=True))


# ------------------------------------------------------------------------------------------------------ unreachable
def _proved(program: Program, all_items: Sequence[Item]) -> Iterator[tuple[Item, str]]:
    """Yield items that nothing can reach, with why; a state that only such items lead to is one of them."""
    found: dict[Item, str] = {}
    while True:
        closed = frozenset((item.address, item.what) for item in found if item.kind in ("transition", "catcher"))
        more = {**dict(_proved_singly(program, all_items, closed)), **found}
        if len(more) == len(found):
            break
        found = more
    yield from found.items()


def _proved_singly(
    program: Program, all_items: Sequence[Item], closed: frozenset[tuple[Address, str]]
) -> Iterator[tuple[Item, str]]:
    reachable = set(_reachable(program.definition.machine, closed))
    for item in all_items:
        state = program.by_address[item.address]
        if item.address not in reachable:
            yield item, "no state leads there"
        elif item.kind in ("retrier", "catcher"):
            why = _never_taken(state, item)
            if why:
                yield item, why
        elif state.type == "Choice" and item.kind != "state" and (why := _never_chosen(state, item)):
            yield item, why
        elif state.type == "Map" and item.outcome == "no items" and _written_items(state):
            yield item, "its items are written in the definition"
        elif (
            state.type == "Parallel"
            and item.kind == "transition"
            and not all(_may_succeed(branch, closed) for branch in state.source.branches)
        ):
            yield item, "one of its branches never ends without failing"


def _may_succeed(machine: Machine, closed: frozenset[tuple[Address, str]]) -> bool:
    """Tell whether a way leads from a machine's start to a state that ends it well."""
    own = {state.address: state for state in machine.states.values()}
    for address in _reachable(machine, closed):
        state = own.get(address)
        ends = state is not None and (state.type == "Succeed" or bool(state.fields.get("End")))
        if ends and (address, "End") not in closed:
            return True
    return False


def _reachable(machine: Machine, closed: frozenset[tuple[Address, str]]) -> Iterator[Address]:
    waiting, seen = [machine.start_at], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in machine.states:
            continue
        seen.add(name)
        state = machine.states[name]
        yield state.address
        for branch in state.branches:
            yield from _reachable(branch, closed)
        ways = {field: state.fields.get(field) for field in ("Next", "Default")}
        for field in ("Choices", "Catch"):
            ways |= {f"{field}[{number}]": one["Next"] for number, one in enumerate(state.fields.get(field) or ())}
        waiting += [to for what, to in ways.items() if isinstance(to, str) and (state.address, what) not in closed]


def _never_taken(state: CompiledState, item: Item) -> str:
    number = int(item.what.partition("[")[2][:-1])
    entries: Sequence[Retrier | Catcher] = state.retriers if item.kind == "retrier" else state.catchers
    entry = entries[number]
    if isinstance(entry, Retrier) and entry.max_attempts == 0:
        return "its MaxAttempts is 0"
    if entry.errors <= UNCATCHABLE:
        return "States.Runtime is never retried or caught"
    if any(ALL in before.errors for before in entries[:number]):
        return "States.ALL stands before it"
    if all(any(name in before.errors for before in entries[:number]) for name in entry.errors):
        return "entries before it take each of its errors"
    return ""


def _never_chosen(state: CompiledState, item: Item) -> str:
    rules: list[Any] = list(state.source.get("Choices") or ())
    number = len(rules) if item.what == "Default" else int(item.what[8:-1])
    outcomes = range(number + 1, len(rules) + 1) if item.outcome == "false" else [number]
    for outcome in outcomes:
        parts = [alternatives(rule, index == outcome) for index, rule in enumerate(rules[: outcome + 1])]
        if any(part is None for part in parts):
            return ""
        ways = both([part for part in parts if part is not None])
        if any(_possible(way) for way in ways) or len(ways) >= 32:
            return ""
    return "the rules before it, or its own comparisons, leave no value for it"


def _possible(way: Alternative) -> bool:
    by_path: dict[str, list[Literal]] = {}
    for literal in way:
        if literal.operator.endswith("Path"):
            return True
        by_path.setdefault(literal.path, []).append(literal)
    return all(solve(literals) for literals in by_path.values())


def _written_items(state: CompiledState) -> bool:
    written = state.source.get("Items") if state.jsonata else None
    return isinstance(written, list) and bool(written)
