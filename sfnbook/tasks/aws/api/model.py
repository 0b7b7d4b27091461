"""What an AWS API takes and answers, by AWS's own API models: those that botocore carries, loaded when first asked.

Owns the checks of a request and of a mocked result against such a model. Knows no endpoint, never calls anything, and
holds no shape of its own: only which API stands behind a resource.
"""

from __future__ import annotations

import gzip
import importlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from sfnbook.language.resource import Resource
from sfnbook.values import Json

Mode = Literal["STRICT", "PRESENT", "NONE"]
"""How closely a mocked result is looked at: required fields too, the fields that are there, or not at all."""

_OPTIMIZED: Final = {"states": "stepfunctions", "elasticmapreduce": "emr", "bedrock": "bedrock-runtime"}
"""The optimized integrations that botocore calls by another name."""

_OWN_SHAPE: Final = frozenset({"apigateway", "http", "eks", "elasticmapreduce"})
"""Optimized integrations whose results are no API's answer: "Mock validation is not supported" (developer guide), and
EMR's, whose actions are Step Functions' own."""

_RECORDED: Final = {"lambda": {"MemorySize": {"max": 10_240}}}
"""Limits that Step Functions was recorded to check (test_strict_mode_aws_sdk_lambda_get_function_task, December 2025)
where botocore's model of today has others: its models of other services are not as young as an SDK's."""

_VERBS: Final = re.compile(r"(?:Create|Start|Submit|Run|Batch)(?=[A-Z])")


# ------------------------------------------------------------------------------------------------- finding a model
@cache
def _loader() -> Any:
    """Return botocore's loader: each new one reads the list of all services again."""
    return importlib.import_module("botocore.loaders").create_loader()


@cache
def service(name: str) -> Any:
    """Return botocore's model of a service. Raises LookupError when it has none."""
    model = importlib.import_module("botocore.model")
    exceptions = importlib.import_module("botocore.exceptions")
    try:
        description = _loader().load_service_model(name, "service-2")
    except exceptions.DataNotFoundError:
        raise LookupError(name) from None
    for shape, limits in _RECORDED.get(name, {}).items():
        description["shapes"][shape] |= limits
    return model.ServiceModel(description, name)


@cache
def service_names() -> dict[str, str]:
    """botocore's name of each service by its SDK's: the service id in small letters, as ``aws-sdk:`` has it."""
    found: dict[str, str] = {}
    data = _data()
    for path in sorted(data.glob("*/*/service-2.json.gz")):
        with gzip.open(path) as packed:
            head = packed.read(4_096).decode("utf-8", "replace")
        match = re.search(r'"serviceId"\s*:\s*"([^"]+)"', head)
        if match:
            found[re.sub(r"[^a-z0-9]", "", match[1].lower())] = path.parts[-3]
    return found


def operation(resource: Resource) -> Any | None:
    """Return the model of the operation whose answer is the task's result; None where no API's answer is.

    A ``.sync`` task ends with the answer of the API that is polled (developer guide, "Testing .sync").
    """
    if resource.pattern == "waitForTaskToken":
        return None
    wanted = resource.operation[:1].upper() + resource.operation[1:]
    return _found(resource, _polled(wanted) if resource.pattern.startswith("sync") else (wanted,))


def request_operation(resource: Resource) -> Any | None:
    """Return the model of the operation that an integration calls; None where it calls no API by its own name."""
    return _found(resource, (resource.operation,))


class Members(NamedTuple):
    """The fields of an API's request by their names in the API. required: those that a caller has to give."""

    names: tuple[str, ...]
    required: tuple[str, ...]


@cache
def request_members(resource: Resource) -> Members | None:
    """Return the fields of what an integration's API is asked with; None where no API's request is.

    Read from the model's own text: botocore's classes take longer to import than a file takes to be checked.
    """
    shapes_and_name = request_shape(resource)
    if shapes_and_name is None:
        return None
    shapes, name = shapes_and_name
    shape = shapes[name]
    members = shape["members"]
    required = (one for one in shape.get("required", ()) if not members[one].get("idempotencyToken"))
    return Members(tuple(members), tuple(required))


