"""Lint rules about what a task asks for: the types and names inside its request, its endpoint, its own ARN, its heartbeat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfnbook.language.checks import has_placeholder, is_expression
from sfnbook.language.diagnostics import Path, close
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.language.rule import Finding, Findings, StateView
from sfnbook.lint.rule import state_rule
from sfnbook.lint.tasks import arguments, called
from sfnbook.tasks.aws.api import model as api_model
from sfnbook.values import Json

_FREE: Final = frozenset({"apigateway", "http", "eks", "elasticmapreduce", "bedrock", "emr-serverless", "lambda"})
"""Integrations whose request is not quite their API's."""


@state_rule("SFN410", "parameter-type")
def parameter_type(state: StateView) -> Findings:
    """A value in an integration's request has another type than the API wants, or a field inside it has no such name.

    The task fails before the service is asked. Values that only a run knows are left alone.

        "Resource": "arn:aws:states:::dynamodb:getItem",
        "Parameters": {"TableName": "orders", "Key": {"id": "7"}}             # {"id": {"S": "7"}}
    """
    resource = called(state)
    name, value = arguments(state)
    if resource is None or resource.type in _FREE or not isinstance(value, dict):
        return
    found = api_model.request_shape(resource)
    if found is not None:
        shapes, top = found
        members = shapes[top]["members"]
        for key, one in value.items():
            member = _member(members, key)
            if member is not None and not _dynamic(key, one, state.language):
                yield from _misfit(shapes, member, one, (*state.path, name, key), state.language, resource)


def _dynamic(key: str, value: Json, language: str) -> bool:
    """Tell whether only a run knows a value."""
    if language == "JSONPath":
        return key.endswith(".$") or has_placeholder(value)
    return is_expression(value) or has_placeholder(value)


def _member(members: Mapping[str, Any], key: str) -> str | None:
    """Return the shape's name of a field as Step Functions spells it, None for one that is not known."""
    name = key.removesuffix(".$")
    for member, reference in members.items():
        if name == member or name in api_model.spellings(member):
            return str(reference["shape"])
    return None


def _misfit(
    shapes: Mapping[str, Any], shape: str, value: Json, where: Path, language: str, resource: Resource
) -> Iterator[Finding]:
    """Yield what does not fit inside a value, to the depth at which the model says anything."""
    wanted = shapes[shape]
    kind = wanted["type"]
    key = str(where[-1]) if isinstance(where[-1], str) else f"{where[-2]}[{where[-1]}]"
    if value is None or wanted.get("document"):
        return
    if kind in ("structure", "map", "list"):
        if not isinstance(value, list if kind == "list" else dict):
            yield Finding(where, f"{key} must be {_shown(shapes, wanted)}, not {_article(value)}", where)
            return
    elif isinstance(value, (dict, list)):
        if kind not in ("string", "blob", "timestamp"):
            yield Finding(where, f"{key} must be a {kind}, not {_article(value)}", where)
        return
    if isinstance(value, dict) and kind == "structure":
        for name, one in value.items():
            member = _member(wanted["members"], name)
            if member is None and "${" not in name:
                known = [api_model.spellings(each)[0] for each in wanted["members"]]
                plain = name.removesuffix(".$")
                yield Finding((*where, name), f"{key} has no field {plain}", (*where, name), "key", like=(plain, known))
            elif member is not None and not _dynamic(name, one, language):
                yield from _misfit(shapes, member, one, (*where, name), language, resource)
    elif isinstance(value, dict):
        for name, one in value.items():
            if not _dynamic(name, one, language):
                yield from _misfit(shapes, wanted["value"]["shape"], one, (*where, name), language, resource)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            if not _dynamic("", one, language):
                yield from _misfit(shapes, wanted["member"]["shape"], one, (*where, index), language, resource)
    elif isinstance(value, str) and (choices := wanted.get("enum")) and value not in choices:
        meant = close(value, choices)  # a word that resembles none may be newer than the model
        if meant:
            yield Finding(where, f"{key} may not be {value}", where, hint=f'Did you mean "{meant}"?')
    elif kind in ("integer", "long", "float", "double", "boolean") and not _spells(kind, value):
        yield Finding(where, f"{key} must be a {kind}, not {_article(value)}", where)


