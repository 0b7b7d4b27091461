"""State machines: create, describe, update, delete, list."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any, Final
from uuid import uuid4

from sfnbook.server.api.arns import read_arn, read_role
from sfnbook.server.api.encryption import encryption
from sfnbook.server.api.names_and_tags import check_name, check_tags
from sfnbook.server.api.variable_references import variable_references
from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.server.catalogue import Machine, Revision
from sfnbook.server.delivery import group_exists, log_group
from sfnbook.server.endpoint import LOGGING_OFF, MOST_MACHINES, Endpoint
from sfnbook.server.operations import map_runs as _map_runs
from sfnbook.server.operations import versions as _versions
from sfnbook.server.runs import date


async def create_state_machine(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """CreateStateMachine. Idempotent as documented: a different role or other tags do not count."""
    name = check_name(request["name"])
    description, publish = request.get("versionDescription"), request.get("publish", False)
    if description is not None and not publish:
        raise invalid("Version description can only be set when publish is true")
    type = request.get("type", "STANDARD")
    arn = endpoint.arn("stateMachine", name)
    revision = Revision(
        request["definition"],
        read_role(request["roleArn"]),
        await _logging(request.get("loggingConfiguration")),
        _tracing(request.get("tracingConfiguration")),
        encryption(request.get("encryptionConfiguration")),
    )
    tags = check_tags({}, request.get("tags", ()), arn)
    await endpoint.prepare(name, arn, type, revision.definition)
    machine = endpoint.catalogue.machines.get(arn)
    if machine is None:
        if len(endpoint.catalogue.machines) >= MOST_MACHINES:
            raise ApiError("StateMachineLimitExceeded", f"State machine limit exceeded: {MOST_MACHINES}.")
        now = time.time()
        machine = Machine(name, arn, type, now, now, revision, tags=tags)
        machine.published, machine.version_description = publish, description
        with endpoint.store.together():
            endpoint.catalogue.save(machine)
            version = _versions.publish(endpoint, machine, description) if publish else None
        endpoint.note_change()
    else:
        _same(machine, revision, type, publish, description)
        version = _versions.latest(endpoint, machine) if publish else None
    answer = {"stateMachineArn": arn, "creationDate": date(machine.created)}
    return answer | ({"stateMachineVersionArn": version.arn} if version is not None else {})


def _same(machine: Machine, revision: Revision, type: str, publish: bool, description: str | None) -> None:
    known = machine.revision
    before = (known.definition, known.logging, known.tracing, known.encryption, machine.type)
    if before != (revision.definition, revision.logging, revision.tracing, revision.encryption, type) or (
        (machine.published, machine.version_description) != (publish, description)
    ):
        raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{machine.arn}'")


async def update_state_machine(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """UpdateStateMachine. An update that changes nothing makes no new revision."""
    machine = endpoint.machine(request["stateMachineArn"])
    if machine.arn in endpoint.guests:
        raise invalid(f"{machine.name} is defined in the notebook: change it there.")
    fields = {"definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration"}
    if not fields & request.keys():
        raise ApiError(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration or the "
            "TracingConfiguration must be specified",
        )
    description, publish = request.get("versionDescription"), request.get("publish", False)
    if description is not None and not publish:
        raise invalid("Version description can only be set when publish is true")
    known = machine.revision
    revision = Revision(
        request.get("definition", known.definition),
        read_role(request["roleArn"]) if "roleArn" in request else known.role,
        await _logging(request["loggingConfiguration"]) if "loggingConfiguration" in request else known.logging,
        _tracing(request["tracingConfiguration"]) if "tracingConfiguration" in request else known.tracing,
        encryption(request["encryptionConfiguration"]) if "encryptionConfiguration" in request else known.encryption,
        known.id,
    )
    if revision.definition != known.definition:
        await endpoint.prepare(machine.name, machine.arn, machine.type, revision.definition)
    with endpoint.store.together():
        machine.updated = time.time()
        if revision != known:
            revision.id = str(uuid4())
            machine.revision = revision
        version = _versions.publish(endpoint, machine, description) if publish else None
        endpoint.catalogue.save(machine)
    endpoint.note_change()
    answer: dict[str, Any] = {"updateDate": date(machine.updated)}
    if machine.revision.id is not None:
        answer["revisionId"] = machine.revision.id
    return answer | ({"stateMachineVersionArn": version.arn} if version is not None else {})


async def describe_state_machine(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeStateMachine, of a machine or of one of its versions."""
    text = request["stateMachineArn"]
    version = endpoint.catalogue.versions.get(text)
    machine = endpoint.machine(version.machine if version is not None else text)
    revision = version.revision if version is not None else machine.revision
    answer: dict[str, Any] = {
        "stateMachineArn": text,
        "name": machine.name,
        "status": "ACTIVE",
        **await _written(endpoint, machine, revision.definition, request),
        "roleArn": revision.role,
        "type": machine.type,
        "creationDate": date(version.created if version is not None else machine.created),
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
        "encryptionConfiguration": encryption(revision.encryption),
    }
    if revision.id is not None:
        answer["revisionId"] = revision.id
    if version is not None and version.description:
        answer["description"] = version.description
    return answer


