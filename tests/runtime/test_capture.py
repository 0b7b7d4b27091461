"""Streams that stand in for sys.stdout while tasks run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from typing import Any
from unittest.mock import Mock

import pytest

from sfnbook import StateMachine

SCRIPT = """
import sys, time
from sfnbook import StateMachine
task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}
machine = StateMachine({"StartAt": "A", "States": {"A": task}}, name="m").bind("f", lambda event: event)
sys.setswitchinterval(1e-6)
began = time.monotonic()
sys.stdout = open("/dev/null", "w")
while time.monotonic() - began < 2:
    machine.run(wait=False)
    for _ in range(6):
        print(*range(200))
machine.runs.clear()
"""


def test_printing_while_runs_in_the_background_end_does_no_harm() -> None:
    # Once the process died here: print() holds a stream without owning it, and a run's end puts the other one back.
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)


STOOD_IN = """
import sys
from sfnbook import StateMachine
plain, seen = sys.stdout, []
task = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}
states = {"P": {"Type": "Pass", "Next": "A"}, "A": {**task, "Next": "B"}, "B": {**task, "End": True}}
machine = StateMachine({"StartAt": "P", "States": states}, name="m")
machine.bind("f", lambda event: seen.append(sys.stdout) or event)
machine.run(listener=lambda run: seen.append(sys.stdout))  # called when somebody looks: before, between and after
assert len({id(stream) for stream in seen} - {id(plain)}) == 1
assert sys.stdout is plain
"""


def test_streams_are_stood_in_for_from_the_first_call_to_the_end_of_the_run() -> None:
    # In a process of its own: a run of another test that still waits keeps the streams.
    subprocess.run([sys.executable, "-c", STOOD_IN], check=True, timeout=60)


@pytest.mark.parametrize("asynchronous", [False, True])
def test_what_a_function_prints_after_its_run_has_ended_does_not_get_out(
    capsys: pytest.CaptureFixture[str], asynchronous: bool
) -> None:
    """Its branch was given up when the other one failed; a cell's output must not depend on how long it still goes on."""
    ended, printed = threading.Event(), threading.Event()

    def slow(event: Any) -> None:
        assert ended.wait(60)
        print("too late")
        printed.set()

    async def slow_async(event: Any) -> None:
        await asyncio.to_thread(ended.wait, 10)
        print("too late")
        printed.set()

    def state(name: str) -> dict[str, Any]:
        task = {"Type": "Task", "Resource": f"arn:aws:lambda:us-east-1:123456789012:function:{name}", "End": True}
        return {"StartAt": name, "States": {name: task}}

    both = {"Type": "Parallel", "Branches": [state("slow"), state("fails")], "End": True}
    machine = StateMachine({"StartAt": "Both", "States": {"Both": both}}, name="m")
    machine.bind("slow", slow_async if asynchronous else slow)
    assert machine.run(bind={"fails": Mock(side_effect=ValueError)}).error == "ValueError"
    ended.set()
    assert printed.wait(60)
    assert capsys.readouterr().out == ""
