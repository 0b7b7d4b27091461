"""A value on its way to the page: its JSON text, cut where it is long, and its size. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sfnbook.values import Json, to_text
from sfnbook.widget.traits.limits import BUDGET, EVENT_TEXT, SMALLEST_TEXT, VALUE_TEXT
from sfnbook.widget.traits.shapes import Value, VisitMessage

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def text_of(value: Json) -> str:
    """Return a value's compact JSON text, lone surrogates escaped so that it can travel as UTF-8."""
    text = to_text(value)
    return text if text.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def value_message(value: Json, length: int = VALUE_TEXT) -> Value:
    """Return a value's text, cut to ``length`` characters, and its size.

    >>> value_message({"a": 1})
    {'text': '{"a":1}', 'bytes': 7, 'cut': False}
    """
    text = text_of(value)
    size = len(text) if text.isascii() else len(text.encode())
    return {"text": text[:length], "bytes": size, "cut": len(text) > length}


def plain(text: str | None, length: int = VALUE_TEXT) -> str:
    """Return a text as it can be shown and sent: lone surrogates replaced, the middle of a very long one left out."""
    clean = _SURROGATE.sub("\ufffd", text or "")
    if len(clean) <= length:
        return clean
    half = length // 2
    return f"{clean[:half]}\n… {len(clean) - 2 * half:,} characters left out …\n{clean[-half:]}"


def brief(value: Json, length: int = EVENT_TEXT) -> str:
    """Return the beginning of a value's JSON text without making the whole: a cell of a table.

    >>> brief({"input": [1, 2, 3], "name": "A"}, 12)
    '{"input": [1…'
    """
    parts: list[str] = []
    _write(value, parts, length)
    text = "".join(parts)
    return text if len(text) <= length else text[:length] + "…"


def _write(value: Json, parts: list[str], left: int) -> int:
    """Append the text of a value until ``left`` characters are used up; return what is left."""
    if left < 0:
        return left
    if isinstance(value, dict):
        parts.append("{")
        for index, (key, child) in enumerate(value.items()):
            parts.append(f"{', ' if index else ''}{text_of(str(key))}: ")
            left = _write(child, parts, left - len(parts[-1]))
            if left < 0:
                return left
        parts.append("}")
        return left - 2
    if isinstance(value, (list, tuple)):
        parts.append("[")
        for index, child in enumerate(value):
            if index:
                parts.append(", ")
            left = _write(child, parts, left - 2)
            if left < 0:
                return left
        parts.append("]")
        return left - 2
    parts.append(text_of(value[: left + 8]) if isinstance(value, str) else text_of(value))
    return left - len(parts[-1])


def fit(visits: list[VisitMessage], budget: int = BUDGET) -> list[VisitMessage]:
    """Return the visits with every value cut so far that all of them together stay within a budget of characters.

    The longest values give first: all are cut to one length, the largest that fits.
    """
    lengths = sorted(len(value["text"]) for visit in visits for value in _values(visit))
    if sum(lengths) <= budget:
        return visits
    length = max(SMALLEST_TEXT, _level(lengths, budget))
    return [_cut(visit, length) for visit in visits]


def _level(lengths: list[int], budget: int) -> int:
    """The largest cap with sum(min(length, cap)) <= budget; ``lengths`` ascending."""
    left = budget
    for index, length in enumerate(lengths):
        share = left // (len(lengths) - index)
        if length > share:
            return share
        left -= length
    return lengths[-1]


def _values(visit: VisitMessage) -> Iterable[Value]:
    holders: list[Mapping[str, Any]] = [visit, *visit["attempts"]]
    for holder in holders:
        yield from (holder[key] for key in ("input", "output", "parameters") if key in holder)
    yield from (stage["value"] for stage in visit["stages"])
    yield from visit["assigned"].values()


def _cut(node: Any, length: int) -> Any:
    """Copy a message with its values cut."""
    if isinstance(node, list):
        return [_cut(child, length) for child in node]
    if not isinstance(node, dict):
        return node
    if node.keys() == {"text", "bytes", "cut"}:
        long = len(node["text"]) > length
        return {"text": node["text"][:length], "bytes": node["bytes"], "cut": True} if long else node
    return {key: _cut(child, length) if isinstance(child, (dict, list)) else child for key, child in node.items()}
