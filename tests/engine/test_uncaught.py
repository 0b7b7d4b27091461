"""Which failures can be caught, what is written beside them, and in which order: see tests/conformance/families.md."""

from __future__ import annotations

from typing import Any

import pytest
from machines import FUNCTION, NOON, Fails, Never, drive, program, spread, states, trail, types

from sfnbook.engine.commands import Redrive, Stop, TaskFailed, TaskHeartbeat, TaskSubmitted, Tick
from sfnbook.engine.execution import Execution

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
PASS = {"Type": "Pass"}
MESSAGE = {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}
EVERYTHING = {
    "Retry": [{"ErrorEquals": ["States.ALL"]}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "After"}],
}
NO_WAY_OUT = {"Type": "Choice", "Choices": [{"Variable": "$.n", "IsPresent": True, "Next": "Never"}]}

RUNTIME: dict[str, dict[str, Any]] = {
    "path in a template": {**PASS, "Parameters": {"x.$": "$.no"}},
    "InputPath": {**PASS, "InputPath": "$.no"},
    "intrinsic on a missing path": {**PASS, "Parameters": {"x.$": "States.Format('{}', $.no)"}},
    "intrinsic on a bad value": {**PASS, "Parameters": {"x.$": "States.ArrayLength('text')"}},
    "Choice without a way out": NO_WAY_OUT,
    "SecondsPath": {"Type": "Wait", "SecondsPath": "$.no"},
    "ErrorPath": {"Type": "Fail", "ErrorPath": "$.no"},
    "Task's Parameters": {**TASK, "Parameters": {"x.$": "$.no"}, "Retry": EVERYTHING["Retry"]},
    "inner Map's MaxConcurrencyPath": {
        "Type": "Map",
        "ItemsPath": "$.items",
        "MaxConcurrencyPath": "$.no",
        "ItemProcessor": states(("A", PASS)),
    },
}


def bad(name: str) -> dict[str, Any]:
    steps = [("Bad", RUNTIME[name])]
    return states(*steps, ("Never", {"Type": "Succeed"})) if name.startswith("Choice") else states(*steps)


def around(kind: str, inner: dict[str, Any]) -> dict[str, Any]:
    if kind == "Parallel":
        return {"Type": "Parallel", "Branches": [inner, states(("Sibling", {"Type": "Wait", "Seconds": 9}))]}
    return {"Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"items": []}, "ItemProcessor": inner}


@pytest.mark.parametrize("kind", ["Parallel", "Map"])
@pytest.mark.parametrize("name", RUNTIME)
def test_states_runtime_ends_the_execution_from_anywhere(name: str, kind: str) -> None:
    made = program(states(("Outer", {**around(kind, bad(name)), **EVERYTHING}), ("After", PASS)))
    run = drive(made, {"items": [{}, {}]})
    assert (run.status, run.error) == ("FAILED", "States.Runtime")
    entered = next(event for event in run.events if event.detail.get("name") == "Bad")
    last = run.events[-1]
    assert (last.type, last.previous) == ("ExecutionFailed", entered.id)
    assert not {f"{kind}StateFailed", "MapIterationFailed", "WaitStateAborted"} & set(types(run))
    words = f"An error occurred while executing the state 'Bad' (entered at the event id #{entered.id}). "
    assert run.cause is not None
    assert run.cause.startswith(words)


def test_states_runtime_ends_a_child_execution_only() -> None:
    inner = (("Bad", {**PASS, "Parameters": {"x.$": "$.x"}}),)
    made = program(states(("M", spread(*inner, ItemsPath="$.items", ToleratedFailureCount=1))))
    run = drive(made, {"items": [{"x": 1}, {}]})
    assert run.status == "SUCCEEDED"
    assert [child.events[-1].type for child in run.map_runs[0].children.values()] == [
        "ExecutionSucceeded",
        "ExecutionFailed",
    ]


ENDINGS = {
    # what happens in the line: (its own events from the failure on, beside the line or not)
    "lambda fails": (TASK, Fails("E"), ["LambdaFunctionFailed", "TaskStateAborted"]),
    "service fails": (
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {**MESSAGE, "MessageBody": "m"}},
        Fails("E"),
        ["TaskFailed", "TaskStateAborted"],
    ),
    "callback cannot be sent": (
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": MESSAGE},
        Fails("E"),
        ["TaskSubmitFailed", "TaskStateAborted"],
    ),
    "lambda times out": ({**TASK, "TimeoutSeconds": 5}, Never(), ["LambdaFunctionTimedOut"]),
    "Fail state": ({"Type": "Fail", "Error": "E"}, None, ["FailStateEntered"]),
    "JSONata expression": (
        {**PASS, "QueryLanguage": "JSONata", "Output": "{% $nothing %}"},
        None,
        ["EvaluationFailed"],
    ),
    "JSONata expression of a Task": (
        {**TASK, "QueryLanguage": "JSONata", "Output": "{% $nothing %}"},
        {},
        ["EvaluationFailed"],
    ),
}


