"""What a failed state does next: which errors Retry and Catch may match, and how long a retry waits.

The rules are AWS's "Handling errors in Step Functions workflows"; the numbers in brackets are cases recorded on AWS.
"""

from __future__ import annotations

from random import Random
from typing import Final

from sfnbook.engine.program import CompiledState, Retrier
from sfnbook.errors import (
    ALL,
    BRANCH_FAILED,
    DATA_LIMIT_EXCEEDED,
    HEARTBEAT_TIMEOUT,
    REFERENCE_PATH_CONFLICT,
    RESULT_PATH_MATCH_FAILURE,
    RUNTIME,
    TASK_FAILED,
    TIMEOUT,
)
from sfnbook.values import Json, to_text

UNCATCHABLE: Final = frozenset({RUNTIME})
"""Neither States.ALL nor their own name catches them (recorded: test_catch_states_runtime)."""

BARE: Final = frozenset({DATA_LIMIT_EXCEEDED, REFERENCE_PATH_CONFLICT})
"""Errors whose cause carries no "An error occurred while executing the state ..." in front."""


def matches(
    names: frozenset[str], error: str | None, state: CompiledState, heartbeat: bool = False, from_task: bool = False
) -> bool:
    """Return whether ErrorEquals ``names`` match ``error``, exactly and case-sensitively.

    ``heartbeat``: the timeout was a missed heartbeat, which AWS reports as States.Timeout and which
    States.HeartbeatTimeout matches too. ``from_task``: the error of a Parallel or Map began in a Task, so that
    States.TaskFailed matches it (AWS: TestState's errorCausedByState). A ResultPath that cannot be applied fails with a
    name of its own; the one in AWS's documents matches it too.
    """
    if ALL in names or error in names:
        return True
    task = from_task or state.type == "Task"
    if TASK_FAILED in names and task and error not in (TIMEOUT, HEARTBEAT_TIMEOUT):
        return True
    if heartbeat and HEARTBEAT_TIMEOUT in names:
        return True
    if error == REFERENCE_PATH_CONFLICT and RESULT_PATH_MATCH_FAILURE in names:
        return True
    return BRANCH_FAILED in names and state.type == "Parallel"


def delay(retrier: Retrier, used: int, random: Random) -> float:
    """Return the seconds before the retry number ``used`` + 1 of this retrier (the cap comes before the jitter)."""
    try:
        seconds = retrier.interval * retrier.backoff**used
    except OverflowError:
        seconds = float("inf")
    if retrier.max_delay is not None:
        seconds = min(seconds, retrier.max_delay)
    seconds = min(seconds, 31_622_400.0)
    return random.uniform(0, seconds) if retrier.full_jitter else seconds


def error_output(error: str | None, cause: str | None) -> dict[str, Json]:
    """Return what a Catcher is given: null for what SendTaskFailure did not say; a timeout's Cause is "" (recorded)."""
    silent = "" if error in (TIMEOUT, HEARTBEAT_TIMEOUT) else None
    return {"Error": error, "Cause": silent if cause is None else cause}


def prefixed(name: str, entered_id: int, cause: str) -> str:
    """Return a cause with the words AWS puts before it."""
    return f"An error occurred while executing the state '{name}' (entered at the event id #{entered_id}). {cause}"


def cannot_start(parameters: Json, wrong: str) -> str:
    """Return AWS's cause of a Task whose Parameters are ``wrong`` (recorded: apigateway)."""
    return f"The Parameters '{to_text(parameters)}' could not be used to start the Task: [{wrong}]"


def too_large(name: str) -> str:
    """Return AWS's cause of States.DataLimitExceeded (recorded: test_start_large_input)."""
    return f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service limit."


def too_much_assigned(name: str) -> str:
    """Return the cause for a state whose Assign exceeds the limits of variables; the words are ours."""
    return (
        f"The state/task '{name}' assigned variables with a size exceeding the maximum number of bytes service limit."
    )
