"""The values that fields give, where a field wants a whole number, a timestamp or a type: read, shown, refused."""

from __future__ import annotations

import re
from typing import Final

from sfnbook.errors import StatesError
from sfnbook.query.jsonata.language import is_expression, source, wrong_type
from sfnbook.query.jsonpath.choice_rules import instant
from sfnbook.values import Json, to_text

_LONG: Final = re.compile(r"[+-]?[0-9]{1,18}")


def whole_number(value: Json) -> int | None:
    """Return the whole number that a ``...Path`` field leads to, None for anything else.

    A text is read as Java's Long.parseLong reads it: "1" counts (recorded: MAP_STATE_REFERENCE_IN_MAX_CONCURRENCY_PATH).
    """
    if isinstance(value, str):
        return int(value) if _LONG.fullmatch(value) else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def unexpected_type(text: Json, field: str, expected: str, value: Json) -> StatesError:
    """Return AWS's failure for a JSONata field of the wrong type; ``text`` is what the field says."""
    return wrong_type(source(text) if is_expression(text) else shown(text), field, expected, value)


def shown(value: Json) -> str:
    """Return a value as causes show it: strings raw, the rest as JSON."""
    return value if isinstance(value, str) else to_text(value)


def parse_timestamp(value: Json) -> float | None:
    """Return a timestamp as seconds since the epoch; None for what java.time's ISO_OFFSET_DATE_TIME does not read.

    That is what AWS's words name, "ISO-8601 extended offset date-time format" (recorded: test_wait_timestamp_jsonata).
    """
    moment = instant(value)
    return moment[0] + moment[1] / 1e9 if moment is not None else None
