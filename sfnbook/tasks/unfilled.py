"""Placeholders of a definition that nobody has filled in, found in a request before a service is asked.

``"TableName": "${Orders}"`` of a template is no name of a table: DynamoDB would say that the name has the wrong letters,
S3 that the bucket is not there. Owns which values of a request count; `sfnbook.language.placeholders` owns the fields of
states.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Final

from sfnbook.engine.failures import prefixed
from sfnbook.errors import RUNTIME, TaskError
from sfnbook.language.resource import parse_resource
from sfnbook.runtime.task import Task
from sfnbook.tasks import start_execution
from sfnbook.tasks.registry import Registry
from sfnbook.values import Json, texts

_PLACEHOLDER: Final = re.compile(r"\$\{([^{}\n!][^{}\n]*)\}")

_NAME_LIKE: Final = re.compile(r"[^\s'\"{}()<>|;`\\]*")
"""What may stand around a placeholder in a name, an ARN, a URL, a number: anything else is a text or a script, in which
``${HOME}`` may be meant as it is."""

_DATA: Final = frozenset({"Payload", "Input"})
"""What Lambda and Step Functions hand on to a function or a machine: whatever it holds is for these to judge."""


def unfilled_failure(task: Task, registry: Registry) -> TaskError | None:
    """Return the failure of a request that holds an unfilled placeholder of the definition, None where it holds none.

    A ``${...}`` that came with the data is data; one that names a function in the registry, or a machine of this
    process, has its answer.
    """
    found = next(_found(task, registry), None)
    if found is None:
        return None
    where, text, names = found
    options = " ".join(f"--substitute {shlex.quote(name)}=..." for name in names)
    given = ", ".join(f'"{name}": ...' for name in names)
    words = (
        f"{where} is {text}, which nobody has filled in. Give it with {options} (in Python substitutions={{{given}}}), "
        f"or bind a function or a mock to the state."
    )
    return TaskError(RUNTIME, prefixed(task.state, task.entered_id, words))


def _found(task: Task, registry: Registry) -> Iterator[tuple[str, str, list[str]]]:
    known: set[str] | None = None
    for where, text in _asked(task, registry):
        names = list(dict.fromkeys(_PLACEHOLDER.findall(text))) if "${" in text else []
        if not names or not _NAME_LIKE.fullmatch(_PLACEHOLDER.sub("", text)):
            continue
        known = known if known is not None else _written(task)
        if known & set(names):
            yield where, text, names


def _asked(task: Task, registry: Registry) -> Iterator[tuple[str, str]]:
    """Yield the texts with which a service is asked, each with its place in the request."""
    resource, arguments = task.resource, task._call.arguments
    if task.kind != "task":
        yield from _texts(arguments.get("Arguments") if isinstance(arguments, dict) else None, task.kind)
        return
    if resource.kind == "lambda":
        yield "Resource", resource.text
        return
    if not isinstance(arguments, dict):
        return
    data = _DATA if resource.type in ("lambda", "aws-sdk:lambda", "states", "aws-sdk:sfn") else frozenset()
    for name, value in arguments.items():
        if name not in data and not (isinstance(value, str) and _is_here(task, registry, name, value)):
            yield from _texts(value, name)


def _is_here(task: Task, registry: Registry, name: str, value: str) -> bool:
    """Tell whether a value names a machine or a function of this process, as the name in a template."""
    if name == "StateMachineArn":
        return start_execution.find(value) is not None
    if name == "FunctionName" and task.resource.type == "aws-sdk:lambda":
        function = parse_resource(value if value.startswith("arn:") else f"arn:aws:lambda:::function:{value}")
        return registry.resolve(function, task.state, None) is not None
    return False


def _texts(value: Json, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _texts(one, f"{where}.{name}")
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _texts(one, f"{where}[{index}]")


def _written(task: Task) -> set[str]:
    """Return the names of the placeholders that stand in the definition itself."""
    fields = task._execution.program.definition.machine.fields
    return {name for text in texts(dict(fields)) if "${" in text for name in _PLACEHOLDER.findall(text)}
