"""`sfnbook info`, as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path


def said(*words: str) -> str:
    command = [sys.executable, "-m", "sfnbook", "info", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def test_it_says_the_versions_and_nothing_of_this_machine() -> None:
    text = said()
    assert f"boto3 {version('boto3')}" in text
    assert "extra server:" in text
    assert "programs: docker " in text
    assert str(Path.home()) not in text.replace("//", "/") or str(Path.home()) == "/"


def test_as_json_what_is_not_there_is_null_and_the_test_extra_is_left_out() -> None:
    found = json.loads(said("--json"))
    assert found["packages"]["boto3"] == version("boto3")
    assert found["extras"]["server"]["starlette"] == version("starlette")
    assert "test" not in found["extras"]
    assert all(isinstance(there, bool) for there in found["programs"].values())
    assert set(found) == {"python", "system", "sfnbook", "packages", "extras", "kernel", "programs"}


def test_a_package_that_is_not_installed_has_no_version() -> None:
    from sfnbook.commands.info import _version

    assert _version("a-package-that-nobody-has-installed-here") is None
