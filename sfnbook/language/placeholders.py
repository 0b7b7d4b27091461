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
from sfnbook.values import Json

RULE: Final = "ASL902 unfilled-placeholder"


class Unfilled(NamedTuple):
    """A place where a placeholder stands: AWS's location and words, and what to do about it."""

    where: str
    message: str
    hint: str


_NAME: Final = re.compile(r"\$\{([^{}\n]*)\}")


def _unfilled(where: str, message: str, value: Json) -> Unfilled:
    names = list(dict.fromkeys(_NAME.findall(value)))
    options = " ".join(f"--substitute {shlex.quote(name)}=..." for name in names)
    what = f"{value} is not filled in" if len(value) < 80 else "A placeholder is not filled in"
    return Unfilled(where, message, f"{what}: give it with {options or '--substitute NAME=...'}")


_TEXTS: Final = frozenset({"string", "any", "path", "reference", "result-path"})
"""Kinds of fields whose text is judged by whoever reads it."""

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
