"""Lint rules about tasks: callbacks, timeouts, what an integration takes, what AWS has ended, how many run at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from typing import Final

from sfnbook.language.diagnostics import Path
from sfnbook.language.resource import Resource, parse_resource
from sfnbook.language.rule import Finding, Findings, StateView
from sfnbook.language.rules import is_distributed, is_recognized
from sfnbook.lint.rule import state_rule, walk
from sfnbook.tasks.aws.api import model as api_model
from sfnbook.values import MAX_BYTES, Json, size, to_text


def called(state: StateView) -> Resource | None:
    """Return what a Task calls, None where that is not known, by AWS either."""
    value = state.fields.get("Resource")
    if state.type != "Task" or not isinstance(value, str) or value.startswith("${"):
        return None
    return _recognized(value)


@cache
def _recognized(text: str) -> Resource | None:
    resource = parse_resource(text)
    return resource if resource.kind != "service" or is_recognized(resource) else None


def arguments(state: StateView) -> tuple[str, Json]:
    """Return the field with a task's request, and its value."""
    name = "Arguments" if state.language == "JSONata" else "Parameters"
    return name, state.fields.get(name)


@state_rule("SFN401", "task-token-not-passed")
def task_token_not_passed(state: StateView) -> Findings:
    """A ``.waitForTaskToken`` task does not hand its token on, so nobody can answer it.

    "Parameters": {"QueueUrl": "...", "MessageBody": {"token.$": "$$.Task.Token"}}
    "Arguments": {"QueueUrl": "...", "MessageBody": {"token": "{% $states.context.Task.Token %}"}}
    """
    resource = called(state)
    if resource is None or resource.pattern != "waitForTaskToken":
        return
    name, value = arguments(state)
    text = to_text(value)
    whole = ('$$"', '$$.Task"', "$states.context %}", "$states.context.Task %}")
    if "Task.Token" not in text and not any(one in text for one in whole) and "${" not in text:
        token = '"{% $states.context.Task.Token %}"' if state.language == "JSONata" else '"token.$": "$$.Task.Token"'
        where = (*state.path, name) if name in state.fields else state.path
        yield Finding(where, "The task waits for its token, but does not pass it on", where, "key", f"Pass {token}")


@state_rule("SFN402", "callback-without-timeout")
def callback_without_timeout(state: StateView) -> Findings:
    """A ``.waitForTaskToken`` task has neither TimeoutSeconds nor HeartbeatSeconds.

    If the answer is lost, the execution stands there for up to a year (developer guide, "Wait for a callback").
    """
    resource = called(state)
    if resource is not None and resource.pattern == "waitForTaskToken" and not _limited(state):
        yield Finding(
            state.path,
            "If nobody answers, this task waits up to a year",
            state.path,
            "key",
            "Add HeartbeatSeconds or TimeoutSeconds",
        )


@state_rule("SFN403", "task-without-timeout")
def task_without_timeout(state: StateView) -> Findings:
    """A task that can hang, an activity or a ``.sync`` job, has no timeout.

    Its default is 99,999,999 seconds. A Lambda function ends by itself after 15 minutes, so it is not asked for one.
    """
    resource = called(state)
    if resource is None or _limited(state):
        return
    if resource.kind == "activity" or resource.pattern in ("sync", "sync:2"):
        what = "activity" if resource.kind == "activity" else "job"
        yield Finding(
            state.path, f"If this {what} hangs, so does the execution", state.path, "key", "Add TimeoutSeconds"
        )


def _limited(state: StateView) -> bool:
    return any(name.startswith(("TimeoutSeconds", "HeartbeatSeconds")) for name in state.fields)


