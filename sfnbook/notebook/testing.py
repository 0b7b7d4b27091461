"""The magics about tests: ``%%sfn_test`` cells, ``%sfn_coverage``, ``%sfn_cases`` and ``%sfn_simulate``.

Owns their words; what is covered is `sfnbook.coverage`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sfnbook.errors import InputError
from sfnbook.notebook.arguments import Arguments, Command, Option, unquote
from sfnbook.runs.prices import PRICES, REGION
from sfnbook.simulation.words import DURATION_HELP, ERROR_HELP, OUTPUT_HELP, number, read_options, whole
from sfnbook.workspace import Workspace

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from sfnbook.coverage.collect import Coverage
    from sfnbook.simulation.result import Simulation
    from sfnbook.testing.generation.search import Cases
    from sfnbook.values import Json

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
SIMULATE: Final = Command(
    name="%sfn_simulate",
    words="NAME [INPUT]",
    summary="Make many runs in virtual time: p50, p95, p99, what they cost as Standard and Express, where the time goes. "
    "No function is called.",
    options=(
        Option("runs", "N", "how many (default: 1000)"),
        Option("seed", "N", "of the chance (default: 0): the same seed gives the same answer"),
        Option("duration", "STATE=SECONDS", DURATION_HELP, repeatable=True),
        Option("output", "STATE=JSON", OUTPUT_HELP, repeatable=True),
        Option("error", "STATE=ERROR%PERCENT", ERROR_HELP, repeatable=True),
        Option("histories", "FILES", "recorded histories whose durations and answers are drawn", repeatable=True),
        Option("rate", "N", "executions that begin each second, compared with the region's quotas"),
        Option("region", "REGION", f"of the prices and quotas (default: {REGION})", choices=tuple(PRICES)),
        Option("express", "", "what it would be as an Express machine"),
    ),
    examples=(
        "%sfn_simulate shop --duration Charge=0.2-1.5",
        'found = %sfn_simulate shop {"order": 7} --runs 5000 --error Charge=Card.Unreachable%2 --rate 40',
    ),
    required=1,
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
        one = Coverage(machine._definition, machine.name)
        for run in machine.runs:
            if run.machine._definition is machine._definition:
                one.add(run)
        found.append(one)
    if not found:
        raise InputError("There is no machine yet. Define one with %%statemachine NAME.")
    return found


def cases(workspace: Workspace, name: str) -> Cases:
    """Return test cases for a machine. Raises InputError for an unknown name."""
    from sfnbook.testing.generation.search import generate

    return generate(workspace.machine(name))


def simulation(workspace: Workspace, arguments: Arguments, input: Json) -> Simulation:
    """Return what many runs of a machine come to. Raises InputError, DefinitionError."""
    from sfnbook.testing.histories import recorded_runs

    machine = workspace.machine(unquote(arguments.words[0]))
    rate = arguments.option("rate")
    return machine.simulate(
        input,
        runs=whole(arguments.option("runs"), "runs", 1_000),
        seed=whole(arguments.option("seed"), "seed", 0),
        histories=recorded_runs(map(unquote, arguments.options.get("histories", ())), machine),
        region=arguments.option("region") or REGION,
        rate=None if rate is None else number(rate, "rate", 0),
        type="EXPRESS" if arguments.option("express") is not None else None,
        **read_options(*(arguments.options.get(name, ()) for name in ("duration", "error", "output"))),
    )
