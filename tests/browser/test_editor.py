"""The editor in JupyterLab and Notebook 7: what helps while a definition is typed, without running the cell."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from jupyter import notebook, run_cell, server
from playwright.sync_api import Browser, Locator, Page, expect

pytest.importorskip("jupyterlab")
pytest.importorskip("notebook")

SHOP = """%%statemachine shop
{
  "StartAt": "Decide",
  "States": {
    "Decide": {"Type": "Pass", "Next": "Ship"},
    "Ship": {"Type": "Succeed"}
  }
}"""


@contextmanager
def editing(
    browser: Browser, app: str, folder: Path, theme: str = "Light", text: str = SHOP
) -> Iterator[tuple[Page, Locator]]:
    """A page with a cell that holds a machine, the kernel ready."""
    (folder / "shop.ipynb").write_text(notebook(["%load_ext sfnbook", text, "import time; time.sleep(6)"]), "utf-8")
    with server(app, folder, f"JupyterLab {theme}") as address:
        context = browser.new_context(viewport={"width": 1400, "height": 1100})
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{address}/{'lab/tree' if app == 'jupyterlab' else 'notebooks'}/shop.ipynb")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        run_cell(page, 0)
        expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:", timeout=60_000)
        yield page, page.locator(".jp-CodeCell").nth(1)
        context.close()


def put_cursor(page: Page, cell: Locator, before: str) -> None:
    """Put the cursor before a text of the cell."""
    cell.locator(".cm-content").click()
    page.evaluate(
        """([text]) => {
          const content = document.querySelectorAll(".jp-CodeCell .cm-content")[1];
          const view = content.cmTile?.view ?? content.cmView?.view;
          view.dispatch({selection: {anchor: view.state.doc.toString().indexOf(text)}});
          view.focus();
        }""",
        [before],
    )


def states(cell: Locator) -> list[str]:
    return [title.removeprefix("Go to ") for title in cell.locator(".sfn-state").evaluate_all("all => all.map(one => one.title)")]  # fmt: skip


def test_a_definition_is_helped_while_it_is_typed(browser: Browser, tmp_path: Path) -> None:
    with editing(browser, "jupyterlab", tmp_path) as (page, cell):
        expect(cell.locator(".sfn-token").first).to_be_visible()  # highlighted as JSON before anything was typed
        expect(cell.locator(".sfn-draft")).to_have_count(0)
        put_cursor(page, cell, 'Ship"},')
        page.keyboard.type("x")
        expect(cell.locator(".sfn-wrong", has_text='"xShip"')).to_be_visible()
        expect(cell.locator(".sfn-gutter .sfn-dot.sfn-error:visible")).to_have_count(2)  # and nothing leads to Ship
        expect(cell.locator(".sfn-draft")).to_be_visible()

        cell.locator(".sfn-wrong", has_text="xShip").hover()
        card = page.locator(".sfn-hover")
        expect(card).to_contain_text("Missing 'Next' target: xShip. Did you mean \"Ship\"?")
        card.get_by_role("button", name='Change to "Ship"').click()
        expect(cell.locator(".sfn-wrong")).to_have_count(0)
        expect(cell.locator(".cm-content")).to_contain_text('"Next": "Ship"')

        put_cursor(page, cell, '"Ship": {')
        page.keyboard.insert_text('"Pack": {"Type": "Pass", "Next": "Ship"},\n    ')
        expect(cell.locator(".sfn-state[title='Go to Pack']")).to_be_visible()  # drawn, though nothing leads there yet
        assert set(states(cell)) == {"Decide", "Pack", "Ship"}

        cell.locator(".sfn-state[title='Go to Decide']").click()
        page.keyboard.insert_text("@")  # the cursor is where the state begins
        expect(cell.locator(".cm-content")).to_contain_text('@"Decide": {')
        expect(cell.locator(".sfn-draft")).to_have_class("sfn-draft sfn-stale")  # the last good picture stays, dimmed
        expect(cell.locator(".sfn-draft .sfn-note")).to_have_text("as it was before the text broke")
        page.keyboard.press("Backspace")
        expect(cell.locator(".sfn-draft")).to_have_class("sfn-draft")
        expect(cell.locator(".sfn-state.sfn-here")).to_have_attribute("title", "Go to Decide")

        # six seconds in which a cell runs: JupyterLab asks over a subshell, which answers all the same
        run_cell(page, 2)
        put_cursor(page, cell, 'Ship"},')
        page.keyboard.type("y")
        expect(cell.locator(".sfn-wrong", has_text='"yShip"')).to_be_visible()
        expect(page.locator(".jp-InputPrompt").nth(2)).to_have_text("[*]:")
        page.keyboard.press("Backspace")
        expect(cell.locator(".sfn-wrong", has_text='"yShip"')).to_have_count(0)

        put_cursor(page, cell, 'Ship"},')  # the way leads over Pack now
        for _ in "Ship":
            page.keyboard.press("Delete")
        page.keyboard.insert_text("Pack")
        expect(cell.locator(".sfn-wrong.sfn-error")).to_have_count(0)
        run_cell(page, 1)
        expect(cell.locator(".jp-OutputArea .sfn-frame")).to_be_visible(timeout=60_000)
        expect(cell.locator(".sfn-draft")).to_be_hidden()  # the output shows the machine now


def test_notebook_7_in_dark_has_the_same(browser: Browser, tmp_path: Path) -> None:
    wrong = SHOP.replace('"Next": "Ship"', '"Next": "xShip"')
    with editing(browser, "notebook", tmp_path, "Dark", wrong) as (page, cell):
        # The page asked before %load_ext and was refused; what is wrong is told all the same, before a key is pressed.
        expect(cell.locator(".sfn-wrong", has_text='"xShip"')).to_be_visible()
        put_cursor(page, cell, 'xShip"},')
        page.keyboard.press("Delete")
        expect(cell.locator(".sfn-wrong")).to_have_count(0)
        expect(cell.locator(".sfn-draft")).to_be_visible()
        picture = cell.locator(".sfn-sheet img").get_attribute("src") or ""
        assert "svg" in picture
        cell.locator(".sfn-draft").get_by_role("button", name="Hide").click()
        expect(cell.locator(".sfn-draft")).to_be_hidden()
        page.keyboard.press("Escape")


def test_names_are_proposed_found_and_renamed(browser: Browser, tmp_path: Path) -> None:
    with editing(browser, "jupyterlab", tmp_path) as (page, cell):
        text = cell.locator(".cm-content")
        put_cursor(page, cell, 'Ship"},')
        page.keyboard.press("F2")
        box = page.get_by_role("textbox", name="New name of Ship")
        box.fill("Decide")
        page.keyboard.press("Enter")
        expect(page.locator(".sfn-rename [role=alert]")).to_contain_text("Decide")  # a name that is taken is refused
        box.fill("Decide")
        page.keyboard.press("Enter")
        box.fill("Send")  # the refusal may come only now: the newest name counts
        page.keyboard.press("Enter")
        expect(text).to_contain_text('"Next": "Send"')
        expect(text).to_contain_text('"Send": {"Type": "Succeed"}')
        expect(page.locator(".sfn-rename")).to_have_count(0)

        put_cursor(page, cell, 'Send"},')
        page.keyboard.press("F12")
        page.wait_for_function(
            "window.getSelection().anchorNode?.parentElement?.closest('.cm-line')?.textContent.includes('Succeed')"
        )

        put_cursor(page, cell, 'Send"},')
        for _ in "Send":
            page.keyboard.press("Delete")
        page.keyboard.type("S")
        page.keyboard.press("Tab")
        first = page.locator(".jp-Completer-item").first  # below it stands what the kernel knows of Python
        expect(first).to_contain_text("Send")
        expect(first).to_contain_text("state")
        page.keyboard.press("Enter")
        expect(text).to_contain_text('"Next": "Send"')

        put_cursor(page, cell, '"Type": "Pass"')
        cell.locator(".sfn-token", has_text='"Type"').first.hover()
        expect(page.locator(".sfn-hover .sfn-help")).not_to_be_empty()
