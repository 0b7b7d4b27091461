"""``%sfn_export``: a run leaves the notebook as one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Notebook

DEFINE = '%%statemachine hi\n{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'


def test_a_run_becomes_one_file(notebook: Notebook, tmp_path: Path) -> None:
    notebook.cell(DEFINE)
    notebook.cell('%sfn_run hi {"a": "</script><b>"}')
    file = tmp_path / "hi.html"
    shown = notebook.cell(f"%sfn_export hi {file}")
    assert f"hi-run-1 → {file}" in shown.text
    page = file.read_text("utf-8")
    assert "hi · hi-run-1" in page
    assert page.count("</script>") == 2
    assert "http://" not in page.split('type="module"')[0].replace("http-equiv", "")
    assert notebook.cell(f"%sfn_export hi-run-1 {file}").ok


def test_what_is_not_there_is_said(notebook: Notebook, tmp_path: Path) -> None:
    notebook.cell(DEFINE)
    assert "has not run yet: %sfn_run hi" in notebook.cell(f"%sfn_export hi {tmp_path / 'x.html'}").text
    assert 'Did you mean "hi"?' in notebook.cell("%sfn_export hy x.html").text
    notebook.cell("%sfn_run hi")
    assert "cannot be written" in notebook.cell(f"%sfn_export hi {tmp_path / 'no' / 'x.html'}").text
    assert "FILE is missing" in notebook.cell("%sfn_export hi").text


def test_sfn_check(notebook: Notebook) -> None:
    notebook.cell(
        '%%statemachine hi\n{"StartAt": "A", "States": {"A": {"Type": "Pass", "Assign": {"x": 1}, "End": true}}}'
    )
    assert (
        "hi:1:62: warning SFN304 variable-never-used at /States/A/Assign/x: Nothing reads $x"
        in notebook.cell("%sfn_check").text
    )
    broken = notebook.cell('%%sfn_check\n{"StartAt": "B", "States": {"A": {"Type": "Pass", "End": true}}}').text
    assert "cell:1:13: error ASL104" in broken
    assert 'Did you mean "hi"?' in notebook.cell("%sfn_check hy").text
