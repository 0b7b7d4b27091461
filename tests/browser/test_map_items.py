"""A Map's items as a table: ten thousand of them, filtered, asked for page by page; those on the page where nobody answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from blank import Show
from playwright.sync_api import Page, expect
from test_accessibility import serious
from test_map_children import FUNCTION, SPREAD

import sfnbook
from sfnbook.widget.traits.recorder import Recorder, machine_message

MANY = {**SPREAD, "States": {"Each order": {**SPREAD["States"]["Each order"], "ToleratedFailureCount": 5}}}
ANSWER = """() => { model.send = async (message) => {
  model.sent.push(message);
  const said = await window.reply(message);
  if (said) model.answer(said);
}; }"""


def price(event: Any) -> Any:
    if event in (150, 4000, 9000):
        raise ValueError("no price")
    return {"order": event}


@pytest.fixture(scope="module")
def recorder() -> Recorder:
    machine = sfnbook.StateMachine(MANY, name="orders")
    machine.bind("Price", price)
    return Recorder(machine, machine.run(list(range(10_000))))


def traits(recorder: Recorder, **live: Any) -> dict[str, Any]:
    run: Any = recorder.run
    told = {"machine": machine_message(run.machine), "live": {**recorder.live(), **live}, "visits": recorder.visits()}
    return {**told, "events": recorder.events(), "runs": [], "child_runs": {}}


def items(page: Page, name: str = "Each order") -> Page:
    page.locator(f'.sfn-node[aria-label^="{name},"]').click(position={"x": 20, "y": 8})
    page.get_by_role("tab", name=re.compile("^(Items|Batches)")).click()
    return page


def answered(page: Page, recorder: Recorder) -> Page:
    page.expose_function("reply", recorder.reply)
    page.evaluate(ANSWER)
    return items(page)


def cells(page: Page, row: int = 0) -> list[str]:
    return page.locator(".evspace .it").nth(row).get_by_role("gridcell").all_inner_texts()


@pytest.mark.parametrize("dark", [False, True])
def test_ten_thousand_items_are_few_rows(show: Show, recorder: Recorder, dark: bool) -> None:
    page = answered(show(traits(recorder), height=1000, dark=dark), recorder)
    grid = page.get_by_role("grid", name="Items")
    expect(grid).to_have_attribute("aria-rowcount", "10001")
    expect(page.locator(".itsaid")).to_have_text("10,000 of 10,000 done · 3 of 5 tolerated failures")
    assert page.locator(".evspace .it").count() < 60
    assert len([one for one in page.evaluate("model.sent") if one["kind"] == "items"]) == 1
    grid.focus()
    page.keyboard.press("End")
    last = page.locator('.evspace .it[aria-rowindex="10001"]')
    expect(last.get_by_role("gridcell").first).to_have_text("9,999")
    expect(last).to_contain_text("succeeded")
    assert page.locator(".evspace .it").count() < 60
    assert serious(page) == []


def test_failed_items_are_filtered_and_lead_to_where_they_failed(show: Show, recorder: Recorder) -> None:
    page = answered(show(traits(recorder), height=1000), recorder)
    page.get_by_role("button", name="failed 3").click()
    expect(page.locator(".evspace .it")).to_have_count(3)
    expect(page.locator(".evspace .it").nth(2)).to_contain_text("ValueError")
    number, status, _, given, error = cells(page, 2)
    assert (number, status, given, error) == ("9,000", "✕ failed", "9000", "ValueError")
    page.locator(".evspace .it").nth(1).click()
    expect(page.locator(".ihead h3")).to_have_text("Price")
    expect(page.locator(".insp")).to_contain_text("item 4000")


def test_where_nobody_answers_the_items_on_the_page_are_shown(show: Show, recorder: Recorder) -> None:
    page = items(show({**traits(recorder), "host": {"kernel": False}}, height=1000))
    expect(page.locator(".itnote")).to_have_text("24 of 10,000 items are on this page.")
    page.get_by_role("button", name="failed 3").click()
    expect(page.locator(".evspace .it")).to_have_count(3)


def test_while_it_runs_rate_and_time_left_are_told(show: Show, recorder: Recorder) -> None:
    made = traits(recorder, status="RUNNING", seconds=100, done=False)
    figures = {"done": 1998, "failed": 2, "running": 40, "total": 10_000, "tolerated": 5}
    statuses = made["live"]["statuses"]
    statuses["/States/Each order"] = {**statuses["/States/Each order"], **figures, "status": "running"}
    made["visits"][0] = {**made["visits"][0], "end_ms": None, "status": "running"}
    page = items(show({**made, "host": {"kernel": False}}, height=1000))
    said = "2,000 of 10,000 done · 2 of 5 tolerated failures · 40 running · 20 a second · about 6 min 40 s left"
    expect(page.locator(".itsaid")).to_have_text(said)


def test_an_inline_map_has_its_iterations(show: Show) -> None:
    each = {
        "Type": "Map",
        "ItemProcessor": {
            "StartAt": "Price",
            "States": {"Price": {"Type": "Task", "Resource": FUNCTION + "price", "End": True}},
        },
        "End": True,
    }
    machine = sfnbook.StateMachine({"StartAt": "Each order", "States": {"Each order": each}}, name="orders")
    machine.bind("Price", price)
    recorder = Recorder(machine, machine.run([1, 150, 2]))
    page = answered(show(traits(recorder), height=1000), recorder)
    expect(page.locator(".evspace .it")).to_have_count(3)
    expect(page.locator(".itnote")).to_be_hidden()
    assert cells(page, 1)[1] == "✕ failed"
    asked = page.evaluate("model.sent.filter((one) => one.kind === 'items').length")
    assert asked == 1
    kernel = [(one["number"], one["status"]) for one in recorder.items({"visit": 2, "count": 9})["items"]]
    saved = items(show({**traits(recorder), "host": {"kernel": False}}, height=1000))
    expect(saved.locator(".evspace .it")).to_have_count(3)
    assert [(int(cells(saved, i)[0]), cells(saved, i)[1].split(" ")[-1]) for i in range(3)] == kernel


def test_items_are_found_by_text_and_sorted(show: Show, recorder: Recorder) -> None:
    page = answered(show(traits(recorder), height=1000), recorder)
    grid = page.get_by_role("grid", name="Items")
    page.get_by_role("searchbox", name="Filter the items by input or error").fill("999")
    expect(grid).to_have_attribute("aria-rowcount", "20")  # 999, 1999, ..., 9990 to 9999, and the head
    page.get_by_title("Sort by item").click()
    expect(page.get_by_role("columnheader", name="item")).to_have_attribute("aria-sort", "descending")
    expect(page.locator(".evspace .it").first.get_by_role("gridcell").first).to_have_text("9,999")
    page.get_by_role("searchbox", name="Filter the items by input or error").fill("valueerror")
    expect(grid).to_have_attribute("aria-rowcount", "4")
    assert serious(page) == []


def test_items_on_the_page_are_found_and_sorted_where_nobody_answers(show: Show) -> None:
    check = {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 7, "Next": "No"}], "Default": "Yes"}
    inner = {
        "Check": check,
        "No": {"Type": "Fail", "Error": "Mine", "Cause": "seven"},
        "Yes": {"Type": "Pass", "End": True},
    }
    states = {"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Check", "States": inner}, "End": True}}
    machine = sfnbook.StateMachine({"StartAt": "Each", "States": states}, name="each")
    run = machine.run([{"n": n} for n in (9, 8, 7)])
    made = Recorder(machine, run)
    told = {"machine": machine_message(machine), "live": made.live(), "visits": made.visits(), "events": made.events()}
    page = items(show({**told, "runs": [], "child_runs": {}, "host": {"kernel": False}}), "Each")
    failed = page.locator(".evspace .it", has_text="failed")
    expect(failed.get_by_role("gridcell").last).to_have_text("Mine")
    page.get_by_title("Sort by input").click()
    expect(page.locator(".evspace .it").first).to_contain_text('{"n":7}')
    page.get_by_role("searchbox", name="Filter the items by input or error").fill("MINE")
    expect(page.locator(".evspace .it")).to_have_count(1)
