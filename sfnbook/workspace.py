"""Workspace: the named machines, bindings and runs that the magics, the command line and a server share.

Owns the names and what to say when one is unknown, and how the text of an input or a definition becomes a value.
Knows neither IPython nor a terminal: whatever comes back is for the caller to show.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sfnbook.errors import DefinitionError, InputError, SfnbookError
from sfnbook.language.parser import read
from sfnbook.machine import MachineType, StateMachine, Written
from sfnbook.run import Run
from sfnbook.runs.run_list import RunList
from sfnbook.tasks.aws.services.endpoints import services
from sfnbook.tasks.registry import Registry
from sfnbook.templates.document import read_text
from sfnbook.templates.find import choose, find, find_in
from sfnbook.templates.machine import TemplateMachine
from sfnbook.values import NULL, Json, from_text

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from sfnbook.tasks.lambda_api.server import LambdaServer

Evaluate = Callable[[str], Any]
"""Turns the text of an expression into a value, as the notebook does with Python's."""


class Workspace:
    """What one notebook or one command line works on. Names of machines are unique; the last definition counts.

    of_notebook: that of the notebook which this process is the kernel of; None elsewhere.
    """

    of_notebook: ClassVar[Workspace | None] = None

    def __init__(self, namespace: Mapping[str, Any] | None = None) -> None:
        self.namespace = namespace
        self.machines: dict[str, StateMachine] = {}
        self.bindings: dict[str, Any] = {}
        self.broken: dict[str, str] = {}
        self.runs: RunList[Run] = RunList()
        self.lambda_server: LambdaServer | None = None
        self.default_clock = ""
        """The clock that ``%config SfnbookMagics.clock`` names, empty for none."""
        self.completed_by_page = False
        """Whether the page's editor proposes what may stand in a definition, so that the kernel need not do it as well."""

    @property
    def clock(self) -> str:
        """The clock of a run that names none: the default, an env-file's WAIT_TIME_SCALE as the speed, or virtual."""
        if self.default_clock:
            return self.default_clock
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
        try:
            machine = StateMachine(definition, name=name, type=type, namespace=self.namespace, draft=True)
        except DefinitionError as error:
            raise _with_expressions(error, definition, type) from None
        for resource, target in {**self.bindings, **(bind or {})}.items():
            machine.bind(resource, target)
        self.machines[name] = machine
        self.broken.pop(name, None)
        return machine

    @contextmanager
    def defining(self, name: str) -> Iterator[None]:
        """Remember that a machine's newest definition has errors when what is done here fails with one of ours.

        Until it is defined again, `machine` refuses the name: what stood there before is not what the user sees.
        """
        try:
            yield
        except SfnbookError as error:
            first, *more = str(error).splitlines()
            if name:
                self.broken[name] = f"{first}: {more[0].strip()}" if more else first
            raise

    def machine(self, name: str) -> StateMachine:
        """Return a machine by its name, or by that of a variable that holds one.

        Raises InputError that names the nearest one, or says that the name's last definition has errors.
        """
        if name in self.broken:
            raise InputError(
                f'The last definition of "{name}" was not taken. Mend it and run its cell again.\n  {self.broken[name]}'
            )
        if name in self.machines:
            return self.machines[name]
        held = (self.namespace or {}).get(name)
        if isinstance(held, StateMachine):
            return held
        if not self.machines:
            raise InputError(
                f'There is no machine "{name}": none is defined yet. Define one with %%statemachine {name}.'
            )
        raise InputError(f'There is no machine "{name}". {nearest(name, self.machines)}')

    def missing(self, target: Any) -> str:
        """Return the sentence for a function's name under which there is none yet; "" for any other target."""
        if not isinstance(target, str) or not target.isidentifier():
            return ""
        check = Registry(self.namespace).named(target).check
        found, words = check() if check is not None else (True, "")
        return "" if found else words

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
        from sfnbook.tasks.lambda_api.server import LambdaServer

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


