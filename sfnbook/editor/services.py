"""The services of an editor for a definition in JSON or YAML, or in a template, whole or broken.

Everything returned is JSON with the shapes below, so that the notebook's extension and the LSP server pass it on as it
is. Offsets that come in count Python's characters; lines and characters that go out are those of LSP: from 0, in UTF-16
units. `offset_at` and `range_of` turn one into the other. Nothing here raises for a bad text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, TypedDict

from sfnbook.editor import completion, help_texts
from sfnbook.editor.cursor import Candidate, cursor_at
from sfnbook.errors import InputError
from sfnbook.language import edits as changes
from sfnbook.language.diagnostics import Diagnostic
from sfnbook.language.edits import Edit
from sfnbook.language.outline import StateOutline, machine_at, machines, named_at
from sfnbook.language.outline import state_at as _state_at
from sfnbook.language.reader import read
from sfnbook.language.source import Source, Span
from sfnbook.lint.check import check, is_advice
from sfnbook.lint.fixes import fixes
from sfnbook.lint.rule import Level
from sfnbook.templates.find import find
from sfnbook.values import Json


class Position(TypedDict):
    """A place: line and character from 0, the character in UTF-16 units."""

    line: int
    character: int


class Range(TypedDict):
    """A piece of the text; the end is not part of it."""

    start: Position
    end: Position


class TextEdit(TypedDict):
    """A piece of the text and what is to stand there."""

    range: Range
    newText: str


class Fix(TypedDict):
    """A change that mends a diagnostic: its title for a menu, and the edits."""

    title: str
    edits: list[TextEdit]


class EditorDiagnostic(TypedDict):
    """One finding. code: ``ASL104``; name: ``unknown-next``; location: as AWS writes it; hint: what to do, or ""."""

    range: Range
    level: Literal["error", "warning", "advice"]
    code: str
    name: str
    message: str
    hint: str
    location: str
    fixes: list[Fix]


class Completion(TypedDict):
    """One proposal: ``newText`` takes the place of ``range``. kind: state, field, value, function, resource, variable
    or path. detail: a few words, as a signature. documentation: a sentence, or ""."""

    label: str
    kind: str
    detail: str
    documentation: str
    range: Range
    newText: str


class Hover(TypedDict):
    """What is shown over a piece of the text, in Markdown."""

    range: Range
    text: str


class Symbol(TypedDict):
    """A state: its name, type, address, the range of all of it and that of its name, and the states inside."""

    name: str
    type: str
    address: str
    range: Range
    selection: Range
    children: list[Symbol]


@dataclass(frozen=True)
class Context:
    """What the caller knows besides the text.

    type: the machine's. resources: what a Task's Resource may name here (functions, bound ARNs) and a few words on each.
    inputs, results: of the last run, by the states' names: what each was given and what its task answered. levels: of
    lint rules, where they differ from their own.
    """

    type: str = "STANDARD"
    resources: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Json] = field(default_factory=dict)
    results: Mapping[str, Json] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)


EMPTY: Final = Context()


# -- positions -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _source(text: str) -> Source:
    return Source(text)


def position_of(text: str, offset: int) -> Position:
    """Return an offset as LSP writes it."""
    line, column = _source(text).position(min(max(offset, 0), len(text)))
    start = offset - column + 1
    piece = text[start:offset]
    return {"line": line - 1, "character": len(piece) if piece.isascii() else len(piece.encode("utf-16-le", "surrogatepass")) // 2}  # fmt: skip


def range_of(text: str, span: Span) -> Range:
    """Return a span as LSP writes it."""
    return {"start": position_of(text, span.start), "end": position_of(text, span.end)}


def offset_at(text: str, line: int, character: int) -> int:
    """Return the offset of a line and a character, from 0, the character in UTF-16 units; within the text always.

    >>> offset_at("a\\nb\\U0001f600c", 1, 3)
    4
    """
    source = _source(text)
    if line >= source.lines:
        return len(text)
    start = source.offset(line + 1, 1)
    end = source.offset(line + 2, 1) - 1 if line + 1 < source.lines else len(text)
    if text.isascii():
        return min(start + max(character, 0), end)
    whole = text[start:end].encode("utf-16-le", "surrogatepass")[: max(character, 0) * 2]
    return start + len(whole.decode("utf-16-le", "ignore"))


def text_edits(text: str, edits: Iterable[Edit]) -> list[TextEdit]:
    """Return edits of `language.edits` as LSP writes them."""
    return [{"range": range_of(text, edit.span), "newText": edit.text} for edit in edits]


# -- diagnostics -----------------------------------------------------------------------------------------------------


def diagnostics(text: str, context: Context = EMPTY) -> list[EditorDiagnostic]:
    """Return all that is wrong with a text, in its order: what `sfnbook check` finds, with ranges and fixes."""
    found = _checked(text, context.type, tuple(sorted(context.levels.items())))
    return [_editor_diagnostic(text, one) for one in found]


@lru_cache(maxsize=16)
def _checked(text: str, type: str, levels: tuple[tuple[str, Level], ...]) -> tuple[Diagnostic, ...]:
    reading = read(text)
    value = reading.value
    if not text.strip() or not isinstance(value, dict) or "States" in value or "StartAt" in value:
        outlines = machines(text)
        if reading.ok or not outlines or not outlines[0].path:
            return tuple(check(reading, type=type, levels=dict(levels)))
    try:
        found = find(text)
    except InputError:
        return tuple(check(reading, type=type, levels=dict(levels))) if not machines(text) else ()
    here = [one for one in found if one.definition.source is not None and one.definition.source.text == text]
    return tuple(d for one in here for d in check(one.definition, type=one.type or type, levels=dict(levels)))


_TOKEN: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|[^\s,:\[\]{}"\']+')


def _editor_diagnostic(text: str, one: Diagnostic) -> EditorDiagnostic:
    start = _source(text).offset(one.line, one.column or 1) if one.line is not None else 0
    token = _TOKEN.match(text, start)
    span = Span(start, token.end() if token is not None else min(start + 1, len(text)))
    code, _, name = one.rule.partition(" ")
    mended: list[Fix] = [
        {"title": f'Change to "{fix.new}"' if fix.old else f"Insert {fix.new.strip(', ')}", "edits": text_edits(text, [Edit(fix.span, fix.new)])}
        for fix in (fixes(text, [one]) if "Did you mean" in one.hint or one.rule.startswith("ASL107") else [])
    ]  # fmt: skip
    level: Literal["error", "warning", "advice"] = (
        "error" if one.severity == "ERROR" else "advice" if is_advice(one) else "warning"
    )
    return {
        "range": range_of(text, span),
        "level": level,
        "code": code,
        "name": name,
        "message": one.message,
        "hint": one.hint,
        "location": one.location,
        "fixes": mended,
    }


# -- completion and hover --------------------------------------------------------------------------------------------


def completions(text: str, offset: int, context: Context = EMPTY) -> list[Completion]:
    """Return what may stand at an offset, best first, only what goes on from the letters typed so far."""
    cursor = cursor_at(text, offset)
    if cursor is None:
        return []
    made: list[Completion] = []
    for one in completion.candidates(cursor, context.resources, context.inputs, context.results):
        if one.label.lower().startswith(one.typed.lower()) or one.typed.lower() in one.label.lower():
            made.append(_completion(text, one))
    return made


def _completion(text: str, one: Candidate) -> Completion:
    return {
        "label": one.label,
        "kind": one.kind,
        "detail": one.detail,
        "documentation": one.documentation,
        "range": range_of(text, one.span),
        "newText": one.text,
    }


def hover(text: str, offset: int, context: Context = EMPTY) -> Hover | None:
    """Return what the field, type, state or function at an offset means, None where there is nothing to say."""
    cursor = cursor_at(text, offset)
    if cursor is None or cursor.span.start == cursor.span.end:
        return None
    words = help_texts.describe(cursor)
    return {"range": range_of(text, cursor.span), "text": words} if words else None


# -- states ----------------------------------------------------------------------------------------------------------


def name_at(text: str, offset: int) -> str:
    """Return the name of the state that is named at an offset, "" where none is."""
    named = named_at(text, offset)
    return named[1] if named is not None and named[1] in named[0].states else ""


def definition(text: str, offset: int) -> Range | None:
    """Return where the state named at an offset is written: the range of its key."""
    named = named_at(text, offset)
    state = named[0].states.get(named[1]) if named is not None else None
    return range_of(text, state.entry.key.span) if state is not None and state.entry.key is not None else None


def references(text: str, offset: int) -> list[Range]:
    """Return every place that names the state at an offset, its own key first."""
    named = named_at(text, offset)
    if named is None:
        return []
    machine, name = named
    state = machine.states.get(name)
    places = [state.entry.key] if state is not None and state.entry.key is not None else []
    places += sorted((one for one in machine.references() if one.value == name), key=lambda one: one.span)
    return [range_of(text, one.span) for one in places]


def rename(text: str, offset: int, name: str) -> list[TextEdit]:
    """Return the edits that rename the state at an offset. Raises InputError for a name that is taken or too long."""
    named = named_at(text, offset)
    state = named[0].states.get(named[1]) if named is not None else None
    if state is None:
        raise InputError("There is no state here to rename.")
    return text_edits(text, changes.rename(text, state, name))


def state_at(text: str, offset: int) -> str | None:
    """Return the address of the innermost state at an offset: what the diagram lights for the cursor."""
    found = _state_at(text, offset)
    return found.address if found is not None else None


def symbols(text: str) -> list[Symbol]:
    """Return the states of the text's machines, with their ranges: for an outline, and from a box to its lines."""
    return [one for machine in machines(text) for one in _symbols(text, machine.states.values())]


def _symbols(text: str, states: Iterable[StateOutline]) -> list[Symbol]:
    return [
        {
            "name": state.name,
            "type": state.type,
            "address": state.address,
            "range": range_of(text, state.entry.span),
            "selection": range_of(text, state.entry.key.span if state.entry.key else state.entry.span),
            "children": [one for inner in state.branches for one in _symbols(text, inner.states.values())],
        }
        for state in states
    ]


def format(text: str, indent: int = 2) -> list[TextEdit]:
    """Return the edits that lay out a JSON definition anew; none for YAML, for a template and for a broken text."""
    return text_edits(text, changes.format(text, indent))


def names_at(text: str, offset: int) -> Sequence[str]:
    """Return the names of the states among which a state at an offset may choose its next."""
    found = machine_at(text, offset)
    return list(found.states) if found is not None else []
