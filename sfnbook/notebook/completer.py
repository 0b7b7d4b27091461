"""Completion of what only a workspace knows: machine, state and function names, and the options of the magics.

Pure apart from reading the workspace when asked. Everywhere else IPython's own completion is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sfnbook.notebook.arguments import Option, split, unquote
from sfnbook.notebook.magics import COMMANDS
from sfnbook.starters import starters
from sfnbook.stepper import ALIASES, command_words, paused_runs

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

    from sfnbook.workspace import Workspace

_MAGIC: Final = re.compile(r"""^\s*(?:%{1,2}|[\w.,\s\[\]"'*]+=\s*%)(statemachine|sfn_\w+)[ \t]+(.*)$""")
"""A line with one of our magics, alone or assigned to a variable."""
_TRANSITION: Final = re.compile(r'"(?:Next|StartAt|Default)"\s*:\s*"([^"]*)$')
_STATE: Final = re.compile(r'"((?:[^"\\]|\\.)+)"\s*:\s*\{\s*"(?:Type|Comment)"')
_TYPES: Final = ("Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
_TYPE: Final = re.compile(r'"Type"\s*:\s*"([^"]*)$')
_CLOCKS: Final = ("virtual", "real", "x60")
_FILES: Final = 500
"""Entries of a folder that are looked at."""

Found = tuple[str, list[str]]
"""The text before the cursor that is replaced, and what may stand there."""


def complete(workspace: Workspace, text: str, before: str) -> Found | None:
    """Return completions at the end of ``before``, the text up to the cursor of a cell; None outside our magics."""
    if "\n" in before and text.lstrip().startswith("%%"):
        helped = workspace.completed_by_page or not text.lstrip().startswith("%%statemachine")
        return None if helped else _in_definition(text, before)
    match = _MAGIC.match(before.rpartition("\n")[2])
    if match is None or match[1] not in COMMANDS:
        return None
    words = split(match[2])
    typed = words.pop() if words and not match[2][-1:].isspace() else ""
    return typed, _starting(typed, _candidates(workspace, match[1], words, typed))


def _in_definition(text: str, before: str) -> Found | None:
    line = before.rpartition("\n")[2]
    if match := _TRANSITION.search(line):
        return match[1], _starting(match[1], _STATE.findall(text))
    if match := _TYPE.search(line):
        return match[1], _starting(match[1], _TYPES)
    return None


def _candidates(workspace: Workspace, magic: str, words: list[str], typed: str) -> Iterable[str]:
    if typed.startswith("@"):
        return (f"@{name}" for name in files(typed[1:]))
    options = {f"--{option.name}": option for option in COMMANDS[magic].options}
    previous = options.get(words[-1]) if words else None
    if previous is not None and previous.value:
        return _values(workspace, magic, words, previous, typed)
    if typed.startswith("-"):
        return [*options, "--help"]
    if magic == "sfn_debug" and words and (words[0] in command_words() or words[0] in ALIASES):
        return _places(workspace, ALIASES.get(words[0], words[0])) if len(words) == 1 else ()
    return _words(workspace, magic, _plain(words, options), typed)


def _plain(words: list[str], options: Mapping[str, Option]) -> list[str]:
    """The words that are neither options nor their values."""
    found, value = [], False
    for word in words:
        if not value and not word.startswith("--"):
            found.append(word)
        value = not value and word in options and bool(options[word].value)
    return found


def _words(workspace: Workspace, magic: str, before: list[str], typed: str) -> Iterable[str]:
    """What may stand as a magic's next word, after the words before it."""
    runs = [run.name for run in reversed(workspace.runs)]
    match magic, len(before):
        case ("sfn_debug", 0):
            return [*workspace.machines, *command_words()]
        case (
            "statemachine" | "sfn_run" | "sfn_sweep" | "sfn_test_state" | "sfn_deploy" | "sfn_cases" | "sfn_simulate",
            0,
        ):
            return workspace.machines
        case ("sfn_template", 0):
            return starters()
        case ("sfn_export", 0):
            return [*workspace.machines, *runs]
        case ("sfn_replay", 0):
            return [*data(workspace), *files(typed, ".json")]
        case ("sfn_test_state", 1):
            return _states(workspace, before[0])
        case ("sfn_run" | "sfn_debug" | "sfn_sweep" | "sfn_simulate", 1) | ("sfn_test_state", 2):
            return data(workspace)
        case ("sfn_bind", 0):
            return resources(workspace)
        case ("sfn_bind", 1):
            return functions(workspace)
    return ()


def _values(workspace: Workspace, magic: str, words: list[str], option: Option, typed: str) -> Iterable[str]:
    """What may stand as an option's value."""
    machine = words[0] if words else ""
    match option.name:
        case "clock":
            return _CLOCKS
        case "bind":
            resource, equals, _ = typed.rpartition("=")
            return [f"{resource}={name}" for name in functions(workspace)] if equals else resources(workspace)
        case "break":
            return [*_states(workspace, machine), "error"]
        case "state":
            return _states(workspace, machine, {"Task"})
        case "fault" | "duration" | "error" | "output":
            return [f"{name}=" for name in _states(workspace, machine, {"Task"})]
        case "machine":
            return workspace.machines
        case "run":
            return [run.name for run in paused_runs(workspace.runs)]
        case "executor":
            return [name for name, value in _visible(workspace) if callable(getattr(value, "submit", None))]
        case "mock" | "variables" | "context":
            return data(workspace)
        case "on":
            return ("here", "aws", "aws:")
        case "file" | "template" | "env-file" | "mock-config" | "db" | "histories":
            return files(typed)
    return option.choices


def _states(workspace: Workspace, machine: str, types: Container[str] = ()) -> list[str]:
    """The states of a machine, of these types if any are named; names with blanks in quotes."""
    found = workspace.machines.get(unquote(machine))
    states = found._definition.machine.walk() if found is not None else ()
    return [_quoted(state.name) for state in states if not types or state.type in types]


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[\s{}()\[\]]", name) else name


def files(typed: str, ending: str = "") -> list[str]:
    """Return the files and folders that a path, typed so far, may go on to; in quotes where there are blanks."""
    path = typed.lstrip("\"'")
    folder, _, begun = path.rpartition("/")
    place = Path(folder + "/" if path.startswith("/") else folder or ".").expanduser()
    try:
        found = sorted(one for one in place.iterdir() if begun.startswith(".") or not one.name.startswith("."))[:_FILES]
        names = [f"{one.name}/" if one.is_dir() else one.name for one in found]
    except OSError:
        return []
    prefix = f"{folder}/" if "/" in path else ""
    return [_quoted(prefix + name) for name in names if name.endswith(("/", ending)) and name.startswith(begun)]


def data(workspace: Workspace) -> list[str]:
    """Return the names of the variables that can be an input."""
    return [name for name, value in _visible(workspace) if isinstance(value, (dict, list))]


def _places(workspace: Workspace, command: str) -> list[str]:
    """What may follow a debugger's command: the states of the runs that stand still, and their breakpoints."""
    runs = paused_runs(workspace.runs) or workspace.runs[-1:]
    if command == "unbreak":
        return [
            stop.text for run in runs for stop in (run.debugger.breakpoints if run.debugger else ()) if not stop.once
        ]
    if command not in ("to", "at", "break"):
        return []
    names = [state.name for run in runs for state in run.machine._definition.machine.walk()]
    return [*names, *(["error"] if command == "break" else [])]


def resources(workspace: Workspace) -> list[str]:
    """Return what can be bound: the resources and the names of the tasks of all machines."""
    tasks = [task for machine in workspace.machines.values() for task in machine.tasks()]
    names = [_quoted(task.state) for task in tasks]
    return list(dict.fromkeys([*(task.resource.text for task in tasks), *names]))


def functions(workspace: Workspace) -> list[str]:
    """Return the names of the functions that the user wrote or imported."""
    return [name for name, value in _visible(workspace) if callable(value) and not isinstance(value, type)]


def _visible(workspace: Workspace) -> list[tuple[str, Any]]:
    hidden = {"In", "Out", "exit", "quit", "get_ipython", "open"}
    return [(k, v) for k, v in (workspace.namespace or {}).items() if not k.startswith("_") and k not in hidden]


def _starting(typed: str, candidates: Iterable[str]) -> list[str]:
    """The candidates that go on from what was typed, which may leave out the quotes around a name with blanks."""
    bare = typed.replace('"', "").replace("'", "")
    begun = '"' if typed[:1] in ("'", '"') else ""
    return [one for one in dict.fromkeys(candidates) if one.startswith(begun) and one.replace('"', "").startswith(bare)]


def matcher(workspace: Workspace) -> Callable[[CompletionContext], Any]:
    """Return IPython's form of `complete` for a workspace."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    def sfnbook_matcher(context: CompletionContext) -> Any:
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        lines[-1] = lines[-1][: context.cursor_position]
        found = complete(workspace, context.full_text, "\n".join(lines))
        if found is None:
            return {"completions": []}
        typed, names = found
        completions = [SimpleCompletion(name, type="sfnbook") for name in names]
        return {"completions": completions, "matched_fragment": typed, "suppress": bool(names), "ordered": True}

    marked: Callable[[CompletionContext], Any] = context_matcher()(sfnbook_matcher)
    return marked
