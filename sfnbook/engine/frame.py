"""A frame: one running line of states (the top level, a branch, an iteration), and what its expressions can see.

Plain data owned by its execution. A frame is also the `Scope` of its state's expressions, so that entering a state
allocates nothing.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING, Any
from weakref import ref

from sfnbook.engine.events import EventLog, FrameKey
from sfnbook.engine.program import CompiledMachine, CompiledState
from sfnbook.language.resource import Resource
from sfnbook.query.scope import ABSENT, Scope
from sfnbook.values import Json

if TYPE_CHECKING:
    from sfnbook.engine.execution import Execution


def timestamp(at: float) -> str:
    """Return seconds since the epoch as the Context object writes times: with milliseconds, unless they are zero.

    >>> timestamp(1.5), timestamp(2.0)
    ('1970-01-01T00:00:01.500Z', '1970-01-01T00:00:02Z')
    """
    moment = datetime.fromtimestamp(at, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z").replace(".000Z", "Z")


class Call:
    """Work outside the engine for a state, from its ...Scheduled event to its answer.

    id: the engine's number, carried by the commands that answer. resource, arguments: what to do. attempt: 0 for the
    first try, and again for the first one after a redrive; call_count: calls of this visit before it. timeout,
    heartbeat: seconds or None. token: the Task token of a callback task.
    kind: "task", or "ItemReader" and "ResultWriter" of a distributed Map. entered_id: of the state's ...Entered event;
    with `frame_key` it names the visit.
    """

    __slots__ = (
        "address",
        "arguments",
        "attempt",
        "call_count",
        "credentials",
        "due",
        "entered_id",
        "frame",
        "heartbeat",
        "heartbeat_due",
        "id",
        "kind",
        "name",
        "resource",
        "started",
        "submitted",
        "timeout",
        "token",
    )

    def __init__(self, id: int, kind: str, frame: Frame, resource: Resource, arguments: Json) -> None:
        state = frame.state
        assert state is not None
        self.id = id
        self.kind = kind
        self.frame = frame
        self.resource = resource
        self.arguments = arguments
        self.name = state.name
        self.address = state.address
        self.attempt = frame.attempt
        self.call_count = frame.call_count
        self.entered_id = frame.entered_id
        self.timeout: float | None = None
        self.heartbeat: float | None = None
        self.credentials: Json = None
        self.token: str | None = frame.token
        self.started = False
        self.submitted = False
        self.due = 0
        self.heartbeat_due = 0

    @property
    def frame_key(self) -> FrameKey:
        """Where it runs."""
        return self.frame.key

    @property
    def beats(self) -> bool:
        """Whether its heartbeat counts: an activity's from the worker on, a callback function's from its return on."""
        if self.resource.kind == "activity":
            return self.started
        return self.submitted or not (self.resource.is_lambda_invoke and self.resource.pattern)

    @property
    def context(self) -> dict[str, Json]:
        """The Context object as the task sees it."""
        return self.frame.context

    def __repr__(self) -> str:
        return f"<Call {self.id} {self.resource.label} for {self.address}>"


class Join:
    """What a Parallel or Map state waits for: its children, their results, and how many may run at once.

    lost: the children that had not succeeded when it failed, for a redrive.
    """

    __slots__ = (
        "children",
        "extra",
        "input",
        "items",
        "limit",
        "lost",
        "max_bytes",
        "next_index",
        "remaining",
        "results",
        "started_id",
    )

    def __init__(self, started_id: int, total: int, limit: int, items: list[Any] | None, input: Json) -> None:
        self.started_id = started_id
        self.results: list[Json] = [None] * total
        self.remaining = total
        self.limit = limit
        self.items = items
        self.input = input
        self.next_index = 0
        self.children: dict[int, Frame] = {}
        self.lost: dict[int, Frame] = {}
        self.max_bytes = 2
        self.extra: Any = None


class Frame(Scope):
    """One running line of states.

    key: which branch or iteration. log: where its events go. head: the id the next event follows. data: the state's
    input. max_bytes: no fewer bytes than ``data`` takes. attempt: retries of the current state so far, since the last
    redrive; call_count: its calls so far. item_count: how many items of a Map run it works on. variable_bytes: no fewer
    bytes than its variables take. joins: how many Parallel and Map states it has started; ordinal: its parent's number of them, when it began.
    """

    __slots__ = (
        "__weakref__",
        "_context_base",
        "_execution",
        "_parent",
        "_random",
        "attempt",
        "call",
        "call_count",
        "data",
        "effective",
        "entered_at",
        "entered_id",
        "entered_previous",
        "head",
        "index",
        "item",
        "item_count",
        "join",
        "joins",
        "key",
        "log",
        "machine",
        "max_bytes",
        "ordinal",
        "resume",
        "retries",
        "state",
        "timer",
        "token",
        "variable_bytes",
    )

    def __init__(
        self,
        execution: Execution,
        machine: CompiledMachine,
        *,
        key: FrameKey,
        log: EventLog,
        head: int,
        data: Json,
        bound: int,
        parent: Frame | None = None,
        index: int = 0,
    ) -> None:
        self._execution = execution.weak
        self.machine = machine
        self.key = key
        self.log = log
        self.head = head
        self.data = data
        self.max_bytes = bound
        self._parent = ref(parent) if parent is not None else None
        self.index = index
        self.state: CompiledState | None = machine.states[machine.start]
        self.entered_id = 0
        self.entered_previous = 0
        self.entered_at = 0.0
        self.attempt = self.call_count = 0
        self.retries: list[int] | None = None
        self.joins = 0
        self.ordinal = parent.joins if parent is not None else 0
        self._random: Random | None = None
        self.item: dict[str, Json] | None = parent.item if parent is not None else None
        self.join: Join | None = None
        self.resume: tuple[CompiledState | None, Join | None] | None = None
        self.call: Call | None = None
        self.token: str | None = None
        self.timer = 0
        self.effective: Json = None  # of a Wait that waits
        self._context_base: dict[str, Json] | None = parent._context_base if parent is not None else None
        self.item_count = 1
        self.variables = parent.variables if parent is not None else {}
        self.variable_bytes: int = parent.variable_bytes if parent is not None else 0
        self.result = ABSENT
        self.error = ABSENT

    @property
    def execution(self) -> Execution:
        """The execution it belongs to, and which holds it: a frame holds neither it nor its parent."""
        execution = self._execution()
        assert execution is not None
        return execution

    @property
    def parent(self) -> Frame | None:
        """The frame of the Parallel or Map around it, None at the top."""
        return None if self._parent is None else self._parent()

    @property
    def context_base(self) -> dict[str, Json]:
        """The parts of the Context object about the execution and its machine: the execution's own unless set."""
        base = self._context_base
        return self.execution.context_base if base is None else base

    @context_base.setter
    def context_base(self, base: dict[str, Json]) -> None:
        self._context_base = base

    @property
    def now(self) -> float:  # type: ignore[override]  # Scope has plain attributes; here they are the execution's
        return self.execution.now

    @property
    def random(self) -> Random:  # type: ignore[override]
        """Its own stream of random numbers, seeded with the execution's seed and where it runs.

        So that it draws the same whatever other branches do, and in whatever order they do it.
        """
        found = self._random
        if found is None:
            found = self._random = self._stream()
        return found

    def _stream(self) -> Random:
        execution, line = self.execution, self
        if self.parent is None:
            return execution.random
        where = f"{execution.redrives}" if execution.redrives else ""
        while line.parent is not None:
            where += f"/{line.ordinal}.{line.index}"
            line = line.parent
        return Random(f"{execution.seed}{where}")

    @property
    def context(self) -> dict[str, Json]:  # type: ignore[override]
        """The Context object of the current state, made when it is read (recorded: its members and their order)."""
        state = self.state
        context = dict(self.context_base)
        if state is not None:
            entered: dict[str, Json] = {"Name": state.name, "EnteredTime": timestamp(self.entered_at)}
            if state.retriable:
                entered["RetryCount"] = self.attempt
            context["State"] = entered
        if self.token is not None:
            context["Task"] = {"Token": self.token}
        if self.item is not None:
            context["Map"] = {"Item": self.item}
        return context

    def __repr__(self) -> str:
        return f"<Frame {self.key} at {self.state}>"
