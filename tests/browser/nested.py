"""Machines with containers and real runs of them, as the traits of the widget."""

from __future__ import annotations

import json
from typing import Any

import sfnbook
from sfnbook.view.protocol import NOT_RUN, Recorder, machine_message

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
