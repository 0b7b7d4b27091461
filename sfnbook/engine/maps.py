"""The middle of a Map: which items, how many at once, inline or as a Map run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sfnbook.engine import joins, mapruns
from sfnbook.engine.program import CompiledState, Work
from sfnbook.engine.works import shown, unexpected_type
from sfnbook.errors import QUERY_EVALUATION_ERROR, RUNTIME, StatesError
from sfnbook.query.dataflow import Compiler
from sfnbook.query.scope import Expr
from sfnbook.values import Json, to_text

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
        return mapruns.map_run_work(compiler, state, machine, config, selector, concurrency, items)

    def work(execution: Execution, frame: Frame, data: Json) -> None:
        limit = concurrency(frame.data, frame) if concurrency is not None else 0
        joins.start_map(execution, frame, machine, data, items(data, frame), selector, limit)

    return work


def items_field(compiler: Compiler, fields: Any) -> Any:
    """Return what makes the list of items from the effective input."""
    if compiler.jsonata:
        if "Items" not in fields:
            return lambda data, scope: map_items(data, "Items", None)
        text = fields["Items"]
        expr = compiler.template(text, "Items")
        return lambda data, scope: _jsonata_items(expr(data, scope), text)
    text = fields.get("ItemsPath", "$")
    path = compiler.value(text, "ItemsPath")
    return lambda data, scope: map_items(path(data, scope), "ItemsPath", text)


def _jsonata_items(value: Json, text: Json) -> list[Json]:
    if isinstance(value, (list, dict)):
        return map_items(value, "Items", text)
    raise unexpected_type(text, "Items", "array", value)


def map_items(value: Json, field: str, text: Json) -> list[Json]:
    """Return the items: an array's own, or an object's (key, value) pairs. Raises States.Runtime for anything else."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return list(value.items())
    if field == "Items":
        raise unexpected_type(text if text is not None else "$states.input", "Items", "array", value)
    raise StatesError(RUNTIME, f'Reference path "{text}" must point to array.')


def number_field(compiler: Compiler, fields: Any, name: str, where: str = "") -> Expr | None:
    """The expression of MaxConcurrency (or a sibling) or of its ...Path form: a whole number from 0.

    ``where``: what stands before the field's name in locations.
    """
    path = f"{name}Path"
    if not compiler.jsonata and path in fields:
        text = fields[path]
        expr = compiler.value(text, where + path)

        def from_path(data: Json, scope: Any) -> Json:
            value = expr(data, scope)
            number = int(value) if isinstance(value, str) and value.isdigit() else value
            if isinstance(number, int) and not isinstance(number, bool) and number >= 0:
                return number
            raise StatesError(
                RUNTIME, f'The {path} field refers to value "{shown(value)}" which is not a valid integer: {text}'
            )

        return from_path
    if name not in fields:
        return None
    literal = fields[name]
    if not compiler.jsonata or not isinstance(literal, str):
        return lambda data, scope: literal
    evaluated = compiler.value(literal, where + name)

    def from_jsonata(data: Json, scope: Any) -> Json:
        value = evaluated(data, scope)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise unexpected_type(literal, where + name, "integer", value)
        if value != int(value) or value < 0:
            raise StatesError(
                QUERY_EVALUATION_ERROR,
                f"The {name} field must be a non-negative integer, but was: {to_text(value)}",
                where + name,
            )
        return int(value)

    return from_jsonata
