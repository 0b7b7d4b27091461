"""Cases as files: tests for pytest as a person writes them, cells of a notebook, or a mock configuration for Step Functions
Local."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pprint import pformat
from textwrap import indent
from typing import Any, Final, Literal

from sfnbook.engine.driver import Answer
from sfnbook.errors import InputError
from sfnbook.language.definition import name_at
from sfnbook.language.resource import parse_resource
from sfnbook.machine import StateMachine
from sfnbook.tasks.mocks import mock, raises, returns
from sfnbook.testing.generation.case import Case, CaseRun
from sfnbook.testing.generation.search import Cases
from sfnbook.testing.machines import CLOCK
from sfnbook.values import Json, to_text

_WIDTH: Final = 110
_LONG_PATH: Final = 25


def pytest_file(found: Cases, source: str, machine: str = "") -> str:
    """Return a pytest file with a test for each case. source: the definition's file; machine: which one of a template."""
    tests = [*_tests(found)]
    names = sorted({name for test in tests for name in ("mock", "raises", "returns") if f"{name}(" in test})
    imports = ["import pytest", *([f"\nfrom sfnbook import {', '.join(names)}"] if names else [])]
    arguments = ", ".join(_quoted(one) for one in (source, machine) if one)
    missing = "".join(f"\n#   {line}" for one in found.missing for line in [" ".join(str(one).split())])
    notes = f"\n\n# Not covered:{missing}" if missing else ""
    fixture = f"@pytest.fixture\ndef machine(sfn):\n    return sfn({arguments})"
    head = f'"""What {found.machine.name} does, way by way. Made from its definition by `sfnbook cases`; yours to change."""'
    return "\n\n\n".join(["\n".join([head, "", *imports]) + notes, fixture, *tests]) + "\n"


def _tests(found: Cases) -> Iterator[str]:
    used: set[str] = set()
    for case in found.cases:
        run = found.run(case)
        name = unique(slug(case.goal), used)
        reads = _reads(run)
        lines = []
        if reads:
            lines.append(
                f'@pytest.mark.skip(reason="give sfn(..., buckets=...) what {", ".join(reads)} reads and writes")'
            )
        lines.append(f"def test_{name}(machine):")
        lines.append(indent(run_lines(run.machine, run.case.input, _answers(run)), "    "))
        lines.append(indent("\n".join(assertions(run, ends=run.ends)), "    "))
        yield "\n".join(lines)


def _reads(run: CaseRun) -> list[str]:
    """Return the states of a run that read or write objects, which a test has to provide."""
    return sorted({name_at(key[0]) for key, _ in run.made() if key[1] != "task"})


def run_lines(machine: StateMachine, input: Json, answers: Iterable[tuple[str, list[Answer]]], *options: str) -> str:
    """Return the call ``run = machine.run(...)`` with an input and what each Task state answers, one after the other.

    options: further arguments, as they are written.
    """
    mocks = [_mock_text(state, machine, given) for state, given in answers]
    data = _python(input)
    given = [data, *([f"mocks=[{', '.join(mocks)}]"] if mocks else []), *options]
    short = f"run = machine.run({', '.join(given)})"
    if len(short) <= _WIDTH and "\n" not in short:
        return short
    lines = ["run = machine.run(", indent(f"{data},", "    ")]
    if mocks:
        lines += ["    mocks=[", *(indent(f"{one},", "        ") for one in mocks), "    ],"]
    return "\n".join([*lines, *(f"    {one}," for one in options), ")"])


def assertions(run: Any, *, ends: bool = True) -> Iterator[str]:
    """Yield the lines that assert how a run ended, and which way it went."""
    if run.status == "SUCCEEDED":
        yield "assert run.succeeded"
    elif not ends:
        yield 'assert run.status == "RUNNING"'
    else:
        yield f"assert run.error == {_quoted(run.error) if run.error is not None else None}"
    path = run.path
    if len(path) <= _LONG_PATH:
        line = f"assert run.path == [{', '.join(map(_quoted, path))}]"
        one_each = "".join(f"    {_quoted(name)},\n" for name in path)
        yield line if len(line) <= _WIDTH else f"assert run.path == [\n{one_each}]"
    else:
        yield f"assert run.path[-1] == {_quoted(path[-1])}"


def _answers(run: CaseRun) -> Iterator[tuple[str, list[Answer]]]:
    """Yield each Task state that was called, with its answers, without those that only repeat the last one."""
    for (address, kind), answers in run.made():
        if kind == "task":
            yield run.machine._program.by_address[address].name, without_repeats(answers)


def without_repeats(answers: Sequence[Answer]) -> list[Answer]:
    """Return answers without those at the end that only repeat the one before, as the last answer of a mock does."""
    found = list(answers)
    while len(found) > 1 and found[-1][:2] == found[-2][:2]:
        found.pop()
    return found


def _mock_text(state: str, machine: StateMachine, answers: list[Answer]) -> str:
    outcomes = [
        f"returns({_python(one.output)})" if one.error is None else f"raises({_quoted(one.error)})" for one in answers
    ]
    made = mock(state, *(returns(one.output) if one.error is None else raises(one.error) for one in answers))
    resource = next(s for s in machine._program.by_address.values() if s.name == state).source.get("Resource")
    try:
        made.fits({state: parse_resource(resource)})
    except InputError:  # an answer that leads on, but not one that the service would give
        outcomes.append('check="NONE"')
    short = f"mock({_quoted(state)}, {', '.join(outcomes)})"
    if len(short) <= _WIDTH - 8 and "\n" not in short:
        return short
    return "\n".join([f"mock(\n    {_quoted(state)},", *(indent(f"{one},", "    ") for one in outcomes), ")"])


