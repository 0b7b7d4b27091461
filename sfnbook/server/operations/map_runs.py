"""Map runs: describe, update, list; and the child executions whose histories were kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sfnbook.engine.distributed_map.children import known as known_children
from sfnbook.engine.distributed_map.map_run import ChildHistory, MapRun
from sfnbook.engine.events import Event
from sfnbook.history.aws import wire_map_run
from sfnbook.server.api.arns import read_arn
from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.runs import date, kept_children
from sfnbook.server.store import Stored
from sfnbook.values import to_text

_GOING_ON: Final = frozenset({"RUNNING", "PENDING_REDRIVE"})


class _Known(NamedTuple):
    """A Map run, running or stored: DescribeMapRun's answer, its execution and the children that are known."""

    wire: dict[str, Any]
    owner: Stored
    machine: str
    child_arn: str
    children: list[ChildHistory]


def _stored(body: dict[str, Any], owner: Stored) -> _Known:
    return _Known(body["wire"], owner, body["machine"], body["child"], kept_children(body))


def _running(run: MapRun, owner: Stored) -> _Known:
    return _Known(wire_map_run(run), owner, run.machine_arn, run.child_arn, list(known_children(run)))


def _of_execution(endpoint: Endpoint, owner: Stored) -> list[_Known]:
    live = endpoint.runs.get(owner.arn)
    if live is not None:
        return [_running(run, owner) for run in live._execution.map_runs]
    return [_stored(body, owner) for body in endpoint.store.map_runs(owner.id)]


def _known(endpoint: Endpoint, text: str) -> _Known:
    read_arn(text, "mapRun")
    for live in endpoint.runs.values():
        for run in live._execution.map_runs:
            if run.arn == text:
                return _running(run, live.present())
    found = endpoint.store.execution_of_map_run(text)
    if found is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{text}'", resourceName=text)
    return _stored(found[1], found[0])


def _children_of(endpoint: Endpoint, text: str) -> Iterator[tuple[_Known, ChildHistory]]:
    """Yield the children with an ARN ``...:execution:machine/label:name``: one or none."""
    arn = read_arn(text, "execution", "express")
    machine, slash, _ = arn.name.partition("/")
    if not slash:
        return
    for live in endpoint.runs.values():
        if live.machine.name == machine:
            for run in live._execution.map_runs:
                if text.startswith(run.child_arn + ":"):
                    known = _running(run, live.present())
                    yield from ((known, child) for child in known.children if text == f"{known.child_arn}:{child.name}")
    for body, owner in endpoint.store.map_runs_of_child(text.rpartition(":")[0]):
        known = _stored(body, owner)
        yield from ((known, child) for child in known.children if text == f"{known.child_arn}:{child.name}")


def child(endpoint: Endpoint, text: str) -> Stored | None:
    """Return a child execution as if it were stored like any other; None for an ARN that is none of a child."""
    found = next(_children_of(endpoint, text), None)
    if found is None:
        return None
    known, entry = found
    first, last = entry.events[0], entry.events[-1]
    head = {**known.owner.head, "name": entry.name, "input": _text(first.detail.get("input")), "trace": None}
    head |= {"map_run": known.wire["mapRunArn"], "redriven": entry.redriven_at}
    ended = entry.status not in _GOING_ON
    result = {k: v for k, v in last.detail.items() if k in ("output", "error", "cause")} if ended else {}
    if ended and not entry.redrivable:
        result["events"] = len(entry.events)
    stopped = last.at if ended else None
    return Stored(0, text, known.machine, None, None, entry.status, first.at, stopped, entry.redrives, head, result)


def child_events(endpoint: Endpoint, text: str) -> Sequence[Event] | None:
    """Return a child's history; None for an ARN that is none of a child."""
    found = next(_children_of(endpoint, text), None)
    return found[1].events if found is not None else None


def list_children(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """Return what ListExecutions answers for a Map run."""
    known = _known(endpoint, request["mapRunArn"])
    wanted = request.get("statusFilter")
    redriven = request.get("redriveFilter")
    children = [
        entry
        for entry in reversed(known.children)
        if wanted in (None, entry.status) and redriven in (None, "REDRIVEN" if entry.redrives else "NOT_REDRIVEN")
    ]
    page, more = endpoint.pages.cut(request, children)
    return {"executions": [_listed(known, entry) for entry in page], **more}


def _listed(known: _Known, entry: ChildHistory) -> dict[str, Any]:
    listed = {
        "executionArn": f"{known.child_arn}:{entry.name}",
        "stateMachineArn": known.machine,
        "name": entry.name,
        "status": entry.status,
        "startDate": date(entry.events[0].at),
        "mapRunArn": known.wire["mapRunArn"],
        "itemCount": entry.items,
        "redriveCount": entry.redrives,
    }
    if entry.redriven_at is not None:
        listed["redriveDate"] = date(entry.redriven_at)
    return listed | ({"stopDate": date(entry.events[-1].at)} if entry.status not in _GOING_ON else {})


def _text(value: Any) -> str:
    return to_text(value)


for _helper in (child, child_events, list_children):
    _helper.__module__ = ""  # no operations


def list_map_runs(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListMapRuns of an execution."""
    known = _of_execution(endpoint, endpoint.stored(request["executionArn"]))
    page, more = endpoint.pages.cut(request, known)
    keys = ("executionArn", "mapRunArn", "startDate", "stopDate")
    return {
        "mapRuns": [{**{k: m.wire[k] for k in keys if k in m.wire}, "stateMachineArn": m.machine} for m in page],
        **more,
    }


def describe_map_run(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeMapRun."""
    return _known(endpoint, request["mapRunArn"]).wire


def update_map_run(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateMapRun: concurrency and tolerances of a Map run that goes on."""
    wanted = {"maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage"} & request.keys()
    if not wanted:
        raise invalid(
            "Must specify at least one of these: maxConcurrency, toleratedFailureCount, toleratedFailurePercentage",
            "MISSING_REQUIRED_PARAMETER",
        )
    known = _known(endpoint, request["mapRunArn"])
    live = endpoint.runs.get(known.owner.arn)
    if live is None or known.wire["status"] != "RUNNING":
        raise invalid("Map Run has completed and cannot be updated.", "CANNOT_UPDATE_COMPLETED_MAP_RUN")
    live.update_map_run(request["mapRunArn"], {key: request[key] for key in wanted})
    return {}
