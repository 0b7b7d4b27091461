"""A machine with many states: only what is near the pane is in the page."""

from __future__ import annotations

from pathlib import Path

import nested
from blank import Show, processor_ms
from playwright.sync_api import Locator, Page, expect

CLICKED = """async (address) => {
  document.querySelector(`[data-address="${address}"]`).dispatchEvent(new MouseEvent("click", { bubbles: true }));
  await new Promise(requestAnimationFrame);
  await new Promise((done) => setTimeout(done));
}"""


def test_of_a_thousand_states_only_those_near_the_pane_are_in_the_page(show: Show) -> None:
    page = show(nested.new(nested.chain(1000)))
    boxes = page.locator(".sfn-node")
    assert 3 < boxes.count() < 60
    page.locator(".sfn-canvas").press("/")
    page.get_by_role("searchbox", name="Find a state").fill("step 700")
    expect(box(page, 700)).to_be_visible()
    assert boxes.count() < 60
    page.keyboard.press("Escape")
    expect(box(page, 700)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(box(page, 701)).to_be_focused()
    page.keyboard.press("0")
    expect(boxes).to_have_count(1001)


def test_the_picture_of_a_thousand_states_is_taken_along_whole(show: Show) -> None:
    page = show(nested.new(nested.chain(1000)))
    shown = page.locator(".sfn-node").count()
    page.get_by_role("button", name="Take the picture along").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save SVG").click()
    text = Path(saved.value.path()).read_text("utf-8")
    assert all(f">Step {number}<" in text for number in (0, 500, 1000))
    assert page.locator(".sfn-node").count() == shown


def test_the_small_map_shows_all_states_in_few_shapes(show: Show) -> None:
    page = show(nested.new(nested.chain(1000)))
    dots = page.locator(".sfn-map .sfn-dot")
    expect(dots).to_have_count(1)
    assert (dots.get_attribute("d") or "").count("M") == 1003
    page.evaluate(
        """() => model.set("live", { ...model.get("live"), run: "r", status: "FAILED", done: true,
             statuses: { "/States/Step 700": { status: "failed", visits: 1 } } })"""
    )
    expect(page.locator(".sfn-map .sfn-dot.bad")).to_have_count(1)
    assert page.locator(".sfn-map .sfn-dot.bad").get_attribute("d").count("M") == 1  # type: ignore[union-attr]


def test_choosing_one_of_a_thousand_states_is_little_work(show: Show) -> None:
    page = show(nested.new(nested.chain(1000)))
    worked = processor_ms(page)
    before = worked()
    page.evaluate(CLICKED, "/States/Step 1")
    took = worked() - before
    expect(page.locator(".insp h3")).to_have_text("Step 1")
    assert 0 < took < 400, took


def test_a_run_is_shown_on_states_that_come_into_view_later(show: Show) -> None:
    page = show(nested.new(nested.chain(1000)))
    page.evaluate(
        """() => {
          const failed = { status: "failed", visits: 1 };
          const statuses = Object.fromEntries(Object.keys(model.get("machine").states).map((address) => [address, failed]));
          model.set("live", { ...model.get("live"), run: "r", status: "FAILED", done: true, statuses });
        }"""
    )
    page.locator(".sfn-canvas").press("0")
    expect(page.locator(".sfn-node.bad")).to_have_count(1001)


def box(page: Page, number: int) -> Locator:
    return page.locator(f"[data-address='/States/Step {number}']")
