"""What a state does to its data before and after its work, for both query languages.

`before` makes the work's input from the state's input, `after` makes the state's output and its variables from the
work's result. Each is one closure, made once; the same stages, by AWS's names, serve the inspector and TestState.
Here the query languages stop: the caller does not know which one it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeAlias

from sfnbook.errors import REFERENCE_PATH_CONFLICT, StatesError
from sfnbook.language.definition import Address, address_location
from sfnbook.query.jsonpath.paths import reference_path
from sfnbook.query.scope import ABSENT, Condition, Expr, ExpressionError, QueryLanguage, Scope
from sfnbook.values import Json, put, size, to_text

Before: TypeAlias = Callable[[Json, Scope], Json]
After: TypeAlias = Callable[[Json, Json, Scope], "tuple[Json, dict[str, Json] | None]"]
"""(state input, work's result, scope) -> (state output, assigned variables or None)."""

WITH_RESULT: Final = frozenset({"Task", "Parallel", "Map"})
"""The states whose work has a result of its own; the others pass their effective input on."""


class Stage(NamedTuple):
    """One step of the data: AWS's name for what comes out, the field that made it, and that field's text."""

    name: str
    field: str
    expression: Json
    value: Json = ABSENT


class Step(NamedTuple):
    """A compiled stage: ``apply(value so far, state input, scope)``."""

    name: str
    field: str
    expression: Json
    apply: Callable[[Json, Json, Scope], Json]


class Growth(NamedTuple):
    """An upper bound for the size of an output: ``times * size(input) + result_times * size(result) + plus`` bytes.

    ``None`` in place of a Growth means that only counting helps.
    """

    times: int
    result_times: int
    plus: int


class Dataflow(NamedTuple):
    """A state's data flow. ``before`` is None where the input passes unchanged.

    growth bounds the output, entry what ``before`` makes.
    """

    before: Before | None
    after: After
    growth: Growth | None
    entry: Growth | None
    steps_before: tuple[Step, ...]
    steps_after: tuple[Step, ...]

    def trace_before(self, data: Json, scope: Scope) -> list[Stage]:
        """Return the stages up to the work, each with its value. Raises StatesError where an expression fails."""
        return _trace(self.steps_before, data, data, scope)

    def trace_after(self, data: Json, result: Json, scope: Scope) -> list[Stage]:
        """Return the stages from the work's result to the output."""
        return _trace(self.steps_after, result, data, scope)


def _trace(steps: tuple[Step, ...], value: Json, data: Json, scope: Scope) -> list[Stage]:
    stages = []
    for step in steps:
        value = step.apply(value, data, scope)
        stages.append(Stage(step.name, step.field, step.expression, value))
    return stages


class Problem(NamedTuple):
    """An expression that makes a definition wrong, or only a warning.

    where: AWS's location. code: AWS's, "" for the usual one. hint: what to do about it. rule: the rule's number and name.
    """

    where: str
    message: str
    code: str = ""
    hint: str = ""
    rule: str = "ASL901 invalid-expression"
    warning: bool = False


EVERYWHERE: Final = frozenset({"input", "context"})
"""The members of ``$states`` that every field sees."""


def states_members(kind: str, field: str) -> frozenset[str]:
    """Return the members of ``$states`` that a field of a state of type ``kind`` sees (guide, "Transforming data").

    A result is there once the work is done, an error output where it is caught:

    >>> sorted(states_members("Task", "Output/a[0]") - EVERYWHERE), sorted(states_members("Pass", "Output") - EVERYWHERE)
    (['result'], [])
    >>> sorted(states_members("Map", "Catch[1]/Assign/x") - EVERYWHERE)
    ['errorOutput']
    """
    first, *rest = field.split("/")
    if first.startswith("Catch[") and rest and rest[0] in ("Assign", "Output"):
        return EVERYWHERE | {"errorOutput"}
    return EVERYWHERE | {"result"} if kind in WITH_RESULT and first in ("Assign", "Output") else EVERYWHERE


class Compiler:
    """Turns fields into expressions and collects what it cannot read, or AWS refuses, instead of raising.

    ``kind``: the state's type.
    """

    def __init__(self, language: QueryLanguage, address: Address, problems: list[Problem], kind: str) -> None:
        self.language = language
        self.kind = kind
        self.where = address_location(address)
        self.problems = problems
        self.jsonata = language.name == "JSONata"

    def value(self, text: Json, field: str) -> Expr:
        return self._try(self.language.value, text, field)

    def template(self, node: Json, field: str) -> Expr:
        return self._try(self.language.template, node, field)

    def reference(self, text: str, field: str) -> tuple[str | int, ...]:
        try:
            return reference_path(text)
        except ExpressionError as problem:
            self.problem(field, str(problem))
            return ()

    def condition(self, rule: Mapping[str, Json], field: str) -> Condition | None:
        """Return the closure of a choice rule, None for one that cannot be read."""
        try:
            condition = self.language.condition(rule, field)
        except ExpressionError as problem:
            self._note(problem, field)
            return None
        self._refuse(rule.get("Condition"), f"{field}/Condition")
        return condition

    def problem(self, field: str, message: str, code: str = "", *, warning: bool = False) -> None:
        where = f"{self.where}/{field}" if field else self.where
        self.problems.append(Problem(where, message, code, warning=warning))

    def _note(self, problem: ExpressionError, field: str) -> None:
        self.problem(problem.where or field, str(problem), problem.code, warning=problem.warning)

    def _refuse(self, node: Json, field: str) -> None:
        for problem in self.language.refused(node, field, states_members(self.kind, field)):
            self._note(problem, field)

    def _try(self, make: Callable[[Json, str], Expr], node: Json, field: str) -> Expr:
        try:
            expr = make(node, field)
        except ExpressionError as problem:
            self._note(problem, field)
            return lambda data, scope: None
        self._refuse(node, field)
        return expr


def dataflow(compiler: Compiler, kind: str, fields: Mapping[str, Json]) -> Dataflow:
    """Return the data flow of a state of type ``kind`` with these fields."""
    return _jsonata(compiler, kind, fields) if compiler.jsonata else _jsonpath(compiler, kind, fields)


# ------------------------------------------------------------------------------------------------------- JSONPath
def _jsonpath(compiler: Compiler, kind: str, fields: Mapping[str, Json]) -> Dataflow:
    before: list[Step] = []
    input_path = _path_field(compiler, fields, "InputPath")
    if input_path is not None:
        before.append(Step("afterInputPath", "InputPath", fields["InputPath"], _on_value(input_path)))
    if "Parameters" in fields and kind in ("Task", "Parallel", "Pass"):
        template = compiler.template(fields["Parameters"], "Parameters")
        before.append(Step("afterParameters", "Parameters", fields["Parameters"], _on_value(template)))

    selector = None
    after: list[Step] = []
    if "ResultSelector" in fields and kind in WITH_RESULT:
        selector = compiler.template(fields["ResultSelector"], "ResultSelector")
        after.append(Step("afterResultSelector", "ResultSelector", fields["ResultSelector"], _on_value(selector)))
    place: tuple[str | int, ...] | None = ()
    if "ResultPath" in fields and (kind in WITH_RESULT or kind == "Pass"):
        text = fields["ResultPath"]
        place = None if text is None else compiler.reference(text, "ResultPath") if isinstance(text, str) else ()
        after.append(Step("afterResultPath", "ResultPath", text, _result_path(place, text)))
    output_path = _path_field(compiler, fields, "OutputPath")
    if output_path is not None:
        after.append(Step("output", "OutputPath", fields["OutputPath"], _on_value(output_path)))
    assign = compiler.template(fields["Assign"], "Assign") if "Assign" in fields else None
    return Dataflow(
        _compose(before),
        _jsonpath_after(selector, place, fields.get("ResultPath"), output_path, assign),
        _growth(kind, fields, place),
        _entry(kind, fields),
        tuple(before),
        tuple(after),
    )


def _path_field(compiler: Compiler, fields: Mapping[str, Json], field: str) -> Expr | None:
    """The expression of InputPath or OutputPath: None when it changes nothing, ``{}`` for null."""
    if field not in fields:
        return None
    text = fields[field]
    if text is None:
        return lambda data, scope: {}
    return None if text == "$" else compiler.value(text, field)


def _on_value(expr: Expr) -> Callable[[Json, Json, Scope], Json]:
    return lambda value, data, scope: expr(value, scope)


def _result_path(place: tuple[str | int, ...] | None, text: Json) -> Callable[[Json, Json, Scope], Json]:
    return lambda value, data, scope: data if place is None else _put(data, place, value, text)


def _put(data: Json, place: tuple[str | int, ...], result: Json, text: Json) -> Json:
    """Return the input with the result at ResultPath's place.

    AWS's documents call the failure States.ResultPathMatchFailure; runs end with States.ReferencePathConflict, in these
    words (cdklabs/construct-hub#459 for an array, aws/aws-cdk#29473 for a text), and nothing before them.
    """
    try:
        return put(data, place, result)
    except LookupError:
        step = f'step "{place[0]}"' if isinstance(data, list) and isinstance(place[0], str) else f"ReferencePath {text}"
        raise StatesError(REFERENCE_PATH_CONFLICT, f"Unable to apply {step} to input {to_text(data)}") from None


def _compose(steps: list[Step]) -> Before | None:
    if not steps:
        return None
    if len(steps) == 1:
        only = steps[0].apply
        return lambda data, scope: only(data, data, scope)
    first, second = steps[0].apply, steps[1].apply
    return lambda data, scope: second(first(data, data, scope), data, scope)


def keep_result(data: Json, result: Json, scope: Scope) -> tuple[Json, None]:
    """Return the result as the output: the `After` of a state without fields. The engine need not call it."""
    return result, None


def _jsonpath_after(
    selector: Expr | None,
    place: tuple[str | int, ...] | None,
    place_text: Json,
    output_path: Expr | None,
    assign: Expr | None,
) -> After:
    """One closure for the stages after the work; the common short forms have their own."""
    if selector is None and output_path is None and assign is None:
        if place is None:
            return lambda data, result, scope: (data, None)
        if not place:
            return keep_result
        if len(place) == 1 and isinstance(place[0], str):
            key = place[0]

            def put_key(data: Json, result: Json, scope: Scope) -> tuple[Json, None]:
                if type(data) is not dict:
                    return _put(data, place, result, place_text), None
                output = data.copy()  # keeps the table of keys, which building it anew does not
                output[key] = result
                return output, None

            return put_key
        if len(place) == 2 and isinstance(place[0], str) and isinstance(place[1], str):
            outer, inner = place

            def put_inside(data: Json, result: Json, scope: Scope) -> tuple[Json, None]:
                held = data.get(outer) if type(data) is dict else None
                if type(held) is not dict:
                    return _put(data, place, result, place_text), None
                output, held = data.copy(), held.copy()
                held[inner] = result
                output[outer] = held
                return output, None

            return put_inside

    def after(data: Json, result: Json, scope: Scope) -> tuple[Json, dict[str, Json] | None]:
        assigned = assign(result, scope) if assign is not None else None  # beside ResultSelector, not after it (guide)
        if selector is not None:
            result = selector(result, scope)
        output = data if place is None else _put(data, place, result, place_text) if place else result
        if output_path is not None:
            output = output_path(output, scope)
        return output, assigned

    return after


_SMALL: Final = (
    "States.MathAdd(",
    "States.MathRandom(",
    "States.UUID(",
    "States.ArrayLength(",
    "States.ArrayContains(",
)


def _growth(kind: str, fields: Mapping[str, Json], place: tuple[str | int, ...] | None) -> Growth | None:
    """Bound the output's size from the fields alone, or None when an expression could make it grow freely."""
    paths = [fields.get(name, "$") for name in ("InputPath", "OutputPath")]
    if any(isinstance(p, str) and not is_part(p) for p in paths) or "ResultSelector" in fields:
        return None
    if kind == "Pass":
        if "Result" in fields:
            made: tuple[int, int] | None = (0, size(fields["Result"]))
        elif "Parameters" in fields:
            made = _template_growth(fields["Parameters"])
        else:
            made = (1, 0)
    elif kind in WITH_RESULT:
        if place is None:
            return Growth(1, 0, 0)
        return Growth(1, 1, _place_size(place)) if place else Growth(0, 1, 0)
    else:
        return Growth(1, 0, 0)
    if made is None:
        return None
    times, plus = made
    if place is None:
        return Growth(1, 0, 2)
    return Growth(times + 1, 0, plus + _place_size(place)) if place else Growth(times, 0, plus + 2)


def _entry(kind: str, fields: Mapping[str, Json]) -> Growth | None:
    """Bound the size of what InputPath and Parameters make of the input."""
    if kind == "Pass" and not {"Result", "ResultPath", "OutputPath"} & fields.keys():
        return Growth(0, 0, 0)  # it is the output, which is counted anyway
    if not is_part(fields.get("InputPath") or "$"):
        return None
    if "Parameters" not in fields or kind not in ("Task", "Parallel", "Pass"):
        return Growth(1, 0, 2)
    made = _template_growth(fields["Parameters"])
    return Growth(made[0], 0, made[1]) if made is not None else None


def _place_size(place: tuple[str | int, ...]) -> int:
    return sum(6 * len(str(part)) + 6 for part in place)


def is_part(text: str) -> bool:
    """Whether a path takes a part of the input, which cannot be larger: no variable, no Context object, no list made."""
    if not text.startswith("$") or text[1:2] not in ("", ".", "["):
        return False
    return not any(c in text for c in "*?:,@") and ".." not in text and "(" not in text


def _template_growth(node: Json) -> tuple[int, int] | None:
    if isinstance(node, dict):
        times = plus = 0
        for key, child in node.items():
            if key.endswith(".$") and isinstance(child, str):
                inner: tuple[int, int] | None
                if child.startswith(_SMALL):
                    inner = (0, 64)
                elif is_part(child):
                    inner = (1, 0)
                else:
                    inner = None
            else:
                inner = _template_growth(child)
            if inner is None:
                return None
            times, plus = times + inner[0], plus + inner[1] + 6 * len(key) + 4
        return times, plus + 2
    return 0, size(node)


# -------------------------------------------------------------------------------------------------------- JSONata
def _jsonata(compiler: Compiler, kind: str, fields: Mapping[str, Json]) -> Dataflow:
    before: list[Step] = []
    arguments = None
    if "Arguments" in fields and kind in ("Task", "Parallel"):
        arguments = compiler.template(fields["Arguments"], "Arguments")
        before.append(Step("afterArguments", "Arguments", fields["Arguments"], _on_input(arguments)))
    output = compiler.template(fields["Output"], "Output") if "Output" in fields else None
    assign = compiler.template(fields["Assign"], "Assign") if "Assign" in fields else None
    steps = (Step("output", "Output", fields["Output"], _on_input(output)),) if output is not None else ()
    growth = Growth(0, 1, 0) if kind in WITH_RESULT else Growth(1, 0, 0)
    return Dataflow(
        arguments,
        jsonata_after(output, assign, keeps_result=kind in WITH_RESULT),
        growth if output is None else None,
        None,
        tuple(before),
        steps,
    )


def _on_input(expr: Expr) -> Callable[[Json, Json, Scope], Json]:
    return lambda value, data, scope: expr(data, scope)


def jsonata_after(output: Expr | None, assign: Expr | None, *, keeps_result: bool) -> After:
    """Return the closure that evaluates Assign and Output, both with the variables as on entry."""
    if output is None and assign is None:
        return keep_result if keeps_result else lambda data, result, scope: (data, None)

    def after(data: Json, result: Json, scope: Scope) -> tuple[Json, dict[str, Json] | None]:
        scope.result = result if keeps_result else ABSENT
        try:
            assigned = assign(data, scope) if assign is not None else None
            if output is not None:
                return output(data, scope), assigned
            return (result if keeps_result else data), assigned
        finally:
            scope.result = ABSENT  # no other field has it, neither here nor in the next state

    return after


# ---------------------------------------------------------------------------------------------------------- Catch
def catch_flow(compiler: Compiler, fields: Mapping[str, Json], field: str) -> After:
    """Return the data flow of a Catcher: the "result" is the error output ``{"Error", "Cause"}``."""
    assign = compiler.template(fields["Assign"], f"{field}/Assign") if "Assign" in fields else None
    if compiler.jsonata:
        output = compiler.template(fields["Output"], f"{field}/Output") if "Output" in fields else None

        def jsonata_catch(data: Json, error: Json, scope: Scope) -> tuple[Json, dict[str, Json] | None]:
            scope.error = error
            try:
                assigned = assign(data, scope) if assign is not None else None
                return (output(data, scope) if output is not None else error), assigned
            finally:
                scope.error = ABSENT

        return jsonata_catch
    text = fields.get("ResultPath", "$")
    place = None if text is None else compiler.reference(text, f"{field}/ResultPath")
    return _jsonpath_after(None, place, text, None, assign)
