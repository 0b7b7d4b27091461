"""``sfnbook diff``: what is different between two versions of a definition, as text, table, picture or page.

Git calls it as its external diff with seven arguments: ``git config diff.sfnbook.command "sfnbook diff"`` and
``*.asl.json diff=sfnbook`` in .gitattributes. Exit codes: 0 no difference, 1 a difference (0 for git, which takes any
other for a failure), 2 the command could not be carried out.
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfnbook.errors import InputError, SfnbookError

if TYPE_CHECKING:
    from sfnbook.language.definition import Definition

GIT: Final = (7, 9)
"""How many arguments git gives: path, old file, hex, mode, new file, hex, mode; of a renamed file its new path, too."""


def add(commands: Any) -> None:
    """Add the command to a command line."""
    diff = commands.add_parser("diff", help="say what is different between two versions of a definition")
    diff.add_argument("files", nargs="+", metavar="FILE", help="OLD and NEW (or git's seven arguments)")
    diff.add_argument("--machine", default="", metavar="ID", help="which machine of templates (default: all)")
    diff.add_argument("--theme", default="light", choices=["light", "dark", "auto"], help="of the SVG")
    diff.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")
    how = diff.add_mutually_exclusive_group()
    how.add_argument("--markdown", action="store_true", help="as a table for a pull request's comment")
    how.add_argument("--svg", action="store_true", help="as one diagram with what was added, removed, changed, moved")
    how.add_argument("--html", action="store_true", help="as a page: the diagram, and every field that differs")
    diff.set_defaults(command=_diff)


def _diff(options: argparse.Namespace) -> int:
    files = options.files
    if len(files) in GIT:
        return _for_git(files[0], files[1], files[4], options)
    if len(files) != 2:
        raise InputError("sfnbook diff takes two files: OLD and NEW.")
    pairs = _pairs(_versions(files[0]), _versions(files[1]), options.machine)
    text, different = _shown(pairs, options, f"{files[0]} → {files[1]}")
    write(text, options.output)
    return 1 if different else 0


def _for_git(path: str, old: str, new: str, options: argparse.Namespace) -> int:
    try:
        pairs = _pairs(_versions(old, path), _versions(new, path), options.machine)
        text, _ = _shown(pairs, options, path)
    except SfnbookError as error:
        text = f"no definitions to compare: {str(error).splitlines()[0]}\n{_lines(path, old, new)}"
    write(f"sfnbook diff {path}\n{text}", options.output)
    return 0


def _lines(path: str, old: str, new: str) -> str:
    from sfnbook.templates.document import read_text

    before, after = ([] if one == os.devnull else read_text(one).splitlines(keepends=True) for one in (old, new))
    return "".join(difflib.unified_diff(before, after, f"a/{path}", f"b/{path}"))


def _versions(file: str, path: str = "") -> dict[str, Definition]:
    """Return the machines of a file by id; none for git's /dev/null. path: where the file is in the working tree."""
    from sfnbook.machine import SeenMachine
    from sfnbook.templates.document import read_text
    from sfnbook.templates.find import find, find_in

    if file == os.devnull:
        return {}
    found = find(read_text(file), None, Path(path)) if path else find_in(file)
    made: dict[str, Definition] = {}
    for one in found:
        if one.problem:
            raise InputError(one.problem)
        made[one.id] = SeenMachine(
            one, name=one.name or Path(path or file).name.partition(".")[0], draft=True
        )._definition
    return made


Pairs = list[tuple[str, "Definition", "Definition"]]


def _pairs(old: dict[str, Definition], new: dict[str, Definition], asked: str) -> Pairs:
    if len(old) == len(new) == 1 and not asked:  # one machine each is the same one, whatever it is called
        [one], [(name, other)] = old.values(), new.items()
        return [(name, one, other)]
    names = [name for name in dict.fromkeys((*old, *new)) if not asked or name == asked]
    if not names:
        raise InputError(f"There is no state machine {asked} there." if asked else "There is no state machine there.")
    return [(name, old.get(name) or _nothing(), new.get(name) or _nothing()) for name in names]


def _nothing() -> Definition:
    """Return a definition without states, for a machine that one version does not have."""
    from sfnbook.language.definition import Definition, Machine

    return Definition(Machine("", {}, "", "JSONPath", {}), "")


def _shown(pairs: Pairs, options: argparse.Namespace, title: str) -> tuple[str, bool]:
    from sfnbook.convert.definition_diff import as_markdown, definition_diff

    if options.svg or options.html:
        return _drawn(pairs, options, title)
    parts, different = [], False
    for name, old, new in pairs:
        found = definition_diff(old.machine, new.machine)
        different = different or bool(found)
        if options.markdown:
            parts += [f"**{name}**\n"] * (len(pairs) > 1) + [as_markdown(found) + "\n"]
        elif found:
            parts += [name] * (len(pairs) > 1) + [str(one) for one in found]
    return "".join(f"{one}\n" for one in parts), different


def _drawn(pairs: Pairs, options: argparse.Namespace, title: str) -> tuple[str, bool]:
    from sfnbook.convert.diff_picture import compare, page

    compared = [(name, compare(old, new)) for name, old, new in pairs]
    different = [(name, one) for name, one in compared if one.changes]
    if options.html:
        return page(compared, title), bool(different)
    if len(compared) > 1 and len(different) != 1:
        names = ", ".join(name for name, _ in compared)
        raise InputError(f"One diagram is of one machine: choose it with --machine ({names}), or take --html.")
    name, one = (different or compared)[0]
    return one.svg(options.theme, name or title) + "\n", bool(different)


def write(text: str, output: str | None) -> None:
    """Write a text to a file, or to standard output. Raises InputError for a file that cannot be written."""
    if output is None:
        sys.stdout.write(text)
        return
    try:
        Path(output).write_text(text, "utf-8")
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}.") from None
