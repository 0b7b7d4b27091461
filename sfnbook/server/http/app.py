"""The HTTP side: Starlette routes, who may come in, and what they get when something is wrong.

Owns limits, the token, Host and Origin; knows no operation. Whatever a client sends gets an AWS-shaped answer, and the
server goes on.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any, Final
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sfnbook.errors import NotWritten
from sfnbook.server.api.wire import CONTENT_TYPE, TARGET, ApiError, check, invalid, operations, read_body, to_bytes
from sfnbook.server.endpoint import Endpoint, asked_place
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.store import Damaged

LARGEST: Final = 4_194_304
"""Bytes of the largest request: a definition of 1 MiB, escaped, with room to spare."""

SLOWEST: Final = 30.0
"""Seconds a client may take to send its request."""

TIDY: Final = 1.0
"""Seconds between two times that the database's log is taken in."""

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

_SCOPE: Final = re.compile(r"Credential=([^/,\s]+)/\d+/([a-z0-9-]{1,32})/")
_ACCOUNT: Final = re.compile(r"\d{12}")
_CREDENTIAL: Final = re.compile(r"Credential=([^/,\s]+)/")
_log = logging.getLogger("sfnbook.server")


def make_app(
    opener: Callable[[], Endpoint],
    *,
    token: str | None = None,
    hosts: frozenset[str] = LOOPBACK,
    reload: Callable[[], str | None] | None = None,
    fixed: bool = False,
) -> ASGIApp:
    """Return the application. opener: makes the endpoint, on the event loop. token: what clients must know, None: nothing.

    hosts: the names clients may call the server by; not looked at when there is a token. fixed: what is
    made has the endpoint's region and account, whatever a request was signed for. reload: called every second.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        endpoint = app.state.endpoint = opener()
        endpoint.open()
        chores = [asyncio.ensure_future(_tidy(endpoint))]
        if reload is not None:
            chores.append(asyncio.ensure_future(_watch(reload)))
        try:
            yield
        finally:
            for chore in chores:
                chore.cancel()
            endpoint.close()

    from sfnbook.server.http.web_page import routes

    app = Starlette(lifespan=lifespan, routes=[Route("/", _api, methods=["POST"]), *routes()])
    app.state.fixed = fixed
    app.state.guarded = token is not None
    return Gate(app, token, hosts)


async def _tidy(endpoint: Endpoint) -> None:
    """Keep the database's log short, on a thread: requests must not wait for the disk."""
    while True:
        await asyncio.sleep(TIDY)
        await asyncio.to_thread(endpoint.store.tidy)
        endpoint.store.shrink()


async def _watch(reload: Callable[[], str | None]) -> None:
    while True:
        await asyncio.sleep(1)
        said = reload()
        if said is not None:
            print(f"sfnbook: {said}", flush=True)


class Gate:
    """Lets in who may come in: the right Host, no foreign Origin, the token if there is one."""

    def __init__(self, app: ASGIApp, token: str | None, hosts: frozenset[str]) -> None:
        self._app = app
        self._token = token
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if request.url.path == "/health":
            await Response('{"status":"ok"}', media_type="application/json")(scope, receive, send)
            return
        refused = self._refuse(request)
        if refused is not None:
            await _refusal(refused)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refuse(self, request: Request) -> ApiError | None:
        headers = request.headers
        host = headers.get("host", "")
        name = _plain_host(host)
        if self._token is None and name not in self._hosts and not name.endswith(".localhost"):
            allow = f"If that is this server, allow the name: sfnbook serve --allow-host {name or 'NAME'}"
            return ApiError("AccessDeniedException", f"The Host {host!r} is not served here. {allow}", 403)
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return ApiError("AccessDeniedException", "Requests of other web pages are not answered.", 403)
        if headers.get("sec-fetch-site") == "cross-site" and request.method != "GET":
            return ApiError("AccessDeniedException", "Requests of other web pages are not answered.", 403)
        if self._token is not None and not self._knows(request) and not _is_shell(request):
            words = "Give the token as AWS access key id, as Bearer token, or open the page with ?token=..."
            return ApiError("UnrecognizedClientException", f"The token of this server is missing. {words}", 403)
        return None

    def _knows(self, request: Request) -> bool:
        assert self._token is not None
        authorization = request.headers.get("authorization", "")
        signed = _CREDENTIAL.search(authorization)
        given = [
            authorization.removeprefix("Bearer ") if authorization.startswith("Bearer ") else "",
            signed[1] if signed else "",
            request.cookies.get("sfnbook-token", ""),
            request.query_params.get("token", "") if request.method == "GET" else "",
        ]
        wanted = self._token.encode()
        return any(hmac.compare_digest(text.encode("utf-8", "replace"), wanted) for text in given)


