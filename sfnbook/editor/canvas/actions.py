"""The edits that the diagram offers, by name: from a text and the page's arguments to what is to be changed. Pure.

An argument ``arrow`` is ``{"source", "target", "caught"}``, as `language.edges.Arrow`; ``address`` is a state's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from sfnbook.editor.canvas import palette, tables
from sfnbook.editor.canvas.forms import value_of
from sfnbook.editor.services import diagnostics, offset_at
from sfnbook.errors import InputError
from sfnbook.language import edges, edits
from sfnbook.language.definition import Address, escape
from sfnbook.language.edges import Arrow, state_at_address
from sfnbook.language.edits import Edit
from sfnbook.language.fields import OPERATORS
from sfnbook.language.outline import StateOutline, machines, targets
from sfnbook.language.source import Span
from sfnbook.values import Json

_LINE_END: Final = re.compile(r"\r\n?")
_CHARACTER: Final = re.compile(r"\r\n|.", re.DOTALL)


class Change(NamedTuple):
    """What an edit does. words: for a menu; select: the address of the state to show after it, None for none."""

    edits: list[Edit]
    words: str
    select: Address | None = None


Arguments: TypeAlias = Mapping[str, Any]
"""What came from the page: JSON, of which an action takes what it needs."""

Action: TypeAlias = Callable[[str, Arguments], Change]


def _rename(text: str, given: Arguments) -> Change:
    state = state_at_address(text, given["address"])
    name = str(given["name"]).strip()
    made = edits.rename_state(text, state.address, name) if name != state.name else []
    return Change(made, f"rename {state.name}", _sibling(state, name))


def _delete(text: str, given: Arguments) -> Change:
    state = state_at_address(text, given["address"])
    return Change(edits.delete_state(text, state.address), f"delete {state.name}")


def _duplicate(text: str, given: Arguments) -> Change:
    state = state_at_address(text, given["address"])
    name = free_name(text, state.name)
    return Change(edits.duplicate_state(text, state.address, name), f"duplicate {state.name}", _sibling(state, name))


def _wrap(text: str, given: Arguments) -> Change:
    state = state_at_address(text, given["address"])
    name = free_name(text, given["type"])
    made = edits.wrap_state(text, state.address, given["type"], name)
    return Change(made, f"put {state.name} into a {given['type']}", _sibling(state, name))


def _insert(text: str, given: Arguments) -> Change:
    arrow = _arrow(given)
    beside = state_at_address(text, arrow.source or arrow.target)
    target = state_at_address(text, arrow.target).name if arrow.target else ""
    item = palette.item(given["what"])
    name = free_name(text, item.name)
    end = "" if target or item.type != "Choice" else free_name(text, "Done")
    taken = {name, end}
    fields = palette.fields(
        item, beside.machine.query_language, target or end, lambda word: free_name(text, word, taken)
    )
    if not end:
        return Change(edges.insert(text, arrow, name, fields), f"add {name}", _sibling(beside, name))
    last = Arrow(arrow.source, _sibling(beside, end), arrow.caught)
    made = edits.chain(
        text,
        lambda now: edges.insert(now, arrow, end, {"Type": "Succeed"}),  # a Choice has to lead to something
        lambda now: edges.insert(now, last, name, fields),
    )
    return Change(made, f"add {name}", _sibling(beside, name))


def _lead(text: str, given: Arguments) -> Change:
    arrow, target = _arrow(given), str(given["to"])
    name = state_at_address(text, target).name if target else "End"
    return Change(edges.lead(text, arrow, target), f"lead to {name}", arrow.source or target)


def _move(text: str, given: Arguments) -> Change:
    state, arrow = state_at_address(text, given["address"]), _arrow(given)
    made = edges.move(text, state.address, arrow)
    end = state_at_address(text, arrow.source or arrow.target)
    return Change(made, f"move {state.name}", _sibling(end, state.name))


def _set(text: str, given: Arguments) -> Change:
    """Set a field to what was typed in the form; an empty text takes it out."""
    state = state_at_address(text, given["address"])
    field: list[str | int] = given["field"]
    words = f"{state.name}: {'/'.join(str(one) for one in field)}"
    if "value" in given:
        return Change(edits.set_field(text, state.address, field, given["value"]), words, state.address)
    value = value_of(state, field, str(given["text"]))
    return Change(edits.set_field(text, state.address, field, value), words, state.address)


def _remove(text: str, given: Arguments) -> Change:
    state = state_at_address(text, given["address"])
    field: list[str | int] = given["field"]
    words = f"{state.name}: without {'/'.join(str(one) for one in field)}"
    listed = state.node.get(field[0]) if len(field) == 2 and state.node is not None else None
    if listed is not None and listed.kind == "array" and len(listed.entries) == 1 and field[0] in ("Retry", "Catch"):
        field = field[:1]  # nothing is left of it
    return Change(edits.remove_field(text, state.address, field), words, state.address)


def _follow(text: str, given: Arguments) -> Change:
    """Let a field that names a state name another one; "" for none: Next becomes End then."""
    state, field, name = state_at_address(text, given["address"]), given["field"], str(given["name"])
    words = f"{state.name}: {'/'.join(str(one) for one in field)}"
    if name:
        return Change(edits.set_target(text, state.address, name, field), words, state.address)
    if list(field) == ["Next"]:
        return Change(edits.set_end(text, state.address), words, state.address)
    return Change(edits.remove_field(text, state.address, field), words, state.address)


def _append(text: str, given: Arguments) -> Change:
    state, field = state_at_address(text, given["address"]), str(given["field"])
    made = edits.append_item(text, state.address, field, given["item"])
    return Change(made, f"{state.name}: add to {field}", state.address)


def _preset(text: str, given: Arguments) -> Change:
    """Put a retrier, a catcher or a Choice rule of the usual ones behind the others, before one that is for any error."""
    state, field = state_at_address(text, given["address"]), str(given["field"])
    found = next((one for one in tables.presets(state, field) if one.key == given["preset"]), None)
    if found is None:
        raise InputError(f'There is no {given["preset"]} for {field} of "{state.name}".')
    target, new = _heir_of(text, state, field)
    listed = state.node.get(field) if state.node is not None else None
    before = tables.last_of_all(field, None if listed is None else listed.plain())
    steps = [lambda now: edits.append_item(now, state.address, field, found.item(target))]
    if before is not None and "States.ALL" in str(found.item(target)["ErrorEquals"]):
        raise InputError(f'The last of {field} of "{state.name}" is for any error already: another one would get none.')
    if before is not None:
        steps.append(lambda now: edits.move_item(now, state.address, field, before + 1, before))
    if new is not None:
        fields = new
        steps.append(lambda now: edits.add_state(now, state.address, target, fields))
    return Change(edits.chain(text, *steps), f"{state.name}: add to {field}", state.address)


def _heir_of(text: str, state: StateOutline, field: str) -> tuple[str, dict[str, Json] | None]:
    """Return the name of a state for a new rule or catcher to lead to, and its fields where it has to be made."""
    if field == "Retry":
        return "", None
    others = [one for one in state.machine.states.values() if one is not state]
    if field == "Catch":
        failing = next((one.name for one in others if one.type == "Fail"), None)
        if failing is not None:
            return failing, None
        return free_name(text, "Failed"), {"Type": "Fail", "Error": "Failed", "Cause": f"{state.name} failed"}
    known = [str(one.value) for one in targets(state.node)] if state.node is not None else []
    name = next((one for one in reversed(known) if one in state.machine.states), others[-1].name if others else "")
    return (name, None) if name else (free_name(text, "Done"), {"Type": "Succeed"})


def _operator(text: str, given: Arguments) -> Change:
    """Let a Choice rule compare by another operator; what it compares with stays where that fits."""
    state, field, name = state_at_address(text, given["address"]), list(given["field"]), str(given["name"])
    if name not in OPERATORS:
        raise InputError(f"{name} is no comparison.")
    node = state.node.at(tuple(field)) if state.node is not None else None
    old, new = OPERATORS.get(str(field[-1])), OPERATORS[name]
    renamed = [*field[:-1], name]
    kind = str(field[-1]).startswith("Timestamp") == name.startswith("Timestamp")
    stays = old is not None and old.kind == new.kind and node is not None and kind
    steps = [lambda now: edits.rename_field(now, state.address, field, name)]
    if not stays:
        steps.append(lambda now: edits.set_field(now, state.address, renamed, tables.initial(name)))
    return Change(edits.chain(text, *steps), f"{state.name}: {name}", state.address)


def _reorder(text: str, given: Arguments) -> Change:
    """Put an item of a list of a state at another place."""
    state, field = state_at_address(text, given["address"]), str(given["field"])
    made = edits.move_item(text, state.address, field, int(given["from"]), int(given["to"]))
    return Change(made, f"{state.name}: order of {field}", state.address)


def _add_branch(text: str, given: Arguments) -> Change:
    state = state_at_address(text, given["address"])
    name = free_name(text, "Branch")
    branch: Json = {"StartAt": name, "States": {name: {"Type": "Pass", "End": True}}}
    made = edits.append_item(text, state.address, "Branches", branch)
    inside = f"{state.address}/Branches/{len(state.branches)}/States/{escape(name)}"
    return Change(made, f"{state.name}: add a branch", inside)


def _write(text: str, given: Arguments) -> Change:
    """Take a whole text, as somebody wrote it; line ends that the page's field does not keep stay as they were."""
    new = str(given["text"])
    if "\r" not in text or "\r" in new:
        return Change(edits.replaced(text, new), "change the text")
    ends = [found.end() for found in _CHARACTER.finditer(text)]  # of what the field counts as one character
    line_end = "\r\n" if "\r\n" in text else "\r"
    places = [0, *ends]
    made = [
        Edit(Span(places[one.span.start], places[one.span.end]), one.text.replace("\n", line_end))
        for one in edits.replaced(_LINE_END.sub("\n", text), new)
    ]
    return Change(made, "change the text")


