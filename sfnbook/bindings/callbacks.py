"""Callbacks: answering a task by its token, wherever in this process it waits."""

from __future__ import annotations

from dataclasses import dataclass

from sfnbook.errors import InputError
from sfnbook.runtime.session import holder
from sfnbook.values import Json, wire_copy


@dataclass(frozen=True, slots=True)
class Pending:
    """A task that waits for somebody to answer it.

    since: when it was scheduled, in seconds since the start of the run on the machine's clock. input: what it was sent
    with. visit: the id of the state's visit.
    """

    state: str
    token: str
    since: float
    input: Json
    visit: int


def send_task_success(token: str, output: Json = None) -> None:
    """Answer the task that waits for ``token`` (SendTaskSuccess). Raises InputError when none does."""
    try:
        copy = wire_copy(output)
    except ValueError as fault:
        raise InputError(f"The output is no JSON: {fault}.") from None
    holder(token).succeed(token, copy)


def send_task_failure(token: str, error: str = "", cause: str = "") -> None:
    """Fail the task that waits for ``token`` (SendTaskFailure). Raises InputError when none does."""
    holder(token).fail(token, error, cause)


def send_task_heartbeat(token: str) -> None:
    """Say that the work for ``token`` goes on (SendTaskHeartbeat). Raises InputError when no task waits for it."""
    holder(token).heartbeat(token)
