"""The state machines in a text or a file, whatever the format: found, listed, chosen by name.

Owns the choice of the format; each format has a module of its own. Only files and cells come here: who is asked to
create a machine gets the definition itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from sfnbook.errors import InputError
from sfnbook.language.reader import Reading
from sfnbook.templates import cloudformation, manifests, serverless
from sfnbook.templates.cloudformation import PLACEHOLDER, Template, filled, filler
from sfnbook.templates.document import Document, InnerDocument, Where, read_text
from sfnbook.templates.expansion import Expanded, Origin
from sfnbook.templates.machine import TemplateMachine, is_traced, machine_type, reading_of
from sfnbook.templates.positions import PlacedText
from sfnbook.values import Json

_INSIDE: Final = ("definition", "Definition", "DefinitionString")
_HCL: Final = re.compile(r'^\s*(?:resource\s+"|module\s+"|locals\s*\{|terraform\s*\{|provider\s+")', re.MULTILINE)
_SOURCE: Final = re.compile(r"aws_cdk|aws-cdk|aws_stepfunctions|stepfunctions\.(?:steps|workflow)|import stepfunctions")
_OPENING: Final = re.compile(r'\{\s*"(?:Comment|StartAt|States|QueryLanguage|TimeoutSeconds|Version)"\s*:')
"""How a definition begins inside a table or a line of tab-separated texts."""
_DESCRIBE: Final = "aws stepfunctions describe-state-machine --state-machine-arn ..."
CODE: Final = frozenset({".py", ".ts", ".js", ".java", ".cs", ".go", ".mjs"})


def find(
    text: str,
    substitutions: Mapping[str, str] | None = None,
    file: Path | None = None,
    names: Mapping[str, Json] | None = None,
) -> list[TemplateMachine]:
    """Return the state machines that a text holds, in its order: one without an id where the text is a definition.

    substitutions: what ``${Name}`` placeholders and a template's parameters stand for. file: where the text was read;
    the files that it names are looked for beside. names: what a template's ``Ref`` and ``Fn::GetAtt`` give. Raises InputError for a text that holds none, or a substitution that
    nothing needs.
    """
    fill = substitutions or {}
    document = Document(text, file)
    found = _machines(document, fill, names or {})
    for name in fill:
        if not any(_needs(text, one, name) for one in found):
            _refuse_unknown(document, {name: fill[name]})
    return found


def find_in(
    path: str | Path, substitutions: Mapping[str, str] | None = None, names: Mapping[str, Json] | None = None
) -> list[TemplateMachine]:
    """Return the state machines in a file, or in all templates of a ``cdk.out`` folder. Raises InputError."""
    place = Path(path).expanduser()
    if place.is_dir():
        return _cloud_assembly(place, substitutions)
    if place.suffix in CODE:
        raise InputError(_source_code(place, read_text(place)))
    return find(read_text(place), substitutions, place, names)


def choose(machines: Sequence[TemplateMachine], name: str = "", asked: str = "") -> TemplateMachine:
    """Return the one machine that is meant: the only one, or the one of that name.

    name: a hint that need not fit where there is one machine only. asked: a name that must fit. Raises InputError that
    lists the machines.
    """
    wanted = asked or name
    fitting = [one for one in machines if one.called(wanted)]
    if not fitting and not asked and len(machines) == 1:
        fitting = list(machines)
    if len(fitting) == 1:
        if fitting[0].problem:
            raise InputError(fitting[0].problem)
        return fitting[0]
    names = ", ".join(dict.fromkeys(one.id or one.name for one in machines)) or "none"
    count = f"{len(machines)} state machine{'s' if len(machines) != 1 else ''}"
    if asked:
        raise InputError(f"There is no one state machine {asked} among the {count}: {names}.")
    first = machines[0].id
    raise InputError(
        f"This template has {count}: {names}. Take one by its name: --machine {first} in a terminal, %statemachine "
        f"{first} --file FILE in a notebook, StateMachine(Path(FILE), name={first!r}) in Python."
    )


def machine_names(template: Template) -> dict[str, Json]:
    """Return what ``Ref`` gives for a template's machines: their ARNs here."""
    found: dict[str, Json] = {}
    for one in cloudformation.machines(template, {}):
        arn = f"arn:aws:states:us-east-1:123456789012:stateMachine:{one.name}"
        found |= {one.id: arn, f"{one.id}.Arn": arn, f"{one.id}.Name": one.name}
    return found


