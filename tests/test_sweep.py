"""Sweeps: every task fails in every way, and the table says what became of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.errors import InputError
from sfnbook.sweep import sweep
from sfnbook.tasks.faults import fault_of

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": {
            "Type": "Task",
            "Resource": FUNCTION + "decide",
            "Retry": [{"ErrorEquals": ["Busy"], "MaxAttempts": 2, "IntervalSeconds": 3}],
            "Next": "Ship",
        },
        "Ship": {
            "Type": "Task",
            "Resource": FUNCTION + "ship",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refund"}],
            "End": True,
        },
        "Refund": {"Type": "Pass", "End": True},
    },
}
MACHINES = Path(os.environ.get("SFNBOOK_MACHINES", Path(__file__).parents[2] / "shared" / "machines"))


def test_a_table_says_where_each_failure_ended() -> None:
    calls: list[str] = []

    def answer(event: Any) -> Any:
        calls.append("called")
        return event

    machine = StateMachine(SHOP, name="shop", namespace={"decide": answer, "ship": answer})
    found = sweep(machine, {"n": 1})
    assert len(calls) == 2  # each function once, whatever the number of runs
    assert machine.runs == []
    assert found.text().splitlines() == [
        "state   error              attempts  became                                     waits  run",
        "Decide  Busy               1         retried      attempt 2 answered            3 s    SUCCEEDED",
        "Decide  Busy               1-2       retried      attempt 3 answered            9 s    SUCCEEDED",
        "Decide  Busy               every     not handled  the execution ends as FAILED  9 s    FAILED",
        "Decide  States.TaskFailed  1         not handled  the execution ends as FAILED         FAILED",
        "Decide  States.Timeout     1         not handled  the execution ends as FAILED         FAILED",
        "Decide  AnyOtherError      1         not handled  the execution ends as FAILED         FAILED",
        "Ship    States.TaskFailed  1         caught       → Refund                             SUCCEEDED",
        "Ship    States.Timeout     1         caught       → Refund                             SUCCEEDED",
        "Ship    AnyOtherError      1         caught       → Refund                             SUCCEEDED",
        "",
        "9 failures of 2 tasks: 2 retried, 4 not handled, 3 caught",
        "without a failure the run ends as SUCCEEDED",
    ]
    assert {row.error for row in found.unhandled} == {"Busy", "States.TaskFailed", "States.Timeout", "AnyOtherError"}


def test_what_surrounds_a_task_handles_its_failure() -> None:
    inner = {"StartAt": "Pack", "States": {"Pack": {"Type": "Task", "Resource": FUNCTION + "pack", "End": True}}}
    around = {
        "StartAt": "All",
        "States": {
            "All": {
                "Type": "Map",
                "ItemProcessor": inner,
                "Catch": [{"ErrorEquals": ["Full"], "Next": "Later"}],
                "End": True,
            },
            "Later": {"Type": "Pass", "End": True},
        },
    }
    found = sweep(StateMachine(around, name="m"), [1, 2])
    first = found.rows[0]
    assert (first.error, first.outcome, first.by) == ("Full", "caught", "by All → Later")
    assert {row.outcome for row in found.rows if row.error != "Full"} == {"not handled"}


@pytest.mark.skipif(not MACHINES.is_dir(), reason="the real state machines are not here (SFNBOOK_MACHINES)")
def test_real_machines_are_swept_without_a_fault_of_ours() -> None:
    files = sorted(MACHINES.glob("*.asl.json"))
    assert len(files) > 50
    failures = 0
    for file in files:
        found = sweep(StateMachine(file, name=file.name), {}, record=False)
        assert found.text()
        failures += len([row for row in found.rows if row.outcome != "not reached"])
    assert failures > 500


# ----------------------------------------------------------------------------------------------------------- faults
def run_with(*faults: str, **options: Any) -> Any:
    names = {"decide": lambda event: event, "ship": lambda event: {"shipped": True}}
    return StateMachine(SHOP, name="shop", namespace=names).run({"n": 1}, faults=faults, **options)


@pytest.mark.parametrize(
    ("faults", "status", "attempts", "seconds"),
    [
        (("Decide=Busy@1",), "SUCCEEDED", 2, 3),
        (("Decide=Busy@1-2",), "SUCCEEDED", 3, 9),
        (("Decide=Busy",), "FAILED", 3, 9),
        (("Decide=slow:30",), "SUCCEEDED", 1, 30),
        (("Decide=timeout",), "FAILED", 1, 0),
        (("Ship=Lost",), "SUCCEEDED", 1, 0),
        (("*=Busy%0",), "SUCCEEDED", 1, 0),
    ],
)
def test_faults(faults: tuple[str, ...], status: str, attempts: int, seconds: int) -> None:
    run = run_with(*faults)
    assert (run.status, len(run.visits[0].attempts), round(run.seconds)) == (status, attempts, seconds)


def test_random_faults_are_the_seeds() -> None:
    def outcome(seed: int) -> list[Any]:
        return [(v.name, len(v.attempts), v.error) for v in run_with("*=Busy%50", seed=seed).visits]

    assert outcome(1) == outcome(1)
    assert len({str(outcome(seed)) for seed in range(12)}) > 1


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("Ship", "cannot be read. Write STATE=ERROR"),
        ("=X", "cannot be read"),
        ("Ship=X@0", "the first is 1"),
        ("Shipp=X", 'There is no state "Shipp". Did you mean "Ship"?'),
        ("Refund=X", "Refund is a Pass state: faults are for Task states, here Decide, Ship."),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        run_with(fault)
    assert said in str(refused.value)


def test_a_faults_text() -> None:
    assert fault_of("A = b=States.Timeout@1,3").state == "A = b"
