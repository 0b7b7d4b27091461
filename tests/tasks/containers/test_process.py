"""Local commands answer tasks."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import sfnbook
from sfnbook.run import Run
from sfnbook.tasks.containers.process import Process, running

WORK = "arn:aws:lambda:us-east-1:123456789012:function:work"


def run(target: Any, input: Any = None, *, resource: str = WORK, **fields: Any) -> Run:
    states = {"Work": {"Type": "Task", "Resource": resource, "End": True, **fields}}
    machine = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one")
    return machine.bind("Work", target).run(input, clock="real")


def python(code: str, **options: Any) -> Process:
    return Process([sys.executable, "-c", code], **options)


def logs(run: Run) -> str:
    return run.visits[0].attempts[0].logs


def gone(pid: int) -> bool:
    """Whether a process has ended; waits for it a little."""
    until = time.monotonic() + 5
    while time.monotonic() < until:
        try:
            if Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
                return True
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
    return False


def test_input_on_stdin_answer_on_stdout_and_stderr_to_the_log() -> None:
    code = "import json, sys; print('careful', file=sys.stderr); print(json.dumps({'got': json.load(sys.stdin)}))"
    done = run(python(code), {"a": "é"})
    assert done.output == {"got": {"a": "é"}}
    assert logs(done) == "careful\n"


KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_PROFILE": "work",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/",
    "AWS_CONFIG_FILE": "/home/me/.aws/config",
}
SHOW = "import json, os; print(json.dumps({k: v for k, v in os.environ.items() if k.startswith('AWS_')}))"


def test_it_gets_no_keys_of_an_account_unless_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**KEYS, "AWS_DEFAULT_REGION": "eu-west-1", "AWS_MAX_ATTEMPTS": "2"}.items():
        monkeypatch.setenv(name, value)
    got: Any = run(python(SHOW)).output
    assert not {"AKIAREAL", "real", "work"} & set(got.values())
    assert got["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert got["AWS_MAX_ATTEMPTS"] == "2"
    assert got["AWS_CONFIG_FILE"] == os.devnull
    assert "AWS_PROFILE" not in got
    given: Any = run(python(SHOW, env={"AWS_PROFILE": "asked-for"})).output
    assert given["AWS_PROFILE"] == "asked-for"
    monkeypatch.setattr(sfnbook.services, "shared", False)
    free: Any = run(python(SHOW)).output
    assert KEYS.items() <= free.items()


def test_by_its_prefix() -> None:
    assert run("process:cat", {"n": 1}).output == {"n": 1}


@pytest.mark.parametrize("command", ["", "  ", "unbalanced '"])
def test_a_command_that_is_none(command: str) -> None:
    with pytest.raises(sfnbook.BindingError, match="command"):
        run(f"process:{command}")


@pytest.mark.parametrize(
    ("printed", "answer", "log"),
    [
        ("", None, ""),
        ("42\n", 42, ""),
        ('starting\n{"a": 1}\n', {"a": 1}, "starting\n"),
        ("no json at all\n", "no json at all", ""),
        ('{\n "a": [\n1]}', {"a": [1]}, ""),
    ],
)
def test_what_counts_as_the_answer(printed: str, answer: Any, log: str) -> None:
    done = run(python(f"print({printed!r}, end='')"))
    assert (done.output, logs(done)) == (answer, log)


def test_an_exit_code_can_be_caught() -> None:
    caught = {"Catch": [{"ErrorEquals": ["Runtime.ExitError"], "Next": "Sorry"}]}
    states = {"Work": {"Type": "Task", "Resource": WORK, "End": True, **caught}, "Sorry": {"Type": "Succeed"}}
    machine = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one")
    done = machine.bind("Work", python("print('oh'); raise SystemExit(3)")).run()
    cause = json.loads(done.output["Cause"])
    assert cause["errorType"] == "Runtime.ExitError"
    assert cause["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert logs(done) == "oh\n"


def test_a_program_may_report_its_own_error() -> None:
    document = {"errorType": "OutOfStock", "errorMessage": "none left"}
    failed = run(python(f"import json; print(json.dumps({document!r})); raise SystemExit(1)"))
    assert (failed.error, json.loads(failed.cause or "")) == ("OutOfStock", document)


def test_a_signal_has_its_name() -> None:
    failed = run(python("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert failed.error == "Runtime.ExitError"
    assert json.loads(failed.cause or "")["errorMessage"].endswith("signal: killed")


def test_a_command_that_does_not_exist() -> None:
    failed = run("process:nothing-of-the-kind")
    assert failed.error == "Runtime.InvalidEntrypoint"
    assert "nothing-of-the-kind cannot be started: No such file or directory" in str(failed.cause)


FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(os.environ["PIDS"], "w").write(f"{os.getpid()} {child.pid}")
"""


@pytest.mark.parametrize(
    ("own", "fields", "error"), [(3.0, {}, "Sandbox.Timedout"), (None, {"TimeoutSeconds": 3}, "States.Timeout")]
)
def test_a_timeout_kills_the_whole_process_group(own: float | None, fields: Any, error: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    slow = python(FAMILY + "time.sleep(60)", timeout=own, env={"PIDS": str(pids)})
    failed = run(slow, **fields)
    assert failed.error == error
    assert all(gone(int(pid)) for pid in pids.read_text().split())
    until = time.monotonic() + 10
    while running and time.monotonic() < until:  # the worker's own thread takes its name off the list
        time.sleep(0.01)
    assert not running


def test_what_a_program_leaves_running_is_ended_and_does_not_hold_the_answer(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    started = time.monotonic()
    done = run(python(FAMILY + "print('{\"n\": 1}')", env={"PIDS": str(pids)}))
    assert done.output == {"n": 1}
    assert time.monotonic() - started < 10
    assert gone(int(pids.read_text().split()[1]))


def test_a_run_that_is_stopped_ends_the_process(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    states = {"Work": {"Type": "Task", "Resource": WORK, "End": True}}
    machine = sfnbook.StateMachine({"StartAt": "Work", "States": states}, name="one")
    machine.bind("Work", python(FAMILY + "time.sleep(60)", env={"PIDS": str(pids)}))
    started = machine.run(wait=False)
    until = time.monotonic() + 10
    while len(pids.read_text().split() if pids.exists() else ()) < 2 and time.monotonic() < until:
        started.wait(0.01)
    started.stop()
    assert started.wait(60).status == "ABORTED"
    assert all(gone(int(pid)) for pid in pids.read_text().split())


@pytest.mark.parametrize(("stream", "error"), [("stdout", "States.DataLimitExceeded"), ("stderr", None)])
def test_a_flood_costs_neither_memory_nor_the_run(stream: str, error: str | None) -> None:
    code = f"import sys\nfor _ in range(100): sys.{stream}.write('x' * 1_000_000)"
    done = run(python(code))
    assert done.error == error
    if error is None:
        assert "more characters were dropped" in logs(done)
        assert len(logs(done)) < 300_000


def test_a_large_input_that_nobody_reads() -> None:
    assert run(python("print(1)"), {"x": "y" * 200_000}).output == 1


def test_an_ecs_task_gets_the_stopped_tasks_description() -> None:
    parameters = {"TaskDefinition": "t", "Cluster": "c", "LaunchType": "FARGATE"}
    failed = run(python("raise SystemExit(2)"), resource="arn:aws:states:::ecs:runTask.sync", Parameters=parameters)
    assert failed.error == "States.TaskFailed"
    assert json.loads(failed.cause or "")["Containers"][0]["ExitCode"] == 2
