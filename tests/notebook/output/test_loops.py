"""Many runs by one line: one widget, a table at the end, batches from tables and lists, and a line alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sfnbook import InputError
from sfnbook.notebook.output import display
from sfnbook.notebook.output.batch import inputs_of
from sfnbook.notebook.output.loops import SHOWN, Line, Loop

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

WIDGET = "application/vnd.jupyter.widget-view+json"
ODD = """
def odd(event):
    if event["n"] % 3 == 2:
        raise ValueError("no such number")
    return event["n"]
get_ipython().run_cell_magic("statemachine", "odd", '''
StartAt: Odd
States:
  Odd: {Type: Task, Resource: "arn:aws:lambda:us-east-1:123456789012:function:odd", End: true}
''')
"""


@pytest.fixture
def page(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A notebook with a page to show widgets on."""
    monkeypatch.setattr(display, "_has_page", lambda shell: True)
    assert notebook.cell(ODD).ok
    return notebook


def kinds(shown: Any) -> list[str]:
    return ["widget" if WIDGET in data else "html" for data in shown.displays]


def test_a_loop_has_one_widget_and_one_table(page: Notebook) -> None:
    shown = page.cell("for n in range(7):\n    %sfn_run odd {'n': n}")
    assert kinds(shown) == ["widget", "html", "html"]  # the widget, the first run's picture, the table
    table = shown.displays[-1]
    assert table["text/plain"] == (
        "odd: 7 runs, 5 succeeded, 2 failed\n  odd-run-3 FAILED: ValueError\n  odd-run-6 FAILED: ValueError"
    )
    assert table["text/html"].count("<tr><td>") == 7
    (widget,) = (w for w in widgets() if w.model_id == shown.displays[0][WIDGET]["model_id"])
    assert widget.loop == {"run": 7, "total": None, "failed": 2}
    assert (widget.live["run"], widget.live["status"]) == ("odd-run-7", "SUCCEEDED")


def widgets() -> list[Any]:
    from ipywidgets.widgets.widget import _instances

    return [w for w in _instances.values() if type(w).__name__ == "RunWidget"]


def test_two_lines_are_no_loop(page: Notebook) -> None:
    shown = page.cell("%sfn_run odd {'n': 0}\n%sfn_run odd {'n': 1}")
    assert kinds(shown) == ["widget", "html", "widget", "html"]


def test_a_loop_that_raises_still_shows_its_table(page: Notebook) -> None:
    shown = page.cell("for n in range(3):\n    %sfn_run odd {'n': n}\nraise KeyError")
    assert shown.displays[-1]["text/plain"].startswith("odd: 3 runs")


def test_a_table_gives_one_run_for_each_row(page: Notebook) -> None:
    pytest.importorskip("pandas")
    shown = page.cell(
        "import pandas\nframe = pandas.DataFrame({'n': [0, 2], 'status': ['a', None]}, index=['x', 'y'])\n"
        "batch = %sfn_run odd frame --each"
    )
    assert kinds(shown) == ["widget", "html", "html"]
    batch = page.shell.user_ns["batch"]
    assert [run.input for run in batch] == [{"n": 0, "status": "a"}, {"n": 2, "status": None}]
    assert [run.name for run in batch.failed] == ["odd-run-2"]
    table = batch.to_frame()
    assert list(table.columns) == ["n", "status_input", "run", "status", "output", "error", "seconds"]
    assert list(table.index) == ["x", "y"]
    assert list(table["status"]) == ["SUCCEEDED", "FAILED"]
    assert table.loc["x", "output"] == 0
    (widget,) = (w for w in widgets() if w.model_id == shown.displays[0][WIDGET]["model_id"])
    assert widget.loop == {"run": 2, "total": 2, "failed": 1}


def test_a_batch_in_a_line_and_a_run_in_a_line(page: Notebook) -> None:
    shown = page.cell("%sfn_run odd [{'n': 1}, {'n': 2}] --each --quiet")
    assert shown.displays == []
    assert shown.printed.splitlines()[:2] == ["odd: 2 runs, 1 succeeded, 1 failed", "  odd-run-2 FAILED: ValueError"]
    assert page.cell("%sfn_run odd {'n': 4} --quiet").printed.startswith("odd-run-3 SUCCEEDED 4\n")
    assert page.cell("%sfn_run odd {'n': 5} --quiet").printed.startswith("odd-run-4 FAILED: ValueError\n")
    assert len(page.cell("%sfn_run odd [] --each").value) == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%sfn_run odd {'n': 1} --each", "--each takes a DataFrame or a list, one run for each row; this is a dict."),
        ("%sfn_run odd [1] --each --name x", "--name is for one run, --each makes several."),
    ],
)
def test_what_is_no_batch(page: Notebook, line: str, words: str) -> None:
    shown = page.cell(line)
    assert words in shown.printed
    assert not shown.ok


def test_a_tables_values_become_jsons() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"at": pandas.to_datetime(["2026-01-31", None]), "x": [1.5, float("nan")], "n": [1, 2]})
    assert inputs_of(frame) == [{"at": "2026-01-31T00:00:00", "x": 1.5, "n": 1}, {"at": None, "x": None, "n": 2}]
    assert inputs_of(frame["n"]) == [1, 2]
    assert inputs_of((1, "a")) == [1, "a"]
    with pytest.raises(InputError, match="this is a str"):
        inputs_of("abc")


def test_a_long_table_shows_the_failed_ones_first() -> None:
    lines = [Line(f"r{n}", "FAILED" if n > 90 else "SUCCEEDED", "{}", "<b>") for n in range(100)]
    html = Loop("m", lines=lines).html()
    assert html.count("<tr><td>") == SHOWN
    assert html.index("<td>r99</td>") < html.index("<td>r0</td>")
    assert "<b>" not in html


def test_a_cell_that_runs_again_closes_what_it_showed(page: Notebook) -> None:
    page.shell.run_cell("%sfn_run odd {'n': 0}", cell_id="one")
    before = {w.model_id for w in widgets()}
    page.shell.run_cell("%sfn_run odd {'n': 0}", cell_id="two")
    page.shell.run_cell("%sfn_run odd {'n': 0}", cell_id="one")
    after = {w.model_id for w in widgets()}
    assert len(before - after) == 1
    assert len(after - before) == 2
