"""What executions of the endpoint write to CloudWatch Logs and to EventBridge, on the embedded services."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sfnbook.engine.events import Event
from sfnbook.machine import ACCOUNT
from sfnbook.server.api.wire import ApiError
from sfnbook.server.delivery import STATUS_CHANGE, is_logged, log_events
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.store import Store
from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import Services, services

ROLE = f"arn:aws:iam::{ACCOUNT}:role/r"
GROUP = "/aws/vendedlogs/states/orders"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"b": 1}, "End": True}}}
FAIL = {"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "E", "Cause": "why"}}}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    services.reset()
    services.start()
    embedded.empty()
    services.client("logs").create_log_group(logGroupName=GROUP)
    yield services
    embedded.stop()
    services.reset()


def logging(level: str, data: bool = False, group: str = GROUP) -> dict[str, Any]:
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": arn}}]
    return {"level": level, "includeExecutionData": data, "destinations": destinations}


def served(definition: Any, configuration: dict[str, Any] | None, work: Callable[..., Any], **more: Any) -> Any:
    """Create a machine at an endpoint of its own and do something with its ARN; then wait for what it sends."""

    async def main() -> Any:
        endpoint = Endpoint(Store())
        endpoint.open()
        try:
            create = {"name": "m", "definition": json.dumps(definition), "roleArn": ROLE, **more}
            if configuration is not None:
                create["loggingConfiguration"] = configuration
            made: Any = await OPERATIONS["CreateStateMachine"](endpoint, create)  # type: ignore[misc]
            found = await work(endpoint, made["stateMachineArn"])
            endpoint.delivery.flush()
            return found
        finally:
            endpoint.close()

    return asyncio.run(main())


async def run(endpoint: Endpoint, arn: str) -> str:
    run = endpoint.start(endpoint.target(arn), {"a": 1}, '{"a": 1}')
    await endpoint.until_ended(run)
    return str(run.arn)


def logged(aws: Services) -> list[dict[str, Any]]:
    client = aws.client("logs")
    streams = client.describe_log_streams(logGroupName=GROUP)["logStreams"]
    assert all(stream["logStreamName"].startswith("states/m/") for stream in streams)
    events = client.filter_log_events(logGroupName=GROUP)["events"]
    return [json.loads(event["message"]) for event in events]


def test_a_group_that_is_not_there_is_refused(aws: Services) -> None:
    for group in ("nobody", GROUP[:-1]):
        with pytest.raises(ApiError) as refused:
            served(PASS, logging("ALL", group=group), run)
        assert refused.value.code == "InvalidLoggingConfiguration"
        assert refused.value.message == "Invalid Logging Configuration: Log Destination not found."
    assert served(PASS, logging("OFF", group="nobody"), run)
    assert logged(aws) == []


def test_events_without_data(aws: Services) -> None:
    arn = served(PASS, logging("ALL"), run)
    told = logged(aws)
    assert [(one["id"], one["type"], one["details"], one["previous_event_id"]) for one in told] == [
        ("1", "ExecutionStarted", {"roleArn": ROLE}, "0"),
        ("2", "PassStateEntered", {"name": "A"}, "0"),
        ("3", "PassStateExited", {"name": "A"}, "2"),
        ("4", "ExecutionSucceeded", {}, "3"),
    ]
    assert {(one["execution_arn"], one["redrive_count"]) for one in told} == {(arn, "0")}
    assert all(one["event_timestamp"].isdigit() for one in told)


@pytest.mark.parametrize("type", ["STANDARD", "EXPRESS"])
def test_events_with_data(aws: Services, type: str) -> None:
    served(PASS, logging("ALL", True), run, type=type)
    told = {one["type"]: one["details"] for one in logged(aws)}
    assert told["ExecutionStarted"] == {"input": '{"a":1}', "inputDetails": {"truncated": False}, "roleArn": ROLE}
    assert told["ExecutionSucceeded"] == {"output": '{"b":1}', "outputDetails": {"truncated": False}}


@pytest.mark.parametrize(
    ("level", "types"),
    [("ERROR", ["FailStateEntered", "ExecutionFailed"]), ("FATAL", ["ExecutionFailed"]), ("OFF", [])],
)
def test_levels(aws: Services, level: str, types: list[str]) -> None:
    served(FAIL, logging(level, True), run)
    told = logged(aws)
    assert [one["type"] for one in told] == types
    assert all(one["details"] == {"error": "E", "cause": "why"} for one in told if one["type"] == "ExecutionFailed")


@pytest.mark.parametrize("kind", ["TaskStateAborted", "LambdaFunctionTimedOut", "TaskSubmitFailed", "MapRunFailed"])
def test_what_goes_wrong_is_logged_as_an_error(kind: str) -> None:
    assert [is_logged(kind, level) for level in ("ALL", "ERROR", "FATAL", "OFF")] == [True, True, False, False]


def test_long_data_is_cut() -> None:
    event = Event(1, 0, "PassStateEntered", 1.5, "", (), {"name": "A", "input": "x" * 260_000})
    [told] = log_events([event], "arn", data=True)
    assert told["details"]["inputDetails"] == {"truncated": True}
    assert len(told["details"]["input"]) < 248 * 1024
    assert (told["event_timestamp"], told["id"]) == ("1500", "1")


def test_an_execution_goes_on_without_its_group(aws: Services) -> None:
    async def deleted(endpoint: Endpoint, arn: str) -> str:
        aws.client("logs").delete_log_group(logGroupName=GROUP)
        execution = await run(endpoint, arn)
        return str(endpoint.stored(execution).status)

    assert served(PASS, logging("ALL"), deleted) == "SUCCEEDED"


def queue_of_events(aws: Services) -> str:
    """A queue that gets every status change of the default bus."""
    url = str(aws.client("sqs").create_queue(QueueName="changes")["QueueUrl"])
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = json.dumps({"source": ["aws.states"], "detail-type": [STATUS_CHANGE]})
    aws.client("events").put_rule(Name="changes", EventPattern=pattern)
    aws.client("events").put_targets(Rule="changes", Targets=[{"Id": "1", "Arn": arn}])
    return url


def changes(aws: Services, url: str) -> list[dict[str, Any]]:
    found = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
    return [json.loads(message["Body"]) for message in found]


@pytest.mark.parametrize(("definition", "status"), [(PASS, "SUCCEEDED"), (FAIL, "FAILED")])
def test_changes_of_status_reach_the_event_bus(aws: Services, definition: Any, status: str) -> None:
    url = queue_of_events(aws)
    arn = served(definition, None, run)
    begun, ended = changes(aws, url)
    assert [(event["source"], event["detail-type"], event["resources"]) for event in (begun, ended)] == [
        ("aws.states", STATUS_CHANGE, [arn])
    ] * 2
    assert (begun["detail"]["status"], begun["detail"]["stopDate"], begun["detail"]["output"]) == (
        "RUNNING",
        None,
        None,
    )
    detail = ended["detail"]
    assert (detail["status"], detail["executionArn"], json.loads(detail["input"])) == (status, arn, {"a": 1})
    assert detail["stopDate"] >= detail["startDate"] > 1_700_000_000_000
    assert (detail["output"], detail["error"]) == (('{"b":1}', None) if status == "SUCCEEDED" else (None, "E"))


def test_express_executions_tell_the_bus_nothing(aws: Services) -> None:
    url = queue_of_events(aws)
    served(PASS, None, run, type="EXPRESS")
    assert changes(aws, url) == []
