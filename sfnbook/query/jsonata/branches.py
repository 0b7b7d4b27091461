"""Where a JSONata expression may go one way or another: ``? :``, ``and`` and ``or``; and which ways an evaluation went.

jlens records each evaluated part of an expression with its place; the tokens say which operator that was. A part inside a
function may be evaluated many times, and go both ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from sfnbook.query.jsonata.language import evaluated_parts
from sfnbook.query.jsonata.tokens import Token, tokens
from sfnbook.query.scope import Scope
from sfnbook.values import Json

Way = Literal["then", "else", "left", "right"]

WAYS: Final[dict[str, tuple[Way, Way]]] = {"?": ("then", "else"), "and": ("left", "right"), "or": ("left", "right")}
"""The two ways of each operator. left: the left side alone decides, the right one is not looked at."""

_BY_CHANCE: Final = re.compile(r"\$(?:random|uuid|shuffle|eval)\b")
"""Another evaluation of what has these may go another way."""
_AROUND: Final = 32


class Branch(NamedTuple):
    """An operator that branches. start: where it stands in the expression; text: the part of the expression around it."""

    operator: str
    start: int
    text: str


@lru_cache(maxsize=1024)
def branches(text: str) -> tuple[Branch, ...]:
    """Return the operators of an expression that branch, in their order; none where chance decides.

    >>> [branch.operator for branch in branches("$a and $b ? 1 : $f(?, 2)")]
    ['and', '?']
    """
    if _BY_CHANCE.search(text):
        return ()
    return tuple(
        Branch(token.text, token.start, _around(text, token))
        for token in tokens(text)
        if token.infix and token.kind == "operator" and token.text in WAYS
    )


def _around(text: str, token: Token) -> str:
    before = " ".join(text[: token.start].split())
    after = " ".join(text[token.end :].split())
    begun = f"…{before[-_AROUND:]}" if len(before) > _AROUND else before
    ended = f"{after[:_AROUND]}…" if len(after) > _AROUND else after
    return f"{begun} {token.text} {ended}"


def ways_taken(text: str, data: Json, scope: Scope) -> Iterator[tuple[int, Way]]:
    """Yield, for each evaluation of an operator that branches, where it stands and the way it went.

    Of an evaluation that fails, the parts before the failure. data, scope: as the expression had them.
    """
    known = {branch.start for branch in branches(text)}
    if not known:
        return
    for part in evaluated_parts(text, data, scope):
        operator = "?" if part["kind"] == "condition" else part.get("op", "")
        if operator not in WAYS:
            continue
        span = part["span"]
        start = _operator(text, operator, span["start"], span["end"])
        if start not in known:
            continue
        way = _branch(part) if operator == "?" else _side(part, start)
        if way is not None:
            yield start, way


def _branch(part: dict[str, Any]) -> Way | None:
    way = part.get("branch")
    return way if way in ("then", "else") else None


def _side(part: dict[str, Any], operator: int) -> Way | None:
    children = part.get("children", ())
    if any(child["span"]["start"] > operator for child in children):
        return "right"
    return "left" if children and part.get("outcome") in ("true", "false") else None


def _operator(text: str, operator: str, start: int, end: int) -> int | None:
    """Return where the operator of a part stands: the first ``?`` of a condition outside its brackets, the last ``and`` of
    an ``and``, because that one binds its left side first."""
    depth = 0
    found = None
    for token in tokens(text):
        if not start <= token.start < end:
            continue
        if token.kind == "operator" and token.text in "([{":
            depth += 1
        elif token.kind == "operator" and token.text in ")]}":
            depth -= 1
        elif depth == 0 and token.infix and token.text == operator:
            if operator == "?":
                return token.start
            found = token.start
    return found
