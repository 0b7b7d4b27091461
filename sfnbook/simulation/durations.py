"""What tasks take and answer in a simulation: drawn by chance from what was given, else from recorded histories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import log
from random import Random
from typing import Any, Final, TypeAlias

from sfnbook.engine.driver import Answer
from sfnbook.engine.frame import Call
from sfnbook.engine.program import Program
from sfnbook.errors import InputError
from sfnbook.history.visits import RUNNING
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, copy_of

Duration: TypeAlias = float | tuple[float, float] | Sequence[float] | Mapping[str, float]
"""Seconds a task takes: a number; ``(least, most)``, evenly; a list of what was measured, each as likely; or
``{"p50": 0.2, "p95": 1.5}``, log-normal, as latencies mostly are."""

_Z95: Final = 1.6448536269514722
"""So many standard deviations above the mean stands the 95th percentile of a normal distribution."""


class Tasks:
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
