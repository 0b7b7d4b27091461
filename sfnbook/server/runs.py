"""Machines and runs as the endpoint has them: under its own ARNs, with a journal in the store.

A run here is a `Run` like any other, so that everything that shows runs can show it. Owns what differs: names, journal,
clock, and how an execution is described once it is only stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from json import loads
from math import isinf
from typing import TYPE_CHECKING, Any, Protocol

from sfnbook.engine.commands import MissingActivities, UpdateMapRun
from sfnbook.engine.distributed_map.children import known
from sfnbook.engine.distributed_map.map_run import ChildHistory, ChildResult, MapRun
from sfnbook.engine.eligibility import redrive_status_reason
from sfnbook.engine.events import Event
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import timestamp
from sfnbook.engine.journal import Journal, recall
from sfnbook.errors import InputError
from sfnbook.history.aws import wire_map_run
from sfnbook.history.child_executions import started
from sfnbook.history.visits import Visits
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.machine import StateMachine
from sfnbook.run import Run
from sfnbook.runs.map_children import AnyMapRun, ChildRun, KeptRun, figures, of_state, results_of, worth_showing
from sfnbook.runs.run_from_events import RunFromEvents
from sfnbook.runtime.clock import Clock, RealClock, VirtualClock
from sfnbook.runtime.dispatch import Resolve
from sfnbook.runtime.session import Session
from sfnbook.server.api.wire import to_bytes
from sfnbook.server.store import Stored, read_back
from sfnbook.tasks import start_execution
from sfnbook.tasks.aws.datasets.buckets import Places
from sfnbook.tasks.registry import Registry
from sfnbook.tasks.resolve import resolver
from sfnbook.values import from_text, to_text

if TYPE_CHECKING:
    from sfnbook.runtime.session_pool import Driven


class ServedMachine(StateMachine):
    """One revision of a machine of the endpoint, which finds it itself."""

    known_by_name = False

    def __init__(self, definition: str, *, name: str, type: Any, arn: str, registry: Registry, buckets: Places) -> None:
        super().__init__(definition, name=name, type=type, buckets=buckets)
        self._bindings = Registry(parent=registry)
        self._arn = arn

    @property
    def arn(self) -> str:
        """The machine's ARN at this endpoint."""
        return self._arn

    @cached_property
    def activities(self) -> tuple[tuple[str, Resource], ...]:
        """The activities that its tasks wait for, with the states."""
        tasks = (
            (s.name, parse_resource(s.fields["Resource"])) for s in self._definition.machine.walk() if s.type == "Task"
        )
        return tuple((name, resource) for name, resource in tasks if resource.kind == "activity")


class Keeper(Protocol):
    """What an execution asks of the endpoint, from any thread."""

    def kept(self, stored: Stored) -> tuple[Sequence[Event], list[dict[str, Any]]]:
        """Return an ended execution's history and its Map runs as they are stored."""

    def stored_journal(self, stored: Stored) -> Journal:
        """Return the journal of an ended execution."""

    def relative(self, arn: str) -> Any:
        """Return an execution as a run, running or ended; None for one that is not here."""


class Family:
    """The executions that one started, as runs, found when they are looked at: holding them would keep them all."""

    def __init__(self, keeper: Keeper) -> None:
        self._keeper = keeper
        self._known: dict[str, Any] = {}

    def runs(self, events: Sequence[Event]) -> list[Any]:
        """Return those that a history names and that are here, in order: new ones only ever follow."""
        found = []
        for arn, caller in started(events).items():
            run = self._known.get(arn)
            if arn not in self._known or (isinstance(run, ServedRun) and run.done):
                run = self._known[arn] = self._keeper.relative(arn) or run
            if run is not None:
                run._caller = caller
                found.append(run)
        return found


