"""Regular expressions over data that nobody has checked: none may take for ever.

Java's, as Jayway's ``=~`` has them, read by the library `regex`, which knows nearly all of them and can be interrupted.
What one evaluation matches has `SECONDS` in all, and a pattern a size. The one clock of this folder stands here: it
decides nothing but that an expression fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeVar

from sfnbook.errors import RUNTIME, StatesError
from sfnbook.query.scope import ExpressionError

if TYPE_CHECKING:
    import regex

T = TypeVar("T")

SECONDS: Final = 2.0
"""How long the expressions of one path may match in all; AWS publishes no limit."""

LARGEST: Final = 100_000
"""How many characters a pattern may have, its counted repetitions written out: ``(a{9}){9}`` has 81."""

_until: ContextVar[float] = ContextVar("sfnbook_regexes_until")

_TOKENS: Final = re.compile(r"\\.|\[(?:\\.|[^\]\\])*+\]|\{(\d{1,9})(?:,(\d{0,9}))?\}|.", re.DOTALL)
_QUOTED: Final = re.compile(r"\\Q(.*?)(?:\\E|\Z)", re.DOTALL)


class Regex:
    """A pattern that must match the whole of a text, as Java's ``Matcher.matches`` has it."""

    def __init__(self, body: str, flags: str) -> None:
        """Raises ExpressionError for no pattern, and for one that is too large."""
        import regex

        self.text = f"/{body}/{flags}"
        if _size(body) > LARGEST:
            raise ExpressionError(
                f"Value is not a valid JSONPath: the regular expression {self.text[:80]} is too large"
            )
        found = {"i": regex.I, "m": regex.M, "s": regex.S, "x": regex.X}
        options = regex.V1
        for flag in set(flags.lower()):
            options |= found.get(flag, 0)
        if "u" not in flags.lower():
            options |= regex.ASCII  # Java's \w, \d, \s and (?i), unless told otherwise
        try:
            self._pattern: regex.Pattern[str] = regex.compile(_pythons(body), options)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            raise ExpressionError(
                f"Value is not a valid JSONPath: the regular expression {self.text}: {error}"
            ) from None

    def matches(self, text: str) -> bool:
        """Return whether it matches a text. Raises StatesError when that takes too long."""
        left = _until.get(time.monotonic() + SECONDS) - time.monotonic()
        try:
            if left > 0:
                return self._pattern.fullmatch(text, timeout=left, concurrent=True) is not None
        except TimeoutError:
            pass
        raise StatesError(
            RUNTIME, f"The regular expression {self.text} took more than {SECONDS:.0f} seconds and was given up."
        )


def within_limit(evaluate: Callable[..., T]) -> Callable[..., T]:
    """Return a function that does the same, and whose regular expressions have `SECONDS` together at each call."""

    def limited(*arguments: object) -> T:
        begun = _until.set(time.monotonic() + SECONDS)
        try:
            return evaluate(*arguments)
        finally:
            _until.reset(begun)

    return limited


def _pythons(body: str) -> str:
    """Return Java's pattern as `regex` writes it: ``\\Q...\\E``, ``\\k<name>`` and ``\\x{41}`` are spelled otherwise."""
    body = _QUOTED.sub(lambda match: re.escape(match[1]), body)
    body = re.sub(r"\\k<(\w+)>", r"(?P=\1)", body)
    return re.sub(r"\\x\{([0-9a-fA-F]{1,4})\}", lambda match: rf"\u{match[1]:0>4}", body)


def _size(body: str) -> int:
    """Return how many characters a pattern has once its counted repetitions are written out."""
    sizes, last = [0], 0
    for token in _TOKENS.finditer(body):
        if token[0] == "(":
            sizes.append(0)
        elif token[0] == ")" and len(sizes) > 1:
            last = sizes.pop()
            sizes[-1] += last
        elif token[1] is not None:
            times = max(int(token[1]), int(token[2] or 0), 1)
            sizes[-1] += last * (times - 1)
            last *= times
        else:
            last = 1
            sizes[-1] += 1
    return sum(sizes)
