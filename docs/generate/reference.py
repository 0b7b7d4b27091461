"""The reference: magics, command line, Python API, pytest plugin, diagnostics, events, fields and the endpoint.

Each page is written from the table that the code itself uses, so that it cannot fall behind.
"""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import sfnbook
from generate.markdown import code, fence, join, table
from sfnbook import cli
from sfnbook.history.aws import details_member
from sfnbook.language import fields
from sfnbook.lint.pages import pages as rules
from sfnbook.notebook.arguments import Command
from sfnbook.notebook.magics import COMMANDS, WITH_CELL
from sfnbook.server import config
from sfnbook.server.api import wire
from sfnbook.server.operations import OPERATIONS
from sfnbook.testing import plugin

GALLERY: Final = Path(__file__).parents[2] / "tests" / "lint" / "gallery.txt"


def pages() -> dict[str, str]:
    """Return every page of the reference."""
    return {
        "reference/magics.md": magics(),
        "reference/command-line.md": command_line(),
        **python(),
        "reference/pytest.md": pytest_plugin(),
        "reference/diagnostics.md": diagnostics(),
        "reference/events.md": events(),
        "reference/fields.md": language(),
        "reference/endpoint.md": endpoint(),
    }


def magics() -> str:
    """Return the page of the magics."""
    return join(
        "# Magics",
        "`%load_ext sfnbook` makes these known to a notebook. INPUT is JSON, a Python variable or expression, or `@FILE`. "
        "Words in `[ ]` may be left out; `...` means that the option may be given several times. `--help` after any of them "
        "shows the same.",
        *(_magic(name, command) for name, command in COMMANDS.items()),
    )


def _magic(name: str, command: Command) -> str:
    cell = "With a body: `%%" + name + "`." if name in WITH_CELL and not command.name.startswith("%%") else ""
    options = [
        (code(f"--{one.name} {one.value}".rstrip()), one.help, "yes" if one.repeatable else "")
        for one in command.options
    ]
    return join(
        f"## {command.name}",
        f"{command.summary} {cell}",
        fence(command.usage),
        table(("option", "what it does", "repeatable"), options),
        "Examples:",
        fence("\n".join(command.examples)),
    )


# ------------------------------------------------------------------------------------------------------ command line
def parsers() -> dict[str, tuple[argparse.ArgumentParser, str]]:
    """Return the parser and the one line of help of each subcommand."""
    top = cli._parser()
    action = next(one for one in top._actions if isinstance(one, argparse._SubParsersAction))
    helps = {one.dest: one.help or "" for one in action._choices_actions}
    return {name: (parser, helps.get(name, "")) for name, parser in action.choices.items()}


def command_line() -> str:
    """Return the page of ``sfnbook``'s commands."""
    return join(
        "# Command line",
        "`sfnbook COMMAND --help` shows the same. Exit codes: 0 it worked; 1 the run failed, or something is wrong "
        "with the definition; 2 the command could not be carried out; 130 it was interrupted.",
        *(_subcommand(name, parser, help) for name, (parser, help) in parsers().items()),
    )


def _subcommand(name: str, parser: argparse.ArgumentParser, help: str) -> str:
    formatter = argparse.RawDescriptionHelpFormatter(parser.prog, width=90)
    formatter.add_usage(parser.usage, parser._actions, parser._mutually_exclusive_groups, prefix="")
    rows = [
        (code(_invocation(action)), (action.help or "") % {**vars(action), "prog": parser.prog})
        for action in parser._actions
        if not isinstance(action, argparse._HelpAction)
    ]
    return join(
        f"## sfnbook {name}",
        f"{help[:1].upper()}{help[1:]}.",
        fence(formatter.format_help().strip()),
        table(("argument", "what it is"), rows),
        fence(parser.epilog) if parser.epilog else "",
    )


def _invocation(action: argparse.Action) -> str:
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()
    )
    value = value if isinstance(value, str) else " ".join(value)
    if not action.option_strings:
        return value
    return ", ".join(action.option_strings) + ("" if action.nargs == 0 else f" {value}")


# --------------------------------------------------------------------------------------------------------- Python API
_OWN_PAGE: Final = {"StateMachine": "reference/state-machine.md", "Run": "reference/run.md"}


