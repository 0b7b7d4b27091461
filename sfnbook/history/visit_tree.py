"""The tree of a run's visits: which came before, which Parallel or Map encloses it, the results of branches and iterations.

Follows a run's visits as they come, like `sfnbook.history.visits`; every query is a look-up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from sfnbook.engine.events import FrameKey
from sfnbook.history.visits import SUCCEEDED, Visit, kept


class VisitTree:
    """The visits of a run by frame. Call `read` with all visits so far, then query."""

    def __init__(self) -> None:
        self.by_id: dict[int, Visit] = {}
        self._lines: dict[FrameKey, list[Visit]] = {}
        self._ids: dict[FrameKey, list[int]] = {}
        self._passes: dict[int, tuple[int, dict[int, FrameKey]]] = {}
        self._seen = 0

    def read(self, visits: Sequence[Visit]) -> None:
        """Take in the visits that are new."""
        for visit in visits[self._seen :]:
            self.by_id[visit.id] = visit
            line = self._lines.setdefault(visit.frame, [])
            if not line and visit.frame:
                self._open(visit.frame)
            line.append(visit)
            self._ids.setdefault(visit.frame, []).append(visit.id)
        self._seen = len(visits)

    def _open(self, frame: FrameKey) -> None:
        holder = self.holder(frame)
        if holder is None:
            return
        started, index = frame[-1]
        latest = self._passes.get(holder.id)
        if latest is None or started > latest[0]:
            latest = self._passes[holder.id] = started, {}
        if started == latest[0]:
            latest[1][index] = frame

    def previous(self, visit: Visit) -> Visit | None:
        """Return the visit before this one in its line, None for a line's first."""
        at = bisect_left(self._ids[visit.frame], visit.id)
        return self._lines[visit.frame][at - 1] if at else None

    def last(self, frame: FrameKey) -> Visit | None:
        """Return the latest visit of a line."""
        line = self._lines.get(frame)
        return line[-1] if line else None

    def first(self, frame: FrameKey) -> Visit | None:
        """Return the first visit of a line."""
        line = self._lines.get(frame)
        return line[0] if line else None

    def holder(self, frame: FrameKey) -> Visit | None:
        """Return the visit of the Parallel or Map whose branch or iteration a frame is; None where it is not known."""
        outer = self._ids.get(frame[:-1], [])
        at = bisect_left(outer, frame[-1][0])
        return self._lines[frame[:-1]][at - 1] if at else None

    def lines(self, visit: Visit) -> dict[int, FrameKey]:
        """Return the branches or iterations of a Parallel's or Map's last attempt, by index."""
        return self._passes.get(visit.id, (0, {}))[1]

    def results(self, visit: Visit) -> dict[int, Visit]:
        """Return, by index, the last visit of each branch or iteration that succeeded in the last attempt."""
        found = {index: self.last(frame) for index, frame in sorted(self.lines(visit).items())}
        return {index: last for index, last in found.items() if last is not None and last.status == SUCCEEDED}

    def iteration(self, frame: FrameKey) -> tuple[Visit, int] | None:
        """Return the innermost Map that holds a frame, and the index of the iteration."""
        for depth in range(len(frame), 0, -1):
            holder = self.holder(frame[:depth])
            if holder is not None and holder.type == "Map":
                return holder, frame[depth - 1][1]
        return None

    def assigners(self, visit: Visit, name: str) -> Iterator[Visit]:
        """Yield the visits that gave a variable its values as this visit saw them, the latest first."""
        before = visit.id
        for depth in range(len(visit.frame), -1, -1):
            frame = visit.frame[:depth]
            at = bisect_left(self._ids.get(frame, []), before)
            holding = depth < len(visit.frame)  # the last one is the Parallel or Map around it, which assigns later
            earlier = self._lines.get(frame, [])[: at - 1 if holding else at]
            yield from (one for one in reversed(earlier) if name in kept(one, "assigned"))
            if depth:
                before = frame[-1][0]
