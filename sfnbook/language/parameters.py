"""What an integration's Parameters must look like for a task to start at all.

Only what AWS refuses before the task is scheduled, so that no event of it exists (recorded: apigateway,
test_invoke_with_headers[singleStringHeader]). Everything else is the service's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sfnbook.language.resource import Resource


class Shapes(NamedTuple):
    """What some fields of an integration must hold. lists: objects whose values are arrays. texts: strings, or what
    becomes one by being written as JSON: an object or an array, but no bare number or boolean."""

    lists: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


SHAPES: Final[Mapping[tuple[str, str], Shapes]] = {
    ("apigateway", "invoke"): Shapes(lists=("Headers", "QueryParameters")),
    ("lambda", "invoke"): Shapes(texts=("Payload",)),
}
"""By service and action."""


def shapes(resource: Resource) -> Shapes | None:
    """Return what fields of an integration must hold, None for most."""
    return SHAPES.get((resource.type, resource.operation)) if resource.kind == "service" else None


def misfit(expected: Shapes, parameters: Any) -> str | None:
    """Return what is wrong with Parameters in AWS's words, None when nothing is.

    >>> misfit(Shapes(lists=("Headers",)), {"Headers": {"a": "b"}})
    "The value of the field 'Headers' has an invalid format"
    >>> misfit(Shapes(texts=("Payload",)), {"Payload": 1})
    "The value for the field 'Payload' must be a STRING"
    """
    if not isinstance(parameters, dict):
        return None
    for field in expected.lists:
        value = parameters.get(field)
        if value is not None and not (isinstance(value, dict) and all(isinstance(v, list) for v in value.values())):
            return f"The value of the field '{field}' has an invalid format"
    for field in expected.texts:
        if isinstance(parameters.get(field), (int, float)):
            return f"The value for the field '{field}' must be a STRING"
    return None
