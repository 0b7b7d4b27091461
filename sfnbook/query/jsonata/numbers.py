"""What AWS's JSONata does with numbers, and jlens, whose numbers are doubles, does not.

AWS runs on Java: a whole number within a long stays exact through ``$parse`` and ``$string``, ``1/0`` is "Infinity" and
``0/0`` "NaN" in what an expression gives (quoted). jlens rounds the first to a double, refuses the second (D1001) and
gives null for the third. This module finds such values in a result, and has what a second, slower evaluation needs.
"""

from __future__ import annotations

import math
import operator
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from sfnbook.query.jsonata.functions import NUMBER_BYTES, FunctionFailure
from sfnbook.values import Json

SAFE: Final = 2**53 - 1
"""Whole numbers beyond it may not be what they were."""

_LONG: Final = 2**63
LONG_TEXT: Final = 16
"""A text that is shorter holds no whole number beyond `SAFE`."""

_DIGITS: Final = re.compile(r"\d{16}")
HUGE: Final = sys.float_info.max
"""Stands for infinity while an expression is evaluated: jlens has none."""

_HUGE_TEXT: Final = re.compile(r"1\.7976931348623(?:2|157)e\+308")


class Survey(NamedTuple):
    """What a result holds. memory: bytes, as AWS counts them; long: a number or digits beyond `SAFE`; null: a null."""

    memory: int
    long: bool
    null: bool


def survey(value: Json) -> Survey:
    """Look through a value. Neither brackets nor true, false and null are counted as memory: nothing is known of them."""
    memory, long, null = 0, False, False
    waiting = [value]
    while waiting:
        here = waiting.pop()
        kind = type(here)
        if kind is str:
            memory += len(here)
            if len(here) >= LONG_TEXT and not long:
                long = _DIGITS.search(here) is not None
        elif kind is int or kind is float:
            memory += NUMBER_BYTES
            if not -SAFE <= here <= SAFE:
                long = True
        elif kind is dict:
            memory += sum(map(len, here))
            waiting.extend(here.values())
        elif kind is list:
            waiting.extend(here)
        elif here is None:
            null = True
    return Survey(memory, long, null)


# --- longs: they travel as marked texts, and the result is taken where it is the rounded one but for the rounding

_MARK: Final = re.compile("\ue000(-?\\d+)\ue001")


def marked(value: Json) -> Json:
    """Return a value with its longs beyond `SAFE` as marked texts."""
    if type(value) is dict:
        return {key: marked(inner) for key, inner in value.items()}
    if type(value) is list:
        return [marked(inner) for inner in value]
    if type(value) is int and not -SAFE <= value <= SAFE and -_LONG <= value < _LONG:
        return f"\ue000{value}\ue001"
    return value


def exact(rounded: Json, found: Json) -> Json:
    """Return the exact value of a rounded result, from the result ``found`` of an evaluation with marked texts.

    Raises ValueError where the two differ in more than the rounding: the expression did something else with a text.
    """
    kind = type(rounded)
    if kind is dict and type(found) is dict and rounded.keys() == found.keys():
        return {key: exact(inner, found[key]) for key, inner in rounded.items()}
    if kind is list and type(found) is list and len(rounded) == len(found):
        return [exact(one, other) for one, other in zip(rounded, found, strict=True)]
    if type(found) is str and "\ue000" in found:
        if kind is str and _MARK.sub(lambda mark: str(int(float(mark[1]))), found) == rounded:
            return _MARK.sub(r"\1", found)
        if (kind is int or kind is float) and (mark := _MARK.fullmatch(found)) and float(mark[1]) == rounded:
            return int(mark[1])
        raise ValueError("the values differ")
    if type(found) is kind and found == rounded:
        return rounded
    raise ValueError("the values differ")


# --- infinity: the operator that gave it is replaced by `arithmetic`, and `HUGE` stands for it

_OPERATORS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": math.fmod,
}


def is_arithmetic(token: str | None) -> bool:
    """Tell whether a token is an operator whose result may be infinite."""
    return token in _OPERATORS


ARITHMETIC: Final = "sfnbook_arithmetic"
ARITHMETIC_DEFINITION: Final = (
    f"$sfnbook_operator := function($o, $l, $r){{($v := ${ARITHMETIC}($o, $l, $r); $v = 'NaN' ? 0/0 : $v)}}"
)


def replaced(code: str, token: str, start: int, after: int, end: int) -> str:
    """Return an expression in which the operator before ``after``, in the part from start to end, is a call."""
    left, right = code[start : after - len(token)], code[after:end]
    return f"{code[:start]}$sfnbook_operator('{token}', ({left}\n), ({right}\n)){code[end:]}"


def arithmetic(token: str, left: Json = None, right: Json = None) -> Json:
    """Compute as JSONata does, with `HUGE` for infinity and "NaN" for what is no number. Null counts as undefined."""
    if left is None or right is None:
        return None
    for side, value, code in (("left", left, "T2001"), ("right", right, "T2002")):
        if type(value) is not int and type(value) is not float:
            raise FunctionFailure(f'The {side} side of the "{token}" operator must evaluate to a number', code)
        if abs(value) == HUGE:
            raise FunctionFailure("Number out of range: null", "D1001")
    try:
        result = _OPERATORS[token](float(left), float(right))
    except (ZeroDivisionError, ValueError):
        return math.copysign(HUGE, left) * math.copysign(1, right) if left and token == "/" else "NaN"
    except OverflowError:
        result = math.inf
    return math.copysign(HUGE, result) if math.isinf(result) else result


def with_infinity(value: Json) -> Json:
    """Return a result with the words that AWS writes for infinity. Raises FunctionFailure for a text made of one."""
    if type(value) is dict:
        return {key: with_infinity(inner) for key, inner in value.items()}
    if type(value) is list:
        return [with_infinity(inner) for inner in value]
    if type(value) is str and _HUGE_TEXT.search(value):
        if value[:1] in ("{", "["):
            raise FunctionFailure("Number out of range: null", "D1001")
        raise FunctionFailure("Attempting to invoke string function on Infinity or NaN", "D3001")
    if (type(value) is float or type(value) is int) and abs(value) >= HUGE:
        return "Infinity" if value > 0 else "-Infinity"
    return value


# --- no number: jlens gives null for it, but tells its type

Place: TypeAlias = tuple[str | int, ...]
MOST_NULLS: Final = 1_000
"""More nulls than these are taken for nulls."""


def nulls(value: Json, place: Place = ()) -> Iterator[Place]:
    """Yield the places of the nulls in a value."""
    if value is None:
        yield place
    elif type(value) is dict:
        for key, inner in value.items():
            yield from nulls(inner, (*place, key))
    elif type(value) is list:
        for index, inner in enumerate(value):
            yield from nulls(inner, (*place, index))


def with_nan(value: Json, places: list[Place]) -> Json:
    """Return a result with the word that AWS writes for what is no number at these places."""
    for place in places:
        if not place:
            return "NaN"
        holder = value
        for step in place[:-1]:
            holder = holder[step]
        holder[place[-1]] = "NaN"
    return value
