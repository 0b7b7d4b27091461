"""Redrive: an execution that failed, was aborted or timed out goes on from its unsuccessful states.

What had succeeded stays: finished states, branches and iterations are not run again; the state that failed is scheduled
again with its own input and fresh retries, and iterations that had not begun begin (AWS: Redriving executions). A Map
run starts anew as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfnbook.engine import joins, mapruns
from sfnbook.engine.frame import Frame, timestamp

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution

REDRIVABLE = frozenset({"FAILED", "ABORTED", "TIMED_OUT"})


def redrive(execution: Execution) -> None:
    """Let an ended execution go on. Nothing happens to one that cannot be redriven (it succeeded, or is Express)."""
    if execution.status not in REDRIVABLE or execution.program.express:
        return
    execution.reopen()
    top = execution.top
    home = {
        **top.home,
        "Execution": {
            **execution.context_execution,
            "RedriveCount": execution.redrives,
            "RedriveTime": timestamp(execution.now),
        },
    }
    execution.context_execution = home["Execution"]
    waiting: list[Frame] = []
    _revive(execution, top, home, waiting)
    for frame in waiting:
        if execution.status == "RUNNING" and frame.state is not None:
            execution.work(frame, frame.state)


def _revive(execution: Execution, frame: Frame, home: dict[str, object], waiting: list[Frame]) -> None:
    """Put a frame back where it stood, and what ran inside it; ``waiting`` gets those whose state must work again."""
    state, join = frame.resume if frame.resume is not None else (frame.state, frame.join)
    frame.resume = None
    frame.state, frame.join, frame.call = state, None, None
    frame.timer = frame.attempt = 0
    frame.retries = None
    frame.home = home
    frame.head = len(frame.log)
    children = (join.lost or join.children) if join is not None else {}
    if join is None or mapruns.owns(join) or not children:
        waiting.append(frame)
        return
    frame.join = join
    join.children, join.lost = dict(children), {}
    for child in list(join.children.values()):
        _revive(execution, child, home, waiting)
    joins.refill(execution, frame)