def _fix(text: str, given: Arguments) -> Change:
    """Mend a finding in one of the ways that it proposes."""
    try:
        fix = diagnostics(text, given["context"])[int(given["finding"])]["fixes"][int(given["fix"])]
    except IndexError:
        raise InputError("The text has changed since: what was proposed for it is gone.") from None
    return Change([_edit(text, one) for one in fix["edits"]], fix["title"])


def _edit(text: str, one: Mapping[str, Any]) -> Edit:
    start, end = (offset_at(text, one["range"][side]["line"], one["range"][side]["character"]) for side in ("start", "end"))  # fmt: skip
    return Edit(Span(start, end), one["newText"])


def _sort(text: str, _: Arguments) -> Change:
    return Change(edits.sort_states(text), "sort the states by their flow")


ACTIONS: Final[Mapping[str, Action]] = {
    "rename": _rename,
    "delete": _delete,
    "duplicate": _duplicate,
    "wrap": _wrap,
    "insert": _insert,
    "lead": _lead,
    "move": _move,
    "set": _set,
    "remove": _remove,
    "follow": _follow,
    "append": _append,
    "preset": _preset,
    "operator": _operator,
    "reorder": _reorder,
    "add_branch": _add_branch,
    "write": _write,
    "fix": _fix,
    "sort": _sort,
}


def free_name(text: str, name: str, taken: Sequence[str] | set[str] = ()) -> str:
    """Return a name, with a number behind it where a state of the text has it already."""
    known = {state.name for machine in machines(text) for state in machine.walk()} | set(taken)
    stem, number, made = name[:76], 2, name[:80]
    while made in known:
        made, number = f"{stem} {number}", number + 1
    return made


def _arrow(given: Arguments) -> Arrow:
    arrow = given["arrow"]
    return Arrow(str(arrow["source"]), str(arrow["target"]), bool(arrow["caught"]))


def _sibling(state: StateOutline, name: str) -> Address:
    return f"{state.machine.address}/States/{escape(name)}"
