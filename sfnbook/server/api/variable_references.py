"""Which variables a state refers to: what DescribeStateMachine tells as ``variableReferences``.

Owns where in a state a variable may stand; knows no values. Names are given as Assign writes them, without ``$``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from sfnbook.language.definition import Definition, State
from sfnbook.query.jsonata.functions import FUNCTIONS
from sfnbook.query.jsonata.language import expressions
from sfnbook.values import Json

_INNER: Final = frozenset({"ItemProcessor", "Iterator", "Branches"})
"""The fields that hold other states: those speak for themselves."""

_QUOTED: Final = re.compile(r"'(?:[^'\\]|\\.)*'")
_NAMED: Final = re.compile(r"(?<![\w$])\$([^\W\d]\w*)")
"""A variable in a JSONPath: neither ``$.`` (the input) nor ``$$`` (the Context object)."""


def variable_references(definition: Definition) -> dict[str, list[str]]:
    """Return the names of the variables each state refers to, sorted; states that refer to none are left out."""
    named = ((state.name, sorted(set(_of(state)))) for state in definition.machine.walk())
    return {name: names for name, names in named if names}


def _of(state: State) -> Iterator[str]:
    fields = {name: value for name, value in state.fields.items() if name not in _INNER}
    if state.query_language == "JSONata":
        for text, _ in expressions(fields):
            yield from _in_jsonata(text)
        return
    if state.type == "Pass":
        fields.pop("Result", None)  # never evaluated (recorded: test_state_pass_result_jsonpaths)
    for text in _paths(fields):
        yield from _NAMED.findall(text if text.startswith("$") else _QUOTED.sub("''", text))


@lru_cache(maxsize=4096)
def _in_jsonata(text: str) -> tuple[str, ...]:
    """The names an expression takes from outside; not ``$states``, functions, or what it binds itself."""
    from sfnbook.query.jsonata.library import jlens

    bindings: Mapping[str, object] = jlens.Expression(text).reads().get("bindings", {})
    return tuple(name for name in bindings if name != "states" and name not in FUNCTIONS)


def _paths(node: Json) -> Iterator[str]:
    """Yield the paths and intrinsic calls of a JSONPath state's fields."""
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str):
                if key.endswith((".$", "Path")) or key == "Variable":
                    yield value
            else:
                yield from _paths(value)
    elif isinstance(node, list):
        for item in node:
            yield from _paths(item)
