"""A task as its handler sees it, and what a handler may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from sfnbook.engine.commands import Command, TaskStarted, TaskSubmitted
from sfnbook.engine.events import FrameKey
from sfnbook.engine.frame import Call
from sfnbook.errors import TaskError
from sfnbook.language.resource import Resource
from sfnbook.values import Json, copy_of

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution

H = TypeVar("H", bound=Callable[..., Any])


class Cancelled(Exception):
    """The call's answer no longer matters (aborted or timed out); raised by `Task.check`."""


LogKey: TypeAlias = tuple[FrameKey, int, int]
"""(frame, id of the ...Entered event, calls of this visit before): which attempt a log belongs to."""


class Task:
    """One call as its handler sees it.

    cancelled: True once the call was aborted or timed out, or has its answer. post: posts a command to the session. at:
    when the call was made, in seconds since the epoch on the machine's clock. idle: it waits for an answer from
    outside, however long that takes (see `sfnbook.runtime.ordering`).
    """

    __slots__ = ("_call", "_log", "_logs", "_release", "at", "cancelled", "idle", "post")

    def __init__(
        self, call: Call, post: Callable[[Callable[[float], Command]], None], logs: dict[LogKey, Log] | None = None
    ) -> None:
        self._call = call
        self.post = post
        self.at = 0.0
        self.cancelled = self.idle = False
        self._release: Callable[[], object] | None = None
        self._logs = logs
        self._log: Log | None = None

    @property
    def id(self) -> int:
        """The engine's number of the call."""
        return self._call.id

    @property
    def kind(self) -> str:
        """What is asked: "task", or "ItemReader" and "ResultWriter" of a distributed Map."""
        return self._call.kind

    @property
    def resource(self) -> Resource:
        """What is to be done."""
        return self._call.resource

    @property
    def input(self) -> Json:
        """A copy of the effective input: Parameters or Arguments evaluated."""
        return copy_of(self._call.arguments)

    @property
    def state(self) -> str:
        """The state's name."""
        return self._call.name

    @property
    def address(self) -> str:
        """The state's place in the definition."""
        return self._call.address

    @property
    def attempt(self) -> int:
        """0 at the first try."""
        return self._call.attempt

    @property
    def timeout(self) -> float | None:
        """TimeoutSeconds, None without."""
        return self._call.timeout

    @property
    def token(self) -> str | None:
        """The Task token of a ``.waitForTaskToken`` task."""
        return self._call.token

    @property
    def credentials(self) -> Json:
        """The state's Credentials, evaluated."""
        return copy_of(self._call.credentials)

    @property
    def entered_id(self) -> int:
        """The id of the state's ...Entered event; with ``frame`` it names the visit."""
        return self._call.entered_id

    @property
    def frame(self) -> FrameKey:
        """The branch or iteration."""
        return self._call.frame_key

    @property
    def context(self) -> dict[str, Json]:
        """A copy of the Context object as the state sees it."""
        context: dict[str, Json] = copy_of(self._call.context)
        return context

    @property
    def log(self) -> Log:
        """Receives what the handler prints; made, and known to the session, when first asked for."""
        if self._log is None:
            self._log = Log()
            if self._logs is not None:
                call = self._call
                self._logs[(call.frame_key, call.entered_id, call.call_count)] = self._log
        return self._log

    def submitted(self, output: Json) -> None:
        """Say that the service took the request and answered ``output``; a ``.sync`` task works on after that."""
        self.post(lambda at: TaskSubmitted(at, self.id, output))

    def started(self, worker: str | None = None) -> None:
        """Say that an activity's worker has taken the task."""
        self.post(lambda at: TaskStarted(at, self.id, worker))

    @property
    def _execution(self) -> Execution:
        """The execution it belongs to; read only."""
        return self._call.frame.execution

    @property
    def wanted(self) -> bool:
        """Whether the answer is still awaited."""
        return not self.cancelled and self._call.id in self._execution.calls

    def check(self) -> None:
        """Raise `Cancelled` when the answer is no longer awaited."""
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Mark the task as cancelled. The session calls it, also once it has the answer."""
        self.cancelled = True
        if self._release is not None:
            self._release()

    def when_cancelled(self, release: Callable[[], object]) -> None:
        """Call ``release``, which may be called twice, on any thread, once the task is cancelled; now if it is."""
        self._release = release
        if self.cancelled:
            release()


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

    def read(self, place: int) -> tuple[str, int]:
        """Return what has been written since a place, and the place from which to go on; it begins with 0."""
        parts = self._parts[place:]
        return "".join(parts), place + len(parts)

    @property
    def text(self) -> str:
        """Everything written, with a last line about what was cut."""
        cut = f"\n… {self.dropped:,} more characters were dropped" if self.dropped else ""
        return "".join(self._parts) + cut


Handler: TypeAlias = Callable[[Task], Json | Awaitable[Json]]
"""Does a task: returns its result, or an awaitable of it; raises TaskError to fail it."""


@dataclass(slots=True)
class Waiting:
    """A handler returns it instead of a result: the answer comes later, by a Task token.

    submitted: the service's answer to the request itself (TaskSubmitted's output); ``...`` when there is none.
    """

    submitted: Any = ...


@dataclass(slots=True)
class Scripted:
    """A handler returns it instead of a result: the whole answer, and when it comes on the machine's clock.

    outcome: the result, or the TaskError that fails the task. Unlike a plain result it also ends a task that waits for
    its token. after: seconds since the call was made; on a virtual clock they take no time. submitted: as in `Waiting`.
    worker: who took an activity's task; None for a task that is none, or a worker without a name.
    """

    outcome: Json | TaskError
    after: float = 0.0
    submitted: Any = ...
    worker: str | None = None


def at_once(handler: H) -> H:
    """Mark a handler that never waits: the session runs it itself, so that calls are answered in their order."""
    handler.at_once = True  # type: ignore[attr-defined]  # functions take attributes
    return handler
