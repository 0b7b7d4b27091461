"""The executions that a history says its tasks started."""

from __future__ import annotations

from typing import Any

from sfnbook import StateMachine
from sfnbook.engine.events import Event
from sfnbook.history.child_executions import started

CHILD = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def task(machine: StateMachine, action: str, **fields: Any) -> dict[str, Any]:
    resource = f"arn:aws:states:::{action}"
    return {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": machine.arn}, **fields}


def test_children_are_named_with_the_visits_that_started_them() -> None:
    child = StateMachine(CHILD, name="started-child")
    quick = StateMachine(CHILD, name="started-quick", type="EXPRESS")
    states = {
        "Wait for it": task(child, "states:startExecution.sync:2", Next="Not for it"),
        "Not for it": task(child, "aws-sdk:sfn:startExecution", Next="At once"),
        "At once": task(quick, "aws-sdk:sfn:startSyncExecution", End=True),
    }
    run = StateMachine({"StartAt": "Wait for it", "States": states}, name="started-parent").run()
    assert run.status == "SUCCEEDED"
    assert started(run.events) == {one.arn: visit.id for one, visit in zip(run.children, run.visits, strict=True)}


def test_iterations_that_start_children_each_have_their_own() -> None:
    child = StateMachine(CHILD, name="started-child")
    each = {"StartAt": "Go", "States": {"Go": task(child, "states:startExecution", End=True)}}
    machine = StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": each, "End": True}}}, name="m"
    )
    run = machine.run([1, 2, 3])
    by_visit = {visit.id: visit for visit in run.visits if visit.name == "Go"}
    found = started(run.events)
    assert set(found) == {one.arn for one in run.children}
    assert set(found.values()) == set(by_visit)


def test_a_child_that_failed_was_started_all_the_same() -> None:
    fails = StateMachine({"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "E"}}}, name="started-fails")
    go = task(fails, "states:startExecution.sync", End=True)
    run = StateMachine({"StartAt": "Go", "States": {"Go": go}}, name="m").run()
    assert (run.status, list(started(run.events).values())) == ("FAILED", [run.visits[0].id])


def test_other_services_and_odd_answers_start_nothing() -> None:
    def answered(**detail: Any) -> dict[str, int]:
        return started([Event(2, 1, "TaskSucceeded", 0.0, "/States/A", (), detail)])

    arn = "arn:aws:states:us-east-1:123456789012:execution:m:n"
    assert answered(resourceType="lambda", resource="invoke", output={"ExecutionArn": arn}) == {}
    assert answered(resourceType="states", resource="startExecution", output="none") == {}
    assert answered(resourceType="states", resource="startExecution", output={"ExecutionArn": 1}) == {}
    assert answered(resourceType="states", resource="startExecution", output={"ExecutionArn": arn}) == {arn: 0}
