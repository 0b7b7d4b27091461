"""From JSON or YAML text to plain values, with the place of each value in the text.

Owns the syntax: duplicate keys, trailing garbage, numbers that JSON lacks, depth, the limits on YAML aliases.
Knows nothing of states. `read` never raises.

A sound JSON text takes the fast way, ``json.loads``; the reader below it, which knows where everything stands, runs
only when there is something to report or a place is asked for.

``${Name}`` placeholders, as SAM, CloudFormation and Terraform fill in at deployment, may stand anywhere in a string,
and unquoted wherever a value may (``"Seconds": ${Delay}``): they are read as the string ``"${Delay}"``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from json.decoder import scanstring  # type: ignore[attr-defined]  # there since Python 2.6, but not in typeshed
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from sfnbook.language.diagnostics import Path, location
from sfnbook.language.source import Source, Span
from sfnbook.values import MAX_DEPTH, Json, deeper

Node: TypeAlias = Any
"""A node of PyYAML, whose type stubs leave out what tells one kind from another."""

MAX_YAML_VALUES: Final = 200_000
"""More values than this and than the text has characters, aliases expanded, and a YAML text is taken for a bomb."""

Kind: TypeAlias = Literal["empty", "json", "yaml", "duplicate", "depth", "bomb", "value"]


class Problem(NamedTuple):
    """What is wrong with the syntax, and where. ``path`` is the object of a duplicate key, else ()."""

    kind: Kind
    message: str
    span: Span
    path: Path = ()


class Place(NamedTuple):
    """Where a value stands: its key (None in an array and at the top) and itself."""

    key: Span | None
    value: Span


Places: TypeAlias = dict[Path, Place]


@dataclass
class Reading:
    """The value of a text (None with ``ok`` False), its problems, and on demand its places.

    text: what was read. source: the text to which the places belong; another one than ``text`` where the definition
    stands inside a template, None where there is no text at all.
    """

    value: Json
    ok: bool
    problems: tuple[Problem, ...] = ()
    _locate: Callable[[], Places] = field(default=dict, repr=False)
    text: str = ""
    source: Source | None = None

    @cached_property
    def places(self) -> Places:
        """Every value's place in the source, by its path."""
        return self._locate()

    @cached_property
    def paths(self) -> Mapping[str, Path]:
        """Every value's path, by its location as AWS writes it."""
        found: dict[str, Path] = {}
        for path in self.places:
            found.setdefault(location(path), path)
        return found


def read(text: str, *, tags: bool = False) -> Reading:
    """Return what a JSON or YAML text holds. A text that begins with ``{``, ``[`` or ``"`` is JSON, but for YAML
    whose first key is quoted.

    tags: True gives CloudFormation's short forms in their long form, ``!Sub x`` as ``{"Fn::Sub": "x"}``; False gives the
    text or the placeholder that the simple ones stand for.
    """
    start = text.lstrip("\ufeff \t\r\n")
    if not start:
        empty = (Problem("empty", "The definition is empty", Span(0, 0)),)
        return Reading(None, False, empty, text=text, source=Source(text))
    reading = _read_json(text) if start[0] in '{["' else _read_yaml(text, tags)
    if start[0] == '"' and not reading.ok and (yaml := _read_yaml(text, tags)).ok and isinstance(yaml.value, dict):
        reading = yaml  # a YAML document whose first key stands in quotes
    reading.text = text
    reading.source = Source(text)
    return reading


# -- JSON ------------------------------------------------------------------------------------------------------------


def _read_json(text: str) -> Reading:
    repeated = False

    def pairs(items: list[tuple[str, Json]]) -> dict[str, Json]:
        nonlocal repeated
        made = dict(items)
        if len(made) != len(items):
            repeated = True
        return made

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        repeated = True
    if not repeated and not deeper(value, MAX_DEPTH):
        return Reading(value, True, (), lambda: _JsonReader(text).read().places)
    return _JsonReader(text).read()


