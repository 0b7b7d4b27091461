"""Payload templates of JSONPath states: a tree of JSON whose keys ending in ``.$`` are evaluated.

A template becomes one closure. What holds no ``.$`` key is static: it is shared between evaluations, not copied.
Knows paths and intrinsics only through `dynamic`, the reader of one ``.$`` value.
"""

from __future__ import annotations

from collections.abc import Callable

from sfnbook.query.scope import Expr, ExpressionError, Scope
from sfnbook.values import Json

MAX_DEPTH = 300


def compile_template(node: Json, dynamic: Callable[[str, str], Expr]) -> Expr:
    """Return the closure of a template. ``dynamic(text, key)`` compiles one ``.$`` value. Raises ExpressionError."""
    expr = _compile(node, dynamic, 0)
    return expr if expr is not None else lambda data, scope: node


def is_static(node: Json) -> bool:
    """Return whether a template says the same whatever the data is."""
    if isinstance(node, dict):
        return all(not key.endswith(".$") and is_static(value) for key, value in node.items())
    return not isinstance(node, list) or all(map(is_static, node))


def _compile(node: Json, dynamic: Callable[[str, str], Expr], depth: int) -> Expr | None:
    """Return the closure of a node, None where the node is static."""
    if depth > MAX_DEPTH:
        raise ExpressionError("The template is nested too deeply")
    if isinstance(node, dict):
        return _object(node, dynamic, depth)
    if isinstance(node, list):
        return _array(node, dynamic, depth)
    return None


def _object(node: dict[str, Json], dynamic: Callable[[str, str], Expr], depth: int) -> Expr | None:
    parts: list[tuple[str, Expr]] = []
    base: dict[str, Json] = {}
    for key, value in node.items():
        name = key[:-2] if key.endswith(".$") else key
        if name in base:
            raise ExpressionError(f"The field '{name}' is specified more than once")
        expr = dynamic(value, key) if name is not key else _compile(value, dynamic, depth + 1)
        base[name] = value
        if expr is not None:
            parts.append((name, expr))
    if not parts:
        return None
    if len(parts) == len(base):
        return _one(*parts[0]) if len(parts) == 1 else _two(parts) if len(parts) == 2 else _all(parts)

    def mixed(data: Json, scope: Scope) -> Json:
        made = base.copy()
        for name, expr in parts:
            made[name] = expr(data, scope)
        return made

    return mixed


def _one(name: str, expr: Expr) -> Expr:
    return lambda data, scope: {name: expr(data, scope)}


def _two(parts: list[tuple[str, Expr]]) -> Expr:
    (name, expr), (other, another) = parts
    return lambda data, scope: {name: expr(data, scope), other: another(data, scope)}


def _all(parts: list[tuple[str, Expr]]) -> Expr:
    return lambda data, scope: {name: expr(data, scope) for name, expr in parts}


def _array(node: list[Json], dynamic: Callable[[str, str], Expr], depth: int) -> Expr | None:
    exprs = [_compile(item, dynamic, depth + 1) for item in node]
    if all(expr is None for expr in exprs):
        return None
    pairs = list(zip(exprs, node, strict=True))
    return lambda data, scope: [item if expr is None else expr(data, scope) for expr, item in pairs]
