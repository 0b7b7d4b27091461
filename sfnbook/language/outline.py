"""The machines and states in a text, whole or broken: where each stands, and which names which.

Knows only what the structure says (`States`, `StartAt`, `Next`, `Default`, `Branches`, `ItemProcessor`); what is wrong is
`rules`' to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from sfnbook.language.definition import Address, escape
from sfnbook.language.diagnostics import Path
from sfnbook.language.source import Span
from sfnbook.language.syntax import Entry, Node, parse, parse_json


@dataclass(slots=True)
class StateOutline:
    """A state: its name, its entry in the tree, and the machines inside. path: in the tree of its text."""

    name: str
    entry: Entry
    path: Path
    address: Address
    machine: MachineOutline
    branches: list[MachineOutline] = field(default_factory=list)

    @property
    def node(self) -> Node | None:
        """Its fields, None where the value is missing."""
        return self.entry.value

    @property
    def type(self) -> str:
        """The state's Type, "" where there is none."""
        found = self.node.get("Type") if self.node is not None else None
        return str(found.value) if found is not None and isinstance(found.value, str) else ""

    @property
    def query_language(self) -> str:
        """The query language in force here."""
        own = self.node.get("QueryLanguage") if self.node is not None else None
        return str(own.value) if own is not None else self.machine.query_language


@dataclass(slots=True)
class MachineOutline:
    """A machine: the whole, a branch or an item processor."""

    node: Node
    path: Path
    address: Address
    query_language: str
    states: dict[str, StateOutline] = field(default_factory=dict)

    def walk(self) -> Iterator[StateOutline]:
        """Yield every state, outer before inner."""
        for state in self.states.values():
            yield state
            for branch in state.branches:
                yield from branch.walk()

    def machines(self) -> Iterator[MachineOutline]:
        """Yield this machine and those inside."""
        yield self
        for state in self.states.values():
            for branch in state.branches:
                yield from branch.machines()

    def references(self) -> Iterator[Node]:
        """Yield the scalars that name a state of this machine: StartAt, Next, Default, rules' and catchers' Next."""
        if (start := self.node.get("StartAt")) is not None:
            yield start
        for state in self.states.values():
            if state.node is not None:
                yield from targets(state.node)


def targets(state: Node) -> Iterator[Node]:
    """Yield the scalars in a state that name the state after it."""
    for name in ("Next", "Default"):
        if (found := state.get(name)) is not None:
            yield found
    for name in ("Choices", "Catch"):
        listed = state.get(name)
        for item in listed.entries if listed is not None else []:
            if item.value is not None and (found := item.value.get("Next")) is not None:
                yield found


@lru_cache(maxsize=8)
def machines(text: str) -> tuple[MachineOutline, ...]:
    """Return the outermost machines in a text: one in a definition, any number in a template."""
    return tuple(_found(parse(text), (), text))


def _found(node: Node, path: Path, text: str) -> Iterator[MachineOutline]:
    states = node.get("States")
    if node.kind == "object" and (node.get("StartAt") is not None or (states is not None and states.kind == "object")):
        yield _machine(node, path, "", "JSONPath")
        return
    if node.kind == "scalar" and not node.flow:
        raw = text[slice(*node.span)]
        opening = re.search(r"\A[|>][^\n]*\n\s*(?=\{)", raw)
        inner = parse_json(text, node.span.start + opening.end()) if opening is not None else None
        if inner is not None and inner.get("States") is not None:
            yield _machine(inner, path, "", "JSONPath")
    for one in node.entries:
        if one.value is not None:
            yield from _found(one.value, (*path, one.name), text)


def _machine(node: Node, path: Path, address: Address, language: str) -> MachineOutline:
    own = node.get("QueryLanguage")
    made = MachineOutline(node, path, address, str(own.value) if own is not None else language)
    states = node.get("States")
    for entry in states.entries if states is not None and states.kind == "object" else []:
        name = str(entry.name)
        where = f"{address}/States/{escape(name)}"
        state = StateOutline(name, entry, (*path, "States", name), where, made)
        made.states[name] = state
        for part, inner in _inner(state.node):
            inside = f"{where}/{'/'.join(str(one) for one in part)}"
            state.branches.append(_machine(inner, (*state.path, *part), inside, state.query_language))
    return made


def _inner(node: Node | None) -> Iterator[tuple[Path, Node]]:
    branches = node.get("Branches") if node is not None else None
    for entry in branches.entries if branches is not None else []:
        if entry.value is not None:
            yield ("Branches", entry.name), entry.value
    for name in ("ItemProcessor", "Iterator"):
        found = node.get(name) if node is not None else None
        if found is not None and found.kind == "object":
            yield (name,), found


def state_at(text: str, offset: int) -> StateOutline | None:
    """Return the innermost state whose lines hold an offset."""
    found = None
    for machine in machines(text):
        for state in machine.walk():
            if holds(state.entry.span, offset):
                found = state
    return found


def machine_at(text: str, offset: int) -> MachineOutline | None:
    """Return the innermost machine around an offset."""
    found = None
    for machine in machines(text):
        for one in machine.machines():
            if holds(one.node.span, offset) or (found is None and not one.address):
                found = one
    return found


def holds(span: Span, offset: int) -> bool:
    """Tell whether an offset stands in a span or at its end."""
    return span.start <= offset <= span.end


def named_at(text: str, offset: int) -> tuple[MachineOutline, str] | None:
    """Return the state that is named at an offset, by its key or by a reference, with its machine."""
    for outer in machines(text):
        for machine in outer.machines():
            for state in machine.states.values():
                if state.entry.key is not None and holds(state.entry.key.span, offset):
                    return machine, state.name
            for node in machine.references():
                if holds(node.span, offset) and isinstance(node.value, str):
                    return machine, node.value
    return None
