"""The child executions of a Map run: how one starts, ends, is redriven, and what is kept of it.

Knows the Map run's figures and its backlog; when the run has had enough of them is decided in `sfnbook.engine.distributed_map.run`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sfnbook.engine.distributed_map.backlog import Backlog, Lost, next_batch, next_item, owns
from sfnbook.engine.distributed_map.map_run import HISTORIES_KEPT, PENDING_REDRIVE, ChildHistory, ChildResult, MapRun
from sfnbook.engine.distributed_map.result_records import Outcome
from sfnbook.engine.eligibility import MOST_EVENTS
from sfnbook.engine.events import GONE, Event, EventLog, MissingEvents
from sfnbook.engine.frame import Frame, Join
from sfnbook.engine.program import EXPRESS_SECONDS
from sfnbook.values import MAX_BYTES, Json

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution

_ENDS: Final = {
    "succeeded": ("SUCCEEDED", "ExecutionSucceeded"),
    "failed": ("FAILED", "ExecutionFailed"),
    "timedOut": ("TIMED_OUT", "ExecutionTimedOut"),
    "aborted": ("ABORTED", "ExecutionAborted"),
}

_ENDED: Final = {word for word, _ in _ENDS.values()}

_NO_VARIABLES: Final[dict[str, Json]] = {}


def is_child(frame: Frame) -> bool:
    """Return whether a frame is the top of a child execution."""
    return frame.parent is not None and frame.parent.join is not None and owns(frame.parent.join)


# ----------------------------------------------------------------------------------------------------------- begin
def start(execution: Execution, frame: Frame, join: Join) -> None:
    """Start the next child: with the next item, or the next batch of them."""
    backlog: Backlog = join.extra
    run = backlog.run
    first = backlog.position
    if run.spec.batches:
        item, value = None, next_batch(frame, backlog)
    else:
        item, value = next_item(frame, backlog)
    index = join.next_index
    join.next_index += 1
    if run.spec.batches:
        run.firsts.append(first)
    name = str(UUID(bytes=frame.random.randbytes(16), version=4))
    child = _child(execution, frame, join, index, name, value)
    child.item = item
    item_count = child.item_count = backlog.position - first
    join.results.append(None)
    counts, items = run.counts, run.items
    if counts["pending"]:
        counts["pending"] -= 1
    counts["running"] += 1
    items["pending"] -= item_count
    items["running"] += item_count


def _child(execution: Execution, frame: Frame, join: Join, index: int, name: str, value: Json) -> Frame:
    """Return a new child execution that is ready for its first state."""
    run: MapRun = join.extra.run
    role = execution.names["role_arn"]
    key = (*frame.key, (join.started_id, index))
    log = EventLog([Event(1, 0, "ExecutionStarted", execution.now, "", key, {"input": value, "roleArn": role})])
    child = Frame(
        execution, run.spec.machine, key=key, log=log, head=0, data=value, bound=MAX_BYTES + 1, parent=frame,
        index=index,
    )  # fmt: skip
    child.variables = _NO_VARIABLES
    child.context_base = {
        "Execution": {
            "Id": f"{run.child_arn}:{name}",
            "Input": value,
            "StartTime": run.clock(execution.now),
            "Name": name,
            "RoleArn": role,
            "RedriveCount": 0,
        },
        "StateMachine": run.machine,
    }
    if run.spec.express and not run.timer:
        run.timer = execution.arm_map_run(execution.now + EXPRESS_SECONDS, run)
    join.children[index] = child
    execution.ready.append(child)
    return child


def redrive(execution: Execution, frame: Frame, join: Join) -> None:
    """Let the next child of the queue go on where it failed; an Express one starts again under its name (AWS docs)."""
    backlog: Backlog = join.extra
    run = backlog.run
    number = backlog.waiting.popleft()
    child = backlog.lost.pop(number).frame
    run.move(child.item_count, PENDING_REDRIVE, "running")
    me = child.context_base["Execution"]
    if not run.spec.batches:
        child.item = backlog.item(number)
    if run.spec.express:
        again = _child(execution, frame, join, number, me["Name"], me["Input"])
        again.item, again.item_count = child.item, child.item_count
        return
    if child.log[0] is GONE:  # later ids still count what is missing
        _write_to(child, EventLog(child.log))
    join.children[number] = child
    times = me["RedriveCount"] + 1
    log = child.log
    last = len(log)
    log.append(Event(last + 1, last, "ExecutionRedriven", execution.now, "", child.key, {"redriveCount": times}))
    me = {**me, "RedriveCount": times, "RedriveTime": run.clock(execution.now)}
    execution.go_on(child, {**child.context_base, "Execution": me})


# ------------------------------------------------------------------------------------------------------------- end
def close(execution: Execution, join: Join, child: Frame, error: str | None, cause: str | None, status: str) -> None:
    """Count a child that ended, end its history and keep what is needed of it."""
    backlog: Backlog = join.extra
    run = backlog.run
    spec = run.spec
    run.move(child.item_count, "running", status)
    word, event = _ENDS[status]
    good = status == "succeeded"
    detail = {"output": child.data} if good else failure(error, cause)
    log = child.log
    log.append(Event(len(log) + 1, child.head, event, execution.now, "", child.key, detail))
    me = child.context_base["Execution"]
    redrivable = not good and (spec.express or len(log) <= MOST_EVENTS)
    wanted = run.counts[status] <= HISTORIES_KEPT or child.index in run.children
    if not wanted and execution.wanted is not None:
        wanted = execution.wanted == (run.arn, child.index)
    kept = wanted and log[0] is not GONE
    if kept:
        run.children[child.index] = _history(run, child, word, redrivable)
    if execution.listing is not None and execution.listing[0] == run.arn:
        _list(execution.listing[1], run, child, word, detail)
    if good:
        child.state = None
        if not spec.exports and spec.transformation != "NONE":
            join.results[child.index] = child.data
            return
    else:
        _lose(backlog, child, status, redrivable, kept)
    output = child.data if good else None
    stop, times = run.clock(execution.now), me["RedriveCount"]
    outcome = Outcome(
        child.index, me["Name"], word, me["Input"], output, error, cause, me["StartTime"], stop, times, redrivable
    )
    if spec.exports:
        backlog.outcomes.append(outcome)
    else:
        join.results[child.index] = outcome


def failure(error: str | None, cause: str | None) -> dict[str, Json]:
    """Return the detail of an event of a failure."""
    return {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}


def _list(found: dict[int, ChildResult], run: MapRun, child: Frame, status: str, end: dict[str, Json]) -> None:
    """Note how a child ended; of one that was redriven, it began where it began at first."""
    number, log, me = child.index, child.log, child.context_base["Execution"]
    start = found[number].start if number in found else log[0].at
    place = (run.first(number), child.item_count, child.item)
    end_fields = (end.get("output"), end.get("error"), end.get("cause"))
    found[number] = ChildResult(number, me["Name"], status, start, log[-1].at, *place, me["Input"], *end_fields)


def _history(run: MapRun, child: Frame, status: str, redrivable: bool) -> ChildHistory:
    me = child.context_base["Execution"]
    times = me["RedriveCount"]
    at = max(event.at for event in child.log if event.type == "ExecutionRedriven") if times else None
    place = (child.item, run.first(child.index))
    return ChildHistory(child.index, me["Name"], status, child.log, child.item_count, times, at, redrivable, *place)


def _lose(backlog: Backlog, child: Frame, status: str, redrivable: bool, kept: bool) -> None:
    """Keep a child that did not succeed for a redrive: where it stood, and its history if anybody is to see it."""
    if child.resume is None:
        child.resume = (child.state, child.join)
    child.state = None
    if not redrivable:
        backlog.run.stuck += 1
        backlog.run.stuck_items += child.item_count
        return
    backlog.lost[child.index] = Lost(status, child)
    child.item = None
    if not kept:
        _write_to(child, MissingEvents(len(child.log)))


def _write_to(frame: Frame, log: EventLog) -> None:
    """Give a child another history, in all its lines that write it."""
    frame.log, frame.call = log, None
    join = frame.resume[1] if frame.resume is not None else frame.join
    if join is not None and not owns(join):
        for child in (*join.children.values(), *join.lost.values()):
            _write_to(child, log)


def stop_all(execution: Execution, join: Join) -> None:
    """Abort the children that still run."""
    for child in list(join.children.values()):
        execution.discard(child)
        close(execution, join, child, None, None, "aborted")
    join.children.clear()


# ------------------------------------------------------------------------------------------------------- looked at
def history_of(run: MapRun, number: int) -> Sequence[Event] | None:
    """Return what is known of a child's history, None where nothing is."""
    frame = line_of(run, number)
    if frame is not None:
        return frame.log
    return run.children[number].events if number in run.children else None


