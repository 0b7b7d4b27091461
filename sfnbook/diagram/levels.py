"""Levels: rows of boxes and the gaps between them, and in which order wires pass each.

Rows of boxes alternate with gaps; a wire has a slot in every row and gap that it passes, so that it crosses no box. Owns
that order, against crossings, and every place across. The page does the same when containers are folded
(`widget/static/diagram/layout.js`). Knows rectangles and wires; no curves and not what they stand for.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sfnbook.diagram.boxes import Box, Placed, Point, Wire

SNAP: Final = 30
"""Boxes on one way that stand this little apart are brought into one line."""
FIRM: Final = 1000
"""How much more a box in a line wants its place than what stands beside it."""
PORT_EDGE: Final = 16
TRACK: Final = 8
"""Between two wires that run sideways to or from their rails."""

_PHASES: Final = ((14, False, False), (9, True, False), (6, True, True))
"""How often at most all levels are gone through; by means or by medians; looking to one side or to both."""
_TALL: Final = 150
_FEW: Final = 2
"""With more levels than `_TALL` no more than so many times: further ones lean a tall machine to one side, and take long."""
_ROUNDS: Final = 6
_STILL: Final = 0.05
_LOOSE: Final = 1e-9
"""Nothing moves for a wire that is led around."""
_WEIGHTS: Final = {8: 16, 4: 5, 3: 4, 1: 1}


@dataclass(slots=True, eq=False)
class Item:
    """What has a place in a level: a box, or a wire that passes. ``at``: across, its middle; ``order``: in its level."""

    level: int
    before: float
    after: float
    along: float = 0
    box: Box | None = None
    hint: float = 0
    tie: float = 0
    at: float = 0
    order: int = 0
    labelled: bool = False
    up: list[tuple[Item, float]] = field(default_factory=list)
    down: list[tuple[Item, float]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Level:
    """A row (``gap`` false) or the room between two; from ``start`` to ``stop`` once it is stacked."""

    gap: bool
    items: list[Item] = field(default_factory=list)
    offsets: list[float] = field(default_factory=list)
    """Of each item from the first one, where all stand as close as they may."""
    tracks: list[tuple[str, bool]] = field(default_factory=list)
    """Wires sideways in this gap, from above: which rail (its target), and whether they arrive."""
    start: float = 0
    stop: float = 0
    thick: float = 0
    ease: float = 0
    foot: float = 0
    """As ``ease``, below the labels, with the tracks."""


@dataclass(slots=True, eq=False)
class Line:
    """A wire with the slots that it passes from above to below, its ends included; none within one row."""

    wire: Wire
    source: Item
    target: Item
    rail: str = ""
    """"left" or "right" where it is led around."""
    back: bool = False
    chain: list[Item] = field(default_factory=list)


def build(boxes: list[Box], wires: list[Wire], hints: Placed) -> tuple[list[Level], list[Line]]:
    """Return the levels in the order of a layout and the lines through them; wires on rails have one slot, at their source."""
    cells = {box.id: Item(0, box.width / 2, box.width / 2, box.height, box) for box in boxes}
    loops = {wire.source: wire for wire in wires if wire.source == wire.target}
    rows: list[list[Item]] = []
    edges: list[tuple[float, float]] = []
    last = float("-inf")
    middle = {box.id: hints.corners[box.id][1] + box.height / 2 for box in boxes}
    for box in sorted(boxes, key=lambda box: middle[box.id]):
        x, y = hints.corners[box.id]
        if middle[box.id] - last > 2:
            last = middle[box.id]
            rows.append([])
            edges.append((y, y))
        edges[-1] = (min(edges[-1][0], y), max(edges[-1][1], y + box.height))
        cell = cells[box.id]
        cell.level, cell.hint = 2 * (len(rows) - 1), x + box.width / 2
        if loop := loops.get(box.id):
            cell.after += 36 + loop.label_width
        rows[-1].append(cell)
    levels = [Level(gap=index % 2 == 1) for index in range(max(0, 2 * len(rows) - 1))]
    for index, row in enumerate(rows):
        levels[2 * index].items = row
    lines = [_thread(wire, cells, levels, edges, hints) for wire in wires]
    for level in levels:
        level.items.sort(key=lambda item: (item.hint, item.tie))
    return levels, lines


def _thread(
    wire: Wire, cells: Mapping[str, Item], levels: list[Level], edges: list[tuple[float, float]], hints: Placed
) -> Line:
    source, target = cells[wire.source], cells[wire.target]
    line = Line(wire, source, target)
    if source.level == target.level:
        return line
    line.back = source.level > target.level
    upper, lower = (target, source) if line.back else (source, target)
    rail = hints.rails.get(wire.id, "") if source.level + 1 < len(levels) else ""
    line.rail = rail
    label_at = source.level + 1 if rail else lower.level - 1 if line.back or wire.rows > 1 else upper.level + 1
    passed = [label_at] if rail else range(upper.level + 1, lower.level)
    track = hints.routes[wire.id][0] if len(passed) > 1 and wire.id in hints.routes else []
    line.chain = [source if rail else upper]
    for index in passed:
        slot = Item(index, 5, 5, tie=upper.hint + lower.hint)
        slot.hint = (upper.hint + lower.hint) / 2
        if rail:
            slot.hint = source.hint + (-1 if rail == "left" else 1) * source.before
        elif track:
            row = edges[index // 2]
            height = (row[1] + edges[index // 2 + 1][0]) / 2 if index % 2 else (row[0] + row[1]) / 2
            slot.hint = _crossing(track, height)
        if index == label_at and wire.label_width:
            slot.labelled, slot.after, slot.along = True, wire.label_width, wire.label_height
        levels[index].items.append(slot)
        line.chain.append(slot)
    if not rail:
        line.chain.append(lower)
    weight = _WEIGHTS.get(wire.weight, wire.weight)
    for a, b in pairwise(line.chain):
        heavy = _LOOSE if rail else weight * (6 if not a.box and not b.box else 2)
        a.down.append((b, heavy))
        b.up.append((a, heavy))
    return line


def _crossing(points: list[Point], height: float) -> float:
    """Return where a curve passes a height, by its nearest points; its nearer end where it does not."""
    for (x0, y0), (x1, y1) in pairwise(points):
        if (y0 - height) * (y1 - height) <= 0 and y0 != y1:
            return x0 + (x1 - x0) * (height - y0) / (y1 - y0)
    first, last = points[0], points[-1]
    return first[0] if abs(first[1] - height) < abs(last[1] - height) else last[0]


# -- the order, against crossings -------------------------------------------------------------------------------------


def untangle(levels: list[Level]) -> int:
    """Order each level's items against crossings: by the mean place of their neighbours, then neighbour by neighbour.

    Returns how many crossings are left. A machine without any keeps its order.
    """
    _number(levels)
    best = _tangles(levels)
    if not best:
        return 0
    kept = [list(level.items) for level in levels]
    for turn in range(_ROUNDS):
        for level in levels if turn % 2 == 0 else reversed(levels):
            _by_mean(level, downwards=turn % 2 == 0)
        while _swap(levels):
            pass
        count = _tangles(levels)
        if count < best:
            best, kept = count, [list(level.items) for level in levels]
        if not best:
            break
    for level, items in zip(levels, kept, strict=True):
        level.items = items
    _number(levels)
    return best


def _number(levels: list[Level]) -> None:
    for level in levels:
        for order, item in enumerate(level.items):
            item.order = order


def _tangles(levels: list[Level]) -> int:
    count = 0
    for level in levels:
        seen: list[int] = []
        for item in level.items:
            ends = sorted(other.order for other, _ in item.down)
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count


def _by_mean(level: Level, *, downwards: bool) -> None:
    def mean(item: Item) -> float:
        links = item.up if downwards else item.down
        return sum(other.order for other, _ in links) / len(links) if links else item.order

    keys = {id(item): mean(item) for item in level.items}
    level.items.sort(key=lambda item: keys[id(item)])
    for order, item in enumerate(level.items):
        item.order = order


def _swap(levels: list[Level]) -> bool:
    """Exchange neighbours where that takes crossings away; tells whether it did."""
    better = False
    for level in levels:
        items = level.items
        for at in range(len(items) - 1):
            a, b = items[at], items[at + 1]
            gain = 0
            for ours, theirs in ((a.up, b.up), (a.down, b.down)):
                for one, _ in ours:
                    for other, _ in theirs:
                        gain += (one.order > other.order) - (one.order < other.order)
            if gain > 0:
                items[at], items[at + 1] = b, a
                a.order, b.order = at + 1, at
                better = True
    return better


# -- places across ----------------------------------------------------------------------------------------------------


def _apart(a: Item, b: Item) -> float:
    return a.after + b.before + (32 if a.box and b.box else 14 if a.box or b.box else 8)


def spread(levels: list[Level]) -> None:
    """Give every item its place across: near its neighbours above and below, clear of those beside it."""
    for level in levels:
        level.offsets = [0.0]
        for a, b in pairwise(level.items):
            level.offsets.append(level.offsets[-1] + _apart(a, b))
        for item, offset in zip(level.items, level.offsets, strict=False):
            item.at = offset - level.offsets[-1] / 2
    for most, median, both in _PHASES:
        still = 0
        for sweep in range(most if len(levels) <= _TALL else _FEW):
            moved = _sweep(levels, downwards=sweep % 2 == 0, median=median, both=both)
            still = still + 1 if moved < _STILL else 0
            if still == 2:
                break


def _sweep(levels: list[Level], *, downwards: bool, median: bool, both: bool) -> float:
    """Move every item nearer to its neighbours, level by level; returns how far one moved at most."""
    moved = 0.0
    for level in levels if downwards else reversed(levels):
        items = level.items
        wishes = [_wish(item, _near(item, downwards, both), median) for item in items]
        if len(items) == 1:
            moved = max(moved, abs(items[0].at - wishes[0][0]))
            items[0].at = wishes[0][0]
        else:
            before = [item.at for item in items]
            _fit(items, level.offsets, wishes)
            moved = max(moved, *(abs(item.at - at) for item, at in zip(items, before, strict=True)))
    return moved


def _near(item: Item, downwards: bool, both: bool) -> list[tuple[Item, float]]:
    """Return the neighbours an item is aligned with: its sources on the way down, its targets on the way up, at last both."""
    first, second = (item.up, item.down) if downwards else (item.down, item.up)
    if not both:
        return first or second
    return [*((other, weight * 1.01) for other, weight in first), *second]


def _wish(item: Item, links: list[tuple[Item, float]], median: bool) -> tuple[float, float]:
    """Return where an item wants to be and how much: the mean of its neighbours, later their median (that straightens)."""
    if len(links) == 1:
        return links[0][0].at, links[0][1]
    total = sum(weight for _, weight in links)
    if not total:
        return item.at, 0.01
    if not median:
        return sum(other.at * weight for other, weight in links) / total, total
    ordered = sorted(links, key=lambda link: link[0].at)
    seen = 0.0
    for index, (other, weight) in enumerate(ordered):
        seen += weight
        if seen * 2 == total and index + 1 < len(ordered):
            return (other.at + ordered[index + 1][0].at) / 2, total
        if seen * 2 > total:
            return other.at, total
    return item.at, total


def _fit(items: list[Item], offsets: list[float], wishes: list[tuple[float, float]]) -> None:
    """Put items as near to their wishes as their distances allow: least squares, by pooling those that collide."""
    pools: list[tuple[float, float, int]] = []
    for (place, weight), offset in zip(wishes, offsets, strict=True):
        total, heavy, count = (place - offset) * weight, weight, 1
        while pools and pools[-1][0] / pools[-1][1] > total / heavy:
            other, by, more = pools.pop()
            total, heavy, count = other + total, by + heavy, more + count
        pools.append((total, heavy, count))
    index = 0
    for total, heavy, count in pools:
        for _ in range(count):
            items[index].at = total / heavy + offsets[index]
            index += 1


def align(lines: list[Line], levels: list[Level]) -> None:
    """Bring boxes on one way that nearly stand in a line into one; what stands beside them makes room."""
    groups: dict[int, tuple[list[Item], set[int]]] = {}
    ways = [line for line in lines if line.chain and not line.back and not line.rail and line.wire.weight > 1]
    for line in sorted(ways, key=lambda line: -line.wire.weight):
        pair = [groups.get(id(item), ([item], {item.level})) for item in (line.source, line.target)]
        less, more = sorted(pair, key=lambda group: len(group[0]))
        near = abs(line.source.at - line.target.at) <= SNAP
        if near and less is not more and less[1].isdisjoint(more[1]):
            more[0].extend(less[0])
            more[1].update(less[1])
            groups.update((id(item), more) for item in (*less[0], line.source, line.target))
    wishes: dict[int, float] = {}
    for group, _ in {id(group): group for group in groups.values()}.values():
        places = sorted(item.at for item in group)
        if places[-1] - places[0] <= 3 * SNAP:
            wishes.update((id(item), places[len(places) // 2]) for item in group)
    for level in levels:
        if any(id(item) in wishes for item in level.items):
            asked = [(wishes[id(i)], float(FIRM)) if id(i) in wishes else (i.at, 1.0) for i in level.items]
            _fit(level.items, level.offsets, asked)


def straighten(line: Line, levels: list[Level]) -> None:
    """Bring a line's slots to one place as far as what stands beside them lets, best to where its ends can be reached."""
    chain = line.chain
    ranges = [_reachable(item) if item.box else _room(levels[item.level], item) for item in chain]
    start = 0
    while start < len(chain):
        low, high = ranges[start]
        stop = start + 1
        while stop < len(chain) and max(low, ranges[stop][0]) <= min(high, ranges[stop][1]):
            low, high = max(low, ranges[stop][0]), min(high, ranges[stop][1])
            stop += 1
        slots = [item for item in chain[start:stop] if not item.box]
        if slots:
            places = sorted(item.at for item in slots)
            place = max(low, min(high, places[len(places) // 2]))
            for slot in slots:
                slot.at = place
        start = stop


def _reachable(item: Item) -> tuple[float, float]:
    half = port_room(item)
    return item.at - half, item.at + half


def port_room(item: Item) -> float:
    """Return how far from its middle a box can be reached."""
    return max(0.0, item.box.width / 2 - PORT_EDGE) if item.box else 0.0


def _room(level: Level, item: Item) -> tuple[float, float]:
    """Return from where to where an item may stand, between those beside it."""
    items, at = level.items, item.order
    low = items[at - 1].at + _apart(items[at - 1], item) if at else float("-inf")
    high = items[at + 1].at - _apart(item, items[at + 1]) if at + 1 < len(items) else float("inf")
    return low, high


def stack(levels: list[Level]) -> float:
    """Give every level its place along; returns the whole length."""
    at = 0.0
    for level in levels:
        level.start = at
        level.thick = max((item.along for item in level.items), default=0)
        at += level.thick
        if level.gap:
            lean = max((_reach(item, other) for item in level.items for other, _ in (*item.up, *item.down)), default=0)
            level.ease = min(44, 18 + lean * 0.07)
            level.foot = level.ease + TRACK * max(0, len(level.tracks) - 1)
            at += level.ease + level.foot
        level.stop = at
    return at


def _reach(slot: Item, other: Item) -> float:
    """Return how far sideways a line must go between a slot and its neighbour."""
    return max(0.0, abs(slot.at - other.at) - (other.box.width / 2 if other.box else 0))
