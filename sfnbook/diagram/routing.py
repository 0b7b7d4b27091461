"""Routing: the curves of wires between boxes whose rows are known, and the boxes' places.

A layout gives rows and an order; here every wire gets its way through the gaps (`levels`) and its curve: out of the lower
side of its box, down, into the upper side of the other, its label beside it. Wires to one target may run together on a
rail beside the machine. The page draws these points as they are. Knows rectangles and curves; not what they stand for.
"""

from __future__ import annotations

from typing import Final

from sfnbook.diagram.boxes import LABEL_GAP, Box, Placed, Point, Route, Side, Wire
from sfnbook.diagram.levels import (
    TRACK,
    Item,
    Level,
    Line,
    align,
    build,
    port_room,
    spread,
    stack,
    straighten,
    untangle,
)

PORT_APART: Final = 9
RAIL_SIDE: Final = 28
RAIL_APART: Final = 12
CORNER: Final = 8


def route(boxes: list[Box], wires: list[Wire], hints: Placed) -> tuple[Placed, int]:
    """Return positions and routes made from a layout's rows and order, and how many crossings there are.

    A route's second part is the middle of the left side of its label.
    """
    levels, lines = build(boxes, wires, hints)
    rails = _rails(lines)
    _tracks(lines, levels, rails)
    crossed = untangle(levels) + _rail_crossings(lines, levels, rails)
    spread(levels)
    align(lines, levels)
    for line in lines:
        if line.chain and not line.rail:
            straighten(line, levels)
    length = stack(levels)
    places = _rail_places(levels, rails)
    ports = _Ports()
    curves = {line.wire.id: _curve(line, levels, places, ports) for line in lines}
    return _framed(levels, lines, curves, length, hints.rails), crossed


# -- rails ------------------------------------------------------------------------------------------------------------

Rails = dict[tuple[str, str], int]
"""Side and target to the rail's number, counted outwards."""


def _rails(lines: list[Line]) -> Rails:
    """Return the rails: the innermost belongs to the highest target, within one row to the one furthest from that side."""
    led = {(line.rail, line.wire.target): line.target for line in lines if line.rail}
    rails: Rails = {}
    for side in ("left", "right"):
        sign = 1 if side == "right" else -1
        here = sorted((key for key in led if key[0] == side), key=lambda key: (led[key].level, sign * led[key].hint))
        rails.update((key, number) for number, key in enumerate(here))
    return rails


def _tracks(lines: list[Line], levels: list[Level], rails: Rails) -> None:
    """Note in each gap who runs sideways there: leaving wires first, the outermost rail above; then those that arrive."""
    wanted: dict[int, dict[tuple[str, bool], tuple[bool, int]]] = {}
    for line in lines:
        if line.rail:
            number = rails[line.rail, line.wire.target]
            wanted.setdefault(line.source.level + 1, {})[line.wire.target, False] = (False, -number)
            wanted.setdefault(line.target.level - 1, {})[line.wire.target, True] = (True, number)
    for index, tracks in wanted.items():
        if index >= 0:
            levels[index].tracks = sorted(tracks, key=lambda track: tracks[track])


def _track(level: Level, target: str, arrives: bool) -> float:
    """Return the height at which a wire runs sideways in a gap."""
    after = len(level.tracks) - 1 - level.tracks.index((target, arrives))
    return level.stop - 12 - TRACK * after


def _rail_places(levels: list[Level], rails: Rails) -> dict[tuple[str, str], float]:
    if not rails:
        return {}
    right = max(item.at + item.after for level in levels for item in level.items)
    left = min(item.at - item.before for level in levels for item in level.items)
    return {
        key: right + RAIL_SIDE + number * RAIL_APART if key[0] == "right" else left - RAIL_SIDE - number * RAIL_APART
        for key, number in rails.items()
    }


