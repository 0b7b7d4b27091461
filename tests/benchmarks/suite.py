"""How long tests take: a suite of many tests with the plugin, and the cases made for real machines.

    python tests/benchmarks/suite.py tests [--tests N]
    python tests/benchmarks/suite.py cases [--machines DIR]

tests: a project of its own with N tests (500 by default), ten for each of N/10 machines: whole runs with mocks, retries, a
Choice's ways, a Map; wall and CPU time of `pytest`, beside as many tests that do nothing. cases: for each machine of a folder,
how many of the transitions and items that can be reached the generated cases cover, and the seconds it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:"
MACHINES = os.environ.get("SFNBOOK_MACHINES", str(Path(__file__).parents[2].parent / "shared" / "machines"))

TEST = """
import pytest
from sfnbook import mock, raises, returns

@pytest.fixture
def machine(sfn):
    return sfn("machine_{number}.asl.json")

OK = [mock("Charge", returns({{"id": 1}})), mock("Ship", returns({{}}))]

@pytest.mark.parametrize("total", [1, 2, 3])
def test_small(machine, total):
    run = machine.run({{"total": total, "items": [1, 2]}}, mocks=OK)
    assert run.succeeded
    assert run.path == ["Large?", "Charge", "Each", "Ship"]

@pytest.mark.parametrize("total", [101, 200, 300])
def test_large(machine, total):
    run = machine.run({{"total": total, "items": [1]}}, mocks=OK)
    assert run.path[1] == "Approve"
    assert run.seconds == 3600

@pytest.mark.parametrize("error", ["Busy", "Card.Unreachable"])
def test_tried_again(machine, error):
    run = machine.run({{"total": 1, "items": []}}, mocks=[mock("Charge", raises(error), returns({{}})), OK[1]])
    assert run.state("Charge").attempts == 2
    assert run.called("Charge")

@pytest.mark.parametrize("error", ["Declined", "Other"])
def test_refused(machine, error):
    run = machine.run({{"total": 1, "items": []}}, mocks=[mock("Charge", raises(error)), OK[1]])
    assert run.error == "Refused"
    assert not run.called("Ship")
"""
EMPTY = """
import pytest

@pytest.mark.parametrize("number", range(10))
def test_nothing(number):
    assert True
"""


def machine(number: int) -> dict[str, Any]:
    """Return a definition of six states."""
    inner = {"StartAt": "One", "States": {"One": {"Type": "Pass", "End": True}}}
    retry = [{"ErrorEquals": ["Busy", "Card.Unreachable"], "IntervalSeconds": 5}]
    return {
        "Comment": f"Machine {number}",
        "StartAt": "Large?",
        "States": {
            "Large?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.total", "NumericGreaterThan": 100, "Next": "Approve"}],
                "Default": "Charge",
            },
            "Approve": {"Type": "Wait", "Seconds": 3600, "Next": "Charge"},
            "Charge": {
                "Type": "Task",
                "Resource": FUNCTION + "charge",
                "ResultPath": "$.charge",
                "Retry": retry,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Refused"}],
                "Next": "Each",
            },
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.items",
                "ItemProcessor": inner,
                "ResultPath": "$.each",
                "Next": "Ship",
            },
            "Ship": {"Type": "Task", "Resource": FUNCTION + "ship", "End": True},
            "Refused": {"Type": "Fail", "Error": "Refused"},
        },
    }


def tests(count: int) -> None:
    """Run the suite, with and without coverage, and as many empty tests."""
    with tempfile.TemporaryDirectory() as name:
        full, empty = Path(name) / "full", Path(name) / "empty"
        for folder, text in ((full, TEST), (empty, EMPTY)):
            folder.mkdir()
            for number in range(count // 10):
                (folder / f"machine_{number}.asl.json").write_text(json.dumps(machine(number)), "utf-8")
                (folder / f"test_{number}.py").write_text(text.format(number=number) if text is TEST else text, "utf-8")
        for label, folder, options in (
            ("empty tests", empty, ()),
            ("machines", full, ()),
            ("machines, --sfn-cov", full, ("--sfn-cov",)),
        ):
            run(label, folder, options)


def run(label: str, folder: Path, options: tuple[str, ...]) -> None:
    """Run pytest in a folder three times and print the best."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:nbval", "-c", os.devnull]
    found = []
    for _ in range(3):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [*command, "--rootdir", str(folder), *options], cwd=folder, capture_output=True, text=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((cpu, time.perf_counter() - began, done.stdout.strip().splitlines()[-1]))
    cpu, wall, said = min(found)
    print(f"{label:<22} CPU {cpu:5.2f} s  wall {wall:5.2f} s  {said}", flush=True)


def cases(folder: Path) -> None:
    """Make cases for each machine and print what they cover."""
    from sfnbook import StateMachine
    from sfnbook.errors import SfnbookError
    from sfnbook.testing.generation.search import generate

    seconds: list[float] = []
    transitions = reachable = items = reachable_items = 0
    for file in sorted(folder.glob("*.asl.json")):
        try:
            subject = StateMachine(file, name=file.name)
        except SfnbookError as fault:
            print(f"{file.name}: {str(fault).splitlines()[0]}")
            continue
        began = time.process_time()
        found = generate(subject)
        seconds.append(time.process_time() - began)
        open_ = [one for one in found.missing if not one.proved]
        proved = [one for one in found.missing if one.proved]
        items += found.reached
        reachable_items += found.total - len(proved)
        kinds = ("transition", "catcher")
        all_ = [item for item in all_items(subject) if item.kind in kinds]
        reachable += len(all_) - sum(one.item.kind in kinds for one in proved)
        transitions += len(all_) - sum(one.item.kind in kinds for one in found.missing)
        if open_:
            print(
                f"{file.name}: {len(open_)} not reached: {'; '.join(' '.join(str(one).split())[:110] for one in open_[:2])}"
            )
    print(
        f"{len(seconds)} machines: transitions {transitions} of {reachable} that can be reached "
        f"({transitions / reachable:.2%}), items {items} of {reachable_items} ({items / reachable_items:.2%})"
    )
    print(f"CPU seconds a machine: median {statistics.median(seconds):.2f}, mean {statistics.fmean(seconds):.2f}, "
          f"most {max(seconds):.1f}, all {sum(seconds):.0f}")  # fmt: skip


def all_items(subject: Any) -> list[Any]:
    """Return what of a machine cases can cover."""
    from sfnbook.coverage.items import items

    return [item for item in items(subject.definition) if item.kind != "branch"]


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("tests", "cases"))
    parser.add_argument("--tests", type=int, default=500)
    parser.add_argument("--machines", type=Path, default=Path(MACHINES))
    options = parser.parse_args()
    if options.what == "tests":
        tests(options.tests)
    else:
        cases(options.machines)


if __name__ == "__main__":
    main()
