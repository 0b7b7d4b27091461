"""The fields of a distributed Map, compiled: how many, how big, how many failures. Knows no run.

Numbers may be literals, reference paths (``...Path``, where a numeric string counts: recorded) or JSONata.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sfnbook.engine.field_values import shown, unexpected_type, whole_number
from sfnbook.engine.program import CompiledMachine, CompiledState
from sfnbook.errors import QUERY_EVALUATION_ERROR, RUNTIME, StatesError
from sfnbook.query.data_flow import Compiler
from sfnbook.query.scope import Expr
from sfnbook.values import Json


class Limits(NamedTuple):
    """How many items there may be, 0 for all: in the run, in a batch, and how many bytes in a batch's input."""

    items: int
    batch_items: int
    batch_bytes: int


class MapSpec:
    """What ItemReader, ItemBatcher, ResultWriter and the tolerances of one Map state say.

    transformation: of the results, with AWS's defaults. exports: whether a ResultWriter takes them.
    """

    def __init__(
        self, compiler: Compiler, state: CompiledState, machine: CompiledMachine, config: Mapping[str, Json]
    ) -> None:
        fields = state.source.fields
        arguments = "Arguments" if compiler.jsonata else "Parameters"
        self.machine = machine
        self.express = config.get("ExecutionType") == "EXPRESS"
        self.label: str | None = fields.get("Label")

        self.reader: dict[str, Json] = fields.get("ItemReader") or {}
        self.reader_config: dict[str, Json] = self.reader.get("ReaderConfig") or {}
        self.reader_arguments = _template(compiler, self.reader, arguments, "ItemReader")
        self.max_items = number_field(
            compiler, self.reader_config, "MaxItems", "ItemReader/ReaderConfig/", negative=True
        )

        self.writer: dict[str, Json] = fields.get("ResultWriter") or {}
        self.writer_config: dict[str, Json] = self.writer.get("WriterConfig") or {}
        self.writer_arguments = _template(compiler, self.writer, arguments, "ResultWriter")
        self.exports = "Resource" in self.writer
        self.transformation: str = self.writer_config.get("Transformation") or ("NONE" if self.exports else "COMPACT")

        batcher: dict[str, Json] = fields.get("ItemBatcher") or {}
        self.batches = bool(batcher)
        self.batch_input = _template(compiler, batcher, "BatchInput", "ItemBatcher")
        self.batch_items = number_field(compiler, batcher, "MaxItemsPerBatch", "ItemBatcher/")
        self.batch_bytes = number_field(compiler, batcher, "MaxInputBytesPerBatch", "ItemBatcher/")

        self.tolerated_count = number_field(compiler, fields, "ToleratedFailureCount")
        self.tolerated_percentage = _percentage(compiler, fields)

    def limits(self, data: Json, scope: Any) -> Limits:
        """Evaluate the limits. Raises StatesError for what is no such number; MaxItems may be negative by its path."""
        exprs = (self.max_items, self.batch_items, self.batch_bytes)
        return Limits(*(expr(data, scope) if expr is not None else 0 for expr in exprs))


def _template(compiler: Compiler, fields: Mapping[str, Json], name: str, where: str) -> Expr | None:
    return compiler.template(fields[name], f"{where}/{name}") if name in fields else None


def number_field(
    compiler: Compiler, fields: Mapping[str, Json], name: str, where: str = "", *, negative: bool = False
) -> Expr | None:
    """The expression of MaxConcurrency (or a sibling) or of its ...Path form: a whole number from 0.

    ``where``: what stands before the field's name in locations. ``negative``: whether a path may lead to a negative one.
    The words for what is no integer are recorded (test_max_concurrency_path).
    """
    path = f"{name}Path"
    if not compiler.jsonata and path in fields:
        text = fields[path]
        expr = compiler.value(text, where + path)

        def from_path(data: Json, scope: Any) -> Json:
            value = expr(data, scope)
            number = whole_number(value)
            if number is None:
                raise StatesError(
                    RUNTIME, f'The {path} field refers to value "{shown(value)}" which is not a valid integer: {text}'
                )
            if number < 0 and not negative:
                raise StatesError(RUNTIME, f"{name} cannot be negative.")
            return number

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
            raise unexpected_type(literal, where + name, "number", value)
        if value != int(value) or value < 0:
            raise StatesError(
                QUERY_EVALUATION_ERROR,
                f"{name} cannot be negative." if value < 0 else _not_whole(where + name, value),
                where + name,
            )
        return int(value)

    return from_jsonata


def _not_whole(field: str, value: Json) -> str:
    return f'The {field} field refers to value "{shown(value)}" which is not a valid integer'


def _percentage(compiler: Compiler, fields: Mapping[str, Json]) -> Expr | None:
    """ToleratedFailurePercentage: a number, or by a path a numeric string, from 0 to 100 (recorded)."""
    name, path = "ToleratedFailurePercentage", "ToleratedFailurePercentagePath"
    field = path if path in fields and not compiler.jsonata else name
    if field not in fields:
        return None
    text = fields[field]
    expr = compiler.value(text, field) if isinstance(text, str) else (lambda data, scope: text)
    words = f"{name} must be between 0 and 100."
    if compiler.jsonata:

        def from_jsonata(data: Json, scope: Any) -> Json:
            value = expr(data, scope)
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise unexpected_type(text, field, "number", value)
            if 0 <= value <= 100:
                return float(value)
            raise StatesError(QUERY_EVALUATION_ERROR, words, field)

        return from_jsonata

    def percentage(data: Json, scope: Any) -> Json:
        value = expr(data, scope)
        if not _FLOAT.fullmatch(shown(value)):
            what = f'The {field} field refers to value "{shown(value)}" which is not a valid float: {text}'
            raise StatesError(RUNTIME, what)  # recorded
        number = float(value)
        if 0 <= number <= 100:
            return number
        raise StatesError(RUNTIME, words)

    return percentage


_FLOAT: Final = re.compile(r"\s*[+-]?(\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|NaN|Infinity)\s*", re.ASCII)
"""What Java's parseFloat reads, but for its suffixes and hexadecimal digits."""
