"""Runs a task's handler (in this thread, on a worker, on the event loop) and makes a command of what it returns.

Knows neither the engine's rules nor which handler answers which resource.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from sfnbook.engine.commands import Command, TaskFailed, TaskStarted, TaskSubmitted, TaskSucceeded
from sfnbook.engine.frame import Call
from sfnbook.errors import SfnbookError, TaskError
from sfnbook.runtime.capture import routing
from sfnbook.runtime.task import Cancelled, Handler, Scripted, Task, Waiting
from sfnbook.runtime.threads import run_async, workers
from sfnbook.values import Json, wire_copy

Answer: TypeAlias = Callable[[float], Command]
"""A command that still lacks its time: called with ``at`` when the session applies it."""

Resolve: TypeAlias = Callable[[Task], Handler]
"""Returns the handler of a task; for an unbound task, a handler that fails it with a hint."""

_new = tuple.__new__

UNBOUND: Final = "Lambda.ResourceNotFoundException"
"""The Error of an unbound task: what AWS gives for a function that does not exist (recorded)."""


Post: TypeAlias = Callable[[int, "Answer | None"], None]
"""Takes a call's number and its answer; None when the call no longer waits."""


def perform(
    task: Task, handler: Handler, done: Post, later: Post, straight: Callable[[Call, Json], None] | None = None
) -> None:
    """Run a handler in this thread: ``done`` gets its answer at once, ``later`` from the event loop if it is async.

    straight: gets an object that ends the call as its result, in place of ``done``; for calls that do not wait for a token.
    An interrupt (KeyboardInterrupt) goes through to the caller.
    """
    try:
        result = handler(task)
    except BaseException as fault:  # whatever the user's code raised becomes the task's answer
        done(task.id, _failure(task, fault))
        return
    if type(result) is dict:
        if straight is not None:
            straight(task._call, result)
            return
    elif hasattr(result, "__await__"):
        run_async(_wait(task, result, later))
        return
    done(task._call.id, _success(task, result))


def begin(task: Task, handler: Handler, post: Post) -> None:
    """Run a handler on a worker; ``post`` is called once, from another thread."""
    workers.submit(lambda: _perform_routed(task, handler, post))


def _perform_routed(task: Task, handler: Handler, post: Post) -> None:
    with routing():  # the run may end before a function that it gave up, which may still print
        perform(task, handler, post, post)


async def _wait(task: Task, awaitable: Any, post: Post) -> None:
    try:
        with routing():
            answer: Answer | None = _success(task, await awaitable)
    except BaseException as fault:  # as in `perform`
        answer = _failure(task, fault)
    post(task.id, answer)


def _success(task: Task, result: Any) -> Answer | None:
    call = task._call
    number, kind = call.id, type(result)
    if kind is Scripted:
        return Later(task, result)
    if kind is Waiting:
        submitted = result.submitted
        return WAITS if submitted is ... else lambda at: TaskSubmitted(at, number, submitted)
    if call.resource.pattern == "waitForTaskToken" and call.kind == "task":
        return lambda at: TaskSubmitted(at, number, result)
    return lambda at: _new(TaskSucceeded, (at, number, result))


class Later:
    """An answer that is known and comes at a time: ``before`` now, the answer itself at ``at``."""

    __slots__ = ("_outcome", "_task", "at", "before")

    def __init__(self, task: Task, scripted: Scripted) -> None:
        self._task = task
        self._outcome = scripted.outcome
        self.at = task.at + scripted.after
        self.before: list[Answer] = []
        submitted, worker = scripted.submitted, scripted.worker
        if task.resource.kind == "activity":
            self.before.append(lambda at: TaskStarted(at, task.id, worker))
        if submitted is not ...:
            self.before.append(lambda at: TaskSubmitted(at, task.id, submitted))

    def __call__(self, at: float) -> Command:
        """Return the command that ends the call."""
        outcome = self._outcome
        if isinstance(outcome, TaskError):
            return TaskFailed(at, self._task.id, outcome.error, outcome.cause)
        return TaskSucceeded(at, self._task.id, outcome)


def WAITS(at: float) -> Command:
    """The answer will come later, from outside."""
    raise AssertionError("never called")


def _failure(task: Task, fault: BaseException) -> Answer | None:
    match fault:
        case TaskError(error=error, cause=cause):
            return lambda at: TaskFailed(at, task.id, str(error), wire_copy(str(cause)))
        case Cancelled():
            return None
        case SfnbookError():
            message = str(fault)
            return lambda at: TaskFailed(at, task.id, UNBOUND, message)
        case Exception():
            task.log.traceback = traceback.format_exc()
            name, text = type(fault).__name__, str(fault)
            return lambda at: TaskFailed(at, task.id, name, text)
    if isinstance(fault, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
        raise fault
    kind = type(fault).__name__
    return lambda at: TaskFailed(at, task.id, kind, str(fault))
