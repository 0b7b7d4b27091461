"""Placeholders that nobody has filled in, in every kind of field: named, with what to do, before or when they count."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sfnbook import DefinitionError, StateMachine

PASS = {"Type": "Pass", "End": True}
FN = "arn:aws:lambda:us-east-1:123456789012:function:f"


def machine(state: dict[str, Any], **fields: Any) -> str:
    return json.dumps({"StartAt": "A", **fields, "States": {"A": state, "B": PASS}}, indent=1)


def choice(**rule: Any) -> dict[str, Any]:
    return {"Type": "Choice", "Choices": [{"Next": "B", **rule}], "Default": "B"}


def nexts(state: dict[str, Any]) -> str:
    return machine({"Next": "B", **state})


JSONATA = {"QueryLanguage": "JSONata"}
DRAWN = {
    "InputPath": nexts({"Type": "Pass", "InputPath": "${X}"}),
    "a path": nexts({"Type": "Pass", "Parameters": {"a.$": "$.b", "x.$": "${X}"}}),
    "an intrinsic's name": nexts({"Type": "Pass", "Parameters": {"in": {"x.$": "States.${X}($.b)"}}}),
    "SecondsPath": nexts({"Type": "Wait", "SecondsPath": "${X}"}),
    "Variable": machine(choice(Variable="${X}", IsPresent=True)),
    "a number": machine(choice(Variable="$.b", NumericEquals="${X}")),
    "JSONata": nexts({**JSONATA, "Type": "Pass", "Output": "{% ${X} %}"}),
    "JSONata inside": nexts({**JSONATA, "Type": "Task", "Resource": FN, "Arguments": [{"x": "{% 1 + ${X} %}"}]}),
    "Condition": machine({**choice(Condition="{% ${X} %}"), **JSONATA}),
    "Catch": nexts(
        {"Type": "Task", "Resource": FN, "Catch": [{"ErrorEquals": "${X}", "Next": "B"}], "TimeoutSeconds": "${X}"}
    ),
}


@pytest.mark.parametrize("text", DRAWN.values(), ids=DRAWN)
def test_what_only_waits_for_its_value_is_drawn_but_not_run(text: str) -> None:
    drawn = StateMachine(text, name="m", draft=True)
    assert "<svg" in drawn.to_svg()
    with pytest.raises(DefinitionError) as refused:
        drawn.run()
    for one in refused.value.errors:
        assert one.rule == "ASL902 unfilled-placeholder"
        assert one.hint == "${X} is not filled in: give it with --substitute X=..."


REFUSED = {
    "Next": machine({"Type": "Pass", "Next": "${X}"}),
    "StartAt": machine({"Type": "Pass", "Next": "B"}, StartAt="${X}"),
    "Type": nexts({"Type": "${X}"}),
    "Catch": nexts({"Type": "Task", "Resource": FN, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "${X}"}]}),
    "Default": machine({**choice(Variable="$.b", IsPresent=True), "Default": "${X}"}),
    "a variable's name": nexts({"Type": "Pass", "Assign": {"${X}": 1}}),
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_leads_nowhere_without_its_value_says_so(text: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        StateMachine(text, name="m", draft=True)
    assert any(one.hint == "${X} is not filled in: give it with --substitute X=..." for one in refused.value.errors)


FAILS = {
    "States.Format": nexts({"Type": "Pass", "Parameters": {"x.$": "States.Format('${Stage}-{}', $.b)"}}),
    "an argument": nexts({"Type": "Pass", "Parameters": {"x.$": "States.Array($.${Stage})"}}),
    "a name in a path": nexts({"Type": "Pass", "Parameters": {"x.$": "$['${Stage}']"}}),
    "InputPath": nexts({"Type": "Pass", "InputPath": "$.${Stage}"}),
    "Variable": machine(choice(Variable="$.${Stage}", NumericEquals=1)),
    "JSONata": nexts({**JSONATA, "Type": "Pass", "Output": "{% $lookup($states.input, '${Stage}') %}"}),
}


@pytest.mark.parametrize("text", FAILS.values(), ids=FAILS)
def test_an_expression_that_fails_names_its_placeholder(text: str) -> None:
    run = StateMachine(text, name="m").run({"b": "${data}"})
    assert run.status == "FAILED"
    assert (run.cause or "").endswith("${Stage} is not filled in: give it with --substitute Stage=...")


def test_two_placeholders_and_a_fault_that_is_none_of_theirs() -> None:
    text = nexts({"Type": "Pass", "Parameters": {"a.$": "$.b[", "x.$": "$.${X}"}})
    with pytest.raises(DefinitionError) as refused:
        StateMachine(text, name="m", draft=True)
    assert [one.rule for one in refused.value.errors] == ["ASL901 invalid-expression"]
    text = nexts({"Type": "Pass", "InputPath": "${X}${Y Z}"})
    with pytest.raises(
        DefinitionError, match=r"not filled in: give them with --substitute X=\.\.\. --substitute 'Y Z'=\.\.\."
    ):
        StateMachine(text, name="m")


def test_what_stays_a_text_is_named_before_a_run(tmp_path: Path) -> None:
    first = {**choice(Variable="$.s", StringEquals="${Stage}"), "Default": "T"}
    task = {"Type": "Task", "Resource": "${Fn}", "Parameters": {"Name": "${Table}"}, "Comment": "${No}", "End": True}
    last = {"Type": "Fail", "Error": "${Stage}Error", "Cause": "echo ${HOME:-/root} of ${Team}"}
    text = json.dumps({"StartAt": "A", "States": {"A": first, "B": last, "T": task}})
    (tmp_path / "m.asl.json").write_text(text)
    command = [sys.executable, "-m", "sfnbook", "run", "m.asl.json", "--input", '{"s": "a"}']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (
        "sfnbook: a placeholder without a value is taken as it is written. "
        "Placeholders are not filled in: give them with --substitute Stage=... --substitute Team=...\n"
    ) in done.stderr
    filled = [*command, "--substitute", "Stage=a", "--substitute", "Team=b"]
    done = subprocess.run(filled, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert "aError" in done.stdout
    assert "sfnbook:" not in done.stderr
