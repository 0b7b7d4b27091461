"""What a terminal shows while a run goes on: in a pseudo-terminal, and piped."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sfnbook.text.progress import own_line

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import fcntl
import pty
import struct
import termios

ROOT = Path(__file__).parent.parent.parent
FUNCTIONS = """
import threading
tries = 0

def look(event):
    print("looking \\x1b[31mred\\x1b[0m")
    print("at it", end="")
    threading.Event().wait(event["seconds"])
    return event

def charge(event):
    global tries
    tries += 1
    if tries < 3:
        raise ValueError("card declined")
    return [1, 2, 3]
"""
LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function"
RETRY = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "MaxAttempts": 2}]
SHOP = {
    "StartAt": "Look",
    "States": {
        "Look": {"Type": "Task", "Resource": f"{LAMBDA}:look", "Next": "Charge"},
        "Charge": {"Type": "Task", "Resource": f"{LAMBDA}:charge", "Retry": RETRY, "Next": "Each"},
        "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 240, "End": True}}}, "End": True},
    },
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.asl.json").write_text(json.dumps(SHOP))
    (tmp_path / "shop.py").write_text(FUNCTIONS)
    return tmp_path


def command(seconds: float, *more: str) -> list[str]:
    bind = ["--bind", "*look=shop:look", "--bind", "*charge=shop:charge"]
    return [
        sys.executable,
        "-m",
        "sfnbook",
        "run",
        "shop.asl.json",
        "--input",
        f'{{"seconds":{seconds}}}',
        *bind,
        *more,
    ]


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR", "TERM")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "TERM": "xterm-256color", **more}


def on_a_terminal(folder: Path, seconds: float, **more: str) -> str:
    """Run the command in a pseudo-terminal of 100 by 24 and return all that it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    running = subprocess.Popen(
        command(seconds), cwd=folder, env=environment(**more), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # Linux's word for the other end being closed
        pass
    os.close(ours)
    assert running.wait(60) == 0, written
    return written.decode()


def test_piped_it_is_plain_lines_in_the_order_of_events(folder: Path) -> None:
    done = subprocess.run(command(0), cwd=folder, env=environment(), capture_output=True, text=True, timeout=60)
    lines = [
        re.sub(r"[\d.e-]+ ms|\b0 s", "D", re.sub(r"^ +\d+\.\d\d\d s", "T", line)) for line in done.stderr.splitlines()
    ]
    assert lines == [
        "    Look | looking \\u001b[31mred\\u001b[0m",
        "    Look | at it",
        "T ✓ Look D",
        "T ✕ Charge: ValueError: card declined",
        '    shop.py, line 15, in charge: raise ValueError("card declined")',
        "T ✕ Charge attempt 2: ValueError: card declined",
        '    shop.py, line 15, in charge: raise ValueError("card declined")',
        "T ✓ Charge 3 min D (3 attempts)",
        "T ✓ Each 3 of 3 items 4 min D",
    ]
    assert done.stdout.startswith("shop: SUCCEEDED\n")
    quiet = subprocess.run(command(0, "--quiet"), cwd=folder, env=environment(), capture_output=True, timeout=60)
    assert (quiet.returncode, quiet.stderr) == (0, b"")


def test_on_a_terminal_it_is_drawn_live_and_gives_way_to_the_result(folder: Path) -> None:
    written = on_a_terminal(folder, 2)
    assert "Look | looking \\u001b[31mred" in written  # shown, not obeyed
    live, _, result = written.rpartition("\x1b[?25h")  # the cursor is shown again
    assert re.search(r"\x1b\[34m● Look  [\d.]+ (s|ms)  \| at it", live)
    assert re.search(r"RUNNING  [\d.]+ (s|ms) on the clock  1 transition", live)
    assert "shop: SUCCEEDED" in result
    assert "●" not in result
    assert "Traceback" not in written


def test_no_color_and_a_dumb_terminal(folder: Path) -> None:
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", on_a_terminal(folder, 1, NO_COLOR="1"))
    assert "\x1b" not in on_a_terminal(folder, 1, TERM="dumb")


def test_the_line_of_a_traceback_that_is_the_users(tmp_path: Path) -> None:
    library = f'  File "{os.path.dirname(os.__file__)}/json/decoder.py", line 9, in decode\n    raise X\n'
    own = f'  File "{tmp_path}/shop.py", line 3, in charge\n    json.loads(text)\n'
    dispatch = f'  File "{ROOT}/sfnbook/runtime/dispatch.py", line 1, in call\n    handler(task)\n'
    assert (
        own_line(f"Traceback:\n{dispatch}{own}{library}X") == f"{tmp_path}/shop.py, line 3, in charge: json.loads(text)"
    )
    assert own_line(dispatch) == own_line("") == ""
