"""The Serverless Framework's ``serverless.yml``: ``stepFunctions.stateMachines``, with its variables followed.

Decided here: ``${file(path):key}``, ``${self:...}``, ``${env:...}``, ``${opt:...}``, ``${sls:...}``, ``${param:...}`` and
fallbacks after a comma. CloudFormation's functions inside are the business of `cloudformation`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfnbook.errors import InputError
from sfnbook.templates.cloudformation import PLACEHOLDER, PSEUDO, Template, filled, filler
from sfnbook.templates.document import Document, Where, read_text
from sfnbook.templates.machine import TemplateMachine, machine_type, reading_of, unreadable
from sfnbook.templates.positions import PlacedText
from sfnbook.values import Json, to_text

_VARIABLE: Final = re.compile(r"\$\{((?:file\([^)]*\)|self:|env:|opt:|sls:|param:|stage\b)[^{}]*)\}")
_FILE: Final = re.compile(r"file\(([^)]*)\)(?::([\w.\-]+))?$")
_PSEUDO: Final = re.compile(r"#\{([\w.:]+)\}")
"""What the plugin serverless-pseudo-parameters writes for ``${AWS::Region}`` and ``!GetAtt``."""
_TEXT: Final = re.compile(r"(['\"])(.*)\1$", re.DOTALL)
_DEFAULTS: Final[Mapping[str, str]] = {
    "sls:stage": "dev",
    "opt:stage": "dev",
    "opt:region": "us-east-1",
    "stage": "dev",
}
MAX_DEPTH: Final = 20


def is_serverless(value: Json) -> bool:
    """Tell whether a document is a Serverless Framework service, or a part of one, with state machines."""
    return _holder(value) is not None


def _holder(value: Json) -> Where | None:
    if not isinstance(value, dict):
        return None
    inside = value.get("stepFunctions")
    if isinstance(inside, (dict, str)):
        return ("stepFunctions",)
    return () if isinstance(value.get("stateMachines"), (dict, list)) else None


def machines(document: Document, fill: Mapping[str, str]) -> list[TemplateMachine]:
    """Return the state machines of a service. Raises InputError for one without any."""
    where = _holder(document.value)
    found: list[TemplateMachine] = []
    holder, at = _followed(document, where if where is not None else (), document)
    if isinstance(_get(holder, at), dict):
        found = [
            _machine(id, inner, place, fill, document)
            for id, inner, place in _listed(document, *_followed(holder, (*at, "stateMachines"), document))
        ]
    if not found:
        raise InputError("This service has no state machine under stepFunctions.stateMachines.")
    return found


def _listed(service: Document, document: Document, where: Where) -> Iterator[tuple[str, Document, Where]]:
    """Yield the machines of a mapping, or of a list of mappings and of files: key or name, and where it is written."""
    value = _get(document, where)
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        inner, place = _followed(document, (*where, key), service)
        one = _get(inner, place)
        if isinstance(key, str):
            yield key, inner, place
        elif isinstance(one, dict) and "definition" in one:
            name = one.get("name")
            yield name if isinstance(name, str) and "${" not in name else f"stateMachine{key + 1}", inner, place
        elif isinstance(one, dict):
            yield from _listed(service, inner, place)


def _machine(id: str, document: Document, where: Where, fill: Mapping[str, str], service: Document) -> TemplateMachine:
    one = _get(document, where)
    call = _FILE.match(one.strip("${} ")) if isinstance(one, str) else None
    if call is not None:
        return unreadable(id, f"The machine {id} is in {call[1].strip()}, which is not there.", document)
    if not isinstance(one, dict) or "definition" not in one:
        return unreadable(id, f"The machine {id} has no definition that can be followed: {to_text(one)[:80]}", document)
    variables = Variables(service)
    inner, place = _followed(document, (*where, "definition"), service)
    given = _get(inner, place)
    substitutions = filler(fill)

    if isinstance(given, str):
        placed = PlacedText.whole(inner.text) if place == () else inner.string(place)
        if (missing := _FILE.match(given.strip("${}"))) is not None:
            return unreadable(id, f"The machine {id} has its definition in {missing[1]}, which is not there.", document)
        reading = placed.replaced(_VARIABLE, variables.text).replaced(PLACEHOLDER, substitutions).read(inner.source)
    else:
        origins: dict[Where, Where] = {}
        decided = Template(inner).value(place, origins)
        reading = reading_of(filled(_varied(decided, variables), substitutions), origins, inner)
    named = filled(_varied(one.get("name"), variables), substitutions)
    name = named if isinstance(named, str) and "${" not in named else id
    return TemplateMachine(
        id,
        reading,
        name,
        machine_type(one.get("type")),
        inner.file,
        one.get("role"),
        one.get("loggingConfig"),
        service.file,
    )


def _varied(value: Json, variables: Variables) -> Json:
    """Return a value with its variables followed; one that is nothing but a variable gets that one's value and type."""
    if isinstance(value, dict):
        return {key: _varied(one, variables) for key, one in value.items()}
    if isinstance(value, list):
        return [_varied(one, variables) for one in value]
    if isinstance(value, str):
        for _ in range(MAX_DEPTH):  # a variable inside another's name first
            if (whole := _VARIABLE.fullmatch(value)) is not None and (found := variables.value(whole[1])) is not None:
                return found
            new = _VARIABLE.sub(lambda match: match[0] if (new := variables.text(match)) is None else new, value)
            if new == value:
                break
            value = new
        return _PSEUDO.sub(lambda match: PSEUDO.get(match[1], f"${{{match[1]}}}"), value)
    return value


