"""What an editor is told at a place of a text, whole or half written; `|` stands for the cursor."""

from __future__ import annotations

import json

import pytest

from sfnbook.editor.services import (
    Context,
    completions,
    definition,
    diagnostics,
    hover,
    offset_at,
    references,
    rename,
    state_at,
    symbols,
)
from sfnbook.errors import InputError

JSON = """{
  "StartAt": "Ask",
  "States": {
    "Ask": {"Type": "Task", "Resource": "f", "Next": "Done"},
    "Done": {"Type": "Succeed"}
  }
}"""
YAML = """StartAt: Ask
States:
  Ask:
    Type: Task
    Resource: f
    Next: Done
  Done:
    Type: Succeed
"""


def proposed(marked: str, context: Context | None = None) -> list[str]:
    at = marked.index("|")
    return [one["label"] for one in completions(marked.replace("|", ""), at, context or Context())]


def accepted(marked: str, label: str) -> str:
    """Return the text after a proposal is taken."""
    at, text = marked.index("|"), marked.replace("|", "")
    one = next(one for one in completions(text, at) if one["label"] == label)
    start, end = (offset_at(text, one["range"][w]["line"], one["range"][w]["character"]) for w in ("start", "end"))  # type: ignore[literal-required]
    return text[:start] + one["newText"] + text[end:]


@pytest.mark.parametrize("text", [JSON, YAML], ids=["json", "yaml"])
def test_a_misspelt_state_has_a_range_and_a_fix(text: str) -> None:
    wrong = (
        text.replace("Next", "Next", 1).replace('"Next": "Done"', '"Next": "Dona"').replace("Next: Done", "Next: Dona")
    )
    found = next(one for one in diagnostics(wrong) if one["code"] == "ASL104")
    start, end = (offset_at(wrong, found["range"][w]["line"], found["range"][w]["character"]) for w in ("start", "end"))  # type: ignore[literal-required]
    assert wrong[start:end].strip('"') == "Dona"
    assert found["level"] == "error"
    (edit,) = found["fixes"][0]["edits"]
    assert edit["newText"] == "Done"


@pytest.mark.parametrize(
    ("marked", "expected"),
    [
        (JSON.replace('"Next": "Done"', '"Next": "|"'), ["Done"]),
        (JSON.replace('"Next": "Done"', '"Next": |'), ["Done"]),
        (JSON.replace('"Next": "Done"}', '"Next": "D|\n    }'), ["Done"]),
        (JSON.replace('"StartAt": "Ask"', '"StartAt": "|"'), ["Ask", "Done"]),
        (YAML.replace("Next: Done", "Next: |"), ["Done"]),
        (YAML.replace("Next: Done", "Next: D|"), ["Done"]),
        (JSON.replace('"Type": "Succeed"', '"Type": "Suc|"'), ["Succeed"]),
        (YAML.replace("Type: Succeed", "Type: Suc|"), ["Succeed"]),
        (JSON.replace('"f",', '"f", "Retry": [{"ErrorEquals": ["States.Time|"]}],'), ["States.Timeout"]),
        (JSON.replace('"f",', '"f", "Retry": [{"MaxA|"}],'), ["MaxAttempts"]),
        (YAML.replace("    Next: Done", "    Timeout|\n    Next: Done"), ["TimeoutSeconds", "TimeoutSecondsPath"]),
        (JSON.replace('"Resource": "f"', '"Resource": "arn:aws:states:::sqs:|"'), ["arn:aws:states:::sqs:sendMessage", "arn:aws:states:::sqs:sendMessage.waitForTaskToken"]),
        (JSON.replace('"f",', '"arn:aws:states:::aws-sdk:sqs:deleteQueue", "Parameters": {"|"},'), ["QueueUrl", "QueueUrl.$"]),
    ],
)  # fmt: skip
def test_what_may_stand_there(marked: str, expected: list[str]) -> None:
    assert sorted(proposed(marked)) == sorted(expected)


