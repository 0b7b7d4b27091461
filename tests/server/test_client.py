"""Other clients than boto3: the AWS command line with the first blog's three calls, and raw HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from sfnbook.server.http.run_server import Options, Served

DEFINITION = '{"StartAt": "Hello", "States": {"Hello": {"Type": "Pass", "Result": "World", "End": true}}}'


@pytest.mark.skipif(find_spec("awscli") is None, reason="awscli is not installed")
def test_the_three_calls_of_the_aws_command_line() -> None:
    served = Served(Options(port=0))
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        "AWS_DEFAULT_REGION": "us-east-1",
    }

    def aws(*words: str) -> dict[str, str]:
        command = [sys.executable, "-m", "awscli", "stepfunctions", "--endpoint", served.url, *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    try:
        role = "arn:aws:iam::012345678901:role/DummyRole"
        made = aws("create-state-machine", "--definition", DEFINITION, "--name", "HelloWorld", "--role-arn", role)
        started = aws("start-execution", "--state-machine", made["stateMachineArn"], "--name", "test")
        time.sleep(0.1)
        done = aws("describe-execution", "--execution-arn", started["executionArn"])
        assert (done["status"], done["output"]) == ("SUCCEEDED", '"World"')
    finally:
        served.stop()


def test_the_command_line_serves_and_says_when_it_cannot() -> None:
    served = Served(Options(port=0))
    try:
        command = [sys.executable, "-m", "sfnbook", "serve", "--port", str(served.port)]
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
        assert refused.returncode == 2
        assert f"Cannot listen on 127.0.0.1:{served.port}" in refused.stderr
        refused = subprocess.run([*command, "--bindings", "none.toml"], capture_output=True, text=True, check=False)
        assert "Cannot read the bindings file none.toml" in refused.stderr
    finally:
        served.stop()


def test_the_command_line_ends_when_it_is_told_to() -> None:
    command = [sys.executable, "-m", "sfnbook", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("Step Functions at http://127.0.0.1:")
        server.terminate()
        assert server.wait(60) in (0, -15)
