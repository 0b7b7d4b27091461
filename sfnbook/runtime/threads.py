"""Threads and the event loop that run handlers: daemons, since a function may never return when the process ends."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # asyncio takes 20 ms to import: only async functions need it
    import asyncio
    from concurrent.futures import Future

MOST: Final = 64
"""Functions that run at once; more wait for a free thread."""


class Workers:
    """A pool of daemon threads that grows as needed up to `MOST`."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._free = 0

    def submit(self, job: Callable[[], None]) -> None:
        """Run a job, which must not raise, on a thread."""
        with self._lock:
            if self._free > 0:
                self._free -= 1
            elif self._threads < MOST:
                self._threads += 1
                name = f"sfnbook-worker-{self._threads}"
                threading.Thread(target=self._work, name=name, daemon=True).start()
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            self._jobs.get()()
            with self._lock:
                self._free += 1


workers: Final = Workers()


class _Loop:
    """One asyncio loop on a daemon thread, started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def get(self) -> asyncio.AbstractEventLoop:
        import asyncio

        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name="sfnbook-loop", daemon=True)
                self._thread.start()
            return self._loop

    def runs_on(self, ident: int) -> bool:
        """Return whether this is the loop's thread."""
        return self._thread is not None and self._thread.ident == ident

    @property
    def busy(self) -> bool:
        """Whether a user's coroutine goes on there, or a timer or connection may call one; True where that is not known."""
        import asyncio

        running = self._loop
        if running is None:
            return False
        connections = getattr(getattr(running, "_selector", None), "get_map", None)
        if connections is None or len(connections()) > 1:  # one of its own: the pipe that wakes it
            return True
        later = [*getattr(running, "_scheduled", ()), *getattr(running, "_ready", ())]
        return any(_is_a_users(task.get_coro()) for task in asyncio.all_tasks(running)) or any(
            not str(getattr(getattr(one, "_callback", None), "__module__", "")).startswith("asyncio") for one in later
        )


def _is_a_users(coroutine: Any) -> bool:
    """Whether a coroutine, or what it awaits, is other code than ours."""
    while (frame := getattr(coroutine, "cr_frame", None)) is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] not in ("sfnbook", "asyncio"):
            return True
        coroutine = coroutine.cr_await
    return coroutine is not None and hasattr(coroutine, "gi_frame")


loop: Final = _Loop()


def run_async(coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
    """Run a coroutine on the shared event loop."""
    import asyncio

    return asyncio.run_coroutine_threadsafe(coroutine, loop.get())
