"""Going back inside a Map run's children, and on from there; the other commands are tried in the notebook's tests."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.stepper import Stepper
from sfnbook.widget.run_widget import RunWidget

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
STEPS = {
    "Look": {"Type": "Pass", "Parameters": {"n.$": "$"}, "Next": "Work"},
    "Work": {"Type": "Task", "Resource": FUNCTION + "work", "End": True},
}
PROCESSOR = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Look"}
EACH = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": {**PROCESSOR, "States": STEPS}, "End": True}
SPREAD = {"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "Each"}, "Each": EACH}}


def ran(*bad: int) -> tuple[Any, list[int]]:
    calls: list[int] = []

    def work(event: Any) -> Any:
        calls.append(event["n"])
        if event["n"] in bad:
            raise ValueError("no")
        return event["n"] * 10

    machine = StateMachine(SPREAD, name="m")
    machine.bind("Work", work)
    return machine.run([0, 1, 2]), calls


def test_a_child_is_looked_back_at_visit_by_visit_and_before_it_is_its_map() -> None:
    run, calls = ran()
    stepper = Stepper(run)
    stepper.inside(run.child("Each", 1), "Work")
    assert stepper.words().splitlines()[0] == "m-run-1 paused before Work, as it was at event 4 of Each › item 1"
    assert stepper.pause is not None
    assert (stepper.pause.value, stepper.item) == ({"n": 1}, "Each › item 1")
    assert [(again.name, again.times) for again in stepper.again] == [("Work", 2)]
    stepper.do("back")
    assert (stepper.pause.name, stepper.item, stepper.shown.visits) == ("Look", "Each › item 1", [])
    stepper.do("at Work")
    assert (stepper.pause.value, stepper.item) == ({"n": 1}, "Each › item 1")
    stepper.do("back")
    stepper.do("back")
    assert (stepper.pause.name, stepper.item) == ("Each", "")
    stepper.do("back")
    assert (stepper.pause.name, calls) == ("First", [0, 1, 2])
    with pytest.raises(InputError, match="This is the beginning"):
        stepper.do("back")


def test_going_on_from_inside_a_child_is_a_new_run_that_stands_there() -> None:
    run, calls = ran(1)
    assert run.status == "FAILED"
    stepper = Stepper(run)
    stepper.inside(run.child("Each", 1), "Work")
    stepper.do('edit {"n": 5}')
    assert (stepper.item, stepper.past, stepper.run is not run) == ("", None, True)
    assert stepper.pause is not None
    assert (stepper.pause.name, stepper.pause.value) == ("Work", {"n": 5})
    stepper.do("continue")
    assert stepper.wait(60)
    assert (stepper.run.status, stepper.run.output, calls) == ("SUCCEEDED", [0, 50, 20], [0, 1, 5, 2])


def test_now_leaves_the_child() -> None:
    run, _ = ran()
    stepper = Stepper(run)
    stepper.inside(run.child("Each", 1), "Work")
    stepper.do("now")
    assert (stepper.shown, stepper.item) == (run, "")
    stepper.do("at Each")
    assert (stepper.item, stepper.past_event) == ("", run.visits[1].id)


def test_the_page_asks_for_a_visit_of_a_child_by_the_id_that_it_has_there() -> None:
    run, _ = ran()
    widget = RunWidget(run.machine, run)
    stepper = Stepper(run)
    widget.steer(stepper)
    assert widget.finish(60)
    [visit] = [one for one in widget.visits if one["where"] == "Each › item 2" and one["name"] == "Work"]
    told = threading.Event()

    def seen(_: object) -> None:
        if [one["name"] for one in widget.visits] == ["Look"] and widget.live["debug"].get("item") == "Each › item 2":
            told.set()

    widget.observe(seen, ["visits", "live"])
    widget._answer({"kind": "debug", "op": "at", "visit": visit["id"]})
    assert stepper.item == "Each › item 2"
    assert told.wait(60)
    assert (widget.live["debug"]["item"], widget.live["debug"]["address"]) == ("Each › item 2", visit["address"])
    widget._answer({"kind": "debug", "op": "at", "visit": widget.visits[0]["id"]})
    assert (stepper.item, stepper.pause and stepper.pause.name) == ("Each › item 2", "Look")
