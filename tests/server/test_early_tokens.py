"""A Task token is taken while the function that was given it still runs, and what was said to be taken is kept."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import serving, start
from test_in_process import ASKS
from test_operations import ended, make

from sfnbook.server.operations import tasks


def test_the_function_goes_on_after_it_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "PATIENCE", 0.01)
    over = threading.Event()
    client: Any

    def work(event: Any) -> str:
        client.send_task_success(taskToken=event["token"], output='"taken"')
        over.wait(30)
        return "late"

    try:
        with serving(bind={"work": work}) as client:
            described = ended(client, start(client, make(client, "asks", ASKS)))
            assert (described["status"], described["output"]) == ("SUCCEEDED", '"taken"')
            assert not over.is_set()
    finally:
        over.set()


def test_a_function_that_fails_after_it_has_answered_has_answered() -> None:
    client: Any

    def work(event: Any) -> None:
        client.send_task_success(taskToken=event["token"], output='"taken"')
        with pytest.raises(client.exceptions.TaskTimedOut):
            client.send_task_success(taskToken=event["token"], output='"twice"')
        raise ValueError("afterwards")

    with serving(bind={"work": work}) as client:
        assert ended(client, start(client, make(client, "asks", ASKS)))["output"] == '"taken"'


def test_an_early_answer_outlives_the_server(tmp_path: Path) -> None:
    answered, over, calls = threading.Event(), threading.Event(), list[Any]()
    client: Any

    def work(event: Any) -> None:
        calls.append(event)
        client.send_task_success(taskToken=event["token"], output='"taken"')
        answered.set()
        over.wait(30)

    try:
        with serving(bind={"work": work}, db=str(tmp_path / "db")) as client:
            arn = start(client, make(client, "asks", ASKS))
            assert answered.wait(30)
        with serving(bind={"work": work}, db=str(tmp_path / "db")) as client:
            assert ended(client, arn)["output"] == '"taken"'
        assert len(calls) == 1
    finally:
        over.set()