async def _written(endpoint: Endpoint, machine: Machine, definition: str, request: dict[str, Any]) -> dict[str, Any]:
    """Return the definition and what is derived from it; ``includedData`` METADATA_ONLY has ``{}`` for it (API reference)."""
    if request.get("includedData") == "METADATA_ONLY":
        return {"definition": "{}"}
    try:
        referred = variable_references((await endpoint.subject(machine, definition))._definition)
    except ApiError:  # kept by a version with laxer rules: it is shown all the same
        referred = {}
    return {"definition": definition} | ({"variableReferences": referred} if referred else {})


def delete_state_machine(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DeleteStateMachine, with its versions and aliases. What runs goes on; deleting nothing is no error."""
    arn = read_arn(request["stateMachineArn"], "stateMachine")
    machine = endpoint.catalogue.machines.get(arn.text)
    if len(arn.names) > 1:
        raise invalid(f"{arn.text} is a version or an alias: use DeleteStateMachineVersion or DeleteStateMachineAlias.")
    if machine is None:
        return {}
    if machine.arn in endpoint.guests:
        raise invalid(f"{machine.name} is defined in the notebook.")
    with endpoint.store.together():
        for alias in endpoint.catalogue.aliases_of(machine.arn):
            endpoint.catalogue.drop(alias)
        for version in endpoint.catalogue.versions_of(machine.arn):
            endpoint.catalogue.drop(version)
        endpoint.catalogue.drop(machine)
    endpoint.note_change()
    return {}


def list_state_machines(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListStateMachines, by name (recorded: test_list_sms_pagination)."""
    machines = sorted(endpoint.catalogue.machines.values(), key=lambda machine: machine.name)
    page, more = endpoint.pages.cut(request, machines)
    return {
        "stateMachines": [
            {"stateMachineArn": m.arn, "name": m.name, "type": m.type, "creationDate": date(m.created)} for m in page
        ],
        **more,
    }


async def describe_state_machine_for_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeStateMachineForExecution: the machine as it was when the execution started."""
    child = _map_runs.child(endpoint, request["executionArn"])
    stored = child if child is not None else endpoint.stored(request["executionArn"])
    head = stored.head
    answer: dict[str, Any] = {
        "stateMachineArn": stored.machine,
        "name": head["names"]["machine_name"],
        **await _written_for(endpoint, head, request),
        "roleArn": head["names"]["role_arn"],
        "updateDate": date(head["updated"]),
        "loggingConfiguration": head["logging"],
        "tracingConfiguration": head["tracing"],
        "encryptionConfiguration": encryption(head.get("encryption")),
    }
    if child is not None:
        answer |= {"mapRunArn": head["map_run"], "label": stored.machine.rpartition("/")[2]}
    return answer | ({"revisionId": head["revision"]} if head["revision"] is not None else {})


async def _written_for(endpoint: Endpoint, head: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
    names, definition = head["names"], endpoint.store.definition(head["definition"])
    machine = endpoint.catalogue.machines.get(names["machine_arn"])
    if machine is None:  # deleted since: only its text is left
        known = Revision(definition, names["role_arn"], head["logging"], head["tracing"])
        machine = Machine(names["machine_name"], names["machine_arn"], head["type"], 0.0, head["updated"], known)
    return await _written(endpoint, machine, definition, request)


# -------------------------------------------------------------------------------------------------- configurations
_LOG_GROUP: Final = re.compile(r"arn:aws[\w-]*:logs:[^:]*:[^:]*:log-group:[^:]+")


async def _logging(given: dict[str, Any] | None) -> dict[str, Any]:
    """The logging configuration with its defaults. Raises ApiError for a log group that is not there, unless it is OFF.

    The words for a wrong number of destinations are recorded (test_sfn_api_logs), those for a missing ``:*`` are in
    hashicorp/terraform-provider-aws#17683.
    """
    configuration: dict[str, Any] = {**LOGGING_OFF, **(given or {})}
    destinations = configuration.get("destinations")
    if configuration["level"] == "OFF" and not destinations:
        return configuration
    if destinations is None or len(destinations) != 1:
        raise _bad_logging("Must specify exactly one Log Destination.")
    arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    if not _LOG_GROUP.match(arn):
        raise _bad_logging("Log Destination ARN is not valid. It must be a log group's ARN that ends in :*")
    if not arn.endswith(":*"):
        raise _bad_logging("Log Group ARN must be provided with '*' qualifier.")
    if configuration["level"] != "OFF" and not await asyncio.to_thread(group_exists, log_group(configuration)):
        raise _bad_logging("Log Destination not found.")
    return configuration


def _bad_logging(words: str) -> ApiError:
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {words}")


def _tracing(given: dict[str, Any] | None) -> dict[str, Any]:
    return {"enabled": False, **(given or {})}
