"""Payload templates: what ``.$`` keys become, what stays as written, what is shared."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook.errors import StatesError
from sfnbook.query.jsonpath.language import JSONPATH
from sfnbook.query.jsonpath.template import is_static
from sfnbook.query.scope import ExpressionError, Scope

SCOPE = Scope(variables={"name": "Ann"}, context={"Execution": {"Id": "arn"}})


def fill(template: Any, data: Any) -> Any:
    return JSONPATH.template(template, "Parameters")(data, SCOPE)


def test_keys_with_a_dollar_are_evaluated_at_any_depth() -> None:
    template = {
        "n.$": "$.n",
        "who.$": "$name",
        "run.$": "$$.Execution.Id",
        "sum.$": "States.MathAdd($.n, 1)",
        "deep": [{"list": [{"x.$": "$.n"}]}, "$.n", {"plain": True}],
    }
    assert fill(template, {"n": 1}) == {
        "n": 1,
        "who": "Ann",
        "run": "arn",
        "sum": 2,
        "deep": [{"list": [{"x": 1}]}, "$.n", {"plain": True}],
    }


def test_the_order_of_keys_is_kept() -> None:
    assert list(fill({"a": 1, "b.$": "$", "c": 2}, {})) == ["a", "b", "c"]


def test_static_parts_are_shared_and_never_changed() -> None:
    static = {"k": [1, 2]}
    template = {"static": static, "x.$": "$.x"}
    first, second = fill(template, {"x": 1}), fill(template, {"x": 2})
    assert first["static"] is second["static"] is static
    assert template == {"static": {"k": [1, 2]}, "x.$": "$.x"}
    assert is_static(static)
    assert not is_static(template)


ITEMS = {"items": [1, 2], "grid": [[1], [2]], "empty": [], "text": "ab"}


@pytest.mark.parametrize(
    "path",
    [
        "$.items[2]",
        "$.items[5]",
        "$.items[-3]",
        "$.empty[0]",
        "$.grid[0][1]",
        "$['items'][9]",
        "$basket[3]",
        "$$.Execution.Input[7]",
        "$.items[(@.length-3)]",
    ],
)
def test_an_index_out_of_range_is_null(path: str) -> None:
    scope = Scope(variables={"basket": [0]}, context={"Execution": {"Input": []}})
    assert JSONPATH.template({"a": {"x.$": path}, "b": [{"y.$": path}]}, "Parameters")(ITEMS, scope) == {
        "a": {"x": None},
        "b": [{"y": None}],
    }


@pytest.mark.parametrize(
    ("form", "path"),
    [
        ("%s", "$.items[5].x"),
        ("%s", "$.grid[5][0]"),
        ("%s", "$.text[5]"),
        ("%s", "$.no[0]"),
        ("States.Format('{}', %s)", "$.items[5]"),
        ("States.Array(States.ArrayLength(%s))", "$.items[5]"),
    ],
)
def test_elsewhere_it_is_missing(form: str, path: str) -> None:
    with pytest.raises(StatesError, match="could not be found in the input") as caught:
        fill({"x.$": form % path}, ITEMS)
    assert caught.value.error == "States.Runtime"


@pytest.mark.parametrize("field", ["InputPath", "OutputPath", "ItemsPath", "SecondsPath", "TimeoutSecondsPath"])
def test_in_a_field_of_its_own_it_is_missing(field: str) -> None:
    with pytest.raises(StatesError, match="No results for path"):
        JSONPATH.value("$.items[5]", field)(ITEMS, SCOPE)


@pytest.mark.parametrize("path", ["$$.Nope.Deep", "$$.Execution.Nope", "$name.x", "$nobody"])
def test_a_cause_prints_the_input_and_not_the_context(path: str) -> None:
    with pytest.raises(StatesError) as caught:
        fill({"x.$": path}, {"n": 1})
    words = f"The JSONPath '{path}' specified for the field 'x.$' could not be found in the input '{{\"n\":1}}'"
    assert caught.value.cause == words


def test_a_missing_path_names_the_field_and_the_input() -> None:
    with pytest.raises(StatesError) as caught:
        fill({"a": {"value.$": "$.x.y"}}, {"n": 1})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "The JSONPath '$.x.y' specified for the field 'value.$' could not be found in the input '{\"n\":1}'"
    )


@pytest.mark.parametrize("value", ["hello", "States.Nothing()", "States.Format('{}'", 3, None, {"a": 1}, "$.a[", ""])
def test_what_is_neither_path_nor_intrinsic_is_refused(value: object) -> None:
    with pytest.raises(ExpressionError) as caught:
        fill({"parsed.$": value}, {})
    assert str(caught.value) == (
        "The value for the field 'parsed.$' must be a valid JSONPath or a valid intrinsic function call"
    )


def test_a_name_said_twice_is_refused() -> None:
    with pytest.raises(ExpressionError, match="'x'"):
        fill({"x": 1, "x.$": "$"}, {})


@pytest.mark.parametrize(
    ("field", "path", "cause"),
    [
        ("InputPath", "$.X", "Invalid path '$.X' : No results for path: $['X']"),
        ("OutputPath", "$.no.a", "Invalid path '$.no.a' : Missing property in path $['no']"),
        (
            "CausePath",
            "$.x",
            "The JSONPath '$.x' specified for the field 'CausePath' could not be found in the input '{}'",
        ),
    ],
)
def test_the_words_of_a_failure_depend_on_the_field(field: str, path: str, cause: str) -> None:
    with pytest.raises(StatesError) as caught:
        JSONPATH.value(path, field)({}, SCOPE)
    assert (caught.value.error, caught.value.cause) == ("States.Runtime", cause)


def test_error_and_cause_paths_take_an_intrinsic() -> None:
    assert JSONPATH.value("States.Format('no {}', $.x)", "CausePath")({"x": "luck"}, SCOPE) == "no luck"
    for text in ("States.MathAdd(1, 2)", "States.ArrayLength($.x)", "States.Format("):
        with pytest.raises(ExpressionError, match="The value for the field 'ErrorPath' must be a valid JSONPath or a"):
            JSONPATH.value(text, "ErrorPath")


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("InputPath", "Value must be a valid JSONPath."),
        ("ItemsPath", "Value must be a valid JSONPath."),
        ("SecondsPath", "Value is not a Reference Path"),
        ("ItemReader/ReaderConfig/MaxItemsPath", "Value is not a Reference Path"),
    ],
)
def test_what_is_no_path_is_refused_as_the_field_wants_it(field: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        JSONPATH.value("$.a[", field)
    assert str(caught.value) == words


@pytest.mark.parametrize("path", ["$.a", "$.a[0]", "$[*]", "$..a", "$.length()", "$['a','b']"])
def test_a_path_into_null_is_not_a_path_that_finds_nothing(path: str) -> None:
    words = "Unable to apply Path transformation to null or empty input."
    for expr in (JSONPATH.value(path, "InputPath"), JSONPATH.template({"x.$": path}, "Parameters")):
        with pytest.raises(StatesError) as caught:
            expr(None, SCOPE)
        assert (caught.value.error, caught.value.cause) == ("States.Runtime", words)
