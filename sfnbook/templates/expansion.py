"""Templates that say less than they stand for: loops (``Fn::ForEach``), and files that the macro AWS::Include puts in.

An `Expanded` document has the values that CloudFormation deploys, and each of them keeps its place in the file where its
author wrote it. Decides no function but a loop's own collection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sfnbook.language.reader import Place
from sfnbook.language.source import Span
from sfnbook.templates.document import Document, Where, read_text
from sfnbook.templates.positions import PlacedText
from sfnbook.values import Json

LOOP: Final = "Fn::ForEach::"
MAX_DEPTH: Final = 100
MAX_ITEMS: Final = 10_000
_NAME: Final = re.compile(r"([$&])\{\s*([\w.:]+)\s*\}")


class Origin(NamedTuple):
    """Where a value was written, and what the identifiers of the loops around it stand for."""

    document: Document
    where: Where
    names: Mapping[str, str]


@dataclass
class Expanded(Document):
    """A document with its loops and includes carried out; places are those of the files in which they were written."""

    made: Json = None
    origins: Mapping[Where, Origin] = field(default_factory=dict)

    @property
    def value(self) -> Json:
        """The value that is deployed."""
        return self.made

    def origin(self, where: Where) -> Origin:
        """Return where the value at a place was written."""
        return _origin(self.origins, where)

    def home(self, where: Where) -> Document:
        """Return the document in which the value at a place was written."""
        return self.origin(where).document

    def place(self, where: Where) -> Place:
        """Return where a value stands in its `home`."""
        origin = self.origin(where)
        return origin.document.place(origin.where)

    def span(self, where: Where) -> Span:
        """Return where a value stands in its `home`."""
        origin = self.origin(where)
        return origin.document.span(origin.where)

    def string(self, where: Where) -> PlacedText:
        """Return the string at a place with the places of its characters in its `home`."""
        document, written, names = self.origin(where)
        if not isinstance(document.get(written), str):
            return PlacedText.at(str(self.get(where)), document.span(written).start)
        return document.string(written).replaced(_NAME, _filler(names))


def expanded(document: Document, collection: Callable[[Json], Json]) -> Document:
    """Return the document with its loops and includes carried out: the document itself where it has none.

    collection: decides the functions of what a loop goes over.
    """
    if LOOP not in document.text and "AWS::Include" not in document.text:
        return document
    maker = _Expansion({(): Origin(document, (), {})}, collection)
    made = maker.value(document.value, (), Origin(document, (), {}), 0)
    return Expanded(document.text, document.file, made, maker.origins)


@dataclass
class _Expansion:
    origins: dict[Where, Origin]
    collection: Callable[[Json], Json]

    def value(self, node: Json, where: Where, origin: Origin, depth: int) -> Json:
        if _origin(self.origins, where) != origin:
            self.origins[where] = origin
        if depth > MAX_DEPTH or len(self.origins) > MAX_ITEMS:
            return node
        if isinstance(node, dict):
            if len(node) == 1 and isinstance(name := node.get("Ref"), str) and name in origin.names:
                return origin.names[name]
            return self._mapping(node, where, origin, depth + 1)
        if isinstance(node, list):
            return [
                self.value(one, (*where, index), _child(origin, index), depth + 1) for index, one in enumerate(node)
            ]
        return _NAME.sub(_always(origin.names), node) if isinstance(node, str) and origin.names else node

    def _mapping(self, node: Mapping[str, Any], where: Where, origin: Origin, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key, one in node.items():
            there = _child(origin, key)
            if key.startswith(LOOP) and isinstance(one, list) and len(one) == 3 and isinstance(one[2], dict):
                for turn in self._turns(one, there):
                    made |= self._mapping(one[2], where, turn, depth + 1)
            elif key == "Fn::Transform" and (included := _included(one, origin.document)) is not None:
                made |= self._mapping(included.value, where, Origin(included, (), origin.names), depth + 1)
            else:
                name = _NAME.sub(_always(origin.names), key) if origin.names else key
                made[name] = self.value(one, (*where, name), there, depth)
        return made

    def _turns(self, loop: list[Any], there: Origin) -> Iterator[Origin]:
        """Yield where the body of a loop stands, once for each item, with what its identifier stands for then."""
        given = _with_names(loop[1], there.names)
        if isinstance(given, list):
            items = [self.collection(one) for one in given]
        else:
            found = self.collection(given)
            items = found if isinstance(found, list) else [found]
        flat = [inner for one in items for inner in (one if isinstance(one, list) else [one])]
        for item in flat[:MAX_ITEMS]:
            yield Origin(there.document, (*there.where, 2), {**there.names, str(loop[0]): str(item)})


def _origin(origins: Mapping[Where, Origin], where: Where) -> Origin:
    for length in range(len(where), -1, -1):
        if (found := origins.get(where[:length])) is not None:
            return found._replace(where=(*found.where, *where[length:]))
    raise AssertionError("the whole document has an origin")


def _child(origin: Origin, key: str | int) -> Origin:
    return origin._replace(where=(*origin.where, key))


def _with_names(value: Json, names: Mapping[str, str]) -> Json:
    """Return a value with the identifiers of loops replaced."""
    if isinstance(value, dict):
        if len(value) == 1 and isinstance(name := value.get("Ref"), str) and name in names:
            return names[name]
        return {key: _with_names(one, names) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_names(one, names) for one in value]
    return _NAME.sub(_always(names), value) if isinstance(value, str) else value


def _filler(names: Mapping[str, str]) -> Callable[[re.Match[str]], str | None]:
    def fill(match: re.Match[str]) -> str | None:
        value = names.get(match[2])
        return value if value is None or match[1] == "$" else re.sub(r"[^A-Za-z0-9]", "", value)

    return fill


def _always(names: Mapping[str, str]) -> Callable[[re.Match[str]], str]:
    fill = _filler(names)
    return lambda match: match[0] if (value := fill(match)) is None else value


def _included(call: Json, document: Document) -> Document | None:
    """Return the file beside a template whose fields AWS::Include puts in; None for one that is a definition itself."""
    if not isinstance(call, dict) or call.get("Name") != "AWS::Include":
        return None
    parameters = call.get("Parameters")
    place = parameters.get("Location") if isinstance(parameters, dict) else None
    file = document.folder / place if isinstance(place, str) and ":" not in place else None
    if file is None or not file.is_file():
        return None
    included = Document(read_text(file), file)
    value = included.value
    return included if isinstance(value, dict) and "States" not in value else None
