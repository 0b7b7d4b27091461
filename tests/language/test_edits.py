"""Edits change what they say and nothing else; undone, the text is the very same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from sfnbook.errors import InputError
from sfnbook.language import edges, edits, parse
from sfnbook.language.edges import Arrow
from sfnbook.language.edits import Edit, apply, undo
from sfnbook.language.outline import StateOutline, machines
from sfnbook.language.reader import read

JSON = """{
  "StartAt": "A",
  "States": {
    "A": {
      "Type": "Choice",
      "Choices": [{"Variable": "$.x", "IsPresent": true, "Next": "B"}],
      "Default": "C"
    },
    "B": {"Type": "Pass", "Next": "C"},
    "C": {"Type": "Pass", "End": true}
  }
}
"""
YAML = """# the machine
StartAt: A   # first
States:
  A:
    Type: Choice
    Choices:
      - Variable: $.x   # a rule
        IsPresent: true
        Next: 'B'
    Default: "C"
  # the second
  B:
    Type: Pass
    Next: C

  C:
    Type: Pass
    End: true
"""
TEXTS = {
    "json": JSON,
    "json on one line": json.dumps(json.loads(JSON)),
    "json without spaces": json.dumps(json.loads(JSON), separators=(",", ":")),
    "tabs": json.dumps(json.loads(JSON), indent="\t"),
    "crlf": JSON.replace("\n", "\r\n"),
    "yaml": YAML,
    "yaml crlf": YAML.replace("\n", "\r\n"),
    "yaml without a last line end": YAML.rstrip("\n"),
}
A, B, C = "/States/A", "/States/B", "/States/C"
EDITS = {
    "rename": lambda text: edits.rename_state(text, "/States/C", "Last one"),
    "target": lambda text: edits.set_target(text, "/States/A", "C", ("Choices", 0, "Next")),
    "target of an end": lambda text: edits.set_target(text, "/States/A", "B", ("Default",)),
    "after": lambda text: edits.insert_after(text, "/States/B", "New", {"Type": "Pass", "Parameters": {"a": [1]}}),
    "after an end": lambda text: edits.insert_after(text, "/States/C", "New", {"Type": "Wait", "Seconds": 1}),
    "before": lambda text: edits.insert_before(text, "/States/C", "New", {"Type": "Wait", "Seconds": 1}),
    "on an edge": lambda text: edits.insert_on_edge(text, "/States/A", ("Default",), "New", {"Type": "Pass"}),
    "delete": lambda text: edits.delete_state(text, "/States/B"),
    "field": lambda text: edits.set_field(text, "/States/B", ("Comment",), "a: b # c"),
    "field over": lambda text: edits.set_field(text, "/States/B", ("Type",), "Pass"),
    "assign": lambda text: edits.set_field(text, "/States/B", ("Assign",), {"n": 1}),
    "rule": lambda text: edits.set_field(
        text, "/States/A", ("Choices", 1), {"Variable": "$.y", "IsNull": True, "Next": "C"}
    ),
    "another rule": lambda text: edits.append_item(
        text, "/States/A", "Choices", {"Variable": "$.y", "IsNull": True, "Next": "C"}
    ),
    "fields anew": lambda text: edits.replace_state(
        text, "/States/B", {"Type": "Wait", "Seconds": 1, "Next": "C", "Comment": "changed"}
    ),
    "sort": lambda text: edits.sort_states(text),
    "into a Parallel": lambda text: edits.wrap_state(text, "/States/B", "Parallel", "Both"),
    "into a Map": lambda text: edits.wrap_state(text, "/States/C", "Map", "Each"),
    "end": lambda text: edits.set_end(text, "/States/B"),
    "the start": lambda text: edits.set_start(text, "", "B"),
    "order of rules": lambda text: edits.chain(
        text,
        lambda now: edits.append_item(
            now, "/States/A", "Choices", {"Variable": "$.y", "IsNull": True, "Comment": "z", "Next": "C"}
        ),
        lambda now: edits.move_item(now, "/States/A", "Choices", 0, 1),
    ),
    "another text": lambda text: edits.replaced(text, text.replace("B", "Bee")),
    "put at the start": lambda text: edges.insert(text, Arrow("", A), "New", {"Type": "Pass"}),
    "put on an arrow": lambda text: edges.insert(text, Arrow(A, C), "New", {"Type": "Wait", "Seconds": 1}),
    "put at the end": lambda text: edges.insert(text, Arrow(C, ""), "New", {"Type": "Succeed"}),
    "lead an arrow": lambda text: edges.lead(text, Arrow(A, C), B),
    "lead to the end": lambda text: edges.lead(text, Arrow(B, C), ""),
    "lead the start": lambda text: edges.lead(text, Arrow("", A), B),
    "move to the start": lambda text: edges.move(text, B, Arrow("", A)),
    "move to the end": lambda text: edges.move(text, B, Arrow(C, "")),
    "move a Choice": lambda text: edges.move(text, A, Arrow(B, C)),
}


def only_inside(text: str, made: str, changes: list[Edit]) -> None:
    """Check that what stands between the edits' pieces stands in the new text, in order."""
    at = last = 0
    for edit in sorted(changes):
        kept = text[last : edit.span.start]
        assert made[at : at + len(kept)] == kept
        at += len(kept) + len(edit.text)
        last = edit.span.end
    assert made[at:] == text[last:]


