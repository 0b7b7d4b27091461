"""The token of a task that waits to be answered, found again in what was sent out: histories record it nowhere else.

A template says where it went (``"token.$": "$$.Task.Token"``, ``{% $states.context.Task.Token %}``), the recorded
parameters what stands there. Pure.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sfnbook.values import Json

_PATH: Final = re.compile(r"\$\$(\.Task\.Token|\['Task'\]\['Token'\])")
_JSONATA: Final = re.compile(r"\{%\s*\$states\.context\.Task\.Token\s*%\}")


def token_in(template: Json, sent: Any) -> str | None:
    """Return the Task token that a template put into what was sent, None where it put none by itself.

    >>> token_in({"Payload": {"t.$": "$$.Task.Token"}}, {"Payload": {"t": "AQ=="}})
    'AQ=='
    """
    if isinstance(template, dict) and isinstance(sent, dict):
        for key, part in template.items():
            if key.endswith(".$") and isinstance(part, str) and _PATH.fullmatch(part):
                found = sent.get(key[:-2])
                if isinstance(found, str):
                    return found
            if (inner := token_in(part, sent.get(key))) is not None:
                return inner
    elif isinstance(template, list) and isinstance(sent, list):
        return next((t for pair in zip(template, sent, strict=False) if (t := token_in(*pair)) is not None), None)
    elif isinstance(template, str) and isinstance(sent, str) and _JSONATA.fullmatch(template):
        return sent
    return None
