"""A Map's items one by one, inline and distributed, as a page asks for them."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.widget.traits.recorder import Recorder


def machine(processor: dict[str, Any] | None = None, **fields: Any) -> StateMachine:
    inner = {"Odd?": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 2, "Next": "No"}], "Default": "Yes"},
             "Yes": {"Type": "Pass", "End": True}, "No": {"Type": "Fail", "Error": "Two"}}  # fmt: skip
    each = {"Type": "Map", "ItemProcessor": {**(processor or {}), "StartAt": "Odd?", "States": inner}, "End": True}
    return StateMachine({"StartAt": "Each", "States": {"Each": {**each, **fields}}}, name="m")


DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}


def test_iterations_and_children_stand_alike() -> None:
    inline = machine().run([0, 1, 2])
    spread = machine(DISTRIBUTED, ToleratedFailurePercentage=34).run([0, 1, 2])
    for run in (inline, spread):
        found = run.map_items(run.visits[0])
        assert [(item.number, item.status, item.input) for item in found] == [
            (0, "succeeded", 0),
            (1, "succeeded", 1),
            (2, "failed", 2),
        ]
        assert found[2].error == "Two"
    assert spread.map_figures()["/States/Each"]["tolerated"] == 1
    assert "tolerated" not in machine(DISTRIBUTED).run([0]).map_figures()["/States/Each"]


def test_a_batch_says_which_items_it_holds() -> None:
    run = machine(DISTRIBUTED, ItemBatcher={"MaxItemsPerBatch": 2}, ToleratedFailurePercentage=100).run([0, 1, 5])
    assert [(item.number, item.first, item.items) for item in run.map_items(run.visits[0])] == [(0, 0, 2), (1, 2, 1)]


def test_a_page_asks_for_some_of_one_status() -> None:
    run = machine(DISTRIBUTED, ToleratedFailureCount=9).run([0, 2, 2, 1, 2])
    recorder = Recorder(run.machine, run)
    found = recorder.items({"visit": run.visits[0].id, "first": 1, "count": 5, "only": "failed"})
    assert [item["number"] for item in found["items"]] == [2, 4]
    assert found["counts"] == {"succeeded": 2, "failed": 3}
    found = recorder.items({"visit": run.visits[0].id, "count": 9, "text": "TWO", "order": "item", "down": True})
    assert [item["number"] for item in found["items"]] == [4, 2, 1]
    assert found["counts"] == {"failed": 3}
    assert "problem" in recorder.items({"visit": 999, "count": 5})


def test_only_a_map_has_items() -> None:
    run = machine().run([0])
    with pytest.raises(InputError, match="no Map state"):
        run.map_items(run.visits[1])
