"""The tutorial: the notebooks of the course with the outputs that are stored in them, pictures included."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from generate.markdown import fence, join

NOTEBOOKS: Final = Path(__file__).parents[2] / "notebooks"

_COLORS: Final = re.compile(r"\x1b\[[0-9;]*m")
_STYLE: Final = re.compile(r"<style>.*?</style>\s*", re.DOTALL)
_NEIGHBOUR: Final = re.compile(r"(\[[^\]]*?)(?:\.ipynb)?(\]\([\w./-]+)\.ipynb\)")


def pages() -> dict[str, str]:
    """Return a page for each chapter."""
    return {f"tutorial/{path.stem}.md": chapter(path) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}


def chapter(path: Path) -> str:
    """Return a notebook as Markdown."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    first, *rest = [part for cell in cells for part in _cell(cell)]
    source = f"This chapter is the notebook `notebooks/{path.name}`. `sfnbook lab` opens a copy in which you can run and change it."
    return join(first, f"*{source}*", *rest)


def _cell(cell: dict[str, Any]) -> list[str]:
    text = "".join(cell["source"])
    if cell["cell_type"] == "markdown":
        title, newline, body = text.partition("\n") if text.startswith("# ") else ("", "", text)
        body = _NEIGHBOUR.sub(r"\1\2.md)", body)
        return [title, body] if newline else [title or body]
    return [fence(text, _language(text)), *(_output(output) for output in cell["outputs"])]


def _language(cell: str) -> str:
    """Return how a cell is coloured: as Python where that reads it, magics included, else as plain text."""
    from pygments.lexers import PythonLexer
    from pygments.token import Error

    return "text" if any(kind in Error for kind, _ in PythonLexer().get_tokens(cell)) else "python"


def _output(output: dict[str, Any]) -> str:
    if output["output_type"] == "stream":
        return fence("".join(output["text"]))
    if output["output_type"] == "error":
        return fence(_COLORS.sub("", "\n".join(output["traceback"])))
    data = output["data"]
    if "text/html" in data:
        html = _STYLE.sub("", "".join(data["text/html"]))
        return f'<div class="notebook-output">\n{_without_empty_lines(html)}\n</div>'
    text = "".join(data.get("text/plain", ""))
    return "" if text.startswith("A run of ") else fence(text)  # the widget, which needs a kernel; its picture follows


def _without_empty_lines(html: str) -> str:
    """Return HTML that Markdown leaves alone: an empty line would end its block."""
    return re.sub(r"\n\s*\n", "\n&#8203;\n", html.strip())
