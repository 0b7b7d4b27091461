"""The timeline: zoom, pan, keys, bars that stand too close, visits that have to be asked for."""

from __future__ import annotations

import json
from typing import Any

import samples
from blank import Show
from playwright.sync_api import Page, expect

WHEEL = """({turn, at}) => {
  const rows = document.querySelector(".tlrows");
  const box = document.querySelector(".tlbar").getBoundingClientRect();
  rows.dispatchEvent(new WheelEvent("wheel", {
    deltaY: turn, ctrlKey: true, clientX: box.left + box.width * at, clientY: box.top + 3, bubbles: true, cancelable: true,
  }));
}"""


def long_run(visits: int) -> dict[str, Any]:
    """One state visited so often, 10 ms each, of which 7 are work; every hundredth visit fails."""
    traits: dict[str, Any] = json.loads(json.dumps(samples.shop_failed()))
    model = traits["visits"][0]
    traits["visits"] = [
        {**model, "id": n + 2, "start_ms": n * 10.0, "end_ms": n * 10.0 + 7, "attempts": [], "frame": "",
         "status": "failed" if n % 100 == 50 else "succeeded"}
        for n in range(visits)
    ]  # fmt: skip
    traits["live"] |= {"visits_total": visits, "seconds": visits / 100}
    return traits


def ticks(page: Page) -> list[str]:
    return page.locator(".tlaxis span").all_inner_texts()


def test_ten_thousand_visits_are_few_bars_until_one_looks_closer(show: Show) -> None:
    page = show(long_run(10_000))
    bars = page.locator(".tlwork")
    assert bars.count() < 600
    assert "close together" in str(page.locator(".tlwork.many").first.get_attribute("title"))
    assert page.locator(".tlwork.c-bad").count() >= 90  # a failure among them is seen
    for _ in range(6):
        page.evaluate(WHEEL, {"turn": -120, "at": 0.5})
    assert bars.count() < 60
    assert page.locator(".tlwork.many").count() == 0
    assert "50 s" in ticks(page)


def test_the_wheel_zooms_at_the_pointer_and_the_labels_follow(show: Show) -> None:
    page = show(long_run(100))
    assert ticks(page)[0] == "0 s"
    page.evaluate(WHEEL, {"turn": -120, "at": 0.0})
    assert ticks(page)[0] == "0 s"
    before = ticks(page)
    page.evaluate(WHEEL, {"turn": -120, "at": 1.0})
    assert ticks(page) != before
    assert ticks(page)[0] != "0 s"
    page.get_by_role("button", name="Show the whole run (0)").click()
    assert ticks(page)[0] == "0 s"
    expect(page.get_by_role("button", name="Show the whole run (0)")).to_be_disabled()


def test_a_dragged_range_is_looked_at_and_chooses_nothing(show: Show) -> None:
    page = show(long_run(100))
    title = page.locator(".ihead h3").inner_text()
    box = page.locator(".tlbar").first.bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    expect(page.locator(".tlrange")).to_be_visible()
    page.mouse.up()
    expect(page.locator(".tlrange")).to_be_hidden()
    assert 8 <= page.locator(".tlwork").count() <= 13
    expect(page.locator(".ihead h3")).to_have_text(title)
    page.locator(".tlwork").nth(4).click()
    expect(page.locator(".ihead h3")).not_to_have_text(title)
    expect(page.locator(".tlwork.sel")).to_have_count(1)


def test_keys_go_from_visit_to_visit_zoom_and_come_back(show: Show) -> None:
    page = show(long_run(100))
    name = page.locator(".tlname").first
    name.focus()
    page.keyboard.press("ArrowRight")
    picker = page.get_by_role("combobox", name="Visit")
    expect(picker.locator("option:checked")).to_contain_text("visit 1 of 100")
    page.locator(".tlname").first.press("ArrowRight")
    expect(picker.locator("option:checked")).to_contain_text("visit 2 of 100")
    page.locator(".tlname").first.press("v")
    assert page.locator(".tlwork").count() <= 3
    page.locator(".tlname").first.press("Shift+ArrowRight")
    page.locator(".tlname").first.press("0")
    assert page.locator(".tlwork").count() == 100
    page.locator(".tlname").first.press("+")
    assert page.locator(".tlwork").count() < 60


def test_the_part_looked_at_stays_while_the_run_goes_on(show: Show) -> None:
    traits = long_run(100)
    traits["live"] |= {"status": "RUNNING", "done": False}
    page = show(traits)
    for _ in range(3):
        page.evaluate(WHEEL, {"turn": -120, "at": 0.5})
    before = ticks(page)
    page.evaluate(
        """() => {
          const visits = model.get("visits");
          const more = Array.from({ length: 100 }, (_, n) => ({ ...visits[0], id: 500 + n, start_ms: 1000 + n * 10, end_ms: 1007 + n * 10 }));
          model.set("live", { ...model.get("live"), seconds: 2, visits_total: 200 });
          model.set("visits", [...visits, ...more]);
        }"""
    )
    expect(page.locator(".tlhead")).to_contain_text("200 visits")
    assert ticks(page)[1:-1] == before[1:-1]


def test_visits_that_are_missing_are_told_of_and_can_be_had(show: Show) -> None:
    traits = long_run(40)
    whole = traits["visits"]
    traits["visits"] = whole[:10]
    traits["live"]["statuses"][whole[0]["address"]]["visits"] = 40
    page = show(traits)
    expect(page.locator(".tlhead")).to_contain_text("10 of 40 visits")
    outlines = [{**visit, "stages": [], "outline": True} for visit in whole]
    page.evaluate(
        """(outlines) => {
          const send = model.send;
          model.send = (message) => {
            send(message);
            if (message.kind === "outlines") setTimeout(() => model.answer({ id: message.id, visits: outlines.slice(message.first, message.first + 30) }));
            if (message.kind === "visit") setTimeout(() => model.answer({ id: message.id, visits: [{ ...outlines.find((one) => one.id === message.visit), outline: false, summary: "It was fetched." }] }));
          };
        }""",
        outlines,
    )
    page.locator(".tlname").first.click()
    expect(page.locator(".picker")).to_contain_text("of 40 in all")
    page.locator(".picker").get_by_role("button", name="get all").click()
    expect(page.locator(".tlhead")).to_contain_text("40 visits")
    expect(page.get_by_role("button", name="get all")).to_have_count(0)
    page.locator('.tlwork[data-visit="41"]').click()
    expect(page.locator(".ibody")).to_contain_text("It was fetched.")


def test_a_saved_page_says_that_visits_are_missing(show: Show) -> None:
    traits = long_run(40)
    traits["visits"] = traits["visits"][:10]
    page = show({**traits, "host": {"kernel": False}})
    expect(page.locator(".tlhead")).to_contain_text("10 of 40 visits")
    expect(page.locator(".tlhead [title^='The saved page holds']")).to_be_visible()
    expect(page.get_by_role("button", name="get all")).to_have_count(0)
