"""``lambda:invoke`` without waiting: InvocationType Event, whose result is discarded, and DryRun, which calls nothing.

Lambda takes an event and answers 202 before the function runs (API reference: Invoke). Here the function runs first, so that
what it prints stands at the visit and what it changes is there for the next state; its result and its failure are dropped.
"""

from __future__ import annotations

from typing import Any, Final

from sfnbook.errors import TaskError
from sfnbook.runtime.task import Cancelled, Handler, Task
from sfnbook.tasks.aws.api.envelope import envelope
from sfnbook.tasks.functions.python import request_id_of
from sfnbook.values import Json

REQUEST: Final = "RequestResponse"
DRY: Final = "DryRun"


def unheard(handler: Handler, dry: bool) -> Handler:
    """Return a handler that says that the event was taken, whatever ``handler`` makes of it; ``dry`` calls nothing."""

    def handle(task: Task) -> Any:
        if dry:
            return invocation_answer(task, 204)
        try:
            result: Any = handler(task)
        except TaskError as fault:
            return _dropped(task, fault)
        return _later(task, result) if hasattr(result, "__await__") else invocation_answer(task, 202)

    return handle


async def _later(task: Task, awaitable: Any) -> Json:
    try:
        await awaitable
    except Cancelled:
        raise
    except TaskError as fault:
        return _dropped(task, fault)
    return invocation_answer(task, 202)


def _dropped(task: Task, fault: TaskError) -> Json:
    task.log.write(
        f"[the function failed, which nobody hears with InvocationType Event] {fault.error}: {fault.cause}\n"
    )
    return invocation_answer(task, 202)


def invocation_answer(task: Task, status: int) -> Json:
    """Return Lambda's answer to an event, as the optimised integration shapes it."""
    request_id = request_id_of(task)
    headers = {"Connection": "keep-alive", "Content-Length": "0", "x-amzn-RequestId": request_id}
    return {"Payload": "", **envelope(headers, request_id, status), "StatusCode": status}
