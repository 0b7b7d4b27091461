"""The way to a run that a state started, and back."""

from __future__ import annotations

import samples
from blank import Show
from playwright.sync_api import expect


def test_a_state_opens_the_run_that_it_started(show: Show) -> None:
    traits = samples.shop_running()
    visit = next(v for v in traits["visits"] if v["type"] == "Task")
    traits["live"]["children"] = [{"visit": visit["id"], "name": "child-7", "machine": "<b>billing</b>"}]
    page = show(traits)
    page.get_by_role("button", name=visit["name"], exact=False).first.click()
    door = page.get_by_role("button", name="<b>billing</b> · child-7")
    expect(door).to_be_visible()
    door.click()
    assert [m["name"] for m in page.evaluate("model.sent") if m["kind"] == "open"] == ["child-7"]


def test_a_child_opens_the_run_that_started_it(show: Show) -> None:
    traits = samples.shop_running()
    traits["live"]["parent"] = {"name": "orders-1", "machine": "orders"}
    page = show(traits)
    page.get_by_role("button", name="orders · orders-1").click()
    assert [m["name"] for m in page.evaluate("model.sent") if m["kind"] == "open"] == ["orders-1"]
