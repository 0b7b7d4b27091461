"""Edits along the arrows of a diagram: a state put on an arrow, an arrow led elsewhere, a state moved to another one.

An arrow stands for every field of a state that names the same state, its rules' or its catchers'. The functions return
the `Edit` list that makes the change and raise InputError, as those of `edits` do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sfnbook.errors import InputError
from sfnbook.language.definition import Address, escape
from sfnbook.language.edits import (
    Edit,
    add_state,
    bypass,
    chain,
    delete_state,
    remove_field,
    set_end,
    set_start,
    set_target,
)
from sfnbook.language.fields import NO_NEXT, TERMINAL
from sfnbook.language.outline import MachineOutline, StateOutline, machines, targets
from sfnbook.values import Json


class Arrow(NamedTuple):
    """An arrow of the diagram. source: "" where a machine begins; target: "" where it ends; caught: of the catchers."""

    source: Address
    target: Address
    caught: bool = False


class Spot(NamedTuple):
    """An arrow on which a state can be put. drawn: False for one that the diagram has no line for: it would come in
    front of ``target``, or behind ``source``."""

    arrow: Arrow
    drawn: bool


def state_at_address(text: str, address: Address) -> StateOutline:
    """Return the outline of a state. Raises InputError for one that is not there."""
    for machine in machines(text):
        for state in machine.walk():
            if state.address == address:
                return state
    raise InputError(f"There is no state at {address}.")


def spots(text: str) -> list[Spot]:
    """Return every arrow on which a state can be put, in the order of the text."""
    return [spot for outer in machines(text) for machine in outer.machines() for spot in _spots(machine)]


def _spots(machine: MachineOutline) -> Iterator[Spot]:
    whole = machine.address == ""
    start = machine.node.get("StartAt")
    first = machine.states.get(str(start.value)) if start is not None else None
    if first is not None:
        yield Spot(Arrow("", first.address), whole)
    for state in machine.states.values():
        led: dict[tuple[Address, bool], None] = {}
        for way, name in _ways(state):
            if name in machine.states:
                led[machine.states[name].address, way[0] == "Catch"] = None
        yield from (Spot(Arrow(state.address, target, caught), True) for target, caught in led)
        if state.type in TERMINAL:
            continue
        if state.type == "Choice":
            if state.node is None or state.node.get("Default") is None:
                yield Spot(Arrow(state.address, ""), False)
        elif state.node is None or state.node.get("Next") is None:
            ends = state.node is not None and state.node.get("End") is not None
            yield Spot(Arrow(state.address, ""), whole and ends)


def insert(text: str, arrow: Arrow, name: str, state: Mapping[str, Json]) -> list[Edit]:
    """Return the edits that put a new state on an arrow. state: its fields without Next and End; a Choice gets a Default."""
    if not arrow.source:
        after = state_at_address(text, arrow.target)
        made = _leading(state, after.name)
        machine = after.machine.address
        return chain(
            text,
            lambda now: add_state(now, arrow.target, name, made),
            lambda now: set_start(now, machine, name),
        )
    source = state_at_address(text, arrow.source)
    target = state_at_address(text, arrow.target).name if arrow.target else ""
    made = _leading(state, target)
    return chain(
        text,
        lambda now: add_state(now, arrow.source, name, made),
        lambda now: lead(now, arrow, _sibling(source, name)),
    )


def lead(text: str, arrow: Arrow, target: Address) -> list[Edit]:
    """Return the edits that lead an arrow to another state of the same machine, or with "" to its end.

    Of an arrow that ends and has no field yet, Next is made; of a Choice without Default, Default.
    """
    if arrow.target == target:
        return []
    if not arrow.source:
        if not target:
            raise InputError("A machine has to begin with a state.")
        _same_machine(text, arrow.target, target)
        here, new = state_at_address(text, arrow.target), state_at_address(text, target)
        return set_start(text, here.machine.address, new.name)
    source = state_at_address(text, arrow.source)
    if source.type in TERMINAL:
        raise InputError(f'"{source.name}" is a {source.type} state: nothing comes after it.')
    if target:
        _same_machine(text, arrow.source, target)
        name = state_at_address(text, target).name
        ways = _ways_to(text, arrow) if arrow.target else [("Default",) if source.type == "Choice" else ("Next",)]
        return chain(text, *(lambda now, way=way: set_target(now, arrow.source, name, way) for way in ways))
    ways = _ways_to(text, arrow)
    if ways == [("Next",)]:
        return set_end(text, arrow.source)
    if ways == [("Default",)]:
        return remove_field(text, arrow.source, ("Default",))
    raise InputError("A rule or a catcher has to lead to a state. Lead it to a Succeed state to end there.")


def move(text: str, address: Address, arrow: Arrow) -> list[Edit]:
    """Return the edits that take a state out of its place and put it on an arrow.

    Within a machine only the names in Next and the like change, and the state's own text stays where it is.
    """
    state = state_at_address(text, address)
    if address in (arrow.source, arrow.target):
        return []
    if state.type in TERMINAL and arrow.target:
        raise InputError(f'Nothing comes after "{state.name}": it can only stand at an end.')
    if arrow.source.startswith(f"{address}/") or arrow.target.startswith(f"{address}/"):
        raise InputError(f'"{state.name}" cannot go into itself.')
    end = state_at_address(text, arrow.source or arrow.target)
    if end.machine.address != state.machine.address:
        fields = state.node.plain() if state.node is not None else {}
        away = (
            [one for one in targets(state.node) if one is not state.node.get("Next")] if state.node is not None else []
        )
        if away:
            raise InputError(f'Rules or catchers of "{state.name}" lead to its neighbours: it cannot leave them.')
        return chain(
            text,
            lambda now: delete_state(now, address),
            lambda now: insert(now, arrow, state.name, fields),
        )
    steps = [lambda now: bypass(now, address)]
    if arrow.source:
        steps.append(lambda now: lead(now, arrow, address))
    else:
        steps.append(lambda now: set_start(now, state.machine.address, state.name))
    if state.type not in TERMINAL:
        steps.append(lambda now: _follow(now, address, arrow.target))
    return chain(text, *steps)


def _follow(text: str, address: Address, target: Address) -> list[Edit]:
    """Let a state go on to another one by its own Next, or Default, or end."""
    state = state_at_address(text, address)
    choice = state.type == "Choice"
    if not target:
        if choice:
            raise InputError(f'"{state.name}" has to lead to states: it cannot stand at the end.')
        return set_end(text, address)
    return set_target(text, address, state_at_address(text, target).name, ("Default",) if choice else ("Next",))


def _leading(state: Mapping[str, Json], target: str) -> dict[str, Json]:
    made = {key: value for key, value in state.items() if key not in ("Next", "End")}
    if made.get("Type") == "Choice":
        if not target:
            raise InputError("A Choice has to lead to states: at an end there is none.")
        return {**made, "Default": target}
    if made.get("Type") in NO_NEXT:
        return made
    return {**made, "Next": target} if target else {**made, "End": True}


def _sibling(state: StateOutline, name: str) -> Address:
    return f"{state.machine.address}/States/{escape(name)}"


def _same_machine(text: str, one: Address, other: Address) -> None:
    first, second = state_at_address(text, one), state_at_address(text, other)
    if first.machine.address != second.machine.address:
        raise InputError(f'"{second.name}" is in another machine or branch than "{first.name}": no arrow leads there.')


def _ways(state: StateOutline) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the ways in a state to the names that it leads to, and the names."""
    if state.node is None:
        return
    for field in ("Next", "Choices", "Default", "Catch"):
        found = state.node.get(field)
        if found is None:
            continue
        if found.kind == "scalar":
            yield (field,), str(found.value)
            continue
        for entry in found.entries:
            if entry.value is not None and (name := entry.value.get("Next")) is not None:
                yield (field, entry.name, "Next"), str(name.value)


def _ways_to(text: str, arrow: Arrow) -> list[tuple[str | int, ...]]:
    source, target = state_at_address(text, arrow.source), state_at_address(text, arrow.target)
    ways = [way for way, name in _ways(source) if name == target.name and (way[0] == "Catch") == arrow.caught]
    if not ways:
        raise InputError(f'"{source.name}" does not lead to "{target.name}".')
    return ways
