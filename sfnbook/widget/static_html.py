"""The static twin: what a saved notebook shows of a machine or a run where no kernel and no script runs.

One HTML text: the finished diagram as an image and the steps in ``<details>``. The same run gives the same text: no
ids, addresses, times or durations, and concurrent branches stand in the order of the definition. The live widget's
style sheet hides it by its class.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from sfnbook.diagram.graph import graph
from sfnbook.diagram.layout import layout
from sfnbook.diagram.svg import framed, svg
from sfnbook.query.scope import ABSENT
from sfnbook.text.run_text import without_cell_numbers
from sfnbook.values import Json
from sfnbook.widget.traits.recorder import plain
from sfnbook.widget.traits.state_summary import StateCounts

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine
    from sfnbook.recorded_run import RecordedRun
    from sfnbook.run import Run

STEPS: Final = 60
"""Steps shown; a longer run says how many are left out."""
TEXT: Final = 1_000
"""Characters shown of one value."""

_SIGNS: Final = {"succeeded": "✓", "failed": "✗", "caught": "!", "aborted": "⊘", "running": "…"}


def machine_twin(machine: StateMachine) -> str:
    """Return the twin of a machine: its diagram."""
    return framed(_picture(machine, layout(graph(machine._definition)), {}, machine.name))


def run_twin(run: Run | RecordedRun) -> str:
    """Return the twin of a run that has ended: the finished diagram, input and output, and the steps."""
    visits = ordered(run.visits)
    drawn = layout(graph(run.machine._definition))
    parts = [
        _picture(run.machine, drawn, statuses(run, drawn), f"{run.machine.name}: {run.status}"),
        f"<p><b>{_html(run.machine.name)}</b> {_html(run.status)}{_html(_reason(run))}</p>",
        _values("input and output", _ends(run)),
        *(_step(visit) for visit in visits[:STEPS]),
    ]
    if len(visits) > STEPS:
        parts.append(f"<p>… and {len(visits) - STEPS:,} more steps</p>")
    return framed("\n".join(parts))


def statuses(run: Run | RecordedRun, drawn: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return how each state of a drawn graph stands at the end and by which edges it was left.

    A note on how long something took before it was aborted is left out: the next run would say another time.
    """
    counts = StateCounts(run.machine._definition)
    counts.read(run.visits, run._raw_events)
    found = {
        address: {k: v for k, v in status.items() if k != "note" or status["status"] != "aborted"}
        for address, status in counts.statuses().items()
    }
    for edge in drawn["edges"]:
        if edge["from"] in found and (count := counts.edges[edge["id"]]):
            taken = found[edge["from"]].setdefault("edges_out", {})
            taken[edge["to"]] = taken.get(edge["to"], 0) + count
    return found


def ordered(visits: Sequence[Any]) -> list[Any]:
    """Return visits so that each branch or iteration stands whole, in its order, below the state that holds it."""
    inside: dict[Any, list[Any]] = {}
    for visit in visits:
        inside.setdefault(visit.frame, []).append(visit)
    children: dict[Any, list[Any]] = {}
    for frame in inside:
        if frame:
            children.setdefault(frame[:-1], []).append(frame)

    def walk(frame: Any) -> Iterator[Any]:
        own = inside.get(frame, [])
        waiting = sorted(children.get(frame, ()), key=lambda child: child[-1])
        for visit, following in zip(own, [*own[1:], None], strict=True):
            yield visit
            while waiting and (following is None or waiting[0][-1][0] < following.id):
                yield from walk(waiting.pop(0))

    return list(walk(()))


def _picture(
    machine: StateMachine, drawn: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]], title: str
) -> str:
    unbound = [task.address for task in machine.tasks() if task.bound is None]
    picture = svg(drawn, found, "auto", unbound=unbound, title=title)
    data = base64.b64encode(picture.encode("utf-8", "replace")).decode()
    return f'<img alt="{_html(title)}" src="data:image/svg+xml;base64,{data}" style="max-width:100%">'


def _ends(run: Run | RecordedRun) -> list[tuple[str, Json]]:
    return [("input", run.input), ("output", run.output if run.status == "SUCCEEDED" else ABSENT)]


def _reason(run: Run | RecordedRun) -> str:
    return f": {run.error}" if run.error else ""


def _step(visit: Any) -> str:
    where = f" ({visit.where})" if visit.where else ""
    title = f"{_SIGNS.get(visit.status, '')} {visit.name}{where}: {visit.type} {visit.status}"
    if len(visit.attempts) > 1:
        title += f", {len(visit.attempts)} attempts"
    if visit.error:
        title += f", {visit.error}"
    shown = [("input", visit.input), ("output", visit.output)]
    return _values(title, shown, traceback=next((a.traceback for a in reversed(visit.attempts) if a.traceback), ""))


def _values(title: str, values: Iterable[tuple[str, Json]], traceback: str = "") -> str:
    parts = [f"{name}: {_cut(_pretty(value))}" for name, value in values if value is not ABSENT]
    if traceback:
        parts.append(_cut(without_cell_numbers(traceback)))
    text = "\n".join(parts)
    return f"<details><summary>{_html(title)}</summary><pre><code>{_html(text)}</code></pre></details>"


def _pretty(value: Json) -> str:
    return without_cell_numbers(json.dumps(value, indent=2, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= TEXT else f"{text[:TEXT]}… ({len(text):,} characters)"


def _html(text: str) -> str:
    return escape(plain(text))
