"""The part that every widget brings along: one script for the page, from a widget, from Python, or of a stored notebook."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from samples import shop_failed

from sfnbook import StateMachine
from sfnbook.widget.assets import loader, script, style
from sfnbook.widget.traits.recorder import Recorder, machine_message

MOUNT = """async ([source, code, style, traits, place]) => {
  globalThis.imports = 0;
  const make = URL.createObjectURL.bind(URL);
  const sent = (globalThis.sent = []);
  const { render } = (await import(make(new Blob([source], { type: "text/javascript" })))).default;
  URL.createObjectURL = (blob) => { globalThis.imports += 1; return make(blob); };
  const held = { get: (name) => ({ code, style })[name], comm_live: place === "live" };
  for (const id of ["one", "two"]) {
    const el = document.createElement("div");
    el.id = id;
    document.body.append(el);
    const hears = [];
    const model = {
      get: (name) => ({ ...traits, script: "IPY_MODEL_7", version: "1" })[name], set: () => {}, save_changes: () => {}, off: () => {},
      on: (name, f) => { if (name === "msg:custom") hears.push(f); },
      send: (message) => { sent.push(message.kind); if (message.kind === "script") hears.forEach((f) => f({ kind: "script", code, style })); },
      widget_manager: { get_model: async (id) => { if (place === "lost" || id !== "7") throw new Error("no model"); return held; } },
    };
    await render({ model, el });
  }
}"""


def mounted(browser: Browser, traits: dict[str, Any], place: str) -> Page:
    page = browser.new_page()
    page.set_content("<!doctype html><html lang=en><title>x</title><body></body></html>")
    page.evaluate(MOUNT, [loader(), script(), style(), traits, place])
    return page


@pytest.mark.parametrize("place", ["live", "lost", "stored"])
def test_two_widgets_load_one_script(browser: Browser, place: str) -> None:
    page = mounted(browser, shop_failed(), place)
    expect(page.locator(".sfn-frame")).to_have_count(2)
    assert page.evaluate("globalThis.imports") == 1
    assert page.locator("style[id^=sfnbook-style]").count() == 1
    assert page.evaluate("sent.filter((kind) => kind === 'script').length") == (1 if place == "lost" else 0)
    again = page.get_by_role("button", name="Run again")
    assert again.count() == (0 if place == "stored" else 2)
    assert page.get_by_text("saved page, no kernel").count() == (2 if place == "stored" else 0)
    page.close()


def test_keys_typed_in_the_widget_are_kept_from_jupyterlab(browser: Browser) -> None:
    page = mounted(browser, shop_failed(), "live")
    page.evaluate(
        """() => { globalThis.seen = []; document.addEventListener("keydown", (event) => seen.push([event.key, event.target.hasAttribute("data-lm-suppress-shortcuts")]), true); }"""
    )
    page.locator("#one .sfn-node").nth(1).focus()
    for key in ("b", "x", "m", "Shift+M", "Control+s", "Shift+Enter", "ArrowDown"):
        page.keyboard.press(key)
    kept = {key: held for key, held in page.evaluate("seen") if key not in ("Shift", "Control")}
    assert kept == {"b": True, "x": True, "m": True, "M": True, "s": False, "Enter": False, "ArrowDown": True}
    page.close()


def test_what_to_write_for_an_unbound_task_stands_with_the_error(browser: Browser) -> None:
    machine = StateMachine(
        {
            "StartAt": "A",
            "States": {
                "A": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:f", "End": True}
            },
        },
        name="m",
        namespace={"other": print},
    )
    run = machine.run()
    recorder = Recorder(machine, run)
    traits = {"machine": machine_message(machine), "live": recorder.live(), "visits": recorder.visits(), "events": []}
    page = mounted(browser, traits, "live")
    card = page.locator("#one").get_by_role("region", name="Error")
    expect(card).to_contain_text("Define a function f(event, context), or bind one: %sfn_bind f your_function")
    page.locator("#one .sfn-node").first.click()
    expect(card.first).to_contain_text("%sfn_bind f your_function")
    page.close()


LAZY = """async ([source, code, style, traits]) => {
  const { render } = (await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })))).default;
  const sent = (globalThis.sent = []);
  const hears = {};
  let unsent = true;
  const model = {
    get: (name) => ({ ...(unsent ? {} : traits), lazy: true, unsent, script: "IPY_MODEL_7", version: "1" })[name],
    set: () => {}, save_changes: () => {}, off: (name, f) => hears[name]?.delete(f),
    on: (name, f) => (hears[name] ??= new Set()).add(f),
    send: (message) => sent.push(message),
    widget_manager: { get_model: async () => ({ get: (name) => ({ code, style })[name], comm_live: true }) },
  };
  globalThis.arrive = () => { unsent = false; hears["change:unsent"]?.forEach((f) => f()); };
  const above = document.createElement("div");
  above.style.height = "5000px";
  const el = document.createElement("div");
  el.id = "widget";
  document.body.append(above, el);
  globalThis.dispose = render({ model, el });
}"""


def test_a_widget_asks_for_its_data_when_it_comes_into_sight(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><html lang=en><title>x</title><body></body></html>")
    page.evaluate(LAZY, [loader(), script(), style(), shop_failed()])
    page.wait_for_timeout(300)
    assert page.evaluate("sent") == []
    page.locator("#widget").scroll_into_view_if_needed()
    page.wait_for_function("sent.length > 0")
    assert page.evaluate("[sent[0].kind, sent[0].seen]") == ["seen", True]
    assert page.locator(".sfn-frame").count() == 0
    expect(page.locator("#widget")).to_contain_text("comes when the kernel answers", timeout=10_000)
    page.wait_for_function("sent.length > 1")  # it asks again
    page.evaluate("arrive()")
    expect(page.locator(".sfn-frame .pill")).to_contain_text("FAILED")
    expect(page.locator("#widget")).not_to_contain_text("comes when the kernel answers")
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_function("sent.at(-1).seen === false")
    page.locator("#widget").scroll_into_view_if_needed()
    page.wait_for_function("sent.at(-1).seen === true")
    assert page.locator(".sfn-frame").count() == 1
    page.evaluate("dispose()")
    page.wait_for_function("sent.at(-1).seen === false")
    assert page.locator(".sfn-frame").count() == 0
    page.close()


def test_a_widget_in_a_closed_output_asks_for_nothing(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<!doctype html><html lang=en><title>x</title><body></body></html>")
    page.evaluate("document.body.style.display = 'none'")
    page.evaluate(LAZY, [loader(), script(), style(), shop_failed()])
    page.wait_for_timeout(300)
    assert page.evaluate("sent") == []
    page.evaluate("document.body.style.display = ''; scrollTo(0, 1e5)")
    page.evaluate("scrollTo(0, 1e5)")
    page.wait_for_function("sent.at(-1)?.seen === true")
    page.close()
