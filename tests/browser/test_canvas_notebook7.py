"""The edited diagram in Notebook 7: a cell with errors is mended in its output, a state is added, and Apply writes the cell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jupyter import notebook, run_cell, server
from playwright.sync_api import Browser, expect

pytest.importorskip("notebook")

WRONG = """%%statemachine shop
{
  "StartAt": "First",
  "States": {
    "First": {"Type": "Pass", "Next": "Dona"},
    "Done": {"Type": "Succeed"}
  }
}"""


def test_a_cell_with_errors_is_mended_and_edited_in_its_output(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "shop.ipynb").write_text(notebook(["%load_ext sfnbook", WRONG, "%sfn_run shop"]), "utf-8")
    with server("notebook", tmp_path, "JupyterLab Dark") as address:
        context = browser.new_context(viewport={"width": 1400, "height": 1300})
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{address}/notebooks/shop.ipynb")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        run_cell(page, 0)
        run_cell(page, 1)
        cell = page.locator(".jp-CodeCell").nth(1)
        frame = cell.locator(".jp-OutputArea .sfn-frame")
        expect(frame.locator('.sfn-node[data-address="/States/Done"]')).to_be_visible(timeout=60_000)
        expect(cell.locator(".jp-OutputArea")).to_contain_text("shop has")  # the errors in words, as before
        edit = frame.get_by_role("button", name="Edit", exact=True)
        if edit.is_visible():  # the cell itself shows its errors here: the output does not begin with the text
            edit.click()
        expect(frame.get_by_role("tab", name="Text")).to_have_attribute("aria-selected", "true")
        frame.get_by_role("button", name='Change to "Done"').click()
        expect(frame.locator(".efindings .dfind.bad")).to_have_count(0)
        plus = frame.get_by_role("button", name="Add a state between First and Done", exact=True)
        plus.focus()
        page.keyboard.press("Enter")
        page.keyboard.type("wait")
        page.keyboard.press("Enter")
        expect(frame.locator('.sfn-node[data-address="/States/Wait"]')).to_be_focused()
        page.keyboard.press("m")  # the diagram's key, not the notebook's
        expect(frame.get_by_role("combobox", name="Move Wait")).to_be_focused()
        page.keyboard.press("Escape")
        frame.get_by_role("button", name="Apply", exact=True).click()
        expect(frame.locator(".hint")).to_contain_text("Written to the cell. shop is defined anew.")
        expect(cell.locator(".cm-content")).to_contain_text('"Wait": {')
        run_cell(page, 2)
        ran = page.locator(".jp-CodeCell").nth(2).locator(".sfn-frame")
        expect(ran.locator(".head .pill")).to_contain_text("SUCCEEDED", timeout=60_000)
        expect(ran.locator('.sfn-node[data-address="/States/Wait"]')).to_have_class(re.compile(r"\bok\b"))
        context.close()
