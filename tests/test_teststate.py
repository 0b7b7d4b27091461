"""TestState: one state tried out alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfnbook import SfnbookError, StateMachine
from sfnbook.teststate import TestStateError, test_state

INVOKE = "arn:aws:states:::lambda:invoke"
TASK = {"Type": "Task", "Resource": INVOKE, "Parameters": {"FunctionName": "ship"}, "Next": "Done"}
MAP = {
    "Type": "Map",
    "ItemsPath": "$.orders",
    "ItemSelector": {"n.$": "$$.Map.Item.Index", "order.$": "$$.Map.Item.Value"},
    "ItemProcessor": {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "Ship",
        "States": {"Ship": {**TASK, "Next": "Sent"}, "Sent": {"Type": "Succeed"}},
    },
    "ToleratedFailureCount": 1,
    "Next": "Done",
}
ORDERS = {"orders": ["a", "b", "c"]}
PARALLEL = {
    "Type": "Parallel",
    "Branches": [
        {"StartAt": "Left", "States": {"Left": {**TASK, "Next": "End"}, "End": {"Type": "Succeed"}}},
        {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "End": True}}},
    ],
    "Next": "Done",
}


def refused(definition: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(TestStateError) as caught:
        test_state(definition, **arguments)
    return caught.value.code, caught.value.message


def inspected(definition: Any, **arguments: Any) -> dict[str, Any]:
    """The inspection data with its texts read."""
    data = test_state(definition, inspection_level="DEBUG", **arguments)["inspectionData"]
    return {name: json.loads(value) if isinstance(value, str) else value for name, value in data.items()}


# ------------------------------------------------------------------------------------------------------ data and flow
def test_a_state_is_tried_alone_though_its_next_is_not_there() -> None:
    assert test_state({"Type": "Pass", "Result": 7, "Next": "Elsewhere"}) == {
        "status": "SUCCEEDED",
        "output": "7",
        "nextState": "Elsewhere",
    }


def test_json_text_and_values_are_taken_alike() -> None:
    text = test_state('{"Type": "Succeed"}', input='{"a": 1}')
    assert text == test_state({"Type": "Succeed"}, input={"a": 1}) == {"status": "SUCCEEDED", "output": '{"a":1}'}


def test_the_way_of_the_data_through_a_pass() -> None:
    state = {
        "Type": "Pass",
        "InputPath": "$.payload",
        "Parameters": {"data": 1},
        "ResultPath": "$.result",
        "OutputPath": "$.result.data",
        "Next": "Another",
    }
    assert inspected(state, input={"payload": {"foo": "bar"}}) == {
        "input": {"payload": {"foo": "bar"}},
        "afterInputPath": {"foo": "bar"},
        "afterParameters": {"data": 1},
        "afterResultSelector": {"data": 1},
        "afterResultPath": {"payload": {"foo": "bar"}, "result": {"data": 1}},
    }


def test_what_was_drawn_at_random_is_shown_as_it_was_drawn() -> None:
    state = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "End": True}
    answer = test_state(state, inspection_level="DEBUG")
    data = answer["inspectionData"]
    assert answer["output"] == data["afterParameters"] == data["afterResultSelector"] == data["afterResultPath"]


def test_jsonata_shows_arguments_result_and_variables() -> None:
    state = {
        "Type": "Task",
        "QueryLanguage": "JSONata",
        "Resource": INVOKE,
        "Arguments": {"FunctionName": "ship", "Payload": "{% $rate * $states.input.n %}"},
        "Assign": {"last": "{% $states.result.Payload %}"},
        "Output": "{% $states.result.Payload + $rate %}",
        "End": True,
    }
    arguments = {"input": {"n": 2}, "variables": {"rate": 10}, "mock": {"result": {"Payload": 5}}}
    assert test_state(state, **arguments)["output"] == "15"
    assert inspected(state, **arguments) == {
        "input": {"n": 2},
        "afterArguments": {"FunctionName": "ship", "Payload": 20},
        "result": {"Payload": 5},
        "variables": {"rate": 10, "last": 5},
    }


def test_a_choice_says_where_it_goes_and_a_wait_does_not_wait() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.n", "NumericGreaterThan": 5, "Next": "Big"}],
        "Default": "Small",
    }
    assert test_state(choice, input={"n": 9})["nextState"] == "Big"
    assert test_state(choice, input={"n": 1})["nextState"] == "Small"
    assert test_state({"Type": "Wait", "Seconds": 86_400, "Next": "Later"})["nextState"] == "Later"


def test_causes_do_not_speak_of_events() -> None:
    answer = test_state({"Type": "Pass", "InputPath": "$.missing", "End": True})
    assert answer == {
        "status": "FAILED",
        "error": "States.Runtime",
        "cause": "Invalid path '$.missing' : No results for path: $['missing']",
    }


# ---------------------------------------------------------------------------------------------------- a whole machine
MACHINE = {
    "StartAt": "Each",
    "States": {
        "Each": {
            "Type": "Map",
            "ItemProcessor": {
                "StartAt": "Item",
                "States": {"Item": {"Type": "Pass", "Parameters": {"i.$": "$$.Map.Item.Index"}, "End": True}},
            },
            "Next": "Stop",
        },
        "Stop": {"Type": "Fail", "Error": "Enough", "Cause": "of it"},
    },
}


def test_a_state_of_a_machine_is_named() -> None:
    assert test_state(MACHINE, state_name="Stop") == {"status": "FAILED", "error": "Enough", "cause": "of it"}
    assert test_state(StateMachine(MACHINE, name="m"), state_name="Stop")["status"] == "FAILED"


def test_a_state_inside_a_map_sees_itself_as_the_first_item() -> None:
    assert test_state(MACHINE, state_name="Item", input=["x"])["output"] == '{"i":0}'


def test_a_state_that_is_not_there() -> None:
    assert refused(MACHINE, state_name="Nowhere") == ("ValidationException", "State not found in definition")
    code, message = refused(MACHINE, state_name="")
    assert code == "ParamValidationError"
    assert message.endswith("Invalid length for parameter stateName, value: 0, valid min length: 1")


def test_a_bad_definition_is_refused_with_its_diagnostics() -> None:
    code, message = refused({"Type": "Dance", "End": True})
    assert code == "InvalidDefinition"
    assert message.startswith("Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: The field 'Type' should")
    with pytest.raises(TestStateError, match="say which of its states with state_name"):
        test_state(MACHINE)


# ------------------------------------------------------------------------------------------------- tasks without mocks
def test_a_function_stands_in_for_the_role() -> None:
    def ship(event: Any) -> Any:
        return {"shipped": event}

    answer = test_state({**TASK, "ResultPath": "$.r"}, input={"n": 1}, bind={"ship": ship})
    assert json.loads(answer["output"])["r"]["Payload"] == {"shipped": {}}
    assert refused(TASK) == ("ValidationException", "RoleArn must be specified when testing a Task state")


def test_an_async_function_is_awaited() -> None:
    async def ship(event: Any) -> Any:
        return 1

    assert json.loads(test_state(TASK, bind={"ship": ship})["output"])["Payload"] == 1


def test_a_failing_function_is_not_tried_again() -> None:
    calls = []

    def ship(event: Any) -> Any:
        calls.append(event)
        raise KeyError("stock")

    state = {**TASK, "Retry": [{"ErrorEquals": ["KeyError"], "IntervalSeconds": 3}]}
    answer = test_state(state, bind={"ship": ship}, inspection_level="DEBUG")
    assert (answer["status"], answer["error"], len(calls)) == ("RETRIABLE", "KeyError", 1)
    assert answer["inspectionData"]["errorDetails"] == {"retryIndex": 0, "retryBackoffIntervalSeconds": 3}


# ---------------------------------------------------------------------------------------------------- mocked failures
FAILS = {"errorOutput": {"error": "Busy", "cause": "too many"}}


@pytest.mark.parametrize(("used", "backoff"), [(0, 2), (1, 4), (2, 8)])
def test_the_backoff_grows_with_the_retries_already_used(used: int, backoff: int) -> None:
    state = {**TASK, "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 3}]}
    arguments = {"mock": FAILS, "state_configuration": {"retrierRetryCount": used}}
    assert test_state(state, **arguments) == {"status": "RETRIABLE", "error": "Busy", "cause": "too many"}
    details = {"retryIndex": 0, "retryBackoffIntervalSeconds": backoff}
    assert inspected(state, **arguments)["errorDetails"] == details


def test_after_the_last_retry_a_catcher_takes_it() -> None:
    state = {
        **TASK,
        "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 1}],
        "Catch": [
            {"ErrorEquals": ["Other"], "Next": "No"},
            {"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "Handle"},
        ],
    }
    arguments = {"input": {"data": 1}, "mock": FAILS, "state_configuration": {"retrierRetryCount": 1}}
    assert test_state(state, **arguments) == {
        "status": "CAUGHT_ERROR",
        "output": '{"data":1,"error":{"Error":"Busy","Cause":"too many"}}',
        "error": "Busy",
        "cause": "too many",
        "nextState": "Handle",
    }
    assert inspected(state, **arguments)["errorDetails"] == {"catchIndex": 1, "retryIndex": 0}


@pytest.mark.parametrize(("culprit", "status"), [("Left", "CAUGHT_ERROR"), ("Right", "FAILED")])
def test_only_a_task_inside_makes_a_parallel_fail_with_task_failed(culprit: str, status: str) -> None:
    state = {**PARALLEL, "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "Handle"}]}
    answer = test_state(state, mock=FAILS, state_configuration={"errorCausedByState": culprit})
    assert (answer["status"], answer["error"]) == (status, "Busy")


# ---------------------------------------------------------------------------------------------------- Map and Parallel
def test_a_map_shows_what_each_iteration_would_get() -> None:
    answer = test_state(MAP, input=ORDERS, mock={"result": [1, 2, 3]})
    assert answer == {"status": "SUCCEEDED", "output": "[1,2,3]", "nextState": "Done"}
    seen = inspected({**MAP, "ItemBatcher": {"MaxItemsPerBatch": 2}}, input=ORDERS, mock={"result": []})
    first, second, third = ({"n": i, "order": order} for i, order in enumerate("abc"))
    assert seen == {
        "input": ORDERS,
        "afterInputPath": ORDERS,
        "afterItemsPath": ["a", "b", "c"],
        "afterItemSelector": [first, second, third],
        "afterItemBatcher": [{"Items": [first, second]}, {"Items": [third]}],
        "afterResultSelector": [],
        "afterResultPath": [],
        "toleratedFailureCount": 1,
        "maxConcurrency": 0,
    }


@pytest.mark.parametrize(("failures", "status"), [(0, "SUCCEEDED"), (1, "SUCCEEDED"), (2, "FAILED"), (3, "FAILED")])
def test_more_failed_iterations_than_tolerated(failures: int, status: str) -> None:
    configuration = {"mapIterationFailureCount": failures}
    answer = test_state(MAP, input=ORDERS, mock={"result": []}, state_configuration=configuration)
    error = "States.ExceedToleratedFailureThreshold" if status == "FAILED" else None
    assert (answer["status"], answer.get("error")) == (status, error)


def test_what_an_item_reader_would_have_read() -> None:
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
        "Parameters": {"Bucket": "b", "Key": "k"},
    }
    state = {name: value for name, value in MAP.items() if name != "ItemsPath"} | {"ItemReader": reader}
    configuration = {"mapItemReaderData": "id,name\n1,Ann\n2,Bob\n"}
    seen = inspected(state, mock={"result": []}, state_configuration=configuration)
    assert seen["afterItemSelector"][1] == {"n": 1, "order": {"id": "2", "name": "Bob"}}


def test_a_context_path_to_the_items_must_lead_to_an_array() -> None:
    state = {**MAP, "ItemsPath": "$$.Execution.Input"}
    answer = test_state(state, mock={"result": []}, context={"Execution": {"Input": {"a": 1}}})
    assert answer["cause"] == 'Reference path "$.Execution.Input" must point to array.'


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, "SUCCEEDED"),
        ({"ToleratedFailureCount": 1}, "FAILED"),
        ({"ToleratedFailureCount": 2}, "SUCCEEDED"),
        ({"ToleratedFailurePercentage": 50}, "FAILED"),
    ],
)
def test_failed_iterations_of_a_distributed_map_count_against_its_tolerance(more: dict[str, Any], status: str) -> None:
    bare = {name: value for name, value in MAP.items() if not name.startswith("Tolerated")}
    answer = test_state(
        {**bare, **more}, input=ORDERS, mock={"result": []}, state_configuration={"mapIterationFailureCount": 2}
    )
    assert answer["status"] == status


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
def test_a_mocked_parallel_shows_nothing_of_its_input(language: str) -> None:
    before = {"Parameters": {"a": 1}} if language == "JSONPath" else {"Arguments": {"a": 1}}
    state = {**PARALLEL, "QueryLanguage": language, **before}
    for branch in state["Branches"]:
        assert branch["StartAt"] in branch["States"]
    for mock in ({"result": [1, 2]}, FAILS):
        shown = test_state(state, input={}, mock=mock, inspection_level="TRACE")["inspectionData"]
        assert not {"afterInputPath", "afterParameters", "afterArguments"} & shown.keys()


# --------------------------------------------------------------------------------------------------------- refusals
TOKEN = {**TASK, "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"MessageBody": "x"}}


@pytest.mark.parametrize(
    ("definition", "arguments", "message"),
    [
        ({"Type": "Succeed"}, {"mock": FAILS}, "State type 'Succeed' is not supported when a mock is specified"),
        ({"Type": "Wait", "Seconds": 1, "End": True}, {"mock": FAILS}, "State type 'Wait' is not supported when a mock is specified"),
        (TASK, {"mock": {"result": "no json"}}, "Mocked result must be valid JSON"),
        (TASK, {"mock": {"result": {}}, "reveal_secrets": True}, "TestState does not support RevealSecrets when a mock is specified."),
        (TASK, {"mock": {"result": {}, **FAILS}}, "A test mock should have only one of the following fields: [result, errorOutput]."),
        *(
            (TOKEN, {"mock": {"result": {}}, "context": context}, f"Invalid Context object provided: {message}")
            for context, message in [
                ({"Nope": {}}, "Field 'Nope' is not allowed"),
                ({"Execution": {"Nope": 1}}, "Field 'Nope' is not allowed"),
                ({"State": {"Id": "x"}}, "Field 'Id' is not allowed"),
                ({"StateMachine": {"RoleArn": "x"}}, "Field 'RoleArn' is not allowed"),
                ({"Task": {"Token": "t", "Id": 1}}, "Field 'Id' is not allowed"),
                ({"Execution": {"Id": 1}}, "Execution.Id must be a string"),
                ({"Execution": {"RoleArn": None}}, "Execution.RoleArn must be a string"),
                ({"State": {"Name": True}}, "State.Name must be a string"),
                ({"State": {"RetryCount": "1"}}, "State.RetryCount must be a number"),
                ({"Task": {"Token": {}}}, "Task.Token must be a string"),
                ({"Map": {"Item": {}}}, "'Map' field is not supported when mocking a Context object"),
                ({"Execution": []}, "Context object contains 'Execution' that is not a JSON object"),
            ]
        ),
        (TASK, {"mock": {}}, "A mock must have a result or an errorOutput."),
        (TASK, {"mock": {"errorOutput": {}}}, "A mock's errorOutput must have an error."),
        (TASK, {"mock": {"result": {"StatusCode": "x"}}}, "Mock result schema validation error: Field 'StatusCode' must be a number"),
        (MAP, {"mock": {"result": {}}}, "Mocked result must be an array."),
        (PARALLEL, {"mock": {"result": [1]}}, "Mocked result must contain the same number of items as number of Parallel branches."),
        (
            MAP,
            {"mock": {"result": []}, "input": ORDERS, "state_configuration": {"mapIterationFailureCount": 4}},
            "Map iteration failure count must be less than or equal to the number of Map iterations",
        ),
        (TASK, {"context": {}}, "TestState does not support Context when a mock is not specified."),
        (TASK, {"mock": {"result": {}}, "context": []}, "Invalid Context object provided: Context object is not a JSON object"),
        (
            TASK,
            {"mock": {"result": {}}, "context": "{"},
            "Invalid Context object provided: Context object is not valid JSON: Unexpected end-of-input: expected close "
            "marker for Object",
        ),
        (PARALLEL, {"mock": {"result": [1, 2]}, "variables": [1]}, "Invalid variables provided: the text is not a JSON object"),
        (
            MAP,
            {"state_configuration": {"mapIterationFailureCount": 0}},
            "TestState does not support MapIterationFailureCount when a mock is not specified.",
        ),
        (
            TASK,
            {"mock": {"result": {}}, "context": {"Task": {"Token": "t"}}},
            "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' "
            "or '.waitForTaskToken' service integration pattern",
        ),
    ],
)  # fmt: skip
def test_validation_exceptions(definition: Any, arguments: dict[str, Any], message: str) -> None:
    assert refused(definition, **arguments) == ("ValidationException", message)


@pytest.mark.parametrize("definition", [MAP, PARALLEL, TOKEN])
def test_what_cannot_be_tested_without_a_mock(definition: Any) -> None:
    assert refused(definition, role_arn="arn:aws:iam::123456789012:role/r")[0] == "InvalidDefinition"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "Unexpected end-of-input: expected close marker for Object"),
        ("{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name"),
        ("", "Invalid execution input."),
    ],
)
def test_an_input_that_is_no_json(text: str, words: str) -> None:
    message = f"Invalid State Machine Execution Input: '{words}'"
    assert refused({"Type": "Succeed"}, input=text) == ("InvalidExecutionInput", message)


def test_without_the_readers_data_the_mocked_results_are_counted() -> None:
    reader = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}
    state = {name: value for name, value in MAP.items() if name != "ItemsPath"} | {"ItemReader": reader}
    configuration = {"mapIterationFailureCount": 3}
    code, message = refused(state, mock={"result": [1, 2]}, state_configuration=configuration)
    assert (code, message.split(" must ")[0]) == ("ValidationException", "Map iteration failure count")


def test_with_a_role_a_service_task_does_what_it_does_in_an_execution() -> None:
    parameters = {"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:TriedChild", "Input": {"n": 1}}
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": parameters,
        "End": True,
    }
    child = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, name="TriedChild")
    answer = test_state(state, role_arn="arn:aws:iam::123456789012:role/r")
    assert json.loads(answer["output"])["ExecutionArn"].startswith(child.arn.replace(":stateMachine:", ":execution:"))
    assert refused(state)[1] == "RoleArn must be specified when testing a Task state"


def test_a_callback_task_sees_the_token_of_the_context() -> None:
    state = {**TOKEN, "Parameters": {"MessageBody": {"token.$": "$$.Task.Token"}}}
    seen = inspected(state, mock={"result": {"any": 1}}, context={"Task": {"Token": "abc"}})
    assert seen["afterParameters"] == {"MessageBody": {"token": "abc"}}


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
fields = (
    "Next",
    "End",
    "Parameters",
    "ResultPath",
    "ItemProcessor",
    "ItemReader",
    "Retry",
    "Catch",
    "Choices",
    "Result",
)


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(["Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"]),
    written=st.dictionaries(st.sampled_from(fields), json_values, max_size=4),
    input=json_values,
    mock=st.none() | st.fixed_dictionaries({"result": json_values}) | st.just(FAILS),
)
def test_nothing_but_its_own_errors_comes_out(kind: str, written: Any, input: Any, mock: Any) -> None:
    try:
        answer = test_state({"Type": kind, **written}, input=input, mock=mock, inspection_level="TRACE")
    except SfnbookError:
        return
    assert answer["status"] in ("SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR")
