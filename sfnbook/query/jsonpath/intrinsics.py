"""The intrinsic functions of JSONPath states: ``States.Format('{} of {}', $.n, States.ArrayLength($.items))``.

Owns their grammar (strings in single quotes with ``\\'``, ``\\{``, ``\\}`` and ``\\\\``), their table, AWS's limits and
rounding. A call becomes one closure. A failing call fails the state with States.Runtime (recorded by others in April
2026; the guide's list of errors still has States.IntrinsicFailure), and its cause says no reason.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final, NoReturn

from sfnbook.errors import RUNTIME, StatesError
from sfnbook.language import texts
from sfnbook.language.placeholders import with_reminder
from sfnbook.query.java_random import JavaRandom
from sfnbook.query.jsonpath.grammar import equal
from sfnbook.query.jsonpath.paths import Reader, compile_path
from sfnbook.query.jsonpath.steps import PathFailure, java_number, java_text
from sfnbook.query.scope import Expr, ExpressionError, Scope
from sfnbook.values import MAX_DEPTH, Json, from_text, to_text, wire_copy

MAX_ITEMS: Final = 1_000
MAX_CHARACTERS: Final = 10_000
MAX_NESTING: Final = 10
LONG: Final = 2**63
"""Numbers beyond Java's long are refused."""
INT: Final = 2**31
"""States.MathAdd and States.MathRandom compute with Java's int (recorded by others)."""


class IntrinsicFailure(ValueError):
    """A call cannot be computed; the text says why, in AWS's words where they are known."""


def _refuse(name: str, more: str = "") -> NoReturn:
    raise IntrinsicFailure(f"Invalid arguments in States.{name}{more}")


# --- arguments as the functions need them


def java_round(number: float) -> int:
    """Round half toward positive infinity, as Java's Math.round: 1.5 -> 2, -1.5 -> -1."""
    return number if isinstance(number, int) else math.floor(number + 0.5)


def _number(value: Json, name: str) -> int | float:
    if type(value) is int or (type(value) is float and math.isfinite(value)):
        return value
    _refuse(name)


def _whole(value: Json, name: str, most: int = LONG) -> int:
    """Return a number without its fraction, as Java's intValue gives it (recorded by others)."""
    number = int(_number(value, name))
    return number if -most <= number < most else _refuse(name)


def _array(value: Json, name: str) -> list[Json]:
    if type(value) is list:
        return value
    _refuse(name)


def _string(value: Json, name: str) -> str:
    if type(value) is str:
        return value
    _refuse(name)


def _short(value: Json, name: str) -> str:
    text = _string(value, name)
    return text if len(text) <= MAX_CHARACTERS else _refuse(name)


# --- the functions


def format_text(template: Json, *values: Json) -> str:
    """``States.Format``. The template comes with ``\\{`` and ``\\}`` still escaped."""
    pieces = _split_template(_string(template, "Format"))
    return _fill(pieces, values)


def _split_template(template: str) -> list[str]:
    """Return the literal pieces around each ``{}``. Raises IntrinsicFailure for a brace that has no partner."""
    pieces = [""]
    at = 0
    while at < len(template):
        char = template[at]
        if char == "\\" and at + 1 < len(template) and template[at + 1] in "{}\\'":
            pieces[-1] += template[at + 1]
            at += 2
        elif template.startswith("{}", at):
            pieces.append("")
            at += 2
        elif char in "{}":
            other = "}" if char == "{" else "{"
            raise IntrinsicFailure(
                f"Invalid template in States.Format: matching '{other}' not found for '{char}'."  # recorded for '{'
            )
        else:
            pieces[-1] += char
            at += 1
    return pieces


def _fill(pieces: list[str], values: tuple[Json, ...]) -> str:
    if len(values) != len(pieces) - 1:
        _refuse("Format")
    return pieces[0] + "".join(java_text(v) + piece for v, piece in zip(values, pieces[1:], strict=True))