class Ended(RunFromEvents):
    """An execution that is only stored, as a run. Its history is read when it is looked at: a list needs none."""

    def __init__(self, stored: Stored, machine: StateMachine, keeper: Keeper) -> None:
        # Not Reading's own: it takes the events at once.
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
        self._machine = machine
        self.stored = stored
        self._number = stored.id
        self._name = str(stored.head["name"])
        self._arn = stored.arn
        self._clock = "real"
        self._caller: int | None = None
        self._keeper = keeper
        self._family = Family(keeper)
        self._context = context
        self._logs = {}
        self._now = stored.stopped if stored.stopped is not None else stored.started
        self._begins_with = self._item = None
        self._visits = None

    @cached_property
    def _kept(self) -> tuple[tuple[Event, ...], list[KeptRun]]:
        events, map_runs = self._keeper.kept(self.stored)
        found = (kept_map_run(body["wire"]["mapRunArn"], body) for body in map_runs if "at" in body)
        return tuple(events), sorted(found, key=lambda run: run.place)

    @property
    def _raw_events(self) -> tuple[Event, ...]:
        """The history as it is kept."""
        return self._kept[0]

    @property
    def number(self) -> int:
        """Its row in the store."""
        return self._number

    @property
    def caller(self) -> int | None:
        """The parent's visit that started it, by its id; see `Run.caller`."""
        return self._caller

    @property
    def status(self) -> str:
        """SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return self.stored.status

    @property
    def children(self) -> list[Any]:
        """The executions that it started, as far as they are here."""
        return self._family.runs(self._raw_events)

    @cached_property
    def parent(self) -> Any:
        """The execution that started it, None where there is none or it is not here."""
        arn = self.stored.head.get("parent")
        return None if arn is None else self._keeper.relative(arn)

    def describe(self) -> dict[str, Any]:
        """Return the run in DescribeExecution's shape."""
        return describe(self.stored)

    def child(self, state: str | int, number: int) -> ChildRun:
        """Return a child execution of a distributed Map as a run; see `Run.child`.

        Once the execution has succeeded, those whose histories were not kept are gone: so are their journals.
        """
        run = of_state(self._kept[1], state)
        if run is None:
            raise InputError(f"{self.name} has no Map run of {state}.")
        found = next((child for child in run.children if child.number == number), None)
        if found is None and self.status != "SUCCEEDED":
            found = recall(self.machine._program, self._keeper.stored_journal(self.stored), run.arn, number)
        if found is None:
            raise InputError("Once an execution has ended, the path of this item is not kept here, only its result.")
        return ChildRun(self, run, found, logs={})

    def map_children(self, most: int) -> list[ChildRun]:
        """Return some of the children of its Map runs; see `Run.map_children`."""
        return [ChildRun(self, run, child, logs={}) for run in self._kept[1] for child in worth_showing(run, most)]

    def _map_runs(self) -> list[KeptRun]:
        return self._kept[1]

    def _results(self, run: AnyMapRun) -> list[ChildResult]:
        stored_journal = self._keeper.stored_journal(self.stored) if self.status != "SUCCEEDED" else None
        return results_of(run, self.machine._program, stored_journal)

    def map_figures(self) -> dict[str, dict[str, int]]:
        """Return how many items of each distributed Map are done, failed, running and there."""
        return figures(self._kept[1])


