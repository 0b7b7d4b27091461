"""Editing on the diagram in a notebook: ``%sfn_new``, and what becomes of an edited text: a cell, and the machine of a name."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import InputError
from sfnbook.machine import StateMachine
from sfnbook.notebook.arguments import Arguments, Command, Option
from sfnbook.values import Json
from sfnbook.workspace import Workspace

if TYPE_CHECKING:
    from sfnbook.editor.canvas.canvas import Canvas, Origin, Unfinished
    from sfnbook.language.diagnostics import Diagnostic

NEW: Final = Command(
    name="%sfn_new",
    words="NAME",
    summary="Open an empty canvas: a machine of one state, to be edited on its diagram. Apply writes its cell.",
    options=(
        Option("type", "TYPE", "STANDARD (default) or EXPRESS", choices=("STANDARD", "EXPRESS")),
        Option("format", "FORMAT", "the text's language: JSON (default) or YAML", choices=("JSON", "YAML")),
        Option("query-language", "LANGUAGE", "JSONPath (default) or JSONata", choices=("JSONPath", "JSONata")),
    ),
    examples=("%sfn_new shop", "%sfn_new shop --format YAML --query-language JSONata"),
    required=1,
    allowed=1,
)


def canvas(
    machine: StateMachine, line: str, text: str, define: Callable[[str], StateMachine], file: str | None
) -> Canvas | None:
    """Return what lets the page edit a machine that a line of ``%%statemachine`` defined; None for a template's.

    text: the cell's body, "" where the line names a file. define: what that line does with another text.
    """
    from sfnbook.editor.canvas.canvas import Canvas, editable

    origin = _origin(line, text, file)
    if origin is None or not editable(origin.text):
        return None
    return Canvas(machine, origin, deliver=next_cell, define=define)


def broken(
    workspace: Workspace,
    arguments: Arguments,
    line: str,
    text: str,
    errors: Sequence[Diagnostic],
    define: Callable[[str], StateMachine],
) -> tuple[Unfinished, Canvas] | None:
    """Return what there is to see of a definition that was refused, and what lets the page mend it; None for a template's."""
    from sfnbook.editor.canvas.canvas import Canvas, mendable, unfinished

    origin = _origin(line, text, arguments.option("file") or arguments.option("template"))
    if origin is None or not mendable(origin.text):
        return None
    name = arguments.words[0]
    type: Any = arguments.option("type")  # the option's choices are the types there are
    last = workspace.machines.get(name)
    machine = unfinished(name, origin.text, errors, type=type, last=last, namespace=workspace.namespace)
    return machine, Canvas(machine, origin, deliver=next_cell, define=define)


def _origin(line: str, text: str, file: str | None) -> Origin | None:
    """Return where a definition's text is; None for a file that cannot be read, or a folder."""
    from sfnbook.editor.canvas.canvas import Origin, raw_text

    place = Path(file).expanduser() if file else None
    try:
        text = raw_text(place) if place is not None else text
    except InputError:
        return None
    return Origin(text, f"%%statemachine {line}".rstrip(), place)


def new(workspace: Workspace, arguments: Arguments) -> tuple[StateMachine, Canvas]:
    """Return a new machine of one state and what lets the page edit it. Raises InputError for a name that is taken."""
    from sfnbook.editor.canvas.canvas import Canvas, Origin

    name = arguments.words[0]
    text = empty(arguments.option("format") or "JSON", arguments.option("query-language") or "JSONPath")
    known = workspace.machines.get(name)
    if known is not None and known._definition.text != text:
        raise InputError(f'There is a machine "{name}" already. Press Edit at its diagram, or take another name.')
    type: Any = arguments.option("type")  # the option's choices are the types there are

    def define(changed: str) -> StateMachine:
        return workspace.define(name, changed, type=type)

    line = f"%%statemachine {_quoted(name)}{f' --type {type}' if type else ''}"
    machine = define(text)
    return machine, Canvas(machine, Origin(text, line), deliver=next_cell, define=define)


def empty(format: str, language: str) -> str:
    """Return the text of a machine with one state."""
    head: dict[str, Json] = {} if language == "JSONPath" else {"QueryLanguage": language}
    if format == "YAML":
        return "".join(f"{key}: {value}\n" for key, value in head.items()) + (
            "StartAt: First\nStates:\n  First:\n    Type: Pass\n    End: true\n"
        )
    value: Json = {**head, "StartAt": "First", "States": {"First": {"Type": "Pass", "End": True}}}
    return json.dumps(value, indent=2) + "\n"


def next_cell(text: str) -> str:
    """Put a new cell with a text below the next cell that runs; return what to tell the user.

    A front end takes new cells only with the answer to a cell that ran.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return "There is no notebook to write a cell into: copy the text."
    shell.set_next_input(text, replace=False)
    first = text.split("\n", 1)[0]
    return f"Run any cell: the new cell {first} comes below it."


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
