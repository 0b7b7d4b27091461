"""Clocks: real, scaled and virtual. The only place that asks what time it is."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from sfnbook.errors import InputError


class Clock(Protocol):
    """What a session asks of time. All times are seconds since the epoch, UTC, on the machine's clock."""

    name: str
    ordered: bool
    """Whether calls take no time on it, and count in an order of their own (see `sfnbook.runtime.ordering`)."""

    def now(self, busy: bool) -> float:
        """Return the time. ``busy``: a task is running, so that real time counts."""

    def until(self, at: float, busy: bool) -> float:
        """Return how many real seconds to wait until ``at`` has come; 0 when a jump takes us there."""

    def jump(self, at: float) -> float:
        """Nothing is in flight and ``at`` is the next thing due: move there if this clock jumps; return the time."""

    def rest(self) -> None:
        """Stand still (a debugger has stopped the run) until `wake`; again and again does no harm."""

    def wake(self) -> None:
        """Go on from where it stood."""


class RealClock:
    """The wall clock, or a faster one: ``speed`` machine seconds for one real second.

    since: when the clock showed the wall clock's time; now by default. An execution that goes on after a restart has
    the clock it began with.
    """

    ordered = False

    def __init__(self, speed: float = 1.0, since: float | None = None) -> None:
        self.speed = speed
        self.name = "real" if speed == 1.0 else f"x{speed:g}"
        wall = time.time()
        self._wall = wall if since is None else since + (wall - since) * speed
        self._started = time.monotonic()
        self._rested: float | None = None

    def now(self, busy: bool) -> float:
        """Return the time."""
        seen = time.monotonic() if self._rested is None else self._rested
        return self._wall + (seen - self._started) * self.speed

    def until(self, at: float, busy: bool) -> float:
        """Return the real seconds until ``at``."""
        return max(0.0, (at - self.now(busy)) / self.speed)

    def jump(self, at: float) -> float:
        """Return the time: this clock does not jump."""
        return self.now(False)

    def rest(self) -> None:
        """Stand still."""
        self._rested = time.monotonic() if self._rested is None else self._rested

    def wake(self) -> None:
        """Go on; the rest did not count."""
        if self._rested is not None:
            self._started += time.monotonic() - self._rested
            self._rested = None


class VirtualClock:
    """Time passes only while tasks run, and jumps to the next deadline when nothing is in flight (as trio's does).

    grain: tasks take no time, and of the time an answer from outside is awaited only whole multiples of so many
    seconds count, a rest not at all; 0: all of it. With one, two runs have the same times to the millisecond.
    """

    name = "virtual"

    def __init__(self, start: float | None = None, grain: float = 0.0) -> None:
        self._now = round(time.time(), 3) if start is None else start
        self._shown = self._now
        self.grain = grain
        self.ordered = grain > 0
        self._seen = time.monotonic()
        self._was_busy = False
        self._resting = False

    def now(self, busy: bool) -> float:
        """Return the time: as before, plus the real time that tasks have been running since."""
        seen = time.monotonic()
        if self._was_busy and not self._resting:
            self._now += seen - self._seen
        self._seen, self._was_busy = seen, busy
        if not self.grain:
            return self._now
        self._shown += (self._now - self._shown) // self.grain * self.grain
        if not busy:
            self._now = self._shown
        return self._shown

    def until(self, at: float, busy: bool) -> float:
        """Return the real seconds until ``at``: nothing unless a task runs."""
        return max(0.0, at - self.now(busy)) if busy else 0.0

    def jump(self, at: float) -> float:
        """Move to ``at``."""
        self._now = self._shown = max(self._shown if self.grain else self._now, at)
        self._seen, self._was_busy = time.monotonic(), False
        return self._now

    def rest(self) -> None:
        """Stand still, also while tasks run."""
        if not self._resting:
            self.now(self._was_busy)
            self._resting = True

    def wake(self) -> None:
        """Go on; the rest did not count."""
        if self._resting:
            self._seen, self._resting = time.monotonic(), False


class ChildClock(VirtualClock):
    """The clock of a child execution that its parent waits for. At ``end`` it stands still and the child is
    stopped, as StopExecution does it on AWS when the parent's task is given up (guide: "Run a job (.sync)")."""

    def __init__(self, start: float, end: float | None, grain: float) -> None:
        super().__init__(start, grain)
        self.end = end
        self._stop: Callable[[], object] | None = None
        self._held = threading.Event()

    def jump(self, at: float) -> float:
        """Move to ``at`` if that is before the end; nothing is due at the end itself, the parent's deadline is first."""
        if self.end is None or at < self.end:
            return super().jump(at)
        super().jump(self.end)
        self._held.wait(0.1)  # the child was started a moment ago; what started it says how it is stopped
        stop, self._stop = self._stop, None
        if stop is not None:
            stop()
        return math.nextafter(at, 0.0)

    def stopped_by(self, stop: Callable[[], object]) -> None:
        """Set the function that stops the child."""
        self._stop = stop
        self._held.set()


_SCALED: Final = re.compile(r"x(\d+(?:\.\d+)?)")
_BEGINNING: Final = "virtual@"


def make_clock(name: str | Clock) -> Clock:
    """Return the clock called ``virtual``, ``real`` or ``xN``, or the clock itself. Raises InputError for other names.

    ``virtual@2026-01-31T09:00:00Z`` is a virtual one that begins then (UTC where the text names no offset). Tasks take no time on it,
    and answers count in the same order every time.
    """
    if not isinstance(name, str):
        return name
    if name == "virtual":
        return VirtualClock()
    if name == "real":
        return RealClock()
    if name.startswith(_BEGINNING):
        return VirtualClock(_time(name.removeprefix(_BEGINNING)), grain=1.0)
    scaled = _SCALED.fullmatch(name)
    if scaled and float(scaled[1]) > 0:
        return RealClock(float(scaled[1]))
    raise InputError(f'Unknown clock "{name}". Use virtual, real or xN (for example x60: a minute takes a second).')


def _time(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f'"{text}" is no time to begin at. Write it as in virtual@2026-01-31T09:00:00Z.') from None
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
