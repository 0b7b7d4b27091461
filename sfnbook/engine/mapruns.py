"""Distributed Map: a Map run whose items are worked on by child executions, each with a history of its own.

The parent's history has no iterations, only MapRunStarted and how the run ended (fact 42). Reading items and writing
results are calls like any other: the engine says what it wants and somebody outside answers. Children are started as
places become free and their histories are dropped when they end, all but the first of each ending, so that the size of
a run is the size of its items and results.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, overload
from uuid import UUID

from sfnbook.engine.events import Event
from sfnbook.engine.failures import BARE, prefixed
from sfnbook.engine.frame import Call, Frame, Join, timestamp
from sfnbook.engine.mapspec import MapSpec
from sfnbook.engine.program import EXPRESS_SECONDS, CompiledMachine, CompiledState, Work
from sfnbook.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, ITEM_READER_FAILED, StatesError
from sfnbook.language.resource import parse_resource
from sfnbook.query.dataflow import Compiler
from sfnbook.query.scope import Expr
from sfnbook.values import MAX_BYTES, Json, size, to_text

if TYPE_CHECKING:
    from sfnbook.engine.commands import UpdateMapRun
    from sfnbook.engine.execution import Execution

CONCURRENCY: Final = 1_000
"""Child executions that run at once when MaxConcurrency is 0 (AWS allows 10,000; results are the same)."""

HISTORIES_KEPT: Final = 100
"""Of so many children of each ending the history is kept for inspection."""

STATUSES: Final = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
"""DescribeMapRun's names."""

_ENDS: Final = {
    "succeeded": ("SUCCEEDED", "ExecutionSucceeded"),
    "failed": ("FAILED", "ExecutionFailed"),
    "timedOut": ("TIMED_OUT", "ExecutionTimedOut"),
    "aborted": ("ABORTED", "ExecutionAborted"),
}


class ChildHistory(NamedTuple):
    """A child whose history was kept. ``number`` from 0 in the order of items; ``status`` as DescribeExecution's."""

    number: int
    name: str
    status: str
    events: list[Event]


class Outcome(NamedTuple):
    """How a child ended, or that it never began (``status`` PENDING). Times in seconds since the epoch, UTC."""

    number: int
    name: str
    status: str
    input: Json
    output: Json = None
    error: str | None = None
    cause: str | None = None
    start: float = 0.0
    stop: float = 0.0


class MapRun:
    """One Map run: what DescribeMapRun tells, and what is still to do.

    counts: child executions by status; items: the same for items. tolerated_...: None where the state says nothing.
    failure: the error and cause to end with once the results are written. written: whether results were collected.
    children: the histories that were kept.
    """

    def __init__(self, execution: Execution, frame: Frame, spec: MapSpec, data: Json) -> None:
        unique = str(UUID(bytes=execution.random.randbytes(16), version=4))
        self.label = spec.label or f"{execution.random.getrandbits(32):08x}"
        self.machine_arn = f"{execution.names['machine_arn']}/{self.label}"
        self.machine = {"Id": self.machine_arn, "Name": f"{execution.names['machine_name']}/{self.label}"}
        self.arn = f"{self.machine_arn.replace(':stateMachine:', ':mapRun:')}:{unique}"
        self.child_arn = self.machine_arn.replace(":stateMachine:", ":express:" if spec.express else ":execution:")
        self.execution_arn: str = frame.home["Execution"]["Id"]
        self.spec = spec
        self.frame: Frame | None = frame
        self.input = data
        self.started_at = execution.now
        self.stopped_at: float | None = None
        self.status = "RUNNING"
        self.max_concurrency = 0
        self.tolerated_count: int | None = None
        self.tolerated_percentage: float | None = None
        self.source: list[Json] = []
        self.place = "STATE_DATA"
        self.total = 0
        self.position = 0
        self.counts = dict.fromkeys(STATUSES, 0)
        self.items = dict.fromkeys(STATUSES, 0)
        self.failure: tuple[str, str] | None = None
        self.written = False
        self.timer = 0
        self.children: list[ChildHistory] = []
        self.outcomes: list[Outcome] = []
        self._clock = (-1.0, "")

    @property
    def limit(self) -> int:
        """How many children run at once."""
        return self.max_concurrency or CONCURRENCY

    @property
    def exceeded(self) -> bool:
        """Whether more items failed or timed out than is tolerated ("exceeds either value": AWS docs)."""
        bad = self.items["failed"] + self.items["timedOut"]
        if self.tolerated_percentage is not None and 100.0 * bad > self.tolerated_percentage * self.total:
            return True
        if self.tolerated_count is None:
            return self.tolerated_percentage is None and bad > 0
        return bad > self.tolerated_count

    def clock(self, now: float) -> str:
        """Return the time as the Context object writes it; many children start in the same moment."""
        if self._clock[0] != now:
            self._clock = (now, timestamp(now))
        return self._clock[1]

    def close(self, status: str, at: float) -> None:
        """Take note of the end and let go of the items."""
        self.status, self.stopped_at, self.timer = status, at, 0
        self.source, self.outcomes, self.input, self.frame = [], [], None, None


