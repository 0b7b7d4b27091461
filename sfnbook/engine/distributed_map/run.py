"""Distributed Map: a Map run whose items are worked on by child executions, each with a history of its own.

The parent's history has no iterations, only MapRunStarted, MapRunRedriven and how the run ended (recorded). Reading items
and writing results are calls like any other: the engine sends them and gets commands as answers. Children are
started as places become free and their histories are dropped when they end, all but the first of each ending, so that
the size of a run is the size of its items and results. The life of a run is here; its figures are in `maprun`, what is
still to do in `backlog`, its executions in `children`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sfnbook.engine.distributed_map import children
from sfnbook.engine.distributed_map.backlog import Backlog, executions, next_batch, next_item
from sfnbook.engine.distributed_map.fields import Limits, MapSpec
from sfnbook.engine.distributed_map.map_run import MapRun
from sfnbook.engine.distributed_map.result_records import Outcome, by_file, record
from sfnbook.engine.eligibility import MAP_RUN_REDRIVES
from sfnbook.engine.frame import Call, Frame, Join
from sfnbook.engine.program import EXPRESS_SECONDS, CompiledMachine, CompiledState, Work
from sfnbook.errors import (
    DATA_LIMIT_EXCEEDED,
    EXCEED_TOLERATED_FAILURE_THRESHOLD,
    ITEM_READER_FAILED,
    RUNTIME,
    StatesError,
)
from sfnbook.language.resource import parse_resource
from sfnbook.query.data_flow import Compiler
from sfnbook.query.scope import Expr
from sfnbook.values import MAX_BYTES, Json

if TYPE_CHECKING:
    from sfnbook.engine.commands import UpdateMapRun
    from sfnbook.engine.execution import Execution


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
        run = MapRun(execution, frame, spec)
        raw = frame.data
        run.max_concurrency = concurrency(raw, frame) if concurrency is not None else 0
        arguments = spec.reader_arguments(data, frame) if spec.reader_arguments is not None else {}
        source = items(data, frame) if not spec.reader else []
        started = frame.head = execution.emit(frame, "MapStateStarted", {"length": len(source)})
        if (
            spec.tolerated_count is not None
        ):  # these after MapStateStarted, MaxConcurrency before it (recorded by others)
            run.tolerated_count = spec.tolerated_count(data, frame)
        if spec.tolerated_percentage is not None:
            run.tolerated_percentage = spec.tolerated_percentage(data, frame)
        limits = spec.limits(data, frame)
        frame.head = execution.emit(frame, "MapRunStarted", {"mapRunArn": run.arn})
        execution.map_runs.append(run)
        join = frame.join = Join(started, 0, run.limit, None, data)
        frame.joins += 1
        backlog = join.extra = Backlog(run, selector, data, limits)
        if not spec.reader:
            _begin(execution, frame, join, source)
        elif limits.items < 0:
            _fail(execution, frame, join, ITEM_READER_FAILED, "field MaxItems must be positive")
        else:
            backlog.origin = _origin(arguments)
            request = _request(spec, arguments, limits)
            execution.call(frame, parse_resource(spec.reader["Resource"]), request, kind="ItemReader")

    return work


# ---------------------------------------------------------------------------------------------------------- items
def _request(spec: MapSpec, arguments: Json, limits: Limits) -> dict[str, Any]:
    """Return what the ItemReader is asked; where several objects may be read, also which item came from which."""
    config = {name: value for name, value in spec.reader_config.items() if not name.startswith("MaxItems")}
    if spec.max_items is not None:
        config["MaxItems"] = limits.items
    request = {"Arguments": arguments, "ReaderConfig": config}
    several = "Transformation" in config or "ManifestType" in config or config.get("InputType") == "MANIFEST"
    return {**request, "Sources": True} if several else request


def _origin(arguments: Json) -> str:
    """Return ``Map.Item.Source`` for items that were read: the object, or the bucket that was listed (recorded)."""
    if not isinstance(arguments, dict):
        return "s3://"
    key = arguments.get("Key")
    return f"s3://{arguments.get('Bucket')}/{key}" if key is not None else f"s3://{arguments.get('Bucket')}"


def _begin(execution: Execution, frame: Frame, join: Join, source: list[Json]) -> None:
    backlog: Backlog = join.extra
    run = backlog.run
    source = source[: backlog.limits.items or None]
    backlog.source = source
    backlog.begun = True
    run.total = run.items["pending"] = len(source)
    run.counts["pending"] = executions(backlog)
    _go_on(execution, frame, join)


# ------------------------------------------------------------------------------------------------------ its course
def _go_on(execution: Execution, parent: Frame, join: Join) -> None:
    """Start children in the free places, or finish the run."""
    backlog: Backlog = join.extra
    if backlog.filling:  # a child ended while it was started: the loop that starts them goes on
        return
    try:
        _fill(execution, parent, join)
        if not join.children:
            _finish(execution, parent, join)
    except StatesError as failure:
        _evaluation_failed(execution, parent, join, failure)


def _fill(execution: Execution, frame: Frame, join: Join) -> None:
    """Start as many children as there are places: first those to be redriven, then those that never began."""
    backlog: Backlog = join.extra
    run = backlog.run
    backlog.filling = True
    try:
        while run.failure is None and len(join.children) < run.limit:
            if backlog.waiting:
                children.redrive(execution, frame, join)
            elif backlog.position < run.total:
                children.start(execution, frame, join)
            else:
                return
    finally:
        backlog.filling = False


def child_ended(
    execution: Execution, parent: Frame, child: Frame, error: str | None, cause: str | None, *, status: str
) -> None:
    """A child execution ended: count it, check the tolerance, start the next, or finish the run.

    ``status``: one of DescribeMapRun's names.
    """
    join = parent.join
    assert join is not None
    del join.children[child.index]
    children.close(execution, join, child, error, cause, status)
    if status != "succeeded":
        _check_tolerance(execution, join)
    _go_on(execution, parent, join)


def update(execution: Execution, command: UpdateMapRun) -> None:
    """Change the limits of a running Map run, at once (UpdateMapRun)."""
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
    run = join.extra.run
    if run.exceeded:
        children.stop_all(execution, join)
        run.failure = (EXCEED_TOLERATED_FAILURE_THRESHOLD, "The specified tolerated failure threshold was exceeded")


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


def redrive(execution: Execution, frame: Frame, join: Join) -> None:
    """Go on with a run that ended badly: with the children that did not succeed, then with those that never began.

    AWS docs: Redriving Map Runs. Children that cannot be redriven stay failures, and count against the tolerance.
    """
    backlog: Backlog = join.extra
    run = backlog.run
    if run.redrives >= MAP_RUN_REDRIVES:
        execution.fail(frame, RUNTIME, f"The Map Run was redriven {MAP_RUN_REDRIVES:,} times, which is the most.")
        return
    run.reopen(frame, execution.now)
    backlog.queue()
    detail = {"mapRunArn": run.arn, "redriveCount": run.redrives}
    frame.head = execution.emit(frame, "MapRunRedriven", detail)
    _check_tolerance(execution, join)
    _go_on(execution, frame, join)


# --------------------------------------------------------------------------------------------------------- its end
def _finish(execution: Execution, frame: Frame, join: Join) -> None:
    """No child is left: hand the results to the ResultWriter, or make them the Map's result."""
    backlog: Backlog = join.extra
    run = backlog.run
    if run.spec.exports:
        _export(execution, frame, backlog, join.next_index)
    elif run.failure is not None:
        _fail(execution, frame, join, *run.failure)
    else:
        _succeed(execution, frame, join, None)


