"""Where in a document the values that a path finds stand: `paths` read backwards, for those who ask where data came from.

Walks a compiled path's steps as `paths` does, but keeps the keys and indexes on the way. Fails never: where a path finds
nothing, or makes its value instead of finding it, that is the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from sfnbook.query.jsonpath.paths import Path
from sfnbook.query.jsonpath.steps import (
    Filter,
    Function,
    Indexes,
    Keys,
    Scan,
    Slice,
    Step,
    Wildcard,
    scan_tries,
    slice_indexes,
)
from sfnbook.values import Json

Place: TypeAlias = tuple[str | int, ...]
"""Keys and indexes from the root of a document; no negative indexes."""

MOST: Final = 100_000
"""More places than this are not listed one by one."""


@dataclass(frozen=True, slots=True)
class Located:
    """What a path took from a document.

    places: of the values found, in order; None where the value is made of what stands at ``read`` (a function, several
    names at once) or where there are more than `MOST`. read: the part of the document that decides: what a function
    counts, what a filter tests, or, where nothing is found, the last place that is there.
    """

    places: list[Place] | None
    read: list[Place]
    filtered: bool = False


def locate(path: Path, document: Json) -> Located:
    """Return where the values stand that ``path`` finds in what it starts from."""
    steps = path.steps
    made = bool(steps) and (isinstance(steps[-1], Function) or _is_merge(steps[-1]))
    tested: list[Place] = []
    found: list[tuple[Place, Json]] = [((), document)]
    scanning = False
    for step in steps[:-1] if made else steps:
        if isinstance(step, Scan):
            scanning = True
            continue
        if scanning:
            found = [
                below for place, value in found for below in _everything(place, value) if scan_tries(step)(below[1])
            ]
            scanning = False
        if isinstance(step, Filter):
            tested += [place for place, _ in found]
        before, found = found, [one for place, value in found for one in _step(step, place, value, document)]
        if not found:
            return Located([], [place for place, _ in before[:MOST]], bool(tested))
        if len(found) > MOST:
            return Located(None, [_prefix(path)], bool(tested))
    places = [place for place, _ in found]
    return Located(None, places) if made else Located(places, tested, bool(tested))


def value_at(document: Json, place: Place) -> Json:
    """Return the value at a place. Raises LookupError."""
    for step in place:
        if isinstance(document, dict) if isinstance(step, str) else isinstance(document, list):
            document = document[step]
        else:
            raise LookupError(step)
    return document


def _is_merge(step: Step) -> bool:
    return isinstance(step, Keys) and len(step.names) > 1


def _prefix(path: Path) -> Place:
    """The definite beginning of a path."""
    place: list[str | int] = []
    for step in path.steps:
        if isinstance(step, Keys) and len(step.names) == 1:
            place.append(step.names[0])
        elif isinstance(step, Indexes) and len(step.numbers) == 1 and step.numbers[0] >= 0:
            place.append(step.numbers[0])
        else:
            break
    return tuple(place)


def _step(step: Step, place: Place, value: Json, root: Json) -> Iterator[tuple[Place, Json]]:
    match step:
        case Keys(names):
            if isinstance(value, dict):
                yield from (((*place, name), value[name]) for name in names if name in value)
        case Indexes(numbers):
            if isinstance(value, list):
                yield from _items(place, value, [number for number in numbers if -len(value) <= number < len(value)])
        case Slice(start, stop):
            if isinstance(value, list):
                yield from _items(place, value, slice_indexes(start, stop, len(value)))
        case Wildcard():
            yield from _below(place, value)
        case Filter():
            if isinstance(value, dict):
                yield from [(place, value)] if step.accepts(value, root) else []
            elif isinstance(value, list):
                yield from (one for one in _below(place, value) if step.accepts(one[1], root))


def _items(place: Place, value: list[Json], numbers: Iterator[int] | list[int]) -> Iterator[tuple[Place, Json]]:
    yield from (
        ((*place, number % len(value)), value[number]) for number in numbers if -len(value) <= number < len(value)
    )


def _below(place: Place, value: Json) -> Iterator[tuple[Place, Json]]:
    if isinstance(value, dict):
        yield from (((*place, key), child) for key, child in value.items())
    elif isinstance(value, list):
        yield from (((*place, index), child) for index, child in enumerate(value))


def _everything(place: Place, value: Json) -> Iterator[tuple[Place, Json]]:
    """A container and every container below it, outer before inner."""
    waiting = [(place, value)]
    while waiting:
        here = waiting.pop()
        if not isinstance(here[1], (dict, list)):
            continue
        yield here
        waiting.extend(reversed([one for one in _below(*here) if isinstance(one[1], (dict, list))]))
