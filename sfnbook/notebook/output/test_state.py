"""What ``%sfn_test_state`` shows: TestState's answer, stage by stage, as text that a saved notebook keeps."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.machine import StateMachine
from sfnbook.teststate import test_state
from sfnbook.values import NULL, Json

_WIDTH: Final = 100


class Tested(dict[str, Any]):
    """TestState's answer, which a notebook shows as text."""

    def __repr__(self) -> str:
        first = self["status"]
        if "nextState" in self:
            first += f" → {self['nextState']}"
        lines = [first]
        for name in ("error", "cause"):
            if name in self:
                lines.append(f"  {name}: {self[name]}")
        data = self.get("inspectionData") or {}
        stages = {name: value for name, value in data.items() if isinstance(value, str)}
        if "output" in self:
            stages["output"] = self["output"]
        width = max((len(name) for name in stages), default=0)
        lines += [f"  {name:<{width}}  {_short(value)}" for name, value in stages.items()]
        return "\n".join(lines)


def try_state(machine: StateMachine, state: str, input: Json, level: str, given: Mapping[str, Json]) -> Tested:
    """Return what TestState answers. Raises InputError for an unknown state, with the nearest name."""
    names = [s.name for s in machine._definition.machine.walk()]
    if state not in names:
        near = difflib.get_close_matches(state, names, n=1)
        hint = f' Did you mean "{near[0]}"?' if near else f" It has {', '.join(names[:8])}."
        raise InputError(f'{machine.name} has no state called "{state}".{hint}')
    answer = test_state(
        machine,
        state_name=state,
        input=json.dumps(None if input is NULL else input),
        inspection_level=level,
        mock=_mock(given.get("mock")),
        variables=_text(given, "variables"),
        context=_text(given, "context"),
    )
    return Tested(answer)


def _mock(mock: Json) -> dict[str, Any] | None:
    if mock is None:
        return None
    if not isinstance(mock, dict):
        raise InputError('--mock is an object: {"result": ...} or {"errorOutput": {"error": ..., "cause": ...}}.')
    return {**mock, "result": json.dumps(mock["result"])} if "result" in mock else mock


def _text(given: Mapping[str, Json], name: str) -> str | None:
    return json.dumps(given[name]) if name in given else None


def _short(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
