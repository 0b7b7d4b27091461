"""Every operation through clients that nobody here wrote: the AWS CLI and, where it is installed, the JavaScript SDK.

The JavaScript SDK is looked for in the folder that SFNBOOK_NODE_MODULES names; ``.ci/run`` installs it where there is npm.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

sys.path.insert(0, str(Path(__file__).parent))

from steps import STEPS

from sfnbook.server.api.wire import operations
from sfnbook.server.http.run_server import Options, Served

HERE = Path(__file__).parent


@pytest.fixture
def url() -> Iterator[str]:
    served = Served(Options(port=0))
    yield served.url
    served.stop()


def kept(command: list[str], **more: str) -> dict[str, Any]:
    """Give a client the steps, and return what it kept."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        command, input=json.dumps(STEPS), capture_output=True, text=True, env={**plain, **keys, **more}, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_the_steps_are_every_operation() -> None:
    assert {operation for operation, *_ in STEPS} == operations()


def check(found: dict[str, Any]) -> None:
    assert (found["result"], found["tag"], found["event"]) == ("OK", "a", "ExecutionStarted")
    assert (json.loads(found["synchronous"]), json.loads(found["tested"])) == ({"n": 1}, {"t": 1})
    assert (found["error"], found["approved"], found["items"]) == ("No", '"yes"', 2)
    assert found["ran"] == found["done"]


def test_the_aws_cli(url: str) -> None:
    if importlib.util.find_spec("awscli") is None:
        pytest.skip("the AWS CLI is not installed: pip install awscli")
    check(kept([sys.executable, str(HERE / "aws_cli.py"), url], AWS_DISABLE_HOST_PREFIX_INJECTION="true"))


@pytest.mark.parametrize("more", [[], ["--token", "a$c"], ["--region", "eu-west-1"]])
def test_the_command_that_the_server_prints_works_where_no_aws_configuration_is(
    more: list[str], tmp_path: Path
) -> None:
    aws = Path(sys.executable).with_name("aws")
    if not aws.exists() or os.name == "nt":
        pytest.skip("the AWS CLI is not installed: pip install awscli")
    home = {"HOME": str(tmp_path), "PATH": f"{aws.parent}:{os.environ['PATH']}"}
    python_path = {"PYTHONPATH": os.environ["PYTHONPATH"]} if "PYTHONPATH" in os.environ else {}
    server = subprocess.Popen(
        [sys.executable, "-m", "sfnbook", "serve", "--port", "0", *more],
        env={**home, **python_path}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert server.stdout is not None
        command = next(line for line in server.stdout if "aws stepfunctions" in line)
        done = subprocess.run(["sh", "-c", command], env=home, capture_output=True, text=True, timeout=120)
        assert json.loads(done.stdout or done.stderr) == {"stateMachines": []}
    finally:
        server.terminate()
        server.communicate(timeout=30)


def test_the_javascript_sdk(url: str) -> None:
    folder, node = os.environ.get("SFNBOOK_NODE_MODULES", ""), shutil.which("node")
    if node is None or not (Path(folder) / "node_modules/@aws-sdk/client-sfn").is_dir():
        pytest.skip("the JavaScript SDK is not in the folder that SFNBOOK_NODE_MODULES names")
    check(kept([node, str(HERE / "javascript_sdk.cjs"), url, folder]))


def test_boto3_by_either_remedy(url: str) -> None:
    code = """
import boto3, json, sys
from botocore.config import Config
for config in (Config(inject_host_prefix=False), None):
    if config is None:
        import os; os.environ["AWS_DISABLE_HOST_PREFIX_INJECTION"] = "true"
    sfn = boto3.client("stepfunctions", endpoint_url=sys.argv[1], config=config)
    print(sfn.test_state(definition='{"Type": "Pass", "End": true}', input='{"t": 1}')["output"])
"""
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        [sys.executable, "-c", code, url], capture_output=True, text=True, env={**os.environ, **keys}, timeout=120
    )
    assert done.stdout.split("\n")[:2] == ['{"t":1}'] * 2 or done.stdout.split("\n")[:2] == ['{"t": 1}'] * 2, (
        done.stderr
    )
