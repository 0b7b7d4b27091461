"""A state with an edited text: what each stage of one visit would give with it. The page's Try tab.

TestState's machinery below: the state alone, entered with the visit's input, variables and Context object, answered with
what was recorded. Nothing of the run changes and nothing is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from sfnbook.engine.compile import compile_definition
from sfnbook.engine.program import CompiledMachine
from sfnbook.history.visits import Visit, kept
from sfnbook.isolation import Isolated, Surroundings
from sfnbook.language.definition import Definition, address_location
from sfnbook.language.diagnostics import Path
from sfnbook.language.parser import parse
from sfnbook.language.reader import Reading, read
from sfnbook.language.source import Span
from sfnbook.query.jsonata.language import is_expression
from sfnbook.query.jsonata.language import source as source_of
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, copy_of
from sfnbook.widget.traits.definition import pretty
from sfnbook.widget.traits.limits import VALUE_TEXT
from sfnbook.widget.traits.shapes import EditedState, EditedStateProblem
from sfnbook.widget.traits.value import plain, value_message

_FIELD: Final = re.compile(r"field '([^']+)'")
_PATH: Final = re.compile(r"'(\$[^']*)'")
_QUERIES: Final = frozenset(
    {
        "States.Runtime",
        "States.QueryEvaluationError",
        "States.ParameterPathFailure",
        "States.ResultPathMatchFailure",
        "States.IntrinsicFailure",
    }
)
"""Errors of a state's own paths and expressions."""
_ENDS: Final = ("Next", "Default")


def edited_state(run: Any, visit: Visit, text: str) -> EditedState:
    """Return what each stage of a visit would be if its state were ``text`` (JSON or YAML of one state)."""
    reading = read(text)
    if not reading.ok or not isinstance(reading.value, dict):
        return _refused([_problem(reading, "", problem.message, problem.span) for problem in reading.problems])
    whole = run.machine._definition
    alone = {
        "QueryLanguage": whole.machine.query_language,
        "StartAt": visit.name,
        "States": {**_ends(reading.value), visit.name: reading.value},
    }
    parsed = parse(alone, type=getattr(run.machine, "type", "STANDARD"))
    here = f"/States/{visit.name}"
    wrong = [(d.location, d.message) for d in parsed.diagnostics if d.severity == "ERROR"]
    if parsed.definition is None or wrong:
        return _refused([_problem(reading, where.removeprefix(here), message) for where, message in wrong])
    program, problems = compile_definition(parsed.definition)
    wrong = [(problem.where, problem.message) for problem in problems if not problem.warning]
    if wrong:
        return _refused([_problem(reading, where.removeprefix(here), message) for where, message in wrong])
    program = replace(program, machine=CompiledMachine(visit.name, program.machine.states, ""), timeout=None)
    data = copy_of(kept(visit, "input"))
    tested = Isolated.start(program, data, at=visit.entered_at)
    assert isinstance(tested, Isolated)
    seen = run.context(visit)
    before = copy_of(kept(visit, "variables") or {})
    item = (seen.get("Map") or {}).get("Item")
    tested.place(Surroundings(variables=copy_of(before), context=seen, item=item))
    tested.enter()
    answered = _answer(run, visit, tested)
    return _outcome_message(tested, data, before, reading, spliced(whole, visit.address, reading), answered)


def _answer(run: Any, visit: Visit, tested: Isolated) -> bool:
    """Give the work the answer that was recorded; False where none is known."""
    if not tested.waits:
        return True
    attempt = visit.attempt
    result = next((stage.value for stage in run.stages(visit) if stage.name == "result"), ABSENT)
    if result is ABSENT and attempt is not None and kept(attempt, "output") is not ABSENT:
        result = kept(attempt, "output")
    if result is not ABSENT:
        tested.give(copy_of(result))
        return True
    error = visit.error or (attempt.error if attempt is not None else None)
    if error is None:
        return False
    tested.deny(error, visit.cause or (attempt.cause if attempt is not None else None))
    return True


