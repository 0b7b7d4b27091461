"""Machines and runs as the endpoint has them: under its own ARNs, with a journal in the store.

A run here is a `Run` like any other, so that everything that shows runs can show it. Owns what differs: names, journal,
clock, and how an execution is described once it is only stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from json import loads
from typing import TYPE_CHECKING, Any

from sfnbook.bindings import nested
from sfnbook.bindings.buckets import Places
from sfnbook.bindings.registry import Registry
from sfnbook.engine.children import known
from sfnbook.engine.commands import UpdateMapRun
from sfnbook.engine.eligibility import refusal
from sfnbook.engine.events import Event
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import timestamp
from sfnbook.engine.journal import Journal
from sfnbook.engine.maprun import MapRun
from sfnbook.history.aws import wire_map_run
from sfnbook.history.reading import Reading
from sfnbook.history.store import Stored
from sfnbook.history.visits import Visits
from sfnbook.machine import StateMachine
from sfnbook.run import Run, resolver
from sfnbook.runtime.clock import RealClock
from sfnbook.runtime.dispatch import Resolve
from sfnbook.runtime.session import Session
from sfnbook.server.wire import to_bytes
from sfnbook.values import from_text, to_text

if TYPE_CHECKING:
    from sfnbook.runtime.fleet import Driven


class ServedMachine(StateMachine):
    """One revision of a machine of the endpoint."""

    def __init__(self, definition: str, *, name: str, type: Any, arn: str, registry: Registry, buckets: Places) -> None:
        super().__init__(definition, name=name, type=type, buckets=buckets)
        self.bindings = Registry(parent=registry)
        self._arn = arn

    @property
    def arn(self) -> str:
        """The machine's ARN at this endpoint."""
        return self._arn


class Ended(Reading):
    """An execution that is only stored, as a run."""

    parent = None
    debugger = None

    def __init__(self, stored: Stored, machine: StateMachine, events: list[Event]) -> None:
        names = stored.head["names"]
        execution = {
            "Id": stored.arn,
            "Input": from_text(stored.head["input"]),
            "StartTime": timestamp(stored.started),
            "Name": stored.head["name"],
            "RoleArn": names["role_arn"],
            "RedriveCount": stored.redrives,
        }
        context = {"Execution": execution, "StateMachine": {"Id": stored.machine, "Name": names["machine_name"]}}
        super().__init__(machine, events, name=stored.head["name"], arn=stored.arn, context=context, clock="real")
        self.stored = stored
        self.children: list[Run] = []
        self.caller: int | None = None

    def describe(self) -> dict[str, Any]:
        """Return the run in DescribeExecution's shape."""
        return describe(self.stored)


class ServedRun(Run):
    """An execution of the endpoint. stored: its row; driven: its place in the fleet."""

    driven: Driven

    def __init__(
        self,
        machine: StateMachine,
        journal: Journal,
        stored: Stored,
        registry: Registry,
        *,
        speed: float,
        wrap: Callable[[ServedRun, Resolve], Resolve],
        execution: Execution | None = None,
        parent: Any = None,
    ) -> None:
        # Not Run's own: there the journal is new, in memory, and under made-up names.
        self.machine = machine
        self.stored = stored
        self.number = stored.id
        self.name = str(stored.head["name"])
        self.parent = parent
        self.children: list[Run] = []
        self.caller: int | None = None
        self.ended: list[Callable[[], None]] = []
        self.tokens: list[str] = []
        clock = RealClock(speed, since=journal.at)
        self.clock = clock.name
        resolve = wrap(self, resolver(self, registry, machine.store, {}))
        self.session = Session(machine.program, journal, clock=clock, resolve=resolve, execution=execution)
        self.debugger = None
        self.begun = None
        self._answering = (registry, machine.store, {})
        self._visits = Visits()
        self._seen = 0
        self._lock = threading.Lock()
        nested.executions[self.arn] = self

    @property
    def arn(self) -> str:
        """The execution's ARN at this endpoint."""
        return self.stored.arn

    def describe(self) -> dict[str, Any]:
        """Return the run in DescribeExecution's shape."""
        return describe(self.present())

    def update_map_run(self, arn: str, limits: Mapping[str, Any]) -> None:
        """Give a Map run of it other limits (UpdateMapRun)."""
        count, percentage = limits.get("toleratedFailureCount"), limits.get("toleratedFailurePercentage")
        self.session.post(lambda at: UpdateMapRun(at, arn, limits.get("maxConcurrency"), count, percentage))
        self.driven.pump()

    def present(self) -> Stored:
        """Return what would be stored of it now."""
        execution, stored = self.execution, self.stored
        stored.status, stored.stopped, stored.redrives = execution.status, execution.stopped_at, execution.redrives
        stored.result = result_of(execution)
        return stored


def result_of(execution: Execution) -> dict[str, Any]:
    """Return how an execution ended, as it is stored; of one that might be redriven also how long its history is."""
    if execution.status == "SUCCEEDED":
        return {"output": execution.output}
    found = {"error": execution.error, "cause": execution.cause, "events": len(execution.events)}
    return {k: v for k, v in found.items() if v is not None}


def keep_map_run(run: MapRun) -> dict[str, Any]:
    """Return a Map run as it is stored: DescribeMapRun's answer, and the children whose histories were kept."""
    return {
        "wire": loads(to_bytes(wire_map_run(run))),
        "machine": run.machine_arn,
        "child": run.child_arn,
        "children": [[c.name, c.status, c.events, *c[4:]] for c in known(run)],
    }


def describe(stored: Stored, *, data: bool = True) -> dict[str, Any]:
    """Return an execution in DescribeExecution's shape; without ``data`` its input, output, error and cause are left out."""
    head, result = stored.head, stored.result
    wire: dict[str, Any] = {
        "executionArn": stored.arn,
        "stateMachineArn": stored.machine,
        "name": head["name"],
        "status": stored.status,
        "startDate": date(stored.started),
        "redriveCount": stored.redrives,
        **redrive_status(stored),
    }
    if data:
        wire["input"] = head["input"]
    wire["inputDetails"] = {"included": data}
    if stored.stopped is not None:
        wire["stopDate"] = date(stored.stopped)
    if stored.status == "SUCCEEDED":
        if data:
            wire["output"] = to_text(result["output"])
        wire["outputDetails"] = {"included": data}
    if data:
        wire |= {key: result[key] for key in ("error", "cause") if key in result}
    for key, value in (
        ("traceHeader", head.get("trace")),
        ("mapRunArn", head.get("map_run")),
        ("stateMachineVersionArn", stored.version),
        ("stateMachineAliasArn", stored.alias),
    ):
        if value is not None:
            wire[key] = value
    if head.get("redriven") is not None:
        wire["redriveDate"] = date(head["redriven"])
    return wire


def redrive_status(stored: Stored) -> Mapping[str, str]:
    """Return whether an execution can be redriven, and why not."""
    now = time.time()
    since = now - stored.stopped if stored.stopped is not None else 0.0
    reason = refusal(stored.status, stored.result.get("events", 0), age=now - stored.started, since=since)
    if reason is None:
        return {"redriveStatus": "REDRIVABLE_BY_MAP_RUN" if "map_run" in stored.head else "REDRIVABLE"}
    return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}


def date(at: float) -> datetime:
    """Return a moment as answers hold it."""
    return datetime.fromtimestamp(at, UTC)
