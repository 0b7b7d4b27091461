"""Ten templates, each written as people write them, with one slip: its line and column are those of the file that is open.

``¤`` marks the slip. Every template is tried with both kinds of line ends, with a byte order mark, and as UTF-16.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfnbook.lint.check import check
from sfnbook.templates.find import find_in

SAM = """\
# the shop
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: dév}
Resources:
  Shop:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition:
        Comment: !Sub "für ${Stage}"
        StartAt: Take
        States:
          Take:   # the order
            Type: Task
            Resource: !GetAtt TakeFunction.Arn
            Retry:
              - ErrorEquals: [States.ALL]
                MaxAttempts: ¤-1
            Next: "Ship"
          Ship: {Type: Succeed}
"""
SUB = """\
Resources:
  Shop:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      RoleArn: !GetAtt Role.Arn
      DefinitionString:
        !Sub
          - |-
            {
              "Comment": "${Why} — ${AWS::Region}",
              "StartAt": "A",
              "States": {
                "A": {"Type": "Task", "Resource": "${Fn.Arn}", "Next": ¤"Bee"},
                "B": {"Type": "Wait", "Seconds": ${Delay}, "End": true}
              }
            }
          - {Why: !Select [0, [because]], Delay: 5}
"""
FOLDED = """\
Resources:
  Shop:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      DefinitionString: >
        {"StartAt": "A", "States": {
        "A": {"Type": "Pass",
        "Comment": "two
        lines", "Result":
          {"n": 1},

        "ResultPath": ¤"$.a[*]", "End": true}}}
"""
JOINED = """\
{
  "Resources": {
    "Shop": {
      "Type": "AWS::StepFunctions::StateMachine",
      "Properties": {
        "DefinitionString": {
          "Fn::Join": ["\\n", [
            "{", " \\"StartAt\\": \\"A\\",", " \\"States\\": {",
            {"Fn::Sub": "  \\"A\\": {\\"Type\\": \\"Pass\\", \\"Comment\\": \\"${AWS::StackName}\\","},
            "\\t\\"Next\\": ¤\\"Bee\\"}, \\"B\\": {\\"Type\\": \\"Succeed\\"}}", "}"
          ]]
        }
      }
    }
  }
}
"""
INSIDE = """\
{
\t"name": "shop",
\t"type": "EXPRESS",
\t"definition": "{\\n\\t\\"StartAt\\": \\"\\u00c4\\",\\n\\t\\"States\\": {\\"\\u00c4\\": {\\"Type\\": \\"Pass\\", \\"Next\\": ¤\\"Bee\\"}, \\"B\\": {\\"Type\\": \\"Succeed\\"}}}"
}
"""
SERVERLESS = """\
service: shop
provider: {name: aws, stage: "${opt:stage, 'dev'}"}
custom:
  wait: 5
stepFunctions:
  stateMachines:
    shop:
      name: shop-${self:provider.stage}
      definition:
        StartAt: A
        States:
          A:
            Type: Wait
            Seconds: ${self:custom.wait}
            Next: ¤Bee
          B:
            Type: Succeed
"""
HEREDOC = """\
resource "aws_sfn_state_machine" "shop" {
  name       = "shop"
  definition = <<-EOT
    {
      "StartAt": "A",
      "States": {
        "A": {
          "Type": "Task",
          "Resource": "${aws_lambda_function.a.arn}",
          "ResultPath": ¤"result",
          "End": true
        }
      }
    }
  EOT
}
"""
ENCODED = """\
locals {
  name = "shöp"
}
resource "aws_sfn_state_machine" "shop" {
  definition = jsonencode({
    Comment = "the ${local.name}" // why
    StartAt = "A"
    States = {
      A = {
        Type = "Pass"
        Next = ¤"Bee"
      }
      B = { Type = "Succeed" }
    }
  })
}
"""
PULUMI = """\
name: shop
runtime: yaml
resources:
  shop:
    type: aws:sfn:StateMachine
    properties:
      roleArn: ${role.arn}
      definition:
        fn::toJSON:
          StartAt: A
          States:
            A:
              Type: Pass
              Next: ¤Bee
            B: {Type: Succeed}
