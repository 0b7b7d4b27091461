"""Runs a program on virtual time with scripted answers: no session, no threads, nobody's function is called.

Many runs of the same machine cost microseconds per state here. Events, limits and deadlines are the engine's.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from sfnbook.engine.commands import TaskFailed, TaskSubmitted, TaskSucceeded, Tick
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call
from sfnbook.engine.program import Program
from sfnbook.values import Json

MOST_STATES: Final = 20_000
"""A run that has entered so many states is left there, RUNNING: it goes in circles."""


class Answer(NamedTuple):
    """What a call comes to after ``seconds`` on the machine's clock: an output, or an error with its cause."""

    output: Json = None
    error: str | None = None
    cause: str | None = None
    seconds: float = 0.0
    submitted: Json = None
    """What the service answered at once to a ``.sync`` or ``.waitForTaskToken`` task, None where nothing is known."""


Answerer: TypeAlias = Callable[[Call], Answer | None]
"""Says what a call comes to; None leaves it unanswered, so that only its timeouts can end it."""


def drive(
    program: Program,
    data: Json,
    answer: Answerer,
    *,
    at: float = 0.0,
    seed: int = 0,
    names: Mapping[str, str] | None = None,
    most_states: int = MOST_STATES,
) -> Execution:
    """Return an execution that ran to its end, or as far as the answers lead. ``at``: the start, seconds since the epoch."""
    execution = Execution.start(program, data, at=at, seed=seed, names=names)
    pending: list[tuple[float, int, int, Answer]] = []
    while not execution.done and execution.transitions < most_states:
        execution.advance(most_states)
        calls, execution.outbox[:] = list(execution.outbox), []
        for call in calls:
            if call.id not in execution.calls:
                continue
            found = answer(call)
            if found is not None:
                if found.submitted is not None:
                    execution.handle(TaskSubmitted(execution.now, call.id, found.submitted))
                heapq.heappush(pending, (execution.now + found.seconds, len(call.frame_key), call.id, found))
        if calls or execution.ready:
            continue
        due = execution.wakeup
        if pending and (due is None or pending[0][0] <= due):
            when, _, id, found = heapq.heappop(pending)
            if id not in execution.calls:
                continue
            if when > execution.now:
                execution.handle(Tick(when))
            if id not in execution.calls:
                continue
            if found.error is not None or found.cause is not None:
                execution.handle(TaskFailed(when, id, found.error, found.cause))
            else:
                execution.handle(TaskSucceeded(when, id, found.output))
        elif due is not None:
            execution.handle(Tick(due))
        else:
            break
    return execution
