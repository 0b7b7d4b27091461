"""How every state stands now: statuses, notes and edges taken, counted from what a run recorded.

Reads only what is new since the last time, so that a long run costs no more per update than a short one. Knows no page.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from sfnbook.diagram.graph import END, START, edge_id
from sfnbook.engine.events import Event
from sfnbook.engine.sizes import Sizes
from sfnbook.history.visits import Visit, kept
from sfnbook.language.definition import Address, Definition, Machine, State, escape
from sfnbook.query.scope import ABSENT
from sfnbook.text.explain import duration
from sfnbook.values import Json

WORST_FIRST: Final = ("failed", "aborted", "caught", "succeeded")
_ITERATION: Final = {"Started": "running", "Succeeded": "done", "Failed": "failed", "Aborted": "aborted"}


class StateCounts:
    """Counts that follow one run. Call `read` with everything the run has so far, then ask."""

    def __init__(self, definition: Definition) -> None:
        self._states: dict[Address, State] = {state.address: state for state in definition.machine.walk()}
        self._homes: dict[Address, Address] = dict(_homes(definition.machine))
        self._always: dict[Address, Address] = dict(_always(definition.machine))
        self.redrives = 0
        """How often the run was redriven: visits that had ended badly have gone on since."""
        self._clear()

    def _clear(self) -> None:
        self._seen = 0
        self._events = 0
        self._open: list[int] = []
        self._leaving: list[int] = []
        self._working = False
        self._visits: Counter[Address] = Counter()
        self._latest: dict[tuple[Address, Any], str] = {}
        self._standing: defaultdict[Address, Counter[str]] = defaultdict(Counter)
        self._running: Counter[Address] = Counter()
        self._retries: Counter[Address] = Counter()
        self._notes: dict[Address, str] = {}
        self._blamed: dict[Address, str] = {}
        self._maps: defaultdict[Address, Counter[str]] = defaultdict(Counter)
        self._sizes = Sizes()
        self.edges: Counter[str] = Counter()
        self.edge_bytes: dict[str, int] = {}
        """The bytes that went over each edge the last time it was taken."""
        self.largest: tuple[int, int, str] = (0, 0, "")
        """The largest input, output or result: its bytes, the visit's id and the stage."""

    def read(self, visits: Sequence[Visit], events: Sequence[Event]) -> None:
        """Take in the visits and events that are new, and the ends of visits that were open; all anew after a redrive."""
        redrives = sum(1 for event in events[self._events :] if event.type == "ExecutionRedriven")
        if redrives:
            self.redrives += redrives
            self._clear()
        fresh = range(self._seen, len(visits))
        if fresh and not self._seen and visits[0].address in self._states:
            self._cross(edge_id(START, visits[0].address), visits[0].input)
        self._visits.update(visits[index].address for index in fresh)
        before = [*self._open, *fresh]
        self._open = [index for index in before if not self._settle(visits[index])]
        for index in fresh:
            self._weigh(visits[index], "input", visits[index].input)
        ended = [index for index in before if visits[index].end is not None]
        self._leaving = [index for index in [*self._leaving, *ended] if not self._leave(visits[index])]
        self._seen = len(visits)
        self._running = Counter(visits[index].address for index in self._open)
        for index in self._open:
            self._wait(visits[index])
        tried = [visits[index].attempt for index in self._open if visits[index].type == "Task"]
        self._working = any(attempt is not None and attempt.end is None for attempt in tried)
        for event in events[self._events :]:
            self._iteration(event)
        self._events = len(events)

    @property
    def working(self) -> bool:
        """Whether a task is being done, as far as was read."""
        return self._working

    def statuses(self) -> dict[Address, dict[str, Any]]:
        """Return each visited state's status, in the shape of `sfnbook.widget.traits.recorder.StatusMessage`."""
        return {address: self._status(address, count) for address, count in self._visits.items()}

    def _status(self, address: Address, count: int) -> dict[str, Any]:
        standing = self._standing[address]
        busy = self._running[address] or self._comes_again(address, count)
        status = "running" if busy else next((s for s in WORST_FIRST if standing[s] > 0), "running")
        found: dict[str, Any] = {"status": status, "visits": count}
        if self._retries[address]:
            found["retries"] = self._retries[address]
        if note := self._note(address, status):
            found["note"] = note
        if address in self._maps:
            counts = self._maps[address]
            found |= {
                "done": counts["done"],
                "failed": counts["failed"],
                "running": max(0, counts["running"] - counts["done"] - counts["failed"] - counts["aborted"]),
                "total": counts["total"],
            }
        return found

    def _comes_again(self, address: Address, count: int) -> bool:
        """Whether a Map that runs is to enter a state again for sure: between two items it has not ended."""
        holder = self._always.get(address)
        return holder is not None and self._running[holder] > 0 and count < self._maps[holder]["total"]

    def _note(self, address: Address, status: str) -> str:
        if status in ("failed", "caught") and address in self._blamed:
            return f"failed by “{self._blamed[address]}”"
        return self._notes.get(address, "") if status != "succeeded" else ""

    def _settle(self, visit: Visit) -> bool:
        """Count a visit that ended; False while it still runs."""
        if visit.end is None:
            return False
        address, status = visit.address, visit.status
        self._retries[address] += max(0, len(visit.attempts) - 1)
        self._weigh(visit, "output", kept(visit, "output"))
        if visit.attempt is not None:
            self._weigh(visit, "result", kept(visit.attempt, "output"))
        place = (address, visit.frame)
        if (before := self._latest.get(place)) is not None:
            self._standing[address][before] -= 1
        self._latest[place] = status
        self._standing[address][status] += 1
        if status in ("failed", "caught"):
            self._notes[address] = str(visit.error or "")
            if address in self._states and not self._states[address].branches:
                self._blame(address, visit.name)
        elif status == "aborted":
            self._notes[address] = f"aborted after {duration(visit.end - visit.start)}"
        else:
            self._notes.pop(address, None)
        return True

    def _leave(self, visit: Visit) -> bool:
        """Count the edge a visit left by; False while it is not known, because what follows has not been entered."""
        home = self._homes.get(visit.address)
        if home is None or not goes_on(self._states[visit.address], visit):
            if home == "" and visit.status == "succeeded":
                self._cross(edge_id(visit.address, END), kept(visit, "output"))
            return True
        if visit.next is None:
            return False
        to = f"{home}/States/{escape(visit.next)}"
        self._cross(edge_id(visit.address, to, caught=visit.status == "caught"), kept(visit, "output"))
        return True

    def _cross(self, edge: str, value: Json) -> None:
        self.edges[edge] += 1
        if value is not ABSENT:
            self.edge_bytes[edge] = self._sizes.of(value)

    def _weigh(self, visit: Visit, stage: str, value: Json) -> None:
        if value is ABSENT:
            return
        taken = self._sizes.of(value)
        if taken > self.largest[0]:
            self.largest = taken, visit.id, stage

    def _blame(self, address: Address, name: str) -> None:
        """Say of the containers around a failed state that it was this one."""
        home = self._homes.get(address, "")
        while home:
            container = home.rsplit("/Branches/", 1)[0] if "/Branches/" in home[-14:] else home.rsplit("/", 1)[0]
            self._blamed[container] = name
            home = self._homes.get(container, "")

    def _wait(self, visit: Visit) -> None:
        """Note a task that waits for its next attempt."""
        attempts = visit.attempts
        if attempts and attempts[-1].end is not None and attempts[-1].status == "failed":
            self._notes[visit.address] = f"retrying · {attempts[-1].error}"
        elif len(attempts) > 1:
            self._notes[visit.address] = f"attempt {attempts[-1].number}"
        else:
            self._notes.pop(visit.address, None)

    def _iteration(self, event: Event) -> None:
        if event.type == "MapStateStarted":
            self._maps[event.address]["total"] += int(event.detail.get("length", 0))
        elif event.type.startswith("MapIteration"):
            self._maps[event.address][_ITERATION.get(event.type.removeprefix("MapIteration"), "other")] += 1


def goes_on(state: State, visit: Visit) -> bool:
    """Return whether a state follows a visit that ended."""
    return visit.status == "caught" or (
        visit.status == "succeeded" and ("Next" in state.fields or state.type == "Choice")
    )


def _homes(machine: Machine) -> Iterator[tuple[Address, Address]]:
    """Yield (state's address, address of the machine it stands in)."""
    for state in machine.states.values():
        yield state.address, machine.address
        for branch in state.branches:
            yield from _homes(branch)


def _always(machine: Machine) -> Iterator[tuple[Address, Address]]:
    """Yield (state's address, Map's address) for the states that each item of a Map enters unless it fails before."""
    for state in machine.walk():
        if state.type != "Map":
            continue
        for processor in state.branches:
            following = processor.start_at
            seen = set[str]()
            while following in processor.states and following not in seen:
                seen.add(following)
                inner = processor.states[following]
                yield inner.address, state.address
                following = inner.next or ""
