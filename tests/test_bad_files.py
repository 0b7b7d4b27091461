"""Every sub-command that takes a file, given a file that is none: a line that names it, never a traceback.

The sub-commands come from the parser, so a new one joins by itself.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import pytest

from sfnbook.cli import _parser, main

GOOD = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
VALUES = {"to": "jsonata", "output": "out.svg", "machine": "good.asl.json"}
"""What to give for an option that a sub-command requires."""
CONTENTS = {
    "gone": None,
    "empty": b"",
    "blank": b" \n\t\n",
    "binary": bytes(range(256)),
    "utf-16": GOOD.encode("utf-16"),
    "null": b"null",
    "list": b"[]",
    "text": b"just words",
    "surrogate": b'{"StartAt": "\\ud800", "States": {"\\ud800": {"Type": "Pass", "End": true}}}',
    "deep": b"[" * 100_000,
    "odd": b'{"StartAt": ["A"], "States": {"A": {"Type": 7}, "B": null}}',
    "template": b"Resources: {A: {Type: [1]}, B: null}",
    "template-2": b"Resources: {A: {Type: AWS::StepFunctions::StateMachine, Properties: 5, Condition: [1]}}",
    "template-3": b"{Resources: {A: {Type: AWS::Serverless::StateMachine, Properties: {DefinitionUri: [1], Type: [2], "
    b"DefinitionSubstitutions: [3], Name: {Ref: [4]}}}, F: {Type: AWS::Serverless::Function, Properties: "
    b"{CodeUri: {a: 1}, Handler: [5], Runtime: 6, Environment: 7}}}, Parameters: [8], Conditions: 9, Globals: {Function: 1}}",
    "serverless": b"{service: [1], provider: {name: [2]}, functions: [3], stepFunctions: {stateMachines: [4, {a: null}]}}",
    "manifest": b"{apiVersion: [1], kind: [2], spec: [3], metadata: 4}",
    "described": b'{"stateMachineArn": [1], "definition": {"a": 1}, "type": [2], "name": 3}',
    "description": b'{"stateMachineArn": 1, "definition": "{", "type": "NONE"}',
}
COMMANDS = {
    name: command
    for action in _parser()._actions
    if isinstance(action, argparse._SubParsersAction)
    for name, command in action.choices.items()
    if {one.dest for one in command._actions if not one.option_strings}
    & {"machine", "file", "files", "paths", "histories"}
}


def words(name: str, file: str) -> list[str]:
    required = [one for one in COMMANDS[name]._actions if one.required and one.option_strings]
    options = [word for one in required for word in (one.option_strings[0], VALUES[one.dest])]
    return [name, *([file, "good.asl.json"] if name == "diff" else [file]), *options]


def test_the_parser_has_them() -> None:
    assert {"run", "validate", "check", "convert", "diff", "draw", "cases", "replay", "policy", "simulate"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - {"ci"}))  # ci is check, then pytest in a process of its own
def test_a_file_that_is_none(
    name: str, content: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    Path("good.asl.json").write_text(GOOD, "utf-8")
    file = f"{content}.asl.json"
    if (data := CONTENTS[content]) is not None:
        Path(file).write_bytes(data)
    try:
        code: object = main(words(name, file))
    except SystemExit as end:
        code = end.code
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    assert code in (0, 1, 2)
    if content == "gone":
        assert code == 2
        assert "gone.asl.json" in said.err
    if content in ("empty", "binary", "null", "text", "deep"):
        assert code != 0
        assert said.out + said.err
