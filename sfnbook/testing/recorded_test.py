"""From one recorded execution to a test: its input, and what its tasks came to, as mocks.

The test of an execution that failed asserts that it succeeds: it fails as production did until the machine copes.
"""

from __future__ import annotations

from textwrap import indent
from typing import Final

from sfnbook.engine.driver import Answer
from sfnbook.errors import InputError
from sfnbook.history.mock_config import recorded_attempts
from sfnbook.query.scope import ABSENT
from sfnbook.recorded_run import RecordedRun
from sfnbook.testing.generation.writing import assertions, run_lines, slug, without_repeats
from sfnbook.values import to_text

_LONGEST_CAUSE: Final = 300


def recorded_test(recorded: RecordedRun, source: str, machine: str = "") -> str:
    """Return a pytest file with one test. source: the definition's file; machine: which one of a template.

    Raises InputError for an execution whose tasks are not all in its history: a distributed Map's children.
    """
    if any(event.type == "MapRunStarted" for event in recorded._raw_events):
        raise InputError(
            f"{recorded.name} has a distributed Map: what its children's tasks answered is not in its history."
        )
    answers = {
        state: without_repeats(
            [
                Answer(None if one.output is ABSENT else one.output)
                if one.status == "succeeded"
                else Answer(None, one.error or "", one.cause)
                for one in attempts
            ]
        )
        for state, attempts in recorded_attempts(recorded).items()
    }
    body = [run_lines(recorded.machine, recorded.input, answers.items())]
    if recorded.status == "SUCCEEDED":
        body += assertions(recorded)
        does = "did in production, it still does"
    else:
        body += [*_how_it_ended(recorded), "assert run.succeeded"]
        does = "should have come to; the test fails as production did until the machine copes"
    arguments = ", ".join(to_text(one) for one in (source, machine) if one)
    names = sorted({name for name in ("mock", "raises", "returns") if f"{name}(" in body[0]})
    imports = f"from sfnbook import {', '.join(names)}\n\n\n" if names else "\n"
    return (
        f'"""What execution {recorded.name} {does}."""\n\n{imports}'
        f"def test_{slug(recorded.name)}(sfn):\n"
        f"    machine = sfn({arguments})\n"
        f"{indent(chr(10).join(body), '    ')}\n"
    )


def _how_it_ended(recorded: RecordedRun) -> list[str]:
    cause = " ".join((recorded.cause or "").split())
    said = f"{recorded.error or 'no error'}{f': {cause[:_LONGEST_CAUSE]}' if cause else ''}"
    return [
        f"# In production: {' → '.join(recorded.path)}",
        f"# {recorded.status}, {said}",
    ]
