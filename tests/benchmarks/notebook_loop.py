"""200 runs in one cell of a real JupyterLab: what they cost the kernel, the page and in time, beside the same without a page.

``python tests/benchmarks/notebook_loop.py [RUNS]``. Needs Chromium. The kernel's memory is its resident set, the page's the
JavaScript heap after a garbage collection; both grow from after the first run to after the last. Prints one line each.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from jupyter import notebook, run_cell, server  # noqa: E402

DEFINE = '''
import gc, os, time
def decide(event, context):
    return {"code": event["n"]}
RESIDENT = lambda: int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
%load_ext sfnbook
get_ipython().run_cell_magic("statemachine", "shop", """
StartAt: Decide
States:
  Decide: {Type: Task, Resource: "arn:aws:lambda:eu-west-1:123456789012:function:decide", ResultPath: $.code, Next: Wait}
  Wait: {Type: Wait, Seconds: 60, Next: OK}
  OK: {Type: Choice, Choices: [{Variable: $.n, NumericLessThan: 0, Next: Done}], Default: Done}
  Done: {Type: Succeed}
""")
'''
LOOP = """
gc.collect(); before = RESIDENT(); began = time.perf_counter()
for n in range({runs}):
    get_ipython().run_line_magic("sfn_run", f'shop {{{{"n": {{n}}}}}}')
took = time.perf_counter() - began
"""
FIGURES = """
gc.collect()
print("FIGURES", f"{took:.2f} {RESIDENT() - before:.1f}")
"""


def without_a_page(runs: int) -> float:
    """Return the seconds of the same runs in a shell that has no page."""
    script = f"""
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell({DEFINE!r})
shell.run_cell({LOOP.format(runs=runs)!r})
print("FIGURES", shell.user_ns["took"])
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(answer.stdout.rpartition("FIGURES ")[2].split()[0])


def heap(page: Page) -> float:
    """Return the page's JavaScript heap in MB after a garbage collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def main(runs: int) -> None:
    """Measure and print."""
    alone = without_a_page(runs)
    root = Path(tempfile.mkdtemp())
    cells = [DEFINE, LOOP.format(runs=1), LOOP.format(runs=runs), FIGURES]
    (root / "loop.ipynb").write_text(notebook(cells), "utf-8")
    with server("jupyterlab", root) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1200})
        page.goto(f"{address}/lab/tree/loop.ipynb?reset")
        idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        idle.wait_for(timeout=60_000)
        run_cell(page, 0)
        run_cell(page, 1)
        expect(page.locator(".sfn-frame .pill").last).to_contain_text("SUCCEEDED", timeout=30_000)
        before = heap(page)
        run_cell(page, 2)
        idle.wait_for(timeout=300_000)
        page.wait_for_timeout(1_000)
        grown = heap(page) - before
        run_cell(page, 3)
        said = page.locator(".jp-CodeCell").nth(3).locator(".jp-OutputArea-output").inner_text(timeout=30_000)
        took, kernel = (float(word) for word in said.rpartition("FIGURES ")[2].split())
        stored = json.dumps(page.evaluate("document.querySelectorAll('.sfn-frame').length"))
        browser.close()
    shutil.rmtree(root)
    print(f"{runs} runs: {took:.2f} s in JupyterLab, {alone:.2f} s without a page ({took / alone:.2f} times)")
    print(f"kernel grew by {kernel:.1f} MB, the page's heap by {grown:.1f} MB; {stored} widgets on the page")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
