"""The recorded TestState calls: an adapter for the corpus's runner, and the test that they are answered as recorded.

``run.py --kind test_state test_state_adapter:make``, with this directory on the path, says the same in figures.
"""

from __future__ import annotations

from typing import Any

import corpus
import pytest

from sfnbook.teststate import TestStateError, test_state

_NAMES = {
    "stateName": "state_name",
    "roleArn": "role_arn",
    "inspectionLevel": "inspection_level",
    "revealSecrets": "reveal_secrets",
    "stateConfiguration": "state_configuration",
}


class Adapter:
    """Answers a case; a refusal becomes the exception's code and message."""

    def test_state(self, case: dict[str, Any]) -> dict[str, Any]:
        """Make the call of a case."""
        parameters = {_NAMES.get(name, name): value for name, value in case["params"].items() if name != "definition"}
        behaviours = corpus.module("handlers").HANDLERS
        bind = {arn: behaviours[name] for arn, name in case["lambdas"].items()}
        bind |= {arn.rsplit(":", 1)[-1]: handler for arn, handler in bind.items()}
        try:
            return test_state(case["definition"], input=case["input"], bind=bind, **parameters)
        except TestStateError as refused:
            return {"valid": False, "code": refused.code, "message": refused.message}


def make() -> Adapter:
    """The factory the corpus's runner calls."""
    return Adapter()


@pytest.mark.skipif(
    not corpus.available(), reason="the recorded cases (shared/conformance) do not lie beside this checkout"
)
def test_recorded_calls() -> None:
    """Every answer is AWS's, its inspection data and the words of its refusals included."""
    compare, adapter = corpus.module("compare"), make()
    missed = []
    cases = corpus.load("test_state")
    for case in cases:
        result = compare.compare_test_state(case, adapter.test_state(case))
        parts = ("ok", "inspection_ok", "cause_ok", "message_ok")
        if not all(result.get(part, True) for part in parts):
            missed.append((case["id"], result["diffs"][:3]))
    assert len(cases) > 100
    assert not missed
