"""Editing on the diagram, without a page: what is asked for, what becomes of the text, and what the page is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook import StateMachine
from sfnbook.editor.canvas import palette
from sfnbook.editor.canvas.canvas import Canvas, Origin, copied, editable, mendable, unfinished
from sfnbook.editor.canvas.session import EditingSession
from sfnbook.errors import DefinitionError, InputError
from sfnbook.language.parser import parse
from sfnbook.machine import validate
from sfnbook.notebook.editing import empty
from sfnbook.widget.traits.machine import machine_message

SHOP = """{
  "StartAt": "Decide",
  "States": {
    "Decide": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:decide", "Next": "OK?"},
    "OK?": {
      "Type": "Choice",
      "Choices": [{"Variable": "$.foo", "NumericEquals": 1, "Next": "Ship"}],
      "Default": "Refuse"
    },
    "Ship": {"Type": "Pass", "End": true},
    "Refuse": {"Type": "Fail"}
  }
}
"""
DECIDE, OK, SHIP, REFUSE = "/States/Decide", "/States/OK?", "/States/Ship", "/States/Refuse"


def arrow(source: str, target: str, caught: bool = False) -> dict[str, Any]:
    return {"source": source, "target": target, "caught": caught}


class Edited:
    """A canvas that is open, its cells and its machines written down."""

    def __init__(self, text: str = SHOP, file: Path | None = None) -> None:
        self.cells: list[str] = []
        machine = StateMachine(text, name="shop", namespace={"decide": lambda event: event, "_hidden": print})
        origin = Origin(text, "%%statemachine shop", file)
        self.canvas = Canvas(machine, origin, deliver=self.deliver, define=lambda text: StateMachine(text, name="shop"))
        assert self.canvas.message() == {"open": False}
        self.ask("open")

    def deliver(self, text: str) -> str:
        self.cells.append(text)
        return "below"

    def ask(self, op: str, **arguments: Any) -> dict[str, Any]:
        return self.canvas.answer({"kind": "edit", "op": op, "arguments": arguments})

    def edit(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        return self.canvas.answer({"kind": "edit", "op": "edit", "edit": name, "arguments": arguments})

    @property
    def states(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.canvas.session.text)["States"]
        return found


def test_each_edit_is_a_step_that_can_be_taken_back_and_done_again() -> None:
    edited = Edited()
    assert edited.edit("rename", address=OK, name="Was it OK?") == {"select": "/States/Was it OK?", "said": "Done: rename OK?"}  # fmt: skip
    edited.edit("insert", arrow=arrow(DECIDE, "/States/Was it OK?"), what="type:Wait")
    edited.edit("set", address="/States/Wait", field=["Seconds"], text="240")
    edited.edit("delete", address=REFUSE)
    message = edited.canvas.message()
    assert message["undo"] == "Wait: Seconds"  # what could not be done is no step
    assert message["changed"]
    assert edited.states["Wait"] == {"Type": "Wait", "Seconds": 240, "Next": "Was it OK?"}
    texts = [edited.canvas.session.text]
    while edited.canvas.message()["undo"]:
        edited.ask("undo")
        texts.append(edited.canvas.session.text)
    assert texts[-1] == SHOP
    assert len(texts) == 4
    assert edited.ask("undo") == {"problem": "There is nothing to undo."}
    while edited.canvas.message()["redo"]:
        edited.ask("redo")
    assert edited.canvas.session.text == texts[0]
    edited.ask("undo")
    edited.edit("duplicate", address=SHIP)
    assert edited.canvas.message()["redo"] == ""  # another way was taken


def test_what_cannot_be_done_is_said_and_changes_nothing() -> None:
    edited = Edited()
    for problem, given in {
        'There is a state "Ship" already': ("rename", {"address": OK, "name": "Ship"}),
        "There is no state at /States/Gone": ("delete", {"address": "/States/Gone"}),
        'There is no edit "explode"': ("explode", {}),
        "lacks an argument": ("rename", {"address": OK}),
        "nothing comes after it": ("lead", {"arrow": arrow(REFUSE, ""), "to": SHIP}),
        "Resource is not JSON": ("set", {"address": DECIDE, "field": ["Parameters"], "text": '{"a": '}),
        'There is nothing called "type:Loop"': ("insert", {"arrow": arrow(DECIDE, OK), "what": "type:Loop"}),
    }.items():
        reply = edited.edit(given[0], **given[1])  # type: ignore[arg-type]
        assert problem.replace("Resource is", "Parameters is") in reply["problem"]
    assert edited.canvas.session.text == SHOP
    assert edited.canvas.answer({"op": "dance"})["problem"] == 'The editor does not know "dance".'


def test_a_text_that_cannot_be_read_keeps_the_last_picture_and_can_be_mended() -> None:
    edited = Edited()
    whole = edited.canvas.message()["machine"]["graph"]
    edited.edit("write", text=SHOP.replace('"Next": "OK?"}', '"Next": "OK?"'))
    message = edited.canvas.message()
    assert message["broken"]
    assert message["machine"]["graph"] == whole
    assert message["findings"][0]["level"] == "error"
    assert message["text"] != SHOP
    edited.ask("undo")
    assert not edited.canvas.message()["broken"]


def test_what_is_typed_in_one_go_is_one_step() -> None:
    edited = Edited()
    for typed, burst in (("Shi", "1"), ("Shipp", "1"), ("Shippe", "2"), ("Shipped", "2")):
        edited.edit("write", text=SHOP.replace("Ship", typed), burst=burst)
    assert edited.canvas.session.text == SHOP.replace("Ship", "Shipped")
    edited.ask("undo")
    assert edited.canvas.session.text == SHOP.replace("Ship", "Shipp")
    edited.ask("undo")
    assert edited.canvas.session.text == SHOP
    assert edited.canvas.message()["undo"] == ""
    edited.edit("write", text=SHOP + " ", burst="3")
    edited.edit("write", text=SHOP, burst="3")  # typed and deleted again
    assert edited.canvas.message()["undo"] == ""


@pytest.mark.parametrize("text", [SHOP.replace("\n", "\r\n"), SHOP.replace("\n", "\r\n", 5)], ids=["crlf", "mixed"])
def test_line_ends_stay_as_they_were_where_a_text_is_typed(text: str) -> None:
    edited = Edited(text)
    typed = SHOP.replace('"Default": "Refuse"', '"Default":\n "Refuse"').replace('"Fail"', '"Succeed"')
    edited.edit("write", text=typed)
    made = edited.canvas.session.text
    assert made.replace("\r\n", "\n") == typed
    start = text.index('"Default"')
    assert made[:start] == text[:start]
    edited.ask("undo")
    assert edited.canvas.session.text == text


def test_the_place_of_a_named_state_is_told() -> None:
    edited = Edited()
    line = SHOP[: SHOP.index('"Default"')].count("\n") + 1
    column = SHOP.split("\n")[line - 1].index("Refuse") + 2
    assert edited.ask("place", line=line, column=column) == {"place": {"line": 11, "column": 5}}
    assert edited.ask("place", line=1, column=1) == {"place": None}


def test_a_text_that_was_refused_is_shown_as_far_as_it_goes_and_can_be_mended() -> None:
    wrong = SHOP.replace('"Next": "OK?"', '"Next": "KO?"')
    last = StateMachine(SHOP, name="shop", namespace={})
    for text, states, known in (
        (wrong, {DECIDE, OK, SHIP, REFUSE}, None),
        (wrong[:-3], {DECIDE, OK, SHIP, REFUSE}, last),
        ("{", set(), None),
    ):
        try:
            StateMachine(text, name="shop")
        except DefinitionError as error:
            found = error.diagnostics
        assert mendable(text)
        machine = unfinished("shop", text, found, type=None, last=known, namespace={})
        shown = machine_message(machine)
        assert shown["states"].keys() == states
        assert [one["message"] for one in shown["diagnostics"]]
        canvas = Canvas(machine, Origin(text, "%%statemachine shop"), deliver=str, define=lambda text: StateMachine(text, name="shop"))  # fmt: skip
        canvas.answer({"op": "open"})
        assert canvas.message()["machine"]["states"].keys() == states
        assert not canvas.message()["changed"]
        assert "shop is not defined: the text has" in canvas.answer({"op": "apply"})["said"]
        canvas.answer({"op": "edit", "edit": "write", "arguments": {"text": SHOP}})
        assert canvas.answer({"op": "apply"})["said"] == "shop is defined anew."
        assert isinstance(canvas.machine, StateMachine)
    assert not mendable("Resources:\n  A:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {}\n")


def test_an_unfinished_machine_is_drawn_and_told_what_it_lacks() -> None:
    edited = Edited()
    edited.edit("set", address=SHIP, field=["Type"], text="Task")
    edited.edit("follow", address=OK, field=["Default"], name="")
    message = edited.canvas.message()
    found = {(one["address"], one["rule"].split()[0]) for one in message["findings"]}
    assert any(address == SHIP for address, _ in found)
    assert message["machine"]["states"][SHIP]["bound"] is False
    assert {"arrow": arrow(OK, ""), "edge": "", "label": "Add a state after OK?"} in message["spots"]
    edited = Edited()
    edited.edit("set", address=OK, field=["Choices", 0, "Next"], text="Shipp")
    mend = next(one for one in edited.canvas.message()["findings"] if one["fixes"])
    assert mend["fixes"] == ['Change to "Ship"']
    edited.edit("fix", finding=edited.canvas.message()["findings"].index(mend), fix=0)
    assert edited.canvas.session.text == SHOP


def test_the_forms_say_what_a_field_is_and_take_what_is_typed() -> None:
    edited = Edited()
    form = edited.ask("form", address=DECIDE)["form"]
    names = [field["name"] for field in form["fields"]]
    assert names == ["Resource", "Parameters", "ResultPath", "Retry", "Catch", "Next"]
    assert [field["needed"] for field in form["fields"]] == [True, *[False] * 5]
    more = {field["name"]: field for field in form["more"]}
    assert more["TimeoutSeconds"]["limits"] == "integer, 1 to 99,999,999, or JSONata in {% %}"
    assert "Arguments" not in more  # that is JSONata's
    for typed, kept in {"7": 7, "seven": "seven", "{% $n %}": "{% $n %}"}.items():
        edited.edit("set", address=DECIDE, field=["TimeoutSeconds"], text=typed)
        assert edited.states["Decide"]["TimeoutSeconds"] == kept
    edited.edit("set", address=DECIDE, field=["Comment"], text="7")
    assert edited.states["Decide"]["Comment"] == "7"
    edited.edit("set", address=DECIDE, field=["Parameters"], text='{"a.$": "$.b"}')
    assert edited.states["Decide"]["Parameters"] == {"a.$": "$.b"}
    edited.edit("set", address=DECIDE, field=["ResultPath"], text="null")
    assert edited.states["Decide"]["ResultPath"] is None
    edited.edit("remove", address=DECIDE, field=["ResultPath"])
    assert "ResultPath" not in edited.states["Decide"]
    edited.edit("follow", address=SHIP, field=["Next"], name="OK?")
    assert edited.states["Ship"] == {"Type": "Pass", "Next": "OK?"}
    edited.edit("follow", address=SHIP, field=["Next"], name="")
    assert edited.states["Ship"] == {"Type": "Pass", "End": True}
    assert edited.ask("form", address="/States/Gone") == {"form": None}


def test_a_form_writes_each_value_so_that_it_is_read_as_the_same() -> None:
    held = {"A": "7", "B": "null", "C": '{"a": 1}', "D": 7, "E": None, "F": [1], "G": "plain", "H": "$.x", "I": '"q"'}
    text = json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": held, "End": True}}})
    for value in held.values():
        edited = Edited(text)
        edited.edit("set", address="/States/P", field=["Result"], value=value)
        field = next(
            one for one in edited.ask("form", address="/States/P")["form"]["fields"] if one["name"] == "Result"
        )
        edited.edit("set", address="/States/P", field=["Result"], text=field["text"])
        assert edited.states["P"]["Result"] == value
        assert len(edited.canvas.session.done) == 1


@pytest.mark.parametrize(("format", "language"), [("JSON", "JSONPath"), ("YAML", "JSONata")])
def test_all_that_can_be_added_gives_a_machine_that_aws_takes(format: str, language: str) -> None:
    text = empty(format, language)
    listed = palette.items("", ["decide"])
    keys = {one.key for one in listed}
    assert {"type:Wait", "function:decide", "service:sqs:sendMessage.waitForTaskToken", "service:glue:startJobRun.sync"} <= keys  # fmt: skip
    for one in [*listed, *palette.items("s3 getobject")]:
        places = (arrow("/States/First", ""), arrow("", "/States/First"))
        for place in places if one.key.startswith("type:") else places[:1]:
            session = EditingSession(text)
            change = session.apply("insert", {"arrow": place, "what": one.key})
            assert change.select is not None
            errors = [d for d in validate(session.text)["diagnostics"] if d["severity"] == "ERROR"]
            ends = one.type in ("Succeed", "Fail") and place["source"] == ""  # what comes after it is not reached
            assert errors == [] or ends, (one.key, errors)
            session.undo()
            assert session.text == text


def test_a_service_begins_with_the_parameters_that_it_requires() -> None:
    def added(key: str, language: str = "JSONPath") -> Any:
        session = EditingSession(empty("JSON", language))
        session.apply("insert", {"arrow": arrow("/States/First", ""), "what": key})
        return next(one for one in json.loads(session.text)["States"].values() if one["Type"] == "Task")

    assert added("service:batch:submitJob.sync")["Parameters"] == {
        "JobDefinition": "MyJobDefinition",
        "JobName": "MyJobName",
        "JobQueue": "MyJobQueue",
    }
    assert added("service:aws-sdk:s3:getObject")["Parameters"] == {"Bucket": "MyBucket", "Key": "MyKey"}
    assert added("service:lambda:invoke", "JSONata")["Arguments"]["Payload"] == "{% $states.input %}"
    token = added("service:sns:publish.waitForTaskToken")["Parameters"]["Message"]
    assert token == {"TaskToken.$": "$$.Task.Token"}
    assert added("function:decide") == {
        "Type": "Task",
        "Resource": "arn:aws:lambda:us-east-1:123456789012:function:decide",
        "End": True,
    }


def test_what_is_looked_for_is_found_by_any_of_its_words() -> None:
    assert palette.items("wai")[0].key == "type:Wait"
    assert palette.items("dynamo put")[0].key == "service:dynamodb:putItem"
    assert "service:aws-sdk:s3:getObject" in [one.key for one in palette.items("s3 getobj")]
    assert palette.items("no such thing at all") == []
    edited = Edited()
    found = edited.ask("palette", query="decide")["palette"]
    assert [one["title"] for one in found] == ["decide"]
    assert edited.ask("palette", query="_hidden")["palette"] == []


def test_apply_writes_the_cell_and_defines_the_machine_where_it_has_no_errors() -> None:
    edited = Edited()
    edited.edit("rename", address=SHIP, name="Send")
    reply = edited.ask("apply")
    assert reply["said"] == "shop is defined anew."
    assert reply["cell"].startswith("%%statemachine shop\n{")
    assert '"Next": "Send"' in reply["cell"]
    assert "/States/Send" in edited.canvas.message()["machine"]["states"]
    assert edited.canvas.machine.definition.text == edited.canvas.session.text
    assert not edited.canvas.message()["changed"]
    edited.edit("follow", address="/States/Send", field=["Next"], name="Decide")
    edited.edit("delete", address="/States/Send")
    edited.edit("set", address=DECIDE, field=["Next"], text="Nowhere")
    assert edited.ask("apply")["said"].startswith("shop runs as it was before: the text has")
    assert edited.ask("deliver") == {"said": "below"}
    assert edited.cells == [edited.canvas.cell()]


def test_save_writes_the_file_and_asks_where_it_changed_meanwhile(tmp_path: Path) -> None:
    file = tmp_path / "shop.asl.json"
    file.write_bytes(SHOP.replace("\n", "\r\n").encode())
    edited = Edited(SHOP.replace("\n", "\r\n"), file)
    edited.edit("rename", address=SHIP, name="Send")
    assert edited.ask("save")["said"] == f"Saved to {file}. shop is defined anew."
    assert file.read_bytes() == SHOP.replace("Ship", "Send").replace("\n", "\r\n").encode()
    file.write_text("{}", "utf-8")
    edited.edit("rename", address="/States/Send", name="Post")
    assert "has changed since" in edited.ask("save")["ask"]
    assert file.read_text("utf-8") == "{}"
    assert "Saved" in edited.ask("save", anyway=True)["said"]
    file.unlink()
    edited.edit("rename", address="/States/Post", name="Ship")
    assert "is no longer there" in edited.ask("save")["ask"]
    assert "did not come from a file" in Edited().ask("save")["problem"]


def test_the_text_is_copied_in_either_language() -> None:
    yaml = copied(SHOP, "YAML")
    assert yaml.startswith("StartAt: Decide\nStates:\n  Decide:\n")
    assert json.loads(copied(yaml, "JSON")) == json.loads(SHOP)
    assert copied(SHOP, "JSON") == SHOP
    with pytest.raises(InputError, match="cannot be read"):
        copied("{", "YAML")


def test_only_a_definition_itself_can_be_edited() -> None:
    assert editable(SHOP)
    assert editable(empty("YAML", "JSONata"))
    assert not editable(f"Resources:\n  M:\n    Properties:\n      Definition: {json.dumps(json.loads(SHOP))}\n")
    assert parse(empty("YAML", "JSONata")).definition is not None


def test_a_state_is_tried_on_the_last_runs_data() -> None:
    edited = Edited(SHOP.replace('"Next": "OK?"}', '"ResultPath": "$.made", "Next": "OK?"}'))
    assert edited.ask("try", address=DECIDE) == {"problem": "There is no run yet to try it on: run the machine once."}
    run = edited.canvas.machine.run({"foo": 1, "n": [2, 3]})
    reply = edited.ask("try", address=DECIDE)
    assert reply["said"] == f"On {run.name}'s data"
    assert reply["edited"]["status"] == "SUCCEEDED"
    reply = edited.ask("try", address=DECIDE, field=["OutputPath"], text="$.n[1]")  # typed, not told yet
    assert reply["edited"]["stages"][-1]["value"]["text"] == "3"
    assert "OutputPath" not in edited.canvas.session.text
    edited.edit("set", address=DECIDE, field=["InputPath"], text="$.gone")
    assert edited.ask("try", address=DECIDE)["edited"]["status"] == "FAILED"
    assert "did not come to Refuse" in edited.ask("try", address=REFUSE)["problem"]
    edited.edit("set", address=DECIDE, field=["InputPath"], text="$.foo")
    edited.ask("apply")
    assert edited.ask("try", address=DECIDE)["said"] == f"On {run.name}'s data"  # of the machine before
