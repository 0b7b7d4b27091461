"""Templates that stand for more than they show: loops, included files, nested stacks, templates inside AWS's answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfnbook import InputError
from sfnbook.language import parse
from sfnbook.lint.files import check_files
from sfnbook.lint.settings import Settings
from sfnbook.project import Project
from sfnbook.templates.find import choose, find, find_in
from sfnbook.templates.machine import TemplateMachine

TEXT = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}, "B": {"Type": "Pass", "End": true}}}'
LOOP = """\
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "eu-1,us-2"}
  Unknown: {Type: CommaDelimitedList}
Mappings:
  Stages: {all: {list: [dev, prod]}}
Resources:
  Fn::ForEach::Machines:
    - Name
    - !Ref Names
    - Machine&{Name}:
        Type: AWS::StepFunctions::StateMachine
        Properties:
          StateMachineName: !Sub "shop-${Name}"
          DefinitionString: !Sub |
            {"StartAt": "A",
             "States": {"A": {"Type": "Pass", "Comment": "${Name} ${Fn.Arn}", "Next": "Bee"},
                        "B": {"Type": "Succeed"}}}
  Fn::ForEach::Others:
    - Stage
    - !FindInMap [Stages, all, list]
    - Fn::ForEach::Inner:
        - Letter
        - [A, !Ref Stage]
        - "${Stage}${Letter}":
            Type: AWS::Serverless::StateMachine
            Properties:
              Definition:
                StartAt: A
                States:
                  A: {Type: Pass, Result: !Ref Letter, Nxt: "${Stage}", End: true}
  Fn::ForEach::Unknown:
    - Name
    - !Ref Unknown
    - "Late${Name}":
        Type: AWS::Serverless::StateMachine
        Properties: {Definition: {StartAt: A, States: {A: {Type: Pass, End: true}}}}
