"""How Step Functions shapes a call to an AWS API: its Parameters, its result, its errors.

Everything follows from AWS's own API models as botocore carries them; what does not is a named exception in a table with
its source. Pure: text and values in, values out; no client, no network.

Two families differ (recorded): the *optimized* integrations are older (Java SDK v1: ``DynamoDB.AmazonDynamoDBException``,
times as milliseconds, HTTP metadata in the result), ``aws-sdk:`` is newer (SDK v2: ``DynamoDb.DynamoDbException``, times as
text, no metadata, acronyms that begin a name in one capital: ``Md5OfMessageBody``).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from sfnbook.language.parameters import unsupported
from sfnbook.tasks.aws.api import parameter_checks
from sfnbook.tasks.aws.api.envelope import envelope
from sfnbook.tasks.aws.api.model import service, spellings
from sfnbook.values import Json, to_text

OPTIMIZED_PREFIX: Final = {
    "dynamodb": "DynamoDB",
    "sqs": "SQS",
    "sns": "SNS",
    "ecs": "ECS",
    "emr": "ElasticMapReduce",
    "stepfunctions": "StepFunctions",
    "sagemaker": "SageMaker",
    "events": "EventBridge",
    "codebuild": "CodeBuild",
    "eks": "EKS",
    "bedrock-runtime": "Bedrock",
    "bedrock-agentcore": "BedrockAgentCore",
    "emr-containers": "EMRContainers",
    "emr-serverless": "EMRServerless",
}
"""What stands before the dot in an optimized integration's error, where it is not the SDK's name (recorded, guide)."""

V1_NAME: Final = {
    "dynamodb": "AmazonDynamoDBv2",
    "stepfunctions": "AWSStepFunctions",
    "sagemaker": "AmazonSageMaker",
    "emr": "AmazonElasticMapReduce",
}
"""The service's name in SDK v1 where the model's (abbreviated) full name does not give it (recorded: DynamoDB)."""

SDK_NAMES: Final = {("AttributeValue", "NULL"): "Nul"}
"""Members that the SDK behind ``aws-sdk:`` calls otherwise (Java SDK v2: AttributeValue.nul), by their structure."""


STORED: Final = frozenset({"PutObjectRequest", "UploadPartRequest"})
"""The requests, by their structure's name, whose body is stored as JSON text: S3's objects."""


class InvalidParameters(Exception):
    """Parameters that Step Functions refuses to send; the text is AWS's."""


# ------------------------------------------------------------------------------------------------------- Parameters
def request(shape: Any, parameters: Json) -> dict[str, Any]:
    """Return Parameters as boto3 takes them. Raises InvalidParameters for a field the API does not have or of another type.

    Members in PascalCase become the model's names; null counts as absent; whatever is no text becomes its JSON text where
    the API wants a text (MessageBody, Message, Detail, an item's "N"); texts become bytes and numbers where it wants those.
    """
    if parameters is None:
        return {}
    if not isinstance(parameters, dict):
        raise InvalidParameters("The Parameters must be a JSON object")
    return _structure(shape, parameters, "") if shape is not None else {}


def _structure(shape: Any, value: Json, field: str) -> dict[str, Any]:
    if getattr(shape, "is_document_type", False):
        return value  # type: ignore[no-any-return]  # a document is any JSON
    if not isinstance(value, dict):
        raise InvalidParameters(parameter_checks.misshapen(field))
    names, payload = _names(shape), shape.serialization.get("payload")
    found = {}
    for key, child in value.items():
        name = names.get(key)
        if name is None:
            raise InvalidParameters(unsupported(key))
        if child is not None:
            member = shape.members[name]
            whole = name == payload and member.type_name == "blob"
            found[name] = _body(child, shape.name) if whole else _in(member, child, key)
    return found


def _body(value: Json, whole: str) -> bytes:
    """A blob that is a request's whole body: a value's JSON text, also a text's for an object of S3 (recorded by others:
    the quotes are stored), and a text as it is elsewhere, which is a function's payload."""
    return (value if isinstance(value, str) and whole not in STORED else to_text(value)).encode()


