"""The joined script: comments that stand alone are dropped, and nothing else."""

from __future__ import annotations

import pytest

from sfnbook.widget import assets

SOURCE = """\
/** @type {number} */ const a = 1;
const b = 2;
/** What c is. */
const c = 3;
/**
 * What d is.
 */
const d = 4;
"""


def test_a_comment_before_code_on_its_line_takes_no_code_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "_static", lambda name: SOURCE)
    assert assets.script().split("\n") == [
        "/** @type {number} */ const a = 1;", "const b = 2;", "const c = 3;", "const d = 4;", "",
    ]  # fmt: skip
