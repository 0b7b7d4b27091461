"""Two versions of a definition compared: states added, removed and changed, with the fields that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sfnbook.language.diagnostics import location
from sfnbook.values import Json, printable, to_text

Path = tuple[str | int, ...]


class Change(NamedTuple):
    """What is different: ``added``, ``removed`` or ``changed``, the state ("" for the machine), the field, both texts."""

    kind: str
    state: str
    field: str = ""
    old: str = ""
    new: str = ""

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        place = self.state or "the machine"
        if not self.field:
            return printable(f"{sign} {place}")
        return printable(f"{sign} {place} {self.field}: {self.old or 'nothing'} → {self.new or 'nothing'}")


def definition_diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Return what is different between two definitions; a state is the same one where its place has the same names."""
    left, right = dict(_states(old, ())), dict(_states(new, ()))
    found: list[Change] = []
    for place in dict.fromkeys((*left, *right)):
        name = location(place) if place else ""
        if place not in right:
            found.append(Change("removed", name))
        elif place not in left:
            found.append(Change("added", name))
        else:
            found += [Change("changed", name, *difference) for difference in _fields(left[place], right[place], "")]
    return found


_INNER = frozenset({"States", "Branches", "ItemProcessor", "Iterator"})


def _states(machine: Mapping[str, Any], path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    yield path, {key: value for key, value in machine.items() if key not in _INNER}
    for name, state in machine["States"].items():
        where = (*path, "States", name)
        yield where, {key: value for key, value in state.items() if key not in _INNER}
        for index, branch in enumerate(state.get("Branches", ())):
            yield from _states(branch, (*where, "Branches", index))
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from _states(state[key], (*where, key))


def _fields(old: Json, new: Json, field: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            name = f"{field}/{key}" if field else key
            if key not in old or key not in new:
                yield name, to_text(old[key]) if key in old else "", to_text(new[key]) if key in new else ""
            else:
                yield from _fields(old[key], new[key], name)
    elif old != new or type(old) is not type(new):
        yield field, to_text(old), to_text(new)


def as_markdown(changes: list[Change]) -> str:
    """Return the changes as a table for a pull request's comment."""
    lines = ["| | state | field | old | new |", "|---|---|---|---|---|"]
    for one in changes:
        cells = [one.kind, one.state or "the machine", one.field, one.old, one.new]
        lines.append(
            "| "
            + " | ".join(
                cell.replace("|", "\\|") if i < 2 else f"`{cell}`" if cell else "" for i, cell in enumerate(cells)
            )
            + " |"
        )
    return "\n".join(lines) if changes else "No difference."
