"""``%sfn_export``: a run as one HTML file that needs no kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfnbook.errors import InputError
from sfnbook.notebook.arguments import Arguments, Command
from sfnbook.workspace import Workspace, nearest

if TYPE_CHECKING:
    from sfnbook.run import Run

EXPORT: Final = Command(
    name="%sfn_export",
    words="NAME FILE",
    summary="Write a run as one self-contained HTML file with its inspector. NAME: a run, or a machine for its last run.",
    examples=("%sfn_export shop shop.html", "%sfn_export shop-run-2 bug.html"),
    required=2,
    allowed=2,
)


def export(workspace: Workspace, arguments: Arguments) -> str:
    """Write the file and return what to say about it."""
    name, file = arguments.words
    run = _run(workspace, name)
    path = run.to_html(file)
    return f"{run.name} → {path} ({path.stat().st_size / 1000:,.0f} kB; opens in any browser, without a kernel)"


def _run(workspace: Workspace, name: str) -> Run:
    runs = [*workspace.runs, *(run for machine in workspace.machines.values() for run in machine.runs)]
    found = next((run for run in reversed(runs) if run.name == name), None)
    if found is not None:
        return found
    machine = workspace.machines.get(name)
    if machine is None:
        if name in workspace.broken:
            workspace.machine(name)
        raise InputError(
            f'There is no run or machine "{name}". {nearest(name, [*workspace.machines, *(r.name for r in runs)])}'
        )
    own = [run for run in runs if run.machine.name == name]
    if not own:
        raise InputError(f"{name} has not run yet: %sfn_run {name}")
    return own[-1] if not machine.runs else machine.runs[-1]
