"""The form for a task that waits for a person: what it sends, and that typing survives updates of the run."""

from __future__ import annotations

from typing import Any

import samples
from blank import Show
from playwright.sync_api import Page, expect

TOKEN = "AAAAKgAAAAIAAAAAAAAAAVxyz"


def waiting() -> dict[str, Any]:
    """A run whose last visit waits for an answer."""
    traits = samples.shop_running()
    visit = next(v for v in traits["visits"] if v["type"] == "Task" and v["status"] == "running")
    given = {"text": "{}", "bytes": 2, "cut": False}
    traits["live"]["waiting"] = [{"visit": visit["id"], "state": visit["name"], "token": TOKEN, "input": given}]
    return traits


def sent(page: Page) -> list[dict[str, Any]]:
    return [m for m in page.evaluate("model.sent") if m["kind"] in ("send_task_success", "send_task_failure")]


def form(page: Page) -> Any:
    page.get_by_role("button", name="waits for an answer").click()
    return page.locator("section.answer")


def test_approve_sends_the_output(show: Show) -> None:
    page = show(waiting())
    answer = form(page)
    answer.get_by_label("Output (JSON)").fill('{"ok": 12345678901234567890}')
    answer.get_by_role("button", name="Approve").click()
    assert sent(page) == [{"kind": "send_task_success", "token": TOKEN, "output": '{"ok": 12345678901234567890}'}]


def test_what_is_no_json_is_not_sent(show: Show) -> None:
    page = show(waiting())
    answer = form(page)
    answer.get_by_label("Output (JSON)").fill("{ok}")
    answer.get_by_role("button", name="Approve").click()
    expect(answer.get_by_role("alert")).to_contain_text("The output is no JSON")
    assert sent(page) == []


def test_reject_sends_error_and_cause(show: Show) -> None:
    page = show(waiting())
    answer = form(page)
    answer.get_by_label("Error", exact=True).fill("No")
    answer.get_by_label("Cause", exact=True).fill("not today")
    answer.get_by_role("button", name="Reject").click()
    assert sent(page) == [{"kind": "send_task_failure", "token": TOKEN, "error": "No", "cause": "not today"}]


def test_typing_survives_updates_and_the_form_goes_with_its_token(show: Show) -> None:
    page = show(waiting())
    answer = form(page)
    answer.get_by_label("Output (JSON)").fill("[1, 2")
    page.evaluate("model.set('live', {...model.get('live'), events: 99, seconds: 7})")
    page.evaluate("model.set('visits', [...model.get('visits')])")
    page.keyboard.type("]")
    expect(answer.get_by_label("Output (JSON)")).to_have_value("[1, 2]")
    page.evaluate("model.set('live', {...model.get('live'), waiting: []})")
    expect(answer).to_have_count(0)
