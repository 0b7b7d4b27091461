"""Whether somebody sees a widget: then the page is sent a run's data, before that it waits in the kernel.

The page says of each view when it comes into sight and when it leaves it. While a cell is running, most kernels hear the
page only afterwards; so a cell's own run that goes on counts as seen at once, and what no longer changes, the latest widgets of other
cells and those that were seen before, once the cell has taken longer.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Final

OWN_CELL: Final = 0.1
"""Seconds before a run that goes on in the cell that shows it counts as seen."""

OTHER_CELL: Final = 1.0
"""Seconds that a cell runs before the others count as seen: its own that have ended, the latest, those seen before."""

LATEST: Final = 8
"""How many widgets are the latest."""


class RunningCell:
    """The cell that a shell is running: number, and when it began; None between two cells."""

    def __init__(self) -> None:
        self._shell: Any = None
        self.number = self.widgets = 0
        self.began: float | None = None

    def follow(self, shell: Any) -> None:
        """Begin to listen to a shell's cells, from within the first one."""
        if shell is self._shell:
            return
        self._shell = shell
        self._begin()
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    def _begin(self, _info: Any = None) -> None:
        self.number += 1
        self.began = time.monotonic()

    def _end(self, _result: Any = None) -> None:
        self.began = None


running_cell: Final = RunningCell()


class Viewers:
    """The views of one widget that are in sight."""

    def __init__(self, cell: RunningCell = running_cell) -> None:
        self._cell = cell
        cell.widgets += 1
        self._number = cell.widgets
        self._made = (cell.number, time.monotonic())
        self._reported = False
        self._unchanging_since: float | None = None
        self._views: set[str] = set()

    def set_in_sight(self, view: str, seen: bool) -> None:
        """Note whether a view is in sight, which the page reports."""
        self._reported = True
        (self._views.add if seen else self._views.discard)(view)

    def set_unchanging(self, unchanging: bool) -> None:
        """Note whether it shows something that does not change: a machine, or a run that has ended."""
        self._unchanging_since = (self._unchanging_since or time.monotonic()) if unchanging else None

    @property
    def latest(self) -> bool:
        """Whether this is one of the latest widgets."""
        return self._number > self._cell.widgets - LATEST

    @property
    def wanted(self) -> bool:
        """Whether the page is to be sent what there is to see."""
        return bool(self._views) or self.patience == 0

    @property
    def patience(self) -> float | None:
        """Seconds until it is wanted though no view has come into sight; None for not before one does."""
        if self._cell.began is None:
            return None
        number, made = self._made
        if number == self._cell.number:
            due = made + OWN_CELL if self._unchanging_since is None else self._unchanging_since + OTHER_CELL
            return max(0.0, due - time.monotonic())
        blocked = time.monotonic() - self._cell.began > OTHER_CELL
        return 0.0 if blocked and (self._reported or self.latest) else None


def lazy_viewers() -> Viewers | None:
    """Return the viewers of a widget that a cell of a notebook makes.

    None where nobody sits before a page, so that everything is sent at once: in nbconvert and papermill, which keep what
    was sent, and outside of Jupyter's kernels.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if not getattr(
        getattr(shell, "kernel", None), "_allow_stdin", False
    ):  # whoever sits there could be asked for input
        return None
    running_cell.follow(shell)
    return Viewers()
