"""A run elsewhere, seen from here: its history is fetched now and then, and read as any run is.

Owns the fetching; what events mean is `history`'s. Nothing of the run happens here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

from sfnbook.engine.events import Event
from sfnbook.errors import DefinitionError, InputError
from sfnbook.history.aws import read_events
from sfnbook.history.recorded import placed, seen_definition
from sfnbook.machine import SeenMachine, StateMachine
from sfnbook.recorded_run import RecordedRun
from sfnbook.targets.target import Target, target_error

_FIRST: Final = 0.2
_LATER: Final = 2.0
"""Seconds between two looks: more the longer nothing happens, because AWS limits how often one may ask."""


class RemoteRun(RecordedRun):
    """A run at a place. ``follow`` makes a thread look until it has ended. A fork of it runs here, from what was seen so far."""

    @property
    def begun(self) -> None:
        """None: it began elsewhere."""
        return None

    def __init__(self, place: Target, client: Any, arn: str, machine: StateMachine | None = None) -> None:
        self.place = place
        self._client = client
        self._listeners: list[Callable[[RemoteRun], None]] = []
        self._over = threading.Event()
        self._look_now = threading.Event()
        self._raw: list[Event] = []
        self._described: dict[str, Any] = {}
        self.fault: str | None = None
        name = arn.split(":")[7] if arn.count(":") > 6 else arn
        self._fetch(arn)
        if not self._raw:
            raise InputError(f"{place.text} has no history of {arn}.")
        known = machine is not None
        machine = machine or self._seen(name)
        super().__init__(machine, self._placed(machine), name=name, known=known, arn=arn, clock=place.text)

    def _seen(self, name: str) -> StateMachine:
        try:
            return SeenMachine(seen_definition(self._raw), name=name)
        except DefinitionError as fault:
            raise InputError(f"No machine can be made from the history of {name}. {fault}") from None

    def _placed(self, machine: StateMachine) -> list[Event]:
        return placed(self._raw, machine._definition)

    def _fetch(self, arn: str) -> bool:
        """Get the events that are new, from the end backwards; return whether there are any."""
        known = self._raw[-1].id if self._raw else 0
        fresh: list[Mapping[str, Any]] = []
        request = {"executionArn": arn, "reverseOrder": True, "maxResults": 100 if known else 1000}
        try:
            while True:
                answer = self._client.get_execution_history(**request)
                fresh += [event for event in answer["events"] if event["id"] > known]
                if "nextToken" not in answer or len(fresh) == 0 or fresh[-1]["id"] == known + 1:
                    break
                request["nextToken"] = answer["nextToken"]
        except Exception as fault:  # whatever a client raises: the place's word or the network's
            raise target_error(fault, self.place) from None
        self._raw += read_events(fresh)
        return bool(fresh)

    # ------------------------------------------------------------------------------------------------- following it
    def follow(self) -> RemoteRun:
        """Look for news on a thread of its own until it has ended. Returns self."""
        if self.done:
            self._over.set()
        else:
            threading.Thread(target=self._follow, name="sfnbook-watch", daemon=True).start()
        return self

    def _follow(self) -> None:
        pause = _FIRST
        while not self.done:
            self._look_now.wait(pause)
            self._look_now.clear()
            try:
                news = self._fetch(self.arn)
            except InputError as fault:  # the place has gone: say so once and look no further
                self.fault = str(fault)
                break
            if news:
                events = tuple(self._placed(self.machine))
                self._visits, self._events, self._now = None, events, events[-1].at
                self._tell()
            pause = _FIRST if news else min(_LATER, pause * 1.5)
        self._over.set()
        self._tell()

    def _tell(self) -> None:
        for listener in list(self._listeners):
            try:
                listener(self)
            except Exception:  # an observer's fault must not end the watching
                self._listeners.remove(listener)

    def add_listener(self, listener: Any) -> None:
        """Call ``listener(run)`` when there is news, on the watching thread; one that raises is detached."""
        self._listeners.append(listener)

    def wait(self, timeout: float | None = None) -> RemoteRun:
        """Wait until it has ended, at most ``timeout`` seconds. Returns self."""
        self._over.wait(timeout)
        return self

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Abort it there (StopExecution)."""
        more = {k: v for k, v in (("error", error), ("cause", cause)) if v is not None}
        try:
            self._client.stop_execution(executionArn=self.arn, **more)
        except Exception as fault:  # as in `_fetch`
            raise target_error(fault, self.place) from None
        self._look_now.set()


def watch(place: Target, arn: str, machines: Mapping[str, StateMachine] | None = None) -> RemoteRun:
    """Return a run elsewhere, and follow it. Its machine is asked for there; else made from what is seen.

    machines: those of here; a fork of the run is answered by the bindings of the one with the same name.
    """
    client = place.client()
    machine = _machine(client, arn, machines or {})
    try:
        run = RemoteRun(place, client, arn, machine)
    except InputError:
        if machine is None:
            raise
        run = RemoteRun(place, client, arn)  # the definition there has changed since: what was seen must do
    return run.follow()


def _machine(client: Any, arn: str, machines: Mapping[str, StateMachine]) -> StateMachine | None:
    try:
        found = client.describe_state_machine_for_execution(executionArn=arn)
        machine = SeenMachine(found["definition"], name=found["name"])
        here = machines.get(found["name"])
        if here is not None:
            machine._bindings, machine._store = here.bindings, here.store
        return machine
    except Exception:  # not every place knows this call, and not every definition there is one here
        return None


def start(place: Target, machine: StateMachine, input: str, name: str | None = None) -> RemoteRun:
    """Start an execution of the machine of this name elsewhere, and follow it. Raises InputError."""
    from sfnbook.targets.deploy import find

    client = place.client()
    there = find(client, place, machine.name)
    if there is None:
        raise InputError(
            f'{place.text} has no state machine "{machine.name}". Create it there: '
            f"%sfn_deploy {machine.name} --on {place.text}"
        )
    try:
        begun = client.start_execution(
            stateMachineArn=there["stateMachineArn"], input=input, **({"name": name} if name else {})
        )
    except Exception as fault:  # whatever a client raises
        raise target_error(fault, place) from None
    return watch(place, begun["executionArn"], {machine.name: machine})
