"""Small line drawings: which service a Task calls, what kind of state it is.

Owns our own shapes (drawn for sfnbook, none of them AWS's) and which state gets which. Each is one path in a square of
12 units, to be stroked and not filled, in the grey of the second line. The graph carries those it needs, so that the
page and the static picture draw the same ones. Knows neither positions nor colours.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sfnbook.language.definition import State
from sfnbook.language.resource import parse_resource

GLYPH_SIZE: Final = 12

_RING: Final = "M6 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6"

PATHS: Final = {
    "lambda": "M3.2 1.5h1.6l4 9h1.7M5.7 5L2.8 10.5",
    "dynamodb": "M2 3c0-1 1.8-1.7 4-1.7S10 2 10 3 8.2 4.7 6 4.7 2 4 2 3v6c0 1 1.8 1.7 4 1.7s4-.7 4-1.7V3"
    "M2 6c0 1 1.8 1.7 4 1.7S10 7 10 6",
    "sqs": "M.8 4h2.9v4H.8zM4.9 4h2.9v4H4.9zM9 6h2.3M10.1 4.8L11.3 6l-1.2 1.2",
    "sns": "M1.6 4.7v2.6l4.9 2.6V2.1zM8.4 4.3c.8 1 .8 2.4 0 3.4M9.9 3c1.5 1.8 1.5 4.2 0 6",
    "s3": "M2 2.9l1 7.3c1.8.8 4.2.8 6 0l1-7.3M2 2.9c0-.8 1.8-1.4 4-1.4s4 .6 4 1.4-1.8 1.4-4 1.4-4-.6-4-1.4",
    "events": "M1 6h10M3.2 6V3.8M6 6v2.2M8.8 6V3.8M2.2 1.8h2v2h-2zM5 8.2h2v2H5zM7.8 1.8h2v2h-2z",
    "states": "M4.5 1.2h3v2.6h-3zM1.2 8.2h3v2.6h-3zM7.8 8.2h3v2.6h-3zM6 3.8V6M2.7 8.2V6h6.6v2.2",
    "glue": "M1.5 1.8h9L7.3 6v3.4l-2.6 1.2V6z",
    "batch": "M6 1.2l4.8 2.5L6 6.2 1.2 3.7zM1.2 6L6 8.5 10.8 6M1.2 8.3L6 10.8l4.8-2.5",
    "ecs": "M6 1.1l4.3 2.4v5L6 10.9 1.7 8.5v-5zM1.7 3.5L6 6l4.3-2.5M6 6v4.9",
    "athena": "M5 9H1.3V2h7.4v2.6M1.3 4.4H6M7.4 10a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4M9 9.4l1.8 1.7",
    "bedrock": "M6 1.1l1.3 3.6L10.9 6 7.3 7.3 6 10.9 4.7 7.3 1.1 6l3.6-1.3z",
    "http": f"{_RING}M1.2 6h9.6M6 1.2c-2.7 3-2.7 6.6 0 9.6M6 1.2c2.7 3 2.7 6.6 0 9.6",
    "activity": "M6 5.9a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6M1.8 10.8c.3-2.2 2-3.4 4.2-3.4s3.9 1.2 4.2 3.4",
    "service": "M3.3 9.4h5.5a2.1 2.1 0 0 0 .3-4.1 3.2 3.2 0 0 0-6.1-.4 2.3 2.3 0 0 0 .3 4.5z",
    "choice": "M6 1.1L10.9 6 6 10.9 1.1 6z",
    "wait": f"{_RING}M6 3.3V6l1.9 1.4",
    "pass": "M1.4 6h8.8M7.2 3L10.2 6l-3 3",
    "succeed": f"{_RING}M3.8 6.1l1.6 1.7 2.9-3.4",
    "fail": f"{_RING}M4.2 4.2l3.6 3.6M7.8 4.2L4.2 7.8",
    "parallel": "M2.4 1.5v9M6 1.5v9M9.6 1.5v9",
    "map": "M3.8 3.6V1.5h6.7v6.7H8.4M1.5 3.8h6.7v6.7H1.5z",
}
"""A glyph's name and its path."""

_FAMILIES: Final = {
    "dynamodb": "dynamodb",
    "sqs": "sqs",
    "sns": "sns",
    "s3": "s3",
    "events": "events",
    "eventbridge": "events",
    "scheduler": "events",
    "pipes": "events",
    "states": "states",
    "sfn": "states",
    "glue": "glue",
    "databrew": "glue",
    "batch": "batch",
    "ecs": "ecs",
    "eks": "ecs",
    "athena": "athena",
    "bedrock": "bedrock",
    "bedrockruntime": "bedrock",
    "bedrockagentruntime": "bedrock",
    "http": "http",
    "apigateway": "http",
    "lambda": "lambda",
}


def glyph_of(state: State) -> str:
    """Return the name of a state's glyph, "" where it has none."""
    if state.type != "Task":
        return state.type.lower() if state.type.lower() in PATHS else ""
    resource = parse_resource(str(state.get("Resource", "")))
    if resource.kind == "activity":
        return "activity"
    if resource.kind == "lambda":
        known = resource.function and not resource.function.startswith("arn:")
        return "lambda" if known else "service"
    return _FAMILIES.get(resource.type.removeprefix("aws-sdk:").lower(), "service")


def used(names: Iterable[str]) -> dict[str, str]:
    """Return the paths of the glyphs that occur among the names, sorted by name."""
    return {name: PATHS[name] for name in sorted(set(names)) if name in PATHS}
