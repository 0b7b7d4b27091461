"""Definitions inside other documents: what a user finds in a file is rarely the bare definition."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfnbook import DefinitionError, InputError, StateMachine, validate
from sfnbook.language.carriers import carried, substituted
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
    assert json.loads(carried(document, "Shop")) == PLAIN


@pytest.mark.parametrize("text", [TEXT, "StartAt: A", "not json", "[1]", "{", "", '{"a": 1}', '"words"'])
def test_what_carries_nothing_stays_as_it_is(text: str) -> None:
    assert carried(text) == text


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
        (template(A={"DefinitionUri": "shop.asl.json"}), "elsewhere, in shop.asl.json: give that file."),
        ('resource "aws_sfn_state_machine" "shop" {\n}', "This is Terraform's language."),
    ],
)
def test_what_cannot_be_taken_out_is_said(document: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        carried(document, "shop")
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
        substituted(text, {"Dela": "1"})
