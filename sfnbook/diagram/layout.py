"""Positions: a graph laid out, as the plain JSON that the page and the static picture draw from.

Each machine (the whole, a branch, an item processor) is laid out alone, the innermost first; its container is then one
box of fixed size in the machine around it. No edge of the States Language crosses such a border, so nothing is lost
and boxes, lanes and edges cannot run into each other. Knows no text beyond its width, no colour and no run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sfnbook.diagram.boxes import LABEL_GAP, Box, Placed, Route, Wire
from sfnbook.diagram.glyphs import used
from sfnbook.diagram.graph import Edge, Graph, Node
from sfnbook.diagram.placement import place
from sfnbook.diagram.text_width import width, wrap

NAME_SIZE: Final = 12.5
DETAIL_SIZE: Final = 10.5
LABEL_SIZE: Final = 10.5
LABEL_LINE: Final = 13
LABEL_ROOM: Final = 168
TIMES_ROOM: Final = 14
"""Behind a label, for how often its edge was taken."""

NODE_HEIGHT: Final = 48
NODE_WIDTHS: Final = (144, 264)
SLACK: Final = 1.04
"""Browsers round the advances of small texts up."""
PADDING: Final = 14
"""Left and right of a text in its box."""
MARK: Final = 24
"""What the status mark takes at the right of the first line."""

GLYPH_ROOM: Final = 16
"""What the glyph takes at the left of the second line."""

HEADER: Final = 40
HEADER_TOOLS: Final = 84
"""Left and right in a container's first line, for what folds it and what chooses an iteration."""
LANE_GAP: Final = 12
LANE_PADDING: Final = 12
ROW_WIDTH: Final = 1500
"""Lanes beyond this width go into a further row."""
MARGIN: Final = 14

_MARKER_SIZE: Final = {"start": (56, 28), "end": (56, 28)}
_WEIGHTS: Final = {"next": 8, "choice": 3, "default": 4, "catch": 1}


@dataclass(slots=True)
class _Lane:
    """A machine laid out on its own, its nodes and edges relative to its corner."""

    width: float
    height: float
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]

    def shift(self, x: float, y: float) -> None:
        for node in self.nodes:
            node["x"], node["y"] = _round(node["x"] + x), _round(node["y"] + y)
            for lane in node.get("lanes", ()):
                lane["x"], lane["y"] = _round(lane["x"] + x), _round(lane["y"] + y)
        for edge in self.edges:
            edge["points"] = [[round(px + x, 1), round(py + y, 1)] for px, py in edge["points"]]
            if edge["label_at"]:
                edge["label_at"] = [_round(edge["label_at"][0] + x), _round(edge["label_at"][1] + y)]


def layout(graph: Graph) -> dict[str, Any]:
    """Return the graph's positions: ``{width, height, glyphs, nodes, edges}``, top-left corners, y downwards, pixels.

    An edge's ``label_at`` is the middle of the left side of its label.
    """
    whole = _machine(graph, None, 0)
    whole.shift(MARGIN, MARGIN)
    order = {node.id: index for index, node in enumerate(graph.nodes)}
    return {
        "width": _round(whole.width + 2 * MARGIN),
        "height": _round(whole.height + 2 * MARGIN),
        "glyphs": used(node.glyph for node in graph.nodes),
        "nodes": sorted(whole.nodes, key=lambda node: order[node["id"]]),
        "edges": whole.edges,
    }


def _machine(graph: Graph, parent: str | None, index: int) -> _Lane:
    nodes = [node for node in graph.nodes if node.parent == parent and node.lane == index]
    inner = {node.id: _container(graph, node) for node in nodes if node.kind == "container"}
    common = _common_width(nodes)
    sizes = {node.id: _size(node, inner.get(node.id), common) for node in nodes}
    edges = [edge for edge in graph.edges if edge.source in sizes]
    lines = {edge.id: _label(edge) for edge in edges}
    first = next((node.id for node in nodes if node.kind == "start" or (parent and node.id in graph.starts)), None)
    boxes = [Box(node.id, *sizes[node.id], first=node.id == first) for node in nodes]
    wires = [Wire(e.id, e.source, e.target, *_label_size(lines[e.id]), weight=_WEIGHTS[e.kind]) for e in edges]
    placed = place(boxes, wires)
    return _assemble(nodes, edges, lines=lines, sizes=sizes, inner=inner, placed=placed)


def _assemble(
    nodes: list[Node],
    edges: list[Edge],
    *,
    lines: dict[str, list[str]],
    sizes: dict[str, tuple[float, float]],
    inner: dict[str, _Lane],
    placed: Placed,
) -> _Lane:
    out = _Lane(placed.width, placed.height, [], [])
    for node in nodes:
        x, y = placed.corners[node.id]
        shape: dict[str, Any] = _shape(node, x, y, sizes[node.id])
        out.nodes.append(shape)
        if node.id in inner:
            box = inner[node.id]
            box.shift(x, y)
            shape["lanes"] = box.nodes.pop(0)["lanes"]
            out.nodes += box.nodes
            out.edges += box.edges
    for edge in edges:
        out.edges.append(_line(edge, lines[edge.id], placed.routes[edge.id]))
        if rail := placed.rails.get(edge.id):
            out.edges[-1]["rail"] = rail
    return out


