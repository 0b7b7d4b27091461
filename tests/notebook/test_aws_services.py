"""``%sfn_services``, ``%sfn_config`` and ``%sfn_doctor`` as a notebook uses them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import services

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

COUNT = '{"StartAt": "Put", "States": {"Put": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "t", "Item": {"id": {"S": "a"}}}, "End": true}}}'


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    yield
    embedded.stop()
    services.reset()
    services.shared = True


def test_places_are_said_listed_and_taken_back(notebook: Notebook) -> None:
    assert notebook.cell("%sfn_services dynamodb=http://localhost:8000").printed.splitlines() == [
        "  dynamodb at http://localhost:8000 (%sfn_services)",
        "  every other service: embedded (moto, in this process)",
    ]
    assert notebook.cell("%sfn_services --reset").printed == "  every service: embedded (moto, in this process)\n"
    assert "write SERVICE=PLACE" in notebook.cell("%sfn_services dynamodb").printed
    assert 'There is no service "dynamo".' in notebook.cell("%sfn_services dynamo=embedded").printed


def test_plain_boto3_prepares_what_a_task_then_uses(notebook: Notebook) -> None:
    notebook.cell("%sfn_services")
    notebook.cell(
        "import boto3\ntable = boto3.resource('dynamodb').create_table(TableName='t', BillingMode='PAY_PER_REQUEST', "
        "KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}], "
        "AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])"
    )
    assert "Put → embedded dynamodb (moto)" in notebook.cell(f"%%statemachine count\n{COUNT}").text
    assert notebook.cell("%sfn_run count").ok
    assert notebook.cell("table.scan()['Items']").value == [{"id": "a"}]


def test_an_env_file(notebook: Notebook, tmp_path: Path) -> None:
    file = tmp_path / "credentials.txt"
    file.write_text("DYNAMODB_ENDPOINT=http://localhost:8000\nAWS_SECRET_ACCESS_KEY=hush\nWAIT_TIME_SCALE=0.1\n")
    shown = notebook.cell(f"%sfn_config --env-file {file}").printed
    assert "dynamodb, secret_key, time scale" in shown
    assert "hush" not in shown
    assert "dynamodb at http://localhost:8000 (env-file, line 1)" in shown
    assert "--env-file FILE is missing" in notebook.cell("%sfn_config").printed


def test_the_doctor(notebook: Notebook) -> None:
    notebook.cell(f"%%statemachine count\n{COUNT}")
    shown = notebook.cell("%sfn_doctor").printed
    assert "embedded dynamodb (moto)  default  ok: ready, moto" in shown
    assert "count: Put  → embedded dynamodb (moto)  ok\n" in shown


def test_an_env_file_names_the_mock_configuration(notebook: Notebook, tmp_path: Path) -> None:
    ask = {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:ask", "End": True}
    machine = {"StartAt": "Ask", "States": {"Ask": ask}}
    case = {
        "StateMachines": {"m": {"TestCases": {"Yes": {"Ask": "Yes"}}}},
        "MockedResponses": {"Yes": {"0": {"Return": {"ok": 1}}}},
    }
    (tmp_path / "mocks.json").write_text(json.dumps(case))
    (tmp_path / "settings.txt").write_text(f"SFN_MOCK_CONFIG={tmp_path / 'mocks.json'}\n")
    assert notebook.cell("%%statemachine m\n" + json.dumps(machine)).ok
    assert "mock configuration" in notebook.cell(f"%sfn_config --env-file {tmp_path / 'settings.txt'}").printed
    assert notebook.cell("%sfn_run m --test-case Yes --quiet").value.output == {"ok": 1}
    assert notebook.cell("%sfn_debug m --test-case Yes").ok
