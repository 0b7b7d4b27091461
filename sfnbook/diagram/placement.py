"""Placement: the positions of one machine's boxes and wires.

Owns the choice between ways to lay out: many targets of one box in further rows, wires on rails where that takes
crossings away. Knows rectangles and wires; not what they stand for.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sfnbook.diagram.boxes import NODE_GAP, Box, Placed, Wire
from sfnbook.diagram.graphviz_layout import place as rows_and_order
from sfnbook.diagram.layers import depths
from sfnbook.diagram.routing import route
from sfnbook.diagram.side_rails import balance, choose, lead, shared

WIDEST: Final = 1100
"""Targets of one box that would take more room beside each other, in pixels, stand in further rows."""

_FEW: Final = 2
"""With no more crossings than this nothing else is tried."""
_MOST_WIRES: Final = 400


def place(boxes: list[Box], wires: list[Wire]) -> Placed:
    """Return positions for boxes and routes for wires, the middle of the left side of each label with them."""
    wires = _in_rows(boxes, wires)
    placed, crossed = _routed(boxes, wires, choose(boxes, wires))
    if crossed > _FEW and len(wires) <= _MOST_WIRES and (led := shared(boxes, wires)):
        other, fewer = _routed(boxes, wires, led, aside=True)
        if fewer < crossed:
            return other
    return placed


def _routed(boxes: list[Box], wires: list[Wire], led: list[Wire], *, aside: bool = False) -> tuple[Placed, int]:
    away = {wire.id for wire in led}
    placed = rows_and_order(boxes, [wire for wire in wires if wire.id not in away])
    return route(boxes, wires, balance(placed, boxes, led) if aside else lead(placed, led))


def _in_rows(boxes: list[Box], wires: list[Wire]) -> list[Wire]:
    """Return the wires, those of a box with many targets such that these stand in several rows, in turns."""
    leading: dict[str, list[str]] = {}
    for wire in wires:
        if wire.target not in leading.setdefault(wire.source, []) and wire.target != wire.source:
            leading[wire.source].append(wire.target)
    size = {box.id: box.width + NODE_GAP for box in boxes}
    wide = {source for source, targets in leading.items() if sum(size[target] for target in targets) > WIDEST}
    if not wide:
        return wires
    depth = depths(boxes, wires)
    lower: dict[tuple[str, str], int] = {}
    for source in wide:
        below = [target for target in leading[source] if depth[target] == depth[source] + 1]
        rows = -(-int(sum(size[target] for target in below)) // WIDEST)
        if rows > 1:
            lower.update(((source, target), 1 + index % rows) for index, target in enumerate(below))
    return [replace(wire, rows=lower.get((wire.source, wire.target), 0)) for wire in wires]
