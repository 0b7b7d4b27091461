"""``%sfn_template`` in JupyterLab: pictures in light and dark, and a press that writes a machine's cells, which run."""

from __future__ import annotations

from pathlib import Path

import pytest
from jupyter import notebook, run_cell, server
from playwright.sync_api import Browser, expect

from sfnbook.starters import cells, find, starters

pytest.importorskip("jupyterlab")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_a_press_and_a_name_write_the_cells(browser: Browser, tmp_path: Path, theme: str) -> None:
    given = ["%load_ext sfnbook", "%%statemachine\n", "%sfn_template", "%sfn_template choice"]
    (tmp_path / "new.ipynb").write_text(notebook(given), "utf-8")
    with server("jupyterlab", tmp_path, f"JupyterLab {theme}") as address:
        page = browser.new_context(viewport={"width": 1200, "height": 1500}).new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{address}/lab/tree/new.ipynb")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        run_cell(page, 0)
        run_cell(page, 2)
        shown = page.locator(".jp-CodeCell").nth(2)
        expect(shown.locator(".sfn-gallery-card")).to_have_count(len(starters()))
        assert shown.locator(".sfn-gallery-card img").evaluate_all("all => all.every(one => one.naturalWidth > 50)")
        ground = shown.locator(".sfn-gallery-card").first.evaluate("one => getComputedStyle(one).backgroundColor")
        assert (ground == "rgb(255, 255, 255)") == (theme == "Light")
        shown.get_by_role("button", name="retry-catch").focus()
        page.keyboard.press("Enter")
        wanted = cells(find("retry-catch"))
        expect(shown.get_by_role("status")).to_have_text(f"{len(wanted)} new cells below: run them in their order.")
        code = page.locator(".jp-CodeCell")
        expect(code).to_have_count(len(given) + len(wanted))
        expect(code.nth(4).locator(".cm-content")).to_contain_text("%%statemachine retry-catch")
        for number in range(3, 3 + len(wanted)):
            run_cell(page, number)
        ran = code.nth(2 + len(wanted)).locator(".sfn-frame")
        expect(ran.locator(".head .pill")).to_contain_text("SUCCEEDED")

        run_cell(page, 3 + len(wanted))
        expect(code).to_have_count(len(given) + len(wanted) + len(cells(find("choice"))))
        expect(code.nth(4 + len(wanted)).locator(".cm-content")).to_contain_text("%%statemachine choice")
        page.context.close()
