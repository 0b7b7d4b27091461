"""Children: the child executions of a run's Map runs, each as a run of its own, and how many there are of each kind.

A child is read from its history. Where that was not kept it is written again from the journal, which holds the answers
that tasks gave: reading a child calls no handler.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from sfnbook.engine.distributed_map.children import history_of, known, line_of, result
from sfnbook.engine.distributed_map.map_run import ChildHistory, ChildResult, MapRun
from sfnbook.engine.events import FrameKey
from sfnbook.engine.frame import timestamp
from sfnbook.engine.journal import Journal, results
from sfnbook.engine.program import Program
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit
from sfnbook.language.definition import Address, escape, name_at
from sfnbook.runs.forks import Line, Moment, back
from sfnbook.runs.run_from_events import RunFromEvents, was_in
from sfnbook.runtime.task import Log, LogKey
from sfnbook.values import Json


class KeptRun(NamedTuple):
    """A Map run of an execution that is only stored: its names, figures and the children whose histories were kept.

    batched: whether they work on batches. begun: how many children have begun, known or not.
    """

    arn: str
    place: int
    address: Address
    visit: tuple[FrameKey, int]
    child_arn: str
    machine: dict[str, Json]
    total: int
    items: dict[str, int]
    children: list[ChildHistory]
    batched: bool = False
    begun: int = 0


AnyMapRun: TypeAlias = MapRun | KeptRun
_R = TypeVar("_R", MapRun, KeptRun)

_BAD_FIRST: Final = ("FAILED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "RUNNING")


class ChildRun(RunFromEvents):
    """A child execution of a Map run.

    number: from 0 in the order of items. map_run: its Map run's ARN; place: that run's among the execution's Map runs,
    from 0; address: of the Map state. frame: where it stands in the run, as the branch or iteration that its logs have
    there; its own events begin anew. items: the indexes of the items that it works on. batched: whether it was given
    them as a batch. key: what `sfnbook.engine.journal.rewind` knows it by.
    """

    def __init__(self, origin: Any, run: AnyMapRun, child: ChildHistory, *, logs: Mapping[LogKey, Log]) -> None:
        self.number = child.number
        self.map_run = run.arn
        self.key = (run.arn, child.number)
        self.place = run.place
        self.items = range(child.first, child.first + child.items)
        self.batched = run.batched
        self.address = run.address
        self.frame: FrameKey = child.events[0].frame
        self.visited = run.visit
        self._child = child
        self._origin = origin
        depth = len(self.frame)
        events = [event._replace(frame=event.frame[depth:]) for event in child.events]
        first = events[0]
        arn = f"{run.child_arn}:{child.name}"
        execution: dict[str, Json] = {
            "Id": arn,
            "Input": first.detail.get("input"),
            "StartTime": timestamp(first.at),
            "Name": child.name,
            "RoleArn": first.detail.get("roleArn"),
            "RedriveCount": child.redrives,
        }
        if child.redriven_at is not None:
            execution["RedriveTime"] = timestamp(child.redriven_at)
        super().__init__(
            origin.machine,
            events,
            name=child.name,
            arn=arn,
            context={"Execution": execution, "StateMachine": run.machine},
            logs=_Logs(logs, self.frame),
            clock=origin.clock,
            item=child.item,
        )

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, or PENDING_REDRIVE."""
        return self._child.status

    @property
    def where(self) -> str:
        """Which child it is, in words: ``Each order › item 150``, from 0 as `$$.Map.Item.Index` is."""
        return f"{name_at(self.address)} › {'batch' if self.batched else 'item'} {self.number}"

    @property
    def began(self) -> float:
        """When it began, in seconds since the epoch, UTC."""
        return self._raw_events[0].at

    @property
    def stale(self) -> bool:
        """Whether there may be more of it by now than was read."""
        return not self.done or len(self._child.events) != len(self._raw_events)

    def outward(self, visit: Visit) -> Visit:
        """Return one of its visits as the whole run knows it: with the frame that the engine has."""
        return replace(visit, frame=(*self.frame, *visit.frame))

    def at(self, which: int | str | Visit) -> Moment:
        """Return the child as it was before an event, or before a state was entered; see `Run.at`."""
        event = which if isinstance(which, int) else was_in(self, which).id
        if not 1 <= event <= len(self._raw_events):
            raise InputError(f"{self.name} has no event {event}: it has {len(self._raw_events):,}.")
        event, origin = max(2, event), self._ours()  # with the first one it begins
        execution, _ = back(origin.machine._program, origin._session.journal.copy(), event, self.key)
        run = next(run for run in execution.map_runs if run.arn == self.map_run)
        top, depth = line_of(run, self.number), len(self.frame)
        lines = [
            Line(line.frame[depth:], line.address, line.name, line.data, line.variables)
            for line in Moment.of(origin.machine, execution, event, name=self.name).lines
            if line.frame[:depth] == self.frame
        ]
        return Moment(
            self.machine,
            self._raw_events[: len(history_of(run, self.number) or ())],
            event=event,
            at=execution.now,
            lines=lines,
            in_flight=[call for call in execution.calls.values() if call.frame_key[:depth] == self.frame],
            variables=top.variables if top is not None else None,
            name=self.name,
            arn=self.arn,
            context=self._context,
            logs=self._logs,
            clock=self.clock,
            item=self._item,
        )

    def fork(self, visit: int | str | Visit | None = None, **options: Any) -> Any:
        """Go on from an earlier point of this child as a new run of the whole; see `Run.fork` for the options.

        A changed definition must do the same as before up to this point, in all children; otherwise it can be gone on
        with from the Map state, or from before it.
        """
        return self._ours().fork(visit, inside=self, **options)

    def again(self, visit: int | str | Visit | None = None, *, event: int | None = None, recorded: bool = True) -> Any:
        """Return the tasks that would be called again when the whole run went on from there."""
        return self._ours().again(visit, event=event, inside=self, recorded=recorded)

    def _map_runs(self) -> Sequence[AnyMapRun] | None:
        found: Sequence[AnyMapRun] | None = self._origin._map_runs()
        return found

    def _entered(self, visit: Visit) -> tuple[FrameKey, int]:
        return (*self.frame, *visit.frame), visit.id

    def _results(self, run: AnyMapRun) -> list[ChildResult]:
        found: list[ChildResult] = self._origin._results(run)
        return found

    def _ours(self) -> Any:
        """Return the run it is of. Raises InputError where that is only stored."""
        if not hasattr(self._origin, "_session"):
            raise InputError("Of a stored execution the children can be looked at, but nothing can go on from there.")
        return self._origin

    def describe(self) -> dict[str, Any]:
        """Return it in DescribeExecution's shape."""
        child, machine = self._child, self._context["StateMachine"]
        wire = super().describe() | {"stateMachineArn": machine["Id"], "mapRunArn": self.map_run}
        wire["redriveCount"] = child.redrives
        if child.redriven_at is not None:
            wire["redriveDate"] = datetime.fromtimestamp(child.redriven_at, UTC)
        return wire


