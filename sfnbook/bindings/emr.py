"""``elasticmapreduce``: the optimized integration whose actions are Step Functions' own names for EMR's (guide: EMR)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfnbook.errors import BindingError
from sfnbook.values import Json

OPERATIONS: Final[Mapping[str, str]] = {
    "createCluster": "RunJobFlow",
    "setClusterTerminationProtection": "SetTerminationProtection",
    "terminateCluster": "TerminateJobFlows",
    "addStep": "AddJobFlowSteps",
    "cancelStep": "CancelSteps",
}


def operation(action: str) -> str:
    """Return EMR's name of an action. Raises BindingError for one that is not emulated."""
    try:
        return OPERATIONS[action]
    except KeyError:
        known = ", ".join(OPERATIONS)
        raise BindingError(f"elasticmapreduce:{action} is not known here. There are: {known}.") from None


def request(action: str, parameters: Json) -> Json:
    """Return an action's Parameters as EMR's API takes them."""
    if not isinstance(parameters, dict):
        return parameters
    given = dict(parameters)
    cluster = given.pop("ClusterId", None)
    match action:
        case "setClusterTerminationProtection" | "terminateCluster":
            return {**given, "JobFlowIds": [cluster]}
        case "addStep":
            return {
                **{k: v for k, v in given.items() if k != "Step"},
                "JobFlowId": cluster,
                "Steps": [given.get("Step")],
            }
        case "cancelStep":
            return {"ClusterId": cluster, "StepIds": [given.get("StepId")]}
    return parameters


def result(action: str, answer: dict[str, Json]) -> dict[str, Json]:
    """Return EMR's answer as the action's result."""
    match action:
        case "createCluster":
            return {"ClusterId": answer.get("JobFlowId"), "ClusterArn": answer.get("ClusterArn")}
        case "addStep":
            return {"StepId": (answer.get("StepIds") or [None])[0]}
        case "cancelStep":
            cancelled: list[dict[str, Json]] = answer.get("CancelStepsInfoList") or [{}]
            return cancelled[0]
    return answer
