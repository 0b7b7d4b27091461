"""Parameters with which Step Functions does not start a task: the failure in its words (recorded: apigateway)."""

from __future__ import annotations

from collections.abc import Iterable

from sfnbook.errors import RUNTIME, TaskError
from sfnbook.runtime.task import Task
from sfnbook.values import to_text


def unstartable(task: Task, wrong: Iterable[str]) -> TaskError:
    """Return the failure of a task whose Parameters are wrong; ``States.Runtime``, which nothing catches."""
    where = f"An error occurred while executing the state '{task.state}' (entered at the event id #{task.entered_id})."
    said = ", ".join(wrong)
    return TaskError(
        RUNTIME, f"{where} The Parameters '{to_text(task.input)}' could not be used to start the Task: [{said}]"
    )


def missing(field: str) -> str:
    """Return what is said about a field that is not there."""
    return f"The field '{field}' is required but was missing"


def unsupported(field: str) -> str:
    """Return what is said about a field that does not exist."""
    return f"The field '{field}' is not supported by Step Functions"


def misshapen(field: str) -> str:
    """Return what is said about a field that holds the wrong kind of value."""
    return f"The value of the field '{field}' has an invalid format"