class _Logs(Mapping[LogKey, Log]):
    """What was printed inside one child, under the keys that its own history gives."""

    def __init__(self, logs: Mapping[LogKey, Log], frame: FrameKey) -> None:
        self._logs, self._frame = logs, frame

    def __getitem__(self, key: LogKey) -> Log:
        frame, entered, tries = key
        return self._logs[(*self._frame, *frame), entered, tries]

    def __bool__(self) -> bool:
        return True  # without counting them

    def __iter__(self) -> Any:
        depth = len(self._frame)
        return ((f[depth:], e, t) for f, e, t in list(self._logs) if f[:depth] == self._frame)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def of_state(runs: Sequence[_R], state: str | int) -> _R | None:
    """Return the last Map run of a state, named by its name, its address, the Map run's ARN or its place."""
    run: _R
    for run in reversed(runs):
        if state in (run.arn, run.address, run.place) or run.address.rpartition("/")[2] == escape(str(state)):
            return run
    return None


def known_of(run: AnyMapRun) -> Iterable[ChildHistory]:
    """Return the children whose histories are known as they are now."""
    return run.children if isinstance(run, KeptRun) else known(run)


def results_of(run: AnyMapRun, program: Program, journal: Journal | None) -> list[ChildResult]:
    """Return how each child that began stands; without a journal, only of those whose histories are known."""
    found = list(map(result, known_of(run)))
    if len(found) == run.begun or journal is None:
        return found
    return results(program, journal, run.arn)


def worth_showing(run: AnyMapRun, most: int) -> list[ChildHistory]:
    """Return at most so many children whose histories are known, in their order: the unsuccessful, then the first ones."""
    rank = {status: place for place, status in enumerate(_BAD_FIRST)}
    found = sorted(known_of(run), key=lambda child: (rank.get(child.status, len(rank)), child.number))[:most]
    return sorted(found, key=lambda child: child.number)


def figures(runs: Iterable[AnyMapRun]) -> dict[Address, dict[str, int]]:
    """Return how many items are done, failed, running and there at all, for each distributed Map by its address.

    batches: where items come in batches, how many of those have begun. tolerated: how many may fail, where that is set.
    A state that was retried counts its last Map run only; one that was entered again and again counts all its visits.
    """
    last = {run.visit: run for run in runs}
    found: dict[Address, dict[str, int]] = {}
    for run in last.values():
        items: Mapping[str, int] = run.items
        counts = found.setdefault(run.address, {"done": 0, "failed": 0, "running": 0, "total": 0})
        if run.batched:
            counts["batches"] = counts.get("batches", 0) + run.begun
        counts["done"] += items["succeeded"]
        counts["failed"] += items["failed"] + items["timedOut"]
        counts["running"] += items["running"]
        counts["total"] += run.total
        if isinstance(run, MapRun) and (tolerated := run.tolerated) is not None:
            counts["tolerated"] = tolerated
    return found
