"""AWS JSON 1.0: requests checked against botocore's model of the service, answers and errors as AWS words them.

Owns what a request may look like and how an error is written; knows no operation's meaning.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib import import_module
from typing import Any, Final

from sfnbook.values import MAX_DEPTH, deeper

TARGET: Final = "AWSStepFunctions."
CONTENT_TYPE: Final = "application/x-amz-json-1.0"


class ApiError(Exception):
    """A request is refused: AWS's name of the exception, its words, the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400, **more: Any) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status
        self.more = more

    def body(self) -> bytes:
        """Return the error as it travels."""
        return to_bytes({"__type": self.code, "message": self.message, **self.more})


def invalid(message: str, reason: str | None = None) -> ApiError:
    """Return a ValidationException."""
    more: dict[str, Any] = {"reason": reason} if reason else {}
    return ApiError("ValidationException", message, **more)


def _unserializable(message: str) -> ApiError:
    return ApiError("SerializationException", message)


# ------------------------------------------------------------------------------------------------------------ model
@cache
def model() -> dict[str, Any]:
    """Return botocore's model of Step Functions as plain data."""
    loader = import_module("botocore.loaders").Loader()
    loaded: dict[str, Any] = loader.load_service_model("stepfunctions", "service-2")
    return loaded


@cache
def operations() -> frozenset[str]:
    """Return the names of all operations."""
    return frozenset(model()["operations"])


def _shape(name: str) -> dict[str, Any]:
    found: dict[str, Any] = model()["shapes"][name]
    return found


