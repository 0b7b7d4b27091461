"""Tables for pandas, where it is installed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.errors import InputError
from sfnbook.recorded_run import replay

EACH = {
    "StartAt": "I",
    "States": {"I": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:f", "End": True}},
}
MAP = {"Type": "Map", "ItemsPath": "$.xs", "ItemProcessor": EACH, "End": True}


def run() -> Any:
    machine = StateMachine({"StartAt": "M", "States": {"M": MAP}}, name="m", namespace={"f": lambda event: event * 2})
    return machine.run({"xs": [1, 2, 3]})


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        run().to_frame()


def test_a_row_for_each_visit() -> None:
    pytest.importorskip("pandas")
    frame = run().to_frame()
    assert list(frame["state"]) == ["M", "I", "I", "I"]
    assert frame.loc[2, "output_bytes"] == len("[2,4,6]")
    assert list(frame[frame.state == "I"].output) == [2, 4, 6]


def test_a_row_for_each_event() -> None:
    pytest.importorskip("pandas")
    frame = run().events_frame()
    assert frame.index[0] == 1
    assert frame.iloc[-1].type == "ExecutionSucceeded"


def test_a_row_for_each_item_of_a_map() -> None:
    pytest.importorskip("pandas")
    frame = run().items_frame("M")
    assert list(frame.columns) == ["item", "input", "output", "status", "error", "start", "seconds"]
    assert list(frame.item) == [1, 2, 3]
    assert list(frame.output) == [2, 4, 6]
    with pytest.raises(InputError, match="no Map state"):
        run().items_frame("I")


STEPS = {
    "Look": {
        "Type": "Choice",
        "Choices": [{"Variable": "$", "NumericEquals": 3, "Next": "No"}],
        "Default": "Wait",
    },
    "Wait": {"Type": "Wait", "Seconds": 5, "End": True},
    "No": {"Type": "Fail", "Error": "Mine", "Cause": "three"},
}


def spread(**fields: Any) -> StateMachine:
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Look"}
    state = {"Type": "Map", "ToleratedFailureCount": 1, "ItemProcessor": {**processor, "States": STEPS}, "End": True}
    return StateMachine({"StartAt": "M", "States": {"M": {**state, **fields}}}, name="m")


def rows(frame: Any, *columns: str) -> list[tuple[Any, ...]]:
    return list(frame[list(columns)].astype(object).where(frame.notna(), None).itertuples(name=None))


def test_a_row_for_each_child_of_a_distributed_map() -> None:
    pytest.importorskip("pandas")
    frame = spread().run([1, 2, 3]).items_frame("M")
    assert frame.index.name == "number"
    assert rows(
        frame, "status", "start", "end", "item", "input", "output", "error", "cause", "first_item", "items"
    ) == [
        (0, "succeeded", 0.0, 5.0, 1, 1, 1, None, None, 0, 1),
        (1, "succeeded", 0.0, 5.0, 2, 2, 2, None, None, 1, 1),
        (2, "failed", 0.0, 0.0, 3, 3, None, "Mine", "three", 2, 1),
    ]


def test_children_whose_histories_were_not_kept_have_rows_like_the_others() -> None:
    pytest.importorskip("pandas")
    run = spread(MaxConcurrency=10).run(list(range(250)))
    assert len(run._execution.map_runs[0].children) == 101
    frame = run.items_frame("M")
    assert list(frame.index) == list(range(250))
    assert rows(frame.loc[[3, 240]], "status", "input", "output", "error", "start", "seconds") == [
        (3, "failed", 3, None, "Mine", 0.0, 0.0),
        (240, "succeeded", 240, 240, None, 115.0, 5.0),  # one of the first ten ended at once
    ]
    assert frame.name[240] == run.child("M", 240).name


def test_batches_say_which_items_they_had() -> None:
    pytest.importorskip("pandas")
    wait = {"StartAt": "Wait", "States": {"Wait": STEPS["Wait"]}}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **wait}
    machine = spread(ItemProcessor=processor, ItemBatcher={"MaxItemsPerBatch": 4}, MaxConcurrency=3)
    for items in (10, 1_000):
        frame = machine.run(list(range(items))).items_frame("M")
        assert rows(frame.iloc[-1:], "item", "input", "first_item", "items")[0][1:] == (
            (None, {"Items": [8, 9]}, 8, 2) if items == 10 else (None, {"Items": [996, 997, 998, 999]}, 996, 4)
        )


def test_children_that_run_and_children_that_were_redriven() -> None:
    pytest.importorskip("pandas")
    failed: list[int] = []

    def work(event: Any) -> Any:
        if event >= 100 and event not in failed:
            failed.append(event)
            raise ValueError("not yet")
        return event

    task = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": EACH["States"]["I"]["Resource"], "End": True}}}
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **task}
    machine = spread(ItemProcessor=processor, ToleratedFailureCount=119, MaxConcurrency=1)
    machine.bind("T", work)
    run = machine.run(list(range(220)))
    assert (run.status, len(run._execution.map_runs[0].children)) == ("FAILED", 200)
    before = run.items_frame("M")
    assert list(before.status.value_counts().items()) == [("failed", 120), ("succeeded", 100)]
    run.redrive()
    after = run.items_frame("M")
    assert (run.status, set(after.status), list(after.output)) == ("SUCCEEDED", {"succeeded"}, list(range(220)))
    assert list(after.start) == list(before.start)


def test_a_map_run_in_a_child_has_its_rows_too() -> None:
    pytest.importorskip("pandas")
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    inner = spread().definition.machine.states["M"].fields
    outer = {"Type": "Map", "ItemProcessor": {**config, "StartAt": "M", "States": {"M": dict(inner)}}, "End": True}
    run = StateMachine({"StartAt": "Out", "States": {"Out": outer}}, name="m").run([[1, 2], [4]])
    assert list(run.items_frame("Out").output) == [[1, 2], [4]]
    assert list(run.child("Out", 1).items_frame("M").output) == [4]


def test_of_a_recorded_history_there_are_no_children_and_no_pandas_is_said_first(monkeypatch: Any) -> None:
    pytest.importorskip("pandas")
    run = spread().run([1])
    with pytest.raises(InputError, match="Of the children of M nothing is recorded here"):
        replay(run.history(), run.machine).items_frame("M")
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InputError, match="pip install pandas"):
        run.items_frame("M")
