"""A run and a machine in words: what a terminal, a saved notebook and nbval see.

The same run gives the same text, also when concurrent branches finished in another order: branches come in the order of their
place in the definition, and of a Parallel or Map that failed only what decided it. No time, id or address is in it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sfnbook.diagram.graph import END, detail, graph
from sfnbook.engine.events import FrameKey
from sfnbook.history.visits import Visit
from sfnbook.language.definition import Definition, Machine
from sfnbook.runs.protocols import Described, Recorded
from sfnbook.values import Json, cause_message, printable, to_text

_SIGNS: Final = {"failed": " ✕", "caught": " !", "aborted": " \u2013", "running": " …"}
_IN: Final = "\u203a"
_TIMES: Final = "\u00d7"
_WIDTH: Final = 110
_LINES: Final = 40
_LOG_LINES: Final = 5
_LONGEST_LOOP: Final = 12


def run_text(run: Recorded) -> str:
    """Return a run in words: its status, the path taken by branch, its output or error."""
    lines = [f"{run.machine.name}: {run.status}"]
    lines += path_lines(run.visits)
    if run.status == "SUCCEEDED":
        lines += _value_lines("output", run.output)
    elif run.error or run.cause:
        lines.append(f"error: {run.error or '(no name)'}")
        if words := _cause(run.cause):
            lines.append(f"cause: {words}")
        lines += _log_lines(run.visits)
    return printable("\n".join(lines))


def machine_text(machine: Described) -> str:
    """Return a machine in words: a line per state with what it does and where it leads."""
    count = sum(1 for _ in machine._definition.machine.walk())
    lines = list(_state_lines(machine._definition))
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"  … {len(lines) - _LINES} more"]
    return printable("\n".join([f"{machine.name}: {count} state{'' if count == 1 else 's'}", *lines]))


def _state_lines(definition: Definition) -> Iterator[str]:
    names = {state.address: state.name for state in definition.machine.walk()}
    leads: dict[str, list[str]] = {}
    for edge in graph(definition).edges:
        known = leads.setdefault(edge.source, [])
        target = "End" if edge.target == END else names.get(edge.target, "")
        if target not in known:
            known.append(target)

    def lines(machine: Machine, indent: str) -> Iterator[str]:
        for state in machine.states.values():
            targets = ", ".join(leads.get(state.address, ()))
            yield f"{indent}{state.name} ({detail(state)}){f' → {targets}' if targets else ''}"
            for branch in state.branches:
                yield from lines(branch, f"{indent}    ")

    return lines(definition.machine, "  ")


# -- the path ---------------------------------------------------------------------------------------------------------


def path_lines(visits: Sequence[Visit]) -> list[str]:
    """Return the path taken, a line for the machine and one for each branch or group of alike iterations."""
    frames = _Frames()
    for visit in sorted(visits, key=lambda visit: visit.id):
        frames.add(visit)
    return list(_path("path", frames.lines.get((), []), frames))


@dataclass(slots=True)
class _Frames:
    """The visits of each branch or iteration, and which of these each one holds."""

    lines: dict[FrameKey, list[Visit]] = field(default_factory=dict)
    inner: dict[FrameKey, list[FrameKey]] = field(default_factory=dict)

    def add(self, visit: Visit) -> None:
        if visit.frame not in self.lines:
            self.lines[visit.frame] = []
            self.inner.setdefault(visit.frame[:-1], []).append(visit.frame)
        self.lines[visit.frame].append(visit)


def _path(title: str, line: list[Visit], frames: _Frames) -> Iterator[str]:
    if line:
        yield from _wrapped(title, _loops([_step(visit) for visit in line]))
    for visit in {visit.address: visit for visit in line if visit.type in ("Parallel", "Map")}.values():
        yield from _inside(title, visit, frames)


def _step(visit: Visit) -> str:
    tries = f" ({len(visit.attempts)} attempts)" if len(visit.attempts) > 1 else ""
    error = f" {visit.error}" if visit.error and visit.status in ("failed", "caught") else ""
    return f"{visit.name}{tries}{_SIGNS.get(visit.status, '')}{error}"


def _inside(title: str, visit: Visit, frames: _Frames) -> Iterator[str]:
    """Yield the lines of what ran inside one visit of a Parallel or Map: of its last attempt."""
    inner = [frame for frame in frames.inner.get(visit.frame, ()) if frame and _of(frames.lines[frame], visit)]
    last = max((frame[-1][0] for frame in inner), default=0)
    inner = sorted(frame for frame in inner if frame[-1][0] == last)
    whole = len(inner)
    if visit.status in ("failed", "caught"):
        inner = [frame for frame in inner if frames.lines[frame][-1].status == "failed"]
    word, first = ("branch", 1) if visit.type == "Parallel" else ("item", 0)  # as AWS numbers items
    before = f"{title} {_IN} {visit.name}" if title != "path" else f"  {visit.name}"
    alike: dict[tuple[str, ...], list[int]] = {}
    for frame in inner:
        alike.setdefault(tuple(_path("\0", frames.lines[frame], frames)), []).append(frame[-1][1] + first)
    for lines, numbers in alike.items():
        which = f"{before} {_IN} {_numbers(word, numbers, whole)}"
        yield from (line.replace("\0", which) for line in lines)
    if visit.status in ("failed", "caught") and whole > len(inner):
        yield f"{before} {_IN} others: finished or stopped"


def _of(line: list[Visit], container: Visit) -> bool:
    return line[0].id > container.id and line[0].address.startswith(f"{container.address}/")


def _numbers(word: str, numbers: list[int], whole: int) -> str:
    """Return which branches or items are meant.

    >>> _numbers("item", [1, 2, 3, 7], 9)
    'items 1-3, 7'
    """
    if len(numbers) == 1:
        return f"{word} {numbers[0]}"
    plural = "branches" if word == "branch" else "items"
    if len(numbers) == whole:
        return f"all {whole} {plural}"
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = [f"{first}-{last}" if first != last else str(first) for first, last in spans[:8]]
    return f"{plural} {', '.join(shown)}{', …' if len(spans) > 8 else ''}"


def _loops(steps: list[str]) -> list[str]:
    """Return the steps with a loop told once, with how often it was gone through."""
    out: list[str] = []
    at = 0
    while at < len(steps):
        length, times = 1, 1
        for size in range(1, min(_LONGEST_LOOP, (len(steps) - at) // 2) + 1):
            count = 1
            while steps[at + size * count : at + size * (count + 1)] == steps[at : at + size]:
                count += 1
            if count > 1 and size * count > length * times:
                length, times = size, count
        block = " → ".join(steps[at : at + length])
        out.append(block if times == 1 else f"{block} {_TIMES}{times}" if length == 1 else f"({block}) {_TIMES}{times}")
        at += length * times
    return out


def _wrapped(title: str, steps: list[str]) -> Iterator[str]:
    line = f"{title}: {steps[0]}"
    for step in steps[1:]:
        if len(line) + len(step) + 3 > _WIDTH:
            yield f"{line} →"
            line = f"    {step}"
        else:
            line = f"{line} → {step}"
    yield line


# -- values -----------------------------------------------------------------------------------------------------------


def _value_lines(title: str, value: Json) -> list[str]:
    compact = without_cell_numbers(to_text(value))
    if len(compact) + len(title) + 2 <= _WIDTH:
        return [f"{title}: {compact}"]
    if len(compact) > 20_000:
        return [f"{title}: {compact[:_WIDTH]}… ({len(compact):,} characters)"]
    lines = without_cell_numbers(json.dumps(value, indent=2, ensure_ascii=False)).splitlines()
    if len(lines) > _LINES:
        lines = [*lines[:_LINES], f"… {len(lines) - _LINES} more lines"]
    return [f"{title}:", *(_cut(line) for line in lines)]


def _log_lines(visits: Sequence[Visit]) -> list[str]:
    """The end of what the attempt that failed last said, which often tells why; of a caught one where no other failed."""
    tried = [visit for visit in reversed(visits) if visit.attempts]
    failed = next((visit for status in ("failed", "caught") for visit in tried if visit.status == status), None)
    log = failed.attempts[-1].logs.rstrip().splitlines() if failed is not None else []
    return [f"log:   {_cut(line)}" for line in log[-_LOG_LINES:]]


def _cause(cause: str | None) -> str:
    """Return a cause in one line: of Lambda's JSON only the message, as the rest tells of the place it ran."""
    if not cause:
        return ""
    return _cut(" ".join(without_cell_numbers(cause_message(cause)).split()), 400)


def without_cell_numbers(text: str) -> str:
    """Return a text in which the user's cells have no numbers, also where a traceback is JSON text inside JSON text.

    Cells are numbered in the order they ran, which the next run of the notebook need not share.

    >>> without_cell_numbers('{"Cause": "... File \\\\\\\\"cell 2\\\\\\\\", line 1"}')
    '{"Cause": "... File \\\\\\\\"this notebook\\\\\\\\", line 1"}'
    """
    return _CELL.sub(r"File \1this notebook\1", text)


_CELL: Final = re.compile(r'File (\\*")cell \d+\1')


def _cut(line: str, most: int = 200) -> str:
    return line if len(line) <= most else f"{line[:most]}…"
