"""Callbacks: tasks answered by their token."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.language.texts import read_json
from sfnbook.runtime.session import Session, SpentToken
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.runs import ServedRun
from sfnbook.server.wire import ApiError
from sfnbook.tasks.callbacks import waiting
from sfnbook.values import Json

_PATIENCE: Final = 20.0
"""Seconds an answer waits for the task's own request to be done with; only then can it count."""


async def send_task_success(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """SendTaskSuccess; in the journal when this returns."""
    token = request["taskToken"]
    session, run, call = _held(endpoint, token)
    output = _output(request["output"])
    session.succeed(token, output)
    await _settled(endpoint, run, token, call)
    return {}


async def send_task_failure(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """SendTaskFailure; in the journal when this returns."""
    token = request["taskToken"]
    session, run, call = _held(endpoint, token)
    session.fail(token, request.get("error"), request.get("cause"))
    await _settled(endpoint, run, token, call)
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
        if call in run.execution.calls:
            return run.session, run, call
        endpoint.spend_token(token)
    elif token not in endpoint.spent:
        try:
            return waiting(token), None, 0
        except SpentToken:
            pass
        except InputError:
            raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'") from None
    raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


async def _settled(endpoint: Endpoint, run: ServedRun | None, token: str, call: int) -> None:
    """Return once the answer is in the journal: at once, or when the handler that made the request is done."""
    if run is None:
        return
    run.driven.pump()
    until = time.monotonic() + _PATIENCE
    while call in run.execution.calls and not run.done and time.monotonic() < until:
        await asyncio.sleep(0.01)
    if call not in run.execution.calls:
        endpoint.spend_token(token)
