"""Outcome: what a program that ran for a task means to its state, an answer or a failure in AWS's words.

Owns the names and documents that Lambda, ECS and Batch report when a program exits, is killed or takes too long, and
how an answer is read from what a program printed. Knows neither containers nor processes.
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Final

from sfnbook.engine.failures import too_large
from sfnbook.errors import DATA_LIMIT_EXCEEDED, TASK_FAILED, TaskError
from sfnbook.runtime.task import Log, Task
from sfnbook.tasks.functions.python import request_id_of
from sfnbook.values import Json, from_text, to_text

LIMIT: Final = 6_291_456
"""The bytes that an answer may have: Lambda's limit (AWS: Lambda quotas). Step Functions itself takes 256 KiB."""

UNREACHABLE: Final = "Lambda.SdkClientException"
"""The Error when the function's host cannot be reached: what AWS's client gives, and AWS's own Retry expects."""

NOT_FOUND: Final = "Lambda.ResourceNotFoundException"
"""The Error when the function's host does not have it."""

_SIGNALS: Final = {9: "killed", 11: "segmentation fault", 6: "aborted", 15: "terminated", 2: "interrupt"}
_ERROR_KEYS: Final = frozenset({"errorMessage", "errorType", "requestId", "stackTrace", "trace", "cause"})


@dataclass(frozen=True, slots=True)
class Exit:
    """How a program ended. code: its exit status. signal: 0, or the signal that ended it. memory: True if out of it."""

    code: int
    signal: int = 0
    memory: bool = False

    @property
    def words(self) -> str:
        """Say it as Lambda does."""
        if self.signal:
            return f"signal: {_SIGNALS.get(self.signal) or signal.Signals(self.signal).name}"
        return f"exit status {self.code}"


def is_lambda(task: Task) -> bool:
    """Whether AWS would run a Lambda function for this task."""
    return task.resource.kind == "lambda" or task.resource.is_lambda_invoke


def runtime_error(task: Task, error: str, message: str) -> TaskError:
    """Return a failure of a function's surroundings, as Lambda reports it."""
    document = {"errorType": error, "errorMessage": f"RequestId: {request_id_of(task)} Error: {message}"}
    return TaskError(error, to_text(document))


def exited(task: Task, how: Exit, image: str = "") -> TaskError:
    """Return the failure for a program that ended without an answer.

    Lambda tasks get Runtime.ExitError or Runtime.OutOfMemory; ecs and batch tasks States.TaskFailed and the part of
    the stopped task's description that says why.
    """
    match task.resource.type:
        case "ecs":
            return TaskError(TASK_FAILED, to_text(_stopped_task(how, image)))
        case "batch":
            return TaskError(TASK_FAILED, to_text(_failed_job(how, image)))
    error = "Runtime.OutOfMemory" if how.memory else "Runtime.ExitError"
    return runtime_error(task, error, f"Runtime exited with error: {how.words}")


_ESSENTIAL: Final = "Essential container in task exited"
_MEMORY: Final = "OutOfMemoryError: Container killed due to memory usage"


def _stopped_task(how: Exit, image: str) -> Json:
    container: dict[str, Json] = {"ExitCode": how.code, "Image": image, "LastStatus": "STOPPED"}
    if how.memory:
        container["Reason"] = _MEMORY
    return {
        "Containers": [container],
        "LastStatus": "STOPPED",
        "StopCode": "EssentialContainerExited",
        "StoppedReason": _ESSENTIAL,
    }


def _failed_job(how: Exit, image: str) -> Json:
    container: dict[str, Json] = {"ExitCode": how.code, "Image": image}
    if how.memory:
        container["Reason"] = _MEMORY
    return {"Container": container, "Status": "FAILED", "StatusReason": _ESSENTIAL}


def timed_out(task: Task, seconds: float) -> TaskError:
    """Return the failure for a program that took longer than its binding allows (not the state's TimeoutSeconds)."""
    if is_lambda(task):
        return runtime_error(task, "Sandbox.Timedout", f"Task timed out after {seconds:.2f} seconds")
    return TaskError(TASK_FAILED, f"Task timed out after {seconds:.2f} seconds")


def flooded(task: Task) -> TaskError:
    """Return the failure for an answer over `LIMIT`: what AWS gives for any result it will not take."""
    name = task.resource.text if task.resource.kind == "lambda" else task.resource.type
    return TaskError(DATA_LIMIT_EXCEEDED, too_large(name))


def not_started(task: Task, message: str) -> TaskError:
    """Return the failure for a program that could not be started at all: no such command, not executable."""
    if is_lambda(task):
        return runtime_error(task, "Runtime.InvalidEntrypoint", message)
    return TaskError(TASK_FAILED, message)


def reported(document: Json, body: str) -> TaskError:
    """Return the failure that a function reported in Lambda's own document.

    Without an errorType AWS says Lambda.Unknown (recorded: test_task_lambda).
    """
    error = document.get("errorType") if isinstance(document, dict) else None
    if isinstance(error, str) and error:
        return TaskError(error, body)
    return TaskError(
        "Lambda.Unknown",
        "The cause could not be determined because Lambda did not return an error type. "
        f"Returned payload: {body or 'null'}",
    )


def is_error_document(value: Json) -> bool:
    """Whether an answer is Lambda's error document: an errorMessage and an errorType and nothing foreign.

    The only sign of a failure where no header tells (the runtime interface emulator, a program's standard output).
    """
    return isinstance(value, dict) and {"errorMessage", "errorType"} <= value.keys() <= _ERROR_KEYS


def read_answer(printed: bytes, log: Log) -> Json:
    """Return the answer in what a program printed: its JSON, else its last line's JSON, else its text.

    What stands before an answer in the last line goes to the log. Nothing printed is null.
    """
    text = printed.decode("utf-8", "replace").strip()
    if not text:
        return None
    try:
        return from_text(text)
    except ValueError:
        pass
    before, _, last = text.rpartition("\n")
    try:
        answer = from_text(last)
    except ValueError:
        return text
    log.write(before + "\n")
    return answer


def outcome(task: Task, how: Exit, printed: bytes, image: str = "") -> Json:
    """Return the answer of a program that ended. Raises TaskError for an exit status other than 0."""
    answer = read_answer(printed, task.log)
    if how.code == 0 and not how.signal:
        return answer
    if is_error_document(answer):
        raise reported(answer, to_text(answer))
    if printed:
        task.log.write(printed.decode("utf-8", "replace"))
    raise exited(task, how, image)
