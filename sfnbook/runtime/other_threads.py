"""Other threads: whether one besides the caller's may run somebody's code, and so answer a task that waits.

Asks for the code that each thread began with; knows no session and no task. A thread that it does not know counts: it may.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from types import FrameType
from typing import Final

from sfnbook.runtime.threads import loop

_WRAPPERS: Final = ("threading", "decorator")
"""Modules whose frames lie below a thread's own code."""

_HARMLESS: Final = (
    "ipykernel",
    "IPython",
    "zmq",
    "tornado",
    "debugpy",
    "_pydevd_bundle",
    "pydevd",
    "execnet",
    "sfnbook",
)
"""Packages whose threads carry messages, save a history or drive a run (whose functions have threads of their own)."""

_ASKED_FROM_OUTSIDE: Final = ("ipykernel.subshell", "sfnbook.server.http")
"""Modules below them whose threads carry out what a page or a client asks for."""

_IDLE: Final = {"concurrent.futures.thread": "_worker", "sfnbook.runtime.threads": "_work"}
"""Pools of threads: the function in which one of theirs waits for work."""


def someone_else_runs(waiting: Collection[int]) -> bool:
    """Return whether a thread may run a user's code now or later, unless one of those that wait starts it (by their idents)."""
    return any(_may_run(ident, frame) for ident, frame in sys._current_frames().items() if ident not in waiting)


def _may_run(ident: int, innermost: FrameType) -> bool:
    module, outermost = _began_with(innermost)
    if module in _IDLE:
        return innermost is not outermost or innermost.f_code.co_name != _IDLE[module]
    if module == "asyncio.base_events" and loop.runs_on(ident):
        return loop.busy
    return module.startswith(_ASKED_FROM_OUTSIDE) or module.partition(".")[0] not in _HARMLESS


def _began_with(innermost: FrameType) -> tuple[str, FrameType]:
    """Return the module and the frame of the code that a thread began with."""
    frame: FrameType | None = innermost
    found = innermost
    while frame is not None:
        if frame.f_globals.get("__name__") not in _WRAPPERS:
            found = frame
        frame = frame.f_back
    return str(found.f_globals.get("__name__")), found