"""


def shown(machine: TemplateMachine) -> str:
    """Return where the first diagnostic of a machine is, and the text that stands there."""
    diagnostic = parse(machine.definition).diagnostics[0]
    line, caret = diagnostic.excerpt.split("\n")
    file = machine.file.name if machine.file is not None else ""
    return f"{file}:{diagnostic.line}:{line[caret.index('^') : len(caret)]}"


def test_a_loop_makes_a_machine_of_each_item(tmp_path: Path) -> None:
    file = tmp_path / "template.yaml"
    file.write_text(LOOP, "utf-8")
    found = find_in(file)
    assert [one.id for one in found] == [
        *("Machineeu1", "Machineus2"),
        *("devA", "devdev", "prodA", "prodprod"),
        "Late${Unknown}",
    ]
    assert found[1].name == "shop-us-2"
    assert found[1].definition.value["States"]["A"]["Comment"] == "us-2 ${Fn.Arn}"
    assert found[3].definition.value["States"]["A"]["Result"] == "dev"
    assert [shown(one) for one in found[:3]] == [*['template.yaml:17:"Bee"'] * 2, "template.yaml:31:Nxt"]


def test_a_loop_over_given_parameters(tmp_path: Path) -> None:
    assert [one.id for one in find(LOOP, {"Names": "x"})][:2] == ["Machinex", "devA"]


@pytest.fixture
def stacks(tmp_path: Path) -> Path:
    resources = {
        "Inner": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {"TemplateURL": "./inner/template.yaml", "Parameters": {"Next": "Bee"}},
        },
        "Absent": {"Type": "AWS::Serverless::Application", "Properties": {"Location": "absent.yaml"}},
        "Far": {"Type": "AWS::Serverless::Application", "Properties": {"Location": {"ApplicationId": "a"}}},
    }
    (tmp_path / "outer.json").write_text(json.dumps({"Resources": resources}))
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "template.yaml").write_text(
        "Parameters:\n  Next: {Type: String}\nResources:\n"
        "  Fn: {Type: AWS::Serverless::Function, Properties: {CodeUri: ., Handler: app.go, Runtime: python3.12}}\n"
        "  Shop:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString: !Sub |\n"
        '        {"StartAt": "A", "States": {"A": {"Type": "Pass",\n         "Next": "${Next}"}, "B": {"Type": "Succeed"}}}\n'
    )
    return tmp_path / "outer.json"


def test_nested_stacks(stacks: Path) -> None:
    inner, absent = find_in(stacks)
    assert (inner.id, shown(inner)) == ("Inner/Shop", 'template.yaml:10:"${Next}"')
    assert absent.problem == "The stack Absent of outer.json has its template in absent.yaml, which is not there."
    assert choose([inner, absent], asked="Shop") is choose([inner, absent], asked="Inner/Shop") is inner
    assert [function.id for function in Project(stacks).functions()] == ["Fn"]
    checked = [(Path(one.file).name, one.machine) for one in check_files([str(stacks.parent)], Settings())]
    assert sorted(checked) == [("outer.json", "Absent"), ("template.yaml", "Inner/Shop")]


def test_stacks_that_are_all_elsewhere() -> None:
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3/b/t.yaml"}}
    with pytest.raises(InputError, match=r"nested stacks are elsewhere, give them: https://s3/b/t\.yaml"):
        find(json.dumps({"Resources": {"Far": stack}}))


def test_included_files(tmp_path: Path) -> None:
    (tmp_path / "s.asl.json").write_text(TEXT)
    pass_on = f"DefinitionString: |\n  {TEXT}\n"
    (tmp_path / "properties.yaml").write_text(pass_on + "StateMachineType: EXPRESS\n")
    more = "\n".join(f"    {line}" for line in pass_on.splitlines())
    (tmp_path / "more.yaml").write_text(f"More:\n  Type: AWS::StepFunctions::StateMachine\n  Properties:\n{more}\n")
    include = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: %s}}"
    (tmp_path / "template.yaml").write_text(
        "Resources:\n"
        f"  Whole: {{Type: AWS::Serverless::StateMachine, Properties: {{Definition: {{{include % 's.asl.json'}}}}}}}\n"
        f"  Part: {{Type: AWS::StepFunctions::StateMachine, Properties: {{{include % 'properties.yaml'}}}}}\n"
        f"  {include % 'more.yaml'}\n"
        f"  Far: {{Type: AWS::Serverless::StateMachine, Properties: {{Definition: {{{include % 's3://b/k'}}}}}}}\n"
    )
    found = {one.id: one for one in find_in(tmp_path / "template.yaml")}
    assert {id: shown(one) for id, one in found.items() if not one.problem} == {
        "Whole": 's.asl.json:1:"Bee"',
        "Part": 'properties.yaml:2:"Bee"',
        "More": 'more.yaml:5:"Bee"',
    }
    assert found["Part"].type == "EXPRESS"
    assert found["Far"].problem.endswith("has its definition elsewhere, in s3://b/k: give that file.")


CLOUD_CONTROL = {
    "TypeName": "AWS::StepFunctions::StateMachine",
    "ResourceDescription": {
        "Identifier": "arn",
        "Properties": json.dumps(
            {"StateMachineName": "shop", "StateMachineType": "EXPRESS", "RoleArn": "r", "DefinitionString": TEXT}
        ),
    },
}
TEMPLATE = {
    "Resources": {"Shop": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": TEXT}}}
}


def test_cloud_control(tmp_path: Path) -> None:
    file = tmp_path / "resource.json"
    file.write_text(json.dumps(CLOUD_CONTROL, indent=1))
    [found] = find_in(file)
    assert (found.name, found.type, found.role) == ("shop", "EXPRESS", "r")
    assert shown(found) == 'resource.json:5:\\\\\\"Bee\\\\\\"'


YAML = f"Resources:\n  S:\n    Type: AWS::StepFunctions::StateMachine\n    Properties: {{DefinitionString: '{TEXT}'}}"


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (TEMPLATE, '7:\\"Bee\\"'),
        (json.dumps(TEMPLATE), '2:\\\\\\"Bee\\\\\\"'),
        (YAML, '2:\\"Bee\\"'),
    ],
    ids=["object", "JSON text", "YAML text"],
)  # fmt: skip
def test_the_answer_of_get_template(tmp_path: Path, body: object, where: str) -> None:
    file = tmp_path / "answer.json"
    file.write_text(json.dumps({"TemplateBody": body, "StagesAvailable": ["Original"]}, indent=1))
    [found] = find_in(file)
    assert shown(found) == f"answer.json:{where}"


def test_yaml_whose_first_key_is_quoted() -> None:
    [found] = find('"StartAt": "A"\n"States":\n  "A": {"Type": "Pass", "Next": "Bee"}\n  B: {Type: Succeed}\n')
    assert shown(found) == ':3:"Bee"'
