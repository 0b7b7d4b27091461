"""A mocked result against AWS's API models."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook.language.resource import parse_resource
from sfnbook.tasks.aws.api import model


def problem(resource: str, result: Any, mode: model.Mode = "STRICT") -> str | None:
    return model.result_problem(parse_resource(f"arn:aws:states:::{resource}"), result, mode)


@pytest.mark.parametrize(
    ("resource", "result", "said"),
    [
        ("aws-sdk:kms:encrypt", {"CiphertextBlob": 1}, "Field 'CiphertextBlob' must be a string"),
        ("aws-sdk:kms:encrypt", {"CiphertextBlob": ""}, "Field 'CiphertextBlob' is smaller than the minimum length"),
        (
            "aws-sdk:kms:encrypt",
            {"CiphertextBlob": "x" * 6145},
            "Field 'CiphertextBlob' exceeds the maximum length",
        ),
        ("aws-sdk:s3:getObject", {"ContentLength": "9"}, "Field 'ContentLength' must be a number"),
        ("aws-sdk:s3:getObject", {"ContentLength": 1.5}, "Field 'ContentLength' must be an integer"),
        ("aws-sdk:s3:getObject", {"DeleteMarker": "yes"}, "Field 'DeleteMarker' must be a boolean"),
        ("aws-sdk:s3:getObject", {"StorageClass": "Papyrus"}, "Field 'StorageClass' is not an expected value"),
        ("aws-sdk:s3:getObject", {"Metadata": []}, "Field 'Metadata' must be an object"),
        ("aws-sdk:s3:getObject", [], "The result must be an object"),
        (
            "aws-sdk:lambda:getFunction",
            {"Configuration": {"MemorySize": 1}},
            "Field 'MemorySize' is less than the minimum value",
        ),
        (
            "aws-sdk:lambda:getFunction",
            {"Configuration": {"MemorySize": 10_241}},
            "Field 'MemorySize' exceeds the maximum value",
        ),
        ("events:putEvents", {"Entries": [{}, {"EventId": []}]}, "Field 'EventId' must be a string"),
        ("states:startExecution", {"executionArn": "a"}, "Required field 'ExecutionArn' is missing"),
        ("aws-sdk:sfn:startExecution", {"ExecutionArn": "a"}, "Required field 'StartDate' is missing"),
        ("states:startExecution", {"ExecutionArn": "a", "StartDate": 1}, "Field 'StartDate' must be a string"),
        ("dynamodb:getItem", {"Item": {"id": {"S": 1}}}, "Field 'S' must be a string"),
        ("aws-sdk:cloudwatchlogs:describeLogGroups", {"LogGroups": {}}, "Field 'LogGroups' must be an array"),
        ("sqs:sendMessage", {"MD5OfMessageBody": 1}, "Field 'MD5OfMessageBody' must be a string"),
        ("aws-sdk:sqs:sendMessage", {"Md5OfMessageBody": 1}, "Field 'Md5OfMessageBody' must be a string"),
    ],
)
def test_what_does_not_fit_is_said_in_the_words_of_the_service(resource: str, result: Any, said: str) -> None:
    assert problem(resource, result) == said


@pytest.mark.parametrize(
    ("resource", "result"),
    [
        ("lambda:invoke", {"Payload": {"any": ["thing"]}, "StatusCode": 200, "SdkHttpMetadata": {}}),
        ("events:putEvents", {"random": "json"}),
        ("dynamodb:getItem", {"Item": {"id": {"S": "x"}, "n": {"L": [{"N": "1"}]}}}),
        ("http:invoke", {"ResponseBody": 1, "StatusCode": "any"}),
        ("apigateway:invoke", {"StatusCode": "any"}),
        ("sqs:sendMessage.waitForTaskToken", {"MessageId": ["the callback's own"]}),
        ("aws-sdk:nosuchservice:doThings", {"a": 1}),
    ],
)
def test_what_no_model_describes_may_be_anything(resource: str, result: Any) -> None:
    assert problem(resource, result) is None


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"roleArn": "r" * 257}, f"Value '{'r' * 257}' at 'roleArn' failed to satisfy constraint: Member must have length less than or equal to 256"),
        ({"input": "x" * 262_145}, "Value at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144"),
        ({"inspectionLevel": "ALL"}, "Value 'ALL' at 'inspectionLevel' failed to satisfy constraint: Member must satisfy enum value set: [INFO, DEBUG, TRACE]"),
    ],
)  # fmt: skip
def test_a_request_is_told_with_its_value_unless_that_is_sensitive(request_: dict[str, Any], said: str) -> None:
    assert model.unacceptable("stepfunctions", "TestState", {"definition": "{}", **request_}) == [said]


def test_present_mode_wants_nothing_to_be_there() -> None:
    assert problem("states:startExecution", {}, "PRESENT") is None
    assert problem("states:startExecution", {"ExecutionArn": 1}, "PRESENT") == "Field 'ExecutionArn' must be a string"


def test_none_mode_looks_at_nothing() -> None:
    assert problem("states:startExecution", {"ExecutionArn": 1}, "NONE") is None


@pytest.mark.parametrize(
    ("resource", "polled"),
    [
        ("states:startExecution.sync:2", "DescribeExecution"),
        ("glue:startJobRun.sync", "GetJobRun"),
        ("sagemaker:createTrainingJob.sync", "DescribeTrainingJob"),
        ("batch:submitJob.sync", "DescribeJobs"),
        ("ecs:runTask.sync", "DescribeTasks"),
        ("codebuild:startBuildBatch.sync", "BatchGetBuildBatches"),
    ],
)
def test_a_sync_task_ends_with_the_answer_of_the_api_that_is_polled(resource: str, polled: str) -> None:
    assert model.operation(parse_resource(f"arn:aws:states:::{resource}")).name == polled


def test_output_is_json_only_for_the_second_version_of_sync() -> None:
    described = {"ExecutionArn": "a", "StateMachineArn": "m", "Status": "SUCCEEDED", "StartDate": "now", "Output": {}}
    assert problem("states:startExecution.sync:2", described) is None
    assert problem("states:startExecution.sync", described) == "Field 'Output' must be a string"
