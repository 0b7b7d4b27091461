"""A Task of an activity that does not exist fails before it is scheduled."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from sfnbook.machine import ACCOUNT
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.runs import ServedRun
from sfnbook.server.store import Store
from sfnbook.tasks.registry import Registry

ACTIVITY = f"arn:aws:states:us-east-1:{ACCOUNT}:activity:paint"
TASK = {"Type": "Task", "Resource": ACTIVITY, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}], "End": True}
END = {"Type": "Succeed"}
WAIT = {"Type": "Wait", "Seconds": 60, "Next": "T"}
AT_ONCE = {"StartAt": "T", "States": {"T": TASK, "Caught": END}}
LATER = {"StartAt": "W", "States": {"W": WAIT, "T": TASK, "Caught": END}}


def served(definition: Any, work: Callable[[Endpoint, ServedRun], Any], *before: str, **bound: Any) -> list[str]:
    """Start a machine at an endpoint of its own after some calls, do something meanwhile; return its events' types."""

    async def main() -> list[str]:
        registry = Registry()
        for pattern, function in bound.items():
            registry.add(pattern, function)
        endpoint = Endpoint(Store(), registry=registry, speed=1e5)
        endpoint.open()
        try:
            for operation in before:
                OPERATIONS[operation](endpoint, {"name": "paint", "activityArn": ACTIVITY})
            create = {"name": "m", "definition": json.dumps(definition), "roleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}
            made: Any = await OPERATIONS["CreateStateMachine"](endpoint, create)  # type: ignore[misc]
            run = endpoint.start(endpoint.target(made["stateMachineArn"]), {}, "{}")
            work(endpoint, run)
            await asyncio.wait_for(endpoint.until_ended(run), 10)
            return [event.type for event in run.events] + [str(run.error), str(run.cause)]
        finally:
            endpoint.close()

    return asyncio.run(main())


def nothing(endpoint: Endpoint, run: ServedRun) -> None:
    """Leave it alone."""


def delete(endpoint: Endpoint, run: ServedRun) -> None:
    OPERATIONS["DeleteActivity"](endpoint, {"activityArn": ACTIVITY})


def stop(endpoint: Endpoint, run: ServedRun) -> None:
    run.driven.pump()
    run.stop()


@pytest.mark.parametrize("before", [(), ("CreateActivity", "DeleteActivity")])
def test_it_ends_the_execution_and_nothing_catches_it(before: tuple[str, ...]) -> None:
    *types, error, cause = served(AT_ONCE, nothing, *before)
    assert types == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
    assert error == "States.Runtime"
    assert cause == (
        "An error occurred while executing the state 'T' (entered at the event id #2). The activity ARN does not exist."
    )


def test_one_that_is_deleted_while_the_execution_waits() -> None:
    assert served(LATER, delete, "CreateActivity")[-3:-1] == ["ExecutionFailed", "States.Runtime"]


def test_one_that_is_there_is_scheduled() -> None:
    assert "ActivityScheduled" in served(AT_ONCE, stop, "CreateActivity")


def test_a_function_that_is_bound_needs_no_activity() -> None:
    assert "ActivitySucceeded" in served(AT_ONCE, nothing, paint=lambda event: 1)
