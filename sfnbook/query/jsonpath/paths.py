"""JSONPath as AWS runs it: the text of a path becomes, once, a closure with Jayway JsonPath's semantics.

A definite path gives its value or fails; an indefinite one (wildcard, slice, filter, list of indexes, ``..``) always
gives a list, and an empty one where nothing is found. A plain reference path (``$.a.b[0]``) takes a short way through
this module. The messages of a failure are Jayway's own, because AWS quotes them. Text is read by
`grammar`, steps run in `steps`. Knows no field, no state and no cause: callers put the failure into AWS's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NoReturn, TypeAlias

from sfnbook.query.jsonpath.grammar import read_steps
from sfnbook.query.jsonpath.steps import Indexes, Keys, PathFailure, Step, finder, is_definite, no_array, no_object
from sfnbook.query.regexes import within_limit
from sfnbook.query.scope import ExpressionError, Scope
from sfnbook.values import Json

Reader: TypeAlias = Callable[[Json, Scope], Json]
"""(data, scope) -> value. Raises PathFailure."""


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
                raise no_object(step, where, value)
            if step not in value:
                if position + 1 < len(steps):
                    raise PathFailure(f"Missing property in path {here}")
                break
        elif not isinstance(value, list):
            raise no_array(f"[{step}]", where, value)
        elif not -len(value) <= step < len(value):
            break
        value, where = value[step], here
    whole = "".join(f"['{s}']" if isinstance(s, str) else f"[{s}]" for s in steps)
    raise PathFailure(f"No results for path: ${whole}")


def _read_all(text: str) -> tuple[Step, ...]:
    steps, at = read_steps(text, 0, embedded=False)
    if at < len(text):
        raise ExpressionError(f"Value is not a valid JSONPath: unexpected '{text[at]}'")
    return steps
