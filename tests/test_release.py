"""What a release promises: one version everywhere, a dated changelog, a workflow without a stored secret."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import yaml

import sfnbook

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_one_version_everywhere() -> None:
    extension = json.loads((ROOT / "sfnbook" / "labextension" / "package.json").read_text("utf-8"))
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert {sfnbook.__version__, extension["version"], str(cited["version"])} == {PROJECT["version"]}


def test_the_changelog_has_this_version_with_its_date() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    found = re.findall(r"^## (\d+\.\d+\.\d+)(?: - (\d{4}-\d{2}-\d{2}))?$", text, re.MULTILINE)
    assert found[0][0] == PROJECT["version"]
    assert found[0][1]
    assert text.index("## Unreleased") < text.index(f"## {found[0][0]}")


def test_releases_are_published_without_a_stored_secret() -> None:
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text("utf-8")
    jobs = yaml.safe_load(text)["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["steps"][-1]["with"]["attestations"] is True
    assert "secrets." not in text
    assert any(".ci/package" in step.get("run", "") for step in jobs["build"]["steps"])


def test_an_issue_asks_for_what_a_bug_report_needs() -> None:
    form = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / "bug.yml").read_text("utf-8"))
    wanted = {one["id"] for one in form["body"] if one.get("validations", {}).get("required")}
    assert {"definition", "input", "info"} <= wanted
