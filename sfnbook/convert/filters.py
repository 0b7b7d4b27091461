"""A path's filter, ``[?(@.total > 100 && @.state == 'open')]``, as a JSONata condition on ``$item`` that keeps the same items.

Jayway takes a number and the text that spells it for equal, orders numbers among numbers and texts among texts only, and
finds nothing through a list; what has no exact counterpart (regular expressions, other paths on both sides) is refused.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sfnbook.convert.exactness import NotConverted
from sfnbook.query.jsonpath.grammar import read_filter, read_steps
from sfnbook.query.jsonpath.steps import Keys
from sfnbook.values import Json


class FilterStep(NamedTuple):
    """A filter in a path: its condition on ``$item``, in JSONata."""

    condition: str


def read(text: str, at: int) -> tuple[FilterStep, int]:
    """Return the filter that stands at ``[?``, and where it ends. Raises NotConverted."""
    _, end = read_filter(text, at + 2)
    if not text.startswith("]", end):
        raise NotConverted(f"the filter in {text}")
    reader = _Reader(text, at + 2, end)
    condition = reader.either()
    return FilterStep(f"($type($item) = 'object' or $type($item) = 'array') and {condition}"), end + 1


def value_of(names: Sequence[str], root: str = "$item") -> str:
    """Return a value below ``$item`` by names: nothing where a list, or no object, is on the way."""
    tests, here = [], root
    for name in names:
        tests.append(f"$type({here}) = 'object'")
        here += f".`{name}`"
    return f"({' and '.join(tests)} ? {here})" if tests else here


_OPERATOR: Final = re.compile(r"\s*(===|!==|==|!=|<=|>=|<|>|nin\b|in\b|[a-z=~]+)", re.IGNORECASE)
_STRING: Final = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")", re.DOTALL)
_WORD: Final = re.compile(r"\s*([^\s()\[\],'\"&|=<>!]+)")
_CONSTANTS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}
_SWAPPED: Final = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


class _Path(NamedTuple):
    names: tuple[str, ...]


class _Reader:
    """A cursor over a filter that `read_filter` has taken: what is not read here is refused."""

    def __init__(self, text: str, at: int, end: int) -> None:
        self.text = text[:end]
        self.at = at

    def take(self, token: str) -> bool:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1
        taken = self.text.startswith(token, self.at)
        self.at += len(token) if taken else 0
        return taken

    def either(self) -> str:
        parts = [self.both()]
        while self.take("||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def both(self) -> str:
        parts = [self.negation()]
        while self.take("&&"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"

    def negation(self) -> str:
        if self.take("!"):
            return f"$not({self.negation()})"
        if self.take("("):
            inner = self.either()
            self.take(")")
            return inner
        return self.comparison()

    def comparison(self) -> str:
        left = self.term()
        rest = self.text[self.at :].lstrip()
        if not rest or rest.startswith((")", "&&", "||")):
            if isinstance(left, _Path):
                return f"$exists({value_of(left.names)})"
            raise self.refused()
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            raise self.refused()
        self.at = match.end()
        operator, right = match[1].lower(), self.term()
        if isinstance(right, _Path) and not isinstance(left, _Path):
            left, right, operator = right, left, _SWAPPED.get(operator, operator if operator != "in" else "contains")
        if not isinstance(left, _Path) or isinstance(right, _Path):
            raise self.refused()
        return f"($v := {value_of(left.names)}; {self.test(operator, right)})"

    def test(self, operator: str, wanted: Any) -> str:
        if operator in ("==", "!="):
            return _equal(wanted) if operator == "==" else f"$not({_equal(wanted)})"
        if operator in ("===", "!=="):
            same = f"$v = {_literal(wanted)}"
            return same if operator == "===" else f"$not({same})"
        if operator in ("in", "nin") and isinstance(wanted, list):
            found = " or ".join(map(_equal, wanted)) or "false"
            return found if operator == "in" else f"$not({found})"
        kind = "string" if isinstance(wanted, str) else "number"
        if operator in _SWAPPED and isinstance(wanted, (str, int, float)) and not isinstance(wanted, bool):
            return f"$type($v) = '{kind}' and $v {operator} {_literal(wanted)}"
        raise self.refused()

    def term(self) -> Any:
        if self.take("@"):
            steps, self.at = read_steps(self.text, self.at, embedded=True)
            if not all(isinstance(step, Keys) and len(step.names) == 1 and "`" not in step.names[0] for step in steps):
                raise self.refused()
            return _Path(tuple(step.names[0] for step in steps if isinstance(step, Keys)))
        if self.take("["):
            items: list[Json] = []
            while not self.take("]"):
                items.append(self.term())
                self.take(",")
            return items
        if match := _STRING.match(self.text, self.at):
            self.at = match.end()
            return re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2], flags=re.DOTALL)
        match = _WORD.match(self.text, self.at)
        if match is None or match[1].startswith(("$", "/")):
            raise self.refused()
        self.at = match.end()
        if match[1] in _CONSTANTS:
            return _CONSTANTS[match[1]]
        return json.loads(match[1]) if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", match[1]) else match[1]

    def refused(self) -> NotConverted:
        return NotConverted(f"the filter in {self.text}]")


def _equal(wanted: Any) -> str:
    """Return whether ``$v`` equals a literal: Jayway compares a number with the text of one."""
    if isinstance(wanted, (list, dict)):
        raise NotConverted("a filter that compares with a list")
    tests = [f"$v = {_literal(wanted)}"]
    if isinstance(wanted, str):
        try:
            number = float(wanted)
        except ValueError:
            return tests[0]
        if not math.isfinite(number) or not re.fullmatch(r"[-\d.eE+]+", wanted):
            raise NotConverted(f"a filter that compares with {wanted}")
        tests.append(f"$v = {_literal(int(number) if number.is_integer() else number)}")
    elif isinstance(wanted, (int, float)) and not isinstance(wanted, bool):
        tests.append(f"$v = {_literal(json.dumps(wanted))}")
    return f"({' or '.join(tests)})" if len(tests) > 1 else tests[0]


def _literal(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
