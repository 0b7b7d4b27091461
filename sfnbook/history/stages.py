"""What happened inside a visit, recomputed from its events: the stages of its data and why a Choice chose.

A run that nobody looks at pays nothing for this. Where an event holds the value itself (what was scheduled, what came
out) that value is shown, so that a random number is the one that was drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from sfnbook.engine.frame import timestamp
from sfnbook.engine.program import CompiledState, Program
from sfnbook.errors import StatesError
from sfnbook.history.visits import CAUGHT, FAILED, Visit
from sfnbook.query.comparisons import explain, rule_text
from sfnbook.query.dataflow import Stage
from sfnbook.query.jsonata import JSONATA
from sfnbook.query.jsonpath import JSONPATH
from sfnbook.query.scope import ABSENT, Scope
from sfnbook.values import Json, to_text


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A choice rule and what became of it. matched: None when it was not looked at. why: its conditions' values."""

    text: str
    matched: bool | None
    next: str | None
    why: str


def scope_of(program: Program, visit: Visit, names: dict[str, Json]) -> Scope:
    """Return what the visit's expressions could see. ``names``: the Execution and StateMachine context parts."""
    state: dict[str, Json] = {"Name": visit.name, "EnteredTime": timestamp(visit.entered_at)}
    if visit.type in ("Task", "Parallel", "Map"):
        state["RetryCount"] = max(0, len(visit.attempts) - 1)
    context: dict[str, Json] = {**names, "State": state}
    if visit.item is not None:
        context["Map"] = {"Item": visit.item}
    return Scope(variables=visit.variables, context=context, now=visit.entered_at, random=Random(0))


def stages(program: Program, visit: Visit, names: dict[str, Json]) -> list[Stage]:
    """Return the stages of a visit from its input to its output, by TestState's names.

    A stage that failed ends the list; stages after the work appear once there is a result.
    """
    state = program.by_address.get(visit.address)
    found = [Stage("input", "", None, visit.input)]
    if state is None or visit.input is ABSENT:
        return found
    scope = scope_of(program, visit, names)
    try:
        before = state.flow.trace_before(visit.input, scope)
    except StatesError:
        return found
    found += _with_recorded(before, visit)
    result = _result(state, visit, before)
    if result is ABSENT or visit.status in (CAUGHT, FAILED):
        return _with_output(found, visit)
    if state.type in ("Task", "Parallel", "Map") or "Result" in state.source.fields:
        found.append(Stage("result", "Result" if state.type == "Pass" else "", None, result))
    scope.result = result
    try:
        found += state.flow.trace_after(visit.input, result, scope)
    except StatesError:
        return found
    return _with_output(found, visit)


def _with_recorded(before: list[Stage], visit: Visit) -> list[Stage]:
    """Put what was really scheduled in place of the last stage before the work."""
    attempt = visit.attempt
    if before and attempt is not None and attempt.parameters is not ABSENT:
        return [*before[:-1], before[-1]._replace(value=attempt.parameters)]
    return before


def _with_output(found: list[Stage], visit: Visit) -> list[Stage]:
    if visit.output is ABSENT:
        return found
    if found[-1].name == "output":
        return [*found[:-1], found[-1]._replace(value=visit.output)]
    return [*found, Stage("output", "", None, visit.output)]


def _result(state: CompiledState, visit: Visit, before: list[Stage]) -> Json:
    effective = before[-1].value if before else visit.input
    match state.type:
        case "Task":
            return visit.attempt.output if visit.attempt is not None else ABSENT
        case "Parallel" | "Map":
            return visit.output if not state.flow.steps_after else ABSENT
        case "Pass":
            return state.source.fields.get("Result", effective) if not state.jsonata else effective
    return effective


def rules(program: Program, visit: Visit, names: dict[str, Json]) -> list[RuleSeen]:
    """Return a Choice's rules in their order, with which one matched and why."""
    state = program.by_address.get(visit.address)
    if state is None or state.type != "Choice" or visit.input is ABSENT:
        return []
    scope = scope_of(program, visit, names)
    try:
        before = state.flow.trace_before(visit.input, scope)
    except StatesError:
        return []
    data = before[-1].value if before else visit.input
    seen: list[RuleSeen] = []
    decided = False
    for index, rule in enumerate(state.source.fields.get("Choices", ())):
        text = str(rule.get("Condition")) if state.jsonata else rule_text(rule)
        matched, why = (None, "") if decided else _judge(state, rule, index, data, scope)
        seen.append(RuleSeen(text, matched, rule.get("Next"), why))
        decided = decided or bool(matched)
    default = state.source.fields.get("Default")
    if default is not None:
        seen.append(RuleSeen("Default", None if decided else True, default, ""))
    return seen


def _judge(
    state: CompiledState, rule: dict[str, Json], index: int, data: Json, scope: Scope
) -> tuple[bool | None, str]:
    """Evaluate one rule again and say what each of its parts saw."""
    try:
        if state.jsonata:
            return JSONATA.condition(rule, f"Choices[{index}]/Condition")(data, scope), ""
        findings = explain(rule)(data, scope)
        matched = JSONPATH.condition(rule, f"Choices[{index}]")(data, scope)
    except StatesError as failure:
        return None, failure.cause
    return matched, "; ".join(f"{text}: {_shown(value)} → {_mark(held)}" for text, value, held in findings)


def _shown(value: Json) -> str:
    if value is ABSENT:
        return "missing"
    text = to_text(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _mark(held: bool | None) -> str:
    return "not looked at" if held is None else "true" if held else "false"
