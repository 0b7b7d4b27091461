"""Inline Map: which items, how many at once, and what one failure does to the rest."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, NAMES, NOON, Fails, Never, drive, program, states, trail, types

from sfnbook.engine.commands import Stop
from sfnbook.engine.execution import Execution

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
PASS = {"Type": "Pass"}


def mapping(*steps: tuple[str, dict[str, Any]], **fields: Any) -> dict[str, Any]:
    """A Map state that does these steps for every item."""
    return {"Type": "Map", "ItemProcessor": states(*steps), **fields}


def test_one_at_a_time() -> None:
    run = drive(program(states(("M", mapping(("A", PASS), MaxConcurrency=1)))), ["x", "y"])
    assert run.output == ["x", "y"]
    assert trail(run) == [
        (1, 0, "ExecutionStarted", ""),
        (2, 0, "MapStateEntered", "M"),
        (3, 2, "MapStateStarted", ""),
        (4, 3, "MapIterationStarted", "M"),
        (5, 4, "PassStateEntered", "A"),
        (6, 5, "PassStateExited", "A"),
        (7, 6, "MapIterationSucceeded", "M"),
        (8, 6, "MapIterationStarted", "M"),
        (9, 8, "PassStateEntered", "A"),
        (10, 9, "PassStateExited", "A"),
        (11, 10, "MapIterationSucceeded", "M"),
        (12, 11, "MapStateSucceeded", ""),
        (13, 11, "MapStateExited", "M"),
        (14, 13, "ExecutionSucceeded", ""),
    ]


def test_an_empty_array() -> None:
    run = drive(program(states(("M", mapping(("A", PASS))))), [])
    assert run.output == []
    assert trail(run)[2:] == [
        (3, 2, "MapStateStarted", ""),
        (4, 3, "MapStateSucceeded", ""),
        (5, 3, "MapStateExited", "M"),
        (6, 5, "ExecutionSucceeded", ""),
    ]


def test_results_keep_the_order_of_the_items() -> None:
    run = drive(program(states(("M", mapping(("W", {"Type": "Wait", "SecondsPath": "$"}))))), [9, 1, 5])
    assert run.output == [9, 1, 5]
    assert run.now == NOON + 9


@pytest.mark.parametrize(("limit", "seconds"), [(0, 3), (1, 135), (7, 21), (100, 6)])
def test_how_many_run_at_once(limit: int, seconds: int) -> None:
    waits = mapping(("W", {"Type": "Wait", "Seconds": 3}), MaxConcurrency=limit)
    items = list(range(40 if limit == 0 else 45))
    assert drive(program(states(("M", waits))), items).now == NOON + seconds


def test_item_selector_sees_the_item_and_the_maps_input() -> None:
    selector = {"n.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.v", "k.$": "$.k"}
    made = program(states(("M", mapping(("A", PASS), ItemsPath="$.list", ItemSelector=selector))))
    run = drive(made, {"k": 5, "list": [{"v": 1}, {"v": 2}]})
    assert run.output == [{"n": 0, "v": 1, "k": 5}, {"n": 1, "v": 2, "k": 5}]


def test_an_objects_pairs_are_items_too() -> None:
    made = program(states(("M", mapping(("A", {**PASS, "Parameters": {"k.$": "$$.Map.Item.Key", "v.$": "$.Value"}})))))
    assert drive(made, {"a": 1, "b": 2}).output == [{"k": "a", "v": 1}, {"k": "b", "v": 2}]


def test_one_failure_aborts_the_other_iterations() -> None:
    made = program(states(("M", mapping(("T", TASK)))))
    run = drive(made, [1, 2, 3], lambda call: Fails("Broken", "c") if call.arguments == 2 else Never())
    assert (run.error, run.cause) == ("Broken", "c")
    assert trail(run)[-9:] == [
        (16, 12, "LambdaFunctionFailed", ""),
        (17, 16, "TaskStateAborted", ""),
        (18, 16, "MapIterationFailed", "M"),
        (19, 9, "TaskStateAborted", ""),
        (20, 19, "MapIterationAborted", "M"),
        (21, 15, "TaskStateAborted", ""),
        (22, 21, "MapIterationAborted", "M"),
        (23, 16, "MapStateFailed", ""),
        (24, 23, "ExecutionFailed", ""),
    ]
    assert run.dropped == [1, 3]


def test_a_selector_that_fails_takes_the_started_iterations_along() -> None:
    made = program(states(("M", mapping(("T", TASK), ItemSelector={"v.$": "$$.Map.Item.Value.v"}))))
    run = drive(made, [{"v": 1}, {}])
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert types(run)[3:] == ["MapIterationStarted", "MapIterationAborted", "ExecutionFailed"]


def test_a_selector_that_fails_for_a_later_item() -> None:
    selector = {"v.$": "$$.Map.Item.Value.v"}
    made = program(states(("M", mapping(("A", PASS), MaxConcurrency=1, ItemSelector=selector))))
    run = drive(made, [{"v": 1}, {}])
    assert types(run)[-2:] == ["MapIterationSucceeded", "ExecutionFailed"]


def test_a_retry_starts_the_whole_map_again() -> None:
    answers = iter([Fails("Flaky"), "a", "b"])
    again = [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 5, "MaxAttempts": 1}]
    run = drive(
        program(states(("M", mapping(("T", TASK), MaxConcurrency=1, Retry=again)))), [1, 2], lambda c: next(answers)
    )
    assert run.output == ["a", "b"]
    assert run.now == NOON + 5
    assert types(run).count("MapStateStarted") == 2
    assert types(run).count("MapIterationFailed") == 1
    assert "MapStateFailed" not in types(run)


def test_exhausted_retries_end_in_catch() -> None:
    again = [{"ErrorEquals": ["Flaky"], "MaxAttempts": 1}]
    caught = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "After"}]
    made = program(states(("M", mapping(("T", TASK), ItemsPath="$.l", Retry=again, Catch=caught)), ("After", PASS)))
    run = drive(made, {"l": [1]}, lambda call: Fails("Flaky", "c"))
    assert run.output == {"l": [1], "e": {"Error": "Flaky", "Cause": "c"}}
    assert types(run).count("MapStateFailed") == 1


def test_an_abort_while_a_map_waits_for_its_retry() -> None:
    retried = mapping(("T", TASK), Retry=[{"ErrorEquals": ["Flaky"], "IntervalSeconds": 60}])
    bad = states(("Later", {"Type": "Wait", "Seconds": 9}), ("Bad", {"Type": "Fail", "Error": "E"}))
    made = program(states(("P", {"Type": "Parallel", "Branches": [states(("M", retried)), bad]})))
    run = drive(made, [1], lambda call: Fails("Flaky"))
    assert types(run)[-3:] == ["MapStateAborted", "ParallelStateFailed", "ExecutionFailed"]
    assert run.now == NOON + 9


def test_a_result_too_large_ends_the_execution() -> None:
    run = drive(program(states(("M", mapping(("T", TASK))))), [1, 2], lambda call: "x" * 200_000)
    assert (run.status, run.error) == ("FAILED", "States.DataLimitExceeded")
    assert run.cause is not None
    assert run.cause.startswith("The state/task 'M' returned a result")


def test_stop_while_iterations_run() -> None:
    execution = Execution.start(program(states(("M", mapping(("T", TASK))))), [1, 2], at=NOON, names=NAMES)
    execution.advance()
    execution.handle(Stop(NOON + 1))
    assert types(execution)[-1] == "ExecutionAborted"
    assert sorted(execution.dropped) == [1, 2]
    assert execution.advance() == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{% 'x' %}",
            "The JSONata expression ''x'' specified for the field 'Items' returned an unexpected result type.",
        ),
        ("text", "The JSONata expression 'text' specified for the field 'Items' returned an unexpected result type."),
        ("{% $nothing %}", "The JSONata expression '$nothing' specified for the field 'Items' returned nothing"),
    ],
)
def test_jsonata_items_that_are_none(text: str, words: str) -> None:
    """Recorded: test_map_state_items_eval_jsonata_fail; the failure has its place, then the Map fails."""
    run = drive(program(states(("M", mapping(("A", PASS), Items=text)), QueryLanguage="JSONata")), {})
    assert types(run)[1:] == ["MapStateEntered", "EvaluationFailed", "MapStateFailed", "ExecutionFailed"]
    assert run.error == "States.QueryEvaluationError"
    assert words in (run.cause or "")


@pytest.mark.parametrize("field", ["MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage"])
@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("'1'", "Expected '{kind}', but was 'string' for value: \"1\""),
        ("true", "Expected '{kind}', but was 'boolean' for value: true"),
        ("null", "Expected '{kind}', but was 'null' for value: null"),
        ("$nothing", "returned nothing (undefined)."),
        ("-1", ""),
    ],
)
def test_jsonata_numbers_of_a_map_that_are_none(field: str, value: str, words: str) -> None:
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    machine = mapping(("A", PASS), Items=[1], **{field: "{% " + value + " %}"})
    machine["ItemProcessor"] |= config
    run = drive(program(states(("M", machine), QueryLanguage="JSONata")), {})
    started = ["MapStateStarted"] if field != "MaxConcurrency" else []
    assert types(run)[1:] == ["MapStateEntered", *started, "EvaluationFailed", "MapStateFailed", "ExecutionFailed"]
    assert run.events[-3].detail["location"] == field
    assert run.error == "States.QueryEvaluationError"
    assert words.format(kind="number") in (run.cause or "")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("MaxConcurrency", "x", 'The MaxConcurrencyPath field refers to value "x" which is not a valid integer: $.n'),
        (
            "MaxConcurrency",
            None,
            'The MaxConcurrencyPath field refers to value "null" which is not a valid integer: $.n',
        ),
        ("MaxConcurrency", -1, "MaxConcurrency cannot be negative."),
        ("ToleratedFailureCount", "-1", "ToleratedFailureCount cannot be negative."),
        (
            "ToleratedFailureCount",
            1.5,
            'The ToleratedFailureCountPath field refers to value "1.5" which is not a valid',
        ),
        *(
            (
                "ToleratedFailurePercentage",
                value,
                f'The ToleratedFailurePercentagePath field refers to value "{shown}" which is not a valid float: $.n',
            )
            for value, shown in [("x", "x"), (None, "null"), (True, "true"), ({}, "{}"), ("1_0", "1_0")]
        ),
        ("ToleratedFailurePercentage", "NaN", "ToleratedFailurePercentage must be between 0 and 100."),
        ("ToleratedFailurePercentage", 100.5, "ToleratedFailurePercentage must be between 0 and 100."),
        ("ToleratedFailurePercentage", -1, "ToleratedFailurePercentage must be between 0 and 100."),
    ],
)
def test_numbers_by_path_that_are_none(field: str, value: Any, words: str) -> None:
    """MaxConcurrency is looked at before MapStateStarted, the tolerances after it (both recorded)."""
    machine = mapping(("A", PASS), ItemsPath="$.i", **{field + "Path": "$.n"})
    machine["ItemProcessor"] |= {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    run = drive(program(states(("M", machine))), {"i": [1], "n": value})
    started = ["MapStateStarted"] if field != "MaxConcurrency" else []
    assert types(run)[1:] == ["MapStateEntered", *started, "ExecutionFailed"]
    assert run.error == "States.Runtime"
    assert words in (run.cause or "")


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
@pytest.mark.parametrize("value", [42, "text", None, True])
def test_a_jsonata_map_without_items_over_no_array(mode: str, value: Any) -> None:
    machine = mapping(("A", PASS), QueryLanguage="JSONata")
    machine["ItemProcessor"] |= {"ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"}}
    if mode == "INLINE":
        del machine["ItemProcessor"]["ProcessorConfig"]
    made = program(states(("P", {**PASS, "Result": value}), ("M", machine)))
    run = drive(made)
    assert types(run)[4:] == ["EvaluationFailed", "MapStateFailed", "ExecutionFailed"]
    assert "location" not in run.events[4].detail
    shown = value if isinstance(value, str) else {42: "42", None: "null", True: "true"}[value]
    assert (run.cause or "").endswith(f". Map state input must be an array but was: {shown}")


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_where_items_of_the_state_data_come_from(mode: str) -> None:
    machine = mapping(("A", PASS), ItemSelector={"from.$": "$$.Map.Item.Source"})
    if mode == "DISTRIBUTED":
        machine["ItemProcessor"] |= {"ProcessorConfig": {"Mode": mode, "ExecutionType": "STANDARD"}}
    assert drive(program(states(("M", machine))), [1]).output == [{"from": "STATE_DATA"}]
