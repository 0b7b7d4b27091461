"""Visits: a history by state. One visit for each time a state was entered, with its attempts, data and end.

Made from the events alone, so that a run here, a replay and a history from AWS look alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sfnbook.engine.events import Event, FrameKey
from sfnbook.query.scope import ABSENT
from sfnbook.values import Json, copy_of

RUNNING: Final = "running"
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
CAUGHT: Final = "caught"
ABORTED: Final = "aborted"


class _Own:
    """A JSON value in a record: reading it gives a copy, so that a caller's edit never reaches the record.

    A dataclass takes ``default`` as the field's default; without one the field must be given. `kept` reads uncopied.
    """

    def __init__(self, *default: Json) -> None:
        self._default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, record: object | None, owner: type | None = None) -> Json:
        if record is not None:
            return copy_of(record.__dict__[self._name])
        if self._default:
            return self._default[0]
        raise AttributeError(self._name)

    def __set__(self, record: object, value: Json) -> None:
        record.__dict__[self._name] = value


class _OwnList(_Own):
    """A list in a record, empty at first: reading it gives a list of the caller's own, as for `_Own`."""

    def __get__(self, record: object | None, owner: type | None = None) -> Any:
        return None if record is None else list(record.__dict__[self._name])

    def __set__(self, record: object, value: Any) -> None:
        record.__dict__[self._name] = [] if value is None else value


def _own(*default: Json) -> Any:
    return _Own(*default)


def _own_list() -> Any:
    return _OwnList()


def kept(record: Attempt | Visit, name: str) -> Any:
    """Return a value as the record holds it, for readers that change nothing and hand nothing out."""
    return record.__dict__[name]


def note(record: Attempt | Visit, **values: Any) -> None:
    """Write values into a record that goes on growing with its run; to everybody else a record is read-only."""
    record.__dict__.update(values)


@dataclass(frozen=True)
class Attempt:
    """One try of a Task, Parallel or Map, read-only. ``start``, ``end``, ``delay`` in seconds; ``delay``: the backoff before it."""

    number: int
    start: float
    end: float | None = None
    status: str = RUNNING
    error: str | None = None
    cause: str | None = None
    delay: float = 0.0
    parameters: Json = _own(ABSENT)
    output: Json = _own(ABSENT)
    logs: str = ""
    traceback: str = ""

    __hash__ = None  # type: ignore[assignment]  # it grows while the run goes on


@dataclass(frozen=True)
class Visit:
    """One stay in a state, read-only. Times in seconds since the start of the run, on the machine's clock.

    id: of its ...Entered event. where: the branch or iteration in words. ended_by: the id of the event that ended it.
    next: the state entered after it in its line, None at an end. variables: as on entry.
    """

    id: int
    address: str
    name: str
    type: str
    frame: FrameKey
    where: str
    start: float
    entered_at: float
    input: Json = _own()
    variables: dict[str, Json] = _own()
    item: dict[str, Json] | None = _own(None)
    end: float | None = None
    status: str = RUNNING
    output: Json = _own(ABSENT)
    assigned: dict[str, Json] = _own(None)
    error: str | None = None
    cause: str | None = None
    next: str | None = None
    attempts: list[Attempt] = _own_list()
    events: list[int] = _own_list()

    __hash__ = None  # type: ignore[assignment]  # it grows while the run goes on

    def __post_init__(self) -> None:
        if self.__dict__["assigned"] is None:
            note(self, assigned={})

    @property
    def attempt(self) -> Attempt | None:
        """The latest attempt."""
        attempts = kept(self, "attempts")
        return attempts[-1] if attempts else None


_STARTS: Final = (
    "LambdaFunctionScheduled",
    "TaskScheduled",
    "ActivityScheduled",
    "ParallelStateStarted",
    "MapStateStarted",
    "MapRunRedriven",
)
_GOOD: Final = (
    "LambdaFunctionSucceeded",
    "TaskSucceeded",
    "ActivitySucceeded",
    "ParallelStateSucceeded",
    "MapStateSucceeded",
)
_BAD: Final = (
    "LambdaFunctionFailed",
    "LambdaFunctionTimedOut",
    "LambdaFunctionScheduleFailed",
    "LambdaFunctionStartFailed",
    "TaskFailed",
    "TaskTimedOut",
    "TaskStartFailed",
    "TaskSubmitFailed",
    "ActivityFailed",
    "ActivityTimedOut",
    "ActivityScheduleFailed",
    "EvaluationFailed",
    "MapRunFailed",
)
_ENDS: Final = {"ExecutionFailed": FAILED, "ExecutionTimedOut": FAILED, "ExecutionAborted": ABORTED}


