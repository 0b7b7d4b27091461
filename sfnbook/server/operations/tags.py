"""Tags of machines and activities."""

from __future__ import annotations

from typing import Any

from sfnbook.server.api.arns import read_arn
from sfnbook.server.api.names_and_tags import check_tags
from sfnbook.server.api.wire import ApiError
from sfnbook.server.catalogue import Activity, Machine
from sfnbook.server.endpoint import Endpoint


def _tagged(endpoint: Endpoint, text: str) -> Machine | Activity:
    read_arn(text, "stateMachine", "activity")
    found = endpoint.catalogue.machines.get(text) or endpoint.catalogue.activities.get(text)
    if found is None:
        raise ApiError("ResourceNotFound", f"Resource not found: '{text}'", resourceName=text)
    return found


def tag_resource(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """TagResource."""
    found = _tagged(endpoint, request["resourceArn"])
    found.tags = check_tags(found.tags, request["tags"], found.arn)
    endpoint.catalogue.save(found)
    return {}


def untag_resource(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """UntagResource."""
    found = _tagged(endpoint, request["resourceArn"])
    found.tags = {key: value for key, value in found.tags.items() if key not in request["tagKeys"]}
    endpoint.catalogue.save(found)
    return {}


def list_tags_for_resource(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ListTagsForResource."""
    found = _tagged(endpoint, request["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in found.tags.items()]}
