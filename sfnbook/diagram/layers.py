"""Layers: how deep each box lies, and a plain layered layout where Graphviz is missing (Pyodide).

Boxes stand in rows by depth; a wire over several rows passes each in a slot of its own, so it crosses no box. Simpler
than Graphviz and less pretty, but with the same promises. Knows rectangles and curves; not what they stand for.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from sfnbook.diagram.boxes import NODE_GAP, RANK_GAP, Box, Placed, Point, Route, Wire

_SWEEPS: Final = 8
_SLOT: Final = 12


def depths(boxes: list[Box], wires: list[Wire]) -> dict[str, int]:
    """Return each box's row: the longest way from the first one, wires that lead back left out."""
    leads = {(wire.source, wire.target) for wire in wires if wire.source != wire.target}
    after: dict[str, list[str]] = {box.id: [] for box in boxes}
    for wire in wires:
        if wire.source != wire.target and wire.target not in after[wire.source]:
            after[wire.source].append(wire.target)
    least: dict[tuple[str, str], int] = {}
    for wire in wires:
        least[wire.source, wire.target] = max(wire.rows, least.get((wire.source, wire.target), 0), 1)
    back = _back(boxes, after)
    waits = Counter(there for here, there in leads if (here, there) not in back)
    depth = {box.id: 0 for box in boxes}
    ready = [box.id for box in boxes if not waits[box.id]]
    for here in ready:
        for there in after[here]:
            if (here, there) not in back:
                depth[there] = max(depth[there], depth[here] + least[here, there])
                waits[there] -= 1
                if not waits[there]:
                    ready.append(there)
    return depth


def _back(boxes: list[Box], after: dict[str, list[str]]) -> set[tuple[str, str]]:
    """Return the leads that close a cycle, found depth first in the order of the boxes."""
    back: set[tuple[str, str]] = set()
    done: set[str] = set()
    for box in sorted(boxes, key=lambda box: not box.first):
        path = [(box.id, iter(after[box.id]))] if box.id not in done else []
        on_path = {box.id}
        while path:
            here, rest = path[-1]
            there = next(rest, None)
            if there is None:
                path.pop()
                on_path.discard(here)
                done.add(here)
            elif there in on_path:
                back.add((here, there))
            elif there not in done:
                on_path.add(there)
                path.append((there, iter(after[there])))
    return back


@dataclass(slots=True)
class _Slot:
    """A place in a row: a box, or where a wire passes."""

    width: float
    height: float
    row: int
    box: Box | None = None
    above: list[_Slot] = field(default_factory=list)
    below: list[_Slot] = field(default_factory=list)
    x: float = 0
    """Of the centre."""


