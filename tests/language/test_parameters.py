"""What some integrations want of their Parameters before a task is scheduled."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook.language.fields import INTEGRATIONS
from sfnbook.language.parameters import FIELDS, parameter_problem, shapes
from sfnbook.language.resource import parse_resource
from sfnbook.tasks.aws.api.model import service


@pytest.mark.parametrize("value", [None, "text", "1", {}, {"a": 1}, [], [1]])
@pytest.mark.parametrize("action", ["lambda:invoke", "lambda:invoke.waitForTaskToken"])
def test_a_payload_is_a_text_or_becomes_one(action: str, value: Any) -> None:
    expected = shapes(parse_resource(f"arn:aws:states:::{action}"))
    assert expected is not None
    assert parameter_problem(expected, {"FunctionName": "f", "Payload": value}) is None
    assert parameter_problem(expected, {"FunctionName": "f"}) is None


@pytest.mark.parametrize("value", [0, 1.5, True, False])
def test_a_bare_number_or_boolean_is_no_payload(value: Any) -> None:
    expected = shapes(parse_resource("arn:aws:states:::lambda:invoke"))
    assert expected is not None
    assert parameter_problem(expected, {"Payload": value}) == "The value for the field 'Payload' must be a STRING"


@pytest.mark.parametrize("value", ["a", ["a"], {"a": "b"}, {"a": ["b"], "c": 1}])
def test_headers_are_an_object_of_arrays(value: Any) -> None:
    expected = shapes(parse_resource("arn:aws:states:::apigateway:invoke"))
    assert expected is not None
    given = {"ApiEndpoint": "a", "Method": "GET"}
    assert parameter_problem(expected, {**given, "Headers": {"a": ["b"]}, "QueryParameters": None}) is None
    assert (
        parameter_problem(expected, {**given, "Headers": value})
        == "The value of the field 'Headers' has an invalid format"
    )


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:states:::aws-sdk:lambda:invoke",
        "arn:aws:states:::shop:sell",
    ],
)
def test_others_are_the_services_to_judge(resource: str) -> None:
    assert shapes(parse_resource(resource)) is None


BOTO = {"elasticmapreduce": "emr", "bedrockagentcore": "bedrock-agentcore", "states": "stepfunctions"}
OWN = {("apigateway", "invoke"), ("http", "invoke"), ("eks", "call"), ("eks", "runJob")}
"""Actions of Step Functions' own, which no API's model has."""


@pytest.mark.parametrize("key", sorted(set(FIELDS) - OWN), ids=":".join)
def test_fields_are_those_of_the_api(key: tuple[str, str]) -> None:
    """Every field of ours is in the model, and every one of the model that is older than this table is ours."""
    name, action = key
    if name == "elasticmapreduce" and action != "createCluster":
        pytest.skip("EMR's request is made by Step Functions")
    boto = BOTO.get(name, name)
    if name == "bedrock" and action == "invokeModel":
        boto = "bedrock-runtime"
    operation = "RunJobFlow" if name == "elasticmapreduce" else action[:1].upper() + action[1:]
    members = {
        member[:1].upper() + member[1:] for member in service(boto).operation_model(operation).input_shape.members
    }
    ours = set(FIELDS[key].split())
    assert ours - members <= {"Input", "Output"}
    assert set(service(boto).operation_model(operation).input_shape.required_members) <= {*ours, *map(_small, ours)}


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def test_every_listed_action_has_its_fields() -> None:
    """An action that the guide names has its fields here."""
    listed = {(name, action) for name, actions in INTEGRATIONS.items() for action in actions or ()}
    assert listed <= set(FIELDS)


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("apigateway:invoke", "ApiEndpoint Method"),
        ("http:invoke", "ApiEndpoint Method"),
        ("states:startExecution", "StateMachineArn"),
    ],
)
def test_fields_that_may_not_be_missing(action: str, fields: str) -> None:
    expected = shapes(parse_resource(f"arn:aws:states:::{action}"))
    assert expected is not None
    told = [f"The field '{field}' is required but was missing" for field in fields.split()]
    assert parameter_problem(expected, {}) == ", ".join(told)
    assert parameter_problem(expected, {"X": 1}) == ", ".join(
        ['The field "X" is not supported by Step Functions', *told]
    )