def test_a_field_that_is_there_or_is_ruled_out_is_not_proposed() -> None:
    found = proposed(JSON.replace('"f",', '"f", "TimeoutSeconds": 3, "|",'))
    assert "Retry" in found
    assert not {"Resource", "Next", "End", "TimeoutSecondsPath", "Arguments", "Choices"} & set(found)


def test_a_proposal_is_written_as_the_text_is() -> None:
    assert accepted(JSON.replace('"f",', '"f", |'), "Retry").count('"Retry": ') == 1
    assert "    TimeoutSeconds: \n" in accepted(
        YAML.replace("    Next: Done", "    Timeout|\n    Next: Done"), "TimeoutSeconds"
    )
    assert json.loads(accepted(JSON.replace('"Next": "Done"', '"Next": "D|"'), "Done")) == json.loads(JSON)


def test_paths_of_the_last_run_and_functions() -> None:
    context = Context(inputs={"Ask": {"order": {"id": 7}}}, results={"Ask": {"ok": True}})
    assert proposed(JSON.replace('"f",', '"f", "InputPath": "$.or|",'), context) == ["$.order", "$.order.id"]
    assert proposed(JSON.replace('"f",', '"f", "Parameters": {"a.$": "States.Form|"},')) == ["States.Format"]
    jsonata = JSON.replace('"StartAt"', '"QueryLanguage": "JSONata", "StartAt"').replace(
        '"f",', '"f", "Output": "{% $states.result.|",'
    )
    assert proposed(jsonata, context) == ["$states.result.ok"]
    assigned = JSON.replace('"f",', '"f", "Assign": {"total": 1}, "InputPath": "$to|",')
    assert proposed(assigned) == ["$total"]


def test_bound_resources() -> None:
    text = JSON.replace('"Resource": "f"', '"Resource": "pa|"')
    assert proposed(text, Context(resources={"pay": "function"}))[0] == "pay"


def test_hover_says_meaning_and_limits() -> None:
    text = JSON.replace('"f",', '"f", "TimeoutSeconds": 3,')
    found = hover(text, text.index("TimeoutSeconds") + 3)
    assert found is not None
    assert "States.Timeout" in found["text"]
    assert "99,999,999" in found["text"]


@pytest.mark.parametrize("text", [JSON, YAML], ids=["json", "yaml"])
def test_a_state_is_found_from_anywhere(text: str) -> None:
    at = text.rindex("Done")
    assert len(references(text, at + 1)) == 2
    assert definition(text, text.index("Done") + 1) == references(text, at + 1)[0]
    assert len(rename(text, at + 1, "Finished")) == 2
    assert state_at(text, at + 1) == "/States/Done"
    assert [one["name"] for one in symbols(text)] == ["Ask", "Done"]
    with pytest.raises(InputError, match='There is a state "Ask" already'):
        rename(text, at + 1, "Ask")


def test_a_template_is_served_where_its_definition_stands() -> None:
    inner = "\n".join(f"        {line}" for line in YAML.replace("Next: Done", "Next: Dona").splitlines())
    text = f"Resources:\n  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n{inner}\n"
    found = [one for one in diagnostics(text) if one["code"] == "ASL104"]
    assert [one["range"]["start"]["line"] for one in found] == [text[: text.index("Dona")].count("\n")]
    assert [one["name"] for one in symbols(text)] == ["Ask", "Done"]


@pytest.mark.parametrize("text", [JSON, YAML], ids=["json", "yaml"])
def test_no_beginning_of_a_text_makes_a_service_raise(text: str) -> None:
    for end in range(0, len(text), 3):
        cut = text[:end]
        diagnostics(cut)
        completions(cut, end)
        hover(cut, max(0, end - 2))
        symbols(cut)


def test_columns_are_counted_as_editors_do() -> None:
    text = JSON.replace('"Ask"', '"A😀"')
    first = references(text, text.index('"A😀"') + 1)[0]
    assert first["end"]["character"] - first["start"]["character"] == 5
