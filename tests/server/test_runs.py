"""A served run is a run: whatever shows one can show the other."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from sfnbook import InputError, Run, StateMachine
from sfnbook.server.endpoint import Endpoint, Target
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.runs import Ended
from sfnbook.server.store import Store
from sfnbook.text.run_text import run_text
from sfnbook.widget.traits.child_runs import ChildRuns
from sfnbook.widget.traits.recorder import Recorder

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
    assert vars(here).keys() - vars(run).keys() == {"_children"}  # found when they are looked at
    assert run.children == []
    assert run_text(run) == run_text(here)
    assert Recorder(run.machine, run).live()["status"] == "SUCCEEDED"


def test_what_is_stored_shows_the_same() -> None:
    async def start(endpoint: Endpoint, target: Target) -> tuple[Run, Any]:
        run = endpoint.start(target, {"a": 1}, '{"a": 1}')
        await endpoint.until_ended(run)
        past = endpoint.past(endpoint.stored(run.arn))
        assert past.events  # read now: it is closed when they are compared
        return run, past

    live, stored = served(start)
    assert run_text(live) == run_text(stored)
    assert live.describe() == stored.describe()
    assert live.history() == stored.history()
    assert Recorder(live.machine, live).visits() == Recorder(stored.machine, stored).visits()


def machine_of(definition: Any, name: str) -> dict[str, str]:
    return {"name": name, "definition": json.dumps(definition), "roleArn": "arn:aws:iam::123456789012:role/r"}


def starting(arn: str) -> dict[str, Any]:
    task = {"Type": "Task", "Parameters": {"StateMachineArn": arn}, "End": True}
    return {"StartAt": "Go", "States": {"Go": task | {"Resource": "arn:aws:states:::states:startExecution.sync:2"}}}


async def create(endpoint: Endpoint, definition: Any, name: str) -> Target:
    made: Any = await OPERATIONS["CreateStateMachine"](endpoint, machine_of(definition, name))  # type: ignore[misc]
    return endpoint.target(made["stateMachineArn"])


def kin_of(endpoint: Endpoint, run: Any) -> Any:
    return ChildRuns(run.machine, run, find=endpoint.started_machine).message()


def test_an_execution_has_its_children_running_and_ended() -> None:
    async def work(endpoint: Endpoint, target: Target) -> None:
        wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
        child = await create(endpoint, wait, "child")
        parent = await create(endpoint, starting(child.machine.arn), "parent")
        run = endpoint.start(parent, {}, "{}")
        while not run.children:
            await asyncio.sleep(0.01)
        [started] = run.children
        assert (started.status, started.parent, started.caller) == ("RUNNING", run, 2)
        [told] = (await asyncio.to_thread(kin_of, endpoint, run))["runs"]
        assert (told["at"], told["address"], told["live"]["status"]) == ("0", "/States/Go", "RUNNING")
        started.stop("Mine", "enough")
        await endpoint.until_ended(run)
        past: Any = endpoint.relative(run.arn)
        assert isinstance(past, Ended)
        [ended] = past.children
        assert isinstance(ended, Ended)
        assert (ended.name, ended.status, ended.error, ended.caller) == (started.name, "ABORTED", "Mine", 2)
        assert ended.parent.name == run.name
        [again] = (await asyncio.to_thread(kin_of, endpoint, past))["runs"]
        assert again["live"]["status"] == "ABORTED"
        assert [visit["status"] for visit in again["visits"]] == ["aborted"]
        assert run.children[0].status == "ABORTED"  # of the run itself, which somebody may still hold

    served(work)


def test_a_list_of_children_reads_no_history_but_the_parent_s() -> None:
    async def work(endpoint: Endpoint, target: Target) -> None:
        parent = await create(endpoint, starting(target.machine.arn), "parent")
        run = endpoint.start(parent, {}, "{}")
        await endpoint.until_ended(run)
        past = endpoint.past(endpoint.stored(run.arn))
        read = list[str]()

        def kept(stored: Any) -> Any:
            read.append(stored.arn)
            return Endpoint.kept(endpoint, stored)

        endpoint.kept = kept  # type: ignore[method-assign]
        assert [(one.name, one.status, one.machine.name) for one in past.children] == [
            (past.children[0].name, "SUCCEEDED", "m")
        ]
        assert read == [run.arn]
        assert past.children[0].output == {}

    served(work)


def test_what_is_not_here_is_no_relative() -> None:
    async def work(endpoint: Endpoint, target: Target) -> Endpoint:
        assert endpoint.relative("arn:aws:states:us-east-1:123456789012:execution:m:nobody") is None
        assert endpoint.relative("") is None
        assert endpoint.started_machine("nothing") is None
        assert endpoint.started_machine(target.machine.arn).name == "m"
        return endpoint

    assert served(work).relative("anything") is None  # closed by now


def test_a_child_execution_of_a_failed_map_run_is_recalled_and_of_one_that_succeeded_is_gone() -> None:
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    rule = {"Variable": "$", "NumericEquals": 150, "Next": "No"}
    steps = {
        "Look": {"Type": "Choice", "Choices": [rule], "Default": "Keep"},
        "Keep": {"Type": "Pass", "End": True},
        "No": {"Type": "Fail", "Error": "No"},
    }
    each = {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "Look", "States": steps},
        "End": True,
    }

    async def work(endpoint: Endpoint, target: Target) -> None:
        found = []
        for name, tolerated in (("strict", 0), ("mild", 1)):
            states = {"Each": each | {"ToleratedFailureCount": tolerated}}
            machine = await create(endpoint, {"StartAt": "Each", "States": states}, name)
            items = list(range(152))
            run = endpoint.start(machine, items, json.dumps(items))
            await endpoint.until_ended(run)
            found.append(endpoint.past(endpoint.stored(run.arn)))
        strict, mild = found
        assert (strict.status, mild.status) == ("FAILED", "SUCCEEDED")
        assert strict.child("Each", 150).error == mild.child("Each", 150).error == "No"
        recalled = strict.child("Each", 120)
        assert ([visit.name for visit in recalled.visits], recalled.output) == (["Look", "Keep"], 120)
        with pytest.raises(InputError, match="is not kept here"):
            mild.child("Each", 120)
        with pytest.raises(InputError, match="has no Map run of Other"):
            strict.child("Other", 0)

    served(work)
