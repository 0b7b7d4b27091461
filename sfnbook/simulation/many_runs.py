"""Many runs of a machine in virtual time, with what its tasks take drawn by chance, and what they come to.

Calls no function; reads no clock: the chance is a seed's, so that the same question has the same answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from random import Random
from statistics import fmean
from typing import Any

from sfnbook.engine.driver import drive
from sfnbook.engine.program import EXPRESS_SECONDS, Program
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit, Visits
from sfnbook.language.resource import parse_resource
from sfnbook.runs.billing import express_memory_mb, payload_bytes, transitions
from sfnbook.runs.prices import REGION, express_cost, prices_of, standard_cost
from sfnbook.simulation.durations import Duration, Tasks
from sfnbook.simulation.load import load
from sfnbook.simulation.result import Simulation
from sfnbook.values import Json, copy_of


def simulate(
    program: Program,
    input: Json,
    *,
    name: str,
    runs: int = 1_000,
    durations: Mapping[str, Duration] | None = None,
    outputs: Mapping[str, Json] | None = None,
    errors: Mapping[str, Mapping[str, float]] | None = None,
    histories: Iterable[Any] = (),
    seed: int = 0,
    region: str = REGION,
    rate: float | None = None,
) -> Simulation:
    """Return what many runs come to; see `sfnbook.StateMachine.simulate`."""
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        raise InputError(f"runs is how many runs to make, 1 or more, not {runs!r}.")
    prices = prices_of(region)
    if rate is not None:
        load(rate, region=region, express=program.express, seconds=0, transitions=0, in_lambda=0)
    tasks = Tasks(program, durations or {}, outputs or {}, errors or {}, histories)
    seconds: list[float] = []
    standard: list[float] = []
    express: list[float | None] = []
    counts: list[int] = []
    statuses: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    time: Counter[str] = Counter()
    in_lambda = 0.0
    functions = _functions(program)
    for number in range(runs):
        execution = drive(program, copy_of(input), tasks.answerer(Random(f"{seed}/{number}")), seed=seed + number)
        visits = _visits(execution)
        took = (execution.stopped_at if execution.stopped_at is not None else execution.now) - execution.events[0].at
        memory = express_memory_mb(len(program.definition.text), payload_bytes(program.definition, visits))
        count = transitions(visits)
        seconds.append(took)
        standard.append(standard_cost(count, prices))
        express.append(express_cost(took, memory, prices))
        counts.append(count)
        statuses[execution.status] += 1
        if execution.error is not None:
            failed[execution.error] += 1
        for visit in visits:
            worked = _add_time(time, visit)
            in_lambda += worked if visit.address in functions else 0.0
    long = sum(1 for one in seconds if one >= EXPRESS_SECONDS) / runs
    mean, moved = fmean(seconds), fmean(counts)
    known = [one for one in express if one is not None]
    where = {what: total / runs for what, total in time.most_common() if total > 0}
    loaded = None
    if rate is not None:
        each = in_lambda / runs
        loaded = load(rate, region=region, express=program.express, seconds=mean, transitions=moved, in_lambda=each)
    return Simulation(
        name, tuple(sorted(seconds)), mean, dict(statuses), dict(failed.most_common()), where, moved,
        fmean(standard), fmean(known) if known else None, long, prices, loaded,
    )  # fmt: skip


def _functions(program: Program) -> frozenset[str]:
    """Return the addresses of the Tasks that call a Lambda function and wait for it."""
    found = set()
    for address, state in program.by_address.items():
        text = state.source.get("Resource")
        if state.type == "Task" and isinstance(text, str):
            resource = parse_resource(text)
            if resource.kind == "lambda" or (resource.is_lambda_invoke and not resource.pattern):
                found.add(address)
    return frozenset(found)


def _visits(execution: Any) -> list[Visit]:
    """The visits of an execution and of its distributed Maps' children that are known."""
    from sfnbook.engine.distributed_map.children import known

    made = Visits()
    made.feed(execution.events)
    found = list(made.all)
    for run in execution.map_runs:
        for child in known(run):
            inside = Visits()
            inside.feed(child.events)
            found += inside.all
    return found


def _add_time(time: Counter[str], visit: Visit) -> float:
    """Add the seconds of a visit's waits and attempts; return those that its task was at work."""
    worked = 0.0
    if visit.type == "Wait" and visit.end is not None:
        _add(time, f"{visit.name} (Wait)", visit.end - visit.start)
    for attempt in visit.attempts:
        if attempt.delay:
            _add(time, f"{visit.name} (waiting to retry)", attempt.delay)
        if visit.type == "Task" and attempt.end is not None:
            _add(time, visit.name, attempt.end - attempt.start)
            worked += attempt.end - attempt.start
    return worked


def _add(time: Counter[str], what: str, seconds: float) -> None:
    time[what] += seconds  # type: ignore[assignment]  # a Counter of seconds
