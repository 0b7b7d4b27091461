"""One line for an expression, a few sentences for a visit."""

from __future__ import annotations

import pytest

from sfnbook.language import State
from sfnbook.text.explain import expression, paths, words


@pytest.mark.parametrize(
    ("field", "text", "line"),
    [
        ("InputPath", "$.order", "InputPath $.order"),
        ("ResultPath", None, "ResultPath null"),
        ("Parameters", {"a.$": "$.x", "b.$": "States.Format('{}', $.y.z)"}, "Parameters · took $.x, $.y.z"),
        ("Parameters", {"a": 1}, "Parameters · constant"),
        ("Output", "{% $states.input.total * $rate %}", "Output · took $states.input.total, $rate"),
        ("", None, ""),
    ],
)
def test_expressions_in_one_line(field: str, text: object, line: str) -> None:
    assert expression(field, text) == line


def test_paths_come_in_order_from_any_depth() -> None:
    assert list(paths({"a": [{"b.$": "$.one"}], "c.$": "$$.Execution.Id"})) == ["$.one", "$$.Execution.Id"]


def state(type: str, **fields: object) -> State:
    return State("S", type, "/States/S", "JSONPath", {"Type": type, **fields})


def test_a_task_that_failed_for_good() -> None:
    task = state("Task", Resource="f", Retry=[{}])
    said = words(task, status="failed", fields=[("Parameters", {"k.$": "$.id"})], error="ValueError", attempts=1)
    assert said == (
        "Parameters built a new value from $.id. "
        "It failed with ValueError; no Retry entry names it and it has no Catch."
    )


def test_a_caught_error_says_where_it_led() -> None:
    said = words(state("Task", Resource="f"), status="caught", fields=[], error="E", attempts=3, next="Sorry")
    assert said == "It failed with E after 3 attempts; a Catch took it to “Sorry”."


def test_a_wait_says_how_long() -> None:
    assert words(state("Wait"), status="succeeded", fields=[], seconds=240) == "It waited 240 s on the machine's clock."
