"""CloudFormation, SAM and CDK templates: their state machines, with every function decided that needs no deployment.

Decided here: Ref to a parameter's default or a resource's own name, Sub, Join, Select, Split, FindInMap, If with its
conditions, Base64, GetAZs, pseudo parameters. What only a deployment knows stays a placeholder with a name:
``!GetAtt Decide.Arn`` is ``${Decide.Arn}``. Owns no file but those that ``DefinitionUri`` names beside the template.

cfn-lint's decoder was weighed: its import costs 1.1 s of CPU time (sympy, networkx, the region schemas; 170 MB
installed) for every command and cell that meets a template, and its nodes do not say where the characters of a
``!Sub |`` block stand. PyYAML's nodes, which are read here anyway, do.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.language.reader import Reading
from sfnbook.templates.document import Document, Where, read_text
from sfnbook.templates.expansion import expanded
from sfnbook.templates.machine import TemplateMachine, is_traced, machine_type, reading_of, unreadable
from sfnbook.templates.positions import PlacedText
from sfnbook.values import Json, to_text

TYPES: Final = frozenset({"AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"})

PSEUDO: Final[Mapping[str, str]] = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "sfnbook",
    "AWS::StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/sfnbook/1",
}
"""What CloudFormation knows by itself, as it is here."""

PLACEHOLDER: Final = re.compile(r"\$\{([^{}\n!][^{}\n]*)\}")
_SUB: Final = re.compile(r"\$\{\s*(!?)([^{}\n]*?)\s*\}")
_ZONES: Final = "abc"
MAX_DEPTH: Final = 100
MAX_NESTED: Final = 10

_NAMES: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Serverless::SimpleTable": "TableName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Events::EventBus": "Name",
    "AWS::SSM::Parameter": "Name",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::Glue::Job": "Name",
    "AWS::Athena::WorkGroup": "Name",
    "AWS::Logs::LogGroup": "LogGroupName",
}
"""The property whose value ``Ref`` gives, where a template may set it."""


class _Absent:
    """The type of `NO_VALUE`."""


NO_VALUE: Final = _Absent()
"""What ``AWS::NoValue`` stands for: the property or item is not there."""


@dataclass
class Template:
    """A template and what is known of it.

    parameters: values given for its parameters, before their defaults. depth: how many stacks it is inside of. names: what ``Ref`` and ``Fn::GetAtt`` give for
    resources that exist, as ``{"Table": "orders", "Queue.Arn": "arn:..."}``.
    """

    document: Document
    parameters: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Json] = field(default_factory=dict)
    depth: int = 0
    _deciding: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.document = expanded(self.document, self._collection)

    def _collection(self, given: Json) -> Json:
        """Return what a loop goes over: values, where parameters and Mappings tell."""
        known = {part: _mapping(self.document.value, part) for part in ("Parameters", "Mappings")}
        return Template(Document(to_text({**known, "Of": given})), self.parameters).value(("Of",))

    @cached_property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        """The resources by logical id, each with a Type; those whose condition is known to be false left out."""
        found = _mapping(self.document.value, "Resources")
        return {
            id: one
            for id, one in found.items()
            if isinstance(one, dict)
            and isinstance(one.get("Type"), str)
            and (one.get("Condition") is None or self.condition(one["Condition"]) is not False)
        }

    def machines(self) -> Iterator[tuple[str, Where, Mapping[str, Any]]]:
        """Yield the state machines: logical id, place of the properties, properties."""
        for id, one in self.resources.items():
            if one["Type"] in TYPES:
                properties = one.get("Properties")
                yield id, ("Resources", id, "Properties"), properties if isinstance(properties, dict) else {}

    # -- values

    def value(self, where: Where, origins: dict[Where, Where] | None = None, path: Where = ()) -> Json:
        """Return the value at a place with its functions decided; `NO_VALUE` where there is none.

        origins: gets, for each place in the answer that begins at ``path``, its place in the document.
        """
        return self._decide(self.document.get(where), where, {} if origins is None else origins, path, 0)

    def _decide(self, node: Json, where: Where, origins: dict[Where, Where], path: Where, depth: int) -> Json:
        origins[path] = where
        if depth > MAX_DEPTH:
            return node
        if isinstance(node, dict):
            if (call := _call(node)) is not None and call[0] != "Condition":
                return self._function(*call, where, origins, path, depth + 1)
            made = {
                key: self._decide(one, (*where, key), origins, (*path, key), depth + 1) for key, one in node.items()
            }
            return {key: one for key, one in made.items() if one is not NO_VALUE}
        if isinstance(node, list):
            items: list[Json] = []
            for index, one in enumerate(node):
                item = self._decide(one, (*where, index), origins, (*path, len(items)), depth + 1)
                if item is not NO_VALUE:
                    items.append(item)
            return items
        return node

    def _function(
        self, name: str, given: Json, where: Where, origins: dict[Where, Where], path: Where, depth: int
    ) -> Json:
        inner = (*where, name)
        if name == "Fn::If" and isinstance(given, list) and len(given) == 3:
            known = self.condition(given[0])
            if known is None and not any(isinstance(one, (dict, list)) for one in given[1:]):
                return f"${{{given[0]}}}"
            taken = 2 if known is False else 1
            return self._decide(given[taken], (*inner, taken), origins, path, depth)
        if name in ("Fn::Sub", "Fn::Join"):
            return self.string(where).text
        if name == "Ref":
            return self.reference(given) if isinstance(given, str) else _placeholder(given)
        value = self._decide(given, inner, {}, (), depth)
        match name, value:
            case "Fn::GetAtt", str() | list():
                return self.attribute(value if isinstance(value, str) else ".".join(map(_words, value)))
            case "Fn::ImportValue", str():
                return f"${{{value}}}" if not PLACEHOLDER.search(value) else value
            case "Fn::FindInMap", [str(table), str(key), str(column), *rest]:
                return self._in_map(table, key, column, rest)
            case "Fn::Select", [int() | str() as index, list(items)] if str(index).isdigit():
                return items[int(index)] if int(index) < len(items) else _placeholder(given)
            case "Fn::Split", [str(separator), str(text)] if separator and not PLACEHOLDER.search(text):
                return text.split(separator)
            case "Fn::GetAZs", _:
                return [f"{PSEUDO['AWS::Region']}{zone}" for zone in _ZONES]
            case "Fn::Base64", str():
                return base64.b64encode(value.encode()).decode()
            case "Fn::ToJsonString", _:
                return to_text(value)
            case "Fn::Length", list():
                return len(value)
        return f"${{{name.removeprefix('Fn::')}}}"

    def _in_map(self, table: str, key: str, column: str, rest: list[Json]) -> Json:
        found = _mapping(self.document.value, "Mappings").get(table)
        for part in (key, column):
            found = found.get(part) if isinstance(found, dict) else None
        if found is not None:
            return found
        if rest and isinstance(rest[0], dict) and "DefaultValue" in rest[0]:
            return rest[0]["DefaultValue"]
        return f"${{{table}.{key.strip('${}')}.{column.strip('${}')}}}"

    def string(self, where: Where) -> PlacedText:
        """Return the text at a place, a function's too, with the places of its characters."""
        node = self.document.get(where)
        at = self.document.span(where).start
        if isinstance(node, str):
            return self.document.string(where)
        match _call(node) if isinstance(node, dict) else None:
            case "Fn::Sub", str():
                return self._substituted(self.document.string((*where, "Fn::Sub")), {})
            case "Fn::Sub", [str(), *rest]:
                given = rest[0] if rest and isinstance(rest[0], dict) else {}
                local = {key: self.value((*where, "Fn::Sub", 1, key)) for key in given}
                return self._substituted(self.document.string((*where, "Fn::Sub", 0)), local)
            case "Fn::Join", [str(separator), list(parts)]:
                pieces: list[PlacedText] = []
                for index in range(len(parts)):
                    if pieces and separator:
                        pieces.append(PlacedText.at(separator, at))
                    pieces.append(self.string((*where, "Fn::Join", 1, index)))
                return PlacedText.joined(pieces)
            case "Fn::Join", [str(separator), dict()]:
                items = self.value((*where, "Fn::Join", 1))
                return PlacedText.at(
                    separator.join(map(_words, items)) if isinstance(items, list) else _words(items), at
                )
            case "Fn::If", [name, _, _]:
                return self.string((*where, "Fn::If", 2 if self.condition(name) is False else 1))
        value = self.value(where)
        return PlacedText.at("" if value is NO_VALUE else _words(value), at)

    def _substituted(self, text: PlacedText, local: Mapping[str, Json]) -> PlacedText:
        def value(match: re.Match[str]) -> str | None:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in local:
                return None if local[name] is NO_VALUE else _words(local[name])
            found = self.attribute(name) if "." in name else self.reference(name)
            return _words(found)

        return text.replaced(_SUB, value)

    # -- names

    def reference(self, name: str) -> Json:
        """Return what ``Ref`` gives, a placeholder where only a deployment knows."""
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in PSEUDO:
            return PSEUDO[name]
        if name in self.names:
            return self.names[name]
        parameter = _mapping(self.document.value, "Parameters").get(name)
        if isinstance(parameter, dict):
            return self._parameter(name, parameter)
        resource = self.resources.get(name, {})
        property = _NAMES.get(str(resource.get("Type")))
        properties = resource.get("Properties")
        if property and isinstance(properties, dict) and property in properties and name not in self._deciding:
            self._deciding.add(name)
            try:
                return self.value(("Resources", name, "Properties", property))
            finally:
                self._deciding.discard(name)
        return f"${{{name}}}"

    def _parameter(self, name: str, parameter: Mapping[str, Any]) -> Json:
        kind = str(parameter.get("Type", "String"))
        value = self.parameters.get(name, parameter.get("Default"))
        if value is None or (kind.startswith("AWS::SSM::") and name not in self.parameters):
            return f"${{{name}}}"
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return [part.strip() for part in _words(value).split(",")]
        return _words(value)

    def attribute(self, name: str) -> Json:
        """Return what ``Fn::GetAtt`` gives, a placeholder where only a deployment knows."""
        return self.names.get(name, f"${{{name}}}")

    # -- conditions

    def condition(self, name: Json) -> bool | None:
        """Return what the condition of a name says: None where only a deployment knows."""
        known = isinstance(name, str) and name in _mapping(self.document.value, "Conditions")
        return self._condition(("Conditions", name), 0) if known else None

    def _condition(self, where: Where, depth: int) -> bool | None:
        node = self.document.get(where)
        if depth > MAX_DEPTH:
            return None
        match _call(node) if isinstance(node, dict) else None:
            case "Condition", str(name) if name in _mapping(self.document.value, "Conditions"):
                return self._condition(("Conditions", name), depth + 1)
            case "Fn::Equals", [_, _]:
                pair = [self.value((*where, "Fn::Equals", index)) for index in (0, 1)]
                if any(PLACEHOLDER.search(_words(each)) for each in pair if each is not NO_VALUE):
                    return None
                return _words(pair[0]) == _words(pair[1])
            case "Fn::Not", [_]:
                inner = self._condition((*where, "Fn::Not", 0), depth + 1)
                return None if inner is None else not inner
            case ("Fn::And" | "Fn::Or") as name, list(parts):
                seen = [self._condition((*where, name, index), depth + 1) for index in range(len(parts))]
                decisive = name == "Fn::Or"
                return decisive if decisive in seen else None if None in seen else not decisive
        return None


