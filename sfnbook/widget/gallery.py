"""A gallery of state machines to start from: pictures that are pressed, and the cells that come of it.

Owns the messages between the page and whoever has the cells. Knows no template: names, words, pictures and cells are given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import anywidget
import traitlets

from sfnbook.widget.assets import module, script

CHOOSE: Final = "choose"
DELIVER: Final = "deliver"


@dataclass(frozen=True, slots=True)
class Entry:
    """One machine of the gallery. picture: its diagram as SVG text."""

    name: str
    group: str
    summary: str
    picture: str


class Gallery(anywidget.AnyWidget):
    """Pictures of machines on the page. A press asks for a machine's cells, which the page's extension writes below.

    cells: returns the cells of a name. deliver: takes the cells that no extension wrote, and says what becomes of them.
    at_once: the machine whose cells are written as soon as the page shows the widget, once.
    """

    _esm = script("gallery.js")
    _css = module("gallery.css")
    entries: traitlets.List[Any] = traitlets.List().tag(sync=True)
    at_once: traitlets.Unicode[str, str | bytes] = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        entries: Sequence[Entry],
        cells: Callable[[str], list[str]],
        deliver: Callable[[list[str]], str],
        *,
        at_once: str = "",
    ) -> None:
        super().__init__(entries=[asdict(one) for one in entries], at_once=at_once)
        self._cells = cells
        self._deliver = deliver
        self._known = {one.name for one in entries}
        self.on_msg(self._heard)

    def __repr__(self) -> str:
        return "Gallery()"

    def _heard(self, _: Any, message: Any, __: Any) -> None:
        name = message.get("name") if isinstance(message, dict) else None
        if name not in self._known:
            return
        if message.get("kind") == CHOOSE:
            if message.get("at_once") and not self.at_once:
                return  # the page was drawn again
            self.at_once = ""
            self.send({"kind": "cells", "name": name, "cells": self._cells(name)})
        elif message.get("kind") == DELIVER:
            self.send({"kind": "said", "text": self._deliver(self._cells(name))})
