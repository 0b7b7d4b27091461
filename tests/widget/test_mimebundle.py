"""Machines and runs that show themselves where nothing was loaded."""

from __future__ import annotations

import json
import subprocess
import sys

from sfnbook import StateMachine
from sfnbook.widget import mimebundle
from sfnbook.widget.run_widget import RunWidget, page_script

WIDGET = "application/vnd.jupyter.widget-view+json"
PASS = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}


def test_without_a_kernel_they_are_page_and_text() -> None:
    machine = StateMachine(PASS, name="m")
    data, metadata = machine._repr_mimebundle_()
    assert set(data) == {"text/html", "text/plain"}
    assert metadata == {}
    data, _ = machine.run()._repr_mimebundle_(include=None, exclude=None)
    assert data["text/plain"].startswith("m: SUCCEEDED")


def test_with_a_kernel_the_widget_is_beside_them(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(mimebundle, "has_kernel", lambda: True)
    data, _ = StateMachine(PASS, name="m").run()._repr_mimebundle_()
    assert set(data) == {WIDGET, "text/html", "text/plain"}
    assert set(data[WIDGET]) == {"version_major", "version_minor", "model_id"}


def test_marimo_gets_the_widget() -> None:
    machine = StateMachine(PASS, name="m")
    assert isinstance(machine._display_(), RunWidget)
    assert machine.run(name="first")._display_().finish(5)


def test_a_kernel_shows_them_without_load_ext() -> None:
    script = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.kernel = object()
import sfnbook
machine = sfnbook.StateMachine({PASS!r}, name="m")
for value in (machine, machine.run()):
    data, metadata = shell.display_formatter.format(value)
    print(sorted(data))
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.count(WIDGET) == answer.stdout.count("text/html") == 2


def test_the_script_is_sent_once_for_all_widgets() -> None:
    machine = StateMachine(PASS, name="m")
    run = machine.run()
    first, second = RunWidget(machine, run), RunWidget(machine, run)
    assert first.script == second.script == f"IPY_MODEL_{page_script().model_id}"
    assert len(json.dumps(first.get_state(), default=str)) < 12_000
    assert "class Frame" in page_script().code
    assert ".sfn-frame" in page_script().style
    page_script().close()
    assert RunWidget(machine).script != first.script