def _rail_crossings(lines: list[Line], levels: list[Level], rails: Rails) -> int:
    """Return about how many lines are crossed on the way to rails and from them."""
    led = [line for line in lines if line.rail]
    spans: dict[tuple[str, str], tuple[int, int]] = {}
    for line in led:
        key = (line.rail, line.wire.target)
        ends = sorted((line.source.level + 1, line.target.level - 1))
        low, high = spans.get(key, (ends[0], ends[1]))
        spans[key] = (min(low, ends[0]), max(high, ends[1]))
    own = {id(line.chain[1]): line for line in led}
    count = 0
    for line in led:
        slot = line.chain[1]
        beside = levels[slot.level].items
        beyond = beside[slot.order + 1 :] if line.rail == "right" else beside[: slot.order]
        count += sum(1 for item in beyond if id(item) not in own or own[id(item)].rail != line.rail)
        number = rails[line.rail, line.wire.target]
        count += sum(
            1
            for (side, target), (low, high) in spans.items()
            if side == line.rail and rails[side, target] < number and low < slot.level < high
        )
    return count


# -- curves -----------------------------------------------------------------------------------------------------------


class _Ports:
    """Where each wire leaves and reaches its box: in the order of the wires there, apart where there is room."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], dict[int, float]] = {}

    def of(self, item: Item, other: Item, side: str) -> float:
        key = (id(item), side)
        if key not in self._known:
            self._known[key] = _spots(item, item.up if side == "up" else item.down)
        return self._known[key][id(other)]


def _spots(item: Item, links: list[tuple[Item, float]]) -> dict[int, float]:
    half = port_room(item)
    if len(links) == 1:
        other = links[0][0]
        return {id(other): item.at + max(-half, min(half, other.at - item.at))}
    ordered = sorted((other for other, _ in links), key=lambda other: other.at)
    spots = [max(-half, min(half, other.at - item.at)) for other in ordered]
    for i in range(1, len(spots)):
        spots[i] = max(spots[i], spots[i - 1] + PORT_APART)
    for i in range(len(spots) - 1, -1, -1):
        spots[i] = min(spots[i], spots[i + 1] - PORT_APART if i + 1 < len(spots) else half)
    return {id(other): item.at + max(-half, spot) for other, spot in zip(ordered, spots, strict=True)}


def _curve(line: Line, levels: list[Level], rails: dict[tuple[str, str], float], ports: _Ports) -> Route:
    """Return a line's curve and the middle of the left side of its label, from an origin still to be found."""
    if line.source is line.target:
        return _loop(line, levels)
    if not line.chain:
        return _beside(line, levels)
    if line.rail:
        return _rail(line, levels, rails[line.rail, line.wire.target], ports)
    chain = line.chain
    top, bottom, last = chain[0], chain[-1], len(chain) - 2
    arrival = ports.of(bottom, chain[last], "up")
    path = _Path(ports.of(top, chain[1], "down"), _end(levels[top.level], top, 1))
    path.straight(levels[top.level].stop)
    for index in range(1, len(chain) - 1):
        slot = chain[index]
        level = levels[slot.level]
        beyond = arrival if index == last else chain[index + 1].at
        if not level.gap:
            path.straight(level.stop)
            continue
        if level.thick:  # a gap without labels is crossed in one sweep; else each line passes it at its own slot
            path.sweep(slot.at, level.start + level.ease)
            path.straight(level.stop - level.foot)
        path.sweep(beyond, level.stop)
    path.straight(_end(levels[bottom.level], bottom, -1))
    points = path.points[::-1] if line.back else path.points
    return points, next((_label(slot, levels) for slot in chain if slot.labelled), None)


def _end(level: Level, item: Item, side: int) -> float:
    """Return the lower (1) or upper (-1) side of a box: boxes stand in the middle of their row."""
    return (level.start + level.stop + side * item.along) / 2


def _label(slot: Item, levels: list[Level]) -> Point:
    level = levels[slot.level]
    return slot.at + LABEL_GAP, level.start + level.ease + level.thick / 2


