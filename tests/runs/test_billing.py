"""What a run would be billed for."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import StateMachine, mock, raises, returns
from sfnbook.run import Run
from sfnbook.runs.billing import transitions

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
PASS = {"StartAt": "X", "States": {"X": {"Type": "Pass", "End": True}}}


def run(state: dict[str, Any], input: Any = None, **options: Any) -> Run:
    definition = {"StartAt": "A", "States": {"A": {**state, "End": True}}}
    return StateMachine(definition, name="m", type="EXPRESS").run(input, **options)


@pytest.mark.parametrize("container", ["Parallel", "Map"])
def test_retries_of_a_parallel_or_map_are_transitions(container: str) -> None:
    inner = {"StartAt": "T", "States": {"T": TASK}}
    inside = {"Branches": [inner]} if container == "Parallel" else {"ItemProcessor": inner, "ItemsPath": "$.l"}
    retry = [{"ErrorEquals": ["E"], "MaxAttempts": 2}]
    outcomes = [raises("E", "c"), raises("E", "c"), returns(1)]
    made = run({"Type": container, **inside, "Retry": retry}, {"l": [1]}, mocks=[mock("T", *outcomes)])
    assert made.status == "SUCCEEDED"
    assert made.transitions == transitions(made.visits) == 6


def test_retries_of_a_task_are_transitions() -> None:
    made = run({**TASK, "Retry": [{"ErrorEquals": ["E"]}]}, mocks=[mock("A", raises("E", "c"), returns(1))])
    assert made.transitions == 2


def step() -> dict[str, Any]:
    """A Map whose every item is a small number and whose steps hold 32 KB each."""
    made = {"Type": "Pass", "Parameters": {"big.$": "$$.Execution.Input.big"}, "Next": "Y"}
    small = {"Type": "Pass", "Result": 1, "End": True}
    return {"Type": "Map", "ItemsPath": "$.l", "ItemProcessor": {"StartAt": "X", "States": {"X": made, "Y": small}}}


@pytest.mark.parametrize(
    ("items", "limit", "memory"), [(800, 0, 128), (1, 0, 64), (800, 1, 64), (400, 0, 64), (480, 0, 128)]
)
def test_memory_counts_the_steps_at_work_together(items: int, limit: int, memory: int) -> None:
    state = {**step(), "MaxConcurrency": limit}
    made = run(state, {"l": [0] * items, "big": "x" * 32 * 1024})
    assert made.status == "SUCCEEDED"
    assert made.billing_details() == {"billedDurationInMilliseconds": 100, "billedMemoryUsedInMB": memory}


def test_steps_one_after_the_other_hold_one_payload() -> None:
    assert run({"Type": "Pass"}, {"a": "x" * 200_000}).billing_details()["billedMemoryUsedInMB"] == 64
    waited = run({"Type": "Wait", "Seconds": 2})
    assert waited.billing_details()["billedDurationInMilliseconds"] == 2000