@cache
def _names(shape: Any) -> dict[str, str]:
    """The spellings a structure's members may have in Parameters, and each one's name in the model."""
    found = {spelling: name for name in shape.members for spelling in spellings(name)}
    return found | {SDK_NAMES[shape.name, name]: name for name in shape.members if (shape.name, name) in SDK_NAMES}


def _in(shape: Any, value: Json, field: str) -> Any:
    match shape.type_name:
        case "structure":
            return _structure(shape, value, field)
        case "list":
            if not isinstance(value, list):
                raise InvalidParameters(parameter_checks.misshapen(field))
            return [_in(shape.member, child, field) for child in value]
        case "map":
            if not isinstance(value, dict):
                raise InvalidParameters(parameter_checks.misshapen(field))
            return {key: _in(shape.value, child, key) for key, child in value.items()}
        case "string" | "character":
            return value if isinstance(value, str) else to_text(value)
        case "blob":
            return _bytes(value)
        case "boolean":
            return _boolean(value, field)
        case "timestamp":
            return _time(value, field)
        case _:
            return _number(shape, value, field)


def _bytes(value: Json) -> bytes:
    """Any other blob is base64, as on the wire; a text that does not read as that counts as itself."""
    if not isinstance(value, str):
        return to_text(value).encode()
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value.encode()


def _boolean(value: Json, field: str) -> bool:
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return bool(value == "true")
    raise InvalidParameters(parameter_checks.misshapen(field))


def _number(shape: Any, value: Json, field: str) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value) if "." in value else int(value)
        except ValueError:
            value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidParameters(parameter_checks.misshapen(field))
    if shape.type_name in ("integer", "long"):
        if value != int(value):
            raise InvalidParameters(parameter_checks.misshapen(field))
        return int(value)
    return float(value)


