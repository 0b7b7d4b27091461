"""The types that a user's checker sees: the package says that it has some, and they are the right ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

USE = """
import sfnbook

machine = sfnbook.StateMachine({"StartAt": "A", "States": {}}, name="m")
run = machine.run({"n": 1})
reveal_type(machine)
reveal_type(run)
reveal_type(run.status)
reveal_type(sfnbook.validate("{}"))
machine.run(clok="virtual")
"""


def test_a_users_checker_sees_our_types(tmp_path: Path) -> None:
    (tmp_path / "use.py").write_text(USE)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", "--cache-dir", "cache", "use.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    said = [line.partition(": ")[2] for line in done.stdout.splitlines() if line.startswith("use.py")]
    assert said[:4] == [
        'note: Revealed type is "sfnbook.machine.StateMachine"',
        'note: Revealed type is "sfnbook.run.Run"',
        'note: Revealed type is "str"',
        'note: Revealed type is "dict[str, Any]"',
    ]
    assert said[4].startswith('error: Unexpected keyword argument "clok" for "run" of "StateMachine"')
