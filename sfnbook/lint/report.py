"""What a check prints: text for people, and JSON, SARIF, GitHub annotations and JUnit for machines."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from sfnbook.language.diagnostics import Diagnostic
from sfnbook.lint.files import Checked
from sfnbook.lint.rule import RULES


def as_text(results: Sequence[Checked]) -> str:
    """Return one paragraph for each finding, ``file:line:column:`` first so that terminals can open it, and a sum."""
    lines = []
    for result in results:
        if result.problem:
            lines.append(f"{result.file}: {result.problem}")
        for one in result.diagnostics:
            where = "" if one.line is None else f"{one.line}:{one.column}:"
            state = f" at {one.location}" if one.location else ""
            hint = f" {one.hint}" if one.hint else ""
            stop = "" if not hint or one.message.endswith((".", "!", "?")) else "."
            level = one.severity.lower()
            lines.append(f"{result.file}:{where} {level} {one.rule}{state}: {one.message}{stop}{hint}")
            lines += [f"    {line}" for line in one.excerpt.split("\n") if one.excerpt]
    errors, warnings = sum(r.errors for r in results), sum(r.warnings for r in results)
    lines.append(
        f"{count_of(len(results), 'machine')} in {count_of(len({r.file for r in results}), 'file')}: "
        f"{count_of(errors, 'error')}, {count_of(warnings, 'warning')}"
    )
    return "\n".join(lines)


def count_of(number: int, noun: str) -> str:
    """Return a number with its noun, as ``1 error`` or ``2 errors``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def as_json(results: Sequence[Checked]) -> str:
    """Return ``[{"file", "machine", "problem", "diagnostics": [...]}]``."""
    made = [
        {
            "file": result.file,
            "machine": result.machine,
            "problem": result.problem or None,
            "diagnostics": [_plain(one) for one in result.diagnostics],
        }
        for result in results
    ]
    return json.dumps(made, indent=2, ensure_ascii=False)


def _plain(one: Diagnostic) -> dict[str, Any]:
    code, _, name = one.rule.partition(" ")
    return {
        "severity": one.severity,
        "rule": code,
        "name": name,
        "message": one.message,
        "hint": one.hint or None,
        "location": one.location,
        "line": one.line,
        "column": one.column,
    }


def as_sarif(results: Sequence[Checked]) -> str:
    """Return SARIF 2.1.0, which GitHub's code scanning and editors read."""
    rules: dict[str, dict[str, Any]] = {}
    found = []
    for result in results:
        for one in result.diagnostics:
            code, _, name = one.rule.partition(" ")
            page = RULES[code].page if code in RULES else name.replace("-", " ")
            rules.setdefault(
                code,
                {
                    "id": code,
                    "name": name,
                    "shortDescription": {"text": page.split("\n")[0]},
                    "fullDescription": {"text": page},
                },
            )
            found.append(_sarif_result(code, one.severity, _sentences(one), result.file, one))
        if result.problem:
            rules.setdefault(
                "unreadable", {"id": "unreadable", "shortDescription": {"text": "A file cannot be checked."}}
            )
            found.append(_sarif_result("unreadable", "ERROR", result.problem, result.file, None))
    driver = {"name": "sfnbook", "rules": list(rules.values())}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": found, "columnKind": "unicodeCodePoints"}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _sarif_result(code: str, severity: str, message: str, file: str, one: Diagnostic | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": file.replace("\\", "/")}}
    if one is not None and one.line is not None:
        physical["region"] = {"startLine": one.line, "startColumn": one.column}
    location: dict[str, Any] = {"physicalLocation": physical}
    if one is not None and one.location:
        location["logicalLocations"] = [{"fullyQualifiedName": one.location}]
    return {"ruleId": code, "level": severity.lower(), "message": {"text": message}, "locations": [location]}


def as_github(results: Sequence[Checked]) -> str:
    """Return workflow commands, which GitHub shows beside the lines of a pull request."""
    lines = []
    for result in results:
        for one in result.diagnostics:
            level = "error" if one.severity == "ERROR" else "warning"
            place = f",line={one.line},col={one.column}" if one.line is not None else ""
            text = _github(_sentences(one))
            lines.append(f"::{level} file={_github(result.file, True)}{place},title={_github(one.rule, True)}::{text}")
        if result.problem:
            lines.append(f"::error file={_github(result.file, True)}::{_github(result.problem)}")
    return "\n".join(lines)


def _sentences(one: Diagnostic) -> str:
    """Return a finding's message and what to do about it, as sentences."""
    stop = "" if not one.hint or one.message.endswith((".", "!", "?")) else "."
    return f"{one.message}{stop} {one.hint}".rstrip()


def _github(text: str, property: bool = False) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property else text


def as_junit(results: Sequence[Checked]) -> str:
    """Return JUnit's XML: a test case for each machine, failed where there are errors."""
    failures = sum(bool(result.errors) for result in results)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name="sfnbook check" tests="{len(results)}" failures="{failures}">',
    ]
    for result in results:
        name = quoteattr(result.machine or result.file)
        lines.append(f"  <testcase classname={quoteattr(result.file)} name={name}>")
        text = _xml(result.problem or "\n".join(str(one) for one in result.diagnostics))
        if result.errors:
            message = quoteattr(_xml_safe(result.problem or f"{result.errors} errors"))
            lines.append(f"    <failure message={message}>{text}</failure>")
        elif text:
            lines.append(f"    <system-out>{text}</system-out>")
        lines.append("  </testcase>")
    return "\n".join([*lines, "</testsuite>"])


def _xml(text: str) -> str:
    return escape(_xml_safe(text))


def _xml_safe(text: str) -> str:
    return "".join(c if c in "\n\t" or ord(c) >= 32 else "?" for c in text)


FORMATS: Final[dict[str, Callable[[Sequence[Checked]], str]]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
    "junit": as_junit,
}
