"""Retry, Catch and timeouts: who may match what, how long it waits, and what the history says."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, NOON, Fails, Never, drive, program, states, trail, types

from sfnbook.engine.commands import TaskFailed, TaskSubmitted
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}


def failing(*errors: str) -> Any:
    """A function that fails with each of these in turn, then succeeds."""
    left = list(errors)

    def answer(call: Call) -> Any:
        return Fails(left.pop(0)) if left else {"attempt": call.attempt}

    return answer


def test_a_retry_schedules_again_without_entering_again() -> None:
    retry = [{"ErrorEquals": ["Boom"], "IntervalSeconds": 3, "MaxAttempts": 2, "BackoffRate": 2}]
    run = drive(program(states(("T", {**TASK, "Retry": retry}))), {}, failing("Boom", "Boom"))
    assert run.output == {"attempt": 2}
    assert run.now - NOON == 9.0
    assert trail(run)[2:9] == [
        (3, 2, "LambdaFunctionScheduled", ""),
        (4, 3, "LambdaFunctionStarted", ""),
        (5, 4, "LambdaFunctionFailed", ""),
        (6, 5, "LambdaFunctionScheduled", ""),
        (7, 6, "LambdaFunctionStarted", ""),
        (8, 7, "LambdaFunctionFailed", ""),
        (9, 8, "LambdaFunctionScheduled", ""),
    ]


def test_each_retrier_counts_for_itself() -> None:
    """The specification's own example: A, B wait 1 s and 2 s, C waits 5 s, the fourth error goes to Catch."""
    retry = [
        {"ErrorEquals": ["ErrorA", "ErrorB"], "IntervalSeconds": 1, "BackoffRate": 2, "MaxAttempts": 2},
        {"ErrorEquals": ["ErrorC"], "IntervalSeconds": 5},
    ]
    task = {**TASK, "Retry": retry, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}], "End": True}
    run = drive(program(states(("X", task), ("Z", {"Type": "Succeed"}))), {}, failing(*["Error" + e for e in "ABCB"]))
    assert run.output == {"Error": "ErrorB", "Cause": "because"}
    assert run.now - NOON == 1 + 2 + 5


@pytest.mark.parametrize(
    ("retrier", "waits"),
    [
        ({}, 1 + 2 + 4),
        ({"MaxDelaySeconds": 3, "IntervalSeconds": 2}, 2 + 3 + 3),
        ({"BackoffRate": 1.0, "IntervalSeconds": 10}, 30),
        ({"MaxAttempts": 0}, 0),
    ],
)
def test_backoff(retrier: dict[str, Any], waits: float) -> None:
    task = {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"], **retrier}]}
    run = drive(program(states(("T", task))), {}, failing(*["E"] * 9))
    assert run.now - NOON == waits
    assert run.status == "FAILED"


def test_full_jitter_stays_below_the_cap_and_is_repeatable() -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 8, "MaxDelaySeconds": 10, "JitterStrategy": "FULL"}]
    made = program(states(("T", {**TASK, "Retry": retry})))
    first, again, other = (drive(made, {}, failing("E", "E", "E"), seed=seed).now - NOON for seed in (1, 1, 2))
    assert first == again != other
    assert 0 < first < 28


@pytest.mark.parametrize(
    ("names", "error", "caught"),
    [
        (["States.ALL"], "Anything", True),
        (["States.TaskFailed"], "Anything", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["Any"], "Anything", False),
        (["anything"], "Anything", False),
        (["A", "B"], "B", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.Runtime"], "States.Runtime", False),
    ],
)
def test_what_error_equals_matches(names: list[str], error: str, caught: bool) -> None:
    task = {**TASK, "Catch": [{"ErrorEquals": names, "Next": "S"}], "End": True}
    run = drive(program(states(("T", task), ("S", {"Type": "Succeed"}))), {}, failing(error))
    assert (run.status == "SUCCEEDED") is caught


def test_catch_with_a_result_path_keeps_the_input() -> None:
    task = {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "S"}], "End": True}
    run = drive(program(states(("T", task), ("S", {"Type": "Succeed"}))), {"x": 1}, failing("E"))
    assert run.output == {"x": 1, "e": {"Error": "E", "Cause": "because"}}


def test_a_timeout_is_states_timeout_with_an_empty_cause_when_caught() -> None:
    task = {**TASK, "TimeoutSeconds": 5, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "S"}], "End": True}
    run = drive(program(states(("T", task), ("S", {"Type": "Succeed"}))), {}, lambda call: Never())
    assert run.output == {"Error": "States.Timeout", "Cause": ""}
    assert types(run)[4] == "LambdaFunctionTimedOut"
    assert run.now - NOON == 5.0