def _python(value: Json) -> str:
    return re.sub(r"(?<![\w\"'])'((?:[^'\\\"])*)'", r'"\1"', pformat(value, width=_WIDTH - 20, sort_dicts=False))


def _quoted(text: Any) -> str:
    return to_text(str(text))


def slug(text: str) -> str:
    """Return a text as a part of a function's name."""
    return re.sub(r"\W+", "_", text.lower(), flags=re.A).strip("_")[:80].rstrip("_") or "case"


def unique(name: str, used: set[str]) -> str:
    """Return a name that is not used yet, and note it."""
    number, found = 2, name
    while found in used:
        found, number = f"{name}_{number}", number + 1
    used.add(found)
    return found


# -------------------------------------------------------------------------------------------------------------- cells
Cell = tuple[Literal["markdown", "code"], str, str]
"""A cell: its kind, its title ("" for none) and its text."""


def cells(found: Cases, source: str, machine: str = "") -> list[Cell]:
    """Return cells that run the cases and assert how they end. source: the definition's file; machine: which one of a
    template. A case that reads objects is a text to complete, not a cell that fails."""
    tests: list[Cell] = []
    used: set[str] = set()
    for case in found.cases:
        run = found.run(case)
        title = unique(" ".join(case.goal.split()), used)
        call = run_lines(run.machine, run.case.input, _answers(run), "clock=CLOCK")
        code = "\n".join([call, *assertions(run, ends=run.ends)])
        if reads := _reads(run):
            names = ", ".join(reads)
            words = f"**{title}**: give `StateMachine(..., buckets=...)` what {names} reads and writes, then run this."
            tests.append(("markdown", "", f"{words}\n\n```python\n{code}\n```"))
        else:
            tests.append(("code", title, code))
    text = "\n".join(code for _, _, code in tests)
    names_used = sorted({"StateMachine", *(name for name in ("mock", "raises", "returns") if f"{name}(" in text)})
    named = f", name={_quoted(machine)}" if machine else ""
    setup = (
        f"from pathlib import Path\n\nfrom sfnbook import {', '.join(names_used)}\n\n"
        f"machine = StateMachine(Path({_quoted(source)}){named})\nCLOCK = {_quoted(CLOCK)}  # when each run begins"
    )
    head = f"# {found.machine.name}: what it does, way by way\n\nMade from its definition by `sfnbook cases`; yours to change."
    missing = [f"- {' '.join(str(one).split())}" for one in found.missing]
    last: list[Cell] = [("markdown", "", "\n".join(["Not covered:", "", *missing]))] if missing else []
    return [("markdown", "", head), ("code", "", setup), *tests, *last]


def percent_text(made: Sequence[Cell]) -> str:
    """Return cells as Python text with ``# %%`` between them, which VS Code, Spyder and Jupytext open as a notebook."""
    parts = []
    for kind, title, text in made:
        if kind == "markdown":
            parts.append("# %% [markdown]\n" + indent(text, "# ", lambda line: True).replace("# \n", "#\n"))
        else:
            parts.append(f"# %%{f' {title}' if title else ''}\n{text}")
    return "\n\n".join(parts) + "\n"


def notebook(made: Sequence[Cell]) -> dict[str, Any]:
    """Return cells as a notebook (.ipynb); those with a title are tests (``%%sfn_test``) for nbval and pytest."""
    written = []
    for number, (kind, title, text) in enumerate([("code", "", "%load_ext sfnbook"), *made] if made else []):
        plain = " ".join(re.sub(r"""["'`()\[\]{}]|--+""", " ", title).split())  # what the magic's line takes for words
        lines = f"%%sfn_test {plain}\n{text}" if title else text
        cell: dict[str, Any] = {"cell_type": kind, "id": f"case-{number}", "metadata": {}}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        written.append({**cell, "source": lines.splitlines(keepends=True)})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": [*written[1:2], *written[:1], *written[2:]],  # the title first, then the extension
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


# --------------------------------------------------------------------------------------------------- mock configuration
def mock_file(found: Cases, machine: str) -> tuple[dict[str, Any], dict[str, Json]]:
    """Return a MockConfigFile.json with a test case for each case, and the input of each test case.

    Calls that a distributed Map makes to read its items cannot be mocked there; a run needs the objects.
    """
    cases: dict[str, dict[str, str]] = {}
    responses: dict[str, dict[str, Json]] = {}
    inputs: dict[str, Json] = {}
    used: set[str] = set()
    for case in found.cases:
        name = unique("".join(part.title() for part in slug(case.goal).split("_")), used)
        cases[name], inputs[name] = {}, case.input
        for state, numbered in _responses(found, case):
            response = f"{name}_{re.sub(r'[^A-Za-z0-9]+', '_', state)}"
            cases[name][state] = response
            responses[response] = numbered
    return {"StateMachines": {machine: {"TestCases": cases}}, "MockedResponses": responses}, inputs


def _responses(found: Cases, case: Case) -> Iterator[tuple[str, dict[str, Json]]]:
    run = found.run(case)
    for (address, kind), answers in run.made():
        if kind != "task":
            continue
        numbered: dict[str, Json] = {}
        first = 0
        for key, group in groupby(answers, lambda one: to_text([one.output, one.error])):
            one, *more = [*group]
            last = first + len(more)
            text = str(first) if first == last else f"{first}-{last}"
            numbered[text] = (
                {"Return": one.output}
                if one.error is None
                else {"Throw": {"Error": one.error, "Cause": one.cause or ""}}
            )
            first = last + 1
            del key
        yield found.machine._program.by_address[address].name, numbered
