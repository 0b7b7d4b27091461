"""Names and tags: what AWS takes, and its words for what it does not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.tasks.start_execution import FORBIDDEN

MOST_TAGS: Final = 50

RESERVED: Final = "aws:"
_TAG: Final = re.compile(r"[\w\s.:/=+\-@]*")
"""Letters, digits and whitespace of any script, and ``_ . : / = + - @`` (guide: "Restrictions related to tagging")."""


def check_name(name: str) -> str:
    """Return a name that AWS takes (API reference: CreateStateMachine, name). Raises ApiError (InvalidName)."""
    if FORBIDDEN.search(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")
    return name


def check_tags(known: Mapping[str, str], given: Iterable[Mapping[str, Any]], arn: str) -> dict[str, str]:
    """Return the tags with the given ones added. Raises ApiError (TooManyTags, ValidationException)."""
    given = list(given)
    for tag in given:
        for part in (tag.get("key", ""), tag.get("value", "")):
            if part.lower().startswith(RESERVED):
                raise invalid(f"Tag keys and values must not begin with '{RESERVED}', which is reserved: '{part}'")
            if not _TAG.fullmatch(part):
                raise invalid(f"Tags may contain letters, digits, whitespace and _ . : / = + - @ only: '{part}'")
    tags = {**known, **{tag["key"]: tag.get("value", "") for tag in given if "key" in tag}}
    if len(tags) > MOST_TAGS:
        raise ApiError("TooManyTags", f"Too many tags: '{arn}'", resourceName=arn)
    return tags
