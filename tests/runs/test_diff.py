"""Two runs side by side."""

from __future__ import annotations

from sfnbook import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.runs.diff import Difference

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"
TASK = {"Type": "Task", "Resource": ARN + "f"}
MACHINE = {
    "StartAt": "P",
    "States": {
        "P": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "A", "States": {"A": {**TASK, "End": True}}},
                {"StartAt": "B", "States": {"B": {"Type": "Pass", "Next": "C"}, "C": {"Type": "Pass", "End": True}}},
            ],
            "End": True,
        }
    },
}


def test_runs_that_are_alike() -> None:
    machine = StateMachine(MACHINE, name="m").bind("f", lambda event: 1)
    same = machine.run({"x": 1}).compare(machine.run({"x": 1}, seed=7))
    assert not same
    assert repr(same) == "no difference"


def test_the_first_difference_of_each_line() -> None:
    machine = StateMachine(MACHINE, name="m")
    found = machine.run({"x": 1}, bind={"f": lambda event: 1}).compare(
        machine.run({"x": 1}, bind={"f": lambda event: 2})
    )
    assert found == (
        Difference("the execution's output", [1, {"x": 1}], [2, {"x": 1}]),
        Difference("P's output", [1, {"x": 1}], [2, {"x": 1}]),
        Difference("P › branch 1, A's output", 1, 2),
    )
    assert str(found[2]) == "P › branch 1, A's output: 1 | 2"


def test_a_line_that_went_on() -> None:
    short = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m").run()
    states = {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "End": True}}
    long = StateMachine({"StartAt": "A", "States": states}, name="m").run()
    assert short.compare(long) == (Difference("step 2", ABSENT, "B"),)


def test_the_items_of_a_map_are_folded_to_a_line() -> None:
    item = {"StartAt": "A", "States": {"A": {**TASK, "End": True}}}
    machine = StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": item, "End": True}}}, name="m"
    )
    found = machine.run([1, 2, 3], bind={"f": lambda event: 1}).compare(
        machine.run([1, 2, 3], bind={"f": lambda event: 2})
    )
    assert len(found) == 5
    assert repr(found).splitlines()[2:] == ["M › item 0, A's output: 1 | 2 (and in 2 more items)"]