def python() -> dict[str, str]:
    """Return the pages of the Python API: two large classes, and everything else."""
    others = [name for name in sorted(sfnbook.__all__, key=str.lower) if name not in _OWN_PAGE]
    rest = join(
        "# Python API",
        "`import sfnbook` gives these names, and the classes [StateMachine](state-machine.md) and [Run](run.md). They are "
        "public: [What stays](../compatibility.md) says what that means.",
        *(_name(name, "##") for name in others),
    )
    own = {place: join(f"# {name}", _name(name, "##", title=False)) for name, place in _OWN_PAGE.items()}
    return {"reference/python.md": rest, **own}


def _name(name: str, marks: str, title: bool = True) -> str:
    value = getattr(sfnbook, name)
    owner = value if inspect.isclass(value) else type(value)
    ours = owner.__module__.startswith("sfnbook.")
    many = members(owner) if ours else ()
    head = f"{marks} {name}" if title else ""
    signature = f"class {name}{_signature(value)}" if inspect.isclass(value) else f"{name}{_signature(value)}"
    shown = fence(signature, "python") if callable(value) and (ours or inspect.isfunction(value)) else ""
    inner = marks + "#" if title else marks
    return join(head, shown, docstring(value), *(_member(name, one, found, inner) for one, found in many))


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """Yield the public methods and properties of a class, also inherited ones of ours."""
    for name in sorted(dir(owner)):
        home = next((base for base in owner.__mro__ if name in vars(base)), object)
        if not name.startswith("_") and home.__module__.startswith("sfnbook."):
            found = inspect.getattr_static(owner, name)
            yield name, getattr(found, "__func__", found)


def _member(owner: str, name: str, value: Any, marks: str) -> str:
    if isinstance(value, property):
        kind = inspect.signature(value.fget).return_annotation  # type: ignore[arg-type]
        shown = fence(f"{name}: {_type(kind)}", "python")
    elif callable(value):
        shown = fence(f"{name}{_signature(value)}", "python")
    else:
        shown = ""
    return join(f"({owner}.{name})=\n{marks} {name}", shown, docstring(value))


