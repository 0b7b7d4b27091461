"""What is wrong with a definition: diagnostics in AWS's words, with the place in the text.

AWS's ValidateStateMachineDefinition gives severity, code, message and location; rule, line, column, excerpt and hint
are ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from sfnbook.language.source import Source, Span
from sfnbook.values import printable

Severity: TypeAlias = Literal["ERROR", "WARNING"]

Path: TypeAlias = tuple[str | int, ...]
"""A place in a definition, as keys and indexes from the outside in."""


MAX_WORD: Final = 100
MAX_MESSAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding.

    code: AWS's (``SCHEMA_VALIDATION_FAILED`` ...). rule: ours, ``ASL104 unknown-next``. message: AWS's words where
    known. location: as AWS writes it, ``/States/A/Choices[0]/Next``; "" where AWS gives none. line, column: from 1,
    None where there is no text. excerpt: the line of the text and the caret under it. hint: what to do about it.
    """

    severity: Severity
    code: str
    rule: str
    message: str
    location: str
    line: int | None = None
    column: int | None = None
    excerpt: str = ""
    hint: str = ""

    def __str__(self) -> str:
        where = f" at {self.location}" if self.location else ""
        if self.line is not None:
            where += f"{',' if self.location else ' at'} line {self.line}, column {self.column}"
        text = f"{self.severity} {self.rule}{where}: {self.message}"
        if self.hint:
            text += f"{'' if text.endswith(('.', '!', '?')) else '.'} {self.hint}"
        if self.excerpt:
            text += "".join(f"\n    {line}" for line in self.excerpt.split("\n"))
        return printable(text)


def location(path: Path) -> str:
    """Return a path as AWS writes locations.

    >>> location(("States", "C", "Choices", 0, "Next"))
    '/States/C/Choices[0]/Next'
    >>> location(())
    '/'
    """
    text = "".join(f"[{part}]" if isinstance(part, int) else f"/{part}" for part in path)
    return _well_formed(text) or "/"


def nearest(word: str, words: Iterable[str]) -> str:
    """Return ``Did you mean "..."?`` for the word most like this one, "" when none is.

    >>> nearest("Ship", ["Shipped", "Paid"])
    'Did you mean "Shipped"?'
    """
    import difflib  # here because a sound definition needs none of it

    if len(word) > MAX_WORD:
        return ""
    known = [w for w in words if w != word and len(w) <= MAX_WORD]
    found = [w for w in known if w.lower() == word.lower()] or difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f'Did you mean "{_well_formed(found[0])}"?' if found else ""


def diagnose(
    severity: Severity,
    code: str,
    rule: str,
    message: str,
    where: str,
    source: Source | None,
    span: Span | None,
    hint: str,
) -> Diagnostic:
    """Return the diagnostic with line, column and excerpt filled in where there is a text and a span in it."""
    message = _well_formed(message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…")
    if source is None or span is None:
        return Diagnostic(severity, code, rule, message, where, hint=hint)
    line, column = source.position(span.start)
    return Diagnostic(severity, code, rule, message, where, line, column, source.excerpt(span), hint)


def _well_formed(text: str) -> str:
    """Return a text that can be printed: lone surrogates, which JSON's escapes allow, become replacement characters."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def close(word: str, words: Iterable[str]) -> str:
    """Return the word that this one is a slip of: other capitals, a letter too many, too few or another. "" for none.

    A word that goes on where a known one ends is a newer one rather than a slip:

    >>> close("ListBuckets", ["listBuckets"]), close("listBukets", ["listBuckets"]), close("listBucketsV2", ["listBuckets"])
    ('listBuckets', 'listBuckets', '')
    """
    import difflib

    known = [w for w in words if w != word and len(w) <= MAX_WORD] if len(word) <= MAX_WORD else []
    same = [w for w in known if w.lower() == word.lower()]
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.8)
    slips = [w for w in near if abs(len(w) - len(word)) < 2 or not word.startswith(w)]
    return next(iter((*same, *slips)), "")
