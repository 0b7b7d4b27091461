"""A database with a damaged row: the server says which execution it cannot read, and serves the rest."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from botocore.exceptions import ClientError
from served import ROLE, serving

WAIT = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 300, "End": True}}}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
ONE = "where arn like '%:bad'"
ITS = "where execution = (select id from executions where arn like '%:bad')"

DAMAGES = {
    "no head": f"update executions set head = null {ONE}",
    "half a head": f"update executions set head = substr(head, 1, 40) {ONE}",
    "a head that is a list": f"update executions set head = '[1]' {ONE}",
    "a head without names": f"update executions set head = json_remove(head, '$.names') {ONE}",
    "a head without seed": f"update executions set head = json_remove(head, '$.seed') {ONE}",
    "a name that is a number": f"update executions set head = json_set(head, '$.names.execution_arn', 7) {ONE}",
    "an input that is no JSON": f"update executions set head = json_set(head, '$.input', '{{') {ONE}",
    "bytes that are no text": f"update executions set head = cast(x'7bff22fe' as text) {ONE}",
    "no such status": f"update executions set status = 'LOST' {ONE}",
    "a start that is a text": f"update executions set started = 'yesterday' {ONE}",
    "half a result": f"update executions set result = '{{' {ONE}",
    "no definition": f"update executions set head = json_set(head, '$.definition', 'none') {ONE}",
    "half a definition": "update definitions set body = substr(body, 1, 20) where body like '%Wait%'",
    "a definition that is no machine": "update definitions set body = '\"{}\"' where body like '%Wait%'",
    "half an entry of the journal": f"update journal set entry = '[1' {ITS}",
    "an unknown command": f"update journal set entry = '[1, \"Dance\", 1.0]' {ITS}",
    "a command without its fields": f"update journal set entry = '[1, \"Tick\"]' {ITS}",
    "a time that is a text": f'update journal set entry = \'[1, "Tick", "now"]\' {ITS}',
    "a call of nobody's": f"update journal set entry = '[1, \"TaskSucceeded\", 1.0, {{}}, []]' {ITS}",
    "half a machine": "update records set body = substr(body, 1, 30) where key like '%:waits'",
    "a machine of another shape": "update records set body = '{\"arn\": 1}' where key like '%:waits'",
    "half a secret": "update records set body = '{' where kind = 'secret'",
}


def test_damaged_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = tmp_path / "whole.db"
    with serving(db=str(whole)) as client:
        waits = client.create_state_machine(name="waits", definition=json.dumps(WAIT), roleArn=ROLE)["stateMachineArn"]
        passes = client.create_state_machine(name="passes", definition=json.dumps(PASS), roleArn=ROLE)[
            "stateMachineArn"
        ]
        bad = client.start_execution(stateMachineArn=waits, name="bad")["executionArn"]
        good = client.start_execution(stateMachineArn=passes, name="good")["executionArn"]
    with sqlite3.connect(whole) as database:
        number = database.execute(f"select id from executions {ONE}").fetchone()[0]
        database.execute("insert into journal values (?, 0, '[1, \"Tick\", 1.0]')", (number,))
    capsys.readouterr()
    for name, damage in DAMAGES.items():
        file = tmp_path / f"{name}.db"
        with sqlite3.connect(whole) as source, sqlite3.connect(file) as copy:
            source.backup(copy)
            assert copy.execute(damage).rowcount == 1, name
        with serving(db=str(file)) as client:
            assert client.describe_execution(executionArn=good)["name"] == "good", name
            listed = client.list_executions(stateMachineArn=passes)["executions"]
            assert [execution["name"] for execution in listed] == ["good"], name
            again = client.start_execution(stateMachineArn=passes, name="again")["executionArn"]
            assert client.describe_execution(executionArn=again)["status"] in ("RUNNING", "SUCCEEDED"), name
            for ask, wanted in {
                client.describe_execution: {"executionArn": bad},
                client.get_execution_history: {"executionArn": bad},
                client.describe_state_machine_for_execution: {"executionArn": bad},
                client.stop_execution: {"executionArn": bad},
                client.list_executions: {"stateMachineArn": waits},
                client.describe_state_machine: {"stateMachineArn": waits},
                client.list_state_machines: {},
            }.items():
                assert status(ask, wanted) < 500, (name, ask)
        said = capsys.readouterr().out
        assert name == "half a secret" or bad in said or waits in said, (name, said)
        assert "Traceback" not in said


def status(ask: Any, wanted: dict[str, str]) -> int:
    try:
        return int(ask(**wanted)["ResponseMetadata"]["HTTPStatusCode"])
    except ClientError as refused:
        return int(refused.response["ResponseMetadata"]["HTTPStatusCode"])
