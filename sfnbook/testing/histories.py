"""Recorded histories run against a definition of today: does the changed machine still do what production did?

The recorded answers are used as mocks. What a recording does not know is reported and never called.
"""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, Literal

from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.svg import image, svg
from sfnbook.engine.driver import Answer, drive
from sfnbook.engine.frame import Call
from sfnbook.errors import TIMEOUT, InputError
from sfnbook.history.visits import RUNNING, Attempt, Visit, summary
from sfnbook.machine import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.recorded_run import RecordedRun, replay
from sfnbook.runs.diff import Differences, compare
from sfnbook.testing.snapshot import normalised
from sfnbook.values import Json, printable, to_text

Verdict = Literal["same", "differs", "newly fails", "newly succeeds", "not comparable"]

_Key = tuple[str, tuple[int, ...]]


@dataclass(frozen=True, repr=False)
class Replayed:
    """A recorded history beside the run of a definition with its answers.

    name: the history's, usually its file's. differences: where the two first went different ways, line by line. unknown:
    the calls of today that the recording has no answer for. reason: why it is not comparable. recorded, now: both runs.
    """

    name: str
    verdict: Verdict
    differences: Differences = field(default_factory=Differences)
    unknown: tuple[str, ...] = ()
    reason: str = ""
    recorded: RecordedRun | None = None
    now: RecordedRun | None = None

    @property
    def same(self) -> bool:
        """Whether the definition does what was recorded."""
        return self.verdict == "same"

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.verdict}{f': {self.reason}' if self.reason else ''}"]
        lines += [f"  {difference}" for difference in self.differences]
        lines += [f"  not in the recording: {call}" for call in self.unknown]
        return printable("\n".join(lines))

    __repr__ = __str__


class Replays(tuple[Replayed, ...]):
    """Several histories; prints as a table."""

    __slots__ = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return all(one.same for one in self)

    def __repr__(self) -> str:
        return printable(table(self))

    def _repr_html_(self) -> str:
        head = "".join(f"<th style='text-align:left'>{escape(title)}</th>" for title in _HEAD)
        rows = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _row(one))}</tr>" for one in self)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table><p>{escape(_summary(self))}</p>"


def replay_against(history: Any, machine: StateMachine, *, name: str = "history") -> Replayed:
    """Run a definition with the answers of a recorded history and compare the two.

    history: as for `sfnbook.replay`, or a run that was recorded. Raises InputError for what is no whole history.
    """
    recorded = history if isinstance(history, RecordedRun) else replay(history, name=name)
    if recorded.status == "RUNNING":
        return Replayed(name, "not comparable", reason="the recorded execution had not ended", recorded=recorded)
    if any(event.type == "MapRunStarted" for event in recorded._raw_events):
        reason = "the children of its distributed Map are not in the history"
        return Replayed(name, "not comparable", reason=reason, recorded=recorded)
    answers = RecordedAnswers(recorded)
    first = recorded._raw_events[0]
    execution = drive(machine._program, recorded.input, answers, at=first.at)
    now = RecordedRun(machine, execution.events, name=name, known=True)
    differences = _compare(recorded, now)
    verdict: Verdict = "same"
    if recorded.status == "SUCCEEDED" and now.status not in ("SUCCEEDED", "RUNNING"):
        verdict = "newly fails"
    elif recorded.status != "SUCCEEDED" and now.status == "SUCCEEDED":
        verdict = "newly succeeds"
    elif differences or answers.unknown:
        verdict = "differs"
    return Replayed(name, verdict, differences, tuple(answers.unknown), "", recorded, now)


class RecordedAnswers:
    """Answers the calls of a run with what a recorded run's tasks came to: by state and branch or iteration, in order."""

    def __init__(self, recorded: Any) -> None:
        self._known: dict[_Key, list[tuple[Attempt, Json]]] = {}
        self.unknown: list[str] = []
        submitted = {event.id: event for event in recorded._raw_events if event.type == "TaskSubmitted"}
        for visit in recorded.visits:
            if visit.type != "Task":
                continue
            at_once = [submitted[id].detail.get("output") for id in visit.events if id in submitted]
            for number, attempt in enumerate(visit.attempts):
                if attempt.status != RUNNING:
                    found = at_once[number] if number < len(at_once) else None
                    self._known.setdefault(_key(visit), []).append((attempt, found))

    def __call__(self, call: Call) -> Answer | None:
        """Return what the call came to; None, and a note of it, where the recording does not know."""
        key = (call.name, tuple(index for _, index in call.frame_key))
        left = self._known.get(key)
        if call.kind != "task" or not left:
            self.unknown.append(f"{call.name} ({call.resource.label})")
            return None
        attempt, submitted = left.pop(0)
        seconds = max(0.0, (attempt.end or attempt.start) - attempt.start)
        if attempt.error == TIMEOUT and (call.timeout is not None or call.heartbeat is not None):
            return None  # its own deadline ends it
        if attempt.status == "succeeded":
            output = None if attempt.output is ABSENT else attempt.output
            return Answer(output, seconds=seconds, submitted=submitted)
        return Answer(None, attempt.error or "", attempt.cause, seconds, submitted)


def _key(visit: Visit) -> _Key:
    return visit.name, tuple(index for _, index in visit.frame)


def _compare(recorded: Any, now: Any) -> Differences:
    """Compare two runs without what differs in every run: ids, tokens, the execution's own name and times."""
    return compare(_plain(recorded), _plain(now))


def _plain(run: Any) -> Any:
    visits = [
        replace(
            visit,
            input=normalised(visit.input),
            output=normalised(visit.output),
            start=0.0,
        )
        for visit in run.visits
        if visit.input is not ABSENT
    ]
    return SimpleNamespace(status=run.status, output=normalised(run.output), error=run.error, visits=visits)


