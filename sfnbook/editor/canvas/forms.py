"""The fields of a state as a form: which there are, what they hold, what they may hold, and what a typed text means. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

from sfnbook.editor.canvas.tables import names_of, table
from sfnbook.editor.help_texts import field_text
from sfnbook.errors import InputError
from sfnbook.language import fields as f
from sfnbook.language.outline import StateOutline
from sfnbook.values import Json, from_text
from sfnbook.widget.traits.definition import pretty
from sfnbook.widget.traits.shapes import FieldMessage, FormMessage

_ORDER: Final = (
    "Comment", "QueryLanguage", "InputPath", "ItemReader", "ItemsPath", "Items", "ItemSelector", "ItemBatcher",
    "Resource", "Parameters", "Arguments", "Credentials", "Choices", "Default",
    "Seconds", "SecondsPath", "Timestamp", "TimestampPath", "Error", "ErrorPath", "Cause", "CausePath",
    "TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath",
    "MaxConcurrency", "MaxConcurrencyPath", "ToleratedFailureCount", "ToleratedFailureCountPath",
    "ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Label",
    "Result", "ResultSelector", "ResultWriter", "ResultPath", "Assign", "Output", "OutputPath", "Retry", "Catch", "Next",
)  # fmt: skip
"""In the order of the data's way through a state."""
_ELSEWHERE: Final = frozenset({"Type", "End", "Branches", "ItemProcessor", "Iterator"})
"""What is drawn, or has a control of its own."""
_USUAL: Final[Mapping[str, tuple[str, ...]]] = {
    "Task": ("Resource", "Parameters", "Arguments", "ResultPath", "Retry", "Catch", "Next"),
    "Wait": ("Next",),
    "Pass": ("Result", "ResultPath", "Next"),
    "Choice": ("Choices", "Default"),
    "Fail": ("Error", "Cause"),
    "Parallel": ("ResultPath", "Retry", "Catch", "Next"),
    "Map": ("ItemsPath", "Items", "ItemSelector", "MaxConcurrency", "ResultPath", "Retry", "Catch", "Next"),
}
"""Shown also where a state does not have them."""
_STATES: Final = frozenset({"Next", "Default"})
_WORDS: Final[Mapping[str, tuple[str, ...]]] = {"QueryLanguage": f.ENUMS["QueryLanguage"]}
_LONG: Final = frozenset({"any", "template", "payload", "object", "array"})


def form(state: StateOutline) -> FormMessage:
    """Return the form of a state: its fields in the order of the data's way, those it could have besides, and its types."""
    table = f.STATE_FIELDS.get(state.type, {})
    held: Json = state.node.plain() if state.node is not None else {}
    present: Mapping[str, Json] = held if isinstance(held, dict) else {}
    needed = _needed(state.type, present)
    possible = [name for name in table if name not in _ELSEWHERE and _fits(table[name], state.query_language)]
    possible.sort(key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER))
    usual = _USUAL.get(state.type, ())
    barred = {name for group in _groups(state.type) if present.keys() & set(group) for name in group}
    shown = [name for name in possible if name in present or (name not in barred and (name in needed or name in usual))]
    others = [name for name in present if name not in table and name not in _ELSEWHERE]
    return {
        "address": state.address,
        "name": state.name,
        "type": state.type,
        "types": list(f.STATE_TYPES),
        "query_language": state.query_language,
        "fields": [_field(state, name, present, name in needed) for name in [*shown, *others]],
        "more": [_field(state, name, present, False) for name in possible if name not in shown and name not in barred],
        "states": [name for name in state.machine.states if name != state.name],
        "operators": list(f.OPERATORS) if state.type == "Choice" and state.query_language != f.JSONATA else [],
        "errors": sorted(f.ERROR_NAMES) if state.type in ("Task", "Parallel", "Map") else [],
        "ends": "End" in present or ("Next" not in present and state.type not in f.NO_NEXT),
    }


def _needed(type: str, present: Mapping[str, Json]) -> set[str]:
    """Return the fields that a state must have; of a group of which it must have one, the first where it has none."""
    groups = [group for group in f.EITHER.get(type, ()) if not present.keys() & set(group)]
    return {*f.REQUIRED.get(type, ()), *(group[0] for group in groups)}


