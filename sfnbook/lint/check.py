"""All that is wrong with a machine: AWS's refusals, every bad expression, and the advice of the lint rules, in one list.

Owns which rules count where: levels from the settings, and ``sfnbook: ignore SFN101`` in the Comment of a state or of
the machine.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sfnbook.engine.compile import compile_definition
from sfnbook.language.diagnostics import Diagnostic, Path, diagnose, location, nearest
from sfnbook.language.parser import MAX_DIAGNOSTICS, expression_diagnostic, machine_view, parse
from sfnbook.language.placeholders import RULE as UNFILLED
from sfnbook.language.reader import Place, Reading
from sfnbook.language.rule import SCHEMA, Finding, MachineView
from sfnbook.language.source import Source, Span
from sfnbook.lint import control_flow, data_flow, error_handling, literals, requests, tasks  # noqa: F401  # importing them registers their rules
from sfnbook.lint.expressions import RULE, Wrong, wrong_expressions
from sfnbook.lint.rule import RULES, SEVERITIES, Level, LintRule, walk
from sfnbook.tasks.aws.api.known_actions import unlisted_integrations

_IGNORE: Final = re.compile(r"sfnbook:\s*ignore\s+([A-Za-z0-9_,\- ]+)")


def check(reading: Reading, *, type: str = "STANDARD", levels: Mapping[str, Level] | None = None) -> list[Diagnostic]:
    """Return everything that is wrong with a definition, in the order of its text.

    A placeholder for a number is a warning here: the file is a template that a deployment fills in.

    levels: of rules by code or name, where they differ from the rules' own.
    """
    parsed = parse(reading, type=type)
    view = machine_view(reading, type=type)
    found = list(parsed.diagnostics)
    if view is not None:
        wrong = list(wrong_expressions(view))
        found += [_diagnosed(one, reading) for one in wrong]
        advice = list(_advice(view, reading))
        places = {location(one.path) for one in wrong}
        places |= {one.location for one in advice if one.rule.startswith("SFN307")}
        if parsed.definition is not None:
            found += unlisted_integrations(parsed.definition, reading)
            for problem in compile_definition(parsed.definition, type)[1]:
                if problem.rule != RULE or not any(where.startswith(problem.where) for where in places):
                    found.append(
                        expression_diagnostic(
                            reading,
                            problem.where,
                            problem.message,
                            code=problem.code,
                            hint=problem.hint,
                            rule=problem.rule,
                            warning=problem.warning or problem.rule == UNFILLED,
                        )
                    )
        found += advice
    ignored = list(_ignored(view)) if view is not None else []
    counted = [_leveled(one, levels or {}) for one in found if not _is_ignored(one, ignored)]
    kept = {one.rule + one.location + one.message: one for one in counted if one is not None}
    return sorted(kept.values(), key=lambda one: (one.line or 0, one.column or 0))[:MAX_DIAGNOSTICS]


def refusals(reading: Reading, *, type: str = "STANDARD") -> list[Diagnostic]:
    """Return what keeps a definition from being taken, with every expression that is wrong, and AWS's warnings; no advice."""
    return [one for one in check(reading, type=type) if one.rule.startswith("ASL")]


def beyond(
    reading: Reading, known: Iterable[Diagnostic], *, type: str, levels: Mapping[str, Level]
) -> list[Diagnostic]:
    """Return what is to be said of a definition that AWS takes besides what is known: errors first, advice last."""
    said = {one.location for one in known if one.rule == RULE}
    found = [
        one
        for one in check(reading, type=type, levels=levels)
        if one.rule.startswith("SFN") or (one.rule == RULE and one.location not in said)
    ]
    return sorted(found, key=lambda one: one.severity != "ERROR")


def is_advice(diagnostic: Diagnostic) -> bool:
    """Tell whether a diagnostic is advice of ours: AWS takes the definition, and it can do what it says."""
    return diagnostic.severity == "WARNING" and diagnostic.rule.startswith("SFN")


def _advice(view: MachineView, reading: Reading) -> Iterator[Diagnostic]:
    states = list(walk(view))
    for rule in RULES.values():
        if rule.of_state:
            for state in states:
                for finding in rule.check(state):
                    yield _advised(rule, finding, reading)
        else:
            for finding in rule.check(view):
                yield _advised(rule, finding, reading)


