"""What can be put on the diagram: state types, functions, service actions, each with the fields to begin with. Pure,
except that the names of AWS's actions are read from botocore's models.

A key names an entry for good: ``type:Wait``, ``function:charge``, ``service:sqs:sendMessage.waitForTaskToken``,
``service:aws-sdk:s3:getObject``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from sfnbook.diagram.glyphs import PATHS, glyph_of
from sfnbook.editor.completion import actions_of, parameters_of
from sfnbook.editor.help_texts import STATE_TEXTS
from sfnbook.errors import InputError
from sfnbook.language import fields as f
from sfnbook.language.definition import State
from sfnbook.language.parameters import shapes as shapes_of
from sfnbook.language.resource import parse_resource
from sfnbook.tasks.aws.api.model import service_names
from sfnbook.values import Json


class Item(NamedTuple):
    """An entry. name: of a state made of it, before a number is added; words: what it is for; glyph: an SVG path."""

    key: str
    type: str
    title: str
    words: str
    name: str
    glyph: str


MOST: Final = 200
"""Entries that a list shows at most."""
_FUNCTION_ARN: Final = "arn:aws:lambda:us-east-1:123456789012:function:"
_SDK_LETTERS: Final = 3
"""From so many letters on a word is looked for among the SDK's services, too."""


def items(query: str, functions: Iterable[str] = ()) -> list[Item]:
    """Return the entries that have all words of a query in them, best first; all but the SDK's for none.

    functions: of the notebook, by name.
    """
    words = query.lower().replace(":", " ").split()
    found = [one for one in _known(functions) if _fits(one, words)]
    found.sort(key=lambda one: _rank(one, words))
    if words:
        found += _sdk(words)
    return found[:MOST]


def item(key: str) -> Item:
    """Return the entry with a key. Raises InputError for one that is none."""
    kind, _, rest = key.partition(":")
    if kind == "type" and rest in f.STATE_TYPES:
        return _type(rest)
    if kind == "function" and rest:
        return _function(rest)
    if kind == "service" and ":" in rest:
        return _service(rest)
    raise InputError(f'There is nothing called "{key}" to add.')


def fields(one: Item, language: str, target: str, free: Callable[[str], str]) -> dict[str, Json]:
    """Return the fields of a state of an entry, without Next and End.

    target: the state that comes after it, "" for none; a Choice needs one. free: gives a name that no state has.
    """
    kind, _, rest = one.key.partition(":")
    jsonata = language == f.JSONATA
    if kind == "type":
        return _fields_of_type(rest, jsonata, target, free)
    resource = _FUNCTION_ARN + rest if kind == "function" else f"arn:aws:states:::{rest}"
    made: dict[str, Json] = {"Type": "Task", "Resource": resource}
    given = _parameters(rest, jsonata) if kind == "service" else {}
    return {**made, **({"Arguments" if jsonata else "Parameters": given} if given else {})}


# -- the list --------------------------------------------------------------------------------------------------------


def _known(functions: Iterable[str]) -> Iterator[Item]:
    yield from (_type(one) for one in _ORDER)
    yield from (_function(name) for name in functions)
    for service, actions in f.INTEGRATIONS.items():
        for action in sorted(actions):
            yield _service(f"{service}:{action}")
            for wait in sorted(f.WAITS.get(service, ())):
                if wait != "waitForTaskToken" or service in _TOKENS:
                    yield _service(f"{service}:{action}.{wait}")


_ORDER: Final = ("Pass", "Task", "Choice", "Wait", "Parallel", "Map", "Succeed", "Fail")


def _fits(one: Item, words: list[str]) -> bool:
    text = f"{one.title} {one.words} {one.key}".lower()
    return all(word in text for word in words)


def _rank(one: Item, words: list[str]) -> int:
    return 0 if not words or one.title.lower().startswith(words[0]) else 1


def _sdk(words: list[str]) -> Iterator[Item]:
    """Yield the SDK's actions of the services whose name begins with the first word."""
    begun = len(words[0]) >= _SDK_LETTERS
    services = [one for one in service_names() if one == words[0] or (begun and one.startswith(words[0]))]
    for service in sorted(services, key=len)[:4]:
        for action in actions_of(service):
            if all(word in action.lower() for word in words[1:]):
                yield _service(f"aws-sdk:{service}:{action}")


def _type(name: str) -> Item:
    return Item(f"type:{name}", name, name, STATE_TEXTS[name], name, PATHS.get(name.lower(), PATHS["service"]))


def _function(name: str) -> Item:
    words = "Calls this function of the notebook, as a Lambda function"
    return Item(f"function:{name}", "Task", name, words, name, PATHS["lambda"])


_WAITS: Final[Mapping[str, str]] = {
    "sync": ", and waits for the job to end",
    "sync:2": ", and waits for it to end; its output as JSON",
    "waitForTaskToken": ", and waits for a callback with the task token",
}


