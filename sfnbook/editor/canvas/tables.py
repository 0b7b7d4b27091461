"""The lists of a state that a form shows as tables: retriers, catchers and Choice rules, and what can be added to them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, NamedTuple

from sfnbook.editor.help_texts import field_text
from sfnbook.language import fields as f
from sfnbook.language.outline import StateOutline
from sfnbook.values import Json
from sfnbook.widget.traits.definition import pretty
from sfnbook.widget.traits.shapes import CellMessage, TableMessage

TABLES: Final = ("Retry", "Catch", "Choices")
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "Retry": ("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"),
    "Catch": ("ErrorEquals", "Next", "ResultPath", "Output"),
}
_NAMES: Final[Mapping[str, str]] = {"Retry": "retrier", "Catch": "catcher", "Choices": "rule"}
_JITTER: Final = ("NONE", "FULL")


class Preset(NamedTuple):
    """What can be added to a table. item: makes it, given the name of the state that it leads to."""

    key: str
    title: str
    item: Callable[[str], dict[str, Json]]


def table(state: StateOutline, name: str, value: Json) -> TableMessage | None:
    """Return a list of a state as a table; None where it is no list of objects, as JSONata's expressions are none."""
    rows = [] if value is None else value
    if name not in TABLES or not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        return None
    return {
        "item": _NAMES[name],
        "rows": [_row(state, name, index, one) for index, one in enumerate(rows) if isinstance(one, dict)],
        "presets": [{"key": one.key, "title": one.title} for one in presets(state, name)],
    }


def presets(state: StateOutline, name: str) -> list[Preset]:
    """Return what can be added to a table of a state."""
    jsonata = state.query_language == f.JSONATA
    if name == "Retry":
        lambdas = [_retry("lambda", "Lambda's passing errors", _LAMBDA, interval=1, attempts=3, jitter=True)]
        return [
            *(lambdas if state.type == "Task" else ()),
            *([_retry("timeout", "Timeouts", ["States.Timeout"], interval=2, attempts=2)] if state.type == "Task" else ()),
            _retry("task", "Errors of the task itself" if state.type == "Task" else "Errors inside", ["States.TaskFailed"], interval=2, attempts=3),
            _retry("all", "Any error", ["States.ALL"], interval=2, attempts=3),
        ]  # fmt: skip
    if name == "Catch":
        kept: dict[str, Json] = {"ResultPath": "$.error"}
        if jsonata:
            kept = {"Output": "{% $merge([$states.input, {'error': $states.errorOutput}]) %}"}
        return [
            _catch("all", "Any error", ["States.ALL"], kept),
            _catch("timeout", "Timeouts", ["States.Timeout"], kept),
            _catch("task", "Errors of the task itself", ["States.TaskFailed"], kept),
        ]
    if jsonata:
        condition = "{% $exists($states.input.value) %}"
        return [Preset("rule", "A condition", lambda target: {"Condition": condition, "Next": target})]
    there: Json = {"Variable": "$.value", "IsPresent": True}
    two: Json = [there, {"Variable": "$.value", "StringEquals": ""}]
    return [
        Preset("present", "Is a field there?", lambda target: {"Variable": "$.value", "IsPresent": True, "Next": target}),
        Preset("text", "A text", lambda target: {"Variable": "$.value", "StringEquals": "", "Next": target}),
        Preset("number", "A number", lambda target: {"Variable": "$.value", "NumericEquals": 0, "Next": target}),
        Preset("boolean", "True or false", lambda target: {"Variable": "$.value", "BooleanEquals": True, "Next": target}),
        Preset("and", "All of several", lambda target: {"And": two, "Next": target}),
        Preset("not", "Not so", lambda target: {"Not": there, "Next": target}),
    ]  # fmt: skip


_LAMBDA: Final = ("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Lambda.TooManyRequestsException")  # fmt: skip
"""As AWS's console proposes for a Lambda task."""


def _retry(
    key: str, title: str, errors: list[str] | tuple[str, ...], *, interval: int, attempts: int, jitter: bool = False
) -> Preset:
    item: dict[str, Json] = {
        "ErrorEquals": list(errors),
        "IntervalSeconds": interval,
        "MaxAttempts": attempts,
        "BackoffRate": 2,
        **({"JitterStrategy": "FULL"} if jitter else {}),
    }
    return Preset(key, title, lambda _: item)


def _catch(key: str, title: str, errors: list[str], kept: Mapping[str, Json]) -> Preset:
    return Preset(key, title, lambda target: {"ErrorEquals": list(errors), **kept, "Next": target})


def last_of_all(name: str, value: Json) -> int | None:
    """Return the index of the last item where that is for any error: nothing may come after it. None for none."""
    if name not in ("Retry", "Catch") or not isinstance(value, list) or not value:
        return None
    last = value[-1]
    errors = last.get("ErrorEquals") if isinstance(last, dict) else None
    return len(value) - 1 if isinstance(errors, list) and "States.ALL" in errors else None


def initial(operator: str) -> Json:
    """Return what a comparison begins with."""
    kind = f.OPERATORS[operator].kind
    if kind == "path":
        return "$.other"
    if operator.startswith("Timestamp"):
        return "2026-01-01T00:00:00Z"
    return {"number": 0, "boolean": True}.get(kind, "")


def names_of(text: str) -> list[Json]:
    """Return the error names in a text that was typed for ErrorEquals: between commas."""
    return [name for one in text.split(",") if (name := one.strip().strip("\"'"))]


# -- rows ------------------------------------------------------------------------------------------------------------


def _row(state: StateOutline, name: str, index: int, item: Mapping[str, Json]) -> list[CellMessage]:
    names = _of_rule(state, item) if name == "Choices" else [*_fitting(state, name)]
    others = [one for one in item if one not in names]
    return [_cell(state, name, index, item, one) for one in [*names, *others]]


def _fitting(state: StateOutline, name: str) -> list[str]:
    table = f.RETRIER_FIELDS if name == "Retry" else f.CATCHER_FIELDS
    return [one for one in _COLUMNS[name] if table[one].only in (None, state.query_language)]


def _of_rule(state: StateOutline, item: Mapping[str, Json]) -> list[str]:
    if state.query_language == f.JSONATA:
        return ["Condition", "Next"]
    nested = [one for one in item if one in f.LOGICAL]
    operators = [one for one in item if one in f.OPERATORS]
    return [*nested, "Next"] if nested else ["Variable", *operators, "Next"]


def _cell(state: StateOutline, name: str, index: int, item: Mapping[str, Json], field: str) -> CellMessage:
    kind: Literal["text", "long", "state", "word", "comparison"] = "text"
    words: list[str] = []
    if field == "Next":
        kind, words = "state", [one for one in state.machine.states if one != state.name]
    elif field == "JitterStrategy":
        kind, words = "word", list(_JITTER)
    elif name == "Choices" and field in f.OPERATORS:
        kind = "comparison"
        words = ["true", "false"] if f.OPERATORS[field].kind == "boolean" else []
    value = item.get(field)
    long = isinstance(value, dict) or (isinstance(value, list) and field != "ErrorEquals")
    return {
        "field": field,
        "kind": "long" if long else kind,
        "text": None if field not in item else _text(field, value),
        "words": words,
        "help": field_text(field),
    }


def _text(field: str, value: Json) -> str:
    if field == "ErrorEquals" and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else pretty(value)
