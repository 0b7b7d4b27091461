"""Every edit that the diagram offers, over many machines in JSON and YAML: undone, the text is the very same; nothing outside
the edited pieces changes; a valid machine stays one that AWS takes, wherever the edit says nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sfnbook.editor.canvas import palette, tables
from sfnbook.editor.canvas.actions import ACTIONS
from sfnbook.editor.canvas.session import EditingSession
from sfnbook.errors import InputError
from sfnbook.language import edges, edits, parse
from sfnbook.language.outline import StateOutline, machines
from sfnbook.language.reader import read

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
MACHINE: dict[str, Any] = {
    "Comment": "all eight",
    "StartAt": "Task",
    "States": {
        "Task": {
            "Type": "Task", "Resource": ARN, "Next": "Choice",
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}, {"ErrorEquals": ["States.ALL"]}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Fail"}],
        },
        "Choice": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.a", "IsPresent": True, "Next": "Parallel"},
                {"Variable": "$.b", "NumericEquals": 1, "Next": "Map"},
            ],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Pass"},
        "Parallel": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "P", "States": {"P": {"Type": "Pass", "Next": "Q"}, "Q": {"Type": "Succeed"}}},
                {"StartAt": "R", "States": {"R": {"Type": "Pass", "End": True}}},
            ],
            "Next": "Pass",
        },
        "Map": {
            "Type": "Map",
            "ItemProcessor": {"StartAt": "M", "States": {"M": {"Type": "Task", "Resource": ARN, "End": True}}},
            "Next": "Pass",
        },
        "Pass": {"Type": "Pass", "End": True},
        "Fail": {"Type": "Fail"},
    },
}  # fmt: skip
COMMENTED = "# kept\n" + yaml.safe_dump(MACHINE, sort_keys=False).replace(
    "  Wait:\n", "  # the pause\n  Wait:   # here\n"
)
TEXTS = {
    "json": json.dumps(MACHINE, indent=2),
    "one line": json.dumps(MACHINE),
    "crlf": json.dumps(MACHINE, indent=4).replace("\n", "\r\n"),
    "yaml": COMMENTED,
}
REAL = sorted(Path(os.environ.get("SFNBOOK_MACHINES", "/nowhere")).glob("*.asl.json"))


def possible(text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the edits of a text, each with its arguments."""
    found = [state for machine in machines(text) for state in machine.walk()]
    spots = [spot.arrow._asdict() for spot in edges.spots(text)]
    for state in found:
        yield from ((name, {"address": state.address, **more}) for name, more in of_state(state, text))
        yield from (("move", {"address": state.address, "arrow": arrow}) for arrow in spots)
    for arrow in spots:
        yield from (
            ("insert", {"arrow": arrow, "what": one.key}) for one in palette.items("") if one.key.startswith("type:")
        )
        yield from (("lead", {"arrow": arrow, "to": to}) for to in ["", *(one.address for one in found)])
    yield "sort", {}
    yield "write", {"text": text.replace("\r\n", "\n") + "\n"}


def of_state(state: StateOutline, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "rename", {"name": f"{state.name} anew"[-80:]}
    yield "delete", {}
    yield "duplicate", {}
    yield "wrap", {"type": "Parallel"}
    yield "wrap", {"type": "Map"}
    yield "set", {"field": ["Comment"], "text": "a: b # c"}
    yield "remove", {"field": ["Comment"]}
    if state.type == "Parallel":
        yield "add_branch", {}
    for field in tables.TABLES:
        if not (state.type == "Choice" if field == "Choices" else state.type in ("Task", "Parallel", "Map")):
            continue
        yield from (("preset", {"field": field, "preset": one.key}) for one in tables.presets(state, field))
        listed = state.node.get(field) if state.node is not None else None
        count = len(listed.entries) if listed is not None and listed.kind == "array" else 0
        for index in range(count):
            yield "reorder", {"field": field, "from": index, "to": count - 1 - index}
            yield "remove", {"field": [field, index]}
            yield "operator", {"field": [field, index, "IsPresent"], "name": "StringEquals"}
            yield from (("follow", {"field": [field, index, "Next"], "name": name}) for name in state.machine.states)
    for name in ["", *state.machine.states]:
        yield "follow", {"field": ["Next"], "name": name}


KEEPS_VALID = {"rename", "set", "preset", "sort", "write", "add_branch", "operator"}
"""Edits after which a machine that AWS takes is one still; others may leave a state that nothing leads to, or no end."""


def tried(text: str, name: str, arguments: dict[str, Any]) -> bool:
    """Make an edit, look at what became of the text, and take it back; False for one that is refused."""
    session = EditingSession(text)
    try:
        change = session.apply(name, arguments)
    except InputError:
        assert session.text == text
        assert session.undo_words == ""
        return False
    made = session.text
    at = last = 0
    for edit in sorted(change.edits):  # what stands between the pieces stands in the new text, in order
        kept = text[last : edit.span.start]
        assert made[at : at + len(kept)] == kept
        at += len(kept) + len(edit.text)
        last = edit.span.end
    assert made[at:] == text[last:]
    assert read(made).ok, (name, arguments)
    if name in KEEPS_VALID:
        wrong = [str(one) for one in parse(made).diagnostics if one.severity == "ERROR"]
        assert wrong == [], (name, arguments)
    if made != text:
        assert session.undo() == change.words
        assert session.text == text
        session.redo()
        assert session.text == made
    return True


@pytest.mark.parametrize("which", TEXTS)
def test_every_edit_of_a_machine_with_all_states(which: str) -> None:
    text = TEXTS[which]
    assert parse(text).definition is not None
    choices = list(possible(text))
    some = choices if which == "yaml" else choices[:: len(choices) // 150]  # all are the same in each text
    done = {name for name, arguments in some if tried(text, name, arguments)}
    if which == "yaml":
        assert done == ACTIONS.keys() - {"append", "fix"}  # a preset appends; a fix needs a fault


def test_the_comments_of_yaml_stay() -> None:
    for name, arguments in list(possible(COMMENTED))[::4]:
        session = EditingSession(COMMENTED)
        try:
            session.apply(name, arguments)
        except InputError:
            continue
        assert "# kept" in session.text
        if arguments.get("address") != "/States/Wait":
            assert "# the pause" in session.text, (name, arguments)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data(), st.sampled_from(sorted(TEXTS)))
def test_any_row_of_edits_can_be_taken_back_to_the_beginning(data: st.DataObject, which: str) -> None:
    session = EditingSession(TEXTS[which])
    texts = [session.text]
    for _ in range(data.draw(st.integers(1, 6))):
        choices = list(possible(session.text))
        name, arguments = choices[data.draw(st.integers(0, len(choices) - 1))]
        before = session.text
        try:
            session.apply(name, arguments)
        except InputError:
            assert session.text == before
            continue
        assert read(session.text).ok, (name, arguments)
        if session.text != before:
            texts.append(session.text)
    while session.undo_words:
        assert session.text == texts.pop()
        session.undo()
    assert [session.text] == texts == [TEXTS[which]]


@pytest.mark.skipif(not REAL, reason="SFNBOOK_MACHINES names no folder of real machines")
@pytest.mark.parametrize("path", REAL[::25], ids=lambda path: path.name[:30])
def test_real_machines(path: Path) -> None:
    text = path.read_text("utf-8")
    if parse(text).definition is None:
        pytest.skip("not valid as it is")
    choices = list(possible(text))
    assert sum(tried(text, name, arguments) for name, arguments in choices[:: max(1, len(choices) // 60)]) > 5
    assert edits.replaced(text, text) == []