def _refuse(name: str) -> Json:
    raise ValueError(name)


_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"(true|false|null)\b|(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)(?![0-9A-Za-z_.+-])")
_PLACEHOLDER = re.compile(r"\$\{[^{}\n]*\}")
_WORD = re.compile(r"[^\s,:\[\]{}\"]+")
_WORDS: Final[dict[str, Json]] = {"true": True, "false": False, "null": None}


class _Syntax(Exception):
    """Where the text stops being JSON."""

    def __init__(self, message: str, span: Span, kind: Kind = "json") -> None:
        super().__init__(message)
        self.problem = Problem(kind, message, span)


class _JsonReader:
    """Reads one JSON text with the place of every value. A stack of its own: no input exhausts Python's."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0
        self.places: Places = {}
        self.problems: list[Problem] = []

    def read(self) -> Reading:
        """Return the whole reading; a syntax error ends it, a duplicate key is noted and the last one counts."""
        try:
            value = self._document()
        except _Syntax as stop:
            return Reading(None, False, (*self.problems, stop.problem), lambda: self.places)
        return Reading(value, True, tuple(self.problems), lambda: self.places)

    def _document(self) -> Json:
        root: list[Json] = []
        stack: list[tuple[Any, Path, int, Span | None]] = []  # container, its path, its start, its key
        path: Path = ()
        key: Span | None = None
        target: Any = root
        while True:
            self._space()
            start = self.at
            char = self.text[start : start + 1]
            if char == "{" or char == "[":
                if len(stack) >= MAX_DEPTH:
                    raise _Syntax(f"Nested deeper than {MAX_DEPTH} levels", Span(start, start + 1), "depth")
                value: Any = {} if char == "{" else []
                self._put(target, path, value)
                stack.append((value, path, start, key))
                self.at += 1
                self._space()
                if self._peek() != ("}" if char == "{" else "]"):
                    target = value
                    path, key = self._next(value, stack[-1][1])
                    continue
            else:
                value = self._scalar(start)
                self._put(target, path, value)
                self.places[path] = Place(key, Span(start, self.at))
            while stack:  # after a value: the next one, or the ends of containers
                container, path, start, key = stack[-1]
                self._space()
                char = self._peek()
                if char == ",":
                    self.at += 1
                    self._space()
                    if self._peek() in ("}", "]"):
                        raise _Syntax("A comma is followed by no value", Span(self.at - 1, self.at))
                    target = container
                    path, key = self._next(container, path)
                    break
                closing = "}" if isinstance(container, dict) else "]"
                if char != closing:
                    what = "the end of the text" if not char else f"'{char}'"
                    raise _Syntax(f"Expected ',' or '{closing}' but found {what}", self._here())
                self.at += 1
                self.places[path] = Place(key, Span(start, self.at))
                stack.pop()
            else:
                self._space()
                if self.at < len(self.text):
                    raise _Syntax("The definition ends here, but the text goes on", self._here())
                return root[0]

    def _next(self, container: Any, path: Path) -> tuple[Path, Span | None]:
        """Return the path of the container's next value and the span of its key, the cursor before the value."""
        if isinstance(container, list):
            return (*path, len(container)), None
        start = self.at
        if self._peek() != '"':
            raise _Syntax("Expected a field name in double quotes", self._here())
        name = self._string(start)
        key = Span(start, self.at)
        if name in container:
            self.problems.append(Problem("duplicate", name, key, path))
        self._space()
        if self._peek() != ":":
            raise _Syntax("Expected ':' after the field name", self._here())
        self.at += 1
        return (*path, name), key

    @staticmethod
    def _put(target: Any, path: Path, value: Json) -> None:
        if isinstance(target, dict):
            target[path[-1]] = value
        else:
            target.append(value)

    def _scalar(self, start: int) -> Json:
        if self._peek() == '"':
            return self._string(start)
        if found := _SCALAR.match(self.text, start):
            self.at = found.end()
            if found[1]:
                return _WORDS[found[1]]
            try:
                return json.loads(found[2], parse_float=_finite)
            except ValueError:
                raise _Syntax(f"The number {found[2][:20]} is out of range", Span(start, self.at)) from None
        if found := _PLACEHOLDER.match(self.text, start):
            self.at = found.end()
            return found[0]
        if not self._peek():
            raise _Syntax("The text ends where a value was expected", self._here())
        raise _Syntax(f"Expected a value but found {self._word()}", self._here())

    def _string(self, start: int) -> str:
        value: str
        try:
            value, self.at = scanstring(self.text, start + 1, True)
        except json.JSONDecodeError as error:
            at = min(error.pos, max(0, len(self.text) - 1))
            raise _Syntax(error.msg.removesuffix(" at"), Span(at, at + 1)) from None
        return value

    def _space(self) -> None:
        self.at = _SPACE.match(self.text, self.at).end()  # type: ignore[union-attr]  # matches the empty string too

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _word(self) -> str:
        word = _WORD.match(self.text, self.at)
        return f"'{(word[0] if word else self._peek())[:20]}'"

    def _here(self) -> Span:
        at = self.at
        if at >= len(self.text):
            at = max(0, len(self.text.rstrip()) - 1)
            return Span(at, at + 1)
        word = _WORD.match(self.text, at)
        return Span(at, word.end() if word else at + 1)


