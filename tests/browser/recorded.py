"""Real runs for the page: a machine whose data goes through every kind of state, recorded by the engine."""

from __future__ import annotations

from typing import Any

from sfnbook import StateMachine
from sfnbook.widget.traits.recorder import Recorder, machine_message, runs_message

ARN = "arn:aws:lambda:eu-west-1:1:function:"

SHOP = {
    "StartAt": "Read order",
    "States": {
        "Read order": {
            "Type": "Task",
            "Resource": f"{ARN}read_order",
            "Parameters": {"key.$": "$.order.id", "table": "shop"},
            "ResultSelector": {"customer.$": "$.customer", "lines.$": "$.lines"},
            "ResultPath": "$.found",
            "Assign": {"customer.$": "$.customer", "tries": 1},
            "Next": "Pick",
        },
        "Pick": {
            "Type": "Pass",
            "Parameters": {
                "dear.$": "$.found.lines[?(@.price>5)]",
                "label.$": "States.Format('{} for {}', $.order.id, $customer)",
                "entered.$": "$$.State.EnteredTime",
                "from.$": "$$.Execution.Input.source",
            },
            "Assign": {"tries": 2},
            "Next": "Each",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.dear",
            "ItemSelector": {"name.$": "$$.Map.Item.Value.name", "label.$": "$.label"},
            "ItemProcessor": {
                "StartAt": "Ship line",
                "States": {"Ship line": {"Type": "Task", "Resource": f"{ARN}ship", "End": True}},
            },
            "ResultSelector": {"first.$": "$[0]", "all.$": "$[*].name"},
            "ResultPath": "$.shipped",
            "Next": "Enough?",
        },
        "Enough?": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.shipped.all[0]", "StringEquals": "pad"},
                        {"Variable": "$.from", "IsPresent": True},
                    ],
                    "Next": "Done",
                },
                {"Variable": "$.label", "StringMatches": "7*", "Next": "Wait a day"},
            ],
            "Default": "Done",
        },
        "Wait a day": {"Type": "Wait", "Seconds": 86_400, "Next": "Done"},
        "Done": {
            "Type": "Pass",
            "Parameters": {"shipped.$": "$.shipped.first", "label.$": "$.label", "tries.$": "$tries"},
            "End": True,
        },
    },
}

INPUT = {"order": {"id": 7, "note": "soon"}, "source": "web", "debug": True}


def shop(runs: int = 1) -> Any:
    """Run the machine so often and return the last run."""

    def read_order(event: Any) -> Any:
        print("reading", event["key"])
        lines = [{"name": "pen", "price": 3}, {"name": "ink", "price": 9}, {"name": "pad", "price": 8}]
        return {"customer": "Ada", "lines": lines}

    def ship(event: Any) -> Any:
        print("shipping", event["name"])
        return {"name": event["name"], "at": "dock 3"}

    machine = StateMachine(SHOP, name="shop", namespace={"read_order": read_order, "ship": ship})
    return [machine.run(INPUT) for _ in range(runs)][-1]


def traits(run: Any) -> dict[str, Any]:
    """The widget's traits for a run that has ended."""
    recorder = Recorder(run.machine, run)
    return {
        "machine": machine_message(run.machine),
        "live": dict(recorder.live()),
        "visits": recorder.visits(),
        "events": recorder.events(),
        "runs": runs_message(run.machine.runs),
    }
