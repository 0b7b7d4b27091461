"""lambda:invoke without waiting for the result."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.run import Run

calls: list[Any] = []


def invoke(kind: str, function: Any, **more: Any) -> Run:
    calls.clear()
    parameters = {"FunctionName": "work", "Payload": {"a": 1}, "InvocationType": kind}
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": True, **more}
    return StateMachine({"StartAt": "T", "States": {"T": task}}, name="m").bind("work", function).run()


def work(event: Any) -> str:
    calls.append(event)
    print("working")
    return "unheard"


async def later(event: Any) -> str:
    return work(event)


def broken(event: Any) -> None:
    calls.append(event)
    raise ValueError("no")


async def broken_later(event: Any) -> None:
    broken(event)


@pytest.mark.parametrize("function", [work, later, broken, broken_later])
def test_an_event_is_taken_whatever_becomes_of_it(function: Any) -> None:
    run = invoke("Event", function)
    assert (run.status, run.output["StatusCode"], run.output["Payload"]) == ("SUCCEEDED", 202, "")
    assert run.output["SdkHttpMetadata"]["HttpStatusCode"] == 202
    assert calls == [{"a": 1}]
    (attempt,) = run.visits[0].attempts
    assert ("ValueError" if "broken" in function.__name__ else "working") in attempt.logs


def test_a_dry_run_calls_nothing() -> None:
    assert invoke("DryRun", work).output["StatusCode"] == 204
    assert calls == []


def test_a_request_waits_for_its_response() -> None:
    assert invoke("RequestResponse", work).output["Payload"] == "unheard"
    assert invoke("RequestResponse", broken).error == "ValueError"


def test_a_task_without_a_functions_name_says_so() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Payload.$": "$"}, "End": True}
    run = StateMachine({"StartAt": "T", "States": {"T": task}}, name="m").run()
    assert "no FunctionName" in (run.cause or "")
