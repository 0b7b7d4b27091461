"""A definition that is still being written, as far as it can be drawn: no rule is asked, nothing is refused."""

from __future__ import annotations

from collections.abc import Mapping

from sfnbook.language.definition import Address, Definition, Machine, State, escape
from sfnbook.language.reader import Reading
from sfnbook.values import MAX_DEPTH, Json


def draft(reading: Reading) -> Definition | None:
    """Return what a text holds of a state machine; None where its syntax is broken or it has no states.

    States without a Type are drawn as Pass states; what is no state is left out.
    """
    if not reading.ok or not isinstance(reading.value, dict) or not isinstance(reading.value.get("States"), dict):
        return None
    return Definition(_machine(reading.value, "", "JSONPath", 0), reading.text)


def _machine(value: Mapping[str, Json], address: Address, language: str, depth: int) -> Machine:
    language = _text(value.get("QueryLanguage"), language)
    states = value.get("States")
    made = {
        name: _state(name, fields, f"{address}/States/{escape(name)}", language, depth)
        for name, fields in (states.items() if isinstance(states, dict) else ())
        if isinstance(fields, dict)
    }
    return Machine(_text(value.get("StartAt"), ""), made, address, language, value)


def _state(name: str, fields: Mapping[str, Json], address: Address, language: str, depth: int) -> State:
    language = _text(fields.get("QueryLanguage"), language)
    inner: list[tuple[str, Json]] = [(f"Branches/{i}", one) for i, one in enumerate(_list(fields.get("Branches")))]
    inner += [(field, fields[field]) for field in ("ItemProcessor", "Iterator") if field in fields][:1]
    branches = tuple(
        _machine(one, f"{address}/{place}", language, depth + 1)
        for place, one in inner
        if isinstance(one, dict) and depth < MAX_DEPTH
    )
    return State(name, _text(fields.get("Type"), "Pass"), address, language, fields, branches)


def _text(value: Json, default: str) -> str:
    return value if isinstance(value, str) else default


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
