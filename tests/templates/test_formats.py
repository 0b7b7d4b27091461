"""Formats other than CloudFormation's: each with its own way to write a definition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sfnbook import InputError
from sfnbook.language import parse
from sfnbook.templates.find import choose, find, find_in

TEXT = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "Bee"}, "B": {"Type": "Pass", "End": true}}}'


def first(file: Path, id: str = "") -> str:
    """Return where the first diagnostic of a machine is, and the text that stands there."""
    machine = choose(find_in(file), id)
    diagnostic = parse(machine.definition).diagnostics[0]
    line, caret = diagnostic.excerpt.split("\n")
    return f"{machine.id}:{diagnostic.line}:{line[caret.index('^') : len(caret)]}"


TERRAFORM = """\
locals {
  region = "eu"
  other  = templatefile("${path.module}/other.asl.json", { arn = aws_lambda_function.x.arn, n = 3 })
}
variable "stage" { default = "dev" }
resource "aws_sfn_state_machine" "heredoc" {
  name       = "shop-${var.stage}"
  type       = "EXPRESS"
  definition = <<-EOF
    {
      "StartAt": "A",
      "States": {
        "A": {"Type": "Task", "Resource": "${aws_lambda_function.decide.arn}", "Next": "Bee"},
        "B": {"Type": "Pass", "Comment": "${local.region}", "End": true}
      }
    }
  EOF
}
resource "aws_sfn_state_machine" "encoded" {
  definition = jsonencode({
    StartAt = "A" # where it begins
    States = {
      A = { Type = "Pass", "Next" = "Bee", Comment = upper(local.region) }
      B = { Type = "Pass", End = true, Parameters = { "x.$" = "$.y", list = [1, "two", true, null] } }
    }
  })
}
module "step_function" {
  source     = "terraform-aws-modules/step-functions/aws"
  definition = local.other
}
resource "aws_sfn_state_machine" "planned" {
  definition = data.aws_s3_object.definition.body
}
"""


@pytest.fixture
def terraform(tmp_path: Path) -> Path:
    (tmp_path / "main.tf").write_text(TERRAFORM)
    (tmp_path / "other.asl.json").write_text(
        TEXT.replace('"Type": "Pass", "End"', '"Type": "Pass", "Comment": "${n}", "End"')
    )
    return tmp_path / "main.tf"


def test_terraform(terraform: Path) -> None:
    found = {one.id: one for one in find_in(terraform)}
    assert (found["heredoc"].name, found["heredoc"].type) == ("shop-dev", "EXPRESS")
    states = found["heredoc"].definition.value["States"]
    assert (states["A"]["Resource"], states["B"]["Comment"]) == ("${aws_lambda_function.decide.arn}", "eu")
    states = found["encoded"].definition.value["States"]
    assert states["A"]["Comment"] == "EU"
    assert states["B"]["Parameters"] == {"x.$": "$.y", "list": [1, "two", True, None]}
    assert found["step_function"].definition.value["States"]["B"]["Comment"] == "3"
    assert "which only a plan knows: give `terraform show -json`" in found["planned"].problem


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ('"Choose (1)"', "Choose (1)"),
        ('"(all)"', "(all)"),
        ("(local.step)", "ship"),
        ('("${local.step}-${local.number}")', "ship-2"),
        ('(join("-", [local.step, "x"]))', "ship-x"),
        ("(var.unknown)", "${var.unknown}"),
        ("plain", "plain"),
        ("3", "3"),
    ],
)
def test_keys_of_terraforms_objects(written: str, key: str) -> None:
    text = (
        'locals {\n  step = "ship"\n  number = (2)\n}\nresource "aws_sfn_state_machine" "m" {\n'
        f'  definition = jsonencode({{ StartAt = "A", States = {{ A = {{ Type = "Pass", Result = {{ {written} = (local.number) }} }} }} }})\n}}\n'
    )
    assert find(text)[0].definition.value["States"]["A"]["Result"] == {key: 2}


def test_positions_in_terraform(terraform: Path) -> None:
    assert first(terraform, "heredoc") == 'heredoc:13:"Bee"'
    assert first(terraform, "encoded") == 'encoded:23:"Bee"'
    assert first(terraform, "step_function") == 'step_function:1:"Bee"'


def test_terraform_in_json(tmp_path: Path) -> None:
    resource = {"definition": TEXT, "name": "shop", "type": "EXPRESS"}
    shapes = {
        "main.tf.json": {"resource": {"aws_sfn_state_machine": {"a": resource}}},
        "cdktf.tf.json": {
            "resource": [{"aws_sfn_state_machine": {"a": [{**resource, "definition": "${jsonencode(" + TEXT + ")}"}]}}]
        },
        "plan.json": {
            "format_version": "1.2",
            "planned_values": {
                "root_module": {
                    "resources": [],
                    "child_modules": [
                        {"resources": [{"type": "aws_sfn_state_machine", "address": "a", "values": resource}]}
                    ],
                }
            },
        },
        "terraform.tfstate": {
            "version": 4,
            "terraform_version": "1.9",
            "resources": [
                {
                    "mode": "managed",
                    "type": "aws_sfn_state_machine",
                    "name": "a",
                    "instances": [{"attributes": resource}],
                }
            ],
        },
    }
    for name, shape in shapes.items():
        (tmp_path / name).write_text(json.dumps(shape))
        [found] = find_in(tmp_path / name)
        assert (found.id, found.name, found.type, found.problem) == ("a", "shop", "EXPRESS", ""), name
        assert found.definition.value == json.loads(TEXT)
    assert first(tmp_path / "plan.json") == 'a:1:\\"Bee\\"'


SERVERLESS = """\
service: shop
provider: {name: aws, stage: "${opt:stage, 'test'}"}
custom:
  table: orders-${self:provider.stage}
