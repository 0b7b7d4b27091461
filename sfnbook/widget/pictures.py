"""A machine's and a run's pictures: what ``to_svg``, ``to_png``, ``to_mermaid`` and ``to_html`` return.

Owns how a run's states stand in a picture; how that looks is in `sfnbook.diagram.picture`. Every run is one of these, and
most are never drawn: what draws is loaded by the methods.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfnbook.errors import InputError

if TYPE_CHECKING:
    from sfnbook.diagram.svg import Theme
    from sfnbook.runs.base_run import BaseRun
    from sfnbook.widget.comparison import Comparison
    from sfnbook.widget.traits.shapes import LiveMessage


def machine_svg(machine: Any, theme: Theme = "light") -> str:
    """Return a machine's diagram as SVG text."""
    from sfnbook.diagram.graph import graph
    from sfnbook.diagram.picture import picture_of

    return picture_of(graph(machine._definition), {}, theme, unbound=_unbound(machine), title=machine.name)


class RunPictures:
    """What a run can be drawn as. Mixed into the runs of this process, recorded ones and those of an endpoint."""

    machine: Any

    def compare(self, other: BaseRun) -> Comparison:
        """Return how another run differs from this one, wherever each of them ran: see `sfnbook.runs.diff`.

        In a cell it shows both: one diagram with both paths, each state's data stage by stage side by side.
        """
        from sfnbook.runs.diff import compare
        from sfnbook.widget.comparison import Comparison

        run: Any = self
        return Comparison(compare(run, other), run, other)

    def to_svg(self, theme: Theme = "light") -> str:
        """Return the diagram as SVG text, in the colours of how each state stands now.

        theme: "light", "dark", or "auto" for what the reader's system prefers. Raises InputError for any other.
        """
        from sfnbook.diagram.graph import graph
        from sfnbook.diagram.picture import picture_of

        run: Any = self
        live = self._live()
        title = f"{run.machine.name}: {run.status}"
        unbound = _unbound(run.machine)
        return picture_of(
            graph(run.machine._definition), live["statuses"], theme, edges=live["edges"], unbound=unbound, title=title
        )

    def to_png(self, theme: Theme = "light", scale: float = 2) -> bytes:
        """Return the same picture as PNG. scale: pixels for each one of the SVG, from 0.1 to 10.

        Raises InputError where the library for it is not installed: ``pip install 'sfnbook[png]'``.
        """
        from sfnbook.diagram.picture import to_png

        return to_png(self.to_svg(theme), scale)

    def to_mermaid(self) -> str:
        """Return the diagram as a Mermaid flowchart in the same colours: for Markdown on GitHub, GitLab or in Jupyter."""
        from sfnbook.diagram.graph import graph
        from sfnbook.diagram.picture import coloured_mermaid

        return coloured_mermaid(graph(self.machine._definition), self._live()["statuses"])

    def to_html(self, path: str | Path) -> Path:
        """Write the run as one HTML file with the interactive inspector, which needs no kernel and no network.

        Returns the file's path. Raises InputError when it cannot be written.
        """
        from sfnbook.widget.export import html

        run: Any = self
        file = Path(path).expanduser()
        try:
            file.write_text(html(run.machine, run), encoding="utf-8")
        except OSError as fault:
            raise InputError(f"The file {path} cannot be written: {fault.strerror}.") from None
        return file

    def _live(self) -> LiveMessage:
        from sfnbook.widget.traits.recorder import Recorder

        run: Any = self
        return Recorder(run.machine, run).live()


def _unbound(machine: Any) -> list[str]:
    return [task.address for task in machine.tasks() if task.bound is None]
