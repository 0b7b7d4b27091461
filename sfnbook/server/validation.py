"""Names and tags: what AWS takes, and its words for what it does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sfnbook.server.wire import ApiError
from sfnbook.tasks.start_execution import FORBIDDEN

MOST_TAGS: Final = 50


def check_name(name: str) -> str:
    """Return a name that AWS takes (API reference: CreateStateMachine, name). Raises ApiError (InvalidName)."""
    if FORBIDDEN.search(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")
    return name


def check_tags(known: Mapping[str, str], given: Iterable[Mapping[str, Any]], arn: str) -> dict[str, str]:
    """Return the tags with the given ones added. Raises ApiError (TooManyTags)."""
    tags = {**known, **{tag["key"]: tag.get("value", "") for tag in given if "key" in tag}}
    if len(tags) > MOST_TAGS:
        raise ApiError("TooManyTags", f"Too many tags: '{arn}'", resourceName=arn)
    return tags
