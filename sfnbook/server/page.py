"""The web page at "/": lists of machines and executions, and the widget, without Jupyter."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route


def routes() -> list[BaseRoute]:
    """Return the page's routes."""
    return [Route("/", _page), Route("/health", _health)]


async def _page(request: Request) -> Response:
    return PlainTextResponse("sfnbook")


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok")