def _groups(type: str) -> list[tuple[str, ...]]:
    return [*f.EXCLUSIVE.get(type, ()), *f.EITHER.get(type, ())]


def _fits(one: f.Field, language: str) -> bool:
    return one.only is None or one.only == language


def _field(state: StateOutline, name: str, present: Mapping[str, Json], needed: bool) -> FieldMessage:
    spec = f.STATE_FIELDS.get(state.type, {}).get(name)
    kind = "state" if name in _STATES else spec.kind if spec is not None else "any"
    value = present.get(name)
    rows = table(state, name, value)
    made: FieldMessage = {
        "name": name,
        "kind": kind,
        "text": text_of(kind, value) if name in present else None,
        "help": field_text(name),
        "limits": limits(spec),
        "needed": needed,
        "words": list(_WORDS.get(name, ())),
        "long": kind in _LONG or isinstance(value, (dict, list)),
        "known": spec is not None,
    }
    return made if rows is None else {**made, "kind": "table", "table": rows}


def limits(spec: f.Field | None) -> str:
    """Return what a field may hold in a few words: ``integer, 0 to 99,999,999``."""
    if spec is None:
        return "no field of this type of state"
    said: list[str] = [_KINDS.get(spec.kind, spec.kind)]
    if spec.minimum is not None and spec.maximum is not None:
        said.append(f"{spec.minimum:,} to {spec.maximum:,}")
    elif spec.minimum is not None:
        said.append(f"at least {spec.minimum:,}")
    if spec.null:
        said.append("or null")
    if spec.jsonata and spec.kind in ("integer", "number", "string"):
        said.append("or JSONata in {% %}")
    return ", ".join(said)


_KINDS: Final[Mapping[str, str]] = {
    "string": "text",
    "any": "JSON",
    "template": "a JSON object",
    "payload": "JSON",
    "object": "a JSON object",
    "array": "a JSON array",
    "path": "a path, as $.order",
    "reference": "a path to one value, as $.order.id",
    "result-path": "a path, as $.result",
}


def text_of(kind: str, value: Json) -> str:
    """Return a field's value as the form writes it: a string without quotes, the rest as JSON."""
    if isinstance(value, str) and kind not in ("object", "array"):
        return value if not _reads_as_json(kind, value) else json.dumps(value, ensure_ascii=False)
    return pretty(value)


def _reads_as_json(kind: str, text: str) -> bool:
    """Tell whether a string, typed without its quotes, would be taken for another value."""
    return kind not in _PLAIN and isinstance(_read(text), tuple)


_PLAIN: Final = frozenset({"string", "state"})


def value_of(state: StateOutline, field: Sequence[str | int], text: str) -> Json:
    """Return what a text typed for a field means: JSON where the field holds it, else the text itself.

    What does not fit the field is taken as it is: the diagnostics say so. Raises InputError where a field holds an
    object or a list and the text is no JSON, which could not be written down.
    """
    of_fields: Mapping[str, f.Field] = (
        f.STATE_FIELDS.get(state.type, {}) if len(field) == 1 else _PARTS.get(str(field[0]), {})
    )
    if field[-1] == "ErrorEquals" and not text.lstrip().startswith(("[", "{%")):
        return names_of(text)
    spec = of_fields.get(str(field[-1]))
    kind = spec.kind if spec is not None else "any"
    if kind in _PLAIN:
        return text
    found = _read(text)
    if isinstance(found, tuple):
        return found[0]
    if (
        kind in ("object", "array", "template", "payload", "any")
        and text.lstrip()[:1] in ("{", "[")
        and not _expression(text)
    ):
        raise InputError(f"{field[-1]} is not JSON: {found}.")
    return text


_PARTS: Final[Mapping[str, Mapping[str, f.Field]]] = {
    "Retry": f.RETRIER_FIELDS,
    "Catch": f.CATCHER_FIELDS,
    "Choices": {**f.OPERATORS, **dict.fromkeys(("Variable", "Condition", "Comment", "Next"), f.STRING)},
}


def _expression(text: str) -> bool:
    return text.lstrip().startswith("{%")


def _read(text: str) -> tuple[Json] | str:
    """Return the JSON value that a text is, in a tuple, or why it is none."""
    try:
        return (from_text(text),)
    except ValueError as error:
        return str(error)
