"""Two versions of a definition compared: states added, removed, moved and changed, with the fields that differ.

A state is the same one where the machine around it is and its name is; branches are matched by the states in them, and a
state that went elsewhere, or got another name and nothing else, has moved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, NamedTuple

from sfnbook.language.definition import Machine, State, address_location
from sfnbook.values import Json, printable, to_text


class Change(NamedTuple):
    """What is different: ``added``, ``removed``, ``moved`` or ``changed``, the state ("" for the machine), the field,
    both texts. Of a moved state ``old`` is where it was."""

    kind: str
    state: str
    field: str = ""
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}[self.kind]
        place = self.state or "the machine"
        if self.kind == "moved":
            return printable(f"{sign} {place} was {self.old}")
        if not self.field:
            return printable(f"{sign} {place}")
        return printable(f"{sign} {place} {self.field}: {self.old or 'nothing'} → {self.new or 'nothing'}")


@dataclass
class Pair:
    """A state, or a machine, in both versions; None where it is not there."""

    old: State | Machine | None
    new: State | Machine | None
    moved: bool = False


@dataclass
class Matching:
    """Which states of two versions are the same: pairs in the order of the new text, what is gone among them."""

    pairs: list[Pair]


def match(old: Machine, new: Machine) -> Matching:
    """Return which states and machines of two versions belong together."""
    found: list[Pair] = []
    _machines(old, new, found)
    _moves(found)
    return Matching(found)


def _machines(old: Machine | None, new: Machine | None, found: list[Pair]) -> None:
    if old is not None or new is not None:
        found.append(Pair(old, new))
    before, after = (old.states if old else {}), (new.states if new else {})
    for name in dict.fromkeys((*after, *before)):
        one, other = before.get(name), after.get(name)
        found.append(Pair(one, other))
        _branches(one, other, found)


def _branches(old: State | None, new: State | None, found: list[Pair]) -> None:
    left, right = list(old.branches if old else ()), list(new.branches if new else ())
    pairs: list[tuple[Machine | None, Machine | None]] = []
    for other in right:
        alike = [(_alike(one, other), -abs(left.index(one) - right.index(other)), one) for one in left]
        best = max(alike, key=lambda each: each[:2], default=None)
        if best is not None and (best[0] > 0 or len(left) == len(right) == 1):
            pairs.append((best[2], other))
            left = [one for one in left if one is not best[2]]
        else:
            pairs.append((None, other))
    for pair in [*pairs, *((one, None) for one in left)]:
        _machines(*pair, found)


def _alike(old: Machine, new: Machine) -> float:
    """Return the share of states' names that two machines have in common."""
    one, other = set(old.states), set(new.states)
    return len(one & other) / (len(one | other) or 1)


def _moves(found: list[Pair]) -> None:
    """Join what was removed here and added there: of the same name and type, or with the same fields.

    Its inner states are joined when their own turn comes: they too are gone here and new there.
    """
    gone = [pair for pair in found if isinstance(pair.old, State) and pair.new is None]
    come = [pair for pair in found if isinstance(pair.new, State) and pair.old is None]
    for same in (_same_name, _same_content):
        for pair in come:
            fitting = [one for one in gone if same(one, pair)]
            rivals = [one for one in come if fitting and same(fitting[0], one)]
            if pair.old is None and len(fitting) == 1 and len(rivals) == 1:
                pair.old, pair.moved = fitting[0].old, True
                gone.remove(fitting[0])
                found.remove(fitting[0])


def _same_name(gone: Pair, come: Pair) -> bool:
    one, other = gone.old, come.new
    return isinstance(one, State) and isinstance(other, State) and (one.name, one.type) == (other.name, other.type)


def _same_content(gone: Pair, come: Pair) -> bool:
    one, other = gone.old, come.new
    if not (isinstance(one, State) and isinstance(other, State)) or one.type in ("Succeed", "Fail", "Pass"):
        return False
    return bool(_content(one) == _content(other))


