"""The same machine run here, on an endpoint, and watched from here: equal outcomes, differences shown before a change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from sfnbook import StateMachine
from sfnbook.errors import InputError
from sfnbook.server.http.run_server import Options, Served
from sfnbook.targets.deploy import deploy, difference
from sfnbook.targets.remote import start
from sfnbook.targets.target import Target, read_target
from sfnbook.tasks.registry import Registry

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"

MACHINES: dict[str, Any] = {
    "pass": {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"x": 1}, "ResultPath": "$.a", "End": True}}},
    "choice": {
        "StartAt": "C",
        "States": {
            "C": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Big"}],
                "Default": "Small",
            },
            "Big": {"Type": "Pass", "Result": "big", "End": True},
            "Small": {"Type": "Fail", "Error": "Small", "Cause": "too small"},
        },
    },
    "task": {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION + "double", "End": True}}},
    "caught": {
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": FUNCTION + "broken",
                "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                "Catch": [{"ErrorEquals": ["ValueError"], "Next": "Sorry"}],
                "End": True,
            },
            "Sorry": {"Type": "Pass", "Result": "sorry", "End": True},
        },
    },
    "parallel": {
        "StartAt": "P",
        "States": {
            "P": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "L", "States": {"L": {"Type": "Pass", "Result": 1, "End": True}}},
                    {"StartAt": "R", "States": {"R": {"Type": "Wait", "Seconds": 1, "End": True}}},
                ],
                "End": True,
            }
        },
    },
    "map": {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": {
                    "StartAt": "I",
                    "States": {"I": {"Type": "Task", "Resource": FUNCTION + "double", "End": True}},
                },
                "End": True,
            }
        },
    },
}
MACHINES |= {
    "wait": {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "S"}, "S": {"Type": "Succeed"}}},
    "fail": {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Mine", "Cause": "as I said"}}},
    "intrinsic": {
        "StartAt": "I",
        "States": {
            "I": {"Type": "Pass", "Parameters": {"all.$": "States.Array($.n, States.Format('{}!', $.n))"}, "End": True}
        },
    },
    "jsonata": {
        "QueryLanguage": "JSONata",
        "StartAt": "J",
        "States": {"J": {"Type": "Pass", "Output": {"sum": "{% $sum($states.input.items.n) %}"}, "End": True}},
    },
}
INPUT = {"n": 4, "items": [{"n": 1}, {"n": 2}]}


def double(event: Any) -> Any:
    return event["n"] * 2


def broken(event: Any) -> Any:
    raise ValueError("no")


@pytest.fixture(scope="module")
def place() -> Iterator[Target]:
    registry = Registry()
    registry.add("double", double)
    registry.add("broken", broken)
    served = Served(Options(port=0, registry=registry))
    yield read_target(served.url)
    served.stop()


def yes(question: str) -> bool:
    return True


@pytest.mark.parametrize("name", MACHINES)
def test_a_run_there_is_the_run_here(place: Target, name: str) -> None:
    machine = StateMachine(MACHINES[name], name=name).bind("double", double).bind("broken", broken)
    here = machine.run(INPUT)
    assert deploy(place, machine, yes).done == "created"
    there = start(place, machine, '{"n": 4, "items": [{"n": 1}, {"n": 2}]}').wait(20)
    assert (there.status, there.output, there.error, there.cause) == (here.status, here.output, here.error, here.cause)
    assert sorted(_seen(there)) == sorted(_seen(here))


def _seen(run: Any) -> list[Any]:
    return [(v.address, v.where, v.status, len(v.attempts)) for v in run.visits]


def test_what_nothing_has_filled_in_is_asked_about(place: Target) -> None:
    task = {"Type": "Task", "Resource": "${DecideFunctionArn}", "End": True}
    machine = StateMachine({"StartAt": "A", "States": {"A": task}}, name="template")
    questions: list[str] = []
    assert deploy(place, machine, lambda question: bool(questions.append(question))).done == "kept"
    assert "${DecideFunctionArn}" in questions[0]
    assert "--substitute" in questions[0]


def test_an_update_shows_what_changes_and_asks(place: Target) -> None:
    def says(word: str) -> StateMachine:
        return StateMachine(
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": word, "End": True}}}, name="asked"
        )

    questions: list[str] = []

    def no(question: str) -> bool:
        questions.append(question)
        return False

    assert deploy(place, says("one"), no).done == "kept"
    assert deploy(place, says("one"), yes).done == "created"
    assert deploy(place, says("one"), no).done == "unchanged"
    assert deploy(place, says("two"), no).done == "kept"
    assert '-      "Result": "one",' in questions[-1]
    assert '+      "Result": "two",' in questions[-1]
    assert deploy(place, says("two"), yes).done == "updated"
    with pytest.raises(InputError, match="type cannot be changed"):
        deploy(place, StateMachine(MACHINES["pass"], name="asked", type="EXPRESS"), yes)


def test_what_is_not_there_is_said_with_the_line_to_write(place: Target) -> None:
    with pytest.raises(InputError, match="%sfn_deploy nowhere --on http"):
        start(place, StateMachine(MACHINES["pass"], name="nowhere"), "{}")
    with pytest.raises(InputError, match="does not answer"):
        start(read_target("http://127.0.0.1:1"), StateMachine(MACHINES["pass"], name="pass"), "{}")


def test_a_run_there_can_be_stopped(place: Target) -> None:
    waits = StateMachine({"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 99, "End": True}}}, name="waits")
    deploy(place, waits, yes)
    run = start(place, waits, "{}")
    run.stop("E", "C")
    assert (run.wait(10).status, run.error) == ("ABORTED", "E")


@pytest.mark.parametrize(
    ("text", "profile", "region"),
    [("aws", "", ""), ("aws:work", "work", ""), ("aws:work@eu-west-1", "work", "eu-west-1")],
)
def test_only_its_name_reaches_an_account(text: str, profile: str, region: str) -> None:
    place = read_target(text)
    assert (place.real, place.profile, place.region) == (True, profile, region)
    with pytest.raises(InputError, match="no place to run"):
        read_target("work")


def test_the_difference_of_equal_definitions_is_nothing() -> None:
    assert difference('{"a": 1}', '{ "a":1 }') == ""