@pytest.mark.parametrize("retried", [False, True])
@pytest.mark.parametrize("kind", ["Parallel", "Map"])
@pytest.mark.parametrize("name", ENDINGS)
def test_what_is_written_when_a_failure_ends_its_line(name: str, kind: str, retried: bool) -> None:
    state, answer, expected = ENDINGS[name]
    outer = {**around(kind, states(("Bad", state))), "Retry": EVERYTHING["Retry"] if retried else []}
    if kind == "Parallel":
        outer["Branches"] = outer["Branches"][:1]
    if retried:
        outer["Retry"] = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]
    run = drive(program(states(("Outer", outer))), {"items": [1]}, lambda call: answer)
    after = {"Parallel": ["ParallelStateFailed"], "Map": ["MapIterationFailed", "MapStateFailed"]}[kind]
    assert types(run)[-len(expected) - len(after) - 1 :] == [*expected, *after, "ExecutionFailed"]
    failure = next(event for event in run.events if event.type == expected[0])
    beside = [event for event in run.events if event.previous == failure.id]
    again = [f"{kind}StateStarted"] if retried else [f"{kind}StateFailed"]
    iteration = ["MapIterationFailed"] if kind == "Map" else []
    assert [event.type for event in beside] == [*expected[1:], *iteration, *again]


def test_a_caught_task_in_a_branch_is_not_aborted() -> None:
    caught = {**TASK, "Catch": [{"ErrorEquals": ["E"], "Next": "After"}]}
    made = program(states(("P", {"Type": "Parallel", "Branches": [states(("T", caught), ("After", PASS))]})))
    run = drive(made, {}, lambda call: Fails("E"))
    assert run.status == "SUCCEEDED"
    assert "TaskStateAborted" not in types(run)


def test_a_task_at_the_top_or_of_a_child_execution_is_not_aborted() -> None:
    assert "TaskStateAborted" not in types(drive(program(states(("T", TASK))), {}, lambda call: Fails("E")))
    run = drive(program(states(("M", spread(("T", TASK))))), [1], lambda call: Fails("E"))
    assert [e.type for e in run.map_runs[0].children[0].events][-2:] == ["LambdaFunctionFailed", "ExecutionFailed"]


SILENT = {
    "neither": (Fails(None, None), {"Error": None, "Cause": None}),  # type: ignore[arg-type]
    "no cause": (Fails("E", None), {"Error": "E", "Cause": None}),
    "both": (Fails("E", "c"), {"Error": "E", "Cause": "c"}),
    "timeout": (Never(), {"Error": "States.Timeout", "Cause": ""}),
}


@pytest.mark.parametrize("language", ["JSONPath", "JSONata"])
@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize("name", SILENT)
def test_what_a_catcher_is_given(name: str, inside: bool, language: str) -> None:
    answer, expected = SILENT[name]
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "After"}]
    task: dict[str, Any] = {**TASK, "TimeoutSeconds": 5, "QueryLanguage": language}
    if inside:
        outer = {"Type": "Parallel", "QueryLanguage": language, "Branches": [states(("T", task))], "Catch": caught}
        made = program(states(("P", outer), ("After", PASS)))
    else:
        made = program(states(("T", {**task, "Catch": caught}), ("After", PASS)))
    assert drive(made, {}, lambda call: answer).output == expected


def test_a_fail_state_without_words_is_caught_as_null() -> None:
    outer = {"Type": "Parallel", "Branches": [states(("F", {"Type": "Fail"}))], "Catch": EVERYTHING["Catch"]}
    assert drive(program(states(("P", outer), ("After", PASS)))).output == {"Error": None, "Cause": None}


