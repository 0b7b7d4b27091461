"""What happened inside a visit, recomputed from its events: the stages of its data and why a Choice chose.

A run that is not inspected pays nothing for this. Where an event holds the value itself (what was scheduled, what came
out) that value is shown, so that a random number is the one that was drawn.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Final

from sfnbook.engine.compile import LANGUAGES
from sfnbook.engine.frame import timestamp
from sfnbook.engine.program import CompiledState, Program
from sfnbook.engine.states.map import items_field
from sfnbook.errors import StatesError
from sfnbook.history.task_tokens import token_in
from sfnbook.history.visit_tree import VisitTree
from sfnbook.history.visits import CAUGHT, FAILED, Visit, kept
from sfnbook.query.data_flow import Compiler, Stage
from sfnbook.query.jsonata.language import JSONATA, is_expression, source
from sfnbook.query.jsonpath.choice_rules import Finding, explain, rule_text
from sfnbook.query.jsonpath.language import JSONPATH
from sfnbook.query.scope import ABSENT, ExpressionError, Scope
from sfnbook.values import Json, to_text


@dataclass(frozen=True, slots=True)
class RuleSeen:
    """A choice rule and what became of it. matched: None when it was not looked at. why: its conditions' values.

    parts: each condition in it with the value it saw (ABSENT: none) and what came of it (None: not looked at).
    """

    text: str
    matched: bool | None
    next: str | None
    why: str
    parts: tuple[Finding, ...] = ()


def scope_of(program: Program, visit: Visit, names: dict[str, Json]) -> Scope:
    """Return what the visit's expressions could see. ``names``: the Execution and StateMachine context parts."""
    state: dict[str, Json] = {"Name": visit.name, "EnteredTime": timestamp(visit.entered_at)}
    if visit.type in ("Task", "Parallel", "Map"):
        state["RetryCount"] = max(0, len(visit.attempts) - 1)
    context: dict[str, Json] = {**names, "State": state}
    if kept(visit, "item") is not None:
        context["Map"] = {"Item": kept(visit, "item")}
    compiled = program.by_address.get(visit.address)
    if compiled is not None and compiled.type == "Task" and visit.attempt is not None:
        fields = compiled.source.fields
        token = token_in(fields.get("Parameters", fields.get("Arguments")), kept(visit.attempt, "parameters"))
        if token is not None:
            context["Task"] = {"Token": token}
    return Scope(variables=kept(visit, "variables"), context=context, now=visit.entered_at, random=Random(0))


def stages(program: Program, visit: Visit, names: dict[str, Json], tree: VisitTree | None = None) -> list[Stage]:
    """Return the stages of a visit from its input to its output, by TestState's names.

    A stage that failed ends the list; stages after the work appear once there is a result. tree: knows what came out of
    a Parallel's branches and a Map's iterations; without it their result is shown where it is the output.
    """
    state = program.by_address.get(visit.address)
    found = [Stage("input", "", None, kept(visit, "input"))]
    if state is None or kept(visit, "input") is ABSENT:
        return found
    scope = scope_of(program, visit, names)
    try:
        before = state.flow.trace_before(kept(visit, "input"), scope)
    except StatesError:
        return found
    found += _with_recorded(before, visit)
    if state.type == "Map":
        found += _items(state, visit, before[-1].value if before else kept(visit, "input"), scope, tree)
    result = _result(state, visit, before, tree)
    if result is ABSENT or visit.status in (CAUGHT, FAILED):
        return _with_output(found, visit)
    if state.type in ("Task", "Parallel", "Map") or "Result" in state.source.fields:
        found.append(Stage("result", "Result" if state.type == "Pass" else "", None, result))
    scope.result = result
    try:
        found += state.flow.trace_after(kept(visit, "input"), result, scope)
    except StatesError:
        return found
    return _with_output(found, visit)


def failure(program: Program, visit: Visit, names: dict[str, Json]) -> tuple[str | None, str | None]:
    """Return the error and the cause with which a visit of a Fail state ends its branch or iteration.

    The history says them only where the execution ends with them.
    """
    state = program.by_address.get(visit.address)
    data = kept(visit, "input")
    if state is None or data is ABSENT:
        return None, None
    scope = scope_of(program, visit, names)
    try:
        error, cause = (None if expression is None else str(expression(data, scope)) for expression in state.failure)
    except StatesError as fault:
        return fault.error, fault.cause
    return error, cause


def _with_recorded(before: list[Stage], visit: Visit) -> list[Stage]:
    """Put what was really scheduled in place of the last stage before the work."""
    attempt = visit.attempt
    if before and attempt is not None and kept(attempt, "parameters") is not ABSENT:
        return [*before[:-1], before[-1]._replace(value=kept(attempt, "parameters"))]
    return before


def _with_output(found: list[Stage], visit: Visit) -> list[Stage]:
    if kept(visit, "output") is ABSENT:
        return found
    if found[-1].name == "output":
        return [*found[:-1], found[-1]._replace(value=kept(visit, "output"))]
    return [*found, Stage("output", "", None, kept(visit, "output"))]