def _outcome_message(
    tested: Isolated, data: Json, before: Mapping[str, Json], reading: Reading, text: str, answered: bool
) -> EditedState:
    error, cause = tested.failed_with
    status = tested.outcome if answered else "NO_ANSWER"
    stages = [("input", data), *tested.stages().items()]
    if status in ("SUCCEEDED", "CAUGHT_ERROR"):
        stages.append(("output", tested.line.data))
    after = tested.line.variables
    failed = status == "FAILED" and error is not None
    return {
        "status": status,
        "next": tested.next,
        "error": None if error is None else plain(error),
        "cause": None if cause is None else plain(cause),
        "stages": [{"name": name, "value": value_message(value, VALUE_TEXT)} for name, value in stages],
        "assigned": {
            plain(name): value_message(value, VALUE_TEXT)
            for name, value in after.items()
            if name not in before or before[name] != value
        },
        "problems": [_problem(reading, "", cause or "")] if failed and error in _QUERIES else [],
        "definition": text,
    }


def _refused(problems: list[EditedStateProblem]) -> EditedState:
    return {
        "status": "INVALID", "next": None, "error": None, "cause": None, "stages": [], "assigned": {},
        "problems": problems or [{"message": "A state is a JSON object.", "line": 1, "excerpt": ""}], "definition": "",
    }  # fmt: skip


def _problem(reading: Reading, where: str, message: str, span: Span | None = None) -> EditedStateProblem:
    """Return a problem with its line in the state's text and carets under what is meant.

    where: the location of the field below the state, "" where that is not known. An expression or a field that the
    message names is looked for.
    """
    source = reading.source
    if span is None and (path := _meant(reading, where, message)) is not None:
        span = _part(reading, reading.places[path].value, message)
    if source is None or span is None:
        return {"message": plain(message), "line": None, "excerpt": ""}
    return {"message": plain(message), "line": source.position(span.start)[0], "excerpt": plain(source.excerpt(span))}


def _meant(reading: Reading, where: str, message: str) -> Path | None:
    """Return the path of the field that a message is about: by its expression, by its name, by its location."""
    quoted = [
        path for path in reading.paths.values() if (text := _expression(reading, path)) and f"'{text}'" in message
    ]
    if quoted:
        return max(quoted, key=lambda path: len(_expression(reading, path)))
    fields = [f"/{field}" for field in _FIELD.findall(message)]
    below = [path for place, path in reading.paths.items() if place.startswith(where) and place.endswith(tuple(fields))]
    return min(below, key=len) if below else reading.paths.get(where) if where else None


def _expression(reading: Reading, path: Path) -> str:
    """Return the expression at a path, without JSONata's brackets; "" where there is no text."""
    value = reading.value
    for step in path:
        value = value[step]
    return source_of(value) if is_expression(value) else value if isinstance(value, str) and len(value) > 1 else ""


def _part(reading: Reading, span: Span, message: str) -> Span:
    """Return the part of an expression that a message names, the whole where it names none."""
    text = reading.text[span.start : span.end]
    for part in _PATH.findall(message):
        if len(part) > 1 and (at := text.find(part)) >= 0 and not text.startswith(part, 1):
            return Span(span.start + at, span.start + at + len(part))
    return span


def _ends(state: Mapping[str, Json]) -> dict[str, Json]:
    """Return an end for each state that a state may go on to."""

    def targets() -> Iterator[str]:
        lists = [state[field] for field in ("Choices", "Catch") if isinstance(state.get(field), list)]
        for entry in [state, *(entry for found in lists for entry in found)]:
            if isinstance(entry, dict):
                yield from (entry[field] for field in _ENDS if isinstance(entry.get(field), str))

    return {name: {"Type": "Succeed"} for name in targets()}


def spliced(definition: Definition, address: str, reading: Reading) -> str:
    """Return a definition with the state at an address written anew; what is around it stays as it was written.

    A YAML definition, and one on a single line, comes out as JSON written out.
    """
    old = read(definition.text)
    path = old.paths.get(address_location(address))
    if path is None:
        return ""
    text = definition.text
    if text.lstrip().startswith("{") and text.count("\n") > 3 and reading.text.lstrip().startswith("{"):
        place = old.places[path]
        span = place.value
        begin = text.rfind("\n", 0, (place.key or span).start) + 1
        margin = text[begin : (place.key or span).start]
        indent = margin if not margin.strip() else ""
        return plain(
            text[: span.start] + reading.text.strip().replace("\n", "\n" + indent) + text[span.end :], len(text) * 2
        )
    value = copy_of(old.value)
    holder = value
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = reading.value
    return pretty(value)
