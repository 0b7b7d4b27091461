"""JSONPath as AWS runs it: the text of a path becomes, once, a closure with Jayway JsonPath's semantics.

A definite path gives its value or fails; an indefinite one (wildcard, slice, filter, list of indexes, ``..``) always
gives a list, and an empty one where nothing is found. A plain reference path (``$.a.b[0]``) takes a short way through
this module. The messages of a failure are Jayway's own, because AWS quotes them. What stands between ``[?(`` and
``)]`` is read by `filters`. Knows no field, no state and no cause: callers put the failure into AWS's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Final, NoReturn, TypeAlias

from sfnbook.query.path_functions import FUNCTIONS, FunctionFailure
from sfnbook.query.regexes import within_limit
from sfnbook.query.scope import ExpressionError, Scope
from sfnbook.values import Json, to_text

PROVIDER: Final = "com.jayway.jsonpath.spi.json.JacksonJsonProvider"


class PathFailure(LookupError):
    """A path leads nowhere; the text is Jayway's. ``missing``: nothing there, rather than something unfit."""

    def __init__(self, detail: str, *, missing: bool = True) -> None:
        super().__init__(detail)
        self.missing = missing


Reader: TypeAlias = Callable[[Json, Scope], Json]
"""(data, scope) -> value. Raises PathFailure."""

Predicate: TypeAlias = Callable[[Json, Json], bool]
"""(item, root) -> whether a filter keeps the item."""

Walk: TypeAlias = Callable[[Json, Json, list[Json]], None]
"""(value, root, found): append to ``found`` what the rest of a path finds below ``value``."""


@dataclass(frozen=True, slots=True)
class Keys:
    """``.a``, ``['a']`` or ``['a','b']``."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Indexes:
    """``[0]``, ``[-1]`` or ``[0,2]``."""

    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """``[from:to]``, either may be missing."""

    start: int | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class Wildcard:
    """``.*`` or ``[*]``."""


@dataclass(frozen=True, slots=True)
class Scan:
    """``..``: the next step applies to this value and to everything below it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """``[?(...)]``."""

    text: str
    accepts: Predicate = field(compare=False)


@dataclass(frozen=True, slots=True)
class Function:
    """``.length()`` and its like."""

    name: str
    arguments: tuple[Json, ...]


Step: TypeAlias = Keys | Indexes | Slice | Wildcard | Scan | Filter | Function


@dataclass(frozen=True, slots=True)
class Path:
    """A compiled path.

    root: ``$``, ``$$`` or a variable's name. definite: gives one value rather than a list. plain: the keys and indexes
    of a reference path, None for any other.
    """

    text: str
    root: str
    steps: tuple[Step, ...]
    definite: bool
    plain: tuple[str | int, ...] | None
    read: Reader


# --- the door


def compile_path(text: str) -> Path:
    """Return the path a text says. Raises ExpressionError."""
    if not isinstance(text, str):
        raise ExpressionError("Value is not a valid JSONPath")
    return _compile(text)


@lru_cache(maxsize=4096)
def _compile(text: str) -> Path:
    root, rest = _root(text.strip())
    plain = _plain_steps(rest)
    if plain is not None:
        steps: tuple[Step, ...] = tuple(Keys((s,)) if isinstance(s, str) else Indexes((s,)) for s in plain)
        return Path(text, root, steps, True, plain, _plain_reader(root, plain))
    try:
        steps = _read_all(rest)
    except RecursionError:
        raise ExpressionError("Value is not a valid JSONPath: nested too deeply") from None
    definite = is_definite(steps)
    read = _rooted(root, finder(steps))
    return Path(text, root, steps, definite, None, within_limit(read) if "=~" in text else read)


NOT_A_PATH: Final = "Value must be a valid JSONPath."
NOT_A_REFERENCE: Final = "Value is not a Reference Path"
"""AWS's words for a field that holds no path; `compile_path` says more exactly what is wrong."""


def reference_path(text: str) -> tuple[str | int, ...]:
    """Return the keys and indexes of a reference path such as ``$.a['b c'][0]`` (ResultPath).

    Raises ExpressionError, also for the context object and for variables, which nothing can be written into.
    """
    try:
        path = compile_path(text)
    except ExpressionError as error:
        raise ExpressionError(NOT_A_REFERENCE) from error
    if path.plain is None or path.root != "$":
        raise ExpressionError(NOT_A_REFERENCE)
    return path.plain


_ROOT = re.compile(r"\$(\$|[^\W\d]\w*)?")


