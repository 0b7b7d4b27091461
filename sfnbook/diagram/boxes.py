"""Boxes to place, wires between them, and where a layout puts both. Pixels; y runs downwards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

Point: TypeAlias = tuple[float, float]
Route: TypeAlias = tuple[list[Point], Point | None]
"""A first point and triples of a cubic curve, and the centre of the label's place."""

NODE_GAP: Final = 32
RANK_GAP: Final = 32


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle to place. ``first``: nothing stands above it."""

    id: str
    width: float
    height: float
    first: bool = False


@dataclass(frozen=True, slots=True)
class Wire:
    """An arrow between two boxes; a heavier one is drawn shorter and straighter."""

    id: str
    source: str
    target: str
    label_width: float = 0
    label_height: float = 0
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Placed:
    """Top-left corners by box, routes by wire; y downwards. ``rails``: the wires that are led around everything."""

    width: float
    height: float
    corners: dict[str, Point]
    routes: dict[str, Route]
    rails: frozenset[str] = frozenset()
