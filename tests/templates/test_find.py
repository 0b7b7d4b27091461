"""Definitions inside other documents: what a user finds in a file is rarely the bare definition."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sfnbook import DefinitionError, InputError, StateMachine, validate
from sfnbook.language import parse
from sfnbook.language.source import Source
from sfnbook.templates.find import choose, find, find_in
from sfnbook.templates.positions import PlacedText
from sfnbook.workspace import Workspace

PLAIN = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
TEXT = json.dumps(PLAIN)
SAM = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Bucket: {Type: AWS::S3::Bucket}
  Shop:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: "${Decide}", Next: B}
          B: {Type: Task, Resource: !GetAtt [Ship, Arn], Next: C}
          C: {Type: Task, Resource: !Sub "arn:${AWS::Partition}:states:::sqs:sendMessage", Parameters: {QueueUrl: !Ref Q}, End: true}
      DefinitionSubstitutions: {Decide: !GetAtt DecideFunction.Arn}
"""
CDK = {
    "Fn::Join": [
        "",
        [
            '{"StartAt":"A","States":{"A":{"Type":"Task","End":true,"Resource":"arn:',
            {"Ref": "AWS::Partition"},
            ':states:::lambda:invoke","Parameters":{"FunctionName":"',
            {"Fn::GetAtt": ["Decide4F", "Arn"]},
            '"}}}}',
        ],
    ]
}
SERVERLESS = """
stepFunctions:
  stateMachines:
    shop:
      definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: {Fn::GetAtt: [decide, Arn]}, End: true}
"""


def definition(document: str, name: str = "") -> Any:
    return choose(find(document), name).definition.value


def template(**machines: Any) -> str:
    type = "AWS::StepFunctions::StateMachine"
    return json.dumps({"Resources": {id: {"Type": type, "Properties": each} for id, each in machines.items()}})


@pytest.mark.parametrize(
    "document",
    [
        json.dumps(TEXT),
        json.dumps({"stateMachineArn": "arn", "name": "shop", "definition": TEXT, "roleArn": "arn"}),
        json.dumps({"Comment": "ours", "Definition": PLAIN}),
        template(Shop={"DefinitionString": TEXT}),
        template(Shop={"Definition": PLAIN}, Other={"DefinitionString": "{}"}),
    ],
)
def test_the_definition_inside_is_the_machine(document: str) -> None:
    assert definition(document, "Shop") == PLAIN


@pytest.mark.parametrize("text", [TEXT, "StartAt: A", "not json", "[1]", "{", "", '{"a": 1}', '"words"'])
def test_what_carries_nothing_stays_as_it_is(text: str) -> None:
    [found] = find(text)
    assert (found.id, found.definition.text) == ("", text)


def resources(document: str) -> list[str]:
    return [task.resource.text for task in Workspace().define("m", document).tasks()]