def string_to_json(text: Json) -> Json:
    """``States.StringToJson``. Blank text is null (recorded)."""
    content = _string(text, "StringToJson")
    if not content.strip(" \t\r\n"):
        return None
    try:
        return texts.read_json(content)
    except ValueError as fault:
        raise IntrinsicFailure(f"Cannot convert String to Json in States.StringToJson, caused by: {fault}") from None


def read_json(text: str) -> Json:
    """Return the value of a JSON text that came as data.

    Raises ValueError, also for deeper nesting than values have and for a number that no double holds.
    """
    value = from_text(text)
    risky = text.count("[") + text.count("{") > MAX_DEPTH or _HUGE.search(text)
    return wire_copy(value) if risky else value


_HUGE = re.compile(r"[eE]\+?\d{3}|\d{309}")


_WIDE = re.compile(r"\d{8}\.|\d[eE]|0\.00")
"""What a JSON text holds if a floating-point number stands in it that Java writes with an exponent, or more."""


def json_to_string(value: Json, *more: Json) -> str:
    """``States.JsonToString``: compact (recorded); floating-point numbers as Java writes them."""
    if more:
        _refuse("JsonToString", ": only a single argument is allowed.")
    text = to_text(value)
    return _java_json(value) if _WIDE.search(text) else text


def _java_json(value: Json) -> str:
    match value:
        case float():
            return java_number(value)
        case dict():
            return "{" + ",".join(f"{to_text(key)}:{_java_json(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_java_json, value)) + "]"
    return to_text(value)


def array_partition(items: Json, size: Json) -> list[Json]:
    """``States.ArrayPartition``: chunks of ``size`` without its fraction, the last may be shorter."""
    array, step = _array(items, "ArrayPartition"), _whole(size, "ArrayPartition")
    if step <= 0:
        _refuse("ArrayPartition")
    return [array[i : i + step] for i in range(0, len(array), step)]


def array_contains(items: Json, value: Json) -> bool:
    """``States.ArrayContains``, comparing deeply, and what differs in type only by its text (reported in prose)."""
    array, text = _array(items, "ArrayContains"), _as_text(value)
    return any(equal(item, value) or _as_text(item) == text for item in array)


def _as_text(value: Json) -> str:
    return value if isinstance(value, str) else json_to_string(value)


def array_range(first: Json, last: Json, step: Json) -> list[int]:
    """``States.ArrayRange``: both ends included, at most 1,000 items; fractions are cut off."""
    start, stop, stride = (_whole(n, "ArrayRange") for n in (first, last, step))
    if stride == 0 or (stop - start) // stride + 1 > MAX_ITEMS:
        _refuse("ArrayRange")
    return list(range(start, stop + (1 if stride > 0 else -1), stride))


def array_get_item(items: Json, index: Json) -> Json:
    """``States.ArrayGetItem``; of an empty array it is null (reported in prose)."""
    array, number = _array(items, "ArrayGetItem"), _whole(index, "ArrayGetItem")
    if array and not 0 <= number < len(array):
        _refuse("ArrayGetItem")
    return array[number] if array else None


def array_unique(items: Json) -> list[Json]:
    """``States.ArrayUnique``: the first of each, in order."""
    seen: set[Any] = set()
    unique: list[Json] = []
    for item in _array(items, "ArrayUnique"):
        identity = _identity(item)
        if identity not in seen:
            seen.add(identity)
            unique.append(item)
    return unique


def _identity(value: Json) -> Any:
    """Return a hashable that two values share exactly when they are `equal`."""
    match value:
        case dict():
            return dict, frozenset((k, _identity(v)) for k, v in value.items())
        case list():
            return list, tuple(map(_identity, value))
        case bool():
            return bool, value
    return value


def base64_encode(text: Json) -> str:
    """``States.Base64Encode`` of the text's UTF-8."""
    return base64.b64encode(_bytes(_short(text, "Base64Encode"))).decode("ascii")


