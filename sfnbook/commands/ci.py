"""``sfnbook ci``: one command for a project's continuous integration: definitions checked, tests run, machines covered.

Owns the command's arguments and exit codes: 0 all is well, 1 a definition has errors, a test failed, there is none, or too
little is covered, 2 the command could not be carried out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from sfnbook.errors import InputError

_EPILOG: Final = """\
PATHs are definitions, templates, folders and tests. Definitions and folders are checked; pytest runs the tests (.py files)
and folders, or, with neither named, what its own configuration says. More options for pytest: PYTEST_ADDOPTS.

examples:
  sfnbook ci
  sfnbook ci --fail-under 90 --report failed-runs
  sfnbook ci services/orders --strict --junit reports/sfnbook.xml --summary reports/sfnbook.md
"""

_USAGE: Final = (3, 4)
"""pytest's exit codes for a fault of its own and for wrong options."""


def add(commands: Any) -> None:
    """Add the command to a command line."""
    ci = commands.add_parser(
        "ci",
        help="check a project's definitions, run its tests with coverage, write JUnit and Markdown",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    ci.add_argument("paths", nargs="*", metavar="PATH", help="what is checked and tested (default: the folder here)")
    ci.add_argument(
        "--fail-under", type=_percent, metavar="N", help="fail when less than N %% of the machines is covered"
    )
    ci.add_argument("--strict", action="store_true", help="warnings of the check fail, too")
    ci.add_argument("--junit", default="sfnbook-junit.xml", metavar="FILE", help="default: sfnbook-junit.xml")
    ci.add_argument(
        "--summary",
        default="",
        metavar="FILE",
        help="the Markdown (default: added to the file of $GITHUB_STEP_SUMMARY)",
    )
    ci.add_argument("--report", default="", metavar="DIR", help="a page for each run of a failed test")
    ci.set_defaults(command=_ci)


def _percent(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 100:
        raise argparse.ArgumentTypeError(f"{text} is not a percentage, 0 to 100")
    return number


def _ci(options: argparse.Namespace) -> int:
    import tempfile

    from sfnbook.lint.files import check_files
    from sfnbook.lint.report import as_github, as_text
    from sfnbook.lint.settings import read_settings
    from sfnbook.testing.ci import NO_TESTS, junit, markdown, read_tests

    if importlib.util.find_spec("pytest") is None:
        raise InputError("pytest is not installed. Install it with: pip install 'sfnbook[pytest]'")
    tests = [path for path in options.paths if path.partition("::")[0].endswith(".py")]
    definitions = [path for path in options.paths if path not in tests] or ([] if tests else ["."])
    checked = list(check_files(definitions, read_settings(Path.cwd())))
    print(as_text(checked))
    if os.environ.get("GITHUB_ACTIONS") and (commands := as_github(checked)):
        print(commands)
    with tempfile.TemporaryDirectory(prefix="sfnbook-ci-") as folder:
        code = _pytest([*tests, *(path for path in options.paths if Path(path).is_dir())], definitions, folder, options)
        tested = read_tests(code, Path(folder), options.fail_under)
    if tested.code == NO_TESTS:
        print("There are no tests. `sfnbook cases FILE -o tests/` writes some.")
    _write(Path(options.junit), junit(checked, tested), "w")
    summary = options.summary or os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        _write(Path(summary), markdown(checked, tested, options.strict), "w" if options.summary else "a")
    if tested.code in _USAGE:
        raise InputError(f"pytest could not run the tests (exit code {tested.code}).")
    wrong = any(one.errors or (options.strict and one.warnings) for one in checked)
    return 1 if wrong or not tested.passed else 0


def _pytest(tests: Sequence[str], definitions: Sequence[str], folder: str, options: argparse.Namespace) -> int:
    """Run pytest with the plugin in a process of its own, its reports in a folder; return its exit code."""
    import subprocess

    command = [sys.executable, "-m", "pytest", *_plugin(), f"--junitxml={folder}/tests.xml", "--sfn-cov"]
    command += [
        f"--sfn-cov-report={kind}:{folder}/coverage.{end}" for kind, end in (("markdown", "md"), ("json", "json"))
    ]
    command += [f"--sfn-cov-source={path}" for path in definitions]
    command += [f"--sfn-fail-under={options.fail_under:g}"] if options.fail_under is not None else []
    command += [f"--sfn-report={options.report}"] if options.report else []
    environment = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
    sys.stdout.flush()
    return subprocess.run([*command, *tests], env=environment, check=False).returncode


def _plugin() -> list[str]:
    """Return what makes pytest load the plugin where no installed package names it."""
    from importlib.metadata import entry_points

    known = any(point.value == "sfnbook.testing.plugin" for point in entry_points(group="pytest11"))
    return [] if known and not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") else ["-p", "sfnbook.testing.plugin"]


def _write(place: Path, text: str, mode: str) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open(mode, encoding="utf-8") as stream:
            stream.write(text)
    except OSError as fault:
        raise InputError(f"Cannot write {place}: {fault.strerror}.") from None
    print(f"wrote {place}")
