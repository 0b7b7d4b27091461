"""What Assign sees, when a Wait ends, and what it says where a path leads nowhere."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, NOON, Fails, drive, program, spread, states

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
PASS = {"Type": "Pass"}
SEEN = {"InputPath": "$", "Parameters": {"seen.$": "$seen"}}

WORKS: dict[str, dict[str, Any]] = {
    "Task": TASK,
    "Parallel": {"Type": "Parallel", "Branches": [states(("A", TASK))]},
    "Map": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": states(("A", TASK))},
    "distributed Map": spread(("A", TASK), ItemsPath="$.items"),
}


@pytest.mark.parametrize("name", WORKS)
def test_assign_sees_the_raw_result_and_not_result_selectors(name: str) -> None:
    picked = {"picked.$": "$.n" if name == "Task" else "$[0].n"}
    state = {**WORKS[name], "ResultSelector": picked, "ResultPath": "$.r", "Assign": {"seen.$": "$"}}
    run = drive(program(states(("S", state), ("After", {**PASS, **SEEN}))), {"items": [1]}, lambda call: {"n": 7})
    raw = {"n": 7} if name == "Task" else [{"n": 7}]
    assert run.output == {"seen": raw}
    exited = next(event for event in reversed(run.events) if event.detail.get("name") == "S")
    assert exited.detail["output"]["r"] == {"picked": 7}


QUIET: dict[str, dict[str, Any]] = {
    "Wait": {"Type": "Wait", "Seconds": 1},
    "Wait for nothing": {"Type": "Wait", "Seconds": 0},
    "Pass": PASS,
    "Choice": {"Type": "Choice", "Choices": [{"Variable": "$.no", "IsPresent": True, "Next": "After"}]},
}


@pytest.mark.parametrize("name", QUIET)
def test_assign_sees_the_effective_input_where_there_is_no_result(name: str) -> None:
    state = {**QUIET[name], "InputPath": "$.in", "Assign": {"seen.$": "$"}}
    if name == "Choice":
        state["Default"] = "After"
    run = drive(program(states(("S", state), ("After", {**PASS, **SEEN}))), {"in": {"n": 1}})
    assert run.output == {"seen": {"n": 1}}


def test_a_catcher_assigns_from_the_error() -> None:
    caught = [{"ErrorEquals": ["E"], "Next": "After", "Assign": {"seen.$": "$"}}]
    made = program(states(("S", {**TASK, "Catch": caught}), ("After", {**PASS, **SEEN})))
    assert drive(made, {}, lambda call: Fails("E", "c")).output == {"seen": {"Error": "E", "Cause": "c"}}


WHEN = "2023-11-14T22:13:22.987Z"  # NOON is 22:13:20

WAITS: dict[str, dict[str, Any]] = {
    "Timestamp": {"Type": "Wait", "Timestamp": WHEN},
    "TimestampPath": {"Type": "Wait", "TimestampPath": "$.at"},
    "JSONata": {"Type": "Wait", "QueryLanguage": "JSONata", "Timestamp": "{% $states.input.at %}"},
    "JSONata literal": {"Type": "Wait", "QueryLanguage": "JSONata", "Timestamp": WHEN},
}


@pytest.mark.parametrize("name", WAITS)
def test_a_wait_ends_at_a_whole_second(name: str) -> None:
    assert drive(program(states(("W", WAITS[name]))), {"at": WHEN}).now == NOON + 2


@pytest.mark.parametrize("data", [{}, {"a": {}}, {"a": 1}])
@pytest.mark.parametrize("field", ["SecondsPath", "TimestampPath"])
def test_a_waits_path_that_leads_nowhere(field: str, data: Any) -> None:
    run = drive(program(states(("W", {"Type": "Wait", field: "$.a.b"}))), data)
    assert run.error == "States.Runtime"
    assert (run.cause or "").endswith(f". The {field} parameter does not reference an input value: $.a.b")
