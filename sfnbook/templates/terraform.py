"""Terraform: configurations (HCL and ``.tf.json``), plans and states as ``terraform show -json`` prints them, state files.

The syntax is python-hcl2's to read (an optional extra, loaded when a configuration is met). Decided here: locals,
defaults of variables, ``jsonencode``, ``templatefile``, ``file``, heredocs, interpolation and a few text functions. What
only a plan knows stays a placeholder in Terraform's own words: ``${aws_lambda_function.decide.arn}``.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from sfnbook.errors import InputError
from sfnbook.language import reader
from sfnbook.language.reader import Place, Places, Reading
from sfnbook.language.source import Span
from sfnbook.templates.cloudformation import PLACEHOLDER, filled, filler
from sfnbook.templates.document import Document, Where, read_text
from sfnbook.templates.machine import TemplateMachine, machine_type, to_json, unreadable
from sfnbook.templates.positions import PlacedText
from sfnbook.values import Json, to_text

Node = Any
"""A tree or a token of lark, which python-hcl2 builds on."""

RESOURCE: Final = "aws_sfn_state_machine"
_INTERPOLATION: Final = re.compile(r"\$?\$\{((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\"|\{[^{}]*\})*)\}|%%(?=\{)")
_INSIDE: Final = re.compile(r"((?:local|var)\.[\w-]+)((?:\.[A-Za-z_][\w-]*|\[\d+\]|\[\"[^\"]*\"\])+)")
_KNOWN: Final[Mapping[str, str]] = {
    "data.aws_region.current.name": "us-east-1",
    "data.aws_region.current.id": "us-east-1",
    "data.aws_region.current.region": "us-east-1",
    "data.aws_caller_identity.current.account_id": "123456789012",
    "data.aws_partition.current.partition": "aws",
    "path.module": ".",
    "path.root": ".",
    "path.cwd": ".",
    "terraform.workspace": "default",
}
"""What Terraform asks the account for, as it is here."""

MAX_DEPTH: Final = 40
MAX_ITEMS: Final = 1_000
_NAMED: Final = re.compile(r"([A-Za-z_]\w*)((?:\.[A-Za-z_][\w-]*|\[\d+\]|\[\"[^\"]*\"\])*)")
_DIRECTIVE: Final = re.compile(r"%\{~?\s*(if|else|endif|for|endfor)\b((?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*?)~?\}")


class Unknown(Exception):
    """An expression whose value only a plan knows."""


class Block(NamedTuple):
    """A block of a configuration: its words (``resource``, type, name), its attributes, its inner blocks' attributes."""

    words: tuple[str, ...]
    attributes: Mapping[str, Node]


def machines(document: Document, fill: Mapping[str, str]) -> list[TemplateMachine]:
    """Return the state machines of a configuration, of its resources and of the step-functions modules.

    Raises InputError where python-hcl2 is not installed or the text is no HCL.
    """
    return list(Configuration(document, fill).machines())


