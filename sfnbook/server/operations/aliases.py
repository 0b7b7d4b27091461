"""Aliases: names for one version of a machine, or for two with weights."""

from __future__ import annotations

import time
from typing import Any

from sfnbook.server.api.arns import read_arn
from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.server.catalogue import Alias
from sfnbook.server.endpoint import MOST_ALIASES, Endpoint
from sfnbook.server.runs import date


def create_state_machine_alias(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """CreateStateMachineAlias. Idempotent; differing in anything else than the name is a conflict."""
    name, routing = request["name"], request["routingConfiguration"]
    machine = _check_routing(endpoint, routing)
    arn = f"{machine}:{name}"
    known = endpoint.catalogue.aliases.get(arn)
    description = request.get("description", "")
    if known is None:
        if len(endpoint.catalogue.aliases_of(machine)) >= MOST_ALIASES:
            raise ApiError(
                "ServiceQuotaExceededException", f"The quota of aliases of a state machine is reached: {MOST_ALIASES}."
            )
        now = time.time()
        known = Alias(arn, machine, name, description, routing, now, now)
        endpoint.catalogue.save(known)
    elif (known.description, known.routing) != (description, routing):
        raise ApiError(
            "ConflictException",
            "Failed to create alias because an alias with the same name and a different routing configuration "
            "already exists.",
        )
    return {"stateMachineAliasArn": arn, "creationDate": date(known.created)}


def _check_routing(endpoint: Endpoint, routing: list[dict[str, Any]]) -> str:
    """Return the ARN of the machine that the versions belong to (recorded: test_error_create_alias_...)."""
    arns = [entry["stateMachineVersionArn"] for entry in routing]
    received = f"Received: [{', '.join(arns)}]"
    reason = "INVALID_ROUTING_CONFIGURATION"
    read = [read_arn(arn, "stateMachine") for arn in arns]
    if not all(len(arn.names) == 2 and arn.names[1].isdigit() for arn in read):
        raise invalid(f"Routing configuration must contain state machine version ARNs. {received}", reason)
    if len(set(arns)) != len(arns):
        raise invalid(f"Routing configuration must contain distinct state machine version ARNs. {received}", reason)
    machines = {arn.text.rpartition(":")[0] for arn in read}
    if len(machines) > 1:
        raise invalid(f"Routing configuration must contain versions of one state machine. {received}", reason)
    weights = [entry["weight"] for entry in routing]
    if sum(weights) != 100:
        raise invalid(f"Sum of routing configuration weights must equal 100. Received: {weights}", reason)
    for arn in arns:
        if arn not in endpoint.catalogue.versions:
            raise ApiError("ResourceNotFound", f"Resource not found: '{arn}'", resourceName=arn)
    return machines.pop()


def _alias(endpoint: Endpoint, text: str) -> Alias:
    arn = read_arn(text, "stateMachine")
    if len(arn.names) != 2 or arn.names[1].isdigit():
        raise invalid(f"State machine alias ARN is expected, but was: {text}")
    found = endpoint.catalogue.aliases.get(text)
    if found is None:
        raise ApiError(
            "ResourceNotFound", f"Request references a resource that does not exist: '{text}'", resourceName=text
        )
    return found


def describe_state_machine_alias(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeStateMachineAlias."""
    alias = _alias(endpoint, request["stateMachineAliasArn"])
    answer = {
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "routingConfiguration": alias.routing,
        "creationDate": date(alias.created),
        "updateDate": date(alias.updated),
    }
    return answer | ({"description": alias.description} if alias.description else {})


def update_state_machine_alias(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateStateMachineAlias; of an alias that is not there it names no ARN (recorded by others)."""
    try:
        alias = _alias(endpoint, request["stateMachineAliasArn"])
    except ApiError as fault:
        if fault.code != "ResourceNotFound":
            raise
        raise ApiError(fault.code, "Request references a resource that does not exist.") from None
    if not {"description", "routingConfiguration"} & request.keys():
        raise invalid(
            "Either the description or the routing configuration must be specified", "MISSING_REQUIRED_PARAMETER"
        )
    routing = request.get("routingConfiguration")
    if routing is not None:
        if _check_routing(endpoint, routing) != alias.machine:
            raise invalid(
                "Routing configuration must contain versions of the alias's state machine.",
                "INVALID_ROUTING_CONFIGURATION",
            )
        alias.routing = routing
    alias.description = request.get("description", alias.description)
    alias.updated = time.time()
    endpoint.catalogue.save(alias)
    return {"updateDate": date(alias.updated)}


def delete_state_machine_alias(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteStateMachineAlias; deleting nothing is no error (recorded: test_delete_no_such_alias_arn)."""
    arn = read_arn(request["stateMachineAliasArn"], "stateMachine")
    if len(arn.names) != 2 or arn.names[1].isdigit():
        raise invalid(f"State machine alias ARN is expected, but was: {arn.text}")
    alias = endpoint.catalogue.aliases.get(arn.text)
    if alias is not None:
        endpoint.catalogue.drop(alias)
    return {}


def list_state_machine_aliases(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListStateMachineAliases of a machine, or of one of its versions, by name."""
    text = request["stateMachineArn"]
    arn = read_arn(text, "stateMachine")
    machine = endpoint.machine(":".join(text.split(":")[:7]))
    found = endpoint.catalogue.aliases_of(machine.arn)
    if len(arn.names) > 1:
        using = {alias.arn for alias in endpoint.catalogue.aliases_using([text])}
        found = [alias for alias in found if alias.arn in using]
    page, more = endpoint.pages.cut(request, found)
    return {
        "stateMachineAliases": [{"stateMachineAliasArn": a.arn, "creationDate": date(a.created)} for a in page],
        **more,
    }