# -- formats ---------------------------------------------------------------------------------------------------------


def _machines(document: Document, fill: Mapping[str, str], names: Mapping[str, Json]) -> list[TemplateMachine]:
    text = document.text
    if _is_hcl(text):
        from sfnbook.templates import terraform

        return terraform.machines(document, fill)
    value = document.value
    bare = isinstance(value, str) and not value.lstrip().startswith("{")  # tab-separated text is a YAML scalar
    if ((value is None and not document.reading.ok) or bare) and (
        inside := _described_text(document, fill)
    ) is not None:
        return inside
    if not document.reading.ok and (found := manifests.machines(document, fill)):
        return found
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return [TemplateMachine("", document.string(()).replaced(PLACEHOLDER, filler(fill)).read(document.source))]
    if not isinstance(value, dict) or "States" in value or "StartAt" in value:
        return [_plain(document, fill)]
    if isinstance(value.get("Resources"), dict):
        return _resources(document, fill, names)
    if serverless.is_serverless(value):
        return serverless.machines(document, fill)
    if found := manifests.machines(document, fill):
        return found
    if any(key in value for key in ("terraform_version", "format_version", "resource", "planned_values")):
        from sfnbook.templates import terraform

        if found := terraform.from_json(document, fill):
            return found
    return _described(document, fill) or [_plain(document, fill)]


def _resources(document: Document, fill: Mapping[str, str], names: Mapping[str, Json]) -> list[TemplateMachine]:
    """Return the machines of a template. Raises InputError for one without any."""
    template = Template(document, fill, names)
    resources = template.document.get(("Resources",))
    listed = [one for one in resources.values() if isinstance(one, dict)] if isinstance(resources, dict) else []
    found = cloudformation.machines(template, fill)
    if found or any(str(one.get("Type")) in cloudformation.TYPES for one in listed):
        return found
    elsewhere = [place for _, place, inner in cloudformation.nested(template) if inner is None]
    more = f" Its nested stacks are elsewhere, give them: {', '.join(elsewhere)}." if elsewhere else ""
    raise InputError(f"This template has no state machine among its Resources.{more}")


def _is_hcl(text: str) -> bool:
    return not text.lstrip("\ufeff \t\r\n").startswith(("{", "[", '"')) and bool(_HCL.search(text)) and "{" in text


def _plain(document: Document, fill: Mapping[str, str]) -> TemplateMachine:
    text = PlacedText.whole(document.text).replaced(PLACEHOLDER, filler(fill))
    if text.text is document.text:
        from sfnbook.language import reader

        return TemplateMachine("", reader.read(document.text), file=document.file)
    return TemplateMachine("", text.read(document.source), file=document.file)


def _described(document: Document, fill: Mapping[str, str]) -> list[TemplateMachine]:
    """Return the machine of DescribeStateMachine's answer, or of what CreateStateMachine takes."""
    value = document.value
    if (inner := _inner(document)) is not None:
        return _machines(inner, fill, {}) if isinstance(inner.value, dict) else []
    key = next((name for name in _INSIDE if name in value), None)
    if key is None:
        return []
    template = Template(document)
    given = template.value((key,))
    reading: Reading
    if isinstance(given, str) and given.lstrip().startswith("{"):
        reading = template.string((key,)).replaced(PLACEHOLDER, filler(fill)).read(document.source)
    elif isinstance(given, dict) and given:
        origins: dict[tuple[str | int, ...], tuple[str | int, ...]] = {}
        reading = reading_of(filled(template.value((key,), origins), filler(fill)), origins, document)
    else:
        return []
    name = (
        value.get("name") or value.get("StateMachineName") or str(value.get("stateMachineArn", "")).rpartition(":")[2]
    )
    return [
        TemplateMachine(
            "",
            reading,
            name if isinstance(name, str) else "",
            machine_type(value.get("type", value.get("StateMachineType"))),
            document.file,
            value.get("roleArn", value.get("RoleArn")),
            value.get("loggingConfiguration", value.get("LoggingConfiguration")),
            tracing=is_traced(value.get("tracingConfiguration", value.get("TracingConfiguration"))),
        )
    ]


