"""Parallel: branches side by side, results in order, and one failure that ends them all."""

from __future__ import annotations

from typing import Any

from machines import FUNCTION, NAMES, NOON, Fails, Never, drive, program, states, trail, types

from sfnbook.engine.commands import Stop, TaskFailed, TaskSucceeded
from sfnbook.engine.execution import Execution

TASK = {"Type": "Task", "Resource": FUNCTION + "f"}
PASS = {"Type": "Pass"}


def parallel(*branches: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A Parallel state of these machines."""
    return {"Type": "Parallel", "Branches": list(branches), **fields}


def failing(after: int, error: str = "Broken") -> dict[str, Any]:
    """A branch that fails after some seconds."""
    return states(
        ("Later", {"Type": "Wait", "Seconds": after}), ("Bad", {"Type": "Fail", "Error": error, "Cause": "c"})
    )


def test_branches_interleave_and_results_keep_their_order() -> None:
    slow, fast = states(("Slow", {"Type": "Wait", "Seconds": 9})), states(("Fast", {**PASS, "Result": 2}))
    run = drive(program(states(("P", parallel(slow, fast)))), 1)
    assert run.output == [1, 2]
    assert trail(run) == [
        (1, 0, "ExecutionStarted", ""),
        (2, 0, "ParallelStateEntered", "P"),
        (3, 2, "ParallelStateStarted", ""),
        (4, 3, "WaitStateEntered", "Slow"),
        (5, 3, "PassStateEntered", "Fast"),
        (6, 5, "PassStateExited", "Fast"),
        (7, 4, "WaitStateExited", "Slow"),
        (8, 7, "ParallelStateSucceeded", ""),
        (9, 7, "ParallelStateExited", "P"),
        (10, 9, "ExecutionSucceeded", ""),
    ]


def test_a_failing_branch_aborts_whatever_waits_in_the_others() -> None:
    inner = parallel(states(("Deep", TASK)), states(("Done", PASS)))
    retried = {**TASK, "Retry": [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 60}]}
    made = program(
        states(("P", parallel(states(("T", TASK)), states(("In", inner)), states(("R", retried)), failing(1))))
    )
    run = drive(made, {}, lambda call: Fails("Flaky") if call.name == "R" else Never())
    assert (run.status, run.error, run.cause) == ("FAILED", "Broken", "c")
    assert trail(run)[18:] == [
        (19, 12, "WaitStateExited", "Later"),
        (20, 19, "FailStateEntered", "Bad"),
        (21, 6, "TaskStateAborted", ""),
        (22, 15, "TaskStateAborted", ""),
        (23, 17, "ParallelStateAborted", ""),
        (24, 18, "TaskStateAborted", ""),
        (25, 20, "ParallelStateFailed", ""),
        (26, 25, "ExecutionFailed", ""),
    ]


def test_the_calls_of_aborted_branches_are_dropped() -> None:
    run = drive(program(states(("P", parallel(states(("T", TASK)), failing(1))))), {}, lambda call: Never())
    assert run.dropped == [1]
    assert not run.calls


def test_catch_sees_the_branchs_own_error_and_keeps_the_input() -> None:
    caught = [{"ErrorEquals": ["Broken"], "ResultPath": "$.e", "Assign": {"why.$": "$.Cause"}, "Next": "After"}]
    made = program(
        states(
            ("P", parallel(failing(1), Catch=caught)), ("After", {**PASS, "Parameters": {"e.$": "$.e", "w.$": "$why"}})
        )
    )
    assert drive(made, {"k": 1}).output == {"e": {"Error": "Broken", "Cause": "c"}, "w": "c"}


def test_branch_failed_matches_any_failing_branch() -> None:
    caught = [{"ErrorEquals": ["States.BranchFailed"], "Next": "After"}]
    made = program(states(("P", parallel(failing(1), Catch=caught)), ("After", PASS)))
    assert drive(made, {}).output == {"Error": "Broken", "Cause": "c"}


def test_a_retry_starts_all_branches_again_without_a_failed_event() -> None:
    answers = iter([Fails("Flaky"), "a", "b", "c"])
    again = [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 5}]
    made = program(states(("P", parallel(states(("A", TASK)), states(("B", PASS)), Retry=again))))
    run = drive(made, 1, lambda call: next(answers))
    assert run.output == ["a", 1]
    assert types(run).count("ParallelStateStarted") == 2
    assert "ParallelStateFailed" not in types(run)
    assert run.now == NOON + 5


def test_a_fail_state_without_error_gives_the_execution_none() -> None:
    run = drive(program(states(("P", parallel(states(("Bad", {"Type": "Fail"})))))))
    assert (run.status, run.error, run.cause) == ("FAILED", None, None)
    assert run.events[-1].detail == {}


def test_states_runtime_in_a_branch_cannot_be_caught() -> None:
    bad = states(("A", {**PASS, "InputPath": "$.nothing"}))
    made = program(states(("P", parallel(bad, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}])), ("B", PASS)))
    run = drive(made)
    assert (run.status, run.error) == ("FAILED", "States.Runtime")


def test_too_much_data_in_a_branch_is_caught_as_for_any_task() -> None:
    caught = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "After"}]
    made = program(states(("P", parallel(states(("T", TASK)), Catch=caught)), ("After", PASS)))
    assert drive(made, {}, lambda call: "x" * 300_000).output["Error"] == "States.DataLimitExceeded"


def test_stop_ends_everything_with_one_event() -> None:
    made = program(states(("P", parallel(states(("T", TASK)), states(("W", {"Type": "Wait", "Seconds": 9}))))))
    execution = Execution.start(made, {}, at=NOON, names=NAMES)
    execution.advance()
    execution.handle(Stop(NOON + 1, "Enough", "really"))
    assert (execution.status, execution.error, execution.cause) == ("ABORTED", "Enough", "really")
    assert types(execution)[-1] == "ExecutionAborted"
    assert not [t for t in types(execution) if t.endswith("StateAborted")]
    assert execution.dropped == [1]


def test_a_line_between_two_states_is_aborted_without_a_word() -> None:
    """Its last task has answered, its next state is not entered yet: no ...StateAborted is due."""
    first = {"Type": "Task", "Resource": FUNCTION + "f"}
    made = program(
        states(
            (
                "P",
                {
                    "Type": "Parallel",
                    "Branches": [
                        states(("A", first), ("B", first)),
                        states(("C", {**first, "Resource": FUNCTION + "g"})),
                    ],
                },
            )
        )
    )
    execution = Execution.start(made, {}, at=NOON)
    execution.advance()
    one, two = sorted(execution.outbox, key=lambda call: call.resource.function)
    execution.handle(TaskSucceeded(NOON, one.id, {}))
    execution.handle(TaskFailed(NOON, two.id, "E"))
    assert [event.frame[-1][1] for event in execution.events if event.type == "TaskStateAborted"] == [1]  # C's own
