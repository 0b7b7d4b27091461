"""Eligibility: whether an execution can be redriven, and AWS's words when it cannot (AWS docs: Redriving executions)."""

from __future__ import annotations

from typing import Final

REDRIVABLE: Final = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})
"""The statuses of executions that did not succeed."""

MOST_EVENTS: Final = 24_998
"""ExecutionRedriven and one event more must find room in the history: fewer than 24,999 before them."""

PERIOD: Final = 14 * 86_400.0
"""Seconds after its end in which an execution can be redriven."""

OPEN: Final = 365 * 86_400.0
"""Seconds after its start in which an execution can go on at all."""

MAP_RUN_REDRIVES: Final = 1_000
"""A Map run can be redriven so often (AWS docs: Redriving Map Runs)."""


def redrive_status_reason(status: str, events: int = 0, *, age: float = 0.0, since: float = 0.0) -> str | None:
    """Return why an execution cannot be redriven, None where it can.

    events: how many its history has. age, since: seconds since it started and since it ended.
    """
    if status not in REDRIVABLE:
        return f"Execution is {status} and cannot be redriven"
    if events > MOST_EVENTS:
        return "Execution history event limit exceeded"
    if age > OPEN:
        return "Execution has exceeded the max execution time"
    return "Execution redrivable period exceeded" if since > PERIOD else None
