"""From text to a Definition: reads it, runs the rules, collects what they find. Never raises.

Owns the walk through the machines inside machines; what is wrong is `rules`' to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from sfnbook.language import fields as f
from sfnbook.language import reader, texts
from sfnbook.language import rules as _rules  # noqa: F401  # importing it fills the lists of rules
from sfnbook.language.checks import has_placeholder
from sfnbook.language.definition import Definition, Machine, State, escape
from sfnbook.language.diagnostics import Diagnostic, Path, diagnose, location, nearest
from sfnbook.language.placeholders import reminder
from sfnbook.language.reader import Reading
from sfnbook.language.rule import (
    GRAPH_RULES,
    MACHINE_RULES,
    PARSER_RULES,
    SCHEMA,
    STATE_RULES,
    TARGET_RULES,
    Finding,
    MachineView,
    Rule,
    StateView,
)
from sfnbook.language.source import Source, Span
from sfnbook.values import MAX_DEPTH, Json, size, wire_copy

MAX_DIAGNOSTICS: Final = 100
"""AWS truncates its list too; past this many more of them help nobody."""

MAX_BYTES: Final = 1_048_576
"""The largest definition, in bytes of UTF-8 (API reference: CreateStateMachine, ValidateStateMachineDefinition)."""

MAX_MACHINES: Final = 40
"""Machines inside machines deeper than this are refused (AWS: TOO_DEEPLY_NESTED)."""


Written: TypeAlias = str | Mapping[str, Any] | Reading
"""A definition as text, as values, or already read."""


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a text says: the definition, None where there is an ERROR, and every finding in the order of the text."""

    definition: Definition | None
    diagnostics: tuple[Diagnostic, ...]


def read(written: Written) -> Reading:
    """Return the reading of a JSON or YAML text or of a definition that is no text; a reading is itself."""
    if isinstance(written, Reading):
        return written
    return reader.read(written) if isinstance(written, str) else _from_values(written)


def parse(written: Written, *, type: Literal["STANDARD", "EXPRESS"] | str = "STANDARD") -> Parsed:
    """Return what a JSON or YAML text, or a definition already read, says. Never raises.

    ``type`` is the machine's: Express machines may do less. A mapping has no lines, so its diagnostics have none.
    """
    reading = read(written)
    report = _Report(reading.source, reading)
    _syntax(reading, report)
    value = reading.value
    if not reading.ok:
        return report.parsed(None)
    length = len(reading.text.encode("utf-8", "replace")) if report.source is not None else size(value)
    if length > MAX_BYTES:
        words = f"The definition has {length:,} bytes; AWS takes at most {MAX_BYTES:,} (1 MB)"
        report.add(PARSER_RULES["too-large"], Finding(None, words, ()))
        return report.parsed(None)
    if not isinstance(value, dict):
        words = _jackson(reading.text) if report.source is not None else ""
        rule = PARSER_RULES["invalid-json" if words else "not-an-object"]
        what = "A state machine is a JSON object"
        if _FILE.fullmatch(reading.text.strip()):
            what = f'A file is given as pathlib.Path("{reading.text.strip()}")'
        report.add(rule, Finding(None if words else (), words or what, (), hint=what if words else ""))
        return report.parsed(None)
    top = _view(value, (), "top", language="", express=type == "EXPRESS", report=report)
    _check(top, report)
    _check_graph(top, report, whole=not report.failed)
    _duplicate_names(top, report)
    _duplicate_labels(top, report)
    if report.failed:
        return report.parsed(None)
    return report.parsed(Definition(_machine(top), reading.text))


_FILE: Final = re.compile(r"[^\n\"]{1,200}\.(json|ya?ml)")
"""What is no definition, but the name of a file with one."""

_LAST: Final = 2**62
"""Where findings without a location come: AWS gives them last."""


