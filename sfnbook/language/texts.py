"""JSON texts that come with a request: read, and refused in the words of AWS's JSON reader (Jackson).

Owns the words for what is wrong with a text; knows nothing of what it is for.
"""

from __future__ import annotations

import json
import re
from typing import Final

from sfnbook.values import Json, from_text, wire_copy

_VALUES: Final = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_WORD: Final = re.compile(r"[A-Za-z_$][\w$]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"?')


def read_json(text: str) -> Json:
    """Return the value of a JSON text. Raises ValueError in Jackson's words (recorded: test_invalid_start_execution_input)."""
    try:
        return wire_copy(from_text(text))
    except json.JSONDecodeError as fault:
        raise ValueError(_words(text, fault)) from None


def _words(text: str, fault: json.JSONDecodeError) -> str:
    rest = text[fault.pos :]
    trailing = fault.msg.startswith("Illegal trailing comma")  # since Python 3.13, which points at the comma
    if trailing:
        rest = rest[1:].lstrip()
    if fault.msg.startswith("Invalid control character"):
        return (
            f"Illegal unquoted character ((CTRL-CHAR, code {ord(rest[0])})): "
            "has to be escaped using backslash to be included in string value"
        )
    if fault.msg.startswith("Unterminated"):
        return "Unexpected end-of-input: was expecting closing quote for a string value"
    if fault.msg.startswith("Invalid \\escape") or fault.msg.startswith("Invalid \\uXXXX"):
        return f"Unrecognized character escape {_character(rest[1:2] or rest)}"
    if not rest:
        return f"Unexpected end-of-input: expected close marker for {_container(text)}"
    if fault.msg.startswith("Expecting property name") or (trailing and rest[0] == "}"):
        return f"Unexpected character {_character(rest)}: was expecting double-quote to start field name"
    if fault.msg.startswith("Expecting ':'"):
        return f"Unexpected character {_character(rest)}: was expecting a colon to separate field name and value"
    if fault.msg.startswith("Expecting ','"):
        entries = f"{_container(text[: fault.pos])} entries"
        return f"Unexpected character {_character(rest)}: was expecting comma to separate {entries}"
    word = _WORD.match(rest)
    if word:
        return f"Unrecognized token '{word[0]}': was expecting {_VALUES}"
    return f"Unexpected character {_character(rest)}: expected a valid value {_VALUES}"


def _character(rest: str) -> str:
    return f"('{rest[0]}' (code {ord(rest[0])}))"


def _container(text: str) -> str:
    """Return what is open at the end of a text: Object or Array."""
    open_ = [c for c in _STRING.sub("", text) if c in "{}[]"]
    depth = 0
    for c in reversed(open_):
        if c in "}]":
            depth += 1
        elif depth:
            depth -= 1
        else:
            return "Object" if c == "{" else "Array"
    return "Object"