def _signature(value: Any) -> str:
    try:
        text = str(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    text = re.sub(r"^\(self(, )?", "(", text.replace("'", "") if "'" in text and '"' not in text else text)
    return text if len(text) < 80 else _wrapped(inspect.signature(value))


def _wrapped(signature: inspect.Signature) -> str:
    lines, star = [], False
    for parameter in signature.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not star:
            lines.append("    *,")
            star = True
        star = star or parameter.kind is parameter.VAR_POSITIONAL
        lines.append(
            f"    {str(parameter).replace(chr(39), '') if isinstance(parameter.annotation, str) and not isinstance(parameter.default, str) else parameter},"
        )
    result = "" if signature.return_annotation is signature.empty else f" -> {_type(signature.return_annotation)}"
    return "\n".join(["(", *lines, ")"]) + result


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def docstring(value: Any) -> str:
    """Return a docstring as Markdown: its doctests become blocks of code."""
    return _DOCTEST.sub(
        lambda found: "\n" + fence(inspect.cleandoc(found[0]), "pycon") + "\n", inspect.getdoc(value) or ""
    )


_DOCTEST: Final = re.compile(r"^>>> .*(?:\n(?!\n).+)*(?:\n\n>>> .*(?:\n(?!\n).+)*)*", re.MULTILINE)


# ------------------------------------------------------------------------------------------------------ pytest plugin
class _Options:
    """Takes the plugin's options instead of pytest's parser."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Mapping[str, Any]]] = []

    def getgroup(self, *_: str) -> _Options:
        return self

    def addoption(self, name: str, **more: Any) -> None:
        self.found.append((name, more))


def plugin_options() -> list[tuple[str, str]]:
    """Return the options of the pytest plugin with what they do."""
    options = _Options()
    plugin.pytest_addoption(options)  # type: ignore[arg-type]
    return [
        (f"{name} {more.get('metavar', '')}".rstrip(), str(more["help"]).replace("%%", "%"))
        for name, more in options.found
    ]


def fixtures() -> dict[str, str]:
    """Return the fixtures of the pytest plugin with their docstrings."""
    found = {name: value for name, value in vars(plugin).items() if type(value).__name__ == "FixtureFunctionDefinition"}
    return {name: inspect.getdoc(value) or "" for name, value in found.items() if not name.startswith("_")}


def pytest_plugin() -> str:
    """Return the page of the pytest plugin."""
    return join(
        "# pytest plugin",
        "`pip install 'sfnbook[pytest]'` brings it. Nothing has to be imported or named in a `conftest.py`.",
        "## Fixtures",
        *(join(f"### {name}", text) for name, text in fixtures().items()),
        "## Markers",
        *(
            join(
                f"### {text.partition('(')[0].partition(':')[0]}",
                fence(
                    f"@pytest.mark.{text.partition(': ')[0] if '(' not in text else text.partition('): ')[0] + ')'}",
                    "python",
                ),
                text.partition("): " if "(" in text else ": ")[2] + ".",
            )
            for text in plugin._MARKERS
        ),
        "## Options",
        table(("option", "what it does"), [(code(name), help) for name, help in plugin_options()]),
    )


# -------------------------------------------------------------------------------------------------------- diagnostics
class Example(NamedTuple):
    """A broken definition of the gallery, and one finding with the lines it shows."""

    name: str
    text: str


def examples() -> dict[str, Example]:
    """Return for each code the first finding of the gallery that has it."""
    found: dict[str, Example] = {}
    for part in f"\n{GALLERY.read_text('utf-8')}".split("\n== ")[1:]:
        name, _, body = part.partition("\n")
        for text in re.split(r"^(?=(?:ERROR|WARNING) )", body, flags=re.MULTILINE):
            if text.strip():
                found.setdefault(text.split()[1], Example(name, text.rstrip()))
    return found


def diagnostics() -> str:
    """Return the page of all diagnostics."""
    seen = examples()
    parts = []
    for number, name, level, text in rules():
        example = seen.get(number)
        shown = (f"Example, {example.name}:", fence(example.text)) if example else ()
        parts.append(join(f"({number})=\n## {number} {name}", f"*{level}*", text, *shown))
    return join(
        "# Diagnostics",
        "What `sfnbook check`, `%sfn_check`, `%%statemachine` and the editor say of a definition. Codes that begin with ASL are "
        "AWS's own findings: it refuses the errors. Codes that begin with SFN are advice, which no answer of AWS holds. "
        "`sfnbook explain CODE` prints one of these in a terminal.",
        'To silence a piece of advice, write `"Comment": "sfnbook: ignore SFN101"` in the state or in the machine, or in '
        "`pyproject.toml`:",
        fence('[tool.sfnbook]\nignore = ["SFN101"]', "toml"),
        "An error of AWS's cannot be silenced.",
        *parts,
    )


# ------------------------------------------------------------------------------------------------------------- events
def event_types() -> list[str]:
    """Return every type of GetExecutionHistory's events, from botocore's model of the API."""
    return list(wire.model()["shapes"]["HistoryEventType"]["enum"])


def events() -> str:
    """Return the page of the event types."""
    shapes = wire.model()["shapes"]
    members_of_event = shapes["HistoryEvent"]["members"]
    rows = []
    for name in sorted(event_types()):
        member = details_member(name)
        shape = members_of_event.get(member, {}).get("shape")
        held = ", ".join(code(one) for one in shapes[shape]["members"]) if shape else "nothing"
        rows.append((code(name), code(member) if shape else "", held))
    return join(
        "# Events",
        "`run.history()`, the endpoint's GetExecutionHistory and the events table of the inspector use these types. The table is "
        "botocore's model of AWS's API. Each event also has `timestamp`, `type`, `id` and `previousEventId`.",
        table(("type", "details member", "what it holds"), rows),
    )


# ------------------------------------------------------------------------------------------------------------- fields
TABLES: Final[dict[str, Mapping[str, fields.Field]]] = {
    "The machine": fields.TOP_FIELDS,
    "A branch of a Parallel": fields.BRANCH_FIELDS,
    "ItemProcessor": fields.PROCESSOR_FIELDS,
    "ProcessorConfig": fields.CONFIG_FIELDS,
    **{f"{name} state": table for name, table in fields.STATE_FIELDS.items()},
    "Retry: a retrier": fields.RETRIER_FIELDS,
    "Catch: a catcher": fields.CATCHER_FIELDS,
    "ItemReader": fields.READER_FIELDS,
    "ReaderConfig": fields.READER_CONFIG_FIELDS,
    "ItemBatcher": fields.BATCHER_FIELDS,
    "ResultWriter": fields.WRITER_FIELDS,
    "WriterConfig": fields.WRITER_CONFIG_FIELDS,
}
_HOLDS: Final = {
    "any": "any value",
    "template": "an object in JSONPath, any value in JSONata",
    "payload": "a payload template, or any other value",
    "path": "a path",
    "reference": "a Reference Path: it leads to exactly one value",
    "result-path": "a Reference Path into the input",
    "integer": "an integer",
    "array": "an array",
    "object": "an object",
    **{kind: f"a {kind}" for kind in ("string", "boolean", "number")},
}


def language() -> str:
    """Return the page of the fields."""
    words = {**fields.ENUMS, **fields.READER_WORDS, **fields.WRITER_WORDS}
    return join(
        "# Fields of the States Language",
        "The tables that definitions are checked with. A field that belongs to one query language only has its name in the third column. "
        "*JSONata* in the last column: the value may be a string `{% ... %}`.",
        *(
            join(f"## {title}", table(("field", "holds", "only in", "range", "expression"), _fields(one)))
            for title, one in TABLES.items()
        ),
        "## What a state needs",
        table(("state", "rule"), _needs()),
        "## Words that a field takes",
        table(("field", "words"), [(code(name), ", ".join(map(code, many))) for name, many in words.items()]),
        "## Comparison operators of a Choice",
        table(
            ("operator", "compares with"), [(code(name), _HOLDS[one.kind]) for name, one in fields.OPERATORS.items()]
        ),
        f"They are joined with {', '.join(map(code, fields.LOGICAL))}.",
        "## Integrations",
        "Optimized integrations, `arn:aws:states:::SERVICE:ACTION`, and how a task of theirs may wait. Any other action of AWS is "
        "`arn:aws:states:::aws-sdk:SERVICE:ACTION`, which takes `.waitForTaskToken` and no `.sync`.",
        table(
            ("service", "actions", "waits"),
            [
                (
                    code(name),
                    ", ".join(code(one) for one in sorted(many)),
                    ", ".join(code(f".{one}") for one in sorted(fields.WAITS.get(name, ()))),
                )
                for name, many in fields.INTEGRATIONS.items()
            ],
        ),
        "## Names of errors",
        "AWS reserves and raises these; a definition's own errors have any other name.",
        "\n".join(f"- `{name}`" for name in sorted(fields.ERROR_NAMES)),
    )


def _fields(many: Mapping[str, fields.Field]) -> Iterator[tuple[str, ...]]:
    for name, one in many.items():
        low, high = one.minimum, one.maximum
        bounds = {(True, True): f"{low} to {high}", (True, False): f"{low} or more"}.get(
            (low is not None, high is not None), ""
        )
        holds = (
            _HOLDS[one.kind]
            + (" or null" if one.null else "")
            + (", or an intrinsic function" if one.intrinsic else "")
        )
        yield code(name), holds, one.only or "", bounds, "JSONata" if one.jsonata else ""


def _needs() -> Iterator[tuple[str, str]]:
    for tables, words in ((fields.EITHER, "exactly one of"), (fields.EXCLUSIVE, "at most one of")):
        for state, groups in tables.items():
            for group in groups:
                yield state, f"{words} {', '.join(map(code, group))}"
    for state, names in fields.REQUIRED.items():
        yield state, f"has {', '.join(map(code, names))}"


# ----------------------------------------------------------------------------------------------------------- endpoint
def endpoint() -> str:
    """Return the page of the endpoint: its options, its file, its actions."""
    parser, _ = parsers()["serve"]
    rows = [
        (code(_invocation(one)), (one.help or "") % {**vars(one), "prog": parser.prog})
        for one in parser._actions
        if one.dest != "help"
    ]
    words = inspect.cleandoc(config.__doc__ or "")
    actions: Mapping[str, Callable[..., Any]] = OPERATIONS
    return join(
        "# Endpoint",
        "`sfnbook serve` and `%sfn_serve` offer the Step Functions API on this machine.",
        "## Options",
        table(("option", "what it does"), rows),
        "## The bindings file",
        f"`--bindings FILE` is TOML with the tables {', '.join(code(f'[{one}]') for one in config._TABLES)}.",
        fence(inspect.cleandoc(_toml(words)), "toml"),
        "Paths are relative to the file. No code ever comes from a request: what runs is what this file names.",
        "## Actions",
        table(
            ("action", "what it does"),
            [(code(name), (inspect.getdoc(actions[name]) or "").partition("\n\n")[0]) for name in sorted(actions)],
        ),
    )


def _toml(words: str) -> str:
    """Return the indented block of a docstring."""
    return "\n".join(line[4:] for line in words.splitlines() if line.startswith("    "))
