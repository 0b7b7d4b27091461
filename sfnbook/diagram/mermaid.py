"""The diagram's content as a Mermaid flowchart, which GitHub, GitLab and Jupyter draw from its text.

Parallel and Map states are subgraphs. Knows no run: colours are classes that the caller names for each state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sfnbook.diagram.graph import END, START, Edge, Graph, Node
from sfnbook.language.definition import Address

_SHAPES: Final = {"Choice": ("{", "}"), "Succeed": ("([", "])"), "Fail": ("{{", "}}"), "Wait": ("(", ")")}
_BOX: Final = ("[", "]")
_ARROWS: Final = {"catch": "-.->"}


def mermaid(
    graph: Graph,
    classes: Mapping[Address, str] | None = None,
    styles: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> str:
    """Return the flowchart's text.

    classes: the class of a state by its address. styles: what a class looks like, in Mermaid's words
    (``fill:#dafbe1,stroke:#1a7f37``). labels: another label for an edge, by the edge's id.
    """
    names = {node.id: f"s{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart TD", *_nodes(graph, names, None, "  ")]
    for edge in graph.edges:
        lines.append(
            f"  {names[edge.source]} {_arrow(edge, (labels or {}).get(edge.id, edge.label))} {names[edge.target]}"
        )
    for name, style in (styles or {}).items():
        lines.append(f"  classDef {name} {style}")
    for address, name in (classes or {}).items():
        if address in names:
            lines.append(f"  class {names[address]} {name}")
    return "\n".join(lines) + "\n"


def _nodes(graph: Graph, names: Mapping[str, str], parent: str | None, indent: str) -> Iterator[str]:
    for node in graph.nodes:
        if node.parent != parent:
            continue
        if node.kind == "container":
            yield f"{indent}subgraph {names[node.id]}[{_quoted(node.name)}]"
            yield from _nodes(graph, names, node.id, indent + "  ")
            yield f"{indent}end"
        else:
            before, after = ("((", "))") if node.id in (START, END) else _SHAPES.get(node.type, _BOX)
            yield f"{indent}{names[node.id]}{before}{_quoted(_label(node))}{after}"


def _label(node: Node) -> str:
    return f"{node.name}\n{node.detail}" if node.detail and node.id not in (START, END) else node.name


def _arrow(edge: Edge, label: str) -> str:
    arrow = _ARROWS.get(edge.kind, "-->")
    return f"{arrow}|{_quoted(label)}|" if label else arrow


def _quoted(text: str) -> str:
    """Return a text as Mermaid reads it: quotes, brackets and line ends as entities.

    >>> _quoted('say "hi" #1')
    '"say #quot;hi#quot; #35;1"'
    """
    escaped = text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    return '"' + "<br/>".join(escaped.split("\n")) + '"'