def _rail(line: Line, levels: list[Level], side: float, ports: _Ports) -> Route:
    source, slot = line.chain
    gap, row = levels[slot.level], levels[line.target.level]
    sign = 1 if line.rail == "right" else -1
    low = _track(gap, line.wire.target, arrives=False)
    above = levels[line.target.level - 1] if line.target.level else None
    high = _track(above, line.wire.target, arrives=True) if above else row.start - 12
    finish = line.target.at + sign * port_room(line.target)
    path = _Path(ports.of(source, slot, "down"), _end(levels[source.level], source, 1))
    path.straight(levels[source.level].stop)
    path.sweep(slot.at, gap.start + gap.ease)
    path.angled([(slot.at, low), (side, low), (side, high), (finish, high), (finish, _end(row, line.target, -1))])
    return path.points, _label(slot, levels) if slot.labelled else None


def _loop(line: Line, levels: list[Level]) -> Route:
    level = levels[line.source.level]
    x, y = line.source.at + line.source.before, (level.start + level.stop) / 2
    points = [(x, y + 9), (x + 30, y + 13), (x + 30, y - 13), (x, y - 9)]
    return points, (x + 27 + LABEL_GAP, y) if line.wire.label_width else None


def _beside(line: Line, levels: list[Level]) -> Route:
    """Return a straight line from side to side, between two boxes of one row."""
    level = levels[line.source.level]
    y = (level.start + level.stop) / 2
    sign = 1 if line.source.at < line.target.at else -1
    a, b = line.source.at + sign * line.source.before, line.target.at - sign * line.target.before
    return [(a, y), (a + (b - a) / 3, y), (a + (b - a) * 2 / 3, y), (b, y)], None


class _Path:
    """A chain of cubic curves in the making."""

    def __init__(self, x: float, y: float) -> None:
        self.points = [(x, y)]

    def straight(self, y: float) -> None:
        x, y0 = self.points[-1]
        if y - y0 > 0.5:
            self.points += [(x, y0 + (y - y0) / 3), (x, y0 + (y - y0) * 2 / 3), (x, y)]

    def sweep(self, x: float, y: float) -> None:
        x0, y0 = self.points[-1]
        if abs(x - x0) < 0.5:
            self.straight(y)
            self.points[-1] = (x, self.points[-1][1])
            return
        bend = (y - y0) / 2
        self.points += [(x0, y0 + bend), (x, y - bend), (x, y)]

    def angled(self, corners: list[Point]) -> None:
        """Go along right-angled lines, their corners rounded."""
        way = [self.points[-1], *corners]
        for before, corner, after in zip(way, way[1:], way[2:], strict=False):
            a, b = _towards(corner, before), _towards(corner, after)
            self.points += [self.points[-1], a, a, corner, corner, b]
        self.points += [self.points[-1], way[-1], way[-1]]


def _towards(corner: Point, other: Point) -> Point:
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    length = abs(dx) + abs(dy)
    step = min(CORNER, length / 2) / length if length else 0
    return corner[0] + dx * step, corner[1] + dy * step


def _framed(
    levels: list[Level], lines: list[Line], curves: dict[str, Route], length: float, rails: dict[str, Side]
) -> Placed:
    """Return everything from the machine's own corner."""
    items = [(level, item) for level in levels for item in level.items if item.box]
    lows = [item.at - item.before for _, item in items]
    highs = [item.at + (item.box.width / 2 if item.box else 0) for _, item in items]
    for line in lines:
        points, label = curves[line.wire.id]
        lows.append(min(x for x, _ in points))
        highs.append(max(x for x, _ in points))
        if label:
            highs.append(label[0] + line.wire.label_width)
    low = min(lows, default=0)
    corners = {
        item.box.id: (item.at - item.box.width / 2 - low, (level.start + level.stop - item.box.height) / 2)
        for level, item in items
        if item.box
    }
    routes: dict[str, Route] = {
        name: ([(x - low, y) for x, y in points], (label[0] - low, label[1]) if label else None)
        for name, (points, label) in curves.items()
    }
    return Placed(max(highs, default=0) - low, length, corners, routes, rails)
