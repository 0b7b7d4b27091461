"""JSONata by the library jsonata-python, behind that part of jlens's interface which this package uses.

For Python in a browser, where jlens has no wheel. It is 20 to 100 times slower and counts fewer limits: time and depth, not
the size of an intermediate value. It does not record what was evaluated, so JSONata branches have no coverage there.
"""

from __future__ import annotations

import base64
import json
import math
import random
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import takewhile
from typing import Any, Final, TypeAlias

from jsonata import Jsonata
from jsonata.functions import Functions
from jsonata.jexception import JException
from jsonata.parser import Parser
from jsonata.utils import Utils

Node: TypeAlias = Any
"""A node of jsonata-python's syntax tree, a `Parser.Symbol`."""

_LARGEST: Final = 1e21
"""From here on JSON text writes a number with an exponent, as JavaScript does."""

_OF_CONTEXT: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        ("substring", "substringBefore", "substringAfter", "contains", "match", "split", "pad", "formatNumber"), 2
    ),
    **dict.fromkeys(("formatInteger", "parseInteger", "lookup", "power", "each", "sift"), 2),
    **dict.fromkeys(
        ("string", "length", "uppercase", "lowercase", "trim", "number", "abs", "floor", "ceil", "round"), 1
    ),
    **dict.fromkeys(("sqrt", "boolean", "not", "keys", "spread", "formatBase", "toMillis", "fromMillis"), 1),
    **dict.fromkeys(("base64encode", "base64decode", "encodeUrl", "encodeUrlComponent"), 1),
    **dict.fromkeys(("decodeUrl", "decodeUrlComponent", "eval"), 1),
    "replace": 3,
}
"""Functions that take the context for a missing first argument, and how many arguments they need with it."""