def _advised(rule: LintRule, finding: Finding, reading: Reading) -> Diagnostic:
    hint = " ".join(one for one in ((nearest(*finding.like) if finding.like else ""), finding.hint) if one)
    place = _place(reading, finding.at)
    span = None if place is None else place.key if finding.on == "key" and place.key is not None else place.value
    if span is not None and place is not None and span == place.value and _is_long(reading, span):
        span = place.key or Span(span.start, span.start + 1)
    severity = SEVERITIES.get(rule.level, "WARNING")
    where = location(finding.path or ())
    return diagnose(
        severity, rule.name.upper().replace("-", "_"), rule.title, finding.message, where, reading.source, span, hint
    )


def _diagnosed(wrong: Wrong, reading: Reading) -> Diagnostic:
    place = _place(reading, wrong.path)
    span = None if place is None else _inside(reading.source, place.value, wrong)
    return diagnose("ERROR", SCHEMA, RULE, wrong.message, location(wrong.path), reading.source, span, wrong.hint)


def _inside(source: Source | None, span: Span, wrong: Wrong) -> Span:
    """Return the piece of an expression that is meant, as far as it stands in the source as it stands in the text."""
    raw = source.text[slice(*span)] if source is not None else ""
    if wrong.piece and (match := re.search(rf"(?<![\w.]){re.escape(wrong.piece)}(?!\w)", raw)) is not None:
        return Span(span.start + match.start(), span.start + match.end())
    if wrong.offset >= 0 and "\\" not in raw and "\n" not in raw:
        lead = raw.find("{%")
        at = span.start + (lead + 2 if lead >= 0 else 1) + wrong.offset
        return Span(at, at + 1) if at < span.end else span
    return span


def _place(reading: Reading, path: Path) -> Place | None:
    if reading.source is None:
        return None
    return next((reading.places[path[:n]] for n in range(len(path), -1, -1) if path[:n] in reading.places), None)


def _is_long(reading: Reading, span: Span) -> bool:
    text = reading.source.text[slice(*span)] if reading.source is not None else ""
    return "\n" in text or text[:1] in ("{", "[")


# -- which rules count -----------------------------------------------------------------------------------------------


def level_of(code: str, name: str, levels: Mapping[str, Level]) -> Level | None:
    """Return the level that settings give a rule: by its code or name, else by the longest beginning of its code.

    >>> level_of("SFN402", "callback-without-timeout", {"SFN": "off", "SFN4": "error"})
    'error'
    """
    if found := levels.get(code) or levels.get(name):
        return found
    return next((levels[code[:length]] for length in range(len(code) - 1, 2, -1) if code[:length] in levels), None)


def _leveled(diagnostic: Diagnostic, levels: Mapping[str, Level]) -> Diagnostic | None:
    """Return a diagnostic at the level that the settings give its rule; None where that is off.

    What AWS refuses stays an error: only advice and warnings can be changed.
    """
    code, _, name = diagnostic.rule.partition(" ")
    level = level_of(code, name, levels)
    if level is None or (diagnostic.severity == "ERROR" and code.startswith("ASL")):
        return diagnostic
    if level == "off":
        return None
    import dataclasses

    return dataclasses.replace(diagnostic, severity=SEVERITIES[level])


def _ignored(view: MachineView) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield where rules are ignored: the location of a state, "" for everywhere, and the rules."""
    holders = [("", view.fields), *((location(state.path), state.fields) for state in walk(view))]
    for where, fields in holders:
        comment = fields.get("Comment")
        for match in _IGNORE.finditer(comment) if isinstance(comment, str) else ():
            yield where, frozenset(re.split(r"[,\s]+", match[1].strip()))


def _is_ignored(diagnostic: Diagnostic, ignored: list[tuple[str, frozenset[str]]]) -> bool:
    code, _, name = diagnostic.rule.partition(" ")
    if diagnostic.severity == "ERROR" and code.startswith("ASL"):
        return False
    inside = (rules for where, rules in ignored if f"{diagnostic.location}/".startswith(f"{where}/"))
    return any({code, name, "all"} & rules for rules in inside)
