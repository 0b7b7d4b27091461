"""The machines and runs of a test: found in files, run on a fixed virtual clock, kept for the report of a failure."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

from sfnbook.coverage.collect import Coverage
from sfnbook.coverage.items import Item
from sfnbook.errors import DefinitionError, InputError
from sfnbook.language.definition import Definition
from sfnbook.language.parser import parse
from sfnbook.machine import MachineType, StateMachine
from sfnbook.project import Project
from sfnbook.run import Run
from sfnbook.templates.find import choose
from sfnbook.templates.machine import TemplateMachine
from sfnbook.values import NULL, Json, to_text

CLOCK: Final = "virtual@2026-01-01T00:00:00Z"
"""The clock of a run in a test that names none: every run begins at this moment."""


class TestedMachine(StateMachine):
    """A state machine under test: runs begin at a fixed moment of the virtual clock, or where ``--sfn-on`` says."""

    __test__ = False

    def __init__(self, definition: Any, *, keep: Callable[[Any], None], on: str = "", **options: Any) -> None:
        super().__init__(definition, **options)
        self._keep = keep
        self._on = on

    def run(self, input: Json = None, **options: Any) -> Any:
        """Run the machine and return the run; the options are those of `sfnbook.StateMachine.run`."""
        if self._on:
            return self._run_there(input, options)
        options.setdefault("clock", CLOCK)
        run = super().run(input, **options)
        self._keep(run)
        return run

    def _begin(self, *positional: Any, **options: Any) -> Run:
        """Start a run that goes on from a fork."""
        run = super()._begin(*positional, **options)
        self._keep(run)
        return run

    def _run_there(self, input: Json, options: Mapping[str, Any]) -> Any:
        from sfnbook.targets.remote import start
        from sfnbook.targets.target import read_target

        local = sorted(set(options) - {"name", "wait"})
        if local:
            raise InputError(f"{', '.join(local)}: only for runs here, not for --sfn-on {self._on}.")
        data = {} if input is None else None if input is NULL else input
        run = start(read_target(self._on), self, to_text(data), options.get("name"))
        if options.get("wait", True):
            run.wait()
        self._keep(run)
        return run


class Machines:
    """The fixture ``sfn``: gives the machines of files, and the runs they made in this test.

    root: what relative paths start from, the test's folder before the project's. on: where machines run instead of here.
    """

    def __init__(self, folders: Iterable[Path], *, on: str = "") -> None:
        self._folders = tuple(folders)
        self._on = on
        self.runs: list[Any] = []
        self.files: dict[str, Path] = {}

    def __call__(
        self,
        source: str | Path | Mapping[str, Any],
        name: str = "",
        *,
        bind: Mapping[str, Any] | None = None,
        functions: Any = None,
        type: MachineType | None = None,
        substitutions: Mapping[str, str] | None = None,
        buckets: Any = None,
        setup: bool = False,
    ) -> TestedMachine:
        """Return a state machine.

        source: a file with a definition or a template (SAM, CloudFormation, CDK, Terraform, Serverless), its path relative to
        the test's folder or the project's; a definition as a dict or JSON or YAML text. name: which machine of a template.
        bind: what answers its tasks, as for `sfnbook.StateMachine.bind`. functions: a module or mapping whose functions answer
        Lambda tasks by their names; what neither answers, a template's own Python handlers do, from their folders.
        substitutions: what ``${Name}`` placeholders stand for. setup: make the template's tables, queues, topics, buckets,
        rules and parameters first, in the embedded services. Raises InputError for a file that is not there,
        DefinitionError for a wrong definition.
        """
        definition: Any = source
        file = project = None
        if isinstance(source, Path) or (isinstance(source, str) and _is_path(source)):
            file = self.path(source)
            if setup:  # what is made is a test's own
                project = Project(file, substitutions)
                project.set_up()
                definition = choose(project.machines(), name)
            else:
                definition, project = _found(file, name, substitutions or {})
            name = name or definition.name or file.name.partition(".")[0]
        namespace = vars(functions) if hasattr(functions, "__dict__") else functions
        machine = TestedMachine(
            definition,
            keep=self.runs.append,
            on=self._on,
            name=name or "machine",
            type=type,
            namespace=namespace,
            buckets=buckets,
        )
        if file is not None:
            template = machine._template
            self.files[machine._definition.text] = template.file if template and template.file else file
        for resource, target in (bind or {}).items():
            machine.bind(resource, target)
        if project is not None and not self._on:
            project.bind(machine.bindings)
        return machine

    def path(self, path: str | Path) -> Path:
        """Return a file's path: absolute, or the first that is there from the test's folder and the project's."""
        for folder in self._folders:
            found = folder / path
            if found.exists():
                return found
        looked = ", ".join(map(str, dict.fromkeys(self._folders)))
        raise InputError(f"There is no file {path}; looked in {looked}.")


