"""JSONata as AWS runs it: where it starts and ends, what it sees, how it fails."""

from __future__ import annotations

import contextlib
import copy
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfnbook.errors import StatesError
from sfnbook.query.jsonata import JSONATA
from sfnbook.query.scope import ABSENT, ExpressionError, QueryLanguage, Scope

LANGUAGE: QueryLanguage = JSONATA


def evaluate(text: str, data: Any = None, **variables: Any) -> Any:
    scope = Scope(variables=variables, context={"Execution": {"Name": "run"}}, now=1700000000.25, random=Random(3))
    return JSONATA.value("{% " + text + " %}", "Output")(data, scope)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 1", 2),
        ("null", None),
        ("$states.input.items[price > 5].name", "ink"),  # one hit is no list (JSONata's sequences)
        ("$states.input.items.price", [2, 9]),
        ("$states.input.nested.deep", [1]),
        ("$states.context.Execution.Name", "run"),
        ("$map([1, 2], function($x){ $x * 10 })", [10, 20]),
        ("$now()", "2023-11-14T22:13:20.250Z"),
        ("$range(0, 10, 3)", [0, 3, 6, 9]),
        ("$range(1, 9, 9)", 1),  # recorded: a sequence of one is its item
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$partition([0], 4)", [[0]]),
        ("$parse('{\"a\":[1]}')", {"a": [1]}),
        ("$parse('null')", None),
        ("$hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("$exists($states.result)", False),
        ("($x := 3; $x * $x)", 9),
    ],
)
def test_examples(text: str, value: object) -> None:
    data = {"items": [{"name": "pen", "price": 2}, {"name": "ink", "price": 9}], "nested": {"deep": [1]}}
    assert evaluate(text, data) == value


def test_a_variable_shadows_a_function_of_its_name() -> None:
    assert evaluate("$sum + $n * 2", sum=3, n=5) == 13
    assert evaluate("$count", count=0) == 0
    assert evaluate("$parse & $uuid", parse="a", uuid="b") == "ab"
    assert evaluate("$sum([1, 2])", n=5) == 3


def test_only_a_whole_string_is_an_expression() -> None:
    node = {"a": "{% 1 %}", "b": " {% 1 %}", "c": ["$x", "{% [2] %}", {"d": "{% $x %}"}], "e": "$states.input"}
    filled = JSONATA.template(node, "Output")(None, Scope(variables={"x": 3}))
    assert filled == {"a": 1, "b": " {% 1 %}", "c": ["$x", [2], {"d": 3}], "e": "$states.input"}


def test_states_holds_what_the_field_has() -> None:
    scope = Scope(result={"r": 1}, error={"Error": "E"}, context={"k": 1})
    whole = JSONATA.value("{% $states %}", "Output")("in", scope)
    assert whole == {"input": "in", "context": {"k": 1}, "result": {"r": 1}, "errorOutput": {"Error": "E"}}
    assert JSONATA.value("{% $states.errorOutput.Error %}", "Output")(None, scope) == "E"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$doesNotExist", "returned nothing (undefined)."),
        ("states.input", "returned nothing (undefined)."),
        ("$states.result", "returned nothing (undefined)."),
        ("$fn := function($x){$x}", "returned an unsupported result type."),
        ("$sum", "returned an unsupported result type."),
        ("$f()", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        (
            "($f := function(){$f()}; $f())",
            "threw an error during evaluation. U1006: The evaluation exceeded its budget",
        ),
    ],
)
def test_failures_name_the_field_and_its_place(text: str, what: str) -> None:
    with pytest.raises(StatesError) as caught:
        JSONATA.template({"a": ["{% " + text + " %}"]}, "Output")({}, Scope())
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.cause.startswith(
        f"The JSONata expression '{text}' specified for the field 'Output/a[0]' {what}"
    )
    assert caught.value.location == "Output/a[0]"


