"""%%sfn_exercise in a notebook: tasks, hints, answers and what a wrong one shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sfnbook.exercises.exercise import read_exercises

if TYPE_CHECKING:
    from tests.notebook.conftest import Notebook

FILE = (Path(__file__).parent.parent / "exercises" / "test_exercise.py").read_text("utf-8").split('"""')[3]


@pytest.fixture
def class_room(notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    (tmp_path / "exercises").mkdir()
    (tmp_path / "exercises" / "mine.yaml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return notebook


def test_the_task_hints_one_after_the_other_and_the_solution(class_room: Notebook) -> None:
    assert "Orders up to 100" in class_room.cell("%sfn_exercise express-lane").text
    first = class_room.cell("%sfn_exercise express-lane --hint").text
    assert "Hint 1 of 2" in first
    assert "Hint 2" not in first
    assert "Hint 2 of 2: A Choice" in class_room.cell("%sfn_exercise express-lane --hint").text
    assert "Hint 2 of 2" in class_room.cell("%sfn_exercise express-lane --hint").text
    assert "StartAt: Price" in class_room.cell("%sfn_exercise express-lane --solution").text


def test_an_untouched_cell_says_what_to_do(class_room: Notebook) -> None:
    shown = class_room.cell("%%sfn_exercise express-lane\n# write your definition here\n")
    assert shown.ok
    assert "write your definition in this cell" in shown.text
    again = class_room.cell("%%statemachine shop\n# write your definition here")
    assert not again.ok
    assert "There is no definition: write it in the cell below this line" in again.printed


def test_a_right_answer_is_a_machine_that_runs_twice(class_room: Notebook, tmp_path: Path) -> None:
    solution = read_exercises(tmp_path / "exercises" / "mine.yaml")[0].solution
    for _ in range(2):
        shown = class_room.cell(f"%%sfn_exercise express-lane\n{solution}")
        assert shown.ok
        assert shown.printed.count("✓") == 3
    assert '"price":20' in class_room.cell('%sfn_run express-lane {"amount": 10}').text


def test_a_wrong_answer_shows_both_runs_and_fails(class_room: Notebook) -> None:
    shown = class_room.cell("%%sfn_exercise express-lane\nStartAt: A\nStates:\n  A: {Type: Pass, End: true}\n")
    assert not shown.ok
    assert "✗ a small order is shipped at once" in shown.text
    assert "Your run" in shown.text
    assert "The run of a machine that is right" in shown.text
    assert "express-lane is not right yet. A hint: %sfn_exercise express-lane --hint" in shown.text
    assert "Traceback" not in shown.text


def test_a_check_in_a_cell_shows_the_run_and_no_line_of_ours(class_room: Notebook) -> None:
    assert class_room.cell("%%statemachine one\nStartAt: A\nStates:\n  A: {Type: Pass, End: true}\n").ok
    assert class_room.cell("import sfnbook\nsfnbook.check('one', {'n': 1}, path=['A'])").ok
    shown = class_room.cell("sfnbook.check('one', {'n': 1}, path=['B'])")
    assert not shown.ok
    assert "it goes A; wanted: B" in shown.text
    assert "checks.py" not in shown.text
    assert "Your run" in shown.text


def test_a_definition_with_errors_says_them_as_elsewhere(class_room: Notebook) -> None:
    shown = class_room.cell("%%sfn_exercise express-lane\nStartAt: A\nStates:\n  A: {Type: Pass, Next: B}\n")
    assert not shown.ok
    assert "express-lane has" in shown.text
    unknown = class_room.cell("%sfn_exercise fast-lane")
    assert "There is no exercise" in unknown.text
