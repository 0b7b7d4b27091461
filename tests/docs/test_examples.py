"""Every example of the how-to pages runs and prints what is printed; the rules are in `examples`."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest

from sfnbook.tasks.aws.services.endpoints import services

spec = importlib.util.spec_from_file_location("examples", Path(__file__).with_name("examples.py"))
assert spec is not None
assert spec.loader is not None
examples = importlib.util.module_from_spec(spec)
sys.modules["examples"] = examples  # where its dataclasses look for their types
spec.loader.exec_module(examples)

PAGES = sorted((examples.ROOT / "docs" / "how-to").glob("*.md"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_examples_of_a_page(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)

    folder = tmp_path / path.stem
    folder.mkdir()
    try:
        assert examples.Page(path, folder).run() or path.stem == "index"
    finally:
        services.reset()


def test_every_page_begins_with_its_title_and_is_short() -> None:
    for path in PAGES:
        text = path.read_text("utf-8")
        assert text.startswith("# "), path.name
        assert len(re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL).split()) < 500, path.name


def test_what_is_printed_is_compared() -> None:
    assert not examples.matches("a\nb", "a\nc")
    assert examples.matches("a\n...\nc", "a\nb\nb\nc")


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("```sh\necho a\n```\n\n```text\nb\n```\n", "it prints\na"),
        ("```sh\nfalse\n```\n", "exit code 1"),
        ("```sh\npip install 'sfnbook[moon]'\n```\n", "no such extra"),
        ("```ruby\nputs 1\n```\n", "is none of"),
        ('```json\n{"StartAt": "A", "States": {}}\n```\n', "FAIL"),
        ("```text\nb\n```\n", "nothing before it prints"),
    ],
)
def test_a_page_that_is_wrong_fails(page: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(page, "utf-8")
    (tmp_path / "run").mkdir()
    with pytest.raises(AssertionError, match=said):
        examples.Page(tmp_path / "page.md", tmp_path / "run").run()
