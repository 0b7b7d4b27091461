"""The query language JSONata, through the engine jlens: ``{% $states.input.items[price < 10] %}``.

Only a string that starts with ``{%`` and ends with ``%}`` is an expression (recorded). This module owns AWS's rules
around JSONata: what ``$states`` holds, its own functions, undefined as an error, no ``$eval``, variables that shadow
built-in functions of the same name, the words of failures, and limits that end a runaway expression. jlens is
imported when the first expression is compiled.

How an expression reaches its data: jlens reads its input lazily but copies bindings whole. So ``$states`` and the
variables travel as fields of the input, under names no expression says by accident (they start with a space), and a
block around the expression assigns them: ``($n := $.` n`; ($n < 1000))``. Wrapping that as ``{'v': ...}`` tells
undefined from null. A plain read such as ``$states.input.a.b`` never enters jlens while it meets objects only.

AWS gives an expression no document of its own: ``$$``, ``*`` and ``$string()`` find nothing at its top. So one that
may look there (jlens tells: `reads`) gets no input, and takes the copied bindings instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import QUERY_EVALUATION_ERROR, StatesError
from sfnbook.query import intrinsics
from sfnbook.query.scope import ABSENT, Condition, Expr, ExpressionError, QueryLanguage, Scope
from sfnbook.values import Json, to_text

if TYPE_CHECKING:
    import jlens

MAX_DEPTH: Final = 300
LIMITS: Final[dict[str, Any]] = {
    "max_steps": 5_000_000,
    "max_depth": 1_000,
    "max_array_length": 1_000_000,
    "max_string_length": 10_000_000,
    "max_result_size": 10_000_000,
}
"""AWS publishes no such limits; these end what would run for seconds, at the same place on every machine."""


def is_expression(text: Json) -> bool:
    """Return whether a value is a JSONata expression rather than a literal.

    >>> is_expression("{% 1 + 1 %}"), is_expression(" {% 1 %} "), is_expression(1)
    (True, False, False)
    """
    return isinstance(text, str) and len(text) >= 4 and text.startswith("{%") and text.endswith("%}")


def source(text: str) -> str:
    """Return the expression inside ``{% %}``, as AWS quotes it."""
    return text[2:-2].strip()


def expressions(node: Json, field: str = "") -> Iterator[tuple[str, str]]:
    """Yield the expressions in a field, as AWS quotes them, each with its place (``Output/a[0]``)."""
    if is_expression(node):
        yield source(node), field
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from expressions(value, f"{field}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from expressions(value, f"{field}[{index}]")


class JSONata:
    """See `sfnbook.query.scope.QueryLanguage`."""

    name = "JSONata"

    def value(self, text: Json, field: str) -> Expr:
        """Compile a field's value: an expression, or a literal that may hold expressions."""
        return self.template(text, field)

    def template(self, node: Json, field: str) -> Expr:
        """Compile a value with expressions at any depth; static parts are shared."""
        expr = _template(node, field, 0)
        return expr if expr is not None else lambda data, scope: node

    def condition(self, rule: Mapping[str, Json], field: str) -> Condition:
        """Compile a choice rule's Condition, which must be boolean. ``field``: the rule's place or its Condition's."""
        place = field if field.endswith("/Condition") else f"{field}/Condition"
        return self.typed(rule.get("Condition"), place, "boolean")

    def refused(self, node: Json, field: str) -> Iterator[ExpressionError]:
        """A name that no variable's ``$`` stands before would be read from a document that is not there.

        AWS refuses it, one by one, in these words (measured: floci#2670).
        """
        for text, place in expressions(node, field):
            read = _root(text)
            for name in read if isinstance(read, dict) else ():
                message = f"Reference to '{name}' at the top level is not supported."
                yield ExpressionError(message, place, "UNSUPPORTED_JSONATA_EXPRESSION")

    def typed(self, node: Json, field: str, *kinds: str) -> Expr:
        """Compile a value that must be one of ``kinds``: array, boolean, null, number, object, string."""
        expr = self.template(node, field)
        if not is_expression(node):
            return expr
        text = source(node)

        def checked(data: Json, scope: Scope) -> Json:
            value = expr(data, scope)
            if _KINDS[type(value)] not in kinds:
                raise wrong_type(text, field, kinds[0], value)
            return value

        return checked


JSONATA: Final = JSONata()
_: QueryLanguage = JSONATA


# --- failures, in AWS's words (recorded)

_KINDS: Final[Mapping[type, str]] = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "number",
    float: "number",
    type(None): "null",
}


