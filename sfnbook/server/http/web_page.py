"""The web page at "/": lists of machines and executions, and the widget, without Jupyter.

Owns the page's files and what it asks for; the widget's script and its messages are `view`'s. Everything from a request
or a run travels as JSON and is shown as text.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from functools import cache
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode
from weakref import WeakSet

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from sfnbook.server import page_lists
from sfnbook.server.api.wire import ApiError
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.store import Damaged

_PACE: Final = 0.1
"""Seconds between two looks at a run that somebody watches."""

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def routes() -> list[BaseRoute]:
    """Return the page's routes."""
    return [
        Route("/", _page),
        Route("/health", _health),
        Route("/page/{name}", _file),
        Route("/look/changes", _listed(lambda endpoint, asked: page_lists.changes(endpoint))),
        Route("/look/machines", _machines),
        Route("/look/executions", _listed(page_lists.executions)),
        Route("/look/execution", _listed(_execution)),
        Route(
            "/look/input", _listed(lambda endpoint, asked: page_lists.last_input(endpoint, asked.get("machine", "")))
        ),
        Route("/look/waiting", _listed(lambda endpoint, asked: page_lists.waiting(endpoint))),
        Route("/look/machine", _machine),
        Route("/look/watch", _watch),
        Route("/look/value", _value),
    ]


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _page(request: Request) -> Response:
    token = request.query_params.get("token")
    if token is not None:  # out of the address bar, into a cookie that scripts cannot read
        rest = urlencode([pair for pair in request.query_params.multi_items() if pair[0] != "token"])
        answer: Response = RedirectResponse(f"/?{rest}" if rest else "/", headers=_HEADERS)
        answer.set_cookie("sfnbook-token", token, httponly=True, samesite="strict")
        return answer
    return Response(_static("page.html"), 200, _HEADERS, "text/html")


@cache
def _static(name: str) -> str:
    return resources.files("sfnbook.server").joinpath("static", name).read_text(encoding="utf-8")


async def _file(request: Request) -> Response:
    match name := request.path_params["name"]:
        case "page.js" | "address.js" | "actions.js" | "executions.js" | "run_view.js" | "server.js":
            return Response(_static(name), 200, _HEADERS, "text/javascript")
        case "dom.js" | "format.js":  # the widget's own
            return Response(_widget_module(name), 200, _HEADERS, "text/javascript")
        case "page.css":
            return Response(_static("page.css"), 200, _HEADERS, "text/css")
        case "widget.js":
            return Response(await asyncio.to_thread(_widget, "script"), 200, _HEADERS, "text/javascript")
        case "widget.css":
            return Response(await asyncio.to_thread(_widget, "style"), 200, _HEADERS, "text/css")
    return PlainTextResponse("not found", 404)


@cache
def _widget(part: str) -> str:
    from sfnbook.widget import assets

    return assets.script() if part == "script" else assets.style()


@cache
def _widget_module(name: str) -> str:
    from sfnbook.widget import assets

    return assets.module(name)


def _endpoint(request: Request) -> Endpoint:
    endpoint: Endpoint = request.app.state.endpoint
    endpoint.sync()
    return endpoint


def _listed(look: Callable[[Endpoint, Mapping[str, str]], Any]) -> Callable[[Request], Awaitable[Response]]:
    """Return the route of a list: what ``look`` finds for the endpoint and what the address asks."""

    async def route(request: Request) -> Response:
        try:
            return _json(look(_endpoint(request), request.query_params))
        except (ApiError, Damaged) as refused:
            return _json({"error": refused.message}, 404)

    return route


def _execution(endpoint: Endpoint, asked: Mapping[str, str]) -> page_lists.ExecutionHead:
    return page_lists.execution(endpoint, endpoint.stored(asked.get("arn", ""), "execution", "express"))


async def _machines(request: Request) -> Response:
    found = page_lists.machines(_endpoint(request), request.query_params)
    return _json({**found, "guarded": request.app.state.guarded})  # a client's access key id is the token


async def _machine(request: Request) -> Response:
    endpoint = _endpoint(request)
    try:
        record = endpoint.machine(request.query_params.get("arn", ""))
        machine = endpoint.guests.get(record.arn) or endpoint.compile(
            record.name, record.arn, record.type, record.revision.definition
        )
    except (ApiError, Damaged) as refused:
        return _json({"error": refused.message}, 404)
    traits = await asyncio.to_thread(_pictured, endpoint, machine)
    about = {"name": record.name, "type": record.type, "definition": page_lists.pretty(record.revision.definition)}
    return _json({**traits, "about": about})


