"""What of a state machine can be covered: states, transitions, Choice rules, catchers, retriers and the ways of a Map.

Read from the definition alone. Knows no run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sfnbook.language.definition import Address, Definition, Machine, State

Kind = Literal["state", "transition", "rule", "catcher", "retrier", "map"]

KINDS: Final[tuple[Kind, ...]] = ("state", "transition", "rule", "catcher", "retrier", "map")
"""The kinds of items, in the order of reports."""

END: Final = "End"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a run can cover.

    address: the state's. kind: see `KINDS`. what: the field that says it (``""`` for the state itself, ``"Next"``,
    ``"Choices[0]"``, ``"Catch[1]"``). outcome: of a rule ``"true"`` or ``"false"``, of a Map ``"no items"``, ``"items"`` or
    ``"failed item"``. to: the name of the state that a transition or catcher leads to, ``"End"`` for an end.
    """

    address: Address
    kind: Kind
    what: str = ""
    outcome: str = ""
    to: str = ""

    @property
    def text(self) -> str:
        """The item in words, without its state's name: ``Choices[0] is false``, ``Catch[0] → Refund``."""
        if self.kind == "state":
            return "the state"
        if self.kind == "rule":
            return f"{self.what} is {self.outcome}"
        if self.kind == "map":
            return f"Map with {self.outcome}" if self.outcome != "no items" else "Map without items"
        return f"{self.what} → {self.to}" if self.to else self.what


def items(definition: Definition) -> tuple[Item, ...]:
    """Return everything in a definition that can be covered, in the order of its text."""
    return tuple(_of_machine(definition.machine))


def _of_machine(machine: Machine) -> Iterator[Item]:
    for state in machine.states.values():
        yield from _of_state(state)
        for branch in state.branches:
            yield from _of_machine(branch)


def _of_state(state: State) -> Iterator[Item]:
    address = state.address
    yield Item(address, "state")
    for number, _ in enumerate(state.get("Retry") or ()):
        yield Item(address, "retrier", f"Retry[{number}]")
    for number, catcher in enumerate(state.get("Catch") or ()):
        yield Item(address, "catcher", f"Catch[{number}]", to=catcher["Next"])
    if state.type == "Choice":
        for number, rule in enumerate(state.get("Choices") or ()):
            yield Item(address, "rule", f"Choices[{number}]", "true")
            yield Item(address, "rule", f"Choices[{number}]", "false")
            yield Item(address, "transition", f"Choices[{number}]", to=rule["Next"])
        if "Default" in state.fields:
            yield Item(address, "transition", "Default", to=state.fields["Default"])
    elif state.next is not None:
        yield Item(address, "transition", "Next", to=state.next)
    elif state.get("End"):
        yield Item(address, "transition", "End", to=END)
    if state.type == "Map":
        yield Item(address, "map", outcome="no items")
        yield Item(address, "map", outcome="items")


def path_of(item: Item) -> Path:
    """Return where an item stands in the definition: keys and indexes from its top.

    >>> path_of(Item("/States/P/Branches/0/States/A", "transition", "Choices[1]"))
    ('States', 'P', 'Branches', 0, 'States', 'A', 'Choices', 1)
    """
    parts: list[str | int] = []
    for part in item.address.split("/")[1:]:
        place = part.replace("~1", "/").replace("~0", "~")
        parts.append(int(place) if parts and parts[-1] == "Branches" and len(parts) % 2 else place)
    if item.what:
        field, bracket, number = item.what.partition("[")
        parts.append(field)
        if bracket:
            parts.append(int(number.rstrip("]")))
    return tuple(parts)
