"""The Step Functions API of one test, over HTTP: for tests that create state machines and start executions with boto3.

Owns the server's life and what answers its tasks. What ran there is seen through the API, as any other client sees it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.server.http.run_server import Options, Served
from sfnbook.targets.remote import RemoteRun, watch
from sfnbook.targets.target import read_target
from sfnbook.tasks.mocks import read_config
from sfnbook.tasks.registry import Registry
from sfnbook.testing.machines import Machines

ROLE: Final = "arn:aws:iam::123456789012:role/states"
"""A role for CreateStateMachine, which wants one; nobody assumes it here."""

_LONGEST: Final = 30.0


class TestedEndpoint:
    """The fixture ``sfn_endpoint``: Step Functions on a port of this machine, empty, for one test; waits take no time there.

    Clients that boto3 makes in the test, and programs that the test starts, reach it: ``AWS_ENDPOINT_URL_SFN`` names it.
    url: where it answers. role: a role for CreateStateMachine.
    """

    role = ROLE

    def __init__(self, folders: Iterable[Path]) -> None:
        self._files = Machines(folders)
        self._mocks: dict[str, Any] = {"StateMachines": {}, "MockedResponses": {}}
        self._registry = Registry()
        self._served = Served(Options(port=0, speed=math.inf, registry=self._registry, mocks=self._mocks))
        self.url = self._served.url

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which clients find it."""
        return {"AWS_ENDPOINT_URL_SFN": self.url, "AWS_DISABLE_HOST_PREFIX_INJECTION": "true"}

    def client(self, service: str = "stepfunctions") -> Any:
        """Return a client of boto3's, of Step Functions or of a service that is embedded here."""
        import boto3  # type: ignore[import-untyped]

        return boto3.client(service, region_name="us-east-1")

    def bind(self, resource: str, target: Any) -> None:
        """Let a function answer a resource: an ARN, a function's name, a glob or a state's name; see `StateMachine.bind`."""
        self._registry.add(resource, target)

    def mock_config(self, config: str | Path | Mapping[str, Any]) -> None:
        """Add a mock configuration of Step Functions Local, for executions of ``ARN#TestCase``. A path is relative to the test's
        folder or the project's. Raises InputError."""
        found = read_config(config if isinstance(config, Mapping) else self._files.path(config))
        for part in ("StateMachines", "MockedResponses"):
            self._mocks[part].update(found.get(part, {}))

    def create(self, name: str, definition: str | Path, machine: str = "", **options: Any) -> str:
        """Create a state machine of a file, as the fixture ``sfn`` finds it, and return its ARN.

        machine: which one of a template. options: of CreateStateMachine.
        """
        found = self._files(definition, machine)
        request = {"name": name, "definition": found._definition.text, "roleArn": ROLE, "type": found.type, **options}
        arn: str = self.client().create_state_machine(**request)["stateMachineArn"]
        return arn

    def wait(self, execution: str, timeout: float = _LONGEST) -> dict[str, Any]:
        """Return DescribeExecution's answer when an execution has ended. Raises InputError when that takes too long."""
        client, end = self.client(), time.monotonic() + timeout
        while True:
            found: dict[str, Any] = client.describe_execution(executionArn=execution)
            if found["status"] not in ("RUNNING", "PENDING_REDRIVE"):
                return found
            if time.monotonic() > end:
                raise InputError(f"{execution} has not ended in {timeout:g} seconds.")
            time.sleep(0.01)

    def runs(self) -> list[RemoteRun]:
        """Return the executions that have ended, oldest first, with a run's names for reading and asserting.

        Those of Express machines, which no list has, are not among them.
        """
        place = read_target(self.url)
        return [watch(place, arn) for arn, _ in sorted(self._ended(), key=lambda one: one[1])]

    def _ended(self) -> Iterator[tuple[str, Any]]:
        client = self.client()
        for page in client.get_paginator("list_state_machines").paginate():
            for machine in page["stateMachines"]:
                if machine["type"] == "STANDARD":
                    arn = machine["stateMachineArn"]
                    for answer in client.get_paginator("list_executions").paginate(stateMachineArn=arn):
                        yield from (
                            (one["executionArn"], one["startDate"])
                            for one in answer["executions"]
                            if one["status"] != "RUNNING"
                        )

    def stop(self) -> None:
        """End it."""
        self._served.stop()
