"""What a cell shows of machines, runs and errors.

In a notebook: the live widget, and beside it, as an output of its own, the static twin that a saved notebook keeps
(the widget's style sheet hides it where the widget is). In a terminal: the text. Everything that nbval compares is
deterministic.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import CheckError
from sfnbook.machine import StateMachine, TaskInfo
from sfnbook.notebook.output.tracebacks import cells
from sfnbook.recorded_run import RecordedRun
from sfnbook.run import Run
from sfnbook.stepper import Stepper
from sfnbook.tasks.target import is_target
from sfnbook.text.run_text import machine_text, run_text
from sfnbook.text.waiting import HOW_IN_A_NOTEBOOK, waiting_text
from sfnbook.values import NULL
from sfnbook.widget.traits.value import brief

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.editor.canvas.canvas import Canvas, Unfinished
    from sfnbook.language.diagnostics import Diagnostic
    from sfnbook.notebook.output.batch import Batch
    from sfnbook.notebook.output.loops import Loop
    from sfnbook.widget.gallery import Gallery
    from sfnbook.widget.run_widget import RunWidget
    from sfnbook.workspace import Workspace

_BREATH: Final = 0.5
"""Seconds between two looks for an interrupt, where the wait itself does not notice one (Windows)."""
_LINE: Final = 100
"""Characters of an output in a line."""
_ADVICE: Final = 4
"""Lines of advice after a cell; `%sfn_check` has all of it."""
_GLANCE: Final = 0.1
"""Seconds: a run of a loop that is over sooner is counted, not shown; and how often the counts are sent."""
_PATIENCE: Final = 5.0
"""Seconds a cell waits at its end until everything has been sent to the page."""


def show_machine(
    shell: InteractiveShell,
    machine: StateMachine,
    canvas: Callable[[], Canvas | None] = lambda: None,
    *,
    open: bool = False,
) -> None:
    """Show a machine: its diagram, what to know about its text, and what answers its tasks.

    canvas: makes what lets the page edit it. open: the page begins with editing.
    """
    if not _has_page(shell):
        _publish(shell, {"text/plain": machine_text(machine)})
    else:
        from sfnbook.widget.static_html import machine_twin

        widget, made = _widget(machine), canvas()
        if made is not None:
            widget.edit(made, open=open)
        _publish(shell, *_view(widget, machine_text(machine)))
        _publish(shell, {"text/html": machine_twin(machine)})
    for line in (*(str(d) for d in machine.diagnostics), *advice_lines(machine), *tasks_lines(machine)):
        print(line)


def show_unfinished(
    shell: InteractiveShell, broken: Callable[[], tuple[Unfinished, Canvas] | None], *, open: bool
) -> None:
    """Show what there is of a machine whose text was refused, to be mended on the page; nothing where there is none.

    broken: makes it and its canvas, None where it cannot be mended here. open: the page begins with editing.
    """
    found = broken() if _has_page(shell) else None
    if found is None:
        return
    machine, canvas = found
    widget = _widget(machine)
    widget.edit(canvas, open=open)
    _publish(shell, *_view(widget, f"{machine.name} is not defined: its text has errors."))


def show_gallery(shell: InteractiveShell, made: Callable[[], Gallery], text: str) -> bool:
    """Show a gallery of machines, its text where there is no page. Returns whether a page shows it."""
    page = _has_page(shell)
    _publish(shell, *(_view(made(), text) if page else ({"text/plain": text}, {})))
    return page


def show_markdown(shell: InteractiveShell, text: str) -> None:
    """Show a Markdown text."""
    _publish(shell, {"text/plain": text, "text/markdown": text})


def show_failure(shell: InteractiveShell, failure: CheckError) -> None:
    """Show the run that a check does not accept and, where there is one, the run of the reference beside it."""
    runs = [run for run in (failure.run, failure.reference) if run is not None]
    for title, run in zip(("Your run", "The run of a machine that is right"), runs, strict=False):
        show_markdown(shell, f"**{title}**")
        _publish(shell, *run._repr_mimebundle_())
    if len(runs) == 2:
        print(runs[0].compare(runs[1]))


class Page:
    """Where one run is shown, made before it starts: loading the widget must not cost the run its first moments.

    again: starts the next run when "Run again" is pressed. total: how many runs there will be, where one line starts
    several; from the second on they are shown in the first one's widget.
    """

    def __init__(
        self,
        shell: InteractiveShell,
        machine: StateMachine,
        again: Callable[[], Run] | None = None,
        *,
        total: int | None = None,
    ) -> None:
        self.shell = shell
        self.loop: Loop | None = None
        self.widget: RunWidget | None = None
        if not _has_page(shell):
            return
        from sfnbook.notebook.output.loops import Loop, calling_line

        line = calling_line(cells(shell))
        known = _LOOPS.get((id(machine), line))
        self.loop = known or Loop(machine.name, total=total)
        if known is None:
            self.loop.widget = _widget(machine)
            if line is not None or total is not None:
                _LOOPS[id(machine), line] = self.loop
        self.widget = self.loop.widget
        if self.widget is not None:
            self.widget.again = again

    def show(self, run: Run, *, wait: bool = True) -> None:
        """Show a run while it goes on and, unless told not to ``wait``, at its end. An interrupt aborts the run."""
        shown(run)
        if self.loop is not None and self.loop.lines:
            _show_next(self.loop, run, wait)
            return
        if self.widget is not None:
            self.widget.steer(Stepper(run))
            _publish(self.shell, *_view(self.widget, f"A run of {run.machine.name}"))
        if wait:
            _wait(run)
        if self.loop is not None:
            self.loop.add(run)
        if not run.done:
            print(f"{run.machine.name} goes on in the background.")
            return
        if self.widget is not None:
            self.widget.finish(_PATIENCE)
        show_end(self.shell, run)

    def debug(self, stepper: Stepper) -> None:
        """Show a run that is debugged; return at once."""
        if self.widget is not None:
            self.widget.steer(stepper)
            _publish(self.shell, *_view(self.widget, f"{stepper.run.machine.name}, step by step"))


def _show_next(loop: Loop, run: Run, wait: bool) -> None:
    """Show another run of a loop in its widget: the counts ten times a second, the run itself where it takes a while."""
    if wait:
        try:
            run.wait(_GLANCE)
        except KeyboardInterrupt:
            run.stop()
            run.wait(_PATIENCE)
    loop.unseen = run.done
    if not run.done:
        loop.widget.steer(Stepper(run))
        if wait:
            _wait(run)
    loop.add(run)
    now = time.monotonic()
    if now - loop.updated >= _GLANCE:
        loop.updated = now
        loop.widget.loop = loop.message()


def end_loops(shell: InteractiveShell) -> None:
    """At the end of a cell: show the last run of each loop, and the table of its runs that a saved notebook keeps."""
    loops = list(_LOOPS.values())
    _LOOPS.clear()
    for loop in loops:
        if len(loop.lines) > 1 and loop.last is not None:
            if loop.unseen:
                loop.widget.steer(Stepper(loop.last))
            loop.widget.loop = loop.message()
            if loop.last.done:
                loop.widget.finish(_PATIENCE)
            _publish(shell, {"text/html": loop.html(), "text/plain": loop.text()})


def show_line(run: Run, *, wait: bool = True) -> Run:
    """Say how a run ended in a line, and show nothing else of it."""
    shown(run)
    if wait:
        _wait(run)
    result = f" {brief(run.output, _LINE)}" if run.status == "SUCCEEDED" else f": {run.error}" if run.error else ""
    print(f"{run.name} {run.status}{result}")
    return run


def show_batch(
    shell: InteractiveShell, machine: StateMachine, given: Any, start: Callable[[Any], Run], *, quiet: bool
) -> Batch:
    """Run a machine for each row of a table or list, one after the other, and show them in one widget.

    An interrupt aborts the run that goes on and leaves out the rest.
    """
    from sfnbook.notebook.output.batch import Batch, inputs_of

    inputs = inputs_of(given)
    runs: list[Run] = []
    page = None if quiet or not inputs else Page(shell, machine, total=len(inputs))
    for data in inputs:
        run = start(NULL if data is None else data)
        runs.append(run)
        if page is not None and page.loop is not None:
            page.show(run)
        else:
            shown(run)
            _wait(run)
        if run.status == "ABORTED":
            break
    batch = Batch(machine.name, given, runs)
    if page is None or page.loop is None:
        print(repr(batch))
    shown(batch)
    return batch


def show_remote(shell: InteractiveShell, run: Any, *, wait: bool = True) -> None:
    """Show a run that goes on elsewhere; an interrupt ends the watching, never the run."""
    shown(run)
    widget = _widget(run.machine) if _has_page(shell) else None
    if widget is not None:
        widget.attach(run)
        _publish(shell, *_view(widget, f"A run of {run.machine.name}"))
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
    from sfnbook.widget.static_html import run_twin

    _publish(shell, {"text/html": run_twin(run), "text/plain": run_text(run)})


_MOMENT: Final = 1.0
"""Seconds that somebody outside has to answer before the cell says that it waits."""


def _wait(run: Run) -> None:
    """Wait for the end of a run; an interrupt of the kernel stops it and waits for that.

    Says for whom it waits, once that has taken a moment: nobody may ever answer.
    """
    asked: float | None = None
    run._waited_for = True
    try:
        while not run.done:
            run.wait(_BREATH)
            calls = run._session.waiting()
            if not calls:
                asked = None
            elif asked is None:
                asked = time.monotonic()
            elif time.monotonic() - asked > _MOMENT:
                asked = float("inf")  # said
                print("\n".join([*map(waiting_text, calls), HOW_IN_A_NOTEBOOK]))
    except KeyboardInterrupt:
        run.stop()
        run.wait(_PATIENCE)


def _widget(machine: StateMachine | Unfinished) -> RunWidget:
    from sfnbook.widget.run_widget import RunWidget
    from sfnbook.widget.viewers import lazy_viewers

    return _opened(RunWidget(machine, viewers=lazy_viewers()))


def _view(widget: RunWidget | Gallery, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A widget's MIME bundle and its metadata, as anywidget makes them (Colab needs its own), with a text of ours."""
    data, metadata = widget._repr_mimebundle_() or ({}, {})
    return {**data, "text/plain": text}, metadata


