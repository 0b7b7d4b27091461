"""Markdown: the few forms that several generated pages use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a cell's line breaks become blanks and its bars stay bars."""
    lines = [_row(head), _row(["---"] * len(head)), *(_row(row) for row in rows)]
    return "\n".join(lines) if len(lines) > 2 else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in cells) + " |"


def fence(text: str, language: str = "text") -> str:
    """Return a code block; its fence is longer than any that the text itself holds."""
    marks = "```"
    while marks in text:
        marks += "`"
    return f"{marks}{language}\n{text.rstrip()}\n{marks}"


def code(text: str) -> str:
    """Return a word as code, as a cell of a table takes it."""
    return f"`{text}`" if text else ""


def join(*parts: str) -> str:
    """Return the parts of a page with an empty line between them; those that are empty fall away."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"
