"""The wire shapes: events as GetExecutionHistory gives them, executions as DescribeExecution does.

JSON texts are made here, when they are read, never while a run goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sfnbook.engine.distributed_map.map_run import PENDING_REDRIVE, STATUSES, MapRun
from sfnbook.engine.events import Event
from sfnbook.values import copy_of, from_text, to_text

_TEXTS: Final = frozenset({"input", "output", "parameters"})
_PRIVATE: Final = frozenset({"item"})


def wire_event(event: Event) -> dict[str, Any]:
    """Return one event in GetExecutionHistory's shape (``timestamp`` an aware datetime, as boto3 gives it)."""
    wire: dict[str, Any] = {
        "timestamp": datetime.fromtimestamp(event.at, UTC),
        "type": event.type,
        "id": event.id,
        "previousEventId": event.previous,
    }
    member = details_member(event.type)
    details = _details(event)
    if details or event.type in _ALWAYS:
        wire[member] = details
    return wire


_DATA: Final = frozenset({"input", "output", "parameters", "cause", "error", "assignedVariables"})


def without_data(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event in GetExecutionHistory's shape without execution data (includeExecutionData false)."""
    hidden = _DATA | {f"{name}Details" for name in _DATA}
    return {
        name: {key: child for key, child in value.items() if key not in hidden}
        if name.endswith("EventDetails")
        else value
        for name, value in event.items()
    }


def wire_history(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return a history in GetExecutionHistory's shape."""
    return [wire_event(event) for event in events]


def wire_map_run(run: MapRun) -> dict[str, Any]:
    """Return a Map run in DescribeMapRun's shape; ``stopDate`` only once it has ended."""
    wire: dict[str, Any] = {
        "mapRunArn": run.arn,
        "executionArn": run.execution_arn,
        "status": run.status,
        "startDate": datetime.fromtimestamp(run.started_at, UTC),
        "maxConcurrency": run.max_concurrency,
        "toleratedFailurePercentage": run.tolerated_percentage or 0.0,
        "toleratedFailureCount": run.tolerated_count or 0,
        "itemCounts": _counts(run.items, run.written, run.stuck_items),
        "executionCounts": _counts(run.counts, run.written, run.stuck),
        "redriveCount": run.redrives,
    }
    if run.stopped_at is not None:
        wire["stopDate"] = datetime.fromtimestamp(run.stopped_at, UTC)
    if run.redriven_at is not None:
        wire["redriveDate"] = datetime.fromtimestamp(run.redriven_at, UTC)
    return wire


def _counts(counts: Mapping[str, int], written: bool, stuck: int) -> dict[str, int]:
    ended = sum(counts[status] for status in STATUSES[2:])
    return {
        **{status: counts[status] for status in STATUSES},
        "total": sum(counts.values()),
        "resultsWritten": ended if written else 0,
        "failuresNotRedrivable": stuck,
        "pendingRedrive": counts[PENDING_REDRIVE],
    }


_ALWAYS: Final = frozenset(
    {"ActivityStarted", "ExecutionFailed", "ExecutionAborted", "ExecutionTimedOut", "ExecutionSucceeded"}
)


def details_member(type: str) -> str:
    """Return the name of the event's details member: states share one for Entered and one for Exited."""
    for kind in ("Entered", "Exited"):
        if type.endswith(f"State{kind}"):
            return f"state{kind}EventDetails"
    return f"{type[0].lower()}{type[1:]}EventDetails"


def _details(event: Event) -> dict[str, Any]:
    details: dict[str, Any] = {}
    for key, value in event.detail.items():
        if key in _PRIVATE:
            continue
        if key in _TEXTS:
            details[key] = to_text(value)
            if key != "parameters":
                details[f"{key}Details"] = {"truncated": False}
        elif key == "assignedVariables":
            details[key] = {name: to_text(v) for name, v in value.items()}
            details["assignedVariablesDetails"] = {"truncated": False}
        else:
            details[key] = copy_of(value)
    return details


# ------------------------------------------------------------------------------------------------ from the wire shapes
_DETAILS_ABOUT: Final = frozenset({"inputDetails", "outputDetails", "assignedVariablesDetails"})


def read_events(events: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Return events in GetExecutionHistory's shape as ours, in the order of their ids.

    Their addresses and frames are not in that shape: `sfnbook.history.recorded` finds them. Raises ValueError that
    names the event which cannot be read.
    """
    found = [_read_event(event, number) for number, event in enumerate(events, 1)]
    return sorted(found, key=lambda event: event.id)


def _read_event(wire: Mapping[str, Any], number: int) -> Event:
    try:
        id, type = int(wire["id"]), str(wire["type"])
        previous, at = int(wire.get("previousEventId", 0)), _read_time(wire["timestamp"])
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        missing = f"has no {fault.args[0]}" if isinstance(fault, KeyError) else f"cannot be read: {fault}"
        raise ValueError(f"event {number} {missing}") from None
    details = next((v for k, v in wire.items() if k.endswith("EventDetails") and isinstance(v, Mapping)), {})
    return Event(
        id, previous, type, at, "", (), {k: _read_detail(k, v) for k, v in details.items() if k not in _DETAILS_ABOUT}
    )


def _read_detail(key: str, value: Any) -> Any:
    if key in _TEXTS and isinstance(value, str):
        try:
            return from_text(value)
        except ValueError:
            return value
    if key == "assignedVariables" and isinstance(value, Mapping):
        return {name: _read_detail("input", text) for name, text in value.items()}
    return value


def _read_time(value: Any) -> float:
    """Return a timestamp in seconds: a datetime as boto3 gives it, ISO text as the command line does, or seconds."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, (int, float)):
        return float(value)
    return datetime.fromisoformat(str(value)).timestamp()
