"""What the page is told of a machine before it runs: its picture laid out, and what is known of each state. Pure."""

from __future__ import annotations

from typing import cast

from sfnbook.diagram.graph import detail, graph
from sfnbook.diagram.layout import layout
from sfnbook.history.run_protocols import MachineLike, TaskLike
from sfnbook.language.definition import State
from sfnbook.values import Json
from sfnbook.widget.limits import VALUE_TEXT
from sfnbook.widget.messages import GraphMessage, MachineMessage, StateMessage
from sfnbook.widget.meters import prices_message
from sfnbook.widget.value import plain, text_of


def machine_message(machine: MachineLike) -> MachineMessage:
    """Return the trait ``machine``: the picture laid out and what is known of each state."""
    definition = machine.definition
    tasks = {task.address: task for task in machine.tasks()}
    return {
        "name": plain(machine.name),
        "type": machine.type,
        "graph": cast(GraphMessage, layout(graph(definition))),
        "states": {state.address: _state(state, tasks.get(state.address)) for state in definition.machine.walk()},
        "definition_text": plain(definition.text, 200_000),
        "prices": prices_message(),
    }


def _state(state: State, task: TaskLike | None) -> StateMessage:
    resource = task.resource.text if task is not None else ""
    return {
        "name": plain(state.name),
        "type": state.type,
        "detail": plain(detail(state)),
        "definition": plain(_pretty(dict(state.fields)), 2 * VALUE_TEXT),
        "resource": plain(resource),
        "bound": None if task is None else task.bound is not None,
        "binding": "" if task is None else plain(task.bound or task.hint),
        "comment": plain(str(state.get("Comment", "") or "")),
    }


def _pretty(value: Json, indent: str = "") -> str:
    """A definition's JSON with short parts on one line, as people write it."""
    flat = text_of(value)
    if not isinstance(value, (dict, list)) or not value:
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        if len(flat) + len(indent) < 72 and not any(isinstance(child, (dict, list)) for child in value):
            return f"[{', '.join(text_of(child) for child in value)}]"
        return "[\n" + ",\n".join(inner + _pretty(child, inner) for child in value) + f"\n{indent}]"
    if len(flat) + len(indent) < 60 and indent and not any(isinstance(child, (dict, list)) for child in value.values()):
        return "{ " + ", ".join(f"{text_of(key)}: {text_of(child)}" for key, child in value.items()) + " }"
    lines = [f"{inner}{text_of(key)}: {_pretty(child, inner)}" for key, child in value.items()]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
