"""Placeholders that nobody has filled in: ``"Seconds": "${Delay}"``, as SAM, CloudFormation and Terraform write them.

`rules` lets them stand, because a template is no mistake. But where a field must hold a number, an object or a time, AWS
refuses the text, and nothing here could run: this says where.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from sfnbook.language import fields as f
from sfnbook.language.checks import expected_type, has_placeholder, is_expression
from sfnbook.language.definition import Machine, State, address_location
from sfnbook.language.fields import JSONATA, Field
from sfnbook.values import Json, texts

RULE: Final = "ASL902 unfilled-placeholder"


class Unfilled(NamedTuple):
    """A place where a placeholder stands: AWS's location and words, and what to do about it."""

    where: str
    message: str
    hint: str


_NAME: Final = re.compile(r"\$\{([^{}\n]*)\}")


def reminder(text: str | list[str]) -> str:
    """Return what to do about the placeholders in a text, or of these names, "" for none.

    >>> reminder("States.Format('${Stage}-{}', $.b)")
    '${Stage} is not filled in: give it with --substitute Stage=...'
    """
    names = text if isinstance(text, list) else list(dict.fromkeys(_NAME.findall(text)))
    if not names:
        return ""
    options = " ".join(f"--substitute {shlex.quote(name)}=..." for name in names)
    what = f"${{{names[0]}}} is not filled in" if len(names) == 1 else "Placeholders are not filled in"
    return f"{what}: give {'it' if len(names) == 1 else 'them'} with {options}"


_SUBSTITUTED: Final = re.compile(r"\$\{([A-Za-z0-9_.:-]+)\}")
"""DefinitionSubstitutions' form: a name, and not a shell's or a template string's expression."""

_CALLED: Final = frozenset({"Resource", "Parameters", "Arguments", "Credentials"})
"""Fields of a Task that are looked at when it calls somebody (`sfnbook.tasks.unfilled`)."""


def kept_as_text(machine: Machine) -> list[str]:
    """Return the names of the placeholders that a run takes as they are written: of values compared, results, errors and causes.

    Not of what a Task calls somebody with, and not of comments.
    """
    names: dict[str, None] = {}
    for state in machine.walk():
        left_out = {"Comment", "Branches", "ItemProcessor", "Iterator", *(_CALLED if state.type == "Task" else ())}
        for key, value in state.fields.items():
            if key not in left_out:
                names.update(dict.fromkeys(name for text in texts(value) for name in _SUBSTITUTED.findall(text)))
    return list(names)


def with_reminder(cause: str, text: str) -> str:
    """Return why an expression fails, with what to do about its placeholders: they may well be the reason."""
    said = reminder(text)
    return f"{cause}{'' if cause.endswith('.') else '.'} {said}" if said else cause


def _unfilled(where: str, message: str, value: Json) -> Unfilled:
    return Unfilled(
        where, message, reminder(value) or "A placeholder is not filled in: give it with --substitute NAME=..."
    )


def unfilled_expression(machine: Machine, where: str, message: str) -> str:
    """Return what to do where an expression, which a compiler refuses at a location, holds a placeholder; "" elsewhere."""
    holders = ((address_location(state.address), state.fields) for state in machine.walk())
    inside = [(place, fields) for place, fields in holders if where.startswith(f"{place}/")]
    place, value = max(inside, key=lambda one: len(one[0]), default=("", None))
    for key, index in _STEP.findall(where[len(place) :]):
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and index and int(index) < len(value):
            value = value[int(index)]
        else:
            return ""
    field = _FIELD.search(message)
    return reminder(" ".join(_expressions(value, field[1] if field else "")))


_STEP: Final = re.compile(r"/([^/\[]+)|\[(\d+)\]")
_FIELD: Final = re.compile(r"'([^']*\.\$)'")


def _expressions(value: Json, key: str) -> Iterator[str]:
    """Yield the expressions in a value: itself, JSONata's, and those of keys with ``.$``, of one key where it is known."""
    if isinstance(value, str):
        yield value
    for name, one in value.items() if isinstance(value, dict) else ():
        if isinstance(one, str):
            if name == key or (not key and (name.endswith(".$") or is_expression(one))):
                yield one
        else:
            yield from _expressions(one, key)
    for one in value if isinstance(value, list) else ():
        yield from _expressions(one, key)


_TEXTS: Final = frozenset({"string", "any", "path", "reference", "result-path"})
"""Kinds of fields whose text is checked where it is evaluated."""

_PARTS: Final[Mapping[str, Mapping[str, Field]]] = {
    "Retry": f.RETRIER_FIELDS,
    "Catch": f.CATCHER_FIELDS,
    **dict.fromkeys(("Choices", "And", "Or", "Not"), f.OPERATORS),
    "Branches": {},
    "ItemReader": f.READER_FIELDS,
    "ItemBatcher": f.BATCHER_FIELDS,
    "ResultWriter": f.WRITER_FIELDS,
    "ReaderConfig": f.READER_CONFIG_FIELDS,
}
"""What the objects, or the arrays of objects, in some fields hold."""


def unfilled(machine: Machine) -> Iterator[Unfilled]:
    """Yield every place of a sound definition where a placeholder stands for what must be no text."""
    yield from _fields(machine.fields, f.TOP_FIELDS, "", machine.query_language)
    for state in machine.walk():
        yield from _state(state)


def _state(state: State) -> Iterator[Unfilled]:
    where = address_location(state.address)
    yield from _fields(state.fields, f.STATE_FIELDS[state.type], where, state.query_language)
    for inner in state.branches:
        yield from _fields(inner.fields, f.PROCESSOR_FIELDS, address_location(inner.address), state.query_language)
    if state.type == "Wait" and has_placeholder(state.get("Timestamp")) and not is_expression(state.get("Timestamp")):
        yield _unfilled(f"{where}/Timestamp", "String does not match RFC3339 timestamp", state.get("Timestamp"))


def _fields(fields: Mapping[str, Json], known: Mapping[str, Field], where: str, language: str) -> Iterator[Unfilled]:
    for name, value in fields.items():
        spec = known.get(name)
        if spec is not None and has_placeholder(value):
            evaluated = spec.jsonata and language == JSONATA and is_expression(value)
            if spec.kind not in _TEXTS and not evaluated:
                yield _unfilled(f"{where}/{name}", f"Expected value of type {expected_type(spec.kind)}", value)
        elif name in _PARTS:
            yield from _part(value, _PARTS[name], f"{where}/{name}", language)


def _part(value: Json, known: Mapping[str, Field], where: str, language: str) -> Iterator[Unfilled]:
    if isinstance(value, dict):
        yield from _fields(value, known, where, language)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if has_placeholder(item):
                yield _unfilled(f"{where}[{index}]", "Expected value of type Object", item)
            else:
                yield from _part(item, known, f"{where}[{index}]", language)
