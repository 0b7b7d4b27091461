"""The endpoint: what is served, and the executions that run. One event loop owns all of it.

Owns the executions from their acknowledged start to their stored end, across restarts. What requests look like is
`wire`'s, what each one means `operations`'.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import nullcontext, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final, TypeVar
from uuid import uuid4

from sfnbook.engine.commands import Command, TaskFailed, TaskSucceeded
from sfnbook.engine.events import Event
from sfnbook.engine.execution import SYNCHRONOUS
from sfnbook.engine.journal import Entries, Journal, replay
from sfnbook.errors import DefinitionError, InputError, SfnbookError
from sfnbook.machine import StateMachine
from sfnbook.run import ACCOUNT, REGION, Run
from sfnbook.runtime.capture import routing
from sfnbook.runtime.dispatch import Resolve
from sfnbook.runtime.session_pool import SessionPool
from sfnbook.runtime.task import Handler, Task
from sfnbook.server.api.arns import Arn, read_arn
from sfnbook.server.api.pagination import Pages
from sfnbook.server.api.wire import ApiError, invalid
from sfnbook.server.catalogue import Alias, Catalogue, Machine, Revision, Version
from sfnbook.server.delivery import Delivery
from sfnbook.server.runs import Ended, ServedMachine, ServedRun, as_stored, keep_map_run, result_of
from sfnbook.server.store import Damaged, Store, Stored, StoredJournal, reading
from sfnbook.tasks import start_execution
from sfnbook.tasks.aws.datasets.buckets import Places
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.mocks import Mock, configured
from sfnbook.tasks.registry import Registry
from sfnbook.values import Json, from_text, to_text

T = TypeVar("T")

asked_place: ContextVar[tuple[str, str] | None] = ContextVar("sfnbook_asked_place", default=None)
"""The region and account that the present request was signed for, "" for what it does not say."""

MACHINES_KEPT: Final = 256
"""So many compiled revisions are kept; others are compiled again when they are needed."""

EXPRESS_EVENTS: Final = 100_000
"""Events that an Express execution may have here."""

MOST_RUNNING: Final = 50_000
MOST_MACHINES: Final = 100_000
"""Executions that run at once, and machines (as many as an account has by default): then a request is refused."""

MOST_VERSIONS: Final = 1_000
MOST_ALIASES: Final = 100
"""Versions and aliases of one machine (guide: "Quotas related to versions and aliases")."""

LONG: Final = 20_000
"""Characters of a definition from which on it is compiled on a thread."""

HISTORIES_KEPT: Final = 8
"""So many stored histories are kept ready, for those who read one page by page."""

TOKENS_KEPT: Final = 10_000
"""So many Task tokens of ended tasks are remembered, to tell TaskTimedOut from InvalidToken."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an execution is started of: a machine's present revision or a version, perhaps through an alias."""

    machine: Machine
    revision: Revision
    version: Version | None = None
    alias: Alias | None = None
    test_case: str | None = None


