"""Checks of single values, which rules share: types, ranges, paths, payload templates, objects of known fields.

Each yields findings in AWS's words; none knows which rule asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sfnbook.language import fields as f
from sfnbook.language.diagnostics import Path
from sfnbook.language.fields import JSONATA, JSONPATH, Field
from sfnbook.language.rule import Finding
from sfnbook.values import Json

_WORDS: Final = {str: "String", bool: "Boolean", int: "Integer", float: "Number", list: "Array", dict: "Object"}


def has_placeholder(value: Json) -> bool:
    """Tell whether a string holds a ``${Placeholder}`` that a deployment fills in: nothing is known of it yet."""
    return type(value) is str and "${" in value


def is_expression(value: Json) -> bool:
    """Tell whether a value is a JSONata expression: a string that starts with ``{%`` and ends with ``%}``."""
    return type(value) is str and len(value) >= 4 and value.startswith("{%") and value.endswith("%}")


def _type_error(spec: Field, value: Json, language: str) -> str:
    """Return what AWS says of a value of the wrong type, "" for a right one."""
    kind = spec.kind
    type_ = type(value)
    if kind == "payload":
        return ""
    if value is None:
        return "" if spec.null or kind == "any" else f"Expected value of type {expected_type(kind)}"
    if kind in ("string", "path", "reference", "result-path"):
        return "" if type_ is str else "Expected value of type String"
    if kind == "any" or has_placeholder(value):
        return ""
    if spec.jsonata and language == JSONATA and (is_expression(value) or kind == "template"):
        return ""
    right = {
        "boolean": type_ is bool,
        "integer": type_ is int or (type_ is float and value.is_integer()),
        "number": type_ is int or type_ is float,
        "array": type_ is list,
        "object": type_ is dict,
        "template": type_ is dict,
    }[kind]
    return "" if right else f"Expected value of type {expected_type(kind)}"


def expected_type(kind: str) -> str:
    """Return what AWS calls the type of a field of this kind."""
    return {
        "boolean": "Boolean",
        "integer": "Integer",
        "number": "Number",
        "array": "Array",
        "object": "Object",
        "template": "Object",
        "payload": "Object",
        "any": "Object",
    }.get(kind, "String")


def _path_error(spec: Field, text: str) -> str:
    """Return what AWS says of a text that cannot be a path of this kind, "" where it may be one."""
    if has_placeholder(text) or (spec.intrinsic and text.startswith("States.")):
        return ""
    if not text.startswith("$"):
        if spec.kind == "path" and not spec.single:
            return "Value must be a valid JSONPath."
        return "Value is not a Reference Path: Reference path didn't start with '$'"
    if not spec.context and text.startswith("$$"):
        return "Value is not a Reference Path"
    if spec.kind == "result-path" and text[1:2].isidentifier():
        return "Value is not a Reference Path"
    if spec.kind != "path" and _INDEFINITE.search(re.sub(r"'[^']*'|\"[^\"]*\"", "''", text)):
        return "Value is not a Reference Path"
    return ""


_INDEFINITE = re.compile(r"\.\.|\*|\?\(|\[[^\]'\"]*[:,]")


def wrong_type(name: str, spec: Field, value: Json, path: Path, language: str) -> Iterator[Finding]:
    if message := _type_error(spec, value, language):
        found = "null" if value is None else _WORDS.get(type(value), "something else")
        yield Finding((*path, name), message, (*path, name), hint=f'"{name}" holds {_article(found)}')


def out_of_range(name: str, spec: Field, value: Json, path: Path) -> Iterator[Finding]:
    if type(value) is not int and type(value) is not float:
        return
    if spec.minimum is not None and value < spec.minimum:
        yield Finding((*path, name), f"Minimum value is {spec.minimum}", (*path, name))
    elif spec.maximum is not None and value > spec.maximum:
        yield Finding((*path, name), f"Maximum value is {spec.maximum}", (*path, name))


def bad_path(name: str, spec: Field, value: Json, path: Path) -> Iterator[Finding]:
    if spec.kind in PATH_KINDS and type(value) is str and (message := _path_error(spec, value)):
        hint = 'A path begins with "$"' if spec.kind == "path" else 'It must name one place, as "$.a.b[0]" does'
        yield Finding((*path, name), message, (*path, name), hint=hint)


EMPTY: Final = "Value cannot be empty"
TEMPLATE_KINDS: Final = frozenset({"template", "payload"})
PATH_KINDS: Final = frozenset({"path", "reference", "result-path"})


def bad_field(name: str, spec: Field, value: Json, path: Path, language: str) -> Iterator[Finding]:
    """Yield all that is wrong with a field's value: what a state's rules say one by one."""
    yield from wrong_type(name, spec, value, path, language)
    yield from out_of_range(name, spec, value, path)
    yield from bad_path(name, spec, value, path)
    if spec.kind in TEMPLATE_KINDS and language == JSONPATH and (type(value) is dict or type(value) is list):
        yield from bad_template(value, (*path, name), (*path, name))


def _article(word: str) -> str:
    return word if word == "null" else f"{'an' if word[0] in 'AIO' else 'a'} {word}"


def bad_template(value: dict[str, Json] | list[Json], where: Path, at: Path) -> Iterator[Finding]:
    """Yield what is wrong with a payload template's ``.$`` fields, at any depth."""
    todo: list[tuple[Json, Path]] = [(value, at)]
    while todo:
        node, at = todo.pop()
        if type(node) is list:
            todo += [(n, (*at, i)) for i, n in enumerate(node) if type(n) is dict or type(n) is list]
            continue
        for name, inner in node.items():
            if name.endswith(".$"):
                if type(inner) is not str or not (inner.startswith(("$", "States.")) or has_placeholder(inner)):
                    message = (
                        f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic function call"
                    )
                    yield Finding(where, message, (*at, name))
                if name[:-2] in node:
                    message = f"There should only be one of the following fields: [{name[:-2]}, {name}]"
                    yield Finding(where, message, (*at, name), "key")
            elif type(inner) is dict or type(inner) is list:
                todo.append((inner, (*at, name)))


