"""A recorded run: a history from AWS or from a file, shown as a run is, and gone on with here from any point.

Task results that were recorded are reused up to that point; what comes after is answered by the machine's bindings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sfnbook.engine.commands import TaskFailed, TaskSucceeded
from sfnbook.engine.events import Event
from sfnbook.engine.execution import Execution, StartPoint
from sfnbook.engine.journal import Journal, start
from sfnbook.errors import DefinitionError, InputError, TaskError
from sfnbook.history.recorded import agreement, placed, read_history, recorded_journal, seen_definition
from sfnbook.history.visits import FAILED, RUNNING, Visit
from sfnbook.machine import SeenMachine, StateMachine
from sfnbook.query.scope import ABSENT
from sfnbook.run import Run, reply
from sfnbook.runs.forks import ANSWERS, Fork, Line, Moment, RepeatedCall, called_again, called_from, fork, planted
from sfnbook.runs.run_from_events import RunFromEvents, entered, was_in
from sfnbook.runtime.task import Scripted
from sfnbook.tasks.recorded_answers import Place
from sfnbook.values import Json, checked_input
from sfnbook.widget.pictures import RunPictures


def replay(history: Any, machine: StateMachine | None = None, *, name: str = "recorded") -> RecordedRun:
    """Return a recorded run. ``history``: events, a path, JSON text, or GetExecutionHistory's answer (or its pages).

    machine: the one it is of; without one, a machine is made from the history: to look at, not to go on with. Raises
    InputError for what is no whole history or of another machine.
    """
    events = (
        history if isinstance(history, list) and history and isinstance(history[0], Event) else read_history(history)
    )
    known = machine is not None
    if machine is None:
        try:
            machine = SeenMachine(seen_definition(events), name=name)
        except DefinitionError as fault:
            raise InputError(f"No machine can be made from this history; name the one it is of. {fault}") from None
    return RecordedRun(machine, placed(events, machine._definition), name=name, known=known)


class RecordedRun(RunPictures, RunFromEvents):
    """A run that was recorded. Has a run's names for reading, going back and forking; nothing of it runs here."""

    def __init__(self, machine: StateMachine, events: Sequence[Event], *, name: str, known: bool, **more: Any) -> None:
        super().__init__(machine, events, name=name, **more)
        self._known_machine = known
        self._replayed: tuple[int, tuple[Journal, Execution]] | None = None

    @property
    def known(self) -> bool:
        """Whether the machine it is of was named, rather than made from the history."""
        return self._known_machine

    @property
    def children(self) -> list[Run]:
        """None: what a recorded run started is not known."""
        return []

    def at(self, which: int | str | Visit) -> Moment:
        """Return the run as it was before an event, a visit, or a state's last visit."""
        event = which if isinstance(which, int) else was_in(self, which).id
        if not 1 < event <= len(self._raw_events):
            raise InputError(
                f"{self.name} has no event {event} to go back to: choose one from 2 to {len(self._raw_events):,}."
            )
        visit = next((v for v in self.visits if v.id == event), None)
        lines = (
            [Line(visit.frame, visit.address, visit.name, visit.input, visit.variables)] if visit is not None else []
        )
        at = self._raw_events[event - 1].at
        return Moment(
            self.machine, self._raw_events[: event - 1], event=event, at=at, lines=lines, name=self.name, arn=self.arn
        )  # fmt: skip

    def again(
        self, visit: int | str | Visit | None = None, *, event: int | None = None, recorded: bool = True
    ) -> tuple[RepeatedCall, ...]:
        """Return the tasks that would be called again when a fork went on from there, `fork`'s ``recorded`` being this."""
        at, seen = self._point(visit, event, answered=False)
        found = called_again(self._fork(at, seen, ABSENT, None).execution, called_from(self._raw_events, at))
        known = {name for name, _ in self._answers_after(at - 1)} if recorded else set[str]()
        return tuple(one for one in found if one.name not in known)

    def fork(
        self,
        visit: int | str | Visit | None = None,
        *,
        event: int | None = None,
        input: Any = ABSENT,
        answer: Any = ABSENT,
        definition: Any = None,
        recorded: bool = True,
        **options: Any,
    ) -> Run:
        """Go on from a point of the history as a run here; see `Run.fork`, also for the other options.

        recorded: tasks get the answers that were recorded after that point, and nobody is called for them; what the recording
        does not know, and what ``bind`` names, is answered by the machine's bindings. False: all are called.
        Raises InputError without a machine, and where this machine did other things before that point and the state
        cannot be entered by itself.
        """
        if not self._known_machine:
            raise InputError(
                "A history alone cannot go on: name the machine it is of (%sfn_replay FILE --machine NAME)."
            )
        at, seen = self._point(visit, event, answered=answer is not ABSENT)
        machine = self.machine if definition is None else _changed(self.machine, definition)
        data = input if input is ABSENT else checked_input(input, "input")
        begun = self._fork(at, seen, data, reply(answer), machine)
        if recorded:
            options["recorded"] = self._answers_after(at if answer is not ABSENT else at - 1)
        return machine._begin(begun, None, **options)

    def __str__(self) -> str:
        """The run in words, as `Run` has them."""
        from sfnbook.text.run_text import run_text  # loads the view: only when somebody prints a run

        return run_text(self)

    def _answers_after(self, event: int) -> dict[Place, list[Scripted]]:
        """Return what tasks were answered after an event, by state and branch or iteration."""
        found: dict[Place, list[Scripted]] = {}
        for visit in self.visits:
            if visit.type != "Task":
                continue
            before = sum(1 for id in visit.events if id <= event and self._raw_events[id - 1].type in ANSWERS)
            for attempt in visit.attempts[before:]:
                if attempt.end is None or attempt.status == RUNNING:
                    continue
                outcome: Any = None if attempt.output is ABSENT else attempt.output
                if attempt.status == FAILED:
                    outcome = TaskError(attempt.error or "", attempt.cause or "")
                place = visit.name, tuple(index for _, index in visit.frame)
                found.setdefault(place, []).append(Scripted(outcome, max(0.0, attempt.end - attempt.start)))
        return found

    @property
    def _journal_and_execution(self) -> tuple[Journal, Execution]:
        if self._replayed is None or self._replayed[0] != len(self._raw_events):
            self._replayed = len(self._raw_events), recorded_journal(self.machine._program, self._raw_events)
        return self._replayed[1]

    def _fork(
        self,
        at: int,
        visit: Visit | None,
        input: Json,
        answer: TaskSucceeded | TaskFailed | None,
        machine: StateMachine | None = None,
    ) -> Fork:
        journal, execution = self._journal_and_execution
        onto = machine._program if machine is not None else self.machine._program
        alike = agreement(self._raw_events, execution.events)
        if alike >= at - 1:
            return fork(
                self.machine._program, journal, execution.events, at, onto=onto, visit=visit, input=input, answer=answer
            )  # fmt: skip
        why = f"Here the machine does something else from event {alike + 1} on ({self._raw_events[alike].type})."
        if answer is not None or visit is None or visit.input is ABSENT:
            raise InputError(f"{why} Choose a visit of the top level whose input was recorded, to begin there.")
        begun = start(self.machine._program, journal)
        found = planted(Fork(self.machine._program, begun, journal), onto, visit, why)
        if input is not ABSENT:
            place = StartPoint(visit.name, input, dict(visit.variables))
            found.journal.place = place
            found.execution = start(onto, found.journal)
        found.again = called_again(found.execution, called_from(self._raw_events, at))
        return found

    def _point(self, which: int | str | Visit | None, event: int | None, *, answered: bool) -> tuple[int, Visit | None]:
        if event is not None:
            return event, entered(self.visits, event)
        if which is None:
            raise InputError("Say from where: a visit, a state's name, or event=... (the history's ids).")
        visit = was_in(self, which)
        ends = [id for id in visit.events if self._raw_events[id - 1].type in ANSWERS]
        return (ends[-1] if answered and ends else visit.id), visit


def _changed(machine: StateMachine, definition: Any) -> StateMachine:
    if isinstance(definition, StateMachine):
        return definition
    changed = SeenMachine(definition, name=machine.name, type=machine.type)
    changed._bindings, changed._store, changed._runs = machine.bindings, machine.store, machine.runs
    return changed
