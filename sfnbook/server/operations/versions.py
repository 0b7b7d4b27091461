"""Versions: publish, list, delete. A version is a revision that stays."""

from __future__ import annotations

import time
from typing import Any

from sfnbook.server.api.arns import read_arn
from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.server.catalogue import Machine, Version
from sfnbook.server.endpoint import MOST_VERSIONS, Endpoint
from sfnbook.server.runs import date


def publish(endpoint: Endpoint, machine: Machine, description: str | None) -> Version:
    """Return a version of a machine's present revision, a new one if there is none yet; a description given anew is kept."""
    known = latest(endpoint, machine)
    if known is not None:
        if description is not None and description != known.description:
            known.description = description
            endpoint.catalogue.save(known)
        return known
    if len(endpoint.catalogue.versions_of(machine.arn)) >= MOST_VERSIONS:
        raise ApiError(
            "ServiceQuotaExceededException", f"The quota of versions of a state machine is reached: {MOST_VERSIONS}."
        )
    machine.versions += 1
    number = machine.versions
    arn = f"{machine.arn}:{number}"
    version = Version(arn, machine.arn, number, time.time(), description or "", machine.revision)
    endpoint.catalogue.save(version)
    endpoint.catalogue.save(machine)
    return version


def latest(endpoint: Endpoint, machine: Machine) -> Version | None:
    """Return the latest version if it is of the present revision."""
    found = endpoint.catalogue.versions_of(machine.arn)
    return found[0] if found and found[0].revision.id == machine.revision.id else None


publish.__module__ = latest.__module__ = ""  # no operations


def publish_state_machine_version(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """PublishStateMachineVersion. Publishing the same revision again answers the same version."""
    machine = endpoint.machine(request["stateMachineArn"])
    revision = machine.revision.id
    wanted = request.get("revisionId")
    if wanted is not None and wanted != (revision or "INITIAL"):
        raise ApiError(
            "ConflictException",
            f"Failed to publish the State Machine version for revision {wanted}. "
            f"The current State Machine revision is {revision or 'INITIAL'}.",
        )
    with endpoint.store.together():
        version = publish(endpoint, machine, request.get("description"))
    return {"creationDate": date(version.created), "stateMachineVersionArn": version.arn}


def list_state_machine_versions(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListStateMachineVersions, the latest first; none of a machine that is not there (the model has no error for it)."""
    arn = read_arn(request["stateMachineArn"], "stateMachine")
    page, more = endpoint.pages.cut(request, endpoint.catalogue.versions_of(arn.text))
    return {
        "stateMachineVersions": [{"stateMachineVersionArn": v.arn, "creationDate": date(v.created)} for v in page],
        **more,
    }


def delete_state_machine_version(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteStateMachineVersion; one that an alias routes to stays."""
    arn = read_arn(request["stateMachineVersionArn"], "stateMachine")
    if len(arn.names) != 2 or not arn.names[1].isdigit():
        raise invalid(f"Version ARN is expected, but was: {arn.text}")
    version = endpoint.catalogue.versions.get(arn.text)
    if version is None:
        return {}
    using = endpoint.catalogue.aliases_using([version.arn])
    if using:
        names = ", ".join(alias.name for alias in using)
        raise ApiError(
            "ConflictException",
            "Version to be deleted must not be referenced by an alias. "
            f"Current list of aliases referencing this version: [{names}]",
        )
    endpoint.catalogue.drop(version)
    return {}