def wrong_type(text: str, field: str, expected: str, value: Json) -> StatesError:
    """Return the failure of an expression whose value is not what the field needs."""
    seen = f"Expected '{expected}', but was '{_KINDS[type(value)]}' for value: {to_text(value)}"
    return _failed(text, field, f"returned an unexpected result type. {seen}")


def _failed(text: str, field: str, what: str) -> StatesError:
    cause = f"The JSONata expression '{text}' specified for the field '{field}' {what}"
    return StatesError(QUERY_EVALUATION_ERROR, cause, field)


# --- templates


def _template(node: Json, field: str, depth: int) -> Expr | None:
    """Return the closure of a node, None where it is static."""
    if depth > MAX_DEPTH:
        raise ExpressionError(f"The field '{field[:60]}' is nested too deeply")
    if is_expression(node):
        return _expression(source(node), field)
    if isinstance(node, dict):
        return _object(node, field, depth)
    if isinstance(node, list):
        return _array(node, field, depth)
    return None


def _object(node: dict[str, Json], field: str, depth: int) -> Expr | None:
    parts = [
        (key, expr)
        for key, value in node.items()
        if (expr := _template(value, f"{field}/{key}", depth + 1)) is not None
    ]
    if not parts:
        return None

    def made(data: Json, scope: Scope) -> Json:
        value = node.copy()
        for key, expr in parts:
            value[key] = expr(data, scope)
        return value

    return made


def _array(node: list[Json], field: str, depth: int) -> Expr | None:
    exprs = [_template(item, f"{field}[{i}]", depth + 1) for i, item in enumerate(node)]
    if all(expr is None for expr in exprs):
        return None
    pairs = list(zip(exprs, node, strict=True))
    return lambda data, scope: [item if expr is None else expr(data, scope) for expr, item in pairs]


# --- expressions

_NAMES = re.compile(r"\$([^\W\d]\w*)")
_PLAIN = re.compile(r"\$([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)", re.ASCII)
_RESERVED: Final = frozenset({"and", "or", "in", "true", "false", "null", "function"})
_INTRINSIC = re.compile(r"States\.(?:Array)?(\w+)")
_EVAL = re.compile(r"\$eval\s*\(")
_BOUNDED = re.compile(r"[^(\[{]*")
"""No call, range, filter or constructor: such an expression cannot run away, and passing limits takes microseconds."""
_BARE = re.compile(r"\$\$?(?!\w)")


def _expression(text: str, field: str) -> Expr:
    try:
        _check(text)
    except ExpressionError as error:
        raise ExpressionError(str(error), field) from error
    plain = _PLAIN.fullmatch(text)
    general = _General(text, field).evaluate
    if plain is None or _RESERVED & {*plain[2].split(".")}:
        return general
    return _plain(plain[1], tuple(plain[2].split(".")[1:]), general)


@lru_cache(maxsize=4096)
def _check(text: str) -> None:
    """Raise ExpressionError for what AWS refuses when a machine is created."""
    if _EVAL.search(text):
        raise ExpressionError("Function $eval is not supported")
    import jlens

    try:
        jlens.Expression(text)
    except jlens.JlensError as error:
        raise ExpressionError(f"{error.code}: {error}") from None
    except UnicodeEncodeError:
        raise ExpressionError("The expression holds one half of a surrogate pair without the other") from None
    if _BARE.match(text):
        raise ExpressionError("'$' and '$$' cannot be used at the top level of an expression; use $states.input")


def _reads_root(text: str) -> bool:
    """Return whether an expression may look at the document it is evaluated on, which AWS's have none of."""
    return _root(text) is not None


def _root(text: str) -> dict[str, Any] | bool | None:
    """Return what an expression reads of that document: the parts by name, True for all of it, None for nothing."""
    import jlens

    expression = jlens.Expression(text)
    for name in FUNCTIONS:
        expression.register_function(name, _ignores_its_context)
    found: dict[str, Any] | bool | None = expression.reads().get("input")
    return found


def _ignores_its_context(*arguments: Json) -> Json:
    """Stand in for AWS's own functions while an expression is looked at."""
    return None


def _plain(name: str, keys: tuple[str, ...], general: Expr) -> Expr:
    """Read a variable or a part of ``$states`` field by field; anything but an object on the way is jlens's affair."""
    if name != "states":
        return _walk(lambda data, scope: scope.variables.get(name, ABSENT), keys, general)
    if not keys or keys[0] not in _FETCH:
        return general
    return _walk(_FETCH[keys[0]], keys[1:], general)