def map_run_work(
    compiler: Compiler,
    state: CompiledState,
    machine: CompiledMachine,
    config: dict[str, Json],
    selector: Expr | None,
    concurrency: Expr | None,
    items: Callable[[Json, Any], list[Json]],
) -> Work:
    """Return the work of a Map in DISTRIBUTED mode."""
    spec = MapSpec(compiler, state, machine, config)

    def work(execution: Execution, frame: Frame, data: Json) -> None:
        run = MapRun(execution, frame, spec, data)
        raw = frame.data
        run.max_concurrency = concurrency(raw, frame) if concurrency is not None else 0
        if spec.tolerated_count is not None:
            run.tolerated_count = spec.tolerated_count(raw, frame)
        if spec.tolerated_percentage is not None:
            run.tolerated_percentage = spec.tolerated_percentage(raw, frame)
        source = [] if spec.reader else items(data, frame)
        started = frame.head = execution.emit(frame, "MapStateStarted", {"length": len(source)})
        frame.head = execution.emit(frame, "MapRunStarted", {"mapRunArn": run.arn})
        execution.map_runs.append(run)
        join = frame.join = Join(started, 0, run.limit, None, data)
        join.extra = (run, selector)
        try:
            if spec.reader:
                _read(execution, frame, run)
            else:
                _begin(execution, frame, join, source)
        except StatesError as failure:
            _evaluation_failed(execution, frame, join, failure)

    return work


def owns(join: Join) -> bool:
    """Return whether a join is a Map run."""
    return isinstance(join.extra, tuple) and isinstance(join.extra[0], MapRun)


def is_child(frame: Frame) -> bool:
    """Return whether a frame is the top of a child execution."""
    return frame.parent is not None and frame.parent.join is not None and owns(frame.parent.join)


# ---------------------------------------------------------------------------------------------------------- items
def _read(execution: Execution, frame: Frame, run: MapRun) -> None:
    """Ask for the items."""
    spec = run.spec
    arguments = spec.reader_arguments(run.input, frame) if spec.reader_arguments is not None else {}
    config = {name: value for name, value in spec.reader_config.items() if not name.startswith("MaxItems")}
    if spec.max_items is not None:
        config["MaxItems"] = spec.max_items(frame.data, frame)
    run.place = _place(arguments)
    request = {"Arguments": arguments, "ReaderConfig": config}
    execution.call(frame, parse_resource(spec.reader["Resource"]), request, kind="ItemReader")


def _place(arguments: Json) -> str:
    """Return ``Map.Item.Source`` for items that were read: the object, or the bucket that was listed."""
    if not isinstance(arguments, dict):
        return "S3://"
    key = arguments.get("Key")
    return f"S3://{arguments.get('Bucket')}/{key}" if key is not None else f"S3://{arguments.get('Bucket')}"


