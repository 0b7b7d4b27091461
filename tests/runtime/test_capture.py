"""Streams that stand in for sys.stdout while tasks run."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys, time
from sfnbook import StateMachine
machine = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="m")
sys.setswitchinterval(1e-6)
began = time.monotonic()
sys.stdout = open("/dev/null", "w")
while time.monotonic() - began < 2:
    machine.run(wait=False)
    for _ in range(6):
        print(*range(200))
machine.runs.clear()
"""


def test_printing_while_runs_in_the_background_end_does_no_harm() -> None:
    # Once the process died here: print() holds a stream without owning it, and a run's end puts the other one back.
    subprocess.run([sys.executable, "-c", SCRIPT], check=True, timeout=60)
