"""A run read from its events: status, data, visits, stages. For a past moment of a run, and for a history from elsewhere.

Has the same names as a live run, so that both are shown by the same code. Drives nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Protocol

from sfnbook.engine.events import Event
from sfnbook.engine.frame import timestamp
from sfnbook.engine.program import Program
from sfnbook.errors import InputError
from sfnbook.history.aws import wire_history
from sfnbook.history.mock_config import recorded_config
from sfnbook.history.visits import Visit, Visits, note
from sfnbook.language.definition import Definition
from sfnbook.runs.base_run import BaseRun
from sfnbook.runs.billing import transitions
from sfnbook.runtime.task import Log, LogKey
from sfnbook.tasks.mocks import save_config
from sfnbook.values import Json, copy_of, printable, to_text

_ENDS: Final = {
    "ExecutionSucceeded": "SUCCEEDED",
    "ExecutionFailed": "FAILED",
    "ExecutionTimedOut": "TIMED_OUT",
    "ExecutionAborted": "ABORTED",
}


class Readable(Protocol):
    """What is needed of the machine."""

    @property
    def name(self) -> str: ...
    @property
    def arn(self) -> str: ...
    @property
    def _definition(self) -> Definition: ...
    @property
    def _program(self) -> Program: ...


class RunFromEvents(BaseRun):
    """A run that is read from its events. ``now``: where it stands, in seconds since the epoch; the last event's by default.

    context: the Context object's Execution and StateMachine parts, for expressions that look at them. logs: what its
    attempts printed. clock: the name of the clock it ran on. begins_with: the variables it began with. item: the
    ``Map.Item`` it works on, for a child execution of a Map run.
    """

    def __init__(
        self,
        machine: Any,
        events: Sequence[Event],
        *,
        name: str,
        arn: str = "",
        context: Mapping[str, Json] | None = None,
        logs: Mapping[LogKey, Log] | None = None,
        clock: str = "recorded",
        now: float | None = None,
        begins_with: dict[str, Json] | None = None,
        item: dict[str, Json] | None = None,
    ) -> None:
        self._machine = machine
        self._events = tuple(events)
        self._name = name
        self._arn = arn or machine.arn.replace(":stateMachine:", ":execution:") + f":{name}"
        self._clock = clock
        self._context = dict(context or self._names())
        self._logs = logs or {}
        self._now = now if now is not None else self._events[-1].at
        self._begins_with = begins_with
        self._item = item
        self._visits: list[Visit] | None = None

    @property
    def parent(self) -> Any:
        """The run that started it, None where none did or it is not known."""
        return None

    @property
    def debugger(self) -> None:
        """None: nothing runs here that could be stopped."""
        return None

    @property
    def arn(self) -> str:
        """The execution's ARN."""
        return self._arn

    def _names(self) -> dict[str, Json]:
        return {
            "Execution": {
                "Id": self.arn,
                "Input": self.input,
                "StartTime": timestamp(self._raw_events[0].at),
                "Name": self.name,
                "RoleArn": self._raw_events[0].detail.get("roleArn"),
                "RedriveCount": 0,
            },
            "StateMachine": {"Id": self.machine.arn, "Name": self.machine.name},
        }

    @property
    def _raw_events(self) -> tuple[Event, ...]:
        """The history so far as it is kept."""
        return self._events

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return _ENDS.get(self._raw_events[-1].type, "RUNNING")

    @property
    def done(self) -> bool:
        """True once it has ended."""
        return self.status != "RUNNING"

    @property
    def input(self) -> Json:
        """The execution's input."""
        return copy_of(self._raw_events[0].detail.get("input"))

    @property
    def output(self) -> Json:
        """The output of a run that succeeded, else None."""
        return copy_of(self._raw_events[-1].detail.get("output")) if self.status == "SUCCEEDED" else None

    @property
    def error(self) -> str | None:
        """The Error of a run that failed."""
        return self._raw_events[-1].detail.get("error") if self.done else None

    @property
    def cause(self) -> str | None:
        """The Cause of a run that failed."""
        return self._raw_events[-1].detail.get("cause") if self.done else None

    @property
    def seconds(self) -> float:
        """How long it took, or had taken so far, in seconds on the machine's clock."""
        return self._now - self._raw_events[0].at

    @property
    def transitions(self) -> int:
        """State transitions so far, retries included, as Standard workflows are billed."""
        return transitions(self.visits)

    @property
    def visits(self) -> list[Visit]:
        """Each stay in a state so far, in the order of entry."""
        found = self._visits
        if found is None:
            made = Visits(self._begins_with, self._item)
            made.feed(self._raw_events)
            for visit in made.all:
                self._say_failure(visit)
                for attempt in visit.attempts:
                    log = self._logs.get((visit.frame, visit.id, attempt.number - 1))
                    if log is not None:
                        note(attempt, logs=log.text, traceback=log.traceback)
            found = self._visits = made.all
        return list(found)

    def _known(self) -> tuple[Sequence[Visit], Any]:
        return self.visits, len(self._raw_events)

    def _names_seen(self) -> dict[str, Json]:
        return self._context

    def describe(self) -> dict[str, Any]:
        """Return it in DescribeExecution's shape."""
        wire: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine.arn,
            "name": self.name,
            "status": self.status,
            "startDate": datetime.fromtimestamp(self._raw_events[0].at, UTC),
            "input": to_text(self.input),
            "inputDetails": {"included": True},
        }
        if self.done:
            wire["stopDate"] = datetime.fromtimestamp(self._raw_events[-1].at, UTC)
        if self.status == "SUCCEEDED":
            wire["output"] = to_text(self.output)
            wire["outputDetails"] = {"included": True}
        return wire | {k: v for k, v in (("error", self.error), ("cause", self.cause)) if v is not None}

    def history(self) -> list[dict[str, Any]]:
        """Return the history as GetExecutionHistory's ``events``."""
        return wire_history(self._raw_events)

    def mocks(self, test_case: str = "Recorded", *, save: str | Path | None = None) -> dict[str, Any]:
        """Return what its tasks answered as a mock configuration, as `sfnbook.Run.mocks` does.

        The calls of a distributed Map's children are not in its history, and not in the configuration.
        """
        config = recorded_config(self, test_case)
        if save is not None:
            save_config(config, save)
        return config

    def add_listener(self, listener: Any) -> None:
        """Does nothing: a recorded run never changes."""

    def stop(self, error: str | None = None, cause: str | None = None) -> None:
        """Nothing runs: nothing is stopped."""

    def __repr__(self) -> str:
        return printable(f"<{type(self).__name__} {self.name} {self.status}, {len(self._raw_events)} events>")


def was_in(run: Any, which: int | str | Visit) -> Visit:
    """Return the visit of a run that is meant, as `entered` does. Raises InputError for one that was not."""
    visits: Sequence[Visit] = run.visits
    visit = entered(visits, which)
    if visit is not None:
        return visit
    names = ", ".join(dict.fromkeys(v.name for v in visits))
    raise InputError(f"{run.name} was never in {which}. It was in {names}.")


def entered(visits: Sequence[Visit], which: Visit | int | str) -> Visit | None:
    """Return the visit that is meant by itself, the id of one of its events, or a state's name (its last visit)."""
    if isinstance(which, Visit):
        return which
    if isinstance(which, str):
        return next((visit for visit in reversed(visits) if which in (visit.name, visit.address)), None)
    return next((v for v in visits if v.id == which), None) or next((v for v in visits if which in v.events), None)
