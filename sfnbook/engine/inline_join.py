"""Parallel and Map: one kind of wait, a join over child frames.

A join starts its children, takes their ends in any order, keeps the results in the order of the input, and lets one
failing child cancel the others. The ids that events name as ``previousEventId`` follow recorded histories: the join's
...StateSucceeded and an iteration's ...Succeeded stand beside the line, they do not move it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sfnbook.engine.distributed_map import run
from sfnbook.engine.distributed_map.backlog import item_at, owns, select
from sfnbook.engine.events import WIDTH, iteration_started, iteration_succeeded
from sfnbook.engine.failures import too_large
from sfnbook.engine.frame import Call, Frame, Join
from sfnbook.engine.program import CompiledMachine
from sfnbook.errors import DATA_LIMIT_EXCEEDED, StatesError
from sfnbook.query.scope import Expr
from sfnbook.values import MAX_BYTES, Json

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution

INLINE_CONCURRENCY: Final = 40
"""An inline Map runs at most so many iterations at once (AWS: Map state processing modes)."""

_PAIR: Final = 20
"""The bytes by which a pair, ``{"Key": ..., "Value": ...}``, exceeds the same member of its object."""


def start_parallel(execution: Execution, frame: Frame, branches: tuple[CompiledMachine, ...], data: Json) -> None:
    """Start every branch with the same input."""
    started = frame.head = execution.emit(frame, "ParallelStateStarted", {})
    join = frame.join = Join(started, len(branches), len(branches), None, data)
    frame.joins += 1
    bound = frame.max_bytes if data is frame.data else MAX_BYTES + 1
    for index, machine in enumerate(branches):
        child = Frame(
            execution,
            machine,
            key=(*frame.key, (started, index)),
            log=frame.log,
            head=started,
            data=data,
            bound=bound,
            parent=frame,
            index=index,
        )
        join.children[index] = child
        execution.ready.append(child)


def start_map(
    execution: Execution,
    frame: Frame,
    machine: CompiledMachine,
    data: Json,
    items: list[Json],
    selector: Expr | None,
    concurrency: int,
    within: bool,
) -> None:
    """Start an inline Map over ``items`` (values, or an object's pairs).

    ``within``: an iteration's input is a part of the state's, so it cannot be larger.
    """
    started = frame.head = execution.emit(frame, "MapStateStarted", {"length": len(items)})
    limit = min(concurrency or INLINE_CONCURRENCY, INLINE_CONCURRENCY)
    join = frame.join = Join(started, len(items), limit, items, data)
    frame.joins += 1
    join.extra = (machine, selector, within)
    if not items:
        _succeed(execution, frame, join)
        return
    try:
        for _ in range(min(limit, len(items))):
            _start_iteration(execution, frame, join, started)
    except StatesError:
        _cancel(execution, join)
        raise


def _start_iteration(execution: Execution, frame: Frame, join: Join, head: int) -> None:
    machine, selector, within = join.extra
    state = frame.state
    assert join.items is not None
    assert state is not None
    index = join.next_index
    join.next_index += 1
    item = item_at(join.items, index)
    value = select(frame, item, selector, join.input)
    bound = frame.max_bytes + _PAIR if within else execution.sizes.of(value)
    if bound > MAX_BYTES and not within:
        raise StatesError(DATA_LIMIT_EXCEEDED, too_large(state.name))
    child = Frame(
        execution,
        machine,
        key=(*frame.key, (join.started_id, index)),
        log=frame.log,
        head=head,
        data=value,
        bound=bound,
        parent=frame,
        index=index,
    )
    child.item = item
    join.children[index] = child
    raw = frame.log.raw
    raw += (iteration_started, head, execution.now, child.key, state, item)
    child.head = len(raw) // WIDTH
    execution.ready.append(child)


def child_succeeded(execution: Execution, parent: Frame, child: Frame) -> None:
    """A branch or iteration reached its end."""
    join = parent.join
    assert join is not None
    assert parent.state is not None
    if owns(join):
        run.child_ended(execution, parent, child, None, None, status="succeeded")
        return
    del join.children[child.index]
    join.results[child.index] = child.data
    join.max_bytes += child.max_bytes + 1
    join.remaining -= 1
    parent.head = child.head
    if join.items is not None:
        raw = parent.log.raw
        raw += (iteration_succeeded, child.head, execution.now, child.key, parent.state, child.index)
        parent.head = len(raw) // WIDTH
        if join.next_index < len(join.items):
            _next_iteration(execution, parent, join, child.head)
            return
    if not join.remaining:
        _succeed(execution, parent, join)


def _next_iteration(execution: Execution, parent: Frame, join: Join, head: int) -> bool:
    try:
        _start_iteration(execution, parent, join, head)
    except StatesError as failure:
        _cancel(execution, join)
        execution.fail_evaluation(parent, failure)
        return False
    return True


def refill(execution: Execution, parent: Frame) -> None:
    """Start iterations in the free places of a Map that goes on after a redrive."""
    join = parent.join
    if join is None or join.items is None:
        return
    while len(join.children) < join.limit and join.next_index < len(join.items):
        if not _next_iteration(execution, parent, join, parent.head):
            return


def _succeed(execution: Execution, parent: Frame, join: Join) -> None:
    state = parent.state
    assert state is not None
    execution.emit(parent, f"{state.type}StateSucceeded", {})
    parent.join = None
    execution.complete(parent, join.results, join.max_bytes)


def child_failed(
    execution: Execution, parent: Frame, child: Frame, error: str | None, cause: str | None, *, from_task: bool
) -> None:
    """A branch or iteration failed: the others are aborted and the whole state fails with the child's own error."""
    join = parent.join
    assert join is not None
    assert parent.state is not None
    if owns(join):
        run.child_ended(execution, parent, child, error, cause, status="failed")
        return
    head = child.head
    if join.items is not None:
        detail = {"name": parent.state.name, "index": child.index}
        number = len(parent.log) + 1
        execution.emit_for(child, number, head, "MapIterationFailed", detail, parent.state.address)
    join.lost = dict(join.children)
    del join.children[child.index]
    if child.resume is None:
        child.resume = (child.state, None)
    child.state = None
    _cancel(execution, join)
    parent.head = head
    execution.fail(parent, error, cause, from_task=from_task)


def _cancel(execution: Execution, join: Join) -> None:
    for other in list(join.children.values()):
        execution.abort(other)
    join.children.clear()


def child_aborted(execution: Execution, parent: Frame, child: Frame) -> None:
    """An iteration was cancelled from outside: a Map says so."""
    join = parent.join
    if join is not None and join.items is not None and parent.state is not None and not owns(join):
        detail = {"name": parent.state.name, "index": child.index}
        number = len(parent.log) + 1
        execution.emit_for(child, number, child.head, "MapIterationAborted", detail, parent.state.address)


def call_answered(execution: Execution, frame: Frame, call: Call, output: Any) -> None:
    """The reader or writer of a distributed Map answered."""
    run.call_answered(execution, frame, call, output)


def call_failed(execution: Execution, frame: Frame, call: Call, error: str, cause: str | None) -> None:
    """The reader or writer of a distributed Map failed."""
    run.call_failed(execution, frame, call, error, cause)
