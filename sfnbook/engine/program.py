"""A definition compiled: each state once turned into closures, ready to run many times. Immutable, holds no run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sfnbook.language.definition import Address, Definition, State
from sfnbook.query.data_flow import After, Dataflow
from sfnbook.query.scope import ABSENT, Expr
from sfnbook.values import Json

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution
    from sfnbook.engine.frame import Frame

Work = Callable[["Execution", "Frame", Json], None]
"""The middle of a state: gets its effective input and either finishes the frame or leaves it waiting."""


@dataclass(frozen=True, slots=True)
class Retrier:
    """One entry of Retry. ``interval`` and ``max_delay`` in seconds; ``max_delay`` None for no cap."""

    errors: frozenset[str]
    interval: float
    max_attempts: int
    backoff: float
    max_delay: float | None
    full_jitter: bool


@dataclass(frozen=True, slots=True)
class Catcher:
    """One entry of Catch: ``after`` makes the output and the variables from the error output."""

    errors: frozenset[str]
    next: str
    after: After


class CompiledState:
    """A state ready to run. ``entered``, ``exited``: its event types; ``next``: None at an end.

    failure: of a Fail, its error and its cause as expressions, None for one that it has not.
    passes: a Pass, which has no work to do: it is left with ``result``, or where that is ABSENT with its input.
    """

    __slots__ = (
        "address",
        "after",
        "before",
        "branches",
        "callback",
        "catchers",
        "entered",
        "entry",
        "exited",
        "failure",
        "flow",
        "growth",
        "jsonata",
        "name",
        "next",
        "passes",
        "result",
        "retriable",
        "retriers",
        "source",
        "type",
        "work",
    )

    def __init__(self, source: State, flow: Dataflow, jsonata: bool) -> None:
        self.source = source
        self.name = source.name
        self.type = source.type
        self.address = source.address
        self.entered = f"{source.type}StateEntered"
        self.exited = f"{source.type}StateExited"
        self.failure: tuple[Expr | None, Expr | None] = (None, None)
        self.jsonata = jsonata
        self.flow = flow
        self.before = flow.before
        self.after = flow.after
        # plain tuples: Python takes a named one apart by way of an iterator, which costs a tenth of a state's time
        self.growth: tuple[int, int, int] | None = None if flow.growth is None else (*flow.growth,)
        self.entry: tuple[int, int, int] | None = None if flow.entry is None else (*flow.entry,)
        self.next: str | None = source.next
        self.retriable = source.type in ("Task", "Parallel", "Map")
        self.callback = False
        self.passes = source.type == "Pass"
        self.result: Json = source.fields.get("Result", ABSENT) if self.passes and not jsonata else ABSENT
        self.retriers: tuple[Retrier, ...] = ()
        self.catchers: tuple[Catcher, ...] = ()
        self.branches: tuple[CompiledMachine, ...] = ()
        self.work: Work = _unset

    def __repr__(self) -> str:
        return f"<{self.type} {self.address}>"


def _unset(execution: Execution, frame: Frame, data: Json) -> None:
    raise AssertionError("a state without work")


@dataclass(slots=True)
class CompiledMachine:
    """A machine, branch or item processor ready to run."""

    start: str
    states: dict[str, CompiledState] = field(default_factory=dict)
    address: Address = ""


EXPRESS_SECONDS: Final = 300.0
"""An Express execution runs five minutes at most (AWS: quotas)."""

EXPRESS_EVENTS: Final = 300_000
"""An Express execution has no limit of events on AWS, but its five minutes end. Where the clock does not move (a loop
that waits for nothing, on the virtual clock) this ends it instead: two milliseconds a state."""

STANDARD_SECONDS: Final = 365.0 * 86_400
"""A Standard execution runs one year at most (AWS: quotas)."""

MOST_STORED: Final = 10_485_760
"""The variables of an execution take at most so many bytes (AWS: "Passing data between states with variables")."""

EVENT_LIMIT: Final = 25_000
"""A Standard execution's history holds at most so many events (AWS: quotas)."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs: the compiled machine, its states by address, and what holds for the whole.

    timeout: TimeoutSeconds of the whole machine in seconds, None without. type: "STANDARD" or "EXPRESS". most_events:
    after so many events an execution fails, None for AWS's limit.
    """

    definition: Definition
    machine: CompiledMachine
    by_address: dict[Address, CompiledState]
    type: str
    timeout: float | None
    most_events: int | None = None

    @property
    def express(self) -> bool:
        """True for an Express workflow."""
        return self.type == "EXPRESS"
