"""Redrive: an execution that failed, was aborted or timed out goes on from its unsuccessful states.

What had succeeded stays: finished states, branches and iterations are not run again; the state that failed is scheduled
again with its own input and fresh retries, and iterations that had not begun begin (AWS: Redriving executions). A Map
run goes on in the same way with its child executions, each of which is redriven as an execution of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfnbook.engine import inline_join
from sfnbook.engine.distributed_map import run
from sfnbook.engine.distributed_map.backlog import owns
from sfnbook.engine.eligibility import redrive_status_reason
from sfnbook.engine.frame import Frame, timestamp

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution


def redrive(execution: Execution) -> None:
    """Let an ended execution go on. Nothing happens to one that cannot be redriven; see `not_redrivable_reason`."""
    if not_redrivable_reason(execution) is not None:
        return
    execution.reopen()
    top = execution.top
    home = {
        **top.context_base,
        "Execution": {
            **execution.context_execution,
            "RedriveCount": execution.redrives,
            "RedriveTime": timestamp(execution.now),
        },
    }
    execution.context_execution = home["Execution"]
    go_on(execution, top, home)


def not_redrivable_reason(execution: Execution) -> str | None:
    """Return why an execution cannot be redriven at its present time, None where it can; an Express one never can."""
    if execution.program.express:
        return f"Execution is {execution.status} and cannot be redriven"
    now, ended = execution.now, execution.stopped_at
    return redrive_status_reason(
        execution.status,
        len(execution.events),
        age=now - execution.started_at,
        since=now - ended if ended is not None else 0.0,
    )


def go_on(execution: Execution, frame: Frame, home: dict[str, object]) -> None:
    """Put the top of a (child) execution back where it stood, and let what failed there work again."""
    waiting: list[Frame] = []
    _revive(execution, frame, home, waiting)
    for line in waiting:
        if execution.status != "RUNNING" or line.state is None:
            continue
        if line.join is not None:
            run.redrive(execution, line, line.join)
        elif line.state.type == "Fail" or not line.entered_id:  # a Fail state is entered again (guide)
            execution.ready.append(line)
        else:
            execution.work(line, line.state)


def _revive(execution: Execution, frame: Frame, home: dict[str, object], waiting: list[Frame]) -> None:
    """Put a frame back where it stood, and what ran inside it; ``waiting`` gets those whose state must work again.

    Those of them with a join are Map runs that go on.
    """
    state, join = frame.resume if frame.resume is not None else (frame.state, frame.join)
    frame.resume = None
    if frame.head and frame.log[frame.head - 1].type.endswith("StateExited") and join is None:
        frame.entered_id = 0  # it stood between two states: the next one has not been entered yet
    frame.state, frame.join, frame.call = state, None, None
    frame.timer = frame.attempt = 0
    frame.retries = None
    frame.context_base = home
    frame.head = len(frame.log)
    if join is not None and owns(join):
        frame.join = join if join.extra.redrivable else None
        waiting.append(frame)
        return
    children = (join.lost or join.children) if join is not None else {}
    if join is None or not children:
        waiting.append(frame)
        return
    frame.join = join
    join.children, join.lost = dict(children), {}
    for child in list(join.children.values()):
        _revive(execution, child, home, waiting)
    inline_join.refill(execution, frame)
