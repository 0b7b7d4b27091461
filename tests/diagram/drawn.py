"""Small machines for the tests of the views."""

from __future__ import annotations

from typing import Any

from sfnbook.language import parse
from sfnbook.language.definition import Definition

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"


def task(name: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": f"{FUNCTION}{name}", **fields}


def chain(count: int, prefix: str = "S") -> dict[str, Any]:
    """Return a machine of `count` Pass states in a row."""
    states: dict[str, Any] = {f"{prefix}{i}": {"Type": "Pass", "Next": f"{prefix}{i + 1}"} for i in range(count)}
    states[f"{prefix}{count - 1}"] = {"Type": "Pass", "End": True}
    return {"StartAt": f"{prefix}0", "States": states}


def many_catches(count: int) -> dict[str, Any]:
    """Return a row of tasks that all catch to one handler."""
    states = {
        f"T{i}": task("f", Next=f"T{i + 1}", Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Handler"}])
        for i in range(count)
    }
    states[f"T{count - 1}"] = task("f", End=True, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Handler"}])
    return {"StartAt": "T0", "States": {**states, "Handler": {"Type": "Fail", "Error": "Broken"}}}


def shared_handlers(tasks: int, handlers: int) -> dict[str, Any]:
    """Return a row of tasks, each with a Catch to each of the same handlers."""
    catch = [{"ErrorEquals": [f"E{i}"], "Next": f"H{i}"} for i in range(handlers)]
    states = {f"T{i}": task("f", Next=f"T{i + 1}", Catch=catch) for i in range(tasks)}
    rest: dict[str, Any] = {f"H{i}": {"Type": "Fail", "Error": f"E{i}"} for i in range(handlers)}
    return {"StartAt": "T0", "States": {**states, f"T{tasks}": {"Type": "Succeed"}, **rest}}


def wide_choice(targets: int) -> dict[str, Any]:
    """Return a Choice with so many targets, which come together again."""
    rules = [{"Variable": "$.kind", "StringEquals": f"kind-{i}", "Next": f"Handle {i}"} for i in range(targets)]
    states: dict[str, Any] = {f"Handle {i}": {"Type": "Pass", "Next": "Done"} for i in range(targets)}
    pick = {"Type": "Choice", "Choices": rules, "Default": "Done"}
    return {"StartAt": "Pick", "States": {"Pick": pick, **states, "Done": {"Type": "Succeed"}}}


def choices(count: int) -> dict[str, Any]:
    """Return one choice after the other, three ways each that meet again, one of them with a handler for all."""
    states: dict[str, Any] = {}
    for i in range(count):
        rules = [
            {"Variable": "$.n", "NumericGreaterThan": i + k, "Next": f"{to} {i}"}
            for k, to in enumerate(("Work", "Ask"))
        ]
        states[f"Check {i}"] = {"Type": "Choice", "Choices": rules, "Default": f"Skip {i}"}
        states[f"Work {i}"] = task("work", Next=f"Check {i + 1}", Catch=[{"ErrorEquals": ["Mine"], "Next": "Sorry"}])
        states[f"Ask {i}"] = {"Type": "Pass", "Next": f"Check {i + 1}"}
        states[f"Skip {i}"] = {"Type": "Pass", "Next": f"Check {i + 1}"}
    rest: dict[str, Any] = {f"Check {count}": {"Type": "Succeed"}, "Sorry": {"Type": "Fail"}}
    return {"StartAt": "Check 0", "States": {**states, **rest}}


ORDERS: dict[str, Any] = {
    "StartAt": "Check",
    "States": {
        "Check": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericLessThan": 10, "Next": "Both"},
                {"Variable": "$.n", "NumericEquals": 99, "Next": "Both"},
                {"Variable": "$.stop", "IsPresent": True, "Next": "Stop"},
            ],
            "Default": "Again",
        },
        "Again": {"Type": "Wait", "Seconds": 5, "Next": "Check"},
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "Left",
                    "States": {"Left": task("left", Next="Left 2"), "Left 2": {"Type": "Pass", "End": True}},
                },
                {
                    "StartAt": "Each",
                    "States": {
                        "Each": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": chain(2, "Item "), "End": True}
                    },
                },
            ],
            "Next": "Done",
            "Catch": [
                {"ErrorEquals": ["States.Timeout", "Mine"], "Next": "Stop"},
                {"ErrorEquals": ["States.ALL"], "Next": "Done"},
            ],
        },
        "Stop": {"Type": "Fail", "Error": "Stopped"},
        "Done": {"Type": "Succeed"},
    },
}


def definition(machine: dict[str, Any]) -> Definition:
    parsed = parse(machine)
    assert parsed.definition is not None, parsed.diagnostics
    return parsed.definition
