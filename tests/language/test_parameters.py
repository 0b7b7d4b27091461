"""What some integrations want of their Parameters before a task is scheduled."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook.language.parameters import misfit, shapes
from sfnbook.language.resource import parse_resource


@pytest.mark.parametrize("value", [None, "text", "1", {}, {"a": 1}, [], [1]])
@pytest.mark.parametrize("action", ["lambda:invoke", "lambda:invoke.waitForTaskToken"])
def test_a_payload_is_a_text_or_becomes_one(action: str, value: Any) -> None:
    expected = shapes(parse_resource(f"arn:aws:states:::{action}"))
    assert expected is not None
    assert misfit(expected, {"FunctionName": "f", "Payload": value}) is None
    assert misfit(expected, {"FunctionName": "f"}) is None


@pytest.mark.parametrize("value", [0, 1.5, True, False])
def test_a_bare_number_or_boolean_is_no_payload(value: Any) -> None:
    expected = shapes(parse_resource("arn:aws:states:::lambda:invoke"))
    assert expected is not None
    assert misfit(expected, {"Payload": value}) == "The value for the field 'Payload' must be a STRING"


@pytest.mark.parametrize("value", ["a", ["a"], {"a": "b"}, {"a": ["b"], "c": 1}])
def test_headers_are_an_object_of_arrays(value: Any) -> None:
    expected = shapes(parse_resource("arn:aws:states:::apigateway:invoke"))
    assert expected is not None
    assert misfit(expected, {"Headers": {"a": ["b"]}, "QueryParameters": None}) is None
    assert misfit(expected, {"Headers": value}) == "The value of the field 'Headers' has an invalid format"


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:lambda:us-east-1:123456789012:function:f",
        "arn:aws:states:::aws-sdk:lambda:invoke",
        "arn:aws:states:::sqs:sendMessage",
    ],
)
def test_others_are_the_services_to_judge(resource: str) -> None:
    assert shapes(parse_resource(resource)) is None
