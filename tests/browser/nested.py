"""Machines with containers and real runs of them, as the traits of the widget."""

from __future__ import annotations

import json
from typing import Any

import sfnbook
from sfnbook.tasks.start_execution import find
from sfnbook.widget.traits.child_runs import ChildRuns
from sfnbook.widget.traits.recorder import NOT_RUN, Recorder, machine_message

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"


def _pass(**fields: Any) -> dict[str, Any]:
    return {"Type": "Pass", **(fields or {"End": True})}


ORDERS: dict[str, Any] = {
    "StartAt": "Load",
    "States": {
        "Load": _pass(Next="Orders"),
        "Orders": {
            "Type": "Map",
            "ItemsPath": "$.orders",
            "ItemProcessor": {
                "StartAt": "Validate",
                "States": {
                    "Validate": {
                        "Type": "Choice",
                        "Choices": [
                            {"Variable": "$.bad", "IsPresent": True, "Next": "Reject"},
                            {"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Ask a human"},
                        ],
                        "Default": "Lines",
                    },
                    "Ask a human": {"Type": "Wait", "Seconds": 60, "Next": "Lines"},
                    "Reject": _pass(),
                    "Lines": {
                        "Type": "Map",
                        "ItemsPath": "$.lines",
                        "ItemProcessor": {"StartAt": "Reserve", "States": {"Reserve": _pass()}},
                        "End": True,
                    },
                },
            },
            "Next": "Done",
        },
        "Done": {"Type": "Succeed"},
    },
}
"""Orders go through a Map, their lines through a Map in it."""

INPUT = {"orders": [{"total": 20, "lines": [1, 2]}, {"bad": 1}, {"total": 200, "lines": [1]}]}

RETRIED: dict[str, Any] = {
    "StartAt": "Both",
    "States": {
        "Both": {
            "Type": "Parallel",
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}],
            "Branches": [
                {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": "Mine"}}},
                {"StartAt": "Slow", "States": {"Slow": {"Type": "Wait", "Seconds": 5, "End": True}}},
            ],
            "End": True,
        },
        "Sorry": _pass(),
    },
}
"""A Parallel that fails twice."""


def chain(count: int) -> dict[str, Any]:
    """A row of tasks, every tenth of them caught by one handler."""
    states: dict[str, Any] = {}
    for index in range(count):
        states[f"Step {index}"] = {"Type": "Task", "Resource": f"{FUNCTION}step_{index}", "Next": f"Step {index + 1}"}
        if index % 10 == 0:
            states[f"Step {index}"]["Catch"] = [{"ErrorEquals": ["States.ALL"], "Next": f"Step {count}"}]
    return {"StartAt": "Step 0", "States": {**states, f"Step {count}": _pass()}}


def checks(count: int) -> dict[str, Any]:
    """One choice after the other, three ways each that meet again, one of them with a handler."""
    states: dict[str, Any] = {}
    for index in range(count):
        after = f"Check {index + 1}"
        rules = [
            {"Variable": "$.n", "NumericGreaterThan": index + shift, "Next": f"{to} {index}"}
            for shift, to in enumerate(("Work", "Ask"))
        ]
        states[f"Check {index}"] = {"Type": "Choice", "Choices": rules, "Default": f"Skip {index}"}
        caught = [{"ErrorEquals": ["States.Timeout"], "Next": "Sorry"}]
        states[f"Work {index}"] = {"Type": "Task", "Resource": f"{FUNCTION}work", "Catch": caught, "Next": after}
        states[f"Ask {index}"] = _pass(Next=after)
        states[f"Skip {index}"] = _pass(Next=after)
    return {"StartAt": "Check 0", "States": {**states, f"Check {count}": _pass(), "Sorry": _pass()}}


POLLING: dict[str, Any] = {
    "StartAt": "Submit",
    "States": {
        "Submit": {
            "Type": "Task",
            "Resource": f"{FUNCTION}submit",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}],
            "Next": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 30, "Next": "Ask"},
        "Ask": {"Type": "Task", "Resource": f"{FUNCTION}ask", "Next": "Done?"},
        "Done?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.status", "StringEquals": "SUCCEEDED", "Next": "Fetch"},
                {"Variable": "$.status", "StringEquals": "FAILED", "Next": "Sorry"},
            ],
            "Default": "Wait",
        },
        "Fetch": {"Type": "Task", "Resource": f"{FUNCTION}fetch", "End": True},
        "Sorry": {"Type": "Fail", "Error": "Mine"},
    },
}
"""A job is asked about until it is done."""


def fan(count: int) -> dict[str, Any]:
    """A choice of so many ways, side by side."""
    rules = [{"Variable": "$.n", "NumericEquals": index, "Next": f"Way {index}"} for index in range(count)]
    ways = {f"Way {index}": _pass() for index in range(count)}
    return {"StartAt": "Choose", "States": {"Choose": {"Type": "Choice", "Choices": rules}, **ways}}


