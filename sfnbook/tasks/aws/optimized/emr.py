"""``elasticmapreduce``: the optimized integration whose actions are Step Functions' own names for EMR's (guide: EMR)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from sfnbook.errors import BindingError, TaskError
from sfnbook.language.parameters import unsupported
from sfnbook.values import Json

OPERATIONS: Final[Mapping[str, str]] = {
    "createCluster": "RunJobFlow",
    "setClusterTerminationProtection": "SetTerminationProtection",
    "terminateCluster": "TerminateJobFlows",
    "addStep": "AddJobFlowSteps",
    "cancelStep": "CancelSteps",
    "modifyInstanceFleetByName": "ModifyInstanceFleet",
    "modifyInstanceGroupByName": "ModifyInstanceGroups",
}


def operation(action: str) -> str:
    """Return EMR's name of an action. Raises BindingError for one that is not emulated."""
    try:
        return OPERATIONS[action]
    except KeyError:
        known = ", ".join(OPERATIONS)
        raise BindingError(f"elasticmapreduce:{action} is not known here. There are: {known}.") from None


def question(action: str, parameters: Json) -> tuple[str, dict[str, Json]] | None:
    """Return the API, with its request, that has to be asked before an action by a name's id; None for most."""
    cluster = parameters.get("ClusterId") if isinstance(parameters, dict) else None
    match action:
        case "modifyInstanceFleetByName":
            return "ListInstanceFleets", {"ClusterId": cluster}
        case "modifyInstanceGroupByName":
            return "ListInstanceGroups", {"ClusterId": cluster}
    return None


def _id(listed: list[dict[str, Json]], name: Json, what: str) -> Json:
    found = [one["Id"] for one in listed if one.get("Name") == name]
    if not found:
        words = f"The {what} {name} does not exist in this cluster."
        raise TaskError("ElasticMapReduce.AmazonElasticMapReduceException", words)
    return found[0]


def wrong(action: str, parameters: Json) -> list[str]:
    """Return what an action does not take that EMR's own API would (guide: Amazon EMR), in Step Functions' words."""
    given: dict[str, Any] = parameters if isinstance(parameters, dict) else {}
    match action:
        case "createCluster" if (given.get("Instances") or {}).get("KeepJobFlowAliveWhenNoSteps") is not True:
            return ["The value of the field 'KeepJobFlowAliveWhenNoSteps' must be true"]
        case "modifyInstanceFleetByName" if "InstanceFleetId" in (given.get("InstanceFleet") or {}):
            return [unsupported("InstanceFleetId")]
        case "modifyInstanceGroupByName" if "InstanceGroupId" in (given.get("InstanceGroup") or {}):
            return [unsupported("InstanceGroupId")]
    return []


def request(action: str, parameters: Json, known: Mapping[str, Json] = MappingProxyType({})) -> Json:
    """Return an action's Parameters as EMR's API takes them. known: the answer to its `question`.

    Raises TaskError for a name that the cluster does not have.
    """
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
            more = {key: value for key, value in given.items() if key != "StepId"}
            return {**more, "ClusterId": cluster, "StepIds": [given.get("StepId")]}
        case "modifyInstanceFleetByName":
            id = _id(known["InstanceFleets"], given.get("InstanceFleetName"), "instance fleet")
            return {
                "ClusterId": cluster,
                "InstanceFleet": {**(given.get("InstanceFleet") or {}), "InstanceFleetId": id},
            }
        case "modifyInstanceGroupByName":
            id = _id(known["InstanceGroups"], given.get("InstanceGroupName"), "instance group")
            group = {**(given.get("InstanceGroup") or {}), "InstanceGroupId": id}
            return {"ClusterId": cluster, "InstanceGroups": [group]}
    return parameters


def result(action: str, answer: dict[str, Json]) -> dict[str, Json]:
    """Return EMR's answer as the action's result."""
    match action:
        case "createCluster":
            return {"ClusterId": answer.get("JobFlowId")}
        case "addStep":
            return {"StepId": (answer.get("StepIds") or [None])[0]}
        case "cancelStep":
            cancelled: list[dict[str, Json]] = answer.get("CancelStepsInfoList") or [{}]
            return {"CancelStepsInfo": cancelled[0]}
    return answer