class Visits:
    """Builds visits from events as they come. ``feed`` may be called again and again with what is new.

    variables: those that the top level begins with, where a run does not begin at StartAt. item: the ``Map.Item`` that
    the top level works on, for a child execution of a Map run.
    """

    def __init__(self, variables: dict[str, Json] | None = None, item: dict[str, Json] | None = None) -> None:
        self.all: list[Visit] = []
        self.changed: set[int] = set()
        self._open: dict[FrameKey, Visit] = {}
        self._variables: dict[FrameKey, dict[str, Json]] = {(): variables or {}}
        self._containers: dict[tuple[FrameKey, int], Visit] = {}
        self._items: dict[FrameKey, dict[str, Json]] = {} if item is None else {(): item}
        self._began: float | None = None

    def feed(self, events: Iterable[Event]) -> None:
        """Take note of more events, in their order."""
        for event in events:
            if self._began is None:
                self._began = event.at
            self._take(event, event.at - self._began)

    def _take(self, event: Event, at: float) -> None:
        type = event.type
        if type.endswith("StateEntered"):
            self._enter(event, at)
            return
        visit = self._open.get(event.frame)
        if type == "MapIterationStarted":
            self._items[event.frame] = event.detail.get("item") or {}
            return
        if type == "ExecutionRedriven":
            self._reopen()
            return
        if type in _ENDS and not event.frame:
            self._end_all(_ENDS[type], event, at)
            return
        if visit is None:
            return
        kept(visit, "events").append(event.id)
        if type.endswith("StateExited"):
            self._exit(visit, event, at)
        elif type in _STARTS:
            self._attempt(visit, event, at)
        elif type in _GOOD:
            _close(visit.attempt, SUCCEEDED, event, at)
        elif type in _BAD:
            if visit.attempt is not None and visit.attempt.status == RUNNING:
                _close(visit.attempt, FAILED, event, at)
            note(visit, error=event.detail.get("error"), cause=event.detail.get("cause"))
        elif type.endswith("StateAborted"):  # also a Task whose own failure ends its branch
            attempt = visit.attempt
            failed = visit.error is not None or (attempt is not None and attempt.status == FAILED)
            self._finish(visit, FAILED if failed and visit.type == "Task" else ABORTED, at)
        elif type in ("ParallelStateFailed", "MapStateFailed"):
            self._join_failed(visit, at)

    def _enter(self, event: Event, at: float) -> None:
        frame = event.frame
        variables = self._visible(frame)
        before = self._open.get(frame)
        name = event.detail["name"]
        if before is not None and before.end is not None:
            note(before, next=name)
        visit = Visit(
            id=event.id,
            address=event.address,
            name=name,
            type=event.type.removesuffix("StateEntered"),
            frame=frame,
            where=self._where(frame),
            start=at,
            input=event.detail.get("input", ABSENT),
            variables=variables,
            entered_at=event.at,
            item=self._item(frame),
            events=[event.id],
        )
        self._open[frame] = visit
        self.all.append(visit)

    def _attempt(self, visit: Visit, event: Event, at: float) -> None:
        previous = visit.attempt
        delay = 0.0
        if previous is not None:
            if previous.status == RUNNING:
                self._children_failed(visit, previous, at)
            delay = at - (previous.end if previous.end is not None else at)
        number = len(visit.attempts) + 1
        parameters = event.detail.get("parameters", event.detail.get("input", ABSENT))
        kept(visit, "attempts").append(Attempt(number, at, delay=delay, parameters=parameters))
        note(visit, error=None, cause=None)
        if event.type in ("ParallelStateStarted", "MapStateStarted"):
            self._containers[(visit.frame, event.id)] = visit

    def _exit(self, visit: Visit, event: Event, at: float) -> None:
        assigned = dict(event.detail.get("assignedVariables") or {})
        note(visit, output=event.detail.get("output", ABSENT), assigned=assigned)
        if assigned:
            self._variables[visit.frame] = {**self._visible(visit.frame), **assigned}
        failed = visit.error is not None or (visit.attempt is not None and visit.attempt.status == FAILED)
        self._finish(visit, CAUGHT if failed else SUCCEEDED, at)

    def _join_failed(self, visit: Visit, at: float) -> None:
        attempt = visit.attempt
        if attempt is not None and attempt.status == RUNNING:
            self._children_failed(visit, attempt, at)

    def _children_failed(self, visit: Visit, attempt: Attempt, at: float) -> None:
        """A Parallel or Map failed: the child that failed first says with what."""
        depth = len(visit.frame)
        inside = [
            child
            for child in reversed(self.all)
            if len(child.frame) > depth and child.frame[:depth] == visit.frame and child.start >= attempt.start
        ]
        child = next((c for c in inside if c.end is None), None) or next(
            (c for c in inside if c.status == FAILED), None
        )
        if child is not None:
            if child.end is None:
                self._finish(child, FAILED, at)
            for record in (attempt, visit):
                note(record, error=child.error or _fail_error(child), cause=child.cause)
        note(attempt, status=FAILED, end=at)
        note(visit, error=visit.error or "States.BranchFailed")

    def _end_all(self, status: str, event: Event, at: float) -> None:
        last = True
        for visit in reversed(self.all):
            if visit.end is not None:
                continue
            failed_here = status == FAILED and last and event.type == "ExecutionFailed"
            if visit.type in ("Parallel", "Map") and visit.error is not None:
                self._finish(visit, FAILED, at)
            elif failed_here or (status == FAILED and visit.error is not None):
                self._finish(visit, FAILED, at)
                error, cause = visit.error or event.detail.get("error"), visit.cause
                note(visit, error=error, cause=cause if cause is not None else event.detail.get("cause"))
            else:
                self._finish(visit, ABORTED, at)
            last = False

    def _reopen(self) -> None:
        """A redrive: what had not succeeded runs again."""
        for visit in self._open.values():
            if visit.status in (FAILED, ABORTED):
                note(visit, status=RUNNING, end=None, error=None, cause=None)

    def _finish(self, visit: Visit, status: str, at: float) -> None:
        note(visit, status=status, end=at)
        attempt = visit.attempt
        if attempt is not None and attempt.end is None:
            note(attempt, end=at, status=status if attempt.status == RUNNING else attempt.status)

    def _visible(self, frame: FrameKey) -> dict[str, Json]:
        for depth in range(len(frame), -1, -1):
            found = self._variables.get(frame[:depth])
            if found is not None:
                return found
        return {}

    def _item(self, frame: FrameKey) -> dict[str, Json] | None:
        for depth in range(len(frame), -1, -1):
            found = self._items.get(frame[:depth])
            if found is not None:
                return found
        return None

    def _where(self, frame: FrameKey) -> str:
        words = []
        for depth, (started, index) in enumerate(frame):
            container = self._containers.get((frame[:depth], started))
            if container is not None:
                which = f"branch {index + 1}" if container.type == "Parallel" else f"item {index}"
                words.append(f"{container.name} › {which}")
        return " › ".join(words)


