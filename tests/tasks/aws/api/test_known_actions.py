"""Which integrations there are, and what is said of a Resource that is none of them."""

from __future__ import annotations

import pytest

from sfnbook import StateMachine, validate
from sfnbook.language.fields import INTEGRATIONS

GUIDE = {
    *(
        "apigateway",
        "athena",
        "batch",
        "bedrock",
        "bedrockagentcore",
        "codebuild",
        "databrew",
        "dynamodb",
        "ecs",
        "eks",
    ),
    *("elasticmapreduce", "emr-containers", "emr-serverless", "events", "glue", "http", "lambda", "mediaconvert"),
    *("sagemaker", "sns", "sqs", "states"),
}
"""The services of the guide's "Integrating optimized services" (November 2026), and HTTP Tasks."""


def definition(resource: str) -> dict[str, object]:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "End": True}
    return {"StartAt": "T", "States": {"T": task}}


def test_the_services_of_the_guide_are_listed() -> None:
    assert set(INTEGRATIONS) == GUIDE
    assert all(INTEGRATIONS.values())


@pytest.mark.parametrize("resource", [f"{name}:{action}" for name, each in INTEGRATIONS.items() for action in each])
def test_a_listed_integration_is_taken(resource: str) -> None:
    assert validate(definition(resource))["diagnostics"] == []


@pytest.mark.parametrize(
    ("resource", "meant"),
    [
        ("aws-sdk:s3:listBukets", "aws-sdk:s3:listBuckets"),
        ("aws-sdk:s3:ListBuckets", "aws-sdk:s3:listBuckets"),
        ("aws-sdk:s33:listBuckets", "aws-sdk:s3:listBuckets"),
        ("aws-sdk:DynamoDB:getItem", "aws-sdk:dynamodb:getItem"),
        ("aws-sdk:sqs:sendMessages", "aws-sdk:sqs:sendMessage"),
        ("bedrock:invokeModell", "bedrock:invokeModel"),
        ("lamda:invoke", "lambda:invoke"),
        ("dynamodb:GetItem", "dynamodb:getItem"),
        ("dynamodb:query", "aws-sdk:dynamodb:query"),  # recorded
        ("s3:getObject", "aws-sdk:s3:getObject"),
        ("sqs:receiveMessage", "aws-sdk:sqs:receiveMessage"),
        ("states:startExecutions", "states:startExecution"),
    ],
)
def test_a_mistake_is_refused_with_what_was_meant(resource: str, meant: str) -> None:
    (found,) = validate(definition(resource))["diagnostics"]
    assert (found["severity"], found["code"], found["location"]) == (
        "ERROR",
        "SCHEMA_VALIDATION_FAILED",
        "/States/T/Resource",
    )
    assert found["message"].startswith(f"The resource provided arn:aws:states:::{resource} is not recognized.")
    with pytest.raises(Exception, match=f'Did you mean "{meant}"'):
        StateMachine(definition(resource), name="m")


@pytest.mark.parametrize(
    "resource",
    ["quantumledger:prove", "bedrock:converseTogether", "aws-sdk:quantumledger:prove", "aws-sdk:s3:frobnicateTables"],
)
def test_what_may_be_newer_than_this_version_is_a_warning_and_can_be_mocked(resource: str) -> None:
    answer = validate(definition(resource))
    assert answer["result"] == "OK"
    (found,) = answer["diagnostics"]
    assert found["severity"] == "WARNING"
    assert "is not known to this version" in found["message"]
    run = StateMachine(definition(resource), name="m").run({}, bind={f"arn:aws:states:::{resource}": lambda event: 7})
    assert run.output == 7


@pytest.mark.parametrize(
    "resource", ["bedrockagentcore:invokeHarness.sync", "bedrockagentcore:invokeHarness.waitForTaskToken"]
)
def test_the_agents_harness_is_request_response_only(resource: str) -> None:
    assert validate(definition(resource))["result"] == "FAIL"
