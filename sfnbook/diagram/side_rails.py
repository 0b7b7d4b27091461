"""Rails: long wires led around a tall machine instead of through it.

Thirty Catch edges from all over a machine of 300 states to one handler cost Graphviz seconds and are a thicket to look
at, and six tasks with Catches to the same three handlers cross each other wherever they stand. Such wires are kept from
it and led down a side, those to one target on one rail. Owns which; `routing` draws them. Knows rectangles and wires.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Final

from sfnbook.diagram.boxes import Box, Placed, Side, Wire
from sfnbook.diagram.layers import depths

BUDGET: Final = 900
"""Rows that the wires given to Graphviz may pass in all, beyond one each."""

_LONG: Final = 6
_MANY: Final = 5
_SOURCES: Final = 3
_ASIDE: Final = 40


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


def shared(boxes: list[Box], wires: list[Wire]) -> list[Wire]:
    """Return the wires to lead on rails where several boxes have wires to the same further boxes, as to error handlers.

    Wires of the least weight only; the one from the nearest box stays, so that the target stands where it belongs.
    """
    depth = depths(boxes, wires)
    arriving: dict[str, list[Wire]] = {}
    for wire in wires:
        if wire.weight == 1 and depth[wire.target] > depth[wire.source]:
            arriving.setdefault(wire.target, []).append(wire)
    chosen: list[Wire] = []
    for met in arriving.values():
        if len({wire.source for wire in met}) >= _SOURCES:
            chosen += sorted(met, key=lambda wire: -depth[wire.source])[1:]
    return chosen


def balance(placed: Placed, boxes: list[Box], chosen: list[Wire]) -> Placed:
    """Return the layout with the chosen wires on both sides in turns, and their targets at those ends of their rows."""
    corners = dict(placed.corners)
    height = {box.id: box.height for box in boxes}
    rows: dict[int, list[str]] = {}
    for name, (_, y) in corners.items():
        rows.setdefault(round(y + height[name] / 2), []).append(name)
    turns: dict[str, Side] = {}
    for index, (name, _) in enumerate(Counter(wire.target for wire in chosen).most_common()):
        y = corners[name][1]
        others = [corners[other][0] for other in rows[round(y + height[name] / 2)]]
        turns[name] = "left" if index % 2 else "right"
        corners[name] = (min(others) - _ASIDE if index % 2 else max(others) + _ASIDE, y)
    return replace(placed, corners=corners, rails={wire.id: turns[wire.target] for wire in chosen})


def lead(placed: Placed, chosen: list[Wire]) -> Placed:
    """Return the layout with the chosen wires on rails, each on the side of its target, as seen from where they come from."""
    out: dict[str, Side] = {}
    for target in {wire.target: None for wire in chosen}:
        led = [wire for wire in chosen if wire.target == target]
        here = sum(placed.corners[wire.source][0] for wire in led) / len(led)
        side: Side = "left" if placed.corners[target][0] < here - _ASIDE else "right"
        out.update((wire.id, side) for wire in led)
    return replace(placed, rails=out)
