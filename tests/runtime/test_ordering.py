"""The same again means the same, whatever real time functions take."""

from __future__ import annotations

import json
import random
import threading
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.errors import TaskError

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}
NOISE = random.SystemRandom()


def work(event: Any) -> Any:
    """Take some time, now more, now less."""
    threading.Event().wait(NOISE.random() * 0.002)
    if isinstance(event, dict) and "bad" in event:
        raise TaskError("Bad", str(event["bad"]))
    return event


def line(name: str) -> dict[str, Any]:
    """A line of states that draw random numbers, call and wait."""
    draw = {"Type": "Pass", "Parameters": {"u.$": "States.UUID()", "r.$": "States.MathRandom(1, 1000000)", "in.$": "$"}}
    retry = [{"ErrorEquals": ["Bad"], "JitterStrategy": "FULL", "MaxAttempts": 2}]
    ask = {
        "Type": "Pass",
        "QueryLanguage": "JSONata",
        "Output": "{% $merge([$states.input, {'j': $random(), 'k': $uuid()}]) %}",
    }
    states = {
        name: {**draw, "Next": name + "2"},
        name + "2": {**ask, "Next": name + "3"},
        name + "3": {**TASK, "Retry": retry, "Next": name + "4"},
        name + "4": {"Type": "Wait", "Seconds": 1, "End": True},
    }  # fmt: skip
    return {"StartAt": name, "States": states}


def failing(name: str, bad: str, *, retried: bool = False) -> dict[str, Any]:
    retry = [{"ErrorEquals": ["Bad"], "JitterStrategy": "FULL", "MaxAttempts": 2}] if retried else []
    return {"StartAt": name, "States": {name: {**TASK, "Parameters": {"bad": bad}, "Retry": retry, "End": True}}}