def line_of(run: MapRun, number: int) -> Frame | None:
    """Return the top of a child that runs, None where it does not."""
    join = run.frame.join if run.frame is not None else None
    return join.children.get(number) if join is not None else None


def known(run: MapRun) -> Iterator[ChildHistory]:
    """Yield the children whose histories are known as they are now, in the order of their numbers."""
    join = run.frame.join if run.frame is not None else None
    running: dict[int, Any] = join.children if join is not None else {}
    waiting = set(join.extra.waiting) if join is not None else set()
    for number in sorted(run.children.keys() | running.keys()):
        child = running.get(number)
        if child is not None and child.log[0] is not GONE:
            yield _history(run, child, "RUNNING", False)
        elif child is None and number in run.children:
            kept = run.children[number]
            yield kept._replace(status="PENDING_REDRIVE") if number in waiting else kept


def result(child: ChildHistory) -> ChildResult:
    """Return how a child stands that is known by its history."""
    first, last = child.events[0], child.events[-1]
    ended = child.status in _ENDED
    detail, end = (last.detail, last.at) if ended else ({}, None)
    end_fields = (detail.get("output"), detail.get("error"), detail.get("cause"))
    place = (child.first, child.items, child.item)
    return ChildResult(
        child.number, child.name, child.status, first.at, end, *place, first.detail.get("input"), *end_fields
    )


def going_on(run: MapRun, found: dict[int, ChildResult]) -> None:
    """Bring results up to those of the children that run, or wait for their redrive."""
    join = run.frame.join if run.frame is not None else None
    if join is None:
        return
    for child in known(run):
        if child.status == "RUNNING":
            found[child.number] = result(child)
    again = {**dict.fromkeys(join.children, "RUNNING"), **dict.fromkeys(join.extra.waiting, "PENDING_REDRIVE")}
    for number in again.keys() & found.keys():
        found[number] = found[number]._replace(status=again[number], end=None, output=None, error=None, cause=None)
