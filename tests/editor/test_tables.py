"""Retriers, catchers and Choice rules as tables: what they show, and what becomes of the text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sfnbook.editor.canvas import tables
from sfnbook.editor.canvas.forms import form
from sfnbook.editor.canvas.session import EditingSession
from sfnbook.errors import InputError
from sfnbook.language.edges import state_at_address
from sfnbook.machine import validate

JSONPATH = {
    "StartAt": "Call",
    "States": {
        "Call": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f", "Next": "OK?"},
        "OK?": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericEquals": 1, "Next": "Ship"},
                {"And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.a", "IsNull": False}], "Next": "Wait"},
                {"Not": {"Variable": "$.b", "BooleanEquals": True}, "Next": "Ship", "Comment": "kept"},
            ],
        },
        "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Ship"},
        "Ship": {"Type": "Succeed"},
    },
}
JSONATA = {
    "QueryLanguage": "JSONata",
    "StartAt": "Call",
    "States": {
        "Call": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f", "Next": "OK?"},
        "OK?": {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Ship"}], "Default": "Ship"},
        "Ship": {"Type": "Succeed"},
    },
}
CALL, OK = "/States/Call", "/States/OK?"


class Edited:
    def __init__(self, definition: Any = JSONPATH) -> None:
        self.session = EditingSession(json.dumps(definition, indent=2))

    def edit(self, name: str, address: str, /, **arguments: Any) -> None:
        self.session.apply(name, {"address": address, **arguments})

    def state(self, name: str) -> Any:
        return json.loads(self.session.text)["States"][name]

    def table(self, address: str, field: str) -> Any:
        fields = form(state_at_address(self.session.text, address))["fields"]
        return next(one["table"] for one in fields if one["name"] == field)


def cells(row: Any) -> dict[str, Any]:
    return {cell["field"]: cell["text"] for cell in row}


def test_each_item_is_a_row_of_its_fields() -> None:
    edited = Edited()
    rows = edited.table(OK, "Choices")["rows"]
    assert cells(rows[0]) == {"Variable": "$.n", "NumericEquals": "1", "Next": "Ship"}
    assert [cell["kind"] for cell in rows[0]] == ["text", "comparison", "state"]
    assert json.loads(cells(rows[1])["And"])[1] == {"Variable": "$.a", "IsNull": False}
    assert list(cells(rows[2])) == ["Not", "Next", "Comment"]
    assert edited.table(CALL, "Retry") == {
        "item": "retrier",
        "rows": [],
        "presets": edited.table(CALL, "Retry")["presets"],
    }
    edited.edit("preset", CALL, field="Retry", preset="all")
    assert cells(edited.table(CALL, "Retry")["rows"][0]) == {
        "ErrorEquals": "States.ALL", "IntervalSeconds": "2", "MaxAttempts": "3", "BackoffRate": "2",
        "MaxDelaySeconds": None, "JitterStrategy": None,
    }  # fmt: skip


def test_a_list_that_is_an_expression_or_broken_is_no_table() -> None:
    edited = Edited()
    edited.edit("set", CALL, field=["Retry"], value=["no object"])
    fields = form(state_at_address(edited.session.text, CALL))["fields"]
    (retry,) = [one for one in fields if one["name"] == "Retry"]
    assert "table" not in retry
    assert retry["kind"] == "array"


@pytest.mark.parametrize("definition", [JSONPATH, JSONATA], ids=["JSONPath", "JSONata"])
def test_all_that_can_be_added_gives_a_machine_that_aws_takes(definition: Any) -> None:
    text = json.dumps(definition, indent=2)
    for address, field in ((CALL, "Retry"), (CALL, "Catch"), (OK, "Choices")):
        edited = Edited(definition)
        for preset in tables.presets(state_at_address(text, address), field):
            edited.edit("preset", address, field=field, preset=preset.key)
            assert [one for one in validate(edited.session.text)["diagnostics"] if one["severity"] == "ERROR"] == []
        while edited.session.undo_words:
            edited.session.undo()
        assert edited.session.text == text


def test_any_error_stays_the_last_one() -> None:
    edited = Edited()
    for preset in ("all", "timeout", "lambda"):
        edited.edit("preset", CALL, field="Retry", preset=preset)
    assert [one["ErrorEquals"][0] for one in edited.state("Call")["Retry"]] == [
        "States.Timeout", "Lambda.ServiceException", "States.ALL",
    ]  # fmt: skip
    with pytest.raises(InputError, match="for any error already"):
        edited.edit("preset", CALL, field="Retry", preset="all")


def test_a_catcher_leads_to_a_fail_state_which_is_made_where_there_is_none() -> None:
    edited = Edited()
    edited.edit("preset", CALL, field="Catch", preset="timeout")
    assert edited.state("Failed") == {"Type": "Fail", "Error": "Failed", "Cause": "Call failed"}
    edited.edit("preset", CALL, field="Catch", preset="all")
    assert [one["Next"] for one in edited.state("Call")["Catch"]] == ["Failed", "Failed"]
    assert list(json.loads(edited.session.text)["States"]) == ["Call", "Failed", "OK?", "Wait", "Ship"]
    with pytest.raises(InputError, match="There is no nonsense for Catch"):
        edited.edit("preset", CALL, field="Catch", preset="nonsense")


def test_what_is_typed_in_a_cell_is_what_its_field_holds() -> None:
    edited = Edited()
    edited.edit("preset", CALL, field="Retry", preset="all")
    edited.edit("set", CALL, field=["Retry", 0, "ErrorEquals"], text="States.Timeout, Mine.Error")
    edited.edit("set", CALL, field=["Retry", 0, "BackoffRate"], text="1.5")
    edited.edit("set", CALL, field=["Retry", 0, "JitterStrategy"], text="FULL")
    edited.edit("remove", CALL, field=["Retry", 0, "IntervalSeconds"])
    assert edited.state("Call")["Retry"] == [
        {
            "ErrorEquals": ["States.Timeout", "Mine.Error"],
            "MaxAttempts": 3,
            "BackoffRate": 1.5,
            "JitterStrategy": "FULL",
        }
    ]
    edited.edit("remove", CALL, field=["Retry", 0])
    assert "Retry" not in edited.state("Call")
    edited.edit("set", OK, field=["Choices", 0, "NumericEquals"], text="200")
    edited.edit("set", OK, field=["Choices", 0, "Variable"], text="$.statusCode")
    edited.edit("follow", OK, field=["Choices", 0, "Next"], name="Wait")
    assert edited.state("OK?")["Choices"][0] == {"Variable": "$.statusCode", "NumericEquals": 200, "Next": "Wait"}
    edited.edit("reorder", OK, field="Choices", **{"from": 0, "to": 2})
    assert [one["Next"] for one in edited.state("OK?")["Choices"]] == ["Wait", "Ship", "Wait"]


def test_another_comparison_keeps_what_it_compares_with_where_that_fits() -> None:
    edited = Edited()

    def compare(name: str) -> Any:
        (operator,) = edited.state("OK?")["Choices"][0].keys() - {"Variable", "Next"}
        edited.edit("operator", OK, field=["Choices", 0, operator], name=name)
        return edited.state("OK?")["Choices"][0]

    assert list(compare("NumericGreaterThan").items())[1] == ("NumericGreaterThan", 1)  # in its place
    for name in ("StringEquals", "TimestampEquals", "IsPresent", "NumericEqualsPath", "BooleanEquals"):
        compare(name)
        assert validate(edited.session.text)["diagnostics"] == []
    with pytest.raises(InputError, match="Nonsense is no comparison"):
        compare("Nonsense")