def _service(rest: str) -> Item:
    named, _, wait = rest.partition(".")
    service, _, action = named.removeprefix("aws-sdk:").partition(":")
    resource = f"arn:aws:states:::{rest}"
    drawn = State("", "Task", "", f.JSONPATH, {"Type": "Task", "Resource": resource}, ())
    words = f"Calls {service}'s {action[:1].upper()}{action[1:]}{_WAITS.get(wait, '')}"
    title = rest if not named.startswith("aws-sdk:") else f"{service}:{action}"
    name = " ".join(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", action).split()).capitalize()
    return Item(f"service:{rest}", "Task", title, words, f"{name} ({service})" if action == "invoke" else name, PATHS.get(glyph_of(drawn), PATHS["service"]))  # fmt: skip


# -- what a state begins with ----------------------------------------------------------------------------------------


def _fields_of_type(type: str, jsonata: bool, target: str, free: Callable[[str], str]) -> dict[str, Json]:
    made: dict[str, Json] = {"Type": type}
    match type:
        case "Task":
            made["Resource"] = f"{_FUNCTION_ARN}my_function"
        case "Wait":
            made["Seconds"] = 60
        case "Fail":
            made |= {"Error": "Failed", "Cause": "Say here what went wrong"}
        case "Choice":
            rule: Json = {"Condition": "{% $exists($states.input.value) %}"} if jsonata else {"Variable": "$.value", "IsPresent": True}  # fmt: skip
            made["Choices"] = [{**rule, "Next": target}]
        case "Parallel":
            first = free("Branch 1")
            second = free("Branch 2")
            made["Branches"] = [_machine(first), _machine(second)]
        case "Map":
            made |= {"Items": "{% $states.input.items %}"} if jsonata else {"ItemsPath": "$.items"}
            made["ItemProcessor"] = _machine(free("For each item"))
    return made


def _machine(name: str) -> Json:
    return {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}


_TOKENS: Final[Mapping[str, str]] = {
    "lambda": "Payload",
    "sqs": "MessageBody",
    "sns": "Message",
    "states": "Input",
    "events": "Entries",
    "apigateway": "RequestBody",
}
"""The field in which a service hands the task token on."""

_INPUT: Final = object()
_GIVEN: Final[Mapping[str, Mapping[str, object]]] = {
    "lambda:invoke": {"FunctionName": "my_function", "Payload": _INPUT},
    "sqs:sendMessage": {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/my-queue", "MessageBody": _INPUT},
    "sns:publish": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:my-topic", "Message": _INPUT},
    "states:startExecution": {
        "StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:my-machine",
        "Input": _INPUT,
    },
    "events:putEvents": {"Entries": [{"Source": "my.app", "DetailType": "MyDetail", "Detail": {}}]},
    "http:invoke": {
        "ApiEndpoint": "https://example.com",
        "Method": "GET",
        "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/my-connection/1"},
    },
    "apigateway:invoke": {"ApiEndpoint": "my-api.execute-api.us-east-1.amazonaws.com", "Method": "GET"},
    "eks:call": {
        "ClusterName": "my-cluster",
        "CertificateAuthority": "my-certificate",
        "Endpoint": "https://my-endpoint",
        "Method": "GET",
        "Path": "/api/v1/namespaces/default/pods",
    },
    "eks:runJob": {
        "ClusterName": "my-cluster",
        "CertificateAuthority": "my-certificate",
        "Endpoint": "https://my-endpoint",
        "Job": {},
    },
    "bedrock:invokeModel": {"ModelId": "my-model", "Body": {}},
    "dynamodb:getItem": {"TableName": "my-table", "Key": {"id": {"S": "1"}}},
    "dynamodb:putItem": {"TableName": "my-table", "Item": {"id": {"S": "1"}}},
    "dynamodb:deleteItem": {"TableName": "my-table", "Key": {"id": {"S": "1"}}},
    "dynamodb:updateItem": {"TableName": "my-table", "Key": {"id": {"S": "1"}}, "UpdateExpression": "SET a = :a"},
}
"""What an action begins with where its required parameters alone do not say enough."""

_BY_TYPE: Final[Mapping[str, Json]] = {
    "integer": 1, "long": 1, "float": 1, "double": 1, "boolean": True, "list": [], "structure": {}, "map": {},
}  # fmt: skip


def _parameters(rest: str, jsonata: bool) -> dict[str, Json]:
    """Return the parameters that an action needs, with values to be written over."""
    named, _, wait = rest.partition(".")
    given: Mapping[str, object] = _GIVEN.get(named) or _required(named)
    made = dict(_written(name, value, jsonata) for name, value in given.items())
    field = _TOKENS.get(named.partition(":")[0])
    if wait != "waitForTaskToken" or field is None:
        return made
    made.pop(f"{field}.$", None)
    token: Json = {"TaskToken": "{% $states.context.Task.Token %}"} if jsonata else {"TaskToken.$": "$$.Task.Token"}
    if field == "Entries":
        made[field] = [{"Source": "my.app", "DetailType": "MyDetail", "Detail": token}]
    else:
        made[field] = token
    return made


def _required(named: str) -> dict[str, object]:
    known = parameters_of(f"arn:aws:states:::{named}")
    shapes = shapes_of(parse_resource(f"arn:aws:states:::{named}"))
    needed = {name: detail for name, detail in known if detail.endswith(", required")}
    needed |= {name: dict(known).get(name, "string") for name in (shapes.required if shapes else ())}
    return {name: _example(name, detail.partition(",")[0]) for name, detail in needed.items()}


def _example(name: str, type: str) -> Json:
    return _BY_TYPE.get(type, f"My{name}")


def _written(name: str, value: object, jsonata: bool) -> tuple[str, Json]:
    if value is not _INPUT:
        plain: Json = value  # all but the mark for the input is JSON
        return name, plain
    return (name, "{% $states.input %}") if jsonata else (f"{name}.$", "$")
