"""README and the repository's other pages: their commands, their links, their words."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest
from generate import site

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
GENERATED = {ROOT / "docs" / place for place in site.generated()}

spec = importlib.util.spec_from_file_location("clean_machine", Path(__file__).with_name("clean_machine.py"))
assert spec is not None
assert spec.loader is not None
clean_machine = importlib.util.module_from_spec(spec)
sys.modules["clean_machine"] = clean_machine
spec.loader.exec_module(clean_machine)


def test_readmes_commands_but_for_the_installation(tmp_path: Path) -> None:
    """`.ci/run` runs them all as they are printed, on a copy and with an environment of its own."""
    install, run = clean_machine.commands()
    assert install.endswith("&& .venv/bin/sfnbook lab")
    (tmp_path / "sfnbook").mkdir()
    clean_machine.copy(tmp_path / "sfnbook")
    programs = Path(sys.executable).parent
    command = run.replace(".venv/bin/sfnbook", f"PYTHONPATH=. {programs}/python -m sfnbook")
    clean_machine.run(command, tmp_path / "sfnbook", tmp_path / "log")
    assert "Hello, you" in (tmp_path / "log").read_text("utf-8")


def test_a_command_that_fails_is_said(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="exit code 3"):
        clean_machine.run("exit 3", tmp_path, tmp_path / "log")


def test_readme_is_one_page() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) < 700


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_link_of_the_repository_leads_to_a_file(path: Path) -> None:
    plain = re.sub(r"^(`{3,}).*?^\1", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", plain)):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists() or file in GENERATED, f"{path.name} links to {target}"
        if anchor and file.suffix == ".md" and file.exists():
            heads = re.findall(r"^#+ (.+)$", file.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}, target


@pytest.mark.parametrize("path", [path for path in PAGES if path.name != "CHANGELOG.md"], ids=lambda path: path.stem)
def test_sentences_are_plain(path: Path) -> None:
    """Words that many readers would have to look up."""
    text = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"\b(?:stands|whoever|(?:is|are) told)\b", text, re.IGNORECASE) == []
