"""Applies answers in an order that does not depend on threads, so that a run on a virtual clock repeats exactly.

On such a clock a call takes no time, however long its function works. Answers are kept until all calls in
flight have ended, and applied then, at the same moment, in the order of the frames. A call that has worked, in real time,
for as long as its own deadline or the execution's allows is waited for no longer: it times out on the machine's clock.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from math import inf
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from sfnbook.engine.commands import TaskHeartbeat
from sfnbook.runtime.task import Task

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution

Said: TypeAlias = tuple[int, Any]
"""A call's number (0 for what is posted from outside) and its answer, see `sfnbook.runtime.dispatch`."""

_LAST: Final = ((inf, 0),)


class Ordering:
    """Keeps the answers of calls in flight until all have ended."""

    def __init__(self) -> None:
        self._tasks: dict[int, Task] = {}
        self._until: dict[int, float] = {}
        self._beat: dict[int, float] = {}
        self._said: list[Said] = []

    def sent(self, task: Task, ends_at: float) -> None:
        """A call is in flight now; ``ends_at``: when its execution is timed out, in seconds since the epoch."""
        self._tasks[task.id] = task
        left = min(ends_at - task.at, inf if task.timeout is None else task.timeout)
        if left < inf:
            self._until[task.id] = time.monotonic() + left
        self._set_beat(task)

    def ended(self, call: int) -> None:
        """Nobody waits for a call any more."""
        for held in (self._tasks, self._until, self._beat):
            held.pop(call, None)

    def keep(self, execution: Execution, call: int, answer: Any) -> None:
        """Keep what came in. What is said of a call that has ended, or was waited for long enough, does not count."""
        about = call or getattr(answer(execution.now), "call", 0)
        if about and about not in execution.calls:
            return
        task = self._tasks.get(about)
        if call:
            if task is None:
                return
            self.ended(call)
        elif task is not None and isinstance(answer(execution.now), TaskHeartbeat):
            self._set_beat(task)
        self._said.append((call, answer))

    def _set_beat(self, task: Task) -> None:
        if task._call.heartbeat is not None:
            self._beat[task.id] = time.monotonic() + task._call.heartbeat

    @property
    def waits(self) -> bool:
        """Whether a call is in flight that has to be waited for."""
        for ends in (self._until, self._beat):
            if ends:
                now = time.monotonic()
                for call in [call for call, until in ends.items() if until <= now]:
                    self.ended(call)
        return any(not task.idle for task in self._tasks.values())

    @property
    def idle(self) -> bool:
        """Whether a call is in flight that itself waits for an answer from outside."""
        return any(task.idle for task in self._tasks.values())

    @property
    def complete(self) -> bool:
        """Whether something is kept that may count now."""
        return bool(self._said) and not self.waits

    def seconds(self) -> float:
        """Return how long to wait, at most, for a call in flight."""
        return max(0.0, min(*self._until.values(), *self._beat.values(), inf, inf) - time.monotonic())

    def take(self, execution: Execution) -> Iterator[Said]:
        """Yield what was kept, in the order of the frames, and within one as it came; nothing is kept any more."""
        said, self._said = self._said, []

        def place(one: Said) -> Any:
            call = execution.calls.get(one[0] or getattr(one[1](execution.now), "call", 0))
            return (_LAST, 0) if call is None else (call.frame_key, call.id)

        yield from sorted(said, key=place)