class JlensError(Exception):
    """An expression that is none, or whose evaluation failed; ``code`` is JSONata's. Places are known when it is parsed only."""

    def __init__(self, code: str, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.token: str | None = None
        self.start: int | None = None
        self.position = position
        self.end: int | None = None


class Document:
    """A value that an expression is evaluated on."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Expression:
    """A compiled expression. Raises JlensError for a text that is none."""

    def __init__(self, text: str) -> None:
        text.encode("utf-8")  # UnicodeEncodeError for one half of a surrogate pair, as jlens
        try:
            self._compiled = Jsonata(text)
        except JException as error:
            raise _error(error) from None
        except RecursionError:
            raise JlensError("D1011", "The expression is nested too deeply") from None
        self._registered: set[str] = set()
        self.register_function("base64encode", _base64encode, "<s-:s>")

    def register_function(self, name: str, function: Callable[..., Any], signature: str | None = None) -> None:
        """Bind a function; what it returns as None is undefined."""
        self._registered.add(name)
        hosted = Jsonata.JFunction(_Hosted(function), signature)
        hosted.function_name = name
        self._compiled.register_function(name, hosted)

    def evaluate(self, data: Any = None, bindings: Mapping[str, Any] | None = None, **limits: Any) -> Any:
        """Return the value, None for undefined. Raises JlensError.

        limits: ``timeout`` (seconds), ``max_depth``, ``now`` (milliseconds since 1970), ``seed``; others are not counted.
        """
        compiled = self._compiled
        timeout = limits.get("timeout")
        compiled.environment.set_runtime_bounds(round(timeout * 1000) if timeout else None, limits.get("max_depth"))
        if "now" in limits:
            self._set_clock(limits["now"])
        if "seed" in limits:
            drawn = random.Random(limits["seed"])
            self.register_function("shuffle", lambda items: drawn.sample(items, len(items)), "<a:a>")
        try:
            return _plain(compiled.evaluate(data, bindings))
        except JException as error:
            raise _error(error) from None
        except RecursionError:
            raise JlensError("D1011", "Stack overflow error") from None
        except ZeroDivisionError:
            raise JlensError("D1001", "Number out of range: Infinity") from None
        except ValueError as error:
            if type(error) is not ValueError:  # a function of ours says what is wrong
                raise
            raise JlensError("D3030", f"Unable to cast value to a number: {error}") from None
        except RuntimeError as error:  # what dates and integers in words cannot be read as
            raise JlensError("", str(error)) from None

    def evaluate_document(self, document: Document, bindings: Mapping[str, Any] | None = None, **limits: Any) -> Any:
        """Return the value of the expression on a document. Raises JlensError."""
        return self.evaluate(document.value, bindings, **limits)

    def evaluate_json(self, data: Any, bindings: Mapping[str, Any] | None = None, **limits: Any) -> str:
        """Return the value as JSON text. Raises JlensError."""
        return json.dumps(self.evaluate(data, bindings, **limits))

    def evaluate_with_audit(
        self, data: Any, bindings: Mapping[str, Any] | None = None, **options: Any
    ) -> dict[str, Any]:
        """Return the value without a record of what was evaluated, which jsonata-python does not keep."""
        options.pop("level", None)
        return {"result": self.evaluate(data, bindings, **options)}

    def reads(self) -> dict[str, Any]:
        """Return what the text refers to: ``input`` (of the document: its names, True for all of it) and ``bindings``
        (by name: the members read, True for all of it). A part that is empty is not there."""
        found = _Reads(self._registered)
        found.visit(self._compiled.ast, True, frozenset())
        said: dict[str, Any] = {}
        if found.whole or found.names:
            said["input"] = True if found.whole else found.names
        if found.bindings:
            said["bindings"] = found.bindings
        return said

    def _set_clock(self, milliseconds: int) -> None:
        def now(picture: str | None = None, zone: str | None = None) -> Any:
            return Functions.datetime_from_millis(milliseconds, picture, zone)

        self.register_function("now", now, "<s?s?:s>")
        self.register_function("millis", lambda: milliseconds, "<:n>")


class _Hosted(Jsonata.JFunctionCallable):  # type: ignore[misc]
    """A Python function as jsonata-python calls one."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def call(self, input: Any, args: Sequence[Any] | None) -> Any:
        return self.function(*(_plain(one) for one in args or ()))


def _base64encode(text: str | None = None) -> str | None:
    """Of the characters as bytes, as JavaScript's ``btoa`` has them."""
    if text is None:
        return None
    try:
        return base64.b64encode(text.encode("latin-1")).decode()
    except UnicodeEncodeError:
        raise JlensError("", "The string to be encoded contains characters outside of the Latin1 range.") from None


def _error(error: JException) -> JlensError:
    """Return a failure with jlens's code and words; the library's port calls functions "Object"."""
    code, words = error.get_error(), str(error)
    if code == "D1012":
        return JlensError("U1006", "The evaluation took too long")
    if code == "T0410":
        words = f'Argument {error.get_current()} of function "{error.get_expected()}" does not match function signature'
    return JlensError(code, words, error.get_location())


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: null for the library's own, whole numbers as int."""
    if value is Utils.NULL_VALUE:
        return None
    if isinstance(value, float):
        return int(value) if math.isfinite(value) and value.is_integer() and abs(value) < _LARGEST else value
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items() if not _is_function(one)}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _is_function(value: Any) -> bool:
    return bool(Utils.is_function(value) or Functions.is_lambda(value))


