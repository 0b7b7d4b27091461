"""Rails: long wires led around a tall machine instead of through it.

Thirty Catch edges from all over a machine of 300 states to one handler cost Graphviz seconds and are a thicket to look
at. The longest wires are kept from it and led down the right side, those to one target on one rail; they run only in
the gaps between rows, so they cross no box. Knows rectangles and curves; not what they stand for.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from sfnbook.diagram.boxes import Box, Placed, Point, Route, Wire
from sfnbook.diagram.layers import depths

BUDGET: Final = 900
"""Rows that the wires given to Graphviz may pass in all, beyond one each."""

_SIDE: Final = 28
_APART: Final = 12
_CORNER: Final = 8
_LONG: Final = 6
_MANY: Final = 5


def choose(boxes: list[Box], wires: list[Wire]) -> list[Wire]:
    """Return the wires to lead on rails: where many long ones meet, and the longest until the rest is within the budget.

    Every box keeps a wire that leads to it, so that it stands where it belongs.
    """
    depth = depths(boxes, wires)
    spans = {wire.id: abs(depth[wire.target] - depth[wire.source]) for wire in wires}
    meeting = Counter(wire.target for wire in wires if spans[wire.id] >= _LONG)
    spare = sum(spans.values()) - len(wires) - BUDGET
    arriving = Counter(wire.target for wire in wires)
    chosen: list[Wire] = []
    for wire in sorted(wires, key=lambda wire: -spans[wire.id]):
        wanted = spare > 0 or meeting[wire.target] >= _MANY
        if wanted and spans[wire.id] >= _LONG and arriving[wire.target] > 1:
            arriving[wire.target] -= 1
            spare -= spans[wire.id]
            chosen.append(wire)
    return chosen


def lead(placed: Placed, boxes: list[Box], chosen: list[Wire]) -> Placed:
    """Return the layout with the chosen wires added at its right side."""
    if not chosen:
        return placed
    size = {box.id: (box.width, box.height) for box in boxes}
    rows = _rows(placed, size)
    targets = sorted({wire.target for wire in chosen}, key=lambda name: placed.corners[name][1])
    rails = {name: placed.width + _SIDE + index * _APART for index, name in enumerate(targets)}
    routes: dict[str, Route] = dict(placed.routes)
    for wire in chosen:
        (sx, sy), (sw, sh) = placed.corners[wire.source], size[wire.source]
        (tx, ty), (tw, th) = placed.corners[wire.target], size[wire.target]
        low = rows[_key(sy + sh / 2)][1] + 24
        high = rows[_key(ty + th / 2)][0] - 14
        begin, end = sx + sw - 20, tx + tw - 20
        rail = rails[wire.target]
        corners = [(begin, sy + sh), (begin, low), (rail, low), (rail, high), (end, high), (end, ty)]
        label = (begin + 4 + wire.label_width / 2, low - 10) if wire.label_width else None
        routes[wire.id] = (_rounded(corners), label)
    right = max(rails.values()) + _SIDE / 2
    right = max([right, *(at[0] + wire.label_width / 2 for wire in chosen if (at := routes[wire.id][1]))])
    return Placed(right, placed.height, placed.corners, routes, frozenset(wire.id for wire in chosen))


def _key(middle: float) -> int:
    return round(middle)


def _rows(placed: Placed, size: dict[str, tuple[float, float]]) -> dict[int, tuple[float, float]]:
    """Return the top and bottom of each row, by the middle that its boxes share."""
    rows: dict[int, tuple[float, float]] = {}
    for name, (_, y) in placed.corners.items():
        height = size[name][1]
        top, bottom = rows.get(_key(y + height / 2), (y, y + height))
        rows[_key(y + height / 2)] = (min(top, y), max(bottom, y + height))
    return rows


def _rounded(corners: list[Point]) -> list[Point]:
    """Return a chain of cubic curves along right-angled lines, their corners rounded."""
    points = [corners[0]]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        start, end = _towards(corner, before), _towards(corner, after)
        points += [points[-1], start, start, corner, corner, end]
    return [*points, points[-1], corners[-1], corners[-1]]


def _towards(corner: Point, other: Point) -> Point:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    step = min(_CORNER, length / 2) / length if length else 0
    return corner[0] + dx * step, corner[1] + dy * step
