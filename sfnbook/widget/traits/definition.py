"""The definition's text as the page shows it, with the lines of each state and what there is to say about them. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, NamedTuple

from sfnbook.language.definition import Address, Definition, address_location
from sfnbook.language.reader import Reading, read
from sfnbook.values import Json
from sfnbook.widget.traits.shapes import DiagnosticMessage
from sfnbook.widget.traits.value import plain, text_of

LENGTH: Final = 200_000
"""Characters of a definition that travel to the page."""


class Written(NamedTuple):
    """A definition's text as it is shown, and what was read of it."""

    text: str
    reading: Reading

    def lines(self, where: str) -> list[int] | None:
        """Return the first and the last line, from 1, of a location as AWS writes it; None for an unknown one."""
        source, path = self.reading.source, self.reading.paths.get(where)
        if source is None or path is None:
            return None
        key, value = self.reading.places[path]
        return [source.position((key or value).start)[0], source.position(max(value.start, value.end - 1))[0]]


@lru_cache(maxsize=8)
def written(text: str) -> Written:
    """Return a definition as it is shown: as it was written, or line by line where all of it stands on a few."""
    reading = read(text)
    if text.count("\n") < 4 and isinstance(reading.value, dict):
        text = pretty(reading.value)
        reading = read(text)
    return Written(text, reading)


def lines_of(definition: Definition) -> dict[Address, list[int]]:
    """Return the first and the last line of each state in the text of `written`."""
    shown = written(definition.text)
    places = ((state.address, address_location(state.address)) for state in definition.machine.walk())
    return {address: found for address, where in places if (found := shown.lines(where)) is not None}


def diagnostics_message(machine: Any) -> list[DiagnosticMessage]:
    """Return what is to be said of a definition, each at its line in the text of `written`, None where that is unknown."""
    found: list[DiagnosticMessage] = []
    advice = set(getattr(machine, "advice", ()))
    for one in (*getattr(machine, "diagnostics", ()), *getattr(machine, "advice", ())):
        lines = written(machine._definition.text).lines(one.location)
        message = f"{one.message}{f' {one.hint}' if one.hint else ''}"
        line = None if lines is None else lines[0]
        severity = "ADVICE" if one in advice and one.severity == "WARNING" else one.severity
        found.append({"severity": severity, "rule": one.rule, "message": plain(message), "line": line})
    return sorted(found, key=lambda one: one["severity"] != "ERROR")


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
