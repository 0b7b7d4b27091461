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
