"""The Python functions of a template: where their code is, which handler, which environment. Runs none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sfnbook.templates.cloudformation import PLACEHOLDER, Template
from sfnbook.templates.document import Document, Where
from sfnbook.templates.serverless import Variables, is_serverless
from sfnbook.values import Json, to_text

TYPES: Final = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})


@dataclass(frozen=True)
class TemplateFunction:
    """A function of a template.

    id: its logical id. name: its FunctionName, else ``id``. handler: as ``app.lambda_handler``. folder: where its code
    is. source: the code itself where the template holds it, "" else. environment: its variables. layers: folders with
    packages. runtime: as ``python3.13``, "" where the template does not say.
    """

    id: str
    name: str
    handler: str
    folder: Path
    source: str = ""
    runtime: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[Path, ...] = ()

    @property
    def is_python(self) -> bool:
        """Whether it is written in Python."""
        return self.runtime.startswith("python") or (not self.runtime and bool(self.handler))


def functions(template: Template) -> Iterator[TemplateFunction]:
    """Yield the functions of a SAM, CloudFormation or CDK template."""
    shared = _globals(template)
    for id, one in template.resources.items():
        if one["Type"] in TYPES:
            properties = _decided(template, ("Resources", id, "Properties"))
            yield _function(template, id, {**shared, **properties}, shared, one)


def _globals(template: Template) -> dict[str, Any]:
    value = template.document.value
    shared = value.get("Globals") if isinstance(value, dict) else None
    return _decided(template, ("Globals", "Function")) if isinstance(shared, dict) and "Function" in shared else {}


def _decided(template: Template, where: Where) -> dict[str, Any]:
    try:
        value = template.value(where)
    except LookupError:
        return {}
    return value if isinstance(value, dict) else {}


def _function(
    template: Template, id: str, fields: Mapping[str, Any], shared: Mapping[str, Any], resource: Mapping[str, Any]
) -> TemplateFunction:
    folder = template.document.folder
    code = fields.get("CodeUri", fields.get("Code"))
    source = fields.get("InlineCode", code.get("ZipFile", "") if isinstance(code, dict) else "")
    metadata = resource.get("Metadata")
    asset = metadata.get("aws:asset:path") if isinstance(metadata, dict) else None
    place = asset if isinstance(asset, str) else code if isinstance(code, str) else "."
    name = fields.get("FunctionName")
    return TemplateFunction(
        id,
        name if isinstance(name, str) and not PLACEHOLDER.search(name) else id,
        str(fields.get("Handler", "index.handler" if source else "")),
        folder / place,
        source if isinstance(source, str) else "",
        str(fields.get("Runtime", "")),
        {**_variables(shared), **_variables(fields)},
        tuple(_layers(template, fields.get("Layers"))),
    )


def _variables(fields: Mapping[str, Any]) -> dict[str, str]:
    environment = fields.get("Environment")
    found = environment.get("Variables") if isinstance(environment, dict) else None
    return {key: _text(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else to_text(value)


def _layers(template: Template, layers: Json) -> Iterator[Path]:
    for layer in layers if isinstance(layers, list) else ():
        match = PLACEHOLDER.fullmatch(layer) if isinstance(layer, str) else None
        resource = template.resources.get(match[1].partition(".")[0], {}) if match else {}
        properties = resource.get("Properties")
        content = properties.get("ContentUri") if isinstance(properties, dict) else None
        if isinstance(content, str):
            yield template.document.folder / content / "python"
            yield template.document.folder / content


def serverless_functions(document: Document) -> Iterator[TemplateFunction]:
    """Yield the functions of a Serverless Framework service."""
    value = document.value
    listed = value.get("functions") if isinstance(value, dict) and is_serverless(value) else None
    variables = Variables(document)
    provider = value.get("provider") if isinstance(value, dict) else None
    shared = provider if isinstance(provider, dict) else {}
    for id, one in listed.items() if isinstance(listed, dict) else ():
        if isinstance(one, dict) and isinstance(one.get("handler"), str):
            given = {**_plain(shared.get("environment")), **_plain(one.get("environment"))}
            filled = {key: _text(variables.resolved(text)) for key, text in given.items()}
            runtime = str(one.get("runtime", shared.get("runtime", "")))
            yield TemplateFunction(str(id), str(id), one["handler"], document.folder, "", runtime, filled)


def _plain(value: Json) -> dict[str, Json]:
    return (
        {key: one for key, one in value.items() if not isinstance(one, (dict, list))} if isinstance(value, dict) else {}
    )
