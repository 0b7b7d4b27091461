"""Two runs together: what ``run.compare(other)`` returns shows itself in the cell, and writes itself as a page.

The differences are `sfnbook.runs.diff`'s; the page draws both paths in one diagram and each stage side by side.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from sfnbook.errors import InputError
from sfnbook.runs.diff import Difference, Differences, text_of
from sfnbook.widget.mimebundle import Bundle, has_kernel
from sfnbook.widget.traits.value import plain
from sfnbook.widget.viewers import lazy_viewers

if TYPE_CHECKING:
    from sfnbook.runs.base_run import BaseRun

_CELLS = 200
"""Characters of a value that stand in the table of a saved notebook at once; the rest of it opens below them."""
_WHOLE = 100_000
"""Characters of a value that such a table holds at most."""
_ROWS = 60


class Comparison(Differences):
    """What is different between two runs, ``left`` and ``right``; empty, and false, where nothing is."""

    left: BaseRun
    right: BaseRun

    def __new__(cls, found: Differences, left: BaseRun, right: BaseRun) -> Self:
        self = super().__new__(cls, found)
        self.left, self.right = left, right
        return self

    def to_html(self, path: str | Path) -> Path:
        """Write both runs as one HTML file that needs no kernel and no network.

        Returns the file's path. Raises InputError when it cannot be written.
        """
        from sfnbook.widget.export import html  # the page's files: only where somebody wants them

        file = Path(path).expanduser()
        try:
            file.write_text(html(self.left.machine, self.left, other=self.right), encoding="utf-8")
        except OSError as fault:
            raise InputError(f"The file {path} cannot be written: {fault.strerror}.") from None
        return file

    def _repr_mimebundle_(self, **_: Any) -> Bundle:
        still = {"text/html": self._table(), "text/plain": repr(self)}
        if not has_kernel():
            return still, {}
        from sfnbook.widget.run_widget import RunWidget  # loads anywidget: only where it is shown

        widget = RunWidget(self.left.machine, self.left, viewers=lazy_viewers())
        widget.compare(self.right)
        if self.left.done:
            widget.finish(5)
        data, metadata = widget._repr_mimebundle_() or ({}, {})
        return {**data, **still}, metadata

    def _table(self) -> str:
        """Return the differences as a table, for where no widget is."""
        if not self:
            return f"<div class='sfnbook-static'><p>{_cell(self.left.name)} and {_cell(self.right.name)}: no difference</p></div>"
        rows = "".join(_row(one) for one in self[:_ROWS])
        more = f"<p>… and {len(self) - _ROWS:,} more</p>" if len(self) > _ROWS else ""
        head = f"<tr><th>where</th><th>{_cell(self.left.name)}</th><th>{_cell(self.right.name)}</th></tr>"
        return f"<div class='sfnbook-static'><table><thead>{head}</thead><tbody>{rows}</tbody></table>{more}</div>"


def _row(one: Difference) -> str:
    values = "".join(f"<td>{_value(text_of(value))}</td>" for value in (one.left, one.right))
    return f"<tr><td>{_cell(one.where)}</td>{values}</tr>"


def _value(text: str) -> str:
    """Return a value that is whole, or says which part of it is here."""
    if len(text) <= _CELLS:
        return f"<code>{_cell(text)}</code>"
    part = f" · the first {_WHOLE:,} of them are here" if len(text) > _WHOLE else ""
    head = f"<code>{_cell(text[:_CELLS])}…</code> <small>{len(text):,} characters{part}</small>"
    return f"<details><summary>{head}</summary><code style='overflow-wrap:anywhere'>{_cell(text[:_WHOLE])}</code></details>"


def _cell(text: str) -> str:
    return escape(plain(text))
