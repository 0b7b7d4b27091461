"""The grammar of JSONPath as Jayway reads it: steps, and filters, ``[?(@.price < 10 && @.tag in ['a','b'])]``.

The two stand in one module because paths hold filters and filters hold paths. A filter becomes one predicate. Wider than
most JSONPath libraries read, because AWS reads it: regular expressions, ``in`` and its relatives, unquoted words, paths on
either side, ``$`` for the document's root, and a bare ``@.keep`` that asks whether something is there (also ``false``). As
AWS's guide says, ``@`` is an object; a filter keeps no scalar.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sfnbook.query.jsonpath.functions import FUNCTIONS
from sfnbook.query.jsonpath.steps import (
    Filter,
    Function,
    Indexes,
    Keys,
    PathFailure,
    Predicate,
    Scan,
    Slice,
    Step,
    Wildcard,
    finder_below,
    is_definite,
)
from sfnbook.query.regexes import Regex
from sfnbook.query.scope import ABSENT, ExpressionError
from sfnbook.values import Json

Operand: TypeAlias = Callable[[Json, Json], Any]
"""(item, root) -> value, ABSENT where a path finds nothing, or a regular expression."""


@dataclass(frozen=True, slots=True)
class _Term:
    """One side of a comparison. ``exists``: what it says when it stands alone, None for a literal."""

    value: Operand
    exists: Predicate | None


def read_filter(text: str, at: int) -> tuple[Predicate, int]:
    """Read ``(...)`` of a filter; return the predicate and where it ends. Raises ExpressionError."""
    reader = _Reader(text, at)
    reader.expect("(")
    matches = reader.either()
    reader.expect(")")
    reader.skip()
    return (lambda item, root: isinstance(item, (dict, list)) and matches(item, root)), reader.at


_OPERATOR = re.compile(
    r"\s*(===|!==|==|!=|<=|>=|=~|<|>|(?:nin|in|contains|size|empty|anyof|noneof|subsetof|all)\b)", re.I
)
_NUMBER = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?(?=\s*(?:[),\]&|=<>!]|$))")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"", re.DOTALL)
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/([a-zA-Z]*)")
_WORD = re.compile(r"(?:(?!&&|\|\|)[^\s()\[\],'\"])+")
_CONSTANTS: Final = {"true": True, "false": False, "null": None}


class _Reader:
    """A cursor over the text; each method reads one rule of the grammar."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.depth = 0

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def take(self, token: str) -> bool:
        self.skip()
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.take(token):
            raise ExpressionError(f"Value is not a valid JSONPath: Failed to parse filter: expected '{token}'")

    def either(self) -> Predicate:
        parts = [self.both()]
        while self.take("||"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda item, root: any(p(item, root) for p in parts)

    def both(self) -> Predicate:
        parts = [self.negation()]
        while self.take("&&"):
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else lambda item, root: all(p(item, root) for p in parts)

    def negation(self) -> Predicate:
        self.depth += 1
        if self.depth > 50:
            raise ExpressionError("Value is not a valid JSONPath: nested too deeply")
        try:
            if not self.text.startswith("!=", self.at) and self.take("!"):
                inner = self.negation()
                return lambda item, root: not inner(item, root)
            if self.take("("):
                inner = self.either()
                self.expect(")")
                return inner
            return self.comparison()
        finally:
            self.depth -= 1

    def comparison(self) -> Predicate:
        left = self.term("")
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            if left.exists is None:
                raise ExpressionError("Value is not a valid JSONPath: Failed to parse filter: a condition is missing")
            return left.exists
        self.at = match.end()
        name = match[1].lower()
        first, second, holds = left.value, self.term(name).value, _OPERATORS[name]
        return lambda item, root: holds(first(item, root), second(item, root))

    def term(self, after: str) -> _Term:
        self.skip()
        char = self.text[self.at : self.at + 1]
        if char and char in "@$":
            return self.path(char)
        if char == "[":
            return _literal(self.list())
        if match := _STRING.match(self.text, self.at):
            value: Any = re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2], flags=re.DOTALL)
        elif match := _NUMBER.match(self.text, self.at):
            value = json.loads(match[0]) if not re.match(r"-?0\d", match[0]) else match[0]
        elif (match := _REGEX.match(self.text, self.at)) and after in ("=~", ""):
            value = Regex(match[1], match[2])
        elif match := _WORD.match(self.text, self.at):
            value = _CONSTANTS.get(match[0], match[0])
        else:
            raise ExpressionError("Value is not a valid JSONPath: Failed to parse filter: a value is missing")
        self.at = match.end()
        return _literal(value)

    def list(self) -> list[Any]:
        self.expect("[")
        items: list[Any] = []
        while not self.take("]"):
            items.append(self.term("in").value(None, None))
            if not self.take(","):
                self.expect("]")
                break
        return items

    def path(self, root: str) -> _Term:
        steps, self.at = read_steps(self.text, self.at + 1, embedded=True)
        definite, from_root = is_definite(steps), root == "$"
        names = [step.names[0] for step in steps if isinstance(step, Keys) and len(step.names) == 1]
        value = _by_names(names, from_root) if len(names) == len(steps) else _by_steps(steps, from_root)

        def exists(item: Json, root: Json) -> bool:
            found = value(item, root)
            return found is not ABSENT and (definite or bool(found))

        return _Term(value, exists)


