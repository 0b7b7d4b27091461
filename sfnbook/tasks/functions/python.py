"""Python functions as Lambda functions: what they get, what they return, and how their failures look.

A function takes ``(event, context)`` or ``(event)`` and may be async. Around it happens what AWS's Python runtime does:
the result must be JSON, an exception becomes Error = its class name and Cause = Lambda's JSON document.
"""

from __future__ import annotations

import base64
import inspect
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from sfnbook.errors import InputError, TaskError
from sfnbook.language.resource import function_name
from sfnbook.runtime.capture import begin_capture, captured, end_capture
from sfnbook.runtime.task import Handler, Task
from sfnbook.tasks.aws.api.envelope import envelope
from sfnbook.tasks.functions.marshaller import marshalled, refused
from sfnbook.values import Json, copy_of, from_text, to_text, wire_copy

Function = Callable[..., Any]

REMAINING: Final = 900_000
"""Milliseconds a function has when its state sets no timeout (Lambda's longest)."""


class LambdaContext:
    """The ``context`` argument: the members of AWS Lambda's Python context object."""

    function_version = "$LATEST"
    memory_limit_in_mb = 128
    identity = None
    client_context = None

    def __init__(self, task: Task, name: str) -> None:
        self.function_name = name
        self.aws_request_id = request_id_of(task)
        account = "arn:aws:lambda:us-east-1:123456789012:function:"
        self.invoked_function_arn = task.resource.text if task.resource.kind == "lambda" else account + name
        self.log_group_name = f"/aws/lambda/{name}"
        self.log_stream_name = f"{task.state}/{task.attempt}"
        limit = task.timeout * 1000 if task.timeout is not None else REMAINING
        self._deadline = time.monotonic() * 1000 + limit

    def __getstate__(self) -> dict[str, Any]:  # another process may have another clock: the time left travels
        return {**vars(self), "_deadline": self.get_remaining_time_in_millis()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._deadline += time.monotonic() * 1000

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds left before the state's timeout (15 minutes without one)."""
        return max(0, int(self._deadline - time.monotonic() * 1000))


def accepts_context(function: Function) -> bool:
    """Return whether a function takes a second argument. Raises InputError when it cannot be called with an event."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return False
    for arguments in ((1, 2), (1,)):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        return len(arguments) == 2
    name = getattr(function, "__name__", repr(function))
    raise InputError(f"{name}{signature} cannot be a task: write it as {name}(event, context) or {name}(event).")


def takes_context(function: Function) -> bool:
    """Return whether a function is called with a context; one that fits neither call is, and raises as on Lambda."""
    try:
        return accepts_context(function)
    except InputError:
        return True


@lru_cache(maxsize=256)
def _shape(function: Function) -> tuple[bool, bool]:
    """Whether a function takes a context, and whether it is async; asked for at every call, so remembered."""
    return takes_context(function), inspect.iscoroutinefunction(function)


def function_handler(function: Function, name: str, look_up: Callable[[], Function] | None = None) -> Handler:
    """Return a handler that calls ``function``; ``look_up`` finds its present definition at each call instead."""

    def handle(task: Task) -> Any:
        present = look_up() if look_up is not None else function
        call = task._call
        kind = call.resource.kind
        wrap: Callable[[Json, Task], Json]
        if kind == "lambda" and type(call.arguments) is dict:  # `event_of` of nearly every call
            event, wrap = copy_of(call.arguments), _bare
        else:
            if kind == "activity":
                task.started(getattr(present, "__name__", name))
            event, wrap = event_of(task)
        takes_context, is_async = _shape(present)
        arguments = (event, LambdaContext(task, name)) if takes_context else (event,)
        if is_async:
            return _await(present, arguments, task, wrap)
        before = begin_capture(task)  # `captured`, without an object of its own: this is on the path of every call
        try:
            result = present(*arguments)
        except TaskError:
            raise
        except Exception as fault:
            raise failed(fault, task) from None
        except SystemExit as fault:
            raise exited(fault.code, task) from None
        except KeyboardInterrupt:
            raise
        except BaseException as fault:  # Lambda's runtime does not catch it either: the process ends
            raise crashed(fault, task) from None
        finally:
            end_capture(before)
        if type(result) is dict:
            private = private_json(result, task)
            return private if wrap is _bare else wrap(private, task)
        if hasattr(result, "__await__"):
            return _finish(result, task, wrap)
        return wrap(private_json(result, task), task)

    return handle


async def _await(function: Function, arguments: tuple[Any, ...], task: Task, wrap: Any) -> Json:
    try:
        awaitable = function(*arguments)
    except TypeError as fault:  # its arguments do not fit: nothing of it has run yet
        raise failed(fault, task) from None
    return await _finish(awaitable, task, wrap)


async def _finish(awaitable: Any, task: Task, wrap: Any) -> Json:
    from asyncio import CancelledError

    with captured(task):
        try:
            result = await awaitable
        except TaskError:
            raise
        except Exception as fault:
            raise failed(fault, task) from None
        except SystemExit as fault:
            raise exited(fault.code, task) from None
        except (KeyboardInterrupt, CancelledError):
            raise
        except BaseException as fault:  # as above
            raise crashed(fault, task) from None
    return wrap(private_json(result, task), task)


def event_of(task: Task) -> tuple[Json, Callable[[Json, Task], Json]]:
    """The event of a call, the function's own, and what its result is wrapped in.

    Only lambda:invoke has an envelope (recorded).
    """
    resource, data = task._call.resource, task._call.arguments
    if not resource.is_lambda_invoke or not isinstance(data, dict):
        return ({} if data is None and resource.kind == "lambda" else copy_of(data)), _bare
    payload = data.get("Payload")
    if isinstance(payload, str):
        with suppress(ValueError):
            payload = from_text(payload)
    return ({} if payload is None else copy_of(payload)), _envelope


def _bare(result: Json, task: Task) -> Json:
    return result


def _envelope(result: Json, task: Task) -> Json:
    """The answer of the optimised integration ``lambda:invoke``."""
    request_id = request_id_of(task)
    length = str(len(to_text(result).encode()))
    headers = {
        "X-Amz-Executed-Version": "$LATEST",
        "x-amzn-Remapped-Content-Length": "0",
        "Connection": "keep-alive",
        "x-amzn-RequestId": request_id,
        "Content-Length": length,
        "Date": http_date(task.at),
        "X-Amzn-Trace-Id": f"Root=1-{int(task.at):08x}-{request_id.replace('-', '')[:24]};Sampled=0",
        "Content-Type": "application/json",
    }
    answer: dict[str, Json] = {
        "ExecutedVersion": "$LATEST",
        "Payload": result,
        **envelope(headers, request_id),
        "StatusCode": 200,
    }
    if isinstance(task.input, dict) and task.input.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode(task.log.text.encode()[-4096:]).decode()
    return answer


def http_date(at: float) -> str:
    """Return a moment, in seconds since the epoch, as a Date header has it.

    >>> http_date(0)
    'Thu, 01 Jan 1970 00:00:00 GMT'
    """
    from email.utils import formatdate  # loads much

    return formatdate(at, usegmt=True)


def request_id_of(task: Task) -> str:
    return f"{task.id:08x}-0000-4000-8000-{task.entered_id & 0xFFFFFFFFFFFF:012x}"


def private_json(result: Any, task: Task) -> Json:
    """Return a copy of a result as JSON. Raises TaskError, as Lambda does, for what is none."""
    try:
        return wire_copy(result) if type(result) is dict else json_result(result)
    except ValueError:  # rare: what JSON does not hold, but Lambda's runtime takes or refuses in words of its own
        pass
    except RecursionError as fault:
        raise unfit(str(fault), task) from None
    try:
        return json_result(result)
    except (ValueError, RecursionError) as fault:
        raise unfit(str(fault), task) from None


def json_result(result: Any) -> Json:
    """Return a function's result as JSON. Raises ValueError that names the place of what JSON cannot hold.

    Bytes are the payload itself, as AWS's Python runtime sends them: the JSON that they hold, else their text.
    """
    if isinstance(result, (bytes, bytearray)):
        result = bytes(result).decode("utf-8", "replace")
        with suppress(ValueError):
            result = from_text(result)
    return marshalled(result)


def unfit(why: str, task: Task) -> TaskError:
    """Return the failure that Lambda reports for a result that is no JSON; where it is stands in the task's log."""
    words, hint = refused(why)
    if hint:
        task.log.write(f"{hint}\n")
    document = {"errorMessage": f"Unable to marshal response: {words}", "errorType": "Runtime.MarshalError"}
    return TaskError("Runtime.MarshalError", to_text({**document, "requestId": request_id_of(task), "stackTrace": []}))


def failed(fault: Exception, task: Task) -> TaskError:
    """Return the failure that Lambda reports for an exception of the user's function, in the user's own lines."""
    return raised(type(fault).__name__, str(fault), traceback.extract_tb(fault.__traceback__)[1:], task)


def crashed(fault: BaseException, task: Task) -> TaskError:
    """Return the failure that Lambda reports for what is no Exception: the process has ended, with this traceback."""
    raised(type(fault).__name__, str(fault), traceback.extract_tb(fault.__traceback__)[1:], task)
    return exited(1, task)


def raised(name: str, message: str, frames: Sequence[traceback.FrameSummary], task: Task) -> TaskError:
    """Return the failure that Lambda reports for an exception of this class and message, raised in these frames."""
    for frame in frames:
        frame.filename = source_name(frame.filename)
    lines = traceback.format_list(frames)
    last = f"{name}: {message}" if message else name
    task.log.traceback = "Traceback (most recent call last):\n" + "".join(lines) + last
    document = {"errorMessage": message, "errorType": name, "requestId": request_id_of(task), "stackTrace": lines}
    return TaskError(name, to_text(wire_copy(document)))


def exited(code: Any, task: Task) -> TaskError:
    """Return the failure that Lambda reports for a function that ends its process; ``code`` as SystemExit has it."""
    message = f"RequestId: {request_id_of(task)} Error: Runtime exited with error: exit status {code or 0}"
    return TaskError("Runtime.ExitError", to_text({"errorType": "Runtime.ExitError", "errorMessage": message}))


source_names: dict[str, Callable[[str], str]] = {}
"""How file names are shown in tracebacks; a notebook adds one that turns its cells' files into ``cell 3``."""


def source_name(filename: str) -> str:
    """Return a file name as a reader knows it."""
    for rename in source_names.values():
        filename = rename(filename)
    return filename


def static_function(resource_kind: str, function: str, arguments: Json) -> str | None:
    """Return the function a task will call as far as the definition alone tells, else None."""
    if resource_kind == "lambda":
        return function
    if isinstance(arguments, dict) and isinstance(arguments.get("FunctionName"), str):
        return function_name(arguments["FunctionName"])
    return None
