"""The events of a long history: those that are not on the page come when they are looked at or searched."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect
from samples import shop_failed

TOTAL = 6000
PAGE_SIZE = 2500


def row(number: int, detail: str = "") -> list[Any]:
    return [number, number - 1, "PassStateEntered", float(number), "Load", detail]


def told(run: str) -> dict[str, Any]:
    """Traits of a run of which the page has the beginning and the end of the history."""
    traits = shop_failed()
    traits["live"] = {**traits["live"], "run": run, "events": TOTAL}
    traits["events"] = [row(number) for number in (*range(1, 1001), *range(5901, TOTAL + 1))]
    return traits


def asked(page: Page) -> list[dict[str, Any]]:
    """The pages of events that were asked for so far."""
    sent: list[dict[str, Any]] = page.evaluate("model.sent.filter((one) => one.kind === 'events')")
    return sent


def wait_for(page: Page, number: int) -> dict[str, Any]:
    """Return the request for events of that number, counted from 1, once it is there."""
    page.wait_for_function("(n) => model.sent.filter((one) => one.kind === 'events').length >= n", arg=number)
    return asked(page)[number - 1]


def reply(page: Page, request: dict[str, Any], rows: list[Any]) -> None:
    page.evaluate("(message) => model.answer(message)", {"kind": "events", "id": request["id"], "rows": rows})


def search(page: Page, text: str) -> None:
    page.get_by_role("tab", name="Events").click()
    page.get_by_label("Filter events").fill(text)


def test_a_search_gets_page_after_page_and_finds_what_is_in_them(show: Any) -> None:
    page = show(told("one"))
    search(page, "needle")
    for number, first in enumerate((0, PAGE_SIZE, 2 * PAGE_SIZE), start=1):
        request = wait_for(page, number)
        assert (request["first"], request["count"]) == (first, PAGE_SIZE)
        numbers = range(first + 1, min(first + PAGE_SIZE, TOTAL) + 1)
        reply(page, request, [row(one, "a needle" if one == 3000 else "") for one in numbers])
    expect(page.locator(".evspace .ev")).to_have_count(1)
    expect(page.locator(".evspace .ev")).to_contain_text("3000")
    expect(page.locator(".events .bar")).to_contain_text("1 of 6,000 events")
    assert len(asked(page)) == 3


def test_another_run_that_is_shown_during_a_search_is_searched_too(show: Any) -> None:
    page = show(told("one"))
    search(page, "needle")
    old = wait_for(page, 1)
    page.evaluate("(traits) => { model.set('live', traits.live); model.set('events', traits.events); }", told("two"))
    expect(page.locator(".head .meta")).to_contain_text("two")
    reply(page, old, [row(1, "a needle of the other run")])
    request = wait_for(page, 2)
    assert request["first"] == 0
    reply(page, request, [row(one, "a needle" if one == 7 else "") for one in range(1, PAGE_SIZE + 1)])
    wait_for(page, 3)
    expect(page.locator(".evspace .ev")).to_have_count(1)
    expect(page.locator(".evspace .ev")).to_contain_text("7")


def test_that_nobody_answers_for_the_run_before_says_nothing_of_this_one(show: Any) -> None:
    page = show(told("one"))
    search(page, "needle")
    wait_for(page, 1)
    page.evaluate("(traits) => { model.set('live', traits.live); model.set('events', traits.events); }", told("two"))
    wait_for(page, 2)  # the first one has found no answer by then
    expect(page.locator(".events .bar")).to_contain_text("searching 4,900 more")