def _by_names(names: Sequence[str], from_root: bool) -> Operand:
    """The short way of ``@.a.b``."""

    def value(item: Json, root: Json) -> Any:
        here = root if from_root else item
        try:
            for name in names:
                here = here[name]
        except (KeyError, TypeError):
            return ABSENT
        return here

    return value


def _by_steps(steps: tuple[Step, ...], from_root: bool) -> Operand:
    find = finder_below(steps)

    def value(item: Json, root: Json) -> Any:
        try:
            return find(root if from_root else item, root)
        except PathFailure:
            return ABSENT

    return value


def _literal(value: Any) -> _Term:
    return _Term(lambda item, root: value, None)


# --- operators. Numbers and strings that spell the same are equal, whatever else differs in type is not.


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    """Return whether two values are the same JSON: deeply, true is not 1, and 1 is 1.0."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(v, right[k]) for k, v in left.items())
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return (type(left) is type(right) and bool(left == right)) or (
        _is_number(left) and _is_number(right) and left == right
    )


def _loosely_equal(left: Any, right: Any) -> bool:
    if left is ABSENT or right is ABSENT:
        return False
    if isinstance(left, str) and _is_number(right):
        return left == json.dumps(right)
    if _is_number(left) and isinstance(right, str):
        try:
            return bool(left == float(right))
        except ValueError:
            return False
    return equal(left, right)


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(left: Any, right: Any) -> bool:
        same = (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))
        return same and compare(left, right)

    return holds


def _matches(left: Any, right: Any) -> bool:
    if isinstance(left, Regex):
        left, right = right, left
    if not isinstance(right, Regex) or isinstance(left, Regex):
        return False
    if isinstance(left, list):
        return any(_matches(item, right) for item in left)
    text = left if isinstance(left, str) else json.dumps(left) if _is_number(left) or isinstance(left, bool) else ""
    return right.matches(text)


def _in(left: Any, right: Any) -> bool:
    return isinstance(right, list) and any(_loosely_equal(left, item) for item in right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return right in left
    return _in(right, left)


def _list_with(holds: Callable[[list[Any], list[Any]], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: isinstance(left, list) and isinstance(right, list) and holds(left, right)


_OPERATORS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "==": _loosely_equal,
    "!=": lambda left, right: not _loosely_equal(left, right),
    "===": lambda left, right: left is not ABSENT and right is not ABSENT and equal(left, right),
    "!==": lambda left, right: left is ABSENT or right is ABSENT or not equal(left, right),
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "=~": _matches,
    "in": _in,
    "nin": lambda left, right: isinstance(right, list) and not _in(left, right),
    "contains": _contains,
    "size": lambda left, right: isinstance(left, (str, list)) and _is_number(right) and len(left) == right,
    "empty": lambda left, right: (
        isinstance(left, (str, list, dict)) and isinstance(right, bool) and (not left) is right
    ),
    "anyof": _list_with(lambda left, right: any(_in(item, right) for item in left)),
    "noneof": _list_with(lambda left, right: not any(_in(item, right) for item in left)),
    "subsetof": _list_with(lambda left, right: all(_in(item, right) for item in left)),
    "all": _list_with(lambda left, right: all(_in(item, left) for item in right)),
}


# --- steps


_NAME = re.compile(r"[^\s.\[(]+")
_EMBEDDED_NAME = re.compile(r"[^\s.\[()\]=!<>&|,]+")
_QUOTED = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*""", re.DOTALL)
_NUMBERS = re.compile(r"\s*-?\d{1,9}\s*(?:,\s*-?\d{1,9}\s*)*")
_FROM_END = re.compile(r"\s*\(\s*@\.length(?:\(\))?\s*(?:-\s*(\d{1,9})\s*)?\)\s*")
_NOWHERE: Final = 2**31 - 1
_SLICE = re.compile(r"\s*(-?\d{1,9})?\s*:\s*(-?\d{1,9})?\s*(?::\s*\d*\s*)?")


