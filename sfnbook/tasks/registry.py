"""Which handler answers a resource: explicit bindings first, then decorated functions, then the notebook's own names.

Names resolve late: a function bound by its name is looked up at each call, so a re-run cell changes the next call.
"""

from __future__ import annotations

import difflib
import fnmatch
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sfnbook.errors import BindingError
from sfnbook.language.resource import Resource, function_name
from sfnbook.runtime.task import Handler, Scripted, Task, Waiting, at_once
from sfnbook.tasks.functions.invocation_types import DRY, REQUEST, unheard
from sfnbook.tasks.functions.python import accepts_context, function_handler, private_json
from sfnbook.tasks.target import Bound, Target, is_target
from sfnbook.values import Json

if TYPE_CHECKING:
    from concurrent.futures import Executor

F = TypeVar("F", bound=Callable[..., Any])

decorated: dict[str, Callable[..., Any]] = {}
"""Functions marked with `task`, by the pattern they answer; the latest definition wins."""


_changes: list[str] = []
"""Every binding made or taken away, anywhere: what a registry remembers holds as long as this does not grow."""


def task(resource: str) -> Callable[[F], F]:
    """Bind the decorated function to a resource, everywhere: an ARN, a function's name, a glob or a state's name."""

    def mark(function: F) -> F:
        accepts_context(function)
        decorated[resource] = function
        _changes.append(resource)
        return function

    return mark


@dataclass(frozen=True, slots=True)
class Binding:
    """One entry: ``pattern`` is an ARN, a function's name, a glob or a state's name; ``target`` what answers."""

    pattern: str
    target: Any


PREFIXES: Final = ("docker:", "process:", "http://", "https://")
"""What a target's text may begin with."""


def is_target_text(text: str) -> bool:
    """Whether a text names a target by one of the `PREFIXES`."""
    return text.startswith(PREFIXES)


def split_pair(text: str) -> tuple[str, str]:
    """Return resource and target of ``RESOURCE=TARGET``; both "" when it is none. A target's own "=" stays in it.

    >>> split_pair("Decide=process:python3 decide.py --limit=3")
    ('Decide', 'process:python3 decide.py --limit=3')
    """
    places = [place for prefix in PREFIXES if (place := text.find("=" + prefix)) > 0]
    place = min(places) if places else text.rfind("=")
    return (text[:place], text[place + 1 :]) if place > 0 and text[place + 1 :] else ("", "")


