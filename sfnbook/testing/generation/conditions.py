"""Choice rules as literals, and values that satisfy them. Knows one rule at a time, no run.

A rule becomes its disjunctive normal form: alternatives, each a list of comparisons that must hold or not hold. A simple
JSONata Condition (paths, constants, ``and``, ``or``, ``$not``, ``$exists``, ``$count``) becomes the Choice rule that
says the same; any other is not solved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice, product
from typing import Any, Final, NamedTuple, NoReturn

from sfnbook.errors import StatesError
from sfnbook.query.jsonpath.choice_rules import IS_TESTS, compile_rule, instant
from sfnbook.query.scope import ABSENT, Condition, Scope
from sfnbook.values import Json

MOST_ALTERNATIVES: Final = 32
COUNT: Final = "Count"
"""Before a Numeric operator: it compares the number of items of a list, as JSONata's ``$count`` does."""

_SCOPE: Final = Scope(variables={}, context={})


class Literal(NamedTuple):
    """One comparison of a path with a constant (or, for the operators ``...Path``, with a path), wanted or not."""

    path: str
    operator: str
    operand: Any
    wanted: bool

    def holds(self, value: Json) -> bool:
        """Return whether a value does what is wanted; `ABSENT` for a path that leads nowhere."""
        operator = self.operator
        if operator.startswith(COUNT):
            operator, value = operator[len(COUNT) :], len(value) if isinstance(value, list) else value
        try:
            found = _test(operator, self.operand)({} if value is ABSENT else {"v": value}, _SCOPE)
        except StatesError:
            return False
        return bool(found) is self.wanted


@lru_cache(2_000)
def _test(operator: str, operand: Any) -> Condition:
    return compile_rule({"Variable": "$.v", operator: operand})


Alternative = tuple[Literal, ...]


def alternatives(rule: Mapping[str, Json], wanted: bool) -> list[Alternative] | None:
    """Return the ways in which a rule comes out as wanted, None for a Condition that is not understood."""
    if "Condition" in rule:
        found = _of_jsonata(rule["Condition"])
        return None if found is None else _ways(found, wanted)
    return _ways(rule, wanted)


def _ways(rule: Mapping[str, Json], wanted: bool) -> list[Alternative]:
    if "Not" in rule:
        return _ways(rule["Not"], not wanted)
    for name, joined in (("And", True), ("Or", False)):
        if name in rule:
            parts = [_ways(part, wanted) for part in rule[name]]
            if joined is wanted:
                return both(parts)
            guarded = [
                both([*(_ways(part, not wanted) for part in rule[name][:i]), one]) for i, one in enumerate(parts)
            ]
            return [way for ways in guarded for way in ways][:MOST_ALTERNATIVES]
    if "constant" in rule:
        return [()] if rule["constant"] is wanted else []
    operator = next(key for key in rule if key not in ("Variable", "Next", "Comment", "Assign", "Output"))
    if operator in IS_TESTS or operator == "IsPresent":
        return [(Literal(str(rule["Variable"]), operator, True, rule[operator] is wanted),)]
    return [(Literal(str(rule["Variable"]), operator, rule[operator], wanted),)]


def both(parts: Sequence[list[Alternative]]) -> list[Alternative]:
    """Return the alternatives of several conditions together, at most `MOST_ALTERNATIVES`."""
    return [tuple(dict.fromkeys(sum(one, ()))) for one in islice(product(*parts), MOST_ALTERNATIVES)]


# -------------------------------------------------------------------------------------------------------------- values
def solve(literals: Sequence[Literal], now: Json = ABSENT) -> list[Json]:
    """Return values that satisfy all literals of one place, the likeliest first, empty where none was found.

    now: the value there at present; it comes first where it fits.
    """
    found = [value for literal in literals for value in candidates(literal)]
    return [value for value in (now, *found, *_OTHERS) if all(literal.holds(value) for literal in literals)]


_OTHERS: Final[tuple[Any, ...]] = ("other", 1, 0, True, False, {}, [], None, ABSENT, "2026-01-01T00:00:00Z")


