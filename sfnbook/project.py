"""A project: a template whose functions and resources are here, so that its machines run as they are deployed.

``sfnbook run template.yaml`` makes the template's tables, queues, topics, buckets, rules and parameters in the embedded
services, binds the Python handlers from their folders, and fills in what ``Ref`` and ``Fn::GetAtt`` then give.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfnbook.tasks.aws.services import stack
from sfnbook.tasks.functions.code_folder import CodeFolder
from sfnbook.tasks.registry import Registry
from sfnbook.templates.cloudformation import PLACEHOLDER, Template, stacks
from sfnbook.templates.document import Document, read_text
from sfnbook.templates.find import find_in, machine_names
from sfnbook.templates.functions import TemplateFunction, functions, serverless_functions
from sfnbook.templates.machine import TemplateMachine
from sfnbook.values import Json, texts


class Project:
    """A template file, its functions and its resources.

    names: what ``Ref`` and ``Fn::GetAtt`` give for what was made. notes: what a user should know: what was made, which
    packages are missing, what could not be made and why.
    """

    def __init__(self, path: Path, substitutions: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.substitutions = substitutions or {}
        self.names: dict[str, Json] = {}
        self.notes: list[str] = []
        document = Document(read_text(path), path) if path.is_file() else None
        value = document.value if document is not None else None
        self.template = None
        if document is not None and isinstance(value, dict) and isinstance(value.get("Resources"), dict):
            self.template = Template(document, self.substitutions, self.names)
        self.document = document

    def set_up(self) -> None:
        """Make the template's resources in the embedded services, each after those that it refers to."""
        if self.template is None:
            return
        self.names.update(machine_names(self.template))
        waiting = {id: one for id, one in self.template.resources.items() if one["Type"] in stack.TYPES}
        while waiting:
            ready = [id for id in waiting if not self._needs(id) & (waiting.keys() - {id})] or list(waiting)[:1]
            for id in ready:
                self._make(id, str(waiting.pop(id)["Type"]))

    def _needs(self, id: str) -> set[str]:
        return {
            match[1].partition(".")[0] for text in texts(self._properties(id)) for match in PLACEHOLDER.finditer(text)
        }

    def _properties(self, id: str) -> dict[str, Any]:
        assert self.template is not None
        if "Properties" not in self.template.resources[id]:
            return {}
        value = self.template.value(("Resources", id, "Properties"))
        return value if isinstance(value, dict) else {}

    def _make(self, id: str, type: str) -> None:
        properties = _known(self._properties(id))
        try:
            self.names.update(stack.make(id, type, properties if isinstance(properties, dict) else {}))
            self._note(f"made {type.removeprefix('AWS::')} {id}: {self.names[id]}")
        except Exception as error:  # moto's and boto3's own, of many kinds: the run goes on without the resource
            self._note(f"could not make {type.removeprefix('AWS::')} {id}: {error}")

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def functions(self) -> list[TemplateFunction]:
        """Return the project's functions, with the names that are known."""
        if self.template is not None:
            return [one for stack in stacks(self.template) for one in functions(stack)]
        return list(serverless_functions(self.document)) if self.document is not None else []

    def machines(self) -> list[TemplateMachine]:
        """Return the project's machines, with the names that are known."""
        return find_in(self.path, self.substitutions, self.names)

    def bind(self, registry: Registry) -> None:
        """Let the project's Python functions answer tasks, where nothing else is bound and the namespace has no function."""
        bound = {binding.pattern for binding in registry}
        bound |= {name for name, value in registry.namespace.items() if callable(value)}
        for function in self.functions():
            if not function.is_python:
                self._note(f"{function.id} is not bound: its runtime is {function.runtime or 'unknown'}")
                continue
            target = CodeFolder(
                function.name,
                function.handler,
                function.folder,
                source=function.source,
                environment=function.environment,
                path=function.layers,
            )
            there, words = target.check()
            if not there:
                self._note(f"{function.id}: {words}")
            for pattern in dict.fromkeys((function.id, function.name)):
                if pattern not in bound:
                    registry.add(pattern, target)


def _known(value: Json) -> Json:
    """Return properties without those that refer to what is not here."""
    if isinstance(value, dict):
        kept = {key: _known(one) for key, one in value.items()}
        return {key: one for key, one in kept.items() if one is not None}
    if isinstance(value, list):
        items = [_known(one) for one in value]
        return None if any(one is None for one in items) else items
    return None if isinstance(value, str) and PLACEHOLDER.search(value) else value
