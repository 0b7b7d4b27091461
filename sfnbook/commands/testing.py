"""The commands about tests: ``sfnbook cases`` and ``sfnbook replay``.

Owns their arguments and exit codes: 0 all is well, 1 something differs, 2 the command could not be carried out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfnbook.errors import InputError

if TYPE_CHECKING:
    from sfnbook.machine import StateMachine


def add(commands: Any) -> None:
    """Add the commands to a command line."""
    cases = commands.add_parser("cases", help="write tests that cover a state machine, made from its definition")
    cases.add_argument("file", metavar="FILE", help="the definition, JSON or YAML, or a template with it")
    cases.add_argument("--machine", default="", metavar="ID", help="which machine of a template")
    cases.add_argument("-o", "--output", default="", metavar="PATH", help="a folder or file (default: print it)")
    cases.add_argument(
        "--format",
        default="pytest",
        choices=("pytest", "mock-config", "cells"),
        help="default: pytest; cells: of a notebook, as .ipynb with -o FILE.ipynb, else as text with # %%%% between them",
    )
    cases.add_argument("--force", action="store_true", help="write over a file that is there")
    cases.add_argument("--substitute", action="append", default=[], metavar="NAME=VALUE", help="as for run; repeatable")
    cases.set_defaults(command=_cases)
    replay = commands.add_parser(
        "replay", help="run recorded histories against a definition, with their answers as mocks"
    )
    replay.add_argument("histories", nargs="+", metavar="HISTORIES", help="files, folders or globs")
    replay.add_argument(
        "--machine", required=True, metavar="FILE", help="the definition of today, or a template with it"
    )
    replay.add_argument("--name", default="", metavar="ID", help="which machine of a template")
    replay.add_argument("--html", metavar="FILE", help="write a page with both runs beside each other")
    replay.add_argument("--json", action="store_true", help="print the result as JSON")
    replay.add_argument(
        "--substitute", action="append", default=[], metavar="NAME=VALUE", help="as for run; repeatable"
    )
    replay.set_defaults(command=_replay)


def machine_of(file: str, name: str, substitute: Sequence[str] = ()) -> StateMachine:
    """Return the machine of a file with a definition, or of a template. Raises InputError, DefinitionError."""
    from sfnbook.machine import StateMachine
    from sfnbook.templates.find import choose, find_in, substitutions

    found = choose(find_in(file, substitutions(substitute)), name)
    return StateMachine(found, name=name or found.name or Path(file).name.partition(".")[0])


def _cases(options: argparse.Namespace) -> int:
    from sfnbook.testing.generation.search import generate
    from sfnbook.testing.generation.writing import cells, mock_file, notebook, percent_text, pytest_file

    machine = machine_of(options.file, options.machine, options.substitute)
    found = generate(machine)
    place = _place(options, machine.name)
    if options.format == "mock-config":
        config, inputs = mock_file(found, machine.name)
        write(place, config, options.force)
        if place is not None:
            write(place.with_name(f"{place.stem}.inputs.json"), inputs, options.force)
    else:
        template = options.machine or (machine.name if machine._template is not None else "")
        source = Path(options.file)
        text = source.as_posix() if place is None else relative(source, place.parent)
        if options.format == "pytest":
            write(place, pytest_file(found, text, template), options.force)
        else:
            made = cells(found, text, template)
            as_notebook = place is not None and place.suffix == ".ipynb"
            write(place, notebook(made) if as_notebook else percent_text(made), options.force)
    stream = sys.stderr if place is None else sys.stdout
    print(f"{len(found.cases)} cases cover {found.reached} of {found.total} items of {machine.name}.", file=stream)
    for one in found.missing:
        print(f"  {' '.join(str(one).split())}", file=stream)
    return 0


def _place(options: argparse.Namespace, name: str) -> Path | None:
    if not options.output:
        return None
    place = Path(options.output)
    if place.suffix:
        return place
    plain = "".join(letter if letter.isalnum() else "_" for letter in name).strip("_").lower()
    names = {"mock-config": "MockConfigFile.json", "cells": f"{plain}_cases.ipynb", "pytest": f"test_{plain}_cases.py"}
    return place / names[options.format]


def relative(file: Path, folder: Path) -> str:
    """Return a file's path as seen from a folder, with slashes."""
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def write(place: Path | None, content: Any, force: bool) -> None:
    """Write a text, or a value as JSON, to a file, or print it. Raises InputError for a file that is there, but for force."""
    text = content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if place is None:
        print(text, end="")
        return
    if place.exists() and not force:
        raise InputError(f"{place} is there already. Name another file with -o, or write over it with --force.")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    except OSError as fault:
        raise InputError(f"Cannot write {place}: {fault.strerror}.") from None
    print(f"wrote {place}")


def _replay(options: argparse.Namespace) -> int:
    from sfnbook.testing.histories import as_json, histories_in, html_page, replay_files, table

    machine = machine_of(options.machine, options.name, options.substitute)
    found = replay_files(histories_in(options.histories), machine)
    if options.html:
        try:
            Path(options.html).write_text(html_page(found, machine.name), "utf-8")
        except OSError as fault:
            raise InputError(f"Cannot write {options.html}: {fault.strerror}.") from None
    print(json.dumps(as_json(found), indent=2, ensure_ascii=False) if options.json else table(found))
    return 0 if found.same else 1
