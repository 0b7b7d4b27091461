"""Two versions of a definition in one diagram, and as a page with every field that differs.

Owns the graph with the states and arrows of both; how it is drawn is in `sfnbook.diagram`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Final

from sfnbook.convert.definition_diff import Change, Matching, Pair, changes, changes_of, match
from sfnbook.diagram.graph import END, START, Edge, Graph, Node, edge_id, graph
from sfnbook.diagram.picture import picture_of
from sfnbook.diagram.svg import Theme
from sfnbook.language.definition import Definition, Machine, State

_GONE: Final = "gone:"
"""Before the address of a state or machine of the old version that the new one does not have."""


@dataclass(frozen=True)
class Compared:
    """Two versions: the graph of both, how each state stands, and which arrows are new or gone."""

    graph: Graph
    statuses: Mapping[str, Mapping[str, Any]]
    edges: Mapping[str, str]
    changes: tuple[Change, ...]

    def svg(self, theme: Theme = "light", title: str = "Two versions") -> str:
        """Return the diagram as SVG text."""
        return picture_of(self.graph, self.statuses, theme, edges={}, title=title, changed_edges=self.edges)


def compare(old: Definition, new: Definition) -> Compared:
    """Return two versions in one graph: the new one, with what is gone beside it."""
    matching = match(old.machine, new.machine)
    ids = _ids(matching)
    left, right = graph(old), graph(new)
    lanes = dict(right.lanes)
    machines = _lanes(matching, ids, lanes)
    nodes = list(right.nodes)
    known = {node.id for node in nodes}
    for node in left.nodes:
        id = ids.get(node.id, node.id)
        if id not in known:
            parent, lane = machines[(node.parent, node.lane)]
            nodes.append(replace(node, id=id, parent=parent, lane=lane))
            known.add(id)
    containers = {node.parent for node in nodes if node.parent is not None}
    nodes = [replace(node, kind="container") if node.id in containers else node for node in nodes]
    edges, became = _edges(left, right, ids)
    starts = right.starts | {ids.get(one, one) for one in left.starts}
    merged = Graph(tuple(_ordered(nodes)), edges, lanes, frozenset(starts))
    statuses = {}
    for pair in matching.pairs:
        if isinstance(one := pair.new or pair.old, State) and (status := _status(pair)):
            statuses[one.address if pair.new is not None else _GONE + one.address] = status
    return Compared(merged, statuses, became, tuple(changes(matching)))


def _ids(matching: Matching) -> dict[str, str]:
    """Return the node of each state of the old version: that of the same state in the new one, else one of its own."""
    found = {}
    for pair in matching.pairs:
        if isinstance(pair.old, State):
            found[pair.old.address] = pair.new.address if pair.new is not None else _GONE + pair.old.address
    return found


def _lanes(
    matching: Matching, ids: Mapping[str, str], lanes: dict[str, int]
) -> dict[tuple[str | None, int], tuple[str | None, int]]:
    """Return where each machine of the old version stands, as (container, lane); branches that are gone get a new lane."""
    found: dict[tuple[str | None, int], tuple[str | None, int]] = {(None, 0): (None, 0)}
    for pair in matching.pairs:
        if not isinstance(pair.old, State):
            continue
        into = ids[pair.old.address]
        pairs = {id(one.old): one.new for one in matching.pairs if isinstance(one.old, Machine)}
        for lane, branch in enumerate(pair.old.branches):
            other = pairs.get(id(branch))
            place = _place_of(other, pair.new) if isinstance(other, Machine) else None
            if place is None:
                place = lanes.get(into, 0)
                lanes[into] = place + 1
            found[(pair.old.address, lane)] = (into, place)
    return found


def _place_of(machine: Machine, state: State | Machine | None) -> int | None:
    branches = state.branches if isinstance(state, State) else ()
    return next((index for index, one in enumerate(branches) if one is machine), None)


def _ordered(nodes: list[Node]) -> list[Node]:
    """Return nodes with each container before what it holds."""
    inside: dict[str | None, list[Node]] = {}
    for node in nodes:
        inside.setdefault(node.parent, []).append(node)
    found: list[Node] = []

    def add(parent: str | None) -> None:
        for node in inside.get(parent, ()):
            found.append(node)
            add(node.id)

    add(None)
    return [*(one for one in found if one.id != END), *(one for one in found if one.id == END)]


def _edges(left: Graph, right: Graph, ids: Mapping[str, str]) -> tuple[tuple[Edge, ...], dict[str, str]]:
    there = {edge.id: edge for edge in right.edges}
    before: dict[str, Edge] = {}
    for edge in left.edges:
        source, target = ids.get(edge.source, edge.source), ids.get(edge.target, edge.target)
        id = edge_id(source, target, caught=edge.kind == "catch")
        before[id] = replace(edge, id=id, source=source, target=target)
    became = {id: "added" for id in there if id not in before}
    became |= {id: "changed" for id, edge in there.items() if id in before and before[id].title != edge.title}
    became |= {id: "removed" for id in before if id not in there}
    inside = _homes(left, right, ids)
    gone = [edge for id, edge in before.items() if id not in there and inside(edge.source) == inside(edge.target)]
    return (*right.edges, *gone), became


def _homes(left: Graph, right: Graph, ids: Mapping[str, str]) -> Any:
    """Return what tells the machine of a node: an arrow of the old version can lead out of it when a state has moved."""
    homes = {ids.get(node.id, node.id): (ids.get(node.parent or "", node.parent), node.lane) for node in left.nodes}
    homes |= {node.id: (node.parent, node.lane) for node in right.nodes}
    homes |= {START: (None, 0), END: (None, 0)}
    return homes.get


def _status(pair: Pair) -> dict[str, Any]:
    found = list(changes_of(pair))
    if not found:
        return {}
    lines = [f"{one.field}: {one.old or 'nothing'} → {one.new or 'nothing'}" for one in found if one.field]
    if pair.moved:
        lines.insert(0, f"was {found[0].old}")
    names = ", ".join(dict.fromkeys(re.split(r"[/\[]", one.field)[0] for one in found if one.field))
    note = lines[0] if len(lines) == 1 else names
    kind = "moved" if pair.moved else found[0].kind
    return {"status": kind, "note": note, "title": "\n".join([kind, *lines])}


# -- the page --------------------------------------------------------------------------------------------------------

_PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 16px; background: light-dark(#fff, #0b0d10); color: light-dark(#1f2328, #e6edf3); font: 14px/1.5 system-ui, sans-serif; }}
svg {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; margin: 12px 0 32px; }}
th, td {{ border: 1px solid light-dark(#d8dee4, #30363d); padding: 4px 10px; text-align: left; vertical-align: top; }}
td code {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
.added {{ color: light-dark(#1a7f37, #3fb950); }} .removed {{ color: light-dark(#cf222e, #f85149); }}
.changed {{ color: light-dark(#9a6700, #d29922); }} .moved {{ color: light-dark(#8250df, #a371f7); }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


def page(compared: Iterable[tuple[str, Compared]], title: str) -> str:
    """Return an HTML page of machines in two versions: each one's diagram, and every field that differs."""
    parts = []
    for name, one in compared:
        parts.append(f"<h2>{escape(name)}</h2>" if name else "")
        parts.append(one.svg("auto", name or title))
        parts.append(_table(one.changes) if one.changes else "<p>No difference.</p>")
    return _PAGE.format(title=escape(title), body="\n".join(parts))


def _table(found: Iterable[Change]) -> str:
    rows = [
        f'<tr><td class="{one.kind}">{one.kind}</td><td>{escape(one.state or "the machine")}</td><td>{escape(one.field)}</td>'
        + "".join(f"<td>{f'<code>{escape(text)}</code>' if text else ''}</td>" for text in (one.old, one.new))
        + "</tr>"
        for one in found
    ]
    return "<table><tr><th></th><th>state</th><th>field</th><th>old</th><th>new</th></tr>" + "".join(rows) + "</table>"
