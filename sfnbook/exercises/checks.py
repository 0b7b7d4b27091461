"""Checks of what a state machine does: plain functions that raise, so that nbgrader, Otter and pytest take them."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import EllipsisType
from typing import Any, Final

from sfnbook.coverage.collect import Coverage
from sfnbook.coverage.report import missing_lines, percent_text
from sfnbook.errors import CheckError, InputError
from sfnbook.machine import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.run import Run
from sfnbook.runs.find import values_at
from sfnbook.text.explain import duration
from sfnbook.values import Json, printable, to_text
from sfnbook.widget.traits.meters import cost as cost_of
from sfnbook.workspace import Workspace

_SHOWN: Final = 200
"""Characters of a value in a message."""
_COVERED: weakref.WeakKeyDictionary[StateMachine, Coverage] = weakref.WeakKeyDictionary()


def check(
    machine: StateMachine | str,
    input: Json = None,
    *,
    status: str | None = None,
    error: str | None = None,
    path: Sequence[str] | None = None,
    output: Any = ABSENT,
    calls: Mapping[str, int] | None = None,
    transitions: int | None = None,
    seconds: float | None = None,
    cost: float | None = None,
    coverage: float | None = None,
    like: StateMachine | None = None,
    says: str = "",
    **options: Any,
) -> Run:
    """Run a machine and return the run if it does what is wanted. Raises CheckError that names everything else.

    machine: or the name of one in this notebook. input: of the run. says: what the check is about, for the message.
    options: of `StateMachine.run`, such as ``faults=["Ship=Carrier.Busy@1-2"]``, ``mocks`` or ``answers``.

    What may be wanted, all of it optional:

    - ``status``: FAILED where an ``error`` is wanted, else SUCCEEDED. ``error``: the name of the run's error.
    - ``path``: the top-level states in the order in which they are entered.
    - ``output``: the run's output, or a function that says whether the output is right.
    - ``calls``: how often tasks were called, by the resource, function or state: ``{"charge": 1}``.
    - ``transitions``, ``seconds`` (of the machine's clock), ``cost`` (dollars for one run, with the prices of
      `StateMachine.simulate`): at most so much.
    - ``coverage``: at least this percentage of the definition, over all checks of this machine so far.
    - ``like``: another machine whose run on the same input ends with the same status, output and error.

    >>> machine = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="one")
    >>> check(machine, {"n": 1}, path=["A"], output={"n": 1}, transitions=2).status
    'SUCCEEDED'
    """
    subject = named(machine)
    options.setdefault("answers", {})
    run = subject.run(input, **options)
    reference = like.run(input, **options) if like is not None else None
    faults = [
        *_of_end(run, reference, status, error, output),
        *_of_path(run, path),
        *_of_calls(run, calls or {}),
        *_of_limits(run, transitions, seconds, cost),
        *_of_coverage(run, coverage),
    ]
    if faults:
        title = says or f"{subject.name} with {_short(input if input is not None else {})}"
        raise CheckError("\n".join([title, *(f"  ✗ {fault}" for fault in faults)]), run, reference)
    return run


def predict(
    machine: StateMachine | str,
    input: Json = None,
    *,
    after: str | None = None,
    next: str | EllipsisType | None = None,
    holds: Mapping[str, Any] | None = None,
    status: str | EllipsisType | None = None,
    seconds: float | EllipsisType | None = None,
    **options: Any,
) -> Run | None:
    """Run a machine and compare what was predicted: ``...`` stands for what nobody has predicted yet.

    ``next``: the state that follows ``after`` (without ``after``: the first one). ``holds``: what paths into that
    state's output (without ``after``: the run's) hold, as ``{"$.total": 12}``. ``status``, ``seconds`` (of the machine's clock): of the run. Returns the
    run; None, with a question printed, where a ``...`` is left. Raises CheckError for a wrong prediction, with the reason.
    """
    subject = named(machine)
    place = f"after {after}" if after else "first"
    questions = [
        *([f"which state comes {place}"] if next is ... else []),
        *(
            f"what {path} holds {place if after else 'at the end'}"
            for path, value in (holds or {}).items()
            if value is ...
        ),
        *(["how the run ends"] if status is ... else []),
        *(["how many seconds pass on the machine's clock"] if seconds is ... else []),
    ]
    if questions:
        print(f"Predict {' and '.join(questions)}: write it in place of the ... and run the cell again.")
        return None
    run = subject.run(input, **{"answers": {}, **options})
    faults = []
    if next is not None:
        came = _following(run, after)
        if came != next:
            faults.append(f"{place} comes {came or 'the end'}, not {next}{_why(run, after)}")
    for path, value in (holds or {}).items():
        found = _held(run, after, path)
        if found != value:
            faults.append(f"{path} holds {_short(found)}, not {_short(value)}")
    if status is not None and run.status != status:
        faults.append(f"the run ends as {run.status}, not {status}")
    if isinstance(seconds, (int, float)) and round(run.seconds) != round(seconds):
        faults.append(f"{duration(run.seconds)} pass on the machine's clock, not {duration(seconds)}")
    if faults:
        raise CheckError("\n".join(["Not quite:", *(f"  ✗ {fault}" for fault in faults)]), run)
    print("Right.")
    return run


def named(machine: StateMachine | str) -> StateMachine:
    """Return a machine, by its name in this notebook too. Raises InputError for an unknown name."""
    if isinstance(machine, StateMachine):
        return machine
    if Workspace.of_notebook is None:
        raise InputError(
            f'Machines have names only in a notebook with %load_ext sfnbook: pass the StateMachine itself, not "{machine}".'
        )
    return Workspace.of_notebook.machine(machine)


def _of_end(run: Run, reference: Run | None, status: str | None, error: str | None, output: Any) -> Iterator[str]:
    if reference is not None:
        status, error = status or reference.status, error or reference.error
        output = reference.output if output is ABSENT and reference.succeeded else output
    wanted = status or ("FAILED" if error is not None else "SUCCEEDED")
    if run.status != wanted:
        yield f"it ends as {run.status}{_reason(run)}; wanted: {wanted}"
    elif error is not None and run.error != error:
        yield f"its error is {run.error}; wanted: {error}"
    if output is ABSENT or run.status != "SUCCEEDED":
        return
    if callable(output):
        right: Callable[[Json], object] = output
        if not right(run.output):
            yield f"its output is not right: {_short(run.output)}"
    elif run.output != output:
        yield f"its output is {_short(run.output)}; wanted: {_short(output)}"


def _of_path(run: Run, path: Sequence[str] | None) -> Iterator[str]:
    if path is not None and run.path != list(path):
        yield f"it goes {' → '.join(run.path) or 'nowhere'}; wanted: {' → '.join(path)}"


def _of_calls(run: Run, calls: Mapping[str, int]) -> Iterator[str]:
    for resource, wanted in calls.items():
        found = len(run.called(resource))
        if found != wanted:
            yield f"it calls {resource} {_times(found)}; wanted: {_times(wanted)}"


def _of_limits(run: Run, transitions: int | None, seconds: float | None, cost: float | None) -> Iterator[str]:
    if transitions is not None and run.transitions > transitions:
        yield f"it takes {run.transitions} transitions; wanted: at most {transitions}"
    if seconds is not None and round(run.seconds) > seconds:  # what functions take of real time is no fault
        yield f"it takes {duration(run.seconds)}; wanted: at most {duration(seconds)}"
    if cost is not None:
        price = cost_of(run.transitions, run.seconds)["express" if run.machine.type == "EXPRESS" else "standard"]
        if price > cost:
            yield f"it costs ${price:.9f} a run; wanted: at most ${cost:.9f}"


def _of_coverage(run: Run, wanted: float | None) -> Iterator[str]:
    machine = run.machine
    covered = _COVERED.setdefault(machine, Coverage(machine._definition, machine.name))
    covered.add(run)
    if wanted is not None and covered.percent < wanted:
        missing = "; ".join(missing_lines(covered))
        yield f"the checks cover {percent_text(covered.percent)} of it; wanted: {wanted:g} %. Missing: {missing}"


def _following(run: Run, after: str | None) -> str | None:
    path = run.path
    if after is None:
        return path[0] if path else None
    if after not in path:
        raise InputError(f"The run does not come to {after}: it goes {' → '.join(path)}.")
    place = path.index(after) + 1
    return path[place] if place < len(path) else None


def _why(run: Run, after: str | None) -> str:
    visit = next((v for v in run.visits if v.name == after and v.type == "Choice"), None)
    rule = next((r for r in run.rules(visit) if r.matched), None) if visit is not None else None
    return f", because {rule.text}" if rule is not None else ""


def _held(run: Run, after: str | None, path: str) -> Any:
    visits = [visit for visit in run.visits if visit.name == after] if after else []
    data = visits[0].output if visits else run.output
    return next(iter(values_at(data, path)), ABSENT)


def _reason(run: Run) -> str:
    return f" ({run.error})" if run.error else ""


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _short(value: Any) -> str:
    if value is ABSENT:
        return "nothing"
    text = to_text(value)
    return printable(text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…")
