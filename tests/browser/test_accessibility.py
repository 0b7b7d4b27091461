"""axe-core finds nothing serious, in either theme, whatever is open."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import nested
import pytest
import recorded
import samples
from blank import Show
from playwright.sync_api import Browser, Page

from sfnbook.workspace import Workspace

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()


def serious(page: Page) -> list[str]:
    """Return what axe-core objects to, in a line each."""
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run('#host', { resultTypes: ['violations'] })")
    return [
        f"{violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:120]}"
        for violation in found["violations"]
        if violation["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("traits", [samples.shop_failed, samples.shop_running, samples.shop_new, samples.hostile])
def test_a_widget_and_each_of_its_tabs(show: Show, traits: Any, dark: bool) -> None:
    page = show(traits(), dark=dark)
    assert serious(page) == []
    page.locator(".sfn-node").nth(1).click()
    for tab in page.get_by_role("tablist", name="Inspector").get_by_role("tab").all():
        tab.click()
        assert serious(page) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_what_opens_over_the_diagram(show: Show, dark: bool) -> None:
    page = show(nested.ran(nested.ORDERS, nested.INPUT), dark=dark, height=1000)
    page.locator("[data-pass='/States/Orders']").click()
    assert serious(page) == []
    page.get_by_role("option").nth(1).click()
    page.locator("[data-fold='/States/Orders']").click()
    page.get_by_role("button", name="Find a state (/)").click()
    page.keyboard.type("lines")
    assert serious(page) == []


def test_forced_colours_keep_every_status_apart_by_its_mark(show: Show) -> None:
    page = show(samples.shop_failed(), forced_colors="active")
    assert serious(page) == []
    marks = page.locator(".sfn-badge .sfn-mark").evaluate_all(
        "(all) => new Set(all.map((one) => one.getAttribute('d'))).size"
    )
    assert marks >= 3


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_lineage_and_the_rooms_of_a_real_run(show: Show, dark: bool) -> None:
    page = show(recorded.traits(recorded.shop(2)), dark=dark)
    for name in ("Done", "Enough?"):
        page.locator(".tlname", has_text=name).click()
        page.get_by_role("tab", name="Data flow").click()
        page.get_by_label("input", exact=True).locator(".jrow.pick").first.click()
        page.get_by_role("button", name="Grey what nobody used").click()
        for tab in page.get_by_role("tablist", name="Inspector").get_by_role("tab").all():
            tab.click()
            assert serious(page) == []
    page.get_by_role("button", name="Show the execution").click()
    for tab in page.get_by_role("tablist", name="Inspector").get_by_role("tab").all():
        tab.click()
        assert serious(page) == []


def test_headings_go_down_by_one_in_a_notebook_that_has_only_a_title(show: Show) -> None:
    page = show(recorded.traits(recorded.shop(2)))
    page.evaluate("document.body.prepend(Object.assign(document.createElement('h1'), { textContent: 'A chapter' }))")
    page.locator(".tlname", has_text="Done").click()
    page.get_by_label("input", exact=True).locator(".jrow.pick").first.click()
    page.locator(".lineage h4").first.wait_for()
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run(document, { runOnly: ['heading-order'] })")
    assert found["violations"] == []
    assert found["passes"] != []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("place", ["saved page", "served page"])
def test_a_whole_page_has_nothing_that_axe_objects_to(
    browser: Browser, tmp_path: Path, place: str, scheme: Literal["light", "dark"]
) -> None:
    run = recorded.shop(2)
    page = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=scheme).new_page()
    if place == "saved page":
        page.goto(run.to_html(tmp_path / "run.html").as_uri())
        found = objections(page)
    else:
        pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
        from sfnbook.server.http.run_server import Options, Served

        workspace = Workspace()
        workspace.machines[run.machine.name] = run.machine
        served = Served(Options(port=0, workspace=workspace))
        page.goto(f"{served.url}/?execution={run.arn}")
        found = objections(page)
        served.stop()
    page.context.close()
    assert found == []


def objections(page: Page) -> list[str]:
    """Return what axe-core objects to in a whole page with an execution, of any weight."""
    page.locator(".sfn-node").first.wait_for()
    page.evaluate(AXE)
    found: Any = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]
