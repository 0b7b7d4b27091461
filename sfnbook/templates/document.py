"""A document that carries definitions, read once: its values, the place of each of them, and the file it came from.

Files come in UTF-8 with or without a byte order mark, and in UTF-16 as PowerShell writes them. Knows no format.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sfnbook.errors import InputError
from sfnbook.language import reader
from sfnbook.language.reader import Place, Reading
from sfnbook.language.source import Source, Span
from sfnbook.templates.positions import PlacedText, scalar
from sfnbook.values import Json

Where = tuple[str | int, ...]
"""A place in a document, as keys and indexes from the outside in."""

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(path: str | Path) -> str:
    """Return the text of a file. Raises InputError that says why it cannot be read."""
    try:
        data = Path(path).expanduser().read_bytes()
        encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
        return data.decode(encoding).replace("\r\n", "\n")
    except OSError as error:
        raise InputError(f"The file {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InputError(f"The file {path} cannot be read: it is neither UTF-8 nor UTF-16 text.") from None


@dataclass
class Document:
    """A text and what it holds. file: where it was read, None for a cell's or a caller's text."""

    text: str
    file: Path | None = None

    @cached_property
    def reading(self) -> Reading:
        """The document's values, CloudFormation's short forms in their long form."""
        return reader.read(self.text, tags=True)

    @property
    def value(self) -> Json:
        """The document's value, None where it is no JSON or YAML."""
        return self.reading.value

    @cached_property
    def source(self) -> Source:
        """The document's text with its lines."""
        return Source(self.text)

    @property
    def folder(self) -> Path:
        """Where the files are looked for that the document names."""
        return self.file.parent if self.file is not None else Path.cwd()

    def home(self, where: Where) -> Document:
        """Return the document in which the value at a place was written: this one."""
        return self

    def place(self, where: Where) -> Place:
        """Return where a value stands, or the nearest value around it, and its key."""
        places = self.reading.places
        for length in range(len(where), -1, -1):
            if (place := places.get(where[:length])) is not None:
                return place
        return Place(None, Span(0, 0))

    def get(self, where: Where) -> Json:
        """Return the value at a place. Raises LookupError."""
        value: Any = self.value
        for part in where:
            value = value[part]
        return value

    def span(self, where: Where) -> Span:
        """Return where a value stands, or the nearest value around it."""
        return self.place(where).value

    def string(self, where: Where) -> PlacedText:
        """Return the string at a place with the places of its characters."""
        value = self.get(where)
        return PlacedText(value, lambda: scalar(self.text, self.span(where), value).offsets)


class InnerDocument(Document):
    """A document that is a string of another one: its places are the other one's."""

    def __init__(self, outer: Document, where: Where) -> None:
        self._placed = outer.string(where)
        self._outer = outer.home(where)
        super().__init__(self._placed.text, outer.file)

    @cached_property
    def source(self) -> Source:
        """The outer document's text with its lines."""
        return self._outer.source

    def place(self, where: Where) -> Place:
        """Return where a value stands in the outer document, and its key."""
        key, value = super().place(where)
        return Place(None if key is None else self._placed.span(key), self._placed.span(value))

    def string(self, where: Where) -> PlacedText:
        """Return the string at a place with the places of its characters in the outer document."""
        value, span = self.get(where), super().place(where).value

        def offsets() -> list[int]:
            known = self._placed.offsets
            return [known[at] for at in scalar(self.text, span, value).offsets]

        return PlacedText(value, offsets)
