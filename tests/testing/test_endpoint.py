"""The fixture ``sfn_endpoint``: the example project of tests that use boto3, as a person runs it, and a test that fails."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "boto3"

FAILING = """
import boto3, os, pytest
from sfnbook.errors import InputError

def test_failing(sfn_endpoint):
    arn = sfn_endpoint.create("refund", "refund.asl.json")
    sfn_endpoint.bind("refund", lambda event: 1 / 0)
    begun = boto3.client("stepfunctions").start_execution(stateMachineArn=arn, input='{"amount": 1}')
    assert sfn_endpoint.wait(begun["executionArn"])["status"] == "SUCCEEDED"

def test_an_endpoint_is_gone_after_its_test():
    assert "AWS_ENDPOINT_URL_SFN" not in os.environ

def test_express(sfn_endpoint):
    arn = sfn_endpoint.create("quick", "refund.asl.json", type="EXPRESS")
    sfn_endpoint.bind("refund", lambda event: {})
    sfn_endpoint.bind("Note", lambda event: {})
    found = sfn_endpoint.client().start_sync_execution(stateMachineArn=arn, input='{"amount": 1, "order": "7"}')
    assert found["status"] == "SUCCEEDED"
    assert sfn_endpoint.runs() == []

def test_what_takes_too_long_is_said(sfn_endpoint):
    states = '{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:a", "End": true}}}'
    activity = sfn_endpoint.client().create_activity(name="a")
    arn = sfn_endpoint.create("waits", states)
    begun = sfn_endpoint.client().start_execution(stateMachineArn=arn)
    with pytest.raises(InputError, match="has not ended in 0.05 seconds"):
        sfn_endpoint.wait(begun["executionArn"], timeout=0.05)
"""


def test_the_example_passes_and_a_failing_test_shows_what_the_execution_did(tmp_path: Path) -> None:
    project = Path(shutil.copytree(EXAMPLE, tmp_path / "boto3", ignore=shutil.ignore_patterns("__pycache__", ".*")))
    (project / "tests" / "test_more.py").write_text(FAILING, "utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    settings = ["-p", "no:cacheprovider", "-p", "no:nbval", "-c", os.devnull, "--rootdir", str(project)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *settings, "--sfn-cov", "tests"],
        cwd=project, capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert "1 failed, 14 passed" in done.stdout, done.stdout
    assert "FAILED tests/test_more.py::test_failing" in done.stdout
    assert "path: Large? → Refund ! ZeroDivisionError → Refused ✕ RefundRefused" in done.stdout
    assert "went wrong in Refund: ZeroDivisionError, caught → Refused" in done.stdout
    assert re.search(r"refund +1\d +5/5 +5/5 +2/2 +1/1 +1/1 +- +100 %", done.stdout)
