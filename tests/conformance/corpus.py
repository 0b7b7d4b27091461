"""The recorded cases beside the checkout, and an adapter that runs them through the public API.

The cases are not part of this repository (see CONTRIBUTING.md); tests that need them skip, and say so, without them.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from sfnbook import StateMachine, TaskError, validate
from sfnbook.errors import DefinitionError
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
        """Run an execution case; returns (describe, events)."""
        arn = str(case.get("execution_arn") or "arn:aws:states:us-east-1:111111111111:execution:machine:execution")
        parts = arn.split(":")
        machine = StateMachine(definition, name=parts[6], type="EXPRESS" if sm_type == "EXPRESS" else "STANDARD")
        for function, handler in lambdas.items():
            machine.bind(function, _function(handler))
            machine.bind(function.rsplit(":", 1)[-1], _function(handler))
        run = machine.run(from_text(input) if input else {}, name=parts[7])
        return run.describe(), json.loads(json.dumps(run.history(), default=str))

    def validate(self, definition: str, sm_type: str, case: dict[str, Any]) -> dict[str, Any]:
        """Answer a validation case as its call did."""
        if case["call"] == "validate_state_machine_definition":
            answer = validate(definition, "EXPRESS" if sm_type == "EXPRESS" else "STANDARD")
            first = answer["diagnostics"][0] if answer["diagnostics"] else {}
            return {"valid": answer["result"] == "OK", "code": first.get("code"), "message": first.get("message")}
        try:
            StateMachine(definition, name="machine", type="EXPRESS" if sm_type == "EXPRESS" else "STANDARD")
        except DefinitionError as refused:
            return {"valid": False, "code": "InvalidDefinition", "message": refused.aws_message}
        return {"valid": True}


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