def test_a_condition_is_boolean() -> None:
    condition = JSONATA.condition({"Condition": "{% $states.input.n %}"}, "Choices[0]/Condition")
    assert condition({"n": True}, Scope()) is True
    with pytest.raises(StatesError) as caught:
        condition({"n": {"a": 1}}, Scope())
    assert caught.value.cause == (
        "The JSONata expression '$states.input.n' specified for the field 'Choices[0]/Condition' returned an unexpected "
        "result type. Expected 'boolean', but was 'object' for value: {\"a\":1}"
    )


def test_items_are_an_array() -> None:
    with pytest.raises(StatesError, match="Expected 'array', but was 'number' for value: 1"):
        JSONATA.typed("{% 1 %}", "Items", "array")(None, Scope())


@pytest.mark.parametrize(
    "text", ["$$", "($)", "$keys($$)", "*", "**", "[1].($$)", "$string()", "$lookup($$, 'a')", "a.b", "$length()"]
)
def test_an_expression_has_no_document_of_its_own(text: str) -> None:
    """What looks at the root finds nothing, above all not how ``$states`` and the variables travel."""
    for whole in (f"[{text}]", f"({text}; {text})", f"[{text}, $exists($states.input), $n]"):
        found = outcome(whole, {"a": 1}, n=7)
        assert found in (ABSENT, [], [True, 7])
    assert evaluate("$merge([$states.input, {'b': $n, 'none': $$}])", {"a": None}, n=[1]) == {"a": None, "b": [1]}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("$random(1, 2)", 'T0410: Argument 2 of function "random" does not match function signature'),
        ("$range(1, 2, 3, 4)", 'T0410: Argument 4 of function "range" does not match function signature'),
        ("$parse(1)", 'T0410: Argument 1 of function "parse" does not match function signature'),
        ("$range('a', 2, 1)", 'T0410: Argument 1 of function "range" does not match function signature'),
        ("$hash('a', 5)", 'T0410: Argument 2 of function "hash" does not match function signature'),
        (
            "$formatBase(1, 99)",
            "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 99",
        ),
        ("$sqrt(-1)", "D3060: The sqrt function cannot be applied to a negative number: -1"),
        ("$number('x')", 'D3030: Unable to cast value to a number: "x"'),
    ],
)
def test_failures_have_jsonatas_code_and_words(text: str, what: str) -> None:
    with pytest.raises(StatesError) as caught:
        evaluate(text)
    assert caught.value.cause.endswith(f" threw an error during evaluation. {what}")


@pytest.mark.parametrize("text", ["1 +", "", "$eval('1')", "$", "$$.a", "a; b", "(" * 5000, "'\ud800'"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(text)


def test_random_numbers_repeat_with_the_execution() -> None:
    for text in ("$random()", "$uuid()", "$shuffle([1..20])"):
        assert evaluate(text) == evaluate(text)
    assert evaluate("[$uuid(), $uuid()]")[0] != evaluate("[$uuid(), $uuid()]")[1]
    assert evaluate("$random(5)") == evaluate("($random(); $random(5))")
    assert len({*evaluate("$map([1, 2, 3], $uuid)")}) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=10,
)


def outcome(text: str, data: Any, **variables: Any) -> Any:
    try:
        return evaluate(text, data, **variables)
    except StatesError:
        return ABSENT


@given(json_values, st.lists(st.sampled_from(["a", "b"]), max_size=3))
def test_the_short_way_of_plain_reads_gives_what_jlens_gives(data: Any, keys: list[str]) -> None:
    text = ".".join(["$states.input", *keys])
    before = copy.deepcopy(data)
    assert outcome(text, data) == outcome(f"({text})", data)
    assert data == before


@given(st.text(alphabet="$abx1.[]{}()+-*/%'\" :=,;?<>&~^@#|`", max_size=15))
def test_any_text_is_an_expression_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError, StatesError):
        evaluate(text, {"a": 1}, a=[1, 2], x={"b": None})
