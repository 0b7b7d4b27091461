"""Events: the one stream that comes out of the engine, in the words of GetExecutionHistory.

An event is a plain tuple. ``detail`` holds the event's own values (not JSON text): its keys are AWS's names inside the
``...EventDetails`` member, with values where AWS has JSON texts; `sfnbook.history.aws` makes the wire shape from it.
Owns the event and its type names; knows neither texts nor listeners.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, TypeAlias

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