stepFunctions:
  stateMachines:
    inline:
      name: shop-${self:custom.table}
      type: EXPRESS
      definition:
        StartAt: A
        States:
          A: {Type: Task, Resource: !GetAtt decide.Arn, Comment: "${self:custom.table}", Next: Bee}
          B: {Type: Pass, Comment: "${env:NOBODY_SET_THIS, 'nothing'}", End: true}
    file:
      definition: ${file(machines/shop.yml)}
    part:
      definition: ${file(machines/all.yml):second.definition}
    gone:
      definition: ${file(nowhere.yml)}
    more: ${file(machines/all.yml):second}
"""


def test_the_serverless_framework(tmp_path: Path) -> None:
    (tmp_path / "machines").mkdir()
    (tmp_path / "serverless.yml").write_text(SERVERLESS)
    body = "StartAt: A\nStates:\n  A: {Type: Pass, Next: Bee}\n  B: {Type: Pass, End: true}\n"
    (tmp_path / "machines" / "shop.yml").write_text(body)
    (tmp_path / "machines" / "all.yml").write_text(
        "second:\n  definition:\n" + "".join(f"    {line}\n" for line in body.splitlines())
    )
    found = {one.id: one for one in find_in(tmp_path / "serverless.yml")}
    assert list(found) == ["inline", "file", "part", "gone", "more"]
    states = found["inline"].definition.value["States"]
    assert (states["A"]["Resource"], states["A"]["Comment"]) == ("${decide.Arn}", "orders-test")
    assert states["B"]["Comment"] == "nothing"
    assert (found["inline"].name, found["inline"].type) == ("shop-orders-test", "EXPRESS")
    assert (
        "machines/../nowhere.yml" in found["gone"].problem or "nowhere.yml, which is not there" in found["gone"].problem
    )
    file = tmp_path / "serverless.yml"
    assert [first(file, id) for id in ("inline", "file", "part", "more")] == [
        "inline:13:Bee",
        "file:3:Bee",
        "part:5:Bee",
        "more:5:Bee",
    ]


ACK = f"""\
apiVersion: v1
kind: ConfigMap
---
apiVersion: sfn.services.k8s.aws/v1alpha1
kind: StateMachine
metadata: {{name: shop}}
spec:
  name: shop-machine
  type: EXPRESS
  definition: |
    {TEXT}
