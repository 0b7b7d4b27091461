"""A machine as a piece of a project: a SAM or CloudFormation template, or a Terraform configuration.

Owns the texts around a definition: the resource, its role with the policy that the machine needs, and a parameter or
variable for each ``${Name}`` in it. Reads nothing back: `sfnbook.templates` does, and a test holds that it gets the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import yaml

from sfnbook.errors import InputError
from sfnbook.values import Json, texts

FORMATS: Final = ("sam", "cfn", "terraform")
_PLACEHOLDER: Final = re.compile(r"\$\{([^}]+)\}")
_TRUST: Final = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Snippet(NamedTuple):
    """What a text is made of: the machine's name, type and definition, its policy, and notes for the reader."""

    name: str
    type: str
    definition: Mapping[str, Json]
    policy: Mapping[str, Json]
    notes: tuple[str, ...] = ()


def snippet(made: Snippet, format: str) -> str:
    """Return the text in one of `FORMATS`. Raises InputError for any other."""
    if format not in FORMATS:
        raise InputError(f'A snippet is "sam", "cfn" or "terraform", not "{format}".')
    text = _terraform(made) if format == "terraform" else _template(made, format)
    comments = "".join(f"# {line}\n" for note in made.notes for line in note.splitlines())
    return comments + text


def _template(made: Snippet, format: str) -> str:
    id = _id(made.name)
    names = _placeholders(made.definition)
    parameters = {name: {"Type": "String"} for name in names.values()}
    substitutions = {name: {"Ref": parameter} for name, parameter in names.items()}
    given = {"DefinitionSubstitutions": substitutions} if substitutions else {}
    template: dict[str, Any] = {"AWSTemplateFormatVersion": "2010-09-09"}
    if format == "sam":
        template["Transform"] = "AWS::Serverless-2016-10-31"
        properties = {
            "Name": made.name,
            "Type": made.type,
            "Definition": made.definition,
            **given,
            "Policies": [made.policy],
        }
        resources: dict[str, Any] = {id: {"Type": "AWS::Serverless::StateMachine", "Properties": properties}}
    else:
        block = _Block(json.dumps(made.definition, indent=2, ensure_ascii=False) + "\n")
        machine = {
            "StateMachineName": made.name, "StateMachineType": made.type, "DefinitionString": block, **given,
            "RoleArn": {"Fn::GetAtt": [f"{id}Role", "Arn"]},
        }  # fmt: skip
        role = {
            "AssumeRolePolicyDocument": _TRUST,
            "Policies": [{"PolicyName": "machine", "PolicyDocument": made.policy}],
        }
        resources = {
            id: {"Type": "AWS::StepFunctions::StateMachine", "Properties": machine},
            f"{id}Role": {"Type": "AWS::IAM::Role", "Properties": role},
        }
    if parameters:
        template["Parameters"] = parameters
    template["Resources"] = resources
    text = yaml.dump(template, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    return str(text)


def _terraform(made: Snippet) -> str:
    id = _identifier(made.name)
    names = {name: _identifier(name) for name in _names(made.definition)}
    text = json.dumps(made.definition, indent=2, ensure_ascii=False)
    text = re.sub(r"%\{", "%%{", text)
    text = _PLACEHOLDER.sub(lambda match: f"${{var.{names[match[1]]}}}", text)
    variables = "".join(f'variable "{name}" {{\n  type = string\n}}\n\n' for name in dict.fromkeys(names.values()))
    body = "\n".join(f"    {line}" for line in text.splitlines())
    return f"""{variables}resource "aws_sfn_state_machine" "{id}" {{
  name       = "{made.name}"
  type       = "{made.type}"
  role_arn   = aws_iam_role.{id}.arn
  definition = <<-JSON
{body}
    JSON
}}

resource "aws_iam_role" "{id}" {{
  name               = "{made.name}"
  assume_role_policy = {_encoded(_TRUST)}
}}

resource "aws_iam_role_policy" "{id}" {{
  name   = "machine"
  role   = aws_iam_role.{id}.id
  policy = {_encoded(made.policy)}
}}
"""


def _encoded(value: Json) -> str:
    """Return a JSON value as Terraform's ``jsonencode``; HCL's strings have JSON's escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    first, *rest = re.sub(r'": ', '" = ', text).splitlines()
    return "jsonencode(" + "\n".join([first, *(f"  {line}" for line in rest)]) + ")"


def _names(value: Json) -> list[str]:
    return list(dict.fromkeys(name.strip() for text in texts(value) for name in _PLACEHOLDER.findall(text)))


def _placeholders(definition: Mapping[str, Json]) -> dict[str, str]:
    """Return the parameter of each placeholder: a parameter's name has letters and digits only."""
    found: dict[str, str] = {}
    for name in _names(definition):
        if name.startswith("AWS::"):
            continue  # a template fills these in itself
        plain = re.sub(r"[^A-Za-z0-9]", "", name) or "Value"
        found[name] = plain if plain not in found.values() else f"{plain}{len(found)}"
    return found


def _id(name: str) -> str:
    """Return a logical id: letters and digits.

    >>> _id("order-flow")
    'OrderFlow'
    """
    words = re.findall(r"[A-Za-z0-9]+", name)
    return "".join(word[:1].upper() + word[1:] for word in words) or "StateMachine"


def _identifier(name: str) -> str:
    """Return a Terraform identifier.

    >>> _identifier("Order.Arn")
    'order_arn'
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "machine"
    return plain if plain[0].isalpha() else f"_{plain}"


class _Block(str):
    """A text that YAML is to hold line by line."""

    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Writes `_Block` as a literal block, and no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(_Block, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|"))
