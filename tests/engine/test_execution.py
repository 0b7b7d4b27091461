"""The eight states, one by one: what goes in, what comes out, and every event in between."""

from __future__ import annotations

import pytest
from machines import FUNCTION, NOON, Fails, drive, program, states, trail, types

from sfnbook.engine.commands import Stop
from sfnbook.engine.execution import Execution


def test_a_pass_state_passes_its_input_on() -> None:
    run = drive(program(states(("A", {"Type": "Pass"}))), {"x": 1})
    assert run.output == {"x": 1}
    assert trail(run) == [
        (1, 0, "ExecutionStarted", ""),
        (2, 0, "PassStateEntered", "A"),
        (3, 2, "PassStateExited", "A"),
        (4, 3, "ExecutionSucceeded", ""),
    ]


def test_a_falsy_result_is_a_result() -> None:
    run = drive(program(states(("A", {"Type": "Pass", "Result": 0, "ResultPath": "$.n"}))), {"label": "x"})
    assert run.output == {"label": "x", "n": 0}


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"InputPath": "$.a"}, {"b": 1}),
        ({"InputPath": None}, {}),
        ({"OutputPath": "$.a.b"}, 1),
        ({"OutputPath": None}, {}),
        ({"ResultPath": None, "Result": 5}, {"a": {"b": 1}}),
        ({"ResultPath": "$.a.c", "Result": 5}, {"a": {"b": 1, "c": 5}}),
        ({"ResultPath": "$.new.deep", "Result": 5}, {"a": {"b": 1}, "new": {"deep": 5}}),
        ({"InputPath": "$.a", "Parameters": {"v.$": "$.b", "k": "$.b"}}, {"v": 1, "k": "$.b"}),
        ({"InputPath": "$.a", "ResultPath": "$.r"}, {"a": {"b": 1}, "r": {"b": 1}}),
    ],
)
def test_data_flow_of_a_pass(fields: dict[str, object], output: object) -> None:
    assert drive(program(states(("A", {"Type": "Pass", **fields}))), {"a": {"b": 1}}).output == output


def test_result_path_through_something_that_is_no_object() -> None:
    run = drive(program(states(("A", {"Type": "Pass", "Result": 1, "ResultPath": "$.a.b"}))), {"a": 5})
    assert (run.status, run.error) == ("FAILED", "States.ResultPathMatchFailure")
    assert run.cause == (
        "An error occurred while executing the state 'A' (entered at the event id #2). "
        'Unable to apply ReferencePath $.a.b to input {"a":5}'
    )


def test_a_task_is_scheduled_started_and_answered() -> None:
    made = program(states(("T", {"Type": "Task", "Resource": FUNCTION + "f", "ResultPath": "$.r"})))
    run = drive(made, {"x": 1}, lambda call: {"got": call.arguments})
    assert run.output == {"x": 1, "r": {"got": {"x": 1}}}
    assert trail(run) == [
        (1, 0, "ExecutionStarted", ""),
        (2, 0, "TaskStateEntered", "T"),
        (3, 2, "LambdaFunctionScheduled", ""),
        (4, 3, "LambdaFunctionStarted", ""),
        (5, 4, "LambdaFunctionSucceeded", ""),
        (6, 5, "TaskStateExited", "T"),
        (7, 6, "ExecutionSucceeded", ""),
    ]


def test_a_service_task_has_task_events_with_its_resource() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "q", "MessageBody.$": "$.m"},
        "ResultSelector": {"id.$": "$.MessageId"},
    }
    run = drive(program(states(("T", task))), {"m": "hi"}, lambda call: {"MessageId": "1", "More": 2})
    assert run.output == {"id": "1"}
    assert run.events[2].detail == {
        "resourceType": "sqs",
        "resource": "sendMessage",
        "region": "us-east-1",
        "parameters": {"QueueUrl": "q", "MessageBody": "hi"},
    }
    assert types(run)[3:5] == ["TaskStarted", "TaskSucceeded"]


def test_choice_takes_the_first_rule_that_holds() -> None:
    rules = [
        {"Variable": "$.n", "NumericGreaterThan": 10, "Next": "Big"},
        {"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Small"},
    ]
    made = program(
        states(
            ("C", {"Type": "Choice", "Choices": rules, "Default": "None"}),
            ("Big", {"Type": "Pass", "Result": "big", "End": True}),
            ("Small", {"Type": "Pass", "Result": "small", "End": True}),
            ("None", {"Type": "Succeed"}),
        )
    )
    assert [drive(made, {"n": n}).output for n in (50, 5, 0)] == ["big", "small", {"n": 0}]


def test_choice_without_a_way_out_fails() -> None:
    rules = [{"Variable": "$.n", "NumericEquals": 1, "Next": "A"}]
    made = program(states(("C", {"Type": "Choice", "Choices": rules}), ("A", {"Type": "Succeed"})))
    run = drive(made, {"n": 2})
    assert (run.status, run.error) == ("FAILED", "States.NoChoiceMatched")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 240}, 240.0),
        ({"SecondsPath": "$.s"}, 7.0),
        ({"Timestamp": "2023-11-14T22:14:20Z"}, 60.0),
        ({"TimestampPath": "$.t"}, 60.0),
        ({"Timestamp": "2001-01-01T00:00:00Z"}, 0.0),
    ],
)
def test_wait_moves_the_clock(fields: dict[str, object], seconds: float) -> None:
    run = drive(program(states(("W", {"Type": "Wait", **fields}))), {"s": 7, "t": "2023-11-14T22:14:20Z"})
    assert run.now - NOON == seconds
    assert types(run)[1:3] == ["WaitStateEntered", "WaitStateExited"]