def _begin(execution: Execution, frame: Frame, join: Join, source: list[Json]) -> None:
    run, _ = join.extra
    spec = run.spec
    if spec.max_items is not None:
        most = spec.max_items(frame.data, frame)
        source = source[:most] if most else source
    run.source = source
    run.total = run.items["pending"] = len(source)
    run.counts["pending"] = _executions(run, frame)
    _fill(execution, frame, join)
    if not join.children:
        _finish(execution, frame, join)


def _executions(run: MapRun, frame: Frame) -> int:
    """How many children there will be, as far as that can be known: batches by size cannot be counted before."""
    spec = run.spec
    if not spec.batches:
        return run.total
    most = spec.batch_items(frame.data, frame) if spec.batch_items is not None else 0
    return -(-run.total // most) if most and spec.batch_bytes is None else 0


def item_at(source: list[Json], index: int) -> dict[str, Json]:
    """Return the ``Map.Item`` of the Context object; a pair of an object has a Key too."""
    value = source[index]
    if isinstance(value, tuple):
        return {"Index": index, "Key": value[0], "Value": value[1]}
    return {"Index": index, "Value": value}


def select(frame: Frame, item: dict[str, Json], selector: Expr | None, data: Json) -> Json:
    """Return an iteration's input: the item, or what ItemSelector makes (``$`` is the Map's effective input)."""
    if selector is None:
        return {"Key": item["Key"], "Value": item["Value"]} if "Key" in item else item["Value"]
    outer = frame.item
    frame.item = item
    try:
        return selector(data, frame)
    finally:
        frame.item = outer


def _next_item(frame: Frame, join: Join) -> tuple[dict[str, Json], Json]:
    """Take the next item: its ``Map.Item`` and a child's input."""
    run, selector = join.extra
    item = item_at(run.source, run.position)
    item["Source"] = run.place
    value = select(frame, item, selector, join.input)
    run.position += 1
    return item, value


def _next_batch(frame: Frame, join: Join) -> dict[str, Json]:
    """Take as many items as ItemBatcher lets into one child's input, at least one."""
    run, _ = join.extra
    spec = run.spec
    most = spec.batch_items(frame.data, frame) if spec.batch_items is not None else 0
    room = spec.batch_bytes(frame.data, frame) if spec.batch_bytes is not None else 0
    room = min(room or MAX_BYTES, MAX_BYTES)
    batch: dict[str, Json] = {}
    if spec.batch_input is not None:
        batch["BatchInput"] = spec.batch_input(join.input, frame)
    used = size(batch) + len(',"Items":[]')
    chosen: list[Json] = []
    while run.position < run.total and (not most or len(chosen) < most):
        _, value = _next_item(frame, join)
        used += size(value) + 1
        if chosen and used > room:
            run.position -= 1
            break
        chosen.append(value)
    batch["Items"] = chosen
    return batch


# ------------------------------------------------------------------------------------------------------- children
def _fill(execution: Execution, frame: Frame, join: Join) -> None:
    run, _ = join.extra
    while len(join.children) < run.limit and run.position < run.total:
        _start_child(execution, frame, join)


def _start_child(execution: Execution, frame: Frame, join: Join) -> None:
    run, _ = join.extra
    spec = run.spec
    first = run.position
    item: dict[str, Json] | None = None
    if spec.batches:
        value: Json = _next_batch(frame, join)
    else:
        item, value = _next_item(frame, join)
    index = join.next_index
    join.next_index += 1
    name = str(UUID(bytes=execution.random.randbytes(16), version=4))
    key = (*frame.key, (join.started_id, index))
    detail = {"input": value, "roleArn": execution.names["role_arn"]}
    log = [Event(1, 0, "ExecutionStarted", execution.now, "", key, detail)]
    child = Frame(
        execution, spec.machine, key=key, log=log, head=0, data=value, bound=MAX_BYTES + 1, parent=frame, index=index
    )
    child.variables = {}
    child.item = item
    child.home = {
        "Execution": {
            **execution.context_execution,
            "Id": f"{run.child_arn}:{name}",
            "Input": value,
            "StartTime": run.clock(execution.now),
            "Name": name,
        },
        "StateMachine": run.machine,
    }
    child.weight = run.position - first
    join.children[index] = child
    join.results.append(None)
    if run.counts["pending"]:
        run.counts["pending"] -= 1
    run.counts["running"] += 1
    run.items["pending"] -= child.weight
    run.items["running"] += child.weight
    if spec.express and not run.timer:
        run.timer = execution.arm_map_run(execution.now + EXPRESS_SECONDS, run)
    execution.ready.append(child)


def child_ended(
    execution: Execution, parent: Frame, child: Frame, error: str | None, cause: str | None, *, status: str
) -> None:
    """A child execution ended: count it, check the tolerance, start the next, or finish the run.

    ``status``: one of DescribeMapRun's names.
    """
    join = parent.join
    assert join is not None
    del join.children[child.index]
    _close_child(execution, join, child, error, cause, status)
    if status != "succeeded":
        _check_tolerance(execution, join)
    _go_on(execution, parent, join)


def update(execution: Execution, command: UpdateMapRun) -> None:
    """Give a Map run that goes on other limits, and let them count at once."""
    run = next((run for run in execution.map_runs if run.arn == command.arn and run.status == "RUNNING"), None)
    if run is None:
        return
    if command.max_concurrency is not None:
        run.max_concurrency = command.max_concurrency
    if command.tolerated_count is not None:
        run.tolerated_count = command.tolerated_count
    if command.tolerated_percentage is not None:
        run.tolerated_percentage = command.tolerated_percentage
    frame = run.frame
    if frame is not None and frame.join is not None and frame.join.children:
        _check_tolerance(execution, frame.join)
        _go_on(execution, frame, frame.join)


def _check_tolerance(execution: Execution, join: Join) -> None:
    run, _ = join.extra
    if run.exceeded:
        stop_children(execution, join)
        run.failure = (EXCEED_TOLERATED_FAILURE_THRESHOLD, "The specified tolerated failure threshold was exceeded")


def _go_on(execution: Execution, parent: Frame, join: Join) -> None:
    """Start children in the free places, or finish the run."""
    run, _ = join.extra
    try:
        if run.failure is None:
            _fill(execution, parent, join)
        if not join.children:
            _finish(execution, parent, join)
    except StatesError as failure:
        _evaluation_failed(execution, parent, join, failure)


def _close_child(
    execution: Execution, join: Join, child: Frame, error: str | None, cause: str | None, status: str
) -> None:
    """Count a child that ended, end its history and keep what is needed of it."""
    run, _ = join.extra
    run.counts["running"] -= 1
    run.counts[status] += 1
    run.items["running"] -= child.weight
    run.items[status] += child.weight
    child.state = None
    word, event = _ENDS[status]
    good = status == "succeeded"
    detail = {"output": child.data} if good else _failure(error, cause)
    log = child.log
    log.append(Event(len(log) + 1, child.head, event, execution.now, "", child.key, detail))
    me = child.home["Execution"]
    if run.counts[status] <= HISTORIES_KEPT:
        run.children.append(ChildHistory(child.index, me["Name"], word, log))
    spec = run.spec
    if good and not spec.exports and spec.transformation != "NONE":
        join.results[child.index] = child.data
        return
    output = child.data if good else None
    outcome = Outcome(child.index, me["Name"], word, me["Input"], output, error, cause, log[0].at, execution.now)
    if spec.exports:
        run.outcomes.append(outcome)
    else:
        join.results[child.index] = record(run, outcome)


def _failure(error: str | None, cause: str | None) -> dict[str, Json]:
    return {name: value for name, value in (("error", error), ("cause", cause)) if value is not None}


def stop_children(execution: Execution, join: Join) -> None:
    """Abort the children that still run."""
    for child in list(join.children.values()):
        execution.discard(child)
        _close_child(execution, join, child, None, None, "aborted")
    join.children.clear()


def children_due(execution: Execution, run: MapRun) -> None:
    """Time out the Express children that have run too long; the eldest that is left sets the next deadline."""
    run.timer = 0
    frame = run.frame
    if frame is None or frame.join is None:
        return
    join = frame.join
    for child in list(join.children.values()):
        due = child.log[0].at + EXPRESS_SECONDS
        if due > execution.now:
            run.timer = execution.arm_map_run(due, run)
            return
        execution.discard(child)
        child_ended(execution, frame, child, None, None, status="timedOut")
        if run.failure is not None or run.frame is None:
            return


# ------------------------------------------------------------------------------------------------------- its end
def record(run: MapRun, outcome: Outcome) -> dict[str, Json]:
    """Return a child execution as AWS writes it into result files (AWS docs: ResultWriter)."""
    found: dict[str, Json] = {
        "Input": to_text(outcome.input),
        "InputDetails": {"Included": True},
        "Status": outcome.status,
    }
    if outcome.status == "PENDING":
        return found
    if outcome.status == "SUCCEEDED":
        found["Output"] = to_text(outcome.output)
        found["OutputDetails"] = {"Included": True}
        found["RedriveStatus"] = "NOT_REDRIVABLE"
        found["RedriveStatusReason"] = "Execution is SUCCEEDED and cannot be redriven"
    else:
        found.update(
            {name: value for name, value in (("Error", outcome.error), ("Cause", outcome.cause)) if value is not None}
        )
        found["RedriveStatus"] = "REDRIVABLE_BY_MAP_RUN"
    found.update(
        ExecutionArn=f"{run.child_arn}:{outcome.name}",
        Name=outcome.name,
        RedriveCount=0,
        StartDate=timestamp(outcome.start),
        StateMachineArn=run.machine_arn,
        StopDate=timestamp(outcome.stop),
    )
    return dict(sorted(found.items()))


class Records(Sequence[dict[str, Json]]):
    """The records of child executions, each made when it is looked at: all at once they would outweigh the run."""

    def __init__(self, run: MapRun, outcomes: list[Outcome]) -> None:
        self._run = run
        self._outcomes = outcomes

    def __len__(self) -> int:
        return len(self._outcomes)

    @overload
    def __getitem__(self, place: int) -> dict[str, Json]: ...
    @overload
    def __getitem__(self, place: slice) -> Records: ...
    def __getitem__(self, place: int | slice) -> dict[str, Json] | Records:
        if isinstance(place, slice):
            return Records(self._run, self._outcomes[place])
        return record(self._run, self._outcomes[place])


RESULT_FILES: Final = {
    "FAILED": ("FAILED", "TIMED_OUT", "ABORTED"),
    "PENDING": ("PENDING",),
    "SUCCEEDED": ("SUCCEEDED",),
}
"""The kinds of result files, and the statuses of the executions in each (AWS docs: ResultWriter)."""


def _finish(execution: Execution, frame: Frame, join: Join) -> None:
    """No child is left: hand the results to the ResultWriter, or make them the Map's result."""
    run, _ = join.extra
    spec = run.spec
    if spec.exports:
        _export(execution, frame, join)
    elif run.failure is not None:
        _fail(execution, frame, join, *run.failure)
    else:
        _succeed(execution, frame, join, _flat(join.results) if spec.transformation == "FLATTEN" else join.results)


def _export(execution: Execution, frame: Frame, join: Join) -> None:
    """Ask for the results to be written; a run that fails writes them too, with what it never started."""
    run, _ = join.extra
    spec = run.spec
    arguments = spec.writer_arguments(join.input, frame) if spec.writer_arguments is not None else {}
    outcomes = sorted(run.outcomes, key=lambda outcome: outcome.number)
    while run.position < run.total:
        value = _next_batch(frame, join) if spec.batches else _next_item(frame, join)[1]
        outcomes.append(Outcome(join.next_index, "", "PENDING", value))
    request = {
        "Arguments": arguments,
        "WriterConfig": {**spec.writer_config, "Transformation": spec.transformation},
        "MapRunArn": run.arn,
        "Executions": {
            file: Records(run, [outcome for outcome in outcomes if outcome.status in statuses])
            for file, statuses in RESULT_FILES.items()
        },
    }
    execution.call(frame, parse_resource(spec.writer["Resource"]), request, kind="ResultWriter")


def _flat(results: list[Json]) -> list[Json]:
    """Join results that are arrays (``Transformation`` FLATTEN)."""
    flat: list[Json] = []
    for result in results:
        flat.extend(result) if isinstance(result, list) else flat.append(result)
    return flat


def _succeed(execution: Execution, frame: Frame, join: Join, result: Json) -> None:
    run, _ = join.extra
    run.written = True
    run.close("SUCCEEDED", execution.now)
    frame.head = execution.emit(frame, "MapRunSucceeded", {})
    execution.emit(frame, "MapStateSucceeded", {})
    frame.join = None
    execution.complete(frame, result, MAX_BYTES + 1)


def _fail(execution: Execution, frame: Frame, join: Join, error: str, cause: str | None) -> None:
    run, _ = join.extra
    stop_children(execution, join)
    run.close("FAILED", execution.now)
    frame.head = execution.emit(frame, "MapRunFailed", _failure(error, cause))
    execution.fail(frame, error, cause)


def _evaluation_failed(execution: Execution, frame: Frame, join: Join, failure: StatesError) -> None:
    """One of the Map's own expressions failed after its run had started."""
    run, _ = join.extra
    state = frame.state
    assert state is not None
    stop_children(execution, join)
    run.close("FAILED", execution.now)
    cause = failure.cause if failure.error in BARE else prefixed(state.name, frame.entered_id, failure.cause)
    frame.head = execution.emit(frame, "MapRunFailed", _failure(failure.error, cause))
    execution.fail_evaluation(frame, failure)


def abort(execution: Execution, frame: Frame, join: Join) -> None:
    """The Map state is aborted: so is its run."""
    run, _ = join.extra
    close_run(execution, run, join)
    frame.head = execution.emit(frame, "MapRunAborted", {})


def close_run(execution: Execution, run: MapRun, join: Join) -> None:
    """End a run and its children as aborted, without a word in the parent's history."""
    stop_children(execution, join)
    run.close("ABORTED", execution.now)


def close_all(execution: Execution) -> None:
    """The execution has ended: whatever runs still go on are aborted."""
    for run in execution.map_runs:
        if run.frame is not None and run.frame.join is not None:
            close_run(execution, run, run.frame.join)


def call_answered(execution: Execution, frame: Frame, call: Call, output: Json) -> None:
    """The ItemReader or the ResultWriter answered."""
    join = frame.join
    assert join is not None
    frame.call = None
    run, _ = join.extra
    if call.kind == "ResultWriter":
        run.written = True
        if run.failure is not None:
            _fail(execution, frame, join, *run.failure)
        else:
            _succeed(execution, frame, join, output)
        return
    if not isinstance(output, (list, dict)):
        _fail(execution, frame, join, ITEM_READER_FAILED, "Attempting to map over non-iterable node.")
        return
    try:
        _begin(execution, frame, join, output if isinstance(output, list) else list(output.items()))
    except StatesError as failure:
        _evaluation_failed(execution, frame, join, failure)


def call_failed(execution: Execution, frame: Frame, call: Call, error: str, cause: str | None) -> None:
    """The ItemReader or the ResultWriter failed: so does the Map run."""
    assert frame.join is not None
    frame.call = None
    _fail(execution, frame, frame.join, error, cause)
