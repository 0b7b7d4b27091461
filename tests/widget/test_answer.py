"""What the page learns of tasks that wait for a person, and what its answer does."""

from __future__ import annotations

import time
from typing import Any

from sfnbook import StateMachine
from sfnbook.widget.run_widget import RunWidget

ASK = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
            "End": True,
        }
    },
}


def asked() -> tuple[RunWidget, Any, dict[str, Any]]:
    """A widget on a run that waits; returns it, the run and what the page was told of the task."""
    machine = StateMachine(ASK, name="ask").bind("ask", lambda event: None)
    run = machine.run(wait=False)
    widget = RunWidget(machine, run)
    deadline = time.monotonic() + 5
    while not widget.live.get("waiting"):
        assert time.monotonic() < deadline
        run.wait(0.01)
    return widget, run, widget.live["waiting"][0]


def test_the_page_learns_which_task_waits_and_approves() -> None:
    widget, run, waiting = asked()
    assert (waiting["state"], waiting["visit"]) == ("Ask", run.visits[0].id)
    assert waiting["token"] in waiting["input"]["text"]
    widget._heard(widget, {"kind": "send_task_success", "token": waiting["token"], "output": '{"ok":true}'}, [])
    assert run.wait(60).output == {"ok": True}
    assert widget.finish(60)
    assert "waiting" not in widget.live


def test_the_page_rejects() -> None:
    widget, run, waiting = asked()
    widget._heard(
        widget, {"kind": "send_task_failure", "token": waiting["token"], "error": "No", "cause": "not today"}, []
    )
    run.wait(5)
    assert (run.error, run.cause) == ("No", "not today")


def test_an_answer_to_nobody_changes_nothing() -> None:
    widget, run, waiting = asked()
    widget._heard(widget, {"kind": "send_task_success", "token": "another", "output": "1"}, [])
    widget._heard(widget, {"kind": "send_task_success", "token": waiting["token"], "output": "{no"}, [])
    widget._heard(widget, {"kind": "send_task_success", "token": waiting["token"], "output": "2"}, [])
    assert run.wait(60).output == 2