def _with_expressions(error: DefinitionError, definition: Written, type: MachineType | None) -> DefinitionError:
    """Return the error with every wrong expression named too: AWS's validation looks at those once all else is right."""
    from sfnbook.lint.check import refusals

    found = definition if isinstance(definition, TemplateMachine) else None
    reading = found.definition if found is not None else read(definition)  # type: ignore[arg-type]  # no Path any more
    elsewhere = found is not None and (found.nested or found.template not in (None, found.file))
    name = f"{error.name} in {found.file.name}" if elsewhere and found and found.file else error.name
    return DefinitionError(refusals(reading, type=type or (found and found.type) or "STANDARD"), name)


def nearest(name: str, names: Iterable[str]) -> str:
    """Return the sentence that helps with an unknown name: the nearest one, or what there is."""
    known = list(names)
    if not known:
        return "There is none here yet."
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if match:
        return f'Did you mean "{match[0]}"?'
    return "There " + ("is " if len(known) == 1 else "are ") + ", ".join(f'"{n}"' for n in known[:10]) + "."


def is_blank(text: str) -> bool:
    """Return whether a text holds nothing but blanks and comments.

    >>> is_blank("# write your definition here"), is_blank("{}")
    (True, False)
    """
    return not _COMMENT.sub("", text).strip()


_COMMENT: Final = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)

read_file = read_text
"""The text of a file."""


def read_input(text: str, evaluate: Evaluate | None = None) -> Json:
    """Return the value that the text of an input means: nothing ({}), JSON, ``@file``, a file's path, or an expression.

    An expression may be a variable with a dollar or in braces, as IPython's own magics have it.

    JSON's null comes back as `sfnbook.values.NULL`.

    Raises InputError that says what the text is not.
    """
    text = text.strip()
    if not text:
        return {}
    if text.startswith("@"):
        return _file_input(_unquoted(text[1:].strip()))
    try:
        value = from_text(text)
        return NULL if value is None else value
    except ValueError as error:
        not_json = str(error)
    if text.endswith(".json") and "\n" not in text and _is_file(text):
        return _file_input(text)
    if evaluate is None:
        raise InputError(f"The input is not JSON: {not_json}.\n  input: {_shorten(text)}")
    text = variable(text) or text
    try:
        return evaluate(text)
    except (SyntaxError, NameError) as error:
        if text[0] in "{[\"'" or isinstance(error, SyntaxError):
            hint = _as_file(text)
            raise InputError(f"The input is not JSON: {not_json}.{hint}\n  input: {_shorten(text)}") from None
        raise InputError(f"The input is neither JSON nor a Python expression: {error}.{_as_file(text)}") from None
    except Exception as error:  # the door: this is the user's own expression, whatever it raises is theirs
        raise InputError(
            f"The input {_shorten(text)} raised {type(error).__name__}: {error}{_as_file(text)}"
        ) from error


def variable(text: str) -> str | None:
    """Return the variable's name in ``$name`` or ``{name}``, as IPython's own magics write one; None for other text.

    >>> variable("$order"), variable("{ order }"), variable('{"order": 1}')
    ('order', 'order', None)
    """
    found = _VARIABLE.fullmatch(text.strip())
    return (found[1] or found[2]) if found is not None else None


_VARIABLE = re.compile(r"\$([^\W\d]\w*)|\{\s*([^\W\d]\w*)\s*\}")


def _as_file(text: str) -> str:
    """What to write where a text looks like a file's name."""
    looks = Path(text).suffix.lower() in (".json", ".jsonl", ".txt", ".yaml", ".yml", ".csv") or _is_file(text)
    return f" For a file's content: @{_quoted(text)}" if looks and "\n" not in text else ""


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, ValueError, RuntimeError):  # too long for a name, a NUL, no such user
        return False


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path


def _unquoted(path: str) -> str:
    return path[1:-1] if len(path) > 1 and path[0] in "\"'" and path[0] == path[-1] else path


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
