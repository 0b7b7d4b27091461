"""parse: from text to a Definition, whatever the text."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfnbook.language import parse
from sfnbook.language.fields import OPERATORS, STATE_FIELDS, STATE_TYPES

NESTED = {
    "StartAt": "P",
    "States": {
        "P": {
            "Type": "Parallel",
            "Branches": [
                {
                    "StartAt": "M",
                    "States": {
                        "M": {
                            "Type": "Map",
                            "ItemProcessor": {"StartAt": "a/b~c", "States": {"a/b~c": {"Type": "Succeed"}}},
                            "End": True,
                        }
                    },
                },
                {
                    "StartAt": "W",
                    "States": {"W": {"Type": "Wait", "Seconds": 1, "QueryLanguage": "JSONata", "End": True}},
                },
            ],
            "End": True,
        }
    },
}


def test_definition_of_machines_inside_machines() -> None:
    definition = parse(json.dumps(NESTED)).definition
    assert definition is not None
    assert [(s.address, s.type, s.query_language) for s in definition.machine.walk()] == [
        ("/States/P", "Parallel", "JSONPath"),
        ("/States/P/Branches/0/States/M", "Map", "JSONPath"),
        ("/States/P/Branches/0/States/M/ItemProcessor/States/a~1b~0c", "Succeed", "JSONPath"),
        ("/States/P/Branches/1/States/W", "Wait", "JSONata"),
    ]
    assert [branch.address for branch in definition.machine.states["P"].branches] == [
        "/States/P/Branches/0",
        "/States/P/Branches/1",
    ]
    assert definition.state("/States/P/Branches/1/States/W").get("Seconds") == 1


def test_json_yaml_and_mapping_say_the_same() -> None:
    yaml = pytest.importorskip("yaml")
    from_json = parse(json.dumps(NESTED)).definition
    from_yaml = parse(yaml.safe_dump(NESTED, sort_keys=False)).definition
    from_mapping = parse(NESTED).definition
    assert from_json is not None
    assert from_yaml is not None
    assert from_mapping is not None
    assert from_json.machine == from_yaml.machine == from_mapping.machine
    assert json.loads(from_mapping.text) == NESTED


def test_a_mapping_is_copied_and_what_json_cannot_hold_is_said() -> None:
    [found] = parse({"StartAt": {1, 2}}).diagnostics
    assert (
        str(found) == "ERROR ASL008 not-json: Not JSON: set at $.StartAt is not JSON serializable: write sorted(value)"
    )
    source: dict[str, Any] = json.loads(json.dumps(NESTED))
    definition = parse(source).definition
    source["States"].clear()
    assert definition is not None
    assert definition.state("/States/P").type == "Parallel"


def test_warnings_do_not_stop_a_definition() -> None:
    parsed = parse({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"x.$": "$.y"}, "End": True}}})
    assert parsed.definition is not None
    assert [d.severity for d in parsed.diagnostics] == ["WARNING"]


def test_too_many_findings_are_cut() -> None:
    states = {f"S{i}": {"Type": "Pass", "Next": f"T{i}"} for i in range(1_000)}
    assert len(parse({"StartAt": "S0", "States": states}).diagnostics) == 100


def test_too_deeply_nested_machines() -> None:
    machine: dict[str, Any] = {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}
    for level in range(60):
        name = f"P{level}"
        machine = {"StartAt": name, "States": {name: {"Type": "Parallel", "Branches": [machine], "End": True}}}
    assert [d.code for d in parse(machine).diagnostics] == ["TOO_DEEPLY_NESTED"]


LEAVES = st.none() | st.booleans() | st.integers(-2, 10**9) | st.floats() | st.text(max_size=6)
WORDS = st.sampled_from(
    ["A", "B", "$.a", "$$.x", "$", "{% 1 %}", "${X}", "States.ALL", "JSONata", "JSONPath", "DISTRIBUTED"]
)
ANY = st.recursive(
    LEAVES | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=3),
)
FIELD_NAMES = sorted({name for fields in STATE_FIELDS.values() for name in fields} | {"ErrorEquals", "Variable", "And"})
RULES = st.dictionaries(
    st.sampled_from([*OPERATORS, "And", "Or", "Not", "Variable", "Next", "Condition"]), ANY, max_size=4
)


@st.composite
def machines(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Machines that are nearly right: the fields of the language with any value in them."""
    states: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(["A", "B", "C"]), min_size=1, max_size=3, unique=True)):
        type_ = draw(st.sampled_from([*STATE_TYPES, "Nothing"]))
        allowed = sorted(STATE_FIELDS.get(type_, {"X": None}))
        state = draw(st.dictionaries(st.sampled_from(allowed) | st.sampled_from(FIELD_NAMES), ANY | WORDS, max_size=5))
        if depth and draw(st.booleans()):
            state["ItemProcessor"] = draw(machines(depth - 1))
            state["Branches"] = [draw(machines(depth - 1))]
            state["Choices"] = [draw(RULES), {"And": [draw(RULES)], "Next": "A"}]
            state["Retry"] = [draw(st.dictionaries(st.sampled_from(["ErrorEquals", "MaxAttempts"]), ANY, max_size=2))]
        states[name] = draw(st.just({"Type": type_, **state}) | ANY)
    top = draw(
        st.dictionaries(
            st.sampled_from(["StartAt", "QueryLanguage", "Comment", "TimeoutSeconds"]), ANY | WORDS, max_size=3
        )
    )
    return {"StartAt": "A", **top, "States": states}


