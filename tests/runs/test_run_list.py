"""A list of runs keeps the last few whole, and a run that nobody holds is freed at once."""

from __future__ import annotations

import gc
import json
from typing import Any
from weakref import ref

import pytest

from sfnbook import StateMachine
from sfnbook.notebook.output.display import list_text
from sfnbook.runs import run_list
from sfnbook.runs.run_list import REMEMBERED
from sfnbook.widget.traits.recorder import runs_message
from sfnbook.workspace import Workspace

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}


def parallel(*branches: dict[str, Any]) -> dict[str, Any]:
    made = [{"StartAt": f"B{i}", "States": {f"B{i}": {**branch, "End": True}}} for i, branch in enumerate(branches)]
    return {"Type": "Parallel", "Branches": made}


FAIL = {"Type": "Task", "Resource": TASK["Resource"], "Parameters": {"fail": True}}
SHAPES: dict[str, dict[str, Any]] = {
    "task": TASK,
    "failed": {**FAIL, "Retry": [{"ErrorEquals": ["ValueError"]}]},
    "timed out": {**TASK, "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 1},
    "parallel": parallel(TASK, {"Type": "Wait", "Seconds": 3}),
    "failed parallel": {**parallel(FAIL, {"Type": "Wait", "Seconds": 3}, TASK), "Retry": [{"ErrorEquals": ["ValueError"]}]},
    "map": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"StartAt": "I", "States": {"I": {**TASK, "End": True}}}},
}  # fmt: skip
SHAPES["timed out"]["Parameters"] = {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}


def f(event: Any) -> Any:
    if "fail" in event:
        raise ValueError
    return event


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("listened", [False, True])
def test_a_run_that_nobody_holds_is_freed_without_the_collector(shape: str, listened: bool) -> None:
    definition = {"StartAt": "S", "States": {"S": {**SHAPES[shape], "End": True}}}
    machine = StateMachine(definition, name="m").bind("f", f)
    machine.runs.keep = 1
    listener = (lambda run: None) if listened else None
    machine.run({"items": [1, 2]}, clock="virtual@2026-01-01", listener=listener)
    gc.collect()
    gc.disable()
    try:
        held = machine.run({"items": [1, 2]}, clock="virtual@2026-01-01", listener=listener)
        assert held.visits
        run, execution = ref(held), ref(held._execution)
        del held
        machine.run({"items": []}, clock="virtual@2026-01-01")
        assert run() is None
        assert execution() is None
    finally:
        gc.enable()


def test_the_last_runs_are_whole_and_older_ones_are_a_line() -> None:
    workspace = Workspace({"f": f})
    machine = workspace.define("m", {"StartAt": "S", "States": {"S": {**TASK, "End": True}}})
    machine.runs.keep = workspace.runs.keep = 3
    held = workspace.run("m", {"text": "x" * 500})
    for number in range(2, 9):
        workspace.run("m", {"n": number} if number != 4 else {"fail": 1})
    assert [run.number for run in machine.runs] == [6, 7, 8]
    assert [(run.number, run.status, run.error) for run in machine.runs.past][2:4] == [
        (3, "SUCCEEDED", None),
        (4, "FAILED", "ValueError"),
    ]
    assert machine.runs.total == 8
    assert held.output == {"text": "x" * 500}
    assert len(held.history()) == 7
    assert list_text(workspace).splitlines()[1:] == [
        f"  m-run-{n}  {'FAILED' if n == 4 else 'SUCCEEDED'}" for n in range(1, 9)
    ]
    lines = runs_message(machine.runs)
    assert [line["number"] for line in lines] == [8, 7, 6, 5, 4, 3, 2, 1]
    assert (lines[3]["input"], lines[3]["output"]) == ('{"n": 5}', '{"n": 5}')
    assert lines[-1]["input"] == '{"text": "' + "x" * 110 + "…"


def test_runs_that_still_run_are_kept_and_lines_have_a_limit() -> None:
    machine = StateMachine({"StartAt": "S", "States": {"S": {"Type": "Wait", "Seconds": 1, "End": True}}}, name="m")
    machine.runs.keep = 1
    waiting = machine.run(clock="real", paused=True)
    for _ in range(REMEMBERED + 5):
        machine.run()
    assert machine.runs[0] is waiting
    assert len(machine.runs) == 2
    assert (len(machine.runs.past), machine.runs.forgotten, machine.runs.total) == (REMEMBERED, 4, REMEMBERED + 6)
    waiting.stop()
    waiting.wait(5)


@pytest.mark.parametrize(
    "value",
    [
        None,
        1.5,
        "é",
        [],
        {},
        [1, [2, []], {"a": None}],
        {"a": {"b": [True]}, "é": "x" * 500},
        ["ab"] * 100,
        [[[[1] * 99]]],
    ],
)
def test_a_line_is_the_beginning_of_the_text(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    line = run_list._line(value)
    assert line == (text if len(text) <= run_list.LINE else text[: run_list.LINE] + "…")
