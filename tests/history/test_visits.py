"""Visits: the history told by state, and the stages of a visit recomputed."""

from __future__ import annotations

from typing import Any

from sfnbook import StateMachine
from sfnbook.history.aws import wire_event
from sfnbook.history.visits import summary

ARN = "arn:aws:lambda:us-east-1:123456789012:function:"


def machine(states: dict[str, Any], start: str, **functions: Any) -> StateMachine:
    """A machine whose functions are given by name."""
    return StateMachine({"StartAt": start, "States": states}, name="m", namespace=functions)


def test_attempts_have_their_delay_error_and_logs() -> None:
    calls: list[int] = []

    def f(event: Any) -> Any:
        calls.append(1)
        print("try", len(calls))
        if len(calls) < 3:
            raise KeyError("no")
        return "yes"

    retry = [{"ErrorEquals": ["KeyError"], "IntervalSeconds": 2, "BackoffRate": 2}]
    task = {"Type": "Task", "Resource": ARN + "f", "Retry": retry, "ResultPath": "$.r", "End": True}
    run = machine({"T": task}, "T", f=f).run({"x": 1})
    [visit] = run.visits
    assert [(a.number, a.status, a.error, round(a.delay), a.logs) for a in visit.attempts] == [
        (1, "failed", "KeyError", 0, "try 1\n"),
        (2, "failed", "KeyError", 2, "try 2\n"),
        (3, "succeeded", None, 4, "try 3\n"),
    ]
    assert (visit.status, visit.output, visit.next) == ("succeeded", {"x": 1, "r": "yes"}, None)
    assert run.transitions == 3


def test_stages_by_the_names_of_test_state() -> None:
    task = {
        "Type": "Task",
        "Resource": ARN + "f",
        "InputPath": "$.order",
        "Parameters": {"id.$": "$.id"},
        "ResultSelector": {"ok.$": "$.fine"},
        "ResultPath": "$.check",
        "OutputPath": "$.check",
        "End": True,
    }
    run = machine({"T": task}, "T", f=lambda event: {"fine": True, "more": 1}).run({"order": {"id": 7}})
    assert [(s.name, s.value) for s in run.stages(run.visits[0])] == [
        ("input", {"order": {"id": 7}}),
        ("afterInputPath", {"id": 7}),
        ("afterParameters", {"id": 7}),
        ("result", {"fine": True, "more": 1}),
        ("afterResultSelector", {"ok": True}),
        ("afterResultPath", {"order": {"id": 7}, "check": {"ok": True}}),
        ("output", {"ok": True}),
    ]


def test_random_values_are_shown_as_they_were_drawn() -> None:
    states = {
        "T": {"Type": "Task", "Resource": ARN + "f", "Parameters": {"u.$": "States.UUID()"}, "Next": "P"},
        "P": {"Type": "Pass", "Parameters": {"u.$": "States.UUID()"}, "End": True},
    }
    run = machine(states, "T", f=lambda event: event).run()
    task, last = run.visits
    assert run.stages(task)[1].value == task.output
    assert run.stages(last)[-1].value == run.output


def test_a_choices_rules_say_what_they_saw() -> None:
    rules = [
        {"And": [{"Variable": "$.n", "IsPresent": True}, {"Variable": "$.n", "NumericLessThan": 3}], "Next": "A"},
        {"Variable": "$.n", "NumericEquals": 5, "Next": "B"},
        {"Variable": "$.n", "NumericEquals": 6, "Next": "A"},
    ]
    states = {
        "C": {"Type": "Choice", "Choices": rules, "Default": "B"},
        "A": {"Type": "Succeed"},
        "B": {"Type": "Succeed"},
    }
    run = machine(states, "C").run({"n": 5})
    assert [(r.matched, r.next) for r in run.rules(run.visits[0])] == [
        (False, "A"),
        (True, "B"),
        (None, "A"),
        (None, "B"),
    ]
    assert "$.n < 3: 5 → false" in run.rules(run.visits[0])[0].why


def test_a_caught_error_is_caught() -> None:
    states = {
        "T": {
            "Type": "Task",
            "Resource": ARN + "f",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}],
            "End": True,
        },
        "S": {"Type": "Succeed"},
    }
    run = machine(states, "T", f=lambda event: 1 / 0).run()
    assert [(v.name, v.status, v.error) for v in run.visits] == [
        ("T", "caught", "ZeroDivisionError"),
        ("S", "succeeded", None),
    ]
    assert run.visits[0].next == "S"


def test_iterations_know_where_they_are_and_what_they_got() -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    run = machine({"M": {"Type": "Map", "ItemProcessor": inner, "End": True}}, "M").run(["a", "b"])
    assert [(v.name, v.where, v.input) for v in run.visits] == [
        ("M", "", ["a", "b"]),
        ("I", "M › item 0", "a"),
        ("I", "M › item 1", "b"),
    ]
    assert summary(run.visits)["/States/M/ItemProcessor/States/I"]["visits"] == 2


def test_variables_as_on_entry() -> None:
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x": 2}, "End": True},
    }
    run = machine(states, "A").run()
    assert [(v.variables, v.assigned) for v in run.visits] == [({}, {"x": 1}), ({"x": 1}, {"x": 2})]


def test_the_wire_shape_of_assigned_variables() -> None:
    run = machine({"A": {"Type": "Pass", "Assign": {"x": [1], "s": "t"}, "End": True}}, "A").run()
    details = wire_event(run.events[2])["stateExitedEventDetails"]
    assert details["assignedVariables"] == {"x": "[1]", "s": '"t"'}


def test_an_aborted_run_has_no_running_visit() -> None:
    def f(event: Any) -> None:
        raise KeyboardInterrupt

    run = machine({"T": {"Type": "Task", "Resource": ARN + "f", "End": True}}, "T", f=f).run()
    assert [v.status for v in run.visits] == ["aborted"]


def test_a_redriven_visit_goes_on() -> None:
    calls: list[int] = []

    def f(event: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise KeyError("no")
        return "yes"

    run = machine({"T": {"Type": "Task", "Resource": ARN + "f", "End": True}}, "T", f=f).run()
    assert run.describe()["redriveStatus"] == "REDRIVABLE"
    assert run.redrive().output == "yes"
    [visit] = run.visits
    assert (visit.status, [a.status for a in visit.attempts]) == ("succeeded", ["failed", "succeeded"])
    described = run.describe()
    assert (described["redriveCount"], described["redriveStatus"]) == (1, "NOT_REDRIVABLE")
