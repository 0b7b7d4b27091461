"""The semantics of the States Language: commands in, events out. Knows no clock, thread, network or random source.

The eight states differ only in the middle: enter -> work -> finish. Retry, Catch, timeouts and data flow are written
once, here. A frame that cannot go on waits in one of four ways: a sleep or a backoff (a timer), a call (answered by
a command with its id), a join (its children). `advance` is a tight loop over the frames that are ready.
"""

from __future__ import annotations

import heapq
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from functools import cached_property
from hashlib import sha512
from math import inf
from random import Random
from typing import Any, Final, NamedTuple, assert_never
from weakref import ref

from sfnbook.engine import inline_join
from sfnbook.engine.commands import (
    Command,
    MissingActivities,
    Redrive,
    SetInput,
    Stop,
    TaskFailed,
    TaskHeartbeat,
    TaskStarted,
    TaskSubmitted,
    TaskSucceeded,
    Tick,
    UpdateMapRun,
)
from sfnbook.engine.distributed_map import run as mapruns
from sfnbook.engine.distributed_map.backlog import owns
from sfnbook.engine.distributed_map.children import is_child
from sfnbook.engine.distributed_map.map_run import ChildResult, MapRun
from sfnbook.engine.events import EVENTS, WIDTH, Event, EventLog, FrameKey, assigning, entered, exited, succeeded
from sfnbook.engine.failures import (
    BARE,
    UNCATCHABLE,
    delay,
    error_output,
    matches,
    prefixed,
    too_large,
    too_much_assigned,
)
from sfnbook.engine.frame import Call, Frame, timestamp
from sfnbook.engine.program import (
    EVENT_LIMIT,
    EXPRESS_EVENTS,
    EXPRESS_SECONDS,
    MOST_STORED,
    STANDARD_SECONDS,
    CompiledState,
    Program,
)
from sfnbook.engine.redrive import go_on, redrive
from sfnbook.engine.sizes import Sizes
from sfnbook.errors import DATA_LIMIT_EXCEEDED, QUERY_EVALUATION_ERROR, RUNTIME, TASK_FAILED, TIMEOUT, StatesError
from sfnbook.language.resource import Resource
from sfnbook.query.data_flow import After, keep_result
from sfnbook.query.scope import ABSENT
from sfnbook.values import MAX_BYTES, Json

_new = tuple.__new__

_SLEEP, _RETRY, _TIMEOUT, _HEARTBEAT, _EXECUTION, _MAP_RUN = range(6)

_ABORTED: Final = {t: f"{t}StateAborted" for t in ("Task", "Wait", "Parallel", "Map")}


class StartPoint(NamedTuple):
    """Where an execution begins when not at StartAt: a state of the top level, its input and the variables it sees."""

    state: str
    input: Json
    variables: dict[str, Json]


SYNCHRONOUS: Final = "synchronous"
"""The key among an execution's names that says that StartSyncExecution started it."""


