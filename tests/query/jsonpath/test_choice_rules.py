"""Choice rules: every comparator, what types do, what is missing, and how a rule explains itself."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfnbook.errors import StatesError
from sfnbook.query.jsonpath.choice_rules import (
    COMPARATORS,
    IS_TESTS,
    OPERATORS,
    compile_rule,
    explain,
    instant,
    rule_text,
)
from sfnbook.query.scope import ABSENT, ExpressionError, Scope

SCOPE = Scope()


def holds(data: Any, **rule: Any) -> bool:
    return compile_rule({"Variable": "$.v", **rule})(data, SCOPE)


def test_the_table_is_complete() -> None:
    assert len(COMPARATORS) == 16
    assert len(OPERATORS) == 39  # as the specification lists them


@pytest.mark.parametrize("operator", ["IsNull", "IsPresent", "IsString", "StringEquals", "NumericEqualsPath"])
def test_null_has_no_path(operator: str) -> None:
    operand: Any = True if operator.startswith("Is") else "$"
    with pytest.raises(StatesError) as caught:
        compile_rule({"Variable": "$", operator: operand})(None, SCOPE)
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == "Unable to apply Path transformation to null or empty input."
    if operator != "IsPresent":
        with pytest.raises(StatesError, match="Unable to apply Path transformation"):
            compile_rule({"Variable": "$.v", operator: operand})(None, SCOPE)


@pytest.mark.parametrize("text", ["2020-01-01t00:00:00Z", "2020-01-01T00:00:00z", "2020-01-01t00:00:00+01:00"])
def test_a_timestamps_letters_are_upper_case(text: str) -> None:
    assert holds({"v": text}, IsTimestamp=False)
    assert not holds({"v": text}, TimestampEqualsPath="$.v")
    assert not holds({"v": text}, TimestampLessThan="2099-01-01T00:00:00Z")
    assert holds({"v": text.upper()}, IsTimestamp=True, Comment="")


SMALL_AND_BIG = {
    "Numeric": (-0.5, 2),
    "String": ("A", "AB"),
    "Timestamp": ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000000001Z"),
}


@pytest.mark.parametrize("family", SMALL_AND_BIG)
@pytest.mark.parametrize(
    ("order", "less", "same", "more"),
    [
        ("Equals", False, True, False),
        ("LessThan", True, False, False),
        ("LessThanEquals", True, True, False),
        ("GreaterThan", False, False, True),
        ("GreaterThanEquals", False, True, True),
    ],
)
def test_orders(family: str, order: str, less: bool, same: bool, more: bool) -> None:
    small, big = SMALL_AND_BIG[family]
    for left, right, expected in ((small, big, less), (small, small, same), (big, small, more)):
        assert holds({"v": left}, **{family + order: right}) is expected
        assert holds({"v": left, "w": right}, **{family + order + "Path": "$.w"}) is expected


@given(st.text(max_size=4), st.text(max_size=4))
def test_strings_are_ordered_by_their_code_units(one: str, two: str) -> None:
    units = [text.encode("utf-16-be") for text in (one, two)]
    assert holds({"v": one}, StringLessThan=two) is (units[0] < units[1])
    assert holds({"v": one, "w": two}, StringGreaterThanEqualsPath="$.w") is (units[0] >= units[1])
    assert holds({"v": one}, StringEquals=two) is (one == two)


def test_an_emoji_stands_before_the_last_characters_of_the_basic_plane() -> None:
    assert holds({"v": "\U0001f600"}, StringLessThan="\ue000")
    assert not holds({"v": "\U0001f600"}, StringGreaterThan="\uffff")


def test_zero_is_zero_and_true_is_no_number() -> None:
    assert holds({"v": 0.0}, NumericEquals=0)
    assert not holds({"v": True}, NumericEquals=1)
    assert not holds({"v": 0}, BooleanEquals=False)


@given(st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2))
def test_another_type_is_false_never_an_error(value: Any) -> None:
    for family, (example, _) in {**SMALL_AND_BIG, "Boolean": (True, None)}.items():
        if type(value) is not type(example) and not (family == "Numeric" and type(value) is int):
            assert not holds({"v": value}, **{f"{family}Equals": example})


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("log-*.txt", "log-1.txt", True),
        ("log-*.txt", "log-.txt", True),
        ("*", "", True),
        ("a*c", "a\nc", True),
        ("a.c", "abc", False),
        ("a\\*c", "a*c", True),
        ("a\\*c", "abc", False),
        ("a\\\\c", "a\\c", True),
        ("a**c", "abc", True),
    ],
)
def test_string_matches(pattern: str, text: str, expected: bool) -> None:
    assert holds({"v": text}, StringMatches=pattern) is expected


@pytest.mark.parametrize("name", sorted(IS_TESTS))
@pytest.mark.parametrize("value", [None, True, 0, 1.5, "", "x", "2020-01-01T00:00:00+01:00", [], {}])
def test_is_false_is_the_opposite_of_is_true(name: str, value: object) -> None:
    assert holds({"v": value}, **{name: True}) is not holds({"v": value}, **{name: False})


def test_null_is_present_and_what_is_missing_is_not() -> None:
    assert holds({"v": None}, IsPresent=True)
    assert not holds({}, IsPresent=True)
    assert holds({}, IsPresent=False)


def test_a_missing_variable_fails_the_state() -> None:
    with pytest.raises(StatesError) as caught:
        holds({}, NumericEquals=1)
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == ("Invalid path '$.v': The choice state's condition path references an invalid value.")


def test_and_or_stop_at_the_first_part_that_decides() -> None:
    guard = {"Variable": "$.v", "IsPresent": True}
    risky = {"Variable": "$.v", "NumericEquals": 1}
    assert compile_rule({"And": [guard, risky]})({}, SCOPE) is False
    assert compile_rule({"Or": [{"Not": guard}, risky]})({}, SCOPE) is True
    assert compile_rule({"Not": {"And": [guard, risky]}})({"v": 1}, SCOPE) is False


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1970-01-01T00:00:00Z", (0, 0)),
        ("1970-01-01t01:00:00.5+01:00", (0, 500_000_000)),
        ("1969-12-31T23:59:59Z", (-1, 0)),
        ("2024-02-29T00:00Z", (1709164800, 0)),
        ("2023-02-29T00:00:00Z", None),
        ("2023-02-24", None),
        ("2023-02-24T12:00:00", None),
        ("2023-02-24 12:00:00Z", None),
        ("2023-02-24T24:00:00Z", None),
        ("2023-02-24T12:00:00+19:00", None),
        (12, None),
    ],
)
def test_instants(text: object, moment: object) -> None:
    assert instant(text) == moment


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"Variable": "$.v"},
        {"Variable": "x", "IsNull": True},
        {"Variable": "$.v", "NumericEquals": "1"},
        {"And": []},
        {"Not": 1},
        {"Variable": "$.v", "IsNull": 1},
        {"Variable": "$.v", "IsNull": True, "IsString": True},
    ],
)
def test_what_is_no_rule_is_refused(rule: Any) -> None:
    with pytest.raises(ExpressionError):
        compile_rule(rule)


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ({"Variable": "$.a[", "IsNull": True}, "Variable"),
        ({"Variable": "$.a", "StringEqualsPath": "$."}, "StringEqualsPath"),
        (
            {"And": [{"Variable": "$.a", "IsNull": True}, {"Not": {"Variable": "$.a b", "IsNull": True}}]},
            "And[1]/Not/Variable",
        ),
    ],
)
def test_a_refused_path_has_its_place(rule: Any, where: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        compile_rule(rule)
    assert (str(caught.value), caught.value.where) == ("Value must be a valid JSONPath.", where)


def test_a_rule_explains_what_it_saw() -> None:
    rule = {
        "And": [
            {"Variable": "$.n", "NumericLessThan": 10},
            {"Or": [{"Variable": "$.s", "StringMatches": "a*"}, {"Variable": "$.t", "IsPresent": True}]},
            {"Variable": "$.u", "StringEqualsPath": "$.s"},
        ]
    }
    assert rule_text(rule) == '$.n < 10 and ($.s matches "a*" or $.t is present) and $.u == $.s'
    assert explain(rule)({"n": 3, "s": "b", "u": "b"}, SCOPE) == [
        ("$.n < 10", 3, True),
        ('$.s matches "a*"', "b", False),
        ("$.t is present", ABSENT, False),
        ("$.u == $.s", "b", None),
    ]
    assert explain({"Not": {"Variable": "$.n", "IsNull": True}})({}, SCOPE) == [("$.n is null", ABSENT, None)]
