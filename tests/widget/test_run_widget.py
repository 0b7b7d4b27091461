"""The widget without a page: what it holds, when it sends, and that its module is whole."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.widget.run_widget import RunWidget, script, style

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
SLOW = {
    "StartAt": "A",
    "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:slow", "End": True}},
}


def test_the_repr_is_the_same_on_every_machine() -> None:
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine)
    assert repr(widget) == "RunWidget('m')"
    widget.attach(machine.run(name="first"))
    assert widget.finish(60)
    assert repr(widget) == "RunWidget('m', run 'first')"


def test_it_holds_the_end_of_the_run() -> None:
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine, machine.run({"a": 1}))
    assert widget.finish(60)
    assert widget.live["status"] == "SUCCEEDED"
    assert widget.live["output"]["text"] == '{"a":1}'
    assert [visit["name"] for visit in widget.visits] == ["A"]
    assert widget.events[-1][2] == "ExecutionSucceeded"


def test_states_show_while_they_run_and_the_page_can_stop_them() -> None:
    release = threading.Event()
    machine = StateMachine(SLOW, name="m", namespace={"slow": lambda event: release.wait(5)})
    seen = threading.Event()
    widget = RunWidget(machine)
    widget.observe(lambda change: seen.set() if "/States/A" in change["new"]["statuses"] else None, "live")
    run = machine.run(wait=False, threads=True)
    widget.attach(run)
    assert seen.wait(60)
    assert widget.live["statuses"]["/States/A"]["status"] == "running"
    widget._heard(widget, {"kind": "stop"}, [])
    assert widget.finish(60)
    release.set()
    assert widget.live["status"] == "ABORTED"


def test_handlers_only_enqueue() -> None:
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine, machine.run())
    assert widget.finish(60)
    answers: list[Any] = []
    told = threading.Event()
    widget.send = lambda message, buffers=None: (answers.append((threading.current_thread().name, message)), told.set())
    widget._heard(widget, {"kind": "value", "id": "7", "visit": None, "stage": "input", "attempt": None}, [])
    assert told.wait(60)
    assert answers == [("sfnbook-widget", {"kind": "value", "id": "7", "text": "{}"})]


def test_a_changed_state_is_tried_and_a_machine_that_has_not_run_gives_its_picture() -> None:
    machine = StateMachine(PASS, name="m")
    answers: list[Any] = []
    told = threading.Event()

    def answer(message: Any, buffers: Any = None) -> None:
        answers.append(message)
        told.set()

    fresh = RunWidget(machine)
    fresh.send = answer
    fresh._heard(fresh, {"kind": "picture", "id": "1", "format": "mermaid"}, [])
    assert told.wait(60)
    assert answers[0]["text"] == machine.to_mermaid()
    told.clear()
    widget = RunWidget(machine, machine.run({"n": 1}))
    assert widget.finish(60)
    widget.send = answer
    text = '{"Type": "Pass", "Result": 2, "End": true}'
    widget._heard(widget, {"kind": "try", "id": "2", "visit": widget.visits[0]["id"], "text": text}, [])
    assert told.wait(60)
    assert [stage["value"]["text"] for stage in answers[1]["edited"]["stages"]][-1:] == ["2"]


def test_run_again_attaches_the_next_run() -> None:
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine, machine.run({"n": 1}))
    assert widget.finish(60)
    widget._heard(widget, {"kind": "run_again"}, [])
    deadline = time.monotonic() + 5
    while widget.live["run"] != "m-run-2" or not widget.live["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert widget.live["input"]["text"] == '{"n":1}'


def test_an_older_widget_learns_of_new_runs_and_of_their_ends() -> None:
    release = threading.Event()
    machine = StateMachine(SLOW, name="m", namespace={"slow": lambda event: release.wait(5)})
    first = machine.run(wait=False, threads=True)
    first.stop()
    first.wait()
    widget = RunWidget(machine, first)
    assert widget.finish(60)
    told = threading.Event()

    def heard(change: Any) -> None:
        runs = [(run["number"], run["status"]) for run in change["new"]]
        if runs == [(2, "RUNNING"), (1, "ABORTED")]:
            release.set()
        if runs == [(2, "SUCCEEDED"), (1, "ABORTED")]:
            told.set()

    widget.observe(heard, "runs")
    machine.run(wait=False, threads=True)
    assert told.wait(60)
    assert widget.live["run"] == "m-run-1"


def test_many_events_make_few_messages() -> None:
    machine = StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": PASS, "End": True}}}, name="m"
    )
    widget = RunWidget(machine)
    sent: list[int] = []
    widget.observe(lambda change: sent.append(change["new"]["events"]), "live")
    began = time.monotonic()
    run = machine.run(list(range(3000)), wait=False)
    widget.attach(run)
    run.wait()
    assert widget.finish(60)
    assert len(sent) <= 2 + (time.monotonic() - began) * 31
    assert sent[-1] == len(run.events)


def test_the_module_keeps_names_apart_and_is_small(tmp_path: Path) -> None:
    text = script()
    assert "import " not in text.split("export default")[0].replace("important", "")
    assert text.count("export ") == 1
    assert len(text) < 400_000  # a page loads it once, however many runs it shows
    assert "/*" not in style()
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node to read it")
    module = tmp_path / "widget.mjs"
    module.write_text(text, "utf-8")
    subprocess.run([node, "--check", str(module)], check=True, timeout=30)


def told(widget: RunWidget, message: dict[str, Any]) -> dict[str, Any]:
    """Put a message from the page into the widget and return its answer."""
    answers: list[Any] = []
    done = threading.Event()
    widget.send = lambda answer, buffers=None: (answers.append(answer), done.set())
    widget._heard(widget, {"id": "1", **message}, [])
    assert done.wait(60)
    return dict(answers[0])


def test_the_page_can_ask_for_what_did_not_travel() -> None:
    machine = StateMachine(PASS, name="m", namespace={})
    widget = RunWidget(machine)
    assert told(widget, {"kind": "ping"}) == {"kind": "ping", "id": "1"}
    widget.attach(machine.run({"a": 1}))
    assert widget.finish(60)
    page = told(widget, {"kind": "events", "first": 1, "count": 2})
    assert [row[:3] for row in page["rows"]] == [[2, 0, "PassStateEntered"], [3, 2, "PassStateExited"]]
    lineage = told(widget, {"kind": "lineage", "visit": 2, "stage": "output", "path": ["a"]})["lineage"]
    assert lineage["hops"][-1]["how"] == "origin"
    assert told(widget, {"kind": "logs"})["logs"] == []


def test_another_run_is_shown_when_the_page_asks() -> None:
    machine = StateMachine(PASS, name="m")
    first, second = machine.run({"n": 1}), machine.run({"n": 2})
    widget = RunWidget(machine, second)
    assert widget.finish(60)
    assert [run["name"] for run in widget.runs] == ["m-run-2", "m-run-1"]
    assert told(widget, {"kind": "show_run", "number": 1})["found"] is True
    assert widget.finish(60)
    assert (widget.live["run"], widget.live["input"]["text"]) == (first.name, '{"n":1}')
    assert told(widget, {"kind": "show_run", "number": 9})["found"] is False
