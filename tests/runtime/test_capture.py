"""Where a task's words go, also when others change the streams."""

from __future__ import annotations

import io
import sys
import threading
from typing import Any

import pytest

from sfnbook import StateMachine

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": True}


def test_a_run_left_behind_does_not_take_the_words_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """A first run still holds the streams when somebody puts others in place and a second run starts."""
    started, release = threading.Event(), threading.Event()
    machine = StateMachine({"StartAt": "T", "States": {"T": TASK}}, name="m")

    def waits(event: Any) -> None:
        started.set()
        release.wait(10)

    first = machine.run(bind={"f": waits}, wait=False)
    assert started.wait(10)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", io.StringIO())
        second = machine.run(bind={"f": lambda event: print("hello")})
        assert second.visits[0].attempts[0].logs == "hello\n"
    release.set()
    assert first.wait(10).status == "SUCCEEDED"
