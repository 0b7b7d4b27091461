"""A path's filter in both languages: whatever it meets, the same items are kept, or both versions fail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook.cli import main
from sfnbook.convert.to_jsonata import convert
from sfnbook.machine import SeenMachine

ITEMS: list[Any] = [
    *(1, "1", None, True, "open", [], {}, [{"x": 1}]),
    *({"x": one} for one in (1, "1", 1.5, 2, None, True, [1], [], {"y": 1}, {"y": [{"z": 1}]}, "open", "b", "1.0", "01")),
    *({"x": 1, "y": "open"}, {"y": 3}),
]  # fmt: skip
FILTERS = [
    *("(@.x == 1)", "(@.x != 1)", "(@.x == '1')", '(@.x == "open")', "(@.x == true)", "(@.x == null)", "(@.x == open)"),
    *("(@.x)", "(!@.x)", "(@.x.y)", "(@.x.y == 1)", "(@['x'] == 1)", "(@ == 1)", "(@.x == '1.0')", "(@.x == -1)"),
    *("(@.x > 1)", "(@.x >= 1)", "(@.x < 'b')", "(1 < @.x)", "(@.x < 1.7)", "(@.x === 1)", "(@.x !== '1')"),
    *("(@.x == 1 && @.y)", "(@.x == 2 || @.y == 'open')", "((@.x == 1 || @.x == 2) && !@.y)"),
    *("(@.x in [1, 'open'])", "(@.x nin [1])"),
]


def both(path: str) -> tuple[SeenMachine, SeenMachine]:
    definition = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"r.$": path}, "End": True}}}
    made, kept = convert(definition)
    assert kept == {}
    return SeenMachine(definition), SeenMachine(made)


@pytest.mark.parametrize("filter", FILTERS)
def test_both_keep_the_same(filter: str) -> None:
    below = [{"a": one} for one in (ITEMS, [], *([one] for one in ITEMS), *ITEMS)]
    inputs = {
        f"$.a[?{filter}]": [*below, {}],
        f"$.a[?{filter}].x.y": below,
        f"$.a.b[?{filter}]": [{"a": {"b": ITEMS}}, {"a": [{"b": ITEMS}]}, {"a": 1}],
        f"$[?{filter}]": [ITEMS, {"x": 1}, {"x": "open", "y": 1}],
    }
    for path, given in inputs.items():
        old, new = both(path)
        for data in given:
            one, other = old.run(data), new.run(data)
            assert (one.status, one.output) == (other.status, other.output), (path, data)


@pytest.mark.parametrize(
    "path",
    [*(f"$.a[?{one}]" for one in ("(@.x =~ /a.*/)", "(@.x size 1)", "(@.x == $.k)", "(@.x == [1])")), "$.a[?(@.x)][0]"],
)
def test_what_has_no_exact_counterpart_is_refused(path: str) -> None:
    _, kept = convert({"StartAt": "A", "States": {"A": {"Type": "Pass", "InputPath": path, "End": True}}})
    assert list(kept) == ["A"]


def test_a_placeholder_in_a_path_is_filled_in_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"a.$": "$.${Key}"}, "End": True}}}
    file = tmp_path / "m.asl.json"
    file.write_text(json.dumps(text), "utf-8")
    assert main(["convert", str(file), "--to", "jsonata"]) == 1
    assert "${Key} is not filled in: give it with --substitute Key=..." in capsys.readouterr().err
    assert main(["convert", str(file), "--to", "jsonata", "--substitute", "Key=id"]) == 0
    assert "{% $states.input.id %}" in capsys.readouterr().out
