"""The eight states, one by one: what goes in, what comes out, and every event in between."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, NOON, Fails, drive, program, states, trail, types

from sfnbook.engine.commands import Stop
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call


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


@pytest.mark.parametrize(
    ("data", "path", "words"),
    [
        ({"a": 5}, "$.a.b", 'Unable to apply ReferencePath $.a.b to input {"a":5}'),
        ("text", "$.a", 'Unable to apply ReferencePath $.a to input "text"'),
        ([1], "$.a.b", 'Unable to apply step "a" to input [1]'),
        ([1], "$[1]", "Unable to apply ReferencePath $[1] to input [1]"),
    ],
)
def test_result_path_through_something_that_is_no_object(data: Any, path: str, words: str) -> None:
    run = drive(program(states(("A", {"Type": "Pass", "Result": 1, "ResultPath": path}))), data)
    assert (run.status, run.error, run.cause) == ("FAILED", "States.ReferencePathConflict", words)


@pytest.mark.parametrize("name", ["States.ReferencePathConflict", "States.ResultPathMatchFailure", "States.ALL"])
def test_a_result_path_that_cannot_be_applied_is_caught_by_either_name(name: str) -> None:
    catch = [{"ErrorEquals": [name], "Next": "C"}]
    task = {"Type": "Task", "Resource": FUNCTION + "f", "ResultPath": "$.r", "Catch": catch, "Next": "B"}
    made = program(states(("A", task), ("B", {"Type": "Fail"}), ("C", {"Type": "Pass", "End": True})))
    run = drive(made, [1], lambda call: 2)
    assert run.output == {"Error": "States.ReferencePathConflict", "Cause": 'Unable to apply step "r" to input [1]'}


NOTHING = {"Type": "Pass", "Result": None}
NULL_INPUT = "Unable to apply Path transformation to null or empty input."


@pytest.mark.parametrize(
    "fields",
    [
        {"InputPath": "$.a"},
        {"OutputPath": "$[*]"},
        {"Parameters": {"x.$": "$"}},
        {"Parameters": {"x.$": "$..a"}},
        {"Assign": {"x.$": "$.a.b"}},
    ],
)
def test_a_path_into_null_is_a_failure_of_its_own(fields: dict[str, object]) -> None:
    run = drive(program(states(("N", NOTHING), ("A", {"Type": "Pass", **fields}))))
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert run.cause == f"An error occurred while executing the state 'A' (entered at the event id #4). {NULL_INPUT}"


def test_null_itself_passes_through_and_so_does_the_context() -> None:
    plain = {"Type": "Pass", "Parameters": {"n.$": "$$.State.Name", "k": 1}, "ResultPath": "$"}
    assert drive(program(states(("N", NOTHING), ("A", {"Type": "Pass", "InputPath": "$"})))).output is None
    assert drive(program(states(("N", NOTHING), ("A", plain)))).output == {"n": "A", "k": 1}


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


def test_parameters_that_cannot_be_sent_are_refused_before_the_task_is_scheduled() -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Payload.$": "$.n"}}
    run = drive(program(states(("T", task))), {"n": 1}, lambda call: call.arguments)
    assert types(run) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert (run.error, run.cause) == (
        "States.Runtime",
        "An error occurred while executing the state 'T' (entered at the event id #2). The Parameters '{\"Payload\":1}' "
        "could not be used to start the Task: [The value for the field 'Payload' must be a STRING]",
    )
    assert drive(program(states(("T", task))), {"n": "1"}, lambda call: call.arguments).output == {"Payload": "1"}


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
    assert (run.status, run.error) == ("FAILED", "States.Runtime")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Seconds": 240}, 240.0),
        ({"SecondsPath": "$.s"}, 7.0),
        ({"SecondsPath": "$.text"}, 9.0),
        ({"Timestamp": "2023-11-14T22:14:20Z"}, 60.0),
        ({"TimestampPath": "$.t"}, 60.0),
        ({"Timestamp": "2001-01-01T00:00:00Z"}, 0.0),
    ],
)
def test_wait_moves_the_clock(fields: dict[str, object], seconds: float) -> None:
    data = {"s": 7, "text": "9", "t": "2023-11-14T22:14:20Z"}
    run = drive(program(states(("W", {"Type": "Wait", **fields}))), data)
    assert run.now - NOON == seconds
    assert types(run)[1:3] == ["WaitStateEntered", "WaitStateExited"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (-1, "references a negative value: $.s == -1"),
        ("-5", "references a negative value: $.s == -5"),
        (1.5, "cannot be parsed as a long value: $.s == 1.5"),
        ("1.5", "cannot be parsed as a long value: $.s == 1.5"),
        ("two", "cannot be parsed as a long value: $.s == two"),
        (True, "cannot be parsed as a long value: $.s == true"),
        (None, "cannot be parsed as a long value: $.s == null"),
    ],
)
def test_what_is_no_number_of_seconds(value: object, words: str) -> None:
    run = drive(program(states(("W", {"Type": "Wait", "SecondsPath": "$.s"}))), {"s": value})
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert (run.cause or "").endswith(f"The SecondsPath parameter {words}")


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


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("Seconds", "'1'", "Expected 'number', but was 'string' for value: \"1\""),
        ("Seconds", "1.5", "The Seconds field cannot be parsed as a long value: 1.5"),
        ("Seconds", "-1", "The Seconds field references a negative value: -1"),
        ("Timestamp", "5", "Expected 'string', but was 'number' for value: 5"),
        (
            "Timestamp",
            "'2016-12-05T21:29:29'",
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: 2016-12-05T21:29:29",
        ),
    ],
)
def test_a_jsonata_wait_that_cannot_be(field: str, value: str, words: str) -> None:
    """The last is recorded (test_wait_timestamp_jsonata), as is what the same says of a path (test_base_wait_...)."""
    run = drive(program(states(("W", {"Type": "Wait", field: "{% " + value + " %}"}), QueryLanguage="JSONata")))
    assert types(run)[1:] == ["WaitStateEntered", "EvaluationFailed", "ExecutionFailed"]
    assert run.events[2].detail["location"] == field
    assert run.error == "States.QueryEvaluationError"
    assert (run.cause or "").endswith(words)


@pytest.mark.parametrize("text", ["2016-01-01T00:00Z", "2016-01-01t00:00:00z", "2016-01-01T00:00:00.123456789+01:00"])
def test_timestamps_are_read_as_java_reads_them(text: str) -> None:
    """AWS's words name "ISO-8601 extended offset date-time", java.time's ISO_OFFSET_DATE_TIME; +0100 is not extended."""
    wait = program(states(("W", {"Type": "Wait", "TimestampPath": "$"})))
    assert drive(wait, text).status == "SUCCEEDED"
    assert drive(wait, "2016-01-01T00:00:00+0100").error == "States.Runtime"


def test_states_result_is_there_for_assign_and_output_only() -> None:
    """AWS's documents: "result" is the task's, if it succeeded; not what an earlier state or attempt had."""
    seen = "{% [$exists($lookup($states, 'result'))] %}"
    again = [{"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 1}]
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C", "Output": seen}]
    task = {"Type": "Task", "Resource": FUNCTION + "f"}
    second = {**task, "Arguments": seen, "Output": "{% $nothing %}", "Retry": again, "Catch": catch, "End": True}
    asked: list[Any] = []

    def answer(call: Call) -> Any:
        asked.append(call.arguments)
        return 1

    steps = (
        ("A", {**task, "Assign": {"had": seen}}),
        ("B", second),
        ("C", {"Type": "Pass", "Output": "{% [$had, $states.input] %}"}),
    )
    run = drive(program(states(*steps, QueryLanguage="JSONata")), {}, answer)
    assert run.output == [True, False]
    assert asked == [{}, [False], [False]]
