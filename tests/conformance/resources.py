"""What existed when a case was recorded, made again in the embedded services."""

from __future__ import annotations

import json
import re
from typing import Any

from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import services


def prepare(case: dict[str, Any]) -> None:
    """Empty the embedded services and make the case's resources.

    API Gateway gives its resources ids of its own: the recording's (root000001, res1) are replaced as they come up.
    """
    services.reset()
    services.read_env_file("AWS_ACCOUNT_ID=111111111111\nAWS_DEFAULT_REGION=us-east-1")
    services.start()
    embedded.empty()
    ids: dict[str, str] = {}
    for call in case.get("setup") or ():
        _make(call, ids)


def _make(call: dict[str, Any], ids: dict[str, str]) -> None:
    parameters = _plain(call["params"], ids)
    client = services.client(call["service"])
    match call["op"]:
        case "create_rest_api":
            parameters["tags"] = {"_custom_id_": "restapi0001"}
            answer = client.create_rest_api(**parameters)
            ids["root000001"] = answer["rootResourceId"]
        case "create_resource":
            ids[f"res{len(ids)}"] = client.create_resource(**parameters)["id"]
        case "put_rule":
            parameters["EventPattern"] = json.dumps(parameters["EventPattern"])
            client.put_rule(**parameters)
        case operation:
            getattr(client, operation)(**parameters)


def _plain(value: Any, ids: dict[str, str]) -> Any:
    match value:
        case {"__bytes__": text}:
            return text.encode()
        case dict():
            return {key: _plain(child, ids) for key, child in value.items()}
        case list():
            return [_plain(child, ids) for child in value]
        case str():
            return re.sub(r"^(root000001|res\d+)$", lambda found: ids.get(found[0], found[0]), value)
    return value
