"""A stepper: the commands of the debugger, as buttons, magics and the terminal give them.

Joins a run's debugger with going back: what is shown is the run as it stands, or an earlier moment of it, and going on
from an earlier moment makes a new run. Owns the commands' words; knows neither a page nor IPython.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from sfnbook.engine.events import FrameKey
from sfnbook.errors import InputError
from sfnbook.history.visits import Visit
from sfnbook.machine import StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.recorded_run import RecordedRun
from sfnbook.run import Run
from sfnbook.runs.forks import Moment, RepeatedCall
from sfnbook.runs.map_children import ChildRun
from sfnbook.runtime.breakpoints import breakpoint_of
from sfnbook.runtime.debugger import Debugger, Pause, Step
from sfnbook.values import Json, from_text, printable, to_text

COMMANDS: Final = {
    "into": "go to the next state, wherever it is; a task's answer stops too",
    "over": "go to the next state of this branch or iteration, or of the one around it",
    "out": "go to the next state after this branch or iteration",
    "continue": "go to the next breakpoint or to the end",
    "to STATE": "go to a state, or to the breakpoint before it",
    "back": "see the machine as it was before the last state was entered; again: one earlier",
    "at STATE|EVENT": "see the machine as it was before that state was last entered, or before an event",
    "now": "come back from there",
    "edit JSON|@FILE": "put another value in place of the one about to enter the state, or of the answer",
    "fail ERROR [CAUSE]": "let the task fail instead of its answer",
    "break [PLACE]": "stop there: Ship, Ship if $.n > 1, Ship item 2, error; without a place: list them",
    "unbreak PLACE": "stop there no more",
    "call": "let tasks be called when a recorded run goes on; before that they get their recorded answers",
    "reload": "go on from here with the machine's changed definition",
    "where": "say where it stands, with the value and the variables",
    "pause": "stop before the next thing that happens",
    "stop": "abort the run",
    "help": "this list",
}
"""Each command's form and what it does."""

ALIASES: Final = {
    "i": "into",
    "o": "over",
    "n": "over",
    "s": "into",
    "c": "continue",
    "b": "break",
    "u": "out",
    "w": "where",
}


_OF_PLACES: Final = frozenset({"to", "at", "break", "unbreak"})
"""Commands whose states may stand in quotes."""