def read_steps(text: str, at: int, *, embedded: bool) -> tuple[tuple[Step, ...], int]:
    """Read steps from ``at`` on; return them and where they end. ``embedded``: inside a filter, where operators end it.

    Raises ExpressionError.
    """
    steps: list[Step] = []
    while at < len(text):
        char = text[at]
        if char == ".":
            if text.startswith("..", at):
                steps.append(Scan())
                at += 1
                if text.startswith(".[", at):
                    at += 1
                    continue
            at += 1
            if text.startswith("[", at):  # "$.[0]" and "$..[0]" read as "$[0]"
                continue
            step, at = _read_name(text, at, embedded)
        elif char == "[":
            step, at = _read_bracket(text, at + 1)
        else:
            break
        steps.append(step)
    if steps and isinstance(steps[-1], Scan):
        raise ExpressionError("Value is not a valid JSONPath: Path must not end with a '.' or '..'")
    return tuple(steps), at


def _read_name(text: str, at: int, embedded: bool) -> tuple[Step, int]:
    match = (_EMBEDDED_NAME if embedded else _NAME).match(text, at)
    if match is None:
        raise ExpressionError("Value is not a valid JSONPath: Path must not end with a '.' or '..'")
    name, at = match[0], match.end()
    if text.startswith("(", at):
        return _read_function(name, text, at + 1)
    return (Wildcard() if name == "*" else Keys((name,))), at


def _read_function(name: str, text: str, at: int) -> tuple[Step, int]:
    close = text.find(")", at)
    if name not in FUNCTIONS or close < 0:
        raise ExpressionError(f"Value is not a valid JSONPath: Function with name: {name} does not exist.")
    arguments = [a.strip() for a in text[at:close].split(",")] if text[at:close].strip() else []
    if name == "index" and len(arguments) == 1 and re.fullmatch(r"-?\d{1,9}", arguments[0]):
        return Function(name, (int(arguments[0]),)), close + 1
    if name == "index" or arguments:
        raise ExpressionError(f"Value is not a valid JSONPath: Arguments to function: '{name}'")
    return Function(name, ()), close + 1


def _read_bracket(text: str, at: int) -> tuple[Step, int]:
    if match := re.compile(r"\s*\*\s*").match(text, at):
        step: Step = Wildcard()
        at = match.end()
    elif match := re.compile(r"\s*\?").match(text, at):
        accepts, end = read_filter(text, match.end())
        step, at = Filter(text[at:end], accepts), end
    elif match := _FROM_END.match(text, at):
        step, at = Indexes((-int(match[1] or 0) or _NOWHERE,)), match.end()
    elif match := _QUOTED.match(text, at):
        step, at = _read_quoted(text, at)
    elif match := _SLICE.match(text, at):
        start, stop = (int(n) if n else None for n in match.groups())
        step, at = Slice(start, stop), match.end()
    elif match := _NUMBERS.match(text, at):
        step, at = Indexes(tuple(int(n) for n in match[0].split(","))), match.end()
    else:
        raise ExpressionError(f"Value is not a valid JSONPath: Could not parse token starting at position {at}")
    if not text.startswith("]", at):
        raise ExpressionError("Value is not a valid JSONPath: a bracket is not closed")
    return step, at + 1


def _read_quoted(text: str, at: int) -> tuple[Step, int]:
    names: list[str] = []
    while match := _QUOTED.match(text, at):
        name = match[1] if match[1] is not None else match[2]
        names.append(re.sub(r'\\([^"])', r"\1", name))  # AWS keeps \" as two characters (recorded by others)
        at = match.end()
        if not text.startswith(",", at):
            return Keys(tuple(names)), at
        at += 1
    raise ExpressionError("Value is not a valid JSONPath: Found empty property")
