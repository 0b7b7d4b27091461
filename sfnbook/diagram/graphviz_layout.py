"""In which rows and in which order boxes stand: the one door to Graphviz.

Graphviz is given fixed sizes and no texts, so it looks up no font and answers alike on every machine. Where pygraphviz
is missing (Pyodide), and for machines of many states, `layers` does the same more simply. The final places and curves
are made of it by `routing`. Knows rectangles and curves; not what they stand for.
"""

from __future__ import annotations

import threading
from typing import Final

from sfnbook.diagram.boxes import NODE_GAP, RANK_GAP, Box, Placed, Point, Route, Wire
from sfnbook.diagram.layers import place_layered

MOST_BOXES: Final = 600
"""With more boxes than this `layers` lays out: Graphviz takes seconds then, and warns of it on standard error."""

_FIRM: Final = 40

_lock = threading.Lock()
"""Graphviz keeps its state in C globals: one layout at a time."""


def place(boxes: list[Box], wires: list[Wire]) -> Placed:
    """Return rows and an order for boxes, and where wires pass them; labels take no room yet."""
    if len(boxes) > MOST_BOXES:
        return place_layered(boxes, wires)
    try:
        import pygraphviz
    except ImportError:
        return place_layered(boxes, wires)
    with _lock:
        drawn = pygraphviz.AGraph(string=_dot(boxes, wires)).draw(format="plain", prog="dot")
    return _read(drawn.decode(), boxes, wires)


def _dot(boxes: list[Box], wires: list[Wire]) -> str:
    number = {box.id: index for index, box in enumerate(boxes)}
    lines = [
        "digraph {",
        f"rankdir=TB; nodesep={NODE_GAP / 72}; ranksep={RANK_GAP / 72}; splines=true; "
        'node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];',
    ]
    lines += [f"n{i} [width={box.width / 72:.6f}, height={box.height / 72:.6f}];" for i, box in enumerate(boxes)]
    lines += [f"{{rank=source; n{i}}}" for i, box in enumerate(boxes) if box.first]
    lines += [
        f"n{number[wire.source]} -> n{number[wire.target]} [weight={_FIRM if wire.rows else wire.weight}, minlen={wire.rows or 1}];"
        for wire in wires
    ]
    return "\n".join([*lines, "}"])


def _read(drawn: str, boxes: list[Box], wires: list[Wire]) -> Placed:
    """Read Graphviz's plain format: inches from below; wires between the same two boxes come in their own order."""
    between: dict[tuple[str, str], list[Wire]] = {}
    for wire in reversed(wires):
        between.setdefault((wire.source, wire.target), []).append(wire)
    corners: dict[str, Point] = {}
    routes: dict[str, Route] = {}
    width = top = 0.0
    for line in drawn.splitlines():
        kind, *words = line.split(" ")
        if kind == "graph":
            width, top = float(words[1]) * 72, float(words[2]) * 72
        elif kind == "node":
            box = boxes[int(words[0][1:])]
            corners[box.id] = (float(words[1]) * 72 - box.width / 2, top - float(words[2]) * 72 - box.height / 2)
        elif kind == "edge":
            numbers = [float(word) * 72 for word in words[3 : 3 + 2 * int(words[2])]]
            points = [(x, top - y) for x, y in zip(numbers[::2], numbers[1::2], strict=True)]
            source, target = (boxes[int(name[1:])].id for name in words[:2])
            routes[between[source, target].pop().id] = (points, None)
    return Placed(width, top, corners, routes)
