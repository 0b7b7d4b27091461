"""Step Functions for this process's own code: what boto3 in a function, and ``aws-sdk:sfn`` tasks, ask.

They meet the endpoint of this process if there is one (``sfnbook serve``, ``%sfn_serve``), else one that nobody else can
reach: it serves the machines that were defined here and their runs. Executions that are started through it have a clock on
which waits take no time.
"""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, Final
from uuid import uuid4

from sfnbook.errors import NotWritten
from sfnbook.server.api.wire import CONTENT_TYPE, TARGET, ApiError, check, read_body, to_bytes
from sfnbook.server.endpoint import Endpoint, opened
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.store import Store
from sfnbook.tasks import start_execution

_lock: Final = threading.Lock()
_own: list[Endpoint] = []


class _Nothing(list[Any]):
    """Takes what nobody asks for."""

    def append(self, item: Any) -> None:
        """Let go of it."""


class _Machines:
    """The machines of this process, as a workspace has them."""

    namespace: Mapping[str, Any] | None = None
    bindings: Final[dict[str, Any]] = {}
    runs: Final = _Nothing()
    machines = start_execution.machines


def answer(target: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return the answer to a request: status, headers, body."""
    headers = {"Content-Type": CONTENT_TYPE, "x-amzn-RequestId": str(uuid4())}
    endpoint = _endpoint()
    try:
        found = asyncio.run_coroutine_threadsafe(_answered(endpoint, target, body), endpoint.loop).result()
        return 200, headers, to_bytes(found)
    except ApiError as refused:
        return refused.status, headers, refused.body()
    except NotWritten as fault:
        return 503, headers, ApiError("ServiceUnavailableException", str(fault), 503).body()


async def _answered(endpoint: Endpoint, target: str, body: bytes) -> Any:
    name = target.removeprefix(TARGET)
    if name not in OPERATIONS:
        raise ApiError("UnknownOperationException", f"The operation {target[:200]!r} is not known.")
    request = check(name, read_body(body))
    endpoint.sync()
    found = OPERATIONS[name](endpoint, request)
    return await found if isawaitable(found) else found


def _endpoint() -> Endpoint:
    with _lock:
        served = [endpoint for endpoint in opened if endpoint not in _own]
        if served:
            return served[-1]
        if not _own:
            ready = threading.Event()
            threading.Thread(target=_serve, args=(ready,), name="sfnbook-step-functions", daemon=True).start()
            ready.wait()
        return _own[0]


def _serve(ready: threading.Event) -> None:
    async def forever() -> None:
        endpoint = Endpoint(Store(""), workspace=_Machines(), speed=math.inf, captures=False)
        endpoint.open()
        _own.append(endpoint)
        ready.set()
        await asyncio.Event().wait()

    asyncio.run(forever())
