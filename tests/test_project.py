"""A SAM project run as it stands: handlers from their folders, environment, tables and queues made before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sfnbook.machine import StateMachine
from sfnbook.project import Project
from sfnbook.tasks.aws.services import embedded
from sfnbook.templates.find import choose

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.13, Handler: app.lambda_handler, Environment: {Variables: {STAGE: test, SHARED: all}}}
Resources:
  Orders: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: id, Type: String}}}
  Dead: {Type: AWS::SQS::Queue}
  Queue: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 3}}}
  Rate: {Type: AWS::SSM::Parameter, Properties: {Name: /rate, Type: String, Value: "3"}}
  Broken: {Type: AWS::DynamoDB::Table, Properties: {TableName: x}}
  Price:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: price/, Environment: {Variables: {TABLE: !Ref Orders, STAGE: mine}}}
  Ship:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: ship/, FunctionName: ship-it}
  Inline:
    Type: AWS::Lambda::Function
    Properties: {Runtime: python3.13, Handler: index.handler, Code: {ZipFile: "def handler(event, context):\\n    return 'inline'"}}
  Node: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x, Handler: index.handler, CodeUri: node}}
  Shop:
    Type: AWS::Serverless::StateMachine
    Properties:
      DefinitionUri: shop.asl.json
      DefinitionSubstitutions:
        Price: !GetAtt Price.Arn
        Ship: !Ref Ship
        Inline: !GetAtt Inline.Arn
        Table: !Ref Orders
        Queue: !Ref Queue
"""
SHOP = {
    "StartAt": "Price",
    "States": {
        "Price": {"Type": "Task", "Resource": "${Price}", "ResultPath": "$.price", "Next": "Ship"},
        "Ship": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Ship}", "Payload.$": "$"},
            "ResultSelector": {"said.$": "$.Payload"},
            "ResultPath": "$.ship",
            "Next": "Inline",
        },
        "Inline": {"Type": "Task", "Resource": "${Inline}", "ResultPath": "$.inline", "Next": "Store"},
        "Store": {
            "Type": "Task",
            "Resource": "arn:aws:states:::dynamodb:putItem",
            "Parameters": {"TableName": "${Table}", "Item": {"id": {"S": "1"}}},
            "ResultPath": None,
            "Next": "Tell",
        },
        "Tell": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sqs:sendMessage",
            "Parameters": {"QueueUrl": "${Queue}", "MessageBody.$": "$"},
            "ResultPath": None,
            "End": True,
        },
    },
}
PRICE = """\
import os
from helper import WHO

def lambda_handler(event, context):
    return [WHO, os.environ["STAGE"], os.environ["SHARED"], "Orders" in os.environ["TABLE"], context.function_name]
"""
SHIP = """\
def lambda_handler(event, context):
    from helper import WHO
    import os
    return [WHO, os.environ["STAGE"], "TABLE" in os.environ]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (("price", PRICE), ("ship", SHIP)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.py").write_text(text)
        (tmp_path / name / "helper.py").write_text(f"WHO = {name!r}\n")
    (tmp_path / "ship" / "requirements.txt").write_text("pyyaml\n# a comment\nno-such-package==1.0\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "shop.asl.json").write_text(json.dumps(SHOP))
    return tmp_path


def test_handlers_and_resources_of_a_template(project: Path) -> None:
    try:
        opened = Project(project / "template.yaml")
        opened.set_up()
        machine = StateMachine(choose(opened.machines()))
        opened.bind(machine.bindings)
        modules, environment = dict(sys.modules), dict(os.environ)
        run = machine.run({"id": "1"})
        assert run.status == "SUCCEEDED", run.cause
        assert run.output["price"] == ["price", "mine", "all", True, "Price"]
        assert run.output["ship"] == {"said": ["ship", "test", False]}
        assert run.output["inline"] == "inline"
        assert "app" not in sys.modules.keys() - modules.keys()
        assert "helper" not in sys.modules
        assert dict(os.environ).keys() - environment.keys() <= {
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_DEFAULT_REGION",
        }
        notes = "\n".join(opened.notes)
        assert "made SSM::Parameter Rate: /rate" in notes
        assert "could not make DynamoDB::Table Broken" in notes
        assert "Ship: not installed: no-such-package (pip install -r" in notes
        assert "Node is not bound: its runtime is nodejs22.x" in notes
    finally:
        embedded.stop()


def test_faults_of_code_are_lambdas(project: Path) -> None:
    (project / "price" / "app.py").write_text("import no_such_module\n")
    opened = Project(project / "template.yaml")
    machine = StateMachine(choose(opened.machines()))
    opened.bind(machine.bindings)
    run = machine.run({})
    assert run.error == "Runtime.ImportModuleError"
    assert run.cause is not None
    assert "Unable to import module 'app': No module named 'no_such_module'" in run.cause


def test_as_a_person_runs_it(project: Path) -> None:
    command = [sys.executable, "-m", "sfnbook", "run", "template.yaml", "--input", "{}"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "Price → Ship → Inline → Store → Tell" in done.stdout
    assert "sfnbook: made SQS::Queue Queue" in done.stderr