def place_layered(boxes: list[Box], wires: list[Wire]) -> Placed:
    """Return positions for boxes and routes for wires, as `placing.place` does with Graphviz."""
    depth = depths(boxes, wires)
    loops = {wire.source: wire for wire in wires if wire.source == wire.target}
    slots = {box.id: _Slot(box.width + _loop_room(loops.get(box.id)), box.height, depth[box.id], box) for box in boxes}
    rows: list[list[_Slot]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for slot in slots.values():
        rows[slot.row].append(slot)
    chains = {wire.id: _chain(wire, slots, rows) for wire in wires if wire.source != wire.target}
    _order(rows)
    _spread(rows)
    tops = _tops(rows, wires)
    left = min((slot.x - slot.width / 2 for row in rows for slot in row), default=0)
    right = max((slot.x + slot.width / 2 for row in rows for slot in row), default=0)
    for row in rows:
        for slot in row:
            slot.x -= left
    corners = {
        box.id: (
            slots[box.id].x - slots[box.id].width / 2,
            tops[depth[box.id]] + (_tall(rows[depth[box.id]]) - box.height) / 2,
        )
        for box in boxes
    }
    routes = {wire.id: _route(wire, chains.get(wire.id), corners, slots, rows, tops) for wire in wires}
    labels = [at[0] + wire.label_width / 2 for wire in wires if (at := routes[wire.id][1])]
    bottom = tops[-1] + _tall(rows[-1]) if rows else 0
    return Placed(max([right - left, *labels]), bottom, corners, routes)


def _loop_room(wire: Wire | None) -> float:
    return 32 + wire.label_width if wire else 0


def _tall(row: list[_Slot]) -> float:
    return max(slot.height for slot in row)


def _chain(wire: Wire, slots: dict[str, _Slot], rows: list[list[_Slot]]) -> list[_Slot]:
    """Return the slots that a wire passes from top to bottom, its ends included, and link them."""
    ends = sorted((slots[wire.source], slots[wire.target]), key=lambda slot: slot.row)
    between = [_Slot(_SLOT, 0, row) for row in range(ends[0].row + 1, ends[1].row)]
    for slot in between:
        rows[slot.row].append(slot)
    chain = [ends[0], *between, ends[1]]
    for upper, lower in pairwise(chain):
        upper.below.append(lower)
        lower.above.append(upper)
    return chain


def _order(rows: list[list[_Slot]]) -> None:
    """Order each row by the mean place of its neighbours, down and up in turns, against crossings."""
    place = {id(slot): index for row in rows for index, slot in enumerate(row)}
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for row in rows if down else reversed(rows):
            keys = {id(slot): _mean(slot.above if down else slot.below, place, place[id(slot)]) for slot in row}
            row.sort(key=lambda slot: keys[id(slot)])
            place.update((id(slot), index) for index, slot in enumerate(row))


def _mean(slots: list[_Slot], place: dict[int, int], own: int) -> float:
    return sum(place[id(slot)] for slot in slots) / len(slots) if slots else own


def _spread(rows: list[list[_Slot]]) -> None:
    """Give every slot its x: near its neighbours, clear of those beside it."""
    for row in rows:
        x = 0.0
        for slot in row:
            slot.x = x + slot.width / 2
            x += slot.width + NODE_GAP
        for slot in row:
            slot.x -= x / 2
    for sweep in range(2 * _SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            near = [(slot.above if sweep % 2 == 0 else slot.below) or [slot] for slot in row]
            wanted = [sum(other.x for other in others) / len(others) for others in near]
            left, right = list(wanted), list(wanted)
            for i in range(1, len(row)):
                left[i] = max(left[i], left[i - 1] + _apart(row[i - 1], row[i]))
            for i in range(len(row) - 2, -1, -1):
                right[i] = min(right[i], right[i + 1] - _apart(row[i], row[i + 1]))
            for slot, a, b in zip(row, left, right, strict=True):
                slot.x = (a + b) / 2


def _apart(left: _Slot, right: _Slot) -> float:
    return (left.width + right.width) / 2 + NODE_GAP


def _tops(rows: list[list[_Slot]], wires: list[Wire]) -> list[float]:
    room = max((wire.label_height for wire in wires), default=0)
    tops, y = [], 0.0
    for row in rows:
        tops.append(y)
        y += _tall(row) + RANK_GAP + room
    return tops


def _route(
    wire: Wire,
    chain: list[_Slot] | None,
    corners: dict[str, Point],
    slots: dict[str, _Slot],
    rows: list[list[_Slot]],
    tops: list[float],
) -> Route:
    if chain is None:
        return _loop(wire, corners[wire.source], slots[wire.source])
    points: list[Point] = []
    for upper, lower in pairwise(chain):
        start = (_middle(upper, corners), _bottom(upper, corners, rows, tops))
        end = (_middle(lower, corners), _top(lower, corners, tops))
        if points:
            points += [points[-1], start, start]
        bend = (end[1] - start[1]) / 2
        points += [*([] if points else [start]), (start[0], start[1] + bend), (end[0], end[1] - bend), end]
    (x0, y0), (x1, y1) = points[0], points[3]
    aslant = abs(x1 - x0) / max(1, y1 - y0) * 0.75 * wire.label_height
    label = ((x0 + x1) / 2 + aslant + wire.label_width / 2, (y0 + y1) / 2)
    if slots[wire.source] is not chain[0]:
        points.reverse()
    return points, label if wire.label_width else None


def _middle(slot: _Slot, corners: dict[str, Point]) -> float:
    return corners[slot.box.id][0] + slot.box.width / 2 if slot.box else slot.x


def _top(slot: _Slot, corners: dict[str, Point], tops: list[float]) -> float:
    return corners[slot.box.id][1] if slot.box else tops[slot.row]


def _bottom(slot: _Slot, corners: dict[str, Point], rows: list[list[_Slot]], tops: list[float]) -> float:
    return corners[slot.box.id][1] + slot.box.height if slot.box else tops[slot.row] + _tall(rows[slot.row])


def _loop(wire: Wire, corner: Point, slot: _Slot) -> Route:
    assert slot.box is not None
    x, y = corner[0] + slot.box.width, corner[1] + slot.box.height / 2
    points = [(x, y + 9), (x + 30, y + 12), (x + 30, y - 12), (x, y - 9)]
    return points, (x + 26 + wire.label_width / 2, y) if wire.label_width else None