def _root(text: str) -> tuple[str, str]:
    match = _ROOT.match(text)
    if match is None:
        raise ExpressionError("Value is not a valid JSONPath: a path starts with '$'")
    name = match[1]
    return ("$" if name is None else "$$" if name == "$" else name), text[match.end() :]


def _fetch(root: str) -> Reader:
    """Return the reader of what a path starts from."""
    if root == "$":
        return lambda data, scope: data
    if root == "$$":
        return lambda data, scope: scope.context

    def variable(data: Json, scope: Scope) -> Json:
        try:
            return scope.variables[root]
        except KeyError:
            raise PathFailure(f"Variable '${root}' is not defined") from None

    return variable


def _rooted(root: str, find: Callable[[Json], Json]) -> Reader:
    if root == "$":
        return lambda data, scope: find(data)
    fetch = _fetch(root)
    return lambda data, scope: find(fetch(data, scope))


def or_null(path: Path) -> Reader:
    """Return a path's reader that gives null where its last index is out of range (quoted: floci#3199)."""
    last = path.steps[-1] if path.steps else None
    if not path.definite or not isinstance(last, Indexes):
        return path.read
    read, parent = path.read, _rooted(path.root, finder(path.steps[:-1]))

    def reader(data: Json, scope: Scope) -> Json:
        try:
            return read(data, scope)
        except PathFailure:
            if isinstance(parent(data, scope), list):
                return None
            raise

    return reader


# --- plain reference paths: no steps, no lists, just keys and indexes

_PLAIN = re.compile(r"""\.([^\s.\[\]()*?:,'"]+)|\[(?:'([^'\\\[\]]*)'|"([^"\\\[\]]*)"|(-?\d{1,9}))\]""")


def _plain_steps(rest: str) -> tuple[str | int, ...] | None:
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        match = _PLAIN.match(rest, at)
        if match is None:
            return None
        dotted, single, double, number = match.groups()
        steps.append(int(number) if number is not None else next(n for n in (dotted, single, double) if n is not None))
        at = match.end()
    return tuple(steps)


def _plain_reader(root: str, steps: tuple[str | int, ...]) -> Reader:
    if not steps:
        return _fetch(root)
    if root == "$" and len(steps) <= 2 and all(isinstance(s, str) for s in steps):
        return _one_key(steps) if len(steps) == 1 else _two_keys(steps)

    def find(value: Json) -> Json:
        here = value
        try:
            for step in steps:
                if type(step) is int and type(here) is not list:
                    _fail(value, steps)
                here = here[step]
        except (KeyError, IndexError, TypeError):
            _fail(value, steps)
        return here

    return _rooted(root, find)


def _one_key(steps: tuple[str | int, ...]) -> Reader:
    (key,) = steps

    def read(data: Json, scope: Scope) -> Json:
        try:
            return data[key]
        except (KeyError, TypeError):
            _fail(data, steps)

    return read


def _two_keys(steps: tuple[str | int, ...]) -> Reader:
    first, second = steps

    def read(data: Json, scope: Scope) -> Json:
        try:
            return data[first][second]
        except (KeyError, TypeError):
            _fail(data, steps)

    return read


def _fail(value: Json, steps: tuple[str | int, ...]) -> NoReturn:
    """Say as Jayway does why ``steps`` lead nowhere in ``value``."""
    where = "$"
    for position, step in enumerate(steps):
        here = f"{where}['{step}']" if isinstance(step, str) else f"{where}[{step}]"
        if isinstance(step, str):
            if not isinstance(value, dict):
                raise _no_object(step, where, value)
            if step not in value:
                if position + 1 < len(steps):
                    raise PathFailure(f"Missing property in path {here}")
                break
        elif not isinstance(value, list):
            raise _no_array(f"[{step}]", where, value)
        elif not -len(value) <= step < len(value):
            break
        value, where = value[step], here
    whole = "".join(f"['{s}']" if isinstance(s, str) else f"[{s}]" for s in steps)
    raise PathFailure(f"No results for path: ${whole}")


_JAVA_TYPES: Final = {str: "String", int: "Integer", float: "Double", bool: "Boolean"}


def _no_object(name: str, where: str, value: Json) -> PathFailure:
    kind = _JAVA_TYPES.get(type(value))
    found = "null" if value is None else f"java.lang.{kind}" if kind else "java.util.ArrayList"
    return PathFailure(
        f"Expected to find an object with property ['{name}'] in path {where} but found '{found}'. "
        f"This is not a json object according to the JsonProvider: '{PROVIDER}'."
    )


