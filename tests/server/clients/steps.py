"""Every operation of the API, in an order in which each has something to work on.

A step is (operation, request, what to keep of the answer as name: path, True to ask again until it is there). A text
"$name" in a request is what was kept under that name. Knows no client.
"""

from __future__ import annotations

import json
from typing import Any, Final

ROLE: Final = "arn:aws:iam::123456789012:role/example"


def _machine(start: str, **states: Any) -> str:
    return json.dumps({"StartAt": start, "States": states})


PASS: Final = _machine("P", P={"Type": "Pass", "End": True})
WORK: Final = _machine("A", A={"Type": "Task", "Resource": "$activity", "HeartbeatSeconds": 600, "End": True})
WAITS: Final = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
MAPS: Final = _machine(
    "M",
    M={
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **WAITS},
        "End": True,
    },
)

Step = tuple[str, dict[str, Any], dict[str, str], bool]

STEPS: Final[tuple[Step, ...]] = (
    ("CreateActivity", {"name": "approve"}, {"activity": "activityArn"}, False),
    ("DescribeActivity", {"activityArn": "$activity"}, {}, False),
    ("ListActivities", {}, {"same": "activities.0.activityArn"}, False),
    ("ValidateStateMachineDefinition", {"definition": PASS}, {"result": "result"}, False),
    ("CreateStateMachine", {"name": "plain", "definition": PASS, "roleArn": ROLE}, {"plain": "stateMachineArn"}, False),
    ("CreateStateMachine", {"name": "work", "definition": WORK, "roleArn": ROLE}, {"work": "stateMachineArn"}, False),
    ("CreateStateMachine", {"name": "maps", "definition": MAPS, "roleArn": ROLE}, {"maps": "stateMachineArn"}, False),
    ("CreateStateMachine", {"name": "quick", "definition": PASS, "roleArn": ROLE, "type": "EXPRESS"},
     {"quick": "stateMachineArn"}, False),
    ("ListStateMachines", {}, {"first": "stateMachines.0.name"}, False),
    ("DescribeStateMachine", {"stateMachineArn": "$plain"}, {"written": "definition"}, False),
    ("UpdateStateMachine", {"stateMachineArn": "$plain", "roleArn": ROLE + "2"}, {}, False),
    ("TagResource", {"resourceArn": "$plain", "tags": [{"key": "a", "value": "b"}]}, {}, False),
    ("ListTagsForResource", {"resourceArn": "$plain"}, {"tag": "tags.0.key"}, False),
    ("UntagResource", {"resourceArn": "$plain", "tagKeys": ["a"]}, {}, False),
    ("PublishStateMachineVersion", {"stateMachineArn": "$plain"}, {"version": "stateMachineVersionArn"}, False),
    ("ListStateMachineVersions", {"stateMachineArn": "$plain"}, {"listed": "stateMachineVersions.0.stateMachineVersionArn"},
     False),
    ("CreateStateMachineAlias",
     {"name": "live", "routingConfiguration": [{"stateMachineVersionArn": "$version", "weight": 100}]},
     {"alias": "stateMachineAliasArn"}, False),
    ("DescribeStateMachineAlias", {"stateMachineAliasArn": "$alias"}, {}, False),
    ("UpdateStateMachineAlias", {"stateMachineAliasArn": "$alias", "description": "d"}, {}, False),
    ("ListStateMachineAliases", {"stateMachineArn": "$plain"}, {}, False),
    ("StartExecution", {"stateMachineArn": "$alias", "input": "{}"}, {"done": "executionArn"}, False),
    ("DescribeExecution", {"executionArn": "$done"}, {"output": "output"}, True),
    ("GetExecutionHistory", {"executionArn": "$done"}, {"event": "events.0.type"}, False),
    ("DescribeStateMachineForExecution", {"executionArn": "$done"}, {}, False),
    ("ListExecutions", {"stateMachineArn": "$plain"}, {"ran": "executions.0.executionArn"}, False),
    ("StartSyncExecution", {"stateMachineArn": "$quick", "input": '{"n": 1}'}, {"synchronous": "output"}, False),
    ("TestState", {"definition": '{"Type": "Pass", "End": true}', "roleArn": ROLE, "input": '{"t": 1}'}, {"tested": "output"},
     False),
    ("StartExecution", {"stateMachineArn": "$work"}, {"waits": "executionArn"}, False),
    ("GetActivityTask", {"activityArn": "$activity"}, {"token": "taskToken"}, False),
    ("SendTaskHeartbeat", {"taskToken": "$token"}, {}, False),
    ("SendTaskFailure", {"taskToken": "$token", "error": "No", "cause": "not today"}, {}, False),
    ("DescribeExecution", {"executionArn": "$waits"}, {"error": "error"}, True),
    ("RedriveExecution", {"executionArn": "$waits"}, {}, False),
    ("GetActivityTask", {"activityArn": "$activity"}, {"token": "taskToken"}, False),
    ("SendTaskSuccess", {"taskToken": "$token", "output": '"yes"'}, {}, False),
    ("DescribeExecution", {"executionArn": "$waits"}, {"approved": "output"}, True),
    ("StartExecution", {"stateMachineArn": "$maps", "input": "[1, 2]"}, {"mapping": "executionArn"}, False),
    ("ListMapRuns", {"executionArn": "$mapping"}, {"run": "mapRuns.0.mapRunArn"}, True),
    ("DescribeMapRun", {"mapRunArn": "$run"}, {"items": "itemCounts.total"}, False),
    ("UpdateMapRun", {"mapRunArn": "$run", "maxConcurrency": 5}, {}, False),
    ("StopExecution", {"executionArn": "$mapping", "error": "E", "cause": "c"}, {}, False),
    ("DeleteStateMachineAlias", {"stateMachineAliasArn": "$alias"}, {}, False),
    ("DeleteStateMachineVersion", {"stateMachineVersionArn": "$version"}, {}, False),
    ("DeleteStateMachine", {"stateMachineArn": "$plain"}, {}, False),
    ("DeleteActivity", {"activityArn": "$activity"}, {}, False),
)  # fmt: skip
