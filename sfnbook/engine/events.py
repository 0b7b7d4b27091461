"""Events: the one stream that comes out of the engine, in the words of GetExecutionHistory.

An event is a plain tuple. ``detail`` holds the event's own values (not JSON text): its keys are AWS's names inside the
``...EventDetails`` member, with values where AWS has JSON texts; `sfnbook.history.aws` makes the wire shape from it.
Owns the event, its type names and the log that holds them; knows neither texts nor listeners.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias, overload

if TYPE_CHECKING:
    from sfnbook.engine.program import CompiledState
    from sfnbook.values import Json

FrameKey: TypeAlias = tuple[tuple[int, int], ...]
"""Which running branch or iteration: from the outside in, (id of the ...StateStarted event, index). () is the top."""


class Event(NamedTuple):
    """Something that happened.

    id, previous: AWS's event ids (the first is 1, ``previous`` 0 where AWS has 0). type: AWS's event type.
    at: seconds since the epoch, UTC. address: the state's place in the definition, "" for the execution itself.
    frame: the branch or iteration. detail: see the table in `sfnbook.history.aws`.
    """

    id: int
    previous: int
    type: str
    at: float
    address: str
    frame: FrameKey
    detail: dict[str, Any]


WIDTH: Final = 6
"""Entries of `EventLog.raw` for each event."""


class EventLog(Sequence[Event]):
    """The events of an execution (or of a child of a Map run), each made when it is first read.

    raw: `WIDTH` entries for each event, one after the other, so that a long history costs Python's collector nothing.
    Those events of which every state writes some stand there until they are read as ``maker, previous, at, frame, state,
    value``, where the event is what ``maker(id, previous, at, frame, state, value)`` returns; the others, and those
    that have been read, as the event itself and five entries that do not count.
    """

    __slots__ = ("raw",)

    def __init__(self, events: Iterable[Event] = ()) -> None:
        self.raw: list[Any] = []
        for event in events:
            self.append(event)

    def append(self, event: Event) -> None:
        """Add an event."""
        self.raw += (event, None, None, None, None, None)

    def __len__(self) -> int:
        return len(self.raw) // WIDTH

    def _made(self, index: int) -> Event:
        raw, at = self.raw, index * WIDTH
        entry = raw[at]
        if type(entry) is not Event:
            entry = raw[at] = entry(index + 1, *raw[at + 1 : at + WIDTH])
        made: Event = entry
        return made

    def iter_uncached(self) -> Iterator[Event]:
        """Yield every event there is now without keeping the objects made for it, as writing a long history needs."""
        entries = [iter(self.raw)] * WIDTH
        for id, (entry, *rest) in enumerate(zip(*entries, strict=True), 1):
            yield entry if type(entry) is Event else entry(id, *rest)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        many = len(self)
        if isinstance(index, slice):
            return [self._made(at) for at in range(*index.indices(many))]
        at = index if index >= 0 else many + index
        if not 0 <= at < many:
            raise IndexError(f"there is no event at {index} of {many}")
        return self._made(at)

    def __iter__(self) -> Iterator[Event]:
        at = 0
        while at < len(self):  # what is appended meanwhile is seen, too
            yield self._made(at)
            at += 1

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (EventLog, list)):
            return NotImplemented
        return self[:] == other[:]

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return repr(self[:])


class MissingEvents(EventLog):
    """A history of which only the length is known."""

    __slots__ = ("_many",)

    def __init__(self, many: int) -> None:
        super().__init__()
        self._many = many

    def __len__(self) -> int:
        return self._many

    def _made(self, index: int) -> Event:
        return GONE

    def iter_uncached(self) -> Iterator[Event]:
        """Yield `GONE` for each event."""
        return iter(self)


GONE: Final = Event(0, 0, "", 0.0, "", (), {})
"""Stands for an event that was not kept."""


def entered(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, data: Json) -> Event:
    """Return a ...StateEntered."""
    return Event(number, previous, state.entered, at, state.address, frame, {"name": state.name, "input": data})


def exited(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, output: Json) -> Event:
    """Return a ...StateExited."""
    return Event(number, previous, state.exited, at, state.address, frame, {"name": state.name, "output": output})


def assigning(
    number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, value: tuple[Json, dict[str, Json]]
) -> Event:
    """Return a ...StateExited that has assigned variables; ``value``: the output and these."""
    detail = {"name": state.name, "output": value[0], "assignedVariables": value[1]}
    return Event(number, previous, state.exited, at, state.address, frame, detail)


def scheduled(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, data: Json) -> Event:
    """Return the LambdaFunctionScheduled of a Task that has nothing but its input."""
    detail = {"resource": state.source.fields["Resource"], "input": data}
    return Event(number, previous, "LambdaFunctionScheduled", at, state.address, frame, detail)


def started(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, value: None) -> Event:
    """Return a LambdaFunctionStarted."""
    return Event(number, previous, "LambdaFunctionStarted", at, state.address, frame, {})


def succeeded(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, output: Json) -> Event:
    """Return a LambdaFunctionSucceeded."""
    return Event(number, previous, "LambdaFunctionSucceeded", at, state.address, frame, {"output": output})


def iteration_started(
    number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, item: dict[str, Json]
) -> Event:
    """Return a MapIterationStarted; ``item``: the Context object's."""
    detail = {"name": state.name, "index": item["Index"], "item": item}
    return Event(number, previous, "MapIterationStarted", at, state.address, frame, detail)


def iteration_succeeded(
    number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, index: int
) -> Event:
    """Return a MapIterationSucceeded."""
    detail = {"name": state.name, "index": index}
    return Event(number, previous, "MapIterationSucceeded", at, state.address, frame, detail)


EVENTS: Final[dict[str, dict[str, str]]] = {
    kind: {
        "scheduled": f"{stem}Scheduled",
        "started": f"{stem}Started",
        "succeeded": f"{stem}Succeeded",
        "failed": f"{stem}Failed",
        "timed_out": f"{stem}TimedOut",
    }
    for kind, stem in (("lambda", "LambdaFunction"), ("activity", "Activity"), ("service", "Task"))
}
"""The event types of a call by the kind of its resource."""
