"""The endpoint's own page: lists, the live widget, nothing that a run holds becomes markup."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from playwright.sync_api import Browser, Locator, Page, expect
from served import ROLE, client

from sfnbook.server.http.run_server import Options, Served
from sfnbook.tasks.registry import Registry

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
HOSTILE = '<img src=x onerror="document.title=1">'
WAITS: dict[str, Any] = {
    "StartAt": "A",
    "States": {"A": {"Type": "Pass", "Next": "W"}, "W": {"Type": "Wait", "Seconds": 60, "End": True}},
}


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    page, errors = context.new_page(), list[str]()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda fault: errors.append(str(fault)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert [said for said in errors if "status of 400" not in said] == []  # the API may say no


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
    machine_link(page, "slow").click()
    page.wait_for_selector(".sfn-frame")
    started = sfn.start_execution(stateMachineArn=machine, name="one", input=json.dumps({"x": HOSTILE}))
    execution(page, "one").click()
    page.get_by_text("RUNNING").first.wait_for()
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("ABORTED").first.wait_for()
    assert sfn.describe_execution(executionArn=started["executionArn"])["status"] == "ABORTED"
    assert page.locator("main img").count() == 0
    assert page.title() == "one · slow · Step Functions on this machine"


def machine_link(page: Page, name: str) -> Locator:
    return page.get_by_role("navigation").get_by_role("link", name=re.compile(f"^{name} "))


def execution(page: Page, name: str) -> Locator:
    return page.get_by_role("table").get_by_role("link", name=name, exact=True)


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
    machine_link(page, "orders").click()
    unfold(page, "/States/Bill")
    expect(state(page, "W")).to_be_visible()  # the machine, before it ran
    sfn.start_execution(stateMachineArn=machine, name="one", input='{"order":7}')
    execution(page, "one").click()
    expect(state(page, "W")).to_have_class(re.compile(r"\brun\b"))
    expect(state(page, "First")).to_have_class(re.compile("ok"))
    page.get_by_role("button", name="Stop", exact=True).click()
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
        machine_link(page, "orders").click()
        execution(page, "one").click()
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
    execution(page, "one").click()
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
    until = time.monotonic() + 60
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
    execution(page, "one").click()
    state(page, "Ask").dispatch_event("click")
    page.get_by_role("textbox", name="Output (JSON)").fill('{"said":"yes"}')
    page.get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator(".pill").first).to_contain_text("SUCCEEDED")
    assert sfn.describe_execution(**pick(started))["output"] == '{"said":"yes"}'


def test_a_token_in_the_address_becomes_a_cookie(page: Page, served: Served) -> None:
    server: Any = Served(Options(port=0, token="s3cret"))
    try:
        page.goto(f"{server.url}/?token=s3cret")
        page.get_by_text("None yet").first.wait_for()
        assert "token" not in page.url
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    finally:
        leave(page, server)


CHECK = {
    "StartAt": "Look",
    "States": {
        "Look": {"Type": "Choice", "Choices": [{"Variable": "$.ok", "BooleanEquals": True, "Next": "Good"}], "Default": "Bad"},
        "Good": {"Type": "Succeed"},
        "Bad": {"Type": "Fail", "Error": "Declined", "Cause": "no money"},
    },
}  # fmt: skip


def rows(page: Page) -> Locator:
    return page.get_by_role("table").locator("tbody a.name")


def test_executions_are_filtered_sorted_and_paged_and_the_address_says_so(page: Page, served: Served) -> None:
    sfn = client(served.url)
    machine = made(sfn, "check", CHECK)
    for number in range(60):
        given = json.dumps({"ok": number % 10 != 0})
        sfn.start_execution(stateMachineArn=machine, name=f"order-{number:02}", input=given)
    page.goto(served.url)
    expect(rows(page)).to_have_count(50)
    expect(page.get_by_text("1 to 50 of 60")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(rows(page)).to_have_count(10)
    sfn.start_execution(stateMachineArn=machine, name="late", input='{"ok":true}')
    expect(page.get_by_text("All 61")).to_be_visible()
    expect(rows(page)).to_have_text([f"order-{number:02}" for number in range(9, -1, -1)])  # new ones move no page
    page.get_by_role("button", name="Failed").click()
    expect(rows(page)).to_have_count(6)
    expect(page.get_by_role("cell", name="Declined: no money").first).to_be_visible()
    page.get_by_label("Filter by name or error").fill("MONEY")
    page.get_by_role("button", name="Name", exact=True).click()
    expect(rows(page)).to_have_text([f"order-{number}0" for number in ("0", *range(1, 6))])
    page.reload()
    expect(rows(page)).to_have_text([f"order-{number}0" for number in ("0", *range(1, 6))])
    expect(page.get_by_label("Filter by name or error")).to_have_value("MONEY")
    page.get_by_label("Filter by name or error").fill("order-30")
    expect(rows(page)).to_have_text(["order-30"])
    page.get_by_label("Filter by start").select_option("Last hour")
    expect(rows(page)).to_have_text(["order-30"])
    page.goto(f"{served.url}/?until=1000")
    expect(page.get_by_text("No execution here is like that.")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(rows(page)).to_have_count(50)
    rows(page).first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".bar b")).to_have_text("order-59")
    page.go_back()
    expect(page.locator(".bar")).to_have_count(0)


def test_the_form_opens_where_the_last_input_is_not_to_be_had(page: Page, served: Served) -> None:
    machine = made(client(served.url), "check", CHECK)
    page.goto(f"{served.url}/?machine={machine}")
    page.route("**/look/input*", lambda route: route.fulfill(body="no JSON"))
    page.get_by_role("button", name="Start execution").click()
    expect(page.get_by_label("Input (JSON)")).to_have_value("{}")


def test_an_execution_is_started_from_a_form_that_is_checked_and_redriven(page: Page, served: Served) -> None:
    sfn = client(served.url)
    machine = made(sfn, "check", CHECK)
    sfn.start_execution(stateMachineArn=machine, name="first", input='{"ok": false, "n": 1.0}')
    page.goto(f"{served.url}/?machine={machine}")
    page.get_by_role("button", name="Start execution").click()
    given = page.get_by_label("Input (JSON)")
    expect(given).to_have_value('{"ok": false, "n": 1.0}')
    start = page.get_by_role("button", name="Start", exact=True)
    given.fill('{"ok": tru}')
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("No JSON: ")
    expect(start).to_be_disabled()
    given.fill('{"ok": false}')
    page.get_by_label("Name", exact=False).last.fill("first")
    start.click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("ExecutionAlreadyExists")
    page.get_by_label("Name", exact=False).last.fill("second")
    start.click()
    expect(page.locator(".bar b")).to_have_text("second")
    expect(page.locator(".pill").first).to_contain_text("FAILED")
    state(page, "Bad").dispatch_event("click")
    assert page.url.endswith(":execution:check:second&state=/States/Bad")
    page.reload()
    expect(state(page, "Bad")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Redrive").click()
    expect(page.locator("td.name", has_text="second")).to_contain_text("↻1")
    page.get_by_role("button", name="Hide the list").click()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".sfn-frame")).to_be_visible()


def test_tasks_that_wait_are_listed_and_answered(page: Page, served: Served) -> None:
    sfn = client(served.url)
    asked = {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}}
    resource = "arn:aws:states:::lambda:invoke.waitForTaskToken"
    ask = {"Type": "Task", "Resource": resource, "Parameters": asked, "TimeoutSeconds": 600, "End": True}
    assert served.options.registry is not None
    served.options.registry.add("ask", lambda event: None)
    machine = made(sfn, "asks", {"StartAt": "Ask", "States": {"Ask": ask}})
    runs = [sfn.start_execution(stateMachineArn=machine, name=name, input="{}") for name in ("one", "two")]
    page.goto(served.url)
    page.get_by_role("link", name="Waiting tasks").click()
    expect(page.get_by_text("somebody to answer its task token, for at most 600 s (TimeoutSeconds).")).to_have_count(2)
    page.get_by_role("row", name="asks · one").get_by_role("button", name="Answer").click()
    page.get_by_label("Output (JSON)").fill('{"said":"yes"}')
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("row", name="asks · one")).to_have_count(0)
    page.get_by_role("button", name="Answer by token").click()
    page.get_by_label("Task token").fill("nothing")
    page.get_by_label("It failed").check()
    page.get_by_role("textbox", name="Error").fill("Refused")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("InvalidToken")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="asks · two").click()
    page.get_by_role("button", name="Stop with a reason").click()
    page.get_by_role("textbox", name="Cause optional").fill("no more")
    page.get_by_role("button", name="Stop it").click()
    expect(page.locator(".pill").first).to_contain_text("ABORTED")
    assert sfn.describe_execution(**pick(runs[0]))["output"] == '{"said":"yes"}'
    assert sfn.describe_execution(**pick(runs[1]))["cause"] == "no more"


def test_a_link_that_is_sent_to_somebody_asks_for_the_token_and_then_shows_the_view(browser: Browser) -> None:
    server = Served(Options(port=0, token="s3cret"))
    context = browser.new_context()
    page = context.new_page()
    try:
        page.set_default_timeout(20_000)
        page.goto(f"{server.url}/?view=waiting&text=a%26b")
        page.get_by_role("textbox", name="Token").fill("s3cret")
        page.keyboard.press("Enter")
        expect(page.get_by_text("No task waits.")).to_be_visible()
        assert page.url == f"{server.url}/?view=waiting&text=a%26b"
    finally:
        context.close()
        server.stop()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_for_axe_to_object_to(browser: Browser, dark: bool) -> None:
    server = Served(Options(port=0, registry=Registry()))
    context = browser.new_context(viewport={"width": 1000, "height": 800}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    try:
        machine = made(client(server.url), "check", CHECK)
        started = client(server.url).start_execution(stateMachineArn=machine, name="one", input='{"ok": false}')
        page.goto(f"{server.url}/?machine={machine}&execution={started['executionArn']}")
        page.get_by_role("button", name="Redrive").wait_for()
        page.locator(".sfn-frame").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 1000
        found = []
        for button in (None, "Start execution", "Start with this input"):
            if button is not None:
                page.get_by_role("button", name=button).click()
            page.evaluate(AXE)
            found += page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
            page.keyboard.press("Escape")
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    finally:
        context.close()
        server.stop()