class Registry:
    """The bindings of a machine. ``namespace``: where names are looked up (a notebook's variables)."""

    def __init__(self, namespace: Mapping[str, Any] | None = None, parent: Registry | None = None) -> None:
        self._namespace = namespace
        self._parent = parent
        self._bindings: dict[str, Any] = {}
        self._known: dict[tuple[str, ...], Bound] = {}
        self._known_at = -1
        self._http_tasks: frozenset[str] | None = None

    @property
    def http_tasks(self) -> frozenset[str] | None:
        """What HTTP Tasks may reach (`sfnbook.tasks.aws.services.reach.WORDS`), None where nothing was said about it."""
        if self._http_tasks is None and self._parent is not None:
            return self._parent.http_tasks
        return self._http_tasks

    @http_tasks.setter
    def http_tasks(self, allowed: frozenset[str] | None) -> None:
        self._http_tasks = allowed

    @property
    def namespace(self) -> Mapping[str, Any]:
        """Where names are looked up."""
        if self._namespace is not None:
            return self._namespace
        return self._parent.namespace if self._parent is not None else {}

    def __iter__(self) -> Any:
        return (Binding(pattern, target) for pattern, target in self._bindings.items())

    def add(self, pattern: str, target: Any, executor: Executor | None = None) -> None:
        """Bind a resource, glob, function name or state name to a function or to a name to be looked up at each call.

        executor: where the function runs; None for this process's own threads. Raises BindingError when the target is
        neither, InputError for a function with the wrong arguments.
        """
        made = _made(pattern, target) if executor is None else self.placed(pattern, target, executor)
        self._bindings.pop(pattern, None)
        self._bindings[pattern] = made
        _changes.append(pattern)

    def remove(self, pattern: str) -> None:
        """Take a binding away. Raises BindingError when there is none."""
        if self._bindings.pop(pattern, None) is None:
            raise BindingError(f"There is no binding for {pattern}.")
        _changes.append(pattern)

    def resolve(self, resource: Resource, state: str, arguments: Json = None) -> Bound | None:
        """Return what answers a resource in a state; None when nothing does."""
        if self._known_at != len(_changes):
            self._known.clear()
            self._known_at = len(_changes)
        place = (state, resource.text)  # says all there is to say of a function's own ARN
        own = resource.kind == "lambda"
        if own and (bound := self._known.get(place)) is not None:
            return bound
        keys = _keys(resource, state, arguments)
        bound = self._known.get(keys)
        if bound is None:
            bound = self._search(keys)
            if bound is not None:
                self._known[place if own else keys] = bound
        if bound is not None and resource.is_lambda_invoke and isinstance(arguments, dict):
            kind = arguments.get("InvocationType", REQUEST)
            return bound if kind == REQUEST else Bound(unheard(bound.handler, kind == DRY), bound.text, bound.check)
        return bound

    def binds(self, resource: Resource, state: str, arguments: Json = None) -> bool:
        """Return whether it binds a resource in a state itself, not by its parents."""
        return _find(self._bindings, _keys(resource, state, arguments)) is not None

    def _search(self, keys: tuple[str, ...]) -> Bound | None:
        registry: Registry | None = self
        while registry is not None:
            found = _find(registry._bindings, keys)
            if found is not None:
                return self._bound(found, keys)
            registry = registry._parent
        found = _find(decorated, keys)
        if found is not None:
            return self._bound(found, keys)
        return self._from_namespace(keys)

    def _bound(self, target: Any, keys: tuple[str, ...]) -> Bound:
        if isinstance(target, str):
            return self.named(target)
        if is_target(target):
            return Bound(_private(target.handle), target.text, getattr(target, "check", None))
        name = getattr(target, "__name__", type(target).__name__)
        return Bound(function_handler(target, keys[-1]), f"function {name}")

    def named(self, name: str) -> Bound:
        """Return what answers by a function's name, looked up at each call."""
        look_up = self._looking_up(name)

        def check() -> tuple[bool, str]:
            try:
                look_up()
            except BindingError as fault:
                return False, str(fault)
            return True, "defined here"

        return Bound(function_handler(look_up, name, look_up), f"function {name}", check)

    def _looking_up(self, name: str) -> Callable[[], Callable[..., Any]]:
        def look_up() -> Callable[..., Any]:
            function = self.namespace.get(name)
            if callable(function):
                return function  # type: ignore[no-any-return]  # callable() does not narrow to a signature
            raise BindingError(f"There is no function called {name} here.{self._hint(name)}")

        return look_up

    def placed(self, pattern: str, target: Any, executor: Executor) -> Target:
        """Return a function, or the name of one, as a target that runs on an executor. Raises as `add` does."""
        from sfnbook.tasks.functions.executors import ExecutorTarget

        made = _made(pattern, target)
        if isinstance(made, str):
            return ExecutorTarget(made, self._looking_up(made), executor)
        if is_target(made):
            raise BindingError(f"Cannot bind {pattern}: an executor runs Python functions, and {made.text} is none.")
        return ExecutorTarget(getattr(made, "__name__", type(made).__name__), lambda: made, executor)

    def _hint(self, name: str) -> str:
        names = [n for n, v in self.namespace.items() if callable(v) and not n.startswith("_")]
        near = difflib.get_close_matches(name, names, 1)
        return f" Did you mean {near[0]}?" if near else ""

    def _from_namespace(self, keys: tuple[str, ...]) -> Bound | None:
        name = identifier(keys[-1])
        function = self.namespace.get(name)
        if name and callable(function) and not isinstance(function, type):
            return self.named(name)
        return None


def _private(handle: Handler) -> Handler:
    """Return a target's handler whose results are JSON and nobody else's, or else fail as Lambda does."""

    def answer(task: Task) -> Any:
        result = handle(task)
        if isinstance(result, (Scripted, Waiting)):
            return result
        return _awaited(result, task) if hasattr(result, "__await__") else private_json(result, task)

    return at_once(answer) if getattr(handle, "at_once", False) else answer


async def _awaited(result: Any, task: Task) -> Json:
    return private_json(await result, task)


def _made(pattern: str, target: Any) -> Any:
    """Return a target ready to be bound. Raises BindingError for what cannot answer a task."""
    if is_target(target):
        return target
    if callable(target):
        accepts_context(target)
        return target
    if isinstance(target, str):
        if is_target_text(target):
            return _from_text(target)
        if target.isidentifier():
            return target
    raise BindingError(
        f"Cannot bind {pattern} to {target!r}: give a function, or the name of one, for example "
        f'machine.bind("{pattern}", my_function).'
    )


def _from_text(text: str) -> Target:
    """Return the target that a text names by its prefix."""
    if text.startswith("docker:"):
        from sfnbook.tasks.containers import container

        return container.from_text(text.removeprefix("docker:"))
    if text.startswith("process:"):
        from sfnbook.tasks.containers import process

        return process.from_text(text.removeprefix("process:"))
    from sfnbook.tasks.lambda_api import client

    return client.LambdaEndpoint(text)