def test_every_run_is_the_same_on_a_clock_that_was_set() -> None:
    """Which branch fails first, what is drawn, when a retry comes: 200 of 200."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Each"}]
    branches = [line("A"), failing("B", "one", retried=True), failing("C", "two", retried=True), failing("D", "x")]
    branches[3]["States"]["D"]["Catch"] = [{"ErrorEquals": ["Bad"], "Next": "E"}]
    branches[3]["States"]["E"] = {**TASK, "End": True}
    states = {
        "Both": {"Type": "Parallel", "Branches": branches, "Catch": catch, "End": True},
        "Each": {"Type": "Map", "Items": [1, 2, 3, 4], "QueryLanguage": "JSONata", "ItemProcessor": line("I")},
    }
    states["Each"]["End"] = True
    for state in states["Each"]["ItemProcessor"]["States"].values():  # type: ignore[index]
        state.setdefault("QueryLanguage", "JSONPath")
    machine = StateMachine({"StartAt": "Both", "States": states}, name="m").bind("f", work)
    seen = set()
    for number in range(200):
        run = machine.run(clock="virtual@2026-01-01", name="same", seed=5, threads=number % 2 > 0)
        seen.add(json.dumps([run.history(), run.output, run.cause, str(run)], default=str))
    assert len(seen) == 1
    assert run.status == "SUCCEEDED"
    assert len({item["u"] for item in run.output}) == 4


def test_the_seed_fixes_what_branches_draw_on_every_clock() -> None:
    each = {"Type": "Map", "ItemProcessor": line("I"), "End": True}
    machine = StateMachine({"StartAt": "Each", "States": {"Each": each}}, name="m").bind("f", work)
    outputs = {json.dumps(machine.run([1, 2, 3, 4, 5, 6], seed=5).output) for _ in range(20)}
    assert len(outputs) == 1
    assert json.dumps(machine.run([1, 2, 3, 4, 5, 6], seed=6).output) not in outputs


def test_a_call_that_hangs_is_given_up_at_its_own_deadline_and_the_others_are_not() -> None:
    hang = threading.Event()

    def f(event: Any) -> Any:
        if event == {"hang": True}:
            hang.wait(30)
        return "late"

    slow = {"StartAt": "S", "States": {"S": {**TASK, "Parameters": {"hang": True}, "TimeoutSeconds": 1, "End": True}}}
    quick = {"StartAt": "Q", "States": {"Q": {"Type": "Wait", "Seconds": 5, "End": True}}}
    both = {"Type": "Parallel", "Branches": [slow, quick], "End": True}
    machine = StateMachine({"StartAt": "P", "States": {"P": both}}, name="m").bind("f", f)
    run = machine.run(clock="virtual@2026-01-01")
    hang.set()
    assert (run.error, run.seconds) == ("States.Timeout", 1)


def test_a_child_that_waits_for_a_person_holds_up_no_branch() -> None:
    ask = {**TASK, "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": True}
    ask["Parameters"] = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    tokens: list[str] = []
    child = StateMachine({"StartAt": "Ask", "States": {"Ask": ask}}, name="asking")
    child.bind("ask", lambda event: tokens.append(event["token"]))
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True}
    start["Parameters"] = {"StateMachineArn": child.arn}
    send = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": True}
    send["Parameters"] = {"TaskToken.$": "$.token", "Output": "7"}
    branches = [
        {"StartAt": "Start", "States": {"Start": start}},
        {"StartAt": "Wait", "States": {"Wait": {**TASK, "ResultSelector": {"token.$": "$"}, "Next": "Send"}, "Send": send}},
    ]  # fmt: skip

    def f(event: Any) -> Any:
        for _ in range(500):
            if tokens:
                return tokens[0]
            threading.Event().wait(0.01)
        return None

    machine = StateMachine(
        {"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": branches, "End": True}}}, name="parent"
    )
    run = machine.bind("f", f).run(clock="virtual@2026-01-01")
    assert run.status == "SUCCEEDED"
    assert run.output[0]["Output"] == 7


def test_a_retry_loop_ends_with_the_history() -> None:
    retry = [{"ErrorEquals": ["Bad"], "MaxAttempts": 99_999_999, "BackoffRate": 1, "IntervalSeconds": 1}]
    task = {**TASK, "Parameters": {"bad": 1}, "Retry": retry, "End": True}

    def f(event: Any) -> Any:
        raise TaskError("Bad", "")

    run = StateMachine({"StartAt": "T", "States": {"T": task}}, name="m").run(bind={"f": f})
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert 25_000 <= len(run._raw_events) <= 25_003
    express = StateMachine({"StartAt": "T", "States": {"T": task}}, name="m", type="EXPRESS").run(bind={"f": f})
    assert (express.status, round(express.seconds)) == ("TIMED_OUT", 300)


def looping(state: dict[str, Any], type: Any) -> StateMachine:
    """A machine that goes round and round, though it could end."""
    again = {"Type": "Choice", "Choices": [{"Variable": "$.never", "IsPresent": True, "Next": "End"}], "Default": "A"}
    states = {"A": {**state, "Next": "Again"}, "Again": again, "End": {"Type": "Succeed"}}
    return StateMachine({"StartAt": "A", "States": states}, name="m", type=type)


def test_an_express_loop_ends_though_its_clock_stands() -> None:
    assert looping({"Type": "Pass"}, "EXPRESS").run().status == "TIMED_OUT"
    run = looping({"Type": "Wait", "Seconds": 1}, "EXPRESS").run()
    assert (run.status, run.seconds) == ("TIMED_OUT", 300)


@pytest.mark.parametrize("wait", [{"Seconds": 8_640_000}, {"SecondsPath": "$.s"}])
def test_a_standard_execution_lasts_a_year_at_most(wait: dict[str, Any]) -> None:
    run = looping({"Type": "Wait", **wait}, "STANDARD").run({"s": 8_640_000}, clock="virtual@2026-01-01")
    assert (run.status, run.seconds) == ("TIMED_OUT", 365 * 86_400)
    assert run.path == ["A", "Again", "A", "Again", "A", "Again", "A"]
