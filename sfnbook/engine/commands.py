"""Commands: what the engine is told. Each carries its time ``at`` (seconds since the epoch, UTC).

A journal is the start and the commands in order; replaying it gives the same events.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sfnbook.values import Json


@dataclass(frozen=True, slots=True)
class TaskSucceeded:
    """The call's answer. ``output`` is a private JSON value (see `sfnbook.values.wire_copy`)."""

    at: float
    call: int
    output: Json


@dataclass(frozen=True, slots=True)
class TaskFailed:
    """The call failed with an Error name and a Cause (None where AWS has none)."""

    at: float
    call: int
    error: str
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class TaskStarted:
    """An activity's worker took the task; its timeout keeps running, its heartbeat starts."""

    at: float
    call: int
    worker: str | None = None


@dataclass(frozen=True, slots=True)
class TaskSubmitted:
    """The service accepted the request of a ``.sync`` or ``.waitForTaskToken`` task and answered ``output``."""

    at: float
    call: int
    output: Json


@dataclass(frozen=True, slots=True)
class TaskHeartbeat:
    """The worker is alive: the heartbeat deadline starts again."""

    at: float
    call: int


@dataclass(frozen=True, slots=True)
class Tick:
    """Time has come to ``at``: what is due happens."""

    at: float


@dataclass(frozen=True, slots=True)
class Stop:
    """StopExecution: everything still running is aborted."""

    at: float
    error: str | None = None
    cause: str | None = None


Command: TypeAlias = TaskSucceeded | TaskFailed | TaskStarted | TaskSubmitted | TaskHeartbeat | Tick | Stop