def base64_decode(text: Json) -> str:
    """``States.Base64Decode``, without padding too (reported in prose, and so Java's decoder does).

    What is no UTF-8 becomes replacement characters, as Java's String does.
    """
    content = _short(text, "Base64Decode")
    padding = "" if "=" in content else "=" * (-len(content) % 4)
    try:
        return base64.b64decode(content + padding, validate=True).decode("utf-8", "replace")
    except ValueError:
        _refuse("Base64Decode")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


_ALGORITHMS: Final = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def hash_text(value: Json, algorithm: Json) -> str:
    """``States.Hash`` and JSONata's ``$hash``: hexadecimal digits. What is no string is hashed as its JSON text."""
    if not isinstance(algorithm, str) or algorithm not in _ALGORITHMS:
        _refuse("Hash")
    text = value if isinstance(value, str) else to_text(value)
    return hashlib.new(_ALGORITHMS[algorithm], _bytes(_short(text, "Hash")), usedforsecurity=False).hexdigest()


def json_merge(first: Json, second: Json, deep: Json) -> dict[str, Json]:
    """``States.JsonMerge``: shallow only, the second wins."""
    if type(first) is not dict or type(second) is not dict or deep is not False:
        _refuse("JsonMerge")
    return {**first, **second}


def math_random(random: Random, first: Json, last: Json, *seed: Json) -> int:
    """``States.MathRandom``: from ``first`` up to, not including, ``last``; with a seed it is java.util.Random's."""
    start, stop = _whole(first, "MathRandom", INT), _whole(last, "MathRandom", INT)
    if not 0 < stop - start < INT or len(seed) > 1:
        _refuse("MathRandom")
    if not seed:
        return random.randrange(start, stop)
    return start + JavaRandom(_whole(seed[0], "MathRandom")).next_int(stop - start)


def math_add(left: Json, right: Json) -> int:
    """``States.MathAdd``: each argument is rounded first (recorded: 1.5 + 1.51 is 4); beyond 32 bits it fails."""
    return _int(_rounded(left) + _rounded(right))


def _rounded(value: Json) -> int:
    return _int(java_round(_number(value, "MathAdd")))


def _int(number: int) -> int:
    return number if -INT <= number < INT else _refuse("MathAdd")


def string_split(text: Json, delimiters: Json) -> list[str]:
    """``States.StringSplit``: at any of the delimiter's characters; empty pieces are dropped (recorded)."""
    content, characters = _string(text, "StringSplit"), _string(delimiters, "StringSplit")
    if not characters:
        return [content] if content else []
    return [piece for piece in re.split(f"[{re.escape(characters)}]", content) if piece]


def new_uuid(random: Random, *ignored: Json) -> str:
    """``States.UUID`` and ``$uuid``: version 4, from the execution's own generator."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def _pack(*items: Json) -> list[Json]:
    return list(items)


def _count(items: Json) -> int:
    return len(_array(items, "ArrayLength"))


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A row of the table: the function, how many arguments it takes, and whether it draws random numbers.

    A call with another number of them is a call (recorded by others): it fails when it is evaluated.
    """

    function: Callable[..., Json]
    least: int
    most: int | None
    random: bool = False


INTRINSICS: Final[Mapping[str, Intrinsic]] = {
    "Array": Intrinsic(_pack, 0, None),
    "ArrayContains": Intrinsic(array_contains, 2, 2),
    "ArrayGetItem": Intrinsic(array_get_item, 2, 2),
    "ArrayLength": Intrinsic(_count, 1, 1),
    "ArrayPartition": Intrinsic(array_partition, 2, 2),
    "ArrayRange": Intrinsic(array_range, 3, 3),
    "ArrayUnique": Intrinsic(array_unique, 1, 1),
    "Base64Decode": Intrinsic(base64_decode, 1, 1),
    "Base64Encode": Intrinsic(base64_encode, 1, 1),
    "Format": Intrinsic(format_text, 1, None),
    "Hash": Intrinsic(hash_text, 2, 2),
    "JsonMerge": Intrinsic(json_merge, 3, 3),
    "JsonToString": Intrinsic(json_to_string, 1, 1),
    "MathAdd": Intrinsic(math_add, 2, 2),
    "MathRandom": Intrinsic(math_random, 2, 3, random=True),
    "StringSplit": Intrinsic(string_split, 2, 2),
    "StringToJson": Intrinsic(string_to_json, 1, 1),
    "UUID": Intrinsic(new_uuid, 0, 0, random=True),
}


