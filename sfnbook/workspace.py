"""Workspace: the named machines, bindings and runs that the magics, the command line and a server share.

Owns the names and what to say when one is unknown, and how the text of an input or a definition becomes a value.
Knows neither IPython nor a terminal: whatever comes back is for the caller to show.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfnbook.errors import InputError
from sfnbook.machine import MachineType, StateMachine, Written
from sfnbook.run import Run
from sfnbook.tasks.aws.endpoints import services
from sfnbook.tasks.registry import Registry
from sfnbook.templates.document import read_text
from sfnbook.templates.find import choose, find, find_in
from sfnbook.values import NULL, Json, from_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sfnbook.tasks.functions.lambda_server import LambdaServer

Evaluate = Callable[[str], Any]
"""Turns the text of an expression into a value, as the notebook does with Python's."""


class Workspace:
    """What one notebook or one command line works on. Names of machines are unique; the last definition counts."""

    def __init__(self, namespace: Mapping[str, Any] | None = None) -> None:
        self.namespace = namespace
        self.machines: dict[str, StateMachine] = {}
        self.bindings: dict[str, Any] = {}
        self.runs: list[Run] = []
        self.lambda_server: LambdaServer | None = None

    @property
    def clock(self) -> str:
        """The clock of a run that names none: virtual, or what an env-file's WAIT_TIME_SCALE makes of a second."""
        scale = services.time_scale
        return "virtual" if not scale else "real" if scale == 1 else f"x{1 / scale:g}"

    def define(
        self,
        name: str,
        definition: Written,
        *,
        type: MachineType | None = None,
        bind: Mapping[str, Any] | None = None,
        substitutions: Mapping[str, str] | None = None,
        machine_id: str = "",
    ) -> StateMachine:
        """Add a machine, or replace the one of that name. Raises DefinitionError and then changes nothing.

        definition: also a document, or a file, with one in it (see `sfnbook.templates`). type: the document's by
        default, else STANDARD. substitutions: what its ``${Name}`` placeholders stand for. machine_id: which of a
        document's machines, by its logical id or name; ``name`` by default.
        """
        if isinstance(definition, Path):
            definition = choose(find_in(definition, substitutions), name, machine_id)
        elif isinstance(definition, str):
            definition = choose(find(definition, substitutions), name, machine_id)
        machine = StateMachine(definition, name=name, type=type, namespace=self.namespace, draft=True)
        for resource, target in {**self.bindings, **(bind or {})}.items():
            machine.bind(resource, target)
        self.machines[name] = machine
        return machine

    def machine(self, name: str) -> StateMachine:
        """Return a machine by its name. Raises InputError that names the nearest one."""
        if name in self.machines:
            return self.machines[name]
        if not self.machines:
            raise InputError(
                f'There is no machine "{name}": none is defined yet. Define one with %%statemachine {name}.'
            )
        raise InputError(f'There is no machine "{name}". {nearest(name, self.machines)}')

    def bind(self, resource: str, target: Any, *, executor: Executor | None = None) -> list[str]:
        """Let ``target`` answer a resource (exact ARN, glob or state name), now and in machines to come.

        executor: where a function runs, as for `StateMachine.bind`. Returns the tasks that this reaches today, each as ``machine: state``.
        """
        if executor is not None:
            target = Registry(self.namespace).placed(resource, target, executor)
        for machine in self.machines.values():
            machine.bind(resource, target)
        self.bindings[resource] = target
        return [
            f"{machine.name}: {task.state}"
            for machine in self.machines.values()
            for task in machine.tasks()
            if any(fnmatchcase(key, resource) for key in (task.state, task.resource.text, task.resource.label))
        ]

    def run(self, machine: str | StateMachine, input: Json = None, **options: Any) -> Run:
        """Start a run of a machine and keep it. ``options`` are those of `StateMachine.run`."""
        subject = self.machine(machine) if isinstance(machine, str) else machine
        run = subject.run(input, **options)
        self.runs.append(run)
        return run

    def serve_lambda(self, port: int = 0) -> LambdaServer:
        """Offer what answers Lambda tasks here as a Lambda endpoint on loopback; a later call moves it.

        Functions and bindings are looked up at each call. Raises InputError when the port cannot be had.
        """
        from sfnbook.tasks.functions.lambda_server import LambdaServer

        self.stop_serving()
        self.lambda_server = LambdaServer(self._registry, port)
        return self.lambda_server

    def stop_serving(self) -> None:
        """Close the Lambda endpoint, if there is one."""
        if self.lambda_server is not None:
            self.lambda_server.close()
            self.lambda_server = None

    def _registry(self) -> Registry:
        registry = Registry(self.namespace)
        for resource, target in self.bindings.items():
            registry.add(resource, target)
        return registry


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the sentence that helps with an unknown name: the nearest one, or what there is."""
    known = list(names)
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if match:
        return f'Did you mean "{match[0]}"?'
    return "There " + ("is " if len(known) == 1 else "are ") + ", ".join(f'"{n}"' for n in known[:10]) + "."


def substitutions(pairs: Iterable[str]) -> dict[str, str]:
    """Return what ``NAME=VALUE`` texts say. Raises InputError for one that is none."""
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise InputError(f"--substitute {pair}: write NAME=VALUE, for example --substitute Table=orders.")
        found[name.removeprefix("${").removesuffix("}")] = value
    return found


read_file = read_text
"""The text of a file."""


def read_input(text: str, evaluate: Evaluate | None = None) -> Json:
    """Return the value that the text of an input means: nothing ({}), JSON, ``@file``, a file's path, or an expression.

    An expression may be a variable with a dollar, as IPython's own magics have it.

    JSON's null comes back as `sfnbook.values.NULL`.

    Raises InputError that says what the text is not.
    """
    text = text.strip()
    if not text:
        return {}
    if text.startswith("@"):
        return _file_input(text[1:])
    try:
        value = from_text(text)
        return NULL if value is None else value
    except ValueError as error:
        not_json = str(error)
    if text.endswith(".json") and "\n" not in text and Path(text).expanduser().is_file():
        return _file_input(text)
    if evaluate is None:
        raise InputError(f"The input is not JSON: {not_json}.\n  input: {_shorten(text)}")
    if text.startswith("$") and text[1:].isidentifier():  # as IPython's own magics write a variable
        text = text[1:]
    try:
        return evaluate(text)
    except (SyntaxError, NameError) as error:
        if text[0] in "{[\"'" or isinstance(error, SyntaxError):
            raise InputError(f"The input is not JSON: {not_json}.\n  input: {_shorten(text)}") from None
        raise InputError(f"The input is neither JSON nor a Python expression: {error}.") from None
    except Exception as error:  # the door: this is the user's own expression, whatever it raises is theirs
        raise InputError(f"The input {_shorten(text)} raised {type(error).__name__}: {error}") from error


def _file_input(path: str) -> Json:
    try:
        return from_text(read_file(path))
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"The file {path} is not JSON: {error}.") from None


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 80 else line[:79] + "…"
