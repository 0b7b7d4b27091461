"""What the doctor finds."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest

import sfnbook
from sfnbook import StateMachine
from sfnbook.tasks import doctor
from sfnbook.tasks.aws.services.endpoints import Services
from sfnbook.tasks.containers import docker_api
from sfnbook.tasks.doctor import examine, table


def test_each_kind_of_place(aws: Services) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        aws.configure(
            {
                "dynamodb": f"http://127.0.0.1:{server.getsockname()[1]}",
                "sqs": f"http://127.0.0.1:{closed.getsockname()[1]}",
                "sns": "aws:nobody-at-all",
            }
        )
        found = {finding.service: finding for finding in examine(aws, ["s3", "events"])}
    assert sorted(found) == ["dynamodb", "eventbridge", "s3", "sns", "sqs"]
    assert (found["dynamodb"].ok, found["dynamodb"].words) == (True, "takes connections")
    assert not found["sqs"].ok
    assert found["sqs"].words.startswith("connection refused. Is the service running at 127.0.0.1:")
    assert not found["sns"].ok
    assert "nobody-at-all" in found["sns"].words
    assert found["s3"].ok
    assert "account 123456789012, us-east-1" in found["s3"].words
    assert table(found.values()).count("\n") == 4


def shown(machine: StateMachine) -> list[str]:
    """The doctor's lines about a machine's tasks."""
    return doctor.answers([(t.state, t.bound, t.hint, t.check) for t in machine.tasks()]).splitlines()


def one(resource: str, **parameters: Any) -> StateMachine:
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "End": True}
    return StateMachine({"StartAt": "T", "States": {"T": task}}, name="m", namespace={"there": lambda event: event})


FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"


def test_a_service_counts_only_where_it_is_the_one_that_answers(aws: Services) -> None:
    invoke = one("arn:aws:states:::lambda:invoke", FunctionName="there")
    put = one("arn:aws:states:::dynamodb:putItem", TableName="t")
    bound = one("arn:aws:states:::dynamodb:putItem", TableName="t").bind("T", lambda event: event)
    found = [doctor.service_of(t.resource, t.bound, aws) for machine in (invoke, put, bound) for t in machine.tasks()]
    assert found == ["", "dynamodb", ""]


def test_each_task_says_what_answers_and_whether_it_does(aws: Services) -> None:
    assert shown(one(FUNCTION + "there")) == ["  T  → function there  ok: defined here"]
    assert shown(one(FUNCTION + "x").bind("x", "there")) == ["  T  → function there  ok: defined here"]
    gone = "  T  → function their  NO: There is no function called their here. Did you mean there?"
    assert shown(one(FUNCTION + "x").bind("x", "their")) == [gone]
    assert shown(one(FUNCTION + "x"))[0].startswith("  T  ○ Nothing answers ")
    (line,) = shown(one("arn:aws:states:::sqs:sendMessage", QueueUrl="q"))
    assert line.startswith("  T  → embedded sqs (moto)  ok: ready, moto ")
    (line,) = shown(one(FUNCTION + "x").bind("x", f"process:{sys.executable} -V"))
    assert line.endswith(f"  ok: {sys.executable}")
    (line,) = shown(one(FUNCTION + "x").bind("x", "process:no-such-program --fast"))
    assert line.endswith("  NO: there is no program no-such-program")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        (line,) = shown(one(FUNCTION + "x").bind("x", url))
    assert line.startswith(f"  T  → Lambda endpoint {url}  NO: connection refused. Is the service running at ")


def test_a_container_without_an_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("docker")
    monkeypatch.setattr(docker_api, "_engine", None)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    (line,) = shown(one(FUNCTION + "x").bind("x", sfnbook.container("resize")))
    assert "→ container resize  NO: No container engine answers (unix:///nowhere/docker.sock: " in line
