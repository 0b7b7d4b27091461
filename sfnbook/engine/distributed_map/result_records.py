"""Records: child executions of a Map run as AWS writes them into result files (AWS docs: ResultWriter).

An `Outcome` is what the engine notes at a child's end; its record, with JSON texts, is made when it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, overload

from sfnbook.engine.distributed_map.map_run import MapRun
from sfnbook.engine.eligibility import MOST_EVENTS, redrive_status_reason
from sfnbook.values import Json, to_text


class Outcome(NamedTuple):
    """How a child ended, or that it never began (``status`` PENDING). start, stop: as the Context object writes times.

    redrives: how often it was redriven. redrivable: whether the Map run can redrive it.
    """

    number: int
    name: str
    status: str
    input: Json
    output: Json = None
    error: str | None = None
    cause: str | None = None
    start: str = ""
    stop: str = ""
    redrives: int = 0
    redrivable: bool = False


def record(run: MapRun, outcome: Outcome) -> dict[str, Json]:
    """Return a child execution as AWS writes it into result files."""
    found: dict[str, Json] = {
        "Input": to_text(outcome.input),
        "InputDetails": {"Included": True},
        "Status": outcome.status,
    }
    if outcome.status == "PENDING":
        return found
    if outcome.status == "SUCCEEDED":
        found["Output"] = to_text(outcome.output)
        found["OutputDetails"] = {"Included": True}
    found.update(
        {name: value for name, value in (("Error", outcome.error), ("Cause", outcome.cause)) if value is not None}
    )
    if outcome.redrivable:
        found["RedriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
    else:
        found["RedriveStatus"] = "NOT_REDRIVABLE"
        found["RedriveStatusReason"] = redrive_status_reason(outcome.status, MOST_EVENTS + 1)
    found.update(
        ExecutionArn=f"{run.child_arn}:{outcome.name}",
        Name=outcome.name,
        RedriveCount=outcome.redrives,
        StartDate=outcome.start,
        StateMachineArn=run.machine_arn,
        StopDate=outcome.stop,
    )
    return dict(sorted(found.items()))


class Records(Sequence[dict[str, Json]]):
    """The records of child executions, each made when it is looked at: all at once they would outweigh the run."""

    def __init__(self, run: MapRun, outcomes: list[Outcome]) -> None:
        self._run = run
        self._outcomes = outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

    @overload
    def __getitem__(self, place: int) -> dict[str, Json]: ...
    @overload
    def __getitem__(self, place: slice) -> Records: ...
    def __getitem__(self, place: int | slice) -> dict[str, Json] | Records:
        if isinstance(place, slice):
            return Records(self._run, self._outcomes[place])
        return record(self._run, self._outcomes[place])


RESULT_FILES: Final = {
    "FAILED": ("FAILED", "TIMED_OUT", "ABORTED"),
    "PENDING": ("PENDING",),
    "SUCCEEDED": ("SUCCEEDED",),
}
"""The kinds of result files, and the statuses of the executions in each (AWS docs: ResultWriter)."""


def by_file(run: MapRun, outcomes: list[Outcome]) -> dict[str, Records]:
    """Return the records of each kind of result file."""
    return {
        file: Records(run, [outcome for outcome in outcomes if outcome.status in statuses])
        for file, statuses in RESULT_FILES.items()
    }
