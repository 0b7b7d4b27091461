"""The executions that a run's tasks started, by their ARNs, read from its history. Pure.

A Task that starts an execution answers with its ExecutionArn: in TaskSubmitted where it goes on to wait, else in
TaskSucceeded. So a run that is only stored has its children as one that runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sfnbook.engine.events import Event, FrameKey

_ANSWERS: Final = frozenset({"TaskSubmitted", "TaskSucceeded"})
_TYPES: Final = frozenset({"states", "aws-sdk:sfn"})
_OPERATIONS: Final = ("startExecution", "startSyncExecution")


def started(events: Iterable[Event]) -> dict[str, int]:
    """Return the ARNs of the executions that were started, in order, each with the id of the visit that did it first."""
    found: dict[str, int] = {}
    inside: dict[FrameKey, int] = {}
    for event in events:
        if event.type.endswith("StateEntered"):
            inside[event.frame] = event.id
        elif event.type in _ANSWERS:
            arn = _arn(event)
            if arn is not None:
                found.setdefault(arn, inside.get(event.frame, 0))
    return found


def _arn(event: Event) -> str | None:
    detail, output = event.detail, event.detail.get("output")
    if detail.get("resourceType") not in _TYPES or not str(detail.get("resource")).startswith(_OPERATIONS):
        return None
    arn = output.get("ExecutionArn") if isinstance(output, dict) else None
    return arn if isinstance(arn, str) else None
