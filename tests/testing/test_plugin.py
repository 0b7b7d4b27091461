"""The pytest plugin, as a person runs it: pytest in a process of its own, on projects in a folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest

from sfnbook import mock, raises

ORDERS = Path(__file__).parents[2] / "examples" / "orders"
LOADED = any(point.value == "sfnbook.testing.plugin" for point in entry_points(group="pytest11"))


def run_pytest(folder: Path, *arguments: str, plugins: tuple[str, ...] | None = ()) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, with this plugin and those named alone, which takes half the time.

    plugins: None loads all that is installed, this one by its entry point where sfnbook is installed as it is now.
    """
    named = [] if plugins is None and LOADED else ["sfnbook.testing.plugin"]
    plugin = [word for name in (*named, *(plugins or ())) for word in ("-p", name)]
    settings = ["-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GITHUB_"))}
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    if plugins is None:
        settings += ["-p", "no:nbval"]
    else:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    command = [sys.executable, "-m", "pytest", *plugin, *settings, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ORDERS, tmp_path / "orders"))


def test_the_example_project_passes_and_covers_everything(orders: Path) -> None:
    words = ("tests", "--sfn-cov", "--sfn-fail-under=100", "--sfn-cov-report=markdown:cov.md")
    done = run_pytest(orders, *words, plugins=None)
    assert done.returncode == 0, done.stdout
    assert re.search(r"Orders +\d+ +6/6 +5/5 +2/2 +2/2 +1/1 +- +100 %", done.stdout)
    assert "```mermaid" in (orders / "cov.md").read_text("utf-8")


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The project after one of its tests ran, and what pytest said."""
    folder = Path(shutil.copytree(ORDERS, tmp_path_factory.mktemp("little") / "orders"))
    (folder / ".coveragerc").write_text("[run]\nplugins = sfnbook.coverage\n", "utf-8")
    reports = ("html:out/cov.html", "json:cov.json", "data:.coverage")
    words = ("tests", "-k", "nothing_to_pay", "--sfn-fail-under=90", *(f"--sfn-cov-report={one}" for one in reports))
    done = run_pytest(folder, *words)
    assert done.returncode == 1, done.stdout
    return folder, done.stdout


def test_too_little_coverage_fails_and_says_what_is_missing(little: tuple[Path, str]) -> None:
    folder, said = little
    assert "FAIL: 25 % of the state machines is covered, less than 90 %." in said
    assert "Charge: never entered" in said
    assert "<h1>State machine coverage: 25 %</h1>" in (folder / "out" / "cov.html").read_text("utf-8")
    found = json.loads((folder / "cov.json").read_text("utf-8"))
    assert found["percent"] == 25
    assert found["machines"][0]["items"]["state"] == {"covered": 2, "total": 6}
    assert "Charge: never entered" in found["machines"][0]["missing"]


def test_coverage_py_reports_definitions_by_line(little: tuple[Path, str]) -> None:
    command = [sys.executable, "-m", "coverage"]
    report = subprocess.run([*command, "report", "-m"], cwd=little[0], capture_output=True, text=True, check=False)
    assert re.search(r"statemachine/orders\.asl\.json +\d+ +\d+ +\d+% +8, ", report.stdout), (
        report.stdout + report.stderr
    )
    lcov = subprocess.run(
        [*command, "lcov", "-o", "-", "-q"], cwd=little[0], capture_output=True, text=True, check=False
    )
    assert "SF:statemachine/orders.asl.json\nDA:5,1\nDA:8,0\nDA:10,1\n" in lcov.stdout


def test_pytest_cov_shows_definitions_beside_python_files(orders: Path) -> None:
    (orders / ".coveragerc").write_text("[run]\nplugins = sfnbook.coverage\nbranch = true\n", "utf-8")
    words = ("tests", "-k", "refused", "--sfn-cov", "--cov=src", "--cov-config=.coveragerc")
    done = run_pytest(orders, *words, plugins=("pytest_cov",))
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


STORED = """
    import pytest

    @pytest.mark.parametrize("total", [0, 1])
    def test_total(sfn, sfn_snapshot, total):
        sfn_snapshot(sfn(MACHINE).run({"total": total}))

    MACHINE = {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}}
