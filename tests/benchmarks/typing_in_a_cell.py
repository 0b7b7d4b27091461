"""Typing in a `%%statemachine` cell of a real JupyterLab: from a key to its findings, and to the diagram below the cell.

``python tests/benchmarks/typing_in_a_cell.py [STATES]...`` (100 and 500). Needs Chromium. Prints medians in milliseconds as the page
measures them, what the extension adds to JupyterLab's start, and where hatchling is installed the wheel's size. What it says of
a machine that does other work besides is that machine's: the load is printed, too.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from conftest import FLAGS  # noqa: E402
from jupyter import notebook, run_cell, server  # noqa: E402

KEYS = 12
WATCH = """() => {
  const cell = document.querySelectorAll(".jp-CodeCell")[1];
  const seen = window.seen = { key: 0, findings: [], pictures: [] };
  const marks = () => cell.querySelectorAll(".sfn-wrong").length;
  let [count, source] = [marks(), cell.querySelector(".sfn-sheet img")?.src];
  cell.addEventListener("keydown", () => { seen.key = performance.now(); }, true);
  new MutationObserver(() => {
    const [now, drawn] = [marks(), cell.querySelector(".sfn-sheet img")?.src];
    if (now !== count) seen.findings.push(performance.now() - seen.key);
    if (drawn !== source) seen.pictures.push(performance.now() - seen.key);
    [count, source] = [now, drawn];
  }).observe(cell, { subtree: true, childList: true, attributes: true });
}"""
STARTED = """() => {
  const own = performance.getEntriesByType("resource").filter((one) => one.name.includes("extensions/sfnbook/"));
  const all = performance.getEntriesByType("resource");
  return { files: own.length, kB: own.reduce((sum, one) => sum + one.decodedBodySize, 0) / 1000,
    ms: Math.max(...own.map((one) => one.responseEnd)) - Math.min(...own.map((one) => one.startTime)),
    allKB: all.reduce((sum, one) => sum + one.decodedBodySize, 0) / 1000 };
}"""


def machine(states: int) -> str:
    """Return a cell with so many states in a line."""
    named = {f"S{i}": {"Type": "Pass", "Next": f"S{i + 1}"} for i in range(states - 1)}
    made = {"StartAt": "S0", "States": {**named, f"S{states - 1}": {"Type": "Succeed"}}}
    return f"%%statemachine m\n{json.dumps(made, indent=2)}"


def typed(page: Page) -> dict[str, list[float]]:
    """Type letters into a state's Next and delete them again; return how long each key took to be answered."""
    page.evaluate(
        """() => {
          const content = document.querySelectorAll(".jp-CodeCell .cm-content")[1];
          const view = content.cmTile?.view ?? content.cmView?.view;
          const at = view.state.doc.toString().indexOf('"Next": "S3') + 10;
          view.dispatch({ selection: { anchor: at }, scrollIntoView: true });
          view.focus();
        }"""
    )
    cell = page.locator(".jp-CodeCell").nth(1)
    page.keyboard.type("y")  # the picture is drawn for the first time
    expect(cell.locator(".sfn-wrong").first).to_be_visible()
    expect(cell.locator(".sfn-sheet img")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(cell.locator(".sfn-wrong")).to_have_count(0)
    page.evaluate(WATCH)
    for number in range(KEYS):
        before = page.evaluate("[seen.findings.length, seen.pictures.length]")
        page.keyboard.press("Backspace") if number % 2 else page.keyboard.type("x")
        page.wait_for_function(
            "([f, p]) => seen.findings.length > f && seen.pictures.length > p", arg=before, timeout=60_000
        )
        page.wait_for_timeout(150)
    found: dict[str, list[float]] = page.evaluate("seen")
    return found


def measured(states: int) -> None:
    """Print the figures for a machine of so many states."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder)
        (root / "m.ipynb").write_text(notebook(["%load_ext sfnbook", machine(states)]), "utf-8")
        with server("jupyterlab", root) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(60_000)
            page.goto(f"{address}/lab/tree/m.ipynb")
            page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]').wait_for()
            start = page.evaluate(STARTED)
            run_cell(page, 0)
            expect(page.locator(".jp-InputPrompt").first).to_have_text("[1]:", timeout=60_000)
            seen = typed(page)
            browser.close()
    findings, pictures = (statistics.median(seen[what]) for what in ("findings", "pictures"))
    print(f"{states} states: findings after {findings:.0f} ms, the diagram after {pictures:.0f} ms")
    print(
        f"JupyterLab's start: {start['files']} files, {start['kB']:.0f} of {start['allKB']:.0f} kB, within {start['ms']:.0f} ms"
    )


def wheel() -> None:
    """Print the size of the wheel."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
        if subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0:
            size = sum(one.stat().st_size for one in Path(folder).glob("*.whl"))
            print(f"the wheel: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for number in [int(one) for one in sys.argv[1:]] or [100, 500]:
        measured(number)
    wheel()
