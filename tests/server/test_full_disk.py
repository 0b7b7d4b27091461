"""A disk that is full and then is not: nothing acknowledged is lost, and executions go on by themselves."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from served import ROLE, serving, start

from sfnbook.errors import NotWritten
from sfnbook.runtime import session, session_pool
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.store import LARGEST_LOG, Store

WAITS = {
    "StartAt": "W",
    "States": {"W": {"Type": "Wait", "Seconds": 1, "Next": "P"}, "P": {"Type": "Pass", "End": True}},
}


def test_executions_stand_still_and_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(session, "AGAIN", 0.01)
    monkeypatch.setattr(session_pool, "AGAIN", 0.01)

    async def story() -> tuple[list[str], bool]:
        endpoint = Endpoint(Store(str(tmp_path / "db")), speed=100.0)
        endpoint.open()
        asked: dict[str, Any] = {
            "name": "m",
            "definition": json.dumps(WAITS),
            "roleArn": "arn:aws:iam::123456789012:role/r",
        }
        answer: Any = OPERATIONS["CreateStateMachine"](endpoint, asked)
        arn = (await answer)["stateMachineArn"] if hasattr(answer, "__await__") else answer["stateMachineArn"]
        request = {"stateMachineArn": arn, "input": json.dumps("x" * 20_000)}
        taken, refused = [], False
        database = endpoint.store._db
        (pages,) = database.execute("pragma page_count").fetchone()
        database.execute(f"pragma max_page_count={pages + 30}")
        for _ in range(100):
            try:
                taken.append(OPERATIONS["StartExecution"](endpoint, request)["executionArn"])
            except NotWritten:
                refused = True
                break
        await asyncio.sleep(0.1)
        database.execute("pragma max_page_count=1000000")
        async with asyncio.timeout(30):
            for run in list(endpoint.runs.values()):
                await endpoint.until_ended(run)
        found = [endpoint.stored(arn).status for arn in taken]
        endpoint.close()
        return found, refused

    found, refused = asyncio.run(story())
    assert refused
    assert found
    assert set(found) == {"SUCCEEDED"}
    assert "cannot be written" in caplog.text


def test_the_log_is_begun_anew(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "db"))
    for number in range(1_000):
        store.put("kind", str(number), {"text": "x" * 20_000})
    assert os.path.getsize(tmp_path / "db-wal") > LARGEST_LOG
    store.tidy()
    store.shrink()
    assert os.path.getsize(tmp_path / "db-wal") < LARGEST_LOG
    assert len(list(store.records("kind"))) == 1_000
    store.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB of its own."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_file_system_that_is_full_and_then_is_not(small: Path) -> None:
    filler = small / "filler"
    filler.write_bytes(b"x" * 2_200_000)  # what the log holds is written once more, into the file itself
    with serving(db=str(small / "db")) as client:
        machine = client.create_state_machine(name="m", definition=json.dumps(WAITS), roleArn=ROLE)["stateMachineArn"]
        taken: list[str] = []
        with pytest.raises(ClientError) as refused:
            _fill(client, machine, taken)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] >= 500
        assert len(taken) > 10
        filler.unlink()
        until = time.monotonic() + 60
        left = list(taken)
        while left and time.monotonic() < until:
            left = [arn for arn in left if client.describe_execution(executionArn=arn)["status"] == "RUNNING"]
            time.sleep(0.1)
        assert {client.describe_execution(executionArn=arn)["status"] for arn in taken} == {"SUCCEEDED"}
        types = [event["type"] for event in client.get_execution_history(executionArn=taken[-1])["events"]]
        assert (types[0], types[-1]) == ("ExecutionStarted", "ExecutionSucceeded")
        assert start(client, machine)


def _fill(client: Any, machine: str, taken: list[str]) -> None:
    for _ in range(500):
        taken.append(start(client, machine, json.dumps("x" * 20_000)))


def test_little_space_is_enough_to_go_on_however_much_is_written(small: Path) -> None:
    filler = small / "filler"
    filler.write_bytes(b"x" * 400_000)
    store = Store(str(small / "db"))
    count = 0
    with pytest.raises(NotWritten):  # noqa: PT012  # which of the writes it is, is what the test asks
        for count in range(1_000):  # nobody tidies meanwhile
            store.put("kind", str(count), {"text": os.urandom(7_000).hex()})
    assert count > 110  # more than half of the disk
    filler.unlink()
    store.tidy()
    store.shrink()
    store.put("kind", "more", {"text": "x" * 100_000})
    assert len(list(store.records("kind"))) == count + 1
    store.close()