class Stepper:
    """Steers one run; going on from an earlier moment makes another one, which is then ``run``.

    newest: gives the machine as it is defined now, for going on with a changed definition. shows: called when
    something else is to be shown.
    """

    def __init__(self, run: Run | RecordedRun, newest: Callable[[], StateMachine] | None = None) -> None:
        self.run: Run | RecordedRun = run
        self.past: Moment | None = None
        self.said = ""
        self.shows: list[Callable[[], None]] = []
        self.calls = False
        """Whether tasks are called when a recorded run goes on, instead of getting their recorded answers."""
        self._newest = newest or (lambda: self.run.machine)
        self._again: tuple[RepeatedCall, ...] = ()
        self._child: ChildRun | None = None

    def take(self, run: Run) -> None:
        """Steer another run from now on."""
        self.run, self.past, self.said = run, None, ""

    # ------------------------------------------------------------------------------------------------ what is shown
    @property
    def shown(self) -> Run | RecordedRun | Moment:
        """The run, or the earlier moment of it that was chosen."""
        return self.past if self.past is not None else self.run

    @property
    def _stepped(self) -> Run | RecordedRun | ChildRun:
        """Whose moment is shown: the run's, or that of a Map run's child."""
        return self._child if self._child is not None and self.past is not None else self.run

    @property
    def debugger(self) -> Debugger | None:
        """Who stops the run; None for one that was not started to be debugged."""
        return self.run.debugger

    @property
    def pause(self) -> Pause | None:
        """Where the shown machine stands; None while the run goes on and once it has ended."""
        if self.past is None:
            return self.debugger.where if self.debugger is not None else None
        line = self.past.line
        if line is None:
            call = next(iter(self.past.in_flight), None)
            frame: FrameKey = call.frame if call is not None else ()
            address, name = (call.address, call.name) if call is not None else ("", "")
            return Pause("waiting", frame, address, name, f"event {self.past.event}")
        return Pause("state", line.frame, line.address, line.name, f"event {self.past.event}", line.data)

    @property
    def past_event(self) -> int | None:
        """The event before which the shown machine stands; None for the run as it is."""
        return self.past.event if self.past is not None else None

    @property
    def item(self) -> str:
        """Which child of a Map run the shown moment is of, in words; "" for one of the run itself."""
        stepped = self._stepped
        return stepped.where if isinstance(stepped, ChildRun) else ""

    @property
    def debugged(self) -> bool:
        """Whether the run can be stopped."""
        return self.debugger is not None

    @property
    def can_back(self) -> bool:
        """Whether there is something to go back to now."""
        if self.past is not None:
            return self.past.event > len(self.run._raw_events[:2])
        return (self.run.done or self.pause is not None) and len(self.run._raw_events) > 1

    @property
    def stops(self) -> tuple[str, ...]:
        """The addresses of the states with breakpoints."""
        found = self.debugger.breakpoints if self.debugger is not None else ()
        return tuple(dict.fromkeys(stop.address for stop in found if stop.address is not None and not stop.once))

    @property
    def breakpoints(self) -> tuple[str, ...]:
        """The places where the run stops, as they were written."""
        found = self.debugger.breakpoints if self.debugger is not None else ()
        return tuple(stop.text for stop in found if not stop.once)

    @property
    def variables(self) -> dict[str, Json]:
        """The variables seen where the shown machine stands."""
        if self.past is not None:
            return self.past.variables
        pause = self.pause
        if pause is None or isinstance(self.run, RecordedRun):
            return {}
        execution = self.run._execution
        frames = [*execution.ready, *(call.frame for call in list(execution.calls.values()))]
        found = next((f for f in frames if f.key == pause.frame), execution.top)
        return dict(found.variables)

    @property
    def again(self) -> tuple[RepeatedCall, ...]:
        """The tasks that are called again when the run goes on from the earlier moment."""
        return self._again if self.past is not None else ()

    @property
    def redefined(self) -> bool:
        """Whether the machine has been defined anew since this run began."""
        return bool(self._newest()._definition.text != self.run.machine._definition.text)

    # ---------------------------------------------------------------------------------------------------- going on
    def step(self, step: Step) -> None:
        """Go on: into, over, out, or continue. From an earlier moment: as a new run."""
        self._present().go(step)
        self._show()

    def to(self, place: str) -> None:
        """Go on to a state, or to a breakpoint before it."""
        program = self.run.machine._program if self.past is None else self._newest()._program
        stop = breakpoint_of(place, program, self.run.machine.bindings.namespace, once=True)
        debugger = self._present()
        debugger.add(stop)
        debugger.go("continue")
        self._show()

    def edit(self, value: Any) -> None:
        """Put another value in place of the one about to enter the state, or of the answer."""
        self._present().edit(value)
        self._show()

    def fail(self, error: str, cause: str = "") -> None:
        """Let the task whose answer is held fail."""
        self._present().fail(error, cause)
        self._show()

    def halt(self) -> None:
        """Stop before the next thing that happens."""
        self._debugged().pause()
        self._show()

    def stop(self) -> None:
        """Abort the run."""
        self.past = None
        self.run.stop()
        if isinstance(self.run, Run):
            self.run._session.wait(5.0)
        self._show()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the run stands still or has ended; False when it still goes on after ``timeout`` seconds."""
        if self.debugger is not None:
            return self.debugger.wait(timeout)
        if isinstance(self.run, Run):
            return self.run._session.wait(timeout)
        return True

    def add(self, place: str) -> None:
        """Stop at a place."""
        debugger = self._debugged()
        debugger.add(breakpoint_of(place, self.run.machine._program, self.run.machine.bindings.namespace))
        self._show()

    def toggle(self, address: str) -> None:
        """Stop before a state, or no more: what a click beside it means."""
        debugger = self._debugged()
        there = [stop for stop in debugger.breakpoints if stop.address == address]
        for stop in there:
            debugger.remove(stop.text)
        if not there:
            debugger.add(breakpoint_of(address, self.run.machine._program))
        self._show()

    def remove(self, place: str) -> None:
        """Stop there no more."""
        self._debugged().remove(place)
        self._show()

    def reload(self) -> None:
        """Go on from here, as a new run, with the machine as it is defined now."""
        if not self.redefined:
            raise InputError(f"{self.run.machine.name} has not been defined anew since this run began.")
        event = self.past.event if self.past is not None else len(self.run._raw_events) + 1
        if self.past is None and self._debugged().where is None:
            raise InputError("The run is not paused: pause it, or go back to the state to go on from.")
        self._fork(event)
        self._show()

    def call(self) -> None:
        """Let tasks be called from now on when a recorded run, or one that went on from it, goes on from an earlier moment."""
        self.calls = True
        if self.past is not None:
            self._again = self._stepped.again(event=max(2, self.past.event), recorded=False)
        self.said = "From now on, going on from an earlier moment calls the tasks."
        self._show()

    # --------------------------------------------------------------------------------------------------- going back
    def back(self) -> None:
        """See the machine as it was before the last state was entered; from an earlier moment: one earlier."""
        self._may_look_back()
        stepped = self._stepped
        limit = self.past.event if self.past is not None else len(stepped._raw_events) + 1
        earlier = [visit for visit in stepped.visits if visit.id < limit]
        if not earlier and isinstance(stepped, ChildRun):  # before its beginning is the Map state that started it
            earlier = [visit for visit in self.run.visits if (visit.frame, visit.id) == stepped.visited]
            stepped = self.run
        if not earlier:
            raise InputError("This is the beginning: no state was entered before.")
        self._look(stepped, earlier[-1])

    def at(self, which: int | str | Visit) -> None:
        """See the machine as it was before an event, or before a state was entered (its last visit).

        Where a moment of a Map run's child is shown: another one of that child.
        """
        self._may_look_back()
        self._look(self._stepped, which)

    def inside(self, child: ChildRun, which: int | str | Visit) -> None:
        """See a Map run's child as it was before one of its events, or before one of its states was entered."""
        self._may_look_back()
        self._look(child, which)

    def _look(self, stepped: Run | RecordedRun | ChildRun, which: int | str | Visit) -> None:
        self.past = stepped.at(which)
        self._child = stepped if isinstance(stepped, ChildRun) else None
        self._again = stepped.again(event=max(2, self.past.event), recorded=not self.calls)
        self._show()

    def now(self) -> None:
        """Come back to the run as it is."""
        self.past = None
        self._show()

    def _may_look_back(self) -> None:
        if self.debugger is not None and self.debugger.where is None and not self.run.done:
            raise InputError("The run is going on: pause it before you go back.")

    def _present(self) -> Debugger:
        """Return the debugger of the run that goes on: of a new one where an earlier moment is shown."""
        if self.past is not None:
            return self._fork(self.past.event)
        return self._debugged()

    def _fork(self, event: int) -> Debugger:
        machine = self._newest()
        origin = self.run
        run = self._stepped.fork(
            event=max(2, event),
            definition=machine if self.redefined and (not isinstance(origin, RecordedRun) or origin.known) else None,
            wait=False,
            paused=True,
            breakpoints=[text for text in self.breakpoints if _fits(text, machine)],
            recorded=not self.calls,
        )
        gone = [text for text in self.breakpoints if not _fits(text, machine)]
        notes = [f"Going on as {run.name}; {origin.name} stays as it was."]
        notes += run.begun.misfits if run.begun is not None else []
        notes += [f"The breakpoint {text} fits no state any more." for text in gone]
        self.run, self.past, self.said = run, None, "\n".join(notes)
        assert run.debugger is not None
        run.debugger.wait(5.0)
        return run.debugger

    def _debugged(self) -> Debugger:
        if self.debugger is not None:
            return self.debugger
        raise InputError(
            f"{self.run.name} was not started to be debugged. Go back to one of its states, or start it so."
        )

    def _show(self) -> None:
        for show in list(self.shows):
            show()

    # ------------------------------------------------------------------------------------------------ in words
    def do(self, line: str) -> str:
        """Carry out a command written as text and return what to say at once ("" for nothing).

        Raises InputError for a command that cannot be carried out; then nothing has changed.
        """
        word, _, rest = line.strip().partition(" ")
        word, rest = ALIASES.get(word, word), rest.strip()
        if word in _OF_PLACES and len(rest) > 1 and rest[0] in "\"'" and rest[0] == rest[-1]:
            rest = rest[1:-1]
        self.said = ""
        match word:
            case "into" | "over" | "out" | "continue":
                self.step(word)
            case "to":
                self.to(_needed(rest, "to STATE"))
            case "back":
                self.back()
            case "at":
                place = _needed(rest, "at STATE|EVENT")
                self.at(int(place) if place.isdecimal() else place)
            case "now":
                self.now()
            case "edit":
                self.edit(_value(_needed(rest, "edit JSON|@FILE")))
            case "fail":
                error, _, cause = _needed(rest, "fail ERROR [CAUSE]").partition(" ")
                self.fail(error, cause)
            case "break" if rest:
                self.add(rest)
            case "break":
                return "\n".join(self.breakpoints) or "There is no breakpoint."
            case "unbreak":
                self.remove(_needed(rest, "unbreak PLACE"))
            case "call":
                self.call()
            case "reload":
                self.reload()
            case "pause":
                self.halt()
            case "stop":
                self.stop()
            case "where":
                pass
            case "help":
                return help_text()
            case _:
                raise InputError(f"There is no command {word}.\n{help_text()}")
        return self.said

    def words(self) -> str:
        """Return where the shown machine stands, with the value, the variables and what would be called again."""
        pause = self.pause
        if pause is None:
            state = "going on" if not self.run.done else self.run.status
            return printable(f"{self.run.name}: {state}")
        inside = f" of {self.item}" if self.item else ""
        past = f", as it was at event {self.past.event}{inside}" if self.past is not None else ""
        why = f" ({pause.reason})" if self.past is None else ""
        lines = [f"{self.run.name} paused {pause.words}{why}{past}"]
        if pause.error is not None:
            lines += [f"  cause: {_short(pause.cause or '')}"]
        elif pause.value is not ABSENT:
            lines += [f"  {'output' if pause.kind == 'answer' else 'input'}: {_short(to_text(pause.value))}"]
        lines += [f"  ${name} = {_short(to_text(value))}" for name, value in self.variables.items()]
        if self.past is not None and isinstance(self.run, RecordedRun) and not self.calls:
            lines += ["  going on from here uses the recorded answers; `call` lets the tasks be called"]
        if self.again:
            lines += ["  going on from here calls again:", *(f"    {text}" for text in self.again_words())]
        return printable("\n".join(lines))

    def again_words(self) -> list[str]:
        """Return the tasks that going on would call again, each with what answers it and how often it was called."""
        bound = {task.address: task.bound for task in self.run.machine.tasks()}
        return [
            f"{task.name} → {bound.get(task.address) or task.resource}{f' ({task.times} times)' if task.times > 1 else ''}"
            for task in self.again
        ]