"""
PULUMI = """\
name: shop
runtime: yaml
resources:
  machine:
    type: aws:sfn:StateMachine
    properties:
      type: EXPRESS
      definition:
        fn::toJSON:
          StartAt: A
          States:
            A: {Type: Task, Resource: "${decide.arn}", Next: Bee}
            B: {Type: Pass, End: true}
"""


def test_manifests(tmp_path: Path) -> None:
    (tmp_path / "ack.yaml").write_text(ACK)
    (tmp_path / "Pulumi.yaml").write_text(PULUMI)
    [ack], [pulumi] = find_in(tmp_path / "ack.yaml"), find_in(tmp_path / "Pulumi.yaml")
    assert (ack.id, ack.name, ack.type) == ("shop", "shop-machine", "EXPRESS")
    assert (pulumi.id, pulumi.type) == ("machine", "EXPRESS")
    assert pulumi.definition.value["States"]["A"]["Resource"] == "${decide.arn}"
    assert first(tmp_path / "ack.yaml") == 'shop:11:"Bee"'
    assert first(tmp_path / "Pulumi.yaml") == "machine:12:Bee"


@pytest.mark.parametrize(
    "around", ["{0}", "arn:aws:states:eu-west-1:1:stateMachine:shop\tDEFINITION\t{0}\tEXPRESS\tACTIVE\n"]
)
def test_what_the_command_line_prints_as_text(around: str) -> None:
    text = f"1.5\t{TEXT}\tarn:aws:states:eu-west-1:1:stateMachine:shop\tshop\tEXPRESS\n"
    [found] = find(text)
    assert (found.name, found.type, found.definition.value) == ("shop", "EXPRESS", json.loads(TEXT))


def test_a_cloud_assembly(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "assembly-stage"):
        folder.mkdir(exist_ok=True)
        resource = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": TEXT}}
        (folder / "stack.template.json").write_text(json.dumps({"Resources": {f"In{len(folder.name)}": resource}}))
    assert len(find_in(tmp_path)) == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("app.py", "from aws_cdk import aws_stepfunctions as sfn", "Run `cdk synth` and give the folder cdk.out"),
        ("app.ts", "import * as sfn from 'aws-cdk-lib/aws-stepfunctions'", "Run `cdk synth`"),
        ("train.py", "from stepfunctions.workflow import Workflow", "print(workflow.definition.to_json())"),
        ("x.go", "package main", "is a program, no definition"),
    ],
)
def test_programs_are_told_apart(tmp_path: Path, name: str, text: str, said: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as refused:
        find_in(tmp_path / name)
    assert said in str(refused.value)


# -- found in templates as people write them ---------------------------------------------------------------------------

PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def test_a_serverless_variable_keeps_its_type(tmp_path: Path) -> None:
    file = tmp_path / "serverless.yml"
    file.write_text(
        "service: s\nprovider: aws\ncustom: {wait: 5, list: [1, 2]}\nstepFunctions:\n  stateMachines:\n    m:\n"
        "      definition:\n        StartAt: W\n        States:\n          W: {Type: Wait, Seconds: '${self:custom.wait}', Next: P}\n"
        "          P: {Type: Pass, Result: '${self:custom.list}', End: true}\n"
    )
    [found] = find_in(file)
    assert found.definition.value["States"]["W"]["Seconds"] == 5
    assert found.definition.value["States"]["P"]["Result"] == [1, 2]


def test_describe_state_machine_as_text(tmp_path: Path) -> None:
    file = tmp_path / "d.txt"
    arn = "arn:aws:states:us-east-1:123456789012:stateMachine:m"
    file.write_text(f"17.0\t{json.dumps(PASS)}\tm\tarn:aws:iam::1:role/r\t{arn}\tACTIVE\tEXPRESS\nTRACING\tFalse\n")
    [found] = find_in(file)
    assert (found.definition.value, found.name, found.type) == (PASS, "m", "EXPRESS")


def test_an_included_definition_and_one_as_a_text_of_values(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(json.dumps(PASS))
    file = tmp_path / "t.yaml"
    file.write_text(
        "Resources:\n  I:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Definition:\n"
        "        Fn::Transform: {Name: AWS::Include, Parameters: {Location: m.json}}\n"
        "  J:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n      DefinitionString:\n        Fn::ToJsonString:\n"
        "          StartAt: A\n          States:\n            A: {Type: Pass, End: true}\n"
    )
    included, written = find_in(file)
    assert included.definition.value == written.definition.value == PASS
    assert included.file == tmp_path / "m.json"
    place = written.definition.places["States", "A", "End"]
    assert file.read_text()[place.key.start : place.key.end] == "End"  # type: ignore[union-attr]


def test_a_cdk_asset_is_the_file_beside_the_template(tmp_path: Path) -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionS3Location": {"Bucket": {"Fn::Sub": "b-${AWS::Region}"}, "Key": "abc.json"}}}  # fmt: skip
    (tmp_path / "S.template.json").write_text(json.dumps({"Resources": {"M": machine}}))
    (tmp_path / "asset.abc.json").write_text(json.dumps(PASS))
    [found] = find_in(tmp_path)
    assert (found.definition.value, found.file) == (PASS, tmp_path / "asset.abc.json")


PARTS = """
variable "env" { default = "dev" }
locals {
  functions = { a = "arn:aws:lambda:us-east-1:123456789012:function:a", list = ["x", "arn:aws:lambda:us-east-1:123456789012:function:b"] }
}
data "template_file" "t" {
  template = file("${path.module}/m.json")
  vars = { fn = local.functions["a"] }
}
data "local_file" "f" { filename = "${path.module}/m.json" }
resource "aws_sfn_state_machine" "rendered" { definition = data.template_file.t.rendered }
resource "aws_sfn_state_machine" "content" { definition = data.local_file.f.content }
resource "aws_sfn_state_machine" "merged" {
  definition = jsonencode(merge({ Comment = "c" }, {
    StartAt = "A"
    States = {
      A = { Type = "Task", Resource = local.functions.a, Next = var.env == "prod" ? "C" : "B" }
      B = { Type = "Task", Resource = local.functions.list[1], Next = "C" }
      C = { Type = "Wait", Seconds = var.env != "prod" ? 1 : 60, End = true }
    }
  }))
}
"""


def test_terraform_data_conditions_parts_of_locals_and_merge(tmp_path: Path) -> None:
    pytest.importorskip("hcl2")
    task = {"Type": "Task", "Resource": "${fn}", "End": True}
    (tmp_path / "m.json").write_text(json.dumps({"StartAt": "A", "States": {"A": task}}))
    file = tmp_path / "main.tf"
    file.write_text(PARTS)
    rendered, content, merged = (one.definition for one in find_in(file))
    function = "arn:aws:lambda:us-east-1:123456789012:function:"
    assert rendered.value["States"]["A"]["Resource"] == f"{function}a"
    assert content.value["States"]["A"]["Resource"] == "${fn}"
    states = merged.value["States"]
    assert [states["A"]["Resource"], states["A"]["Next"]] == [f"{function}a", "B"]
    assert [states["B"]["Resource"], states["C"]["Seconds"]] == [f"{function}b", 1]
    assert PARTS[slice(*merged.places["States", "C", "End"].value)] == "true"


LOOPS = """\
variable "class" { default = "shared" }
variable "on" { default = true }
locals {
  names  = ["a", "b"]
  limits = { slow = 60, fast = 5 }
  retry  = { Retry = [{ ErrorEquals = ["States.ALL"] }] }
}
resource "aws_sfn_state_machine" "each" {
  for_each = toset(var.class == "shared" ? ["make", "end"] : ["make"])
  name     = "shop-${each.key}"
  definition = jsonencode({
    StartAt = "Act", TimeoutSeconds = each.key == "make" ? 86400 : 1800, States = {
      Act = { Type = "Pass", Next = "Bee" }, B = { Type = "Succeed" }
    }
  })
}
resource "aws_sfn_state_machine" "fan" {
  count      = var.on ? 1 : 0
  definition = jsonencode({
    StartAt = "Fan"
    States = {
      Fan = {
        Type = "Parallel"
        Branches = [for i, n in local.names : {
          StartAt = "Do ${n}"
          States  = { "Do ${n}" = merge({ Type = "Task", Resource = aws_lambda_function.f[0].arn, Next = "Bee" }, local.retry) }
        } if n != "b"]
        ResultSelector = { for k, v in local.limits : k => v }
        End            = true
      }
    }
  })
}
resource "aws_sfn_state_machine" "directives" {
  definition = <<-JSON
  {
    "StartAt": "A",
    "States": {
      %{ if var.on ~}
      "A": {"Type": "Pass", "Next": "B a", "Comment": "$${x} %%{y}"},
      %{ else ~}
      "A": {"Type": "Fail"},
      %{ endif ~}
      %{ for n in local.names ~}
      "B ${n}": {"Type": "Pass", "Next": "%{ if n == "a" }B b%{ else }Bee%{ endif }"},
      %{ endfor ~}
      "B": {"Type": "Succeed"}
    }
  }
  JSON
}
resource "aws_sfn_state_machine" "decoded" {
  definition = jsonencode(yamldecode(templatefile("${path.module}/shop.yaml", { arn = aws_x.y.arn, steps = ["one", "two"] })))
}
"""


def test_terraform_loops(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(LOOPS)
    (tmp_path / "shop.yaml").write_text(
        "StartAt: one\nStates:\n%{ for s in steps ~}\n  ${s}:\n    Type: Task\n    Resource: ${arn}\n    Nxt: Bee\n    End: true\n"
        "%{ endfor ~}\n"
    )
    found = {one.id: one for one in find_in(tmp_path / "main.tf")}
    assert list(found) == ['each["end"]', 'each["make"]', "fan", "directives", "decoded"]
    make = found['each["make"]']
    assert (make.name, make.definition.value["TimeoutSeconds"]) == ("shop-make", 86400)
    assert found['each["end"]'].definition.value["TimeoutSeconds"] == 1800
    fan = found["fan"].definition.value["States"]["Fan"]
    assert [list(branch["States"]) for branch in fan["Branches"]] == [["Do a"]]
    assert fan["ResultSelector"] == {"fast": 5, "slow": 60}
    states = found["directives"].definition.value["States"]
    assert list(states) == ["A", "B a", "B b", "B"]
    assert (states["A"]["Comment"], states["B a"]["Next"], states["B b"]["Next"]) == ("${x} %{y}", "B b", "Bee")
    assert list(found["decoded"].definition.value["States"]) == ["one", "two"]
    assert first(tmp_path / "main.tf", 'each["make"]') == 'each["make"]:13:"Bee"'
    assert first(tmp_path / "main.tf", "fan") == 'fan:26:"Bee"'
    assert first(tmp_path / "main.tf", "directives").startswith('directives:45:"%{ if n == ')
    assert found["decoded"].file == tmp_path / "shop.yaml"
    assert first(tmp_path / "main.tf", "decoded") == "decoded:7:Nxt"


def test_serverless_files_of_files_and_lists(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "one.yml").write_text(
        "name: first-${self:provider.stage}\ntype: EXPRESS\ndefinition:\n  StartAt: A\n  States:\n"
        "    A: {Type: Pass, Next: Bee}\n    B: {Type: Succeed}\n"
    )
    (tmp_path / "parts" / "all.yml").write_text("stateMachines:\n  two:\n    definition: ${file(parts/def.json)}\n")
    (tmp_path / "parts" / "def.json").write_text(TEXT)
    service = "service: s\nprovider: {name: aws, stage: dev}\ncustom: {waits: {dev: 3}}\n"
    listed = """\