_FETCH: Final[Mapping[str, Expr]] = {
    "input": lambda data, scope: data,
    "context": lambda data, scope: scope.context,
    "result": lambda data, scope: scope.result,
    "errorOutput": lambda data, scope: scope.error,
}


def _walk(fetch: Expr, keys: tuple[str, ...], general: Expr) -> Expr:
    def read(data: Json, scope: Scope) -> Json:
        value = fetch(data, scope)
        for key in keys:
            if type(value) is not dict or key not in value:
                return general(data, scope)
            value = value[key]
        return general(data, scope) if value is ABSENT else value

    return read


class _General:
    """An expression that jlens evaluates; compiled once for each set of its names that are variables just then."""

    __slots__ = ("field", "functions", "limits", "members", "names", "options", "prefix", "rooted", "text", "variants")

    def __init__(self, text: str, field: str) -> None:
        mentioned = frozenset(_NAMES.findall(text))
        self.text = text
        self.field = field
        self.names = tuple(sorted(mentioned - {"states"}))
        self.members = _states_members(text) if "states" in mentioned else ()
        self.functions = tuple(name for name in self.names if name in FUNCTIONS)
        self.options = frozenset(mentioned & {"now", "millis", "shuffle"})
        self.limits: dict[str, Any] = {} if _BOUNDED.fullmatch(text) else LIMITS
        self.rooted = _reads_root(text)
        self.prefix = HELD if self.rooted else " "
        self.variants: dict[tuple[str, ...], jlens.Expression] = {}

    def evaluate(self, data: Json, scope: Scope) -> Json:
        """Return the value; the Expr of this expression."""
        variables = scope.variables
        known = tuple([name for name in self.names if name in variables])
        expression = self.variants.get(known) or self._compile(known)
        prefix = self.prefix
        held = {prefix + name: variables[name] for name in known}
        if self.members:
            held[prefix + "states"] = self._states(data, scope)
        # It travels where the expression cannot see it: as jlens's input, or where that may be read, as bindings.
        carrier, bindings = (None, held or None) if self.rooted else (held or None, None)
        if self.functions:
            bindings = {**(bindings or {}), **self._hosted(scope)}
        try:
            result = expression.evaluate(carrier, bindings, **self._limits(scope))
        except Exception as error:
            raise self._threw(error) from None
        try:
            return result["v"]
        except KeyError:
            raise self._nothing(known, carrier, bindings, scope) from None

    def _hosted(self, scope: Scope) -> dict[str, Any]:
        """Return AWS's own functions that it calls."""
        return {HOSTED.get(name, name): _signed(name, FUNCTIONS[name](scope.random)) for name in self.functions}

    def _compile(self, known: tuple[str, ...]) -> jlens.Expression:
        import jlens

        try:
            expression = jlens.Expression("{'v':" + self._wrapped(known) + "}")
        except jlens.JlensError as error:  # a text that stands alone but not in parentheses: a bare regular expression
            raise _failed(self.text, self.field, f"threw an error during evaluation. {error.code}: {error}") from None
        self.variants[known] = expression
        return expression

    def _wrapped(self, known: tuple[str, ...]) -> str:
        functions = [DEFINITIONS[name] for name in self.functions if name in DEFINITIONS]
        if "eval" in self.names:
            functions.append("$eval := $.` eval`")
        names = [*known, "states"] if self.members else known
        place = f"${HELD}{{0}}" if self.rooted else "$.` {0}`"
        assigned = [f"${name} := {place.format(name)}" for name in names]
        inner = "(" + ";".join([*assigned, f"({self.text}\n)"]) + ")"
        return "(" + ";".join([*functions, inner]) + ")"

    def _states(self, data: Json, scope: Scope) -> dict[str, Json]:
        found = [(member, _FETCH[member](data, scope)) for member in self.members]
        return {member: value for member, value in found if value is not ABSENT}

    def _limits(self, scope: Scope) -> dict[str, Any]:
        if not self.options:
            return self.limits
        limits = {**LIMITS, "now": round(scope.now * 1000)}
        return {**limits, "seed": scope.random.getrandbits(32)} if "shuffle" in self.options else limits

    def _threw(self, error: Exception) -> StatesError:
        """Put a failure inside jlens, or inside one of our functions called by it, into AWS's words."""
        import jlens

        if isinstance(error, jlens.JlensError):
            what = f"{getattr(error, 'code', '')}: {error}"
            if what.startswith(_NUMBERS_IN_WORDS):  # jlens says -1.0 where JSONata says -1
                what = _WHOLE.sub(r"\1", what)
        elif isinstance(error, intrinsics.IntrinsicFailure):
            what = _INTRINSIC.sub(lambda match: f"${match[1].lower()}", str(error))
        elif isinstance(error, (TypeError, ValueError, OverflowError, RecursionError)):
            what = str(error)
        else:
            raise error
        return _failed(self.text, self.field, f"threw an error during evaluation. {what}")

    def _nothing(
        self, known: tuple[str, ...], carrier: dict[str, Json] | None, bindings: dict[str, Any] | None, scope: Scope
    ) -> StatesError:
        """Say undefined, or that the value is a function: the only other thing that JSON has no word for."""
        import jlens

        try:
            kind = jlens.Expression(f"{{'v':$type({self._wrapped(known)})}}")
            seen = kind.evaluate(carrier, bindings, **self._limits(scope))
        except jlens.JlensError:
            seen = {}
        if seen.get("v") == "function":
            return _failed(self.text, self.field, "returned an unsupported result type.")
        return _failed(self.text, self.field, "returned nothing (undefined).")


