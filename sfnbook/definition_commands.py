"""The commands about definitions that run nothing: ``sfnbook check`` and ``explain``.

Owns their arguments and exit codes: 0 nothing wrong, 1 something is wrong, 2 the command could not be carried out.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from sfnbook.errors import InputError

MAX_FIXES = 10_000
FORMATS = ("text", "json", "sarif", "github", "junit")


def add(commands: Any) -> None:
    """Add the commands to a command line."""
    check = commands.add_parser("check", help="say all that is wrong with definitions in files, folders and templates")
    check.add_argument("paths", nargs="*", default=["."], metavar="PATH", help="files, folders, globs, - (default: .)")
    check.add_argument("--format", default="text", choices=FORMATS, help="what is printed (default: text)")
    check.add_argument("--strict", action="store_true", help="warnings count, too: exit code 1")
    check.add_argument("--fix", action="store_true", help="correct what has one right answer, then check")
    check.add_argument("--machine", default="", metavar="ID", help="only this machine of a template")
    check.add_argument("--type", choices=["STANDARD", "EXPRESS"], help="the machines' type (default: the file's)")
    check.add_argument("--substitute", action="append", default=[], metavar="NAME=VALUE", help="as for run; repeatable")
    check.add_argument("--config", metavar="FILE", help="a pyproject.toml (default: the nearest)")
    check.set_defaults(command=_check)
    explain = commands.add_parser("explain", help="say what a rule finds and why, as in `sfnbook explain SFN101`")
    explain.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name (default: list all)")
    explain.set_defaults(command=_explain)


def _check(options: argparse.Namespace) -> int:
    from sfnbook.lint.files import check_files
    from sfnbook.lint.report import FORMATS
    from sfnbook.lint.settings import read_settings
    from sfnbook.workspace import substitutions

    settings = read_settings(Path(options.config).parent if options.config else Path.cwd())
    more: dict[str, Any] = {
        "type": options.type,
        "machine": options.machine,
        "substitutions": substitutions(options.substitute),
    }
    results = list(check_files(options.paths, settings, **more))
    if options.fix:
        made = 0
        while (now := _fix(results)) and made < MAX_FIXES:  # a fix may show what the fault has hidden
            made += now
            results = list(check_files(options.paths, settings, **more))
        print(f"Fixed: {made}", file=sys.stderr)
    if options.machine and not results:
        raise InputError(f"There is no state machine {options.machine} there.")
    if text := FORMATS[options.format](results):
        print(text)
    return 1 if any(one.errors or (options.strict and one.warnings) for one in results) else 0


def _fix(results: list[Any]) -> int:
    """Make the fixes in the files; return how many."""
    from sfnbook.lint.fixes import fixed

    by_file: defaultdict[str, list[Any]] = defaultdict(list)
    for one in results:
        if one.file != "-":
            by_file[one.file] += one.diagnostics
    count = 0
    for file, diagnostics in by_file.items():
        data = Path(file).read_bytes()
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        crlf = "\r\n" in text
        new, made = fixed(text.replace("\r\n", "\n"), diagnostics)
        if made:
            Path(file).write_bytes((new.replace("\n", "\r\n") if crlf else new).encode("utf-8"))
        count += made
    return count


def _explain(options: argparse.Namespace) -> int:
    from sfnbook.lint.pages import page, pages

    if options.code:
        print(page(options.code))
    else:
        for code, name, level, text in pages():
            print(f"{code} {name} ({level}): {text.splitlines()[0] if text else ''}")
    return 0
