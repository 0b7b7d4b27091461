"""Machines unfolded inside the states that start them: the picture, the inspector of what is inside, the way back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nested
import pytest
from blank import Show
from playwright.sync_api import Browser, Locator, Page, expect

from sfnbook.tasks.start_execution import find
from sfnbook.widget.traits.child_runs import ChildRuns
from sfnbook.widget.traits.recorder import NOT_RUN, machine_message

FULFIL = "/States/Each order/ItemProcessor/States/Fulfil"
BILL = f"{FULFIL}~>/States/Bill"


def state(page: Page, name: str) -> Locator:
    return page.locator(f'.sfn-node[aria-label^="{name},"]')


def unfold(page: Page, *addresses: str) -> None:
    for address in addresses:
        page.locator(f'[data-fold="{address}"]').dispatch_event("click")


@pytest.fixture(scope="module")
def family() -> dict[str, Any]:
    return nested.family_ran()


@pytest.fixture
def orders(show: Show, family: dict[str, Any]) -> Page:
    return show(family, height=1100)


def test_a_state_that_starts_a_machine_is_folded_and_says_so(orders: Page) -> None:
    expect(state(orders, "Fulfil")).to_have_class(re.compile("sfn-folded"))
    expect(state(orders, "Fulfil")).to_have_attribute("aria-label", re.compile("runs fulfilment"))
    expect(state(orders, "Bill")).to_have_count(0)
    expect(orders.get_by_role("button", name="Unfold Fulfil")).to_have_count(1)


def test_it_unfolds_in_place_with_the_child_s_states_and_their_outcome(orders: Page) -> None:
    unfold(orders, FULFIL)
    expect(state(orders, "Take")).to_have_class(re.compile("ok"))
    expect(state(orders, "Bill")).to_have_class(re.compile("sfn-folded"))
    box = state(orders, "Fulfil").bounding_box()
    inner = state(orders, "Bill").bounding_box()
    assert box is not None
    assert inner is not None
    assert box["x"] < inner["x"] < inner["x"] + inner["width"] < box["x"] + box["width"]


def test_the_child_s_child_unfolds_in_it(orders: Page) -> None:
    unfold(orders, FULFIL, BILL)
    expect(state(orders, "Charge")).to_have_class(re.compile("caught"))  # of the last order
    expect(state(orders, "Apologise")).to_have_class(re.compile("ok"))
    expect(state(orders, "Receipt")).to_have_attribute("aria-label", re.compile("not reached"))
    expect(orders.locator(".sfn-edge.taken")).to_have_count(5)  # two of them inside


def test_another_of_the_runs_is_chosen_and_all_below_it_follows(orders: Page) -> None:
    unfold(orders, FULFIL, BILL)
    orders.locator(f'[data-pass="{FULFIL}"]').dispatch_event("click")
    options = orders.get_by_role("option")
    expect(options).to_have_count(2)
    options.first.click()
    expect(orders.locator(f'[data-pass="{FULFIL}"]')).to_contain_text("run 1 of 2")
    expect(state(orders, "Charge")).to_have_class(re.compile("ok"))
    expect(state(orders, "Receipt")).to_have_class(re.compile("ok"))


def test_the_item_chosen_of_the_map_around_brings_its_run(orders: Page) -> None:
    unfold(orders, FULFIL, BILL)
    state(orders, "Each order").focus()
    orders.keyboard.press("]")
    expect(state(orders, "Receipt")).to_have_class(re.compile("ok"))
    orders.keyboard.press("]")
    expect(state(orders, "Apologise")).to_have_class(re.compile("ok"))


def test_a_visit_chosen_elsewhere_brings_the_run_that_it_started(orders: Page) -> None:
    unfold(orders, FULFIL, BILL)
    expect(state(orders, "Apologise")).to_have_class(re.compile("ok"))
    state(orders, "Fulfil").dispatch_event("click")
    orders.get_by_role("button", name="Earlier visit").click()
    expect(state(orders, "Receipt")).to_have_class(re.compile("ok"))


def test_a_state_inside_is_inspected_where_it_stands_and_there_is_a_way_back(orders: Page) -> None:
    unfold(orders, FULFIL, BILL)
    state(orders, "Charge").dispatch_event("click")
    expect(orders.locator(".ihead h3")).to_contain_text("Charge")
    expect(orders.locator(".ibody")).to_contain_text("declined")
    expect(orders.locator(".childbar")).to_contain_text("billing")
    orders.get_by_role("button", name="Open run").click()
    opened = [message for message in orders.evaluate("model.sent") if message["kind"] == "open"]
    assert [message["child_run"] for message in opened] == ["1/0"]
    orders.get_by_role("button", name="‹ Bill").click()
    expect(orders.locator(".ihead h3")).to_contain_text("Bill")
    expect(orders.locator(".childbar")).to_contain_text("fulfilment")


def test_what_is_asked_of_a_state_inside_names_its_run(orders: Page) -> None:
    unfold(orders, FULFIL)
    orders.locator(f'[data-pass="{FULFIL}"]').dispatch_event("click")
    orders.get_by_role("option").first.click()
    state(orders, "Bill").dispatch_event("click")
    orders.get_by_role("button", name="Load the whole value").first.click()
    asked = [message for message in orders.evaluate("model.sent") if message["kind"] == "value"]
    assert asked[-1]["child_run"] == "0"


def test_the_child_runs_on_in_the_picture(show: Show, family: dict[str, Any]) -> None:
    page = show(family)
    unfold(page, FULFIL)
    child_runs = {**family["child_runs"], "runs": [dict(run) for run in family["child_runs"]["runs"]]}
    last = next(run for run in child_runs["runs"] if run["at"] == "1")
    bill = {"/States/Bill": {"status": "running", "visits": 1}}
    last["live"] = {**last["live"], "status": "RUNNING", "statuses": {**last["live"]["statuses"], **bill}}
    page.evaluate("(child_runs) => model.set('child_runs', child_runs)", child_runs)
    expect(state(page, "Bill")).to_have_class(re.compile("run"))
    expect(state(page, "Take")).to_have_class(re.compile("ok"))


def test_what_was_unfolded_stays_so_when_the_machine_runs_again(show: Show, family: dict[str, Any]) -> None:
    page = show(family)
    unfold(page, FULFIL)
    page.evaluate("model.set('child_runs', structuredClone(model.get('child_runs')))")
    page.evaluate("model.set('machine', structuredClone(model.get('machine')))")
    expect(state(page, "Take")).to_have_count(1)
    page.get_by_role("button", name="Fold all containers").click()
    expect(state(page, "Take")).to_have_count(0)


def test_a_machine_known_here_unfolds_before_it_runs(show: Show) -> None:
    machine = nested.family()
    child_runs = ChildRuns(machine, find=find).message()
    page = show(
        {
            "machine": machine_message(machine),
            "live": dict(NOT_RUN),
            "visits": [],
            "events": [],
            "child_runs": child_runs,
        }
    )
    unfold(page, FULFIL, BILL)
    expect(state(page, "Receipt")).to_have_attribute("aria-label", re.compile("not reached"))
    state(page, "Charge").dispatch_event("click")
    expect(page.locator(".ibody")).to_contain_text("Apologise")  # its definition


def test_a_child_of_which_nothing_was_recorded_is_said_to_be_unknown(show: Show, family: dict[str, Any]) -> None:
    page = show({**family, "child_runs": {**family["child_runs"], "runs": []}})
    unfold(page, FULFIL)
    expect(state(page, "Fulfil")).to_have_attribute("aria-label", re.compile("that run is not known here"))


def test_a_machine_that_starts_itself_unfolds_as_deep_as_the_reader_goes(show: Show) -> None:
    machine = nested.endless()
    child_runs = ChildRuns(machine, find=find).message()
    page = show(
        {
            "machine": machine_message(machine),
            "live": dict(NOT_RUN),
            "visits": [],
            "events": [],
            "child_runs": child_runs,
        }
    )
    unfold(page, "/States/Again", "/States/Again~>/States/Again")
    expect(state(page, "Again")).to_have_count(3)


def test_the_exported_file_unfolds_too(browser: Browser, tmp_path: Path) -> None:
    machine = nested.family()
    page, errors = browser.new_page(), list[str]()
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.set_default_timeout(20_000)
    page.goto(machine.run(nested.ORDERS_INPUT).to_html(tmp_path / "run.html").as_uri())
    unfold(page, FULFIL, BILL)
    state(page, "Charge").dispatch_event("click")
    expect(page.locator(".ibody")).to_contain_text("declined")
    page.get_by_role("button", name="Open run").click()
    expect(page.locator(".mname")).to_have_text("billing")
    expect(state(page, "Charge")).to_have_class(re.compile("caught"))
    page.get_by_role("button", name="fulfilment ·").click()
    page.get_by_role("button", name="orders · orders-run").click()
    expect(page.locator(".mname")).to_have_text("orders")
    page.close()
    assert errors == []


# -- bytes on the edges -----------------------------------------------------------------------------------------------


def test_bytes_stand_at_the_edges_on_request(orders: Page) -> None:
    unfold(orders, FULFIL, BILL)
    orders.locator(f'[data-pass="{FULFIL}"]').dispatch_event("click")
    orders.get_by_role("option").first.click()
    expect(orders.locator(".sfn-byte-label")).to_have_count(0)
    orders.get_by_role("button", name="Bytes on the edges").click()
    taken = orders.locator(".sfn-edge.taken").count()
    expect(orders.locator(".sfn-byte-label")).to_have_count(taken)
    heavy = orders.locator(".sfn-byte-label.near")
    expect(heavy).to_have_text(re.compile(r"150 kB · 57%"))
    expect(heavy.locator("title")).to_have_text(re.compile(r"150,\d+ bytes of 262,144 \(57\.\d%\)"))
    orders.locator(".sfn-canvas").focus()
    orders.keyboard.press("w")
    expect(orders.locator(".sfn-byte-label")).to_have_count(0)


def test_bytes_cover_neither_states_nor_labels_nor_each_other(show: Show) -> None:
    traits = nested.ran(nested.ORDERS, nested.INPUT)
    edges = [edge["id"] for edge in traits["machine"]["graph"]["edges"]]
    traits["live"] |= {"edges": dict.fromkeys(edges, 12), "edge_bytes": dict.fromkeys(edges, 240_000)}
    page = show(traits, height=1000)
    page.get_by_role("button", name="Bytes on the edges").click()
    expect(page.locator(".sfn-byte-label.at")).to_have_count(len(edges))
    overlaps = page.evaluate(
        """() => {
          const boxes = (selector) => [...document.querySelectorAll(selector)].map((one) => one.getBoundingClientRect());
          const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
          const weights = boxes(".sfn-byte-label");
          const others = [...boxes(".sfn-nodes .sfn-shape"), ...boxes(".sfn-label"), ...boxes(".sfn-times")];
          return weights.flatMap((a, i) => [...others, ...weights.slice(i + 1)].filter((b) => meet(a, b)).map((b) => [a, b]));
        }"""
    )
    assert overlaps == []
