"""What a state reads, and has to find there: paths from its input, its result and its variables, with fitting values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sfnbook.engine.program import CompiledState
from sfnbook.language.definition import State
from sfnbook.query.jsonata.language import expressions, is_expression
from sfnbook.query.jsonpath import intrinsics
from sfnbook.query.jsonpath.paths import compile_path
from sfnbook.query.jsonpath.steps import Filter, Indexes, Keys, Slice, Wildcard
from sfnbook.query.jsonpath.value_paths import Place
from sfnbook.query.scope import ExpressionError
from sfnbook.values import Json

KINDS: Final[tuple[Any, ...]] = (
    "text", 1, [{}], {}, True, "2026-01-01T00:01:00Z", "{}", ["text"], "1", "https://example.com/a/b",
)  # fmt: skip
"""Values to try, one after the other, where it is not known what fits."""

MOMENT: Final = "2026-01-01T00:01:00Z"


class Demand(NamedTuple):
    """A place that has to be there. root: ``input``, ``result``, ``afterResultPath``, a variable's name, or ``$$``.
    value: one that fits.

    sure: whether the value is of the right type for certain.
    """

    root: str
    place: Place
    value: Json
    sure: bool = False


def demands(state: CompiledState) -> list[Demand]:
    """Return what a state reads, in the order of its fields."""
    source = state.source
    found = list(_of_jsonata(source) if state.jsonata else _of_jsonpath(source))
    return sorted(found, key=lambda one: len(one.place))


# ----------------------------------------------------------------------------------------------------------- JSONPath
_OF_FIELD: Final[dict[str, Any]] = {
    "ItemsPath": [{}],
    "SecondsPath": 1,
    "TimestampPath": MOMENT,
    "TimeoutSecondsPath": 60,
    "HeartbeatSecondsPath": 30,
    "MaxConcurrencyPath": 1,
    "ToleratedFailureCountPath": 0,
    "ToleratedFailurePercentagePath": 0,
    "MaxItemsPath": 1,
    "MaxItemsPerBatchPath": 1,
    "MaxInputBytesPerBatchPath": 1000,
}

_OF_FUNCTION: Final[dict[str, Any]] = {
    "StringToJson": "{}",
    "StringSplit": "a,b",
    "MathAdd": 1,
    "MathRandom": 1,
    "ArrayLength": [{}],
    "ArrayPartition": [{}],
    "ArrayContains": [{}],
    "ArrayUnique": [{}],
    "ArrayGetItem": [{}, {}],
    "ArrayRange": 1,
    "JsonMerge": {},
    "Base64Decode": "dGV4dA==",
}


def _of_jsonpath(state: State) -> Iterator[Demand]:
    fields = state.fields
    base: Place = ()
    if isinstance(fields.get("InputPath"), str):
        for root, place, _ in _places(fields["InputPath"]):
            yield Demand(root, place, {})
            base = place if root == "input" else ()
    result: Place = () if state.type in ("Task", "Parallel", "Map") else base
    after = "result" if state.type in ("Task", "Parallel", "Map") else "input"
    if state.type == "Map" and "ItemsPath" not in fields and "ItemReader" not in fields:
        yield Demand("input", base, [{}], sure=True)
    for name, node in fields.items():
        if name in ("ResultSelector", "Assign"):
            yield from _from(after, result, _template(node))
        elif name in ("Parameters", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "Credentials"):
            yield from _from("input", base, _template(node))
        elif name == "OutputPath" and isinstance(node, str):
            if fields.get("ResultPath", "$") is None:
                yield from _path(node, "text", sure=False)
            elif fields.get("ResultPath", "$") != "$":
                yield from _from("afterResultPath", (), _path(node, "text", sure=False))
            elif "ResultSelector" not in fields:
                yield from _from(after, result, _path(node, "text", sure=False))
        elif name in _OF_FIELD or name in ("CausePath", "ErrorPath"):
            if isinstance(node, str) and not intrinsics.is_call(node):
                yield from _from("input", base, _path(node, _OF_FIELD.get(name, "text"), sure=True))
            elif isinstance(node, str):
                yield from _from("input", base, _call(node))


def _from(root: str, base: Place, found: Iterator[Demand]) -> Iterator[Demand]:
    for one in found:
        yield one._replace(root=root, place=base + one.place) if one.root == "input" else one


def _template(node: Json) -> Iterator[Demand]:
    if isinstance(node, dict):
        for key, child in node.items():
            if isinstance(child, str) and (key.endswith(".$") or (key.endswith("Path") and child.startswith("$"))):
                value, sure = (_OF_FIELD[key], True) if key in _OF_FIELD else ("text", False)
                yield from _call(child) if intrinsics.is_call(child) else _path(child, value, sure=sure)
            else:
                yield from _template(child)
    elif isinstance(node, list):
        for child in node:
            yield from _template(child)


def _call(text: str) -> Iterator[Demand]:
    try:
        pending = [intrinsics.parse(text)]
    except ExpressionError:
        return
    while pending:
        call = pending.pop()
        for number, argument in enumerate(call.arguments):
            value = _OF_FUNCTION.get(call.name, "text")
            if call.name in ("ArrayPartition", "ArrayGetItem") and number:
                value = 1
            if call.name == "ArrayContains" and number:
                value = "text"
            if call.name == "Format" and not number:  # a template with a place for each of the others
                value = " ".join(["{}"] * (len(call.arguments) - 1)) or "text"
            match argument:
                case intrinsics.PathArgument(path):
                    yield from _path(path, value, sure=call.name in _OF_FUNCTION)
                case intrinsics.Call():
                    pending.append(argument)


def _path(text: str, value: Json, *, sure: bool) -> Iterator[Demand]:
    for root, place, whole in _places(text):
        yield Demand(root, place, value if whole else [{}], sure and whole)


def _places(text: str) -> Iterator[tuple[str, Place, bool]]:
    """Yield where a path leads, and whether it was followed to its end; a list is taken at its first item."""
    try:
        path = compile_path(text)
    except ExpressionError:
        return
    place: list[str | int] = []
    root = "input" if path.root == "$" else path.root
    for step in path.steps:
        match step:
            case Keys((name,)):
                place.append(name)
            case Indexes((number,)) if number >= 0:
                place.append(number)
            case Wildcard() | Slice() | Indexes():
                place.append(0)
            case Filter():
                yield root, (*place, 0), False
                return
            case _:
                yield root, tuple(place), False
                return
    yield root, tuple(place), True


# ------------------------------------------------------------------------------------------------------------ JSONata
_READ: Final = re.compile(
    r"\$(?:states\.(?P<member>input|result|errorOutput|context)|(?P<variable>(?!states\b)[A-Za-z_]\w*)(?!\w|\())"
    r"(?P<steps>(?:\.(?:\w+(?!\w|\()|`[^`]+`)|\[\d+\])*)"
)
_STEP: Final = re.compile(r"\.`([^`]+)`|\.(\w+)|\[(\d+)\]")
_LISTS: Final = re.compile(r"\$(?:count|sum|max|min|average|map|filter|reduce|append|sort|reverse|join|distinct)\($")
_NUMBERS: Final = re.compile(r"\s*(?:[-+*/%]|[<>]=?)\s*[\d$]")
_OF_JSONATA_FIELD: Final[dict[str, Any]] = {
    "Items": [{}],
    "Seconds": 1,
    "Timestamp": MOMENT,
    "TimeoutSeconds": 60,
    "HeartbeatSeconds": 30,
    "MaxConcurrency": 1,
}


def _of_jsonata(state: State) -> Iterator[Demand]:
    for name, node in state.fields.items():
        if name in ("ItemProcessor", "Iterator", "Branches", "Retry", "Catch"):
            continue
        for text, _ in expressions(node):
            for match in _READ.finditer(text):
                root = {"input": "input", "result": "result", "context": "$$"}.get(
                    match["member"] or "", match["variable"] or ""
                )
                if not root or (root == "result" and state.type not in ("Task", "Parallel", "Map")):
                    continue
                place = tuple(int(n) if n else quoted or plain for quoted, plain, n in _STEP.findall(match["steps"]))
                whole = is_expression(node) and match.end() - match.start() == len(text)
                if whole and name in _OF_JSONATA_FIELD:
                    yield Demand(root, place, _OF_JSONATA_FIELD[name], sure=True)
                else:
                    yield Demand(root, place, _likely(text, match), sure=False)


def _likely(text: str, match: re.Match[str]) -> Json:
    before, after = text[: match.start()], text[match.end() :]
    if _LISTS.search(before) or after[:1] == "[":
        return [{}]
    if _NUMBERS.match(after) or re.search(r"[\d\s][-+*/<>]=?\s*$", before):
        return 1
    return "2026-01-01T00:00:00Z" if before.endswith("$toMillis(") else "text"


def items_at(state: State) -> tuple[Place, int] | None:
    """Return where in its input a Map's items stand, and the index of the first that counts; None for no plain path."""
    fields = state.fields
    if "ItemReader" in fields:
        return None
    if state.query_language == "JSONata":
        if "Items" not in fields:
            return (), 0
        text = fields["Items"]
        match = _READ.fullmatch(text[2:-2].strip()) if is_expression(text) else None
        if match is None or match["member"] != "input":
            return None
        return tuple(int(n) if n else quoted or plain for quoted, plain, n in _STEP.findall(match["steps"])), 0
    base = compile_path(fields["InputPath"]).plain if isinstance(fields.get("InputPath"), str) else ()
    try:
        path = compile_path(fields.get("ItemsPath", "$"))
    except ExpressionError:
        return None
    if path.root != "$" or base is None:
        return None
    place: list[str | int] = []
    for step in path.steps:
        match step:
            case Keys((name,)):
                place.append(name)
            case Indexes((number,)) if number >= 0:
                place.append(number)
            case Slice(start, _):
                return (*base, *place), max(0, start or 0)
            case _:
                return (*base, *place), 0
    return (*base, *place), 0
