"""Manifests that hold a machine's definition as a text: Kubernetes (ACK, Crossplane) and Pulumi's YAML and exports."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfnbook.templates.cloudformation import PLACEHOLDER, filled, filler
from sfnbook.templates.document import Document, Where
from sfnbook.templates.machine import TemplateMachine, machine_type, reading_of
from sfnbook.values import Json

_SPLIT: Final = re.compile(r"^---(?=\s|$).*$", re.MULTILINE)
_PULUMI: Final = ("aws:sfn:StateMachine", "aws:sfn/stateMachine:StateMachine")


def documents(document: Document) -> list[Document]:
    """Return the documents of a YAML stream, each as long as the whole file, so that places stay the file's."""
    marks = [0, *(match.start() for match in _SPLIT.finditer(document.text)), len(document.text)]
    found = []
    for start, end in itertools.pairwise(marks):
        part = _SPLIT.sub(lambda match: " " * len(match[0]), document.text[start:end])
        if part.strip():
            found.append(Document(re.sub(r"[^\n]", " ", document.text[:start]) + part, document.file))
    return found


def machine_fields(value: Json) -> Iterator[tuple[str, Where, Mapping[str, Any]]]:
    """Yield the machines of a manifest: id, place of the fields, fields (definition, name, type, ...)."""
    if not isinstance(value, dict):
        return
    if value.get("kind") == "StateMachine" and isinstance(spec := value.get("spec"), dict):
        metadata = value.get("metadata")
        id = str(metadata.get("name", "")) if isinstance(metadata, dict) else ""
        provider = spec.get("forProvider")
        if isinstance(provider, dict):
            yield id, ("spec", "forProvider"), provider
        else:
            yield id, ("spec",), spec
    if isinstance(items := value.get("items"), list) and value.get("kind") == "List":
        for index, item in enumerate(items):
            yield from ((id, ("items", index, *where), fields) for id, where, fields in machine_fields(item))
    if isinstance(resources := value.get("resources"), dict):
        for id, one in resources.items():
            if isinstance(one, dict) and one.get("type") in _PULUMI and isinstance(one.get("properties"), dict):
                yield id, ("resources", id, "properties"), one["properties"]
    deployment = value.get("deployment")
    if isinstance(deployment, dict) and isinstance(resources := deployment.get("resources"), list):
        for index, one in enumerate(resources):
            if isinstance(one, dict) and one.get("type") in _PULUMI and isinstance(one.get("inputs"), dict):
                id = str(one.get("urn", "")).rpartition("::")[2]
                yield id, ("deployment", "resources", index, "inputs"), one["inputs"]


def machines(document: Document, fill: Mapping[str, str]) -> list[TemplateMachine]:
    """Return the machines of the manifests in a file."""
    found = []
    for each in documents(document) if _SPLIT.search(document.text) else [document]:
        found += [_machine(each, id, where, fields, fill) for id, where, fields in machine_fields(each.value)]
    return found


def _machine(
    document: Document, id: str, where: Where, fields: Mapping[str, Any], fill: Mapping[str, str]
) -> TemplateMachine:
    given, place = fields.get("definition"), (*where, "definition")
    if isinstance(given, dict) and len(given) == 1 and next(iter(given)).lower() == "fn::tojson":
        place = (*place, next(iter(given)))
        given = document.get(place)
    if isinstance(given, str):
        reading = document.string(place).replaced(PLACEHOLDER, filler(fill)).read(document.source)
    else:
        origins = {path[len(place) :]: path for path in document.reading.places if path[: len(place)] == place}
        reading = reading_of(filled(given, filler(fill)), origins, document)
    name = fields.get("name")
    return TemplateMachine(
        id,
        reading,
        name if isinstance(name, str) and "${" not in name else id,
        machine_type(fields.get("type")),
        document.file,
        fields.get("roleARN", fields.get("roleArn")),
        fields.get("loggingConfiguration"),
        document.file,
    )