def _fail_error(visit: Visit) -> str | None:
    return visit.attempt.error if visit.attempt is not None else None


def _close(attempt: Attempt | None, status: str, event: Event, at: float) -> None:
    if attempt is None:
        return
    detail = event.detail
    note(attempt, status=status, end=at, output=detail.get("output", ABSENT))
    note(attempt, error=detail.get("error"), cause=detail.get("cause"))


def summary(visits: Sequence[Visit]) -> dict[str, dict[str, Any]]:
    """Return each visited state's present status and its number of visits, by address, for a diagram."""
    rank = {SUCCEEDED: 0, CAUGHT: 1, ABORTED: 2, RUNNING: 3, FAILED: 4}
    found: dict[str, dict[str, Any]] = {}
    for visit in visits:
        entry = found.setdefault(visit.address, {"status": visit.status, "visits": 0})
        entry["visits"] += 1
        if not visit.frame or rank[visit.status] >= rank[entry["status"]] or not _same_join(visit, entry):
            entry["status"] = visit.status
        entry["frame"] = visit.frame
    return found


def _same_join(visit: Visit, entry: dict[str, Any]) -> bool:
    frame: FrameKey = entry.get("frame") or ()
    return bool(frame) and frame[:-1] == visit.frame[:-1] and frame[-1][0] == visit.frame[-1][0]