def expression_diagnostic(
    written: Written,
    where: str,
    message: str,
    *,
    code: str = "",
    field: str = "",
    rule: str = "ASL901 invalid-expression",
    hint: str = "",
    warning: bool = False,
) -> Diagnostic:
    """Return the diagnostic for an expression that its query language refuses: the compiler knows, this finds where.

    written: what was given to `parse`. where: AWS's location. code: AWS's, "" for the usual one. field: the field inside
    ``where`` at which to point, such as ``parsed.$`` in a template at ``/States/A/Parameters``. A JSONata error loses its
    own code, as on AWS (measured: floci#2745).
    """
    if error := _JSONATA_ERROR.match(message):
        message, code = message[error.end() :], "INVALID_JSONATA_EXPRESSION"
    reading = read(written)
    span = _find(reading, where, field) if reading.source is not None else None
    return diagnose("WARNING" if warning else "ERROR", code or SCHEMA, rule, message, where, reading.source, span, hint)


_JSONATA_ERROR: Final = re.compile(r"[SDTU]\d{4}: ")


def _find(reading: Reading, where: str, field: str) -> Span | None:
    path = reading.paths.get(where)
    if path is None:
        return None
    if field:
        inside = (p for p in reading.places if p[-1:] == (field,) and p[: len(path)] == path)
        if (inner := next(inside, None)) is not None:
            return reading.places[inner].value
    place = reading.places[path]
    return place.value if place.key is None else place.key


class _Report:
    """Collects findings and finds their places in the text, which it asks for only when there is a finding."""

    def __init__(self, source: Source | None, reading: Reading) -> None:
        self.source = source
        self.reading = reading
        self.found: list[tuple[int, Diagnostic]] = []
        self.failed = False

    def add(self, rule: Rule, finding: Finding) -> None:
        """Note a finding of a rule."""
        if rule.severity == "ERROR":
            self.failed = True
        if len(self.found) >= MAX_DIAGNOSTICS:
            return
        where = "" if finding.path is None else location(finding.path)
        hint = (nearest(*finding.like) if finding.like else "") or finding.hint
        if rule.severity == "ERROR":
            value = self._value(finding.at)
            hint = reminder(value if isinstance(value, str) else finding.message) or hint
        self.note(rule, finding.message, where, self._span(finding), hint)

    def note(self, rule: Rule, message: str, where: str, span: Span | None, hint: str = "") -> None:
        """Note a finding whose place is known."""
        if rule.severity == "ERROR":
            self.failed = True
        made = diagnose(rule.severity, rule.code, rule.title, message, where, self.source, span, hint)
        self.found.append(((span.start if span is not None else 0) if where else _LAST, made))

    def _value(self, path: Path) -> Json:
        value: Any = self.reading.value
        for part in path:
            try:
                value = value[part]
            except (LookupError, TypeError):
                return None
        return value

    def _span(self, finding: Finding) -> Span | None:
        if self.source is None:
            return None
        places = self.reading.places
        place = places.get(finding.at)
        if place is None:
            place = next((places[p] for p in _outward(finding.at) if p in places), None)
        if place is None:
            return None
        if place.key is not None and (finding.on == "key" or self._is_container(place.value)):
            return place.key
        return Span(place.value.start, place.value.start + 1) if self._is_container(place.value) else place.value

    def _is_container(self, span: Span) -> bool:
        assert self.source is not None
        return self.source.text[span.start : span.start + 1] in ("{", "[") or "\n" in self.source.text[slice(*span)]

    def parsed(self, definition: Definition | None) -> Parsed:
        """Return the answer, its diagnostics in the order of the text."""
        self.found.sort(key=lambda pair: pair[0])
        return Parsed(definition, tuple(diagnostic for _, diagnostic in self.found))


def _outward(path: Path) -> Iterator[Path]:
    for length in range(len(path) - 1, -1, -1):
        yield path[:length]


# -- reading ---------------------------------------------------------------------------------------------------------

_SYNTAX: Final = {
    "json": "invalid-json",
    "yaml": "invalid-yaml",
    "depth": "too-deep",
    "bomb": "alias-bomb",
    "value": "not-json",
}