class Configuration:
    """A file of a configuration, with the locals and variables of the files beside it."""

    def __init__(self, document: Document, fill: Mapping[str, str]) -> None:
        self.document = document
        self.fill = fill
        self.blocks = [(document, block) for block in _blocks(document)]
        self._depth = 0
        self._scope: dict[str, Json] = {}
        """What the names of loops stand for where an expression is decided: of ``for``, ``each``, ``count``."""

    @cached_property
    def everywhere(self) -> list[tuple[Document, Block]]:
        """The blocks of the whole module: of this file and of the files beside it."""
        found = list(self.blocks)
        own = self.document.file
        for path in sorted(own.parent.glob("*.tf")) if own is not None else ():
            if path.name != own.name:  # type: ignore[union-attr]  # there is a file, or there would be no paths
                other = Document(read_text(path), path)
                found += [(other, block) for block in _blocks(other)]
        return found

    @cached_property
    def given(self) -> Mapping[str, tuple[Document, Node]]:
        """The values of variables in ``terraform.tfvars``."""
        path = self.document.folder / "terraform.tfvars"
        if self.document.file is None or not path.is_file():
            return {}
        other = Document(read_text(path), path)
        return {name: (other, node) for name, node in _attributes(_tree(other)).items()}

    def machines(self) -> Iterator[TemplateMachine]:
        """Yield the machines of this file."""
        for document, block in self.blocks:
            if block.words[:2] == ("resource", RESOURCE):
                yield from self._instances(block.words[-1], document, block)
            elif block.words[0] == "module" and "definition" in block.attributes:
                source = self._text(document, block.attributes.get("source"))
                if "step-functions" in source or "step_function" in source or "sfn" in source:
                    yield self._machine(block.words[-1], document, block)

    def _instances(self, id: str, document: Document, block: Block) -> Iterator[TemplateMachine]:
        """Yield a resource's machines: one, or one for each of ``for_each``."""
        given = self.value(document, block.attributes["for_each"]) if "for_each" in block.attributes else None
        if isinstance(given, (dict, list)) and given and len(given) <= MAX_ITEMS:
            for key, one in _pairs(given):
                key = one if isinstance(given, list) else key
                if isinstance(key, str):
                    with self._knowing({"each": {"key": key, "value": one}}):
                        yield self._machine(f'{id}["{key}"]', document, block)
            return
        with self._knowing({"count": {"index": 0}}):
            yield self._machine(id, document, block)

    @contextmanager
    def _knowing(self, names: Mapping[str, Json]) -> Iterator[None]:
        before, self._scope = self._scope, {**self._scope, **names}
        try:
            yield
        finally:
            self._scope = before

    def _machine(self, id: str, document: Document, block: Block) -> TemplateMachine:
        node = block.attributes.get("definition")
        if node is None:
            return unreadable(id, f"The machine {id} has no definition.", document)
        try:
            reading, file = self.definition(document, node)
        except Unknown:
            what = " ".join(_source(document, node).split())[:80]
            words = f"The definition of {id} is {what}, which only a plan knows: give `terraform show -json`'s answer."
            return unreadable(id, words, document)
        except InputError as error:
            return unreadable(id, str(error), document)
        name = self._text(document, block.attributes.get("name"))
        return TemplateMachine(
            id,
            reading,
            id if not name or "${" in name else name,
            machine_type(self._text(document, block.attributes.get("type"))),
            file,
            self._text(document, block.attributes.get("role_arn")) or None,
            template=self.document.file,
        )

    def definition(self, document: Document, node: Node) -> tuple[Reading, Path | None]:
        """Return a definition's reading and the file whose places it has."""
        node = _inner(node)
        if (call := _call(node)) is not None:
            name, arguments = call
            decoded = _call(_inner(arguments[0])) if name == "jsonencode" else None
            if decoded is not None and decoded[0] in ("yamldecode", "jsondecode"):
                return self.definition(document, decoded[1][0])
            if name == "jsonencode":
                return self._encoded(document, arguments[0]), document.file
            if name in ("templatefile", "file"):
                path = self._path(document, arguments[0])
                values = self.value(document, arguments[1]) if name == "templatefile" and len(arguments) > 1 else {}
                text = PlacedText.whole(read_text(path))
                return self._filled(text, values).read(Document(text.text).source), path
            if name in ("replace", "trimspace", "chomp", "nonsensitive", "file", "tostring", "sensitive"):
                return self.definition(document, arguments[0])
        reference = _reference(node)
        if reference is not None and (rendered := self._rendered(reference)) is not None:
            return rendered
        if reference is not None and (target := self._target(document, reference)) is not None:
            found: tuple[Reading, Path | None] = self._deeper(lambda: self.definition(*target))
            return found
        if (written := self._heredoc(document, node)) is not None:
            return written.replaced(PLACEHOLDER, filler(self.fill)).read(document.source), document.file
        value = self.value(document, node)
        if isinstance(value, str) and value.lstrip().startswith("{"):
            span = _span(node)
            text = PlacedText(value, lambda: [span.start] * len(value))
            return text.replaced(PLACEHOLDER, filler(self.fill)).read(document.source), document.file
        raise Unknown

    def _rendered(self, reference: str) -> tuple[Reading, Path | None] | None:
        """Return what ``data.template_file.NAME.rendered`` or ``data.local_file.NAME.content`` gives."""
        kinds = {"rendered": ("template_file", "template"), "content": ("local_file", "filename")}
        first, *middle, last = reference.split(".")
        if first != "data" or len(middle) != 2 or kinds.get(last, ("",))[0] != middle[0]:
            return None
        for other, block in self.everywhere:
            if block.words == ("data", *middle) and kinds[last][1] in block.attributes:
                node = block.attributes[kinds[last][1]]
                values = self.value(other, block.attributes["vars"]) if "vars" in block.attributes else {}
                call = _call(_inner(node))
                if last == "rendered" and (call is None or call[0] != "file"):
                    return None
                path = self._path(other, call[1][0] if last == "rendered" and call is not None else node)
                text = PlacedText.whole(read_text(path))
                made = self._filled(text, values) if last == "rendered" else text
                return made.read(Document(text.text).source), path
        return None

    def _encoded(self, document: Document, node: Node) -> Reading:
        spans: dict[Where, tuple[Span | None, Span]] = {}
        value = filled(self.value(document, node, spans, ()), filler(self.fill))

        def locate() -> Places:
            return {path: Place(key, at) for path, (key, at) in spans.items()}

        return Reading(value, isinstance(value, dict), (), locate, to_json(value), document.source)

    def _path(self, document: Document, node: Node) -> Path:
        place = self.value(document, node)
        if not isinstance(place, str) or "${" in place:
            raise Unknown
        path = document.folder / place
        if not path.is_file():
            raise InputError(f"The definition is in {place}, which is not there.")
        return path

    def _filled(self, text: PlacedText, values: Json) -> PlacedText:
        known = {**(values if isinstance(values, dict) else {}), **self.fill}

        def fill(match: re.Match[str]) -> str | None:
            if match[0].startswith(("$$", "%%")):
                return match[0][1:]
            inner = match[1].strip()
            if inner in known:
                return known[inner] if isinstance(known[inner], str) else to_text(known[inner])
            encoded = re.fullmatch(r"jsonencode\(\s*(\w+)\s*\)", inner)
            return to_text(known[encoded[1]]) if encoded and encoded[1] in known else None

        def evaluate(words: str) -> Json:
            negated, name = words.strip().startswith("!"), words.strip().lstrip("! ")
            if name in known:
                return known[name] in (False, "false") if negated else known[name]
            match = re.fullmatch(r"(\w+)\s*(==|!=)\s*\"([^\"]*)\"", name)
            return (
                None if match is None or match[1] not in known else (known[match[1]] == match[3]) == (match[2] == "==")
            )

        return self._directed(text, evaluate).replaced(_INTERPOLATION, fill)

    # -- values

    def value(
        self,
        document: Document,
        node: Node,
        spans: dict[Where, tuple[Span | None, Span]] | None = None,
        path: Where = (),
        key: Span | None = None,
    ) -> Json:
        """Return an expression's value; what is not known becomes a placeholder. spans: gets where each part stands."""
        node = _inner(node)
        spans = {} if spans is None else spans
        spans[path] = (key, _span(node))
        kind = _kind(node)
        if kind == "object":
            return {
                name: self.value(document, one, spans, (*path, name), at)
                for name, at, one in self._elements(document, node)
            }
        if kind == "tuple":
            items = [one for one in node.children if _kind(one) not in ("", "new_line_or_comment")]
            return [self.value(document, one, spans, (*path, index)) for index, one in enumerate(items)]
        if kind == "string":
            return self._string(document, node)
        if (text := self._heredoc(document, node)) is not None:
            return text.text
        literal = _source(document, node).strip()
        try:
            return json.loads(literal)
        except ValueError:
            pass
        if self._scope and (known := _NAMED.fullmatch(literal)) is not None and known[1] in self._scope:
            return _part(self._scope[known[1]], known[2], literal)
        if kind in ("for_tuple_expr", "for_object_expr"):
            return self._repeated(document, node, literal, spans=spans, path=path)
        if (reference := _reference(node)) is not None:
            if reference in _KNOWN:
                return _KNOWN[reference]
            if reference.startswith("var.") and reference[4:] in self.fill:
                return self.fill[reference[4:]]
            if (target := self._target(document, reference)) is not None:
                return self._deeper(lambda: self.value(*target))
        if (inside := _INSIDE.fullmatch(literal)) is not None:
            return self._inside(document, inside[1], inside[2], literal)
        if kind in ("conditional", "binary_op"):
            return self._decided(document, node, literal, spans=spans, path=path)
        if (call := _call(node)) is not None:
            if call[0] == "merge":
                parts = [self.value(document, one, spans, path) for one in call[1]]
                spans[path] = (key, _span(node))
                if all(isinstance(part, dict) for part in parts):
                    return {name: one for part in parts for name, one in part.items()}
            elif (found := self._called(document, *call)) is not None:
                return found
        return _placeholder(literal)

    def _inside(self, document: Document, reference: str, path: str, literal: str) -> Json:
        """Return a part of a local's or a variable's value: ``local.functions["a"].arn``."""
        target = self._target(document, reference)
        value = self._deeper(lambda: self.value(*target)) if target is not None else None
        return _part(value, path, literal)

    def _repeated(
        self,
        document: Document,
        node: Node,
        literal: str,
        *,
        spans: dict[Where, tuple[Span | None, Span]],
        path: Where,
    ) -> Json:
        """Return what ``[for x in list : ...]`` or ``{for k, v in map : k => ...}`` makes, where the list is known."""
        intro, *parts = [one for one in node.children if _kind(one) not in ("", "new_line_or_comment")]
        *names, collection = [one for one in intro.children if _kind(one) not in ("", "new_line_or_comment")]
        over = self.value(document, collection)
        condition = next((one for one in parts if _kind(one) == "for_cond"), None)
        made = [one for one in parts if _kind(one) != "for_cond"]
        if not isinstance(over, (list, dict)) or len(over) > MAX_ITEMS:
            return _placeholder(literal)
        items: list[Json] = []
        fields: dict[str, Json] = {}
        words = ["".join(map(str, _tokens(one))) for one in names]
        for key, one in _pairs(over):
            with self._knowing({words[-1]: one, **({words[0]: key} if len(words) > 1 else {})}):
                if condition is not None and self.value(document, condition.children[-1]) is False:
                    continue
                if len(made) == 1:
                    items.append(self.value(document, made[0], spans, (*path, len(items))))
                else:
                    name = str(self.value(document, made[0]))
                    fields[name] = self.value(document, made[1], spans, (*path, name), _span(made[0]))
        return items if len(made) == 1 else fields

    def _decided(
        self,
        document: Document,
        node: Node,
        literal: str,
        *,
        spans: dict[Where, tuple[Span | None, Span]],
        path: Where,
    ) -> Json:
        """Return the value of ``a == b``, ``a != b`` and ``condition ? a : b`` where the condition is known."""
        parts = [one for one in node.children if _kind(one) not in ("", "new_line_or_comment")]
        if _kind(node) == "conditional" and len(parts) == 3:
            known = self.value(document, parts[0])
            known = {"true": True, "false": False}.get(known, known) if isinstance(known, str) else known
            return (
                self.value(document, parts[1 if known else 2], spans, path)
                if isinstance(known, bool)
                else _placeholder(literal)
            )
        if len(parts) == 2 and _kind(parts[1]) == "binary_term":
            operator, right = [one for one in parts[1].children if _kind(one) not in ("", "new_line_or_comment")][:2]
            sign = "".join(map(str, _tokens(operator))).strip()
            pair = [self.value(document, one) for one in (parts[0], right)]
            if sign in ("==", "!=") and not any("${" in to_text(one) for one in pair):
                return (pair[0] == pair[1]) == (sign == "==")
        return _placeholder(literal)

    def _called(self, document: Document, name: str, arguments: list[Node]) -> Json:
        values = [self.value(document, one) for one in arguments]
        match name, values:
            case "jsonencode", [one]:
                return to_text(one)
            case "jsondecode" | "yamldecode", [str(text)]:
                return reader.read(text).value
            case "file", [str(_)]:
                return read_text(self._path(document, arguments[0]))
            case "templatefile", [str(_), given]:
                return self._filled(PlacedText.whole(read_text(self._path(document, arguments[0]))), given).text
            case "join", [str(separator), list(parts)]:
                return separator.join(part if isinstance(part, str) else to_text(part) for part in parts)
            case "format", [str(form), *rest]:
                pieces = iter(rest)
                return re.sub(r"%[sdv]", lambda match: str(next(pieces, match[0])), form)
            case "lower" | "upper", [str(text)]:
                return text.lower() if name == "lower" else text.upper()
            case "tostring" | "trimspace" | "chomp" | "nonsensitive" | "sensitive" | "tolist" | "tomap" | "try", [
                one,
                *_,
            ]:
                return one
            case "toset", [list(items)]:
                return sorted(set(items)) if all(isinstance(one, str) for one in items) else items
            case "concat", [*lists] if all(isinstance(one, list) for one in lists):
                return [item for one in lists if isinstance(one, list) for item in one]
            case "length", [list() | dict() | str() as one] if "${" not in to_text(one):
                return len(one)
            case "keys" | "values", [dict(one)]:
                return sorted(one) if name == "keys" else [one[key] for key in sorted(one)]
            case "lookup", [dict(one), str(key), *rest]:
                return one.get(key, rest[0] if rest else None)
            case "contains", [list(items), one]:
                return one in items
            case "tonumber" | "tobool", [str(text)] if re.fullmatch(r"-?\d+(\.\d+)?|true|false", text):
                return json.loads(text)
        return None

    def _elements(self, document: Document, node: Node) -> Iterator[tuple[str, Span, Node]]:
        for element in node.children:
            if _kind(element) == "object_elem":
                parts = [part for part in element.children if _kind(part)]
                yield self._key(document, parts[0]), _span(parts[0]), parts[-1]

    def _key(self, document: Document, node: Node) -> str:
        """Return an object's key: a quoted text, a bare word, or an expression in parentheses."""
        written = _source(document, node).strip()
        if _kind(_inner(node)) == "string" or written.startswith("("):
            return str(self.value(document, node))
        return written

    def _string(self, document: Document, node: Node) -> str:
        span = _span(node)
        raw = document.text[span.start : span.end]
        return self._interpolated(document, _unescaped(raw[1:-1]))

    def _interpolated(self, document: Document, text: str) -> str:
        return PlacedText.at(text, 0).replaced(_INTERPOLATION, lambda match: self._evaluated(document, match)).text

    def _evaluated(self, document: Document, match: re.Match[str]) -> str | None:
        if match[0].startswith(("$$", "%%")):
            return match[0][1:]
        try:
            other = Document(f"x = {match[1].strip()}\n", document.file)
            value = self._deeper(lambda: self.value(other, _attributes(_tree(other))["x"]))
        except (InputError, KeyError):
            return None
        return value if isinstance(value, str) else to_text(value)

    def _heredoc(self, document: Document, node: Node) -> PlacedText | None:
        span = _span(node)
        raw = document.text[span.start : span.end]
        opening = re.match(r"<<-?(\w+)[ \t]*\n", raw)
        if opening is None:
            return None
        last = raw.rstrip().rfind("\n")
        start, end = span.start + opening.end(), span.start + max(last, opening.end())
        text = self._directed(
            PlacedText.part(document.text, start, end), lambda words: self._expression(document, words)
        )
        return text.replaced(_INTERPOLATION, lambda match: self._evaluated(document, match))

    def _expression(self, document: Document, words: str) -> Json:
        """Return the value of an expression that stands in a text; None where it cannot be read."""
        other = Document(f"x = {words.strip()}\n", document.file)
        try:
            return self._deeper(lambda: self.value(other, _attributes(_tree(other))["x"]))
        except (InputError, KeyError):
            return None

    def _directed(self, text: PlacedText, evaluate: Callable[[str], Json]) -> PlacedText:
        """Return a text with its ``%{ if }`` and ``%{ for }`` carried out; where a condition is not known, as if it held."""
        if "%{" not in text.text:
            return text
        cuts = [match for match in _DIRECTIVE.finditer(text.text) if not text.text[: match.start()].endswith("%")]
        pieces, _, at = self._block(text, cuts, 0, 0, evaluate)
        return PlacedText.joined([*pieces, text.cut(at, len(text.text))])

    def _block(
        self, text: PlacedText, cuts: list[re.Match[str]], index: int, at: int, evaluate: Callable[[str], Json]
    ) -> tuple[list[PlacedText], int, int]:
        """Return the pieces up to the directive that ends this block, that directive's index, and where its text ends."""
        pieces: list[PlacedText] = []
        while index < len(cuts):
            match = cuts[index]
            pieces.append(text.cut(at, match.start()))
            word, rest, at = match[1], match[2].strip(), match.end()
            if word in ("else", "endif", "endfor"):
                return pieces, index, at
            if word == "if":
                taken, index, at = self._block(text, cuts, index + 1, at, evaluate)
                other: list[PlacedText] = []
                if index < len(cuts) and cuts[index][1] == "else":
                    other, index, at = self._block(text, cuts, index + 1, at, evaluate)
                pieces += other if evaluate(rest) in (False, "false") else taken
            else:
                names, _, collection = rest.partition(" in ")
                over = evaluate(collection)
                body, end = index + 1, at
                _, index, at = self._block(text, cuts, body, end, evaluate)
                words = [one.strip() for one in names.split(",")]
                for key, one in _pairs(over) if isinstance(over, (list, dict)) and len(over) <= MAX_ITEMS else ():
                    scope = {words[-1]: one, **({words[0]: key} if len(words) > 1 else {})}
                    with self._knowing(scope):
                        made, _, _ = self._block(text, cuts, body, end, evaluate)
                        pieces += [each.replaced(_INTERPOLATION, self._of_loop) for each in made]
            index += 1
        return pieces, index, at

    def _of_loop(self, match: re.Match[str]) -> str | None:
        """Return what the name of a loop gives inside its text; None for anything else, which others decide."""
        named = _NAMED.fullmatch(match[1].strip()) if match[1] else None
        if named is None or named[1] not in self._scope or match[0].startswith("$$"):
            return None
        value = _part(self._scope[named[1]], named[2], match[1])
        return value if isinstance(value, str) else to_text(value)

    def _target(self, document: Document, reference: str) -> tuple[Document, Node] | None:
        """Return the expression of a local or a variable's default."""
        kind, _, name = reference.partition(".")
        for other, block in self.everywhere if kind in ("local", "var") else ():
            if kind == "local" and block.words == ("locals",) and name in block.attributes:
                return other, block.attributes[name]
            if kind == "var" and block.words == ("variable", name) and "default" in block.attributes:
                return self.given.get(name) or (other, block.attributes["default"])
        return None

    def _text(self, document: Document, node: Node | None) -> str:
        value = self.value(document, node) if node is not None else ""
        return value if isinstance(value, str) else ""

    def _deeper(self, work: Any) -> Any:
        if self._depth >= MAX_DEPTH:
            raise Unknown
        self._depth += 1
        try:
            return work()
        finally:
            self._depth -= 1


