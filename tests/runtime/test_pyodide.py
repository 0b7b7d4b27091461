"""The engine in a browser's Python: Pyodide under Node, with the pure-Python parts of this environment and no thread."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

import sfnbook

HERE = Path(__file__).parent
PROGRAM = """
import sfnbook
from sfnbook.errors import InputError

paths = sfnbook.StateMachine({"StartAt": "Fetch", "States": {
    "Fetch": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:fetch",
              "Retry": [{"ErrorEquals": ["States.ALL"]}], "Next": "Each"},
    "Each": {"Type": "Map", "ItemsPath": "$.items", "Next": "Both",
             "ItemProcessor": {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 60, "End": True}}}},
    "Both": {"Type": "Parallel", "End": True, "Branches": [
        {"StartAt": "X", "States": {"X": {"Type": "Pass", "End": True}}},
        {"StartAt": "Y", "States": {"Y": {"Type": "Pass", "Parameters": {"n.$": "States.ArrayLength($)"}, "End": True}}}]}}})
calls = []

def fetch(event):
    calls.append(event)
    if len(calls) == 1:
        raise ValueError("once")
    return {"items": [1, 2, event["n"]]}

run = paths.run({"n": 3}, bind={"fetch": fetch})
print(run.status, run.output, run.state("Fetch").attempts)
background = paths.run({"n": 3}, bind={"fetch": fetch}, wait=False)
print(background.status)
run.to_html("/tmp/run.html")
print("has the page", len(open("/tmp/run.html").read()) > 100_000, len(paths.to_svg()) > 1_000)
jsonata = sfnbook.StateMachine({"QueryLanguage": "JSONata", "StartAt": "Sum", "States": {
    "Sum": {"Type": "Pass", "Output": "{% {'total': $sum($states.input.items.price), 'when': $now()} %}", "Next": "Large"},
    "Large": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.total > 3 %}", "Next": "Yes"}], "Default": "No"},
    "Yes": {"Type": "Succeed"}, "No": {"Type": "Fail"}}})
run = jsonata.run({"items": [{"price": 1}, {"price": 3}]}, clock="virtual@2024-01-01T00:00:00Z")
print(run.status, run.output, [visit.name for visit in run.visits])
try:
    paths.debug({"n": 3}, bind={"fetch": fetch})
except InputError as error:
    print(error)
"""


def test_machines_run_in_a_browsers_python() -> None:
    folder, node = os.environ.get("SFNBOOK_NODE_MODULES", ""), shutil.which("node")
    if node is None or not (Path(folder) / "node_modules/pyodide").is_dir():
        pytest.skip("npm's pyodide is not in the folder that SFNBOOK_NODE_MODULES names")
    places = [str(Path(sfnbook.__file__).parent.parent), sysconfig.get_paths()["purelib"]]
    command = [node, str(HERE / "pyodide.mjs"), folder, PROGRAM, *places]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "SUCCEEDED [[1, 2, 3], {'n': 3}] 2",
        "SUCCEEDED",
        "has the page True True",
        "SUCCEEDED {'total': 4, 'when': '2024-01-01T00:00:00.000Z'} ['Sum', 'Large', 'Yes']",
        "A debugger needs threads, and Python in a browser has none. Run without breakpoints, and look at the run's visits; "
        "or use sfnbook in a kernel of your own.",
    ]
