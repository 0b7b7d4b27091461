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
            {"Parameters": {"a.$": "$.list[1:]"}},
            {
                "Output": {
                    "a": "{% $reduce(($exists($states.input.list) ? ($type($states.input.list) = 'array' ? $states.input.list : "
                    "$error('an array is wanted')) : []), function($all, $item, $index) { $index >= 1 "
                    "? $append($all, $type($item) = 'array' ? [[$item]] : $item) : $all }, []) %}"
                }
            },
        ),
        (
            {"Parameters": {"a.$": "$.b"}, "ResultPath": "$.r"},
            {
                "Output": '{% $merge([$states.input, {"r": {"a": ($exists($states.input.b) ? $states.input.b : '
                '$error("$.b is missing"))}}]) %}'
            },
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
    """States.Format writes an object as Java does; $string does not. No rule says so: running both does."""
    fields = {"a.$": "States.Format('{}', $.x)", "b.$": "$.x.y"}
    made = SeenMachine(state(Parameters=fields)).to_jsonata()
    assert "its output is" in made.kept["A"]
    assert made.definition == state(Parameters=fields)


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


VALUES: list[Any] = [
    {},
    {"l": []},
    {"l": [{"b": 1}]},
    {"l": [{"b": [1, 2]}]},
    {"l": [{"b": [1, 2]}, {"b": []}, {"c": 1}, {"b": None}, {"b": [[4]]}]},
    {"l": [[1], [2, 3]]},
    {"l": ["x", "y"], "t": "a,b,,c"},
    {"l": [None, False, 0, ""], "t": ""},
    {"l": "no list", "t": 5},
    {"t": "2"},
]


@pytest.mark.parametrize(
    "expression",
    [
        "$.l[*].b",
        "$.l[*]",
        "$.l[1:]",
        "$.l[:1]",
        "$.l[0:1].b",
        "States.Array($.l, $.t, 1, 'x')",
        "States.ArrayLength($.l)",
        "States.ArrayGetItem($.l, 1)",
        "States.ArrayContains($.l, 'x')",
        "States.JsonToString($.l)",
        "States.JsonToString($.t)",
        "States.Format('<{}>', $.t)",
        "States.StringSplit($.t, ',')",
        "States.ArrayGetItem(States.StringSplit($.t, ','), 2)",
    ],
)
@pytest.mark.parametrize("inside", [{}, {"ResultPath": "$.r"}], ids=["alone", "in an object"])
def test_an_expression_gives_the_same_or_fails_as_well(expression: str, inside: dict[str, Any]) -> None:
    """One item or none, lists of lists, null, another kind of value and nothing at all: where JSONata differs most."""
    old = state(Parameters={"v.$": expression}, **inside)
    new, kept = convert(old)
    assert kept == {}
    before, after = SeenMachine(old), SeenMachine(new)
    for value in VALUES:
        runs = [machine.run(value) for machine in (before, after)]
        assert [run.status for run in runs] in (["SUCCEEDED"] * 2, ["FAILED"] * 2), value
        if runs[0].status == "SUCCEEDED":
            assert runs[0].output == runs[1].output, value


@pytest.mark.parametrize(
    "fields",
    [
        {"ResultPath": "$.a.b", "Result": 1},
        {"ResultPath": "$.a.b.c", "Result": 1},
    ],
)
def test_a_result_path_through_what_is_no_object_fails_in_both(fields: dict[str, Any]) -> None:
    old = state(**fields)
    before, after = SeenMachine(old), SeenMachine(convert(old)[0])
    for value in ({}, {"a": {}}, {"a": {"x": 1, "b": {}}}, {"a": 1}, {"a": {"b": "text"}}):
        runs = [machine.run(value) for machine in (before, after)]
        assert runs[0].status == runs[1].status, value
        if runs[0].status == "SUCCEEDED":
            assert runs[0].output == runs[1].output


def test_is_present_looks_into_no_array_on_its_way() -> None:
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.a[0].b.c", "IsPresent": True, "Next": "Yes"}],
        "Default": "No",
    }
    ends = {"Yes": {"Type": "Succeed"}, "No": {"Type": "Fail"}}
    old = {"StartAt": "A", "States": {"A": choice, **ends}}
    before, after = SeenMachine(old), SeenMachine(convert(old)[0])
    for value in (
        {},
        {"a": [{"b": {"c": None}}]},
        {"a": {"b": {"c": 1}}},
        {"a": [{"b": [{"c": 1}]}]},
        {"a": [[{"b": {"c": 1}}]]},
    ):
        assert before.run(value).status == after.run(value).status, value


