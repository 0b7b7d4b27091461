"""A server on a thread for tests, and a client for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sfnbook.server.http.run_server import Options, Served
from sfnbook.tasks.registry import Registry

ROLE = "arn:aws:iam::123456789012:role/example"


@contextmanager
def serving(**options: Any) -> Iterator[Any]:
    """Serve and give a boto3 client; the server ends with the block."""
    bind = options.pop("bind", {})
    registry = options.pop("registry", None) or Registry()
    for resource, target in bind.items():
        registry.add(resource, target)
    served = Served(Options(port=0, registry=registry, **options))
    try:
        yield client(served.url)
    finally:
        served.stop()


def client(url: str, **options: Any) -> Any:
    """Return a client of Step Functions at a URL that takes no host prefix and tries twice."""
    import boto3
    from botocore.config import Config

    config = Config(inject_host_prefix=False, retries={"max_attempts": 1}, **options)
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


def start(client: Any, machine: str, text: str = "{}") -> str:
    """Start an execution and return its ARN."""
    return str(client.start_execution(stateMachineArn=machine, input=text)["executionArn"])
