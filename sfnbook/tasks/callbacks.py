"""Callbacks: answering a task by its token, wherever in this process it waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakValueDictionary

from sfnbook.engine.execution import issued
from sfnbook.errors import InputError
from sfnbook.runtime.session import Session, SpentToken, session_waiting_for
from sfnbook.values import Json, wire_copy


@dataclass(frozen=True, slots=True)
class Pending:
    """A task that waits for its answer by token, or from an activity worker.

    since: when it was scheduled, in seconds since the start of the run on the machine's clock. input: what it was sent
    with. visit: the id of the state's visit.
    """

    state: str
    token: str
    since: float
    input: Json
    visit: int


executions: Final[WeakValueDictionary[str, Any]] = WeakValueDictionary()
"""The runs of this process by ARN, those that have ended too: a Task token says which one made it."""


def waiting(token: str) -> Session:
    """Return the session whose task waits for a Task token.

    Raises SpentToken when the task has ended or timed out, InputError for a token of no execution here.
    """
    try:
        return session_waiting_for(token)
    except SpentToken:
        raise
    except InputError:
        if any(issued(token, arn) for arn in tuple(executions.keys())):
            raise SpentToken from None
        raise


def send_task_success(token: str, output: Json = None) -> None:
    """Answer the task that waits for ``token`` (SendTaskSuccess). Raises as `waiting` does."""
    try:
        copy = wire_copy(output)
    except ValueError as fault:
        raise InputError(f"The output is no JSON: {fault}.") from None
    waiting(token).succeed(token, copy)


def send_task_failure(token: str, error: str | None = None, cause: str | None = None) -> None:
    """Fail the task that waits for ``token`` (SendTaskFailure). Raises as `waiting` does."""
    waiting(token).fail(token, error, cause)


def send_task_heartbeat(token: str) -> None:
    """Say that the work for ``token`` goes on (SendTaskHeartbeat). Raises as `waiting` does."""
    waiting(token).heartbeat(token)
