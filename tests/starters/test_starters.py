"""Every starter, written and tested as a user would."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfnbook.cli import main
from sfnbook.language.reader import read
from sfnbook.lint.check import check
from sfnbook.machine import StateMachine
from sfnbook.starters import starters


@pytest.mark.parametrize("name", starters())
def test_a_starter_runs_is_clean_and_is_drawn(name: str, tmp_path: Path, sfn: Any) -> None:
    assert main(["new", name, str(tmp_path / "it")]) == 0
    files = {path.name: path.read_text("utf-8") for path in (tmp_path / "it").iterdir()}
    assert check(read(files["machine.asl.json"])) == []
    assert "<svg" in StateMachine(files["machine.asl.json"], name="it").to_svg()
    test: dict[str, Any] = {"__file__": str(tmp_path / "it" / "test_machine.py")}
    exec(files["test_machine.py"], test)
    test["test_it_works"](lambda file, **options: sfn(tmp_path / "it" / file, **options))


def test_a_full_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    assert main(["new", "hello", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
