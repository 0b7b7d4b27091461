"""What a task prints goes to its own log, not to the cell that happens to be running.

While tasks run, ``sys.stdout`` and ``sys.stderr`` are routers: text written inside a task (found through a context
variable) goes to the task's log, all other text where it went before. Logging records follow the same rule.
"""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Protocol, TextIO, cast

from sfnbook.runtime.task import Log


class Logged(Protocol):
    """What has a log to print into: a task, or its stand-in in a worker process."""

    @property
    def log(self) -> Log:
        """Receives the text."""


_current: ContextVar[Logged | None] = ContextVar("sfnbook_task", default=None)


class _Router:
    """Stands in for a text stream."""

    def __init__(self, original: TextIO) -> None:
        self.original = original

    def write(self, text: str) -> int:
        task = _current.get()
        return task.log.write(text) if task is not None else self.original.write(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if _current.get() is None:
            self.original.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


class _LogHandler(logging.Handler):
    """Writes records as Lambda's Python runtime does: ``[LEVEL] name message``."""

    def emit(self, record: logging.LogRecord) -> None:
        task = _current.get()
        if task is not None:
            task.log.write(self.format(record) + "\n")


_LOG_HANDLER: Final = _LogHandler()
_LOG_HANDLER.setFormatter(logging.Formatter("[%(levelname)s]\t%(message)s"))


class _Installed:
    """How many tasks run right now; the routers are in place while there is one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.tasks = 0
        # A router outlives its use: CPython's print() holds a stream without owning it (cpython#130163), and another
        # thread may be printing at the moment at which a run in the background ends.
        self._known: deque[_Router] = deque(maxlen=64)

    def _router(self, stream: TextIO) -> TextIO:
        router = next((known for known in self._known if known.original is stream), None)
        if router is None:
            router = _Router(stream)
            self._known.append(router)
        return cast(TextIO, router)

    def enter(self) -> None:
        with self.lock:
            self.tasks += 1
            # Somebody may have put streams of their own in place since the last time, so each time is looked at.
            if not isinstance(sys.stdout, _Router):
                sys.stdout = self._router(sys.stdout)
            if not isinstance(sys.stderr, _Router):
                sys.stderr = self._router(sys.stderr)
            logging.getLogger().addHandler(_LOG_HANDLER)

    def leave(self) -> None:
        with self.lock:
            self.tasks -= 1
            if self.tasks == 0:
                logging.getLogger().removeHandler(_LOG_HANDLER)
                if isinstance(sys.stdout, _Router):
                    sys.stdout = sys.stdout.original
                if isinstance(sys.stderr, _Router):
                    sys.stderr = sys.stderr.original


_installed: Final = _Installed()


def active() -> bool:
    """Return whether tasks may run in this process at this moment."""
    return _installed.tasks > 0


begin_routing, end_routing = _installed.enter, _installed.leave
"""What `routing` does, as two calls."""


@contextmanager
def routing() -> Iterator[None]:
    """Keep the routers in place while tasks may run."""
    _installed.enter()
    try:
        yield
    finally:
        _installed.leave()


begin_capture, end_capture = _current.set, _current.reset
"""What `captured` does, as two calls: the first takes the task, and what it returns is for the second."""


@contextmanager
def captured(task: Logged) -> Iterator[None]:
    """Send what is printed and logged inside to the task's log, while a `routing` is in place."""
    before = begin_capture(task)
    try:
        yield
    finally:
        end_capture(before)