class Endpoint:
    """Everything behind the API. Make it and use it on its event loop.

    registry: what answers tasks. speed: machine seconds for one real second. mocks: a mock configuration of Step
    Functions Local, or None. buckets: what stands in for S3 (see `Buckets`). workspace: a notebook's, whose machines are served too.
    """

    def __init__(
        self,
        store: Store,
        *,
        region: str = REGION,
        account: str = ACCOUNT,
        registry: Registry | None = None,
        speed: float = 1.0,
        mocks: Mapping[str, Any] | None = None,
        buckets: Places = None,
        workspace: Any = None,
        http_tasks: frozenset[str] = frozenset(),
        captures: bool = True,
    ) -> None:
        self.store = store
        self.region = region
        self.account = account
        functions = OwnFunctions(workspace.namespace or {}) if workspace is not None else None
        self.registry = registry if registry is not None else Registry(functions)
        self.registry.http_tasks = http_tasks
        self.speed = speed
        self.mocks = mocks
        self.buckets = buckets
        self.workspace = workspace
        self.loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._closed = False
        self.fleet = SessionPool(self.loop)
        self.delivery = Delivery()
        self.catalogue = Catalogue(store)
        self.pages = Pages(self._secret())
        self.runs: dict[str, ServedRun] = {}
        self.tokens: dict[str, tuple[ServedRun, int]] = {}
        self.spent: OrderedDict[str, None] = OrderedDict()
        self.work: dict[str, asyncio.Event] = {}
        self.changed = asyncio.Event()
        self.version = 0
        self.guests: dict[str, StateMachine] = {}
        self._bound: dict[str, Any] = {}
        self._compiled: OrderedDict[tuple[str, str, str], ServedMachine] = OrderedDict()
        self._histories: OrderedDict[int, list[Event]] = OrderedDict()
        self._routing = routing() if captures else nullcontext()

    def _secret(self) -> str:
        for name, text in self.store.records("secret"):
            with suppress(Damaged), reading(name):  # else a new one: only the pages given out so far are lost
                return str(json.loads(text)["key"])
        key = Pages.new_key()
        self.store.put("secret", "pages", {"key": key})
        return key

    # ------------------------------------------------------------------------------------------------------- life
    def open(self) -> None:
        """Begin: go on with every execution that had not ended."""
        self._routing.__enter__()
        services.guard()
        start_execution.finders.append(self._find)
        opened.append(self)
        for fault in (*self.catalogue.damaged, *self.store.damaged()):
            print(f"sfnbook: {fault} Everything else is served.", flush=True)
        for stored in self.store.running():
            self._resume(stored)
        for run in list(self.runs.values()):
            run.driven.wake()

    def close(self) -> None:
        """End: executions stay where they are, in the store."""
        self._closed = True
        start_execution.finders.remove(self._find)
        opened.remove(self)
        self.fleet.close()
        self.delivery.close()
        self._routing.__exit__(None, None, None)
        self.store.close()

    def _resume(self, stored: Stored) -> None:
        head = stored.head
        try:
            entries = self.store.entries(stored.id)
            machine = self._machine_of(stored)
            execution = replay(
                machine._program,
                Journal(self._input(head), stored.started, head["seed"], head["names"], Entries(entries)),
            )
        except Exception as fault:  # damaged, or written by another version: say so, serve the rest
            why = str(fault) if isinstance(fault, (SfnbookError, ApiError)) else f"{type(fault).__name__}: {fault}"
            print(f"sfnbook: {stored.arn} cannot go on: {why}", flush=True)
            return
        early = [answer for answer in self.store.answers(stored.id) if _call_of(answer) in execution.calls]
        # Requests already taken (a callback's, an activity worker's) are not made again: their answers come by token.
        execution.outbox[:] = [
            call
            for call in execution.outbox
            if call.id in execution.calls
            and call.id not in map(_call_of, early)
            and not (call.submitted and call.resource.pattern == "waitForTaskToken")
            and not (call.started and call.resource.kind == "activity")
        ]
        journal = StoredJournal(
            self.store, stored.id, self._input(head), stored.started, head["seed"], head["names"], len(entries)
        )
        parent = self.runs.get(head.get("parent", ""))  # it started earlier, so it was taken up earlier
        run = self._take(machine, journal, stored, execution=execution, parent=parent)
        for call in execution.calls.values():
            if call.token is not None:
                self.note_token(run, call.token, call.id)
        for answer in early:
            run._session.post(lambda at, answer=answer: answer._replace(at=at))  # type: ignore[misc]  # one each

    @staticmethod
    def _input(head: Mapping[str, Any]) -> Json:
        return from_text(head["input"])

    # --------------------------------------------------------------------------------------------------- machines
    def arn(self, kind: str, *names: str) -> str:
        """Return an ARN of what is made by the present request: in its region and account, else the endpoint's."""
        region, account = asked_place.get() or ("", "")
        return ":".join(("arn:aws:states", region or self.region, account or self.account, kind, *names))

    @staticmethod
    def execution_arn(machine: Machine, kind: str, *names: str) -> str:
        """Return an ARN of an execution, where its machine is."""
        return ":".join((*machine.arn.split(":")[:5], kind, machine.name, *names))

    def sync(self) -> None:
        """Take in what the notebook has defined since."""
        if self.workspace is None:
            return
        for resource, target in list(self.workspace.bindings.items()):
            if self._bound.get(resource) is not target:
                self._bound[resource] = target
                self.registry.add(resource, target)
        for machine in list(self.workspace.machines.values()):
            arn = machine.arn
            known = self.catalogue.machines.get(arn)
            if self.guests.get(arn) is machine or (known is not None and arn not in self.guests):
                continue
            self.guests[arn] = machine
            now = time.time()
            revision = Revision(
                machine._definition.text,
                f"arn:aws:iam::{ACCOUNT}:role/sfnbook",
                dict(LOGGING_OFF),
                {"enabled": False},
            )
            self.catalogue.machines[arn] = Machine(machine.name, arn, machine.type, now, now, revision)
            self.note_change()

    def compile(self, name: str, arn: str, type: str, definition: str) -> ServedMachine:
        """Return a definition compiled. Raises ApiError (InvalidDefinition)."""
        key = (arn, type, definition)
        found = self._compiled.get(key)
        if found is None:
            try:
                found = ServedMachine(
                    definition, name=name, type=type, arn=arn, registry=self.registry, buckets=self.buckets
                )
            except DefinitionError as fault:
                raise ApiError("InvalidDefinition", fault.aws_message) from None
            self._compiled[key] = found
            while len(self._compiled) > MACHINES_KEPT:
                self._compiled.popitem(last=False)
        else:
            self._compiled.move_to_end(key)
        return found

    async def prepare(self, name: str, arn: str, type: str, definition: str) -> None:
        """Compile a definition; a long one on a thread, so that others are answered meanwhile. Raises ApiError."""
        if len(definition) > LONG:
            await asyncio.to_thread(self.compile, name, arn, type, definition)
        else:
            self.compile(name, arn, type, definition)

    async def subject(self, machine: Machine, definition: str) -> StateMachine:
        """Return a machine's definition compiled: the notebook's own machine, or one of the endpoint's. Raises ApiError."""
        guest = self.guests.get(machine.arn)
        if guest is not None and guest._definition.text == definition:
            return guest
        await self.prepare(machine.name, machine.arn, machine.type, definition)
        return self.compile(machine.name, machine.arn, machine.type, definition)

    def machine(self, text: str) -> Machine:
        """Return the machine with an ARN, without version or alias. Raises ApiError."""
        arn = read_arn(text, "stateMachine")
        _check_unlabelled(arn)
        found = self.catalogue.machines.get(text)
        if found is None:
            raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn.text}'")
        return found

    def target(self, text: str) -> Target:
        """Return what an ARN of a machine, version or alias means; ``@TestCase`` or ``#TestCase`` may follow it."""
        plain, case = _test_case(text)
        arn = read_arn(plain, "stateMachine")
        _check_unlabelled(arn)
        catalogue = self.catalogue
        machine = catalogue.machines.get(":".join(plain.split(":")[:7]))
        if machine is not None and len(arn.names) == 1:
            return Target(machine, machine.revision, test_case=case)
        if machine is not None and len(arn.names) == 2:
            alias = catalogue.aliases.get(plain)
            version = catalogue.versions.get(_routed(alias) if alias is not None else plain)
            if version is not None:
                return Target(machine, version.revision, version, alias, case)
        raise ApiError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{text}'")

    def _machine_of(self, stored: Stored) -> StateMachine:
        head = stored.head
        guest = self.guests.get(stored.machine)
        definition = self.store.definition(head["definition"])
        if guest is not None and guest._definition.text == definition:
            return guest
        return self.compile(head["names"]["machine_name"], stored.machine, head["type"], definition)

    # ------------------------------------------------------------------------------------------------- executions
    def start(self, target: Target, data: Json, text: str, **more: Any) -> ServedRun:
        """Start an execution; it is in the store when this returns. more: name, trace, parent, keep (False: unstored)."""
        if len(self.runs) >= MOST_RUNNING:
            raise ApiError("ExecutionLimitExceeded", f"Execution limit exceeded: {MOST_RUNNING} run already.")
        machine, revision = target.machine, target.revision
        name = more.get("name") or str(uuid4())
        if machine.type == "EXPRESS":
            arn = self.execution_arn(machine, "express", name, str(uuid4()))
        else:
            arn = self.execution_arn(machine, "execution", name)
        guest = self.guests.get(machine.arn)
        subject = guest or self.compile(machine.name, machine.arn, machine.type, revision.definition)
        registry = self._mocked(subject, target.test_case)
        names = {
            "execution_arn": arn,
            "execution_name": name,
            "machine_arn": machine.arn,
            "machine_name": machine.name,
            "role_arn": revision.role,
        }
        if not more.get("keep", True):
            names[SYNCHRONOUS] = "true"
        started, seed = round(time.time(), 3), secrets.randbits(48)
        version = target.version.arn if target.version is not None else None
        alias = target.alias.arn if target.alias is not None else None
        head = {"name": name, "input": text, "seed": seed, "names": names, "type": machine.type}
        head |= {"updated": machine.updated, "revision": revision.id, "test_case": target.test_case}
        head |= {"logging": revision.logging, "tracing": revision.tracing, "encryption": revision.encryption}
        head["trace"] = more.get("trace")
        if more.get("parent") is not None:
            head["parent"] = more["parent"].arn
        if not more.get("keep", True):
            stored = Stored(0, arn, machine.arn, version, alias, "RUNNING", started, None, 0, head, {})
            journal = Journal(data, started, seed, names)
            return self._take(subject, journal, stored, registry=registry, parent=more.get("parent"))
        with self.store.together():
            head["definition"] = self.store.keep_definition(revision.definition)
            id = self.store.start(arn, machine.arn, started, head, version=version, alias=alias)
        stored = Stored(id, arn, machine.arn, version, alias, "RUNNING", started, None, 0, head, {})
        journal = StoredJournal(self.store, id, data, started, seed, names)
        return self._take(subject, journal, stored, registry=registry, parent=more.get("parent"))

    def _mocked(self, machine: StateMachine, case: str | None) -> Registry:
        if case is None:
            return machine.bindings
        if self.mocks is None:
            raise invalid(f"There is no mock configuration, so no test case {case}.")
        try:
            found: list[Mock] = configured(self.mocks, machine.name, case)
            registry = Registry(parent=machine.bindings)
            for mock in found:
                registry.add(mock.state, mock)
        except InputError as fault:
            raise invalid(str(fault)) from None
        return registry

    def _take(self, machine: StateMachine, journal: Journal, stored: Stored, **more: Any) -> ServedRun:
        registry = more.pop("registry", None)
        if registry is None:
            registry = self._mocked(machine, stored.head.get("test_case"))
        run = ServedRun(machine, journal, stored, registry, speed=self.speed, wrap=self._wrap, keeper=self, **more)
        if machine.type == "EXPRESS":
            run._session.listen(lambda: _bound(run))
        run.driven = self.fleet.add(run._session, lambda: self._finish(run))
        self.runs[run.arn] = run
        run.look_for_activities(self.catalogue.activities)
        self.delivery.follow(run, resumed=more.get("execution") is not None)
        if machine is self.guests.get(stored.machine):
            machine.runs.append(run)
            self.workspace.runs.append(run)
        run.driven.wake()
        self.note_change()
        return run

    def _wrap(self, run: ServedRun, resolve: Resolve) -> Resolve:
        """Take note of Task tokens as calls go out, and of work for activities."""

        def wrapped(task: Task) -> Handler:
            if task.token is not None:
                self.note_token(run, task.token, task.id)
            handler = resolve(task)
            if task.resource.kind == "activity" and task.kind == "task":
                self.fleet.soon(self.work_for(task.resource.function).set)
            return handler

        return wrapped

    def note_token(self, run: ServedRun, token: str, call: int) -> None:
        """Remember which call waits for a Task token."""
        self.tokens[token] = (run, call)
        run.tokens.append(token)

    def spend_token(self, token: str) -> None:
        """A task has been answered: its token is no longer good."""
        self.tokens.pop(token, None)
        self.spent[token] = None
        while len(self.spent) > TOKENS_KEPT:
            self.spent.popitem(last=False)

    def work_for(self, activity: str) -> asyncio.Event:
        """Return what is set when there may be work for an activity."""
        return self.work.setdefault(activity, asyncio.Event())

    def _finish(self, run: ServedRun) -> None:
        execution, stored = run._execution, run.stored
        if stored.id:
            map_runs = {m.arn: keep_map_run(m) for m in execution.map_runs}
            stopped = execution.stopped_at or execution.now
            result = result_of(execution)
            self.store.finish(stored.id, execution.status, stopped, result, execution.events.iter_uncached(), map_runs)
        self.delivery.status_changed(run)
        self.runs.pop(run.arn, None)
        for token in run.tokens:
            self.spend_token(token)
        self._histories.pop(stored.id, None)
        self.note_change()
        for callback in run.ended:
            callback()

    def activities_changed(self) -> None:
        """Tell every execution which of its activities are there now."""
        for run in list(self.runs.values()):
            run.look_for_activities(self.catalogue.activities)

    def note_change(self) -> None:
        """Let those who watch look again."""
        self.version += 1
        self.changed.set()
        self.changed = asyncio.Event()

    async def until_ended(self, run: ServedRun) -> None:
        """Wait until an execution has ended."""
        if not run.done or run.arn in self.runs:
            future = self.loop.create_future()
            run.ended.append(lambda: None if future.done() else future.set_result(None))
            await future

    def redrive(self, stored: Stored, at: float) -> ServedRun:
        """Let an ended execution go on from its unsuccessful states."""
        head = stored.head
        machine = self._machine_of(stored)
        stored_journal = self.stored_journal(stored)
        execution = replay(machine._program, stored_journal)
        names = (stored_journal.input, stored_journal.at, stored_journal.seed, stored_journal.names)
        journal = StoredJournal(self.store, stored.id, *names, len(stored_journal.entries))
        execution.outbox.clear()
        head["redriven"] = at
        stored.status, stored.stopped, stored.result = "RUNNING", None, {}
        with self.store.together():
            self.store.reopen(stored.id, execution.redrives + 1, head)
            run = self._take(machine, journal, stored, execution=execution)
            run._session.redrive()
            self.delivery.status_changed(run)
        self._histories.pop(stored.id, None)
        return run

    def stored(self, text: str, *kinds: str) -> Stored:
        """Return an execution as it is now. Raises ApiError."""
        arn = read_arn(text, *(kinds or ("execution",)))
        run = self.runs.get(arn.text)
        found = run.present() if run is not None else self.store.execution(arn.text)
        if found is None and (own := self.own_run(arn.text)) is not None:
            found = as_stored(own)
        if found is None or (found.id == 0):
            raise ApiError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{text}'")
        return found

    def events(self, stored: Stored) -> Sequence[Event]:
        """Return an execution's history so far."""
        run = self.runs.get(stored.arn)
        if run is not None:
            return run._execution.events
        if (own := self.own_run(stored.arn)) is not None:
            return list(own.events)
        found = self._histories.get(stored.id)
        if found is None:
            found = self._histories[stored.id] = self.store.events(stored.id)
            while len(self._histories) > HISTORIES_KEPT:
                self._histories.popitem(last=False)
        return found

    def own_run(self, arn: str) -> Run | None:
        """Return a run that the notebook's own code started of a machine that is served here; None for all others."""
        found = start_execution.executions.get(arn) if self.guests else None
        return found if isinstance(found, Run) and not isinstance(found, ServedRun) else None

    def own_runs(self) -> list[Run]:
        """Return the runs that the notebook's own code started of machines that are served here, as far as it keeps them."""
        found = [run for machine in self.guests.values() for run in list(machine.runs)]
        return [run for run in found if self.own_run(run.arn) is run]

    def past(self, stored: Stored) -> Ended:
        """Return an execution that has ended, as a run."""
        return Ended(stored, self._machine_of(stored), self)

    def kept(self, stored: Stored) -> tuple[Sequence[Event], list[dict[str, Any]]]:
        """Return an ended execution's history and its Map runs as they are stored; from any thread."""
        return self.on_loop(lambda: (self.events(stored), self.store.map_runs(stored.id)))

    def stored_journal(self, stored: Stored) -> Journal:
        """Return the journal of an ended execution; from any thread."""
        head = stored.head
        entries = self.on_loop(lambda: self.store.entries(stored.id))
        return Journal(self._input(head), stored.started, head["seed"], head["names"], Entries(entries))

    def relative(self, arn: str) -> Run | Ended | None:
        """Return an execution as a run, running or ended, a notebook's own too; None for one that is not here.

        From any thread.
        """

        def look() -> Run | Ended | None:
            live = self.runs.get(arn)
            stored = self.store.execution(arn) if live is None else None
            if stored is not None and stored.status != "RUNNING":
                return self.past(stored)
            return live or start_execution.executions.get(arn)

        return None if self._closed else self.on_loop(look)

    def started_machine(self, arn: str) -> Any:
        """Return the machine that a task's StateMachineArn means, compiled; None for one that is not here.

        From any thread.
        """

        def look() -> Any:
            try:
                target = self.target(arn)
                machine = target.machine
                guest = self.guests.get(machine.arn)
                return guest or self.compile(machine.name, machine.arn, machine.type, target.revision.definition)
            except ApiError:
                return start_execution.find(arn)

        return self.on_loop(look)

    def on_loop(self, ask: Callable[[], T]) -> T:
        """Return what a question about the endpoint's own has as its answer, asked on its loop; from any thread."""
        if threading.get_ident() == self._thread:
            return ask()
        made: Future[T] = Future()

        def answer() -> None:
            try:
                made.set_result(ask())
            except Exception as fault:  # hand it to the thread that asked
                made.set_exception(fault)

        self.loop.call_soon_threadsafe(answer)
        return made.result()

    # --------------------------------------------------------------------------------------------- nested executions
    def _find(self, arn: str) -> _Nested | None:
        """The machine that an ARN means to a task, if it is one of the endpoint's own; from any thread."""
        try:
            target = self.target(arn)
        except ApiError:
            return None
        return None if target.machine.arn in self.guests else _Nested(self, target)

    def start_nested(self, target: Target, data: Json, **options: Any) -> Run | Ended:
        """Start an execution from a worker's thread."""
        return self.on_loop(lambda: self._begin_nested(target, data, **options))

    def _begin_nested(self, target: Target, data: Json, **options: Any) -> Run | Ended:
        name, listener = options.get("name"), options.get("listener")
        known = self.store.execution(self.execution_arn(target.machine, "execution", str(name)))
        if known is not None and target.machine.type == "STANDARD":
            run: Run | Ended = self.runs.get(known.arn) or self.past(known)
        else:
            run = self.start(
                target, {} if data is None else data, to_text(data), name=name, parent=options.get("parent")
            )
        if listener is not None:
            run.add_listener(listener)
            if run.done:
                listener(run)
        return run


