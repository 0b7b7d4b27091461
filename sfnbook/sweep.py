"""A sweep: every task fails with each error it can raise, and a table tells what the machine made of it.

The machine's own functions are called in one run only; the many runs of the sweep take their answers from that one, on a
clock of their own, so that a sweep takes milliseconds and has no side effects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Final

from sfnbook.engine.commands import TaskFailed, TaskSucceeded, Tick
from sfnbook.engine.execution import Execution, StartPoint
from sfnbook.engine.failures import matches
from sfnbook.engine.frame import Call
from sfnbook.engine.program import CompiledState, Program
from sfnbook.errors import (
    ALL,
    BRANCH_FAILED,
    DATA_LIMIT_EXCEEDED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    INTRINSIC_FAILURE,
    ITEM_READER_FAILED,
    NO_CHOICE_MATCHED,
    PARAMETER_PATH_FAILURE,
    QUERY_EVALUATION_ERROR,
    REFERENCE_PATH_CONFLICT,
    RESULT_PATH_MATCH_FAILURE,
    RESULT_WRITER_FAILED,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
)
from sfnbook.history.visits import Visit, Visits
from sfnbook.language.definition import Address
from sfnbook.machine import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.values import NULL, Json, checked_input, printable

GENERIC: Final = "AnyOtherError"
"""An Error name that no definition knows."""

_NOT_A_TASKS: Final = frozenset(
    {
        ALL, BRANCH_FAILED, DATA_LIMIT_EXCEEDED, EXCEED_TOLERATED_FAILURE_THRESHOLD, INTRINSIC_FAILURE,
        ITEM_READER_FAILED, NO_CHOICE_MATCHED, PARAMETER_PATH_FAILURE, QUERY_EVALUATION_ERROR,
        REFERENCE_PATH_CONFLICT, RESULT_PATH_MATCH_FAILURE, RESULT_WRITER_FAILED, RUNTIME,
    }
)  # fmt: skip
"""Errors that Retry and Catch may name and that do not come from a task's answer."""

MOST_STATES: Final = 2_000
"""A run of the sweep that has entered so many states goes in circles with these answers; it is left there."""

HEAD: Final = ("state", "error", "attempts", "became", "", "waits", "run")
"""What the columns of the table are called."""

_TRIED: Final = 3
_EVERY: Final = 60


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one failure. attempts: which failed ("1", "1-2", "every").

    outcome: "retried", "caught", "not handled", "not reached" or "ignored" (a Map run tolerated it). by: who dealt with it and where
    it led. status, error: how the run ended (RUNNING: it goes in circles). delay: seconds the retries waited on the clock.
    alone: the input does not lead to the state; it was entered directly.
    """

    state: str
    address: Address
    error: str
    attempts: str
    outcome: str
    by: str = ""
    status: str = ""
    run_error: str | None = None
    delay: float = 0.0
    alone: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Sweep:
    """The table of a sweep. baseline: how the run without failures ended, with its error."""

    machine: str
    baseline: str
    rows: tuple[Row, ...]
    mocked: tuple[str, ...] = ()

    @property
    def unhandled(self) -> tuple[Row, ...]:
        """The failures that nobody handles."""
        return tuple(row for row in self.rows if row.outcome == "not handled")

    def text(self) -> str:
        """Return the table in words, and below it which failures nobody handles."""
        return printable(sweep_text(self))

    def __repr__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it; what nobody handles stands out."""
        head = "".join(f"<th style='text-align:left'>{escape(title)}</th>" for title in HEAD)
        rows = "".join(_html_row(row) for row in self.rows)
        below = "<br>".join(escape(line) for line in _tail(self))
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{below}</p>"


def sweep(machine: StateMachine, input: Json = None, *, states: tuple[str, ...] = (), record: bool = True) -> Sweep:
    """Let every task (or those of ``states``) fail with each of its errors, in each attempt.

    Functions are called once, in a run without failures, and their answers are used from then on; a task that nothing
    answers gives back what it was given; ``record``: False calls no function at all. Raises InputError for an input that is no JSON.
    """
    data = checked_input({} if input is None else None if input is NULL else input, "input")
    unbound = tuple(task.state for task in machine.tasks() if not task.bound)
    if not record:
        unbound = tuple(task.state for task in machine.tasks())
    answers = _record(machine, data, unbound)
    program = machine._program
    first = _drive(program, data, answers, None)
    reached = {address for address, _ in first.called}
    rows: list[Row] = []
    for state in program.by_address.values():
        if state.type != "Task" or (states and state.name not in states):
            continue
        place = None
        if state.address not in reached:
            place = _planted(program, data, answers, state)
            if place is None:
                rows.append(Row(state.name, state.address, "", "", "not reached"))
                continue
        for error in errors_of(program, state):
            for number, label in _attempts(state, error):
                rows.append(_row(program, data, answers, _Strike(state.address, error, number), place, label))
    status = first.execution.status
    ended = f"{status}: {first.execution.error}" if first.execution.error else status
    return Sweep(machine.name, "goes in circles" if status == "RUNNING" else ended, tuple(rows), unbound)