# -- machines --------------------------------------------------------------------------------------------------------


def machines(template: Template, fill: Mapping[str, str]) -> list[TemplateMachine]:
    """Return the state machines of a template, what cannot be read among them as a reading that says so.

    fill: what placeholders stand for, before the template's own DefinitionSubstitutions.
    """
    found = [_machine(template, id, where, properties, fill) for id, where, properties in template.machines()]
    for id, place, inner in nested(template):
        if inner is not None:
            found += [replace(one, id=f"{id}/{one.id}", nested=True) for one in machines(inner, fill)]
        elif place.endswith((".yaml", ".yml", ".json", ".template")) and ":" not in place:
            where = f"its template in {place}, which is not there"
            found.append(
                unreadable(id, f"The stack {id} of {_name(template.document)} has {where}.", template.document)
            )
    return found


NESTED: Final = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}
"""The property that names the template of a stack inside a template."""


def stacks(template: Template) -> Iterator[Template]:
    """Yield a template and those of the stacks inside it, as far as they are here."""
    yield template
    for _, _, inner in nested(template):
        if inner is not None:
            yield from stacks(inner)


def nested(template: Template) -> Iterator[tuple[str, str, Template | None]]:
    """Yield the stacks inside a template: logical id, where its template is, and that, None for one that is not here."""
    for id, one in template.resources.items():
        properties = one.get("Properties")
        name = NESTED.get(one["Type"])
        if name is None or not isinstance(properties, dict) or name not in properties:
            continue
        place = template.value(("Resources", id, "Properties", name))
        file = template.document.folder / place if isinstance(place, str) and ":" not in place else None
        if file is None or not file.is_file() or template.depth > MAX_NESTED:
            yield id, _words(place), None
            continue
        given = template.value(("Resources", id, "Properties", "Parameters")) if "Parameters" in properties else {}
        parameters = {key: _words(value) for key, value in given.items()} if isinstance(given, dict) else {}
        yield id, str(place), Template(Document(read_text(file), file), parameters, depth=template.depth + 1)