# --- the grammar


@dataclass(frozen=True, slots=True)
class Literal:
    """A string (still escaped in ``raw``), number, true, false or null."""

    value: Json
    raw: str = ""


@dataclass(frozen=True, slots=True)
class PathArgument:
    """A path as an argument."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """``States.Name(arguments)``."""

    name: str
    arguments: tuple[Literal | PathArgument | Call, ...]
    text: str


Argument = Literal | PathArgument | Call

_CALL = re.compile(r"\s*States\.(\w+)\s*\(")
_STRING = re.compile(r"\s*'((?:[^'\\]|\\['{}\\])*)'\s*")
_SCALAR = re.compile(r"\s*(-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?|true|false|null)\s*(?=[,)])")
_PATH = re.compile(r"\s*(?=\$)")


def miscounted(call: Call) -> str | None:
    """Return what is wrong with the number of arguments of a call or of one inside it, None for right ones."""
    row, count = INTRINSICS[call.name], len(call.arguments)
    if count < row.least or (row.most is not None and count > row.most):
        return f"States.{call.name} does not take {count} argument{'' if count == 1 else 's'}"
    return next((said for a in call.arguments if isinstance(a, Call) and (said := miscounted(a))), None)


def is_call(text: str) -> bool:
    """Return whether a text means to be an intrinsic call rather than a path."""
    return text.lstrip().startswith("States.")


def parse(text: str) -> Call:
    """Return the call a text says. Raises ExpressionError."""
    call, at = _read_call(text, 0, 1)
    if text[at:].strip():
        raise ExpressionError(f"unexpected text after the call: {text[at:].strip()[:40]}")
    return call


def _read_call(text: str, at: int, depth: int) -> tuple[Call, int]:
    match = _CALL.match(text, at)
    if match is None:
        raise ExpressionError("an intrinsic call is States.Name(...)")
    name, start = match[1], at
    row = INTRINSICS.get(name)
    if row is None:
        raise ExpressionError(f"there is no intrinsic function States.{name}")
    if depth > MAX_NESTING:
        raise ExpressionError(f"intrinsic functions nest at most {MAX_NESTING} deep")
    arguments, at = _read_arguments(text, match.end(), depth)
    return Call(name, arguments, text[start:at].strip()), at


def _read_arguments(text: str, at: int, depth: int) -> tuple[tuple[Argument, ...], int]:
    arguments: list[Argument] = []
    if empty := re.compile(r"\s*\)").match(text, at):
        return (), empty.end()
    while True:
        argument, at = _read_argument(text, at, depth)
        arguments.append(argument)
        if end := re.compile(r"\s*([,)])").match(text, at):
            at = end.end()
            if end[1] == ")":
                return tuple(arguments), at
        else:
            raise ExpressionError("expected ',' or ')'")


def _read_argument(text: str, at: int, depth: int) -> tuple[Argument, int]:
    if match := _STRING.match(text, at):
        return Literal(re.sub(r"\\(.)", r"\1", match[1], flags=re.DOTALL), match[1]), match.end()
    if match := _SCALAR.match(text, at):
        return Literal(_scalar(match[1])), match.end()
    if match := _PATH.match(text, at):
        end = _path_end(text, match.end())
        path = text[match.end() : end].strip()
        compile_path(path)
        return PathArgument(path), end
    return _read_call(text, at, depth + 1)


def _scalar(text: str) -> Json:
    try:
        return wire_copy(from_text(text))
    except (ValueError, OverflowError):
        raise ExpressionError(f"{text[:40]} is no number") from None


def _path_end(text: str, at: int) -> int:
    """Return where a path argument ends: at a comma or parenthesis outside its own brackets and quotes."""
    depth, quote = 0, ""
    while at < len(text):
        char = text[at]
        if quote:
            if char == "\\":
                at += 1
            elif char == quote:
                quote = ""
        elif depth and char in "'\"":
            quote = char
        elif char in "[(":
            depth += 1
        elif char in "])" and depth:
            depth -= 1
        elif char in ",)" and not depth:
            return at
        at += 1
    raise ExpressionError("expected ',' or ')'")


# --- closures


def compile_call(text: str) -> Expr:
    """Return the closure of an intrinsic call. Raises ExpressionError."""
    call = parse(text)
    compute = _call(call)

    def run(data: Json, scope: Scope) -> Json:
        try:
            return compute(data, scope)
        except IntrinsicFailure as failure:
            words = f"There was an error while evaluating the intrinsic function: {call.text}. {failure}"
            raise StatesError(RUNTIME, with_reminder(words, text)) from None
        except PathFailure:
            raise StatesError(RUNTIME, with_reminder(_missing(call, data, scope), text)) from None

    return run


def _missing(call: Call, data: Json, scope: Scope) -> str:
    """Say which argument finds nothing: the first that fails, in the order of evaluation."""
    which = "A JsonPath argument"
    for path in path_texts(call):
        try:
            compile_path(path).read(data, scope)
        except PathFailure:
            which = f"The JsonPath argument for the field '{path}'"
            break
    why = f"{which} could not be found in the input '{to_text(data)}'"
    return f"The function '{call.text}' had the following error: {why}"


def path_texts(call: Call) -> list[str]:
    """Return the paths a call reads, in order."""
    found: list[str] = []
    for argument in call.arguments:
        match argument:
            case PathArgument(text):
                found.append(text)
            case Call():
                found.extend(path_texts(argument))
    return found


def _argument(argument: Argument) -> Reader:
    match argument:
        case Literal(value):
            return lambda data, scope: value
        case PathArgument(text):
            return compile_path(text).read
        case Call():
            return _call(argument)


def _call(call: Call) -> Reader:
    row, count = INTRINSICS[call.name], len(call.arguments)
    function, readers = row.function, [_argument(a) for a in call.arguments]
    if count < row.least or (row.most is not None and count > row.most and call.name not in _SURPLUS):
        return lambda data, scope: _refuse(call.name)
    if call.name == "Format" and isinstance(call.arguments[0], Literal):
        return _format(call.arguments[0], readers[1:])
    if call.name == "MathAdd" and isinstance(call.arguments[1], Literal):
        return _add_constant(readers[0], call.arguments[1].value)
    if row.random:
        return lambda data, scope: function(scope.random, *[read(data, scope) for read in readers])
    if count == 1:
        (only,) = readers
        return lambda data, scope: function(only(data, scope))
    if count == 2:
        first, second = readers
        return lambda data, scope: function(first(data, scope), second(data, scope))
    return lambda data, scope: function(*[read(data, scope) for read in readers])


_SURPLUS: Final = frozenset({"UUID", "JsonToString"})
"""The functions that take note of surplus arguments themselves: one ignores them, one says so (recorded by others)."""


def _add_constant(read: Reader, value: Json) -> Reader:
    """A counter's usual way: the constant is rounded once."""
    try:
        constant = _rounded(value)
    except IntrinsicFailure:
        return lambda data, scope: math_add(read(data, scope), value)

    def add(data: Json, scope: Scope) -> Json:
        number = read(data, scope)
        if type(number) is int and -INT <= number < INT:
            total = number + constant
            return total if -INT <= total < INT else _refuse("MathAdd")
        return math_add(number, constant)

    return add


def _format(head: Literal, readers: list[Reader]) -> Reader:
    """The template is literal nearly always: split it once; what is wrong with it is said when it is evaluated."""
    if not isinstance(head.value, str):
        return lambda data, scope: _refuse("Format")
    try:
        pieces = _split_template(head.raw)
    except IntrinsicFailure as failure:
        words = str(failure)

        def broken(data: Json, scope: Scope) -> Json:
            raise IntrinsicFailure(words)

        return broken
    return lambda data, scope: _fill(pieces, tuple([read(data, scope) for read in readers]))
