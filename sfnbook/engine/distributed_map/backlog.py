"""The backlog of a Map run: items that no child has taken yet, and children that did not succeed.

Knows how items become a child's input, alone or in batches; knows neither how children run nor how the run ends.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from itertools import accumulate
from typing import Any, Final, NamedTuple

from sfnbook.engine.distributed_map.fields import Limits
from sfnbook.engine.distributed_map.map_run import PENDING_REDRIVE, MapRun
from sfnbook.engine.distributed_map.result_records import Outcome
from sfnbook.engine.frame import Frame, Join
from sfnbook.query.scope import Expr
from sfnbook.values import MAX_BYTES, Json, size


class Lost(NamedTuple):
    """A child that did not succeed and can be redriven. ``status``: DescribeMapRun's name."""

    status: str
    frame: Frame


class Backlog:
    """What a Map run still has to do; it stands in the Map state's join, and goes when the state is left.

    source: the items. origin: where they came from; places, ends: where several did, and how many items there are up to the
    end of each.
    position: how many have been taken. input: the Map's effective
    input. limits: how many items there may be. lost: the children that did not succeed and can be redriven, by number; waiting: those whose turn is to come.
    outcomes: for a ResultWriter. begun: whether the items are known. spent: the run failed in a way that a redrive
    cannot mend (AWS: Redriving Map Runs). filling: children are being started just now.
    """

    __slots__ = (
        "begun",
        "ends",
        "filling",
        "input",
        "limits",
        "lost",
        "origin",
        "outcomes",
        "places",
        "position",
        "run",
        "selector",
        "source",
        "spent",
        "waiting",
    )

    def __init__(self, run: MapRun, selector: Expr | None, input: Json, limits: Limits) -> None:
        self.run = run
        self.limits = limits
        self.selector = selector
        self.input = input
        self.source: list[Json] = []
        self.origin = STATE_DATA
        self.places: list[str] = []
        self.ends: list[int] = []
        self.position = 0
        self.lost: dict[int, Lost] = {}
        self.waiting: deque[int] = deque()
        self.outcomes: list[Outcome] = []
        self.begun = self.spent = self.filling = False

    @property
    def redrivable(self) -> bool:
        """Whether a redrive goes on with this Map run; otherwise it starts another one."""
        return self.begun and not self.spent

    def queue(self) -> None:
        """Let the children that did not succeed wait for their redrive; what they came to no longer counts."""
        run = self.run
        for number in sorted(self.lost):
            status, frame = self.lost[number]
            run.move(frame.item_count, status, PENDING_REDRIVE)
            self.waiting.append(number)
        self.outcomes = [outcome for outcome in self.outcomes if outcome.number not in self.lost]

    def forget_queue(self) -> None:
        """The run has ended: what still waited for its redrive is what it was before (AWS: it is reset to 0)."""
        for number in self.waiting:
            status, frame = self.lost[number]
            self.run.move(frame.item_count, PENDING_REDRIVE, status)
        self.waiting.clear()

    def item(self, index: int) -> dict[str, Json]:
        """Return the ``Map.Item`` of an item."""
        number = bisect_right(self.ends, index)
        where = self.places[number] if number < len(self.places) else self.origin
        return item_at(self.source, index, where)

    def came_from(self, sources: list[list[Any]]) -> None:
        """Take note of where the items came from, in turn: [where, how many items]."""
        self.places = [where for where, _ in sources]
        self.ends = list(accumulate(count for _, count in sources))


def owns(join: Join) -> bool:
    """Return whether a join is a Map run."""
    return type(join.extra) is Backlog


STATE_DATA: Final = "STATE_DATA"
"""``Map.Item.Source`` of items that came in the state's input (guide: Context object)."""


def item_at(source: list[Json], index: int, where: str = STATE_DATA) -> dict[str, Json]:
    """Return the ``Map.Item`` of the Context object; a pair of an object has a Key too."""
    value = source[index]
    if isinstance(value, tuple):
        return {"Index": index, "Key": value[0], "Value": value[1], "Source": where}
    return {"Index": index, "Value": value, "Source": where}


def select(frame: Frame, item: dict[str, Json], selector: Expr | None, data: Json) -> Json:
    """Return an iteration's input: the item, or what ItemSelector makes (``$`` is the Map's effective input)."""
    if selector is None:
        return {"Key": item["Key"], "Value": item["Value"]} if "Key" in item else item["Value"]
    outer = frame.item
    frame.item = item
    try:
        return selector(data, frame)
    finally:
        frame.item = outer


def executions(backlog: Backlog) -> int:
    """How many children there will be, as far as that can be known: batches by size cannot be counted before."""
    limits, total = backlog.limits, backlog.run.total
    if not backlog.run.spec.batches:
        return total
    return -(-total // limits.batch_items) if limits.batch_items and not limits.batch_bytes else 0


def next_item(frame: Frame, backlog: Backlog) -> tuple[dict[str, Json], Json]:
    """Take the next item: its ``Map.Item`` and a child's input."""
    item = backlog.item(backlog.position)
    value = select(frame, item, backlog.selector, backlog.input)
    backlog.position += 1
    return item, value


def next_batch(frame: Frame, backlog: Backlog) -> dict[str, Any]:
    """Take as many items as ItemBatcher lets into one child's input, at least one."""
    spec = backlog.run.spec
    most = backlog.limits.batch_items
    room = min(backlog.limits.batch_bytes or MAX_BYTES, MAX_BYTES)
    batch: dict[str, Json] = {}
    if spec.batch_input is not None:
        batch["BatchInput"] = spec.batch_input(backlog.input, frame)
    used = size(batch) + len(',"Items":[]')
    chosen: list[Json] = []
    while backlog.position < backlog.run.total and (not most or len(chosen) < most):
        _, value = next_item(frame, backlog)
        used += size(value) + 1
        if chosen and used > room:
            backlog.position -= 1
            break
        chosen.append(value)
    batch["Items"] = chosen
    return batch
