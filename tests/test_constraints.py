"""constraints.txt: one tested version for everything that the tests need."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PINS = [
    Requirement(line) for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and line[0] != "#"
]
if not PINS:
    pytest.skip("the workflow with the newest of everything empties constraints.txt", allow_module_level=True)


def test_every_dependency_has_a_tested_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = [text for extra in project["optional-dependencies"].values() for text in extra]
    needed = [Requirement(text) for text in (*project["dependencies"], *extras) if not text.startswith("sfnbook[")]
    versions = {
        canonicalize_name(pin.name): next(iter(pin.specifier)).version
        for pin in PINS
        if {rule.operator for rule in pin.specifier} == {"=="}
    }
    assert len(versions) == len(PINS)
    wrong = [
        str(requirement)
        for requirement in needed
        if not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]
    assert wrong == []


def test_the_readmes_test_command_uses_them() -> None:
    """And so does `.ci/run`, which runs that command."""
    after = (ROOT / "README.md").read_text("utf-8").partition("<!-- test -->")[2]
    assert "-c constraints.txt" in after.partition("```sh\n")[2].partition("```")[0]
