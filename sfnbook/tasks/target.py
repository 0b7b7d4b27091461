"""Target: what answers a task other than by being a function; and Bound: the handler that a resource was found to have.

Knows no registry and no kind of target.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard, runtime_checkable

from sfnbook.runtime.task import Handler, Task

Check = Callable[[], "tuple[bool, str]"]
"""Looks whether something is there that could answer, and says how, or what is wrong; calls and creates nothing."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What answers a resource: the handler, the words that describe it, and how to find out whether it is there.

    check: None where there is nothing to be found out.
    """

    handler: Handler
    text: str
    check: Check | None = None


@runtime_checkable
class Target(Protocol):
    """Something other than a function that answers tasks: a container, a process, an endpoint, a mock.

    ``text`` describes it in a few words; ``handle`` is its handler (see `sfnbook.runtime.task.Handler`). It may have a
    method ``check`` (see `Check`).
    """

    text: str

    def handle(self, task: Task) -> Any: ...


def is_target(value: Any) -> TypeGuard[Target]:
    """Whether a value is a `Target`. A stand-in of `unittest.mock` has every attribute, but none that is a text."""
    return isinstance(value, Target) and isinstance(value.text, str)
