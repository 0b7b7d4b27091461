"""Lint rules about Retry and Catch: what can never be caught, never be reached, never be raised."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfnbook.language.resource import parse_resource
from sfnbook.language.rule import Finding, Findings, StateView
from sfnbook.language.rules import is_distributed
from sfnbook.lint.rule import state_rule
from sfnbook.values import Json

UNCATCHABLE: Final = ("States.Runtime", "States.NoChoiceMatched")
"""Errors that end an execution whatever its Catchers say (developer guide, "Error names")."""


def entries(state: StateView, name: str) -> Iterator[tuple[int, Mapping[str, Any], list[str]]]:
    """Yield the retriers or catchers of a state: index, entry, error names."""
    value = state.fields.get(name)
    for index, entry in enumerate(value if isinstance(value, list) else ()):
        errors = entry.get("ErrorEquals") if isinstance(entry, dict) else None
        if isinstance(errors, list):
            yield index, entry, [error for error in errors if isinstance(error, str)]


@state_rule("SFN201", "uncatchable-error")
def uncatchable_error(state: StateView) -> Findings:
    """A Retry or Catch names an error that can never be caught.

    States.Runtime (a path that finds nothing, a null where there must be an object) and a Choice's
    States.NoChoiceMatched end the execution; so the entry gives a safety that is not there.

        "Catch": [{"ErrorEquals": ["States.Runtime"], "Next": "Sorry"}]       # never taken
    """
    for name in ("Retry", "Catch"):
        for index, _, errors in entries(state, name):
            for at, error in enumerate(errors):
                if error in UNCATCHABLE and not (error == "States.NoChoiceMatched" and state.machines):
                    where = (*state.path, name, index, "ErrorEquals", at)
                    yield Finding(where, f"{error} can never be {'caught' if name == 'Catch' else 'retried'}", where)


@state_rule("SFN202", "unreachable-handler")
def unreachable_handler(state: StateView) -> Findings:
    """An entry of Retry or Catch can never count, because earlier ones name all of its errors.

    Entries are tried in order; the first that names the error counts. States.TaskFailed stands for every error of a
    task but States.Timeout.

        "Catch": [{"ErrorEquals": ["States.TaskFailed"], "Next": "A"},
                  {"ErrorEquals": ["Lambda.Unknown"], "Next": "B"}]           # never taken
    """
    for name in ("Retry", "Catch"):
        seen: set[str] = set()
        for index, _, errors in entries(state, name):
            covered = [error for error in errors if error in seen or ("States.TaskFailed" in seen and _of_task(error))]
            if errors and len(covered) == len(errors):
                where = (*state.path, name, index)
                what = "retrier" if name == "Retry" else "catcher"
                yield Finding(where, f"This {what} can never count: earlier ones name {', '.join(errors)}", where)
            elif covered:
                where = (*state.path, name, index, "ErrorEquals")
                yield Finding(where, f"Named before, so without effect here: {', '.join(covered)}", where)
            seen.update(errors)


def _of_task(error: str) -> bool:
    return error not in ("States.ALL", "States.Timeout", "States.HeartbeatTimeout") and not error.startswith(
        ("States.DataLimit", "States.Runtime", "States.TaskFailed")
    )


_FAMILIES: Final = {
    "Lambda": {"lambda"},
    "DynamoDB": {"dynamodb"},
    "DynamoDb": {"dynamodb"},
    "ECS": {"ecs"},
    "Batch": {"batch"},
    "Glue": {"glue"},
    "SNS": {"sns"},
    "SQS": {"sqs"},
    "SageMaker": {"sagemaker"},
    "Athena": {"athena"},
    "ApiGateway": {"apigateway"},
    "EventBridge": {"events", "eventbridge"},
    "CodeBuild": {"codebuild"},
    "StepFunctions": {"states", "sfn"},
    "States.Http": {"http"},
}
"""The first part of the errors of an integration, and the services that raise them."""


@state_rule("SFN204", "catch-to-itself")
def catch_to_itself(state: StateView) -> Findings:
    """A Catch leads back to its own state: while the error lasts, so does the loop, without a pause and without an end.

    "Charge": {"Type": "Task", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Charge"}]}

    A Retry has an interval, a backoff and a last attempt.
    """
    for index, entry, _ in entries(state, "Catch"):
        if entry.get("Next") == state.name:
            where = (*state.path, "Catch", index, "Next")
            yield Finding(
                where, "This Catch leads back to its own state, without a pause or an end", where, hint="Use Retry"
            )


@state_rule("SFN203", "error-never-raised")
def error_never_raised(state: StateView) -> Findings:
    """A Retry or Catch names an error that this state cannot raise.

        "Resource": "arn:aws:states:::dynamodb:putItem",
        "Retry": [{"ErrorEquals": ["Lambda.ServiceException"]}]               # no Lambda function is called here

    Names of your own are left alone: a function may raise any.
    """
    for name in ("Retry", "Catch"):
        for index, _, errors in entries(state, name):
            for at, error in enumerate(errors):
                if why := _never(state, error):
                    where = (*state.path, name, index, "ErrorEquals", at)
                    yield Finding(where, f"{error} is never raised here: {why}", where)


def _never(state: StateView, error: str) -> str:
    fields = state.fields
    match error:
        case "States.HeartbeatTimeout" if state.type == "Task":
            return (
                "" if {"HeartbeatSeconds", "HeartbeatSecondsPath"} & fields.keys() else "there is no HeartbeatSeconds"
            )
        case "States.ExceedToleratedFailureThreshold" | "States.ItemReaderFailed" | "States.ResultWriterFailed":
            return "" if state.type == "Map" and is_distributed(state) else "this is no distributed Map"
        case "States.BranchFailed":
            return "" if state.type == "Parallel" else "this is no Parallel"
        case "States.QueryEvaluationError":
            return "" if state.language == "JSONata" or state.machines else "this state's query language is JSONPath"
        case "States.ParameterPathFailure" | "States.IntrinsicFailure" | "States.ResultPathMatchFailure":
            return "" if state.language == "JSONPath" or state.machines else "this state's query language is JSONata"
    if state.type != "Task":
        return ""
    return _foreign(fields.get("Resource"), error)


def _foreign(resource: Json, error: str) -> str:
    if not isinstance(resource, str) or "${" in resource:
        return ""
    called = parse_resource(resource)
    service = called.type.removeprefix("aws-sdk:").lower() if called.kind == "service" else called.kind
    family = "States.Http" if error.startswith("States.Http.") else error.partition(".")[0] if "." in error else ""
    owners = _FAMILIES.get(family)
    if owners is None or service in owners or service == "activity" or (called.pattern == "waitForTaskToken"):
        return ""
    if service == "lambda" and family != "States.Http":
        return ""  # a function may raise what it likes, and a name with a dot is what it likes
    return f"{re.sub(r'^aws-sdk:', '', called.label)} is called"
