"""From JSONPath to JSONata: the rules, and the proof that finds where they do not hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook.cli import main
from sfnbook.convert.to_jsonata import convert
from sfnbook.machine import SeenMachine

TASK = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f"}


def state(**fields: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True, **fields}}}


def turned(**fields: Any) -> dict[str, Any]:
    made, kept = convert(state(**fields))
    assert kept == {}
    assert made["QueryLanguage"] == "JSONata"
    return {name: value for name, value in made["States"]["A"].items() if name not in ("Type", "End", "Resource")}


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"Parameters": {"a.$": "$.b.c", "d": 1}}, {"Output": {"a": "{% $states.input.b.c %}", "d": 1}}),
        ({"Result": {"x": 1}, "ResultPath": "$.r"}, {"Output": '{% $merge([$states.input, {"r": {"x": 1}}]) %}'}),
        ({"InputPath": "$.a", "OutputPath": "$.b"}, {"Output": "{% $states.input.a.b %}"}),
        ({**TASK, "ResultPath": None}, {"Arguments": "{% $states.input %}", "Output": "{% $states.input %}"}),
        (
            {**TASK, "Parameters": {"t.$": "$$.Execution.Id"}, "ResultSelector": {"v.$": "$.Payload"}},
            {"Arguments": {"t": "{% $states.context.Execution.Id %}"}, "Output": {"v": "{% $states.result.Payload %}"}},
        ),
        ({"Assign": {"n.$": "States.MathAdd($n, 1)"}}, {"Assign": {"n": "{% ($floor($n + 0.5) + $floor(1 + 0.5)) %}"}}),
        (
            {"Parameters": {"a.$": "$.list[*].b"}},
            {"Output": {"a": "{% [$map($states.input.list, function($item) { $item.b })] %}"}},
        ),
    ],
)
def test_a_state_in_the_other_language(fields: dict[str, Any], made: dict[str, Any]) -> None:
    assert turned(**fields) == made


SHOP = {
    "StartAt": "Price",
    "States": {
        "Price": {
            **TASK,
            "Parameters": {"id.$": "$.id", "text.$": "States.Format('{} of {}', $.id, $.count)"},
            "ResultPath": "$.price",
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Sorry"}],
            "Next": "Dear",
        },
        "Dear": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.count", "NumericGreaterThan": 3},
                        {"Variable": "$.kind", "StringMatches": "x*"},
                    ],
                    "Next": "Sorry",
                },
                {"Not": {"Variable": "$.gift", "IsPresent": True}, "Next": "Each"},
            ],
            "Default": "Sorry",
        },
        "Each": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ItemSelector": {"one.$": "$$.Map.Item.Value", "kind.$": "$.kind"},
            "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}},
            "ResultPath": "$.items",
            "End": True,
        },
        "Sorry": {"Type": "Fail", "ErrorPath": "$.kind", "Cause": "sorry"},
    },
}


def test_a_machine_is_turned_over_and_proved() -> None:
    real = {"id": 1, "count": 2, "kind": "y", "items": [1, 2]}
    made = SeenMachine(SHOP).to_jsonata(inputs=[real])
    assert made.kept == {}
    assert made.counterexamples == ()
    assert made.machine.run(real).output == SeenMachine(SHOP).run(real).output
    assert made.runs > 8
    assert made.definition["QueryLanguage"] == "JSONata"
    assert "ItemsPath" not in made.text


def test_a_counterexample_keeps_a_state_in_jsonpath() -> None:
    """JsonToString puts a string in quotes; $string does not. No rule says so: running both does."""
    made = SeenMachine(state(Parameters={"a.$": "States.JsonToString($.x)"})).to_jsonata()
    assert "its output is" in made.kept["A"]
    assert made.definition == state(Parameters={"a.$": "States.JsonToString($.x)"})


def test_what_has_no_rule_stays() -> None:
    assert SeenMachine(state(Parameters={"a.$": "$..x"})).to_jsonata().kept == {"A": "the path $..x"}


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.asl.json"
    file.write_text(json.dumps(SHOP))
    assert main(["convert", str(file), "--to", "jsonata", "-o", str(tmp_path / "new.json")]) == 0
    assert main(["convert", str(file), "--to", "yaml", "-o", str(tmp_path / "new.yaml")]) == 0
    capsys.readouterr()
    assert main(["diff", str(file), str(tmp_path / "new.yaml")]) == 0
    assert main(["diff", str(file), str(tmp_path / "new.json"), "--markdown"]) == 1
    assert '| changed | the machine | `QueryLanguage` |  | `"JSONata"` |' in capsys.readouterr().out


def test_an_input_that_is_a_list() -> None:
    assert SeenMachine(state(Parameters={"a.$": "$[0].x"})).to_jsonata().kept == {}