def _bound(run: ServedRun) -> None:
    """End an Express execution that grows without end: it has no limit of events, the memory here has."""
    if len(run._execution.events) > EXPRESS_EVENTS and not run.done:
        run.stop("States.Runtime", f"The execution reached this endpoint's limit of {EXPRESS_EVENTS:,} events.")


class _Nested:
    """A machine of the endpoint as a task sees it that starts one."""

    def __init__(self, endpoint: Endpoint, target: Target) -> None:
        self.name = target.machine.name
        self.type = target.machine.type
        self.arn = target.machine.arn
        self.runs: list[Run] = []
        self._endpoint = endpoint
        self._target = target

    def run_named(self, name: str) -> Run | Ended | None:
        """Return the execution of a name."""
        endpoint, machine = self._endpoint, self._target.machine

        def look() -> Run | Ended | None:
            known = endpoint.store.execution(endpoint.execution_arn(machine, "execution", name))
            return None if known is None else endpoint.runs.get(known.arn) or endpoint.past(known)

        return endpoint.on_loop(look)

    def let_go(self, name: str) -> bool:
        """Nothing is let go of here."""
        return False

    def run(self, input: Json = None, **options: Any) -> Run | Ended:
        """Start an execution; only its name, listener and parent are up to the task."""
        return self._endpoint.start_nested(self._target, input, **options)


