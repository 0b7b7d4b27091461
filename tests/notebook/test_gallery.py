"""``%sfn_template``: every template's cells run as they are written, and how the cells come without a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sfnbook.starters import cells, find, starters
from sfnbook.widget.gallery import Gallery

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook


@pytest.fixture(autouse=True)
def _own_services() -> Any:
    from sfnbook.testing.machines import fresh_services

    fresh_services(shared=False)
    yield
    fresh_services(shared=False)


@pytest.mark.parametrize("name", starters())
def test_the_cells_of_a_template_run_from_top_to_bottom(notebook: Notebook, name: str) -> None:
    for text in cells(find(name)):
        shown = notebook.cell(text)
        assert shown.ok, shown.text
    run = notebook.shell._sfnbook_workspace.runs[-1]  # type: ignore[attr-defined]
    ends = {"saga": "TripNotBooked", "circuit-breaker": "CircuitOpen"}
    assert (run.status, run.error) == (("FAILED", ends[name]) if name in ends else ("SUCCEEDED", None))


def next_inputs(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    given: list[str] = []
    monkeypatch.setattr(notebook.shell, "set_next_input", lambda text, replace=False: given.append(text))
    return given


def test_each_cell_that_runs_brings_the_next(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    given = next_inputs(notebook, monkeypatch)
    wanted = cells(find("map"))
    assert "3 cells: each one that runs brings the next." in notebook.cell("%sfn_template map").text
    assert given == wanted[:1]
    notebook.cell("1 / 0")  # one that fails brings nothing
    assert given == wanted[:1]
    for text in wanted:
        assert notebook.cell(text).ok
    assert given == wanted
    notebook.cell("1")
    assert given == wanted


def test_another_template_takes_the_place_of_the_cells_that_wait(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = next_inputs(notebook, monkeypatch)
    notebook.cell("%sfn_template saga")
    notebook.cell("%sfn_template hello")
    notebook.cell("1")
    notebook.cell("2")
    assert given == [*cells(find("saga"))[:1], *cells(find("hello"))]


def test_the_list_without_a_page(notebook: Notebook) -> None:
    text = notebook.cell("%sfn_template").text
    assert all(one.summary in text for one in starters().values())


def test_a_name_that_is_none(notebook: Notebook) -> None:
    assert 'There is no template "chioce". Did you mean "choice"?' in notebook.cell("%sfn_template chioce").printed


def test_names_are_completed(notebook: Notebook) -> None:
    assert notebook.complete("%sfn_template ci") == ["circuit-breaker"]


class Page(Gallery):
    """A gallery whose messages to the page are kept."""

    def send(self, content: Any, buffers: Any = None) -> None:
        self.__dict__.setdefault("sent", []).append(content)


def test_what_the_page_asks_and_is_told(notebook: Notebook) -> None:
    from sfnbook.notebook.arguments import parse
    from sfnbook.notebook.gallery import TEMPLATE, Templates
    from sfnbook.workspace import Workspace

    workspace = Workspace({})
    workspace.completed_by_page = True
    arguments = parse(TEMPLATE, "hello")
    assert arguments is not None
    made = Templates(notebook.shell, workspace).gallery(arguments)
    assert [one["name"] for one in made.entries] == ["hello"]
    assert made.at_once == "hello"
    assert "prefers-color-scheme" in made.entries[0]["picture"]
    page = Page((), made._cells, made._deliver, at_once="hello")
    page._known = {"hello"}
    page._heard(page, {"kind": "choose", "name": "hello", "at_once": True}, [])
    page._heard(page, {"kind": "choose", "name": "hello", "at_once": True}, [])  # drawn again
    page._heard(page, {"kind": "choose", "name": "hello"}, [])
    page._heard(page, {"kind": "deliver", "name": "hello"}, [])
    page._heard(page, {"kind": "choose", "name": "../x"}, [])
    page._heard(page, "nonsense", [])
    sent = page.__dict__["sent"]
    assert [one["kind"] for one in sent] == ["cells", "cells", "said"]
    assert sent[0]["cells"] == cells(find("hello"))
    assert "Run any cell" in sent[2]["text"]
