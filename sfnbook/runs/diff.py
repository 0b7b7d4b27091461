"""Two runs side by side: where they first went different ways, line by line.

A line is the top level, one branch or one iteration; times, ids and ARNs are not compared, so that a run here and a run
on an endpoint or in an account can be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any, Final, NamedTuple

from sfnbook.history.visits import Visit
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, printable, to_text


class Difference(NamedTuple):
    """One difference: where, and the two values (ABSENT where one side has none)."""

    where: str
    left: Json
    right: Json

    def __str__(self) -> str:
        return printable(f"{self.where}: {' | '.join(self.texts())}")

    def texts(self, length: int = 60) -> tuple[str, str]:
        """Return both values as text of at most so many characters."""
        return _short(self.left, length), _short(self.right, length)


class Differences(tuple[Difference, ...]):
    """What is different between two runs; empty, and false, where nothing is."""

    def __repr__(self) -> str:
        return "\n".join(_folded(self)) if self else "no difference"


def _folded(found: Iterable[Difference]) -> Iterator[str]:
    """Yield a line for each difference; of those alike but for the Map's item one, with how many more there are."""
    alike: dict[str, list[Difference]] = {}
    for one in found:
        alike.setdefault(_ITEM.sub("item *", one.where), []).append(one)
    for first, *more in alike.values():
        others = f" (and in {len(more):,} more item{'s' if len(more) > 1 else ''})" if more else ""
        yield f"{first}{others}"


_ITEM: Final = re.compile(r"(?:item|batch) \d+")


def compare(left: Any, right: Any) -> Differences:
    """Return how two runs differ: status, output and error, and for each line its first visit that is not alike."""
    found = [
        Difference(f"the execution's {name}", getattr(left, name), getattr(right, name))
        for name in ("status", "output", "error")
        if getattr(left, name) != getattr(right, name)
    ]
    lines, others = _lines(left.visits), _lines(right.visits)
    for where in dict.fromkeys((*lines, *others)):
        first = _first(where, lines.get(where, []), others.get(where, []))
        if first is not None:
            found.append(first)
    return Differences(found)


def _lines(visits: Iterable[Visit]) -> dict[str, list[Visit]]:
    lines: dict[str, list[Visit]] = {}
    for visit in visits:
        lines.setdefault(visit.where, []).append(visit)
    return lines


def _first(where: str, line: list[Visit], other: list[Visit]) -> Difference | None:
    place = f"{where}, " if where else ""
    for number, (one, two) in enumerate(zip_longest(line, other), 1):
        if one is None or two is None or one.name != two.name:
            names = (visit.name if visit is not None else ABSENT for visit in (one, two))
            return Difference(f"{place}step {number}", *names)
        for part in ("status", "input", "output", "error"):
            if getattr(one, part) != getattr(two, part):
                return Difference(f"{place}{one.name}'s {part}", getattr(one, part), getattr(two, part))
    return None


def text_of(value: Json) -> str:
    """Return one side of a difference as text, all of it."""
    return "nothing" if value is ABSENT else value if isinstance(value, str) else to_text(value)


def _short(value: Json, length: int) -> str:
    text = text_of(value)
    return text if len(text) <= length else f"{text[: length - 1]}…"