def _no_array(fragment: str, where: str, value: Json) -> PathFailure:
    if value is None:
        return PathFailure(f"The path {where} is null")
    detail = f"Filter: {fragment} can only be applied to arrays. Current context is: {java_text(value)}"
    return PathFailure(detail, missing=False)


def java_text(value: Json) -> str:
    """Return a value as Java prints it: ``{Arg1=1, Arg2=[]}``. Strings stay bare, also inside."""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return java_number(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}={java_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(java_text, value)) + "]"
    return to_text(value)


def java_number(number: float) -> str:
    """Return a floating-point number as Java's Double.toString writes it, whose exponents begin at 1E7 and below 1E-3.

    >>> java_number(1.5), java_number(12345678.9), java_number(1e-7)
    ('1.5', '1.23456789E7', '1.0E-7')
    """
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        return repr(number)
    sign, figures, exponent = Decimal(repr(number)).normalize().as_tuple()
    whole, *rest = map(str, figures)
    return f"{'-' * sign}{whole}.{''.join(rest) or '0'}E{int(exponent) + len(rest)}"


# --- any path: steps compiled from the last to the first, each calling what follows


def is_definite(steps: tuple[Step, ...]) -> bool:
    """Return whether steps lead to one value. ``['a','b']`` does at the end, where it makes one object."""
    last = len(steps) - 1
    return _turned(steps) or all(_one_value(step, position == last) for position, step in enumerate(steps))


def _turned(steps: tuple[Step, ...]) -> bool:
    """``$..x.length()`` counts what ``$..x`` finds: Jayway turns the two around, only for a scan at the start."""
    return len(steps) > 1 and isinstance(steps[0], Scan) and isinstance(steps[-1], Function)


def _one_value(step: Step, leaf: bool) -> bool:
    match step:
        case Keys(names):
            return leaf or len(names) == 1
        case Indexes(numbers):
            return len(numbers) == 1
        case Function():
            return True
    return False


def finder(steps: tuple[Step, ...]) -> Callable[[Json], Json]:
    """Return what steps find in a document. Raises PathFailure where Jayway raises."""
    find = finder_below(steps)
    return lambda document: find(document, document)


def finder_below(steps: tuple[Step, ...]) -> Callable[[Json, Json], Json]:
    """Like `finder`, for steps that start below a document's root (``@`` in a filter)."""
    last = steps[-1] if steps else None
    if isinstance(last, Function) and _turned(steps):
        return _function_of_all(finder_below(steps[:-1]), last)
    definite = is_definite(steps)
    walk = _walk(steps, 0, "$")
    whole = "$" + "".join(map(_fragment, steps))

    def one(value: Json, root: Json) -> Json:
        found: list[Json] = []
        walk(value, root, found)
        if not found:
            raise PathFailure(f"No results for path: {whole}")
        return found[-1]

    def many(value: Json, root: Json) -> Json:
        found: list[Json] = []
        try:
            walk(value, root, found)
        except PathFailure as failure:
            if not failure.missing:
                raise
        return found

    return one if definite else many


def _function_of_all(find: Callable[[Json, Json], Json], function: Function) -> Callable[[Json, Json], Json]:
    return lambda value, root: _call(function, find(value, root))


def _call(function: Function, value: Json) -> Json:
    try:
        return FUNCTIONS[function.name](value, *function.arguments)
    except FunctionFailure as failure:
        raise PathFailure(str(failure), missing=False) from None


def _fragment(step: Step) -> str:
    match step:
        case Keys(names):
            return "[" + ",".join(f"'{n}'" for n in names) + "]"
        case Indexes(numbers):
            return "[" + ",".join(map(str, numbers)) + "]"
        case Slice(start, stop):
            return f"[{'' if start is None else start}:{'' if stop is None else stop}]"
        case Wildcard():
            return "[*]"
        case Scan():
            return ".."
        case Filter():
            return "[?]"
        case Function(name):
            return f".{name}()"


