"""``sfnbook simulate``: durations, costs and load of many runs in virtual time.

Owns the command's arguments and exit codes: 0 it was simulated and no quota is exceeded, 1 a quota is, 2 the command could
not be carried out.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from sfnbook.commands.testing import machine_of, write
from sfnbook.simulation.words import DURATION_HELP, ERROR_HELP, OUTPUT_HELP, read_options

_EPILOG: Final = """\
examples:
  sfnbook simulate template.yaml --machine Orders --duration Charge=0.2-1.5 --error Charge=Card.Unreachable%2
  sfnbook simulate orders.asl.json --histories histories/ --rate 40 --region eu-west-1 --svg orders.svg
"""


def add(commands: Any) -> None:
    """Add the command to a command line."""
    simulate = commands.add_parser(
        "simulate",
        help="make many runs in virtual time: p50, p95, p99, costs, load against quotas; no function is called",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    simulate.add_argument("file", metavar="FILE", help="the definition, JSON or YAML, or a template with it")
    simulate.add_argument("--machine", default="", metavar="ID", help="which machine of a template")
    simulate.add_argument("--input", default="", metavar="JSON|@FILE", help="the input (default: {})")
    simulate.add_argument("--runs", type=int, default=1_000, metavar="N", help="how many (default: 1000)")
    simulate.add_argument("--seed", type=int, default=0, metavar="N", help="of the chance (default: 0)")
    repeated: dict[str, Any] = {"action": "append", "default": []}
    simulate.add_argument("--duration", metavar="STATE=SECONDS", help=f"{DURATION_HELP}; repeatable", **repeated)
    simulate.add_argument("--output", metavar="STATE=JSON", help=f"{OUTPUT_HELP}; repeatable", **repeated)
    words = ERROR_HELP.replace("%", "%%")
    simulate.add_argument("--error", metavar="STATE=ERROR", help=f"{words}; repeatable", **repeated)
    simulate.add_argument(
        "--histories",
        nargs="+",
        default=[],
        metavar="PATH",
        help="recorded histories whose durations and answers are drawn",
    )
    simulate.add_argument(
        "--rate", type=float, metavar="N", help="executions that begin each second, against the quotas"
    )
    simulate.add_argument("--region", default="us-east-1", help="of the prices and quotas (default: us-east-1)")
    simulate.add_argument("--express", action="store_true", help="what it would be as an Express machine")
    simulate.add_argument("--svg", default="", metavar="FILE", help="write the plot")
    simulate.add_argument("--json", action="store_true", help="print the numbers as JSON")
    simulate.add_argument("--force", action="store_true", help="write over a file that is there")
    simulate.add_argument("--substitute", metavar="NAME=VALUE", help="as for run; repeatable", **repeated)
    simulate.set_defaults(command=_simulate)


def _simulate(options: argparse.Namespace) -> int:
    from sfnbook.simulation.result import PERCENTS
    from sfnbook.testing.histories import recorded_runs
    from sfnbook.workspace import read_input

    machine = machine_of(options.file, options.machine, options.substitute)
    found = machine.simulate(
        read_input(options.input),
        runs=options.runs,
        seed=options.seed,
        histories=recorded_runs(options.histories, machine),
        region=options.region,
        rate=options.rate,
        type="EXPRESS" if options.express else None,
        **read_options(options.duration, options.error, options.output),
    )
    if options.json:
        numbers = {key: value for key, value in asdict(found).items() if key != "seconds"}
        numbers["percentiles"] = {f"p{percent}": found.percentile(percent) for percent in PERCENTS}
        print(json.dumps({**numbers, "runs": found.runs}, indent=2, ensure_ascii=False))
    else:
        print(found)
    if options.svg:
        write(Path(options.svg), found.svg, options.force)
    return 1 if found.load is not None and found.load.exceeded else 0