# -- python-hcl2's trees ---------------------------------------------------------------------------------------------


def _tree(document: Document) -> Node:
    try:
        import hcl2
    except ImportError:
        raise InputError("Terraform's language is read by python-hcl2: pip install 'sfnbook[terraform]'.") from None
    try:
        return hcl2.parses_to_tree(document.text if document.text.endswith("\n") else document.text + "\n")
    except Exception as error:  # lark's own, of several kinds; all say that the text is no HCL
        line = getattr(error, "line", None)
        where = f" at line {line}, column {getattr(error, 'column', 1)}" if isinstance(line, int) else ""
        name = document.file.name if document.file is not None else "The text"
        raise InputError(f"{name} cannot be read as Terraform's language{where}.") from None


def _blocks(document: Document) -> list[Block]:
    found = []
    for block in _body(_tree(document)).children:
        if _kind(block) == "block":
            words = [part for part in block.children if _kind(part) in ("identifier", "string")]
            texts = tuple(_source(document, word).strip().strip('"') for word in words)
            found.append(Block(texts, _attributes(block)))
    return found


def _body(tree: Node) -> Node:
    return next(child for child in tree.children if _kind(child) == "body")


def _attributes(tree: Node) -> dict[str, Node]:
    found = {}
    for child in _body(tree).children:
        if _kind(child) == "attribute":
            parts = [part for part in child.children if _kind(part)]
            found["".join(map(str, parts[0].children))] = parts[-1]
    return found


