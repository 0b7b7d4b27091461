"""The message about a machine before it runs: its picture laid out, and what is known of each state. Pure."""

from __future__ import annotations

from typing import cast

from sfnbook.diagram.graph import detail, graph
from sfnbook.diagram.layout import layout
from sfnbook.language.definition import State
from sfnbook.runs.protocols import MachineLike, TaskLike
from sfnbook.widget.traits.definition import LENGTH, diagnostics_message, lines_of, pretty, written
from sfnbook.widget.traits.limits import VALUE_TEXT
from sfnbook.widget.traits.meters import prices_message
from sfnbook.widget.traits.shapes import GraphMessage, MachineMessage, StateMessage
from sfnbook.widget.traits.value import plain


def machine_message(machine: MachineLike) -> MachineMessage:
    """Return the trait ``machine``: the picture laid out and what is known of each state."""
    definition = machine._definition
    tasks = {task.address: task for task in machine.tasks()}
    return {
        "name": plain(machine.name),
        "type": machine.type,
        "graph": cast(GraphMessage, layout(graph(definition))),
        "states": {state.address: _state(state, tasks.get(state.address)) for state in definition.machine.walk()},
        "definition_text": plain(written(definition.text).text[:LENGTH], LENGTH),
        "lines": lines_of(definition),
        "diagnostics": diagnostics_message(machine),
        "prices": prices_message(),
    }


def _state(state: State, task: TaskLike | None) -> StateMessage:
    resource = task.resource.text if task is not None else ""
    return {
        "name": plain(state.name),
        "type": state.type,
        "detail": plain(detail(state)),
        "definition": plain(pretty(dict(state.fields)), 2 * VALUE_TEXT),
        "resource": plain(resource),
        "bound": None if task is None else task.bound is not None,
        "binding": "" if task is None else plain(task.bound or task.hint),
        "comment": plain(str(state.get("Comment", "") or "")),
    }
