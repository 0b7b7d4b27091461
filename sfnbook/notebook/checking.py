"""``%sfn_check``: all that is wrong with machines of the notebook, with files, or with the definition in a cell."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sfnbook.errors import InputError
from sfnbook.language import reader
from sfnbook.language.reader import Reading
from sfnbook.machine import StateMachine
from sfnbook.notebook.arguments import Arguments, Command
from sfnbook.workspace import Workspace

CHECK: Final = Command(
    name="%sfn_check",
    words="[NAME or PATH]...",
    summary="Say all that is wrong with machines, files or folders (default: all machines here), advice beyond AWS too; "
    "or with the definition in the body of %%sfn_check.",
    examples=("%sfn_check shop", "%sfn_check template.yaml"),
)


def advise(machine: StateMachine, file: str | None) -> str:
    """Give a machine its ``advice``, at the levels of the nearest ``[tool.sfnbook]``; return what is wrong with that."""
    from sfnbook.lint.check import beyond
    from sfnbook.lint.settings import read_settings

    try:
        settings = read_settings(Path.cwd())
    except InputError as error:
        return str(error)
    if file is None or not settings.excluded(Path(file)):
        levels = settings.levels_for(Path(file)) if file is not None else settings.levels
        machine.advice = tuple(beyond(reading_of(machine), machine.diagnostics, type=machine.type, levels=levels))
    return ""


def reading_of(machine: StateMachine) -> Reading:
    """Return the reading of a machine's definition, with its places in the text that its author has open."""
    return machine._template.definition if machine._template is not None else reader.read(machine._definition.text)


def check_text(workspace: Workspace, arguments: Arguments, cell: str | None) -> str:
    """Return what the checks find, as text."""
    from sfnbook.lint.check import check
    from sfnbook.lint.files import Checked, check_files
    from sfnbook.lint.report import as_text
    from sfnbook.lint.settings import read_settings
    from sfnbook.templates.find import find

    settings = read_settings(Path.cwd())
    found: list[Checked] = []
    if cell and cell.strip():
        for one in find(cell):
            said = check(one.definition, type=one.type or "STANDARD", levels=settings.levels)
            found.append(Checked("cell", one.id, tuple(said), one.problem))
    for word in arguments.words or (() if found else tuple(workspace.machines)):
        machine = workspace.machines.get(word)
        if machine is None and ("/" in word or Path(word).exists()):
            found += check_files([word], settings)
        else:
            machine = workspace.machine(word)
            said = check(reading_of(machine), type=machine.type, levels=settings.levels)
            found.append(Checked(word, word, tuple(said)))
    return as_text(found)
