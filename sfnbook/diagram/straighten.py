"""Detours taken out: a labelled wire that bulges around its own label becomes a straight line, its label beside it.

Graphviz leads a wire past the place it reserves for the label, which can bend it far out of its way. Here such a wire is
straightened where the line and the label beside it touch nothing else. Knows rectangles and curves; no text.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from math import dist, hypot
from typing import Final

from sfnbook.diagram.boxes import Box, Point, Route, Wire
from sfnbook.diagram.labels import LABEL_GAP, samples, segments

Rectangle = tuple[float, float, float, float]

_MOST: Final = 150
_DETOUR: Final = 1.08
_CORNER: Final = 28
_SHARED: Final = 26
"""Near a common end two wires may come close."""


def straighten(
    routes: Mapping[str, Route], boxes: list[Box], wires: list[Wire], corners: Mapping[str, Point]
) -> dict[str, Route]:
    """Return the routes, detours replaced where there is room; left as they are in large machines."""
    out = dict(routes)
    if len(wires) > _MOST:
        return out
    places = {
        b.id: (corners[b.id][0], corners[b.id][1], corners[b.id][0] + b.width, corners[b.id][1] + b.height)
        for b in boxes
    }
    for wire in wires:
        source, target = places[wire.source], places[wire.target]
        if not wire.label_width or target[1] <= source[3]:
            continue
        start, end = _line(source, target)
        if not _detour(out[wire.id][0], start, end):
            continue
        others = [
            p for name, (points, _) in out.items() if name != wire.id for s in segments(points) for p in samples(s)
        ]
        labels = [_label(other, out[other.id][1]) for other in wires if other is not wire]
        taken = [*(place for name, place in places.items() if name not in (wire.source, wire.target)), *labels]
        if not _clear(start, end, taken, others):
            continue
        spot = _spot(wire, start, end, [*taken, source, target], others)
        if spot:
            third = ((end[0] - start[0]) / 3, (end[1] - start[1]) / 3)
            inner = [(start[0] + third[0] * k, start[1] + third[1] * k) for k in (1, 2)]
            out[wire.id] = ([start, *inner, end], spot)
    return out


def _line(source: Rectangle, target: Rectangle) -> tuple[Point, Point]:
    """Return a line from the lower side of one box to the upper side of another, along their middles."""
    a, b = (source[0] + source[2]) / 2, (target[0] + target[2]) / 2
    middle, goal = (source[1] + source[3]) / 2, (target[1] + target[3]) / 2
    lean = (b - a) / (goal - middle)
    start = min(max(a + lean * (source[3] - middle), source[0] + _CORNER), source[2] - _CORNER)
    end = min(max(b - lean * (goal - target[1]), target[0] + _CORNER), target[2] - _CORNER)
    return (start, source[3]), (end, target[1])


def _detour(points: list[Point], start: Point, end: Point) -> bool:
    line = [point for segment in segments(points) for point in samples(segment)]
    way = sum(dist(p, q) for p, q in pairwise(line))
    sideways = abs(points[0][1] - start[1]) > 3 or abs(points[-1][1] - end[1]) > 3
    return sideways or way > _DETOUR * dist(start, end)


def _label(wire: Wire, at: Point | None) -> Rectangle:
    if at is None:
        return 0, 0, 0, 0
    half = wire.label_width / 2 - LABEL_GAP
    return at[0] - half, at[1] - wire.label_height / 2, at[0] + half, at[1] + wire.label_height / 2


def _clear(start: Point, end: Point, taken: list[Rectangle], others: list[Point]) -> bool:
    steps = max(8, int(dist(start, end) / 6))
    line = [
        (start[0] + (end[0] - start[0]) * i / steps, start[1] + (end[1] - start[1]) * i / steps)
        for i in range(steps + 1)
    ]
    if any(r[0] - 4 < x < r[2] + 4 and r[1] - 2 < y < r[3] + 2 for x, y in line[1:-1] for r in taken):
        return False
    near = [p for p in others if start[1] - 8 < p[1] < end[1] + 8 and min(dist(p, start), dist(p, end)) > _SHARED]
    return not any(hypot(x - px, y - py) < 7 for x, y in line for px, py in near)


def _spot(wire: Wire, start: Point, end: Point, taken: list[Rectangle], others: list[Point]) -> Point | None:
    """Return the centre of a free place for the label, right or left of the line."""
    w, h = wire.label_width - 2 * LABEL_GAP, wire.label_height
    lean = (end[0] - start[0]) / (end[1] - start[1])
    for share in (0.5, 0.4, 0.6, 0.3, 0.7):
        y = start[1] + (end[1] - start[1]) * share
        x, slant = start[0] + lean * (y - start[1]), abs(lean) * h / 2
        for left in (x + slant + LABEL_GAP, x - slant - LABEL_GAP - w):
            room = (left, y - h / 2, left + w, y + h / 2)
            boxes = any(room[0] < r[2] and r[0] < room[2] and room[1] < r[3] and r[1] < room[3] for r in taken)
            if left >= 0 and not boxes and not any(
                room[0] - 3 < px < room[2] + 3 and room[1] < py < room[3] for px, py in others
            ):  # fmt: skip
                return left + w / 2, y
    return None