def _shape(node: Node, x: float, y: float, size: tuple[float, float]) -> dict[str, Any]:
    return {
        "id": node.id,
        "kind": node.kind,
        "type": node.type,
        "name": node.name,
        "detail": node.detail,
        "x": _round(x),
        "y": _round(y),
        "w": _round(size[0]),
        "h": _round(size[1]),
        "parent": node.parent,
        "lane": node.lane,
        "glyph": node.glyph,
        "lanes": [],
        **({"header": _round(_text_width(node, header=True))} if node.kind == "container" else {}),
    }


def _line(edge: Edge, label: list[str], route: Route) -> dict[str, Any]:
    points, label_at = route
    drawn = {
        "id": edge.id,
        "from": edge.source,
        "to": edge.target,
        "kind": edge.kind,
        "label": "\n".join(label),
        "title": edge.title,
        "points": [[round(x, 1), round(y, 1)] for x, y in points],
        "label_at": [_round(label_at[0]), _round(label_at[1])] if label_at else None,
    }
    if label_at:
        drawn["label_size"] = [_round(side) for side in _label_size(label)]
    return drawn


def _container(graph: Graph, node: Node) -> _Lane:
    """Lay out a container's lanes beside each other, in rows where they are many."""
    machines = [_machine(graph, node.id, index) for index in range(graph.lanes[node.id])]
    least = _text_width(node, header=True)
    rows = _rows([machine.width + 2 * LANE_PADDING for machine in machines])
    out = _Lane(0, 0, [{"x": 0.0, "y": 0.0, "lanes": []}], [])
    content = max([least - 2 * LANE_GAP, *(_row_width(machines, row) for row in rows)])
    y: float = HEADER
    for row in rows:
        height = max(machines[i].height for i in row) + 2 * LANE_PADDING
        spare = (content - _row_width(machines, row)) / len(row)
        x: float = LANE_GAP
        for i in row:
            machine = machines[i]
            lane_width = machine.width + 2 * LANE_PADDING + spare
            machine.shift(x + LANE_PADDING + spare / 2, y + LANE_PADDING)
            out.nodes[0]["lanes"].append({"x": _round(x), "y": _round(y), "w": _round(lane_width), "h": _round(height)})
            out.nodes += machine.nodes
            out.edges += machine.edges
            x += lane_width + LANE_GAP
        y += height + LANE_GAP
    out.width, out.height = content + 2 * LANE_GAP, y
    return out


def _row_width(machines: list[_Lane], row: list[int]) -> float:
    return sum(machines[i].width + 2 * LANE_PADDING for i in row) + LANE_GAP * (len(row) - 1)


def _rows(widths: list[float]) -> list[list[int]]:
    """Return the indices of the lanes row by row, the rows about equally full."""
    count = max(1, round(sum(widths) / ROW_WIDTH + 0.2))
    goal = sum(widths) / count
    rows: list[list[int]] = [[]]
    filled = 0.0
    for index, lane in enumerate(widths):
        if rows[-1] and filled + lane / 2 > goal * len(rows):
            rows.append([])
        rows[-1].append(index)
        filled += lane
    return rows


def _common_width(nodes: list[Node]) -> float:
    """Return the width that the boxes of one machine share: its longest text's, between bounds, on the 8 px grid."""
    needed = max((_text_width(node) for node in nodes if node.kind == "state"), default=0)
    least, most = NODE_WIDTHS
    return min(most, max(least, -(-needed // 8) * 8))


def _text_width(node: Node, *, header: bool = False) -> float:
    name = width(node.name, NAME_SIZE, bold=True) + MARK
    detail = width(node.detail, DETAIL_SIZE) + (GLYPH_ROOM if node.glyph else 0)
    if header:
        return min(560, name + detail + 12 + 2 * PADDING + 2 * HEADER_TOOLS)
    return max(name, detail) * SLACK + 2 * PADDING


def _size(node: Node, inner: _Lane | None, common: float) -> tuple[float, float]:
    if inner:
        return inner.width, inner.height
    return _MARKER_SIZE.get(node.kind, (common, NODE_HEIGHT))


def _label(edge: Edge) -> list[str]:
    return wrap(edge.label, LABEL_ROOM, LABEL_SIZE) if edge.label else []


def _label_size(lines: list[str]) -> tuple[float, float]:
    if not lines:
        return 0, 0
    return max(width(line, LABEL_SIZE) for line in lines) + 2 * LABEL_GAP + TIMES_ROOM, len(lines) * LABEL_LINE + 4


def _round(value: float) -> float:
    return round(value, 1)
