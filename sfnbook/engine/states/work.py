"""The middles of the states: for each type, a function that compiles its fields into a `Work`.

A work gets the state's effective input and either finishes the frame, starts what it waits for, or raises StatesError.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sfnbook.engine import inline_join
from sfnbook.engine.field_values import parse_timestamp, shown, unexpected_type, whole_number
from sfnbook.engine.program import CompiledState, Work
from sfnbook.errors import QUERY_EVALUATION_ERROR, RUNTIME, StatesError
from sfnbook.query.data_flow import Compiler, jsonata_after
from sfnbook.query.scope import ABSENT, Condition, Expr
from sfnbook.values import Json, to_text

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution
    from sfnbook.engine.frame import Frame

LONGEST_WAIT: Final = 24_855 * 86_400
"""The longest Wait in seconds (recorded: test_timestamp_too_far_in_future_boundary)."""


def pass_work(compiler: Compiler, state: CompiledState) -> Work:
    """Pass: its Result, or the effective input."""
    after, next, result = state.after, state.next, state.result
    if result is not ABSENT:
        return lambda execution, frame, data: execution.finish(frame, result, 0, next, after)
    return lambda execution, frame, data: execution.finish(frame, data, 0, next, after)


def succeed_work(compiler: Compiler, state: CompiledState) -> Work:
    """Succeed: the line ends here."""
    after = state.after
    return lambda execution, frame, data: execution.finish(frame, data, frame.max_bytes, None, after)


def fail_work(compiler: Compiler, state: CompiledState) -> Work:
    """Fail: Error and Cause as written, or from ErrorPath and CausePath; both may be absent (recorded)."""
    error, cause = _text_field(compiler, state, "Error"), _text_field(compiler, state, "Cause")
    state.failure = error, cause

    def fail(execution: Execution, frame: Frame, data: Json) -> None:
        execution.give_up(
            frame,
            error(data, frame) if error is not None else None,
            cause(data, frame) if cause is not None else None,
        )

    return fail


def _text_field(compiler: Compiler, state: CompiledState, name: str) -> Expr | None:
    fields = state.source.fields
    path = f"{name}Path"
    if not compiler.jsonata and path in fields:
        expr = compiler.value(fields[path], path)

        def from_path(data: Json, scope: Any) -> Json:
            value = expr(data, scope)
            if not isinstance(value, str):
                raise StatesError(
                    RUNTIME, f"The {path} field '{fields[path]}' must be a string, but was: {to_text(value)}"
                )
            return value

        return from_path
    if name not in fields:
        return None
    if compiler.jsonata:
        evaluated = compiler.value(fields[name], name)
        return _typed(evaluated, name, fields[name], "string", str)
    text = fields[name]
    return lambda data, scope: text


def _typed(expr: Expr, field: str, text: Json, expected: str, kind: type) -> Expr:
    """Check the type of what a JSONata field gave (recorded)."""

    def check(data: Json, scope: Any) -> Json:
        value = expr(data, scope)
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        raise unexpected_type(text, field, expected, value)

    return check


# --------------------------------------------------------------------------------------------------------- Choice
def choice_work(compiler: Compiler, state: CompiledState) -> Work:
    """Choice: the first rule that holds decides; its own Assign and Output replace the state's (recorded)."""
    rules: list[tuple[Condition, str, Any]] = []
    for index, rule in enumerate(state.source.fields.get("Choices", ())):
        field = f"Choices[{index}]"
        condition = compiler.condition(rule, field)
        if condition is not None:
            rules.append((condition, rule["Next"], _rule_after(compiler, state, rule, field)))
    default, after = state.source.fields.get("Default"), state.after

    def choose(execution: Execution, frame: Frame, data: Json) -> None:
        for condition, next, rule_after in rules:
            if condition(data, frame):
                execution.finish(frame, data, frame.max_bytes, next, rule_after)
                return
        if default is None:
            raise StatesError(
                RUNTIME,
                "Failed to transition out of the state. The state does not point to a next state.",
            )
        execution.finish(frame, data, frame.max_bytes, default, after)

    return choose


