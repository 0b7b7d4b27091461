"""LambdaEndpoint: functions served elsewhere by URL answer tasks: SAM's ``start-lambda``, an emulator, another notebook.

Owns Lambda's Invoke call as a client, and which endpoint answers the functions that nothing here answers
(LAMBDA_ENDPOINT). Signs nothing: what needs a signature is an AWS service, not an endpoint of this kind.
"""

from __future__ import annotations

import os
import selectors
import time
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from sfnbook.errors import BindingError, TaskError
from sfnbook.language.resource import Resource, function_name
from sfnbook.runtime.task import Task
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.containers.exit_codes import LIMIT, UNREACHABLE, flooded, reported, runtime_error
from sfnbook.tasks.functions.python import event_of
from sfnbook.tasks.target import Bound
from sfnbook.values import Json, from_text, to_text

if TYPE_CHECKING:  # 20 ms to import: only for those who have an endpoint
    from http.client import HTTPConnection, HTTPMessage

_TICK: Final = 0.1
_CONNECT: Final = 10.0
_LONGEST: Final = 900.0
"""Seconds a function may take: Lambda's own limit, and how long AWS waits for an answer."""


def endpoint() -> str | None:
    """Return the URL of the Lambda endpoint that answers what nothing here answers, None when there is none.

    What `services` say of Lambda (%sfn_services, an env-file, AWS_ENDPOINT_URL_LAMBDA), else LAMBDA_ENDPOINT.
    """
    where = services.where("lambda")
    return where.url if where.kind == "endpoint" else os.environ.get("LAMBDA_ENDPOINT") or None


def bound(resource: Resource) -> Bound | None:
    """Return what answers a Lambda task to which nothing is bound: the endpoint, if there is one."""
    if resource.kind != "lambda" and not resource.is_lambda_invoke:
        return None
    url = endpoint()
    if not url:
        return None
    target = LambdaEndpoint(url)
    return Bound(target.handle, target.text, target.check)


class LambdaEndpoint:
    """A Lambda Invoke endpoint as a target.

    url: where it listens (``http://127.0.0.1:3001``; the function is the task's own), or the whole address of one
    function (``.../2015-03-31/functions/NAME/invocations``). timeout: seconds it may take.
    """

    def __init__(self, url: str, *, timeout: float = _LONGEST) -> None:
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as fault:
            raise BindingError(f"{url} is no address of a Lambda endpoint: {fault}.") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BindingError(f"{url} is no address of a Lambda endpoint. Write for example http://127.0.0.1:3001")
        self.url = url.rstrip("/")
        self.timeout = timeout
        self.text = f"Lambda endpoint {self.url}"
        self._secure = parts.scheme == "https"
        self._host, self._port = parts.hostname, port
        self._path = parts.path.rstrip("/")

    def check(self) -> tuple[bool, str]:
        """Say whether it takes connections."""
        from sfnbook.tasks import doctor

        return doctor.check_url(self.url)

    def handle(self, task: Task) -> Json:
        """Answer a task (see `sfnbook.runtime.task.Handler`)."""
        event, wrap = event_of(task)
        status, headers, body = self._post(self._address(task), to_text(event).encode(), task)
        return wrap(self._read(status, headers, body, task), task)

    def _address(self, task: Task) -> str:
        if self._path.endswith("/invocations"):
            return self._path
        name = task.resource.function
        if task.resource.is_lambda_invoke and isinstance(task.input, dict):
            name = function_name(str(task.input.get("FunctionName") or ""))
        if not name or task.resource.kind == "activity":
            raise TaskError(
                UNREACHABLE,
                f"{task.resource.text} names no function to ask {self.url} for. Bind the function's whole address: "
                f"{self.url}/2015-03-31/functions/NAME/invocations",
            )
        return f"{self._path}/2015-03-31/functions/{quote(name, safe='')}/invocations"

    def _post(self, path: str, payload: bytes, task: Task) -> tuple[int, HTTPMessage, bytes]:
        http: Any = import_module("http.client")
        made = http.HTTPSConnection if self._secure else http.HTTPConnection
        connection: HTTPConnection = made(self._host, self._port, timeout=_CONNECT)
        try:
            connection.connect()
        except OSError as fault:
            connection.close()
            reason = fault.strerror or str(fault)
            raise TaskError(
                UNREACHABLE, f"Unable to execute HTTP request: Connect to {self.url} failed: {reason}. Is it running?"
            ) from None
        try:
            headers = {"Content-Type": "application/json", "X-Amz-Invocation-Type": "RequestResponse"}
            connection.request("POST", path, payload, headers)
            self._await(connection, task)
            response = connection.getresponse()
            return response.status, response.headers, response.read(LIMIT + 1)
        except (OSError, http.HTTPException) as fault:
            words = str(fault) or type(fault).__name__
            raise TaskError(UNREACHABLE, f"Unable to execute HTTP request: {self.url} broke off: {words}") from None
        finally:
            connection.close()

    def _await(self, connection: HTTPConnection, task: Task) -> None:
        """Wait for the answer in small steps, for as long as anybody wants it."""
        deadline = time.monotonic() + self.timeout
        sock: Any = connection.sock
        if self._secure and sock.pending():
            return
        with selectors.DefaultSelector() as selector:
            selector.register(sock, selectors.EVENT_READ)
            while not selector.select(_TICK):
                task.check()
                if time.monotonic() > deadline:
                    raise TaskError(
                        "Lambda.ClientExecutionTimeoutException",
                        f"Client execution did not complete before the specified timeout: {self.url} gave no answer "
                        f"within {self.timeout:g} seconds.",
                    )

    def _read(self, status: int, headers: HTTPMessage, body: bytes, task: Task) -> Json:
        text = body.decode("utf-8", "replace")
        if status >= 300:
            raise self._refused(status, headers, text)
        if len(body) > LIMIT:
            raise flooded(task)
        try:
            value = from_text(text) if text.strip() else None
        except ValueError:
            if headers.get("X-Amz-Function-Error"):
                raise reported(None, text) from None
            raise runtime_error(task, "Runtime.MarshalError", f"the answer is no JSON: {text[:200]}") from None
        if headers.get("X-Amz-Function-Error"):
            raise reported(value, text)
        return value

    def _refused(self, status: int, headers: HTTPMessage, text: str) -> TaskError:
        """The failure for the endpoint's own refusal, named as Step Functions names those of Lambda."""
        try:
            document = from_text(text)
        except ValueError:
            document = None
        fields = document if isinstance(document, dict) else {}
        name = headers.get("x-amzn-ErrorType") or fields.get("__type") or fields.get("Code") or ""
        name = str(name).split(":")[0].split("#")[-1]
        if not name:
            name = {404: "ResourceNotFoundException", 429: "TooManyRequestsException"}.get(status, "AWSLambdaException")
        message = fields.get("Message") or fields.get("message") or fields.get("errorMessage") or text[:500]
        cause = f"{message} (Service: Lambda, Status Code: {status}, Endpoint: {self.url})"
        return TaskError(f"Lambda.{name}", cause)
