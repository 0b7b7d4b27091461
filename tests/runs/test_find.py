"""Searching a run's data with a JSONPath."""

from __future__ import annotations

import pytest

from sfnbook import InputError, StateMachine

MACHINE = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Result": {"id": 2}, "ResultPath": "$.order", "Next": "B"},
        "B": {"Type": "Pass", "OutputPath": "$.order", "End": True},
    },
}


def test_every_place_with_its_full_path() -> None:
    run = StateMachine(MACHINE, name="m").run({"id": 1})
    assert [(p.state, p.side, p.path, p.value) for p in run.find("$..id")] == [
        ("A", "input", "$.id", 1),
        ("A", "output", "$.id", 1),
        ("A", "output", "$.order.id", 2),
        ("B", "input", "$.id", 1),
        ("B", "input", "$.order.id", 2),
        ("B", "output", "$.id", 2),
    ]


def test_no_path() -> None:
    run = StateMachine(MACHINE, name="m").run({"id": 1})
    with pytest.raises(InputError, match=r"is no JSONPath"):
        run.find("$[")
