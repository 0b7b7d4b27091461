"""The recorded cases that call AWS services, functions, machines and activities. Every miss is named with its reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import corpus
import pytest

from sfnbook.tasks.aws.services import embedded
from sfnbook.tasks.aws.services.endpoints import services

pytestmark = [
    pytest.mark.skipif(
        not corpus.available(), reason="the recorded cases (shared/conformance) do not lie beside this checkout"
    ),
    pytest.mark.filterwarnings("ignore:EventDetail should be of type dict:UserWarning"),
]

SERVICES = {*corpus.SERVICES, "states", "lambda", "activity"}
OLD = (
    "recorded before redrives existed (15 November 2023): since then a description tells RedriveCount and RedriveStatus"
)

OUTCOME_MISSES = {
    "test_start_execution_sync::": OLD,
    "test_start_execution_sync2::": OLD,
    "test_send_message_no_such_queue::": "the recording names another host than the case's input",
    "test_map_item_reader_base_list_objects_v2": "the recording's mask <Etag-file_0.txt> is none that the comparer knows",
    "test_multiple_heartbeat_notifications": "the case lacks the heartbeats that its driver sent",
}
HISTORY_MISSES = {
    **OUTCOME_MISSES,
    "test_start_execution_sync_delegate_failure": OLD,
    "test_start_execution_sync_delegate_timeout": OLD,
    "test_lambda_invoke_with_retry_extended_input": OLD,
    "test_send_message_no_such_queue_no_catch": "the recording names another host than the case's input",
    "test_sqs_wait_for_task_token::": "the recording's mask <<task_token>:1> is none that the comparer knows",
    "test_sqs_wait_for_task_tok_with_heartbeat": "the recording's mask <<task_token>:1> is none that the comparer knows",
}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    yield
    embedded.stop()
    services.reset()


def test_executions_that_call_services() -> None:
    compare, handlers, adapter = corpus.module("compare"), corpus.module("handlers"), corpus.make()
    missed = []
    right: dict[str, list[bool]] = {"outcome": [], "history": []}
    for case in corpus.load("execution", SERVICES):
        if set(case["services_used"]) == {"none"}:
            continue
        if case["seconds_hint"] > 20:  # a heartbeat that somebody waits for takes its real time
            continue
        lambdas = {arn: handlers.HANDLERS[n] for arn, n in case["lambdas"].items() if n in handlers.HANDLERS}
        describe, events = adapter.run(case["definition"], case["input"], lambdas, case["sm_type"], case)
        for what, result, known in (
            ("outcome", compare.compare_outcome(case, describe), OUTCOME_MISSES),
            ("history", compare.compare_history(case, events), HISTORY_MISSES),
        ):
            if result is not None:
                right[what].append(result["ok"])
                if not result["ok"] and not _named(case, known):
                    missed.append((what, case["id"], result["diffs"][:3]))
    assert not missed
    assert len(right["outcome"]) > 100
    assert sum(right["outcome"]) / len(right["outcome"]) >= 0.95
    assert sum(right["history"]) / len(right["history"]) >= 0.90


def _named(case: dict[str, Any], misses: dict[str, str]) -> bool:
    return any(name in case["id"] for name in misses)