def wide(count: int) -> dict[str, Any]:
    """A row of Parallels of three branches each: too wide to read when all are open."""
    states: dict[str, Any] = {}
    for index in range(count):
        branches = [
            {
                "StartAt": f"{name} {index}",
                "States": {
                    f"{name} {index}": _pass(Next=f"{name} {index} then"),
                    f"{name} {index} then": _pass(),
                },
            }
            for name in ("Fetch", "Transform", "Audit", "Notify", "Archive")
        ]
        states[f"Stage {index}"] = {"Type": "Parallel", "Branches": branches, "Next": f"Stage {index + 1}"}
    return {"StartAt": "Stage 0", "States": {**states, f"Stage {count}": _pass()}}


def starting(machine: sfnbook.StateMachine, **fields: Any) -> dict[str, Any]:
    """A Task that runs another machine and waits for it."""
    resource = "arn:aws:states:::states:startExecution.sync:2"
    return {
        "Type": "Task",
        "Resource": resource,
        "Parameters": {"StateMachineArn": machine.arn, "Input.$": "$"},
        **(fields or {"End": True}),
    }


def family() -> sfnbook.StateMachine:
    """A machine whose Map runs another one per item, which runs a third: grandchildren."""

    def charge(event: Any) -> Any:
        if event["id"] == 2:
            raise RuntimeError("declined")
        return {"paid": event["id"], "slip": "x" * 150_000}

    charging = {
        "StartAt": "Charge",
        "States": {
            "Charge": {
                "Type": "Task",
                "Resource": f"{FUNCTION}charge",
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Apologise"}],
                "Next": "Receipt",
            },
            "Receipt": _pass(),
            "Apologise": _pass(),
        },
    }
    billing = sfnbook.StateMachine(charging, name="billing", namespace={"charge": charge})
    reserve = {
        "Type": "Map",
        "ItemsPath": "$.lines",
        "ItemProcessor": {"StartAt": "Take", "States": {"Take": _pass()}},
        "ResultPath": "$.taken",
        "Next": "Bill",
    }
    fulfilling = {"StartAt": "Reserve", "States": {"Reserve": reserve, "Bill": starting(billing)}}
    fulfilment = sfnbook.StateMachine(fulfilling, name="fulfilment")
    each = {
        "Type": "Map",
        "ItemsPath": "$.orders",
        "ItemProcessor": {"StartAt": "Fulfil", "States": {"Fulfil": starting(fulfilment)}},
        "ResultPath": None,
        "Next": "Done",
    }
    orders = {"StartAt": "Each order", "States": {"Each order": each, "Done": {"Type": "Succeed"}}}
    machine = sfnbook.StateMachine(orders, name="orders")
    _kept.extend([billing, fulfilment])  # machines are known by name as long as somebody holds them
    return machine


def endless() -> sfnbook.StateMachine:
    """A machine that starts itself, for ever."""
    arn = sfnbook.StateMachine({"StartAt": "A", "States": {"A": _pass()}}, name="endless").arn
    again = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution",
        "Parameters": {"StateMachineArn": arn},
        "End": True,
    }
    return sfnbook.StateMachine({"StartAt": "Again", "States": {"Again": again}}, name="endless")


_kept: list[sfnbook.StateMachine] = []
ORDERS_INPUT = {"orders": [{"id": 1, "lines": [1, 2]}, {"id": 2, "lines": [3]}]}


def family_ran(machine: sfnbook.StateMachine | None = None) -> dict[str, Any]:
    """Return the traits of the family's run, the runs that it started with it."""
    machine = machine or family()
    run = machine.run(ORDERS_INPUT)
    record = Recorder(machine, run)
    live, visits, events = record.live(), record.visits(), record.events()
    child_runs = ChildRuns(machine, run, find=find).message()
    return json.loads(
        json.dumps(
            {
                "machine": machine_message(machine),
                "live": live,
                "visits": visits,
                "events": events,
                "child_runs": child_runs,
            }
        )
    )  # type: ignore[no-any-return]


def ran(definition: dict[str, Any], input: Any = None) -> dict[str, Any]:
    """Return the traits of a machine that ran to its end."""
    machine = sfnbook.StateMachine(definition, name="nested")
    run = machine.run(input if input is not None else {})
    record = Recorder(machine, run)
    live, visits, events = record.live(), record.visits(), record.events()
    return json.loads(
        json.dumps({"machine": machine_message(machine), "live": live, "visits": visits, "events": events})
    )  # type: ignore[no-any-return]


def new(definition: dict[str, Any]) -> dict[str, Any]:
    """Return the traits of a machine that never ran."""
    machine = sfnbook.StateMachine(definition, name="nested")
    return {"machine": machine_message(machine), "live": dict(NOT_RUN), "visits": [], "events": []}
