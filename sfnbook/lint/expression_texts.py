"""The expressions of a state as texts: where they stand, and the functions that JSONata and AWS have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sfnbook.language.checks import is_expression
from sfnbook.language.diagnostics import Path
from sfnbook.language.rule import StateView
from sfnbook.values import Json

JSONATA: Final = "JSONata"

_COUNTS: Final[dict[str, tuple[int, int]]] = {
    name: (least, most)
    for least, most, names in (
        (0, 0, "now millis uuid"),
        (0, 1, "random"),
        (0, 1, "string length lowercase uppercase trim number abs floor ceil sqrt boolean not keys spread parse"),
        (0, 1, "base64encode base64decode encodeUrl encodeUrlComponent decodeUrl decodeUrlComponent exists type"),
        (1, 1, "sum max min average count reverse shuffle distinct merge"),
        (
            0,
            2,
            "substringBefore substringAfter contains power lookup each sift single toMillis fromMillis formatBase parseInteger",
        ),
        (0, 3, "substring match split pad formatNumber formatInteger fromMillis now"),
        (1, 2, "join append sort error assert map filter hash partition round"),
        (2, 3, "reduce range"),
        (1, 4, "replace"),
        (1, 99, "zip clone"),
        (1, 2, "eval"),
    )
    for name in names.split()
}

FUNCTIONS: Final[dict[str, tuple[int, int]]] = _COUNTS | {
    "now": (0, 2),
    "fromMillis": (0, 3),
    "toMillis": (0, 2),
    "error": (0, 1),
    "string": (0, 2),
    "not": (0, 1),
}
"""JSONata's functions and AWS's own, with how many arguments they take: at least, at most."""


def without_texts(expression: str) -> str:
    """Return a JSONata expression with the contents of its strings, names in backticks and comments blanked out."""
    return re.sub(
        r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`|/\*.*?\*/',
        lambda match: match[0][0] + " " * (len(match[0]) - 2) + match[0][-1],
        expression,
        flags=re.DOTALL,
    )


def expressions(state: StateView) -> tuple[tuple[Path, str], ...]:
    """Return every expression of a state with its place: JSONata's without their braces, JSONPath's paths and calls."""
    if state.expressions is None:
        state.expressions = tuple(_expressions(state))
    return state.expressions


def _expressions(state: StateView) -> Iterator[tuple[Path, str]]:
    skipped = ("Branches", "ItemProcessor", "Iterator", "Comment")
    todo: list[tuple[Json, Path]] = [
        (value, (*state.path, name)) for name, value in state.fields.items() if name not in skipped
    ]
    while todo:
        node, where = todo.pop()
        key = str(where[-1])
        if isinstance(node, dict):
            todo += [(value, (*where, name)) for name, value in node.items()]
        elif isinstance(node, list):
            todo += [(value, (*where, index)) for index, value in enumerate(node)]
        elif isinstance(node, str):
            if state.language == JSONATA:
                if is_expression(node):
                    yield where, node[2:-2]
            elif (key.endswith((".$", "Path")) or key == "Variable") and node.startswith(("$", "States.")):
                yield where, node
