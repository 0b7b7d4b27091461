"""The definition's text as the page shows it, with the lines of each state and what there is to say about them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sfnbook.language.definition import Address, Definition, address_location
from sfnbook.language.reader import read
from sfnbook.values import Json
from sfnbook.widget.messages import DiagnosticMessage
from sfnbook.widget.value import plain, text_of

LENGTH: Final = 200_000
"""Characters of a definition that travel to the page."""


class Written(NamedTuple):
    """A definition's text and, by location as AWS writes it, the first and the last line of each value, from 1."""

    text: str
    lines: Mapping[str, tuple[int, int]]


@lru_cache(maxsize=16)
def written(text: str) -> Written:
    """Return a definition as it is shown: as it was written, or line by line where all of it stands on a few."""
    reading = read(text)
    if text.count("\n") < 4 and isinstance(reading.value, dict):
        text = pretty(reading.value)
        reading = read(text)
    source = reading.source
    if source is None or not reading.ok:
        return Written(text, {})
    lines = {}
    for where, path in reading.paths.items():
        key, value = reading.places[path]
        first = source.position((key or value).start)[0]
        lines[where] = (first, source.position(max(value.start, value.end - 1))[0])
    return Written(text, lines)


def lines_of(definition: Definition) -> dict[Address, list[int]]:
    """Return the first and the last line of each state in the text of `written`."""
    _, lines = written(definition.text)
    places = ((state.address, address_location(state.address)) for state in definition.machine.walk())
    return {address: list(lines[where]) for address, where in places if where in lines}


def diagnostics_message(machine: Any) -> list[DiagnosticMessage]:
    """Return what is to be said of a definition, each at its line in the text of `written`, None where that is unknown."""
    lines = written(machine.definition.text).lines
    found: list[DiagnosticMessage] = []
    for one in getattr(machine, "diagnostics", ()):
        line = lines.get(one.location, (None, None))[0]
        message = f"{one.message}{f' {one.hint}' if one.hint else ''}"
        found.append({"severity": one.severity, "rule": one.rule, "message": plain(message), "line": line})
    return found


def pretty(value: Json, indent: str = "") -> str:
    """Return a definition's JSON with short parts on one line, as people write it."""
    flat = text_of(value)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        if len(flat) + len(indent) < 72 and not any(isinstance(child, (dict, list)) for child in value):
            return f"[{', '.join(text_of(child) for child in value)}]"
        return "[\n" + ",\n".join(inner + pretty(child, inner) for child in value) + f"\n{indent}]"
    if len(flat) + len(indent) < 60 and indent and not any(isinstance(child, (dict, list)) for child in value.values()):
        return "{ " + ", ".join(f"{text_of(key)}: {text_of(child)}" for key, child in value.items()) + " }"
    lines = [f"{inner}{text_of(key)}: {pretty(child, inner)}" for key, child in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
