"""Changes of a definition's text, JSON or YAML, that leave all that they do not touch as it is.

Each function takes a text and returns the `Edit` list that makes the change: pieces of the text and what takes their
place, in order, none over another. `apply` makes them, `undo` gives those that take them back exactly. Order, comments,
indentation and line ends outside the pieces stay. Raises `InputError` for a state that is not there or a name taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from sfnbook.errors import InputError
from sfnbook.language.definition import Address
from sfnbook.language.outline import MachineOutline, StateOutline, machines, targets
from sfnbook.language.source import Span
from sfnbook.language.syntax import Node, is_json
from sfnbook.values import Json


class Edit(NamedTuple):
    """A piece of a text and what takes its place. An empty span is an insertion."""

    span: Span
    text: str


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits made."""
    for edit in sorted(edits, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def undo(text: str, edits: Iterable[Edit]) -> list[Edit]:
    """Return the edits that turn ``apply(text, edits)`` back into ``text``."""
    made, shift = [], 0
    for edit in sorted(edits):
        start = edit.span.start + shift
        made.append(Edit(Span(start, start + len(edit.text)), text[slice(*edit.span)]))
        shift += len(edit.text) - (edit.span.end - edit.span.start)
    return made


def chain(text: str, *steps: Callable[[str], list[Edit]]) -> list[Edit]:
    """Return the edits that several functions make one after the other, each on the text that the one before it left."""
    edits: list[Edit] = []
    for step in steps:
        now = apply(text, edits)
        if more := step(now):
            edits = _combined(text, now, more) if edits else more
    return edits


def rename_state(text: str, address: Address, name: str) -> list[Edit]:
    """Return the edits that give a state another name: its key and every reference to it in its machine."""
    return rename(text, _state(text, address), name)


def rename(text: str, state: StateOutline, name: str) -> list[Edit]:
    """Return the edits of `rename_state` for a state of the text's outline."""
    if name != state.name:
        _free(text, state, name)
    places = [state.entry.key, *(one for one in state.machine.references() if one.value == state.name)]
    return sorted(_replaced(text, one, name) for one in places if one is not None)


def set_target(text: str, address: Address, target: str, field: Sequence[str | int] = ("Next",)) -> list[Edit]:
    """Return the edits that let a state go on to another one. field: the way to the name, ``("Choices", 0, "Next")``."""
    state = _state(text, address)
    if target not in state.machine.states:
        raise InputError(f'There is no state "{target}" beside "{state.name}".')
    found = state.node.at(tuple(field)) if state.node is not None else None
    if found is not None:
        return [_replaced(text, found, target)]
    end = state.node.entry("End") if tuple(field) == ("Next",) and state.node is not None else None
    if end is None or end.key is None or end.value is None:
        return set_field(text, address, field, target)
    return [_replaced(text, end.key, "Next"), _written_over(text, end.value, target)]


def set_field(text: str, address: Address, field: Sequence[str | int], value: Json) -> list[Edit]:
    """Return the edits that give a field of a state a value; a field that is not there comes last in its object.

    field: the way from the state to it, as ``("Retry", 0, "MaxAttempts")``; an index one past the end appends. Raises
    InputError where what holds the field is not there.
    """
    state = _state(text, address)
    holder = state.node.at(tuple(field[:-1])) if state.node is not None else None
    if holder is None or holder.kind == "scalar":
        raise InputError(f'"{state.name}" has no {"/".join(map(str, field[:-1])) or "fields"} to put {field[-1]} in.')
    entry = holder.entry(field[-1])
    if entry is not None and entry.value is not None:
        return [_written_over(text, entry.value, value)]
    if (holder.kind == "array") != isinstance(field[-1], int):
        raise InputError(f"{field[-1]} is no place in {'an array' if holder.kind == 'array' else 'an object'}.")
    return [_added(text, holder, field[-1], value)]


def rename_field(text: str, address: Address, field: Sequence[str | int], name: str) -> list[Edit]:
    """Return the edits that give a field of a state another name, where it stands: a comparison another operator."""
    state = _state(text, address)
    holder = state.node.at(tuple(field[:-1])) if state.node is not None else None
    entry = holder.entry(field[-1]) if holder is not None else None
    if holder is None or entry is None or entry.key is None:
        raise InputError(f'"{state.name}" has no {"/".join(map(str, field))}.')
    if holder.entry(name) is not None:
        raise InputError(f"There is a field {name} beside it already.")
    return [_replaced(text, entry.key, name)]


def remove_field(text: str, address: Address, field: Sequence[str | int]) -> list[Edit]:
    """Return the edits that take a field, or an item of a list, out of a state."""
    state = _state(text, address)
    holder = state.node.at(tuple(field[:-1])) if state.node is not None else None
    if holder is None or holder.entry(field[-1]) is None:
        raise InputError(f'"{state.name}" has no {"/".join(map(str, field))}.')
    return [_without(text, holder, field[-1])]


def insert_after(text: str, address: Address, name: str, state: Mapping[str, Json]) -> list[Edit]:
    """Return the edits that put a new state between a state and what follows it by Next or End.

    state: the new state's fields without Next and End, which it takes over. Choice, Succeed and Fail have nothing to
    take over: InputError.
    """
    before = _state(text, address)
    node = before.node
    follow = node.get("Next") if node is not None else None
    if node is None or (follow is None and not _has(before, "End")):
        raise InputError(f'"{before.name}" has neither Next nor End: say on which edge with insert_on_edge.')
    return _inserted(text, before, "Next" if follow else "End", name, state)


def insert_on_edge(
    text: str, address: Address, field: Sequence[str | int], name: str, state: Mapping[str, Json]
) -> list[Edit]:
    """Return the edits that put a new state on the edge that a field of a state makes: ``("Catch", 0, "Next")``."""
    before = _state(text, address)
    found = before.node.at(tuple(field)) if before.node is not None else None
    if found is None:
        raise InputError(f'"{before.name}" has no {"/".join(map(str, field))}.')
    _free(text, before, name)
    made = _ended(state, str(found.value))
    return sorted([_replaced(text, found, name), _beside(text, before, name, made)])


def insert_before(text: str, address: Address, name: str, state: Mapping[str, Json]) -> list[Edit]:
    """Return the edits that put a new state before another: transitions to it lead to the new one."""
    after = _state(text, address)
    _free(text, after, name)
    moved = [_replaced(text, one, name) for one in after.machine.references() if one.value == after.name]
    return sorted([*moved, _beside(text, after, name, _ended(state, after.name))])


def duplicate_state(text: str, address: Address, name: str) -> list[Edit]:
    """Return the edits that put a copy of a state behind it; nothing leads to the copy yet."""
    state = _state(text, address)
    _free(text, state, name)
    if state.branches:
        raise InputError("Names are unique in a whole machine: a state with states inside cannot be copied as it is.")
    fields = state.node.plain() if state.node is not None else {}
    return [_beside(text, state, name, fields)]


def delete_state(text: str, address: Address) -> list[Edit]:
    """Return the edits that take a state out; what led to it leads to its successor, or ends where it ended.

    Raises InputError where a reference would have nothing to lead to: the only state of a machine, or a state without
    successor that a Choice rule, a Catch, Default or StartAt names.
    States that only its rules or catchers led to stay, unreached, which AWS refuses: the diagnostics name them.
    """
    state = _state(text, address)
    states = state.machine.node.get("States")
    return sorted([*bypass(text, address), *([_without(text, states, state.name)] if states is not None else [])])


def bypass(text: str, address: Address) -> list[Edit]:
    """Return the edits that let all that leads to a state lead to its successor, or end where it ended."""
    state = _state(text, address)
    follow = state.node.get("Next") or state.node.get("Default") if state.node is not None else None
    heir = str(follow.value) if follow is not None and follow.value != state.name else ""
    edits: list[Edit] = []
    entries = [one for one in (state.machine.node.entry("StartAt"),) if one is not None]
    for other in state.machine.states.values():
        if other is state or other.node is None:
            continue
        ends = {id(one) for one in targets(other.node) if one.value == state.name}
        nexts = other.node.entry("Next")
        if not heir and nexts is not None and nexts.value is not None and id(nexts.value) in ends:
            ends.discard(id(nexts.value))
            assert nexts.key is not None
            edits += [_replaced(text, nexts.key, "End"), _written_over(text, nexts.value, True)]
        edits += [_heir(text, one, heir, state) for one in targets(other.node) if id(one) in ends]
    edits += [_heir(text, one.value, heir, state) for one in entries if one.value and one.value.value == state.name]
    return sorted(edits)


def set_start(text: str, address: Address, name: str) -> list[Edit]:
    """Return the edits that let a machine begin with another of its states. address: of a machine inside, "" for the whole."""
    machine = _machine(text, address)
    if name not in machine.states:
        raise InputError(f'There is no state "{name}" there.')
    found = machine.node.get("StartAt")
    return [_replaced(text, found, name)] if found is not None else [_added(text, machine.node, "StartAt", name)]


def set_end(text: str, address: Address) -> list[Edit]:
    """Return the edits that let a machine or branch end after a state: End instead of Next."""
    state = _state(text, address)
    entry = state.node.entry("Next") if state.node is not None else None
    if entry is None or entry.value is None or entry.key is None:
        return [] if _has(state, "End") else set_field(text, address, ("End",), True)
    if _has(state, "End"):
        return remove_field(text, address, ("Next",))
    return [_replaced(text, entry.key, "End"), _written_over(text, entry.value, True)]


def add_state(text: str, address: Address, name: str, state: Mapping[str, Json]) -> list[Edit]:
    """Return the edits that write a new state behind another one; nothing leads to it yet."""
    beside = _state(text, address)
    _free(text, beside, name)
    return [_beside(text, beside, name, state)]


def append_item(text: str, address: Address, field: str, item: Json) -> list[Edit]:
    """Return the edits that put an item behind a list of a state, which is made where it is not there: a retrier, a
    catcher, a Choice rule."""
    state = _state(text, address)
    listed = state.node.get(field) if state.node is not None else None
    if listed is None:
        return set_field(text, address, (field,), [item])
    return set_field(text, address, (field, len(listed.entries)), item)


def move_item(text: str, address: Address, field: str, start: int, to: int) -> list[Edit]:
    """Return the edits that put an item of a list of a state at another place, both from 0; comments stay where they are."""
    state = _state(text, address)
    listed = state.node.get(field) if state.node is not None else None
    items = [one.value for one in listed.entries if one.value is not None] if listed is not None else []
    if not (0 <= start < len(items) and 0 <= to < len(items)):
        raise InputError(f'"{state.name}" has no {field}/{start} that could be put at {to}.')
    old = [text[slice(*one.span)].rstrip() for one in items]
    new = list(old)
    new.insert(to, new.pop(start))
    return [
        Edit(Span(node.span.start, node.span.start + len(before)), after)
        for node, before, after in zip(items, old, new, strict=True)
        if before != after
    ]


def replaced(text: str, new: str) -> list[Edit]:
    """Return the edits that make another text of a text: the one piece that differs."""
    return _combined(text, text, [Edit(Span(0, len(text)), new)])


def replace_state(text: str, address: Address, fields: Mapping[str, Json]) -> list[Edit]:
    """Return the edits that write a state's fields anew, as a conversion to JSONata does; the fields that stay as they
    were keep their text, and their order is the new one only where they are new."""
    state = _state(text, address)
    if state.node is None or not fields:
        raise InputError(f'"{state.name}" has no fields to replace.')
    old = state.node.plain()
    gone = [name for name in old if name not in fields]
    edits: list[Edit] = []
    for name in gone:
        text_now = apply(text, edits)
        edits = _combined(text, text_now, remove_field(text_now, address, (name,)))
    for name, value in fields.items():
        if name not in old or old[name] != value:
            text_now = apply(text, edits)
            edits = _combined(text, text_now, set_field(text_now, address, (name,), value))
    return edits


def _combined(text: str, now: str, more: list[Edit]) -> list[Edit]:
    """Return one edit for what was done so far and ``more``: the smallest piece of the text that differs."""
    made = apply(now, more)
    start = _alike(text, made)
    rest = _alike(text[start:][::-1], made[start:][::-1])
    if text == made:
        return []
    return [Edit(Span(start, len(text) - rest), made[start : len(made) - rest])]


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def sort_states(text: str, address: Address = "") -> list[Edit]:
    """Return the edits that put the states of a machine in the order of its flow, from StartAt; unreached ones last.

    address: of a machine inside, "" for the whole. In YAML a state takes along the comment lines above it.
    """
    machine = _machine(text, address)
    states = machine.node.get("States")
    if states is None:
        return []
    old, new = list(machine.states), _by_flow(machine)
    if old == new or len(states.entries) != len(old):
        return []
    if _flow(text, states):
        spans = [machine.states[name].entry.span for name in old]
        return [
            Edit(span, text[slice(*machine.states[name].entry.span)])
            for span, name, before in zip(spans, new, old, strict=True)
            if name != before
        ]
    starts = [_block_start(text, machine.states[name].entry.span.start) for name in old]
    ends = [*starts[1:], _line_end(text, machine.states[old[-1]].entry.span.end)]
    line = _newline(text)
    blocks = {
        name: text[a:b] if text[a:b].endswith("\n") else text[a:b] + line
        for name, a, b in zip(old, starts, ends, strict=True)
    }
    made = "".join(blocks[name] for name in new)
    if not text[starts[0] : ends[-1]].endswith("\n"):
        made = made.removesuffix(line)
    return [Edit(Span(starts[0], ends[-1]), made)]


def _by_flow(machine: MachineOutline) -> list[str]:
    start = machine.node.get("StartAt")
    order: dict[str, None] = {}
    todo = [str(start.value)] if start is not None else []
    while todo:
        name = todo.pop(0)
        state = machine.states.get(name)
        if state is None or name in order:
            continue
        order[name] = None
        todo += [str(one.value) for one in targets(state.node)] if state.node is not None else []
    return [*order, *(name for name in machine.states if name not in order)]


def _block_start(text: str, at: int) -> int:
    """Return where the lines of a YAML entry begin, the comment lines above it included."""
    start = text.rfind("\n", 0, at) + 1
    while start:
        above = text.rfind("\n", 0, start - 1) + 1
        if not text[above:start].lstrip(" ").startswith("#"):
            break
        start = above
    return start


def wrap_state(text: str, address: Address, type: str, name: str) -> list[Edit]:
    """Return the edits that put a state into the one branch of a new Parallel or Map, in its place. The Map takes the
    whole input as its one item's array: its author says which with ItemsPath or Items.

    A state that decides or ends by itself (Choice, Succeed, Fail) cannot be alone in a branch with a successor: InputError
    for a Choice. Variables that the state assigns are the branch's own then. In a JSON text the state is laid out anew; in YAML its lines move in, comments included.
    """
    state = _state(text, address)
    _free(text, state, name)
    if type not in ("Parallel", "Map") or state.type == "Choice" or state.node is None:
        raise InputError("A state other than a Choice can be put into a Parallel or a Map.")
    if any(one.value in state.machine.states for one in targets(state.node) if one is not state.node.get("Next")):
        raise InputError(f'A catcher of "{state.name}" leads out of it: a branch cannot be left so. Remove it first.')
    follow = state.node.get("Next")
    own_span = state.entry.span
    led = [one for one in state.machine.references() if one.value == state.name]
    moved = [_replaced(text, one, name) for one in led if not own_span.start <= one.span.start < own_span.end]
    states = state.machine.node.get("States")
    assert states is not None
    last: dict[str, Json] = {"End": True}
    if follow is not None:
        last = {"Next": name if follow.value == state.name else follow.value}
    if _flow(text, states):
        fields = state.node.plain()
        own = fields if state.type in ("Succeed", "Fail") else {**_less(fields), "End": True}
        inner = {"StartAt": state.name, "States": {state.name: own}}
        made = {"Type": type, **({"Branches": [inner]} if type == "Parallel" else {"ItemProcessor": inner}), **last}
        indent = _indent(text, state.entry.span.start)
        body = _value(text, made, indent) if is_json(text) else _compact(made)
        return sorted([*moved, Edit(state.entry.span, f"{json.dumps(name, ensure_ascii=False)}: {body}")])
    return sorted([*moved, _wrapped_yaml(text, state, type, name, last)])


def _less(fields: Mapping[str, Json]) -> dict[str, Json]:
    return {key: value for key, value in fields.items() if key not in ("Next", "End")}


def _wrapped_yaml(text: str, state: StateOutline, type: str, name: str, last: Mapping[str, Json]) -> Edit:
    line, node = _newline(text), state.node
    assert node is not None
    start = text.rfind("\n", 0, state.entry.span.start) + 1
    end = _line_end(text, state.entry.span.end)
    column = state.entry.span.start - start
    block, inside = text[start:end], []
    if (entry := node.entry("Next")) is not None and entry.key is not None and entry.value is not None:
        inside = [_replaced(text, entry.key, "End"), Edit(entry.value.span, "true")]
    block = apply(block, [Edit(Span(one.span.start - start, one.span.end - start), one.text) for one in inside])
    lead = " " * column
    head = [f"{lead}{_yaml_text(name)}:", f"{lead}  Type: {type}"]
    if type == "Parallel":
        head += [f"{lead}  Branches:", f"{lead}    - StartAt: {_yaml_text(state.name)}", f"{lead}      States:"]
    else:
        head += [f"{lead}  ItemProcessor:", f"{lead}    StartAt: {_yaml_text(state.name)}", f"{lead}    States:"]
    deeper = " " * (8 if type == "Parallel" else 6)
    body = [deeper + one if one.strip() else one for one in block.rstrip("\r\n").split(line)]
    tail = [f"{lead}  {key}: {_yaml_value(value)}" for key, value in last.items()]
    made = line.join([*head, *body, *tail])
    return Edit(Span(start, end), made + (line if block.endswith("\n") else ""))


def format(text: str, indent: int = 2) -> list[Edit]:
    """Return the edit that lays out a sound JSON definition anew; none for YAML, broken text and what is laid out so."""
    if not is_json(text):
        return []
    try:
        value = json.loads(text, object_pairs_hook=_pairs)
    except (ValueError, RecursionError):
        return []
    made = json.dumps(value, ensure_ascii=False, indent=indent).replace("\n", _newline(text))
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    return [] if text[start:end] == made else [Edit(Span(start, end), made)]


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key twice: one of the two would be lost")
    return dict(pairs)


def _heir(text: str, node: Node, heir: str, state: StateOutline) -> Edit:
    if not heir:
        raise InputError(
            f'Nothing follows "{state.name}", and a rule, a catcher or StartAt leads to it: lead it elsewhere first.'
        )
    return _replaced(text, node, heir)


# -- places ----------------------------------------------------------------------------------------------------------


def _state(text: str, address: Address) -> StateOutline:
    for machine in machines(text):
        for state in machine.walk():
            if state.address == address:
                return state
    raise InputError(f"There is no state at {address}.")


def _machine(text: str, address: Address) -> MachineOutline:
    found = next((one for outer in machines(text) for one in outer.machines() if one.address == address), None)
    if found is None:
        raise InputError(f"There is no machine at {address or 'the top'}.")
    return found


def _root(text: str, state: StateOutline) -> MachineOutline:
    return next(one for one in machines(text) if any(inner is state for inner in one.walk()))


def _has(state: StateOutline, field: str) -> bool:
    return state.node is not None and state.node.get(field) is not None


def _free(text: str, state: StateOutline, name: str) -> None:
    if not name or len(name) > 80:
        raise InputError("A state's name has 1 to 80 characters.")
    if any(one.name == name for one in _root(text, state).walk()):
        raise InputError(f'There is a state "{name}" already. Take a name that no other state of the machine has.')


def _ended(state: Mapping[str, Json], target: str) -> dict[str, Json]:
    made = {key: value for key, value in state.items() if key not in ("Next", "End")}
    if made.get("Type") == "Choice":
        return {**made, "Default": target}
    return made if made.get("Type") in ("Succeed", "Fail") else {**made, "Next": target}


def _inserted(text: str, before: StateOutline, field: str, name: str, state: Mapping[str, Json]) -> list[Edit]:
    _free(text, before, name)
    node = before.node
    assert node is not None
    entry = node.entry(field)
    assert entry is not None
    assert entry.value is not None
    assert entry.key is not None
    if field == "Next":
        made = _ended(state, str(entry.value.value))
        change = [_replaced(text, entry.value, name)]
    else:
        made = {key: value for key, value in state.items() if key not in ("Next", "End")}
        if made.get("Type") == "Choice":
            raise InputError("A Choice at the end of a machine has nothing to lead to.")
        made = made if made.get("Type") in ("Succeed", "Fail") else {**made, "End": True}
        change = [_replaced(text, entry.key, "Next"), _written_over(text, entry.value, name)]
    return sorted([*change, _beside(text, before, name, made)])


# -- writing ---------------------------------------------------------------------------------------------------------

_PLAIN: Final = re.compile(r"[A-Za-z_$][\w$./-]*(?: [\w$./-]+)*\Z")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"})


def _flow(text: str, node: Node) -> bool:
    """Tell whether a node is written as JSON is, in braces."""
    return (
        is_json(text)
        or (node.flow and text[node.span.start : node.span.start + 1] in ("{", "["))
        or (node.kind == "scalar" and _in_json(text, node))
    )


def _in_json(text: str, node: Node) -> bool:
    return text[node.span.start : node.span.start + 1] == '"'


def _replaced(text: str, node: Node, word: str) -> Edit:
    """Write a string over a scalar, quoted as the scalar was where that can be."""
    old = text[slice(*node.span)]
    if is_json(text) or old.startswith('"'):
        new = json.dumps(word, ensure_ascii=False)
    elif old.startswith("'"):
        new = "'" + word.replace("'", "''") + "'"
    else:
        new = _yaml_text(word)
    return Edit(node.span, new)


def _yaml_text(word: str) -> str:
    if _PLAIN.match(word) and word.lower() not in _WORDS and ": " not in word:
        return word
    return json.dumps(word, ensure_ascii=False)


def _written_over(text: str, node: Node, value: Json) -> Edit:
    if node.kind == "scalar" and isinstance(value, str):
        return _replaced(text, node, value)
    return Edit(
        node.span, _compact(value) if not is_json(text) else _value(text, value, _indent(text, node.span.start))
    )


def _compact(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent(text: str, at: int) -> str:
    line = text.rfind("\n", 0, at) + 1
    found = re.match(r"[ \t]*", text[line:])
    return found[0] if found else ""


def _step(text: str) -> str:
    """Return what one level of indentation is in a JSON text."""
    found = re.search(r"\n([ \t]+)", text)
    return found[1] if found else "  "


def _value(text: str, value: Json, indent: str) -> str:
    """Return a value as JSON in the manner of a text: on one line where the text is, else indented from ``indent``."""
    if "\n" not in text or not isinstance(value, (dict, list)) or not value:
        return _compact(value)
    lines = json.dumps(value, ensure_ascii=False, indent=_step(text)).split("\n")
    return (_newline(text) + indent).join(lines)


def _added(text: str, holder: Node, name: str | int, value: Json) -> Edit:
    """Put a field or item behind the last of a container."""
    last = holder.entries[-1] if holder.entries else None
    if last is None:
        key = f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(name, str) else ""
        opening = "{%s}" if holder.kind == "object" else "[%s]"
        return Edit(holder.span, opening % (key + _compact(value)))
    start, end = last.span
    if _flow(text, holder):
        key = f"{json.dumps(name, ensure_ascii=False)}: " if isinstance(name, str) else ""
        own_line = not text[text.rfind("\n", 0, start) + 1 : start].strip() and "\n" in text[: start + 1]
        if own_line and is_json(text):
            indent = _indent(text, start)
            return Edit(Span(end, end), f",{_newline(text)}{indent}{key}{_value(text, value, indent)}")
        return Edit(Span(end, end), f", {key}{_compact(value)}")
    column = start - (text.rfind("\n", 0, start) + 1)
    lead = (
        " " * column
        if isinstance(name, str)
        else " " * (text.rfind("-", 0, start) - (text.rfind("\n", 0, start) + 1)) + "- "
    )
    at = _line_end(text, end)
    body = lead + (f"{_yaml_text(name)}: " if isinstance(name, str) else "")
    before = "" if at == 0 or text[at - 1] == "\n" else _newline(text)
    return Edit(Span(at, at), f"{before}{body}{_yaml_value(value)}{_newline(text) if not before else ''}")


def _yaml_value(value: Json) -> str:
    return _yaml_text(value) if isinstance(value, str) else _compact(value)


def _line_end(text: str, end: int) -> int:
    """Return where the next line begins after a YAML value, whose span may already reach there."""
    if end and text[end - 1] == "\n":
        return end
    found = text.find("\n", end)
    return len(text) if found < 0 else found + 1


def _beside(text: str, state: StateOutline, name: str, fields: Mapping[str, Json]) -> Edit:
    """Write a state behind another, as the text writes its states."""
    states = state.machine.node.get("States")
    assert states is not None
    start, end = state.entry.span
    if _flow(text, states):
        key = json.dumps(name, ensure_ascii=False)
        own_line = not text[text.rfind("\n", 0, start) + 1 : start].strip() and "\n" in text[: start + 1]
        if own_line and is_json(text):
            indent = _indent(text, start)
            return Edit(Span(end, end), f",{_newline(text)}{indent}{key}: {_value(text, dict(fields), indent)}")
        return Edit(Span(end, end), f", {key}: {_compact(dict(fields))}")
    column = start - (text.rfind("\n", 0, start) + 1)
    line = _newline(text)
    inner = f"{line}{' ' * (column + 2)}"
    body = "".join(f"{inner}{_yaml_text(key)}: {_yaml_value(value)}" for key, value in fields.items())
    at = _line_end(text, end)
    made = f"{' ' * column}{_yaml_text(name)}:{body}"
    return Edit(Span(at, at), made + line if at and text[at - 1] == "\n" else line + made)


def _without(text: str, holder: Node, name: str | int) -> Edit:
    """Take an entry out, with its comma, or its lines in YAML."""
    index = next(i for i, one in enumerate(holder.entries) if one.name == name)
    start, end = holder.entries[index].span
    if len(holder.entries) == 1:
        if isinstance(name, str) and not _flow(text, holder):
            raise InputError(f"{name} is the last of its fields.")
        return Edit(Span(start, end), "") if _flow(text, holder) else Edit(holder.span, "[]")
    if _flow(text, holder):
        if index + 1 < len(holder.entries):
            return Edit(Span(start, holder.entries[index + 1].span.start), "")
        return Edit(Span(holder.entries[index - 1].span.end, end), "")
    first = text.rfind("\n", 0, start) + 1
    if text[first:start].strip(" -"):
        raise InputError(f"{name} stands on a line with other fields.")
    if text[first:start].strip() and isinstance(name, str):  # "- Key: ..." : the next key moves up to the dash
        return Edit(Span(start, holder.entries[index + 1].span.start), "")
    return Edit(Span(first, _line_end(text, end)), "")
