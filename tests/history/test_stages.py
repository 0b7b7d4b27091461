"""What happened inside a visit: the stages and the conditions that a reader sees."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import StateMachine


def visits(state: dict[str, Any], data: Any, **top: Any) -> Any:
    end = {} if state.get("End") else {"T": {"Type": "Succeed"}}
    definition = {"StartAt": "S", "States": {"S": state, **end}, **top}
    run = StateMachine(definition, name="m").run(data)
    return run, run.visits[0]


def stages(state: dict[str, Any], data: Any, **top: Any) -> dict[str, Any]:
    run, visit = visits(state, data, **top)
    return {stage.name: stage.value for stage in run.stages(visit)}


def one(**fields: Any) -> dict[str, Any]:
    return {"StartAt": "I", "States": {"I": {"Type": "Pass", **fields, "End": True}}}


def test_a_map_with_a_result_selector_shows_its_result() -> None:
    state = {
        "Type": "Map", "ItemsPath": "$.xs", "ItemSelector": {"x.$": "$$.Map.Item.Value"}, "ItemProcessor": one(),
        "ResultSelector": {"n.$": "States.ArrayLength($)"}, "ResultPath": "$.done", "End": True,
    }  # fmt: skip
    assert stages(state, {"xs": [1, 2]}) == {
        "input": {"xs": [1, 2]},
        "afterItemsPath": [1, 2],
        "afterItemSelector": [{"x": 1}, {"x": 2}],
        "result": [{"x": 1}, {"x": 2}],
        "afterResultSelector": {"n": 2},
        "afterResultPath": {"xs": [1, 2], "done": {"n": 2}},
        "output": {"xs": [1, 2], "done": {"n": 2}},
    }


def test_a_parallel_with_a_result_path_shows_its_result() -> None:
    other = {"StartAt": "J", "States": {"J": {"Type": "Pass", "Result": 2, "End": True}}}
    state = {"Type": "Parallel", "Branches": [one(Result=1), other], "ResultPath": "$.both", "End": True}
    assert stages(state, {})["result"] == [1, 2]


def test_a_map_over_an_object_shows_pairs() -> None:
    state = {"Type": "Map", "ItemsPath": "$.o", "ItemProcessor": one(), "End": True}
    assert stages(state, {"o": {"a": 1}})["afterItemsPath"] == [{"Key": "a", "Value": 1}]


def test_a_condition_in_jsonata_is_taken_apart() -> None:
    rule = {"Condition": "{% $states.input.n > 3 and ($states.input.s = 'a and b' or $k) %}", "Next": "T"}
    run, visit = visits(
        {"Type": "Choice", "Choices": [rule], "Default": "T"}, {"n": 5, "s": "a and b"}, QueryLanguage="JSONata"
    )
    [first, _] = run.rules(visit)
    assert first.matched is True
    assert first.parts == (
        ("$states.input.n > 3", 5, True),
        ("($states.input.s = 'a and b' or $k)", {"$states.input.s": "a and b"}, True),
    )


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        ({"ErrorPath": "$.e", "CausePath": "$.c"}, ("X", "why")),
        ({"QueryLanguage": "JSONata", "Error": "{% $states.input.e %}"}, ("X", None)),
        ({"ErrorPath": "$.none"}, ("States.Runtime", None)),
        ({}, (None, None)),
    ],
)
def test_a_fail_state_in_a_branch_says_why(fields: dict[str, Any], seen: tuple[str | None, str | None]) -> None:
    branch = {"StartAt": "No", "States": {"No": {"Type": "Fail", **fields}}}
    machine = StateMachine({"StartAt": "P", "States": {"P": {"Type": "Parallel", "Branches": [branch], "End": True}}})
    run = machine.run({"e": "X", "c": "why"})
    [visit] = [visit for visit in run.visits if visit.name == "No"]
    assert (visit.error, visit.cause if fields.get("ErrorPath") != "$.none" else None) == seen
