"""A state machine as it was found in a file: its definition, read with places, and what the file says about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sfnbook.language.reader import Places, Reading
from sfnbook.templates.document import Document, Where
from sfnbook.values import Json

MachineType = Literal["STANDARD", "EXPRESS"]


@dataclass(frozen=True)
class TemplateMachine:
    """A machine in a file.

    id: its key there (a logical id, a resource's address), "" for a file that is a definition. name: what the file
    calls it, else ``id``. type: None where the file does not say. definition: its reading, whose places belong to
    ``file``. file: where the definition stands, None for a text. role, logging: as the file has them. template: the
    file that names the machine, which may be another one. problem: why there is no definition, "" where there is one.
    substitutions: what its placeholders stand for. tracing: whether X-Ray tracing is on. nested:
    whether it is in a stack inside the file's, which ``id`` then names first: ``Inner/Shop``.
    """

    id: str
    definition: Reading
    name: str = ""
    type: MachineType | None = None
    file: Path | None = None
    role: Json = None
    logging: Json = None
    template: Path | None = None
    problem: str = ""
    substitutions: Mapping[str, Json] = field(default_factory=dict)
    tracing: bool = False
    nested: bool = False

    def called(self, name: str) -> bool:
        """Tell whether a name means this machine; that of one in a nested stack may leave out the stack."""
        return name in (self.id, self.name) or (self.nested and self.id.endswith(f"/{name}") and bool(name))


def unreadable(id: str, problem: str, document: Document) -> TemplateMachine:
    """Return a machine whose definition cannot be had, with the reason."""
    return TemplateMachine(id, Reading(None, False), id, file=document.file, template=document.file, problem=problem)


def machine_type(value: Json) -> MachineType | None:
    """Return a machine's type as a file writes it, None for anything else."""
    text = value.upper() if isinstance(value, str) else ""
    return "EXPRESS" if text == "EXPRESS" else "STANDARD" if text == "STANDARD" else None


def is_traced(value: Json) -> bool:
    """Tell whether a file's tracing configuration switches X-Ray on: ``Enabled``, in whichever case."""
    if isinstance(value, list):
        return any(is_traced(one) for one in value)
    return isinstance(value, dict) and str(value.get("Enabled", value.get("enabled", ""))).lower() == "true"


def reading_of(value: Json, origins: Mapping[Where, Where], document: Document) -> Reading:
    """Return a definition made of values that stand in a document: ``origins`` has the place there of each."""

    def locate() -> Places:
        return {path: document.place(origin) for path, origin in origins.items()}

    return Reading(value, True, (), locate, to_json(value), document.home(origins.get((), ())).source)


def to_json(value: Json) -> str:
    """Return the text of a definition made of values, as a person would write it."""
    return json.dumps(value, indent=2, ensure_ascii=False)
