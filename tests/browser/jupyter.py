"""A real Jupyter server on loopback with one notebook, for the few tests that need one."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

SLEEPY = """\
import time

def prepare(event, context):
    print("preparing", event["order"])
    time.sleep(0.6)
    return {"prepared": event["order"]}

def ship(event, context):
    time.sleep(2.5)
    return {"shipped": True}

%load_ext sfnbook
"""

MACHINE = """\
%%statemachine shop
{"StartAt": "Prepare", "States": {
  "Prepare": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:prepare", "ResultPath": "$.made", "Next": "Wait 4 min"},
  "Wait 4 min": {"Type": "Wait", "Seconds": 240, "Next": "Ship"},
  "Ship": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:ship", "End": true}}}
"""

RUN = '%sfn_run shop {"order": 1042}'


def notebook(cells: Sequence[str]) -> str:
    """Return a notebook of code cells as JSON."""
    made = [
        {"cell_type": "code", "execution_count": None, "id": f"cell{i}", "metadata": {}, "outputs": [], "source": cell}
        for i, cell in enumerate(cells)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    return json.dumps({"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})


@contextmanager
def server(app: str, root: Path, theme: str = "JupyterLab Light") -> Iterator[str]:
    """Start JupyterLab (``jupyterlab``) or Notebook 7 (``notebook``) in ``root`` and yield its address."""
    port = _free_port()
    empty = root / "config"
    settings = empty / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": theme}), "utf-8")
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}', "utf-8"
    )
    command = [
        sys.executable, "-m", app, "--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0",
        "--IdentityProvider.token=", "--allow-root", f"--ServerApp.root_dir={root}",         "--LabApp.expose_app_in_browser=True", "--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    package = str(Path(__file__).resolve().parents[2])
    extensions = root / "share" / "labextensions"
    extensions.mkdir(parents=True)
    (extensions / "sfnbook").symlink_to(
        Path(package) / "sfnbook" / "labextension"
    )  # this checkout's, not one installed
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(empty),
        "IPYTHONDIR": str(root / "ipython"),
        "JUPYTER_PATH": str(root / "share"),
        "PYTHONPATH": package,
    }
    log = (root / "server.log").open("wb")
    process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=root)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api", process, root / "server.log")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def run_cell(page: Page, index: int) -> None:
    """Run a code cell; a kernel that is not ready yet drops what it is told, so tell it until a prompt shows."""
    cell = page.locator(".jp-CodeCell").nth(index)
    prompt = cell.locator(".jp-InputPrompt")
    for _ in range(20):
        cell.locator(".cm-content").focus()  # no click: a notice of Jupyter's own may lie above it
        page.keyboard.press("Control+Enter")
        with suppress(AssertionError):
            expect(prompt).not_to_have_text("[ ]:", timeout=1000)
            return
    raise AssertionError(f"cell {index} does not run")


def colours(page: Page) -> dict[str, str]:
    """Return each state's colour in the last diagram, by its name."""
    found: dict[str, str] = page.evaluate(
        """() => Object.fromEntries([...([...document.querySelectorAll(".sfn-frame")].at(-1)?.querySelectorAll(".sfn-node") || [])]
          .map((n) => [n.querySelector(".sfn-name")?.textContent || "", getComputedStyle(n.querySelector(".sfn-shape")).fill]))"""
    )
    return found


def watch_a_run(browser: Browser, address: str, theme: str) -> None:
    """Run the three cells at an address and look: colours change, clicks are answered, the end is right."""
    context = browser.new_context(viewport={"width": 1500, "height": 1300})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(address)
    page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
    expect(page.locator("body")).to_have_attribute("data-jp-theme-light", str(theme == "light").lower())
    run_cell(page, 0)
    run_cell(page, 1)
    expect(page.locator(".sfn-frame")).to_have_count(1, timeout=60_000)
    before = colours(page)
    run_cell(page, 2)
    frame = page.locator(".sfn-frame").nth(1)
    pill = frame.locator(".head .pill")
    expect(pill).to_contain_text("RUNNING")
    # Prepare has ended, Ship runs, the cell still blocks: a click on Prepare is answered all the same.
    expect(frame.locator(".sfn-node", has_text="Ship").last).to_have_class(re.compile(r"\brun\b"))
    expect(frame.locator(".sfn-node", has_text="Prepare").last).to_have_class(re.compile(r"\bok\b"))
    page.wait_for_timeout(250)  # the colours fade in
    during = colours(page)
    assert len({before["Prepare"], during["Prepare"], during["Ship"]}) == 3
    frame.locator(".sfn-node", has_text="Prepare").last.click()
    expect(frame.get_by_role("region", name="output")).to_contain_text('"prepared"')
    assert pill.inner_text().endswith("RUNNING")
    expect(pill).to_contain_text("SUCCEEDED", timeout=30_000)
    expect(frame.locator(".meta")).to_contain_text("4 min")
    page.wait_for_timeout(250)
    assert colours(page)["Ship"] == during["Prepare"]
    frame.locator(".sfn-node", has_text="Ship").last.click()
    expect(frame.get_by_role("region", name="output")).to_contain_text('"shipped": true')
    expect(page.locator(".sfnbook-static").last).to_be_hidden()  # the saved picture, beside the live widget
    assert page.evaluate("getComputedStyle(document.querySelector('.sfn-frame')).colorScheme") == theme
    context.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"no server: {log.read_text()[-2000:]}")
