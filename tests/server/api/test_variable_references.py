"""What a state refers to."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.server.api.variable_references import variable_references


def referred(*states: dict[str, Any], query_language: str = "JSONPath") -> dict[str, list[str]]:
    definition = {
        "QueryLanguage": query_language,
        "StartAt": "S0",
        "States": {f"S{i}": state for i, state in enumerate([*states, {"Type": "Succeed"}])},
    }
    return variable_references(StateMachine(definition, name="m").definition)


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"Output": "{% $total + $rate.base %}"}, ["rate", "total"]),
        ({"Output": {"a": ["{% $states.input.x %}", "{% $uuid() & $string($n) %}"]}}, ["n"]),
        ({"Assign": {"new": "{% ($local := 1; $map($list, function($v){ $v + $local })) %}"}}, ["list"]),
        ({"Output": "'$quoted' and {% $no %}", "Comment": "$neither"}, None),
        ({"Output": "{% '$quoted' & $outside %}"}, ["outside"]),
    ],
)
def test_jsonata(fields: dict[str, Any], names: list[str] | None) -> None:
    found = referred({"Type": "Pass", **fields, "Next": "S1"}, query_language="JSONata")
    assert found == ({"S0": names} if names else {})


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({"Parameters": {"a.$": "$rate.base", "b.$": "$.input", "c.$": "$$.Execution.Id", "d": "$text"}}, ["rate"]),
        ({"Parameters": {"a.$": "States.Format('$not {}', $name)"}}, ["name"]),
        ({"InputPath": "$chosen", "Assign": {"chosen.$": "$.a"}}, ["chosen"]),
        ({"Result": {"a.$": "$literal"}}, None),
        ({"Parameters": {"a.$": "$x[0]['b']", "b.$": "$y"}}, ["x", "y"]),
    ],
)
def test_jsonpath(fields: dict[str, Any], names: list[str] | None) -> None:
    assert referred({"Type": "Pass", **fields, "Next": "S1"}) == ({"S0": names} if names else {})


def test_rules_catchers_and_inner_states_belong_to_whom_they_stand_in() -> None:
    inner = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "InputPath": "$deep", "End": True}}}
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$flag", "BooleanEquals": True, "Next": "S1"}],
        "Default": "S1",
    }
    each = {"Type": "Map", "ItemsPath": "$items", "ItemProcessor": inner, "Next": "S2"}
    assert referred(choice, each) == {"S0": ["flag"], "S1": ["items"], "Inner": ["deep"]}