def _kind(node: Node) -> str:
    """Return a tree's kind, "" for a token."""
    return str(getattr(node, "data", ""))


def _inner(node: Node) -> Node:
    """Return an expression without what only wraps it."""
    while _kind(node) in ("expr_term", "object_elem_key", "template", "expression"):
        parts = [child for child in node.children if _kind(child) not in ("", "new_line_or_comment")]
        if len(parts) != 1:
            return node
        node = parts[0]
    return node


def _tokens(node: Node) -> Iterator[Any]:
    if _kind(node):
        for child in node.children:
            yield from _tokens(child)
    elif getattr(node, "start_pos", None) is not None:
        yield node


def _span(node: Node) -> Span:
    tokens = list(_tokens(node))
    return Span(tokens[0].start_pos, tokens[-1].end_pos) if tokens else Span(0, 0)


def _source(document: Document, node: Node) -> str:
    return document.text[slice(*_span(node))]


def _call(node: Node) -> tuple[str, list[Node]] | None:
    if _kind(node) != "function_call":
        return None
    name = "".join(map(str, next(_tokens(node))))
    arguments = next((child for child in node.children if _kind(child) == "arguments"), None)
    parts = arguments.children if arguments is not None else []
    return name, [part for part in parts if _kind(part) not in ("", "new_line_or_comment")]


