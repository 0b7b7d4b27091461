"""How a machine and a run show themselves where no ``%load_ext`` did it: VS Code, marimo, any front end of Jupyter.

One MIME bundle: the live widget where a kernel can feed it, the static page beside it, the text.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from sfnbook.text.run_text import machine_text, run_text
from sfnbook.widget.static_html import machine_twin, run_twin
from sfnbook.widget.viewers import lazy_viewers

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine
    from sfnbook.run import Run

Bundle = tuple[dict[str, Any], dict[str, Any]]
"""Data and metadata by MIME type, as IPython's ``_repr_mimebundle_`` returns them."""


def machine_bundle(machine: StateMachine) -> Bundle:
    """Return the MIME bundle of a machine."""
    return _bundle(machine, None, machine_twin(machine), machine_text(machine))


def run_bundle(run: Run) -> Bundle:
    """Return the MIME bundle of a run, which goes on being shown while it runs."""
    return _bundle(run.machine, run, run_twin(run), run_text(run))


def live_widget(machine: StateMachine, run: Run | None) -> Any:
    """Return the widget of a machine or a run: what marimo shows (``_display_``)."""
    from sfnbook.widget.run_widget import RunWidget  # loads anywidget: only where it is shown

    return RunWidget(machine, run)


def _bundle(machine: StateMachine, run: Run | None, html: str, text: str) -> Bundle:
    still = {"text/html": html, "text/plain": text}
    if not has_kernel():
        return still, {}
    from sfnbook.widget.run_widget import RunWidget  # as above

    widget = RunWidget(machine, run, viewers=lazy_viewers())
    if run is not None and run.done:
        widget.finish(5)
    data, metadata = widget._repr_mimebundle_() or ({}, {})
    return {**data, **still}, metadata


def has_kernel() -> bool:
    """Whether a kernel of Jupyter's shows this, so that a widget has a page to talk to."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return getattr(shell, "kernel", None) is not None
