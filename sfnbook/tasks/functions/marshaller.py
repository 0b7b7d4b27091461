"""What AWS's Python runtime makes of a function's return value: the rules of awslambdaric's encoder.

Beyond JSON's own types it takes Decimal (a number, as ``str`` writes it), bytes inside a value (their UTF-8 text) and
named tuples (an object). It refuses the rest, in the words of `refused`. Checked against the encoder itself in
tests/tasks/functions/test_marshaller.py.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from sfnbook.values import Json, from_text, wire_copy

_PLACED: Final = re.compile(r"(.+?) at (\$.*?) is not JSON serializable(?:: (.*))?", re.DOTALL)


def marshalled(result: Any) -> Json:
    """Return a return value as JSON. Raises ValueError that names the place of what the runtime does not take."""
    try:
        return wire_copy(result)
    except ValueError:  # rare: so only such a value is walked through a second time
        return wire_copy(_plain(result))


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return from_text(str(value)) if value.is_finite() else float(value)
    if isinstance(value, bytes):
        return value.decode("utf-8")
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {_plain(key) if isinstance(key, bytes) else key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def refused(why: str) -> tuple[str, str]:
    """Return the runtime's words for a value it does not take, and what to do about it, from `marshalled`'s error.

    >>> refused("set at $.ids is not JSON serializable: write sorted(value)")
    ('Object of type set is not JSON serializable', 'The set is at $.ids: write sorted(value).')
    """
    found = _PLACED.fullmatch(why)
    if found is None:
        return why, ""
    kind, where, instead = found.groups()
    return (
        f"Object of type {kind} is not JSON serializable",
        f"The {kind} is at {where}{f': {instead}' if instead else ''}.",
    )
