"""The notebook layer: thin. It reads a line, calls the workspace and shows the answer.

``%load_ext sfnbook`` arrives here. Knows IPython; nothing below this folder does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_LOADED: Final = "_sfnbook_workspace"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give a shell the magics, completion and displays. Loading again keeps the machines and runs there are."""
    from sfnbook.notebook import editor
    from sfnbook.notebook.completer import matcher
    from sfnbook.notebook.magics import Magics
    from sfnbook.notebook.output.display import register_displays, show_failure
    from sfnbook.notebook.output.tracebacks import register_faults
    from sfnbook.notebook.settings import SfnbookMagics
    from sfnbook.tasks.aws.services.endpoints import services
    from sfnbook.workspace import Workspace

    services.guard()
    workspace = getattr(shell, _LOADED, None)
    if workspace is None:
        workspace = Workspace(shell.user_ns)
        setattr(shell, _LOADED, workspace)
        if shell.Completer is not None:
            shell.Completer.custom_matchers.append(matcher(workspace))
        shell.input_transformers_cleanup.insert(0, _without_body)
        register_displays(shell)
        register_faults(shell, show_failure)
        editor.register(workspace)
        shell.configurables.append(SfnbookMagics(workspace, parent=shell))  # type: ignore[arg-type]  # IPython takes any
    Workspace.of_notebook = workspace
    Magics(shell, workspace).register()


def _without_body(lines: list[str]) -> list[str]:
    """Turn ``%%statemachine --help`` with nothing below it into the line magic: IPython refuses a cell magic there."""
    from sfnbook.notebook.magics import WITH_CELL

    first = lines[0] if lines else ""
    name = first[2:].split(maxsplit=1)[:1] if first.startswith("%%") else []
    if name and name[0] in WITH_CELL and not any(line.strip() for line in lines[1:]):
        return [first[1:]]
    return lines


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away; machines and runs that Python variables hold stay usable."""
    from sfnbook.notebook.magics import COMMANDS

    for name in COMMANDS:
        for kind in shell.magics_manager.magics.values():
            kind.pop(name, None)