_read: dict[tuple[Path, str, tuple[tuple[str, str], ...]], tuple[tuple[int, ...], TemplateMachine, Project]] = {}
"""Machines found before and their projects, with the times of their files: a suite reads a template once."""


def _found(file: Path, name: str, substitutions: Mapping[str, str]) -> tuple[TemplateMachine, Project]:
    key = (file, name, tuple(sorted(substitutions.items())))
    if key in _read:
        times, machine, project = _read[key]
        if times == _times(file, machine):
            return machine, project
    project = Project(file, substitutions)
    machine = choose(project.machines(), name)
    _read[key] = (_times(file, machine), machine, project)
    return machine, project


def _times(file: Path, machine: TemplateMachine) -> tuple[int, ...]:
    return tuple(place.stat().st_mtime_ns for place in (file, machine.file) if place is not None)


def _is_path(text: str) -> bool:
    return "\n" not in text and not text.lstrip().startswith("{")


class CoverageOfTests:
    """What all tests of a session covered, machine by machine."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Coverage] = {}
        self.files: dict[str, Path] = {}

    def add(self, machines: Machines) -> None:
        """Add the runs of one test."""
        self.files.update(machines.files)
        for run in machines.runs:
            machine = run.machine
            key = (machine.name, machine._definition.text)
            if key not in self.found:
                self.found[key] = Coverage(machine._definition, machine.name)
            self.found[key].add(run)

    def as_data(self) -> list[Json]:
        """Return it as JSON values, for the process that reports."""
        return [
            {
                "name": one.name,
                "definition": one.definition.text,
                "file": str(self.files.get(one.definition.text, "")),
                "runs": one.runs,
                "hits": [[*astuple(item), count] for item, count in one.hits.items()],
            }
            for one in self.found.values()
        ]

    def add_data(self, data: Any) -> None:
        """Add what tests in another process covered."""
        for one in data:
            key = (one["name"], one["definition"])
            definition = parse(one["definition"]).definition
            if definition is None:  # it was one in the other process
                continue
            found = Coverage(definition, one["name"])
            found.runs = one["runs"]
            for address, kind, what, outcome, to, path, start, count in one["hits"]:
                found.hits[Item(address, kind, what, outcome, to, tuple(path), start)] = count
            if key in self.found:
                self.found[key].update(found)
            else:
                self.found[key] = found
            if one["file"]:
                self.files[one["definition"]] = Path(one["file"])

    def include(self, paths: Iterable[Path]) -> None:
        """Add the machines of files and folders that no test ran, with nothing covered. Raises InputError."""
        from sfnbook.lint.files import machines_in
        from sfnbook.lint.settings import read_settings

        for file, one in machines_in(map(str, paths), read_settings(Path.cwd())):
            if one.problem:
                continue
            name = one.id or one.name or Path(file).name.partition(".")[0]
            try:
                definition = StateMachine(one, name=name)._definition
            except DefinitionError:
                continue
            place = (one.file or Path(file)).resolve()
            if not any(self._is(coverage, definition, place, one) for coverage in self.found.values()):
                self.found[name, definition.text] = Coverage(definition, name)
                self.files[definition.text] = place

    def _is(self, coverage: Coverage, definition: Definition, place: Path, one: TemplateMachine) -> bool:
        """Tell whether a machine that ran is one of a file, whatever its placeholders were filled with."""
        file = self.files.get(coverage.definition.text)
        same_place = file is not None and file.resolve() == place and (not one.id or one.called(coverage.name))
        return same_place or coverage.definition.machine.fields == definition.machine.fields

    @property
    def coverages(self) -> list[Coverage]:
        """The machines' coverage, in the order in which they first ran."""
        return list(self.found.values())


def fresh_services(*, shared: bool) -> None:
    """Empty the embedded services, where any were started. shared: plain boto3 of this process reaches them from now on."""
    from sfnbook.tasks.aws.services.endpoints import services

    if "sfnbook.tasks.aws.services.embedded" in sys.modules:
        from sfnbook.tasks.aws.services import embedded

        embedded.stop()
        services.reset()
    if shared:
        services.guard(always=True)
