"""Session: drives one execution. Sends its calls to handlers, applies the answers as commands, calls its listeners.

One thread drives at a time: the caller's (`drive`) or one of the session's own (`start`). Other threads only post.
Every command is written to the journal before the engine sees it.
"""

from __future__ import annotations

import heapq
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

from sfnbook.engine.commands import (
    Command,
    Redrive,
    Stop,
    TaskFailed,
    TaskHeartbeat,
    TaskSubmitted,
    TaskSucceeded,
    Tick,
)
from sfnbook.engine.execution import Execution, issued
from sfnbook.engine.frame import Call, Frame
from sfnbook.engine.journal import Journal
from sfnbook.engine.journal import start as begin_again
from sfnbook.engine.program import Program
from sfnbook.errors import InputError, InternalError, NotWritten
from sfnbook.runtime.capture import begin_routing, end_routing
from sfnbook.runtime.clock import Clock
from sfnbook.runtime.dispatch import WAITS, Answer, Later, Resolve, begin, perform
from sfnbook.runtime.ordering import Ordering
from sfnbook.runtime.task import Log, LogKey, Task
from sfnbook.values import Json

TURN: Final = 500
"""States moved before the session looks at its inbox again."""

SHARE: Final = 0.005
STEP: Final = 4
"""Time slice of one `Session.pump`, in seconds, and the states entered between two looks at the time."""

AGAIN: Final = 1.0
"""Seconds until a journal that could not be written is tried again."""

INTERRUPTED: Final = "Interrupted"
"""The Error of a run that Ctrl-C, or a kernel's interrupt, has ended."""

_BLINK: Final = 0.5
"""Seconds a driver waits at most before it looks for an interrupt."""

GRACE: Final = 0.5
"""Real seconds within which somebody may turn up for a call that nobody is known to answer."""

_ORDER: Final = -1
"""In place of a call's number in the inbox: a function for the driving thread, run also while the gate is closed."""

_FIRST_TO_WAIT: Final = threading.Lock()
"""Held while a session's event is made: only for who waits, which few runs have."""

_new = tuple.__new__

Listener = Callable[[], None]


class Gate(Protocol):
    """Decides whether a session may go on: a debugger. Its methods are called on the driving thread."""

    @property
    def closed(self) -> bool:
        """Whether the session is paused: no state is entered, no answer is applied, no time passes. Orders are carried out."""

    def lets_move(self, frame: Frame) -> bool:
        """Return whether a frame may enter its next state now. After False the gate is closed."""

    def lets_answer(self, command: TaskSucceeded | TaskFailed, call: Call) -> bool:
        """Return whether a call's answer may be applied now. After False the gate is closed, and applies the answer later."""


driven: Final[set[Session]] = set()
"""The sessions driven in this process; a Task token is looked up among them."""


class SpentToken(InputError):
    """The task that a Task token was made for has ended or timed out (SendTaskSuccess: TaskTimedOut)."""

    def __init__(self) -> None:
        super().__init__("Task Timed Out: the task that this token was made for has ended or timed out.")


def session_waiting_for(token: str) -> Session:
    """Return the session whose task waits for a Task token. Raises SpentToken, or InputError for a token of no task here."""
    running = tuple(driven)
    for session in running:
        if session.holds(token):
            return session
    if any(session.made(token) for session in running):
        raise SpentToken
    raise InputError("Invalid Token: no running task waits for it.")