def _pictured(endpoint: Endpoint, machine: Any) -> dict[str, Any]:
    """Return the traits of a machine that has not run."""
    from sfnbook.widget.traits.child_runs import ChildRuns
    from sfnbook.widget.traits.recorder import machine_message

    return {
        "machine": machine_message(machine),
        "child_runs": ChildRuns(machine, find=endpoint.started_machine).message(),
    }


def _json(value: Any, status: int = 200) -> Response:
    return JSONResponse(value, status, _HEADERS)


# --------------------------------------------------------------------------------------------------------- a run
def _run(endpoint: Endpoint, arn: str) -> Any:
    """Return an execution as a run, running or ended. Raises ApiError."""
    run = endpoint.relative(arn)
    if run is None:
        endpoint.stored(arn, "execution", "express")  # says what is wrong with the ARN
        raise ApiError("ExecutionDoesNotExist", f"Execution cannot go on here: '{arn}'")
    return run


async def _watch(request: Request) -> Response:
    """Server-sent events: the widget's traits, again whenever they have changed, until the run has ended."""
    endpoint = _endpoint(request)
    try:
        run = _run(endpoint, request.query_params.get("arn", ""))
    except (ApiError, Damaged) as refused:
        return _json({"error": refused.message}, 404)
    return StreamingResponse(_traits(request, endpoint, run), headers=_HEADERS, media_type="text/event-stream")


async def _traits(request: Request, endpoint: Endpoint, run: Any) -> AsyncIterator[str]:
    from sfnbook.widget.traits.child_runs import ChildRuns
    from sfnbook.widget.traits.recorder import Recorder, machine_message

    recorder = await asyncio.to_thread(Recorder, run.machine, run)
    child_runs = ChildRuns(run.machine, run, find=endpoint.started_machine)
    yield _event("machine", json.dumps(await asyncio.to_thread(machine_message, run.machine)))
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    heard: WeakSet[Any] = WeakSet()

    def note(run: Any) -> None:
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(changed.set)

    def listen(*runs: Any) -> bool:
        """Listen to what runs do; False when that was so before."""
        fresh = [one for one in runs if one not in heard]
        for one in fresh:
            heard.add(one)
            one.add_listener(note)
        return bool(fresh)

    makers = {
        "visits": recorder.visits,
        "events": recorder.events,
        "child_runs": child_runs.message,
        "live": recorder.live,
    }
    sent: dict[str, str] = {}
    listen(run)
    while True:
        changed.clear()
        done = run.done
        for name, make in makers.items():
            text = await asyncio.to_thread(_text, make)
            if sent.get(name) != text:
                sent[name] = text
                yield _event(name, text)
        living = await asyncio.to_thread(child_runs.living)
        if (done and not living) or await request.is_disconnected():
            break
        if not listen(*living):  # what they did before that was not heard
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), 5)
        await asyncio.sleep(_PACE)
    yield _event("end", "{}")


def _text(make: Callable[[], Any]) -> str:
    return json.dumps(make())


def _event(name: str, text: str) -> str:
    return f"event: {name}\ndata: {text}\n\n"


async def _value(request: Request) -> Response:
    """What the traits do not hold: a whole value, where one came from, a page of events, all logs, a Map run's child.

    ``child_run`` in what is wanted: of the child at this place. ``open``: the execution that is meant, as ``arn``.
    """
    endpoint = _endpoint(request)
    try:
        run = _run(endpoint, request.query_params.get("arn", ""))
        wanted = json.loads(request.query_params.get("wanted", ""))
    except (ApiError, ValueError, RecursionError):
        return _json({"text": None}, 404)
    if not isinstance(wanted, dict):
        return _json({"text": None}, 400)
    answer = await asyncio.to_thread(_answer, endpoint, run, {"kind": "value", **wanted})
    return _json(answer or {"kind": wanted.get("kind"), "id": wanted.get("id"), "text": None}, 200 if answer else 404)


def _answer(endpoint: Endpoint, run: Any, wanted: dict[str, Any]) -> dict[str, Any] | None:
    from sfnbook.widget.traits.child_runs import ChildRuns
    from sfnbook.widget.traits.recorder import Recorder

    child_runs = ChildRuns(run.machine, run, find=endpoint.started_machine)
    if wanted["kind"] == "open":
        found = child_runs.meant(wanted)
        answer = {"kind": "open", "id": wanted.get("id"), "found": found is not None}
        return answer if found is None else {**answer, "arn": found.arn, "machine": found.machine.arn}
    recorder = child_runs.recorder(str(wanted["child_run"])) if "child_run" in wanted else Recorder(run.machine, run)
    return None if recorder is None else recorder.reply(wanted)
