"""A task as its handler sees it, and what a handler may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from sfnbook.engine.commands import Command, TaskStarted, TaskSubmitted
from sfnbook.engine.events import FrameKey
from sfnbook.engine.frame import Call
from sfnbook.language.resource import Resource
from sfnbook.values import Json


class Cancelled(Exception):
    """The call's answer no longer matters (aborted or timed out); raised by `Task.check`."""


class Task:
    """One call: what is to be done and for which state.

    id: the engine's number of the call. input: the effective input or Parameters. attempt: 0 at the first try.
    timeout: seconds or None. token: the Task token of a ``.waitForTaskToken`` task. cancelled: True once nobody waits
    for the answer any more. log: receives what the handler prints. tell: posts a command to the session.
    """

    __slots__ = (
        "_call",
        "address",
        "attempt",
        "cancelled",
        "credentials",
        "entered_id",
        "frame",
        "id",
        "input",
        "kind",
        "log",
        "resource",
        "state",
        "tell",
        "timeout",
        "token",
    )

    def __init__(self, call: Call, tell: Callable[[Callable[[float], Command]], None]) -> None:
        self.tell = tell
        self._call = call
        self.id = call.id
        self.kind = call.kind
        self.resource: Resource = call.resource
        self.input: Json = call.arguments
        self.state = call.name
        self.address = call.address
        self.attempt = call.attempt
        self.timeout = call.timeout
        self.token = call.token
        self.credentials: Json = call.credentials
        self.entered_id = call.entered_id
        self.frame: FrameKey = call.frame_key
        self.cancelled = False
        self.log = Log()

    @property
    def context(self) -> dict[str, Json]:
        """The Context object as the state sees it."""
        return self._call.context

    def submitted(self, output: Json) -> None:
        """Say that the service took the request and answered ``output``; a ``.sync`` task works on after that."""
        self.tell(lambda at: TaskSubmitted(at, self.id, output))

    def started(self, worker: str | None = None) -> None:
        """Say that an activity's worker has taken the task."""
        self.tell(lambda at: TaskStarted(at, self.id, worker))

    def check(self) -> None:
        """Raise `Cancelled` when nobody waits for the answer any more."""
        if self.cancelled:
            raise Cancelled


class Log:
    """What one attempt printed and logged, cut after ``limit`` characters so that a flood costs nothing."""

    limit = 262_144

    __slots__ = ("_parts", "_size", "dropped", "traceback")

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.dropped = 0
        self.traceback = ""

    def write(self, text: str) -> int:
        """Take note of text."""
        room = self.limit - self._size
        if room > 0:
            self._parts.append(text[:room])
            self._size += min(len(text), room)
        self.dropped += max(0, len(text) - room) if room > 0 else len(text)
        return len(text)

    @property
    def text(self) -> str:
        """Everything written, with a last line about what was cut."""
        cut = f"\n… {self.dropped:,} more characters were dropped" if self.dropped else ""
        return "".join(self._parts) + cut


Handler: TypeAlias = Callable[[Task], Json | Awaitable[Json]]
"""Does a task: returns its result, or an awaitable of it; raises TaskError to fail it."""


@dataclass(slots=True)
class Waiting:
    """A handler returns it instead of a result: the answer comes later, from somebody else.

    submitted: the service's answer to the request itself (TaskSubmitted's output); ``...`` when there is none.
    """

    submitted: Any = ...
