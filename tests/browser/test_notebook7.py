"""Notebook 7: the same run, seen and clicked; in dark, JupyterLab's tests have both."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter import MACHINE, RUN, SLEEPY, notebook, server, watch_a_run
from playwright.sync_api import Browser

pytest.importorskip("notebook")


def test_a_run_lights_up_and_answers_clicks_while_its_cell_blocks(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "shop.ipynb").write_text(notebook([SLEEPY, MACHINE, RUN]), "utf-8")
    with server("notebook", tmp_path, "JupyterLab Dark") as address:
        watch_a_run(browser, f"{address}/notebooks/shop.ipynb", "dark")
