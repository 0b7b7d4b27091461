"""Tables for pandas, where it is installed."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.errors import InputError

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