def _has_page(shell: InteractiveShell) -> bool:
    return getattr(shell, "kernel", None) is not None


def _publish(shell: InteractiveShell, data: dict[str, Any], metadata: dict[str, Any] | None = None) -> None:
    shell.display_pub.publish(data=data, metadata=metadata or {})


def advice_lines(machine: StateMachine) -> list[str]:
    """Return what `sfnbook check` says besides AWS: an error with its place in the text, a line for each piece of advice."""
    from sfnbook.lint.check import is_advice

    errors = [str(one) for one in machine.advice if not is_advice(one)]
    advice = [one for one in machine.advice if is_advice(one)]
    lines = [f"Advice {_in_a_line(one)}" for one in advice[:_ADVICE]]
    if len(advice) > _ADVICE:
        lines.append(f"{len(advice) - _ADVICE} more: %sfn_check {machine.name}")
    return [*errors, *lines]


def _in_a_line(one: Diagnostic) -> str:
    return str(dataclasses.replace(one, excerpt="")).removeprefix("WARNING ")


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
        states = sum(1 for _ in machine._definition.machine.walk())
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


_LOOPS: Final[dict[Any, Loop]] = {}
"""What the lines of the cell being run have shown so far, by machine and line."""

_OF_CELLS: Final[dict[str, list[RunWidget]]] = {}
"""The widgets on the page, by the cell that showed them: closed when it runs again."""

