"""The message about where data came from: a visit's links, so that it can follow them without a kernel.

A link is an array: [stage, path, how, by, sources], a source [visit, stage, path]; visit 0 is the execution, and the
stage "@output" the execution's output. A path is an array of keys and indexes. static/inspector/lineage.js follows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypedDict

from sfnbook.history.data_links import RUN, Link, Spot
from sfnbook.history.lineage import Lineage, LineageStep
from sfnbook.query.jsonpath.value_paths import Place

MOST_LINKS: Final = 150
"""Links of one visit that travel ahead of a click; a state that took more apart asks the kernel."""
MOST_SOURCES: Final = 60
MOST_HOPS: Final = 300
BY: Final = 120

PathMessage = list[str | int]
SourceMessage = Annotated[list[Any], "[visit: number, stage: string, path: PathMessage]"]
LinkMessage = Annotated[
    list[Any], "[stage: string, path: PathMessage, how: string, by: string, sources: SourceMessage[]]"
]


class HopMessage(TypedDict):
    """One step of a value's way. visit: 0 for the execution. without: places below that came from elsewhere."""

    depth: int
    visit: int
    address: str | None
    name: str
    where: str
    stage: str
    path: PathMessage
    how: str
    by: str
    without: list[PathMessage]


class LineageMessage(TypedDict):
    """Where a value came from and who used it. cut: whether some steps are missing."""

    hops: list[HopMessage]
    uses: list[HopMessage]
    cut: bool


def links_message(links: Sequence[Link], most: int = MOST_LINKS) -> tuple[list[LinkMessage], bool]:
    """Return a visit's links for the page, and whether some are missing."""
    cut = len(links) > most or any(len(link.sources) > MOST_SOURCES for link in links)
    kept = [link for link in links if len(link.sources) <= MOST_SOURCES][:most]
    return [_link(link) for link in kept], cut


def _link(link: Link) -> LinkMessage:
    stage = "@output" if link.to.visit == RUN else link.to.stage
    return [stage, _path(link.to.path), link.how, _clean(link.by), [_spot(source) for source in link.sources]]


def _spot(spot: Spot) -> list[Any]:
    return [spot.visit, spot.stage, _path(spot.path)]


def _path(place: Place) -> PathMessage:
    return [_whole(step) if isinstance(step, str) else step for step in place]


def lineage_message(lineage: Lineage) -> LineageMessage:
    """Return a lineage for the page, in the shape that lineage.js makes itself."""
    return {
        "hops": [_hop(hop) for hop in lineage.hops[:MOST_HOPS]],
        "uses": [_hop(hop) for hop in lineage.uses[:MOST_HOPS]],
        "cut": len(lineage.hops) > MOST_HOPS or len(lineage.uses) > MOST_HOPS,
    }


def _hop(hop: LineageStep) -> HopMessage:
    visit = hop.visit
    return {
        "depth": hop.depth,
        "visit": 0 if visit is None else visit.id,
        "address": None if visit is None else visit.address,
        "name": "" if visit is None else _clean(visit.name),
        "where": "" if visit is None else _clean(visit.where),
        "stage": hop.stage,
        "path": _path(hop.place),
        "how": hop.how,
        "by": _clean(hop.by),
        "without": [_path(place) for place in hop.without],
    }


def _clean(text: str) -> str:
    short = text if len(text) <= BY else text[: BY - 1] + "…"
    return _whole(short)


def _whole(text: str) -> str:
    """Half a surrogate pair cannot travel as UTF-8."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()
