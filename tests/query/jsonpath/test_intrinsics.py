"""The intrinsic functions: their algebra as documented, their limits, their words."""

from __future__ import annotations

import contextlib
import copy
import math
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfnbook.errors import StatesError
from sfnbook.query.jsonpath.grammar import equal
from sfnbook.query.jsonpath.intrinsics import INTRINSICS, compile_call, miscounted, parse
from sfnbook.query.scope import ExpressionError, Scope
from sfnbook.values import from_text, to_text

scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | st.text(max_size=8)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


def call(text: str, *values: Any, seed: int = 0) -> Any:
    """Evaluate an intrinsic whose arguments ``$.a``, ``$.b``, ``$.c`` are ``values``."""
    return compile_call(text)(dict(zip("abc", values, strict=False)), Scope(random=Random(seed)))


def test_there_are_eighteen() -> None:
    assert len(INTRINSICS) == 18


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.Array()", []),
        ("States.Array(1, 'x', null, true, -1.5, $.a)", [1, "x", None, True, -1.5, {"k": [1]}]),
        ("States.Format('{} and {}', 1, $.a)", "1 and {k=[1]}"),
        (r"States.Format('\{it\'s\} {} \\', null)", "{it's} null \\"),
        ("States.StringSplit('This.is+a,test', '.+,')", ["This", "is", "a", "test"]),
        ("States.StringSplit(',,,,', ',')", []),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(5, 1, -2)", [5, 3, 1]),
        ("States.ArrayGetItem(States.Array(4, 5), 1)", 5),
        ("States.Hash('input data', 'SHA-1')", "aaff4a450a104cd177d28d18d74485e8cae074b7"),
        ("States.JsonToString($.a)", '{"k":[1]}'),
        ("States.StringToJson(' ')", None),
        ("States.JsonMerge($.a, States.StringToJson('{\"k\":2}'), false)", {"k": 2}),
        ("States.ArrayLength($.a.k)", 1),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
    ],
)
def test_examples(text: str, value: object) -> None:
    assert call(text, {"k": [1]}) == value


@given(st.lists(json_values, max_size=20), st.integers(1, 7))
def test_partitions_concatenate_back(items: list[Any], size: int) -> None:
    parts = call("States.ArrayPartition($.a, $.b)", items, size)
    assert [item for part in parts for item in part] == items
    assert all(len(part) == size for part in parts[:-1])


@given(st.lists(json_values, max_size=12))
def test_unique_keeps_the_first_of_each_and_contains_finds_every_item(items: list[Any]) -> None:
    unique = call("States.ArrayUnique($.a)", items)
    assert all(call("States.ArrayContains($.a, $.b)", unique, item) for item in items)
    assert not any(equal(a, b) for i, a in enumerate(unique) for b in unique[:i])


def test_true_is_not_one() -> None:
    assert call("States.ArrayUnique($.a)", [1, True, 1.0, "1", False, 0]) == [1, True, "1", False, 0]
    assert not call("States.ArrayContains($.a, $.b)", [[1]], [True])
    assert not call("States.ArrayContains($.a, $.b)", [1], True)


@given(st.text(max_size=200))
def test_base64_round_trip(text: str) -> None:
    scope = Scope()
    encoded = compile_call("States.Base64Encode($)")(text, scope)
    assert compile_call("States.Base64Decode($)")(encoded, scope) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "-0.0"),
        (100.0, "100.0"),
        (0.001, "0.001"),
        (9999999.5, "9999999.5"),
        (1e7, "1.0E7"),
        (-123456789.25, "-1.2345678925E8"),
        (1e22, "1.0E22"),
        (0.00025, "2.5E-4"),
        (1e-7, "1.0E-7"),
        (10**22, "10000000000000000000000"),
    ],
)
def test_numbers_are_written_as_java_writes_them(number: float, text: str) -> None:
    assert call("States.Format('{}', $.a)", number) == text
    assert call("States.Format('{}', $.a)", {"n": [number]}) == f"{{n=[{text}]}}"
    assert call("States.JsonToString($.a)", number) == text
    assert call("States.JsonToString($.a)", {"n": [number, "x"]}) == f'{{"n":[{text},"x"]}}'


@given(json_values)
def test_json_round_trip(value: Any) -> None:
    text = compile_call("States.JsonToString($)")(value, Scope())
    assert from_text(text) == value
    back = compile_call("States.StringToJson($)")(text, Scope())
    assert equal(back, value)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_math_add_rounds_each_half_up_first(a: float, b: float) -> None:
    assert call("States.MathAdd($.a, $.b)", a, b) == math.floor(a + 0.5) + math.floor(b + 0.5)


