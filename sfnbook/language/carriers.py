"""Carriers: documents with a state machine inside: DescribeStateMachine's answer, a JSON text of a JSON text, templates.

Owns finding the definition in what SAM, CloudFormation, CDK and the Serverless Framework write, where their functions
become the placeholders that they stand for. Only files and cells come here: who is asked to create a machine gets the
definition itself. Knows nothing of states.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.language import reader
from sfnbook.values import Json

_TYPES: Final = frozenset({"AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"})
_INSIDE: Final = ("definition", "Definition", "DefinitionString")
_ELSEWHERE: Final = ("DefinitionUri", "DefinitionS3Location")
_PLACEHOLDER: Final = re.compile(r"\$\{[^{}\n]+\}")
_HCL: Final = re.compile(r'^\s*resource\s+"aws_sfn_state_machine"', re.MULTILINE)
_DESCRIBE: Final = "aws stepfunctions describe-state-machine --state-machine-arn ..."


_PSEUDO: Final[Mapping[str, str]] = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": "us-east-1",
    "${AWS::AccountId}": "123456789012",
    "${AWS::URLSuffix}": "amazonaws.com",
}
"""What CloudFormation knows by itself, as it is here."""


def carried(text: str, name: str = "") -> str:
    """Return the definition that a text holds: the text itself where it is one, or nothing that is known here.

    name: chooses among the machines of a template. Raises InputError where the definition is in another file, in
    Terraform's language, or one of several.
    """
    if _HCL.search(text):
        raise InputError(
            f"This is Terraform's language. Give the definition it makes: the file behind templatefile(...), or what "
            f"`{_DESCRIBE}` answers."
        )
    text = _known_here(text)
    value = reader.read(text).value
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return carried(value, name)
    if not isinstance(value, dict) or "States" in value or "StartAt" in value:
        return text
    machines = _machines(value)
    if not machines:
        return _definition(value) or text
    chosen = _chosen(machines, name)
    found = _definition(chosen)
    if found is None:
        place = next((chosen[key] for key in _ELSEWHERE if key in chosen), None)
        raise InputError(f"The template has its definition elsewhere, in {_words(place)}: give that file.")
    return found


def substituted(text: str, values: Mapping[str, str]) -> str:
    """Return a definition with its ``${Name}`` placeholders filled in, as SAM's DefinitionSubstitutions does.

    Raises InputError for a name that the text does not have.
    """
    for name, value in values.items():
        if f"${{{name}}}" not in text:
            there = ", ".join(dict.fromkeys(_PLACEHOLDER.findall(text))) or "none"
            raise InputError(f"The definition has no ${{{name}}} to fill in. Its placeholders: {there}.")
        text = text.replace(f"${{{name}}}", value)
    return text


def _machines(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return what a template says of its state machines, by their names in it."""
    resources = document.get("Resources")
    if isinstance(resources, dict):
        found = {id: one for id, one in resources.items() if isinstance(one, dict) and one.get("Type") in _TYPES}
        if not found:
            raise InputError("This template has no state machine among its Resources.")
        return {id: one["Properties"] if isinstance(one.get("Properties"), dict) else {} for id, one in found.items()}
    serverless = document.get("stepFunctions", document)
    machines = serverless.get("stateMachines") if isinstance(serverless, dict) else None
    return {id: one for id, one in machines.items() if isinstance(one, dict)} if isinstance(machines, dict) else {}


def _chosen(machines: Mapping[str, Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    if len(machines) == 1:
        return next(iter(machines.values()))
    for id, machine in machines.items():
        if name in (id, machine.get("StateMachineName"), machine.get("Name"), machine.get("name")):
            return machine
    names = ", ".join(machines)
    raise InputError(
        f"This template has {len(machines)} state machines: {names}. Take one by its name, as in "
        f"%statemachine {next(iter(machines))} --file FILE or StateMachine(Path(FILE), name={next(iter(machines))!r})."
    )


def _definition(holder: Mapping[str, Any]) -> str | None:
    """Return the definition under one of the names it has there, as text."""
    found = next((holder[key] for key in _INSIDE if key in holder), None)
    filled = _filled(found)
    if isinstance(filled, str) and filled.lstrip().startswith("{"):
        text = filled
    elif isinstance(filled, dict) and filled:
        text = json.dumps(filled, indent=2, ensure_ascii=False)
    else:
        return None
    substitutions = holder.get("DefinitionSubstitutions")
    for key, value in substitutions.items() if isinstance(substitutions, dict) else ():
        text = text.replace(f"${{{key}}}", _words(_filled(value)))
    return _known_here(text)


def _known_here(text: str) -> str:
    for pseudo, known in _PSEUDO.items():
        text = text.replace(pseudo, known)
    return text


def _filled(value: Json) -> Json:
    """Return a value with a template's functions as the texts or placeholders they stand for."""
    if isinstance(value, list):
        return [_filled(one) for one in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        return {key: _filled(one) for key, one in value.items()}
    [(key, given)] = value.items()
    match key, given:
        case "Ref", str():
            return f"${{{given}}}"
        case "Fn::GetAtt", _:
            return f"${{{given if isinstance(given, str) else '.'.join(map(_words, given))}}}"
        case "Fn::Sub", str() | [str(), *_]:
            return given if isinstance(given, str) else given[0]
        case "Fn::Join", [str(separator), list(parts)]:
            return separator.join(_words(_filled(part)) for part in parts)
    return f"${{{key}}}" if key.startswith("Fn::") else {key: _filled(given)}


def _words(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
