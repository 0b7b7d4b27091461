"""Distributed Map: child executions, tolerated failures, batches, and the figures that DescribeMapRun gives."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, NAMES, NOON, Fails, Never, counts, drive, program, spread, states, trail, types

from sfnbook import StateMachine
from sfnbook.engine.commands import Stop
from sfnbook.engine.execution import Execution
from sfnbook.history.aws import wire_map_run

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
PASS = {"Type": "Pass"}
ONE_BAD = (
    ("Which", {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Bad"}], "Default": "Ok"}),
    ("Ok", {**PASS, "End": True}),
    ("Bad", {"Type": "Fail", "Error": "Negative", "Cause": "c"}),
)
"""Fails for a negative number, passes any other on."""

READER = {
    "Resource": "arn:aws:states:::s3:getObject",
    "ReaderConfig": {"InputType": "JSON"},
    "Parameters": {"Bucket.$": "$.bucket", "Key": "k"},
}
WRITER = {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "p"}}


def test_the_parents_history_has_no_iterations() -> None:
    run = drive(program(states(("M", spread(("A", PASS))))), ["x", "y"])
    assert run.output == ["x", "y"]
    assert trail(run) == [
        (1, 0, "ExecutionStarted", ""),
        (2, 0, "MapStateEntered", "M"),
        (3, 2, "MapStateStarted", ""),
        (4, 3, "MapRunStarted", ""),
        (5, 4, "MapRunSucceeded", ""),
        (6, 5, "MapStateSucceeded", ""),
        (7, 5, "MapStateExited", "M"),
        (8, 7, "ExecutionSucceeded", ""),
    ]
    assert [event.type for event in run.map_runs[0].children[1].events] == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]


def test_describe_map_run() -> None:
    run = drive(
        program(states(("M", spread(("A", PASS), Label="Mine", MaxConcurrency=3, ToleratedFailureCount=4)))), [1, 2]
    )
    wire = wire_map_run(run.map_runs[0])
    assert wire["mapRunArn"].startswith("arn:aws:states:us-east-1:123456789012:mapRun:m/Mine:")
    assert wire["executionArn"] == NAMES["execution_arn"]
    assert (wire["status"], wire["maxConcurrency"]) == ("SUCCEEDED", 3)
    assert (wire["toleratedFailureCount"], wire["toleratedFailurePercentage"]) == (4, 0.0)
    assert wire["itemCounts"] == {
        "pending": 0,
        "running": 0,
        "succeeded": 2,
        "failed": 0,
        "timedOut": 0,
        "aborted": 0,
        "total": 2,
        "resultsWritten": 2,
        "failuresNotRedrivable": 0,
        "pendingRedrive": 0,
    }
    assert wire["startDate"] == wire["stopDate"]


def test_a_child_has_a_context_of_its_own_and_no_outer_variables() -> None:
    look = {
        **PASS,
        "Parameters": {"e.$": "$$.Execution.Id", "i.$": "$$.Execution.Input", "m.$": "$$.StateMachine.Name"},
    }
    (seen,) = drive(program(states(("M", spread(("A", look), Label="L")))), [7]).output
    assert seen["e"].startswith("arn:aws:states:us-east-1:123456789012:execution:m/L:")
    assert (seen["i"], seen["m"]) == (7, "m/L")
    made = program(
        states(("V", {**PASS, "Assign": {"x": 1}}), ("M", spread(("A", {**PASS, "Parameters": {"x.$": "$x"}}))))
    )
    assert drive(made, [7]).status == "FAILED"


@pytest.mark.parametrize(
    ("tolerance", "items", "status"),
    [
        ({}, [-1], "FAILED"),
        ({"ToleratedFailureCount": 0}, [-1], "FAILED"),
        ({"ToleratedFailureCount": 1}, [-1, 1], "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, [-1, -1], "FAILED"),
        ({"ToleratedFailurePercentage": 50}, [-1, 1], "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 49.9}, [-1, 1], "FAILED"),
        ({"ToleratedFailurePercentage": 100}, [-1, -1], "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 100, "ToleratedFailureCount": 1}, [-1, -1], "FAILED"),
        ({"ToleratedFailurePercentage": 10, "ToleratedFailureCount": 2}, [-1, -1], "FAILED"),
    ],
)
def test_tolerated_failures(tolerance: dict[str, Any], items: list[int], status: str) -> None:
    assert drive(program(states(("M", spread(*ONE_BAD, **tolerance)))), items).status == status


def test_tolerances_by_path_may_be_numeric_strings() -> None:
    made = program(
        states(
            (
                "M",
                spread(
                    *ONE_BAD, ItemsPath="$.l", ToleratedFailureCountPath="$.n", ToleratedFailurePercentagePath="$.p"
                ),
            )
        )
    )
    run = drive(made, {"l": [-1, 1], "n": "1", "p": "50"})
    assert run.status == "SUCCEEDED"
    assert wire_map_run(run.map_runs[0])["toleratedFailurePercentage"] == 50.0
    wrong = drive(made, {"l": [], "n": "1", "p": "NaN"})
    assert wrong.cause is not None
    assert wrong.cause.endswith("ToleratedFailurePercentage must be between 0 and 100.")


def test_too_many_failures_leave_the_rest_pending() -> None:
    run = drive(program(states(("M", spread(*ONE_BAD, MaxConcurrency=1)))), [1, 2, 3, -1, 5])
    assert (run.error, run.cause) == (
        "States.ExceedToleratedFailureThreshold",
        "The specified tolerated failure threshold was exceeded",
    )
    assert types(run)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert counts(run) == {"pending": 1, "succeeded": 3, "failed": 1, "total": 5}
    assert run.map_runs[0].status == "FAILED"


def test_what_still_runs_is_aborted_with_the_run() -> None:
    run = drive(
        program(states(("M", spread(("T", TASK))))), [1, 2, 3], lambda c: Fails("E") if c.arguments == 2 else Never()
    )
    assert counts(run) == {"failed": 1, "aborted": 2, "total": 3}
    assert run.dropped == [1, 3]
    assert [child.events[-1].type for child in run.map_runs[0].children.values()] == [
        "ExecutionFailed",
        "ExecutionAborted",
        "ExecutionAborted",
    ]


def test_a_tolerated_failure_stands_in_its_place() -> None:
    run = drive(program(states(("M", spread(*ONE_BAD, ToleratedFailureCount=1)))), [1, -2, 3])
    first, failed, last = run.output
    assert (first, last) == (1, 3)
    assert (failed["Status"], failed["Error"], failed["Cause"], failed["Input"]) == ("FAILED", "Negative", "c", "-2")


def test_states_runtime_in_a_child_counts_as_a_failure() -> None:
    bad = ("A", {**PASS, "InputPath": "$.nothing"})
    run = drive(program(states(("M", spread(bad, ToleratedFailurePercentage=100)))), [{}])
    assert run.output[0]["Error"] == "States.Runtime"


def test_an_exceeded_threshold_can_be_caught_and_retried() -> None:
    error = "States.ExceedToleratedFailureThreshold"
    again = [{"ErrorEquals": [error], "IntervalSeconds": 3, "MaxAttempts": 1}]
    caught = [{"ErrorEquals": [error], "Next": "After"}]
    run = drive(program(states(("M", spread(*ONE_BAD, Retry=again, Catch=caught)), ("After", PASS))), [-1])
    assert run.output["Error"] == error
    assert [r.status for r in run.map_runs] == ["FAILED", "FAILED"]
    assert types(run).count("MapStateFailed") == 1
    assert run.now == NOON + 3


def test_batches_by_number() -> None:
    batcher = {"MaxItemsPerBatch": 2, "BatchInput": {"k.$": "$.k"}}
    run = drive(
        program(states(("M", spread(("A", PASS), ItemsPath="$.l", ItemBatcher=batcher)))), {"l": [1, 2, 3], "k": "v"}
    )
    assert run.output == [{"BatchInput": {"k": "v"}, "Items": [1, 2]}, {"BatchInput": {"k": "v"}, "Items": [3]}]
    assert counts(run) == {"succeeded": 3, "total": 3, "resultsWritten": 3}
    assert counts(run, "executionCounts") == {"succeeded": 2, "total": 2, "resultsWritten": 2}


def test_batches_by_size_after_the_selector() -> None:
    batcher = {"MaxInputBytesPerBatch": 60}
    selector = {"text.$": "$$.Map.Item.Value"}
    run = drive(program(states(("M", spread(("A", PASS), ItemSelector=selector, ItemBatcher=batcher)))), ["a" * 9] * 3)
    assert [len(batch["Items"]) for batch in run.output] == [2, 1]


def test_an_express_child_has_five_minutes() -> None:
    waits = spread(
        ("W", {"Type": "Wait", "SecondsPath": "$"}), kind="EXPRESS", MaxConcurrency=2, ToleratedFailureCount=1
    )
    run = drive(program(states(("M", waits))), [10, 400, 20, 30])
    assert run.now == NOON + 300
    assert counts(run) == {"succeeded": 3, "timedOut": 1, "total": 4, "resultsWritten": 4}
    assert run.output[1]["Status"] == "TIMED_OUT"


def test_the_reader_is_asked_and_its_items_may_be_pairs() -> None:
    reader = {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"}}
    look = ("A", {**PASS, "Parameters": {"k.$": "$$.Map.Item.Key", "from.$": "$$.Map.Item.Source"}})
    asked = []

    def answer(call: Any) -> Any:
        asked.append((call.kind, call.resource.operation, call.arguments))
        return {"a": 1, "b": 2, "c": 3}

    run = drive(program(states(("M", spread(look, ItemReader=reader)))), {"bucket": "B", "most": 2}, answer)
    request = {"Arguments": {"Bucket": "B", "Key": "k"}, "ReaderConfig": {"InputType": "JSON", "MaxItems": 2}}
    assert asked == [("ItemReader", "getObject", request)]
    assert run.output == [{"k": "a", "from": "s3://B/k"}, {"k": "b", "from": "s3://B/k"}]
    assert run.events[2].detail == {"length": 0}


def test_each_item_says_which_object_it_came_from() -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:listObjectsV2",
        "Parameters": {"Bucket": "B"},
        "ReaderConfig": {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN"},
    }
    sources = [["s3://B/a", 2], ["s3://B/b", 0], ["s3://B/c", 1]]
    look = ("A", {**PASS, "Parameters": {"from.$": "$$.Map.Item.Source"}})

    def answer(call: Any) -> Any:
        assert call.arguments["Sources"] is True
        return {"Items": [1, 2, 3], "Sources": sources}

    run = drive(program(states(("M", spread(look, ItemReader=reader)))), {}, answer)
    assert [item["from"] for item in run.output] == ["s3://B/a", "s3://B/a", "s3://B/c"]
    plain = drive(program(states(("M", spread(look, ItemReader=reader)))), {}, lambda call: [1])
    assert plain.output == [{"from": "s3://B"}]


@pytest.mark.parametrize("value", [-1, "-2"])
def test_a_negative_max_items_by_its_path(value: Any) -> None:
    reader = {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"}}
    run = drive(program(states(("M", spread(("A", PASS), ItemReader=reader)))), {"bucket": "B", "most": value})
    assert (run.error, run.cause) == ("States.ItemReaderFailed", "field MaxItems must be positive")
    assert types(run)[2:] == ["MapStateStarted", "MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]


def test_max_items_by_a_path_that_leads_nowhere() -> None:
    reader = {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"}}
    run = drive(program(states(("M", spread(("A", PASS), ItemReader=reader)))), {"bucket": "B"})
    assert (run.error, types(run)[2:]) == ("States.Runtime", ["MapStateStarted", "ExecutionFailed"])


def test_limits_by_path_see_the_effective_input() -> None:
    reader = {**READER, "ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.most"}, "Parameters": {}}
    machine = spread(("A", PASS), ItemReader=reader, InputPath="$.in", ToleratedFailureCountPath="$.most")
    run = drive(program(states(("M", machine))), {"in": {"most": 1}}, lambda call: [1, 2])
    assert run.output == [1]


def test_a_reader_that_fails_fails_the_run() -> None:
    run = drive(
        program(states(("M", spread(("A", PASS), ItemReader=READER)))), {"bucket": "b"}, lambda c: Fails("E", "c")
    )
    assert (run.error, run.cause) == ("E", "c")
    assert types(run)[3:] == ["MapRunStarted", "MapRunFailed", "MapStateFailed", "ExecutionFailed"]
    assert run.map_runs[0].status == "FAILED"


def test_a_reader_may_be_retried() -> None:
    answers = iter([Fails("States.ItemReaderFailed"), [1]])
    again = [{"ErrorEquals": ["States.ItemReaderFailed"]}]
    made = program(states(("M", spread(("A", PASS), ItemReader=READER, Retry=again))))
    run = drive(made, {"bucket": "b"}, lambda call: next(answers))
    assert run.output == [1]
    assert [r.status for r in run.map_runs] == ["FAILED", "SUCCEEDED"]


def test_what_is_no_list_cannot_be_mapped() -> None:
    run = drive(program(states(("M", spread(("A", PASS), ItemReader=READER)))), {"bucket": "b"}, lambda call: "text")
    assert (run.error, run.cause) == ("States.ItemReaderFailed", "Attempting to map over non-iterable node.")


def test_a_selector_that_fails_ends_the_run() -> None:
    made = program(states(("M", spread(("T", TASK), ItemSelector={"v.$": "$$.Map.Item.Value.v"}))))
    run = drive(made, [{"v": 1}, {}])
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert types(run)[-2:] == ["MapRunFailed", "ExecutionFailed"]
    assert counts(run) == {"pending": 1, "aborted": 1, "total": 2}


def test_the_writer_gets_every_execution() -> None:
    written = {}

    def answer(call: Any) -> Any:
        written.update(call.arguments)
        return {"MapRunArn": call.arguments["MapRunArn"]}

    made = program(states(("M", spread(*ONE_BAD, ResultWriter=WRITER, ToleratedFailureCount=1))))
    run = drive(made, [1, -2], answer)
    assert run.output == {"MapRunArn": run.map_runs[0].arn}
    assert written["Arguments"] == {"Bucket": "b", "Prefix": "p"}
    (good,) = written["Executions"]["SUCCEEDED"]
    (bad,) = written["Executions"]["FAILED"]
    assert (good["Output"], good["OutputDetails"], good["RedriveStatus"]) == ("1", {"Included": True}, "NOT_REDRIVABLE")
    assert (bad["Error"], bad["Input"]) == ("Negative", "-2")
    assert list(written["Executions"]["PENDING"]) == []


def test_a_failing_run_writes_what_it_has_and_what_it_never_began() -> None:
    written = {}

    def answer(call: Any) -> Any:
        written.update(call.arguments["Executions"])
        return {}

    run = drive(program(states(("M", spread(*ONE_BAD, ResultWriter=WRITER, MaxConcurrency=1)))), [1, -2, 3, 4], answer)
    assert run.error == "States.ExceedToleratedFailureThreshold"
    assert [len(written[file]) for file in ("SUCCEEDED", "FAILED", "PENDING")] == [1, 1, 2]
    assert written["PENDING"][1] == {"Input": "4", "InputDetails": {"Included": True}, "Status": "PENDING"}
    assert types(run)[-3:] == ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]


@pytest.mark.parametrize(("how", "output"), [("FLATTEN", [1, 2, 3]), ("COMPACT", [[1, 2], 3])])
def test_transformations_without_a_bucket(how: str, output: list[Any]) -> None:
    made = program(states(("M", spread(("A", PASS), ResultWriter={"WriterConfig": {"Transformation": how}}))))
    assert drive(made, [[1, 2], 3]).output == output


def test_nested_runs() -> None:
    inner = spread(("A", PASS), ItemsPath="$.l", ResultPath="$.r")
    run = drive(program(states(("M", spread(("N", inner))))), [{"l": [1]}, {"l": []}])
    assert run.output == [{"l": [1], "r": [1]}, {"l": [], "r": []}]
    outer, first, _ = run.map_runs
    assert first.execution_arn.startswith(outer.child_arn)
    assert [r.status for r in run.map_runs] == ["SUCCEEDED"] * 3


def test_a_run_ends_with_its_execution() -> None:
    made = program(states(("M", spread(("N", spread(("T", TASK)))))))
    execution = Execution.start(made, [[1, 2], [3]], at=NOON, names=NAMES)
    execution.advance()
    execution.handle(Stop(NOON + 1))
    assert [r.status for r in execution.map_runs] == ["ABORTED"] * 3
    assert counts(execution) == {"aborted": 1, "total": 1}
    assert types(execution)[-1] == "ExecutionAborted"
    assert sorted(execution.dropped) == [1, 2, 3]


def test_a_run_in_a_branch_is_aborted_by_another_branch() -> None:
    bad = states(("Later", {"Type": "Wait", "Seconds": 1}), ("Bad", {"Type": "Fail", "Error": "E"}))
    made = program(states(("P", {"Type": "Parallel", "Branches": [states(("M", spread(("T", TASK)))), bad]})))
    run = drive(made, [1], lambda call: Never())
    assert types(run)[-4:] == ["MapRunAborted", "MapStateAborted", "ParallelStateFailed", "ExecutionFailed"]
    assert run.map_runs[0].status == "ABORTED"


def test_the_machines_timeout_aborts_its_runs() -> None:
    made = program(states(("M", spread(("W", {"Type": "Wait", "Seconds": 60}))), TimeoutSeconds=9))
    run = drive(made, [1])
    assert (run.status, run.map_runs[0].status, run.now) == ("TIMED_OUT", "ABORTED", NOON + 9)
    assert run.map_runs[0].stopped_at == NOON + 9


def test_a_childs_result_may_be_too_large_for_the_map() -> None:
    run = drive(program(states(("M", spread(("T", TASK))))), [1, 2], lambda call: "x" * 200_000)
    assert (run.status, run.error) == ("FAILED", "States.DataLimitExceeded")


def test_histories_of_many_children_are_not_kept() -> None:
    run = drive(program(states(("M", spread(("A", PASS), ResultPath=None)))), list(range(3_000)))
    assert counts(run) == {"succeeded": 3_000, "total": 3_000, "resultsWritten": 3_000}
    assert len(run.map_runs[0].children) == 100


@pytest.mark.parametrize(
    ("field", "value"),
    [("MaxItems", "{% 'all' %}"), ("MaxItems", "{% $nope %}"), ("Key", "{% $nope %}")],
)
def test_what_the_reader_is_asked_is_evaluated_before_the_map_run_starts(field: str, value: str) -> None:
    arguments, config = {"Bucket": "b", "Key": "orders.json"}, {"InputType": "JSON"}
    (arguments if field == "Key" else config)[field] = value
    states = {
        "M": {
            "Type": "Map",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "Arguments": arguments,
                "ReaderConfig": config,
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "A",
                "States": {"A": {"Type": "Pass", "End": True}},
            },
            "End": True,
        }
    }
    run = StateMachine({"QueryLanguage": "JSONata", "StartAt": "M", "States": states}, name="reader").run({})
    assert [event.type for event in run.events[1:]] == [
        "MapStateEntered",
        *(["MapStateStarted"] if field == "MaxItems" else []),
        "EvaluationFailed",
        "MapStateFailed",
        "ExecutionFailed",
    ]
    assert run.error == "States.QueryEvaluationError"
