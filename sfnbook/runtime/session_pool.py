"""SessionPool: many sessions driven by one event loop. A session that waits costs a timer, not a thread.

Schedules `Session.pump`: when something is posted, and when a timer is due.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from sfnbook.errors import NotWritten
from sfnbook.runtime.session import AGAIN, Session


class Driven:
    """A session in the pool. ``pump`` is called on the pool's loop only, ``wake`` from any thread."""

    __slots__ = ("_ended", "_marked", "_pool", "_timer", "session")

    def __init__(self, pool: SessionPool, session: Session, ended: Callable[[], None]) -> None:
        self.session = session
        self._pool = pool
        self._ended = ended
        self._marked = False
        self._timer: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Schedule `pump`; calls before it runs count as one."""
        if self._marked:
            return
        self._marked = True
        self._pool.soon(self._woken)

    def _woken(self) -> None:
        if self._marked:  # else it has been pumped in the meantime
            self.pump()

    def pump(self) -> None:
        """Run the session until it waits, then schedule the next time."""
        self._marked = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self not in self._pool.sessions:
            return
        left = self.session.pump()
        if self.session.execution.done:
            self._pool.sessions.discard(self)
            try:
                self._ended()
            except NotWritten:  # its end is reported again until it can be kept
                self._pool.sessions.add(self)
                self._timer = self._pool.loop.call_later(AGAIN, self.pump)
        elif left is not None:
            if left <= 0:
                self.wake()
            else:
                self._timer = self._pool.loop.call_later(left, self.pump)

    def cancel(self) -> None:
        """Stop driving the session; it stays as it is."""
        self._pool.sessions.discard(self)
        if self._timer is not None:
            self._timer.cancel()


class SessionPool:
    """The sessions driven by one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.sessions: set[Driven] = set()
        self._thread = threading.get_ident()

    def add(self, session: Session, ended: Callable[[], None]) -> Driven:
        """Add a session; it does not start before the first `Driven.pump` or `Driven.wake`."""
        driven = Driven(self, session, ended)
        session.wake = driven.wake
        self.sessions.add(driven)
        return driven

    def soon(self, callback: Callable[[], None]) -> None:
        """Call something on the loop; from any thread."""
        if threading.get_ident() == self._thread:
            self.loop.call_soon(callback)
            return
        try:
            self.loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop has been closed: nothing is driven any more
            return

    def close(self) -> None:
        """Stop driving all sessions; they stay as they are."""
        for driven in list(self.sessions):
            driven.cancel()