_INNER: Final = frozenset({"States", "Branches", "ItemProcessor", "Iterator"})
_ONWARD: Final = frozenset({"Next", "End"})


def _own(one: State | Machine | None) -> dict[str, Json]:
    """Return the fields of a state or machine but for the machines inside; of an ItemProcessor its own configuration."""
    if one is None:
        return {}
    fields = {key: value for key, value in one.fields.items() if key not in _INNER}
    return {**fields, "StartAt": one.start_at} if isinstance(one, Machine) else fields


def _content(state: State) -> Json:
    return [
        to_text({k: v for k, v in _own(state).items() if k not in _ONWARD}),
        [len(b.states) for b in state.branches],
    ]


def name_of(one: State | Machine | None) -> str:
    """Return a state's or machine's place as AWS writes locations."""
    return address_location(one.address) if one is not None else ""


def definition_diff(old: Machine, new: Machine) -> list[Change]:
    """Return what is different between two definitions, in the order of the new text, what is gone among it."""
    return list(changes(match(old, new)))


def changes(matching: Matching) -> Iterator[Change]:
    """Yield the differences of two versions whose states are matched."""
    for pair in matching.pairs:
        yield from changes_of(pair)


def changes_of(pair: Pair) -> Iterator[Change]:
    """Yield what is different about one state or machine."""
    if pair.old is None or pair.new is None:
        one = pair.old or pair.new
        if isinstance(one, State):  # a branch that is new or gone is so by its states
            yield Change("added" if pair.old is None else "removed", name_of(one))
        return
    if any(isinstance(one, Machine) and not one.states for one in (pair.old, pair.new)):
        return  # a file that one version does not have
    if pair.moved:
        yield Change("moved", name_of(pair.new), "", name_of(pair.old))
    for difference in _fields(_own(pair.old), _own(pair.new), ""):
        yield Change("changed", name_of(pair.new), *difference)


def _fields(old: Json, new: Json, field: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            name = f"{field}/{key}" if field else key
            if key not in old or key not in new:
                yield name, to_text(old[key]) if key in old else "", to_text(new[key]) if key in new else ""
            else:
                yield from _fields(old[key], new[key], name)
    elif isinstance(old, list) and isinstance(new, list) and all(isinstance(one, dict) for one in (*old, *new)):
        yield from _items(old, new, field)
    elif old != new or type(old) is not type(new):
        yield field, to_text(old), to_text(new)


def _items(old: list[Json], new: list[Json], field: str) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between two lists of objects, rules or catchers: items are matched, so one more is one more."""
    left, right = [to_text(one) for one in old], [to_text(one) for one in new]
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        gone, come = list(range(i1, i2)), list(range(j1, j2))
        for index in range(j1, j2):
            likeness = {one: _shared(old[one], new[index]) for one in gone}
            best = max(gone, key=likeness.__getitem__, default=None)
            if best is not None and (likeness[best] or (i2 - i1, j2 - j1) == (1, 1)):
                yield from _fields(old[best], new[index], f"{field}[{index}]")
                gone.remove(best)
                come.remove(index)
        for index in gone:
            yield f"{field}[{index}]", left[index], ""
        for index in come:
            yield f"{field}[{index}]", "", right[index]


def _shared(old: Json, new: Json) -> int:
    """Return how many fields of two objects are alike."""
    return sum(1 for key, value in old.items() if new.get(key) == value)


def as_markdown(changes: list[Change]) -> str:
    """Return the changes as a table for a pull request's comment."""
    lines = ["| | state | field | old | new |", "|---|---|---|---|---|"]
    lines += [
        f"| {one.kind} | {_cell(one.state or 'the machine')} | " + " | ".join(_code(t) for t in one[2:]) + " |"
        for one in changes
    ]
    return "\n".join(lines) if changes else "No difference."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{_cell(text)}{fence}" if text else ""