def _walk(steps: tuple[Step, ...], at: int, where: str | None) -> Walk:
    """Compile the steps from ``at`` on. ``where``: Jayway's text of the path so far, None once it is indefinite."""
    if at == len(steps):
        return lambda value, root, found: found.append(value)
    step = steps[at]
    leaf = at + 1 == len(steps)
    after = where + _fragment(step) if where is not None and _one_value(step, leaf) else None
    if isinstance(step, Scan):
        return _scan(steps[at + 1], _walk(steps, at + 1, None))
    rest = _walk(steps, at + 1, after)
    match step:
        case Keys(names):
            return _merge(names, where) if leaf and len(names) > 1 else _keys(names, rest, where, leaf)
        case Indexes(numbers):
            return _elements(lambda value: iter(numbers), _fragment(step), rest, where)
        case Slice(start, stop):
            return _elements(lambda value: slice_indexes(start, stop, len(value)), _fragment(step), rest, where)
        case Wildcard():
            return _each(rest)
        case Filter():
            return _filter(step, rest, where)
        case Function():
            return lambda value, root, found: rest(_call(step, value), root, found)


def _keys(names: tuple[str, ...], rest: Walk, where: str | None, leaf: bool) -> Walk:
    def walk(value: Json, root: Json, found: list[Json]) -> None:
        if not isinstance(value, dict):
            if where is None:
                return
            raise _no_object(names[0], where, value)
        for name in names:
            if name in value:
                rest(value[name], root, found)
            elif where is not None and not leaf:
                raise PathFailure(f"Missing property in path {where}['{name}']")

    return walk


def _merge(names: tuple[str, ...], where: str | None) -> Walk:
    def walk(value: Json, root: Json, found: list[Json]) -> None:
        if isinstance(value, dict):
            found.append({name: value[name] for name in names if name in value})
        elif where is not None:
            raise _no_object("','".join(names), where, value)

    return walk


def _elements(numbers: Callable[[list[Json]], Iterator[int]], text: str, rest: Walk, where: str | None) -> Walk:
    def walk(value: Json, root: Json, found: list[Json]) -> None:
        if isinstance(value, list):
            for number in numbers(value):
                if -len(value) <= number < len(value):
                    rest(value[number], root, found)
        elif where is not None:
            raise _no_array(text, where, value)

    return walk


def slice_indexes(start: int | None, stop: int | None, length: int) -> Iterator[int]:
    """Yield the indexes of a slice as Jayway counts them.

    With one bound a negative one counts from the end; with both it does not, so ``[1:-1]`` is empty.
    """
    if start is not None and stop is not None:
        return iter(range(max(start, -length), min(stop, length)))
    return iter(range(length)[start:stop])


def _each(rest: Walk) -> Walk:
    def walk(value: Json, root: Json, found: list[Json]) -> None:
        if isinstance(value, dict):
            value = value.values()
        elif not isinstance(value, list):
            return
        for item in value:
            rest(item, root, found)

    return walk


def _filter(step: Filter, rest: Walk, where: str | None) -> Walk:
    accepts = step.accepts

    def walk(value: Json, root: Json, found: list[Json]) -> None:
        if isinstance(value, dict):
            if accepts(value, root):
                rest(value, root, found)
        elif isinstance(value, list):
            for item in value:
                if accepts(item, root):
                    rest(item, root, found)
        elif where is not None:
            detail = f"Filter: [?] can not be applied to primitives. Current context is: {java_text(value)}"
            raise PathFailure(detail, missing=value is None)

    return walk


def _scan(step: Step, rest: Walk) -> Walk:
    """``..``: try the next step on this container, then on every container below it, outer before inner.

    A filter is tried on objects only, an array's items are reached one by one; several names on objects with them all.
    """
    tries = scan_tries(step)

    def walk(value: Json, root: Json, found: list[Json]) -> None:
        waiting = [value]
        while waiting:
            here = waiting.pop()
            if isinstance(here, dict):
                below = list(here.values())
            elif isinstance(here, list):
                below = here
            else:
                continue
            if tries(here):
                rest(here, root, found)
            waiting.extend(v for v in reversed(below) if isinstance(v, (dict, list)))

    return walk


def scan_tries(step: Step) -> Callable[[Json], bool]:
    """Return whether ``..`` tries the step after it on a value."""
    match step:
        case Filter():
            return lambda here: isinstance(here, dict)
        case Keys(names) if len(names) > 1:
            wanted = frozenset(names)
            return lambda here: isinstance(here, dict) and wanted <= here.keys()
    return lambda here: True


# --- reading the text of any path


def _read_all(text: str) -> tuple[Step, ...]:
    steps, at = read_steps(text, 0, embedded=False)
    if at < len(text):
        raise ExpressionError(f"Value is not a valid JSONPath: unexpected '{text[at]}'")
    return steps


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
        from sfnbook.query.filters import read_filter  # filters hold paths and paths hold filters

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
