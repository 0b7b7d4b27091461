"""200 runs in a real JupyterLab: what they cost the kernel, the page and in time, beside the same without a page.

``python tests/benchmarks/notebook_loop.py [RUNS] [loop] [cells]``. Needs Chromium. loop: in one cell, of a small machine.
cells: in a cell each, all cells at once, of a chain of 50 states. The kernel's memory is its resident set, the page's the
JavaScript heap after a garbage collection; both grow from after the first run to after the last. sent: what arrived on the
page's web sockets meanwhile.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from jupyter import notebook, server  # noqa: E402

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
for n in range({runs}):
    get_ipython().run_line_magic("sfn_run", f'shop {{{{"n": {{n}}}}}}')
"""
BEGIN = """
gc.collect(); before = RESIDENT(); began = time.perf_counter()
"""
END = """
took = time.perf_counter() - began
gc.collect()
print("FIGURES", f"{took:.2f} {RESIDENT() - before:.1f}")
"""
RUN = """async ([index, command]) => {
  const { content, sessionContext } = jupyterapp.shell.currentWidget;
  await sessionContext.ready;
  content.activeCellIndex = index;
  await jupyterapp.commands.execute(command);
}"""
LAST_TEXT = """() => {
  const { model } = jupyterapp.shell.currentWidget.content.widgets.at(-1);
  return model.outputs.get(0)?.toJSON().text ?? "";
}"""
CHAIN = """
get_ipython().run_cell_magic("statemachine", "chain", __import__("json").dumps({"StartAt": "S0", "States": {
    f"S{n}": {"Type": "Pass", "Result": {"n": n, "text": "x" * 100}, "ResultPath": f"$.s{n}",
              **({"End": True} if n == 49 else {"Next": f"S{n + 1}"})} for n in range(50)}}))
"""
CELL = """
%sfn_run chain {}
"""


def without_a_page(first: str, *cells: str) -> float:
    """Return the seconds of the same runs in a shell that has no page."""
    script = f"""
from IPython.core.interactiveshell import InteractiveShell
import time
shell = InteractiveShell.instance()
shell.run_cell({DEFINE!r})
shell.run_cell({first!r})
began = time.perf_counter()
for cell in {cells!r}:
    shell.run_cell(cell)
print("FIGURES", time.perf_counter() - began)
"""
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(answer.stdout.rpartition("FIGURES ")[2].split()[0])


def heap(page: Page) -> float:
    """Return the page's JavaScript heap in MB after a garbage collection."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


def measure(first: str, cells: list[str]) -> str:
    """Run ``first`` and then all ``cells`` at once, and return what the latter cost."""
    alone = without_a_page(first, *cells)
    root = Path(tempfile.mkdtemp())
    (root / "loop.ipynb").write_text(notebook([DEFINE, first, BEGIN, *cells, END]), "utf-8")
    with server("jupyterlab", root) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1400, "height": 1200})
        sent = [0]
        page.on(
            "websocket",
            lambda socket: socket.on("framereceived", lambda frame: sent.__setitem__(0, sent[0] + len(frame))),
        )
        page.goto(f"{address}/lab/tree/loop.ipynb?reset")
        idle = page.locator('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        idle.wait_for(timeout=60_000)
        for index in (0, 1):
            page.evaluate(RUN, [index, "notebook:run-cell"])
        expect(page.locator(".sfn-frame").last).to_be_visible(timeout=120_000)
        page.wait_for_timeout(1_000)
        before, sent[0] = heap(page), 0
        page.evaluate(RUN, [2, "notebook:run-all-below"])
        idle.wait_for(timeout=600_000)
        page.wait_for_timeout(1_000)
        grown, received = heap(page) - before, sent[0] / 1e6
        text = page.evaluate(LAST_TEXT)
        took, kernel = (float(word) for word in text.rpartition("FIGURES ")[2].split())
        drawn = page.evaluate("document.querySelectorAll('.sfn-frame').length")
        browser.close()
    shutil.rmtree(root)
    return (
        f"{took:.2f} s in JupyterLab, {alone:.2f} s without a page ({took / alone:.2f} times); kernel grew by {kernel:.1f} MB,"
        f" the page's heap by {grown:.1f} MB; {received:.1f} MB sent, {drawn} widgets drawn"
    )


def main(runs: int, kinds: list[str]) -> None:
    """Measure and print."""
    if "loop" in kinds:
        print(f"{runs} runs in one cell:", measure(LOOP.format(runs=1), [LOOP.format(runs=runs)]))
    if "cells" in kinds:
        print(f"{runs} runs in a cell each:", measure(CHAIN + CELL, [CELL] * runs))


if __name__ == "__main__":
    count = next((int(word) for word in sys.argv[1:] if word.isdigit()), 200)
    main(count, [word for word in sys.argv[1:] if not word.isdigit()] or ["loop", "cells"])
