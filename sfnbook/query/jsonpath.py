"""The query language JSONPath: paths, intrinsic functions, payload templates and choice rules, as one `QueryLanguage`.

Puts the failures of `paths` into AWS's words, which differ from field to field.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfnbook.errors import RUNTIME, StatesError
from sfnbook.query import comparisons, intrinsics, paths, template
from sfnbook.query.scope import Condition, Expr, ExpressionError, QueryLanguage, Scope
from sfnbook.values import Json, to_text

INTRINSIC_FIELDS: Final = frozenset({"ErrorPath", "CausePath"})
"""The ``...Path`` fields that take an intrinsic call; a path there fails in a template's words (recorded)."""


class JSONPath:
    """See `sfnbook.query.scope.QueryLanguage`."""

    name = "JSONPath"

    def value(self, text: Json, field: str) -> Expr:
        """Compile the path of a ``...Path`` field. ErrorPath and CausePath may also be an intrinsic call."""
        if field in INTRINSIC_FIELDS:
            return _dynamic(text, field)
        path = paths.compile_path(text)
        read = path.read
        if not path.steps and path.root in ("$", "$$"):
            return read

        def value(data: Json, scope: Scope) -> Json:
            try:
                return read(data, scope)
            except paths.PathFailure as failure:
                raise StatesError(RUNTIME, f"Invalid path '{text}' : {failure}") from None

        return value

    def template(self, node: Json, field: str) -> Expr:
        """Compile a payload template: Parameters, ResultSelector, ItemSelector, Assign, ..."""
        return template.compile_template(node, _dynamic)

    def condition(self, rule: Mapping[str, Json], field: str) -> Condition:
        """Compile a choice rule."""
        return comparisons.compile_rule(rule)


def _dynamic(text: Json, key: str) -> Expr:
    """Compile the value of one ``.$`` key."""
    try:
        if not isinstance(text, str):
            raise ExpressionError("not a string")
        if intrinsics.is_call(text):
            return intrinsics.compile_call(text)
        read = paths.compile_path(text).read
    except ExpressionError as error:
        message = f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"
        raise ExpressionError(message) from error

    def value(data: Json, scope: Scope) -> Json:
        try:
            return read(data, scope)
        except paths.PathFailure:
            source = to_text(scope.context if text.startswith("$$") else data)
            cause = f"The JSONPath '{text}' specified for the field '{key}' could not be found in the input '{source}'"
            raise StatesError(RUNTIME, cause) from None

    return value


JSONPATH: Final[QueryLanguage] = JSONPath()
