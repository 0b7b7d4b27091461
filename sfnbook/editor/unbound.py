"""Tasks that nothing answers here, as findings of an editor: at their Resource. No rule of the language asks for it."""

from __future__ import annotations

from typing import Final

from sfnbook.editor.services import EditorDiagnostic, range_of
from sfnbook.language.definition import Definition
from sfnbook.language.outline import machines
from sfnbook.machine import tasks_of
from sfnbook.tasks.registry import Registry

NAME: Final = "unbound-task"


def unbound(text: str, definition: Definition, bindings: Registry) -> list[EditorDiagnostic]:
    """Return a finding for each Task state of a text that nothing answers; the hint says what would."""
    missing = [task for task in tasks_of(definition, bindings) if task.bound is None and task.resource.text]
    if not missing:
        return []
    states = {state.address: state for machine in machines(text) for state in machine.walk()}
    found: list[EditorDiagnostic] = []
    for task in missing:
        state = states.get(task.address)
        resource = state.node.get("Resource") if state is not None and state.node is not None else None
        if resource is None:
            continue
        message, _, hint = task.hint.partition(". ")
        found.append(
            {
                "range": range_of(text, resource.span),
                "level": "error",
                "code": "sfnbook",
                "name": NAME,
                "message": message,
                "hint": hint,
                "location": f"{task.address}/Resource",
                "fixes": [],
            }
        )
    return found
