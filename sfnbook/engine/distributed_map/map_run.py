"""A Map run: its name and what DescribeMapRun returns. Knows neither its items nor its children's states.

It outlives the Map state that started it; what is still to do stands in the `sfnbook.engine.distributed_map.backlog`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from sfnbook.engine.events import Event
from sfnbook.engine.frame import Frame, timestamp
from sfnbook.values import Json

if TYPE_CHECKING:
    from sfnbook.engine.distributed_map.fields import MapSpec
    from sfnbook.engine.execution import Execution

CONCURRENCY: Final = 1_000
"""Child executions that run at once when MaxConcurrency is 0 (AWS allows 10,000; results are the same)."""

HISTORIES_KEPT: Final = 100
"""Of so many children of each ending the history is kept; `sfnbook.engine.journal.recall` finds any other one again."""

STATUSES: Final = ("pending", "running", "succeeded", "failed", "timedOut", "aborted")
"""DescribeMapRun's names."""

PENDING_REDRIVE: Final = "pendingRedrive"
"""DescribeMapRun's name for unsuccessful children that wait to be redriven: meanwhile they count as nothing else."""


class ChildHistory(NamedTuple):
    """A child whose history is known. ``number`` from 0 in the order of items; ``status`` as DescribeExecution's.

    items: how many it works on. redrives, redriven_at: how often and when it was last redriven (never an Express one).
    redrivable: whether the Map run can redrive it. item: its ``Map.Item``, None for a batch. first: its first item's index.
    """

    number: int
    name: str
    status: str
    events: Sequence[Event]
    items: int = 1
    redrives: int = 0
    redriven_at: float | None = None
    redrivable: bool = False
    item: dict[str, Json] | None = None
    first: int = 0


class ChildResult(NamedTuple):
    """How a child stands, without its history; the names as in `ChildHistory`.

    start, end: in seconds since the epoch, ``end`` None before it.
    """

    number: int
    name: str
    status: str
    start: float
    end: float | None
    first: int
    items: int
    item: dict[str, Json] | None
    input: Json
    output: Json = None
    error: str | None = None
    cause: str | None = None


class MapRun:
    """One Map run: what DescribeMapRun returns.

    counts: child executions by status; items: the same for items; stuck, stuck_items: the unsuccessful ones among them
    that cannot be redriven. tolerated_...: None where the state says nothing. failure: the error and cause to end with
    once the results are written. written: whether results were collected. children: the histories that were kept, by
    the child's number. firsts: the index of each batch's first item, where there are batches. frame: the Map state while
    the run goes on. place: from 0 among the execution's Map runs. Times in seconds since the epoch, UTC.
    """

    def __init__(self, execution: Execution, frame: Frame, spec: MapSpec) -> None:
        unique = str(UUID(bytes=frame.random.randbytes(16), version=4))
        self.label = spec.label or f"{frame.random.getrandbits(32):08x}"
        self.machine_arn = f"{execution.names['machine_arn']}/{self.label}"
        self.machine = {"Id": self.machine_arn, "Name": f"{execution.names['machine_name']}/{self.label}"}
        self.arn = f"{self.machine_arn.replace(':stateMachine:', ':mapRun:')}:{unique}"
        self.child_arn = self.machine_arn.replace(":stateMachine:", ":express:" if spec.express else ":execution:")
        self.execution_arn: str = frame.context_base["Execution"]["Id"]
        self.spec = spec
        self.place = len(execution.map_runs)
        self.address = frame.state.address if frame.state is not None else ""
        self.visit = (frame.key, frame.entered_id)
        self.frame: Frame | None = frame
        self.started_at = execution.now
        self.stopped_at: float | None = None
        self.redriven_at: float | None = None
        self.redrives = 0
        self.status = "RUNNING"
        self.max_concurrency = 0
        self.tolerated_count: int | None = None
        self.tolerated_percentage: float | None = None
        self.total = 0
        self.counts = dict.fromkeys((*STATUSES, PENDING_REDRIVE), 0)
        self.items = dict.fromkeys((*STATUSES, PENDING_REDRIVE), 0)
        self.stuck = self.stuck_items = 0
        self.failure: tuple[str, str] | None = None
        self.written = False
        self.timer = 0
        self.children: dict[int, ChildHistory] = {}
        self.firsts: list[int] = []
        self._clock = (-1.0, "")

    @property
    def batched(self) -> bool:
        """Whether children work on batches of items."""
        return self.spec.batches

    @property
    def begun(self) -> int:
        """How many children have begun."""
        return sum(self.counts.values()) - self.counts["pending"]

    def first(self, number: int) -> int:
        """Return the index of a child's first item."""
        return self.firsts[number] if self.batched else number

    @property
    def limit(self) -> int:
        """How many children run at once."""
        return self.max_concurrency or CONCURRENCY

    @property
    def exceeded(self) -> bool:
        """Whether more items failed or timed out than is tolerated ("exceeds either value": AWS docs)."""
        bad = self.items["failed"] + self.items["timedOut"]
        if self.tolerated_percentage is not None and 100.0 * bad > self.tolerated_percentage * self.total:
            return True
        if self.tolerated_count is None:
            return self.tolerated_percentage is None and bad > 0
        return bad > self.tolerated_count

    @property
    def tolerated(self) -> int | None:
        """How many items may fail by the limits that are set, None where there are none."""
        limits = [] if self.tolerated_count is None else [int(self.tolerated_count)]
        if self.tolerated_percentage is not None:
            limits.append(int(self.tolerated_percentage * self.total // 100))
        return min(limits) if limits else None

    def clock(self, now: float) -> str:
        """Return the time as the Context object writes it; many children start in the same moment."""
        if self._clock[0] != now:
            self._clock = (now, timestamp(now))
        return self._clock[1]

    def move(self, item_count: int, before: str, after: str) -> None:
        """Count one child with ``item_count`` items in another status."""
        self.counts[before] -= 1
        self.counts[after] += 1
        self.items[before] -= item_count
        self.items[after] += item_count

    def close(self, status: str, at: float) -> None:
        """Take note of the end."""
        self.status, self.stopped_at, self.timer, self.frame = status, at, 0, None

    def reopen(self, frame: Frame, at: float) -> None:
        """Go on after a redrive."""
        self.redrives += 1
        self.status, self.stopped_at, self.redriven_at, self.frame = "RUNNING", None, at, frame
        self.failure, self.written = None, False