_NUMBERS_IN_WORDS: Final = ("D3060: ", "D3061: ", "D3100: ")
_WHOLE = re.compile(r"\b(\d+)\.0(?!\d)")
_STATES = re.compile(r"\$states\b(?:\s*\.\s*(\w+))?")


def _states_members(text: str) -> tuple[str, ...]:
    """Return the members of ``$states`` an expression may read; all of them where it takes ``$states`` whole."""
    mentioned = _STATES.findall(text)
    return tuple(member for member in _FETCH if "" in mentioned or member in mentioned)


# --- AWS's own functions (developer guide, "JSONata functions provided by Step Functions")


def _partition(array: Json = None, size: Json = None) -> Json:
    if array is None:
        return None
    return intrinsics.array_partition(array if isinstance(array, list) else [array], size)


def _range(first: Json = None, last: Json = None, step: Json = None) -> Json:
    """A sequence, as JSONata has them: none is undefined, one is itself (recorded)."""
    numbers = intrinsics.array_range(first, last, step)
    return None if not numbers else numbers[0] if len(numbers) == 1 else numbers


def _hash(value: Json = None, algorithm: Json = None) -> Json:
    return intrinsics.hash_text(value, algorithm)


def _parse(text: Json = None) -> Json:
    """Boxed: what a function hands back as None would be undefined, and ``$parse('null')`` is null."""
    if text is None:
        return None
    try:
        return {"v": intrinsics.read_json(text)}
    except ValueError as error:
        raise ValueError(f"the argument of $parse is not valid JSON: {error}") from None


def _random(random: Random) -> Callable[..., float]:
    def number(seed: Json = None) -> float:
        return random.random() if seed is None else Random(to_text(seed)).random()

    return number


SIGNATURES: Final[Mapping[str, tuple[str, ...]]] = {
    "partition": ("", "number"),
    "range": ("number", "number", "number"),
    "hash": ("", "string"),
    "random": ("number",),
    "uuid": (),
    "parse": ("string",),
}
"""What a function's arguments must be, "" for anything; one that is undefined is always let through."""


def _signed(name: str, function: Callable[..., Json]) -> Callable[..., Json]:
    """Give a function JSONata's own failure for arguments that are not what it takes."""
    kinds = SIGNATURES[name]

    def call(*arguments: Json) -> Json:
        for number, argument in enumerate(arguments, 1):
            if number > len(kinds) or (
                argument is not None and kinds[number - 1] not in ("", _KINDS.get(type(argument)))
            ):
                raise ValueError(f'T0410: Argument {number} of function "{name}" does not match function signature')
        return function(*arguments)

    return call


FUNCTIONS: Final[Mapping[str, Callable[[Random], Callable[..., Json]]]] = {
    "partition": lambda random: _partition,
    "range": lambda random: _range,
    "hash": lambda random: _hash,
    "random": _random,
    "uuid": lambda random: lambda: intrinsics.new_uuid(random),
    "parse": lambda random: _parse,
}
"""Name -> what makes the function from the execution's generator."""

HELD: Final = "sfnbook_held_"
"""What stands before the names of `$states` and the variables where they travel as bindings."""

HOSTED: Final[Mapping[str, str]] = {"parse": "sfnbook_parse", "uuid": "sfnbook_uuid"}
"""Functions bound under another name, because an expression in DEFINITIONS stands before them."""

DEFINITIONS: Final[Mapping[str, str]] = {
    "parse": "$parse := function($text){$lookup($sfnbook_parse($text), 'v')}",
    "uuid": "$uuid := function(){$sfnbook_uuid()}",
}