def _export(execution: Execution, frame: Frame, backlog: Backlog, began: int) -> None:
    """Ask for the results to be written; a run that fails writes them too, with what it never started."""
    run = backlog.run
    spec = run.spec
    arguments = spec.writer_arguments(backlog.input, frame) if spec.writer_arguments is not None else {}
    outcomes = sorted(backlog.outcomes, key=lambda outcome: outcome.number)
    position = backlog.position
    while backlog.position < run.total:
        value = next_batch(frame, backlog) if spec.batches else next_item(frame, backlog)[1]
        outcomes.append(Outcome(began, "", "PENDING", value))
    backlog.position = position  # a redrive begins there
    request = {
        "Arguments": arguments,
        "WriterConfig": {**spec.writer_config, "Transformation": spec.transformation},
        "MapRunArn": run.arn,
        "Executions": by_file(run, outcomes),
    }
    execution.call(frame, parse_resource(spec.writer["Resource"]), request, kind="ResultWriter")


def _results(backlog: Backlog, results: list[Json]) -> list[Json]:
    """Return what the Map's result is made of: outputs, and records where AWS puts those."""
    run = backlog.run
    for place, result in enumerate(results):
        if type(result) is Outcome:
            results[place] = record(run, result)
    return _flat(results) if run.spec.transformation == "FLATTEN" else results