opened: Final[list[Endpoint]] = []
"""The endpoints of this process that are open."""

LOGGING_OFF: Final = {"level": "OFF", "includeExecutionData": False}


class OwnFunctions(Mapping[str, Any]):
    """The functions that a notebook defines itself: what a machine made by a request may call by name.

    Nothing imported, no builtin and no other object: a request must not choose among those.
    """

    def __init__(self, namespace: Mapping[str, Any]) -> None:
        self._namespace = namespace

    def __getitem__(self, name: str) -> Any:
        found = self._namespace[name]
        own = self._namespace.get("__name__", "__main__")
        if isinstance(found, FunctionType) and found.__module__ == own and not name.startswith("_"):
            return found
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for name in list(self._namespace) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _call_of(answer: Command) -> int:
    """Return the call that an answer is for."""
    return answer.call if isinstance(answer, (TaskSucceeded, TaskFailed)) else 0


def _check_unlabelled(arn: Arn) -> None:
    """Refuse the ARN of a distributed Map's machine, ``machine/label`` (API reference)."""
    if "/" in arn.name:
        raise invalid(f"{arn.text} is a labelled ARN.", "API_DOES_NOT_SUPPORT_LABELED_ARNS")


def _test_case(text: str) -> tuple[str, str | None]:
    for mark in "#@":
        plain, found, case = text.partition(mark)
        if found:
            return plain, case
    return text, None


def _routed(alias: Alias) -> str:
    """Return the version that an alias chooses this time."""
    arns = [str(r["stateMachineVersionArn"]) for r in alias.routing]
    return random.choices(arns, [r["weight"] for r in alias.routing])[0]