def bad_object(
    value: Json,
    allowed: Mapping[str, Field],
    path: Path,
    language: str,
    required: tuple[str, ...] = (),
    exclusive: tuple[tuple[str, ...], ...] = (),
) -> Iterator[Finding]:
    """Yield what is wrong with an object of known fields inside a state: a retrier, a reader, a config."""
    if type(value) is not dict:
        if not has_placeholder(value):
            yield Finding(path, "Expected value of type Object", path)
        return
    missing = [name for name in required if name not in value]
    if missing:
        yield Finding(path, f"These fields are required: [{', '.join(missing)}]", path)
    for name, inner in value.items():
        spec = allowed.get(name)
        if spec is None:
            yield Finding(path, f"Field '{name}' is not supported", (*path, name), "key", like=(name, allowed))
            continue
        if spec.only is not None and spec.only != language:
            yield wrong_language(name, spec.only, path, language)
        yield from bad_field(name, spec, inner, path, language)
        if name in f.ENUMS and type(inner) is str:
            yield from bad_enum(name, inner, path)
    for group in exclusive:
        present = [name for name in group if name in value]
        if len(present) > 1:
            yield only_one(group, present, path)


def bad_enum(name: str, value: str, path: Path) -> Iterator[Finding]:
    yield from bad_word(name, value, f.ENUMS[name], path)


def bad_word(name: str, value: str, values: tuple[str, ...], path: Path) -> Iterator[Finding]:
    """Yield that a field's value is none of the words it may be."""
    if value not in values and not has_placeholder(value):
        message = f"The field '{name}' should have one of these values: [{', '.join(values)}]"
        yield Finding((*path, name), message, (*path, name), like=(value, values))


def one_of(group: tuple[str, ...], present: list[str], path: Path) -> Finding:
    """Return the finding for an object that must have exactly one of these fields."""
    at = (*path, present[1]) if len(present) > 1 else path
    return Finding(path, f"This object should have only one of the following fields: [{', '.join(group)}]", at, "key")


def only_one(group: tuple[str, ...], present: list[str], path: Path) -> Finding:
    return Finding(
        path, f"There should only be one of the following fields: [{', '.join(group)}]", (*path, present[1]), "key"
    )


def wrong_language(name: str, only: str, path: Path, language: str) -> Finding:
    message = (
        f"The QueryLanguage is set to '{language}', but field '{name}' is only supported for the '{only}' QueryLanguage"
    )
    return Finding(path, message, (*path, name), "key")