class _Reads:
    """Collects what an expression reads, by its syntax tree. top: the context is the document, not a part of it.

    registered: functions that leave their context alone; any other that is not JSONata's may read it.
    """

    def __init__(self, registered: Container[str]) -> None:
        self.registered = registered
        self.whole = False
        self.names: dict[str, Any] = {}
        self.bindings: dict[str, Any] = {}

    def visit(self, node: Any, top: bool, bound: frozenset[str]) -> frozenset[str]:
        """Note what a node reads; return the names that are bound after it."""
        if isinstance(node, (list, tuple)):
            for one in node:
                bound = self.visit(one, top, bound)
        elif isinstance(node, Parser.Symbol):
            match node.type:
                case "path":
                    self._path(node, top, bound)
                case "name":
                    self._name(node, top)
                case "wildcard" | "descendant" | "parent":
                    self.whole |= top
                case "variable":
                    self._variable(node, top, bound, ())
                case "bind":
                    name = node.lhs.value
                    recursive = {name} if getattr(node.rhs, "type", "") == "lambda" else ()
                    self.visit(node.rhs, top, bound | frozenset(recursive))
                    return bound | {name}
                case "lambda":
                    self.visit(node.body, top, bound | {one.value for one in node.arguments or ()})
                case "function" | "partial":
                    self._call(node, top, bound, 0)
                case "apply" if getattr(node.rhs, "type", "") == "function":
                    self.visit(node.lhs, top, bound)
                    self._call(node.rhs, top, bound, 1)
                case "transform":
                    self.visit([node.pattern, node.update, getattr(node, "delete", None)], False, bound)
                case _:
                    self.visit([getattr(node, name, None) for name in _PARTS], top, bound)
            self._items(node, bound)
        return bound

    def _items(self, node: Node, bound: frozenset[str]) -> None:
        """What filters and groups: it sees the items of a step."""
        for part in (*(getattr(node, "predicate", None) or ()), *(getattr(node, "stages", None) or ())):
            self.visit(getattr(part, "expr", None), False, bound)
        group = getattr(node, "group", None)
        if group is not None:
            self.visit(group.lhs_object, False, bound)

    def _path(self, node: Node, top: bool, bound: frozenset[str]) -> None:
        first, *steps = node.steps
        for step in node.steps:
            bound |= {
                name for name in (getattr(step, "focus", None), getattr(step, "index", None)) if isinstance(name, str)
            }
        if _is_document(first, top) and steps and steps[0].type == "name":
            self._name(steps[0], True)
        elif first.type == "variable":
            keys = tuple(step.value for step in takewhile(lambda step: step.type == "name", steps))
            self._variable(first, top, bound, keys)
            self._items(first, bound)
        else:
            self.visit(first, top, bound)
        for step in steps:
            self.visit([one.expression for one in step.terms] if step.type == "sort" else step, False, bound)

    def _name(self, node: Node, top: bool) -> None:
        if top:
            self.names[node.value] = True

    def _variable(self, node: Node, top: bool, bound: frozenset[str], keys: tuple[str, ...]) -> None:
        name = node.value
        if name == "$" or (name == "" and top):
            self.whole = True
        elif name and name not in bound and name not in _BUILT_IN:
            tree = self.bindings
            for key in (name, *keys[:-1]) if keys else ():
                if tree.setdefault(key, {}) is True:
                    return
                tree = tree[key]
            tree[keys[-1] if keys else name] = True

    def _call(self, node: Node, top: bool, bound: frozenset[str], piped: int) -> None:
        called = node.procedure
        name = called.value if called.type == "variable" and called.value not in bound else ""
        unknown = bool(name) and name not in _BUILT_IN and name not in self.registered
        if top and (unknown or len(node.arguments or ()) + piped < _OF_CONTEXT.get(name, 0)):
            self.whole = True
        self.visit(called, top, bound)
        self.visit(node.arguments, top, bound)


def _is_document(node: Node, top: bool) -> bool:
    """Tell whether a node is the document itself, ``$$`` or where nothing else is the context ``$``, unfiltered."""
    if node.type != "variable" or getattr(node, "predicate", None) or getattr(node, "stages", None):
        return False
    return node.value == "$" or (node.value == "" and top)


_PARTS: Final = ("lhs", "rhs", "expression", "expressions", "condition", "then", "_else", "lhs_object")
_BUILT_IN: Final = frozenset(Jsonata.static_frame.bindings)
