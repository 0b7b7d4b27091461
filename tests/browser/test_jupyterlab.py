"""JupyterLab itself: a run seen while it goes on, a click answered while the cell blocks, in light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter import MACHINE, RUN, SLEEPY, notebook, server, watch_a_run
from playwright.sync_api import Browser

pytest.importorskip("jupyterlab")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_run_lights_up_and_answers_clicks_while_its_cell_blocks(browser: Browser, tmp_path: Path, theme: str) -> None:
    (tmp_path / "shop.ipynb").write_text(notebook([SLEEPY, MACHINE, RUN]), "utf-8")
    with server("jupyterlab", tmp_path, f"JupyterLab {theme.title()}") as address:
        watch_a_run(browser, f"{address}/lab/tree/shop.ipynb?reset", theme)
