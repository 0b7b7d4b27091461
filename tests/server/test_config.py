"""The bindings file, its reload, test cases of Step Functions Local's mock file, and its settings."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from served import ROLE, serving
from test_operations import FUNCTION, ended, make, refused, run

from sfnbook.errors import InputError
from sfnbook.server.config import Config

TASK = {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": FUNCTION + "greet", "End": True}}}


def write(folder: Path, text: str, module: str = "def hello(event):\n    return 'hello'\n") -> Path:
    (folder / f"greetings_{folder.name}.py").write_text(module)
    path = folder / "bindings.toml"
    path.write_text(text.replace("MODULE", f"greetings_{folder.name}"))
    return path


def test_bindings_and_mocks_answer_tasks(tmp_path: Path) -> None:
    mocked = {"StartAt": "Charge", "States": {"Charge": {**TASK["States"]["T"], "Resource": FUNCTION + "charge"}}}  # type: ignore[index]
    config = Config(
        write(tmp_path, '[bindings]\ngreet = "MODULE:hello"\n[mocks]\nCharge = { throw = "Broke", cause = "none" }\n')
    )
    with serving(registry=config.registry) as sfn:
        assert run(sfn, make(sfn, "greets", TASK))["output"] == '"hello"'
        assert run(sfn, make(sfn, "charges", mocked))["error"] == "Broke"


def test_a_module_is_executed_once_whatever_number_of_bindings_use_it(tmp_path: Path) -> None:
    counting = """import pathlib
made = pathlib.Path(__file__).with_suffix(".made")
made.open("x").close()  # as a table made at import: there must not be one already
def hello(event): return "hello"
def bye(event): return "bye"
"""
    config = Config(write(tmp_path, '[bindings]\ngreet = "MODULE:hello"\npart = "MODULE:bye"\n', counting))
    assert [binding.pattern for binding in config.registry] == ["greet", "part"]


def test_a_changed_module_counts_from_the_next_call(tmp_path: Path) -> None:
    config = Config(write(tmp_path, '[bindings]\ngreet = "MODULE:hello"\n'))
    with serving(registry=config.registry) as sfn:
        arn = make(sfn, "greets", TASK)
        assert run(sfn, arn)["output"] == '"hello"'
        assert config.reload() is None
        write(tmp_path, '[bindings]\ngreet = "MODULE:hello"\n', "def hello(event):\n    return 'good day, all'\n")
        _later(tmp_path)
        assert str(config.reload()).startswith("reloaded")
        assert run(sfn, arn)["output"] == '"good day, all"'
        (tmp_path / "bindings.toml").write_text("[bindings")
        _later(tmp_path, 20)
        assert "not reloaded" in str(config.reload())
        assert run(sfn, arn)["output"] == '"good day, all"'


def _later(folder: Path, seconds: float = 10) -> None:
    for path in folder.glob("*.*"):
        os.utime(path, (time.time() + seconds, time.time() + seconds))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[bindings]\ngreet = 1", "has to be a text"),
        ('[bindings]\ngreet = "hello"', "write module:function"),
        ('[bindings]\ngreet = "no_such_module:hello"', "cannot be imported"),
        ('[bindings]\ngreet = "MODULE:nobody"', "has no function nobody"),
        ('[tasks]\ngreet = "MODULE:hello"', "it takes bindings, mocks, buckets, services"),
        ("[mocks]\nT = { answer = 1 }", "needs { return"),
        ("greet =", "is no TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as fault:
        Config(write(tmp_path, text))
    assert words in str(fault.value)


def test_a_test_case_of_the_mock_file_by_its_suffix() -> None:
    mocks = {
        "StateMachines": {"greets": {"TestCases": {"Fine": {"T": "Answer"}, "Bad": {"T": "Failure"}}}},
        "MockedResponses": {
            "Answer": {"0": {"Return": {"mocked": True}}},
            "Failure": {"0": {"Throw": {"Error": "Bad", "Cause": "so bad"}}},
        },
    }
    with serving(mocks=mocks) as sfn:
        arn = make(sfn, "greets", TASK)
        assert json.loads(run(sfn, f"{arn}#Fine")["output"]) == {"mocked": True}
        assert run(sfn, f"{arn}@Bad")["error"] == "Bad"
        assert "no test case" in refused("ValidationException", sfn.start_execution, stateMachineArn=f"{arn}#Other")


def test_a_clock_that_runs_faster() -> None:
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 60, "End": True}}}
    with serving(speed=200.0) as sfn:
        began = time.monotonic()
        done = run(sfn, make(sfn, "waits", waits))
        assert time.monotonic() - began < 5
        assert (done["stopDate"] - done["startDate"]).total_seconds() >= 60


def test_limits_of_a_map_run_that_goes_on() -> None:
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "MaxConcurrency": 1,
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "W",
                    "States": {"W": {"Type": "Wait", "Seconds": 1, "End": True}},
                },
                "End": True,
            }
        },
    }
    with serving() as sfn:
        machine = make(sfn, "mapped", definition)
        arn = sfn.start_execution(stateMachineArn=machine, input="[1, 2, 3, 4, 5, 6, 7, 8]")["executionArn"]
        [listed] = sfn.list_map_runs(executionArn=arn)["mapRuns"]
        assert sfn.describe_map_run(mapRunArn=listed["mapRunArn"])["itemCounts"]["running"] == 1
        sfn.update_map_run(mapRunArn=listed["mapRunArn"], maxConcurrency=10)
        assert sfn.describe_map_run(mapRunArn=listed["mapRunArn"])["itemCounts"]["running"] == 8
        assert len(sfn.list_executions(mapRunArn=listed["mapRunArn"], statusFilter="RUNNING")["executions"]) == 8
        assert ended(sfn, arn)["status"] == "SUCCEEDED"


def test_a_restarted_server_goes_on(tmp_path: Path) -> None:
    """What was waiting for a callback, a worker or a time, waits again; nothing is asked twice."""
    asked: list[Any] = []
    ask = {
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
                "Next": "Work",
            },
            "Work": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:work", "End": True},
        },
    }
    db = str(tmp_path / "db")
    with serving(db=db, bind={"ask": lambda event: asked.append(event["token"])}) as sfn:
        activity = sfn.create_activity(name="work")["activityArn"]
        arn = sfn.start_execution(stateMachineArn=make(sfn, "asks", ask))["executionArn"]
        while "TaskSubmitted" not in _types(sfn, arn):
            time.sleep(0.01)
    with serving(db=db, bind={"ask": lambda event: asked.append(event["token"])}) as sfn:
        assert sfn.describe_execution(executionArn=arn)["status"] == "RUNNING"
        assert len(asked) == 1
        sfn.send_task_success(taskToken=asked[0], output='"answer"')
        work = sfn.get_activity_task(activityArn=activity)
        assert work["input"] == '"answer"'
    with serving(db=db) as sfn:
        sfn.send_task_success(taskToken=work["taskToken"], output='"done"')
        assert ended(sfn, arn)["output"] == '"done"'
        assert _types(sfn, arn).count("ActivityStarted") == 1


def _types(sfn: Any, arn: str) -> list[str]:
    return [event["type"] for event in sfn.get_execution_history(executionArn=arn)["events"]]


def test_one_server_for_one_database(tmp_path: Path) -> None:
    db = str(tmp_path / "db")
    with serving(db=db) as sfn:
        sfn.create_state_machine(name="a", definition=json.dumps(TASK), roleArn=ROLE)
        with pytest.raises(InputError, match="used by another server"), serving(db=db):
            pass
