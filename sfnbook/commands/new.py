"""``sfnbook new``: a folder with a state machine to start from."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import Any

from sfnbook.errors import InputError


def add(commands: Any) -> None:
    """Add the command to a command line."""
    new = commands.add_parser("new", help="write a state machine to start from, with functions and a test")
    new.add_argument("starter", nargs="?", metavar="TEMPLATE", help="which one; --list names them")
    new.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="a new folder")
    new.add_argument("--list", action="store_true", help="list the templates")
    new.set_defaults(command=_new)


def _new(options: argparse.Namespace) -> int:
    from sfnbook.starters import MACHINE, listing, write

    if options.list:
        print(listing())
        return 0
    if options.starter is None or options.folder is None:
        raise InputError("Name a template and a new folder, as in `sfnbook new hello my-hello`; --list lists them.")
    made = write(options.starter, options.folder)
    print(f"{options.folder} has {', '.join(made.files)}\n\nNext:\n  cd {shlex.quote(str(options.folder))}")
    for command, what in (
        (made.run, "run it"),
        (f"sfnbook draw {MACHINE} -o machine.svg", "draw it"),
        ("sfnbook ci", "check it, test it, and say what the tests cover"),
    ):
        print(f"  {command}  # {what}")
    return 0