class Session:
    """Drives one execution. ``execution`` may be read from any thread; only the driving thread changes it.

    logs: what each attempt printed, by `LogKey`. threads: False runs a lone task without deadline in the driving
    thread itself, which saves the hop to a worker. answerable: whether somebody may answer a call that waits for an answer
    from outside; by default somebody always may. On a virtual clock, calls that nobody can answer hold the execution up for
    `GRACE` only.
    """

    def __init__(
        self,
        program: Program,
        journal: Journal,
        *,
        clock: Clock,
        resolve: Resolve,
        threads: bool = True,
        execution: Execution | None = None,
        answerable: Callable[[Call], bool] | None = None,
    ) -> None:
        self.program = program
        self.journal = journal
        self.clock = clock
        if execution is None:
            execution = begin_again(program, journal)
        self.execution = execution
        self.logs: dict[LogKey, Log] = {}
        self.fault: InternalError | None = None
        self.thread = 0
        """The ident of the thread that drives it and nothing else, 0 without one."""
        self._answerable = answerable
        self._alone: tuple[frozenset[int], float] = frozenset(), 0.0
        self._resolve = resolve
        self._ordering = Ordering() if getattr(clock, "ordered", False) else None
        self._threads = threads
        self._inbox: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._running: dict[int, Task] = {}
        self._waiting: set[int] = set()
        self._later: dict[int, Later] = {}
        self._due: list[tuple[float, int]] = []
        self._early: dict[int, Answer] = {}
        self._listeners: list[Listener] = []
        self._ended = False
        self._finished: threading.Event | None = None
        self._routes: bool | None = None
        self._driver: threading.Thread | None = None
        self._held: deque[tuple[int, Any]] = deque()
        self._unwritten: deque[tuple[int, Any]] = deque()
        self.gate: Gate | None = None
        self.wake: Callable[[], None] | None = None
        """Called, on any thread, when something has been posted and `pump` should be called again."""

    # ----------------------------------------------------------------------------------------------- from outside
    def listen(self, listener: Listener) -> None:
        """Call ``listener()`` after every change, on the driving thread; one that raises is detached."""
        self._listeners.append(listener)

    def post(self, answer: Answer) -> None:
        """Post a command that still lacks its time; from any thread."""
        self._arrive(0, answer)

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Abort the execution (StopExecution)."""
        self.order(lambda: self._handle(Stop(self._now(), error, cause)))

    def order(self, order: Callable[[], None]) -> None:
        """Run a function on the driving thread, also while the gate is closed; from any thread."""
        self._arrive(_ORDER, order)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the execution has ended; False when ``timeout`` seconds went by first."""
        with _FIRST_TO_WAIT:
            if self._finished is None:
                self._finished = threading.Event()
        return self._ended or self._finished.wait(timeout)

    def holds(self, token: str) -> bool:
        """Whether one of its calls waits for a Task token."""
        return any(call.token == token for call in list(self.execution.calls.values()))

    def made(self, token: str) -> bool:
        """Whether a Task token is, or was, that of one of its calls."""
        return issued(token, self.execution.names["execution_arn"])

    @property
    def idle(self) -> bool:
        """Whether every frame waits for an answer from outside (a callback, a worker); from any thread."""
        execution, ordering = self.execution, self._ordering
        if execution.ready or execution.outbox or (ordering is not None and ordering.waits):
            return False
        return bool(self._waiting) and self._inbox.empty()

    def call_with_token(self, token: str) -> Call:
        """Return the call that waits for a Task token. Raises SpentToken, or InputError for a token of no task here."""
        for call in list(self.execution.calls.values()):
            if call.token == token:
                return call
        if self.made(token):
            raise SpentToken
        raise InputError("Invalid Token: no running task waits for it.")

    def waiting(self) -> list[Call]:
        """Return the calls whose answer comes from outside: by a Task token, or from an activity worker."""
        asked = [c for c in list(self.execution.calls.values()) if c.id in self._waiting]
        return [c for c in asked if c.resource.pattern == "waitForTaskToken" or c.resource.kind == "activity"]

    def succeed(self, token: str, output: Json) -> None:
        """SendTaskSuccess. What comes before the handler has handed in its request is kept until it has."""
        call = self.call_with_token(token).id
        self.post(lambda at: TaskSucceeded(at, call, output))

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """SendTaskFailure; neither is asked for."""
        call = self.call_with_token(token).id
        self.post(lambda at: TaskFailed(at, call, error, cause))

    def early(self, call: int) -> Command | None:
        """Return the answer by token of a call whose handler still runs, None without. For the driving thread."""
        answer = self._early.get(call)
        return answer(self._now()) if answer is not None else None

    def let_count(self, call: int) -> None:
        """Let such an answer count although the handler still runs, whose own answer then goes nowhere."""

        def count() -> None:
            if call in self._early and self._running.pop(call, None) is not None:
                self._accept(0, self._early[call])

        self.order(count)

    def heartbeat(self, token: str) -> None:
        """SendTaskHeartbeat."""
        call = self.call_with_token(token).id
        self.post(lambda at: TaskHeartbeat(at, call))

    # ---------------------------------------------------------------------------------------------------- driving
    def start(self) -> None:
        """Drive on a thread of the session's own and return at once.

        Where Python has no threads (in a browser) it drives here, to the end. Raises InputError where a debugger would stand.
        """
        self._threads = True
        self._driver = threading.Thread(target=self.drive, name="sfnbook-session", daemon=True)
        try:
            self._driver.start()
        except RuntimeError:
            self._threads = False
            self._driver = None
            if self.gate is not None:
                raise InputError(
                    "A debugger needs threads, and Python in a browser has none. Run without breakpoints, and look at "
                    "the run's visits; or use sfnbook in a kernel of your own."
                ) from None
            self.drive()

    def redrive(self) -> None:
        """Let an ended execution go on from its unsuccessful states (RedriveExecution); then `drive` or `start` it."""
        self._ended = False
        if self._finished is not None:
            self._finished.clear()
        self._handle(Redrive(self._now()))

    def drive(self) -> None:
        """Drive in this thread until the execution ends. An interrupt (Ctrl-C) ends it as ABORTED."""
        driven.add(self)
        self._routes = False
        self.thread = threading.get_ident()
        try:
            while not self.execution.done:
                try:
                    self._turn()
                except KeyboardInterrupt:
                    self._handle(Stop(self._now(), INTERRUPTED, "The run was interrupted."))
        except Exception as fault:  # ours: the run must still end, and say so
            self._blame(fault)
        finally:
            if self._routes:
                end_routing()
            self._leave()

    def _blame(self, fault: Exception) -> None:
        self.fault = InternalError(f"sfnbook failed inside: {type(fault).__name__}: {fault}")
        self.fault.__cause__ = fault
        self._handle(Stop(self._now(), "Sfnbook.InternalError", str(self.fault)))

    def _leave(self) -> None:
        driven.discard(self)
        for task in self._running.values():
            task.cancel()
        self._notify_listeners()
        self._ended = True
        if self._finished is not None:
            self._finished.set()

    def pump(self) -> float | None:
        """Do what can be done now and never wait: for one thread that drives many sessions.

        Returns the seconds until there is something to do again, None when only `wake` can tell, or nothing will be.
        """
        execution = self.execution
        if self._ended:
            return None
        driven.add(self)
        moved, until = 0, time.monotonic() + SHARE
        try:
            while moved < TURN and (step := execution.advance(STEP)):
                moved += step
                if time.monotonic() > until:
                    break
            self._drop()
            if execution.outbox:
                self._send(execution)
            self._take(execution, wait=None)
            self._drop()
        except NotWritten:  # everything is where it was: later
            return AGAIN
        except Exception as fault:  # ours, as in `drive`
            self._blame(fault)
        if execution.done:
            self._leave()
            return None
        if moved:
            self._notify_listeners()
        if execution.ready or execution.outbox or not self._inbox.empty():
            return 0.0
        return self._until_next() if self._wakeup() is not None else None

    def _turn(self) -> None:
        """Do everything that can be done now, then wait for the next thing."""
        execution = self.execution
        gate = self.gate
        if gate is not None and gate.closed:
            self._rest(gate)
            return
        moved = execution.advance(TURN) if gate is None else self._move(execution, gate)
        self._drop()
        while execution.outbox:
            self._send(execution)
            # A call that was answered at once leads straight to the next, while the inbox is empty and no deadline is near.
            straight = gate is None and moved < TURN and execution.ready and not execution.dropped
            if not straight or not self._inbox.empty() or execution.wakeup is not None:
                break
            moved += execution.advance(TURN)
        if gate is None or not gate.closed:
            ready = execution.ready or execution.outbox or execution.done or self._held or self._may_count()
            self._take(execution, wait=None if ready else min(self._until_next(), _BLINK))
        if moved:
            self._notify_listeners()

    def _move(self, execution: Execution, gate: Gate) -> int:
        """Enter states one at a time while the gate allows it and the inbox is empty. Returns how many."""
        ready = execution.ready
        moved = 0
        while ready and moved < TURN and self._inbox.empty():
            if ready[0].state is not None and not gate.lets_move(ready[0]):
                break
            moved += execution.advance(1)
        return moved

    def _rest(self, gate: Gate) -> None:
        """Wait until the gate opens. Answers that arrive are kept, orders are carried out."""
        self.clock.rest()
        self._notify_listeners()
        while gate.closed and not self.execution.done:
            with suppress(queue.Empty):
                self._receive(*self._inbox.get(timeout=_BLINK))
        self.clock.wake()

    def _until_next(self) -> float:
        """Let time pass to the next deadline: jump if nothing is in flight, else return the seconds to wait."""
        wakeup = self._wakeup()
        if wakeup is None:
            if not self._running and self._waiting and self._deserted():
                end = getattr(self.clock, "end", None)
                if end is not None:
                    self.clock.jump(end)  # its parent gives up then
                    return 0.0
                at = self.clock.jump(self.execution.ends_at)
                if at >= self.execution.ends_at:
                    self._ripen(at)
                    return 0.0
            return _BLINK if self._ordering is None else self._ordering.seconds()
        busy = self._busy()
        if self._ordering is not None and self._ordering.waits:
            return 0.0 if self._now() >= wakeup else self._ordering.seconds()
        if not busy:
            at = self.clock.jump(wakeup)
            if at >= wakeup:
                self._ripen(at)
                return 0.0
        return self.clock.until(wakeup, busy)

    def _take(self, execution: Execution, wait: float | None) -> None:
        """Take what is in the inbox, waiting at most ``wait`` seconds for the first; then let time do its part."""
        inbox = self._inbox
        if wait:
            with suppress(queue.Empty):
                self._receive(*inbox.get(timeout=wait))
        while self._unwritten:
            self._try(*self._unwritten.popleft())
        while not inbox.empty():
            self._receive(*inbox.get())
        if self.gate is not None and self._hold_back(self.gate):
            return
        wakeup = self._wakeup()
        if wakeup is not None and not execution.done:
            now = self._now()
            if now >= wakeup:
                self._ripen(now)
                return
        if self._ordering is not None and self._ordering.complete and not (execution.ready or execution.outbox):
            for call, answer in self._ordering.take(execution):
                self._accept(call, answer)

    def _receive(self, call: int, answer: Any) -> None:
        """Apply an answer: at once, or on an ordered clock when all calls in flight have ended."""
        if self._ordering is None or call == _ORDER:
            self._try(call, answer)
        else:
            self._ordering.keep(self.execution, call, answer)

    def _may_count(self) -> bool:
        return self._ordering is not None and self._ordering.complete

    def _busy(self) -> bool:
        """Whether real time counts: calls are in flight; on an ordered clock, where they take none, an outside answer is awaited."""
        if self._ordering is None:
            return bool(self._running) or (bool(self._waiting) and not self._deserted())
        if self._ordering.waits:
            return False
        return self._ordering.idle or (bool(self._waiting) and not self._deserted())

    def _deserted(self) -> bool:
        """Whether nobody can answer any of the calls that wait, and nobody has turned up for `GRACE`."""
        answerable = self._answerable
        if answerable is None or self.gate is not None:
            return False
        calls = self.execution.calls
        waiting = frozenset(self._waiting)
        if any(call in calls and answerable(calls[call]) for call in waiting):
            self._alone = frozenset(), 0.0
            return False
        now = time.monotonic()
        if waiting - self._alone[0]:
            self._alone = waiting, now
        return now - self._alone[1] >= GRACE

    def _try(self, call: int, answer: Any) -> None:
        """Take an answer; one that cannot be written down stays the first. Raises NotWritten."""
        try:
            self._accept(call, answer)
        except NotWritten:
            self._unwritten.appendleft((call, answer))
            raise

    def _hold_back(self, gate: Gate) -> bool:
        """Apply the answers kept while the gate was closed. Returns whether it is closed again."""
        while self._held and not gate.closed:
            self._accept(*self._held.popleft())
        return gate.closed

    def _wakeup(self) -> float | None:
        """The earliest time at which something is due: a deadline of the engine's or a scripted answer."""
        wakeup, due = self.execution.wakeup, self._due
        while due and due[0][1] not in self._later:
            heapq.heappop(due)
        if not due:
            return wakeup
        return due[0][0] if wakeup is None else min(wakeup, due[0][0])

    def _ripen(self, now: float) -> None:
        """Let the next thing that is due happen: a deadline before an answer of the same moment."""
        wakeup, due = self.execution.wakeup, self._due
        if due and due[0][0] <= now and (wakeup is None or due[0][0] < wakeup):
            when, call = heapq.heappop(due)
            later = self._later.pop(call)
            try:
                self._end(later(now))
            except NotWritten:
                self._later[call] = later
                heapq.heappush(due, (when, call))
                raise
        else:
            self._handle(Tick(now))

    def _accept(self, call: int, answer: Any) -> None:
        if call == _ORDER:
            answer()
            self._notify_listeners()
            return
        if self.gate is not None and self.gate.closed:
            self._held.append((call, answer))
            return
        running = self._running
        if running:
            running.pop(call, None)
        if answer is None:
            return
        if answer is WAITS:
            if call in self.execution.calls:
                self._waiting.add(call)
            return
        if type(answer) is Later:
            self._expect(call, answer)
            return
        command = answer(self._now())
        kind = type(command)
        if call and kind is TaskFailed and call in self._early:  # its token was answered before it failed
            self._accept(0, self._early[call])
            return
        if kind is TaskSubmitted:
            if command.call in self.execution.calls:
                self._waiting.add(command.call)
        elif kind is TaskSucceeded or kind is TaskFailed:
            task = self._running.get(command.call)
            if task is not None and task.resource.pattern == "waitForTaskToken":
                self._early.setdefault(command.call, answer)
                return
            if self.gate is None and not (self._running or self._waiting or self._later or self._early):
                self._handle(command)  # no other answer is awaited: nearly every call
            else:
                self._end(command)
            return
        self._handle(command)
        if call and call in self._early:
            self._accept(0, self._early[call])

    def _expect(self, call: int, answer: Later) -> None:
        """Take note of an answer that is known already and comes at its time."""
        self._waiting.discard(call)
        now = self._now()
        if call not in self.execution.calls:
            return
        for before in answer.before:
            self._handle(before(now))
        if answer.at <= now:
            self._end(answer(now))
        else:
            self._later[call] = answer
            heapq.heappush(self._due, (answer.at, call))

    def _end(self, command: Command) -> None:
        """Hand in a command that ends a call, unless the gate keeps it."""
        if self.gate is not None and isinstance(command, (TaskSucceeded, TaskFailed)):
            call = self.execution.calls.get(command.call)
            if call is not None and not self.gate.lets_answer(command, call):
                return
        self.conclude(command)

    def conclude(self, command: Command) -> None:
        """Hand in a command that ends a call; a handler that still works on it is cancelled.

        For the driving thread, as `apply` is: a gate calls them from an order.
        """
        self._handle(command)
        if isinstance(command, (TaskSucceeded, TaskFailed)) and (
            self._running or self._waiting or self._later or self._early
        ):
            self._forget(command.call)

    def apply(self, answer: Answer) -> None:
        """Apply a command at the present time."""
        self._handle(answer(self._now()))

    def _forget(self, call: int) -> None:
        self._waiting.discard(call)
        self._later.pop(call, None)
        self._early.pop(call, None)
        task = self._running.pop(call, None)
        if task is not None:
            task.cancel()
        if self._ordering is not None:
            self._ordering.ended(call)

    def _handle(self, command: Command) -> None:
        self.journal.note(self.execution, command)
        self.execution.handle(command)
        self._notify_listeners()

    def _now(self) -> float:
        return self.clock.now((self._ordering is None and bool(self._running)) or self._busy())

    # ------------------------------------------------------------------------------------------------------ calls
    def _send(self, execution: Execution) -> None:
        outbox = execution.outbox
        calls = outbox[:]
        outbox.clear()
        if self._routes is False:  # from the first call on what is printed is looked at
            begin_routing()
            self._routes = True
        alone = len(calls) == 1 and not (self._threads or self._running or self._waiting)
        ordering = self._ordering
        for call in calls:
            if call.id not in execution.calls:
                continue
            task = Task(call, self.post, self.logs)
            handler = self._resolve(task)
            if getattr(handler, "at_once", False):
                task.at = self._now()
                try:
                    perform(task, handler, self._try, self._arrive)
                except NotWritten:
                    execution.outbox[:0] = calls[calls.index(call) + 1 :]
                    raise
                continue
            self._running[call.id] = task
            if ordering is None:
                task.at = self.clock.now(True)
            else:
                task.at = self._now()
                ordering.sent(task, execution.ends_at)
            resource = (
                call.resource
            )  # a callback or an activity may go on after its handler, or tells more than one thing
            outlives = resource.pattern or resource.kind == "activity"
            if not alone or outlives or call.timeout is not None or call.heartbeat is not None:
                begin(task, handler, self._arrive)
            elif ordering is None:
                perform(task, handler, self._accept, self._arrive, self._succeeded)
            else:
                perform(task, handler, self._receive, self._arrive)

    def _succeeded(self, call: Call, result: Json) -> None:
        """Take the result of a lone call that was made in this thread: as `_accept`, where nothing else is to be looked at."""
        number = call.id
        self._running.pop(number, None)
        if self.gate is not None or self._running or self._waiting or self._later or self._early:
            self._accept(number, lambda at: TaskSucceeded(at, number, result))
        else:
            self._handle(_new(TaskSucceeded, (self.clock.now(False), number, result)))

    def _arrive(self, call: int, answer: Any) -> None:
        self._inbox.put((call, answer))
        if self.wake is not None:
            self.wake()

    def _drop(self) -> None:
        dropped = self.execution.dropped
        while dropped:
            self._forget(dropped.pop())

    def _notify_listeners(self) -> None:
        if not self._listeners:
            return
        for listener in list(self._listeners):
            try:
                listener()
            except Exception:  # an observer's fault must not stop the run
                self._listeners.remove(listener)
