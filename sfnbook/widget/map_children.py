"""The children of a run's Map runs on the page: as iterations of the Map state, so that one of them can be picked.

Each child is an execution with a history and event ids of its own. Here its visits get ids and frames that are unique
in the run that is looked at, and the states inside the Map the statuses that these children gave them. Pure: reads what
the run recorded, and asks it for a child that somebody wants to see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

from sfnbook.diagram.graph import edge_id
from sfnbook.engine.events import Event, FrameKey
from sfnbook.errors import InputError
from sfnbook.history.lineage import Lineage
from sfnbook.history.visits import Visit
from sfnbook.language.definition import escape
from sfnbook.widget.visits import frame_text

SPAN: Final = 1_000_000
"""Ids that each child has, and children that each Map run has: no history is that long, no Map run that wide."""

_RANK: Final = {"running": 0, "failed": 1, "aborted": 2, "caught": 3, "succeeded": 4}


class ChildLike(Protocol):
    """A child execution, as `sfnbook.history.map_children.ChildRun` is one."""

    number: int
    place: int
    map_run: str
    address: str
    frame: FrameKey
    visited: tuple[FrameKey, int]
    items: range
    batched: bool

    @property
    def events(self) -> Sequence[Event]: ...
    @property
    def visits(self) -> Sequence[Visit]: ...
    @property
    def began(self) -> float: ...
    @property
    def where(self) -> str: ...
    @property
    def lineage(self) -> Callable[..., Lineage]: ...


class Mapped:
    """Follows the Map runs of one run (which may be of a kind that knows of none)."""

    def __init__(self, run: Any) -> None:
        self._run = run
        self._last: dict[int, ChildLike] = {}

    def children(self, most: int) -> list[ChildLike]:
        """Return the children whose paths are shown: at most so many of each Map run."""
        ask = getattr(self._run, "map_children", None)
        found: list[ChildLike] = ask(most) if ask is not None else []
        self._last |= {self.base(child): child for child in found}
        return found

    def base(self, child: ChildLike) -> int:
        """Return what is added to the ids of a child's visits."""
        return (child.place * SPAN + child.number + 1) * SPAN

    def owner(self, id: Any) -> tuple[ChildLike | None, Any]:
        """Return the child that a visit's id on the page belongs to and the id it has there; None: it is the run's own."""
        if not isinstance(id, int) or id < SPAN:
            return None, id
        base = id // SPAN * SPAN
        if base not in self._last:
            try:
                self._find(*divmod(id // SPAN - 1, SPAN))
            except InputError:
                return None, id
        return self._last[base], id % SPAN

    def _find(self, which: str | int, number: int) -> ChildLike:
        """Return any child of a Map run, and remember it. Raises InputError for one that is not to be had."""
        ask = getattr(self._run, "child", None)
        if ask is None:
            raise InputError("Of this Map run's children no more is known here.")
        child: ChildLike = ask(which, number)
        self._last[self.base(child)] = child
        return child

    def asked(self, address: str, number: int) -> ChildLike | str:
        """Return any child of a state's last Map run; the reason in words where it is not to be had."""
        try:
            return self._find(address, number)
        except InputError as fault:
            return str(fault)

    # -- statuses -----------------------------------------------------------------------------------------------------

    def add(self, statuses: dict[str, dict[str, Any]], edges: dict[str, int], most: int) -> int:
        """Add the figures of distributed Maps, and how the states inside stand in the children that are shown.

        A state inside says of how many items that is, where not of all. Returns how many visits those children made.
        """
        figures: Mapping[str, Mapping[str, int]] = getattr(self._run, "map_figures", dict)()
        if not figures:
            return 0
        shown, visits = self.children(most), 0
        notes: dict[str, str] = {}
        for address, counts in figures.items():
            seen = sum(1 for child in shown if child.address == address)
            if address in statuses:
                statuses[address] |= {**counts, "seen": seen}
            batches = counts.get("batches")
            if seen < (counts["done"] + counts["failed"] + counts["running"] if batches is None else batches):
                notes[address] = f"in {seen} {'items' if batches is None else 'batches'}"
        for child in shown:
            latest: dict[tuple[str, FrameKey], str] = {}
            for visit in child.visits:
                visits += 1
                state = statuses.setdefault(visit.address, {"status": "succeeded", "visits": 0})
                state["visits"] += 1
                if child.address in notes:
                    state["note"] = notes[child.address]
                latest[visit.address, visit.frame] = visit.status
                if visit.next is not None:
                    home = visit.address.rpartition("/States/")[0]
                    to = f"{home}/States/{escape(visit.next)}"
                    edge = edge_id(visit.address, to, caught=visit.status == "caught")
                    edges[edge] = edges.get(edge, 0) + 1
            for (address, _), status in latest.items():
                if _RANK[status] < _RANK[statuses[address]["status"]]:
                    statuses[address]["status"] = status
        return visits

    # -- messages -----------------------------------------------------------------------------------------------------

    def shifted(self, child: ChildLike, message: Any, began: float) -> Any:
        """Return a visit's message as one of the run that began at ``began``: its id, frame, place and times moved."""
        later, base = (child.began - began) * 1000, self.base(child)
        inner = message["frame"]
        where = child.where
        found = {
            **message,
            "id": base + message["id"],
            "frame": frame_text(child.frame) + (f"/{inner}" if inner else ""),
            "where": f"{where} › {message['where']}" if message["where"] else where,
            "attempts": [{**attempt, **_moved(attempt, later)} for attempt in message["attempts"]],
            **_moved(message, later),
        }
        if child.batched:
            found["batch"] = [len(child.frame) - 1, child.items.start + 1, child.items.stop]
        if "links" in message:  # followed by the kernel, which knows whose ids they are
            found |= {"links": [], "links_cut": True}
        if "variables" in message:
            given = message["variables"]
            found["variables"] = {
                name: {**one, "by": None if one["by"] is None else base + one["by"]} for name, one in given.items()
            }
        return found

    def traced(self, child: ChildLike, message: dict[str, Any]) -> dict[str, Any]:
        """Return the message of a lineage inside a child with the ids it has on the page."""
        base, where = self.base(child), child.where

        def moved(hop: Mapping[str, Any]) -> dict[str, Any]:
            if not hop["visit"]:
                return {**hop, "where": where}
            inner = f"{where} › {hop['where']}" if hop["where"] else where
            return {**hop, "visit": base + hop["visit"], "where": inner}

        return {**message, "hops": [moved(hop) for hop in message["hops"]], "uses": [moved(u) for u in message["uses"]]}


def _moved(message: Mapping[str, Any], later: float) -> dict[str, Any]:
    start, end = message["start_ms"], message["end_ms"]
    return {"start_ms": round(start + later, 3), "end_ms": None if end is None else round(end + later, 3)}
