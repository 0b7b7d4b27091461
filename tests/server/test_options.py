"""Options of ``sfnbook serve``: names, region and account, waits that take no time, places that are the server itself."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import ROLE, serving
from test_operations import ended, make

from sfnbook.errors import InputError
from sfnbook.server.config import settings
from sfnbook.server.http.run_server import Options, Served

PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def got(served: Served, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_names_that_are_allowed_and_health_without_a_token() -> None:
    served = Served(Options(port=0, allow_hosts=frozenset({"host.docker.internal"})))
    try:
        names = {"host.docker.internal": 200, "sfn.localhost": 200, "sync-sfn.localhost": 200, "evil.example": 403}
        names["localhost.evil.example"] = 403
        assert {name: got(served, "/", Host=f"{name}:{served.port}") for name in names} == names
    finally:
        served.stop()
    guarded = Served(Options(port=0, token="s3cret"))
    try:
        assert got(guarded, "/health") == 200
        assert (got(guarded, "/"), got(guarded, "/page/page.js")) == (200, 200)  # files that say nothing
        asked = ("/look/changes", "/look/machines", "/look/executions", "/look/waiting", "/look/watch", "/?token=wrong")
        assert {path: got(guarded, path) for path in asked} == dict.fromkeys(asked, 403)
    finally:
        guarded.stop()


def client_of(url: str, region: str, key: str) -> Any:
    import boto3

    return boto3.client(
        "stepfunctions", endpoint_url=url, region_name=region, aws_access_key_id=key, aws_secret_access_key="x"
    )


@pytest.mark.parametrize("fixed", [False, True])
def test_region_and_account_are_the_signatures(fixed: bool) -> None:
    served = Served(Options(port=0, region="us-west-2", account="210987654321", fixed=fixed))
    try:
        sfn = client_of(served.url, "eu-central-1", "111122223333")
        arn = sfn.create_state_machine(name="m", definition=json.dumps(PASS), roleArn=ROLE)["stateMachineArn"]
        place = "us-west-2:210987654321" if fixed else "eu-central-1:111122223333"
        assert arn == f"arn:aws:states:{place}:stateMachine:m"
        started = client_of(served.url, "ap-south-1", "test").start_execution(stateMachineArn=arn)["executionArn"]
        assert started.startswith(f"arn:aws:states:{place}:execution:m:")
    finally:
        served.stop()


def test_waits_take_no_time_with_a_scale_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from sfnbook.tasks.aws.services.endpoints import services

    monkeypatch.setattr(services, "time_scale", 0.0)
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 86_400, "End": True}}}
    with serving(speed=settings()["speed"]) as sfn:
        found = ended(sfn, sfn.start_execution(stateMachineArn=make(sfn, "w", waits))["executionArn"])
        assert (found["stopDate"] - found["startDate"]).total_seconds() >= 86_400


@pytest.mark.parametrize(("region", "account"), [("nowhere", None), (None, "12")])
def test_a_region_or_account_that_is_none(region: str | None, account: str | None) -> None:
    with pytest.raises(InputError, match=region or account):
        settings(region, account)


@contextmanager
def command(folder: Path, code: str, **environment: str) -> Iterator[tuple[str, int]]:
    """Run ``sfnbook serve`` in a process of its own; gives what it said at first, and its port."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    said = folder / "said"
    with said.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", code], stdout=out, stderr=subprocess.STDOUT, env={**plain, **environment}, cwd=folder
        )
    try:
        until = time.monotonic() + 60
        while "kept after the end" not in (text := said.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
            assert process.poll() is None, text
        port = int(text.split("http://127.0.0.1:")[1].split()[0])
        yield text, port
    finally:
        process.terminate()
        process.wait(30)


FAILING = """
import socket, sys
import sfnbook.server.operations as operations
def broken(endpoint, request): raise ZeroDivisionError("a fault of ours")
operations.OPERATIONS["ListActivities"] = broken
import sfnbook.cli
sys.exit(sfnbook.cli.main(["serve", "--port", "PORT"]))
"""


def free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_a_fault_of_the_server_is_logged_and_its_own_address_is_no_place_of_services(tmp_path: Path) -> None:
    port = free_port()
    code = FAILING.replace("PORT", str(port))
    with command(tmp_path, code, AWS_ENDPOINT_URL=f"http://localhost:{port}", PYTHONPATH=os.getcwd()) as (said, found):
        assert found == port
        assert "AWS_ENDPOINT_URL is this server itself" in said
        assert "AWS_DISABLE_HOST_PREFIX_INJECTION=true" in said
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", "/", "{}", {"X-Amz-Target": "AWSStepFunctions.ListActivities"})
        assert connection.getresponse().status == 500
        connection.close()
        connection.request("POST", "/", "{}", {"X-Amz-Target": "DynamoDB_20120810.Scan"})
        assert b"AWS_ENDPOINT_URL_SFN" in connection.getresponse().read()
        connection.close()
    assert "ZeroDivisionError: a fault of ours" in (tmp_path / "said").read_text()


def test_a_new_version_description_of_an_unchanged_machine_is_kept() -> None:
    with serving() as sfn:
        arn = make(sfn, "m", PASS)
        version = sfn.publish_state_machine_version(stateMachineArn=arn, description="one")["stateMachineVersionArn"]
        again = sfn.update_state_machine(stateMachineArn=arn, roleArn=ROLE, publish=True, versionDescription="two")
        assert again["stateMachineVersionArn"] == version
        assert sfn.describe_state_machine(stateMachineArn=version)["description"] == "two"
