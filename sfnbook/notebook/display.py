"""What a cell shows of machines, runs and errors.

In a notebook: the live widget, and beside it, as an output of its own, the static twin that a saved notebook keeps
(the widget's style sheet hides it where the widget is). In a terminal: the text. Everything that nbval compares is
deterministic.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from sfnbook.machine import StateMachine, TaskInfo
from sfnbook.replay import RecordedRun
from sfnbook.run import Run
from sfnbook.stepper import Stepper
from sfnbook.tasks.registry import is_target
from sfnbook.text.run_text import machine_text, run_text

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.widget.run_widget import RunWidget
    from sfnbook.workspace import Workspace

_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_BREATH: Final = 0.5
"""Seconds between two looks for an interrupt, where the wait itself does not notice one (Windows)."""
_PATIENCE: Final = 5.0
"""Seconds a cell waits at its end for the page to have been told everything."""


def show_machine(shell: InteractiveShell, machine: StateMachine) -> None:
    """Show a machine: its diagram, what to know about its text, and what answers its tasks."""
    if not _has_page(shell):
        _publish(shell, {"text/plain": machine_text(machine)})
    else:
        from sfnbook.notebook.static_html import machine_twin

        _publish(shell, {**_view(_widget(machine)), "text/plain": machine_text(machine)})
        _publish(shell, {"text/html": machine_twin(machine)})
    for line in (*(str(d) for d in machine.diagnostics), *tasks_lines(machine)):
        print(line)


class Page:
    """Where one run is shown, made before it starts: loading the widget must not cost the run its first moments.

    again: starts the next run when "Run again" is pressed.
    """

    def __init__(self, shell: InteractiveShell, machine: StateMachine, again: Callable[[], Run] | None = None) -> None:
        self.shell = shell
        self.widget = _widget(machine) if _has_page(shell) else None
        if self.widget is not None:
            self.widget.again = again

    def show(self, run: Run, *, wait: bool = True) -> None:
        """Show a run while it goes on and, unless told not to ``wait``, at its end. An interrupt aborts the run."""
        shown(run)
        if self.widget is not None:
            self.widget.steer(Stepper(run))
            _publish(self.shell, {**_view(self.widget), "text/plain": f"A run of {run.machine.name}"})
        if wait:
            _wait(run)
        if not run.done:
            print(f"{run.machine.name} goes on in the background.")
            return
        if self.widget is not None:
            self.widget.finish(_PATIENCE)
        self._show_end(run)

    def debug(self, stepper: Stepper) -> None:
        """Show a run that is debugged; return at once."""
        if self.widget is not None:
            self.widget.steer(stepper)
            _publish(self.shell, {**_view(self.widget), "text/plain": f"{stepper.run.machine.name}, step by step"})

    def _show_end(self, run: Run) -> None:
        show_end(self.shell, run)


def show_remote(shell: InteractiveShell, run: Any, *, wait: bool = True) -> None:
    """Show a run that goes on elsewhere; an interrupt ends the watching, never the run."""
    shown(run)
    widget = _widget(run.machine) if _has_page(shell) else None
    if widget is not None:
        widget.attach(run)
        _publish(shell, {**_view(widget), "text/plain": f"A run of {run.machine.name}"})
    if wait:
        with suppress(KeyboardInterrupt):
            while not run.done and run.fault is None:
                run.wait(_BREATH)
    if not run.done:
        print(f"{run.name} goes on at {run.clock}.")
        return
    if widget is not None:
        widget.finish(_PATIENCE)
    show_end(shell, run)


def show_end(shell: InteractiveShell, run: Run | RecordedRun) -> None:
    """Show how a run ended: its text and, in a notebook, the picture that a saved notebook keeps."""
    if not _has_page(shell):
        _publish(shell, {"text/plain": run_text(run)})
        return
    from sfnbook.notebook.static_html import run_twin

    _publish(shell, {"text/html": run_twin(run), "text/plain": run_text(run)})


def _wait(run: Run) -> None:
    """Wait for the end of a run; an interrupt of the kernel stops it and waits for that."""
    try:
        while not run.done:
            run.wait(_BREATH)
    except KeyboardInterrupt:
        run.stop()
        run.wait(_PATIENCE)


def _widget(machine: StateMachine) -> RunWidget:
    from sfnbook.widget.run_widget import RunWidget

    return RunWidget(machine)


def _view(widget: RunWidget) -> dict[str, Any]:
    return {_WIDGET: {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}}


def _has_page(shell: InteractiveShell) -> bool:
    return getattr(shell, "kernel", None) is not None


def _publish(shell: InteractiveShell, data: dict[str, Any]) -> None:
    shell.display_pub.publish(data=data, metadata={})


def tasks_lines(machine: StateMachine) -> list[str]:
    """Return a line for each task: what answers it, or the line to write so that something does."""
    return [
        f"{task.state} → {_answering(task)}" if task.bound else f"{task.state} ○ {task.hint}"
        for task in machine.tasks()
    ]


def _answering(task: TaskInfo) -> str:
    """What answers a task; of a function's name under which there is none yet, it is said."""
    if task.check is None or not (task.bound or "").startswith("function "):
        return task.bound or ""
    found, words = task.check()
    return f"{task.bound}" if found else f"{task.bound} ({words[0].lower()}{words[1:].rstrip('.')})"


