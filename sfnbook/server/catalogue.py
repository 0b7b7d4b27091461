"""The catalogue: machines, versions, aliases and activities by their names, in memory and in the store.

Owns the records and what keeps them consistent; executions are the endpoint's. Dates in seconds since the epoch, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from sfnbook.server.store import Damaged, Store, reading


@dataclass(slots=True)
class Revision:
    """What a machine does, at one time: what an update changes and a version freezes."""

    definition: str
    role: str
    logging: dict[str, Any]
    tracing: dict[str, Any]
    encryption: dict[str, Any] | None = None
    id: str | None = None


@dataclass(slots=True)
class Machine:
    """A state machine. versions: numbers made so far; they are never used again."""

    name: str
    arn: str
    type: str
    created: float
    updated: float
    revision: Revision
    versions: int = 0
    tags: dict[str, str] = field(default_factory=dict)
    published: bool = False
    version_description: str | None = None


@dataclass(slots=True)
class Version:
    """A published version: a revision that stays."""

    arn: str
    machine: str
    number: int
    created: float
    description: str
    revision: Revision


@dataclass(slots=True)
class Alias:
    """A name for one version, or for two with weights."""

    arn: str
    machine: str
    name: str
    description: str
    routing: list[dict[str, Any]]
    created: float
    updated: float


@dataclass(slots=True)
class Activity:
    """An activity."""

    name: str
    arn: str
    created: float
    tags: dict[str, str] = field(default_factory=dict)
    encryption: dict[str, Any] | None = None


class Catalogue:
    """Everything that has a name, by its ARN. The code that changes a record saves it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.machines: dict[str, Machine] = {}
        self.versions: dict[str, Version] = {}
        self.aliases: dict[str, Alias] = {}
        self.activities: dict[str, Activity] = {}
        self.damaged: list[Damaged] = []
        for kind in (Machine, Version, Alias, Activity):
            for key, text in store.records(kind.__name__.lower()):
                try:
                    self._shelf(kind)[key] = _record(kind, key, text)
                except Damaged as fault:
                    self.damaged.append(fault)

    def save(self, record: Machine | Version | Alias | Activity) -> None:
        """Keep a record, new or changed."""
        kind = type(record).__name__.lower()
        self._store.put(kind, record.arn, asdict(record))
        self._shelf(type(record))[record.arn] = record

    def drop(self, record: Machine | Version | Alias | Activity) -> None:
        """Delete a record."""
        self._store.drop(type(record).__name__.lower(), record.arn)
        self._shelf(type(record)).pop(record.arn, None)

    def _shelf(self, kind: type) -> dict[str, Any]:
        shelves: dict[type, dict[str, Any]] = {
            Machine: self.machines,
            Version: self.versions,
            Alias: self.aliases,
            Activity: self.activities,
        }
        return shelves[kind]

    def versions_of(self, machine: str) -> list[Version]:
        """Return a machine's versions, the latest first."""
        return sorted((v for v in self.versions.values() if v.machine == machine), key=lambda v: -v.number)

    def aliases_of(self, machine: str) -> list[Alias]:
        """Return a machine's aliases by their names."""
        return sorted((a for a in self.aliases.values() if a.machine == machine), key=lambda a: a.name)

    def aliases_using(self, versions: Iterable[str]) -> list[Alias]:
        """Return the aliases that route to one of these versions."""
        wanted = set(versions)
        return [a for a in self.aliases.values() if any(r["stateMachineVersionArn"] in wanted for r in a.routing)]


def _record(kind: type, arn: str, text: str) -> Machine | Version | Alias | Activity:
    """Return a record as it was saved. Raises Damaged."""
    with reading(arn):
        body = json.loads(text)
        if "revision" in body:
            body["revision"] = Revision(**body["revision"])
        record: Machine | Version | Alias | Activity = kind(**body)
        _check(record)
        if record.arn != arn:
            raise ValueError(f"it says {record.arn}")
        return record


_KINDS: Final[dict[str, Any]] = {
    "str": str,
    "bool": bool,
    "int": int,
    "float": (int, float),
    "dict[str, Any]": dict,
    "dict[str, str]": dict,
    "list[dict[str, Any]]": list,
    "Revision": Revision,
}


def _check(record: Any) -> None:
    """Raises TypeError for a text, a number or a time that is none."""
    for part in fields(record):
        value = getattr(record, part.name)
        kinds = _KINDS.get(str(part.type))
        if kinds is not None and not isinstance(value, kinds):
            raise TypeError(f"its {part.name} is {value!r}")
        if isinstance(value, Revision):
            _check(value)
