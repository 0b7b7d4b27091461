"""The store alone: what is written is read back, also after it was closed in the middle."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.engine.commands import SetInput, Stop, TaskSucceeded, Tick
from sfnbook.engine.journal import Entry
from sfnbook.errors import InputError
from sfnbook.server.store import Store

ARN = "arn:aws:states:us-east-1:123456789012:execution:m:"


def head(name: str) -> dict[str, Any]:
    names = dict.fromkeys(("execution_arn", "execution_name", "machine_arn", "machine_name", "role_arn"), "n")
    return {"name": name, "input": "{}", "seed": 1, "type": "STANDARD", "names": names}


def test_a_journal_is_read_back_as_it_was_told(tmp_path: Path) -> None:
    told = [
        Entry(0, TaskSucceeded(1.5, 1, {"a": ["\ud800", None, 1e300]})),
        Entry(2, Tick(2.0)),
        Entry(2, SetInput(2.0, ((3, 0), (9, 1)), [])),
        Entry(3, Stop(3.0, "E", None)),
    ]
    store = Store(str(tmp_path / "db"))
    id = store.start(ARN + "a", "m", 1.0, head("a"))
    for number, entry in enumerate(told):
        store.note(id, number, entry)
    store.close()
    store = Store(str(tmp_path / "db"))
    assert [stored.arn for stored in store.running()] == [ARN + "a"]
    assert store.entries(id) == told
    store.close()


def test_a_history_is_read_back_event_by_event() -> None:
    machine = StateMachine(
        {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}, "End": True}}},
        name="m",
    )  # fmt: skip
    run = machine.run([1, {"a": "ü"}])
    store = Store()
    id = store.start(ARN + "a", "m", 1.0, head("a"))
    store.finish(id, run.status, 2.0, {"output": run.output}, run.events, {})
    assert store.events(id) == list(run.events)
    found = store.execution(ARN + "a")
    assert found is not None
    assert (found.status, found.stopped, found.result) == ("SUCCEEDED", 2.0, {"output": run.output})
    store.close()


def test_lists_go_from_the_latest_backwards() -> None:
    store = Store()
    for number in range(5):
        id = store.start(f"{ARN}{number}", "m", float(number), head(str(number)), alias="live" if number % 2 else None)
        store.finish(id, "FAILED" if number == 3 else "SUCCEEDED", 9.0, {"output": 1}, [], {})

    def names(**wanted: Any) -> list[str]:
        column, key = wanted.pop("column", "machine"), wanted.pop("key", "m")
        return [s.head["name"] for s in store.executions(column, key, **{"before": None, "limit": 9, **wanted})]

    assert names() == ["4", "3", "2", "1", "0"]
    assert names(limit=2) == ["4", "3"]
    assert names(before=4) == ["2", "1", "0"]
    assert names(status="FAILED") == ["3"]
    assert names(column="alias", key="live") == ["3", "1"]
    assert names(redriven=True) == []
    assert store.counts() == {("m", "SUCCEEDED"): 4, ("m", "FAILED"): 1}
    store.close()


def test_what_fails_together_leaves_nothing() -> None:
    store = Store()

    def fails() -> None:
        with store.together():
            store.put("machine", "a", {})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert list(store.records("machine")) == []
    store.close()


def test_a_file_that_is_no_database_of_ours(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to be looked at" * 50)
    with pytest.raises(InputError, match="cannot be used as the database"):
        Store(str(tmp_path / "text"))
    newer = sqlite3.connect(tmp_path / "newer")
    newer.execute("pragma user_version=99")
    newer.close()
    for _ in range(2):  # the second time too: a refusal lets go of the file
        with pytest.raises(InputError, match="newer sfnbook"):
            Store(str(tmp_path / "newer"))
    with pytest.raises(InputError, match="cannot be used as the database"):
        Store(str(tmp_path / "missing" / "folder"))


def test_one_file_has_one_server(tmp_path: Path) -> None:
    first = Store(str(tmp_path / "db"))
    with pytest.raises(InputError, match="used by another server"):
        Store(str(tmp_path / "db"))
    first.close()
    Store(str(tmp_path / "db")).close()


@pytest.mark.parametrize("status", [None, "SUCCEEDED"])
@pytest.mark.parametrize("column", ["machine", "version", "alias"])
def test_a_list_of_redriven_executions_reads_only_those(tmp_path: Path, column: str, status: str | None) -> None:
    store = Store(str(tmp_path / "db"))
    with store.together():
        for number in range(3_000):
            id = store.start(f"arn:{number}", "m", float(number), {"name": str(number)}, version="m:1", alias="m:live")
            if number % 1_000 == 0:
                store.reopen(id, 1, {"name": str(number)})
            store.finish(id, "SUCCEEDED", number + 1.0, {"output": "1"}, [], {})
    steps = [0]

    def count() -> None:
        steps[0] += 1

    store._db.set_progress_handler(count, 1)
    key = {"machine": "m", "version": "m:1", "alias": "m:live"}[column]
    found = store.executions(column, key, before=None, limit=100, status=status, redriven=True)
    store._db.set_progress_handler(None, 0)
    assert [stored.arn for stored in found] == ["arn:2000", "arn:1000", "arn:0"]
    assert steps[0] < 1_000
    store.close()