def _planted(
    program: Program, data: Json, answers: Mapping[Address, list[Json]], state: CompiledState
) -> StartPoint | None:
    """Return the place to begin at for a task that the input does not lead to, None where it cannot begin there."""
    if state.name not in program.machine.states or program.by_address.get(state.address) is not state:
        return None
    place = StartPoint(state.name, data, {})
    return (
        place
        if state.address in {address for address, _ in _drive(program, data, answers, None, place).called}
        else None
    )


def errors_of(program: Program, state: CompiledState) -> list[str]:
    """Return the errors a task may raise: those that Retry and Catch name, here or around it, and the general ones."""
    around = [s for a, s in program.by_address.items() if a == state.address or state.address.startswith(f"{a}/")]
    named = [
        name
        for holder in reversed(around)
        for entry in (*(holder.source.get("Retry") or ()), *(holder.source.get("Catch") or ()))
        for name in entry["ErrorEquals"]
        if name not in _NOT_A_TASKS
    ]
    return list(dict.fromkeys([*named, TASK_FAILED, TIMEOUT, GENERIC]))


def _attempts(state: CompiledState, error: str) -> Iterator[tuple[int, str]]:
    """Yield how many of the first attempts fail, and how to call it: one, two, ... and every one."""
    retrier = next((r for r in state.retriers if matches(r.errors, error, state)), None)
    most = min(retrier.max_attempts, _EVERY) if retrier is not None else 0
    for number in range(1, min(most, _TRIED) + 1):
        yield number, "1" if number == 1 else f"1-{number}"
    yield most + 1, "every" if most else "1"


# ---------------------------------------------------------------------------------------------------- the answers
def _record(machine: StateMachine, data: Json, unbound: tuple[str, ...]) -> dict[Address, list[Json]]:
    """Run the machine once with its functions and return what each task answered, in order."""
    if len(unbound) == len(machine.tasks()):
        return {}
    run = machine.run(NULL if data is None else data, bind=dict.fromkeys(unbound, _echo_event))
    machine.runs.remove(run)
    answers: dict[Address, list[Json]] = {}
    for visit in run.visits:
        for attempt in visit.attempts if visit.type == "Task" else ():
            if attempt.status == "succeeded" and attempt.output is not ABSENT:
                answers.setdefault(visit.address, []).append(attempt.output)
    return answers


def _echo_event(event: Json) -> Json:
    return event if isinstance(event, dict) else {}


def _mocked(call: Call) -> Json:
    """What a task answers that nothing answers: what it was given, as its service would wrap it."""
    given = call.arguments if isinstance(call.arguments, dict) else {}
    if call.kind != "task":
        return [{}] if call.kind == "ItemReader" else {}
    if call.resource.is_lambda_invoke and call.resource.kind == "service":
        return {"ExecutedVersion": "$LATEST", "Payload": given.get("Payload", {}), "StatusCode": 200}
    return given


# ------------------------------------------------------------------------------------------------------- the runs
@dataclass(slots=True)
class _Driven:
    execution: Execution
    called: list[tuple[Address, int]]


@dataclass(frozen=True, slots=True)
class _Strike:
    """What fails: the first ``attempts`` tries of a state's first visit."""

    address: Address
    error: str
    attempts: int


def _drive(
    program: Program,
    data: Json,
    answers: Mapping[Address, list[Json]],
    strike: _Strike | None,
    place: StartPoint | None = None,
) -> _Driven:
    """Run to the end, or in circles long enough, on a clock that only jumps. ``place``: where to begin."""
    execution = Execution.start(program, data, at=0.0, place=place)
    driven = _Driven(execution, [])
    counts: dict[Address, int] = {}
    victim: tuple[Any, int] | None = None
    while not execution.done and execution.transitions < MOST_STATES:
        execution.advance(MOST_STATES)
        if not execution.outbox:
            at = execution.wakeup
            if execution.done or at is None:
                break
            execution.handle(Tick(at))
            continue
        call = execution.outbox.pop(0)
        if call.id not in execution.calls:
            continue
        driven.called.append((call.address, call.attempt))
        here = (call.frame_key, call.entered_id)
        if strike is not None and call.address == strike.address and victim in (None, here) and call.kind == "task":
            victim = here
            if call.attempt < strike.attempts:
                _strike(execution, call, strike.error)
                continue
        number = counts.get(call.address, 0)
        counts[call.address] = number + 1
        known = answers.get(call.address)
        output = known[min(number, len(known) - 1)] if known and call.kind == "task" else _mocked(call)
        execution.handle(TaskSucceeded(execution.now, call.id, output))
    return driven


