"""Choice rules of JSONPath states: a table of comparison operators, and And, Or, Not around them.

A rule becomes one closure. A value of another type than the operator's makes it false; a missing Variable fails the
state, except for IsPresent. `explain` says, part by part, what was seen and what came of it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, TypeAlias

from sfnbook.errors import RUNTIME, StatesError
from sfnbook.language.placeholders import with_reminder
from sfnbook.query.jsonpath import paths, steps
from sfnbook.query.scope import ABSENT, Condition, ExpressionError, Scope
from sfnbook.values import Json, to_text

Instant: TypeAlias = tuple[int, int]
"""Seconds since the epoch, UTC, and nanoseconds: timestamps compare to the nanosecond."""

# java.time's ISO_OFFSET_DATE_TIME, which AWS names in its message: seconds are optional, letters in either case.
_TIMESTAMP = re.compile(
    r"([+-]?\d{4,9})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{0,9}))?)?(Z|[+-]\d\d(?::\d\d(?::\d\d)?)?)",
    re.I | re.A,
)


def instant(text: Json) -> Instant | None:
    """Return the moment a timestamp names, None for anything that is no timestamp.

    >>> instant("1970-01-01T01:00:00.5+01:00")
    (0, 500000000)
    >>> instant("2023-02-24") is None
    True
    """
    match = _TIMESTAMP.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    try:
        moment = datetime.combine(
            date(int(year), int(month), int(day)), time(int(hour), int(minute), int(second or 0)), tzinfo=UTC
        )
    except ValueError:
        return None
    shift = _offset(zone)
    if shift is None:
        return None
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) - shift
    return seconds, int((fraction or "").ljust(9, "0"))


def _offset(zone: str) -> int | None:
    if zone in "Zz":
        return 0
    hours, minutes, seconds, *_ = [*map(int, zone[1:].split(":")), 0, 0]
    total = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or total > 18 * 3600:
        return None
    return -total if zone[0] == "-" else total


# --- the table

Test: TypeAlias = Callable[[Json], bool]
Family: TypeAlias = Callable[[Json], Any]
"""Turns a value into what an operator compares, ABSENT for a value of another type."""


def _number(value: Json) -> Any:
    return value if type(value) is int or type(value) is float else ABSENT


def _string(value: Json) -> Any:
    return value if type(value) is str else ABSENT


def _units(value: Json) -> Any:
    """Return a string as Java orders it, by UTF-16 code units: an emoji stands before U+E000, unlike in Python."""
    return value.encode("utf-16-be", "surrogatepass") if type(value) is str else ABSENT


def _boolean(value: Json) -> Any:
    return value if type(value) is bool else ABSENT


def _timestamp(value: Json) -> Any:
    """Return a moment; in a Choice, unlike in a Wait, the letters are upper case (guide: Choice state)."""
    moment = instant(value) if isinstance(value, str) and not _LOWER.search(value) else None
    return ABSENT if moment is None else moment


_LOWER = re.compile("[tz]")


_FAMILIES: Final[Mapping[str, Family]] = {
    "Boolean": _boolean,
    "Numeric": _number,
    "String": _string,
    "Timestamp": _timestamp,
}

_ORDERS: Final[Mapping[str, tuple[Callable[[Any, Any], bool], str]]] = {
    "Equals": (operator.eq, "=="),
    "LessThan": (operator.lt, "<"),
    "LessThanEquals": (operator.le, "<="),
    "GreaterThan": (operator.gt, ">"),
    "GreaterThanEquals": (operator.ge, ">="),
}

IS_TESTS: Final[Mapping[str, Test]] = {
    "IsNull": lambda value: value is None,
    "IsNumeric": lambda value: _number(value) is not ABSENT,
    "IsString": lambda value: type(value) is str,
    "IsBoolean": lambda value: type(value) is bool,
    "IsTimestamp": lambda value: _timestamp(value) is not ABSENT,
}


def _comparators() -> Mapping[str, tuple[Family, Callable[[Any, Any], bool], str]]:
    table: dict[str, tuple[Family, Callable[[Any, Any], bool], str]] = {}
    for name, family in _FAMILIES.items():
        for order, (compare, sign) in _ORDERS.items():
            if order == "Equals":
                table[name + order] = family, compare, sign
            elif name != "Boolean":
                table[name + order] = _units if name == "String" else family, compare, sign
    return table


COMPARATORS: Final = _comparators()
"""BooleanEquals, NumericEquals, ... TimestampGreaterThanEquals; each also exists with ``Path`` at its end."""

OPERATORS: Final = frozenset(
    {*COMPARATORS, *(f"{n}Path" for n in COMPARATORS), *IS_TESTS, "IsPresent", "StringMatches"}
)
CONNECTIVES: Final = frozenset({"And", "Or", "Not"})


def glob(text: str) -> Callable[[str], bool]:
    """Return StringMatches' test: ``*`` is any run of characters, ``\\*`` a star, ``\\\\`` a backslash.

    Between its stars a pattern is plain text, and the first place where each text stands after the one before is
    always good enough: so it takes time in proportion to what is tested, whatever the pattern.
    """
    texts = [""]
    for part in re.findall(r"\\[*\\]|\*+|[^*\\]+|\\", text):
        if part[0] == "*":
            texts.append("")
        else:
            texts[-1] += part[1:] if len(part) == 2 and part[0] == "\\" else part
    first, *between = texts
    if not between:
        return lambda value: value == first
    last = between.pop()

    def matches(value: str) -> bool:
        at, end = len(first), len(value) - len(last)
        if at > end or not (value.startswith(first) and value.endswith(last)):
            return False
        for part in between:
            found = value.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True

    return matches


# --- closures


def compile_rule(rule: Mapping[str, Json]) -> Condition:
    """Return the closure of a choice rule. Raises ExpressionError, whose place is counted from the rule on."""
    try:
        return _compile(rule)
    except RecursionError:
        raise ExpressionError("The choice rule is nested too deeply") from None


def _compile(rule: Mapping[str, Json]) -> Condition:
    if not isinstance(rule, Mapping):
        raise ExpressionError("A choice rule must be an object")
    if "Not" in rule:
        inner = _inside(rule["Not"], "Not")
        return lambda data, scope: not inner(data, scope)
    for name, decisive in (("And", False), ("Or", True)):
        if name in rule:
            parts = enumerate(_parts(rule[name], name))
            return _several([_inside(part, f"{name}[{index}]") for index, part in parts], decisive)
    return _comparison(rule)


def _inside(rule: Mapping[str, Json], where: str) -> Condition:
    try:
        return _compile(rule)
    except ExpressionError as error:
        raise ExpressionError(str(error), f"{where}/{error.where}".removesuffix("/")) from error


def _read(rule: Mapping[str, Json], field: str) -> paths.Reader:
    try:
        path = paths.compile_path(rule[field])
    except ExpressionError as error:
        raise ExpressionError(paths.NOT_A_PATH, field) from error
    return path.read if path.steps or path.root != "$" else _whole


def _whole(data: Json, scope: Scope) -> Json:
    if data is None:
        raise StatesError(RUNTIME, NULL_INPUT)
    return data


def _parts(parts: Json, name: str) -> list[Mapping[str, Json]]:
    if not isinstance(parts, list) or not parts:
        raise ExpressionError(f"The field '{name}' must be a non-empty array")
    return parts


def _several(conditions: list[Condition], decisive: bool) -> Condition:
    """And (decisive is False) and Or (True) stop at the first part that decides."""

    def several(data: Json, scope: Scope) -> bool:
        for condition in conditions:
            if condition(data, scope) is decisive:
                return decisive
        return not decisive

    return several


def _operator(rule: Mapping[str, Json]) -> str:
    names = [key for key in rule if key in OPERATORS]
    if len(names) != 1:
        raise ExpressionError("A choice rule has exactly one comparison operator")
    if not isinstance(rule.get("Variable"), str):
        raise ExpressionError("The field 'Variable' is required but was missing")
    return names[0]


def _comparison(rule: Mapping[str, Json]) -> Condition:
    name = _operator(rule)
    operand, variable = rule[name], rule["Variable"]
    read = _read(rule, "Variable")
    if name == "IsPresent":
        return _is_present(read, _flag(operand, name))
    if name in IS_TESTS:
        test, wanted = IS_TESTS[name], _flag(operand, name)
        return _testing(read, variable, lambda value: test(value) is wanted)
    if name == "StringMatches":
        matches = glob(_checked(operand, _string, name))
        return _testing(read, variable, lambda value: type(value) is str and matches(value))
    if name.endswith("Path"):
        family, compare, _ = COMPARATORS[name[:-4]]
        return _comparing((read, variable), (_read(rule, name), operand), family, compare)
    family, compare, _ = COMPARATORS[name]
    right = _checked(operand, family, name)
    if family is _number:
        return _with_number(read, variable, compare, right)

    def test_value(value: Json) -> bool:
        left = family(value)
        return left is not ABSENT and compare(left, right)

    return _testing(read, variable, test_value)


def _flag(operand: Json, name: str) -> bool:
    if not isinstance(operand, bool):
        raise ExpressionError(f"Expected value of type Boolean for the field '{name}'")
    return operand


def _checked(operand: Json, family: Family, name: str) -> Any:
    value = family(operand)
    if value is ABSENT:
        raise ExpressionError(f"The value for the field '{name}' has the wrong type")
    return value


NULL_INPUT: Final = "Unable to apply Path transformation to null or empty input."
"""AWS's words for a path into null, whatever the field is (a Choice's Variable ``$``: recorded by others)."""


def _missing(variable: str, data: Json) -> StatesError:
    if data is None and variable[1:2] in ("", ".", "["):
        return StatesError(RUNTIME, NULL_INPUT)
    cause = f"Invalid path '{variable}': The choice state's condition path references an invalid value."
    return StatesError(RUNTIME, with_reminder(cause, variable))


def _is_present(read: paths.Reader, wanted: bool) -> Condition:
    def present(data: Json, scope: Scope) -> bool:
        try:
            read(data, scope)
        except steps.PathFailure:
            return not wanted
        return wanted

    return present


def _testing(read: paths.Reader, variable: str, test: Test) -> Condition:
    def condition(data: Json, scope: Scope) -> bool:
        try:
            value = read(data, scope)
        except steps.PathFailure:
            raise _missing(variable, data) from None
        return test(value)

    return condition


def _with_number(read: paths.Reader, variable: str, compare: Callable[[Any, Any], bool], right: float) -> Condition:
    """`_testing` for the commonest rule of all, without the calls in between."""

    def condition(data: Json, scope: Scope) -> bool:
        try:
            value = read(data, scope)
        except steps.PathFailure:
            raise _missing(variable, data) from None
        return (type(value) is int or type(value) is float) and compare(value, right)

    return condition


def _comparing(
    one: tuple[paths.Reader, str], two: tuple[paths.Reader, str], family: Family, compare: Callable[[Any, Any], bool]
) -> Condition:
    """``one`` and ``two``: the readers of two paths and their texts."""
    (read, variable), (read_other, other) = one, two

    def condition(data: Json, scope: Scope) -> bool:
        where = variable
        try:
            left = family(read(data, scope))
            where = other
            right = family(read_other(data, scope))
        except steps.PathFailure:
            raise _missing(where, data) from None
        return left is not ABSENT and right is not ABSENT and compare(left, right)

    return condition


# --- explaining

Finding: TypeAlias = tuple[str, Json, bool | None]
"""A part of a rule in words, the value its Variable had (ABSENT: none), and what came of it (None: not looked at)."""


def explain(rule: Mapping[str, Json]) -> Callable[[Json, Scope], list[Finding]]:
    """Return a closure that evaluates a rule part by part and says what each saw, in the order of the text."""
    compile_rule(rule)

    def findings(data: Json, scope: Scope) -> list[Finding]:
        found: list[Finding] = []
        _explain(rule, data, scope, found, live=True)
        return found

    return findings


def _explain(rule: Mapping[str, Json], data: Json, scope: Scope, found: list[Finding], *, live: bool) -> bool | None:
    """Append what each part saw; return what came of the whole, None where it was not looked at or failed."""
    if "Not" in rule:
        inner = _explain(rule["Not"], data, scope, found, live=live)
        return None if inner is None else not inner
    for name, decisive in (("And", False), ("Or", True)):
        if name in rule:
            return _explain_several(rule[name], data, scope, found, live=live, decisive=decisive)
    outcome = None
    value: Json = ABSENT
    with suppress(steps.PathFailure):
        value = paths.compile_path(rule["Variable"]).read(data, scope)
    if live:
        with suppress(StatesError):
            outcome = _comparison(rule)(data, scope)
    found.append((rule_text(rule), value, outcome))
    return outcome


def _explain_several(
    parts: list[Mapping[str, Json]], data: Json, scope: Scope, found: list[Finding], *, live: bool, decisive: bool
) -> bool | None:
    whole: bool | None = not decisive if live else None
    for part in parts:
        outcome = _explain(part, data, scope, found, live=live)
        if live and outcome is not (not decisive):
            whole, live = outcome, False
    return whole


def rule_text(rule: Mapping[str, Json]) -> str:
    """Return a rule in short: ``$.n < 1000``, ``not (...)``, ``... and ...``."""
    if "Not" in rule:
        return f"not ({rule_text(rule['Not'])})"
    for name, word in (("And", " and "), ("Or", " or ")):
        if name in rule:
            return word.join(f"({rule_text(p)})" if p.keys() & CONNECTIVES else rule_text(p) for p in rule[name])
    name = _operator(rule)
    variable, operand = rule["Variable"], rule[name]
    if name in IS_TESTS or name == "IsPresent":
        return f"{variable} is {'' if operand else 'not '}{name[2:].lower()}"
    if name == "StringMatches":
        return f"{variable} matches {to_text(operand)}"
    if name.endswith("Path"):
        return f"{variable} {COMPARATORS[name[:-4]][2]} {operand}"
    return f"{variable} {COMPARATORS[name][2]} {to_text(operand)}"
