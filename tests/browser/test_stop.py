"""Stop while a cell blocks: the page interrupts the kernel through Jupyter's own API, or says what to press."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import samples
from blank import Show
from jupyter import MACHINE, RUN, SLEEPY, notebook, run_cell, server
from playwright.sync_api import Browser, Page, expect

STUB = """([config, status]) => {
  window.calls = [];
  window.fetch = async (url, options) => { calls.push([String(url), options.method, options.headers]); return new Response(null, { status }); };
  const script = document.createElement("script");
  Object.assign(script, { id: "jupyter-config-data", type: "application/json", textContent: config });
  document.head.append(script);
}"""
HOME = "http://notebooks.test/"


def running(show: Show, config: dict[str, Any] | None, status: int = 204, kernel_id: str = "4-2") -> Page:
    """Show a run that goes on, whose kernel hears nothing, on a page of a Jupyter server."""
    page = show({**samples.shop_running(), "kernel_id": kernel_id}, address=HOME + "lab")
    page.evaluate("document.cookie = '_xsrf=2%7Cxy'")
    page.evaluate(STUB, [json.dumps(config), status])
    page.clock.install()
    return page


def press(page: Page) -> None:
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".head .hint")).to_have_text("Stopping …")
    assert page.evaluate("calls") == []
    page.clock.run_for(1600)


@pytest.mark.parametrize("token", ["", "abc"])
def test_where_nobody_answers_the_kernel_is_interrupted(show: Show, token: str) -> None:
    page = running(show, {"baseUrl": "/user/ada/", "token": token})
    press(page)
    expect(page.locator(".head .hint")).to_contain_text("The kernel was interrupted")
    [[url, method, headers]] = page.evaluate("calls")
    assert (url, method) == (HOME + "user/ada/api/kernels/4-2/interrupt", "POST")
    assert headers == {"X-XSRFToken": "2|xy", **({"Authorization": "token abc"} if token else {})}
    expect(page.locator(".silence")).to_be_hidden()


def test_an_answer_leaves_the_kernel_alone(show: Show) -> None:
    page = running(show, {"baseUrl": "/"})
    page.get_by_role("button", name="Stop").click()
    page.evaluate("model.answer({ kind: 'stop', id: model.sent[0].id })")
    page.clock.run_for(3000)
    assert page.evaluate("calls") == []


@pytest.mark.parametrize(
    ("config", "status", "kernel_id", "asked"),
    [
        (None, 204, "4-2", 0),
        ({"baseUrl": "/"}, 204, "", 0),
        ({"baseUrl": "https://elsewhere.test/"}, 204, "4-2", 0),
        ({"baseUrl": "/"}, 403, "4-2", 1),
    ],
)
def test_where_the_page_cannot_it_says_what_to_press(
    show: Show, config: dict[str, Any] | None, status: int, kernel_id: str, asked: int
) -> None:
    page = running(show, config, status, kernel_id)
    press(page)
    expect(page.locator(".head .hint")).to_contain_text("press ■ (Interrupt) in the notebook's toolbar")
    assert len(page.evaluate("calls")) == asked


@pytest.mark.parametrize(
    ("app", "way"), [("jupyterlab", "lab/tree/shop.ipynb?reset"), ("notebook", "notebooks/shop.ipynb")]
)
def test_a_blocked_cell_is_stopped(browser: Browser, tmp_path: Path, app: str, way: str) -> None:
    pytest.importorskip(app)
    (tmp_path / "shop.ipynb").write_text(notebook([SLEEPY.replace("2.5", "60"), MACHINE, RUN]), "utf-8")
    with server(app, tmp_path) as address:
        context = browser.new_context(viewport={"width": 1500, "height": 1300})
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.goto(f"{address}/{way}")
        page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
        for cell in range(3):
            run_cell(page, cell)
        frame = page.locator(".sfn-frame").nth(1)
        expect(frame.locator(".sfn-node", has_text="Ship").last).to_have_class(re.compile(r"\brun\b"), timeout=20_000)
        frame.get_by_role("button", name="Stop").click()
        expect(frame.locator(".head .pill")).to_contain_text("ABORTED", timeout=15_000)
        context.close()
    assert "Kernel interrupted" in (tmp_path / "server.log").read_text("utf-8")
