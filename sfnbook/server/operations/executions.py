"""Executions: start, describe, stop, redrive, list, and their histories."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import islice
from typing import Any, Final
from weakref import WeakKeyDictionary

from sfnbook.engine.events import Event
from sfnbook.history.aws import wire_event, without_data
from sfnbook.language.texts import read_json
from sfnbook.server.api.arns import read_arn
from sfnbook.server.api.names_and_tags import check_name
from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.server.endpoint import Endpoint, Target
from sfnbook.server.operations import map_runs as _map_runs
from sfnbook.server.runs import as_stored, date, describe, redrive_status
from sfnbook.server.store import Stored
from sfnbook.values import MAX_BYTES, Json

_NOT_FOR_THIS_TYPE: Final = "This operation is not supported by this type of state machine"


def start_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """StartExecution. Idempotent for Standard machines: the same name and input while it runs (API reference)."""
    target = endpoint.target(request["stateMachineArn"])
    text, data = _input(request)
    name = request.get("name")
    if name is not None:
        check_name(name)
        known = _known(endpoint, target, name)
        if known is not None:
            if known.status == "RUNNING" and known.head["input"] == text:
                return {"executionArn": known.arn, "startDate": date(known.started)}
            raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{known.arn}'")
    run = endpoint.start(target, data, text, name=name, trace=request.get("traceHeader"))
    return {"executionArn": run.arn, "startDate": date(run.stored.started)}


def _known(endpoint: Endpoint, target: Target, name: str) -> Stored | None:
    if target.machine.type == "EXPRESS":
        return None
    return endpoint.store.execution(endpoint.execution_arn(target.machine, "execution", name))


def _input(request: dict[str, Any]) -> tuple[str, Json]:
    text = request.get("input", "{}")
    if not text.strip():
        raise _bad_input("Invalid execution input.")
    if len(text) > MAX_BYTES // 4 and len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _bad_input(f"The input exceeds the maximum number of bytes: {MAX_BYTES}.")
    try:
        return text, read_json(text)
    except ValueError as fault:
        raise _bad_input(str(fault)) from None


def _bad_input(words: str) -> ApiError:
    return ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{words}'")


async def start_sync_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """StartSyncExecution: an Express execution, answered when it has ended."""
    target = endpoint.target(request["stateMachineArn"])
    if target.machine.type != "EXPRESS":
        raise ApiError("StateMachineTypeNotSupported", _NOT_FOR_THIS_TYPE)
    text, data = _input(request)
    name = request.get("name")
    if name is not None:
        check_name(name)
    run = endpoint.start(target, data, text, name=name, trace=request.get("traceHeader"), keep=False)
    try:
        await endpoint.until_ended(run)
    except asyncio.CancelledError:  # the caller has gone: nobody waits for the answer
        run.stop()
        raise
    wire = describe(run.present(), data=request.get("includedData") != "METADATA_ONLY")
    wire["stateMachineArn"] = request["stateMachineArn"]
    for key in [key for key in wire if key.startswith("redrive")]:
        del wire[key]
    for key in ("stateMachineVersionArn", "stateMachineAliasArn"):
        wire.pop(key, None)
    if wire["status"] == "ABORTED":
        wire["status"] = "FAILED"
    wire["billingDetails"] = run.billing_details()
    return wire


def describe_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeExecution."""
    stored = _execution(endpoint, request["executionArn"])
    return describe(stored, data=request.get("includedData") != "METADATA_ONLY")


def _execution(endpoint: Endpoint, text: str) -> Stored:
    child = _map_runs.child(endpoint, text)
    return child if child is not None else endpoint.stored(text)


def stop_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """StopExecution. One that has ended stays as it is."""
    stored = endpoint.stored(request["executionArn"])
    run = endpoint.runs.get(stored.arn)
    if run is not None:
        run.stop(request.get("error"), request.get("cause"))
        run.driven.pump()
        stored = endpoint.stored(request["executionArn"])
    elif (own := endpoint.own_run(stored.arn)) is not None:
        own.stop(request.get("error"), request.get("cause"))
    return {"stopDate": date(stored.stopped if stored.stopped is not None else time.time())}


_redriven: Final[WeakKeyDictionary[Endpoint, dict[tuple[str, str], float]]] = WeakKeyDictionary()


def redrive_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """RedriveExecution: it goes on from its unsuccessful states. The same clientToken again changes nothing."""
    stored = _execution(endpoint, request["executionArn"])
    token = request.get("clientToken")
    done = _redriven.setdefault(endpoint, {})
    if token is not None and (stored.arn, token) in done:
        return {"redriveDate": date(done[stored.arn, token])}
    found = redrive_status(stored)
    if found["redriveStatus"] != "REDRIVABLE":
        by_map_run = "Execution was started by a Map Run and can only be redriven with it, by redriving its parent"
        raise ApiError("ExecutionNotRedrivable", found.get("redriveStatusReason", by_map_run))
    now = time.time()
    own = endpoint.own_run(stored.arn)
    if own is not None:
        own.redrive(wait=False)
    else:
        endpoint.redrive(stored, now)
    if token is not None:
        done[stored.arn, token] = now
    return {"redriveDate": date(now)}


