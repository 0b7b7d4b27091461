"""A run: one execution of a machine, what it shows and how it is steered. Half of the public API; see `machine`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID
from weakref import ref

from sfnbook.engine.commands import TaskFailed, TaskSucceeded
from sfnbook.engine.distributed_map.children import known
from sfnbook.engine.distributed_map.map_run import ChildResult
from sfnbook.engine.events import Event
from sfnbook.engine.execution import Execution
from sfnbook.engine.journal import Journal, recall
from sfnbook.engine.redrive import not_redrivable_reason
from sfnbook.errors import InputError, TaskError
from sfnbook.history.aws import wire_history, wire_map_run
from sfnbook.history.mock_config import mock_config
from sfnbook.history.visits import Visit, Visits, note
from sfnbook.query.scope import ABSENT
from sfnbook.runs.base_run import BaseRun
from sfnbook.runs.billing import retries
from sfnbook.runs.forks import ANSWERS, Beginning, Fork, Moment, RepeatedCall, back, fork
from sfnbook.runs.map_children import AnyMapRun, ChildRun, figures, of_state, results_of, worth_showing
from sfnbook.runs.run_from_events import entered, was_in
from sfnbook.runtime.clock import Clock, make_clock
from sfnbook.runtime.debugger import Debugger
from sfnbook.runtime.session import Session
from sfnbook.tasks import start_execution
from sfnbook.tasks.aws.datasets.buckets import Store
from sfnbook.tasks.callbacks import Pending
from sfnbook.tasks.faults import Fault, faulty
from sfnbook.tasks.mocks import Script, save_config
from sfnbook.tasks.recorded_answers import RecordedAnswers
from sfnbook.tasks.registry import Registry
from sfnbook.tasks.resolve import answerable, resolver
from sfnbook.values import Json, checked_input, copy_of, printable, to_text
from sfnbook.widget.pictures import RunPictures

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine, Written

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"
"""Where everything is here: both are made up."""


class Run(RunPictures, BaseRun):
    """One execution of a machine, running or ended. Everything it shows is read from its events."""

    _machine: StateMachine

    def __init__(
        self,
        machine: StateMachine,
        data: Json,
        registry: Registry,
        number: int,
        *,
        store: Store,
        scripts: Mapping[str, Script],
        clock: str | Clock,
        seed: int,
        name: str | None,
        threads: bool,
        parent: Run | None,
        faults: Sequence[Fault] = (),
        begun: Fork | None = None,
    ) -> None:
        self._machine = machine
        self._number = number
        self._name = name or f"{machine.name}-run-{number}"
        self._parent = parent
        self._waited_for = False
        """Whether a cell or a parent's task that started it waits for its end before going on."""
        self._all_answers_given = False
        """Whether no answer comes from outside but those that ``answers`` gave: a callback without one waits for its timeout."""
        self._children: list[Run] = []
        self._caller: int | None = None
        ticking = make_clock(clock)
        self._clock = ticking.name
        arn = self.arn
        names = {
            "execution_arn": arn,
            "execution_name": self.name,
            "machine_arn": machine.arn,
            "machine_name": machine.name,
            "role_arn": f"arn:aws:iam::{ACCOUNT}:role/sfnbook",
        }
        journal = Journal(data, ticking.now(False), seed, names) if begun is None else begun.journal
        resolve = faulty(resolver(self, registry, store, scripts), faults, seed)
        started = begun.execution if begun is not None else None
        self._session = Session(
            machine._program,
            journal,
            clock=ticking,
            resolve=resolve,
            threads=threads,
            execution=started,
            answerable=answerable(self),
        )
        self._debugger: Debugger | None = None
        self._begun = begun
        self._answering = (registry, store, dict(scripts))
        self._faults = tuple(faults)
        self._seen = 0
        self._lock = threading.Lock()
        start_execution.executions[arn] = self
        if parent is not None:
            parent._children.append(self)

    @property
    def machine(self) -> StateMachine:
        """The machine it is a run of."""
        return self._machine

    @property
    def number(self) -> int:
        """1 for the machine's first run."""
        return self._number

    @property
    def parent(self) -> Run | None:
        """The run that started it, None where a person or a program did."""
        return self._parent

    @property
    def caller(self) -> int | None:
        """The parent's visit that started it, by its id; None without a parent and where that visit is a child execution's."""
        return self._caller

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What goes wrong in its tasks; a fork of it keeps them."""
        return self._faults

    @property
    def begun(self) -> Beginning | None:
        """How it began, for a run that went on from another; else None."""
        return None if self._begun is None else Beginning(tuple(self._begun.again), tuple(self._begun.misfits))

    @property
    def debugger(self) -> Debugger | None:
        """What stops and steps it; None for a run that is not debugged."""
        return self._debugger

    @property
    def children(self) -> list[Run]:
        """The runs that it started, in their order."""
        return list(self._children)

    @property
    def blocking(self) -> bool:
        """Whether a person or a program stands still until it ends: then nobody there can answer its tasks."""
        return self._waited_for and (self.parent is None or self.parent.blocking)

    # ------------------------------------------------------------------------------------------------- its result
    @property
    def arn(self) -> str:
        """The execution's ARN; an Express one ends in an id of its own."""
        place = f"arn:aws:states:{REGION}:{ACCOUNT}"
        if self.machine.type == "EXPRESS":
            return f"{place}:express:{self.machine.name}:{self.name}:{UUID(int=self.number, version=4)}"
        return f"{place}:execution:{self.machine.name}:{self.name}"

    @property
    def _execution(self) -> Execution:
        """The engine's execution; read only."""
        return self._session.execution

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return self._execution.status

    @property
    def done(self) -> bool:
        """True once it has ended."""
        return self._execution.done

    @property
    def input(self) -> Json:
        """The execution's input."""
        return copy_of(self._execution.input)

    @property
    def output(self) -> Json:
        """The output of a run that succeeded, else None."""
        return copy_of(self._execution.output)

    @property
    def error(self) -> str | None:
        """The Error of a run that failed."""
        return self._execution.error

    @property
    def cause(self) -> str | None:
        """The Cause of a run that failed."""
        return self._execution.cause

    @property
    def seconds(self) -> float:
        """How long it took, or has taken so far, in seconds on the machine's clock."""
        execution = self._execution
        return (execution.stopped_at if execution.stopped_at is not None else execution.now) - execution.started_at

    @property
    def transitions(self) -> int:
        """State transitions so far, retries included, as Standard workflows are billed."""
        return self._execution.transitions + sum(map(retries, self.visits))

    @property
    def _raw_events(self) -> tuple[Event, ...]:
        """The history so far as it is kept."""
        return tuple(self._execution.events)

    @property
    def visits(self) -> list[Visit]:
        """Each stay in a state so far, in the order of entry, with attempts, logs and data."""
        with self._lock:
            self._feed()
            found = list(self._visits.all)
        for visit in found:
            self._add_logs(visit)
            self._say_failure(visit)
        return found

    @cached_property
    def _visits(self) -> Visits:
        place = self._session.journal.place
        return Visits(place.variables if place is not None else None)

    def _feed(self) -> None:
        """Bring the visits up to the events; the lock is held."""
        events = self._execution.events
        end = len(events)
        if end > self._seen:
            self._visits.feed(events[self._seen : end])
            self._seen = end

    def _add_logs(self, visit: Visit) -> None:
        for attempt in visit.attempts:
            log = self._session.logs.get((visit.frame, visit.id, attempt.number - 1))
            if log is not None:
                note(attempt, logs=log.text, traceback=log.traceback)

    def _names_seen(self) -> dict[str, Json]:
        execution = self._execution
        return {"Execution": execution.context_execution, "StateMachine": execution.context_machine}

    def _known(self) -> tuple[Sequence[Visit], Any]:
        with self._lock:
            self._feed()
            return self._visits.all, (self._seen, self.status)

    def describe(self) -> dict[str, Any]:
        """Return the run in DescribeExecution's shape (texts for input and output, dates aware, UTC)."""
        execution = self._execution
        wire: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": execution.status,
            "startDate": _date(execution.started_at),
            "input": to_text(execution.input),
            "inputDetails": {"included": True},
            "redriveCount": execution.redrives,
            "redriveStatus": "REDRIVABLE",
        }
        if execution.stopped_at is not None:
            wire["stopDate"] = _date(execution.stopped_at)
        if execution.status == "SUCCEEDED":
            wire["output"] = to_text(execution.output)
            wire["outputDetails"] = {"included": True}
        for key, value in (("error", execution.error), ("cause", execution.cause)):
            if value is not None:
                wire[key] = value
        reason = not_redrivable_reason(execution)
        if reason is not None:
            wire |= {"redriveStatus": "NOT_REDRIVABLE", "redriveStatusReason": reason}
        if execution.redrives:
            wire["redriveDate"] = _date(max(e.at for e in execution.events if e.type == "ExecutionRedriven"))
        return wire

    def history(self) -> list[dict[str, Any]]:
        """Return the history as GetExecutionHistory's ``events``."""
        return wire_history(self._raw_events)

    def map_runs(self) -> list[dict[str, Any]]:
        """Return its Map runs, in the order they started, each in DescribeMapRun's shape."""
        return [wire_map_run(run) for run in self._execution.map_runs]

    def describe_map_run(self, arn: str) -> dict[str, Any]:
        """Return one Map run in DescribeMapRun's shape. Raises InputError when there is none with this ARN."""
        for run in self._execution.map_runs:
            if run.arn == arn:
                return wire_map_run(run)
        raise InputError(f"Map Run does not exist: '{arn}'")

    def child(self, state: str | int, number: int) -> ChildRun:
        """Return the child execution ``number`` (from 0, in the order of items) of a distributed Map, as a run.

        state: the Map's name, for its last Map run, the Map run's ARN, or its place in `map_runs`. A child whose history was not kept is found
        by a replay of the run with the answers it got: nobody is called. Raises InputError for one that never began.
        """
        run = of_state(self._execution.map_runs, state)
        if run is None:
            raise InputError(f"{self.name} has no Map run of {state}.")
        found = next((child for child in known(run) if child.number == number), None)
        if found is None:
            found = recall(self.machine._program, self._session.journal.copy(), run.arn, number)
        if found is None:
            raise InputError(f"Child {number} of {state} never began; the Map run has {run.total:,} items.")
        return ChildRun(self, run, found, logs=self._session.logs)

    def map_children(self, most: int) -> list[ChildRun]:
        """Return some of the children of its Map runs: at most so many of each, the unsuccessful first."""
        return [
            ChildRun(self, run, child, logs=self._session.logs)
            for run in list(self._execution.map_runs)
            for child in worth_showing(run, most)
        ]

    def map_figures(self) -> dict[str, dict[str, int]]:
        """Return how many items of each distributed Map are done, failed, running and there, by the state's address."""
        return figures(list(self._execution.map_runs))

    def _map_runs(self) -> Sequence[AnyMapRun]:
        return list(self._execution.map_runs)

    def _results(self, run: AnyMapRun) -> list[ChildResult]:
        return results_of(run, self.machine._program, self._session.journal.copy())

    def mocks(self, test_case: str = "Recorded", *, save: str | Path | None = None) -> dict[str, Any]:
        """Return what its tasks answered as a mock configuration: the content of a MockConfigFile.json.

        save: a file to write it to; one that is there already keeps its other machines and test cases. Raises
        InputError when the file cannot be read or written.
        """
        config = mock_config(self.machine._program, self._session.journal, self.machine.name, test_case)
        if save is not None:
            save_config(config, save)
        return config

    # ------------------------------------------------------------------------------------------------ steering it
    def tasks_waiting(self, timeout: float = 0.0) -> list[Pending]:
        """Return the tasks that wait for somebody outside: callbacks that were sent out, activities without answer.

        timeout: how many seconds to wait, in real time, until there is one or the run has ended.
        """
        until = time.monotonic() + timeout
        while not self._session.waiting() and time.monotonic() < until and not self._session.wait(0.01):
            pass
        calls = {(call.frame_key, call.entered_id): call for call in self._session.waiting()}
        found = []
        for visit in self.visits if calls else ():
            call = calls.get((visit.frame, visit.id))
            if call is not None and call.token is not None:
                since = visit.attempt.start if visit.attempt is not None else visit.start
                found.append(Pending(visit.name, call.token, since, copy_of(call.arguments), visit.id))
        return found

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Abort it (StopExecution); nothing happens when it has ended."""
        self._session.stop(error, cause)

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until it has ended, at most ``timeout`` seconds. Returns self. An interrupt leaves it running."""
        self._session.wait(timeout)
        return self

    def redrive(self, *, wait: bool = True) -> Run:
        """Go on from the unsuccessful states (RedriveExecution); what had succeeded stays. Returns self.

        Raises InputError for a run that succeeded, still runs, or is of an Express machine.
        """
        if self.machine.type == "EXPRESS":
            raise InputError("An Express execution cannot be redriven; run it again.")
        reason = not_redrivable_reason(self._execution)
        if reason is not None:
            raise InputError(reason)
        self._session.redrive()
        self._waited_for = wait
        if wait:
            self._session.drive()
        else:
            self._session.start()
        return self

    def at(self, which: int | str | Visit) -> Moment:
        """Return the run as it was before an event: given by its id, or as a visit or a state's name (its last visit).

        Raises InputError for one that was not.
        """
        event = which if isinstance(which, int) else was_in(self, which).id
        if not 1 <= event <= len(self._execution.events):
            raise InputError(f"{self.name} has no event {event}: it has {len(self._execution.events):,}.")
        session = self._session
        execution, _ = back(self.machine._program, session.journal, event)
        return Moment.of(
            self.machine,
            execution,
            event,
            name=self.name,
            arn=self.arn,
            context=self._names_seen(),
            logs=session.logs,
            clock=self.clock,
            begins_with=session.journal.place.variables if session.journal.place is not None else None,
        )

    def fork(
        self,
        visit: int | str | Visit | None = None,
        *,
        event: int | None = None,
        input: Any = ABSENT,
        answer: Any = ABSENT,
        bind: Mapping[str, Any] | None = None,
        definition: Written | StateMachine | None = None,
        wait: bool = True,
        threads: bool = False,
        name: str | None = None,
        breakpoints: Iterable[str] | None = None,
        paused: bool = False,
        inside: ChildRun | None = None,
        recorded: bool = True,
    ) -> Run:
        """Go on from an earlier point as a new run on a virtual clock; this one stays as it is. Returns the new run.

        visit: the visit to begin with, a state's name, or the id of one of its events. event: any other point, before
        this event. input: what enters the visit's state instead. answer: what its task answers instead, a value or a
        TaskError. bind: other functions. definition: a changed one; where it does other things before that point, the
        run begins at the visit's state, and ``run.begun.misfits`` says why. ``run.begun.again`` names the calls that
        are made again: `again` tells them before. inside: the point is one of this child of a Map run (see
        `ChildRun.fork`). recorded: of a run that itself went on from a recorded one (`RecordedRun.fork`): the recorded answers
        are used again from that point on; False: tasks are called. Raises InputError for a point that does not exist or cannot
        be begun at.
        """
        at, seen = self._point(visit, event, answered=answer is not ABSENT, inside=inside)
        machine = self._changed(definition)
        journal = self._session.journal
        begun = fork(
            self.machine._program,
            journal,
            self._execution.events,
            at,
            onto=machine._program,
            visit=seen,
            input=input if input is ABSENT else checked_input(input, "input"),
            answer=reply(answer),
            child=inside.key if inside is not None else None,
        )
        return machine._begin(
            begun, self, bind=bind, wait=wait, threads=threads, name=name, breakpoints=breakpoints, paused=paused,
            recorded=self._recorded_after(begun, machine, recorded),
        )  # fmt: skip

    def _recorded_after(self, begun: Fork, machine: StateMachine, wanted: bool) -> RecordedAnswers | None:
        """Return what a run that goes on from a fork is answered by, where this one is answered by a recorded run; else None."""
        registry = self._answering[0]
        if not isinstance(registry, RecordedAnswers):
            return None
        parent = None if machine is self.machine else machine.bindings
        if not wanted:
            return registry.without(parent)
        answered = {
            entry.command.call
            for entry in begun.journal.entries
            if isinstance(entry.command, (TaskSucceeded, TaskFailed))
        }
        return registry.going_on(answered, parent)

    def again(
        self,
        visit: int | str | Visit | None = None,
        *,
        event: int | None = None,
        inside: ChildRun | None = None,
        recorded: bool = True,
    ) -> tuple[RepeatedCall, ...]:
        """Return the tasks that would be called again when a fork went on from there; `fork`'s ``recorded`` being this."""
        at, _ = self._point(visit, event, answered=False, inside=inside)
        child = inside.key if inside is not None else None
        begun = fork(self.machine._program, self._session.journal, self._execution.events, at, child=child)
        registry = self._recorded_after(begun, self.machine, recorded)
        known = registry.states if registry is not None else frozenset[str]()
        return tuple(one for one in begun.again if one.name not in known)

    def _point(
        self, which: int | str | Visit | None, event: int | None, *, answered: bool, inside: ChildRun | None = None
    ) -> tuple[int, Visit | None]:
        """Return the event before which a fork begins, and the visit whose entry or answer it is."""
        told = self if inside is None else inside
        last = len(told._raw_events) + 1
        if event is not None:
            if not 1 < event <= last:
                raise InputError(f"{told.name} has no event {event} to go back to: choose one from 2 to {last}.")
            visit = entered(told.visits, event)
        elif which is None:
            raise InputError("Say from where: a visit, a state's name, or event=... (the history's ids).")
        else:
            visit = was_in(told, which)
            event = visit.id
            if answered:
                ends = [id for id in visit.events if told._raw_events[id - 1].type in ANSWERS]
                if not ends and visit.end is not None:
                    raise InputError(f"{visit.name} is a {visit.type} state: no task answered there.")
                event = ends[-1] if ends else last
        return event, visit if inside is None or visit is None else inside.outward(visit)

    def _changed(self, definition: Written | StateMachine | None) -> StateMachine:
        old: StateMachine = self.machine
        if definition is None:
            return old
        kind = type(old)  # StateMachine itself is a floor below
        if isinstance(definition, kind):
            return definition
        changed = kind(cast("Written", definition), name=old.name, type=old.type)
        changed._bindings = Registry(parent=old.bindings)
        changed._store, changed._runs = old.store, old.runs
        return changed

    def send_task_success(self, token: str, output: Json = None) -> None:
        """Answer the task that waits for ``token``. Raises InputError when none does."""
        self._session.succeed(token, checked_input(output, "output"))

    def send_task_failure(self, token: str, error: str | None = None, cause: str | None = None) -> None:
        """Fail the task that waits for ``token``. Raises InputError when none does."""
        self._session.fail(token, error, cause)

    def send_task_heartbeat(self, token: str) -> None:
        """Say that the work for ``token`` goes on. Raises InputError when no task waits for it."""
        self._session.heartbeat(token)

    def add_listener(self, listener: Callable[[Run], None]) -> None:
        """Call ``listener(run)`` after every change, on the driving thread; one that raises is detached."""
        me = ref(self)

        def heard() -> None:
            run = me()
            if run is not None:
                listener(run)

        self._session.listen(heard)

    def __str__(self) -> str:
        """The run in words, as a terminal shows it: status, path, output or error."""
        from sfnbook.text.run_text import run_text  # loads the view: only when somebody prints a run

        return run_text(self)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        from sfnbook.widget.mimebundle import run_bundle  # as above

        return run_bundle(self)

    def _display_(self) -> Any:  # marimo's
        from sfnbook.widget.mimebundle import live_widget

        return live_widget(self.machine, self)

    def __repr__(self) -> str:
        result = ""
        if self.status == "SUCCEEDED":
            result = f" -> {_short(self.output)}"
        elif self.error is not None:
            result = f": {self.error}"
        return printable(f"<Run {self.name} {self.status}{result}>")


def _short(value: Json) -> str:
    text = to_text(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _date(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def reply(answer: Any) -> TaskSucceeded | TaskFailed | None:
    """Return the command that gives an answer, a value or a TaskError, to a fork's task; None for ABSENT.

    Raises InputError for what is no JSON or larger than 256 KiB.
    """
    if answer is ABSENT:
        return None
    if isinstance(answer, TaskError):
        return TaskFailed(0.0, 0, answer.error, answer.cause)
    return TaskSucceeded(0.0, 0, checked_input(answer, "answer"))
