"""AWS's own JSONata functions: ``$partition $range $hash $random $uuid $parse``, and ``$base64decode`` as Java has it.

Owns their signatures, in JSONata's notation, and their failures. Source: the developer guide, "JSONata functions provided
by Step Functions". What the arguments must be is JSONata's affair (T0410); what a function cannot do with arguments of
the right type is D3137, JSONata's code for a message of one's own (quoted from AWS; the messages are ours).
"""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from random import Random
from typing import Final, NamedTuple

from sfnbook.query.java_random import JavaRandom
from sfnbook.query.jsonpath.intrinsics import new_uuid, read_json
from sfnbook.values import Json

MAX_MEMORY: Final = 6_990_256
"""Bytes that one value may hold: 8 a number, 1 a character (quoted: ``[1..873783] ~> $count()`` is over it)."""

NUMBER_BYTES: Final = 8


RANDOM: Final[ContextVar[Random]] = ContextVar("RANDOM")
"""The generator of the execution whose expression is evaluated."""

MARKS: Final[ContextVar[Callable[[Json], Json] | None]] = ContextVar("MARKS", default=None)
"""What ``$parse`` does to the value it has read, None for nothing."""


class FunctionFailure(ValueError):
    """A function cannot do it; ``code`` is JSONata's, "" for a failure of the machine below it."""

    def __init__(self, message: str, code: str = "D3137") -> None:
        super().__init__(message)
        self.code = code


class MemoryExceeded(ValueError):
    """A value would hold more than `MAX_MEMORY` bytes."""


def _partition(array: list[Json] | None = None, size: float | None = None) -> Json:
    """Chunks of ``size``, the last may be shorter; without a size one chunk, of nothing nothing."""
    if not array:
        return None
    if size is None:
        return [array]
    step = math.trunc(size)
    if step <= 0:
        raise FunctionFailure("The second argument of the partition function must be a positive integer")
    return [array[i : i + step] for i in range(0, len(array), step)]


def _range(first: float | None = None, last: float | None = None, step: float | None = None) -> Json:
    """A sequence, as JSONata has them: none is undefined, one is itself (recorded). Fractions are cut off."""
    if first is None or last is None or step is None:
        return None
    start, stop, stride = math.trunc(first), math.trunc(last), math.trunc(step)
    if stride == 0:
        raise FunctionFailure("The third argument of the range function must not be zero")
    numbers = range(start, stop + (1 if stride > 0 else -1), stride)
    if _longer(numbers, MAX_MEMORY // NUMBER_BYTES):
        raise MemoryExceeded
    return None if not numbers else numbers[0] if len(numbers) == 1 else list(numbers)


def _longer(numbers: range, most: int) -> bool:
    """Tell whether a range has more items than this; ``len`` of one may not fit into a C integer."""
    return bool(numbers) and abs(numbers[-1] - numbers[0]) // abs(numbers.step) + 1 > most


_ALGORITHMS: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def _hash(text: str | None = None, algorithm: str | None = None) -> Json:
    """Hexadecimal digits of the text's UTF-8."""
    if text is None or algorithm is None:
        return None
    if algorithm not in _ALGORITHMS:
        known = ", ".join(_ALGORITHMS)
        raise FunctionFailure(f"The second argument of the hash function must be one of {known}")
    data = text.encode("utf-8", "replace")
    return hashlib.new(_ALGORITHMS[algorithm], data, usedforsecurity=False).hexdigest()


def _parse(text: str | None = None) -> Json:
    """Boxed: what a function hands back as None would be undefined, and ``$parse('null')`` is null."""
    if text is None:
        return None
    try:
        value = read_json(text)
    except ValueError as error:
        raise FunctionFailure(f"The argument of the parse function is not valid JSON: {error}") from None
    marks = MARKS.get()
    return {"v": value if marks is None else marks(value)}


def _random(seed: float | None = None) -> float:
    """From 0 up to, not including, 1; the same for the same seed, of which fractions are cut off."""
    return RANDOM.get().random() if seed is None else JavaRandom(math.trunc(seed)).next_double()


def _uuid() -> str:
    return new_uuid(RANDOM.get())


def _base64decode(text: str | None = None) -> Json:
    """As java.util.Base64's basic decoder: nothing but the alphabet; padding may be left out, not be half."""
    if text is None:
        return None
    bare = text.rstrip("=")
    padding = len(text) - len(bare)
    for char in bare:
        if char not in _BASE64:
            raise FunctionFailure(f"Illegal base64 character {ord(char):x}", "")
    if len(bare) % 4 == 1:
        raise FunctionFailure("Last unit does not have enough valid bits", "")
    if padding and padding != -len(bare) % 4:
        raise FunctionFailure("Input byte array has wrong 4-byte ending unit", "")
    return base64.b64decode(bare + "=" * (-len(bare) % 4)).decode("utf-8", "replace")


_BASE64: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


class Provided(NamedTuple):
    """A function and its signature in JSONata's notation."""

    signature: str
    function: Callable[..., Json]


FUNCTIONS: Final[Mapping[str, Provided]] = {
    "partition": Provided("<an?:a>", _partition),
    "range": Provided("<nnn?:a>", _range),
    "hash": Provided("<ss:s>", _hash),
    "random": Provided("<n?:n>", _random),
    "uuid": Provided("<:s>", _uuid),
    "parse": Provided("<s:x>", _parse),
    "base64decode": Provided("<s-:s>", _base64decode),
}
"""By name, without ``$``. base64decode is JSONata's, but AWS's refuses what is no Base64 (quoted)."""

DEFINITIONS: Final[Mapping[str, str]] = {"parse": "$parse := function($text)<s:x>{$lookup($sfnbook_parse($text), 'v')}"}
"""What stands before an expression for a function that cannot be called as it is."""

HOSTED: Final[Mapping[str, str]] = {"parse": "sfnbook_parse"}
"""The names under which the functions of `DEFINITIONS` are known to jlens."""
