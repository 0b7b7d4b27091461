"""The endpoint's own page: lists, the live widget, nothing that a run holds becomes markup."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from playwright.sync_api import Browser, Locator, Page, expect
from served import ROLE, client

from sfnbook.server.run_server import Options, Served
from sfnbook.tasks.registry import Registry

HOSTILE = '<img src=x onerror="document.title=1">'
WAITS: dict[str, Any] = {
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Next": "W"}, "W": {"Type": "Wait", "Seconds": 60, "End": True}},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture
def served(page: Page) -> Iterator[Served]:
    server = Served(Options(port=0, registry=Registry()))
    yield server
    leave(page, server)


def leave(page: Page, server: Served) -> None:
    """End a server once nobody looks: the page asks it for its lists again and again."""
    page.goto("about:blank")
    server.stop()


def test_an_execution_is_watched_and_stopped(page: Page, served: Served) -> None:
    sfn = client(served.url)
    machine = sfn.create_state_machine(name="slow", definition=json.dumps(WAITS), roleArn=ROLE)["stateMachineArn"]
    page.goto(served.url)
    page.get_by_role("button", name="slow").click()
    page.wait_for_selector(".sfn-frame")
    started = sfn.start_execution(stateMachineArn=machine, name="one", input=json.dumps({"x": HOSTILE}))
    page.get_by_role("button", name="one", exact=False).click()
    page.get_by_text("RUNNING").first.wait_for()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("ABORTED").first.wait_for()
    assert sfn.describe_execution(executionArn=started["executionArn"])["status"] == "ABORTED"
    assert page.locator("main img").count() == 0
    assert page.title().startswith("sfnbook")


def made(sfn: Any, name: str, definition: dict[str, Any]) -> str:
    """Create a machine and return its ARN."""
    found = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return str(found["stateMachineArn"])


def starting(arn: str) -> dict[str, Any]:
    """A Task that starts a machine and waits for it."""
    resource = "arn:aws:states:::states:startExecution.sync:2"
    given = {"StateMachineArn": arn, "Input.$": "$"}
    task = {"Type": "Task", "Resource": resource, "Parameters": given, "End": True}
    return {"StartAt": "Begin", "States": {"Begin": {"Type": "Pass", "Next": "Bill"}, "Bill": task}}


def state(page: Page, name: str) -> Locator:
    return page.locator(f'.sfn-node[aria-label^="{name},"]')


def unfold(page: Page, address: str) -> None:
    page.locator(f'[data-fold="{address}"]').dispatch_event("click")


def test_a_state_unfolds_the_execution_that_it_started_while_it_runs(page: Page, served: Served) -> None:
    sfn = client(served.url)
    slow = {"StartAt": "First", "States": {"First": {"Type": "Pass", "Next": "W"}, "W": WAITS["States"]["W"]}}
    machine = made(sfn, "orders", starting(made(sfn, "billing", slow)))
    page.goto(served.url)
    page.get_by_role("button", name="orders").click()
    unfold(page, "/States/Bill")
    expect(state(page, "W")).to_be_visible()  # the machine, before it ran
    sfn.start_execution(stateMachineArn=machine, name="one", input='{"order":7}')
    page.get_by_role("button", name="one", exact=False).click()
    expect(state(page, "W")).to_have_class(re.compile(r"\brun\b"))
    expect(state(page, "First")).to_have_class(re.compile("ok"))
    page.get_by_role("button", name="Stop").click()
    expect(state(page, "W")).to_have_class(re.compile("gone"))


def test_an_ended_execution_has_its_children_after_a_restart(page: Page, tmp_path: Path) -> None:
    options = Options(port=0, db=str(tmp_path / "store.db"))
    before = Served(options)
    sfn = client(before.url)
    fails = {"StartAt": "Charge", "States": {"Charge": {"Type": "Fail", "Error": "Declined", "Cause": "no money"}}}
    middle = made(sfn, "billing", starting(made(sfn, "paying", fails)))
    started = sfn.start_execution(stateMachineArn=made(sfn, "orders", starting(middle)), name="one", input="{}")
    wait_for(lambda: sfn.describe_execution(**pick(started))["status"] != "RUNNING")
    before.stop()
    server = Served(options)
    try:
        page.goto(server.url)
        page.get_by_role("button", name=re.compile("^orders")).click()
        page.get_by_role("button", name="one", exact=False).click()
        unfold(page, "/States/Bill")
        unfold(page, "/States/Bill~>/States/Bill")
        expect(state(page, "Charge")).to_have_class(re.compile("bad"))
        state(page, "Charge").dispatch_event("click")
        expect(page.locator(".ibody")).to_contain_text("no money")
        top = page.locator(".ibody section").first.evaluate("(one) => getComputedStyle(one).paddingTop")
        assert top == "0px"  # the page's own style stays outside the widget
        page.get_by_role("button", name="Open run").click()
        expect(page.locator(".mname")).to_have_text("paying")
        expect(state(page, "Charge")).to_have_class(re.compile("bad"))
        page.get_by_role("button", name=re.compile("^billing · ")).click()
        expect(page.locator(".mname")).to_have_text("billing")
    finally:
        leave(page, server)


def test_a_map_run_of_an_ended_execution_shows_its_children(page: Page, served: Served) -> None:
    sfn = client(served.url)
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    rule = {"Variable": "$", "NumericEquals": 150, "Next": "Refuse"}
    steps = {
        "Look": {"Type": "Choice", "Choices": [rule], "Default": "Keep"},
        "Keep": {"Type": "Pass", "End": True},
        "Refuse": {"Type": "Fail", "Error": "Refused", "Cause": "not this one"},
    }
    each = {
        "Type": "Map",
        "ItemProcessor": {"ProcessorConfig": config, "StartAt": "Look", "States": steps},
        "End": True,
    }
    machine = made(sfn, "spread", {"StartAt": "Each", "States": {"Each": each | {"ToleratedFailureCount": 0}}})
    started = sfn.start_execution(stateMachineArn=machine, name="one", input=json.dumps(list(range(200))))
    wait_for(lambda: sfn.describe_execution(**pick(started))["status"] == "FAILED")
    page.goto(served.url)
    page.get_by_role("button", name="one", exact=False).click()
    expect(state(page, "Each")).to_have_attribute("aria-label", re.compile("199|150"))
    choose(page, "^.*item 150")
    expect(state(page, "Refuse")).to_have_class(re.compile("bad"))
    choose(page, "another item")
    page.get_by_role("spinbutton").fill("144")  # its history was not kept: it is recalled
    page.keyboard.press("Enter")
    expect(page.locator("[data-pass]").first).to_contain_text("item 144")
    state(page, "Keep").dispatch_event("click")
    expect(page.locator(".insp").first).to_contain_text("144")


def choose(page: Page, text: str) -> None:
    state(page, "Each").focus()
    page.keyboard.press("p")
    page.get_by_role("option", name=re.compile(text)).click()


def pick(started: dict[str, Any]) -> dict[str, Any]:
    return {"executionArn": started["executionArn"]}


def wait_for(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_task_that_waits_is_answered(page: Page, served: Served) -> None:
    sfn = client(served.url)
    asked = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    ask = {"Type": "Task", "Resource": resource, "Parameters": asked, "End": True}
    assert served.options.registry is not None
    served.options.registry.add("ask", lambda event: None)
    machine = made(sfn, "asks", {"StartAt": "Ask", "States": {"Ask": ask}})
    started = sfn.start_execution(stateMachineArn=machine, name="one", input="{}")
    page.goto(served.url)
    page.get_by_role("button", name="one", exact=False).click()
    state(page, "Ask").dispatch_event("click")
    page.get_by_role("textbox", name="Output (JSON)").fill('{"said":"yes"}')
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".pill").first).to_contain_text("SUCCEEDED")
    assert sfn.describe_execution(**pick(started))["output"] == '{"said":"yes"}'


def test_a_token_in_the_address_becomes_a_cookie(page: Page, served: Served) -> None:
    server: Any = Served(Options(port=0, token="s3cret"))
    try:
        page.goto(f"{server.url}/?token=s3cret")
        page.get_by_text("None yet").wait_for()
        assert "token" not in page.url
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    finally:
        leave(page, server)
