"""The commands about definitions: ``sfnbook check``, ``explain``, ``convert``, ``diff`` and ``policy``.

Owns their arguments and exit codes: 0 nothing wrong, 1 something is wrong, 2 the command could not be carried out.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfnbook import diff_command
from sfnbook.diff_command import write
from sfnbook.errors import InputError, SfnbookError

if TYPE_CHECKING:
    from sfnbook.machine import SeenMachine

MAX_FIXES = 10_000
TEMPLATES = ("sam", "cfn", "terraform")
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
    check.add_argument(
        "--config", metavar="FILE", help="a TOML file with [tool.sfnbook] (default: the nearest pyproject.toml)"
    )
    check.set_defaults(command=_check)
    explain = commands.add_parser("explain", help="say what a rule finds and why, as in `sfnbook explain SFN101`")
    explain.add_argument("code", nargs="?", metavar="CODE", help="a rule's code or name (default: list all)")
    explain.set_defaults(command=_explain)
    convert = commands.add_parser("convert", help="write a definition as JSONata, YAML or JSON, or as a template")
    convert.add_argument("file", metavar="FILE", help="the definition, or a template with it")
    convert.add_argument("--to", required=True, choices=["jsonata", "yaml", "json", *TEMPLATES], help="what is written")
    convert.add_argument("--machine", default="", metavar="ID", help="which machine of a template")
    convert.add_argument("--input", action="append", default=[], metavar="JSON|@FILE", help="tried in the proof, too")
    convert.add_argument(
        "--substitute", action="append", default=[], metavar="NAME=VALUE", help="as for run; repeatable"
    )
    convert.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")
    convert.set_defaults(command=_convert)
    diff_command.add(commands)
    lsp = commands.add_parser(
        "lsp", help="serve an editor over its standard input and output (Language Server Protocol)"
    )
    lsp.set_defaults(command=_lsp)
    policy = commands.add_parser("policy", help="write the IAM policy that a machine's role needs, or judge a role")
    policy.add_argument("file", metavar="FILE", help="the definition, or a template with it")
    policy.add_argument("--machine", default="", metavar="ID", help="which machine of a template")
    policy.add_argument(
        "--from-runs", nargs="+", metavar="HISTORIES", help="only what recorded runs called: files, folders or globs"
    )
    policy.add_argument("--role", metavar="FILE", help="a role's policies: say what is missing, unused and too wide")
    policy.add_argument("--region", default="", help="of ARNs that the definition only has names for (default: *)")
    policy.add_argument("--account", default="", help="the same, 12 digits")
    policy.add_argument("--json", action="store_true", help="print what --role finds as JSON")
    policy.add_argument("-o", "--output", metavar="FILE", help="where to (default: standard output)")
    policy.add_argument(
        "--substitute", action="append", default=[], metavar="NAME=VALUE", help="as for run; repeatable"
    )
    policy.set_defaults(command=_policy)


def _lsp(options: argparse.Namespace) -> int:
    from sfnbook.editor.lsp import serve

    serve()
    return 0


def _check(options: argparse.Namespace) -> int:
    from sfnbook.lint.files import check_files
    from sfnbook.lint.report import FORMATS
    from sfnbook.lint.settings import read_settings, settings_in
    from sfnbook.templates.find import substitutions

    settings = settings_in(Path(options.config)) if options.config else read_settings(Path.cwd())
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


def _machine(options: argparse.Namespace, substitute: list[str] | tuple[str, ...] = ()) -> SeenMachine:
    """Return the machine of a file. Raises DefinitionError for a definition that is none."""
    from sfnbook.machine import SeenMachine
    from sfnbook.templates.find import choose, find_in, substitutions

    found = choose(find_in(options.file, substitutions(list(substitute))), asked=options.machine)
    name = found.name or options.machine or Path(options.file).name.partition(".")[0]
    return SeenMachine(found, name=name, draft=True)


def _convert(options: argparse.Namespace) -> int:
    from sfnbook.workspace import read_input

    machine = _machine(options, options.substitute)
    value: Any = machine._definition.machine.fields
    code = 0
    if options.to in TEMPLATES:
        write(machine.to_template(options.to), options.output)
        return 0
    if options.to == "jsonata":
        made = machine.to_jsonata([read_input(text) for text in options.input])
        for state, why in made.kept.items():
            print(f'sfnbook: "{state}" stays in JSONPath: {why}', file=sys.stderr)
        print(f"sfnbook: {made.runs} pairs of runs did the same", file=sys.stderr)
        value, code = dict(made.definition), 1 if made.kept else 0
    text = _as_yaml(value) if options.to == "yaml" else json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    write(text, options.output)
    return code


def _as_yaml(value: Any) -> str:
    import yaml

    from sfnbook.language import reader

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
    if reader.read(text).value != value:
        raise SfnbookError("This definition has values that YAML does not keep.")
    return text


def _policy(options: argparse.Namespace) -> int:
    machine = _machine(options, options.substitute)
    runs = None
    if options.from_runs:
        from sfnbook.testing.histories import recorded_runs

        runs = recorded_runs(options.from_runs, machine)
    made = machine.policy(runs, region=options.region, account=options.account)
    if options.role is not None:
        return _review(made, options)
    for note in made.notes:
        print(f"sfnbook: {note}", file=sys.stderr)
    write(made.text + "\n", options.output)
    return 0


def _review(policy: Any, options: argparse.Namespace) -> int:
    from sfnbook.templates.cloudformation import Template
    from sfnbook.templates.document import Document, read_text

    path = Path(options.role)
    document = Document(read_text(path), path)
    value = document.value
    if isinstance(value, dict) and isinstance(value.get("Resources"), dict):
        value = Template(document).value(())
    found = policy.review(value)
    text = json.dumps(found.as_json(), indent=2, ensure_ascii=False) if options.json else str(found)
    write(text + "\n", options.output)
    return 1 if found.missing else 0
