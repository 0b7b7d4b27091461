"""Activities: work that waits for a worker, and workers written in the notebook.

Owns the tasks that wait for each activity, by its name, in this process. A worker polls with `Activity.get_task` as one
would with GetActivityTask, or is a function marked with `activity`, which is called as soon as there is work.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sfnbook.engine.commands import TaskFailed, TaskHeartbeat, TaskSucceeded
from sfnbook.errors import InputError
from sfnbook.language.resource import Resource
from sfnbook.runtime.session import SpentToken
from sfnbook.runtime.task import Task, Waiting, at_once
from sfnbook.tasks.registry import task
from sfnbook.tasks.target import Bound
from sfnbook.values import Json, wire_copy

F = TypeVar("F", bound=Callable[..., Any])

POLL: Final = 60.0
"""Seconds that GetActivityTask waits for work (API reference)."""

_BLINK: Final = 0.2
"""Seconds a waiting worker goes without looking whether it is still wanted."""

_arrived = threading.Condition()
_queues: defaultdict[str, deque[Task]] = defaultdict(deque)
_polling: Counter[str] = Counter()
_polled_at: dict[str, float] = {}


def has_worker(name: str) -> bool:
    """Whether a worker polls for an activity's tasks, or has done so within the last `POLL` seconds."""
    with _arrived:
        return _polling[name] > 0 or time.monotonic() - _polled_at.get(name, -math.inf) < POLL


def bound(resource: Resource) -> Bound | None:
    """Return what answers an activity that no function is bound to: its workers."""
    if resource.kind != "activity":
        return None
    return Bound(_enqueue, f"workers of activity {resource.function}")


@at_once
def _enqueue(work: Task) -> Waiting:
    with _arrived:
        queue = _queues[work.resource.function]
        while queue and not queue[0].wanted:
            queue.popleft()
        queue.append(work)
        _arrived.notify_all()
    return Waiting()


def activity(name: str) -> Callable[[F], F]:
    """Make the decorated function, ``(event, context)`` or ``(event)``, a worker of an activity given by name or ARN."""
    return task(name if name.startswith("arn:") else f"arn:*:states:*:*:activity:{name}")


class Activity:
    """An activity as a worker sees it. name: its name or ARN."""

    def __init__(self, name: str) -> None:
        self.name = name.rpartition(":")[2]
        if not self.name:
            raise InputError(f'"{name}" is no name of an activity.')

    def get_task(
        self, worker_name: str | None = None, timeout: float = POLL, *, wanted: Callable[[], None] | None = None
    ) -> ActivityTask | None:
        """Take the next task, waiting at most ``timeout`` seconds for one; None when there was none (GetActivityTask).

        wanted: called now and then meanwhile; what it raises ends the waiting.
        """
        until = time.monotonic() + timeout
        with _arrived:
            _polling[self.name] += 1
            try:
                while (work := self._take()) is None:
                    left = until - time.monotonic()
                    if left <= 0:
                        return None
                    _arrived.wait(min(left, _BLINK))
                    if wanted is not None:
                        wanted()
            finally:
                _polling[self.name] -= 1
                _polled_at[self.name] = time.monotonic()
        work.started(worker_name)
        return ActivityTask(work)

    def _take(self) -> Task | None:
        queue = _queues[self.name]
        while queue:
            work = queue.popleft()
            if work.wanted:
                return work
        return None

    @property
    def waiting(self) -> int:
        """How many tasks wait for a worker."""
        with _arrived:
            return sum(1 for work in _queues[self.name] if work.wanted)

    def __repr__(self) -> str:
        return f"<Activity {self.name}: {self.waiting} waiting>"


class ActivityTask:
    """One task that a worker has taken. token: what SendTaskSuccess and the like ask for. input: a JSON value."""

    def __init__(self, work: Task) -> None:
        self._work = work
        self.token = work.token or ""
        self.input: Json = work.input

    def succeed(self, output: Json = None) -> None:
        """The work is done (SendTaskSuccess). Raises SpentToken when the task has ended or timed out.

        Raises InputError for an output that is no JSON.
        """
        try:
            copy = wire_copy(output)
        except ValueError as fault:
            raise InputError(f"The output is no JSON: {fault}.") from None
        number = self._number()
        self._work.post(lambda at: TaskSucceeded(at, number, copy))

    def fail(self, error: str | None = None, cause: str | None = None) -> None:
        """The work has failed (SendTaskFailure). Raises SpentToken when the task has ended or timed out."""
        number = self._number()
        self._work.post(lambda at: TaskFailed(at, number, error, cause))

    def heartbeat(self) -> None:
        """The work goes on (SendTaskHeartbeat). Raises SpentToken when the task has ended or timed out."""
        number = self._number()
        self._work.post(lambda at: TaskHeartbeat(at, number))

    def _number(self) -> int:
        if not self._work.wanted:
            raise SpentToken
        return self._work.id

    def __repr__(self) -> str:
        return f"<ActivityTask of {self._work.resource.function} for {self._work.state}>"
