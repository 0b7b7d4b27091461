"""A run's data is sent to the page once somebody sees the widget, and changes only while somebody does."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.widget import viewers
from sfnbook.widget.run_widget import RunWidget
from sfnbook.widget.viewers import RunningCell, Viewers

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
SLOW = {
    "StartAt": "A",
    "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:slow", "End": True}},
}


class Events:
    """The events of a shell."""

    def __init__(self) -> None:
        self.known: dict[str, Callable[[Any], None]] = {}

    def register(self, name: str, listener: Callable[[Any], None]) -> None:
        self.known[name] = listener


class Shell:
    def __init__(self) -> None:
        self.events = Events()

    def cell(self) -> None:
        self.events.known["pre_run_cell"](None)

    def end(self) -> None:
        self.events.known["post_run_cell"](None)


@pytest.fixture
def cell() -> RunningCell:
    """A cell that is being run."""
    return RunningCell()


@pytest.fixture
def shell(cell: RunningCell) -> Shell:
    shell = Shell()
    cell.follow(shell)
    return shell


def settled(widget: RunWidget) -> None:
    """Wait until the worker has nothing to do."""
    until = time.monotonic() + 5
    while not (widget._held_back or not widget.unsent) and time.monotonic() < until:
        time.sleep(0.005)


def report(widget: RunWidget, seen: bool) -> None:
    widget._heard(widget, {"kind": "seen", "view": "v", "seen": seen}, [])


def wait_for(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not holds() and time.monotonic() < until:
        time.sleep(0.005)
    return holds()


def test_nothing_of_a_run_is_sent_before_somebody_sees_it(cell: RunningCell, shell: Shell) -> None:
    machine = StateMachine(PASS, name="m")
    shell.end()
    widget = RunWidget(machine, machine.run({"a": 1}), viewers=Viewers(cell))
    settled(widget)
    assert (widget.lazy, widget.unsent) == (True, True)
    assert (widget.machine, widget.visits, widget.events, widget.runs) == ({}, [], [], [])
    assert widget.live["run"] is None
    report(widget, True)
    assert wait_for(lambda: not widget.unsent)
    assert widget.machine["name"] == "m"
    assert widget.live["status"] == "SUCCEEDED"
    assert [visit["name"] for visit in widget.visits] == ["A"]
    assert widget.events[-1][2] == "ExecutionSucceeded"


def test_a_machine_alone_waits_too(cell: RunningCell, shell: Shell) -> None:
    shell.end()
    widget = RunWidget(StateMachine(PASS, name="m"), viewers=Viewers(cell))
    settled(widget)
    assert widget.machine == {}
    report(widget, True)
    assert wait_for(lambda: not widget.unsent)
    assert widget.machine["name"] == "m"


def test_a_cell_does_not_wait_for_a_page_that_has_not_said_a_word(
    cell: RunningCell, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "OTHER_CELL", 60.0)
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine, machine.run(), viewers=Viewers(cell))
    assert wait_for(lambda: widget._viewers._unchanging_since is not None)
    assert widget.finish(30)
    time.sleep(viewers.OWN_CELL * 2)
    assert widget.unsent


def test_a_cell_that_goes_on_shows_its_run_though_the_kernel_cannot_hear_the_page(
    cell: RunningCell, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "OTHER_CELL", 0.02)
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine, machine.run(), viewers=Viewers(cell))
    assert wait_for(lambda: not widget.unsent)
    assert widget.live["status"] == "SUCCEEDED"


def test_a_run_that_goes_on_is_shown_in_its_cell(cell: RunningCell, shell: Shell) -> None:
    release = threading.Event()
    machine = StateMachine(SLOW, name="m", namespace={"slow": lambda event: release.wait(5)})
    run = machine.run(wait=False, threads=True)
    widget = RunWidget(machine, run, viewers=Viewers(cell))
    assert wait_for(lambda: widget.live["status"] == "RUNNING")
    release.set()
    run.wait(5)


def test_a_widget_out_of_sight_is_sent_nothing_until_it_is_back(cell: RunningCell, shell: Shell) -> None:
    release = threading.Event()
    machine = StateMachine(SLOW, name="m", namespace={"slow": lambda event: release.wait(5)})
    run = machine.run(wait=False, threads=True)
    shell.end()
    widget = RunWidget(machine, run, viewers=Viewers(cell))
    report(widget, True)
    assert wait_for(lambda: widget.live["status"] == "RUNNING")
    report(widget, False)
    assert wait_for(lambda: not widget._seen)
    release.set()
    run.wait(5)
    assert wait_for(lambda: widget._held_back)
    machine.run()  # news of another run of the machine is none either
    assert widget.live["status"] == "RUNNING"
    assert widget.finish(5)
    report(widget, True)
    assert wait_for(lambda: widget.live["status"] == "SUCCEEDED")
    assert [row["number"] for row in widget.runs] == [2, 1]
    assert [visit["status"] for visit in widget.visits] == ["succeeded"]


def test_a_run_in_the_background_is_shown_while_another_cell_blocks(
    cell: RunningCell, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    viewer = Viewers(cell)
    shell.end()
    assert not viewer.wanted
    shell.cell()
    assert not viewer.wanted
    monkeypatch.setattr(viewers, "OTHER_CELL", 0.0)
    assert wait_for(lambda: viewer.wanted)
    shell.end()
    assert not viewer.wanted


def test_the_latest_widgets_are_shown_when_the_next_cell_blocks(
    cell: RunningCell, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewers, "OTHER_CELL", 0.02)
    machine = StateMachine(PASS, name="m")
    shell.end()
    old, *latest = [RunWidget(machine, viewers=Viewers(cell)) for _ in range(viewers.LATEST + 1)]
    for widget in (old, *latest):
        settled(widget)
    shell.cell()
    assert wait_for(lambda: not any(widget.unsent for widget in latest))
    assert old.unsent


def test_two_views_are_seen_until_both_are_gone(cell: RunningCell, shell: Shell) -> None:
    shell.end()
    viewer = Viewers(cell)
    viewer.set_in_sight("a", True)
    viewer.set_in_sight("b", True)
    viewer.set_in_sight("a", False)
    assert viewer.wanted
    viewer.set_in_sight("b", False)
    assert not viewer.wanted


def test_outside_of_a_notebook_everything_is_sent_at_once() -> None:
    assert viewers.lazy_viewers() is None
    machine = StateMachine(PASS, name="m")
    widget = RunWidget(machine, machine.run())
    assert widget.finish(5)
    assert (widget.lazy, widget.unsent) == (False, False)
    assert widget.live["status"] == "SUCCEEDED"
