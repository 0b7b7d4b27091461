"""Where an edge's label stands: close to its own curve, clear of all others.

The layout reserves a place for each label but straightens the curve afterwards, which may leave its label far away.
Owns the moving back. Knows rectangles and curves; no text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sfnbook.diagram.boxes import Point, Route

LABEL_GAP: Final = 6
"""Between a label and what is left and right of it; part of the width that is reserved for it."""

_STEPS: Final = 12
_BAND: Final = 24
_FAR: Final = 260
_LONG: Final = 200


@dataclass(slots=True)
class _Obstacles:
    """The points of all curves and the labels' rectangles, in horizontal bands, to ask who is near."""

    points: dict[int, list[tuple[str, float, float]]] = field(default_factory=lambda: defaultdict(list))
    labels: dict[int, dict[str, tuple[float, float, float, float]]] = field(default_factory=lambda: defaultdict(dict))
    uprights: dict[float, list[tuple[str, float, float]]] = field(default_factory=lambda: defaultdict(list))
    """Long vertical runs by their x: too many points, and rails share them."""

    def put_label(self, name: str, rectangle: tuple[float, float, float, float]) -> None:
        for band in _bands(rectangle[1], rectangle[3]):
            self.labels[band][name] = rectangle

    def free(self, name: str, left: float, top: float, right: float, bottom: float) -> bool:
        for x, runs in self.uprights.items():
            if left - 3 < x < right + 3 and any(a < bottom and top < b and other != name for other, a, b in runs):
                return False
        for band in _bands(top, bottom):
            for other, x, y in self.points.get(band, ()):
                if left - 3 < x < right + 3 and top < y < bottom and other != name:
                    return False
            for other, (l2, t2, r2, b2) in self.labels.get(band, {}).items():
                if left < r2 and l2 < right and top < b2 and t2 < bottom and other != name:
                    return False
        return True


def _bands(top: float, bottom: float) -> range:
    return range(int(top // _BAND), int(bottom // _BAND) + 1)


def label_spots(routes: Mapping[str, Route], sizes: Mapping[str, Point]) -> dict[str, Point]:
    """Return the middle of the left side of each label, by wire; ``sizes`` are the sizes that were reserved."""
    spots: dict[str, Point] = {}
    for name, size in sizes.items():
        if at := routes[name][1]:
            spots[name] = (at[0] - size[0] / 2 + LABEL_GAP, at[1])
    wanted = {name: _wanted(routes[name][0], spot, sizes[name][1]) for name, spot in spots.items()}
    movers = [name for name, x in wanted.items() if x < spots[name][0]]
    taken = _obstacles(routes, spots, sizes, movers)
    for name in movers:
        x, y = spots[name]
        for share in (1.0, 0.75, 0.5, 0.25):
            spot = (x + (wanted[name] - x) * share, y)
            if taken.free(name, *_rectangle(spot, sizes[name])):
                spots[name] = spot
                taken.put_label(name, _rectangle(spot, sizes[name]))
                break
    return spots


def _obstacles(
    routes: Mapping[str, Route], spots: Mapping[str, Point], sizes: Mapping[str, Point], movers: list[str]
) -> _Obstacles:
    """Return what stands in the bands in which a label is to move."""
    taken = _Obstacles()
    bands: set[int] = set()
    for name, spot in spots.items():
        taken.put_label(name, _rectangle(spot, sizes[name]))
        if name in movers:
            _, top, _, bottom = _rectangle(spot, sizes[name])
            bands.update(_bands(top, bottom))
    for name, (points, _) in routes.items() if movers else ():
        for segment in segments(points):
            xs, ys = {x for x, _ in segment}, [y for _, y in segment]
            if len(xs) == 1 and max(ys) - min(ys) > _LONG:
                taken.uprights[xs.pop()].append((name, min(ys), max(ys)))
            elif not bands.isdisjoint(_bands(min(ys), max(ys))):
                for x, y in samples(segment):
                    taken.points[int(y // _BAND)].append((name, x, y))
    return taken


def _rectangle(spot: Point, size: Point) -> tuple[float, float, float, float]:
    return spot[0], spot[1] - size[1] / 2, spot[0] + size[0] - 2 * LABEL_GAP, spot[1] + size[1] / 2


def _wanted(points: list[Point], spot: Point, height: float) -> float:
    """Return the left side of a label right beside its curve, or where it is if that makes no sense."""
    x, y = spot
    top, bottom = y - height / 2, y + height / 2
    beside = [
        px
        for segment in segments(points)
        if min(sy for _, sy in segment) <= bottom and max(sy for _, sy in segment) >= top
        for px, py in samples(segment)
        if top <= py <= bottom
    ]
    return max(beside) + LABEL_GAP + 1 if beside and x - _FAR < max(beside) < x else x


def segments(points: list[Point]) -> Iterator[list[Point]]:
    """Return the single cubic curves of a chain."""
    return (points[start : start + 4] for start in range(0, len(points) - 3, 3))


def samples(segment: list[Point]) -> Iterator[Point]:
    """Yield points along a cubic curve, at most some pixels apart."""
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = segment
    steps = max(_STEPS, int((abs(x3 - x0) + abs(y3 - y0)) / 8))
    for step in range(steps + 1):
        t = step / steps
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3
