"""The bridge to coverage.py: the lines of definitions in its data file, and what its reports ask about such a file.

With ``plugins = sfnbook.coverage`` in coverage.py's configuration, ``coverage report``, ``html``, ``lcov`` and ``xml`` show
``.asl.json``, ``.asl.yaml`` and templates as they show Python files.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from coverage import CoverageData, CoveragePlugin, FileReporter

from sfnbook.coverage.collect import Coverage
from sfnbook.coverage.lines import Arc, Lines, by_file, lines_in

PLUGIN: Final = "sfnbook.coverage.StateMachineFiles"
"""The name under which coverage.py knows the plugin."""


class StateMachineFiles(CoveragePlugin):
    """Tells coverage.py's reports what the lines of a file with state machines are. Traces nothing."""

    def configure(self, config: Any) -> None:
        """Change nothing; a plugin must be of some kind to be known."""

    def file_reporter(self, filename: str) -> FileReporter:
        """Return what stands in a file."""
        return StateMachineFile(filename)


class StateMachineFile(FileReporter):
    """A file with state machines: its states, rules, catchers and transitions by line."""

    @cached_property
    def _lines(self) -> list[Lines]:
        return list(lines_in(Path(self.filename)))

    def lines(self) -> set[int]:
        """Return the lines on which something can be covered."""
        return {line for one in self._lines for line in one.by_line}

    def arcs(self) -> set[Arc]:
        """Return the ways from each state to its transitions."""
        return {arc for one in self._lines for arc in one.arcs.values()}

    def exit_counts(self) -> dict[int, int]:
        """Return how many ways lead from each line."""
        counts: dict[int, int] = dict.fromkeys(self.lines(), 0)
        for start, _ in self.arcs():
            counts[start] += 1
        return counts

    def missing_arc_description(self, start: int, end: int, executed_arcs: Iterable[Arc] | None = None) -> str:
        """Return what was not taken, in words."""
        for one in self._lines:
            for item, arc in one.arcs.items():
                if arc == (start, end):
                    return f"{item.text} was never taken"
        return str(super().missing_arc_description(start, end, executed_arcs))


def add_to(data: CoverageData, found: Iterable[Coverage], files: Mapping[str, Path], *, branches: bool) -> None:
    """Add coverage to coverage.py's data. ``files``: the file of each definition's text. branches: whether the data holds
    arcs (``branch = True``) instead of lines."""
    for file, coverages in by_file(found, files).items():
        known = list(lines_in(file))
        name = str(file.resolve())
        lines: set[int] = set()
        arcs: set[Arc] = set()
        for one in coverages:
            where = next((found for found in known if found.items == set(one.items)), None)
            if where is not None:
                hit = [item for item in one.items if one.hits[item]]
                lines |= where.covered(hit)
                arcs |= where.arcs_hit(hit)
        if branches:
            data.add_arcs({name: arcs | {(-1, line) for line in lines}})
        else:
            data.add_lines({name: lines})
        data.add_file_tracers({name: PLUGIN})


def write(path: str | Path, found: Iterable[Coverage], files: Mapping[str, Path]) -> None:
    """Add coverage to a data file of coverage.py's, which is made when it is not there."""
    data = CoverageData(basename=str(path))
    data.read()
    add_to(data, found, files, branches=data.has_arcs())
    data.write()
    data.close()
