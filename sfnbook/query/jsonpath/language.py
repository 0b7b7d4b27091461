"""The query language JSONPath: paths, intrinsic functions, payload templates and choice rules, as one `QueryLanguage`.

Puts the failures of `paths` into AWS's words, which differ from field to field. A path into a JSON null is a failure of
its own (guide, "Error names": States.Runtime, "attempting to apply InputPath or OutputPath on a null JSON payload").
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from typing import Final

from sfnbook.errors import RUNTIME, StatesError
from sfnbook.language.placeholders import with_reminder
from sfnbook.query.jsonpath import choice_rules, intrinsics, paths, steps, template
from sfnbook.query.jsonpath.choice_rules import NULL_INPUT
from sfnbook.query.scope import Condition, Expr, ExpressionError, QueryLanguage, Scope
from sfnbook.values import Json, to_text

INTRINSIC_FIELDS: Final = frozenset({"ErrorPath", "CausePath"})
"""The ``...Path`` fields that take an intrinsic call; a path there fails in a template's words (recorded)."""

TEXT_FUNCTIONS: Final = frozenset(
    {"Format", "JsonToString", "ArrayGetItem", "Base64Encode", "Base64Decode", "Hash", "UUID"}
)
"""The intrinsic functions that ErrorPath and CausePath take: those that may give a string (guide, "Fail state")."""

WHOLE_PATHS: Final = frozenset({"InputPath", "OutputPath", "ItemsPath"})
"""The ``...Path`` fields that take any path; the others take a Reference Path."""


class JSONPath:
    """See `sfnbook.query.scope.QueryLanguage`."""

    name = "JSONPath"

    def value(self, text: Json, field: str) -> Expr:
        """Compile the path of a ``...Path`` field. ErrorPath and CausePath may also be an intrinsic call."""
        if field in INTRINSIC_FIELDS:
            return _text(text, field)
        try:
            path = paths.compile_path(text)
        except ExpressionError as error:
            whole = field.rpartition("/")[2] in WHOLE_PATHS
            raise ExpressionError(paths.NOT_A_PATH if whole else paths.NOT_A_REFERENCE) from error
        if not path.steps and path.root in ("$", "$$"):
            return path.read
        read, from_data = _reader(path, path.read), path.root == "$"

        def value(data: Json, scope: Scope) -> Json:
            try:
                return read(data, scope)
            except steps.PathFailure as failure:
                if data is None and from_data:
                    raise StatesError(RUNTIME, NULL_INPUT) from None
                cause = with_reminder(f"Invalid path '{text}' : {failure}", text)
                raise StatesError(RUNTIME, cause) from None

        return value

    def template(self, node: Json, field: str) -> Expr:
        """Compile a payload template: Parameters, ResultSelector, ItemSelector, Assign, ..."""
        return template.compile_template(node, _dynamic)

    def condition(self, rule: Mapping[str, Json], field: str) -> Condition:
        """Compile a choice rule."""
        try:
            return choice_rules.compile_rule(rule)
        except ExpressionError as error:
            raise ExpressionError(str(error), f"{field}/{error.where}".removesuffix("/")) from error

    def refused(self, node: Json, field: str, members: Container[str]) -> tuple[ExpressionError, ...]:
        """Warn of intrinsic calls with a wrong number of arguments: AWS takes them, and they fail when they run."""
        said = ((text, intrinsics.miscounted(intrinsics.parse(text))) for text in _calls(node, field))
        return tuple(ExpressionError(f"{what}: {text}", warning=True) for text, what in said if what)


def _reader(path: paths.Path, read: paths.Reader) -> paths.Reader:
    """Return a path's reader that fails on null also where Jayway would find an empty list, or null itself."""
    if path.root != "$" or path.plain:
        return read

    def reader(data: Json, scope: Scope) -> Json:
        if data is None:
            raise steps.PathFailure("json can not be null")
        return read(data, scope)

    return reader


def _calls(node: Json, field: str) -> Iterator[str]:
    """Yield the intrinsic calls of a template, or of a field that takes one."""
    if isinstance(node, dict):
        for key, value in node.items():
            if not key.endswith(".$"):
                yield from _calls(value, key)
            elif isinstance(value, str) and intrinsics.is_call(value):
                yield value
    elif isinstance(node, list):
        for item in node:
            yield from _calls(item, "")
    elif isinstance(node, str) and field in INTRINSIC_FIELDS and intrinsics.is_call(node):
        yield node


def _text(text: Json, field: str) -> Expr:
    """Compile ErrorPath or CausePath."""
    expr = _dynamic(text, field)
    if intrinsics.is_call(text) and intrinsics.parse(text).name not in TEXT_FUNCTIONS:
        raise ExpressionError(_unfit(field))
    return expr


def _unfit(key: str) -> str:
    return f"The value for the field '{key}' must be a valid JSONPath or a valid intrinsic function call"


def _dynamic(text: Json, key: str) -> Expr:
    """Compile the value of one ``.$`` key."""
    try:
        if not isinstance(text, str):
            raise ExpressionError("not a string")
        if intrinsics.is_call(text):
            return intrinsics.compile_call(text)
        path = paths.compile_path(text)
    except ExpressionError as error:
        raise ExpressionError(_unfit(key)) from error
    read, from_data = _reader(path, paths.or_null(path)), path.root == "$"

    def value(data: Json, scope: Scope) -> Json:
        try:
            return read(data, scope)
        except steps.PathFailure:
            if data is None and from_data:
                raise StatesError(RUNTIME, NULL_INPUT) from None
            where = f"could not be found in the input '{to_text(data)}'"
            cause = with_reminder(f"The JSONPath '{text}' specified for the field '{key}' {where}", text)
            raise StatesError(RUNTIME, cause) from None

    return value


JSONPATH: Final[QueryLanguage] = JSONPath()