def _fits(text: str, machine: StateMachine) -> bool:
    try:
        breakpoint_of(text, machine._program, machine.bindings.namespace)
    except InputError:
        return False
    return True


def _needed(rest: str, form: str) -> str:
    if rest:
        return rest
    raise InputError(f"Something is missing: {form}")


def _value(text: str) -> Json:
    """Return the value that JSON text means, or that a file holds (``@FILE``). Raises InputError."""
    if text.startswith("@"):
        path = Path(text[1:].strip().strip("\"'")).expanduser()
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as fault:
            raise InputError(f"The file {path} cannot be read: {fault}. Nothing was changed.") from None
    try:
        return from_text(text)
    except ValueError as fault:
        raise InputError(f"The value is no JSON: {fault}. Nothing was changed. A string needs double quotes.") from None


def _short(text: str, most: int = 200) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}…"


def help_text() -> str:
    """Return the commands and what they do."""
    width = max(len(form) for form in COMMANDS)
    return "\n".join(f"  {form:<{width}}  {words}" for form, words in COMMANDS.items())


def command_words() -> Sequence[str]:
    """Return the first word of each command."""
    return [form.split()[0] for form in COMMANDS]


def paused_runs(runs: Iterable[Run]) -> list[Run]:
    """Return the runs that stand still under a debugger."""
    return [run for run in runs if run.debugger is not None and run.debugger.where is not None]