def _machine(
    template: Template, id: str, where: Where, properties: Mapping[str, Any], fill: Mapping[str, str]
) -> TemplateMachine:
    def decided(*names: str) -> Json:
        name = next((one for one in names if one in properties), None)
        value = template.value((*where, name)) if name is not None else None
        return None if value is NO_VALUE else value

    given = decided("DefinitionSubstitutions")
    substitutions = {**(given if isinstance(given, dict) else {}), **fill}
    try:
        reading, file = _definition(template, id, where, properties, substitutions)
    except InputError as error:
        return unreadable(id, str(error), template.document)
    name = decided("Name", "StateMachineName")
    return TemplateMachine(
        id,
        reading,
        name if isinstance(name, str) and not PLACEHOLDER.search(name) else id,
        machine_type(decided("Type", "StateMachineType")),
        file,
        decided("Role", "RoleArn"),
        decided("Logging", "LoggingConfiguration"),
        template.document.file,
        substitutions=substitutions,
        tracing=is_traced(decided("Tracing", "TracingConfiguration")),
    )


def _definition(
    template: Template, id: str, where: Where, properties: Mapping[str, Any], substitutions: Mapping[str, Json]
) -> tuple[Reading, Path | None]:
    document = template.document
    fill = filler(substitutions)
    for name in ("DefinitionString", "Definition"):
        home = document.home((*where, name))
        given = properties.get(name)
        if isinstance(given, dict) and "Fn::ToJsonString" in given:
            origins: dict[Where, Where] = {}
            value = template.value((*where, name, "Fn::ToJsonString"), origins)
            return reading_of(filled(value, fill), origins, document), home.file
        if isinstance(given, dict) and (place := _included(given)):
            return _file(template, id, place, fill)
    if "DefinitionString" in properties:
        home = document.home((*where, "DefinitionString"))
        text = template.string((*where, "DefinitionString")).replaced(PLACEHOLDER, fill)
        return text.read(home.source), home.file
    if "Definition" in properties:
        origins = {}
        value = template.value((*where, "Definition"), origins)
        if isinstance(value, str):
            return template.string((*where, "Definition")).replaced(PLACEHOLDER, fill).read(home.source), home.file
        return reading_of(filled(value, fill), origins, document), home.file
    uri = next((name for name in ("DefinitionUri", "DefinitionS3Location") if name in properties), None)
    if uri is None:
        raise InputError(
            f"The machine {id} of {_name(document)} has no definition: write its DefinitionUri or Definition."
        )
    return _file(template, id, template.value((*where, uri)), fill)