class Execution:
    """One execution of a program. Make it with `start`; it belongs to one driver at a time.

    status: RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED. output, error, cause: as DescribeExecution gives them.
    events: the whole history. outbox: calls not yet sent. dropped: ids of calls whose answer no longer matters (aborted,
    timed out); the driver takes both and empties them. ends_at: when it is timed out. wanted: a Map run's ARN and the
    number of a child whose history is kept, however many there are (see `sfnbook.engine.journal.recall`). listing: a Map
    run's ARN and the results of its children by their numbers, where all are to be had (see `sfnbook.engine.journal.results`).
    """

    def __init__(self, program: Program, data: Json, *, at: float, seed: int, names: Mapping[str, str]) -> None:
        self.program = program
        self.weak = ref(self)
        self.input = data
        self.started_at = self.now = at
        self.stopped_at: float | None = None
        self.ends_at = inf
        self.seed = seed
        self._generator: Random | None = None
        self.status = "RUNNING"
        self.output: Json = None
        self.error: str | None = None
        self.cause: str | None = None
        self.events = EventLog()
        self.ready: deque[Frame] = deque()
        self.calls: dict[int, Call] = {}
        self.outbox: list[Call] = []
        self.dropped: list[int] = []
        self.map_runs: list[MapRun] = []
        self.wanted: tuple[str, int] | None = None
        self.listing: tuple[str, dict[int, ChildResult]] | None = None
        self.missing_activities: frozenset[str] = frozenset()
        self.transitions = 0
        self.redrives = 0
        self.sizes = Sizes()
        self._timers: list[tuple[float, int, int, Any]] = []
        self._sequence = 0
        self._most_events = program.most_events or (EXPRESS_EVENTS if program.express else EVENT_LIMIT)
        self._call_ids = 0
        self.names = names
        self.top = Frame(self, program.machine, key=(), log=self.events, head=0, data=data, bound=self.sizes.of(data))

    @classmethod
    def start(
        cls,
        program: Program,
        data: Json,
        *,
        at: float,
        seed: int = 0,
        names: Mapping[str, str] | None = None,
        place: StartPoint | None = None,
    ) -> Execution:
        """Return an execution that has started and waits for `advance`.

        ``at`` in seconds since the epoch; ``names``: execution_arn, execution_name, machine_arn, machine_name and
        role_arn for the Context object, and `SYNCHRONOUS` of a synchronous execution, which cannot be redriven and has no
        RedriveCount there. ``place``: where it begins, at StartAt by default.
        """
        execution = cls(program, data, at=at, seed=seed, names=names or UNNAMED)
        detail = {"input": data, "roleArn": execution.names["role_arn"]}
        execution.events.append(_new(Event, (1, 0, "ExecutionStarted", at, "", (), detail)))
        execution._limit_time()
        top = execution.top
        if place is not None:
            top.state = program.machine.states[place.state]
            top.data, top.variables = place.input, place.variables
            top.max_bytes = execution.sizes.of(place.input)
        execution.ready.append(top)
        return execution

    # ------------------------------------------------------------------------------------------- its Context object
    @cached_property
    def context_execution(self) -> dict[str, Json]:
        """The Context object's ``Execution``; made, as its other parts are, when it is first asked for."""
        names = self.names
        made: dict[str, Json] = {
            "Id": names["execution_arn"],
            "Input": self.input,
            "StartTime": timestamp(self.started_at),
            "Name": names["execution_name"],
            "RoleArn": names["role_arn"],
        }
        if SYNCHRONOUS not in names:
            made["RedriveCount"] = 0
        return made

    @cached_property
    def context_machine(self) -> dict[str, Json]:
        """The Context object's ``StateMachine``."""
        return {"Id": self.names["machine_arn"], "Name": self.names["machine_name"]}

    @cached_property
    def context_base(self) -> dict[str, Json]:
        """The parts of the Context object about the execution, as it was started, and its machine."""
        return {"Execution": self.context_execution, "StateMachine": self.context_machine}

    # ------------------------------------------------------------------------------------------------ driving it
    @property
    def calls_made(self) -> int:
        """How many calls there have been; the next one's id is one more."""
        return self._call_ids

    @property
    def random(self) -> Random:
        """The stream of random numbers of the top level; made when it is first asked for, since seeding takes microseconds."""
        if self._generator is None:
            self._generator = Random(self.seed)
        return self._generator

    @property
    def done(self) -> bool:
        """True once the execution has ended."""
        return self.status != "RUNNING"

    @property
    def wakeup(self) -> float | None:
        """The earliest time at which something is due, None when only commands can move it."""
        timers = self._timers
        while timers:
            at, number, kind, target = timers[0]
            if self._is_armed(number, kind, target):
                return min(at, self.ends_at)
            heapq.heappop(timers)
        return None

    @property
    def resting(self) -> list[tuple[str, int, float]]:
        """The timers of Wait states and of retries: (state's address, visit's id, seconds since the epoch).

        May be asked from another thread than the driver's.
        """
        return [
            (target.state.address, target.entered_id, at)
            for at, number, kind, target in list(self._timers)
            if kind <= _RETRY and target.timer == number and target.state is not None
        ]

    def handle(self, command: Command) -> None:
        """Take note of a command. Commands for a call that has ended are ignored."""
        if self.status != "RUNNING" and not isinstance(command, Redrive):
            return
        if command.at > self.now:
            if command.at > self.ends_at and not isinstance(command, (Redrive, Tick)):
                self.handle(Tick(self.ends_at))
                self._expire()
                return
            self.now = command.at
        if isinstance(command, TaskSucceeded):
            call = self.calls.get(command.call)
            if call is not None:
                self._succeeded(call, command.output)
        elif isinstance(command, Redrive):
            redrive(self)
        elif isinstance(command, Tick):
            self._tick()
        elif isinstance(command, Stop):
            self._stop(command.error, command.cause)
        elif isinstance(command, SetInput):
            self._set_input(command.frame, command.data)
        elif isinstance(command, UpdateMapRun):
            mapruns.update(self, command)
        elif isinstance(command, MissingActivities):
            self.missing_activities = frozenset(command.arns)
        else:
            call = self.calls.get(command.call)
            if call is not None:
                self._answer(call, command)

    def advance(self, limit: int | None = None) -> int:
        """Move ready frames, one state each in turn, at most ``limit`` states in all. Returns how many it moved."""
        ready, most, now = self.ready, self._most_events, self.now
        moved = 0
        while ready and moved != limit:
            frame = ready.popleft()
            state = frame.state
            if state is None:
                continue
            moved += 1
            raw = frame.log.raw
            number = len(raw) // WIDTH + 1
            if number >= most:
                self._overflow(frame)
                continue
            data = frame.data
            head = frame.entered_previous = frame.head
            raw += (entered, head, now, frame.key, state, data)
            frame.entered_id = frame.head = number
            frame.entered_at = now
            frame.token = None
            if state.retriable:
                frame.attempt = frame.call_count = 0
                frame.retries = frame.resume = None
                self.work(frame, state)
            elif state.before is not None:
                self.work(frame, state)
            else:  # nothing of what `work` looks at besides
                try:
                    if state.passes:
                        result = state.result
                        self.finish(frame, data if result is ABSENT else result, 0, state.next, state.after)
                    else:
                        state.work(self, frame, data)
                except StatesError as failure:
                    self.fail_evaluation(frame, failure)
        self.transitions += moved
        return moved

    # --------------------------------------------------------------------------------------------- work and finish
    def _overflow(self, frame: Frame) -> None:
        """The history is full: AWS ends a Standard execution there; an Express one would long have had its time."""
        if self.program.express:
            self._expire()
        else:
            words = f"The execution reached the maximum number of history events ({self._most_events})."
            self._end(frame, "FAILED", RUNTIME, words)

    def work(self, frame: Frame, state: CompiledState) -> None:
        """Do the state's middle; called again for each retry."""
        if state.callback:
            frame.token = task_token(frame.random, self.names["execution_arn"])
        try:
            before = state.before
            data = frame.data
            if before is not None:
                data = before(data, frame)
                entry = state.entry
                if (entry is None or entry[0] * frame.max_bytes + entry[2] > MAX_BYTES) and self._is_large(data):
                    self._end(frame, "FAILED", DATA_LIMIT_EXCEEDED, too_large(state.name))
                    return
            state.work(self, frame, data)
        except StatesError as failure:
            self.fail_evaluation(frame, failure)

    def finish(self, frame: Frame, result: Json, result_bound: int, next: str | None, after: After) -> None:
        """Leave the state: make its output, check its size, go on. Raises StatesError from the data flow."""
        state = frame.state
        assert state is not None
        data = frame.data
        if after is keep_result:
            output, assigned = result, None
        else:
            output, assigned = after(data, result, frame)
        if output is not data:
            growth = state.growth
            if growth is None or after is not state.after:
                bound = MAX_BYTES + 1
            else:
                times, result_times, plus = growth
                bound = times * frame.max_bytes + result_times * result_bound + plus
            if bound > MAX_BYTES:
                bound = self.sizes.of(output)
                if bound > MAX_BYTES:
                    self._end(frame, "FAILED", DATA_LIMIT_EXCEEDED, too_large(state.name))
                    return
            frame.max_bytes = bound
        if assigned:  # an empty Assign leaves no trace (recorded by others)
            variables = {**frame.variables, **assigned}
            frame.variable_bytes += self.sizes.of(assigned)
            if frame.variable_bytes > MAX_BYTES and not self._can_store(frame, assigned, variables):
                self._end(frame, "FAILED", DATA_LIMIT_EXCEEDED, too_much_assigned(state.name))
                return
            frame.variables = variables
            raw = frame.log.raw
            raw += (assigning, frame.head, self.now, frame.key, state, (output, assigned))
        else:
            raw = frame.log.raw
            raw += (exited, frame.head, self.now, frame.key, state, output)
        frame.head = len(raw) // WIDTH
        frame.data = output
        if next is None:
            self.end_frame(frame)
        else:
            frame.state = frame.machine.states[next]
            self.ready.append(frame)

    def _is_large(self, value: Json) -> bool:
        return self.sizes.of(value) > MAX_BYTES

    def _can_store(self, frame: Frame, assigned: dict[str, Json], variables: dict[str, Json]) -> bool:
        """Whether variables keep AWS's limits: those of one Assign 256 KiB, all of them 10 MiB."""
        if self._is_large(assigned):
            return False
        if frame.variable_bytes > MOST_STORED:
            frame.variable_bytes = sum(self.sizes.of(value) for value in variables.values())
        return frame.variable_bytes <= MOST_STORED

    def complete(self, frame: Frame, result: Json, result_bound: int) -> None:
        """Finish a state whose work is done, from outside its own `work`."""
        state = frame.state
        assert state is not None
        try:
            self.finish(frame, result, result_bound, state.next, state.after)
        except StatesError as failure:
            self.fail_evaluation(frame, failure)

    def end_frame(self, frame: Frame) -> None:
        """The last state of a line has been left: the execution, branch or iteration succeeds."""
        frame.state = None
        parent = frame.parent
        if parent is None:
            self.status = "SUCCEEDED"
            self.output = frame.data
            self._close(frame, "ExecutionSucceeded", {"output": frame.data})
        else:
            inline_join.child_succeeded(self, parent, frame)

    def emit(self, frame: Frame, type: str, detail: dict[str, Any], previous: int | None = None) -> int:
        """Record an event of the frame's current state and return its id; the caller moves ``head``."""
        log = frame.log
        number = len(log) + 1
        state = frame.state
        where = state.address if state is not None else frame.machine.address
        before = frame.head if previous is None else previous
        log.append(_new(Event, (number, before, type, self.now, where, frame.key, detail)))
        return number

    def emit_for(
        self, frame: Frame, number: int, previous: int, type: str, detail: dict[str, Any], address: str
    ) -> int:
        """Record an event about a frame as a whole (an iteration's start or end) and return its id."""
        frame.log.append(_new(Event, (number, previous, type, self.now, address, frame.key, detail)))
        return number

    # -------------------------------------------------------------------------------------------------- failures
    def fail_evaluation(self, frame: Frame, failure: StatesError) -> None:
        """An expression or a rule of the state failed: say so in AWS's words, then retry, catch or give up."""
        self.fail(frame, failure.error, self.record_evaluation_failure(frame, failure))

    def record_evaluation_failure(self, frame: Frame, failure: StatesError) -> str:
        """Record EvaluationFailed where it was an expression that failed, and return the cause in AWS's words."""
        state = frame.state
        assert state is not None
        cause = failure.cause if failure.error in BARE else prefixed(state.name, frame.entered_id, failure.cause)
        if failure.error == QUERY_EVALUATION_ERROR and failure.location is not None:
            previous = frame.entered_previous if frame.head == frame.entered_id else frame.head
            place = {"location": failure.location} if failure.location else {}
            detail = {"error": failure.error, "cause": cause, **place, "state": state.name}
            frame.head = self.emit(frame, "EvaluationFailed", detail, previous)
        return cause

    def fail(
        self,
        frame: Frame,
        error: str | None,
        cause: str | None,
        *,
        heartbeat: bool = False,
        from_task: bool = False,
        reported: bool = False,
    ) -> None:
        """The state failed with ``error``: retry it, catch it, or give up. The one place where this is decided.

        ``error`` is None after a Fail state without Error inside a Parallel or Map; ``heartbeat`` and ``from_task`` as
        for `matches`; ``reported``: a Task's call failed, and an event has said so.
        """
        state = frame.state
        assert state is not None
        frame.call = None
        if error not in UNCATCHABLE:
            for index, retrier in enumerate(state.retriers):
                if matches(retrier.errors, error, state, heartbeat, from_task):
                    retries = frame.retries = frame.retries or [0] * len(state.retriers)
                    if retries[index] < retrier.max_attempts:
                        seconds = delay(retrier, retries[index], frame.random)
                        retries[index] += 1
                        frame.attempt += 1
                        frame.join = frame.resume = None
                        frame.timer = self._arm(self.now + seconds, _RETRY, frame)
                        return
                    break
        self._close_join(frame, state, error)
        if error not in UNCATCHABLE:
            for catcher in state.catchers:
                if matches(catcher.errors, error, state, heartbeat, from_task):
                    caught = error_output(error, cause)
                    frame.resume = None
                    try:
                        self.finish(frame, caught, self.sizes.of(caught), catcher.next, catcher.after)
                    except StatesError as failure:
                        self.give_up(frame, failure.error, self.record_evaluation_failure(frame, failure))
                    return
        self.give_up(frame, error, cause, from_task=from_task or state.type == "Task", reported=reported)

    def _close_join(self, frame: Frame, state: CompiledState, error: str | None) -> None:
        """Say that a Parallel or Map failed; States.Runtime ends the execution without such a word (recorded)."""
        if state.type in ("Parallel", "Map") and error not in UNCATCHABLE:
            frame.head = self.emit(frame, f"{state.type}StateFailed", {})
            frame.resume = (state, frame.join)
            frame.join = None

    def give_up(
        self,
        frame: Frame,
        error: str | None,
        cause: str | None,
        *,
        from_task: bool = False,
        reported: bool = False,
    ) -> None:
        """Fail without looking at Retry and Catch: they did not help, or it is a Fail state.

        States.Runtime, which nothing catches, ends the whole (child) execution from wherever it happens. A Task whose
        call failed and whose failure ends its branch or iteration is aborted, beside the line (both recorded by others).
        """
        parent = frame.parent
        if parent is None or error in UNCATCHABLE:
            self._end(frame, "FAILED", error, cause)
            return
        if reported and not is_child(frame):
            self.emit(frame, "TaskStateAborted", {})
        inline_join.child_failed(self, parent, frame, error, cause, from_task=from_task)

    def _end(self, frame: Frame, status: str, error: str | None, cause: str | None) -> None:
        """End the whole (child) execution badly, from wherever in it this happened."""
        owner = frame
        while owner.parent is not None and not is_child(owner):
            owner = owner.parent
        if owner.parent is not None:
            owner.head = frame.head
            self.discard(owner)
            mapruns.child_ended(self, owner.parent, owner, error, cause, status="failed")
            return
        for line in self._lines(self.top):
            if line is not frame:
                self._drop_call(line)
        self._drop_call(frame)
        self.status, self.error, self.cause = status, error, cause
        detail = {k: v for k, v in (("error", error), ("cause", cause)) if v is not None}
        self._close(frame, "ExecutionFailed", detail)

    def _close(self, frame: Frame, type: str, detail: dict[str, Any]) -> None:
        self.stopped_at = self.now
        if self.map_runs:
            mapruns.close_all(self)
        events = self.events
        events.append(_new(Event, (len(events) + 1, frame.head, type, self.now, "", (), detail)))
        self.ready.clear()
        self._timers.clear()
        self.outbox.clear()

    def reopen(self) -> None:
        """Make an ended execution a running one again, with its whole timeout before it; see `redrive`."""
        self.redrives += 1
        self.status, self.error, self.cause, self.stopped_at = "RUNNING", None, None, None
        last = len(self.events)
        detail = {"redriveCount": self.redrives}
        self.events.append(Event(last + 1, last, "ExecutionRedriven", self.now, "", (), detail))
        self._limit_time()

    def go_on(self, child: Frame, home: dict[str, Any]) -> None:
        """Let a child execution that ended badly go on, with ``home`` in its Context object; see `redrive`."""
        go_on(self, child, home)

    def _limit_time(self) -> None:
        limit = EXPRESS_SECONDS if self.program.express else STANDARD_SECONDS
        if self.program.timeout is not None:
            limit = min(limit, self.program.timeout)
        self.ends_at = self.now + limit
        if limit != STANDARD_SECONDS:
            self._arm(self.ends_at, _EXECUTION, None)

    # ---------------------------------------------------------------------------------------------------- aborts
    def abort(self, frame: Frame) -> None:
        """Cancel a frame and everything under it: each state that waits gets its ...StateAborted, innermost first."""
        state = frame.state
        if state is None:
            return
        call = frame.call  # that of the state before, where this one has not been entered yet
        waits = frame.join is not None or (call is not None and call.id in self.calls) or frame.timer
        if frame.join is not None:
            if owns(frame.join):
                mapruns.abort(self, frame, frame.join)
            for child in list(frame.join.children.values()):
                self.abort(child)
        if waits and state.type in _ABORTED:
            frame.head = self.emit(frame, _ABORTED[state.type], {})
        self._let_go(frame)
        if frame.parent is not None:
            inline_join.child_aborted(self, frame.parent, frame)

    def discard(self, frame: Frame) -> None:
        """Cancel a frame and everything under it without a word: its execution's last event says how it ended."""
        join = frame.join
        if join is not None:
            if owns(join):
                mapruns.close_run(self, join)
            for child in list(join.children.values()):
                self.discard(child)
        self._let_go(frame)

    def _let_go(self, frame: Frame) -> None:
        if frame.resume is None:
            frame.resume = (frame.state, frame.join)
        self._drop_call(frame)
        frame.state = frame.join = frame.call = None
        frame.timer = 0

    def _lines(self, frame: Frame) -> list[Frame]:
        found = [frame]
        if frame.join is not None:
            for child in frame.join.children.values():
                found.extend(self._lines(child))
        return found

    def _drop_call(self, frame: Frame) -> None:
        call = frame.call
        if call is not None and self.calls.pop(call.id, None) is not None:
            self.dropped.append(call.id)

    def _set_input(self, key: FrameKey, data: Json) -> None:
        for frame in self.ready:
            if frame.key == key:
                frame.data, frame.max_bytes = data, self.sizes.of(data)

    def _stop(self, error: str | None, cause: str | None) -> None:
        self._halt("ABORTED", "ExecutionAborted", error, cause)

    def _expire(self) -> None:
        if self.status == "RUNNING":
            self._halt("TIMED_OUT", "ExecutionTimedOut", None, None)

    def _halt(self, status: str, type: str, error: str | None, cause: str | None) -> None:
        for line in self._lines(self.top):
            self._drop_call(line)
        self.status, self.error, self.cause = status, error, cause
        detail = {k: v for k, v in (("error", error), ("cause", cause)) if v is not None}
        if status == "ABORTED":
            self.top.head = 0  # nothing in the execution led to it (recorded by others)
        self._close(self.top, type, detail)

    # ----------------------------------------------------------------------------------------------------- timers
    def sleep(self, frame: Frame, until: float, data: Json) -> None:
        """Let a Wait state's frame finish at ``until`` with its effective input, ``data``."""
        frame.effective = data
        frame.timer = self._arm(until, _SLEEP, frame)

    def arm_map_run(self, at: float, run: MapRun) -> int:
        """Let `mapruns.children_due` be called at ``at``, unless the run's timer has changed by then."""
        return self._arm(at, _MAP_RUN, run)

    def _arm(self, at: float, kind: int, target: Any) -> int:
        self._sequence += 1
        heapq.heappush(self._timers, (at, self._sequence, kind, target))
        return self._sequence

    def _is_armed(self, number: int, kind: int, target: Any) -> bool:
        if kind <= _RETRY or kind == _MAP_RUN:
            return bool(target.timer == number)
        if kind == _EXECUTION:
            return True
        due = target.due if kind == _TIMEOUT else target.heartbeat_due
        return bool(due == number and target.id in self.calls)  # an aborted call keeps its numbers

    def _tick(self) -> None:
        while self.status == "RUNNING":
            at = self.wakeup
            if at is None and self.now >= self.ends_at:
                self._expire()
                return
            if at is None or at > self.now:
                return
            if at < self._timers[0][0]:  # the end of the execution's own time, for which no timer is armed
                self._expire()
                return
            _, _, kind, target = heapq.heappop(self._timers)
            self._due(kind, target)

    def _due(self, kind: int, target: Any) -> None:
        if kind == _SLEEP:
            target.timer = 0
            data, target.effective = target.effective, None
            self.complete(target, data, target.max_bytes)
        elif kind == _RETRY:
            target.timer = 0
            if len(target.log) + 1 >= self._most_events:
                self._overflow(target)
            else:
                self.work(target, target.state)
        elif kind == _MAP_RUN:
            mapruns.children_due(self, target)
        elif kind == _EXECUTION:
            self._expire()
        else:
            self._time_out(target, heartbeat=kind == _HEARTBEAT)

    # ------------------------------------------------------------------------------------------------------ calls
    def call(
        self,
        frame: Frame,
        resource: Resource,
        arguments: Json,
        *,
        kind: str = "task",
        timeout: float | None = None,
        heartbeat: float | None = None,
        credentials: Json = None,
    ) -> Call:
        """Put a call into the outbox and arm its deadlines (seconds from now)."""
        self._call_ids += 1
        call = Call(self._call_ids, kind, frame, resource, arguments)
        call.timeout, call.heartbeat, call.credentials = timeout, heartbeat, credentials
        if resource.kind == "activity":
            call.token = task_token(frame.random, self.names["execution_arn"])
        frame.call = call
        frame.call_count += 1
        self.calls[call.id] = call
        self.outbox.append(call)
        if timeout is not None:
            call.due = self._arm(self.now + timeout, _TIMEOUT, call)
        if heartbeat is not None and call.beats:
            call.heartbeat_due = self._arm(self.now + heartbeat, _HEARTBEAT, call)
        return call

    def _answer(
        self,
        call: Call,
        command: TaskFailed | TaskStarted | TaskSubmitted | TaskHeartbeat,
    ) -> None:
        frame = call.frame
        names = EVENTS[call.resource.kind]
        match command:
            case TaskFailed(_, _, error, cause):
                self._close_call(call)
                if call.kind != "task":
                    inline_join.call_failed(self, frame, call, error or TASK_FAILED, cause)
                    return
                self._task_failed(call, error, cause)
            case TaskStarted(_, _, worker):
                if not call.started:
                    call.started = True
                    detail = {"workerName": worker} if worker is not None else {}
                    frame.head = self.emit(frame, names["started"], {**detail, **call.resource.integration})
                    self._beat(call)
            case TaskSubmitted(_, _, output):
                if not call.submitted:
                    call.submitted = True
                    frame.head = self.emit(frame, "TaskSubmitted", {"output": output, **call.resource.integration})
                    if call.resource.is_lambda_invoke:
                        self._beat(call)
            case TaskHeartbeat():
                self._beat(call)
            case _:
                assert_never(command)

    def _succeeded(self, call: Call, output: Json) -> None:
        frame, resource = call.frame, call.resource
        self.calls.pop(call.id, None)
        frame.call = None
        call.due = call.heartbeat_due = 0
        if call.kind != "task":
            inline_join.call_answered(self, frame, call, output)
            return
        bound = self.sizes.of(output)
        if bound > MAX_BYTES:
            what = resource.text if resource.kind == "lambda" else resource.type
            self._task_failed(call, DATA_LIMIT_EXCEEDED, too_large(what))
            return
        if resource.kind == "lambda":
            raw = frame.log.raw
            raw += (succeeded, frame.head, self.now, frame.key, frame.state, output)
            frame.head = len(raw) // WIDTH
        else:
            detail = {"output": output, **resource.integration}
            frame.head = self.emit(frame, EVENTS[resource.kind]["succeeded"], detail)
        self.complete(frame, output, bound)

    def _beat(self, call: Call) -> None:
        if call.heartbeat is not None and call.beats:
            call.heartbeat_due = self._arm(self.now + call.heartbeat, _HEARTBEAT, call)

    def _close_call(self, call: Call) -> None:
        self.calls.pop(call.id, None)
        call.frame.call = None
        call.due = call.heartbeat_due = 0

    def _task_failed(self, call: Call, error: str | None, cause: str | None) -> None:
        """Record the failure; where a request must be accepted first and was not, as AWS does (ASFHyP3/hyp3#805)."""
        frame, resource = call.frame, call.resource
        failed = EVENTS[resource.kind]["failed"] if call.submitted or not resource.pattern else "TaskSubmitFailed"
        detail = {key: text for key, text in (("error", error), ("cause", cause)) if text is not None}
        frame.head = self.emit(frame, failed, {**detail, **resource.integration})
        self.fail(frame, error, cause, reported=True)

    def _time_out(self, call: Call, *, heartbeat: bool) -> None:
        frame = call.frame
        self._close_call(call)
        self.dropped.append(call.id)
        if call.kind != "task":
            inline_join.call_failed(self, frame, call, TIMEOUT, None)
            return
        detail = {"error": TIMEOUT, **call.resource.integration}
        frame.head = self.emit(frame, EVENTS[call.resource.kind]["timed_out"], detail)
        self.fail(frame, TIMEOUT, None, heartbeat=heartbeat)


def task_token(random: Random, arn: str) -> str:
    """Return a Task token: opaque text, as AWS's are, from a frame's own generator and the execution's name.

    Two executions with the same seed must not have the same tokens.
    """
    noise = random.randbytes(32)
    return b64encode(sha512(arn.encode() + noise).digest() + noise).decode()


def issued(token: str, arn: str) -> bool:
    """Return whether a Task token is one that the execution with this ARN has made."""
    try:
        raw = b64decode(token, validate=True)
    except ValueError:
        return False
    return len(raw) == 96 and sha512(arn.encode() + raw[64:]).digest() == raw[:64]


UNNAMED: Final = {
    "execution_arn": "arn:aws:states:us-east-1:123456789012:execution:machine:execution",
    "execution_name": "execution",
    "machine_arn": "arn:aws:states:us-east-1:123456789012:stateMachine:machine",
    "machine_name": "machine",
    "role_arn": "arn:aws:iam::123456789012:role/sfnbook",
}
