"""README's sixty seconds, run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

README = Path(__file__).parents[2] / "README.md"


def test_the_tour_works(notebook: Notebook) -> None:
    tour = README.read_text("utf-8").partition("## Sixty seconds")[2].partition("\n## ")[0]
    cells = re.findall(r"^```\w*\n(.*?)^```$", tour, re.MULTILINE | re.DOTALL)
    assert len(cells) == 4
    shown = [notebook.cell(cell) for cell in cells]
    assert all(one.ok for one in shown)
    run = shown[-1].value
    assert run.output == {"amount": 4000, "decision": {"statusCode": 500}}
    assert round(run.seconds) == 240
    assert run.visits[0].attempts[0].logs == "asked about 4000\n"


def test_the_guide_lists_the_magics(notebook: Notebook) -> None:
    text = (README.parent / "docs" / "guide" / "notebook.md").read_text("utf-8")
    for magic in ("%%statemachine", "%sfn_run", "%%sfn_run", "%sfn_bind", "%sfn_list"):
        assert f"| `{magic}" in text