def test_a_missed_heartbeat_is_states_timeout_that_heartbeat_timeout_matches() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$$.Task.Token"},
        "HeartbeatSeconds": 5,
        "TimeoutSeconds": 600,
        "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "S"}],
        "End": True,
    }
    run = drive(program(states(("T", task), ("S", {"Type": "Succeed"}))), {}, lambda call: Never())
    assert run.output["Error"] == "States.Timeout"
    assert run.now - NOON == 5.0


@pytest.mark.parametrize("seconds", [9, "9"])
def test_timeout_from_a_path(seconds: int | str) -> None:
    run = drive(program(states(("T", {**TASK, "TimeoutSecondsPath": "$.t"}))), {"t": seconds}, lambda call: Never())
    assert (run.error, run.now - NOON) == ("States.Timeout", 9.0)
    assert run.events[2].detail["timeoutInSeconds"] == 9


def test_an_answer_after_the_timeout_changes_nothing() -> None:
    from sfnbook.engine.commands import TaskSucceeded

    run = drive(program(states(("T", {**TASK, "TimeoutSeconds": 5}))), {}, lambda call: Never())
    before = list(run.events)
    run.handle(TaskSucceeded(run.now, 1, {}))
    assert run.events == before


def test_jsonata_evaluation_errors_can_be_caught_and_retried() -> None:
    task = {
        **TASK,
        "Arguments": {"a": "{% $nope %}"},
        "Retry": [{"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.errorOutput.Error %}", "Next": "S"}],
        "End": True,
    }
    run = drive(program(states(("T", task), ("S", {"Type": "Succeed"}), QueryLanguage="JSONata")))
    assert run.output == "States.QueryEvaluationError"
    assert types(run).count("EvaluationFailed") == 2


@pytest.mark.parametrize(("inner", "caught"), [(TASK, True), ({"Type": "Fail", "Error": "E"}, False)])
def test_task_failed_on_a_parallel_matches_what_began_in_a_task(inner: dict[str, Any], caught: bool) -> None:
    state = inner if inner["Type"] == "Fail" else {**inner, "End": True}
    parallel = {
        "Type": "Parallel",
        "Branches": [{"StartAt": "I", "States": {"I": state}}],
        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "S"}],
        "End": True,
    }
    run = drive(program(states(("P", parallel), ("S", {"Type": "Succeed"}))), {}, failing("E"))
    assert (run.status == "SUCCEEDED") is caught


@pytest.mark.parametrize("field", ["Output", "Assign"])
def test_what_fails_in_a_catcher_is_told_with_its_place(field: str) -> None:
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "Z", field: {"v": "{% $nothing %}"}}
    task = {**TASK, "Catch": [catcher], "End": True}
    run = drive(program(states(("T", task), ("Z", {"Type": "Succeed"}), QueryLanguage="JSONata")), {}, failing("E"))
    assert types(run)[-3:] == ["LambdaFunctionFailed", "EvaluationFailed", "ExecutionFailed"]
    told = run.events[-2].detail
    assert told["location"] == f"Catch[0]/{field}/v"
    assert (told["error"], told["cause"]) == (run.error, run.cause)
    assert run.error == "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("service", "action", "accepted"),
    [
        ("batch", "submitJob.sync", False),
        ("batch", "submitJob.sync", True),
        ("sqs", "sendMessage.waitForTaskToken", False),
    ],
)
def test_a_request_that_is_not_accepted_has_an_event_of_its_own(service: str, action: str, accepted: bool) -> None:
    """AWS writes TaskSubmitFailed for batch:submitJob.sync when SubmitJob itself fails (ASFHyP3/hyp3#805)."""
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{service}:{action}"}
    made = program(states(("T", task)))
    execution = Execution.start(made, {}, at=NOON)
    execution.advance()
    (call,) = execution.outbox
    if accepted:
        execution.handle(TaskSubmitted(NOON, call.id, {"JobId": "1"}))
    execution.handle(TaskFailed(NOON, call.id, "Batch.ServerException", "no"))
    ends = ["TaskSubmitted", "TaskFailed"] if accepted else ["TaskStarted", "TaskSubmitFailed"]
    assert types(execution)[-3:] == [*ends, "ExecutionFailed"]
    assert execution.events[-2].detail == {
        "error": "Batch.ServerException",
        "cause": "no",
        "resourceType": service,
        "resource": action,
    }