def _strike(execution: Execution, call: Call, error: str) -> None:
    if error == TIMEOUT and call.timeout is not None and call.heartbeat is None:
        execution.handle(Tick(execution.now + call.timeout))
    else:
        execution.handle(TaskFailed(execution.now, call.id, error, "Put there by the sweep"))


# ---------------------------------------------------------------------------------------------------- the outcome
def _row(
    program: Program,
    data: Json,
    answers: Mapping[Address, list[Json]],
    strike: _Strike,
    place: StartPoint | None,
    label: str,
) -> Row:
    state = program.by_address[strike.address]
    execution = _drive(program, data, answers, strike, place).execution
    made = Visits()
    made.feed(execution.events)
    outcome, by, delay = _outcome(made.all, state, execution)
    if execution.error == RUNTIME and outcome in ("retried", "caught", "ignored"):
        by = f"{by}, then {execution.error}"
    return Row(
        state.name,
        state.address,
        strike.error,
        label,
        outcome,
        by,
        execution.status,
        execution.error,
        delay,
        alone=place is not None,
    )


def _outcome(visits: list[Visit], state: CompiledState, execution: Execution) -> tuple[str, str, float]:
    """Return what became of the failure, who dealt with it, and how long retries waited."""
    hit = next((v for v in visits if v.address == state.address and any(a.error for a in v.attempts)), None)
    delay = sum(attempt.delay for attempt in hit.attempts) if hit is not None else 0.0
    if hit is not None and hit.status == "caught":
        return "caught", f"→ {hit.next}", delay
    if hit is not None and hit.status in ("succeeded", "running"):
        return "retried", f"attempt {len(hit.attempts)} answered", delay
    around = [v for v in visits if state.address.startswith(f"{v.address}/")]
    for visit in reversed(around):
        if visit.status == "caught":
            return "caught", f"by {visit.name} → {visit.next}", delay
        if visit.status == "succeeded" and any(a.status == "failed" for a in visit.attempts):
            return "retried", f"by {visit.name}", delay + sum(a.delay for a in visit.attempts)
        if visit.status == "succeeded" and hit is None:
            return "ignored", f"{visit.name} tolerates it", delay
    return "not handled", f"the execution ends as {execution.status}", delay


# --------------------------------------------------------------------------------------------------------- in words
def sweep_text(found: Sweep) -> str:
    """Return a sweep as a table, and below it which failures nobody handles."""
    if not found.rows:
        return f"{found.machine}: no Task state, so nothing can fail from outside."
    lines = [HEAD, *(_cells(row) for row in found.rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*table, "", *_tail(found)])


def _tail(found: Sweep) -> list[str]:
    """Return what to say below the table."""
    reached = [row for row in found.rows if row.outcome != "not reached"]
    tail = [f"{len(reached)} failures of {len({row.address for row in reached})} tasks: {_counted(found)}"]
    tail.append(f"without a failure the run {_ended(found.baseline)}")
    if alone := list(dict.fromkeys(row.state for row in found.rows if row.alone)):
        tail.append(f"this input does not lead to {', '.join(alone)}: entered directly, with the run's input")
    if found.mocked:
        tail.append(f"nothing answers {', '.join(found.mocked)}: each gives back what it was given")
    return tail


def _html_row(row: Row) -> str:
    bad = "font-weight:600;color:#c0392b" if row.outcome == "not handled" else ""
    cells = "".join(f"<td style='text-align:left;{bad}'>{escape(cell)}</td>" for cell in _cells(row))
    return f"<tr>{cells}</tr>"


def _cells(row: Row) -> tuple[str, ...]:
    waits = f"{row.delay:g} s" if row.delay else ""
    status = "in circles" if row.status == "RUNNING" else row.status
    return (row.state, row.error, row.attempts, row.outcome, row.by, waits, status)


def _counted(found: Sweep) -> str:
    counts: dict[str, int] = {}
    for row in found.rows:
        counts[row.outcome] = counts.get(row.outcome, 0) + 1
    return ", ".join(f"{number} {outcome}" for outcome, number in counts.items())


def _ended(baseline: str) -> str:
    return baseline if baseline.startswith("goes") else f"ends as {baseline}"
