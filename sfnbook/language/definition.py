"""What a definition says, frozen: machines of states, each with its fields as they were written.

A state's fields stay plain JSON: the language's shape is in the tables of `fields`, not in a class per grammar node.
An `Address` is the place of a state in the text, as AWS writes locations: ``/States/Map/ItemProcessor/States/Item``.
It is one of the two join keys of everything (the other is a running frame).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from sfnbook.values import Json, copy_of

Address: TypeAlias = str


@dataclass(frozen=True, slots=True)
class State:
    """One state. ``fields`` holds everything written in it; ``query_language`` is the one in force here.

    ``branches``: the machines inside: a Parallel's branches, or the one ItemProcessor/Iterator of a Map.
    """

    name: str
    type: str
    address: Address
    query_language: str
    fields: Mapping[str, Json]
    branches: tuple[Machine, ...] = ()

    def get(self, field: str, default: Any = None) -> Json:
        """Return a field's value as written."""
        return self.fields.get(field, default)

    @property
    def next(self) -> str | None:
        """The name of the state that follows, None at an end or where the state decides otherwise."""
        return self.fields.get("Next")


@dataclass(frozen=True, slots=True)
class Machine:
    """A StartAt and its States: the whole definition, a branch, or an item processor.

    ``address`` is "" for the whole, else for example ``/States/P/Branches/0``.
    """

    start_at: str
    states: Mapping[str, State]
    address: Address
    query_language: str
    fields: Mapping[str, Json]

    def walk(self) -> Iterator[State]:
        """Yield every state, outer before inner, in the order of the text."""
        for state in self.states.values():
            yield state
            for branch in state.branches:
                yield from branch.walk()


@dataclass(frozen=True, slots=True)
class Definition:
    """A valid definition: the machine and the text it came from."""

    machine: Machine
    text: str

    def copy(self) -> Definition:
        """Return a copy that shares no dict and no list with this one."""
        return Definition(_copy(self.machine), self.text)

    def state(self, address: Address) -> State:
        """Return the state at an address. Raises KeyError."""
        for state in self.machine.walk():
            if state.address == address:
                return state
        raise KeyError(address)


def _copy(machine: Machine) -> Machine:
    states = {
        name: replace(state, fields=copy_of(dict(state.fields)), branches=tuple(map(_copy, state.branches)))
        for name, state in machine.states.items()
    }
    return replace(machine, states=states, fields=copy_of(dict(machine.fields)))


def address_location(address: Address) -> str:
    """Return an address as AWS writes it in a diagnostic.

    >>> address_location("/States/P~1Q/Branches/0/States/A")
    '/States/P/Q/Branches[0]/States/A'
    """
    parts = address.split("/")[1:]
    text = ""
    while parts:
        part = parts.pop(0)
        if part == "States" and parts:
            text += f"/States/{parts.pop(0).replace('~1', '/').replace('~0', '~')}"
        elif part == "Branches" and parts:
            text += f"/Branches[{parts.pop(0)}]"
        else:
            text += f"/{part}"
    return text


def escape(name: str) -> str:
    """Return a name as one part of an address (JSON Pointer's escapes for ``~`` and ``/``)."""
    return name.replace("~", "~0").replace("/", "~1")


def name_at(address: Address) -> str:
    """Return the name of the state at an address."""
    return address.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