def request_shape(resource: Resource) -> tuple[Mapping[str, Any], str] | None:
    """Return the shapes of an integration's API as its model writes them, and the name of the request's."""
    name = _service_of(resource)
    known = description(name) if name is not None else None
    found = _operation_named(known["operations"], (resource.operation,)) if known is not None else None
    if known is None or found is None or "input" not in known["operations"][found]:
        return None
    return known["shapes"], known["operations"][found]["input"]["shape"]


@lru_cache(maxsize=8)
def description(name: str) -> Mapping[str, Any] | None:
    """Return the text of botocore's model of a service, by botocore's or its SDK's name; None where it has none."""
    data = _data()
    folder = data / name if re.fullmatch(r"[a-z0-9-]+", name) else data / "-"
    if not folder.is_dir():
        folder = data / service_names().get(name, "-")
    versions = sorted(folder.glob("*/service-2.json.gz"))
    model: Mapping[str, Any] | None = json.loads(gzip.decompress(versions[-1].read_bytes())) if versions else None
    return model


def _data() -> Path:
    return Path(str(importlib.import_module("botocore").__file__)).parent / "data"


def _service_of(resource: Resource) -> str | None:
    """Return botocore's or the SDK's name of the service whose API an integration calls by the API's own names."""
    if resource.kind != "service":
        return None
    sdk = resource.type.removeprefix("aws-sdk:")
    if sdk != resource.type:
        return sdk
    return None if sdk in _OWN_SHAPE else _OPTIMIZED.get(sdk, sdk)


def _operation_named(operations: Iterable[str], candidates: tuple[str, ...]) -> str | None:
    names = {known.lower(): known for known in operations}
    return next((names[one.lower()] for one in candidates if one.lower() in names), None)


def _found(resource: Resource, candidates: tuple[str, ...]) -> Any | None:
    name = _service_of(resource)
    if name is None:
        return None
    if resource.type.startswith("aws-sdk:"):
        name = service_names().get(name, name)
    try:
        model = service(name)
    except LookupError:
        return None
    found = _operation_named(model.operation_names, candidates)
    return model.operation_model(found) if found is not None else None


def _polled(action: str) -> tuple[str, ...]:
    """The names that the polling API of an action may have: StartJobRun is polled by GetJobRun or DescribeJobRun."""
    noun = _VERBS.sub("", action, count=1)
    plural = f"{noun}es" if noun.endswith("ch") else f"{noun}s"
    return f"Describe{noun}", f"Get{noun}", f"Describe{plural}", f"BatchGet{plural}"


# --------------------------------------------------------------------------------------------------- mocked results
def result_problem(resource: Resource, result: Json, mode: Mode) -> str | None:
    """Return the first fault of a mocked result, in AWS's words, or None."""
    model = operation(resource) if mode != "NONE" else None
    if model is None or model.output_shape is None:
        return None
    walk = _Walk(strict=mode == "STRICT", free=_free(resource))
    return next(walk.structure(model.output_shape, result, ""), None)


def _free(resource: Resource) -> frozenset[str]:
    """The members that Step Functions has turned from text into JSON, so that they hold anything."""
    if resource.is_lambda_invoke:
        return frozenset({"Payload"})
    if resource.type == "states" and resource.pattern == "sync:2":
        return frozenset({"Input", "Output"})
    if resource.type == "bedrock":
        return frozenset({"Body"})
    return frozenset()


