"""Placing boxes and routing wires between them: the one door to Graphviz.

Graphviz is given fixed sizes and empty labels, so it looks up no font and answers alike on every machine; room for an
edge's label is reserved by an empty table of the label's size. Where pygraphviz is missing (Pyodide), and for
machines of many states, `layers` does the same more simply. Knows rectangles and curves; not what they stand for.
"""

from __future__ import annotations

import json
import threading
from typing import Any, Final

from sfnbook.diagram.boxes import NODE_GAP, RANK_GAP, Box, Placed, Point, Route, Wire
from sfnbook.diagram.layers import place_layered
from sfnbook.diagram.side_rails import choose, lead

MOST_BOXES: Final = 600
"""With more boxes than this `layers` lays out: Graphviz takes seconds then, and warns of it on standard error."""

_lock = threading.Lock()
"""Graphviz keeps its state in C globals: one layout at a time."""


def place(boxes: list[Box], wires: list[Wire]) -> Placed:
    """Return positions for boxes and routes for wires; where they are many, the longest wires run on rails."""
    aside = choose(boxes, wires)
    away = {wire.id for wire in aside}
    return lead(_place(boxes, [wire for wire in wires if wire.id not in away]), boxes, aside)


def _place(boxes: list[Box], wires: list[Wire]) -> Placed:
    if len(boxes) > MOST_BOXES:
        return place_layered(boxes, wires)
    try:
        import pygraphviz
    except ImportError:
        return place_layered(boxes, wires)
    with _lock:
        drawn = pygraphviz.AGraph(string=_dot(boxes, wires)).draw(format="json", prog="dot")
    return _read(json.loads(drawn), boxes, wires)


def _dot(boxes: list[Box], wires: list[Wire]) -> str:
    number = {box.id: index for index, box in enumerate(boxes)}
    lines = [
        "digraph {",
        f"rankdir=TB; nodesep={NODE_GAP / 72}; ranksep={RANK_GAP / 72}; splines=true; "
        'node [shape=box, fixedsize=true, label=""]; edge [arrowhead=none];',
    ]
    lines += [f"n{i} [width={box.width / 72:.6f}, height={box.height / 72:.6f}];" for i, box in enumerate(boxes)]
    lines += [f"{{rank=source; n{i}}}" for i, box in enumerate(boxes) if box.first]
    for index, wire in enumerate(wires):
        label = f", label=<{_room(wire)}>" if wire.label_width else ""
        lines.append(f"n{number[wire.source]} -> n{number[wire.target]} [w={index}, weight={wire.weight}{label}];")
    return "\n".join([*lines, "}"])


def _room(wire: Wire) -> str:
    return (
        f'<TABLE FIXEDSIZE="TRUE" WIDTH="{round(wire.label_width)}" HEIGHT="{round(wire.label_height)}" BORDER="0" '
        'CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD></TD></TR></TABLE>'
    )


def _read(drawn: dict[str, Any], boxes: list[Box], wires: list[Wire]) -> Placed:
    _, _, right, top = (float(number) for number in drawn["bb"].split(","))
    corners: dict[str, Point] = {}
    for shape in drawn.get("objects", ()):
        if "pos" in shape:
            box = boxes[int(shape["name"][1:])]
            x, y = _point(shape["pos"], top)
            corners[box.id] = (x - box.width / 2, y - box.height / 2)
    routes: dict[str, Route] = {}
    for line in drawn.get("edges", ()):
        points = [_point(text, top) for text in line["pos"].split()]
        routes[wires[int(line["w"])].id] = (points, _point(line["lp"], top) if "lp" in line else None)
    return Placed(right, top, corners, routes)


def _point(text: str, top: float) -> Point:
    x, y = text.split(",")
    return float(x), top - float(y)
