"""What ``sfnbook ci`` reports: checks of definitions and pytest's tests as one JUnit file and one Markdown page.

Reads what the check and pytest have found; runs neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

from sfnbook.coverage.report import escaped, percent_text
from sfnbook.lint.files import Checked
from sfnbook.lint.report import as_junit, count_of

MOST_LISTED: Final = 50
"""So many findings, and so many failed tests, are written out in the Markdown page."""

PASSED: Final = 0
NO_TESTS: Final = 5
"""pytest's exit codes."""


@dataclass(frozen=True)
class Tested:
    """What pytest came to.

    code: its exit code. suites: its JUnit file, None where it wrote none. coverage: the machines' coverage as Markdown, "" for
    none. percent: the share covered, 0 to 100, None for none. least: what was asked for, None for nothing.
    """

    code: int
    suites: ElementTree.Element | None
    coverage: str
    percent: float | None
    least: float | None

    @property
    def cases(self) -> list[ElementTree.Element]:
        """The tests."""
        return list(self.suites.iter("testcase")) if self.suites is not None else []

    @property
    def too_little(self) -> bool:
        """Whether less is covered than was asked for."""
        return self.least is not None and (self.percent or 0.0) < self.least

    @property
    def passed(self) -> bool:
        """Whether every test passed, and enough is covered."""
        return self.code == PASSED and not self.too_little


def read_tests(code: int, folder: Path, least: float | None) -> Tested:
    """Return what pytest came to: its exit code, and the files ``tests.xml``, ``coverage.md`` and ``coverage.json`` it wrote."""
    xml, markdown, data = (folder / name for name in ("tests.xml", "coverage.md", "coverage.json"))
    found: Mapping[str, Any] = json.loads(data.read_text("utf-8")) if data.exists() else {}
    return Tested(
        code,
        ElementTree.parse(xml).getroot() if xml.exists() else None,
        markdown.read_text("utf-8") if found.get("machines") else "",
        found["percent"] if found.get("machines") else None,
        least,
    )


def junit(checked: Sequence[Checked], tested: Tested) -> str:
    """Return JUnit's XML: a suite for the definitions, a test case each, and pytest's suites."""
    root = ElementTree.Element("testsuites", name="sfnbook ci")
    root.append(ElementTree.fromstring(as_junit(checked).encode("utf-8")))
    if tested.suites is not None:
        root.extend(list(tested.suites.iter("testsuite")))
    if tested.too_little:
        suite = ElementTree.SubElement(root, "testsuite", name="sfnbook coverage", tests="1", failures="1")
        case = ElementTree.SubElement(suite, "testcase", classname="sfnbook", name="coverage of the state machines")
        ElementTree.SubElement(case, "failure", message=_coverage_words(tested))
    ElementTree.indent(root)
    return ElementTree.tostring(root, "unicode", xml_declaration=True) + "\n"


def markdown(checked: Sequence[Checked], tested: Tested, strict: bool = False) -> str:
    """Return the page: the result in a line, the definitions in a table with their findings, the tests, the coverage."""
    lines = [f"## State machines: {_result(checked, tested, strict)}", "", *_definitions(checked), "", *_tests(tested)]
    if tested.coverage:
        lines += ["", "### Coverage", "", _coverage_words(tested), "", tested.coverage.rstrip()]
    return "\n".join(lines) + "\n"


def _result(checked: Sequence[Checked], tested: Tested, strict: bool) -> str:
    errors, warnings = sum(one.errors for one in checked), sum(one.warnings for one in checked)
    failed = sum(1 for case in tested.cases if _fault(case) is not None)
    bad = [
        *([count_of(errors, "error")] if errors else []),
        *([count_of(warnings, "warning")] if strict and warnings else []),
        *([f"{count_of(failed, 'test')} failed"] if failed else []),
        *(["no tests"] if tested.code == NO_TESTS else []),
        *(["too little is covered"] if tested.too_little else []),
    ]
    if not bad and tested.code != PASSED:
        bad = [f"pytest ended with exit code {tested.code}"]
    return ", ".join(bad) or "all is well"


def _definitions(checked: Sequence[Checked]) -> list[str]:
    if not checked:
        return ["There is no definition."]
    lines = ["| File | Machine | Errors | Warnings |", "| --- | --- | ---: | ---: |"]
    for one in checked:
        lines.append(f"| {escaped(one.file)} | {escaped(one.machine)} | {one.errors} | {one.warnings} |")
    findings = [
        *(f"- {escaped(one.file)}: {escaped(one.problem)}" for one in checked if one.problem),
        *(
            f"- {escaped(one.file)}:{found.line or 1} {found.severity.lower()} {escaped(f'{found.rule}: {found.message}')}"
            for one in checked
            for found in one.diagnostics
        ),
    ]
    return [*lines, "", *_some(findings)] if findings else lines


def _tests(tested: Tested) -> list[str]:
    cases = tested.cases
    if tested.code == NO_TESTS:
        return ["There are no tests. `sfnbook cases FILE -o tests/` writes some."]
    failed = [(case, fault) for case in cases if (fault := _fault(case)) is not None]
    skipped = sum(1 for case in cases if case.find("skipped") is not None)
    seconds = sum(float(case.get("time") or 0) for case in cases)
    lines = [
        f"{count_of(len(cases), 'test')}: {len(cases) - len(failed) - skipped} passed, {len(failed)} failed, "
        f"{skipped} skipped, {seconds:.1f} s"
    ]
    listed = []
    for case, fault in failed:
        words = (fault.get("message") or fault.text or "").strip().split("\n")[0]
        name = f"{case.get('classname')}.{case.get('name')}"
        listed.append(f"- {escaped(name)}: {escaped(words)}")
    return [*lines, "", *_some(listed)] if listed else lines


def _fault(case: ElementTree.Element) -> ElementTree.Element | None:
    failure = case.find("failure")
    return failure if failure is not None else case.find("error")


def _some(lines: list[str]) -> list[str]:
    more = [f"- … {len(lines) - MOST_LISTED:,} more"] if len(lines) > MOST_LISTED else []
    return [*lines[:MOST_LISTED], *more]


def _coverage_words(tested: Tested) -> str:
    covered = f"{percent_text(tested.percent or 0.0)} of the state machines is covered"
    if tested.least is None:
        return f"{covered}."
    return f"{covered}, {'less than' if tested.too_little else 'at least'} {tested.least:g} % as asked for."
