"""Trying a changed state on a visit's own data."""

from __future__ import annotations

import json
from typing import Any

import pytest
import recorded
from blank import Show
from playwright.sync_api import Page, expect
from test_accessibility import serious

from sfnbook.widget.traits.recorder import Recorder


class Answered:
    """A page whose questions are answered by a recorder, as the widget does."""

    def __init__(self, show: Show, **options: Any) -> None:
        self.run = recorded.shop(1)
        self.recorder = Recorder(self.run.machine, self.run)
        self.page: Page = show(recorded.traits(self.run), **options)
        self.page.expose_function("reply", self.reply)
        self.page.evaluate(
            "() => { const send = model.send; model.send = (message) => { send(message);"
            " reply(JSON.stringify(message)).then((text) => text && model.answer(JSON.parse(text))); }; }"
        )
        self.page.locator(".tlname", has_text="Pick").click()
        self.page.get_by_role("tab", name="Try").click()

    def reply(self, text: str) -> str:
        message = json.loads(text)
        answer = self.recorder.reply(message)
        return json.dumps(answer or {"kind": message["kind"], "id": message.get("id")})

    def write(self, old: str, new: str) -> None:
        area = self.page.get_by_label("The state's text")
        area.fill(area.input_value().replace(old, new))


def test_a_changed_path_is_seen_stage_by_stage(show: Show) -> None:
    tried = Answered(show)
    page = tried.page
    expect(page.locator(".tnote")).to_have_text("✓ succeeded → Each")
    expect(page.get_by_role("region", name="output, tried")).to_contain_text("as it was")
    tried.write("$.order.id", "$.order.note")
    expect(page.get_by_role("region", name="output, tried")).to_contain_text('"soon for Ada"')
    expect(page.get_by_role("region", name="output, tried").locator(".chg")).to_contain_text("label")


def test_an_error_points_at_its_place_and_what_was_written_stays(show: Show) -> None:
    tried = Answered(show)
    page = tried.page
    tried.write("$.order.id", "$.order.nope")
    expect(page.get_by_role("region", name="Problem")).to_contain_text("States.Runtime in line 5")
    expect(page.locator(".tcaret")).to_contain_text("^^^^^^^^^^^^")
    page.locator(".tlname", has_text="Done").click()
    page.locator(".tlname", has_text="Pick").click()
    expect(page.get_by_label("The state's text")).to_have_value(
        tried.page.get_by_label("The state's text").input_value()
    )
    assert "$.order.nope" in page.get_by_label("The state's text").input_value()
    page.get_by_role("button", name="As it was").click()
    expect(page.locator(".tnote")).to_have_text("✓ succeeded → Each")


def test_the_changed_text_can_be_taken_along(show: Show) -> None:
    tried = Answered(show, permissions=["clipboard-read", "clipboard-write"])
    page = tried.page
    tried.write("$.order.id", "$.order.note")
    expect(page.get_by_role("region", name="output, tried")).to_contain_text("soon for Ada")
    page.evaluate("navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve(); }") if (
        page.evaluate("Boolean(navigator.clipboard)")
    ) else page.evaluate(
        "document.execCommand = () => { window.copied = document.activeElement.value ?? ''; return true; }"
    )
    page.get_by_role("button", name="Copy a notebook cell with this definition").click()
    copied = page.evaluate("window.copied")
    assert copied.startswith("%%statemachine shop\n{")
    assert "$.order.note" in copied


def test_a_saved_page_has_nobody_to_try_it(show: Show) -> None:
    page = show({**recorded.traits(recorded.shop(1)), "host": {"kernel": False}})
    page.locator(".tlname", has_text="Pick").click()
    expect(page.get_by_role("tab", name="Definition")).to_be_visible()
    expect(page.get_by_role("tab", name="Try")).to_have_count(0)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_has_nothing_to_say(show: Show, dark: bool) -> None:
    tried = Answered(show, dark=dark)
    expect(tried.page.locator(".tnote")).to_have_text("✓ succeeded → Each")
    assert serious(tried.page) == []
    tried.write("$.order.id", "$.order.nope")
    expect(tried.page.get_by_role("region", name="Problem")).to_be_visible()
    assert serious(tried.page) == []
