"""The pytest plugin, as a person runs it: pytest in a process of its own, on projects in a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ORDERS = Path(__file__).parents[2] / "examples" / "orders"
LOADED = any(point.value == "sfnbook.testing.plugin" for point in entry_points(group="pytest11"))


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder; the plugin is loaded by its entry point where sfnbook is installed as it is now."""
    plugin = [] if LOADED else ["-p", "sfnbook.testing.plugin"]
    settings = ["-p", "no:cacheprovider", "-p", "no:nbval", "-c", os.devnull, "--rootdir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    command = [sys.executable, "-m", "pytest", *plugin, *settings, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ORDERS, tmp_path / "orders"))


def test_the_example_project_passes_and_covers_everything(orders: Path) -> None:
    done = run_pytest(orders, "tests", "--sfn-cov", "--sfn-fail-under=100", "--sfn-cov-report=markdown:cov.md")
    assert done.returncode == 0, done.stdout
    assert re.search(r"Orders +\d+ +6/6 +5/5 +2/2 +2/2 +1/1 +- +100 %", done.stdout)
    assert "```mermaid" in (orders / "cov.md").read_text("utf-8")


def test_too_little_coverage_fails_and_says_what_is_missing(orders: Path) -> None:
    done = run_pytest(
        orders, "tests", "-k", "nothing_to_pay", "--sfn-fail-under=90", "--sfn-cov-report=html:out/cov.html"
    )
    assert done.returncode == 1
    assert "FAIL: 25 % of the state machines is covered, less than 90 %." in done.stdout
    assert "Charge: never entered" in done.stdout
    assert "<h1>State machine coverage: 25 %</h1>" in (orders / "out" / "cov.html").read_text("utf-8")


def test_coverage_py_reports_definitions_by_line(orders: Path) -> None:
    (orders / ".coveragerc").write_text("[run]\nplugins = sfnbook.coverage\n", "utf-8")
    done = run_pytest(orders, "tests", "-k", "nothing_to_pay", "--sfn-cov-report=data:.coverage")
    assert done.returncode == 0, done.stdout
    report = subprocess.run(
        [sys.executable, "-m", "coverage", "report", "-m"], cwd=orders, capture_output=True, text=True, check=False
    )
    assert re.search(r"statemachine/orders\.asl\.json +\d+ +\d+ +\d+% +8, ", report.stdout), (
        report.stdout + report.stderr
    )
    lcov = subprocess.run(
        [sys.executable, "-m", "coverage", "lcov", "-o", "-", "-q"],
        cwd=orders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "SF:statemachine/orders.asl.json\nDA:5,1\nDA:8,0\nDA:10,1\n" in lcov.stdout


def test_pytest_cov_shows_definitions_beside_python_files(orders: Path) -> None:
    (orders / ".coveragerc").write_text("[run]\nplugins = sfnbook.coverage\nbranch = true\n", "utf-8")
    done = run_pytest(orders, "tests", "-k", "refused", "--sfn-cov", "--cov=src", "--cov-config=.coveragerc")
    assert done.returncode == 0, done.stdout
    assert re.search(r"statemachine/orders\.asl\.json +\d+ +\d+ +\d+ +\d+ +\d+%", done.stdout), done.stdout


FAILING = """
    import socket
    import pytest
    from sfnbook import mock, raises, returns

    ORDER = {"id": "1", "total": 3, "items": ["book"]}

    def test_calls(sfn):
        machine = sfn("template.yaml", "Orders")
        run = machine.run(ORDER, mocks=[mock("Reserve", returns({})), mock("Charge", raises("Boom", "x"))])
        assert run.called("dynamodb:putItem").with_(TableName="orders")

    def test_function(sfn):
        run = sfn("template.yaml", "Orders", bind={"Reserve": lambda event: 1 / 0}).run(ORDER)
        assert run.succeeded

    def test_network(sfn):
        with pytest.raises(ConnectionError, match="This test would connect to 192.0.2.1"):
            socket.create_connection(("192.0.2.1", 80))

    def test_credentials(sfn):
        import boto3
        assert boto3.Session().get_credentials().access_key == "testing"

    def test_same_moment(sfn):
        machine = sfn({"StartAt": "A", "States": {"A": {"Type": "Pass", "Parameters": {"t.$": "$$.State.EnteredTime"}, "End": True}}})
        assert machine.run().output == machine.run().output == {"t": "2026-01-01T00:00:00Z"}

    def test_state_name(sfn):
        run = sfn("template.yaml", "Orders").run({"id": "1", "total": 0})
        run.state("Chrage")

    def test_no_such_file(sfn):
        sfn("nowhere.yaml")
"""


def test_a_failing_test_explains_itself(orders: Path) -> None:
    (orders / "tests" / "test_failing.py").write_text("\n".join(line[4:] for line in FAILING.splitlines()), "utf-8")
    done = run_pytest(orders, "tests/test_failing.py", "--sfn-report", "pages", "-rA")
    passed = set(re.findall(r"^PASSED .*::(\w+)", done.stdout, re.MULTILINE))
    assert passed == {"test_network", "test_credentials", "test_same_moment"}, done.stdout
    assert 'no call of dynamodb:putItem with TableName="orders"; calls: Reserve' in done.stdout
    assert "path: Anything to pay? → Reserve → Charge ! Boom → Refused ✕ OrderRefused" in done.stdout
    assert "went wrong in Charge: Boom, caught → Refused" in done.stdout
    assert "went wrong in Reserve: ZeroDivisionError" in done.stdout
    assert 'The machine has no state "Chrage". Did you mean "Charge"?' in done.stdout
    assert "There is no file nowhere.yaml" in done.stdout
    pages = sorted(page.name for page in (orders / "pages").iterdir())
    assert "tests_test_failing.py_test_calls-1.html" in pages


def test_snapshots_are_stored_compared_and_reported_when_unused(orders: Path) -> None:
    stored = orders / "tests" / "__snapshots__" / "test_orders.json"
    snapshots = json.loads(stored.read_text("utf-8"))
    snapshots["test_mock_configuration[Paid]"]["path"] = ["Somewhere"]
    snapshots["gone"] = {}
    stored.write_text(json.dumps(snapshots), "utf-8")
    done = run_pytest(orders, "tests")
    assert done.returncode == 1
    assert "The snapshot 'test_mock_configuration[Paid]' differs" in done.stdout
    assert "test_orders.json: gone" in done.stdout
    assert run_pytest(orders, "tests", "--sfn-update").returncode == 0
    assert run_pytest(orders, "tests", "-q").returncode == 0
    assert "gone" not in json.loads(stored.read_text("utf-8"))


def test_a_changed_definition_fails_the_sweep_and_the_replay(orders: Path) -> None:
    file = orders / "statemachine" / "orders.asl.json"
    text = file.read_text("utf-8")
    changed = text.replace('{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Refused"}', "")
    assert changed != text
    file.write_text(changed, "utf-8")
    done = run_pytest(orders, "tests")
    assert "Charge: nothing handles States.TaskFailed" in done.stdout
    assert "order-8-declined.json: differs" in done.stdout
    assert "the execution's error: OrderRefused | CardDeclined" in done.stdout


def test_the_plugin_loads_nothing_until_it_is_used() -> None:
    script = "import sfnbook.testing.plugin, sys; print(*(n for n in sys.modules if n.startswith('sfnbook.')))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"sfnbook.testing", "sfnbook.testing.plugin"}


NOTEBOOK = [
    "%load_ext sfnbook",
    '%%statemachine one\n{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": 7, "End": true}}}',
    "%%sfn_test gives seven\nrun = %sfn_run one\nassert run.output == 7",
    "%%sfn_test\nassert run.output == 8, 'not eight'",
]


def test_cells_of_a_notebook_are_tests(tmp_path: Path) -> None:
    cells = [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in NOTEBOOK]
    (tmp_path / "machines.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4}), "utf-8")
    done = run_pytest(tmp_path, "--sfn-notebooks", "-rA")
    assert "PASSED machines.ipynb::gives seven" in done.stdout, done.stdout
    assert "FAILED machines.ipynb::cell 4 - test failed: AssertionError: not eight" in done.stdout
