"""Completion of what only a workspace knows: machine, state and function names, and the options of the magics.

Pure apart from reading the workspace when asked. Everywhere else IPython's own completion is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from sfnbook.notebook.arguments import split
from sfnbook.notebook.magics import COMMANDS
from sfnbook.stepper import ALIASES, command_words, paused_runs

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

    from sfnbook.workspace import Workspace

_MAGIC: Final = re.compile(r"^\s*%{1,2}(statemachine|sfn_\w+)[ \t]+(.*)$", re.DOTALL)
_TRANSITION: Final = re.compile(r'"(?:Next|StartAt|Default)"\s*:\s*"([^"]*)$')
_STATE: Final = re.compile(r'"((?:[^"\\]|\\.)+)"\s*:\s*\{\s*"(?:Type|Comment)"')
_TYPES: Final = ("Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map")
_TYPE: Final = re.compile(r'"Type"\s*:\s*"([^"]*)$')
_CLOCKS: Final = ("virtual", "real", "x60")

Found = tuple[str, list[str]]
"""The text before the cursor that is replaced, and what may stand there."""


def complete(workspace: Workspace, text: str, before: str) -> Found | None:
    """Return completions at the end of ``before``, the text up to the cursor of a cell; None outside our magics."""
    first, newline, _ = text.partition("\n")
    if newline and "\n" in before:
        return _in_definition(text, before) if first.lstrip().startswith("%%statemachine") else None
    match = _MAGIC.match(before)
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
    previous = words[-1] if words else ""
    if previous == "--clock":
        return _CLOCKS
    if previous == "--type":
        return ("STANDARD", "EXPRESS")
    if previous == "--bind" and "=" in typed:
        resource = typed.rpartition("=")[0]
        return [f"{resource}={name}" for name in functions(workspace)]
    if typed.startswith("-"):
        return [f"--{option.name}" for option in COMMANDS[magic].options] + ["--help"]
    if magic == "sfn_debug" and words and (words[0] in command_words() or words[0] in ALIASES):
        return _places(workspace, ALIASES.get(words[0], words[0])) if len(words) == 1 else ()
    position = len([word for word in words if not word.startswith("--")])
    if magic == "sfn_debug" and position == 0:
        return [*workspace.machines, *command_words()]
    if magic in ("sfn_run", "sfn_sweep", "sfn_definition", "sfn_history", "statemachine") and position == 0:
        return workspace.machines
    if magic in ("sfn_run", "sfn_debug", "sfn_sweep") and position == 1:
        return [name for name, value in _visible(workspace) if isinstance(value, (dict, list))]
    if magic == "sfn_bind":
        return resources(workspace) if position == 0 else functions(workspace) if position == 1 else ()
    return ()


def _places(workspace: Workspace, command: str) -> list[str]:
    """What may follow a debugger's command: the states of the runs that stand still, and their breakpoints."""
    runs = paused_runs(workspace.runs) or workspace.runs[-1:]
    if command == "unbreak":
        return [
            stop.text for run in runs for stop in (run.debugger.breakpoints if run.debugger else ()) if not stop.once
        ]
    if command not in ("to", "at", "break"):
        return []
    names = [state.name for run in runs for state in run.machine.definition.machine.walk()]
    return [*names, *(["error"] if command == "break" else [])]


def resources(workspace: Workspace) -> list[str]:
    """Return what can be bound: the resources and the names of the tasks of all machines."""
    tasks = [task for machine in workspace.machines.values() for task in machine.tasks()]
    names = [f'"{task.state}"' if " " in task.state else task.state for task in tasks]
    return list(dict.fromkeys([*(task.resource.text for task in tasks), *names]))


def functions(workspace: Workspace) -> list[str]:
    """Return the names of the functions that the user wrote or imported."""
    return [name for name, value in _visible(workspace) if callable(value) and not isinstance(value, type)]


def _visible(workspace: Workspace) -> list[tuple[str, Any]]:
    hidden = {"In", "Out", "exit", "quit", "get_ipython", "open"}
    return [(k, v) for k, v in (workspace.namespace or {}).items() if not k.startswith("_") and k not in hidden]


def _starting(typed: str, candidates: Iterable[str]) -> list[str]:
    return [candidate for candidate in dict.fromkeys(candidates) if candidate.startswith(typed)]


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
