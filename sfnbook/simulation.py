"""Durations and money before they happen: many runs of a machine in virtual time, with what its tasks take drawn by chance.

Owns what a task may take (`Durations`), the sum of the runs and its words. Calls no function; reads no clock: the chance is
a seed's, so that the same question has the same answer.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from math import log
from random import Random
from statistics import fmean
from typing import Any, Final, TypeAlias

from sfnbook.engine.driver import Answer, drive
from sfnbook.engine.frame import Call
from sfnbook.engine.program import EXPRESS_SECONDS, Program
from sfnbook.errors import InputError
from sfnbook.history.visits import RUNNING, Visit, Visits
from sfnbook.query.scope import ABSENT
from sfnbook.runs.billing import express_memory_mb, payload_bytes, transitions
from sfnbook.values import Json, copy_of, printable
from sfnbook.widget.traits.meters import PRICES, REGION, Prices, cost

Duration: TypeAlias = float | tuple[float, float] | Sequence[float] | Mapping[str, float]
"""Seconds a task takes: a number; ``(least, most)``, evenly; a list of what was measured, each as likely; or
``{"p50": 0.2, "p95": 1.5}``, log-normal, as latencies mostly are."""

_Z95: Final = 1.6448536269514722
"""So many standard deviations above the mean stands the 95th percentile of a normal distribution."""


@dataclass(frozen=True, repr=False)
class Simulation:
    """What many runs came to.

    seconds: how long each took, sorted. statuses: how many ended how. errors: the errors of those that failed. time: seconds
    per run, on average, in each Task, Wait and retry: where the time goes. transitions: per run, on average. standard,
    express: dollars per run, on average, by ``prices``. over: the share that is too long for Express.
    """

    machine: str
    seconds: tuple[float, ...]
    statuses: Mapping[str, int]
    errors: Mapping[str, int]
    time: Mapping[str, float]
    transitions: float
    standard: float
    express: float
    over: float
    prices: Prices

    @property
    def runs(self) -> int:
        """How many runs were made."""
        return len(self.seconds)

    def percentile(self, percent: float) -> float:
        """Return the seconds that so many percent of the runs take at most.

        >>> Simulation("m", (1, 2, 3, 4), {}, {}, {}, 0, 0, 0, 0, PRICES[REGION]).percentile(50)
        2
        """
        if not 0 < percent <= 100:
            raise InputError(f"A percentile is a number above 0, 100 at most, not {percent!r}.")
        return self.seconds[max(0, -int(-percent * self.runs // 100) - 1)]

    def __repr__(self) -> str:
        return printable("\n".join(_lines(self)))

    def _repr_html_(self) -> str:
        lines = "".join(f"<div>{escape(line)}</div>" for line in _lines(self))
        return f"<div style='font-family:monospace;white-space:pre'>{_histogram(self)}{lines}</div>"


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
) -> Simulation:
    """Return what many runs come to; see `sfnbook.StateMachine.simulate`."""
    if isinstance(runs, bool) or not isinstance(runs, int) or runs < 1:
        raise InputError(f"runs is how many runs to make, 1 or more, not {runs!r}.")
    if region not in PRICES:
        raise InputError(f"There are no prices of {region}. Known: {', '.join(PRICES)}.")
    tasks = _Tasks(program, durations or {}, outputs or {}, errors or {}, histories)
    seconds: list[float] = []
    standard: list[float] = []
    express: list[float] = []
    counts: list[int] = []
    statuses: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    time: Counter[str] = Counter()
    for number in range(runs):
        execution = drive(program, copy_of(input), tasks.answerer(Random(f"{seed}/{number}")), seed=seed + number)
        visits = _visits(execution)
        took = (execution.stopped_at if execution.stopped_at is not None else execution.now) - execution.events[0].at
        memory = express_memory_mb(len(program.definition.text), payload_bytes(program.definition, visits))
        price = cost(transitions(visits), took, memory, PRICES[region])
        seconds.append(took)
        standard.append(price["standard"])
        express.append(price["express"])
        counts.append(transitions(visits))
        statuses[execution.status] += 1
        if execution.error is not None:
            failed[execution.error] += 1
        for visit in visits:
            _add_time(time, visit)
    long = sum(1 for one in seconds if one > EXPRESS_SECONDS) / runs
    where = {what: total / runs for what, total in time.most_common() if total > 0}
    return Simulation(
        name, tuple(sorted(seconds)), dict(statuses), dict(failed.most_common()), where,
        fmean(counts), fmean(standard), fmean(express), long, PRICES[region],
    )  # fmt: skip


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


def _add_time(time: Counter[str], visit: Visit) -> None:
    if visit.type == "Wait" and visit.end is not None:
        time[f"{visit.name} (Wait)"] += visit.end - visit.start  # type: ignore[assignment]  # a Counter of seconds
    for attempt in visit.attempts:
        if attempt.delay:
            time[f"{visit.name} (waiting to retry)"] += attempt.delay  # type: ignore[assignment]
        if visit.type == "Task" and attempt.end is not None:
            time[visit.name] += attempt.end - attempt.start  # type: ignore[assignment]


class _Tasks:
    """What tasks come to, by state: drawn from what was given, else from recorded histories."""

    def __init__(
        self,
        program: Program,
        durations: Mapping[str, Duration],
        outputs: Mapping[str, Json],
        errors: Mapping[str, Mapping[str, float]],
        histories: Iterable[Any],
    ) -> None:
        names = {state.name for state in program.by_address.values() if state.type == "Task"}
        for given in (durations, outputs, errors):
            unknown = sorted(given.keys() - names)
            if unknown:
                raise InputError(f'There is no Task state "{unknown[0]}". There are: {", ".join(sorted(names))}.')
        for state, duration in durations.items():
            drawn(duration, Random(0), state)
        for state, shares in errors.items():
            if sum(shares.values()) > 1 or any(share < 0 for share in shares.values()):
                raise InputError(f"The errors of {state} are shares of its calls: together 1 at most.")
        self._durations, self._outputs, self._errors = durations, outputs, errors
        self._recorded = _recorded(histories)

    def answerer(self, random: Random) -> Any:
        """Return what answers the calls of one run."""

        def answer(call: Call) -> Answer:
            if call.kind != "task":
                return Answer([{}] if call.kind == "ItemReader" else {})
            known = self._recorded.get(call.name)
            found = random.choice(known) if known else Answer(_usual(call))
            if call.name in self._errors:
                found = found._replace(error=None, output=found.output if found.error is None else _usual(call))
                found = found._replace(error=_error(self._errors[call.name], random))
            if call.name in self._outputs:
                found = found._replace(output=self._outputs[call.name])
            if call.name in self._durations:
                found = found._replace(seconds=drawn(self._durations[call.name], random, call.name))
            return found._replace(output=copy_of(found.output))

        return answer


def _recorded(histories: Iterable[Any]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = {}
    for run in histories:
        for visit in run.visits:
            for attempt in visit.attempts if visit.type == "Task" else ():
                if attempt.status == RUNNING or attempt.end is None:
                    continue
                output = None if attempt.output is ABSENT else attempt.output
                answer = Answer(output, attempt.error, attempt.cause, max(0.0, attempt.end - attempt.start))
                found.setdefault(visit.name, []).append(answer)
    return found


def _usual(call: Call) -> Json:
    if call.resource.is_lambda_invoke and call.resource.kind == "service":
        return {"StatusCode": 200, "Payload": {}}
    return {}


def _error(shares: Mapping[str, float], random: Random) -> str | None:
    at = random.random()
    for error, share in shares.items():
        at -= share
        if at < 0:
            return error
    return None


def drawn(duration: Duration, random: Random, state: str) -> float:
    """Return seconds drawn from a duration. Raises InputError for what is none."""
    try:
        seconds = _drawn(duration, random)
    except (TypeError, ValueError, KeyError, IndexError, ZeroDivisionError):
        seconds = -1.0
    if not seconds >= 0:
        raise InputError(
            f"The duration of {state} is seconds: a number, (least, most), a list of measured ones, "
            f'or {{"p50": ..., "p95": ...}}; not {duration!r}.'
        )
    return seconds


def _drawn(duration: Any, random: Random) -> float:
    if isinstance(duration, Mapping):
        middle, high = float(duration["p50"]), float(duration["p95"])
        return random.lognormvariate(log(middle), log(high / middle) / _Z95)
    if isinstance(duration, tuple):
        least, most = duration
        return random.uniform(least, most) if 0 <= least <= most else -1.0
    if isinstance(duration, Sequence) and not isinstance(duration, str):
        return float(random.choice(duration)) if all(one >= 0 for one in duration) else -1.0
    return float(duration) if not isinstance(duration, (bool, str)) else -1.0


# ------------------------------------------------------------------------------------------------------------ in words
def _lines(found: Simulation) -> list[str]:
    ends = ", ".join(f"{count:,} {status}" for status, count in found.statuses.items())
    lines = [f"{found.machine}: {found.runs:,} runs, {ends}"]
    if found.errors:
        lines.append("errors: " + ", ".join(f"{error} ({count:,})" for error, count in found.errors.items()))
    lines.append("duration: " + ", ".join(f"p{p} {_seconds(found.percentile(p))}" for p in (50, 95, 99)))
    lines.append(
        f"cost of a million runs: Standard ${found.standard * 1e6:,.2f} ({found.transitions:.1f} transitions each), "
        f"Express ${found.express * 1e6:,.2f}"
    )
    if found.over:
        lines.append(f"{found.over:.1%} of the runs take longer than the five minutes of Express")
    prices = found.prices
    lines.append(f"prices: {prices.region}, {prices.as_of}, {prices.source}; without free tier, functions and services")
    total = sum(found.time.values())
    for what, seconds in list(found.time.items())[:8]:
        lines.append(f"  {seconds / total:6.1%}  {_seconds(seconds):>10} a run  {what}")
    return lines


def _seconds(seconds: float) -> str:
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 600 else f"{seconds / 60:,.1f} min"


_BARS: Final = 40


def _histogram(found: Simulation) -> str:
    """Return the durations as bars, in SVG, with the percentiles as lines."""
    low, high = found.seconds[0], found.seconds[-1]
    width = (high - low) / _BARS or 1.0
    edges = [bisect_right(found.seconds, low + width * number) for number in range(1, _BARS)]
    counts = [end - start for start, end in zip([0, *edges], [*edges, found.runs], strict=True)]
    most = max(counts)
    bars = "".join(
        f"<rect x='{number * 12}' y='{100 - 100 * count / most:.1f}' width='11' height='{100 * count / most:.1f}'"
        f" fill='#0969da'><title>{_seconds(low + width * number)}: {count:,} runs</title></rect>"
        for number, count in enumerate(counts)
    )
    marks = "".join(
        f"<g><line x1='{x:.1f}' x2='{x:.1f}' y1='0' y2='104' stroke='#cf222e'/>"
        f"<text x='{x:.1f}' y='114' font-size='9' fill='currentColor'>p{p}</text></g>"
        for p in (50, 95, 99)
        for x in (min(480.0, (found.percentile(p) - low) / width * 12),)
    )
    return f"<svg viewBox='0 0 500 118' width='500' role='img' aria-label='Durations of the runs'>{bars}{marks}</svg>"
