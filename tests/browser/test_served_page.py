"""The endpoint's own page: lists, the live widget, nothing that a run holds becomes markup."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from playwright.sync_api import Browser, Page
from served import ROLE, client

from sfnbook.server.serve import Options, Served

HOSTILE = '<img src=x onerror="document.title=1">'
WAITS = {
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
def served() -> Iterator[Served]:
    server = Served(Options(port=0))
    yield server
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


def test_a_token_in_the_address_becomes_a_cookie(page: Page, served: Served) -> None:
    server: Any = Served(Options(port=0, token="s3cret"))
    try:
        page.goto(f"{server.url}/?token=s3cret")
        page.get_by_text("None yet").wait_for()
        assert "token" not in page.url
        [cookie] = page.context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    finally:
        server.stop()
