"""The branches of JSONata expressions: which there are, which ways an evaluation went, and what runs cover of them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from sfnbook import StateMachine, mock, raises, returns
from sfnbook.coverage.collect import coverage_of
from sfnbook.coverage.items import items, path_of
from sfnbook.coverage.report import markdown, missing_lines, text
from sfnbook.query.jsonata.branches import branches, ways_taken
from sfnbook.query.scope import Scope

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"}


def ways(expression: str, input: Any = None, **variables: Any) -> list[tuple[str, str]]:
    """The operators of an expression with the ways they went, in the order of the text."""
    scope = Scope(variables={"t": True, "f": False, **variables}, context={}, now=0.0, random=Random(0))
    names = {branch.start: branch.operator for branch in branches(expression)}
    return [(names[start], way) for start, way in sorted(ways_taken(expression, input or {}, scope))]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("$t ? 1 : 2", [("?", "then")]),
        ("$f ? 1", []),  # undefined: what failed is not known to have branched
        ("$t ? 1", [("?", "then")]),
        ("$f ? 1 : $t ? 2 : 3", [("?", "else"), ("?", "then")]),
        ("$t ? $f ? 1 : 2 : 3", [("?", "then"), ("?", "else")]),
        ("($t ? $f : 1) ? 3 : 4", [("?", "then"), ("?", "else")]),
        ("$f and $t", [("and", "left")]),
        ("$t and $f", [("and", "right")]),
        ("$t or $f", [("or", "left")]),
        ("$f or $f or $t", [("or", "right"), ("or", "right")]),
        ("$f and $t or $t and $f", [("and", "left"), ("or", "right"), ("and", "right")]),
        ("$map([1, 2], function($v) { $v > 1 ? 'big' : 'small' })", [("?", "else"), ("?", "then")]),
        ("[1, 2][$ = 1 and $t]", [("and", "left"), ("and", "right")]),
        ("{'é😀': $t and $f ? 'ü' : 'and ? or'}", [("and", "right"), ("?", "else")]),
        ("/* $t ? 1 : 2 */ $t and $t", [("and", "right")]),
        ("$states.input.and and $states.input.n > 3", [("and", "right")]),
        ("$exists($substring(?, 1)) or $t", [("or", "left")]),
        ("$t ? 1 : $error('x')", [("?", "then")]),
    ],
)
def test_ways(expression: str, expected: list[tuple[str, str]]) -> None:
    assert ways(expression, {"and": True, "n": 4}) == expected


def test_what_chance_decides_is_not_counted() -> None:
    assert branches("$random() > 0.5 ? 1 : 2") == ()
    assert branches("$uuid() = 'a' or $t") == ()


def machine(states: dict[str, Any]) -> StateMachine:
    return StateMachine({"QueryLanguage": "JSONata", "StartAt": next(iter(states)), "States": states}, name="m")


def uncovered(*runs: Any) -> list[str]:
    (found,) = coverage_of(runs)
    return [f"{item.address.rpartition('/')[2]} {item.text}" for item in found.missing if item.kind == "branch"]


PASS = machine({"A": {"Type": "Pass", "Output": {"size": "{% $states.input.n > 1 ? 'big' : 'small' %}"}, "End": True}})


def test_a_pass_is_covered_by_both_ways() -> None:
    expression = "$states.input.n > 1 ? 'big' : 'small'"
    assert uncovered(PASS.run({"n": 2})) == [f"A Output/size: else of {expression}"]
    assert uncovered(PASS.run({"n": 0})) == [f"A Output/size: then of {expression}"]
    assert uncovered(PASS.run({"n": 2}), PASS.run({"n": 0})) == []


def test_the_reports_have_a_column_for_them() -> None:
    (found,) = coverage_of([PASS.run({"n": 2})])
    assert found.counts("branch") == (1, 2)
    assert "JSONata branches" in text([found])
    assert "| JSONata branches |" in markdown([found])
    assert missing_lines(found) == ["A: Output/size: else of $states.input.n > 1 ? 'big' : 'small'"]
    plain = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="plain")
    assert "JSONata" not in text(coverage_of([plain.run()]))


CHOICE = machine(
    {
        "C": {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $states.input.a and $states.input.b %}",
                    "Assign": {"x": "{% $states.input.n ? 1 : 2 %}"},
                    "Next": "A",
                },
                {"Condition": "{% $states.input.a or $states.input.b %}", "Next": "A"},
            ],
            "Output": "{% $states.input.n ? 1 : 2 %}",
            "Default": "A",
        },
        "A": {"Type": "Succeed"},
    }
)


def test_a_choice_is_covered_as_far_as_its_rules_were_looked_at() -> None:
    both, first = "$states.input.a and $states.input.b", "$states.input.a or $states.input.b"
    run = CHOICE.run({"a": True, "b": True, "n": True})
    assert uncovered(run) == [
        f"C Choices[0]/Condition: left side alone of {both}",
        "C Choices[0]/Assign/x: else of $states.input.n ? 1 : 2",
        f"C Choices[1]/Condition: left side alone of {first}",
        f"C Choices[1]/Condition: right side of {first}",
        "C Output: then of $states.input.n ? 1 : 2",
        "C Output: else of $states.input.n ? 1 : 2",
    ]
    more = [CHOICE.run({"a": a, "b": b, "n": n}) for a in (True, False) for b in (True, False) for n in (True, False)]
    assert uncovered(*more) == []


CALLED = machine(
    {
        "T": {
            **TASK,
            "Arguments": {"mode": "{% $states.input.fast ? 'fast' : 'slow' %}"},
            "Assign": {"ok": "{% $states.result.n > 1 and $states.input.fast %}"},
            "Output": "{% $states.result.n > 1 ? $states.result : $states.input %}",
            "Catch": [
                {"ErrorEquals": ["Gone"], "Output": "{% $states.errorOutput.Cause = 'x' ? 1 : 2 %}", "Next": "Done"},
                {"ErrorEquals": ["States.ALL"], "Next": "Done"},
            ],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    }
)


def test_a_task_is_covered_by_its_result_and_by_the_catcher_that_took_its_error() -> None:
    good = CALLED.run({"fast": True}, mocks=[mock("T", returns({"n": 2}))])
    found = uncovered(good)
    assert [line for line in found if "Arguments" in line or "Assign" in line or " Output" in line] == [
        "T Arguments/mode: else of $states.input.fast ? 'fast' : 'slow'",
        "T Assign/ok: left side alone of $states.result.n > 1 and $states.input.fast",
        "T Output: else of $states.result.n > 1 ? $states.result : $states.input",
    ]
    caught = CALLED.run({"fast": False}, mocks=[mock("T", raises("Gone", "x"))])
    assert "T Catch[0]/Output: then of $states.errorOutput.Cause = 'x' ? 1 : 2" in found
    assert uncovered(good, caught) == [
        "T Assign/ok: left side alone of $states.result.n > 1 and $states.input.fast",
        "T Output: else of $states.result.n > 1 ? $states.result : $states.input",
        "T Catch[0]/Output: else of $states.errorOutput.Cause = 'x' ? 1 : 2",
    ]
    other = CALLED.run({"fast": False}, mocks=[mock("T", raises("Other", "x"))])
    assert "T Catch[0]/Output: then of $states.errorOutput.Cause = 'x' ? 1 : 2" in uncovered(good, other)


def test_iterations_and_branches_of_a_parallel_count() -> None:
    inner: dict[str, Any] = {
        "StartAt": "I",
        "States": {"I": {"Type": "Pass", "Output": "{% $states.input > 1 ? 1 : 0 %}", "End": True}},
    }
    many = machine(
        {"M": {"Type": "Map", "ItemProcessor": inner, "Output": "{% $states.result[0] = 1 ? 1 : 0 %}", "End": True}}
    )
    assert uncovered(many.run([1, 2])) == ["M Output: then of $states.result[0] = 1 ? 1 : 0"]
    other = {"StartAt": "J", "States": {"J": inner["States"]["I"]}}
    both = machine(
        {
            "P": {
                "Type": "Parallel",
                "Branches": [inner, other],
                "Output": "{% $states.result[1] = 1 ? 1 : 0 %}",
                "End": True,
            }
        }
    )
    assert [line.partition(":")[0] for line in uncovered(both.run(5))] == ["P Output", "I Output", "J Output"]


def test_each_has_a_place_of_its_own() -> None:
    found = [item for item in items(CHOICE.definition) if item.kind == "branch"]
    assert len(set(found)) == len(found) == 8
    assert {path_of(item) for item in found} == {
        ("States", "C", "Choices", 0, "Condition"),
        ("States", "C", "Choices", 0, "Assign", "x"),
        ("States", "C", "Choices", 1, "Condition"),
        ("States", "C", "Output"),
    }


def test_jsonpath_states_have_none() -> None:
    states = {"A": {"Type": "Pass", "Result": "{% $a ? 1 : 2 %}", "End": True}}
    plain = StateMachine({"StartAt": "A", "States": states})
    assert [item for item in items(plain.definition) if item.kind == "branch"] == []
