"""The ten questions that a reader of a run has, each answered within one click: in a notebook, a saved page, the served page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import recorded
from blank import Show
from playwright.sync_api import Browser, Page, expect

from sfnbook import StateMachine
from sfnbook.workspace import Workspace

ARN = "arn:aws:lambda:eu-west-1:1:function:"


Opened = Callable[[Any], Page]


@pytest.fixture(params=["widget", "saved page", "served page"])
def opened(request: pytest.FixtureRequest, show: Show, browser: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Open a run where a reader meets it."""
    if request.param == "widget":
        yield lambda run: show(recorded.traits(run))
        return
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    if request.param == "saved page":

        def saved(run: Any) -> Page:
            page.goto(run.to_html(tmp_path / "run.html").as_uri())
            return page

        yield saved
    else:
        pytest.importorskip("uvicorn", reason="the extra `server` is not installed")
        from sfnbook.server.http.run_server import Options, Served

        workspace = Workspace()
        served = Served(Options(port=0, workspace=workspace))

        def on_the_server(run: Any) -> Page:
            workspace.machines[run.machine.name] = run.machine
            page.goto(f"{served.url}/?execution={run.arn}")
            return page

        yield on_the_server
        served.stop()
    context.close()
    assert errors == []


def failed() -> Any:
    """A run in which the second item of a Map fails after two retries."""

    def work(event: Any) -> Any:
        print("working on", event)
        if event == 20:
            raise ValueError("no twenties")
        return event

    retry = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
    item = {"Type": "Task", "Resource": f"{ARN}work", "Retry": retry, "End": True}
    each = {"Type": "Map", "ItemProcessor": {"StartAt": "Work", "States": {"Work": item}}, "End": True}
    return StateMachine({"StartAt": "Each", "States": {"Each": each}}, name="m").run([10, 20, 30], bind={"work": work})


def shown(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name, exact=True)


def test_what_went_in_and_what_came_out_stand_there(opened: Opened) -> None:
    page = opened(recorded.shop(1))
    expect(shown(page, "input")).to_contain_text('"soon"')
    expect(shown(page, "output")).to_contain_text('"dock 3"')


def test_why_this_branch(opened: Opened) -> None:
    page = opened(recorded.shop(1))
    page.locator(".sfn-node[data-address='/States/Enough?']").click()
    expect(shown(page, "Choices").locator("tr.on")).to_contain_text("Wait a day")
    expect(shown(page, "Choices").locator("tr.on")).to_contain_text("7 for Ada")


def test_which_item_failed(opened: Opened) -> None:
    page = opened(failed())
    page.locator(".err .link").click()
    expect(page.locator(".ihead")).to_contain_text("Each › item 1")
    expect(shown(page, "Error of attempt 3")).to_contain_text("no twenties")


def test_what_was_printed(opened: Opened) -> None:
    page = opened(failed())
    page.get_by_role("tab", name="Logs").click()
    expect(page.locator(".logs")).to_contain_text("working on 30")


def test_how_long_stands_there(opened: Opened) -> None:
    page = opened(recorded.shop(1))
    expect(page.locator(".meta")).to_contain_text("1 d on the clock")
    expect(page.locator(".tlrow", has_text="Wait a day").locator(".tltook")).to_have_text("1 d")


def test_how_many_retries(opened: Opened) -> None:
    page = opened(failed())
    expect(page.locator(".sfn-node", has_text="Work").last).to_contain_text("↻2")
    page.get_by_role("tab", name="States", exact=True).click()
    row = page.locator(".evspace .st", has_text="Each › item 1")
    expect(row.get_by_role("gridcell").nth(3)).to_have_text("3")


def test_what_changed(opened: Opened) -> None:
    page = opened(recorded.shop(1))
    page.locator(".sfn-node[data-address='/States/Read order']").click()
    expect(shown(page, "afterResultPath").or_(shown(page, "output")).locator(".jrow.add").first).to_contain_text(
        "found"
    )


def test_where_a_value_came_from(opened: Opened) -> None:
    page = opened(recorded.shop(1))
    shown(page, "output").locator(".jrow.pick", has_text="label").click()
    expect(page.locator(".lineage")).to_contain_text("Read order")


def test_what_it_costs_stands_there(opened: Opened) -> None:
    page = opened(recorded.shop(1))
    expect(page.locator(".meta")).to_contain_text("$0.0002")


def test_right_to_left_text_stays_in_its_place(show: Show) -> None:
    end = {"Type": "Fail", "Error": "שגיאה", "Cause": "לא נמצא abc"}
    run = StateMachine({"StartAt": "סוף", "States": {"סוף": end}}, name="m").run({"שם": "דנה"})
    page = show(recorded.traits(run))
    error, message = page.locator(".etitle bdi").all()
    data = shown(page, "input")
    key, value = data.locator(".jkey").first, data.locator(".jstring").first
    for before, after in ((error, message), (key, value)):
        one, two = before.bounding_box(), after.bounding_box()
        assert one is not None
        assert two is not None
        assert one["x"] + one["width"] <= two["x"] + 1
