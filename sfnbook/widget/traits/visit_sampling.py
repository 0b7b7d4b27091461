"""Chooses the visits of a long run that are sent to the page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sfnbook.history.visits import Visit
from sfnbook.language.definition import Address
from sfnbook.widget.traits.limits import VISITS


def chosen(visits: Sequence[Visit], most: int = VISITS) -> list[Visit]:
    """Return at most so many visits, in order: the failed ones, then each state's first and last ones in turn."""
    if len(visits) <= most:
        return list(visits)
    failed = [index for index, visit in enumerate(visits) if visit.status in ("failed", "caught")]
    kept = set(failed[: most // 2] + failed[-(most - most // 2) :])
    queues = [_ends_first(indexes) for indexes in _by_state(visits).values()]
    while len(kept) < most and queues:
        for queue in list(queues):
            index = next(queue, None)
            if index is None:
                queues.remove(queue)
            elif len(kept) < most:
                kept.add(index)
    return [visits[index] for index in sorted(kept)]


def _by_state(visits: Sequence[Visit]) -> dict[Address, list[int]]:
    found: dict[Address, list[int]] = {}
    for index, visit in enumerate(visits):
        found.setdefault(visit.address, []).append(index)
    return found


def _ends_first(indexes: Sequence[int]) -> Iterator[int]:
    """Yield first, last, second, last but one, ..."""
    low, high = 0, len(indexes) - 1
    while low <= high:
        yield indexes[low]
        if low != high:
            yield indexes[high]
        low, high = low + 1, high - 1
