"""JSON values: what flows through a state machine.

Owns the rules for values: what counts as JSON, its text on the wire, its size, and the path-copying update.
Values are plain ``dict``, ``list``, ``str``, ``int``, ``float``, ``bool`` and ``None`` and are never mutated once
they are inside the engine; an update copies only the path to what changed.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from json.encoder import c_make_encoder, encode_basestring  # type: ignore[attr-defined]  # private, see _make_encoder
from typing import Any, Final, TypeAlias

from sfnbook.errors import InputError

Json: TypeAlias = Any
"""A JSON value. ``Any`` because a recursive alias costs more in casts than it finds."""


class _Null:
    """The type of `NULL`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "NULL"


NULL: Final = _Null()
"""JSON's null as an input, where Python's None means "no input given"."""

MAX_BYTES: Final = 262_144
"""The limit on a state's input or output, in bytes of UTF-8 (AWS: Step Functions service quotas)."""

MAX_DEPTH: Final = 500
"""Deeper nesting than this is refused at the door, so that nothing behind it can exhaust the stack."""


def _make_encoder() -> Callable[[Json], str]:
    """Return what turns a value into compact JSON text.

    ``JSONEncoder.encode`` makes a new C encoder at every call; keeping one is three times faster for small values.
    """
    plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False)
    try:
        fast = c_make_encoder(None, plain.default, encode_basestring, None, ":", ",", False, False, False)
        if "".join(fast({"a": [1, "é", None]}, 0)) == '{"a":[1,"é",null]}':
            return lambda value: "".join(fast(value, 0))
    except TypeError:  # another Python whose encoder is made differently
        pass
    return plain.encode


_encode = _make_encoder()


def to_text(value: Json) -> str:
    """Return the compact JSON text of a value, as AWS writes it into events."""
    return _encode(value)


def from_text(text: str) -> Json:
    """Return the value of a JSON text. Raises ValueError for anything that is not strict JSON."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels") from None


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def wire_copy(value: Any) -> Json:
    """Return a private, plain-JSON copy of what came from outside.

    Tuples become lists, as ``json.dumps`` makes them, named ones objects, as AWS's Python runtime does; a dict key that is not a string is turned into one as
    ``json.dumps`` does. Raises ValueError that names the place (``$.a[2]``) of anything JSON cannot hold.
    """
    if type(value) is dict and _holds_scalars(value) and _TEXTS.issuperset(map(type, value)):
        return value.copy()
    try:
        return _copy(value, "$", 0)
    except RecursionError:  # Python's own limit comes sooner where the caller is deep in calls already
        return _by_text(value)


def _by_text(value: Any) -> Json:
    """Copy by way of text, which needs fewer calls a level; it can name no place."""
    try:
        copy = from_text(json.dumps(value, allow_nan=False))
    except RecursionError:
        copy = None
    except TypeError as fault:
        raise ValueError(str(fault)) from None
    if copy is None or deeper(copy, MAX_DEPTH):
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
    return copy


_PLAIN: Final = frozenset({str, int, bool, type(None)})
"""Types whose values are copied by being used again."""

_TEXTS: Final = frozenset({str})


def _holds_scalars(value: dict[Any, Any]) -> bool:
    """Whether an object's members can all be used again, so that copying the object itself is all there is to do."""
    return _PLAIN.issuperset(map(type, value.values()))


def copy_of(value: Json) -> Json:
    """Return a copy of a JSON value that the engine holds, for the caller: it shares no dict and no list.

    Nothing is checked: that was done when the value came in.
    """
    kind = type(value)
    if kind is not dict and kind is not list:
        return value
    if kind is dict and _holds_scalars(value):
        return value.copy()
    try:
        return _again(value)
    except RecursionError:  # as in `wire_copy`
        return _by_text(value)


def _again(value: Json) -> Json:
    kind = type(value)
    if kind is dict:
        return {k: v if type(v) in _PLAIN else _again(v) for k, v in value.items()}
    if kind is list:
        return [v if type(v) in _PLAIN else _again(v) for v in value]
    return value


