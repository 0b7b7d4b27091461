"""What runs cover: each kind of item, once where it happened and missing where it did not."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import StateMachine, mock, raises, returns
from sfnbook.coverage.collect import Coverage, coverage_of
from sfnbook.coverage.items import items, path_of
from sfnbook.coverage.report import html_page, markdown, missing_lines, text

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f"}


def machine(states: dict[str, Any], **more: Any) -> StateMachine:
    return StateMachine({"StartAt": next(iter(states)), "States": states, **more}, name="m")


def uncovered(*runs: Any) -> list[str]:
    (found,) = coverage_of(runs)
    return [f"{item.address.rpartition('/')[2]} {item.text}" for item in found.missing]


CHOICE = machine(
    {
        "C": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Big"},
                {"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"},
            ],
            "Default": "Small",
        },
        "Big": {"Type": "Succeed"},
        "Small": {"Type": "Pass", "End": True},
    }
)


def test_rules_are_covered_by_outcome() -> None:
    assert uncovered(CHOICE.run({"n": 11})) == [
        "C Choices[0] is false",
        "C Choices[1] is true",
        "C Choices[1] is false",
        "C Choices[1] → Big",
        "C Default → Small",
        "Small the state",
        "Small End → End",
    ]
    assert uncovered(CHOICE.run({"n": 11}), CHOICE.run({"n": 6}), CHOICE.run({"n": 1})) == []


def test_a_jsonata_rule() -> None:
    rules = [{"Condition": "{% $states.input.n > 1 %}", "Next": "A"}]
    m = machine(
        {"C": {"Type": "Choice", "Choices": rules, "Default": "A"}, "A": {"Type": "Pass", "End": True}},
        QueryLanguage="JSONata",
    )
    assert uncovered(m.run({"n": 2})) == ["C Choices[0] is false", "C Default → A"]


RETRIES = machine(
    {
        "T": {
            **TASK,
            "Retry": [
                {"ErrorEquals": ["A"], "MaxAttempts": 1},
                {"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1},
            ],
            "Catch": [{"ErrorEquals": ["A"], "Next": "Z"}, {"ErrorEquals": ["States.ALL"], "Next": "Z"}],
            "End": True,
        },
        "Z": {"Type": "Pass", "End": True},
    }
)


@pytest.mark.parametrize(
    ("outcomes", "covered"),
    [
        ([returns({})], ["End → End"]),
        ([raises("A"), returns({})], ["End → End", "Retry[0]"]),
        ([raises("B"), returns({})], ["End → End", "Retry[1]"]),
        ([raises("A")], ["Catch[0] → Z", "Retry[0]"]),
        ([raises("B"), raises("C")], ["Catch[1] → Z", "Retry[1]"]),
    ],
)
def test_retriers_and_catchers(outcomes: list[Any], covered: list[str]) -> None:
    run = RETRIES.run(mocks=[mock("T", *outcomes)])
    (found,) = coverage_of([run])
    hit = [item.text for item in found.items if item.address == "/States/T" and found.hits[item]]
    assert sorted(hit) == sorted(["the state", *covered])


INLINE = machine(
    {
        "M": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
            "End": True,
        }
    }
)
DISTRIBUTED = machine(
    {
        "M": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "I",
                "States": {"I": {"Type": "Pass", "End": True}},
            },
            "End": True,
        }
    }
)


@pytest.mark.parametrize("m", [INLINE, DISTRIBUTED], ids=["inline", "distributed"])
def test_a_map_with_and_without_items(m: StateMachine) -> None:
    assert uncovered(m.run([])) == ["M Map with items", "I the state", "I End → End"]
    assert uncovered(m.run([1, 2])) == ["M Map without items"]
    assert uncovered(m.run([1]), m.run([])) == []


def test_runs_add_up_and_reports_say_what_is_missing() -> None:
    found = Coverage(CHOICE.definition, "m")
    found.add(CHOICE.run({"n": 11}))
    other = Coverage(CHOICE.definition, "m")
    other.add(CHOICE.run({"n": 1}))
    found.update(other)
    assert found.runs == 2
    assert missing_lines(found) == ["C: Choices[1] is true, Choices[1] → Big"]
    assert text([found]).splitlines()[1].split() == ["m", "2", "3/3", "3/4", "3/4", "-", "-", "-", "81", "%"]
    assert 's1{"C' in markdown([found])
    assert "class s1 partly" in markdown([found])
    assert "Choices[1] is true" in html_page([found])


def test_every_item_has_its_place_in_the_definition() -> None:
    for m in (CHOICE, RETRIES, INLINE, DISTRIBUTED):
        reading = m.definition.machine.fields
        for item in items(m.definition):
            value: Any = {**reading}
            for part in path_of(item):
                value = value[part]
