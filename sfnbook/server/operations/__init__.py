"""The operations of the Step Functions API: one function for each action, in modules by what they are about.

An operation gets the endpoint and a request that fits the model, and returns its answer as plain data, or an awaitable
of it. It raises ApiError to refuse. Knows nothing of HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeAlias

from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import (
    activities,
    aliases,
    executions,
    machines,
    map_runs,
    tags,
    tasks,
    test_state,
    versions,
)

Answer: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[Endpoint, dict[str, Any]], Answer | Awaitable[Answer]]

_MODULES: Final = (machines, versions, aliases, executions, map_runs, activities, tasks, tags, test_state)


def _table() -> dict[str, Operation]:
    found: dict[str, Operation] = {}
    for module in _MODULES:
        for name, function in vars(module).items():
            if (
                callable(function)
                and not name.startswith("_")
                and getattr(function, "__module__", "") == module.__name__
            ):
                found[_action(name)] = function
    return found


def _action(name: str) -> str:
    """Return AWS's name of an action: ``list_tags_for_resource`` is ListTagsForResource."""
    return re.sub(r"(?:^|_)([a-z])", lambda found: found[1].upper(), name)


OPERATIONS: Final[Mapping[str, Operation]] = _table()
"""All actions by AWS's names; a test holds them against botocore's model."""
