"""The course: every exercise has a solution that is right, a stub that is not, and stands in its notebook as in its file."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from sfnbook import StateMachine
from sfnbook.errors import DefinitionError
from sfnbook.exercises.course import course, lay_out, reset
from sfnbook.exercises.exercise import Exercise, judge, read_exercises
from sfnbook.workspace import is_blank

FILES = sorted((course() / "exercises").glob("*.yaml"))
EXERCISES = [(path, exercise) for path in FILES for exercise in read_exercises(path)]
CHAPTERS = sorted(course().glob("*.ipynb"))


def cells(path: Path) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]


def test_fourteen_chapters_each_with_exercises_and_a_way_to_the_next() -> None:
    assert [path.name[:2] for path in CHAPTERS] == [f"{number:02}" for number in range(1, 15)]
    assert [path.stem for path in FILES] == [path.stem for path in CHAPTERS]
    names = [exercise.name for _, exercise in EXERCISES]
    assert len(names) == len(set(names)) >= 18
    for path, following in itertools.pairwise(CHAPTERS):
        assert f"]({following.name})" in "\n".join(cells(path)), path.name


@pytest.mark.parametrize(("path", "exercise"), EXERCISES, ids=[exercise.name for _, exercise in EXERCISES])
def test_the_solution_is_right_and_the_stub_is_not(path: Path, exercise: Exercise) -> None:
    verdict = judge(exercise, exercise.reference)
    assert verdict.failure is None, str(verdict)
    assert len(exercise.hints) >= 2
    if not is_blank(exercise.stub):
        try:
            stub = StateMachine(exercise.stub, name=exercise.name, type=exercise.type, namespace=exercise.namespace)
        except DefinitionError:
            return
        assert judge(exercise, stub).failure is not None


@pytest.mark.parametrize(("path", "exercise"), EXERCISES, ids=[exercise.name for _, exercise in EXERCISES])
def test_the_notebook_has_task_stub_hints_and_solution(path: Path, exercise: Exercise) -> None:
    texts = cells(course() / f"{path.stem}.ipynb")
    assert f"%%sfn_exercise {exercise.name}\n{exercise.stub.rstrip()}" in texts
    prose = "\n".join(texts)
    for words in (exercise.task, *exercise.hints, exercise.solution):
        assert words.strip() in prose


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", "\n".join(cells(path))):
        assert target.startswith("https://") or (path.parent / target).exists(), target


def test_a_chapter_is_laid_out_anew_and_the_old_one_kept(tmp_path: Path) -> None:
    lay_out(tmp_path)
    chapter = tmp_path / "04-choices.ipynb"
    chapter.write_text("mine")
    said = reset(tmp_path, "04")
    assert lay_out(tmp_path) == []
    assert said[0].startswith("04-choices.ipynb is as it was at first")
    assert chapter.read_bytes() == (course() / chapter.name).read_bytes()
    assert [path.read_text() for path in tmp_path.glob("04-choices-*.ipynb")] == ["mine"]
    with pytest.raises(ValueError, match="no one chapter"):
        reset(tmp_path, "1")
