"""Pictures as files: a definition or a run drawn as SVG, PNG, Mermaid or DOT text.

Owns which format a file's name asks for, and the optional library that makes a PNG of an SVG. How the picture looks is
in `svg`, `mermaid` and `dot`; knows no run, only how its states stand.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from sfnbook.diagram.graph import Graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.mermaid import mermaid
from sfnbook.diagram.svg import CLASSES, DARK, LIGHT, Theme, svg
from sfnbook.errors import InputError
from sfnbook.language.definition import Address

FORMATS: Final = {".svg": "svg", ".png": "png", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot"}
"""A file's ending and the format it asks for."""

SCALE: Final = 2
"""Pixels of a PNG for each one of the picture: sharp on today's screens."""


def to_png(picture: str, scale: float = SCALE) -> bytes:
    """Return an SVG text as PNG. Raises InputError where the library for it is missing, or scale is out of 0.1 to 10."""
    if not 0.1 <= scale <= 10:
        raise InputError(f"A picture's scale is a number from 0.1 to 10, not {scale}.")
    try:
        import resvg_py
    except ImportError:
        raise InputError(
            "A PNG needs resvg: pip install 'sfnbook[png]'. SVG, Mermaid and DOT need nothing more."
        ) from None
    return bytes(resvg_py.svg_to_bytes(svg_string=picture, zoom=scale))


def coloured_mermaid(graph: Graph, statuses: Mapping[Address, Mapping[str, Any]], theme: Theme = "light") -> str:
    """Return the flowchart of a graph in which each state has the colours of how it stands."""
    colours = DARK if theme == "dark" else LIGHT
    classes = {address: CLASSES[one["status"]] for address, one in statuses.items() if one.get("status") in CLASSES}
    styles = {
        name: f"fill:{colours[f'{name}-f']},stroke:{colours[f'{name}-s']},color:{colours['text']}"
        for name in dict.fromkeys(classes.values())
    }
    return mermaid(graph, classes, styles)


def picture_of(
    graph: Graph,
    statuses: Mapping[Address, Mapping[str, Any]] | None = None,
    theme: Theme = "light",
    *,
    edges: Mapping[str, int] | None = None,
    unbound: Collection[Address] = (),
    title: str = "State machine",
    changed_edges: Mapping[str, str] | None = None,
) -> str:
    """Return a graph as SVG text; see `sfnbook.diagram.svg.svg` for what it takes. Raises InputError for an unknown theme."""
    if theme not in ("light", "dark", "auto"):
        raise InputError(f'A picture\'s theme is "light", "dark" or "auto", not "{theme}".')
    return svg(
        layout(graph), statuses, theme, edges=edges, unbound=unbound, title=title, changed_edges=changed_edges
    )  # fmt: skip


def format_of(path: str | Path) -> str:
    """Return the format that a file's name asks for: svg, png, mermaid, dot or html. Raises InputError for any other."""
    ending = Path(path).suffix.lower()
    if ending in (".html", ".htm"):
        return "html"
    if ending not in FORMATS:
        raise InputError(f'"{path}" names no format of a picture: end it with .svg, .png, .mmd, .dot or .html.')
    return FORMATS[ending]
