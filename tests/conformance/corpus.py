"""The recorded cases beside the checkout, and an adapter that runs them through the public API.

The cases are not part of this repository (see CONTRIBUTING.md); tests that need them skip, and say so, without them.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import resources

from sfnbook import StateMachine, TaskError, validate
from sfnbook.server.api.wire import ApiError, check
from sfnbook.server.endpoint import Endpoint
from sfnbook.server.operations import OPERATIONS
from sfnbook.server.store import Store
from sfnbook.values import from_text, to_text

CORPUS = Path(__file__).parents[2].parent / "shared" / "conformance"


def available() -> bool:
    """Whether the recorded cases lie beside the checkout."""
    return (CORPUS / "cases.jsonl").is_file()


def module(name: str) -> ModuleType:
    """Import ``compare`` or ``handlers`` from beside the cases."""
    if str(CORPUS) not in sys.path:
        sys.path.append(str(CORPUS))
    return importlib.import_module(name)


def load(kind: str, services: set[str] | None = None) -> list[dict[str, Any]]:
    """Return the cases of a kind whose services are all in ``services``."""
    with (CORPUS / "cases.jsonl").open(encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    return [c for c in cases if c["kind"] == kind and (services is None or set(c["services_used"]) <= services)]


class Adapter:
    """Runs a case as the corpus's runner wants it."""

    def run(
        self, definition: str, input: str | None, lambdas: dict[str, Any], sm_type: str, case: dict[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run an execution case; returns (describe, events). One at a time: machines and services are the process's."""
        with _alone:
            if set(case["services_used"]) & SERVICES or case.get("setup"):
                resources.prepare(case)
            return self._run(definition, input, lambdas, sm_type, case)

    def _run(
        self, definition: str, input: str | None, lambdas: dict[str, Any], sm_type: str, case: dict[str, Any]
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        arn = str(case.get("execution_arn") or "arn:aws:states:us-east-1:111111111111:execution:machine:execution")
        parts = arn.split(":")
        machine = StateMachine(definition, name=parts[6], type="EXPRESS" if sm_type == "EXPRESS" else "STANDARD")
        others = _others(case)
        helpers = [_helper(aux) for aux in case.get("aux_executions") or () if set(case["services_used"]) != {"none"}]
        for one in (machine, *others, *helpers):
            for function, handler in lambdas.items():
                one.bind(function, _function(handler))
                one.bind(function.rsplit(":", 1)[-1], _function(handler))
        aside = [
            helper.run(from_text(aux["input"]), clock="x20", wait=False)
            for helper, aux in zip(helpers, case.get("aux_executions") or (), strict=False)
        ]
        clock = "x20" if aside else "virtual"  # who answers from outside needs a little time
        run = machine.run(from_text(input) if input else {}, name=parts[7], clock=clock)
        for other in (*aside, *run.children):
            other.stop()
        return run.describe(), json.loads(json.dumps(run.history(), default=str))

    def mocked(self, case: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run a case that has a mock configuration with it instead of its functions; returns (describe, events)."""
        mock = case["mock"]
        machine = StateMachine(
            case["definition"],
            name=mock["state_machine_name"],
            type="EXPRESS" if case["sm_type"] == "EXPRESS" else "STANDARD",
        )
        data = from_text(case["input"]) if case["input"] else {}
        run = machine.run(data, test_case=mock["test_case"], mock_config=mock["config"])
        return run.describe(), json.loads(json.dumps(run.history(), default=str))

    def validate(self, definition: str, sm_type: str, case: dict[str, Any]) -> dict[str, Any]:
        """Answer a validation case as its call did: a definition's check, or CreateStateMachine of the endpoint."""
        if case["call"] == "validate_state_machine_definition":
            answer = validate(definition, "EXPRESS" if sm_type == "EXPRESS" else "STANDARD")
            first = answer["diagnostics"][0] if answer["diagnostics"] else {}
            return {"valid": answer["result"] == "OK", "code": first.get("code"), "message": first.get("message")}
        wanted = {"name": "machine", "type": sm_type, **case["params"], "definition": definition}
        refused = asyncio.run(_create([*_made_before(case, wanted), wanted]))
        return (
            {"valid": True} if refused is None else {"valid": False, "code": refused.code, "message": refused.message}
        )


async def _create(requests: Iterable[dict[str, Any]]) -> ApiError | None:
    """Make CreateStateMachine calls at an endpoint of their own; return why the last was refused, if it was."""
    endpoint = Endpoint(Store(""), account="111111111111")
    refused = None
    try:
        for request in requests:
            role = {"roleArn": "arn:aws:iam::111111111111:role/corpus"}
            try:
                await OPERATIONS["CreateStateMachine"](endpoint, check("CreateStateMachine", role | request))
                refused = None
            except ApiError as fault:
                refused = fault
    finally:
        endpoint.store.close()
    return refused


def _made_before(case: dict[str, Any], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the machines that the case's test had made before: they are in its case of the kind api, if it has one."""
    calls = [call for other in load("api") if other["test"] == case["test"] for call in other["calls"]]
    made = [call["params"] for call in calls if call["op"] == "create_state_machine" and not call.get("raises")]
    return [request for request in made if request["definition"] != wanted["definition"]]


_alone = threading.Lock()

SERVICES = {"sqs", "sns", "dynamodb", "s3", "events", "secretsmanager", "apigateway"}
"""The services that the embedded ones stand in for."""


def _others(case: dict[str, Any]) -> list[StateMachine]:
    return [
        StateMachine(
            other["definition"], name=arn.split(":")[6], type="EXPRESS" if other["type"] == "EXPRESS" else "STANDARD"
        )
        for arn, other in (case.get("other_machines") or {}).items()
    ]


def _helper(aux: dict[str, Any]) -> StateMachine:
    """The machine of an execution that ran beside the case and answered its tasks."""
    return StateMachine(aux["definition"], name=aux["state_machine_arn"].split(":")[6])


def _function(handler: Any) -> Any:
    """Wrap a behaviour of the corpus: its failures carry the stack trace that the recording has."""
    if handler.__name__ == "sleep_60":
        return _sleep
    if handler.__name__ == "describe_event":
        return handler

    def function(event: Any, context: Any) -> Any:
        ok, result = module("handlers").invoke(handler, event, context)
        if ok:
            return result
        raise TaskError(result["errorType"], to_text(result))

    return function


async def _sleep(event: Any, context: Any) -> Any:
    """Outlives every timeout in the corpus."""
    import asyncio

    await asyncio.sleep(60)
    return event


def make() -> Adapter:
    """The factory the corpus's runner calls."""
    return Adapter()