"""
ACK = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: sfn.services.k8s.aws/v1alpha1
kind: StateMachine
metadata:
  name: shop
spec:
  roleARN: arn:aws:iam::123456789012:role/r
  definition: |
    {
      "StartAt": "A",
      "States": {
        "A": {"Type": "Pass", "Next": ¤"Bee"},
        "B": {"Type": "Succeed"}
      }
    }
"""
TEXT = """\
StartAt: A
States:
  A:
    Type: Choice
    Choices:
    - Variable: $.größe
      NumericEquals: ¤"1"
      Next: B
    Default: B
  B: {Type: Succeed}
"""
PLACES = {
    "sam": ("template.yaml", SAM),
    "sub": ("template.yaml", SUB),
    "folded": ("template.yml", FOLDED),
    "joined": ("template.json", JOINED),
    "string": ("described.json", INSIDE),
    "serverless": ("serverless.yml", SERVERLESS),
    "heredoc": ("main.tf", HEREDOC),
    "jsonencode": ("main.tf", ENCODED),
    "pulumi": ("Pulumi.yaml", PULUMI),
    "ack": ("shop.yaml", ACK),
    "yaml": ("shop.asl.yaml", TEXT),
}
WRITTEN = {
    "LF": ("\n", "utf-8"),
    "CRLF": ("\r\n", "utf-8"),
    "BOM": ("\n", "utf-8-sig"),
    "BOM and CRLF": ("\r\n", "utf-8-sig"),
    "UTF-16": ("\r\n", "utf-16"),
}


def marked(text: str) -> tuple[str, str]:
    """Return a template without its mark, and where that was."""
    before = text[: text.index("¤")]
    return text.replace("¤", ""), f"{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"


def places(file: Path) -> list[str]:
    """Return where the first error of a file's machines is."""
    found = [one for machine in find_in(file) for one in check(machine.definition, type=machine.type or "STANDARD")]
    return [f"{one.line}:{one.column}" for one in found if one.severity == "ERROR"][:1]


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("name", PLACES)
def test_the_slip_is_where_it_was_made(tmp_path: Path, name: str, how: str) -> None:
    file, text = PLACES[name]
    (ends, encoding), (text, where) = WRITTEN[how], marked(text)
    path = tmp_path / file
    path.write_bytes(text.replace("\n", ends).encode(encoding))
    assert places(path) == [where]


CALLED = '{"StartAt": "A",\n\t"States": {\n\t\t"A": {"Type": "Wait", "Seconds": ${delay}, "Next": ¤"Bee"},\n\t\t"B": {"Type": "Succeed"}}}\n'


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize(
    ("file", "text"),
    [
        (
            "main.tf",
            'resource "aws_sfn_state_machine" "s" {\n  definition = templatefile("${path.module}/shop.asl.json", { delay = 5 })\n}\n',
        ),
        (
            "template.yaml",
            "Resources:\n  S:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      DefinitionUri: shop.asl.json\n"
            "      DefinitionSubstitutions: {delay: 5}\n",
        ),
        (
            "manifest.template.json",
            json.dumps(
                {
                    "Resources": {
                        "S": {
                            "Type": "AWS::StepFunctions::StateMachine",
                            "Properties": {
                                "DefinitionS3Location": {"Bucket": {"Fn::Sub": "cdk-${AWS::Region}"}, "Key": "1f.json"},
                                "DefinitionSubstitutions": {"delay": 5},
                            },
                        }
                    }
                }
            ),
        ),
    ],
    ids=["templatefile", "DefinitionUri", "cdk asset"],
)
def test_in_a_file_that_a_template_names(tmp_path: Path, how: str, file: str, text: str) -> None:
    (ends, encoding), (called, where) = WRITTEN[how], marked(CALLED)
    (tmp_path / file).write_bytes(text.replace("\n", ends).encode(encoding))
    name = "asset.1f.json" if "1f" in text else "shop.asl.json"
    (tmp_path / name).write_bytes(called.replace("\n", ends).encode(encoding))
    [found] = find_in(tmp_path / file)
    assert found.file is not None
    assert (found.file.name, places(tmp_path / file)) == (name, [where])


def test_tabs_as_an_editor_shows_them(tmp_path: Path) -> None:
    (tmp_path / "one.asl.json").write_text(marked(CALLED)[0].replace("${delay}", "5"), "utf-8")
    wrong = check(find_in(tmp_path / "one.asl.json")[0].definition)[0]
    line, caret = wrong.excerpt.split("\n")
    assert line.expandtabs(1)[caret.index("^") :].startswith('"Bee"')
