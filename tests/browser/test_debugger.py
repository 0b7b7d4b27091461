"""The debugger's controls on the page, joined to a real run: each click goes to a widget, its traits come back."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from blank import Show
from playwright.sync_api import Page, expect

from sfnbook import StateMachine
from sfnbook.stepper import Stepper
from sfnbook.widget.run_widget import RunWidget

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
SHOP = {
    "StartAt": "Decide",
    "States": {
        "Decide": {"Type": "Task", "Resource": FUNCTION + "decide", "ResultPath": "$.d", "Next": "Wait"},
        "Wait": {"Type": "Wait", "Seconds": 240, "Next": "Items"},
        "Items": {
            "Type": "Map",
            "ItemsPath": "$.items",
            "ResultPath": "$.done",
            "ItemProcessor": {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": True}}},
            "Next": "Ship",
        },
        "Ship": {"Type": "Task", "Resource": FUNCTION + "ship", "End": True},
    },
}


class Joined:
    """A page and a widget, each told what the other says."""

    def __init__(self, page: Page, widget: RunWidget, stepper: Stepper) -> None:
        self.page, self.widget, self.stepper = page, widget, stepper
        self.told: dict[str, str] = {"machine": json.dumps(widget.machine)}

    def until(self, done: Callable[[], Any]) -> None:
        """Carry messages to and fro until something holds."""
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline, self.page.locator(".sfn-frame").inner_text()
            self.carry()

    def carry(self) -> None:
        for message in self.page.evaluate("model.sent.splice(0)"):
            self.widget._heard(self.widget, message, [])
        for name in ("machine", "live", "visits", "events"):
            text = json.dumps(getattr(self.widget, name))
            if text != self.told.get(name):
                self.told[name] = text
                self.page.evaluate("([name, text]) => model.set(name, JSON.parse(text))", [name, text])
        time.sleep(0.005)

    def says(self, text: str) -> None:
        """Wait until the strip says where the run stands."""
        self.until(lambda: text in self.page.locator(".hstrip").inner_text())

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    @property
    def head(self) -> str:
        return self.page.locator(".head").inner_text()


@pytest.fixture
def joined(show: Show) -> Iterator[Joined]:
    calls: list[str] = []

    def decide(event: Any) -> Any:
        calls.append("decide")
        return {"ok": True}

    def ship(event: Any) -> Any:
        calls.append("ship")
        return event["d"]

    machine = StateMachine(SHOP, name="shop", namespace={"decide": decide, "ship": ship})
    stepper = Stepper(machine.debug({"items": [1, 2]}))
    assert stepper.wait(60)
    widget = RunWidget(machine)
    widget.steer(stepper)
    deadline = time.monotonic() + 30
    while not widget.live.get("debug", {}).get("paused") and time.monotonic() < deadline:
        time.sleep(0.01)
    page = show({"machine": widget.machine, "live": widget.live, "visits": widget.visits, "events": widget.events})
    yield Joined(page, widget, stepper)
    stepper.stop()


def test_a_paused_run_is_violet_and_says_where_it_stands(joined: Joined) -> None:
    assert "PAUSED" in joined.head
    expect(joined.page.locator(".hstrip")).to_contain_text("Paused before Decide")
    expect(joined.page.locator('.sfn-node[data-address="/States/Decide"]')).to_have_class("sfn-node held")


def test_step_edit_the_answer_and_continue(joined: Joined) -> None:
    joined.click("Over")
    joined.says("Paused at Decide's answer")
    joined.click("Edit")
    joined.page.get_by_label("The answer").fill('{"ok": ')
    expect(joined.page.get_by_role("alert").first).to_contain_text("No JSON")
    expect(joined.page.get_by_role("button", name="Apply")).to_be_disabled()
    joined.page.get_by_label("The answer").fill('{"ok": "edited"}')
    joined.click("Apply")
    joined.says('{ "ok": "edited" }')
    joined.click("Continue")
    joined.until(lambda: "SUCCEEDED" in joined.head)
    assert joined.stepper.run.output == {"ok": "edited"}


def test_back_shows_the_machine_as_it_was_and_going_on_is_a_new_run(joined: Joined) -> None:
    joined.click("Continue")
    joined.until(lambda: "SUCCEEDED" in joined.head)
    joined.click("Back")
    joined.says("As it was before Ship")
    assert "240" in joined.page.locator(".meta").inner_text() or "4 min" in joined.page.locator(".meta").inner_text()
    assert "AT EVENT" in joined.head
    expect(joined.page.locator(".hstrip")).to_contain_text("going on calls again")
    expect(joined.page.locator(".hstrip")).to_contain_text("Ship → function ship")
    joined.click("Back")
    joined.says("As it was before Item")
    joined.click("Now")
    joined.until(lambda: "SUCCEEDED" in joined.head)
    joined.click("Back")
    joined.says("As it was before Ship")
    joined.click("Continue")
    joined.until(lambda: "shop-run-2" in joined.head and "SUCCEEDED" in joined.head)
    expect(joined.page.locator(".hstrip")).to_contain_text("Going on as shop-run-2; shop-run-1 stays as it was.")


def test_run_to_here_and_back_to_a_chosen_visit(joined: Joined) -> None:
    joined.page.locator('.sfn-node[data-address="/States/Ship"]').click()
    joined.click("Run to Ship")
    joined.says("Paused before Ship")
    joined.page.locator('.sfn-node[data-address="/States/Wait"]').click()
    joined.click("Back to before Wait")
    joined.says("As it was before Wait")


def test_a_click_on_the_margin_and_the_key_b_set_breakpoints(joined: Joined) -> None:
    node = joined.page.locator('.sfn-node[data-address="/States/Ship"]')
    box = node.locator(".sfn-shape").first.bounding_box()
    assert box is not None
    joined.page.mouse.click(box["x"] + 3, box["y"] + box["height"] / 2)
    joined.until(lambda: node.locator(".sfn-stop").count() == 1)
    joined.click("Continue")
    joined.says("breakpoint /States/Ship")
    node.focus()
    joined.page.keyboard.press("b")
    joined.until(lambda: node.locator(".sfn-stop").count() == 0)
    joined.page.keyboard.press("c")
    joined.until(lambda: "SUCCEEDED" in joined.head)


def test_what_cannot_be_done_is_said_and_the_run_stays(joined: Joined) -> None:
    joined.widget._heard(joined.widget, {"kind": "debug", "op": "edit", "value": "{"}, [])
    joined.says("The value is no JSON")
    joined.widget._heard(joined.widget, {"kind": "debug", "op": "to", "address": "/States/Nowhere"}, [])
    joined.says('There is no state "/States/Nowhere"')
    assert "Paused before Decide" in joined.page.locator(".hstrip").inner_text()


def test_thirty_steps_through_the_widget(show: Show, record_property: Any) -> None:
    steps: dict[str, Any] = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(30)}
    machine = StateMachine({"StartAt": "S0", "States": {**steps, "S30": {"Type": "Succeed"}}}, name="chain")
    stepper = Stepper(machine.debug({"n": 1}))
    stepper.wait(5)
    widget = RunWidget(machine)
    widget.steer(stepper)
    page = show({"machine": widget.machine, "live": widget.live, "visits": widget.visits, "events": widget.events})
    joined = Joined(page, widget, stepper)
    joined.says("before S0")
    times = []
    for i in range(1, 25):
        began = time.perf_counter()
        joined.page.evaluate("document.querySelector('[data-key=debug-over]').click()")
        joined.says(f"before S{i}")
        times.append(time.perf_counter() - began)
    stepper.stop()
    record_property("milliseconds a step, median", round(statistics.median(times) * 1000))


def test_a_value_too_long_for_the_page_comes_whole_to_be_edited(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = StateMachine({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}, name="large")
    stepper = Stepper(machine.debug({"filler": "x" * 60_000, "end": 1}))
    stepper.wait(5)
    widget = RunWidget(machine)
    replies: list[Any] = []
    monkeypatch.setattr(widget, "send", replies.append)
    widget.steer(stepper)
    page = show({"machine": widget.machine, "live": widget.live, "visits": widget.visits, "events": widget.events})
    joined = Joined(page, widget, stepper)
    joined.says("before A")
    joined.click("Edit")
    joined.until(lambda: any(reply.get("text") for reply in replies))
    page.evaluate("(reply) => model.answer(reply)", replies[-1])
    area = page.get_by_label("The input")
    expect(area).to_be_visible()
    whole = json.loads(area.input_value())
    assert (len(whole["filler"]), whole["end"]) == (60_000, 1)
    area.fill(json.dumps(whole | {"end": 2}))
    joined.click("Apply")
    joined.until(lambda: stepper.pause is not None and stepper.pause.value["end"] == 2)
    stepper.stop()