def _keys(resource: Resource, state: str, arguments: Json) -> tuple[str, ...]:
    """What a pattern may name, from the most to the least specific; the last is the function's name."""
    if resource.is_lambda_invoke:
        function = arguments.get("FunctionName") if isinstance(arguments, dict) else None
        if isinstance(function, str):
            if "${" in function and (name := identifier(function)):
                return (state, function, name, resource.text, function_name(function))
            return (state, function, resource.text, function_name(function))
        return (state, resource.text)
    if resource.kind == "service":
        return (state, resource.text, resource.label)
    if "${" in resource.function and (name := identifier(resource.function)):
        return (state, resource.text, name, resource.function)
    return (state, resource.text, resource.function)


def _find(bindings: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    for key in keys:
        if key in bindings:
            return bindings[key]
    for pattern in reversed(list(bindings)):
        if any(c in pattern for c in "*?[") and any(fnmatch.fnmatchcase(key, pattern) for key in keys):
            return bindings[pattern]
    return None


_PLACEHOLDER: Final = re.compile(r"\$\{([^{}]+)\}")
_ATTRIBUTES: Final = frozenset({"arn", "invoke_arn", "qualified_arn", "function_name", "name"})
"""What templates take of a function: the last part of ``${decide.Arn}`` and ``${aws_lambda_function.decide.arn}``."""


def identifier(name: str) -> str:
    """Return a function's name as a Python identifier: ``create-order`` finds ``create_order``.

    Of a placeholder it is the name of what a template fills in:

    >>> [identifier(text) for text in ("${DecideFunction.Arn}", "${aws_lambda_function.decide.arn}", "${DecideArn}")]
    ['DecideFunction', 'decide', 'DecideArn']
    """
    if placeholder := _PLACEHOLDER.fullmatch(name):
        parts = placeholder[1].split(".")
        name = (parts[:-1] if len(parts) > 1 and parts[-1].lower() in _ATTRIBUTES else parts)[-1]
    text = re.sub(r"\W", "_", name)
    return text if text.isidentifier() else ""


def not_found(resource: Resource, arguments: Json, execution_arn: str) -> str | None:
    """Return the beginning of Lambda's words for a function that does not exist; None for other resources.

    The tail of an optimised integration's error is recorded, Lambda's own words are those of its API; a function
    called without a qualifier is shown as its $LATEST.
    """
    asked = arguments.get("FunctionName") if resource.is_lambda_invoke and isinstance(arguments, dict) else None
    if resource.kind == "lambda":
        asked = resource.text
    if not isinstance(asked, str):
        return None
    partition, _, region, account = execution_arn.split(":")[1:5]
    arn = asked if asked.startswith("arn:") else f"arn:{partition}:lambda:{region}:{account}:function:{asked}"
    if not (isinstance(arguments, dict) and arguments.get("Qualifier")):
        arn = registered(arn)
    return f"Function not found: {arn} (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException"


def registered(arn: str) -> str:
    """Return a function's ARN as Lambda names it: that of its $LATEST where it has no qualifier.

    >>> registered("arn:aws:lambda:us-east-1:1:function:f"), registered("arn:aws:lambda:us-east-1:1:function:f:prod")
    ('arn:aws:lambda:us-east-1:1:function:f:$LATEST', 'arn:aws:lambda:us-east-1:1:function:f:prod')
    """
    return arn if len(arn.split(":")) > 7 else f"{arn}:$LATEST"


def unbound_cause(resource: Resource, state: str, arguments: Json, names: Mapping[str, Any]) -> str:
    """Return the words for a task that nothing answers: what is missing and the line to write.

    names: the notebook's; where there are none, the line is Python's and the command line's.
    """
    keys = _keys(resource, state, arguments)
    name = identifier(keys[-1])
    if resource.is_lambda_invoke and len(keys) == 2:
        return 'The Parameters have no FunctionName that is a text: "FunctionName": "my_function"'
    if resource.kind == "lambda" or (resource.is_lambda_invoke and len(keys) > 2):
        return (
            f"Nothing answers {keys[1]}. Define a function {name}(event, context), or bind one: "
            f"%sfn_bind {keys[-1]} your_function"
            if names
            else f"Nothing answers {keys[1]}. {_outside(keys[-1])}"
        )
    if names:
        return f'Nothing answers {resource.text}. Bind a function to it: %sfn_bind "{state}" your_function'
    return f"Nothing answers {resource.text}. {_outside(state)}"


def _outside(key: str) -> str:
    return (
        f'Bind a function to it: machine.bind("{key}", your_function), or in a terminal --bind "{key}=module:function"'
    )
