"""Every starter, laid out and tested as a user would: by commands, in a folder of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from sfnbook.cli import main
from sfnbook.errors import InputError
from sfnbook.machine import StateMachine
from sfnbook.starters import MACHINE, Starter, find, folder, starters

ROOT = Path(__file__).parents[2]


def sfnbook(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "sfnbook", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", starters())
def test_a_starter_passes_its_own_ci_and_runs(name: str, tmp_path: Path) -> None:
    made = sfnbook("new", name, "it here", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    place = tmp_path / "it here"
    run = re.search(r"^  (sfnbook run .*?)  #", made.stdout, re.MULTILINE)
    assert run is not None
    ran = sfnbook(*shlex.split(run[1])[1:], "--quiet", cwd=place)
    ends = "TripNotBooked" if name == "saga" else "SUCCEEDED"  # the saga's input is a trip that cannot be paid
    assert ends in ran.stdout, ran.stdout + ran.stderr
    assert not ran.stderr.strip() or name == "circuit-breaker", ran.stderr
    tested = sfnbook("ci", "--strict", "--fail-under", "100", cwd=place)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "0 errors, 0 warnings" in tested.stdout


@pytest.mark.parametrize("one", starters().values(), ids=lambda one: one.name)
def test_a_starter_is_whole(one: Starter) -> None:
    assert {"README.md", MACHINE, "input.json", "test_machine.py"} <= one.files.keys()
    assert "<svg" in StateMachine(one.definition, name=one.name).to_svg()
    assert one.summary in (folder() / "README.md").read_text("utf-8")
    title, _, words = one.files["README.md"].partition("\n")
    assert title.startswith("# ")
    assert len(words) > 200
    for function in re.findall(r'"FunctionName": "(\w+)"', one.definition):
        assert f"def {function}(" in one.files["functions.py"]


def test_the_list_has_every_folder() -> None:
    assert set(starters()) == {path.name for path in folder().iterdir() if path.is_dir() and path.name[0] not in "._"}


def test_they_are_small() -> None:
    text = "".join(text for one in starters().values() for text in one.files.values())
    assert len(zlib.compress(text.encode())) < 40_000


def test_a_name_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r'no template "choise". Did you mean "choice"\?'):
        find("choise")
    with pytest.raises(InputError, match=r"There are hello, choice, "):
        find("zzz")


def test_a_full_folder_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").write_text("mine")
    assert main(["new", "hello", str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_list_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "--list"]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {one.name} " in listed and one.summary in listed for one in starters().values())
