"""Many sessions on one loop: no thread waits for any of them."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from sfnbook import StateMachine
from sfnbook.engine.execution import UNNAMED
from sfnbook.engine.journal import Journal
from sfnbook.runtime.clock import RealClock
from sfnbook.runtime.session import Session
from sfnbook.runtime.session_pool import SessionPool

WAITS: Any = {
    "StartAt": "W",
    "States": {"W": {"Type": "Wait", "Seconds": 30, "Next": "P"}, "P": {"Type": "Pass", "End": True}},
}


def session(machine: StateMachine, speed: float) -> Session:
    clock = RealClock(speed)
    return Session(machine._program, Journal({}, clock.now(False), 0, UNNAMED), clock=clock, resolve=_nobody)


def _nobody(task: Any) -> Any:
    raise AssertionError("no task here")


def test_a_thousand_waits_need_no_thread_of_their_own() -> None:
    machine = StateMachine(WAITS, name="waits")
    before = threading.active_count()  # other tests' workers stay

    async def main() -> list[str]:
        fleet, left = SessionPool(asyncio.get_running_loop()), asyncio.Event()
        sessions = [session(machine, 100.0) for _ in range(1000)]
        for one in sessions:
            fleet.add(one, lambda: left.set() if not fleet.sessions else None).pump()
        assert len(fleet.sessions) == 1000
        assert threading.active_count() < before + 20
        await asyncio.wait_for(left.wait(), 20)
        return [one.execution.status for one in sessions]

    assert set(asyncio.run(main())) == {"SUCCEEDED"}


def test_what_another_thread_posts_is_taken_at_once() -> None:
    machine = StateMachine(WAITS, name="waits")

    async def main() -> str:
        fleet, left = SessionPool(asyncio.get_running_loop()), asyncio.Event()
        one = session(machine, 1.0)
        fleet.add(one, left.set).pump()
        threading.Thread(target=one.stop, args=("E", "C")).start()
        await asyncio.wait_for(left.wait(), 5)
        return one.execution.status

    assert asyncio.run(main()) == "ABORTED"
