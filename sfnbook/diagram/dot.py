"""The picture's content as a Graphviz digraph, to be drawn by other tools.

Containers are clusters; the layout and the look of our own picture are in `layout`, `svg` and the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sfnbook.diagram.graph import END, START, Graph, Node

if TYPE_CHECKING:
    import graphviz

_SHAPES = {"Choice": "diamond", "Fail": "octagon", "Succeed": "oval"}
_STYLES = {"catch": {"style": "dashed"}, "default": {"style": "dotted"}}


def to_dot(graph: Graph, name: str) -> graphviz.Digraph:
    """Return the digraph; ``.source`` is its text in the DOT language."""
    import graphviz

    dot = graphviz.Digraph(name, node_attr={"shape": "box", "style": "rounded"}, graph_attr={"compound": "true"})
    _fill(dot, graph, None)
    anchors = {node.id: _anchor(graph, node) for node in graph.nodes}
    for edge in graph.edges:
        ends: dict[str, str] = {}
        if anchors.get(edge.source, edge.source) != edge.source:
            ends["ltail"] = _cluster(edge.source)
        if anchors.get(edge.target, edge.target) != edge.target:
            ends["lhead"] = _cluster(edge.target)
        source, target = anchors.get(edge.source, edge.source), anchors.get(edge.target, edge.target)
        label = graphviz.escape(edge.label)
        dot.edge(_id(source), _id(target), label=label, **ends, **_STYLES.get(edge.kind, {}))
    return dot


def _fill(dot: Any, graph: Graph, parent: str | None) -> None:
    for node in graph.nodes:
        if node.parent != parent:
            continue
        if node.kind == "container":
            with dot.subgraph(name=_cluster(node.id), graph_attr={"label": node.name, "style": "rounded"}) as inside:
                _fill(inside, graph, node.id)
        else:
            dot.node(_id(node.id), **_look(node))


def _look(node: Node) -> dict[str, str]:
    import graphviz

    if node.id in (START, END):
        return {"label": node.name, "shape": "circle"}
    label = graphviz.escape(f"{node.name}\n{node.detail}" if node.detail else node.name)
    return {"label": label, "shape": _SHAPES.get(node.type, "box")}


def _anchor(graph: Graph, node: Node) -> str:
    """A container is no node in DOT: an edge to it goes to its first state."""
    if node.kind != "container":
        return node.id
    return next((_anchor(graph, child) for child in _inside(graph, node)), node.id)


def _inside(graph: Graph, node: Node) -> Iterator[Node]:
    return (child for child in graph.nodes if child.parent == node.id and child.id in graph.starts)


def _id(address: str) -> str:
    """Return an address as a node's name: a colon would name a port."""
    return address.replace(":", "_")


def _cluster(address: str) -> str:
    return f"cluster{_id(address)}"