def _flat(results: list[Json]) -> list[Json]:
    """Join results that are arrays (``Transformation`` FLATTEN)."""
    flat: list[Json] = []
    for result in results:
        flat.extend(result) if isinstance(result, list) else flat.append(result)
    return flat


def _succeed(execution: Execution, frame: Frame, join: Join, written: Json) -> None:
    """The run succeeded: its result is what the ResultWriter answered, or what the children did."""
    backlog: Backlog = join.extra
    run = backlog.run
    run.written = True
    run.close("SUCCEEDED", execution.now)
    backlog.lost.clear()
    result = written if run.spec.exports else _results(backlog, join.results)
    frame.head = execution.emit(frame, "MapRunSucceeded", {})
    execution.emit(frame, "MapStateSucceeded", {})
    frame.join = None
    execution.complete(frame, result, MAX_BYTES + 1)


def _fail(execution: Execution, frame: Frame, join: Join, error: str, cause: str | None) -> None:
    _close(execution, join, "FAILED")
    if error in (RUNTIME, DATA_LIMIT_EXCEEDED):
        join.extra.spent = True
    frame.head = execution.emit(frame, "MapRunFailed", children.failure(error, cause))
    execution.fail(frame, error, cause)


def _evaluation_failed(execution: Execution, frame: Frame, join: Join, failure: StatesError) -> None:
    """One of the Map's own expressions failed after its run had started: a redrive would meet it again."""
    _close(execution, join, "FAILED")
    join.extra.spent = True
    cause = execution.record_evaluation_failure(frame, failure)
    frame.head = execution.emit(frame, "MapRunFailed", children.failure(failure.error, cause))
    execution.fail(frame, failure.error, cause)


def _close(execution: Execution, join: Join, status: str) -> None:
    """End a run that did not succeed, and its children."""
    backlog: Backlog = join.extra
    children.stop_all(execution, join)
    backlog.forget_queue()
    backlog.run.close(status, execution.now)


def abort(execution: Execution, frame: Frame, join: Join) -> None:
    """The Map state is aborted: so is its run."""
    close_run(execution, join)
    frame.head = execution.emit(frame, "MapRunAborted", {})


def close_run(execution: Execution, join: Join) -> None:
    """End a run and its children as aborted, without a word in the parent's history."""
    _close(execution, join, "ABORTED")


def close_all(execution: Execution) -> None:
    """The execution has ended: whatever runs still go on are aborted."""
    for run in execution.map_runs:
        if run.frame is not None and run.frame.join is not None:
            close_run(execution, run.frame.join)


def call_answered(execution: Execution, frame: Frame, call: Call, output: Json) -> None:
    """The ItemReader or the ResultWriter answered."""
    join = frame.join
    assert join is not None
    frame.call = None
    run = join.extra.run
    if call.kind == "ResultWriter":
        run.written = True
        if run.failure is not None:
            _fail(execution, frame, join, *run.failure)
        else:
            _succeed(execution, frame, join, output)
        return
    if call.arguments.get("Sources") and isinstance(output, dict) and output.keys() == {"Items", "Sources"}:
        join.extra.came_from(output["Sources"])
        output = output["Items"]
    if not isinstance(output, (list, dict)):
        _fail(execution, frame, join, ITEM_READER_FAILED, "Attempting to map over non-iterable node.")
        return
    _begin(execution, frame, join, output if isinstance(output, list) else list(output.items()))


def call_failed(execution: Execution, frame: Frame, call: Call, error: str, cause: str | None) -> None:
    """The ItemReader or the ResultWriter failed: so does the Map run."""
    assert frame.join is not None
    frame.call = None
    _fail(execution, frame, frame.join, error, cause)
