"""Lint rules about where a machine can go: Choice rules, loops, ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

from sfnbook.language import fields as f
from sfnbook.language.rule import Finding, Findings, MachineView, StateView
from sfnbook.language.rules import targets
from sfnbook.lint.rule import machine_rule, machines, state_rule
from sfnbook.values import Json


@state_rule("SFN101", "choice-without-default")
def choice_without_default(state: StateView) -> Findings:
    """A Choice has no Default.

    When no rule matches, the execution fails with States.NoChoiceMatched, which nothing can catch.

        "Decide": {"Type": "Choice", "Choices": [...]}                        # fails for everything else
        "Decide": {"Type": "Choice", "Choices": [...], "Default": "Other"}

    A Choice whose rules cover every value is recognised only for a boolean and its opposite, and for IsPresent.
    """
    if state.type == "Choice" and "Default" not in state.fields and not _covers_all(state.fields.get("Choices")):
        yield Finding(
            state.path,
            "When no rule matches, the execution fails with States.NoChoiceMatched",
            state.path,
            "key",
            'Add a "Default"',
        )


def _covers_all(rules: Json) -> bool:
    conditions = [_condition(rule) for rule in rules] if isinstance(rules, list) else []
    return any(_opposite(one) in conditions for one in conditions if one is not None) or "true" in map(
        _constant, conditions
    )


def _condition(rule: Json) -> Mapping[str, Any] | None:
    if not isinstance(rule, dict):
        return None
    return {key: value for key, value in rule.items() if key not in ("Next", "Comment", "Assign", "Output")}


def _opposite(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    for key, value in rule.items():
        if isinstance(value, bool) and key != "Variable":
            return {**rule, key: not value}
    return {"Not": rule}


def _constant(rule: Mapping[str, Any] | None) -> str:
    text = rule.get("Condition") if rule is not None else None
    if isinstance(text, bool):
        return "true" if text else "false"
    return text[2:-2].strip() if isinstance(text, str) and text.startswith("{%") else ""


@state_rule("SFN102", "shadowed-choice-rule")
def shadowed_choice_rule(state: StateView) -> Findings:
    """A choice rule can never match, because an earlier one takes all that it would take.

    Rules are tried in order; the first that matches counts.

        {"Variable": "$.n", "NumericGreaterThan": 1,  "Next": "Some"},
        {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Many"}         # never: 11 is greater than 1, too
    """
    rules = state.fields.get("Choices") if state.type == "Choice" else None
    seen: list[tuple[int, Mapping[str, Any]]] = []
    for index, rule in enumerate(rules if isinstance(rules, list) else ()):
        condition = _condition(rule)
        if not condition:
            continue
        where = (*state.path, "Choices", index)
        earlier = next((at for at, other in seen if _takes(other, condition)), None)
        if earlier is not None:
            yield Finding(where, f"This rule can never match: Choices[{earlier}] takes all that it would take", where)
        elif _constant(condition) == "false":
            yield Finding(where, "This rule can never match: its condition is false", where)
        seen.append((index, condition))


_GREATER: Final = ("NumericGreaterThan", "NumericGreaterThanEquals")
_LESS: Final = ("NumericLessThan", "NumericLessThanEquals")


def _takes(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Tell whether all that makes the later condition true makes the earlier one true."""
    if earlier == later or _constant(earlier) == "true":
        return True
    if earlier.get("Variable") != later.get("Variable") or len(earlier) != 2 or len(later) != 2:
        return False
    [(name, bound)] = [(k, v) for k, v in earlier.items() if k != "Variable"]
    [(other, value)] = [(k, v) for k, v in later.items() if k != "Variable"]
    if not _number(bound) or not _number(value):
        return False
    if name in _GREATER:
        if other in _GREATER:
            return value > bound or (value == bound and (name == _GREATER[1] or other == _GREATER[0]))
        return other == "NumericEquals" and (value > bound or (value == bound and name == _GREATER[1]))
    if name in _LESS:
        if other in _LESS:
            return value < bound or (value == bound and (name == _LESS[1] or other == _LESS[0]))
        return other == "NumericEquals" and (value < bound or (value == bound and name == _LESS[1]))
    return False


def _number(value: Json) -> TypeGuard[int | float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@machine_rule("SFN103", "no-way-to-an-end")
def no_way_to_an_end(machine: MachineView) -> Findings:
    """From a state, no path leads to an end: once there, the execution loops until its history is full.

    AWS refuses only a machine in which no state ends at all. A Standard execution ends with the 25,000th event.

        "Check": {"Type": "Wait", "Seconds": 5, "Next": "Again"},
        "Again": {"Type": "Pass", "Next": "Check"}                            # nothing leads out

    A loop that waits for something outside is written with a Choice that can leave it.
    """
    for inner in machines(machine):
        ends = {name for name, state in inner.states.items() if _is_end(state)}
        following = {name: {target for _, target in targets(state)} for name, state in inner.states.items()}
        before: dict[str, list[str]] = {}
        for name, after in following.items():
            for one in after:
                before.setdefault(one, []).append(name)
        known = ends | {name for name, after in following.items() if any(one not in inner.states for one in after)}
        todo = list(known)
        while todo:
            fresh = [name for name in before.get(todo.pop(), ()) if name not in known]
            known.update(fresh)
            todo += fresh
        reached = _reached(inner, following)
        for name in inner.states if ends else ():
            if name not in known and name in reached:
                path = inner.states[name].path
                yield Finding(
                    path, f'No path leads from "{name}" to an end', path, "key", "Let a Choice leave the loop"
                )


def _is_end(state: StateView) -> bool:
    return (
        state.type in f.TERMINAL
        or state.fields.get("End") is True
        or not set(state.fields)
        & {
            "Next",
            "Choices",
            "Default",
        }
    )


def _reached(machine: MachineView, following: Mapping[str, set[str]]) -> set[str]:
    start = machine.fields.get("StartAt")
    reached: set[str] = set()
    todo = [start] if isinstance(start, str) else []
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += following.get(name, ())
    return reached


@machine_rule("SFN104", "express-too-long")
def express_too_long(machine: MachineView) -> Findings:
    """An Express machine waits, or may run, longer than the five minutes that an Express execution has.

    After 300 seconds AWS ends it with States.Timeout (developer guide, "Choosing workflow type").

        "Pause": {"Type": "Wait", "Seconds": 600, "Next": "Ask"}              # never passes in an Express machine
    """
    if not machine.express:
        return
    for inner in machines(machine):
        for name, state in inner.states.items():
            for field in ("Seconds", "TimeoutSeconds"):
                value = state.fields.get(field)
                if state.machine.express and _number(value) and value > 300:
                    where = (*state.path, field)
                    yield Finding(where, f'"{name}" takes {value:g} s, an Express execution has 300', where)
