"""The command line as a person runs it: in a process of its own, with its exit code and what it writes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
TASK = {"Type": "Task", "Resource": FUNCTION + "decide", "Next": "Wait"}
SHOP = {"StartAt": "Decide", "States": {"Decide": TASK, "Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}
FUNCTIONS = """
import time

def decide(event, context):
    print("deciding")
    return {"statusCode": event.get("code", 200)}

def odd(event):
    return {"text": "\\x1b]52;c;cm0gLXJm\\x07 \\x9b31m \\u202egnp \\ud800 \\u00e9 \\u2713 \\U0001f600"}

def angry(event):
    print("\\x1b[2Jlogged")
    raise ValueError("\\x1b]8;;http://example.com\\x07here")

def slow(event):
    print("begun", flush=True)
    time.sleep(60)
"""
MOCKS = {
    "StateMachines": {"shop": {"TestCases": {"Happy": {"Decide": "Yes"}}}},
    "MockedResponses": {"Yes": {"0": {"Return": {"statusCode": 201}}}},
}
HIDDEN = ("\x1b", "\x07", "\x9b", "\u202e")
ROOT = Path(__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.asl.json").write_text(json.dumps(SHOP))
    (tmp_path / "hidden.asl.json").write_text(json.dumps({**SHOP, "StartAt": "\x1b[2J\x9b\u202e"}))
    (tmp_path / "shop.py").write_text(FUNCTIONS)
    (tmp_path / "MockConfigFile.json").write_text(json.dumps(MOCKS))
    (tmp_path / "input.json").write_text('{"code": 202}')
    (tmp_path / "raising.py").write_text("x = 1\nraise RuntimeError('no table')\n")
    (tmp_path / "leaving.py").write_text("import sys\nsys.exit(3)\n")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "deep.json").write_text("[" * 100_000)
    (tmp_path / "broken.py").write_text("def f(:\n")
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if name not in ("PYTHONIOENCODING", "PYTHONUTF8")}
    return {**plain, "PYTHONWARNINGS": "error", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **more}


def sfnbook(folder: Path, *arguments: str, typed: str = "", encoding: str = "utf-8") -> tuple[int, str, str]:
    quiet = ["--quiet"] if arguments[:1] == ("run",) else []  # tests/text/test_progress.py has what it says meanwhile
    done = subprocess.run(
        [sys.executable, "-m", "sfnbook", *arguments, *quiet],
        cwd=folder,
        input=typed.encode(),
        capture_output=True,
        env=environment(PYTHONIOENCODING=encoding),
        timeout=120,
    )
    assert b"Traceback" not in done.stdout + done.stderr, done.stderr.decode(errors="replace")
    return done.returncode, done.stdout.decode(encoding), done.stderr.decode(encoding)


BIND = ["--bind", "Decide=shop:decide"]


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["--version"], 0, "sfnbook "),
        (["run", "--help"], 0, "--clock"),
        (["run", "shop.asl.json", *BIND, "--input", '{"code": 7}'], 0, 'output: {"statusCode":7}'),
        (["run", "shop.asl.json", *BIND, "--input", "@input.json", "--name", "mine", "--json"], 0, '"name": "mine"'),
        (["run", "shop.asl.json", *BIND, "--type", "EXPRESS", "--clock", "virtual@2026-01-31T09:00Z"], 0, "SUCCEEDED"),
        (["run", "shop.asl.json", "--test-case", "Happy"], 0, '{"statusCode":201}'),
        (["run", "shop.asl.json", *BIND, "--fault", "Decide=States.Timeout"], 1, "States.Timeout"),
        (["run", "shop.asl.json"], 1, "error: "),
        (["validate", "shop.asl.json"], 0, "shop.asl.json: OK"),
        (["validate", "shop.asl.json", "--json"], 0, '"result": "OK"'),
        (["check", "shop.asl.json"], 0, ""),
        (["explain", "ASL104"], 0, "ASL104"),
        (["validate", "hidden.asl.json"], 1, r"\u001b[2J\u009b\u202e"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_a_command(folder: Path, arguments: list[str], code: int, expected: str) -> None:
    found, out, err = sfnbook(folder, *arguments)
    assert (found, err) == (code, "")
    assert expected in out
    assert not any(sign in out for sign in HIDDEN)


@pytest.mark.parametrize("kind", ["svg", "mmd", "dot", "html"])
def test_a_lone_surrogate_can_be_drawn(folder: Path, kind: str) -> None:
    lone = {"StartAt": "A\ud800", "States": {"A\ud800": {"Type": "Succeed", "Comment": "\udfff"}}}
    (folder / "lone.asl.json").write_text(json.dumps(lone))
    assert sfnbook(folder, "draw", "lone.asl.json", "-o", f"lone.{kind}")[::2] == (0, "")
    assert (folder / f"lone.{kind}").read_text("utf-8")


def test_debug(folder: Path) -> None:
    commands = 'over\nat Decide\nedit {"code": 9}\ncontinue\ncontinue\n'
    found, out, err = sfnbook(folder, "debug", "shop.asl.json", *BIND, "--break", "Wait", typed=commands)
    assert (found, err) == (0, "")
    assert "paused before Decide" in out
    assert '"statusCode":9' in out
    found, out, err = sfnbook(
        folder, "debug", "shop.asl.json", "--bind", "Decide=shop:odd", typed="over\nover\ncontinue"
    )
    assert (found, err) == (0, "")
    assert r"\u001b]52;c;" in out
    assert not any(sign in out for sign in HIDDEN)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", "none.json"], "The file none.json cannot be read: No such file or directory."),
        (["run", "shop.asl.json", "--input", "{"], "The input is not JSON"),
        (["run", "shop.asl.json", "--bind", "x=raising:f"], "RuntimeError: no table ("),
        (["run", "shop.asl.json", "--bind", "x=leaving:f"], "SystemExit: 3 ("),
        (["run", "shop.asl.json", "--bind", "x=broken:f"], "SyntaxError: "),
        (["run", "shop.asl.json", "--clock", "sundial"], "sundial"),
        (["serve", "--port", "99999"], "Cannot listen on 127.0.0.1:99999: port must be 0-65535."),
        (["serve", "--port", "-1"], "Cannot listen on 127.0.0.1:-1: "),
        (["serve", "--host", "x" * 70, "--token", "t"], "Cannot listen on x"),
        (["serve", "--port", "0", "--bind", "x=raising:f"], "RuntimeError: no table ("),
        (["serve", "--port", "0", "--db", "no/such/folder.db"], "cannot be used as the database"),
        (["run", "shop.asl.json", "--input", "@shop.py"], "not"),
        (["validate", "x" * 300], "File name too long"),
        (["serve", "--port", "0", "--env-file", "binary"], "it is no UTF-8 text"),
        (["policy", "shop.asl.json", "--from-runs", "deep.json"], "nested deeper than"),
        (["serve", "--port", "0", "--setup", "."], "no template"),
        (["serve", "--port", "0", "--setup", "gone.yaml"], "there is no such file"),
        (["serve", "--port", "0", "--mock-config", "shop.asl.json"], "an object with StateMachines"),
        (["check", "--config", "gone.toml", "shop.asl.json"], "gone.toml cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_what_cannot_be_carried_out_is_one_line(folder: Path, arguments: list[str], expected: str) -> None:
    found, out, err = sfnbook(folder, *arguments)
    assert (found, out) == (2, "")
    assert expected in err


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii", "cp1252"])
def test_any_output_fits_any_encoding(folder: Path, encoding: str) -> None:
    odd = ["--bind", "Decide=shop:odd"]
    found, out, err = sfnbook(folder, "run", "shop.asl.json", *odd, encoding=encoding)
    assert (found, err) == (0, "")
    assert r"\u001b]52;c;cm0gLXJm\u0007 \u009b31m \u202egnp \ud800" in out
    assert not any(sign in out for sign in HIDDEN)
    found, out, err = sfnbook(folder, "run", "shop.asl.json", *odd, "--json", encoding=encoding)
    assert (found, err) == (0, "")
    assert json.loads(json.loads(out)["output"])["text"].endswith("\ud800 é ✓ 😀")


def test_a_task_that_nobody_answers_is_named_at_once(folder: Path) -> None:
    activity = {"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:paint", "Next": "Ask"}
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "decide", "Payload": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Ask"}]
    states = {"Paint": {**activity, "TimeoutSeconds": 1, "Catch": caught}, "Ask": {**ask, "TimeoutSeconds": 1}}
    (folder / "asks.asl.json").write_text(json.dumps({"StartAt": "Paint", "States": states}))
    found, out, err = sfnbook(folder, "run", "asks.asl.json", "--bind", "decide=shop:decide")
    assert found == 1
    assert "error: States.Timeout" in out
    first, how, second = err.splitlines()
    assert first == "sfnbook: Paint waits for a worker of the activity paint, for at most 1 s (TimeoutSeconds)."
    assert "sfnbook.send_task_success(token, output)" in how
    assert second.startswith("sfnbook: Ask waits for somebody to answer its task token (")


def test_what_a_function_logs_and_raises_is_shown_not_obeyed(folder: Path) -> None:
    found, out, err = sfnbook(folder, "run", "shop.asl.json", "--bind", "Decide=shop:angry")
    assert (found, err) == (1, "")
    assert r"\u001b]8;;http://example.com\u0007here" in out
    assert r"\u001b[2Jlogged" in out
    assert not any(sign in out for sign in HIDDEN)


def program(folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "sfnbook", *arguments]
    return subprocess.Popen(command, cwd=folder, env=environment(), stderr=subprocess.PIPE, **options)


posix = pytest.mark.skipif(os.name != "posix", reason="pipes, signals and devices as POSIX has them")


@posix
def test_a_reader_that_goes_away(folder: Path) -> None:
    running = program(folder, "run", "shop.asl.json", *BIND, "--json", "--quiet", stdout=subprocess.PIPE)
    assert running.stdout is not None
    running.stdout.close()
    assert (running.communicate(timeout=60)[1], running.returncode) == (b"", 0)


@posix
def test_a_reader_of_the_progress_that_goes_away(folder: Path) -> None:
    running = program(folder, "run", "shop.asl.json", *BIND, "--json", stdout=subprocess.PIPE)
    assert running.stderr is not None
    running.stderr.close()
    said = running.communicate(timeout=60)[0]
    assert (json.loads(said)["status"], running.returncode) == ("SUCCEEDED", 0)


@posix
@pytest.mark.parametrize(
    "arguments", [["run", "shop.asl.json", *BIND, "--quiet"], ["validate", "shop.asl.json"], ["--help"]]
)
def test_an_output_that_is_full(folder: Path, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        running = program(folder, *arguments, stdout=full)
        said = running.communicate(timeout=60)[1]
    assert said == b"sfnbook: the output cannot be written: No space left on device.\n"
    assert running.returncode == 2


@posix
@pytest.mark.parametrize("where", ["2>/dev/full", "2>&-", ">/dev/full 2>/dev/full"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [("validate nofile", 2), ("run nofile", 2), ("check nofile", 2), ("nosuch", 2), ("run shop.asl.json --quiet --bind Decide=shop:decide", 0), ("run shop.asl.json --bind Decide=shop:decide", 0), ("--version", 0)],
)  # fmt: skip
def test_an_error_that_nobody_can_be_told_of(folder: Path, arguments: str, code: int, where: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m sfnbook {arguments} {where}'],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == (2 if where.startswith(">") else code)
    assert done.stderr == b""
    assert b"Traceback" not in done.stdout


@posix
def test_an_output_that_is_closed(folder: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m sfnbook run shop.asl.json --quiet --bind Decide=shop:decide >&-'],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")


@posix
@pytest.mark.parametrize("clock", ["real", "virtual"])
def test_ctrl_c_ends_with_130_and_words(folder: Path, clock: str) -> None:
    (folder / "slow.py").write_text(
        "import time\n\ndef slow(event):\n    open('begun', 'w').close()\n    time.sleep(60)\n"
    )
    os.mkfifo(folder / "begun")
    running = program(
        folder, "run", "shop.asl.json", "--bind", "Decide=slow:slow", "--clock", clock, stdout=subprocess.PIPE
    )
    (folder / "begun").open().close()  # opens once the function does
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert err.decode().strip() == "sfnbook: interrupted."
    assert b"ABORTED" in out
    assert b"kernel" not in out


@posix
def test_ctrl_c_at_the_debuggers_prompt(folder: Path) -> None:
    running = program(folder, "debug", "shop.asl.json", *BIND, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert running.stdout is not None
    seen = b""
    while b"(sfn) " not in seen:
        seen += os.read(running.stdout.fileno(), 4096)
    running.send_signal(signal.SIGINT)
    err = running.communicate(timeout=60)[1]
    assert (running.returncode, err.decode().strip()) == (130, "sfnbook: interrupted.")


@posix
@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_serve_ends_when_it_is_told(folder: Path, sign: signal.Signals, code: int) -> None:
    pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
    running = program(folder, "serve", "--port", "0", "--db", "shop.db", *BIND, stdout=subprocess.PIPE)
    assert running.stdout is not None
    first = running.stdout.readline().decode()
    port = int(first.partition("127.0.0.1:")[2].partition(" ")[0])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
        assert connection.recv(12).startswith(b"HTTP/1.")
    running.send_signal(sign)
    err = running.communicate(timeout=60)[1].decode()
    assert running.returncode == code
    assert "Traceback" not in err