def _time(value: Json, field: str) -> datetime:
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return datetime.fromtimestamp(value if value < 1e11 else value / 1000, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        raise InvalidParameters(parameter_checks.misshapen(field)) from None


# ----------------------------------------------------------------------------------------------------------- results
def result(shape: Any, answer: Mapping[str, Any], *, sdk: bool) -> dict[str, Json]:
    """Return what boto3 answered as the task's result: PascalCase, JSON only, no HTTP metadata."""
    return {} if shape is None else _out_structure(shape, answer, sdk)


def _out_structure(shape: Any, value: Mapping[str, Any], sdk: bool) -> dict[str, Json]:
    if getattr(shape, "is_document_type", False):
        return dict(value)
    members, payload = shape.members, shape.serialization.get("payload")
    found = {}
    for name, child in value.items():
        if name in members and child is not None:
            whole = name == payload and members[name].type_name == "blob"
            shown = SDK_NAMES.get((shape.name, name), spellings(name)[-1]) if sdk else spellings(name)[0]
            found[shown] = _body_text(child) if whole else _out(members[name], child, sdk)
    return found


def _out(shape: Any, value: Any, sdk: bool) -> Json:
    match shape.type_name:
        case "structure":
            return _out_structure(shape, value, sdk) if isinstance(value, Mapping) else value
        case "list":
            return [_out(shape.member, child, sdk) for child in value]
        case "map":
            return {str(key): _out(shape.value, child, sdk) for key, child in value.items()}
        case "timestamp":
            return _written(value, sdk)
        case "blob":
            return base64.b64encode(bytes(value)).decode()
        case _:
            return value


def _written(at: Any, sdk: bool) -> Json:
    """A time: ISO 8601 from the SDK integrations, milliseconds since the epoch from the optimized ones."""
    if not isinstance(at, datetime):
        return str(at)
    if not sdk:
        return round(at.timestamp() * 1000)
    utc = at.astimezone(UTC)
    text = utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds")
    return text.replace("+00:00", "Z")


def _body_text(value: Any) -> str:
    """A response's whole body as text; base64 when it is none."""
    data = bytes(value.read() if hasattr(value, "read") else value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()


_HEADERS: Final = {
    "x-amzn-requestid": "x-amzn-RequestId",
    "content-length": "Content-Length",
    "content-type": "Content-Type",
    "date": "Date",
    "connection": "connection",
    "x-amz-crc32": "x-amz-crc32",
}


def metadata(answer: Mapping[str, Any]) -> dict[str, Json]:
    """Return what an optimized integration adds to its result: SdkHttpMetadata and SdkResponseMetadata (recorded)."""
    about = answer.get("ResponseMetadata") or {}
    headers = {_HEADERS.get(k, k): str(v) for k, v in (about.get("HTTPHeaders") or {}).items()}
    return envelope(headers, about.get("RequestId", ""), about.get("HTTPStatusCode", 200))


# ------------------------------------------------------------------------------------------------------------ errors
@dataclass(frozen=True, slots=True)
class ErrorWording:
    """The wording of errors: an SDK's or an optimized integration's. name: boto3's name of the service; sdk: an ``aws-sdk:`` integration."""

    name: str
    sdk: bool

    @property
    def prefix(self) -> str:
        """What stands before the dot of an error's name."""
        own = sdk_name(str(service(self.name).metadata["serviceId"]))
        return own if self.sdk else OPTIMIZED_PREFIX.get(self.name, own)

    def error(self, code: str) -> str:
        """Return the Error of a failure that the service reports under ``code``.

        A code that the API's model knows is an exception class of that name; any other one is the SDK's base exception.

        >>> ErrorWording("dynamodb", False).error("ValidationException"), ErrorWording("s3", True).error("NoSuchBucket")
        ('DynamoDB.AmazonDynamoDBException', 'S3.NoSuchBucketException')
        """
        return f"{self.prefix}.{self._exception(code)}"

    def status(self, code: str, given: int) -> int:
        """Return the HTTP status that AWS has for an error: its model's, or 400 and 500 of the services that speak JSON."""
        shape = self._shape(code)
        about = shape.metadata.get("error") or {} if shape is not None else {}
        if "httpStatusCode" in about:
            return int(about["httpStatusCode"])
        if shape is None or service(self.name).metadata["protocol"] != "json":
            return given
        return 500 if shape.metadata.get("fault") else 400

    def _shape(self, code: str) -> Any:
        shapes = service(self.name).error_shapes
        return next((shape for shape in shapes if code in (shape.error_code, shape.name)), None)

    def _exception(self, code: str) -> str:
        shape = self._shape(code)
        if shape is not None:
            name = str(shape.name).removesuffix("Fault")
            return name if name.endswith("Exception") else name + "Exception"
        return f"{self.prefix}Exception" if self.sdk else f"{_v1_name(self.name).removesuffix('v2')}Exception"

    def cause(self, message: str, status: int, code: str, request_id: str, host_id: str = "") -> str:
        """Return the Cause: the service's message and the tail of the SDK's exception (recorded)."""
        if self.sdk:
            extended = f", Extended Request ID: {host_id}" if host_id else ""
            return f"{message} (Service: {self.prefix}, Status Code: {status}, Request ID: {request_id}{extended})"
        return (
            f"{message} (Service: {_v1_name(self.name)}; Status Code: {status}; Error Code: {code}; "
            f"Request ID: {request_id}; Proxy: null)"
        )


def _v1_name(name: str) -> str:
    about = service(name).metadata
    full = str(about.get("serviceAbbreviation") or about["serviceFullName"])
    return V1_NAME.get(name) or re.sub(r"[^A-Za-z0-9]", "", full.removesuffix(" Service"))


@cache
def sdk_name(service_id: str) -> str:
    """Return a service's name in the Java SDK v2: each word with one capital.

    >>> sdk_name("DynamoDB"), sdk_name("Secrets Manager"), sdk_name("SFN"), sdk_name("EC2"), sdk_name("IoT")
    ('DynamoDb', 'SecretsManager', 'Sfn', 'Ec2', 'Iot')
    """
    text = re.sub(r"(?<=[a-z])(?=[A-Z][A-Za-z0-9])", " ", service_id)
    text = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", text)
    text = re.sub(r"([0-9])([A-Za-z])", r"\1 \2", text)
    return "".join(word.capitalize() for word in re.split(r"[^A-Za-z0-9]+", text))
