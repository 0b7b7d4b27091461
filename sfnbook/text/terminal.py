"""The terminal: what is written there is shown, never obeyed, and fits its encoding.

Owns standard output and error while a command runs. What came from a machine, a function or a file may hold escape
sequences, characters that the encoding lacks (latin-1, a Windows pipe) and lone surrogates: all stand as ``\\uXXXX``,
which is JSON's own escape, so that ``--json`` stays JSON.
"""

from __future__ import annotations

import codecs
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sfnbook.values import printable


class Unwritable(Exception):
    """Standard output takes nothing more. gone: because its reader has gone."""

    def __init__(self, fault: OSError) -> None:
        self.gone = isinstance(fault, BrokenPipeError) or fault.errno in (errno.EINVAL, errno.EPIPE)  # Windows: EINVAL
        super().__init__(fault.strerror)


class _Stream:
    """Stands in for a text stream; one that is None (a closed one) swallows everything.

    optional: what cannot be written is lost in silence, as notes and errors on a full standard error are.
    """

    def __init__(self, original: Any, *, optional: bool = False) -> None:
        self._original = original
        self._optional = optional

    def write(self, text: str) -> int:
        """Write a text, with escapes for what a terminal obeys. Raises Unwritable."""
        if self._original is not None:
            with self._told():
                self._original.write(printable(text))
        return len(text)

    def flush(self) -> None:
        """Hand over what has been written. Raises Unwritable."""
        if self._original is not None:
            with self._told():
                self._original.flush()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as fault:
            if not self._optional:
                raise Unwritable(fault) from None
            forsake(self)

    def isatty(self) -> bool:
        """Whether a person looks on."""
        return self._original is not None and bool(self._original.isatty())

    def __getattr__(self, name: str) -> Any:
        if self._original is None:
            raise AttributeError(name)
        return getattr(self._original, name)


def bare(stream: Any) -> Any:
    """Return the stream behind one of ours, for somebody who escapes what is not their own."""
    return stream._original if isinstance(stream, _Stream) and stream._original is not None else stream


@contextmanager
def safe() -> Iterator[None]:
    """Let what is printed inside be safe for a terminal, whatever it holds."""
    before = sys.stdout, sys.stderr
    codecs.register_error(_ESCAPED, _escaped)
    for stream in before:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_ESCAPED)
    sys.stdout, sys.stderr = _Stream(sys.stdout), _Stream(sys.stderr, optional=True)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def forsake(stream: Any) -> None:
    """Let what a stream still holds go nowhere, so that Python has nothing to complain of at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


_ESCAPED: Final = "sfnbook.escaped"


def _escaped(fault: UnicodeError) -> tuple[str, int]:
    """Return escapes for what an encoding lacks; beyond the first plane a pair of them, as JSON has it."""
    assert isinstance(fault, UnicodeEncodeError)
    units = fault.object[fault.start : fault.end].encode("utf-16-be", "surrogatepass")
    pairs = zip(units[0::2], units[1::2], strict=True)
    return "".join(f"\\u{high:02x}{low:02x}" for high, low in pairs), fault.end
