"""Exercises: what is asked, the checks of an answer, hints one after the other, and a solution.

Read from YAML files: the course's own, or a teacher's. ``judge`` runs an answer and the solution on the same inputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from sfnbook.errors import CheckError, InputError
from sfnbook.exercises.checks import check
from sfnbook.machine import StateMachine
from sfnbook.templates.document import read_text
from sfnbook.workspace import is_blank, nearest

FIELDS: Final = frozenset({"name", "title", "task", "stub", "functions", "type", "cases", "hints", "solution"})
RUN_OPTIONS: Final = frozenset({"faults", "answers", "clock", "seed"})
"""What of a case says how to run; the rest says what is wanted."""
CASE_FIELDS: Final = RUN_OPTIONS | {
    "says", "input", "status", "error", "path", "output", "calls", "transitions", "seconds", "cost", "coverage",
}  # fmt: skip


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    name: unique in its course. title: its heading. task: what to write, in Markdown. stub: what the cell holds before anybody wrote into it.
    functions: Python source of the functions that the tasks call; an answer is judged with these. type: the machine's.
    cases: for each run the arguments of `check`; one that wants nothing wants what the solution does. hints: given one
    after the other. solution: a definition that is right.
    """

    name: str
    task: str
    solution: str
    cases: tuple[Mapping[str, Any], ...]
    title: str = ""
    stub: str = ""
    functions: str = ""
    type: Any = None
    hints: tuple[str, ...] = ()

    @cached_property
    def namespace(self) -> dict[str, Any]:
        """The functions by their names."""
        found: dict[str, Any] = {"__name__": f"exercise {self.name}"}
        exec(compile(self.functions, f"<functions of {self.name}>", "exec"), found)
        return {name: value for name, value in found.items() if callable(value) and not name.startswith("_")}

    @cached_property
    def reference(self) -> StateMachine:
        """The solution as a machine."""
        return StateMachine(self.solution, name=f"{self.name} (solution)", type=self.type, namespace=self.namespace)

    def untouched(self, text: str) -> bool:
        """Return whether nothing was written yet: the stub as it was, only comments, or an empty object."""
        words = "".join(text.split())
        return words in ("{}", "...", "…", "".join(self.stub.split())) or is_blank(text)


@dataclass(frozen=True)
class Verdict:
    """What became of an answer: a line for each case, and the first failure with both runs, None where all is right."""

    exercise: Exercise
    lines: tuple[str, ...]
    failure: CheckError | None

    def __str__(self) -> str:
        return "\n".join(self.lines)


def judge(exercise: Exercise, machine: StateMachine) -> Verdict:
    """Run every case of an exercise with an answer's machine and, where it wants nothing by itself, with the solution."""
    lines: list[str] = []
    failure: CheckError | None = None
    own = machine
    if exercise.functions:
        own = StateMachine(
            machine._definition.text, name=exercise.name, type=machine.type, namespace=exercise.namespace
        )
    for number, case in enumerate(exercise.cases, 1):
        wanted = dict(case)
        says = str(wanted.pop("says", f"case {number}"))
        data = wanted.pop("input", None)
        options = {name: wanted[name] for name in wanted.keys() & RUN_OPTIONS}
        try:
            check(own, data, like=None if wanted.keys() - RUN_OPTIONS else exercise.reference, says=says, **wanted)
        except CheckError as error:
            first, *faults = str(error).splitlines()
            lines += [f"✗ {first}", *faults]
            if failure is None:
                error.reference = error.reference or exercise.reference.run(data, **options)
                failure = error
        except InputError as error:  # a fault for a state that the answer does not have
            lines += [f"✗ {says}", f"  ✗ {error}"]
            failure = failure or CheckError(str(error))
        else:
            lines.append(f"✓ {says}")
    return Verdict(exercise, tuple(lines), failure)


def read_exercises(path: Path) -> list[Exercise]:
    """Return the exercises of a YAML file: a list of objects with the fields of `Exercise`.

    Raises InputError that names the file, the exercise and the field where something is missing or not known.
    """
    try:
        found = yaml.load(read_text(path), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise InputError(f"{path.name} is not YAML: {error}") from None
    if not isinstance(found, list):
        raise InputError(f"{path.name}: write a list of exercises, each beginning with - name: NAME.")
    return [_exercise(path.name, number, one) for number, one in enumerate(found, 1)]


def _exercise(file: str, number: int, found: Any) -> Exercise:
    where = f"{file}, exercise {found.get('name', number) if isinstance(found, dict) else number}"
    if not isinstance(found, dict):
        raise InputError(f"{where}: write an object with name, task, cases and solution.")
    for name in found.keys() - FIELDS:
        raise InputError(f"{where}: there is no field {name}. {nearest(str(name), sorted(FIELDS))}")
    for name in ("name", "task", "cases", "solution"):
        if not found.get(name):
            raise InputError(f"{where}: the field {name} is missing.")
    cases = found["cases"]
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise InputError(f"{where}: cases are a list of objects, each with an input and what is wanted.")
    for case in cases:
        for name in case.keys() - CASE_FIELDS:
            raise InputError(f"{where}: a case has no field {name}. {nearest(str(name), sorted(CASE_FIELDS))}")
    lists = {name: tuple(found[name]) for name in ("cases", "hints") if name in found}
    return Exercise(**{**found, **lists})


def find_exercise(name: str, files: Iterable[Path]) -> Exercise:
    """Return the exercise of a name from the first YAML file that has it.

    Raises InputError that names the nearest one.
    """
    known: list[str] = []
    for path in files:
        for exercise in read_exercises(path):
            if exercise.name == name:
                return exercise
            known.append(exercise.name)
    raise InputError(f'There is no exercise "{name}". {nearest(name, known)}')
