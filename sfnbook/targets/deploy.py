"""Deploying: a machine of here created or updated elsewhere, after its differences have been shown.

Changes nothing that was not asked about.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.machine import StateMachine
from sfnbook.targets.target import Target, target_error

ROLE: Final = "arn:aws:iam::123456789012:role/sfnbook"
"""The role given to endpoints, which look at its form only."""

Ask = Callable[[str], bool]
"""Asks a question that says all that is about to happen; True to go on."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """What was done: "created", "updated", "unchanged" or "kept" (told not to)."""

    arn: str
    done: str


def find(client: Any, place: Target, name: str) -> dict[str, Any] | None:
    """Return the machine of a name elsewhere, described; None when there is none. Raises InputError."""
    try:
        for page in client.get_paginator("list_state_machines").paginate():
            for entry in page["stateMachines"]:
                if entry["name"] == name:
                    return dict(client.describe_state_machine(stateMachineArn=entry["stateMachineArn"]))
    except Exception as fault:  # whatever a client raises: the place's word or the network's
        raise target_error(fault, place) from None
    return None


def difference(before: str, after: str) -> str:
    """Return what changes between two definitions, as a unified diff of their JSON; "" when nothing does."""
    old, new = _lines(before), _lines(after)
    return "\n".join(difflib.unified_diff(old, new, "there", "here", lineterm="", n=3))


def _lines(text: str) -> list[str]:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return text.splitlines()


def deploy(place: Target, machine: StateMachine, ask: Ask, *, role: str | None = None) -> Deployed:
    """Create a machine elsewhere, or update the one of its name. Raises InputError.

    role: the execution role's ARN; on AWS it is looked for when not given. ask: is asked before anything is changed.
    """
    left = unfilled(machine)
    if left and not ask(
        f"{machine.name} has {' and '.join(left)} in it, which nothing has filled in: {place.text} takes them as they are "
        "written. Deploy it all the same? (--substitute NAME=VALUE fills them in)"
    ):
        return Deployed("", "kept")
    client = place.client()
    there = find(client, place, machine.name)
    text = _as_json(machine)
    try:
        if there is None:
            return _create(place, client, machine, text, ask, role)
        return _update(place, client, machine, text, ask, role, there)
    except InputError:
        raise
    except Exception as fault:  # as in `find`
        raise target_error(fault, place) from None


def unfilled(machine: StateMachine) -> list[str]:
    """Return the ``${...}`` of a definition that nothing has filled in, those of DefinitionSubstitutions' form."""
    return list(dict.fromkeys(re.findall(r"\$\{[A-Za-z0-9_.:-]+\}", machine._definition.text)))


def _as_json(machine: StateMachine) -> str:
    """A definition as AWS takes it: JSON, also where it was written in YAML."""
    from sfnbook.language.reader import read

    text = machine._definition.text
    return text if text.lstrip().startswith("{") else json.dumps(read(text).value, indent=2, ensure_ascii=False)


def _create(place: Target, client: Any, machine: StateMachine, text: str, ask: Ask, role: str | None) -> Deployed:
    chosen = role or (_role(place) if place.real else ROLE)
    if not ask(f"Create {machine.type} state machine {machine.name} at {place.text} with role {chosen}?"):
        return Deployed("", "kept")
    made = client.create_state_machine(name=machine.name, definition=text, roleArn=chosen, type=machine.type)
    return Deployed(made["stateMachineArn"], "created")


def _update(
    place: Target, client: Any, machine: StateMachine, text: str, ask: Ask, role: str | None, there: dict[str, Any]
) -> Deployed:
    arn = there["stateMachineArn"]
    if there["type"] != machine.type:
        raise InputError(
            f"{machine.name} is {there['type']} at {place.text}; a type cannot be changed to {machine.type}."
        )
    changed = difference(there["definition"], text)
    new_role = role if role is not None and role != there["roleArn"] else None
    if not changed and new_role is None:
        return Deployed(arn, "unchanged")
    about = [changed] if changed else []
    about += [f"role: {there['roleArn']} → {new_role}"] if new_role else []
    if not ask("\n".join([*about, f"Update {machine.name} at {place.text}?"])):
        return Deployed(arn, "kept")
    client.update_state_machine(
        stateMachineArn=arn,
        **({"definition": text} if changed else {}),
        **({"roleArn": new_role} if new_role else {}),
    )
    return Deployed(arn, "updated")


def _role(place: Target) -> str:
    """Return the one role of the account that Step Functions may assume."""
    pages = place.client("iam").get_paginator("list_roles").paginate()
    found = [
        str(role["Arn"])
        for page in pages
        for role in page["Roles"]
        if "states.amazonaws.com" in json.dumps(role.get("AssumeRolePolicyDocument", {}))
    ]
    if len(found) == 1:
        return found[0]
    names = "".join(f"\n  {arn}" for arn in found[:20]) or " none"
    raise InputError(f"Name the role with --role ARN. Roles that Step Functions may assume:{names}")
