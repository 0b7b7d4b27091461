"""TestState and ValidateStateMachineDefinition."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from sfnbook.machine import validate
from sfnbook.server.api.arns import read_role
from sfnbook.server.api.wire import ApiError
from sfnbook.server.endpoint import Endpoint

_WIRE: Final = ("severity", "code", "message", "location")


async def test_state(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """TestState. Tasks that are not mocked need a role, as on AWS, and are answered as in executions here."""
    from sfnbook import teststate  # its API models: only for those who use it

    arguments = {
        "input": request.get("input"),
        "state_name": request.get("stateName"),
        "role_arn": request.get("roleArn"),
        "inspection_level": request.get("inspectionLevel", "INFO"),
        "reveal_secrets": request.get("revealSecrets", False),
        "variables": request.get("variables"),
        "context": request.get("context"),
        "mock": request.get("mock"),
        "state_configuration": request.get("stateConfiguration"),
        "bind": endpoint.registry if "roleArn" in request else None,
    }
    if "roleArn" in request:
        read_role(request["roleArn"])
    try:
        return await asyncio.to_thread(teststate.test_state, request["definition"], **arguments)
    except teststate.TestStateError as refused:
        raise ApiError(refused.code, refused.message) from None


test_state.__dict__["__test__"] = False  # pytest: no test function


async def validate_state_machine_definition(endpoint: Endpoint, request: dict[str, Any]) -> dict[str, Any]:
    """ValidateStateMachineDefinition."""
    answer = await asyncio.to_thread(validate, request["definition"], request.get("type", "STANDARD"))
    wanted = ("ERROR", "WARNING") if request.get("severity") == "WARNING" else ("ERROR",)
    found = [
        {key: diagnostic[key] for key in _WIRE if diagnostic.get(key)}  # no location at all where there is none
        for diagnostic in answer["diagnostics"]
        if diagnostic["severity"] in wanted
    ]
    limit = request.get("maxResults") or 100
    return {"result": answer["result"], "diagnostics": found[:limit], "truncated": len(found) > limit}
