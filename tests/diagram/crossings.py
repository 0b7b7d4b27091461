"""How many crossings the picture of a machine has: ``python tests/diagram/crossings.py FILE...`` prints them, and the time.

A crossing is a place where lines cross, as the reader sees it: lines that share a trunk count once there, and lines that
meet at a common end do not count. Knows a layout's points.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import layout
from sfnbook.language import parse

Point = tuple[float, float]
Piece = tuple[Point, Point]

CELL = 64
NEAR = 4
"""Crossings no further from each other than this, in pixels, are one to the eye."""
STEPS = 12


def crossings(drawn: Mapping[str, Any]) -> list[Point]:
    """Return where lines of a laid-out graph cross each other."""
    drawn = {**drawn, "led": {edge["id"] for edge in drawn["edges"] if "rail" in edge}}
    lines = {edge["id"]: _pieces(edge["points"]) for edge in drawn["edges"]}
    ends = {edge["id"]: (edge["from"], edge["to"]) for edge in drawn["edges"]}
    grid: dict[tuple[int, int], list[tuple[str, Piece]]] = defaultdict(list)
    found: list[Point] = []
    for name, pieces in lines.items():
        for piece in pieces:
            for cell in _cells(piece):
                for other, theirs in grid[cell]:
                    if other == name:
                        continue
                    at = _meet(piece, theirs)
                    if at and not _at_common_end(at, name, other, drawn, ends) and not _seen(at, found):
                        found.append(at)
        for piece in pieces:
            for cell in _cells(piece):
                grid[cell].append((name, piece))
    return found


def _pieces(points: list[list[float]]) -> list[Piece]:
    out: list[Piece] = []
    for (x0, y0), (x1, y1), (x2, y2), (x3, y3) in (points[i : i + 4] for i in range(0, len(points) - 3, 3)):
        before = (x0, y0)
        for step in range(1, STEPS + 1):
            t = step / STEPS
            a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
            here = (a * x0 + b * x1 + c * x2 + d * x3, a * y0 + b * y1 + c * y2 + d * y3)
            if here != before:
                out.append((before, here))
            before = here
    return out


def _cells(piece: Piece) -> list[tuple[int, int]]:
    (x0, y0), (x1, y1) = piece
    xs = range(int(min(x0, x1) // CELL), int(max(x0, x1) // CELL) + 1)
    ys = range(int(min(y0, y1) // CELL), int(max(y0, y1) // CELL) + 1)
    return [(x, y) for x in xs for y in ys]


def _meet(one: Piece, other: Piece) -> Point | None:
    """Return where two pieces cross; None where they run side by side."""
    (x1, y1), (x2, y2) = one
    (x3, y3), (x4, y4) = other
    turn = (x2 - x1) * (y4 - y3) - (y2 - y1) * (x4 - x3)
    if abs(turn) < 1e-9:
        return None
    t = ((x3 - x1) * (y4 - y3) - (y3 - y1) * (x4 - x3)) / turn
    u = ((x3 - x1) * (y2 - y1) - (y3 - y1) * (x2 - x1)) / turn
    return (x1 + t * (x2 - x1), y1 + t * (y2 - y1)) if 0 <= t <= 1 and 0 <= u <= 1 else None


def _at_common_end(
    at: Point, name: str, other: str, drawn: Mapping[str, Any], ends: Mapping[str, tuple[str, str]]
) -> bool:
    """Tell whether two lines only come together at a box, or run together into a trunk towards one."""
    if name in drawn["led"] and other in drawn["led"] and ends[name][1] == ends[other][1]:
        return True
    common = set(ends[name]) & set(ends[other])
    near = (node for node in drawn["nodes"] if node["id"] in common)
    return any(
        n["x"] - NEAR <= at[0] <= n["x"] + n["w"] + NEAR and n["y"] - NEAR <= at[1] <= n["y"] + n["h"] + NEAR
        for n in near
    )


def _seen(at: Point, found: list[Point]) -> bool:
    return any(abs(at[0] - x) <= NEAR and abs(at[1] - y) <= NEAR for x, y in found)


def main(paths: list[str]) -> None:
    total = 0
    for path in paths:
        parsed = parse(Path(path).read_text())
        if parsed.definition is None:
            continue
        made = graph(parsed.definition)
        begun = time.process_time()
        drawn = layout(made)
        took = time.process_time() - begun
        count = len(crossings(drawn))
        total += count
        print(f"{count:5d} {len(made.nodes):5d} nodes {took * 1000:8.1f} ms  {Path(path).name}")
    print(f"{total:5d} crossings")


if __name__ == "__main__":
    main(sys.argv[1:])
