"""``sfnbook fetch``: histories of executions elsewhere as files, for ``sfnbook replay``, or one of them as a test.

Owns the command's arguments and exit codes: 0 everything that was asked for is there, 2 the command could not be carried
out. Asks a place that is named; never an account by accident.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfnbook.commands.testing import machine_of, relative, write
from sfnbook.errors import InputError

if TYPE_CHECKING:
    from sfnbook.targets.histories import Found, Histories

_EPILOG: Final = """\
examples:
  sfnbook fetch --machine Orders --failed --since 7d --on aws:prod --mask secrets -o histories/
  sfnbook fetch arn:aws:states:...:execution:Orders:order-1042 --on aws:prod \\
      --as-test tests/test_order_1042.py --definition template.yaml --name Orders
"""

_MOST: Final = 100
_FAILED: Final = ("FAILED", "TIMED_OUT")


def add(commands: Any) -> None:
    """Add the command to a command line."""
    fetch = commands.add_parser(
        "fetch",
        help="save the histories of executions elsewhere, or write a test from one",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fetch.add_argument("executions", nargs="*", metavar="EXECUTION", help="ARNs of executions")
    fetch.add_argument("--machine", default="", metavar="ARN|NAME", help="executions of this state machine")
    fetch.add_argument("--on", required=True, metavar="PLACE", help="where: aws, aws:PROFILE[@REGION], or a URL")
    fetch.add_argument("--failed", action="store_true", help="only those that failed or timed out")
    fetch.add_argument("--status", action="append", default=[], metavar="STATUS", help="only these; repeatable")
    fetch.add_argument("--since", default="", metavar="TIME", help="started since: 36h, 7d, or a date and time (UTC)")
    fetch.add_argument("--limit", type=int, default=_MOST, metavar="N", help=f"the latest N (default: {_MOST})")
    fetch.add_argument("-o", "--output", default="histories", metavar="DIR", help="default: histories")
    fetch.add_argument("--force", action="store_true", help="write over files that are there")
    fetch.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="REGEX",
        help="mask members of this name and parts of texts like this; the word `secrets`: passwords, tokens, keys; repeatable",
    )
    fetch.add_argument("--log-group", default="", metavar="NAME", help="of an Express machine (default: its own)")
    fetch.add_argument("--logs-on", default="", metavar="PLACE", help="where CloudWatch Logs answers (default: PLACE)")
    fetch.add_argument("--as-test", default="", metavar="FILE", help="write a test for pytest from one execution")
    fetch.add_argument(
        "--definition", default="", metavar="FILE", help="the definition under test (default: fetched, beside the test)"
    )
    fetch.add_argument("--name", default="", metavar="ID", help="which machine of a template")
    fetch.set_defaults(command=_fetch)


def _fetch(options: argparse.Namespace) -> int:
    from sfnbook.history.masking import Masking
    from sfnbook.targets.histories import ENDED, Histories, moment
    from sfnbook.targets.target import read_target

    if bool(options.machine) == bool(options.executions):
        raise InputError("Name executions by their ARNs, or a machine with --machine NAME.")
    if options.as_test and len(options.executions) != 1:
        raise InputError("--as-test writes the test of one execution: give its ARN.")
    if options.limit < 1:
        raise InputError(f"--limit is how many to fetch, 1 or more, not {options.limit}.")
    unknown = sorted(set(options.status) - {*ENDED})
    if unknown:
        raise InputError(f"--status {unknown[0]}: choose among {', '.join(ENDED)}.")
    statuses = options.status or (_FAILED if options.failed else ENDED)
    since = moment(options.since, datetime.now(UTC)) if options.since else None
    masking = Masking(options.mask)
    logs = read_target(options.logs_on) if options.logs_on else None
    place = Histories(read_target(options.on), logs=logs, group=options.log_group)
    if options.as_test:
        return _as_test(place, place.of_execution(options.executions[0], since), masking.events, options)
    if options.machine:
        found = place.of_machine(options.machine, statuses, since, options.limit)
    else:
        found = [place.of_execution(arn, since) for arn in options.executions]
    return _save(place, found, masking.events, options)


def _save(place: Histories, found: Sequence[Found], masked: Any, options: argparse.Namespace) -> int:
    folder = Path(options.output)
    fresh = kept = 0
    for one in found:
        file = folder / f"{_file_name(one.name)}.json"
        if file.exists() and not options.force:
            kept += 1
            continue
        write(file, {"events": masked(place.events(one))}, options.force)
        print(f"  {one.status}, started {one.started.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        fresh += 1
    more = f", {kept} were there already (--force fetches them again)" if kept else ""
    print(f"{fresh} histories fetched from {place.place.text}{more}.")
    if options.machine and len(found) == options.limit:
        print(f"There may be more: --limit {options.limit} was reached.")
    return 0


def _as_test(place: Histories, found: Found, masked: Any, options: argparse.Namespace) -> int:
    from sfnbook.machine import StateMachine
    from sfnbook.recorded_run import replay
    from sfnbook.testing.recorded_test import recorded_test

    file = Path(options.as_test)
    if file.exists() and not options.force:
        raise InputError(f"{file} is there already. Name another file, or write over it with --force.")
    events: list[Mapping[str, Any]] = masked(place.events(found))
    source = Path(options.definition)
    fetched = ""
    if not options.definition:
        fetched = place.definition(found.arn)
        source = file.with_name(f"{_file_name(found.arn.split(':')[6])}.asl.json")
    machine = StateMachine(fetched, name=found.arn.split(":")[6]) if fetched else machine_of(str(source), options.name)
    try:
        recorded = replay({"events": events}, machine, name=found.arn.split(":")[7])
    except InputError as fault:
        raise InputError(
            f"{fault} Leave --definition out to test the definition that it ran with."
            if options.definition
            else str(fault)
        ) from None
    name = options.name or (machine.name if machine._template is not None else "")
    text = recorded_test(recorded, relative(source, file.parent), name)
    if fetched and (options.force or not source.exists()):
        write(source, fetched if fetched.endswith("\n") else f"{fetched}\n", options.force)
        print("  the definition that it ran with")
    write(file, text, options.force)
    print(f"  {found.name} {found.status}")
    return 0


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name).lstrip(".") or "execution"
