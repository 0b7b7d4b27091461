"""Callbacks: tasks answered by their token."""

from __future__ import annotations

from typing import Any, Final

from sfnbook.errors import InputError, NotWritten
from sfnbook.language.texts import read_json
from sfnbook.runtime.session import Session, SpentToken
from sfnbook.server.api.wire import ApiError
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.runs import ServedRun
from sfnbook.tasks.callbacks import waiting
from sfnbook.values import Json

PATIENCE: Final = 1.0
"""Seconds after which an answer counts although the function that was given the token still runs.

Until then the function's own answer may stand before it in the history (TaskSubmitted), as it mostly does on AWS.
"""


def send_task_success(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """SendTaskSuccess; in the journal when this returns."""
    token = request["taskToken"]
    session, run, call = _held(endpoint, token)
    output = _output(request["output"])
    session.succeed(token, output)
    _settled(endpoint, run, token, call)
    return {}


def send_task_failure(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """SendTaskFailure; in the journal when this returns."""
    token = request["taskToken"]
    session, run, call = _held(endpoint, token)
    session.fail(token, request.get("error"), request.get("cause"))
    _settled(endpoint, run, token, call)
    return {}


def send_task_heartbeat(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """SendTaskHeartbeat."""
    session, run, _ = _held(endpoint, request["taskToken"])
    session.heartbeat(request["taskToken"])
    if run is not None:
        run.driven.pump()
    return {}


def _output(text: str) -> Json:
    try:
        return read_json(text)
    except ValueError as fault:
        raise ApiError("InvalidOutput", f"Invalid Output: '{fault}'") from None


def _held(endpoint: Endpoint, token: str) -> tuple[Session, ServedRun | None, int]:
    """Return who waits for a token: an execution here, or a notebook's own run."""
    held = endpoint.tokens.get(token)
    if held is not None:
        run, call = held
        if call in run._execution.calls:
            return run._session, run, call
        endpoint.spend_token(token)
    elif token not in endpoint.spent:
        try:
            return waiting(token), None, 0
        except SpentToken:
            pass
        except InputError:
            raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'") from None
    raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def _settled(endpoint: Endpoint, run: ServedRun | None, token: str, call: int) -> None:
    """See to it that an answer is written down: in the journal, or beside it while the task's function still runs.

    AWS takes a token while the function that was given it still runs; the function may itself be the one that answers.
    """
    if run is None:
        return
    run.driven.pump()
    early = run._session.early(call)
    if early is not None:
        if run.stored.id:
            endpoint.store.keep_answer(run.stored.id, call, early)
        endpoint.loop.call_later(PATIENCE, run._session.let_count, call)
    elif call in run._execution.calls and not run.done:
        raise NotWritten("The answer cannot be written down at this moment.")
    endpoint.spend_token(token)