def _inner(document: Document) -> Document | None:
    """Return the document that an answer of AWS carries: a resource of Cloud Control, a template of GetTemplate."""
    value = document.value
    described = value.get("ResourceDescription") if isinstance(value, dict) else None
    where: Where = ("TemplateBody",)
    if isinstance(described, dict) and "Properties" in described:
        where = ("ResourceDescription", "Properties")
    elif not isinstance(value, dict) or "TemplateBody" not in value:
        return None
    given = document.get(where)
    if isinstance(given, dict):
        return Expanded(document.text, document.file, given, {(): Origin(document, where, {})})
    return InnerDocument(document, where) if isinstance(given, str) else None


def _described_text(document: Document, fill: Mapping[str, str]) -> list[TemplateMachine] | None:
    """Return the machine in the text or table that ``aws stepfunctions describe-state-machine`` prints."""
    text = document.text
    if ":stateMachine:" not in text:
        return None
    match = _OPENING.search(text)
    if match is None:
        return None
    start = match.start()
    try:
        _, end = json.JSONDecoder().raw_decode(text, start)
    except ValueError:  # what is wrong with it is said of the definition alone
        end = max(text.rfind("}") + 1, match.end())
    placed = PlacedText.part(text, start, end)
    around = re.search(r"\b(EXPRESS|STANDARD)\b", text[:start] + text[end:])
    name = re.search(r":stateMachine:([\w-]+)", text)
    reading = placed.replaced(PLACEHOLDER, filler(fill)).read(document.source)
    type = machine_type(around[1]) if around else None
    return [TemplateMachine("", reading, name[1] if name else "", type, document.file)]


def _cloud_assembly(folder: Path, substitutions: Mapping[str, str] | None) -> list[TemplateMachine]:
    """Return the machines of every template of a folder that ``cdk synth`` wrote, nested assemblies included."""
    found: list[TemplateMachine] = []
    for path in sorted(folder.rglob("*.template.json")):
        document = Document(read_text(path), path)
        if isinstance(document.value, dict) and isinstance(document.value.get("Resources"), dict):
            found += cloudformation.machines(Template(document, substitutions or {}), substitutions or {})
    if not found:
        raise InputError(f"The folder {folder} has no template (*.template.json) with a state machine in it.")
    return found


def _source_code(path: Path, text: str) -> str:
    if "stepfunctions.workflow" in text or re.search(r"from stepfunctions|import stepfunctions", text):
        return f"{path} is a program. Print what it makes, `print(workflow.definition.to_json())`, and give that."
    if _SOURCE.search(text):
        return f"{path} is a CDK program. Run `cdk synth` and give the folder cdk.out, or one of its templates."
    return f"{path} is a program, no definition. Give the JSON or YAML that it makes, or what `{_DESCRIBE}` answers."


# -- placeholders ----------------------------------------------------------------------------------------------------


def substitutions(pairs: Iterable[str]) -> dict[str, str]:
    """Return what ``NAME=VALUE`` texts say. Raises InputError for one that is none."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise InputError(f"--substitute {pair}: write NAME=VALUE, for example --substitute Table=orders.")
        found[name.removeprefix("${").removesuffix("}")] = value
    return found


def _needs(text: str, machine: TemplateMachine, name: str) -> bool:
    if f"${{{name}}}" in text or re.search(rf"\b{re.escape(name)}\b", text):
        return True
    source = machine.definition.source
    return source is not None and f"${{{name}}}" in source.text


def _refuse_unknown(document: Document, fill: Mapping[str, Json]) -> None:
    there = ", ".join(dict.fromkeys(match[0] for match in PLACEHOLDER.finditer(document.text))) or "none"
    raise InputError(f"The definition has no ${{{next(iter(fill))}}} to fill in. Its placeholders: {there}.")