# ------------------------------------------------------------------------------------------------------------ lists
def list_executions(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListExecutions of a machine, version, alias or Map run, the latest first."""
    machine, map_run = request.get("stateMachineArn"), request.get("mapRunArn")
    if (machine is None) == (map_run is None):
        raise invalid("Must provide exactly one of these: stateMachineArn, mapRunArn", "MISSING_REQUIRED_PARAMETER")
    if map_run is not None:
        return _map_runs.list_children(endpoint, request)
    if request.get("statusFilter") == "PENDING_REDRIVE":  # API reference: only of a Map run's children
        raise invalid("The PENDING_REDRIVE statusFilter needs a mapRunArn.")
    target = endpoint.target(request["stateMachineArn"])
    if target.machine.type == "EXPRESS":
        raise ApiError("StateMachineTypeNotSupported", _NOT_FOR_THIS_TYPE)
    own = _own_runs(endpoint, target, request)
    if own:
        page, more = endpoint.pages.cut(request, own)
        return {"executions": [_listed(stored) for stored in page], **more}
    column = "alias" if target.alias is not None else "version" if target.version is not None else "machine"
    limit = endpoint.pages.limit(request)
    redrive = request.get("redriveFilter")
    found = endpoint.store.executions(
        column,
        machine,
        before=endpoint.pages.place(request),
        limit=limit + 1,
        status=request.get("statusFilter"),
        redriven=None if redrive is None else redrive == "REDRIVEN",
    )
    more = {"nextToken": endpoint.pages.token(request, found[limit - 1].id)} if len(found) > limit else {}
    return {"executions": [_listed(stored) for stored in found[:limit]], **more}


def _own_runs(endpoint: Endpoint, target: Target, request: dict[str, Any]) -> list[Stored]:
    """Return the executions of a notebook's machine, those that its own code started among them; [] where there are none."""
    machine = endpoint.guests.get(target.machine.arn)
    own = [run for run in machine.runs if endpoint.own_run(run.arn) is run] if machine is not None else []
    if not own:
        return []
    found = endpoint.store.executions("machine", target.machine.arn, before=None, limit=_MOST_WITH_OWN)
    found += [as_stored(run) for run in own]
    wanted, redrive = request.get("statusFilter"), request.get("redriveFilter")
    found = [s for s in found if wanted in (None, s.status) and redrive in (None, _REDRIVEN[s.redrives > 0])]
    return sorted(found, key=lambda s: -s.started)


_MOST_WITH_OWN: Final = 10_000
_REDRIVEN: Final = {True: "REDRIVEN", False: "NOT_REDRIVEN"}


def _listed(stored: Stored) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "executionArn": stored.arn,
        "stateMachineArn": stored.machine,
        "name": stored.head["name"],
        "status": stored.status,
        "startDate": date(stored.started),
        "redriveCount": stored.redrives,
    }
    if stored.stopped is not None:
        entry["stopDate"] = date(stored.stopped)
    if stored.version is not None:
        entry["stateMachineVersionArn"] = stored.version
    if stored.alias is not None:
        entry["stateMachineAliasArn"] = stored.alias
    if stored.head.get("redriven") is not None:
        entry["redriveDate"] = date(stored.head["redriven"])
    return entry


# -------------------------------------------------------------------------------------------------------- histories
def get_execution_history(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """GetExecutionHistory."""
    read_arn(request["executionArn"], "execution")
    events = _map_runs.child_events(endpoint, request["executionArn"])
    if events is None:
        events = endpoint.events(endpoint.stored(request["executionArn"]))
    start, limit = endpoint.pages.place(request) or 0, endpoint.pages.limit(request)
    backwards = request.get("reverseOrder", False)
    page: Iterable[Event]
    if backwards:
        # A place counts from the end of the history as it was; new events must not shift it.
        first = start or len(events)
        page, rest = (events[i - 1] for i in range(first, max(0, first - limit), -1)), first - limit
        more = {"nextToken": endpoint.pages.token(request, rest)} if rest > 0 else {}
    else:
        page = islice(events, start, start + limit)
        more = {"nextToken": endpoint.pages.token(request, start + limit)} if start + limit < len(events) else {}
    data = request.get("includeExecutionData", True)
    return {"events": [wire_event(event) if data else without_data(wire_event(event)) for event in page], **more}