def bindings_text(workspace: Workspace) -> str:
    """Return what was bound by hand, and what answers each task of each machine."""
    lines = [f"{resource} → {_name(target)}" for resource, target in workspace.bindings.items()]
    for machine in workspace.machines.values():
        lines += [f"{machine.name}: {line}" for line in tasks_lines(machine)]
    return "\n".join(lines) or "Nothing is bound yet. For example: %sfn_bind Decide my_function"


def _name(target: Any) -> str:
    if is_target(target):
        return target.text
    return target if isinstance(target, str) else getattr(target, "__name__", type(target).__name__)


def list_text(workspace: Workspace) -> str:
    """Return the machines and their runs, newest last."""
    if not workspace.machines and not workspace.broken:
        return "No machine is defined yet. Define one with %%statemachine NAME."
    lines = []
    for machine in workspace.machines.values():
        states = sum(1 for _ in machine.definition.machine.walk())
        lines.append(f"{machine.name}  {machine.type}, {states} state{'s' if states != 1 else ''}")
        lines += [f"  {run.name}  {run.status}" for run in workspace.runs.past if run.machine == machine.name]
        lines += [f"  {run.name}  {_state(run)}" for run in workspace.runs if run.machine.name == machine.name]
    lines += [f"{name}: its last definition was not taken: {why}" for name, why in workspace.broken.items()]
    if workspace.runs.forgotten:
        lines.append(f"{workspace.runs.forgotten:,} older runs are not listed.")
    return "\n".join(lines)


def _state(run: Run) -> str:
    """Return a run's status, or where a debugger has stopped it."""
    pause = run.debugger.where if run.debugger is not None else None
    return run.status if pause is None else f"paused {pause.words}"


_SHOWN: Final[dict[int, Any]] = {}
"""Runs that the cell being run has shown already, so that their value is not shown a second time."""


def shown(run: Any) -> None:
    """Note that the cell being run shows this run already."""
    _SHOWN[id(run)] = run


def register_displays(shell: InteractiveShell) -> None:
    """Let machines and runs that are a cell's value show themselves as the magics show them."""

    def show_value_of_run(run: Run) -> None:
        if _SHOWN.pop(id(run), None) is None:
            Page(shell, run.machine).show(run, wait=False)
            _SHOWN.pop(id(run), None)

    def show_value_of_record(run: Any) -> None:
        if _SHOWN.pop(id(run), None) is None:
            show_remote(shell, run, wait=False)
            _SHOWN.pop(id(run), None)

    if shell.display_formatter is None:
        return
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type(StateMachine, lambda machine: show_machine(shell, machine))
    formatter.for_type(Run, show_value_of_run)
    formatter.for_type(RecordedRun, show_value_of_record)
    formatter.for_type_by_name("sfnbook.targets.remote", "RemoteRun", show_value_of_record)
    shell.events.register("pre_run_cell", lambda _info: _SHOWN.clear())
