"""Machines that start machines: shapes, errors, time, and who stops whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.tasks import start_execution

PLACE = "arn:aws:states:eu-central-1:999999999999:stateMachine:"

kept: list[StateMachine] = []


@pytest.fixture(autouse=True)
def _machines() -> Iterator[None]:
    yield
    kept.clear()


def single(name: str, state: dict[str, Any], type: Any = "STANDARD", **top: Any) -> StateMachine:
    """A machine of one state, which is kept until the test has ended."""
    fields = state if state["Type"] == "Fail" else {**state, "End": True}
    machine = StateMachine({"StartAt": "S", "States": {"S": fields}, **top}, name=name, type=type)
    kept.append(machine)
    return machine


def parent(how: str, child: str, state: dict[str, Any] | None = None, **parameters: Any) -> StateMachine:
    """A machine that starts ``child``; ``how`` is the end of the resource."""
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{how}", **(state or {})}
    return single("parent", {**task, "Parameters": {"StateMachineArn": PLACE + child, **parameters}})


def _task(child: str) -> dict[str, Any]:
    resource = "arn:aws:states:::states:startExecution.sync"
    return {"Type": "Task", "Resource": resource, "Parameters": {"StateMachineArn": PLACE + child}}


PASS = {"Type": "Pass", "Result": {"a": 1}}
FAIL = {"Type": "Fail", "Error": "E", "Cause": "c"}
WAIT = {"Type": "Wait", "Seconds": 240}


def test_start_execution_goes_on_at_once() -> None:
    single("child", PASS)
    run = parent("states:startExecution", "child", Input={"x": 1}, Name="first").run()
    (child,) = run.children
    assert (child.name, child.input, child.parent) == ("first", {"x": 1}, run)
    assert run.output["ExecutionArn"] == child.arn
    assert set(run.output) == {"ExecutionArn", "StartDate", "SdkHttpMetadata", "SdkResponseMetadata"}


@pytest.mark.parametrize(("how", "output", "given"), [("sync", '{"a":1}', '{"x":1}'), ("sync:2", {"a": 1}, {"x": 1})])
def test_sync_gives_the_output_as_text_and_sync_2_as_json(how: str, output: Any, given: Any) -> None:
    child = single("child", PASS)
    run = parent(f"states:startExecution.{how}", "child", Input={"x": 1}).run()
    answer = run.output
    assert (answer["Output"], answer["Input"], answer["Status"]) == (output, given, "SUCCEEDED")
    assert answer["StateMachineArn"] == child.arn
    assert list(answer) == sorted(answer)
    assert [e["type"] for e in run.history()][2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]


def test_a_childs_seconds_pass_on_its_parents_clock() -> None:
    single("child", WAIT)
    run = parent("states:startExecution.sync", "child").run()
    assert run.seconds == pytest.approx(240, abs=1)
    late = parent("states:startExecution.sync", "child", {"TimeoutSeconds": 100}).run()
    assert (late.error, round(late.seconds)) == ("States.Timeout", 100)


def test_a_child_that_outlives_its_parents_task_is_stopped_there() -> None:
    done: list[int] = []
    steps = {
        "W": {**WAIT, "Next": "D"},
        "D": {
            "Type": "Task",
            "Resource": PLACE.replace("states", "lambda").replace("stateMachine", "function") + "work",
            "End": True,
        },
    }
    child = StateMachine({"StartAt": "W", "States": steps}, name="child").bind("work", lambda event: done.append(1))
    run = parent("states:startExecution.sync", "child", {"TimeoutSeconds": 100}).run()
    assert run.children[0].wait(5).status == "ABORTED"
    assert (round(run.children[0].seconds), done, child.runs[0].done) == (100, [], True)
    assert [e["type"] for e in run.children[0].history()][-2:] == ["WaitStateEntered", "ExecutionAborted"]
    hurried = single("hurried", _task("child"), TimeoutSeconds=50).run()
    assert (hurried.status, hurried.children[0].wait(5).status, round(hurried.children[0].seconds)) == (
        "TIMED_OUT", "ABORTED", 50)  # fmt: skip


def test_a_grandchild_ends_with_its_ancestors_time() -> None:
    single("grandchild", WAIT)
    single("middle", _task("grandchild"))
    run = single("top", {**_task("middle"), "TimeoutSeconds": 60}).run()
    (middle,) = run.children
    (grandchild,) = middle.children
    assert (middle.wait(5).status, grandchild.wait(5).status) == ("ABORTED", "ABORTED")
    assert round(grandchild.seconds) == 60


def test_an_express_child_ends_with_its_parents_task_too() -> None:
    single("child", WAIT, type="EXPRESS")
    task = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startSyncExecution", "TimeoutSeconds": 60}
    run = single("parent", {**task, "Parameters": {"StateMachineArn": PLACE + "child"}}).run()
    assert (run.error, run.children[0].wait(5).status, round(run.children[0].seconds)) == (
        "States.Timeout", "ABORTED", 60)  # fmt: skip


def test_a_child_nobody_waits_for_lives_on() -> None:
    single("child", WAIT)
    run = parent("states:startExecution", "child", {"TimeoutSeconds": 10}).run()
    assert (run.status, run.children[0].wait(5).status) == ("SUCCEEDED", "SUCCEEDED")


def test_null_is_an_input_too() -> None:
    single("child", {"Type": "Pass"})
    answer = parent("states:startExecution.sync:2", "child", Input="null").run().output
    assert (answer["Input"], answer["Output"]) == (None, None)


def test_a_failed_child_fails_its_parents_task_with_its_description() -> None:
    single("child", FAIL)
    run = parent("states:startExecution.sync", "child").run()
    assert run.error == "States.TaskFailed"
    cause = json.loads(run.cause or "")
    assert (cause["Error"], cause["Cause"], cause["Status"]) == ("E", "c", "FAILED")


def test_a_timed_out_child_has_no_error_of_its_own() -> None:
    single("child", WAIT, TimeoutSeconds=3)
    cause = json.loads(parent("states:startExecution.sync:2", "child").run().cause or "")
    assert (cause["Status"], "Error" in cause) == ("TIMED_OUT", False)


@pytest.mark.parametrize(
    ("how", "parameters", "error", "words"),
    [
        ("states:startExecution", {"StateMachineArn": PLACE + "none"}, "StepFunctions.StateMachineDoesNotExistException",
         f"State Machine Does Not Exist: '{PLACE}none' (Service: AWSStepFunctions; Status Code: 400; "
         "Error Code: StateMachineDoesNotExist; Request ID: "),
        ("aws-sdk:sfn:startExecution", {"StateMachineArn": PLACE + "none"}, "Sfn.StateMachineDoesNotExistException",
         f"State Machine Does Not Exist: '{PLACE}none' (Service: Sfn, Status Code: 400, Request ID: "),
        ("aws-sdk:sfn:sendTaskSuccess", {"TaskToken": "t", "Output": "1"}, "Sfn.InvalidTokenException",
         "Invalid Token: 'Invalid token' (Service: Sfn, Status Code: 400, Request ID: "),
        ("states:startExecution", {"Input": "{no"}, "StepFunctions.InvalidExecutionInputException",
         "Invalid State Machine Execution Input: "),
        ("states:startExecution", {"Name": "bad name"}, "StepFunctions.InvalidNameException",
         "Invalid Name: 'bad name' (Service: AWSStepFunctions; Status Code: 400; Error Code: InvalidName; "),
        ("states:startExecution", {"Name": ""}, "StepFunctions.ValidationException",
         "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length greater"),
        ("states:startExecution", {"StateMachineArn": "bogus"}, "StepFunctions.InvalidArnException",
         "Invalid Arn: 'Invalid ARN prefix: bogus' (Service: AWSStepFunctions; "),
        ("states:startExecution", {"StateMachineArn": PLACE.replace("stateMachine", "activity") + "a"},
         "StepFunctions.InvalidArnException", "Invalid Arn: 'Resource type not valid in this context: activity' ("),
        ("states:startExecution", {"Nope": 1}, "States.Runtime", "An error occurred while executing the state 'S'"),
        ("aws-sdk:sfn:describeExecution", {"ExecutionArn": "e"}, "Sfn.InvalidArnException", "Invalid Arn: "),
        ("aws-sdk:sfn:startSyncExecution", {}, "Sfn.StateMachineTypeNotSupportedException",
         "State Machine Type Not Supported: "),
    ],
)  # fmt: skip
def test_a_refusal_has_awss_words(how: str, parameters: dict[str, str], error: str, words: str) -> None:
    single("child", PASS)
    run = parent(how, "child", **parameters).run()
    assert run.error == error
    assert (run.cause or "").startswith(words)


def test_stopping_the_parent_stops_the_child_it_waits_for() -> None:
    single("child", WAIT)
    run = parent("states:startExecution.sync", "child").run(clock="real", wait=False)
    while not run.children:
        run.wait(0.01)
    run.stop()
    assert run.wait(60).status == "ABORTED"
    assert run.children[0].wait(5).status == "ABORTED"


def test_hundreds_of_children_at_once() -> None:
    single("child", {"Type": "Pass"})
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True}
    start["Parameters"] = {"StateMachineArn": PLACE + "child", "Input.$": "$"}
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "One", "States": {"One": start}}}
    run = single("parent", each).run(list(range(200)))
    assert [answer["Output"] for answer in run.output] == list(range(200))
    assert len(run.children) == 200


def test_a_machine_that_starts_itself_for_ever_ends() -> None:
    run = parent("states:startExecution.sync", "parent").run()
    assert run.error == "States.TaskFailed"
    assert len(run.cause or "") <= start_execution.LONGEST_CAUSE


def test_an_express_child_answers_whole() -> None:
    single("child", PASS, type="EXPRESS")
    answer = parent("aws-sdk:sfn:startSyncExecution", "child", Input='{"x":1}').run().output
    assert (answer["Status"], answer["Output"], answer["Input"]) == ("SUCCEEDED", '{"a":1}', '{"x":1}')
    assert answer["BillingDetails"] == {"BilledDurationInMilliseconds": 100, "BilledMemoryUsedInMB": 64}
    single("child", FAIL, type="EXPRESS")
    failed = parent("aws-sdk:sfn:startSyncExecution", "child").run()
    assert (failed.status, failed.output["Error"]) == ("SUCCEEDED", "E")


def test_a_child_answers_its_parents_token() -> None:
    answer = {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess"}
    single("child", {**answer, "Parameters": {"TaskToken.$": "$.token", "Output": '{"from":"child"}'}})
    run = parent("states:startExecution.waitForTaskToken", "child", Input={"token.$": "$$.Task.Token"}).run()
    assert run.output == {"from": "child"}


def test_the_same_name_again_while_it_runs() -> None:
    single("child", WAIT)
    first = parent("states:startExecution", "child", Name="n").run(clock="real")
    again = parent("states:startExecution", "child", Name="n").run(clock="real")
    assert again.output["ExecutionArn"] == first.output["ExecutionArn"]
    other = parent("states:startExecution", "child", Name="n", Input={"b": 2}).run(clock="real")
    assert other.error == "StepFunctions.ExecutionAlreadyExistsException"
    first.children[0].stop()


def test_a_name_is_not_free_again_when_its_execution_has_ended() -> None:
    single("child", {"Type": "Pass", "End": True})
    first = parent("states:startExecution", "child", Name="n").run()
    assert first.status == "SUCCEEDED"
    again = parent("states:startExecution", "child", Name="n").run()
    assert again.error == "StepFunctions.ExecutionAlreadyExistsException"
    for _ in range(12):  # so many that the first is let go of
        parent("states:startExecution", "child").run()
    again = parent("states:startExecution", "child", Name="n").run()
    assert again.error == "StepFunctions.ExecutionAlreadyExistsException"
    single("child", {"Type": "Pass", "End": True})
    parent("states:startExecution", "child", Name="n").run()
    later = f"virtual@{datetime.now(UTC) + timedelta(days=91):%Y-%m-%dT%H:%M:%SZ}"
    assert parent("states:startExecution", "child", Name="n").run(clock=later).status == "SUCCEEDED"


def test_the_tasks_of_a_machine_say_that_a_machine_answers() -> None:
    assert parent("states:startExecution", "child").tasks()[0].bound == "a machine defined here"


def test_a_child_that_no_variable_holds_is_still_there() -> None:
    import gc

    def define() -> None:
        StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": True}}}, name="unheld")

    define()
    gc.collect()
    start = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync:2", "End": True,
             "Parameters": {"StateMachineArn": "unheld"}, "OutputPath": "$.Output"}  # fmt: skip
    parent = StateMachine({"StartAt": "S", "States": {"S": start}}, name="holder")
    assert parent.run().output == 7
