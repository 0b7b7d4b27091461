"""Events: the one stream that comes out of the engine, in the words of GetExecutionHistory.

An event is a plain tuple. ``detail`` holds the event's own values (not JSON text): its keys are AWS's names inside the
``...EventDetails`` member, with values where AWS has JSON texts; `sfnbook.history.aws` makes the wire shape from it.
Owns the event, its type names and the log that holds them; knows neither texts nor listeners.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, SupportsIndex, TypeAlias, overload

if TYPE_CHECKING:
    from sfnbook.engine.program import CompiledState
    from sfnbook.language.resource import Resource
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


class EventLog(list[Any]):
    """The events of an execution (or of a child of a Map run), each made when it is first read.

    Those of which every state writes some stand as a tuple until then, which takes a fifth of the time and less memory:
    ``(function that makes the event, previous, at, frame, state, *values)``; the others are appended as they are. To
    whoever reads it is a list of `Event`.
    """

    __slots__ = ()

    def _made(self, index: int) -> Event:
        entry = list.__getitem__(self, index)
        if type(entry) is not Event:
            entry = entry[0](index + 1, *entry[1:])
            list.__setitem__(self, index, entry)
        made: Event = entry
        return made

    @overload
    def __getitem__(self, index: SupportsIndex) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            return [self._made(at) for at in range(*index.indices(len(self)))]
        at = index.__index__()
        return self._made(at if at >= 0 else len(self) + at)

    def __iter__(self) -> Iterator[Event]:
        at = 0
        while at < len(self):  # what is appended meanwhile is seen, too
            yield self._made(at)
            at += 1

    def __reversed__(self) -> Iterator[Event]:
        return iter(self[::-1])

    def __contains__(self, event: object) -> bool:
        return event in self[:]

    def __eq__(self, other: object) -> bool:
        return self[:] == (other[:] if isinstance(other, EventLog) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __add__(self, other: Iterable[Any]) -> list[Any]:
        return self[:] + list(other)

    def __repr__(self) -> str:
        return repr(self[:])

    __hash__ = None  # as a list's

    def copy(self) -> list[Event]:
        """Return the events in a list of their own."""
        return self[:]


Maker: TypeAlias = Callable[..., Event]


def entered(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, data: Json) -> Event:
    """Return a ...StateEntered."""
    return Event(number, previous, state.entered, at, state.address, frame, {"name": state.name, "input": data})


def exited(
    number: int,
    previous: int,
    at: float,
    frame: FrameKey,
    state: CompiledState,
    output: Json,
    assigned: dict[str, Json] | None = None,
) -> Event:
    """Return a ...StateExited."""
    detail = {"name": state.name, "output": output}
    if assigned is not None:
        detail["assignedVariables"] = assigned
    return Event(number, previous, state.exited, at, state.address, frame, detail)


def started(number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, resource: Resource) -> Event:
    """Return a call's ...Started."""
    type = EVENTS[resource.kind]["started"]
    return Event(number, previous, type, at, state.address, frame, resource.integration)


def succeeded(
    number: int,
    previous: int,
    at: float,
    frame: FrameKey,
    state: CompiledState,
    resource: Resource,
    output: Json,
) -> Event:
    """Return a call's ...Succeeded."""
    type = EVENTS[resource.kind]["succeeded"]
    return Event(number, previous, type, at, state.address, frame, {"output": output, **resource.integration})


def scheduled(
    number: int, previous: int, at: float, frame: FrameKey, state: CompiledState, resource: Resource, data: Json
) -> Event:
    """Return the ...Scheduled of a Lambda function's or an activity's call."""
    type = EVENTS[resource.kind]["scheduled"]
    return Event(number, previous, type, at, state.address, frame, {"resource": resource.text, "input": data})


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
