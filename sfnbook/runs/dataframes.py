"""Tables for pandas: visits, events and a Map's iterations as DataFrames, where pandas is installed.

Owns the columns. Times are seconds since the run's start on the machine's clock; values stay Python values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sfnbook.engine.distributed_map.map_run import ChildResult
from sfnbook.engine.events import Event
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit, kept
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, copy_of, size

if TYPE_CHECKING:
    import pandas

VISITS = (
    *("visit", "state", "type", "where", "status", "start", "end", "seconds", "attempts"),
    *("error", "cause", "next", "input", "output", "input_bytes", "output_bytes"),
)
EVENTS = ("event", "previous", "type", "seconds", "state", "address", "detail")
VALUES = frozenset({"item", "input", "output"})
"""Columns of Python values."""

CHILDREN = (
    *("number", "name", "status", "start", "end", "seconds", "item", "input", "output", "error", "cause"),
    *("first_item", "items"),
)
ITEMS = ("index", "item", "input", "output", "status", "error", "start", "seconds")


def visits_frame(visits: Iterable[Visit]) -> pandas.DataFrame:
    """Return a row for each visit, indexed by its id."""
    return _frame(map(_visit, visits), VISITS)


def events_frame(events: Sequence[Event]) -> pandas.DataFrame:
    """Return a row for each event, indexed by its id; ``detail`` as in `sfnbook.engine.events.Event`."""
    began = events[0].at if events else 0.0
    rows = ((e.id, e.previous, e.type, e.at - began, e.detail.get("name"), e.address, e.detail) for e in events)
    return _frame(rows, EVENTS)


def items_frame(lines: Iterable[tuple[Visit | None, Visit | None, int]]) -> pandas.DataFrame:
    """Return a row for each iteration, given by its first visit, its last one and its index."""
    return _frame((_item(first, last, index) for first, last, index in lines if first and last), ITEMS)


def children_frame(found: Iterable[ChildResult], began: float) -> pandas.DataFrame:
    """Return a row for each child execution of a Map run, indexed by its number.

    first_item: the index of the first of its items. began: the run's start, in seconds since the epoch. The children
    are looked for once pandas is there.
    """
    return _frame((_child(child, began) for child in found), CHILDREN)


def _frame(rows: Iterable[tuple[Any, ...]], columns: tuple[str, ...]) -> pandas.DataFrame:
    try:
        import pandas
    except ImportError:
        raise InputError("Tables need pandas, which is not installed: pip install pandas") from None
    found = list(rows)
    frame = pandas.DataFrame(found, columns=list(columns))
    for place, name in enumerate(columns):
        if name in VALUES:  # pandas would make 1 and None 1.0 and NaN
            frame[name] = pandas.Series([row[place] for row in found], dtype=object)
    return frame.set_index(columns[0])


def _visit(visit: Visit) -> tuple[Any, ...]:
    taken = None if visit.end is None else visit.end - visit.start
    return (
        *(visit.id, visit.name, visit.type, visit.where, visit.status, visit.start, visit.end, taken),
        *(
            len(visit.attempts),
            visit.error,
            visit.cause,
            visit.next,
            _there(visit.input),
            _there(visit.output),
        ),
        *(_bytes(kept(visit, "input")), _bytes(kept(visit, "output"))),
    )


def _item(first: Visit, last: Visit, index: int) -> tuple[Any, ...]:
    item = (first.item or {}).get("Value", first.input)
    taken = None if last.end is None else last.end - first.start
    error = last.error if last.status in ("failed", "aborted") else None
    return index, _there(item), _there(first.input), _there(last.output), last.status, error, first.start, taken


def _child(child: ChildResult, began: float) -> tuple[Any, ...]:
    start, end = child.start - began, None if child.end is None else child.end - began
    taken = None if end is None else end - start
    item = None if child.item is None else child.item["Value"]
    times = (start, end, taken)
    data = (item, child.input, child.output, child.error, child.cause)
    return child.number, child.name, child.status.lower(), *times, *map(copy_of, data), child.first, child.items


def _there(value: Json) -> Json:
    return None if value is ABSENT else value


def _bytes(value: Json) -> int | None:
    return None if value is ABSENT else size(value)