_OPEN: Final[list[list[RunWidget]]] = []
"""The list of `_OF_CELLS` for the cell being run; empty where that is not known."""


def _opened(widget: RunWidget) -> RunWidget:
    for own in _OPEN:
        own.append(widget)
    return widget


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

    def show_value_of_batch(batch: Any) -> None:
        if _SHOWN.pop(id(batch), None) is None:
            print(repr(batch))

    if shell.display_formatter is None:
        return
    formatter = shell.display_formatter.ipython_display_formatter
    formatter.for_type(StateMachine, lambda machine: show_machine(shell, machine))
    formatter.for_type(Run, show_value_of_run)
    formatter.for_type(RecordedRun, show_value_of_record)
    formatter.for_type_by_name("sfnbook.notebook.output.batch", "Batch", show_value_of_batch)
    formatter.for_type_by_name("sfnbook.targets.remote", "RemoteRun", show_value_of_record)
    shell.events.register("pre_run_cell", _begin_cell)
    shell.events.register("post_run_cell", lambda _result: end_loops(shell))


def _begin_cell(info: Any) -> None:
    """Forget what the last cell showed, and close the widgets that this cell showed when it ran before."""
    _SHOWN.clear()
    _LOOPS.clear()
    cell = getattr(info, "cell_id", None)
    for widget in _OF_CELLS.pop(cell or "", ()):
        widget.close()
    _OPEN.clear()
    if cell is not None:  # else the front end does not say which cell it is, and nothing can be known to be replaced
        _OPEN.append(_OF_CELLS.setdefault(cell, []))
