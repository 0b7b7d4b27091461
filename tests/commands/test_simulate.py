"""``sfnbook simulate``, as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

ORDERS = Path(__file__).parents[2] / "examples" / "orders"


def simulate(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sfnbook", "simulate", *words]
    return subprocess.run(command, cwd=ORDERS, capture_output=True, text=True, check=False, timeout=120)


def test_a_template_with_durations_errors_and_a_plot(tmp_path: Path) -> None:
    words = (
        "template.yaml",
        "--input",
        '{"id": "7", "total": 1, "items": []}',
        "--runs",
        "50",
        "--seed",
        "3",
        "--json",
    )
    done = simulate(
        *words,
        "--duration",
        "Charge=2-4",
        "--error",
        "Reserve=OutOfStock%50",
        "--output",
        'Reserve={"items": []}',
        "--output",
        'Charge={"id": "p"}',
        "--svg",
        str(tmp_path / "o.svg"),
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.rpartition("}")[0] + "}")
    assert found["runs"] == 50
    assert 10 < found["statuses"]["FAILED"] < 40
    assert 2 <= found["percentiles"]["p95"] <= 4
    assert found["prices"]["region"] == "us-east-1 (N. Virginia)"
    assert ElementTree.parse(tmp_path / "o.svg").getroot().tag.endswith("svg")


def test_a_rate_above_a_quota_fails() -> None:
    done = simulate("template.yaml", "--runs", "2", "--rate", "200", "--region", "eu-central-1")
    assert done.returncode == 1
    assert "EXCEEDED" in done.stdout


def test_recorded_histories_are_drawn_and_faults_are_said() -> None:
    done = simulate("template.yaml", "--histories", "histories", "--input", '{"total": 1}', "--runs", "5")
    assert "5 runs" in done.stdout, done.stderr
    done = simulate("template.yaml", "--duration", "Chrage=1")
    assert (done.returncode, done.stderr) == (
        2,
        'sfnbook: There is no Task state "Chrage". There are: Charge, Reserve, Store.\n',
    )
