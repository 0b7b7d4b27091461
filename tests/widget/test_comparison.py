"""Two runs together: what a cell shows, the page it is written to, the widget beside it."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import sfnbook
from sfnbook import StateMachine
from sfnbook.errors import InputError
from sfnbook.widget.comparison import Comparison
from sfnbook.widget.run_widget import RunWidget

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
MACHINE = {"StartAt": "A", "States": {"A": TASK}}


def two() -> tuple[Any, Any]:
    machine = StateMachine(MACHINE, name="m")
    return machine.run({"x": 1}, bind={"f": lambda event: 1}), machine.run({"x": 1}, bind={"f": lambda event: "<b>"})


def run_of(answer: str) -> sfnbook.Run:
    task = {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:f", "End": True}
    machine = sfnbook.StateMachine({"StartAt": "A", "States": {"A": task}}, name="m")
    return machine.run({}, bind={"f": lambda event: answer})


def test_a_comparison_is_its_differences() -> None:
    left, right = two()
    found = left.compare(right)
    assert isinstance(found, Comparison)
    assert (found.left, found.right) == (left, right)
    assert repr(found) == "the execution's output: 1 | <b>\nA's output: 1 | <b>"
    assert not left.compare(left)


def test_a_saved_notebook_keeps_a_table() -> None:
    left, right = two()
    data, _ = left.compare(right)._repr_mimebundle_()
    assert data["text/plain"] == repr(left.compare(right))
    assert "<th>m-run-1</th><th>m-run-2</th>" in data["text/html"]
    assert "<td>A&#x27;s output</td><td><code>1</code></td><td><code>&lt;b&gt;</code></td>" in data["text/html"]
    same, _ = left.compare(left)._repr_mimebundle_()
    assert "no difference" in same["text/html"]


def test_a_saved_notebook_keeps_long_values_whole_or_says_which_part() -> None:
    left, right = (run_of(text) for text in ("a" * 5_000 + "the end", "b" * 150_000))
    table = left.compare(right)._repr_mimebundle_()[0]["text/html"]
    assert "<small>5,007 characters</small></summary>" in table
    assert "aaathe end</code></details>" in table
    assert "<small>150,000 characters · the first 100,000 of them are here</small>" in table


def test_it_is_written_as_a_page(tmp_path: Path) -> None:
    left, right = two()
    page = left.compare(right).to_html(tmp_path / "both.html").read_text("utf-8")
    assert "<title>m · m-run-1 and m-run-2</title>" in page
    assert '"other":{"live":{"run":"m-run-2"' in page
    with pytest.raises(InputError, match="cannot be written"):
        left.compare(right).to_html(tmp_path / "none" / "both.html")


def test_a_recorded_run_is_compared_alike(tmp_path: Path) -> None:
    left, right = two()
    (tmp_path / "history.json").write_text(json.dumps({"events": right.history()}, default=str))
    recorded = sfnbook.replay(tmp_path / "history.json", left.machine)
    assert [one.where for one in recorded.compare(left)] == ["the execution's output", "A's output"]
    assert isinstance(left.compare(recorded), Comparison)


def until(done: Any) -> None:
    deadline = time.monotonic() + 5
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_the_page_chooses_a_run_to_compare_with_and_ends_it() -> None:
    left, right = two()
    widget = RunWidget(left.machine, left)
    assert widget.finish(60)
    answers: list[Any] = []
    told = threading.Event()
    widget.send = lambda message, buffers=None: (answers.append(message), told.set())
    widget._heard(widget, {"kind": "compare", "id": "1", "number": right.number}, [])
    until(lambda: widget.other)
    assert widget.other["live"]["run"] == right.name
    assert widget.other["visits"][0]["output"]["text"] == '"<b>"'
    value = {"kind": "value", "visit": right.visits[0].id, "stage": "output", "attempt": None}
    widget._heard(widget, {**value, "id": "v", "other": True}, [])
    until(lambda: len(answers) == 2)
    assert answers.pop()["text"] == '"<b>"'
    widget._heard(widget, {"kind": "compare", "id": "2", "number": None}, [])
    until(lambda: not widget.other)
    widget._heard(widget, {"kind": "compare", "id": "3", "number": 99}, [])
    until(lambda: len(answers) == 3)
    assert [answer["found"] for answer in answers] == [True, True, False]


def test_another_run_in_the_widget_ends_the_comparison() -> None:
    left, right = two()
    widget = RunWidget(left.machine, left)
    widget.compare(right)
    assert widget.finish(60)
    assert widget.other["live"]["run"] == right.name
    widget.attach(right)
    assert widget.finish(60)
    assert widget.other == {}
