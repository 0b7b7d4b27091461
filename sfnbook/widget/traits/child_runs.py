"""The runs that a run started and the machines its tasks would start: the trait ``child_runs``, which unfolds them in place.

Each machine travels once, each child run with its own ``live``, ``visits`` and ``events``, cut shorter than the run that
is looked at: the rest comes when it is asked for, or when the child itself is opened. A machine that starts itself is
one machine with a reference to itself, so depth costs nothing. Pure: reads what the runs recorded.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from sfnbook.history.visits import Visit
from sfnbook.language.definition import Address, Definition
from sfnbook.language.resource import parse_resource
from sfnbook.widget.traits.recorder import TERMINAL, Caps, Recorder, machine_message
from sfnbook.widget.traits.shapes import ChildMessage, ChildRunsMessage, StartingMessage
from sfnbook.widget.traits.visits import frame_text

CAPS: Final = Caps(text=600, budget=16_000, visits=60, events=0, links=40)
"""What a child run gets on a live page."""

MOST_RUNS: Final = 24
"""Child runs, of all depths together."""

MOST_MACHINES: Final = 16
DEEPEST: Final = 6
"""How many levels of children are sent to the page."""

Find = Callable[[str], Any]
"""Returns the machine that an ARN or a name means, None for an unknown one."""


class ChildRuns:
    """Follows the children of one run (None: of a machine that has not run)."""

    def __init__(self, machine: Any, run: Any = None, *, find: Find, caps: Caps = CAPS, most: int = MOST_RUNS) -> None:
        self._machine = machine
        self._run = run
        self._find = find
        self._caps = caps
        self._most = most
        self._machines: list[Any] = []
        self._starting: list[StartingMessage] = []
        self._starts: dict[Address, int] | None = None
        self._recorders: dict[str, Recorder] = {}
        self._ended: dict[str, ChildMessage] = {}
        self._callers: dict[str, Visit] = {}
        self._left_out = 0

    def message(self) -> ChildRunsMessage:
        """Return the trait ``child_runs`` as it stands now."""
        if self._starts is None:
            self._starts = self._starts_of(self._machine._definition)
        self._left_out = 0
        runs = [made for place in self._child_places() if (made := self._child(*place)) is not None]
        if not self._starts and not runs:
            return {}
        return {"machines": list(self._starting), "starts": self._starts, "runs": runs, "more": self._left_out}

    def living(self) -> list[Any]:
        """Return the runs that were told of last and may still change."""
        return [self.run(at) for at in self._recorders if at not in self._ended]

    def meant(self, message: Mapping[str, Any]) -> Any:
        """Return the run that is to be opened: at a place among the children, or by its name; None for an unknown."""
        if "child_run" in message:
            return self.run(str(message["child_run"]))
        near = [*getattr(self._run, "children", ()), getattr(self._run, "parent", None)]
        return next((one for one in near if one is not None and one.name == message.get("name")), None)

    def __contains__(self, run: Any) -> bool:
        return any(one is run for one in self.living())

    def run(self, at: str) -> Any:
        """Return the run at a place, None where there is none."""
        run = self._run
        for step in at.split("/"):
            children = getattr(run, "children", ())
            if not step.isdigit() or int(step) >= len(children):
                return None
            run = children[int(step)]
        return run

    def recorder(self, at: str) -> Recorder | None:
        """Return what answers questions about the run at a place."""
        run = self.run(at)
        if run is not None and at not in self._recorders:
            self._recorders[at] = Recorder(run.machine, run, self._caps)
        return self._recorders.get(at)

    # -- machines --

    def _starts_of(self, definition: Definition) -> dict[Address, int]:
        """Return the machines that Tasks name, as far as they are known here."""
        found = {}
        for address, arn in named(definition):
            machine = self._find(arn)
            index = None if machine is None else self._index(machine)
            if index is not None:
                found[address] = index
        return found

    def _index(self, machine: Any) -> int | None:
        """Return the place of a machine, adding it and those it starts; None where that is no whole machine."""
        definition = getattr(machine, "definition", None)
        if not isinstance(definition, Definition):
            return None
        for index, known in enumerate(self._machines):
            if known is machine:
                return index
        if len(self._machines) >= MOST_MACHINES:
            return None
        self._machines.append(machine)
        index = len(self._machines) - 1
        message = machine_message(machine)
        message["definition_text"] = message["definition_text"][: 10 * self._caps.text]
        starting: StartingMessage = {"machine": message, "starts": {}}
        self._starting.append(starting)
        starting["starts"].update(self._starts_of(definition))
        return index

    # -- runs --

    def _child_places(self) -> Iterator[tuple[str, str, Any, Any]]:
        """Yield (place, the parent's place, parent, child), outer generations first."""
        left = self._most
        queue: deque[tuple[str, Any]] = deque([("", self._run)])
        while queue and left > 0:
            at, run = queue.popleft()
            children = list(getattr(run, "children", ()))
            chosen = worth(children, left)
            self._left_out += len(children) - len(chosen)
            for index in chosen:
                left -= 1
                place = f"{at}/{index}" if at else str(index)
                yield place, at, run, children[index]
                if place.count("/") + 1 < DEEPEST:
                    queue.append((place, children[index]))

    def _child(self, at: str, parent: str, starter: Any, run: Any) -> ChildMessage | None:
        if at in self._ended:
            return self._ended[at]
        visit = self._callers.get(at) or next((visit for visit in starter.visits if visit.id == run.caller), None)
        index = self._index(run.machine)
        recorder = self.recorder(at)
        if visit is None or index is None or recorder is None:
            return None
        self._callers[at] = visit
        live = recorder.live()
        made: ChildMessage = {
            "at": at,
            "parent": parent,
            "visit": visit.id,
            "address": visit.address,
            "frame": frame_text(visit.frame),
            "machine": index,
            "live": live,
            "visits": recorder.visits(),
            "events": recorder.events() if self._caps.events else [],
        }
        if live["status"] in TERMINAL:
            self._ended[at] = made
        return made


def worth(runs: Sequence[Any], most: int) -> list[int]:
    """Return the indexes of at most so many runs, in order: those that failed, then the latest."""
    if len(runs) <= most:
        return list(range(len(runs)))
    failed = [index for index, run in enumerate(runs) if run.status in TERMINAL and run.status != "SUCCEEDED"]
    kept = set(failed[: most // 2])
    for index in reversed(range(len(runs))):
        if len(kept) < most:
            kept.add(index)
    return sorted(kept)


_STARTING: Final = {
    ("states", "startExecution"),
    ("aws-sdk:sfn", "startExecution"),
    ("aws-sdk:sfn", "startSyncExecution"),
}


def named(definition: Definition) -> Iterator[tuple[Address, str]]:
    """Yield the Tasks that start an execution of a machine named in the text, each with that name or ARN."""
    for state in definition.machine.walk():
        if state.type != "Task":
            continue
        resource = parse_resource(str(state.get("Resource", "")))
        arguments = state.get("Arguments", state.get("Parameters"))
        name = arguments.get("StateMachineArn") if isinstance(arguments, dict) else None
        if (resource.type, resource.operation) in _STARTING and isinstance(name, str) and not name.startswith("{%"):
            yield state.address, name
