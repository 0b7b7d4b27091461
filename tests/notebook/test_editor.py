"""The kernel's side of the editor: diagnostics with offsets and fixes, and a picture of what is still being written."""

from __future__ import annotations

from typing import Any

import pytest

from sfnbook.notebook.editor import Editor
from sfnbook.workspace import Workspace

HEAD = "%%statemachine shop\n"
BODY = """{
  "StartAt": "Decide",
  "States": {
    "Decide": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage",
               "Parameters": {"QueueUrl": "q", "MessageBody": "b"}, "TimeoutSeconds": 9, "Next": "Shipp"},
    "Ship": {"Type": "Succeed"}
  }
}"""


def ask(text: str, what: str = "look", **more: Any) -> dict[str, Any]:
    return Editor(Workspace({})).answer({"id": 7, "what": what, "text": text, "draw": True, "theme": "light", **more})


def test_a_misspelt_state_has_a_place_and_a_fix() -> None:
    answer = ask(HEAD + BODY)
    assert answer["id"] == 7
    found = {one["rule"].split()[0]: one for one in answer["diagnostics"]}
    wrong = found["ASL104"]
    text = HEAD + BODY
    assert text[wrong["from"] : wrong["to"]] == '"Shipp"'
    assert (wrong["severity"], wrong["hint"]) == ("error", 'Did you mean "Ship"?')
    (fix,) = wrong["fixes"]
    (edit,) = fix["edits"]
    mended = text[: edit["from"]] + edit["insert"] + text[edit["to"] :]
    assert fix["title"] == 'Change to "Ship"'
    assert not [one for one in ask(mended)["diagnostics"] if one["severity"] == "error"]


@pytest.mark.parametrize("sign", ["", "é", "😀"], ids=["plain", "wide", "beyond the basic plane"])
def test_offsets_count_as_the_page_does(sign: str) -> None:
    text = HEAD + BODY.replace('"StartAt"', f'"Comment": "{sign}", "StartAt"')
    wrong = next(one for one in ask(text)["diagnostics"] if one["rule"].startswith("ASL104"))
    units = text.encode("utf-16-le")
    assert units[wrong["from"] * 2 : wrong["to"] * 2].decode("utf-16-le") == '"Shipp"'


def test_a_picture_of_what_is_not_yet_right() -> None:
    picture = ask(HEAD + BODY)["picture"]
    assert [state["name"] for state in picture["states"]] == ["Decide", "Ship"]
    text = HEAD + BODY
    for state in picture["states"]:
        assert text[state["from"] : state["to"]].startswith(f'"{state["name"]}": {{')
        assert text[state["to"] - 1] == "}"
    assert picture["svg"].startswith("<svg")


def test_states_inside_states_are_found_in_yaml_too() -> None:
    body = """# a list of things
StartAt: Each
States:
  Each:
    Type: Map
    ItemProcessor:
      StartAt: A/B
      States:
        A/B: {Type: Pass, End: true}
    End: true
"""
    picture = ask(HEAD + body)["picture"]
    assert {state["name"] for state in picture["states"]} == {"Each", "A/B"}
    inner = next(state for state in picture["states"] if state["name"] == "A/B")
    assert (HEAD + body)[inner["from"] :].startswith("A/B: {Type: Pass")


@pytest.mark.parametrize(
    "body",
    ["", "# write your definition here", "{", '{"StartAt": ', '{"States": []}', "- a\n- b", '{"States": {"A": 3}}', "\ud800", "a: [\n"],
)  # fmt: skip
def test_broken_texts_are_answered_without_a_picture(body: str) -> None:
    answer = ask(HEAD + body)
    assert "error" not in answer
    assert answer["picture"] is None or answer["picture"]["states"] == []


def test_what_is_not_drawn_is_not_laid_out() -> None:
    assert ask(HEAD + BODY, draw=False)["picture"] is None


def test_express_is_read_from_the_first_line() -> None:
    waits = BODY.replace("sqs:sendMessage", "sqs:sendMessage.waitForTaskToken").replace("Shipp", "Ship")
    rules = [one["rule"] for one in ask(HEAD.replace("\n", " --type EXPRESS\n") + waits)["diagnostics"]]
    assert any(rule.startswith("ASL302") for rule in rules)


def test_a_question_that_is_not_known_is_an_answer() -> None:
    assert "does not know dance" in ask(HEAD + BODY, "dance")["error"]


def test_completion_knows_states_functions_and_the_last_run() -> None:
    from sfnbook.workspace import Workspace

    def charge(event: Any) -> Any:
        return event

    workspace = Workspace({"charge": charge})
    ready = BODY.replace("Shipp", "Ship").replace(
        '"Resource": "arn:aws:states:::sqs:sendMessage",\n               ', '"Resource": "charge", '
    )
    workspace.define("shop", '{"StartAt": "Decide", "States": {"Decide": {"Type": "Pass", "End": true}}}')
    workspace.run("shop", {"order": {"id": 7}})
    editor = Editor(workspace)

    def proposed(text: str, at: str) -> list[str]:
        answer = editor.answer({"id": 1, "what": "complete", "text": HEAD + text, "offset": len(HEAD) + text.index(at)})
        assert "error" not in answer
        return [one["label"] for one in answer["items"]]

    assert "Ship" in proposed(BODY.replace('"Shipp"', '"S"'), '"},\n    "Ship"')
    assert any("charge" in one for one in proposed(ready.replace('"charge"', '""'), '", "Param'))
    path = '{"StartAt": "Decide", "States": {"Decide": {"Type": "Pass", "InputPath": "$.", "End": true}}}'
    assert any("order" in one for one in proposed(path, '", "End"'))


def test_a_state_is_found_renamed_and_explained() -> None:
    text = HEAD + BODY.replace("Shipp", "Ship")
    at = text.index('"Ship"') + 2
    found = ask(text, "references", offset=at)
    assert found["name"] == "Ship"
    assert text[found["definition"]["from"] :].startswith('"Ship": {')
    assert [text[one["from"] : one["to"]] for one in found["references"]] == ['"Ship"', '"Ship"']
    edits = ask(text, "rename", offset=at, name="Send")["edits"]
    for edit in sorted(edits, key=lambda one: -one["from"]):
        text = text[: edit["from"]] + edit["insert"] + text[edit["to"] :]
    assert text.count('"Send"') == 2
    assert "Ship" not in text
    assert "already" in ask(text, "rename", offset=text.index('"Send"') + 2, name="Decide")["error"].lower()
    assert ask(text, "hover", offset=text.index("TimeoutSeconds") + 3)["help"]


def test_a_task_that_nothing_answers_has_a_dot_at_its_resource() -> None:
    def found(line: str, name: str, workspace: Workspace) -> list[tuple[str, str]]:
        arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        text = f'%%statemachine {line}\n{{"StartAt": "A", "States": {{"A": {{"Type": "Task", "Resource": "{arn}", "End": true}}}}}}'
        answer = Editor(workspace).answer({"id": 1, "what": "look", "text": text})
        return [(text[one["from"] : one["to"]].strip('"'), one["rule"]) for one in answer["diagnostics"]]

    workspace = Workspace({"here": lambda event: event})
    gone = "arn:aws:lambda:eu-west-1:123456789012:function:gone"
    assert found("m", "here", workspace) == []
    assert found("m", "gone", workspace) == [(gone, "sfnbook unbound-task")]
    assert found("m --bind A=here", "gone", workspace) == []
    workspace.bind("*:function:go*", "here")
    assert found("m", "gone", workspace) == []
