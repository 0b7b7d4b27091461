"""Texts that know where each of their characters stands in a file.

A definition is often a string inside another document: a YAML block, a JSON string, pieces that ``Fn::Join`` puts
together, a file whose placeholders are filled in. A `PlacedText` is such a string with the offset of each character in
the file that a person has open, found when somebody asks. Knows no template format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sfnbook.language import reader
from sfnbook.language.reader import Place, Places, Problem, Reading
from sfnbook.language.source import Source, Span

_LONGEST: Final = 80
"""Characters that one character of a text, or what a placeholder is replaced with, is written with at most."""


@dataclass(frozen=True)
class PlacedText:
    """A string and, on demand, the offset in the file of each of its characters."""

    text: str
    locate: Callable[[], Sequence[int]] = field(repr=False)

    @cached_property
    def offsets(self) -> Sequence[int]:
        """The offset in the file of each character, found once."""
        return self.locate()

    @staticmethod
    def at(text: str, offset: int) -> PlacedText:
        """Return a text of which all stands at one place: what a placeholder was replaced with."""
        return PlacedText(text, lambda: [offset] * len(text))

    @staticmethod
    def whole(text: str) -> PlacedText:
        """Return the text of a file as it stands."""
        return PlacedText(text, lambda: range(len(text)))

    @staticmethod
    def part(text: str, start: int, end: int) -> PlacedText:
        """Return a part of the text of a file as it stands."""
        return PlacedText(text[start:end], lambda: range(start, end))

    def cut(self, start: int, end: int) -> PlacedText:
        """Return a piece of this text."""
        return PlacedText(self.text[start:end], lambda: self.offsets[start:end])

    @staticmethod
    def joined(parts: Iterable[PlacedText]) -> PlacedText:
        """Return several texts one after the other."""
        pieces = list(parts)
        return PlacedText("".join(p.text for p in pieces), lambda: [at for p in pieces for at in p.offsets])

    def replaced(self, pattern: re.Pattern[str], value: Callable[[re.Match[str]], str | None]) -> PlacedText:
        """Return the text with each match of a pattern replaced; ``value`` gives None to leave one as it is."""
        cuts: list[tuple[int, int, str]] = []
        for match in pattern.finditer(self.text):
            text = value(match)
            if text is not None:
                cuts.append((match.start(), match.end(), text))
        if not cuts:
            return self
        pieces, at = [], 0
        for start, end, text in cuts:
            pieces += [self.text[at:start], text]
            at = end
        pieces.append(self.text[at:])

        def offsets() -> list[int]:
            known, found, at = self.offsets, list[int](), 0
            for start, end, text in cuts:
                found += known[at:start]
                found += [known[start]] * len(text)
                at = end
            return [*found, *known[at:]]

        return PlacedText("".join(pieces), offsets)

    def read(self, source: Source) -> Reading:
        """Return the reading of the JSON or YAML in this text, with its places in ``source``."""
        inner = reader.read(self.text)
        problems = tuple(Problem(p.kind, p.message, self.span(p.span), p.path) for p in inner.problems)

        def locate() -> Places:
            return {
                path: Place(None if place.key is None else self.span(place.key), self.span(place.value))
                for path, place in inner.places.items()
            }

        return Reading(inner.value, inner.ok, problems, locate, self.text, source)

    def span(self, span: Span) -> Span:
        """Return a piece of this text as a piece of the file."""
        known = self.offsets
        if not known:
            return Span(0, 0)
        start = known[min(span.start, len(known) - 1)]
        end = min(max(span.end, span.start + 1), len(known))
        last = max(known[end - 1], start)
        after = known[end] if end < len(known) else last + 1  # an escape, or a placeholder, is longer than what it says
        return Span(start, after if last < after <= last + _LONGEST else last + 1)


_PREFIX: Final = re.compile(r"(?:[!&][^\s,\[\]{}]*\s+)*")
_BLOCK: Final = re.compile(r"[|>][^\n]*\n")
_ESCAPE: Final = re.compile(
    r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|\r?\n[ \t]*|.)|[ \t]*\r?\n\s*|.", re.DOTALL
)


def scalar(source: str, span: Span, value: str) -> PlacedText:
    """Return a string of a JSON or YAML document, whose writing stands at ``span``, with its characters' places."""
    return PlacedText(value, lambda: _aligned(source[slice(*span)], span.start, value))


def _aligned(raw: str, base: int, value: str) -> list[int]:
    at = _PREFIX.match(raw).end()  # type: ignore[union-attr]  # matches the empty string too
    if raw[at : at + 1] == '"':
        return _escaped(raw, at + 1, base, value)
    block = _BLOCK.match(raw, at)
    return _greedy(raw, block.end() if block else at, base, value)


def _escaped(raw: str, at: int, base: int, value: str) -> list[int]:
    """Align a string in double quotes. A pair of escapes for one character beyond the BMP counts as one."""
    found: list[int] = []
    for match in _ESCAPE.finditer(raw, at):
        if len(found) == len(value):
            break
        token = match[0]
        if token[0] == "\\" and token[1] in "\r\n":
            continue
        if (
            token[:2] == "\\u"
            and 0xDC00 <= int(token[2:6] or "0", 16) <= 0xDFFF
            and ord(value[len(found) - 1]) > 0xFFFF
        ):
            continue
        folded = token.count("\n") if token[0] != "\\" else 0
        found += [base + match.start()] * max(1, folded - 1 if folded > 1 else 1)
    found = found[: len(value)]
    return found + [found[-1] if found else base + at] * (len(value) - len(found))


def _greedy(raw: str, at: int, base: int, value: str) -> list[int]:
    """Align the other styles, in which every character stands for itself but for indentation and line ends."""
    found: list[int] = []
    for char in value:
        if char.isspace():
            found.append(base + min(at, len(raw) - 1))
            if at < len(raw) and raw[at].isspace():
                at += 1
            continue
        place = raw.find(char, at)
        if place >= 0:
            at = place
        found.append(base + min(at, len(raw) - 1))
        at += 1
    return found
