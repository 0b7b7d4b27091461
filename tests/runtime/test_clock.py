"""Clocks: the virtual one jumps only when nothing is in flight."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from sfnbook import InputError, StateMachine
from sfnbook.runtime.clock import RealClock, VirtualClock, make_clock

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def test_a_virtual_clock_stands_still_until_something_runs() -> None:
    clock = VirtualClock(100.0)
    assert clock.now(False) == clock.now(False) == 100.0
    assert clock.jump(340.0) == 340.0
    assert clock.until(400.0, False) == 0.0
    assert clock.now(True) == 340.0
    assert clock.now(False) > 340.0


def test_a_scaled_clock_is_faster() -> None:
    clock = RealClock(60.0)
    at = clock.now(False)
    assert clock.until(at + 60, False) <= 1.0
    assert clock.jump(at + 1e6) < at + 1e5


def test_functions_take_no_time_on_a_clock_that_was_set() -> None:
    """Delays between attempts and whole histories are exact, not only nearly so."""
    calls: list[float] = []

    def busy(event: Any) -> Any:
        calls.append(1)
        if len(calls) % 3:
            raise ValueError("busy")
        return len(calls)

    task = {"Type": "Task", "Resource": f"{ARN}busy", "Retry": [{"ErrorEquals": ["ValueError"]}], "End": True}
    machine = StateMachine({"StartAt": "T", "States": {"T": task}}, name="m").bind("busy", busy)
    runs = [machine.run(clock="virtual@2026-01-01", name="same", threads=threads) for threads in (False, True)]
    assert [attempt.start for attempt in runs[0].visits[0].attempts] == [0, 1, 3]
    assert [(e["type"], e["timestamp"]) for e in runs[0].history()] == [
        (e["type"], e["timestamp"]) for e in runs[1].history()
    ]
    assert runs[0].seconds == runs[1].seconds == runs[0].fork("T").seconds == 3
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True}
    start["Parameters"] = {"StateMachineArn": machine.arn}
    parent = StateMachine({"StartAt": "P", "States": {"P": start}}, name="parent")
    assert parent.run(clock="virtual@2026-01-01").children[0].seconds == 3


def test_a_clock_with_a_grain_counts_whole_seconds_of_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    real = [50.0]
    monkeypatch.setattr("sfnbook.runtime.clock.time.monotonic", lambda: real[0])
    clock = VirtualClock(100.0, grain=1.0)
    assert clock.now(True) == 100.0
    real[0] += 0.9
    assert clock.now(True) == 100.0
    real[0] += 0.9
    assert (clock.now(True), clock.until(103.0, True)) == (101.0, 2.0)
    assert clock.now(False) == 101.0
    real[0] += 9
    assert clock.now(True) == 101.0
    real[0] += 0.9
    assert clock.now(False) == 101.0
    assert clock.jump(200.5) == clock.now(True) == 200.5


def test_a_virtual_clock_begins_when_it_is_told_to() -> None:
    """So that dates, and with them histories, are the same in every run."""
    wait = {"Type": "Wait", "TimestampPath": "$.at", "Next": "Late"}
    late = {"Type": "Pass", "Parameters": {"now.$": "$$.State.EnteredTime"}, "End": True}
    machine = StateMachine({"StartAt": "Wait", "States": {"Wait": wait, "Late": late}}, name="dates")
    first, second = (
        machine.run({"at": "2030-01-01T00:00:00Z"}, clock=f"virtual@{begin}", name="same")
        for begin in ("2029-12-31T23:59:00Z", "2029-12-31T23:59")
    )
    assert first.seconds == 60
    assert first.output == {"now": "2030-01-01T00:00:00Z"}
    assert first.history() == second.history()
    with pytest.raises(InputError, match='"noon" is no time to begin at'):
        make_clock("virtual@noon")


@pytest.mark.parametrize("name", ["", "x", "x0", "fast", "60"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="virtual, real or xN"):
        make_clock(name)


def test_a_running_function_holds_the_clock_back() -> None:
    """A Wait of an hour beside a function: the function ends first, then the clock jumps."""
    ended: list[float] = []
    machine = StateMachine(
        {
            "StartAt": "P",
            "States": {
                "P": {
                    "Type": "Parallel",
                    "End": True,
                    "Branches": [
                        {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}},
                        {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ARN + "f", "End": True}}},
                    ],
                }
            },
        },
        name="m",
    )
    go = threading.Event()

    def f(event: Any) -> Any:
        go.wait(0.05)
        return 1

    run = machine.run(bind={"f": f})
    ended = [v.end for v in run.visits if v.name in ("W", "T") and v.end is not None]
    assert min(ended) < 5
    assert 3600 <= max(ended) < 3605
