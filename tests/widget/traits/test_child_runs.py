"""From a run to the run it started, and back, in one widget."""

from __future__ import annotations

import queue
import threading
from types import SimpleNamespace
from typing import Any

from sfnbook import StateMachine
from sfnbook.tasks.start_execution import find
from sfnbook.widget.run_widget import RunWidget
from sfnbook.widget.traits.child_runs import ChildRuns, worth
from sfnbook.widget.traits.recorder import Recorder

CALLBACK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
    "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
    "End": True,
}
CHILD = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}


def parent_of(child: StateMachine) -> StateMachine:
    """A machine that runs another and waits for it."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": child.arn, "Input": {"x": 1}},
        "End": True,
    }
    return StateMachine({"StartAt": "Run it", "States": {"Run it": task}}, name="the-parent")


def answers(widget: RunWidget, message: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the widget a message from the page and return what it answered."""
    said: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: said.append(content)  # type: ignore[method-assign]
    widget._answer(message)
    return said


def test_the_page_is_told_of_children_and_parents() -> None:
    child = StateMachine(CHILD, name="the-child")
    machine = parent_of(child)
    run = machine.run()
    [started] = run.children
    live = Recorder(machine, run).live()
    assert live["children"] == [{"name": started.name, "machine": "the-child", "visit": run.visits[0].id}]
    assert Recorder(child, started).live()["parent"] == {"name": run.name, "machine": "the-parent"}


def test_the_widget_opens_a_child_and_comes_back() -> None:
    child = StateMachine(CHILD, name="the-child")
    machine = parent_of(child)
    run = machine.run()
    widget = RunWidget(machine, run)
    assert answers(widget, {"kind": "open", "id": "1", "name": run.children[0].name})[-1]["found"] is True
    assert widget.machine["name"] == "the-child"
    assert widget.finish(60)
    assert widget.live["run"] == run.children[0].name
    answers(widget, {"kind": "open", "id": "2", "name": run.name})
    assert widget.machine["name"] == "the-parent"
    assert answers(widget, {"kind": "open", "id": "3", "name": "nobody"})[-1]["found"] is False


def traits_of(machine: StateMachine, run: Any = None, **options: Any) -> Any:
    return ChildRuns(machine, run, find=find, **options).message()


def test_a_machine_that_starts_no_other_has_no_child_runs() -> None:
    machine = StateMachine(CHILD, name="the-child")
    assert traits_of(machine) == {}
    assert traits_of(machine, machine.run()) == {}


def test_a_machine_named_in_the_text_is_known_before_it_runs() -> None:
    child = StateMachine(CHILD, name="the-child")
    child_runs = traits_of(parent_of(child))
    assert child_runs["starts"] == {"/States/Run it": 0}
    assert [told["machine"]["name"] for told in child_runs["machines"]] == ["the-child"]
    assert child_runs["runs"] == []


def test_a_machine_chosen_by_the_data_is_known_once_it_ran() -> None:
    child = StateMachine(CHILD, name="the-child")
    machine = parent_of(child)
    state = {**machine.definition.machine.states["Run it"].fields, "Parameters": {"StateMachineArn.$": "$.which"}}
    machine = StateMachine({"StartAt": "Run it", "States": {"Run it": state}}, name="the-parent")
    assert traits_of(machine) == {}
    child_runs = traits_of(machine, machine.run({"which": child.arn}))
    assert child_runs["starts"] == {}
    assert [(run["at"], run["address"], run["machine"]) for run in child_runs["runs"]] == [("0", "/States/Run it", 0)]


def test_a_machine_that_starts_itself_is_told_once() -> None:
    first = StateMachine(CHILD, name="the-parent")
    machine = parent_of(first)  # of the same name: it starts itself
    child_runs = traits_of(machine)
    assert [told["starts"] for told in child_runs["machines"]] == [{"/States/Run it": 0}]


def test_children_of_children_have_places_and_frames() -> None:
    child = StateMachine(CHILD, name="the-child")
    middle = parent_of(child)
    each = {"Type": "Map", "ItemsPath": "$.items", "End": True}
    start = {**middle.definition.machine.states["Run it"].fields, "Parameters": {"StateMachineArn": middle.arn}}
    each["ItemProcessor"] = {"StartAt": "Go", "States": {"Go": start}}
    machine = StateMachine({"StartAt": "Each", "States": {"Each": each}}, name="the-top")
    child_runs = traits_of(machine, machine.run({"items": [1, 2]}))
    runs = {run["at"]: run for run in child_runs["runs"]}
    assert list(runs) == ["0", "1", "0/0", "1/0"]
    assert [runs[at]["parent"] for at in runs] == ["", "", "0", "1"]
    assert sorted(runs[at]["frame"].partition(".")[2] for at in runs) == ["", "", "0", "1"]  # both items run at once
    assert {runs[at]["live"]["status"] for at in runs} == {"SUCCEEDED"}


def test_of_many_children_those_that_failed_and_the_latest_are_told() -> None:
    ended = [SimpleNamespace(status="FAILED" if number in (1, 3) else "SUCCEEDED") for number in range(10)]
    assert worth(ended, 4) == [1, 3, 8, 9]
    assert worth(ended, 20) == list(range(10))


def test_the_widget_follows_a_child_that_goes_on_after_its_parent() -> None:
    asked: queue.SimpleQueue[str] = queue.SimpleQueue()
    bound = {"ask": lambda event: asked.put(event["token"])}
    child = StateMachine({"StartAt": "Ask", "States": {"Ask": CALLBACK}}, name="the-child", namespace=bound)
    resource = "arn:aws:states:::states:startExecution"
    task = {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": child.arn}, "End": True}
    machine = StateMachine({"StartAt": "Run it", "States": {"Run it": task}}, name="the-parent")
    run = machine.run()
    widget = RunWidget(machine, run)
    assert widget.finish(60)
    assert widget.child_runs["runs"][0]["live"]["status"] == "RUNNING"
    token = asked.get(timeout=10)
    told = threading.Event()
    widget.observe(lambda change: told.set() if change.new["runs"][0]["live"]["done"] else None, "child_runs")
    run.children[0].send_task_success(token, 5)
    assert told.wait(60)
    assert widget.child_runs["runs"][0]["live"]["output"]["text"] == "5"


def test_the_widget_answers_for_a_child_and_opens_it_by_its_place() -> None:
    child = StateMachine(CHILD, name="the-child")
    machine = parent_of(child)
    widget = RunWidget(machine, machine.run())
    assert widget.finish(60)
    asked = {"kind": "value", "id": "1", "child_run": "0", "visit": None, "stage": "input"}
    assert answers(widget, asked)[-1]["text"] == '{"x":1}'
    assert answers(widget, {**asked, "child_run": "7"}) == []
    assert answers(widget, {"kind": "open", "id": "2", "child_run": "0"})[-1]["found"] is True
    assert widget.machine["name"] == "the-child"
    assert widget.child_runs == {}