def _syntax(reading: Reading, report: _Report) -> None:
    for problem in reading.problems[:MAX_DIAGNOSTICS]:
        span = problem.span if report.source is not None else None
        if problem.kind == "duplicate":
            states = len(problem.path) > 0 and problem.path[-1] == "States"
            rule = PARSER_RULES["duplicate-state" if states else "duplicate-field"]
            message = f"Duplicate {'State name' if states else 'field'}: {problem.message}"
            report.note(rule, message, location(problem.path), span, "Only the last one would count")
        elif problem.kind == "empty":
            report.note(PARSER_RULES["empty-definition"], problem.message, "", None, "Write its StartAt and States")
        else:
            words = _jackson(reading.text) if problem.kind == "json" and report.source is not None else ""
            hint = problem.message if words else ""
            report.note(PARSER_RULES[_SYNTAX[problem.kind]], words or problem.message, "", span, hint)


def _jackson(text: str) -> str:
    """Return what AWS's JSON reader says of a text, "" where its words are not known or there is nothing to say."""
    try:
        texts.read_json(text)
    except ValueError as fault:
        words = str(fault)
        return words if words.startswith(("Unexpected ", "Unrecognized ", "Illegal ")) else ""
    return ""


def _from_values(value: object) -> Reading:
    """Return the reading of a definition that is no text. Whatever JSON cannot hold is its one problem."""
    try:
        copy = wire_copy(value)
        return Reading(copy, True, text=json.dumps(copy, indent=2, ensure_ascii=False))
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, ValueError) else f"nested deeper than {MAX_DEPTH} levels"
        return Reading(None, False, (reader.Problem("value", f"Not JSON: {what}", Span(0, 0)),))


# -- walking ---------------------------------------------------------------------------------------------------------

_ALLOWED: Final = {"top": f.TOP_FIELDS, "branch": f.BRANCH_FIELDS, "processor": f.PROCESSOR_FIELDS}


def _view(
    value: dict[str, Json],
    path: Path,
    kind: Literal["top", "branch", "processor"],
    *,
    language: str,
    express: bool,
    report: _Report,
    depth: int = 0,
) -> MachineView:
    if kind == "top":
        language = _language(value, f.JSONPATH)
    machine = MachineView(path, value, kind, language, express, _ALLOWED[kind])
    states = value.get("States")
    for name, fields in states.items() if isinstance(states, dict) else ():
        where = (*path, "States", name)
        if not isinstance(fields, dict):
            report.add(PARSER_RULES["wrong-type"], Finding(where, "Expected value of type Object", where))
        elif (type_ := fields.get("Type")) is None:
            slip = next((key for key in fields if key.lower() in ("type", "typ", "tpye")), "")
            at, hint = ((*where, slip), 'Did you mean "Type"?') if slip else (where, "")
            found = Finding(where, "The field 'Type' is required", at, "key", hint)
            report.add(PARSER_RULES["missing-field"], found)
        elif not isinstance(type_, str) or type_ not in f.STATE_FIELDS:
            message = f"The field 'Type' should have one of these values: [{', '.join(f.STATE_TYPES)}]"
            like = (type_, f.STATE_TYPES) if isinstance(type_, str) else None
            report.add(PARSER_RULES["unknown-type"], Finding((*where, "Type"), message, (*where, "Type"), like=like))
        else:
            machine.states[name] = _state_view(name, where, fields, machine, report, depth)
    return machine


def _state_view(
    named: str, path: Path, fields: dict[str, Json], machine: MachineView, report: _Report, depth: int
) -> StateView:
    state = StateView(named, path, fields["Type"], fields, _language(fields, machine.language), machine)
    if machine.language == f.JSONATA:
        state.language = f.JSONATA
    inner: list[tuple[dict[str, Json], Path, Literal["branch", "processor"]]] = []
    if state.type == "Parallel":
        branches = fields.get("Branches")
        for i, branch in enumerate(branches if isinstance(branches, list) else ()):
            if isinstance(branch, dict):
                inner.append((branch, (*path, "Branches", i), "branch"))
    elif state.type == "Map":
        name = "ItemProcessor" if "ItemProcessor" in fields else "Iterator"
        if isinstance(fields.get(name), dict):
            inner.append((fields[name], (*path, name), "processor"))
    if inner and depth >= MAX_MACHINES:
        report.add(PARSER_RULES["too-deeply-nested"], Finding(path, "The states are too deeply nested", path, "key"))
        return state
    state.machines = [
        _view(
            value,
            where,
            kind,
            language=machine.language,
            express=machine.express or _runs_express(value),
            report=report,
            depth=depth + 1,
        )
        for value, where, kind in inner
    ]
    return state


