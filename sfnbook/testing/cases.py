"""What the markers of the pytest plugin run a test for: test cases, failures of a sweep, recorded histories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from sfnbook.errors import InputError
from sfnbook.sweep import Row, sweep
from sfnbook.tasks.mocks import read_config
from sfnbook.testing.histories import Replayed, histories_in, replay_files
from sfnbook.testing.machines import Machines
from sfnbook.values import Json


@dataclass(frozen=True)
class TestCase:
    """A test case of a Step Functions Local mock configuration. machine: the state machine's name there."""

    __test__ = False

    name: str
    machine: str
    file: Path

    def run(self, machine: Any, input: Json = None, **options: Any) -> Any:
        """Run a machine with the mocks of this test case; ``options`` are those of `sfnbook.StateMachine.run`."""
        machine._name = self.machine
        return machine.run(input, test_case=self.name, mock_config=self.file, **options)


def sfn_cases(folders: Sequence[Path], file: str, machine: str | None = None) -> Iterator[tuple[TestCase, str]]:
    """Yield the test cases of a mock configuration (of one machine of it), each with its id."""
    path = Machines(folders).path(file)
    machines = read_config(path).get("StateMachines")
    if not isinstance(machines, Mapping) or (machine is not None and machine not in machines):
        raise InputError(f"{path} has no state machine{f' {machine}' if machine else 's'}.")
    wanted = [machine] if machine is not None else list(machines)
    for name in wanted:
        for case in machines[name].get("TestCases", {}):
            yield TestCase(case, name, path), case if len(wanted) == 1 else f"{name}-{case}"


def sfn_sweep(
    folders: Sequence[Path],
    definition: Any,
    input: Json = None,
    *,
    machine: str = "",
    allow: Sequence[str] = (),
    states: Sequence[str] = (),
    bind: Mapping[str, Any] | None = None,
) -> Iterator[tuple[tuple[Row, bool], str]]:
    """Yield what became of each failure of each task, and whether it is allowed to end the execution.

    allow: ``State``, ``State:Error`` or globs of these. bind: functions whose answers are used where nothing fails; without it
    a task gives back what it was given.
    """
    subject = Machines(folders)(definition, machine, bind=bind)
    for row in sweep(subject, input, states=tuple(states), record=bind is not None).rows:
        if row.outcome == "not reached":
            continue
        allowed = any(
            fnmatchcase(name, pattern) for pattern in allow for name in (row.state, f"{row.state}:{row.error}")
        )
        yield (row, allowed), f"{row.state}-{row.error}-{row.attempts}"


def sfn_replay(
    folders: Sequence[Path], histories: str, definition: Any, *, machine: str = ""
) -> Iterator[tuple[Replayed, str]]:
    """Yield the comparison of each recorded history with the definition of today."""
    files = next((found for folder in folders if (found := _found(folder / histories))), None)
    if files is None:
        raise InputError(f"{histories}: no file with a history there.")
    for one in replay_files(files, Machines(folders)(definition, machine)):
        yield one, one.name


def _found(pattern: Path) -> list[Path] | None:
    try:
        return histories_in([pattern])
    except InputError:
        return None
