"""A debugger: stops a session before a state or an answer, shows and changes what is there, and lets it go on.

It is the session's gate: asked, on the driving thread, before each thing that would happen. While it is closed nothing
moves, no time passes and what arrives is kept. Everybody else gives orders, from any thread. Going back is not its
business: that is a replay of the journal (see `sfnbook.runs.forks`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sfnbook.engine.commands import SetInput, TaskFailed, TaskSucceeded
from sfnbook.engine.events import FrameKey
from sfnbook.engine.frame import Call, Frame
from sfnbook.errors import InputError
from sfnbook.language.definition import Address, name_at
from sfnbook.query.scope import ABSENT
from sfnbook.runtime.breakpoints import Breakpoint
from sfnbook.runtime.session import Session
from sfnbook.values import Json, checked_input, copy_of

Kind = Literal["state", "answer", "waiting"]
Step = Literal["into", "over", "out", "continue"]

STEPS: Final[tuple[Step, ...]] = ("into", "over", "out", "continue")


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a session stands still.

    kind: before entering a "state", before a task's "answer" counts, or "waiting" for something in flight. frame,
    address, name: the line and the state. reason: why here. value: what is about to enter the state, or the answer's
    output; ABSENT for a failure and where nothing is about to happen. error, cause: of an answer that is a failure.
    """

    kind: Kind
    frame: FrameKey
    address: Address
    name: str
    reason: str
    value: Json = ABSENT
    error: str | None = None
    cause: str | None = None

    @property
    def words(self) -> str:
        """Where it stands, in a few words."""
        match self.kind:
            case "state":
                return f"before {self.name}"
            case "answer" if self.error is not None:
                return f"at {self.name}'s failure, {self.error}"
            case "answer":
                return f"at {self.name}'s answer"
        return f"while {self.name} works" if self.name else "while it waits"


