"""Coverage by line: where in the open file each item stands, so that tools which know lines can show it.

A line is covered when everything that begins on it is. The file may be a definition or a template around one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sfnbook.coverage.collect import Coverage
from sfnbook.coverage.items import Item, items, path_of
from sfnbook.language.definition import Address, Definition
from sfnbook.language.parser import parse
from sfnbook.language.reader import Reading
from sfnbook.templates.find import find_in

Arc = tuple[int, int]


@dataclass
class Lines:
    """What stands on the lines of a file. by_line: the items of each line, counted from 1. arcs: from a state's line to the line
    of each of its transitions and catchers."""

    by_line: dict[int, set[Item]] = field(default_factory=dict)
    arcs: dict[Item, Arc] = field(default_factory=dict)

    @property
    def items(self) -> set[Item]:
        """Everything that stands there; the same for a definition whose placeholders were filled in elsewhere."""
        return {item for there in self.by_line.values() for item in there}

    def covered(self, hit: Iterable[Item]) -> set[int]:
        """Return the lines of which everything was covered."""
        done = set(hit)
        return {line for line, there in self.by_line.items() if there <= done}

    def arcs_hit(self, hit: Iterable[Item]) -> set[Arc]:
        """Return the arcs that were taken."""
        return {self.arcs[item] for item in hit if item in self.arcs}


def lines_of(definition: Definition, reading: Reading) -> Lines:
    """Return where the items of a definition stand. ``reading``: its reading, whose source is the file."""
    found = Lines()
    starts: dict[Address, int] = {}
    for item in items(definition):
        line = _line(reading, path_of(item))
        if line is None:
            continue
        found.by_line.setdefault(line, set()).add(item)
        if item.kind == "state":
            starts[item.address] = line
        elif item.kind in ("transition", "catcher") and starts.get(item.address, line) != line:
            found.arcs[item] = (starts[item.address], line)
    return found


def _line(reading: Reading, path: tuple[str | int, ...]) -> int | None:
    place = reading.places.get(path)
    if place is None or reading.source is None:
        return None
    return reading.source.position((place.key or place.value).start)[0]


def lines_in(file: Path) -> Iterator[Lines]:
    """Yield the lines of every valid definition that stands in a file."""
    for machine in find_in(file):
        if machine.problem or (machine.file is not None and machine.file.resolve() != file.resolve()):
            continue
        definition = parse(machine.definition, type=machine.type or "STANDARD").definition
        if definition is not None:
            yield lines_of(definition, machine.definition)


def by_file(found: Iterable[Coverage], files: Mapping[str, Path]) -> dict[Path, list[Coverage]]:
    """Group coverage by the file of its definition. ``files``: the file of each definition's text."""
    grouped: dict[Path, list[Coverage]] = {}
    for one in found:
        file = files.get(one.definition.text)
        if file is not None:
            grouped.setdefault(file, []).append(one)
    return grouped
