"""A function's own boto3.client("stepfunctions"), and every ``aws-sdk:sfn`` task, meet the machines and runs of this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

pytest.importorskip("boto3")

from served import serving, start
from test_operations import FUNCTION, ended, make

from sfnbook import StateMachine
from sfnbook.tasks.aws.services.endpoints import services

ASKS = {
    "StartAt": "Ask",
    "States": {"Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "End": True,
        "TimeoutSeconds": 600, "Parameters": {"FunctionName": FUNCTION + "work", "Payload": {"token.$": "$$.Task.Token"}}}},
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


def stepfunctions() -> Any:
    import boto3

    return boto3.client("stepfunctions", region_name="us-east-1")


def called(action: str, **parameters: Any) -> Any:
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::aws-sdk:sfn:{action}",
        "End": True,
        "Parameters": parameters,
    }
    return StateMachine({"StartAt": "T", "States": {"T": state}}, name="asking").run()


def test_a_token_is_answered_by_the_functions_own_client() -> None:
    def work(event: Any) -> None:
        stepfunctions().send_task_success(taskToken=event["token"], output='{"by": "boto3"}')

    run = StateMachine(ASKS, name="asks").bind("work", work).run()
    assert run.output == {"by": "boto3"}


def test_a_function_sees_the_machines_and_runs_that_are_here() -> None:
    guarded = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION + "work", "End": True}}}
    machine = StateMachine(guarded, name="singleton")

    def work(event: Any) -> Any:
        sfn = stepfunctions()
        running = sfn.list_executions(stateMachineArn=machine.arn, statusFilter="RUNNING")["executions"]
        first = sfn.describe_execution(executionArn=running[0]["executionArn"])
        events = sfn.get_execution_history(executionArn=running[0]["executionArn"])["events"]
        names = [m["name"] for m in sfn.list_state_machines()["stateMachines"]]
        return [len(running), first["name"], events[0]["type"], "singleton" in names]

    run = machine.bind("work", work).run(name="only")
    assert run.output == [1, "only", "ExecutionStarted", True]
    assert services.running


def test_a_function_starts_an_execution_whose_waits_take_no_time() -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
    child = StateMachine(waits, name="waits-a-day")

    def work(event: Any) -> str:
        sfn = stepfunctions()
        arn = sfn.start_execution(stateMachineArn=child.arn, input="{}")["executionArn"]
        while (status := sfn.describe_execution(executionArn=arn)["status"]) == "RUNNING":
            pass
        return str(status)

    machine = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION + "work", "End": True}}}
    assert StateMachine(machine, name="starts").bind("work", work).run().output == "SUCCEEDED"


def test_actions_of_aws_sdk_sfn() -> None:
    machine = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="looked-at")
    done = machine.run(name="done")
    listed = called("listExecutions", StateMachineArn=machine.arn).output["Executions"]
    assert [(e["Name"], e["Status"], e["ExecutionArn"]) for e in listed] == [("done", "SUCCEEDED", done.arn)]
    described = called("describeStateMachine", StateMachineArn=machine.arn).output
    assert json.loads(described["Definition"])["StartAt"] == "A"
    events = called("getExecutionHistory", ExecutionArn=done.arn).output["Events"]
    assert [event["Type"] for event in events] == [e["type"] for e in done.history()]
    assert called("listStateMachines").output["StateMachines"]
    refused = called("redriveExecution", ExecutionArn=done.arn)
    assert refused.error == "Sfn.ExecutionNotRedrivableException"
    assert (
        called("describeStateMachine", StateMachineArn=machine.arn + "x").error
        == "Sfn.StateMachineDoesNotExistException"
    )


def test_at_an_endpoint_it_is_the_endpoints_own() -> None:
    def work(event: Any) -> None:
        sfn = stepfunctions()
        names = [m["name"] for m in sfn.list_state_machines()["stateMachines"]]
        sfn.send_task_success(taskToken=event["token"], output=json.dumps(names))

    with serving(bind={"work": work}) as sfn:
        arn = start(sfn, make(sfn, "served-asks", ASKS))
        assert json.loads(ended(sfn, arn)["output"]) == ["served-asks"]
