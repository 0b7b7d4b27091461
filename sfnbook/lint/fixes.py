"""Fixes with one right answer, made in the text itself: order, comments and indentation stay.

A misspelt field, type or state whose near match differs in its letters' case, or by a letter or two; a missing End at a
state that nothing follows. What could be meant in two ways is left to its author.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from sfnbook.language.diagnostics import Diagnostic
from sfnbook.language.source import Source, Span

_MEANT: Final = re.compile(r'Did you mean "([^"]+)"\?')
_FIXABLE: Final = frozenset({"ASL101", "ASL102", "ASL103", "ASL104", "ASL405", "SFN303", "SFN305", "SFN404"})


_KEYS: Final = frozenset({"ASL101", "ASL102", "SFN404"})
_QUOTED: Final = r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^']|'')*)'"
_KEY: Final = re.compile(rf"{_QUOTED}|([\w.$-]+)")
_VALUE: Final = re.compile(rf"{_QUOTED}|([^\s\\\"',\[\]{{}}#][^\n,\[\]{{}}#]*?)(?=\s*(?:$|[,\]}}#]))", re.MULTILINE)


class Fix(NamedTuple):
    """A piece of a text, what stands there, and what is to stand there."""

    span: Span
    old: str
    new: str


def fixes(text: str, diagnostics: list[Diagnostic]) -> list[Fix]:
    """Return the fixes of diagnostics whose lines and columns belong to a text, in its order, none over another."""
    source = Source(text)
    found: list[Fix] = []
    for diagnostic in diagnostics:
        found += _fix(source, diagnostic)
    made: list[Fix] = []
    for fix in sorted(set(found)):
        if not made or fix.span.start >= made[-1].span.end:
            made.append(fix)
    return made


def fixed(text: str, diagnostics: list[Diagnostic]) -> tuple[str, int]:
    """Return a text with its fixes made, and how many there were."""
    found = fixes(text, diagnostics)
    for fix in reversed(found):
        text = text[: fix.span.start] + fix.new + text[fix.span.end :]
    return text, len(found)


def _fix(source: Source, diagnostic: Diagnostic) -> Iterator[Fix]:
    if diagnostic.line is None or diagnostic.column is None:
        return
    code = diagnostic.rule.partition(" ")[0]
    start = source.offset(diagnostic.line, diagnostic.column)
    if code == "ASL107" and diagnostic.message.startswith(
        "This object should have only one of the following fields: [Next, End]"
    ):
        yield from _end(source.text, start)
    meant = _MEANT.search(diagnostic.hint)
    shape = _KEY if code in _KEYS else _VALUE
    word = shape.match(source.text, start) if meant and code in _FIXABLE else None
    if meant is None or word is None:
        return
    group = next(number for number in range(1, 4) if word[number] is not None)
    old, new = word[group], meant[1]
    if code in ("SFN303", "SFN305"):
        piece = re.compile(rf"[$.]({_last_word(diagnostic.message)})\b").search(source.text, start)
        if piece is None:
            return
        old, word, group = piece[1], piece, 1
    if old.endswith(".$") and not new.endswith(".$"):
        new += ".$"
    if _close(old.removesuffix(".$"), new.removesuffix(".$")):
        yield Fix(Span(word.start(group), word.end(group)), old, new)


def _last_word(message: str) -> str:
    return re.escape(re.split(r"[$. ]", message)[-1])


def _close(old: str, new: str) -> bool:
    """Tell whether two words differ in case only, or by at most two letters of at least five."""
    return old.lower() == new.lower() or (min(len(old), len(new)) >= 4 and distance(old.lower(), new.lower()) <= 2)


def distance(one: str, other: str) -> int:
    """Return how many letters have to be put in, taken out or changed to make one word of another."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]


def _end(text: str, start: int) -> Iterator[Fix]:
    """Give a state its End, where it stands last of the States of a JSON text: nothing is there to follow it."""
    opening = re.compile(r'"(?:[^"\\]|\\.)*"\s*:\s*\{').match(text, start)
    if opening is None:
        return
    depth, at = 1, opening.end()
    strings = re.compile(r'"(?:[^"\\]|\\.)*"|[{}]')
    while depth and (token := strings.search(text, at)) is not None:
        depth += (token[0] == "{") - (token[0] == "}")
        at = token.end()
    if depth or not re.match(r"\s*\}", text[at:]):
        return
    inside = text[opening.end() : at - 1].rstrip()
    place = opening.end() + len(inside)
    if inside.strip():
        lead = re.search(r"\n[ \t]*", inside)
        yield Fix(Span(place, place), "", f',{lead[0] if lead else " "}"End": true')
