"""Service integrations as a machine uses them, on the embedded services."""

from __future__ import annotations

import base64
import json
import socket
import zlib
from typing import Any

import pytest

from sfnbook import StateMachine, TaskError
from sfnbook.errors import DefinitionError
from sfnbook.run import Run
from sfnbook.tasks.aws.services.endpoints import Services

TABLE = {
    "TableName": "orders",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def task(resource: str, parameters: Any, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True, **fields}


def one(resource: str, parameters: Any, **fields: Any) -> StateMachine:
    return StateMachine({"StartAt": "T", "States": {"T": task(resource, parameters, **fields)}}, name="m")


def types(run: Run) -> list[str]:
    return [event.type for event in run.events]


def test_a_function_and_a_task_see_one_table(aws: Services) -> None:
    def save(event: Any) -> None:
        import boto3

        boto3.client("dynamodb").create_table(**TABLE)
        boto3.resource("dynamodb").Table("orders").put_item(Item={"id": event["id"], "amount": 7})

    read = task("dynamodb:getItem", {"TableName": "orders", "Key": {"id": {"S.$": "$.id"}}}, OutputPath="$.Item")
    first = {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:save",
        "ResultPath": None,
        "Next": "Read",
    }
    machine = StateMachine({"StartAt": "Save", "States": {"Save": first, "Read": read}}, name="m")
    assert [info.bound for info in machine.bind("save", save).tasks()] == [
        "function save",
        "embedded dynamodb (moto)",
    ]
    assert machine.run({"id": "a"}).output == {"id": {"S": "a"}, "amount": {"N": "7"}}


def test_an_optimized_result_has_metadata_and_an_sdk_result_has_none(aws: Services) -> None:
    aws.client("dynamodb").create_table(**TABLE)
    put = {"TableName": "orders", "Item": {"id": {"S": "a"}}}
    output = one("dynamodb:putItem", put).run().output
    assert sorted(output) == ["SdkHttpMetadata", "SdkResponseMetadata"]
    assert output["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert one("aws-sdk:dynamodb:putItem", put).run().output == {}


def test_the_history_of_a_task_that_fails(aws: Services) -> None:
    parameters = {"TableName": "none", "Key": {"id": {"S": "a"}}}
    run = one("dynamodb:getItem", parameters).run()
    assert types(run)[2:] == ["TaskScheduled", "TaskStarted", "TaskFailed", "ExecutionFailed"]
    assert run.error == "DynamoDB.ResourceNotFoundException"
    assert run.cause is not None
    assert run.cause.startswith("Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; ")
    run = one("aws-sdk:dynamodb:getItem", parameters).run()
    assert run.error == "DynamoDb.ResourceNotFoundException"
    assert run.cause is not None
    assert run.cause.startswith("Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: ")


@pytest.mark.parametrize(
    ("resource", "parameters", "error", "cause"),
    [
        ("aws-sdk:s3:getObject", {"Bucket": "bucket", "Key": "k"}, "S3.NoSuchKeyException", "The specified key"),
        ("aws-sdk:s3:listObjects", {"Bucket": "nobody"}, "S3.NoSuchBucketException", "The specified bucket does not"),
        ("sqs:sendMessage", {"QueueUrl": "http://elsewhere/q", "MessageBody": "x"}, "SQS.SdkClientException",
         "Unable to execute HTTP request: elsewhere: Name or service not known"),
        ("sqs:sendMessage", {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/no", "MessageBody": "x"},
         "SQS.QueueDoesNotExistException", "The specified queue does not exist"),
        ("sns:publish", {"TopicArn": "arn:aws:sns:us-east-1:123456789012:no", "Message": "x"},
         "SNS.NotFoundException", "Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound; "),
        ("aws-sdk:secretsmanager:createSecret", {"Name": "Invalid Name", "SecretString": "x"},
         "SecretsManager.SecretsManagerException", "Invalid name. Must be a valid name containing alphanumeric"),
        ("sqs:sendMessage", {"QueueUrl": "q"}, "SQS.AmazonSQSException", "must contain the parameter MessageBody. ("),
        ("aws-sdk:lambda:invoke", {"FunctionName": "f"}, "Lambda.ResourceNotFoundException",
         "Function not found: arn:aws:lambda:us-east-1:123456789012:function:f:$LATEST (Service: Lambda, Status Code: 404, "),
        ("sqs:sendMessage", {"Queue": "q"}, "States.Runtime", "could not be used to start the Task: [The field \"Queue\""),
        ("ecs:runTask", {"Cluster": "none", "TaskDefinition": "d"}, "ECS.ClusterNotFoundException", "Cluster not found."),
        ("aws-sdk:dynamodb:updateItem", {"TableName": "t", "Key": {}}, "DynamoDb.ResourceNotFoundException", "not found"),
        ("aws-sdk:chime:listAccounts", {}, "Chime.SdkClientException", "Bind a function to the state, or say where"),
    ],
)  # fmt: skip
def test_errors(aws: Services, resource: str, parameters: Any, error: str, cause: str) -> None:
    aws.client("s3").create_bucket(Bucket="bucket")
    run = one(resource, parameters).run()
    assert run.error == error
    assert run.cause is not None
    assert cause in run.cause


@pytest.mark.parametrize("resource", ["aws-sdk:sqs:sendMassage", "aws-sdk:sqss:sendMessage"])
def test_an_action_that_does_not_exist_is_refused_with_the_one_that_is_meant(resource: str) -> None:
    with pytest.raises(DefinitionError, match='Did you mean "aws-sdk:sqs:sendMessage"'):
        one(resource, {})


def test_events_name_the_execution_and_fail_together(aws: Services) -> None:
    queue = aws.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    events = aws.client("events")
    events.put_rule(Name="r", EventPattern='{"source": ["me"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": "arn:aws:sqs:us-east-1:123456789012:q"}])
    entry = {"Detail": {"a": 1}, "DetailType": "d", "Source": "me"}
    run = one("events:putEvents", {"Entries": [entry]}).run()
    assert run.output["FailedEntryCount"] == 0
    (message,) = aws.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    event = json.loads(message["Body"])
    assert event["detail"] == {"a": 1}
    assert event["resources"] == [run.machine.arn, run.arn]
    failed = one("events:putEvents", {"Entries": [{**entry, "Detail": '"text"'}]}).run()
    assert failed.error == "EventBridge.FailedEntry"
    assert json.loads(failed.cause or "") == {
        "Entries": [{"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}],
        "FailedEntryCount": 1,
    }


def test_a_token_travels_through_a_queue(aws: Services) -> None:
    queue = aws.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    body = {"Token.$": "$$.Task.Token", "Text": "approve?"}
    machine = one("sqs:sendMessage.waitForTaskToken", {"QueueUrl": queue, "MessageBody": body})

    def answer(run: Run) -> None:
        for message in aws.client("sqs").receive_message(QueueUrl=queue).get("Messages", ()):
            run.send_task_success(json.loads(message["Body"])["Token"], "yes")

    run = machine.run(listener=answer)
    assert run.output == "yes"
    assert types(run)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_sync_task_polls_until_the_job_ends(aws: Services) -> None:
    athena = {"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://bucket/out"}}
    run = one("athena:startQueryExecution.sync", athena).run()
    assert run.status == "SUCCEEDED"
    assert run.output["QueryExecution"]["Status"]["State"] == "SUCCEEDED"
    assert types(run)[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    assert "SdkHttpMetadata" not in run.output


def test_a_sync_job_that_fails_carries_its_description(aws: Services) -> None:
    from sfnbook.tasks.aws.optimized import sync_jobs

    poll = sync_jobs.find("glue", "StartJobRun")
    assert poll is not None
    assert sync_jobs.question(poll, {"JobName": "j"}, {"JobRunId": "r"}) == {"JobName": "j", "RunId": "r"}
    failed = sync_jobs.verdict(poll, {"JobRun": {"JobRunState": "FAILED", "ErrorMessage": "no"}})
    assert (failed.ended, failed.good, failed.output["ErrorMessage"]) == (True, False, "no")
    assert not sync_jobs.verdict(poll, {"JobRun": {"JobRunState": "RUNNING"}}).ended
    ecs = sync_jobs.find("ecs", "RunTask")
    assert ecs is not None
    stopped = {"TaskArn": "t", "LastStatus": "STOPPED", "Containers": [{"ExitCode": 3}]}
    assert (sync_jobs.verdict(ecs, {"Tasks": [stopped]}).ended, sync_jobs.verdict(ecs, {"Tasks": [stopped]}).good) == (
        True,
        False,
    )
    assert sync_jobs.verdict(ecs, {"Tasks": []}).ended


def test_every_poll_is_an_api_of_its_service(aws: Services) -> None:
    from sfnbook.tasks.aws.api import model as api_model
    from sfnbook.tasks.aws.api import shapes
    from sfnbook.tasks.aws.optimized import sync_jobs

    for (name, operation), poll in sync_jobs.POLLS.items():
        model = api_model.service(name)
        assert operation in model.operation_names, name
        shapes.request(model.operation_model(poll.operation).input_shape, dict.fromkeys(poll.ask))


def test_an_endpoint_that_is_down_is_an_error_to_catch(aws: Services) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    aws.configure({"dynamodb": url})
    catch = [{"ErrorEquals": ["DynamoDB.SdkClientException"], "Next": "Down"}]
    states = {"T": task("dynamodb:getItem", {"TableName": "t", "Key": {}}, Catch=catch), "Down": {"Type": "Succeed"}}
    run = StateMachine({"StartAt": "T", "States": states}, name="m").run()
    assert run.status == "SUCCEEDED"
    assert f"Connect to {url} failed: Connection refused. Is it running?" in run.output["Cause"]
    assert StateMachine({"StartAt": "T", "States": states}, name="m").tasks()[0].bound == f"dynamodb at {url}"


def test_the_same_run_fails_in_the_same_words(aws: Services) -> None:
    """Also where the service names no request: what is stored of a run is the same each time."""
    machine = one("dynamodb:getItem", {"TableName": "<Orders>", "Key": {"id": {"S": "1"}}})
    first, second = machine.run(), machine.run()
    assert "Request ID: " in str(first.cause)
    assert first.cause == second.cause


def test_the_embedded_services_are_emptied_from_python_too(aws: Services) -> None:
    aws.client("dynamodb").create_table(**TABLE)
    aws.empty()
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_where_moto_differs_from_aws(aws: Services) -> None:
    aws.client("dynamodb").create_table(**TABLE)
    update = {"TableName": "orders", "Key": {"id": {"S": "a"}}, "UpdateExpression": "remove x"}
    assert one("aws-sdk:dynamodb:updateItem", update).run().output == {}
    topic = aws.client("sns").create_topic(
        Name="t.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    )
    sent = (
        one("aws-sdk:sns:publish", {"TopicArn": topic["TopicArn"], "Message": "m", "MessageGroupId": "g"}).run().output
    )
    assert sorted(sent) == ["MessageId", "SequenceNumber"]
    aws.client("s3").create_bucket(Bucket="bucket")
    assert "EncodingType" not in one("aws-sdk:s3:listObjectsV2", {"Bucket": "bucket"}).run().output


def test_a_notebook_function_through_the_sdk(aws: Services) -> None:
    def double(event: Any) -> Any:
        return event["n"] * 2

    parameters = {"FunctionName": "double", "Payload": {"n": 4}}
    assert one("aws-sdk:lambda:invoke", parameters).bind("double", double).run().output == {
        "ExecutedVersion": "$LATEST",
        "StatusCode": 200,
        "Payload": "8",
    }


def test_a_bound_function_comes_first(aws: Services) -> None:
    def instead(event: Any) -> Any:
        raise TaskError("Mine", json.dumps(event))

    assert one("sqs:sendMessage", {"QueueUrl": "q"}).bind("T", instead).run().error == "Mine"


@pytest.mark.parametrize(
    ("body", "stored"), [("text", b'"text"'), ('{"a": 1}', rb'"{\"a\": 1}"'), ({"a": [1]}, b'{"a":[1]}'), (7, b"7")]
)
def test_an_object_is_stored_as_json_text(aws: Services, body: Any, stored: bytes) -> None:
    aws.client("s3").create_bucket(Bucket="bucket")
    answer = one("aws-sdk:s3:putObject", {"Bucket": "bucket", "Key": "k", "Body": body}).run().output
    assert aws.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read() == stored
    checksum = base64.b64encode(zlib.crc32(stored).to_bytes(4, "big")).decode()
    assert (answer["ChecksumCRC32"], answer["ChecksumType"]) == (checksum, "FULL_OBJECT")


@pytest.mark.parametrize(
    ("payload", "result"), [(b'{"a": [1]}', {"a": [1]}), (b'"text"', "text"), (b"plain", "plain"), (b"7", 7)]
)
def test_bytes_are_the_payload_itself(payload: bytes, result: Any) -> None:
    machine = one("lambda:invoke", {"FunctionName": "f", "Payload": {}})
    assert machine.bind("f", lambda event: payload).run().output["Payload"] == result


@pytest.mark.parametrize("pattern", ["", ".waitForTaskToken"])
def test_a_field_that_lambda_invoke_does_not_have_ends_the_execution(pattern: str) -> None:
    given = {"FunctionName": "f", "Payload": {}, "TaskToken": "t"}
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Never"}]
    states = {"T": task(f"lambda:invoke{pattern}", given, Catch=caught), "Never": {"Type": "Succeed"}}
    run = StateMachine({"StartAt": "T", "States": states}, name="m").run()
    assert types(run) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert run.error == "States.Runtime"
    assert (run.cause or "").endswith('[The field "TaskToken" is not supported by Step Functions]')


def test_the_answer_of_lambda_tells_when_and_which_trace(aws: Services) -> None:
    machine = one("lambda:invoke", {"FunctionName": "f"}).bind("f", lambda event: 1)
    about = machine.run(clock="virtual@2026-01-31T09:00:00Z").output["SdkHttpMetadata"]
    assert about["HttpHeaders"]["Date"] == "Sat, 31 Jan 2026 09:00:00 GMT"
    assert about["HttpHeaders"]["X-Amzn-Trace-Id"].startswith(f"Root=1-{1769850000:08x}-")
    assert about["AllHttpHeaders"]["Date"] == [about["HttpHeaders"]["Date"]]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"FunctionName": "f"}, "function:f:$LATEST "),
        ({"FunctionName": "f:prod"}, "function:f:prod "),
        ({"FunctionName": "arn:aws:lambda:us-east-1:1:function:f:3"}, "function:f:3 "),
        ({"FunctionName": "f", "Qualifier": "prod"}, "function:f "),
    ],
)
def test_a_function_that_is_not_there_is_told_with_its_qualifier(given: dict[str, str], told: str) -> None:
    assert told in (one("lambda:invoke", given).run().cause or "")
