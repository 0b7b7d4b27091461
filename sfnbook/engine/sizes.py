"""Sizes of values, remembered: the 256 KiB rule costs nothing for data that only passes through.

Values are never mutated, so the size of a container holds as long as the container lives; it is kept by identity
together with the container itself.
"""

from __future__ import annotations

from typing import Final

from sfnbook.errors import RUNTIME, StatesError
from sfnbook.values import Json, size

_WORTH_KEEPING: Final = 512
_MOST_KEPT: Final = 4_096
_LOOK_INSIDE: Final = 64
_SHORT: Final = 10**18
_CONTAINERS: Final = frozenset({dict, list})


class Sizes:
    """Counts bytes of compact JSON; looks only at the upper levels of what it has seen before."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[int, tuple[Json, int]] = {}

    def of(self, value: Json) -> int:
        """Return the bytes of UTF-8 that the value's compact JSON text takes.

        Raises StatesError for a value that grew deeper than any text of it could be written.
        """
        try:
            return self._of(value, 3)
        except RecursionError:
            raise StatesError(RUNTIME, "The data is nested too deeply.") from None

    def _of(self, value: Json, depth: int) -> int:
        kind = type(value)
        if kind is not dict and kind is not list:
            return size(value)
        kept = self._kept.get(id(value))
        if kept is not None and kept[0] is value:
            return kept[1]
        if depth and kind is dict and len(value) <= _LOOK_INSIDE:
            total = 1 + len(value) * 2 if value else 2
            for key, child in value.items():
                total += len(key) + 2 if key.isidentifier() and key.isascii() else size(key)
                kind = type(child)
                if kind is int and -_SHORT < child < _SHORT:
                    total += len(str(child))
                else:
                    total += self._of(child, depth - 1) if kind in _CONTAINERS else size(child)
        elif depth and kind is list and len(value) <= _LOOK_INSIDE:
            total = 1 + len(value) if value else 2
            for child in value:
                total += self._of(child, depth - 1) if type(child) in _CONTAINERS else size(child)
        else:
            total = size(value)
        if total > _WORTH_KEEPING:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[id(value)] = (value, total)
        return total
