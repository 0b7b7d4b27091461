"""The debugger in JupyterLab itself: pause, step, edit, back and continue with the mouse, the kernel answering."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter import MACHINE, notebook, run_cell, server
from playwright.sync_api import Browser, expect

pytest.importorskip("jupyterlab")

SETUP = """\
def prepare(event, context):
    return {"prepared": event["order"]}

def ship(event, context):
    return {"shipped": event["made"]}

%load_ext sfnbook
"""


@pytest.mark.parametrize("app", ["jupyterlab", "notebook"])
def test_step_edit_continue_and_back(browser: Browser, tmp_path: Path, app: str) -> None:
    (tmp_path / "shop.ipynb").write_text(notebook([SETUP, MACHINE, '%sfn_debug shop {"order": 7}']), "utf-8")
    with server(app, tmp_path) as address:
        page = browser.new_context(viewport={"width": 1500, "height": 1300}).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/lab/tree/shop.ipynb?reset" if app == "jupyterlab" else f"{address}/notebooks/shop.ipynb")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').first.wait_for()
        for cell in range(3):
            run_cell(page, cell)
        frame = page.locator(".sfn-frame").last
        strip = frame.locator(".hstrip")
        expect(strip).to_contain_text("Paused before Prepare", timeout=60_000)
        frame.get_by_role("button", name="Over", exact=True).click()
        expect(strip).to_contain_text("Paused at Prepare's answer")
        frame.get_by_role("button", name="Edit", exact=True).click()
        frame.get_by_label("The answer").fill('{"prepared": "by hand"}')
        frame.get_by_role("button", name="Apply", exact=True).click()
        expect(strip).to_contain_text("by hand")
        frame.get_by_role("button", name="Continue", exact=True).click()
        pill = frame.locator(".head .pill")
        expect(pill).to_contain_text("SUCCEEDED")
        frame.get_by_role("button", name="Back", exact=True).click()
        expect(strip).to_contain_text("As it was before Ship")
        expect(strip).to_contain_text("Ship → function ship")
        frame.get_by_role("button", name="Continue", exact=True).click()
        expect(frame.locator(".meta")).to_contain_text("shop-run-2")
        expect(pill).to_contain_text("SUCCEEDED")
        page.context.close()
