"""What a simulation came to, in numbers, in words and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from sfnbook.diagram.svg import framed, image
from sfnbook.errors import InputError
from sfnbook.runs.prices import Prices
from sfnbook.simulation.load import Limit, Load
from sfnbook.simulation.plot import MOST_ROWS, plot, seconds_text
from sfnbook.values import printable

PERCENTS: Final = (50, 95, 99)
"""The percentiles that are shown."""
_OF_DATA: Final = frozenset({"States.Runtime", "States.ParameterPathFailure", "States.QueryEvaluationError"})
"""Errors that may mean no more than that a task's answer lacks what a later state reads."""


@dataclass(frozen=True, repr=False)
class Simulation:
    """What many runs came to.

    seconds: how long each took, sorted. mean: on average. statuses: how many ended how. errors: the errors of those that failed.
    time: seconds per run, on average, in each Task, Wait and retry, the longest first: where the time goes. transitions: per
    run, on average. standard, express: dollars per run, on average, by ``prices``; express is None where its prices are not
    known. over: the share that is too long for Express. load: what a rate of executions comes to, None without one.
    """

    machine: str
    seconds: tuple[float, ...]
    mean: float
    statuses: Mapping[str, int]
    errors: Mapping[str, int]
    time: Mapping[str, float]
    transitions: float
    standard: float
    express: float | None
    over: float
    prices: Prices
    load: Load | None = None

    @property
    def runs(self) -> int:
        """How many runs were made."""
        return len(self.seconds)

    def percentile(self, percent: float) -> float:
        """Return the seconds that so many percent of the runs take at most.

        >>> from sfnbook.runs.prices import PRICES
        >>> Simulation("m", (1, 2, 3, 4), 2.5, {}, {}, {}, 0, 0, 0, 0, PRICES["us-east-1"]).percentile(50)
        2
        """
        if not 0 < percent <= 100:
            raise InputError(f"A percentile is a number above 0, 100 at most, not {percent!r}.")
        return self.seconds[max(0, -int(-percent * self.runs // 100) - 1)]

    @property
    def svg(self) -> str:
        """The plot: durations with percentiles, and where the time goes."""
        return plot(self.machine, self.seconds, {p: self.percentile(p) for p in PERCENTS}, self.time)

    def __repr__(self) -> str:
        return printable("\n".join(_lines(self)))

    def _repr_html_(self) -> str:
        picture = image(self.svg, f"Durations of the runs of {self.machine}")
        tables = "".join(_html_table(rows) for rows in (_durations(self), _costs(self), _loads(self)) if rows)
        return framed(f"{picture}{tables}{''.join(f'<div>{escape(line)}</div>' for line in _notes(self))}")


def _lines(found: Simulation) -> list[str]:
    lines = [_head(found), "", *_aligned(_durations(found)), "", *_aligned(_costs(found))]
    if found.time:
        total = sum(found.time.values())
        rows = [("where the time goes", "a run", "share")]
        rows += [(what, seconds_text(one), f"{one / total:.1%}") for what, one in list(found.time.items())[:MOST_ROWS]]
        lines += ["", *_aligned(rows)]
    if loads := _loads(found):
        lines += ["", *_aligned(loads)]
    return [*lines, "", *_notes(found)[1:]]


def _head(found: Simulation) -> str:
    ends = ", ".join(f"{count:,} {status}" for status, count in found.statuses.items())
    return f"{found.machine}: {found.runs:,} runs, {ends}"


def _notes(found: Simulation) -> list[str]:
    notes = [_head(found)]
    if found.errors:
        notes.append("errors: " + ", ".join(f"{error} ({count:,})" for error, count in found.errors.items()))
    if _OF_DATA & found.errors.keys():
        notes.append(
            "The input or a Task's answer lacks what a state reads. Tasks answer {} where nothing is said: outputs "
            "(--output STATE=JSON) or histories say what they answer."
        )
    if not found.seconds[-1]:
        notes.append("Nothing takes time: durations (--duration STATE=SECONDS) or histories say what Tasks take.")
    if found.time:
        what, seconds = next(iter(found.time.items()))
        notes.append(f"most of the time: {what}, {seconds / sum(found.time.values()):.0%}")
    if found.over:
        notes.append(f"{found.over:.1%} of the runs take the five minutes that Express has, or longer")
    if found.load is not None:
        notes += _load_notes(found.load)
    prices = found.prices
    notes.append(f"prices: {prices.region}, {prices.as_of}, {prices.source}; without free tier, functions and services")
    if found.express is None:
        notes.append(f"The Express prices of {prices.region} are not known here.")
    return notes


def _load_notes(load: Load) -> list[str]:
    notes = [
        f"{limit.name}: the bucket is empty after {seconds_text(limit.empty_after)}, then calls are throttled"
        for limit in load.exceeded
        if limit.empty_after is not None
    ]
    if load.most is not None:
        notes.append(f"at most {load.most:,.4g} executions a second, limited by {load.limited_by}")
    notes.append(f"quotas: the defaults of {load.region}, {load.source}; all machines of an account share them")
    return notes


# -- tables ------------------------------------------------------------------------------------------------------------
def _durations(found: Simulation) -> list[tuple[str, ...]]:
    head = ("", *(f"p{percent}" for percent in PERCENTS), "mean", "longest")
    values = [*(found.percentile(percent) for percent in PERCENTS), found.mean, found.seconds[-1]]
    return [head, ("duration", *map(seconds_text, values))]


def _costs(found: Simulation) -> list[tuple[str, ...]]:
    express = "not known" if found.express is None else f"${found.express * 1e6:,.2f}"
    return [
        ("a million runs", "Standard", "Express"),
        ("cost", f"${found.standard * 1e6:,.2f}", express),
        ("billed by", f"{found.transitions:.1f} transitions", "duration, memory"),
    ]


def _loads(found: Simulation) -> list[tuple[str, ...]]:
    load = found.load
    if load is None:
        return []
    kind = "Express" if load.express else "Standard"
    head = (f"{load.rate:,.4g} {kind} executions a second", "used", "quota", "")
    return [head, *(_limit_row(limit) for limit in load.limits)]


def _limit_row(limit: Limit) -> tuple[str, ...]:
    unit = "/s" if limit.per_second else ""
    quota = "none" if limit.quota is None else f"{limit.quota:,.0f}{unit}"
    return (limit.name, f"{limit.used:,.4g}{unit}", quota, "EXCEEDED" if limit.exceeded else "")


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _html_table(rows: Sequence[tuple[str, ...]]) -> str:
    def line(row: tuple[str, ...], cell: str) -> str:
        parts = (
            f"<{cell} style='text-align:{'right' if column else 'left'};padding:.15em .8em .15em 0'>{escape(text)}</{cell}>"
            for column, text in enumerate(row)
        )
        return f"<tr>{''.join(parts)}</tr>"

    body = "".join(line(row, "td") for row in rows[1:])
    return f"<table style='margin:.4em 0'><thead>{line(rows[0], 'th')}</thead><tbody>{body}</tbody></table>"
