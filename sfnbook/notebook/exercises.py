"""``%%sfn_exercise``: a cell that answers an exercise of the course, or of a teacher's own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sfnbook.errors import InputError
from sfnbook.exercises.course import course
from sfnbook.notebook.arguments import Arguments, Command, Option
from sfnbook.workspace import Workspace

if TYPE_CHECKING:
    from sfnbook.exercises.exercise import Exercise, Verdict
    from sfnbook.machine import StateMachine

EXERCISE: Final = Command(
    name="%sfn_exercise",
    words="NAME",
    summary="Answer an exercise: the body of %%sfn_exercise is your definition, and what it does is checked. "
    "Without a body: show the task.",
    options=(
        Option("hint", "", "show one more hint"),
        Option("solution", "", "show a solution"),
        Option("file", "FILE", "the YAML file that has it (default: ./exercises/*.yaml, then the course's)"),
    ),
    examples=("%sfn_exercise express-lane", "%sfn_exercise express-lane --hint"),
    required=1,
    allowed=1,
)


class Exercises:
    """The exercises of one notebook: which hints were given."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._given: dict[str, int] = {}

    def find(self, arguments: Arguments) -> Exercise:
        """Return the exercise that a line names. Raises InputError."""
        from sfnbook.exercises.exercise import find_exercise

        file = arguments.option("file")
        if file is not None:
            return find_exercise(arguments.words[0], [Path(file).expanduser()])
        folders = (Path("exercises"), course() / "exercises")
        return find_exercise(arguments.words[0], (path for folder in folders for path in sorted(folder.glob("*.yaml"))))

    def text(self, exercise: Exercise, arguments: Arguments) -> str:
        """Return the task, the next hint or the solution as Markdown."""
        if arguments.option("solution") is not None:
            return f"```\n{exercise.solution.rstrip()}\n```"
        if arguments.option("hint") is not None:
            return self.hint(exercise)
        return exercise.task.rstrip()

    def hint(self, exercise: Exercise) -> str:
        """Return the hints given so far and one more."""
        given = min(self._given.get(exercise.name, 0) + 1, len(exercise.hints))
        self._given[exercise.name] = given
        lines = [
            f"Hint {n} of {len(exercise.hints)}: {hint.strip()}" for n, hint in enumerate(exercise.hints[:given], 1)
        ]
        if given == len(exercise.hints):
            lines.append(f"That was the last one. %sfn_exercise {exercise.name} --solution shows a solution.")
        return "\n\n".join(lines)

    def judge(self, exercise: Exercise, text: str) -> tuple[StateMachine, Verdict] | None:
        """Define the answer's machine under the exercise's name and judge it; None where nothing was written yet.

        Functions of the exercise that the notebook does not have yet are put into it, so that the machine runs there, too.
        """
        from sfnbook.exercises.exercise import judge

        if exercise.untouched(text):
            return None
        if isinstance(self.workspace.namespace, dict):
            for name, function in exercise.namespace.items():
                self.workspace.namespace.setdefault(name, function)
        with self.workspace.defining(exercise.name):
            machine = self.workspace.define(exercise.name, text, type=exercise.type)
            if machine.unfilled:
                raise InputError(f"{exercise.name} has placeholders that nobody fills in: write values instead.")
        return machine, judge(exercise, machine)