def _spells(kind: str, value: Json) -> bool:
    """Tell whether a value is of a kind, or a text that spells one."""
    if kind == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    if isinstance(value, str):
        return bool(re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", value))
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _shown(shapes: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    if wanted["type"] == "list":
        return "a list"
    if wanted["type"] == "structure" and {"S", "N"} <= wanted["members"].keys():
        return 'a typed value, as {"S": "text"} or {"N": "7"}'
    return "an object"


def _article(value: Json) -> str:
    words = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return words.get(type(value), "a number")


@state_rule("SFN411", "endpoint-form")
def endpoint_form(state: StateView) -> Findings:
    """An endpoint is not written as its integration wants it.

    ``http:invoke`` wants a whole URL that begins with https://, and an Authentication or InvocationConfig with a
    connection; ``apigateway:invoke`` wants the host alone (developer guide, "Call HTTPS APIs" and "API Gateway").
    """
    resource = called(state)
    name, value = arguments(state)
    if resource is None or resource.type not in ("http", "apigateway") or not isinstance(value, dict):
        return
    endpoint, where = value.get("ApiEndpoint"), (*state.path, name, "ApiEndpoint")
    if isinstance(endpoint, str) and not _dynamic("", endpoint, state.language):
        if resource.type == "http" and not endpoint.startswith("https://"):
            yield Finding(where, "An HTTP Task's ApiEndpoint begins with https://", where)
        if resource.type == "apigateway" and "://" in endpoint:
            yield Finding(where, "API Gateway's ApiEndpoint is the host alone", where, hint="Leave out https://")
    given = {key.removesuffix(".$") for key in value}
    wanted = ["ApiEndpoint", "Method"] if resource.type == "apigateway" else ["ApiEndpoint", "Method", "Authentication"]
    missing = [
        one for one in wanted if one not in given and not (one == "Authentication" and "InvocationConfig" in given)
    ]
    if missing:
        yield Finding(
            (*state.path, name), f"{resource.label} needs {', '.join(missing)}", (*state.path, name), "key"
        )  # fmt: skip


@state_rule("SFN412", "resource-form", "error")
def resource_form(state: StateView) -> Findings:
    """A Resource is an ARN that no task can call: of another service, with a part missing, or a function's with a pattern.

    "Resource": "arn:aws:states::lambda:invoke"                           # arn:aws:states:::lambda:invoke
    "Resource": "arn:aws:lambda:...:function:f.waitForTaskToken"          # arn:aws:states:::lambda:invoke.waitForTaskToken
    """
    value = state.fields.get("Resource")
    if state.type != "Task" or not isinstance(value, str) or "${" in value or not value.startswith("arn:"):
        return
    where, parts = (*state.path, "Resource"), value.split(":")
    service = parts[2] if len(parts) > 2 else ""
    if service not in ("lambda", "states"):
        hint = "" if not (meant := close(service, ("lambda", "states"))) else f'Did you mean "{meant}"?'
        yield Finding(where, f"No task calls an ARN of {service or 'no service'}", where, hint=hint)
    elif service == "states" and len(parts) < 7:
        yield Finding(
            where,
            "Three colons stand before the service of an integration",
            where,
            hint=f'Write "arn:{parts[1]}:states:::{":".join(part for part in parts[3:] if part)}"',
        )
    elif service == "lambda" and (match := re.search(r"\.(waitForTaskToken|sync)$", value)):
        cure = "arn:aws:states:::lambda:invoke.waitForTaskToken with a FunctionName"
        yield Finding(
            where, f"A function's own ARN has no .{match[1]}", where, hint=f"Call {cure}" if match[1] != "sync" else ""
        )


@state_rule("SFN413", "heartbeat-of-nobody")
def heartbeat_of_nobody(state: StateView) -> Findings:
    """HeartbeatSeconds at a task that sends no heartbeat: it only ends the task after that time.

    Only workers of an activity and holders of a ``.waitForTaskToken`` token send heartbeats.
    """
    resource = called(state)
    if resource is None or "HeartbeatSeconds" not in state.fields:
        return
    if resource.kind != "activity" and resource.pattern != "waitForTaskToken":
        where = (*state.path, "HeartbeatSeconds")
        yield Finding(where, "Nothing sends a heartbeat for this task", where, "key", "Write TimeoutSeconds")


_NEEDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "ItemReader": {"getObject": ("Bucket", "Key"), "listObjectsV2": ("Bucket",)},
    "ResultWriter": {"putObject": ("Bucket",)},
}


@state_rule("SFN414", "reader-parameters")
def reader_parameters(state: StateView) -> Findings:
    """An ItemReader or ResultWriter does not say where in S3: Bucket and, of an object, Key."""
    for name, actions in _NEEDS.items():
        holder = state.fields.get(name)
        resource = parse_resource(str(holder.get("Resource", ""))) if isinstance(holder, dict) else None
        if not isinstance(holder, dict) or resource is None or resource.operation not in actions:
            continue
        field = "Arguments" if state.language == "JSONata" else "Parameters"
        given = holder.get(field, {})
        missing = [
            one
            for one in actions[resource.operation]
            if isinstance(given, dict) and one not in given and f"{one}.$" not in given
        ]
        if missing:
            where = (*state.path, name)
            yield Finding(where, f"{name} needs {', '.join(missing)} in its {field}", where, "key")