def test_the_functions_of_a_template_become_placeholders() -> None:
    assert resources(SAM) == ["${DecideFunction.Arn}", "${Ship.Arn}", "arn:aws:states:::sqs:sendMessage"]
    assert resources(SERVERLESS) == ["${decide.Arn}"]
    machine = Workspace({"Decide4F": lambda event: "found"}).define("m", template(Shop={"DefinitionString": CDK}))
    assert machine.run().output["Payload"] == "found"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (template(A={"DefinitionString": TEXT}, B={"DefinitionString": TEXT}), "2 state machines: A, B. Take one by"),
        (json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket"}}}), "no state machine among its Resources"),
        (template(A={"DefinitionUri": "shop.asl.json"}), "its definition in shop.asl.json, which is not there"),
        ('resource "aws_sfn_state_machine" "shop" {\n}\n', "The machine shop has no definition."),
    ],
)
def test_what_cannot_be_taken_out_is_said(document: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        definition(document, "shop")
    assert said in str(refused.value)


def test_files_and_names_of_files(tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(template(Shop={"DefinitionString": TEXT}))
    assert StateMachine(file, name="shop").run().status == "SUCCEEDED"
    assert validate(file)["result"] == "OK"
    with pytest.raises(DefinitionError) as refused:
        StateMachine(str(file), name="shop")
    assert f'A file is given as pathlib.Path("{file}")' in str(refused.value)


def test_placeholders_are_filled_in() -> None:
    text = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": ${Delay}, "Comment": "${Why}", "End": true}}}'
    machine = Workspace().define("m", text, substitutions={"Delay": "60"})
    assert machine.run().seconds == 60
    with pytest.raises(InputError, match=r"no \$\{Dela\} to fill in. Its placeholders: \$\{Delay\}, \$\{Why\}\."):
        find(text, {"Dela": "1"})


# -- positions and types ---------------------------------------------------------------------------------------------

LONG = """\
Parameters:
  Stage: {Type: String, Default: dev}
  Delay: {Type: Number, Default: 5}
  Token: {Type: String}
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
  Unknown: !Equals [!Ref Token, x]
Mappings:
  M: {dev: {table: orders-dev}}
Resources:
  Uri:
    Type: AWS::Serverless::StateMachine
    Properties:
      Type: EXPRESS
      Name: shop
      Role: !GetAtt Role.Arn
      DefinitionUri: sub/shop.asl.json
      DefinitionSubstitutions:
        DecideArn: !GetAtt Decide.Arn
        Delay: !Ref Delay
        Table: !FindInMap [M, !Ref Stage, table]
  Block:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      StateMachineType: !If [IsProd, STANDARD, EXPRESS]
      DefinitionString: !Sub |
        {
          "StartAt": "A",
          "States": {
            "A": {"Type": "Task", "Resource": "${Decide.Arn}", "Next": "Bee"},
            "B": {"Type": "Wait", "Seconds": ${Delay}, "End": true}
          }
        }
  Inline:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        StartAt: A
        States:
          A:
            Type: Wait
            Seconds: !If [IsProd, 60, 1]
            Comment: !If [Unknown, "yes", "no"]
            Next: !Select [0, !Split [",", "Bee,C"]]
          B:
            Type: Task
            Resource: !Join ["", ["arn:", !Ref "AWS::Partition", ":states:::sqs:sendMessage"]]
            Parameters: {QueueUrl: !Ref Q, Nothing: !Ref AWS::NoValue, A: !ImportValue other-Arn}
            End: true
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "shop.asl.json").write_text(
        '{"StartAt": "A", "States": {\n'
        ' "A": {"Type": "Task", "Resource": "${DecideArn}", "Next": "W"},\n'
        ' "W": {"Type": "Wait", "Seconds": ${Delay}, "Comment": "${Table}", "Nxt": "A", "End": true}}}\n'
    )
    (tmp_path / "template.yaml").write_text(LONG)
    return tmp_path / "template.yaml"


def shown(file: Path, id: str) -> list[str]:
    machine = choose(find_in(file), id)
    return [str(one) for one in parse(machine.definition, type=machine.type or "STANDARD").diagnostics]


def test_a_definition_uri_is_followed_and_filled_in(project: Path) -> None:
    found = choose(find_in(project), "Uri")
    assert (found.name, found.type, found.role) == ("shop", "EXPRESS", "${Role.Arn}")
    assert found.file == project.parent / "sub" / "shop.asl.json"
    states = found.definition.value["States"]
    assert states["A"]["Resource"] == "${Decide.Arn}"
    assert (states["W"]["Seconds"], states["W"]["Comment"]) == (5, "orders-dev")
    assert shown(project, "Uri") == [
        "ERROR ASL102 unknown-field at /States/W, line 3, column 68: Field 'Nxt' is not supported. "
        'Did you mean "Next"?\n'
        '     "W": {"Type": "Wait", "Seconds": ${Delay}, "Comment": "${Table}", "Nxt": "A", "End": true}}}\n'
        "                                                                       ^^^^^"
    ]


def test_positions_in_a_sub_block_are_the_files(project: Path) -> None:
    first, second = shown(project, "Block")
    assert first.startswith(
        "ERROR ASL104 unknown-next at /States/A/Next, line 30, column 72: Missing 'Next' target: Bee"
    )
    assert first.endswith('"Next": "Bee"},\n' + " " * 75 + "^^^^^")
    assert "line 31, column 13" in second


def test_functions_inside_a_definition_are_decided(project: Path) -> None:
    found = choose(find_in(project), "Inline").definition.value["States"]
    assert (found["A"]["Seconds"], found["A"]["Comment"], found["A"]["Next"]) == (1, "${Unknown}", "Bee")
    assert found["B"]["Resource"] == "arn:aws:states:::sqs:sendMessage"
    assert found["B"]["Parameters"] == {"QueueUrl": "${Q}", "A": "${other-Arn}"}
    assert "at /States/A/Next, line 44, column 19" in shown(project, "Inline")[0]
    prod = choose(find_in(project, {"Stage": "prod"}), "Inline").definition.value["States"]
    assert prod["A"]["Seconds"] == 60


def test_types_of_files_count(project: Path, tmp_path: Path) -> None:
    assert choose(find_in(project), "Block").type == "EXPRESS"
    (tmp_path / "described.json").write_text(json.dumps({"name": "d", "type": "EXPRESS", "definition": TEXT}))
    machine = StateMachine(tmp_path / "described.json")
    assert (machine.name, machine.type) == ("d", "EXPRESS")
    assert StateMachine(tmp_path / "described.json", type="STANDARD").type == "STANDARD"


def test_positions_in_a_json_string(tmp_path: Path) -> None:
    file = tmp_path / "described.json"
    broken = TEXT.replace('"End": true', '"Next": "é\\u00e9"')
    file.write_text(json.dumps({"name": "d", "definition": broken}, indent=1, ensure_ascii=False), "utf-8")
    line = file.read_text("utf-8").splitlines()[2]
    assert f"at /States/A/Next, line 3, column {line.index('Next') + 8 + 1}" in shown(file, "")[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = TEXT.replace(", ", ",\r\n").replace('"A": {', '"Ä": {').replace('"StartAt": "A"', '"StartAt": "Ä"')
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    (tmp_path / "m.json").write_bytes((mark + text).encode(encoding))
    assert StateMachine(tmp_path / "m.json").run().status == "SUCCEEDED"


def test_a_placeholder_for_a_number_can_be_drawn_but_not_run() -> None:
    text = '{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": "${Delay}", "End": true}}}'
    machine = Workspace().define("m", text)
    with pytest.raises(DefinitionError, match="give it with --substitute Delay=") as refused:
        machine.run()
    assert refused.value.errors[0].message == "Expected value of type Integer"
    with pytest.raises(DefinitionError):
        StateMachine(text, name="m")


def test_the_characters_of_a_definition_in_a_string_are_placed_once() -> None:
    asked = []

    def locate() -> range:
        asked.append(1)
        return range(100, 100 + len(text))

    text = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}, "B": {"Type": "Succeed"}}}'
    placed = PlacedText(text, locate).replaced(re.compile("Bee"), lambda match: "Bees")
    reading = placed.read(Source(" " * 100 + text))
    assert reading.places[("States", "A", "Next")].value.start == 100 + text.index('"Bee"')
    assert len(reading.places) == 8
    assert asked == [1]