class Debugger:
    """Stops one session. ``breakpoints``: where; `add` and `remove` change them at any time.

    ``paused``: stop before the first state, for this ``reason``. Raises InputError when the session has a debugger already.
    """

    def __init__(
        self,
        session: Session,
        breakpoints: Iterable[Breakpoint] = (),
        *,
        paused: bool = True,
        reason: str = "the start",
    ) -> None:
        if session.gate is not None:
            raise InputError("This run is being debugged already: give the commands to that debugger.")
        self._session = session
        self.breakpoints: tuple[Breakpoint, ...] = tuple(breakpoints)
        self._step: Step = "into" if paused else "continue"
        self._reason = reason
        self._line: FrameKey = ()
        self._wanted = False
        self._leave: tuple[FrameKey, int] | None = None
        self._pause: Pause | None = None
        self._command: TaskSucceeded | TaskFailed | None = None
        self._going = True
        self._seen = 0
        self._change = threading.Condition()
        session.gate = self
        session.listen(self._look)

    # ----------------------------------------------------------------------------------------------- from outside
    @property
    def where(self) -> Pause | None:
        """Where the session stands still; None while it goes on and once it has ended."""
        pause = self._here
        return None if pause is None else replace(pause, value=copy_of(pause.value))

    @property
    def _here(self) -> Pause | None:
        return None if self._going or self._session.execution.done else self._pause

    def add(self, breakpoint: Breakpoint) -> None:
        """Stop there too; one with the same text takes its place."""
        self.breakpoints = (*(b for b in self.breakpoints if b.text != breakpoint.text), breakpoint)

    def remove(self, text: str) -> None:
        """Take a breakpoint away. Raises InputError when there is none with this text."""
        kept = tuple(b for b in self.breakpoints if b.text != text)
        if len(kept) == len(self.breakpoints):
            there = ", ".join(b.text for b in self.breakpoints)
            raise InputError(f"There is no breakpoint {text}." + (f" There are: {there}." if there else ""))
        self.breakpoints = kept

    def go(self, step: Step) -> None:
        """Go on: ``into`` the next state of any line, ``over`` to the next of this line (or of the one around it),
        ``out`` to the next of the line around this one, or ``continue`` to a breakpoint or the end.

        Raises InputError when it does not stand still.
        """
        line = self._standing().frame
        self._going = True
        self._session.order(lambda: self._resume(step, line))

    def pause(self) -> None:
        """Stop before the next thing that happens; at once when everything waits. Raises InputError after the end."""
        if self._session.execution.done:
            raise InputError("The run has ended: there is nothing to pause.")
        if self._here is None:
            self._session.order(self._halt)

    def edit(self, value: Any) -> None:
        """Put another value in place of the one about to enter the state, or of the task's answer.

        Raises InputError for what is no JSON or too large, and where there is nothing to edit.
        """
        pause = self._standing()
        data = checked_input(value, "value")
        if pause.kind == "waiting":
            raise InputError("There is nothing to edit: no value is about to enter a state. Step first.")
        self._change_to(lambda: self._put(pause, data))

    def fail(self, error: str, cause: str = "") -> None:
        """Let the task fail instead of its answer. Raises InputError where no answer is held."""
        pause = self._standing()
        if pause.kind != "answer":
            raise InputError("Only a task's answer can be a failure: step to the answer first.")
        self._change_to(lambda: self._put_failure(pause, error, cause))

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it stands still or has ended; False when ``timeout`` seconds went by first."""
        with self._change:
            return self._change.wait_for(lambda: not self._going or self._session.execution.done, timeout)

    def _standing(self) -> Pause:
        pause = self._here
        if pause is not None:
            return pause
        if self._session.execution.done:
            raise InputError("The run has ended: there is nothing to step through. Go back, or start it again.")
        raise InputError("The run is going on: pause it first.")

    def _change_to(self, change: Callable[[], None]) -> None:
        """Carry out a change on the driving thread and wait for it, so that what is shown next is the new value."""
        done = threading.Event()

        def order() -> None:
            change()
            done.set()

        self._session.order(order)
        done.wait(5.0)

    # --------------------------------------------------------------------------- as the gate, on the driving thread
    @property
    def closed(self) -> bool:
        """Whether nothing may happen now."""
        return self._pause is not None

    def lets_move(self, frame: Frame) -> bool:
        """Say whether a line may enter its next state now."""
        here = (frame.key, self._session.execution.transitions)
        if self._leave == here:
            self._leave = None
            return True
        reason = self._why_before(frame)
        if reason is None:
            return True
        state = frame.state
        assert state is not None
        self._stop(Pause("state", frame.key, state.address, state.name, reason, frame.data))
        return False

    def lets_answer(self, command: TaskSucceeded | TaskFailed, call: Call) -> bool:
        """Say whether a task's answer may count now; if not, it is kept here."""
        if call.kind != "task":
            return True
        failure = command if isinstance(command, TaskFailed) else None
        reason = self._why_at(call.frame_key)
        if reason is None and failure is not None:
            stop = next((b for b in self.breakpoints if b.stops_at(failure.error)), None)
            reason = f"breakpoint {stop.text}" if stop is not None else None
        if reason is None:
            return True
        self._command = command
        self._stop(_answered(command, call, reason))
        return False

    def _why_before(self, frame: Frame) -> str | None:
        for stop in self.breakpoints:
            reason = stop.stops(frame)
            if reason is not None:
                if stop.once:
                    self.breakpoints = tuple(b for b in self.breakpoints if b is not stop)
                return reason
        return self._why_at(frame.key) or self._why_error(frame)

    def _why_at(self, key: FrameKey) -> str | None:
        """Return the reason to stop in a line that lies in the step that was asked for, or in any after `pause`."""
        line = self._line
        around = line[: len(key)] == key
        match self._step:
            case "into":
                return self._reason
            case "over" if around:
                return self._reason
            case "out" if around and len(key) < len(line):
                return self._reason
        return "paused" if self._wanted else None

    def _why_error(self, frame: Frame) -> str | None:
        """Return the reason to stop because something failed that was no task's answer, or is just about to."""
        stops = [b for b in self.breakpoints if b.error is not None]
        events = self._session.execution.events
        seen, self._seen = self._seen, len(events)
        if not stops:
            return None
        for event in events[seen:]:
            if event.type == "EvaluationFailed" or event.type.endswith("TimedOut"):
                error = event.detail.get("error")
                if any(stop.stops_at(error) for stop in stops):
                    return f"{error} in {event.detail.get('state') or name_at(event.address)}"
        state = frame.state
        if (
            state is not None
            and state.type == "Fail"
            and any(stop.stops_at(state.source.get("Error")) for stop in stops)
        ):
            return "about to fail"
        return None

    def _stop(self, pause: Pause) -> None:
        self._wanted = False
        self._step = "continue"
        with self._change:
            self._pause, self._going = pause, False
            self._change.notify_all()

    def _resume(self, step: Step, line: FrameKey) -> None:
        pause, command = self._pause, self._command
        self._pause = self._command = None
        self._step, self._line, self._reason = step, line, "step"
        self._seen = len(self._session.execution.events)
        if command is not None:
            self._session.conclude(command)
        elif pause is not None and pause.kind == "state":
            self._leave = (pause.frame, self._session.execution.transitions)

    def _halt(self) -> None:
        if self._pause is not None:
            return
        execution = self._session.execution
        self._wanted = True
        if not any(frame.state is not None for frame in execution.ready):
            call = next(iter(execution.calls.values()), None)
            frame, address, name = (call.frame_key, call.address, call.name) if call is not None else ((), "", "")
            self._stop(Pause("waiting", frame, address, name, "paused"))

    def _put(self, pause: Pause, data: Json) -> None:
        if self._pause is not pause:
            return
        if pause.kind == "state":
            self._session.apply(lambda at: SetInput(at, pause.frame, data))
        elif self._command is not None:
            self._command = TaskSucceeded(self._command.at, self._command.call, data)
        self._pause = replace(pause, value=data, error=None, cause=None)

    def _put_failure(self, pause: Pause, error: str, cause: str) -> None:
        if self._pause is pause and self._command is not None:
            self._command = TaskFailed(self._command.at, self._command.call, error, cause)
            self._pause = replace(pause, value=ABSENT, error=error, cause=cause)

    def _look(self) -> None:
        if self._session.execution.done:
            with self._change:
                self._going = False
                self._change.notify_all()


def _answered(command: TaskSucceeded | TaskFailed, call: Call, reason: str) -> Pause:
    where = ("answer", call.frame_key, call.address, call.name, reason)
    if isinstance(command, TaskFailed):
        return Pause(*where, error=command.error, cause=command.cause)  # type: ignore[arg-type]  # a tuple's first is a Kind
    return Pause(*where, value=command.output)  # type: ignore[arg-type]  # as above
