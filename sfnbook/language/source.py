"""The text of a definition: offsets to lines and columns, and the excerpt with a caret.

Knows text only: neither JSON nor the States Language.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import Final, NamedTuple

MAX_EXCERPT: Final = 100
"""Characters of a line that an excerpt shows at most."""


class Span(NamedTuple):
    """A piece of the text, as offsets: ``start`` included, ``end`` not."""

    start: int
    end: int


class Source:
    """A text and where its lines begin."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    @property
    def lines(self) -> int:
        """How many lines the text has."""
        return len(self._starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both counted from 1.

        >>> Source("ab\\ncd").position(4)
        (2, 2)
        """
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the offset of a line and a column, both counted from 1.

        >>> Source("ab\\ncd").offset(2, 2)
        4
        """
        return self._starts[line - 1] + column - 1

    def excerpt(self, span: Span) -> str:
        """Return the line of a span's start and, below it, carets under the span.

        A long line is cut around the span. The answer has exactly two lines.

        >>> print(Source('{"a": 1}').excerpt(Span(6, 7)))
        {"a": 1}
              ^
        """
        line, column = self.position(span.start)
        begin = self._starts[line - 1]
        stop = self._starts[line] - 1 if line < len(self._starts) else len(self.text)
        first = column - 1
        cut = stop - begin > MAX_EXCERPT and span.end - begin > MAX_EXCERPT
        left = max(0, first - MAX_EXCERPT // 2) if cut else 0
        right = begin + left + MAX_EXCERPT
        text = _printable(self.text[begin + left : min(right, stop)].rstrip("\r"))
        head, tail = "…" if left else "", "…" if right < stop else ""
        indent = first - left
        width = max(1, min(span.end - span.start, len(text) - indent))
        return f"{head}{text}{tail}\n{' ' * (indent + len(head))}{'^' * width}"


def _printable(line: str) -> str:
    """Return the line with each tab, control character and lone surrogate as one character that takes one column."""
    return "".join(c if c.isprintable() else " " for c in line)