def _is_shell(request: Request) -> bool:
    """Whether this asks for the page's own files, which hold nothing of what is served here.

    A link to a view that comes from elsewhere brings no cookie (SameSite=Strict); what the page asks then does.
    """
    path = request.url.path
    return request.method == "GET" and (
        path.startswith("/page/") or (path == "/" and "token" not in request.query_params)
    )


def _signed_for(request: Request) -> tuple[str, str] | None:
    """Return the region of a request's signature, and the account where the access key id is one's number."""
    scope = _SCOPE.search(request.headers.get("authorization", ""))
    return (scope[2], scope[1] if _ACCOUNT.fullmatch(scope[1]) else "") if scope else None


def _plain_host(host: str) -> str:
    name = host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
    # boto3 puts the prefix of StartSyncExecution and TestState before an endpoint's name, too.
    return name.strip("[]").lower().removeprefix("sync-")


def _refusal(error: ApiError) -> Response:
    return Response(error.body(), error.status, _headers(), CONTENT_TYPE)


def _headers() -> dict[str, str]:
    return {"x-amzn-RequestId": str(uuid4())}


async def _api(request: Request) -> Response:
    try:
        answer = await _answer(request)
    except ApiError as error:
        return _refusal(error)
    except Damaged as fault:
        return _refusal(invalid(str(fault)))
    except ClientDisconnect:
        return Response(status_code=400)
    except NotWritten as fault:  # clients try again by themselves
        return _refusal(ApiError("ServiceUnavailableException", str(fault), 503))
    except Exception:  # the door: a fault of ours must not end the server, nor tell the client what we look like inside
        _log.exception("a request failed")
        return _refusal(ApiError("InternalServerError", "An internal error occurred; the server's log says more.", 500))
    return Response(to_bytes(answer), 200, _headers(), CONTENT_TYPE)


async def _answer(request: Request) -> Any:
    target = request.headers.get("x-amz-target", "")
    name = target.removeprefix(TARGET)
    if not target.startswith(TARGET) or name not in operations() or name not in OPERATIONS:
        words = f"The operation {target[:200]!r} is not known."
        if not target.startswith(TARGET):
            words += " This is Step Functions alone: AWS_ENDPOINT_URL_SFN is the variable that names it, not AWS_ENDPOINT_URL."
        raise ApiError("UnknownOperationException", words)
    body = await _body(request)
    checked = check(name, read_body(body))
    endpoint: Endpoint = request.app.state.endpoint
    endpoint.sync()
    asked_place.set(_signed_for(request) if not request.app.state.fixed else None)
    answer = OPERATIONS[name](endpoint, checked)
    return await _while_wanted(request, answer) if isawaitable(answer) else answer


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        raise _too_large()
    parts, size = [], 0
    try:
        async with asyncio.timeout(SLOWEST):
            async for part in request.stream():
                size += len(part)
                if size > LARGEST:
                    raise _too_large()
                parts.append(part)
    except TimeoutError:
        raise ApiError(
            "RequestTimeoutException", f"The request was not sent within {SLOWEST:g} seconds.", 408
        ) from None
    return b"".join(parts)


def _too_large() -> ApiError:
    return ApiError("RequestEntityTooLargeException", f"A request has at most {LARGEST} bytes.", 413)


async def _while_wanted(request: Request, answer: Awaitable[Any]) -> Any:
    """Await an answer that takes its time; stop when the client has gone."""
    work = asyncio.ensure_future(answer)
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            return work.result()
        raise ClientDisconnect
    finally:
        for task in (work, gone):
            task.cancel()


async def _gone(request: Request) -> None:
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            return
