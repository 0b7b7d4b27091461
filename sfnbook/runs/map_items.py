"""A Map's items one by one: how each stands, from the children of a Map run or from an inline Map's iterations."""

from __future__ import annotations

from typing import NamedTuple

from sfnbook.engine.distributed_map.map_run import ChildResult
from sfnbook.history.visits import Visit
from sfnbook.values import Json


class MapItem(NamedTuple):
    """One item, or one batch of them.

    number: from 0, of the item or the batch. status: running, succeeded, failed, timed_out, aborted, pending_redrive.
    start, end: in seconds since the run's start, ``end`` None before it. visit: the id of the visit that it failed in or
    began with, None in a Map run, whose children have ids of their own. first, items: which items a batch holds.
    """

    number: int
    status: str
    start: float
    end: float | None
    input: Json
    error: str | None
    visit: int | None
    first: int
    items: int = 1


def from_child(child: ChildResult, began: float) -> MapItem:
    """Return a child execution of a Map run. began: the run's start, in seconds since the epoch."""
    start, end = child.start - began, None if child.end is None else child.end - began
    return MapItem(
        child.number, child.status.lower(), start, end, child.input, child.error, None, child.first, child.items
    )


def from_iteration(first: Visit, last: Visit, index: int, over: bool) -> MapItem:
    """Return an iteration by its first visit and its last one so far. over: whether the Map state has ended."""
    status, end = last.status, last.end
    if end is not None and last.next is not None:  # between two states
        status, end = ("aborted", end) if over else ("running", None)
    bad = status in ("failed", "aborted")
    return MapItem(
        index, status, first.start, end, first.input, last.error if bad else None, (last if bad else first).id, index
    )
