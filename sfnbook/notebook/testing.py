"""The magics about tests: ``%%sfn_test`` cells, ``%sfn_coverage`` and ``%sfn_cases``.

Owns their words; what is covered is `sfnbook.coverage`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfnbook.errors import InputError
from sfnbook.notebook.arguments import Arguments, Command
from sfnbook.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.coverage.collect import Coverage
    from sfnbook.testing.generation.search import Cases

TEST: Final = Command(
    name="%sfn_test",
    words="[NAME]",
    summary="A cell that is a test: its assertions must hold. nbval and `pytest --sfn-notebooks` run it, too.",
    examples=("%%sfn_test an order is paid once\nrun = %sfn_run shop order\nassert run.state('Charge').attempts == 1",),
)
COVERAGE: Final = Command(
    name="%sfn_coverage",
    words="[NAME]...",
    summary="Show what the runs of this notebook covered of its machines: states, transitions, rules, catchers, retriers.",
    examples=("%sfn_coverage", "%sfn_coverage shop"),
)
CASES: Final = Command(
    name="%sfn_cases",
    words="NAME",
    summary="Make test cases that cover a machine from its definition: inputs and task answers; what is not reached is said.",
    examples=("%sfn_cases shop", "found = %sfn_cases shop"),
    required=1,
    allowed=1,
)


def run_test(shell: InteractiveShell, arguments: Arguments, cell: str) -> str:
    """Run a test cell and return what to print. Raises InputError when it fails, after the traceback was shown."""
    name = " ".join(arguments.words) or "test"
    result = shell.run_cell(cell)  # type: ignore[no-untyped-call]
    fault = result.error_before_exec or result.error_in_exec
    if fault is not None:
        raise InputError(f"{name} failed: {type(fault).__name__}: {fault}")
    return f"{name}: passed"


def coverage(workspace: Workspace, names: tuple[str, ...]) -> list[Coverage]:
    """Return what the runs covered of each machine named, of all machines without a name. Raises InputError."""
    from sfnbook.coverage.collect import Coverage

    found = []
    for machine in map(workspace.machine, names or workspace.machines):
        one = Coverage(machine.definition, machine.name)
        for run in machine.runs:
            if run.machine.definition is machine.definition:
                one.add(run)
        found.append(one)
    if not found:
        raise InputError("There is no machine yet. Define one with %%statemachine NAME.")
    return found


def cases(workspace: Workspace, name: str) -> Cases:
    """Return test cases for a machine. Raises InputError for an unknown name."""
    from sfnbook.testing.generation.search import generate

    return generate(workspace.machine(name))