def test_an_abort_follows_from_nothing() -> None:
    execution = Execution.start(program(states(("W", {"Type": "Wait", "Seconds": 9}))), {}, at=NOON)
    execution.advance()
    execution.handle(Stop(NOON + 1))
    assert trail(execution)[-1] == (3, 0, "ExecutionAborted", "")


@pytest.mark.parametrize("kind", ["Pass", "Task", "Choice", "rule", "Catch"])
def test_an_empty_assign_leaves_no_trace(kind: str) -> None:
    made = {
        "Pass": states(("A", {**PASS, "Assign": {}})),
        "Task": states(("A", {**TASK, "Assign": {}})),
        "Choice": states(("A", {"Type": "Choice", "Choices": [], "Default": "B", "Assign": {}}), ("B", PASS)),
        "rule": states(
            (
                "A",
                {"Type": "Choice", "Choices": [{"Variable": "$.x", "IsPresent": False, "Next": "B", "Assign": {}}]},
            ),
            ("B", PASS),
        ),
        "Catch": states(
            ("A", {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B", "Assign": {}}]}), ("B", PASS)
        ),
    }[kind]
    if kind == "Choice":
        made["States"]["A"]["Choices"] = [{"Variable": "$.x", "IsPresent": True, "Next": "B"}]
    run = drive(program(made), {}, lambda call: Fails("E") if kind == "Catch" else {})
    exited = next(event for event in run.events if event.type.endswith("StateExited"))
    assert "assignedVariables" not in exited.detail


INVOKE = "arn:aws:states:::lambda:invoke.waitForTaskToken"
SEND = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


@pytest.mark.parametrize(("resource", "counts"), [(INVOKE, False), (SEND, True)])
def test_when_a_heartbeat_begins_to_count(resource: str, counts: bool) -> None:
    task = {"Type": "Task", "Resource": resource, "Parameters": MESSAGE, "HeartbeatSeconds": 10}
    if resource == INVOKE:
        task["Parameters"] = {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}
    execution = Execution.start(program(states(("T", task))), {}, at=NOON)
    execution.advance()
    (call,) = execution.outbox
    assert execution.wakeup == (NOON + 10 if counts else None)
    execution.handle(Tick(NOON + 5))
    execution.handle(TaskHeartbeat(NOON + 5, call.id))
    assert execution.wakeup == (NOON + 15 if counts else None)
    execution.handle(TaskSubmitted(NOON + 6, call.id, {}))
    assert execution.wakeup == (NOON + 15 if counts else NOON + 16)
    execution.handle(Tick(NOON + 16))
    assert (execution.status, execution.error) == ("FAILED", "States.Timeout")


def test_a_redriven_branch_that_had_not_entered_its_state_enters_it() -> None:
    first = {"Type": "Task", "Resource": FUNCTION + "f"}
    branches = [states(("Bad", {**PASS, "InputPath": "$.no"})), states(("A", first))]
    execution = Execution.start(program(states(("P", {"Type": "Parallel", "Branches": branches}))), {}, at=NOON)
    execution.advance()
    assert (execution.status, types(execution)[-1]) == ("FAILED", "ExecutionFailed")
    assert "TaskStateEntered" not in types(execution)
    execution.handle(Redrive(NOON + 1))
    execution.advance()
    assert (execution.status, types(execution).count("ExecutionFailed")) == ("FAILED", 2)


def test_a_failing_task_in_a_retried_parallel_is_aborted_each_time() -> None:
    outer = {
        "Type": "Parallel",
        "Branches": [states(("T", TASK))],
        "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 2}],
    }
    run = drive(program(states(("P", outer))), {}, lambda call: Fails("E"))
    assert types(run).count("TaskStateAborted") == 3
    assert (types(run)[-3:], run.error) == (["TaskStateAborted", "ParallelStateFailed", "ExecutionFailed"], "E")


def test_what_a_task_reports_as_states_runtime_ends_the_execution_too() -> None:
    outer = {"Type": "Parallel", "Branches": [states(("T", TASK))], "Catch": EVERYTHING["Catch"]}
    execution = Execution.start(program(states(("P", outer), ("After", PASS))), {}, at=NOON)
    execution.advance()
    (call,) = execution.outbox
    execution.handle(TaskFailed(NOON, call.id, "States.Runtime", "c"))
    assert types(execution)[-2:] == ["LambdaFunctionFailed", "ExecutionFailed"]