def _followed(document: Document, where: Where, service: Document) -> tuple[Document, Where]:
    """Return the document and place that a value leads to: itself, or the file of a ``${file(...)}``.

    Files are looked for beside the service, as the framework does, then beside the file that names them.
    """
    value = _get(document, where)
    match = _VARIABLE.fullmatch(value.strip()) if isinstance(value, str) else None
    call = _FILE.match(match[1].strip()) if match is not None else None
    if call is None:
        return document, where
    places = [one.folder / call[1].strip() for one in (service, document)]
    file = next((one for one in places if one.is_file()), None)
    if file is None:
        return document, where
    other = Document(read_text(file), file)
    return _followed(other, tuple(call[2].split(".")) if call[2] else (), service)


def _get(document: Document, where: Where) -> Json:
    try:
        return document.get(where)
    except (LookupError, TypeError):
        return None


class Variables:
    """The variables of a service. Values that nobody knows here are None."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._depth = 0

    def value(self, text: str) -> Json:
        """Return the value of what stands between ``${`` and ``}``: the first that is known of ``a, b, 'c'``."""
        for part in _alternatives(text):
            found = self._one(part.strip())
            if found is not None:
                return found
        return _DEFAULTS.get(text.strip())

    def text(self, match: re.Match[str]) -> str | None:
        """Return the text of a variable's value, None for one that is not known."""
        value = self.value(match[1])
        return None if value is None else value if isinstance(value, str) else to_text(value)

    def _one(self, text: str) -> Json:
        if quoted := _TEXT.match(text):
            return quoted[2]
        if re.fullmatch(r"-?\d+(\.\d+)?|true|false", text):
            return text
        if text.startswith("env:"):
            return os.environ.get(text[4:])
        if text.startswith("self:"):
            return self._inside(self.document, text[5:])
        if call := _FILE.match(text):
            file = self.document.folder / call[1].strip()
            return self._inside(Document(read_text(file), file), call[2] or "") if file.is_file() else None
        if text == "sls:stage":
            return self._inside(self.document, "provider.stage")
        return self._inside(self.document, f"params.default.{text[6:]}") if text.startswith("param:") else None

    def _inside(self, document: Document, path: str) -> Json:
        value: Any = document.value
        for part in path.split(".") if path else ():
            value = self.resolved(value)
            value = value.get(part) if isinstance(value, dict) else None
        return self.resolved(value)

    def resolved(self, value: Json) -> Json:
        """Return a value with the variables in it followed, where it is a text."""
        if not isinstance(value, str) or self._depth >= MAX_DEPTH:
            return value
        self._depth += 1
        try:
            for _ in range(MAX_DEPTH):  # a variable inside another's name first
                if (whole := _VARIABLE.fullmatch(value)) is not None:
                    return self.value(whole[1])
                new = _VARIABLE.sub(
                    lambda match: match[0] if (new := self.value(match[1])) is None else str(new), value
                )
                if new == value:
                    break
                value = new
            return value
        finally:
            self._depth -= 1


def _alternatives(text: str) -> list[str]:
    return re.findall(r"(?:'[^']*'|\"[^\"]*\"|\([^)]*\)|[^,])+", text)