def _items(
    state: CompiledState, visit: Visit, effective: Json, scope: Scope, tree: VisitTree | None
) -> Iterator[Stage]:
    """A Map's items, and what its ItemSelector made of them, as far as iterations began."""
    fields = state.source.fields
    name = "Items" if state.jsonata else "ItemsPath"
    if name in fields and "ItemReader" not in fields:
        with suppress(StatesError):
            items = items_field(
                Compiler(LANGUAGES[state.source.query_language], state.address, [], state.source.type), fields
            )(effective, scope)
            plain = [{"Key": item[0], "Value": item[1]} if isinstance(item, tuple) else item for item in items]
            yield Stage("items" if state.jsonata else "afterItemsPath", name, fields[name], plain)
    selector = next((field for field in ("ItemSelector", "Parameters") if field in fields), None)
    if selector is not None and tree is not None:
        firsts = [tree.first(frame) for _, frame in sorted(tree.lines(visit).items())]
        made = [first.input for first in firsts if first is not None]
        if made:
            yield Stage("afterItemSelector", selector, fields[selector], made)


def _joined(state: CompiledState, visit: Visit, tree: VisitTree) -> Json:
    """What the branches or iterations of a Parallel or Map came to, ABSENT where not all of it is known."""
    results = tree.results(visit)
    if len(results) != len(tree.lines(visit)) or (state.type == "Parallel" and len(results) != len(state.branches)):
        return ABSENT
    return [last.output for last in results.values()] if results else ABSENT


def _result(state: CompiledState, visit: Visit, before: list[Stage], tree: VisitTree | None) -> Json:
    effective = before[-1].value if before else kept(visit, "input")
    match state.type:
        case "Task":
            return kept(visit.attempt, "output") if visit.attempt is not None else ABSENT
        case "Parallel" | "Map":
            joined = _joined(state, visit, tree) if tree is not None else ABSENT
            return kept(visit, "output") if joined is ABSENT and not state.flow.steps_after else joined
        case "Pass":
            return state.source.fields.get("Result", effective) if not state.jsonata else effective
    return effective


def rules(program: Program, visit: Visit, names: dict[str, Json]) -> list[RuleSeen]:
    """Return a Choice's rules in their order, with which one matched and why."""
    state = program.by_address.get(visit.address)
    if state is None or state.type != "Choice" or kept(visit, "input") is ABSENT:
        return []
    scope = scope_of(program, visit, names)
    try:
        before = state.flow.trace_before(kept(visit, "input"), scope)
    except StatesError:
        return []
    data = before[-1].value if before else kept(visit, "input")
    seen: list[RuleSeen] = []
    decided = False
    for index, rule in enumerate(state.source.fields.get("Choices", ())):
        text = str(rule.get("Condition")) if state.jsonata else rule_text(rule)
        matched, why, parts = (None, "", ()) if decided else _judge(state, rule, index, data, scope)
        seen.append(RuleSeen(text, matched, rule.get("Next"), why, parts))
        decided = decided or bool(matched)
    default = state.source.fields.get("Default")
    if default is not None:
        seen.append(RuleSeen("Default", None if decided else True, default, ""))
    return seen


def _judge(
    state: CompiledState, rule: dict[str, Json], index: int, data: Json, scope: Scope
) -> tuple[bool | None, str, tuple[Finding, ...]]:
    """Evaluate one rule again and say what each of its parts saw."""
    parts: tuple[Finding, ...] = ()
    try:
        if state.jsonata:
            parts = tuple(_jsonata_parts(str(rule.get("Condition")), data, scope))
            return JSONATA.condition(rule, f"Choices[{index}]/Condition")(data, scope), "", parts
        parts = tuple(explain(rule)(data, scope))
        matched = JSONPATH.condition(rule, f"Choices[{index}]")(data, scope)
    except StatesError as failure:
        return None, failure.cause, parts
    return matched, "; ".join(f"{text}: {_shown(value)} → {_mark(held)}" for text, value, held in parts), parts


_READS: Final = re.compile(r"\$(?:states\.(?:input|context)|(?!states\b)[A-Za-z_]\w*)(?:\.[A-Za-z_]\w*)*(?!\w|\s*\()")


def _jsonata_parts(text: str, data: Json, scope: Scope) -> Iterator[Finding]:
    """The parts of a Condition joined by "and" or "or" at its top, each with the values of the paths in it."""
    if not is_expression(text):
        return
    for part in _joined_by(source(text)):
        values = {path: _evaluated(path, data, scope) for path in dict.fromkeys(_READS.findall(part))}
        there = {path: value for path, value in values.items() if value is not ABSENT}
        held = _evaluated(part, data, scope)
        value = next(iter(there.values())) if len(values) == 1 and there else there or ABSENT
        yield part, value, held if isinstance(held, bool) else None


def _joined_by(text: str) -> list[str]:
    """Split a JSONata expression at the "and" and "or" outside its brackets and quotes."""
    parts, depth, quote, start = [], 0, "", 0
    for match in re.finditer(r"\\.|[\"'`()\[\]{}]|\b(?:and|or)\b", text):
        token = match[0]
        if quote:
            quote = "" if token == quote else quote
        elif token in "\"'`":
            quote = token
        elif token in "([{":
            depth += 1
        elif token in ")]}":
            depth -= 1
        elif token in ("and", "or") and not depth:
            parts.append(text[start : match.start()].strip())
            start = match.end()
    return [*parts, text[start:].strip()]


def _evaluated(text: str, data: Json, scope: Scope) -> Json:
    try:
        return JSONATA.value(f"{{% {text} %}}", "Condition")(data, scope)
    except (StatesError, ExpressionError):
        return ABSENT


def _shown(value: Json) -> str:
    if value is ABSENT:
        return "missing"
    text = to_text(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _mark(held: bool | None) -> str:
    return "not looked at" if held is None else "true" if held else "false"