def test_fail_says_what_it_was_told() -> None:
    run = drive(program(states(("F", {"Type": "Fail", "Error": "E", "Cause": "C"}))))
    assert (run.status, run.error, run.cause) == ("FAILED", "E", "C")
    assert types(run) == ["ExecutionStarted", "FailStateEntered", "ExecutionFailed"]


def test_fail_may_say_nothing() -> None:
    run = drive(program(states(("F", {"Type": "Fail"}))))
    assert (run.error, run.cause, run.events[-1].detail) == (None, None, {})


def test_succeed_ends_the_machine() -> None:
    run = drive(program(states(("S", {"Type": "Succeed", "InputPath": "$.a"}))), {"a": 3})
    assert run.output == 3


def test_stop_aborts_and_keeps_the_history() -> None:
    made = program(states(("W", {"Type": "Wait", "Seconds": 5})))
    run = Execution.start(made, {}, at=NOON)
    run.advance()
    run.handle(Stop(NOON + 1, "Enough", "said so"))
    assert (run.status, run.error, run.cause) == ("ABORTED", "Enough", "said so")
    assert types(run) == ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]
    assert run.wakeup is None


def test_the_machines_own_timeout() -> None:
    run = drive(program(states(("W", {"Type": "Wait", "Seconds": 60}), TimeoutSeconds=5)))
    assert (run.status, run.error, run.now - NOON) == ("TIMED_OUT", None, 5.0)
    assert types(run)[-1] == "ExecutionTimedOut"


def test_a_history_has_at_most_25_000_events() -> None:
    made = program(
        {
            "StartAt": "A",
            "States": {
                "A": {"Type": "Pass", "Next": "B"},
                "B": {
                    "Type": "Choice",
                    "Choices": [{"Variable": "$.stop", "IsPresent": True, "Next": "C"}],
                    "Default": "A",
                },
                "C": {"Type": "Succeed"},
            },
        }
    )
    run = drive(made)
    assert (run.status, run.error, len(run.events)) == ("FAILED", "States.Runtime", 25_000)


def test_an_output_over_the_limit_fails_the_execution() -> None:
    run = drive(program(states(("A", {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}}))), {"x": "é" * 70_000})
    assert (run.status, run.error) == ("FAILED", "States.DataLimitExceeded")
    assert types(run) == ["ExecutionStarted", "PassStateEntered", "ExecutionFailed"]


def test_a_result_over_the_limit_is_a_failed_task_that_catch_sees() -> None:
    task = {"Type": "Task", "Resource": FUNCTION + "f", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}]}
    run = drive(program(states(("T", {**task, "End": True}), ("S", {"Type": "Succeed"}))), {}, lambda c: "a" * 263_000)
    assert run.status == "SUCCEEDED"
    assert run.output["Error"] == "States.DataLimitExceeded"


def test_an_execution_that_fails_inside_a_state_names_the_state_and_its_event() -> None:
    run = drive(program(states(("A", {"Type": "Pass"}), ("B", {"Type": "Pass", "InputPath": "$.no"}))), {})
    assert (run.error, run.cause) == (
        "States.Runtime",
        "An error occurred while executing the state 'B' (entered at the event id #4). "
        "Invalid path '$.no' : No results for path: $['no']",
    )


def test_jsonata_state_in_a_jsonpath_machine() -> None:
    jsonata = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": {"sum": "{% $states.input.a + $states.input.b %}"}}
    assert drive(program(states(("J", jsonata))), {"a": 2, "b": 3}).output == {"sum": 5}


def test_variables_are_assigned_all_at_once_and_seen_by_the_next_state() -> None:
    made = program(
        states(
            ("A", {"Type": "Pass", "Assign": {"x": 1, "y": 2}}),
            ("B", {"Type": "Pass", "Assign": {"x.$": "$y", "y.$": "$x"}}),
            ("C", {"Type": "Pass", "Parameters": {"x.$": "$x", "y.$": "$y"}}),
        )
    )
    assert drive(made).output == {"x": 2, "y": 1}


def test_an_undefined_jsonata_value_is_an_error_with_its_place() -> None:
    made = program(states(("A", {"Type": "Pass", "Output": {"r": "{% $nope %}"}}), QueryLanguage="JSONata"))
    run = drive(made)
    assert types(run) == ["ExecutionStarted", "PassStateEntered", "EvaluationFailed", "ExecutionFailed"]
    assert run.events[2].detail["location"] == "Output/r"
    assert run.events[2].previous == 0


def test_callback_tasks_have_a_token_before_they_are_scheduled() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
    }
    seen = []

    def answer(call: object) -> object:
        seen.append(call.arguments["MessageBody"]["token"] == call.token and len(call.token) > 40)  # type: ignore[attr-defined]
        return {"done": True}

    assert drive(program(states(("T", task))), {}, answer).output == {"done": True}
    assert seen == [True]


def test_a_failing_task_without_retry_and_catch_fails_the_execution_with_its_error() -> None:
    run = drive(
        program(states(("T", {"Type": "Task", "Resource": FUNCTION + "f"}))), {}, lambda call: Fails("KeyError", "x")
    )
    assert (run.status, run.error, run.cause) == ("FAILED", "KeyError", "x")
    assert types(run)[-2:] == ["LambdaFunctionFailed", "ExecutionFailed"]
