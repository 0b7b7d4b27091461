"""Killed at random moments under load, the server loses nothing that it acknowledged."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason="the extra `server` is not installed")

from crashing import crash


def test_every_acknowledged_execution_ends_once_with_the_right_output(tmp_path: Path) -> None:
    found = crash(tmp_path, kills=4)
    assert found["acknowledged"] > 20
    assert found["wrong"] == []
    assert found["missing effects"] == []
    assert found["calls made again"] <= 4 * 10