def _copy(value: Any, where: str, depth: int) -> Json:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is float:
        if math.isfinite(value):
            return value
        raise ValueError(f"{value} at {where} is no JSON number: write None or a text")
    if depth >= MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH} levels at {where[:60]}…")
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {
            k if type(k) is str else _key(k, where): v if type(v) in _PLAIN else _copy(v, f"{where}.{k}", depth + 1)
            for k, v in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [v if type(v) in _PLAIN else _copy(v, f"{where}[{i}]", depth + 1) for i, v in enumerate(value)]
    if isinstance(value, str):
        return str.__str__(value)  # of an enum, what it is and not what it is called
    if isinstance(value, bool):
        return bool(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return _copy(float(value), where, depth)
    raise ValueError(f"{kind.__name__} at {where} is not JSON serializable{_instead(value)}")


_INSTEAD: Final = {
    "decimal.Decimal": "float(value), or int(value)",
    "datetime.datetime": "value.isoformat()",
    "datetime.date": "value.isoformat()",
    "datetime.time": "value.isoformat()",
    "datetime.timedelta": "value.total_seconds()",
    "builtins.bytes": "value.decode()",
    "builtins.bytearray": "value.decode()",
    "builtins.set": "sorted(value)",
    "builtins.frozenset": "sorted(value)",
    "builtins.complex": "[value.real, value.imag]",
    "numpy.ndarray": "value.tolist()",
    "numpy.datetime64": "str(value)",
    "numpy.generic": "value.item()",
    "DataFrame": 'value.to_dict("records")',
    "Series": "value.tolist()",
    "Index": "value.tolist()",
    "Timestamp": "value.isoformat()",
    "Timedelta": "value.total_seconds()",
    "NaTType": "None",
    "NAType": "None",
    "enum.Enum": "value.value",
    "uuid.UUID": "str(value)",
    "pathlib.PurePath": "str(value)",
    "collections.abc.Mapping": "dict(value)",
}
"""What to write in place of a value that JSON does not have, by its class or one above it; pandas' by name alone, since
its modules move."""


def _instead(value: Any) -> str:
    """What to write in place of a value, as the end of a message; "" where nothing is known."""
    kinds = type(value).__mro__
    pandas = [kind.__name__ for kind in kinds if kind.__module__.partition(".")[0] == "pandas"]
    for name in (*pandas, *(f"{kind.__module__.removesuffix('._local')}.{kind.__name__}" for kind in kinds)):
        if name in _INSTEAD:
            return f": write {_INSTEAD[name]}"
    if hasattr(kinds[0], "__dataclass_fields__"):
        return ": write dataclasses.asdict(value)"
    if hasattr(kinds[0], "model_dump"):
        return ': write value.model_dump(mode="json")'
    return ": write list(value)" if hasattr(kinds[0], "__iter__") else ""


def _key(key: Any, where: str) -> str:
    if type(key) is str:
        return key
    if isinstance(key, str):
        return str.__str__(key)
    if key is None or isinstance(key, (bool, int, float)):
        return str(json.dumps(key))
    raise ValueError(f"the key {key!r} at {where} is a {type(key).__name__}, not a string")


def checked_input(value: Any, what: str) -> Json:
    """Return a private copy of what a user hands in, called ``what``.

    Raises InputError for what is no JSON or larger than 256 KiB.
    """
    try:
        data = wire_copy(value)
    except ValueError as fault:
        raise InputError(f"The {what} is no JSON: {fault}.") from None
    length = size(data)
    if length > MAX_BYTES:
        raise InputError(f"The {what} has {length:,} bytes; Step Functions takes at most {MAX_BYTES:,} (256 KiB).")
    return data


_CONTROLS: Final = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff\\ud800-\\udfff]"
)


def printable(text: str) -> str:
    """Return a text that a terminal shows and never obeys: its control characters stand as JSON's escapes.

    They are C0 (but for line feeds and tabs), DEL, C1, what turns the direction of writing, and lone surrogates.

    >>> print(printable("paid\\x1b[2J"))
    paid\\u001b[2J
    """
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def deeper(value: Json, limit: int) -> bool:
    """Tell whether a value is nested deeper than this. Level by level, so that no depth exhausts the stack."""
    level = [value]
    for _ in range(limit):
        level = [c for v in level for c in (v.values() if type(v) is dict else v) if type(c) is dict or type(c) is list]
        if not level:
            return False
    return True


def size(value: Json) -> int:
    """Return the bytes of UTF-8 that a value's compact JSON text takes."""
    kind = type(value)
    if kind is int:
        return len(str(value)) if -(10**18) < value < 10**18 else len(_encode(value))
    text = _encode(value)
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def put(value: Json, path: Sequence[str | int], new: Json) -> Json:
    """Return a copy of ``value`` with ``new`` at ``path``; only the containers along the path are copied.

    Missing objects along the path are created (ASL specification, "ResultPath"). Raises LookupError where the path
    leads through something that is no object or outside an array.
    """
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(head, str):
        if not isinstance(value, dict):
            raise LookupError(head)
        changed = dict(value)
        changed[head] = put(value.get(head, {}), rest, new) if rest else new
        return changed
    if not isinstance(value, list) or not -len(value) <= head < len(value):
        raise LookupError(head)
    items = list(value)
    items[head] = put(items[head], rest, new) if rest else new
    return items


def cause_message(cause: str) -> str:
    """Return what a Cause says to a reader: of the JSON that Lambda writes its errorMessage, any other text as it is.

    >>> cause_message('{"errorMessage": "too dear", "errorType": "ValueError"}'), cause_message("{no JSON")
    ('too dear', '{no JSON')
    """
    if not cause.lstrip().startswith("{"):
        return cause
    try:
        value = from_text(cause)
    except (ValueError, RecursionError):
        return cause
    message = value.get("errorMessage")
    return message if isinstance(message, str) else cause


def texts(value: Json) -> Iterator[str]:
    """Yield every string that stands in a JSON value, keys apart.

    >>> list(texts({"a": ["x", 1, {"b": "y"}]}))
    ['x', 'y']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)
