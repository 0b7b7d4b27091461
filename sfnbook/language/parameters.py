"""What an integration's Parameters must look like for a task to start at all.

Only what AWS refuses before the task is scheduled, so that no event of it exists (recorded: apigateway,
test_invoke_with_headers[singleStringHeader]). Everything else is the service's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfnbook.language.resource import Resource

LISTS: Final[Mapping[tuple[str, str], tuple[str, ...]]] = {("apigateway", "invoke"): ("Headers", "QueryParameters")}
"""Fields that are objects whose values are arrays, by service and action."""


def lists(resource: Resource) -> tuple[str, ...]:
    """Return the fields of an integration that must hold arrays by name, () for most."""
    return LISTS.get((resource.type, resource.operation), ()) if resource.kind == "service" else ()


def misfit(fields: tuple[str, ...], parameters: Any) -> str | None:
    """Return what is wrong with Parameters in AWS's words, None when nothing is.

    >>> misfit(("Headers",), {"Headers": {"a": "b"}})
    "The value of the field 'Headers' has an invalid format"
    """
    for field in fields:
        value = parameters.get(field) if isinstance(parameters, dict) else None
        if value is not None and not (isinstance(value, dict) and all(isinstance(v, list) for v in value.values())):
            return f"The value of the field '{field}' has an invalid format"
    return None
