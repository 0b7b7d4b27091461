"""Distributed Map: a Map run whose items are worked on by child executions, each with a history of its own.

The parent's history has no iterations, only MapRunStarted and how the run ended (fact 42). Reading items and writing
results are calls like any other: the engine says what it wants and somebody outside answers. Children are started as
places become free and their histories are dropped when they end, all but the first and the failed ones, so that the
size of a run is the size of its items and results.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sfnbook.engine.events import Event
from sfnbook.engine.frame import Call, Frame, Join
from sfnbook.engine.program import CompiledMachine, CompiledState, Work
from sfnbook.errors import EXCEED_TOLERATED_FAILURE_THRESHOLD, RUNTIME, StatesError
from sfnbook.language.resource import parse_resource
from sfnbook.query.dataflow import Compiler
from sfnbook.query.scope import Expr
from sfnbook.values import MAX_BYTES, Json, size

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution

CONCURRENCY: Final = 1_000
"""Child executions that run at once when MaxConcurrency is 0 (AWS allows 10,000; results are the same)."""

HISTORIES_KEPT: Final = 100
"""Of so many children that succeeded, and of so many that failed, the history is kept for inspection."""

EXPRESS_TIMEOUT: Final = 300.0


class MapRun:
    """One Map run: what DescribeMapRun tells, and what is still to do.

    counts: by DescribeMapRun's names for executions; items: the same for items. children: (index, name, status,
    events) of those whose history was kept.
    """

    def __init__(self, arn: str, label: str, at: float) -> None:
        self.arn = arn
        self.label = label
        self.started_at = at
        self.stopped_at: float | None = None
        self.status = "RUNNING"
        self.limit = 0
        self.tolerated_count = 0
        self.tolerated_percentage = 0.0
        self.source: list[Json] = []
        self.position = 0
        self.counts = dict.fromkeys(("pending", "running", "succeeded", "failed", "timedOut", "aborted"), 0)
        self.items = dict.fromkeys(("pending", "running", "succeeded", "failed", "timedOut", "aborted"), 0)
        self.written = 0
        self.children: list[tuple[int, str, str, list[Event]]] = []
        self.outcomes: list[dict[str, Json]] = []

    @property
    def total(self) -> int:
        """How many items there are."""
        return len(self.source)


class Spec:
    """The fields of a distributed Map, compiled."""

    def __init__(
        self, compiler: Compiler, state: CompiledState, machine: CompiledMachine, config: dict[str, Json]
    ) -> None:
        from sfnbook.engine.maps import number_field

        fields = state.source.fields
        arguments = "Arguments" if compiler.jsonata else "Parameters"
        self.machine = machine
        self.express = config.get("ExecutionType") == "EXPRESS"
        self.label: str | None = fields.get("Label")
        self.reader: dict[str, Json] = fields.get("ItemReader") or {}
        self.reader_config: dict[str, Json] = self.reader.get("ReaderConfig") or {}
        self.reader_arguments = _optional(compiler, self.reader, arguments, f"ItemReader/{arguments}")
        self.max_items = _nested_number(compiler, self.reader_config, "MaxItems", "ItemReader/ReaderConfig")
        self.writer: dict[str, Json] = fields.get("ResultWriter") or {}
        self.writer_arguments = _optional(compiler, self.writer, arguments, f"ResultWriter/{arguments}")
        batcher: dict[str, Json] = fields.get("ItemBatcher") or {}
        self.batches = bool(batcher)
        self.batch_input = _optional(compiler, batcher, "BatchInput", "ItemBatcher/BatchInput")
        self.batch_items = _nested_number(compiler, batcher, "MaxItemsPerBatch", "ItemBatcher")
        self.batch_bytes = _nested_number(compiler, batcher, "MaxInputBytesPerBatch", "ItemBatcher")
        self.tolerated_count = number_field(compiler, fields, "ToleratedFailureCount")
        self.tolerated_percentage = _percentage(compiler, fields)


def _optional(compiler: Compiler, fields: dict[str, Json], name: str, field: str) -> Expr | None:
    return compiler.template(fields[name], field) if name in fields else None


def _nested_number(compiler: Compiler, fields: dict[str, Json], name: str, where: str) -> Expr | None:
    from sfnbook.engine.maps import number_field

    return number_field(compiler, fields, name, f"{where}/")


def _percentage(compiler: Compiler, fields: Any) -> Expr | None:
    name, path = "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"
    field = path if path in fields and not compiler.jsonata else name
    if field not in fields:
        return None
    text = fields[field]
    expr = compiler.value(text, field) if isinstance(text, str) else (lambda data, scope: text)

    def percentage(data: Json, scope: Any) -> Json:
        value = expr(data, scope)
        try:
            number = float(value) if not isinstance(value, bool) else float("nan")
        except (TypeError, ValueError):
            number = float("nan")
        if 0 <= number <= 100:
            return number
        raise StatesError(RUNTIME, "ToleratedFailurePercentage must be between 0 and 100.")

    return percentage


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
    spec = Spec(compiler, state, machine, config)

    def work(execution: Execution, frame: Frame, data: Json) -> None:
        run = _new_run(execution, frame, spec)
        raw = frame.data
        run.limit = (concurrency(raw, frame) if concurrency is not None else 0) or CONCURRENCY
        run.tolerated_count = spec.tolerated_count(raw, frame) if spec.tolerated_count is not None else 0
        run.tolerated_percentage = (
            spec.tolerated_percentage(raw, frame) if spec.tolerated_percentage is not None else 0.0
        )
        read = bool(spec.reader)
        source = [] if read else items(data, frame)
        arguments = spec.reader_arguments(data, frame) if spec.reader_arguments is not None else {}
        started = frame.head = execution.emit(frame, "MapStateStarted", {"length": len(source)})
        frame.head = execution.emit(frame, "MapRunStarted", {"mapRunArn": run.arn})
        execution.map_runs.append(run)
        join = frame.join = Join(started, 0, run.limit, None, data)
        join.extra = (run, spec, selector)
        if read:
            request = {"Arguments": arguments, "ReaderConfig": spec.reader_config}
            execution.call(frame, parse_resource(spec.reader["Resource"]), request, kind="ItemReader")
        else:
            _begin(execution, frame, join, source)

    return work


def _new_run(execution: Execution, frame: Frame, spec: Spec) -> MapRun:
    unique = str(UUID(bytes=execution.random.randbytes(16), version=4))
    label = spec.label or f"{execution.random.getrandbits(32):08x}"
    machine = execution.names["machine_arn"].replace(":stateMachine:", ":mapRun:")
    return MapRun(f"{machine}/{label}:{unique}", label, execution.now)


def owns(join: Join) -> bool:
    """Return whether a join is a Map run."""
    return isinstance(join.extra, tuple) and isinstance(join.extra[0], MapRun)


def is_child(frame: Frame) -> bool:
    """Return whether a frame is the top of a child execution."""
    return frame.parent is not None and frame.parent.join is not None and owns(frame.parent.join)


def _begin(execution: Execution, frame: Frame, join: Join, source: list[Json]) -> None:
    run, spec, _ = join.extra
    if spec.max_items is not None:
        most = spec.max_items(frame.data, frame)
        source = source[:most] if most else source
    run.source = source
    run.items["pending"] = run.total
    _fill(execution, frame, join)
    if not join.children:
        _write(execution, frame, join)


def _fill(execution: Execution, frame: Frame, join: Join) -> None:
    run, _, _ = join.extra
    while len(join.children) < run.limit and run.position < run.total:
        _start_child(execution, frame, join)


def _start_child(execution: Execution, frame: Frame, join: Join) -> None:
    run, spec, selector = join.extra
    first = run.position
    item: dict[str, Json] | None = None
    if spec.batches:
        value: Json = _next_batch(frame, join)
    else:
        item = item_at(run.source, first)
        value = select(frame, item, selector, join.input)
        run.position += 1
    index = join.next_index
    join.next_index += 1
    name = str(UUID(bytes=execution.random.randbytes(16), version=4))
    machine_arn = f"{execution.names['machine_arn']}/{run.label}"
    arn = machine_arn.replace(":stateMachine:", ":execution:") + f":{name}"
    detail = {"input": value, "roleArn": execution.names["role_arn"]}
    key = (*frame.key, (join.started_id, index))
    log = [Event(1, 0, "ExecutionStarted", execution.now, "", key, detail)]
    child = Frame(
        execution, spec.machine, key=key, log=log, head=0, data=value, bound=MAX_BYTES + 1, parent=frame, index=index
    )
    child.variables = {}
    child.item = item
    child.home = {**execution.context_execution, "Id": arn, "Input": value, "Name": name}
    child.weight = run.position - first
    join.children[index] = child
    join.results.append(None)
    run.counts["running"] += 1
    run.items["pending"] -= child.weight
    run.items["running"] += child.weight
    execution.ready.append(child)
    execution.children_started.append(child)


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


def _next_batch(frame: Frame, join: Join) -> dict[str, Json]:
    run, spec, selector = join.extra
    most = spec.batch_items(frame.data, frame) if spec.batch_items is not None else 0
    room = spec.batch_bytes(frame.data, frame) if spec.batch_bytes is not None else 0
    room = min(room or MAX_BYTES, MAX_BYTES)
    batch: dict[str, Json] = {}
    if spec.batch_input is not None:
        batch["BatchInput"] = spec.batch_input(join.input, frame)
    used = size(batch) + 12
    chosen: list[Json] = []
    while run.position < run.total and (not most or len(chosen) < most):
        value = select(frame, item_at(run.source, run.position), selector, join.input)
        used += size(value) + 1
        if chosen and used > room:
            break
        chosen.append(value)
        run.position += 1
    batch["Items"] = chosen
    return batch


def child_ended(
    execution: Execution, parent: Frame, child: Frame, error: str | None, cause: str | None, *, failed: bool
) -> None:
    """A child execution ended: count it, check the tolerance, start the next, or finish the run."""
    join = parent.join
    assert join is not None
    run, _, _ = join.extra
    del join.children[child.index]
    status = "failed" if failed else "succeeded"
    _count(run, child, status)
    detail: dict[str, Any] = {"output": child.data}
    if failed:
        detail = {k: v for k, v in (("error", error), ("cause", cause)) if v is not None}
    name = "ExecutionFailed" if failed else "ExecutionSucceeded"
    log = child.log
    log.append(Event(len(log) + 1, child.head, name, execution.now, "", child.key, detail))
    child.state = None
    join.results[child.index] = {"Error": error or "", "Cause": cause or ""} if failed else child.data
    _remember(run, child, status)
    if failed and _exceeded(run):
        _fail(
            execution,
            parent,
            join,
            EXCEED_TOLERATED_FAILURE_THRESHOLD,
            "The specified tolerated failure threshold was exceeded",
        )
        return
    try:
        _fill(execution, parent, join)
    except StatesError as failure:
        cancel(execution, join)
        execution.fail_evaluation(parent, failure)
        return
    if not join.children:
        _write(execution, parent, join)


def _count(run: MapRun, child: Frame, status: str) -> None:
    run.counts["running"] -= 1
    run.counts[status] += 1
    run.items["running"] -= child.weight
    run.items[status] += child.weight


def _remember(run: MapRun, child: Frame, status: str) -> None:
    if run.counts[status] <= HISTORIES_KEPT:
        run.children.append((child.index, child.home["Name"], status.upper(), child.log))
    run.outcomes.append(
        {
            "ExecutionArn": child.home["Id"],
            "Input": child.home["Input"],
            "Name": child.home["Name"],
            "Status": status.upper(),
            "Index": child.index,
        }
    )


def _exceeded(run: MapRun) -> bool:
    failed = run.items["failed"]
    share = 100.0 * failed / run.total if run.total else 0.0
    by_count = failed > run.tolerated_count
    by_share = share > run.tolerated_percentage
    if run.tolerated_count and run.tolerated_percentage:
        return by_count or by_share
    if run.tolerated_percentage:
        return by_share
    return by_count


def _fail(execution: Execution, frame: Frame, join: Join, error: str, cause: str | None) -> None:
    run, _, _ = join.extra
    cancel(execution, join)
    run.status, run.stopped_at = "FAILED", execution.now
    detail = {"error": error, "cause": cause} if cause is not None else {"error": error}
    frame.head = execution.emit(frame, "MapRunFailed", detail)
    execution.fail(frame, error, cause)


def cancel(execution: Execution, join: Join) -> None:
    """Abort the children that still run."""
    run, _, _ = join.extra
    for child in list(join.children.values()):
        execution.abort(child)
        _count(run, child, "aborted")
        log = child.log
        log.append(Event(len(log) + 1, child.head, "ExecutionAborted", execution.now, "", child.key, {}))
        _remember(run, child, "aborted")
    join.children.clear()


def _write(execution: Execution, frame: Frame, join: Join) -> None:
    """Every child has ended well enough: hand the results to the ResultWriter, or make them the Map's result."""
    run, spec, _ = join.extra
    if "Resource" not in spec.writer:
        _succeed(execution, frame, join, _shaped(join.results, spec.writer))
        return
    arguments = spec.writer_arguments(frame.data, frame) if spec.writer_arguments is not None else {}
    request = {
        "Arguments": arguments,
        "WriterConfig": spec.writer.get("WriterConfig") or {},
        "MapRunArn": run.arn,
        "Executions": [{**outcome, "Result": join.results[outcome["Index"]]} for outcome in run.outcomes],
    }
    execution.call(frame, parse_resource(spec.writer["Resource"]), request, kind="ResultWriter")