@given(st.integers(-1000, 1000), st.integers(1, 1000), st.integers())
def test_math_random_stays_in_its_range_and_repeats_for_a_seed(start: int, width: int, seed: int) -> None:
    drawn = call("States.MathRandom($.a, $.b)", start, start + width, seed=seed)
    assert start <= drawn < start + width
    assert drawn == call("States.MathRandom($.a, $.b)", start, start + width, seed=seed)
    assert call("States.MathRandom(1, 9999, 7)", seed=1) == call("States.MathRandom(1, 9999, 7)", seed=2)


def test_uuids_are_version_4_and_repeat_with_the_execution() -> None:
    first, again, other = call("States.UUID()"), call("States.UUID()"), call("States.UUID()", seed=1)
    assert first == again != other
    assert first[14] == "4"


INVALID = [
    # every function with every kind of wrong argument
    *(
        f"States.MathAdd({a})"
        for a in ("'x', 1", "1, null", "true, 1", "1", "1, 2, 3", "2147483648, 0", "2147483647, 1")
    ),
    *("States.MathAdd(-2147483649, 0)", "States.MathAdd($.a, 2147483647)", "States.MathAdd($.a, 'x')"),
    *(f"States.MathRandom({a})" for a in ("1, 1", "2, 1", "0.6, 0.9", "'a', 3", "1", "1, 2, 3, 4", "1, 9, 'x'")),
    *("States.MathRandom(-2147483648, 2147483647)", "States.MathRandom(0, 2147483648)"),
    *(f"States.ArrayPartition({a})" for a in ("$.a, 1", "States.Array(1), 0", "States.Array(1), 0.6", "null, 1")),
    *(f"States.ArrayRange({a})" for a in ("1, 9, 0", "1, 9, 0.9", "0, 1000, 1", "'1', 2, 1", "1, 2")),
    *(
        f"States.ArrayGetItem({a})"
        for a in ("States.Array(1), 1", "States.Array(1), -1", "States.Array(1), 'x'", "1, 0")
    ),
    *(f"States.ArrayContains({a})" for a in ("1, 1", "States.Array(1)", "'x', 'x'")),
    *(f"States.ArrayLength({a})" for a in ("'x'", "null", "", "States.Array(1), 1")),
    *(f"States.ArrayUnique({a})" for a in ("1", "", "States.Array(1), 1")),
    *(f"States.StringSplit({a})" for a in ("1, ','", "'a', 1", "'a'", "'a', ',', 1")),
    *(f"States.Base64Encode({a})" for a in ("1", "null", "", "'a', 'b'")),
    *(f"States.Base64Decode({a})" for a in ("1", "'!!!'", "'Y'", "'YQ='", "")),
    *(f"States.Hash({a})" for a in ("'x', 'CRC'", "'x', 1", "'x'", "'x', 'MD5', 1")),
    *(f"States.JsonMerge({a})" for a in ("1, 2, false", "States.StringToJson('null'), 1, false", "1")),
    *(f"States.Format({a})" for a in ("1", "'{} {}', 1", "'{}', 1, 2", "'{}'", "")),
    *(f"States.StringToJson({a})" for a in ("1", "", "'1', '2'")),
    "States.JsonToString()",
]


@pytest.mark.parametrize("text", INVALID)
def test_a_failing_call_says_which_and_no_reason(text: str) -> None:
    name = text.partition("(")[0]
    with pytest.raises(StatesError) as caught:
        call(text, 1)
    assert caught.value.error == "States.Runtime"
    words = f"There was an error while evaluating the intrinsic function: {text}. Invalid arguments in {name}"
    assert caught.value.cause == words


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (
            "States.JsonToString(1, 2)",
            "Invalid arguments in States.JsonToString: only a single argument is allowed.",
        ),
        (
            "States.Array(1, States.ArrayLength('x'))",  # the outer call, as it is written; the inner one's name
            "Invalid arguments in States.ArrayLength",
        ),
        (
            "States.StringToJson('[')",
            "Cannot convert String to Json in States.StringToJson, caused by: "
            "Unexpected end-of-input: expected close marker for Array",
        ),
        (
            "States.StringToJson('no')",
            "Cannot convert String to Json in States.StringToJson, caused by: Unrecognized token 'no': "
            "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')",
        ),
        ("States.Format('a{b', 1)", "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('a}b', 1)", "Invalid template in States.Format: matching '{' not found for '}'."),
        ("States.Format($.b)", "Invalid template in States.Format: matching '}' not found for '{'."),
    ],
)
def test_a_failing_call_with_words_of_its_own(text: str, why: str) -> None:
    with pytest.raises(StatesError) as caught:
        call(text, 1, "{")
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == f"There was an error while evaluating the intrinsic function: {text}. {why}"