def _rule_after(compiler: Compiler, state: CompiledState, rule: dict[str, Json], field: str) -> Any:
    assign = compiler.template(rule["Assign"], f"{field}/Assign") if "Assign" in rule else None
    if compiler.jsonata:
        output = compiler.template(rule["Output"], f"{field}/Output") if "Output" in rule else None
        return jsonata_after(output, assign, keeps_result=False)
    fields = {k: v for k, v in state.source.fields.items() if k != "Assign"}
    if assign is None and "Assign" not in state.source.fields:
        return state.after
    from sfnbook.query.data_flow import dataflow

    plain = dataflow(compiler, "Choice", fields).after
    if assign is None:
        return plain

    def after(data: Json, result: Json, scope: Any) -> Any:
        return plain(data, result, scope)[0], assign(result, scope)

    return after


# ----------------------------------------------------------------------------------------------------------- Wait
def wait_work(compiler: Compiler, state: CompiledState) -> Work:
    """Wait: Seconds, SecondsPath, Timestamp or TimestampPath, checked as AWS checks them (recorded: test_wait)."""
    fields = state.source.fields
    for name in ("Seconds", "SecondsPath"):
        if name in fields:
            return _sleeper(_seconds(compiler, name, fields[name]))
    for name in ("Timestamp", "TimestampPath"):
        if name in fields:
            return _sleeper(_until(compiler, name, fields[name]))
    return lambda execution, frame, data: execution.finish(frame, data, frame.max_bytes, state.next, state.after)


def _sleeper(until: Callable[[Json, Any], float]) -> Work:
    def wait(execution: Execution, frame: Frame, data: Json) -> None:
        at = until(data, frame)
        if at - execution.now > LONGEST_WAIT:
            raise StatesError(RUNTIME, "Wait state delay is too long.")
        execution.sleep(frame, at, data)

    return wait


def _seconds(compiler: Compiler, name: str, text: Json) -> Callable[[Json, Any], float]:
    if not compiler.jsonata and name == "Seconds":
        literal = float(text)
        return lambda data, scope: float(scope.now + literal)
    expr = _referenced(compiler, name, text)

    def seconds(data: Json, scope: Any) -> float:
        value = expr(data, scope)
        if compiler.jsonata:
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise unexpected_type(text, name, "number", value)
            if value != int(value):
                words = f"The {name} field cannot be parsed as a long value: {to_text(value)}"
                raise StatesError(QUERY_EVALUATION_ERROR, words, name)
            if value < 0:
                words = f"The {name} field references a negative value: {to_text(value)}"
                raise StatesError(QUERY_EVALUATION_ERROR, words, name)
        else:
            number = whole_number(value)
            if number is None:
                raise StatesError(
                    RUNTIME, f"The {name} parameter cannot be parsed as a long value: {text} == {shown(value)}"
                )
            if number < 0:
                raise StatesError(RUNTIME, f"The {name} parameter references a negative value: {text} == {number}")
            value = number
        return float(scope.now + value)

    return seconds


def _referenced(compiler: Compiler, name: str, text: Json) -> Expr:
    """The expression of a Wait's field; a path that leads nowhere has words of its own (SecondsPath: recorded)."""
    expr = compiler.value(text, name)
    if compiler.jsonata:
        return expr

    def referenced(data: Json, scope: Any) -> Json:
        try:
            return expr(data, scope)
        except StatesError:
            words = f"The {name} parameter does not reference an input value: {text}"
            raise StatesError(RUNTIME, words) from None

    return referenced


def _until(compiler: Compiler, name: str, text: Json) -> Callable[[Json, Any], float]:
    """The moment, in whole seconds: the service cuts fractions off (guide: Wait state)."""
    if not compiler.jsonata and name == "Timestamp":
        at = parse_timestamp(text)
        literal = math.floor(at) if at is not None else None
        return lambda data, scope: float(literal) if literal is not None else scope.now
    expr = _referenced(compiler, name, text)

    def until(data: Json, scope: Any) -> float:
        value = expr(data, scope)
        at = parse_timestamp(value)
        if at is not None:
            return float(math.floor(at))
        if compiler.jsonata:
            if not isinstance(value, str):
                raise unexpected_type(text, name, "string", value)
            raise StatesError(
                QUERY_EVALUATION_ERROR,
                f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {value}",
                name,
            )
        raise StatesError(
            RUNTIME,
            f"The {name} parameter does not reference a valid ISO-8601 extended offset date-time format string: "
            f"{text} == {shown(value)}",
        )

    return until


# ------------------------------------------------------------------------------------------------------- Parallel
def parallel_work(compiler: Compiler, state: CompiledState) -> Work:
    """Parallel: every branch at once, with the same input."""
    return lambda execution, frame, data: inline_join.start_parallel(execution, frame, state.branches, data)