def _reference(node: Node) -> str | None:
    text = "".join(map(str, _tokens(node)))
    return text if re.fullmatch(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)+", text) else None


def _pairs(over: Mapping[str, Json] | list[Json]) -> Iterator[tuple[str | int, Json]]:
    """Yield the keys, or indexes, and values of what a loop goes over; a map's in the order of its keys."""
    yield from sorted(over.items()) if isinstance(over, Mapping) else enumerate(over)


def _part(value: Json, path: str, literal: str) -> Json:
    """Return what ``.name``, ``["name"]`` and ``[0]`` find in a value, a placeholder where that is nothing."""
    for name, quoted, index in re.findall(r"\.([\w-]+)|\[\"([^\"]*)\"\]|\[(\d+)\]", path):
        if isinstance(value, list) and index:
            value = value[int(index)] if int(index) < len(value) else None
        else:
            value = value.get(name or quoted) if isinstance(value, dict) else None
    return _placeholder(literal) if value is None else value


def _placeholder(text: str) -> str:
    return "${" + re.sub(r"[{}]", "", " ".join(text.split())) + "}"


def _unescaped(raw: str) -> str:
    try:
        return str(json.loads(f'"{raw}"', strict=False))
    except ValueError:
        return raw.replace('\\"', '"')


# -- JSON: configurations, plans, states -----------------------------------------------------------------------------