@state_rule("SFN404", "unknown-parameter")
def unknown_parameter(state: StateView) -> Findings:
    """An integration's request has a field that its API does not know: most often a misspelt one.

    Fields begin with a capital letter, also where the API's own do not (developer guide, "Parameters for service APIs").

        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueURL": "..."}                                     # QueueUrl
    """
    shape = _shape(state)
    name, value = arguments(state)
    if shape is None or not isinstance(value, dict):
        return
    known = shape.spelt | _EXTRA.get(shape.resource.type, frozenset())
    for key in value:
        plain = key.removesuffix(".$") if state.language == "JSONPath" else key
        if plain not in known and "${" not in plain:
            where = (*state.path, name, key)
            yield Finding(where, f"{shape.resource.label} has no field {plain}", where, "key", like=(plain, known))


@state_rule("SFN405", "missing-parameter")
def missing_parameter(state: StateView) -> Findings:
    """An integration's request lacks a field that its API needs.

    "Resource": "arn:aws:states:::dynamodb:getItem",
    "Parameters": {"TableName": "orders"}                                 # Key is missing
    """
    shape = _shape(state)
    name, value = arguments(state)
    if shape is None or not (isinstance(value, dict) or name not in state.fields):
        return
    if name not in state.fields and difflib.get_close_matches(name, state.fields, 1):
        return
    given = {key.removesuffix(".$") for key in value or ()}
    misspelt = [key.lower() for key in given - shape.spelt]
    missing = [
        one
        for one in shape.required
        if not given & set(shape.spellings(one)) and not difflib.get_close_matches(one.lower(), misspelt, 1)
    ]
    if missing:
        where: Path = (*state.path, name) if name in state.fields else state.path
        names = ", ".join(shape.spellings(one)[-1] for one in missing)
        yield Finding(where, f"{shape.resource.label} needs {names}", where, "key")


class _Shape:
    """The request of an integration's API: its members by the spellings that Step Functions takes."""

    def __init__(self, resource: Resource, members: api_model.Members) -> None:
        self.resource = resource
        self.required = members.required
        self.spelt = frozenset(way for member in members.names for way in self.spellings(member))

    @staticmethod
    def spellings(member: str) -> tuple[str, ...]:
        """Return how a member may be written: as in the API, and as Step Functions has it."""
        return tuple(dict.fromkeys((*reversed(api_model.spellings(member)), member)))[::-1]


_EXTRA: Final = {
    "lambda": frozenset({"FunctionName", "Payload", "Qualifier", "InvocationType", "ClientContext", "LogType"}),
    "states": frozenset({"StateMachineArn", "Input", "Name", "TraceHeader"}),
    "batch": frozenset({"ContainerOverrides", "Tags"}),
    "ecs": frozenset({"PropagateTags"}),
}
"""Fields that Step Functions takes besides the API's own."""

_OTHER: Final = frozenset({"apigateway", "http", "eks", "elasticmapreduce", "bedrock", "events", "emr-serverless"})
"""Integrations whose request is no API's."""


def _shape(state: StateView) -> _Shape | None:
    resource = called(state)
    return None if resource is None or resource.type in _OTHER else _shape_of(resource)


@cache
def _shape_of(resource: Resource) -> _Shape | None:
    members = api_model.request_members(resource)
    return None if members is None else _Shape(resource, members)


ENDED: Final = {
    "alexaforbusiness": "May 2025",
    "codestar": "July 2024",
    "elastictranscoder": "November 2025",
    "evidently": "October 2025",
    "honeycode": "February 2024",
    "iotanalytics": "December 2025",
    "iotevents": "May 2026",
    "lookoutmetrics": "October 2025",
    "lookoutvision": "October 2025",
    "mediastore": "November 2025",
    "nimble": "October 2024",
    "opsworks": "May 2024",
    "opsworkscm": "May 2024",
    "pinpoint": "October 2026",
    "qldb": "July 2025",
    "qldbsession": "July 2025",
    "robomaker": "September 2025",
    "worklink": "April 2022",
}
"""Services that AWS has ended, and when (its announcements)."""

