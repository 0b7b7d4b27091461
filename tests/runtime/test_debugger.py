"""A session that is stopped, stepped, edited and let go: the same run, at somebody's pace."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from sfnbook import InputError, Run, StateMachine, TaskError
from sfnbook.runtime.debugger import Debugger

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": FUNCTION + name, **fields}


SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": task("decide", ResultPath="$.decision", Next="Items"),
        "Items": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "MaxConcurrency": 1,
            "ResultPath": "$.packed",
            "ItemProcessor": {
                "StartAt": "Pack",
                "States": {"Pack": task("pack", Next="Label"), "Label": {"Type": "Pass", "End": True}},
            },
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 240, "Next": "Ship"},
        "Ship": task("ship", Catch=[{"ErrorEquals": ["Lost"], "Next": "Refund"}], End=True),
        "Refund": {"Type": "Pass", "End": True},
    },
}
FUNCTIONS = {"decide": lambda event: {"ok": True}, "pack": lambda event: event, "ship": lambda event: {"shipped": True}}


def shop(**functions: Any) -> StateMachine:
    return StateMachine(SHOP, name="shop", namespace={**FUNCTIONS, **functions})


def debugger_of(run: Run) -> Debugger:
    assert run.debugger is not None
    return run.debugger


def stops(run: Run, step: Any) -> list[str]:
    """Where a run stops when the same step is taken again and again, to its end."""
    debugger, found = debugger_of(run), []
    while True:
        assert debugger.wait(60)
        if debugger.where is None:
            run.wait(5)
            return found
        found.append(debugger.where.words)
        debugger.go(step)


def paused(machine: StateMachine, input: Any = None, *breakpoints: str, step: Any = None) -> tuple[Run, Debugger]:
    """A run that stands still: before its first state, or where a step has brought it from there."""
    run = machine.debug({"items": [1, 2]} if input is None else input, breakpoints=breakpoints)
    debugger = debugger_of(run)
    assert debugger.wait(60)
    if step is not None:
        debugger.go(step)
        assert debugger.wait(60)
    return run, debugger


def words(debugger: Debugger) -> str:
    pause = debugger.where
    return pause.words if pause is not None else "going on"


def test_into_stops_before_each_state_of_any_line_and_at_each_answer() -> None:
    run = shop().debug({"items": [1, 2]})
    pack = ["before Pack", "at Pack's answer", "before Label"]
    assert stops(run, "into") == [
        "before Decide", "at Decide's answer", "before Items", *pack, *pack, "before Wait", "before Ship", "at Ship's answer",
    ]  # fmt: skip
    assert run.status == "SUCCEEDED"


def test_over_stays_in_its_line_and_out_leaves_it() -> None:
    top = ["before Decide", "at Decide's answer", "before Items", "before Wait", "before Ship", "at Ship's answer"]
    assert stops(shop().debug({"items": [1, 2]}), "over") == top
    _, debugger = paused(shop(), None, "Label", step="continue")
    assert words(debugger) == "before Label"
    debugger.remove("Label")
    debugger.go("out")
    assert debugger.wait(60)
    assert words(debugger) == "before Wait"


@pytest.mark.parametrize("step", ["into", "over", "out", "continue"])
def test_a_stepped_run_has_the_history_of_a_run(step: str) -> None:
    machine = shop()
    whole = machine.run({"items": [1, 2]})
    stepped = machine.debug({"items": [1, 2]})
    stops(stepped, step)
    assert [(e.id, e.previous, e.type, e.detail) for e in stepped.events[1:]] == [
        (e.id, e.previous, e.type, e.detail) for e in whole.events[1:]
    ]


@pytest.mark.parametrize(
    ("breakpoint", "reason"),
    [
        ("Ship", "breakpoint Ship"),
        ("/States/Ship", "breakpoint /States/Ship"),
        ("Ship if $.decision.ok == true", "breakpoint Ship if $.decision.ok == true"),
        ("Ship if len(input['items']) == 2", "breakpoint Ship if len(input['items']) == 2"),
        ("Label item 1", "breakpoint Label item 1"),
        ("Label item 1 if $ == 5", None),
        ("Ship if $.decision.ok == false", None),
        ("Ship if input['nothing']", "the condition of Ship if input['nothing'] raised KeyError: 'nothing'"),
        ("error Lost", "breakpoint error Lost"),
        ("error Other", None),
    ],
)
def test_breakpoints(breakpoint: str, reason: str | None) -> None:
    def ship(event: Any) -> Any:
        raise TaskError("Lost", "by the carrier")

    run = shop(ship=ship).run({"items": [1, 2]}, breakpoints=[breakpoint])
    debugger = debugger_of(run)
    assert debugger.wait(60)
    pause = debugger.where
    assert (pause.reason if pause is not None else None) == reason
    run.stop()


@pytest.mark.parametrize(
    ("breakpoint", "said"),
    [
        ("Shipp", 'There is no state "Shipp". Did you mean "Ship"?'),
        ("Ship if $.a >", "The condition $.a > cannot be read"),
        ("Ship if a +", "The condition a + is no Python expression"),
    ],
)
def test_a_breakpoint_that_cannot_be_is_refused(breakpoint: str, said: str) -> None:
    with pytest.raises(InputError, match=said.replace("$", r"\$").replace("?", r"\?").replace("+", r"\+")):
        shop().debug(breakpoints=[breakpoint])


def test_the_value_about_to_enter_a_state_can_be_edited() -> None:
    run, debugger = paused(shop())
    debugger.edit({"items": [7, 8, 9]})
    assert debugger.where is not None
    assert debugger.where.value == {"items": [7, 8, 9]}
    debugger.go("continue")
    run.wait(5)
    assert run.visits[0].input == {"items": [7, 8, 9]}
    assert [v.input for v in run.visits if v.name == "Pack"] == [7, 8, 9]


def test_an_answer_can_be_edited_or_made_to_fail() -> None:
    run, debugger = paused(shop(), step="into")
    assert words(debugger) == "at Decide's answer"
    debugger.edit({"ok": "perhaps"})
    debugger.add(next(iter(paused(shop(), None, "error")[1].breakpoints)))
    debugger.go("continue")
    run.wait(5)
    assert run.visits[0].attempts[0].output == {"ok": "perhaps"}
    run, debugger = paused(shop(), step="into")
    debugger.fail("Lost", "not ours")
    debugger.go("continue")
    run.wait(5)
    assert (run.status, run.error, run.cause) == ("FAILED", "Lost", "not ours")


@pytest.mark.parametrize("value", [{1, 2}, float("nan"), "x" * 300_000])
def test_a_value_that_is_no_json_or_too_large_changes_nothing(value: Any) -> None:
    run, debugger = paused(shop())
    with pytest.raises(InputError):
        debugger.edit(value)
    assert words(debugger) == "before Decide"
    debugger.go("continue")
    assert run.wait(60).status == "SUCCEEDED"


def test_while_it_stands_still_no_time_passes_and_answers_wait() -> None:
    release = threading.Event()

    def decide(event: Any) -> Any:
        release.wait(5)
        return {"ok": True}

    run, debugger = paused(shop(decide=decide))
    debugger.go("continue")
    while not run._execution.calls:
        time.sleep(0.001)
    debugger.pause()
    assert debugger.wait(60)
    assert words(debugger) == "while Decide works"
    before = run._execution.now, len(run.events)
    release.set()
    time.sleep(0.1)
    assert (run._execution.now, len(run.events)) == before
    debugger.go("into")
    assert debugger.wait(60)
    assert words(debugger) == "at Decide's answer"
    assert run._session.clock.now(False) - run._execution.started_at < 0.1
    debugger.go("continue")
    assert run.wait(60).status == "SUCCEEDED"


def test_a_paused_run_can_be_stopped() -> None:
    run, debugger = paused(shop())
    run.stop("Enough", "of this")
    assert run.wait(60).status == "ABORTED"
    assert debugger.where is None
    with pytest.raises(InputError, match="has ended"):
        debugger.go("over")


def test_commands_that_do_not_fit_say_so() -> None:
    run, debugger = paused(shop())
    with pytest.raises(InputError, match="Only a task's answer"):
        debugger.fail("Lost")
    with pytest.raises(InputError, match=r"There is no breakpoint Ship\."):
        debugger.remove("Ship")
    with pytest.raises(InputError, match="debugged already"):
        Debugger(run._session)
    run.stop()


def test_a_process_with_a_paused_run_ends() -> None:
    script = (
        "from sfnbook import StateMachine\n"
        "m = StateMachine({'StartAt': 'A', 'States': {'A': {'Type': 'Pass', 'End': True}}}, name='m')\n"
        "run = m.debug(); run.debugger.wait(5); print(run.debugger.where.words)"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=20, check=True)
    assert answer.stdout.strip() == "before A"
    assert answer.stderr == ""
