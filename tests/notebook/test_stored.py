"""A notebook that is executed, stored and compared by nbval, as its author and CI do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

CELLS = [
    "%load_ext sfnbook",
    "def fails(event, context):\n    return event['nothing']",
    """%%statemachine caught
{"StartAt": "F", "States": {
  "F": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:fails",
        "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Done"}], "End": true},
  "Done": {"Type": "Succeed"}}}""",
    "%sfn_run caught {}",
    "for n in range(3):\n    %sfn_run caught {}",
]


def test_a_caught_python_error_agrees_every_time(tmp_path: Path) -> None:
    made = [
        {"cell_type": "code", "execution_count": None, "id": f"c{i}", "metadata": {}, "outputs": [], "source": cell}
        for i, cell in enumerate(CELLS)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path = tmp_path / "caught.ipynb"
    path.write_text(json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}))
    refresh = Path(__file__).parent / "refresh.py"
    subprocess.run([sys.executable, str(refresh), str(path)], check=True, capture_output=True)
    stored = path.read_text("utf-8")
    assert "this notebook" in stored
    assert "cell 2" not in stored
    compared = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", "-p", "no:asyncio", str(path)],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert compared.returncode == 0, compared.stdout[-3000:]
