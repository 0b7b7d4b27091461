"""What of a state machine can be covered: states, transitions, Choice rules, catchers, retriers, the ways of a Map, and the
branches of JSONata expressions.

Read from the definition alone. Knows no run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from sfnbook.language.definition import Address, Definition, Machine, State
from sfnbook.query.jsonata.branches import WAYS, Branch, Way, branches
from sfnbook.query.jsonata.language import is_expression, source
from sfnbook.values import Json

Kind = Literal["state", "transition", "rule", "catcher", "retrier", "map", "branch"]

KINDS: Final[tuple[Kind, ...]] = ("state", "transition", "rule", "catcher", "retrier", "map", "branch")
"""The kinds of items, in the order of reports."""

END: Final = "End"

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a run can cover.

    address: the state's. kind: see `KINDS`. what: the field that says it (``""`` for the state itself, ``"Next"``,
    ``"Choices[0]"``, ``"Catch[1]"``). outcome: of a rule ``"true"`` or ``"false"``, of a Map ``"no items"``, ``"items"`` or
    ``"failed item"``, of a branch ``"then"``, ``"else"``, ``"left"`` or ``"right"``. to: the name of the state that a transition
    or catcher leads to, ``"End"`` for an end. path, start: of a branch, the field's place below the state and the operator's in
    the expression.
    """

    address: Address
    kind: Kind
    what: str = ""
    outcome: str = ""
    to: str = ""
    path: Path = ()
    start: int = 0

    @property
    def text(self) -> str:
        """The item in words, without its state's name: ``Choices[0] is false``, ``Catch[0] → Refund``."""
        if self.kind == "state":
            return "the state"
        if self.kind == "branch":
            place, _, expression = self.what.partition(": ")
            return f"{place}: {_WAYS[self.outcome]} {expression}"
        if self.kind == "rule":
            return f"{self.what} is {self.outcome}"
        if self.kind == "map":
            return f"Map with {self.outcome}" if self.outcome != "no items" else "Map without items"
        return f"{self.what} → {self.to}" if self.to else self.what


_WAYS: Final = {"then": "then of", "else": "else of", "left": "left side alone of", "right": "right side of"}


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
    for expression in expressions_of(state):
        yield from expression.items


def path_of(item: Item) -> Path:
    """Return where an item stands in the definition: keys and indexes from its top.

    >>> path_of(Item("/States/P/Branches/0/States/A", "transition", "Choices[1]"))
    ('States', 'P', 'Branches', 0, 'States', 'A', 'Choices', 1)
    """
    parts: list[str | int] = []
    for part in item.address.split("/")[1:]:
        place = part.replace("~1", "/").replace("~0", "~")
        parts.append(int(place) if parts and parts[-1] == "Branches" and len(parts) % 2 else place)
    if item.path:
        parts += item.path
    elif item.what:
        field, bracket, number = item.what.partition("[")
        parts.append(field)
        if bracket:
            parts.append(int(number.rstrip("]")))
    return tuple(parts)


# -- branches of JSONata expressions -----------------------------------------------------------------------------------

BEFORE: Final = (
    "Arguments", "Items", "Seconds", "Timestamp", "TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency", "Error", "Cause"
)  # fmt: skip
"""The fields that are evaluated before a state works."""
AFTER: Final = ("Assign", "Output")
"""The fields that are evaluated when it has worked, or when a rule or a catcher was taken."""


@dataclass(frozen=True, slots=True)
class Expression:
    """A JSONata expression that branches. path: its place below the state; text: as it is written, without ``{% %}``."""

    address: Address
    path: Path
    text: str

    @property
    def items(self) -> Iterator[Item]:
        """The ways of its operators."""
        for branch in branches(self.text):
            for way in WAYS[branch.operator]:
                yield self.item(branch, way)

    def item(self, branch: Branch, way: Way) -> Item:
        """Return one way of one operator."""
        place = "".join(f"[{step}]" if isinstance(step, int) else f"/{step}" for step in self.path).lstrip("/")
        what = f"{place.replace(': ', ' ')}: {branch.text}"
        return Item(self.address, "branch", what, way, path=self.path, start=branch.start)


def expressions_of(state: State) -> tuple[Expression, ...]:
    """Return the expressions of a state that branch, of those fields whose evaluation a run shows."""
    return tuple(_expressions(state)) if state.query_language == "JSONata" else ()


def _expressions(state: State) -> Iterator[Expression]:
    for number, rule in enumerate(state.get("Choices") or ()):
        for field in ("Condition", *AFTER):
            yield from _in(state.address, rule.get(field), ("Choices", number, field))
    for field in (*BEFORE, *AFTER):
        yield from _in(state.address, state.get(field), (field,))
    for number, catcher in enumerate(state.get("Catch") or ()):
        for field in AFTER:
            yield from _in(state.address, catcher.get(field), ("Catch", number, field))


def _in(address: Address, value: Json, path: Path) -> Iterator[Expression]:
    if isinstance(value, str):
        if is_expression(value) and branches(source(value)):
            yield Expression(address, path, source(value))
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _in(address, one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _in(address, one, (*path, index))
