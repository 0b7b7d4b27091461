"""Redrive: what had succeeded stays, what had not runs again."""

from __future__ import annotations

from typing import Any

from machines import FUNCTION, NAMES, NOON, Fails, drive, program, states, trail, types

from sfnbook.engine.commands import Redrive, Stop, TaskFailed, TaskSucceeded, Tick
from sfnbook.engine.execution import Execution
from sfnbook.engine.frame import Call
from sfnbook.engine.journal import Journal, replay
from sfnbook.engine.program import Program

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}


def go_on(execution: Execution, answers: Any, journal: Journal | None = None) -> Execution:
    """Redrive and run to the end on virtual time."""

    def tell(command: Any) -> None:
        if journal is not None:
            journal.note(execution, command)
        execution.handle(command)
        execution.advance()

    tell(Redrive(execution.now + 60))
    while not execution.done:
        if execution.outbox:
            call = execution.outbox.pop(0)
            answer = answers(call)
            failed = isinstance(answer, Fails)
            tell(
                TaskFailed(execution.now, call.id, answer.error, answer.cause)
                if failed
                else TaskSucceeded(execution.now, call.id, answer)
            )
        else:
            wakeup = execution.wakeup
            assert wakeup is not None
            tell(Tick(wakeup))
    return execution


def test_a_failed_task_is_scheduled_again_with_its_input() -> None:
    made = program(
        states(("A", {"Type": "Pass", "Result": 1, "ResultPath": "$.a"}), ("T", TASK), ("B", {"Type": "Pass"}))
    )
    run = drive(made, {}, lambda call: Fails("E"))
    go_on(run, lambda call: {"got": call.arguments})
    assert (run.status, run.output) == ("SUCCEEDED", {"got": {"a": 1}})
    assert trail(run)[6:12] == [
        (7, 6, "LambdaFunctionFailed", ""),
        (8, 7, "ExecutionFailed", ""),
        (9, 8, "ExecutionRedriven", ""),
        (10, 9, "LambdaFunctionScheduled", ""),
        (11, 10, "LambdaFunctionStarted", ""),
        (12, 11, "LambdaFunctionSucceeded", ""),
    ]
    assert run.top.context["Execution"]["RedriveCount"] == 1
    assert "RedriveTime" in run.top.context["Execution"]


def three_branches() -> Program:
    """One branch that succeeds, one that fails, one that waits."""
    branches = [
        {"StartAt": "A", "States": {"A": {**TASK, "End": True}}},
        {"StartAt": "B", "States": {"B": {**TASK, "End": True}}},
        {
            "StartAt": "C",
            "States": {"C": {"Type": "Wait", "Seconds": 9, "Next": "D"}, "D": {"Type": "Pass", "End": True}},
        },
    ]
    return program(states(("P", {"Type": "Parallel", "Branches": branches}), ("Z", {"Type": "Pass"})))


def test_only_the_branches_that_failed_or_were_aborted_run_again() -> None:
    calls: list[str] = []

    def answers(call: Call) -> Any:
        calls.append(call.name)
        return Fails("E") if calls == ["A", "B"] else call.name

    run = drive(three_branches(), {"x": 1}, answers)
    assert (run.status, run.error) == ("FAILED", "E")
    go_on(run, answers)
    assert calls == ["A", "B", "B"]
    assert (run.status, run.output) == ("SUCCEEDED", ["A", "B", {"x": 1}])


def test_iterations_that_had_not_begun_begin() -> None:
    inner = {"StartAt": "T", "States": {"T": {**TASK, "End": True}}}
    made = program(states(("M", {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": inner})))
    seen: list[int] = []

    def answers(call: Call) -> Any:
        seen.append(call.arguments)
        return Fails("E") if seen == [1, 2] else call.arguments * 10

    run = drive(made, [1, 2, 3], answers)
    go_on(run, answers)
    assert (run.status, run.output, seen) == ("SUCCEEDED", [10, 20, 30], [1, 2, 2, 3])


def test_a_stopped_wait_and_a_timed_out_machine_go_on() -> None:
    made = program(states(("W", {"Type": "Wait", "Seconds": 60}), TimeoutSeconds=70))
    stopped = Execution.start(made, {}, at=NOON, names=NAMES)
    stopped.advance()
    stopped.handle(Stop(NOON + 65))
    assert go_on(stopped, None).status == "SUCCEEDED"
    late = drive(program(states(("W", {"Type": "Wait", "Seconds": 60}), TimeoutSeconds=5)))
    assert (go_on(late, None).status, types(late).count("ExecutionTimedOut")) == ("TIMED_OUT", 2)


def test_a_fail_state_fails_again() -> None:
    run = drive(program(states(("F", {"Type": "Fail", "Error": "E"}))))
    go_on(run, None)
    assert types(run)[-3:] == ["ExecutionRedriven", "FailStateEntered", "ExecutionFailed"]


def test_a_success_cannot_be_redriven() -> None:
    run = drive(program(states(("A", {"Type": "Pass"}))))
    before = list(run.events)
    run.handle(Redrive(run.now))
    assert run.events == before


def test_a_replay_of_a_redriven_run_is_the_run() -> None:
    journal = Journal({"x": 1}, NOON, 0, NAMES)
    calls: list[str] = []

    def answers(call: Call) -> Any:
        calls.append(call.name)
        return Fails("E") if calls == ["A", "B"] else call.name

    made = three_branches()
    run = drive(made, {"x": 1}, answers, journal=journal)
    go_on(run, answers, journal)
    assert replay(made, journal).events == run.events