class _Walk:
    """Compares a value with a shape and yields what does not fit. strict: required members have to be there."""

    def __init__(self, *, strict: bool, free: frozenset[str]) -> None:
        self.strict = strict
        self.free = free

    def structure(self, shape: Any, value: Json, name: str) -> Iterator[str]:
        if getattr(shape, "is_document_type", False):
            return
        if not isinstance(value, dict):
            yield f"Field '{name}' must be an object" if name else "The result must be an object"
            return
        members = {spelling: member for member in shape.members for spelling in spellings(member)}
        if self.strict:
            for member in shape.required_members:
                if not any(spelling in value for spelling in spellings(member)):
                    yield f"Required field '{spellings(member)[0]}' is missing"
        for key, child in value.items():
            if key in members and not (key in self.free and not name):
                yield from self.value(shape.members[members[key]], child, key)

    def value(self, shape: Any, value: Json, name: str) -> Iterator[str]:
        match shape.type_name:
            case "structure":
                yield from self.structure(shape, value, name)
            case "list":
                yield from self._list(shape, value, name)
            case "map":
                yield from self._map(shape, value, name)
            case "boolean":
                if not isinstance(value, bool):
                    yield f"Field '{name}' must be a boolean"
            case "integer" | "long" | "float" | "double" | "bigdecimal":
                yield from self._number(shape, value, name)
            case _:  # string, character, blob and timestamp are text in a state's data
                yield from self._text(shape, value, name)

    def _list(self, shape: Any, value: Json, name: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"Field '{name}' must be an array"
            return
        yield from _bounds(shape, len(value), f"Field '{name}' has fewer items than the minimum",
                           f"Field '{name}' has more items than the maximum")  # fmt: skip
        for child in value:
            yield from self.value(shape.member, child, name)

    def _map(self, shape: Any, value: Json, name: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"Field '{name}' must be an object"
            return
        for key, child in value.items():
            yield from self.value(shape.value, child, key)

    def _number(self, shape: Any, value: Json, name: str) -> Iterator[str]:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield f"Field '{name}' must be a number"
        elif shape.type_name in ("integer", "long") and value != int(value):
            yield f"Field '{name}' must be an integer"
        else:
            yield from _bounds(shape, value, f"Field '{name}' is less than the minimum value",
                               f"Field '{name}' exceeds the maximum value")  # fmt: skip

    def _text(self, shape: Any, value: Json, name: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield f"Field '{name}' must be a string"
        elif getattr(shape, "enum", None) and value not in shape.enum:
            yield f"Field '{name}' is not an expected value"
        elif shape.type_name != "timestamp":
            yield from _bounds(shape, len(value), f"Field '{name}' is smaller than the minimum length",
                               f"Field '{name}' exceeds the maximum length")  # fmt: skip


def _bounds(shape: Any, size: float, small: str, large: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield small
    if most is not None and size > most:
        yield large


@cache
def spellings(member: str) -> tuple[str, ...]:
    """Return how a state's data spells a member of an API: in PascalCase, and as the SDK behind ``aws-sdk:`` does.

    >>> spellings("executionArn"), spellings("SSEKMSKeyId")
    (('ExecutionArn',), ('SSEKMSKeyId', 'SsekmsKeyId'))
    """
    pascal = member[:1].upper() + member[1:]
    sdk = re.sub(r"^[A-Z]+(?=[A-Z][a-z]|[0-9]|$)", lambda acronym: acronym[0].capitalize(), pascal)
    return (pascal,) if sdk == pascal else (pascal, sdk)


# --------------------------------------------------------------------------------------------------------- requests
def malformed(name: str, action: str, request: Mapping[str, Any]) -> str:
    """Return what boto3 would say against a request before sending it (ParamValidationError), "" if nothing."""
    validate = importlib.import_module("botocore.validate")
    shape = service(name).operation_model(action).input_shape
    return str(validate.ParamValidator().validate(dict(request), shape).generate_report())


def unacceptable(name: str, action: str, request: Mapping[str, Any]) -> list[str]:
    """Return which constraints of the API's model a well-formed request breaks, as AWS's ValidationException does."""
    return list(_constraints(service(name).operation_model(action).input_shape, request, ""))


def _constraints(shape: Any, value: Any, place: str) -> Iterator[str]:
    if shape.type_name == "structure":
        for key, child in value.items():
            yield from _constraints(shape.members[key], child, f"{place}.{key}" if place else key)
        return
    shown = "Value" if shape.metadata.get("sensitive") else f"Value '{value}'"
    problem = f"{shown} at '{place}' failed to satisfy constraint: Member must"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    enum = getattr(shape, "enum", None)
    if enum and value not in enum:
        yield f"{problem} satisfy enum value set: [{', '.join(enum)}]"
    size, what = (len(value), "have length") if isinstance(value, str) else (value, "have value")
    if least is not None and size < least:
        yield f"{problem} {what} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"{problem} {what} less than or equal to {most}"
