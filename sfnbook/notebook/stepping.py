"""The magics for debugging: ``%sfn_debug``, ``%sfn_sweep`` and ``%sfn_replay``.

Owns their words and which run a command is for: the one that was debugged last, unless ``--run`` names another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import InputError
from sfnbook.notebook.arguments import Arguments, Command, Option, split, unquote
from sfnbook.notebook.options import BREAK, CLOCK, FAULT, MOCK_CONFIG, NAME, TEST_CASE
from sfnbook.notebook.output import display
from sfnbook.run import Run
from sfnbook.stepper import ALIASES, Stepper, command_words, help_text
from sfnbook.workspace import Workspace, read_input, variable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.machine import StateMachine
    from sfnbook.recorded_run import RecordedRun
    from sfnbook.sweep import Sweep

DEBUG: Final = Command(
    name="%sfn_debug",
    words="NAME [INPUT] | COMMAND",
    summary="Start a run that stands still before its first state; or, while one is debugged, a command:\n"
    + help_text(),
    options=(
        BREAK,
        FAULT,
        TEST_CASE,
        MOCK_CONFIG,
        CLOCK,
        NAME,
        Option("run", "N", "the run that a command is for, where several are debugged"),
    ),
    examples=(
        '%sfn_debug shop {"order": 7}',
        '%sfn_debug shop {"order": 7} --break "Ship if $.order > 5"',
        "%sfn_debug over",
        '%sfn_debug edit {"order": 8}',
        "%sfn_debug back",
        "%sfn_debug continue",
    ),
    required=1,
)
SWEEP: Final = Command(
    name="%sfn_sweep",
    words="NAME [INPUT]",
    summary="Let every task fail with each error it can raise, in each attempt, and say what became of it.",
    options=(Option("state", "STATE", "only this task", repeatable=True),),
    examples=("%sfn_sweep shop", '%sfn_sweep shop {"order": 7} --state Ship'),
    required=1,
)
REPLAY: Final = Command(
    name="%sfn_replay",
    words="FILE|VARIABLE",
    summary="Show a recorded history, as GetExecutionHistory answers it. Then %sfn_debug back, at and continue go on from "
    "any point of it, here.",
    options=(Option("machine", "NAME", "the machine it is of (default: made from the history itself)"),),
    examples=("%sfn_replay history.json --machine shop", "%sfn_replay answer --machine shop"),
    required=1,
)

_RUN: Final = re.compile(r"\s--run[ =](\S+)\s*$")


class Steppers:
    """The runs that are debugged in one notebook, each with the page it is shown on; the last one is meant."""

    def __init__(self, shell: InteractiveShell, workspace: Workspace, evaluate: Callable[[str], Any]) -> None:
        self.shell = shell
        self.workspace = workspace
        self.evaluate = evaluate
        self.all: list[Stepper] = []

    def is_command(self, line: str) -> bool:
        """Whether a line is a command for a run that is debugged, not the name of a machine."""
        words = split(line)
        word = unquote(words[0]) if words else ""
        return word not in self.workspace.machines and (word in command_words() or word in ALIASES)

    def start(self, machine: StateMachine, run: Run, page: display.Page) -> Stepper:
        """Take up a run that is debugged, show it, and say where it stands."""
        before = [s for s in self.all if s.run.machine.name == machine.name and s.pause is not None and s.past is None]
        stepper = self.take(run, machine.name)
        page.debug(stepper)
        self._wait(stepper)
        for other in before:
            pause = other.pause
            print(
                f"{other.run.name} stays paused {pause.words if pause is not None else ''}: its buttons work, and "
                f"%sfn_debug COMMAND --run {other.run.name} steers it; without --run it is {run.name} now."
            )
        self._tell(stepper)
        return stepper

    def replay(self, arguments: Arguments, value: Callable[[str], Any]) -> RecordedRun:
        """Show a recorded history; commands go back in it and on from it."""
        recorded = replay_of(self.workspace, arguments, value)
        stepper = self.take(recorded, recorded.machine.name)
        page = display.Page(self.shell, recorded.machine)
        page.debug(stepper)
        display.show_end(self.shell, recorded)
        display.shown(recorded)
        return recorded

    def take(self, run: Any, name: str) -> Stepper:
        """Return the stepper of a run, from now on the one that commands are for."""

        def newest() -> StateMachine:
            known = name in self.workspace.machines or name in self.workspace.broken
            newest: StateMachine = self.workspace.machine(name) if known else run.machine
            return newest

        stepper = Stepper(run, newest)
        self.all.append(stepper)
        return stepper

    def do(self, line: str) -> None:
        """Carry out a command and say where the run stands then, or how it ended."""
        named = _RUN.search(line)
        stepper = self._meant(named[1] if named else None)
        said = stepper.do(line[: named.start()] if named else line)
        if said:
            print(said)
        if line.split()[0] in ("help", "break", "b") and said:
            return
        self._wait(stepper)
        run = stepper.run
        if isinstance(run, Run) and run not in self.workspace.runs:
            self.workspace.runs.append(run)
        self._tell(stepper)

    def _tell(self, stepper: Stepper) -> None:
        if stepper.pause is None and stepper.run.done:
            display.show_end(self.shell, stepper.run)
        else:
            print(stepper.words())

    def _wait(self, stepper: Stepper) -> None:
        """Wait until the run stands still or has ended; an interrupt of the kernel pauses it."""
        try:
            while stepper.past is None and not stepper.wait(0.2):
                pass
        except KeyboardInterrupt:
            stepper.halt()
            stepper.wait(1.0)

    def _meant(self, name: str | None) -> Stepper:
        if not self.all:
            raise InputError("No run is debugged yet. Start one: %sfn_debug NAME [INPUT]")
        if name is None:
            return self.all[-1]
        found = next((s for s in reversed(self.all) if s.run.name == name), None)
        if found is None:
            names = ", ".join(dict.fromkeys(s.run.name for s in self.all))
            raise InputError(f"No run called {name} is debugged here. There are: {names}.")
        return found


def sweep_of(workspace: Workspace, arguments: Arguments, evaluate: Callable[[str], Any]) -> Sweep:
    """Carry out ``%sfn_sweep``."""
    from sfnbook.sweep import sweep

    machine = workspace.machine(arguments.words[0])
    return sweep(machine, read_input(arguments.rest, evaluate), states=arguments.options.get("state", ()))


def replay_of(workspace: Workspace, arguments: Arguments, value: Callable[[str], Any]) -> RecordedRun:
    """Carry out ``%sfn_replay``. value: evaluates an expression of the user's, or raises InputError."""
    from pathlib import Path

    from sfnbook.history.recorded import read_history
    from sfnbook.recorded_run import replay

    source = arguments.words[0]
    text = unquote(source.removeprefix("@"))
    is_file = source.startswith("@") or Path(text).suffix == ".json"
    given: Any = Path(text) if is_file else value(variable(source) or source)
    name = arguments.option("machine")
    return replay(read_history(given), workspace.machine(name) if name is not None else None)
