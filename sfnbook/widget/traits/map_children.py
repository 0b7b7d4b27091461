"""The children of a run's Map runs on the page: as iterations of the Map state, so that one of them can be picked.

Each child is an execution with a history and event ids of its own. Here its visits get ids and frames that are unique
in the run that is looked at, and the states inside the Map the statuses that these children gave them. Pure: reads what
the run recorded, and asks it for a child that somebody wants to see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from sfnbook.diagram.graph import edge_id
from sfnbook.engine.events import Event, FrameKey
from sfnbook.errors import InputError
from sfnbook.history.lineage import Lineage
from sfnbook.history.visits import Visit
from sfnbook.language.definition import escape
from sfnbook.widget.traits.lineage import HopMessage, LineageMessage
from sfnbook.widget.traits.visits import frame_text

SPAN: Final = 1_000_000
"""Ids that each child has, and children that each Map run has: no history is that long, no Map run that wide."""

MOST_READ: Final = 500
"""Children of each Map run whose paths are counted: all that the engine keeps the histories of."""

_RANK: Final = {"running": 0, "failed": 1, "aborted": 2, "caught": 3, "succeeded": 4}


class _Path(NamedTuple):
    """Which way a child went. latest: (state's address, how it stands there) once per frame; open: it still runs."""

    address: str
    latest: list[tuple[str, str]]
    visited: list[str]
    edges: list[str]
    events: int
    open: bool


class ChildLike(Protocol):
    """A child execution, as `sfnbook.runs.map_children.ChildRun` is one."""

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
        self._paths: dict[int, _Path] = {}

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
        """Add the figures of distributed Maps, and how the states inside stand in the children whose paths are known.

        Those are all of them, or of a large Map run the first ones of each status; a state inside says how many items
        that is where it is not all. Returns how many visits the children made that are shown.
        """
        figures: Mapping[str, Mapping[str, int]] = getattr(self._run, "map_figures", dict)()
        if not figures:
            return 0
        shown = self.children(most)
        read = self._read()
        known = Counter(child.address for child in read)
        for address, counts in figures.items():
            if address in statuses:
                statuses[address] |= {**counts, "loaded": sum(1 for child in shown if child.address == address)}
        standing: dict[str, Counter[str]] = {}
        for child in read:
            for state, status in child.latest:
                standing.setdefault(state, Counter())[status] += 1
            for state in child.visited:
                statuses.setdefault(state, {"status": "succeeded", "visits": 0})["visits"] += 1
            for edge in child.edges:
                edges[edge] = edges.get(edge, 0) + 1
        homes = {state: child.address for child in read for state in child.visited}
        for state, by_status in standing.items():
            worst = min(by_status, key=lambda status: _RANK[status])
            statuses[state]["status"] = min(statuses[state]["status"], worst, key=lambda status: _RANK[status])
            statuses[state]["note"] = _counted(by_status, known[homes[state]], figures[homes[state]])
        return sum(len(child.visits) for child in shown)

    def _read(self) -> list[_Path]:
        """Return the path of each child whose history is known; those that ended are read once."""
        found = []
        for child in self.children(MOST_READ):
            key = self.base(child)
            known = self._paths.get(key)
            if known is None or known.open or known.events != len(child.events):
                known = self._paths[key] = _path(child)
            found.append(known)
        return found

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
            found["batch"] = [len(child.frame) - 1, child.items.start, child.items.stop - 1]
        if "links" in message:  # followed by the kernel, which knows whose ids they are
            found |= {"links": [], "links_cut": True}
        if "variables" in message:
            given = message["variables"]
            found["variables"] = {
                name: {**one, "by": None if one["by"] is None else base + one["by"]} for name, one in given.items()
            }
        return found

    def traced(self, child: ChildLike, message: LineageMessage) -> LineageMessage:
        """Return the message of a lineage inside a child with the ids it has on the page."""
        base, where = self.base(child), child.where

        def moved(hop: HopMessage) -> HopMessage:
            if not hop["visit"]:
                return {**hop, "where": where}
            inner = f"{where} › {hop['where']}" if hop["where"] else where
            return {**hop, "visit": base + hop["visit"], "where": inner}

        return {**message, "hops": [moved(hop) for hop in message["hops"]], "uses": [moved(u) for u in message["uses"]]}


def _path(child: ChildLike) -> _Path:
    latest: dict[tuple[str, FrameKey], str] = {}
    edges = []
    for visit in child.visits:
        latest[visit.address, visit.frame] = visit.status
        if visit.next is not None:
            to = f"{visit.address.rpartition('/States/')[0]}/States/{escape(visit.next)}"
            edges.append(edge_id(visit.address, to, caught=visit.status == "caught"))
    standing = [(address, status) for (address, _), status in latest.items()]
    visited = [visit.address for visit in child.visits]
    return _Path(child.address, standing, visited, edges, len(child.events), any(s == "running" for _, s in standing))


def _counted(by_status: Mapping[str, int], known: int, figures: Mapping[str, int]) -> str:
    """Return how a state inside stands in the items (or batches), in words: ``47 succeeded, 3 failed of 50``."""
    shown = [status for status in ("running", "succeeded", "caught", "failed", "aborted") if by_status.get(status)]
    words = ", ".join(f"{by_status[status]:,} {status}" for status in shown)
    things = "items" if "batches" not in figures else "batches"
    begun = figures.get("batches", max(known, figures["done"] + figures["failed"] + figures["running"]))
    whole = f" of {begun:,}" if begun > sum(by_status.values()) or len(shown) > 1 else ""
    return f"{words}{whole}" if known >= begun else f"in {known:,} of {begun:,} {things}: {words}"


def _moved(message: Mapping[str, Any], later: float) -> dict[str, Any]:
    start, end = message["start_ms"], message["end_ms"]
    return {"start_ms": round(start + later, 3), "end_ms": None if end is None else round(end + later, 3)}
