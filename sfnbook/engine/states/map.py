"""The middle of a Map: which items, how many at once, inline or as a Map run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sfnbook.engine import inline_join
from sfnbook.engine.distributed_map import run
from sfnbook.engine.distributed_map.fields import number_field
from sfnbook.engine.field_values import shown, unexpected_type
from sfnbook.engine.program import CompiledState, Work
from sfnbook.errors import QUERY_EVALUATION_ERROR, RUNTIME, StatesError
from sfnbook.query.data_flow import Compiler, is_part
from sfnbook.values import Json

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution
    from sfnbook.engine.frame import Frame


def map_work(compiler: Compiler, state: CompiledState) -> Work:
    """Map: over an array, or over an object's key-value pairs (AWS docs: Map state)."""
    fields = state.source.fields
    selector_field = "ItemSelector" if "ItemSelector" in fields else "Parameters"
    selector = compiler.template(fields[selector_field], selector_field) if selector_field in fields else None
    concurrency = number_field(compiler, fields, "MaxConcurrency")
    items = items_field(compiler, fields)
    machine = state.branches[0]
    processor = fields.get("ItemProcessor") or fields.get("Iterator") or {}
    config = processor.get("ProcessorConfig") or {}
    distributed = config.get("Mode") == "DISTRIBUTED"
    if distributed:
        return run.map_run_work(compiler, state, machine, config, selector, concurrency, items)

    within = selector is None and _within(compiler, fields)

    def work(execution: Execution, frame: Frame, data: Json) -> None:
        limit = concurrency(frame.data, frame) if concurrency is not None else 0
        inline_join.start_map(execution, frame, machine, data, items(data, frame), selector, limit, within)

    return work


def _within(compiler: Compiler, fields: Mapping[str, Json]) -> bool:
    """Whether the items are parts of the state's input, as far as the fields tell."""
    if compiler.jsonata:
        return "Items" not in fields
    return all(is_part(fields.get(name) or "$") for name in ("InputPath", "ItemsPath"))


def items_field(compiler: Compiler, fields: Any) -> Any:
    """Return what makes the list of items from the effective input."""
    if compiler.jsonata:
        if "Items" not in fields:
            return _whole_input
        text = fields["Items"]
        expr = compiler.template(text, "Items")
        return lambda data, scope: _jsonata_items(expr(data, scope), text)
    text = fields.get("ItemsPath", "$")
    path = compiler.value(text, "ItemsPath")
    return lambda data, scope: map_items(path(data, scope), "ItemsPath", text)


def _whole_input(data: Json, scope: Any) -> list[Json]:
    """The input itself, where there are no Items; AWS names no location here (recorded by others)."""
    if isinstance(data, (list, dict)):
        return map_items(data, "Items", None)
    words = f"Map state input must be an array but was: {shown(data)}"
    raise StatesError(QUERY_EVALUATION_ERROR, words, "")


def _jsonata_items(value: Json, text: Json) -> list[Json]:
    if isinstance(value, (list, dict)):
        return map_items(value, "Items", text)
    raise unexpected_type(text, "Items", "array", value)


def map_items(value: Json, field: str, text: Json) -> list[Json]:
    """Return the items: an array's own, or an object's (key, value) pairs. Raises States.Runtime for anything else.

    A path into the Context object must lead to an array (recorded: test_state_map_context_object).
    """
    if isinstance(value, list):
        return value
    in_context = isinstance(text, str) and text.startswith("$$")
    if isinstance(value, dict) and not in_context:
        return list(value.items())
    if field == "Items":
        raise unexpected_type(text, "Items", "array", value)
    raise StatesError(RUNTIME, f'Reference path "{text[1:] if in_context else text}" must point to array.')
