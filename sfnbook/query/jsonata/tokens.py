"""The tokens of a JSONata expression: what stands in its text, and where.

Only as much as the checks need that AWS makes when a machine is created, and that jlens, a later JSONata, does not make.
Syntax is jlens's to judge: an expression that comes here can be read, and one that cannot gives some tokens or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple


class Token(NamedTuple):
    """A token. kind: "name", "variable", "number", "string", "regex" or "operator"; start, end: offsets in the text.

    infix: an operator that stands between two operands.
    """

    kind: str
    text: str
    start: int
    end: int
    infix: bool = False


_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+|/\*.*?\*/)
    |(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<name>`[^`]*`|[^\W\d]\w*)
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<variable>\$\$(?!\w)|\$\w*)
    |(?P<operator>\*\*|:=|!=|>=|<=|~>|\?\?|\?:|\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX: Final = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\]|\\.)*\])+/[im]*")
_WORDS: Final = frozenset({"and", "or", "in"})
_OPERANDS: Final = frozenset({"*", "**", "%", "?"})
"""Operators that in an operand's place are operands: wildcards, the parent, a placeholder of a partial application."""


@lru_cache(maxsize=1024)
def tokens(text: str) -> tuple[Token, ...]:
    """Return the tokens of an expression, in order, without spaces, comments and the signatures of functions."""
    return tuple(_read(text))


def _read(text: str) -> Iterator[Token]:
    at, after_operand, previous = 0, False, ""
    opened: list[bool] = []  # of each open parenthesis: whether a function's parameters stand in it
    parameters_end = -1
    while at < len(text):
        if (
            text[at] == "/"
            and not after_operand
            and not text.startswith("/*", at)
            and (regex := _REGEX.match(text, at))
        ):
            yield Token("regex", regex[0], at, regex.end())
            at, after_operand, previous = regex.end(), True, ""
            continue
        found = _TOKEN.match(text, at)
        if found is None:
            return
        kind, word = found.lastgroup or "", found[0]
        start, at = at, found.end()
        if kind == "space":
            continue
        if word == "<" and parameters_end >= 0:
            at = _signature_end(text, start)
            parameters_end = -1
            continue
        parameters_end = -1
        if kind == "name" and word in _WORDS and after_operand:
            kind = "operator"
        if kind != "operator":
            yield Token(kind, word, start, at)
            after_operand, previous = True, word
            continue
        infix = after_operand and word not in ")]},;:"
        yield Token("operator", word, start, at, infix)
        if word == "(":
            opened.append(previous in ("function", "λ"))
        elif word == ")" and opened and opened.pop():
            parameters_end = at
        after_operand = word in ")]}" or (word in _OPERANDS and not after_operand)
        previous = ""


def _signature_end(text: str, at: int) -> int:
    depth = 0
    for index in range(at, len(text)):
        depth += {"<": 1, ">": -1}.get(text[index], 0)
        if depth == 0:
            return index + 1
    return len(text)


def newer_operator(text: str) -> Token | None:
    """Return the first operator that JSONata 2.1 added: ``??`` or ``?:``. AWS runs 2.0.6 (guide)."""
    return next((token for token in tokens(text) if token.text in ("??", "?:") and token.kind == "operator"), None)


def members_of_states(text: str) -> list[str]:
    """Return the members of ``$states`` that an expression names: ``$states.result`` names result."""
    read = tokens(text)
    return [
        name.text.strip("`'\"")
        for variable, dot, name in zip(read, read[1:], read[2:], strict=False)
        if variable[:2] == ("variable", "$states") and dot.text == "." and name.kind in ("name", "string")
    ]


def divides(text: str) -> bool:
    """Return whether an expression divides: only ``0/0`` and ``1%0`` give what is no number."""
    return any(token.infix and token.text in "/%" for token in tokens(text))


_ARITHMETIC: Final = frozenset("+-*/%")


def is_operand(text: str, start: int, end: int) -> bool:
    """Return whether the part from start to end, in parentheses or not, is an operand of arithmetic."""
    read = tokens(text)
    first = next((index for index, token in enumerate(read) if token.start >= start), 0) - 1
    last = next((index for index, token in enumerate(read) if token.start >= end), len(read))
    while first >= 0 and last < len(read) and (read[first].text, read[last].text) == ("(", ")"):
        called = first > 0 and (read[first - 1].kind in ("name", "variable") or read[first - 1].text in (")", "]"))
        if called:
            return False
        first, last = first - 1, last + 1
    before = first >= 0 and read[first].kind == "operator" and read[first].text in _ARITHMETIC
    return before or (last < len(read) and read[last].kind == "operator" and read[last].text in _ARITHMETIC)
