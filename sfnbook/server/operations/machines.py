"""State machines: create, describe, update, delete, list."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from sfnbook.server.arns import read_arn
from sfnbook.server.catalogue import Machine, Revision
from sfnbook.server.endpoint import LOGGING_OFF, MOST_MACHINES, Endpoint
from sfnbook.server.names import check_name, check_tags
from sfnbook.server.operations import versions as _versions
from sfnbook.server.runs import date
from sfnbook.server.wire import ApiError, invalid


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
        _role(request["roleArn"]),
        _logging(request.get("loggingConfiguration")),
        _tracing(request.get("tracingConfiguration")),
        _encryption(request.get("encryptionConfiguration")),
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
        _role(request["roleArn"]) if "roleArn" in request else known.role,
        _logging(request["loggingConfiguration"]) if "loggingConfiguration" in request else known.logging,
        _tracing(request["tracingConfiguration"]) if "tracingConfiguration" in request else known.tracing,
        _encryption(request["encryptionConfiguration"]) if "encryptionConfiguration" in request else known.encryption,
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


def describe_state_machine(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeStateMachine, of a machine or of one of its versions."""
    text = request["stateMachineArn"]
    read_arn(text, "stateMachine")
    version = endpoint.catalogue.versions.get(text)
    machine = endpoint.machine(version.machine if version is not None else text)
    revision = version.revision if version is not None else machine.revision
    answer: dict[str, Any] = {
        "stateMachineArn": text,
        "name": machine.name,
        "status": "ACTIVE",
        **definition_of(endpoint, machine, revision, request),
        "roleArn": revision.role,
        "type": machine.type,
        "creationDate": date(version.created if version is not None else machine.created),
        "loggingConfiguration": revision.logging,
        "tracingConfiguration": revision.tracing,
    }
    if revision.id is not None:
        answer["revisionId"] = revision.id
    if version is not None and version.description:
        answer["description"] = version.description
    # Left out where none was set, which clients take for AWS_OWNED_KEY; recordings from before July 2024 have none.
    if revision.encryption is not None:
        answer["encryptionConfiguration"] = revision.encryption
    return answer


def definition_of(endpoint: Endpoint, machine: Machine, revision: Revision, request: dict[str, Any]) -> dict[str, Any]:
    """Return the members that ``includedData`` METADATA_ONLY leaves out."""
    if request.get("includedData") == "METADATA_ONLY":
        return {"definition": ""}
    return {"definition": revision.definition}


definition_of.__module__ = ""  # no operation


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


def describe_state_machine_for_execution(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """DescribeStateMachineForExecution: the machine as it was when the execution started."""
    stored = endpoint.stored(request["executionArn"])
    head = stored.head
    answer: dict[str, Any] = {
        "stateMachineArn": stored.machine,
        "name": head["names"]["machine_name"],
        "definition": "",
        "roleArn": head["names"]["role_arn"],
        "updateDate": date(head["updated"]),
        "loggingConfiguration": head["logging"],
        "tracingConfiguration": head["tracing"],
    }
    if request.get("includedData") != "METADATA_ONLY":
        answer["definition"] = endpoint.store.definition(head["definition"])
    return answer | ({"revisionId": head["revision"]} if head["revision"] is not None else {})


# -------------------------------------------------------------------------------------------------- configurations
def _role(arn: str) -> str:
    if not arn.startswith("arn:"):
        raise ApiError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    return arn


def _logging(given: dict[str, Any] | None) -> dict[str, Any]:
    """The logging configuration with its defaults (recorded: test_sfn_api_logs)."""
    configuration: dict[str, Any] = {**LOGGING_OFF, **(given or {})}
    destinations = configuration.get("destinations")
    if configuration["level"] == "OFF" and not destinations:
        return configuration
    if destinations is None or len(destinations) != 1:
        raise _bad_logging("Must specify exactly one Log Destination.")
    arn = destinations[0].get("cloudWatchLogsLogGroup", {}).get("logGroupArn", "")
    if not arn.startswith("arn:") or ":log-group:" not in arn or not arn.endswith(":*"):
        raise _bad_logging("Log Destination ARN is not valid. It must be a log group's ARN that ends in :*")
    return configuration


def _bad_logging(words: str) -> ApiError:
    return ApiError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {words}")


def _tracing(given: dict[str, Any] | None) -> dict[str, Any]:
    return {"enabled": False, **(given or {})}


def _encryption(given: dict[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    if given["type"] == "CUSTOMER_MANAGED_KMS_KEY" and "kmsKeyId" not in given:
        raise ApiError(
            "InvalidEncryptionConfiguration",
            "Invalid Encryption Configuration: 'kmsKeyId is required for CUSTOMER_MANAGED_KMS_KEY'",
        )
    return given
