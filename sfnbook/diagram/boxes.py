"""Boxes to place, wires between them, and where a layout puts both. Pixels; y runs downwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Point: TypeAlias = tuple[float, float]
Route: TypeAlias = tuple[list[Point], Point | None]
"""A first point and triples of a cubic curve, and the middle of the label's left side."""

Side: TypeAlias = Literal["left", "right"]

NODE_GAP: Final = 32
RANK_GAP: Final = 32
LABEL_GAP: Final = 7
"""Between a label and what is left and right of it; part of the width that is reserved for it."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to place. ``first``: nothing stands above it."""

    id: str
    width: float
    height: float
    first: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """An arrow between two boxes; a heavier one is drawn shorter and straighter. ``rows``: its target is to
    stand so many rows lower, 0 for as it comes."""

    id: str
    source: str
    target: str
    label_width: float = 0
    label_height: float = 0
    weight: int = 1
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """Top-left corners by box, routes by wire; y downwards. ``rails``: which wires are led around, and on which side."""

    width: float
    height: float
    corners: dict[str, Point]
    routes: dict[str, Route]
    rails: dict[str, Side] = field(default_factory=dict)
