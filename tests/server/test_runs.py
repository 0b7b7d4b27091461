"""A served run is a run: whatever shows one can show the other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from sfnbook import Run, StateMachine
from sfnbook.history.store import Store
from sfnbook.server.endpoint import Endpoint, Target
from sfnbook.server.operations import OPERATIONS
from sfnbook.view.protocol import Recorder
from sfnbook.view.text import run_text

PASS = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def served(work: Any) -> Any:
    """Do something with an endpoint on a loop of its own."""

    async def main() -> Any:
        endpoint = Endpoint(Store())
        endpoint.open()
        try:
            create = {"name": "m", "definition": PASS, "roleArn": "arn:aws:iam::123456789012:role/r"}
            made: Any = await OPERATIONS["CreateStateMachine"](endpoint, create)  # type: ignore[misc]
            return await work(endpoint, endpoint.target(made["stateMachineArn"]))
        finally:
            endpoint.close()

    return asyncio.run(main())


def test_it_has_everything_that_a_run_has() -> None:
    async def start(endpoint: Endpoint, target: Target) -> Run:
        run = endpoint.start(target, {}, "{}")
        await endpoint.until_ended(run)
        return run

    run = served(start)
    here = StateMachine(PASS, name="m").run()
    assert vars(here).keys() <= vars(run).keys()
    assert run_text(run) == run_text(here)
    assert Recorder(run.machine, run).live()["status"] == "SUCCEEDED"


def test_what_is_stored_shows_the_same() -> None:
    async def start(endpoint: Endpoint, target: Target) -> tuple[Run, Any]:
        run = endpoint.start(target, {"a": 1}, '{"a": 1}')
        await endpoint.until_ended(run)
        return run, endpoint.past(endpoint.stored(run.arn))

    live, stored = served(start)
    assert run_text(live) == run_text(stored)
    assert live.describe() == stored.describe()
    assert live.history() == stored.history()
    assert Recorder(live.machine, live).visits() == Recorder(stored.machine, stored).visits()
