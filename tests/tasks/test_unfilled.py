"""A placeholder that nobody filled in is named before a service is asked for it."""

from __future__ import annotations

from typing import Any

import pytest

import sfnbook
from sfnbook import StateMachine, mock, returns
from sfnbook.tasks.aws.integration import Call


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch) -> None:
    """No API is called in this test."""

    def call(self: Call, *_: Any) -> None:
        raise AssertionError("an API was called")

    monkeypatch.setattr(Call, "__init__", call)


def one_task(resource: str, parameters: dict[str, Any], **fields: Any) -> StateMachine:
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True, **fields}
    return StateMachine({"StartAt": "Ask", "States": {"Ask": task}})


PREFIX = "An error occurred while executing the state 'Ask' (entered at the event id #2). "


def test_the_placeholder_its_place_and_what_to_do_are_named(unasked: None) -> None:
    machine = one_task("arn:aws:states:::dynamodb:getItem", {"TableName": "${Orders}", "Key": {"id": {"S": "1"}}})
    run = machine.run({})
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    assert run.cause == (
        PREFIX + "TableName is ${Orders}, which nobody has filled in. Give it with --substitute Orders=... "
        '(in Python substitutions={"Orders": ...}), or bind a function or a mock to the state.'
    )


@pytest.mark.parametrize(
    ("resource", "parameters", "begins"),
    [
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "${Uploads}"}, "Bucket is ${Uploads}, "),
        ("aws-sdk:s3:listObjectsV2", {"Bucket": "b", "MaxKeys": "${Most}"}, "MaxKeys is ${Most}, "),
        (
            "sqs:sendMessage",
            {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/1/${Queue}", "MessageBody": "x"},
            "QueueUrl is https://sqs.eu-west-1.amazonaws.com/1/${Queue}, ",
        ),
        (
            "sns:publish",
            {"TopicArn": "arn:aws:sns:${AWS::Region}:${AWS::AccountId}:t", "Message": "x"},
            "TopicArn is arn:aws:sns:${AWS::Region}:${AWS::AccountId}:t, ",
        ),
        ("events:putEvents", {"Entries": [{"EventBusName": "${Bus}"}]}, "Entries[0].EventBusName is ${Bus}, "),
        ("http:invoke", {"ApiEndpoint": "https://${Host}/x", "Method": "GET"}, "ApiEndpoint is https://${Host}/x, "),
        ("states:startExecution", {"StateMachineArn": "${Nobody}", "Input": {}}, "StateMachineArn is ${Nobody}, "),
        ("aws-sdk:lambda:invoke", {"FunctionName": "${Nobody.Arn}"}, "FunctionName is ${Nobody.Arn}, "),
    ],
)
def test_every_kind_of_parameter(unasked: None, resource: str, parameters: dict[str, Any], begins: str) -> None:
    run = one_task(f"arn:aws:states:::{resource}", parameters).run({})
    assert run.error == "States.Runtime"
    assert str(run.cause).startswith(PREFIX + begins)


def test_a_placeholder_that_an_earlier_state_put_into_the_data(unasked: None) -> None:
    machine = StateMachine(
        {
            "StartAt": "Names",
            "States": {
                "Names": {"Type": "Pass", "Result": {"table": "${Orders}"}, "Next": "Ask"},
                "Ask": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::dynamodb:getItem",
                    "Parameters": {"TableName.$": "$.table", "Key": {}},
                    "End": True,
                },
            },
        }
    )
    assert "TableName is ${Orders}, which nobody has filled in" in str(machine.run({}).cause)


def test_jsonata(unasked: None) -> None:
    machine = StateMachine(
        {
            "QueryLanguage": "JSONata",
            "StartAt": "Ask",
            "States": {
                "Ask": {
                    "Type": "Task",
                    "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2",
                    "Arguments": {"Bucket": "{% '${Stage}-' & $states.input.name %}"},
                    "End": True,
                }
            },
        }
    )
    assert "Bucket is ${Stage}-x, which nobody" in str(machine.run({"name": "x"}).cause)


@pytest.mark.parametrize("kind", ["ItemReader", "ResultWriter"])
def test_the_buckets_of_a_distributed_map(kind: str) -> None:
    place = {"Bucket": "${Bucket}", "Key": "k"} if kind == "ItemReader" else {"Bucket": "${Bucket}", "Prefix": "p"}
    action = "getObject" if kind == "ItemReader" else "putObject"
    inner = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    each = {
        "Type": "Map",
        kind: {"Resource": f"arn:aws:states:::s3:{action}", "Parameters": place},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **inner},
        "End": True,
    }
    if kind == "ItemReader":
        each["ItemReader"] |= {"ReaderConfig": {"InputType": "JSON"}}
    run = StateMachine({"StartAt": "Ask", "States": {"Ask": each}}).run([1] if kind == "ResultWriter" else {})
    assert f"{kind}.Bucket is ${{Bucket}}, which nobody has filled in" in str(run.cause)


def test_what_came_with_the_data_is_data_and_so_are_scripts_and_payloads() -> None:
    machine = one_task("arn:aws:states:::aws-sdk:s3:listObjectsV2", {"Bucket.$": "$.name"})
    assert machine.run({"name": "${Odd}"}).error == "S3.SdkClientException"
    script = one_task("arn:aws:states:::aws-sdk:sqs:createQueue", {"QueueName": "q", "Tags": {"a": "echo ${HOME} x"}})
    assert script.run({}).status == "SUCCEEDED"


def test_functions_machines_bindings_and_mocks_answer_by_the_name_in_the_template() -> None:
    child = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="Child")
    parent = one_task("arn:aws:states:::states:startExecution.sync:2", {"StateMachineArn": "${Child}", "Input": [1]})
    run = parent.run({})
    assert (run.status, run.output["Output"], len(child.runs)) == ("SUCCEEDED", [1], 1)
    table = one_task("arn:aws:states:::dynamodb:getItem", {"TableName": "${Orders}", "Key": {}})
    assert table.run({}, mocks=[mock("Ask", returns({"Item": {}}))]).status == "SUCCEEDED"
    assert table.run({}, bind={"Ask": lambda event: event["TableName"]}).output == "${Orders}"


def test_filled_in_it_is_asked_for() -> None:
    text = """{"StartAt": "Ask", "States": {"Ask": {"Type": "Task", "End": true,
        "Resource": "arn:aws:states:::aws-sdk:s3:listObjectsV2", "Parameters": {"Bucket": "${Uploads}"}}}}"""
    run = sfnbook.StateMachine(text, substitutions={"Uploads": "not-there"}).run({})
    assert run.error == "S3.NoSuchBucketException"
    with pytest.raises(sfnbook.InputError, match="give JSON, YAML or a Path"):
        StateMachine({"StartAt": "A", "States": {}}, substitutions={"A": "b"})
