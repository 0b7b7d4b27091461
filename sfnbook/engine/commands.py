"""Commands: the engine's inputs. Each carries its time ``at`` (seconds since the epoch, UTC).

A journal is the start and the commands in order; replaying it gives the same events.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from sfnbook.engine.events import FrameKey
from sfnbook.values import Json


class TaskSucceeded(NamedTuple):
    """The call's answer. ``output`` is a private JSON value (see `sfnbook.values.wire_copy`)."""

    at: float
    call: int
    output: Json


class TaskFailed(NamedTuple):
    """The call failed with an Error name and a Cause (None where AWS has none: SendTaskFailure asks for neither)."""

    at: float
    call: int
    error: str | None
    cause: str | None = None


class TaskStarted(NamedTuple):
    """An activity's worker took the task; its timeout keeps running, its heartbeat starts."""

    at: float
    call: int
    worker: str | None = None


class TaskSubmitted(NamedTuple):
    """The service accepted the request of a ``.sync`` or ``.waitForTaskToken`` task and answered ``output``."""

    at: float
    call: int
    output: Json


class TaskHeartbeat(NamedTuple):
    """The worker is alive: the heartbeat deadline starts again."""

    at: float
    call: int


class Tick(NamedTuple):
    """Time has come to ``at``: what is due happens."""

    at: float


class Stop(NamedTuple):
    """StopExecution: everything still running is aborted."""

    at: float
    error: str | None = None
    cause: str | None = None


class Redrive(NamedTuple):
    """RedriveExecution: what has ended badly goes on from its unsuccessful states."""

    at: float


class UpdateMapRun(NamedTuple):
    """UpdateMapRun: other limits for the Map run ``arn`` while it goes on; those that are None stay."""

    at: float
    arn: str
    max_concurrency: int | None = None
    tolerated_count: int | None = None
    tolerated_percentage: float | None = None


class SetInput(NamedTuple):
    """The value about to enter the next state of the frame ``frame`` is ``data`` instead (a debugger's edit)."""

    at: float
    frame: FrameKey
    data: Json


class MissingActivities(NamedTuple):
    """These activities, by ARN, do not exist from now on, and all others do: a Task of one fails before it is scheduled."""

    at: float
    arns: tuple[str, ...]


Command: TypeAlias = (
    TaskSucceeded
    | TaskFailed
    | TaskStarted
    | TaskSubmitted
    | TaskHeartbeat
    | Tick
    | Stop
    | Redrive
    | UpdateMapRun
    | SetInput
    | MissingActivities
)