"""


def test_snapshots_are_stored_compared_and_reported_when_unused(tmp_path: Path) -> None:
    (tmp_path / "test_stored.py").write_text("\n".join(line[4:] for line in STORED.splitlines()), "utf-8")
    assert run_pytest(tmp_path, "--sfn-update").returncode == 0
    stored = tmp_path / "__snapshots__" / "test_stored.json"
    snapshots = json.loads(stored.read_text("utf-8"))
    assert (snapshots["test_total[1]"]["path"], snapshots["test_total[1]"]["output"]) == (["A"], {"total": 1})
    stored.write_text(
        json.dumps({**snapshots, "test_total[1]": {**snapshots["test_total[1]"], "path": ["B"]}, "gone": {}}), "utf-8"
    )
    done = run_pytest(tmp_path)
    assert (done.returncode, "1 failed, 1 passed" in done.stdout) == (1, True)
    assert "The snapshot 'test_total[1]' differs" in done.stdout
    assert "test_stored.json: gone" in done.stdout
    assert run_pytest(tmp_path, "--sfn-update").returncode == 0
    assert json.loads(stored.read_text("utf-8")) == snapshots


@pytest.mark.skipif(find_spec("xdist") is None, reason="pytest-xdist is not installed")
def test_tests_in_several_processes_are_reported_as_one_suite(orders: Path) -> None:
    stored = orders / "tests" / "__snapshots__" / "test_orders.json"
    before = stored.read_text("utf-8")
    changed = json.loads(before)
    next(iter(changed.values()))["path"] = ["Somewhere"]
    stored.write_text(json.dumps({**changed, "gone": {}}), "utf-8")
    words = ("tests", "-n", "2", "--sfn-cov", "--sfn-fail-under=100", "--sfn-update")
    done = run_pytest(orders, *words, plugins=("xdist",))
    assert done.returncode == 0, done.stdout
    assert re.search(r"Orders +13 +6/6 +5/5 +2/2 +2/2 +1/1 +- +100 %", done.stdout)
    assert stored.read_text("utf-8") == before


def test_what_one_process_saw_is_added_to_what_another_did(tmp_path: Path) -> None:
    from sfnbook.testing.machines import CoverageOfTests, Machines
    from sfnbook.testing.snapshot import SnapshotFile

    found = CoverageOfTests()
    for total in (0, 1):
        machines = Machines([ORDERS])
        machines("template.yaml", "Orders").run(
            {"total": total, "items": []}, answers={}, mocks=[mock("Reserve", raises("OutOfStock"))]
        )
        one = CoverageOfTests()
        one.add(machines)
        found.add_data(json.loads(json.dumps(one.as_data())))
    (orders,) = found.coverages
    assert (orders.runs, orders.counts("rule"), orders.counts("catcher")) == (2, (2, 2), (1, 2))
    assert found.files[orders.definition.text].name == "orders.asl.json"
    other, file = SnapshotFile(tmp_path / "test_a.py"), SnapshotFile(tmp_path / "test_a.py")
    other.compare("one", {"x": 1}, update=True)
    file.compare("two", {"x": 2}, update=True)
    file.add_data(json.loads(json.dumps(other.as_data())))
    file.save(drop_unused=True)
    assert json.loads(file.path.read_text("utf-8")) == {"one": {"x": 1}, "two": {"x": 2}}


def test_a_changed_definition_fails_the_sweep_and_the_replay(orders: Path) -> None:
    file = orders / "statemachine" / "orders.asl.json"
    text = file.read_text("utf-8")
    changed = text.replace('{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Refused"}', "")
    assert changed != text
    file.write_text(changed, "utf-8")
    done = run_pytest(orders, "tests", "-k", "unhandled or production")
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
