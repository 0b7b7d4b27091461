"""The steps of a JSONPath and how they run: each step a closure that calls what follows, with Jayway JsonPath's semantics.

A definite path gives its value or fails; an indefinite one always gives a list. The messages of a failure are Jayway's
own, because AWS quotes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, TypeAlias

from sfnbook.query.jsonpath.functions import FUNCTIONS, FunctionFailure
from sfnbook.values import Json, to_text

PROVIDER: Final = "com.jayway.jsonpath.spi.json.JacksonJsonProvider"


class PathFailure(LookupError):
    """A path leads nowhere; the text is Jayway's. ``missing``: nothing there, rather than something unfit."""

    def __init__(self, detail: str, *, missing: bool = True) -> None:
        super().__init__(detail)
        self.missing = missing


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


_JAVA_TYPES: Final = {str: "String", int: "Integer", float: "Double", bool: "Boolean"}


def no_object(name: str, where: str, value: Json) -> PathFailure:
    """Return the failure of a key that is looked for in what is no object."""
    kind = _JAVA_TYPES.get(type(value))
    found = "null" if value is None else f"java.lang.{kind}" if kind else "java.util.ArrayList"
    return PathFailure(
        f"Expected to find an object with property ['{name}'] in path {where} but found '{found}'. "
        f"This is not a json object according to the JsonProvider: '{PROVIDER}'."
    )


def no_array(fragment: str, where: str, value: Json) -> PathFailure:
    """Return the failure of an index, a slice or the like on what is no array."""
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
            raise no_object(names[0], where, value)
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
            raise no_object("','".join(names), where, value)

    return walk


def _elements(numbers: Callable[[list[Json]], Iterator[int]], text: str, rest: Walk, where: str | None) -> Walk:
    def walk(value: Json, root: Json, found: list[Json]) -> None:
        if isinstance(value, list):
            for number in numbers(value):
                if -len(value) <= number < len(value):
                    rest(value[number], root, found)
        elif where is not None:
            raise no_array(text, where, value)

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
