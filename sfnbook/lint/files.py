"""Many files checked: which of them hold machines, what each of these says, which machine a finding belongs to."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sfnbook.errors import InputError
from sfnbook.language.diagnostics import Diagnostic
from sfnbook.language.reader import Reading
from sfnbook.lint.check import check
from sfnbook.lint.settings import Settings
from sfnbook.templates.document import read_text
from sfnbook.templates.find import CODE, find, find_in
from sfnbook.templates.machine import TemplateMachine

SUFFIXES: Final = (".json", ".yaml", ".yml", ".tf", ".asl")
_SKIPPED: Final = frozenset(
    {"node_modules", ".git", ".terraform", ".aws-sam", ".venv", "__pycache__", ".ipynb_checkpoints"}
)
_HINTS: Final = re.compile(
    r"\"?StartAt\"?\s*[:=]|StepFunctions::StateMachine|Serverless::StateMachine|aws_sfn_state_machine|stateMachines\s*:"
    r"|CloudFormation::Stack|Serverless::Application|step-functions|sfn[.:/]\S*StateMachine|kind:\s*StateMachine"
)
"""What the text of a file has in it that holds a machine: anything else in a folder is left alone."""


@dataclass(frozen=True)
class Checked:
    """One machine of a file with all that was found. problem: why it could not be checked, "" where it was."""

    file: str
    machine: str
    diagnostics: tuple[Diagnostic, ...]
    problem: str = ""

    @property
    def errors(self) -> int:
        """How many errors were found; a machine that cannot be checked counts as one."""
        return sum(one.severity == "ERROR" for one in self.diagnostics) + bool(self.problem)

    @property
    def warnings(self) -> int:
        """How many warnings were found."""
        return sum(one.severity == "WARNING" for one in self.diagnostics)


def files(paths: Iterable[str], settings: Settings) -> Iterator[tuple[str, bool]]:
    """Yield the files behind paths, folders, globs and ``-``, each with whether it was named itself.

    Raises InputError for a path that leads nowhere.
    """
    seen: set[str] = set()
    for text in paths:
        place = Path(text).expanduser()
        if text == "-" or place.is_file():
            found, named = [text], True
        elif place.is_dir():
            found, named = [str(path) for path in _walk(place)], False
        else:
            here = Path(place.anchor) if place.is_absolute() else Path()
            pattern = str(place.relative_to(place.anchor)) if place.is_absolute() else str(place)
            found, named = sorted(str(path) for path in here.glob(pattern) if path.is_file()), False
            if not found:
                raise InputError(f"There is no file {text}.")
        for one in found:
            if one not in seen and (named or not settings.excluded(Path(one))):
                seen.add(one)
                yield one, named


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir():
            if path.name not in _SKIPPED:
                yield from _walk(path)
        elif path.name.endswith(SUFFIXES):
            yield path


def check_files(
    paths: Iterable[str],
    settings: Settings,
    *,
    type: str | None = None,
    machine: str = "",
    substitutions: Mapping[str, str] | None = None,
) -> Iterator[Checked]:
    """Yield every machine of every file with what is wrong with it.

    A file that a template names is checked as the template fills it in, not once more by itself.
    """
    for file, one in machines_in(paths, settings, substitutions):
        if machine and not one.called(machine):
            continue
        if one.problem:
            yield Checked(file, one.id, (), one.problem)
        else:
            place = str(one.file) if one.file is not None else file
            levels = settings.levels_for(Path(place))
            diagnostics = check(one.definition, type=type or one.type or "STANDARD", levels=levels)
            yield Checked(place, one.id, tuple(diagnostics))


def machines_in(
    paths: Iterable[str], settings: Settings, substitutions: Mapping[str, str] | None = None
) -> Iterator[tuple[str, TemplateMachine]]:
    """Yield every machine behind paths once, with the file that it was found in; a file that cannot be read as a problem."""
    found: list[tuple[str, TemplateMachine]] = []
    for file, named in files(paths, settings):
        try:
            found += [(file, one) for one in _machines(file, named, substitutions)]
        except InputError as error:
            if named:
                yield file, TemplateMachine("", Reading(None, False), problem=str(error))
    inside = {one.template.resolve() for _, one in found if one.nested and one.template is not None}
    found = [(file, one) for file, one in found if one.nested or Path(file).resolve() not in inside]
    behind = {one.file.resolve() for _, one in found if one.file is not None and one.template not in (None, one.file)}
    for file, one in found:
        if one.problem or one.id or one.file is None or one.file.resolve() not in behind:
            yield file, one


def _machines(file: str, named: bool, substitutions: Mapping[str, str] | None) -> list[TemplateMachine]:
    if file == "-":
        return find(sys.stdin.read(), substitutions)
    if named:
        return find_in(file, substitutions)
    path = Path(file)
    text = read_text(path) if path.suffix not in CODE else ""
    if not _HINTS.search(text):
        return []
    return [one for one in find(text, substitutions, path) if one.problem or _is_machine(one)]


def _is_machine(machine: TemplateMachine) -> bool:
    """Tell whether a file in a folder, named by nobody, is meant as a definition rather than any other JSON."""
    value = machine.definition.value
    if machine.id or not machine.definition.ok:
        return bool(machine.id) or '"StartAt"' in machine.definition.text
    return isinstance(value, dict) and ("StartAt" in value or isinstance(value.get("States"), dict))
