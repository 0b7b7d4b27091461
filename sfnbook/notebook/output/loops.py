"""Loops: many runs by one line of a cell, shown by one widget, and at the end of the cell one table.

Owns which runs belong together (same machine, same line of the same cell), what is counted of them and how the table
looks in a saved notebook. Keeps no run: of each only a line.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from sfnbook.diagram.svg import FRAME
from sfnbook.run import Run
from sfnbook.widget.traits.value import brief, plain

SHOWN: Final = 60
"""Lines of the table; of a longer one the failed runs come first."""
FAILED: Final = 10
"""Failed runs that the text names."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is kept of a run."""

    name: str
    status: str
    input: str
    result: str

    @classmethod
    def of(cls, run: Run) -> Line:
        """Return a run's line; the result is its output or its error."""
        result = brief(run.output, 120) if run.status == "SUCCEEDED" else run.error or ""
        return cls(run.name, run.status, plain(brief(run.input, 120)), plain(result))


@dataclass(slots=True)
class Loop:
    """The runs of one line. total: how many there will be, where that is known. widget: where they are shown."""

    machine: str
    widget: Any = None
    total: int | None = None
    lines: list[Line] = field(default_factory=list)
    last: Run | None = None
    unseen: bool = False
    """Whether the last run is not on the page yet."""
    updated: float = 0.0

    @property
    def failed(self) -> list[Line]:
        """The runs that did not succeed."""
        return [line for line in self.lines if line.status not in ("SUCCEEDED", "RUNNING")]

    def add(self, run: Run) -> None:
        """Take a run that was started."""
        self.lines.append(Line.of(run))
        self.last = run

    def message(self) -> dict[str, Any]:
        """Return the widget's trait ``loop``."""
        return {"run": len(self.lines), "total": self.total, "failed": len(self.failed)}

    def text(self) -> str:
        """Return what a saved notebook and a terminal say of the runs."""
        succeeded = sum(line.status == "SUCCEEDED" for line in self.lines)
        failed = self.failed
        said = f"{self.machine}: {len(self.lines):,} runs, {succeeded:,} succeeded"
        said += f", {len(failed):,} failed" if failed else ""
        lines = [f"  {line.name} {line.status}{f': {line.result}' if line.result else ''}" for line in failed[:FAILED]]
        if len(failed) > FAILED:
            lines.append(f"  … {len(failed) - FAILED:,} more")
        return "\n".join([said, *lines])

    def html(self) -> str:
        """Return the table that a saved notebook keeps."""
        chosen = self.lines if len(self.lines) <= SHOWN else [*self.failed, *self.lines][:SHOWN]
        rows = "\n".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in (x.name, x.status, x.input, x.result)) + "</tr>"
            for x in dict.fromkeys(chosen)
        )
        head = "".join(f"<th>{name}</th>" for name in ("run", "status", "input", "result"))
        title = escape(self.text().splitlines()[0])
        return (
            f'<div class="{FRAME}">\n<details><summary>{title}</summary>\n'
            f"<table><thead><tr>{head}</tr></thead><tbody>\n{rows}\n</tbody></table></details>\n</div>"
        )


def calling_line(cells: Mapping[str, int]) -> tuple[str, int] | None:
    """Return the line of the cell that is being run: its file and number; None outside a cell."""
    frame: Any = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename in cells:
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return None
