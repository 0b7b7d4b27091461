"""Faults: how errors and tracebacks look in a notebook.

An error of ours shows its message and the lines of the user's cells that led there, never our own. In the tracebacks of
the user's functions a cell is called by its number, not by the temporary file IPython compiles it under.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from sfnbook.errors import CheckError, DefinitionError, InternalError, SfnbookError, TaskError
from sfnbook.tasks.functions.python import source_names
from sfnbook.values import printable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def register_faults(shell: InteractiveShell, show_failure: Callable[[InteractiveShell, CheckError], None]) -> None:
    """Let errors of ours show themselves in this shell, a failed check its runs, and cells be called by their numbers."""
    source_names["notebook"] = lambda filename: cell_name(shell, filename) or filename

    def render(error: SfnbookError) -> list[str]:
        if isinstance(error, CheckError) and error.run is not None:
            show_failure(shell, error)
        return rendered(error, cells(shell))

    SfnbookError._render_traceback_ = render  # type: ignore[attr-defined]  # how IPython asks an exception for its text


def cells(shell: InteractiveShell) -> Mapping[str, int]:
    """Return the numbers of the cells by the names of the files they were compiled under."""
    found: Mapping[str, int] = getattr(shell.compile, "_filename_map", {})
    return found


def cell_name(shell: InteractiveShell, filename: str) -> str:
    """Return ``cell 3`` for the file name of a cell, "" for any other."""
    number = cells(shell).get(filename)
    return f"cell {number}" if number is not None else ""


def rendered(error: SfnbookError, numbers: Mapping[str, int]) -> list[str]:
    """Return the lines that show an error: the user's own lines, then the message. A fault of ours shows everything."""
    if isinstance(error, InternalError):
        return "".join(traceback.format_exception(error)).splitlines()
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename in numbers]
    lines = [f"cell {numbers[f.filename]}, line {f.lineno}: {f.line}" for f in frames]
    return [*lines, *message(error).splitlines()]


def message(error: SfnbookError) -> str:
    """Return an error's text, with the name of who says so where the text itself does not tell."""
    return printable(str(error) if isinstance(error, (DefinitionError, TaskError, CheckError)) else f"sfnbook: {error}")


def without_traceback(error: SfnbookError) -> SfnbookError:
    """Return an error of a magic, which IPython shows as its message alone: the line is the user's only one."""
    if not isinstance(error, InternalError):
        error._render_traceback_ = message(error).splitlines  # type: ignore[attr-defined]  # as above
    return error
