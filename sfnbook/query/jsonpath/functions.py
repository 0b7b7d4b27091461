"""The functions a JSONPath may end in: ``$.items.length()``, ``$..price.sum()``. Semantics are Jayway's."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Final

from sfnbook.values import Json


class FunctionFailure(ValueError):
    """A function cannot be applied; the text is Jayway's."""


def _length(value: Json) -> Json:
    return len(value) if isinstance(value, (list, dict)) else None


def _keys(value: Json) -> Json:
    return list(value) if isinstance(value, dict) else None


def _numbers(value: Json) -> list[int | float]:
    items = value if isinstance(value, list) else []
    numbers = [n for n in items if isinstance(n, (int, float)) and not isinstance(n, bool)]
    if not numbers:
        raise FunctionFailure("Aggregation function attempted to calculate value using empty array")
    return numbers


def _of_numbers(compute: Callable[[list[float]], float]) -> Callable[..., Json]:
    """Java computes with doubles, whatever the numbers were."""

    def function(value: Json) -> Json:
        try:
            return compute([float(n) for n in _numbers(value)])
        except OverflowError:
            raise FunctionFailure("a number is out of range") from None

    return function


def _deviation(numbers: list[float]) -> float:
    mean = sum(numbers) / len(numbers)
    return math.sqrt(sum((n - mean) ** 2 for n in numbers) / len(numbers))


def _item(value: Json, index: int) -> Json:
    if not isinstance(value, list) or not -len(value) <= index < len(value):
        raise FunctionFailure(f"Target index:{index} larger than object count:{_length(value) or 0}")
    return value[index]


FUNCTIONS: Final[Mapping[str, Callable[..., Json]]] = {
    "length": _length,
    "size": _length,
    "keys": _keys,
    "min": _of_numbers(min),
    "max": _of_numbers(max),
    "avg": _of_numbers(lambda numbers: sum(numbers) / len(numbers)),
    "sum": _of_numbers(sum),
    "stddev": _of_numbers(_deviation),
    "first": lambda value: _item(value, 0),
    "last": lambda value: _item(value, -1),
    "index": _item,
}
