"""The log events that AWS wrote for recorded executions, and those that the endpoint writes to a log group."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

import corpus
import pytest
import resources

from sfnbook.machine import ACCOUNT
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.store import Store
from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import services

pytestmark = pytest.mark.skipif(
    not corpus.available(), reason="the recorded cases (shared/conformance) do not lie beside this checkout"
)

GROUP = "/aws/vendedlogs/states/recorded"
MISSES: dict[str, str] = {}
"""Cases whose log events differ, and why."""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    embedded.stop()
    services.reset()


def cases() -> list[dict[str, Any]]:
    return [case for case in corpus.load("execution") if case["expected"].keys() & {"log_events", "log_end_event"}]


async def logged(case: dict[str, Any], *, data: bool) -> list[dict[str, Any]]:
    """Run a case, and what ran before it, at an endpoint of its own; return what stands in its log group."""
    endpoint = Endpoint(Store(), account="111111111111")
    endpoint.open()
    try:
        group = {"cloudWatchLogsLogGroup": {"logGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{GROUP}:*"}}
        made = await OPERATIONS["CreateStateMachine"](  # type: ignore[misc]
            endpoint,
            {
                "name": case["execution_arn"].split(":")[6],
                "definition": case["definition"],
                "roleArn": "arn:aws:iam::111111111111:role/corpus",
                "type": case["sm_type"],
                "loggingConfiguration": {"level": "ALL", "includeExecutionData": data, "destinations": [group]},
            },
        )
        names = executions(case)
        inputs = [aux["input"] for aux in case.get("aux_executions") or ()] + [case["input"]]
        for name, text in zip(names, inputs, strict=True):
            run = endpoint.start(endpoint.target(made["stateMachineArn"]), json.loads(text), text, name=name)
            await endpoint.until_ended(run)
        endpoint.delivery.flush()
    finally:
        endpoint.close()
    events = services.client("logs").filter_log_events(logGroupName=GROUP)["events"]
    told = [json.loads(event["message"]) for event in events]
    order = {name: number for number, name in enumerate(names)}
    return sorted(told, key=lambda one: (order[one["execution_arn"].split(":")[7]], int(one["id"])))


def executions(case: dict[str, Any]) -> list[str]:
    """The names of a case's executions in their order, its own last."""
    masks = {t["replacement"]: t["regex"] for t in case["transformers"] if t["kind"] == "regex"}
    earlier = [masks[key] for key in sorted(masks) if re.fullmatch(r"<ExecArnPart_\d+idx>", key)]
    own = case["execution_arn"].split(":")[7]
    return [*(name for name in earlier if name != own), own]


def test_log_events() -> None:
    """Every event is there as AWS wrote it; each case that differs is named above."""
    compare, missed, found = corpus.module("compare"), {}, 0
    for case in cases():
        resources.prepare(case)
        services.client("logs").create_log_group(logGroupName=GROUP)
        expected = case["expected"].get("log_events") or case["expected"]["log_end_event"]
        data = any(one["details"].keys() & {"input", "output"} for one in expected)
        told = asyncio.run(logged(case, data=data))
        if "log_events" not in case["expected"]:
            told = told[-1:]
        context, differing = compare.Ctx(case), []
        ok = compare.match(
            compare.parse(expected), compare.actual(compare.parse(told), context), context, None, "log", differing
        )
        found += 1
        if not ok and not any(name in case["id"] for name in MISSES):
            missed[case["id"]] = differing[:3]
    assert not missed
    assert found >= 3
