"""The children of a distributed Map on the page: counts, picked items with their path and data, one that was not sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from blank import Show
from playwright.sync_api import Locator, Page, expect

import sfnbook
from sfnbook.stepper import Stepper
from sfnbook.widget.traits.recorder import Recorder, debug_message, machine_message

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:"
SPREAD: dict[str, Any] = {
    "StartAt": "Each order",
    "States": {
        "Each order": {
            "Type": "Map",
            "ToleratedFailureCount": 1,
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Price",
                "States": {
                    "Price": {"Type": "Task", "Resource": FUNCTION + "price", "Next": "Book"},
                    "Book": {"Type": "Pass", "End": True},
                },
            },
            "End": True,
        }
    },
}


def price(event: Any) -> Any:
    if event == 150:
        raise ValueError("no price")
    return {"order": event, "price": event * 10}


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    machine = sfnbook.StateMachine(SPREAD, name="orders")
    machine.bind("Price", price)
    return Recorder(machine, machine.run(list(range(2_000))))


@pytest.fixture
def orders(show: Show, recorder: Recorder) -> Page:
    machine: Any = recorder.run.machine  # type: ignore[attr-defined]
    traits = {"machine": machine_message(machine), "live": recorder.live(), "visits": recorder.visits()}
    return show({**traits, "events": recorder.events(), "runs": [], "child_runs": {}}, height=1000)


def state(page: Page, name: str) -> Locator:
    return page.locator(f'.sfn-node[aria-label^="{name},"]')


def pick(page: Page, text: str) -> None:
    state(page, "Each order").focus()
    page.keyboard.press("p")
    page.get_by_role("option", name=re.compile(text)).click()


def test_the_map_counts_all_its_items(orders: Page) -> None:
    expect(state(orders, "Each order")).to_have_attribute("aria-label", re.compile(r"1,?999"))
    expect(state(orders, "Price")).to_have_class(re.compile("bad"))


def test_a_failed_item_is_among_those_to_pick_and_shows_its_path(orders: Page) -> None:
    pick(orders, "^.*item 150")
    expect(state(orders, "Book")).not_to_have_class(re.compile(r"\bok\b"))
    state(orders, "Price").click()
    expect(orders.get_by_role("region", name="Inspector").or_(orders.locator(".insp")).first).to_contain_text(
        "no price"
    )


def test_any_item_can_be_asked_for(orders: Page, recorder: Recorder) -> None:
    pick(orders, "another item.*24 of 2,000 here")
    field = orders.get_by_role("spinbutton", name="Item, 0 to 1,999")
    expect(field).to_be_focused()
    field.fill("1000")
    orders.keyboard.press("Enter")
    [asked] = [m for m in orders.evaluate("model.sent") if m["kind"] == "child"]
    assert (asked["address"], asked["number"]) == ("/States/Each order", 1000)
    orders.evaluate("(answer) => model.answer(answer)", recorder.reply(asked))
    expect(orders.locator("[data-pass]").first).to_contain_text("item 1000")
    state(orders, "Price").click()
    expect(orders.locator(".insp").first).to_contain_text("10000")


def test_what_is_not_to_be_had_is_said(orders: Page) -> None:
    pick(orders, "another item")
    orders.get_by_role("spinbutton").fill("7")
    orders.get_by_role("button", name="Show", exact=True).click()
    [asked] = [m for m in orders.evaluate("model.sent") if m["kind"] == "child"]
    orders.evaluate(
        "(answer) => model.answer(answer)", {"kind": "child", "id": asked["id"], "problem": "It never began."}
    )
    expect(orders.get_by_text("It never began.")).to_be_visible()


def test_escape_closes_the_question_and_gives_the_focus_back(orders: Page) -> None:
    pick(orders, "another item")
    orders.keyboard.press("Escape")
    expect(orders.get_by_role("spinbutton")).to_have_count(0)
    expect(state(orders, "Each order")).to_be_focused()


@pytest.fixture(scope="module")
def in_batches() -> Recorder:
    each = {**SPREAD["States"]["Each order"], "ItemBatcher": {"MaxItemsPerBatch": 10}, "ToleratedFailureCount": 10}
    machine = sfnbook.StateMachine({**SPREAD, "States": {"Each order": each}}, name="orders")
    machine.bind("Price", lambda event: [price(one) for one in event["Items"]])
    return Recorder(machine, machine.run(list(range(1_995))))


def test_batches_are_named_with_their_items(show: Show, in_batches: Recorder) -> None:
    machine: Any = in_batches.run.machine  # type: ignore[attr-defined]
    traits = {"machine": machine_message(machine), "live": in_batches.live(), "visits": in_batches.visits()}
    page = show({**traits, "events": in_batches.events(), "runs": [], "child_runs": {}}, height=1000)
    chip = page.locator("[data-pass]").first
    expect(chip).to_contain_text("all 200 batches")
    pick(page, "batch 15, items 150–159")
    expect(state(page, "Book")).not_to_have_class(re.compile(r"\bok\b"))  # the order without a price is in it
    expect(chip).to_contain_text("batch 15")
    pick(page, "another batch.*24 of 200 here")
    page.get_by_role("spinbutton", name="Batch, 0 to 199").fill("199")
    page.keyboard.press("Enter")
    [asked] = [m for m in page.evaluate("model.sent") if m["kind"] == "child"]
    page.evaluate("(answer) => model.answer(answer)", in_batches.reply(asked))
    expect(chip).to_contain_text("batch 199")
    state(page, "Price").click()
    expect(page.locator(".insp").first).to_contain_text("Each order › batch 199")


def test_a_visit_in_an_item_can_be_gone_back_to(show: Show, recorder: Recorder) -> None:
    words = dict.fromkeys(("kind", "position", "reason", "address", "frame", "message"), "")
    flags = {"paused": False, "editable": False, "debugged": False, "can_back": True, "answered": 0, "past": None}
    rest = {
        "error": None,
        "cause": None,
        "variables": {},
        "called_again": [],
        "breakpoints": [],
        "breakpoint_addresses": [],
    }
    live = {**recorder.live(), "debug": {**words, **flags, **rest}}
    machine: Any = recorder.run.machine  # type: ignore[attr-defined]
    traits = {"machine": machine_message(machine), "live": live, "visits": recorder.visits(), "events": []}
    page = show({**traits, "runs": [], "child_runs": {}}, height=1000)
    pick(page, "^.*item 150")
    state(page, "Price").click()
    page.get_by_role("button", name="Back to before Price").click()
    [asked] = [message for message in page.evaluate("model.sent") if message["kind"] == "debug"]
    child, visit = recorder.owner(asked["visit"])
    assert (asked["op"], child.number, visit) == ("at", 150, child.visits[0].id)


def test_a_moment_in_an_item_says_which_item(show: Show) -> None:
    machine = sfnbook.StateMachine(SPREAD, name="orders")
    machine.bind("Price", price)
    stepper = Stepper(machine.run([1, 2, 3]))
    stepper.inside(stepper.run.child("Each order", 1), "Book")  # type: ignore[union-attr]
    told = Recorder(machine, stepper.shown)
    live = {**told.live(), "debug": debug_message(stepper)}
    page = show({"machine": machine_message(machine), "live": live, "visits": told.visits(), "events": told.events()})
    expect(page.get_by_text("As it was before Book in Each order › item 1")).to_be_visible()
    expect(state(page, "Price")).to_have_class(re.compile(r"\bok\b"))
    page.get_by_role("button", name="Back", exact=True).click()
    assert [message["op"] for message in page.evaluate("model.sent") if message["kind"] == "debug"] == ["back"]


def test_an_item_that_comes_when_another_run_is_shown_is_not_put_into_that(orders: Page, recorder: Recorder) -> None:
    pick(orders, "another item")
    orders.get_by_role("spinbutton").fill("1000")
    orders.keyboard.press("Enter")
    [asked] = [m for m in orders.evaluate("model.sent") if m["kind"] == "child"]
    orders.evaluate("(live) => model.set('live', live)", {**recorder.live(), "run": "another run"})
    expect(orders.locator(".head .meta")).to_contain_text("another run")
    orders.evaluate("(answer) => model.answer(answer)", recorder.reply(asked))
    expect(orders.locator("[data-pass]").first).to_contain_text("all 2000 items")
    expect(orders.get_by_text("Looking for item")).to_have_count(0)
    pick(orders, "another item.*24 of 2,000 here")