@pytest.mark.parametrize("path", ["$.x", "$$.Nope.Deep", "$.a.x", "$unknown"])
@pytest.mark.parametrize("form", ["States.Format('{}', %s)", "States.Array(1, States.ArrayLength(%s))"])
def test_a_missing_argument_is_said_with_the_states_input(path: str, form: str) -> None:
    text = form % path
    with pytest.raises(StatesError) as caught:
        call(text, 1)
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        f"The function '{text}' had the following error: The JsonPath argument for the field '{path}' could not be "
        "found in the input '{\"a\":1}'"
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("States.ArrayPartition($.a, 2.6)", [[1, 2], [3]]),
        ("States.ArrayRange(0.9, 3.9, 1.9)", [0, 1, 2, 3]),
        ("States.ArrayRange(-1.7, 1, 1)", [-1, 0, 1]),
        ("States.ArrayGetItem($.a, 1.9)", 2),
        ("States.ArrayGetItem(States.Array(), 5)", None),
        ("States.MathRandom(0.6, 1.9)", 0),
        ("States.MathAdd(0.5, 0.6)", 2),
        ("States.MathAdd(2147483646.5, 0)", 2147483647),
        ("States.MathRandom(1, 100, 42)", 63),
        ("States.MathRandom(1, 100, 42.9)", 63),
        ("States.ArrayContains($.a, '2')", True),
        ("States.ArrayContains(States.Array('2'), 2)", True),
        ("States.ArrayContains($.a, '4')", False),
        ("States.Base64Decode('YQ')", "a"),
        ("States.Base64Decode('YQ==')", "a"),
    ],
)
def test_fractions_seeds_and_leniency(text: str, value: object) -> None:
    assert call(text, [1, 2, 3]) == value


def test_an_uuid_ignores_its_arguments() -> None:
    assert call("States.UUID('x')") == call("States.UUID()")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("States.MathAdd(1)", "States.MathAdd does not take 1 argument"),
        ("States.UUID('x')", "States.UUID does not take 1 argument"),
        ("States.Array(States.ArrayLength())", "States.ArrayLength does not take 0 arguments"),
        ("States.Array(1, 2, 3)", None),
        ("States.MathRandom(1, 2, 3)", None),
    ],
)
def test_a_wrong_number_of_arguments_is_worth_a_warning(text: str, said: str | None) -> None:
    assert miscounted(parse(text)) == said


@pytest.mark.parametrize(
    "text",
    [
        "States.Nothing()",
        r"States.StringToJson('{\"a\":1}')",
        "States.Array('x)",
        "States.Array(x)",
        "States.Array(1,)",
        "States.Array(1e400)",
        "States.Array(1) 2",
        "States.Array(" * 11 + "1" + ")" * 11,
    ],
)
def test_what_is_no_call_is_refused(text: str) -> None:
    with pytest.raises(ExpressionError):
        compile_call(text)


def test_calls_nest_ten_deep() -> None:
    assert call("States.Array(" * 10 + "1" + ")" * 10) == [[[[[[[[[[1]]]]]]]]]]


@given(
    st.sampled_from(sorted(INTRINSICS)),
    st.lists(json_values, max_size=3),
    st.lists(st.sampled_from(["$.a", "$.b", "$.c", "'{}'", "'x y'", "0", "-2.5", "null", "true", "'MD5'"]), max_size=3),
)
def test_any_call_gives_json_or_a_states_error_and_changes_nothing(
    name: str, values: list[Any], arguments: list[str]
) -> None:
    before = copy.deepcopy(values)
    with contextlib.suppress(ExpressionError, StatesError):
        to_text(call(f"States.{name}({', '.join(arguments)})", *values))
    assert values == before


@given(st.text(alphabet="States.FormatArray(),'{}\\ $.a1\"[]", max_size=40))
def test_any_text_is_a_call_or_an_expression_error(text: str) -> None:
    with contextlib.suppress(ExpressionError, StatesError):
        call("States." + text)