@settings(max_examples=150, deadline=None)
@given(machines(), st.sampled_from(["STANDARD", "EXPRESS"]))
def test_no_machine_raises(definition: dict[str, Any], type: str) -> None:
    parsed = parse(definition, type=type)
    assert (parsed.definition is None) == any(d.severity == "ERROR" for d in parsed.diagnostics)
    text = json.dumps(definition, indent=1)
    if "NaN" not in text and "Infinity" not in text:
        again = parse(text, type=type)
        assert [(d.rule, d.message) for d in again.diagnostics] or not parsed.diagnostics
        assert all(d.line is not None or d.excerpt == "" for d in again.diagnostics)
    for diagnostic in parsed.diagnostics:
        assert str(diagnostic).encode()


@settings(max_examples=100, deadline=None)
@given(ANY)
def test_no_value_raises(value: Any) -> None:
    parse(value if isinstance(value, str) else {"StartAt": value, "States": value})


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_no_text_raises(text: str) -> None:
    assert all(str(diagnostic).encode() for diagnostic in parse(text).diagnostics)


SHARED = os.environ.get("SFNBOOK_MACHINES", "")
MACHINES = sorted(Path(SHARED).glob("*.asl.json")) if SHARED else []


@pytest.mark.skipif(not MACHINES, reason="SFNBOOK_MACHINES names no folder of real state machines")
@pytest.mark.parametrize("path", MACHINES, ids=lambda path: path.name)
def test_real_machines_have_no_error(path: Path) -> None:
    parsed = parse(path.read_text())
    assert parsed.definition is not None, "\n".join(map(str, parsed.diagnostics))


@pytest.mark.parametrize("as_text", [True, False])
def test_a_definition_of_more_than_a_megabyte_is_too_large(as_text: bool) -> None:
    def machine(length: int) -> Any:
        value = {"Comment": "x" * length, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
        return json.dumps(value, separators=(",", ":")) if as_text else value

    empty = machine(0)
    room = 1_048_576 - len(empty if as_text else json.dumps(empty, separators=(",", ":")))
    assert not parse(machine(room)).diagnostics
    (found,) = parse(machine(room + 1)).diagnostics
    assert (found.rule, found.severity) == ("ASL010 too-large", "ERROR")
    assert found.message == "The definition has 1,048,577 bytes; AWS takes at most 1,048,576 (1 MB)"