# --------------------------------------------------------------------------------------------------------- requests
def read_body(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request. Raises ApiError."""
    try:
        request = json.loads(body or b"{}", parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _unserializable("Unable to parse the request: it is no JSON.") from None
    if not isinstance(request, dict):
        raise _unserializable("Unexpected token at the start of the request: it has to be an object.")
    if deeper(request, MAX_DEPTH):
        raise _unserializable(f"The request is nested deeper than {MAX_DEPTH} levels.")
    return request


def _refuse(name: str) -> Any:
    raise ValueError(name)


def check(operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a request that the model knows, null ones left out. Raises ApiError as AWS refuses."""
    shape = model()["operations"][operation]["input"]["shape"]
    read = _read(shape, request)
    faults = list(_faults(shape, read, ""))
    if faults:
        count = f"{len(faults)} validation error{'s' if len(faults) > 1 else ''} detected: "
        raise invalid(count + "; ".join(faults))
    return dict(read)


_KINDS: Final = {"integer": "Integer", "long": "Long", "float": "Float", "double": "Double", "boolean": "Boolean"}


def _read(name: str, value: Any) -> Any:
    """Return a value as its shape has it: unknown and null members left out. Raises ApiError for a wrong type."""
    shape = _shape(name)
    kind = shape["type"]
    if kind in ("structure", "list", "map"):
        return _read_container(shape, kind, value)
    if isinstance(value, dict):
        raise _unserializable("Start of structure or map found where not expected.")
    if isinstance(value, list):
        raise _unserializable("Start of list found where not expected")
    if kind == "string":
        if not isinstance(value, str):
            raise _unserializable(f"{_token(value)} can not be converted to a String")
        return value
    if kind == "boolean":
        if not isinstance(value, bool):
            raise _unserializable(f"{_token(value)} can not be converted to a Boolean")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        article = "an" if kind == "integer" else "a"
        raise _unserializable(f"{_token(value)} can not be converted to {article} {_KINDS.get(kind, kind)}")
    if kind in ("integer", "long"):
        limit = 2**31 if kind == "integer" else 2**63
        if not -limit <= value < limit:
            raise _unserializable(f"{value} is out of the range of {_KINDS[kind]}")
        return int(value)
    return float(value) if abs(value) < 2**63 else _too_big(value)


def _too_big(value: Any) -> Any:
    raise _unserializable("The number is out of range")


def _read_container(shape: Mapping[str, Any], kind: str, value: Any) -> Any:
    if kind == "list":
        if not isinstance(value, list):
            raise _unserializable("Expected list or null")
        return [None if item is None else _read(shape["member"]["shape"], item) for item in value]
    if not isinstance(value, dict):
        raise _unserializable("Expected structure or null" if kind == "structure" else "Expected map or null")
    if kind == "map":
        return {key: _read(shape["value"]["shape"], item) for key, item in value.items() if item is not None}
    members = shape["members"]
    return {
        key: _read(members[key]["shape"], item) for key, item in value.items() if key in members and item is not None
    }


def _token(value: Any) -> str:
    match value:
        case True:
            return "TRUE_VALUE"
        case False:
            return "FALSE_VALUE"
        case str():
            return "STRING_VALUE"
        case int():
            return "NUMBER_VALUE"
    return "DECIMAL_VALUE"


def _faults(name: str, value: Any, path: str) -> Iterator[str]:
    """Yield what is wrong with a value by its shape's constraints."""
    shape = _shape(name)
    kind = shape["type"]
    words = [] if value is None else list(_broken(shape, kind, value))
    shown = "Value" if shape.get("sensitive") else f"Value '{_java(name, value)}'" if words else ""
    for word in words:
        yield f"{shown} at '{path}' failed to satisfy constraint: {word}"
    if kind == "structure":
        for member in shape.get("required", ()):
            if member not in value:
                yield f"Value null at '{_join(path, member)}' failed to satisfy constraint: Member must not be null"
        for member, item in value.items():
            yield from _faults(shape["members"][member]["shape"], item, _join(path, member))
    elif kind == "list":
        for index, item in enumerate(value, 1):
            where = f"{path}.{index}.member"
            if item is None:
                yield f"Value null at '{where}' failed to satisfy constraint: Member must not be null"
            else:
                yield from _faults(shape["member"]["shape"], item, where)


def _join(path: str, member: str) -> str:
    return f"{path}.{member}" if path else member


_STATUSES: Final = ("SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING")
_ORDER: Final = {frozenset(_STATUSES): _STATUSES}
"""Enumerations that AWS prints in an order other than the model's (ExecutionStatus: recorded by others)."""


def _broken(shape: Mapping[str, Any], kind: str, value: Any) -> Iterator[str]:
    if kind in ("string", "list"):
        least, most = shape.get("min"), shape.get("max")
        if least is not None and len(value) < least:
            yield f"Member must have length greater than or equal to {least}"
        if most is not None and len(value) > most:
            yield f"Member must have length less than or equal to {most}"
        if kind == "string":
            if "enum" in shape and value not in shape["enum"]:
                words = _ORDER.get(frozenset(shape["enum"]), shape["enum"])
                yield f"Member must satisfy enum value set: [{', '.join(words)}]"
            pattern = shape.get("pattern")
            if pattern is not None and not _pattern(pattern).fullmatch(value):
                yield f"Member must satisfy regular expression pattern: {pattern}"
    elif kind in ("integer", "long", "float", "double"):
        least, most = shape.get("min"), shape.get("max")
        if least is not None and value < least:
            yield f"Member must have value greater than or equal to {least}"
        if most is not None and value > most:
            yield f"Member must have value less than or equal to {most}"


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text.replace("\\p{ASCII}", "[\\x00-\\x7f]"))


def _java(name: str, value: Any) -> str:
    """A value as Java's toString writes it, which is what AWS shows."""
    shape = _shape(name)
    match shape["type"]:
        case "structure":
            members = (
                f"{key}={_java(member['shape'], value[key]) if key in value else 'null'}"
                for key, member in shape["members"].items()
            )
            return f"{name}({', '.join(members)})"
        case "list":
            return f"[{', '.join('null' if i is None else _java(shape['member']['shape'], i) for i in value)}]"
        case "boolean":
            return str(value).lower()
    return str(value)


# ---------------------------------------------------------------------------------------------------------- answers
_encode: Final[Callable[[Any], str]] = json.JSONEncoder(
    separators=(",", ":"), default=lambda value: _moment(value), check_circular=False
).encode


def _moment(value: Any) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} in an answer")


def to_bytes(answer: Any) -> bytes:
    """Return an answer as it travels: dates as seconds since the epoch."""
    return _encode(answer).encode("ascii")