class ServedRun(Run):
    """An execution of the endpoint. stored: its row; driven: its place in the session pool."""

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
        keeper: Keeper,
        execution: Execution | None = None,
        parent: Any = None,
    ) -> None:
        # Not Run's own: there the journal is new, in memory, and under made-up names.
        self._machine = machine
        self.stored = stored
        self._number = stored.id
        self._name = str(stored.head["name"])
        self._parent = parent
        self._waited_for = False  # also where its end is waited for, others can answer its tasks over HTTP
        self._caller: int | None = None
        self._family = Family(keeper)
        self.ended: list[Callable[[], None]] = []
        self.tokens: list[str] = []
        self._all_answers_given = False
        clock: Clock = RealClock(speed, since=journal.at)
        if isinf(speed):  # waits take no time at all
            clock = VirtualClock(execution.now if execution is not None else journal.at)
        self._clock = clock.name
        resolve = wrap(self, resolver(self, registry, machine.store, {}))
        self._session = Session(machine._program, journal, clock=clock, resolve=resolve, execution=execution)
        self._debugger = None
        self._begun = None
        self._answering = (registry, machine.store, {})
        self._faults = ()
        self._visits = Visits()
        self._seen = 0
        self._lock = threading.Lock()
        start_execution.executions[self.arn] = self

    @property
    def arn(self) -> str:
        """The execution's ARN at this endpoint."""
        return self.stored.arn

    @property
    def children(self) -> list[Any]:
        """The executions that it started, as far as they are here."""
        return self._family.runs(self._raw_events)

    def describe(self) -> dict[str, Any]:
        """Return the run in DescribeExecution's shape."""
        return describe(self.present())

    def look_for_activities(self, known: Container[str]) -> None:
        """Tell the execution which activities are missing that no function is bound to, where that has changed."""
        wanted = self.machine.activities if isinstance(self.machine, ServedMachine) else ()
        missing = {
            resource.text
            for state, resource in wanted
            if resource.text not in known and self._answering[0].resolve(resource, state) is None
        }
        if missing != self._execution.missing_activities:
            self._session.apply(lambda at: MissingActivities(at, tuple(sorted(missing))))

    def update_map_run(self, arn: str, limits: Mapping[str, Any]) -> None:
        """Give a Map run of it other limits (UpdateMapRun)."""
        count, percentage = limits.get("toleratedFailureCount"), limits.get("toleratedFailurePercentage")
        self._session.post(lambda at: UpdateMapRun(at, arn, limits.get("maxConcurrency"), count, percentage))
        self.driven.pump()

    def present(self) -> Stored:
        """Return what would be stored of it now."""
        execution, stored = self._execution, self.stored
        stored.status, stored.stopped, stored.redrives = execution.status, execution.stopped_at, execution.redrives
        stored.result = result_of(execution)
        return stored


def as_stored(run: Run) -> Stored:
    """Return a run that is in no store, a notebook's own, as an execution that is."""
    execution = run._execution
    head = {"name": run.name, "input": to_text(run.input), "names": execution.names, "type": run.machine.type}
    ended, started = execution.stopped_at, execution.started_at
    result = result_of(execution) if run.done else {}
    return Stored(
        -1, run.arn, run.machine.arn, None, None, run.status, started, ended, execution.redrives, head, result
    )


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
        "children": [[c.name, c.status, list(c.events), *c[4:]] for c in known(run)],
        "at": [run.place, run.address, run.visit],
        "figures": [run.total, run.items, run.batched, run.begun],
        "name": run.machine["Name"],
    }


def kept_children(body: Mapping[str, Any]) -> list[ChildHistory]:
    """Return the children of a stored Map run."""
    rows = ((name, status, read_back(events), more) for name, status, events, *more in body["children"])
    return [ChildHistory(events[0].frame[-1][1], name, status, events, *more) for name, status, events, more in rows]


def kept_map_run(arn: str, body: Mapping[str, Any]) -> KeptRun:
    """Return a stored Map run as it is looked at."""
    place, address, (frame, entered) = body["at"]
    total, items, *more = body["figures"]
    visit = (tuple((started, index) for started, index in frame), entered)
    machine = {"Id": body["machine"], "Name": body["name"]}
    return KeptRun(arn, place, address, visit, body["child"], machine, total, items, kept_children(body), *more)


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
    reason = redrive_status_reason(stored.status, stored.result.get("events", 0), age=now - stored.started, since=since)
    if reason is None:
        return {"redriveStatus": "REDRIVABLE_BY_MAP_RUN" if "map_run" in stored.head else "REDRIVABLE"}
    return {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}


def date(at: float) -> datetime:
    """Return a moment as answers hold it."""
    return datetime.fromtimestamp(at, UTC)