def _shaped(results: list[Json], writer: dict[str, Json]) -> list[Json]:
    """Apply ``WriterConfig.Transformation``: FLATTEN joins results that are arrays, COMPACT and NONE keep them."""
    if (writer.get("WriterConfig") or {}).get("Transformation") != "FLATTEN":
        return results
    flat: list[Json] = []
    for result in results:
        flat.extend(result) if isinstance(result, list) else flat.append(result)
    return flat


def _succeed(execution: Execution, frame: Frame, join: Join, result: Json) -> None:
    run, _, _ = join.extra
    run.status, run.stopped_at = "SUCCEEDED", execution.now
    frame.head = execution.emit(frame, "MapRunSucceeded", {})
    execution.emit(frame, "MapStateSucceeded", {})
    frame.join = None
    execution.complete(frame, result, MAX_BYTES + 1)


def call_answered(execution: Execution, frame: Frame, call: Call, output: Json) -> None:
    """The ItemReader or the ResultWriter answered."""
    join = frame.join
    assert join is not None
    frame.call = None
    run, _, _ = join.extra
    if call.kind == "ResultWriter":
        run.written = run.items["succeeded"]
        _succeed(execution, frame, join, output)
        return
    try:
        _begin(execution, frame, join, output if isinstance(output, list) else list(output.items()))
    except StatesError as failure:
        cancel(execution, join)
        execution.fail_evaluation(frame, failure)


def call_failed(execution: Execution, frame: Frame, call: Call, error: str, cause: str | None) -> None:
    """The ItemReader or the ResultWriter failed: so does the Map run."""
    assert frame.join is not None
    _fail(execution, frame, frame.join, error, cause)
