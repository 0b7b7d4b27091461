"""What a rate of executions comes to in a region: starts, state transitions, open executions and functions at work, each beside
AWS's default quota. Pure; by Little's law, so many are at work at once as begin a second times the seconds that each takes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from sfnbook.errors import InputError
from sfnbook.runs.prices import LAMBDA_CONCURRENCY, THROUGHPUT_SOURCE, Throttle, throughput

_Z99 = 2.3263478740408408
"""So many standard deviations above the mean stands the 99th percentile of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One quota beside what is used of it.

    name: what is counted. used: how many, a second or at once. quota: AWS's default, None where there is none. per_second:
    whether both are rates. empty_after: seconds until a bucket is empty and calls are throttled, None where that never
    happens.
    """

    name: str
    used: float
    quota: float | None
    per_second: bool = False
    empty_after: float | None = None

    @property
    def exceeded(self) -> bool:
        """Whether more is used than the quota allows for long."""
        return self.quota is not None and self.used > self.quota


@dataclass(frozen=True, slots=True)
class Load:
    """What so many executions a second come to.

    rate: executions that begin each second. open, open_p99: executions at work at once, on average and at most in 99 of 100
    moments where they begin at random. most: executions a second that all quotas allow, None where nothing limits them.
    limited_by: the quota that limits them first.
    """

    rate: float
    region: str
    express: bool
    open: float
    open_p99: float
    limits: tuple[Limit, ...]
    most: float | None
    limited_by: str
    source: str = THROUGHPUT_SOURCE

    @property
    def exceeded(self) -> tuple[Limit, ...]:
        """The quotas that the rate exceeds."""
        return tuple(limit for limit in self.limits if limit.exceeded)


def load(rate: float, *, region: str, express: bool, seconds: float, transitions: float, in_lambda: float) -> Load:
    """Return what a rate comes to.

    rate: executions that begin each second. seconds, transitions: of one execution, on average. in_lambda: seconds that the
    Lambda functions of one execution are at work, all together, on average. Raises InputError for a rate that is none.
    """
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 < rate < float("inf"):
        raise InputError(f"rate is how many executions begin each second, above 0, not {rate!r}.")
    allowed = throughput(region, express=express)
    open_at_once = rate * seconds
    limits = [
        _throttled("StartExecution", rate, allowed.starts),
        _throttled("state transitions", rate * transitions, allowed.transitions),
        Limit("open executions", open_at_once, allowed.open),
        *([Limit("Lambda functions at work", rate * in_lambda, LAMBDA_CONCURRENCY)] if in_lambda else []),
    ]
    rates = dict(_rates(rate, limits))
    first = min(rates, key=lambda name: rates[name], default="")
    return Load(
        rate, region, express, open_at_once, open_at_once + _Z99 * sqrt(open_at_once), tuple(limits),
        rates.get(first), first,
    )  # fmt: skip


def _throttled(name: str, used: float, throttle: Throttle | None) -> Limit:
    if throttle is None:
        return Limit(name, used, None, per_second=True)
    over = used - throttle.rate
    return Limit(name, used, throttle.rate, True, throttle.bucket / over if over > 0 else None)


def _rates(rate: float, limits: list[Limit]) -> Iterator[tuple[str, float]]:
    """Yield for each quota how many executions a second it allows."""
    for limit in limits:
        if limit.quota is not None and limit.used:
            yield limit.name, rate * limit.quota / limit.used