def test_callbacks_activities_and_loops_are_proved() -> None:
    """A poll that ends only when a task says so, and one that nothing ends: bounded, not hung."""
    sqs = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
    machine = {
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": sqs,
                "Parameters": {"QueueUrl": "q", "MessageBody": {"token.$": "$$.Task.Token"}},
                "ResultPath": "$.asked",
                "Next": "Work",
            },
            "Work": {
                "Type": "Task",
                "Resource": "arn:aws:states:us-east-1:123456789012:activity:a",
                "ResultPath": "$.job",
                "Next": "Done?",
            },
            "Done?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.job.status", "StringEquals": "OK", "Next": "End"}],
                "Default": "Later",
            },
            "Later": {"Type": "Wait", "Seconds": 5, "Next": "Work"},
            "End": {"Type": "Pass", "Parameters": {"s.$": "$.job.status"}, "End": True},
        },
    }
    made = SeenMachine(machine).to_jsonata()
    assert (made.kept, made.counterexamples) == ({}, ())
    assert made.runs > 4
    del machine["States"]["Done?"]["Choices"][0]
    machine["States"]["Done?"]["Choices"] = [{"Variable": "$.job.none", "IsPresent": True, "Next": "End"}]
    assert SeenMachine(machine).to_jsonata().kept == {}


def test_what_a_task_is_asked_is_compared() -> None:
    """The task's answer does not show it, and ResultPath null throws even that away."""
    old = state(**TASK, Parameters={"a.$": "States.Format('{}', $.x)", "b.$": "$.x.y"}, ResultPath=None)
    assert "it asks with" in SeenMachine(old).to_jsonata().kept["A"]


def test_readers_batches_and_writers_of_a_distributed_map() -> None:
    each = {
        "Type": "Map",
        "InputPath": "$.job",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW", "MaxItemsPath": "$.most"},
            "Parameters": {"Bucket.$": "$.bucket", "Key": "k.csv"},
        },
        "ItemSelector": {"item.$": "$$.Map.Item.Value", "job.$": "$.name"},
        "ItemBatcher": {"MaxItemsPerBatchPath": "$.size", "BatchInput": {"job.$": "$.name"}},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "P",
            "States": {"P": {"Type": "Pass", "End": True}},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket.$": "$.bucket", "Prefix": "out"},
        },
        "MaxConcurrencyPath": "$.size",
        "End": True,
    }
    real = {"size": 2, "job": {"bucket": "b", "most": 1, "name": "n", "size": 2}}
    made = SeenMachine({"StartAt": "M", "States": {"M": each}}).to_jsonata(inputs=[real])
    assert (made.kept, made.counterexamples) == ({}, ())
    new = made.definition["States"]["M"]
    assert new["ItemReader"]["Arguments"] == {"Bucket": "{% $states.input.job.bucket %}", "Key": "k.csv"}
    assert new["ItemBatcher"]["BatchInput"] == {"job": "{% $states.input.job.name %}"}
    assert new["ResultWriter"]["Arguments"] == {"Bucket": "{% $states.input.job.bucket %}", "Prefix": "out"}
    assert "ItemsPath" not in made.text
    assert "Items" not in new


def test_a_machine_in_jsonata_stays_as_it_is() -> None:
    machine = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    assert SeenMachine(machine).to_jsonata().definition == machine
