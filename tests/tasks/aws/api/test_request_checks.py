"""What services say before they do anything."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook.tasks.aws.api.request_checks import InvalidRequest, check_request

TOPIC = "arn:aws:sns:us-east-1:123456789012:t"
ENTRY = {"Detail": "{}", "DetailType": "d", "Source": "s"}


@pytest.mark.parametrize(
    ("name", "operation", "sent", "code", "words"),
    [
        ("dynamodb", "PutItem", {"TableName": "t"}, "ValidationException",
         "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"),
        ("dynamodb", "PutItem", {}, "ValidationException",
         "2 validation errors detected: Value null at 'tableName' failed to satisfy constraint: Member must not be null; "
         "Value null at 'item' failed to satisfy constraint: Member must not be null"),
        ("dynamodb", "GetItem", {"TableName": "/t", "Key": {}}, "ValidationException",
         "1 validation error detected: Value '/t' at 'tableName' failed to satisfy constraint: Member must satisfy "
         "regular expression pattern: [a-zA-Z0-9_.-]+"),
        ("dynamodb", "GetItem", {"TableName": "t", "Key": {}, "ReturnConsumedCapacity": "SOME"}, "ValidationException",
         "1 validation error detected: Value 'SOME' at 'returnConsumedCapacity' failed to satisfy constraint: Member must "
         "satisfy enum value set: [INDEXES, TOTAL, NONE]"),
        ("events", "PutEvents", {"Entries": []}, "ValidationException",
         "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length "
         "greater than or equal to 1"),
        ("glue", "StartJobRun", {"JobName": "j", "Timeout": 0}, "ValidationException",
         "1 validation error detected: Value '0' at 'timeout' failed to satisfy constraint: Member must have value "
         "greater than or equal to 1"),
        ("secretsmanager", "CreateSecret", {"Name": "a b"}, "ValidationException",
         "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"),
        ("sns", "Publish", {"TopicArn": TOPIC}, "ValidationError",
         "1 validation error detected: Value null at 'message' failed to satisfy constraint: Member must not be null"),
        ("sns", "Publish", {"Message": "m"}, "InvalidParameter",
         "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"),
        ("sns", "Publish", {"TopicArn": "t", "Message": "m"}, "InvalidParameter",
         "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": ""}, "InvalidParameter", "Invalid parameter: Empty message"),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": "m", "MessageStructure": "json"}, "InvalidParameter",
         "Invalid parameter: Message Structure - JSON message body failed to parse"),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": "{}", "MessageStructure": "json"}, "InvalidParameter",
         "Invalid parameter: Message Structure - No default entry in JSON message body"),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": "m", "MessageAttributes": {"a": {"DataType": "String"}}},
         "ParameterValueInvalid", "The message attribute 'a' must contain non-empty message attribute value for message "
         "attribute type 'String'."),
        ("sns", "Publish", {"TopicArn": TOPIC + ".fifo", "Message": "m"}, "InvalidParameter",
         "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"),
        ("sqs", "SendMessage", {"QueueUrl": "q", "MessageBody": ""}, "MissingParameter",
         "The request must contain the parameter MessageBody."),
        ("s3", "GetObject", {"Bucket": "b"}, "", "Key must not be null."),
        ("s3", "GetObject", {"Bucket": "b", "Key": ""}, "", "Key cannot be empty."),
    ],
)  # fmt: skip
def test_what_is_said(name: str, operation: str, sent: dict[str, Any], code: str, words: str) -> None:
    assert check_request(name, operation, sent) == InvalidRequest(code, words)


@pytest.mark.parametrize(
    ("name", "operation", "sent"),
    [
        ("dynamodb", "PutItem", {"TableName": "arn:aws:dynamodb:us-east-1:1:table/t", "Item": {"id": {"S": ""}}}),
        ("events", "PutEvents", {"Entries": [ENTRY] * 10}),
        ("sns", "Publish", {"PhoneNumber": "+491", "Message": "m"}),
        ("sns", "Publish", {"TopicArn": TOPIC, "Message": '{"default": "m"}', "MessageStructure": "json"}),
        ("sns", "ListTopics", {}),
        ("sqs", "SendMessage", {"QueueUrl": "q", "MessageBody": "m", "DelaySeconds": 0}),
        ("s3", "ListBuckets", {}),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k", "Body": b""}),
        ("sts", "GetCallerIdentity", {}),
    ],
)
def test_nothing_is_said(name: str, operation: str, sent: dict[str, Any]) -> None:
    assert check_request(name, operation, sent) is None