def candidates(literal: Literal) -> Iterator[Json]:
    """Yield values on both sides of a comparison."""
    operand, operator = literal.operand, literal.operator
    if operator == "IsPresent":
        yield from ("given", ABSENT) if literal.wanted else (ABSENT,)
    elif operator in IS_TESTS:
        yield from _OF_TYPE[operator] if literal.wanted else ()
    elif operator.startswith(COUNT):
        yield from ([{}] * max(0, int(operand) + more) for more in (0, 1, -1))
    elif operator == "StringMatches":
        text = re.sub(r"\\([*\\])|\*", lambda match: match[1] or "x", operand)
        yield from (text, re.sub(r"\\([*\\])|\*", lambda match: match[1] or "", operand))
        yield "other"
    elif operator.startswith("String"):
        yield from (operand, "other", f"{operand}x", operand[:-1])
        yield operand[:-1] + chr(ord(operand[-1]) - 1) if operand and operand[-1] > "\x01" else ""
    elif operator.startswith("Numeric"):
        yield from (operand, operand + 1, operand - 1)
    elif operator.startswith("Boolean"):
        yield from (operand, not operand)
    elif operator.startswith("Timestamp") and (moment := instant(operand)) is not None:
        yield operand
        for days in (1, -1):
            try:
                then = datetime.fromtimestamp(moment[0], UTC) + timedelta(days=days)
            except (OverflowError, ValueError):
                continue
            yield then.isoformat().replace("+00:00", "Z")


_OF_TYPE: Final[dict[str, tuple[Any, ...]]] = {
    "IsNull": (None,),
    "IsNumeric": (1,),
    "IsString": ("text",),
    "IsBoolean": (True,),
    "IsTimestamp": ("2026-01-01T00:00:00Z",),
}

# ------------------------------------------------------------------------------------------------------------- JSONata
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<path>\$states\.(?:input|context)(?:\.(?:\w+|`[^`]+`)|\[\d+\])*(?!\w)"
    r"|\$(?!(?:states|not|exists|count|boolean|contains|length)\b)[A-Za-z_]\w*(?:\.(?:\w+|`[^`]+`)|\[\d+\])*(?![\w(]))"
    r"|(?P<function>\$(?:not|exists|count|boolean|contains)(?=\())"
    r"|(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>and|or|in|true|false|null)\b|(?P<sign><=|>=|!=|[=<>(),\[\]]))"
)
_ORDER: Final = {"=": "Equals", "<": "LessThan", "<=": "LessThanEquals", ">": "GreaterThan", ">=": "GreaterThanEquals"}
_FLIPPED: Final = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


class _NotSimpleError(Exception):
    """The Condition is no simple one."""


@lru_cache(1_000)
def _of_jsonata(condition: Any) -> Mapping[str, Any] | None:
    """Return the Choice rule that says the same as a simple Condition, None for any other."""
    if isinstance(condition, bool):
        return {"constant": condition}
    if not (isinstance(condition, str) and condition.startswith("{%") and condition.endswith("%}")):
        return None
    try:
        return _Parser(condition[2:-2].strip()).whole()
    except _NotSimpleError:
        return None


