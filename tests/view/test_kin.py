"""From a run to the run it started, and back, in one widget."""

from __future__ import annotations

from typing import Any

from sfnbook import StateMachine
from sfnbook.view.protocol import Recorder
from sfnbook.view.widget import RunWidget

CHILD = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}


def parent_of(child: StateMachine) -> StateMachine:
    """A machine that runs another and waits for it."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child.arn, "Input": {"x": 1}},
        "End": True,
    }
    return StateMachine({"StartAt": "Run it", "States": {"Run it": task}}, name="kin-parent")


def answers(widget: RunWidget, message: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the widget a message from the page and return what it answered."""
    said: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: said.append(content)  # type: ignore[method-assign]
    widget._answer(message)
    return said


def test_the_page_is_told_of_children_and_parents() -> None:
    child = StateMachine(CHILD, name="kin-child")
    machine = parent_of(child)
    run = machine.run()
    [started] = run.children
    live = Recorder(machine, run).live()
    assert live["children"] == [{"name": started.name, "machine": "kin-child", "visit": run.visits[0].id}]
    assert Recorder(child, started).live()["parent"] == {"name": run.name, "machine": "kin-parent"}


def test_the_widget_opens_a_child_and_comes_back() -> None:
    child = StateMachine(CHILD, name="kin-child")
    machine = parent_of(child)
    run = machine.run()
    widget = RunWidget(machine, run)
    assert answers(widget, {"kind": "open", "id": "1", "name": run.children[0].name})[-1]["found"] is True
    assert widget.machine["name"] == "kin-child"
    assert widget.finish(10)
    assert widget.live["run"] == run.children[0].name
    answers(widget, {"kind": "open", "id": "2", "name": run.name})
    assert widget.machine["name"] == "kin-parent"
    assert answers(widget, {"kind": "open", "id": "3", "name": "nobody"})[-1]["found"] is False
