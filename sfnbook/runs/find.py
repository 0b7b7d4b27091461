"""Where in a run's data something is: a JSONPath asked of every visit's input and output.

This is a search for people, so it takes `jsonpath-ng`'s extended JSONPath, which knows the full path of each match; the
paths of a definition are read by `sfnbook.query.jsonpath.paths`, as AWS reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple, TypeAlias

from sfnbook.errors import InputError
from sfnbook.history.visits import Visit
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json

Side: TypeAlias = Literal["input", "output"]


class Match(NamedTuple):
    """One match: in which visit (the id of its ...Entered event), on which side, at which path, and the value."""

    visit: int
    state: str
    side: Side
    path: str
    value: Json


def find(visits: Iterable[Visit], path: str) -> Iterator[Match]:
    """Yield every place whose data matches a JSONPath. Raises InputError for a text that is none."""
    expression = _parse(path)
    sides: tuple[Side, Side] = ("input", "output")
    for visit in visits:
        for side in sides:
            data = visit.input if side == "input" else visit.output
            if data is ABSENT:
                continue
            for match in expression.find(data):
                yield Match(visit.id, visit.name, side, f"$.{match.full_path}".removesuffix(".$"), match.value)


def values_at(data: Json, path: str) -> list[Json]:
    """Return what a JSONPath finds in a value. Raises InputError for a text that is none."""
    return [match.value for match in _parse(path).find(data)]


def _parse(path: str) -> Any:
    from jsonpath_ng.exceptions import JSONPathError
    from jsonpath_ng.ext.parser import parse

    try:
        return parse(path)
    except (JSONPathError, ValueError, AttributeError) as fault:
        raise InputError(
            f"{path} is no JSONPath: {fault}. For example $..id finds every id, $.items[?(@.price > 10)] the dear items."
        ) from None