@pytest.mark.parametrize("edit", EDITS.values(), ids=list(EDITS))
@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_valid_machine_stays_valid_and_undo_is_exact(text: str, edit) -> None:  # type: ignore[no-untyped-def]
    changes = edit(text)
    made = apply(text, changes)
    parsed = parse(made)
    assert [str(one) for one in parsed.diagnostics if one.severity == "ERROR" and "unreachable" not in one.rule] == []
    only_inside(text, made, changes)
    assert apply(made, undo(text, changes)) == text
    for comment in ("# the machine", "# first", "# a rule"):
        assert (comment in text) == (comment in made)
    if "\r\n" in text:
        assert made.count("\n") == made.count("\r\n")
    if "\n" not in text:
        assert "\n" not in made


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_what_the_edits_do(text: str) -> None:
    def after(changes: list[Edit]) -> dict[str, dict[str, object]]:
        definition = parse(apply(text, changes)).definition
        assert definition is not None
        return {name: dict(state.fields) for name, state in definition.machine.states.items()}

    renamed = after(edits.rename_state(text, "/States/C", "Z"))
    assert (list(renamed), renamed["B"]["Next"], renamed["A"]["Default"]) == (["A", "B", "Z"], "Z", "Z")
    grown = after(edits.insert_after(text, "/States/C", "N", {"Type": "Pass"}))
    assert (grown["C"], grown["N"]) == ({"Type": "Pass", "Next": "N"}, {"Type": "Pass", "End": True})
    gone = after(edits.delete_state(text, "/States/B"))
    assert gone["A"]["Choices"] == [{"Variable": "$.x", "IsPresent": True, "Next": "C"}]
    led = after(edits.set_field(text, "/States/B", ("Comment",), "x: #"))
    assert led["B"]["Comment"] == "x: #"


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_a_state_moves_into_a_branch_and_states_into_the_order_of_the_flow(text: str) -> None:
    made = parse(apply(text, edits.wrap_state(text, "/States/B", "Parallel", "Both"))).definition
    assert made is not None
    assert list(made.machine.states) == ["A", "Both", "C"]
    both = made.machine.states["Both"]
    assert both.next == "C"
    assert dict(both.branches[0].states["B"].fields) == {"Type": "Pass", "End": True}
    mixed = apply(text, edits.insert_before(text, "/States/A", "Z", {"Type": "Pass"}))
    ordered = apply(mixed, edits.sort_states(mixed))
    definition = parse(ordered).definition
    assert definition is not None
    assert list(definition.machine.states) == ["Z", "A", "C", "B"]
    for comment in ("# a rule", "# the second"):
        assert (comment in text) == (comment in ordered)


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_states_and_arrows_move_along_the_flow(text: str) -> None:
    def flow(changes: list[Edit]) -> dict[str, list[str]]:
        made = read(apply(text, changes)).value
        assert isinstance(made, dict)
        led = {
            name: [*(rule["Next"] for rule in state.get("Choices", ())), state.get("Default") or state.get("Next", "")]
            for name, state in made["States"].items()
        }
        return {"": [made["StartAt"]], **led}

    before = {"": ["A"], "A": ["B", "C"], "B": ["C"], "C": [""]}
    assert flow([]) == before
    assert flow(edges.insert(text, Arrow(A, B), "N", {"Type": "Pass"})) == {**before, "A": ["N", "C"], "N": ["B"]}
    assert flow(edges.insert(text, Arrow(C, ""), "N", {"Type": "Pass"})) == {**before, "C": ["N"], "N": [""]}
    assert flow(edges.move(text, B, Arrow(A, C))) == {**before, "A": ["B", "B"]}
    assert flow(edges.move(text, B, Arrow(C, ""))) == {"": ["A"], "A": ["C", "C"], "B": [""], "C": ["B"]}
    assert flow(edges.move(text, A, Arrow(B, C))) == {"": ["C"], "A": ["B", "C"], "B": ["A"], "C": [""]}
    assert flow(edges.lead(text, Arrow(B, C), A)) == {**before, "B": ["A"]}
    assert flow(edges.lead(text, Arrow(C, ""), B)) == {**before, "C": ["B"]}


