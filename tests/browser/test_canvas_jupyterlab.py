"""Editing on the diagram in JupyterLab: the text goes into the cell, and the machine that runs is the edited one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jupyter import notebook, run_cell, server
from playwright.sync_api import Browser, expect

pytest.importorskip("jupyterlab")

SHOP = """%%statemachine shop
{
  "StartAt": "First",
  "States": {
    "First": {"Type": "Pass", "End": true}
  }
}"""


def test_a_machine_is_edited_where_it_is_shown(browser: Browser, tmp_path: Path) -> None:
    cells = ["%load_ext sfnbook", SHOP, "%sfn_new fresh", "%sfn_run shop"]
    (tmp_path / "shop.ipynb").write_text(notebook(cells), "utf-8")
    with server("jupyterlab", tmp_path) as address:
        context = browser.new_context(viewport={"width": 1500, "height": 1300})
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{address}/lab/tree/shop.ipynb")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        run_cell(page, 0)
        run_cell(page, 1)
        cell = page.locator(".jp-CodeCell").nth(1)
        frame = cell.locator(".sfn-frame")
        frame.get_by_role("button", name="Edit", exact=True).click(timeout=60_000)
        plus = frame.get_by_role("button", name="Add a state after First", exact=True)
        plus.focus()
        page.keyboard.press("Enter")
        page.keyboard.type("wait")
        page.keyboard.press("Enter")
        expect(frame.locator('.sfn-node[data-address="/States/Wait"]')).to_be_focused()
        page.keyboard.press("Control+z")  # the diagram's, not JupyterLab's
        expect(frame.locator('.sfn-node[data-address="/States/Wait"]')).to_have_count(0)
        page.keyboard.press("Control+Shift+z")
        expect(frame.locator('.sfn-node[data-address="/States/Wait"]')).to_be_visible()
        assert page.locator(".jp-CodeCell").count() == len(cells)
        frame.get_by_role("button", name="Apply", exact=True).click()
        expect(frame.locator(".hint")).to_contain_text("Written to the cell. shop is defined anew.")
        expect(cell.locator(".cm-content")).to_contain_text('"Wait": {')
        expect(cell.locator(".cm-content")).to_contain_text("%%statemachine shop")
        frame.get_by_role("button", name="Done", exact=True).click()
        expect(frame.locator('.sfn-node[data-address="/States/Wait"]')).to_be_visible()

        run_cell(page, 3)
        ran = page.locator(".jp-CodeCell").nth(3).locator(".sfn-frame")
        expect(ran.locator(".head .pill")).to_contain_text("SUCCEEDED", timeout=60_000)
        expect(ran.locator('.sfn-node[data-address="/States/Wait"]')).to_have_class(re.compile(r"\bok\b"))

        run_cell(page, 2)
        fresh = page.locator(".jp-CodeCell").nth(2).locator(".sfn-frame")
        fresh.get_by_role("button", name="Add a state after First", exact=True).click(timeout=60_000)
        page.locator(".sfn-palette").get_by_role("option", name="Succeed").click()
        fresh.get_by_role("button", name="Apply", exact=True).click()
        expect(fresh.locator(".hint")).to_contain_text("Written to a new cell below. fresh is defined anew.")
        expect(page.locator(".jp-CodeCell").nth(3).locator(".cm-content")).to_contain_text("%%statemachine fresh")
        fresh.get_by_role("button", name="Undo", exact=True).click()
        fresh.get_by_role("button", name="Apply", exact=True).click()
        expect(fresh.locator(".hint")).to_contain_text("Written to the cell below.")
        assert page.locator(".jp-CodeCell").count() == len(cells) + 1
        context.close()
