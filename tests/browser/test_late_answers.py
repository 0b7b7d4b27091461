"""An answer that comes when another run is shown by then: nothing of it is shown as if it were of that run."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect
from samples import shop_failed

CUT = {"text": '{"order": "the beginning', "bytes": 4000, "cut": True}


def told(run: str) -> dict[str, Any]:
    """Traits of a run whose input was cut and of which some visits are not on the page."""
    traits = shop_failed()
    traits["live"] = {**traits["live"], "run": run, "input": CUT, "visits_total": 500}
    return traits


def request(page: Page, kind: str) -> dict[str, Any]:
    """Return the last request of a kind, once there is one."""
    page.wait_for_function("(kind) => model.sent.some((one) => one.kind === kind)", arg=kind)
    found: dict[str, Any] = page.evaluate("(kind) => model.sent.findLast((one) => one.kind === kind)", kind)
    return found


def show_another_run(page: Page) -> None:
    page.evaluate("(live) => model.set('live', live)", told("two")["live"])
    expect(page.locator(".head .meta")).to_contain_text("two")


def reply(page: Page, asked: dict[str, Any], **answer: Any) -> None:
    page.evaluate("(message) => model.answer(message)", {"kind": asked["kind"], "id": asked["id"], **answer})


def test_a_whole_value(show: Any) -> None:
    page = show(told("one"))
    load = page.get_by_role("button", name="Load the whole value")
    load.click()
    asked = request(page, "value")
    show_another_run(page)
    reply(page, asked, text='{"order": "of the other run"}')
    expect(load).to_be_visible()
    expect(page.locator(".insp")).not_to_contain_text("of the other run")
    load.click()
    reply(page, request(page, "value"), text='{"order": "of this run"}')
    expect(page.locator(".insp")).to_contain_text("of this run")


def test_whole_values_that_are_searched(show: Any) -> None:
    page = show(told("one"))
    page.get_by_role("button", name="Search in the data").click()
    page.get_by_label("Search in the data").last.fill("order")
    page.get_by_role("button", name="search all of it").click()
    asked = request(page, "value")
    show_another_run(page)
    reply(page, asked, text='{"order": "of the other run"}')
    expect(page.get_by_role("button", name="search all of it")).to_be_visible()
    expect(page.locator(".insp")).not_to_contain_text("of the other run")


def test_the_logs_of_all_visits(show: Any) -> None:
    page = show(told("one"))
    page.get_by_role("tab", name="Logs").click()
    load = page.get_by_role("button", name="load all")
    load.click()
    asked = request(page, "logs")
    show_another_run(page)
    reply(page, asked, logs=[[2, "/States/Load", "Load", "", 1, 3.0, "printed by the other run\n"]])
    expect(load).to_be_enabled()
    expect(page.locator(".insp")).not_to_contain_text("printed by the other run")