def _language(fields: Mapping[str, Json], default: str) -> str:
    """Return the query language in force: what is there and is not JSONPath is held for JSONata (measured: floci#2968)."""
    if "QueryLanguage" not in fields:
        return default
    return f.JSONPATH if fields["QueryLanguage"] == f.JSONPATH else f.JSONATA


def _runs_express(processor: dict[str, Json]) -> bool:
    """Tell whether a distributed Map runs its items as Express workflows, which may do less."""
    config = processor.get("ProcessorConfig")
    return isinstance(config, dict) and config.get("Mode") == "DISTRIBUTED" and config.get("ExecutionType") == "EXPRESS"


def _check(machine: MachineView, report: _Report) -> None:
    """Run the rules over a machine and all that is in it."""
    for rule in MACHINE_RULES:
        for finding in rule.check(machine):
            report.add(rule, finding)
    for state in machine.states.values():
        for rule in STATE_RULES[state.type]:
            for finding in rule.check(state):
                report.add(rule, finding)
        for inner in state.machines:
            _check(inner, report)


def _check_graph(machine: MachineView, report: _Report, *, whole: bool) -> None:
    """Run the rules over transitions. ``whole``: the parts are right, so the graph as a whole can be judged."""
    if isinstance(machine.fields.get("States"), dict):
        for rule in (*TARGET_RULES, *GRAPH_RULES) if whole else TARGET_RULES:
            for finding in rule.check(machine):
                report.add(rule, finding)
    for state in machine.states.values():
        for inner in state.machines:
            _check_graph(inner, report, whole=whole)


def _duplicate_names(machine: MachineView, report: _Report) -> None:
    """State names are unique in the whole machine, branches and item processors included (specification, "States")."""
    seen: set[str] = set()
    todo = [machine]
    while todo:
        inner = todo.pop(0)
        for name, state in inner.states.items():
            if name in seen:
                rule = PARSER_RULES["duplicate-state"]
                report.add(rule, Finding(state.path, f"Duplicate State name: {name}", state.path, "key"))
            seen.add(name)
            todo += state.machines


def _duplicate_labels(machine: MachineView, report: _Report) -> None:
    """A Label, part of a Map Run's ARN, names one Map state of the whole machine (guide, "Distributed mode")."""
    seen: set[str] = set()
    todo = [machine]
    while todo:
        for state in todo.pop(0).states.values():
            todo += state.machines
            label = state.fields.get("Label") if state.type == "Map" else None
            if isinstance(label, str) and not has_placeholder(label):
                if label in seen:
                    where = (*state.path, "Label")
                    report.add(PARSER_RULES["duplicate-label"], Finding(where, f"Duplicate Label name: {label}", where))
                seen.add(label)


# -- building --------------------------------------------------------------------------------------------------------


def _machine(view: MachineView) -> Machine:
    states = {name: _state(state) for name, state in view.states.items()}
    return Machine(view.fields["StartAt"], states, _address(view.path), view.language, view.fields)


def _state(view: StateView) -> State:
    branches = tuple(_machine(machine) for machine in view.machines)
    return State(view.name, view.type, _address(view.path), view.language, view.fields, branches)


def _address(path: Path) -> str:
    return "".join(f"/{part}" if isinstance(part, int) else f"/{escape(part)}" for part in path)


def machine_view(reading: Reading, *, type: str = "STANDARD") -> MachineView | None:
    """Return what rules look at, of a definition that may be wrong; None where there is no object to look at."""
    if not isinstance(reading.value, dict):
        return None
    nobody = _Report(None, reading)
    return _view(reading.value, (), "top", language="", express=type == "EXPRESS", report=nobody)
