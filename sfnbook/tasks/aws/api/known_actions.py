"""Which APIs there are: whether a Resource names a service and an action that AWS's SDKs have.

Knows what the API models of the installed botocore hold, which is younger or older than AWS: so only what is close to a
known name, or known as another kind of integration, is a mistake. What resembles nothing may be newer than they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from sfnbook.language import fields as f
from sfnbook.language.checks import has_placeholder
from sfnbook.language.definition import Definition, address_location
from sfnbook.language.diagnostics import Diagnostic, close
from sfnbook.language.parser import expression_diagnostic
from sfnbook.language.reader import Reading
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.language.rules import unrecognized
from sfnbook.tasks.aws.api.model import description, service_names


class Doubt(NamedTuple):
    """What is wrong with a Resource: a mistake, with what was meant, or a name that this version does not know."""

    kind: Literal["mistake", "unknown"]
    hint: str


def unlisted_integrations(definition: Definition, reading: Reading) -> Iterator[Diagnostic]:
    """Yield what is to be said of integrations that are not listed: a mistake, or one that is newer than this version."""
    for state in definition.machine.walk():
        text = state.fields.get("Resource") if state.type == "Task" else None
        if not isinstance(text, str) or has_placeholder(text):
            continue
        if found := doubt(parse_resource(text)):
            where = f"{address_location(state.address)}/Resource"
            made = expression_diagnostic(reading, where, unrecognized(text), hint=found.hint, rule="ASL301 resource")
            if found.kind == "unknown":
                made = dataclasses.replace(
                    made, severity="WARNING", message=found.hint, hint="", rule="ASL305 unknown-integration"
                )
            yield made


def doubt(resource: Resource) -> Doubt | None:
    """Return what is to be said of a service's action, None for one that is known."""
    if resource.kind != "service":
        return None
    name = resource.type.removeprefix("aws-sdk:")
    if name == resource.type:
        return _optimized(name, resource.operation)
    actions = _actions(name)
    if actions is None:
        meant = close(name, service_names())
        return Doubt("mistake", f'Did you mean "aws-sdk:{meant}:{resource.operation}"?') if meant else _unknown(name)
    if resource.operation in actions:
        return None
    meant = close(resource.operation, actions)
    if meant:
        return Doubt("mistake", f'Did you mean "aws-sdk:{name}:{meant}"?')
    return _unknown(f"{name}:{resource.operation}")


def _optimized(name: str, action: str) -> Doubt | None:
    """An optimized integration that the table does not list is a mistake where the SDK's API of that name was meant."""
    if action in f.INTEGRATIONS.get(name, ()):
        return None
    if action in (_actions(name) or ()):
        return Doubt("mistake", f'Did you mean "aws-sdk:{name}:{action}"?')
    return _unknown(f"{name}:{action}")


def _unknown(what: str) -> Doubt:
    return Doubt("unknown", f"{what} is not known to this version; it can be bound and mocked")


@cache
def _actions(name: str) -> frozenset[str] | None:
    """Return the actions of a service, by its SDK's name, as ``aws-sdk:`` writes them; None where there is no such."""
    model = description(name)
    return None if model is None else frozenset(action[:1].lower() + action[1:] for action in model["operations"])