def from_json(document: Document, fill: Mapping[str, str]) -> list[TemplateMachine]:
    """Return the machines of a ``.tf.json`` file, of ``terraform show -json``'s answer or of a state file."""
    return [
        _from_values(document, id, where, fields, fill)
        for id, where, fields in itertools.chain(_configured(document.value), _planned(document.value))
    ]


def _configured(value: Mapping[str, Any]) -> Iterator[tuple[str, Where, Mapping[str, Any]]]:
    resources = value.get("resource")
    for index, each in enumerate(resources if isinstance(resources, list) else [resources]):
        at: Where = ("resource", index) if isinstance(resources, list) else ("resource",)
        named = each.get(RESOURCE) if isinstance(each, dict) else None
        for id, one in named.items() if isinstance(named, dict) else ():
            if isinstance(one, list):
                yield from ((id, (*at, RESOURCE, id, i), each) for i, each in enumerate(one) if isinstance(each, dict))
            elif isinstance(one, dict):
                yield id, (*at, RESOURCE, id), one


def _planned(value: Mapping[str, Any]) -> Iterator[tuple[str, Where, Mapping[str, Any]]]:
    for holder in ("planned_values", "values"):
        if isinstance(value.get(holder), dict):
            yield from _module(value[holder].get("root_module"), (holder, "root_module"))
            return
    resources = value.get("resources")
    for index, one in enumerate(resources if isinstance(resources, list) else ()):
        if isinstance(one, dict) and one.get("type") == RESOURCE and one.get("mode", "managed") == "managed":
            for at, instance in enumerate(one.get("instances") or ()):
                if isinstance(instance, dict) and isinstance(instance.get("attributes"), dict):
                    where = ("resources", index, "instances", at, "attributes")
                    yield str(one.get("name", "")), where, instance["attributes"]


