"""SessionPool: many sessions driven by one event loop. A session that waits costs a timer, not a thread.

Knows when each session has something to do; what that is, is the session's.
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
        """Let it be pumped soon; many calls count as one."""
        if self._marked:
            return
        self._marked = True
        self._pool.soon(self._woken)

    def _woken(self) -> None:
        if self._marked:  # else it has been pumped in the meantime
            self.pump()

    def pump(self) -> None:
        """Do what can be done now, and see to it that the rest is done in time."""
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
        """Let go of it where it stands."""
        self._pool.sessions.discard(self)
        if self._timer is not None:
            self._timer.cancel()


class SessionPool:
    """The sessions that one loop drives."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.sessions: set[Driven] = set()
        self._thread = threading.get_ident()

    def add(self, session: Session, ended: Callable[[], None]) -> Driven:
        """Take a session in; nothing happens before the first `Driven.pump` or `Driven.wake`."""
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
        except RuntimeError:  # the loop has been closed: nobody is left to tell
            return

    def close(self) -> None:
        """Let go of all sessions where they stand."""
        for driven in list(self.sessions):
            driven.cancel()
