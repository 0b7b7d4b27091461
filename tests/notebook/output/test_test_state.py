"""%sfn_test_state: one state alone, shown stage by stage."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.notebook.output.test_state import try_state

MACHINE = {
    "StartAt": "Decide",
    "States": {
        "Decide": {
            "Type": "Task",
            "Resource": "arn:aws:lambda:us-east-1:123456789012:function:decide",
            "Parameters": {"n.$": "$.amount"},
            "ResultPath": "$.decision",
            "Retry": [{"ErrorEquals": ["Busy"]}],
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}


def shop(**functions: Any) -> StateMachine:
    """The machine with functions found by name."""
    return StateMachine(MACHINE, name="shop", namespace=functions)


def test_every_stage_of_the_data() -> None:
    answer = try_state(shop(decide=lambda event: {"ok": event["n"] < 100}), "Decide", {"amount": 40}, "DEBUG", {})
    assert repr(answer).splitlines()[0] == "SUCCEEDED → Done"
    assert "  afterParameters" in repr(answer)
    assert answer["output"] == '{"amount":40,"decision":{"ok":true}}'


def test_a_mocked_failure_that_a_retrier_takes() -> None:
    given = {"mock": {"errorOutput": {"error": "Busy", "cause": "later"}}}
    answer = try_state(shop(), "Decide", {"amount": 40}, "DEBUG", given)
    assert answer["status"] == "RETRIABLE"
    assert "error: Busy" in repr(answer)


def test_an_unknown_state_has_its_nearest_name() -> None:
    with pytest.raises(InputError, match='Did you mean "Decide"'):
        try_state(shop(), "Decides", {}, "INFO", {})
