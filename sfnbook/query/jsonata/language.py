"""The query language JSONata, through the engine jlens: ``{% $states.input.items[price < 10] %}``.

Only a string that starts with ``{%`` and ends with ``%}`` is an expression (recorded). This module owns AWS's rules
around JSONata: version 2.0.6, what ``$states`` holds, undefined as an error, no ``$eval``, variables that shadow built-in
functions of the same name, the words of failures, and limits that end a runaway expression. AWS's own functions stand in
`functions`, its numbers in `numbers`. jlens is imported when the first expression is compiled.

How an expression reaches its data: jlens reads its input lazily but copies bindings whole. So ``$states`` and the
variables travel as fields of the input, under names no expression says by accident (they start with a space), and a
block around the expression assigns them: ``($n := $.` n`; ($n < 1000))``. Wrapping that as ``{'v': ...}`` tells
undefined from null. A plain read such as ``$states.input.a.b`` never enters jlens while it meets objects only.

AWS gives an expression no document of its own: ``$$``, ``*`` and ``$string()`` find nothing at its top. So one that
may look there (jlens tells: `reads`) gets no input, and takes the copied bindings instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sfnbook.errors import QUERY_EVALUATION_ERROR, StatesError
from sfnbook.language.placeholders import with_reminder
from sfnbook.query.jsonata import numbers, tokens
from sfnbook.query.jsonata.functions import (
    DEFINITIONS,
    FUNCTIONS,
    HOSTED,
    MARKS,
    MAX_MEMORY,
    NUMBER_BYTES,
    RANDOM,
    FunctionFailure,
    MemoryExceeded,
)
from sfnbook.query.scope import ABSENT, Condition, Expr, ExpressionError, QueryLanguage, Scope
from sfnbook.values import Json, to_text

if TYPE_CHECKING:
    from sfnbook.query.jsonata.library import jlens

MAX_DEPTH: Final = 300
MAX_EVALUATION_DEPTH: Final = 100
"""Evaluations inside evaluations, as JSONata counts them: a parenthesis, an operator, a call is one (quoted)."""

_WRAPPED_DEPTH: Final = 4
"""How deep an expression stands in what is put around it."""

LIMITS: Final[dict[str, Any]] = {
    "timeout": 5.0,
    "max_steps": 5_000_000,
    "max_depth": MAX_EVALUATION_DEPTH + _WRAPPED_DEPTH,
    "max_array_length": MAX_MEMORY // NUMBER_BYTES,
    "max_string_length": MAX_MEMORY,
    "max_result_size": 8 * MAX_MEMORY,
}
"""Depth and memory are AWS's (quoted), as far as jlens counts them: items of an array as numbers, UTF-8 bytes of a text.
AWS publishes no limit of steps; ours ends what would run for seconds, at the same place on every machine. The timeout, in
seconds, is for what no step counts: a regular expression that tries for ever."""


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

    def refused(self, node: Json, field: str, members: Container[str]) -> Iterator[ExpressionError]:
        """Yield what AWS refuses when a machine is created: names at the top, which no document is there to hold
        (measured: floci#2670), ``$$``, and members of ``$states`` that the field does not see (guide)."""
        for text, place in expressions(node, field):
            for message in _unsupported(text, members):
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
    return StatesError(QUERY_EVALUATION_ERROR, with_reminder(cause, text), field)


def _threw(text: str, field: str, code: str, message: str) -> StatesError:
    """Return the failure of an evaluation; AWS writes JSONata's code, where there is one, in a sentence of its own."""
    return _failed(text, field, f"threw an error during evaluation{f'. {code}' if code else ''}: {message}")


_MEMORY: Final = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
_DEPTH: Final = (
    "Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive. "
    f"Depth={MAX_EVALUATION_DEPTH + 1} max={MAX_EVALUATION_DEPTH}"
)
_WITHOUT_CODE: Final[Mapping[str, str]] = {"D1011": _DEPTH, "U1001": _MEMORY}
"""What AWS's engine says, without a code, where jlens has these (quoted in part)."""


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
_BOUNDED = re.compile(r"[^(\[{/]{0,99}")
"""No call, range, filter or constructor, and too short to be deep: such an expression cannot run away, and passing limits
takes microseconds."""


def _expression(text: str, field: str) -> Expr:
    try:
        _check(text)
    except ExpressionError as error:
        raise ExpressionError(str(error), field, error.code) from error
    plain = _PLAIN.fullmatch(text)
    general = _General(text, field).evaluate
    if plain is None or _RESERVED & {*plain[2].split(".")}:
        return general
    return _plain(plain[1], tuple(plain[2].split(".")[1:]), general)


@lru_cache(maxsize=4096)
def _check(text: str) -> None:
    """Raise ExpressionError for what is no expression."""
    from sfnbook.query.jsonata.library import jlens

    try:
        jlens.Expression(text)
    except jlens.JlensError as error:
        raise ExpressionError(f"{error.code}: {error}") from None
    except UnicodeEncodeError:
        raise ExpressionError("The expression holds one half of a surrogate pair without the other") from None
    if newer := tokens.newer_operator(text):
        symbol = newer.text[0] if newer.text == "??" else ":"
        raise ExpressionError(f'S0211: The symbol "{symbol}" cannot be used as a unary operator')


def _unsupported(text: str, members: Container[str]) -> Iterator[str]:
    """Say what an expression refers to and AWS does not have."""
    words = {token.text for token in tokens.tokens(text) if token.kind == "variable"}
    read = _root(text)
    if "$$" in words:
        yield "Reference to '$$' is not supported."
    elif "$" in words and read is True:
        yield "Reference to '$' at the top level is not supported."
    for name in read if isinstance(read, dict) and "$$" not in words else ():
        yield f"Reference to '{name}' at the top level is not supported."
    for member in tokens.members_of_states(text):
        if member not in members:
            yield f"Field '$states.{member}' does not exist."


@lru_cache(maxsize=4096)
def _root(text: str) -> dict[str, Any] | bool | None:
    """Return what an expression reads of the document it is evaluated on, which AWS's have none of.

    The parts by name, True for all of it, None for nothing.
    """
    from sfnbook.query.jsonata.library import jlens

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


class _Failed(Exception):
    """An evaluation failed: JSONata's code, "" for none, and the message. infinite: where an operator gave infinity, as
    its token, the start of its left side, the end of the token and of its right side, in the expression as compiled."""

    def __init__(self, code: str, message: str, infinite: tuple[str, int, int, int] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.infinite = infinite


class _Call(NamedTuple):
    """One evaluation: where the data travel, and how far it may go."""

    known: tuple[str, ...]
    carrier: dict[str, Json] | None
    bindings: dict[str, Any] | None
    limits: dict[str, Any]
    drawn: Any


def _document(carrier: Json) -> jlens.Document:
    from sfnbook.query.jsonata.library import jlens

    return jlens.Document(carrier)


def _as_double(digits: str) -> int:
    """Return a whole number of a result's JSON text as jlens holds it: the double that the text stands for."""
    number = int(digits)
    return number if -numbers.SAFE <= number <= numbers.SAFE else int(float(digits))


class _General:
    """An expression that jlens evaluates; compiled once for each set of its names that are variables just then.

    text: as it is written, for causes. code: what is evaluated in its place.
    """

    __slots__ = (
        "carried",
        "code",
        "divides",
        "draws",
        "field",
        "functions",
        "limits",
        "matches",
        "members",
        "mentioned",
        "names",
        "options",
        "parses",
        "prefix",
        "rooted",
        "text",
        "variants",
        "without_infinity",
    )

    def __init__(self, text: str, field: str, code: str = "") -> None:
        self.text = text
        self.field = field
        self.code = code or text
        mentioned = frozenset(_NAMES.findall(text))
        self.names = tuple(sorted(mentioned - {"states"}))
        self.members = _states_members(text) if "states" in mentioned else ()
        self.functions = tuple(name for name in self.names if name in FUNCTIONS)
        self.options = frozenset(mentioned & {"now", "millis", "shuffle"})
        self.draws = bool(mentioned & {"random", "uuid", "shuffle"})
        self.parses = "parse" in mentioned
        self.matches = "/" in text
        self.divides = tokens.divides(text)
        self.limits: dict[str, Any] = {} if _BOUNDED.fullmatch(text) else LIMITS
        self.rooted = _root(text) is not None
        self.prefix = HELD if self.rooted else " "
        self.mentioned = frozenset(self.names)
        self.carried = [(self.prefix + name, name) for name in self.names]
        self.variants: dict[tuple[str, ...], jlens.Expression] = {}
        self.without_infinity: dict[tuple[str, int, int, int], _General] = {}

    def evaluate(self, data: Json, scope: Scope) -> Json:
        """Return the value; the Expr of this expression."""
        variables = scope.variables
        if variables.keys() >= self.mentioned:  # as nearly always
            known, carried = self.names, self.carried
        else:
            known = tuple([name for name in self.names if name in variables])
            carried = [(self.prefix + name, name) for name in known]
        held = {place: variables[name] for place, name in carried}
        if self.members:
            held[self.prefix + "states"] = self._states(data, scope)
        # It travels where the expression cannot see it: as jlens's input, or where that may be read, as bindings.
        carrier, bindings = (None, held or None) if self.rooted else (held or None, None)
        drawn = None
        if self.draws:
            RANDOM.set(scope.random)
            drawn = scope.random.getstate()
        limits = self._limits(scope) if self.options else self.limits
        expression = self.variants.get(known) or self._compile(known)
        try:
            if self.matches:
                value = self._run(expression, carrier, bindings, limits)["v"]
            else:
                value = expression.evaluate(carrier, bindings, **limits)["v"]
        except Exception as error:
            return self._otherwise(error, _Call(known, carrier, bindings, limits, drawn), scope)
        kind = type(value)
        if kind is bool or (kind is int and -numbers.SAFE <= value <= numbers.SAFE):
            return value
        if kind is str and len(value) < numbers.LONG_TEXT:
            return value
        return self._as_in_java(value, _Call(known, carrier, bindings, limits, drawn), scope)

    def parts(self, data: Json, scope: Scope) -> Iterator[dict[str, Any]]:
        """Yield what was evaluated, as jlens records it, with places in this expression's text."""
        variables = scope.variables
        known = tuple(name for name in self.names if name in variables)
        held = {self.prefix + name: variables[name] for name in known}
        if self.members:
            held[self.prefix + "states"] = self._states(data, scope)
        carrier, bindings = (None, held or None) if self.rooted else (held or None, None)
        if self.draws:
            RANDOM.set(scope.random)
        expression = self.variants.get(known) or self._compile(known)
        limits = self._limits(scope) if self.options else LIMITS
        seen: Any = expression.evaluate_with_audit(carrier, bindings, level="full", **limits)
        root = (seen.get("audit") or {}).get("root")
        if root is not None:
            yield from _parts(root, len("{'v':" + self._around(known)[0]), len(self.code))

    def _run(
        self, expression: jlens.Expression, carrier: Json, bindings: dict[str, Any] | None, limits: dict[str, Any]
    ) -> dict[str, Json]:
        """Return what jlens makes of an expression. A regular expression may take its time: other threads go on meanwhile."""
        if not self.matches:
            found = expression.evaluate(carrier, bindings, **limits)
        elif carrier is None:  # no document at all, which `Document` has no word for
            found = json.loads(expression.evaluate_json(None, bindings, **limits) or "{}", parse_int=_as_double)
        else:
            found = expression.evaluate_document(_document(carrier), bindings, **limits)
        value: dict[str, Json] = found
        return value

    def _otherwise(self, error: Exception, call: _Call, scope: Scope) -> Json:
        """Return the value of an expression in which an operator gave infinity. Raises StatesError for any other error."""
        if isinstance(error, KeyError):
            raise self._nothing(call) from None
        failure = self._failure(error, call)
        if failure.infinite is None:
            raise _threw(self.text, self.field, failure.code, failure.message) from None
        return self._infinite(failure, call, scope)

    def _value(self, call: _Call) -> Json:
        """Return what jlens makes of it. Raises _Failed, and StatesError for undefined."""
        expression = self.variants.get(call.known) or self._compile(call.known)
        try:
            return self._run(expression, call.carrier, call.bindings, call.limits)["v"]
        except KeyError:
            raise self._nothing(call) from None
        except Exception as error:
            raise self._failure(error, call) from None

    def _compile(self, known: tuple[str, ...]) -> jlens.Expression:
        expression = self._expression("{'v':" + self._wrapped(known) + "}")
        self.variants[known] = expression
        return expression

    def _expression(self, code: str) -> jlens.Expression:
        from sfnbook.query.jsonata.library import jlens

        try:
            expression = jlens.Expression(code)
        except jlens.JlensError as error:  # a text that stands alone but not in parentheses: a bare regular expression
            raise _threw(self.text, self.field, error.code, str(error)) from None
        for name in self.functions:
            signature, function = FUNCTIONS[name]
            expression.register_function(HOSTED.get(name, name), function, signature)
        if self.code is not self.text:
            expression.register_function(numbers.ARITHMETIC, numbers.arithmetic)
        return expression

    def _wrapped(self, known: tuple[str, ...]) -> str:
        before, after = self._around(known)
        return f"{before}{self.code}{after}"

    def _around(self, known: tuple[str, ...]) -> tuple[str, str]:
        functions = [DEFINITIONS[name] for name in self.functions if name in DEFINITIONS]
        if "eval" in self.names:
            functions.append("$eval := $.` eval`")  # AWS's has none: T1006 when it is called (quoted)
        if self.code is not self.text:
            functions.append(numbers.ARITHMETIC_DEFINITION)
        names = [*known, "states"] if self.members else known
        place = f"${HELD}{{0}}" if self.rooted else "$.` {0}`"
        assigned = "".join(f"${name} := {place.format(name)};" for name in names)
        return f"({''.join(f'{each};' for each in functions)}({assigned}(", "\n)))"

    def _states(self, data: Json, scope: Scope) -> dict[str, Json]:
        found = [(member, _FETCH[member](data, scope)) for member in self.members]
        return {member: value for member, value in found if value is not ABSENT}

    def _limits(self, scope: Scope) -> dict[str, Any]:
        limits = {**LIMITS, "now": round(scope.now * 1000)}
        return {**limits, "seed": scope.random.getrandbits(32)} if "shuffle" in self.options else limits

    def _failure(self, error: Exception, call: _Call) -> _Failed:
        """Put a failure inside jlens, or inside one of our functions called by it, into AWS's words."""
        from sfnbook.query.jsonata.library import jlens

        if isinstance(error, FunctionFailure):
            return _Failed(error.code, str(error))
        if isinstance(error, MemoryExceeded):
            return _Failed("", _MEMORY)
        if isinstance(error, (TypeError, ValueError, OverflowError, RecursionError)):
            return _Failed("D3137" if self.functions else "", str(error))
        if not isinstance(error, jlens.JlensError):
            raise error
        code, message = error.code, str(error)
        if code in _WITHOUT_CODE:
            return _Failed("", _WITHOUT_CODE[code])
        if code in _NUMBERS_IN_WORDS:  # jlens says -1.0 where JSONata says -1
            message = _WHOLE.sub(r"\1", message)
        return _Failed(code, message, self._operator(error, call))

    def _operator(self, error: jlens.JlensError, call: _Call) -> tuple[str, int, int, int] | None:
        """Return where in the code an operator stands whose result was out of range."""
        token, start, after, end = error.token, error.start, error.position, error.end
        if error.code != "D1001" or token is None or not numbers.is_arithmetic(token):
            return None
        offset = len("{'v':" + self._around(call.known)[0])
        if start is None or after is None or end is None or start < offset or end > offset + len(self.code):
            return None
        place = token, start - offset, after - offset, end - offset
        return None if tokens.is_operand(self.code, place[1], place[3]) else place

    def _infinite(self, failure: _Failed, call: _Call, scope: Scope) -> Json:
        """Evaluate again with an operator that may give infinity; what then fails is the failure there was."""
        assert failure.infinite is not None
        other = self.without_infinity.get(failure.infinite)
        try:
            if other is None:
                token, start, after, end = failure.infinite
                code = numbers.replaced(self.code, token, start, after, end)
                other = self.without_infinity[failure.infinite] = _General(self.text, self.field, code)
            again = call._replace(limits={**call.limits, "max_depth": 2 * LIMITS["max_depth"]} if call.limits else {})
            self._rewind(call, scope)
            try:
                value = other._value(again)
            except _Failed as next:
                if next.infinite is None or self.code.count("$sfnbook_operator") > MOST_OPERATORS:
                    raise
                return other._infinite(next, call, scope)
            return numbers.with_infinity(other._with_nan(value, again, scope))
        except (_Failed, FunctionFailure) as second:
            said = failure if second.code in ("", "T2001", "T2002") else second
            raise _threw(self.text, self.field, said.code, str(said)) from None

    def _as_in_java(self, value: Json, call: _Call, scope: Scope) -> Json:
        """Return a result with Java's numbers where jlens's are others, or fail where it holds too much."""
        found = numbers.survey(value)
        if found.memory > MAX_MEMORY:
            raise _threw(self.text, self.field, "", _MEMORY)
        if found.null:
            value = self._with_nan(value, call, scope)
        if found.long and (self.parses or call.carrier or call.bindings):
            value = self._exact(value, call, scope)
        return value

    def _with_nan(self, value: Json, call: _Call, scope: Scope) -> Json:
        """Return a result with "NaN" where jlens wrote null for what is no number: it tells the types of the nulls."""
        places = list(numbers.nulls(value)) if self.divides else []
        if not 0 < len(places) <= numbers.MOST_NULLS:
            return value
        types = ",".join(f"$type({_accessed(place)})" for place in places)
        code = f"{{'v':($sfnbook_result := {self._wrapped(call.known)};[{types}])}}"
        self._rewind(call, scope)
        seen: Any = self._run(self._expression(code), call.carrier, call.bindings, {**call.limits, "max_depth": 1_000})
        found = [place for place, kind in zip(places, seen["v"], strict=True) if kind == "object"]
        return numbers.with_nan(value, found)

    def _exact(self, value: Json, call: _Call, scope: Scope) -> Json:
        """Return a result with the longs that it took over unchanged: evaluated with texts in their place."""
        carrier, bindings = numbers.marked(call.carrier), numbers.marked(call.bindings)
        if not self.parses and carrier == call.carrier and bindings == call.bindings:
            return value
        self._rewind(call, scope)
        marks = MARKS.set(numbers.marked)
        try:
            return numbers.exact(value, self._value(call._replace(carrier=carrier, bindings=bindings)))
        except (_Failed, StatesError, ValueError):
            return value
        finally:
            MARKS.reset(marks)

    def _rewind(self, call: _Call, scope: Scope) -> None:
        """Let a second evaluation draw the same random numbers."""
        if call.drawn is not None:
            scope.random.setstate(call.drawn)

    def _nothing(self, call: _Call) -> StatesError:
        """Say undefined, or that the value is a function: the only other thing that JSON has no word for."""
        try:
            kind = self._expression(f"{{'v':$type({self._wrapped(call.known)})}}")
            seen = self._run(kind, call.carrier, call.bindings, call.limits)
        except Exception:  # whatever it is, the value has been undefined
            seen = {}
        if seen.get("v") == "function":
            return _failed(self.text, self.field, "returned an unsupported result type.")
        return _failed(self.text, self.field, "returned nothing (undefined).")


def evaluated_parts(text: str, data: Json, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield the parts of an expression that its evaluation evaluated, each as often as it was, an outer one before those in it:
    ``kind``, ``op``, ``span`` (``start`` and ``end`` in the text), ``outcome``, ``branch``, ``children``, as jlens has them."""
    yield from _recorded(text).parts(data, scope)


@lru_cache(maxsize=256)
def _recorded(text: str) -> _General:
    return _General(text, "")


def _parts(part: dict[str, Any], offset: int, length: int) -> list[dict[str, Any]]:
    """Return a part and those in it, with places counted from ``offset``, without what stands outside the expression."""
    span = part["span"]
    span["start"], span["end"] = span["start"] - offset, span["end"] - offset
    inside = [one for child in part.get("children", ()) for one in _parts(child, offset, length)]
    return [part, *inside] if 0 <= span["start"] <= span["end"] <= length else inside


def _accessed(place: numbers.Place) -> str:
    """Return the expression that takes a place from a result."""
    text = "$sfnbook_result"
    for step in place:
        text = f"({text})[{step}]" if type(step) is int else f"$lookup({text},{to_text(step)})"
    return text


MOST_OPERATORS: Final = 20
"""Operators of one expression that may give infinity."""

HELD: Final = "sfnbook_held_"
"""What stands before the names of `$states` and the variables where they travel as bindings."""

_NUMBERS_IN_WORDS: Final = ("D3060", "D3061", "D3100")
_WHOLE = re.compile(r"\b(\d+)\.0(?!\d)")
_STATES = re.compile(r"\$states\b(?:\s*\.\s*(\w+))?")


def _states_members(text: str) -> tuple[str, ...]:
    """Return the members of ``$states`` an expression may read; all of them where it takes ``$states`` whole."""
    mentioned = _STATES.findall(text)
    return tuple(member for member in _FETCH if "" in mentioned or member in mentioned)
