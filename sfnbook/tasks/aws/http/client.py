"""The HTTP requests of HTTP Tasks and API Gateway calls: what they may reach, what a response is, TestState's record of both."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request

from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.aws.services.opener import opener
from sfnbook.tasks.registry import Registry
from sfnbook.values import Json, from_text

LIMIT: Final = 60.0
"""Seconds an HTTP Task may take, from the request to the end of the response (guide: "Step Functions service quotas")."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response. ``headers``: each name with its values."""

    status: int
    reason: str
    headers: Mapping[str, list[str]]
    body: bytes

    @property
    def value(self) -> Json:
        """The body as JSON if it is that, else as text."""
        text = self.body.decode("utf-8", "replace")
        try:
            return from_text(text)
        except ValueError:
            return text

    @property
    def result(self) -> dict[str, Json]:
        """The result of the task."""
        headers: Json = {name: list(values) for name, values in self.headers.items()}
        found = {"Headers": headers, "StatusCode": self.status, "StatusText": self.reason}
        return {**found, "ResponseBody": self.value} if self.body else found


@dataclass(slots=True)
class Exchange:
    """What went over the wire for an HTTP Task, by TestState's names: ``inspectionData.request`` and ``.response``.

    secrets: whether the request is recorded with what a connection adds to it.
    """

    secrets: bool = False
    request: dict[str, str] = field(default_factory=dict)
    response: dict[str, str] = field(default_factory=dict)

    def note_request(self, method: str, url: str, headers: Mapping[str, list[str]], body: bytes | None) -> None:
        """Note a request."""
        self.request = {"protocol": urlsplit(url).scheme, "method": method, "url": url, "headers": _listed(headers)}
        if body is not None:
            self.request["body"] = body.decode("utf-8", "replace")

    def note_response(self, reply: Reply, protocol: str) -> None:
        """Note a response."""
        about = {"protocol": protocol, "statusCode": str(reply.status), "statusMessage": reply.reason}
        self.response = {**about, "headers": _listed(reply.headers), "body": reply.body.decode("utf-8", "replace")}


noted: ContextVar[Exchange | None] = ContextVar("noted", default=None)
"""Where the HTTP Task that runs in this context is to note its exchange; None where no TestState asks."""


def _listed(headers: Mapping[str, list[str]]) -> str:
    return f"[{', '.join(f'{name}: {value}' for name, values in headers.items() for value in values)}]"


_allowed: ContextVar[frozenset[str] | None] = ContextVar("http_tasks_allowed", default=None)
"""What requests made in this context may reach (`reach.WORDS`); None where a place was named for them."""


@contextmanager
def reaching(registry: Registry) -> Iterator[frozenset[str]]:
    """Let requests go no further than the machine that ``registry`` belongs to may reach."""
    allowed = registry.http_tasks
    if allowed is None:
        allowed = services.http_tasks
    before = _allowed.set(allowed)
    try:
        yield allowed
    finally:
        _allowed.reset(before)


def send(
    method: str, url: str, headers: Mapping[str, list[str]], body: bytes | None, *, seconds: float = LIMIT
) -> Reply:
    """Send a request. Raises OSError when there is no response, Unreachable for what may not be reached."""
    end = time.monotonic() + seconds
    try:
        request = Request(url, data=body, method=method)
        for name, values in headers.items():
            request.add_header(name, ", ".join(values))
        with opener(url, _allowed.get()).open(request, timeout=seconds) as response:
            return _reply(response.status, response.reason, response.headers, _read(response, end))
    except HTTPError as fault:
        with fault:
            return _reply(fault.code, str(fault.reason), fault.headers, _read(fault, end))
    except http.client.HTTPException as fault:
        raise OSError(f"{type(fault).__name__}: {fault}") from None
    except UnicodeError as fault:
        raise OSError(f"a URL and headers hold ASCII characters only, others as percent-encoded: {fault}") from None
    except (ValueError, OverflowError) as fault:  # a header's name with line feeds, a port beyond 65,535
        raise OSError(str(fault)) from None


def _read(response: Any, end: float) -> bytes:
    """Return a response's body. Raises TimeoutError when it is not there by ``end``, however slowly it comes."""
    found = []
    while part := response.read1(65_536):
        found.append(part)
        if time.monotonic() > end:
            raise TimeoutError("Read timed out")
    return b"".join(found)


def _reply(status: int, reason: str, headers: Any, body: bytes) -> Reply:
    found: dict[str, list[str]] = {}
    for name, value in headers.items():
        found.setdefault(name, []).append(value)
    return Reply(status, reason or http.client.responses.get(status, ""), found, body)
