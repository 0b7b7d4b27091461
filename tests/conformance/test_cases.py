"""The recorded cases, run through the public API. Every miss is named here with its reason; nothing else may miss."""

from __future__ import annotations

import collections
from typing import Any

import corpus
import pytest

pytestmark = pytest.mark.skipif(
    not corpus.available(), reason="the recorded cases (shared/conformance) do not lie beside this checkout"
)

_BEFORE_REDRIVE = "recorded before DescribeExecution told of redrives (November 2023); test_credentials_base has them"
OUTCOME_MISSES = {
    "test_map_state_items_eval_jsonata_fail[object]": "recorded before Map took objects; AWS's documents of today win",
    "TestCallback::test_start_execution_sync::": _BEFORE_REDRIVE,
    "TestCallback::test_start_execution_sync2::": _BEFORE_REDRIVE,
}
HISTORY_MISSES = {
    **OUTCOME_MISSES,
    "TestCallback::test_start_execution_sync_delegate": _BEFORE_REDRIVE,
    "test_lambda_invoke_with_retry_extended_input": "recorded before the Context object had Execution.RedriveCount",
}
UNTIMED = {
    "test_timestamp_too_far_in_future_boundary": "depends on the day it was recorded",
}


def test_executions_that_need_no_service() -> None:
    """Outcome: all; history: all but the named ones."""
    count, histories, missed = _run({"none", "lambda"})
    assert count > 400
    assert histories > 200
    assert not missed


def test_executions_that_start_machines_or_wait_for_workers() -> None:
    """Machines of this process and workers of its activities answer."""
    count, histories, missed = _run({"states", "activity"})
    assert count == histories > 10
    assert not missed


def test_mock_configurations() -> None:
    """With Step Functions Local's mocks a run goes as it went on AWS; only what a mock leaves out is missing."""
    compare, adapter = corpus.module("compare"), corpus.make()
    for case in corpus.load("execution"):
        if case.get("mock"):
            describe, events = adapter.mocked(case)
            plain = _without(case, "ExecutedVersion")
            assert compare.compare_outcome(plain, describe)["diffs"] == []
            if "events" in case["expected"]:
                assert compare.compare_history(plain, events)["diffs"] == []


def _without(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, key) for k, v in value.items() if k != key}
    return [_without(v, key) for v in value] if isinstance(value, list) else value


def _run(services: set[str]) -> tuple[int, int, dict[str, Any]]:
    """Run the cases that need these services only; returns how many, how many histories, and the unnamed misses."""
    compare, handlers, adapter = corpus.module("compare"), corpus.module("handlers"), corpus.make()
    missed: dict[str, Any] = collections.defaultdict(list)
    count = histories = 0
    for case in corpus.load("execution", services):
        if case["expected"].get("status") == "RUNNING" or _named(case, UNTIMED) or case["seconds_hint"] > 20:
            continue
        count += 1
        lambdas = {arn: handlers.HANDLERS[n] for arn, n in case["lambdas"].items() if n in handlers.HANDLERS}
        describe, events = adapter.run(case["definition"], case["input"], lambdas, case["sm_type"], case)
        outcome = compare.compare_outcome(case, describe)
        if not outcome["ok"] and not _named(case, OUTCOME_MISSES):
            missed["outcome"].append((case["id"], outcome["diffs"][:3]))
        if "events" in case["expected"]:
            histories += 1
            history = compare.compare_history(case, events)
            if not history["ok"] and not _named(case, HISTORY_MISSES):
                missed["history"].append((case["id"], history["diffs"][:3]))
    return count, histories, missed


def test_validation() -> None:
    """What AWS refuses is refused in its words."""
    compare, adapter = corpus.module("compare"), corpus.make()
    missed = []
    for case in corpus.load("validation"):
        result = compare.compare_validation(case, adapter.validate(case["definition"], case["sm_type"], case))
        if not result["ok"]:
            missed.append((case["id"], result["diffs"]))
    assert not missed


def _named(case: dict[str, Any], misses: dict[str, str]) -> bool:
    return any(name in case["id"] for name in misses)
