"""What a service says against a request before it does anything, where the embedded ones would let it pass.

From AWS's API models (the common validation of the services that speak JSON), and in a service's own words where those
are recorded or documented. Pure: a request in, what is invalid in it out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfnbook.tasks.aws.api.model import service
from sfnbook.values import from_text, to_text

PATTERNS: Final = {("dynamodb", "TableName"): "[a-zA-Z0-9_.-]+"}
"""Patterns that a service still checks though its model no longer says so (recorded: test_put_item_invalid_table_name)."""

OWN_WORDS: Final = {
    ("secretsmanager", "Name"): (
        "[A-Za-z0-9/_+=.@!-]+",
        "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
    )
}
"""Patterns that a service checks in words of its own (its API reference)."""

SIZED: Final = frozenset({"json", "rest-json"})
"""Protocols whose services check lengths, ranges and enumerations against the model."""


@dataclass(frozen=True, slots=True)
class InvalidRequest:
    """What a service answers instead of doing it. code: the error's; "" for what the SDK itself refuses to send."""

    code: str
    words: str


def check_request(name: str, operation: str, sent: Mapping[str, Any]) -> InvalidRequest | None:
    """Return the error with which a service answers an invalid request, None for a valid one."""
    own = _OWN.get(name)
    found = own(operation, sent) if own is not None else None
    if found is None and own is not _queue:
        found = _common(name, operation, sent)
    return found


# ------------------------------------------------------------------------------------------------ the common validation
def _common(name: str, operation: str, sent: Mapping[str, Any]) -> InvalidRequest | None:
    model = service(name)
    shape = model.operation_model(operation).input_shape
    if shape is None:
        return None
    protocol = str(model.metadata["protocol"])
    code = "ValidationError" if protocol in ("query", "ec2") else "ValidationException"
    for member, value in sent.items():
        pattern, words = OWN_WORDS.get((name, member), ("", ""))
        if pattern and not re.fullmatch(pattern, str(value)):
            return InvalidRequest(code, words)
    made = set(model.operation_model(operation).idempotent_members)  # the SDK makes these up
    found = [f"Value {value} failed to satisfy constraint: Member must {must}" for value, must in
             _violations(name, shape, sent, "", protocol in SIZED, made)]  # fmt: skip
    if not found:
        return None
    errors = "error" if len(found) == 1 else "errors"
    return InvalidRequest(code, f"{len(found)} validation {errors} detected: {'; '.join(found)}")


def _violations(
    name: str, shape: Any, sent: Any, place: str, sized: bool, made: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """Yield each offending value with its place, and what it must be; missing members come first."""
    for member in shape.required_members:
        if member not in sent and member not in made:
            yield f"null at '{place}{_lower(member)}'", "not be null"
    for member, value in sent.items():
        where = f"'{place}{_lower(member)}'"
        pattern = PATTERNS.get((name, member)) if not place else None
        if pattern and isinstance(value, str) and not re.fullmatch(pattern, value) and not value.startswith("arn:"):
            yield f"'{value}' at {where}", f"satisfy regular expression pattern: {pattern}"
        elif sized:
            shown = value if isinstance(value, str) else to_text(value) if isinstance(value, (int, float)) else "[]"
            for must in _size(shape.members[member], value):
                yield f"'{shown}' at {where}", must
        inner = shape.members[member]
        if inner.type_name == "structure" and isinstance(value, dict) and not getattr(inner, "is_document_type", False):
            yield from _violations(name, inner, value, f"{place}{_lower(member)}.", sized)


def _lower(member: str) -> str:
    return member[:1].lower() + member[1:]


def _size(shape: Any, value: Any) -> Iterator[str]:
    """Yield what the model's bounds and enumerations demand of a value that lacks it."""
    allowed = getattr(shape, "enum", None)
    if allowed and value not in allowed:
        yield f"satisfy enum value set: [{', '.join(allowed)}]"
    if isinstance(value, bool) or not isinstance(value, (str, list, int, float)):
        return
    amount, what = (len(value), "have length") if isinstance(value, (str, list)) else (value, "have value")
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and amount < least:
        yield f"{what} greater than or equal to {least}"
    if most is not None and amount > most:
        yield f"{what} less than or equal to {most}"


# ----------------------------------------------------------------------------------------------- in their own words
def _queue(operation: str, sent: Mapping[str, Any]) -> InvalidRequest | None:
    """SQS says in words of its own what a request lacks; an empty text counts as lacking."""
    shape = service("sqs").operation_model(operation).input_shape
    for member in shape.required_members if shape is not None else ():
        if sent.get(member) in (None, ""):
            return InvalidRequest("MissingParameter", f"The request must contain the parameter {member}.")
    return None


def _topic(operation: str, sent: Mapping[str, Any]) -> InvalidRequest | None:
    """SNS, Publish (its API reference; words of its errors as they are widely quoted)."""
    if operation != "Publish":
        return None
    arn, message = sent.get("TopicArn") or sent.get("TargetArn"), sent.get("Message")
    if not arn and not sent.get("PhoneNumber"):
        return _parameter("TopicArn or TargetArn Reason: no value for required parameter")
    if arn and len(arn.split(":")) < 6:
        return _parameter(f"TopicArn Reason: An ARN must have at least 6 elements, not {len(arn.split(':'))}")
    if message == "":
        return _parameter("Empty message")
    if message is not None and sent.get("MessageStructure") == "json":
        try:
            value = from_text(message)
        except ValueError:
            return _parameter("Message Structure - JSON message body failed to parse")
        if not isinstance(value, dict) or not isinstance(value.get("default"), str):
            return _parameter("Message Structure - No default entry in JSON message body")
    for name, attribute in (sent.get("MessageAttributes") or {}).items():
        kind = str(attribute.get("DataType", ""))
        if not (attribute.get("StringValue") or attribute.get("BinaryValue")):
            words = f"The message attribute '{name}' must contain non-empty message attribute value for message "
            return InvalidRequest("ParameterValueInvalid", f"{words}attribute type '{kind}'.")
    if arn and arn.endswith(".fifo") and not sent.get("MessageGroupId"):
        return _parameter("The MessageGroupId parameter is required for FIFO topics")
    return None


def _parameter(words: str) -> InvalidRequest:
    return InvalidRequest("InvalidParameter", f"Invalid parameter: {words}")


def _object(operation: str, sent: Mapping[str, Any]) -> InvalidRequest | None:
    """S3: a request without bucket or key is not sent at all; the SDK needs both for the URL."""
    shape = service("s3").operation_model(operation).input_shape
    for member in ("Bucket", "Key"):
        if shape is not None and member in shape.members and member in shape.required_members and not sent.get(member):
            return InvalidRequest(
                "", f"{member} must not be null." if member not in sent else f"{member} cannot be empty."
            )
    return None


_OWN: Final = {"sqs": _queue, "sns": _topic, "s3": _object}
