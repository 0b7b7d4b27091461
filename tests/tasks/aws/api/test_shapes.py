"""Parameters, results and errors in Step Functions' shapes, from botocore's models."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest

from sfnbook.tasks.aws.api.model import service
from sfnbook.tasks.aws.api.shapes import ErrorWording, InvalidParameters, request, result, sdk_name


def shape(name: str, operation: str, side: str = "input_shape") -> Any:
    return getattr(service(name).operation_model(operation), side)


@pytest.mark.parametrize(
    ("name", "operation", "given", "made"),
    [
        ("batch", "SubmitJob", {"JobName": "j", "JobQueue": "q"}, {"jobName": "j", "jobQueue": "q"}),
        ("sqs", "SendMessage", {"MessageBody": {"a": [1, None]}}, {"MessageBody": '{"a":[1,null]}'}),
        ("sqs", "SendMessage", {"DelaySeconds": "5", "MessageBody": True}, {"DelaySeconds": 5, "MessageBody": "true"}),
        (
            "dynamodb",
            "PutItem",
            {"Item": {"n": {"N": 3}}, "TableName": "t"},
            {"Item": {"n": {"N": "3"}}, "TableName": "t"},
        ),
        ("dynamodb", "PutItem", {"Item": {"b": {"B": "AQI="}}}, {"Item": {"b": {"B": b"\x01\x02"}}}),
        ("dynamodb", "PutItem", {"Item": None}, {}),
        ("s3", "PutObject", {"Body": "text"}, {"Body": b'"text"'}),  # its JSON text (AWS, as reported in public)
        ("s3", "PutObject", {"Body": {"a": 1}}, {"Body": b'{"a":1}'}),
        ("rds", "DeleteDBInstance", {"DbInstanceIdentifier": "d"}, {"DBInstanceIdentifier": "d"}),
    ],
)
def test_parameters_become_a_request(name: str, operation: str, given: Any, made: Any) -> None:
    assert request(shape(name, operation), given) == made


@pytest.mark.parametrize(
    ("name", "operation", "given", "told"),
    [
        ("sqs", "SendMessage", {"Message": "x"}, 'The field "Message" is not supported by Step Functions'),
        ("sqs", "SendMessage", {"DelaySeconds": "soon"}, "The value of the field 'DelaySeconds' has an invalid format"),
        ("ecs", "RunTask", {"Tags": {"a": 1}}, "The value of the field 'Tags' has an invalid format"),
        ("sqs", "SendMessage", [1], "The Parameters must be a JSON object"),
    ],
)
def test_parameters_that_do_not_fit(name: str, operation: str, given: Any, told: str) -> None:
    with pytest.raises(InvalidParameters) as refused:
        request(shape(name, operation), given)
    assert str(refused.value) == told


AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "operation", "sdk", "answer", "shaped"),
    [
        ("batch", "SubmitJob", False, {"jobId": "1", "ResponseMetadata": {}}, {"JobId": "1"}),
        ("sqs", "SendMessage", False, {"MD5OfMessageBody": "m"}, {"MD5OfMessageBody": "m"}),
        ("sqs", "SendMessage", True, {"MD5OfMessageBody": "m"}, {"Md5OfMessageBody": "m"}),
        ("s3", "GetObject", True, {"Body": io.BytesIO(b"text"), "ETag": "e"}, {"Body": "text", "ETag": "e"}),
        ("s3", "GetObject", True, {"Body": io.BytesIO(b"\xff\x00")}, {"Body": "/wA="}),
        ("glue", "GetJobRun", True, {"JobRun": {"StartedOn": AT}}, {"JobRun": {"StartedOn": "2026-11-21T12:00:00Z"}}),
        ("glue", "GetJobRun", False, {"JobRun": {"StartedOn": AT}}, {"JobRun": {"StartedOn": 1795262400000}}),
        ("dynamodb", "GetItem", True, {"Item": {"b": {"B": b"\x01"}}}, {"Item": {"b": {"B": "AQ=="}}}),
    ],
)
def test_answers_become_results(name: str, operation: str, sdk: bool, answer: Any, shaped: Any) -> None:
    assert result(shape(name, operation, "output_shape"), answer, sdk=sdk) == shaped


@pytest.mark.parametrize(
    ("name", "sdk", "code", "error"),
    [
        ("dynamodb", False, "ResourceNotFoundException", "DynamoDB.ResourceNotFoundException"),
        ("dynamodb", True, "ResourceNotFoundException", "DynamoDb.ResourceNotFoundException"),
        ("dynamodb", True, "ValidationException", "DynamoDb.DynamoDbException"),
        ("sqs", False, "InvalidParameterValue", "SQS.AmazonSQSException"),
        ("sqs", False, "QueueDoesNotExist", "SQS.QueueDoesNotExistException"),
        ("sns", False, "NotFound", "SNS.NotFoundException"),
        ("secretsmanager", True, "ValidationException", "SecretsManager.SecretsManagerException"),
        ("ecs", False, "Unknown", "ECS.AmazonECSException"),
        ("batch", False, "Unknown", "Batch.AWSBatchException"),
        ("sagemaker", False, "ValidationException", "SageMaker.AmazonSageMakerException"),
    ],
)
def test_names_of_errors(name: str, sdk: bool, code: str, error: str) -> None:
    assert ErrorWording(name, sdk).error(code) == error


def test_tails_of_causes() -> None:
    assert ErrorWording("sqs", False).cause("No.", 400, "X", "r") == (
        "No. (Service: AmazonSQS; Status Code: 400; Error Code: X; Request ID: r; Proxy: null)"
    )
    assert ErrorWording("s3", True).cause("No.", 404, "X", "r", "h") == (
        "No. (Service: S3, Status Code: 404, Request ID: r, Extended Request ID: h)"
    )


def test_names_of_services() -> None:
    names = ("SQS", "CloudWatch Logs", "S3 Control", "Route53Resolver", "API Gateway", "DocDB", "EventBridge")
    assert [sdk_name(name) for name in names] == [
        "Sqs",
        "CloudWatchLogs",
        "S3Control",
        "Route53Resolver",
        "ApiGateway",
        "DocDb",
        "EventBridge",
    ]


def test_a_null_of_dynamodb_has_the_sdks_name() -> None:
    item = {"Item": {"a": {"NULL": True}, "s": {"SS": ["x"]}, "b": {"BOOL": True}}}
    model = service("dynamodb").operation_model("GetItem").output_shape
    assert result(model, item, sdk=True)["Item"] == {"a": {"Nul": True}, "s": {"Ss": ["x"]}, "b": {"Bool": True}}
    assert result(model, item, sdk=False) == item
    for name in ("NULL", "Nul"):
        given = {"TableName": "t", "Item": {"a": {name: True}}}
        assert request(shape("dynamodb", "PutItem"), given)["Item"] == {"a": {"NULL": True}}


def test_a_field_in_the_apis_own_spelling_is_refused_as_on_aws() -> None:
    with pytest.raises(InvalidParameters, match=r"The field .jobName. is not supported by Step Functions"):
        request(shape("batch", "SubmitJob"), {"jobName": "j"})


def test_statuses_are_those_of_the_model() -> None:
    assert ErrorWording("secretsmanager", True).status("ResourceNotFoundException", 404) == 400
    assert ErrorWording("sns", False).status("NotFound", 400) == 404
    assert ErrorWording("s3", True).status("BucketNotEmpty", 409) == 409
