"""The tree of a JSON or YAML text with the place of every key and value, also while the text is broken.

Owns the spans that edits and the editor's services work with. Knows nothing of states. `parse` never raises: what cannot
be read is left out of the tree.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

from sfnbook.language.diagnostics import Path
from sfnbook.language.source import Span
from sfnbook.values import MAX_DEPTH, Json

_SPACE: Final = re.compile(r"[ \t\r\n\ufeff]*")
_STRING: Final = re.compile(r'"((?:[^"\\\n\r]|\\.)*)("?)')
_BARE: Final = re.compile(r"[^\s,:\[\]{}\"]+")
_RETRIES: Final = 6
"""How many broken lines of a YAML text are left out before the whole text is given up."""


@dataclass(slots=True)
class Node:
    """A value. ``entries`` is empty for a scalar, whose ``value`` is what it says."""

    kind: Literal["object", "array", "scalar"]
    span: Span
    value: Json = None
    entries: list[Entry] = field(default_factory=list)
    flow: bool = True

    def get(self, name: str | int) -> Node | None:
        """Return the value under a key or an index, None where there is none."""
        return next((one.value for one in self.entries if one.name == name), None)

    def entry(self, name: str | int) -> Entry | None:
        """Return the entry of a key or an index."""
        return next((one for one in self.entries if one.name == name), None)

    def at(self, path: Path) -> Node | None:
        """Return the value at a path."""
        node: Node | None = self
        for part in path:
            node = node.get(part) if node is not None else None
        return node

    def plain(self) -> Json:
        """Return the node as plain values."""
        if self.kind == "object":
            return {str(one.name): one.value.plain() if one.value else None for one in self.entries}
        if self.kind == "array":
            return [one.value.plain() if one.value else None for one in self.entries]
        return self.value


@dataclass(slots=True)
class Entry:
    """A field of an object or an item of an array. key: the key's scalar, None for an item. colon: where it stands, -1
    for an item or where it is missing."""

    name: str | int
    key: Node | None
    value: Node | None
    colon: int = -1

    @property
    def span(self) -> Span:
        """From the key's start to the value's end."""
        first = self.key or self.value
        last = self.value or self.key
        assert first is not None
        assert last is not None
        return Span(first.span.start, max(first.span.end, last.span.end))


def is_json(text: str) -> bool:
    """Tell whether a text is read as JSON rather than YAML."""
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"')


@lru_cache(maxsize=8)
def parse(text: str) -> Node:
    """Return the tree of a text, an empty object where nothing can be read."""
    node = _Json(text, 0).value(0) if is_json(text) else _yaml(text)
    return node if node is not None else Node("object", Span(0, 0))


def parse_json(text: str, start: int) -> Node | None:
    """Return the tree of the JSON value that begins at an offset of a text."""
    return _Json(text, start).value(0)


class _Json:
    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def value(self, depth: int) -> Node | None:
        """Return the value here, None where none begins."""
        self._space()
        char = self.text[self.at : self.at + 1]
        if char and char in "{[" and depth <= MAX_DEPTH:
            return self._container(char, depth)
        return self._scalar()

    def _scalar(self) -> Node | None:
        start = self.at
        if (match := _STRING.match(self.text, start)) is not None:
            self.at = match.end()
            return Node("scalar", Span(start, self.at), _unescaped(match[1]))
        if (match := _BARE.match(self.text, start)) is not None:
            self.at = match.end()
            return Node("scalar", Span(start, self.at), _literal(match[0]))
        return None

    def _container(self, opening: str, depth: int) -> Node:
        node = Node("object" if opening == "{" else "array", Span(self.at, self.at))
        start = self.at
        self.at += 1
        while True:
            self._space()
            char = self.text[self.at : self.at + 1]
            if not char:
                break
            if char in "}]":
                self.at += 1
                break
            if char in ",:":
                self.at += 1
                continue
            if opening == "[":
                if (item := self.value(depth + 1)) is None:
                    self.at += 1
                else:
                    node.entries.append(Entry(len(node.entries), None, item))
            elif not self._field(node, depth):
                self.at += 1
        node.span = Span(start, self.at)
        return node

    def _field(self, node: Node, depth: int) -> bool:
        key = self._scalar()
        if key is None:
            return False
        self._space()
        if self.text[self.at : self.at + 1] != ":":
            node.entries.append(Entry(str(key.value), key, None))
            return True
        colon = self.at
        self.at += 1
        value = None if self._key_follows(key) else self.value(depth + 1)
        node.entries.append(Entry(str(key.value), key, value, colon))
        return True

    def _key_follows(self, key: Node) -> bool:
        """Tell whether a value was left out: the next line begins with a key of its own."""
        space = _SPACE.match(self.text, self.at)
        after = space.end() if space else self.at
        found = _STRING.match(self.text, after) if "\n" in self.text[self.at : after] else None
        return found is not None and re.match(r"\s*:", self.text[found.end() : found.end() + 20]) is not None

    def _space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at


def _unescaped(inner: str) -> str:
    if "\\" not in inner:
        return inner
    try:
        return str(json.loads(f'"{inner}"'))
    except ValueError:
        return inner


def _literal(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _yaml(text: str) -> Node | None:
    import yaml  # here because it takes 15 ms and most definitions are JSON

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    if text.startswith("\ufeff"):  # libyaml does not count a byte order mark
        text = " " + text[1:]
    for _ in range(_RETRIES):
        try:
            root = yaml.compose(text, Loader=loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            cut = _without_line(text, mark.index if mark else 0)
            if cut == text and error.context_mark:
                cut = _without_line(text, error.context_mark.index)
            if cut == text:
                return None
            text = cut
        except (yaml.YAMLError, ValueError, RecursionError, OverflowError):
            return None
        else:
            return _node(root, text, 0) if root is not None else None
    return None


def _without_line(text: str, at: int) -> str:
    """Return a text with the last line that is not blank, at or before an offset, made blank; its length stays."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    while end > 0:
        start = text.rfind("\n", 0, end) + 1
        if text[start:end].strip():
            return text[:start] + " " * (end - start) + text[end:]
        end = start - 1
    return text


def _node(node: Any, text: str, depth: int) -> Node:
    start = node.start_mark.index
    if node.id == "scalar" or depth > MAX_DEPTH:
        end = node.end_mark.index
        return Node("scalar", Span(start, max(end, start)), _yaml_value(node), flow=node.style not in ("|", ">"))
    made = Node("object" if node.id == "mapping" else "array", Span(start, start), flow=bool(node.flow_style))
    for index, item in enumerate(node.value):
        key = _node(item[0], text, depth + 1) if made.kind == "object" else None
        value = _node(item[1] if made.kind == "object" else item, text, depth + 1)
        colon = text.find(":", key.span.end) if key is not None else -1
        made.entries.append(Entry(str(key.value) if key is not None else index, key, value, colon))
    end = node.end_mark.index if made.flow else (made.entries[-1].span.end if made.entries else start)
    made.span = Span(start, end)
    return made


def _yaml_value(node: Any) -> Json:
    if node.id != "scalar":
        return None
    if node.style or not node.tag.endswith((":bool", ":int", ":float", ":null")):
        return str(node.value)
    return _literal(node.value)


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Yield every value with its path, outer before inner."""
    yield path, node
    for one in node.entries:
        if one.value is not None:
            yield from walk(one.value, (*path, one.name))
