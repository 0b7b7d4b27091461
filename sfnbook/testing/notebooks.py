"""``%%sfn_test`` cells of notebooks as pytest tests: ``pytest --sfn-notebooks notebooks/``.

The cells of a notebook run in their order in one IPython shell; each test cell is a test of its own. A cell before it that fails is
the failure of the tests after it, because they would test something else.
"""

from __future__ import annotations

import atexit
import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import chdir
from typing import Any, Final

import pytest

MAGIC: Final = "%%sfn_test"


class NotebookFile(pytest.File):
    """A notebook; collects its test cells."""

    _shell: Any = None
    _next = 0
    _broken = ""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield a test for each test cell."""
        self.cells = [
            "".join(cell["source"])
            for cell in json.loads(self.path.read_text("utf-8")).get("cells", ())
            if cell.get("cell_type") == "code"
        ]
        for number, source in enumerate(self.cells):
            if source.lstrip().startswith(MAGIC):
                test: pytest.Item = NotebookTest.from_parent(self, name=test_name(source, number), cell=number)
                yield test

    def run_until(self, number: int) -> Any:
        """Run the cells up to one of them and return what it came to. Raises what a cell before it raised."""
        if self._shell is None:
            self._shell = _shell(str(self.path.parent))
        result = None
        while self._next <= number:
            source, here = self.cells[self._next], self._next
            self._next += 1
            with chdir(self.path.parent):  # where Jupyter and nbval run it, too
                result = self._shell.run_cell(source, store_history=True)
            if not result.success and not source.lstrip().startswith(MAGIC):
                self._broken = (
                    f"cell {here + 1} of {self.path.name} failed: {result.error_before_exec or result.error_in_exec!r}"
                )
        if self._broken:
            raise NotebookBroken(self._broken)
        return result

    def teardown(self) -> None:
        """Let go of the shell."""
        if self._shell is not None:
            self._shell.atexit_operations()
            atexit.unregister(self._shell.atexit_operations)
            sys.modules["__main__"] = self._main
            self._shell = None

    def setup(self) -> None:
        """Remember what the shell puts itself in place of."""
        self._main = sys.modules["__main__"]


class NotebookBroken(Exception):
    """A cell before a test cell failed."""


class NotebookTest(pytest.Item):
    """A test cell."""

    def __init__(self, *, cell: int, **options: Any) -> None:
        super().__init__(**options)
        self._cell = cell

    def runtest(self) -> None:
        """Run the notebook up to this cell."""
        file = self.parent
        assert isinstance(file, NotebookFile)
        result = file.run_until(self._cell)
        if not result.success:
            raise result.error_before_exec or result.error_in_exec

    def repr_failure(self, excinfo: Any, style: Any = None) -> str:
        """Return what failed, without our frames."""
        return str(excinfo.value) or repr(excinfo.value)

    def reportinfo(self) -> tuple[Any, int, str]:
        """Return where the test stands."""
        return self.path, self._cell, f"{self.path.name}: {self.name}"


def test_name(source: str, number: int) -> str:
    """Return a test cell's name: what follows the magic, else its number.

    >>> test_name("%%sfn_test 'pays once'\\nassert True", 3)
    'pays once'
    """
    line = source.lstrip().splitlines()[0]
    try:
        words = shlex.split(line)[1:]
    except ValueError:  # a quote that is not closed is an apostrophe
        words = line.split()[1:]
    return " ".join(words) or f"cell {number + 1}"


test_name.__test__ = False  # type: ignore[attr-defined]  # pytest would take it for a test


def _shell(folder: str) -> Any:
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    shell = InteractiveShell(config=config)  # type: ignore[no-untyped-call]
    shell.user_ns["__name__"] = "__main__"
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return shell
