"""Parameters with which Step Functions does not start a task: the failure in its words (recorded: apigateway)."""

from __future__ import annotations

from collections.abc import Iterable

from sfnbook.engine.failures import cannot_start, prefixed
from sfnbook.errors import RUNTIME, TaskError
from sfnbook.runtime.task import Task


def unstartable(task: Task, wrong: Iterable[str]) -> TaskError:
    """Return the failure of a task whose Parameters are wrong; ``States.Runtime``, which nothing catches."""
    return TaskError(RUNTIME, prefixed(task.state, task.entered_id, cannot_start(task.input, ", ".join(wrong))))


def misshapen(field: str) -> str:
    """Return what is said about a field that holds the wrong kind of value."""
    return f"The value of the field '{field}' has an invalid format"
