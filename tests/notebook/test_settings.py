"""``%config SfnbookMagics``: defaults of a notebook's runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

WAIT = '%%statemachine m\n{"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 1, "End": true}}}'


def test_the_clock_of_runs_that_name_none(notebook: Notebook) -> None:
    assert notebook.cell(WAIT).ok
    assert notebook.cell('%config SfnbookMagics.clock = "virtual@2031-01-01T00:00Z"').ok
    assert notebook.cell("%sfn_run m --quiet").value.history()[0]["timestamp"].year == 2031
    assert (
        notebook.cell("%sfn_run m --quiet --clock virtual@2032-01-01T00:00Z").value.history()[0]["timestamp"].year
        == 2032
    )
    assert "SfnbookMagics.clock" in notebook.cell("%config SfnbookMagics").printed


def test_a_clock_that_is_none_changes_nothing(notebook: Notebook, caplog: pytest.LogCaptureFixture) -> None:
    assert notebook.cell(WAIT).ok
    notebook.cell('%config SfnbookMagics.clock = "fast"')
    assert 'Unknown clock "fast"' in caplog.text  # IPython logs what a setting refuses
    assert notebook.cell("%sfn_run m --quiet").value.succeeded


def test_loading_again_keeps_it(notebook: Notebook) -> None:
    assert notebook.cell(WAIT).ok
    assert notebook.cell('%config SfnbookMagics.clock = "virtual@2031-01-01T00:00Z"').ok
    assert notebook.cell("%reload_ext sfnbook").ok
    assert notebook.cell("%sfn_run m --quiet").value.history()[0]["timestamp"].year == 2031