class _Parser:
    """Reads a simple JSONata Condition."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.lastgroup is None:
                raise _NotSimpleError
            self.tokens.append((match.lastgroup, match[match.lastgroup]))
            at = match.end()
        self.tokens.append(("end", ""))

    def whole(self) -> Mapping[str, Any]:
        found = self.either()
        self.expect("")
        return found

    def expect(self, text: str) -> None:
        if self.tokens.pop(0)[1] != text:
            raise _NotSimpleError

    def accept(self, text: str) -> bool:
        if self.tokens[0] in (("word", text), ("sign", text)):
            self.tokens.pop(0)
            return True
        return False

    def either(self) -> Mapping[str, Any]:
        parts = [self.all()]
        while self.accept("or"):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else {"Or": parts}

    def all(self) -> Mapping[str, Any]:
        parts = [self.comparison()]
        while self.accept("and"):
            parts.append(self.comparison())
        return parts[0] if len(parts) == 1 else {"And": parts}

    def comparison(self) -> Mapping[str, Any]:
        kind, text = self.tokens[0]
        if self.accept("("):
            found = self.either()
            self.expect(")")
            return found
        if kind == "function" and text != "$count":
            return self.function()
        left = self.operand()
        if self.tokens[0][1] == "in":
            return self.one_of(left)
        sign = self.tokens[0][1]
        if sign not in _FLIPPED:
            return self.truth(left)
        self.tokens.pop(0)
        return _compared(left, sign, self.operand())

    def truth(self, left: tuple[str, Any]) -> Mapping[str, Any]:
        if left[0] == "constant" and isinstance(left[1], bool):
            return {"constant": left[1]}
        if left[0] != "path":
            raise _NotSimpleError
        return {"Variable": left[1], "BooleanEquals": True}

    def one_of(self, left: tuple[str, Any]) -> Mapping[str, Any]:
        self.tokens.pop(0)
        self.expect("[")
        parts = [_compared(left, "=", self.operand())]
        while self.accept(","):
            parts.append(_compared(left, "=", self.operand()))
        self.expect("]")
        return {"Or": parts}

    def function(self) -> Mapping[str, Any]:
        name = self.tokens.pop(0)[1]
        self.expect("(")
        if name in ("$not", "$boolean"):
            inner = self.either()
            self.expect(")")
            return {"Not": inner} if name == "$not" else inner
        kind, path = self.operand()
        if kind != "path":
            raise _NotSimpleError
        found: Mapping[str, Any] = {"Variable": path, "IsPresent": True}
        if name == "$contains":
            self.expect(",")
            kind, text = self.operand()
            if kind != "constant" or not isinstance(text, str):
                raise _NotSimpleError
            plain = re.sub(r"[*\\]", lambda match: f"\\{match[0]}", text)
            found = {"Variable": path, "StringMatches": f"*{plain}*"}
        self.expect(")")
        return found

    def operand(self) -> tuple[str, Any]:
        kind, text = self.tokens.pop(0)
        if kind == "function" and text == "$count":
            self.expect("(")
            kind, path = self.operand()
            self.expect(")")
            return ("count", path) if kind == "path" else _not_simple()
        if kind == "path":
            return "path", _as_json_path(text)
        if kind == "text":
            return "constant", text[1:-1]
        if kind == "number":
            return "constant", float(text) if "." in text else int(text)
        if kind == "word" and text in ("true", "false", "null"):
            return "constant", {"true": True, "false": False, "null": None}[text]
        raise _NotSimpleError


def _not_simple() -> NoReturn:
    raise _NotSimpleError


def _as_json_path(text: str) -> str:
    text = re.sub(r"\.`([^`]+)`", lambda match: f"['{match[1]}']", text)
    for start, root in (("$states.input", "$"), ("$states.context", "$$")):
        if text.startswith(start):
            return root + text[len(start) :]
    return text


def _compared(left: tuple[str, Any], sign: str, right: tuple[str, Any]) -> Mapping[str, Any]:
    if left[0] == "constant":
        left, sign, right = right, _FLIPPED[sign], left
    if sign == "!=":
        return {"Not": _compared(left, "=", right)}
    if left[0] == "constant":
        raise _NotSimpleError
    before = COUNT if left[0] == "count" else ""
    if right[0] == "path" and not before:
        return {"Variable": left[1], f"Numeric{_ORDER[sign]}Path": right[1]}
    if right[0] != "constant":
        raise _NotSimpleError
    value = right[1]
    if value is None and sign == "=":
        return {"Variable": left[1], "IsNull": True}
    if isinstance(value, bool):
        return {"Variable": left[1], "BooleanEquals": value} if sign == "=" else _not_simple()
    return {"Variable": left[1], f"{before}{'String' if isinstance(value, str) else 'Numeric'}{_ORDER[sign]}": value}