def _module(module: Json, where: Where) -> Iterator[tuple[str, Where, Mapping[str, Any]]]:
    if not isinstance(module, dict):
        return
    for index, one in enumerate(module.get("resources") or ()):
        if one.get("type") == RESOURCE and isinstance(one.get("values"), dict):
            yield str(one.get("address", "")), (*where, "resources", index, "values"), one["values"]
    for index, child in enumerate(module.get("child_modules") or ()):
        yield from _module(child, (*where, "child_modules", index))


def _from_values(
    document: Document, id: str, where: Where, fields: Mapping[str, Any], fill: Mapping[str, str]
) -> TemplateMachine:
    place = (*where, "definition")
    text = fields.get("definition")
    if not isinstance(text, str):
        return unreadable(id, f"The definition of {id} is known only after apply: give the applied state.", document)
    placed = document.string(place)
    if (whole := re.fullmatch(r"\s*\$\{(.*)\}\s*", text, re.DOTALL)) is not None:
        inner = Document(f"x = {whole[1]}\n", document.file)
        try:
            reading, _ = Configuration(inner, fill).definition(inner, _attributes(_tree(inner))["x"])
        except (Unknown, InputError):
            return unreadable(id, f"The definition of {id} is {text[:80]}, which only a plan knows.", document)
        span = document.span(place)
        places = {path: Place(None, Span(span.start, span.start + 1)) for path in reading.places}
        reading = Reading(reading.value, reading.ok, (), lambda: places, reading.text, document.source)
    else:
        reading = placed.replaced(PLACEHOLDER, filler(fill)).read(document.source)
    name = fields.get("name")
    return TemplateMachine(
        id,
        reading,
        name if isinstance(name, str) and "${" not in name else id,
        machine_type(fields.get("type")),
        document.file,
        fields.get("role_arn"),
        template=document.file,
    )