def _included(node: Mapping[str, Any]) -> Json:
    """Return the place that the macro AWS::Include takes a value from, None for anything else."""
    call = node.get("Fn::Transform")
    if not isinstance(call, dict) or call.get("Name") != "AWS::Include":
        return None
    return _mapping(call, "Parameters").get("Location")


def _asset(place: Json, document: Document) -> str | None:
    """Return the file of a CDK asset: ``cdk synth`` puts it beside the template, named by its key in the bucket."""
    key = place.get("Key") if isinstance(place, dict) else None
    name = f"asset.{key}" if isinstance(key, str) else ""
    return name if name and (document.folder / name).is_file() else None


def _file(
    template: Template, id: str, place: Json, fill: Callable[[re.Match[str]], str | None]
) -> tuple[Reading, Path]:
    document = template.document
    place = _asset(place, document) or place
    if not isinstance(place, str) or place.startswith("s3:"):
        raise InputError(
            f"The machine {id} of {_name(document)} has its definition elsewhere, in {_words(place)}: give that file."
        )
    file = document.folder / place
    if not file.is_file():
        raise InputError(f"The machine {id} of {_name(document)} has its definition in {place}, which is not there.")
    text = PlacedText.whole(read_text(file))
    return text.replaced(PLACEHOLDER, fill).read(Document(text.text).source), file


def filler(substitutions: Mapping[str, Json]) -> Callable[[re.Match[str]], str | None]:
    """Return what replaces ``${Name}`` by the value of that name, and leaves the names alone that it does not know."""

    def fill(match: re.Match[str]) -> str | None:
        name = match[1].strip()
        if name in substitutions:
            return _words(substitutions[name])
        return PSEUDO.get(name)

    return fill


def filled(value: Json, fill: Callable[[re.Match[str]], str | None]) -> Json:
    """Return a value with the placeholders in its strings replaced."""
    if isinstance(value, dict):
        return {key: filled(one, fill) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, fill) for one in value]
    if isinstance(value, str) and "${" in value:
        return PLACEHOLDER.sub(lambda match: match[0] if (new := fill(match)) is None else new, value)
    return value


def _call(node: Mapping[str, Any]) -> tuple[str, Json] | None:
    if len(node) == 1:
        [(name, given)] = node.items()
        if name in ("Ref", "Condition") or name.startswith("Fn::"):
            return name, given
    return None


def _placeholder(value: Json) -> str:
    return f"${{{_words(value)}}}"


def _words(value: Json) -> str:
    return value if isinstance(value, str) else "" if value is NO_VALUE else to_text(value)


def _mapping(value: Json, key: str) -> Mapping[str, Any]:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _name(document: Document) -> str:
    return document.file.name if document.file is not None else "the template"
