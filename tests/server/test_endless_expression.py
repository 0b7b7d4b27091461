"""An expression that would take for ever: its execution fails, the others go on, also after a kill and a restart."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
if os.name != "posix":
    pytest.skip("signals as POSIX has them", allow_module_level=True)

from served import ROLE, client

ROOT = Path(__file__).parents[2]
FILTER = {"Type": "Pass", "InputPath": "$.a[?(@.x =~ /(a|aa)+$/)]", "End": True}
ENDLESS = {"StartAt": "P", "States": {"P": FILTER}}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


def serve(database: Path) -> tuple[subprocess.Popen[str], Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", "sfnbook", "serve", "--port", "0", "--db", str(database)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().split()[3]
    return process, client(url, read_timeout=60)


def end(process: subprocess.Popen[str], sign: signal.Signals) -> int:
    process.send_signal(sign)
    process.communicate(timeout=60)
    return process.returncode


def ended(sfn: Any, arn: str) -> dict[str, Any]:
    until = time.monotonic() + 120
    while (found := sfn.describe_execution(executionArn=arn))["status"] == "RUNNING" and time.monotonic() < until:
        time.sleep(0.05)
    return dict(found)


def test_a_regular_expression_wedges_neither_the_server_nor_its_restart(tmp_path: Path) -> None:
    process, sfn = serve(tmp_path / "db")
    try:
        made = {
            name: sfn.create_state_machine(name=name, definition=json.dumps(text), roleArn=ROLE)["stateMachineArn"]
            for name, text in (("endless", ENDLESS), ("pass", PASS))
        }
        hostile = json.dumps({"a": [{"x": "a" * 40 + "!"}]})
        bad = sfn.start_execution(stateMachineArn=made["endless"], input=hostile)["executionArn"]
        end(process, signal.SIGKILL)
        process, sfn = serve(tmp_path / "db")
        good = sfn.start_execution(stateMachineArn=made["pass"])["executionArn"]
        assert ended(sfn, good)["status"] == "SUCCEEDED"
        found = ended(sfn, bad)
        assert (found["status"], found["error"]) == ("FAILED", "States.Runtime")
        assert "took more than 2 seconds" in found["cause"]
        sfn.start_execution(stateMachineArn=made["endless"], input=hostile)
        assert end(process, signal.SIGTERM) == -signal.SIGTERM
    finally:
        end(process, signal.SIGKILL)