def histories_in(patterns: Iterable[str | Path]) -> list[Path]:
    """Return the files of histories that paths, folders and globs name, sorted. Raises InputError where there is none."""
    found: list[Path] = []
    for pattern in patterns:
        place = Path(pattern).expanduser()
        if place.is_dir():
            files = sorted(place.glob("*.json"))
        else:
            files = [Path(name) for name in sorted(glob.glob(str(place), recursive=True))]
        if not files:
            raise InputError(f"{pattern}: no file with a history there.")
        found += files
    return list(dict.fromkeys(found))


def recorded_runs(patterns: Iterable[str | Path], machine: StateMachine) -> list[RecordedRun]:
    """Return the runs that `histories_in` finds, named for their files. Raises InputError for a file that is no history."""
    return [replay(file, machine, name=file.stem) for file in histories_in(patterns)]


def replay_files(files: Sequence[Path], machine: StateMachine) -> Replays:
    """Run a definition against each history. A file that is no history is ``not comparable``, with the reason."""
    return Replays(_replay_file(file, machine) for file in files)


def _replay_file(file: Path, machine: StateMachine) -> Replayed:
    try:
        return replay_against(file, machine, name=file.name)
    except InputError as fault:
        return Replayed(file.name, "not comparable", reason=str(fault))


_HEAD: Final = ("history", "verdict", "recorded", "now", "first difference")


def table(found: Sequence[Replayed]) -> str:
    """Return a line for each history, and how many are the same."""
    rows = [_HEAD, *map(_row, found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD) - 1)]
    lines = ["  ".join((*map(str.ljust, row, widths), row[-1])).rstrip() for row in rows]
    return "\n".join([*lines, "", _summary(found)])


def _row(one: Replayed) -> tuple[str, ...]:
    recorded, now = (run.status if run is not None else "-" for run in (one.recorded, one.now))
    unknown = f"{one.unknown[0]} is not in the recording" if one.unknown else ""
    first = one.reason or (str(one.differences[0]) if one.differences else unknown)
    return one.name, one.verdict, recorded, now, first


def _summary(found: Sequence[Replayed]) -> str:
    same = sum(1 for one in found if one.same)
    return f"{same} of {len(found)} histories end as recorded, step by step."


def as_json(found: Sequence[Replayed]) -> dict[str, Any]:
    """Return the comparisons as JSON: ``same``, and for each history its verdict, differences and unknown calls."""
    return {
        "same": all(one.same for one in found),
        "histories": [
            {
                "name": one.name,
                "verdict": one.verdict,
                "reason": one.reason,
                "recorded": None if one.recorded is None else _ended(one.recorded),
                "now": None if one.now is None else _ended(one.now),
                "differences": [str(difference) for difference in one.differences],
                "unknown": list(one.unknown),
            }
            for one in found
        ],
    }


def _ended(run: RecordedRun) -> dict[str, Json]:
    return {"status": run.status, "error": run.error, "output": run.output, "path": list(run.path)}


_STYLE: Final = (
    "body{font:14px system-ui,sans-serif;margin:2em auto;max-width:90em;padding:0 1em;color-scheme:light dark}"
    ".runs{display:grid;grid-template-columns:1fr 1fr;gap:2em}img{max-width:100%}td,th{padding:.1em .8em .1em 0;"
    "text-align:left;vertical-align:top}code{overflow-wrap:anywhere}summary{cursor:pointer;font-weight:600}"
)


def html_page(found: Replays, name: str) -> str:
    """Return a self-contained page: the table, and both runs of each history beside each other."""
    parts = "".join(_section(one) for one in found)
    return (
        "<!doctype html><html lang='en'><meta charset='utf-8'>"
        f"<title>Histories replayed against {escape(name)}</title><style>{_STYLE}</style>"
        f"<h1>Histories replayed against {escape(name)}</h1>{found._repr_html_()}{parts}</html>"
    )


def _section(one: Replayed) -> str:
    lines = [*map(str, one.differences), *(f"not in the recording: {call}" for call in one.unknown)]
    said = "".join(f"<li><code>{escape(line)}</code></li>" for line in lines)
    columns = "".join(
        f"<div><h3>{title}: {escape(run.status)}{f' ({escape(run.error)})' if run.error else ''}</h3>{_picture(run)}</div>"
        for title, run in (("recorded", one.recorded), ("now", one.now))
        if run is not None
    )
    title = f"{one.name}: {one.verdict}{f': {one.reason}' if one.reason else ''}"
    is_open = "" if one.same else " open"
    return f"<details{is_open}><summary>{escape(title)}</summary><ul>{said}</ul><div class='runs'>{columns}</div></details>"


def _picture(run: RecordedRun) -> str:
    drawn = layout(graph(run.machine._definition))
    rows = "".join(
        f"<tr><td>{escape(visit.name)}</td><td>{escape(visit.status)}</td>"
        f"<td><code>{escape('' if visit.output is ABSENT else shortened(visit.output))}</code></td></tr>"
        for visit in run.visits[:_MOST_VISITS]
    )
    picture = image(svg(drawn, summary(run.visits), "auto", title=run.name), f"The run of {run.name}")
    return f"{picture}<table><tr><th>state</th><th>became</th><th>output</th></tr>{rows}</table>"


_MOST_VISITS: Final = 200


def shortened(value: Json, most: int = 300) -> str:
    """Return a value as JSON text, cut off after so many characters."""
    text = to_text(value)
    return text if len(text) <= most else f"{text[:most]}…"
