"""%sfn_serve, %sfn_watch, %sfn_deploy and %sfn_run --on, as cells."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import ROLE, client

import sfnbook
from sfnbook.server.http import run_server

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

HELLO = '{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:1:function:hi", "End": true}}}'


@pytest.fixture
def served(notebook: Notebook) -> Iterator[tuple[Notebook, Any, str]]:
    """A notebook with a machine and its function, served; and a client of it."""
    notebook.cell("def hi(event):\n    return {'hi': event['name']}")
    notebook.cell(f"%%statemachine hello\n{HELLO}")
    url = re.findall(r"http://[\d.]+:\d+", notebook.cell("%sfn_serve --port 0").text)[0]
    yield notebook, client(url), url
    notebook.cell("%sfn_serve --stop")


def test_the_notebooks_machines_are_served(served: Any) -> None:
    notebook, sfn, _ = served
    [machine] = sfn.list_state_machines()["stateMachines"]
    assert machine["name"] == "hello"
    started = sfn.start_execution(stateMachineArn=machine["stateMachineArn"], input='{"name": "you"}')
    shown = notebook.cell(f"%sfn_watch {started['executionArn']}")
    assert "hello: SUCCEEDED" in shown.text
    assert '{"hi":"you"}' in shown.text
    assert "SUCCEEDED" in notebook.cell("%sfn_list").text


def test_a_changed_cell_changes_what_is_served(served: Any) -> None:
    notebook, sfn, _ = served
    [machine] = sfn.list_state_machines()["stateMachines"]
    notebook.cell('%%statemachine hello\n{"StartAt": "P", "States": {"P": {"Type": "Pass", "End": true}}}')
    assert '"P"' in sfn.describe_state_machine(stateMachineArn=machine["stateMachineArn"])["definition"]
    made = sfn.create_state_machine(name="other", definition=HELLO, roleArn=ROLE)
    started = sfn.start_execution(stateMachineArn=made["stateMachineArn"], input='{"name": "me"}')
    until = time.monotonic() + 10
    while (done := sfn.describe_execution(executionArn=started["executionArn"]))["status"] == "RUNNING":
        assert time.monotonic() < until
    assert json.loads(done["output"]) == {"hi": "me"}


def test_a_request_calls_only_what_the_notebook_defines(served: Any) -> None:
    notebook, sfn, _ = served
    notebook.cell("from os import remove")
    definition = HELLO.replace(":function:hi", ":function:remove")
    made = sfn.create_state_machine(name="remover", definition=definition, roleArn=ROLE)
    started = sfn.start_execution(stateMachineArn=made["stateMachineArn"], input='"/tmp/none"')
    assert "Lambda.ResourceNotFoundException" in notebook.cell(f"%sfn_watch {started['executionArn']}").text


def test_deploying_and_running_elsewhere(served: Any) -> None:
    notebook, _, _ = served
    notebook.cell('%%statemachine away\n{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": 7, "End": true}}}')
    from sfnbook.server.http.run_server import Options, Served

    other = Served(Options(port=0))
    try:
        assert "no state machine" in notebook.cell(f"%sfn_run away --on {other.url}").text
        assert "created" in notebook.cell(f"%sfn_deploy away --on {other.url} --yes").text
        assert "unchanged" in notebook.cell(f"%sfn_deploy away --on {other.url} --yes").text
        shown = notebook.cell(f"run = %sfn_run away --on {other.url}\nrun.output")
        assert "away: SUCCEEDED" in shown.text
        assert shown.value == 7
    finally:
        other.stop()


def test_it_takes_the_options_of_the_command_line(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sfnbook.services, "start", lambda: None)
    made = []

    class Noting(run_server.Served):
        def __init__(self, options: run_server.Options) -> None:
            made.append(options)
            super().__init__(options)

    monkeypatch.setattr(run_server, "Served", Noting)
    shown = notebook.cell(
        "%sfn_serve --port 0 --region eu-west-1 --account 111122223333 --allow-host Box --http-tasks local "
        "--services --token test"
    ).text
    url = re.findall(r"http://[\d.]+:\d+", shown)[0]
    try:
        assert "embedded services: started" in shown
        assert "token: test" in shown
        sfn = client(url)
        assert sfn.create_activity(name="a")["activityArn"] == "arn:aws:states:eu-west-1:111122223333:activity:a"
        assert (made[0].allow_hosts, made[0].http_tasks) == ({"box"}, {"http", "loopback"})
        for wrong in ("--region x", "--account 7", "--http-tasks all", "--token ''", "--mock-config nowhere.json"):
            assert "Traceback" not in notebook.cell(f"%sfn_serve {wrong}").text
        assert sfn.list_activities()["activities"], "what was refused has stopped nothing"
    finally:
        notebook.cell("%sfn_serve --stop")


def test_without_a_place_it_says_what_to_write(notebook: Notebook) -> None:
    assert "%sfn_serve" in notebook.cell("%sfn_watch arn:aws:states:us-east-1:1:execution:a:b").text
    assert "There is no endpoint to close." in notebook.cell("%sfn_serve --stop").text


def test_the_page_lists_what_the_notebook_ran_itself(served: Any) -> None:
    notebook, sfn, url = served
    before = got(url, "changes")["version"]
    notebook.cell('%sfn_run hello {"name": "me"}')
    notebook.cell("%sfn_run hello {}")
    [machine] = sfn.list_state_machines()["stateMachines"]
    sfn.start_execution(stateMachineArn=machine["stateMachineArn"], name="through-the-api", input='{"name": "you"}')
    listed = got(url, "executions")["executions"]
    assert [one["status"] for one in listed if one["name"] != "through-the-api"] == ["FAILED", "SUCCEEDED"]
    assert listed[0]["name"] == "through-the-api"
    [failed] = got(url, "executions?status=FAILED&text=keyerror")["executions"]
    assert failed["error"] == "KeyError"
    assert got(url, f"executions?text=nothing-like-it&machine={failed['machine']}")["executions"] == []
    assert got(url, f"execution?arn={failed['arn']}")["input"] == "{}"
    assert got(url, "machines")["counts"]["FAILED"] == 1
    assert got(url, "changes")["version"] > before


def got(url: str, path: str) -> Any:
    with urlopen(f"{url}/look/{path}") as answer:
        return json.load(answer)
