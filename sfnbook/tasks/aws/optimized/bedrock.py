"""``bedrock:invokeModel``: the optimized integration whose Body is JSON both ways, or an object in S3 (guide: Bedrock)."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any, Final

from sfnbook.errors import TaskError
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.values import Json, from_text, to_text

_URI: Final = re.compile(r"s3://([^/]+)/(.+)")


def request(parameters: Json) -> Json:
    """Return the Parameters as Bedrock's API takes them: ``Input.S3Uri`` read, ``Output`` left out. Raises TaskError."""
    if not isinstance(parameters, dict):
        return parameters
    given = {key: value for key, value in parameters.items() if key not in ("Input", "Output")}
    place = _place(parameters.get("Input"))
    if place is not None:
        given["Body"] = _call("get_object", **place)["Body"].read().decode("utf-8", "replace")
    return given


def result(parameters: Json, answer: dict[str, Json]) -> dict[str, Json]:
    """Return Bedrock's answer as the task's result: the Body as JSON, or where it was put. Raises TaskError."""
    body = answer.get("Body")
    place = _place(parameters.get("Output")) if isinstance(parameters, dict) else None
    if place is not None:
        text = body if isinstance(body, str) else to_text(body)
        _call("put_object", **place, Body=text.encode(), ContentType=answer.get("ContentType") or "application/json")
        return {**{key: value for key, value in answer.items() if key != "Body"}, "Output": parameters["Output"]}
    if isinstance(body, str):
        try:
            return {**answer, "Body": from_text(body)}
        except ValueError:
            return answer
    return answer


def _place(given: Json) -> dict[str, str] | None:
    uri = given.get("S3Uri") if isinstance(given, dict) else None
    if uri is None:
        return None
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if match is None:
        raise TaskError("Bedrock.ValidationException", f"The S3Uri {uri} is not valid: write s3://BUCKET/KEY")
    return {"Bucket": match[1], "Key": match[2]}


def _call(operation: str, **arguments: Any) -> Any:
    faults = import_module("botocore.exceptions")
    try:
        with services.call_context(services.where("s3")):
            return getattr(services.client("s3"), operation)(**arguments)
    except faults.ClientError as fault:
        words = f"{fault.response['Error'].get('Message')} (s3://{arguments['Bucket']}/{arguments['Key']})"
        raise TaskError("Bedrock.S3Exception", words) from None
    except faults.BotoCoreError as fault:
        raise TaskError("Bedrock.SdkClientException", str(fault)) from None
