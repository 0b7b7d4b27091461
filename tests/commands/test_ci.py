"""``sfnbook ci``, as a person and a CI service run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

MACHINE = """{
  "StartAt": "Large?",
  "States": {
    "Large?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 9, "Next": "Ask"}], "Default": "Done"},
    "Ask": {"Type": "Task", "Resource": "arn:aws:lambda:eu-west-1:123456789012:function:ask", "Next": "Done"},
    "Done": {"Type": "Succeed"}
  }
}
"""
TEST = """
from sfnbook import mock, returns

def test_small(sfn):
    assert sfn("order.asl.json").run({"n": 1}).path == ["Large?", "Done"]
"""
LARGE = """
def test_large(sfn):
    run = sfn("order.asl.json").run({"n": 10}, mocks=[mock("Ask", returns({}))])
    assert run.called("Ask")
"""


def ci(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a folder, away from the settings of whoever runs this test."""
    hidden = ("AWS_", "GITHUB_", "PYTEST_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    environment |= {"PYTEST_ADDOPTS": "-p no:cacheprovider -p no:nbval -q", "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **variables}  # others' plugins take half of the time
    command = [sys.executable, "-m", "sfnbook", "ci", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environment, check=False)


def cases(file: Path) -> dict[str, bool]:
    """The test cases of a JUnit file, each with whether it passed."""
    root = ElementTree.parse(file).getroot()
    assert root.tag == "testsuites"
    return {str(case.get("name")): case.find("failure") is None for case in root.iter("testcase")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n", "utf-8")
    (tmp_path / "order.asl.json").write_text(MACHINE, "utf-8")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_order.py").write_text(TEST + LARGE, "utf-8")
    return tmp_path


def test_a_project_that_is_well_passes_with_a_page_for_the_pull_request(project: Path) -> None:
    (project / "summary.md").write_text("# Before\n", "utf-8")
    summary = {"GITHUB_STEP_SUMMARY": str(project / "summary.md"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": ""}
    done = ci(project, "--fail-under", "100", **summary)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 machine in 1 file: 0 errors, 0 warnings" in done.stdout
    assert cases(project / "sfnbook-junit.xml") == {"order.asl.json": True, "test_small": True, "test_large": True}
    page = (project / "summary.md").read_text("utf-8")
    assert page.startswith("# Before\n## State machines: all is well\n")
    assert page.count("100 % of the state machines is covered, at least 100 % as asked for.") == 1
    assert page.count("```mermaid") == 1
    assert "| order | 2 | 3/3 | 3/3 | 2/2 | - | - | - | 100 % |" in page
    assert "2 tests: 2 passed, 0 failed, 0 skipped" in page


def test_every_fault_is_in_the_exit_code_the_junit_file_and_the_page(project: Path) -> None:
    (project / "tests" / "test_order.py").write_text(TEST + LARGE.replace("assert run", "assert not run"), "utf-8")
    (project / "wrong.asl.json").write_text(MACHINE.replace('"Next": "Done"', '"Next": "Dnoe"'), "utf-8")
    (project / "idle.asl.json").write_text(MACHINE.replace("Ask", "Nobody"), "utf-8")
    words = ("--fail-under", "90", "--junit", "out/all.xml", "--summary", "out/all.md", "--report", "pages")
    done = ci(project, *words, GITHUB_ACTIONS="true")
    assert done.returncode == 1
    assert "::error file=wrong.asl.json,line=5" in done.stdout
    assert cases(project / "out" / "all.xml") == {
        "order.asl.json": True,
        "idle.asl.json": True,
        "wrong.asl.json": False,
        "test_small": True,
        "test_large": False,
        "coverage of the state machines": False,
    }
    page = (project / "out" / "all.md").read_text("utf-8")
    assert page.startswith("## State machines: 1 error, 1 test failed, too little is covered\n")
    assert "- wrong.asl.json:5 error" in page
    assert "- tests.test_order.test_large: " in page
    assert "50 % of the state machines is covered, less than 90 % as asked for." in page
    assert "| idle | 0 | 0/3 |" in page
    assert [file.suffix for file in (project / "pages").iterdir()] == [".html"]


def test_only_what_is_named_is_checked_and_tested(project: Path) -> None:
    (project / "wrong.asl.json").write_text("{", "utf-8")
    (project / "tests" / "test_other.py").write_text("def test_other():\n    assert False\n", "utf-8")
    done = ci(project, "order.asl.json", "tests/test_order.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert cases(project / "sfnbook-junit.xml") == {"order.asl.json": True, "test_small": True, "test_large": True}


def test_a_project_without_tests_fails_and_says_how_to_get_some(project: Path) -> None:
    (project / "tests" / "test_order.py").unlink()
    done = ci(project)
    assert done.returncode == 1
    assert "There are no tests. `sfnbook cases FILE -o tests/` writes some." in done.stdout


def test_what_cannot_be_carried_out_is_said(project: Path) -> None:
    assert "There is no file nowhere.asl.json" in ci(project, "nowhere.asl.json").stderr
    assert "120 is not a percentage, 0 to 100" in ci(project, "--fail-under", "120").stderr
    done = ci(project, PYTEST_ADDOPTS="--no-such-option")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "sfnbook: pytest could not run the tests (exit code 4).",
    )