stepFunctions:
  stateMachines:
    - ${file(parts/one.yml)}
    - third: ${file(parts/gone.yml)}
    - name: inline
      definition:
        StartAt: W
        States:
          W: {Type: Wait, Seconds: "${self:custom.waits.${self:provider.stage}}", Next: Bee}
          B: {Type: Succeed}
"""
    shapes = {
        "a.yml": "stepFunctions: ${file(parts/all.yml)}\n",
        "b.yml": "stepFunctions:\n  stateMachines: ${file(./parts/all.yml):stateMachines}\n",
        "c.yml": listed,
        "d.yml": "stepFunctions:\n  stateMachines: {}\n",
    }
    for name, text in shapes.items():
        (tmp_path / name).write_text(service + text)
    for name in ("a.yml", "b.yml"):
        [two] = find_in(tmp_path / name)
        assert (two.id, two.file, first(tmp_path / name)) == ("two", tmp_path / "parts" / "def.json", 'two:1:"Bee"')
    one, third, inline = find_in(tmp_path / "c.yml")
    assert (one.id, one.name, one.type) == ("stateMachine1", "first-dev", "EXPRESS")
    assert third.problem == "The machine third is in parts/gone.yml, which is not there."
    assert inline.definition.value["States"]["W"]["Seconds"] == 3
    assert first(tmp_path / "c.yml", "inline") == "inline:12:Bee"
    with pytest.raises(InputError, match=r"no state machine under stepFunctions\.stateMachines"):
        find_in(tmp_path / "d.yml")


def test_pseudo_parameters_of_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "serverless.yml").write_text(
        "service: s\nstepFunctions:\n  stateMachines:\n    m:\n      definition:\n        StartAt: A\n        States:\n"
        "          A:\n            Type: Task\n            Resource: 'arn:aws:lambda:#{AWS::Region}:#{AWS::AccountId}:function:${self:service}-f'\n"
        "            Parameters: {q: '#{Queue.Arn}'}\n            End: true\n"
    )
    state = choose(find_in(tmp_path / "serverless.yml"), "m").definition.value["States"]["A"]
    assert state["Resource"] == "arn:aws:lambda:us-east-1:123456789012:function:s-f"
    assert state["Parameters"] == {"q": "${Queue.Arn}"}


INNER = """{
  "StartAt": "A",
  "States": {
    "A": {"Type": "Map", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": true}}}, "Next": "B"},
    "B": {"Type": "Pass", "Next": "Bee"}
  }
}"""
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:shop"
ROW = "|  definition     |  "


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        ("2024-01-01T00:00:00+00:00\t", f"\tshop\tx\t{ARN}\tACTIVE\tEXPRESS\nTRACINGCONFIGURATION\tTrue\n", 5),
        (
            f"-----\n|  describe-state-machine  |\n+----+\n{ROW}",
            f"   |\n|  stateMachineArn |  {ARN} |\n|  type | EXPRESS |\n",
            8,
        ),
    ],
    ids=["text", "table"],
)
def test_what_the_command_line_prints_of_a_machine(tmp_path: Path, before: str, after: str, line: int) -> None:
    file = tmp_path / "described.txt"
    file.write_text(before + INNER + after)
    [found] = find_in(file)
    assert (found.name, found.type, first(file)) == ("shop", "EXPRESS", f':{line}:"Bee"')
    file.write_text(before + INNER.replace('"Next": "Bee"', '"Next" "Bee"') + after)
    [found] = find_in(file)
    [wrong] = parse(found.definition).diagnostics
    assert (found.name, wrong.rule, wrong.line) == ("shop", "ASL001 invalid-json", line)
