"""Snapshots of runs: what a run did, as JSON in a file beside the test, compared the next time.

Ids, ARNs of executions, tokens and times that change from run to run stand there as words (``<uuid>``, ``<time>``).
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from sfnbook.query.scope import ABSENT
from sfnbook.values import Json

_WORDS: Final = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "<uuid>"),
    (re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"), "<time>"),
    (
        re.compile(r"\b[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT\b"),
        "<time>",
    ),  # an answer's Date header
    (re.compile(r"(:(?:execution|express):[^:\"]+:)[^\"\s]+"), r"\1<name>"),
    (re.compile(r"\b[A-Za-z0-9+/]{100,}={0,2}"), "<token>"),
    (re.compile(r"0x[0-9a-f]{6,}"), "<address>"),
)

PARTS: Final = ("path", "output", "calls", "history")


def snapshot_of(run: Any, parts: tuple[str, ...] = ("path", "output", "calls")) -> dict[str, Json]:
    """Return what a snapshot of a run holds: status and error, and the parts asked for (see `PARTS`)."""
    found: dict[str, Json] = {"machine": run.machine.name, "status": run.status}
    if run.error is not None:
        found |= {"error": run.error, "cause": run.cause}
    makers: Mapping[str, Callable[[], Json]] = {
        "path": lambda: run.path,
        "output": lambda: run.output,
        "calls": lambda: [_call(call) for call in run.called("*")],
        "history": lambda: [_event(event) for event in run.events],
    }
    for part in parts:
        if part not in makers:
            raise ValueError(f"A snapshot has no part {part!r}; there are {', '.join(PARTS)}.")
        found[part] = makers[part]()
    made: dict[str, Json] = normalised(found)
    return made


def _call(call: Any) -> dict[str, Json]:
    made: dict[str, Json] = {"state": call.state, "resource": call.resource.text}
    if call.parameters is not ABSENT:
        made["parameters"] = call.parameters
    if call.error is not None:
        made["error"] = call.error
    elif call.output is not ABSENT:
        made["output"] = call.output
    return made


def _event(event: Any) -> dict[str, Json]:
    detail = {name: value for name, value in event.detail.items() if value is not ABSENT}
    return {"id": event.id, "previousEventId": event.previous, "type": event.type, **detail}


def normalised(value: Any) -> Any:
    """Return a value in which ids, times and tokens that change from run to run are words."""
    if isinstance(value, dict):
        return {name: normalised(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [normalised(inner) for inner in value]
    if isinstance(value, str):
        for pattern, word in _WORDS:
            value = pattern.sub(word, value)
    return value


class SnapshotFile:
    """The snapshots of one test module, in ``__snapshots__/MODULE.json`` beside it. used: those asked for so far."""

    def __init__(self, module: Path) -> None:
        self.module = module
        self.path = module.parent / "__snapshots__" / f"{module.stem}.json"
        self.used: set[str] = set()
        self.changed = False
        self.new: dict[str, Json] = {}
        self.stored: dict[str, Json] = {}
        if self.path.exists():
            self.stored = json.loads(self.path.read_text("utf-8"))

    def compare(self, name: str, value: Json, *, update: bool) -> str:
        """Compare a value with what is stored; return the difference in words, "" where there is none.

        What is not stored yet is added with ``update``, else it is a difference.
        """
        self.used.add(name)
        if name in self.stored and self.stored[name] == value:
            return ""
        if update:
            self.stored[name] = self.new[name] = value
            self.changed = True
            return ""
        if name not in self.stored:
            return f"There is no snapshot {name!r} in {self.path.name} yet; run pytest with --sfn-update to store it."
        lines = difflib.unified_diff(_lines(self.stored[name]), _lines(value), "stored", "now", lineterm="", n=2)
        return "\n".join([f"The snapshot {name!r} differs (--sfn-update stores what is true now):", *lines])

    def as_data(self) -> dict[str, Json]:
        """Return what tests in this process asked for and stored, for the process that writes the file."""
        return {"used": sorted(self.used), "new": self.new}

    def add_data(self, data: Any) -> None:
        """Add what tests in another process asked for and stored."""
        self.used.update(data["used"])
        self.stored.update(data["new"])
        self.changed = self.changed or bool(data["new"])

    def unused(self) -> list[str]:
        """Return the names of stored snapshots that no test asked for."""
        return [name for name in self.stored if name not in self.used]

    def save(self, *, drop_unused: bool) -> None:
        """Write the file if something changed. drop_unused: leave out what no test asked for."""
        if drop_unused and self.unused():
            for name in self.unused():
                del self.stored[name]
            self.changed = True
        if self.changed:
            self.path.parent.mkdir(exist_ok=True)
            text = json.dumps(self.stored, indent=2, ensure_ascii=False, sort_keys=True)
            self.path.write_text(text + "\n", encoding="utf-8")


def _lines(value: Json) -> list[str]:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True).splitlines()
