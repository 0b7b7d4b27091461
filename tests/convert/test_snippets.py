"""A machine as a template: our own reader gets the same machine out of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook.cli import main
from sfnbook.errors import InputError
from sfnbook.machine import SeenMachine, StateMachine
from sfnbook.templates.find import choose, find_in

TASK = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Next": "Say"}
SHOP: dict[str, Any] = {
    "Comment": "quotes \" ' \\ $. %{if} é ☃ \U0001f600: # no\n  comment",
    "StartAt": "Save",
    "States": {
        "Save": {**TASK, "Parameters": {"TableName": "orders", "Item": {"id": {"S.$": "$.id"}}}},
        "Say": {
            "Type": "Pass",
            "QueryLanguage": "JSONata",
            "Output": {"text": "{% $states.input.a & \"x\\n\" %}", "2024-01-31": "no", "on": [1, 1.5, None, True]},
            "End": True,
        },
    },
}  # fmt: skip
ENDINGS = {"sam": "yaml", "cfn": "yaml", "terraform": "tf"}


@pytest.mark.parametrize("format", ENDINGS)
@pytest.mark.parametrize("type", ["STANDARD", "EXPRESS"])
def test_what_is_written_is_read_back(tmp_path: Path, format: str, type: Any) -> None:
    machine = SeenMachine(SHOP, name="order-flow", type=type)
    file = tmp_path / f"project.{ENDINGS[format]}"
    file.write_text(machine.to_template(format), "utf-8")
    found = choose(find_in(file))
    assert (found.definition.value, found.name, found.type) == (SHOP, "order-flow", type)


@pytest.mark.parametrize("format", ENDINGS)
def test_a_placeholder_becomes_a_parameter(tmp_path: Path, format: str) -> None:
    parameters = {"TableName": "${Orders-Table}", "Item": {"at": {"S": "${Stage}-${Orders-Table}"}}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": parameters, "End": True}
    machine = SeenMachine({"StartAt": "A", "States": {"A": task}}, name="m")
    file = tmp_path / f"project.{ENDINGS[format]}"
    file.write_text(machine.to_template(format))
    names = {"Orders-Table": "orders", "Stage": "test"}
    if format == "terraform":
        names = {"orders_table": "orders", "stage": "test"}
    found = choose(find_in(file, names))
    made = found.definition.value["States"]["A"]["Parameters"]
    assert made == {"TableName": "orders", "Item": {"at": {"S": "test-orders"}}}


@pytest.mark.parametrize("format", ["sam", "cfn"])
def test_the_role_in_it_allows_what_the_machine_needs(
    tmp_path: Path, format: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "project.yaml"
    file.write_text(StateMachine(SHOP, name="shop").to_template(format))
    assert main(["policy", str(file), "--role", str(file)]) == 0
    assert "no more" in capsys.readouterr().out


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "shop.asl.json"
    file.write_text(json.dumps(SHOP))
    assert main(["convert", str(file), "--to", "terraform"]) == 0
    said = capsys.readouterr().out
    assert 'resource "aws_sfn_state_machine" "shop"' in said
    assert '"Action" = [' in said
    with pytest.raises(InputError, match="sam"):
        SeenMachine(SHOP).to_template("pulumi")