RUNTIMES: Final = frozenset(
    {"python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "nodejs", "nodejs4.3", "nodejs6.10", "nodejs8.10"}
    | {"nodejs10.x", "nodejs12.x", "nodejs14.x", "nodejs16.x", "nodejs18.x", "ruby2.5", "ruby2.7", "ruby3.2", "go1.x"}
    | {"dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1", "dotnet5.0", "dotnet6", "dotnet7", "java8"}
    | {"provided"}
)
"""Lambda runtimes that AWS has deprecated (Lambda's developer guide, "Runtime deprecation policy")."""


@state_rule("SFN406", "ended-service")
def ended_service(state: StateView) -> Findings:
    """A task calls a service that AWS has ended, or creates a function with a runtime that AWS has deprecated."""
    resource = called(state)
    if resource is None:
        return
    ended = ENDED.get(resource.type.removeprefix("aws-sdk:")) if resource.kind == "service" else None
    if ended is not None:
        where = (*state.path, "Resource")
        yield Finding(where, f"AWS ended {resource.type.removeprefix('aws-sdk:')} in {ended}", where)
    name, value = arguments(state)
    runtime = value.get("Runtime") if isinstance(value, dict) else None
    if resource.type == "aws-sdk:lambda" and runtime in RUNTIMES:
        where = (*state.path, name, "Runtime")
        yield Finding(where, f"AWS has deprecated the runtime {runtime}", where)


@state_rule("SFN407", "deprecated-field")
def deprecated_field(state: StateView) -> Findings:
    """A Map uses a field that AWS has replaced: Iterator is ItemProcessor, Parameters is ItemSelector.

    Both still work in an inline Map (developer guide, "Map state fields").
    """
    if state.type == "Map":
        for old, new in (("Iterator", "ItemProcessor"), ("Parameters", "ItemSelector")):
            if old in state.fields:
                where = (*state.path, old)
                yield Finding(where, f"A Map's {old} is deprecated", where, "key", f"Write {new}")


_FRAGILE: Final = frozenset({"http", "apigateway", "aws-sdk:rdsdata", "aws-sdk:redshiftdata"})


@state_rule("SFN408", "unbounded-map")
def unbounded_map(state: StateView) -> Findings:
    """A Map without MaxConcurrency calls what many calls at once can break.

    A distributed Map runs up to 10,000 child executions at once, an inline one up to 40 iterations. Found: a Lambda
    function, or any API with small limits, in a distributed Map; HTTP endpoints and databases in any.
    """
    if state.type != "Map" or any(name.startswith("MaxConcurrency") for name in state.fields):
        return
    distributed = is_distributed(state)
    for inner in (one for machine in state.machines for one in walk(machine)):
        resource = called(inner)
        if resource is not None and (distributed or resource.type in _FRAGILE):
            most = "10,000" if distributed else "40"
            what = f'Up to {most} items call {resource.label} at once, in "{inner.name}"'
            yield Finding(state.path, what, state.path, "key", "Set MaxConcurrency")
            return


@state_rule("SFN409", "payload-near-limit")
def payload_near_limit(state: StateView) -> Findings:
    """What a state hands on is, as written, more than half of the 262,144 bytes that a payload may have."""
    for name in ("Result", "Parameters", "Arguments", "Output", "ItemSelector", "ResultSelector"):
        if name in state.fields and (bytes_ := size(state.fields[name])) > MAX_BYTES // 2:
            where = (*state.path, name)
            yield Finding(
                where, f"{name} alone is {bytes_:,} of the {MAX_BYTES:,} bytes that a payload may have", where, "key"
            )


def static_texts(value: Json, path: Path) -> Iterator[tuple[Path, str, str]]:
    """Yield the strings in a value: place, key, text."""
    todo: list[tuple[Json, Path]] = [(value, path)]
    while todo:
        node, at = todo.pop()
        items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        for key, inner in items:
            if isinstance(inner, str):
                yield (*at, key), str(key), inner
            else:
                todo.append((inner, (*at, key)))