def test_where_a_state_can_be_put_is_every_arrow_and_every_end() -> None:
    def told(text: str) -> list[tuple[str, str, bool, bool]]:
        return [(*spot.arrow, spot.drawn) for spot in edges.spots(text)]

    assert told(JSON) == [
        ("", A, False, True),
        (A, B, False, True),
        (A, C, False, True),
        (B, C, False, True),
        (C, "", False, True),
    ]
    inner = """
StartAt: P
States:
  P:
    Type: Parallel
    Branches:
      - StartAt: X
        States: {X: {Type: Pass, End: true}}
    Catch: [{ErrorEquals: [States.ALL], Next: F}]
    Next: Q
  Q: {Type: Choice, Choices: []}
  R: {Type: Pass}
  F: {Type: Fail}
"""
    inside = "/States/P/Branches/0/States/X"
    assert told(inner) == [
        ("", "/States/P", False, True),
        ("/States/P", "/States/Q", False, True),
        ("/States/P", "/States/F", True, True),
        ("/States/Q", "", False, False),  # a Default is lacking
        ("/States/R", "", False, False),  # it leads nowhere yet
        ("", inside, False, False),
        (inside, "", False, False),
    ]
    made = read(apply(inner, edges.insert(inner, Arrow("", inside), "W", {"Type": "Wait", "Seconds": 1}))).value
    assert isinstance(made, dict)
    assert made["States"]["P"]["Branches"][0]["StartAt"] == "W"


def test_an_arrow_cannot_go_where_none_can() -> None:
    with pytest.raises(InputError, match="A machine has to begin"):
        edges.lead(JSON, Arrow("", A), "")
    with pytest.raises(InputError, match="has to lead to a state"):
        edges.lead(JSON, Arrow(A, B), "")
    with pytest.raises(InputError, match="Nothing follows"):
        edges.move(JSON, C, Arrow("", A))
    with pytest.raises(InputError, match="cannot stand at the end"):
        edges.move(JSON, A, Arrow(C, ""))
    wrapped = apply(JSON, edits.wrap_state(JSON, B, "Parallel", "Both"))
    inside = "/States/Both/Branches/0/States/B"
    with pytest.raises(InputError, match="another machine or branch"):
        edges.lead(wrapped, Arrow(A, C), inside)
    with pytest.raises(InputError, match="cannot go into itself"):
        edges.move(wrapped, "/States/Both", Arrow(inside, ""))
    with pytest.raises(InputError, match="does not lead to"):
        edges.lead(JSON, Arrow(B, A), C)


def test_a_state_moves_into_a_branch_by_its_text() -> None:
    longer = apply(JSON, edits.insert_after(JSON, C, "D", {"Type": "Pass", "Comment": "last"}))
    wrapped = apply(longer, edits.wrap_state(longer, B, "Parallel", "Both"))
    made = apply(wrapped, edges.move(wrapped, "/States/D", Arrow("/States/Both/Branches/0/States/B", "")))
    definition = parse(made).definition
    assert definition is not None
    assert list(definition.machine.states) == ["A", "Both", "C"]
    branch = definition.machine.states["Both"].branches[0]
    assert dict(branch.states["D"].fields) == {"Type": "Pass", "Comment": "last", "End": True}


def test_what_cannot_be_done_says_why() -> None:
    with pytest.raises(InputError, match="Nothing follows"):
        edits.delete_state(JSON, "/States/C")
    with pytest.raises(InputError, match='There is a state "B" already'):
        edits.insert_after(JSON, "/States/B", "B", {"Type": "Pass"})
    with pytest.raises(InputError, match="There is no state at"):
        edits.rename_state(JSON, "/States/Q", "R")
    with pytest.raises(InputError, match="neither Next nor End"):
        edits.insert_after(JSON, "/States/A", "N", {"Type": "Pass"})


def test_format_lays_out_json_and_leaves_the_rest() -> None:
    assert json.loads(apply(TEXTS["json on one line"], edits.format(TEXTS["json on one line"]))) == json.loads(JSON)
    assert edits.format(YAML) == []
    assert edits.format('{"a": ') == []
    assert edits.format('{"a": 1, "a": 2}') == []


REAL = Path(os.environ.get("SFNBOOK_MACHINES", "/nowhere"))


@pytest.mark.skipif(not REAL.is_dir(), reason="SFNBOOK_MACHINES names no folder of real machines")
@pytest.mark.parametrize("path", sorted(REAL.glob("*.asl.json"))[::9], ids=lambda path: path.name[:30])
def test_real_machines_stay_valid(path: Path) -> None:
    text = path.read_text("utf-8")
    if parse(text).definition is None:
        pytest.skip("not valid as it is")
    states = [state for machine in machines(text) for state in machine.walk()]
    for state in states[:6]:
        for changes in _possible(text, state):
            made = apply(text, changes)
            assert parse(made).definition is not None
            assert apply(made, undo(text, changes)) == text
            only_inside(text, made, changes)


def _possible(text: str, state: StateOutline) -> list[list[Edit]]:
    found = [edits.rename_state(text, state.address, "A new name")]
    found.append(edits.set_field(text, state.address, ("Comment",), "new"))
    found.append(edits.insert_before(text, state.address, "A new one", {"Type": "Pass"}))
    if state.node is not None and (state.node.get("Next") or state.node.get("End")):
        found.append(edits.insert_after(text, state.address, "A new one", {"Type": "Wait", "Seconds": 1}))
    return found
