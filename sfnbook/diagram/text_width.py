"""Text widths without a font: how much room a text takes at most, and how it is cut to fit.

Owns one table of advance widths. They are those of DejaVu Sans, the widest of the fonts that ``system-ui`` means
anywhere, so what fits here fits on every machine, and the same positions come out everywhere. Knows no font file.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

ELLIPSIS: Final = "…"

_REGULAR: Final = (
    32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
    84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69,
    61, 69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63,
    59, 82, 59, 59, 52, 64, 34, 64, 84,
)  # fmt: skip
"""Hundredths of an em of the characters 32 to 126."""

_BOLD: Final = 1.12
_OTHER: Final = 0.9
_WIDE: Final = 1.06


@lru_cache(maxsize=4096)
def _advance(character: str) -> float:
    code = ord(character)
    if 32 <= code < 127:
        return _REGULAR[code - 32] / 100
    if character in "·\u2018\u2019":
        return 0.33
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF" or code > 0xFFFF:
        return _WIDE
    return 1.0 if character == ELLIPSIS else _OTHER


def width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the pixels that a text takes at most at a font size.

    >>> width("ii", 10) < width("WW", 10)
    True
    """
    return sum(map(_advance, text)) * size * (_BOLD if bold else 1)


def elide(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """Return the text, its middle replaced by an ellipsis where it needs more than ``room`` pixels.

    >>> elide("a name that is much too long", 80, 10)
    'a name…o long'
    """
    if width(text, size, bold=bold) <= room:
        return text
    scale = size * (_BOLD if bold else 1)
    left = room / scale - _advance(ELLIPSIS)
    head, tail = 0, len(text)
    from_head = True
    while head < tail:
        at = head if from_head else tail - 1
        left -= _advance(text[at])
        if left < 0:
            break
        head, tail = (head + 1, tail) if from_head else (head, tail - 1)
        from_head = not from_head
    return f"{text[:head].rstrip()}{ELLIPSIS}{text[tail:].lstrip()}"


def wrap(text: str, room: float, size: float) -> list[str]:
    """Return the text on one line, or on two broken at a space; each line elided to ``room`` pixels."""
    if width(text, size) <= room or " " not in text:
        return [elide(text, room, size)]
    spaces = [i for i, character in enumerate(text) if character == " "]
    at = min(spaces, key=lambda i: max(width(text[:i], size), width(text[i + 1 :], size)))
    return [elide(text[:at], room, size), elide(text[at + 1 :], room, size)]
