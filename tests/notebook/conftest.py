"""A shell as a notebook has it, without a kernel: cells run, and what they show is collected."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import sfnbook


@dataclass(frozen=True)
class Shown:
    """What a cell showed: what it printed (stdout and stderr), its displays, and its value."""

    printed: str
    displays: list[dict[str, Any]]
    value: Any
    ok: bool

    @property
    def text(self) -> str:
        """Everything a reader of plain text sees."""
        return "\n".join([self.printed, *(shown["text/plain"] for shown in self.displays if "text/plain" in shown)])


class Notebook:
    """Runs cells and hands back what they showed."""

    def __init__(self, shell: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
        self.shell = shell
        self.capsys = capsys

    def cell(self, text: str) -> Shown:
        self.shell.display_pub.outputs.clear()
        self.capsys.readouterr()
        result = self.shell.run_cell(text)
        out, err = self.capsys.readouterr()
        displays = [output["data"] for output in self.shell.display_pub.outputs]
        return Shown(out + err, displays, result.result, result.success)

    def complete(self, text: str, after: str = "") -> list[str]:
        """Return what Tab offers between a cell's text and what follows it."""
        with provisionalcompleter():
            return [completion.text for completion in self.shell.Completer.completions(text + after, len(text))]


@pytest.fixture
def notebook(capsys: pytest.CaptureFixture[str]) -> Iterator[Notebook]:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    main = sys.modules["__main__"]
    shell = InteractiveShell(config=config, display_pub_class=CapturingDisplayPublisher)
    shell.run_line_magic("load_ext", "sfnbook")
    assert sfnbook.__name__ in shell.extension_manager.loaded
    yield Notebook(shell, capsys)
    shell.atexit_operations()
    atexit.unregister(shell.atexit_operations)
    sys.modules["__main__"] = main  # the shell put its own there
