"""A state tried out with a changed text on a visit's own data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sfnbook import StateMachine, TaskError
from sfnbook.widget.traits.recorder import Recorder
from sfnbook.widget.traits.shapes import EditedState

ARN = "arn:aws:lambda:eu-west-1:1:function:"
TEXT = """{
  "StartAt": "Load",
  "States": {
    "Load": {
      "Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:1:function:load",
      "ResultPath": "$.found", "Assign": { "kept.$": "$$.Execution.Input.n" }, "Next": "Each"
    },
    "Each": {
      "Type": "Map", "ItemsPath": "$.found", "ItemSelector": { "n.$": "$$.Map.Item.Value", "at.$": "$$.Map.Item.Index" },
      "ItemProcessor": { "StartAt": "Item", "States": { "Item": { "Type": "Pass", "End": true } } },
      "Next": "Decide"
    },
    "Decide": { "Type": "Choice", "Choices": [ { "Variable": "$[0].n", "NumericEquals": 1, "Next": "Last" } ], "Default": "Fell" },
    "Fell": { "Type": "Fail", "Error": "Fell" },
    "Last": { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $kept + 1 %}", "End": true }
  }
}
"""


def ran() -> Any:
    machine = StateMachine(TEXT, name="m", namespace={"load": lambda event: [1, 2]})
    return machine.run({"n": 41})


def tried(run: Any, name: str, change: Callable[[dict[str, Any]], Any] | str = "", *, at: int = 0) -> EditedState:
    """Try out the state of this name, changed by a function or written anew."""
    visit = [visit for visit in run.visits if visit.name == name][at]
    fields = json.loads(json.dumps(dict(run.machine.definition.state(visit.address).fields)))
    if callable(change):
        change(fields)
    text = change if isinstance(change, str) and change else json.dumps(fields, indent=2)
    found = Recorder(run.machine, run).edited_state({"visit": visit.id, "text": text})
    assert found is not None
    return found


def stages(found: EditedState) -> dict[str, Any]:
    return {stage["name"]: json.loads(stage["value"]["text"]) for stage in found["stages"]}


@pytest.mark.parametrize("name", ["Load", "Each", "Item", "Decide", "Last"])
def test_an_unchanged_state_gives_what_it_gave(name: str) -> None:
    run = ran()
    found = tried(run, name)
    visit = next(visit for visit in run.visits if visit.name == name)
    assert (found["status"], found["next"]) == ("SUCCEEDED", visit.next)
    given = stages(found)
    assert given["input"] == visit.input
    assert given["output"] == visit.output
    known = {stage.name: stage.value for stage in run.stages(visit)}
    assert {key: known[key] for key in given if key in known} == {key: given[key] for key in given if key in known}


def test_a_changed_path_is_seen_at_once_on_the_recorded_answer() -> None:
    found = tried(ran(), "Load", lambda state: state.update(ResultSelector={"first.$": "$[0]"}, ResultPath="$"))
    given = stages(found)
    assert given["result"] == [1, 2]
    assert given["output"] == {"first": 1}
    assert found["assigned"]["kept"]["text"] == "41"


def test_items_are_made_of_each_item() -> None:
    found = tried(ran(), "Each", lambda state: state.update(ItemSelector={"v.$": "$$.Map.Item.Value"}))
    assert stages(found)["afterItemSelector"] == [{"v": 1}, {"v": 2}]


def test_variables_and_another_way() -> None:
    assert stages(tried(ran(), "Last", lambda state: state.update(Output="{% $kept * 2 %}")))["output"] == 82
    changed = tried(ran(), "Decide", lambda state: state["Choices"][0].update(NumericEquals=9))
    assert changed["next"] == "Fell"


def test_an_expression_that_fails_is_shown_at_its_place() -> None:
    found = tried(ran(), "Each", lambda state: state.update(ItemSelector={"v.$": "States.Format('{}', $.nope)"}))
    (problem,) = found["problems"]
    line, carets = problem["excerpt"].split("\n")
    assert line[carets.index("^") : carets.rindex("^") + 1] == "$.nope"
    assert found["error"] == "States.Runtime"
    assert "afterItemsPath" in stages(found)


def test_a_jsonata_expression_that_fails_is_shown_at_its_place() -> None:
    found = tried(ran(), "Last", lambda state: state.update(Output={"a": {"b": "{% $nope.x %}"}}))
    (problem,) = found["problems"]
    assert "$nope.x" in problem["excerpt"]
    assert problem["line"] == 6


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('{"Type": "Pass",\n "End": tru}', 2, "tru"),
        ('{"Type": "Pass",\n "InputPath": "$.[",\n "End": true}', 2, "InputPath"),
        ('{"Type": "Passs", "End": true}', 1, "Passs"),
        ("[1]", 1, "object"),
    ],
)
def test_a_text_that_is_no_state_says_where(text: str, line: int, words: str) -> None:
    found = tried(ran(), "Load", text)
    assert found["status"] == "INVALID"
    assert found["problems"][0]["line"] == line
    assert words in json.dumps(found["problems"][0])


def test_a_failure_is_taken_by_a_new_catcher() -> None:
    def refuse(event: Any) -> Any:
        raise TaskError("Refused", "no")

    machine = StateMachine(TEXT, name="m", namespace={"load": refuse})
    run = machine.run({"n": 1})
    assert tried(run, "Load")["status"] == "FAILED"
    caught = {"ErrorEquals": ["Refused"], "ResultPath": "$.error", "Next": "Last"}
    found = tried(run, "Load", lambda state: state.update(Catch=[caught]))
    assert (found["status"], found["next"], found["error"]) == ("CAUGHT_ERROR", "Last", "Refused")
    assert stages(found)["output"] == {"n": 1, "error": {"Error": "Refused", "Cause": "no"}}


def test_the_definition_comes_with_the_change_and_is_else_as_it_was() -> None:
    run = ran()
    found = tried(run, "Last", '{\n  "Type": "Succeed"\n}')
    assert found["definition"] == TEXT.replace(
        '{ "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $kept + 1 %}", "End": true }',
        '{\n      "Type": "Succeed"\n    }',
    )


def test_nothing_of_the_run_changes() -> None:
    run = ran()
    before = json.dumps([[visit.input, visit.output] for visit in run.visits])
    tried(run, "Each", lambda state: state.update(ResultPath="$.x"))
    assert json.dumps([[visit.input, visit.output] for visit in run.visits]) == before
    assert Recorder(run.machine, run).reply({"kind": "try", "id": "1", "visit": 9999, "text": "{}"}) == {
        "kind": "try", "id": "1", "edited": None,
    }  # fmt: skip
