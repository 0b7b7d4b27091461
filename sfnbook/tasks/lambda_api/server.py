"""LambdaServer: what answers Lambda tasks here, offered to others as Lambda's Invoke API on this machine.

Step Functions Local, the AWS CLI or any SDK can call the notebook's functions. Listens on loopback only, and answers
only who calls it by a name of this machine and is no web page.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from sfnbook.engine.events import FrameKey
from sfnbook.engine.frame import Call
from sfnbook.errors import InputError, SfnbookError, TaskError
from sfnbook.language.resource import Resource, function_name, parse_resource
from sfnbook.runtime.capture import routing
from sfnbook.runtime.task import Log, Task
from sfnbook.runtime.threads import run_async, workers
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.containers.exit_codes import LIMIT
from sfnbook.tasks.registry import Registry
from sfnbook.tasks.target import Bound
from sfnbook.values import Json, from_text, to_text, wire_copy

_NAMES: Final = ("localhost", "127.0.0.1", "host.docker.internal", "host.containers.internal")
"""What callers on this machine, and containers of a desktop engine, may call us; none can be bent to here by DNS."""

_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:"


def serve_lambda(functions: Mapping[str, Any] | None = None, *, port: int = 0) -> LambdaServer:
    """Serve functions as a Lambda endpoint on loopback and return the server; ``port`` 0 takes a free one.

    functions: by name; without, those of ``__main__`` (a notebook's) and all marked with `sfnbook.task`.
    Raises InputError when the port is taken.
    """
    if functions is None:
        import __main__

        functions = vars(__main__)
    registry = Registry(functions)
    return LambdaServer(lambda: registry, port)


class DirectCall(Call):
    """A call from outside: of a Lambda client, not of a state."""

    __slots__ = ()

    def __init__(self, number: int, resource: Resource, event: Json) -> None:
        self.id = self.entered_id = number
        self.kind = "task"
        self.resource = resource
        self.arguments = event
        self.name = self.address = resource.function
        self.attempt = 0
        self.timeout = self.heartbeat = self.token = None
        self.credentials = None

    @property
    def frame_key(self) -> FrameKey:
        """No branch."""
        return ()

    @property
    def context(self) -> dict[str, Json]:
        """No Context object."""
        return {}


def _nobody(command: object) -> None:
    """A call from outside has no session to tell."""


class LambdaServer:
    """Lambda's Invoke API on loopback over what a registry resolves. ``find``: the registry as it is at a call."""

    def __init__(self, find: Callable[[], Registry], port: int) -> None:
        services.guard()
        self._find = find
        self._numbers = itertools.count(1)
        try:
            self._server = _Server(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as fault:
            raise InputError(f"The port {port} cannot be served on: {getattr(fault, 'strerror', fault)}.") from None
        self._server.owner = self
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(
            target=self._server.serve_forever, args=(0.1,), name="sfnbook-lambda-server", daemon=True
        ).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> LambdaServer:
        return self

    def __exit__(self, *fault: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<LambdaServer {self.url}>"

    def bound(self, name: str) -> tuple[Resource, Bound] | None:
        """Return what answers a function, given by name, partial or full ARN; None when nothing does."""
        registry, plain = self._find(), function_name(name)
        same = [b.pattern for b in registry if isinstance(b.pattern, str) and function_name(b.pattern) == plain]
        for text in (name, *same, _ARN + plain):
            resource = parse_resource(text)
            bound = registry.resolve(resource, plain)
            if bound is not None:
                return resource, bound
        return None

    def invoke(self, resource: Resource, bound: Bound, event: Json) -> tuple[Json, bool, Log]:
        """Call a function: (its answer or Lambda's error document, whether it failed, what it printed)."""
        task = Task(DirectCall(next(self._numbers), resource, event), _nobody)
        with routing():
            try:
                answer = bound.handler(task)
                if hasattr(answer, "__await__"):
                    answer = run_async(_wait(answer)).result()
                return wire_copy(answer), False, task.log
            except TaskError as fault:
                return _document(fault), True, task.log
            except (SfnbookError, ValueError) as fault:
                return {"errorType": type(fault).__name__, "errorMessage": str(fault)}, True, task.log


async def _wait(answer: Any) -> Any:
    return await answer


def _document(fault: TaskError) -> Json:
    """The error document of a failure: its Cause when that is one, else one made of Error and Cause."""
    try:
        document = from_text(fault.cause)
    except ValueError:
        document = None
    if isinstance(document, dict) and "errorType" in document:
        return document
    return {"errorMessage": fault.cause, "errorType": fault.error}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: LambdaServer


class _Refused(Exception):
    """A request that gets an error of the Lambda service."""

    def __init__(self, status: int, error: str, message: str) -> None:
        super().__init__(message)
        self.status, self.error, self.message = status, error, message


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 30
    server: _Server

    def do_POST(self) -> None:
        try:
            body = self._body()
            self._check_caller()
            self._invoke(body)
        except _Refused as fault:
            self.close_connection = True  # as for the other methods
            document = to_text({"Type": "User", "message": fault.message, "Message": fault.message})
            self._answer(fault.status, document.encode(), {"x-amzn-ErrorType": fault.error})

    def do_GET(self) -> None:
        self.close_connection = True  # a body that nobody reads must not count as the next request
        self._answer(404, b'{"message":"This endpoint serves Invoke only."}', {"x-amzn-ErrorType": "NotFound"})

    do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_GET

    def _check_caller(self) -> None:
        name, _, port = self.headers.get("Host", "").rpartition(":")
        if name not in _NAMES or port != str(self.server.owner.port) or "Origin" in self.headers:
            raise _Refused(403, "AccessDeniedException", f"Call this endpoint as {self.server.owner.url}")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "identity").lower() != "identity":
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdecimal()):
            raise _Refused(400, "InvalidRequestContentException", f"Content-Length {length!r} is no number")
        body = self.rfile.read(self._bounded(int(length)))
        if len(body) < int(length):
            raise _Refused(400, "InvalidRequestContentException", "The body ended before its Content-Length")
        return body

    def _chunks(self) -> bytes:
        """Read a chunked body (RFC 9112, 7.1), which clients send that do not know its length beforehand."""
        body = b""
        while True:
            size, _, _ = self.rfile.readline(1024).partition(b";")
            try:
                left = int(size, 16)
                if left < 0 or not size.strip().isalnum():
                    raise ValueError
            except ValueError:
                raise _Refused(400, "InvalidRequestContentException", "The body is not chunked as it says") from None
            if left == 0:
                break
            self._bounded(len(body) + left)
            body += self.rfile.read(left)
            self.rfile.readline(1024)
        while self.rfile.readline(65_536).strip():  # trailers
            pass
        return body

    def _bounded(self, size: int) -> int:
        if size > LIMIT:
            message = f"Request must be smaller than {LIMIT} bytes for the InvokeFunction operation"
            raise _Refused(413, "RequestTooLargeException", message)
        return size

    def _invoke(self, body: bytes) -> None:
        match urlsplit(self.path).path.strip("/").split("/"):
            case ["2015-03-31", "functions", name, "invocations"]:
                name = unquote(name)
            case _:
                raise _Refused(404, "NotFound", f"{self.path} is no Invoke request")
        found = self.server.owner.bound(name)
        if found is None:
            message = f"Function not found: {_ARN}{function_name(name)}"
            raise _Refused(404, "ResourceNotFoundException", message)
        try:
            event = from_text(body.decode()) if body.strip() else {}
        except ValueError as fault:
            message = f"Could not parse request body into json: {fault}"
            raise _Refused(400, "InvalidRequestContentException", message) from None
        owner = self.server.owner
        match self.headers.get("X-Amz-Invocation-Type", "RequestResponse"):
            case "DryRun":
                self._answer(204, b"", {})
            case "Event":
                workers.submit(lambda: _forget(owner.invoke(*found, event)))
                self._answer(202, b"", {})
            case _:
                self._reply(*owner.invoke(*found, event))

    def _reply(self, answer: Json, failed: bool, log: Log) -> None:
        headers = {"X-Amz-Executed-Version": "$LATEST"}
        try:
            body = to_text(answer).encode()
        except UnicodeEncodeError:  # UTF-8 has no half of a surrogate pair, JSON's escapes have
            body = json.dumps(answer, separators=(",", ":")).encode()
        if len(body) > LIMIT:
            body, failed = _oversized(len(body)), True
        if failed:
            headers["X-Amz-Function-Error"] = "Unhandled"
        if self.headers.get("X-Amz-Log-Type") == "Tail":
            headers["X-Amz-Log-Result"] = base64.b64encode(log.text.encode("utf-8", "replace")[-4096:]).decode()
        self._answer(200, body, headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"x-amzn-RequestId: {uuid4()}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if status != 204:
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the notebook is no server's console."""


def _oversized(size: int) -> bytes:
    """Lambda's error document for an answer that is too large."""
    message = f"Response payload size ({size} bytes) exceeded maximum allowed payload size ({LIMIT} bytes)."
    return to_text({"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"}).encode()


def _forget(answer: object) -> None:
    """An asynchronous invocation's answer goes nowhere."""