def _finite(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(text)
    return number


# -- YAML ------------------------------------------------------------------------------------------------------------

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?\Z")
_CONSTANTS: Final[dict[str, Json]] = {"": None, "~": None, "null": None, "true": True, "false": False}


def _read_yaml(text: str, tags: bool) -> Reading:
    import yaml  # here because it takes 15 ms and most definitions are JSON

    try:
        node = _composed(yaml, text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = min(mark.index if mark else 0, max(0, len(text) - 1))
        what = error.problem or error.context or "no YAML"
        return Reading(None, False, (Problem("yaml", f"{what[:1].upper()}{what[1:]}", Span(at, at + 1)),))
    except yaml.YAMLError as error:
        at = int(getattr(error, "position", 0))
        return Reading(None, False, (Problem("yaml", "A character that YAML does not allow", Span(at, at + 1)),))
    except RecursionError:
        return Reading(None, False, (Problem("depth", f"Nested deeper than {MAX_DEPTH} levels", Span(0, 1)),))
    except (ValueError, OverflowError):
        return Reading(None, False, (Problem("yaml", "An escape that stands for no character", Span(0, 1)),))
    if node is None:
        return Reading(None, False, (Problem("empty", "The definition is empty", Span(0, 0)),))
    return _YamlReader(tags, max(MAX_YAML_VALUES, len(text))).read(node)


def _composed(yaml: Any, text: str) -> Node:
    """Return a text's nodes. libyaml is some five times faster; what it refuses, PyYAML itself refuses in its words."""
    fast = getattr(yaml, "CSafeLoader", None)
    if fast is not None and not text.startswith("\ufeff"):  # libyaml does not count a byte order mark
        with suppress(yaml.YAMLError, ValueError, RecursionError):
            return yaml.compose(text, Loader=fast)
    return yaml.compose(text, Loader=yaml.SafeLoader)


class _YamlReader:
    """Turns YAML's nodes into values: the JSON schema of YAML, so no dates, no ``yes``, no numbers with underscores."""

    def __init__(self, tags: bool, most: int) -> None:
        self.tags = tags
        self.most = most
        self.places: Places = {}
        self.problems: list[Problem] = []
        self.count = 0

    def read(self, root: Node) -> Reading:
        """Return the reading of a composed document."""
        out: list[Json] = []
        todo: list[tuple[Node, Path, Span | None, Callable[[Json], None]]] = [(root, (), None, out.append)]
        while todo:
            node, path, key, put = todo.pop()
            span = _span(node)
            self.count += 1
            if self.count > self.most:
                return self._stop("bomb", f"Aliases make more than {self.most:,} values", span)
            if len(path) > MAX_DEPTH:
                return self._stop("depth", f"Nested deeper than {MAX_DEPTH} levels", span)
            self.places[path] = Place(key, span)
            if self.tags and (function := _function(node.tag)):
                called: dict[str, Json] = {function: None}
                put(called)
                path, put = (*path, function), _setter(called, function)
                self.places[path] = Place(None, span)
            if node.id == "scalar":
                put(node.value if self.tags and node.tag.startswith("!") else _scalar(node))
            elif node.id == "sequence" and not self.tags and (filled := _filled_in(node)):
                put(filled)
            elif node.id == "sequence":
                items: list[Json] = [None] * len(node.value)
                put(items)
                todo += [(n, (*path, i), None, _setter(items, i)) for i, n in reversed(list(enumerate(node.value)))]
            else:
                fields: dict[str, Json] = {}
                put(fields)
                todo += reversed(self._fields(node, path, fields))
        return Reading(out[0], True, tuple(self.problems), lambda: self.places)

    def _fields(
        self, node: Node, path: Path, fields: dict[str, Json]
    ) -> list[tuple[Node, Path, Span | None, Callable[[Json], None]]]:
        found: list[tuple[Node, Path, Span | None, Callable[[Json], None]]] = []
        for name_node, value in node.value:
            at = _span(name_node)
            if name_node.id != "scalar":
                self.problems.append(Problem("yaml", "A field name must be a string", at))
                continue
            name = name_node.value
            if name in fields:
                self.problems.append(Problem("duplicate", name, at, path))
            fields[name] = None
            found.append((value, (*path, name), at, _setter(fields, name)))
        return found

    def _stop(self, kind: Kind, message: str, span: Span) -> Reading:
        return Reading(None, False, (Problem(kind, message, span),), lambda: self.places)


def _setter(container: Any, key: str | int) -> Callable[[Json], None]:
    def put(value: Json) -> None:
        container[key] = value

    return put


def _span(node: Node) -> Span:
    start = node.start_mark.index
    return Span(start, max(start + 1, node.end_mark.index if node.id == "scalar" else start + 1))


def _function(tag: str) -> str:
    """Return the long form of a CloudFormation function's tag, "" for any other tag."""
    if not tag.startswith("!") or len(tag) < 2:
        return ""
    return tag[1:] if tag in ("!Ref", "!Condition") else f"Fn::{tag[1:]}"


def _filled_in(node: Node) -> str:
    """Return the text that CloudFormation's ``!GetAtt [X, Arn]``, ``!Sub [text, {}]`` or ``!Join ['', [...]]`` stands for."""
    items: list[Node] = node.value
    plain = all(item.id == "scalar" for item in items)
    if node.tag == "!GetAtt" and plain:
        return "${" + ".".join(item.value for item in items) + "}"
    if node.tag == "!Sub" and items and items[0].id == "scalar":
        return str(items[0].value)
    if node.tag == "!Join" and len(items) == 2 and items[1].id == "sequence":
        return str(items[0].value).join(str(_scalar(item)) for item in items[1].value if item.id == "scalar")
    return ""


def _scalar(node: Node) -> Json:
    """Return a scalar's value. CloudFormation's ``!Ref X`` and ``!GetAtt X`` become the placeholder ``${X}``."""
    text: str = node.value
    if node.tag in ("!Ref", "!GetAtt"):
        return "${" + text + "}"
    if node.style or node.tag.startswith("!"):
        return text
    if text.lower() in _CONSTANTS:
        return _CONSTANTS[text.lower()] if not node.tag.endswith(":str") or not text else text
    if _INTEGER.match(text) and not node.tag.endswith(":str") and len(text) <= 4000:
        return int(text)
    if _FLOAT.match(text) and (not node.tag.endswith(":str") or "e" in text.lower()):
        number = float(text)
        return number if number not in (float("inf"), float("-inf")) else text
    return text
