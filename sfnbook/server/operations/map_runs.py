"""Map runs: describe, update, list; and the child executions whose histories were kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sfnbook.engine.events import Event
from sfnbook.engine.mapruns import MapRun
from sfnbook.history.aws import wire_map_run
from sfnbook.history.store import Stored, read_back
from sfnbook.server.arns import read_arn
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.runs import date
from sfnbook.server.wire import ApiError, invalid
from sfnbook.values import to_text


class _Child(NamedTuple):
    name: str
    status: str
    events: list[Event]


class _Known(NamedTuple):
    """A Map run, running or stored: DescribeMapRun's answer, its execution and the children that are known."""

    wire: dict[str, Any]
    owner: Stored
    machine: str
    child_arn: str
    children: list[_Child]


def _stored(body: dict[str, Any], owner: Stored) -> _Known:
    children = [_Child(name, status, read_back(events)) for name, status, events in body["children"]]
    return _Known(body["wire"], owner, body["machine"], body["child"], children)


def _running(run: MapRun, owner: Stored) -> _Known:
    children = [_Child(child.name, child.status, child.events) for child in run.children]
    frame = run.frame
    if frame is not None and frame.join is not None:
        for line in frame.join.children.values():
            children.append(_Child(str(line.home["Execution"]["Name"]), "RUNNING", line.log))
    return _Known(wire_map_run(run), owner, run.machine_arn, run.child_arn, children)


def _of_execution(endpoint: Endpoint, owner: Stored) -> list[_Known]:
    live = endpoint.runs.get(owner.arn)
    if live is not None:
        return [_running(run, owner) for run in live.execution.map_runs]
    return [_stored(body, owner) for body in endpoint.store.map_runs(owner.id)]


def _known(endpoint: Endpoint, text: str) -> _Known:
    read_arn(text, "mapRun")
    for live in endpoint.runs.values():
        for run in live.execution.map_runs:
            if run.arn == text:
                return _running(run, live.present())
    found = endpoint.store.execution_of_map_run(text)
    if found is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{text}'", resourceName=text)
    return _stored(found[1], found[0])


def _children_of(endpoint: Endpoint, text: str) -> Iterator[tuple[_Known, _Child]]:
    """Yield the children with an ARN ``...:execution:machine/label:name``: one or none."""
    arn = read_arn(text, "execution", "express")
    machine, slash, _ = arn.name.partition("/")
    if not slash:
        return
    for live in endpoint.runs.values():
        if live.machine.name == machine:
            for run in live.execution.map_runs:
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
    result = {k: v for k, v in last.detail.items() if k in ("output", "error", "cause")}
    ended = entry.status != "RUNNING"
    return Stored(
        0, text, known.machine, None, None, entry.status, first.at, last.at if ended else None, 0, head,
        result if ended else {},
    )  # fmt: skip


def child_events(endpoint: Endpoint, text: str) -> list[Event] | None:
    """Return a child's history; None for an ARN that is none of a child."""
    found = next(_children_of(endpoint, text), None)
    return found[1].events if found is not None else None


def list_children(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """Return what ListExecutions answers for a Map run."""
    known = _known(endpoint, request["mapRunArn"])
    wanted = request.get("statusFilter")
    children = [c for c in reversed(known.children) if wanted is None or c.status == wanted]
    page, more = endpoint.pages.cut(request, children)
    return {"executions": [_listed(known, entry) for entry in page], **more}


def _listed(known: _Known, entry: _Child) -> dict[str, Any]:
    listed = {
        "executionArn": f"{known.child_arn}:{entry.name}",
        "stateMachineArn": known.machine,
        "name": entry.name,
        "status": entry.status,
        "startDate": date(entry.events[0].at),
        "mapRunArn": known.wire["mapRunArn"],
        "itemCount": 1,
        "redriveCount": 0,
    }
    return listed | ({"stopDate": date(entry.events[-1].at)} if entry.status != "RUNNING" else {})


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
